"""Pictures of the `normal` lesson: an area under the bell, and a bell that forms from sums."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from explorer.figures import theme
from explorer.models.gaussian import Gaussian


def area(
    bell: Gaussian,
    a: float,
    b: float,
    x_range: Sequence[float] = (-10.0, 10.0),
    x_title: str = "x",
    y_title: str = "density",
) -> go.Figure:
    """The density of a 1-D Gaussian with the area between a and b filled and its size written in.

    The height axis fits the curve; the x axis stays, so that wider and narrower can be compared.
    """
    mu, sigma = bell.mu_sigma()
    a, b = min(a, b), max(a, b)
    x = np.unique(
        np.concatenate([np.linspace(*x_range, 241), mu + sigma * np.linspace(-4, 4, 121)])
    )
    peak = float(bell.prob(np.array([mu]))[0])
    figure = theme.figure(x_title, y_title, x_range, (0, 1.18 * peak))
    inside = np.concatenate([[a], x[(x > a) & (x < b)], [b]])
    figure.add_trace(
        go.Scatter(
            x=inside,
            y=bell.prob(inside),
            fill="tozeroy",
            mode="none",
            fillcolor=theme.color("model", 0.28),
            hoverinfo="skip",
        )
    )
    figure.add_trace(
        theme.line(x, bell.prob(x), hovertemplate="x = %{x:.3g}<br>p(x) = %{y:.4g}<extra></extra>")
    )
    for end in (a, b):
        figure.add_trace(theme.vertical(end, 0, 1.18 * peak))
    share = f"<b>{100 * float(bell.interval(a, b)):.2f} %</b>"
    figure.add_trace(theme.label((a + b) / 2, 0.42 * peak, share, "model", 22, "middle center"))
    figure.add_trace(theme.label(mu, 0, "▲ μ", "model", 14))
    return figure
