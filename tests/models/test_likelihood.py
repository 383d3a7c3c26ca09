"""Maximum likelihood in one dimension: sums term by term, calculus by differences, many studies."""

import numpy as np
import pytest
import scipy.optimize
import scipy.stats

from explorer.models import likelihood
from explorer.models.gaussian import Gaussian
from explorer.models.likelihood import (
    Moments,
    expected_variance,
    repeat_study,
    standard_errors,
)


@pytest.fixture(scope="module")
def x() -> np.ndarray:
    """Seven lopsided numbers far from 0, with a spread far from 1."""
    return 40 + 3 * np.random.default_rng(3).gamma(2.0, size=7)


def test_moments_are_numpys(x):
    moments = Moments.of(x)
    assert (moments.n, moments.mean, moments.std) == pytest.approx((7, x.mean(), x.std()))
    column = Moments.of(x[:, None])
    assert (column.n, column.mean, column.std) == (7, moments.mean, moments.std)


@pytest.mark.parametrize(("mu", "sigma"), [(44.0, 2.5), (47.5, 0.7), (-3.0, 30.0)])
def test_log_likelihood_is_the_sum_of_the_log_densities(x, mu, sigma):
    oracle = scipy.stats.norm.logpdf(x, mu, sigma)
    moments = Moments.of(x)
    assert float(moments.log_likelihood(mu, sigma)) == pytest.approx(oracle.sum(), rel=1e-12)
    assert float(moments.per_point(mu, sigma)) == pytest.approx(oracle.mean(), rel=1e-12)


def test_it_takes_grids(x):
    mu, sigma = np.meshgrid(np.linspace(40, 50, 5), [0.5, 1.5, 4.0])
    surface = Moments.of(x).log_likelihood(mu, sigma)
    assert surface.shape == (3, 5)
    assert surface[2, 3] == pytest.approx(scipy.stats.norm.logpdf(x, mu[2, 3], 4.0).sum())


def test_the_maximum_is_where_climbing_ends(x):
    climb = scipy.optimize.minimize(
        lambda p: -scipy.stats.norm.logpdf(x, p[0], np.exp(p[1])).sum(),
        (40.0, 2.0),
        method="Nelder-Mead",
        options={"xatol": 1e-9, "fatol": 1e-12},
    )
    mu, sigma = Moments.of(x).maximum()
    assert (mu, sigma) == pytest.approx((climb.x[0], np.exp(climb.x[1])), rel=1e-6)
    assert (mu, sigma) == pytest.approx(scipy.stats.norm.fit(x))


def test_drop_is_what_is_lost_and_the_same_for_all_data(x):
    moments = Moments.of(x)
    best = moments.per_point(*moments.maximum())
    mu, sigma = np.array([41.0, 46.0, 44.0]), np.array([0.4, 3.0, 9.0])
    assert moments.drop(mu, sigma) == pytest.approx(best - moments.per_point(mu, sigma))
    assert float(moments.drop(*moments.maximum())) == 0
    other = Moments(10_000, -2.0, 0.01)
    u, r = (mu - moments.mean) / moments.std, sigma / moments.std
    assert other.drop(other.mean + 0.01 * u, 0.01 * r) == pytest.approx(moments.drop(mu, sigma))


def test_half_and_double_width_cost_what_the_lesson_says(x):
    moments = Moments.of(x)
    lost = moments.drop(moments.mean, moments.std * np.array([0.5, 2.0]))
    assert lost == pytest.approx([1.5 - np.log(2), np.log(2) - 0.375])
    assert lost.round(2) == pytest.approx([0.81, 0.32])


@pytest.mark.parametrize("drop", [1e-5, 0.03, 0.3, 1.0, 3.0])
def test_contours_are_closed_curves_of_equal_height(x, drop):
    moments = Moments.of(x)
    curve = moments.contour(drop)
    assert curve.shape == (72, 2)
    assert moments.drop(*curve.T) == pytest.approx(np.full(72, drop), rel=1e-6)
    assert curve[0] == pytest.approx(curve[-1], rel=1e-6)
    reach = moments.std * np.sqrt(np.expm1(2 * drop))  # where d(drop)/d(sigma) = 0: r = e^drop
    assert np.ptp(curve[:, 0]) / 2 == pytest.approx(reach, rel=0.01)
    assert curve[:36, 0].min() >= moments.mean >= curve[37:-1, 0].max()  # once around


