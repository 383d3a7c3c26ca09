"""Pictures of the `beta` lesson: the ladder of prices for the code, and directions that mean
something.

Distortion D is -log p(x|z) and rate R is KL(q(z|x) || p(z)), both in nats per picture, means over
the test set. A rung trained at price beta makes D + beta R small.
Sources: Higgins et al., beta-VAE (ICLR 2017); Alemi et al., Fixing a broken ELBO (2018,
arXiv:1711.00464), figure 1, for the plane of rate and distortion.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import plotly.graph_objects as go

from explorer.figures import sprite, theme
from explorer.i18n import _
from explorer.metrics.directions import SIDE, STEPS, Walk
from explorer.metrics.strokes import MEASURES

BETAS = (0.1, 0.5, 1, 4, 10, 30)
COLUMNS = 5  # pictures side by side in a film


def checkpoint(beta: float) -> str:
    """The name of a rung's checkpoint; at beta = 1 it is the plain VAE."""
    return "vae16-mnist" if beta == 1 else f"beta{beta:g}-mnist"


@dataclass(frozen=True)
class Rung:
    """One trained network, from its card; nats per test picture."""

    beta: float
    distortion: float  # D
    rate: float  # R
    latents: tuple[float, ...]  # KL of each latent, largest first
    active: int

    @property
    def bound(self) -> float:
        """The evidence lower bound, -(D + R): without beta, whatever the training's price was."""
        return -(self.distortion + self.rate)

    def cost(self, price: float) -> float:
        """D + price R."""
        return self.distortion + price * self.rate


def rung(beta: float, metrics: Mapping[str, Any]) -> Rung:
    """The rung that a card's metrics describe."""
    latents = sorted(metrics["KL per latent (nats)"], reverse=True)
    return Rung(
        beta,
        -metrics["test reconstruction (nats)"],
        metrics["test KL (nats)"],
        tuple(latents),
        metrics["active latents"],
    )


# ---- the ladder --------------------------------------------------------------------------------


def ladder(rungs: Sequence[Rung], chosen: int) -> go.Figure:
    """Left: every rung by rate and distortion, with the line of equal cost through the chosen one.
    Right: how many nats each of its latents carries, largest first."""
    here = rungs[chosen]
    rates, distortions = (np.array([getattr(r, n) for r in rungs]) for n in ("rate", "distortion"))
    x_range = (-0.05 * rates.max() - 1, 1.2 * rates.max() + 1)
    low, high = 0.88 * distortions.min(), 1.09 * distortions.max()
    figure = theme.figure(
        _("rate R: KL (nats per picture)"), _("distortion D (nats per picture)"),
        x_range, (low, high), height=430,
    )  # fmt: skip
    _side_by_side(figure, _("latent, largest first"), _("KL (nats)"), 700)
    figure.layout.update(xaxis={"domain": [0, 0.55]}, xaxis2={"domain": [0.69, 1]})
    figure.add_trace(theme.line(rates, distortions, "muted", 1.5, hoverinfo="skip"))
    x = _inside(np.linspace(*x_range, 2), here, low, high)
    figure.add_trace(
        theme.line(x, here.cost(here.beta) - here.beta * x, "condition", 2, hoverinfo="skip")
    )
    hover = "R = %{x:.2f}<br>D = %{y:.2f}<extra></extra>"
    dots = {"color": theme.color("model"), "size": 10}
    figure.add_trace(
        go.Scatter(x=rates, y=distortions, mode="markers", marker=dots, hovertemplate=hover)
    )
    for each in rungs:
        name = f"β = {each.beta:g}"
        role, words = ("condition", f"<b>{name}</b>") if each is here else ("ink", name)
        figure.add_trace(
            theme.label(each.rate, each.distortion, f" {words}", role, 15, "top right")
        )
    star = {"color": theme.color("condition"), "size": 15, "symbol": "diamond"}
    figure.add_trace(
        go.Scatter(x=[here.rate], y=[here.distortion], mode="markers", marker=star,
                   hoverinfo="skip")
    )  # fmt: skip
    figure.add_traces(_latents(here, 1.2 * max(max(r.latents) for r in rungs)))
    figure.layout.yaxis2.update(range=[0, 1.2 * max(max(r.latents) for r in rungs)])
    figure.layout.xaxis2.update(range=[0.3, len(here.latents) + 0.7], dtick=5, tick0=0)
    return figure


def _inside(x: np.ndarray, here: Rung, low: float, high: float) -> np.ndarray:
    """The ends of a line of slope -beta through a rung, cut where it leaves the picture."""
    reach = here.rate + (here.distortion - np.array([high, low])) / here.beta
    return np.clip(x, *reach)


def _latents(here: Rung, top: float) -> list[go.Bar | go.Scatter]:
    """Active latents as bars; collapsed ones as crosses on the floor, since they have no height."""
    place = np.arange(1, len(here.latents) + 1)
    right: dict = {"xaxis": "x2", "yaxis": "y2"}
    alive = place <= here.active
    values = np.array(here.latents)
    made: list[go.Bar | go.Scatter] = [
        go.Bar(
            x=place[alive], y=values[alive], marker={"color": theme.color("model", 0.8)},
            hovertemplate="%{y:.3f}<extra></extra>", **right,
        ),
        go.Scatter(
            x=place[~alive], y=values[~alive] + 0.03 * top, mode="markers",
            marker={"symbol": "x", "size": 9, "color": theme.color("negative")},
            customdata=values[~alive], hovertemplate="%{customdata:.3f}<extra></extra>", **right,
        ),
    ]  # fmt: skip
    counts = (
        (here.active, _("{count} active"), "model", 0.93),
        (len(place) - here.active, _("× {count} collapsed"), "negative", 0.84),
    )
    for count, text, role, height in counts:
        words = f"<b>{text.format(count=count)}</b>"
        label = theme.label(len(place) + 0.5, height * top, words, role, 15, "middle left")
        made.append(label.update(**right))
    return made


