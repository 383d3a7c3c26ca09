"""Networks that read a picture and networks that paint one, shared by the autoencoders.

Pictures travel flat: (B, 784) in and out, the decoders' output are logits. Two kinds: "mlp" (two
hidden layers) and "conv" (two halvings, 28 -> 14 -> 7, and back).
"""

from itertools import pairwise

import torch
from torch import Tensor, nn

SIDE = 28


def build_encoder(net: str, pixels: int, width: int, outputs: int) -> nn.Module:
    """(B, pixels) -> (B, outputs); ValueError for an unknown `net`."""
    if net == "mlp":
        return mlp(pixels, width, width // 2, outputs)
    if net == "conv" and pixels == SIDE * SIDE:
        return ConvEncoder(width, outputs)
    raise ValueError(f"no encoder {net!r} for {pixels} pixels")


def build_decoder(net: str, inputs: int, width: int, pixels: int) -> nn.Module:
    """(B, inputs) -> logits (B, pixels); ValueError for an unknown `net`."""
    if net == "mlp":
        return mlp(inputs, width // 2, width, pixels)
    if net == "conv" and pixels == SIDE * SIDE:
        return ConvDecoder(inputs, width)
    raise ValueError(f"no decoder {net!r} for {pixels} pixels")


def mlp(*sizes: int) -> nn.Sequential:
    """Linear layers of these sizes with SiLU between them."""
    layers: list[nn.Module] = []
    for fan_in, fan_out in pairwise(sizes):
        layers += [nn.Linear(fan_in, fan_out), nn.SiLU()]
    return nn.Sequential(*layers[:-1])


class ConvEncoder(nn.Module):
    """28 x 28 -> 14 x 14 -> 7 x 7 -> a vector."""

    def __init__(self, width: int, outputs: int, channels: int = 32) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, channels, 4, stride=2, padding=1),  # (B, 32, 14, 14)
            nn.SiLU(),
            nn.Conv2d(channels, 2 * channels, 4, stride=2, padding=1),  # (B, 64, 7, 7)
            nn.SiLU(),
        )
        self.head = nn.Sequential(
            nn.Linear(2 * channels * 49, width), nn.SiLU(), nn.Linear(width, outputs)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, 784) -> (B, outputs)."""
        return self.head(self.body(x.view(-1, 1, SIDE, SIDE)).flatten(1))


class ConvDecoder(nn.Module):
    """A vector -> 7 x 7 -> 14 x 14 -> 28 x 28."""

    def __init__(self, inputs: int, width: int, channels: int = 32) -> None:
        super().__init__()
        self.channels = channels
        self.head = nn.Sequential(
            nn.Linear(inputs, width), nn.SiLU(), nn.Linear(width, channels * 49), nn.SiLU()
        )
        self.body = nn.Sequential(
            nn.ConvTranspose2d(channels, channels, 4, stride=2, padding=1),  # (B, 32, 14, 14)
            nn.SiLU(),
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.SiLU(),
            nn.ConvTranspose2d(channels, 1, 4, stride=2, padding=1),  # (B, 1, 28, 28)
        )

    def forward(self, z: Tensor) -> Tensor:
        """(B, inputs) -> logits (B, 784)."""
        seed: Tensor = self.head(z).view(-1, self.channels, 7, 7)
        picture: Tensor = self.body(seed)
        return torch.flatten(picture, 1)
