"""Pictures of the `convolution` lesson: one window, the whole picture, and a stack of layers.

Pictures are drawn to one scale: a pixel of the answer is as large as a pixel of the input. Rows
and columns of the answer are counted from 1, as the learner reads them.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from explorer.figures import theme
from explorer.figures import traces as t
from explorer.figures.picture import Picture
from explorer.figures.traces import Canvas
from explorer.i18n import _
from explorer.models.convolution import correlate, max_pool, pad, patch, relu

WHOLE_FILM = 100  # places; a longer film shows the window's own row only
POOL = 2  # pixels along one side of a block
BLACK, WHITE = "rgb(12,14,18)", "rgb(250,250,250)"  # a picture's own; the same in both themes
GREY = [[0.0, BLACK], [1.0, WHITE]]
HALVES = ((0.0, 0.49), (0.51, 1.0))
TOP = 0.1  # of a panel's side, for its title
WIDE = ((0.0, 0.385), (0.435, 0.565), (0.615, 1.0))  # input, numbers, answer
MARGIN = {"l": 6, "r": 6, "t": 6, "b": 6}


def window(
    image: np.ndarray,
    kernel: np.ndarray,
    stride: int = 1,
    padding: int = 0,
    row: int = 1,
    column: int = 1,
    cut: bool = False,
) -> Picture:
    """The window at one place of `image`, its nine products, and the answer as far as it is made.

    The film visits every place of a small picture, or every place of the window's row.
    """
    answer = correlate(image, kernel, stride, padding)
    made = _canvas(470)
    side = max(len(image) + 2 * padding, *answer.shape) + 1
    _picture(made, 1, WIDE[0], (0, 1), image, side, _size(_("Input"), image), _grey())
    _frame_of_zeros(made, len(image), padding)
    heights = ((0.70, 1.0), (0.39, 0.69), (0.0, 0.37))
    for number, height in zip((2, 3, 4), heights, strict=True):
        _axes(made, number, WIDE[1], height, (-0.6, 2.6), (3.4 if number == 4 else 2.6, -1.15))
    shade = shading(answer, cut)
    made.add(*_grid(3, np.asarray(kernel, float), _("× kernel")))
    made.add(t.text(1, -0.6, _("window"), **_on(2)), t.text(1, -0.6, _("= products"), **_on(4)))
    _picture(made, 5, WIDE[2], (0, 1), answer, side, _size(_("Output"), answer), shade)
    made.add(_caption(5, answer, side, shade))
    made.narrow, made.narrow_height = _stacked(), 920
    places = route(answer.shape, row)
    first = len(made.traces)
    padded, loudest = pad(image, padding), _loudest(kernel, image)
    film = [
        _at_a_place(patch(padded, len(kernel), r - 1, c - 1, stride), kernel, loudest)
        + _marks(len(kernel), stride, padding, answer, r - 1, c - 1)
        for r, c in places
    ]
    now = film[places.index((row, column))]
    still = [*_still(loudest), *_still_marks()]
    made.add(*(merged(base, change) for base, change in zip(still, now, strict=True)))
    indices = list(range(first, len(made.traces)))
    return made.figure(
        {"name": f"{r}, {c}", "data": [{"type": "scatter", **change} for change in changes],
         "traces": indices, "layout": _grip(changes[5])}
        for (r, c), changes in zip(places, film, strict=True)
    )  # fmt: skip


def merged(base: dict, change: dict) -> dict:
    """A trace with a frame's changes, as the browser merges them."""
    style = {"textfont": {**base["textfont"], **change["textfont"]}} if "textfont" in change else {}
    return {**base, **change, **style}


def route(shape: Sequence[int], row: int) -> list[tuple[int, int]]:
    """The places (row, column) that the film visits, counted from 1."""
    rows, columns = shape
    every = range(1, rows + 1) if rows * columns <= WHOLE_FILM else [row]
    return [(r, c) for r in every for c in range(1, columns + 1)]


def _still(loudest: float) -> list[dict]:
    """Of the numbers under the window, what stays from place to place."""
    return [
        *_cells(2, _grey()),
        *_cells(4, _diverging(loudest)),
        t.text(1, 2.95, "", "condition", 17, at="middle center", **_on(4)),
    ]


