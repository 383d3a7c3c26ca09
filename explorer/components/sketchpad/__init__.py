"""Sketchpad: a plot in which the learner places, moves, paints and removes points.

    points = sketchpad(start, key="cloud", dims=2, x_range=(-4, 4), y_range=(-3, 3))

Who owns the points: Python gives the points to start with and the browser owns them from then on.
Each finished gesture sends all points back once, and the call returns them. `points` is read again
only when `revision` changes (a data set was loaded), or when Streamlit has forgotten the component
(the learner went to another page and came back). A page that keeps what it got,

    st.session_state["cloud"] = sketchpad(st.session_state["cloud"], key="pad", ...)

therefore finds the learner's own points again after a page switch, at no cost in between.

In a test without a browser, seed `session_state[key] = {"points": [[1.0, 2.0], [3.0, 4.0]]}`.
"""

import math
import secrets
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import numpy as np
import streamlit as st

from explorer.figures import theme
from explorer.i18n import _, n_

LIMIT = 2000  # points; dragging stays smooth up to here
LARGEST = 1e9  # coordinates are clipped to ±LARGEST, so that squares and sums stay finite

_HERE = Path(__file__).parent
_PAD = st.components.v2.component(
    "explorer_sketchpad",
    html='<div class="sketchpad"></div>\n<!-- the rest is built by sketchpad.js -->',
    css=(_HERE / "sketchpad.css").read_text(encoding="utf-8"),
    js=(_HERE / "sketchpad.js").read_text(encoding="utf-8"),
)


def sketchpad(
    points: np.ndarray,
    *,
    key: str,
    dims: Literal[1, 2],
    x_range: tuple[float, float],
    y_range: tuple[float, float] | None = None,
    x_title: str = "",
    y_title: str = "",
    height: int | None = None,
    limit: int = LIMIT,
    revision: int | str = 0,
) -> np.ndarray:
    """Show the pad and return the learner's current points, an (N, dims) array.

    points    (N, dims) points to start from, and to go back to when `revision` changes
    dims      2: points in the plane; 1: points on a line, where height has no meaning
    x_range   the axis, in data units; it grows only while a point lies outside
    height    of the plot in pixels (2-D: 420, 1-D: 170); a narrow screen may lower it
    limit     most points the pad holds; the learner is told when it is reached
    revision  any number or string; a new value replaces what is on the pad (undo brings it back)
    """
    _check(dims, x_range, y_range, limit)
    base = _base(np.asarray(points, dtype=float).reshape(-1, dims), key, dims, limit, revision)
    result = _PAD(
        key=key,
        data={
            "key": key,
            "epoch": base["epoch"],
            "revision": revision,
            "points": base["points"].tolist(),
            "left_out": base["left_out"],
            "dims": dims,
            "x_range": [float(end) for end in x_range],
            "y_range": [float(end) for end in y_range or (0, 1)],
            "x_title": x_title,
            "y_title": y_title if dims == 2 else "",
            "height": height or (420 if dims == 2 else 170),
            "limit": limit,
            "largest": LARGEST,
            "color": theme.ROLES["data"],
            "labels": _labels(dims),
        },
        on_points_change=lambda: None,
    )
    if not _is_current(result.points, base["epoch"]):
        return base["points"].copy()
    return clean_payload(result.points, dims, limit)


def clean_payload(value: object, dims: int, limit: int = LIMIT) -> np.ndarray:
    """Whatever the browser sent, as a finite (N, dims) array with N <= limit. Never raises.

    `value` is a list of points, or a mapping that holds one under "points". A point is a list of
    `dims` numbers (in 1-D a bare number will do). What is no such point (wrong length, text,
    booleans, NaN, infinity, deeper nesting) is left out; of the rest the first `limit` are kept
    and each coordinate is clipped to ±LARGEST. No list at all gives no points.
    """
    rows = _rows(value)
    # Twice the limit is looked at, so that rubbish costs no more than a full pad.
    kept = [point for row in islice(rows, 2 * limit) if (point := _point(row, dims)) is not None]
    return np.array(kept[:limit], dtype=float).reshape(-1, dims)


def _rows(value: object) -> Sequence[Any]:
    if isinstance(value, Mapping):
        value = value.get("points")
    return value if isinstance(value, list | tuple) else ()


def _point(row: object, dims: int) -> list[float] | None:
    numbers = row if isinstance(row, list | tuple) else (row,)
    if len(numbers) != dims or not all(_is_number(number) for number in numbers):
        return None
    return [float(min(max(number, -LARGEST), LARGEST)) for number in numbers]


def _is_number(value: object) -> bool:
    if isinstance(value, int):  # of any size: it is clipped before it becomes a float
        return not isinstance(value, bool)
    return isinstance(value, float) and math.isfinite(value)


