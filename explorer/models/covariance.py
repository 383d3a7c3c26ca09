"""The four shapes a mixture's covariances may be held to, and what happens when one has no width.

Letters: K components, D dimensions; counts N_k (K,), covariances (K, D, D) whatever the shape.
full: any ellipse each; tied: one ellipse for all; diag: along the axes; spherical: circles.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from explorer.models.checks import ROUNDING, Array, NotPositiveDefinite, why_flat

COVARIANCE_TYPES = ("full", "tied", "diag", "spherical")


class CollapsedComponent(NotPositiveDefinite):
    """A component without points or without width, where the likelihood has no maximum.

    component is its index in 0..K-1. See Bishop, PRML (2006), section 9.2.1, on singularities.
    """

    def __init__(self, component: int, reason: str) -> None:
        super().__init__(f"component {component} has collapsed: {reason}")
        self.component = component


def constrain(counts: Array, covariances: Array, covariance_type: str) -> Array:
    """The most likely covariances (K, D, D) of the given type. ValueError for an unknown type."""
    d = covariances.shape[-1]
    if covariance_type == "full":
        return covariances
    if covariance_type == "tied":  # the average over the points
        pooled = np.tensordot(counts / counts.sum(), covariances, axes=1)  # (D, D)
        return np.broadcast_to(pooled, covariances.shape)
    if covariance_type == "diag":
        return covariances * np.eye(d)
    if covariance_type == "spherical":  # the average over the dimensions
        return np.trace(covariances, axis1=1, axis2=2)[:, None, None] / d * np.eye(d)
    raise ValueError(f"covariance_type must be one of {COVARIANCE_TYPES}, got {covariance_type!r}")


def refuse_collapsed(counts: Array, means: Array, covariances: Array, reg_covar: float) -> None:
    """Raise CollapsedComponent for the first component without points or width.

    With reg_covar > 0 every component has width and none needs points, so only a covariance that
    is still singular in float64 is refused.
    """
    rounding = ROUNDING if reg_covar == 0 else 0.0
    for k, (mean, covariance) in enumerate(zip(means, covariances, strict=True)):
        if counts[k] < rounding:
            raise CollapsedComponent(k, "no point belongs to it")
        if reason := why_flat(mean, covariance, rounding):
            raise CollapsedComponent(k, reason)


def compact(matrices: Array, covariance_type: str) -> Array:
    """As scikit-learn stores them: (K, D, D) full, (D, D) tied, (K, D) diag, (K,) spherical."""
    diagonals = np.diagonal(matrices, axis1=1, axis2=2)
    shapes = {"full": matrices, "tied": matrices[0], "diag": diagonals}
    return np.array(shapes.get(covariance_type, diagonals[:, 0]))


def expand(stored: ArrayLike, covariance_type: str, shape: tuple[int, ...]) -> Array:
    """The inverse of compact, for means of shape (K, D). ValueError if stored does not fit."""
    k, d = shape
    stored = np.asarray(stored, dtype=float)
    expected = {"full": (k, d, d), "tied": (d, d), "diag": (k, d), "spherical": (k,)}
    if stored.shape != expected[covariance_type]:
        raise ValueError(
            f"{covariance_type} covariances or precisions need shape "
            f"{expected[covariance_type]}, got {stored.shape}"
        )
    if covariance_type in ("full", "tied"):
        return np.broadcast_to(stored, (k, d, d))
    return (stored[:, None] if covariance_type == "spherical" else stored)[..., None] * np.eye(d)