def test_standard_errors_are_the_curvature_at_the_maximum():
    moments, h = Moments(60, 12.0, 3.0), 1e-3
    top = moments.log_likelihood(12.0, 3.0)
    for axis, error in enumerate(standard_errors(3.0, 60)):
        step = h * np.eye(2)[axis]
        sides = sum(moments.log_likelihood(12.0 + k * step[0], 3.0 + k * step[1]) for k in (-1, 1))
        curvature = float(sides - 2 * top) / h**2
        assert (-curvature) ** -0.5 == pytest.approx(error, rel=1e-5)


def test_studies_are_plain_means_and_spreads_of_what_was_drawn(x):
    sizes = [2, 5, likelihood.CHUNK + 30]
    found = list(repeat_study(x, sizes, 11, 9))
    generator = np.random.default_rng(9)
    parts = [generator.integers(7, size=(11, k)) for k in (2, 3, likelihood.CHUNK, 25)]
    for one, n in zip(found, sizes, strict=True):
        drawn = x[np.concatenate(parts, axis=1)[:, :n]]
        assert one.n == n
        assert one.mean == pytest.approx(drawn.mean(axis=1), rel=1e-12)
        assert one.std == pytest.approx(drawn.std(axis=1), rel=1e-7, abs=1e-7)
        assert one.variance(1) == pytest.approx(drawn.var(axis=1, ddof=1), abs=1e-6)


@pytest.mark.parametrize("n", [2, 5, 40])
def test_mean_of_the_variances_is_too_small_by_exactly_that_factor(x, n):
    (found,) = repeat_study(x, [n], 60_000, 4)
    for ddof in (0, 1):
        estimates = found.variance(ddof)
        error = estimates.std() / np.sqrt(len(estimates))
        expected = expected_variance(x.std(), n, ddof)
        assert abs(estimates.mean() - expected) < 4 * error
        assert expected == pytest.approx(x.var() * (1 if ddof else (n - 1) / n))
    assert found.mean.std() == pytest.approx(standard_errors(x.std(), n)[0], rel=0.02)


def test_spread_of_sigma_for_many_points_of_a_normal():
    x = Gaussian.from_std(7.0, 0.2).sample(20_000, 1)[:, 0]
    (found,) = repeat_study(x, [400], 4000, 2)
    assert found.std.std() == pytest.approx(standard_errors(x.std(), 400)[1], rel=0.05)


def test_large_numbers_with_a_small_spread_keep_their_digits():
    x = 1e9 + np.random.default_rng(0).normal(size=500)
    (found,) = repeat_study(x, [50], 400, 1)
    assert found.std.mean() == pytest.approx(1, abs=0.1)
    assert found.mean.std() == pytest.approx(1 / np.sqrt(50), rel=0.2)


def test_equal_draws_have_no_spread_at_all():
    x = np.array([0.1, 0.7, 5.3])
    (found,) = repeat_study(x, [5], 2000, 0)
    drawn = x[np.random.default_rng(0).integers(3, size=(2000, 5))]
    equal = np.ptp(drawn, axis=1) == 0
    assert equal.sum() > 10
    assert (found.std[equal] == 0).all()  # exactly, not 1e-8, which would be a curve
    assert (found.std[~equal] > 0.1).all()


def test_equal_seeds_give_equal_studies(x):
    one, two, other = (next(repeat_study(x, [5], 8, seed)) for seed in (1, 1, 2))
    assert (one.mean == two.mean).all() and (one.std == two.std).all()
    assert (one.mean != other.mean).any()


@pytest.mark.parametrize("bad", [[2.0], [3.0, 3.0, 3.0], [], [1.0, np.nan]])
def test_numbers_without_a_spread_are_refused(bad):
    with pytest.raises(ValueError):
        Moments.of(bad)


def test_bare_moments_are_checked():
    for n, std in ((0, 1.0), (5, 0.0), (5, -1.0), (5, np.nan)):
        with pytest.raises(ValueError, match="points that differ"):
            Moments(n, 0.0, std)


def test_published_numbers_of_the_heights(heights):
    moments = Moments.of(heights)
    assert moments.maximum() == pytest.approx((172.7025, 4.8302), abs=5e-5)
    best = Gaussian.from_std(*moments.maximum())
    assert float(best.interval(-np.inf, 160)) == pytest.approx(0.004271, abs=5e-7)
    assert float(best.interval(180, np.inf)) == pytest.approx(0.065418, abs=5e-7)
    assert ((heights <= 160).mean(), (heights > 180).mean()) == pytest.approx((0.00416, 0.06584))
