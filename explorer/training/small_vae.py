"""A VAE small enough to be trained in a page: 8 x 8 digits, two latents, about two seconds.

    for record in train(seed=0, beta=1.0): ...      # NumPy out; one record after every update

The digits are the 1,797 of scikit-learn (Alpaydin & Kaynak 1998), 64 pixels each; a tenth is held
out and its bound is what a record says, in nats per picture.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from explorer.training.worker import one_thread

PLAN: dict[str, Any] = {"epochs": 50, "batch": 128, "rate": 4e-3, "warm_up": 20, "average": 0.98}
SHOWN = 300  # digits whose codes are shown
TILES = 9  # pictures along one side of the plane
REACH = 2.6  # the plane shown, in standard deviations of the prior
FRAMES = 18  # moments that are kept whole


@dataclass(frozen=True)
class Moment:
    """What can be shown of one step."""

    codes: np.ndarray  # (SHOWN, 2) float32, means of q
    plane: np.ndarray  # (TILES, TILES, 8, 8) uint8, decoded; the first row lies at the top


@dataclass(frozen=True, slots=True)
class Record:
    """After update `step` of `steps`; terms on the held-out digits, nats per picture."""

    step: int
    steps: int
    loss: float  # on the batch, with beta
    reconstruction: float
    kl: float
    moment: Moment | None  # at about FRAMES log-spaced steps


@lru_cache
def digits() -> tuple[np.ndarray, np.ndarray]:
    """(1797, 64) float32 in [0, 1] and classes (1797,), in an order of its own."""
    from sklearn.datasets import load_digits

    found = load_digits()
    order = np.random.default_rng(0).permutation(len(found.data))
    return (found.data[order] / 16).astype(np.float32), found.target[order]


def train(seed: int = 0, beta: float = 1.0) -> Iterator[Record]:
    """The run with this seed and beta, update by update; the same alone and in a crowd."""
    import torch

    from explorer.checkpoints import blank
    from explorer.models.vae import VAE, VAEConfig
    from explorer.training.loop import Plan, Training, initialise, seeded
    from explorer.training.recipes import on_pictures

    one_thread()
    x = torch.from_numpy(digits()[0])
    held, rest = x[: len(x) // 10], x[len(x) // 10 :]
    config = VAEConfig(latents=2, width=96, pixels=64, beta=beta)
    model = initialise(blank(VAE, config), seeded(seed, 3))
    run = Training(model, (rest,), on_pictures, Plan(**PLAN, seed=seed, bfloat=False))
    kept = keep(run.steps)
    reconstruction, kl, moment = _look(run.average, held, x)
    yield Record(0, run.steps, kl * beta - reconstruction, reconstruction, kl, moment)
    for step in run.run():
        if step.step % 10 == 0 or step.step in kept:
            reconstruction, kl, moment = _look(run.average, held, x)
        shown = moment if step.step in kept else None
        yield Record(step.step, step.steps, step.loss, reconstruction, kl, shown)


def keep(steps: int) -> set[int]:
    """Log-spaced steps whose moments are kept; the last among them."""
    return set(np.unique(np.geomspace(1, steps, FRAMES).round().astype(int)).tolist())


def _look(model: Any, held: Any, x: Any) -> tuple[float, float, Moment]:
    """The average's terms on the held-out digits, codes and plane."""
    import torch

    with torch.no_grad():
        terms = model.elbo(held, torch.Generator().manual_seed(0))
        codes = model.encode(x[:SHOWN])[0].numpy()
        side = REACH * (2 * (np.arange(TILES) + 0.5) / TILES - 1)
        z = np.stack(np.meshgrid(side, side[::-1]), axis=-1).reshape(-1, 2).astype(np.float32)
        plane = (255 * model.decode(torch.from_numpy(z)).numpy()).round().astype(np.uint8)
    moment = Moment(codes, plane.reshape(TILES, TILES, 8, 8))
    return float(terms.reconstruction.mean()), float(terms.kl.mean()), moment
