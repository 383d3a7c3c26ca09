"""The `noising` lesson without pictures: a cloud in the plane, and one number, step by step and in
one shot. Films over t; each frame holds only what changes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.figures import theme
from explorer.figures.noising import Plan, stops, way
from explorer.figures.picture import Picture
from explorer.figures.traces import Canvas, dots, line, small, text, vertical
from explorer.i18n import _
from explorer.metrics.distance import ks_statistic
from explorer.models.gaussian import Gaussian

MOST = 200  # points of the cloud that are drawn
COUNTED = 1000  # points whose moments are taken
JUMPS = 30  # draws of q(x_t|x_0) beside them
WALKERS = 1500  # copies of one number
PATHS = 4  # of them are drawn thin, and one thick
SHADOW = np.linspace(-3.6, 3.6, 37)  # bins of the cloud's shadow
TURN = np.linspace(0, 2 * np.pi, 37)
CIRCLES = np.concatenate(
    [np.stack([r * np.cos(TURN), r * np.sin(TURN)], axis=1) for r in (1, 2)]
).reshape(2, -1, 2)
BINS = np.linspace(-4, 4, 65)  # of the histograms of one number
HEIGHTS = np.linspace(-4, 4, 161)  # where the exact bell is drawn
OPEN = {"symbol": "diamond-open", "line": {"width": 2}}
CROSS = {"symbol": "x-thin-open", "line": {"width": 2}}


def standard(x: np.ndarray) -> np.ndarray:
    """Data (N, 2) with mean 0 and variance 1 along each axis, as diffusion models want it."""
    centred = x - x.mean(axis=0)
    return centred / centred.std(axis=0)


# ---- a cloud -----------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Cloud:
    """What happens to data (N, 2), and to one start (2,), at the F stops of the film."""

    start: np.ndarray  # (2,)
    points: np.ndarray  # (F, M, 2) of the points that are drawn
    means: np.ndarray  # (F, 2) over all data, or COUNTED of them
    variances: np.ndarray  # (F, 2)
    shadow: np.ndarray  # (F, bins), density of the first coordinate
    walk: np.ndarray  # (F, 2), one path from the start, step by step
    path: np.ndarray  # (P, 2), the same path at more times
    jumps: np.ndarray  # (F, JUMPS, 2), draws in one shot, new ones at each stop


def cloud(plan: Plan, z: np.ndarray, start: tuple[float, float], how: str, seed: int) -> Cloud:
    """z (N, 2) standardised; `how` as for `noising.way`."""
    rows = np.random.default_rng(seed).permutation(len(z))[:COUNTED]
    ways = way(plan, z[rows], how, seed)  # (F, N, 2)
    begin = np.array(start, dtype=float)
    many = np.broadcast_to(begin, (JUMPS, 2))
    walk, path = _walk(plan, begin[None], 1, seed + 1)
    return Cloud(
        begin, ways[:, :MOST], ways.mean(axis=1), ways.var(axis=1),
        np.stack([_density(x[:, 0], SHADOW) for x in ways]), walk[:, 0], path[:, 0],
        way(plan, many, "fresh", seed + 2),
    )  # fmt: skip


def moments(steps: int) -> list[int]:
    """At most 401 times for a drawn path: finer than the film's stops."""
    return sorted({round(steps * k / min(steps, 400)) for k in range(min(steps, 400) + 1)})


