"""One named recipe for each checkpoint: data, model, plan, and what its card reports.

`python -m explorer train NAME` follows it; the seed is part of it. Floors and baselines stand on
the card beside the metric, so that a number can be judged.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn

from explorer.checkpoints import blank, kinds
from explorer.data import images, toys
from explorer.models.autoencoder import AutoencoderConfig
from explorer.models.classifier import ClassifierConfig
from explorer.models.diffusion.points import PointsConfig
from explorer.models.diffusion.unet import UNetConfig
from explorer.models.hvae import HVAEConfig
from explorer.models.pca import PCAConfig
from explorer.models.vae import VAEConfig
from explorer.training import evaluate, evaluate_diffusion
from explorer.training.loop import Plan, Training, initialise, seeded

Objective = Callable[[Any, tuple[Tensor, ...], torch.Generator], Tensor]


def on_pictures(model: Any, batch: tuple[Tensor, ...], generator: torch.Generator) -> Tensor:
    """Models that learn from pictures alone."""
    return model.loss(batch[0], generator)


def on_pairs(model: Any, batch: tuple[Tensor, ...], generator: torch.Generator) -> Tensor:
    """Models that learn from pictures and classes."""
    return model.loss(*batch, generator)


@dataclass(frozen=True)
class Recipe:
    """How a checkpoint is made. `measure(model, recipe)` -> {metric: value} for the card.

    closed: the model has a closed form, `model.fit(pictures)`; no steps, and no plan is followed.
    twin: names a second checkpoint of the same run, with the weights of the last step (raw)
    in place of their average.
    """

    name: str
    data: str  # an image set or a toy
    model: str  # a key of checkpoints.kinds()
    config: Any
    plan: Plan
    measure: Callable[..., dict[str, Any]]
    objective: Objective = on_pictures
    baselines: dict[str, Any] = field(default_factory=dict)
    closed: bool = False
    twin: str = ""
    raw: bool = False

    @property
    def planar(self) -> bool:
        """Whether its latents are a plane, on which test pictures can be shown as points."""
        return getattr(self.config, "latents", 0) == 2

    def build(self) -> nn.Module:
        """The network at its start: weights drawn from the recipe's own seed."""
        model = blank(kinds()[self.model][0], self.config)
        return initialise(model, seeded(self.plan.seed, 2))

    def tensors(self, split: str, rows: int | None = None) -> tuple[Tensor, Tensor]:
        """(pictures (N, 784) or points (N, 2), classes (N,)) of a split."""
        if self.data in toys.TOYS:
            points, labels = toys.fixed(self.data, split)
            return torch.from_numpy(points[:rows]).float(), torch.from_numpy(labels[:rows])
        found = images.load(self.data, split)
        x = torch.from_numpy(found.x[:rows].copy()).flatten(1)
        return x, torch.from_numpy(found.y[:rows].copy())

    def source(self) -> dict[str, str]:
        """Name, SHA-256 and licence of the data, for the card."""
        if self.data in toys.TOYS:
            raw = toys.fixed(self.data, "train")[0].tobytes()
            digest = hashlib.sha256(raw).hexdigest()
            return {"name": self.data, "sha256": digest, "licence": "drawn by explorer.data.toys"}
        found = images.load(self.data, "train")
        licence = images.SETS[self.data].licence
        return {"name": self.data, "sha256": found.sha256, "licence": licence}

    def start(self, rows: int | None = None, plan: Plan | None = None) -> Training:
        """A run at its beginning; fewer rows and another plan for a dry run."""
        return Training(
            self.build(), self.tensors("train", rows), self.objective, plan or self.plan
        )


DENSE = Plan(epochs=25, batch=256, rate=1.5e-3, seed=7)  # for networks of linear layers


def vae(name: str, data: str, **config: Any) -> Recipe:
    """A VAE by Kingma & Welling's objective (weighted by beta where the config says so)."""
    return Recipe(name, data, "VAE", VAEConfig(**config), DENSE, evaluate.vae)


def autoencoder(name: str, data: str, **config: Any) -> Recipe:
    """A plain autoencoder with a plane of codes."""
    return Recipe(
        name, data, "Autoencoder", AutoencoderConfig(**config), DENSE, evaluate.autoencoder
    )


