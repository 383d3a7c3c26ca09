"""Annealed Langevin dynamics: climb log p_t with trembling hands, at one noise level after another.

x <- x + step score(x) + sqrt(2 step) z with z ~ N(0, I) leaves p_t as it is, once the step is
small; it needs nothing but the score. Between two levels x shrinks with the signal.
Source: Song & Ermon, Generative modeling by estimating gradients (2019, arXiv:1907.05600),
algorithm 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import sqrt
from typing import Any

from explorer.models.diffusion.schedule import Schedule
from explorer.models.diffusion.step import Draw, Predict, Step, clipped


def langevin(
    schedule: Schedule,
    predict: Predict,
    x: Any,  # (B, ...) at times[0]
    times: Sequence[int],  # falling, the last one 0
    draw: Draw,
    reach: float | None = None,  # data lie in [-reach, reach]
    pace: float = 0.1,  # the step is pace x the variance of the noise at that level
    inner: int = 5,  # moves at each level
) -> Iterator[Step]:
    """One Step per level of noise: `inner` moves at time t, then on to the next level.

    The move to 0 ends with the guess at x_0, which takes the last trace of noise away.
    """
    for t, s in pairwise(times):
        a, sigma = float(schedule.signal(t)), float(schedule.noise(t))
        step, y = pace * sigma**2, x
        for _ in range(inner):
            score = -predict(y, t) / sigma
            y = y + step * score + sqrt(2 * step) * draw(y)
        eps = predict(y, t)
        clean = clipped((y - sigma * eps) / a, reach)
        after = clean if s == 0 else float(schedule.signal(s)) / a * y
        yield Step(t, s, x, eps, clean, after)
        x = after
