"""What a card reports: each function recomputes a model's metrics from held-out pictures.

Fixed seeds, no dropout: the same weights give the same digits on the same machine. "nats" are per
picture; the seed and the number of pictures stand beside each bound.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from explorer.models.autoencoder import Autoencoder
from explorer.models.classifier import Classifier
from explorer.models.hvae import HVAE
from explorer.models.pca import PCA
from explorer.models.vae import VAE, importance_bound, kl_per_latent

if TYPE_CHECKING:
    from explorer.training.recipes import Recipe

CHUNK = 500  # pictures at a time
ACTIVE = 0.01  # a latent is active if the variance of its mean over pictures exceeds this (Burda)
Progress = Callable[[int, int], None]


@torch.no_grad()
def vae(model: VAE, recipe: Recipe, **options: Any) -> dict[str, Any]:
    """ELBO and its terms on the test set; active latents."""
    x, _ = recipe.tensors("test")
    terms, kls, means = [], [], []
    generator = torch.Generator().manual_seed(0)
    for part in x.split(CHUNK):
        found = model.elbo(part, generator)
        mean, log_var = model.encode(part)
        terms.append(torch.stack([found.reconstruction, found.kl]).double())  # (2, B)
        kls.append(kl_per_latent(mean, log_var).double())
        means.append(mean.double())
    reconstruction, kl = torch.cat(terms, dim=1).mean(dim=1).tolist()
    return {
        "test ELBO (nats)": round(reconstruction - kl, 2),
        "test reconstruction (nats)": round(reconstruction, 2),
        "test KL (nats)": round(kl, 2),
        "active latents": int((torch.cat(means).var(dim=0) > ACTIVE).sum()),
        "latents": model.config.latents,
        "KL per latent (nats)": [round(v, 3) for v in torch.cat(kls).mean(dim=0).tolist()],
    }


@torch.no_grad()
def binarized(
    model: VAE,
    recipe: Recipe,
    samples: int = 5000,
    pictures: int = 1000,
    progress: Progress | None = None,
    **options: Any,
) -> dict[str, Any]:
    """ELBO on every test picture; importance bound on evenly spaced ones (the set is sorted).

    The bound of the whole set is its ELBO plus the mean gain of the importance bound over the ELBO
    (averaged over 20 draws) on the chosen pictures: a control variate, since the gain varies far
    less from picture to picture than the bound does.
    """
    x, _ = recipe.tensors("test")
    x = x[:: max(1, len(x) // pictures)][:pictures]
    base = vae(model, recipe)
    generator = torch.Generator().manual_seed(1)
    bound = torch.empty(len(x), dtype=torch.float64)
    for number, value in enumerate(importance_bound(model, x, samples, generator)):
        bound[number] = value.double()
        if progress is not None:
            progress(number + 1, len(x))
    elbo = torch.stack([model.elbo(x, generator).bound.double() for _ in range(20)]).mean(dim=0)
    gain = bound - elbo
    return base | {
        "test NLL, importance bound (nats)": round(
            float(-(base["test ELBO (nats)"] + gain.mean())), 2
        ),
        "standard error of the gain (nats)": round(float(gain.std() / len(gain) ** 0.5), 3),
        "importance samples": samples,
        "pictures for the importance bound": len(x),
    }


@torch.no_grad()
def codes(model: Any, recipe: Recipe, count: int = 1000) -> list[list[float]]:
    """[z1, z2, class] of evenly spaced test pictures: the points on a latent plane.

    Kept on the card, so that the plane can be drawn where the pictures are not at hand.
    """
    x, y = recipe.tensors("test")
    chosen = torch.arange(0, len(x), max(1, len(x) // count))[:count]
    found = model.encode(x[chosen])
    means = found[0] if isinstance(found, tuple) else found
    return [
        [round(a, 3), round(b, 3), int(label)]
        for (a, b), label in zip(means.tolist(), y[chosen], strict=True)
    ]


@torch.no_grad()
def hvae(model: HVAE, recipe: Recipe, **options: Any) -> dict[str, Any]:
    """ELBO and its three terms on the test set."""
    x, _ = recipe.tensors("test")
    generator = torch.Generator().manual_seed(0)
    rows = []
    for part in x.split(CHUNK):
        found = model.elbo(part, generator)
        rows.append(torch.stack([found.reconstruction, found.kl_lower, found.kl_upper]).double())
    reconstruction, lower, upper = torch.cat(rows, dim=1).mean(dim=1).tolist()
    return {
        "test ELBO (nats)": round(reconstruction - lower - upper, 2),
        "test reconstruction (nats)": round(reconstruction, 2),
        "test KL of z1 (nats)": round(lower, 2),
        "test KL of z2 (nats)": round(upper, 2),
    }


@torch.no_grad()
def autoencoder(model: Autoencoder, recipe: Recipe, **options: Any) -> dict[str, Any]:
    """Squared error on the test set beside that of PCA with as many components."""
    x, _ = recipe.tensors("test")
    train, _ = recipe.tensors("train")
    errors = torch.cat([model.error(part).double() for part in x.split(CHUNK)])
    return {
        "test squared error (sum over pixels)": round(float(errors.mean()), 3),
        "PCA-2 squared error (sum over pixels)": round(pca_error(train, x, 2), 3),
    }


@torch.no_grad()
def pca(model: PCA, recipe: Recipe, **options: Any) -> dict[str, Any]:
    """Squared error on the test set, in the autoencoder's words."""
    x, _ = recipe.tensors("test")
    errors = torch.cat([model.error(part).double() for part in x.split(CHUNK)])
    return {"test squared error (sum over pixels)": round(float(errors.mean()), 3)}


def pca_error(train: Tensor, test: Tensor, components: int) -> float:
    """Mean squared error of the best linear coder fitted to `train`, summed over pixels."""
    mean = train.double().mean(dim=0)
    centred = train.double() - mean
    _, vectors = torch.linalg.eigh(centred.T @ centred)  # ascending
    kept = vectors[:, -components:]  # (784, components)
    rest = (test.double() - mean) @ (torch.eye(len(mean), dtype=torch.float64) - kept @ kept.T)
    return float(rest.square().sum(dim=1).mean())


@torch.no_grad()
def classifier(model: Classifier, recipe: Recipe, **options: Any) -> dict[str, Any]:
    """Accuracy on the test set, and the table of what was taken for what."""
    x, y = recipe.tensors("test")
    guess = torch.cat([model(part).argmax(dim=1) for part in x.split(CHUNK)])
    table = torch.bincount(y * 10 + guess, minlength=100).view(10, 10)
    return {
        "test accuracy (%)": round(100 * float((guess == y).double().mean()), 2),
        "confusion (rows: true class)": table.tolist(),
    }
