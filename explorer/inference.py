"""Checkpoints for pages and figures: NumPy in, NumPy out; torch is imported with the first of them.

    coder = load("vae2-mnist")
    mean, std = coder.encode(pictures)        # (N, 784) -> (N, d) twice
    pictures = coder.decode(codes)            # (N, d) -> (N, 784) in [0, 1]

A loaded network is shared by all learners and never changed: evaluation mode, no gradients.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from explorer import checkpoints
from explorer.training.worker import one_thread

CHUNK = 1000  # pictures at a time


@dataclass(frozen=True)
class Exact:
    """p(z|x) of a picture by Bayes' rule on a grid, as arrays (see models.posterior)."""

    z1: np.ndarray  # (n,)
    z2: np.ndarray  # (n,)
    density: np.ndarray  # (n, n), rows along z2
    log_evidence: float  # nats


@dataclass(frozen=True)
class Network:
    """A model with its card. Use the function of its kind; others raise AttributeError."""

    model: Any
    card: dict[str, Any]

    def encode(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation of q(z|x): (N, 784) -> (N, d) twice; 0 for an autoencoder."""
        found = self.model.encode(_tensor(x))
        if not isinstance(found, tuple):
            return _array(found), np.zeros(found.shape)
        mean, log_var = found
        return _array(mean), np.exp(0.5 * _array(log_var))

    def decode(self, z: np.ndarray) -> np.ndarray:
        """Pictures (N, 784) in [0, 1], float32, for latents (N, d)."""
        parts = [self.model.decode(part) for part in _tensor(z).split(CHUNK)]
        return np.concatenate([part.numpy() for part in parts])

    def terms(self, x: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """log p(x|z) and KL(q(z|x) || N(0, I)) in nats: (N, 784), (N, d) -> (N,) twice."""
        from explorer.models.vae import kl_to_prior, log_bernoulli

        pictures = _tensor(x)
        likelihood = log_bernoulli(pictures, self.model.decoder(_tensor(z)))
        return _array(likelihood), _array(kl_to_prior(*self.model.encode(pictures)))

    def bound(self, x: np.ndarray) -> tuple[float, float]:
        """E_q[log p(x|z)] and KL in nats for one picture (784,) and two latents, without chance:
        Gauss-Hermite quadrature over q with 15 x 15 places (Abramowitz & Stegun, 25.4.46)."""
        mean, std = (value[0] for value in self.encode(x[None]))
        noise, weights = quadrature()
        likelihood, kl = self.terms(np.repeat(x[None], len(noise), 0), mean + std * noise)
        return float(weights @ likelihood), float(kl[0])

    def posterior(self, x: np.ndarray) -> Exact:
        """What the encoder guesses, exactly, for a VAE with two latents: picture (784,)."""
        from explorer.models.posterior import posterior

        found = posterior(self.model, _tensor(x), self._plane)
        z1, z2, density = (_array(part) for part in (found.z1, found.z2, found.density))
        return Exact(z1, z2, density, found.log_evidence)

    @cached_property
    def _plane(self) -> Any:
        from explorer.models.posterior import plane

        return plane(self.model)

    def probabilities(self, x: np.ndarray) -> np.ndarray:
        """Of the ten classes: (N, 784) -> (N, 10)."""
        return _array(self.model(_tensor(x)).softmax(dim=1))

    def maps(self, x: np.ndarray) -> list[np.ndarray]:
        """What the classifier's convolutions see of one picture (784,): [(C, H, W), ...]."""
        return [_array(part)[0] for part in self.model.maps(_tensor(x[None]))]

    def lower_prior(self, z2: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """p(z1|z2) of the hierarchical VAE: (N, d2) -> mean and standard deviation (N, d1)."""
        mean, log_var = self.model.prior_lower(_tensor(z2))
        return _array(mean), np.exp(0.5 * _array(log_var))

    def upper(self, z1: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """q(z2|z1) of the hierarchical VAE: (N, d1) -> mean and standard deviation (N, d2)."""
        mean, log_var = self.model.encode_upper(_tensor(z1))
        return _array(mean), np.exp(0.5 * _array(log_var))

    def noise(self, x: np.ndarray, t: int, labels: np.ndarray | None = None) -> np.ndarray:
        """Noise that a diffusion network sees in x (N, d) at time t; labels (N,) or none."""
        import torch

        nothing = self.model.config.labels
        y = np.full(len(x), nothing) if labels is None else labels
        answer = self.model(_tensor(x), torch.full((len(x),), t), torch.from_numpy(y))
        return _array(answer)


def quadrature(side: int = 15) -> tuple[np.ndarray, np.ndarray]:
    """Places (side^2, 2) and weights that integrate polynomials against N(0, I) exactly."""
    places, weights = np.polynomial.hermite_e.hermegauss(side)
    both = np.stack(np.meshgrid(places, places), axis=-1).reshape(-1, 2)
    product = np.outer(weights, weights).ravel()
    return both, product / product.sum()


def load(name: str, folder: Path = checkpoints.FOLDER) -> Network:
    """A checkpoint, strictly checked; CheckpointError says what is wrong and how to mend it."""
    return Network(*checkpoints.load(name, folder))


def _tensor(values: np.ndarray) -> Any:
    import torch

    one_thread()
    return torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))


def _array(tensor: Any) -> np.ndarray:
    return tensor.double().numpy()
