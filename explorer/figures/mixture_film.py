"""The film of the `mixture` lesson: choose k, then draw x; first in half-steps, then in crowds."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from explorer.figures import mixture_canvas as base
from explorer.figures import theme
from explorer.figures import traces as t
from explorer.i18n import _
from explorer.models.mixture import Mixture

SLOW = 6  # points that are drawn in two half-steps each
JUMPS = (10, 20, 50, 100, 200, 500, 1000)  # points on the later frames
ENOUGH = 20  # points from which on a histogram has a shape
LENGTH = 1 + 2 * SLOW + len(JUMPS)


def counts_shown() -> tuple[int, ...]:
    """How many points are on each frame."""
    slow = [n for point in range(SLOW) for n in (point, point + 1)]
    return (0, *slow, *JUMPS)


def needles(count: int, seed: int) -> np.ndarray:
    """The uniform numbers (n,) with which Mixture.sample chooses its components."""
    return np.random.default_rng(seed).random(count)


def draw(
    mixture: Mixture,
    x: np.ndarray,
    labels: Sequence[str],
    seed: int,
    forget: bool = False,
    original: bool = False,
) -> go.Figure:
    """Ancestral sampling as a film. The needle falls on the stretch of weights and so chooses k;
    then x is drawn from component k. With `forget`, the points no longer tell their k; with
    `original`, the data lie behind them."""
    line = x.shape[1] == 1
    points, chosen = mixture.sample(JUMPS[-1], seed)
    if line:
        points = np.column_stack([points, _rows(mixture, x)[chosen]])
    made = base.canvas(mixture, x, labels, beside=True)
    if line:
        lowest = 1.3 * float(_rows(mixture, x).min())
        made.layout["yaxis"]["range"] = [lowest, base.peak(mixture, x)]
    if original:
        made.add(*base.data(mixture, x))
    made.add(*base.components(mixture, x))
    none = np.zeros(len(mixture.weights))
    title = _("share so far (outline: weight π)")
    made.add(*base.bars(made, mixture, none, [], title)[: len(none)])  # the outlines
    moving = _moving(mixture, x, chosen, forget)
    places = [len(made.traces) + place for place in range(len(moving))]
    made.add(*moving.values())
    shown = t.small(points)
    frames = [
        {"name": name, "data": [{"type": "scatter", **new} for new in change], "traces": places}
        for name, change in _changes(list(moving), mixture, x, shown, chosen, seed)
    ]
    return made.figure(frames)


def _rows(mixture: Mixture, x: np.ndarray) -> np.ndarray:
    """Heights below the axis (D = 1) at which each component's points lie, (K,)."""
    return -0.06 * base.peak(mixture, x) * np.arange(1, len(mixture.weights) + 1)


