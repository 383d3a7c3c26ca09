"""Means and sums of many independent draws, and the normal they approach (or do not).

Central limit theorem: if X_1, ..., X_n are independent with the same mean m and finite variance v,
their mean is approximately N(m, v / n) and their sum N(n m, n v) (Lindeberg 1922). The error is at
most 0.4748 E|X - m|^3 / (v^1.5 sqrt n) everywhere (Berry 1941, Esseen 1942; Shevtsova 2011).
The Cauchy distribution has neither m nor v: its mean of n draws is again Cauchy, for every n.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from explorer.models.bases import BASES, Base, bernoulli, empirical
from explorer.models.checks import Array
from explorer.models.gaussian import Gaussian

__all__ = ["BASES", "Base", "bernoulli", "draws", "empirical", "limit", "standardise"]

How = Literal["mean", "sum"]


def draws(
    base: Base, n_terms: int, n_draws: int, generator: np.random.Generator | int, how: How = "mean"
) -> Array:
    """n_draws means (or sums) of n_terms terms each: (n_draws,).

    The terms are added one round at a time, so from equal seeds n_terms + 1 adds one term to each
    sum of n_terms: a slider moves the same experiment on. ValueError if a count is below 1.
    """
    if n_terms < 1 or n_draws < 1:
        raise ValueError(f"need at least one term and one draw, got {n_terms} and {n_draws}")
    generator = np.random.default_rng(generator)
    total = np.zeros(n_draws)
    for _ in range(n_terms):
        total += base.draw(generator, n_draws)
    return total / n_terms if how == "mean" else total


def limit(base: Base, n_terms: int, how: How = "mean") -> Gaussian:
    """The normal with the mean and variance of draws(...). ValueError for the Cauchy."""
    if not base.has_limit:
        raise ValueError(f"{base.name} has no variance, so the central limit theorem is silent")
    scale = 1.0 if how == "mean" else float(n_terms)
    return Gaussian.from_std(scale * base.mean, scale * np.sqrt(base.variance / n_terms))


def standardise(values: ArrayLike, base: Base, n_terms: int, how: How = "mean") -> Array:
    """(value - mean) / standard deviation: any shape; approaches N(0, 1) as n_terms grows."""
    mu, sigma = limit(base, n_terms, how).mu_sigma()
    return (np.asarray(values) - mu) / sigma
