"""The numbers of the `multivariate` lesson by another road, for comparison on the page.

No second road uses the Cholesky factor or the formulas that the pictures are made with.
"""

from math import exp, pi, sqrt

import numpy as np

from explorer.figures.multivariate.words import ring_area as formula_area
from explorer.i18n import _
from explorer.models.gaussian import Gaussian

Line = tuple[str, float, str, float]  # what, our number, by which road, that road's number
NODES = 20_001  # of the trapezoid rule


def lines_of_shape(bell: Gaussian | None, at: tuple[float, float]) -> list[Line]:
    """For an ellipse, or for what is left of it."""
    book = float(Gaussian(np.array([1.0, 2.0]), np.eye(2)).prob([[0, 0]])[0])
    lines: list[Line] = [(_("p(0, 0) for μ = (1, 2), Σ = I"), book, "e^(−5/2) / 2π", book_value())]
    if bell is None:
        return lines
    inverse = _("With the inverse and the determinant of Σ")
    root = _("Larger root of λ² − trace · λ + |Σ| = 0")
    corners, where = _("Surveyor's formula over 20,000 corners"), _("Density at ({x}, {y})")
    p, largest = float(bell.prob([at])[0]), float(bell.principal_axes()[0][0])
    return [
        *lines,
        (where.format(x=at[0], y=at[1]), p, inverse, density(bell, at)),
        ("λ₁", largest, root, largest_variance(bell)),
        (_("Area of the 1σ ring"), formula_area(bell), corners, ring_area(bell)),
    ]


def lines_of_slice(bell: Gaussian, a: float) -> list[Line]:
    """For the cut at x1 = a."""
    mu, sigma = bell.condition({0: a}).mu_sigma()
    area, mean, spread = cut(bell, a)
    rule = _("Trapezoid rule along the cut, 20,001 points")
    line = _("Least-squares line through 200,000 draws")
    return [
        (_("Density of x₁ at a"), float(bell.marginal([0]).prob([a])[0]), rule, area),
        (_("Mean of x₂, given x₁"), mu, rule, mean),
        (_("Mean of x₂, given x₁"), mu, line, least_squares(bell, a)),
        (_("Standard deviation of x₂, given x₁"), sigma, rule, spread),
    ]


def book_value() -> float:
    """N((0, 0) | (1, 2), I) by hand: e^(-(1 + 4) / 2) / 2 pi = 0.013064."""
    return exp(-2.5) / (2 * pi)


def density(bell: Gaussian, point: tuple[float, float]) -> float:
    """The textbook formula with the inverse and the determinant of Sigma."""
    off = np.array(point) - bell.mean
    square = float(off @ np.linalg.inv(bell.covariance) @ off)
    return exp(-square / 2) / (2 * pi * sqrt(np.linalg.det(bell.covariance)))


def largest_variance(bell: Gaussian) -> float:
    """The larger root of lambda^2 - trace lambda + |Sigma| = 0."""
    (a, b), (_b, d) = bell.covariance
    return float((a + d) / 2 + sqrt(((a - d) / 2) ** 2 + b * b))


def ring_area(bell: Gaussian) -> float:
    """Of the 1-sigma ring, by the surveyor's formula over its corners."""
    x, y = bell.ellipse(1.0, NODES).T
    return float(abs(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1])) / 2)


def cut(bell: Gaussian, a: float) -> tuple[float, float, float]:
    """Area, mean and standard deviation of the joint density along x1 = a, by the trapezoid rule.

    The density is divided by its largest value on the way, so that far cuts do not underflow.
    """
    reach = sqrt(bell.covariance[1, 1]) * (12 + abs(a - bell.mean[0]) / sqrt(bell.covariance[0, 0]))
    y = bell.mean[1] + reach * np.linspace(-1, 1, NODES)
    log_joint = bell.log_prob(np.column_stack([np.full(NODES, a), y]))
    joint = np.exp(log_joint - log_joint.max())
    area = float(np.trapezoid(joint, y))
    mean = float(np.trapezoid(joint * y, y)) / area
    variance = float(np.trapezoid(joint * (y - mean) ** 2, y)) / area
    return area * exp(float(log_joint.max())), mean, sqrt(variance)


def least_squares(bell: Gaussian, a: float, draws: int = 200_000) -> float:
    """The least-squares line through that many draws, read off at a."""
    x = bell.sample(draws, 0)
    slope, level = np.polyfit(x[:, 0], x[:, 1], 1)
    return float(slope * a + level)
