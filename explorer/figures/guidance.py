"""Pictures of the `guidance` lesson: what gamma buys and costs, three arrows, and where they lead.

gamma is the guidance scale, eps = eps_u + gamma (eps_c - eps_u); the paper writes w = gamma - 1.
`dial` is "gamma" or "w": every number on an axis or a slider is shown in that convention.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import plotly.graph_objects as go

from explorer.data import toys
from explorer.figures import theme
from explorer.figures.traces import Canvas, dots, line, small, text, vertical
from explorer.i18n import _
from explorer.metrics import tilted
from explorer.metrics.tilted import Film
from explorer.models.diffusion.exact import ExactMixture
from explorer.models.diffusion.schedule import linear
from explorer.models.geometry import ellipse
from explorer.models.mixture import Mixture

GAMMAS = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)  # sampled for the slider
FINE = tuple(n / 4 for n in range(41))  # where it can rest
HALVES = tuple(n / 2 for n in range(21))  # the film of the plane
MOST = 10.0
ROWS = COLUMNS = 4
COUNT = ROWS * COLUMNS
SIDE = 28

#: The plane: three classes, each one Gaussian, so that everything is known.
EXACT = ExactMixture(Mixture(*toys.BLOBS), linear())
REACH, WIDE = 4.6, 6.9  # half the height and half the width of the plane with the arrows
X, Y = np.linspace(-WIDE, WIDE, 70), np.linspace(-REACH, REACH, 47)
CELL = float((X[1] - X[0]) * (Y[1] - Y[0]))


def symbol(dial: str) -> str:
    """What the slider is called."""
    return "w" if dial == "w" else "γ"


def shown(gamma: float, dial: str) -> float:
    """gamma as a number in the chosen convention."""
    return gamma - 1 if dial == "w" else gamma


def value(gamma: float, dial: str) -> str:
    """The same as text, with a real minus."""
    return f"{shown(gamma, dial):g}".replace("-", "−")


# ---- the film of pictures ----------------------------------------------------------------------

EXACTLY, BLEND, WAITING = "exact", "blend", "waiting"


def film(found: Mapping[float, np.ndarray], noise: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """A frame for each gamma of FINE, (41, 4, 4, 28, 28) in [0, 1], and how each was made.

    found: gamma -> samples (16, 784) in [-1, 1]. Between two of them the frame is their blend;
    where a neighbour is still missing, the nearest there is, dimmed; before all, the noise.
    """
    known = sorted(found)
    frames, how = [], []
    for gamma in FINE:
        picture, made = _frame(gamma, known, found, noise)
        frames.append(picture.reshape(ROWS, COLUMNS, SIDE, SIDE))
        how.append(made)
    return np.stack(frames), how


def neighbours(gamma: float) -> tuple[float, float]:
    """The sampled gammas on either side."""
    place = bisect_left(GAMMAS, gamma)
    return GAMMAS[max(place - 1, 0)], GAMMAS[place]


def _frame(
    gamma: float, known: Sequence[float], found: Mapping[float, np.ndarray], noise: np.ndarray
) -> tuple[np.ndarray, str]:
    if gamma in found:
        return to_unit(found[gamma]), EXACTLY
    low, high = neighbours(gamma)
    if low in found and high in found:
        share = (gamma - low) / (high - low)
        return to_unit((1 - share) * found[low] + share * found[high]), BLEND
    if not known:
        return 0.45 * np.clip(0.5 + noise / 4, 0, 1), WAITING
    nearest = min(known, key=lambda other: abs(other - gamma))
    return 0.4 * to_unit(found[nearest]), WAITING


def to_unit(x: np.ndarray) -> np.ndarray:
    """Samples in [-1, 1] -> pixels in [0, 1]."""
    return np.clip((x + 1) / 2, 0, 1)


def likeness(x: np.ndarray) -> float:
    """Correlation of the pixels of two of the pictures (N, d), mean over all pairs; 1: the same.

    Bolder ink alone does not change it, as it would change a difference.
    """
    deviations = x - x.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(deviations, axis=1, keepdims=True)
    rows = deviations / np.maximum(lengths, 1e-9)
    count = len(x)
    own = float((rows**2).sum())
    return (float((rows.sum(axis=0) ** 2).sum()) - own) / (count * (count - 1))


# ---- fidelity and diversity, from the card -----------------------------------------------------


@dataclass(frozen=True)
class Curve:
    """What a card says along gamma; arrays (G,)."""

    gammas: np.ndarray
    accuracy: np.ndarray  # percent
    precision: np.ndarray
    recall: np.ndarray
    frechet: np.ndarray
    real: Mapping[str, float]  # of as many training pictures; "accuracy (%)" may be missing
    samples: int

    def at(self, gamma: float) -> dict[str, float]:
        """All four at one gamma, along straight lines between the measured ones."""
        names = ("accuracy", "precision", "recall", "frechet")
        return {n: float(np.interp(gamma, self.gammas, getattr(self, n))) for n in names}


def curve(metrics: Mapping[str, Any], judge: Mapping[str, Any] | None = None) -> Curve | None:
    """From the card of a network, and of its judge; None while it has not been measured."""
    try:
        along = metrics["along gamma"]
        gammas = sorted(along, key=float)
        names = ("accuracy (%)", "precision", "recall", "Fréchet distance")
        columns = [np.array([float(along[g][name]) for g in gammas]) for name in names]
        count = int(metrics["samples"]["along gamma"])
        real = dict(metrics["real pictures"][str(count)])
    except (KeyError, TypeError, ValueError):
        return None
    if not gammas:
        return None
    if judge and "test accuracy (%)" in judge:
        real["accuracy (%)"] = float(judge["test accuracy (%)"])
    accuracy, precision, recall, frechet = columns
    at = np.array([float(g) for g in gammas])
    return Curve(at, accuracy, precision, recall, frechet, real, count)


def tradeoff(found: Curve | None, gamma: float, dial: str, fidelity: str) -> go.Figure:
    """Left: fidelity ("precision" or "accuracy") against recall along gamma, and real pictures.
    Right: the Fréchet distance along gamma. The diamond is the chosen gamma."""
    titles = {"precision": _("precision: share that looks real"),
              "accuracy": _("accuracy: right class (%)")}  # fmt: skip
    across = _("recall: share of the real variety that is covered")
    if found is None:
        return _unmeasured((across, titles[fidelity]), gamma, dial)
    here = found.at(gamma)
    ups = getattr(found, fidelity)
    real = found.real.get("accuracy (%)" if fidelity == "accuracy" else fidelity)
    canvas = Canvas.empty(
        (across, titles[fidelity]), _around([*found.recall, found.real["recall"]]),
        _around([*ups, *([] if real is None else [real])]), height=380,
    )  # fmt: skip
    _side_by_side(canvas, _tops(found), dial)
    names = [value(g, dial) for g in found.gammas]
    names[0] = f"{symbol(dial)} = {names[0]}"
    canvas.add(
        line(found.recall, ups, "model", 2),
        dots(found.recall, ups, "model", 8),
        _words(found.recall, ups, names, "model"),
    )
    if real is not None:
        mark = {"symbol": "square-open", "line": {"width": 3}}
        canvas.add(dots([found.real["recall"]], [real], "truth", 13, marker=mark))
        canvas.add(text(found.real["recall"], real, _("real pictures"), "truth", 14, at=_side(
            found.real["recall"], canvas.layout["xaxis"]["range"])))  # fmt: skip
    chosen = {"symbol": "diamond"}
    canvas.add(dots([here["recall"]], [here[fidelity]], "condition", 15, marker=chosen))
    _distance(canvas, found, gamma, dial, here["frechet"])
    return canvas.figure()


def _distance(canvas: Canvas, found: Curve, gamma: float, dial: str, now: float) -> None:
    """The Fréchet distance along gamma, on the second pair of axes."""
    right = {"xaxis": "x2", "yaxis": "y2"}
    x = [shown(float(g), dial) for g in found.gammas]
    floor = found.real["Fréchet distance"]
    ends = [shown(0, dial), shown(MOST, dial)]
    canvas.add(
        line(ends, [floor, floor], "truth", 2, **right),
        line(x, found.frechet, "model", 2, **right),
        dots(x, found.frechet, "model", 8, **right),
        dots([shown(gamma, dial)], [now], "condition", 15, marker={"symbol": "diamond"}, **right),
        text(ends[1], floor, _("real pictures"), "truth", 14, at="top left", **right),
    )


def _side_by_side(canvas: Canvas, top: float, dial: str) -> None:
    canvas.layout["xaxis"]["domain"] = [0, 0.56]
    ends = (shown(-0.4, dial), shown(MOST + 0.4, dial))
    canvas.layout["xaxis2"] = {**theme.axis(symbol(dial), ends), "domain": [0.69, 1]}
    canvas.layout["xaxis2"] |= {"anchor": "y2", "tickvals": _ticks(dial)}
    canvas.layout["yaxis2"] = {**theme.axis(_("Fréchet distance"), (0, top)), "anchor": "x2"}
    canvas.narrow = {"xaxis.domain": [0, 1], "xaxis2.domain": [0, 1]}
    canvas.narrow |= {"yaxis.domain": [0.55, 1], "yaxis2.domain": [0, 0.38]}
    canvas.narrow_height = 640


def _ticks(dial: str) -> list[float]:
    return [shown(g, dial) for g in (0, 1, 2, 4, 6, 8, 10)]


def _tops(found: Curve) -> float:
    return 1.15 * float(max(found.frechet.max(), found.real["Fréchet distance"], 0.1))


def _unmeasured(titles: tuple[str, str], gamma: float, dial: str) -> go.Figure:
    """The axes that wait for numbers, with the marker where it will be."""
    canvas = Canvas.empty(titles, (0, 1), (0, 1), height=380)
    _side_by_side(canvas, 1.0, dial)
    canvas.add(text(0.5, 0.5, _("not measured yet"), "muted", 16, at="middle center"))
    style = {"xaxis": "x2", "yaxis": "y2", "marker": {"symbol": "diamond"}}
    canvas.add(dots([shown(gamma, dial)], [0.03], "condition", 15, **style))
    return canvas.figure()


def _around(values: Sequence[float]) -> tuple[float, float]:
    """A range with room for words at both ends."""
    low, high = float(min(values)), float(max(values))
    room = 0.14 * (high - low) + 0.01
    return low - room, high + room


def _side(x: float, span: Sequence[float]) -> str:
    """Words go to the side where there is room."""
    return "middle left" if x > (span[0] + span[1]) / 2 else "middle right"


def _words(x: Any, y: Any, words: Sequence[str], role: str) -> dict:
    trace = text(0, 0, "", role, 14, at="top right")
    return {**trace, "x": x, "y": y, "text": list(words)}


# ---- three arrows ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Point:
    """What the picture with the arrows shows; `learned` (2, 2): eps without and with the label."""

    k: int
    x: float
    y: float
    t: int
    gamma: float
    learned: np.ndarray | None = None

    @property
    def noise(self) -> float:
        """The standard deviation of the noise at t: arrows are drawn as scores times it, -eps."""
        return float(EXACT.schedule.noise(self.t))

    def exact(self) -> tuple[np.ndarray, np.ndarray]:
        """Unconditional score (2,) and the classifier's gradient (2,)."""
        found = tilted.arrows(EXACT, self.k, np.array([[self.x, self.y]]), self.t)
        return found.unconditional[0], found.classifier[0]

    def responsibility(self) -> float:
        """p(y|x) at t."""
        return float(EXACT.at(self.t).responsibilities(np.array([[self.x, self.y]]))[0, self.k])

    def size(self) -> float:
        """At what share of their length the arrows are drawn: 1, unless they are short or long."""
        u, c = self.exact()
        short, long, guided = (
            self.noise * float(np.linalg.norm(end)) for end in (u, u + c, u + self.gamma * c)
        )
        least = max(short, long, 1e-9)
        return min(float(np.clip(1 / least, 1, 10)), 5 / max(least, guided))