def _at_a_place(x: np.ndarray, kernel: np.ndarray, loudest: float) -> list[dict]:
    """What the traces of `_still` show over the window's pixels `x`."""
    ink = [WHITE if v < 0.5 else BLACK for v in x.ravel().tolist()]
    products = x * kernel
    total = {"text": [f"<b>Σ = {short(float(products.sum()))}</b>"]}
    return [*_numbers(x, ink), *_numbers(products, _ink(products, loudest)), total]


def _loudest(kernel: np.ndarray, image: np.ndarray) -> float:
    """No product of the two is larger."""
    return float(np.abs(kernel).max() * max(1.0, float(image.max()))) or 1.0


def _still_marks() -> list[dict]:
    """The window on the input, the pixel it makes, and a veil over those that come later."""
    return [
        t.line([], [], "condition", 3),
        {**t.filled({"x": [], "y": []}, theme.color("paper", 0.88)), **_on(5)},
        {**t.line([], [], "condition", 3), **_on(5)},
    ]


def _marks(size: int, stride: int, padding: int, answer: np.ndarray, r: int, c: int) -> list[dict]:
    """Where the marks are at one place; row and column counted from 0."""
    left, top = c * stride - padding - 0.5, r * stride - padding - 0.5
    return [
        _box(left, left + size, top, top + size),
        _veil(answer.shape, r, c),
        _box(c - 0.5, c + 0.5, r - 0.5, r + 0.5),
    ]


def _grip(box: dict) -> dict:
    """Where the handle sits while the film runs: in the middle of the window."""
    middle = [(min(box[axis]) + max(box[axis])) / 2 for axis in "xy"]
    return {"meta": {"handles": {"window": middle}}}


def _veil(shape: Sequence[int], row: int, column: int) -> dict:
    """The outline of everything that comes after (row, column): not computed yet."""
    bottom, right = shape[0] - 0.5, shape[1] - 0.5
    x = [column + 0.5, right, right, -0.5, -0.5, column + 0.5, column + 0.5]
    y = [row - 0.5, row - 0.5, bottom, bottom, row + 0.5, row + 0.5, row - 0.5]
    return {"x": x, "y": y}


def whole(
    image: np.ndarray,
    kernel: np.ndarray,
    stride: int = 1,
    padding: int = 0,
    cut: bool = False,
) -> Picture:
    """Input, kernel and output side by side."""
    answer = correlate(image, kernel, stride, padding)
    made = _canvas(430)
    side = max(len(image) + 2 * padding, *answer.shape) + 1
    _picture(made, 1, (0, 0.41), (0, 1), image, side, _size(_("Input"), image), _grey())
    _frame_of_zeros(made, len(image), padding)
    _axes(made, 2, (0.435, 0.565), (0.3, 0.75), (-0.6, 2.6), (3.3, -1.15))
    made.add(*_grid(2, np.asarray(kernel, float), _("Kernel")))
    total = _("sum {total}").format(total=short(float(np.sum(kernel))))
    made.add(t.text(1, 2.95, total, "muted", 14, at="middle center", **_on(2)))
    shade = shading(answer, cut)
    _picture(made, 3, (0.59, 1), (0, 1), answer, side, _size(_("Output"), answer), shade)
    made.add(_caption(3, answer, side, shade))
    made.narrow = {
        "xaxis.domain": [0.06, 0.94], "yaxis.domain": [0.59, 1],
        "xaxis2.domain": [0.3, 0.7], "yaxis2.domain": [0.40, 0.59],
        "xaxis3.domain": [0.06, 0.94], "yaxis3.domain": [0, 0.40],
    }  # fmt: skip
    made.narrow_height = 880
    return made.figure()


