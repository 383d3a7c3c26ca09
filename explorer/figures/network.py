"""Figures of the `network` lesson: a curve and regions as they are learned, beside the loss."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from explorer.figures import theme
from explorer.figures import traces as t
from explorer.i18n import _

NOISE = 1 / 12  # variance of noise that is uniform on [0, 1): no curve can have a lower true loss
POINTS = 201  # of the drawn curve
SIDE = 61  # squares along one side of the map of regions
BANDS = 32  # shades of each class's colour
FILL = (0.04, 0.62)  # opacity of a region where its class is a guess, and where it is certain


def line_grid(x: np.ndarray) -> np.ndarray:
    """Inputs (POINTS, 1) across the data and a little beyond."""
    return np.linspace(*window(x), POINTS)[:, None]


def plane_grid(x: np.ndarray) -> np.ndarray:
    """Inputs (SIDE², 2), row by row from below, across the data and a little beyond."""
    axes = (np.linspace(*window(column), SIDE) for column in x.T)
    return np.column_stack([part.ravel() for part in np.meshgrid(*axes)])


def window(values: np.ndarray, margin: float = 0.08) -> tuple[float, float]:
    """From the least to the largest, and a margin."""
    low, high = float(values.min()), float(values.max())
    beyond = margin * (high - low) or 1.0
    return low - beyond, high + beyond


def curve(
    x: np.ndarray,
    y: np.ndarray,
    labels: Sequence[str],
    losses: np.ndarray,
    steps: np.ndarray,
    values: np.ndarray,
    noisy_sine: bool = False,
) -> go.Figure:
    """Points, and the curve of every kept step (F, POINTS) as a film; the loss beside it.

    `noisy_sine`: the data are y = sin 2πx + noise, so truth and noise floor are drawn too.
    """
    grid = line_grid(x)[:, 0]
    low, high = window(y, 0.12)
    made = _canvas(labels, (grid[0], grid[-1]), (low, high), losses, NOISE if noisy_sine else None)
    made.add(t.dots(x, y, "data", 7, marker={"opacity": 0.75}))
    if noisy_sine:
        made.add(t.line(grid, np.sin(2 * np.pi * grid) + 0.5, "truth", 2))
        made.add(t.text(-0.07, -0.05, _("truth"), "truth", 14, at="bottom right"))
    far = 2 * (high - low)
    shown = t.small(np.clip(np.nan_to_num(values, nan=high + far), low - far, high + far))
    made.add(t.line(grid, shown[-1], "model", 4), _mark(losses, steps[-1]))
    places = [len(made.traces) - 2, len(made.traces) - 1]
    return _filmed(made, losses, steps, [{"y": row} for row in shown], places)


def regions(
    x: np.ndarray,
    y: np.ndarray,
    labels: Sequence[str],
    names: Sequence[str],
    losses: np.ndarray,
    steps: np.ndarray,
    values: np.ndarray,
) -> go.Figure:
    """Points by class, and what the network would say anywhere (F, SIDE², K) as a film."""
    across, along = window(x[:, 0]), window(x[:, 1])
    made = _canvas(labels, across, along, losses, None)
    shades = _shades(values)
    made.add(_map(shades[-1], across, along, len(names)))
    for k, name in enumerate(names):
        mine = x[y == k]
        marker = {"symbol": theme.SYMBOLS[k % 8], "line": {"color": "#ffffff", "width": 0.7}}
        dots = t.dots(mine[:, 0], mine[:, 1], theme.component(k), 8, marker=marker)
        made.add({**dots, "name": name, "hoverinfo": "name", "showlegend": True})
    made.layout["showlegend"] = True
    made.add(_mark(losses, steps[-1]))
    made.traces = [{"showlegend": False, **trace} for trace in made.traces]
    places = [next(i for i, trace in enumerate(made.traces) if trace["type"] == "heatmap"),
              len(made.traces) - 1]  # fmt: skip
    changes = [{"type": "heatmap", "z": shade} for shade in shades]
    return _filmed(made, losses, steps, changes, places)


# --- the parts both share -----------------------------------------------------------------------


def _canvas(
    labels: Sequence[str],
    across: Sequence[float],
    along: Sequence[float],
    losses: np.ndarray,
    floor: float | None,
) -> t.Canvas:
    """The data on the left, the loss after every step on the right, on logarithmic axes."""
    made = t.Canvas.empty((labels[0], labels[1]), across, along)
    low, high = _loss_range(losses, floor)
    last = max(len(losses) - 1, 1)
    decades = [10**power for power in range(6) if 10**power <= last]
    made.layout["xaxis"]["domain"] = [0.0, 0.6]
    made.layout["xaxis2"] = theme.axis(
        _("step"), (np.log10(0.4), np.log10(1.3 * max(last, 10))), type="log", domain=[0.72, 1.0],
        tickvals=[0.5, *decades], ticktext=["0", *(f"{step:,}" for step in decades)],
        anchor="y2",
    )  # fmt: skip
    made.layout["yaxis2"] = theme.axis(
        _("loss"), (low, high), type="log", anchor="x2", **_decades(low, high)
    )
    shown = _thinned(len(losses))
    right: dict[str, Any] = {"xaxis": "x2", "yaxis": "y2"}
    made.add(t.line(_place(shown), t.small(_bounded(losses)[shown]), "model", 2, **right))
    if floor is not None:
        ends = [0.4, 1.3 * max(last, 10)]
        made.add(t.line(ends, [floor, floor], "truth", 2, **right))
        made.add(t.text(0.5, floor, _("noise 1/12"), "truth", 13, at="bottom right", **right))
    made.narrow = {
        "xaxis.domain": [0, 1], "yaxis.domain": [0.5, 1], "xaxis2.domain": [0, 1],
        "yaxis2.domain": [0, 0.32],
    }  # fmt: skip
    made.narrow_height = 560
    return made


def _decades(low: float, high: float) -> dict[str, Any]:
    """Ticks of a logarithmic axis: 1, 2, 5 where it is short, powers of ten where it is long."""
    powers = range(int(np.floor(low)), int(np.ceil(high)) + 1)
    digits = (1, 2, 5) if high - low < 3 else (1,)
    values = [digit * 10.0**power for power in powers for digit in digits]
    inside = [value for value in values if low <= np.log10(value) <= high]
    every = max(1, -(-len(inside) // 8))
    inside = inside[::every]
    return {"tickvals": inside, "ticktext": [f"{value:.4g}" for value in inside]}


def _bounded(losses: np.ndarray) -> np.ndarray:
    """What a logarithmic axis can show."""
    top = 1e7 * max(float(losses[0]), 1e-12) if np.isfinite(losses[0]) else 1e7
    return np.clip(np.nan_to_num(losses, nan=top, posinf=top), 1e-12, top)


def _loss_range(losses: np.ndarray, floor: float | None) -> tuple[float, float]:
    """Logarithms of the lowest and the highest loss, and a margin."""
    values = np.log10(np.append(_bounded(losses), [] if floor is None else [floor]))
    low, high = float(values.min()), float(values.max())
    beyond = max(0.08, 0.08 * (high - low))
    below = beyond if floor is None else 2 * beyond  # room for a word under the floor
    return low - below, high + beyond


def _thinned(count: int, most: int = 400) -> np.ndarray:
    """Indices of about `most` of so many steps, dense at first."""
    if count <= most:
        return np.arange(count)
    spread = np.geomspace(1, count - 1, most).round().astype(int)
    return np.unique(np.append(0, spread))


def _place(step: Any) -> np.ndarray:
    """Where a step stands on a logarithmic axis: 0 half a step before 1."""
    return np.maximum(np.asarray(step, dtype=float), 0.5)


def _mark_at(losses: np.ndarray, step: int) -> dict[str, Any]:
    return {"x": [float(_place(step))], "y": [float(_bounded(losses)[step])]}


def _mark(losses: np.ndarray, step: int) -> dict[str, Any]:
    """Where on the loss curve the picture on the left was taken."""
    place = _mark_at(losses, step)
    return t.dots(place["x"], place["y"], "condition", 13, xaxis="x2", yaxis="y2")


def _filmed(
    made: t.Canvas, losses: np.ndarray, steps: np.ndarray, changes: list[dict], places: list[int]
) -> go.Figure:
    """One frame for each kept step, with its own place on the loss curve; no film of one frame."""
    frames = [
        {
            "name": f"{step:,}",
            "data": [{"type": "scatter", **part} for part in (change, _mark_at(losses, step))],
            "traces": places,
        }
        for step, change in zip(steps, changes, strict=True)
    ]
    return made.figure(frames if len(frames) > 1 else ())


def _shades(values: np.ndarray) -> np.ndarray:
    """(F, SIDE², K) probabilities -> (F, SIDE, SIDE) bytes: the winning class and how surely."""
    count = values.shape[-1]
    best = values.argmax(axis=-1)
    sure = (np.nan_to_num(values.max(axis=-1), nan=1 / count) - 1 / count) / (1 - 1 / count)
    shade = best * BANDS + np.round((BANDS - 1) * sure.clip(0, 1))
    return shade.astype(np.uint8).reshape(len(values), SIDE, SIDE)


def _map(
    shade: np.ndarray, across: Sequence[float], along: Sequence[float], count: int
) -> dict[str, Any]:
    top = count * BANDS - 1
    scale = []
    for k in range(count):
        for end, opacity in zip((0, BANDS - 1), FILL, strict=True):
            scale.append([(k * BANDS + end) / top, theme.color(theme.component(k), opacity)])
    return {
        "type": "heatmap", "z": shade, "zmin": 0, "zmax": top, "showscale": False,
        "x": np.linspace(across[0], across[1], SIDE), "y": np.linspace(along[0], along[1], SIDE),
        "colorscale": scale, "zsmooth": False, "hoverinfo": "skip",
    }  # fmt: skip


# --- a drawn digit ------------------------------------------------------------------------------


def digit(x: np.ndarray, probabilities: np.ndarray, maps: Sequence[np.ndarray]) -> go.Figure:
    """A picture (784,), what the classifier says of it (10,), and what its convolutions see.

    `maps`: (C, H, W) of the first two; each map in shades of its own strongest answer.
    """
    made = t.Canvas.empty(("", _("probability")), (-0.6, 9.6), (0, 1.12), height=620)
    made.layout["xaxis"] |= {"domain": [0.42, 1.0], "tickvals": list(range(10)), "anchor": "y"}
    made.layout["xaxis"]["title"] = {"text": _("digit")}
    made.layout["yaxis"] |= {"domain": [0.64, 1.0], "tickformat": ".0%", "tickvals": [0, 0.5, 1]}
    best = int(probabilities.argmax())
    colors = [theme.color("model" if k == best else "muted") for k in range(10)]
    made.add(
        {
            "type": "bar", "x": list(range(10)), "y": probabilities, "marker": {"color": colors},
            "text": [f"{p:.0%}" if p >= 0.005 else "" for p in probabilities],
            "textposition": "outside", "textfont": {"size": 13}, "constraintext": "none",
            "cliponaxis": False, "hoverinfo": "skip",
        }
    )  # fmt: skip
    _picture(made, 2, x.reshape(28, 28), (0.0, 0.3), (0.64, 1.0), "data")
    _picture(made, 3, _sheet(maps[0], 8), (0.0, 0.47), (0.0, 0.5), "model")
    _picture(made, 4, _sheet(maps[1], 8), (0.53, 1.0), (0.0, 0.5), "latent")
    _headings(made, len(maps[0]), len(maps[1]))
    made.narrow = {
        "xaxis.domain": [0.42, 1], "yaxis.domain": [0.78, 1], "yaxis2.domain": [0.78, 1],
        "yaxis.title.text": "",
        "xaxis2.domain": [0, 0.26],
        "xaxis3.domain": [0, 1], "yaxis3.domain": [0.38, 0.66],
        "xaxis4.domain": [0, 1], "yaxis4.domain": [0, 0.29],
    }  # fmt: skip
    made.narrow_height = 760
    return made.figure()


def _headings(made: t.Canvas, first: int, second: int) -> None:
    """Words above the two sheets, on their own axes, so that they follow them when stacked."""
    for number, text, role in (
        (3, _("first convolution: {count} maps").format(count=first), "model"),
        (4, _("second convolution: {count} maps").format(count=second), "latent"),
    ):
        top = made.layout[f"yaxis{number}"]["range"][1]
        axes = {"xaxis": f"x{number}", "yaxis": f"y{number}"}
        made.add(t.text(-0.5, top, text, role, 14, at="top right", **axes))


def _sheet(maps: np.ndarray, columns: int) -> np.ndarray:
    """(C, H, W) -> one picture of small ones with gaps, each scaled to its own top."""
    count, height, width = maps.shape
    rows = -(-count // columns)
    sheet = np.full((rows * (height + 1) - 1, columns * (width + 1) - 1), np.nan)
    for index, one in enumerate(maps):
        row, column = divmod(index, columns)
        row, column = row * (height + 1), column * (width + 1)
        sheet[row : row + height, column : column + width] = one / max(float(one.max()), 1e-9)
    return sheet


def _picture(
    made: t.Canvas,
    number: int,
    values: np.ndarray,
    across: Sequence[float],
    along: Sequence[float],
    role: str,
) -> None:
    """Grey values as a small picture with axes of its own, rows from the top."""
    height, width = values.shape
    made.layout[f"xaxis{number}"] = t.bare((-0.5, width - 0.5), domain=list(across),
                                           anchor=f"y{number}")  # fmt: skip
    made.layout[f"yaxis{number}"] = t.bare(
        (-0.5, height - 0.5), domain=list(along), anchor=f"x{number}", scaleanchor=f"x{number}"
    )
    shades = np.where(np.isnan(values), 255, np.round(250 * values.clip(0, 1)))[::-1]
    (_low, faint), (_high, full) = theme.scale(role, 0.08, 1.0)
    nothing = theme.color(role, 0.0)  # between two maps
    scale = [[0.0, faint], [0.981, full], [0.982, nothing], [1.0, nothing]]
    made.add(
        {
            "type": "heatmap", "z": shades.astype(np.uint8), "zmin": 0, "zmax": 255,
            "colorscale": scale, "showscale": False, "hoverinfo": "skip",
            "xaxis": f"x{number}", "yaxis": f"y{number}",
        }
    )  # fmt: skip


def confusion(counts: np.ndarray) -> go.Figure:
    """Counts (10, 10), rows the true digit, columns what was said; logarithmic shades."""
    made = t.Canvas.empty(
        (_("what the classifier said"), _("true digit")), (-0.5, 9.5), (9.5, -0.5), height=520
    )
    digits = list(range(len(counts)))
    made.layout["xaxis"] |= {"tickvals": digits}
    made.layout["yaxis"] |= {"tickvals": digits}
    right = np.eye(len(counts), dtype=bool)
    shade = np.log10(1.0 + counts)
    made.add(
        _cells(np.where(right, shade, np.nan), "model"),
        _cells(np.where(right | (counts == 0), np.nan, shade), "negative"),
    )
    for role, cells in (("paper", right), ("ink", ~right & (counts > 0))):
        rows, columns = np.nonzero(cells)
        words = [f"{int(counts[place]):,}" for place in zip(rows, columns, strict=True)]
        font = {"color": theme.color(role), "size": 13}
        made.add(
            {"type": "scatter", "mode": "text", "x": columns, "y": rows, "text": words,
             "textfont": font, "hoverinfo": "skip"}
        )  # fmt: skip
    return made.figure()


def _cells(shade: np.ndarray, role: str) -> dict[str, Any]:
    top = 3.1 if role == "model" else 1.6
    return {
        "type": "heatmap", "z": shade, "zmin": 0, "zmax": top, "showscale": False, "xgap": 2,
        "ygap": 2, "colorscale": theme.scale(role, 0.12, 1.0), "hoverinfo": "skip",
    }  # fmt: skip
