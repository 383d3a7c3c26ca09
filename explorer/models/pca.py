"""PCA: the best straight road through few numbers, beside which an autoencoder is judged.

Letters: x picture (B, 784), z code (B, d), m mean picture, W principal pictures (d, 784), rows of
length 1 and at right angles. z = W (x - m); the picture is m + W^T z. Of all linear coders with d
numbers this one leaves the smallest squared error, and it is found in closed form: the rows of W
are the directions in which the training pictures vary most. A painted picture may leave [0, 1].
Sources: Pearson, On Lines and Planes of Closest Fit (1901); Bishop, Pattern Recognition and Machine
Learning (2006), section 12.1.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class PCAConfig:
    """What must be known to rebuild it."""

    latents: int = 2  # d
    pixels: int = 784


class PCA(nn.Module):
    """A mean picture and d principal pictures."""

    mean: Tensor
    components: Tensor

    def __init__(self, config: PCAConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("mean", torch.zeros(config.pixels))  # (784,)
        self.register_buffer("components", torch.zeros(config.latents, config.pixels))

    def fit(self, x: Tensor) -> None:
        """The closed form: (N, 784) -> mean and the d leading eigenvectors of the covariance.

        An eigenvector may point either way; here its largest entry is made positive.
        """
        mean = x.double().mean(dim=0)
        centred = x.double() - mean
        _, vectors = torch.linalg.eigh(centred.T @ centred / len(x))  # ascending
        leading = vectors.flip(1)[:, : self.config.latents].T  # (d, 784)
        largest = leading.gather(1, leading.abs().argmax(dim=1, keepdim=True))
        self.mean.copy_(mean)
        self.components.copy_(leading * largest.sign())

    def encode(self, x: Tensor) -> Tensor:
        """Pictures (B, 784) -> codes (B, d)."""
        return (x - self.mean) @ self.components.T

    def decode(self, z: Tensor) -> Tensor:
        """Codes (B, d) -> pictures (B, 784), in [0, 1] only by luck."""
        return self.mean + z @ self.components

    def error(self, x: Tensor) -> Tensor:
        """Squared error of the reconstruction, summed over pixels: (B, 784) -> (B,)."""
        return (self.decode(self.encode(x)) - x).square().sum(dim=1)
