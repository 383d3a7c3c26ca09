"""Pictures of the variational autoencoder: posterior and bound, a draw in steps, ways between."""

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from explorer.figures import theme
from explorer.figures.traces import QUIET, Canvas, boxes, dots, filled, line, small, text, vertical
from explorer.i18n import _

CIRCLE = np.linspace(0, 2 * np.pi, 73)
UNIT = np.stack([np.cos(CIRCLE), np.sin(CIRCLE)], axis=1)  # (73, 2)


@dataclass(frozen=True)
class Terms:
    """The bound of one picture, in nats: reconstruction and KL averaged over q, log p(x) exact."""

    reconstruction: float
    kl: float
    log_evidence: float

    @property
    def elbo(self) -> float:
        """Reconstruction less KL."""
        return self.reconstruction - self.kl

    @property
    def gap(self) -> float:
        """KL of the guess from the true posterior: what the bound misses."""
        return self.log_evidence - self.elbo


def guess(
    mean: np.ndarray,
    std: np.ndarray,
    z1: np.ndarray,
    z2: np.ndarray,
    density: np.ndarray,
    samples: np.ndarray,
    terms: Terms,
) -> go.Figure:
    """Left: p(z|x) exactly, q(z|x) and draws from it, magnified. Right: the bound as a bar.

    mean, std (2,) of q; density (n, n) over z1, z2, rows along z2; samples (S, 2).
    """
    halves = [float(axis[-1] - axis[0]) / 2 for axis in (z1, z2)]
    ranges = [
        [float(mean[i]) - 1.02 * halves[i], float(mean[i]) + 1.02 * halves[i]] for i in range(2)
    ]
    canvas = Canvas.empty(("z₁", "z₂"), ranges[0], ranges[1], height=390)
    canvas.layout["xaxis"]["domain"] = [0, 0.5]
    top = float(density.max()) or 1.0
    canvas.add(
        {
            "type": "contour",
            "x": small(z1),
            "y": small(z2),
            "z": small(density / top),
            "colorscale": theme.scale("truth", 0.0, 0.75),
            "showscale": False,
            "zmin": 0,
            "zmax": 1,
            "contours": {"start": 0.1, "end": 0.9, "size": 0.2},
            "line": {"color": theme.color("truth"), "width": 1, "dash": "dash"},
            **QUIET,
        }
    )
    for radius in (1, 2):
        ring = mean + radius * std * UNIT
        canvas.add(line(ring[:, 0], ring[:, 1], "model", 3 if radius == 1 else 1.5))
    shape = {"symbol": "diamond-open", "line": {"width": 2}}
    canvas.add(dots(samples[:, 0], samples[:, 1], "sample", 8, marker=shape))
    corner = float(mean[0]), float(mean[1] + 2.25 * std[1])
    canvas.add(text(*corner, "q(z|x)", "model"))
    low = ranges[1][0] + 0.04 * (ranges[1][1] - ranges[1][0])
    canvas.add(text(ranges[0][0], low, "p(z|x)", "truth", at="middle right"))
    _waterfall(canvas, terms)
    canvas.narrow = {
        "xaxis.domain": [0, 1],
        "yaxis.domain": [0.56, 1],
        "xaxis2.domain": [0, 1],
        "yaxis2.domain": [0, 0.4],
    }
    canvas.narrow_height = 640
    return canvas.figure()


def _waterfall(canvas: Canvas, terms: Terms) -> None:
    """Reconstruction, less KL, is the ELBO; what is missing to log p(x) is the gap."""
    top = max(terms.reconstruction, terms.log_evidence)
    floor = min(terms.elbo, terms.log_evidence) - 0.6 * max(3.0, top - terms.elbo)
    height = top - floor
    titles = [_("reconstruction"), "− KL", "ELBO"]
    canvas.layout["xaxis2"] = {
        **theme.axis("", (-0.6, 2.6)),
        "domain": [0.63, 1],
        "anchor": "y2",
        "tickvals": [0, 1, 2],
        "ticktext": titles,
        "showgrid": False,
    }
    canvas.layout["yaxis2"] = {
        **theme.axis(_("nats"), (floor, top + 0.14 * height)),
        "anchor": "x2",
    }
    right = {"xaxis": "x2", "yaxis": "y2"}
    bars = (
        (0, floor, terms.reconstruction, "model", ""),
        (1, terms.elbo, terms.reconstruction, "latent", "/"),
        (2, floor, terms.elbo, "model", ""),
        (2, terms.elbo, terms.log_evidence, "truth", "x"),
    )
    for place, low, high, role, shape in bars:
        path = boxes(place - 0.36, place + 0.36, low, high)
        pattern = {"fillpattern": {"shape": shape, "fgcolor": theme.color(role)}} if shape else {}
        canvas.add(filled(path, theme.color(role, 0.35), 1.5, role, **right, **pattern))
    canvas.add(line([-0.6, 2.6], [terms.log_evidence] * 2, "truth", 2, **right))
    words = f"log p(x) = {terms.log_evidence:.1f}"
    canvas.add(text(2.6, top + 0.02 * height, words, "truth", 14, at="top left", **right))
    middle = floor + 0.09 * height
    canvas.add(
        text(0, middle, f"{terms.reconstruction:.1f}", "ink", 14, **right),
        text(1, terms.reconstruction, f"{terms.kl:.2f}", "latent", 14, **right),
        text(2, middle, f"{terms.elbo:.1f}", "ink", 14, **right),
    )