def stack(
    image: np.ndarray,
    kernel: np.ndarray,
    stride: int = 1,
    padding: int = 0,
    row: int = 1,
    column: int = 1,
) -> Picture:
    """Convolution, then ReLU, then the largest of each block; and what one pooled pixel sees.

    row, column: of the pooled picture, counted from 1.
    """
    answer = correlate(image, kernel, stride, padding)
    kept = relu(answer)
    pooled = max_pool(kept, POOL)
    made = _canvas(600)
    side = max(len(image) + 2 * padding, *answer.shape) + 1
    top = max(1.0, float(kept.max()))
    steps = [
        (_size(_("Input"), image), image, _grey()),
        (_size(_("Convolution"), answer), answer, shading(answer)),
        (_size("ReLU", kept), kept, _grey(top)),
        (_size(_("Pooled"), pooled), pooled, _grey(top)),
    ]
    for number, (title, values, shade) in enumerate(steps, 1):
        below, beside = divmod(number - 1, 2)
        _picture(made, number, HALVES[beside], HALVES[1 - below], values, side, title, shade)
    _frame_of_zeros(made, len(image), padding)
    r, c = POOL * (row - 1), POOL * (column - 1)
    left, up = c * stride - padding - 0.5, r * stride - padding - 0.5
    seen = sees(len(kernel), stride)
    made.add(_outline(1, left, left + seen, up, up + seen))
    for number in (2, 3):
        made.add(_outline(number, c - 0.5, c + POOL - 0.5, r - 0.5, r + POOL - 0.5))
    made.add(_outline(4, column - 1.5, column - 0.5, row - 1.5, row - 0.5))
    made.narrow, made.narrow_height = {"yaxis.domain": [0.51, 1]}, 420
    return made.figure()


def sees(kernel: int, stride: int) -> int:
    """How many input pixels, along one side, a pooled pixel depends on."""
    return (POOL - 1) * stride + kernel


# ------------------------------------------------------------------------------- shades


def shading(values: np.ndarray, cut: bool = False) -> dict:
    """How to colour an answer: red below zero and blue above if it goes below, else as a picture.

    cut: as a screen does, black at 0 and below, white at 1 and above.
    """
    if cut or values.min(initial=0) > -1e-9:
        return _grey()
    return _diverging(float(np.abs(values).max()))


def _grey(top: float = 1.0) -> dict:
    return {"colorscale": GREY, "zmin": 0.0, "zmax": top}


def _diverging(most: float) -> dict:
    return {"colorscale": theme.diverging(), "zmin": -most, "zmax": most}


def _ink(values: np.ndarray, most: float) -> list[str]:
    """Text on coloured cells: the page's colour where a cell is strongly coloured."""
    dark, light = theme.color("ink"), theme.color("paper")
    return [light if abs(v) > 0.55 * most else dark for v in values.ravel().tolist()]


# ------------------------------------------------------------------------------- parts


def _canvas(height: int) -> Canvas:
    return Canvas({"template": theme.STYLE, "height": height, "margin": MARGIN})


def _on(number: int) -> dict[str, Any]:
    """The pair of axes that a trace belongs to."""
    return {} if number == 1 else {"xaxis": f"x{number}", "yaxis": f"y{number}"}


def _axes(
    made: Canvas, number: int, across: Sequence[float], up: Sequence[float],
    x_range: Sequence[float], y_range: Sequence[float],
) -> None:  # fmt: skip
    """A pair of axes with square cells, row 0 on top."""
    name = "" if number == 1 else str(number)
    made.layout[f"xaxis{name}"] = t.bare(
        x_range, domain=list(across), anchor=f"y{name}", constrain="domain"
    )
    made.layout[f"yaxis{name}"] = t.bare(
        y_range, domain=list(up), anchor=f"x{name}", scaleanchor=f"x{name}", constrain="domain"
    )


def _picture(
    made: Canvas, number: int, across: Sequence[float], up: Sequence[float],
    values: np.ndarray, side: float, title: str, shade: dict,
) -> None:  # fmt: skip
    """A picture in a panel that is `side` pixels wide, with its title above."""
    rows, columns = values.shape
    x, y = (columns - 1) / 2, (rows - 1) / 2
    _axes(
        made, number, across, up,
        (x - side / 2, x + side / 2), (y + (0.5 + 0.8 * TOP) * side, y - (0.5 + TOP) * side),
    )  # fmt: skip
    made.add(
        {"type": "heatmap", "z": t.small(values), "showscale": False,
         "hovertemplate": "%{z:.3g}<extra></extra>", **shade, **_on(number)},
        _edge(number, rows, columns),
        t.text(x, y - 0.5 * side, title, at="top center", **_on(number)),
    )  # fmt: skip


