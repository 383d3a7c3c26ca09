"""Traces as plain dictionaries in the house style, and a picture made of them in one go.

    made = Canvas.empty(("x", "density"), (-4, 4), (0, 1))
    made.add(filled(…), line(x, y, "truth"), text(0, 0.5, "<b>p</b>", "truth"))
    picture = made.figure()

With plotly's own objects, which check every value, a dozen traces take six milliseconds. Where a
picture is built anew while a hand drags, that is what keeps it under the hand.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from explorer.figures import theme
from explorer.figures.picture import Picture

QUIET = {"hoverinfo": "skip"}


def _told(more: dict) -> dict:
    """Nothing is said under the pointer unless a trace brings its own words for it."""
    return more if "hovertemplate" in more else {**QUIET, **more}


def line(x: Any, y: Any, color: str = "model", width: float = 3, **more: Any) -> dict:
    """A line in a role's colour or a hex; the exact truth is dashed, so colour is never alone."""
    dash = "dash" if color == "truth" else "solid"
    style = {"color": theme.color(color), "width": width, "dash": dash}
    return {"type": "scatter", "x": x, "y": y, "mode": "lines", "line": style, **_told(more)}


def dots(x: Any, y: Any, color: Any, size: Any = 7, **more: Any) -> dict:
    """Markers; `color` is a role, a hex or a list of hexes; `marker` adds to their style."""
    shown = theme.color(color) if isinstance(color, str) else color
    marker = {"color": shown, "size": size, **more.pop("marker", {})}
    trace = {"type": "scatter", "x": x, "y": y, "mode": "markers", "marker": marker}
    return {**trace, **_told(more)}


def points(x: np.ndarray, y: np.ndarray, role: str = "data", size: float = 6, **more: Any) -> dict:
    """Data as filled dots, samples as open diamonds, latents as crosses; the more, the fainter, and
    in WebGL above 2,000."""
    shape = {"sample": "diamond-open", "latent": "x-thin-open"}.get(role, "circle")
    opacity = float(np.clip(60 / np.sqrt(max(len(x), 1)), 0.25, 0.85))
    kind = "scattergl" if len(x) > 2000 else "scatter"
    made = dots(x, y, role, size, marker={"symbol": shape, "opacity": opacity}, **more)
    return {**made, "type": kind}


def text(x: float, y: float, words: str, color: str = "ink", size: int = 15, **more: Any) -> dict:
    """Words on the picture; `at` (top center) is plotly's textposition."""
    at = more.pop("at", "top center")
    trace: dict = {"type": "scatter", "x": [x], "y": [y], "mode": "text", "text": [words]}
    trace = {**trace, "textposition": at, "cliponaxis": False}
    halo = "none" if color == "paper" else theme.HALO  # words in the paper's colour lie on a fill
    font = {"color": theme.color(color), "size": size, "shadow": halo}
    return {**trace, "textfont": font, **QUIET, **more}


def vertical(x: float, low: float, high: float, color: str = "condition", **more: Any) -> dict:
    """A dotted vertical line, in data units."""
    style = {"color": theme.color(color), "width": 2, "dash": "dot"}
    trace = {"type": "scatter", "x": [x, x], "y": [low, high], "mode": "lines", "line": style}
    return {**trace, **QUIET, **more}


def boxes(left: Any, right: Any, low: Any, high: Any) -> dict[str, np.ndarray]:
    """x and y of rectangles as one path with gaps, to be filled "toself".

    Bars drawn so can change in a film without plotly drawing everything else anew.
    """
    corners = np.broadcast_arrays(*(np.asarray(v, dtype=float) for v in (left, right, low, high)))
    a, b, c, d = (np.atleast_1d(v) for v in corners)
    gap = np.full(len(a), np.nan)
    x, y = np.column_stack([a, b, b, a, a, gap]), np.column_stack([c, c, d, d, c, gap])
    return {"x": x.ravel()[:-1], "y": y.ravel()[:-1]}


def filled(path: dict, color: str, width: float = 0, edge: str = "", **more: Any) -> dict:
    """The path of `boxes`, filled with a role's colour, a hex or an rgba."""
    style = {"color": theme.color(edge or color), "width": width}
    trace = {"type": "scatter", **path, "mode": "lines", "line": style, "fill": "toself"}
    return {**trace, "fillcolor": theme.color(color), **QUIET, **more}


@dataclass
class Canvas:
    """Traces and layout of a figure in the making."""

    layout: dict
    traces: list[dict] = field(default_factory=list)
    narrow: dict = field(default_factory=dict)  # layout changes on a narrow screen
    narrow_height: int = 380

    @classmethod
    def empty(
        cls,
        titles: Sequence[str] = ("", ""),
        x_range: Sequence[float] | None = None,
        y_range: Sequence[float] | None = None,
        height: int = 430,
    ) -> "Canvas":
        """In the house style, with the first pair of axes."""
        axes = {"xaxis": theme.axis(titles[0], x_range), "yaxis": theme.axis(titles[1], y_range)}
        return cls({"template": theme.STYLE, "height": height, **axes})

    def add(self, *traces: dict) -> None:
        """On top of what is there."""
        self.traces.extend(traces)

    def figure(self, frames: Iterable[dict] = ()) -> Picture:
        """What has been gathered, as a figure; frames are dictionaries too."""
        if self.narrow:
            meta = {"narrow": self.narrow, "narrowHeight": self.narrow_height}
            self.layout["meta"] = meta
        return Picture(self.traces, self.layout, frames)


def bare(range_: Sequence[float], **more: Any) -> dict:
    """An axis without line, ticks or grid."""
    shown = [float(range_[0]), float(range_[1])]
    return {"visible": False, "fixedrange": True, "range": shown, **more}


def small(values: np.ndarray) -> np.ndarray:
    """Half the bytes on the way to the browser; a pixel is far coarser than float32."""
    return np.asarray(values, dtype=np.float32)