def _walk(plan: Plan, x0: np.ndarray, first: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Walks from x0 (N, ...): all of them at the stops, the first few at `moments`."""
    generator, wanted, fine = np.random.default_rng(seed), set(stops(plan.steps)), [x0[:first]]
    kept, often = [x0], set(moments(plan.steps))
    for t, x in enumerate(plan.make().walk(x0, generator), start=1):
        if t in wanted:
            kept.append(x)
        if t in often:
            fine.append(x[:first])
    return np.stack(kept), np.stack(fine)


def plane(plan: Plan, found: Cloud, labels: tuple[str, ...]) -> Picture:
    """Left: data, one start and its q(x_t|x_0). Right: abar, and the cloud's shadow on one axis."""
    reach = max(3.3, 1.04 * float(np.abs(found.points).max()))
    titles = [_("{label} (standardised)").format(label=label) for label in labels]
    made = Canvas.empty((titles[0], titles[1]), (-reach, reach), (-reach, reach), height=500)
    made.layout["xaxis"]["domain"] = [0, 0.6]
    for circle in CIRCLES:
        made.add(line(small(circle[:, 0]), small(circle[:, 1]), "latent", 1.5))
    made.add(text(0, -2, "N(0, I)", "latent", 14, at="bottom center"))
    frames = _plane_parts(plan, found)
    points, ring, jumps, walker, mark, bars = frames[0]
    weight = {"opacity": float(np.clip(8 / np.sqrt(found.points.shape[1]), 0.45, 0.9))}
    made.add(dots(points["x"], points["y"], "data", 6, marker=weight))
    path = found.path.T
    made.add(line(small(path[0]), small(path[1]), "model", 1, opacity=0.45))
    made.add(line([found.start[0], 0], [found.start[1], 0], "muted", 1))
    made.add(
        text(float(found.start[0]), float(found.start[1]) + 0.09 * reach, "x₀", "condition", 16)
    )
    places = [3, 7, 8, 9]
    made.add(line(ring["x"], ring["y"], "truth", 2.5))
    made.add(dots(jumps["x"], jumps["y"], "sample", 8, marker=OPEN))
    made.add(dots(walker["x"], walker["y"], "model", 12, marker={"symbol": "square"}))
    places += _side(made, plan, mark, bars)
    made.narrow = {
        "xaxis.domain": [0, 1], "yaxis.domain": [0.46, 1],
        "xaxis2.domain": [0, 0.42], "yaxis2.domain": [0, 0.32],
        "xaxis3.domain": [0.62, 1], "yaxis3.domain": [0, 0.32],
    }  # fmt: skip
    made.narrow_height = 640
    return _film(made, plan, frames, places)


def _plane_parts(plan: Plan, found: Cloud) -> list[list[dict]]:
    """For each stop: data, two rings, draws, the walker, the mark on abar, the shadow."""
    schedule, frames = plan.make(), []
    gap = np.full((1, 2), np.nan)
    for k, t in enumerate(stops(plan.steps)):
        centre, spread = schedule.signal(t) * found.start, schedule.noise(t)
        rings = centre + spread * np.concatenate([CIRCLES[0], gap, CIRCLES[1]])
        frames.append(
            [
                _xy(found.points[k]), _xy(rings), _xy(found.jumps[k]), _xy(found.walk[k][None]),
                {"x": [t], "y": [float(schedule.abar[t])]},
                {"y": small(np.repeat(found.shadow[k], 2))},
            ]
        )  # fmt: skip
    return frames


def _xy(points: np.ndarray) -> dict:
    return {"x": small(points[:, 0]), "y": small(points[:, 1])}


def _density(x: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Share of x per unit in each bin."""
    return np.histogram(x, edges)[0] / len(x) / np.diff(edges)


def _side(made: Canvas, plan: Plan, mark: dict, bars: dict) -> list[int]:
    """The two small pictures on the right; the places of the traces that move."""
    steps, places = plan.steps, np.unique(np.linspace(0, plan.steps, 201).round().astype(int))
    made.layout["xaxis2"] = theme.axis(
        _("time t (steps)"), (-0.03 * steps, 1.03 * steps), domain=[0.73, 1], anchor="y2", nticks=4
    )
    made.layout["yaxis2"] = theme.axis("ᾱ", (-0.03, 1.09), domain=[0.6, 1], anchor="x2", nticks=3)
    made.layout["xaxis3"] = theme.axis(
        _("horizontal shadow"), (-3.7, 3.7), domain=[0.73, 1], anchor="y3"
    )
    made.layout["yaxis3"] = theme.axis(
        _("density"), (0, 0.82), domain=[0, 0.36], anchor="x3", nticks=3
    )
    right, below = {"xaxis": "x2", "yaxis": "y2"}, {"xaxis": "x3", "yaxis": "y3"}
    made.add(line(small(places), small(plan.make().abar[places]), "model", 3, **right))
    made.add(dots(mark["x"], mark["y"], "condition", 12, **right))
    x = np.linspace(-3.6, 3.6, 91)
    edges = small(np.repeat(SHADOW, 2)[1:-1])
    made.add(line(edges, bars["y"], "data", 2, **below))
    made.add(line(small(x), small(Gaussian.from_std(0, 1).prob(x)), "latent", 1.5, **below))
    return [len(made.traces) - 3, len(made.traces) - 2]


# ---- one number --------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Crowd:
    """Copies of one number at the F stops: walked step by step, and drawn in one shot."""

    x0: float
    walked: np.ndarray  # (F, WALKERS)
    paths: np.ndarray  # (P, PATHS + 1), the first of them at more times
    drawn: np.ndarray  # (F, WALKERS), new ones at each stop


def crowd(plan: Plan, x0: float, seed: int) -> Crowd:
    """WALKERS times the same number."""
    copies = np.full(WALKERS, float(x0))
    walked, paths = _walk(plan, copies, PATHS + 1, seed)
    return Crowd(x0, walked, paths, way(plan, copies, "fresh", seed + 1))


def bell(plan: Plan, x0: float, t: int) -> Gaussian | None:
    """q(x_t|x_0), None at t = 0, where it is x_0 itself."""
    schedule = plan.make()
    return Gaussian.from_std(schedule.signal(t) * x0, schedule.noise(t)) if t > 0 else None


def gaps(plan: Plan, found: Crowd, k: int) -> tuple[float, float]:
    """Kolmogorov-Smirnov distance of walkers and of draws to the formula's bell, at a stop."""
    exact = bell(plan, found.x0, stops(plan.steps)[k])
    if exact is None:
        return 0.0, 0.0
    return ks_statistic(found.walked[k], exact.cdf), ks_statistic(found.drawn[k], exact.cdf)


def number(plan: Plan, found: Crowd) -> Picture:
    """Left: paths that wander and draws that jump, inside the exact band. Right: both crowds."""
    steps, times = plan.steps, np.array(stops(plan.steps))
    made = Canvas.empty(
        (_("time t (steps)"), "x<sub>t</sub>"), (-0.02 * steps, 1.02 * steps), (-4, 4), height=500
    )
    made.layout["xaxis"]["domain"] = [0, 0.63]
    often = small(np.array(moments(steps)))
    for path in found.paths.T[1:]:
        made.add(line(often, small(path), "model", 1, opacity=0.3))
    made.add(line(often, small(found.paths[:, 0]), "model", 2.5))
    made.add(dots(small(times), small(found.drawn[:, 0]), "sample", 8, marker=OPEN))
    _band(made, plan, found.x0)
    made.add(dots([0], [found.x0], "data", 11))
    frames = _number_parts(plan, found)
    places = [len(made.traces)]
    made.add(vertical(0, -4, 4))
    right = {"xaxis": "x2", "yaxis": "y2"}
    made.layout["xaxis2"] = theme.axis(
        _("density"), (0, 1.35), domain=[0.7, 1], anchor="y2", nticks=4
    )
    made.layout["yaxis2"] = theme.axis("", (-4, 4), anchor="x2", showticklabels=False)
    edges = small(np.repeat(BINS, 2)[1:-1])
    places += [len(made.traces) + k for k in range(3)]
    _vertical, walked, drawn, curve = frames[0]
    made.add(line(walked["x"], edges, "model", 2, **right))
    made.add(line(drawn["x"], edges, "sample", 2, **right))
    made.add(line(curve["x"], small(HEIGHTS), "truth", 2.5, **right))
    made.add(
        text(1.33, 3.7, _("walked, step by step"), "model", 14, at="middle left", **right),
        text(1.33, 3.25, _("drawn in one shot"), "sample", 14, at="middle left", **right),
        text(1.33, 2.8, _("the formula"), "truth", 14, at="middle left", **right),
    )
    made.narrow = {
        "xaxis.domain": [0, 1], "yaxis.domain": [0.5, 1],
        "xaxis2.domain": [0, 1], "yaxis2.domain": [0, 0.36],
    }  # fmt: skip
    made.narrow_height = 640
    return _film(made, plan, frames, places)


def _band(made: Canvas, plan: Plan, x0: float) -> None:
    """The mean sqrt(abar) x_0, and two standard deviations either side."""
    schedule = plan.make()
    places = np.unique(np.linspace(0, plan.steps, 101).round().astype(int))
    mean, spread = schedule.signal(places) * x0, schedule.noise(places)
    for shift, width in ((-2, 2), (0, 1.5), (2, 2)):
        made.add(line(small(places), small(mean + shift * spread), "truth", width))
    end = float(plan.steps)
    top, middle = float(mean[-1] + 2 * spread[-1]), float(mean[-1])
    made.add(text(end, top + 0.05, _("mean + 2 σ"), "truth", 14, at="top left"))
    made.add(text(end, middle + 0.03, _("mean"), "truth", 14, at="top left"))


def _number_parts(plan: Plan, found: Crowd) -> list[list[dict]]:
    """For each stop: the mark, both histograms, the bell, all on the density axis."""
    frames = []
    for k, t in enumerate(stops(plan.steps)):
        exact = bell(plan, found.x0, t)
        height = np.zeros(len(HEIGHTS)) if exact is None else exact.prob(HEIGHTS)
        bars = [np.repeat(_density(v, BINS), 2) for v in (found.walked[k], found.drawn[k])]
        changes = [{"x": small(v)} for v in (*bars, height)]
        mark: dict = {"x": [t, t]}
        frames.append([mark, *changes])
    return frames


# ---- both --------------------------------------------------------------------------------------


def _film(made: Canvas, plan: Plan, frames: list[list[dict]], places: list[int]) -> Picture:
    return made.figure(
        {"name": f"= {t:,}", "data": [{"type": "scatter", **part} for part in parts],
         "traces": places}
        for t, parts in zip(stops(plan.steps), frames, strict=True)
    )  # fmt: skip
