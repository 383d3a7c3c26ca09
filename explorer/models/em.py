"""Expectation-maximisation (EM) for a mixture of Gaussians.

E: given the parameters, how responsible is component k for point n?    gamma_nk = p(z = k | x_n)
M: given the responsibilities, which parameters explain the points best?
Letters: x (N, D) points, gamma (N, K) responsibilities, pi (K,), mu (K, D), Sigma (K, D, D).
Log-likelihood and lower bound are totals over the N points in nats, unless named per point.
Sources: Dempster, Laird & Rubin (1977); Bishop, PRML (2006), sections 9.2.2 and 9.4.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from explorer.models.checks import Array, as_matrix
from explorer.models.covariance import CollapsedComponent, constrain, refuse_collapsed
from explorer.models.mixture import Mixture, bayes

__all__ = ["CollapsedComponent", "EMStep", "Mixture", "e_step", "em_steps", "lower_bound", "m_step"]

TINY = 10 * float(np.finfo(float).eps)  # keeps log pi finite for a component without points


@dataclass(frozen=True, eq=False)
class EMStep:
    """The state after one half-step."""

    iteration: int  # from 1; each has an "E" and then an "M"
    half: Literal["E", "M"]
    mixture: Mixture  # the current parameters
    responsibilities: Array  # (N, K), computed in the latest E step
    log_likelihood: float  # sum_n log p(x_n | mixture), nats
    lower_bound: float  # L(gamma, mixture) <= log_likelihood, nats; equal after an E step

    @property
    def log_likelihood_per_point(self) -> float:
        """Nats per point."""
        return self.log_likelihood / len(self.responsibilities)

    @property
    def lower_bound_per_point(self) -> float:
        """Nats per point."""
        return self.lower_bound / len(self.responsibilities)


@dataclass(frozen=True, eq=False)
class Moments:
    """What the M step needs to know about the points: how many, where, how spread."""

    counts: Array  # (K,) N_k, the effective number of points of component k
    means: Array  # (K, D)
    covariances: Array  # (K, D, D)


def e_step(x: ArrayLike, mixture: Mixture) -> tuple[Array, Array]:
    """gamma (N, K) = pi_k N(x_n | k) / sum_j pi_j N(x_n | j) (PRML 9.23), and log p(x_n) (N,)."""
    return bayes(mixture.log_joint(x))  # log pi_k + log N(x_n | mu_k, Sigma_k)


def weighted_moments(x: Array, gamma: Array) -> Moments:
    """Count, mean and covariance of the points as each component sees them (PRML 9.24-9.27)."""
    counts = gamma.sum(axis=0)  # N_k = sum_n gamma_nk
    share = (gamma / np.maximum(counts, np.finfo(float).tiny)).T  # (K, N), each row sums to 1
    means = np.array([g @ x for g in share])  # mu_k = sum_n gamma_nk x_n / N_k
    covariances = np.array([scatter(g, x - mean) for g, mean in zip(share, means, strict=True)])
    return Moments(counts, means, covariances)


def scatter(g: Array, deviation: Array) -> Array:
    """sum_n g_n d_n d_n^T: weights (N,), deviations (N, D) -> (D, D)."""
    return (g * deviation.T) @ deviation


def maximise(moments: Moments, covariance_type: str = "full", reg_covar: float = 0.0) -> Mixture:
    """The mixture that maximises the lower bound, given the moments of the points.

    reg_covar (in units of x squared) is added to every variance. Raises CollapsedComponent.
    """
    covariances = constrain(moments.counts, moments.covariances, covariance_type)
    covariances = covariances + reg_covar * np.eye(covariances.shape[-1])
    refuse_collapsed(moments.counts, moments.means, covariances, reg_covar)
    weights = moments.counts + TINY
    return Mixture(weights / weights.sum(), moments.means, covariances)


def m_step(
    x: ArrayLike, gamma: Array, covariance_type: str = "full", reg_covar: float = 0.0
) -> Mixture:
    """pi_k = N_k / N, mu_k and Sigma_k the weighted moments (PRML 9.24-9.26)."""
    return maximise(weighted_moments(as_matrix(x), gamma), covariance_type, reg_covar)


def lower_bound(x: ArrayLike, gamma: Array, mixture: Mixture) -> float:
    """L = sum_nk gamma_nk (log p(x_n, k) - log gamma_nk), nats (PRML 9.71); 0 log 0 = 0."""
    held = gamma > 0
    return float((gamma[held] * (mixture.log_joint(x)[held] - np.log(gamma[held]))).sum())


def em_steps(
    x: ArrayLike,
    start: Mixture,
    covariance_type: str = "full",
    reg_covar: float = 0.0,
    tol: float = 1e-3,
    max_iter: int = 100,
) -> Iterator[EMStep]:
    """Yield the state after every half-step: E, M, E, M, ... from points (N, D).

    Ends after the iteration whose E step changed the log-likelihood per point by less than tol
    (scikit-learn's rule), or after max_iter. Neither half can lower the log-likelihood if start is
    of the covariance_type and reg_covar is 0; a reg_covar > 0, which keeps components from
    collapsing, may cost a little near the end.
    Raises CollapsedComponent when a component has lost its points or its width.
    """
    x, mixture, before = as_matrix(x), start, -np.inf
    for iteration in range(1, max_iter + 1):
        gamma, log_prob = e_step(x, mixture)
        now = float(log_prob.sum())
        yield EMStep(iteration, "E", mixture, gamma, now, lower_bound(x, gamma, mixture))
        mixture = m_step(x, gamma, covariance_type, reg_covar)
        after = float(mixture.log_prob(x).sum())
        yield EMStep(iteration, "M", mixture, gamma, after, lower_bound(x, gamma, mixture))
        if abs(now - before) < tol * len(gamma):
            return
        before = now
