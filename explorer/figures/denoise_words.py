"""The `denoise` lesson in words and formulas: what its pictures show, with their numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import sqrt

import numpy as np

from explorer.figures.denoise import (
    SHARES,
    Quality,
    Weights,
    calls,
    measured_as,
    names,
    settled,
)
from explorer.figures.vae_words import clothes
from explorer.i18n import _


def called(data: str, label: int) -> str:
    """The name of a class of the digits or the clothes."""
    return clothes()[str(label)] if data == "fashion" else str(label)


# ---- steps against quality ---------------------------------------


def overview(
    found: Quality, chosen: Sequence[str], steps: int, eta: float, abar: np.ndarray, t: int
) -> str:
    """What the chosen samplers cost, what they are worth, and where on the way we stand."""
    told = [_one(found, name, steps, eta) for name in chosen]
    if not found.curves:
        told.append(_("The card of this network holds no measurements of quality yet."))
    elif found.floor:
        told.append(
            _("As many real pictures ({count}) lie at {floor:.2f}.").format(
                count=f"{found.samples:,}", floor=found.floor
            )
        )
    told.append(
        _("Marked on the right is t = {t}, where x₀ is multiplied by √ᾱ = {share:.3f}.").format(
            t=t, share=sqrt(abar[t])
        )
    )
    return " ".join(told)


def _one(found: Quality, name: str, steps: int, eta: float) -> str:
    said = _("{name} with {steps} steps asks the network {calls} times for each picture.").format(
        name=titled(name, eta), steps=steps, calls=calls(name, steps)
    )
    curve = found.curves.get(measured_as(name, eta))
    if not curve:
        between = _("Its quality was measured at η = 0 and η = 1 only.")
        return f"{said} {between}" if found.curves and name == "ddim" else said
    if steps in curve:
        value = _("{count} such samples lie at a Fréchet distance of {value:.2f}.").format(
            count=f"{found.samples:,}", value=curve[steps]
        )
        return f"{said} {value}"
    near = [n for n in (_below(curve, steps), _above(curve, steps)) if n is not None]
    list_ = ", ".join(
        _("{value:.2f} with {steps} steps").format(steps=n, value=curve[n]) for n in near
    )
    return f"{said} " + _("Nearest measured Fréchet distances: {list}.").format(list=list_)


def titled(name: str, eta: float) -> str:
    """A sampler's name; DDIM with its eta."""
    return f"DDIM (η = {eta:g})" if name == "ddim" else names()[name]


def _below(curve: Iterable[int], steps: int) -> int | None:
    return max((n for n in curve if n < steps), default=None)


def _above(curve: Iterable[int], steps: int) -> int | None:
    return min((n for n in curve if n > steps), default=None)


def averaging(averaged: Weights | None, last: Weights | None) -> str:
    """Both kinds of weights, each beside real pictures in equal number."""
    if averaged is None or last is None:
        return _("The cards of these networks hold no measurements of quality yet.")
    text = _(
        "{name}: {count} samples lie at a Fréchet distance of {distance:.2f} (as many real "
        "pictures: {floor:.2f}), and {accuracy:.1f} % of them are taken for the class asked for. "
        "Loss on test pictures: {loss:.5f}."
    )
    return " ".join(
        text.format(
            name=name, count=f"{w.samples:,}", distance=w.distance, floor=w.floor,
            accuracy=w.accuracy, loss=w.loss,
        )
        for name, w in ((_("Averaged weights"), averaged), (_("Last weights"), last))
    )  # fmt: skip


# ---- the film ---------------------------------------


def frame(t: int, abar: np.ndarray, answered: bool, guess: tuple[str, float] | None) -> str:
    """One frame of the film; `guess` is what the classifier says of the large guess."""
    if t == 0:
        text = _("t = 0: the walk is over, and what is left is the picture.")
    elif not answered:
        text = _(
            "t = {t}: this far the walk has come; the network has not answered here yet."
        ).format(t=t)
    else:
        text = _(
            "t = {t}: {signal:.3f} × picture + {noise:.3f} × noise. Large, from the left: x_t, "
            "the noise that the network sees in it, and the guess x̂₀ that follows; below, all six "
            "guesses."
        ).format(t=t, signal=sqrt(abar[t]), noise=sqrt(1 - abar[t]))
    if guess is None:
        return text
    seen = _("The classifier takes the guess for {name}: {p:.0f} %.").format(
        name=guess[0], p=100 * guess[1]
    )
    return f"{text} {seen}"


