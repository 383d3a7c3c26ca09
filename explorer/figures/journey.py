"""The map of the journey: one thumbnail per lesson, drawn by the models themselves, and arrows
from each lesson to those that build on it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from explorer.data import toys
from explorer.figures import theme
from explorer.models.em import em_steps
from explorer.models.gaussian import Gaussian
from explorer.models.mixture import Mixture

Range = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Thumbnail:
    """Traces and the window they are seen through."""

    traces: list[go.Scatter]
    x_range: Range
    y_range: Range


@dataclass(frozen=True)
class Node:
    """One lesson on the map: where its title is written and what it builds on."""

    slug: str
    title: str
    needs: tuple[str, ...]


def chart(nodes: Sequence[Node]) -> go.Figure:
    """Lessons from left to right in catalogue order; arcs below join those that are not neighbours.

    A lesson without a thumbnail gets an empty frame. On a phone two columns, without arrows.
    """
    count = len(nodes)
    figure = theme.figure("", "", (0, count), (-0.55, 1), height=290)
    hidden = {"visible": False, "domain": [0, 1]}
    figure.layout.update(xaxis=hidden, yaxis=hidden, margin={"l": 4, "r": 4, "t": 4, "b": 4})
    place = {node.slug: index for index, node in enumerate(nodes)}
    for index, node in enumerate(nodes):
        for need in node.needs:
            if need in place:
                figure.add_traces(_arrow(place[need], index))
    for index, node in enumerate(nodes):
        title = f"<b>{node.title}</b>"
        figure.add_trace(theme.label(index + 0.5, 0.02, title, "ink", 14, "bottom center"))
        _place(figure, index, count, THUMBNAILS.get(node.slug, _blank)())
    return theme.narrow(figure, _two_columns(nodes), 150 * ((count + 1) // 2) + 20)


def _arrow(start: int, end: int) -> list[go.Scatter]:
    """Straight to a neighbour, in an arc below the titles to a lesson further on."""
    if end == start + 1:
        x, y, angle = np.array([start + 0.88, end + 0.11]), np.array([0.55, 0.55]), 90
    else:
        turn, depth = np.linspace(0, np.pi, 41), 0.09 * (end - start)
        x = (start + end + 1) / 2 - (end - start - 0.1) / 2 * np.cos(turn)
        y, angle = -0.15 - depth * np.sin(turn), 0
    head = {"symbol": "arrow", "angle": angle, "size": 11, "color": theme.color("muted")}
    return [
        theme.line(x, y, "muted", 2, hoverinfo="skip"),
        go.Scatter(x=x[-1:], y=y[-1:], mode="markers", marker=head, hoverinfo="skip"),
    ]


def _place(figure: go.Figure, index: int, count: int, thumbnail: Thumbnail) -> None:
    axis = str(index + 2)
    frame = {
        "showticklabels": False, "ticks": "", "showgrid": False, "mirror": True, "nticks": 2,
        "linecolor": theme.color("grid"), "linewidth": 1,
    }  # fmt: skip
    left, right = (index + 0.12) / count, (index + 0.88) / count
    figure.layout.update(
        {
            f"xaxis{axis}": {
                **theme.axis("", thumbnail.x_range), **frame,
                "domain": [left, right], "anchor": f"y{axis}",
            },
            f"yaxis{axis}": {
                **theme.axis("", thumbnail.y_range), **frame,
                "domain": [0.42, 0.98], "anchor": f"x{axis}",
            },
        }
    )  # fmt: skip
    corner = thumbnail.x_range[0], thumbnail.y_range[1]
    number = theme.label(*corner, f" {index + 1}", "muted", 15, "bottom right")
    for trace in [*thumbnail.traces, number]:
        figure.add_trace(trace.update(xaxis=f"x{axis}", yaxis=f"y{axis}", hoverinfo="skip"))


def _two_columns(nodes: Sequence[Node]) -> dict:
    """The phone's layout: thumbnails two by two; the cards below carry the titles."""
    rows = (len(nodes) + 1) // 2
    layout: dict = {"yaxis.range": [5, 6]}  # titles and arrows out of sight
    for index in range(len(nodes)):
        row, column = divmod(index, 2)
        top = 1 - row / rows
        layout[f"xaxis{index + 2}.domain"] = [0.52 * column, 0.52 * column + 0.48]
        layout[f"yaxis{index + 2}.domain"] = [top - 0.9 / rows, top]
    return layout


def _blank() -> Thumbnail:
    return Thumbnail([], (0, 1), (0, 1))


