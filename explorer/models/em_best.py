"""The best that EM finds from many starts: what a mixture set by hand can be held against.

Letters: N points, D dimensions, K components; x (N, D). Log-likelihoods in nats.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from explorer.models.checks import as_matrix
from explorer.models.em import CollapsedComponent, em_steps
from explorer.models.em_many import End, best_of
from explorer.models.em_start import spread_out
from explorer.models.gaussian import Gaussian
from explorer.models.mixture import Mixture


def best_end(x: ArrayLike, k: int, starts: int = 30, seed: int = 0) -> End:
    """The highest end of EM from random starts; collapsed if they all are.

    Each start: equal weights, k far-apart points as means, the cloud's covariance divided by k.
    """
    x, generator = as_matrix(x), np.random.default_rng(seed)
    shared = np.repeat(Gaussian.fit(x).covariance[None] / k, k, axis=0)  # (K, D, D)
    places = [spread_out(x, k, generator) for _ in range(starts if k > 1 else 1)]
    begin = [Mixture(np.full(k, 1 / k), place, shared) for place in places]
    return best_of(x, begin, "full", 0.0)


def best_found(x: ArrayLike, k: int, rows: int = 2000) -> float | None:
    """The best log-likelihood per point that EM found with k components; None if there is none.

    Above `rows` points, the starts are tried on every n-th point and the best one finished on all.
    """
    x = as_matrix(x)
    few = x[:: -(-len(x) // rows)]
    if k > len(np.unique(few, axis=0)) // 3:
        return None  # a component per two or three points climbs without end
    end = best_end(few, k)
    if end.collapsed:
        return None
    try:
        *_rest, full = em_steps(x, end.mixture, tol=1e-6, max_iter=10)
    except CollapsedComponent:
        return None
    return full.log_likelihood_per_point
