"""Spread: what many studies of the same size find, as curves and as points in the landscape."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from explorer.figures import theme
from explorer.figures.likelihood.facts import MOST, Facts, counts, peak
from explorer.figures.likelihood.parts import PLANE, bars, panels, stack, star
from explorer.figures.traces import dots, line, points
from explorer.i18n import _
from explorer.models.checks import Array
from explorer.models.gaussian import Gaussian
from explorer.models.likelihood import Estimates, repeat_study, standard_errors

STUDIES = 1000  # repetitions of a study
DOTS, CURVES = 300, 12  # so many of them are shown as a point, and as a curve
INSIDE_95 = float(np.sqrt(-2 * np.log(0.05)))  # Mahalanobis radius that holds 95 % in a plane
REACH = 3.2  # standard errors around the maximum that the landscape shows


def sizes(n: int) -> list[int]:
    """The sizes a study may have: 5, 10, 20, ... up to that of the data, and to 100 at least."""
    return counts(max(100, min(n, MOST)), 5)


def studies(facts: Facts, seed: int) -> list[Estimates]:
    """What many studies of the data find, one record for each size."""
    return list(repeat_study(facts.x, sizes(len(facts.x)), STUDIES, seed))


def sigmas(found: Estimates, ddof: int = 0) -> Array:
    """The studies' estimates of sigma, (R,), their variance divided by n - ddof."""
    return np.sqrt(found.variance(ddof))


def typical(found: Estimates, ddof: int = 0) -> tuple[float, float]:
    """(mean of the means, root of the mean variance): without bias, (mu, sigma) of the data."""
    return float(found.mean.mean()), float(np.sqrt(found.variance(ddof).mean()))


def spread(
    facts: Facts, found: Sequence[Estimates], ddof: int = 0, zoom: bool = False
) -> go.Figure:
    """The curves that small studies would have drawn, and each study as a point (mu, sigma).

    A film over the size of a study. Dashed, in green: the data's own curve, and what theory says.
    """
    made = panels(facts, (0, 1.1 * facts.top), 470)
    for axis, range_ in _window(facts, found[0].n).items():
        made.layout[axis] |= range_
    made.layout["annotations"] = _legend()
    made.layout["margin"] = {"t": 50}
    stack(made, 700, yaxis=(0.62, 1), yaxis2=(0, 0.42))
    made.add(
        *_moving(facts, found[0], ddof),
        bars(facts, facts.heights, "data"),
        line(facts.grid, facts.best.prob(facts.grid), "truth", 2.5, meta="all"),
        star(*facts.moments.maximum()),
    )
    return made.figure(_frame(facts, one, ddof, zoom) for one in found)


def _legend() -> list[dict]:
    """What the lines and marks are, in their colours, above each panel."""
    left = [
        ("sample", "━ " + _("{count} studies").format(count=CURVES)),
        ("truth", "╍ " + _("all the data")),
    ]
    right = [
        [("sample", "◇ " + _("a study")), ("sample", "◆ " + _("all of them together"))],
        [("truth", "╍ " + _("95 % by theory")), ("model", "━ " + _("3 nats lost"))],
    ]
    return [_caption([left], "x domain", "y domain"), _caption(right, "x2 domain", "y2 domain")]


def _caption(lines: Sequence[Sequence[tuple[str, str]]], x: str, y: str) -> dict:
    spans = [
        "\u2003".join(
            f'<span style="color:{theme.color(role)}">{text}</span>' for role, text in line
        )
        for line in lines
    ]
    place = {"xref": x, "yref": y, "x": 0, "y": 1.01, "xanchor": "left", "yanchor": "bottom"}
    style = {"align": "left", "showarrow": False, "font": {"size": 13}}
    return {"text": "<br>".join(spans), **place, **style}


def _frame(facts: Facts, found: Estimates, ddof: int, zoom: bool) -> dict:
    content = _moving(facts, found, ddof)
    content[0] = {"type": "scatter", "y": content[0]["y"]}  # the rest stays as it is
    moved = {"layout": _window(facts, found.n)} if zoom else {}
    return {"name": f"{found.n:,}", "data": content, "traces": list(range(len(content))), **moved}


def _moving(facts: Facts, found: Estimates, ddof: int) -> list[dict]:
    """What changes with the size of a study."""
    m, s = facts.moments.maximum()
    sigma, (center, width) = sigmas(found, ddof), typical(found, ddof)
    ellipse = Gaussian.from_std([m, s], standard_errors(s, found.n)).ellipse(INSIDE_95, 72)
    # Where n points would lose 3 nats: the log-likelihood's own idea of the same 95 %.
    contour = facts.moments.contour(INSIDE_95**2 / 2 / found.n)
    middle = {"symbol": "diamond", "line": {"color": theme.color("paper"), "width": 2}}
    return [
        _curves(facts, found.mean[:CURVES], sigma[:CURVES]),
        points(found.mean[:DOTS], sigma[:DOTS], "sample", 7, meta="studies", **PLANE),
        line(contour[:, 0], contour[:, 1], "model", 2, meta="3 nats", **PLANE),
        line(ellipse[:, 0], ellipse[:, 1], "truth", 2.5, meta="theory", **PLANE),
        dots([center], [width], "sample", 15, marker=middle, meta="together", **PLANE),
    ]


def _curves(facts: Facts, means: Array, stds: Array) -> dict:
    """Several bells as one broken line. One without width is a spike that nobody could draw."""
    x = np.append(facts.grid[::2], np.nan)  # the gap between one curve and the next
    drawable = np.where(stds > 0, stds, np.nan)[:, None]
    z = (x - means[:, None]) / drawable  # (curves, points)
    bells = np.exp(-(z**2) / 2) * peak(1.0) / drawable
    y = bells.ravel().astype(np.float32)  # half the way to the browser
    return line(np.tile(x, len(means)), y, theme.color("sample", 0.6), 1.5, meta="curves")


def _window(facts: Facts, n: int) -> dict[str, dict]:
    """The part of the landscape where studies of size n end up."""
    m, s = facts.moments.maximum()
    wide, high = (REACH * error for error in standard_errors(s, n))
    return {
        "xaxis2": {"range": [m - wide, m + wide]},
        "yaxis2": {"range": [max(0.0, s - high), s + high]},
    }
