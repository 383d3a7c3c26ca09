"""The mixture density against torch.distributions, scipy, finite differences and samples."""

import numpy as np
import pytest
import scipy.stats
import torch

from explorer.models.mixture import Mixture


def torch_mixture(mixture: Mixture) -> torch.distributions.MixtureSameFamily:
    return torch.distributions.MixtureSameFamily(
        torch.distributions.Categorical(torch.tensor(mixture.weights)),
        torch.distributions.MultivariateNormal(
            torch.tensor(mixture.means), covariance_matrix=torch.tensor(mixture.covariances)
        ),
    )


def test_log_prob_equals_torch(truth, points):
    expected = torch_mixture(truth).log_prob(torch.tensor(points)).numpy()
    np.testing.assert_allclose(truth.log_prob(points), expected, rtol=1e-10)
    np.testing.assert_allclose(truth.prob(points), np.exp(expected), rtol=1e-8)


def test_component_log_prob_and_joint(truth, points):
    components = truth.component_log_prob(points)
    assert components.shape == (107, 2)
    for k in range(2):
        reference = scipy.stats.multivariate_normal(truth.means[k], truth.covariances[k])
        np.testing.assert_allclose(components[:, k], reference.logpdf(points), rtol=1e-10)
    np.testing.assert_allclose(truth.log_joint(points), components + np.log([0.3, 0.7]))


def test_responsibilities_are_bayes_rule(truth, points):
    joint = np.exp(truth.log_joint(points))
    expected = joint / joint.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(truth.responsibilities(points), expected, rtol=1e-10)


def test_responsibilities_survive_points_where_every_density_underflows(truth):
    gamma, log_prob = truth.infer(np.full((1, 3), 1e5))
    assert gamma.sum() == pytest.approx(1)
    assert np.isfinite(log_prob).all()


def test_density_on_a_line_integrates_to_one_and_matches_its_cdf_by_parts():
    mixture = Mixture.from_std([0.2, 0.5, 0.3], [-4.0, 0.5, 2.0], [0.3, 1.5, 0.7])
    x = np.linspace(-15, 15, 30_001)
    assert mixture.prob(x).sum() * (x[1] - x[0]) == pytest.approx(1, abs=1e-10)


def test_score_is_the_gradient_by_autograd(truth, points):
    x = torch.tensor(points, requires_grad=True)
    (gradient,) = torch.autograd.grad(torch_mixture(truth).log_prob(x).sum(), x)
    np.testing.assert_allclose(truth.score(points), gradient, rtol=1e-8, atol=1e-10)


def test_sample_has_weights_moments_and_random_order(truth):
    x, labels = truth.sample(100_000, 2)
    assert (labels == 1).mean() == pytest.approx(0.7, abs=0.008)
    for k in range(2):
        mine = x[labels == k]
        error = 5 * np.sqrt(np.diag(truth.covariances[k]) / len(mine))
        assert (abs(mine.mean(axis=0) - truth.means[k]) < error).all()
        np.testing.assert_allclose(np.cov(mine.T), truth.covariances[k], atol=0.2)
    assert 0.35 < (np.diff(labels) != 0).mean() < 0.5  # 2 x .3 x .7 = .42, not sorted


def test_sample_is_reproducible(truth):
    first, again = truth.sample(9, 7), truth.sample(9, np.random.default_rng(7))
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])
    assert truth.sample(0, 7)[0].shape == (0, 3)


def test_moments_are_those_of_the_samples(truth):
    x, _ = truth.sample(200_000, 12)
    one = truth.moments()
    np.testing.assert_allclose(one.mean, x.mean(axis=0), atol=0.05)
    np.testing.assert_allclose(one.covariance, np.cov(x.T), rtol=0.03, atol=0.05)


def test_a_weight_of_zero_is_allowed_and_silent(truth, points):
    mixture = Mixture([0.0, 1.0], truth.means, truth.covariances)
    with np.errstate(all="raise"):
        np.testing.assert_array_equal(mixture.responsibilities(points)[:, 0], 0)
    np.testing.assert_allclose(mixture.log_prob(points), mixture.components[1].log_prob(points))


@pytest.mark.parametrize(
    ("weights", "means", "covariances", "message"),
    [
        ([0.5, 0.6], np.zeros((2, 3)), [np.eye(3)] * 2, "sum to 1"),
        ([-0.5, 1.5], np.zeros((2, 3)), [np.eye(3)] * 2, ">= 0"),
        ([1.0], np.zeros((2, 3)), [np.eye(3)] * 2, "shape"),
        ([0.5, 0.5], np.zeros((2, 3)), [np.eye(2)] * 2, "covariances"),
        ([0.5, 0.5], np.zeros((2, 3)), [np.eye(3)] * 3, "covariances"),
        ([0.5, 0.5], np.full((2, 3), np.nan), [np.eye(3)] * 2, "finite"),
        ([0.5, 0.5], np.zeros((2, 3)), [np.eye(3), -np.eye(3)], "positive-definite"),
        ([np.nan, 0.5], np.zeros((2, 3)), [np.eye(3)] * 2, "sum to 1"),
    ],
)
def test_wrong_input_is_answered_with_a_sentence(weights, means, covariances, message):
    with pytest.raises(ValueError, match=message):
        Mixture(weights, means, covariances)


def test_wrong_points_and_stds_are_refused(truth):
    with pytest.raises(ValueError, match=r"\(N, 3\), got \(5, 2\)"):
        truth.log_prob(np.zeros((5, 2)))
    with pytest.raises(ValueError, match="positive"):
        Mixture.from_std([0.5, 0.5], [0, 1], [1, -1])
