"""What the views of the `mixture` lesson share, on a line (D = 1) or on a plane (D = 2).

On top a stretch of length 1 that the weights divide; below it the components and their sum;
where wanted, bars beside the picture. Components have the house's colours and shapes.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from contourpy import contour_generator

from explorer.figures import theme
from explorer.figures import traces as t
from explorer.figures.traces import Canvas
from explorer.i18n import _
from explorer.models.mixture import Mixture

SHOWN = 1500  # points; of more, every n-th is drawn
GRID = 57  # cells along each side of the density's map
TOP = (0.925, 1.0)  # where the stretch of weights lies, with room for the needle above it
HEIGHT = 580
PICTURE_WIDTH = 0.69  # of the width, where bars stand beside the picture


def window(column: np.ndarray) -> tuple[float, float]:
    """The axis range for one column of the data: an eighth wider on either side."""
    low, high = float(column.min()), float(column.max())
    margin = (high - low) / 8
    return low - margin, high + margin


def canvas(mixture: Mixture, x: np.ndarray, labels: Sequence[str], beside: bool) -> Canvas:
    """Axes, and the stretch of weights on top; `beside`: room for bars."""
    plane = x.shape[1] == 2
    top = 0.0 if plane else peak(mixture, x)
    y_range = window(x[:, 1]) if plane else (-0.1 * top, top)
    titles = (labels[0], labels[1] if plane else _("density"))
    made = Canvas.empty(titles, window(x[:, 0]), y_range, HEIGHT)
    made.layout["xaxis2"] = t.bare((0, 1.0005), domain=[0, 1], anchor="y2")
    made.layout["yaxis2"] = t.bare((-0.5, 1.3), domain=TOP, anchor="x2")
    made.layout["yaxis"]["domain"] = [0.0, 0.86]
    made.layout["margin"] = {"t": 24}
    if beside:
        _make_room(made, len(mixture.weights))
    made.add(*_stretch(mixture.weights))
    return made


def _make_room(made: Canvas, count: int) -> None:
    """Axes 3 for the bars: beside the picture, below it on a narrow screen."""
    made.layout["xaxis"]["domain"] = [0.0, PICTURE_WIDTH]
    where = {"domain": [PICTURE_WIDTH + 0.11, 1], "anchor": "y3"}
    ticks = {"tickvals": list(range(1, count + 1)), "showgrid": False}
    made.layout["xaxis3"] = theme.axis(_("component k"), (0.4, count + 0.6), **where, **ticks)
    made.layout["yaxis3"] = theme.axis("", (0, 1.12), domain=[0.0, 0.86], anchor="x3")
    made.narrow = {
        "xaxis.domain": [0, 1],
        "yaxis.domain": [0.42, 0.9],
        "xaxis3.domain": [0, 1],
        "yaxis3.domain": [0, 0.26],
    }
    made.narrow_height = 700


def name_stretch() -> dict:
    """What the stretch is, above it, where no needle needs the room."""
    words = _("weights π divide a length of 1")
    return t.text(0, 0.55, words, "muted", 13, at="top right", xaxis="x2", yaxis="y2")


def _stretch(weights: np.ndarray) -> list[dict]:
    """The weights laid end to end: together they always fill the length from 0 to 1."""
    ends = np.cumsum(weights)
    where: Any = {"xaxis": "x2", "yaxis": "y2"}
    parts = [
        t.filled(t.boxes(end - w, end, -0.5, 0.5), color, 2, "paper", **where)
        for end, w, color in zip(ends, weights, colors(len(weights)), strict=True)
    ]
    texts = [
        f"<b>{k + 1}</b>  {w:.2f}" if w > 0.09 else f"<b>{k + 1}</b>" if w > 0.02 else ""
        for k, w in enumerate(weights)
    ]
    names = t.text(0, 0, "", "paper", at="middle center", **where)
    return [*parts, {**names, "x": ends - weights / 2, "y": np.zeros(len(weights)), "text": texts}]


def colors(mixture_size: int) -> list[str]:
    """One colour for each component."""
    return [theme.component(k) for k in range(mixture_size)]


# ------------------------------------------------------------------------------ the model


def peak(mixture: Mixture, x: np.ndarray) -> float:
    """Top of the density axis (D = 1): a round number, so that the axis moves only now and then."""
    heights = np.histogram(x[:, 0], edges_of(x), density=True)[0]
    highest = max(float(mixture.prob(mixture.means).max()), float(heights.max())) * 1.06
    power = 10.0 ** np.floor(np.log10(highest))
    steps = np.array([1, 1.25, 1.6, 2, 2.5, 3.2, 4, 5, 6.4, 8, 10])
    return float(power * steps[np.searchsorted(steps, highest / power)])


SHARES = np.array([0.1, 0.3, 0.5, 0.7, 0.9])  # of the probability that lie outside a band's ring


def bands(mixture: Mixture, x: np.ndarray, strength: float = 0.5) -> list[dict]:
    """The density in the plane, in bands of one fifth of the probability each.

    Filled lines, and not plotly's own contours: where all traces are scatters the stage draws only
    those that have changed.
    """
    sides = [np.linspace(*window(column), GRID) for column in x.T]
    inside = np.pad(outside(mixture, sides), 1)  # so every ring closes, just beyond the window
    wider = [np.concatenate([[2 * s[0] - s[1]], s, [2 * s[-1] - s[-2]]]) for s in sides]
    found = contour_generator(x=wider[0], y=wider[1], z=inside, line_type="ChunkCombinedNan")
    # Discs lie one on the other: each is as strong as what is still missing in its band.
    seen = strength * np.arange(len(SHARES) + 1) / len(SHARES)
    color, traces = theme.color("model", 0.6), []
    for share, fill in zip(SHARES, 1 - (1 - seen[1:]) / (1 - seen[:-1]), strict=True):
        line = found.lines(share)[0][0]  # (n, 2); None where nothing is so dense
        at_x, at_y = ([None], [None]) if line is None else t.small(line.T)
        traces.append(
            t.line(at_x, at_y, color, 1, fill="toself", fillcolor=theme.color("model", fill))
        )
    return traces


def outside(mixture: Mixture, sides: Sequence[np.ndarray]) -> np.ndarray:
    """For each cell of the grid, the probability of all places where the density is lower.

    0.1 on the ring that encloses 90 % of the points to be drawn, 0.9 on the ring around the
    innermost 10 %.
    """
    cell = (sides[0][1] - sides[0][0]) * (sides[1][1] - sides[1][0])
    grid = np.stack(np.meshgrid(*sides), axis=-1).reshape(-1, 2)
    log_prob = mixture.log_prob(grid)
    ordered = np.sort(log_prob)[::-1]
    inside = np.cumsum(np.exp(ordered)) * cell  # of the n densest cells
    # Through a few levels only: then equal densities get equal values, and the rings are smooth.
    levels = ordered[0] - np.linspace(0, 12, 97)
    places = np.searchsorted(-ordered, -levels, side="right") - 1
    enclosed = np.interp(-log_prob, -levels, inside[places])
    return np.clip(1 - enclosed, 0, 1).reshape(len(sides[1]), len(sides[0]))


def curve_x(mixture: Mixture, x: np.ndarray) -> np.ndarray:
    """Where to evaluate curves: evenly over the window, and densely around every mean."""
    stds = np.sqrt(mixture.covariances[:, 0, 0])
    near = mixture.means[:, :1] + stds[:, None] * np.linspace(-4, 4, 41)  # (K, 41)
    low, high = window(x[:, 0])
    return np.sort(np.concatenate([np.linspace(low, high, 181), np.clip(near, low, high).ravel()]))


def components(mixture: Mixture, x: np.ndarray) -> list[dict]:
    """Each by itself: ellipses at 1 and 2 sigma; on the line its share of the sum, and the sum."""
    count, line = len(mixture.weights), x.shape[1] == 1
    traces = []
    for k in range(count):
        at_x, at_y = outline(mixture, k, x)
        color = theme.component(k)
        fill = {"fill": "tozeroy", "fillcolor": theme.color(color, 0.16)} if line else {}
        shade, width = (theme.color(color, 0.55), 6.0) if line else (color, 2.5)
        traces.append(t.line(at_x, at_y, shade, width, **fill))
    if line:
        at = curve_x(mixture, x)
        traces.append(t.line(at, mixture.prob(at), "model", 2.5))
    place, names = tops(mixture), _names(mixture, x)
    marker = {
        "symbol": list(theme.SYMBOLS[:count]) * 2,
        "line": {"color": theme.color("paper"), "width": [1.5] * count + [0] * count},
    }
    at_x, at_y = np.concatenate([place, names]).T
    label = t.dots(at_x, at_y, colors(count) * 2, [12] * count + [0] * count, marker=marker)
    label |= {"mode": "markers+text", "textposition": "top center"}
    label["text"] = [""] * count + [f"<b>{k + 1}</b>" for k in range(count)]
    label["textfont"] = {"size": 18, "color": theme.color("ink"), "shadow": theme.HALO}
    return [*traces, label]


def tops(mixture: Mixture) -> np.ndarray:
    """Where a component is held: its mean (D = 2), the top of its curve (D = 1); (K, 2)."""
    if mixture.means.shape[1] == 2:
        return mixture.means
    joint = np.exp(mixture.log_joint(mixture.means)).diagonal()
    return np.column_stack([mixture.means[:, 0], joint])


def _names(mixture: Mixture, x: np.ndarray) -> np.ndarray:
    """Where a component's number stands: on top of its 2-sigma ellipse, or of its curve; (K, 2)."""
    place = tops(mixture)
    if mixture.means.shape[1] == 1:
        return place + np.array([0, 0.04 * peak(mixture, x)])
    std_y = np.sqrt(mixture.covariances[:, 1, 1])
    return place + 2 * mixture.covariances[:, :, 1] / std_y[:, None]  # the highest point


