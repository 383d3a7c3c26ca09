"""The queue of heavy work: fair turns, stopping, closed tabs, failures, sameness in a crowd."""

import itertools
import threading
import time

import numpy as np
import pytest

from explorer.training import worker as module
from explorer.training.worker import PATIENCE, RESTING, SLICE, Hands, Job, Worker, behind


class Clock:
    """Time that passes only when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Still(Worker):
    """Without a thread: turns are taken by hand."""

    def submit(self, make, identity=None):
        job = Job(make, self._clock, identity)
        self._queue.append(job)
        return job


def counting(clock: Clock, count: int, cost: float = 0.02):
    def make():
        for number in range(count):
            clock.now += cost
            yield number

    return make


def test_turns_are_fair():
    clock = Clock()
    worker = Still(clock)
    one, two = (worker.submit(counting(clock, 30)) for _ in range(2))
    for _ in range(6):
        assert worker.work_once()
    assert len(one.results) == len(two.results) == 9  # three turns of three steps
    assert abs(one.seconds - 9 * 0.02) < 1e-9 and abs(two.seconds - 9 * 0.02) < 1e-9
    assert worker.others(one) == 1
    while worker.work_once():
        pass
    assert one.results == two.results == list(range(30))
    assert one.state == two.state == "done" and worker.others(one) == 0


def test_a_page_being_laid_out_goes_first():
    hands, order = Hands(most=20, longest=0.01), []

    def work() -> None:
        hands.first()
        order.append("step")

    thread = threading.Thread(target=work)
    with hands.moving(), hands.moving():
        thread.start()
        thread.join(0.2)
        order.append("page")
    thread.join(10)
    assert order == ["page", "step"]


def test_work_goes_on_however_busy_the_hands_are():
    hands = Hands(most=0.01)
    with hands.moving():
        start = time.perf_counter()
        hands.first()
        assert 0.005 < time.perf_counter() - start < 5
    with pytest.raises(ZeroDivisionError), hands.moving():
        raise ZeroDivisionError
    hands = Hands(most=1e6)  # nobody moves: at once, or this test hangs
    hands.first()


def test_pages_are_laid_out_one_after_the_other():
    hands, at_once, most, order = Hands(longest=60), 0, 0, []

    def page(name: int) -> None:
        nonlocal at_once, most
        with hands.moving():
            at_once += 1
            most = max(most, at_once)
            order.append(name)
            time.sleep(0.01)
            at_once -= 1

    pages = [threading.Thread(target=page, args=(name,)) for name in range(6)]
    assert hands.crowd == 0
    with hands.moving():
        for thread in pages:
            thread.start()
            time.sleep(0.02)  # it waits by now
        assert order == []
        assert hands.crowd == 7
    for thread in pages:
        thread.join()
    assert hands.crowd == 0
    assert most == 1 and order == [0, 1, 2, 3, 4, 5]


def test_a_page_that_takes_long_does_not_keep_the_others():
    hands, sat, over = Hands(longest=0.3), [], threading.Event()

    def hang() -> None:
        with hands.moving():
            sat.append(time.monotonic())
            over.wait(60)

    def page() -> None:
        with hands.moving():
            sat.append(time.monotonic())
            time.sleep(0.01)

    slow = threading.Thread(target=hang)
    slow.start()
    while not sat:
        time.sleep(0.001)
    pages = [threading.Thread(target=page) for _ in range(4)]
    for thread in pages:
        thread.start()
    for thread in pages:
        thread.join(10)
    assert len(sat) == 5 and not over.is_set()
    assert 0.299 < sat[1] - sat[0] < 10  # the first waits for the slow one,
    assert all(b - a > 0.009 for a, b in itertools.pairwise(sat))  # the others for one another
    with hands.moving():
        over.set()
        slow.join(10)  # it has lost its seat, and gives none away
        waiting = threading.Thread(target=page)
        waiting.start()
        waiting.join(0.02)
        assert len(sat) == 5
    waiting.join(10)
    assert len(sat) == 6


def test_every_step_lets_hands_go_first(monkeypatch):
    hands = Hands()
    asked = []
    monkeypatch.setattr(hands, "first", lambda: asked.append(1))
    monkeypatch.setattr(module, "HANDS", hands)
    clock = Clock()
    Job(counting(clock, 30), clock).turn(0.1)
    assert len(asked) == 5


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="only Linux has nice threads")
def test_work_steps_behind_in_its_own_thread_only():
    import os

    found = []

    def work() -> None:
        behind()
        found.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    before = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [10]
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == before


def test_a_late_comer_does_not_wait_for_the_first_to_end():
    clock = Clock()
    worker = Still(clock)
    worker.submit(counting(clock, 100_000))
    worker.work_once()
    late = worker.submit(counting(clock, 2))
    start = clock.now
    while not late.over:
        worker.work_once()
    assert clock.now - start < 3 * SLICE


def test_stopping_keeps_what_was_done():
    clock = Clock()
    worker = Still(clock)
    job = worker.submit(counting(clock, 1000))
    worker.work_once()
    job.stop()
    before = job.poll()
    while worker.work_once():
        pass
    assert job.state == "stopped" and job.results == before == [0, 1, 2]
    done = worker.submit(counting(clock, 1))
    while worker.work_once():
        pass
    done.stop()
    assert done.state == "done"


def test_equal_jobs_keep_what_they_yield_once():
    clock = Clock()
    worker = Still(clock)

    def records(count):
        return lambda: ([number] for number in counting(clock, count)())

    names = ("a", "a", "b", None, None)
    one, two, *others = jobs = [worker.submit(records(9), name) for name in names]
    for _ in range(len(jobs) + 1):
        worker.work_once()
    one.stop()  # ahead of its equal, which goes on
    while worker.work_once():
        pass
    three = worker.submit(records(9), "a")
    while worker.work_once():
        pass
    assert len(one.results) == 6 and two.results == three.results == [[n] for n in range(9)]
    assert all(a is b for a, b in zip(one.results, two.results, strict=False))
    assert all(a is b for a, b in zip(two.results, three.results, strict=True))
    for other in others:
        same = [job for job in jobs if job.results[0] is other.results[0]]
        assert same == [other] and other.results == two.results


def test_stopped_jobs_go_on_whether_their_work_is_still_there_or_not():
    clock = Clock()
    worker = Still(clock)
    worked: list[tuple[str, int]] = []  # every step that was computed

    def walk(name):
        def make():
            for number in range(9):
                clock.now += 0.02
                worked.append((name, number))
                yield [name, number]

        return make

    def stopped(make, turns: int) -> Job:
        job = worker.submit(make)
        for _ in range(turns):
            worker.work_once()
        job.stop()
        worker.work_once()
        return job

    first = stopped(walk("first"), 1)
    others = [stopped(walk(n), 1) for n in range(RESTING)]
    begun = worked.copy()
    assert [job._work is None for job in (first, *others)] == [True] + [False] * RESTING

    def went_on(job: Job) -> list:
        rest = worker.submit(job.rest)
        while worker.work_once():
            pass
        assert rest.state == "done" and rest.results[: len(job.results)] == job.results
        return rest.results

    assert went_on(others[-1]) == [[RESTING - 1, n] for n in range(9)]
    assert worked == begun + [(RESTING - 1, n) for n in range(3, 9)]  # nothing twice
    assert went_on(first) == [["first", n] for n in range(9)]
    assert worked[len(begun) + 6 :] == [("first", n) for n in range(9)]  # all of it again,
    assert all(a is b for a, b in zip(first.results, first.rest(), strict=False))  # kept as it was

    # Stopped, gone on, stopped again and dropped: whoever goes on from there gets the rest.
    half = stopped(stopped(walk("twice"), 1).rest, 1)
    assert 3 < len(half.results) < 9
    half.drop()
    assert went_on(half) == [["twice", n] for n in range(9)]


def test_what_is_worked_through_again_is_done_in_turns():
    clock = Clock()
    worker = Still(clock)
    job = worker.submit(counting(clock, 40))
    for _ in range(10):
        worker.work_once()
    job.stop()
    worker.work_once()
    job.drop()
    rest = worker.submit(job.rest)
    start = clock.now
    worker.work_once()
    assert rest.results == list(range(30)) and clock.now - start < 1.5 * SLICE
    while worker.work_once():
        pass
    assert rest.results == list(range(40))


def test_work_of_a_closed_tab_ends():
    clock = Clock()
    worker = Still(clock)
    closed, open_ = (worker.submit(counting(clock, 10**6, cost=0.06)) for _ in range(2))
    for _ in range(int(3 * PATIENCE / 0.06)):
        open_.poll()
        worker.work_once()
    assert closed.state == "stopped" and open_.state == "running"


def test_a_failure_ends_its_own_job_only():
    clock = Clock()
    worker = Still(clock)

    def broken():
        yield 1
        raise FloatingPointError("diverged")

    bad, good = worker.submit(broken), worker.submit(counting(clock, 4))
    while worker.work_once():
        pass
    assert bad.state == "failed" and isinstance(bad.error, FloatingPointError)
    assert bad.results == [1] and good.results == [0, 1, 2, 3] and good.state == "done"


def test_the_thread_works_alone_and_in_a_crowd_with_the_same_result():
    def walk(seed: int):
        def make():
            generator = np.random.default_rng(seed)
            for _ in range(200):
                time.sleep(0.0005)
                yield generator.normal()

        return make

    def run(seeds: list[int]) -> list[list[float]]:
        worker = Worker()
        jobs = [worker.submit(walk(seed)) for seed in seeds]
        end = time.monotonic() + 60
        while not all(job.over for job in jobs) and time.monotonic() < end:
            [job.poll() for job in jobs]
            time.sleep(0.01)
        assert [job.state for job in jobs] == ["done"] * len(jobs)
        return [job.results for job in jobs]

    crowd = run([1, 2, 3])
    assert crowd == [run([seed])[0] for seed in (1, 2, 3)]
    assert len({tuple(result) for result in crowd}) == 3


def test_the_thread_starts_again_after_a_pause():
    worker = Worker()
    for _ in range(3):
        job = worker.submit(lambda: range(5))
        end = time.monotonic() + 30
        while not job.over and time.monotonic() < end:
            time.sleep(0.01)
        assert job.results == [0, 1, 2, 3, 4]
        time.sleep(0.05)
        assert worker._thread is None
