"""`convolution`: nine numbers slide over a picture; each place gives one sum."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from explorer.components.digitpad import digitpad, encoded
from explorer.components.stage import Handle, stage
from explorer.data import pictures
from explorer.figures import convolution as figures
from explorer.figures import convolution_words as words
from explorer.figures import theme
from explorer.i18n import _
from explorer.models.convolution import (
    KERNELS,
    correlate,
    max_pool,
    output_size,
    patch,
    relu,
)
from explorer.ui.frame import Check, Lesson
from explorer.ui.state import integer

lesson = Lesson("convolution")
lesson.opening()
controls, state = lesson.controls, lesson.state
NAMES = [f"k{i}{j}" for i in (1, 2, 3) for j in (1, 2, 3)]
FIRST = "vertical"  # the kernel to begin with
DRAWN = "convolution.drawn"  # the learner's drawing, kept while other pages are open


@dataclass(frozen=True, eq=False)
class Layer:
    """What the controls say: a picture, the Python source that makes it, and the layer over it."""

    image: np.ndarray
    source: str
    kernel: np.ndarray
    stride: int
    padding: int

    @property
    def setting(self) -> tuple:
        """The arguments that every figure of this lesson begins with."""
        return self.image, self.kernel, self.stride, self.padding


def choose_picture(view: str) -> tuple[str, np.ndarray, str]:
    """Which picture, its pixels, and its source. Small pictures suit one window, large ones all."""
    options = {"digit": _("A digit, 8 × 8"), "scene": _("A house"), "yours": _("Your drawing")}
    name, first = ("image", "digit") if view == "window" else ("picture", "scene")
    kind = controls.choice(name, _("Picture"), options, first)
    if kind == "yours":
        return kind, *drawn()
    source = "from explorer.data import pictures\n\nimage = pictures."
    if kind == "scene":
        return kind, pictures.scene(), source + "scene()"
    which = controls.hidden("digit", 7, integer(0, 9))  # its slider stands under "More"
    return kind, pictures.digit(which), source + f"digit({which})"


def drawn() -> tuple[np.ndarray, str]:
    """The learner's own drawing; blank paper is a picture too."""
    drawing = digitpad(st.session_state.get(DRAWN), key="convolution.pad", label=_("Draw anything"))
    st.session_state[DRAWN] = drawing
    if drawing is None:
        st.info(_("The paper is still blank. Draw on it, and the kernel answers at once."))
        return np.zeros((28, 28)), "import numpy as np\n\nimage = np.zeros((28, 28))"
    source = (
        "import base64\n\nimport numpy as np\n\n"
        f'pixels = base64.b64decode("{encoded(drawing)}")\n'
        "image = np.frombuffer(pixels, dtype=np.uint8).reshape(28, 28) / 255"
    )
    return drawing, source


def edit_kernel() -> tuple[np.ndarray, int, int]:
    """A kernel from the list or number by number; stride and padding."""
    place = st.container()
    with st.expander(_("The kernel's nine numbers"), expanded=True):
        values = []
        for i in (1, 2, 3):
            with st.container(horizontal=True, gap="xsmall"):
                values += [number(i, j) for j in (1, 2, 3)]
        stride = controls.whole("stride", _("Stride (pixels per step)"), 1, 3, 1)
        padding = controls.whole("padding", _("Padding (rings of zeros)"), 0, 2, 0)
    kernel = np.array(values).reshape(3, 3)
    with place:
        name_kernel(which_kernel(kernel))
    return kernel, stride, padding


def number(row: int, column: int) -> float:
    """One of the kernel's nine numbers."""
    label = _("Kernel row {row}, column {column}").format(row=row, column=column)
    first = KERNELS[FIRST][row - 1][column - 1]
    return controls.number(
        f"k{row}{column}", label, -20, 20, first, 0.5,
        label_visibility="collapsed", format="%.3g", width=78,
    )  # fmt: skip


