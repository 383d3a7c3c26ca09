"""Figures of `hierarchy` against the numbers they show; the bound against the model's own."""

from itertools import pairwise

import numpy as np
import pytest

from explorer import checkpoints, inference
from explorer.data import pen
from explorer.figures import hierarchy as figures
from explorer.metrics import noising

pytestmark = pytest.mark.skipif("hvae-mnist" not in checkpoints.names(), reason="no checkpoint")


@pytest.fixture(scope="module")
def net():
    return inference.load("hvae-mnist")


def test_columns_share_noise_and_rows_share_z2(net):
    draws = figures.draw(net, 3, 4, 1.0, 1.0)
    noise = (draws.z1 - draws.means[:, None]) / draws.stds[:, None]
    np.testing.assert_allclose(noise, np.broadcast_to(noise[0], noise.shape), atol=1e-9)
    again = figures.draw(net, 3, 5, 1.0, 1.0)
    np.testing.assert_array_equal(again.means, draws.means)
    assert abs(again.z1 - draws.z1).max() > 0.5
    other = figures.draw(net, 8, 4, 1.0, 1.0)
    np.testing.assert_allclose((other.z1 - other.means[:, None]) / other.stds[:, None], noise)
    expected = net.decode(draws.z1[2, 3][None]).reshape(28, 28)
    np.testing.assert_allclose(draws.pictures[2, 3], expected, atol=1e-5)


def test_without_noise_in_a_layer_nothing_varies_along_it(net):
    assert figures.draw(net, 0, 0, 1.0, 0.0).across < 1e-6
    assert figures.draw(net, 0, 0, 0.0, 1.0).down < 1e-6
    free = figures.draw(net, 0, 0, 1.0, 1.0)
    assert min(free.across, free.down) > 0.05
    by_hand = np.mean([free.pictures[:, c].std(axis=0).mean() for c in range(figures.COLUMNS)])
    assert free.down == pytest.approx(by_hand, rel=1e-5)


def test_the_figure_shows_the_draws(net):
    draws = figures.draw(net, 0, 0, 1.0, 1.0)
    figure = figures.layers(draws)
    bars = next(t for t in figure.data if t.type == "bar")
    assert list(bars.y) == [draws.across, draws.down]
    markers = [t for t in figure.data if t.type == "scatter" and t.mode == "markers"]
    assert len(markers) == figures.ROWS and len(markers[0].x) == figures.COLUMNS
    assert len({t.marker.symbol for t in markers}) == figures.ROWS  # never colour alone
    axes = figures._plane(draws.means)
    np.testing.assert_allclose(axes.T @ axes, np.eye(2), atol=1e-10)
    np.testing.assert_allclose(markers[1].x, draws.z1[1] @ axes[:, 0])


def test_the_three_terms_are_those_of_the_model(net):
    """The card averages one-draw bounds over the test set; here one picture, the same draw."""
    torch = pytest.importorskip("torch")
    from explorer.models.hvae import kl_between
    from explorer.models.vae import kl_to_prior, log_bernoulli

    x = pen.digit(5)
    way = figures.travel(net, x, 11)
    rng, model = np.random.default_rng(11), net.model
    tensor = torch.tensor(x.reshape(1, 784), dtype=torch.float32)
    mean1, log_var1 = model.encode(tensor)
    z1 = mean1 + (log_var1 / 2).exp() * torch.tensor(rng.normal(size=(1, 16)), dtype=torch.float32)
    mean2, log_var2 = model.encode_upper(z1)
    z2 = mean2 + (log_var2 / 2).exp() * torch.tensor(rng.normal(size=(1, 8)), dtype=torch.float32)
    lower = kl_between(mean1, log_var1, *model.prior_lower(z2))
    assert way.reconstruction == pytest.approx(
        float(log_bernoulli(tensor, model.decoder(z1))), rel=1e-4
    )
    assert way.kl_lower == pytest.approx(float(lower), rel=1e-4)
    assert way.kl_upper == pytest.approx(float(kl_to_prior(mean2, log_var2)), rel=1e-4)
    assert way.bound == pytest.approx(way.reconstruction - way.kl_lower - way.kl_upper)
    np.testing.assert_array_equal(way.pictures[0], x)


def test_the_bound_is_built_from_its_terms(net):
    way = figures.travel(net, pen.digit(2), 0)
    bars = [t for t in figures.terms(way).data if t.type == "bar"]
    assert bars[0].base[0] == 0 and bars[0].y[0] == pytest.approx(way.reconstruction)
    for above, below in pairwise(bars):
        assert below.base[0] == pytest.approx(above.base[0] + above.y[0])
    assert bars[2].base[0] + bars[2].y[0] == pytest.approx(way.bound)


@pytest.mark.parametrize(("layers", "t", "z"), [(1, 1, 0.0), (10, 1, 0.3), (100, 50, -2.0)])
def test_the_chain_shows_exact_densities(layers, t, z):
    totals = [1.0 / layers for layers in noising.LAYERS]
    figure = figures.chain(layers, t, z, totals)
    right = [t for t in figure.data if t.xaxis == "x2" and t.mode == "lines"]
    bell, exact = right
    assert np.trapezoid(exact.y, exact.x) == pytest.approx(1, abs=2e-3)
    assert np.trapezoid(bell.y, bell.x) == pytest.approx(1, abs=2e-2)
    mean = np.trapezoid(exact.y * exact.x, exact.x)
    assert np.trapezoid(bell.y * bell.x, bell.x) == pytest.approx(mean, abs=2e-2)
    star = next(t for t in figure.data if t.xaxis == "x3" and t.mode == "markers")
    assert (star.x[0], star.y[0]) == (layers, 1.0 / layers)
