"""The chain of layers that add noise: closed forms against sampling and quadrature."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from explorer.metrics import noising


@pytest.mark.parametrize(("layers", "t"), [(1, 1), (5, 2), (20, 7), (100, 63)])
def test_many_layers_at_once_are_the_layers_one_by_one(layers, t):
    rng, a = np.random.default_rng(layers), noising.kept(layers, 1)
    z = np.full(200_000, 1.0)
    for _ in range(t):
        z = np.sqrt(a) * z + np.sqrt(1 - a) * rng.normal(size=z.shape)
    at_once = noising.noised(np.ones(200_000), layers, t, rng.normal(size=z.shape))
    assert z.mean() == pytest.approx(at_once.mean(), abs=0.01)
    assert z.std() == pytest.approx(at_once.std(), rel=0.01)
    assert noising.kept(layers, layers) == pytest.approx(noising.LEFT)


@pytest.mark.parametrize(("layers", "t"), [(1, 1), (10, 3), (100, 40)])
def test_the_marginal_is_that_of_noised_pixels(layers, t):
    rng = np.random.default_rng(1)
    pixels = rng.choice([-1.0, 1.0], 400_000) + noising.SPREAD * rng.normal(size=400_000)
    z = noising.noised(pixels, layers, t, rng.normal(size=400_000))
    exact = noising.marginal(layers, t)
    assert z.std() == pytest.approx(float(np.sqrt(exact.moments().covariance[0, 0])), rel=0.005)
    height, edges = np.histogram(z, 40, range=(-2, 2))
    middle = (edges[1:] + edges[:-1]) / 2
    np.testing.assert_allclose(height / 400_000 / 0.1, exact.prob(middle), atol=0.012)


@pytest.mark.parametrize(("layers", "t"), [(1, 1), (2, 2), (10, 1), (50, 12)])
@pytest.mark.parametrize("z", [-2.0, 0.0, 0.3, 1.1])
def test_the_way_back_is_bayes_rule(layers, t, z):
    x = np.linspace(-6, 6, 24_001)
    a = noising.kept(layers, 1)
    joint = noising.marginal(layers, t - 1).prob(x) * norm.pdf(z, np.sqrt(a) * x, np.sqrt(1 - a))
    posterior = joint / np.trapezoid(joint, x)
    np.testing.assert_allclose(noising.way_back(layers, t, z).prob(x), posterior, atol=1e-7)


@pytest.mark.parametrize(
    ("layers", "t", "z"), [(1, 1, 0.0), (20, 1, 1.0), (20, 4, 0.3), (5, 1, 0.2)]
)
def test_the_miss_of_a_bell_is_its_divergence(layers, t, z):
    exact = noising.way_back(layers, t, z)
    mu, sigma = exact.moments().mu_sigma()

    def integrand(x: float) -> float:
        log_p = float(exact.log_prob(np.array([x]))[0])
        return np.exp(log_p) * (log_p - norm.logpdf(x, mu, sigma))

    oracle = quad(integrand, -4, 4, points=exact.means[:, 0].tolist(), limit=300)[0]
    assert noising.miss(exact) == pytest.approx(oracle, rel=1e-6)


@pytest.mark.parametrize(("layers", "t"), [(1, 1), (10, 1), (20, 2), (50, 2)])
def test_the_average_miss_weighs_what_occurs(layers, t):
    rng = np.random.default_rng(5)
    z = noising.marginal(layers, t).sample(4000, rng)[0][:, 0]
    drawn = [noising.miss(noising.way_back(layers, t, value)) for value in z]
    error = np.std(drawn) / np.sqrt(len(drawn))
    assert noising.expected_miss(layers, t) == pytest.approx(np.mean(drawn), abs=4 * error + 1e-3)


def test_more_and_smaller_layers_miss_less():
    totals = [noising.shortfall(layers).total for layers in noising.LAYERS]
    assert (np.diff(totals) < 0).all()
    assert totals[0] > 1 and totals[-1] < 0.02
    # one layer: z_1 says almost nothing of z_0, so it is the miss of a bell from the pixel itself
    alone = noising.miss(noising.marginal(1, 0))
    assert totals[0] == pytest.approx(alone, rel=0.05)
