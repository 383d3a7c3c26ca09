"""A diffusion network for points of the plane, small enough to be trained in a page.

    for record in train(points, steps=2000): ...     # NumPy out; one record after every update
    record.moment.answer.noise(x, t)                 # what the network of that moment predicts

Points (N, 2) come in units in which noise of standard deviation 1 hides them, for example their
own standard deviations. Few points are learned from again and again; of many, ROWS are drawn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.metrics.two_samples import mmd
from explorer.models.diffusion.ddim import ddim
from explorer.models.diffusion.schedule import linear
from explorer.training.worker import one_thread

if TYPE_CHECKING:
    from explorer.models.diffusion.points import PointsConfig

PLAN: dict[str, Any] = {"batch": 256, "rate": 4e-3, "warm_up": 50, "average": 0.99}
ROWS = 4096  # points in one pass over the data
SAMPLES = 400  # particles that show what has been learned
WALK = 25  # steps of DDIM that each of them takes
FRAMES = 16  # moments that are kept whole
SMOOTH = 50  # updates over which the shown loss is averaged


@dataclass(frozen=True, eq=False)
class Answer:
    """The network of one moment: its weights in one row, (P,) float16, as in checkpoints.

    Many learners keep many moments, so whole networks are made of a few of them only.
    """

    weights: np.ndarray
    width: int

    def noise(self, x: np.ndarray, t: int) -> np.ndarray:
        """Predicted noise, (N, 2) -> (N, 2)."""
        return predict(_network(self), x, t)


@lru_cache(maxsize=32)
def _network(answer: Answer) -> Any:
    import torch

    from explorer.checkpoints import blank
    from explorer.models.diffusion.points import PointsNet

    net = blank(PointsNet, config(answer.width)).to_empty(device="cpu").requires_grad_(False)
    flat = torch.from_numpy(answer.weights.astype(np.float32))
    torch.nn.utils.vector_to_parameters(flat, net.parameters())
    return net.eval()


@dataclass(frozen=True)
class Moment:
    """What can be shown of one step."""

    answer: Answer
    samples: np.ndarray  # (SAMPLES, 2)
    distance: float  # MMD of the samples against real points


@dataclass(frozen=True, slots=True)
class Record:
    """After update `step` of `steps`: the mean squared error of eps, smoothed."""

    step: int
    steps: int
    loss: float
    moment: Moment | None  # at about FRAMES log-spaced steps


def config(width: int) -> PointsConfig:
    """Of the network: as the checkpoints', but without labels."""
    from explorer.models.diffusion.points import PointsConfig

    return PointsConfig(width=width, labels=1, drop=0.0)


def train(
    x: np.ndarray, real: np.ndarray, steps: int = 2000, width: int = 64, seed: int = 0
) -> Iterator[Record]:
    """The run on points x (N, 2), judged against real points (M, 2); alone or in a crowd alike."""
    import torch

    from explorer.checkpoints import blank
    from explorer.models.diffusion.points import PointsNet
    from explorer.training.loop import Plan, Training, initialise, seeded
    from explorer.training.recipes import on_pairs

    one_thread()
    rows = torch.from_numpy(repeated(x, seed).astype(np.float32))
    nothing = torch.ones(len(rows), dtype=torch.long)  # the null label
    model = initialise(blank(PointsNet, config(width)), seeded(seed, 3))
    plan = Plan(epochs=steps / (ROWS // PLAN["batch"]), **PLAN, seed=seed, bfloat=False)
    run = Training(model, (rows, nothing), on_pairs, plan)
    kept, loss = keep(run.steps), float("nan")
    yield Record(0, run.steps, loss, look(run.average, width, real))
    for step in run.run():
        pace = 1 / min(step.step, SMOOTH)
        loss = step.loss if step.step == 1 else (1 - pace) * loss + pace * step.loss
        shown = look(run.average, width, real) if step.step in kept else None
        yield Record(step.step, step.steps, loss, shown)


def repeated(x: np.ndarray, seed: int) -> np.ndarray:
    """ROWS of the points: all of them again and again, or so many drawn at random."""
    order = np.random.default_rng(seed).permutation(len(x))
    return x[np.resize(order, ROWS)]


def keep(steps: int) -> set[int]:
    """Log-spaced steps whose moments are kept; the last among them."""
    return set(np.unique(np.geomspace(1, steps, FRAMES).round().astype(int)).tolist())


def look(net: Any, width: int, real: np.ndarray) -> Moment:
    """Weights, samples from fixed starts, and how far these are from real points."""
    import torch

    weights = torch.nn.utils.parameters_to_vector(net.parameters()).detach().half().numpy()
    answer = Answer(weights, width)
    samples = draw(answer)
    return Moment(answer, samples, mmd(samples[: len(real)], real))


def draw(answer: Answer) -> np.ndarray:
    """SAMPLES particles from noise to data, always from the same starts."""
    schedule, x = linear(), np.random.default_rng(0).standard_normal((SAMPLES, 2))
    for step in ddim(schedule, answer.noise, x, schedule.times(WALK)):
        x = step.after
    return x


def predict(net: Any, x: np.ndarray, t: int) -> np.ndarray:
    """The network's eps, NumPy to NumPy."""
    import torch

    one_thread()
    with torch.no_grad():
        points = torch.from_numpy(np.ascontiguousarray(x, dtype=np.float32))
        times, nothing = torch.full((len(x),), t), torch.ones(len(x), dtype=torch.long)
        return net(points, times, nothing).double().numpy()
