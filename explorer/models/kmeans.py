"""k-means: EM without doubt. Each point belongs wholly to the nearest mean.

Letters: N points, D dimensions, K means; x (N, D), mu (K, D), labels (N,) in 0..K-1.
J = sum_n |x_n - mu_label(n)|^2, the distortion, in the units of x squared, falls in both halves.
It is what EM does for covariances eps I when eps -> 0 (Bishop, PRML, 2006, sections 9.1, 9.3.2).
Source: S. P. Lloyd (1982), Least squares quantization in PCM.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from explorer.models.checks import Array, as_matrix


@dataclass(frozen=True, eq=False)
class KMeansStep:
    """The state after one half-step."""

    iteration: int  # from 1
    half: Literal["E", "M"]  # E: assign the points; M: move the means
    means: Array  # (K, D)
    labels: np.ndarray  # (N,)
    distortion: float


def squared_distances(x: Array, means: Array) -> Array:
    """|x_n - mu_k|^2 (N, K)."""
    return ((x[:, None] - means) ** 2).sum(axis=2)


def kmeans_steps(x: ArrayLike, means: ArrayLike, max_iter: int = 100) -> Iterator[KMeansStep]:
    """Yield the state after every half-step until no point changes its mean.

    A mean without points stays where it is. Ties go to the mean with the smaller number.
    """
    x, means = as_matrix(x), np.array(means, dtype=float)
    before = None
    for iteration in range(1, max_iter + 1):
        labels = squared_distances(x, means).argmin(axis=1)
        yield KMeansStep(iteration, "E", means, labels, distortion(x, means, labels))
        members = [x[labels == k] for k in range(len(means))]
        means = np.array([m.mean(axis=0) if len(m) else means[k] for k, m in enumerate(members)])
        yield KMeansStep(iteration, "M", means, labels, distortion(x, means, labels))
        if before is not None and np.array_equal(labels, before):
            return
        before = labels


def distortion(x: Array, means: Array, labels: np.ndarray) -> float:
    """J, the sum of squared distances of the points to their means."""
    return float(((x - means[labels]) ** 2).sum())


def agreement(labels: np.ndarray, others: np.ndarray, k: int) -> tuple[int, ...]:
    """Which cluster of `others` to call 0, 1, ... so that most points (N,) have equal labels."""
    table = np.zeros((k, k), dtype=int)  # (label, other): points with both
    np.add.at(table, (labels, others), 1)
    return max(permutations(range(k)), key=lambda order: table[range(k), order].sum())
