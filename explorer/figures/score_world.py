"""A data set of the plane as the `score` lesson sees it: exact answers, and walks through noise.

Five toys keep their own units, because trained networks know them so; everything else is measured
in its own standard deviations. Noise has standard deviation 1 along each axis either way.
Letters: N points, t a time of SCHEDULE, noise(x, t) -> eps an answer, exact or learned.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from explorer.data import toys
from explorer.i18n import _
from explorer.metrics.two_samples import mmd
from explorer.models.checks import Array
from explorer.models.diffusion.ddim import ddim
from explorer.models.diffusion.ddpm import ddpm
from explorer.models.diffusion.exact import ExactMixture, ExactSet
from explorer.models.diffusion.heun import heun
from explorer.models.diffusion.langevin import langevin
from explorer.models.diffusion.schedule import linear
from explorer.models.diffusion.step import numpy_draw
from explorer.models.mixture import Mixture

Noise = Callable[[Array, int], Array]

SCHEDULE = linear()
LAST = SCHEDULE.steps  # T
SETS = ("eight_gaussians", "blobs", "moons", "spirals", "checkerboard")
MIXTURES = {"eight_gaussians": Mixture(*toys.EIGHT), "blobs": Mixture(*toys.BLOBS)}
SAMPLERS: dict = {
    "ddim": ddim,
    "heun": heun,
    "ddpm": ddpm,
    "langevin": partial(langevin, pace=0.3, inner=2),  # longer and fewer moves than its defaults
}
LEVELS = (5, 10, 25, 50, 100, 250, 500, 750, 1000)  # as on the cards
MOST = 300  # points of a finite set
CLOUD = 240  # of them drawn
SWARM = 400  # particles
JUDGES = 1000  # noised points on which an answer is judged
TINY = 30  # the one small level of noise at which Langevin's walk gets stuck
FRAMES = 40  # of a film, at most, and one


def checkpoint(name: str) -> str:
    """The network trained on a toy."""
    return f"points-{name}".replace("_", "-")


@dataclass(frozen=True, eq=False)
class World:
    """`x` (N, 2) in the units that noise is measured in; `labels` of its axes."""

    name: str  # of one of SETS, or "own"
    x: Array
    labels: tuple[str, str]

    @cached_property
    def exact(self) -> ExactMixture | ExactSet:
        """Of the mixture the data come from, where it is known; else of these very points."""
        if self.name in MIXTURES:
            return ExactMixture(MIXTURES[self.name], SCHEDULE)
        return ExactSet(self.x, SCHEDULE)

    @property
    def known(self) -> bool:
        """Whether the distribution behind the data is known, not only the data."""
        return self.name in MIXTURES

    @cached_property
    def reach(self) -> float:
        """The window shown: from -reach to reach along both axes."""
        return float(np.clip(1.1 * np.quantile(np.abs(self.x), 0.995), 3.6, 6.0))

    def noise(self, x: Array, t: int) -> Array:
        """E[eps | x_t], (N, 2)."""
        return self.exact.noise(x, t)

    def clean(self, x: Array, t: int) -> Array:
        """E[x_0 | x_t], (N, 2)."""
        return self.exact.clean(x, t)

    def score(self, x: Array, t: int) -> Array:
        """Gradient of log p_t, (N, 2)."""
        return score_of(self.noise, x, t)

    def log_prob(self, x: Array, t: int) -> Array:
        """log p_t in nats, (N,)."""
        if isinstance(self.exact, ExactMixture):
            return self.exact.at(t).log_prob(x)
        return self.exact.log_prob(x, t)

    @cached_property
    def _cloud(self) -> tuple[Array, Array]:
        rng = np.random.default_rng(0)
        rows = rng.permutation(len(self.x))[:CLOUD]
        return self.x[rows], rng.standard_normal((len(rows), 2))

    def cloud(self, t: int) -> tuple[Array, Array]:
        """Some of the data, and the same with noise, the same eps at every t."""
        x0, eps = self._cloud
        return x0, SCHEDULE.diffuse(x0, t, eps)

    @cached_property
    def pair(self) -> tuple[Array, Array]:
        """Two sets of real points, of one size and nothing in common; own data are halved."""
        if self.name in SETS:
            first, second = (np.random.default_rng(seed) for seed in (11, 12))
            return toys.sample(self.name, SWARM, first)[0], toys.sample(self.name, SWARM, second)[0]
        order = np.random.default_rng(11).permutation(len(self.x))
        half = min(SWARM, len(self.x) // 2)
        return self.x[order[:half]], self.x[order[half : 2 * half]]

    @cached_property
    def floor(self) -> float:
        """MMD of real points against other real points, as many as samples are judged by."""
        return mmd(*self.pair)

    def mmd(self, samples: Array) -> float:
        """MMD of samples against real points."""
        return mmd(samples[: len(self.pair[0])], self.pair[0])

    @cached_property
    def judges(self) -> Array:
        """Points that answers are judged on once they are noised, (N, 2)."""
        if self.name in SETS:
            return toys.fixed(self.name, "test")[0][:JUDGES]
        return np.resize(self.x, (JUDGES, 2))

    # ---- parts of the plane, to see whether each gets its share ------------------------------

    @cached_property
    def middle(self) -> Array:
        """(2,), where the four quarters meet that stand in for unknown clusters."""
        return np.median(self.x, axis=0)

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the parts: numbers of the components, or the four quarters as arrows."""
        if self.known:
            return tuple(str(k + 1) for k in range(len(MIXTURES[self.name].weights)))
        return ("↙", "↘", "↖", "↗")

    def shares(self, x: Array) -> Array:
        """Share of points (N, 2) in each part, (K,)."""
        if self.known:
            part = MIXTURES[self.name].responsibilities(x).argmax(axis=1)
        else:
            part = (x > self.middle) @ np.array([1, 2])
        return np.bincount(part, minlength=len(self.parts)) / len(x)

    @cached_property
    def weights(self) -> Array:
        """What the shares should be, (K,)."""
        return MIXTURES[self.name].weights if self.known else self.shares(self.x)


