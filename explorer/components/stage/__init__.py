"""The stage: the one place where plotly figures are shown.

Plotly is kept alive in the browser and updated with `Plotly.react`, so zoom, focus and the film's
position survive a rerun. Frames are scrubbed in the browser; handles are dragged there and report
to the server, throttled, while the hand still moves.
"""

import hashlib
import json
import math
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import plotly
import plotly.graph_objects as go
import streamlit as st

from explorer.components import ahead
from explorer.figures import theme
from explorer.figures.picture import Picture, written
from explorer.i18n import _

HERE = Path(__file__).parent
#: Streamlit serves the folder `static` beside the entry script; it is filled at first use.
STATIC = HERE.parents[2] / "static"


@dataclass(frozen=True)
class Handle:
    """Something on the picture that can be dragged, or moved with the arrow keys.

    axes: "xy", "x" or "y", the directions it moves in; it stays in `bounds` (x0, x1, y0, y1).
    `step` is one arrow key press in data units; Shift makes it ten. Colour is a hex of the theme.
    `shape`: "circle", "diamond", or "line" (a grip on a vertical or horizontal line).
    """

    id: str
    x: float
    y: float
    label: str
    color: str = theme.ROLES["model"][0]
    axes: str = "xy"
    shape: str = "circle"
    bounds: tuple[float, float, float, float] = (-math.inf, math.inf, -math.inf, math.inf)
    step: tuple[float, float] = (0.1, 0.1)
    xaxis: str = "x"
    yaxis: str = "y"


@dataclass(frozen=True)
class Live:
    """A slider under the picture whose every position, while dragged, is computed by the server."""

    name: str
    values: tuple[float, ...]
    index: int
    unit: str = ""


@dataclass(frozen=True)
class Encoded:
    """A figure as it travels to the browser. A film takes 10 ms to encode, so a page that keeps one
    for several runs keeps it like this, which is smaller too."""

    picture: str  # JSON
    frames: tuple[str, ...]  # JSON, one for each
    film: str  # another one for another film


def encode(figure: go.Figure) -> Encoded:
    """The figure with its film, if it has one."""
    content = figure.plain if isinstance(figure, Picture) else figure.to_dict()
    frames = tuple(map(written, content.get("frames", ())))
    digest = hashlib.sha256("".join(frames).encode()).hexdigest()[:12] if frames else ""
    still = {name: part for name, part in content.items() if name != "frames"}
    return Encoded(written(still), frames, digest)


def stage(
    figure: go.Figure | Encoded,
    *,
    key: str,
    summary: str,
    frame_summaries: Sequence[str] = (),
    film: str = "",
    start: int = 0,
    interval: int = 400,
    handles: Sequence[Handle] = (),
    live: Live | None = None,
    on_move: Callable[[str, float, float], None] | None = None,
    on_scrub: Callable[[int], None] | None = None,
    filename: str = "figure",
    bare: bool = False,
) -> None:
    """Show `figure` and keep it alive.

    figure.frames, if any, become a film along the axis named `film` ("iteration"), one frame per
    entry, named by `frame.name`, each with its own text summary; it opens at frame `start` and
    plays one frame per `interval` ms. `on_move(id, x, y)` is called with data coordinates while a
    handle is dragged and when it is let go; `on_scrub(index)` when the film or live slider rests
    on another position (live: also on the way). `bare` leaves out caption and save buttons; the
    summary then speaks to screen readers only. Whatever the browser sends is checked first.
    """
    shown = figure if isinstance(figure, Encoded) else encode(figure)
    line = ahead.line()
    if line:
        line.count += 1
    data = {
        "key": key,
        "line": line.token if line else "",
        "number": line.count if line else 0,
        "count": len(shown.frames),
        "filmed": shown.film,
        "film": film,
        "start": start,
        "interval": interval,
        "summary": summary,
        "summaries": list(frame_summaries),
        "handles": [_finite(vars(handle)) for handle in handles],
        "answered": st.session_state.get(f"{key}.answered", 0),
        "live": vars(live) if live else None,
        "filename": filename,
        "bare": bare,
        "reports": on_scrub is not None,
        "words": _words(),
    }
    # Lines, for JSON has no line breaks: three texts as they are, where one JSON around them all
    # would escape, and Streamlit would write it twice.
    told = f"{json.dumps(data)}\n{shown.picture}\n"
    if line:  # of a film the one frame that is seen at first
        seen = shown.frames[start] if 0 <= start < len(shown.frames) else ""
        line.send(key, told + seen)
    frames = f"[{','.join(shown.frames)}]" if shown.frames else ""

    def moved() -> None:
        report = reported(key, "moved")
        st.session_state[f"{key}.answered"] = _number(report)
        event = clean_move(report, handles)
        if event is not None and on_move is not None:
            on_move(*event)

    def scrubbed() -> None:
        count = len(live.values) if live else len(shown.frames)
        index = clean_index(reported(key, "scrubbed"), count)
        if index is not None and on_scrub is not None:
            on_scrub(index)

    content = (told + frames).encode()
    _component()(key=key, data=content, on_moved_change=moved, on_scrubbed_change=scrubbed)


