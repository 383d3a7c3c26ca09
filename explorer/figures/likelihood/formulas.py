"""The lesson's equations with the numbers of the picture, as LaTeX with the roles' macros."""

import numpy as np

from explorer.figures.likelihood.describe import significant
from explorer.figures.likelihood.facts import Facts
from explorer.figures.likelihood.sample import draws
from explorer.figures.likelihood.spread import sigmas, typical
from explorer.figures.likelihood.tails import both_sides, counted
from explorer.i18n import _
from explorer.models.gaussian import Gaussian
from explorer.models.likelihood import Estimates, expected_variance, standard_errors

THEN = r"\qquad\allowbreak "  # between two formulas; a narrow screen puts them below each other
FIRST = 3000  # points multiplied one after another in the demonstration of underflow


def grouped(value: float, digits: int = 0) -> str:
    """A number as LaTeX: 25{,}000."""
    return f"{value:,.{digits}f}".replace(",", "{,}")


def signed(value: float, digits: int) -> str:
    """The same in parentheses if it is negative, so that it may follow a minus sign."""
    text = grouped(value, digits)
    return f"({text})" if value < 0 else text


def fit(facts: Facts, mu: float, sigma: float) -> tuple[str, ...]:
    """The log-likelihood here, the product it replaces, and the maximum."""
    moments, digits = facts.moments, facts.digits
    n, m, s = moments.n, *moments.maximum()
    total, mean = (float(f(mu, sigma)) for f in (moments.log_likelihood, moments.per_point))
    return (
        r"\log p(\data{x_1,\dots,x_n}\mid\model{\mu},\model{\sigma})"
        r" = -\data{n}\Big(\log\model{\sigma}+\tfrac12\log2\pi"
        r"+\frac{\data{s}^2+(\data{\bar x}-\model{\mu})^2}{2\,\model{\sigma}^2}\Big)"
        rf" = {grouped(total)} \text{{ {_('nats')}}}"
        rf" = \data{{{grouped(n)}}}\cdot({mean:.4f})",
        _product(facts, Gaussian.from_std(mu, sigma), total),
        rf"\truth{{\hat\mu}} = \data{{\bar x}} = \frac1n\sum_i \data{{x_i}}"
        rf" = \truth{{{grouped(m, digits + 2)}}}{THEN}"
        r"\truth{\hat\sigma} = \data{s} = \sqrt{\frac1n\sum_i(\data{x_i}-\data{\bar x})^2}"
        rf" = \truth{{{grouped(s, digits + 2)}}}",
    )


def _product(facts: Facts, bell: Gaussian, total: float) -> str:
    """The likelihood itself, and what multiplying it out gives on a computer."""
    power = total / np.log(10)
    exact = rf"\prod_{{i=1}}^{{n}} p(\data{{x_i}}) = e^{{{grouped(total)}}}"
    with np.errstate(over="ignore"):
        running = np.cumprod(bell.prob(facts.x[:FIRST]))
    lost = np.flatnonzero((running == 0) | np.isinf(running))
    if len(lost):
        wrong = r"\infty" if np.isinf(running[lost[0]]) else "0"
        first = rf"\prod_{{i=1}}^{{{grouped(lost[0] + 1)}}} p(\data{{x_i}})"
        computer = rf"\text{{{_('on a computer')}: }}{first} = {wrong}"
        return rf"{{{exact} \approx 10^{{{grouped(power)}}}}}{THEN}{{{computer}}}"
    mantissa, exponent = 10 ** (power % 1), int(np.floor(power))
    return rf"{exact} = {mantissa:.3f}\cdot 10^{{{exponent}}}"


def sample(facts: Facts, mu: float, sigma: float, seed: int) -> tuple[str, ...]:
    """How the first number was drawn."""
    first = float(draws(mu, sigma, seed, 1)[0])
    digits = facts.digits
    return (
        r"\sample{x} = \model{\mu}+\model{\sigma}\,\latent{z},\quad \latent{z}\sim\mathcal N(0,1):"
        rf"{THEN}\sample{{{grouped(first, digits)}}} = \model{{{grouped(mu, digits)}}}"
        rf"+\model{{{grouped(sigma, digits)}}}\cdot\latent{{{signed((first - mu) / sigma, 3)}}}",
    )


def tails(facts: Facts, mu: float, sigma: float, t: float) -> tuple[str, ...]:
    """Both probabilities, by the model and by counting."""
    below, above = both_sides(Gaussian.from_std(mu, sigma), t)
    up_to, beyond = counted(facts, t)
    d, z = facts.digits, f"{(t - mu) / sigma:.4f}"
    standardised = (
        rf"\frac{{\condition{{{grouped(t, d)}}}-\model{{{signed(mu, d)}}}}}"
        rf"{{\model{{{grouped(sigma, d)}}}}}"
    )
    return (
        rf"P(x\le \condition{{t}}) = \Phi\Big({standardised}\Big) = \Phi({z})"
        rf" = \model{{{share(below)}}}{THEN}{_counted(up_to, facts.moments.n)}",
        rf"P(x> \condition{{t}}) = 1-\Phi({z})"
        rf" = \model{{{share(above)}}}{THEN}{_counted(beyond, facts.moments.n)}",
    )


def _counted(some: int, n: int) -> str:
    fraction = rf"\frac{{\data{{{grouped(some)}}}}}{{\data{{{grouped(n)}}}}}"
    return rf"{{\text{{{_('counted')}: }}{fraction} = \data{{{share(some / n)}}}}}"


def share(value: float) -> str:
    """A probability with six decimals, or as a power of ten where those would all be zero."""
    if 0 < value < 5e-5:
        mantissa, exponent = f"{value:.3e}".split("e")
        return rf"{mantissa}\cdot10^{{{int(exponent)}}}"
    return f"{value:.6f}"


def spread(facts: Facts, found: Estimates, ddof: int) -> tuple[str, ...]:
    """Standard errors and the mean of the variances: theory beside what the studies found."""
    n, s, d = found.n, facts.moments.std, facts.digits + 1
    theory = standard_errors(s, n)
    mean_error, std_error = float(found.mean.std()), float(sigmas(found, ddof).std())
    divisor, expected = ("n", r"\tfrac{n-1}{n}\,\truth{\sigma}^2")
    if ddof:
        divisor, expected = ("n-1", r"\truth{\sigma}^2")
    return (
        r"\mathrm{SE}(\sample{\hat\mu}) = \truth{\sigma}/\sqrt n"
        rf" = \truth{{{grouped(theory[0], d)}}}\ {_found(grouped(mean_error, d))}{THEN}"
        r"\mathrm{SE}(\sample{\hat\sigma}) \approx \truth{\sigma}/\sqrt{2n}"
        rf" = \truth{{{grouped(theory[1], d)}}}\ {_found(grouped(std_error, d))}",
        rf"\mathbb E\Big[\frac1{{{divisor}}}\sum_i(\data{{x_i}}-\sample{{\hat\mu}})^2\Big]"
        rf" = {expected} = \truth{{{significant(expected_variance(s, n, ddof))}}}\ "
        rf"{_found(significant(typical(found, ddof)[1] ** 2))}"
        rf"{THEN}{{\truth{{\sigma}}^2 = \truth{{{significant(s**2)}}}}}",
    )


def _found(number: str) -> str:
    return rf"(\text{{{_('found')} }}\sample{{{number}}})"
