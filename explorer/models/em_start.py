"""Where EM starts. It climbs to the nearest top, so the start decides which top that is.

Letters: N points, D dimensions, K components; x (N, D), means (K, D), S (D, D) the covariance of
all points. Random starts draw from the numpy Generator they are given.
Source of k-means++: D. Arthur and S. Vassilvitskii (2007), k-means++: the advantages of careful
seeding, SODA.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from explorer.models.checks import Array
from explorer.models.covariance import constrain
from explorer.models.mixture import Mixture


def standardise(x: Array) -> Array:
    """Every column with mean 0 and standard deviation 1, so that no unit decides what is near."""
    return (x - x.mean(axis=0)) / x.std(axis=0)


def spread_out(x: Array, k: int, generator: np.random.Generator) -> Array:
    """k-means++: each next mean is a point, drawn in proportion to its squared distance from those
    already chosen, in standard deviations. (K, D)"""
    z, chosen = standardise(x), [int(generator.integers(len(x)))]
    nearest = np.full(len(x), np.inf)
    while len(chosen) < k:
        nearest = np.minimum(nearest, ((z - z[chosen[-1]]) ** 2).sum(axis=1))
        total = nearest.sum()  # 0 once every distinct point has been chosen
        share = nearest / total if total > 0 else None
        chosen.append(int(generator.choice(len(x), p=share)))
    return x[chosen]


def at_random(x: Array, k: int, generator: np.random.Generator) -> Array:
    """K points drawn without preference, a point twice only if there are fewer than K. (K, D)"""
    return x[generator.choice(len(x), size=k, replace=k > len(x))]


def at_one_place(x: Array, k: int) -> Array:
    """All K means on the mean of the points: nothing tells the components apart. (K, D)"""
    return np.repeat(x.mean(axis=0)[None], k, axis=0)


def outside(x: Array, k: int) -> Array:
    """A row left of all points, from the lowest to the highest second coordinate, D = 2. (K, 2)"""
    low, high = x.min(axis=0), x.max(axis=0)
    heights = np.linspace(low[1], high[1], k + 2)[1:-1]
    return np.column_stack([np.full(k, low[0] - 0.4 * (high[0] - low[0])), heights])


def loneliest(x: Array, block: int = 500) -> int:
    """The index of the point whose nearest neighbour is farthest, in standard deviations."""
    z, distance = standardise(x), np.zeros(len(x))
    for first in range(0, len(x), block):
        rows = slice(first, first + block)
        squared = ((z[rows, None] - z) ** 2).sum(axis=2)  # (block, N)
        squared[np.arange(len(squared)), np.arange(first, first + len(squared))] = np.inf
        distance[rows] = squared.min(axis=1)
    return int(distance.argmax())


def start(means: ArrayLike, covariances: ArrayLike, covariance_type: str = "full") -> Mixture:
    """Equal weights, means (K, D), covariances (K, D, D) brought to the type."""
    means, covariances = np.asarray(means, dtype=float), np.asarray(covariances, dtype=float)
    counts = np.ones(len(means))
    return Mixture(counts / len(means), means, constrain(counts, covariances, covariance_type))


def beside_loneliest(x: Array, k: int) -> Array:
    """The first mean on the loneliest point, the others in the middle of all points. (K, D)"""
    means = at_one_place(x, k)
    means[0] = x[loneliest(x)]
    return means


def means(kind: str, x: Array, k: int, generator: np.random.Generator) -> Array:
    """One of the ways to begin: outside, spread, random, same or lonely. (K, D)"""
    if kind in ("spread", "random"):
        return {"spread": spread_out, "random": at_random}[kind](x, k, generator)
    return {"outside": outside, "same": at_one_place, "lonely": beside_loneliest}[kind](x, k)


def covariances(width: str, x: Array, k: int, narrow: float = 64.0) -> Array:
    """Widths to begin with (K, D, D). one: variance 1 in the unit of each column; data: that of
    all points, S; trap: S / narrow for the first component, S to 2 S for the others."""
    if width == "one":
        return np.repeat(np.eye(x.shape[1])[None], k, axis=0)
    scales = np.ones(k)
    if width == "trap":
        scales[1:] += np.arange(k - 1) / max(k - 1, 1)
        scales[0] = 1 / narrow
    return scales[:, None, None] * np.cov(x.T, bias=True)


def many(kind: str, x: Array, k: int, covariance_type: str, count: int, seed: int) -> list[Mixture]:
    """`count` random starts of one kind, each as wide as the data; one is enough for K = 1."""
    generator, wide = np.random.default_rng(seed), covariances("data", x, k)
    places = (means(kind, x, k, generator) for _ in range(count if k > 1 else 1))
    return [start(place, wide, covariance_type) for place in places]


def few(x: Array, n: int = 5000, seed: int = 0) -> Array:
    """All points of up to n, else n of them drawn without replacement, in their order."""
    if len(x) <= n:
        return x
    return x[np.sort(np.random.default_rng(seed).choice(len(x), size=n, replace=False))]
