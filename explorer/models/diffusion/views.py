"""One prediction, four names: noise, clean picture, velocity and score say the same thing.

With a = sqrt(abar_t) and s = sqrt(1 - abar_t), so that x_t = a x_0 + s eps and a^2 + s^2 = 1:
clean x0 = (x_t - s eps) / a, velocity v = a eps - s x0, score = -eps / s. Whoever knows x_t and one
of them knows all four.
Sources: Ho et al. (2020), section 3.2; Salimans & Ho, Progressive distillation (2022,
arXiv:2202.00512), for v; Efron, Tweedie's formula and selection bias (2011), for the score.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Views:
    """The same prediction in four forms, each of the shape of x_t."""

    noise: Any  # eps
    clean: Any  # x0
    velocity: Any  # v
    score: Any  # gradient of log p_t at x_t


def from_noise(x: Any, eps: Any, a: float, s: float) -> Views:
    """From eps; a = sqrt(abar_t) > 0, s = sqrt(1 - abar_t) > 0."""
    clean = (x - s * eps) / a
    return Views(eps, clean, a * eps - s * clean, -eps / s)


def from_clean(x: Any, clean: Any, a: float, s: float) -> Views:
    """From x0."""
    return from_noise(x, (x - a * clean) / s, a, s)


def from_velocity(x: Any, v: Any, a: float, s: float) -> Views:
    """From v: eps = s x_t + a v."""
    return from_noise(x, s * x + a * v, a, s)


def from_score(x: Any, score: Any, a: float, s: float) -> Views:
    """From the score: eps = -s score."""
    return from_noise(x, -s * score, a, s)
