"""A mixture set by hand: weights that always sum to 1, and places to start from.

Letters: K components, D dimensions; weights pi (K,), x (N, D) points.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from explorer.models.checks import Array, as_matrix
from explorer.models.gaussian import Gaussian
from explorer.models.mixture import Mixture


@dataclass(frozen=True, eq=False)
class Hand:
    """What a learner set for up to five components in the plane; see `mixture`."""

    weights: Array  # (5,) raw, >= 0
    means: Array  # (5, 2)
    stds: Array  # (5, 2) sigma_1 and sigma_2
    rhos: Array  # (5,) correlations

    def mixture(self, k: int) -> Mixture:
        """The first k of them, their weights brought to a sum of 1."""
        outer = self.stds[:, :, None] * self.stds[:, None]  # (5, 2, 2) sigma_i sigma_j
        tilt = np.ones((5, 2, 2))
        tilt[:, 0, 1] = tilt[:, 1, 0] = self.rhos
        return Mixture(normalise(self.weights[:k]), self.means[:k], (outer * tilt)[:k])


#: The Old Faithful geyser as printed in K. Saitoh, Deep Learning from Scratch 5 (2024), chapter 4:
#: weights, means in minutes, covariances in minutes squared, rounded from a fit.
BOOK = Mixture(
    np.array([0.35, 0.65]),
    np.array([[2.0, 54.5], [4.3, 80.0]]),
    np.array([[[0.07, 0.44], [0.44, 33.7]], [[0.17, 0.94], [0.94, 36.0]]]),
)


def first_hand(x: ArrayLike, begin: Mixture | None = None) -> Hand:
    """Where five components stand before anyone moves them; the first ones as in `begin`."""
    size = as_matrix(x).std(axis=0)
    weights, rhos = np.full(5, 0.25), np.zeros(5)
    means, stds = places(x), np.tile(size / 2, (5, 1))
    if begin is not None:
        k = len(begin.weights)
        weights[:k], means[:k] = begin.weights, begin.means
        stds[:k] = np.sqrt(np.diagonal(begin.covariances, axis1=1, axis2=2))
        rhos[:k] = begin.covariances[:, 0, 1] / stds[:k].prod(axis=1)
    return Hand(weights, means, stds, rhos)


def normalise(raw: ArrayLike) -> Array:
    """Numbers >= 0 -> weights (K,) that sum to 1; equal ones where all are zero."""
    raw = np.asarray(raw, dtype=float)
    total = raw.sum()
    return raw / total if total > 0 else np.full(len(raw), 1 / len(raw))


def set_share(weights: ArrayLike, k: int, share: float) -> Array:
    """Weight k becomes `share`; the others divide the rest in the proportions they had."""
    others = np.delete(np.asarray(weights, dtype=float), k)
    if not len(others):
        return np.ones(1)
    return np.insert((1 - share) * normalise(others), k, share)


def move_border(weights: ArrayLike, border: int, place: float) -> Array:
    """The border between stretches `border` and `border` + 1 of the unit length moves to `place`.

    What one of the two neighbours gains the other loses; nobody else notices.
    """
    weights = np.array(weights, dtype=float)
    start = weights[:border].sum()
    both = weights[border] + weights[border + 1]
    weights[border] = np.clip(place - start, 0, both)
    weights[border + 1] = both - weights[border]
    return weights


def marginal(mixture: Mixture) -> Mixture:
    """The mixture of the first coordinate alone: the same weights, narrower Gaussians."""
    return Mixture(mixture.weights, mixture.means[:, :1], mixture.covariances[:, :1, :1])


#: Steps from the centre along the first and second principal axis, in deviations along each.
PLACES = np.array([[-1.0, 0.0], [1.0, 0.0], [0.0, 0.0], [0.0, 2.5], [0.0, -2.5]])


def places(x: ArrayLike) -> Array:
    """Where up to five hand-set components begin: (5, 2), along the cloud's long axis first."""
    return along_axes(x, PLACES)


def crossed(x: ArrayLike, k: int) -> Array:
    """Means (k, 2) in the wrong places on purpose: a row across the cloud's long axis."""
    row = np.linspace(-3, 3, k) if k > 1 else np.zeros(1)
    return along_axes(x, np.column_stack([np.zeros(k), row]))


def along_axes(x: ArrayLike, steps: Array) -> Array:
    """Steps (n, 2) along the principal axes of the standardised points -> places (n, 2)."""
    x = as_matrix(x)
    cloud, size = Gaussian.fit(x), x.std(axis=0)
    in_sizes = Gaussian(cloud.mean / size, cloud.covariance / np.outer(size, size))
    variances, axes = in_sizes.principal_axes()
    return cloud.mean + (steps * np.sqrt(variances)) @ axes.T * size


def integral(mixture: Mixture) -> float:
    """The density summed up by the trapezoid rule, on a grid that is dense around every mean."""
    stds = np.sqrt(np.diagonal(mixture.covariances, axis1=1, axis2=2))  # (K, D)
    reach = np.linspace(-9, 9, 1801 if mixture.means.shape[1] == 1 else 161)
    axes = [
        np.unique(np.add.outer(reach * 0, m) + np.multiply.outer(reach, s))
        for m, s in zip(mixture.means.T, stds.T, strict=True)
    ]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    values = mixture.prob(grid.reshape(-1, len(axes))).reshape(grid.shape[:-1])
    for axis in reversed(axes):
        values = np.trapezoid(values, axis, axis=-1)
    return float(values)


def disputed(mixture: Mixture, share: float = 0.3) -> Array:
    """A place (D,) between the first two means where component 1 claims about that share."""
    if len(mixture.weights) < 2:
        return mixture.means[0]
    way = np.linspace(0, 1, 201)[:, None]
    places = (1 - way) * mixture.means[0] + way * mixture.means[1]
    claims = mixture.responsibilities(places)[:, 0]
    return places[abs(claims - share).argmin()]
