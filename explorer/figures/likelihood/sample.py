"""Sample: data above the axis, draws from the model below it."""

import numpy as np
import plotly.graph_objects as go

from explorer.figures import theme
from explorer.figures.likelihood.facts import MOST, Facts, counts, histogram, nice, peak
from explorer.figures.likelihood.parts import SWIFT, Word, bars, compose, outline, words
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
    traces = [
        bars(facts, 0 * facts.heights, "sample", "drawn"),
        _one_by_one(drawn[:0], top),
        bars(facts, facts.heights, "data"),
        theme.line(facts.grid, bell, width=2.5, meta="curve", **SWIFT),
        theme.line(facts.grid, -bell, width=2.5, meta="mirrored curve", **SWIFT),
        theme.line(np.array(facts.span), np.zeros(2), "ink", 1, **SWIFT),
        words(
            Word(left, 0.9 * top, _("data"), "data", "middle right", 16),
            Word(left, -0.9 * top, _("drawn from the model"), "sample", "middle right", 16),
        ),
    ]
    layout = {"xaxis": theme.axis(facts.label, facts.span), "yaxis": _mirrored(top)}
    frames = [_frame(facts, drawn[:n], top) for n in counts(MOST)]
    return compose(traces, {**layout, "height": 470}, frames=frames)


def _frame(facts: Facts, drawn: Array, top: float) -> go.Frame:
    many = len(drawn) >= ALONE
    heights = histogram(drawn, facts.edges) if many else 0 * facts.heights
    content = [go.Scatter(y=outline(-heights), _validate=False), _one_by_one(drawn, top)]
    return go.Frame(name=f"{len(drawn):,}", data=content, traces=[0, 1], _validate=False)


def _one_by_one(drawn: Array, top: float) -> go.Scatter:
    """The first draws, each a diamond, in a strip under the picture."""
    some = drawn[:SHOWN]
    return theme.points(
        some, np.full(len(some), -1.13 * top), "sample", 10, meta="one by one", **SWIFT
    )


def _mirrored(top: float) -> dict:
    """Densities upwards and downwards from zero, both counted as positive."""
    step = nice(top / 4)
    marks = step * np.arange(-np.floor(top / step), np.floor(top / step) + 1)
    names = [f"{abs(mark):.6g}" for mark in marks]
    return theme.axis(_("density"), (-1.22 * top, 1.05 * top), tickvals=marks, ticktext=names)
