"""Pictures of the `likelihood` lesson, one file for each of its views.

On the left the data and curves over them, in the data's own unit; on the right what they mean for
(mu, sigma), the two numbers of the model. In that landscape heights are told in nats per point
below the maximum, so that it looks alike for all data.
"""

from explorer.figures.likelihood.facts import MOST, Facts, Scale, counts, scale
from explorer.figures.likelihood.fit import fit, grips
from explorer.figures.likelihood.sample import draws, sample
from explorer.figures.likelihood.spread import sigmas, sizes, spread, studies
from explorer.figures.likelihood.tails import counted, grip_height, percent, tails

__all__ = [
    "MOST",
    "Facts",
    "Scale",
    "counted",
    "counts",
    "draws",
    "fit",
    "grip_height",
    "grips",
    "percent",
    "sample",
    "scale",
    "sigmas",
    "sizes",
    "spread",
    "studies",
    "tails",
]
