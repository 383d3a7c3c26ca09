"""Host for the browser tests of the sketchpad: the pad on a few pages, and what Python receives.

Query parameters: `n` starts with that many points, `lang` chooses the language.
"""

import json

import numpy as np
import streamlit as st

from explorer import i18n
from explorer.components.sketchpad import sketchpad

START = np.array([[-2.0, 1.0], [0.5, -0.5], [2.5, 1.5]])


def start() -> np.ndarray:
    count = int(st.query_params.get("n", -1))
    if count < 0:
        return START
    return np.random.default_rng(0).normal(scale=(1.2, 0.8), size=(count, 2)).clip(-2.9, 2.9)


def show(points: np.ndarray) -> None:
    st.session_state["calls"] = st.session_state.get("calls", 0) + 1
    received = {"calls": st.session_state["calls"], "points": points.tolist()}
    st.html(f"<p id='received' style='overflow-wrap: anywhere'>{json.dumps(received)}</p>")


def plane() -> None:
    state = st.session_state
    if st.button("Load data"):
        state["revision"] = state.get("revision", 0) + 1
        state["plane"] = np.array([[1.0, 1.0], [9.0, -1.0]])
    st.button("Rerun page")
    if st.button("Go on"):
        st.switch_page(pages["same_key"])
    state["plane"] = sketchpad(
        state.get("plane", start()),
        key="plane pad",
        dims=2,
        x_range=(-4, 4),
        y_range=(-3, 3),
        x_title="length (cm)",
        y_title="width (cm)",
        revision=state.get("revision", 0),
    )
    show(state["plane"])


def line() -> None:
    show(
        sketchpad(
            np.array([[160.0], [171.5], [174.0], [182.0]]),
            key="line pad",
            dims=1,
            x_range=(140, 200),
            x_title="height (cm)",
            limit=6,
        )
    )


@st.fragment
def part() -> None:
    show(sketchpad(START, key="part pad", dims=2, x_range=(-4, 4), y_range=(-3, 3)))


def fragment() -> None:
    st.session_state["runs"] = st.session_state.get("runs", 0) + 1
    st.html(f"<pre id='runs'>{st.session_state['runs']}</pre>")
    part()


def same_key() -> None:
    """Another page that uses the key of the first: it must start from its own points."""
    show(sketchpad(START[:1], key="plane pad", dims=2, x_range=(-4, 4), y_range=(-3, 3)))


def moving() -> None:
    """The pad changes its place in the page, so the browser has to build it anew."""
    places = st.columns(2)
    side = int(st.toggle("Other side"))
    with places[side]:
        points = sketchpad(START, key="moving pad", dims=2, x_range=(-4, 4), y_range=(-3, 3))
    show(points)


def form() -> None:
    with st.form("form"):
        points = sketchpad(START, key="form pad", dims=2, x_range=(-4, 4), y_range=(-3, 3))
        st.form_submit_button("Send")
    show(points)


st.set_page_config(page_title="Sketchpad", layout="wide")
i18n.use(st.query_params.get("lang", "en"))
scripts = [plane, line, fragment, same_key, moving, form]
pages = {
    script.__name__: st.Page(script, url_path=script.__name__, default=script is plane)
    for script in scripts
}
st.navigation(list(pages.values()), position="top").run()
