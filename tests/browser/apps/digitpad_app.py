"""Host for the browser tests of the digit pad: the pad on two pages, and what Python receives."""

import json

import numpy as np
import streamlit as st

from explorer import i18n
from explorer.components.digitpad import digitpad


def show(drawing: np.ndarray | None) -> None:
    st.session_state["calls"] = st.session_state.get("calls", 0) + 1
    pixels = None if drawing is None else (255 * drawing).round().astype(int).tolist()
    received = {"calls": st.session_state["calls"], "pixels": pixels}
    st.html(f"<p id='received' style='display: none'>{json.dumps(received)}</p>")


def bar() -> np.ndarray:
    drawing = np.zeros((28, 28))
    drawing[4:24, 13:15] = 1
    return drawing


def draw() -> None:
    state = st.session_state
    if st.button("Load a bar"):
        state["revision"] = state.get("revision", 0) + 1
        state["drawing"] = bar()
    if st.button("Go on"):
        st.switch_page(pages["other"])
    state["drawing"] = digitpad(
        state.get("drawing"),
        key="pad",
        label="Draw a digit",
        revision=state.get("revision", 0),
    )
    show(state["drawing"])


def other() -> None:
    show(None)
    if st.button("Back"):
        st.switch_page(pages["draw"])


st.set_page_config(page_title="Digit pad", layout="wide")
i18n.use(st.query_params.get("lang", "en"))
scripts = [draw, other]
pages = {
    script.__name__: st.Page(script, url_path=script.__name__, default=script is draw)
    for script in scripts
}
st.navigation(list(pages.values()), position="top").run()
