"""EM from many starts at once: one more axis R for the runs, the same arithmetic as em.py.

numpy spends most of its time on calls when arrays are small. With all runs in one array a hundred
restarts cost little more than five. Each run stops by its own tol and then rests.
Letters: R runs, K components, N points, D dimensions. Log-likelihoods in nats, totals over points.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer.models.checks import ROUNDING, Array
from explorer.models.em import TINY
from explorer.models.gaussian import LOG_2PI
from explorer.models.mixture import Mixture


@dataclass(frozen=True, eq=False)
class End:
    """Where one run ended; the mixture of a collapsed run is the last one that was a density."""

    start: Mixture
    mixture: Mixture
    log_likelihood: float
    iterations: int
    collapsed: bool


@dataclass(eq=False)
class Batch:
    """The parameters of R mixtures with K components each, side by side."""

    weights: Array  # (R, K)
    means: Array  # (R, K, D)
    covariances: Array  # (R, K, D, D)

    @classmethod
    def of(cls, mixtures: Sequence[Mixture]) -> Batch:
        """From R mixtures of equal shape."""
        names = ("weights", "means", "covariances")
        return cls(*(np.array([getattr(m, name) for m in mixtures]) for name in names))

    def __getitem__(self, rows: np.ndarray) -> Batch:
        """The runs `rows`, an index array or mask."""
        return Batch(self.weights[rows], self.means[rows], self.covariances[rows])

    def mixture(self, r: int) -> Mixture:
        """Run r as a density."""
        return Mixture(self.weights[r], self.means[r], self.covariances[r])

    def infer(self, x: Array) -> tuple[Array, Array]:
        """Responsibilities (R, K, N) and total log-likelihoods (R,)."""
        cholesky = np.linalg.cholesky(self.covariances)
        away = x - self.means[:, :, None]  # (R, K, N, D)
        white = away @ np.linalg.inv(cholesky).swapaxes(-1, -2)  # (R, K, N, D)
        width = np.log(np.diagonal(cholesky, axis1=-2, axis2=-1)).sum(axis=-1)  # (R, K)
        constant = np.log(self.weights) - width - x.shape[1] * LOG_2PI / 2
        joint = constant[:, :, None] - 0.5 * np.einsum("rknd,rknd->rkn", white, white)
        peak = joint.max(axis=1, keepdims=True)  # (R, 1, N)
        joint = np.exp(joint - peak)
        evidence = joint.sum(axis=1, keepdims=True)
        return joint / evidence, (peak + np.log(evidence)).sum(axis=(1, 2))

    def flat(self) -> np.ndarray:
        """Which runs have a component without width, by the rule of checks.why_flat: (R,) bool."""
        variances = np.diagonal(self.covariances, axis1=-2, axis2=-1)  # (R, K, D)
        noise = ROUNDING * variances + (ROUNDING * self.means) ** 2
        bad = np.array(~(variances > noise).all(axis=(1, 2)))
        for r in np.flatnonzero(~bad).tolist():
            try:
                pivots = np.diagonal(np.linalg.cholesky(self.covariances[r]), axis1=1, axis2=2)
                bad[r] = not (pivots**2 > noise[r]).all()
            except np.linalg.LinAlgError:
                bad[r] = True
        return bad


def maximise_all(x: Array, gamma: Array, covariance_type: str, reg_covar: float) -> Batch:
    """The M step of every run: responsibilities (R, K, N) -> parameters (PRML 9.24-9.27)."""
    d = x.shape[1]
    counts = gamma.sum(axis=2)  # (R, K)
    share = gamma / np.maximum(counts, np.finfo(float).tiny)[:, :, None]
    means = share @ x  # (R, K, D)
    away = x - means[:, :, None]  # (R, K, N, D)
    covariances = (share[..., None] * away).swapaxes(-1, -2) @ away  # (R, K, D, D)
    if covariance_type == "tied":
        pooled = np.einsum("rk,rkde->rde", counts / len(x), covariances)
        covariances = np.broadcast_to(pooled[:, None], covariances.shape)
    elif covariance_type == "diag":
        covariances = covariances * np.eye(d)
    elif covariance_type == "spherical":
        variance = np.trace(covariances, axis1=2, axis2=3) / d  # (R, K)
        covariances = variance[:, :, None, None] * np.eye(d)
    weights = counts + TINY
    weights = weights / weights.sum(axis=1, keepdims=True)
    return Batch(weights, means, covariances + reg_covar * np.eye(d))


def em_many(
    x: Array,
    starts: Sequence[Mixture],
    covariance_type: str = "full",
    reg_covar: float = 0.0,
    tol: float = 1e-4,
    max_iter: int = 100,
) -> list[End]:
    """Run EM from every start; the ends in the same order. Same rule to stop as em_steps."""
    batch, runs = Batch.of(starts), np.arange(len(starts))
    before = np.full(len(starts), -np.inf)
    ends: dict[int, End] = {}
    for iteration in range(1, max_iter + 1):
        gamma, total = batch.infer(x)
        after = maximise_all(x, gamma, covariance_type, reg_covar)
        empty = (gamma.sum(axis=2) < ROUNDING).any(axis=1)
        fallen = after.flat() | (empty & (reg_covar == 0))  # em_steps would raise here
        done = ~fallen & ((abs(total - before) < tol * len(x)) | (iteration == max_iter))
        for r in np.flatnonzero(fallen).tolist():
            end = (batch.mixture(r), float(total[r]), iteration - 1, True)
            ends[runs[r]] = End(starts[runs[r]], *end)
        final = after[done].infer(x)[1] if done.any() else np.empty(0)
        for r, value in zip(np.flatnonzero(done).tolist(), final, strict=True):
            ends[runs[r]] = End(starts[runs[r]], after.mixture(r), float(value), iteration, False)
        keep = ~(fallen | done)
        if not keep.any():
            break
        batch, runs, before = after[keep], runs[keep], total[keep]
    return [ends[r] for r in range(len(starts))]


def best_of(x: Array, starts: Sequence[Mixture], covariance_type: str, reg_covar: float) -> End:
    """The highest end: short runs from every start, then long ones from the five best of them.

    Source: C. Biernacki, G. Celeux and G. Govaert (2003), Choosing starting values for EM.
    Collapsed runs come last; they win only if there is nothing else.
    """
    ends = em_many(x, starts, covariance_type, reg_covar, tol=1e-3, max_iter=50)
    ends.sort(key=rank)
    promising = [end.mixture for end in ends[:5] if not end.collapsed]
    if not promising:
        return ends[0]
    return min(em_many(x, promising, covariance_type, reg_covar, 1e-6, 1000), key=rank)


def rank(end: End) -> tuple[bool, float]:
    """For sorting: the highest log-likelihood first, collapsed runs last."""
    return end.collapsed, -end.log_likelihood
