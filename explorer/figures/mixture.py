"""Two views of the `mixture` lesson: the density over the data, and "whose point is this?"."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from explorer.figures import mixture_canvas as base
from explorer.figures import theme
from explorer.figures import traces as t
from explorer.figures.traces import Canvas
from explorer.i18n import _
from explorer.models.mixture import Mixture


@dataclass(frozen=True)
class Score:
    """Log-likelihood per point in nats: set by hand, of one normal, and the best EM found."""

    yours: float
    single: float
    best: float | None

    def halfway(self) -> bool:
        """Whether the hand has left one normal and come half the way towards EM."""
        goal = self.single + 0.1 if self.best is None else (self.single + self.best) / 2
        return self.yours > goal

    def within_reach(self, nats: float = 0.1) -> bool:
        """Whether the hand came that close to EM."""
        return self.best is not None and self.yours >= self.best - nats


def density(mixture: Mixture, x: np.ndarray, labels: Sequence[str], score: Score) -> go.Figure:
    """The data (N, D) under the mixture, and how well it does on a scale of log-likelihood."""
    made = base.canvas(mixture, x, labels, beside=False)
    made.add(base.name_stretch())
    if x.shape[1] == 2:
        made.add(*base.bands(mixture, x))
    made.add(*base.data(mixture, x), *base.components(mixture, x))
    made.add(*_scale(made, score))
    made.layout["yaxis"]["domain"] = [0.25, 0.9]
    made.narrow, made.narrow_height = {"yaxis.domain": [0.27, 0.88]}, 560
    return made.figure()


def ask(mixture: Mixture, x: np.ndarray, labels: Sequence[str], place: np.ndarray) -> go.Figure:
    """The responsibilities at `place` (D,) as bars; every data point in its mixed colour."""
    made = base.canvas(mixture, x, labels, beside=True)
    made.add(base.name_stretch())
    if x.shape[1] == 2:
        made.add(*base.bands(mixture, x, strength=0.28))
    mixed = theme.blend(mixture.responsibilities(base.few_of(x)))
    made.add(*base.data(mixture, x, mixed), *base.components(mixture, x))
    made.add(*_question(mixture, x, place))
    posterior = mixture.responsibilities(place[None])[0]
    digits = 1 if len(posterior) < 4 else 0  # little room above five bars
    texts = [f"{100 * share:.{digits}f} %" for share in posterior]
    made.add(*base.bars(made, mixture, posterior, texts, _("responsibility (outline: weight π)")))
    return made.figure()


def _question(mixture: Mixture, x: np.ndarray, place: np.ndarray) -> list[dict]:
    """The point that is asked about; on the line also how high each component stands there."""
    if x.shape[1] == 2:
        mark = t.dots(place[:1], place[1:], "condition", 14, marker={"symbol": "diamond"})
        name = t.text(
            float(place[0]), float(place[1]), "<b>x</b>", "condition", 18, at="bottom right"
        )
        return [mark, name]
    heights = np.exp(mixture.log_joint(place[None])[0])
    marker = {"symbol": "line-ew-open", "line": {"width": 4}}
    at = np.full(len(heights), place[0])
    rungs = t.dots(at, heights, base.colors(len(heights)), 12, marker=marker)
    return [t.vertical(float(place[0]), 0, base.peak(mixture, x)), rungs]


def _scale(made: Canvas, score: Score) -> list[dict]:
    """Nats per point from bad (left) to good (right): one normal, the hand, and EM."""
    best = score.single if score.best is None else max(score.best, score.single)
    span = max(best - score.single, 0.02 * abs(best), 1e-3)
    low, high = score.single - 0.8 * span, max(best, score.yours) + 0.22 * span
    title = _("log-likelihood per point (nats) → fits better")
    bare = {"showgrid": False, "showticklabels": False, "ticks": ""}
    made.layout["xaxis4"] = theme.axis(title, (low, high), domain=[0, 1], anchor="y4", **bare)
    made.layout["yaxis4"] = t.bare((-1.3, 1.5), domain=[0, 0.1], anchor="x4")
    where = {"xaxis": "x4", "yaxis": "y4"}
    marks = [(score.single, _("one normal"), "data", "top left")]
    if score.best is not None and best - score.single > 1e-6:
        marks.append((score.best, _("best by EM"), "truth", "top left"))
    side = "bottom right" if score.yours < low + 0.2 * (high - low) else "bottom center"
    marks.append((score.yours, _("yours"), "model", side))
    traces = [t.line([low, high], [0, 0], "muted", 2, **where)]
    for value, name, role, at in marks:
        words = f"{'◀ ' if value < low else ''}{name} {value:.3f}".replace("-", "−")
        symbol = "diamond" if role == "model" else "line-ns-open"
        marker = {"symbol": symbol, "line": {"width": 4, "color": theme.color(role)}}
        mark = t.text(max(value, low), 0, words, role, 14, at=at, **where)
        drawn = t.dots(mark["x"], mark["y"], role, 16, marker=marker)
        traces.append({**drawn, **mark, "mode": "markers+text"})
    return traces
