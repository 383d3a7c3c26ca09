"""The film of the `mixture` lesson: choose k, then draw x; first in half-steps, then in crowds."""

from collections.abc import Iterator, Sequence

import numpy as np
import plotly.graph_objects as go

from explorer.figures import mixture_canvas as base
from explorer.figures import theme
from explorer.figures import traces as t
from explorer.i18n import _
from explorer.models.mixture import Mixture

SLOW = 6  # points that are drawn in two half-steps each
JUMPS = (10, 20, 50, 100, 200, 500, 1000)  # points on the later frames
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
    else:
        made.add(base.bands(mixture, x, strength=0.25))
    if original:
        made.add(*base.data(mixture, x))
    made.add(*base.components(mixture, x))
    none = np.zeros(len(mixture.weights))
    title = _("share so far (outline: weight π)")
    hollow, filled = base.bars(made, mixture, none, ["0"] * len(none), title)
    moving = {
        "dots": _samples(chosen, forget),
        "lit": t.line([], [], theme.component(0), 6),  # the chosen component
        "newest": _newest(),
        "needle": _needle(),
        "hollow": hollow,
        "filled": filled,
    }
    if line:
        moving = {"histogram": base.histogram(*_heights(points[:0], x), "sample", 0.22), **moving}
    where = {name: len(made.traces) + place for place, name in enumerate(moving)} | {"stretch": 0}
    made.add(*moving.values())
    return made.figure(_frames(where, mixture, x, t.small(points), chosen, seed))


def _rows(mixture: Mixture, x: np.ndarray) -> np.ndarray:
    """Heights below the axis (D = 1) at which each component's points lie, (K,)."""
    return -0.06 * base.peak(mixture, x) * np.arange(1, len(mixture.weights) + 1)


def _heights(points: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Histogram of the drawn points over the window, as a density: edges and heights."""
    edges = np.linspace(*base.window(x[:, 0]), 31)
    counts = np.histogram(points[:, 0], edges)[0]
    return edges, counts / max(len(points), 1) / (edges[1] - edges[0])


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
    trace |= {"mode": "markers+text", "textfont": font, "cliponaxis": False}
    return {**trace, "xaxis": "x2", "yaxis": "y2"}


def _frames(
    where: dict[str, int],
    mixture: Mixture,
    x: np.ndarray,
    points: np.ndarray,
    chosen: np.ndarray,
    seed: int,
) -> Iterator[dict]:
    """One frame per entry of `counts_shown`; each names only what it changes."""
    place = needles(len(points), seed)
    for index, count in enumerate(counts_shown()):
        choosing = 0 < index <= 2 * SLOW and index % 2 == 1  # the first of two half-steps
        now = count if choosing else count - 1  # the point this frame is about
        slow = 0 < index <= 2 * SLOW
        counts = np.bincount(chosen[:count], minlength=len(mixture.weights))
        change = {
            "dots": {"x": points[:count, 0], "y": points[:count, 1]},
            "needle": _needle_at(place[now]) if slow else {"x": [], "y": []},
            "stretch": {"marker": {"opacity": _lit(chosen[now] if slow else None, counts)}},
            "lit": _lit_line(mixture, chosen[now], x) if slow else {"x": [], "y": []},
            "newest": {"x": [], "y": []},
            "filled": {"y": counts / max(count, 1), "text": [str(n) for n in counts]},
        }
        if slow and not choosing:
            change["newest"] = _arrow(mixture, points[now], chosen[now])
        if "histogram" in where:
            change["histogram"] = {"y": t.small(_heights(points[:count], x)[1])}
        kinds = {"stretch": "bar", "histogram": "bar", "filled": "bar"}
        yield {
            "name": _frame_name(index, count, choosing),
            "data": [{"type": kinds.get(name, "scatter"), **new} for name, new in change.items()],
            "traces": [where[name] for name in change],
        }


def _frame_name(index: int, count: int, choosing: bool) -> str:
    if index == 0:
        return "0"
    if choosing:
        return _("{number} · choose k").format(number=count + 1)
    if index <= 2 * SLOW:
        return _("{number} · draw x").format(number=count)
    return _("{count} points").format(count=f"{count:,}")


def _needle_at(place: float) -> dict:
    side = "middle right" if place < 0.85 else "middle left"
    text = f" u = {place:.2f} "
    return {"x": [place], "y": [0.78], "text": [text], "textposition": side}


def _lit(chosen: int | None, counts: np.ndarray) -> list[float]:
    """Full colour for the stretch on which the needle stands; all of them when none does."""
    return [1.0 if chosen is None or k == chosen else 0.4 for k in range(len(counts))]


def _lit_line(mixture: Mixture, k: int, x: np.ndarray) -> dict:
    at_x, at_y = base.outline(mixture, k, x)
    return {
        "x": t.small(at_x),
        "y": t.small(at_y),
        "line": {"color": theme.component(k)},
    }


def _arrow(mixture: Mixture, point: np.ndarray, k: int) -> dict:
    """From the component's mean, or its curve, to the point that was drawn from it."""
    start = mixture.means[k]
    if len(start) == 1:
        height = float(mixture.weights[k] * mixture.components[k].prob(point[:1])[0])
        start = np.array([point[0], height])
    return {"x": [start[0], point[0]], "y": [start[1], point[1]]}
