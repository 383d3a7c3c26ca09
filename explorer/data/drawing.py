"""A drawing brought into the shape of MNIST's digits, as LeCun et al. (1998) made them.

Their digits were scaled, aspect kept, into a box of 20 by 20 pixels and placed in an image of 28 by
28 so that their centre of mass is its centre. A network trained on such images expects the same.
"""

import numpy as np

SIDE = 28  # pixels of the image
BOX = 20  # pixels of the digit's longer side
MIDDLE = 14  # row and column that take the centre of mass: the mean over MNIST is (14.0, 14.0)
FAINT = 0.1  # a drawing nowhere darker than this is empty


def centred(drawing: np.ndarray | None) -> np.ndarray | None:
    """A drawing (H, W) in [0, 1], ink = 1, as a (28, 28) image like MNIST's; None if it is empty.

    The centre of mass comes to the centre up to half a pixel, since the box moves by whole pixels;
    a digit with all its weight at one end stops at the image's edge rather than lose ink.
    """
    if drawing is None:
        return None
    ink = np.nan_to_num(np.asarray(drawing, dtype=float)).clip(0, 1)
    if ink.max(initial=0) <= FAINT:
        return None
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    digit = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    longer = max(digit.shape)
    height, width = (max(1, round(BOX * length / longer)) for length in digit.shape)
    digit = overlaps(digit.shape[0], height) @ digit @ overlaps(digit.shape[1], width).T
    image = np.zeros((SIDE, SIDE))
    top, left = (_start(digit.sum(1 - axis)) for axis in (0, 1))
    image[top : top + height, left : left + width] = digit
    return image


def overlaps(old: int, new: int) -> np.ndarray:
    """(new, old) weights: how much of each new pixel each old one covers; rows sum to 1."""
    old_edges, new_edges = np.arange(old + 1) / old, np.arange(new + 1) / new
    ends = np.minimum(new_edges[1:, None], old_edges[None, 1:])
    starts = np.maximum(new_edges[:-1, None], old_edges[None, :-1])
    return np.maximum(ends - starts, 0) * new


def _start(weight: np.ndarray) -> int:
    """Where the box must begin for the centre of mass of `weight` to come to the middle."""
    middle = float(weight @ np.arange(len(weight)) / weight.sum())
    return int(np.clip(round(MIDDLE - middle), 0, SIDE - len(weight)))
