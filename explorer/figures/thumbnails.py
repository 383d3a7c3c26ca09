"""The thumbnails on the map of the journey, drawn by the models themselves or from the cards of
their checkpoints; none loads a network."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from explorer import checkpoints
from explorer.data import drawing, pictures, toys
from explorer.figures import guidance, score, score_world, theme
from explorer.figures.traces import dots, line, points
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

    traces: list[dict]
    x_range: Range
    y_range: Range


def blank() -> Thumbnail:
    """An empty frame."""
    return Thumbnail([], (0, 1), (0, 1))


def _normal() -> Thumbnail:
    bell, x = Gaussian.from_std(0, 1), np.linspace(-3.5, 3.5, 91)
    inside = x[abs(x) <= 1.2]
    style = {"mode": "none", "fill": "tozeroy", "fillcolor": theme.color("model", 0.3)}
    fill = {"type": "scatter", "x": inside, "y": bell.prob(inside), **style}
    return Thumbnail([fill, line(x, bell.prob(x))], (-3.5, 3.5), (0, 0.46))


def _contours(x: np.ndarray, y: np.ndarray, z: np.ndarray, alpha: float, **more: float) -> dict:
    """Lines of equal height, from so faint at the bottom up to the model's colour."""
    style = {"contours": {"coloring": "lines"}, "showscale": False, **more}
    colors = {"colorscale": theme.scale("model", alpha, alpha + 0.6)}
    return {"type": "contour", "x": x, "y": y, "z": z, **style, **colors}


def _heatmap(picture: np.ndarray, scale: list[list], low: float, high: float) -> dict:
    """A picture (H, W) whose first row is on top."""
    style = {"colorscale": scale, "showscale": False, "zmin": low, "zmax": high}
    return {"type": "heatmap", "z": picture[::-1], **style}


def _ink(picture: np.ndarray, low: float) -> dict:
    """A drawing, from paper at `low` to ink at 1."""
    return _heatmap(picture, theme.scale("ink", 0.04, 1.0), low, 1)


def _likelihood() -> Thumbnail:
    """Contours of the log-likelihood of 25 heights over (mu, sigma), and its maximum."""
    data = toys.heights(25, np.random.default_rng(3))[:, 0]
    best = Gaussian.fit(data)
    mu, sigma = best.mu_sigma()
    means, widths = mu + sigma * np.linspace(-0.9, 0.9, 41), sigma * np.linspace(0.6, 1.7, 41)
    spread = sigma**2 + (data.mean() - means[None, :]) ** 2
    height = -np.log(widths[:, None]) - spread / 2 / widths[:, None] ** 2  # nats per point
    seen = {"zmin": float(np.quantile(height, 0.15)), "zmax": float(height.max())}
    surface = _contours(means, widths, height, 0.35, ncontours=14, **seen)
    top = dots([mu], [sigma], "truth", 11, marker={"symbol": "diamond"})
    ends = (float(means[0]), float(means[-1])), (float(widths[0]), float(widths[-1]))
    return Thumbnail([surface, top], *ends)


def _multivariate() -> Thumbnail:
    bell = Gaussian.from_correlation([0, 0], 1.3, 1.0, 0.75)
    cloud = bell.sample(160, 1)
    rings = [bell.ellipse(radius) for radius in (1, 2)]
    traces = [points(cloud[:, 0], cloud[:, 1], size=4)]
    traces += [line(ring[:, 0], ring[:, 1], width=2) for ring in rings]
    return Thumbnail(traces, (-4, 4), (-3.2, 3.2))


def _geyser() -> tuple[np.ndarray, Mixture]:
    return toys.geyser(272, np.random.default_rng(0)), Mixture(
        np.array([0.356, 0.644]),
        np.array([[2.04, 54.5], [4.29, 80.0]]),
        np.array([[[0.069, 0.435], [0.435, 33.7]], [[0.17, 0.94], [0.94, 36.0]]]),
    )


def _ellipses(mixture: Mixture) -> list[dict]:
    rings = [
        (k, part.ellipse(radius)) for k, part in enumerate(mixture.components) for radius in (1, 2)
    ]
    return [line(ring[:, 0], ring[:, 1], theme.component(k), 2) for k, ring in rings]


def _mixture() -> Thumbnail:
    x, mixture = _geyser()
    cloud = points(x[:, 0], x[:, 1], size=4)
    return Thumbnail([cloud, *_ellipses(mixture)], (1, 5.8), (38, 102))


def _em() -> Thumbnail:
    """Three iterations of EM from a poor start: responsibilities as colour."""
    x, goal = _geyser()
    start = Mixture(np.array([0.5, 0.5]), np.array([[2.6, 84.0], [3.6, 58.0]]), goal.covariances)
    step = list(em_steps(x, start, max_iter=2))[-2]
    cloud = dots(x[:, 0], x[:, 1], theme.blend(step.responsibilities), 4)
    return Thumbnail([cloud, *_ellipses(step.mixture)], (1, 5.8), (38, 102))


def _divergence() -> Thumbnail:
    x = np.linspace(-4, 6, 121)
    p, q = Gaussian.from_std(0, 1).prob(x), Gaussian.from_std(1.6, 1.4).prob(x)
    gap = {
        "type": "scatter", "x": np.concatenate([x, x[::-1]]), "y": np.concatenate([p, q[::-1]]),
        "fill": "toself", "mode": "none", "fillcolor": theme.color("negative", 0.22),
    }  # fmt: skip
    return Thumbnail([gap, line(x, p), line(x, q, "sample")], (-4, 6), (0, 0.46))