def _heights(points: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Histogram of the drawn points over the window, as a density (flat while they are few)."""
    edges = np.linspace(*base.window(x[:, 0]), 31)
    counts = np.histogram(points[:, 0], edges)[0] * (len(points) >= ENOUGH)
    return edges, counts / max(len(points), 1) / (edges[1] - edges[0])


def _moving(mixture: Mixture, x: np.ndarray, chosen: np.ndarray, forget: bool) -> dict[str, dict]:
    """The traces that the film changes, empty. All are scatters: those flip fastest."""
    where: Any = {"xaxis": "x2", "yaxis": "y2"}
    nothing = {"x": np.zeros(0), "y": np.zeros(0)}
    sample = theme.color("sample", base.FILLED)
    texts = ["0"] * len(mixture.weights)
    traces = {
        "veil": t.filled(nothing, theme.color("paper", 0.6), **where),  # over the stretches not hit
        "dots": _samples(chosen, forget),
        "lit": t.line([], [], theme.component(0), 6),  # the chosen component
        "newest": _newest(),
        "needle": {**_needle(), **where},
        "bars": t.filled(nothing, sample, xaxis="x3", yaxis="y3"),
        "counts": base.bar_names(np.zeros(len(texts)), texts),
    }
    if x.shape[1] == 1:
        traces["histogram"] = base.histogram(*_heights(np.zeros((0, 1)), x), "sample", 0.22)
    return traces


def _samples(chosen: np.ndarray, forget: bool) -> dict:
    """All points' colours and shapes; the frames bring their places."""
    if forget:
        return t.dots([], [], "sample", 7, marker={"symbol": "diamond-open", "opacity": 0.8})
    shapes = [f"{theme.SYMBOLS[k]}-open" for k in chosen]
    colors = [theme.component(k) for k in chosen]
    return t.dots([], [], colors, 7, marker={"symbol": shapes, "opacity": 0.8})


def _newest() -> dict:
    """A dotted way from the component to its new point."""
    trace = t.dots([], [], "sample", [0, 15], marker={"symbol": "diamond"})
    style = {"color": theme.color("sample"), "width": 2, "dash": "dot"}
    return {**trace, "mode": "lines+markers", "line": style}


def _needle() -> dict:
    trace = t.dots([], [], "sample", 13, marker={"symbol": "triangle-down"})
    font = {"color": theme.color("sample"), "size": 14}
    return {**trace, "mode": "markers+text", "textfont": font, "cliponaxis": False}


def _changes(
    names: list[str],
    mixture: Mixture,
    x: np.ndarray,
    points: np.ndarray,
    chosen: np.ndarray,
    seed: int,
) -> Iterator[tuple[str, list[dict]]]:
    """For each frame its name and what it says of every moving trace, in the order of `names`."""
    count_of, place = len(mixture.weights), needles(len(points), seed)
    for index, count in enumerate(counts_shown()):
        slow = 0 < index <= 2 * SLOW
        choosing = slow and index % 2 == 1  # the first of two half-steps
        now = count if choosing else count - 1  # the point this frame is about
        k = int(chosen[now]) if slow else None
        shares = np.bincount(chosen[:count], minlength=count_of) / max(count, 1)
        counts = [str(n) for n in np.bincount(chosen[:count], minlength=count_of)]
        change = {
            "veil": _veil(mixture, k),
            "dots": {"x": points[:count, 0], "y": points[:count, 1]},
            "lit": _lit(mixture, k, x),
            "newest": _way(mixture, None if choosing else k, points[now]),
            "needle": _needle_at(float(place[now]) if slow else None),
            "bars": base.bar(np.arange(1, count_of + 1), shares),
            "counts": {"y": shares, "text": counts},
            "histogram": {"y": t.small(base.steps(_heights(points[:count], x)[1]))},
        }
        yield _frame_name(index, count, choosing), [change[name] for name in names]


def _frame_name(index: int, count: int, choosing: bool) -> str:
    if index == 0:
        return "0"
    if choosing:
        return _("{number} · choose k").format(number=count + 1)
    if index <= 2 * SLOW:
        return _("{number} · draw x").format(number=count)
    return _("{count} points").format(count=f"{count:,}")


def _needle_at(place: float | None) -> dict:
    """The needle over the stretch, or nowhere."""
    if place is None:
        return {"x": [], "y": [], "text": [], "textposition": "middle right"}
    side = "middle right" if place < 0.85 else "middle left"
    return {"x": [place], "y": [0.78], "text": [f" u = {place:.2f} "], "textposition": side}


def _veil(mixture: Mixture, k: int | None) -> dict:
    """What hides the stretches of the other components."""
    if k is None:
        return {"x": [], "y": []}
    end = float(np.cumsum(mixture.weights)[k])
    start = end - float(mixture.weights[k])
    return t.boxes([0.0, end], [start, 1.0], -0.5, 0.5)


def _lit(mixture: Mixture, k: int | None, x: np.ndarray) -> dict:
    """The chosen component's line, thick."""
    if k is None:
        return {"x": [], "y": [], "line": {"color": theme.component(0)}}
    at_x, at_y = base.outline(mixture, k, x)
    return {"x": t.small(at_x), "y": t.small(at_y), "line": {"color": theme.component(k)}}


def _way(mixture: Mixture, k: int | None, point: np.ndarray) -> dict:
    """From the component's mean, or its curve, to the point that was drawn from it."""
    if k is None:
        return {"x": [], "y": []}
    start = mixture.means[k]
    if len(start) == 1:
        height = float(mixture.weights[k] * mixture.components[k].prob(point[:1])[0])
        start = np.array([point[0], height])
    return {"x": [start[0], point[0]], "y": [start[1], point[1]]}
