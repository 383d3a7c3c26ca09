"""A page that was away: its run has stopped, the page says why, and it can go on where it stood."""

from itertools import count

import numpy as np
from streamlit.testing.v1 import AppTest

from explorer.training import worker
from tests.pages.helpers import healthy
from tests.pages.test_live_training import (  # noqa: F401
    GATES,
    go,
    nobody_is_left_at_a_gate,
    opened,
    run_of,
    said,
    steps,
)


def labels(at: AppTest) -> list[str]:
    return [button.label for button in at.button]


def asleep(at: AppTest) -> AppTest:
    """Nobody polls for longer than the worker's patience; then the page wakes."""
    job = run_of(at)
    job.asked -= worker.PATIENCE + 1
    worker.time.sleep(2 * worker.SLICE)
    GATES["one"].release()  # the step it is in ends, and its turn is over
    end = worker.time.monotonic() + 60
    while not job.over:
        assert worker.time.monotonic() < end
        worker.time.sleep(0.005)
    return healthy(at.run())


def test_the_page_says_why_its_run_has_stopped_and_offers_to_go_on():
    at = opened()
    at.button(key="page.train").click().run()
    go(at, 1)
    asleep(at)
    [note] = at.info
    assert "paused while this page was away or asleep" in note.value
    assert labels(at) == ["Train", "Go on"] and at.session_state["pace"] is None
    done = steps(at)
    assert done and done == list(range(1, len(done) + 1)) and done[-1] < 3
    at.button(key="page.resume").click().run()
    assert labels(at) == ["Stop"] and not at.info
    GATES["one"].release(5)
    go(at, 0, over=True)
    assert steps(at) == [1, 2, 3]  # every step once
    assert said(at).startswith("Done in")


def test_a_run_that_the_learner_stopped_is_called_stopped_and_can_go_on_too():
    at = opened()
    at.button(key="page.train").click().run()
    go(at, 1)
    at.button(key="page.stop").click()
    GATES["one"].release()
    at.run()
    assert not at.info and labels(at) == ["Train", "Go on"]
    at.button(key="page.resume").click().run()
    GATES["one"].release(5)
    go(at, 0, over=True)
    assert steps(at) == [1, 2, 3]


def test_beginning_again_begins_at_the_first_step():
    at = opened()
    at.button(key="page.train").click().run()
    go(at, 1)
    asleep(at)
    at.button(key="page.train").click().run()
    GATES["one"].release(5)
    go(at, 0, over=True)
    assert steps(at) == [1, 2, 3]


def test_the_rest_of_a_run_is_what_an_unbroken_one_would_have_done():
    """On a lesson's own run: losses after a pause are those without."""
    from explorer.training import small

    x = np.linspace(0, 1, 20)
    run = small.Run(small.regression(x, np.sin(6 * x)), width=4, depth=1, activation="tanh",
                    rate=0.1, steps=30, seed=3)  # fmt: skip
    whole = [record.loss for record in run.train()]
    once = iter([run.train()])  # asked for a second time, it would raise
    job = worker.Job(lambda: next(once), clock=count().__next__)
    job.turn(12)
    assert len(job.results) == 11
    job.stop()
    assert [record.loss for record in job.rest()] == whole
    never = worker.Job(run.train, lambda: 0.0)
    never.stop()
    assert [record.loss for record in never.rest()] == whole
