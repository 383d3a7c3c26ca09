"""Clear sentences for wrong input, shared by the densities. Letters: N points, D dimensions."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
ROUNDING = 1e-13  # a variance this small beside the numbers it came from is only rounding error


class NotPositiveDefinite(ValueError):
    """A covariance without width in some direction: there is no density."""


def require(condition: object, message: str) -> None:
    """ValueError with the message unless condition is true."""
    if not condition:
        raise ValueError(message)


def frozen_copy(value: ArrayLike, ndim: int) -> Array:
    """A read-only float copy with at least ndim axes, so that a frozen record really is frozen."""
    array = np.array(value, dtype=float, ndmin=ndim)
    array.setflags(write=False)
    return array


def as_matrix(x: ArrayLike) -> Array:
    """Points (N, D) as floats; numbers (N,) become (N, 1). ValueError for other shapes or nan."""
    x = np.asarray(x, dtype=float)
    x = x[:, None] if x.ndim == 1 else x
    if x.ndim != 2 or not np.isfinite(x).all():
        raise ValueError(f"expected finite points of shape (N, D), got shape {x.shape}")
    return x


def as_points(x: ArrayLike, dimensions: int) -> Array:
    """Points (N, D) as floats; with D = 1 plain numbers (N,) will do. ValueError otherwise."""
    points = np.asarray(x, dtype=float)
    if dimensions == 1 and points.ndim < 2:
        points = points.reshape(-1, 1)
    if points.ndim != 2 or points.shape[1] != dimensions:
        raise ValueError(f"expected points of shape (N, {dimensions}), got {points.shape}")
    return points


def check_covariance(mean: Array, covariance: Array) -> None:
    """ValueError unless mean is (D,) and covariance a finite symmetric (D, D)."""
    if mean.ndim != 1 or covariance.shape != 2 * mean.shape:
        raise ValueError(
            f"need a mean (D,) and a covariance (D, D), got {mean.shape} and {covariance.shape}"
        )
    if not (np.isfinite(mean).all() and np.isfinite(covariance).all()):
        raise ValueError("mean and covariance must be finite numbers")
    if abs(covariance - covariance.T).max() > 1e-8 * abs(covariance).max():
        raise ValueError(f"a covariance must be symmetric, got\n{covariance}")


def check_probabilities(name: str, p: ArrayLike, size: int | None = None) -> Array:
    """Probabilities (K,) that are >= 0 and sum to 1 (within 1e-8). ValueError otherwise."""
    p = np.asarray(p, dtype=float)
    if p.ndim != 1 or (size is not None and len(p) != size):
        raise ValueError(f"{name} must have shape ({size or 'K'},), got {p.shape}")
    if not (p >= 0).all() or abs(p.sum() - 1) > 1e-8:
        raise ValueError(f"{name} must be >= 0 and sum to 1, got {p} (sum {p.sum():.6g})")
    return p


def cholesky(covariance: Array) -> Array:
    """L (D, D), lower triangular with L L^T = covariance; NotPositiveDefinite if there is none."""
    try:
        return np.asarray(np.linalg.cholesky(covariance), dtype=float)
    except np.linalg.LinAlgError:
        raise NotPositiveDefinite(f"covariance is not positive-definite:\n{covariance}") from None


def why_flat(mean: Array, covariance: Array, rounding: float = ROUNDING) -> str | None:
    """What is wrong with the moments of points that have no width in some direction, else None.

    Rounding leaves such a covariance slightly positive or negative, so the bare sign of its
    pivots (the variance of each coordinate once those before it are known) decides nothing.
    """
    noise = rounding * covariance.diagonal() + (rounding * mean) ** 2  # (D,)
    if not (covariance.diagonal() > noise).all():
        return "the points agree on a coordinate, so it has no width there"
    try:
        pivots = np.square(cholesky(covariance).diagonal())  # (D,)
    except NotPositiveDefinite:
        pivots = np.zeros(len(mean))
    return None if (pivots > noise).all() else "the points lie on a line or plane"


def refuse_flat(mean: Array, covariance: Array) -> None:
    """NotPositiveDefinite, with the reason, for moments of points without width."""
    if reason := why_flat(mean, covariance):
        raise NotPositiveDefinite(f"no normal distribution fits: {reason}")
