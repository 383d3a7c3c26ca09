"""A small neural network, trained on all data at once; every update can be looked at afterwards.

Letters: x inputs (N, D), standardised; y targets, (N, 1) numbers or (N,) classes; W, b the weights
of each layer. The loss is the mean squared error for numbers, the cross-entropy in nats for
classes. All randomness is the start: uniform within 1/sqrt(fan in), from a generator.
Sources: Rumelhart, Hinton & Williams, Learning representations by back-propagating errors (1986);
a sine in place of tanh: Sitzmann et al. (2020, arXiv:2006.09661).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn import functional as F

ACTIVATIONS = {"tanh": torch.tanh, "relu": torch.relu, "sine": torch.sin}
EXPLODED = 1e6  # times the loss at the start: from here on there is nothing to learn from


@dataclass(frozen=True)
class MLPConfig:
    """The network's shape, and how it is trained."""

    inputs: int
    outputs: int
    width: int = 10  # hidden units in each hidden layer
    depth: int = 1  # hidden layers
    activation: str = "tanh"
    rate: float = 0.1  # of gradient descent
    steps: int = 1000
    seed: int = 0
    classes: bool = False

    @property
    def sizes(self) -> list[int]:
        """Numbers in each layer, from the inputs to the outputs."""
        return [self.inputs, *[self.width] * self.depth, self.outputs]


@dataclass(frozen=True)
class Update:
    """After update number `step` of `steps`; 0 is the start. `weights` only at some steps."""

    step: int
    steps: int
    loss: float
    weights: tuple[Tensor, ...] | None = None  # W1, b1, W2, b2, ...
    exploded: bool = False


def start(config: MLPConfig) -> list[Tensor]:
    """Random weights: W (out, in) and b (out,) of each layer."""
    generator = torch.Generator().manual_seed(config.seed)
    weights = []
    for fan_in, out in pairwise(config.sizes):
        bound = 1 / math.sqrt(fan_in)
        for shape in ((out, fan_in), (out,)):
            values = torch.empty(shape, dtype=torch.float64)
            weights.append(values.uniform_(-bound, bound, generator=generator).requires_grad_())
    return weights


def forward(weights: list[Tensor] | tuple[Tensor, ...], x: Tensor, activation: str) -> Tensor:
    """(N, D) -> (N, outputs): sums and bends in turn, and a plain sum at the end."""
    bend = ACTIVATIONS[activation]
    hidden = x
    for place in range(0, len(weights) - 2, 2):
        hidden = bend(F.linear(hidden, weights[place], weights[place + 1]))  # (N, width)
    return F.linear(hidden, weights[-2], weights[-1])


def loss(prediction: Tensor, y: Tensor, classes: bool) -> Tensor:
    """Mean squared error, or cross-entropy where y holds classes."""
    return F.cross_entropy(prediction, y) if classes else F.mse_loss(prediction, y)


def train(x: Tensor, y: Tensor, config: MLPConfig) -> Iterator[Update]:
    """Gradient descent on all rows; yields the start and then every update.

    Ends early when the loss has exploded: steps so long that each lands higher than the last.
    """
    weights, first, keep = start(config), math.inf, kept(config.steps)
    for step in range(config.steps + 1):
        value = loss(forward(weights, x, config.activation), y, config.classes)
        now = float(value.detach())
        first = now if step == 0 else first
        exploded = not now <= EXPLODED * max(first, 1e-12)  # also where it is no number
        last = exploded or step == config.steps
        copy = copies(weights) if last or step in keep else None
        yield Update(step, config.steps, now, copy, exploded)
        if last:
            return
        gradients = torch.autograd.grad(value, weights)
        with torch.no_grad():
            for weight, gradient in zip(weights, gradients, strict=True):
                weight -= config.rate * gradient


def kept(steps: int, count: int = 40) -> set[int]:
    """Steps whose weights are copied: about `count`, dense at first, then ever wider apart."""
    spread = torch.logspace(0, math.log10(max(steps, 1)), count, dtype=torch.float64)
    return {0, *(round(float(step)) for step in spread)}


def copies(weights: list[Tensor]) -> tuple[Tensor, ...]:
    """The weights as they are now, safe from later updates."""
    return tuple(weight.detach().clone() for weight in weights)
