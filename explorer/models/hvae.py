"""Hierarchical VAE: two latents in a row, the upper one draws the lower one.

Letters: z2 (B, d2) ~ N(0, I), z1 (B, d1) ~ N(mean(z2), diag(std(z2)^2)), picture x (B, 784) ~
Bernoulli(decoder(z1)). Inference climbs: q(z1|x), then q(z2|z1). Bounds in nats per picture. With T
layers, each of which only adds a little noise on the way up, this is a diffusion model.
Sources: Sønderby et al., Ladder Variational Autoencoders (2016, arXiv:1602.02282); Saito, Deep
Learning from Scratch 5, step 8; Luo, Understanding Diffusion Models (2022, arXiv:2208.11970).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from explorer.models.coders import build_decoder, build_encoder, mlp
from explorer.models.vae import kl_to_prior, log_bernoulli, reparameterise


@dataclass(frozen=True)
class HVAEConfig:
    """What must be known to rebuild the network."""

    lower: int = 16  # d1
    upper: int = 8  # d2
    width: int = 512
    pixels: int = 784


@dataclass(frozen=True)
class HElbo:
    """log p(x) >= bound, each term (B,) nats; the lower KL is at one draw of z2."""

    reconstruction: Tensor  # log p(x|z1)
    kl_lower: Tensor  # KL(q(z1|x) || p(z1|z2))
    kl_upper: Tensor  # KL(q(z2|z1) || N(0, I))

    @property
    def bound(self) -> Tensor:
        """The evidence lower bound (B,)."""
        return self.reconstruction - self.kl_lower - self.kl_upper


class HVAE(nn.Module):
    """Two stochastic layers."""

    def __init__(self, config: HVAEConfig) -> None:
        super().__init__()
        self.config = config
        d1, d2, width = config.lower, config.upper, config.width
        self.encoder = build_encoder("mlp", config.pixels, width, 2 * d1)  # q(z1|x)
        self.climb = mlp(d1, width // 2, 2 * d2)  # q(z2|z1)
        self.descend = mlp(d2, width // 2, 2 * d1)  # p(z1|z2)
        self.decoder = build_decoder("mlp", d1, width, config.pixels)  # p(x|z1)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """q(z1|x): (B, 784) -> mean and log variance (B, d1)."""
        return _halves(self.encoder(x))

    def encode_upper(self, z1: Tensor) -> tuple[Tensor, Tensor]:
        """q(z2|z1): (B, d1) -> mean and log variance (B, d2)."""
        return _halves(self.climb(z1))

    def prior_lower(self, z2: Tensor) -> tuple[Tensor, Tensor]:
        """p(z1|z2): (B, d2) -> mean and log variance (B, d1)."""
        return _halves(self.descend(z2))

    def decode(self, z1: Tensor) -> Tensor:
        """p(x|z1): (B, d1) -> chance of ink (B, 784)."""
        return torch.sigmoid(self.decoder(z1))

    def elbo(self, x: Tensor, generator: torch.Generator | None = None) -> HElbo:
        """The three terms of the bound, with one draw of (z1, z2) per picture."""
        mean1, log_var1 = self.encode(x)
        z1 = reparameterise(mean1, log_var1, generator)  # (B, d1)
        mean2, log_var2 = self.encode_upper(z1)
        z2 = reparameterise(mean2, log_var2, generator)  # (B, d2)
        return HElbo(
            log_bernoulli(x, self.decoder(z1)),
            kl_between(mean1, log_var1, *self.prior_lower(z2)),
            kl_to_prior(mean2, log_var2),
        )

    def loss(self, x: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Mean of the negative bound, nats per picture."""
        return -self.elbo(x, generator).bound.mean()

    def sample(
        self, count: int, generator: torch.Generator | None = None, z2: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """(z2 (B, d2), z1 (B, d1), pictures (B, 784)); z2 comes from its prior unless given."""
        if z2 is None:
            z2 = torch.randn(count, self.config.upper, generator=generator)  # (B, d2)
            z2 = z2.to(next(self.parameters()))
        z1 = reparameterise(*self.prior_lower(z2), generator)  # (B, d1)
        return z2, z1, self.decode(z1)


def kl_between(mean_q: Tensor, log_var_q: Tensor, mean_p: Tensor, log_var_p: Tensor) -> Tensor:
    """KL(q || p) of two normals with diagonal covariance: (B, d) four times -> (B,)."""
    ratio = (log_var_q - log_var_p).exp()
    shift = (mean_q - mean_p).square() / log_var_p.exp()
    return 0.5 * (ratio + shift - 1 - (log_var_q - log_var_p)).sum(dim=1)


def _halves(both: Tensor) -> tuple[Tensor, Tensor]:
    mean, log_var = both.chunk(2, dim=1)
    return mean, log_var.clamp(-12, 6)
