"""Three small computations to send a gradient through, each with two inputs.

The same formula stands here twice: node by node as `Value`s, with a letter for every node, and as
plain Python, so that the gradient can be checked by finite differences of something else.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from explorer.models.autograd import Value

Nodes = dict[str, Value]  # letter -> node; inputs first, the result last
POINT, TARGET = 1.5, 0.8  # what the neuron sees, and what it should answer


@dataclass(frozen=True)
class Expression:
    """A computation of two inputs: its letters, its nodes, and the same without nodes."""

    inputs: tuple[str, str]
    texts: dict[str, str]  # letter -> how that node is computed
    build: Callable[[float, float], Nodes]
    plain: Callable[[float, float], float]


def _product(x: float, y: float) -> Nodes:
    nodes = {"x": Value(x), "y": Value(y)}
    nodes["a"] = nodes["x"] * nodes["y"]
    nodes["b"] = nodes["x"].sin()
    nodes["z"] = nodes["a"] + nodes["b"]
    return nodes


def _rosenbrock(x: float, y: float) -> Nodes:
    nodes = {"x": Value(x), "y": Value(y)}
    nodes["a"] = nodes["x"] ** 2
    nodes["b"] = nodes["y"] - nodes["a"]
    nodes["c"] = nodes["b"] ** 2
    nodes["d"] = nodes["c"] * 100
    nodes["e"] = nodes["x"] - 1
    nodes["g"] = nodes["e"] ** 2
    nodes["z"] = nodes["d"] + nodes["g"]
    return nodes


def _neuron(w: float, b: float) -> Nodes:
    nodes = {"w": Value(w), "b": Value(b)}
    nodes["a"] = nodes["w"] * POINT
    nodes["s"] = nodes["a"] + nodes["b"]
    nodes["h"] = nodes["s"].tanh()
    nodes["e"] = nodes["h"] - TARGET
    nodes["L"] = nodes["e"] ** 2
    return nodes


EXPRESSIONS = {
    "product": Expression(
        ("x", "y"),
        {"a": "x·y", "b": "sin x", "z": "a + b"},
        _product,
        lambda x, y: x * y + math.sin(x),
    ),
    "rosenbrock": Expression(
        ("x", "y"),
        {
            "a": "x²", "b": "y − a", "c": "b²", "d": "100 c", "e": "x − 1", "g": "e²",
            "z": "d + g",
        },
        _rosenbrock,
        lambda x, y: 100 * (y - x * x) ** 2 + (x - 1) ** 2,
    ),
    "neuron": Expression(
        ("w", "b"),
        {"a": f"{POINT:g} w", "s": "a + b", "h": "tanh s", "e": f"h − {TARGET:g}", "L": "e²"},
        _neuron,
        lambda w, b: (math.tanh(POINT * w + b) - TARGET) ** 2,
    ),
}  # fmt: skip


def central_differences(
    f: Callable[[float, float], float], x: float, y: float, h: float = 1e-5
) -> tuple[float, float]:
    """The slopes of f in its two inputs, from four values of f; wrong by about h squared."""
    return (
        (f(x + h, y) - f(x - h, y)) / (2 * h),
        (f(x, y + h) - f(x, y - h)) / (2 * h),
    )
