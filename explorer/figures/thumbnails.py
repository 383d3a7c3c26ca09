"""The thumbnails on the map of the journey, drawn by the models themselves or from the cards of
their checkpoints; none loads a network."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from explorer import checkpoints
from explorer.data import drawing, pictures, toys
from explorer.figures import guidance, score, score_world, theme
from explorer.models.convolution import correlate
from explorer.models.descent import gradient_descent, walk
from explorer.models.em import em_steps
from explorer.models.gaussian import Gaussian
from explorer.models.mixture import Mixture
from explorer.models.surfaces import Rosenbrock

Range = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Thumbnail:
    """Traces and the window they are seen through."""

    traces: list[go.Scatter]
    x_range: Range
    y_range: Range


def blank() -> Thumbnail:
    """An empty frame."""
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


def _descent() -> Thumbnail:
    """Rosenbrock's valley and the book's walk along it."""
    surface = Rosenbrock()
    x, y = np.linspace(-0.6, 1.5, 41), np.linspace(-0.7, 2.3, 41)
    height = np.log10([[1e-3 + surface.value(a, b) for a in x] for b in y])
    hill = go.Contour(
        x=x, y=y, z=height, ncontours=12, showscale=False,
        contours={"coloring": "lines"}, colorscale=theme.scale("model", 0.3, 0.9),
    )  # fmt: skip
    steps = walk(gradient_descent(surface, (-0.35, 1.9), 0.0015), 3000)
    path = np.array([(step.x, step.y) for step in steps])
    goal = surface.minimum
    star = {"symbol": "star", "size": 12, "color": theme.color("truth")}
    end = go.Scatter(x=[goal[0]], y=[goal[1]], mode="markers", marker=star)
    walked = theme.line(path[:, 0], path[:, 1], "sample", 3)
    return Thumbnail([hill, walked, end], (-0.6, 1.5), (-0.7, 2.3))


def _network() -> Thumbnail:
    """The noisy wave that a network learns, and its exact mean."""
    data = toys.noisy_sine(90, np.random.default_rng(0))
    x = np.linspace(0, 1, 61)
    mean = theme.line(x, np.sin(2 * np.pi * x) + 0.5, "model", 3)
    return Thumbnail([theme.points(data[:, 0], data[:, 1], size=4), mean], (0, 1), (-1.1, 2.4))


def _convolution() -> Thumbnail:
    """The scene through a kernel that sees upright edges."""
    kernel = np.array([[1.0, 0, -1], [2, 0, -2], [1, 0, -1]])
    edges = correlate(pictures.scene(), kernel)
    top = float(np.abs(edges).max())
    heat = go.Heatmap(
        z=edges[::-1], showscale=False, colorscale=theme.diverging(), zmin=-top, zmax=top
    )
    side = len(edges)
    return Thumbnail([heat], (-0.5, side - 0.5), (-0.5, side - 0.5))


def _codes(name: str, reach: float) -> Thumbnail:
    """Codes of test pictures from a checkpoint's card, coloured by class; nothing is loaded."""
    try:
        codes = np.array(checkpoints.read_card(name)["codes"])
    except checkpoints.CheckpointError:
        return blank()
    colours = [theme.component(int(label) % 8) for label in codes[:, 2]]
    dots = go.Scatter(
        x=codes[:, 0], y=codes[:, 1], mode="markers", marker={"size": 3.5, "color": colours}
    )
    if reach:
        return Thumbnail([dots], (-reach, reach), (-reach, reach))
    (left, low), (right, high) = np.quantile(codes[:, :2], [0.01, 0.99], axis=0).tolist()
    return Thumbnail([dots], (left, right), (low, high))


def _autoencoder() -> Thumbnail:
    return _codes("ae2-mnist", 0)


def _vae() -> Thumbnail:
    """The same with a prior: its circles at one and two standard deviations."""
    found = _codes("vae2-mnist", 3.0)
    turn = np.linspace(0, 2 * np.pi, 61)
    rings = [theme.line(r * np.cos(turn), r * np.sin(turn), "latent", 2) for r in (1, 2)]
    return Thumbnail([*found.traces, *rings], (-3, 3), (-3, 3))


def _beta() -> Thumbnail:
    """Reconstruction against KL along the ladder, from the cards."""
    try:
        rungs = ("beta0.1", "beta0.5", "vae16", "beta4", "beta10", "beta30")
        cards = [checkpoints.read_card(f"{rung}-mnist")["metrics"] for rung in rungs]
        places = [(m["test KL (nats)"], m["test reconstruction (nats)"]) for m in cards]
    except (checkpoints.CheckpointError, KeyError):
        return blank()
    kl, reconstruction = np.array(places, dtype=float).T
    marker = {"size": 11, "color": theme.color("model")}
    dots = go.Scatter(x=kl, y=reconstruction, mode="markers", marker=marker)
    curve = theme.line(kl, reconstruction, "model", 2)
    return Thumbnail([curve, dots], (-4, 51), (-225, -50))


