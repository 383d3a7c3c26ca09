"""Sampling in a page: by itself, step by step, stoppable, shared, calm when it fails."""

import threading
import time

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from explorer import sampling
from explorer.inference import Network
from explorer.sampling import LIBRARY, Look, Part, Wish, seeds
from explorer.training import worker

LONG = 60.0
STEPS = 4
GATES: dict[str, threading.Semaphore] = {}  # each release lets a run take one step


def network(name: str) -> Network:
    return Network(None, {"weights": {"sha256": name}})


def wish(number: int) -> Wish:
    return Wish((number,), seeds(number, 1), steps=STEPS, pixels=2)


def gated(net: Network, wishes: list[Wish], looks: int):
    """Stands for sampling.films: waits before every step until the test lets it go on."""
    name = net.card["weights"]["sha256"]
    gate = GATES.setdefault(name, threading.Semaphore(0))
    for index, asked in enumerate(wishes):
        for step in range(1, asked.steps + 1):
            assert gate.acquire(timeout=LONG)
            if name == "bad":
                raise FloatingPointError("told to")
            value = np.full((1, 2), asked.labels[0] + step / 10, np.float32)
            look = Look(step, asked.steps, 10 - step, 9 - step, value, value, value, value)
            shown = step in sampling.kept(asked.steps, looks)
            yield Part(index, len(wishes), step, asked.steps, look if shown else None)


def page() -> None:
    import streamlit as st

    from explorer.ui import live_sampling as live
    from explorer.ui import live_training
    from tests.pages import test_live_sampling as tests

    name = st.text_input("name", "one", key="name")
    numbers = [int(word) for word in st.text_input("wishes", "1 2", key="wishes").split()]
    nets = [tests.network(word) for word in name.split()]
    if st.toggle("elsewhere", key="elsewhere"):
        return live.leave()
    st.session_state["films"] = live.live_sampling(
        "page", nets if len(nets) > 1 else nets[0], [tests.wish(n) for n in numbers], looks=2
    )
    st.session_state["pace"] = live_training.polling("page")


@pytest.fixture
def at(monkeypatch):
    GATES.clear()
    monkeypatch.setattr(sampling, "films", gated)
    monkeypatch.setattr(sampling.Service, "_work", eager)
    LIBRARY._films.clear()
    submit, jobs = sampling.submit, []

    def remembered(make):
        jobs.append(submit(lambda _share: make(lambda net: net)))
        return jobs[-1]

    monkeypatch.setattr(sampling, "submit", remembered)
    opened = AppTest.from_function(page, default_timeout=60).run()
    assert not opened.exception
    yield opened
    LIBRARY._films.clear()
    for job in jobs:  # no thread is left that would go on without the gates
        job.stop()
    for gate in GATES.values():
        gate.release(1000)
    end = time.monotonic() + LONG
    while sampling.SERVICE._working and time.monotonic() < end:
        time.sleep(0.002)


def eager(self: sampling.Service, job: worker.Job) -> None:
    """As the service's own, one step at a time, so that a test sees each."""
    while not job.over:
        job.turn(0.0001)
    with self._lock:
        self._working.remove(job)
        self._begin()


def run_of(at: AppTest):
    return at.session_state["page.sampling"]


def go(at: AppTest, count: int, name: str = "one") -> AppTest:
    """Let the run take so many steps, wait until it has, and look again."""
    job = run_of(at).job
    before, end = len(job.results), time.monotonic() + LONG
    for _ in range(count):
        GATES.setdefault(name, threading.Semaphore(0)).release()
    while not job.over and len(job.results) < before + count:
        assert time.monotonic() < end
        time.sleep(0.002)
    while job.results and len(job.results) == job.results[-1].wishes * STEPS and not job.over:
        time.sleep(0.002)  # the last step is there, its end is a moment away
    return at.run()


def steps(at: AppTest) -> list[list[int]]:
    return [[look.step for look in film] for film in at.session_state["films"]]


def test_it_starts_by_itself_and_arrives_step_by_step(at):
    assert steps(at) == [[], []] and at.session_state["pace"] == 0.3
    go(at, 1)
    assert steps(at) == [[1], []]
    [bar] = at.get("progress")
    assert bar.proto.value == 12 and "Sampling: 12 %" in bar.proto.text
    assert "s left" in bar.proto.text
    go(at, 3)
    assert steps(at) == [[1, 4], []] and at.session_state["pace"] == 0.3
    go(at, 4)
    assert steps(at) == [[1, 4], [1, 4]]
    assert at.session_state["pace"] is None and not at.get("progress") and not at.button
    assert at.session_state["films"][1][-1].after[0, 0] == np.float32(2.4)


