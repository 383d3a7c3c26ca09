"""Pictures of the `noising` lesson: a row of noised pictures above the schedule that noised them.

Pixels are scaled to [-1, 1], ink = 1, as diffusion models want their data. Shown are only values
from -1 (white) to 1 (black); noise beyond is cut off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import plotly.graph_objects as go

from explorer.figures import sprite, theme
from explorer.figures.traces import QUIET, Canvas, bare, dots, line, small, text, vertical
from explorer.i18n import _
from explorer.models.diffusion.schedule import Schedule, cosine, linear

SIDE = 28  # pixels
STOPS = 50  # the film shows so many times beside t = 0, or all of them if there are fewer
ROW = 11  # pictures in the row
SLOT = 32  # pixels of a picture and the gap beside it
NOTHING = 1e-3  # a share of signal below this is nothing but noise to the eye
GREYS = ((0.0, "rgb(255,255,255)"), (0.98, "rgb(12,12,12)"), (0.981, "rgba(0,0,0,0)"),
         (1.0, "rgba(0,0,0,0)"))  # fmt: skip
LOWEST = 1e-12  # what a logarithmic axis shows of a signal that is gone
KINDS = ("linear", "cosine", "own")
HOWS = ("same", "steps", "fresh")


@dataclass(frozen=True)
class Plan:
    """Which schedule: its kind, the number of steps T, and the end points of an own one."""

    kind: str = "linear"
    steps: int = 1000
    first: float = 1e-4
    last: float = 0.02

    def make(self) -> Schedule:
        """The schedule itself."""
        return _made(self.kind, self.steps, self.first, self.last)

    @property
    def title(self) -> str:
        """In the current language."""
        return {"linear": _("linear"), "cosine": _("cosine"), "own": _("own ends")}[self.kind]


@lru_cache(maxsize=64)
def _made(kind: str, steps: int, first: float, last: float) -> Schedule:
    if kind == "cosine":
        return cosine(steps)
    return linear(steps) if kind == "linear" else linear(steps, first, last)


def stops(steps: int) -> list[int]:
    """The times at which the film stops: 0 to T, evenly."""
    count = min(steps, STOPS)
    return [round(steps * k / count) for k in range(count + 1)]


def shown(steps: int) -> list[int]:
    """Which of the stops stand in the row of pictures."""
    last = len(stops(steps)) - 1
    return [round(last * k / (ROW - 1)) for k in range(ROW)]


def way(plan: Plan, x0: np.ndarray, how: str, seed: int) -> np.ndarray:
    """x_t at every stop, (F, *x0.shape).

    how: "same", the formula with one draw of noise for all times; "fresh", with a new draw for each
    time; "steps", one small step after another. The law of each single x_t is the same.
    """
    schedule, generator = plan.make(), np.random.default_rng(seed)
    times = stops(plan.steps)
    if how == "steps":
        path = enumerate(schedule.walk(x0, generator), start=1)
        wanted = set(times)
        return np.stack([x0, *(x for t, x in path if t in wanted)])
    eps = generator.standard_normal(x0.shape)
    rows = []
    for t in times:
        rows.append(schedule.diffuse(x0, t, eps))
        eps = generator.standard_normal(x0.shape) if how == "fresh" else eps
    return np.stack(rows)


def half(schedule: Schedule) -> int | None:
    """The first time at which half of the variance is gone, None if there is none."""
    return schedule.half() if schedule.abar[-1] <= 0.5 else None


def figured(value: float) -> str:
    """Three or four figures, small ones as 4.04e-5."""
    value = float(value)
    if value == 0 or 1e-3 <= abs(value) < 1e4:
        return f"{value:.4g}"
    mantissa, power = f"{value:.2e}".split("e")
    return f"{mantissa}e{int(power)}"


def wasted(schedule: Schedule) -> int:
    """How many steps begin where less than 0.001 of the variance is signal."""
    return int((schedule.abar[:-1] < NOTHING).sum())


# ---- the film of pictures ----------------------------------------------------------------------


def equation_film(plan: Plan, x0: np.ndarray, walked: np.ndarray) -> sprite.Sprite:
    """One frame per stop: signal part + noise part = x_t. x0 (784,), walked (F, 784)."""
    signal = plan.make().signal(np.array(stops(plan.steps)))[:, None] * x0  # (F, 784)
    parts = [grey(v.reshape(-1, SIDE, SIDE)) for v in (signal, walked - signal, walked)]
    signs = [np.broadcast_to(s, (len(walked), *s.shape)) for s in (_sign("+"), _sign("="))]
    return sprite.film(
        np.concatenate([parts[0], signs[0], parts[1], signs[1], parts[2]], axis=2)
    )  # fmt: skip


def pair_film(one: np.ndarray, other: np.ndarray) -> sprite.Sprite:
    """Two ways (F, 784) side by side."""
    left, right = (grey(v.reshape(-1, SIDE, SIDE)) for v in (one, other))
    return sprite.film(np.concatenate([left, np.zeros((len(left), SIDE, 8)), right], axis=2))


def grey(x: np.ndarray) -> np.ndarray:
    """[-1, 1] -> [0, 1], cut off beyond."""
    return np.clip((x + 1) / 2, 0, 1)


def _sign(which: str) -> np.ndarray:
    """ "+" or "=" in ink between two pictures, (28, 13)."""
    picture = np.zeros((SIDE, 13))
    if which == "+":
        picture[13:15, 3:10] = 1
        picture[10:18, 6:7] = 1
    else:
        picture[11:13, 3:10] = picture[15:17, 3:10] = 1
    return picture


# ---- the stage ---------------------------------------------------------------------------------


def journey(plans: Sequence[Plan], rows: np.ndarray, t: int) -> go.Figure:
    """Rows of pictures (n, ROW, 784) for one or two plans, above abar, SNR and beta; t marked."""
    steps, two = plans[0].steps, len(plans) > 1
    made = Canvas.empty((_("time t (steps)"), _("share of the variance")), height=620)
    made.layout["height"] = 620 + 70 * (len(plans) - 1)
    across = [-0.055 * steps, 1.055 * steps]
    bottom = 0.79 if two else 0.87  # of the rows
    made.layout["xaxis"] |= {"range": across, "anchor": "y"}
    made.layout["yaxis"] |= {"range": [-0.03, 1.09], "domain": [0.38, bottom - 0.045]}
    _rows(made, rows, steps, bottom)
    if two:
        _name_rows(made, plans)
    _levels(made, plans, t)
    _small_panels(made, plans, t)
    made.narrow = {
        "yaxis.domain": [0.52, 0.89 if two else 0.93],
        "yaxis2.domain": [0.905 if two else 0.945, 1],
        "xaxis3.domain": [0, 1], "yaxis3.domain": [0.285, 0.43],
        "xaxis4.domain": [0, 1], "yaxis4.domain": [0, 0.145],
    }  # fmt: skip
    made.narrow_height = 700
    return made.figure()


def _rows(made: Canvas, rows: np.ndarray, steps: int, bottom: float) -> None:
    """Each picture stands over its own time on the axis below."""
    count = len(rows)
    sheet = np.full((count * SLOT - 4, ROW * SLOT), 255, np.uint8)  # 255: nothing
    for r, row in enumerate(rows):
        for k, picture in enumerate(row):
            top, left = r * SLOT, k * SLOT + 2
            sheet[top : top + SIDE, left : left + SIDE] = np.round(
                245 * grey(picture.reshape(SIDE, SIDE))
            )
    width = steps / (ROW - 1) / SLOT  # of a pixel, in steps
    start = -SLOT / 2 * width + width / 2
    made.layout["yaxis2"] = bare(
        (len(sheet) - 0.5, -0.5), domain=[bottom, 1], anchor="x", scaleanchor="x",
        scaleratio=width, constrain="domain", constraintoward="bottom",
    )  # fmt: skip
    made.add(
        {
            "type": "heatmap", "z": sheet, "x": start + width * np.arange(sheet.shape[1]),
            "y": np.arange(len(sheet)), "zmin": 0, "zmax": 250, "showscale": False,
            "colorscale": [list(stop) for stop in GREYS], "yaxis": "y2", "zsmooth": False, **QUIET,
        }
    )  # fmt: skip


def _name_rows(made: Canvas, plans: Sequence[Plan]) -> None:
    """At their left, in the colour of their curve."""
    names = [
        f'<span style="color:{theme.color(role)}">{plan.title}</span>'
        for plan, role in zip(plans, ROLES, strict=True)
    ]
    middles = [k * SLOT + SIDE / 2 for k in range(len(plans))]
    made.layout["yaxis2"] |= {
        "visible": True, "showgrid": False, "showline": False, "ticks": "", "tickvals": middles,
        "ticktext": names, "tickfont": {"size": 13},
    }  # fmt: skip


def _places(steps: int) -> np.ndarray:
    """At most 201 times for a curve."""
    return np.unique(np.linspace(0, steps, 201).round().astype(int))


ROLES = ("model", "condition")  # of the first and of the second plan
DASHES = ("solid", "dashdot")


def _curve(x: np.ndarray, y: np.ndarray, k: int, **more: object) -> dict:
    style = {"color": theme.color(ROLES[k]), "width": 3, "dash": DASHES[k]}
    return {**line(small(x), small(y), ROLES[k], 3, **more), "line": style}


def _levels(made: Canvas, plans: Sequence[Plan], t: int) -> None:
    """How much is signal, how much noise, and where half is gone."""
    steps, x = plans[0].steps, _places(plans[0].steps)
    made.add(line([0, steps], [0.5, 0.5], "muted", 1))
    for k, plan in enumerate(plans):
        abar = plan.make().abar
        if len(plans) == 1:
            made.add(line(small(x), small(1 - abar[x]), "latent", 2))
            made.add(_word_at(abar, 0.2, 0.8, _("noise 1 − ᾱ"), "latent"))
        made.add(_curve(x, abar[x], k))
        name = _("signal ᾱ") if len(plans) == 1 else plan.title
        made.add(_word_at(abar, 0.8 - 0.1 * k, 0.8 - 0.1 * k, name, ROLES[k]))
        _half_mark(made, plan, k, len(plans) == 1)
    made.add(vertical(t, 0, 1.08))
    for k, plan in enumerate(plans):
        made.add(dots([t], [float(plan.make().abar[t])], ROLES[k], 11))
    if len(plans) == 1:
        end = float(plans[0].make().abar[-1])
        words = f"ᾱ<sub>T</sub> = {figured(end)}"
        made.add(text(steps, min(end, 0.8) + 0.02, words, "model", 14, at="top left"))


def _word_at(abar: np.ndarray, level: float, height: float, words: str, role: str) -> dict:
    """Words right of where abar falls to the level; inside, where it never does."""
    below = np.flatnonzero(abar <= level)
    place = int(below[0]) if len(below) else (len(abar) - 1) // 2
    late = place > 0.7 * len(abar)
    return text(place, height, f" {words} ", role, 14, at="middle left" if late else "middle right")


def _half_mark(made: Canvas, plan: Plan, k: int, alone: bool) -> None:
    found = half(plan.make())
    if found is None:
        return
    mark = {"symbol": "diamond-open", "line": {"width": 2}}
    made.add(dots([found], [0.5], ROLES[k], 13, marker=mark))
    late = found > 0.7 * plan.steps
    place = found + (-0.045 if late else 0.045) * plan.steps
    side = "middle left" if late else "middle right"
    words = _("half is gone: t = {t:,}") if alone else "t = {t:,}"
    made.add(text(place, 0.54, words.format(t=found), ROLES[k], 14, at=side))


def _small_panels(made: Canvas, plans: Sequence[Plan], t: int) -> None:
    """Signal to noise on a logarithmic axis, and what each step adds."""
    steps, x = plans[0].steps, _places(plans[0].steps)[1:]
    snr, betas = (np.array([getattr(p.make(), n) for p in plans]) for n in ("snr", "betas"))
    powers = (-4, -2, 0, 2, 4)
    made.layout["yaxis3"] = theme.axis(
        _("signal to noise"), (-5, 4.6), type="log", anchor="x3", domain=[0, 0.235],
        tickvals=[10.0**p for p in powers], ticktext=["10⁻⁴", "10⁻²", "1", "10²", "10⁴"],
    )  # fmt: skip
    top, floor = float(betas.max()), max(float(betas.min()), 1e-6)
    ends = (np.log10(floor) - 0.2, np.log10(top) + 0.2) if len(plans) > 1 else (0, 1.12 * top)
    scale = {"type": "log", "dtick": 1, "exponentformat": "power"} if len(plans) > 1 else {}
    made.layout["yaxis4"] = theme.axis(
        _("β, noise added"), ends, anchor="x4", domain=[0, 0.235], nticks=5, **scale
    )
    for number, domain, values, low in ((3, [0, 0.43], snr, 1e-5), (4, [0.57, 1], betas, 0.0)):
        across = (-0.02 * steps, 1.02 * steps)
        made.layout[f"xaxis{number}"] = theme.axis(
            _("time t (steps)"), across, anchor=f"y{number}", domain=domain
        )
        axes = {"xaxis": f"x{number}", "yaxis": f"y{number}"}
        for k in range(len(plans)):
            made.add(_curve(x, np.maximum(values[k][x - 1], max(low * 0.1, LOWEST)), k, **axes))
            if t > 0 and values[k][t - 1] > low:
                made.add(dots([t], [float(values[k][t - 1])], ROLES[k], 9, **axes))
    made.add(line([-0.02 * steps, 1.02 * steps], [1, 1], "muted", 1, xaxis="x3", yaxis="y3"))
