"""A round cloud becomes the ellipse: x = mu + L z, as a film."""

import numpy as np

from explorer.figures import theme
from explorer.figures.multivariate.parts import (
    HEIGHT,
    Hand,
    Plane,
    arrows,
    path,
    unit_circle,
    written,
)
from explorer.figures.picture import Picture
from explorer.figures.traces import Canvas, small


def through(hand: Hand, z: np.ndarray, plane: Plane, frames: int = 11) -> Picture:
    """The film from a round cloud z (N, 2) to x = mu + L z, also where L has rank one.

    Frame t shows (1 - t) z + t (mu + L z); the last one stands in the figure itself.
    """
    film = []
    for t in np.linspace(0, 1, frames):
        traces = [_change(trace) for trace in _moment(t, hand, z)]
        film.append({"name": f"t = {t:.1f}", "data": traces, "traces": list(range(len(traces)))})
    layout = {
        "template": theme.STYLE,
        "height": HEIGHT,
        "xaxis": theme.axis(plane.x_title, plane.x_range),
        "yaxis": theme.axis(plane.y_title, plane.y_range, scaleanchor="x"),
    }
    last = [*_moment(1.0, hand, z), *_ghost(hand)]
    return Canvas(layout, last).figure(film)


def _moment(t: float, hand: Hand, z: np.ndarray) -> list[dict]:
    """Squared paper, two rings, the two unit steps and the cloud, at moment t."""

    def sent(points: np.ndarray) -> np.ndarray:
        return (1 - t) * points + t * (hand.mean + points @ hand.factor.T)

    role, symbol = ("sample", "diamond-open") if t == 1 else ("latent", "x-thin-open")
    marker = {"color": theme.color(role), "size": 7, "symbol": symbol, "opacity": 0.85}
    return [
        path(sent(PAPER), "muted", 0.6),
        path(sent(TWO_RINGS), "model" if t == 1 else "latent", 2.5),
        arrows(sent(UNIT_STEPS)),
        {**path(sent(z), role, 1), "mode": "markers", "marker": marker},
    ]


def _ghost(hand: Hand) -> list[dict]:
    """What stays for comparison: both ends of the way, and their names."""
    corner = hand.mean + 2 * hand.factor @ [0.5, 0.75**0.5]  # on the 2 sigma ring, to the right
    return [
        path(TWO_RINGS, "latent", 1.2, "dot"),
        path(hand.mean + TWO_RINGS @ hand.factor.T, "model", 1.2, "dot"),
        written(np.array([[-1.42, 1.42]]), ["z"], "latent", "top left"),
        written(corner[None], ["x = μ + L z"], "model", "top left"),
    ]


def _change(trace: dict) -> dict:
    """Only what differs from moment to moment; small numbers, for the way to the browser."""
    moved = {"type": "scatter", "x": small(trace["x"]), "y": small(trace["y"])}
    return moved | {name: trace[name] for name in ("line", "marker") if name in trace}


GAP = np.full((1, 2), np.nan)  # lifts the pen
UNIT_STEPS = np.array([[0.0, 0.0], [1.0, 0.0], [np.nan, np.nan], [0.0, 0.0], [0.0, 1.0]])
TWO_RINGS = np.concatenate([unit_circle(49), GAP, 2 * unit_circle(49)])
PAPER = np.concatenate(
    [
        np.array(line, dtype=float)
        for k in range(-3, 4)
        for line in ([[k, -3], [k, 3]], GAP, [[-3, k], [3, k]], GAP)
    ]
)
