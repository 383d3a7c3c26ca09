"""The picture of a computation: boxes and arrows, filled in forwards and then backwards.

Above a box stands its value (blue), below it the gradient of the result in it (magenta, after a
nabla), on an arrow the slope with which a gradient passes it on the way back.
"""

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from explorer.figures import theme
from explorer.figures.traces import QUIET, Canvas, boxes, filled, line
from explorer.i18n import _
from explorer.models.autograd import Value
from explorer.models.expressions import EXPRESSIONS, Expression, Nodes

#: Where each box stands: columns in the order of the computation, rows so that no arrow crosses.
PLACES: dict[str, dict[str, tuple[float, float]]] = {
    "product": {"x": (0, 1), "y": (0, -1), "a": (1, -0.7), "b": (1, 1), "z": (2, 0)},
    "rosenbrock": {
        "x": (0, 0.9), "y": (0, -1), "a": (1, 0), "b": (2, -0.9), "c": (3, -1.1), "d": (4, -0.6),
        "e": (2, 1), "g": (3.5, 1), "z": (5, 0.3),
    },
    "neuron": {
        "w": (0, 0.9), "b": (0.7, -1), "a": (1, 0.9), "s": (2, 0.1), "h": (3, -0.5), "e": (4, 0.1),
        "L": (5, -0.5),
    },
}  # fmt: skip
HALF_WIDTH, HALF_HEIGHT = 0.34, 0.29


@dataclass(frozen=True, eq=False)
class Computation:
    """The film of one computation, a sentence for each of its frames, and its nodes at the end."""

    figure: go.Figure
    sentences: tuple[str, ...]
    nodes: Nodes

    @property
    def result(self) -> str:
        """The letter of the last node."""
        return next(reversed(self.nodes))


@dataclass
class _Moment:
    """What one frame shows."""

    name: str
    sentence: str
    values: list[str]
    gradients: list[str]
    slopes: list[str]
    active: str  # the node at work, or nothing
    edges: list[int]  # the arrows at work
    back: bool


def short(value: float, digits: int = 4) -> str:
    """A number in so many figures, with a true minus sign."""
    if abs(value) < 1e-12:
        return "0"
    text = f"{value:.0f}" if abs(value) >= 1000 else f"{value:.{digits}g}"
    if abs(value) < 1e-3:
        text = f"{value:.1e}"
    return text.replace("-", "−")


def compute(name: str, x: float, y: float) -> Computation:
    """The expression of that name at (x, y): first all values, then all gradients."""
    expression = EXPRESSIONS[name]
    nodes = expression.build(x, y)
    moments = [*_forwards(expression, nodes), *_backwards(expression, nodes)]
    figure = _draw(name, expression, nodes, moments)
    return Computation(figure, tuple(moment.sentence for moment in moments), nodes)


def _edges(nodes: Nodes) -> list[tuple[str, str, float]]:
    """(parent, child, slope) for every arrow."""
    letter = {id(node): name for name, node in nodes.items()}
    return [
        (letter[id(parent)], child, slope)
        for child, node in nodes.items()
        for parent, slope in zip(node.parents, node.slopes, strict=True)
    ]


def _forwards(expression: Expression, nodes: Nodes) -> list[_Moment]:
    edges, made = _edges(nodes), []
    known = set(expression.inputs)
    first = ", ".join(f"{name} = {short(nodes[name].data)}" for name in expression.inputs)
    order = ["", *expression.texts]
    for number, name in enumerate(order, 1):
        known.add(name)
        sentence = _("Forward: {first}.").format(first=first)
        if name:
            sentence = _("Forward: the next node is {name} = {how} = {value}.").format(
                name=name, how=expression.texts[name], value=short(nodes[name].data)
            )
        made.append(
            _Moment(
                f"{number} →",
                sentence,
                [short(node.data, 3) if key in known else "" for key, node in nodes.items()],
                ["" for _node in nodes],
                [f"×{short(slope, 3)}" if child in known else "" for _p, child, slope in edges],
                name,
                [i for i, (_p, child, _s) in enumerate(edges) if child == name],
                False,
            )
        )
    return made


def _backwards(expression: Expression, nodes: Nodes) -> list[_Moment]:
    edges = _edges(nodes)
    made: list[_Moment] = []
    letter = {id(node): name for name, node in nodes.items()}
    result = next(reversed(nodes))
    reached = {result}
    values = [short(node.data, 3) for node in nodes.values()]
    slopes = [f"×{short(slope, 3)}" for _p, _c, slope in edges]

    def moment(active: str, sentence: str) -> _Moment:
        return _Moment(
            f"{len(expression.texts) + 2 + len(made)} ←",
            sentence,
            values,
            [f"∇ {short(n.grad, 3)}" if key in reached else "" for key, n in nodes.items()],
            slopes,
            active,
            [i for i, (_p, child, _s) in enumerate(edges) if child == active],
            True,
        )

    for node in nodes[result].backward():
        name = letter[id(node)]
        if name in expression.inputs:
            continue
        reached |= {letter[id(parent)] for parent in node.parents}
        made.append(moment(name, _handed_on(name, node, letter)))
    ends = ", ".join(f"∂{result}/∂{key} = {short(nodes[key].grad)}" for key in expression.inputs)
    at = ", ".join(f"{key} = {short(nodes[key].data)}" for key in expression.inputs)
    done = _("Done: at {at} the result is {result} = {value} and its gradient {ends}.")
    made.append(
        moment("", done.format(at=at, result=result, value=short(nodes[result].data), ends=ends))
    )
    return made


