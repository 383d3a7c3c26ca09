"""Classifier-free guidance: two answers of one network, and a step beyond the second.

eps = eps_u + gamma (eps_c - eps_u): gamma = 0 ignores the label, 1 is the conditional model, more
than 1 exaggerates what the label changes. Ho & Salimans write w = gamma - 1. By Bayes' rule
grad log p(x|y) = grad log p(x) + grad log p(y|x); gamma multiplies the second term, as if
sampling from p(x) p(y|x)^gamma, though at every noise level anew, which is not the same.
Source: Ho & Salimans, Classifier-free diffusion guidance (2022, arXiv:2207.12598), eq. 6.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from explorer.models.diffusion.step import Predict


@dataclass(frozen=True)
class Window:
    """The times at which guidance acts: last <= t <= first; outside gamma is 1.

    Source: Kynkäänniemi et al. (2024, arXiv:2404.07724).
    """

    first: int = 1_000_000
    last: int = 0

    def __contains__(self, t: int) -> bool:
        return self.last <= t <= self.first


def combine(base: Any, towards: Any, gamma: float) -> Any:
    """base + gamma (towards - base), any arrays of one shape."""
    return base + gamma * (towards - base)


def guided(
    conditional: Predict, base: Predict, gamma: float, window: Window | None = None
) -> Predict:
    """A `predict` for the samplers; `base` knows no label, or a negative one to steer away from."""

    def predict(x: Any, t: int) -> Any:
        if gamma == 1 or (window is not None and t not in window):
            return conditional(x, t)
        return combine(base(x, t), conditional(x, t), gamma)

    return predict
