"""A mixture of Gaussians: choose component k with probability pi_k, then draw x from it.

Letters: N points, D dimensions, K components; weights pi (K,), means mu (K, D), covariances
Sigma (K, D, D), latent z in 0..K-1. All log densities in nats.
Source: Bishop, PRML (2006), sections 2.3.9 and 9.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from explorer.models.checks import Array, as_points, check_probabilities, frozen_copy
from explorer.models.gaussian import Gaussian


def bayes(log_joint: Array) -> tuple[Array, Array]:
    """log p(x, z) (N, K) -> p(z | x) (N, K) and log p(x) (N,), in log space (PRML 9.13)."""
    peak = log_joint.max(axis=1, keepdims=True)  # (N, 1), so that the largest term is exp(0) = 1
    joint = np.exp(log_joint - peak)
    evidence = joint.sum(axis=1, keepdims=True)  # (N, 1)
    return joint / evidence, (peak + np.log(evidence))[:, 0]


@dataclass(frozen=True, eq=False)
class Mixture:
    """p(x) = sum_k pi_k N(x | mu_k, Sigma_k) (PRML 9.7).

    ValueError for wrong shapes, for weights that do not sum to 1, and (NotPositiveDefinite) for a
    covariance without width in some direction.
    """

    weights: Array  # (K,) >= 0, summing to 1
    means: Array  # (K, D)
    covariances: Array  # (K, D, D)

    def __post_init__(self) -> None:
        for name, ndim in (("weights", 1), ("means", 2), ("covariances", 3)):
            object.__setattr__(self, name, frozen_copy(getattr(self, name), ndim))
        check_probabilities("weights", self.weights, len(self.means))
        if self.covariances.shape != (*self.means.shape, self.means.shape[-1]):
            raise ValueError(
                f"need means (K, D) and covariances (K, D, D), "
                f"got {self.means.shape} and {self.covariances.shape}"
            )
        _ = self.components

    @classmethod
    def from_std(cls, weights: ArrayLike, means: ArrayLike, stds: ArrayLike) -> Mixture:
        """D = 1 from three lists of K numbers."""
        means, stds = np.asarray(means, dtype=float), np.asarray(stds, dtype=float)
        if not np.all(stds > 0):
            raise ValueError(f"a standard deviation must be positive, got {stds}")
        return cls(np.asarray(weights), means[:, None], stds[:, None, None] ** 2)

    @cached_property
    def components(self) -> tuple[Gaussian, ...]:
        """The K Gaussians."""
        pairs = zip(self.means, self.covariances, strict=True)
        return tuple(Gaussian(mean, covariance) for mean, covariance in pairs)

    def component_log_prob(self, x: ArrayLike) -> Array:
        """log N(x_n | mu_k, Sigma_k): points (N, D) -> (N, K)."""
        x = as_points(x, self.means.shape[1])
        return np.array([component.log_prob(x) for component in self.components]).T

    def log_joint(self, x: ArrayLike) -> Array:
        """log p(x_n, z = k) = log pi_k + log N(x_n | mu_k, Sigma_k): (N, D) -> (N, K)."""
        with np.errstate(divide="ignore"):  # a weight of exactly 0 is log 0 = -inf, rightly
            return self.component_log_prob(x) + np.log(self.weights)

    def log_prob(self, x: ArrayLike) -> Array:
        """log p(x_n): points (N, D), or numbers (N,) if D = 1, -> (N,)."""
        return self.infer(x)[1]

    def prob(self, x: ArrayLike) -> Array:
        """The density: points (N, D) -> (N,)."""
        return np.exp(self.log_prob(x))

    def responsibilities(self, x: ArrayLike) -> Array:
        """gamma_nk = p(z = k | x_n): points (N, D) -> (N, K), each row sums to 1."""
        return self.infer(x)[0]

    def infer(self, x: ArrayLike) -> tuple[Array, Array]:
        """Both at once: responsibilities (N, K) and log p(x_n) (N,)."""
        return bayes(self.log_joint(x))

    def score(self, x: ArrayLike) -> Array:
        """Gradient of log_prob: the component scores averaged by responsibility, (N, D)."""
        scores = [component.score(x) for component in self.components]  # K times (N, D)
        return np.einsum("nk,knd->nd", self.responsibilities(x), np.array(scores))

    def sample(self, n: int, generator: np.random.Generator | int) -> tuple[Array, np.ndarray]:
        """Ancestral sampling: z ~ pi, then x ~ N(mu_z, Sigma_z). Points (n, D), labels z (n,).

        The labels come in random order; they are not sorted by component.
        """
        generator = np.random.default_rng(generator)
        labels = generator.choice(len(self.weights), size=n, p=self.weights)  # z
        noise = generator.standard_normal((n, self.means.shape[1]))
        cholesky = np.array([component.cholesky for component in self.components])
        return self.means[labels] + np.einsum("nde,ne->nd", cholesky[labels], noise), labels

    def moments(self) -> Gaussian:
        """The one Gaussian with the same mean and covariance (law of total variance)."""
        mean = self.weights @ self.means
        between = self.means - mean  # (K, D)
        within = np.einsum("k,kde->de", self.weights, self.covariances)
        return Gaussian(mean, within + (self.weights * between.T) @ between)