def _hierarchy() -> Thumbnail:
    """Two latents in a row above a picture: each draws the next."""
    words = ("z₂", "z₁", "x")
    x, y = np.array([0.5, 0.5, 0.5]), np.array([0.85, 0.5, 0.15])
    colours = [theme.color(role) for role in ("latent", "latent", "data")]
    rings = go.Scatter(
        x=x, y=y, mode="markers+text", text=words, textfont={"size": 15, "color": colours},
        marker={"size": 30, "color": "rgba(0,0,0,0)", "line": {"color": colours, "width": 2}},
    )  # fmt: skip
    head = {"symbol": "triangle-down", "size": 9, "color": theme.color("muted")}
    heads = go.Scatter(x=[0.5, 0.5], y=[0.62, 0.27], mode="markers", marker=head)
    middle = np.array([0.5, 0.5])
    ends = [np.array([top - 0.11, top - 0.22]) for top in (0.85, 0.5)]
    lines = [theme.line(middle, end, "muted", 2) for end in ends]
    return Thumbnail([*lines, heads, rings], (0, 1), (0, 1))


def _noising() -> Thumbnail:
    """A digit that dissolves: four moments of one way into noise."""
    digit = drawing.centred(pictures.digit(3))
    assert digit is not None
    eps = np.random.default_rng(0).standard_normal((28, 28))
    sheet = np.full((59, 59), np.nan)
    for k, abar in enumerate((1.0, 0.75, 0.35, 0.02)):
        x = np.sqrt(abar) * (2 * digit - 1) + np.sqrt(1 - abar) * eps
        top, left = 31 * (k // 2), 31 * (k % 2)
        sheet[top : top + 28, left : left + 28] = np.clip((x + 1) / 2, 0, 1)
    heat = go.Heatmap(
        z=sheet[::-1], showscale=False, colorscale=theme.scale("ink", 0.04, 1.0), zmin=0, zmax=1
    )
    return Thumbnail([heat], (-14, 72), (-0.5, 58.5))


def _score() -> Thumbnail:
    """Arrows of the exact score among eight clusters at a moderate noise."""
    here = score_world.world("eight_gaussians", toys.fixed("eight_gaussians", "test")[0], ("", ""))
    places = score.grid(3.2, 9)
    path = score.arrows(places, -here.noise(places, 120), 0.66)
    x = here.x[:120]
    marker = {"size": 3, "color": theme.color("data", 0.6)}
    dots = go.Scatter(x=x[:, 0], y=x[:, 1], mode="markers", marker=marker)
    style = {"color": theme.color("truth"), "width": 1.5}
    field = go.Scatter(x=path["x"], y=path["y"], mode="lines", line=style)
    return Thumbnail([dots, field], (-3.2, 3.2), (-3.2, 3.2))


def _denoise() -> Thumbnail:
    """A digit that comes out of noise from left to right."""
    digit = drawing.centred(pictures.digit(8))
    assert digit is not None
    eps = np.random.default_rng(1).standard_normal((28, 28))
    signal = np.linspace(-0.25, 1.1, 28).clip(0.0, 1.0)  # sqrt(abar) of each column
    x = signal * (2 * digit - 1) + np.sqrt(1 - signal**2) * eps
    heat = go.Heatmap(
        z=x[::-1], showscale=False, colorscale=theme.scale("ink", 0.04, 1.0), zmin=-1, zmax=1
    )
    return Thumbnail([heat], (-7, 34), (-0.5, 27.5))


def _guidance() -> Thumbnail:
    """The arrows of the lesson's first point."""
    traces, x_range, y_range = guidance.thumbnail()
    return Thumbnail([go.Scatter(trace) for trace in traces], x_range, y_range)


THUMBNAILS: dict[str, Callable[[], Thumbnail]] = {
    "normal": _normal,
    "likelihood": _likelihood,
    "multivariate": _multivariate,
    "mixture": _mixture,
    "em": _em,
    "divergence": _divergence,
    "descent": _descent,
    "network": _network,
    "convolution": _convolution,
    "autoencoder": _autoencoder,
    "vae": _vae,
    "beta": _beta,
    "hierarchy": _hierarchy,
    "noising": _noising,
    "score": _score,
    "denoise": _denoise,
    "guidance": _guidance,
}
