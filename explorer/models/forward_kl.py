"""KL(p || q) from a mixture p to one normal q, D = 1, in nats.

It splits into what only p knows and what q pays: KL(p || q) = -H(p) + E_p[-log q]. The second part
needs p's mean and variance alone, which is why the best q copies them (PRML 10.187).
"""

from __future__ import annotations

from explorer.models.divergence import PHI, Z
from explorer.models.gaussian import Gaussian
from explorer.models.mixture import Mixture


def entropy(p: Mixture) -> float:
    """H(p) = -E_p[log p(x)]: component by component, with x = mu_k + sigma_k z."""
    pairs = zip(p.weights, p.components, strict=True)
    return -sum(float(w * (PHI @ p.log_prob(c.mean[0] + c.cholesky[0, 0] * Z))) for w, c in pairs)


def forward_kl(p: Mixture, q: Gaussian) -> float:
    """KL(p || q) = -H(p) + log(sigma sqrt(2 pi)) + (var_p + (mean_p - mu)^2) / (2 sigma^2)."""
    (mean, std), (mu, sigma) = p.moments().mu_sigma(), q.mu_sigma()
    return -entropy(p) + q.log_volume + (std**2 + (mean - mu) ** 2) / (2 * sigma**2)
