"""What every sampler yields, and what it is given.

    for step in ddim(schedule, predict, x, schedule.times(50)):     # or ddpm, heun, langevin
        step.after                                                  # x at the next time

predict(x, t) -> eps is anything that knows the noise in x (B, ...) at time t: a network, the
exact answer of a mixture, or either of them guided. draw(x) -> a standard normal array like x.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Predict = Callable[[Any, int], Any]
Draw = Callable[[Any], Any]


@dataclass(frozen=True)
class Step:
    """One update: from `x` at time t to `after` at time s, with the prediction it rests on."""

    t: int
    s: int
    x: Any  # x_t
    noise: Any  # predicted eps
    clean: Any  # predicted x0
    after: Any  # x_s


def clipped(clean: Any, reach: float | None) -> Any:
    """The predicted x0 kept within [-reach, reach], where the data live; None leaves it alone."""
    return clean if reach is None else clean.clip(-reach, reach)


def numpy_draw(generator: Any) -> Draw:
    """draw from a numpy.random.Generator."""
    return lambda x: generator.standard_normal(x.shape)
