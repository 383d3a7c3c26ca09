"""Traces and layouts that several views of the lesson share."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from explorer.figures import theme
from explorer.figures.likelihood.facts import FAR, WIDEST, Facts
from explorer.i18n import _
from explorer.models.checks import Array

Places = dict[str, tuple[float, float]]  # an axis -> where it stands in the picture, from 0 to 1
LEFT, RIGHT = (0.0, 0.455), (0.58, 1.0)  # the two panels

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
    layout = {"template": theme.STYLE, "bargap": 0, **layout}
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
    return {
        "height": height,
        "xaxis": theme.axis(facts.label, facts.span, domain=LEFT),
        "yaxis": theme.axis(_("density"), y_range),
        "xaxis2": theme.axis(mu_title, (m - FAR * s, m + FAR * s), domain=RIGHT, anchor="y2"),
        "yaxis2": theme.axis(sigma_title, (0, WIDEST * s), anchor="x2"),
    }


def bars(facts: Facts, heights: Array, role: str) -> go.Bar:
    """A histogram of bars, faint enough for a curve over it."""
    style = {"color": theme.color(role, 0.42), "line": {"width": 0}}
    width = 0.92 * float(facts.edges[1] - facts.edges[0])
    centers = (facts.edges[:-1] + facts.edges[1:]) / 2
    return go.Bar(x=centers, y=heights, width=width, marker=style, **SWIFT)


def star(mu: float, sigma: float, text: str) -> list[go.Scatter]:
    """The exact answer in the landscape: a green star and its name."""
    marker = {"symbol": "star", "size": 14, "color": theme.color("truth")}
    return [
        go.Scatter(x=[mu], y=[sigma], mode="markers", marker=marker, **PLANE),
        words([mu], [sigma], [f"  {text}"], "truth", "middle right", 14, PLANE),
    ]


def words(
    x: Sequence[float],
    y: Sequence[float],
    text: Sequence[str],
    role: str,
    at: str,
    size: int,
    axes: Mapping[str, Any] = SWIFT,
) -> go.Scatter:
    """Words in the picture, in the colour of what they name; `at` as plotly's textposition."""
    font = {"color": theme.color(role), "size": size}
    return go.Scatter(
        x=x, y=y, text=text, mode="text", textposition=at, textfont=font, cliponaxis=False, **axes
    )
