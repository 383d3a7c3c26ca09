"""What the pictures of `guidance` say in words and formulas; numbers follow the state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from explorer.figures.guidance import (
    BLEND,
    EXACTLY,
    FINE,
    Curve,
    Point,
    likeness,
    neighbours,
    symbol,
    to_unit,
    value,
)
from explorer.i18n import _
from explorer.metrics.tilted import Film


def said(gamma: float, dial: str) -> str:
    """ "γ = 2" or "w = 1"."""
    return f"{symbol(dial)} = {value(gamma, dial)}"


# ---- pictures ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Verdict:
    """Of the sixteen pictures at one gamma."""

    sure: float  # mean probability that the classifier gives to the class asked for; nan: no judge
    right: int  # of how many that class is the most probable
    alike: float  # see figures.guidance.likeness
    ink: float  # mean pixel, 0 to 1


def verdict(pictures: np.ndarray, labels: Sequence[int], p: np.ndarray | None) -> Verdict:
    """Samples (16, 784) in [-1, 1], what was asked for, the classifier's probabilities (16, 10)."""
    x = to_unit(pictures)
    if p is None:
        return Verdict(float("nan"), 0, likeness(x), float(x.mean()))
    sure = p[np.arange(len(p)), list(labels)]
    right = int((p.argmax(axis=1) == np.array(labels)).sum())
    return Verdict(float(sure.mean()), right, likeness(x), float(x.mean()))


def frames(
    how: Sequence[str], verdicts: Mapping[float, Verdict], wanted: str, dial: str, chosen: float
) -> list[str]:
    """One text for each frame of the film of pictures; `chosen` is the gamma asked for."""
    told = []
    for gamma, made in zip(FINE, how, strict=True):
        here = said(gamma, dial)
        if made == EXACTLY:
            told.append(f"{here}: {_told(verdicts[gamma], wanted)}")
        elif made == BLEND:
            told.append(_blended(gamma, dial, gamma == chosen))
        elif verdicts:
            told.append(
                _("{here}: not sampled yet; dimmed, the nearest that is there.").format(here=here)
            )
        else:
            told.append(
                _("{here}: not sampled yet; this is the noise they start from.").format(here=here)
            )
    return told


def _blended(gamma: float, dial: str, asked: bool) -> str:
    low, high = (said(g, dial) for g in neighbours(gamma))
    text = (
        _("{here}: blended from {low} and {high} until the exact pictures are there.")
        if asked
        else _("{here}: blended from {low} and {high}. Let go here, and it is sampled exactly.")
    )
    return text.format(here=said(gamma, dial), low=low, high=high)


def _told(found: Verdict, wanted: str) -> str:
    alike = _(
        "The pixels of two of the sixteen correlate at {alike:.2f} (1: the same picture), and "
        "{ink:.1f} % of the paper is inked."
    ).format(alike=found.alike, ink=100 * found.ink)
    if found.sure != found.sure:
        return alike
    sure = _(
        "Asked for {wanted}, the classifier sees it in {right} of 16 pictures and gives it "
        "{sure:.1f} % on average."
    ).format(wanted=wanted, right=found.right, sure=100 * found.sure)
    return f"{sure} {alike}"


def tradeoff(found: Curve | None, gamma: float, dial: str) -> str:
    """The curve from the card, at one gamma, beside real pictures."""
    here = said(gamma, dial)
    if found is None:
        return _(
            "{here}: this network's samples have not been measured yet, so there is no curve to "
            "show. The pictures above are its own all the same."
        ).format(here=here)
    now, real = found.at(gamma), found.real
    text = _(
        "{here}: of {count} samples {accuracy:.1f} % are of the class asked for; precision "
        "{precision:.3f}, recall {recall:.3f}, Fréchet distance {frechet:.1f}. As many real "
        "pictures reach precision {p:.3f}, recall {r:.3f}, Fréchet distance {f:.1f}."
    ).format(
        here=here, count=f"{found.samples:,}", **now, p=real["precision"], r=real["recall"],
        f=real["Fréchet distance"],
    )  # fmt: skip
    if gamma > found.gammas[-1]:
        text += " " + _("Nothing was measured beyond {last}.").format(
            last=said(float(found.gammas[-1]), dial)
        )
    return text


def rule(gamma: float, dial: str, base: str = r"\varnothing") -> str:
    """The line in the chosen convention, without its numbers."""
    c, u = r"\truth{\epsilon(x_t, y)}", rf"\data{{\epsilon(x_t, {base})}}"
    if dial == "w":
        return rf"\sample{{\tilde\epsilon}} = (1 + \condition{{w}})\,{c} - \condition{{w}}\,{u}"
    return rf"\sample{{\tilde\epsilon}} = {u} + \condition{{\gamma}}\,\big({c} - {u}\big)"


def lengths(
    gamma: float, dial: str, norms: tuple[float, float, float], t: int, negative: str, acts: bool
) -> list[str]:
    """View 1: norms of eps_u, eps_c - eps_u and of the guided eps, for the first picture at t."""
    base = rf"\text{{{negative}}}" if negative else r"\varnothing"
    now = gamma if acts else 1.0
    u, change, mixed = norms
    factor = rf"\condition{{{value(now, 'gamma')}}}"
    if dial == "w":
        factor = rf"(1 + \condition{{{value(now, 'w')}}})"
    note = "" if acts else rf"\quad\text{{({_('outside of the window')})}}"
    return [
        rule(gamma, dial, base),
        rf"t = {t}:\quad \|\data{{\epsilon_u}}\| = {u:.2f},\quad "
        rf"{factor}\cdot\|\truth{{\epsilon_c}} - \data{{\epsilon_u}}\| = {factor}\cdot {change:.2f}"
        rf" = {now * change:.2f},\quad \|\sample{{\tilde\epsilon}}\| = {mixed:.2f}{note}",
    ]


