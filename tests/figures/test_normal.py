"""The pictures of `normal` hold the numbers they claim to hold."""

import numpy as np
import pytest
from scipy.stats import binom, norm

from explorer.figures import normal
from explorer.models import limit
from explorer.models.gaussian import Gaussian


@pytest.mark.parametrize(
    ("mu", "sigma", "a", "b"), [(1.5, 2.5, -3.0, 2.0), (-2, 0.4, -1.9, -2.3), (0, 5, 6.5, 9.5)]
)
def test_area_is_filled_bounded_and_labelled(mu, sigma, a, b):
    figure = normal.area(Gaussian.from_std(mu, sigma), a, b)
    fill, curve, left, right, words = figure.data
    exact = norm(mu, sigma).cdf(max(a, b)) - norm(mu, sigma).cdf(min(a, b))
    assert np.trapezoid(fill.y, fill.x) == pytest.approx(exact, abs=2e-4)
    assert words.text[0] == f"<b>{100 * exact:.2f} %</b>"
    assert [left.x[0], right.x[0]] == sorted([a, b])
    np.testing.assert_allclose(curve.y, norm(mu, sigma).pdf(curve.x), rtol=1e-12)
    assert figure.layout.yaxis.range[1] > max(curve.y)


def test_data_becomes_a_density_beside_the_curve():
    data = norm(3, 0.5).rvs(4000, random_state=2)
    bars = normal.area(Gaussian.from_std(3, 0.5), 2, 4, data).data[0]
    assert np.dot(bars.y, bars.width) == pytest.approx(1, abs=2e-3)
    np.testing.assert_allclose(bars.y, norm(3, 0.5).pdf(bars.x), atol=0.09)


@pytest.mark.parametrize("scale", ["z", "mean", "sum"])
def test_film_of_a_coin_is_the_binomial(scale):
    film = normal.forming(limit.bernoulli(0.3), scale, 50_000, seed=4)
    n = film.terms[5]  # 6 tosses
    bars = film.figure.frames[5].data[0]
    np.testing.assert_allclose(bars.y * bars.width, binom(n, 0.3).pmf(np.arange(n + 1)), atol=0.012)
    unit = {"z": 1, "mean": np.sqrt(0.21 / n), "sum": np.sqrt(0.21 * n)}[scale]
    centre = {"z": 0, "mean": 0.3, "sum": 0.3 * n}[scale]
    assert film.mean[5] == pytest.approx(centre, abs=0.03 * unit)
    assert film.spread[5] == pytest.approx(unit, rel=0.02)
    heads = np.arange(n + 1)
    places = {"z": (heads - 0.3 * n) / np.sqrt(0.21 * n), "mean": heads / n, "sum": heads}[scale]
    np.testing.assert_allclose(bars.x, places, atol=1e-9)
    curve = film.figure.frames[5].data[1]
    np.testing.assert_allclose(curve.y, norm(centre, unit).pdf(curve.x), rtol=1e-9)


@pytest.mark.parametrize("scale", ["z", "mean", "sum"])
def test_cauchy_keeps_its_own_exact_curve(scale):
    film = normal.forming(limit.BASES["cauchy"](), scale, 50_000, seed=1)
    bars, curve = film.figure.frames[7].data[:2]
    expected = np.interp(bars.x, curve.x, curve.y)
    np.testing.assert_allclose(bars.y, expected, atol=0.06 * max(curve.y))


def test_marker_walks_along_the_distance_curve():
    film = normal.forming(limit.BASES["exponential"](), "z", 2000, seed=0)
    for n, distance, frame in zip(film.terms, film.distance, film.figure.frames, strict=True):
        assert (frame.data[2].x[0], frame.data[2].y[0]) == (n, distance)
    assert film.figure.data[2].y == pytest.approx(film.distance)
