"""KL from a mixture to one normal against sums over a grid and against two exact cases."""

import numpy as np
import pytest

from explorer.models.divergence import kl_gaussian, kl_grid
from explorer.models.forward_kl import entropy, forward_kl
from explorer.models.gaussian import Gaussian
from explorer.models.mixture import Mixture

P = Mixture.from_std([0.35, 0.45, 0.2], [-2.0, 1.5, 2.5], [0.4, 1.3, 0.6])
X = np.linspace(-60, 60, 1_200_001)


@pytest.mark.parametrize(("mu", "sigma"), [(0.0, 1.0), (-2.0, 0.5), (1.0, 3.0), (9.0, 0.8)])
def test_equals_the_sum_over_a_grid(mu, sigma):
    q = Gaussian.from_std(mu, sigma)
    grid = kl_grid(P.log_prob(X), q.log_prob(X), X[1] - X[0])
    assert forward_kl(P, q) == pytest.approx(grid, rel=1e-9)


def test_entropy_equals_the_sum_over_a_grid():
    log_p = P.log_prob(X)
    exact = -float((np.exp(log_p) * log_p).sum() * (X[1] - X[0]))
    assert entropy(P) == pytest.approx(exact, rel=1e-10)


def test_one_component_is_the_closed_form():
    p, q = Gaussian.from_std(3.0, 0.2), Gaussian.from_std(2.5, 0.7)
    alone = Mixture.from_std([1.0], [3.0], [0.2])
    assert entropy(alone) == pytest.approx(p.entropy(), rel=1e-12)
    assert forward_kl(alone, q) == pytest.approx(kl_gaussian(p, q), rel=1e-12)


def test_copying_the_moments_is_best():
    best = P.moments()
    mu, sigma = best.mu_sigma()
    least = forward_kl(P, best)
    assert least > 0
    for shift, factor in ((0.1, 1.0), (-0.1, 1.0), (0.0, 1.05), (0.0, 0.95)):
        assert forward_kl(P, Gaussian.from_std(mu + shift, sigma * factor)) > least
