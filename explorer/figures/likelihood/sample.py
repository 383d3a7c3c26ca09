"""Sample: data above the axis, draws from the model below it."""

import numpy as np
import plotly.graph_objects as go

from explorer.figures.likelihood.facts import MOST, Facts, counts, histogram, nice, peak
from explorer.figures.likelihood.parts import bars, outline, words
from explorer.figures.traces import Canvas, line, points, text
from explorer.i18n import _
from explorer.models.checks import Array
from explorer.models.gaussian import Gaussian

ALONE = 20  # fewer draws than this are shown one by one only: their bars would be a picket fence
SHOWN = 100  # draws that are shown one by one


def draws(mu: float, sigma: float, seed: int, n: int = MOST) -> Array:
    """n numbers from the model, (n,): x = mu + sigma z, with the z that belong to this seed."""
    return Gaussian.from_std(mu, sigma).sample(n, seed)[:, 0]


def sample(facts: Facts, mu: float, sigma: float, seed: int) -> go.Figure:
    """Data and draws back to back, as in a mirror; a film of more and more draws."""
    drawn = draws(mu, sigma, seed)
    bell = Gaussian.from_std(mu, sigma).prob(facts.grid)
    top = 1.25 * max(float(facts.heights.max()), peak(facts.moments.std))
    left = facts.span[0] + 0.01 * (facts.span[1] - facts.span[0])
    y_range = (-1.22 * top, 1.05 * top)
    made = Canvas.empty((facts.label, _("density")), facts.span, y_range, 470)
    made.layout["yaxis"] |= _mirrored(top)
    made.add(
        bars(facts, 0 * facts.heights, "sample", "drawn"),
        _one_by_one(drawn[:0], top),
        bars(facts, facts.heights, "data"),
        line(facts.grid, bell, width=2.5, meta="curve"),
        line(facts.grid, -bell, width=2.5, meta="mirrored curve"),
        line(np.array(facts.span), np.zeros(2), "ink", 1),
        words(
            text(left, 0.9 * top, _("data"), "data", 16, at="middle right"),
            text(left, -0.9 * top, _("drawn from the model"), "sample", 16, at="middle right"),
        ),
    )
    return made.figure(_frame(facts, drawn[:n], top) for n in counts(MOST))


def _frame(facts: Facts, drawn: Array, top: float) -> dict:
    many = len(drawn) >= ALONE
    heights = histogram(drawn, facts.edges) if many else 0 * facts.heights
    content = [{"type": "scatter", "y": outline(-heights)}, _one_by_one(drawn, top)]
    return {"name": f"{len(drawn):,}", "data": content, "traces": [0, 1]}


def _one_by_one(drawn: Array, top: float) -> dict:
    """The first draws, each a diamond, in a strip under the picture."""
    some = drawn[:SHOWN]
    return points(some, np.full(len(some), -1.13 * top), "sample", 10, meta="one by one")


def _mirrored(top: float) -> dict:
    """Marks of an axis whose densities go up and down from zero, both counted as positive."""
    step = nice(top / 4)
    marks = step * np.arange(-np.floor(top / step), np.floor(top / step) + 1)
    names = [f"{abs(mark):.6g}" for mark in marks]
    return {"tickvals": marks, "ticktext": names}
