"""Fit: a curve over the data, its logarithm below, and its place in the landscape."""

import numpy as np
import plotly.graph_objects as go

from explorer.figures import theme
from explorer.figures.likelihood.facts import LEVELS, WIDEST, Facts, peak
from explorer.figures.likelihood.parts import (
    BELOW,
    LEFT,
    PLANE,
    TICKS,
    bars,
    panels,
    stack,
    star,
    words,
)
from explorer.figures.traces import dots, line, text
from explorer.i18n import _
from explorer.models.checks import Array
from explorer.models.gaussian import Gaussian

DEEP = 13  # nats shown on the axis of log densities
EDGE = 0.6  # nats above its end, where what lies deeper waits


def fit(facts: Facts, mu: float, sigma: float) -> go.Figure:
    """N(mu, sigma^2) over the data, under its logarithm, and as a place in the landscape."""
    made = panels(facts, (0, facts.top), 520)
    made.layout["yaxis"]["domain"] = (0.45, 1)
    made.layout["xaxis"] |= {"showticklabels": False, "title": {"text": ""}}
    more = {"domain": LEFT, "anchor": "y3", "nticks": TICKS}
    made.layout["xaxis3"] = theme.axis(facts.label, facts.span, **more)
    more = {"domain": (0, 0.4), "anchor": "x3", "nticks": TICKS}
    made.layout["yaxis3"] = theme.axis(_("log density (nats)"), log_range(facts), **more)
    stack(made, 900, yaxis=(0.76, 1), yaxis3=(0.5, 0.73), yaxis2=(0, 0.38))
    made.add(
        *_landscape(facts),
        *_standing(facts, mu, sigma),
        bars(facts, facts.heights, "data"),
        *_bell(facts, mu, sigma),
        *_log_density(facts, mu, sigma),
    )
    return made.figure()


def grips(facts: Facts, mu: float, sigma: float) -> dict[str, tuple[float, float]]:
    """Where the handles lie: "mu" and "sigma" on the curve, "here" in the landscape.

    A curve too tall for the picture keeps its handles inside, one above the other.
    """
    height = peak(sigma)
    return {
        "mu": (mu, min(height, 0.93 * facts.top)),
        "sigma": (mu + sigma, min(height * float(np.exp(-0.5)), 0.56 * facts.top)),
        "here": (mu, sigma),
    }


def log_range(facts: Facts) -> tuple[float, float]:
    """The axis of log densities: from a curve three times too narrow down to far outside."""
    ceiling = float(np.log(peak(facts.moments.std))) + 1.3
    return ceiling - DEEP, ceiling


def _landscape(facts: Facts) -> list[dict]:
    """Lines of equal log-likelihood, nested and see-through: the higher, the darker."""
    edge = theme.color("model", 0.5)
    style = {"fill": "toself", "fillcolor": theme.color("model", 0.13), **PLANE}
    return [
        line(curve[:, 0], curve[:, 1], edge, 1, meta=f"{drop:g}", **style)
        for drop, curve in zip(LEVELS, facts.contours, strict=True)
    ]


def _standing(facts: Facts, mu: float, sigma: float) -> list[dict]:
    """How deep the contours lie, the way from here to the maximum, and the maximum."""
    m, s = facts.moments.maximum()
    way = {"color": theme.color("muted"), "width": 2, "dash": "dot"}
    depths = [
        text(m, float(curve[0, 1]), f"−{drop:g}", "ink", 12, at="middle center")
        for drop, curve in zip(LEVELS, facts.contours, strict=True)
        if drop >= 0.1
    ]
    unit = _("nats per point below the maximum")
    top = text(m, 0.95 * WIDEST * s, unit, "ink", 12, at="middle center")
    name = text(m, s, "\u2002" + _("maximum"), "truth", 14, at="middle right")
    return [
        words(*depths, top, name, **PLANE),
        line([mu, m], [sigma, s], line=way, meta="way", **PLANE),
        star(m, s),
    ]


def _bell(facts: Facts, mu: float, sigma: float) -> list[dict]:
    """Your curve, with its middle and, as a distance, its sigma."""
    x = np.unique(np.concatenate([facts.grid, mu + sigma * np.linspace(-4, 4, 81)]))
    x = x[(x >= facts.span[0]) & (x <= facts.span[1])]
    at = grips(facts, mu, sigma)
    side, height = at["sigma"][1], at["mu"][1]
    rule = np.array([[mu, 0], [mu, height], [np.nan, np.nan], [mu, side], [mu + sigma, side]])
    return [
        line(x, Gaussian.from_std(mu, sigma).prob(x), meta="curve"),
        line(rule[:, 0], rule[:, 1], width=1.5, meta="rule"),
        words(
            text(mu, height, "μ\u2003", "model", 17, at="middle left"),
            text(mu + sigma / 2, side, "σ", "model", 17, at="bottom center"),
        ),
    ]


def _log_density(facts: Facts, mu: float, sigma: float) -> list[dict]:
    """The curve's logarithm, points riding on it, and the height they have on average."""
    bell, floor = Gaussian.from_std(mu, sigma), log_range(facts)[0]
    log_curve = bell.log_prob(facts.grid)
    seen = log_curve > floor - 3
    some = thinned(facts.sorted)
    faint = {"opacity": 0.7}
    best = float(facts.moments.per_point(*facts.moments.maximum()))
    mean = float(facts.moments.per_point(mu, sigma))
    height, found = _held(mean, floor)
    span, right = np.array(facts.span), facts.span[1]
    highest, yours = f"{_('highest mean')} {_held(best, floor)[1]}", f"{_('your mean')} {found}"
    outer, costs = _outermost(facts, bell, floor)
    return [
        line(facts.grid[seen], log_curve[seen], meta="log density", **BELOW),
        dots(some, bell.log_prob(some), "data", 6, marker=faint, meta="points", **BELOW),
        outer,
        line(span, np.full(2, best), "truth", 1.5, meta="highest mean", **BELOW),
        line(span, np.full(2, height), "model", 1.5, meta="your mean", **BELOW),
        words(
            *costs,
            text(right, best, highest, "truth", 13, at="top left"),
            text(right, height, yours, "model", 13, at=_below(mean, floor)),
            **BELOW,
        ),
    ]


def _outermost(facts: Facts, bell: Gaussian, floor: float) -> tuple[dict, list[dict]]:
    """The two points that may cost most, and what they cost; deep ones wait at the edge."""
    held = [_held(float(y), floor, 1) for y in bell.log_prob(facts.ends)]
    heights = [height for height, _cost in held]
    sides = ("middle right", "middle left")
    costs = [
        text(float(x), height, f"\u2002{cost}\u2002", "data", 13, at=side)
        for x, (height, cost), side in zip(facts.ends, held, sides, strict=True)
    ]
    return dots(facts.ends, heights, "data", 11, meta="outermost", **BELOW), costs


def _held(y: float, floor: float, digits: int = 3) -> tuple[float, str]:
    """A height that stays in the picture, and its true number."""
    true = f"{y:,.{digits}f}".replace("-", "−")
    return (y, true) if y > floor + EDGE else (floor + EDGE, f"{true} ↓")


def _below(y: float, floor: float) -> str:
    return "bottom left" if y > floor + EDGE else "top left"


def thinned(x: Array, most: int = 21) -> Array:
    """So many of the sorted numbers, evenly by rank; all of them if they are few."""
    if len(x) <= most:
        return x
    return x[((np.arange(most) + 0.5) * len(x) / most).astype(int)]
