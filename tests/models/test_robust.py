"""The robust fit against scipy's t distributions, autograd and its own equations."""

import numpy as np
import pytest
import scipy.stats
import torch

from explorer.models.checks import NotPositiveDefinite
from explorer.models.gaussian import Gaussian
from explorer.models.robust import fit_student, weighted_fit

NU = 3.0
FACTOR = np.array([[3.0, 0.0], [-0.6, 0.5]])
X = scipy.stats.multivariate_t([1.5, -20.0], FACTOR @ FACTOR.T, NU, seed=4).rvs(57)  # (57, 2)


def student_log_likelihood(x, mean, factor, nu):
    """Sum of log t(x | mean, factor factor^T, nu), written out for autograd; D = 2."""
    z = torch.linalg.solve_triangular(factor, (x - mean).T, upper=False)
    log_det = torch.log(torch.diagonal(factor).abs()).sum()
    return (-(nu + 2) / 2 * torch.log1p((z**2).sum(0) / nu) - log_det).sum()


def test_the_likelihood_of_a_student_is_flat_at_the_fit():
    fit = fit_student(X, NU, tolerance=1e-13).scale
    mean = torch.tensor(fit.mean, requires_grad=True)
    factor = torch.tensor(fit.cholesky, requires_grad=True)
    student_log_likelihood(torch.tensor(X), mean, factor, NU).backward()
    np.testing.assert_allclose(mean.grad, 0, atol=1e-8)
    np.testing.assert_allclose(torch.tril(factor.grad), 0, atol=1e-8)


def test_no_neighbour_is_likelier_by_scipy():
    fit = fit_student(X, NU).scale
    best = scipy.stats.multivariate_t(fit.mean, fit.covariance, NU).logpdf(X).sum()
    generator = np.random.default_rng(0)
    for _ in range(20):
        step = 0.02 * generator.normal(size=(2, 2))
        covariance = (np.eye(2) + step) @ fit.covariance @ (np.eye(2) + step).T
        mean = fit.mean + 0.02 * generator.normal(size=2)
        assert scipy.stats.multivariate_t(mean, covariance, NU).logpdf(X).sum() < best


def test_one_dimension_equals_scipy_fit():
    fit = fit_student(X[:, 0], NU, tolerance=1e-12).scale
    _, centre, scale = scipy.stats.t.fit(X[:, 0], fdf=NU)
    assert fit.mean[0] == pytest.approx(centre, rel=1e-3)
    assert np.sqrt(fit.covariance[0, 0]) == pytest.approx(scale, rel=1e-3)


def test_weights_belong_to_the_fit_they_made():
    fit = fit_student(X, NU, tolerance=1e-13)
    expected = (NU + 2) / (NU + fit.scale.mahalanobis(X) ** 2)
    np.testing.assert_allclose(fit.weights, expected, rtol=1e-9)
    assert fit.weights.argmin() == fit.scale.mahalanobis(X).argmax()


def test_very_many_degrees_of_freedom_give_the_plain_fit():
    fit, plain = fit_student(X, 1e9).scale, Gaussian.fit(X)
    np.testing.assert_allclose(fit.mean, plain.mean, rtol=1e-6)
    np.testing.assert_allclose(fit.covariance, plain.covariance, rtol=1e-5)


def test_an_outlier_is_forgotten_the_farther_it_goes():
    clean = fit_student(X, NU).scale
    plain = Gaussian.fit(np.vstack([X, [[1e5, -1e5]]]))
    robust = fit_student(np.vstack([X, [[1e5, -1e5]]]), NU)
    assert abs(robust.scale.mean - clean.mean).max() < 0.1
    np.testing.assert_allclose(robust.scale.covariance, clean.covariance, rtol=0.1)
    assert robust.weights[-1] < 1e-8
    assert abs(plain.mean - clean.mean).min() > 1000  # what it is robust against


def test_turning_and_stretching_the_data_turns_and_stretches_the_fit():
    turn = np.array([[0.3, 2.0], [-1.0, 0.7]])
    fit = fit_student(X, NU, tolerance=1e-12)
    turned = fit_student(X @ turn.T + [5.0, -1.0], NU, tolerance=1e-12)
    np.testing.assert_allclose(turned.scale.mean, turn @ fit.scale.mean + [5.0, -1.0], rtol=1e-8)
    np.testing.assert_allclose(
        turned.scale.covariance, turn @ fit.scale.covariance @ turn.T, rtol=1e-7
    )
    np.testing.assert_allclose(turned.weights, fit.weights, rtol=1e-7)


def test_the_normal_of_the_fit_holds_half_the_points_where_a_normal_should():
    normal = fit_student(X, NU).gaussian(X)
    assert (normal.mahalanobis(X) <= np.sqrt(2 * np.log(2)) * (1 + 1e-9)).mean() == pytest.approx(
        0.5, abs=1 / len(X)
    )


def test_on_normal_data_it_finds_the_normal():
    truth = Gaussian.from_correlation([170.0, 60.0], 5.0, 3.0, -0.6)
    x = truth.sample(20_000, 1)
    found = fit_student(x).gaussian(x)
    np.testing.assert_allclose(found.mean, truth.mean, atol=0.1)
    np.testing.assert_allclose(found.covariance, truth.covariance, rtol=0.05)


def test_weighted_fit_counts_a_point_as_often_as_its_weight():
    repeated = Gaussian.fit(np.repeat(X[:7], [1, 2, 3, 1, 4, 1, 2], axis=0))
    weighted = weighted_fit(X[:7], np.array([1.0, 2, 3, 1, 4, 1, 2]))
    np.testing.assert_allclose(weighted.mean, repeated.mean)
    np.testing.assert_allclose(weighted.covariance, repeated.covariance)


@pytest.mark.parametrize("x", [[[0, 0], [1, 2], [2, 4], [3, 6]], [[1, 5], [1, 7], [1, 9]]])
def test_points_on_a_line_are_refused_with_the_reason(x):
    with pytest.raises(NotPositiveDefinite, match=r"line|coordinate"):
        fit_student(np.array(x, dtype=float))
