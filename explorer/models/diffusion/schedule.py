"""The way into noise: how much of the picture is left at every time.

Letters: t = 0..T the time, x_0 the data, x_t = sqrt(abar_t) x_0 + sqrt(1 - abar_t) eps with
eps ~ N(0, I); beta_t = 1 - abar_t / abar_{t-1} is the variance added by step t alone. T steps.
Sources: Ho et al., Denoising diffusion probabilistic models (2020, arXiv:2006.11239), section 2;
Nichol & Dhariwal (2021, arXiv:2102.09672), eq. 17, for the cosine; Saito, Deep Learning from
Scratch 5, step 9.

Arrays may be of NumPy or of torch: only arithmetic is used here and in the samplers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.models.checks import Array, require


@dataclass(frozen=True, eq=False)
class Schedule:
    """abar (T + 1,): 1 at t = 0, then falling. ValueError otherwise."""

    abar: Array

    def __post_init__(self) -> None:
        abar = np.array(self.abar, dtype=float)
        falling = abar.ndim == 1 and len(abar) > 1 and abar[0] == 1 and np.all(np.diff(abar) < 0)
        require(bool(falling and abar[-1] > 0), "abar must begin at 1 and fall, staying above 0")
        abar.setflags(write=False)
        object.__setattr__(self, "abar", abar)

    @classmethod
    def from_betas(cls, betas: Array) -> Schedule:
        """abar_t = product of (1 - beta_s) for s <= t; betas (T,) in (0, 1)."""
        betas = np.asarray(betas, dtype=float)
        require(bool(np.all((betas > 0) & (betas < 1))), "each beta must lie between 0 and 1")
        return cls(np.concatenate([[1.0], np.cumprod(1 - betas)]))

    @property
    def steps(self) -> int:
        """T."""
        return len(self.abar) - 1

    @property
    def betas(self) -> Array:
        """(T,), beta_1 .. beta_T."""
        return 1 - self.abar[1:] / self.abar[:-1]

    def signal(self, t: Any) -> Any:
        """sqrt(abar_t), the factor of x_0; t a whole number or an array of them."""
        return np.sqrt(self.abar[t])

    def noise(self, t: Any) -> Any:
        """sqrt(1 - abar_t), the standard deviation of the noise."""
        return np.sqrt(1 - self.abar[t])

    @property
    def snr(self) -> Array:
        """(T,), abar_t / (1 - abar_t) for t = 1 .. T: variance of signal over variance of noise."""
        return self.abar[1:] / (1 - self.abar[1:])

    def half(self) -> int:
        """The first time at which at most half of the variance is signal, or T if there is none."""
        below = np.flatnonzero(self.abar <= 0.5)
        return int(below[0]) if len(below) else self.steps

    def diffuse(self, x0: Any, t: int, eps: Any) -> Any:
        """x_t in one shot (DDPM eq. 4): x0 and eps of one shape."""
        return float(self.signal(t)) * x0 + float(self.noise(t)) * eps

    def walk(self, x0: Array, generator: np.random.Generator) -> Iterator[Array]:
        """x_1, x_2, .. x_T, one small step at a time (DDPM eq. 2): the same law as `diffuse`."""
        x = np.asarray(x0, dtype=float)
        for beta in self.betas:
            x = np.sqrt(1 - beta) * x + np.sqrt(beta) * generator.standard_normal(x.shape)
            yield x

    def times(self, count: int) -> list[int]:
        """count + 1 times from T down to 0, as evenly spaced as whole numbers can be.

        ValueError unless 1 <= count <= T.
        """
        require(1 <= count <= self.steps, f"need 1 to {self.steps} steps, got {count}")
        return [round(self.steps * (count - k) / count) for k in range(count + 1)]


def linear(steps: int = 1000, first: float = 1e-4, last: float = 0.02) -> Schedule:
    """beta rises in a straight line from first to last (DDPM, section 4)."""
    return Schedule.from_betas(np.linspace(first, last, steps))


def cosine(steps: int = 1000, offset: float = 0.008, most: float = 0.999) -> Schedule:
    """abar_t follows a squared cosine, beta_t at most `most` (Nichol & Dhariwal, eq. 17)."""
    angle = (np.arange(steps + 1) / steps + offset) / (1 + offset) * np.pi / 2
    level = np.cos(angle) ** 2
    return Schedule.from_betas(np.clip(1 - level[1:] / level[:-1], 1e-8, most))
