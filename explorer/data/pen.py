"""Ten digits as strokes of a pen, drawn without any file, in the shape of MNIST's.

Each is a few points that the pen passes, joined by smooth curves (Catmull & Rom 1974), with ink
where the pen's tip was.
"""

from functools import lru_cache

import numpy as np

from explorer.data.drawing import SIDE, centred

Stroke = tuple[tuple[float, float], ...]

#: digit -> strokes of (x, y) in a square of 28, y downwards.
STROKES: dict[int, tuple[Stroke, ...]] = {
    0: (((15, 4), (9, 8), (8, 15), (10, 22), (15, 24), (20, 20), (21, 13), (19, 7), (15, 4)),),
    1: (((16, 4), (15, 11), (14, 18), (13, 24)),),
    2: (((8, 9), (11, 5), (17, 5), (19, 10), (15, 16), (8, 23)), ((8, 23), (13, 22), (21, 23))),
    3: (
        ((8, 6), (14, 4), (19, 7), (17, 12), (13, 13)),
        ((13, 13), (19, 15), (20, 20), (15, 24), (8, 23)),
    ),
    4: (((11, 4), (9, 10), (8, 15), (14, 15), (21, 14)), ((19, 5), (18, 14), (16, 24))),
    5: (((20, 5), (15, 5), (11, 5)), ((11, 5), (10, 9), (9, 13)),
        ((9, 13), (14, 12), (19, 15), (18, 21), (13, 24), (8, 22))),
    6: (((17, 4), (11, 10), (8, 17), (10, 23), (16, 24), (19, 19), (15, 15), (10, 18)),),
    7: (((7, 6), (13, 6), (20, 5)), ((20, 5), (17, 11), (13, 18), (11, 25))),
    8: (((19, 7), (14, 4), (9, 8), (13, 13), (18, 18), (16, 23), (11, 23), (10, 18), (15, 13),
         (19, 7)),),
    9: (((19, 9), (15, 5), (10, 8), (10, 13), (15, 14), (19, 9)), ((19, 9), (18, 16), (16, 25))),
}  # fmt: skip
TIP = 1.35  # pixels: radius of the pen's tip


@lru_cache
def digit(which: int) -> np.ndarray:
    """The digit `which` (0 to 9), (28, 28) in [0, 1], ink = 1; read-only."""
    rows, columns = np.indices((2 * SIDE, 2 * SIDE)) / 2 + 0.25  # finer than the picture
    way = np.concatenate([smooth(np.array(stroke, dtype=float)) for stroke in STROKES[which]])
    away = np.hypot(columns[..., None] - way[:, 0], rows[..., None] - way[:, 1]).min(axis=-1)
    picture = centred(np.clip(2 * (TIP - away) + 0.5, 0, 1))
    assert picture is not None  # every digit has strokes
    picture = picture.clip(0, 1)  # averaging may overshoot by a rounding error
    picture.setflags(write=False)
    return picture


def smooth(points: np.ndarray, pieces: int = 8) -> np.ndarray:
    """A curve through (n, 2) points, as (n', 2) points close together."""
    first, last = 2 * points[0] - points[1], 2 * points[-1] - points[-2]
    p = np.vstack([first, points, last])
    t = (np.arange(pieces) / pieces)[:, None]
    parts = [
        0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2
               + (3 * b - a - 3 * c + d) * t**3)
        for a, b, c, d in zip(p, p[1:], p[2:], p[3:], strict=False)
    ]  # fmt: skip
    return np.vstack([*parts, points[-1:]])
