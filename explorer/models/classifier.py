"""A small convolutional classifier of 28 x 28 pictures; later pages score samples with it.

Letters: x picture (B, 784) in [0, 1], y class (B,), features (B, 128) before the last layer. The
loss is the cross-entropy in nats per picture.
Sources: LeCun et al., Gradient-based learning applied to document recognition (1998); batch
normalisation: Ioffe & Szegedy (2015, arXiv:1502.03167); dropout: Srivastava et al. (JMLR 2014).
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True)
class ClassifierConfig:
    """What must be known to rebuild the network."""

    classes: int = 10
    channels: int = 32
    features: int = 128
    dropout: float = 0.3
    flip: bool = False  # mirror pictures while training: true for clothes, false for digits


class Classifier(nn.Module):
    """Three convolutions, two halvings, two linear layers."""

    def __init__(self, config: ClassifierConfig) -> None:
        super().__init__()
        self.config = config
        c = config.channels
        self.first = nn.Sequential(nn.Conv2d(1, c, 5, stride=2, padding=2), nn.BatchNorm2d(c))
        self.second = nn.Sequential(nn.Conv2d(c, 2 * c, 3, padding=1), nn.BatchNorm2d(2 * c))
        self.third = nn.Sequential(nn.Conv2d(2 * c, 4 * c, 3, padding=1), nn.BatchNorm2d(4 * c))
        self.squeeze = nn.Linear(4 * c * 9, config.features)
        self.head = nn.Linear(config.features, config.classes)

    def maps(self, x: Tensor) -> list[Tensor]:
        """What each convolution sees: (B, c, 14, 14), (B, 2c, 14, 14), (B, 4c, 7, 7)."""
        first = F.relu(self.first(x.view(-1, 1, 28, 28)))
        second = F.relu(self.second(first))
        third = F.relu(self.third(F.max_pool2d(second, 2)))
        return [first, second, third]

    def features(self, x: Tensor) -> Tensor:
        """(B, 784) -> (B, 128), the representation that Fréchet distances compare."""
        flat = F.max_pool2d(self.maps(x)[-1], 2).flatten(1)  # (B, 4c 3 3)
        return F.relu(self.squeeze(flat))

    def forward(self, x: Tensor) -> Tensor:
        """Logits (B, 10)."""
        logits: Tensor = self.head(self.features(x))
        return logits

    def loss(self, x: Tensor, y: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Cross-entropy on shifted (and, for clothes, mirrored) pictures with dropped features."""
        features = self.features(jitter(x, self.config.flip, generator))
        kept = torch.rand(features.shape, generator=generator) >= self.config.dropout
        features = features * kept.to(features) / (1 - self.config.dropout)
        return F.cross_entropy(self.head(features), y)


def jitter(x: Tensor, flip: bool, generator: torch.Generator | None, reach: int = 2) -> Tensor:
    """Each picture (B, 784) shifted by up to `reach` pixels each way, and perhaps mirrored."""
    count = len(x)
    shifts = torch.randint(0, 2 * reach + 1, (2, count), generator=generator).to(x.device)
    padded = F.pad(x.view(count, 28, 28), (reach,) * 4)  # (B, 32, 32)
    if flip:
        mirrored = torch.rand(count, generator=generator).to(x.device) < 0.5
        padded = torch.where(mirrored[:, None, None], padded.flip(2), padded)
    rows = shifts[0, :, None] + torch.arange(28, device=x.device)  # (B, 28)
    columns = shifts[1, :, None] + torch.arange(28, device=x.device)
    picked = padded[
        torch.arange(count, device=x.device)[:, None, None], rows[:, :, None], columns[:, None]
    ]
    return picked.flatten(1)  # (B, 784)
