"""A small U-Net that predicts the noise in a 28 x 28 picture, told the time and the label.

Letters: x (B, 784) in [-1, 1] with noise, t (B,) in 1..T, y (B,) in 0..labels, where y = labels is
the null label; c channels. Down to 7 x 7 and up again; at each size the way up sees what the way
down saw. Time and label scale and shift every block.
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
from explorer.models.diffusion.objective import denoising_loss, dropped
from explorer.models.diffusion.schedule import Schedule, linear

SIDE = 28


@dataclass(frozen=True)
class UNetConfig:
    """What must be known to rebuild the network, and the schedule that it was trained on."""

    channels: int = 32  # at 28 x 28; twice as many at 14 x 14, four times at 7 x 7
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
        c, width = [config.channels * k for k in (1, 2, 4)], config.width
        self.condition = Condition(width, config.labels)
        self.enter = nn.Conv2d(1, c[0], 3, padding=1)
        pairs = list(zip((c[0], *c), c, strict=False))  # (before, after) for each size
        self.down = nn.ModuleList(Block(before, after, width) for before, after in pairs)
        self.middle = Block(c[-1], c[-1], width)
        self.up = nn.ModuleList(Block(2 * a, b, width) for b, a in reversed(pairs))
        self.leave = nn.Sequential(
            nn.GroupNorm(8, c[0]), nn.SiLU(), nn.Conv2d(c[0], 1, 3, padding=1)
        )

    @cached_property
    def schedule(self) -> Schedule:
        """The one it was trained on."""
        return linear(self.config.steps, self.config.first, self.config.last)

    def forward(self, x: Tensor, t: Tensor, y: Tensor) -> Tensor:
        """Predicted noise (B, 784)."""
        condition = self.condition(t, y)
        h = self.enter(x.view(-1, 1, SIDE, SIDE))
        seen: list[Tensor] = []
        for block in self.down:
            h = F.avg_pool2d(h, 2) if seen else h  # 28, 14, 7
            h = block(h, condition)
            seen.append(h)
        h = self.middle(h, condition)
        for number, block in enumerate(self.up):
            h = F.interpolate(h, scale_factor=2.0) if number else h  # 7, 14, 28
            h = block(torch.cat([h, seen.pop()], dim=1), condition)
        return self.leave(h).flatten(1)

    def loss(self, x: Tensor, y: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Mean squared error per pixel; pictures (B, 784) in [0, 1], classes (B,)."""
        y = dropped(y, self.config.labels, self.config.drop, generator)
        return denoising_loss(self, self.schedule, 2 * x - 1, y, generator)
