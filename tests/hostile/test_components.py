"""Component payloads and widget values made by hand: checked, moved to the edge, or not heard."""

import json
import math
import time

import numpy as np
import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.testing.v1 import AppTest

from explorer import catalog
from explorer.components.digitpad import clean_drawing
from explorer.components.filmstrip import clean_place
from explorer.components.sketchpad import clean_payload
from explorer.components.stage import Handle, clean_index, clean_move
from explorer.ui import app as _app  # noqa: F401 (makes widgets forgiving, as the entry does)
from explorer.ui import guard
from tests.hostile.tables import (
    DRAWINGS,
    EVENTS,
    FAR,
    NO_POINTS,
    REPORTS,
    SOME_POINTS,
    STATES,
    VALUES,
)
from tests.pages.helpers import address, drawn, healthy, open_lesson

X, Y = (-3.0, 3.0), (-2.0, 2.0)
GRIP = Handle("grip", 0.5, 1.0, "grip", bounds=(*X, *Y))
LIMIT = 50
PATIENCE = 2.0  # seconds of a processor for one answer
FOR_MEGABYTES = 2.0  # more of them for each megabyte, which AppTest and JSON take themselves


def host() -> None:
    """One of each component and of each control; what they tell is kept in `told`."""
    import numpy as np
    import plotly.graph_objects as go
    import streamlit as st

    from explorer.components.digitpad import digitpad
    from explorer.components.filmstrip import plane, strip
    from explorer.components.sketchpad import sketchpad
    from explorer.components.stage import Handle, stage
    from explorer.figures import sprite
    from explorer.ui.controls import Controls

    st.session_state.setdefault("told", [])

    def tell(*what: object) -> None:
        st.session_state["told"].append(what if len(what) > 1 else what[0])

    rng = np.random.default_rng(1)
    frames = [go.Frame(name=str(k)) for k in range(4)]
    figure = go.Figure(go.Scatter(x=[0, 1], y=[0, 1]), frames=frames)
    grip = Handle("grip", 0.5, 1.0, "grip", bounds=(-3.0, 3.0, -2.0, 2.0))
    stage(
        figure, key="stage", summary="Words.", frame_summaries=["a", "b", "c", "d"], film="step",
        handles=[grip], on_move=lambda _grip, x, y: tell(x, y), on_scrub=tell,
    )  # fmt: skip
    plane(
        sprite.mosaic(rng.random((3, 4, 28, 28))), key="plane", x_range=(-3, 3), y_range=(-2, 2),
        at=(0, 0), summary="Words.", on_settle=tell, on_move=tell,
    )  # fmt: skip
    strip(
        sprite.film(rng.random((4, 2, 3, 8, 8))), key="strip", names=list("abcd"), film="step",
        summaries=list("abcd"), on_settle=tell,
    )  # fmt: skip
    st.session_state["points"] = sketchpad(
        np.array([[1.0, 1.0]]), key="pad", dims=2, x_range=(-3, 3), y_range=(-2, 2), limit=50
    )
    st.session_state["drawing"] = digitpad(None, key="digit", label="Draw")
    controls = Controls("host")
    st.session_state["settings"] = {
        "slider": controls.slider("slider", "slider", -1, 1, 0.5, 0.1),
        "whole": controls.whole("whole", "whole", 0, 9, 4),
        "steps": controls.steps("steps", "steps", [1, 2, 5, 10], 2),
        "number": controls.number("number", "number", -1, 1, 0.5, 0.1),
        "choice": controls.choice("choice", "choice", {"a": "A", "b": "B"}, "a"),
        "many": controls.choice("many", "many", {k: k.upper() for k in "abcdefg"}, "c"),
        "pick": controls.pick("pick", "pick", {"a": "A", "b": "B"}, "b"),
        "toggle": controls.toggle("toggle", "toggle", True),
        "seed": controls.seed(3),
    }
    st.button("button", key="button", on_click=lambda: tell("pressed"))
    st.radio("radio", range(3), key="radio", index=None)
    st.text_area("text", key="text")
    controls.state.sent()


DEFAULTS = {
    "slider": 0.5, "whole": 4, "steps": 2, "number": 0.5, "choice": "a", "many": "c", "pick": "b",
    "toggle": True, "seed": 3,
}  # fmt: skip


@pytest.fixture(scope="module")
def opened() -> AppTest:
    return healthy(AppTest.from_function(host, default_timeout=60).run())


@pytest.fixture
def at(opened: AppTest) -> AppTest:
    opened.session_state["told"] = []
    return opened


def identity(at: AppTest, key: str) -> str:
    """The id under which the widget with this key sends its value."""
    found = [
        element.proto.id
        for kind in ("bidi_component", *guarded())
        for element in at.get(kind)
        if getattr(element.proto, "id", "").endswith(f"-{key}")
    ]
    assert found, key
    return found[0]


