"""Walking downhill: three ways to use a gradient.

Letters: g = (gx, gy) the gradient of f at p = (x, y), `rate` the learning rate, beta how much of
the old direction is kept.

    gradient descent   p <- p - rate g
    momentum           v <- beta v + g,   p <- p - rate v                    (Polyak 1964)
    Adam               p <- p - rate m / (sqrt(s) + 1e-8), where m and s are running means
                       of g and g^2, corrected for having started at 0       (Kingma & Ba 2015)

Along a direction in which f has curvature c, gradient descent multiplies the distance to the bottom
by 1 - rate c at every step: it gets there if rate < 2 / c, and walks away for good if rate > 2 / c.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import count
from typing import NamedTuple

from explorer.models.surfaces import Surface

FAR = 1e6  # whoever is this far out does not come back
FLAT = 1e-12  # a gradient this short is flat ground


class Step(NamedTuple):
    """Where the walk stands after `step` updates; `stop` says why it went no further."""

    step: int
    x: float
    y: float
    value: float
    gx: float
    gy: float
    stop: str = ""


Optimiser = Callable[[Surface, tuple[float, float], float, float], Iterator[Step]]


def gradient_descent(
    surface: Surface, start: tuple[float, float], rate: float, beta: float = 0.0
) -> Iterator[Step]:
    """Straight down the slope, by `rate` times its steepness. Nothing is kept: beta is not used."""
    x, y = start
    for step in count():
        gx, gy = surface.gradient(x, y)
        yield Step(step, x, y, surface.value(x, y), gx, gy)
        x, y = x - rate * gx, y - rate * gy


def momentum(
    surface: Surface, start: tuple[float, float], rate: float, beta: float = 0.9
) -> Iterator[Step]:
    """A ball that keeps the share beta of its speed: zigzags cancel, steady slopes add up."""
    x, y = start
    vx = vy = 0.0
    for step in count():
        gx, gy = surface.gradient(x, y)
        yield Step(step, x, y, surface.value(x, y), gx, gy)
        vx, vy = beta * vx + gx, beta * vy + gy
        x, y = x - rate * vx, y - rate * vy


def adam(
    surface: Surface, start: tuple[float, float], rate: float, beta: float = 0.9
) -> Iterator[Step]:
    """Each coordinate divided by its own recent size: steps of about `rate`, steep or flat."""
    x, y = start
    mx = my = sx = sy = 0.0
    for step in count(1):
        gx, gy = surface.gradient(x, y)
        yield Step(step - 1, x, y, surface.value(x, y), gx, gy)
        mx, my = beta * mx + (1 - beta) * gx, beta * my + (1 - beta) * gy
        sx, sy = 0.999 * sx + 0.001 * gx * gx, 0.999 * sy + 0.001 * gy * gy
        first, second = 1 - beta**step, 1 - 0.999**step
        x -= rate * (mx / first) / (math.sqrt(sx / second) + 1e-8)
        y -= rate * (my / first) / (math.sqrt(sy / second) + 1e-8)


OPTIMISERS: dict[str, Optimiser] = {"sgd": gradient_descent, "momentum": momentum, "adam": adam}


def walk(steps: Iterator[Step], at_most: int) -> Iterator[Step]:
    """The start and up to `at_most` updates; the last record says why it is the last.

    stop: "steps" all were taken, "flat" the ground is, "diverged" the walk is out of sight,
    "overflow" it has left the numbers. Nothing is computed after that.
    """
    for now in steps:
        stop = reason(now) or ("steps" if now.step >= at_most else "")
        yield now._replace(stop=stop) if stop else now
        if stop:
            return


def reason(now: Step) -> str:
    """Why a walk cannot or need not go on from here; empty if it can."""
    if abs(now.x) < FAR and abs(now.y) < FAR:  # false for nan, too
        return "flat" if abs(now.gx) + abs(now.gy) < FLAT else ""
    finite = math.isfinite(now.x) and math.isfinite(now.y) and math.isfinite(now.value)
    return "diverged" if finite else "overflow"


def longest_rate(largest: float, beta: float = 0.0) -> float:
    """The rate beyond which steps on ground of that curvature grow: 2 (1 + beta) / curvature.

    beta as in momentum; 0 for gradient descent. Infinite where the ground curves nowhere upwards.
    """
    return 2 * (1 + beta) / largest if largest > 0 else math.inf
