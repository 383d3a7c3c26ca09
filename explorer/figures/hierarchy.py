"""Pictures of the `hierarchy` lesson: what each of two latents decides, one drawing's way up and
down, and the bridge to many layers.

z2 (d2) is drawn first, z1 (d1) around what z2 says, and the picture around what z1 says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from explorer.figures import theme
from explorer.figures.traces import Canvas, dots, line, text, vertical
from explorer.i18n import _
from explorer.metrics import noising

SIDE = 28
ROWS, COLUMNS = 5, 6  # draws of z2, draws of z1 for each
RIGHT: dict = {"xaxis": "x2", "yaxis": "y2"}


# ---- two layers of draws -----------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Draws:
    """ROWS draws of z2 and, for each, COLUMNS draws of z1, which share their noise by column."""

    means: np.ndarray  # (R, d1) of p(z1|z2)
    stds: np.ndarray  # (R, d1)
    z1: np.ndarray  # (R, C, d1)
    pictures: np.ndarray  # (R, C, 28, 28)

    @property
    def across(self) -> float:
        """Mean over pixels of the standard deviation within a row: z2 kept, z1 drawn anew."""
        return float(self.pictures.std(axis=1).mean())

    @property
    def down(self) -> float:
        """The same within a column: z1's noise kept, z2 drawn anew."""
        return float(self.pictures.std(axis=0).mean())


def draw(network: Any, top: int, low: int, wide_top: float, wide_low: float) -> Draws:
    """The draws of a network (`explorer.inference`): seeds and widths of both layers' noise."""
    config = network.card["config"]
    z2 = wide_top * np.random.default_rng([top, 2]).normal(size=(ROWS, config["upper"]))
    noise = wide_low * np.random.default_rng([low, 1]).normal(size=(COLUMNS, config["lower"]))
    means, stds = network.lower_prior(z2)
    z1 = means[:, None] + stds[:, None] * noise  # (R, C, d1)
    pictures = network.decode(z1.reshape(-1, config["lower"]))
    return Draws(means, stds, z1, pictures.reshape(ROWS, COLUMNS, SIDE, SIDE))


def layers(draws: Draws) -> go.Figure:
    """Left: where each z2 puts its z1's, in the plane in which the middles differ most.
    Right: how much the pictures vary when one of the two is kept."""
    axes, traces = _plane(draws.means), []
    reach = 1.0
    for row in range(ROWS):
        color = theme.component(row)
        middle, places = draws.means[row] @ axes, draws.z1[row] @ axes
        covariance = axes.T @ (draws.stds[row, :, None] ** 2 * axes)
        ring = _ring(middle, covariance)
        reach = max(reach, *np.abs(ring).ravel(), *np.abs(places).ravel())
        marker = {"symbol": theme.SYMBOLS[row]}
        traces += [
            line(ring[:, 0], ring[:, 1], color, 2),
            dots(places[:, 0], places[:, 1], color, 9, marker=marker),
            text(middle[0], middle[1], f"<b>{row + 1}</b>", color, 18, at="middle center"),
        ]
    ends = (-1.08 * reach, 1.08 * reach)
    made = Canvas.empty((_("z₁, first direction"), _("z₁, second direction")), ends, ends, 400)
    made.layout["xaxis"]["domain"] = [0, 0.58]
    made.layout["xaxis2"] = {
        "domain": [0.74, 1], "anchor": "y2", "range": [-0.6, 1.6], "tickvals": [0, 1],
        "ticktext": [_("z₂ kept"), _("z₁ noise kept")],
    }  # fmt: skip
    made.layout["yaxis2"] = theme.axis(_("variation (share of full ink)"), (0, 0.2), anchor="x2")
    made.narrow = {
        "xaxis.domain": [0, 1], "xaxis2.domain": [0.1, 0.9], "yaxis.domain": [0.5, 1],
        "yaxis2.domain": [0, 0.36],
    }  # fmt: skip
    made.narrow_height = 680
    made.add(*traces, _variation(draws))
    return made.figure()


def _plane(means: np.ndarray) -> np.ndarray:
    """(d1, 2) orthonormal: the two directions in which the rows' middles differ most."""
    _u, _s, vectors = np.linalg.svd(means - means.mean(axis=0))
    pair = vectors[:2].T
    return pair * np.where(pair[np.abs(pair).argmax(axis=0), [0, 1]] < 0, -1, 1)  # a fixed sign