def guarded() -> tuple[str, ...]:
    return (
        "slider", "number_input", "select_slider", "button_group", "selectbox", "checkbox",
        "toggle", "radio", "text_area", "button",
    )  # fmt: skip


def send(at: AppTest, *states: WidgetState) -> AppTest:
    """One message; the page must stand and must have answered soon."""
    message = WidgetStates(widgets=states)
    begun = time.process_time()
    healthy(at._run(message))
    assert time.process_time() - begun < PATIENCE + FOR_MEGABYTES * message.ByteSize() / 1e6
    return at


def report(at: AppTest, **texts: str) -> AppTest:
    """What components say once, each under its key, in one message."""
    names = {f"$$STREAMLIT_INTERNAL_KEY_{identity(at, key)}__events": key for key in texts}
    return send(
        at,
        *(WidgetState(id=name, json_trigger_value=texts[key]) for name, key in names.items()),
    )


def events(value: object, *names: str) -> str:
    return json.dumps([{"event": name, "value": value} for name in names])


def keep(at: AppTest, **texts: str) -> AppTest:
    """What components keep, each under its key, in one message."""
    return send(
        at, *(WidgetState(id=identity(at, key), json_value=text) for key, text in texts.items())
    )


def inside(place: object) -> bool:
    """Two finite numbers on the plane."""
    return (
        isinstance(place, tuple)
        and all(type(v) is float and math.isfinite(v) for v in place)
        and X[0] <= place[0] <= X[1]
        and Y[0] <= place[1] <= Y[1]
    )


# ------------------------------------------------------------------ the validators themselves


@pytest.mark.parametrize("case", REPORTS)
def test_what_is_no_place_and_no_frame_is_not_heard(case):
    assert clean_move(REPORTS[case], [GRIP]) is None
    assert clean_index(REPORTS[case], 4) is None
    place = clean_place(REPORTS[case], X, Y)  # it asks for no name
    assert place is None or (("name" in case or "no such handle" in case) and place == (0, 0))


@pytest.mark.parametrize("case", FAR)
def test_what_lies_far_out_is_moved_to_the_edge(case):
    name, *place = clean_move(FAR[case], [GRIP])
    assert name == "grip" and inside(tuple(place))
    assert clean_place(FAR[case], X, Y) == tuple(place)


@pytest.mark.parametrize("case", NO_POINTS)
def test_what_is_no_point_is_left_out(case):
    begun = time.thread_time()
    for payload in (NO_POINTS[case], {"points": NO_POINTS[case]}):
        kept = clean_payload(payload, 2, LIMIT)
        assert kept.shape == (0, 2) and kept.dtype == float
    assert time.thread_time() - begun < PATIENCE


@pytest.mark.parametrize("case", SOME_POINTS)
def test_of_some_points_the_good_ones_stay(case):
    payload, count = SOME_POINTS[case]
    kept = clean_payload({"points": payload}, 2, LIMIT)
    assert kept.shape == (count, 2) and np.abs(kept).max(initial=0) <= 1e9


@pytest.mark.parametrize("case", DRAWINGS)
def test_what_is_no_drawing_is_an_empty_pad(case):
    drawing = clean_drawing(DRAWINGS[case])
    if "epoch" in case or "time" in case:  # read by the component, not here
        assert drawing is not None and drawing.shape == (28, 28)
    else:
        assert drawing is None


# ------------------------------------------------------------------ through Streamlit's protocol


@pytest.mark.parametrize("case", REPORTS)
def test_a_report_that_is_none_tells_the_page_nothing(at, case):
    value = REPORTS[case]
    report(at, stage=events(value, "moved", "scrubbed"), strip=events(value, "scrubbed"))
    assert at.session_state["told"] == []
    good = {"id": "grip", "x": 1, "y": 2, "number": 3}  # and they still listen
    report(at, stage=events(good, "moved"), plane=events(value, "moved", "settled"))
    assert at.session_state["told"][0] == (1, 2)
    assert all(place == (0, 0) for place in at.session_state["told"][1:])


@pytest.mark.parametrize("case", FAR)
def test_a_report_from_afar_stays_on_the_picture_and_is_numbered_sensibly(at, case):
    report(at, stage=events(FAR[case], "moved"), plane=events(FAR[case], "moved", "settled"))
    assert len(at.session_state["told"]) == 3
    assert all(map(inside, at.session_state["told"]))
    for key in ("stage", "plane"):
        assert type(at.session_state[f"{key}.answered"]) is int
        assert 0 <= at.session_state[f"{key}.answered"] < 2**53


@pytest.mark.parametrize("case", EVENTS)
def test_a_list_of_reports_that_is_none_is_not_heard(at, case):
    report(at, **dict.fromkeys(("stage", "plane", "strip"), EVENTS[case]))
    assert at.session_state["told"] == []