def reported(key: str, name: str) -> object:
    """What the browser's part of the component with this key has just said under `name`."""
    state = st.session_state.get(key)
    return state.get(name) if isinstance(state, Mapping) else None


def _number(report: object) -> int:
    """Which report of the browser's this is, so that an old answer cannot pull a handle back."""
    number = report.get("number") if isinstance(report, dict) else 0
    return number if type(number) is int and 0 <= number < 2**53 else 0


def clean_move(event: object, handles: Sequence[Handle]) -> tuple[str, float, float] | None:
    """A drag from the browser as (id, x, y) within the handle's bounds; None if it is nonsense."""
    if not isinstance(event, dict):
        return None
    handle = next((h for h in handles if h.id == event.get("id")), None)
    x, y = event.get("x"), event.get("y")
    if handle is None or not all(
        isinstance(v, int | float) and not isinstance(v, bool) and abs(v) < 1e300 for v in (x, y)
    ):
        return None
    low_x, high_x, low_y, high_y = handle.bounds
    new_x = min(max(float(x), low_x), high_x) if "x" in handle.axes else handle.x  # type: ignore[arg-type]
    new_y = min(max(float(y), low_y), high_y) if "y" in handle.axes else handle.y  # type: ignore[arg-type]
    return handle.id, new_x, new_y


def clean_index(value: object, count: int) -> int | None:
    """A position on the film from the browser, or None if there is no such frame."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < count:
        return value
    return None


def publish(folder: Path = STATIC) -> dict[str, str]:
    """Put plotly.min.js (from the installed plotly) and stage.js where Streamlit serves files.

    Names carry the version or a hash of the content, so a browser may keep them for good. Written
    beside and moved into place: several processes may start at once.
    """
    folder.mkdir(exist_ok=True)
    script = (HERE / "stage.js").read_text().replace("/*DARK*/{}", json.dumps(theme.dark_of()))
    digest = hashlib.sha256(script.encode()).hexdigest()[:12]
    library = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    files = {
        f"plotly-{plotly.__version__}.min.js": library.read_bytes,
        f"stage-{digest}.js": script.encode,
    }
    for name, content in files.items():
        if not (folder / name).exists():
            number, draft = tempfile.mkstemp(dir=folder)
            try:
                with open(number, "wb") as file:
                    file.write(content())
                Path(draft).chmod(0o644)
                os.replace(draft, folder / name)
            except OSError:  # a full disk: no half of a file stays
                Path(draft).unlink(missing_ok=True)
                raise
    return dict(zip(("plotly", "stage"), files, strict=True))


@cache
def _component() -> Callable:
    """Register once per process. The inline script only fetches the real one: it travels with
    every message, and the real one is ten times its size."""
    names = publish()
    loader = (HERE / "loader.js").read_text()
    for word, name in names.items():
        loader = loader.replace(f"%{word}%", name)
    return st.components.v2.component(
        "explorer_stage",
        html="<div class='gx-root'></div>\n",
        css=(HERE / "stage.css").read_text(),
        js=loader,
        isolate_styles=False,
    )


def _finite(handle: Mapping[str, Any]) -> dict:
    """JSON has no infinity; an open bound becomes null."""
    return {**handle, "bounds": [b if math.isfinite(b) else None for b in handle["bounds"]]}


def _words() -> dict[str, str]:
    return {
        "first": _("First frame"),
        "back": _("One step back"),
        "play": _("Play"),
        "pause": _("Pause"),
        "next": _("One step forward"),
        "png": _("Save picture (PNG)"),
        "svg": _("Save picture (SVG)"),
        "drag": _("drag, or focus and use the arrow keys"),
        "failed": _("The picture library did not load. Reload the page, please."),
    }
