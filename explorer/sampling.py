"""Samples for many learners at once: askers share each call of a network.

    job = submit(lambda share: walk(share(network), wish))    # returns at once
    job.poll()                                                # the Looks so far

Each job runs in a thread of its own, at most MOST at a time, the others wait their turn; a job does
nothing itself but ask. One thread answers: all questions to the same network that lie there when it
looks go through the network together. A picture depends on its own seed alone, so who else asks
changes nothing but the time. Jobs are those of training.worker: a closed tab frees its work.
"""

from __future__ import annotations

import atexit
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from math import gcd
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.inference import Network
from explorer.models.geometry import way
from explorer.training.worker import PATIENCE, SLICE, Job, behind, one_thread

if TYPE_CHECKING:
    from torch import Tensor

MOST = 8  # jobs at a time
ROWS = 128  # pictures in one call of a network


@dataclass(frozen=True)
class Wish:
    """What is to be sampled; hashable. One entry of `labels` and `starts` for each picture.

    A start is (seed, seed, share): the noise `share` of the way (slerp) from the first seed's to
    the second's; `straight` goes there by a straight line instead. label -1 is no label. `pixels`
    is the length of x.
    """

    labels: tuple[int, ...]
    starts: tuple[tuple[int, int, float], ...]
    sampler: str = "ddim"  # or "ddpm" or "heun"
    steps: int = 25
    eta: float = 0.0  # of DDIM
    gamma: float = 1.0
    negative: int = -1  # the label to steer away from
    window: tuple[int, int] = (0, 1_000_000)  # guidance acts at last <= t <= first
    pixels: int = 784
    straight: bool = False


@dataclass(frozen=True, eq=False)
class Look:
    """After step number `step` of `steps`: what it was made from. All (N, pixels) float32."""

    step: int
    steps: int
    t: int
    s: int
    x: np.ndarray  # x_t
    noise: np.ndarray  # predicted, guided
    clean: np.ndarray  # predicted x0
    after: np.ndarray  # x_s


def seeds(first: int, count: int) -> tuple[tuple[int, int, float], ...]:
    """Starts for a grid: the seeds first, first + 1, …"""
    return tuple((first + n, first + n, 0.0) for n in range(count))


def start_noise(start: tuple[int, int, float], pixels: int, straight: bool = False) -> np.ndarray:
    """x_T of a picture (pixels,): standard normal, unless it lies on the straight way between two,
    whose middle is shorter than any such noise."""
    a, b = (_generator(seed).standard_normal(pixels) for seed in start[:2])
    if start[0] == start[1] or start[2] in (0, 1):
        return b if start[2] == 1 else a
    return way_at(a, b, start[2], not straight)


