"""What the cards of diffusion networks report: quality and diversity of samples of fixed seeds.

Pictures are judged by this project's own classifier: whether it sees the class that was asked for,
and how its 128 features are distributed. Beside each distance stands the one between as many
training pictures and the same test pictures, which no sampler should be expected to beat.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from explorer import checkpoints
from explorer.data import toys
from explorer.metrics.two_samples import frechet, mmd, precision_recall
from explorer.models.diffusion.conditioned import steered, torch_draw
from explorer.models.diffusion.ddim import ddim
from explorer.models.diffusion.ddpm import ddpm
from explorer.models.diffusion.exact import ExactMixture
from explorer.models.diffusion.heun import heun
from explorer.models.diffusion.objective import noised
from explorer.models.mixture import Mixture
from explorer.training.loop import seeded

if TYPE_CHECKING:
    from explorer.training.recipes import Recipe

SAMPLERS: dict[str, Any] = {"ddim": ddim, "ddpm": ddpm, "heun": heun}
GAMMAS = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0)
STEPS = {
    "ddim": (5, 10, 20, 50, 100),
    "ddpm": (5, 10, 20, 50, 100, 1000),
    "heun": (5, 10, 25),
}
USUAL = 25  # steps
CHUNK = 250  # pictures at a time
WHOLE, SOME, FEW = 10_000, 1_000, 500  # samples for the headline, along gamma, along steps
NEAR = 2_000  # at most, for precision and recall, which compare all pairs
LEVELS = (5, 10, 25, 50, 100, 250, 500, 750, 1000)  # times at which the learned score is compared
EXACT = {"eight_gaussians": toys.EIGHT, "blobs": toys.BLOBS}  # toys whose score is known


@torch.no_grad()
def make(
    net: Any, y: Tensor, shape: int, gamma: float = 1.0, sampler: str = "ddim", steps: int = USUAL
) -> Tensor:
    """Samples (N, shape) for labels y (N,); the seed of each chunk is its number."""
    reach = 1.0 if shape > 2 else None  # pixels end at -1 and 1, points nowhere
    parts = []
    for number, labels in enumerate(y.split(CHUNK)):
        generator = seeded(number, 4)
        x = torch.randn(len(labels), shape, generator=generator)
        walk = SAMPLERS[sampler](
            net.schedule,
            steered(net, labels, gamma),
            x,
            net.schedule.times(steps),
            torch_draw(generator),
            reach,
        )
        with torch.autocast("cpu", torch.bfloat16, enabled=shape > 2):  # as in training
            for step in walk:
                x = step.after
        parts.append(x)
    return torch.cat(parts)


class Judge:
    """The classifier's view of samples, beside the test pictures'."""

    def __init__(self, recipe: Recipe) -> None:
        name = "classifier-mnist" if recipe.data == "mnist" else "classifier-fashion"
        self.classifier = checkpoints.load(name)[0]
        self.test = self.features(recipe.tensors("test")[0])
        self.train = self.features(recipe.tensors("train", WHOLE)[0])

    @torch.no_grad()
    def features(self, x: Tensor) -> np.ndarray:
        """(N, 784) in [0, 1] -> (N, 128)."""
        found = [self.classifier.features(part) for part in x.split(CHUNK)]  # type: ignore[operator]
        return torch.cat(found).double().numpy()

    @torch.no_grad()
    def __call__(self, x: Tensor, y: Tensor) -> dict[str, float]:
        """Samples (N, 784) in [-1, 1] that were asked to be of classes y (N,)."""
        features = self.features((x + 1).clamp(0, 2) / 2)
        head = self.classifier.head(torch.from_numpy(features).float())  # type: ignore[operator]
        few = min(NEAR, len(x))
        precision, recall = precision_recall(self.test[:few], features[:few])
        return {
            "accuracy (%)": round(100 * float((head.argmax(1) == y).double().mean()), 2),
            "Fréchet distance": round(frechet(features, self.test), 2),
            "precision": round(precision, 3),
            "recall": round(recall, 3),
        }

    def floor(self, count: int) -> dict[str, float]:
        """The same of so many training pictures."""
        few = min(NEAR, count)
        precision, recall = precision_recall(self.test[:few], self.train[:few])
        return {
            "Fréchet distance": round(frechet(self.train[:count], self.test), 2),
            "precision": round(precision, 3),
            "recall": round(recall, 3),
        }


def pictures(
    model: Any,
    recipe: Recipe,
    gammas: Sequence[float] = GAMMAS,
    steps: Mapping[str, Sequence[int]] = STEPS,
    whole: int = WHOLE,
    some: int = SOME,
    few: int = FEW,
    usual: int = USUAL,
    samples: int = WHOLE,
    progress: Any = None,
    **options: Any,
) -> dict[str, Any]:
    """Loss; accuracy, Fréchet distance, precision and recall at gamma = 1 and the best gamma, along
    gamma (the usual number of steps of DDIM) and along steps (at gamma = 1).

    `samples` is the most that are made for each figure.
    """
    whole, some, few = (min(number, samples) for number in (whole, some, few))
    judge, pixels = Judge(recipe), recipe.tensors("test", 1)[0].shape[1]
    total, done = len(gammas) + sum(map(len, steps.values())) + 2, 0

    def score(count: int, gamma: float, sampler: str = "ddim", number: int = usual) -> dict:
        nonlocal done
        y = torch.arange(count) % model.config.labels
        found = judge(make(model, y, pixels, gamma, sampler, number), y)
        done += 1
        if progress is not None:
            progress(done, total)
        return found

    along_gamma = {f"{gamma:g}": score(some, gamma) for gamma in gammas}
    along_steps = {
        sampler: {str(n): score(few, 1.0, sampler, n) for n in counts}
        for sampler, counts in steps.items()
    }
    best = max(along_gamma, key=lambda g: (along_gamma[g]["accuracy (%)"], -float(g)))
    return {
        "test loss (mean squared error)": test_loss(model, recipe),
        "accuracy at gamma = 1 (%)": (at_one := score(whole, 1.0))["accuracy (%)"],
        "at gamma = 1": at_one,
        "best gamma": float(best),
        "at the best gamma": score(whole, float(best)),
        "real pictures": {str(n): judge.floor(n) for n in (whole, some, few)},
        "along gamma": along_gamma,
        "along steps": along_steps,
        "DDIM steps": usual,
        "samples": {"gamma = 1 and best": whole, "along gamma": some, "along steps": few},
    }


def last(
    model: Any, recipe: Recipe, few: int = FEW, usual: int = USUAL, **options: Any
) -> dict[str, Any]:
    """Of the weights without their average: enough to see what averaging does."""
    judge, y = Judge(recipe), torch.arange(few) % model.config.labels
    pixels = recipe.tensors("test", 1)[0].shape[1]
    return {
        "test loss (mean squared error)": test_loss(model, recipe),
        "at gamma = 1": judge(make(model, y, pixels, steps=usual), y),
        "real pictures": {str(few): judge.floor(few)},
        "samples": {"gamma = 1": few},
    }


@torch.no_grad()
def test_loss(model: Any, recipe: Recipe) -> float:
    """The objective on the test set, with one noise and time for each row and all labels known."""
    x, y = recipe.tensors("test")
    x = 2 * x - 1 if x.shape[1] > 2 else x
    generator, squares = seeded(0, 5), []
    for part, labels in zip(x.split(CHUNK), y.split(CHUNK), strict=True):
        t = torch.randint(1, model.schedule.steps + 1, (len(part),), generator=generator)
        noisy, eps = noised(model.schedule, part, t, generator)
        squares.append((model(noisy, t, labels) - eps).square().mean(dim=1))
    return round(float(torch.cat(squares).double().mean()), 5)


def points(
    model: Any, recipe: Recipe, count: int = 2000, steps: int = 100, **options: Any
) -> dict[str, Any]:
    """Loss; MMD of samples beside that of real points; where it is known, error of the score."""
    x, _ = recipe.tensors("test")
    real = [part.double().numpy() for part in x.split(count)[:2]]
    nothing = torch.full((len(real[0]),), model.config.labels)
    made = make(model, nothing, 2, steps=steps).double().numpy()
    return {
        "test loss (mean squared error)": test_loss(model, recipe),
        "MMD of samples": round(mmd(made, real[0]), 4),
        "MMD of real points": round(mmd(real[1], real[0]), 4),
        "points": len(real[0]),
        **(score_errors(model, recipe) if recipe.data in EXACT else {}),
    }


@torch.no_grad()
def score_errors(model: Any, recipe: Recipe) -> dict[str, Any]:
    """|learned - exact| over |exact|, root mean square over noised test points, at each level."""
    x, _ = recipe.tensors("test")
    exact = ExactMixture(Mixture(*EXACT[recipe.data]), model.schedule)
    nothing = torch.full((len(x),), model.config.labels)
    errors = {}
    for t in LEVELS:
        times = torch.full((len(x),), t)
        noisy, _ = noised(model.schedule, x, times, seeded(t, 6))
        learned = model(noisy, times, nothing).double().numpy()
        truth = exact.noise(noisy.double().numpy(), t)
        errors[str(t)] = round(float(np.sqrt(((learned - truth) ** 2).sum() / (truth**2).sum())), 4)
    return {"relative error of the score at t": errors}
