"""A time as a vector: waves of many lengths, so that near times look alike and far ones do not.

Source: Vaswani et al., Attention is all you need (2017, arXiv:1706.03762), section 3.5.
"""

import math

import torch
from torch import Tensor, nn


def waves(t: Tensor, size: int, longest: float = 10_000.0) -> Tensor:
    """Times (B,) -> sines and cosines (B, size), wavelengths from 2 pi to 2 pi `longest`."""
    steps = torch.arange(size // 2, device=t.device, dtype=torch.float32) / (size // 2)
    angle = t.float()[:, None] * torch.exp(-math.log(longest) * steps)  # (B, size / 2)
    return torch.cat([angle.sin(), angle.cos()], dim=1)


class Condition(nn.Module):
    """Time and label as one vector (B, width); the last label, number `labels`, means none."""

    def __init__(self, width: int, labels: int) -> None:
        super().__init__()
        self.width = width
        self.time = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width))
        self.label = nn.Embedding(labels + 1, width)

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        """t (B,), y (B,) -> (B, width)."""
        out: Tensor = self.time(waves(t, self.width)) + self.label(y)
        return nn.functional.silu(out)