def world(name: str, x: Array, labels: Sequence[str]) -> World:
    """The world of data (N, 2); a name outside of SETS means the learner's own or another set."""
    if name in MIXTURES:
        return World(name, x, (labels[0], labels[1]))
    if len(x) > MOST:
        x = x[np.sort(np.random.default_rng(0).choice(len(x), MOST, replace=False))]
    if name in SETS:
        return World(name, x, (labels[0], labels[1]))
    spread = x.std(axis=0)
    z = (x - x.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    across, along = (_("{label}, standardised").format(label=label) for label in labels)
    return World("own", z, (across, along))


def score_of(noise: Noise, x: Array, t: int) -> Array:
    """The score that goes with an answer: -eps / s."""
    return -noise(x, t) / float(SCHEDULE.noise(t))


def relative_error(here: World, noise: Noise, t: int) -> float:
    """|answer - exact| over |exact|, root mean square over noised points: of eps or score alike."""
    eps = np.random.default_rng(t).standard_normal(here.judges.shape)
    x = SCHEDULE.diffuse(here.judges, t, eps)
    truth = here.noise(x, t)
    return float(np.sqrt(((noise(x, t) - truth) ** 2).sum() / (truth**2).sum()))


def errors_along(here: World, noise: Noise) -> Array:
    """The relative error at each of LEVELS."""
    return np.array([relative_error(here, noise, t) for t in LEVELS])


# ---- walks -------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Walk:
    """Where N particles were at each of F times, and the guess at x_0 made there."""

    times: tuple[int, ...]
    x: Array  # (F, N, 2)
    clean: Array  # (F, N, 2)

    def thinned(self) -> Walk:
        """At most FRAMES + 1 of its times, the first and the last among them."""
        count = len(self.times)
        kept = np.unique(np.linspace(0, count - 1, min(count, FRAMES + 1)).round().astype(int))
        return Walk(tuple(self.times[k] for k in kept), self.x[kept], self.clean[kept])


def times_of(sampler: str, steps: int, levels: str = "all") -> list[int]:
    """The times a sampler visits; `levels` "one": Langevin's walk at TINY alone, then 0."""
    if sampler == "langevin" and levels == "one":
        return [TINY] * steps + [0]
    return SCHEDULE.times(steps)


def walk(noise: Noise, sampler: str, x: Array, times: Sequence[int], seed: int = 0) -> Walk:
    """Particles (N, 2) led by a sampler through the times; whatever is random comes from seed."""
    draw = numpy_draw(np.random.default_rng(seed))
    steps = list(SAMPLERS[sampler](SCHEDULE, noise, x, times, draw))
    places = np.stack([x, *(step.after for step in steps)])
    guesses = np.stack([*(step.clean for step in steps), places[-1]])
    return Walk(tuple(times), places, guesses)


def there_and_back(noise: Noise, sampler: str, x: Array, steps: int) -> Walk:
    """Along the differential equation from t = 1 up to T in so many steps, and down again."""
    up = [round(1 + (LAST - 1) * k / steps) for k in range(steps + 1)]
    return walk(noise, sampler, x, up + up[-2::-1])


def missed(found: Walk) -> float:
    """Root mean square distance between where particles began and where they ended."""
    return float(np.sqrt(((found.x[-1] - found.x[0]) ** 2).sum(axis=1).mean()))


COUNTS = (5, 10, 20, 50)  # steps at which the way back is measured
FEW = 50  # particles for that


def return_errors(here: World, noise: Noise) -> dict[str, Array]:
    """How far particles miss their start, for each of COUNTS, by Euler's and by Heun's rule."""
    x = here.pair[0][:FEW]
    return {
        sampler: np.array([missed(there_and_back(noise, sampler, x, n)) for n in COUNTS])
        for sampler in ("ddim", "heun")
    }


def starts(seed: int) -> Array:
    """Noise for a swarm: draws from N(0, I), (SWARM, 2)."""
    return np.random.default_rng(seed).standard_normal((SWARM, 2))
