"""Pictures of the `denoise` lesson: the film from noise to picture, what it costs, and ways between
two noises.

Letters as in models.diffusion.schedule. A film's frame is the state at one time t: x_t, the noise
that the network sees in it, and the clean picture that follows from both; all (N, 784), in [-1, 1]
where they are pictures. Distances are Fréchet distances on a classifier's features.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from explorer.figures import sprite, theme
from explorer.figures.traces import QUIET, Canvas, dots, line, text, vertical
from explorer.i18n import _
from explorer.models.geometry import way

SAMPLERS = ("ddim", "ddpm", "heun")
STEPS = (5, 10, 25, 50, 100, 250, 1000)
PICTURES = 6  # in a film
SHARES = tuple(k / 10 for k in range(11))  # places on the way between two seeds
SURE = 0.9  # probability from which the classifier counts as sure

ROLES = {"ddim": "model", "ddpm": "sample", "heun": "latent"}
MARKS = {"ddim": "circle", "ddpm": "diamond-open", "heun": "x"}
DASHES = {"ddim": "solid", "ddpm": "dot", "heun": "dashdot"}
SIDE = 28
RIGHT: dict = {"xaxis": "x2", "yaxis": "y2"}
HERE = {"symbol": "diamond"}  # marks what is shown
GREY = 127  # between panels: seen on either background, inverted or not


def names() -> dict[str, str]:
    """What the samplers are called."""
    return {"ddim": "DDIM", "ddpm": _("DDPM (ancestral)"), "heun": _("Heun")}


def calls(sampler: str, steps: int) -> int:
    """How often the network is asked; Heun asks twice in every step but the last."""
    return 2 * steps - 1 if sampler == "heun" else steps


# ---- what a card says ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Quality:
    """Fréchet distances by sampler and number of steps; empty while nothing has been measured."""

    curves: Mapping[str, Mapping[int, float]]
    floor: float | None = None  # of as many real pictures
    samples: int = 0

    def at(self, sampler: str, steps: int) -> float | None:
        """The distance measured there."""
        return self.curves.get(sampler, {}).get(steps)


def quality(metrics: Mapping[str, Any]) -> Quality:
    """From a card's metrics, whatever of them is there."""
    along = metrics.get("along steps") or {}
    curves = {
        sampler: {int(n): float(found["Fréchet distance"]) for n, found in along[sampler].items()}
        for sampler in SAMPLERS
        if along.get(sampler)
    }
    count = int((metrics.get("samples") or {}).get("along steps", 0))
    real = (metrics.get("real pictures") or {}).get(str(count), {})
    return Quality(curves, real.get("Fréchet distance"), count)


@dataclass(frozen=True)
class Weights:
    """How one kind of weights does: 25 steps of DDIM with labels, on so many samples."""

    distance: float
    floor: float  # of as many real pictures
    accuracy: float  # per cent
    samples: int
    loss: float  # mean squared error of the noise, test pictures


def weights(metrics: Mapping[str, Any]) -> Weights | None:
    """From a card's metrics; the smallest set of samples that was measured at gamma = 1."""
    many = metrics.get("samples") or {}
    found, count = metrics.get("at gamma = 1"), many.get("gamma = 1")
    if "along gamma" in metrics and "1" in metrics["along gamma"]:
        found, count = metrics["along gamma"]["1"], many.get("along gamma")
    real = (metrics.get("real pictures") or {}).get(str(count))
    if not found or not real or count is None:
        return None
    return Weights(
        found["Fréchet distance"], real["Fréchet distance"], found["accuracy (%)"], int(count),
        metrics["test loss (mean squared error)"],
    )  # fmt: skip


# ---- steps against quality ----------------------------------------------------------------------


