"""The plane cut at x1 = a: what is known about x2 before, and after."""

from dataclasses import dataclass

import numpy as np

from explorer.figures import theme
from explorer.figures.multivariate.parts import (
    AT_MOST,
    Plane,
    bell_above,
    bell_beside,
    bell_curve,
    dots,
    held,
    joint,
    path,
    peak_of,
    rings,
    rounded,
    written,
)
from explorer.figures.picture import Picture
from explorer.i18n import _
from explorer.models.gaussian import Gaussian


@dataclass(frozen=True, eq=False)
class Strip:
    """Points (N, 2) with |x1 - a| <= half_width: what the conditional is compared with."""

    points: np.ndarray
    half_width: float

    @classmethod
    def around(cls, points: np.ndarray, a: float, half_width: float) -> "Strip":
        """Those of the points that lie close enough to a."""
        return cls(points[abs(points[:, 0] - a) <= half_width], half_width)


def slice_(
    bell: Gaussian,
    a: float,
    plane: Plane,
    points: np.ndarray | None = None,
    strip: Strip | None = None,
    long_axis: bool = False,
) -> Picture:
    """The plane cut at x1 = a; beside it p(x2 | x1 = a) before p(x2), above it p(x1).

    `long_axis` adds the line of the first eigenvector, which is not the line of the conditional
    means: that one joins the points where rings have vertical tangents.
    """
    above, beside, given = bell.marginal([0]), bell.marginal([1]), bell.condition({0: a})
    traces = [*bell_above(above, plane), *bell_beside(beside, plane)]
    if points is not None:
        traces.append(dots(points[:AT_MOST], 4))
    if strip is not None:
        traces += _in_strip(strip, a, plane)
    traces += [*rings(bell), *_regression(bell, plane)]
    if long_axis:
        traces += _long_axis(bell)
    traces += _conditional(bell, given, a, plane)
    return joint(plane, traces, peak_of(above), max(peak_of(beside), peak_of(given)))


def _in_strip(strip: Strip, a: float, plane: Plane) -> list[dict]:
    """A band over the plane, and the histogram of its points in the strip to the right."""
    low, high = _beyond(plane.y_range)
    left, right = a - strip.half_width, a + strip.half_width
    band = path(np.array([[left, low], [left, high], [right, high], [right, low]]), "muted", 0)
    band |= {"mode": "none", "fill": "toself", "fillcolor": theme.color("condition", 0.12)}
    if len(strip.points) < 8 or np.ptp(strip.points[:, 1]) == 0:
        return [band]
    share, edges = np.histogram(strip.points[:, 1], bins="sqrt", density=True)
    marker = {"color": theme.color("data", 0.35), "line": {"width": 0}}
    bars = {"type": "bar", "x": share, "y": (edges[1:] + edges[:-1]) / 2, "width": np.diff(edges)}
    bars |= {"orientation": "h", "xaxis": "x2", "marker": marker, "hoverinfo": "skip"}
    return [band, bars]


def _beyond(limits: tuple[float, float]) -> tuple[float, float]:
    """A little more than the axis shows, for lines that should cross it whole."""
    return 2 * limits[0] - limits[1], 2 * limits[1] - limits[0]


def _regression(bell: Gaussian, plane: Plane) -> list[dict]:
    """E[x2 | x1] for every x1: the line on which the conditional mean moves."""
    slope = bell.covariance[0, 1] / bell.covariance[0, 0]
    x = np.array([*_beyond(plane.x_range), plane.x_range[0]])
    line = np.column_stack([x, bell.mean[1] + slope * (x - bell.mean[0])])  # (3, 2)
    where = "bottom right" if slope > 0 else "top right"
    name = written(line[2:], ["E[x₂ | x₁]"], "model", where)
    return [path(line[:2], "model", 2, "dashdot"), name]


def _long_axis(bell: Gaussian) -> list[dict]:
    variances, axes = bell.principal_axes()
    ends = bell.mean + np.outer([-3, 3], np.sqrt(variances[0]) * axes[:, 0])  # (2, 2)
    tip = ends[ends[:, 0].argmax()]
    name = written(tip[None], [_("long axis")], "ink", "top center")
    return [path(ends, "ink", 1.5, "dot"), name]


def _conditional(bell: Gaussian, given: Gaussian, a: float, plane: Plane) -> list[dict]:
    """The cut at x1 = a, mean and +-1 sigma on it, and the bell of what is left unknown."""
    mu, sigma = given.mu_sigma()
    low, high = _beyond(plane.y_range)
    cut = path(np.array([[a, low], [a, high]]), "condition", 2, "dot")
    bar = path(np.array([[a, mu - sigma], [a, mu + sigma]]), "condition", 7)
    dot = held((a, mu))
    density = float(bell.marginal([0]).prob([a])[0])
    stem = path(np.array([[a, 0], [a, density]]), "condition", 3, yaxis="y2")
    curve = path(bell_curve(given, plane.y_range)[:, ::-1], "condition", 3.5, xaxis="x2")
    at = np.array([[1.12 * max(peak_of(given), peak_of(bell.marginal([1]))), mu + 1.9 * sigma]])
    name = written(at, [f"p(x₂ |<br>x₁ = {rounded(a)})"], "condition", "top left", xaxis="x2")
    return [cut, bar, dot, stem, curve, name]
