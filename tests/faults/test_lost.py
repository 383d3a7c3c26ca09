"""What only a session held is named when another one takes its place; in both languages, once."""

import json
from typing import Any

import numpy as np
import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1 import AppTest

from explorer.ui import lost
from explorer.ui.lost import NAMES
from tests.pages.helpers import _component, _protos, healthy, open_lesson, own_data, paste, turn


def held(at: AppTest) -> dict:
    """What the tab is asked to remember."""
    return _component(at, "explorer_address", 0)["held"]


def report(at: AppTest, things: Any) -> AppTest:
    """What the browser says an earlier session of the tab held."""
    proto = _protos(at, "explorer_address")[0]
    payload = json.dumps([{"event": "lost", "value": things}])
    states = at._tree.get_widget_states()
    identity = f"$$STREAMLIT_INTERNAL_KEY_{proto.id}__events"
    states.widgets.append(WidgetState(id=identity, json_trigger_value=payload))
    return healthy(at._run(states))


def notes(at: AppTest) -> list[str]:
    return [box.value for box in at.info if box.icon == ":material/history:"]


def test_a_fresh_page_holds_nothing_and_says_nothing():
    at = open_lesson("normal")
    assert held(at)["things"] == [] and not held(at)["heard"] and len(held(at)["session"]) == 16
    assert not notes(at)
    other = open_lesson("normal")
    assert held(other)["session"] != held(at)["session"]


def test_what_a_session_holds_is_named():
    at = open_lesson("normal")
    turn(at, mu=1.5)
    assert held(at)["things"] == []  # that is in the address
    paste(at, "1.5\n2.5\n4\n")
    assert held(at)["things"] == ["data"]
    at.session_state["drawing"] = np.eye(28)
    at.session_state["answers:normal"] = {"first": 1}
    assert held(healthy(at.run()))["things"] == ["answers", "data", "drawing"]
    at.session_state["drawing"] = np.zeros((28, 28))  # blank paper
    at.session_state["data_id"] = "iris"
    assert held(healthy(at.run()))["things"] == ["answers"]
    at.session_state["answers:normal"] = {}
    at.switch_page("pages/foundations/multivariate.py")
    assert held(healthy(at.run()))["things"] == ["pages"]


def test_a_run_is_named_while_it_goes_and_what_it_made_after():
    from explorer.training.worker import Job

    at, job = open_lesson("normal"), Job(lambda: iter([1]), lambda: 0.0)
    at.session_state["runs:network"] = {"one": job}
    assert held(healthy(at.run()))["things"] == ["training"]
    job.turn(1.0)
    assert held(healthy(at.run()))["things"] == ["trained"]


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [
        ("en", "Not kept from before: your own data, the training under way. What the address"),
        ("ko", "남아 있지 않은 것: 직접 넣은 데이터, 진행 중이던 학습. 주소에 담긴 설정은"),
    ],
)
def test_one_calm_notice_until_it_is_closed(lang, sentence):
    at = report(open_lesson("normal", lang, mu="1.5"), ["training", "data"])
    [note] = notes(at)
    assert sentence in note
    assert at.slider(key="normal.mu").value == 1.5
    # Unread, it outlives one more session; read, it is forgotten.
    assert held(at) == {"session": held(at)["session"], "things": ["data", "training"],
                        "heard": True}  # fmt: skip
    turn(at, mu=-1.0)
    assert len(notes(at)) == 1
    healthy(at.button(key="lost.close").click().run())
    assert not notes(at) and held(at)["things"] == [] and held(at)["heard"]
    report(at, ["data"])  # said again by a slow browser
    assert not notes(at)


@pytest.mark.parametrize(
    "nonsense",
    [
        None, 3, "data", {"data": 1}, [None, {}, [], 1e308], ["x" * 10_000], [["data"]],
        ["<script>", "session", "__class__"], [True] * 1000,
    ],
)  # fmt: skip
def test_a_report_that_makes_no_sense_is_no_notice(nonsense):
    at = report(open_lesson("normal"), nonsense)
    assert not notes(at) and held(at)["things"] == []
    own_data(at, [[1.0], [2.0], [4.0]])  # the page goes on
    assert held(at)["things"] == ["data"]


def test_every_name_has_its_words():
    at = report(open_lesson("normal", "ko"), list(NAMES))
    [note] = notes(at)
    assert note.count(",") == len(NAMES)  # one between two, and one in the sentence after


def test_two_tabs_of_one_learner_are_two_sessions():
    one, two = open_lesson("normal", "ko"), open_lesson("normal", "en", mu="2.0")
    own_data(one, [[10.0], [20.0], [40.0]])
    turn(one, mu=-1.0)
    healthy(two.run())
    assert "data_own" not in two.session_state and held(two)["things"] == []
    assert two.slider(key="normal.mu").value == 2.0 and two.session_state["lang"] == "en"
    assert one.slider(key="normal.mu").value == -1.0 and one.session_state["lang"] == "ko"


def test_what_a_component_holds_is_not_looked_up_in_vain(monkeypatch):
    """A class of learners met this: a widget's value can be gone between its name and a look."""

    looked = []

    class Session(dict):
        def __getitem__(self, name):
            looked.append(name)
            if name == "autoencoder.drawn":
                raise KeyError(name)
            return super().__getitem__(name)

        def get(self, name, default=None):
            try:
                return self[name]
            except KeyError:
                return default

    session = Session({"autoencoder.drawn": 1, "normal.stage": 2, "answers:normal": {"one": 1}})
    monkeypatch.setattr(lost.st, "session_state", session)
    assert lost.holding("normal") == ["answers"]
    assert "normal.stage" not in looked
