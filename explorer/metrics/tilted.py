"""Guidance where everything is known: a mixture of Gaussians whose component is the class.

Letters: y the class, k its number, p_t the data noised to time t, gamma the guidance scale. The
noised class is one Gaussian, so both scores, and the classifier's gradient between them, are exact.
`tilted` is p(x) p(y|x)^gamma / Z, which guidance is often said to sample; `cloud` is what guided
sampling gives with exact scores, so any difference is guidance's own doing, not a network's.
Sources: Ho & Salimans (2022, arXiv:2207.12598), section 3; Du et al. (2023, arXiv:2302.11552) and
Bradley & Nakkiran (2024, arXiv:2408.09000) for why the two differ.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from explorer.metrics.two_samples import mmd
from explorer.models.checks import Array, require
from explorer.models.diffusion.ddim import ddim
from explorer.models.diffusion.exact import ExactMixture
from explorer.models.diffusion.guidance import Window, combine, guided
from explorer.models.diffusion.schedule import Schedule
from explorer.models.mixture import Mixture

Network = Callable[[Array, int, np.ndarray | None], Array]  # (x, t, labels or none) -> eps


@dataclass(frozen=True, eq=False)
class Arrows:
    """Gradients at points (N, 2): conditional = unconditional + classifier, by Bayes' rule."""

    unconditional: Array  # grad log p_t(x)
    classifier: Array  # grad log p_t(y|x)
    conditional: Array  # grad log p_t(x|y)

    def guided(self, gamma: float) -> Array:
        """The second arrow stretched."""
        return self.unconditional + gamma * self.classifier


def only(exact: ExactMixture, k: int) -> ExactMixture:
    """The data of class k alone."""
    m = exact.mixture
    return ExactMixture(
        Mixture(np.ones(1), m.means[k : k + 1], m.covariances[k : k + 1]), exact.schedule
    )


def arrows(exact: ExactMixture, k: int, x: Array, t: int) -> Arrows:
    """At points x (N, 2) and time t.

    The gradient of log p(y|x) is written out from the responsibilities r: it is
    sum_j r_j (score_k - score_j), and vanishes where the class is certain.
    """
    noised = exact.at(t)
    scores = np.array([component.score(x) for component in noised.components])  # (K, N, 2)
    r = noised.responsibilities(x)  # (N, K)
    classifier = np.einsum("nj,jnd->nd", r, scores[k] - scores)
    return Arrows(exact.score(x, t), classifier, scores[k])


def cloud(
    exact: ExactMixture,
    k: int,
    gamma: float,
    x: Array,  # (N, 2) noise at the last time
    steps: int = 50,
    window: Window | None = None,
) -> Array:
    """Where guided DDIM takes the noise, with exact scores: (N, 2)."""
    predict = guided(only(exact, k).noise, exact.noise, gamma, window)
    for step in ddim(exact.schedule, predict, x, exact.schedule.times(steps)):
        x = step.after
    return x


@dataclass(frozen=True, eq=False)
class Tilted:
    """p(x) p(y|x)^gamma / Z on a grid."""

    x: Array  # (n,)
    y: Array  # (n,)
    density: Array  # (n, n), rows along y; sums to 1 / area of a cell
    z: float  # Z: the mean of p(y|x)^gamma over all data

    @property
    def moments(self) -> tuple[Array, Array]:
        """Mean (2,) and covariance (2, 2)."""
        points, weights = _points(self.x, self.y), self.density.ravel() * self._cell
        mean = weights @ points
        return mean, (weights[:, None] * (points - mean)).T @ (points - mean)

    @property
    def outside(self) -> Array:
        """(n, n): at each place, the share of the mass that lies where it is less dense.

        The line at 0.1 encloses the densest 90 %, the line at 0.5 the densest half.
        """
        flat = self.density.ravel()
        order = np.argsort(flat)
        shares = np.empty(len(flat))
        shares[order] = np.cumsum(flat[order]) * self._cell
        return shares.reshape(self.density.shape)

    @property
    def _cell(self) -> float:
        return float((self.x[1] - self.x[0]) * (self.y[1] - self.y[0]))


def _points(x: Array, y: Array) -> Array:
    """(n * n, 2), row by row along y."""
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)


