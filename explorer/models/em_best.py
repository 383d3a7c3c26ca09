"""The best that EM finds from several starts: what a mixture set by hand can be held against.

Letters: N points, D dimensions, K components; x (N, D). Log-likelihoods in nats.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from explorer.models.checks import as_matrix
from explorer.models.em import CollapsedComponent, EMStep, em_steps
from explorer.models.gaussian import Gaussian
from explorer.models.mixture import Mixture


def restarts(x: ArrayLike, k: int, starts: int = 8, seed: int = 0) -> list[EMStep]:
    """Where EM ends from several random starts, best first; those that collapsed are left out.

    Each start: equal weights, k of the points as means, the cloud's covariance divided by k.
    """
    x = as_matrix(x)
    if k == 1:
        starts = 1
    generator, ends = np.random.default_rng(seed), []
    shared = np.repeat(Gaussian.fit(x).covariance[None] / k, k, axis=0)  # (K, D, D)
    for _ in range(starts):
        means = x[generator.choice(len(x), size=k, replace=False)]
        start = Mixture(np.full(k, 1 / k), means, shared)
        try:
            *_rest, end = em_steps(x, start, tol=1e-6, max_iter=150)
        except CollapsedComponent:
            continue
        ends.append(end)
    return sorted(ends, key=lambda end: -end.log_likelihood)


def best_found(x: ArrayLike, k: int, rows: int = 2000) -> float | None:
    """The best log-likelihood per point that EM found with k components; None if there is none.

    Above `rows` points, the starts are tried on every n-th point and the best one finished on all.
    """
    x = as_matrix(x)
    few = x[:: -(-len(x) // rows)]
    if k > len(np.unique(few, axis=0)) // 3:
        return None  # a component per two or three points climbs without end
    for end in restarts(few, k):
        try:
            *_rest, full = em_steps(x, end.mixture, tol=1e-6, max_iter=10)
        except CollapsedComponent:
            continue
        return full.log_likelihood_per_point
    return None
