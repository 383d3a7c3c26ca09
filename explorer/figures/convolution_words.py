"""The `convolution` lesson in words and formulas; every number is taken from the same arrays."""

import numpy as np

from explorer.figures.convolution import POOL, sees, short
from explorer.i18n import _
from explorer.models.convolution import correlate, max_pool, patch, relu


def at_a_place(answer: np.ndarray, row: int, column: int) -> str:
    """The window at one place; rows and columns counted from 1."""
    return _(
        "The window makes row {row}, column {column} of the output ({rows} × {columns}): its nine "
        "products add up to {value}."
    ).format(
        row=row, column=column, rows=answer.shape[0], columns=answer.shape[1],
        value=short(float(answer[row - 1, column - 1])),
    )  # fmt: skip


def overall(image: np.ndarray, kernel: np.ndarray, answer: np.ndarray) -> str:
    """What the kernel made of the picture."""
    parts = [
        _(
            "The input has {height} × {width} pixels, the output {rows} × {columns}, with values "
            "from {low} to {high}. The kernel's numbers add up to {total}."
        ).format(
            height=image.shape[0], width=image.shape[1], rows=answer.shape[0],
            columns=answer.shape[1], low=short(float(answer.min())),
            high=short(float(answer.max())), total=short(float(kernel.sum())),
        )
    ]  # fmt: skip
    above = beyond(answer)
    if above:
        parts.append(
            _("{share:.1f} % of the output's pixels lie above 1, whiter than white.").format(
                share=100 * above
            )
        )
    return " ".join(parts)


def layers(image: np.ndarray, answer: np.ndarray, stride: int, kernel: np.ndarray) -> str:
    """What each layer leaves."""
    pooled = max_pool(relu(answer), POOL)
    return _(
        "{height} × {width} pixels go in. After the convolution there are {rows} × {columns}, of "
        "which ReLU sets {share:.1f} % to 0; pooling leaves {down} × {across}. One pooled pixel "
        "has seen {seen} × {seen} pixels of the input."
    ).format(
        height=image.shape[0], width=image.shape[1], rows=answer.shape[0],
        columns=answer.shape[1], share=100 * float((answer < 0).mean()),
        down=pooled.shape[0], across=pooled.shape[1], seen=sees(len(kernel), stride),
    )  # fmt: skip


def beyond(answer: np.ndarray) -> float:
    """The share of the output's pixels above 1, which a screen cannot show."""
    return float((answer > 1 + 1e-9).mean())


# ------------------------------------------------------------------------------- formulas


def products(
    image: np.ndarray, kernel: np.ndarray, row: int, column: int, stride: int, padding: int
) -> str:
    """The sum over the window, filled in; row and column counted from 1."""
    x = patch(image, len(kernel), row - 1, column - 1, stride, padding)
    pairs = zip(kernel.ravel(), x.ravel(), strict=True)
    terms = " + ".join(rf"\model{{{_tex(k)}}}\cdot\data{{{_tex(v)}}}" for k, v in pairs)
    value = correlate(x, kernel)[0, 0]
    return (
        rf"\condition{{y_{{{row},{column}}}}} = \sum_{{i,j}} \model{{k_{{ij}}}}\,\data{{x_{{ij}}}}"
        rf" = {terms} = \condition{{\mathbf{{{_plain(value)}}}}}"
    )


def size(length: int, kernel: int, stride: int, padding: int, result: int) -> str:
    """How large the answer is, filled in."""
    return (
        r"\left\lfloor \frac{n + 2p - m}{s} \right\rfloor + 1 = \left\lfloor "
        rf"\frac{{{length} + 2\cdot {padding} - {kernel}}}{{{stride}}} \right\rfloor + 1"
        rf" = \mathbf{{{result}}}"
    )


def weights(image: np.ndarray, kernel: np.ndarray, answer: np.ndarray) -> str:
    """Weights of this layer against those of a layer that joins every pixel to every pixel."""
    across = rf"({image.shape[0]}\cdot {image.shape[1]})"
    down = rf"({answer.shape[0]}\cdot {answer.shape[1]})"
    every = f"{image.size * answer.size:,}".replace(",", r"\,")
    return rf"\model{{{kernel.size}}} \;\ll\; {across}\cdot{down} = {every}"


def pooled(kept: np.ndarray, row: int, column: int) -> str:
    """One pooled pixel, filled in; row and column counted from 1."""
    top, left = POOL * (row - 1), POOL * (column - 1)
    block = kept[top : top + POOL, left : left + POOL]
    inside = ",\\ ".join(_plain(v) for v in block.ravel())
    return (
        r"\text{ReLU}(v) = \max(0, v), \qquad "
        rf"\condition{{z_{{{row},{column}}}}} = \max\{{{inside}\}} ="
        rf" \condition{{\mathbf{{{_plain(block.max())}}}}}"
    )


def field(kernel: int, stride: int) -> str:
    """How far a pooled pixel sees, filled in."""
    return rf"({POOL}-1)\cdot {stride} + {kernel} = \mathbf{{{sees(kernel, stride)}}}"


def _plain(value: float) -> str:
    return short(float(value)).replace("−", "-")


def _tex(value: float) -> str:
    """A factor; a negative one in brackets."""
    text = _plain(value)
    return f"({text})" if text.startswith("-") else text
