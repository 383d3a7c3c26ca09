"""What the pictures of `noising` say in words and formulas; numbers follow the state."""

from __future__ import annotations

import numpy as np

from explorer.figures import noising
from explorer.figures.noising import Plan, half, stops, wasted
from explorer.figures.noising import figured as number
from explorer.figures.noising_paths import WALKERS, Cloud, Crowd, bell, gaps
from explorer.i18n import _
from explorer.metrics.distance import ks_noise
from explorer.models.diffusion.schedule import Schedule


def tex_number(value: float) -> str:
    """The same for a formula."""
    mantissa, _e, power = number(value).partition("e")
    return rf"{mantissa}\cdot 10^{{{power}}}" if power else mantissa


def apart(schedule: Schedule) -> float:
    """KL of q(x_T|x_0) from N(0, 1) for a pixel of -1 or 1, in nats: what is left at the end."""
    return float(-np.log1p(-schedule.abar[-1]) / 2)


# ---- pictures ----------------------------------------------------------------------------------


def level(schedule: Schedule, t: int) -> str:
    """How much is left at t."""
    abar = schedule.abar[t]
    if t == 0:
        return _("t = 0: the picture itself, without any noise.")
    return _(
        "t = {t:,} of {steps:,}: {signal} of the variance is signal and {noise} noise, a signal to "
        "noise ratio of {snr}."
    ).format(
        t=t, steps=schedule.steps, signal=number(abar), noise=number(1 - abar),
        snr=number(schedule.snr[t - 1]),
    )  # fmt: skip


def course(schedule: Schedule) -> str:
    """Where half is gone, and how the way ends."""
    found, end = half(schedule), float(schedule.abar[-1])
    if found is None:
        words = _("At no time is half of the variance gone.")
    else:
        words = _("Half of the variance is gone at t = {t:,}.").format(t=found)
    ends, count = {"end": number(end), "nats": number(apart(schedule))}, wasted(schedule)
    if end > 0.01:
        return f"{words} " + _(
            "Even the last picture keeps {end} of it: x_T is not pure noise (KL from N(0, 1): "
            "{nats} nats per pixel), so a way back could not begin with noise alone."
        ).format(**ends)
    words += " " + _("At the end {end} is left ({nats} nats per pixel from pure noise).").format(
        **ends
    )
    if count > 0.4 * schedule.steps:
        words += " " + _(
            "{count:,} of the {steps:,} steps show nothing but noise: they are wasted."
        ).format(count=count, steps=schedule.steps)
    return words


def journey(plan: Plan, t: int, title: str) -> str:
    """The stage of one schedule."""
    row = _("The row shows {title} at {count} times.").format(title=title, count=noising.ROW)
    schedule = plan.make()
    return f"{row} {level(schedule, t)} {course(schedule)}"


def parts(plan: Plan) -> list[str]:
    """For each stop of the film: signal part, noise part, sum."""
    schedule, words = plan.make(), []
    for t in stops(plan.steps):
        words.append(
            _("t = {t:,}: {a} times the picture, plus {s} times noise, is x_t.").format(
                t=t, a=f"{schedule.signal(t):.3f}", s=f"{schedule.noise(t):.3f}"
            )
        )
    return words


def formulas(plan: Plan, t: int) -> list[str]:
    """x_t in one shot, where abar comes from, and the one step into t."""
    schedule = plan.make()
    a, s, abar = schedule.signal(t), schedule.noise(t), schedule.abar[t]
    shot = (
        rf"x_{{{t}}} = \sqrt{{\model{{\bar\alpha_{{{t}}}}}}}\;\data{{x_0}}"
        rf" + \sqrt{{1-\model{{\bar\alpha_{{{t}}}}}}}\;\latent{{\varepsilon}}"
        rf" = \model{{{tex_number(a)}}}\,\data{{x_0}} + \model{{{tex_number(s)}}}\,"
        r"\latent{\varepsilon},\qquad \latent{\varepsilon}\sim\mathcal N(0, I)"
    )
    if t == 0:
        return [shot, r"\model{\bar\alpha_0} = 1,\qquad \mathrm{SNR}_0 = \infty"]
    beta = schedule.betas[t - 1]
    return [
        shot,
        rf"\model{{\bar\alpha_{{{t}}}}} = \prod_{{s=1}}^{{{t}}} (1-\beta_s)"
        rf" = \model{{{tex_number(abar)}}},\qquad "
        rf"\mathrm{{SNR}}_{{{t}}} = \frac{{\bar\alpha_{{{t}}}}}{{1-\bar\alpha_{{{t}}}}}"
        rf" = {tex_number(schedule.snr[t - 1])}",
        rf"x_{{{t}}} = \sqrt{{1-\beta_{{{t}}}}}\;x_{{{t - 1}}}"
        rf" + \sqrt{{\beta_{{{t}}}}}\;\latent{{\varepsilon_{{{t}}}}}"
        rf" = {tex_number(np.sqrt(1 - beta))}\,x_{{{t - 1}}}"
        rf" + {tex_number(np.sqrt(beta))}\,\latent{{\varepsilon_{{{t}}}}}",
    ]


