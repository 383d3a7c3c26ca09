"""Sentences and formulas of the `score` lesson, filled with the numbers that the picture shows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from explorer.figures.score_world import LAST, SCHEDULE, SWARM, Walk, World, missed
from explorer.i18n import _
from explorer.models.checks import Array
from explorer.models.diffusion.views import Views


def vec(v: Array) -> str:
    """A point as it is written: (1.20, -0.35)."""
    a, b = (round(float(value), 2) + 0.0 for value in v)
    return f"({a:.2f}, {b:.2f})"


def tex(v: Array) -> str:
    """The same for TeX."""
    return vec(v).replace(", ", r",\,")


def percent(share: float) -> str:
    """Three figures of a share."""
    return f"{100 * share:.3g} %"


def finite(here: World) -> str:
    """What must be said where only the points are known."""
    if here.known:
        return ""
    return " " + _(
        "The exact answer is that of these {count} points themselves: a perfect network would "
        "learn just this, and could only repeat the data."
    ).format(count=len(here.x))


# ---- the field ---------------------------------------------------------------------------------


def field(here: World, t: int, p: Array) -> str:
    """The exact field at time t and at the point p."""
    score, guess = here.score(p[None], t)[0], here.clean(p[None], t)[0]
    told = _(
        "t = {t} of {last}: {signal:.1f} % of the variance of a data point is left, the rest is "
        "noise. At {place} the score is {score}, so it is {size:.2f} long. The best guess at where "
        "such a point came from is {guess}. Arrows show the score times the noise's standard "
        "deviation, {noise:.2f}; long ones are shortened."
    ).format(
        t=t, last=LAST, signal=100 * float(SCHEDULE.abar[t]), place=vec(p), score=vec(score),
        size=float(np.hypot(*score)), guess=vec(guess), noise=float(SCHEDULE.noise(t)),
    )  # fmt: skip
    return told + finite(here)


def compare(here: World, t: int, relative: float, card: float | None, worst: float) -> str:
    """The learned field beside the exact one."""
    told = _(
        "t = {t}: where noised data lie, the learned score is off by {relative} of the exact one "
        "(root mean square). Somewhere on the picture the predicted noise is off by {worst:.2f} "
        "standard deviations: the network was never asked there."
    ).format(t=t, relative=percent(relative), worst=worst)
    if card is not None:
        told += " " + _("On the network's card stands {card} for this t.").format(
            card=percent(card)
        )
    if not here.known and relative > 0.2:
        told += " " + _(
            "At little noise the exact answer aims at single points, and the network at the region "
            "that they lie in."
        )
    return told + finite(here)


def score_formulas(here: World, t: int, p: Array) -> tuple[str, str]:
    """The score from the best guess, and Tweedie's formula, with numbers."""
    a2 = float(SCHEDULE.abar[t])
    a, variance = np.sqrt(a2), 1 - a2
    score, guess = here.score(p[None], t)[0], here.clean(p[None], t)[0]
    return (
        r"\truth{\nabla_x \log p_t(x)} = -\frac{\condition{x} - \sqrt{\bar\alpha_t}\,\truth{\hat "
        r"x_0}}{1-\bar\alpha_t}"
        rf" = -\frac{{\condition{{{tex(p)}}} - {a:.3f}\cdot\truth{{{tex(guess)}}}}}"
        rf"{{{variance:.4g}}} = \truth{{{tex(score)}}}",
        r"\truth{\hat x_0} = \mathbb E[\data{x_0}\mid \condition{x}] = \frac{\condition{x} + "
        r"(1-\bar\alpha_t)\,\truth{\nabla_x \log p_t(x)}}{\sqrt{\bar\alpha_t}}"
        rf" = \truth{{{tex(guess)}}}",
    )


def error_formula(t: int, relative: float) -> str:
    """What the printed error is."""
    return (
        r"\sqrt{\frac{\mathbb E\,\lVert \model{\hat\varepsilon(x_t)} - \truth{\varepsilon^*(x_t)}"
        r"\rVert^2}{\mathbb E\,\lVert \truth{\varepsilon^*(x_t)}\rVert^2}}"
        rf" = \mathbf{{{100 * relative:.3g}\,\%}} \quad (t = {t})"
    )


# ---- one particle ------------------------------------------------------------------------------


