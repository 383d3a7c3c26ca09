"""Two landscapes to walk down: height, slope and curvature of each in closed form.

Heights and slopes are written with + - * alone, so that a walk which runs away ends in `inf` or
`nan`, which can be noticed, and never in an exception.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from explorer.models.checks import Array, require


class Surface(Protocol):
    """A landscape f(x, y) with one bottom, at which f = 0."""

    @property
    def minimum(self) -> tuple[float, float]: ...
    def value(self, x: float, y: float) -> float: ...
    def gradient(self, x: float, y: float) -> tuple[float, float]: ...
    def hessian(self, x: float, y: float) -> tuple[float, float, float]: ...
    def contour(self, level: float, low: float, high: float) -> Array: ...
    def __hash__(self) -> int: ...


@dataclass(frozen=True)
class Rosenbrock:
    """100 (y - x^2)^2 + (x - 1)^2: a bent valley, steep at its sides, almost flat along its floor.

    H. H. Rosenbrock, The Computer Journal 3 (1960). The bottom is at (1, 1).
    """

    @property
    def minimum(self) -> tuple[float, float]:
        """The bottom."""
        return 1.0, 1.0

    def value(self, x: float, y: float) -> float:
        """Height."""
        side = y - x * x
        return 100 * side * side + (x - 1) * (x - 1)

    def gradient(self, x: float, y: float) -> tuple[float, float]:
        """f_x, f_y."""
        side = y - x * x
        return -400 * x * side + 2 * (x - 1), 200 * side

    def hessian(self, x: float, y: float) -> tuple[float, float, float]:
        """f_xx, f_xy, f_yy."""
        return 1200 * x * x - 400 * y + 2, -400 * x, 200.0

    def contour(self, level: float, low: float, high: float) -> Array:
        """The part of f = level with low < x < high, as a closed curve (98, 2)."""
        require(level > 0, f"a level above 0 is needed, got {level}")
        left, right = max(low, 1 - math.sqrt(level)), min(high, 1 + math.sqrt(level))
        x = (left + right) / 2 - (right - left) / 2 * np.cos(np.linspace(0, np.pi, 49))
        side = np.sqrt(np.maximum(level - (x - 1) ** 2, 0)) / 10  # |y - x^2| on the curve
        x_around = np.concatenate([x, x[::-1]])
        return np.column_stack([x_around, x_around**2 + np.concatenate([side, -side[::-1]])])


@dataclass(frozen=True)
class Bowl:
    """Half of (u^2 + steep v^2): curvature 1 along u and `steep` along v, turned by `turn` degrees.

    The quadratic on which every walk can be worked out exactly; its bottom is at (0, 0).
    """

    steep: float = 20.0
    turn: float = 30.0

    @property
    def minimum(self) -> tuple[float, float]:
        """The bottom."""
        return 0.0, 0.0

    @cached_property
    def _hessian(self) -> tuple[float, float, float]:
        cos, sin = math.cos(math.radians(self.turn)), math.sin(math.radians(self.turn))
        return (
            cos * cos + self.steep * sin * sin,
            (1 - self.steep) * cos * sin,
            sin * sin + self.steep * cos * cos,
        )

    def value(self, x: float, y: float) -> float:
        """Height."""
        xx, xy, yy = self._hessian
        return 0.5 * (xx * x * x + yy * y * y) + xy * x * y

    def gradient(self, x: float, y: float) -> tuple[float, float]:
        """f_x, f_y."""
        xx, xy, yy = self._hessian
        return xx * x + xy * y, xy * x + yy * y

    def hessian(self, x: float, y: float) -> tuple[float, float, float]:
        """f_xx, f_xy, f_yy: the same everywhere."""
        return self._hessian

    def contour(self, level: float, low: float, high: float) -> Array:
        """The ellipse f = level (98, 2); it is drawn whole, wherever low and high are."""
        angle = np.linspace(0, 2 * np.pi, 98)
        u, v = np.sqrt(2 * level) * np.cos(angle), np.sqrt(2 * level / self.steep) * np.sin(angle)
        cos, sin = math.cos(math.radians(self.turn)), math.sin(math.radians(self.turn))
        return np.column_stack([cos * u - sin * v, sin * u + cos * v])


def curvature(surface: Surface, x: float, y: float) -> float:
    """The largest curvature at a point: the larger eigenvalue of the Hessian."""
    xx, xy, yy = surface.hessian(x, y)
    return (xx + yy) / 2 + math.hypot((xx - yy) / 2, xy)