def test_finished_films_are_there_for_everybody(at):
    go(at, 8)
    other = AppTest.from_function(page, default_timeout=60).run()
    assert steps(other) == [[1, 4], [1, 4]] and other.session_state["page.sampling"] is None
    other.text_input(key="wishes").set_value("2 3 1").run()
    assert run_of(other).missing == (1,)  # only what nobody has yet
    go(other, 4)
    films = other.session_state["films"]
    assert [film[-1].after[0, 0] for film in films] == [np.float32(v) for v in (2.4, 3.4, 1.4)]


def test_other_settings_stop_the_run_and_begin_their_own(at):
    go(at, 1)
    first = run_of(at).job
    at.text_input(key="wishes").set_value("5").run()
    assert first.state == "stopped" and steps(at) == [[]]
    GATES["one"].release()  # the step that the first run was in
    time.sleep(0.05)
    go(at, 4)
    assert steps(at) == [[1, 4]]


def test_whoever_leaves_lets_go_of_what_is_finished_and_finds_it_again(at):
    go(at, 1)
    elsewhere(at, True)
    assert not run_of(at).job.over  # it goes on
    elsewhere(at, False)
    assert steps(at) == [[1], []]
    go(at, 7)
    films = [[look.after for look in film] for film in at.session_state["films"]]
    elsewhere(at, True)
    assert "page.sampling" not in at.session_state
    elsewhere(at, False)
    assert steps(at) == [[1, 4], [1, 4]] and run_of(at) is None
    LIBRARY._films.clear()  # others needed the room
    elsewhere(at, True)
    elsewhere(at, False)
    go(at, 8)
    again = [[look.after for look in film] for film in at.session_state["films"]]
    assert np.array_equal(again, films)


def elsewhere(at: AppTest, there: bool) -> None:
    at.toggle(key="elsewhere").set_value(there).run()
    assert not at.exception


def test_what_was_dropped_half_way_is_let_go_at_the_next_lesson(at):
    go(at, 1)
    elsewhere(at, True)
    run_of(at).job.stop()  # as the service does after fifteen seconds without a question
    at.run()  # another lesson is opened
    assert "page.sampling" not in at.session_state


def test_what_was_stopped_stays_stopped_when_its_page_is_left(at):
    go(at, 2)
    at.button(key="page.halt").click().run()
    elsewhere(at, True)
    elsewhere(at, False)
    assert run_of(at).job.state == "stopped" and steps(at) == [[1], []]


def test_stopping_keeps_what_there_is_until_asked_again(at):
    go(at, 2)
    at.button(key="page.halt").click().run()
    assert run_of(at).job.state == "stopped" and steps(at) == [[1], []]
    assert at.session_state["pace"] is None
    assert [button.label for button in at.button] == ["Sample again"]
    at.run()
    assert run_of(at).job.state == "stopped"
    at.button(key="page.again").click().run()
    assert run_of(at).job.state in ("waiting", "running") and at.session_state["pace"] == 0.3


def test_a_run_that_was_dropped_while_the_page_was_closed_begins_anew(at):
    go(at, 1)
    first = run_of(at).job
    first.stop()  # as the service does after fifteen seconds without a question
    at.run()
    assert run_of(at).job is not first and not run_of(at).job.over
    assert at.session_state["pace"] == 0.3


def test_a_failure_is_one_calm_sentence(at):
    at.text_input(key="name").set_value("bad").run()
    go(at, 1, "bad")
    assert not at.exception
    assert "could not go on (FloatingPointError)" in at.warning[0].value
    assert [button.label for button in at.button] == ["Sample again"]
    assert at.session_state["pace"] is None


def test_each_wish_may_have_its_own_network(at):
    at.text_input(key="name").set_value("two three").run()
    go(at, 4, "two")
    assert steps(at) == [[1, 4], []]
    go(at, 4, "three")
    assert steps(at) == [[1, 4], [1, 4]]
    at.text_input(key="name").set_value("three two").run()
    assert steps(at) == [[], []], "a film belongs to its network"
