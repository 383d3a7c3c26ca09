"""What the pictures of the `multivariate` lesson show, in sentences and in formulas.

Sentences are the pictures' text summaries: they follow the state, in both languages. Formulas are
TeX with the current numbers; \\model{..} and its kin are coloured by the page.
"""

from math import atan2, degrees, exp, pi, sqrt

import numpy as np

from explorer.figures.multivariate.cut import Strip
from explorer.figures.multivariate.parts import RADII, Hand, peak_of, rounded, share_inside
from explorer.i18n import _
from explorer.models.gaussian import Gaussian


def correlation(bell: Gaussian) -> float:
    """rho, from the covariance."""
    (a, b), (_c, d) = bell.covariance
    return float(b / sqrt(a * d))


def ring_area(bell: Gaussian) -> float:
    """pi sqrt |Sigma|: the area of the 1-sigma ring."""
    return pi * float(np.prod(bell.cholesky.diagonal()))


# ----------------------------------------------------------------------------------- sentences


def of_shape(bell: Gaussian) -> str:
    """Rings, own axes, area."""
    variances, axes = bell.principal_axes()
    angle = degrees(atan2(axes[1, 0], axes[0, 0]))
    return _(
        "A normal distribution in the plane: mean ({m1}, {m2}), standard deviations {s1} and "
        "{s2}, correlation {rho}. The arrows along its own two axes are {l1} and {l2} long; the "
        "longer one is tilted by {angle}°. The 1σ ring has area {area}."
    ).format(
        m1=rounded(bell.mean[0]),
        m2=rounded(bell.mean[1]),
        s1=rounded(sqrt(bell.covariance[0, 0])),
        s2=rounded(sqrt(bell.covariance[1, 1])),
        rho=f"{correlation(bell):.2f}",
        l1=rounded(sqrt(variances[0])),
        l2=rounded(sqrt(variances[1])),
        angle=f"{angle - 180 * round(angle / 180):.0f}",  # a line: between -90 and 90
        area=rounded(ring_area(bell)),
    )


def of_flat(rho: float) -> str:
    """The rings have become a line."""
    return _(
        "Correlation {rho}: the rings have collapsed onto one line. The bells of x₁ and x₂ on "
        "their own are what they were."
    ).format(rho="1" if rho > 0 else "−1")


def no_density() -> str:
    """Why there are no rings, and the way back."""
    return _(
        "At ρ = ±1 the determinant |Σ| is 0: x₁ tells x₂ exactly, all probability lies on a line, "
        "and there is no density per unit of area any more. Move ρ back, or open “More” and add a "
        "little variance ε to both."
    )


def of_hill(bell: Gaussian, a: float | None = None) -> str:
    """The surface: its height, and the cut if there is one."""
    words = _(
        "The density as a hill over the plane, {peak} high at the mean ({m1}, {m2}), with rings "
        "at 1, 2 and 3σ. The volume under it is 1: the smaller the area of the 1σ ring, here "
        "{area}, the higher the hill."
    ).format(
        peak=rounded(peak_of(bell)),
        m1=rounded(bell.mean[0]),
        m2=rounded(bell.mean[1]),
        area=rounded(ring_area(bell)),
    )
    if a is None:
        return words
    mu, sigma = bell.condition({0: a}).mu_sigma()
    cut = _(
        "The cut at x₁ = {a} is itself a bell, with its top at x₂ = {mu} and standard deviation "
        "{sigma}. Divided by its area {area} it is p(x₂ | x₁)."
    )
    area = float(bell.marginal([0]).prob([a])[0])
    return f"{words} " + cut.format(
        a=rounded(a), mu=rounded(mu), sigma=rounded(sigma), area=rounded(area)
    )


