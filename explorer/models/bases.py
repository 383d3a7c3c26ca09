"""Distributions on the line to draw from, with their facts: what the limit theorem is fed with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from explorer.models.checks import Array
from explorer.models.gaussian import Gaussian


@dataclass(frozen=True)
class Base:
    """A distribution on the line to draw the terms from, with its facts."""

    name: str
    mean: float  # nan if it does not exist
    variance: float  # nan if it does not exist
    skewness: float
    discrete: bool
    draw: Callable[[np.random.Generator, int], Array]  # n -> (n,)
    density: Callable[[ArrayLike], Array]  # or probability, if discrete; any shape

    @property
    def has_limit(self) -> bool:
        """Whether the central limit theorem applies."""
        return bool(np.isfinite(self.variance))


def uniform() -> Base:
    """Every number between 0 and 1 alike."""
    return Base(
        "uniform", 1 / 2, 1 / 12, 0.0, False,
        lambda generator, n: generator.random(n),
        lambda x: np.where((np.asarray(x) >= 0) & (np.asarray(x) <= 1), 1.0, 0.0),
    )  # fmt: skip


def exponential() -> Base:
    """Waiting times with mean 1: strongly lopsided."""
    return Base(
        "exponential", 1.0, 1.0, 2.0, False,
        lambda generator, n: generator.standard_exponential(n),
        lambda x: np.where(np.asarray(x) >= 0, np.exp(-np.maximum(x, 0)), 0.0),
    )  # fmt: skip


def bernoulli(p: float = 0.3) -> Base:
    """A coin: 1 with probability p, else 0. ValueError unless 0 < p < 1."""
    if not 0 < p < 1:
        raise ValueError(f"a coin needs 0 < p < 1, got {p}")
    v = p * (1 - p)
    return Base(
        "bernoulli", p, v, (1 - 2 * p) / np.sqrt(v), True,
        lambda generator, n: (generator.random(n) < p).astype(float),
        lambda x: np.where(np.equal(x, 1), p, np.where(np.equal(x, 0), 1 - p, 0.0)),
    )  # fmt: skip


def bimodal(distance: float = 4.0) -> Base:
    """Two equal bells of standard deviation 1 whose centres lie distance apart, around 0."""
    half = Gaussian.from_std(distance / 2, 1.0), Gaussian.from_std(-distance / 2, 1.0)
    return Base(
        "bimodal", 0.0, 1 + distance**2 / 4, 0.0, False,
        lambda generator, n: generator.choice([-0.5, 0.5], n) * distance
        + generator.standard_normal(n),
        lambda x: (half[0].prob(np.ravel(x)) + half[1].prob(np.ravel(x))).reshape(np.shape(x)) / 2,
    )  # fmt: skip


def triangular() -> Base:
    """Rising in a straight line from 0 at 0 to 2 at 1."""
    return Base(
        "triangular", 2 / 3, 1 / 18, -2 * np.sqrt(2) / 5, False,
        lambda generator, n: np.sqrt(generator.random(n)),
        lambda x: np.where((np.asarray(x) >= 0) & (np.asarray(x) <= 1), 2 * np.asarray(x), 0.0),
    )  # fmt: skip


def u_shaped() -> Base:
    """The arcsine law on (0, 1): mass at both ends, hardly any in the middle."""

    def density(x: ArrayLike) -> Array:
        inside = (np.asarray(x) > 0) & (np.asarray(x) < 1)
        x = np.where(inside, x, 0.5)
        return np.where(inside, 1 / (np.pi * np.sqrt(x * (1 - x))), 0.0)

    return Base(
        "u_shaped", 1 / 2, 1 / 8, 0.0, False,
        lambda generator, n: np.sin(np.pi / 2 * generator.random(n)) ** 2, density,
    )  # fmt: skip


def cauchy() -> Base:
    """A bell whose tails are so heavy that mean and variance do not exist: no limit theorem."""
    return Base(
        "cauchy", np.nan, np.nan, np.nan, False,
        lambda generator, n: generator.standard_cauchy(n),
        lambda x: 1 / (np.pi * (1 + np.square(x))),
    )  # fmt: skip


def empirical(values: ArrayLike) -> Base:
    """Draw from numbers at hand (M,), with replacement. ValueError unless two of them differ."""
    x = np.asarray(values, dtype=float).ravel()
    if len(x) < 2 or x.std() == 0:
        raise ValueError("need two different numbers to draw from")
    z = (x - x.mean()) / x.std()
    return Base(
        "empirical", float(x.mean()), float(x.var()), float((z**3).mean()), False,
        lambda generator, n: generator.choice(x, n),
        lambda at: np.isin(at, x) / len(x),  # a share at each number, not a density
    )  # fmt: skip


BASES: dict[str, Callable[[], Base]] = {
    make.__name__: make
    for make in (uniform, exponential, bernoulli, bimodal, triangular, u_shaped, cauchy)
}