def _ring(middle: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Closed line (49, 2) at one standard deviation."""
    values, vectors = np.linalg.eigh(covariance)
    angle = np.linspace(0, 2 * np.pi, 49)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)  # (49, 2)
    return middle + circle * np.sqrt(values.clip(0)) @ vectors.T


def _variation(draws: Draws) -> dict:
    colors = [theme.color("model", 0.8), theme.color("latent", 0.8)]
    return {
        "type": "bar",
        "x": [0, 1],
        "y": [draws.across, draws.down],
        "marker": {"color": colors, "pattern": {"shape": ["", "/"]}},
        "text": [f"{draws.across:.3f}", f"{draws.down:.3f}"],
        "textposition": "outside",
        "cliponaxis": False,
        "hoverinfo": "skip",
        **RIGHT,
    }


# ---- one drawing's way up and down -------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Journey:
    """x -> z1 -> z2 -> z1' -> x': what was drawn and what each layer cost, in nats."""

    q: tuple[np.ndarray, np.ndarray]  # mean and std of q(z1|x), (d1,)
    p: tuple[np.ndarray, np.ndarray]  # mean and std of p(z1|z2), (d1,)
    upper: tuple[np.ndarray, np.ndarray]  # mean and std of q(z2|z1), (d2,)
    pictures: np.ndarray  # (6, 28, 28): x, from z1, from p's mean, from three draws of z1'
    reconstruction: float  # log p(x|z1)
    kl_lower: float  # KL(q(z1|x) || p(z1|z2))
    kl_upper: float  # KL(q(z2|z1) || N(0, I))

    @property
    def bound(self) -> float:
        """The evidence lower bound of this picture, at this one draw."""
        return self.reconstruction - self.kl_lower - self.kl_upper


def travel(network: Any, x: np.ndarray, seed: int) -> Journey:
    """A picture (28, 28) sent up and down again with the noise of `seed`."""
    rng, flat = np.random.default_rng(seed), x.reshape(1, -1)
    mean1, std1 = network.encode(flat)
    z1 = mean1 + std1 * rng.normal(size=mean1.shape)
    mean2, std2 = network.upper(z1)
    z2 = mean2 + std2 * rng.normal(size=mean2.shape)
    mean, std = network.lower_prior(z2)
    again = mean + std * rng.normal(size=(3, mean.shape[1]))
    shown = np.concatenate([flat, network.decode(np.concatenate([z1, mean, again]))])
    return Journey(
        (mean1[0], std1[0]), (mean[0], std[0]), (mean2[0], std2[0]), shown.reshape(-1, SIDE, SIDE),
        float(network.terms(flat, z1)[0][0]), kl(mean1[0], std1[0], mean[0], std[0]),
        kl(mean2[0], std2[0], 0 * mean2[0], 1 + 0 * std2[0]),
    )  # fmt: skip


def kl(mean_q: np.ndarray, std_q: np.ndarray, mean_p: np.ndarray, std_p: np.ndarray) -> float:
    """KL(q || p) in nats of two normals with independent coordinates, (d,) each."""
    ratio = (std_q / std_p) ** 2
    terms = ratio + ((mean_q - mean_p) / std_p) ** 2 - 1 - np.log(ratio)
    return float(0.5 * terms.sum())


def terms(journey: Journey) -> go.Figure:
    """Left: for each latent of z1, what the picture says (q) and what z2 expects (p).
    Right: the bound, built from its three terms."""
    d1 = len(journey.q[0])
    top = 1.25 * max(float(np.abs(m).max() + s.max()) for m, s in (journey.p, journey.q))
    low = 1.18 * journey.bound
    made = Canvas.empty((_("latent of z₁"), _("value")), (0.2, d1 + 0.8), (-top, top), 400)
    made.layout["xaxis"] |= {"domain": [0, 0.62], "dtick": 5, "tick0": 0}
    made.layout["yaxis"]["zeroline"] = True
    made.layout["xaxis2"] = {
        "domain": [0.76, 1], "anchor": "y2", "range": [-0.6, 1.9], "visible": False,
    }  # fmt: skip
    made.layout["yaxis2"] = theme.axis(_("nats"), (low, -0.06 * low), anchor="x2")
    made.layout["barmode"] = "overlay"
    made.narrow = {
        "xaxis.domain": [0, 1], "xaxis2.domain": [0, 1], "yaxis.domain": [0.52, 1],
        "yaxis2.domain": [0, 0.42],
    }  # fmt: skip
    made.narrow_height = 660
    place = np.arange(1, d1 + 1)
    for (mean, std), role, shift, symbol in (
        (journey.p, "latent", 0.17, "x"),
        (journey.q, "model", -0.17, "circle"),
    ):
        bars = {
            "type": "data",
            "array": std,
            "color": theme.color(role),
            "thickness": 2,
            "width": 0,
        }
        made.add(dots(place + shift, mean, role, marker={"symbol": symbol}, error_y=bars))
    for words, role, at in (("● q(z₁|x)", "model", 0.93), ("× p(z₁|z₂)", "latent", 0.78)):
        made.add(text(0.4, at * top, words, role, at="middle right"))
    made.add(*_stack(journey))
    return made.figure()


def _stack(journey: Journey) -> list[dict]:
    """From 0 down to the bound: what each of the three terms takes."""
    made: list[dict] = []
    level, bar = 0.0, {"type": "bar", "x": [0], "width": [0.8], "hoverinfo": "skip", **RIGHT}
    parts = (
        (-journey.reconstruction, "data", "", _("picture")),
        (journey.kl_lower, "model", "/", "KL z₁"),
        (journey.kl_upper, "latent", "x", "KL z₂"),
    )
    reach = abs(journey.bound)
    places = []
    for size, role, shape, _name in parts:
        marker = {"color": theme.color(role, 0.75), "pattern": {"shape": shape}}
        made.append({**bar, "y": [-size], "base": [level], "marker": marker})
        places.append(level - size / 2)
        level -= size
    for k in range(2, 0, -1):  # thin slices: names keep apart, the lowest first
        places[k] = min(places[k], places[k - 1] - 0.09 * reach)
    for y, (size, role, _shape, name) in zip(places, parts, strict=True):
        made.append(text(0.5, y, f"{name} {size:.1f}", role, 14, at="middle right", **RIGHT))
    words = f"<b>{journey.bound:.1f}</b>"
    return [*made, text(0, level, words, "ink", 16, at="bottom center", **RIGHT)]


# ---- many layers -------------------------------------------------------------------------------


def chain(layers: int, t: int, z: float, totals: Sequence[float]) -> go.Figure:
    """One pixel in a chain of `layers`: after t of them (top left), the way back from z_t = z
    beside the best bell (top right), and what a chain of bells misses, by its length (below)."""
    here, exact = noising.marginal(layers, t), noising.way_back(layers, t, z)
    x = np.linspace(-3.5, 3.5, 241)
    now = here.prob(x)
    height = float(here.prob(np.array([z]))[0])
    words = f"<b>t = {t}</b>, ᾱ = {noising.kept(layers, t):.2f}"
    bell = exact.moments()
    wide = float(np.sqrt(exact.covariances.max()))
    fine = np.unique(np.concatenate([x, *(m + wide * np.linspace(-4, 4, 61) for m in exact.means)]))
    truth, guess = exact.prob(fine), bell.prob(fine)
    top = 1.4 * float(max(truth.max(), guess.max()))
    made = _three_panels(1.35 * float(now.max()), top)
    made.add(
        line(x, now, "truth"),
        vertical(z, 0, height),
        text(-3.4, 1.28 * float(now.max()), words, at="middle right"),
        line(fine, guess, "model", **RIGHT),
        line(fine, truth, "truth", **RIGHT),
        text(-3.4, 0.94 * top, _("exact"), "truth", at="middle right", **RIGHT),
        text(-3.4, 0.83 * top, _("best bell"), "model", at="middle right", **RIGHT),
        *_lengths(layers, totals),
    )
    return made.figure()


def _three_panels(left_top: float, right_top: float) -> Canvas:
    """Two densities side by side, up to so high, and below them axes for every length."""
    titles, ends = (_("pixel after layer t: zₜ"), _("density")), (-3.5, 3.5)
    made = Canvas.empty(titles, ends, (0, left_top), 520)
    made.layout["xaxis"]["domain"] = [0, 0.44]
    made.layout["yaxis"]["domain"] = [0.56, 1]
    made.layout |= {
        "xaxis2": theme.axis(_("before that: zₜ₋₁"), ends, anchor="y2", domain=[0.56, 1]),
        "yaxis2": theme.axis("", (0, right_top), anchor="x2", domain=[0.56, 1]),
        "xaxis3": theme.axis(_("layers T"), (-0.1, 2.15), anchor="y3", type="log", domain=[0, 1],
                             tickvals=noising.LAYERS),
        "yaxis3": theme.axis(_("missed (nats per pixel)"), (-2.3, 0.4), anchor="x3", type="log",
                             domain=[0, 0.32], tickvals=[0.01, 0.1, 1]),
    }  # fmt: skip
    made.narrow = {
        "xaxis.domain": [0, 1], "xaxis2.domain": [0, 1], "yaxis.domain": [0.75, 1],
        "yaxis2.domain": [0.38, 0.62], "yaxis3.domain": [0, 0.25],
    }  # fmt: skip
    made.narrow_height = 780
    return made


def _lengths(layers: int, totals: Sequence[float]) -> list[dict]:
    below: dict = {"xaxis": "x3", "yaxis": "y3"}
    here = totals[noising.LAYERS.index(layers)]
    marker = {"color": theme.color("model"), "size": 8}
    return [
        line(noising.LAYERS, totals, width=2, mode="lines+markers", marker=marker, **below),
        dots([layers], [here], "condition", 14, marker={"symbol": "diamond"}, **below),
    ]