def of_through(hand: Hand, t: float) -> str:
    """One moment of the film."""
    if t == 0:
        return _(
            "Before L: a round cloud. Both coordinates of z are drawn from the standard normal, "
            "independently. The rings have radius 1 and 2."
        )
    if t < 1:
        return _("{percent} % of the way from z to x = μ + L z.").format(percent=f"{100 * t:.0f}")
    (a, _zero), (c, d) = hand.factor
    return _(
        "After L: the first unit step has become ({a}, {c}), the second (0, {d}), and the circles "
        "are ellipses. Every point kept its ring: its distance in σ is its plain distance before L."
    ).format(a=rounded(a), c=rounded(c), d=rounded(d))


def of_slice(bell: Gaussian, a: float, strip: Strip | None = None) -> str:
    """What is known about x2 before and after."""
    before, after = bell.marginal([1]).mu_sigma(), bell.condition({0: a}).mu_sigma()
    words = _(
        "Before: x₂ is {mu0} ± {sigma0} (mean ± standard deviation). Knowing that x₁ = {a}: x₂ is "
        "{mu1} ± {sigma1}, which is {percent} % of the spread before."
    ).format(
        mu0=rounded(before[0]),
        sigma0=rounded(before[1]),
        a=rounded(a),
        mu1=rounded(after[0]),
        sigma1=rounded(after[1]),
        percent=f"{100 * after[1] / before[1]:.0f}",
    )
    if strip is None:
        return words
    count = len(strip.points)
    if count < 2:
        return f"{words} " + _("Hardly any data lies so close to x₁ = {a}.").format(a=rounded(a))
    y = strip.points[:, 1]
    return f"{words} " + _(
        "Counted in the data, {n} points with x₁ between {low} and {high}: {mean} ± {std}."
    ).format(
        n=f"{count:,}",
        low=rounded(a - strip.half_width),
        high=rounded(a + strip.half_width),
        mean=rounded(float(y.mean())),
        std=rounded(float(y.std())),
    )


def of_exact(hand: Hand, a: float) -> str:
    """The cut where the rings are a line."""
    x2 = hand.m2 + hand.rho * hand.s2 / hand.s1 * (a - hand.m1)
    return _(
        "Correlation {rho}: all points lie on one line. Knowing that x₁ = {a}, x₂ is exactly {x2}; "
        "before, it was {mu} ± {sigma}."
    ).format(
        rho="1" if hand.rho > 0 else "−1",
        a=rounded(a),
        x2=rounded(x2),
        mu=rounded(hand.m2),
        sigma=rounded(hand.s2),
    )


def of_fit(fitted: Gaussian, points: np.ndarray, point: tuple[float, float], total: int) -> str:
    """Moments, correlation, shares inside the rings, the distance of the point in hand."""
    distance = fitted.mahalanobis(points)
    counted = ", ".join(f"{100 * float((distance <= r).mean()):.1f} %" for r in RADII)
    exact = ", ".join(f"{100 * share_inside(r):.1f} %" for r in RADII)
    d = float(fitted.mahalanobis([point])[0])
    return _(
        "Fit to {n} of {total} points: mean ({m1}, {m2}), standard deviations {s1} and {s2}, "
        "correlation {rho}. Inside 1, 2 and 3σ lie {counted} of the points; a normal distribution "
        "holds {exact}. The point in your hand lies {d} standard deviations out; {farther} of a "
        "normal distribution lies farther."
    ).format(
        n=f"{len(points):,}",
        total=f"{total:,}",
        m1=rounded(fitted.mean[0]),
        m2=rounded(fitted.mean[1]),
        s1=rounded(sqrt(fitted.covariance[0, 0])),
        s2=rounded(sqrt(fitted.covariance[1, 1])),
        rho=f"{correlation(fitted):.2f}",
        counted=counted,
        exact=exact,
        d=f"{d:.2f}",
        farther=percent(exp(-(d**2) / 2)),
    )


