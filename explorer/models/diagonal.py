"""The two half-steps of em.py when every ellipse lies along the axes (diag and spherical).

A covariance is then D numbers instead of D x D, and both steps are matrix products over all
components at once. Squares are expanded about a centre of the points, and then digits cancel: two
for each factor 10 from the narrowest component to the spread of the points. So gmm.py comes here
only if keeps_digits. Letters and sources as in em.py.
"""

from __future__ import annotations

import numpy as np

from explorer.models.checks import Array
from explorer.models.em import Moments
from explorer.models.gaussian import LOG_2PI
from explorer.models.mixture import Mixture, bayes


def keeps_digits(x: Array, reg_covar: float) -> bool:
    """Whether rounding, about eps times the spread squared, is below 1e-6 of every variance."""
    spread = np.ptp(x, axis=0).max() / 2
    return bool(np.finfo(float).eps * spread**2 < 1e-6 * reg_covar)


def e_step(x: Array, mixture: Mixture) -> tuple[Array, Array]:
    """As em.e_step, for diagonal covariances: points (N, D) -> gamma (N, K), log p(x_n) (N,)."""
    variances = np.diagonal(mixture.covariances, axis1=1, axis2=2)  # (K, D)
    precisions = 1 / variances
    centre = mixture.weights @ mixture.means
    d, m = (x - centre).T, mixture.means - centre  # (D, N), (K, D)
    # sum_d (x_d - mu_d)^2 / sigma_d^2, multiplied out
    distance = precisions @ (d * d) - 2 * (m * precisions) @ d  # (K, N)
    distance += (m * m * precisions).sum(axis=1, keepdims=True)
    log_scale = np.log(mixture.weights) - 0.5 * (LOG_2PI + np.log(variances)).sum(axis=1)
    return bayes((log_scale[:, None] - 0.5 * distance).T)


def weighted_moments(x: Array, gamma: Array) -> Moments:
    """As em.weighted_moments, with zeros off the diagonal of the covariances (K, D, D)."""
    counts = gamma.sum(axis=0)
    share = (gamma / np.maximum(counts, np.finfo(float).tiny)).T  # (K, N)
    centre = x.mean(axis=0)
    first = share @ (x - centre)  # (K, D)
    variances = np.maximum(share @ (x - centre) ** 2 - first**2, 0)  # E[d^2] - E[d]^2
    return Moments(counts, centre + first, variances[:, :, None] * np.eye(x.shape[1]))