def _normal() -> Thumbnail:
    bell, x = Gaussian.from_std(0, 1), np.linspace(-3.5, 3.5, 91)
    inside = x[abs(x) <= 1.2]
    fill = go.Scatter(
        x=inside, y=bell.prob(inside), mode="none", fill="tozeroy",
        fillcolor=theme.color("model", 0.3),
    )  # fmt: skip
    return Thumbnail([fill, theme.line(x, bell.prob(x))], (-3.5, 3.5), (0, 0.46))


def _likelihood() -> Thumbnail:
    """Contours of the log-likelihood of 25 heights over (mu, sigma), and its maximum."""
    data = toys.heights(25, np.random.default_rng(3))[:, 0]
    best = Gaussian.fit(data)
    mu, sigma = best.mu_sigma()
    means, widths = mu + sigma * np.linspace(-0.9, 0.9, 41), sigma * np.linspace(0.6, 1.7, 41)
    spread = sigma**2 + (data.mean() - means[None, :]) ** 2
    height = -np.log(widths[:, None]) - spread / 2 / widths[:, None] ** 2  # nats per point
    surface = go.Contour(
        x=means, y=widths, z=height, ncontours=14, showscale=False,
        contours={"coloring": "lines"}, colorscale=theme.scale("model", 0.35, 0.95),
        zmin=float(np.quantile(height, 0.15)), zmax=float(height.max()),
    )  # fmt: skip
    top = go.Scatter(
        x=[mu], y=[sigma], mode="markers",
        marker={"symbol": "diamond", "size": 11, "color": theme.color("truth")},
    )  # fmt: skip
    ends = (float(means[0]), float(means[-1])), (float(widths[0]), float(widths[-1]))
    return Thumbnail([surface, top], *ends)


def _multivariate() -> Thumbnail:
    bell = Gaussian.from_correlation([0, 0], 1.3, 1.0, 0.75)
    cloud = bell.sample(160, 1)
    rings = [bell.ellipse(radius) for radius in (1, 2)]
    traces = [theme.points(cloud[:, 0], cloud[:, 1], size=4)]
    traces += [theme.line(ring[:, 0], ring[:, 1], width=2) for ring in rings]
    return Thumbnail(traces, (-4, 4), (-3.2, 3.2))


def _geyser() -> tuple[np.ndarray, Mixture]:
    return toys.geyser(272, np.random.default_rng(0)), Mixture(
        np.array([0.356, 0.644]),
        np.array([[2.04, 54.5], [4.29, 80.0]]),
        np.array([[[0.069, 0.435], [0.435, 33.7]], [[0.17, 0.94], [0.94, 36.0]]]),
    )


def _ellipses(mixture: Mixture) -> list[go.Scatter]:
    rings = [
        (k, part.ellipse(radius)) for k, part in enumerate(mixture.components) for radius in (1, 2)
    ]
    style = [{"color": theme.component(k), "width": 2} for k in range(len(mixture.components))]
    return [go.Scatter(x=r[:, 0], y=r[:, 1], mode="lines", line=style[k]) for k, r in rings]


def _mixture() -> Thumbnail:
    x, mixture = _geyser()
    return Thumbnail(
        [theme.points(x[:, 0], x[:, 1], size=4), *_ellipses(mixture)], (1, 5.8), (38, 102)
    )


def _em() -> Thumbnail:
    """Three iterations of EM from a poor start: responsibilities as colour."""
    x, goal = _geyser()
    start = Mixture(np.array([0.5, 0.5]), np.array([[2.6, 84.0], [3.6, 58.0]]), goal.covariances)
    step = list(em_steps(x, start, max_iter=2))[-2]
    dots = go.Scatter(
        x=x[:, 0], y=x[:, 1], mode="markers",
        marker={"size": 4, "color": theme.blend(step.responsibilities)},
    )  # fmt: skip
    return Thumbnail([dots, *_ellipses(step.mixture)], (1, 5.8), (38, 102))


def _divergence() -> Thumbnail:
    x = np.linspace(-4, 6, 121)
    p, q = Gaussian.from_std(0, 1).prob(x), Gaussian.from_std(1.6, 1.4).prob(x)
    gap = go.Scatter(
        x=np.concatenate([x, x[::-1]]), y=np.concatenate([p, q[::-1]]), fill="toself",
        mode="none", fillcolor=theme.color("negative", 0.22),
    )  # fmt: skip
    return Thumbnail([gap, theme.line(x, p), theme.line(x, q, "sample")], (-4, 6), (0, 0.46))


THUMBNAILS: dict[str, Callable[[], Thumbnail]] = {
    "normal": _normal,
    "likelihood": _likelihood,
    "multivariate": _multivariate,
    "mixture": _mixture,
    "em": _em,
    "divergence": _divergence,
}