def way_at(a: np.ndarray, b: np.ndarray, share: float, spherical: bool = True) -> np.ndarray:
    """One place on the great circle from a to b, or on the straight line; to a thousandth."""
    place = round(1000 * share)
    common = gcd(place, 1000)
    return way(a, b, 1000 // common + 1, spherical)[place // common]


def walk(net: Any, wish: Wish) -> Iterator[Look]:
    """The steps of the sampler that was wished for; `net` is a model or shared(...) of one."""
    import torch

    from explorer.models.diffusion.conditioned import steered
    from explorer.models.diffusion.guidance import Window

    one_thread()
    nothing = net.config.labels
    y = torch.tensor([nothing if label < 0 else label for label in wish.labels])
    base = None if wish.negative < 0 else torch.full_like(y, wish.negative)
    window = Window(first=wish.window[1], last=wish.window[0])
    starts = [start_noise(start, wish.pixels, wish.straight) for start in wish.starts]
    x = torch.from_numpy(np.stack(starts)).float()
    with torch.no_grad():
        steps = _sampler(wish)(
            net.schedule,
            steered(net, y, wish.gamma, base, window),
            x,
            net.schedule.times(wish.steps),
            _draws(wish),
            1.0 if wish.pixels > 2 else None,
        )
        for number, step in enumerate(steps):
            arrays = (step.x, step.noise, step.clean, step.after)
            yield Look(number + 1, wish.steps, step.t, step.s, *(a.numpy() for a in arrays))


@dataclass(frozen=True, eq=False)
class Part:
    """Wish number `index` of `wishes` after `step` of `steps`, with its look if that is kept."""

    index: int
    wishes: int
    step: int
    steps: int
    look: Look | None


def films(net: Any, wishes: Sequence[Wish], looks: int) -> Iterator[Part]:
    """The wishes in turn; of each, `looks` evenly spaced steps are kept, the last among them."""
    for index, wish in enumerate(wishes):
        shown_steps = kept(wish.steps, looks)
        # One block of memory: many small ones, kept for long, leave holes that nothing fits into.
        block = np.empty((len(shown_steps), 4, len(wish.starts), wish.pixels), np.float32)
        for look in walk(net, wish):
            shown = None
            if look.step in shown_steps:
                place = block[shown_steps.index(look.step)]
                place[:] = look.x, look.noise, look.clean, look.after
                shown = replace(look, x=place[0], noise=place[1], clean=place[2], after=place[3])
            yield Part(index, len(wishes), look.step, wish.steps, shown)


def kept(steps: int, looks: int) -> list[int]:
    """Numbers of the steps of which a film keeps a look, rising; the last step is among them."""
    return sorted(set(np.linspace(steps, 1, min(looks, steps)).round().astype(int).tolist()))


class Library:
    """Finished films of all learners; a key is (SHA-256 of the weights, wish, looks)."""

    def __init__(self, most: int = 16_000_000) -> None:
        self._most, self._bytes = most, 0
        self._films: OrderedDict[Hashable, tuple[Look, ...]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> tuple[Look, ...] | None:
        """The film, or None."""
        with self._lock:
            if key in self._films:
                self._films.move_to_end(key)
            return self._films.get(key)

    def put(self, key: Hashable, film: tuple[Look, ...]) -> None:
        """Keep it; the ones unused for longest go."""
        with self._lock:
            if key in self._films:
                return
            self._films[key] = film
            self._bytes += _size(film)
            while self._bytes > self._most and len(self._films) > 1:
                self._bytes -= _size(self._films.popitem(last=False)[1])


def _size(film: tuple[Look, ...]) -> int:
    return sum(a.nbytes for look in film for a in (look.x, look.noise, look.clean, look.after))


def _sampler(wish: Wish) -> Callable[..., Iterator[Any]]:
    from functools import partial

    from explorer.models.diffusion.ddim import ddim
    from explorer.models.diffusion.ddpm import ddpm
    from explorer.models.diffusion.heun import heun

    samplers: dict[str, Callable[..., Iterator[Any]]] = {
        "ddim": partial(ddim, eta=wish.eta),
        "ddpm": ddpm,
        "heun": heun,
    }
    return samplers[wish.sampler]


def _draws(wish: Wish) -> Callable[[Tensor], Tensor]:
    """Fresh noise for each picture from a generator of its own, so that the grid plays no part."""
    import torch

    generators = [_generator(*start[:2], round(1000 * start[2]), 1) for start in wish.starts]

    def draw(x: Tensor) -> Tensor:
        rows = [generator.standard_normal(wish.pixels) for generator in generators]
        return torch.from_numpy(np.stack(rows)).to(x)

    return draw


def _generator(*numbers: int) -> np.random.Generator:
    return np.random.default_rng([abs(n) for n in numbers])


# --- the service --------------------------------------------------------------------------------


@dataclass(eq=False)
class _Question:
    """Rows for a network, and the answer when it is there."""

    model: Any
    x: Any
    t: Any
    y: Any
    answer: Any = None
    error: Exception | None = None
    done: threading.Event = field(default_factory=threading.Event)


class Shared:
    """Stands for a model: calls are answered together with those of others."""

    def __init__(self, model: Any, service: Service) -> None:
        self.config, self.schedule = model.config, model.schedule
        self._model, self._service = model, service

    def __call__(self, x: Any, t: Any, y: Any) -> Any:
        return self._service.ask(_Question(self._model, x, t, y))


class Service:
    """The queue, a thread for each job at work, and the one that answers."""

    def __init__(self, most: int = MOST, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = most, clock
        self._lock = threading.Condition()
        self._waiting: deque[Job] = deque()
        self._working: list[Job] = []
        self._questions: list[_Question] = []
        self._answering = False
        self.calls: deque[int] = deque(maxlen=1000)  # questions answered by each call, for tests

    def submit(self, make: Callable[[Callable[[Network], Shared]], Iterable[Any]]) -> Job:
        """Put a job into the queue; `make(share)` returns its iterator."""
        job = Job(lambda: make(lambda network: Shared(network.model, self)), self._clock)
        with self._lock:
            self._waiting.append(job)
            self._begin()
        return job

    def place(self, job: Job) -> int:
        """How many wait before this job; 0 once it is at work."""
        with self._lock:
            return self._waiting.index(job) + 1 if job in self._waiting else 0

    def others(self, job: Job) -> int:
        """How many jobs of others are at work or wait."""
        with self._lock:
            everyone = [*self._working, *self._waiting]
            return sum(1 for other in everyone if other is not job and not other.over)

    def ask(self, question: _Question) -> Any:
        """Wait for the answer."""
        with self._lock:
            self._questions.append(question)
            if not self._answering:
                self._answering = True
                threading.Thread(target=self._answer, daemon=True, name="explorer sampling").start()
        question.done.wait()
        if question.error is not None:
            raise question.error
        return question.answer

    def stop(self) -> None:
        """Every job ends after the step it is in."""
        with self._lock:
            jobs = [*self._working, *self._waiting]
            self._waiting.clear()
        for job in jobs:
            job.stop()

    def close(self, patience: float = 10.0) -> None:
        """Stop everything and wait for the call under way: a thread that is still inside torch when
        Python ends takes the whole process down with it."""
        end = self._clock() + patience
        while (self._working or self._waiting or self._answering) and self._clock() < end:
            self.stop()  # again: a job that was just about to begin sets its state once more
            time.sleep(0.01)

    def _begin(self) -> None:
        """Start what may start; the lock is held."""
        while self._waiting and len(self._working) < self._most:
            job = self._waiting.popleft()
            self._working.append(job)
            threading.Thread(target=self._work, args=(job,), daemon=True).start()

    def _work(self, job: Job) -> None:
        behind()
        while not job.over:
            if self._clock() - job.asked > PATIENCE:
                job.stop()
            else:
                job.turn(SLICE)
        with self._lock:
            self._working.remove(job)
            self._begin()

    def _answer(self) -> None:
        """Questions to one network at a time, as many rows together as fit."""
        behind()
        while True:
            with self._lock:
                if not self._questions:
                    self._answering = False
                    return
                chosen = _together(self._questions)
                self._questions = [q for q in self._questions if q not in chosen]
            self.calls.append(len(chosen))
            _reply(chosen)


def _together(questions: list[_Question]) -> list[_Question]:
    """The first question, and others to the same network that fit into the same call."""
    chosen, rows = questions[:1], len(questions[0].x)
    for question in questions[1:]:
        if question.model is chosen[0].model and rows + len(question.x) <= ROWS:
            chosen.append(question)
            rows += len(question.x)
    return chosen


def _reply(questions: list[_Question]) -> None:
    import torch

    one_thread()
    try:
        parts = [torch.cat([getattr(q, name) for q in questions]) for name in ("x", "t", "y")]
        with torch.no_grad():
            answers = questions[0].model(*parts).split([len(q.x) for q in questions])
        for question, answer in zip(questions, answers, strict=True):
            question.answer = answer
    except Exception as error:
        for question in questions:
            question.error = error
    for question in questions:
        question.done.set()


SERVICE = Service()
atexit.register(SERVICE.close)
LIBRARY = Library()


def submit(make: Callable[[Callable[[Network], Shared]], Iterable[Any]]) -> Job:
    """Work for the process's one service."""
    return SERVICE.submit(make)