def arrows(point: Point) -> go.Figure:
    """Contours of p(x), lines of equal p(y|x), the class; the arrows at the point on top."""
    canvas = Canvas.empty(("x₁", "x₂"), (-WIDE, WIDE), (-REACH, REACH), height=560)
    canvas.layout["xaxis"] |= {"constrain": "domain"}
    canvas.layout["yaxis"] |= {"scaleanchor": "x", "constrain": "domain"}
    canvas.layout["margin"] = {"l": 50, "r": 10, "t": 10, "b": 50}
    canvas.traces.extend(_background(point.k, point.t))
    if point.learned is not None:
        _learned(canvas, point)
    _exact(canvas, point)
    mark = {"line": {"color": theme.color("paper"), "width": 2}}
    canvas.add(dots([point.x], [point.y], "ink", 13, marker=mark))
    canvas.narrow = {"xaxis.range": [-REACH, REACH]}
    canvas.narrow_height = 400
    return canvas.figure()


@lru_cache(maxsize=64)
def _background(k: int, t: int) -> tuple[dict, ...]:
    places = np.stack(np.meshgrid(X, Y), axis=-1).reshape(-1, 2)
    noised = EXACT.at(t)
    r, log_p = noised.infer(places)
    share = r[:, k].reshape(len(Y), len(X))
    mass = tilted.Tilted(X, Y, _density(log_p), 1.0).outside
    shade = [[0, theme.color("data", 0.06)], [1, theme.color("data", 0.42)]]
    fills = _contour(255 * mass, (25.5, 229.5, 102), shade) | {"line": {"width": 0}}
    level = {"start": 0.1, "end": 0.9, "size": 0.4, "coloring": "none"}
    level |= {"showlabels": True, "labelformat": ".0%",
              "labelfont": {"size": 13, "color": theme.color("condition")}}  # fmt: skip
    lines: dict = {"type": "contour", "x": X, "y": Y, "z": small(share), "contours": level}
    lines |= {"line": {"color": theme.color("condition"), "width": 1.2, "dash": "dot"}}
    lines |= {"showscale": False, "hoverinfo": "skip"}
    one = noised.components[k]
    rings = [ellipse(one.mean, one.cholesky, radius, 61) for radius in (1.0, 2.0)]
    made = [line(small(ring[:, 0]), small(ring[:, 1]), "truth", 1.5) for ring in rings]
    other = noised.components[1 if k == 2 else 2].mean
    low = rings[1][np.argmin(rings[1][:, 1])]
    made.append(_at(other, "p(x)", "data", "middle center"))
    made.append(_at(low, "p(x|y)", "truth", "bottom center"))
    return fills, lines, *made