def _handed_on(name: str, node: Value, letter: dict[int, str]) -> str:
    shares = ", ".join(
        _("{slope} × {grad} to {parent}").format(
            slope=short(slope), grad=short(node.grad), parent=letter[id(parent)]
        )
        for parent, slope in zip(node.parents, node.slopes, strict=True)
    )
    return _("Backward: {name} has gradient {grad} and hands on {shares}.").format(
        name=name, grad=short(node.grad), shares=shares
    )


# ---- drawing -----------------------------------------------------------------------------------


def _draw(name: str, expression: Expression, nodes: Nodes, moments: list[_Moment]) -> go.Figure:
    places = PLACES[name]
    centre = np.array([places[key] for key in nodes])
    edges = _edges(nodes)
    ends = [_ends(places[parent], places[child]) for parent, child, _slope in edges]
    right = centre[:, 0].max() + 0.4
    canvas = Canvas.empty(("", ""), (-0.4, right), (-1.75, 1.75), 400)
    for axis in ("xaxis", "yaxis"):
        canvas.layout[axis]["visible"] = False
    canvas.layout["margin"] = {"l": 4, "r": 4, "t": 4, "b": 4}
    canvas.narrow, canvas.narrow_height = {"margin": {"l": 2, "r": 2, "t": 4, "b": 4}}, 340
    shift = np.array([0, HALF_HEIGHT])
    middles, empty = np.array([_beside(*end) for end in ends]), [""] * len(nodes)
    canvas.add(
        _arrows(ends, "muted", 1.5, 9),
        _arrows([], "condition", 3, 12),
        filled(_rectangles(centre), theme.color("muted", 0.14), 1.5, "muted"),
        filled(_rectangles(centre[:0]), theme.color("condition", 0.25), 3, "condition"),
        _texts(centre, [_inside(key, expression) for key in nodes], "ink", 14, "middle center"),
        _texts(centre + shift, empty, "model", 15, "top center"),
        _texts(centre - shift, empty, "condition", 15, "bottom center"),
        _texts(middles, [""] * len(ends), "muted", 13, [_side(*end) for end in ends]),
    )  # fmt: skip
    frames = [_frame(moment, centre, list(nodes), ends) for moment in moments]
    for index, change in zip(frames[-1]["traces"], frames[-1]["data"], strict=True):
        canvas.traces[index].update(change)  # the picture opens on its last frame
    return canvas.figure(frames)


def _frame(moment: _Moment, centre: np.ndarray, names: list[str], ends: list) -> dict:
    role = "condition" if moment.back else "model"
    at_work = centre[[names.index(moment.active)]] if moment.active else centre[:0]
    moving = [ends[i][::-1] if moment.back else ends[i] for i in moment.edges]
    arrows, box = _arrows(moving, role, 3, 12), _rectangles(at_work)
    return {
        "name": moment.name,
        "traces": [1, 3, 5, 6, 7],
        "data": [
            {"type": "scatter", **{key: arrows[key] for key in ("x", "y", "line", "marker")}},
            {"type": "scatter", **box, "line": {"color": theme.color(role), "width": 3},
             "fillcolor": theme.color(role, 0.25)},
            {"type": "scatter", "text": moment.values},
            {"type": "scatter", "text": moment.gradients},
            {"type": "scatter", "text": moment.slopes},
        ],
    }  # fmt: skip


def _inside(key: str, expression: Expression) -> str:
    how = expression.texts.get(key)
    return f"<b>{key}</b><br>{how}" if how else f"<b>{key}</b>"


def _rectangles(centre: np.ndarray) -> dict[str, np.ndarray]:
    """Boxes around the given points; a single point outside of the picture stands for none."""
    if not len(centre):
        return {"x": np.array([-9.0, -9.0]), "y": np.array([-9.0, -9.0])}
    x, y = centre.T
    return boxes(x - HALF_WIDTH, x + HALF_WIDTH, y - HALF_HEIGHT, y + HALF_HEIGHT)


def _ends(
    parent: tuple[float, float], child: tuple[float, float]
) -> tuple[tuple[float, float], tuple[float, float]]:
    """An arrow's ends: the right edge of one box and the left edge of the next."""
    return (parent[0] + HALF_WIDTH, parent[1]), (child[0] - HALF_WIDTH, child[1])


def _beside(start: tuple[float, float], end: tuple[float, float]) -> tuple[float, float]:
    """Where an arrow's slope is written: at its middle."""
    return (start[0] + end[0]) / 2, (start[1] + end[1]) / 2 + 0.02


def _side(start: tuple[float, float], end: tuple[float, float]) -> str:
    """Over a level arrow, to the right of a steep one."""
    return "middle right" if abs(end[1] - start[1]) > 0.55 else "top center"


def _arrows(ends: list, role: str, width: float, size: float) -> dict:
    """Arrows as one path with gaps; a path outside of the picture stands for none."""
    x, y, sizes = [], [], []
    for (x0, y0), (x1, y1) in ends or [((-9, -9), (-9, -9))]:
        x += [x0, x1, None]
        y += [y0, y1, None]
        sizes += [0, size, 0]
    marker = {
        "symbol": "arrow", "angleref": "previous", "size": sizes, "color": theme.color(role),
        "opacity": 1, "line": {"width": 0},
    }  # fmt: skip
    return line(x, y, role, width, mode="lines+markers", marker=marker)


def _texts(
    at: np.ndarray, words: list[str], role: str, size: int, position: str | list[str]
) -> dict:
    style = {"color": theme.color(role), "size": size}
    return {
        "type": "scatter", "x": at[:, 0], "y": at[:, 1], "mode": "text", "text": words,
        "textposition": position, "textfont": style, "cliponaxis": False, **QUIET,
    }  # fmt: skip
