"""The normal (Gaussian) distribution in any number of dimensions.

Letters: N points, D dimensions, mu the mean (D,), Sigma the covariance (D, D). Log densities and
entropy are in nats. Everything follows from the Cholesky factor L of Sigma = L L^T: the whitened
deviation y = L^-1 (x - mu) is standard normal, and log |Sigma| = 2 sum_d log L_dd.
Source: C. M. Bishop, Pattern Recognition and Machine Learning (PRML, 2006), section 2.3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri  # Phi(z) = (1 + erf(z / sqrt 2)) / 2, and its inverse

from explorer.models import checks, geometry
from explorer.models.checks import Array, require

LOG_2PI = float(np.log(2 * np.pi))


@dataclass(frozen=True, eq=False)
class Gaussian:
    """N(x | mu, Sigma) (PRML 2.43). ValueError unless Sigma is symmetric positive-definite."""

    mean: Array  # (D,)
    covariance: Array  # (D, D)

    def __post_init__(self) -> None:
        object.__setattr__(self, "mean", checks.frozen_copy(self.mean, 1))
        object.__setattr__(self, "covariance", checks.frozen_copy(self.covariance, 2))
        checks.check_covariance(self.mean, self.covariance)
        _ = self.cholesky  # here and now, so that a bad covariance fails where it is made

    @classmethod
    def from_std(cls, mu: ArrayLike, sigma: ArrayLike) -> Gaussian:
        """Two numbers for D = 1; means (D,) and standard deviations (D,) for independent x_d."""
        mu, sigma = np.broadcast_arrays(np.atleast_1d(mu), np.asarray(sigma, dtype=float))
        require(np.all(sigma > 0), f"a standard deviation must be positive, got {sigma.tolist()}")
        return cls(mu, np.diag(sigma**2))

    @classmethod
    def from_correlation(
        cls, mean: ArrayLike, sigma1: float, sigma2: float, rho: float
    ) -> Gaussian:
        """D = 2. ValueError unless sigma > 0 and |rho| < 1: at 1 all mass lies on a line."""
        require(sigma1 > 0 and sigma2 > 0 and -1 < rho < 1, "need sigma > 0 and -1 < rho < 1")
        cross = rho * sigma1 * sigma2
        return cls(np.asarray(mean), np.array([[sigma1**2, cross], [cross, sigma2**2]]))

    @classmethod
    def fit(cls, x: ArrayLike, ddof: int = 0) -> Gaussian:
        """Maximum likelihood from points (N, D) or (N,) (PRML 2.121-122); ddof=1: over N - 1."""
        x = checks.as_matrix(x)
        require(len(x) > ddof, f"need more than {ddof} points, got {len(x)}")
        mean = x.mean(axis=0)
        covariance = (x - mean).T @ (x - mean) / (len(x) - ddof)
        checks.refuse_flat(mean, covariance)
        return cls(mean, covariance)

    @cached_property
    def cholesky(self) -> Array:
        """L (D, D), lower triangular, L L^T = Sigma."""
        return checks.cholesky(self.covariance)

    @cached_property
    def whitener(self) -> Array:
        """L^-1 (D, D); its transpose is the Cholesky factor of the precision Sigma^-1."""
        return np.asarray(np.linalg.inv(self.cholesky), dtype=float)

    @property
    def log_volume(self) -> float:
        """log of sqrt((2 pi)^D |Sigma|), what the density is divided by."""
        return float(len(self.mean) * LOG_2PI / 2 + np.log(self.cholesky.diagonal()).sum())

    def whiten(self, x: ArrayLike) -> Array:
        """Points (N, D) -> y = L^-1 (x - mu) (D, N), one column per point."""
        return self.whitener @ (checks.as_points(x, len(self.mean)) - self.mean).T

    def log_prob(self, x: ArrayLike) -> Array:
        """log N(x | mu, Sigma): points (N, D), or numbers (N,) if D = 1, -> (N,) nats."""
        return -0.5 * (self.whiten(x) ** 2).sum(axis=0) - self.log_volume

    def prob(self, x: ArrayLike) -> Array:
        """The density: points (N, D) -> (N,)."""
        return np.exp(self.log_prob(x))

    def score(self, x: ArrayLike) -> Array:
        """The gradient of log_prob, -Sigma^-1 (x - mu): points (N, D) -> (N, D)."""
        return -(self.whitener.T @ self.whiten(x)).T

    def mahalanobis(self, x: ArrayLike) -> Array:
        """Distance from the mean in standard deviations (PRML 2.44): points (N, D) -> (N,)."""
        return np.sqrt((self.whiten(x) ** 2).sum(axis=0))

    def sample(self, n: int, generator: np.random.Generator | int) -> Array:
        """n draws (n, D): x = mu + L z with z ~ N(0, I)."""
        z = np.random.default_rng(generator).standard_normal((n, len(self.mean)))
        return self.mean + z @ self.cholesky.T

    def entropy(self) -> float:
        """-E[log N(x)] in nats (PRML 1.110 for D = 1); negative if narrow enough."""
        return len(self.mean) / 2 + self.log_volume

    def mu_sigma(self) -> tuple[float, float]:
        """Mean and standard deviation as two numbers. ValueError unless D = 1."""
        require(len(self.mean) == 1, f"a line needs D = 1, not {len(self.mean)}")
        return float(self.mean[0]), float(self.cholesky[0, 0])

    def cdf(self, x: ArrayLike) -> Array:
        """P(X <= x), any shape, D = 1."""
        mu, sigma = self.mu_sigma()
        return ndtr((np.asarray(x) - mu) / sigma)

    def interval(self, a: ArrayLike, b: ArrayLike) -> Array:
        """P(a < X <= b), D = 1, exact in both tails: the upper one is mirrored into the lower."""
        mu, sigma = self.mu_sigma()
        low, high = (np.asarray(a) - mu) / sigma, (np.asarray(b) - mu) / sigma
        return np.where(low > 0, ndtr(-low) - ndtr(-high), ndtr(high) - ndtr(low))

    def quantile(self, probability: ArrayLike) -> Array:
        """The x with cdf(x) = probability, D = 1."""
        mu, sigma = self.mu_sigma()
        return mu + sigma * ndtri(probability)

    def marginal(self, indices: Sequence[int]) -> Gaussian:
        """The chosen coordinates alone, in the order given (PRML 2.98)."""
        return Gaussian(self.mean[list(indices)], self.covariance[np.ix_(indices, indices)])

    def condition(self, given: Mapping[int, float]) -> Gaussian:
        """p(rest | x_i = value for each i: value), rest in increasing order (PRML 2.81-82)."""
        everything = set(range(len(self.mean)))
        a, b = sorted(everything - set(given)), list(given)
        require(a and set(b) <= everything, f"cannot condition {len(self.mean)} dimensions on {b}")
        sigma_ab, sigma_bb = self.covariance[np.ix_(a, b)], self.covariance[np.ix_(b, b)]
        slope = np.linalg.solve(sigma_bb, sigma_ab.T).T  # (A, B) regression of a on b
        mean = self.mean[a] + slope @ (np.array(list(given.values())) - self.mean[b])
        return Gaussian(mean, self.covariance[np.ix_(a, a)] - slope @ sigma_ab.T)

    def principal_axes(self) -> tuple[Array, Array]:
        """Variances (D,), largest first, and their unit axes as columns (D, D) (PRML 2.45)."""
        return geometry.principal_axes(self.covariance)

    def ellipse(self, radius: float = 1.0, n: int = 100) -> Array:
        """The closed curve (n, 2) at that Mahalanobis distance, D = 2."""
        require(len(self.mean) == 2, f"an ellipse needs D = 2, not {len(self.mean)}")
        return geometry.ellipse(self.mean, self.cholesky, radius, n)
