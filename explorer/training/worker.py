"""Heavy work of many learners on one thread, in fair turns.

    job = submit(lambda: train_somehow(seed=3))   # a function that returns an iterator
    job.poll()                                    # what it has yielded so far; says "still wanted"
    job.stop()

One thread works, so that learners do not fight for the cores: it gives every job a slice of time in
turn. A job is an iterator with its own generator of random numbers, so its result is the same alone
and in a crowd. A job that nobody has polled for a while stops by itself: its tab was closed.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from itertools import chain
from typing import Any
from weakref import ReferenceType, WeakValueDictionary, ref

SLICE = 0.05  # seconds of work per turn
PATIENCE = 15.0  # seconds without a poll until a job is stopped
RESTING = 8  # stopped jobs that can go on at once; the others are worked through again up to there
AGAIN = object()  # in place of what a job has yielded before


class Hands:
    """Who moves something goes first: pages being laid out, and work that waits for them.

    Both need Python's one lock, and a page cannot be laid out faster than it gets it. So pages are
    laid out one after the other, in the order in which they were asked for: side by side they would
    hand the lock to and fro, and all of them would be late (60 learners: p95 of 723 ms, not 206).
    A page that takes long, because it computes, goes on, but the next one begins beside it.

    most: seconds that a step of work waits for pages at most; longest: seconds that a page has for
    itself alone.
    """

    def __init__(self, most: float = 0.1, longest: float = 0.1) -> None:
        self._most, self._longest = most, longest
        self._count, self._free = 0, threading.Condition()
        self._line: deque[threading.Event] = deque()  # who waits for the seat, and is called so
        self._seated: threading.Event | None = None
        self._since = 0.0  # when the seated one sat down

    @property
    def crowd(self) -> int:
        """How many pages are being laid out, or wait for it."""
        return self._count

    @contextmanager
    def moving(self) -> Iterator[None]:
        """While a page is laid out."""
        me = threading.Event()
        with self._free:
            self._count += 1
            self._line.append(me)
        self._sit(me)
        try:
            yield
        finally:
            with self._free:
                self._count -= 1
                self._free.notify_all()
                if self._seated is me:  # nobody has taken the seat meanwhile
                    self._seated = None
                    self._call()

    def _sit(self, me: threading.Event) -> None:
        """Wait in line until the seat is free, or who has it has had it long enough."""
        while True:
            with self._free:
                me.clear()
                left = self._since + self._longest - time.monotonic() if self._seated else 0.0
                if self._line[0] is me and left <= 0:
                    self._line.popleft()
                    self._seated, self._since = me, time.monotonic()
                    self._call()  # the next one watches how long this one takes
                    return
                first = self._line[0] is me
            me.wait(left if first else None)

    def _call(self) -> None:
        if self._line:
            self._line[0].set()

    def first(self) -> None:
        """Between two steps of work: wait until no page is being laid out, but not for long."""
        with self._free:
            self._free.wait_for(lambda: not self._count, self._most)


HANDS = Hands()


class Results(list):
    """What a job has yielded; a plain list could not be referred to weakly."""


#: The longest of equal jobs, while anybody has it: many learners train with the same settings.
KNOWN: WeakValueDictionary[Hashable, Results] = WeakValueDictionary()


class Job:
    """Work under way. `state` is "waiting", "running", "done", "stopped" or "failed".

    identity: everything that the results depend on. Jobs with the same one yield the same, and it
    is kept once.
    """

    def __init__(
        self,
        make: Callable[[], Iterable[Any]],
        clock: Callable[[], float],
        identity: Hashable = None,
    ) -> None:
        self._make, self._clock, self._identity = make, clock, identity
        self._work: Iterator[Any] | None = None
        self.results = Results()
        self.state = "waiting"
        self.error: Exception | None = None
        self.seconds = 0.0  # of work done for this job
        self.asked = clock()

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self.state in ("done", "stopped", "failed")

    def poll(self) -> list[Any]:
        """What has been yielded so far (a copy); also says that somebody still waits for it."""
        self.asked = self._clock()
        return list(self.results)

    def stop(self) -> None:
        """Ends it after the step it is in; what it has yielded stays."""
        if not self.over:
            self.state = "stopped"

    def rest(self) -> Iterator[Any]:
        """For another job that goes on where this one was stopped: what there is, then what would
        have come."""
        work, self._work = self._work, None  # it goes on there, and can do so once
        return chain(self.results, work or _again(self._make(), len(self.results)))

    def drop(self) -> None:
        """Let go of the work itself: a network and its optimiser take 1 MiB. What it has yielded
        stays, and as the same comes again, it can still go on."""
        self._work = None

    def _keep(self, result: Any) -> None:
        """Append it, or what an equal job has yielded in its place."""
        known, place = KNOWN.get(self._identity), len(self.results)
        if known is not None and len(known) > place:
            result = known[place]
        self.results.append(result)
        if self._identity is not None and (known is None or len(known) <= place):
            KNOWN[self._identity] = self.results

    def turn(self, seconds: float) -> None:
        """Work for about so long."""
        start = self._clock()
        try:
            if self._work is None:
                self.state, self._work = "running", iter(self._make())
            while not self.over and self._clock() - start < seconds:
                if (result := next(self._work)) is not AGAIN:
                    self._keep(result)
                HANDS.first()
        except StopIteration:
            self.state = "stopped" if self.state == "stopped" else "done"
        except Exception as error:  # shown to the learner as a calm sentence, kept for the log
            self.state, self.error = "failed", error
        self.seconds += self._clock() - start


def _again(made: Iterable[Any], count: int) -> Iterator[Any]:
    """`made` without its first `count` results. In their place comes AGAIN, so that whoever works
    through them does so in turns."""
    for result in made:
        yield AGAIN if count else result
        count -= bool(count) and result is not AGAIN


class Worker:
    """The queue and its one thread, which ends when there is nothing to do."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._queue: deque[Job] = deque()
        self._resting: deque[ReferenceType[Job]] = deque()  # stopped half way, newest last
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False

    def submit(self, make: Callable[[], Iterable[Any]], identity: Hashable = None) -> Job:
        """Put work into the queue; returns at once."""
        job = Job(make, self._clock, identity)
        with self._lock:
            self._queue.append(job)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True, name="explorer work")
                self._thread.start()
        return job

    def others(self, job: Job) -> int:
        """How many jobs of others share the time with this one."""
        with self._lock:
            return sum(1 for other in self._queue if other is not job and not other.over)

    def close(self, patience: float = 10.0) -> None:
        """Stop everything and wait for the turn under way: a thread that is still inside torch when
        Python ends takes the whole process down with it."""
        with self._lock:
            for job in self._queue:
                job.stop()
            thread, self._closed = self._thread, True
        if thread is not None:
            thread.join(patience)

    def work_once(self) -> bool:
        """One turn for the first job in line; False if there was none."""
        with self._lock:
            if not self._queue:
                self._thread = None
                return False
            job = self._queue.popleft()
        if not job.over and self._clock() - job.asked > PATIENCE:
            job.stop()
        if not job.over:
            job.turn(SLICE)
        if not job.over:
            with self._lock:
                self._queue.append(job)
                if self._closed:
                    job.stop()
        elif job.state == "stopped":
            self._resting.append(ref(job))
            while len(self._resting) > RESTING:
                if (oldest := self._resting.popleft()()) is not None:
                    oldest.drop()
        return True

    def _run(self) -> None:
        behind()
        if "torch" in sys.modules:  # a job may go on here that began on another thread (`rest`)
            one_thread()
        while self.work_once():
            time.sleep(0)  # let the server answer between two turns


def behind() -> None:
    """This thread steps back where the processor is wanted by those that answer a hand.

    Linux lets a thread be nice on its own; elsewhere nothing happens.
    """
    with suppress(AttributeError, OSError):
        if sys.platform == "linux":  # elsewhere it would be the whole process
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)


def one_thread() -> None:
    """Torch computes on one thread where this is called: many learners share few cores, and two
    threads that wait for each other are slower than one.

    OpenMP and MKL keep a number for each of Python's threads, and the first product of a new one
    may still be on all cores. So whoever computes says it again; that costs 0.1 µs. Sums in another
    order round differently, and a script would not give a page's very numbers.
    """
    import torch

    torch.set_num_threads(1)
    _spare()


@cache
def _spare() -> None:
    gc.freeze()  # torch stays for good, and Python's collector need not walk through it: 0.2 s less


WORKER = Worker()
atexit.register(WORKER.close)


def submit(make: Callable[[], Iterable[Any]], identity: Hashable = None) -> Job:
    """Work for the process's one worker."""
    return WORKER.submit(make, identity)
