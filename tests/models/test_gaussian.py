"""The normal distribution against scipy.stats, torch.distributions, autograd and samples."""

import numpy as np
import pytest
import scipy.integrate
import scipy.stats
import torch
from hypothesis import given
from hypothesis import strategies as st

from explorer.models.checks import NotPositiveDefinite
from explorer.models.gaussian import Gaussian

MEAN = np.array([1.5, -20.0, 0.25])
FACTOR = np.array([[3.0, 0.0, 0.0], [-0.6, 0.5, 0.0], [0.2, 0.7, 1.4]])
COVARIANCE = FACTOR @ FACTOR.T
X = MEAN + np.random.default_rng(3).normal(size=(7, 3)) * [4.0, 1.0, 2.0]  # N = 7, D = 3


@pytest.fixture
def normal() -> Gaussian:
    return Gaussian(MEAN, COVARIANCE)


def test_log_prob_equals_scipy_and_torch(normal):
    scipy_normal = scipy.stats.multivariate_normal(MEAN, COVARIANCE)
    torch_normal = torch.distributions.MultivariateNormal(
        torch.tensor(MEAN), covariance_matrix=torch.tensor(COVARIANCE)
    )
    np.testing.assert_allclose(normal.log_prob(X), scipy_normal.logpdf(X), rtol=1e-12)
    np.testing.assert_allclose(normal.log_prob(X), torch_normal.log_prob(torch.tensor(X)))
    np.testing.assert_allclose(normal.prob(X), scipy_normal.pdf(X), rtol=1e-10)
    assert normal.log_prob(X).shape == (7,)


def test_the_book_value_of_the_two_dimensional_density():
    normal = Gaussian(np.array([1.0, 2.0]), np.eye(2))
    assert normal.prob([[0.0, 0.0]])[0] == pytest.approx(0.013064, abs=5e-7)


def test_density_of_a_plane_integrates_to_one():
    normal = Gaussian.from_correlation([0.5, -0.2], 3.0, 0.5, -0.7)
    a, b = np.meshgrid(np.linspace(-24, 25, 1201), np.linspace(-5, 5, 1001))
    cell = (a[0, 1] - a[0, 0]) * (b[1, 0] - b[0, 0])
    mass = normal.prob(np.column_stack([a.ravel(), b.ravel()])).sum() * cell
    assert mass == pytest.approx(1, abs=1e-9)


def test_log_prob_far_away_stays_finite_where_the_density_underflows(normal):
    far = MEAN + 1e4
    assert normal.prob(far[None])[0] == 0
    assert np.isfinite(normal.log_prob(far[None])[0])


def test_score_is_the_gradient_by_autograd(normal):
    x = torch.tensor(X, requires_grad=True)
    reference = torch.distributions.MultivariateNormal(
        torch.tensor(MEAN), covariance_matrix=torch.tensor(COVARIANCE)
    )
    (gradient,) = torch.autograd.grad(reference.log_prob(x).sum(), x)
    np.testing.assert_allclose(normal.score(X), gradient, rtol=1e-9, atol=1e-12)


def test_mahalanobis_equals_scipy(normal):
    precision = np.linalg.inv(COVARIANCE)
    expected = [scipy.spatial.distance.mahalanobis(x, MEAN, precision) for x in X]
    np.testing.assert_allclose(normal.mahalanobis(X), expected, rtol=1e-10)


def test_entropy_equals_scipy_and_quadrature(normal):
    expected = scipy.stats.multivariate_normal(MEAN, COVARIANCE).entropy()
    assert normal.entropy() == pytest.approx(expected, rel=1e-12)
    narrow = Gaussian.from_std(2.0, 0.05)
    surprise, _ = scipy.integrate.quad(
        lambda x: -narrow.prob(x)[0] * narrow.log_prob(x)[0], 1.5, 2.5, points=[2.0]
    )
    assert narrow.entropy() == pytest.approx(surprise, abs=1e-8)
    assert narrow.entropy() < 0


def test_sample_has_the_moments_and_is_reproducible(normal):
    sample = normal.sample(200_000, 11)
    error = 5 * np.sqrt(np.diag(COVARIANCE) / 200_000)
    assert (abs(sample.mean(axis=0) - MEAN) < error).all()
    np.testing.assert_allclose(np.cov(sample.T), COVARIANCE, atol=0.1)
    np.testing.assert_array_equal(normal.sample(5, 11), normal.sample(5, np.random.default_rng(11)))
    assert normal.sample(0, 1).shape == (0, 3)
    assert not np.array_equal(normal.sample(5, 11), normal.sample(5, 12))


def test_sample_passes_a_kolmogorov_smirnov_test_in_every_direction(normal):
    sample = normal.sample(20_000, 4)
    for direction in ([1.0, 0, 0], [0.3, -2.0, 0.5], [0, 0, 1.0]):
        d = np.array(direction)
        z = (sample - MEAN) @ d / np.sqrt(d @ COVARIANCE @ d)
        assert scipy.stats.kstest(z, "norm").pvalue > 1e-3