def outline(mixture: Mixture, k: int, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """x and y of component k's line."""
    if x.shape[1] == 1:
        at = curve_x(mixture, x)
        return at, mixture.weights[k] * mixture.components[k].prob(at)
    bell, gap = mixture.components[k], np.full((1, 2), np.nan)
    both = np.concatenate([bell.ellipse(1, 61), gap, bell.ellipse(2, 61)])
    return both[:, 0], both[:, 1]


# ------------------------------------------------------------------------------ data and bars


def few_of(x: np.ndarray) -> np.ndarray:
    """At most SHOWN of the points, evenly through the table."""
    return x[:: -(-len(x) // SHOWN)]


def edges_of(x: np.ndarray) -> np.ndarray:
    """Borders of the histogram's bins: about sqrt(2 N) of them between the extremes."""
    count = int(np.clip(np.sqrt(2 * len(x)), 6, 40))
    return np.linspace(x[:, 0].min(), x[:, 0].max(), count + 1)


def data(mixture: Mixture, x: np.ndarray, mixed: list[str] | None = None) -> list[dict]:
    """Dots (D = 2); a histogram and a row of dots below it (D = 1). `mixed`: a colour for each."""
    few = few_of(x)
    opacity = 0.9 if mixed else float(np.clip(60 / np.sqrt(len(few)), 0.25, 0.85))
    style = {"color": mixed or "data", "size": 6, "marker": {"opacity": opacity}}
    if x.shape[1] == 2:
        return [t.dots(few[:, 0], few[:, 1], **style)]
    edges = edges_of(x)
    heights = np.histogram(x[:, 0], edges, density=True)[0]
    row = np.full(len(few), -0.05 * peak(mixture, x))
    return [histogram(edges, heights, "data", 0.2), t.dots(few[:, 0], row, **style)]


def histogram(edges: np.ndarray, heights: np.ndarray, role: str, strength: float) -> dict:
    """Bars over the bins between `edges`, as one filled outline."""
    path = {"x": np.repeat(edges, 2), "y": steps(heights)}
    return t.filled(path, theme.color(role, strength))


def steps(heights: np.ndarray) -> np.ndarray:
    """The heights (B,) of a histogram as the y of its outline (2 B + 2,)."""
    return np.concatenate([[0], np.repeat(heights, 2), [0]])


HALF = 0.25  # half the width of a filled bar; the outline is wider
FILLED = 0.85  # how strong its colour is


def bars(
    made: Canvas, mixture: Mixture, shares: np.ndarray, texts: list[str], title: str
) -> list[dict]:
    """Outlined bars for the weights; inside them, filled, what is compared with them."""
    count = len(shares)
    made.layout["yaxis3"]["title"] = {"text": title}
    where: Any = {"xaxis": "x3", "yaxis": "y3", "cliponaxis": False}
    rows = list(enumerate(zip(colors(count), mixture.weights, shares, strict=True), start=1))
    hollow = [
        {**t.line(None, None, color, 2.5, **where), **t.boxes(k - 0.42, k + 0.42, 0, w)}
        for k, (color, w, _s) in rows
    ]
    full = [
        t.filled(bar(k, share), theme.color(color, FILLED), **where)
        for k, (color, _w, share) in rows
    ]
    return [*hollow, *full, bar_names(shares, texts)]


def bar(k: Any, share: Any) -> dict[str, np.ndarray]:
    """The path of the filled bar of component k (from 1), or of several."""
    return t.boxes(np.asarray(k) - HALF, np.asarray(k) + HALF, 0, share)


def bar_names(shares: np.ndarray, texts: list[str]) -> dict:
    """What stands above the filled bars."""
    size = theme.FONT_SIZE if len(shares) < 4 else 12
    names = t.text(0, 0, "", "ink", size, xaxis="x3", yaxis="y3")
    return {**names, "x": np.arange(1, len(shares) + 1), "y": shares, "text": texts}