def _descent() -> Thumbnail:
    """Rosenbrock's valley and the book's walk along it."""
    surface = Rosenbrock()
    x, y = np.linspace(-0.6, 1.5, 41), np.linspace(-0.7, 2.3, 41)
    height = np.log10([[1e-3 + surface.value(a, b) for a in x] for b in y])
    hill = _contours(x, y, height, 0.3, ncontours=12)
    steps = walk(gradient_descent(surface, (-0.35, 1.9), 0.0015), 3000)
    path = np.array([(step.x, step.y) for step in steps])
    goal = surface.minimum
    end = dots(goal[:1], goal[1:], "truth", 12, marker={"symbol": "star"})
    walked = line(path[:, 0], path[:, 1], "sample")
    return Thumbnail([hill, walked, end], (-0.6, 1.5), (-0.7, 2.3))


def _network() -> Thumbnail:
    """The noisy wave that a network learns, and its exact mean."""
    data = toys.noisy_sine(90, np.random.default_rng(0))
    x = np.linspace(0, 1, 61)
    mean = line(x, np.sin(2 * np.pi * x) + 0.5)
    return Thumbnail([points(data[:, 0], data[:, 1], size=4), mean], (0, 1), (-1.1, 2.4))


def _convolution() -> Thumbnail:
    """The scene through a kernel that sees upright edges."""
    kernel = np.array([[1.0, 0, -1], [2, 0, -2], [1, 0, -1]])
    edges = correlate(pictures.scene(), kernel)
    top = float(np.abs(edges).max())
    side = len(edges)
    heat = _heatmap(edges, theme.diverging(), -top, top)
    return Thumbnail([heat], (-0.5, side - 0.5), (-0.5, side - 0.5))


def _codes(name: str, reach: float) -> Thumbnail:
    """Codes of test pictures from a checkpoint's card, coloured by class; nothing is loaded."""
    try:
        codes = np.array(checkpoints.read_card(name)["codes"])
    except checkpoints.CheckpointError:
        return blank()
    colours = [theme.component(int(label) % 8) for label in codes[:, 2]]
    cloud = dots(codes[:, 0], codes[:, 1], colours, 3.5)
    if reach:
        return Thumbnail([cloud], (-reach, reach), (-reach, reach))
    (left, low), (right, high) = np.quantile(codes[:, :2], [0.01, 0.99], axis=0).tolist()
    return Thumbnail([cloud], (left, right), (low, high))


def _autoencoder() -> Thumbnail:
    return _codes("ae2-mnist", 0)


def _vae() -> Thumbnail:
    """The same with a prior: its circles at one and two standard deviations."""
    found = _codes("vae2-mnist", 3.0)
    turn = np.linspace(0, 2 * np.pi, 61)
    rings = [line(r * np.cos(turn), r * np.sin(turn), "latent", 2) for r in (1, 2)]
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
    curve = line(kl, reconstruction, "model", 2)
    return Thumbnail([curve, dots(kl, reconstruction, "model", 11)], (-4, 51), (-225, -50))


def _hierarchy() -> Thumbnail:
    """Two latents in a row above a picture: each draws the next."""
    words = ("z₂", "z₁", "x")
    x, y = np.array([0.5, 0.5, 0.5]), np.array([0.85, 0.5, 0.15])
    colours = [theme.color(role) for role in ("latent", "latent", "data")]
    edge = {"line": {"color": colours, "width": 2}}
    rings = dots(x, y, "rgba(0,0,0,0)", 30, marker=edge) | {
        "mode": "markers+text", "text": words, "textfont": {"size": 15, "color": colours},
    }  # fmt: skip
    heads = dots([0.5, 0.5], [0.62, 0.27], "muted", 9, marker={"symbol": "triangle-down"})
    middle = np.array([0.5, 0.5])
    ends = [np.array([top - 0.11, top - 0.22]) for top in (0.85, 0.5)]
    lines = [line(middle, end, "muted", 2) for end in ends]
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
    return Thumbnail([_ink(sheet, 0)], (-14, 72), (-0.5, 58.5))


def _score() -> Thumbnail:
    """Arrows of the exact score among eight clusters at a moderate noise."""
    here = score_world.world("eight_gaussians", toys.fixed("eight_gaussians", "test")[0], ("", ""))
    places = score.grid(3.2, 9)
    path = score.arrows(places, -here.noise(places, 120), 0.66)
    x = here.x[:120]
    cloud = dots(x[:, 0], x[:, 1], theme.color("data", 0.6), 3)
    style = {"color": theme.color("truth"), "width": 1.5}
    field = line(path["x"], path["y"], line=style)
    return Thumbnail([cloud, field], (-3.2, 3.2), (-3.2, 3.2))


def _denoise() -> Thumbnail:
    """A digit that comes out of noise from left to right."""
    digit = drawing.centred(pictures.digit(8))
    assert digit is not None
    eps = np.random.default_rng(1).standard_normal((28, 28))
    signal = np.linspace(-0.25, 1.1, 28).clip(0.0, 1.0)  # sqrt(abar) of each column
    x = signal * (2 * digit - 1) + np.sqrt(1 - signal**2) * eps
    return Thumbnail([_ink(x, -1)], (-7, 34), (-0.5, 27.5))


def _guidance() -> Thumbnail:
    """The arrows of the lesson's first point."""
    return Thumbnail(*guidance.thumbnail())


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
