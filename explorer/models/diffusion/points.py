"""A small network that predicts the noise in points of the plane, told the time and the label.

Letters: x (B, 2), t (B,) in 1..T, y (B,) in 0..labels, where y = labels is the null label. Points
enter as they are and as waves of a few lengths, so that fine structure can be told apart; the
answer is added to the best one for a standard normal, s x, so an untrained network is no nonsense.
Sources: Ho et al. (2020, arXiv:2006.11239); Tancik et al., Fourier features (2020,
arXiv:2006.10739).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn

from explorer.models.diffusion.embedding import Condition
from explorer.models.diffusion.objective import denoising_loss, dropped, factors
from explorer.models.diffusion.schedule import Schedule, linear


@dataclass(frozen=True)
class PointsConfig:
    """What must be known to rebuild the network, and the schedule that it was trained on."""

    width: int = 128
    layers: int = 3
    octaves: int = 3  # waves of length 4, 2, 1
    labels: int = 8
    drop: float = 0.2  # how often a label is hidden while training
    steps: int = 1000  # T
    first: float = 1e-4  # beta_1
    last: float = 0.02  # beta_T


class PointsNet(nn.Module):
    """eps = net(x_t, t, y)."""

    def __init__(self, config: PointsConfig) -> None:
        super().__init__()
        self.config = config
        w = config.width
        self.condition = Condition(w, config.labels)
        self.enter = nn.Linear(2 + 4 * config.octaves, w)
        self.films = nn.ModuleList(nn.Linear(w, 2 * w) for _ in range(config.layers))
        self.hidden = nn.ModuleList(nn.Linear(w, w) for _ in range(config.layers))
        self.leave = nn.Linear(w, 2)

    @cached_property
    def schedule(self) -> Schedule:
        """The one it was trained on."""
        return linear(self.config.steps, self.config.first, self.config.last)

    def features(self, x: Tensor) -> Tensor:
        """(B, 2) -> (B, 2 + 4 octaves)."""
        lengths = 2.0 ** torch.arange(self.config.octaves, device=x.device)
        angles = (x[:, :, None] * lengths * (torch.pi / 2)).flatten(1)  # (B, 2 octaves)
        return torch.cat([x, angles.sin(), angles.cos()], dim=1)

    def forward(self, x: Tensor, t: Tensor, y: Tensor) -> Tensor:
        """Predicted noise (B, 2)."""
        condition = self.condition(t, y)
        h = self.enter(self.features(x))
        for film, layer in zip(self.films, self.hidden, strict=True):
            scale, shift = film(condition).chunk(2, dim=1)  # (B, w) twice
            h = h + layer(nn.functional.silu(h * (1 + scale) + shift))
        _, s = factors(self.schedule, t, x)  # (B, 1)
        out: Tensor = self.leave(nn.functional.silu(h)) + s * x
        return out

    def loss(self, x: Tensor, y: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Mean squared error per coordinate; points (B, 2), classes (B,)."""
        y = dropped(y, self.config.labels, self.config.drop, generator)
        return denoising_loss(self, self.schedule, x, y, generator)
