"""The film of EM, half-step by half-step: points, moving ellipses, the bound under the likelihood.

Colour blends the components by responsibility; the symbol names the most responsible one and is
hollow while that is in doubt. A frame carries only what changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.figures import theme
from explorer.figures.picture import Picture
from explorer.figures.traces import Canvas, dots, filled, line, small, text
from explorer.i18n import _
from explorer.models.em_run import Run
from explorer.models.gaussian import Gaussian
from explorer.models.mixture import Mixture

DRAWN = 500  # points shown; EM itself sees more
FRAMES = 121  # at most; of a longer run the first iterations and then every n-th are shown
SHADES = (16, 8, 6, 4, 3, 2)  # steps of a responsibility's colour; the first giving <= 250 colours
SURE = 0.9  # a responsibility from here on fills the symbol
#: plotly's numbers of theme.SYMBOLS; + 100 is the hollow one.
NUMBERS = np.array([0, 2, 1, 5, 17, 14, 3, 4])
CIRCLE = np.linspace(0, 2 * np.pi, 41)
UNIT = np.column_stack([np.cos(CIRCLE), np.sin(CIRCLE)])  # (41, 2)
SECOND: dict[str, Any] = {"xaxis": "x2", "yaxis": "y2"}
THIRD: dict[str, Any] = {"xaxis": "x3", "yaxis": "y3"}
OFF = 0.4  # a start further below the other values than this share of their range is only named


@dataclass(frozen=True)
class Row:
    """One frame's numbers: what the curves show at half-step `at` and what it is called."""

    at: int
    name: str
    mixture: Mixture
    gamma: np.ndarray | None  # (N, K)
    log_likelihood: float  # per point
    lower_bound: float | None  # per point
    floor: float | None = None  # of a squeezed M step


def rows(run: Run, n: int) -> list[Row]:
    """The start, every half-step, and after a collapse the M step with ever lower floors."""
    found = [Row(0, "0", run.start, None, run.log_likelihood / n, None)]
    every = [(step, None) for step in run.steps] + [(step, f) for f, step in run.squeezed]
    for at, (step, floor) in enumerate(every, start=1):
        name = f"{step.iteration} {step.half}" + ("" if floor is None else f" · {floor:.0e}")
        total = step.log_likelihood_per_point
        bound = step.lower_bound_per_point if floor is None else None
        found.append(Row(at, name, step.mixture, step.responsibilities, total, bound, floor))
    return found


