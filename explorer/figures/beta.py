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
from explorer.figures.traces import Canvas, dots, line, text
from explorer.i18n import _
from explorer.metrics.directions import SIDE, STEPS, Walk
from explorer.metrics.strokes import MEASURES

BETAS = (0.1, 0.5, 1, 4, 10, 30)
COLUMNS = 5  # pictures side by side in a film
RIGHT: dict = {"xaxis": "x2", "yaxis": "y2"}


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
    top = 1.2 * max(max(r.latents) for r in rungs)
    titles = _("rate R: KL (nats per picture)"), _("distortion D (nats per picture)")
    made = Canvas.empty(titles, x_range, (low, high))
    ends = (0.3, len(here.latents) + 0.7)
    x_axis = theme.axis(_("latent, largest first"), ends, dtick=5, tick0=0)
    _side_by_side(made, (0.55, 0.69), x_axis, theme.axis(_("KL (nats)"), (0, top)), 700)
    x = _inside(np.linspace(*x_range, 2), here, low, high)
    hover = "R = %{x:.2f}<br>D = %{y:.2f}<extra></extra>"
    made.add(
        line(rates, distortions, "muted", 1.5),
        line(x, here.cost(here.beta) - here.beta * x, "condition", 2),
        dots(rates, distortions, "model", 10, hovertemplate=hover),
    )
    for each in rungs:
        name = f"β = {each.beta:g}"
        role, words = ("condition", f"<b>{name}</b>") if each is here else ("ink", name)
        made.add(text(each.rate, each.distortion, f" {words}", role, at="top right"))
    star = dots([here.rate], [here.distortion], "condition", 15, marker={"symbol": "diamond"})
    made.add(star, *_latents(here, top))
    return made.figure()


def _inside(x: np.ndarray, here: Rung, low: float, high: float) -> np.ndarray:
    """The ends of a line of slope -beta through a rung, cut where it leaves the picture."""
    reach = here.rate + (here.distortion - np.array([high, low])) / here.beta
    return np.clip(x, *reach)


def _latents(here: Rung, top: float) -> list[dict]:
    """Active latents as bars; collapsed ones as crosses on the floor, since they have no height."""
    place = np.arange(1, len(here.latents) + 1)
    alive = place <= here.active
    values = np.array(here.latents)
    made = [
        {
            "type": "bar", "x": place[alive], "y": values[alive],
            "marker": {"color": theme.color("model", 0.8)},
            "hovertemplate": "%{y:.3f}<extra></extra>", **RIGHT,
        },
        dots(
            place[~alive], values[~alive] + 0.03 * top, "negative", 9, marker={"symbol": "x"},
            customdata=values[~alive], hovertemplate="%{customdata:.3f}<extra></extra>", **RIGHT,
        ),
    ]  # fmt: skip
    counts = (
        (here.active, _("{count} active"), "model", 0.93),
        (len(place) - here.active, _("× {count} collapsed"), "negative", 0.84),
    )
    for count, found, role, height in counts:
        words = f"<b>{found.format(count=count)}</b>"
        made.append(text(len(place) + 0.5, height * top, words, role, at="middle left", **RIGHT))
    return made


def _side_by_side(made: Canvas, gap: tuple[float, float], x: dict, y: dict, height: int) -> None:
    """Axes x and y for a second panel, right of the gap; below the first where that is narrow."""
    made.layout["xaxis"]["domain"] = [0, gap[0]]
    made.layout["xaxis2"] = {**x, "anchor": "y2", "domain": [gap[1], 1]}
    made.layout["yaxis2"] = {**y, "anchor": "x2"}
    made.narrow = {
        "xaxis.domain": [0, 1], "xaxis2.domain": [0, 1], "yaxis.domain": [0.57, 1],
        "yaxis2.domain": [0, 0.4],
    }  # fmt: skip
    made.narrow_height = height


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
    titles = _("step along the direction t"), f"{title} ({unit})"
    made = Canvas.empty(titles, (-4.3, 4.3), (low - margin, high + margin), 400)
    reach = 1.15 * max(float(np.nanmax(np.abs(changes(walk)), initial=0)), 1)
    x_axis = theme.axis("t", (-4.3, 8.6), tickvals=[-4, -2, 0, 2, 4])
    y_axis = theme.axis(_("change (standard deviations)"), (-reach, reach), zeroline=True)
    _side_by_side(made, (0.5, 0.64), x_axis, y_axis, 660)
    dotted = {"color": theme.color("muted"), "width": 2, "dash": "dot"}
    hover = "t = %{x:.2f}: %{y:.2f} " + unit + "<extra></extra>"
    at = float(np.interp(amount, STEPS, np.nan_to_num(values)))
    room = 4 * "&nbsp;"  # beside the grip
    words = f"{room}<b>{at:.1f} {unit}</b>{room}"
    side = "top left" if amount > 0 else "bottom right"
    promise = "··· " + _("promised by the regression")
    made.add(
        line(STEPS, walk.promised, line=dotted),
        line(STEPS, values, hovertemplate=hover),
        dots([amount], [at], "condition", 14, marker={"symbol": "diamond"}),
        text(amount, at, words, "condition", 16, at=side),
        text(4.2, low - 0.7 * margin, promise, "muted", 14, at="middle left"),
        *_changes(walk),
    )
    return made.figure()


def changes(walk: Walk) -> np.ndarray:
    """(33, 3): each measure's distance from its value at t = 0, in its standard deviations."""
    return (walk.values - walk.values[len(STEPS) // 2]) / walk.spread


def _changes(walk: Walk) -> list[dict]:
    moved, made = changes(walk), []
    order = [walk.which, *(i for i in range(3) if i != walk.which)]
    ends = np.nan_to_num(moved[-1, order])
    gap = 0.13 * max(float(np.nanmax(np.abs(moved), initial=0)), 1)
    places = _apart(ends, 2 * gap)
    roles = ("model", theme.component(1), theme.component(3))
    for k, (which, role, dash) in enumerate(zip(order, roles, DASHES, strict=True)):
        style = {"color": theme.color(role), "width": 3 if k == 0 else 2, "dash": dash}
        words = f" {list(names().values())[which]}"
        made += [
            line(STEPS, moved[:, which], line=style, **RIGHT),
            text(4.1, places[k], words, role, 14, at="middle right", **RIGHT),
        ]
    return made


def _apart(values: np.ndarray, gap: float) -> np.ndarray:
    """The values moved as little up as needed for neighbours to stand `gap` apart."""
    order, placed = np.argsort(values), np.array(values, dtype=float)
    for below, above in pairwise(order):
        placed[above] = max(placed[above], placed[below] + gap)
    return placed
