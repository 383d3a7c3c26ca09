"""A small U-Net that predicts the noise in a 28 x 28 picture, told the time and the label.

Letters: x (B, 784) in [-1, 1] with noise, t (B,) in 1..T, y (B,) in 0..labels, where y = labels is
the null label; c channels. Each 2 x 2 pixels are folded into four channels first: that costs little
sharpness and saves most of the time. Down to 7 x 7 and up again; at each size the way up sees what
the way down saw. Time and label scale and shift every block. What the network itself says is the
velocity; the noise follows from it.
Sources: Ronneberger et al., U-Net (2015, arXiv:1505.04597); Ho et al. (2020), appendix B; Perez et
al., FiLM (2018, arXiv:1709.07871); Saito, Deep Learning from Scratch 5, steps 9 and 10.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from explorer.models.diffusion.embedding import Condition
from explorer.models.diffusion.objective import dropped, factors, velocity_loss
from explorer.models.diffusion.schedule import Schedule, linear

SIDE = 28


@dataclass(frozen=True)
class UNetConfig:
    """What must be known to rebuild the network, and the schedule that it was trained on."""

    channels: int = 48  # at 14 x 14; twice as many at 7 x 7
    width: int = 128  # of the vector for time and label
    labels: int = 10
    drop: float = 0.1  # how often a label is hidden while training
    steps: int = 1000  # T
    first: float = 1e-4  # beta_1
    last: float = 0.02  # beta_T


class Block(nn.Module):
    """Two convolutions around a scale and a shift, and a way past them."""

    def __init__(self, before: int, after: int, width: int) -> None:
        super().__init__()
        self.norm1, self.conv1 = nn.GroupNorm(8, before), nn.Conv2d(before, after, 3, padding=1)
        self.film = nn.Linear(width, 2 * after)
        self.norm2, self.conv2 = nn.GroupNorm(8, after), nn.Conv2d(after, after, 3, padding=1)
        self.past = nn.Conv2d(before, after, 1) if before != after else nn.Identity()

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """(B, before, H, W), (B, width) -> (B, after, H, W)."""
        h = self.conv1(F.silu(self.norm1(x)))
        scale, shift = self.film(condition)[:, :, None, None].chunk(2, dim=1)  # (B, after, 1, 1)
        h = self.conv2(F.silu(self.norm2(h) * (1 + scale) + shift))
        out: Tensor = h + self.past(x)
        return out


class UNet(nn.Module):
    """eps = net(x_t, t, y)."""

    def __init__(self, config: UNetConfig) -> None:
        super().__init__()
        self.config = config
        c, width = config.channels, config.width
        self.condition = Condition(width, config.labels)
        self.enter = nn.Conv2d(4, c, 3, padding=1)
        self.down = nn.ModuleList([Block(c, c, width), Block(c, 2 * c, width)])
        self.middle = Block(2 * c, 2 * c, width)
        self.up = nn.ModuleList([Block(4 * c, 2 * c, width), Block(3 * c, c, width)])
        self.leave = nn.Sequential(nn.GroupNorm(8, c), nn.SiLU(), nn.Conv2d(c, 4, 3, padding=1))

    @cached_property
    def schedule(self) -> Schedule:
        """The one it was trained on."""
        return linear(self.config.steps, self.config.first, self.config.last)

    def forward(self, x: Tensor, t: Tensor, y: Tensor) -> Tensor:
        """Predicted noise (B, 784): s x_t + a v."""
        a, s = factors(self.schedule, t, x)
        return s * x + a * self.velocity(x, t, y)

    def velocity(self, x: Tensor, t: Tensor, y: Tensor) -> Tensor:
        """Predicted velocity (B, 784), what the network computes."""
        condition = self.condition(t, y)
        h = self.enter(F.pixel_unshuffle(x.view(-1, 1, SIDE, SIDE), 2))  # (B, c, 14, 14)
        wide = self.down[0](h, condition)  # (B, c, 14, 14)
        deep = self.down[1](F.avg_pool2d(wide, 2), condition)  # (B, 2c, 7, 7)
        h = self.middle(deep, condition)
        h = self.up[0](torch.cat([h, deep], dim=1), condition)  # (B, 2c, 7, 7)
        h = F.interpolate(h, scale_factor=2.0)  # (B, 2c, 14, 14)
        h = self.up[1](torch.cat([h, wide], dim=1), condition)  # (B, c, 14, 14)
        return F.pixel_shuffle(self.leave(h), 2).flatten(1)  # (B, 784)

    def loss(self, x: Tensor, y: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Mean squared error of v per pixel; pictures (B, 784) in [0, 1], classes (B,)."""
        y = dropped(y, self.config.labels, self.config.drop, generator)
        return velocity_loss(self.velocity, self.schedule, 2 * x - 1, y, generator)
