"""Traces and layouts that several views of the lesson share."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from explorer.figures import theme
from explorer.figures.likelihood.facts import FAR, WIDEST, Facts
from explorer.figures.traces import QUIET, Canvas, dots
from explorer.i18n import _
from explorer.models.checks import Array

TICKS = 5  # at most, on a panel's axis
LEFT, RIGHT = (0.0, 0.455), (0.58, 1.0)  # the two panels

# `meta` names a trace for whoever reads the figure; nobody sees it.
PLANE: dict[str, Any] = {"xaxis": "x2", "yaxis": "y2"}  # on the axes of the right-hand panel
BELOW: dict[str, Any] = {"xaxis": "x3", "yaxis": "y3"}  # and of one under the left


def panels(facts: Facts, y_range: Sequence[float], height: int) -> Canvas:
    """Two panels: data on the left, the landscape of (mu, sigma) on the right."""
    m, s = facts.moments.maximum()
    unit = f" ({facts.unit})" if facts.unit else ""
    mu_title, sigma_title = f"{_('mean μ')}{unit}", f"{_('standard deviation σ')}{unit}"
    far = (m - FAR * s, m + FAR * s)
    made = Canvas.empty((facts.label, _("density")), facts.span, y_range, height)
    made.layout["xaxis"] |= {"domain": LEFT, "nticks": TICKS}
    made.layout["yaxis"]["nticks"] = TICKS
    made.layout["xaxis2"] = theme.axis(mu_title, far, domain=RIGHT, anchor="y2", nticks=TICKS)
    made.layout["yaxis2"] = theme.axis(sigma_title, (0, WIDEST * s), anchor="x2", nticks=TICKS)
    return made


def stack(made: Canvas, height: int, **rows: tuple[float, float]) -> None:
    """Panels below each other where the screen is narrow; where the y axes stand, from 0 to 1."""
    for y, place in rows.items():
        made.narrow |= {f"{y.replace('y', 'x')}.domain": (0, 1), f"{y}.domain": place}
    made.narrow_height = height


def bars(facts: Facts, heights: Array, role: str, name: str = "data") -> dict:
    """A histogram, faint enough for a curve over it.

    One outline with gaps: the browser draws it many times faster than as many bars.
    """
    left, right = facts.edges[:-1], facts.edges[1:]
    gap = 0.04 * (right - left)
    x = np.column_stack([left + gap, left + gap, right - gap, right - gap, np.nan * left])
    style = {"mode": "none", "fill": "toself", "fillcolor": theme.color(role, 0.42)}
    place = {"x": x.ravel(), "y": outline(heights)}
    return {"type": "scatter", "meta": name, **place, **style, **QUIET}


def outline(heights: Array) -> Array:
    """Up, across and down for each bar, and a gap; the y of `bars`."""
    zero = 0 * heights
    return np.column_stack([zero, heights, heights, zero, np.nan * heights]).ravel()


def star(mu: float, sigma: float) -> dict:
    """The exact answer in the landscape: a green star."""
    return dots([mu], [sigma], "truth", 14, marker={"symbol": "star"}, meta="maximum", **PLANE)


def words(*these: dict, **axes: Any) -> dict:
    """All words of one panel, each made by `traces.text`, as one trace."""
    fonts = [one["textfont"] for one in these]
    font = {name: [one[name] for one in fonts] for name in ("color", "size")}
    several = {name: [one[name][0] for one in these] for name in ("x", "y", "text")}
    several["textposition"] = [one["textposition"] for one in these]
    return {**these[0], "meta": "words", **several, "textfont": {**fonts[0], **font}, **axes}
