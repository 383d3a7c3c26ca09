"""Ancestral sampling: at every step a guess at x_0, then a draw from q(x_s | x_t, x_0).

Letters as in `schedule`; s < t is the next time, which need not be t - 1. With one time after the
other this is the sampler of Ho et al. (2020, arXiv:2006.11239), algorithm 2 and eq. 7, with the
posterior variance; with fewer times it skips, as in Nichol & Dhariwal (2021), section 4.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import sqrt
from typing import Any

from explorer.models.diffusion.schedule import Schedule
from explorer.models.diffusion.step import Draw, Predict, Step, clipped


def ddpm(
    schedule: Schedule,
    predict: Predict,
    x: Any,  # (B, ...) at times[0]
    times: Sequence[int],  # falling, the last one 0
    draw: Draw,
    reach: float | None = None,  # data lie in [-reach, reach]
) -> Iterator[Step]:
    """One Step per pair of times. No noise is added by the step that ends at 0."""
    for t, s in pairwise(times):
        eps = predict(x, t)
        abar_t, abar_s = float(schedule.abar[t]), float(schedule.abar[s])
        clean = clipped((x - sqrt(1 - abar_t) * eps) / sqrt(abar_t), reach)
        kept = abar_t / abar_s  # alpha of this step alone
        to_clean = sqrt(abar_s) * (1 - kept) / (1 - abar_t)
        to_x = sqrt(kept) * (1 - abar_s) / (1 - abar_t)
        after = to_clean * clean + to_x * x  # mean of q(x_s | x_t, x_0)
        variance = (1 - kept) * (1 - abar_s) / (1 - abar_t)
        if variance > 0:
            after = after + sqrt(variance) * draw(x)
        yield Step(t, s, x, eps, clean, after)
        x = after
