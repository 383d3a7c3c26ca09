"""What a diffusion network is asked: here is x_t and t, which noise is in it?

Letters as in `schedule`. The loss is the mean squared error of eps over every number of x, the
simple objective of Ho et al. (2020, arXiv:2006.11239), eq. 14. For guidance a label is replaced by
the null label, for each picture by itself, with probability `drop` (Ho & Salimans, algorithm 1).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from explorer.models.diffusion.schedule import Schedule


def noised(
    schedule: Schedule, x0: Tensor, t: Tensor, generator: torch.Generator | None
) -> tuple[Tensor, Tensor]:
    """x_t and the eps in it: x0 (B, ...), a time t (B,) of its own for each row."""
    eps = torch.randn(x0.shape, generator=generator).to(x0)
    abar = torch.tensor(schedule.abar)[t].to(x0).view(-1, *[1] * (x0.ndim - 1))  # (B, 1, ...)
    return abar.sqrt() * x0 + (1 - abar).sqrt() * eps, eps


def dropped(y: Tensor, null: int, drop: float, generator: torch.Generator | None) -> Tensor:
    """Labels (B,), each replaced by `null` with probability drop."""
    gone = torch.rand(len(y), generator=generator) < drop
    return torch.where(gone.to(y.device), null, y)


def denoising_loss(
    net: Any,  # (x_t, t, y) -> eps
    schedule: Schedule,
    x0: Tensor,  # (B, ...)
    y: Tensor,  # (B,), labels of which some are already dropped
    generator: torch.Generator | None = None,
) -> Tensor:
    """Mean squared error of the predicted noise, at a random time from 1 .. T for each row."""
    t = torch.randint(1, schedule.steps + 1, (len(x0),), generator=generator)
    x, eps = noised(schedule, x0, t, generator)
    return (net(x, t.to(x0.device), y).float() - eps).square().mean()