@pytest.mark.parametrize("ddof", [0, 1])
def test_fit_equals_numpy(ddof):
    fitted = Gaussian.fit(X, ddof=ddof)
    np.testing.assert_allclose(fitted.mean, X.mean(axis=0))
    np.testing.assert_allclose(fitted.covariance, np.cov(X.T, ddof=ddof), rtol=1e-12)


def test_fit_is_the_maximum_of_the_likelihood():
    best = Gaussian.fit(X)
    total = best.log_prob(X).sum()
    generator = np.random.default_rng(0)
    for _ in range(50):
        nudge = generator.normal(size=(3, 3)) * 0.03
        moved = Gaussian(
            best.mean + generator.normal(size=3) * 0.05,
            (np.eye(3) + nudge) @ best.covariance @ (np.eye(3) + nudge).T,
        )
        assert moved.log_prob(X).sum() < total


def test_heights_give_the_published_numbers(heights):
    fitted = Gaussian.fit(heights)
    mu, sigma = fitted.mu_sigma()
    assert mu == pytest.approx(172.7025, abs=5e-5)
    assert sigma == pytest.approx(4.8302, abs=5e-5)
    assert float(fitted.cdf(160)) == pytest.approx(0.004271, abs=5e-7)
    assert float(fitted.interval(180, np.inf)) == pytest.approx(0.065418, abs=5e-7)


def test_heights_and_weights_give_the_published_moments(height_weight):
    fitted = Gaussian.fit(height_weight, ddof=1)
    np.testing.assert_allclose(fitted.mean, [172.7025, 57.6422], atol=5e-5)
    np.testing.assert_allclose(
        fitted.covariance, [[23.3315, 12.8474], [12.8474, 27.9766]], atol=5e-5
    )


def test_cdf_interval_and_quantile_equal_scipy():
    normal, reference = Gaussian.from_std(-3.0, 0.5), scipy.stats.norm(-3.0, 0.5)
    x = np.linspace(-8, 2, 11).reshape(1, 11)
    np.testing.assert_allclose(normal.cdf(x), reference.cdf(x), rtol=1e-12)
    np.testing.assert_allclose(normal.quantile(reference.cdf(x[:, :6])), x[:, :6], rtol=1e-9)
    a, b = np.array([-4.0, -3.5, -np.inf]), np.array([-3.2, np.inf, -3.0])
    expected = reference.cdf(b) - reference.cdf(a)
    np.testing.assert_allclose(normal.interval(a, b), expected, rtol=1e-12)


def test_one_two_three_sigma():
    normal = Gaussian.from_std(12.0, 3.0)
    inside = [float(normal.interval(12 - 3 * s, 12 + 3 * s)) for s in (1, 2, 3)]
    np.testing.assert_allclose(inside, [0.6827, 0.9545, 0.9973], atol=5e-5)


def test_interval_keeps_its_digits_in_the_far_upper_tail():
    normal = Gaussian.from_std(1.0, 2.0)
    expected = scipy.stats.norm(1.0, 2.0).sf(25.0)  # 12 standard deviations: 1 - cdf would be 0
    assert float(normal.interval(25.0, np.inf)) == pytest.approx(expected, rel=1e-12, abs=0)


def test_marginal_equals_the_samples_coordinates(normal):
    marginal = normal.marginal([2, 0])
    np.testing.assert_allclose(marginal.mean, MEAN[[2, 0]])
    np.testing.assert_allclose(marginal.covariance, COVARIANCE[[2, 0]][:, [2, 0]])


@pytest.mark.parametrize("given_values", [{0: 4.0}, {2: -1.0, 0: 3.0}])
def test_condition_is_joint_over_marginal(normal, given_values):
    """log p(a | b) = log p(a, b) - log p(b), point by point."""
    free = [d for d in range(3) if d not in given_values]
    rest = np.random.default_rng(8).normal(size=(5, len(free))) * 2 + MEAN[free]
    joint = np.empty((5, 3))
    joint[:, free] = rest
    for d, value in given_values.items():
        joint[:, d] = value
    known = sorted(given_values)
    expected = normal.log_prob(joint) - normal.marginal(known).log_prob(joint[:, known])
    np.testing.assert_allclose(normal.condition(given_values).log_prob(rest), expected, rtol=1e-9)


def test_principal_axes_rebuild_the_covariance(normal):
    variances, axes = normal.principal_axes()
    assert (np.diff(variances) < 0).all()
    np.testing.assert_allclose(axes @ np.diag(variances) @ axes.T, COVARIANCE, rtol=1e-9)
    np.testing.assert_allclose(axes.T @ axes, np.eye(3), atol=1e-12)
    assert (axes[abs(axes).argmax(axis=0), range(3)] > 0).all()


def test_principal_axes_of_a_tilted_ellipse():
    variances, axes = Gaussian.from_correlation([0, 0], 2.0, 2.0, 0.5).principal_axes()
    np.testing.assert_allclose(variances, [6.0, 2.0])
    np.testing.assert_allclose(abs(axes), np.full((2, 2), np.sqrt(0.5)))
    np.testing.assert_allclose(axes[0, 0], axes[1, 0])  # the long axis lies along the diagonal


