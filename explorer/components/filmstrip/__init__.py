"""Filmstrip: decoded pictures under the hand, on a latent plane or along a film.

    sheet = sprite.mosaic(decode(sprite.cells(x_range, y_range, (20, 20))).reshape(20, 20, 28, 28))
    plane(sheet, key="latent", x_range=x_range, y_range=y_range, at=at, exact=decode(at),
          summary=..., on_settle=keep)

    strip(sprite.film(steps), key="steps", names=names, film=_("step"), summaries=words)

The pictures travel once, as one PNG that Streamlit's media store serves under the hash of its
content. A rerun sends its address and what lies on top: a few kilobytes. While the hand moves, the
browser paints from the sheet alone; what Python decodes exactly comes after, with the number of the
report it answers, so that a late answer cannot push the hand back.
"""

import base64
import hashlib
import json
import math
import os
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import streamlit as st
from streamlit import runtime

from explorer.components.stage import STATIC, clean_index, reported
from explorer.figures import theme
from explorer.figures.sprite import Sprite, to_bytes
from explorer.i18n import _

HERE = Path(__file__).parent
SHEETS = 6  # of a session, kept on the server: a browser may still be fetching the last ones
KEPT = "filmstrip.kept"
Kept = OrderedDict[str, tuple[bytes, str, int]]  # digest -> content, type, place

Range = tuple[float, float]
Ellipse = tuple[np.ndarray, np.ndarray]


def plane(
    sprite: Sprite | None,
    *,
    key: str,
    x_range: Range,
    y_range: Range,
    at: Sequence[float],
    summary: str,
    exact: np.ndarray | None = None,
    labels: tuple[str, str] = ("z₁", "z₂"),
    points: np.ndarray | None = None,
    classes: np.ndarray | None = None,
    ellipse: Ellipse | Sequence[Ellipse] | None = None,
    path: np.ndarray | None = None,
    samples: np.ndarray | None = None,
    show: Literal["points", "pictures"] = "pictures",
    on_move: Callable[[float, float], None] | None = None,
    on_settle: Callable[[float, float], None] | None = None,
    nearest: bool = False,
    invert: bool = False,
    pixelated: bool = True,
    size: int = 280,
    filename: str = "picture",
) -> None:
    """A plane on which a cross-hair is dragged, and beside it the picture that belongs there.

    sprite    `sprite.mosaic` of pictures decoded at `sprite.cells`: row 0 lies at the top. Without
              one, only `exact` is shown, and the last stays while the hand moves
    at, exact the place, and the picture decoded exactly there ((H, W) or (H, W, 3), uint8 or 0–1)
    labels    what the two axes are called; summary: the picture in words
    points    (N, 2) codes of data, shown behind in place of the map; `classes` (N,) draws each as
              its number, in its colour
    ellipse   (mean, covariance) or several, drawn at one and two standard deviations
    path      (M, 2) from a square to a diamond; samples: (K, 2), drawn as open diamonds
    show      what the plane shows first; with points, the reader can change it
    on_move   told of the place while the hand moves, at most one unanswered
    on_settle told of the place when the hand lets go: keep it, and give `at` and `exact` for it
    nearest   the nearest picture while moving, in place of a blend of the nearest four
    invert    ink black on white for pictures whose ink is white on black
    pixelated whole multiples of a pixel, with sharp edges; otherwise smooth
    size      the most the picture is wide, in CSS pixels
    """
    _check_ranges(x_range, y_range)
    data = {
        "kind": "plane",
        **_sheet(sprite),
        "x_range": [float(end) for end in x_range],
        "y_range": [float(end) for end in y_range],
        "at": list(_inside(at, x_range, y_range)),
        "exact": None if exact is None else _pixels(exact),
        "answered": st.session_state.get(f"{key}.answered", 0),
        "points": _points(points, classes),
        "ellipses": _ellipses(ellipse),
        "path": _places(path),
        "samples": _places(samples),
        "labels": list(labels),
        "summary": summary,
        "show": show,
        "moves": on_move is not None,
        "settles": on_settle is not None,
        "nearest": nearest,
        **_look(invert, pixelated, size, filename),
    }

    def heard(name: str, tell: Callable[[float, float], None] | None) -> Callable[[], None]:
        def listen() -> None:
            report = reported(key, name)
            before = st.session_state.get(f"{key}.answered", 0)
            st.session_state[f"{key}.answered"] = max(before, _number(report))
            place = clean_place(report, x_range, y_range)
            if place is not None and tell is not None:
                tell(*place)

        return listen

    _component()(
        key=key,
        data=data,
        on_moved_change=heard("moved", on_move),
        on_settled_change=heard("settled", on_settle),
    )


