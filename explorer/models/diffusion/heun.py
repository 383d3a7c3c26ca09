"""Heun's rule for the same differential equation: look twice, step once.

In the letters y = x / sqrt(abar) and sigma = sqrt((1 - abar) / abar) the equation is
dy / dsigma = eps(x, t), and DDIM is Euler's rule for it. Heun steps as DDIM does, asks again where
it has arrived, and takes the mean of the two slopes: two network calls, and an error that falls
with the square of the step. The step that ends at 0 is Euler's: there is no noise to ask about.
Source: Karras et al., Elucidating the design space (2022, arXiv:2206.00364), algorithm 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import sqrt
from typing import Any

from explorer.models.diffusion.schedule import Schedule
from explorer.models.diffusion.step import Draw, Predict, Step, clipped


def heun(
    schedule: Schedule,
    predict: Predict,
    x: Any,  # (B, ...) at times[0]
    times: Sequence[int],
    draw: Draw | None = None,  # not needed: nothing is random
    reach: float | None = None,  # data lie in [-reach, reach]
) -> Iterator[Step]:
    """One Step per pair of times, two calls of `predict` each (one for the step that ends at 0)."""
    for t, s in pairwise(times):
        eps = predict(x, t)
        abar_t, abar_s = float(schedule.abar[t]), float(schedule.abar[s])
        clean = clipped((x - sqrt(1 - abar_t) * eps) / sqrt(abar_t), reach)
        eps = (x - sqrt(abar_t) * clean) / sqrt(1 - abar_t)
        after = sqrt(abar_s) * clean + sqrt(1 - abar_s) * eps  # Euler's step
        if s > 0:
            slope = (eps + predict(after, s)) / 2
            change = sqrt((1 - abar_s) / abar_s) - sqrt((1 - abar_t) / abar_t)
            after = sqrt(abar_s) * (x / sqrt(abar_t) + change * slope)
        yield Step(t, s, x, eps, clean, after)
        x = after
