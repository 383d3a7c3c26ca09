"""GaussianMixture: the EM of em.py behind scikit-learn's interface, equal to its numbers.

The points pass through e_step and weighted_moments in blocks that fit the processor's cache, so no
(N, K) array is ever held: the moments of the blocks pool exactly (law of total variance).
Letters: N points, D features, K components; log-likelihoods in nats, per point where it says so.
Interface: scikit-learn, sklearn.mixture.GaussianMixture (Pedregosa et al., 2011).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, DensityMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from explorer.models import diagonal, em, gmm_start
from explorer.models.checks import Array
from explorer.models.covariance import compact, expand
from explorer.models.em import EMStep, Moments, em_steps, maximise
from explorer.models.mixture import Mixture


def block_rows(n_features: int, n_components: int) -> int:
    """How many points keep a block's working arrays within a processor's second-level cache."""
    return min(8192, max(1024, 65536 // max(n_features, n_components)))


def blocks(x: Array, n_components: int) -> Iterator[Array]:
    """x (N, D) cut into float64 blocks, each column contiguous."""
    rows = block_rows(x.shape[1], n_components)
    for first in range(0, len(x), rows):
        yield np.asarray(x[first : first + rows], dtype=float, order="F")


def pool_moments(parts: list[Moments]) -> Moments:
    """The moments of all points from those of disjoint blocks: within plus between."""
    counts = np.array([part.counts for part in parts])  # (blocks, K)
    means = np.array([part.means for part in parts])  # (blocks, K, D)
    within = np.array([part.covariances for part in parts])  # (blocks, K, D, D)
    share = counts / np.maximum(counts.sum(axis=0), np.finfo(float).tiny)
    mean = np.einsum("bk,bkd->kd", share, means)
    apart = means - mean
    between = np.einsum("bk,bkd,bke->kde", share, apart, apart)
    return Moments(counts.sum(axis=0), mean, np.einsum("bk,bkde->kde", share, within) + between)


class GaussianMixture(DensityMixin, BaseEstimator):
    """A Gaussian mixture fitted by EM; parameters, defaults and attributes as in scikit-learn.

    Learned: weights_ (K,), means_ (K, D), covariances_, precisions_ and precisions_cholesky_ of
    shape (K, D, D) full, (D, D) tied, (K, D) diag, (K,) spherical; converged_, n_iter_,
    lower_bound_ and lower_bounds_ (nats per point). Raises CollapsedComponent, a ValueError.
    Deliberate differences: computations are in float64 whatever the input; sample() does not sort
    by component; starts from single points (k-means++, random_from_data) have weights that sum to
    1 and, if tied, the covariance of those points (there scikit-learn's first bound is off).
    """

    def __init__(
        self,
        n_components: int = 1,
        *,
        covariance_type: str = "full",
        tol: float = 1e-3,
        reg_covar: float = 1e-6,
        max_iter: int = 100,
        n_init: int = 1,
        init_params: str = "kmeans",
        weights_init: ArrayLike | None = None,
        means_init: ArrayLike | None = None,
        precisions_init: ArrayLike | None = None,
        random_state: int | np.random.RandomState | None = None,
        warm_start: bool = False,
        verbose: int = 0,
        verbose_interval: int = 10,
    ) -> None:
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.tol = tol
        self.reg_covar = reg_covar
        self.max_iter = max_iter
        self.n_init = n_init
        self.init_params = init_params
        self.weights_init = weights_init
        self.means_init = means_init
        self.precisions_init = precisions_init
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose
        self.verbose_interval = verbose_interval

    def fit(self, X: ArrayLike, y: object = None) -> GaussianMixture:
        """Fit by EM from n_init starts and keep the best. Points (N, D) with N >= K, N >= 2."""
        x = self._validate(X)
        warm = self.warm_start and hasattr(self, "converged_")
        random_state = check_random_state(self.random_state)
        runs = []
        for attempt in range(1 if warm else self.n_init):
            self._say(attempt, f"Initialization {attempt}", interval=1)
            start = self._mixture() if warm else gmm_start.start(self, x, random_state)
            runs.append(self._run(x, start, self.lower_bound_ if warm else -np.inf))
        self._learn(*max(runs, key=lambda run: run[1][-1:]))
        return self

    def fit_predict(self, X: ArrayLike, y: object = None) -> np.ndarray:
        """Fit, then the most probable component of each point: (N,)."""
        return self.fit(X).predict(X)

    def steps(self, X: ArrayLike) -> Iterator[EMStep]:
        """The half-steps E, M, E, M, ... of one fit, with responsibilities, parameters, bounds.

        Stops where fit stops; the last mixture has fit's parameters if n_init is 1. Learns nothing.
        """
        x = np.asarray(self._validate(X), dtype=float)
        start = gmm_start.start(self, x, check_random_state(self.random_state))
        yield from em_steps(x, start, self.covariance_type, self.reg_covar, self.tol, self.max_iter)

    def score_samples(self, X: ArrayLike) -> Array:
        """log p(x_n): points (N, D) -> (N,) nats."""
        return self._infer(X, lambda gamma, log_prob: log_prob)

    def score(self, X: ArrayLike, y: object = None) -> float:
        """The mean of log p(x_n), nats per point."""
        return float(self.score_samples(X).mean())

    def predict(self, X: ArrayLike) -> np.ndarray:
        """The most probable component of each point: (N, D) -> (N,)."""
        return self._infer(X, lambda gamma, log_prob: gamma.argmax(axis=1))

    def predict_proba(self, X: ArrayLike) -> Array:
        """Responsibilities p(z = k | x_n): (N, D) -> (N, K)."""
        return self._infer(X, lambda gamma, log_prob: gamma)

    def sample(
        self, n_samples: int = 1, generator: np.random.Generator | None = None
    ) -> tuple[Array, np.ndarray]:
        """Points (n_samples, D) and their components (n_samples,), in the order drawn.

        Without a generator one is made from random_state, so an integer there repeats the sample.
        """
        check_is_fitted(self)
        if n_samples < 1:
            raise ValueError(f"n_samples must be at least 1, got {n_samples}")
        seed = check_random_state(self.random_state).randint(2**31)
        return self._mixture().sample(n_samples, generator or np.random.default_rng(seed))

    def bic(self, X: ArrayLike) -> float:
        """Bayesian information criterion, lower is better (Schwarz 1978)."""
        log_prob = self.score_samples(X)
        return float(-2 * log_prob.sum() + self._n_parameters() * np.log(len(log_prob)))

    def aic(self, X: ArrayLike) -> float:
        """Akaike information criterion, lower is better (Akaike 1974)."""
        return float(-2 * self.score_samples(X).sum() + 2 * self._n_parameters())

    def _n_parameters(self) -> int:
        k, d = self.means_.shape
        free = {"full": k * d * (d + 1) // 2, "tied": d * (d + 1) // 2, "diag": k * d}
        return free.get(self.covariance_type, k) + k * d + k - 1

    def _validate(self, X: ArrayLike) -> Array:
        gmm_start.check_parameters(self)
        x = validate_data(self, X, dtype=[np.float64, np.float32], ensure_min_samples=2)
        if len(x) < self.n_components:
            raise ValueError(
                f"Expected n_samples >= n_components but got n_components = {self.n_components}, "
                f"n_samples = {len(x)}"
            )
        return x

    def _run(self, x: Array, mixture: Mixture, before: float) -> tuple[Mixture, list[float], bool]:
        """EM from one start: the mixture, the bound after each E step, and whether it settled."""
        along_axes = self.covariance_type in ("diag", "spherical")
        half_steps = diagonal if along_axes and diagonal.keeps_digits(x, self.reg_covar) else em
        bounds: list[float] = []
        for iteration in range(1, self.max_iter + 1):
            parts, total = [], 0.0
            for block in blocks(x, self.n_components):
                gamma, log_prob = half_steps.e_step(block, mixture)
                parts.append(half_steps.weighted_moments(block, gamma))
                total += log_prob.sum()
            mixture = maximise(pool_moments(parts), self.covariance_type, self.reg_covar)
            bounds.append(total / len(x))
            change = bounds[-1] - before
            self._say(iteration, f"  Iteration {iteration}\t change {change:.5f} nats per point")
            if abs(change) < self.tol:
                return mixture, bounds, True
            before = bounds[-1]
        return mixture, bounds, False

    def _learn(self, mixture: Mixture, bounds: list[float], converged: bool) -> None:
        self.weights_, self.means_ = np.array(mixture.weights), np.array(mixture.means)
        whiteners = np.array([component.whitener for component in mixture.components])
        self.covariances_ = compact(mixture.covariances, self.covariance_type)
        cholesky = whiteners.transpose(0, 2, 1)  # upper triangular, precision = U U^T
        self.precisions_cholesky_ = compact(cholesky, self.covariance_type)
        self.precisions_ = compact(cholesky @ whiteners, self.covariance_type)
        self.n_iter_, self.lower_bounds_, self.converged_ = len(bounds), bounds, converged
        self.lower_bound_ = bounds[-1] if bounds else -np.inf
        if not converged and self.max_iter > 0:
            warnings.warn(
                "EM did not converge from the best start: try another start, raise max_iter or "
                "tol, or look for degenerate data.",
                ConvergenceWarning,
                stacklevel=3,
            )

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "weights_")

    def _mixture(self) -> Mixture:
        """The learned parameters as a density."""
        expanded = expand(self.covariances_, self.covariance_type, self.means_.shape)
        return Mixture(self.weights_, self.means_, expanded)

    def _infer(self, X: ArrayLike, keep: Callable[[Array, Array], np.ndarray]) -> np.ndarray:
        check_is_fitted(self)
        x = validate_data(self, X, reset=False)
        mixture = self._mixture()
        cut = blocks(x, len(self.weights_))
        return np.concatenate([keep(*em.e_step(block, mixture)) for block in cut])

    def _say(self, count: int, message: str, interval: int | None = None) -> None:
        if self.verbose and count % (interval or self.verbose_interval) == 0:
            print(message)
