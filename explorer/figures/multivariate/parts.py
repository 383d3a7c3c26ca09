"""What the pictures of the `multivariate` lesson share: axes, lines, words, rings, side strips.

Rings are exact: a circle of radius r sent through the Cholesky factor.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.figures import theme
from explorer.figures.picture import Picture
from explorer.figures.traces import Canvas, line, text
from explorer.models.gaussian import Gaussian

RADII = (1.0, 2.0, 3.0)
HEIGHT = 560
SMALL = 14  # px, words inside the picture
MAIN, SIDE = [0.0, 0.78], [0.81, 1.0]  # the plane, and the strips above and beside it
AT_MOST = 300  # points drawn; all of them count


@dataclass(frozen=True)
class Plane:
    """The two axes; `equal`: one unit is as long to the right as it is upwards."""

    x_title: str = "x₁"
    y_title: str = "x₂"
    x_range: tuple[float, float] = (-5.0, 5.0)
    y_range: tuple[float, float] = (-4.0, 4.0)
    equal: bool = True


@dataclass(frozen=True)
class Hand:
    """A normal shaped by hand: N(m, Sigma + extra I), Sigma from two spreads and a correlation."""

    m1: float
    m2: float
    s1: float
    s2: float
    rho: float
    extra: float = 0.0

    @property
    def mean(self) -> np.ndarray:
        """mu (2,)."""
        return np.array([self.m1, self.m2])

    @property
    def covariance(self) -> np.ndarray:
        """Sigma + extra I (2, 2)."""
        cross = self.rho * self.s1 * self.s2
        return np.array([[self.s1**2 + self.extra, cross], [cross, self.s2**2 + self.extra]])

    @property
    def factor(self) -> np.ndarray:
        """L with L L^T = Sigma + extra I, written out for D = 2: it exists at rho = +-1 as well."""
        (a, b), (_b, d) = self.covariance
        return np.array([[a**0.5, 0.0], [b / a**0.5, max(d - b * b / a, 0.0) ** 0.5]])

    @property
    def bell(self) -> Gaussian | None:
        """The distribution; None where it has collapsed onto a line and has no density."""
        if self.extra == 0 and abs(self.rho) == 1:
            return None
        return Gaussian(self.mean, self.covariance)


def axes_for(x: np.ndarray, titles: tuple[str, str], padding: float = 4.5) -> Plane:
    """Axes for points (N, 2): padding standard deviations around the mean, and every point."""
    mean, sigma = x.mean(axis=0), x.std(axis=0)
    low = np.minimum(mean - padding * sigma, x.min(axis=0) - 0.3 * sigma)
    high = np.maximum(mean + padding * sigma, x.max(axis=0) + 0.3 * sigma)
    x_range, y_range = ((float(a), float(b)) for a, b in zip(low, high, strict=True))
    return Plane(*titles, x_range, y_range, equal=False)


def share_inside(radius: np.ndarray | float) -> np.ndarray:
    """The exact share of a 2-D normal within Mahalanobis distance r: 1 - exp(-r^2 / 2)."""
    return -np.expm1(-np.square(radius) / 2)


def rounded(value: float) -> str:
    """Four digits, without a power of ten where people would not write one."""
    return f"{value:,.0f}" if 1e4 <= abs(value) < 1e9 else f"{value:.4g}"


def joint(plane: Plane, traces: list[dict], above: float, beside: float) -> Picture:
    """The plane, a strip above for p(x1) and one to the right for p(x2); peaks of both."""
    hidden = {"showticklabels": False, "ticks": "", "showgrid": False}
    anchor = {"scaleanchor": "x"} if plane.equal else {}
    layout = {
        "template": theme.STYLE,
        "height": HEIGHT,
        "xaxis": theme.axis(plane.x_title, plane.x_range, domain=MAIN),
        "yaxis": theme.axis(plane.y_title, plane.y_range, domain=MAIN, **anchor),
        "xaxis2": theme.axis("", (0, 1.15 * beside), domain=SIDE, anchor="y", **hidden),
        "yaxis2": theme.axis("", (0, 1.25 * above), domain=SIDE, anchor="x", **hidden),
    }
    slim: dict = {f"{name}.domain": [0, 0.82] for name in ("xaxis", "yaxis")}
    slim |= {f"{name}.domain": [0.84, 1] for name in ("xaxis2", "yaxis2")}
    if plane.equal:  # nearer, so that fingers can tell the handles apart
        slim["xaxis.range"] = [0.8 * end for end in plane.x_range]
    return Canvas(layout, traces, slim, 420).figure()


def bell_above(bell: Gaussian, plane: Plane) -> list[dict]:
    """p(x1) in the strip above."""
    mu, sigma = bell.mu_sigma()
    fill = {"yaxis": "y2", "fill": "tozeroy", "fillcolor": theme.color("model", 0.16)}
    at = np.array([[mu + 1.1 * sigma, 0.55 * peak_of(bell)]])
    name = written(at, ["p(x₁)"], "model", "top right", yaxis="y2")
    return [path(bell_curve(bell, plane.x_range), "model", 2, **fill), name]


def bell_beside(bell: Gaussian, plane: Plane) -> list[dict]:
    """p(x2) in the strip to the right, lying on its side."""
    mu, sigma = bell.mu_sigma()
    fill = {"xaxis": "x2", "fill": "tozerox", "fillcolor": theme.color("model", 0.16)}
    at = np.array([[0.25 * peak_of(bell), mu - 1.8 * sigma]])
    name = written(at, ["p(x₂)"], "model", "bottom right", xaxis="x2")
    return [path(bell_curve(bell, plane.y_range)[:, ::-1], "model", 2, **fill), name]


def bell_curve(bell: Gaussian, limits: tuple[float, float]) -> np.ndarray:
    """A 1-D bell (N, 2), with tails to beyond the limits, however wide the screen shows them."""
    mu, sigma = bell.mu_sigma()
    width = limits[1] - limits[0]
    ends = [min(limits[0] - width, mu - 6 * sigma), max(limits[1] + width, mu + 6 * sigma)]
    x = np.concatenate([ends[:1], mu + sigma * np.linspace(-5, 5, 121), ends[1:]])
    return np.column_stack([x, bell.prob(x)])


def peak_of(bell: Gaussian) -> float:
    """The density at the mean."""
    return float(bell.prob(bell.mean[None])[0])


def rings(bell: Gaussian) -> list[dict]:
    """Three filled rings at 1, 2 and 3 sigma; the first, thicker, is the one that is dragged."""
    fill = {"fill": "toself", "fillcolor": theme.color("model", 0.13)}
    return [path(bell.ellipse(r, 73), "model", 2.5 if r == 1 else 1.5, **fill) for r in RADII]


def leftmost(bell: Gaussian, radius: float) -> np.ndarray:
    """Where a ring touches the left side of its bounding box."""
    s1 = np.sqrt(bell.covariance[0, 0])
    return bell.mean - radius * np.array([s1, bell.covariance[0, 1] / s1])


def lowest(bell: Gaussian, radius: float) -> np.ndarray:
    """Where a ring touches the lower side of its bounding box."""
    s2 = np.sqrt(bell.covariance[1, 1])
    return bell.mean - radius * np.array([bell.covariance[0, 1] / s2, s2])


def held(point: tuple[float, float]) -> dict:
    """The point in the learner's hand."""
    marker = {"color": theme.color("condition"), "size": 13, "symbol": "diamond"}
    return {**path(np.array([point]), "condition", 1), "mode": "markers", "marker": marker}