def _density(log_p: np.ndarray) -> np.ndarray:
    """A density on X and Y that sums to 1."""
    p = np.exp(log_p - log_p.max()).reshape(len(Y), len(X))
    return p / (p.sum() * CELL)


def _contour(z: np.ndarray, levels: tuple[float, float, float], scale: list) -> dict:
    """Filled contours of bytes; levels (first, last, distance)."""
    first, last, gap = levels
    contours = {"start": first, "end": last, "size": gap, "coloring": "fill", "showlines": False}
    return {
        "type": "contour", "x": X, "y": Y, "z": np.asarray(z).astype(np.uint8),
        "contours": contours, "colorscale": [[0, "rgba(0,0,0,0)"], *scale[1:]],
        "zmin": 0, "zmax": 255, "showscale": False, "hoverinfo": "skip",
    }  # fmt: skip


def _exact(canvas: Canvas, point: Point) -> None:
    start = np.array([point.x, point.y])
    factor = point.noise * point.size()
    u, c = (factor * part for part in point.exact())
    stretched = point.gamma * c
    canvas.add(
        _arrow(start, u, "data", 3.5),
        _arrow(start + u, stretched, "condition", 3.5),
        _arrow(start, u + c, "truth", 3),
        _arrow(start, u + stretched, "sample", 5),
    )
    canvas.add(  # each word on the outer side of its arrow
        _at(start + 0.55 * u, "∇log p(x)", "data", _toward(-c)),
        _at(start + u + 0.8 * stretched, f"{point.gamma:g} × ∇log p(y|x)", "condition", _toward(u)),
        _at(start + u + c, "∇log p(x|y)", "truth", _toward(u)),
        _at(start + u + stretched, _("guided"), "sample", _toward(u + stretched)),
    )


