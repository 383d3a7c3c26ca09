"""A convolutional layer: one small window of weights slides over a picture.

At each place the numbers under the window are multiplied by the window's weights, the kernel, and
added up; the sum is one pixel of the answer. Libraries for networks call this convolution; in
mathematics it is cross-correlation, because the kernel is not flipped.
"""

from typing import Literal

import numpy as np

Padding = int | Literal["valid", "same"]

#: Kernels worth knowing. Rows from top to bottom, columns from left to right.
KERNELS: dict[str, tuple[tuple[float, ...], ...]] = {
    "identity": ((0, 0, 0), (0, 1, 0), (0, 0, 0)),
    "horizontal": ((-1, -1, -1), (0, 0, 0), (1, 1, 1)),
    "vertical": ((-1, 0, 1), (-1, 0, 1), (-1, 0, 1)),
    "sobel": ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1)),
    "laplacian": ((0, 1, 0), (1, -4, 1), (0, 1, 0)),
    "blur": ((1 / 9, 1 / 9, 1 / 9),) * 3,
    "sharpen": ((0, -1, 0), (-1, 5, -1), (0, -1, 0)),
    "emboss": ((-2, -1, 0), (-1, 1, 1), (0, 1, 2)),
}
EDGES = ("horizontal", "vertical", "sobel", "laplacian")  # these add up to 0


def border(kernel: int, padding: Padding) -> int:
    """Pixels of padding on each side. "same" keeps the size at stride 1 (odd kernels)."""
    if padding == "valid":
        return 0
    if padding == "same":
        return (kernel - 1) // 2
    return int(padding)


def output_size(length: int, kernel: int, stride: int = 1, padding: Padding = 0) -> int:
    """How many places a window of `kernel` pixels takes along `length` pixels; 0 if none."""
    room = length + 2 * border(kernel, padding) - kernel
    return max(0, room // stride + 1)


def pad(image: np.ndarray, width: int) -> np.ndarray:
    """Zeros all around; (H, W) becomes (H + 2 width, W + 2 width)."""
    return np.pad(image, width)


def correlate(
    image: np.ndarray, kernel: np.ndarray, stride: int = 1, padding: Padding = 0
) -> np.ndarray:
    """Slide `kernel` over `image` (H, W): y[r, c] = sum over i, j of k[i, j] x[r s + i, c s + j].

    The loop runs over the few weights, not over the many places: each weight multiplies the whole
    picture, shifted by its offset, and the shifted pictures are added.
    """
    kernel = np.asarray(kernel, dtype=float)
    rows, columns = (
        output_size(length, size, stride, padding)
        for length, size in zip(image.shape, kernel.shape, strict=True)
    )
    x = pad(image, border(kernel.shape[0], padding))
    y = np.zeros((rows, columns))
    for (i, j), weight in np.ndenumerate(kernel):
        shifted = x[i : i + stride * rows : stride, j : j + stride * columns : stride]
        y += weight * shifted
    return y


def patch(
    image: np.ndarray, size: int, row: int, column: int, stride: int = 1, padding: Padding = 0
) -> np.ndarray:
    """The (size, size) numbers under the window that makes pixel (row, column) of the answer."""
    x = pad(image, border(size, padding))
    top, left = row * stride, column * stride
    return x[top : top + size, left : left + size]


def relu(x: np.ndarray) -> np.ndarray:
    """Keep what is positive, set the rest to 0."""
    return np.maximum(x, 0)


def max_pool(image: np.ndarray, size: int = 2) -> np.ndarray:
    """The largest of each block of size by size pixels; an incomplete block at the end is left."""
    rows, columns = (length // size for length in image.shape)
    blocks = image[: rows * size, : columns * size].reshape(rows, size, columns, size)
    return blocks.max(axis=(1, 3))