# ---- two schedules -----------------------------------------------------------------------------


def versus(plans: list[Plan], t: int) -> str:
    """Two schedules at the same time."""
    words = [
        _(
            "{name}: {signal} of the variance is signal at t = {t:,}; half is gone at t = {half}; "
            "{end} is left at the end; in {between} of {steps:,} steps it lies between 0.01 and "
            "0.99."
        ).format(
            name=plan.title,
            signal=number(plan.make().abar[t]),
            t=t,
            steps=plan.steps,
            half=_("no time") if half(plan.make()) is None else f"{half(plan.make()):,}",
            end=number(plan.make().abar[-1]),
            between=f"{between(plan.make()):,}",
        )
        for plan in plans
    ]
    return " ".join(words)


def between(schedule: Schedule) -> int:
    """Steps in which the picture is neither whole nor gone."""
    return int(((schedule.abar[1:] > 0.01) & (schedule.abar[1:] < 0.99)).sum())


def pair(plans: list[Plan]) -> list[str]:
    """For each stop: what is left of either."""
    one, other = (plan.make().abar for plan in plans)
    return [
        _("t = {t:,}: left {first} ({one} is signal), right {second} ({other}).").format(
            t=t, first=plans[0].title, second=plans[1].title, one=number(one[t]),
            other=number(other[t]),
        )
        for t in stops(plans[0].steps)
    ]  # fmt: skip


def versus_formulas(plans: list[Plan], t: int) -> list[str]:
    """The rules of both, and what they leave at t."""
    lines = []
    for plan, role in zip(plans, ("model", "condition"), strict=True):
        schedule = plan.make()
        rule = {
            "cosine": r"\bar\alpha_t = \cos^2\!\Big(\tfrac{t/T+0.008}{1.008}\cdot\tfrac{\pi}{2}"
            r"\Big)\Big/\cos^2\!\Big(\tfrac{0.008}{1.008}\cdot\tfrac{\pi}{2}\Big)"
        }.get(plan.kind, _linear_rule(schedule))
        lines.append(
            rf"\text{{{plan.title}}}:\; {rule}"
            rf",\qquad \{role}{{\bar\alpha_{{{t}}} = {tex_number(schedule.abar[t])}}}"
        )
    return lines


def _linear_rule(schedule: Schedule) -> str:
    first, last = (tex_number(float(f"{b:.6g}")) for b in (schedule.betas[0], schedule.betas[-1]))
    rule = rf"\beta_t = {first} + \tfrac{{t-1}}{{T-1}}\,({last} - {first})"
    return rule + r",\; \bar\alpha_t = \prod_{s\le t}(1-\beta_s)"


# ---- a cloud -----------------------------------------------------------------------------------


def plane(plan: Plan, found: Cloud) -> list[str]:
    """For each stop: the moments of the cloud, and the bell of the one start."""
    schedule, words = plan.make(), []
    for k, t in enumerate(stops(plan.steps)):
        centre = schedule.signal(t) * found.start
        words.append(
            _(
                "t = {t:,}: the cloud has means {m1} and {m2} and variances {v1} and {v2}. From "
                "x_0 = ({x}, {y}) comes a bell around ({cx}, {cy}) with standard deviation {s} "
                "(dashed); diamonds are drawn from it in one shot, the square walks step by step."
            ).format(
                t=t, m1=_two(found.means[k, 0]), m2=_two(found.means[k, 1]),
                v1=_two(found.variances[k, 0]), v2=_two(found.variances[k, 1]),
                x=_two(found.start[0]), y=_two(found.start[1]), cx=_two(centre[0]),
                cy=_two(centre[1]), s=_two(schedule.noise(t)),
            )
        )  # fmt: skip
    return words


