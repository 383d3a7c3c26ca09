"""Fit: a curve over the data, its logarithm below, and its place in the landscape."""

import numpy as np
import plotly.graph_objects as go

from explorer.figures import theme
from explorer.figures.likelihood.facts import LEVELS, WIDEST, Facts, peak
from explorer.figures.likelihood.parts import (
    BELOW,
    LEFT,
    PLANE,
    SWIFT,
    TICKS,
    Places,
    Word,
    bars,
    compose,
    panels,
    star,
    words,
)
from explorer.i18n import _
from explorer.models.checks import Array
from explorer.models.gaussian import Gaussian

DEEP = 13  # nats shown on the axis of log densities
EDGE = 0.6  # nats above its end, where what lies deeper waits


def fit(facts: Facts, mu: float, sigma: float) -> go.Figure:
    """N(mu, sigma^2) over the data, under its logarithm, and as a place in the landscape."""
    traces = [
        *_landscape(facts),
        *_standing(facts, mu, sigma),
        bars(facts, facts.heights, "data"),
        *_bell(facts, mu, sigma),
        *_log_density(facts, mu, sigma),
    ]
    layout = panels(facts, (0, facts.top), 520)
    layout["yaxis"]["domain"] = (0.45, 1)
    layout["xaxis"] |= {"showticklabels": False, "title": {"text": ""}}
    more = {"domain": LEFT, "anchor": "y3", "nticks": TICKS}
    layout["xaxis3"] = theme.axis(facts.label, facts.span, **more)
    more = {"domain": (0, 0.4), "anchor": "x3", "nticks": TICKS}
    layout["yaxis3"] = theme.axis(_("log density (nats)"), log_range(facts), **more)
    stacked: Places = {"xaxis": (0, 1), "xaxis2": (0, 1), "xaxis3": (0, 1)}
    stacked |= {"yaxis": (0.76, 1), "yaxis3": (0.5, 0.73), "yaxis2": (0, 0.38)}
    return compose(traces, layout, stacked, 900)


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


def _landscape(facts: Facts) -> list[go.Scatter]:
    """Lines of equal log-likelihood, nested and see-through: the higher, the darker."""
    line = {"color": theme.color("model", 0.5), "width": 1}
    style = {"mode": "lines", "fill": "toself", "fillcolor": theme.color("model", 0.13)}
    return [
        go.Scatter(meta=f"{drop:g}", x=curve[:, 0], y=curve[:, 1], line=line, **style, **PLANE)
        for drop, curve in zip(LEVELS, facts.contours, strict=True)
    ]


def _standing(facts: Facts, mu: float, sigma: float) -> list[go.Scatter]:
    """How deep the contours lie, the way from here to the maximum, and the maximum."""
    m, s = facts.moments.maximum()
    way = {"color": theme.color("muted"), "width": 2, "dash": "dot"}
    depths = [
        Word(m, float(curve[0, 1]), f"−{drop:g}", "ink", size=12)
        for drop, curve in zip(LEVELS, facts.contours, strict=True)
        if drop >= 0.1
    ]
    top = Word(m, 0.95 * WIDEST * s, _("nats per point below the maximum"), "ink", size=12)
    name = Word(m, s, "\u2002" + _("maximum"), "truth", "middle right")
    return [
        words(*depths, top, name, axes=PLANE),
        go.Scatter(meta="way", x=[mu, m], y=[sigma, s], mode="lines", line=way, **PLANE),
        star(m, s),
    ]


def _bell(facts: Facts, mu: float, sigma: float) -> list[go.Scatter]:
    """Your curve, with its middle and, as a distance, its sigma."""
    x = np.unique(np.concatenate([facts.grid, mu + sigma * np.linspace(-4, 4, 81)]))
    x = x[(x >= facts.span[0]) & (x <= facts.span[1])]
    at = grips(facts, mu, sigma)
    side, height = at["sigma"][1], at["mu"][1]
    rule = np.array([[mu, 0], [mu, height], [np.nan, np.nan], [mu, side], [mu + sigma, side]])
    return [
        theme.line(x, Gaussian.from_std(mu, sigma).prob(x), meta="curve", **SWIFT),
        theme.line(rule[:, 0], rule[:, 1], width=1.5, meta="rule", **SWIFT),
        words(
            Word(mu, height, "μ\u2003", "model", "middle left", 17),
            Word(mu + sigma / 2, side, "σ", "model", "bottom center", 17),
        ),
    ]


def _log_density(facts: Facts, mu: float, sigma: float) -> list[go.Scatter]:
    """The curve's logarithm, points riding on it, and the height they have on average."""
    bell, floor = Gaussian.from_std(mu, sigma), log_range(facts)[0]
    log_curve = bell.log_prob(facts.grid)
    seen = log_curve > floor - 3
    some = thinned(facts.sorted)
    dots = {"color": theme.color("data"), "size": 6, "opacity": 0.7}
    best = float(facts.moments.per_point(*facts.moments.maximum()))
    mean = float(facts.moments.per_point(mu, sigma))
    height, found = _held(mean, floor)
    span, right = np.array(facts.span), facts.span[1]
    outer, costs = _outermost(facts, bell, floor)
    return [
        theme.line(facts.grid[seen], log_curve[seen], meta="log density", **BELOW),
        go.Scatter(
            meta="points", x=some, y=bell.log_prob(some), mode="markers", marker=dots, **BELOW
        ),
        outer,
        theme.line(span, np.full(2, best), "truth", 1.5, meta="highest mean", **BELOW),
        theme.line(span, np.full(2, height), "model", 1.5, meta="your mean", **BELOW),
        words(
            *costs,
            Word(
                right, best, f"{_('highest mean')} {_held(best, floor)[1]}", "truth", "top left", 13
            ),
            Word(right, height, f"{_('your mean')} {found}", "model", _below(mean, floor), 13),
            axes=BELOW,
        ),
    ]


def _outermost(facts: Facts, bell: Gaussian, floor: float) -> tuple[go.Scatter, list[Word]]:
    """The two points that may cost most, and what they cost; deep ones wait at the edge."""
    held = [_held(float(y), floor, 1) for y in bell.log_prob(facts.ends)]
    heights = [height for height, _text in held]
    style = {"color": theme.color("data"), "size": 11}
    dots = go.Scatter(
        meta="outermost", x=facts.ends, y=heights, mode="markers", marker=style, **BELOW
    )
    sides = ("middle right", "middle left")
    costs = [
        Word(float(x), height, f"\u2002{text}\u2002", "data", side, 13)
        for x, (height, text), side in zip(facts.ends, held, sides, strict=True)
    ]
    return dots, costs


def _held(y: float, floor: float, digits: int = 3) -> tuple[float, str]:
    """A height that stays in the picture, and its true number."""
    text = f"{y:,.{digits}f}".replace("-", "−")
    return (y, text) if y > floor + EDGE else (floor + EDGE, f"{text} ↓")


def _below(y: float, floor: float) -> str:
    return "bottom left" if y > floor + EDGE else "top left"


def thinned(x: Array, most: int = 21) -> Array:
    """So many of the sorted numbers, evenly by rank; all of them if they are few."""
    if len(x) <= most:
        return x
    return x[((np.arange(most) + 0.5) * len(x) / most).astype(int)]
