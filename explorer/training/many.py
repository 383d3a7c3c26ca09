"""One run on several processes: `torchrun --nproc-per-node 2 -m explorer train NAME`.

Every process goes through the same steps on the same weights. Of each batch it takes its own rows;
the gradients are added up before the update, so losses and weights are those of one process with
the whole batch. Two things in a step look at all rows at once, and are shared here, so that no
model has to know: the noise, which everybody draws for the whole batch to keep the own rows, and
batch normalisation, whose means are of the whole batch (Ioffe & Szegedy 2015, arXiv:1502.03167).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist

# Here, before any group: its functions have as a default the group there is when it is imported. An
# optimizer does that at its first step; it would hold ours, and threads meet Python's end: SIGABRT.
import torch.distributed.nn
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from explorer.training.loop import Training

Objective = Callable[[nn.Module, tuple[Tensor, ...], torch.Generator], Tensor]

PATIENCE = timedelta(hours=4)  # while the first process measures, the others wait for its next run
LEAST = 3  # rows of a process; with two, a shape (2, rows) would not tell which side the rows are
DRAWS = (torch.randn, torch.rand, torch.randint)


@dataclass(frozen=True)
class Group:
    """This process among the `size` that share a run; `device` is its own."""

    rank: int
    size: int
    device: str

    def join(self, run: Training) -> None:
        """Let a run take its part of each batch and add up with the others."""
        run.objective, run.gather = self.part(run.objective), self.gather

    def part(self, objective: Objective) -> Objective:
        """The objective on this process's rows, weighted by their share of the batch."""

        def mine(model: nn.Module, batch: tuple[Tensor, ...], noise: torch.Generator) -> Tensor:
            whole = len(batch[0])
            low, high = (whole * rank // self.size for rank in (self.rank, self.rank + 1))
            if whole // self.size < LEAST:
                raise ValueError(f"a batch of {whole} rows is too small for {self.size} processes")
            with _Rows(low, high, whole):
                loss = objective(model, tuple(tensor[low:high] for tensor in batch), noise)
            return loss * ((high - low) / whole)

        return mine

    def gather(self, model: nn.Module, loss: Tensor) -> Tensor:
        """Sum of everybody's gradients into the model's, and of the losses: one message a step."""
        gradients = [p.grad for p in model.parameters() if p.grad is not None]
        flat = torch.cat([loss.detach().float().view(1), *(g.flatten() for g in gradients)])
        dist.all_reduce(flat)
        total, *parts = flat.split([1, *(g.numel() for g in gradients)])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view_as(gradient))
        return total.squeeze()

    def anyone(self, wish: bool) -> bool:
        """Whether any of the processes wishes it."""
        wishes = torch.tensor(float(wish), device=self.device)
        dist.all_reduce(wishes)
        return bool(wishes > 0)

    def from_first(self, content: bytes) -> bytes:
        """The first process's bytes, everywhere: the other machines may not see its files."""
        length = torch.tensor(len(content), device=self.device)
        dist.broadcast(length, 0)
        if not length:
            return b""
        sent = torch.empty(int(length), dtype=torch.uint8, device=self.device)
        if self.rank == 0:
            sent.copy_(torch.frombuffer(bytearray(content), dtype=torch.uint8))
        dist.broadcast(sent, 0)
        return sent.cpu().numpy().tobytes()


@contextmanager
def group(device: str) -> Iterator[Group | None]:
    """The group that torchrun made, while it lasts; None in a process on its own."""
    size = int(os.environ.get("WORLD_SIZE", 1))
    if size == 1:
        yield None
        return
    if device == "cuda":
        device = f"cuda:{os.environ['LOCAL_RANK']}"
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device != "cpu" else "gloo", timeout=PATIENCE)
    try:
        yield Group(dist.get_rank(), size, device)
    finally:
        dist.destroy_process_group()


class _Rows(TorchFunctionMode):
    """While it is on, torch's draws give rows low … high of those for the whole batch, and batch
    normalisation counts everybody's rows. TypeError for a draw that is not known here."""

    def __init__(self, low: int, high: int, whole: int) -> None:
        super().__init__()
        self.low, self.mine, self.whole = low, high - low, whole

    def __torch_function__(
        self, call: Any, types: Any, args: tuple = (), named: dict | None = None
    ) -> Any:
        named = named or {}
        if call in DRAWS:
            return self._draw(call, args, named)
        if call is F.batch_norm and named.get("training"):
            return _batch_norm(*args, **named)
        if isinstance(named.get("generator"), torch.Generator):
            raise TypeError(f"no way is known to share the noise of {call.__name__}")
        return call(*args, **named)

    def _draw(self, call: Any, args: tuple, named: dict) -> Tensor:
        """The first side as long as this process's rows is the one that counts rows."""
        flat = not isinstance(args[-1], tuple)  # randn(3, 4) is randn((3, 4))
        shape = args if flat else args[-1]
        if self.mine not in shape:
            raise TypeError(f"{call.__name__} of {tuple(shape)}: no side counts {self.mine} rows")
        side = shape.index(self.mine)
        shape = (*shape[:side], self.whole, *shape[side + 1 :])
        drawn: Tensor = call(*(() if flat else args[:-1]), shape, **named)
        return drawn.narrow(side, self.low, self.mine)


class _Sum(torch.autograd.Function):
    """Sum over the processes; the gradient of what each made of it is summed as well."""

    @staticmethod
    def forward(ctx: Any, mine: Tensor) -> Tensor:
        total = mine.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        total = gradient.contiguous().clone()
        dist.all_reduce(total)
        return total


def _batch_norm(
    x: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor,
    bias: Tensor,
    training: bool,
    momentum: float,
    eps: float,
) -> Tensor:
    """torch's batch_norm of (B, C, ...) with the mean and variance of all processes' rows."""
    sides = [0, *range(2, x.ndim)]
    wide = x.float()
    count = _Sum.apply(torch.tensor(float(x.numel() // x.shape[1]), device=x.device))
    shape = (1, -1, *[1] * (x.ndim - 2))
    mean = _Sum.apply(wide.sum(sides)) / count  # (C,)
    apart = wide - mean.view(shape)
    var = _Sum.apply(apart.square().sum(sides)) / count
    if running_mean is not None and running_var is not None:
        with torch.no_grad():
            running_mean.lerp_(mean, momentum)
            running_var.lerp_(var * count / (count - 1), momentum)
    scale = weight * (var + eps).rsqrt()
    return (apart * scale.view(shape) + bias.view(shape)).to(x.dtype)
