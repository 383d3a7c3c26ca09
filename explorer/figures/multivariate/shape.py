"""The ellipse seen from above: rings, own axes, and the bell of each coordinate alone."""

import numpy as np

from explorer.figures import theme
from explorer.figures.multivariate.parts import (
    RADII,
    Hand,
    Plane,
    arrows,
    bell_above,
    bell_beside,
    held,
    joint,
    leftmost,
    lowest,
    path,
    peak_of,
    rings,
    share_inside,
    written,
)
from explorer.figures.picture import Picture
from explorer.i18n import _
from explorer.models.gaussian import Gaussian


def shape(bell: Gaussian, plane: Plane, point: tuple[float, float] | None = None) -> Picture:
    """Rings, main axes and bounding box of a 2-D Gaussian, with the bell of each coordinate."""
    above, beside = bell.marginal([0]), bell.marginal([1])
    traces = [*bell_above(above, plane), *bell_beside(beside, plane)]
    traces += [*rings(bell), _ring_names(bell), _box(bell), *_main_axes(bell)]
    if point is not None:
        traces.append(held(point))
    return joint(plane, traces, peak_of(above), peak_of(beside))


def flat(hand: Hand, plane: Plane, a: float | None = None) -> Picture:
    """What is left of the rings at correlation +1 or -1: one line. The bells do not notice.

    Cut at x1 = a, it leaves a single value for x2.
    """
    above, beside = Gaussian.from_std(hand.m1, hand.s1), Gaussian.from_std(hand.m2, hand.s2)
    marks = hand.mean + np.outer(np.arange(-3.0, 4.0), [hand.s1, hand.rho * hand.s2])  # k sigma
    where = "bottom right" if hand.rho > 0 else "top right"
    name = written(marks[1:2], [f"|Σ| = 0 · {_('no width left')}"], "model", where)
    line = path(marks, "model", 5)
    beads = {**line, "mode": "markers", "marker": {"color": theme.color("model"), "size": 11}}
    traces = [*bell_above(above, plane), *bell_beside(beside, plane), line, beads, name]
    if a is not None:
        traces += _only_value(hand, a, plane, peak_of(beside))
    return joint(plane, traces, peak_of(above), peak_of(beside))


def _only_value(hand: Hand, a: float, plane: Plane, top: float) -> list[dict]:
    """The cut, and where x2 must be: a needle instead of a bell."""
    x2 = hand.m2 + hand.rho * hand.s2 / hand.s1 * (a - hand.m1)
    low, high = plane.y_range
    cut = path(np.array([[a, 2 * low - high], [a, 2 * high - low]]), "condition", 2, "dot")
    needle = path(np.array([[0, x2], [1.1 * top, x2]]), "condition", 3.5, xaxis="x2")
    return [cut, held((a, x2)), needle]


def _ring_names(bell: Gaussian) -> dict:
    """How far out each ring is and how much it holds, where no handle is."""
    names = [f"{r:g}σ · {100 * share_inside(r):.1f} %" for r in RADII]
    at = np.array([leftmost(bell, 1.0), lowest(bell, 2.0), lowest(bell, 3.0)])
    inwards = "bottom right" if bell.covariance[0, 1] >= 0 else "bottom left"
    return written(at, names, "model", ["middle left", inwards, inwards])


def _box(bell: Gaussian) -> dict:
    """From mu - sigma to mu + sigma in each coordinate: the 1-sigma ring touches all four sides."""
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]])
    box = bell.mean + corners * np.sqrt(bell.covariance.diagonal())
    return path(box, "muted", 1.2, "dot")


def _main_axes(bell: Gaussian) -> list[dict]:
    """The eigenvectors of Sigma as arrows from the mean, each as long as its sqrt(lambda)."""
    variances, axes = bell.principal_axes()
    lengths = np.sqrt(np.maximum(variances, 0))
    tips = bell.mean + (axes * lengths).T  # (2, 2), one row per axis
    both = np.array([bell.mean, tips[0], [np.nan, np.nan], bell.mean, tips[1]])
    words = [f"√λ₁ = {lengths[0]:.3g}", f"√λ₂ = {lengths[1]:.3g}"]
    rising = axes[1, 0] >= 0  # of the longer arrow; its name stays clear of the shorter one's
    where = ["top right", "top left"] if rising else ["bottom right", "top right"]
    return [arrows(both), written(tips, words, "ink", where)]
