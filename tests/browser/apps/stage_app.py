"""Host for the browser tests of the stage: a film, handles, a live slider, and what Python hears.

Each page writes what it knows into an element with the id "state", as JSON.
"""

import json

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from starlette.middleware import Middleware

from explorer import i18n
from explorer.components.stage import Handle, Live, stage
from explorer.figures import theme, traces
from explorer.figures.traces import Canvas
from explorer.ui.guard import Gate

COUNT = 6


def show(**state: object) -> None:
    st.html(f"<p id='state'>{json.dumps(state)}</p>")


def count(name: str) -> int:
    st.session_state[name] = st.session_state.get(name, 0) + 1
    return st.session_state[name]


def points(height: float = 0.0) -> Canvas:
    made = Canvas.empty(("length (cm)", "width (cm)"), (-1, COUNT), (-6, 6), height=320)
    x = np.arange(COUNT, dtype=float)
    made.add(traces.points(x, np.zeros(COUNT), "data", 9), traces.line(x, np.full(COUNT, height)))
    return made


def film() -> None:
    """Six frames: the line rises by one; the second trace alone changes."""
    frames = [
        {
            "name": f"{k} of {COUNT - 1}",
            "data": [{"y": np.full(COUNT, float(k))}],
            "traces": [1],
            "layout": {"yaxis": {"title": {"text": f"width at {k}"}}},
        }
        for k in range(COUNT)
    ]
    figure = points().figure(frames)

    @st.fragment
    def act() -> None:
        heard = st.session_state.setdefault("heard", [])
        st.button("Run again")
        stage(
            figure,
            key="film",
            summary="",
            film="Step",
            frame_summaries=[f"The line is at {k}." for k in range(COUNT)],
            start=1,
            interval=250,
            on_scrub=heard.append,
        )
        show(heard=heard, runs=count("runs"))

    act()


def films() -> None:
    """A film that is another one for every position of the slider: it rises by as much."""

    @st.fragment
    def act() -> None:
        rise = st.slider("Rise", 1, 5, 1)
        start = st.number_input("Start", 0, COUNT - 1, 5)
        frames = [
            {"name": f"{k}", "data": [{"y": np.full(COUNT, k * rise / 5)}], "traces": [1]}
            for k in range(COUNT)
        ]
        figure = points().figure(frames)
        told = [f"The line is at {k * rise / 5}." for k in range(COUNT)]
        stage(figure, key="films", summary="", film="Step", frame_summaries=told, start=start)
        show(rise=rise, runs=count("runs"))

    act()


def handles() -> None:
    """One free handle, one that moves sideways only, both in bounds."""
    state = st.session_state
    state.setdefault("where", {"free": [1.0, 1.0], "side": [3.0, -3.0]})
    state.setdefault("path", [])

    def move(name: str, x: float, y: float) -> None:
        state["where"][name] = [x, y]
        state["path"].append(x)

    @st.fragment
    def act() -> None:
        st.button("Run again")
        where = state["where"]
        made = points(where["free"][1])
        made.add(traces.vertical(where["side"][0], -6, 6))
        stage(
            made.figure(),
            key="handles",
            summary=f"The line is at {where['free'][1]:.2f}.",
            handles=[
                Handle("free", *where["free"], "Mean", bounds=(0, 5, -5, 5), step=(0.1, 0.2)),
                Handle(
                    "side", *where["side"], "Edge", theme.ROLES["condition"][0], "x", "line",
                    (0, 5, -5, 5), (0.5, 0.5),
                ),
            ],
            on_move=move,
        )  # fmt: skip
        show(where=where, path=state["path"], runs=count("runs"))

    act()


def ride() -> None:
    """A handle on a film that is another one wherever the handle is; the film takes it along."""
    st.session_state.setdefault("height", 0.0)

    def move(_name: str, _x: float, y: float) -> None:
        st.session_state["height"] = y

    @st.fragment
    def act() -> None:
        height = st.session_state["height"]
        frames = [
            {
                "name": f"{k}",
                "data": [{"y": np.full(COUNT, height * k / 5)}],
                "traces": [1],
                "layout": {"meta": {"handles": {"height": [3.0, height * k / 5]}}},
            }
            for k in range(COUNT)
        ]
        told = [f"The line is at {height * k / 5:.1f}." for k in range(COUNT)]
        grip = Handle("height", 3, height, "Height", axes="y", step=(1, 0.5), bounds=(0, 5, -5, 5))
        stage(
            points().figure(frames), key="ride", summary="", film="Step", start=5,
            frame_summaries=told, handles=[grip], on_move=move,
        )  # fmt: skip
        show(height=height, runs=count("runs"))

    act()


def live() -> None:
    """A slider whose every position is computed here."""
    state = st.session_state
    values = tuple(np.linspace(0, 5, 51))

    @st.fragment
    def act() -> None:
        index = state.setdefault("index", 10)
        stage(
            points(values[index]).figure(),
            key="live",
            summary=f"The line is at {values[index]:.1f}.",
            live=Live("t", values, index, "s"),
            on_scrub=lambda i: state.update(index=i),
        )
        show(index=index, runs=count("runs"))

    act()


def panels() -> None:
    """Two panels side by side, one below the other on a narrow screen, by plotly's own means."""
    figure = go.Figure(points().figure())
    figure.update_layout(
        xaxis={"domain": [0, 0.45]},
        xaxis2={"domain": [0.55, 1], "range": [-0.2, 1.2]},
        yaxis2={"range": [-0.2, 1.2]},
    )
    figure.add_trace(go.Scatter(x=[0, 1], y=[0, 1], xaxis="x2", yaxis="y2"))
    stacked = {"xaxis.domain": [0, 1], "xaxis2.domain": [0, 1]}
    stacked |= {"yaxis.domain": [0.6, 1], "yaxis2.domain": [0, 0.4]}
    figure.layout.meta = {"narrow": stacked, "narrowHeight": 640}
    stage(figure, key="panels", summary="Two panels.")
    show()


def crowd() -> None:
    """Five thousand points, moved by the server."""
    turn = st.slider("Turn", 0, 100, 0)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 5000))
    angle = turn / 20
    made = Canvas.empty(("x", "y"), (-5, 5), (-5, 5))
    made.add(
        traces.points(x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle))
    )
    stage(made.figure(), key="crowd", summary=f"Turned by {turn}.")
    show(turn=turn)


def run() -> None:
    st.set_page_config(page_title="Stage", layout="wide")
    i18n.use(st.query_params.get("lang", "en"))
    pages = [film, films, handles, ride, live, panels, crowd]
    st.navigation(
        [st.Page(page, url_path=page.__name__, default=page is film) for page in pages]
    ).run()


app = st.App(__file__, middleware=[Middleware(Gate)])  # pictures go ahead, as in the explorer

if __name__ == "__main__":
    run()
