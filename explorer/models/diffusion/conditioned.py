"""A network with labels as the `predict` of a sampler; guided, both branches in one batch.

Letters: y (B,) labels, `base` (B,) what to steer away from: the null label, or a negative one.
Source: Ho & Salimans, Classifier-free diffusion guidance (2022, arXiv:2207.12598), algorithm 2.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from explorer.models.diffusion.guidance import Window, combine
from explorer.models.diffusion.step import Draw, Predict


def labelled(net: Any, y: Tensor) -> Predict:
    """The network told the labels (B,)."""

    def predict(x: Tensor, t: int) -> Tensor:
        answer: Tensor = net(x, torch.full_like(y, t), y)
        return answer

    return predict


def steered(
    net: Any, y: Tensor, gamma: float, base: Tensor | None = None, window: Window | None = None
) -> Predict:
    """Guided by gamma (see `guidance`); where gamma is 1 or 0, or not now, one branch is enough."""
    nothing = torch.full_like(y, net.config.labels)
    base = nothing if base is None else base

    def predict(x: Tensor, t: int) -> Tensor:
        now = 1.0 if window is not None and t not in window else gamma
        if now in (0.0, 1.0):
            return labelled(net, y if now else base)(x, t)
        both = labelled(net, torch.cat([base, y]))(torch.cat([x, x]), t)  # (2B, ...)
        low, high = both.chunk(2)
        answer: Tensor = combine(low, high, now)
        return answer

    return predict


def torch_draw(generator: torch.Generator) -> Draw:
    """draw from a torch.Generator (on the processor, wherever x is)."""
    return lambda x: torch.randn(x.shape, generator=generator).to(x)
