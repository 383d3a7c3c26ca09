"""Guidance in the plane against numerical gradients, hand-made steps, closed forms and draws."""

import numpy as np
import pytest

from explorer.data import toys
from explorer.metrics import tilted as tilting
from explorer.metrics.tilted import arrows, cloud, draw, film, learned_clouds, only, spread, tilted
from explorer.models.diffusion.ddim import ddim
from explorer.models.diffusion.exact import ExactMixture
from explorer.models.diffusion.guidance import Window
from explorer.models.diffusion.schedule import linear
from explorer.models.mixture import Mixture

MIXTURE = Mixture(*toys.BLOBS)
EXACT = ExactMixture(MIXTURE, linear())
AXIS = np.linspace(-8, 8, 161)
POINTS = np.array([[0.0, 1.5], [-3.0, 2.0], [2.5, -0.3], [0.4, -2.2]])


def slope(f, x: np.ndarray, h: float = 1e-5) -> np.ndarray:
    """Central differences of f (N, 2) -> (N,)."""
    steps = h * np.eye(2)
    return np.stack([(f(x + step) - f(x - step)) / (2 * h) for step in steps], axis=1)


@pytest.mark.parametrize("k", range(3))
@pytest.mark.parametrize("t", [10, 150, 600])
def test_arrows_are_the_slopes_of_the_log_densities(k, t):
    noised = EXACT.at(t)
    found = arrows(EXACT, k, POINTS, t)
    np.testing.assert_allclose(found.unconditional, slope(noised.log_prob, POINTS), atol=2e-5)
    shares = slope(lambda x: np.log(noised.responsibilities(x)[:, k]), POINTS)
    np.testing.assert_allclose(found.classifier, shares, atol=2e-4)
    classes = slope(lambda x: noised.component_log_prob(x)[:, k], POINTS)
    np.testing.assert_allclose(found.conditional, classes, atol=2e-5)
    np.testing.assert_allclose(found.conditional, found.unconditional + found.classifier)
    np.testing.assert_allclose(found.guided(3), found.unconditional + 3 * found.classifier)


@pytest.mark.parametrize("k", range(3))
def test_gamma_0_and_1_are_the_bare_models(k):
    x = np.random.default_rng(0).standard_normal((50, 2))
    times = EXACT.schedule.times(20)
    for gamma, predict in ((0, EXACT.noise), (1, only(EXACT, k).noise)):
        *_, last = ddim(EXACT.schedule, predict, x, times)
        np.testing.assert_allclose(cloud(EXACT, k, gamma, x, 20), last.after, atol=1e-12)


def test_one_guided_step_by_hand():
    x, gamma, k = np.array([[0.7, -1.1], [-0.3, 0.4]]), 3.0, 2
    a = float(EXACT.schedule.abar[1000])
    sides = [np.array([c.score(x) for c in EXACT.at(1000).components])[k], EXACT.score(x, 1000)]
    c, u = (-np.sqrt(1 - a) * side for side in sides)
    eps = u + gamma * (c - u)
    clean = (x - np.sqrt(1 - a) * eps) / np.sqrt(a)  # one step, straight to t = 0
    np.testing.assert_allclose(cloud(EXACT, k, gamma, x, 1), clean, rtol=1e-9)
    again = -np.sqrt(1 - a) * arrows(EXACT, k, x, 1000).guided(gamma)
    np.testing.assert_allclose(again, eps)


def test_outside_of_the_window_gamma_is_1():
    x = np.random.default_rng(1).standard_normal((30, 2))
    plain, strong = cloud(EXACT, 0, 1, x, 20), cloud(EXACT, 0, 6, x, 20)
    np.testing.assert_allclose(cloud(EXACT, 0, 6, x, 20, Window(0, 1000)), plain)
    np.testing.assert_allclose(cloud(EXACT, 0, 6, x, 20, Window(1000, 0)), strong)
    late = cloud(EXACT, 0, 6, x, 20, Window(200, 0))
    between = [np.abs(late - other).max() for other in (plain, strong)]
    assert min(between) > 0.1