def pca(name: str, data: str) -> Recipe:
    """The best linear coder with a plane of codes."""
    return Recipe(name, data, "PCA", PCAConfig(), Plan(epochs=0), evaluate.pca, closed=True)


def classifier(name: str, data: str, epochs: float, flip: bool) -> Recipe:
    """The scorer of later pages."""
    plan = Plan(epochs, rate=2e-3, decay=1e-2, average=0.998, seed=7)
    config = ClassifierConfig(flip=flip)
    return Recipe(name, data, "Classifier", config, plan, evaluate.classifier, on_pairs)


def points(data: str, labels: int) -> Recipe:
    """Diffusion in the plane."""
    plan = Plan(epochs=160, batch=512, rate=2e-3, average=0.999, bfloat=False, seed=7)
    config = PointsConfig(labels=labels)
    name = f"points-{data}".replace("_", "-")
    return Recipe(name, data, "PointsNet", config, plan, evaluate_diffusion.points, on_pairs)


def diffusion(data: str) -> tuple[Recipe, Recipe]:
    """Diffusion of pictures, told the class, and the same without averaging the weights.

    The rate stays high enough to the end for the average to matter.
    """
    plan = Plan(
        EPOCHS[data], 64, rate=1.5e-3, warm_up=500, last=0.05, average=0.999, clip=1, seed=7
    )
    name, measure = f"diffusion-{data.split('_')[0]}", evaluate_diffusion.pictures
    twin = f"{name}-last"
    first = Recipe(name, data, "UNet", UNetConfig(), plan, measure, on_pairs, twin=twin)
    return first, twin_of(first)


def twin_of(recipe: Recipe) -> Recipe:
    """The recipe of the second checkpoint."""
    measure = evaluate_diffusion.last
    return replace(recipe, name=recipe.twin, twin="", raw=True, measure=measure)


#: Of the U-Nets: an hour and half an hour on one core that knows bfloat16.
EPOCHS = {"mnist": 32, "fashion_mnist": 16}
SLIM = 192  # hidden width where a smaller network will do: all checkpoints lie in git

BETAS = (0.1, 0.5, 1, 4, 10, 30)  # the ladder; at the last every latent has collapsed or nearly so


def ladder(beta: float) -> str:
    """The checkpoint of a rung; beta = 1 is the plain VAE itself."""
    return "vae16-mnist" if beta == 1 else f"beta{beta:g}-mnist"


BINARIZED = replace(
    vae("vae-binarized", "binarized_mnist", latents=32, net="conv", width=256),
    plan=Plan(epochs=40, rate=1.5e-3, decay=1e-3, average=0.9995, clip=200, seed=7),
    measure=evaluate.binarized,
    baselines={
        "mixture of 500 Bernoullis, test, nats": 126.0,
        "independent pixels, test, nats": 205.8,
    },
)

RECIPES: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        autoencoder("ae2-mnist", "mnist"),
        autoencoder("ae2-fashion", "fashion_mnist", width=SLIM),
        pca("pca2-mnist", "mnist"),
        pca("pca2-fashion", "fashion_mnist"),
        vae("vae2-mnist", "mnist", latents=2),
        vae("vae2-fashion", "fashion_mnist", latents=2, width=SLIM),
        vae("vae16-mnist", "mnist", latents=16),
        vae("vae16-fashion", "fashion_mnist", latents=16, width=SLIM),
        *(vae(ladder(b), "mnist", latents=16, beta=float(b)) for b in BETAS if b != 1),
        Recipe("hvae-mnist", "mnist", "HVAE", HVAEConfig(width=448), DENSE, evaluate.hvae),
        classifier("classifier-mnist", "mnist", 14, flip=False),
        classifier("classifier-fashion", "fashion_mnist", 20, flip=True),
        BINARIZED,
        points("eight_gaussians", 8),
        points("blobs", 3),
        points("moons", 2),
        points("spirals", 2),
        points("checkerboard", 8),
        *(r for d in ("mnist", "fashion_mnist") for r in diffusion(d)),
    )
}
