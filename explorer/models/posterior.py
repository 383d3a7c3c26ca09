"""What the encoder only guesses, exactly: p(z|x) of a VAE with two latents, summed over a grid.

Letters: z (M, 2) places on the plane, x one picture (784,), q(z|x) the encoder's normal. With two
latents Bayes' rule needs only a sum over cells: a coarse grid over the whole prior, and a fine one
where the encoder looks, since a posterior is often a twentieth of the plane wide. All in nats.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from explorer.models.vae import VAE

REACH = 4.5  # the coarse grid's half width: outside lies .001 % of the prior
COARSE, FINE = 81, 45  # cells along one side


@dataclass(frozen=True)
class Table:
    """Places and the decoder's logits there, kept for the next picture."""

    z: Tensor  # (M, 2)
    logits: Tensor  # (M, 784)
    cell: float  # area

    def log_joint(self, x: Tensor) -> Tensor:
        """log p(x|z) + log p(z) at every place: (784,) -> (M,)."""
        likelihood = self.logits @ x - F.softplus(self.logits).sum(dim=1)
        return likelihood - 0.5 * self.z.square().sum(dim=1) - math.log(2 * math.pi)


@dataclass(frozen=True)
class Posterior:
    """p(z|x) around q, and log p(x) over the whole plane."""

    z1: Tensor  # (FINE,)
    z2: Tensor  # (FINE,)
    density: Tensor  # (FINE, FINE), rows along z2
    log_evidence: float  # log p(x), nats


def table(model: VAE, low: Tensor, high: Tensor, side: int) -> Table:
    """The decoder at the middles of side x side cells between two corners (2,)."""
    step = (high - low) / side
    z1, z2 = (low[i] + step[i] * (torch.arange(side) + 0.5) for i in range(2))
    z = torch.stack(torch.meshgrid(z1, z2, indexing="xy"), dim=-1).view(-1, 2)  # rows along z2
    return Table(z, model.decoder(z), float(step.prod()))


def plane(model: VAE) -> Table:
    """The coarse table of a model: the same for every picture."""
    corner = torch.full((2,), REACH)
    return table(model, -corner, corner, COARSE)


@torch.no_grad()
def posterior(model: VAE, x: Tensor, whole: Table) -> Posterior:
    """Bayes' rule for one picture (784,), with `whole` = plane(model)."""
    mean, log_var = (value[0] for value in model.encode(x[None]))
    half = (5 * (0.5 * log_var).exp()).clamp(0.15, 2.0)  # cells no larger than the coarse ones
    near = table(model, mean - half, mean + half, FINE)
    inside = ((whole.z - mean).abs() < half).all(dim=1)
    fine = near.log_joint(x)  # (FINE FINE,)
    far = whole.log_joint(x)[~inside] + math.log(whole.cell)
    log_evidence = float(torch.cat([fine + math.log(near.cell), far]).logsumexp(dim=0))
    density = (fine - log_evidence).exp().view(FINE, FINE)
    return Posterior(near.z[:FINE, 0], near.z[::FINE, 1], density, log_evidence)
