"""Widgets whose value lives in a lesson's State, and so in the address.

Every control is a native Streamlit widget: labelled, usable by keyboard, testable. `name` is the
setting's name in the address. Each widget is also told its value as its default: a run that is
followed at once by another may lose the message that sets it.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import streamlit as st

from explorer.i18n import _
from explorer.ui import state as parsers
from explorer.ui.state import State


class Controls:
    """Makes the controls of one lesson; `state` is public for callbacks and hidden settings."""

    def __init__(self, namespace: str) -> None:
        self.state = State(namespace)

    def slider(
        self,
        name: str,
        label: str,
        low: float,
        high: float,
        default: float,
        step: float,
        **more: Any,
    ) -> float:
        """A number in [low, high], in steps. A kept value outside is pulled to the nearer end."""
        low, high, step = float(low), float(high), float(step)
        value = self.state.read(name, float(default), parsers.number(low, high))
        value = float(np.clip(value, low, high))
        self.state.settle(name, value)
        result = st.slider(label, low, high, value, step, key=self.state.key(name), **more)
        self.state.values[name] = result
        return result

    def whole(
        self, name: str, label: str, low: int, high: int, default: int, step: int = 1, **more: Any
    ) -> int:
        """A whole number in [low, high]."""
        value = self.state.read(name, default, parsers.integer(low, high))
        value = int(np.clip(value, low, high))
        self.state.settle(name, value)
        result = st.slider(label, low, high, value, step, key=self.state.key(name), **more)
        self.state.values[name] = result
        return result

    def steps(self, name: str, label: str, options: list, default: Any, **more: Any) -> Any:
        """A slider over a list of values, for example 1, 2, 5, 10."""
        value = self.state.read(name, default, parsers.one_of(options))
        value = value if value in options else default
        self.state.settle(name, value)
        result = st.select_slider(label, options, value, key=self.state.key(name), **more)
        self.state.values[name] = result
        return result

    def number(
        self,
        name: str,
        label: str,
        low: float,
        high: float,
        default: float,
        step: float,
        **more: Any,
    ) -> float:
        """A number typed in: the exact, equal way in beside a slider or a handle."""
        low, high = float(low), float(high)
        value = self.state.read(name, float(default), parsers.number(low, high))
        value = float(np.clip(value, low, high))
        self.state.settle(name, value)
        result = st.number_input(
            label, low, high, value, float(step), key=self.state.key(name), **more
        )
        self.state.values[name] = result
        return result

    def choice(
        self, name: str, label: str, options: Mapping[str, str], default: str, **more: Any
    ) -> str:
        """One of a few: {value: shown text}. Up to five options lie side by side."""
        value = self.state.read(name, default, parsers.one_of(options))
        value = value if value in options else default
        self.state.settle(name, value)
        key, show, keys = self.state.key(name), options.__getitem__, list(options)
        if len(options) <= 5:
            result = st.segmented_control(
                label, keys, format_func=show, default=value, key=key, required=True, **more
            )
        else:
            result = st.selectbox(label, keys, keys.index(value), format_func=show, key=key, **more)
        self.state.values[name] = result
        return result

    def pick(self, name: str, label: str, options: Mapping[str, str], default: str) -> str:
        """One of many or of varying options, from a list."""
        value = self.state.read(name, default, str)
        value, keys = value if value in options else default, list(options)
        self.state.settle(name, value)
        result = st.selectbox(
            label, keys, keys.index(value), format_func=options.__getitem__,
            key=self.state.key(name),
        )  # fmt: skip
        self.state.values[name] = result
        return result

    def toggle(self, name: str, label: str, default: bool = False, **more: Any) -> bool:
        """On or off."""
        value = self.state.read(name, default, lambda text: parsers.one_of([True, False])(text))
        self.state.settle(name, value)
        result = st.toggle(label, value, key=self.state.key(name), **more)
        self.state.values[name] = result
        return result

    def seed(self, default: int = 0) -> int:
        """The random seed, shown and settable, with a die beside it that takes the next one."""
        value = self.state.read("seed", default, parsers.integer(0, 999_999))
        self.state.settle("seed", value)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            result = st.number_input(
                _("Random seed"), 0, 999_999, int(value), 1, key=self.state.key("seed"), width=150
            )
            st.button(
                _("New draw"),
                key=self.state.key("die"),
                icon=":material/casino:",
                on_click=lambda: self.state.put(seed=(int(value) + 1) % 1_000_000),
            )
        self.state.values["seed"] = result
        return result

    def hidden(self, name: str, default: Any, parse: Callable[[str], Any]) -> Any:
        """A setting without a widget, such as dragged means; change it with state.put."""
        return self.state.read(name, default, parse)
