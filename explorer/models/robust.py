"""A fit that a few far-off points cannot drag away: maximum likelihood under Student's t.

A normal density falls so fast that one distant point outweighs everything else. Student's t has
heavier tails, so it expects distant points now and then, and each point gets a weight

    w_n = (nu + D) / (nu + d_n^2),   d_n the Mahalanobis distance from the centre,

near 1 in the middle of the cloud and near 0 far out. Weights and centre depend on each other, so
they are found in turns: an EM algorithm. Letters: N points, D dimensions, nu degrees of freedom.
Source: C. Liu and D. B. Rubin (1995), ML estimation of the t distribution using EM and its
extensions, Statistica Sinica 5, 19-39; dividing by the sum of the weights instead of N is the
faster form of J. T. Kent, D. E. Tyler and Y. Vardi (1994), and has the same fixed point.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from explorer.models.checks import Array, NotPositiveDefinite, as_matrix, why_flat
from explorer.models.gaussian import Gaussian


@dataclass(frozen=True, eq=False)
class RobustFit:
    """The fitted t: centre and scale matrix as a Gaussian, and how much each point counted."""

    scale: Gaussian
    weights: Array  # (N,)

    def gaussian(self, x: ArrayLike) -> Gaussian:
        """The normal whose ring for one half holds half of the points x (N, D), D = 2.

        In the plane a normal has half its mass within d^2 = 2 ln 2. The scale matrix of a t is
        narrower than the covariance of the same cloud; this puts the two on one footing.
        """
        half = np.median(self.scale.mahalanobis(x) ** 2) / (2 * np.log(2))
        return Gaussian(self.scale.mean, self.scale.covariance * half)


def fit_student(
    x: ArrayLike, nu: float = 3.0, max_steps: int = 500, tolerance: float = 1e-8
) -> RobustFit:
    """Fit a Student t with nu degrees of freedom to points (N, D). NotPositiveDefinite if flat."""
    x = as_matrix(x)
    weights = np.ones(len(x))
    fitted = weighted_fit(x, weights)
    for _ in range(max_steps):
        weights = (nu + x.shape[1]) / (nu + fitted.mahalanobis(x) ** 2)  # (N,)
        before, fitted = fitted, weighted_fit(x, weights)
        shift = fitted.whiten(before.mean[None])  # in standard deviations
        growth = fitted.whitener @ before.covariance @ fitted.whitener.T - np.eye(x.shape[1])
        if max(abs(shift).max(), abs(growth).max()) < tolerance:
            break
    return RobustFit(fitted, weights)


def weighted_fit(x: Array, weights: Array) -> Gaussian:
    """Mean and covariance of points (N, D) where point n counts weights[n] times."""
    share = weights / weights.sum()  # (N,)
    mean = share @ x
    covariance = (share[:, None] * (x - mean)).T @ (x - mean)  # (D, D)
    if reason := why_flat(mean, covariance):
        raise NotPositiveDefinite(f"no normal distribution fits: {reason}")
    return Gaussian(mean, covariance)