def _edge(number: int, rows: int, columns: int) -> dict:
    """A thin line around a picture: a white one would be lost on a white page."""
    box = _box(-0.5, columns - 0.5, -0.5, rows - 0.5)
    return {**t.line(box["x"], box["y"], "muted", 0.75), **_on(number)}


def _size(title: str, values: np.ndarray) -> str:
    return f"{title} {values.shape[0]} × {values.shape[1]}"


def _caption(number: int, values: np.ndarray, side: float, shade: dict) -> dict:
    """Under an answer: what its colours mean."""
    rows, columns = values.shape
    words = _("black 0, white 1")
    if shade["zmin"] < 0:
        words = _("red −{most}, blue +{most}").format(most=short(shade["zmax"]))
    place = (columns - 1) / 2, (rows - 1) / 2 + 0.5 * side
    return t.text(*place, words, "muted", 13, at="bottom center", **_on(number))


def _frame_of_zeros(made: Canvas, length: int, padding: int) -> None:
    """The padding, as a dashed outline around the input."""
    if padding:
        low, high = -padding - 0.5, length + padding - 0.5
        trace = t.line(**t.boxes(low, high, low, high), color="muted", width=1.5)
        made.add({**trace, "line": {**trace["line"], "dash": "dot"}})


def _outline(number: int, left: float, right: float, top: float, bottom: float) -> dict:
    box = _box(left, right, top, bottom)
    return {**t.line(box["x"], box["y"], "condition", 3), **_on(number)}


def _box(left: float, right: float, top: float, bottom: float) -> dict:
    return {"x": [left, right, right, left, left], "y": [top, top, bottom, bottom, top]}


def _grid(number: int, values: np.ndarray, title: str) -> list[dict]:
    """A kernel with its numbers written in."""
    most = float(np.abs(values).max()) or 1.0
    numbers = _numbers(values, _ink(values, most))
    cells = zip(_cells(number, _diverging(most)), numbers, strict=True)
    return [*(merged(*pair) for pair in cells), t.text(1, -0.6, title, **_on(number))]


def _cells(number: int, shade: dict, side: int = 3) -> tuple[dict, dict]:
    """Coloured cells, and the places of the numbers on them."""
    coloured = {
        "type": "heatmap", "z": [], "showscale": False, "xgap": 1, "ygap": 1,
        "hoverinfo": "skip", **shade, **_on(number),
    }  # fmt: skip
    written = {
        "type": "scatter", "mode": "text", "hoverinfo": "skip", "textfont": {"size": 13},
        "x": [i % side for i in range(side**2)], "y": [i // side for i in range(side**2)],
        **_on(number),
    }  # fmt: skip
    return coloured, written


def _numbers(values: np.ndarray, ink: list[str]) -> tuple[dict, dict]:
    """What `_cells` show: the cells' values, and the numbers in their ink."""
    text = [short(v) for v in values.ravel().tolist()]
    return {"type": "heatmap", "z": t.small(values)}, {"text": text, "textfont": {"color": ink}}


def _stacked() -> dict:
    """On a narrow screen: the input, the three grids in a row, the answer."""
    return {
        "xaxis.domain": [0.06, 0.94], "yaxis.domain": [0.60, 1],
        "xaxis2.domain": [0, 0.31], "yaxis2.domain": [0.42, 0.59],
        "xaxis3.domain": [0.345, 0.655], "yaxis3.domain": [0.42, 0.59],
        "xaxis4.domain": [0.69, 1], "yaxis4.domain": [0.40, 0.59],
        "xaxis5.domain": [0.06, 0.94], "yaxis5.domain": [0, 0.40],
    }  # fmt: skip


def short(value: float) -> str:
    """A number of at most three figures, with a proper minus."""
    size = abs(value)
    text = f"{size:.0f}" if size >= 99.5 else f"{size:.1f}" if size >= 9.995 else f"{size:.2f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text if value >= 0 or text == "0" else f"−{text}"
