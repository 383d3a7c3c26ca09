"""A fit over its points, and beside it how many of them lie inside radius r."""

import numpy as np

from explorer.figures import theme
from explorer.figures.multivariate.parts import (
    AT_MOST,
    HEIGHT,
    RADII,
    Plane,
    dots,
    held,
    lowest,
    path,
    rings,
    share_inside,
    written,
)
from explorer.figures.picture import Picture
from explorer.figures.traces import Canvas
from explorer.i18n import _
from explorer.models.gaussian import Gaussian

REACH = 6.0  # of the distance axis, in standard deviations


def fit(
    fitted: Gaussian,
    points: np.ndarray,
    point: tuple[float, float],
    plane: Plane,
    counted: bool = False,
    reference: tuple[Gaussian, str] | None = None,
) -> Picture:
    """Rings of a fit over its points (N, 2), and beside them the share of points inside radius r.

    `point` is the one in the learner's hand; `counted` says whether it is one of the points that
    the shares are counted over. `reference` is another normal, with its name.
    """
    everyone = np.vstack([points, [point]]) if counted else points
    tops = np.array([_top(fitted, r) for r in RADII])
    names = written(tops, ["1σ", "2σ", "3σ"], "model", "top center")
    traces = [dots(points[:AT_MOST], 6 if len(points) <= 100 else 4), *rings(fitted), names]
    if reference is not None:
        traces += _reference(*reference)
    traces += [*_ruler(fitted, point, plane), *_shares(fitted, everyone, point)]
    layout = {
        "template": theme.STYLE,
        "height": HEIGHT,
        "xaxis": theme.axis(plane.x_title, plane.x_range, domain=[0, 0.63]),
        "yaxis": theme.axis(plane.y_title, plane.y_range),
        "xaxis2": theme.axis(_("distance r (in σ)"), (0, REACH), domain=[0.73, 1], anchor="y2"),
        "yaxis2": theme.axis(_("points inside r (%)"), (0, 108), anchor="x2"),
    }
    stacked = {"xaxis.domain": [0, 1], "yaxis.domain": [0.44, 1]}
    stacked |= {"xaxis2.domain": [0, 1], "yaxis2.domain": [0, 0.28]}
    return Canvas(layout, traces, stacked, 640).figure()


def _top(bell: Gaussian, radius: float) -> np.ndarray:
    """Where a ring touches the upper side of its bounding box."""
    return 2 * bell.mean - lowest(bell, radius)


def _reference(bell: Gaussian, name: str) -> list[dict]:
    low = lowest(bell, 2.0)
    words = written(low[None], [name], "truth", "bottom center")
    return [path(bell.ellipse(2.0, 73), "truth", 2, "dash"), words]


def _ruler(bell: Gaussian, point: tuple[float, float], plane: Plane) -> list[dict]:
    """From the mean to the point in hand, with the distance in standard deviations."""
    words = f"d = {float(bell.mahalanobis([point])[0]):.3g}"
    left, right = plane.x_range
    inside = left + 0.2 * (right - left) < point[0] < right - 0.2 * (right - left)
    to_the_right = (point[0] > bell.mean[0]) == inside  # outwards, where there is room
    name = written(
        np.array([point]),
        [f"\u2003\u2003{words}" if to_the_right else f"{words}\u2003\u2003"],
        "condition",
        "middle right" if to_the_right else "middle left",
    )
    return [path(np.array([bell.mean, point]), "condition", 2, "dot"), held(point), name]


def _shares(fitted: Gaussian, points: np.ndarray, point: tuple[float, float]) -> list[dict]:
    """Share of the points inside radius r, counted; the exact curve dashed; d of the point."""
    second = {"xaxis": "x2", "yaxis": "y2"}
    r, at = np.linspace(0, REACH, 121), np.array(RADII)
    distances = np.sort(fitted.mahalanobis(points))

    def percent(radius: np.ndarray) -> np.ndarray:
        return 100 * np.searchsorted(distances, radius, side="right") / len(points)

    exact = path(np.column_stack([r, 100 * share_inside(r)]), "truth", 2.5, "dash", **second)
    steps = path(np.column_stack([r, percent(r)]), "data", 2.5, **second)
    counted = np.column_stack([at, percent(at)])
    d = float(fitted.mahalanobis([point])[0])
    end, name = (d, "d\u2002") if d <= REACH else (REACH, "d →\u2002")
    return [
        exact,
        steps,
        dots(counted, 9, 1.0, **second),
        path(np.array([[end, 0], [end, 100]]), "condition", 2, "dot", **second),
        written(
            counted, [f"\u2002{p:.0f} %" for p in counted[:, 1]], "data", "bottom right", **second
        ),
        written(np.array([[1.7, 14.0]]), ["1 − exp(−r²/2)"], "truth", "middle right", **second),
        written(np.array([[end, 4.0]]), [name], "condition", "middle left", **second),
    ]
