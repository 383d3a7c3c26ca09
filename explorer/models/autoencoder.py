"""Autoencoder: squeeze a picture through d numbers and paint it again.

Letters: x picture (B, 784) in [0, 1], z code (B, d). No probabilities: nothing says where in the
plane of codes the pictures lie, so there are holes; the VAE's prior mends that. The loss is the
squared error summed over the pixels of a picture, the very measure of PCA, which is the best that
linear coders can do.
Sources: Hinton & Salakhutdinov, Reducing the Dimensionality of Data with Neural Networks (Science,
2006); Foster, Generative Deep Learning (2nd ed. 2023), chapter 3.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from explorer.models.coders import build_decoder, build_encoder


@dataclass(frozen=True)
class AutoencoderConfig:
    """What must be known to rebuild the network."""

    latents: int = 2  # d
    net: str = "mlp"
    width: int = 512
    pixels: int = 784


class Autoencoder(nn.Module):
    """Encoder and decoder, joined by d numbers."""

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = build_encoder(config.net, config.pixels, config.width, config.latents)
        self.decoder = build_decoder(config.net, config.latents, config.width, config.pixels)

    def encode(self, x: Tensor) -> Tensor:
        """Pictures (B, 784) -> codes (B, d)."""
        code: Tensor = self.encoder(x)
        return code

    def decode(self, z: Tensor) -> Tensor:
        """Codes (B, d) -> pictures (B, 784) in [0, 1]."""
        return torch.sigmoid(self.decoder(z))

    def error(self, x: Tensor) -> Tensor:
        """Squared error of the reconstruction, summed over pixels: (B, 784) -> (B,)."""
        return (self.decode(self.encode(x)) - x).square().sum(dim=1)

    def loss(self, x: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Mean squared error per picture; `generator` is there as in every model, and unused."""
        return self.error(x).mean()
