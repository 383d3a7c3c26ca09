"""Digit pad: a small square of paper on which the learner draws with mouse, pen, finger or keys.

    drawing = digitpad(None, key="digit", label=_("Draw a digit"))   # (28, 28) in [0, 1], or None

Who owns the drawing: Python gives the one to start with and the browser owns it from then on.
While a stroke is drawn the browser reports what is there (at most every 120 ms), and once more when
the stroke ends; the call returns the newest. `start` is read again only when `revision` changes, or
when Streamlit has forgotten the component (the learner went to another page and came back). A page
that keeps what it got,

    st.session_state["digit"] = digitpad(st.session_state.get("digit"), key="pad", ...)

therefore finds the learner's drawing again after a page switch. To feed a network trained on MNIST,
pass the result through `explorer.data.drawing.centred`.

In a test without a browser, seed `session_state[key] = {"drawing": encoded(array)}`.
"""

import base64
import binascii
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from explorer.i18n import _, n_

SIZE = 28  # pixels along one side, as in MNIST
LARGEST = 128

_HERE = Path(__file__).parent
_PAD = st.components.v2.component(
    "explorer_digitpad",
    html='<div class="digitpad"></div>\n<!-- the rest is built by digitpad.js -->',
    css=(_HERE / "digitpad.css").read_text(encoding="utf-8"),
    js=(_HERE / "digitpad.js").read_text(encoding="utf-8"),
)


def digitpad(
    start: np.ndarray | None,
    *,
    key: str,
    size: int = SIZE,
    label: str,
    revision: int | str = 0,
) -> np.ndarray | None:
    """Show the pad and return the drawing, a (size, size) array with ink = 1, or None if empty.

    start     (size, size) in [0, 1] to start from, and to go back to when `revision` changes; None
              for empty paper
    label     what to draw, in the learner's language; read out as the pad's name
    revision  any number or string; a new value replaces what is on the pad (undo brings it back)
    """
    base = _base(start, key, size, revision)
    result = _PAD(
        key=key,
        data={
            "key": key,
            "epoch": base["epoch"],
            "revision": revision,
            "size": size,
            "pixels": base["pixels"],
            "label": label,
            "labels": {name: _(text) for name, text in _LABELS.items()},
        },
        on_drawing_change=lambda: None,
    )
    if not _is_current(result.drawing, base["epoch"]):
        return clean_drawing(base["pixels"], size)
    return clean_drawing(result.drawing, size)


def encoded(drawing: np.ndarray) -> str:
    """A drawing in [0, 1] as it travels: base64 of one byte per pixel, row by row from the top."""
    ink = np.nan_to_num(np.asarray(drawing, dtype=float), nan=0.0, posinf=1.0, neginf=0.0)
    return base64.b64encode((255 * ink.clip(0, 1)).round().astype(np.uint8)).decode("ascii")


def clean_drawing(value: object, size: int = SIZE) -> np.ndarray | None:
    """Whatever the browser sent, as a (size, size) array in [0, 1]; None if empty. Never raises.

    `value` is the text that `encoded` makes, or a mapping that holds it under "pixels". Anything
    else (another type, another length, no base64) is an empty pad, and so is a pad without ink.
    """
    if isinstance(value, Mapping):
        value = value.get("pixels")
    if not isinstance(value, str) or len(value) != 4 * -(-size * size // 3):
        return None
    try:
        raw = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(raw) != size * size or not any(raw):
        return None
    return np.frombuffer(raw, dtype=np.uint8).reshape(size, size) / 255


def _is_current(value: object, epoch: str) -> bool:
    """Does this browser state belong to the drawing shown now? Bare text (tests) always does."""
    if isinstance(value, Mapping):
        return value.get("epoch", epoch) == epoch
    return value is not None


def _base(start: np.ndarray | None, key: str, size: int, revision: int | str) -> dict[str, Any]:
    """The drawing the browser starts from, frozen until there is a reason to send another.

    Frozen, the component's message is the same at every rerun, and Streamlit sends a short
    reference instead. The epoch marks browser states that belong to this start, so that one still
    on its way when the page loads another drawing is not mistaken for a change of that one.
    """
    if not 1 <= size <= LARGEST:
        raise ValueError(f"size must lie between 1 and {LARGEST}, not {size}")
    if start is not None and np.shape(start) != (size, size):
        raise ValueError(f"start must have shape ({size}, {size}), not {np.shape(start)}")
    wanted = {"revision": revision, "size": size}
    slot = f"{key} base"
    base = st.session_state.get(slot)
    # Streamlit drops the key of a component that another page did not show.
    if base is None or key not in st.session_state or any(base[k] != wanted[k] for k in wanted):
        base = wanted | {"pixels": "" if start is None else encoded(start)}
        base["epoch"] = secrets.token_hex(4)
        st.session_state[slot] = base
    return base


# Everything the pad says; {…} is filled in by the browser.
_LABELS = {
    "tools": n_("Tool"),
    "draw": n_("Pen"),
    "erase": n_("Eraser"),
    "edit": n_("Edit"),
    "undo": n_("Undo"),
    "clear": n_("Clear all"),
    "width": n_("Thickness"),
    "width_value": n_("{n} pixels"),
    "role": n_("drawing pad"),
    "help": n_(
        "Arrow keys move a cursor, Enter or Space puts ink there or takes it away, "
        "P lowers or lifts the pen."
    ),
    "keys": n_("Keyboard: arrow keys, Enter for ink, P lowers the pen, Ctrl+Z undoes"),
    "hint": n_("Draw here"),
    "empty": n_("The pad is empty"),
    "inked": n_("Ink on {n} of {all} pixels"),
    "cursor_ink": n_("Row {row}, column {column}: ink"),
    "cursor_blank": n_("Row {row}, column {column}: blank"),
    "pen_down": n_("Pen down: the arrow keys draw"),
    "pen_up": n_("Pen lifted"),
    "undone": n_("Undone"),
    "loaded": n_("Another drawing was loaded"),
}