def draw(mean: float, std: float, noise: np.ndarray) -> go.Figure:
    """A draw z = mean + std * noise as a film of three steps; noise (S,), all draws at once.

    Above: noise from N(0, 1). Below: the same crosses, stretched by std, then shifted by the mean.
    """
    axis = np.linspace(-6, 6, 241)
    canvas = Canvas.empty(("ε, z", ""), (-6, 6), (-0.16, 2.3), height=430)
    canvas.layout["yaxis"] |= {"visible": False}
    frames_at = [(noise, 0.0, 1.0), (std * noise, 0.0, std), (mean + std * noise, mean, std)]
    names = ["ε", "σ ε", "μ + σ ε"]
    peak = 1 / np.sqrt(2 * np.pi)
    base = 1.25

    def bell(centre: float, width: float, low: float) -> np.ndarray:
        height = np.exp(-0.5 * ((axis - centre) / width) ** 2) / width * peak
        return low + np.minimum(height, 0.95)

    def moving(place: np.ndarray, centre: float, width: float) -> list[dict]:
        paths = np.full((len(noise), 3, 2), np.nan)  # from the noise above to its place below
        paths[:, 0] = np.stack([noise, np.full(len(noise), base)], axis=1)
        paths[:, 1] = np.stack([place, np.zeros(len(noise))], axis=1)
        lines = paths.reshape(-1, 2)
        return [
            {"type": "scatter", "x": small(axis), "y": small(bell(centre, width, 0))},
            {"type": "scatter", "x": small(place), "y": np.zeros(len(noise))},
            {"type": "scatter", "x": small(lines[:, 0]), "y": small(lines[:, 1])},
        ]

    canvas.add(line(axis, bell(0, 1, base), "latent", 2))
    cross = {"symbol": "x-thin-open", "line": {"width": 2}}
    canvas.add(dots(noise, np.full(len(noise), base), "latent", 10, marker=cross))
    canvas.add(text(-5.8, base + 0.12, _("noise ε ~ N(0, 1)"), "latent", at="middle right"))
    start = moving(*frames_at[0])
    canvas.add(line(start[0]["x"], start[0]["y"], "model", 3))
    diamond = {"symbol": "diamond-open", "line": {"width": 2}}
    canvas.add(dots(start[1]["x"], start[1]["y"], "sample", 10, marker=diamond))
    canvas.add(line(start[2]["x"], start[2]["y"], "muted", 1))
    canvas.add(vertical(mean, 0, 1.0, "model"))
    canvas.add(text(mean, 1.0, f"μ = {mean:.2f}", "model"))
    frames = [
        {"name": name, "data": moving(*place), "traces": [3, 4, 5]}
        for name, place in zip(names, frames_at, strict=True)
    ]
    return canvas.figure(frames)


def between(z: np.ndarray, latents: int) -> go.Figure:
    """How far from the middle each picture on the way lies: z (F, d), beside what the prior does.

    The band holds 95 % of the lengths of draws from N(0, I) in d dimensions (chi distribution).
    """
    lengths = np.linalg.norm(z, axis=1)
    share = np.linspace(0, 1, len(z))
    low, middle, high = chi_band(latents)
    top = max(float(lengths.max()), high) * 1.2
    canvas = Canvas.empty((_("share of the way"), "‖z‖"), (-0.03, 1.03), (0, top), height=260)
    canvas.add(filled(boxes(-0.03, 1.03, low, high), theme.color("latent", 0.18), 0, "latent"))
    canvas.add(line([-0.03, 1.03], [middle, middle], "latent", 1.5))
    words = _("where 95 % of the prior's draws lie")
    canvas.add(text(0.5, high, words, "latent", 14))
    canvas.add(line(share, lengths, "sample", 2))
    canvas.add(dots(share, lengths, "sample", 9, marker={"symbol": "diamond-open"}))
    return canvas.figure()


def chi_band(latents: int) -> tuple[float, float, float]:
    """2.5 %, 50 % and 97.5 % points of ‖z‖ for z ~ N(0, I) in so many dimensions."""
    from scipy.special import gammaincinv

    low, middle, high = np.sqrt(2 * gammaincinv(latents / 2, [0.025, 0.5, 0.975]))
    return float(low), float(middle), float(high)


