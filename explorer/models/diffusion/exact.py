"""What a perfect network would answer, in closed form: for a mixture, and for a finite set.

A mixture of Gaussians that is noised stays one: p_t has means a mu_k and covariances
a^2 Sigma_k + s^2 I, with a = sqrt(abar_t), s = sqrt(1 - abar_t). A finite set is the limit of
narrow components: its best guess at x_0 is a weighted mean of the very data, so a perfect network
trained on it could only ever repeat them.
Sources: Efron, Tweedie's formula and selection bias (2011); Karras et al. (2022,
arXiv:2206.00364), appendix B.3, for the finite set.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from explorer.models.checks import Array
from explorer.models.diffusion.schedule import Schedule
from explorer.models.mixture import Mixture, bayes


@dataclass(frozen=True, eq=False)
class ExactMixture:
    """Answers for data from `mixture`, noised by `schedule`; x (N, D) NumPy."""

    mixture: Mixture
    schedule: Schedule

    def at(self, t: int) -> Mixture:
        """p_t, a mixture again."""
        return _noised(self.mixture, float(self.schedule.abar[t]))

    def score(self, x: Array, t: int) -> Array:
        """Gradient of log p_t: (N, D) -> (N, D)."""
        return self.at(t).score(x)

    def noise(self, x: Array, t: int) -> Array:
        """E[eps | x_t], what a network learns to predict: -s score."""
        return -float(self.schedule.noise(t)) * self.score(x, t)

    def clean(self, x: Array, t: int) -> Array:
        """E[x_0 | x_t]: each component's conditional mean (PRML 2.116), by responsibility."""
        abar = float(self.schedule.abar[t])
        noised, m = self.at(t), self.mixture
        gains = np.sqrt(abar) * np.linalg.solve(noised.covariances, m.covariances)  # (K, D, D)
        deviations = x[:, None] - noised.means  # (N, K, D)
        means = m.means + np.einsum("nkd,kde->nke", deviations, gains)  # E[x_0 | x_t, k]
        return np.einsum("nk,nkd->nd", noised.responsibilities(x), means)


@lru_cache(maxsize=256)
def _noised(mixture: Mixture, abar: float) -> Mixture:
    spread = abar * mixture.covariances + (1 - abar) * np.eye(mixture.means.shape[1])
    return Mixture(mixture.weights, np.sqrt(abar) * mixture.means, spread)


@dataclass(frozen=True, eq=False)
class ExactSet:
    """Answers for a finite set of data (M, D), each as likely as the others; x (N, D) NumPy."""

    data: Array
    schedule: Schedule

    def weights(self, x: Array, t: int) -> Array:
        """p(x_0 = data_m | x_t): (N, D) -> (N, M), each row sums to 1; t >= 1."""
        return self._infer(x, t)[0]

    def clean(self, x: Array, t: int) -> Array:
        """E[x_0 | x_t]: (N, D) -> (N, D)."""
        return self.weights(x, t) @ self.data

    def noise(self, x: Array, t: int) -> Array:
        """E[eps | x_t]."""
        a, s = float(self.schedule.signal(t)), float(self.schedule.noise(t))
        return (x - a * self.clean(x, t)) / s

    def log_prob(self, x: Array, t: int) -> Array:
        """log p_t in nats: (N, D) -> (N,)."""
        s, count = float(self.schedule.noise(t)), self.data.shape[1]
        return (
            self._infer(x, t)[1] - count * np.log(s * np.sqrt(2 * np.pi)) - np.log(len(self.data))
        )

    def _infer(self, x: Array, t: int) -> tuple[Array, Array]:
        a, s = float(self.schedule.signal(t)), float(self.schedule.noise(t))
        centres = a * self.data
        squared = (x**2).sum(1)[:, None] - 2 * x @ centres.T + (centres**2).sum(1)  # (N, M)
        return bayes(-squared / (2 * s**2))