def name_kernel(known: str) -> None:
    """A list that always names what the nine numbers are, and sets them when one is chosen."""
    titles = {
        "identity": _("Identity"), "horizontal": _("Horizontal edges"),
        "vertical": _("Vertical edges"), "sobel": _("Sobel (upright edges, softer)"),
        "laplacian": _("Laplace (edges all around)"), "blur": _("Blur"),
        "sharpen": _("Sharpen"), "emboss": _("Emboss"), "own": _("Your own numbers"),
    }  # fmt: skip
    key = state.key("preset")

    def apply() -> None:
        if st.session_state[key] in KERNELS:
            set_kernel(st.session_state[key])

    if st.session_state.get(key) != known:
        st.session_state[key] = known
    st.selectbox(
        _("Kernel"), list(titles), format_func=titles.__getitem__, key=key, on_change=apply
    )


def which_kernel(kernel: np.ndarray) -> str:
    """The name of a known kernel, or "own"."""
    same = (name for name, numbers in KERNELS.items() if np.allclose(kernel, numbers, atol=1e-6))
    return next(same, "own")


def set_kernel(name: str) -> None:
    state.put(**dict(zip(NAMES, np.ravel(KERNELS[name]).astype(float).tolist(), strict=True)))


def choose_place(names: tuple, labels: tuple, shape: tuple, first: tuple) -> tuple:
    """A pixel, counted from 1, by two sliders: the equal way in beside handle and film."""
    place = []
    for name, label, count, start in zip(names, labels, shape, first, strict=True):
        key = state.key(name)
        if key in st.session_state:  # a slider of another length is a new one; it starts here
            st.session_state[key] = min(st.session_state[key], count)
        place.append(controls.whole(name, label, 1, count, start) if count > 1 else 1)
    return tuple(place)


def show_window(picture, layer: Layer, answer: np.ndarray, cut: bool, place: tuple) -> str:  # noqa: ANN001
    row, column = place
    places = figures.route(answer.shape, row)
    step, middle = layer.stride, 1 - layer.padding  # the first window's middle, in input pixels
    ends = [middle + (count - 1) * step for count in answer.shape]
    grip = Handle(
        "window", middle + (column - 1) * step, middle + (row - 1) * step, _("Window"),
        theme.ROLES["condition"][0], bounds=(middle, ends[1], middle, ends[0]),
        step=(step, -step),
    )  # fmt: skip

    def move(_name: str, x: float, y: float) -> None:
        state.put(row=round((y - middle) / step) + 1, column=round((x - middle) / step) + 1)

    def scrubbed(index: int) -> None:
        state.put(row=places[index][0], column=places[index][1])

    with picture:
        stage(
            figures.window(*layer.setting, row, column, cut), key="convolution.stage", summary="",
            film=_("Row, column"), start=places.index(place), interval=250, handles=[grip],
            frame_summaries=[words.at_a_place(answer, *each) for each in places],
            on_move=move, on_scrub=scrubbed,
        )  # fmt: skip
    lesson.equation(
        words.products(layer.image, layer.kernel, row, column, layer.stride, layer.padding),
        words.size(len(layer.image), 3, layer.stride, layer.padding, len(answer)),
    )
    return f"window(image, kernel, {layer.stride}, {layer.padding}, {row}, {column}, {cut})"


def show_whole(picture, layer: Layer, answer: np.ndarray, cut: bool, _place: tuple) -> str:  # noqa: ANN001
    with picture:
        stage(
            figures.whole(*layer.setting, cut), key="convolution.whole",
            summary=words.overall(layer.image, layer.kernel, answer),
        )  # fmt: skip
    lesson.equation(
        words.size(len(layer.image), 3, layer.stride, layer.padding, len(answer)),
        words.weights(layer.image, layer.kernel, answer),
    )
    return f"whole(image, kernel, {layer.stride}, {layer.padding}, {cut})"


def show_stack(picture, layer: Layer, answer: np.ndarray, _cut: bool, place: tuple) -> str:  # noqa: ANN001
    row, column = place
    kept = relu(answer)
    rows, columns = max_pool(kept).shape
    grip = Handle(
        "pooled", column - 1, row - 1, _("Pooled pixel"), theme.ROLES["condition"][0],
        bounds=(0, columns - 1, 0, rows - 1), step=(1, -1), xaxis="x4", yaxis="y4",
    )  # fmt: skip

    def move(_name: str, x: float, y: float) -> None:
        state.put(down=round(y) + 1, across=round(x) + 1)

    with picture:
        stage(
            figures.stack(*layer.setting, row, column), key="convolution.stack", handles=[grip],
            summary=words.layers(layer.image, answer, layer.stride, layer.kernel), on_move=move,
        )  # fmt: skip
    lesson.equation(words.pooled(kept, row, column), words.field(3, layer.stride))
    return f"stack(image, kernel, {layer.stride}, {layer.padding}, {row}, {column})"