def of_counted(fitted: Gaussian, without: Gaussian, n: int) -> str:
    """The price of counting the point in: the correlation moves, and the point hides itself."""
    return _(
        "Counting it in moved the correlation from {before} to {after}. However far you drag it, "
        "a fit to {n} points never finds one of them more than √{less} = {most}σ out: an outlier "
        "stretches the very ruler it is measured with."
    ).format(
        before=f"{correlation(without):.2f}",
        after=f"{correlation(fitted):.2f}",
        n=f"{n:,}",
        less=f"{n - 1:,}",
        most=f"{sqrt(n - 1):.1f}",
    )


def of_robust(fitted: Gaussian, without: Gaussian, weight: float) -> str:
    """How much the point in hand counts in the robust fit."""
    return _(
        "The robust fit lets it count as {weight} of an average point. Correlation: {after}; of a "
        "plain fit without the point: {before}."
    ).format(
        weight=f"{weight:.2f}",
        after=f"{correlation(fitted):.2f}",
        before=f"{correlation(without):.2f}",
    )


def on_a_line() -> str:
    """Why there is no fit, and the way back."""
    return _(
        "These points lie on one line, or nearly so: the fitted |Σ| is 0 and there is no density "
        "in the plane. Take more points, a new draw, or other data."
    )


def percent(share: float) -> str:
    """A share in percent, still telling apart what is rare and what is rarer."""
    if share < 1e-6:
        return "< 0.0001 %"
    return f"{100 * share:.1f} %" if share >= 0.001 else f"{100 * share:.2g} %"


# ------------------------------------------------------------------------------------ formulas


def number(value: float) -> str:
    """A number in a formula."""
    mantissa, e, exponent = rounded(value).replace(",", "{,}").partition("e")
    return rf"{mantissa}\times 10^{{{int(exponent)}}}" if e else mantissa


def signed(value: float) -> str:
    """The same, in parentheses where a minus would collide with a sign before it."""
    return f"({number(value)})" if value < 0 else number(value)


def matrix(covariance: np.ndarray) -> str:
    """Sigma, as a 2 x 2 array of numbers."""
    (a, b), (c, d) = ((number(value) for value in row) for row in covariance)
    return rf"\begin{{pmatrix}} {a} & {b} \\ {c} & {d} \end{{pmatrix}}"


def covariance_formula(hand: Hand) -> str:
    """Sigma from sigma1, sigma2, rho, and its determinant."""
    jitter = r"+\varepsilon I" if hand.extra else ""
    det = (hand.factor[0, 0] * hand.factor[1, 1]) ** 2
    short = "" if hand.extra else r"=\sigma_1^2\sigma_2^2(1-\rho^2)"
    return (
        r"\model{\Sigma}=\begin{pmatrix}\sigma_1^2 & \rho\,\sigma_1\sigma_2\\"
        rf"\rho\,\sigma_1\sigma_2 & \sigma_2^2\end{{pmatrix}}{jitter}"
        rf"=\model{{{matrix(hand.covariance)}}},"
        rf"\qquad |\model{{\Sigma}}|{short}=\mathbf{{{number(det)}}}"
    )


def density_formula(bell: Gaussian, point: tuple[float, float] | None = None) -> str:
    """p(x) at the mean, or at a point."""
    norm = number(2 * ring_area(bell))
    if point is None:
        return (
            r"p(x)=\frac{1}{2\pi\sqrt{|\model{\Sigma}|}}\,e^{-d(x)^2/2},\qquad"
            r" d(x)^2=(x-\model{\mu})^{\!\top}\model{\Sigma}^{-1}(x-\model{\mu}),\qquad"
            rf" p(\model{{\mu}})=\frac{{1}}{{{norm}}}=\mathbf{{{number(peak_of(bell))}}}"
        )
    d = float(bell.mahalanobis([point])[0])
    at = rf"\condition{{{number(point[0])}}},\,\condition{{{number(point[1])}}}"
    return (
        rf"p({at})=\frac{{1}}{{2\pi\sqrt{{|\model{{\Sigma}}|}}}}\,e^{{-d^2/2}}"
        rf"=\frac{{1}}{{{norm}}}\,e^{{-{d:.4g}^2/2}}"
        rf"=\mathbf{{{number(float(bell.prob([point])[0]))}}}"
    )