def shown(count: int) -> list[int]:
    """Which of `count` frames are shown: all of up to FRAMES, else the early ones and then fewer.

    Whole iterations are kept or left out, so that an E step is always followed by its M step.
    """
    if count <= FRAMES:
        return list(range(count))
    early, late = FRAMES // 2, count - 1
    pairs = np.unique(np.linspace(early // 2, (late - 2) // 2, early // 2).round()).astype(int)
    kept = {*range(early + 1), *(2 * pairs + 1), *(2 * pairs + 2), late - 1, late}
    return sorted(i for i in kept if i <= late)


def drawn(n: int) -> np.ndarray:
    """Which points are shown: all of up to DRAWN, else as many, evenly through the rows."""
    return np.arange(n) if n <= DRAWN else np.linspace(0, n - 1, DRAWN).round().astype(int)


def paint(gammas: Sequence[np.ndarray | None], count: int) -> tuple[list[list], list[np.ndarray]]:
    """A colour scale and, for each frame, the indices of its points' colours in it.

    A responsibility is rounded to a few steps, so that a frame costs one byte for each point.
    Colour 0 is for points nobody has claimed yet.
    """
    known = [gamma for gamma in gammas if gamma is not None]
    if not known:
        return _scale([theme.color("data")]), [np.zeros(count, np.uint8) for _g in gammas]
    k = known[0].shape[1]
    for steps in SHADES:
        base = (steps + 1) ** np.arange(k)
        coded = np.concatenate([np.rint(gamma * steps).astype(int) @ base for gamma in known])
        codes, where = np.unique(coded, return_inverse=True)
        if len(codes) <= 250:
            break
    parts = (codes[:, None] // base) % (steps + 1)  # (colours, K)
    parts = np.where(parts.any(axis=1, keepdims=True), parts, 1)  # all too small to round up: equal
    mixed = theme.blend(parts / parts.sum(axis=1, keepdims=True))
    indices = iter((where + 1).reshape(len(known), count).astype(np.uint8))
    none = np.zeros(count, np.uint8)
    painted = [none if gamma is None else next(indices) for gamma in gammas]
    return _scale([theme.color("data"), *mixed]), painted


def _scale(colors: list[str]) -> list[list]:
    colors = colors if len(colors) > 1 else colors * 2
    return [[i / (len(colors) - 1), color] for i, color in enumerate(colors)]


def symbols(gamma: np.ndarray | None, count: int) -> np.ndarray:
    """The most responsible component's symbol, hollow where it is less than SURE. (count,)"""
    if gamma is None:
        return np.zeros(count, np.uint8)
    doubt = np.where(gamma.max(axis=1) < SURE, 100, 0)
    return (NUMBERS[gamma.argmax(axis=1)] + doubt).astype(np.uint8)


def cloud(
    x: np.ndarray, scale: list[list], index: np.ndarray, symbol: np.ndarray, **more: Any
) -> dict:
    """The points (n, 2), coloured by `index` into the scale."""
    marker = {
        "opacity": 0.9, "symbol": symbol, "colorscale": scale, "cmin": 0,
        "cmax": max(len(scale) - 1, 1), "line": {"width": 0},
    }  # fmt: skip
    return dots(x[:, 0], x[:, 1], index, 8, marker=marker, hoverinfo="x+y", **more)


def repainted(index: np.ndarray, symbol: np.ndarray) -> dict:
    """What a frame says about the points."""
    return {"type": "scatter", "marker": {"color": index, "symbol": symbol}}


def moved(points: np.ndarray) -> dict:
    """What a frame says about points (n, 2), or a line through them; nan lifts the pen."""
    return {"type": "scatter", "x": small(points[:, 0]), "y": small(points[:, 1])}


def rings(bell: Gaussian) -> dict:
    """Ellipses at 1 and 2 standard deviations, as one line with a gap."""
    circle = UNIT @ bell.cholesky.T
    return moved(np.concatenate([bell.mean + circle, [[np.nan, np.nan]], bell.mean + 2 * circle]))


def ellipse(k: int, place: dict, **more: Any) -> dict:
    """Component k's line; `place` as `rings` make it."""
    return line(place["x"], place["y"], theme.component(k), **more)


def centres(means: np.ndarray, **more: Any) -> dict:
    """The means, each as its component's symbol with its number."""
    k = len(means)
    edge = {"width": 2, "color": theme.color("paper")}
    return dots(
        small(means[:, 0]), small(means[:, 1]), [theme.component(i) for i in range(k)], 17,
        marker={"symbol": NUMBERS[:k], "line": edge}, mode="markers+text",
        text=[f"<b>{i + 1}</b>" for i in range(k)], textposition="top right",
        textfont={"size": 18, "color": theme.color("ink"), "shadow": theme.HALO}, **more,
    )  # fmt: skip


def ways(means: np.ndarray) -> dict:
    """The way of every mean so far: (frames, K, 2) as one line with gaps."""
    gap = np.full((1, means.shape[1], 2), np.nan)
    return moved(np.concatenate([means, gap]).transpose(1, 0, 2).reshape(-1, 2))


def stroke(role: str, width: float, dash: str) -> dict:
    """The style of a line that is not solid."""
    return {"color": theme.color(role), "width": width, "dash": dash}


def window(x: np.ndarray) -> tuple[tuple[float, float], tuple[float, float]]:
    """Axis ranges: the points with room around them, on the left as much as half their width."""
    low, high = x.min(axis=0), x.max(axis=0)
    span = np.where(high > low, high - low, 1.0)
    left, below = low - (0.5, 0.14) * span
    right, above = high + 0.14 * span
    return (float(left), float(right)), (float(below), float(above))


def plane(x: np.ndarray, titles: Sequence[str]) -> Canvas:
    """Axes for the points on the left; the right third stays free."""
    made = Canvas.empty(titles, *window(x), height=520)
    made.layout["xaxis"]["domain"] = [0.0, 0.6]
    return made


def film(x: np.ndarray, run: Run, titles: Sequence[str], point: int = 0) -> Picture:
    """The whole run: the stage's figure with its frames. `point` is the row whose shares are told.

    Trace order: points, K ellipses, ways, means, the chosen point, then the curves (see _curves).
    """
    every = rows(run, len(x))
    kept = [every[i] for i in shown(len(every))]
    seen = drawn(len(x))
    gammas = [None if row.gamma is None else row.gamma[seen] for row in kept]
    scale, painted = paint(gammas, len(seen))
    means = np.array([row.mixture.means for row in every])  # (half-steps, K, 2)
    made = plane(x, titles)
    made.add(
        cloud(x[seen], scale, painted[0], symbols(None, len(seen))),
        *(ellipse(i, rings(bell)) for i, bell in enumerate(run.start.components)),
        line(**ways(means[:1]), line=stroke("ink", 2, "dot")),
        centres(run.start.means),
        _chosen(x[point]),
    )
    _curves(made, every, len(run.steps))
    moving = [*range(means.shape[1] + 4), len(made.traces) - 2, len(made.traces) - 1]
    frames, place = [], _place(every)
    for row, gamma, index in zip(kept, gammas, painted, strict=True):
        told = None if row.gamma is None else row.gamma[point]
        data = [
            repainted(index, symbols(gamma, len(seen))),
            *(rings(bell) for bell in row.mixture.components),
            ways(means[: row.at + 1]),
            moved(row.mixture.means),
            {"type": "scatter", "text": [shares(told)]},
            *_now(row, place),
        ]
        frames.append({"name": row.name, "data": data, "traces": moving})
    return made.figure(frames)


def _chosen(at: np.ndarray) -> dict:
    """A ring around the point the equation speaks of, with its responsibilities."""
    ring = {"size": 18, "symbol": "diamond-open", "color": theme.color("condition")}
    ring["line"] = {"width": 2.5}
    return text(at[0], at[1], "", "condition", at="middle left", mode="markers+text", marker=ring)


def shares(gamma: np.ndarray | None) -> str:
    """One point's responsibilities: "1: 31 %, 2: 69 %", without those below half a percent."""
    if gamma is None:
        return "?"
    parts = [f"{i + 1}: {100 * g:.0f} %" for i, g in enumerate(gamma) if g >= 0.005]
    return "<br>".join(parts)


# ---- the curves on the right ------------------------------------------------------------------


def _curves(made: Canvas, every: Sequence[Row], half_steps: int) -> None:
    """Log-likelihood and bound over the half-steps, below them the gap between the two.

    The last two traces move. Bars are drawn as filled lines: the stage flips frames much faster
    where every trace is a scatter.
    """
    at = np.arange(len(every), dtype=float)
    total = np.array([row.log_likelihood for row in every])
    bound = np.array([row.lower_bound if row.lower_bound is not None else np.nan for row in every])
    low, high = _range(total, bound)
    _axes(made, (low, high), _tallest(every), half_steps, len(every))
    regular = (at <= half_steps) & (total >= low)
    made.add(
        line(at, bound, line=stroke("latent", 2, "dot"), **SECOND),
        line(at, np.where(regular, total, np.nan), **SECOND),
    )
    if len(every) > half_steps + 1:
        falling = stroke("negative", 3, "dash")
        made.add(line(at[half_steps:], total[half_steps:], line=falling, **SECOND))
    made.add(_names(every, low, high, total, half_steps), _bars(total - bound))
    marks, value = _now(every[0], _place(every))
    edge = {"width": 2, "color": theme.color("paper")}
    pair = [theme.color("model"), theme.color("latent")]
    made.add(
        dots(
            **marks, color=pair, size=13, marker={"symbol": ["circle", "diamond"], "line": edge},
            mode="lines+markers", line={"color": theme.color("latent", 0.5), "width": 9}, **SECOND,
        ),
        dots(  # the second is only a place for words
            **value, color="latent", size=[12, 0], marker={"symbol": "triangle-down"},
            mode="markers+text", textposition="middle left", cliponaxis=False,
            textfont={"color": theme.color("latent"), "size": 14}, **THIRD,
        ),
    )  # fmt: skip


def _bars(gap: np.ndarray) -> dict:
    """A hatched bar for the gap after every M step; after an E step there is none."""
    at = np.flatnonzero(np.nan_to_num(gap) > 1e-12)
    x = (at[:, None] + [-0.45, -0.45, 0.45, 0.45, np.nan]).ravel()
    y = (gap[at, None] * [0, 1, 1, 0, np.nan]).ravel()
    path = {"x": x, "y": y} if len(x) else {"x": [None], "y": [None]}
    color = theme.color("latent")
    hatch = {"shape": "/", "size": 5, "fgcolor": color, "bgcolor": "rgba(0,0,0,0)"}
    return filled(path, theme.color("latent", 0.2), 1, "latent", fillpattern=hatch, **THIRD)


def _now(row: Row, place: tuple[float, float]) -> list[dict]:
    """The two moving marks: bound and log-likelihood with the gap between them; the gap's size,
    always written at the same place."""
    at, total = row.at, row.log_likelihood
    bound = total if row.lower_bound is None else row.lower_bound
    gap = max(total - bound, 0.0)
    size = "" if row.lower_bound is None else f"{gap:.4f}" if gap >= 5e-5 else "0"
    return [
        {"type": "scatter", "x": [at, at], "y": [total, bound]},
        {"type": "scatter", "x": [at, place[0]], "y": [gap, place[1]], "text": ["", size]},
    ]


def _place(every: Sequence[Row]) -> tuple[float, float]:
    """On the right, above all bars."""
    return every[-1].at, 1.22 * _tallest(every)


def _tallest(every: Sequence[Row]) -> float:
    """The largest gap after an M step, for the axis."""
    known = [row for row in every[1:] if row.lower_bound is not None]
    gaps = [row.log_likelihood - (row.lower_bound or 0.0) for row in known]
    return max([gap for gap in gaps if np.isfinite(gap)] + [1e-3])


def _range(total: np.ndarray, bound: np.ndarray) -> tuple[float, float]:
    """The curves' axis: everything from the first M step on; the start only if it is near."""
    later = np.concatenate([total[2:], bound[2:]]) if len(total) > 2 else total
    low, high = float(np.nanmin(later)), float(np.nanmax(later))
    span = max(high - low, 0.004 * max(abs(high), 1.0))
    if low - OFF * span < total[0] < low:
        low, span = float(total[0]), high - float(total[0])
    return low - 0.12 * span, high + 0.22 * span


def _axes(
    made: Canvas, range_: tuple[float, float], top: float, half_steps: int, count: int
) -> None:
    step = max(1, int(np.ceil(half_steps / 2 / 6)))
    ticks = np.arange(0, half_steps // 2 + 1, step)
    across: dict = {
        "range": [-0.8, count - 0.2], "tickvals": 2 * ticks, "ticktext": ticks,
        "domain": [0.735, 1],
    }  # fmt: skip
    made.layout |= {
        "xaxis2": theme.axis(anchor="y2", showticklabels=False, **across),
        "yaxis2": theme.axis(_("nats per point"), range_, domain=[0.42, 1], anchor="x2"),
        "xaxis3": theme.axis(_("iteration"), anchor="y3", **across),
        "yaxis3": theme.axis(
            _("gap"), (0, 1.45 * top), domain=[0, 0.3], anchor="x3", nticks=4,
            exponentformat="none",
        ),
    }  # fmt: skip
    made.narrow, made.narrow_height = {
        "xaxis.domain": [0, 1], "yaxis.domain": [0.52, 1],
        "xaxis2.domain": [0.08, 1], "yaxis2.domain": [0.17, 0.42],
        "xaxis3.domain": [0.08, 1], "yaxis3.domain": [0, 0.12],
    }, 820  # fmt: skip


def _names(
    every: Sequence[Row], low: float, high: float, total: np.ndarray, half_steps: int
) -> dict:
    """Words on the curves."""
    end = len(every) - 1
    words = [
        (-0.6, high, _("log-likelihood"), "model", "bottom right"),
        (end, low, _("lower bound"), "latent", "top left"),
    ]
    if total[0] < low:
        start = _("start: {value:.2f} ↓").format(value=total[0]).replace("-", "−")
        words.append((-0.6, low, start, "model", "top right"))
    if end > half_steps:
        words.append((end, high, _("no limit ↑"), "negative", "bottom left"))
    return writing(words, 14, **SECOND)


def writing(words: Sequence[tuple[float, float, str, str, str]], size: int, **more: Any) -> dict:
    """Several labels in one trace: (x, y, text, role, where the text lies)."""
    x, y, said, roles, places = map(list, zip(*words, strict=True))
    trace = text(0, 0, "", size=size, at=places, **more)
    font = {**trace["textfont"], "color": [theme.color(role) for role in roles]}
    return {**trace, "x": x, "y": y, "text": said, "textfont": font}
