"""Distances between two sets of points that need no density: Fréchet, MMD, precision and recall.

Sources: Heusel et al., GANs trained by a two time-scale update rule (2017, arXiv:1706.08500) for
the Fréchet distance; Gretton et al., A kernel two-sample test (JMLR 2012) for MMD; Kynkäänniemi et
al., Improved precision and recall (2019, arXiv:1904.06991).
"""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import cdist

from explorer.models.checks import Array, require


def frechet(a: Array, b: Array) -> float:
    """Squared Fréchet distance of the normals fitted to a (N, D) and b (M, D); N, M > 1.

    |mu_a - mu_b|^2 + tr(A + B - 2 (A B)^(1/2)), 0 for equal moments.
    """
    require(len(a) > 1 and len(b) > 1, "need at least two points on each side")
    shift = a.mean(axis=0) - b.mean(axis=0)
    cov_a, cov_b = np.atleast_2d(np.cov(a.T)), np.atleast_2d(np.cov(b.T))
    values, vectors = np.linalg.eigh(cov_a)
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T  # A^(1/2)
    cross = np.linalg.eigvalsh(root @ cov_b @ root).clip(0)  # the eigenvalues of A B
    return float(shift @ shift + np.trace(cov_a) + np.trace(cov_b) - 2 * np.sqrt(cross).sum())


def mmd(a: Array, b: Array, widths: tuple[float, ...] = (0.1, 0.3, 1.0)) -> float:
    """Maximum mean discrepancy between a (N, D) and b (M, D), Gaussian kernels of these widths.

    The square root of the biased estimate (Gretton et al., eq. 5): at least 0, and above 0 even
    for two draws from one distribution, so judge it beside such a pair of the same sizes.
    """

    def mean_kernel(x: Array, y: Array) -> float:
        squared = cdist(x, y, "sqeuclidean")
        return float(np.mean([np.exp(-squared / (2 * width**2)).mean() for width in widths]))

    return float(np.sqrt(max(0.0, mean_kernel(a, a) + mean_kernel(b, b) - 2 * mean_kernel(a, b))))


def precision_recall(real: Array, made: Array, nearest: int = 3) -> tuple[float, float]:
    """(share of `made` that lies among `real`, share of `real` that lies among `made`), in [0, 1].

    A point lies among a set if it is nearer to one of its points than that point's own `nearest`th
    neighbour in the set. Precision says how good samples are, recall how much they cover.
    """
    require(min(len(real), len(made)) > nearest, f"need more than {nearest} points on each side")
    between = cdist(real, made)  # (N, M)
    return (
        float((between <= _reach(real, nearest)[:, None]).any(axis=0).mean()),
        float((between <= _reach(made, nearest)[None]).any(axis=1).mean()),
    )


def _reach(x: Array, nearest: int) -> Array:
    """Distance of each point (N, D) to its `nearest`th neighbour, itself not counted: (N,)."""
    return np.partition(cdist(x, x), nearest, axis=1)[:, nearest]