def strip(
    sprite: Sprite,
    *,
    key: str,
    names: Sequence[str],
    film: str,
    summaries: Sequence[str],
    start: int = 0,
    on_settle: Callable[[int], None] | None = None,
    interval: int = 200,
    invert: bool = False,
    pixelated: bool = True,
    size: int = 448,
    filename: str = "picture",
    grows: bool = False,
) -> None:
    """A film of pictures (`sprite.film`) that is scrubbed with a slider, buttons and arrow keys.

    names     what each frame is called, along the axis named `film`: "25 of 50" along "step"
    summaries one per frame: the picture in words
    on_settle told of the frame's index when the film rests on another one
    interval  ms per frame when it plays; it never starts by itself
    invert, pixelated, size: as for `plane`
    grows     pictures of this film are still being computed: a new sheet with as many frames is the
              same film, and the hand stays where it is
    """
    if not len(names) == len(summaries) == sprite.count:
        raise ValueError(f"{sprite.count} frames, {len(names)} names, {len(summaries)} summaries")
    data = {
        "kind": "strip",
        **_sheet(sprite),
        "count": sprite.count,
        "grid": list(sprite.grid),
        "names": list(names),
        "film": film,
        "summaries": list(summaries),
        "start": min(max(int(start), 0), sprite.count - 1),
        "interval": interval,
        "settles": on_settle is not None,
        "grows": grows,
        **_look(invert, pixelated, size, filename),
    }

    def scrubbed() -> None:
        index = clean_index(reported(key, "scrubbed"), sprite.count)
        if index is not None and on_settle is not None:
            on_settle(index)

    _component()(key=key, data=data, on_scrubbed_change=scrubbed)


# ------------------------------------------------------------------ what the browser sends


def clean_place(event: object, x_range: Range, y_range: Range) -> tuple[float, float] | None:
    """A report of the browser as a place within the plane; None if it is nonsense."""
    if not isinstance(event, dict):
        return None
    place = event.get("x"), event.get("y")
    if not all(_is_number(value) for value in place):
        return None
    return _inside(place, x_range, y_range)  # type: ignore[arg-type]


def _is_number(value: object) -> bool:
    """A finite number; also an int of any size, which is clipped before it becomes a float."""
    if isinstance(value, int):
        return not isinstance(value, bool)
    return isinstance(value, float) and math.isfinite(value)


def _number(report: object) -> int:
    """Which report of the browser's this is, so that an old answer cannot pull the hand back."""
    number = report.get("number") if isinstance(report, dict) else 0
    return number if type(number) is int and 0 <= number < 2**53 else 0


# ------------------------------------------------------------------ what the browser is sent


def _check_ranges(*ranges: Range) -> None:
    """Mistakes of the calling page, not of the learner: say so at once."""
    for low, high in ranges:
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise ValueError(f"an axis must rise from a finite number to another: {low}, {high}")


def _inside(place: Sequence[float], x_range: Range, y_range: Range) -> tuple[float, float]:
    """The place, moved into the plane; its middle where a coordinate is not a number."""
    middle = [sum(ends) / 2 for ends in (x_range, y_range)]
    x, y = (v if v == v else m for v, m in zip(place, middle, strict=True))
    return (
        float(min(max(x, x_range[0]), x_range[1])),
        float(min(max(y, y_range[0]), y_range[1])),
    )


def _pixels(picture: np.ndarray) -> dict[str, Any]:
    """One picture as its bytes: small, and painted without waiting for a decoder."""
    picture = to_bytes(np.squeeze(picture))
    if picture.ndim not in (2, 3) or (picture.ndim == 3 and picture.shape[2] != 3):
        raise ValueError(f"a picture is (H, W) or (H, W, 3), not {picture.shape}")
    text = base64.b64encode(np.ascontiguousarray(picture).tobytes()).decode()
    return {"size": list(picture.shape[:2]), "pixels": text}


def _sheet(sprite: Sprite | None) -> dict[str, Any]:
    if sprite is None:
        return {"sheet": "", "tiles": [1, 1], "tile": [1, 1]}
    address = _serve(sprite.png, "image/png", sprite.digest)
    return {"sheet": address, "tiles": list(sprite.tiles), "tile": list(sprite.size)}


def _points(points: np.ndarray | None, classes: np.ndarray | None) -> dict | None:
    """Codes as float32 x, y, …, then one byte of class each (255: none), served like the sheet."""
    if points is None:
        return None
    places = np.asarray(points, dtype=np.float32).reshape(-1, 2)
    kinds = np.full(len(places), 255) if classes is None else np.asarray(classes).reshape(-1)
    if len(kinds) != len(places):
        raise ValueError(f"{len(places)} points, {len(kinds)} classes")
    content = places.astype("<f4").tobytes() + kinds.astype(np.uint8).tobytes()
    digest = hashlib.sha256(content).hexdigest()[:16]
    address = _serve(content, "application/octet-stream", digest)
    return {"address": address, "count": len(places)}