def test_ellipse_is_at_its_radius_and_closed():
    normal = Gaussian.from_correlation([4.0, -1.0], 3.0, 0.5, -0.8)
    curve = normal.ellipse(radius=2.0, n=33)
    assert curve.shape == (33, 2)
    np.testing.assert_allclose(normal.mahalanobis(curve), 2.0)
    np.testing.assert_allclose(curve[0], curve[-1])


def test_two_sigma_ellipse_holds_86_per_cent():
    normal = Gaussian.from_correlation([4.0, -1.0], 3.0, 0.5, -0.8)
    inside = (normal.mahalanobis(normal.sample(50_000, 6)) < 2).mean()
    assert inside == pytest.approx(1 - np.exp(-2), abs=0.01)


def test_from_std_and_from_correlation_mean_what_they_say():
    line = Gaussian.from_std(5.0, 3.0)
    np.testing.assert_allclose(line.covariance, [[9.0]])
    np.testing.assert_allclose(
        Gaussian.from_std([1, 2], [3.0, 0.5]).covariance, [[9, 0], [0, 0.25]]
    )
    plane = Gaussian.from_correlation([1, 2], 3.0, 0.5, 0.4)
    np.testing.assert_allclose(plane.covariance, [[9, 0.6], [0.6, 0.25]])


def test_numbers_do_for_points_on_a_line_and_only_there(normal):
    line = Gaussian.from_std(5.0, 3.0)
    np.testing.assert_array_equal(line.log_prob([1.0, 2.0]), line.log_prob([[1.0], [2.0]]))
    with pytest.raises(ValueError, match=r"\(N, 3\), got \(3,\)"):
        normal.log_prob(X[0])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Gaussian(np.zeros(2), np.eye(3)), "got"),
        (lambda: Gaussian(np.zeros((2, 2)), np.eye(2)), "got"),
        (lambda: Gaussian(np.zeros(2), [[1, 0.5], [0.2, 1]]), "symmetric"),
        (lambda: Gaussian(np.array([0, np.nan]), np.eye(2)), "finite"),
        (lambda: Gaussian(np.zeros(2), [[1, 2], [2, 1]]), "not positive-definite"),
        (lambda: Gaussian.from_std(0.0, 0.0), "positive"),
        (lambda: Gaussian.from_std(0.0, -1.0), "positive"),
        (lambda: Gaussian.from_correlation([0, 0], 1.0, 1.0, 1.0), "rho"),
        (lambda: Gaussian.fit(np.zeros((0, 2))), "points"),
        (lambda: Gaussian.fit([[1.0, 2.0]], ddof=1), "points"),
        (lambda: Gaussian.from_std([0, 0], 1.0).cdf(0), "D = 1"),
        (lambda: Gaussian.from_std([0, 0], 1.0).quantile(0.5), "D = 1"),
        (lambda: Gaussian.from_std(0, 1).ellipse(), "D = 2"),
        (lambda: Gaussian.from_std([0, 0], 1.0).condition({2: 1.0}), "cannot condition"),
        (lambda: Gaussian.from_std([0, 0], 1.0).condition({0: 1.0, 1: 2.0}), "cannot condition"),
    ],
)
def test_wrong_input_is_answered_with_a_sentence(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_no_width_has_its_own_error():
    with pytest.raises(NotPositiveDefinite, match="line"):
        Gaussian.fit([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]])  # on a line


def test_narrow_data_far_from_zero_has_width_but_rounding_has_not():
    offset = np.array([1e6, 1e8])
    noise = np.random.default_rng(1).normal(size=(50, 2)) * [1e-4, 0.01]
    widths = np.sqrt(np.diag(Gaussian.fit(offset + noise).covariance))
    np.testing.assert_allclose(widths, noise.std(axis=0), rtol=1e-3)
    with pytest.raises(NotPositiveDefinite, match="agree"):
        Gaussian.fit([1e8, 1e8 + 1.5e-8, 1e8])  # neighbouring floats


def test_parameters_cannot_be_changed_behind_its_back():
    covariance = np.eye(2)
    normal = Gaussian(np.zeros(2), covariance)
    covariance[0, 0] = 100.0
    assert normal.covariance[0, 0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        normal.mean[0] = 3.0


@given(
    rho=st.floats(-0.99, 0.99),
    sigma1=st.floats(0.01, 100),
    sigma2=st.floats(0.01, 100),
    value=st.floats(-50, 50),
)
def test_conditioning_follows_the_regression_line(rho, sigma1, sigma2, value):
    conditional = Gaussian.from_correlation([1.0, -2.0], sigma1, sigma2, rho).condition({0: value})
    mu, sigma = conditional.mu_sigma()
    assert mu == pytest.approx(-2.0 + rho * sigma2 / sigma1 * (value - 1.0), rel=1e-6, abs=1e-6)
    assert sigma == pytest.approx(sigma2 * np.sqrt(1 - rho**2), rel=1e-6)
