"""Variational autoencoder: learn p(x) by guessing, for each picture, which latent z made it.

Letters: x picture (B, 784) in [0, 1], z latent (B, d); prior p(z) = N(0, I); encoder
q(z|x) = N(mean, diag(std^2)); decoder p(x|z), one Bernoulli per pixel, given by its logits.
All bounds are in nats per picture. A grey pixel stands for the chance that it is white, so its
cross-entropy is the expected log-likelihood of a picture binarized at random.
Sources: Kingma & Welling, Auto-Encoding Variational Bayes (2014, arXiv:1312.6114), equations 7 and
10; beta: Higgins et al., beta-VAE (ICLR 2017); importance bound: Burda, Grosse & Salakhutdinov,
Importance Weighted Autoencoders (2016, arXiv:1509.00519), equation 8.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from explorer.models.coders import build_decoder, build_encoder


@dataclass(frozen=True)
class VAEConfig:
    """What must be known to rebuild the network."""

    latents: int = 2  # d
    net: str = "mlp"  # "mlp" or "conv", see coders.py
    width: int = 512
    pixels: int = 784
    beta: float = 1.0  # weight of the KL term while training


@dataclass(frozen=True)
class Elbo:
    """log p(x) >= bound = reconstruction - kl, each (B,) nats."""

    reconstruction: Tensor  # log p(x|z) at one z drawn from q(z|x)
    kl: Tensor  # KL(q(z|x) || p(z)), exact

    @property
    def bound(self) -> Tensor:
        """The evidence lower bound (B,)."""
        return self.reconstruction - self.kl


class VAE(nn.Module):
    """Encoder and decoder. ValueError for a config that names no known net."""

    def __init__(self, config: VAEConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = build_encoder(config.net, config.pixels, config.width, 2 * config.latents)
        self.decoder = build_decoder(config.net, config.latents, config.width, config.pixels)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """q(z|x): pictures (B, 784) -> mean and log variance, (B, d) each."""
        mean, log_var = self.encoder(x).chunk(2, dim=1)  # (B, 2d) -> 2 x (B, d)
        return mean, log_var.clamp(-12, 6)  # std from .0025 to 20: no overflow early in training

    def decode(self, z: Tensor) -> Tensor:
        """p(x|z): latents (B, d) -> chance of ink at every pixel (B, 784)."""
        return self.decoder(z).sigmoid()

    def elbo(self, x: Tensor, generator: torch.Generator | None = None) -> Elbo:
        """Both terms of the bound, with one draw of z per picture."""
        mean, log_var = self.encode(x)
        z = reparameterise(mean, log_var, generator)
        return Elbo(log_bernoulli(x, self.decoder(z)), kl_to_prior(mean, log_var))

    def loss(self, x: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """What training minimises: mean of -reconstruction + beta KL, nats per picture."""
        terms = self.elbo(x, generator)
        return (self.config.beta * terms.kl - terms.reconstruction).mean()

    def sample(self, count: int, generator: torch.Generator | None = None) -> Tensor:
        """Ancestral sampling: z from the prior, then the decoder's pixel chances (count, 784)."""
        z = torch.randn(count, self.config.latents, generator=generator)  # (count, d)
        return self.decode(z.to(next(self.parameters())))


def reparameterise(mean: Tensor, log_var: Tensor, generator: torch.Generator | None) -> Tensor:
    """z = mean + std * noise, so that gradients reach mean and std through the draw."""
    noise = torch.randn(mean.shape, generator=generator, dtype=mean.dtype).to(mean.device)
    return mean + (0.5 * log_var).exp() * noise  # (B, d)


def log_bernoulli(x: Tensor, logits: Tensor) -> Tensor:
    """log p(x|z) summed over pixels: (B, 784) twice -> (B,)."""
    return -F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(dim=1)


def kl_to_prior(mean: Tensor, log_var: Tensor) -> Tensor:
    """KL(N(mean, diag(std^2)) || N(0, I)) in closed form: (B, d) -> (B,). Paper, appendix B."""
    return kl_per_latent(mean, log_var).sum(dim=1)


def kl_per_latent(mean: Tensor, log_var: Tensor) -> Tensor:
    """The same, one number for each latent coordinate: (B, d)."""
    return 0.5 * (log_var.exp() + mean.square() - 1 - log_var)


def log_weights(model: VAE, x: Tensor, samples: int, generator: torch.Generator) -> Tensor:
    """log w = log p(x|z) + log p(z) - log q(z|x) for z from q: (B, 784) -> (samples, B)."""
    mean, log_var = model.encode(x)  # (B, d)
    noise = torch.randn(samples, *mean.shape, generator=generator).to(x.device)  # (S, B, d)
    z = mean + (0.5 * log_var).exp() * noise  # (S, B, d)
    logits = model.decoder(z.flatten(0, 1))  # (S B, 784)
    likelihood = log_bernoulli(x.repeat(samples, 1), logits).view(samples, -1)  # (S, B)
    # The 2 pi of both normals cancel; what is left of log p(z) - log q(z|x):
    return likelihood + 0.5 * (noise.square() + log_var - z.square()).sum(dim=2)


@torch.no_grad()
def importance_bound(
    model: VAE, x: Tensor, samples: int, generator: torch.Generator, chunk: int = 250
) -> Iterator[Tensor]:
    """log (1/S) sum_s w_s, picture by picture: yields one number in nats for each row of x.

    At least the ELBO in expectation, rises with S towards log p(x) (paper, theorem 1).
    """
    for picture in x:
        parts = [
            log_weights(model, picture[None], min(chunk, samples - start), generator)[:, 0]
            for start in range(0, samples, chunk)
        ]
        yield torch.cat(parts).logsumexp(dim=0) - math.log(samples)
