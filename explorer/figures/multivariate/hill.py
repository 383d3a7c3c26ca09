"""The density as a surface. Its mesh is made of rings, so it is smooth however narrow it gets."""

import numpy as np

from explorer.figures import theme
from explorer.figures.multivariate.parts import HEIGHT, RADII, Plane, peak_of, unit_circle
from explorer.figures.picture import Picture
from explorer.figures.traces import QUIET, Canvas
from explorer.i18n import _
from explorer.models.gaussian import Gaussian


def hill(bell: Gaussian, plane: Plane, a: float | None = None) -> Picture:
    """The density as a surface, with rings at 1, 2, 3 sigma; cut open along x1 = a if given."""
    circle, radius = unit_circle(49), np.linspace(0, 3.6, 25)
    mesh = bell.mean + radius[:, None, None] * (circle @ bell.cholesky.T)  # (25, 49, 2)
    peak = peak_of(bell)
    height = np.repeat(peak * np.exp(-(radius**2) / 2)[:, None], len(circle), axis=1)  # (25, 49)
    shades = [[0, theme.color("grid")], [1, theme.color("model")]]
    traces = [_surface(mesh, height, shades, 1.0 if a is None else 0.55)]
    for r in RADII:
        ring = bell.ellipse(r, 73)
        level = np.full((len(ring), 1), peak * (0.005 + np.exp(-(r**2) / 2)))  # just above it
        traces.append(_line_3d(np.hstack([ring, level]), "ink", 3))
    if a is not None:
        traces += _cut(bell, a)
    return _scene(plane, traces, 1.08 * peak)


def _surface(mesh: np.ndarray, height: np.ndarray, shades: list, opacity: float) -> dict:
    """A surface over mesh (R, C, 2) at height (R, C)."""
    return {
        "type": "surface",
        "x": mesh[..., 0].astype("f4"),
        "y": mesh[..., 1].astype("f4"),
        "z": height.astype("f4"),
        "colorscale": shades,
        "showscale": False,
        "opacity": opacity,
        "hovertemplate": "(%{x:.3g}, %{y:.3g})<br>p = %{z:.4g}<extra></extra>",
    }


def _line_3d(points: np.ndarray, role: str, width: int) -> dict:
    """A line through points (N, 3)."""
    x, y, z = points.astype("f4").T
    style = {"color": theme.color(role), "width": width}
    return {"type": "scatter3d", "x": x, "y": y, "z": z, "mode": "lines", "line": style, **QUIET}


def _cut(bell: Gaussian, a: float) -> list[dict]:
    """The knife's plane up to the surface, and its edge: the joint density along x1 = a."""
    mu, sigma = bell.condition({0: a}).mu_sigma()
    y = mu + sigma * np.linspace(-4, 4, 61)
    edge = np.column_stack([np.full(len(y), a), y])  # (61, 2)
    p = bell.prob(edge)
    shades = [[0, theme.color("condition")], [1, theme.color("condition")]]
    knife = _surface(np.stack([edge, edge]), np.stack([0 * p, p]), shades, 0.55)
    return [knife, _line_3d(np.column_stack([edge, p]), "condition", 7)]


def _wider(limits: tuple[float, float]) -> tuple[float, float]:
    """A little more than a picture from above needs."""
    room = 0.15 * (limits[1] - limits[0])
    return limits[0] - room, limits[1] + room


def _scene(plane: Plane, traces: list[dict], top: float) -> Picture:
    if plane.equal:  # a unit is a unit; and there is room for the foot of the hill
        x_range, y_range = _wider(plane.x_range), _wider(plane.y_range)
        shape = {"x": 1.3, "y": 1.3 * (y_range[1] - y_range[0]) / (x_range[1] - x_range[0])}
    else:
        x_range, y_range, shape = plane.x_range, plane.y_range, {"x": 1.1, "y": 1.1}
    scene = {
        "xaxis": theme.axis(plane.x_title, x_range),
        "yaxis": theme.axis(plane.y_title, y_range),
        "zaxis": theme.axis(_("density"), (0, top)),
        "aspectmode": "manual",
        "aspectratio": {**shape, "z": 0.7},
        "camera": {"eye": {"x": 0.9, "y": -1.7, "z": 0.9}, "center": {"z": -0.18}},
    }
    layout = {
        "template": theme.STYLE,
        "height": HEIGHT,
        "scene": scene,
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "uirevision": "hill",  # a turned hill stays turned while the numbers change
    }
    further = {"scene.camera.eye": {"x": 1.15, "y": -2.2, "z": 1.15}}
    return Canvas(layout, traces, further, 380).figure()