@dataclass(frozen=True)
class Lesson:
    """What is shown of a training: moments of F steps, and the terms along all of them."""

    steps: np.ndarray  # (F,)
    codes: np.ndarray  # (F, N, 2)
    planes: np.ndarray  # (F, R, R, h, w) uint8
    classes: np.ndarray  # (N,)
    curve: np.ndarray  # (T, 3): step, reconstruction, KL on held-out pictures, nats
    reach: float  # half width of the plane


def training(lesson: Lesson) -> go.Figure:
    """A film over the kept steps: codes in the plane, the plane decoded, the bound's two terms."""
    reach = max(lesson.reach, 1.1 * float(np.abs(lesson.codes[-1]).max()))
    canvas = Canvas.empty(("z₁", "z₂"), (-reach, reach), (-reach, reach), height=540)
    canvas.layout["xaxis"]["domain"] = [0, 0.46]
    canvas.layout["yaxis"]["domain"] = [0.36, 1.0]
    for radius in (1, 2):
        ring = radius * UNIT
        canvas.add(line(ring[:, 0], ring[:, 1], "latent", 1.5))
    colours = [theme.component(int(label) % 8) for label in lesson.classes]
    canvas.add(
        {
            "type": "scatter",
            "x": small(lesson.codes[-1][:, 0]),
            "y": small(lesson.codes[-1][:, 1]),
            "mode": "text",
            "text": [str(int(label)) for label in lesson.classes],
            "textfont": {"color": colours, "size": 12},
            **QUIET,
        }
    )
    side = lesson.planes.shape[1] * lesson.planes.shape[3]
    half = lesson.reach
    places = (np.arange(side) + 0.5) / side * 2 * half - half
    canvas.add(
        {
            "type": "heatmap",
            "x": small(places),
            "y": small(places),
            "z": joined(lesson.planes[-1]),
            "zmin": 0,
            "zmax": 255,
            "colorscale": [[0, "rgb(0, 0, 0)"], [1, "rgb(255, 255, 255)"]],
            "showscale": False,
            "xaxis": "x2",
            "yaxis": "y2",
            **QUIET,
        }
    )
    canvas.layout["xaxis2"] = {**theme.axis("z₁", (-half, half)), "domain": [0.54, 1]}
    canvas.layout["yaxis2"] = {**theme.axis("", (-half, half)), "anchor": "x2"}
    canvas.layout["yaxis2"]["domain"] = [0.36, 1.0]
    _terms_of(canvas, lesson)
    frames = [
        {
            "name": f"{int(step):,}",
            "data": [
                {"type": "scatter", "x": small(codes[:, 0]), "y": small(codes[:, 1])},
                {"type": "heatmap", "z": joined(plane)},
                {"type": "scatter", "x": [int(step) + 1] * 2},
            ],
            "traces": [2, 3, 6],
        }
        for step, codes, plane in zip(lesson.steps, lesson.codes, lesson.planes, strict=True)
    ]
    canvas.narrow = {
        **{"xaxis.domain": [0, 1], "yaxis.domain": [0.62, 1], "xaxis2.domain": [0, 1]},
        **{"yaxis2.domain": [0.19, 0.53], "yaxis3.domain": [0, 0.1]},
    }
    canvas.narrow_height = 900
    return canvas.figure(frames)


def _terms_of(canvas: Canvas, lesson: Lesson) -> None:
    """-reconstruction and KL along the steps (+ 1, on a log axis), and the marker of the frame."""
    steps, costs, kl = lesson.curve[:, 0] + 1, -lesson.curve[:, 1], lesson.curve[:, 2]
    top = 1.1 * float(max(costs.max(), 1.0))
    last = float(np.log10(max(steps[-1], 10)))
    canvas.layout["xaxis3"] = {
        **theme.axis(_("step + 1"), (0, last)),
        "type": "log",
        "anchor": "y3",
        "dtick": 1,
    }
    canvas.layout["yaxis3"] = {**theme.axis(_("nats"), (0, top)), "anchor": "x3"}
    canvas.layout["yaxis3"] |= {"domain": [0, 0.2], "nticks": 4}
    third = {"xaxis": "x3", "yaxis": "y3"}
    canvas.add(line(small(steps), small(costs), "model", 2.5, **third))
    canvas.add(line(small(steps), small(kl), "latent", 2.5, **third))
    canvas.add(vertical(int(lesson.steps[-1]) + 1, 0, top, **third))
    end = float(steps[-1])
    for height, words, role in (
        (float(costs[-1]), _("− reconstruction"), "model"),
        (float(kl[-1]), "KL", "latent"),
    ):
        canvas.add(text(end, height, words, role, 13, at="top left", **third))


def joined(plane: np.ndarray) -> np.ndarray:
    """(R, R, h, w) tiles, first row on top -> (R h, R w) with the lowest row first, as y grows."""
    rows, columns, height, width = plane.shape
    return plane.transpose(0, 2, 1, 3).reshape(rows * height, columns * width)[::-1]