def path(points: np.ndarray, role: str, width: float, dash: str = "solid", **more: Any) -> dict:
    """A line through points (N, 2)."""
    style = {"color": theme.color(role), "width": width, "dash": dash}
    x, y = np.asarray(points, dtype=float).T
    return line(x, y, line=style, **more)


def written(
    at: np.ndarray, words: list[str], role: str, where: str | list[str], **more: Any
) -> dict:
    """Words at the rows of `at` (N, 2), instead of a legend."""
    x, y = np.asarray(at, dtype=float).T
    return {**text(0, 0, "", role, SMALL, at=where, **more), "x": x, "y": y, "text": words}


def dots(points: np.ndarray, size: float, opacity: float = 0.6, **more: Any) -> dict:
    """Data (N, 2) as filled dots."""
    marker = {"color": theme.color("data"), "size": size, "opacity": opacity}
    return path(points, "data", 1) | {"mode": "markers", "marker": marker, **more}


def arrows(points: np.ndarray) -> dict:
    """Two arrows: points (5, 2) are start, tip, nan, start, tip."""
    tips = {"symbol": ["circle", "arrow", "circle", "circle", "arrow"], "size": [1, 14, 1, 1, 14]}
    style = {**tips, "angleref": "previous", "color": theme.color("ink"), "opacity": 1}
    return {**path(points, "ink", 2.5), "mode": "lines+markers", "marker": style}


def unit_circle(n: int) -> np.ndarray:
    """The unit circle, closed (n, 2)."""
    angle = np.linspace(0, 2 * np.pi, n)
    return np.column_stack([np.cos(angle), np.sin(angle)])