def _is_current(value: object, epoch: str) -> bool:
    """Does this browser state belong to the points shown now? A bare list (tests) always does."""
    if isinstance(value, Mapping):
        return value.get("epoch", epoch) == epoch and isinstance(value.get("points"), list)
    return isinstance(value, list)


def _base(
    points: np.ndarray, key: str, dims: int, limit: int, revision: int | str
) -> dict[str, Any]:
    """The points the browser starts from, frozen until there is a reason to send others.

    Frozen, the component's message is the same at every rerun, and Streamlit sends a short
    reference instead of the message. The epoch marks browser states that belong to these points,
    so that one still on its way when a data set is loaded is not mistaken for an edit of it. It
    is random because a browser tab can outlive a server, and must not meet its old epoch again.
    """
    wanted = {"revision": revision, "dims": dims, "limit": limit}
    slot = f"{key} base"
    base = st.session_state.get(slot)
    # Streamlit drops the key of a component that another page did not show.
    if base is None or key not in st.session_state or any(base[k] != wanted[k] for k in wanted):
        kept = clean_payload(points[: 2 * limit].tolist(), dims, limit)
        base = wanted | {"points": kept, "left_out": len(points) - len(kept)}
        base["epoch"] = secrets.token_hex(4)
        st.session_state[slot] = base
    return base


def _check(
    dims: int, x_range: tuple[float, float], y_range: tuple[float, float] | None, limit: int
) -> None:
    """Mistakes of the calling page, not of the learner: say so at once."""
    if dims not in (1, 2):
        raise ValueError(f"dims must be 1 or 2, not {dims}")
    if dims == 2 and y_range is None:
        raise ValueError("a 2-D sketchpad needs y_range")
    for low, high in (x_range, y_range or (0, 1)):
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise ValueError(f"an axis must rise from a finite number to another: {low}, {high}")
    if limit < 1:
        raise ValueError(f"limit must be at least 1, not {limit}")


# Everything the pad says; {…} is filled in by the browser. The ending _1 is for points on a line.
_LABELS = {
    "tools": n_("Tool"),
    "place": n_("Place"),
    "paint": n_("Spray"),
    "delete": n_("Delete"),
    "edit": n_("Edit"),
    "undo": n_("Undo"),
    "redo": n_("Redo"),
    "clear": n_("Clear all"),
    "add": n_("Add"),
    "role": n_("point pad"),
    "pane": n_(
        "Plot of your points. {count}. Arrow keys move a cursor, Enter uses the tool, "
        "Delete removes the nearest point."
    ),
    "empty": n_("Click or tap to place a point"),
    "zero": n_("No points"),
    "one": n_("1 point"),
    "many": n_("{n} points"),
    "added": n_("Added {at}"),
    "moved": n_("Moved to {at}"),
    "removed": n_("Removed {at}"),
    "sprayed": n_("Sprayed {n}"),
    "erased": n_("Removed {n}"),
    "cleared": n_("All points removed"),
    "undone": n_("Undone"),
    "redone": n_("Redone"),
    "loaded": n_("New data loaded"),
    "cursor": n_("Cursor at {at}"),
    "carrying": n_("Carrying a point: arrow keys move it, Enter puts it down, Esc puts it back"),
    "dropped_back": n_("Put back"),
    "full": n_("The pad is full: it holds at most {n} points."),
    "left_out": n_("Not shown: {n} more points, because the pad holds at most {limit}."),
    "too_large": n_("Numbers must lie between −{n} and {n}."),
    "typed": n_("Type a point: x, y"),
    "typed_1": n_("Type a point: x"),
    "example": n_("e.g. 1.5, −2"),
    "example_1": n_("e.g. 1.5"),
    "bad": n_("Please write two numbers with a comma between them, for example 1.5, −2"),
    "bad_1": n_("Please write one number, for example 1.5"),
    "note": "",
    "note_1": n_("Only the position along the line counts. The height has no meaning."),
    "keys": n_("Keyboard and touch"),
    "keys_arrows": n_("Arrow keys: move the cursor (with Shift, in large steps)"),
    "keys_enter": n_("Enter or Space: use the chosen tool at the cursor"),
    "keys_delete": n_("Delete: remove the point nearest to the cursor"),
    "keys_move": n_("M: pick up the nearest point; arrow keys move it, Enter puts it down"),
    "keys_next": n_("N, Shift+N: go to the next or previous point"),
    "keys_undo": n_("Ctrl+Z, Ctrl+Shift+Z: undo, redo"),
    "keys_pointer": n_("Mouse: right-click or Shift-click removes. Touch: a long press removes."),
}


def _labels(dims: int) -> dict[str, str]:
    """The pad's texts in the learner's language."""
    line = {name: _LABELS[f"{name}_1"] for name in ("typed", "example", "bad", "note")}
    texts = _LABELS | (line if dims == 1 else {})
    return {name: _(text) if text else "" for name, text in texts.items()}
