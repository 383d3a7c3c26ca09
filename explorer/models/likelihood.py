"""Maximum likelihood for a normal distribution in one dimension.

Letters: n numbers x_i with mean m and standard deviation s (the square root of the mean squared
deviation, so divided by n); a candidate N(mu, sigma^2). The log-likelihood, the sum of
log N(x_i | mu, sigma^2), asks the numbers only for n, m and s, so 50,000 cost no more than five:

    log p(x_1..n | mu, sigma) = -n [log sigma + log(2 pi)/2 + (s^2 + (m - mu)^2) / (2 sigma^2)]

All in nats. Source: C. M. Bishop, Pattern Recognition and Machine Learning (PRML, 2006), 1.2.4.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import lambertw

from explorer.models.checks import Array, as_matrix
from explorer.models.gaussian import LOG_2PI, Gaussian

CHUNK = 1000  # numbers drawn at a time for each repetition, so that memory stays small


@dataclass(frozen=True)
class Moments:
    """All that a normal wants to know of the data: how many, their mean, their spread."""

    n: int
    mean: float
    std: float  # divided by n

    def __post_init__(self) -> None:
        if self.n < 1 or not self.std > 0:
            raise ValueError(f"need points that differ, got n = {self.n}, std = {self.std}")

    @classmethod
    def of(cls, x: ArrayLike) -> Moments:
        """From the numbers themselves, (n,) or (n, 1)."""
        mean, std = Gaussian.fit(as_matrix(x)).mu_sigma()
        return cls(np.size(x), mean, std)

    def log_likelihood(self, mu: ArrayLike, sigma: ArrayLike) -> Array:
        """log p(x_1, ..., x_n | mu, sigma) in nats (PRML 1.54), any shape."""
        return self.n * self.per_point(mu, sigma)

    def per_point(self, mu: ArrayLike, sigma: ArrayLike) -> Array:
        """The log-likelihood divided by n: how well the curve explains one point on average."""
        sigma = np.asarray(sigma, dtype=float)
        squares = self.std**2 + (self.mean - np.asarray(mu)) ** 2  # mean of (x_i - mu)^2
        return -np.log(sigma) - LOG_2PI / 2 - squares / (2 * sigma**2)

    def maximum(self) -> tuple[float, float]:
        """(mu, sigma) of the highest likelihood: the data's own mean and spread (PRML 1.55-56)."""
        return self.mean, self.std

    def drop(self, mu: ArrayLike, sigma: ArrayLike) -> Array:
        """How far below the maximum, in nats per point: 0 there and positive elsewhere.

        With u = (mu - m)/s and r = sigma/s it is log r + (1 + u^2)/(2 r^2) - 1/2: the same
        landscape for all data, which only choose its place and its scale.
        """
        u = (np.asarray(mu) - self.mean) / self.std
        r = np.asarray(sigma, dtype=float) / self.std
        return np.log(r) + (1 + u**2) / (2 * r**2) - 0.5

    def contour(self, drop: float, points: int = 72) -> Array:
        """The closed curve of all (mu, sigma) that lie `drop` nats per point below, (points, 2)."""
        # At u = 0 and y = 1/r^2 the equation reads y - log y = 1 + 2 drop: Lambert's W.
        branch = -np.exp(-1 - 2 * drop)
        r_high, r_low = (float(np.real(-lambertw(branch, k))) ** -0.5 for k in (0, -1))
        angle = np.linspace(0, 2 * np.pi, points)
        r = r_low * (r_high / r_low) ** ((1 - np.cos(angle)) / 2)  # even steps in log r
        u = np.sqrt(np.maximum(2 * r**2 * (drop + 0.5 - np.log(r)) - 1, 0))
        u = np.where(angle < np.pi, u, -u)
        return np.column_stack([self.mean + self.std * u, self.std * r])


@dataclass(frozen=True)
class Estimates:
    """What R repetitions of the same study found from n points each."""

    n: int
    mean: Array  # (R,)
    std: Array  # (R,), divided by n

    def variance(self, ddof: int = 0) -> Array:
        """(R,) estimates of sigma^2, divided by n - ddof."""
        return self.std**2 * self.n / (self.n - ddof)


def repeat_study(
    x: ArrayLike, sizes: Sequence[int], repeats: int, generator: np.random.Generator | int
) -> Iterator[Estimates]:
    """Many studies of the population x, each measuring more and more; yields at each size.

    Everybody measured is put back, so that the draws are independent and n may exceed len(x).
    The studies go on from size to size: each keeps the points it has.
    """
    generator = np.random.default_rng(generator)
    center, scale = Moments.of(x).maximum()
    z = (as_matrix(x)[:, 0] - center) / scale  # near 1, so that the squares lose no digits
    first, second, n = np.zeros(repeats), np.zeros(repeats), 0
    for size in sizes:
        while n < size:
            chunk = min(CHUNK, size - n)
            drawn = z[generator.integers(len(z), size=(repeats, chunk))]  # (R, chunk)
            first += drawn.sum(axis=1)
            second += np.einsum("rc,rc->r", drawn, drawn)
            n += chunk
        variance = second / n - (first / n) ** 2
        variance[variance < 1e-12] = 0.0  # only rounding is left where all draws were equal
        yield Estimates(n, center + scale * first / n, scale * np.sqrt(variance))


def standard_errors(sigma: float, n: int) -> tuple[float, float]:
    """Standard deviations of the two estimates over many studies: sigma/sqrt n, sigma/sqrt(2n).

    The first is exact, the second the limit for many points: the curvature of the log-likelihood
    at its maximum (Fisher information n/sigma^2 and 2n/sigma^2).
    """
    return sigma / np.sqrt(n), sigma / np.sqrt(2 * n)


def expected_variance(sigma: float, n: int, ddof: int = 0) -> float:
    """E[estimate of sigma^2] from n independent draws: (n-1)/n sigma^2, too small (PRML 1.58).

    Divided by n - 1 (ddof = 1) it is right on average. True for any distribution.
    """
    return sigma**2 * (n - 1) / (n - ddof)
