"""The pictures in words, with the numbers they show; for everyone, and for screen readers."""

from collections.abc import Sequence

import numpy as np

from explorer.figures.likelihood.facts import MOST, Facts, counts
from explorer.figures.likelihood.sample import draws
from explorer.figures.likelihood.spread import INSIDE_95, sigmas, typical
from explorer.figures.likelihood.tails import both_sides, counted, percent
from explorer.i18n import _
from explorer.models.gaussian import Gaussian
from explorer.models.likelihood import Estimates, expected_variance, standard_errors


def plain(value: float, digits: int = 3) -> str:
    """A number with a true minus sign and commas."""
    return f"{value:,.{digits}f}".replace("-", "−")


def fit(facts: Facts, mu: float, sigma: float) -> str:
    """Where the curve stands, what that earns, and who pays most."""
    moments, bell = facts.moments, Gaussian.from_std(mu, sigma)
    drop = float(moments.drop(mu, sigma))
    far = facts.ends[int(np.argmin(bell.log_prob(facts.ends)))]
    if drop < 5e-7:
        standing = _("Your curve is the best one: no other has a higher likelihood.")
    else:
        standing = _("That is {drop} below the best curve (μ = {m}, σ = {s}).").format(
            drop=plain(drop) if drop >= 0.001 else f"{drop:.1g}",
            m=facts.text(moments.mean),
            s=facts.text(moments.std),
        )
    return " ".join(
        [
            _("Your curve: μ = {mu}, σ = {sigma}; mean log density of the {n} points {mean} nats.")
            .format(
                mu=facts.text(mu),
                sigma=facts.text(sigma),
                n=f"{moments.n:,}",
                mean=plain(float(moments.per_point(mu, sigma))),
            ),
            standing,
            _("The point that costs most, {far}, has {log} nats.").format(
                far=facts.text(far), log=plain(float(bell.log_prob(far)[0]), 1)
            ),
        ]
    )  # fmt: skip


def sample(facts: Facts, mu: float, sigma: float, seed: int) -> list[str]:
    """One text for each frame of the film."""
    drawn = draws(mu, sigma, seed)
    first = ", ".join(facts.text(value) for value in drawn[:3])
    low, high = facts.span
    return [_sampled(facts, drawn[:n], first, low, high) for n in counts(MOST)]


def _sampled(facts: Facts, drawn: np.ndarray, first: str, low: float, high: float) -> str:
    n = len(drawn)
    text = _("{n} numbers drawn from the model; the first three: {first}.").format(
        n=f"{n:,}", first=first
    )
    if n < 3:
        text = _("The first number drawn from the model: {first}.").format(
            first=facts.text(drawn[0])
        )
    if n > 1:
        text += " " + _("Mean {mean} (data {m}), standard deviation {std} (data {s}).").format(
            mean=facts.text(float(drawn.mean())),
            m=facts.text(facts.moments.mean),
            std=facts.text(float(drawn.std())),
            s=facts.text(facts.moments.std),
        )
    outside = int(((drawn < low) | (drawn > high)).sum())
    if outside:
        text += " " + _("{count} of them lie outside the picture.").format(count=f"{outside:,}")
    return text


def tails(facts: Facts, mu: float, sigma: float, t: float) -> str:
    """Both shares by the model, and both by counting."""
    below, above = both_sides(Gaussian.from_std(mu, sigma), t)
    up_to, beyond = counted(facts, t)
    n = facts.moments.n
    return _(
        "Threshold t = {t}. Up to t: the model says {below}, of the data {up_to} of {n} = {share}. "
        "Beyond t: the model says {above}, of the data {beyond} of {n} = {rest}."
    ).format(
        t=facts.text(t),
        below=percent(below),
        above=percent(above),
        up_to=f"{up_to:,}",
        beyond=f"{beyond:,}",
        n=f"{n:,}",
        share=percent(up_to / n),
        rest=percent(beyond / n),
    )


def spread(facts: Facts, found: Sequence[Estimates], ddof: int) -> list[str]:
    """One text for each size: how far the estimates scatter, and if they are right on average."""
    return [_scattered(facts, one, ddof) for one in found]


def _scattered(facts: Facts, found: Estimates, ddof: int) -> str:
    s = facts.moments.std
    theory = standard_errors(s, found.n)
    sigma = sigmas(found, ddof)
    return _(
        "{count} studies of {n} points each. Their means scatter by {mean_error} "
        "(theory σ/√n: {mean_theory}), their standard deviations by {std_error} "
        "(theory for many points from a bell, σ/√(2n): {std_theory}). "
        "Mean of the estimated variances: {variance} "
        "(exactly expected: {expected}; variance of the data: {truth}). "
        "Inside the dashed ellipse: {inside} (theory for many points from a bell: 95 %)."
    ).format(
        count=f"{len(sigma):,}",
        n=f"{found.n:,}",
        mean_error=facts.text(float(found.mean.std())),
        mean_theory=facts.text(theory[0]),
        std_error=facts.text(float(sigma.std())),
        std_theory=facts.text(theory[1]),
        variance=significant(typical(found, ddof)[1] ** 2),
        expected=significant(expected_variance(s, found.n, ddof)),
        truth=significant(s**2),
        inside=f"{100 * inside(facts, found, ddof):.0f} %",
    )


def inside(facts: Facts, found: Estimates, ddof: int) -> float:
    """Share of the studies inside the ellipse that theory draws."""
    m, s = facts.moments.maximum()
    theory = Gaussian.from_std([m, s], standard_errors(s, found.n))
    points = np.column_stack([found.mean, sigmas(found, ddof)])
    return float((theory.mahalanobis(points) <= INSIDE_95).mean())


def significant(value: float) -> str:
    """Four significant digits, without an exponent where that can be read."""
    return f"{value:#.4g}".rstrip(".")
