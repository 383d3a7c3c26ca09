"""Numbers that remember where they came from, so that a gradient can be sent back through them.

Every operation makes a new `Value` and notes two things: its parents, and the slope of the result
in each of them. Going back, every node hands each parent its own gradient times that slope:

    d out / d parent  +=  d out / d node  *  d node / d parent        (the chain rule)

The plus matters: a number used twice gets a share from each use. Visiting the nodes in reverse
topological order, no node passes its gradient on before all of it has arrived. One walk back gives
the gradient in every input at once.

Sources: S. Linnainmaa (1970); D. E. Rumelhart, G. E. Hinton, R. J. Williams (Nature 323, 1986);
the scalar engine in A. Karpathy's micrograd (2020) has the same shape.
"""

from __future__ import annotations

import math
from collections.abc import Iterator


class Value:
    """One number in a computation. Mixes with plain numbers, which are constants."""

    def __init__(
        self,
        data: float,
        parents: tuple[Value, ...] = (),
        slopes: tuple[float, ...] = (),
        operation: str = "",
    ) -> None:
        self.data = float(data)
        self.grad = 0.0  # d out / d self, filled in by out.backward()
        self.parents = parents
        self.slopes = slopes  # d self / d parent, one for each parent
        self.operation = operation

    def __repr__(self) -> str:
        return f"Value({self.data:g}, grad={self.grad:g})"

    def __add__(self, other: Value | float) -> Value:
        return self._joined(other, self.data + number(other), (1.0, 1.0), "+")

    def __sub__(self, other: Value | float) -> Value:
        return self._joined(other, self.data - number(other), (1.0, -1.0), "−")

    def __mul__(self, other: Value | float) -> Value:
        factor = number(other)
        return self._joined(other, self.data * factor, (factor, self.data), "×")

    def __truediv__(self, other: Value | float) -> Value:
        below = number(other)
        slopes = (1 / below, -self.data / below**2)
        return self._joined(other, self.data / below, slopes, "÷")

    def __pow__(self, power: float) -> Value:
        slope = power * self.data ** (power - 1) if power else 0.0
        return Value(self.data**power, (self,), (slope,), f"^{power:g}")

    def __neg__(self) -> Value:
        return self * -1

    def __rsub__(self, other: float) -> Value:
        return -self + other

    __radd__ = __add__
    __rmul__ = __mul__

    def sin(self) -> Value:
        """Sine, in radians."""
        return Value(math.sin(self.data), (self,), (math.cos(self.data),), "sin")

    def tanh(self) -> Value:
        """Hyperbolic tangent, an activation between -1 and 1."""
        out = math.tanh(self.data)
        return Value(out, (self,), (1 - out**2,), "tanh")

    def _joined(
        self, other: Value | float, data: float, slopes: tuple[float, float], sign: str
    ) -> Value:
        """The result of a binary operation; a constant is no parent, for nothing flows to it."""
        if isinstance(other, Value):
            return Value(data, (self, other), slopes, sign)
        return Value(data, (self,), slopes[:1], f"{sign} {other:g}")

    def history(self) -> list[Value]:
        """All nodes that led here, each after its parents; this one is the last."""
        order: list[Value] = []
        seen: set[int] = set()
        stack = [(self, False)]
        while stack:
            node, parents_done = stack.pop()
            if parents_done:
                order.append(node)
            elif id(node) not in seen:
                seen.add(id(node))
                stack.append((node, True))
                stack.extend((parent, False) for parent in reversed(node.parents))
        return order

    def backward(self) -> Iterator[Value]:
        """Fill in d self / d node everywhere; yields each node once it has passed its share on.

        Run it to the end (`for node in out.backward(): ...`). Starts afresh each time.
        """
        order = self.history()
        for node in order:
            node.grad = 0.0
        self.grad = 1.0
        for node in reversed(order):
            for parent, slope in zip(node.parents, node.slopes, strict=True):
                parent.grad += slope * node.grad
            yield node


def number(value: Value | float) -> float:
    """The plain number."""
    return value.data if isinstance(value, Value) else float(value)
