"""Pictures of the `normal` lesson: an area under the bell, and a bell that forms from sums."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from explorer.figures import theme
from explorer.figures.traces import Canvas, dots, filled, line, text, vertical
from explorer.i18n import _
from explorer.metrics.distance import ks_noise, ks_statistic
from explorer.models.gaussian import Gaussian
from explorer.models.limit import Base, How, draws, limit

RANGE = (-10.0, 10.0)
TERMS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50)  # N, the frames of the film
BINS = 60


def area(bell: Gaussian, a: float, b: float, data: np.ndarray | None = None) -> go.Figure:
    """The density of a 1-D Gaussian, the area between a and b filled and its size written in.

    The height axis fits the curve; the x axis stays, so that wider and narrower can be compared.
    data (N,), if given, is shown as a histogram, moved and scaled to the curve's mean and width.
    """
    mu, sigma = bell.mu_sigma()
    a, b = min(a, b), max(a, b)
    x = np.unique(np.concatenate([np.linspace(*RANGE, 201), mu + sigma * np.linspace(-4, 4, 121)]))
    peak = float(bell.prob(np.array([mu]))[0])
    made = Canvas.empty(("x", _("density p(x)")), RANGE, (0, 1.22 * peak))
    inside = np.concatenate([[a], x[(x > a) & (x < b)], [b]])
    if data is not None:
        edges = mu + sigma * np.linspace(-4, 4, 49)
        height, _edges = np.histogram(data, edges)
        height = height / len(data) / np.diff(edges)  # share per unit of x: comparable with p(x)
        made.add(_bars(edges, height, "data", 0.35))
    area = {"x": inside, "y": bell.prob(inside)}
    hover = "x = %{x:.3g}<br>p(x) = %{y:.4g}<extra></extra>"
    made.add(
        filled(area, theme.color("model", 0.28), mode="none", fill="tozeroy"),
        line(x, bell.prob(x), hovertemplate=hover),
        *(vertical(end, 0, 1.22 * peak) for end in (a, b)),
    )
    share = f"<b>{100 * float(bell.interval(a, b)):.2f} %</b>"
    if b - a > 3:
        made.add(text((a + b) / 2, 0.42 * peak, share, "model", 22, at="middle center"))
    elif b < 6:  # too narrow to write in: beside it
        made.add(text(b + 0.2, 0.8 * peak, share, "model", 22, at="middle right"))
    else:
        made.add(text(a - 0.2, 0.8 * peak, share, "model", 22, at="middle left"))
    return made.figure()


def _bars(edges: np.ndarray, height: np.ndarray, role: str, opacity: float) -> dict:
    marker = {"color": theme.color(role, opacity), "line": {"width": 0}}
    return {"type": "bar", **_steps(edges, height), "marker": marker, "hoverinfo": "skip"}


def _steps(edges: np.ndarray, height: np.ndarray) -> dict:
    """Where bars stand, how high and how wide."""
    return {"x": (edges[1:] + edges[:-1]) / 2, "y": height, "width": np.diff(edges)}


@dataclass(frozen=True, eq=False)
class Forming:
    """The film of a bell forming, and the numbers behind each of its frames (one per N)."""

    figure: go.Figure  # with frames
    terms: tuple[int, ...]  # N
    distance: np.ndarray  # (frames,) Kolmogorov-Smirnov distance to the limit
    mean: np.ndarray  # (frames,) of the draws, on the shown scale
    spread: np.ndarray  # (frames,) standard deviation of the draws, on the shown scale


def forming(base: Base, scale: str, n_draws: int, seed: int) -> Forming:
    """Histograms of means of N draws of `base`, N = 1, 2, 3, … 50, against the normal limit.

    scale: "z" standardised, "mean", or "sum". Beside it the Kolmogorov-Smirnov distance along N
    with the level that chance alone reaches. Where there is no limit (Cauchy), the dashed curve is
    the exact distribution of the mean, and the distance is to the normal with the same quartiles.
    """
    how: How = "sum" if scale == "sum" else "mean"
    samples = [draws(base, n, n_draws, seed, how) for n in TERMS]
    bells = [_reference(base, n, how, s) for n, s in zip(TERMS, samples, strict=True)]
    distance = np.array([_distance(base, s, g) for s, g in zip(samples, bells, strict=True)])
    if scale == "z":
        samples = [_standard(s, g) for s, g in zip(samples, bells, strict=True)]
        shown = [Gaussian.from_std(0.0, 1.0)] * len(TERMS)
    else:
        shown = bells
    x_range = _range(shown, scale, base)
    frames = [
        _frame(base, n, scale, s, g, bell, x_range, d)
        for n, s, g, bell, d in zip(TERMS, samples, shown, bells, distance, strict=True)
    ]
    made = _panels(scale, x_range, distance, n_draws)
    for index, change in zip(frames[0]["traces"], frames[0]["data"], strict=True):
        made.traces[index] |= change
    return Forming(
        made.figure(frames),
        TERMS,
        distance,
        np.array([s.mean() for s in samples]),
        np.array([s.std() for s in samples]),
    )


def _reference(base: Base, n: int, how: How, sample: np.ndarray) -> Gaussian:
    """The limit; without one, the normal through the sample's quartiles (z = 0.6745 there)."""
    if base.has_limit:
        return limit(base, n, how)
    low, middle, high = np.quantile(sample, (0.25, 0.5, 0.75))
    return Gaussian.from_std(middle, (high - low) / 1.349)