def row(t: int, kinds: Sequence[str]) -> str:
    """One frame of several walks under each other."""
    return _("t = {t}. Rows from the top: {rows}. Each column begins with the same noise.").format(
        t=t, rows=", ".join(kinds)
    )


def recognised(times: Sequence[int], guess: np.ndarray, noisy: np.ndarray, name: str) -> str:
    """From when on the classifier is sure of the large picture's guess (T,), and of x_t (T,)."""
    moments = [settled(probability) for probability in (guess, noisy)]
    if moments[0] is None or moments[1] is None:
        return _(
            "The classifier never becomes sure (90 %) that the large picture shows {name}."
        ).format(name=name)
    text = _(
        "From t = {guess} on the classifier is sure (90 %) that the guess x̂₀ shows {name}; of x_t "
        "itself it is sure from t = {noisy} on."
    ).format(guess=times[moments[0]], noisy=times[moments[1]], name=name)
    if 0 not in moments:
        return text
    return f"{text} " + _(
        "But it never learned from blots or noise, and gives this answer where nothing is to be "
        "seen."
    )


def step_formulas(
    sampler: str, eta: float, abar: np.ndarray, t: int, s: int
) -> tuple[str, str, str]:
    """The update from t to s with its numbers."""
    a, b = abar[t], abar[s]
    guess = (
        r"\model{\hat x_0} = \frac{\data{x_t} - \sqrt{1-\bar\alpha_t}\,\sample{\hat\epsilon}}"
        r"{\sqrt{\bar\alpha_t}}"
        rf" = \frac{{\data{{x_{{{t}}}}} - {_n(sqrt(1 - a))}\,\sample{{\hat\epsilon}}}}"
        rf"{{{_n(sqrt(a))}}}"
    )
    if sampler == "heun" and s > 0:
        return guess, *_heun(a, b, t, s)
    eta = {"ddpm": 1.0, "heun": 0.0}.get(sampler, eta)
    sigma = eta * sqrt(max(0.0, (1 - b) / (1 - a) * (1 - a / b)))
    update = (
        r"x_s = \sqrt{\bar\alpha_s}\,\model{\hat x_0} + \sqrt{1-\bar\alpha_s-\sigma^2}\,"
        r"\sample{\hat\epsilon} + \sigma\,\latent{z}:\quad "
        rf"x_{{{s}}} = {_n(sqrt(b))}\,\model{{\hat x_0}} + {_n(sqrt(max(0.0, 1 - b - sigma**2)))}\,"
        rf"\sample{{\hat\epsilon}} + {_n(sigma)}\,\latent{{z}}"
    )
    numbers = (
        rf"\bar\alpha_{{{t}}} = {_n(a)},\qquad \bar\alpha_{{{s}}} = {_n(b)},\qquad "
        rf"\sigma = \condition{{{eta:g}}}\cdot\sqrt{{\tfrac{{1-\bar\alpha_s}}{{1-\bar\alpha_t}}"
        rf"\big(1-\tfrac{{\bar\alpha_t}}{{\bar\alpha_s}}\big)}} = {_n(sigma)}"
    )
    return guess, update, numbers