def overview(
    found: Quality,
    chosen: Sequence[str],
    steps: int,
    eta: float,
    abar: np.ndarray,
    times: Sequence[int],
    t: int,
) -> go.Figure:
    """Left: distance against network calls, with the chosen samplers marked (eta is DDIM's).
    Right: the share of signal along t, the times that are visited, and the one that is shown."""
    low, high = _span(found)
    made = Canvas.empty(
        (_("network calls for one picture"), _("Fréchet distance (lower: better)")),
        np.log10([3.6, 1500]).tolist(), np.log10([low, high]).tolist(), 400,
    )  # fmt: skip
    ticks = [4, 10, 20, 50, 100, 200, 500, 1000]
    made.layout["xaxis"] |= {"type": "log", "tickvals": ticks, "domain": [0, 0.57]}
    ticks = [k * 10**n for n in range(-1, 4) for k in (1, 2, 5)]
    made.layout["yaxis"] |= {"type": "log", "tickvals": ticks}
    made.layout["xaxis2"] = theme.axis(
        _("time t"), (len(abar) + 30, -45), anchor="y2", domain=[0.7, 1],
        tickvals=[1000, 750, 500, 250, 0],
    )  # fmt: skip
    made.layout["yaxis2"] = theme.axis(_("share of signal √ᾱ"), (-0.04, 1.06), anchor="x2")
    made.narrow = {"xaxis.domain": [0, 1], "xaxis2.domain": [0, 1]}
    made.narrow |= {"yaxis.domain": [0.58, 1], "yaxis2.domain": [0, 0.38]}
    made.narrow_height = 680
    if not found.curves:
        middle = float(np.sqrt(low * high))
        made.add(text(70, middle, _("not measured yet"), "muted", at="middle center"))
    for name in found.curves:
        made.add(*_curve(found, name))
    made.add(*_floor(found))
    for name in chosen:
        made.add(*_choice(found, name, steps, eta, low, high))
    made.add(*_visits(abar, times, t))
    return made.figure()


def _span(found: Quality) -> tuple[float, float]:
    values = [v for curve in found.curves.values() for v in curve.values() if v > 0]
    values += [found.floor] if found.floor else []
    return (0.6 * min(values), 1.7 * max(values)) if values else (1.0, 100.0)


def _curve(found: Quality, name: str) -> list[dict]:
    """One sampler, its name at its left end."""
    curve = sorted(found.curves[name].items())
    x = [calls(name, n) for n, _value in curve]
    y = [value for _n, value in curve]
    color = theme.color(ROLES[name])
    drawn = line(
        x, y, mode="lines+markers", line={"color": color, "width": 2.5, "dash": DASHES[name]},
        marker={"color": color, "size": 9, "symbol": MARKS[name]},
        hovertemplate=f"{names()[name]}: %{{x}}, %{{y:.2f}}<extra></extra>",
    )  # fmt: skip
    word = f"\u00a0<b>{names()[name]}</b>\u00a0"
    side = "bottom left" if name == "ddim" else "top right"
    end = 0 if name != "ddim" else len(x) // 2
    return [drawn, text(x[end], y[end], word, ROLES[name], 14, at=side)]


def _floor(found: Quality) -> list[dict]:
    if not found.floor:
        return []
    words = _("real pictures: {floor:.2f}").format(floor=found.floor)
    return [
        line(np.array([3.6, 1500]), np.full(2, found.floor), "truth", 2),
        text(3.8, found.floor, words, "truth", 14, at="bottom right"),
    ]


def measured_as(name: str, eta: float) -> str:
    """The curve that tells of a sampler: DDIM with eta = 1 is ancestral, in between there is none.

    (Song et al., 2020, section 4.1.)
    """
    if name != "ddim" or eta == 0:
        return name
    return "ddpm" if eta == 1 else ""


def _choice(
    found: Quality, name: str, steps: int, eta: float, low: float, high: float
) -> list[dict]:
    """A line at the number of calls, and a diamond where that very number was measured."""
    here, value = calls(name, steps), found.at(measured_as(name, eta), steps)
    made = [vertical(here, low, high)]
    if value is not None:
        words = f"\u00a0<b>{value:.1f}</b>\u00a0"
        side = "top left" if here > 200 else "top right"
        made.append(dots([here], [value], "condition", 15, marker=HERE))
        made.append(text(here, value, words, "condition", at=side))
    return made


def _visits(abar: np.ndarray, times: Sequence[int], t: int) -> list[dict]:
    """sqrt(abar_t), exactly; diamonds at the visited times."""
    every = np.unique(np.linspace(0, len(abar) - 1, 101).round().astype(int))
    shown = np.asarray(times)[np.unique(np.linspace(0, len(times) - 1, 51).round().astype(int))]
    now = float(np.sqrt(abar[t]))
    side = "middle left" if t < 300 else "top right" if t > 700 else "top left"
    return [
        line(every, np.sqrt(abar[every]), "truth", 2, **RIGHT),
        dots(
            shown, np.sqrt(abar[shown]), "sample", 8, marker={"symbol": "diamond-open"},
            hovertemplate="t = %{x}: %{y:.3f}<extra></extra>", **RIGHT,
        ),
        dots([t], [now], "condition", 15, marker=HERE, **RIGHT),
        text(t, now, f"\u00a0<b>t = {t}</b>\u00a0", "condition", at=side, **RIGHT),
    ]  # fmt: skip


