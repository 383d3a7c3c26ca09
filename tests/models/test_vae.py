"""The VAE's terms against torch.distributions, finite differences and integrals over a grid."""

import math

import numpy as np
import pytest
import torch
from torch.distributions import Bernoulli, Normal, kl_divergence

from explorer.models.hvae import HVAE, HVAEConfig, kl_between
from explorer.models.vae import (
    VAE,
    VAEConfig,
    importance_bound,
    kl_per_latent,
    kl_to_prior,
    log_bernoulli,
    log_weights,
    reparameterise,
)

PIXELS = 20


def seeded(number: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(number)


@pytest.fixture
def model() -> VAE:
    """A small network in float64 with weights large enough to make q and p far from normal."""
    network = VAE(VAEConfig(latents=1, width=16, pixels=PIXELS)).double()
    network.requires_grad_(False)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.normal_(0, 0.5, generator=seeded(parameter.numel()))
        for parameter in network.encoder[-1].parameters():
            parameter *= 0.2  # q stays as wide as the posterior, so that few draws will do
    return network


@pytest.fixture
def x() -> torch.Tensor:
    return (torch.rand(5, PIXELS, generator=seeded(3)) < 0.3).double()


def exact_log_prob(model: VAE, x: torch.Tensor) -> torch.Tensor:
    """log p(x) by the trapezoid rule over one latent."""
    z = torch.linspace(-9, 9, 20_001, dtype=torch.float64)[:, None]
    log_prior = Normal(0, 1).log_prob(z[:, 0])
    logits = model.decoder(z)  # (Z, 20)
    likelihood = torch.stack([Bernoulli(logits=logits).log_prob(row).sum(1) for row in x])  # (B, Z)
    return (likelihood + log_prior).logsumexp(dim=1) + math.log(18 / 20_000)


def test_kl_equals_torch_distributions():
    mean = torch.randn(7, 3, generator=seeded(1)) * 2
    log_var = torch.randn(7, 3, generator=seeded(2)) * 2 - 1
    q = Normal(mean, (0.5 * log_var).exp())
    expected = kl_divergence(q, Normal(torch.zeros(3), torch.ones(3)))
    torch.testing.assert_close(kl_per_latent(mean, log_var), expected)
    torch.testing.assert_close(kl_to_prior(mean, log_var), expected.sum(1))
    assert (kl_to_prior(mean, log_var) > 0).all()
    zeros = torch.zeros(4, 3)
    assert kl_to_prior(zeros, zeros).abs().max() == 0


def test_kl_between_equals_torch_distributions():
    draws = [torch.randn(6, 4, generator=seeded(number)) for number in range(4)]
    p, q = Normal(draws[2], (0.5 * draws[3]).exp()), Normal(draws[0], (0.5 * draws[1]).exp())
    torch.testing.assert_close(kl_between(*draws), kl_divergence(q, p).sum(1))
    torch.testing.assert_close(
        kl_between(draws[0], draws[1], torch.zeros(6, 4), torch.zeros(6, 4)),
        kl_to_prior(draws[0], draws[1]),
    )


def test_log_likelihood_equals_torch_distributions_for_binary_and_grey_pixels(x):
    logits = torch.randn(5, PIXELS, generator=seeded(4), dtype=torch.float64) * 3
    expected = Bernoulli(logits=logits).log_prob(x).sum(1)
    torch.testing.assert_close(log_bernoulli(x, logits), expected)
    grey = torch.full((5, PIXELS), 0.25, dtype=torch.float64)  # the mean over random binarizations
    white, black = Bernoulli(logits=logits).log_prob(grey * 0 + 1), Bernoulli(logits=logits)
    expected = (0.25 * white + 0.75 * black.log_prob(grey * 0)).sum(1)
    torch.testing.assert_close(log_bernoulli(grey, logits), expected)


def test_gradients_through_the_draw_equal_finite_differences():
    """d/d(mean, log var) of E[f(z)] for one fixed noise: the point of the trick."""
    mean = torch.tensor([[0.3, -1.2]], dtype=torch.float64, requires_grad=True)
    log_var = torch.tensor([[0.7, -0.4]], dtype=torch.float64, requires_grad=True)

    def f(m: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        return (reparameterise(m, v, seeded(9)) ** 3).sum()

    f(mean, log_var).backward()
    for tensor, other in ((mean, 0), (log_var, 1)):
        for column in range(2):
            shift = torch.zeros(1, 2, dtype=torch.float64)
            shift[0, column] = 1e-6
            up = [mean.detach(), log_var.detach()]
            down = list(up)
            up[other], down[other] = up[other] + shift, down[other] - shift
            slope = (f(*up) - f(*down)) / 2e-6
            assert tensor.grad is not None
            assert float(tensor.grad[0, column]) == pytest.approx(float(slope), rel=1e-6)


def test_the_draw_has_the_mean_and_spread_it_was_asked_for():
    mean, log_var = torch.tensor([[3.0, -1.0]]), torch.tensor([[1.2, -2.0]])
    z = reparameterise(mean.expand(200_000, 2), log_var.expand(200_000, 2), seeded(5))
    torch.testing.assert_close(z.mean(0), mean[0], atol=0.02, rtol=0)
    torch.testing.assert_close(z.std(0), (0.5 * log_var[0]).exp(), atol=0.02, rtol=0)


def test_elbo_lies_below_log_p_by_the_kl_to_the_true_posterior(model, x):
    """Averaged over draws: log p(x) - ELBO = KL(q || p(z|x)), integrated on a grid."""
    bounds = torch.stack([model.elbo(x, seeded(n)).bound for n in range(4000)]).mean(0)
    exact = exact_log_prob(model, x)
    z = torch.linspace(-30, 30, 60_001, dtype=torch.float64)
    for row in range(len(x)):
        mean, log_var = (value[row] for value in model.encode(x))
        q = Normal(mean, (0.5 * log_var).exp()).log_prob(z)
        logits = model.decoder(z[:, None])
        p = Bernoulli(logits=logits).log_prob(x[row]).sum(1) + Normal(0, 1).log_prob(z)
        gap = (q.exp() * (q - p + exact[row])).sum() * 1e-3
        spread = 8 * float(gap.abs().sqrt() + 1) / math.sqrt(4000)
        assert float(exact[row] - bounds[row]) == pytest.approx(float(gap), abs=spread)


def test_importance_bound_rises_from_the_elbo_to_log_p(model, x):
    exact = exact_log_prob(model, x)
    many = torch.stack(list(importance_bound(model, x, 20_000, seeded(6), chunk=3_000)))
    torch.testing.assert_close(many, exact, atol=0.05, rtol=0)
    draws = log_weights(model, x, 9_000, seeded(8)).view(3, 3_000, 5)
    few, one = (draws.logsumexp(0) - math.log(3)).mean(0), draws.mean((0, 1))
    assert (one < few).all() and (few < exact + 0.02).all()  # the first by Jensen, draw by draw


def test_weights_average_to_the_probability_of_the_picture(model, x):
    weights = log_weights(model, x, 40_000, seeded(7))
    assert weights.shape == (40_000, 5)
    estimate = weights.logsumexp(0) - math.log(40_000)
    torch.testing.assert_close(estimate, exact_log_prob(model, x), atol=0.05, rtol=0)


@pytest.mark.parametrize("net", ["mlp", "conv"])
def test_every_weight_receives_gradient_and_pictures_keep_their_shape(net):
    network = VAE(VAEConfig(latents=3, net=net, width=32))
    pictures = torch.rand(6, 784, generator=seeded(8))
    network.loss(pictures, seeded(1)).backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().max() > 0, name
    chances = network.sample(4, seeded(2))
    assert chances.shape == (4, 784) and 0 < chances.min() and chances.max() < 1
    assert torch.equal(chances, network.sample(4, seeded(2)))
    assert not torch.equal(chances, network.sample(4, seeded(3)))


def test_beta_weighs_the_kl_and_nothing_else():
    pictures = torch.rand(6, 784, generator=seeded(8))
    network = VAE(VAEConfig(latents=3, width=32, beta=4.0))
    terms = network.elbo(pictures, seeded(1))
    expected = (4 * terms.kl - terms.reconstruction).mean()
    torch.testing.assert_close(network.loss(pictures, seeded(1)), expected)


def test_an_unknown_net_is_refused():
    with pytest.raises(ValueError, match="no encoder 'cnv'"):
        VAE(VAEConfig(net="cnv"))
    with pytest.raises(ValueError, match="64 pixels"):
        VAE(VAEConfig(net="conv", pixels=64))


def test_hierarchical_bound_lies_below_log_p():
    """One latent each: log p(x) over a grid of both."""
    network = HVAE(HVAEConfig(lower=1, upper=1, width=8, pixels=PIXELS)).double()
    network.requires_grad_(False)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.normal_(0, 0.7, generator=seeded(parameter.numel()))
    x = (torch.rand(3, PIXELS, generator=seeded(3)) < 0.3).double()
    z = torch.linspace(-8, 8, 1601, dtype=torch.float64)[:, None]
    mean, log_var = network.prior_lower(z)  # (Z, 1) for each z2
    joint = Normal(mean, (0.5 * log_var).exp()).log_prob(z.T) + Normal(0, 1).log_prob(z)  # (z2, z1)
    wide = torch.linspace(-200, 200, 400_001, dtype=torch.float64)
    # p(z1) may be wide: integrate z1 on its own grid through a mixture over z2.
    prior = torch.stack(
        [
            (
                Normal(mean[:, 0], (0.5 * log_var[:, 0]).exp()).log_prob(v)
                + Normal(0, 1).log_prob(z[:, 0])
            ).logsumexp(0)
            + math.log(0.01)
            for v in wide[::100]
        ]
    )
    assert joint.shape == (1601, 1601)
    likelihood = Bernoulli(logits=network.decoder(wide[::100, None]))
    exact = torch.stack(
        [(likelihood.log_prob(row).sum(1) + prior).logsumexp(0) + math.log(0.1) for row in x]
    )
    found = [network.elbo(x, seeded(n)) for n in range(500)]
    bound = torch.stack([terms.bound for terms in found]).mean(0)
    assert (bound < exact + 0.1).all()
    assert all(np.isfinite(float(v)) for v in bound)
    z2, z1, pictures = network.sample(4, seeded(1))
    assert (z2.shape, z1.shape, pictures.shape) == ((4, 1), (4, 1), (4, PIXELS))
    again = network.sample(4, seeded(1), z2=z2[:1].expand(4, 1))
    assert torch.equal(again[0], z2[:1].expand(4, 1)) and not torch.equal(again[1], z1)