def compare(layer: Layer, answer: np.ndarray) -> list[Check]:
    """The same layer by scipy, and what a constant picture must give."""
    from scipy.signal import convolve2d, correlate2d

    x = np.pad(layer.image, layer.padding)
    theirs = correlate2d(x, layer.kernel, "valid")[:: layer.stride, :: layer.stride]
    flipped = convolve2d(x, layer.kernel[::-1, ::-1], "valid")[:: layer.stride, :: layer.stride]
    weights = np.cos(np.arange(answer.size)).reshape(answer.shape)  # no pixel may hide another
    flat = correlate(np.full((5, 5), 0.7), layer.kernel)
    what = _("All output pixels, weighted and added")
    return [
        Check(what, float((weights * answer).sum()), "scipy.signal.correlate2d",
              float((weights * theirs).sum())),
        Check(what, float((weights * answer).sum()),
              _("scipy.signal.convolve2d with the kernel turned by 180°"),
              float((weights * flipped).sum())),
        Check(_("Output on a picture that is 0.7 everywhere"), float(flat[1, 1]),
              _("0.7 times the sum of the kernel"), 0.7 * float(layer.kernel.sum())),
        Check(_("Rows of the output"), float(len(answer)), _("By the formula"),
              float(output_size(len(layer.image), 3, layer.stride, layer.padding))),
    ]  # fmt: skip


VIEWS = {"window": show_window, "whole": show_whole, "stack": show_stack}


@lesson.live
def act() -> None:
    picture, panel = lesson.columns()
    titles = {"window": _("One window"), "whole": _("Whole picture"), "stack": _("Stack")}
    with panel:
        view = controls.choice("view", _("Look at"), titles, "window")
        kind, image, source = choose_picture(view)
        kernel, stride, padding = edit_kernel()
        layer = Layer(image, source, kernel, stride, padding)
        answer = correlate(*layer.setting)
        cut, place = False, (1, 1)
        with lesson.more():
            if kind == "digit":
                controls.whole("digit", _("Which digit"), 0, 9, 7)
            if view == "window":
                labels = _("Row of the output"), _("Column of the output")
                place = choose_place(("row", "column"), labels, answer.shape, (3, 4))
            if view == "stack":
                labels = _("Row of the pooled picture"), _("Column of the pooled picture")
                place = choose_place(("down", "across"), labels, max_pool(answer).shape, (23, 18))
            else:
                cut = controls.toggle("cut", _("Show the output as a screen would, from 0 to 1"))
    call = VIEWS[view](picture, layer, answer, cut, place)
    above, total = words.beyond(answer), float(kernel.sum())
    burnt = lesson.seen("overexposed", above > 0.5)
    known = which_kernel(kernel)
    lesson.tasks(
        {
            "own-edge": known == "own" and abs(total) < 1e-9 and float(np.abs(answer).max()) > 0.1,
            "half": 2 * len(answer) == len(image),
            "overexposed": burnt and abs(total - 1) < 0.03 and above < 0.01 and known != "identity",
        }
    )
    lesson.checked(lambda: compare(layer, answer))
    body = (
        ("" if "import numpy" in source else "import numpy as np\n\n")
        + f"{source}\nkernel = np.array({kernel.tolist()!r})\n\n"
        + f"from explorer.figures import convolution\n\nfigure = convolution.{call}"
    )
    row, column = np.indices(answer.shape) + 1
    lesson.offer(lambda: {"row": row, "column": column, "output": answer}, lambda: body)


def flat_wall() -> None:
    """The house, its upright edges, and the whole answer."""
    set_kernel("vertical")
    state.put(view="whole", picture="scene", stride=1, padding=0)


lesson.predict(
    {
        "flat": flat_wall,
        "shrink": lambda: state.put(view="whole", picture="scene", stride=1, padding=0),
    }
)
lesson.closing(correlate, output_size, patch, relu, max_pool)