def tilted(mixture: Mixture, k: int, gamma: float, x: Array, y: Array) -> Tilted:
    """On the grid of x (n,) and y (n,), evenly spaced and wide enough to hold all of the mass."""
    require(gamma >= 0, f"gamma must not be negative, got {gamma}")
    responsibilities, log_p = mixture.infer(_points(x, y))
    with np.errstate(divide="ignore"):
        tilt = gamma * np.log(responsibilities[:, k]) if gamma else 0.0
    height = np.exp(log_p + tilt).reshape(len(y), len(x))
    z = float(height.sum() * (x[1] - x[0]) * (y[1] - y[0]))
    return Tilted(x, y, height / z, z)


def draw(
    mixture: Mixture, k: int, gamma: float, count: int, generator: np.random.Generator | int
) -> Array:
    """Exact draws (count, 2) from the tilted distribution: x of all data is kept with p(y|x)^gamma.

    Rejection sampling; it keeps a share Z of the proposals.
    """
    generator = np.random.default_rng(generator)
    kept: list[Array] = []
    while sum(map(len, kept)) < count:
        x, _labels = mixture.sample(4 * count, generator)
        chance = mixture.responsibilities(x)[:, k] ** gamma
        kept.append(x[generator.random(len(x)) < chance])
    return np.concatenate(kept)[:count]


def spread(points: Array) -> float:
    """Root mean squared distance of points (N, 2) from their mean."""
    return float(np.sqrt(((points - points.mean(axis=0)) ** 2).sum(axis=1).mean()))


# ---- both, side by side, for many gammas -------------------------------------------------------

COUNT, STEPS = 400, 40  # points of a cloud, steps of DDIM
REACH, SIDE = 7.0, 71  # the plane shown is [-REACH, REACH]^2, with SIDE^2 places


@dataclass(frozen=True, eq=False)
class Film:
    """F gammas: the cloud and the distribution it was meant to follow."""

    gammas: Array  # (F,)
    clouds: Array  # (F, N, 2)
    axis: Array  # (n,) along x and along y
    outside: Array  # (F, n, n), see Tilted
    z: Array  # (F,) Z
    means: Array  # (F, 2, 2): of the cloud, of the tilted distribution
    spreads: Array  # (F, 2), in the same order
    mmd: Array  # (F, 2): cloud against exact draws, exact draws against others as many


def film(
    exact: ExactMixture, k: int, gammas: Sequence[float], seed: int, window: Window | None = None
) -> Film:
    """The same noise for every gamma."""
    noise = np.random.default_rng(seed).standard_normal((COUNT, 2))
    axis = np.linspace(-REACH, REACH, SIDE)
    clouds = np.stack([cloud(exact, k, gamma, noise, STEPS, window) for gamma in gammas])
    aims = [tilted(exact.mixture, k, gamma, axis, axis) for gamma in gammas]
    moments = [aim.moments for aim in aims]
    return Film(
        np.array(gammas, dtype=float),
        clouds,
        axis,
        np.stack([aim.outside for aim in aims]),
        np.array([aim.z for aim in aims]),
        np.stack([(c.mean(axis=0), m[0]) for c, m in zip(clouds, moments, strict=True)]),
        np.array(
            [(spread(c), np.sqrt(np.trace(m[1]))) for c, m in zip(clouds, moments, strict=True)]
        ),
        np.array([_misses(exact.mixture, k, g, c) for g, c in zip(gammas, clouds, strict=True)]),
    )


def _misses(mixture: Mixture, k: int, gamma: float, points: Array) -> tuple[float, float]:
    """MMD of the cloud to exact draws, and of exact draws to as many others."""
    both = draw(mixture, k, gamma, 2 * len(points), 1)  # the same draws whatever the noise's seed
    real, other = both[: len(points)], both[len(points) :]
    return mmd(points, real), mmd(other, real)


def learned_clouds(
    net: Network,
    schedule: Schedule,
    k: int,
    gammas: Sequence[float],
    seed: int,
    window: Window | None = None,
    count: int = 150,
    steps: int = 25,
) -> Array:
    """The same with a network's answers, all gammas in one batch: (F, count, 2)."""
    start = np.random.default_rng(seed).standard_normal((COUNT, 2))[:count]
    x = np.tile(start, (len(gammas), 1))  # (F * count, 2)
    dial = np.repeat(np.array(gammas, dtype=float), count)[:, None]
    labels = np.full(len(x), k)

    def predict(x: Array, t: int) -> Array:
        now = dial if window is None or t in window else 1.0
        return combine(net(x, t, None), net(x, t, labels), now)  # type: ignore[arg-type]

    for step in ddim(schedule, predict, x, schedule.times(steps)):
        x = step.after
    return x.reshape(len(gammas), count, 2)
