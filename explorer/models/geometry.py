"""Axes and ellipses of a normal (Bishop, PRML, 2006, figure 2.7), and ways between two points."""

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


def way(start: Array, end: Array, count: int, spherical: bool) -> Array:
    """Places (count, d) from one latent (d,) to another: straight, or along a great circle (slerp).

    Slerp turns the direction evenly and lets the length change evenly (Shoemake 1985). Opposite or
    vanishing directions have no great circle of their own: they go straight.
    """
    share = np.linspace(0, 1, count)[:, None]
    lengths = np.linalg.norm(start), np.linalg.norm(end)
    if spherical and min(lengths) > 1e-9:
        a, b = start / lengths[0], end / lengths[1]
        angle = np.arccos(np.clip(a @ b, -1, 1))
        if 1e-6 < angle < np.pi - 1e-6:
            turned = np.sin((1 - share) * angle) * a + np.sin(share * angle) * b
            return turned / np.sin(angle) * ((1 - share) * lengths[0] + share * lengths[1])
    return (1 - share) * start + share * end