def follow(here: World, own: Walk, swarm: Walk, distance: float) -> list[str]:
    """Every frame of the film in words."""
    told = []
    for k, t in enumerate(own.times):
        told.append(
            _("t = {t}: your particle is at {place}; the best guess at its data point is {guess}.")
            .format(t=t, place=vec(own.x[k, 0]), guess=vec(own.clean[k, 0]))
        )  # fmt: skip
    told[-1] = _(
        "Your particle began at {start} and ended at {end}. The distance (MMD) of {count} such "
        "particles to real data is {distance:.3f}; real data against real data give {floor:.3f}."
    ).format(
        start=vec(own.x[0, 0]), end=vec(own.x[-1, 0]), count=SWARM, distance=distance,
        floor=here.floor,
    )  # fmt: skip
    told[-1] += " " + shares(here, swarm)
    return told


def shares(here: World, swarm: Walk) -> str:
    """The fullest part, and how far all shares are from what they should be."""
    found = here.shares(swarm.x[-1])
    fullest = int(found.argmax())
    return _(
        "Part {part} holds {share:.0f} % of them and should hold {right:.0f} %; {moved:.0f} % "
        "would have to change parts for all shares to be right."
    ).format(
        part=here.parts[fullest], share=100 * found[fullest], right=100 * here.weights[fullest],
        moved=100 * astray(here, swarm),
    )  # fmt: skip


def astray(here: World, swarm: Walk) -> float:
    """Total variation between found and right shares: who would have to move."""
    return 0.5 * float(np.abs(here.shares(swarm.x[-1]) - here.weights).sum())


def back(own: Walk, swarm: Walk, steps: int) -> list[str]:
    """The way into noise and back, frame by frame."""
    told, turn = [], int(np.argmax(own.times))
    for k, t in enumerate(own.times):
        text = (
            _("On the way into noise, t = {t}: your point is at {place}.")
            if k <= turn
            else _("On the way back, t = {t}: your point is at {place}.")
        )
        told.append(text.format(t=t, place=vec(own.x[k, 0])))
    told[-1] = _(
        "After {steps} steps into noise and {steps} back, your point misses its start {start} by "
        "{one}; {count} data points miss theirs by {all} (root mean square)."
    ).format(
        steps=steps, start=vec(own.x[0, 0]), one=small(missed(own)), count=swarm.x.shape[1],
        all=small(missed(swarm)),
    )  # fmt: skip
    return told


def small(value: float) -> str:
    """A length of any size."""
    return f"{value:.4f}" if value >= 0.001 else f"{value:.1e}"


RULES = {
    "ddim": r"x_s = \sqrt{\bar\alpha_s}\,\truth{\hat x_0} + \sqrt{1-\bar\alpha_s}\;\hat\varepsilon",
    "heun": r"y_s = y_t + (\sigma_s - \sigma_t)\,\tfrac12\big(\hat\varepsilon(x_t) + "
    r"\hat\varepsilon(x_s')\big),\quad y = x/\sqrt{\bar\alpha},\ "
    r"\sigma = \sqrt{1-\bar\alpha}/\sqrt{\bar\alpha}",
    "ddpm": r"\sample{x_s} \sim \mathcal N\big(\mu(x_t, \truth{\hat x_0}),\ "
    r"\tilde\beta\, I\big)",
    "langevin": r"\sample{x} \leftarrow x + \eta\,\truth{\nabla_x\log p_t(x)} + "
    r"\sqrt{2\eta}\;z,\qquad z\sim\mathcal N(0, I)",
}


def step_formulas(sampler: str, own: Walk, step: int) -> tuple[str, str]:
    """The rule, and the particle's numbers in step number `step` (from 0; the last at most)."""
    k = min(step, len(own.times) - 2)
    t, s = own.times[k], own.times[k + 1]
    a_t, a_s = float(SCHEDULE.abar[t]), float(SCHEDULE.abar[s])
    return (
        RULES[sampler],
        rf"t = {t} \to s = {s},\quad \bar\alpha_t = {a_t:.4g},\ \bar\alpha_s = {a_s:.4g}:\quad "
        rf"\condition{{x_t = {tex(own.x[k, 0])}}},\ \truth{{\hat x_0 = {tex(own.clean[k, 0])}}},\ "
        rf"\sample{{x_s = {tex(own.x[k + 1, 0])}}}",
    )


# ---- training ----------------------------------------------------------------------------------