def _serve(content: bytes, mimetype: str, digest: str) -> str:
    """The address under which the browser finds `content`; the same for the same content."""
    if not runtime.exists():  # a plain script: nothing is served
        return f"data:{mimetype};base64," + base64.b64encode(content).decode()
    kept: Kept = st.session_state.setdefault(KEPT, OrderedDict())
    if digest in kept:
        kept.move_to_end(digest)
    else:
        free = len(kept) if len(kept) < SHEETS else kept.popitem(last=False)[1][2]
        kept[digest] = (content, mimetype, free)
    return _store(*kept[digest])


def keep() -> None:
    """Say to Streamlit's media store that the session's last sheets are still wanted.

    It drops what a run of the page has not named by its end: what a browser is still fetching, and
    all of it when a run is cut short. So every page calls this first.
    """
    if runtime.exists():
        for sheet in st.session_state.get(KEPT, {}).values():
            _store(*sheet)


def _store(content: bytes, mimetype: str, place: int) -> str:
    """A file that takes the place of another lets that one go."""
    return runtime.get_instance().media_file_mgr.add(content, mimetype, f"filmstrip {place}")


def _ellipses(ellipse: Ellipse | Sequence[Ellipse] | None) -> list[list[list[float]]]:
    """Each ellipse at one and two standard deviations, as closed lines."""
    if ellipse is None or len(ellipse) == 0:
        return []
    single = np.ndim(ellipse[0][0]) == 0  # a mean holds numbers, a pair holds a mean
    pairs: Any = [ellipse] if single else ellipse
    return [_ring(mean, covariance, r) for mean, covariance in pairs for r in (1.0, 2.0)]


def _ring(mean: np.ndarray, covariance: np.ndarray, radius: float) -> list[list[float]]:
    values, vectors = np.linalg.eigh(np.asarray(covariance, dtype=float))
    angle = np.linspace(0, 2 * np.pi, 65)
    circle = np.stack([np.cos(angle), np.sin(angle)])  # (2, 65)
    ring = np.asarray(mean, float)[:, None] + radius * (
        vectors @ (np.sqrt(values.clip(0))[:, None] * circle)
    )
    return _places(ring.T)


def _places(places: np.ndarray | None) -> list[list[float]]:
    """(M, 2) as a list; what is not finite is left out."""
    if places is None:
        return []
    rows = np.asarray(places, dtype=float).reshape(-1, 2)
    return rows[np.isfinite(rows).all(axis=1)].round(5).tolist()


def _look(invert: bool, pixelated: bool, size: int, filename: str) -> dict[str, Any]:
    look = {"invert": invert, "pixelated": pixelated, "size": size, "filename": filename}
    return {**look, "words": _words()}


def publish(folder: Path = STATIC) -> str:
    """Put filmstrip.js where Streamlit serves files, under a name that carries its hash.

    Written beside and moved into place: several processes may start at once.
    """
    folder.mkdir(exist_ok=True)
    script = (HERE / "filmstrip.js").read_text(encoding="utf-8")
    script = script.replace("/*ROLES*/{}", json.dumps(theme.ROLES))
    script = script.replace("/*COMPONENTS*/[]", json.dumps(theme.COMPONENTS))
    name = f"filmstrip-{hashlib.sha256(script.encode()).hexdigest()[:12]}.js"
    if not (folder / name).exists():
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as draft:
            draft.write(script.encode())
        Path(draft.name).chmod(0o644)
        os.replace(draft.name, folder / name)
    return name


@cache
def _component() -> Callable:
    """Register once per process; the inline script only fetches the real one."""
    return st.components.v2.component(
        "explorer_filmstrip",
        html="<div class='fs-root'></div>\n",
        css=(HERE / "filmstrip.css").read_text(encoding="utf-8"),
        js=(HERE / "loader.js").read_text(encoding="utf-8").replace("%filmstrip%", publish()),
        isolate_styles=False,
    )


def _words() -> dict[str, str]:
    return {
        "first": _("First frame"),
        "back": _("One step back"),
        "play": _("Play"),
        "pause": _("Pause"),
        "next": _("One step forward"),
        "png": _("Save picture (PNG)"),
        "plane": _("Plane of pictures"),
        "slider": _("slider in two directions"),
        "keys": _("drag, or focus and use the arrow keys"),
        "view": _("The plane shows"),
        "points": _("Points"),
        "pictures": _("Pictures"),
        "exact": _("decoded exactly here"),
        "blend": _("blended from the four nearest pictures"),
        "nearest": _("the nearest picture"),
        "failed": _("The pictures did not load. Reload the page, please."),
    }