@pytest.mark.parametrize("case", STATES)
def test_a_state_that_is_none_leaves_the_pads_as_they_were(at, case):
    keep(at, pad='{"points": {"points": [[2.0, 1.0]]}}')
    assert at.session_state["points"].tolist() == [[2.0, 1.0]]
    keep(at, **dict.fromkeys(("pad", "digit", "stage", "plane", "strip"), STATES[case]))
    points = at.session_state["points"].tolist()
    assert points in ([[2.0, 1.0]], [[1.0, 1.0]], []), points  # kept, as given, or none
    assert at.session_state["drawing"] is None


@pytest.mark.parametrize("case", [*NO_POINTS, *SOME_POINTS])
def test_a_pad_on_the_page_shows_only_what_is_a_point(at, case):
    payload = NO_POINTS.get(case, SOME_POINTS.get(case, (None,))[0])
    keep(at, pad=json.dumps({"points": {"points": payload}}))
    points = at.session_state["points"]
    assert points.shape[1] == 2 and len(points) <= LIMIT and np.isfinite(points).all()


@pytest.mark.parametrize("case", DRAWINGS)
def test_a_digit_pad_on_the_page_is_empty_or_holds_a_drawing(at, case):
    keep(at, digit=json.dumps({"drawing": DRAWINGS[case]}))
    assert at.session_state["drawing"] is None


def allowed(name: str, value: object) -> bool:
    """Whether a setting holds one of its own values."""
    if name in ("slider", "number"):
        return isinstance(value, int | float) and -1 <= value <= 1
    if name in ("whole", "seed"):
        return isinstance(value, int) and 0 <= value <= (9 if name == "whole" else 999_999)
    options = {
        "steps": [1, 2, 5, 10], "choice": "ab", "pick": "ab", "many": "abcdefg",
        "toggle": [True, False],
    }  # fmt: skip
    return value in options[name]


@pytest.mark.parametrize("case", VALUES)
def test_a_control_keeps_one_of_its_own_values(at, case):
    states = []
    for key in [*(f"host.{name}" for name in DEFAULTS), "button", "radio", "text"]:
        states.append(WidgetState())
        states[-1].CopyFrom(VALUES[case])
        states[-1].id = identity(at, key)
    send(at, *states)
    for name, value in at.session_state["settings"].items():
        assert allowed(name, value), (name, value)
    assert at.session_state["radio"] in (None, 0, 1, 2)
    assert isinstance(at.session_state["text"], str)
    for name in DEFAULTS:
        at.session_state[f"host.{name}"] = DEFAULTS[name]
    assert healthy(at.run()).session_state["settings"] == DEFAULTS


@pytest.mark.parametrize("slug", [entry.slug for entry in catalog.LESSONS])
def test_every_lesson_withstands_all_of_it_at_once(slug):
    """Each round, every control and component of the page gets another nonsense."""
    at = open_lesson(slug, alone=True)
    values, events = list(VALUES.values()), [*REPORTS.values(), *FAR.values()]
    for round_ in range(2):
        states = []
        for number, name in enumerate(sorted(ids(at))):
            state = WidgetState()
            state.CopyFrom(values[(7 * number + 11 * round_) % len(values)])
            state.id = name
            states.append(state)
        for number, name in enumerate(sorted(ids(at, "bidi_component"))):
            value = events[(5 * number + 13 * round_) % len(events)]
            told = json.dumps([{"event": e, "value": value} for e in ("moved", "scrubbed")])
            events_of = f"$$STREAMLIT_INTERNAL_KEY_{name}__events"
            states.append(WidgetState(id=events_of, json_trigger_value=told[:100_000]))
        healthy(at._run(WidgetStates(widgets=states)))
        drawn(at)
    healthy(at.button(key=f"{slug}.reset").click().run())
    drawn(at)
    assert set(address(at)) <= {"lang"}


def ids(at: AppTest, *kinds: str) -> set[str]:
    found = {e.proto.id for kind in kinds or guarded() for e in at.get(kind)}
    return {name for name in found if not name.endswith((".reset", "lang_choice"))}


# ------------------------------------------------------------------ how the guard does it


def test_a_value_of_another_kind_is_as_good_as_none():
    number = WidgetState(id="w", double_value=1.5)
    guard.check(number, "double_value")
    guard.check(WidgetState(id="w", int_value=1), "double_value")  # a whole number is a number
    guard.check(WidgetState(id="w"), "json_value")  # an emptied widget
    for kind in ("double_array_value", "string_value", "json_value", "trigger_value"):
        with pytest.raises(ValueError, match="for"):
            guard.check(number, kind)


def test_many_reports_at_once_are_a_flood():
    event = {"event": "moved", "value": 1}
    few = json.dumps([event] * guard.EVENTS)
    guard.check(WidgetState(id="w", json_trigger_value=few), "json_trigger_value")
    with pytest.raises(ValueError, match="reports"):
        many = json.dumps([event] * (guard.EVENTS + 1))
        guard.check(WidgetState(id="w", json_trigger_value=many), "json_trigger_value")