# ---- averaged and last weights ------------------------------------------------------------------


def averaging(averaged: Weights | None, last: Weights | None) -> go.Figure:
    """Distance of samples of both kinds of weights, each beside real pictures in equal number."""
    kinds = [(_("averaged (EMA)"), averaged, "model"), (_("last weights"), last, "sample")]
    top = max([w.distance for _n, w, _r in kinds if w is not None], default=1.0)
    title = _("Fréchet distance (lower: better)")
    made = Canvas.empty(("", title), (-0.6, 1.6), (0, 1.25 * top), 340)
    made.layout["xaxis"] |= {"tickvals": [0, 1], "ticktext": [name for name, _w, _r in kinds]}
    for place, (_name, found, role) in enumerate(kinds):
        if found is None:
            words = _("not measured yet")
            made.add(text(place, 0.5 * top, words, "muted", at="middle center"))
            continue
        bar = {"type": "bar", "x": [place], "y": [found.distance], "width": 0.5, **QUIET}
        ends = np.array([place - 0.4, place + 0.4])
        words = _("real: {floor:.2f}").format(floor=found.floor)
        made.add(
            {**bar, "marker": {"color": theme.color(role, 0.75)}},
            line(ends, np.full(2, found.floor), "truth"),
            text(place, found.distance, f"<b>{found.distance:.2f}</b>", role, 16),
            text(place + 0.41, found.floor, words, "truth", 14, at="middle right"),
        )
    return made.figure()


# ---- when a guess becomes recognisable -----------------------------------------------------------


def recognised(
    times: Sequence[int], guess: np.ndarray, noisy: np.ndarray, large: int, t: int, target: str
) -> go.Figure:
    """Probability of the class, along t: guess (T, N) in the predicted clean pictures, noisy (T,)
    in x_t of the large one."""
    made = Canvas.empty(
        (_("time t"), _("probability of the class")), (1040, -60), (-0.04, 1.08), 320
    )
    made.layout["xaxis"]["tickvals"] = [1000, 750, 500, 250, 0]
    x = np.asarray(times)
    others = [k for k in range(guess.shape[1]) if k != large]
    made.add(*(line(x, guess[:, k], "muted", 1, opacity=0.5) for k in others))
    hover = "t = %{x}: %{y:.3f}<extra></extra>"
    dotted = {"color": theme.color("sample"), "width": 2.5, "dash": "dot"}
    now = list(times).index(t)
    made.add(
        line(x, noisy, line=dotted, hovertemplate=hover),
        line(x, guess[:, large], "model", hovertemplate=hover),
        dots([t], [guess[now, large]], "condition", 14, marker=HERE),
    )
    for height, words, role in (
        (0.26, f"━ {_('in the guess x̂₀')}: {target}", "model"),
        (0.13, f"··· {_('in xₜ itself')}", "sample"),
        (0.0, f"─ {_('guesses of the others')}", "muted"),
    ):
        made.add(text(-55, height, words, role, 14, at="middle left"))
    return made.figure()


def settled(probability: np.ndarray) -> int | None:
    """The first frame (T,) from which on the probability stays at SURE or above."""
    below = np.flatnonzero(probability < SURE)
    first = int(below[-1]) + 1 if len(below) else 0
    return first if first < len(probability) else None


# ---- between two seeds ---------------------------------------------------------------------------


