"""What a learner set on a lesson: kept in the session, mirrored in the URL.

One dictionary per lesson survives page switches. A value comes, in this order, from the address
with which the page was entered, from what was set before, from the default. Afterwards the address
only follows: reading it again would let an old one, still under way, undo a newer control. Only
values that differ from their default are written, so a fresh page has a clean address.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

MISSING = object()


@dataclass
class State:
    """The settings of one lesson. `namespace` is its slug."""

    namespace: str

    def __post_init__(self) -> None:
        kept = st.session_state.setdefault(f"kept:{self.namespace}", {})
        self.values: dict[str, Any] = kept.setdefault("values", {})
        self.defaults: dict[str, Any] = kept.setdefault("defaults", {})
        self._entered: dict[str, str] = kept.setdefault("entered", {})
        self._unsent: set[str] = kept.setdefault("unsent", set())
        self._answers: dict[str, Any] = {}  # what the widgets said; a look into the session is dear

    def enter(self) -> bool:
        """Call at the top of a page: takes over the address if the page has just been opened, and
        says whether it has."""
        new = st.session_state.get("page") != self.namespace
        if new:
            st.session_state["page"] = self.namespace
            _forget_widgets()
            self._entered.clear()
            self._entered.update(
                (name, text)
                for name, text in st.query_params.to_dict().items()
                if len(text) <= 2000
            )
        return new

    def key(self, name: str) -> str:
        """The widget key behind a setting."""
        return f"{self.namespace}.{name}"

    def read(self, name: str, default: Any, parse: Callable[[str], Any]) -> Any:
        """The current value. `parse` turns the address's text into a value or raises ValueError."""
        self.defaults[name] = default
        text = self._entered.pop(name, None)
        if text is not None:
            try:
                self.put(**{name: parse(text)})
            except ValueError:
                pass  # an address that makes no sense leaves the setting as it was
        value = self.values.setdefault(name, default)
        answer = self._answers[name] = st.session_state.get(self.key(name), MISSING)
        return value if answer is MISSING else answer  # the widget's own is the newest

    def put(self, **values: Any) -> None:
        """Set values from a callback (a dragged handle, a preset, a revealed answer)."""
        for name, value in values.items():
            self.values[name] = value
            if st.session_state.get(self.key(name)) is not None:
                st.session_state[self.key(name)] = value
                self._unsent.add(name)

    def settle(self, name: str, value: Any) -> None:
        """After `read` and before its widget is made: give the widget this value."""
        self.values[name] = value
        if name in self._unsent or self._answers[name] != value:
            st.session_state[self.key(name)] = value
            self._unsent.add(name)

    def sent(self) -> None:
        """A run came to its end: the browser gets the values that widgets were given in it.

        A run that is cut short by `st.rerun` takes its unsent messages with it, and the widget
        would show its lowest value; so the next run gives those values again.
        """
        self._unsent.clear()

    def reset(self) -> None:
        """Back to the defaults."""
        self.put(**self.defaults)

    def query(self) -> dict[str, str]:
        """What belongs in the address."""
        return {
            name: to_text(value)
            for name, value in self.values.items()
            if name in self.defaults and to_text(value) != to_text(self.defaults[name])
        }


def own_names() -> list[str]:
    """What the app has put into the session. Streamlit's own list of names looks up the value of
    every widget, which takes longer than laying out three of them."""
    context = get_script_run_ctx()
    if context is None:
        return [str(name) for name in st.session_state]
    state = context.session_state._state
    names = {*state._old_state, *state._new_session_state}  # and ids of widgets among them
    return [name for name in names if not name.startswith("$$")]


def _forget_widgets() -> None:
    """What Streamlit knows of the widgets of earlier pages, with all that their callbacks hold.

    It drops their values itself, but not this: half a MiB of a learner who has been everywhere.
    """
    context = get_script_run_ctx()
    if context is not None:
        known = context.session_state._state._new_widget_state.widget_metadata
        for name in known.keys() - context.shared.widget_ids_this_run.snapshot():
            del known[name]


def to_text(value: Any) -> str:
    """A setting as it stands in an address: 0.25, 1, text, or numbers joined by commas."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return f"{value:.9g}"
    if isinstance(value, list | tuple):
        return ",".join(to_text(item) for item in value)
    return str(value)


def _plain(text: str) -> str:
    """A number as people write it: Python would also read 1_000 and digits of any script."""
    if not text.isascii() or "_" in text:
        raise ValueError(text)
    return text


def number(low: float, high: float) -> Callable[[str], float]:
    """Parser for a finite number inside [low, high]."""

    def parse(text: str) -> float:
        value = float(_plain(text))
        if not math.isfinite(value) or not low <= value <= high:
            raise ValueError(text)
        return value

    return parse


def integer(low: int, high: int) -> Callable[[str], int]:
    """Parser for a whole number inside [low, high]."""

    def parse(text: str) -> int:
        value = int(_plain(text))
        if not low <= value <= high:
            raise ValueError(text)
        return value

    return parse


def one_of(options: Any) -> Callable[[str], Any]:
    """Parser for one of the given options, compared as text."""

    def parse(text: str) -> Any:
        for option in options:
            if to_text(option) == text:
                return option
        raise ValueError(text)

    return parse


def numbers(low: float, high: float, at_most: int) -> Callable[[str], tuple[float, ...]]:
    """Parser for up to `at_most` comma-separated numbers inside [low, high]."""

    def parse(text: str) -> tuple[float, ...]:
        parts = text.split(",")
        if len(parts) > at_most:
            raise ValueError(text)
        return tuple(number(low, high)(part) for part in parts)

    return parse
