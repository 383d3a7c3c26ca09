"""Sampling means: facts of each base by quadrature, exact laws of sums, and the limit itself."""

import numpy as np
import pytest
import scipy.integrate
import scipy.stats

from explorer.metrics.distance import ks_noise, ks_normal, ks_statistic
from explorer.models.limit import BASES, bernoulli, draws, limit, standardise

CONTINUOUS = ["uniform", "exponential", "bimodal", "triangular", "u_shaped"]
WITH_LIMIT = [*CONTINUOUS, "bernoulli"]
SUPPORT = {
    "uniform": (0, 1), "exponential": (0, 60), "bimodal": (-15, 15), "triangular": (0, 1),
    "u_shaped": (0, 1),
}  # fmt: skip


def expectation(base, f) -> float:
    if base.discrete:
        return sum(f(x) * float(base.density(x)) for x in (0.0, 1.0))
    low, high = SUPPORT[base.name]

    # substituting x = low + (high - low) sin^2 tames the arcsine law's ends
    def integrand(t: float) -> float:
        x = low + (high - low) * np.sin(t) ** 2
        return f(x) * float(base.density(x)) * (high - low) * np.sin(2 * t)

    return scipy.integrate.quad(integrand, 0, np.pi / 2, limit=500)[0]


@pytest.mark.parametrize("name", WITH_LIMIT)
def test_the_facts_of_a_base_follow_from_its_density(name):
    base = BASES[name]()
    assert base.name == name
    assert expectation(base, lambda x: 1.0) == pytest.approx(1, abs=1e-7)
    mean = expectation(base, lambda x: x)
    variance = expectation(base, lambda x: (x - mean) ** 2)
    third = expectation(base, lambda x: (x - mean) ** 3)
    assert base.mean == pytest.approx(mean, abs=1e-7)
    assert base.variance == pytest.approx(variance, rel=1e-6)
    assert base.skewness == pytest.approx(third / variance**1.5, abs=1e-6)


@pytest.mark.parametrize("name", CONTINUOUS)
def test_draws_follow_the_density(name):
    base = BASES[name]()
    sample = draws(base, 1, 4000, 5)
    low, high = SUPPORT[name]
    edges = np.linspace(max(low, -6), min(high, 6), 25)
    counts, _ = np.histogram(sample, edges)
    for count, a, b in zip(counts, edges, edges[1:], strict=False):
        p = scipy.integrate.quad(lambda x: float(base.density(x)), a, b)[0]
        assert abs(count - 4000 * p) < 5 * np.sqrt(4000 * p * (1 - p)) + 1


def test_densities_keep_the_shape_of_x():
    x = np.linspace(-0.5, 1.5, 12).reshape(3, 4)
    for make in BASES.values():
        assert np.shape(make().density(x)) == (3, 4)
        assert (np.asarray(make().density(x)) >= 0).all()


@pytest.mark.parametrize("how", ["mean", "sum"])
@pytest.mark.parametrize("name", WITH_LIMIT)
def test_means_and_sums_have_the_mean_and_variance_of_the_limit(name, how):
    base = BASES[name]()
    sample = draws(base, 7, 40_000, 1, how)
    mu, sigma = limit(base, 7, how).mu_sigma()
    assert sample.mean() == pytest.approx(mu, abs=5 * sigma / 200)
    assert sample.std() == pytest.approx(sigma, rel=0.04)


def test_the_published_variances_for_uniforms():
    assert limit(BASES["uniform"](), 12, "mean").covariance[0, 0] == pytest.approx(1 / (12 * 12))
    assert limit(BASES["uniform"](), 5, "sum").covariance[0, 0] == pytest.approx(5 / 12)
    assert limit(BASES["uniform"](), 5, "sum").mean[0] == pytest.approx(2.5)


@pytest.mark.parametrize(
    ("name", "exact"),
    [
        ("uniform", scipy.stats.irwinhall(3)),
        ("exponential", scipy.stats.gamma(3)),
        ("cauchy", scipy.stats.cauchy(scale=3)),
    ],
)
def test_sums_of_three_follow_their_exact_law(name, exact):
    assert scipy.stats.kstest(draws(BASES[name](), 3, 20_000, 2, "sum"), exact.cdf).pvalue > 1e-3


def test_sums_of_coins_are_binomial():
    sums = draws(bernoulli(0.3), 5, 50_000, 3, "sum")
    counts = np.bincount(sums.astype(int), minlength=6)
    expected = scipy.stats.binom(5, 0.3).pmf(range(6)) * 50_000
    assert scipy.stats.chisquare(counts, expected).pvalue > 1e-3


@pytest.mark.parametrize("name", WITH_LIMIT)
def test_the_distance_to_the_normal_falls_below_the_berry_esseen_bound(name):
    base = BASES[name]()
    third = expectation(base, lambda x: abs(x - base.mean) ** 3) / base.variance**1.5
    counts = np.array([1, 4, 64])
    gaps = [ks_normal(standardise(draws(base, n, 20_000, 0), base, n)) for n in counts]
    assert gaps[0] > gaps[1] > gaps[2]
    assert (gaps < 0.4748 * third / np.sqrt(counts) + ks_noise(20_000, 0.999)).all()
    assert gaps[2] < (0.065 if base.discrete else 0.03)


def test_the_cauchy_never_settles():
    base = BASES["cauchy"]()
    gaps = [ks_statistic(draws(base, n, 20_000, 0), scipy.stats.cauchy.cdf) for n in (1, 10, 100)]
    assert max(gaps) < ks_noise(20_000, 0.999)  # the mean of n is distributed as one draw is
    assert not base.has_limit
    with pytest.raises(ValueError, match="no variance"):
        limit(base, 10)


def test_one_more_term_is_added_to_the_same_sums():
    base = BASES["exponential"]()
    five, six = draws(base, 5, 300, 9, "sum"), draws(base, 6, 300, 9, "sum")
    assert (six > five).all()
    assert np.corrcoef(five, six)[0, 1] > 0.8
    np.testing.assert_allclose(draws(base, 5, 300, 9, "mean") * 5, five)


def test_standardise_undoes_the_limit():
    base = BASES["triangular"]()
    mu, sigma = limit(base, 9, "sum").mu_sigma()
    z = standardise([mu, mu + 2 * sigma], base, 9, "sum")
    np.testing.assert_allclose(z, [0, 2], atol=1e-12)


@pytest.mark.parametrize(("terms", "count"), [(0, 5), (5, 0)])
def test_nothing_to_add_is_refused(terms, count):
    with pytest.raises(ValueError, match="at least one"):
        draws(BASES["uniform"](), terms, count, 0)


@pytest.mark.parametrize("p", [0.0, 1.0, -0.1])
def test_a_coin_needs_two_sides(p):
    with pytest.raises(ValueError, match="coin"):
        bernoulli(p)
