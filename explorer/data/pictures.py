"""Two small pictures that need no file: a scene with edges and texture, and digits of 8 by 8.

The digits are the first of each class in the test set of the Optical Recognition of Handwritten
Digits (Alpaydin & Kaynak 1998, UCI Machine Learning Repository, CC BY 4.0), which scikit-learn
carries too. One sign per pixel, 0 to 9 then a to g: 0 to 16 sixteenths of ink.
"""

from functools import lru_cache

import numpy as np

SIDE = 64  # pixels of the scene
SIGNS = "0123456789abcdefg"
DIGITS = (
    "005d910000dfaf5003f20b8004c008800580098004b01c7002e5ac00006da000",
    "000cd500000bg900003fg60007fgg200001gg300001gg600001gg600000bga00",
    "0004fc00003gfe00008d8g000016fb00018df10009gg500003dggb500003bg90",
    "007fd10008d6f400021dd000002fb1000001cc1000001a8000845e90007dd900",
    "0001b00000078000001d6220007f098005ga0g6004fgdg100003fa000002g400",
    "00ca000000egge0000dgfa1000bgg70000047g7000004g900054cg40009gga00",
    "000cd000005g800000dg300000ed000000fc720000dgdg30007gbf800019fb30",
    "0078dgf100774bc000008d100488ff6002bff400000g5000009f100000d50000",
    "009e810000ceec00009a0f40003gce20004gg20003g8ad2001f13g8000bgfb10",
    "00bc000002gggd0003gcae0001g1cf0000dg9f20000309b000009f40009cd300",
)


def digit(which: int) -> np.ndarray:
    """The handwritten digit `which` (0 to 9), (8, 8) in [0, 1], ink = 1."""
    return np.array([SIGNS.index(sign) for sign in DIGITS[which]]).reshape(8, 8) / 16


@lru_cache
def scene() -> np.ndarray:
    """A house by a fence, (64, 64) in [0, 1], black to white; read-only.

    It has a flat wall, edges in every direction (upright, level, slanted, round) and rough grass.
    """
    row, column = np.mgrid[:SIDE, :SIDE]
    picture = 0.62 + 0.2 * row / SIDE  # the sky, lighter towards the ground
    picture = _lay(picture, 7.5 - np.hypot(row - 13, column - 50), 1.0)  # the sun
    picture = _lay(picture, row - 20 - 0.7 * np.abs(column - 44), 0.42)  # a mountain
    grass = np.random.default_rng(3).uniform(0.16, 0.44, (SIDE, SIDE))
    picture = np.where(row >= 54, grass, picture)
    wall = np.minimum(column - 6, 31 - column)
    picture = _lay(picture, np.minimum(wall, np.minimum(row - 30, 55 - row)), 0.72)
    picture = _lay(picture, np.minimum(row - 16 - np.abs(column - 18.5), 31 - row), 0.24)  # roof
    picture = _lay(picture, np.minimum(2.5 - np.abs(column - 13), 6.5 - np.abs(row - 49)), 0.1)
    pane = np.minimum(4.5 - np.abs(column - 24), 4.5 - np.abs(row - 40))
    picture = _lay(picture, pane, 0.98)
    cross = np.minimum(pane, 0.5 - np.minimum(np.abs(column - 24), np.abs(row - 40)))
    picture = _lay(picture, cross, 0.3)
    fence = (column >= 36) & (row >= 44) & (row < 57) & ((column % 4 < 2) | (row == 48))
    picture = np.where(fence, 0.93, picture)
    picture.setflags(write=False)
    return picture


def _lay(picture: np.ndarray, inside: np.ndarray, value: float) -> np.ndarray:
    """Paint `value` where `inside` is positive; its edge is one pixel soft."""
    cover = np.clip(inside + 0.5, 0, 1)
    return (1 - cover) * picture + cover * value
