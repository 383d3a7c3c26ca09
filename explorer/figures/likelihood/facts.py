"""What the pictures need to know of the data, computed once per data set."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from explorer.models.checks import Array
from explorer.models.gaussian import Gaussian
from explorer.models.likelihood import Moments

LEVELS = (0.03, 0.1, 0.3, 1.0, 3.0)  # contours, nats per point below the maximum
TOP = 1.6  # height of the density axis, in peaks of the best curve
FAR = 2.5  # the landscape shows mu up to so many standard deviations from the maximum
NARROWEST, WIDEST = 0.1, 3.0  # and sigma between these multiples of the best one
MOST = 25_000  # draws, and sizes of a study, go no further


@dataclass(frozen=True, eq=False)
class Facts:
    """The numbers, and what follows from them."""

    x: Array  # (n,), in the order of the file
    label: str = "x"  # axis title with unit
    unit: str = ""

    @classmethod
    def of(cls, x: Array, label: str = "x", unit: str = "") -> "Facts":
        """From numbers (n,) or (n, 1)."""
        return cls(np.ravel(x), label, unit)

    @cached_property
    def sorted(self) -> Array:
        """The numbers from the smallest to the largest."""
        return np.sort(self.x)

    @property
    def ends(self) -> Array:
        """The smallest and the largest, (2,)."""
        return self.sorted[[0, -1]]

    @cached_property
    def moments(self) -> Moments:
        """n, mean and standard deviation."""
        return Moments.of(self.x)

    @cached_property
    def best(self) -> Gaussian:
        """The normal of highest likelihood."""
        return Gaussian.from_std(*self.moments.maximum())

    @cached_property
    def edges(self) -> Array:
        """Bin edges at round numbers over the whole axis (Freedman & Diaconis 1981)."""
        m, s = self.moments.maximum()
        low, high = min(self.ends[0], m - 4 * s), max(self.ends[1], m + 4 * s)
        lower, upper = np.quantile(self.x, [0.25, 0.75])
        width = 2 * float(upper - lower) * len(self.x) ** (-1 / 3)
        finest, coarsest = nice((high - low) / 60), (high - low) / 12
        width = max(finest, nice(min(max(width, finest), coarsest), down=True))
        first, last = np.floor(low / width) - 1, np.ceil(high / width) + 1  # a bin to spare
        return width * np.arange(first, last + 1)

    @property
    def span(self) -> tuple[float, float]:
        """The range of the data axis."""
        return float(self.edges[0]), float(self.edges[-1])

    @cached_property
    def heights(self) -> Array:
        """The data's histogram as a density."""
        return histogram(self.x, self.edges)

    @cached_property
    def grid(self) -> Array:
        """Where curves are drawn: evenly over the axis."""
        return np.linspace(*self.span, 161)

    @property
    def top(self) -> float:
        """The upper end of the density axis; a curve much narrower than the data leaves it."""
        return TOP * peak(self.moments.std)

    @cached_property
    def contours(self) -> list[Array]:
        """The landscape's lines of equal height, one per level, (points, 2)."""
        return [self.moments.contour(drop) for drop in LEVELS]

    @cached_property
    def digits(self) -> int:
        """Decimals that make a hundredth of the spread visible."""
        return int(max(0, 2 - np.floor(np.log10(self.moments.std))))

    @cached_property
    def step(self) -> float:
        """About a fiftieth of the spread, a round number: one press of a key."""
        return nice(self.moments.std / 50)

    def text(self, value: float) -> str:
        """A number of the data with sensible decimals and its unit."""
        return f"{value:,.{self.digits}f} {self.unit}".strip().replace("-", "−")


def nice(value: float, down: bool = False) -> float:
    """The next round number from `value` up, or down: 1, 2 or 5 times a power of ten."""
    power = 10.0 ** np.floor(np.log10(value))
    steps = (10, 5, 2, 1) if down else (1, 2, 5, 10)
    near = 1.001 if down else 0.999  # so that 0.1 + 0.2 is already 0.3
    return float(power * next(m for m in steps if (m * power <= near * value) == down))


def histogram(x: Array, edges: Array) -> Array:
    """Share of x in each bin divided by its width; x beyond the edges counts in the total only."""
    return np.histogram(x, edges)[0] / (len(x) * np.diff(edges))


def counts(highest: int, lowest: int = 1) -> list[int]:
    """1, 2, 5, 10, 20, ... from the lowest up, and the highest as the last."""
    steps = [m * 10**k for k in range(6) for m in (1, 2, 5)]
    return [n for n in steps if lowest <= n < highest] + [highest]


def peak(sigma: float) -> float:
    """The height of a bell of that width."""
    return float(1 / (sigma * np.sqrt(2 * np.pi)))


@dataclass(frozen=True)
class Scale:
    """Where the controls start and how far they go, in the unit of the data."""

    mu: float
    sigma: float
    t: float
    mu_range: tuple[float, float]
    sigma_range: tuple[float, float]
    t_range: tuple[float, float]
    digits: int

    def rounded(self, value: float, low: float, high: float) -> float:
        """A dragged value with the decimals that are shown, inside its range."""
        return float(min(max(round(value, self.digits), low), high))


def scale(facts: Facts) -> Scale:
    """A first curve beside the data and too wide, so that there is something to do."""
    m, s = facts.moments.maximum()
    step, digits, coarse = facts.step, facts.digits, nice(s / 2)

    def near(value: float) -> float:
        return round(step * round(value / step), digits + 2)

    low, high = facts.span
    return Scale(
        mu=near(m - s),
        sigma=near(1.4 * s),
        t=round(round((m + 1.5 * s) / coarse) * coarse, digits + 2),
        mu_range=(near(m - FAR * s), near(m + FAR * s)),
        sigma_range=(max(step, near(NARROWEST * s)), near(WIDEST * s)),
        t_range=(near(low), near(high)),
        digits=digits,
    )