def _toward(way: np.ndarray) -> str:
    """Where words stand that should lie in this direction from their place."""
    across, up = float(way[0]), float(way[1])
    if abs(across) > 0.6 * abs(up):
        return "middle right" if across > 0 else "middle left"
    return "top center" if up > 0 else "bottom center"


def _learned(canvas: Canvas, point: Point) -> None:
    """The network's arrows, thin: unconditional, conditional, guided."""
    assert point.learned is not None
    start, size = np.array([point.x, point.y]), point.size()
    u, q = -size * point.learned
    for tip in (u, q, u + point.gamma * (q - u)):
        canvas.add(_arrow(start, tip, "model", 1.6, head=10))


def _arrow(start: np.ndarray, way: np.ndarray, role: str, width: float, head: float = 16) -> dict:
    """A line with a head; without one where it has no length."""
    end = start + way
    long = float(np.linalg.norm(way)) > 1e-3
    tip = {"symbol": ["circle", "arrow"], "size": [0, head if long else 0]}
    marker = {**tip, "angleref": "previous", "color": theme.color(role)}
    x, y = ([round(float(a), 4), round(float(b), 4)] for a, b in zip(start, end, strict=True))
    return line(x, y, role, width, mode="lines+markers", marker=marker)


def _at(place: np.ndarray, words: str, role: str, at: str) -> dict:
    words = f"&nbsp;&nbsp;{words}&nbsp;&nbsp;"
    return text(round(float(place[0]), 4), round(float(place[1]), 4), words, role, 15, at=at)


