"""What a diffusion network is asked: here is x_t and t, which noise is in it?

Letters as in `schedule`. The simple loss is the mean squared error of eps over every number of x
(Ho et al. 2020, arXiv:2006.11239, eq. 14). The same error of the velocity v = a eps - s x_0 weighs
a time by 1 / abar_t more, which counts where x_t is nearly all noise and what it will become is
still to be decided (Salimans & Ho 2022, arXiv:2202.00512). For guidance a label is replaced by the
null label, for each picture by itself, with probability `drop` (Ho & Salimans, algorithm 1).
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
    a, s = factors(schedule, t, x0)
    return a * x0 + s * eps, eps


def factors(schedule: Schedule, t: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    """a = sqrt(abar_t) and s = sqrt(1 - abar_t) for times (B,), shaped to multiply x (B, ...)."""
    abar = torch.tensor(schedule.abar).to(x.device)[t].view(-1, *[1] * (x.ndim - 1))  # (B, 1, ...)
    return abar.sqrt().to(x), (1 - abar).sqrt().to(x)


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


def velocity_loss(
    velocity: Any,  # (x_t, t, y) -> v
    schedule: Schedule,
    x0: Tensor,  # (B, ...)
    y: Tensor,  # (B,)
    generator: torch.Generator | None = None,
) -> Tensor:
    """Mean squared error of the predicted velocity, at a random time from 1 .. T for each row."""
    t = torch.randint(1, schedule.steps + 1, (len(x0),), generator=generator)
    x, eps = noised(schedule, x0, t, generator)  # (B, ...) twice
    a, s = factors(schedule, t, x0)
    return (velocity(x, t.to(x0.device), y).float() - (a * eps - s * x0)).square().mean()
