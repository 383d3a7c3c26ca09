"""Pictures of the `multivariate` lesson: shape, slice and fit of a normal in the plane."""

from explorer.figures.multivariate.cut import Strip, slice_
from explorer.figures.multivariate.fit import fit
from explorer.figures.multivariate.hill import hill
from explorer.figures.multivariate.parts import RADII, Hand, Plane, axes_for
from explorer.figures.multivariate.shape import flat, shape
from explorer.figures.multivariate.through import through

__all__ = [
    "RADII",
    "Hand",
    "Plane",
    "Strip",
    "axes_for",
    "fit",
    "flat",
    "hill",
    "shape",
    "slice_",
    "through",
]
