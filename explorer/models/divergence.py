"""How far one distribution is from another, and the bound that makes latent variables learnable.

KL(p || q) = E_p[log p(x) - log q(x)] >= 0, in nats, zero only if p = q; not symmetric.
Forward KL(p || q) punishes a q that misses mass of p, so the best q covers everything; reverse
KL(q || p) punishes a q that puts mass where p has none, so the best q settles on one mode.
Sources: Kullback & Leibler (1951); Bishop, PRML (2006), eqs. 1.113, 9.70-9.72, section 10.1.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from explorer.models.checks import Array, check_probabilities, require
from explorer.models.gaussian import Gaussian
from explorer.models.mixture import Mixture


def kl_terms(p: ArrayLike, q: ArrayLike) -> Array:
    """The summands p_i log(p_i / q_i) (K,) of KL, negative ones too: 0 where p_i = 0,
    inf where only q_i = 0. ValueError unless both are probabilities (K,)."""
    p = check_probabilities("p", p)
    q = check_probabilities("q", q, len(p))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(p > 0, p * (np.log(p) - np.log(q)), 0.0)


def kl_discrete(p: ArrayLike, q: ArrayLike) -> float:
    """KL(p || q) of two tables of probabilities (K,), nats (PRML 1.113)."""
    return float(kl_terms(p, q).sum())


def js_discrete(p: ArrayLike, q: ArrayLike) -> float:
    """Jensen-Shannon: the mean KL of p and q to their average; symmetric, at most log 2 nats."""
    p, q = check_probabilities("p", p), check_probabilities("q", q, np.size(p))
    with np.errstate(divide="ignore"):  # log 0 = -inf
        return js_grid(np.log(p), np.log(q), dx=1.0)


def kl_gaussian(p: Gaussian, q: Gaussian) -> float:
    """KL(N_p || N_q) in closed form, any D, nats; ValueError if the dimensions differ.

    1/2 (tr(S_q^-1 S_p) + (m_q - m_p)^T S_q^-1 (m_q - m_p) - D + log |S_q| / |S_p|)
    """
    require(len(p.mean) == len(q.mean), f"p has {len(p.mean)} dimensions, q {len(q.mean)}")
    spread = ((q.whitener @ p.cholesky) ** 2).sum()  # the trace
    shift = q.mahalanobis(p.mean[None])[0] ** 2
    return float(0.5 * (spread + shift - len(p.mean)) + q.log_volume - p.log_volume)


def kl_grid(log_p: ArrayLike, log_q: ArrayLike, dx: float) -> float:
    """KL(p || q), nats, from log densities on a grid of any shape with cells of length (area) dx
    that holds nearly all of p's mass; what lies outside is not counted."""
    log_p, log_q = np.asarray(log_p, dtype=float), np.asarray(log_q, dtype=float)
    held = log_p > -np.inf  # 0 log 0 = 0
    return float((np.exp(log_p[held]) * (log_p[held] - log_q[held])).sum() * dx)


def js_grid(log_p: ArrayLike, log_q: ArrayLike, dx: float) -> float:
    """Jensen-Shannon divergence on a grid, nats, at most log 2."""
    middle = np.logaddexp(log_p, log_q) - np.log(2)
    return (kl_grid(log_p, middle, dx) + kl_grid(log_q, middle, dx)) / 2


@dataclass(frozen=True, eq=False)
class EvidenceSplit:
    """log p(x) = elbo + gap for one x (PRML 9.70). All in nats."""

    log_evidence: float  # log p(x), the same for every q
    elbo: float  # E_q[log p(x, z)] + entropy of q
    gap: float  # KL(q(z) || p(z | x)) >= 0
    posterior: Array  # (K,) p(z | x), the q that closes the gap


def elbo(q: ArrayLike, x: ArrayLike, mixture: Mixture) -> EvidenceSplit:
    """Split log p(x) for one point x (D,) and a guess q (K,) at which component made it."""
    q = check_probabilities("q", q, len(mixture.weights))
    log_joint = mixture.log_joint(np.reshape(x, (1, -1)))[0]  # (K,) log p(x, z = k)
    log_evidence = mixture.log_prob(np.reshape(x, (1, -1)))[0]
    log_posterior = log_joint - log_evidence  # Bayes' rule; stays finite where exp underflows
    held = q > 0  # 0 log 0 = 0
    bound = (q[held] * (log_joint[held] - np.log(q[held]))).sum()
    gap = (q[held] * (np.log(q[held]) - log_posterior[held])).sum()
    return EvidenceSplit(float(log_evidence), float(bound), float(gap), np.exp(log_posterior))


def forward_fit(p: Mixture) -> Gaussian:
    """The Gaussian q with the smallest KL(p || q): it copies mean and covariance (PRML 10.187)."""
    return p.moments()


@dataclass(frozen=True, eq=False)
class ReverseStep:
    """One step down KL(q || p) for q = N(mu, sigma^2)."""

    iteration: int  # 0 is the start
    q: Gaussian
    kl: float  # KL(q || p), nats
    gradient: Array  # (2,) d KL / d mu, d KL / d log sigma, at q


Z = np.linspace(-9, 9, 721)  # equal steps integrate a normal to machine precision
PHI = np.exp(-(Z**2) / 2) * (Z[1] - Z[0]) / np.sqrt(2 * np.pi)  # weights of E over z ~ N(0, 1)


def reverse_kl(q: Gaussian, p: Mixture) -> tuple[float, Array]:
    """KL(q || p) in nats and its gradient (2,) in (mu, log sigma), D = 1, by x = mu + sigma z."""
    mu, sigma = q.mu_sigma()
    x = mu + sigma * Z
    slope = p.score(x)[:, 0]  # d log p / dx
    kl = -q.entropy() - PHI @ p.log_prob(x)
    return float(kl), np.array([-PHI @ slope, -1 - PHI @ (slope * sigma * Z)])


def reverse_fit(
    p: Mixture, start: Gaussian, rate: float = 1.0, tol: float = 1e-8, max_iter: int = 500
) -> Iterator[ReverseStep]:
    """Gradient descent on (mu, log sigma) from start: yields the start, then every step after it.

    Ends when the gradient is shorter than tol, its part in mu measured in units of sigma.
    """
    q = start
    for iteration in range(max_iter + 1):
        kl, gradient = reverse_kl(q, p)
        yield ReverseStep(iteration, q, kl, gradient)
        if np.hypot(gradient[0] * q.mu_sigma()[1], gradient[1]) < tol:
            return
        q = descend(p, q, kl, gradient, rate)


def descend(p: Mixture, q: Gaussian, kl: float, gradient: Array, rate: float) -> Gaussian:
    """One step downhill, halved until KL falls enough (Armijo 1966), so that it never rises."""
    mu, sigma = q.mu_sigma()
    downhill = -gradient * [sigma**2, 1.0]  # mu in units of sigma
    rate /= max(1.0, abs(downhill[1]))  # sigma shrinks or grows at most e-fold
    while rate > 1e-12:
        moved = Gaussian.from_std(mu + rate * downhill[0], sigma * np.exp(rate * downhill[1]))
        if reverse_kl(moved, p)[0] <= kl + 0.1 * rate * gradient @ downhill:
            return moved
        rate /= 2
    return q


def reverse_fits(p: Mixture, starts: list[Gaussian]) -> list[ReverseStep]:
    """Where descent ends from each start, best first: the ends differ, since modes are local."""
    return sorted((list(reverse_fit(p, start))[-1] for start in starts), key=lambda end: end.kl)