# ---- where it goes -----------------------------------------------------------------------------


def plane(found: Film, index: int, dial: str, learned: np.ndarray | None = None) -> go.Figure:
    """A film over gamma: the guided cloud on the contours of the tilted distribution; beside them
    how far one misses the other, and how wide each is. It opens at frame `index`."""
    canvas = Canvas.empty(("x₁", "x₂"), (-7, 7), (-6, 6.6), height=560)
    canvas.layout["xaxis"] |= {"domain": [0, 0.6]}
    canvas.layout["margin"] = {"l": 50, "r": 10, "t": 10, "b": 50}
    level = {"start": 25.5, "end": 127.5, "size": 102, "coloring": "none"}
    contour: dict = {"type": "contour", "x": small(found.axis), "y": small(found.axis)}
    contour |= {"contours": level, "showscale": False, "hoverinfo": "skip"}
    contour |= {"line": {"color": theme.color("truth"), "width": 2.5, "dash": "dash"}}
    canvas.add(_all_data(), contour | {"z": _bytes(found, index)})
    if learned is None:
        learned = np.full((len(found.gammas), 1, 2), np.nan)
    canvas.add(_scatter(learned[index], "model", "circle", 5))
    canvas.add(_scatter(found.clouds[index], "sample", "diamond-open", 6))
    _numbers(canvas, found, index, dial)
    canvas.narrow = {
        **{"xaxis.domain": [0, 1], "xaxis2.domain": [0, 1], "xaxis3.domain": [0, 1]},
        **{"yaxis.domain": [0.52, 1], "yaxis2.domain": [0.28, 0.44], "yaxis3.domain": [0, 0.17]},
    }
    canvas.narrow_height = 860
    frames = [_moment(found, i, dial, learned) for i in range(len(found.gammas))]
    return canvas.figure(frames)


