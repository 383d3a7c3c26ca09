"""The shape of a normal's contours: axes and ellipses (Bishop, PRML, 2006, figure 2.7)."""

from __future__ import annotations

import numpy as np

from explorer.models.checks import Array


def principal_axes(covariance: Array) -> tuple[Array, Array]:
    """Variances (D,), largest first, and unit axes as columns (D, D): Sigma = U diag(v) U^T.

    An axis and its opposite are the same axis: we show the one whose largest entry is positive.
    """
    variances, axes = np.linalg.eigh(covariance)  # smallest first
    variances, axes = variances[::-1], axes[:, ::-1]
    largest = axes[abs(axes).argmax(axis=0), range(len(axes))]
    return variances, axes * np.sign(largest)


def ellipse(mean: Array, cholesky: Array, radius: float, n: int) -> Array:
    """The closed curve mu + radius L u, u around the unit circle: (n, 2)."""
    angle = np.linspace(0, 2 * np.pi, n)
    circle = np.column_stack([np.cos(angle), np.sin(angle)])  # (n, 2)
    return mean + radius * circle @ cholesky.T
