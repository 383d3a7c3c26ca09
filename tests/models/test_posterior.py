"""Bayes' rule on a grid against a mean over the prior and the prior's own integral."""

import math

import pytest
import torch
from torch.distributions import Bernoulli

from explorer import checkpoints
from explorer.data import drawing, pictures
from explorer.models.posterior import COARSE, FINE, REACH, plane, posterior, table
from explorer.models.vae import VAE, VAEConfig


@pytest.fixture
def model() -> VAE:
    network = VAE(VAEConfig(latents=2, width=16, pixels=30)).requires_grad_(False)
    for parameter in network.parameters():
        parameter.normal_(0, 0.7, generator=torch.Generator().manual_seed(parameter.numel()))
    return network


def test_the_prior_sums_to_one_and_places_lie_row_by_row(model):
    whole = plane(model)
    prior = (-0.5 * whole.z.square().sum(1)).exp() / (2 * math.pi)
    assert float(prior.sum() * whole.cell) == pytest.approx(1, abs=2e-5)
    assert whole.z.shape == (COARSE**2, 2) and whole.cell == pytest.approx(
        (2 * REACH / COARSE) ** 2
    )
    assert torch.equal(whole.z[:COARSE, 1], whole.z[:1, 1].expand(COARSE))  # one row: z2 stands


def test_log_evidence_is_the_mean_over_the_prior_and_the_posterior_is_bayes_rule(model):
    pictures = (torch.rand(4, 30, generator=torch.Generator().manual_seed(2)) < 0.4).float()
    whole = plane(model)
    draws = torch.randn(200_000, 2, generator=torch.Generator().manual_seed(1))  # from the prior
    logits = model.decoder(draws)
    for x in pictures:
        found = posterior(model, x, whole)
        likelihood = Bernoulli(logits=logits).log_prob(x).sum(1)
        evidence = float(likelihood.logsumexp(0)) - math.log(200_000)
        assert found.log_evidence == pytest.approx(evidence, abs=0.05)
        z = torch.tensor([[float(found.z1[7]), float(found.z2[30])]])
        likelihood = Bernoulli(logits=model.decoder(z)).log_prob(x).sum()
        joint = float(likelihood - 0.5 * z.square().sum())
        log_density = joint - math.log(2 * math.pi) - found.log_evidence
        assert float(found.density[30, 7]) == pytest.approx(math.exp(log_density), rel=1e-3)


def test_a_window_sees_the_share_that_is_its_own(model):
    x = (torch.rand(30, generator=torch.Generator().manual_seed(5)) < 0.4).float()
    found = posterior(model, x, plane(model))
    mean, log_var = (value[0] for value in model.encode(x[None]))
    half = (5 * (0.5 * log_var).exp()).clamp(0.15, 2.0)
    fine = table(model, mean - half, mean + half, 3 * FINE)
    share = float((fine.log_joint(x) - found.log_evidence).exp().sum() * fine.cell)
    cell = float((found.z1[1] - found.z1[0]) * (found.z2[1] - found.z2[0]))
    assert float(found.density.sum()) * cell == pytest.approx(share, abs=0.01)


def test_what_lies_in_the_window_is_counted_once():
    """With the whole posterior inside of the fine window, against one grid over that window."""
    network, _card = checkpoints.load("vae2-mnist")
    x = torch.from_numpy(drawing.centred(pictures.digit(3)).ravel()).float()
    found = posterior(network, x, plane(network))
    mean = network.encode(x[None])[0][0]
    fine = table(network, mean - 0.4, mean + 0.4, 120)
    expected = float(fine.log_joint(x).logsumexp(0)) + math.log(fine.cell)
    assert found.log_evidence == pytest.approx(expected, abs=0.03)