@lru_cache(maxsize=1)
def _all_data() -> dict:
    """The densest half and the densest 90 % of p(x), as shades."""
    axis = np.linspace(-tilted.REACH, tilted.REACH, 57)
    mass = tilted.tilted(EXACT.mixture, 0, 0.0, axis, axis).outside
    shade = [[0, theme.color("data", 0.06)], [1, theme.color("data", 0.34)]]
    return _contour(255 * mass, (25.5, 229.5, 102), shade) | {"x": axis, "y": axis}


def _bytes(found: Film, index: int) -> np.ndarray:
    return np.clip(255 * found.outside[index], 0, 255).astype(np.uint8)


def _scatter(points: np.ndarray, role: str, shape: str, size: float) -> dict:
    marker = {"symbol": shape, "opacity": 0.75}
    return dots(small(points[:, 0]), small(points[:, 1]), role, size, marker=marker)


def _moment(found: Film, index: int, dial: str, learned: np.ndarray) -> dict:
    """One frame: what changes with gamma."""
    clouds = [
        {"type": "scatter", "x": small(points[:, 0]), "y": small(points[:, 1])}
        for points in (learned[index], found.clouds[index])
    ]
    here = shown(float(found.gammas[index]), dial)
    mark = {"type": "scatter", "x": [here, here]}
    return {
        "name": value(float(found.gammas[index]), dial),
        "data": [{"type": "contour", "z": _bytes(found, index)}, *clouds, mark, mark],
        "traces": [1, 2, 3, 4, 5],
    }


def _numbers(canvas: Canvas, found: Film, index: int, dial: str) -> None:
    """The two curves beside the plane; the first traces are their markers."""
    x = [shown(float(g), dial) for g in found.gammas]
    ends = (x[0] - 0.4, x[-1] + 0.4)
    tops = [1.15 * float(values.max()) for values in (found.mmd, found.spreads)]
    titles = (_("distance (MMD)"), _("spread"))
    for n, domain in ((2, [0.57, 1.0]), (3, [0.0, 0.42])):
        name = symbol(dial) if n == 3 else ""
        canvas.layout[f"xaxis{n}"] = {**theme.axis(name, ends), "domain": [0.71, 1]}
        canvas.layout[f"xaxis{n}"] |= {"anchor": f"y{n}", "tickvals": _ticks(dial)}
        canvas.layout[f"yaxis{n}"] = {**theme.axis(titles[n - 2], (0, tops[n - 2])), "nticks": 4}
        canvas.layout[f"yaxis{n}"] |= {"anchor": f"x{n}", "domain": domain}
    for n in (2, 3):
        axes = {"xaxis": f"x{n}", "yaxis": f"y{n}"}
        canvas.add(vertical(x[index], 0, tops[n - 2], **axes))
    for n, values in ((2, found.mmd), (3, found.spreads)):
        axes = {"xaxis": f"x{n}", "yaxis": f"y{n}"}
        canvas.add(line(x, small(values[:, 0]), "sample", 3, **axes))
        canvas.add(line(x, small(values[:, 1]), "truth", 2.5, **axes))
        for column, role, words in (
            (0, "sample", _("guided")),
            (1, "truth", _("chance") if n == 2 else _("tilted")),
        ):
            height = float(values[-1, column])
            canvas.add(text(x[-1], height, words, role, 14, at="top left", **axes))


def thumbnail() -> tuple[list[dict], tuple[float, float], tuple[float, float]]:
    """Three arrows and the guided one, at the lesson's first point."""
    canvas = Canvas({})
    start, point = np.array([0.0, 1.5]), Point(0, 0.0, 1.5, 250, 2.0)
    u, c = (point.noise * part for part in point.exact())
    canvas.add(
        _arrow(start, u, "data", 3, 12),
        _arrow(start + u, 2 * c, "condition", 3, 12),
        _arrow(start, u + c, "truth", 3, 12),
        _arrow(start, u + 2 * c, "sample", 4, 14),
        dots([0.0], [1.5], "ink", 9),
    )
    return canvas.traces, (-2.8, 1.8), (-1.3, 1.9)