# ---- three arrows ------------------------------------------------------------------------------


def pair(v: np.ndarray) -> str:
    """(1.20, -0.31), and never -0.00."""
    a, b = (round(float(part), 2) + 0.0 for part in v)
    return f"({a:.2f}, {b:.2f})"


def arrows(point: Point, dial: str) -> str:
    """The arrows in numbers."""
    u, c = point.exact()
    guided = point.noise * (u + point.gamma * c)
    text = _(
        "{here}. At x = ({x:.2f}, {y:.2f}) and t = {t} the classifier gives class {number} a share "
        "of {share:.1f} %. ∇log p(x) = {u} and ∇log p(y|x) = {c} add up to ∇log p(x|y) = {sum}. "
        "The guided arrow is {length:.2f} long, the conditional one {plain:.2f} (times the noise's "
        "{noise:.2f})."
    ).format(
        here=said(point.gamma, dial), x=point.x, y=point.y, t=point.t, number=point.k + 1,
        share=100 * point.responsibility(), u=pair(u), c=pair(c), sum=pair(u + c),
        length=float(np.linalg.norm(guided)), noise=point.noise,
        plain=point.noise * float(np.linalg.norm(u + c)),
    )  # fmt: skip
    if point.learned is not None:
        a, b = point.learned
        answer = -(a + point.gamma * (b - a))
        text += " " + _(
            "The network's guided arrow (thin, blue) ends {miss:.2f} from the exact one."
        ).format(miss=float(np.linalg.norm(answer - guided)))
    if abs(point.size() - 1) > 0.005:
        text += " " + _("All arrows are drawn at {percent:.0f} % of their length.").format(
            percent=100 * point.size()
        )
    return text


def arrow_formulas(point: Point, dial: str) -> list[str]:
    """Bayes' rule with numbers, and the guided noise with numbers."""
    u, c = point.exact()
    s = point.noise
    eps_u, eps_c = -s * u, -s * (u + c)
    guided = eps_u + point.gamma * (eps_c - eps_u)
    p, y = r"\nabla\log p", r"\mid y"
    bayes = (
        rf"\truth{{{p}(x {y})}} = \data{{{p}(x)}} + \condition{{{p}(y \mid x)}} = "
        rf"\data{{{pair(u)}}} + \condition{{{pair(c)}}} = \truth{{{pair(u + c)}}}"
    )
    eps_u_text, eps_c_text = rf"\data{{{pair(eps_u)}}}", rf"\truth{{{pair(eps_c)}}}"
    if dial == "w":
        w = value(point.gamma, "w")
        filled = rf"(1 + \condition{{{w}}})\,{eps_c_text} - (\condition{{{w}}})\,{eps_u_text}"
    else:
        g = value(point.gamma, "gamma")
        filled = rf"{eps_u_text} + \condition{{{g}}}\,\big[{eps_c_text} - {eps_u_text}\big]"
    return [bayes, rf"{rule(point.gamma, dial)} = {filled} = \sample{{{pair(guided)}}}"]


# ---- where it goes -----------------------------------------------------------------------------


def plane(found: Film, dial: str) -> list[str]:
    """One text for each gamma of the film."""
    told = []
    for i, gamma in enumerate(found.gammas):
        (cloud, aim), (wide, meant), (miss, floor) = found.means[i], found.spreads[i], found.mmd[i]
        told.append(
            _(
                "{here}. The guided points lie around {cloud}, with a spread of {wide:.2f}; the "
                "tilted distribution (dashed: its densest 50 % and 90 %) around {aim}, with "
                "{meant:.2f}. Their distance (MMD) is {miss:.3f}; two exact draws of this size "
                "differ by {floor:.3f} by chance."
            ).format(
                here=said(float(gamma), dial), cloud=pair(cloud), aim=pair(aim), wide=wide,
                meant=meant, miss=miss, floor=floor,
            )
        )  # fmt: skip
    return told


def plane_formulas(found: Film, index: int, dial: str) -> list[str]:
    """The tilted distribution with its Z, and the two distances."""
    power = r"1 + \condition{w}" if dial == "w" else r"\condition{\gamma}"
    number = value(float(found.gammas[index]), dial)
    filled = rf"1 + ({number})" if dial == "w" else number
    miss, floor = found.mmd[index]
    return [
        rf"\truth{{\tilde p(x)}} = \tfrac{{1}}{{Z}}\,\data{{p(x)}}\,"
        rf"\condition{{p(y \mid x)}}^{{{power}}} = \tfrac{{1}}{{{found.z[index]:.3f}}}\,"
        rf"\data{{p(x)}}\,\condition{{p(y \mid x)}}^{{{filled}}}",
        rf"\mathrm{{MMD}}(\sample{{x}}, \truth{{\tilde p}}) = {miss:.3f},\qquad "
        rf"\mathrm{{MMD}}(\truth{{\tilde p}}, \truth{{\tilde p}}) = {floor:.3f}",
    ]
