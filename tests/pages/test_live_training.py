"""Training in a page: on request, stoppable, kept in the session, calm when it fails."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from streamlit.testing.v1 import AppTest

from explorer.training import worker
from explorer.ui import live_training

LONG = 120.0  # seconds, far more than any run here needs


@dataclass(frozen=True)
class Record:
    """As every run yields them."""

    step: int
    steps: int


GATES: dict[str, threading.Semaphore] = {}  # each release lets a run take one step


def gated(name: str, steps: int, fails: bool = False):
    """A run that waits before every step until the test lets it go on."""
    gate = GATES.setdefault(name, threading.Semaphore(0))

    def make():
        for step in range(1, steps + 1):
            assert gate.acquire(timeout=LONG)
            if fails and step == 2:
                raise FloatingPointError("told to")
            yield Record(step, steps)

    return make


@pytest.fixture(autouse=True)
def nobody_is_left_at_a_gate() -> Iterator[None]:
    """A run that still waits would hold up the one worker, and with it the next test."""
    yield
    for gate in GATES.values():
        gate.release(9)


def page() -> None:
    import streamlit as st

    from explorer.ui import live_training as live
    from tests.pages import test_live_training as tests

    name = st.text_input("name", "one", key="name")
    if st.toggle("elsewhere", key="elsewhere"):
        live.rest("page")
        st.session_state["records"] = None
        return
    st.session_state["records"] = live.live_training(
        "page",
        tests.gated(name, 3, fails=name == "bad"),
        name,
        lambda record: f"step {record.step}",
        lambda: [tests.Record(0, 3)],
        on_start=lambda: st.session_state.update(started=name),
    )
    st.session_state["pace"] = live.polling("page")


def opened() -> AppTest:
    GATES.clear()
    at = AppTest.from_function(page, default_timeout=60)
    at.run()
    assert not at.exception
    return at


def steps(at: AppTest) -> list[int]:
    return [record.step for record in at.session_state["records"]]


def run_of(at: AppTest, name: str = "one") -> worker.Job:
    return at.session_state["runs:page"][name]


def go(at: AppTest, count: int, name: str = "one", over: bool = False) -> AppTest:
    """Let the run take so many steps, wait until it has, and look again."""
    job = run_of(at, name)
    before = len(job.results)
    end = worker.time.monotonic() + LONG
    for _ in range(count):
        GATES[name].release()
    while not job.over and (over or len(job.results) < before + count):
        assert worker.time.monotonic() < end
        job.poll()
        worker.time.sleep(0.005)
    return at.run()


def said(at: AppTest) -> str:
    parts = [*at.caption, *at.warning]
    return " ".join(part.value for part in parts)


def test_nothing_runs_until_asked():
    at = opened()
    assert steps(at) == [0] and at.session_state["pace"] is None
    assert not at.session_state["runs:page"]
    assert [button.label for button in at.button] == ["Train"]
    assert said(at) == "step 0"


def test_a_run_is_shown_while_it_grows_and_ends():
    at = opened()
    at.button(key="page.train").click().run()
    assert at.session_state["started"] == "one"
    assert at.session_state["pace"] == 0.3
    assert [button.label for button in at.button] == ["Stop"]
    assert steps(at) == [0]  # what was there before, until there is something newer
    go(at, 1)
    assert steps(at) == [1] and [button.label for button in at.button] == ["Stop"]
    [bar] = at.get("progress")
    assert bar.proto.value == 33 and "step 1" in bar.proto.text and "s left" in bar.proto.text
    go(at, 2, over=True)
    assert steps(at) == [1, 2, 3]
    assert at.session_state["pace"] is None and not at.get("progress")
    assert said(at).startswith("Done in") and "step 3" in said(at)


def test_stopping_keeps_what_was_done():
    at = opened()
    at.button(key="page.train").click().run()
    go(at, 1)
    at.button(key="page.stop").click()
    GATES["one"].release()  # the step it is in may end
    at.run()
    end = worker.time.monotonic() + LONG
    while len(run_of(at).results) < 2:  # that step's record arrives; nothing after it
        assert worker.time.monotonic() < end
        worker.time.sleep(0.005)
    at.run()
    assert run_of(at).state == "stopped" and steps(at) == [1, 2]
    assert at.session_state["pace"] is None
    assert said(at) == "Stopped. step 2"


def test_a_failure_is_one_calm_sentence():
    at = opened()
    at.text_input(key="name").set_value("bad").run()
    at.button(key="page.train").click().run()
    go(at, 2, "bad", over=True)
    assert not at.exception
    assert steps(at) == [1]
    assert "could not go on (FloatingPointError)" in said(at)
    assert [button.label for button in at.button] == ["Train"]


def test_a_click_elsewhere_and_another_view_lose_nothing():
    at = opened()
    at.button(key="page.train").click().run()
    go(at, 1)
    at.toggle(key="elsewhere").set_value(True).run()
    assert "page.every" in at.session_state and at.session_state["page.every"] is None
    go(at, 1)
    at.toggle(key="elsewhere").set_value(False).run()
    assert steps(at) == [1, 2] and at.session_state["pace"] == 0.3
    go(at, 1, over=True)
    assert steps(at) == [1, 2, 3]


def trained(count: int, name: str = "one") -> AppTest:
    """A learner who has let the run take so many of its three steps."""
    at = opened()
    at.text_input(key="name").set_value(name).run()
    at.button(key="page.train").click().run()
    return go(at, count, name, over=count == 3)


def test_equal_runs_of_two_learners_are_kept_once():
    first, second, other = trained(3), trained(3), trained(3, "two")
    assert run_of(first).results == [Record(n, 3) for n in (1, 2, 3)]
    assert same(run_of(first), run_of(second)) == [True, True, True]
    assert same(run_of(first), run_of(other, "two")) == [False, False, False]


def same(*jobs: worker.Job) -> list[bool]:
    return [a is b for a, b in zip(*(job.results for job in jobs), strict=True)]


def test_a_run_that_was_stopped_stays_so_when_an_equal_one_goes_on():
    first = trained(1)
    first.button(key="page.stop").click().run()
    GATES["one"].release()  # the step that it was in
    second = trained(3)
    first.run()
    assert steps(first) == [1, 2] and steps(second) == [1, 2, 3]


def test_other_settings_start_nothing_and_find_their_own_run_again():
    at = opened()
    at.button(key="page.train").click().run()
    go(at, 3, over=True)
    at.text_input(key="name").set_value("two").run()
    assert steps(at) == [0] and [button.label for button in at.button] == ["Train"]
    at.text_input(key="name").set_value("one").run()
    assert steps(at) == [1, 2, 3]


def test_a_new_run_stops_the_learner_s_other_one():
    at = opened()
    at.button(key="page.train").click().run()
    go(at, 1)
    at.text_input(key="name").set_value("two").run()
    at.button(key="page.train").click().run()
    assert run_of(at, "one").state == "stopped"
    GATES["one"].release()
    go(at, 3, "two", over=True)
    assert steps(at) == [1, 2, 3]


def test_only_the_last_runs_are_kept():
    at = opened()
    for number in range(8):
        name = f"run {number}"
        at.text_input(key="name").set_value(name).run()
        at.button(key="page.train").click().run()
        go(at, 3, name, over=True)
    assert list(at.session_state["runs:page"]) == [f"run {number}" for number in range(5, 8)]


def test_the_more_learners_wait_the_less_often_each_looks(monkeypatch):
    session: dict = {}
    monkeypatch.setattr(live_training.st, "session_state", session)
    paces = [live_training.pace("page", others) for others in (0, 1, 4, 30)]
    assert paces == pytest.approx([0.3, 0.3, 1.2, 2.4])
    session["page.every"] = 0.3
    assert live_training.pace("page", 30) == 0.3, "settled when the run began"
