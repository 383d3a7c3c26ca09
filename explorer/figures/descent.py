"""The picture of a walk downhill: the landscape from above, and the height along the way.

The path is the model's (blue); the bottom is a green star; at the place where the film stands a
magenta arrow points straight downhill, whichever way the next step really goes.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import plotly.graph_objects as go

from explorer.figures import theme
from explorer.figures.traces import Canvas, dots, line, small, text
from explorer.i18n import _, n_
from explorer.models.descent import OPTIMISERS, Step, longest_rate, walk
from explorer.models.surfaces import Bowl, Rosenbrock, Surface, curvature

#: (x0, x1, y0, y1): what is seen of each landscape, with about the same scale both ways.
WINDOWS = {"valley": (-2.6, 2.6, -1.0, 3.0), "bowl": (-2.6, 2.6, -2.0, 2.0)}
LEVELS = {
    "valley": (0.1, 0.4, 1.5, 6, 25, 100, 400, 1600),
    "bowl": (0.03, 0.15, 0.6, 1.8, 4, 9, 18, 32, 55),
}
NAMES = {"sgd": "SGD", "momentum": n_("Momentum"), "adam": "Adam"}
FRAMES, POINTS = 56, 150  # moments of the film; points on the path, however many steps it has
FLAT_ENOUGH = 1e-9  # a slope too short to point anywhere
DOTTED = 40  # so many first steps are marked one by one
BOTTOM, TOP = 1e-10, 1e5  # the heights that the second panel shows
START = 0.5  # where step 0 stands on an axis that counts 1, 10, 100
OUTSIDE = 20.0  # a path that runs away is drawn no further than this
RIGHT = {"xaxis": "x2", "yaxis": "y2"}


@dataclass(frozen=True)
class Track:
    """A walk, thinned out: points evenly spaced in the logarithm of the step."""

    points: tuple[Step, ...]
    frames: tuple[int, ...]  # which of the points are moments of the film
    rate: float
    beta: float  # 0 unless momentum

    @property
    def end(self) -> Step:
        """Where the walk stopped."""
        return self.points[-1]

    @property
    def lost(self) -> bool:
        """Whether it ran away."""
        return self.end.stop in ("diverged", "overflow")

    def too_steep(self, surface: Surface) -> Step:
        """Of a walk that ran away: where the ground first curved more than its rate allows."""
        near = [p for p in self.points if abs(p.x) + abs(p.y) < 1e3] or list(self.points[:1])
        sharp = (
            p for p in near if longest_rate(curvature(surface, p.x, p.y), self.beta) < self.rate
        )
        return next(sharp, max(near, key=lambda p: curvature(surface, p.x, p.y)))


def surface_of(place: str, steep: float = 20.0, turn: float = 30.0) -> Surface:
    """The landscape of that name; `steep` and `turn` shape the bowl."""
    return Bowl(steep, turn) if place == "bowl" else Rosenbrock()


def steps(
    surface: Surface, name: str, start: tuple[float, float], rate: float, beta: float, at_most: int
) -> list[Step]:
    """Every step of a walk."""
    return list(walk(OPTIMISERS[name](surface, start, rate, beta), at_most))


def track(
    surface: Surface, name: str, start: tuple[float, float], rate: float, beta: float, at_most: int
) -> Track:
    """The walk, thinned out for a picture."""
    every = steps(surface, name, start, rate, beta, at_most)
    kept = _spaced(len(every), POINTS)
    moments = set(_spaced(len(every), FRAMES))
    kept = sorted(set(kept) | moments)
    frames = tuple(i for i, step in enumerate(kept) if step in moments)
    heavy = beta if name == "momentum" else 0.0
    return Track(tuple(every[i] for i in kept), frames, rate, heavy)


def _spaced(count: int, at_most: int) -> list[int]:
    """Up to `at_most` of 0 .. count - 1, both ends among them, dense at the beginning."""
    spaced = np.geomspace(1, count, at_most).round().astype(int) - 1
    return sorted({int(i) for i in spaced})


# ---- drawing -----------------------------------------------------------------------------------


def walking(
    place: str, surface: Surface, main: Track, others: Mapping[str, Track] | None = None
) -> go.Figure:
    """Left the landscape and the path on it, right the height at every step, both logarithmic.

    others: {name: track} of other optimisers from the same start, drawn thinner and named.
    """
    x0, x1, y0, y1 = WINDOWS[place]
    canvas = Canvas.empty(("x", "y"), (x0, x1), (y0, y1), 470)
    _panels(canvas, main, others or {})
    canvas.add(*_landscape(place, surface))
    bottom = surface.minimum
    canvas.add(dots(bottom[:1], bottom[1:], "truth", 15, marker={"symbol": "star"}))
    for row, (name, track) in enumerate((others or {}).items()):
        canvas.add(*_rival(name, track, row))
    way = np.array([_seen(p.x, p.y) for p in main.points])
    count = np.array([max(p.step, START) for p in main.points])
    height = np.array([_height(p.value) for p in main.points])
    canvas.add(
        line(small(way[:, 0]), small(way[:, 1]), theme.color("model", 0.4), 1.5),
        line(small(count), small(height), "model", 2, **RIGHT),
    )
    base = len(canvas.traces)
    canvas.add(*_moving(len(way), x0, y1))
    frames = [_frame(main, way, i, base) for i in main.frames]
    for trace, change in zip(canvas.traces[base:], frames[-1]["data"], strict=True):
        trace.update(change)  # the picture opens on its last frame
    return canvas.figure(frames)


def _moving(count: int, x: float, y: float) -> list[dict]:
    """What the film moves: the path so far, the way downhill, where we are (twice), the readout."""
    sizes = [5] * min(DOTTED, count) + [0] * max(0, count - DOTTED)
    marker = {"opacity": 1, "line": {"width": 0}}
    blue, magenta = {"color": theme.color("model")}, {"color": theme.color("condition")}
    arrow = {"symbol": "arrow", "angleref": "previous", "size": [0, 14], **magenta, **marker}
    here = {"color": "condition", "size": 12, "marker": {"symbol": "diamond"}}
    return [
        line([], [], "model", 2.5, mode="lines+markers", marker={"size": sizes, **blue, **marker}),
        line([], [], "condition", 3, mode="lines+markers", marker=arrow),
        dots([], [], **here),
        dots([], [], **here, cliponaxis=False, **RIGHT),
        text(x, y, "", at="top right"),
    ]


def _panels(canvas: Canvas, main: Track, others: Mapping[str, Track]) -> None:
    last = max(track.end.step for track in (main, *others.values()))
    marks = [10**k for k in range(5) if 10**k <= max(last, 1)]
    span = (math.log10(START) - 0.1, math.log10(max(last, 2)) + 0.2)
    powers_of_ten = ("1", "10", "10<sup>2</sup>", "10<sup>3</sup>", "10<sup>4</sup>")
    ticks = {"tickvals": [START, *marks], "ticktext": ["0", *powers_of_ten[: len(marks)]]}
    powers = [10.0**k for k in range(-10, 6, 5)]
    canvas.layout["margin"] = {"l": 62, "r": 16, "t": 34, "b": 54}  # the readout stands above
    canvas.layout["xaxis"]["domain"] = [0, 0.6]
    canvas.layout["xaxis2"] = {
        **theme.axis(_("Steps"), span), **ticks, "type": "log", "domain": [0.74, 1], "anchor": "y2",
    }  # fmt: skip
    canvas.layout["yaxis2"] = {
        **theme.axis(_("height f"), (math.log10(BOTTOM), math.log10(TOP))),
        "type": "log", "anchor": "x2", "tickvals": powers,
        "ticktext": [f"10<sup>{round(math.log10(p))}</sup>" if p != 1 else "1" for p in powers],
    }  # fmt: skip
    canvas.narrow = {
        "xaxis.domain": [0, 1], "xaxis2.domain": [0, 1], "yaxis.domain": [0.44, 1],
        "yaxis2.domain": [0, 0.3],
    }  # fmt: skip
    canvas.narrow_height = 620


@lru_cache(maxsize=32)
def _outlines(place: str, surface: Surface) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    x0, x1 = WINDOWS[place][:2]
    curves = [surface.contour(c, x0 - 0.1, x1 + 0.1) for c in reversed(LEVELS[place])]
    return tuple((small(curve[:, 0]), small(curve[:, 1])) for curve in curves)


def _landscape(place: str, surface: Surface) -> list[dict]:
    """Curves of equal height, exact; each lies on the ones above it, so the low ground is dark."""
    shade = {"fill": "toself", "fillcolor": theme.color("muted", 0.09)}
    edge = theme.color("muted", 0.5)
    return [line(x, y, edge, 1, **shade) for x, y in _outlines(place, surface)]


def _rival(name: str, track: Track, row: int) -> list[dict]:
    """Another optimiser's walk: dashed, with its name at the end of its height curve."""
    role = {"sgd": "data", "momentum": "latent", "adam": "sample"}[name]
    dotted = {"color": theme.color(role), "width": 2, "dash": "dot"}
    way = small(np.array([_seen(p.x, p.y) for p in track.points]))
    count = small(np.array([max(p.step, START) for p in track.points]))
    height = small(np.array([_height(p.value) for p in track.points]))
    # Curves that leave through the top are named there, one name under the other.
    level, side = (TOP / 15**row, "bottom right") if track.lost else (float(height[-1]), "top left")
    return [
        {**line(way[:, 0], way[:, 1]), "line": dotted},
        {**line(count, height), **RIGHT, "line": dotted},
        text(float(count[-1]), level, _(NAMES[name]), role, 13, at=side, **RIGHT),
    ]


