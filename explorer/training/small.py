"""Small networks trained in a page: NumPy in, NumPy out (see models.mlp).

    task = regression(x, y)                     # or classification(points, labels)
    run = Run(task, width=10, rate=0.1)
    records = list(run.train())                 # or: worker.submit(run.train)
    run.predict(records[-1].weights, grid)      # at raw inputs

torch is imported when training begins, and told once to use one thread: small matrices gain nothing
from a second one, lose much where the processor is busy, and the page needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.training.worker import one_thread

if TYPE_CHECKING:
    from explorer.models.mlp import MLPConfig

MOST = 300  # rows that are trained on
UNSEEN = 2000  # of the others, how many test what was learned


@dataclass(frozen=True, slots=True)
class Record:
    """After update number `step` of `steps` (0 is the start): the loss in the data's own units.

    `weights` W1, b1, W2, b2, … (NumPy) at some steps only.
    """

    step: int
    steps: int
    loss: float
    weights: tuple[np.ndarray, ...] | None = None
    exploded: bool = False


@dataclass(frozen=True, eq=False)
class Task:
    """Rows to learn from and rows to test on; inputs and numeric targets are standardised inside.

    `y` is (N,) numbers, or whole numbers 0 … K-1 where `classes` is K.
    """

    x: np.ndarray  # (N, D)
    y: np.ndarray  # (N,)
    unseen_x: np.ndarray
    unseen_y: np.ndarray
    classes: int = 0

    @cached_property
    def centre(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation of the inputs."""
        return self.x.mean(axis=0), _spread(self.x)

    @cached_property
    def unit(self) -> tuple[float, float]:
        """Mean and standard deviation of the targets; (0, 1) for classes."""
        return (0.0, 1.0) if self.classes else (float(self.y.mean()), float(_spread(self.y)))

    def inputs(self, x: np.ndarray) -> np.ndarray:
        """As the network gets them, (N, D)."""
        mean, spread = self.centre
        return (x - mean) / spread


def regression(x: np.ndarray, y: np.ndarray) -> Task:
    """One number from another, both (N,)."""
    seen, unseen = _split(len(x))
    x = x[:, None]
    return Task(x[seen], y[seen], x[unseen], y[unseen])


def classification(x: np.ndarray, labels: np.ndarray) -> Task:
    """A class, 0 … K-1, from a point (N, 2)."""
    seen, unseen = _split(len(x))
    return Task(x[seen], labels[seen], x[unseen], labels[unseen], int(labels.max()) + 1)


def _split(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """All rows where they are few; else a fixed random choice, and others to test on."""
    if rows <= MOST:
        return np.arange(rows), np.arange(0)
    order = np.random.default_rng(0).permutation(rows)
    return np.sort(order[:MOST]), np.sort(order[MOST : MOST + UNSEEN])


def _spread(values: np.ndarray) -> np.ndarray:
    spread = values.std(axis=0)
    return np.where(spread > 0, spread, 1.0)


@dataclass(frozen=True, eq=False)
class Run:
    """One network on one task."""

    task: Task
    width: int = 10
    depth: int = 1
    activation: str = "tanh"
    rate: float = 0.1
    steps: int = 1000
    seed: int = 0

    @property
    def config(self) -> MLPConfig:
        """The same for the model."""
        from explorer.models.mlp import MLPConfig

        outputs = self.task.classes or 1
        return MLPConfig(
            self.task.x.shape[1], outputs, self.width, self.depth, self.activation, self.rate,
            self.steps, self.seed, bool(self.task.classes),
        )  # fmt: skip

    @property
    def parameters(self) -> int:
        """Weights in all."""
        sizes = [self.task.x.shape[1], *[self.width] * self.depth, self.task.classes or 1]
        return sum((a + 1) * b for a, b in pairwise(sizes))

    def train(self) -> Iterator[Record]:
        """The start, then every update."""
        from explorer.models import mlp

        x, y = self.tensors()
        square = self.task.unit[1] ** 2
        for update in mlp.train(x, y, self.config):
            copy = None
            if update.weights is not None:
                copy = tuple(np.asarray(weight) for weight in update.weights)
            yield Record(update.step, update.steps, update.loss * square, copy, update.exploded)

    def tensors(self) -> tuple[Any, Any]:
        """The task as the model gets it."""
        import torch

        one_thread()
        x = torch.from_numpy(self.task.inputs(self.task.x))
        if self.task.classes:
            return x, torch.from_numpy(self.task.y.astype(np.int64))
        mean, spread = self.task.unit
        return x, torch.from_numpy((self.task.y - mean) / spread)[:, None]

    def predict(self, weights: Sequence[np.ndarray], x: np.ndarray) -> np.ndarray:
        """Numbers (N,), or probabilities (N, K), at raw inputs (N, D); NumPy alone."""
        with np.errstate(over="ignore", invalid="ignore"):
            out = forward(weights, self.task.inputs(x), self.activation)
            if not self.task.classes:
                mean, spread = self.task.unit
                return mean + spread * out[:, 0]
            out = np.exp(out - out.max(axis=1, keepdims=True))
            return out / out.sum(axis=1, keepdims=True)

    def history(
        self, records: Sequence[Record], grid: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Losses (T,) of all steps, the kept steps (F,), and predictions there at `grid` (G, D)."""
        kept = [record for record in records if record.weights is not None]
        values = [self.predict(record.weights, grid) for record in kept]  # type: ignore[arg-type]
        losses = np.array([record.loss for record in records])
        return losses, np.array([record.step for record in kept]), np.stack(values)

    def measure(self, weights: Sequence[np.ndarray], unseen: bool = False) -> float:
        """Loss by NumPy alone: the other road to `Record.loss`."""
        x, y = (self.task.unseen_x, self.task.unseen_y) if unseen else (self.task.x, self.task.y)
        out = self.predict(weights, x)
        if not self.task.classes:
            return float(np.mean((out - y) ** 2))
        return float(-np.mean(np.log(out[np.arange(len(y)), y.astype(int)])))

    def accuracy(self, weights: Sequence[np.ndarray], unseen: bool = False) -> float:
        """Share of rows whose most probable class is theirs."""
        x, y = (self.task.unseen_x, self.task.unseen_y) if unseen else (self.task.x, self.task.y)
        return float(np.mean(self.predict(weights, x).argmax(axis=1) == y))

    def slope(self, weights: Sequence[np.ndarray]) -> float:
        """∂loss/∂(first weight) in the data's own units, by back-propagation."""
        import torch

        from explorer.models import mlp

        x, y = self.tensors()
        tensors = [torch.tensor(weight, requires_grad=True) for weight in weights]
        value = mlp.loss(mlp.forward(tensors, x, self.activation), y, bool(self.task.classes))
        value.backward()
        gradient = tensors[0].grad
        assert gradient is not None
        return float(gradient[0, 0]) * self.task.unit[1] ** 2


def forward(weights: Sequence[np.ndarray], x: np.ndarray, activation: str) -> np.ndarray:
    """The network once more, without torch: (N, D) standardised -> (N, outputs)."""
    bends: dict[str, Callable] = {
        "tanh": np.tanh,
        "relu": lambda v: np.maximum(v, 0),
        "sine": np.sin,
    }
    bend = bends[activation]
    for place in range(0, len(weights) - 2, 2):
        x = bend(x @ weights[place].T + weights[place + 1])
    return x @ weights[-2].T + weights[-1]
