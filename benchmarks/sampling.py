"""Sampling: what a run costs beyond the network's own calls, and what a learner waits for.

    python -m benchmarks.sampling [--rounds 7]

Alternates, round by round: our DDIM, the bare network calls that it makes, and the loop around
diffusers' DDIMScheduler (Hugging Face; install it as in tests/requirements.txt) on the same network
and the same start. Then the time for 16 guided digits with 25 steps, both branches in one batch.
Medians in milliseconds; ratios of one run.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import torch

from explorer import checkpoints, sampling
from explorer.models.diffusion.conditioned import labelled
from explorer.models.diffusion.ddim import ddim
from explorer.training.loop import seeded
from explorer.training.worker import one_thread

NAME, COUNT, STEPS = "diffusion-mnist", 16, 25


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    one_thread()  # as the app computes
    net = checkpoints.load(NAME)[0]
    x = torch.randn(COUNT, 784, generator=seeded(1))
    y = torch.arange(COUNT) % 10
    runs = {
        "DDIM": lambda: ours(net, x, y),
        "bare calls": lambda: bare(net, x, y),
        "diffusers": lambda: theirs(net, x, y),
        "guided": lambda: guided(net),
    }
    times: dict[str, list[float]] = {name: [] for name in runs}
    with torch.no_grad():
        for round_ in range(options.rounds + 1):
            for name, run in runs.items():
                seconds = timed(run)
                if round_:  # the first round warms up
                    times[name].append(1000 * seconds)
    middle = {name: statistics.median(values) for name, values in times.items()}
    print(f"{COUNT} pictures, {STEPS} steps, one thread, {options.rounds} rounds")
    for name, value in middle.items():
        spread = f"{min(times[name]):.0f} to {max(times[name]):.0f}"
        print(f"{name:12} {value:7.0f} ms ({spread})")
    print(f"DDIM / bare calls {middle['DDIM'] / middle['bare calls']:.3f} (at most 1.1)")
    print(f"DDIM / diffusers  {middle['DDIM'] / middle['diffusers']:.3f} (at most 1)")


def timed(run: Callable[[], object]) -> float:
    """Seconds of one call."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def ours(net: torch.nn.Module, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Our sampler to its end."""
    for step in ddim(net.schedule, labelled(net, y), x, net.schedule.times(STEPS), None, 1.0):
        x = step.after
    return x


def bare(net: torch.nn.Module, x: torch.Tensor, y: torch.Tensor) -> None:
    """The network's calls of such a run, and nothing between them."""
    for t in net.schedule.times(STEPS)[:-1]:
        net(x, torch.full_like(y, t), y)


def theirs(net: torch.nn.Module, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """The loop of diffusers' documentation."""
    from diffusers import DDIMScheduler

    scheduler = DDIMScheduler(beta_start=1e-4, beta_end=0.02, clip_sample=True)
    scheduler.set_timesteps(STEPS)
    for t in scheduler.timesteps:
        x = scheduler.step(net(x, torch.full_like(y, int(t) + 1), y), int(t), x).prev_sample
    return x


def guided(net: torch.nn.Module) -> None:
    """What the guidance page asks for at one place of its slider."""
    labels = tuple(n % 10 for n in range(COUNT))
    wish = sampling.Wish(labels, sampling.seeds(0, COUNT), steps=STEPS, gamma=3.0)
    for _ in sampling.walk(net, wish):
        pass


if __name__ == "__main__":
    main()
