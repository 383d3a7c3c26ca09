"""How many components? The likelihood only ever says "more"; these put a price on each number.

Letters: K components, D dimensions, N points; log-likelihood is the total over the points, nats.
Sources: G. Schwarz (1978), Estimating the dimension of a model; H. Akaike (1974), A new look at
the statistical model identification. Lower is better for both.
"""

from __future__ import annotations

import numpy as np


def n_parameters(k: int, d: int, covariance_type: str = "full") -> int:
    """Free numbers in a mixture: K - 1 weights, K D means, and the covariances."""
    covariances = {
        "full": k * d * (d + 1) // 2,
        "tied": d * (d + 1) // 2,
        "diag": k * d,
        "spherical": k,
    }
    return (k - 1) + k * d + covariances[covariance_type]


def bic(log_likelihood: float, parameters: int, n: int) -> float:
    """Bayesian information criterion: ln N for each parameter."""
    return float(-2 * log_likelihood + parameters * np.log(n))


def aic(log_likelihood: float, parameters: int) -> float:
    """Akaike information criterion: 2 for each parameter."""
    return -2 * log_likelihood + 2 * parameters