def _standard(sample: np.ndarray, bell: Gaussian) -> np.ndarray:
    mu, sigma = bell.mu_sigma()
    return (sample - mu) / sigma


def _distance(base: Base, sample: np.ndarray, bell: Gaussian) -> float:
    return ks_statistic(sample, bell.cdf)


def _range(shown: list[Gaussian], scale: str, base: Base) -> tuple[float, float]:
    """Fixed along the film, wide enough for every frame: 4 standard deviations around each."""
    if not base.has_limit:
        return (-40.0, 40.0) if scale == "sum" else (-8.0, 8.0)
    ends = np.array([[mu - 4 * s, mu + 4 * s] for mu, s in (g.mu_sigma() for g in shown)])
    return float(ends[:, 0].min()), float(ends[:, 1].max())


def _panels(scale: str, x_range: tuple[float, float], distance: np.ndarray, n_draws: int) -> Canvas:
    titles = {
        "z": _("z = (mean − μ) / (σ/√N)"),
        "mean": _("mean of N draws"),
        "sum": _("sum of N draws"),
    }
    made = Canvas.empty((titles[scale], _("density")), x_range, (0, 0.6))
    noise = ks_noise(n_draws)
    made.layout["xaxis"]["domain"] = [0.0, 0.58]
    ticks = {"type": "log", "tickvals": [1, 2, 5, 10, 20, 50], "domain": [0.7, 1.0]}
    made.layout["xaxis2"] = theme.axis("N", (-0.08, np.log10(60)), **ticks, anchor="y2")
    low = np.log10(min(distance.min(), noise) * 0.6)
    made.layout["yaxis2"] = theme.axis(
        _("KS distance to the limit"), (low, 0), type="log", anchor="x2", dtick=1
    )
    made.layout["bargap"] = 0
    right = {"xaxis": "x2", "yaxis": "y2"}
    made.add(
        _bars(np.array([0.0, 1.0]), np.array([0.0]), "sample", 0.55),
        line(np.zeros(1), np.zeros(1), "truth"),
        line(np.array(TERMS), distance, "muted", 2, **right),
        line(np.array([1.0, 50.0]), np.full(2, noise), "truth", 2, **right),
        text(1, noise, _("chance"), "truth", 13, at="bottom right", **right),
        dots([1], [1], "condition", 14, marker={"symbol": "diamond"}, **right),
    )
    made.narrow, made.narrow_height = {
        "xaxis.domain": [0, 1],
        "xaxis2.domain": [0, 1],
        "yaxis.domain": [0.47, 1],
        "yaxis2.domain": [0, 0.27],
    }, 560  # fmt: skip
    return made


def _frame(
    base: Base,
    n: int,
    scale: str,
    sample: np.ndarray,
    shown: Gaussian,
    bell: Gaussian,
    x_range: tuple[float, float],
    distance: float,
) -> dict:
    """What changes with N: the histogram, the limit's curve, the marker."""
    edges = _edges(base, n, scale, shown, bell, x_range)
    count, _edges_again = np.histogram(sample, edges)
    height = count / len(sample) / np.diff(edges)
    mu, sigma = shown.mu_sigma()
    x = np.linspace(max(x_range[0], mu - 5 * sigma), min(x_range[1], mu + 5 * sigma), 161)
    curve = shown.prob(x) if base.has_limit else _cauchy(base, x, n, scale, bell)
    top = 1.25 * max(float(curve.max()), float(np.quantile(height, 0.98)))
    return {
        "name": f"= {n}",
        "traces": [0, 1, 5],
        "data": [
            {"type": "bar", **_steps(edges, height)},
            {"type": "scatter", "x": x, "y": curve},
            {"type": "scatter", "x": [n], "y": [distance]},
        ],
        "layout": {"yaxis": {"range": [0, top]}},
    }


def _cauchy(base: Base, x: np.ndarray, n: int, scale: str, bell: Gaussian) -> np.ndarray:
    """The exact density of the mean (the base itself again), the sum, or the scaled mean."""
    if scale == "sum":
        return base.density(x / n) / n
    mu, sigma = bell.mu_sigma() if scale == "z" else (0.0, 1.0)
    return base.density(mu + sigma * x) * sigma


def _edges(
    base: Base, n: int, scale: str, shown: Gaussian, bell: Gaussian, x_range: Sequence[float]
) -> np.ndarray:
    """Equal bins; for coins one bin per possible count, or the histogram would show a comb."""
    mu, sigma = shown.mu_sigma()
    if not base.discrete:
        reach = (mu - 4.5 * sigma, mu + 4.5 * sigma) if base.has_limit else x_range
        return np.linspace(reach[0], reach[1], BINS + 1)
    lattice = (np.arange(n + 2) - 0.5) / (1 if scale == "sum" else n)
    if scale == "z":
        centre, width = bell.mu_sigma()
        return (lattice - centre) / width
    return lattice