def _heun(a: float, b: float, t: int, s: int) -> tuple[str, str]:
    """Heun's rule: the mean of two slopes."""
    before, after = (sqrt((1 - v) / v) for v in (a, b))
    update = (
        r"\frac{x_s}{\sqrt{\bar\alpha_s}} = \frac{\data{x_t}}{\sqrt{\bar\alpha_t}} + "
        r"(\varsigma_s-\varsigma_t)\,\frac{\sample{\hat\epsilon}(x_t,t)+"
        r"\sample{\hat\epsilon}(x_s',s)}{2},\qquad \varsigma = \sqrt{(1-\bar\alpha)/\bar\alpha}"
    )
    numbers = (
        rf"\varsigma_{{{s}}} - \varsigma_{{{t}}} = {_n(after)} - {_n(before)} = "
        rf"{_n(after - before)},\qquad "
        rf"\bar\alpha_{{{t}}} = {_n(a)},\qquad \bar\alpha_{{{s}}} = {_n(b)}"
    )
    return update, numbers


def _n(value: float) -> str:
    """Four digits that matter, without an exponent that LaTeX would misread."""
    if value == 0:
        return "0"
    if abs(value) < 1e-3:
        power = int(np.floor(np.log10(abs(value))))
        return rf"{value / 10**power:.2f}\cdot 10^{{{power}}}"
    return f"{value:.4g}"


# ---- between two seeds ---------------------------------------


def lengths(a: np.ndarray, b: np.ndarray, curves: np.ndarray, at: int) -> str:
    """Lengths (2, 11) along the sphere and straight, at the place and in the middle."""
    middle = sqrt(len(a) - 0.5)
    return _(
        "At {share} of the way the noise is {round:.2f} long along the sphere and {flat:.2f} on "
        "the straight way (half way {half:.2f} and {short:.2f}). Of noise drawn for {count} "
        "pixels, 95 % is between {low:.2f} and {high:.2f} long."
    ).format(
        share=f"{SHARES[at]:g}", round=curves[0, at], flat=curves[1, at], half=curves[0, 5],
        short=curves[1, 5], count=len(a), low=middle - 1.96 * sqrt(0.5),
        high=middle + 1.96 * sqrt(0.5),
    )  # fmt: skip


def place(at: int, seen: Sequence[tuple[str, float]]) -> str:
    """One place on the way; `seen` is what the classifier says of the two pictures, once made."""
    text = _(
        "{share} of the way. Large, from the left: the noise along the sphere and its picture, the "
        "noise on the straight way and its picture. Below, both ways in a row each."
    ).format(share=f"{SHARES[at]:g}")
    if not seen:
        return text
    (one, p), (other, q) = seen
    return f"{text} " + _(
        "The classifier takes the pictures for {one} ({p:.0f} %) and {other} ({q:.0f} %)."
    ).format(one=one, p=100 * p, other=other, q=100 * q)


def between_formulas(a: np.ndarray, b: np.ndarray, share: float) -> tuple[str, str, str]:
    """Both ways with their numbers; the straight one's length follows from the angle."""
    la, lb = float(np.linalg.norm(a)), float(np.linalg.norm(b))
    cosine = float(a @ b / la / lb)
    angle = float(np.arccos(np.clip(cosine, -1, 1)))
    sphere = (
        r"x = \frac{\sin((1-u)\theta)\,\data{\vec a} + \sin(u\theta)\,\sample{\vec b}}"
        r"{\sin\theta}\,"
        r"\big((1-u)\|a\| + u\|b\|\big),\qquad "
        rf"\theta = \arccos(\data{{\vec a}}\cdot\sample{{\vec b}}) = {np.degrees(angle):.1f}^\circ"
    )
    both = 2 * share * (1 - share) * la * lb * cosine
    flat = sqrt(((1 - share) * la) ** 2 + (share * lb) ** 2 + both)
    straight = (
        r"\|(1-u)\,\data{a} + u\,\sample{b}\| = "
        r"\sqrt{(1-u)^2\|a\|^2 + u^2\|b\|^2 + 2u(1-u)\,\data{a}\cdot\sample{b}}"
        rf" = \condition{{{flat:.2f}}}\quad (u = {share:g})"
    )
    ends = rf"\|\data{{a}}\| = {la:.2f},\qquad \|\sample{{b}}\| = {lb:.2f},\qquad "
    return sphere, straight, ends + r"\vec a = a/\|a\|,\quad \vec b = b/\|b\|"
