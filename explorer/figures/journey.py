"""The map of the journey: one thumbnail per lesson, and arrows from each lesson to those that
build on it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from explorer.figures import theme
from explorer.figures.thumbnails import THUMBNAILS, Thumbnail, blank
from explorer.figures.traces import Canvas, dots, line, text


@dataclass(frozen=True)
class Node:
    """One lesson on the map: where its title is written and what it builds on."""

    slug: str
    title: str
    needs: tuple[str, ...]


def chart(nodes: Sequence[Node]) -> go.Figure:
    """Lessons from left to right in catalogue order; arcs below join those that are not neighbours.

    A lesson without a thumbnail gets an empty frame. On a phone two columns, without arrows.
    """
    count = len(nodes)
    made = Canvas.empty(x_range=(0, count), y_range=(-0.55, 1), height=290)
    for axis in ("xaxis", "yaxis"):
        made.layout[axis] |= {"visible": False, "domain": [0, 1]}
    made.layout["margin"] = {"l": 4, "r": 4, "t": 4, "b": 4}
    made.narrow, made.narrow_height = _two_columns(nodes), 150 * ((count + 1) // 2) + 20
    place = {node.slug: index for index, node in enumerate(nodes)}
    for index, node in enumerate(nodes):
        for need in node.needs:
            if need in place:
                made.add(*_arrow(place[need], index))
    for index, node in enumerate(nodes):
        made.add(text(index + 0.5, 0.02, f"<b>{node.title}</b>", "ink", 14, at="bottom center"))
        _place(made, index, count, THUMBNAILS.get(node.slug, blank)())
    return made.figure()


def _arrow(start: int, end: int) -> list[dict]:
    """Straight to a neighbour, in an arc below the titles to a lesson further on."""
    if end == start + 1:
        x, y, angle = np.array([start + 0.88, end + 0.11]), np.array([0.55, 0.55]), 90
    else:
        turn, depth = np.linspace(0, np.pi, 41), 0.09 * (end - start)
        x = (start + end + 1) / 2 - (end - start - 0.1) / 2 * np.cos(turn)
        y, angle = -0.15 - depth * np.sin(turn), 0
    head = {"symbol": "arrow", "angle": angle}
    return [line(x, y, "muted", 2), dots(x[-1:], y[-1:], "muted", 11, marker=head)]


def _place(made: Canvas, index: int, count: int, thumbnail: Thumbnail) -> None:
    axis = str(index + 2)
    frame: dict = {
        "showticklabels": False, "ticks": "", "showgrid": False, "mirror": True, "nticks": 2,
        "linecolor": theme.color("grid"), "linewidth": 1,
    }  # fmt: skip
    left, right = (index + 0.12) / count, (index + 0.88) / count
    made.layout[f"xaxis{axis}"] = theme.axis(
        "", thumbnail.x_range, **frame, domain=[left, right], anchor=f"y{axis}"
    )
    made.layout[f"yaxis{axis}"] = theme.axis(
        "", thumbnail.y_range, **frame, domain=[0.42, 0.98], anchor=f"x{axis}"
    )
    corner = thumbnail.x_range[0], thumbnail.y_range[1]
    number = text(*corner, f" {index + 1}", "muted", at="bottom right")
    for trace in [*thumbnail.traces, number]:
        made.add({**trace, "xaxis": f"x{axis}", "yaxis": f"y{axis}", "hoverinfo": "skip"})


def _two_columns(nodes: Sequence[Node]) -> dict:
    """The phone's layout: thumbnails two by two; the cards below carry the titles."""
    rows = (len(nodes) + 1) // 2
    layout: dict = {"yaxis.range": [5, 6]}  # titles and arrows out of sight
    for index in range(len(nodes)):
        row, column = divmod(index, 2)
        top = 1 - row / rows
        layout[f"xaxis{index + 2}.domain"] = [0.52 * column, 0.52 * column + 0.48]
        layout[f"yaxis{index + 2}.domain"] = [top - 0.9 / rows, top]
    return layout
