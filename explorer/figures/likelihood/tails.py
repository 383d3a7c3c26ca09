"""Tails: how much lies on either side of a threshold, by the model and by counting."""

import numpy as np
import plotly.graph_objects as go

from explorer.figures import theme
from explorer.figures.likelihood.facts import Facts, peak
from explorer.figures.likelihood.parts import PLANE, RIGHT, bars, panels, stack, words
from explorer.figures.traces import QUIET, dots, line, text, vertical
from explorer.i18n import _
from explorer.models.checks import Array
from explorer.models.gaussian import Gaussian

FLOOR = -6  # the logarithmic axis ends at one in a million


def tails(facts: Facts, mu: float, sigma: float, t: float, log: bool = False) -> go.Figure:
    """Areas on both sides of t; beside them the share on one side, as a curve of t."""
    bell = Gaussian.from_std(mu, sigma)
    low, high = facts.span
    made = panels(facts, (0, _top(facts, sigma)), 450)
    made.layout["xaxis2"] = theme.axis(facts.label, facts.span, domain=RIGHT, anchor="y2")
    made.layout["yaxis2"] = theme.axis(_("share up to t"), (0, 1.02), anchor="x2")
    if log:
        title = _("share beyond t")
        marks = 10.0 ** np.arange(FLOOR, 1)
        names = [f"{100 * mark:g} %" for mark in marks]
        ticks = {"tickvals": marks, "ticktext": names}
        made.layout["yaxis2"] = theme.axis(title, (FLOOR, 0), anchor="x2", type="log", **ticks)
        made.layout["xaxis2"]["domain"] = (0.62, 1.0)  # room for long names
    stack(made, 640, yaxis=(0.56, 1), yaxis2=(0, 0.4))
    made.add(
        bars(facts, facts.heights, "data"),
        _area(bell, np.linspace(low, t, 100), 0.12, "up to t"),
        _area(bell, np.linspace(t, high, 100), 0.55, "beyond t"),
        line(facts.grid, bell.prob(facts.grid), meta="curve"),
        vertical(t, 0, grip_height(facts, sigma)),
        _readings(facts, bell, t),
        *(_folded(facts, bell, t) if log else _cumulative(facts, bell, t)),
    )
    return made.figure()


def _top(facts: Facts, sigma: float) -> float:
    """The density axis leaves room above curve and data for what is read off."""
    usual = peak(facts.moments.std)
    return 1.4 * max(float(facts.heights.max()), usual, min(peak(sigma), 2 * usual))


def grip_height(facts: Facts, sigma: float) -> float:
    """Where the threshold's line ends and its handle sits."""
    return 0.78 * _top(facts, sigma)


def _readings(facts: Facts, bell: Gaussian, t: float) -> dict:
    """On the left P(x <= t), on the right P(x > t): the model's, and under it the data's."""
    top = _top(facts, bell.mu_sigma()[1])
    shown = []
    for side, name in enumerate(("P(x ≤ t)", "P(x > t)")):
        x, at = facts.span[side], ("middle right", "middle left")[side]
        model = f"{name} = {percent(both_sides(bell, t)[side])}"
        data = f"{_('counted')} {percent(counted(facts, t)[side] / facts.moments.n)}"
        shown.append(text(x, 0.96 * top, model, "model", at=at))
        shown.append(text(x, 0.88 * top, data, "data", 14, at=at))
    return words(*shown)


def both_sides(bell: Gaussian, t: float) -> tuple[float, float]:
    """P(x <= t) and P(x > t), each exact also where it is tiny."""
    return float(bell.interval(-np.inf, t)), float(bell.interval(t, np.inf))


def counted(facts: Facts, t: float) -> tuple[int, int]:
    """How many of the numbers lie up to t and beyond it."""
    up_to = int(np.searchsorted(facts.sorted, t, side="right"))
    return up_to, len(facts.x) - up_to


def percent(share: float) -> str:
    """A share in per cent: two decimals, and more where it is tiny."""
    if 0 < share < 1e-4:
        return f"{100 * share:.2g} %"
    return f"{100 * share:.2f} %"


def _area(bell: Gaussian, x: Array, alpha: float, name: str) -> dict:
    style = {"fill": "tozeroy", "mode": "none", "fillcolor": theme.color("model", alpha)}
    return {"type": "scatter", "meta": name, "x": x, "y": bell.prob(x), **style, **QUIET}


def _cumulative(facts: Facts, bell: Gaussian, t: float) -> list[dict]:
    """Share up to x: of the data as a staircase, of the model as a curve."""
    x, share = _stairs(facts)
    return [
        _staircase(x, share),
        line(facts.grid, bell.cdf(facts.grid), meta="share", **PLANE),
        *_pointer(t, float(bell.cdf(t)), 0.0, facts.span[0]),
    ]


def _folded(facts: Facts, bell: Gaussian, t: float) -> list[dict]:
    """Share on the nearer side of x, on a logarithmic axis: a tent whose feet are the tails."""
    x, share = _stairs(facts)
    inside = share < 1
    tent = np.minimum(bell.cdf(facts.grid), bell.interval(facts.grid, np.inf))
    tiny = 1e-300  # zero has no place on this axis
    return [
        _staircase(x[inside], np.minimum(share, 1 - share)[inside]),
        line(facts.grid, np.maximum(tent, tiny), meta="share", **PLANE),
        *_pointer(t, max(min(both_sides(bell, t)), tiny), 10.0**FLOOR, facts.span[0]),
    ]


def _stairs(facts: Facts, most: int = 150) -> tuple[Array, Array]:
    """Points of the data's cumulative share: all if they are few, and most of the outermost."""
    n = len(facts.x)
    outer = np.unique(np.geomspace(1, n, min(n, most)).astype(int)) - 1
    even = np.linspace(0, n - 1, min(n, most)).astype(int)
    chosen = np.unique(np.concatenate([outer, even, n - 1 - outer]))
    return facts.sorted[chosen], (chosen + 1) / n


def _staircase(x: Array, share: Array) -> dict:
    style = {"color": theme.color("data"), "width": 5, "shape": "hv"}
    return line(x, share, line=style, opacity=0.5, meta="counted", **PLANE)


def _pointer(t: float, share: float, floor: float, left: float) -> list[dict]:
    """From t up to the curve and over to its share."""
    style = {"color": theme.color("condition"), "width": 2, "dash": "dot"}
    return [
        line([t, t, left], [floor, share, share], line=style, meta="way", **PLANE),
        dots([t], [share], "condition", 10, meta="t", **PLANE),
    ]
