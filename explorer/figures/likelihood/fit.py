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
    Places,
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
    layout["xaxis3"] = theme.axis(facts.label, facts.span, domain=LEFT, anchor="y3")
    layout["yaxis3"] = theme.axis(
        _("log density (nats)"), log_range(facts), domain=(0, 0.4), anchor="x3"
    )
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
    style = {"mode": "lines", "fill": "toself", "fillcolor": theme.color("model", 0.11)}
    return [
        go.Scatter(x=curve[:, 0], y=curve[:, 1], line=line, **style, **PLANE)
        for curve in facts.contours
    ]


def _standing(facts: Facts, mu: float, sigma: float) -> list[go.Scatter]:
    """How deep the contours lie, the way from here to the maximum, and the maximum."""
    m, s = facts.moments.maximum()
    lowest = [float(curve[0, 1]) for curve in facts.contours[2:]]
    depths = [f"−{drop:g}" for drop in LEVELS[2:]]
    at = "middle center"
    way = {"color": theme.color("muted"), "width": 2, "dash": "dot"}
    return [
        words([m] * len(depths), lowest, depths, "ink", at, 12, PLANE),
        go.Scatter(x=[mu, m], y=[sigma, s], mode="lines", line=way, **PLANE),
        *star(m, s, _("maximum")),
        words(
            [m], [0.95 * WIDEST * s], [_("nats per point below the maximum")], "ink", at, 12, PLANE
        ),
    ]


def _bell(facts: Facts, mu: float, sigma: float) -> list[go.Scatter]:
    """Your curve, with its middle and, as a distance, its sigma."""
    x = np.unique(np.concatenate([facts.grid, mu + sigma * np.linspace(-4, 4, 81)]))
    x = x[(x >= facts.span[0]) & (x <= facts.span[1])]
    at = grips(facts, mu, sigma)
    side = at["sigma"][1]
    return [
        theme.line(x, Gaussian.from_std(mu, sigma).prob(x), **SWIFT),
        theme.line(np.array([mu, mu]), np.array([0, at["mu"][1]]), width=1.5, **SWIFT),
        theme.line(np.array([mu, mu + sigma]), np.array([side, side]), width=1.5, **SWIFT),
        words([mu], [at["mu"][1]], ["μ\u2003"], "model", "middle left", 17),
        words([mu + sigma / 2], [side], ["σ"], "model", "bottom center", 17),
    ]


def _log_density(facts: Facts, mu: float, sigma: float) -> list[go.Scatter]:
    """The curve's logarithm, points riding on it, and the height they have on average."""
    bell, floor = Gaussian.from_std(mu, sigma), log_range(facts)[0]
    some, ends = thinned(facts.sorted), facts.ends
    dots = {"color": theme.color("data"), "size": 6, "opacity": 0.6}
    outer = {"color": theme.color("data"), "size": 11}
    best = float(facts.moments.per_point(*facts.moments.maximum()))
    mean = float(facts.moments.per_point(mu, sigma))
    return [
        theme.line(facts.grid, np.maximum(bell.log_prob(facts.grid), floor - 3), **BELOW),
        go.Scatter(x=some, y=bell.log_prob(some), mode="markers", marker=dots, **BELOW),
        go.Scatter(x=ends, y=bell.log_prob(ends), mode="markers", marker=outer, **BELOW),
        *_level(facts, best, "truth", _("highest mean"), "top left"),
        *_level(facts, mean, "model", _("your mean"), "bottom left"),
    ]


def _level(facts: Facts, y: float, role: str, name: str, at: str) -> list[go.Scatter]:
    """A horizontal line with its name and number; one below the picture waits at the edge."""
    height = max(y, log_range(facts)[0] + 0.25)
    lost = height > y
    text = f"{name} {y:.3f}".replace("-", "−") + (" ↓" if lost else "")
    span = np.array(facts.span)
    return [
        theme.line(span, np.full(2, height), role, 1.5, **BELOW),
        words([span[1]], [height], [text], role, "top left" if lost else at, 13, BELOW),
    ]


def thinned(x: Array, most: int = 41) -> Array:
    """So many of the sorted numbers, evenly by rank; all of them if they are few."""
    if len(x) <= most:
        return x
    return x[((np.arange(most) + 0.5) * len(x) / most).astype(int)]
