"""A direction in latent space along which one measured property of the pictures changes.

z (N, d) latents, a (N, k) properties of the pictures decoded from them. A straight line is fitted
to each property, a = z w + b; the direction is w / |w|. Source: linear attribute directions as in
Larsen et al., Autoencoding beyond pixels (2016, arXiv:1512.09300), here for measured numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from explorer.metrics.strokes import measure
from explorer.models.checks import Array

SIDE = 28
STEPS = np.linspace(-4, 4, 33)  # how far along the direction, in units of the prior's spread


@dataclass(frozen=True, eq=False)
class Directions:
    """What the straight lines say: one column for each property."""

    weights: Array  # (d, k): change of the property per unit of each latent
    offsets: Array  # (k,)
    share: Array  # (k,): R^2, the part of the property's variance that the line explains
    spread: Array  # (k,): standard deviation of the property over the pictures

    def along(self, which: int, alone: bool = False) -> Array:
        """Unit vector (d,) that raises property `which`.

        alone: first take out of it whatever would move the other properties, so that by the lines
        they stay as they are.
        """
        w = self.weights[:, which]
        if alone:
            others = np.delete(self.weights, which, axis=1)  # (d, k - 1)
            basis, _upper = np.linalg.qr(others)
            w = w - basis @ (basis.T @ w)
        return w / max(float(np.linalg.norm(w)), 1e-12)


def regress(z: Array, a: Array) -> Directions:
    """Least squares by the normal equations; pictures that could not be measured are left out."""
    kept = np.isfinite(a).all(axis=1)
    z, a = z[kept], a[kept]
    ones = np.column_stack([z, np.ones(len(z))])  # (N, d + 1): the last weight is the offset
    solution = np.linalg.solve(ones.T @ ones, ones.T @ a)  # (d + 1, k)
    rest = (a - ones @ solution).var(axis=0)
    return Directions(solution[:-1], solution[-1], 1 - rest / a.var(axis=0), a.std(axis=0))


@dataclass(frozen=True, eq=False)
class Walk:
    """Pictures along a straight way through latent space, and what they measure."""

    pictures: Array  # (33, 28, 28)
    values: Array  # (33, k) measured properties
    which: int  # the property that the way is for
    promised: Array  # (33,) what the straight line expects of it, from the start's own value on
    slopes: Array  # (k,) change per unit of the way: straight lines through the measured values
    share: float  # R^2 of that line, for property `which`
    spread: Array  # (k,) see Directions


def walk(
    decode: Callable[[Array], Array], start: Array, found: Directions, which: int, alone: bool
) -> Walk:
    """From start - 4 u to start + 4 u, u the unit direction of property `which`."""
    unit = found.along(which, alone)
    pictures = decode(start + STEPS[:, None] * unit).reshape(-1, SIDE, SIDE)
    values = measure(pictures)
    middle = values[len(STEPS) // 2, which]
    promised = middle + STEPS * float(unit @ found.weights[:, which])
    slopes = np.array([_line(column)[0] for column in values.T])
    share = _line(values[:, which])[1]
    return Walk(pictures, values, which, promised, slopes, share, found.spread)


def _line(values: Array) -> tuple[float, float]:
    """(slope, R^2) of the straight line through values along STEPS, blank pictures left out."""
    kept = np.isfinite(values)
    t, v = STEPS[kept], values[kept]
    if len(v) < 2 or v.std() == 0:
        return 0.0, 0.0
    slope = float(((t - t.mean()) * (v - v.mean())).sum() / ((t - t.mean()) ** 2).sum())
    return slope, float(np.corrcoef(t, v)[0, 1] ** 2)
