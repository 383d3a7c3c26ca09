"""A chain of layers that each add a little Gaussian noise, for one pixel, without any learning.

The pixel is paper (-1) or ink (+1), half and half, give or take 0.15. Each of T layers keeps the
same share of the signal, z_t = sqrt(a) z_{t-1} + sqrt(1 - a) noise, so that after the last one
a^T = 0.01 of the variance is left. Everything here is exact: mixtures of two normals, and sums
over a fine grid. Sources: Sohl-Dickstein et al., Deep unsupervised learning using nonequilibrium
thermodynamics (2015, arXiv:1503.03585); Luo, Understanding Diffusion Models (2022,
arXiv:2208.11970), equation 70 for the closed form of many steps at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.models.checks import Array
from explorer.models.divergence import kl_grid
from explorer.models.gaussian import Gaussian
from explorer.models.mixture import Mixture

SPREAD = 0.15  # of ink around +1 and of paper around -1
LEFT = 0.01  # share of the signal's variance after the last layer
LAYERS = (1, 2, 3, 5, 10, 20, 50, 100)


def kept(layers: int, t: float) -> float:
    """The share of the signal's variance that is left after t of `layers` layers."""
    return LEFT ** (t / layers)


def noised(picture: Array, layers: int, t: int, noise: Array) -> Array:
    """q(z_t|x) in one step: sqrt(share) x + sqrt(1 - share) noise."""
    share = kept(layers, t)
    return np.sqrt(share) * picture + np.sqrt(1 - share) * noise


def marginal(layers: int, t: int) -> Mixture:
    """The pixel's distribution after t layers: two bells that walk towards each other."""
    share = kept(layers, t)
    spread = np.sqrt(share * SPREAD**2 + 1 - share)
    return Mixture.from_std([0.5, 0.5], [-np.sqrt(share), np.sqrt(share)], [spread, spread])


def way_back(layers: int, t: int, z: float) -> Mixture:
    """p(z_{t-1} | z_t = z), exact: each bell of the layer before, narrowed by what was seen."""
    before, share = marginal(layers, t - 1), kept(layers, 1)
    v = float(before.covariances[0, 0, 0])
    evidence = share * v + 1 - share  # variance of z_t around sqrt(share) z_{t-1}'s bell
    gain = np.sqrt(share) * v / evidence
    surprise = z - np.sqrt(share) * before.means[:, 0]
    log_weights = -(surprise**2) / evidence / 2
    weights = np.exp(log_weights - log_weights.max())
    spread = np.sqrt(v * (1 - share) / evidence)
    return Mixture.from_std(
        weights / weights.sum(), before.means[:, 0] + gain * surprise, [spread, spread]
    )


def miss(exact: Mixture) -> float:
    """Nats by which the best single bell misses: KL(exact || bell of the same two moments)."""
    bell: Gaussian = exact.moments()
    reach = 7 * np.sqrt(max(exact.covariances.max(), 1e-12))  # a far, faint bell costs much
    grid = np.linspace(exact.means.min() - reach, exact.means.max() + reach, 1201)
    return max(0.0, kl_grid(exact.log_prob(grid), bell.log_prob(grid), float(grid[1] - grid[0])))


def expected_miss(layers: int, t: int) -> float:
    """The same, averaged over the z_t that occur; by sums over grids, Bayes' rule in each row."""
    x, dx = np.linspace(-4, 4, 801, retstep=True)  # z_{t-1}
    z = np.linspace(-3.5, 3.5, 71)  # z_t
    share = kept(layers, 1)
    joint = marginal(layers, t - 1).log_prob(x) - (z[:, None] - np.sqrt(share) * x) ** 2 / (
        2 * (1 - share)
    )  # (71, 801)
    joint -= joint.max(axis=1, keepdims=True)
    p = np.exp(joint)
    p /= p.sum(axis=1, keepdims=True) * dx
    mean = (p * x).sum(axis=1, keepdims=True) * dx
    variance = (p * (x - mean) ** 2).sum(axis=1, keepdims=True) * dx
    bell = -((x - mean) ** 2) / variance / 2 - np.log(2 * np.pi * variance) / 2
    missed = (p * (np.log(np.maximum(p, 1e-300)) - bell)).sum(axis=1) * dx
    chance = marginal(layers, t).prob(z)
    return float((chance / chance.sum()) @ np.maximum(missed, 0))


@dataclass(frozen=True)
class Shortfall:
    """How far the bound of a chain of bells stays below the truth, in nats per pixel."""

    layers: int
    steps: tuple[float, ...]  # expected_miss of t = 1, ..., T
    start: float  # KL(q(z_T) || N(0, 1)): the chain starts from a bell that is not quite right

    @property
    def total(self) -> float:
        """Their sum: what no learning can win back with so few layers."""
        return sum(self.steps) + self.start


def shortfall(layers: int) -> Shortfall:
    """Of the best chain with `layers` layers whose every way back is a single bell."""
    grid = np.linspace(-9, 9, 4001)
    standard = Gaussian.from_std(0, 1)
    log_q = marginal(layers, layers).log_prob(grid)
    start = kl_grid(log_q, standard.log_prob(grid), float(grid[1] - grid[0]))
    return Shortfall(
        layers, tuple(expected_miss(layers, t) for t in range(1, layers + 1)), max(0.0, start)
    )
