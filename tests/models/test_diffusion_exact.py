"""The exact answers against autograd, Tweedie's formula, integrals and brute force."""

import math

import numpy as np
import pytest
import torch
from torch.distributions import Categorical, MixtureSameFamily, MultivariateNormal

from explorer.models.diffusion.exact import ExactMixture, ExactSet
from explorer.models.diffusion.guidance import Window, combine, guided
from explorer.models.diffusion.schedule import cosine, linear
from tests.models.test_diffusion_samplers import MIXTURE

TIMES = [1, 60, 400, 1000]


@pytest.fixture
def x() -> np.ndarray:
    return 2 * np.random.default_rng(0).standard_normal((6, 2))


@pytest.mark.parametrize("t", TIMES)
def test_the_score_is_the_gradient_of_the_log_density(x, t):
    exact, abar = ExactMixture(MIXTURE, linear()), float(linear().abar[t])
    weights, means, covariances = (
        torch.tensor(v) for v in (MIXTURE.weights, MIXTURE.means, MIXTURE.covariances)
    )
    spread = abar * covariances + (1 - abar) * torch.eye(2, dtype=torch.float64)
    law = MixtureSameFamily(Categorical(weights), MultivariateNormal(abar**0.5 * means, spread))
    points = torch.tensor(x, requires_grad=True)
    (gradient,) = torch.autograd.grad(law.log_prob(points).sum(), points)
    np.testing.assert_allclose(exact.score(x, t), gradient.numpy(), rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(exact.at(t).log_prob(x), law.log_prob(points).detach(), rtol=1e-9)


@pytest.mark.parametrize("schedule", [linear(), cosine(700)], ids=["linear", "cosine"])
@pytest.mark.parametrize("share", [0.01, 0.3, 0.9])
def test_the_denoiser_is_tweedies_formula(x, schedule, share):
    t = round(share * schedule.steps)
    exact, abar = ExactMixture(MIXTURE, schedule), schedule.abar[t]
    tweedie = (x + (1 - abar) * exact.score(x, t)) / math.sqrt(abar)
    np.testing.assert_allclose(exact.clean(x, t), tweedie, rtol=1e-7, atol=1e-7)
    again = math.sqrt(abar) * exact.clean(x, t) + math.sqrt(1 - abar) * exact.noise(x, t)
    np.testing.assert_allclose(again, x, atol=1e-9)


def test_the_denoiser_is_the_mean_over_draws():
    """E[x_0 | x_t] by weighting draws of x_0 with the density of the noise that would be needed."""
    schedule, t = linear(), 350
    exact = ExactMixture(MIXTURE, schedule)
    x = np.array([[0.4, -0.2], [1.1, 0.9]])
    draws = MIXTURE.sample(200_000, np.random.default_rng(3))[0]
    noise = (x[:, None] - schedule.signal(t) * draws) / schedule.noise(t)  # (2, M, 2)
    weights = np.exp(-0.5 * (noise**2).sum(axis=2))
    expected = (weights @ draws) / weights.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(exact.clean(x, t), expected, atol=0.01)


@pytest.mark.parametrize("t", [5, 200, 900])
def test_a_finite_set_is_a_mixture_of_very_narrow_normals(t):
    generator = np.random.default_rng(1)
    data = generator.normal(0, (2, 0.5), size=(9, 2))
    from explorer.models.mixture import Mixture

    narrow = Mixture(np.full(9, 1 / 9), data, np.tile(1e-12 * np.eye(2), (9, 1, 1)))
    schedule = linear()
    finite, mixture = ExactSet(data, schedule), ExactMixture(narrow, schedule)
    x = generator.normal(0, 1.5, size=(5, 2))
    np.testing.assert_allclose(finite.noise(x, t), mixture.noise(x, t), atol=1e-6)
    np.testing.assert_allclose(finite.log_prob(x, t), mixture.at(t).log_prob(x), rtol=1e-6)
    np.testing.assert_allclose(finite.weights(x, t).sum(axis=1), 1)
    np.testing.assert_allclose(finite.weights(x, t), mixture.at(t).responsibilities(x), atol=1e-6)


def test_with_hardly_any_noise_the_finite_set_answers_with_its_nearest_member():
    data = np.array([[0.0, 0.0], [1.0, 2.0], [-3.0, 1.0]])
    x = np.array([[0.9, 1.8], [-2.0, 0.8]])
    np.testing.assert_allclose(ExactSet(data, linear()).clean(x, 1), data[[1, 2]], atol=1e-9)


# ------------------------------------------------------------------- guidance


def test_guidance_goes_from_one_answer_through_the_other_and_on():
    base, towards = np.array([1.0, -2.0]), np.array([2.0, 0.5])
    np.testing.assert_array_equal(combine(base, towards, 0), base)
    np.testing.assert_array_equal(combine(base, towards, 1), towards)
    np.testing.assert_array_equal(combine(base, towards, 3), [4.0, 5.5])


def test_guided_score_is_the_score_of_the_tilted_density(x):
    """At one noise level: grad log [p(x) p(y|x)^gamma], by differences."""
    schedule, t, k, gamma = linear(), 300, 1, 2.5
    exact = ExactMixture(MIXTURE, schedule)
    sigma = float(schedule.noise(t))
    component = exact.at(t).components[k]
    predict = guided(lambda x, t: -sigma * component.score(x), exact.noise, gamma)

    def tilted(x: np.ndarray) -> np.ndarray:
        noised = exact.at(t)
        return noised.log_prob(x) + gamma * np.log(noised.responsibilities(x)[:, k])

    h = 1e-5
    steps = h * np.eye(2)
    gradient = np.stack([(tilted(x + e) - tilted(x - e)) / (2 * h) for e in steps], axis=1)
    np.testing.assert_allclose(-predict(x, t) / sigma, gradient, rtol=1e-5, atol=1e-6)


def test_outside_its_window_guidance_rests():
    ask: list[str] = []
    conditional = lambda x, t: ask.append("c") or 2 * x  # noqa: E731
    base = lambda x, t: ask.append("u") or x  # noqa: E731
    predict = guided(conditional, base, 4.0, Window(first=600, last=200))
    assert [float(predict(1.0, t)) for t in (601, 600, 400, 200, 199)] == [2.0, 5.0, 5.0, 5.0, 2.0]
    assert "".join(ask) == "c" + 3 * "uc" + "c"
