"""The training loop, as a generator: it yields after every update, and the caller decides the rest.

Batches and noise are functions of (seed, step) alone: whoever resumes at step n, with the weights,
the average and the optimiser of step n, sees exactly the losses of an unbroken run.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Plan:
    """How long and how fast. One epoch is one pass over the shuffled pictures."""

    epochs: float = 20
    batch: int = 128
    rate: float = 1e-3  # highest learning rate, from which a cosine falls
    warm_up: int = 100  # steps of linear rise
    last: float = 0.01  # of the highest rate, where the cosine ends
    decay: float = 0.0  # AdamW's weight decay
    average: float = 0.999  # of the weights, per step; 0 keeps no average
    clip: float = 0.0  # largest norm of the gradient; 0 leaves it alone
    bfloat: bool = True  # networks in bfloat16, losses and weights in float32: twice as fast here
    seed: int = 0

    def steps(self, rows: int) -> int:
        """Updates in the whole run."""
        return max(1, math.floor(self.epochs * (rows // min(self.batch, rows))))


@dataclass(frozen=True)
class TrainStep:
    """After update number `step` of `steps` (from 1): the loss that it was computed from."""

    step: int
    steps: int
    loss: float
    rate: float


class Training:
    """A run under way. `objective(model, batch, generator)` -> mean loss of the batch."""

    def __init__(
        self,
        model: nn.Module,
        tensors: tuple[Tensor, ...],
        objective: Callable[[nn.Module, tuple[Tensor, ...], torch.Generator], Tensor],
        plan: Plan,
    ) -> None:
        self.model, self.tensors, self.objective, self.plan = model, tensors, objective, plan
        self.average = copy.deepcopy(model).requires_grad_(False)
        self.optimiser = torch.optim.AdamW(
            model.parameters(), lr=plan.rate, weight_decay=plan.decay
        )
        self.step = 0
        self.steps = plan.steps(len(tensors[0]))
        self.gather = alone  # with several processes: see many.py

    def run(self) -> Iterator[TrainStep]:
        """Updates, from where this run stands to its end."""
        self.model.train()
        while self.step < self.steps:
            rate = learning_rate(self.plan, self.step, self.steps)
            for group in self.optimiser.param_groups:
                group["lr"] = rate
            noise = seeded(self.plan.seed, 1, self.step)
            batch = self._batch()
            with torch.autocast(batch[0].device.type, torch.bfloat16, enabled=self.plan.bfloat):
                loss = self.objective(self.model, batch, noise)
            self.optimiser.zero_grad(set_to_none=True)
            loss.backward()
            loss = self.gather(self.model, loss)
            if self.plan.clip:
                nn.utils.clip_grad_norm_(self.model.parameters(), self.plan.clip)
            self.optimiser.step()
            self.step += 1
            follow(self.average, self.model, self._pace())
            yield TrainStep(self.step, self.steps, float(loss.detach()), rate)

    def _batch(self) -> tuple[Tensor, ...]:
        """Rows of this step: one permutation for each epoch, the incomplete last batch left out."""
        rows = len(self.tensors[0])
        size = min(self.plan.batch, rows)
        epoch, place = divmod(self.step, rows // size)
        if getattr(self, "_order_of", None) != epoch:
            order = torch.randperm(rows, generator=seeded(self.plan.seed, 0, epoch))
            self._order, self._order_of = order, epoch
        index = self._order[place * size : (place + 1) * size].to(self.tensors[0].device)
        return tuple(tensor[index] for tensor in self.tensors)

    def _pace(self) -> float:
        """The average forgets its random start quickly, whatever its final pace."""
        return min(self.plan.average, (1 + self.step) / (10 + self.step))

    def state(self) -> dict[str, Tensor]:
        """Everything to go on from, as named tensors (see checkpoints)."""
        flat = {"step": torch.tensor(self.step)}
        flat |= {f"model.{name}": value for name, value in self.model.state_dict().items()}
        flat |= {f"average.{name}": value for name, value in self.average.state_dict().items()}
        for number, slots in self.optimiser.state_dict()["state"].items():
            flat |= {f"optimiser.{number}.{slot}": torch.as_tensor(v) for slot, v in slots.items()}
        return flat

    def resume(self, flat: dict[str, Tensor]) -> None:
        """Take up `state()`; KeyError or RuntimeError if it belongs to another model."""
        self.model.load_state_dict(_part(flat, "model."))
        self.average.load_state_dict(_part(flat, "average."))
        slots: dict[int, dict[str, Any]] = {}
        for name, value in _part(flat, "optimiser.").items():
            number, slot = name.split(".")
            slots.setdefault(int(number), {})[slot] = value
        groups = self.optimiser.state_dict()["param_groups"]
        self.optimiser.load_state_dict({"state": slots, "param_groups": groups})
        self.step = int(flat["step"])


def alone(model: nn.Module, loss: Tensor) -> Tensor:
    """Nobody to add up gradients and losses with."""
    return loss


def learning_rate(plan: Plan, step: int, steps: int) -> float:
    """Linear rise, then half a cosine down to `plan.last` of the highest rate."""
    if step < plan.warm_up:
        return plan.rate * (step + 1) / plan.warm_up
    done = (step - plan.warm_up) / max(1, steps - plan.warm_up)
    return plan.rate * (plan.last + (1 - plan.last) * 0.5 * (1 + math.cos(math.pi * done)))


@torch.no_grad()
def follow(average: nn.Module, model: nn.Module, pace: float) -> None:
    """Exponential moving average of the weights: average <- pace average + (1 - pace) model.

    What is not a float (a counter of batch normalisation) is copied.
    """
    ours, theirs = average.state_dict(), model.state_dict()
    for name, value in theirs.items():
        if value.is_floating_point() and pace > 0:
            ours[name].lerp_(value, 1 - pace)
        else:
            ours[name].copy_(value)


@torch.no_grad()
def initialise(model: nn.Module, generator: torch.Generator) -> nn.Module:
    """Fill in every weight, from `generator`: torch's own layers draw from a global one.

    Uniform within 1/sqrt(fan in), as torch.nn.Linear and Conv2d do. TypeError for a layer with
    weights that is not known here.
    """
    for module in model.modules():
        if isinstance(module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            bound = 1 / math.sqrt(module.weight[0].numel())  # fan in, as torch counts it
            module.weight.uniform_(-bound, bound, generator=generator)
            if module.bias is not None:
                module.bias.uniform_(-bound, bound, generator=generator)
        elif isinstance(module, nn.Embedding):
            module.weight.normal_(generator=generator)
        elif isinstance(module, nn.BatchNorm2d | nn.GroupNorm):
            module.reset_parameters()  # ones and zeros
        elif next(module.parameters(recurse=False), None) is not None:
            raise TypeError(f"no start is known for {type(module).__name__}")
    return model


def seeded(*numbers: int) -> torch.Generator:
    """A generator of its own for these numbers; order matters."""
    mixed = 0
    for number in numbers:
        mixed = (mixed * 1_000_003 + number + 12_345) % (2**63 - 1)
    return torch.Generator().manual_seed(mixed)


def _part(flat: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    found = {k.removeprefix(prefix): v for k, v in flat.items() if k.startswith(prefix)}
    if not found:
        raise KeyError(prefix)
    return found