def _side_by_side(figure: go.Figure, x_title: str, y_title: str, height: int) -> go.Figure:
    figure.layout.update(
        xaxis2={**theme.axis(x_title), "anchor": "y2"},
        yaxis2={**theme.axis(y_title), "anchor": "x2"},
    )
    stacked: dict = {"xaxis.domain": [0, 1], "xaxis2.domain": [0, 1]}
    stacked |= {"yaxis.domain": [0.57, 1], "yaxis2.domain": [0, 0.4]}
    return theme.narrow(figure, stacked, height)


def rebuilt(digits: np.ndarray, answers: Sequence[np.ndarray]) -> sprite.Sprite:
    """A film with one frame per rung: each row of digits (10, 28, 28) above its reconstructions,
    which `answers` holds, (10, 28, 28) for each rung."""
    frames = [_pairs(digits.reshape(-1, SIDE, SIDE), each) for each in answers]
    return sprite.film(np.stack(frames))


def _pairs(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """(10, H, W) twice -> (4, 5, H, W): rows of originals and of what became of them in turn."""
    shape = (-1, COLUMNS, SIDE, SIDE)
    return np.stack([above.reshape(shape), below.reshape(shape)], axis=1).reshape(shape)


# ---- directions --------------------------------------------------------------------------------

DASHES = ("solid", "dot", "dashdot")


def names() -> dict[str, str]:
    """What the three measures are called."""
    return {"slant": _("slant"), "thickness": _("thickness"), "width": _("width")}


def effect(walk: Walk, amount: float) -> go.Figure:
    """Left: the chosen property as measured along the way, beside what the regression promised.
    Right: how far all three moved, each in units of its own spread over pictures."""
    title = list(names().values())[walk.which]
    unit = list(MEASURES.values())[walk.which][1]
    values = walk.values[:, walk.which]
    both = np.concatenate([values[np.isfinite(values)], walk.promised[np.isfinite(walk.promised)]])
    low, high = (float(both.min()), float(both.max())) if len(both) else (0.0, 1.0)
    margin = 0.14 * (high - low) + 0.1
    figure = theme.figure(
        _("step along the direction t"), f"{title} ({unit})", (-4.3, 4.3),
        (low - margin, high + margin), height=400,
    )  # fmt: skip
    _side_by_side(figure, "t", _("change (standard deviations)"), 660)
    figure.layout.update(xaxis={"domain": [0, 0.5]}, xaxis2={"domain": [0.64, 1]})
    figure.add_trace(theme.line(STEPS, walk.promised, "muted", 2, hoverinfo="skip"))
    figure.data[0].line.dash = "dot"
    hover = "t = %{x:.2f}: %{y:.2f} " + unit + "<extra></extra>"
    figure.add_trace(theme.line(STEPS, values, "model", 3, hovertemplate=hover))
    at = float(np.interp(amount, STEPS, np.nan_to_num(values)))
    marker = {"color": theme.color("condition"), "size": 14, "symbol": "diamond"}
    figure.add_trace(
        go.Scatter(x=[amount], y=[at], mode="markers", marker=marker, hoverinfo="skip")
    )
    room = 4 * "&nbsp;"  # beside the grip
    words = f"{room}<b>{at:.1f} {unit}</b>{room}"
    side = "top left" if amount > 0 else "bottom right"
    figure.add_trace(theme.label(amount, at, words, "condition", 16, side))
    words = "··· " + _("promised by the regression")
    figure.add_trace(theme.label(4.2, low - 0.7 * margin, words, "muted", 14, "middle left"))
    figure.add_traces(_changes(walk))
    reach = np.nanmax(np.abs(changes(walk))) if np.isfinite(changes(walk)).any() else 1.0
    figure.layout.yaxis2.update(range=[-1.15 * max(reach, 1), 1.15 * max(reach, 1)], zeroline=True)
    figure.layout.xaxis2.update(range=[-4.3, 8.6], tickvals=[-4, -2, 0, 2, 4])
    return figure


def changes(walk: Walk) -> np.ndarray:
    """(33, 3): each measure's distance from its value at t = 0, in its standard deviations."""
    return (walk.values - walk.values[len(STEPS) // 2]) / walk.spread


def _changes(walk: Walk) -> list[go.Scatter]:
    right: dict = {"xaxis": "x2", "yaxis": "y2"}
    moved, made = changes(walk), []
    order = [walk.which, *(i for i in range(3) if i != walk.which)]
    ends = np.nan_to_num(moved[-1, order])
    gap = 0.13 * max(float(np.nanmax(np.abs(moved), initial=0)), 1)
    places = _apart(ends, 2 * gap)
    roles = ("model", theme.component(1), theme.component(3))
    for k, (which, role, dash) in enumerate(zip(order, roles, DASHES, strict=True)):
        style = {"color": theme.color(role), "width": 3 if k == 0 else 2, "dash": dash}
        made.append(
            go.Scatter(x=STEPS, y=moved[:, which], mode="lines", line=style, hoverinfo="skip",
                       **right)
        )  # fmt: skip
        words = f" {list(names().values())[which]}"
        label = theme.label(4.1, places[k], words, role, 14, "middle right")
        made.append(label.update(**right))
    return made


def _apart(values: np.ndarray, gap: float) -> np.ndarray:
    """The values moved as little up as needed for neighbours to stand `gap` apart."""
    order, placed = np.argsort(values), np.array(values, dtype=float)
    for below, above in pairwise(order):
        placed[above] = max(placed[above], placed[below] + gap)
    return placed