def factor_formula(hand: Hand) -> str:
    """x = mu + L z and L L^T = Sigma."""
    return (
        r"\sample{x}=\model{\mu}+L\,\latent{z}"
        rf"=\model{{{column(hand.mean)}}}"
        rf"+{matrix(hand.factor)}\,\latent{{z}},\qquad LL^{{\!\top}}=\model{{\Sigma}},"
        r"\qquad \latent{z}=L^{-1}(\sample{x}-\model{\mu})"
    )


def column(mean: np.ndarray) -> str:
    """mu, as a column of numbers."""
    return rf"\begin{{pmatrix}} {number(mean[0])} \\ {number(mean[1])} \end{{pmatrix}}"


def mean_formula(mean: np.ndarray, covariance: np.ndarray, a: float) -> str:
    """E[x2 | x1 = a]; also where the covariance is flat."""
    (m1, m2), (s1, s2) = mean, np.sqrt(covariance.diagonal())
    rho = covariance[0, 1] / (s1 * s2)
    mu = m2 + rho * s2 / s1 * (a - m1)
    return (
        r"\mathbb{E}[x_2\mid \condition{x_1=a}]"
        r"=\model{\mu_2}+\model{\rho}\,\frac{\model{\sigma_2}}{\model{\sigma_1}}"
        r"(\condition{a}-\model{\mu_1})"
        rf"={number(m2)}+{signed(round(rho, 4))}\cdot\frac{{{number(s2)}}}{{{number(s1)}}}"
        rf"\,(\condition{{{number(a)}}}-{signed(m1)})=\mathbf{{{number(mu)}}}"
    )


def spread_formula(covariance: np.ndarray) -> str:
    """sd(x2 | x1 = a), which is the same for every a."""
    s1, s2 = np.sqrt(covariance.diagonal())
    rho = covariance[0, 1] / (s1 * s2)
    sigma = s2 * sqrt(max(1 - rho**2, 0.0))
    return (
        r"\mathrm{sd}(x_2\mid \condition{x_1=a})=\model{\sigma_2}\sqrt{1-\model{\rho}^2}"
        rf"={number(s2)}\cdot\sqrt{{1-{signed(round(rho, 4))}^2}}=\mathbf{{{number(sigma)}}}"
    )


def fit_formula(fitted: Gaussian, robust: bool = False) -> str:
    """The estimates: averages, or averages with weights."""
    deviation = r"(\data{x_n}-\model{\hat\mu})"
    if robust:
        mean, product = r"\frac{\sum_n w_n\,\data{x_n}}{\sum_n w_n}", rf"\sum_n w_n\,{deviation}"
        share = rf"\ \propto\ {product}{deviation}^{{\!\top}},\quad\model{{\hat\Sigma}}"
    else:
        mean = r"\frac1N\sum_n \data{x_n}"
        share = rf"=\frac1N\sum_n {deviation}{deviation}^{{\!\top}}"
    return (
        rf"\model{{\hat\mu}}={mean}=\model{{{column(fitted.mean)}}},\qquad"
        rf"\model{{\hat\Sigma}}{share}=\model{{{matrix(fitted.covariance)}}}"
    )


def distance_formula(fitted: Gaussian, point: tuple[float, float]) -> str:
    """rho of the fit, d of a point, and the share farther out."""
    d = float(fitted.mahalanobis([point])[0])
    at = rf"\condition{{({number(point[0])},\,{number(point[1])})}}"
    return (
        rf"\model{{\hat\rho}}=\mathbf{{{correlation(fitted):.4f}}},\qquad d{at}="
        r"\sqrt{(x-\model{\hat\mu})^{\!\top}\model{\hat\Sigma}^{-1}(x-\model{\hat\mu})}"
        rf"=\mathbf{{{d:.3f}}},\qquad P(D>d)=e^{{-d^2/2}}"
        rf"=\mathbf{{{number(exp(-(d**2) / 2))}}}"
    )