def training(steps: Sequence[int], losses: Array, distances: Array, floor: float) -> list[str]:
    """Each kept moment in words."""
    told = []
    for step, loss, distance in zip(steps, losses, distances, strict=True):
        if step == 0:
            text = _(
                "Before the first update: particles led by the untrained network end at a distance "
                "(MMD) of {distance:.3f} from real points; real points among themselves are at "
                "{floor:.3f}."
            )
        else:
            text = _(
                "After {step} updates: mean squared error {loss:.3f}; the distance (MMD) of "
                "samples from real points is {distance:.3f}, {times:.1f} times that between real "
                "points ({floor:.3f})."
            )
        told.append(
            text.format(step=f"{step:,}", loss=loss, distance=distance, floor=floor,
                        times=distance / max(floor, 1e-12))
        )  # fmt: skip
    return told


def training_formulas(step: int, loss: float, distance: float, floor: float) -> tuple[str, ...]:
    """The loss, and what it is worth."""
    value = r"\text{--}" if step == 0 else f"{loss:.3f}"
    return (
        r"\mathcal L = \mathbb E_{t,\,\data{x_0},\,\latent{\varepsilon}}\big\lVert \model{\hat"
        r"\varepsilon(x_t, t)} - \latent{\varepsilon}\big\rVert^2 / 2"
        rf" = \model{{{value}}}",
        rf"\mathrm{{MMD}}(\sample{{\text{{{_('samples')}}}}}, \data{{\text{{{_('data')}}}}}) = "
        rf"\sample{{{distance:.3f}}},\qquad \mathrm{{MMD}}(\data{{\text{{{_('data')}}}}}, "
        rf"\data{{\text{{{_('data')}}}}}) = {floor:.3f}",
    )


# ---- four names --------------------------------------------------------------------------------


def names(t: int, p: Array, views: Views, gap: float) -> str:
    """The four forms of one answer at a point."""
    return _(
        "t = {t}, x = {place}: the same answer as noise ε {noise}, as clean point x₀ {clean}, as "
        "velocity v {velocity} and as score {score}. Turned into one another and back over the "
        "whole grid, they differ by {gap} at most."
    ).format(
        t=t, place=vec(p), noise=vec(views.noise), clean=vec(views.clean),
        velocity=vec(views.velocity), score=vec(views.score), gap=f"{gap:.1e}",
    )  # fmt: skip


def name_formulas(t: int, p: Array, views: Views) -> tuple[str, str]:
    """All four with numbers, and how an error in one counts in the others."""
    a, s = float(SCHEDULE.signal(t)), float(SCHEDULE.noise(t))
    noise, x = r"\model{\hat\varepsilon}", r"\condition{x}"
    return (
        rf"{noise} = {tex(views.noise)},\quad "
        rf"\hat x_0 = \frac{{{x} - {s:.3f}\,{noise}}}{{{a:.3f}}} = {tex(views.clean)},\quad "
        rf"v = {a:.3f}\,{noise} - {s:.3f}\,\hat x_0 = {tex(views.velocity)},\quad "
        rf"\nabla\log p_t = -\frac{{{noise}}}{{{s:.3f}}} = {tex(views.score)}",
        rf"\delta\varepsilon = 0.1 \;\Rightarrow\; \delta x_0 = {0.1 * s / a:.3g},\quad "
        rf"\delta v = {0.1 / a:.3g},\quad \delta(\nabla\log p_t) = {0.1 / s:.3g}",
    )


def return_formula(one: float, all_: float, steps: int) -> str:
    """How well the start is found again."""
    return (
        r"\lVert \condition{x_{\text{" + _("end") + r"}} - x_{\text{" + _("start") + r"}}}\rVert"
        rf" = \condition{{{scientific(one)}}},\qquad \sqrt{{\tfrac1N\sum_n \lVert "
        r"\sample{x_n^{\text{" + _("end") + r"}} - x_n^{\text{" + _("start") + r"}}}\rVert^2}"
        rf" = \sample{{{scientific(all_)}}}\quad ({steps}\ \text{{{_('steps each way')}}})"
    )


def scientific(value: float) -> str:
    """Three figures, as TeX writes powers of ten."""
    text = f"{value:.3g}"
    if "e" not in text:
        return text
    digits, power = text.split("e")
    return rf"{digits}\cdot 10^{{{int(power)}}}"