def plane_formulas(plan: Plan, start: tuple[float, float], t: int) -> list[str]:
    """x_t in one shot, and the bell of the one start."""
    schedule = plan.make()
    x, y = start
    a, spread = schedule.signal(t), schedule.noise(t)
    bell_of = (
        rf"\truth{{q(x_{{{t}}}\mid \condition{{x_0}})}} = \mathcal N\big({tex_number(a)}\cdot"
        rf"(\condition{{{_two(x)}}},\ \condition{{{_two(y)}}}),\; {tex_number(spread)}^2 I\big)"
        rf" = \mathcal N\big(({_two(a * x)},\ {_two(a * y)}),\;"
        rf" {tex_number(1 - schedule.abar[t])}\, I\big)"
    )
    return [*formulas(plan, t)[:2], bell_of]


def _two(value: float) -> str:
    """Two decimals, and no minus before a zero."""
    return f"{round(float(value), 2) + 0.0:.2f}"


# ---- one number --------------------------------------------------------------------------------


def crowd(plan: Plan, found: Crowd) -> list[str]:
    """For each stop: what was counted, and what the formula says."""
    schedule, words = plan.make(), []
    for k, t in enumerate(stops(plan.steps)):
        if t == 0:
            words.append(
                _("t = 0: all {count:,} copies still are x_0 = {x0}.").format(
                    count=WALKERS, x0=_two(found.x0)
                )
            )
            continue
        walked, drawn = gaps(plan, found, k)
        words.append(
            _(
                "t = {t:,}: {count:,} copies that walked have mean {m1} and standard deviation "
                "{s1}; {count:,} drawn in one shot {m2} and {s2}; the formula says {m} and {s}. "
                "KS distance to the formula's bell: {d1} and {d2}; chance alone stays below "
                "{chance} in 95 of 100 cases."
            ).format(
                t=t, count=WALKERS, m1=_two(found.walked[k].mean()), d1=f"{walked:.3f}",
                s1=_two(found.walked[k].std()), m2=_two(found.drawn[k].mean()), d2=f"{drawn:.3f}",
                s2=_two(found.drawn[k].std()), m=_two(schedule.signal(t) * found.x0),
                s=_two(schedule.noise(t)), chance=f"{ks_noise(WALKERS):.3f}",
            )
        )  # fmt: skip
    return words


def number_formulas(plan: Plan, x0: float, t: int) -> list[str]:
    """The bell of x_t given x_0, and why one more step keeps it so."""
    schedule = plan.make()
    exact = bell(plan, x0, t)
    if exact is None:
        return [rf"x_0 = \data{{{x0:.1f}}},\qquad \model{{\bar\alpha_0}} = 1"]
    mean, spread = exact.mu_sigma()
    beta, before, after = schedule.betas[t - 1], schedule.abar[t - 1], schedule.abar[t]
    old, new = rf"\text{{{_('old noise')}}}", rf"\text{{{_('new noise')}}}"
    return [
        rf"\truth{{q(x_{{{t}}}\mid x_0)}} = \mathcal N\big(\sqrt{{\model{{\bar\alpha_{{{t}}}}}}}\,"
        rf"\data{{x_0}},\; 1-\model{{\bar\alpha_{{{t}}}}}\big)"
        rf" = \mathcal N\big({tex_number(schedule.signal(t))}\cdot\data{{{x0:.1f}}},\;"
        rf" {tex_number(spread)}^2\big) = \mathcal N\big({_two(mean)},\; {tex_number(1 - after)}"
        r"\big)",
        rf"\underbrace{{(1-\beta_{{{t}}})\,(1-\bar\alpha_{{{t - 1}}})}}_{{{old}}}"
        rf" + \underbrace{{\beta_{{{t}}}}}_{{{new}}}"
        rf" = {tex_number((1 - beta) * (1 - before))} + {tex_number(beta)}"
        rf" = {tex_number(1 - after)} = 1-\bar\alpha_{{{t}}}",
    ]
