"""Traces and layouts that several views of the lesson share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from explorer.figures import theme
from explorer.figures.likelihood.facts import FAR, WIDEST, Facts
from explorer.i18n import _
from explorer.models.checks import Array

Places = dict[str, tuple[float, float]]  # an axis -> where it stands in the picture, from 0 to 1
TICKS = 5  # at most, on a panel's axis
LEFT, RIGHT = (0.0, 0.455), (0.58, 1.0)  # the two panels

# `meta` names a trace for whoever reads the figure; nobody sees it.
# plotly checks every property of every trace anew, which takes ten times as long as making it.
SWIFT: dict[str, Any] = {"hoverinfo": "skip", "_validate": False}
PLANE = {"xaxis": "x2", "yaxis": "y2", **SWIFT}  # on the axes of the right-hand panel
BELOW = {"xaxis": "x3", "yaxis": "y3", **SWIFT}  # and of one under the left


def compose(
    traces: Sequence[Any],
    layout: Mapping[str, Any],
    stacked: Places | None = None,
    narrow_height: int = 0,
    frames: Sequence[go.Frame] = (),
) -> go.Figure:
    """A figure in the house style; `stacked` gives the panels' places on a narrow screen."""
    layout = {"template": theme.STYLE, **layout}
    figure = go.Figure(list(traces), layout, list(frames), _validate=False)
    if stacked:
        domains = {f"{axis}.domain": list(place) for axis, place in stacked.items()}
        theme.narrow(figure, domains, narrow_height)
    return figure


def panels(facts: Facts, y_range: Sequence[float], height: int) -> dict[str, Any]:
    """Layout of two panels: data on the left, the landscape of (mu, sigma) on the right."""
    m, s = facts.moments.maximum()
    unit = f" ({facts.unit})" if facts.unit else ""
    mu_title, sigma_title = f"{_('mean μ')}{unit}", f"{_('standard deviation σ')}{unit}"
    far = (m - FAR * s, m + FAR * s)
    return {
        "height": height,
        "xaxis": theme.axis(facts.label, facts.span, domain=LEFT, nticks=TICKS),
        "yaxis": theme.axis(_("density"), y_range, nticks=TICKS),
        "xaxis2": theme.axis(mu_title, far, domain=RIGHT, anchor="y2", nticks=TICKS),
        "yaxis2": theme.axis(sigma_title, (0, WIDEST * s), anchor="x2", nticks=TICKS),
    }


def bars(facts: Facts, heights: Array, role: str, name: str = "data") -> go.Scatter:
    """A histogram, faint enough for a curve over it.

    One outline with gaps: the browser draws it many times faster than as many bars.
    """
    left, right = facts.edges[:-1], facts.edges[1:]
    gap = 0.04 * (right - left)
    x = np.column_stack([left + gap, left + gap, right - gap, right - gap, np.nan * left])
    return go.Scatter(
        meta=name,
        x=x.ravel(),
        y=outline(heights),
        mode="none",
        fill="toself",
        fillcolor=theme.color(role, 0.42),
        **SWIFT,
    )


def outline(heights: Array) -> Array:
    """Up, across and down for each bar, and a gap; the y of `bars`."""
    zero = 0 * heights
    return np.column_stack([zero, heights, heights, zero, np.nan * heights]).ravel()


def star(mu: float, sigma: float) -> go.Scatter:
    """The exact answer in the landscape: a green star."""
    marker = {"symbol": "star", "size": 14, "color": theme.color("truth")}
    return go.Scatter(meta="maximum", x=[mu], y=[sigma], mode="markers", marker=marker, **PLANE)


@dataclass(frozen=True)
class Word:
    """Words in the picture, in the colour of what they name; `at` as plotly's textposition."""

    x: float
    y: float
    text: str
    role: str
    at: str = "middle center"
    size: int = 14


def words(*these: Word, axes: Mapping[str, Any] = SWIFT) -> go.Scatter:
    """All words of one panel as one trace."""
    font = {
        "color": [theme.color(w.role) for w in these],
        "size": [w.size for w in these],
        "shadow": theme.HALO,
    }
    return go.Scatter(
        meta="words",
        x=[w.x for w in these],
        y=[w.y for w in these],
        text=[w.text for w in these],
        textposition=[w.at for w in these],
        mode="text",
        textfont=font,
        cliponaxis=False,
        **axes,
    )
