"""DDIM: the same guess at x_0, put back at less noise along the same direction.

eta = 0 adds no noise: the path is then a solution of an ordinary differential equation by Euler's
rule, can be run backwards (times that rise, from 1 or later), and needs few steps. eta = 1 is as
random as ancestral sampling.
Source: Song, Meng & Ermon, Denoising diffusion implicit models (2020, arXiv:2010.02502), eqs. 12,
14 and 16.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import sqrt
from typing import Any

from explorer.models.diffusion.schedule import Schedule
from explorer.models.diffusion.step import Draw, Predict, Step, clipped


def ddim(
    schedule: Schedule,
    predict: Predict,
    x: Any,  # (B, ...) at times[0]
    times: Sequence[int],
    draw: Draw | None = None,  # needed if eta > 0
    reach: float | None = None,  # data lie in [-reach, reach]
    eta: float = 0.0,  # share of the posterior's standard deviation that is added as noise
) -> Iterator[Step]:
    """One Step per pair of times."""
    for t, s in pairwise(times):
        eps = predict(x, t)
        abar_t, abar_s = float(schedule.abar[t]), float(schedule.abar[s])
        clean = clipped((x - sqrt(1 - abar_t) * eps) / sqrt(abar_t), reach)
        if reach is not None:
            eps = (x - sqrt(abar_t) * clean) / sqrt(1 - abar_t)  # the noise that goes with it
        sigma = eta * sqrt(max(0.0, (1 - abar_s) / (1 - abar_t) * (1 - abar_t / abar_s)))
        after = sqrt(abar_s) * clean + sqrt(1 - abar_s - sigma**2) * eps
        if sigma > 0 and draw is not None:
            after = after + sigma * draw(x)
        yield Step(t, s, x, eps, clean, after)
        x = after
