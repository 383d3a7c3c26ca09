"""Distances between a sample and a distribution.

Source: Kolmogorov (1933); Massart (1990) for the constant in the Dvoretzky-Kiefer-Wolfowitz bound.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from explorer.models.checks import Array
from explorer.models.gaussian import Gaussian


def ks_statistic(sample: ArrayLike, cdf: Callable[[Array], Array]) -> float:
    """Kolmogorov-Smirnov: the largest gap, in [0, 1], between the steps of sample and the cdf.

    sample (N,), ties allowed, cdf continuous. ValueError for an empty sample or one with nan.
    """
    x = np.sort(np.asarray(sample, dtype=float).ravel())
    if len(x) == 0 or not np.isfinite(x).all():
        raise ValueError("the sample must hold at least one number, and only finite ones")
    expected, n = cdf(x), len(x)
    above = (np.arange(1, n + 1) / n - expected).max()  # at each step's top
    below = (expected - np.arange(n) / n).max()  # and just before it
    return float(max(above, below))


def ks_normal(sample: ArrayLike, normal: Gaussian | None = None) -> float:
    """ks_statistic against a normal (D = 1); the standard normal unless told."""
    return ks_statistic(sample, (normal or Gaussian.from_std(0, 1)).cdf)


def ks_noise(n: int, confidence: float = 0.95) -> float:
    """The gap that n draws from the very distribution stay under with this confidence.

    sqrt(log(2 / (1 - confidence)) / 2n): a measured gap below it shows no difference.
    """
    if n < 1 or not 0 < confidence < 1:
        raise ValueError(f"need n >= 1 and 0 < confidence < 1, got {n} and {confidence}")
    return float(np.sqrt(np.log(2 / (1 - confidence)) / (2 * n)))
