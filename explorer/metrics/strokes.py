"""How a handwritten sign looks, measured on its pixels: slant, stroke thickness, width.

Pictures are (N, H, W), ink = 1; every measure is (N,), and nan for a picture without ink. They
weigh pixels by their ink, so grey edges count and brightness as a whole cancels. Sources: the
moments of Hu, Visual pattern recognition by moment invariants (1962); the slant as in the
"deskewing" of LeCun et al. (1998); perimeter as total variation (the coarea formula).
"""

from collections.abc import Callable

import numpy as np

from explorer.models.checks import Array

FAINT = 1.0  # pixels of ink; with less there is nothing to measure


def moments(pictures: Array) -> tuple[Array, Array, Array]:
    """Variance across, variance up and down, and covariance of the ink, in pixels squared.

    Up is positive. Each pixel is a square, not a point: 1/12 of a pixel is its own variance.
    """
    ink = _ink(pictures)
    rows, columns = np.indices(ink.shape[1:])
    x, y = columns.astype(float), -rows.astype(float)
    x = x - (ink * x).sum((1, 2), keepdims=True)  # (N, H, W), from the centre of mass
    y = y - (ink * y).sum((1, 2), keepdims=True)
    across, upright, both = ((ink * term).sum((1, 2)) for term in (x * x, y * y, x * y))
    return across + 1 / 12, upright + 1 / 12, both


def slant(pictures: Array) -> Array:
    """Degrees that the sign leans from upright; to the right is positive."""
    _across, upright, both = moments(pictures)
    return np.degrees(np.arctan(both / (upright - 1 / 12 + 1e-9)))


def width(pictures: Array) -> Array:
    """Pixels from side to side once the slant is taken out: of a filled box, its width.

    What is left of the variance across when the lean explains its part, times sqrt(12), since a
    box of width w has variance w^2/12.
    """
    across, upright, both = moments(pictures)
    return np.sqrt(12 * np.maximum(across - both**2 / (upright - 1 / 12 + 1e-9), 0))


def thickness(pictures: Array) -> Array:
    """Pixels across the stroke, from its area A and its perimeter P; exact for a straight bar.

    A bar of length l and thickness t has A = l t and P = 2 (l + t); t is the smaller root of
    t^2 - (P/2) t + A = 0. A blob rounder than any bar gets P/4.
    """
    bright = np.asarray(pictures, dtype=float)
    area = bright.sum((1, 2))
    top = np.maximum(bright.max((1, 2)), 1e-9)  # how dark a full stroke is in this picture
    padded = np.pad(bright, ((0, 0), (1, 1), (1, 1)))
    down, right = np.diff(padded, axis=1), np.diff(padded, axis=2)[:, :-1]
    sides = (np.hypot(down[:, :, part], right) for part in (slice(-1), slice(1, None)))
    half, full = sum(side.sum((1, 2)) for side in sides) / 4 / top, area / top
    found = (half - np.sqrt(np.maximum(half**2 - 4 * full, 0))) / 2
    return np.where(area > FAINT, found, np.nan)


#: name -> (measure, unit): what a picture can be asked.
MEASURES: dict[str, tuple[Callable[[Array], Array], str]] = {
    "slant": (slant, "°"),
    "thickness": (thickness, "px"),
    "width": (width, "px"),
}


def measure(pictures: Array) -> Array:
    """All of MEASURES, (N, H, W) -> (N, 3)."""
    return np.stack([function(pictures) for function, _unit in MEASURES.values()], axis=1)


def _ink(pictures: Array) -> Array:
    """Every picture's ink as shares that sum to 1; nan where there is none."""
    bright = np.asarray(pictures, dtype=float)
    total = bright.sum((1, 2), keepdims=True)
    return np.divide(bright, total, out=np.full_like(bright, np.nan), where=total > FAINT)