def lengths(a: np.ndarray, b: np.ndarray, at: int) -> go.Figure:
    """Length of the start noise along both ways from a (D,) to b, beside those of drawn noise."""
    count, share = len(a), np.linspace(0, 1, 101)
    titles = _("share of the way"), _("length of the noise ‖x‖")
    made = Canvas.empty(titles, (-0.03, 1.03), (17.5, 31), 360)
    middle = np.sqrt(count - 0.5)  # of a chi distribution with `count` degrees of freedom, nearly
    for end in (middle - 1.96 * np.sqrt(0.5), middle + 1.96 * np.sqrt(0.5)):
        made.add(line(np.array([-0.03, 1.03]), np.full(2, end), "truth", 2))
    words = _("95 % of all noise lies between these lines")
    hover = "%{x:.2f}: %{y:.2f}<extra></extra>"
    dotted = {"color": theme.color("sample"), "width": 3, "dash": "dot"}
    both = [np.linalg.norm(way(a, b, 101, spherical), axis=1) for spherical in (True, False)]
    round_, straight = (f"<b>{name}</b>" for name in (_("along the sphere"), _("straight")))
    place = 10 * at
    made.add(
        text(0.5, middle + 2.0, words, "truth", 14),
        line(share, both[0], "model", hovertemplate=hover),
        line(share, both[1], line=dotted, hovertemplate=hover),
        text(0.5, both[0][50], round_, "model", at="bottom center"),
        text(0.5, both[1][50], straight, "sample", at="bottom center"),
        dots([share[place]] * 2, [c[place] for c in both], "condition", 13, marker=HERE),
    )
    return made.figure()


# ---- films ---------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Frame:
    """All pictures (N, 784) at one time; None where the network has not answered yet."""

    t: int
    x: np.ndarray
    noise: np.ndarray | None
    clean: np.ndarray | None


def ink(pictures: np.ndarray | None, reach: float = 1.0) -> np.ndarray:
    """Values in [-reach, reach] as shares of white (…, 28, 28); grey where there are none."""
    if pictures is None:
        return np.full((SIDE, SIDE), 0.5)
    square = np.asarray(pictures).reshape(*pictures.shape[:-1], SIDE, SIDE)
    return (np.clip(square / reach, -1, 1) + 1) / 2


def film(frames: Sequence[Frame], large: int) -> sprite.Sprite:
    """One picture large, as x_t, noise and guess side by side; below, the guesses of all pictures,
    the large one with a bar."""
    return sprite.film(np.stack([_panels(frame, large) for frame in frames]))


def _panels(frame: Frame, large: int) -> np.ndarray:
    """(173 + 5, 346) bytes."""
    page = np.full((178, 346), GREY, np.uint8)
    noise = None if frame.noise is None else frame.noise[large]
    clean = None if frame.clean is None else frame.clean[large]
    three = (ink(frame.x[large]), ink(noise, 3.0), ink(clean))
    for k, panel in enumerate(three):
        _put(page, panel, 0, 117 * k, 4)
    small = frame.x if frame.clean is None else frame.clean
    for k, picture in enumerate(ink(small[:PICTURES])):
        _put(page, picture, 117, 58 * k, 2)
    page[174:178, 58 * large : 58 * large + 56] = 255
    return page


def _put(page: np.ndarray, picture: np.ndarray, top: int, left: int, times: int) -> None:
    """Lay a picture down, every pixel so many times as large."""
    big = sprite.to_bytes(picture).repeat(times, axis=0).repeat(times, axis=1)
    page[top : top + len(big), left : left + big.shape[1]] = big


def rows(films: Sequence[Sequence[np.ndarray]]) -> sprite.Sprite:
    """One row for each film, which is a list of pictures (N, 784) for each frame."""
    return sprite.film(np.stack([ink(np.stack(pictures)) for pictures in films], axis=1))


def between(starts: Sequence[np.ndarray], pictures: Sequence[np.ndarray | None]) -> sprite.Sprite:
    """One frame for each place on the way; starts and pictures: along the sphere and straight,
    (11, 784) each. Large: noise and picture of both ways; below, each way in a row."""
    frames = [_places(starts, pictures, k) for k in range(len(SHARES))]
    return sprite.film(np.stack(frames))


def _places(
    starts: Sequence[np.ndarray], pictures: Sequence[np.ndarray | None], at: int
) -> np.ndarray:
    page = np.full((156, 348), GREY, np.uint8)
    for row, (noise, made) in enumerate(zip(starts, pictures, strict=True)):
        _put(page, ink(noise[at], 3.0), 0, 176 * row, 3)
        _put(page, ink(None if made is None else made[at]), 0, 176 * row + 88, 3)
        for k in range(len(SHARES)):
            _put(page, ink(None if made is None else made[k]), 90 + 32 * row, 32 * k, 1)
    page[151:155, 32 * at : 32 * at + 28] = 255
    return page
