"""Toy data: small distributions that can be drawn from at will, with a seeded generator.

Every function returns independent draws in random order, shape (n, D): which arm, ring or
component a point belongs to is itself drawn, so two calls never share a hidden pattern. Where the
distribution is a mixture of Gaussians, its parameters are public, so that the truth can be drawn
beside whatever a model has learned.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Points = NDArray[np.float64]
Labels = NDArray[np.int64]


class Mixture(NamedTuple):
    """A mixture of K Gaussians in D dimensions."""

    weights: Points  # (K,)
    means: Points  # (K, D)
    covariances: Points  # (K, D, D)


# Old Faithful as two Gaussians: the maximum-likelihood fit to the 272 eruptions of Azzalini &
# Bowman (1990). First column eruption length, second column waiting time, both in minutes.
GEYSER = Mixture(
    np.array([0.3560, 0.6440]),
    np.array([[2.0366, 54.4805], [4.2898, 79.9701]]),
    np.array([[[0.0692, 0.4352], [0.4352, 33.6973]], [[0.1700, 0.9406], [0.9406, 36.0462]]]),
)
GEYSER_ROWS = 272

# Moments of 25,000 heights (cm) and weights (kg) simulated from a Hong Kong growth survey (SOCR).
HEIGHT_MEAN, HEIGHT_STD = 172.7025, 4.8302
HEIGHT_WEIGHT = Mixture(
    np.array([1.0]),
    np.array([[172.7025, 57.6422]]),
    np.array([[[23.3315, 12.8474], [12.8474, 27.9766]]]),
)
HEIGHT_ROWS = 25_000

# Three clusters that differ in weight, width and tilt: round shared covariances do not fit them.
BLOBS = Mixture(
    np.array([0.5, 0.3, 0.2]),
    np.array([[-2.0, -1.0], [1.5, 1.5], [2.0, -2.0]]),
    np.array([[[1.0, 0.6], [0.6, 0.8]], [[0.3, 0.0], [0.0, 0.9]], [[0.4, -0.25], [-0.25, 0.3]]]),
)

_ANGLES = np.arange(8) * np.pi / 4
EIGHT = Mixture(
    np.full(8, 1 / 8),
    2.0 * np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1),
    np.tile(0.2**2 * np.eye(2), (8, 1, 1)),
)

MOONS_NOISE = 0.05
RING_RADII = np.array([0.5, 1.0, 1.5])
RINGS_NOISE = 0.06
SPIRAL_TURNS = 1.5
SPIRALS_NOISE = 0.06
CHECKERBOARD_SIDE = 4  # squares along one side of [-2, 2] x [-2, 2]; every other one is filled


def moons(n: int, generator: Generator) -> Points:
    """Two interleaving half circles of radius 1, (n, 2)."""
    return sample("moons", n, generator)[0]


def rings(n: int, generator: Generator) -> Points:
    """Three concentric circles with equally dense outlines, (n, 2)."""
    return sample("rings", n, generator)[0]


def spirals(n: int, generator: Generator) -> Points:
    """Two spiral arms, (n, 2)."""
    return sample("spirals", n, generator)[0]


def eight_gaussians(n: int, generator: Generator) -> Points:
    """Eight small Gaussians on a circle, (n, 2)."""
    return sample("eight_gaussians", n, generator)[0]


def checkerboard(n: int, generator: Generator) -> Points:
    """Uniform on the dark squares of a 4 x 4 board, (n, 2): density 1/8 there, else 0."""
    return sample("checkerboard", n, generator)[0]


def blobs(n: int, generator: Generator) -> Points:
    """Three unequal Gaussians, (n, 2)."""
    return sample("blobs", n, generator)[0]


def heights(n: int, generator: Generator) -> Points:
    """Simulated body heights in cm, (n, 1)."""
    return generator.normal(HEIGHT_MEAN, HEIGHT_STD, size=(n, 1))


def heights_weights(n: int, generator: Generator) -> Points:
    """Simulated body heights in cm and weights in kg, (n, 2)."""
    return draw(HEIGHT_WEIGHT, n, generator)[0]


def noisy_sine(n: int, generator: Generator) -> Points:
    """(x, y) with x uniform on [0, 1) and y = sin 2 pi x + noise uniform on [0, 1), (n, 2)."""
    x, noise = generator.random(n), generator.random(n)
    return np.stack([x, np.sin(2 * np.pi * x) + noise], axis=1)


def geyser(n: int, generator: Generator) -> Points:
    """Simulated eruption lengths and waiting times in minutes, (n, 2)."""
    return draw(GEYSER, n, generator)[0]


def draw(mixture: Mixture, n: int, generator: Generator) -> tuple[Points, Labels]:
    """n points of a mixture and the component each came from: first draw k, then x given k."""
    k = generator.choice(len(mixture.weights), size=n, p=mixture.weights)  # (n,)
    noise = generator.standard_normal((n, mixture.means.shape[1]))  # (n, D)
    factors = np.linalg.cholesky(mixture.covariances)  # (K, D, D), lower triangles
    return mixture.means[k] + np.einsum("nij,nj->ni", factors[k], noise), k


def sample(name: str, n: int, generator: Generator) -> tuple[Points, Labels]:
    """n points (n, 2) of the named toy and the part each belongs to (n,)."""
    return TOYS[name](n, generator)


def fixed(name: str, split: str) -> tuple[Points, Labels]:
    """The points that networks are trained on and judged by: 20,000 ("train") or 5,000 ("test")."""
    rows, seed = {"train": (20_000, 1), "test": (5_000, 2)}[split]
    return sample(name, rows, np.random.default_rng(seed))


def _moons(n: int, generator: Generator) -> tuple[Points, Labels]:
    k = generator.integers(2, size=n)
    angle = generator.uniform(0, np.pi, size=n)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], axis=1)
    points = np.where(k[:, None] == 0, upper, lower)
    return points + generator.normal(0, MOONS_NOISE, size=(n, 2)), k


def _rings(n: int, generator: Generator) -> tuple[Points, Labels]:
    # Longer outlines get more points, so that every outline is equally dense.
    k = generator.choice(len(RING_RADII), size=n, p=RING_RADII / RING_RADII.sum())
    angle = generator.uniform(0, 2 * np.pi, size=n)
    points = RING_RADII[k, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return points + generator.normal(0, RINGS_NOISE, size=(n, 2)), k


def _spirals(n: int, generator: Generator) -> tuple[Points, Labels]:
    k = generator.integers(2, size=n)
    # The square root evens out the density along an arm whose length grows with the angle.
    angle = np.sqrt(generator.uniform(0.02, 1, size=n)) * SPIRAL_TURNS * 2 * np.pi
    radius = 2 * angle / (SPIRAL_TURNS * 2 * np.pi)
    turned = angle + np.pi * k
    points = radius[:, None] * np.stack([np.cos(turned), np.sin(turned)], axis=1)
    return points + generator.normal(0, SPIRALS_NOISE, size=(n, 2)), k


def _checkerboard(n: int, generator: Generator) -> tuple[Points, Labels]:
    column = generator.integers(CHECKERBOARD_SIDE, size=n)
    half = generator.integers(CHECKERBOARD_SIDE // 2, size=n)
    row = 2 * half + column % 2
    corner = np.stack([column, row], axis=1) - CHECKERBOARD_SIDE / 2
    return corner + generator.uniform(size=(n, 2)), column * (CHECKERBOARD_SIDE // 2) + half


def _eight_gaussians(n: int, generator: Generator) -> tuple[Points, Labels]:
    return draw(EIGHT, n, generator)


def _blobs(n: int, generator: Generator) -> tuple[Points, Labels]:
    return draw(BLOBS, n, generator)


TOYS: dict[str, Callable[[int, Generator], tuple[Points, Labels]]] = {
    "moons": _moons,
    "rings": _rings,
    "spirals": _spirals,
    "eight_gaussians": _eight_gaussians,
    "checkerboard": _checkerboard,
    "blobs": _blobs,
}