def _frame(main: Track, way: np.ndarray, index: int, base: int) -> dict:
    now = main.points[index]
    x, y = way[index]
    ahead = _downhill(now)
    return {
        "name": f"{now.step:,}",
        "traces": list(range(base, base + 5)),
        "data": [
            {"type": "scatter", "x": small(way[: index + 1, 0]), "y": small(way[: index + 1, 1])},
            {"type": "scatter", "x": [x, x + ahead[0]], "y": [y, y + ahead[1]]},
            {"type": "scatter", "x": [x], "y": [y]},
            {"type": "scatter", "x": [max(now.step, START)], "y": [_height(now.value)]},
            {"type": "scatter", "text": [readout(now)]},
        ],
    }  # fmt: skip


def readout(now: Step) -> str:
    """One moment in figures: step, place and height."""
    words = _("step {step:,}: f = {value}")
    return words.format(step=now.step, value=figures(now.value))


def figures(value: float) -> str:
    """A number of any size in five figures, and a word for one that is none."""
    if not math.isfinite(value):
        return _("beyond all numbers")
    text = f"{value:.5g}" if abs(value) < 1e5 else f"{value:.1e}"
    return text.replace("-", "−")


def _downhill(now: Step) -> tuple[float, float]:
    """An arrow of fixed length against the gradient; none on flat ground."""
    length = math.hypot(now.gx, now.gy)
    if not FLAT_ENOUGH < length < math.inf:
        return 0.0, 0.0
    return -0.45 * now.gx / length, -0.45 * now.gy / length


def _height(value: float) -> float:
    """A height as the second panel can show it."""
    return min(max(value, BOTTOM), 10 * TOP) if value == value else 10 * TOP


def _seen(x: float, y: float) -> Sequence[float]:
    """A point far outside is drawn in the same direction, but near enough to be drawn."""
    far = max(abs(x), abs(y))
    if not far < math.inf:
        return OUTSIDE, OUTSIDE
    return (x, y) if far <= OUTSIDE else (x * OUTSIDE / far, y * OUTSIDE / far)