def test_untilted_and_tilted_once_are_known():
    whole, one = (tilted(MIXTURE, 1, gamma, AXIS, AXIS) for gamma in (0, 1))
    assert whole.z == pytest.approx(1, abs=1e-6)
    assert one.z == pytest.approx(MIXTURE.weights[1], abs=1e-6)
    for found, law in ((whole, MIXTURE.moments()), (one, MIXTURE.components[1])):
        mean, covariance = found.moments
        np.testing.assert_allclose(mean, law.mean, atol=1e-6)
        np.testing.assert_allclose(covariance, law.covariance, atol=1e-5)


@pytest.mark.parametrize("gamma", [0.5, 2.0, 7.0])
@pytest.mark.parametrize("k", range(3))
def test_grid_and_exact_draws_agree(k, gamma):
    found = tilted(MIXTURE, k, gamma, AXIS, AXIS)
    x, _ = MIXTURE.sample(100_000, 3)
    assert found.z == pytest.approx((MIXTURE.responsibilities(x)[:, k] ** gamma).mean(), rel=0.02)
    drawn = draw(MIXTURE, k, gamma, 20_000, 4)
    mean, covariance = found.moments
    assert drawn.shape == (20_000, 2)
    np.testing.assert_allclose(drawn.mean(axis=0), mean, atol=0.04)
    assert spread(drawn) == pytest.approx(np.sqrt(np.trace(covariance)), rel=0.02)


def test_contours_enclose_the_mass_they_name():
    found = tilted(MIXTURE, 0, 3.0, AXIS, AXIS)
    drawn = draw(MIXTURE, 0, 3.0, 20_000, 5)
    cells = np.round((drawn - AXIS[0]) / (AXIS[1] - AXIS[0])).astype(int)
    depth = found.outside[cells[:, 1], cells[:, 0]]
    for share in (0.1, 0.5, 0.9):
        assert (depth >= share).mean() == pytest.approx(1 - share, abs=0.015)


def test_negative_gamma_is_refused():
    with pytest.raises(ValueError, match="must not be negative"):
        tilted(MIXTURE, 0, -1.0, AXIS, AXIS)


def test_spread_is_the_root_of_the_trace():
    x = np.random.default_rng(2).normal((1, -2), (0.5, 3.0), size=(400, 2))
    assert spread(x) == pytest.approx(np.sqrt(np.trace(np.cov(x.T, ddof=0))))


@pytest.mark.parametrize("k", range(3))
def test_guided_sampling_is_honest_at_0_and_1_only(k):
    found = film(EXACT, k, (0.0, 1.0, 2.0, 4.0), 0)
    miss, floor = found.mmd.T
    assert (miss[:2] < 1.6 * floor[:2]).all()
    assert (miss[2:] > 2.5 * floor[2:]).all() and miss[3] > miss[2]
    assert found.spreads[3, 0] < 0.75 * found.spreads[3, 1]  # too narrow
    np.testing.assert_allclose(found.means[:, 0], found.clouds.mean(axis=1))
    aim = tilted(MIXTURE, k, 4.0, found.axis, found.axis)
    np.testing.assert_allclose(found.outside[3], aim.outside)
    assert found.z[3] == aim.z


def test_a_perfect_network_goes_where_the_exact_one_goes():
    def net(x, t, labels):
        return EXACT.noise(x, t) if labels is None else only(EXACT, int(labels[0])).noise(x, t)

    window, gammas = Window(700, 100), (0.0, 1.0, 5.0)
    found = learned_clouds(net, EXACT.schedule, 2, gammas, 9, window, 40, 30)
    noise = np.random.default_rng(9).standard_normal((tilting.COUNT, 2))[:40]
    for got, gamma in zip(found, gammas, strict=True):
        np.testing.assert_allclose(got, cloud(EXACT, 2, gamma, noise, 30, window), atol=1e-9)
