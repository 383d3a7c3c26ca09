"""A class at work on one server: how long each learner waits, and what it costs.

    python -m benchmarks.classroom --learners 30 --minutes 10
    python -m benchmarks.classroom --learners 200 --minutes 5 --light --pause 2 --replicas 2

Every learner is a websocket session that speaks Streamlit's protocol (see benchmarks.learner) and
goes from lesson to lesson, moves what is there with a pause of `--pause` seconds between (drawn
from half to one and a half of it), trains, samples and pastes own numbers. Light answers are timed
from the message to the end of the run that answers it; for heavy ones (training, sampling) it is
the time to the first sight of them: progress, place in the queue, or the finished thing. Memory is
that of the server's process, or of all replicas together: with `--replicas 2` two servers stand
behind nginx with the files of `deploy/`. Servers and learners share this computer; run it on a
quiet one.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import random
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.learner import Answer, Learner
from explorer import catalog
from tests.browser.conftest import serving
from tests.browser.test_replicas import running

MOVES = 8  # in one lesson, then the next
Hand = Callable[[Learner, random.Random], Awaitable[Answer]]


def slide(key: str, low: float, high: float, step: float) -> Hand:
    """A slider or a number field somewhere else."""

    def move(learner: Learner, rng: random.Random) -> Awaitable[Answer]:
        return learner.move(key, low + step * rng.randint(0, round((high - low) / step)))

    return move


def drag(key: str, event: str, low: float, high: float, **more: object) -> Hand:
    """A place on a plane, reported by its component."""

    def move(learner: Learner, rng: random.Random) -> Awaitable[Answer]:
        at = {
            "x": rng.uniform(low, high),
            "y": rng.uniform(low, high),
            "number": rng.getrandbits(30),
        }
        return learner.report(key, event, at | more)

    return move


def press(key: str) -> Hand:
    """A button."""
    return lambda learner, rng: learner.press(key)


def scrub(key: str, frames: int) -> Hand:
    """A film that rests on another frame."""
    return lambda learner, rng: learner.report(key, "scrubbed", rng.randrange(frames))


async def paste(learner: Learner, rng: random.Random) -> Answer:
    """Own numbers: the fold, the way in, the text, the button; the last answer counts."""
    if "data_text" not in learner.widgets:
        await learner.move("likelihood.data_fold", True)
        await learner.move("data_way", "Type or paste")
    numbers = "\n".join(f"{rng.gauss(3, 0.5):.4f}" for _ in range(60))
    await learner.move("data_text", numbers)
    return await learner.press("data_use")


@dataclass(frozen=True)
class Visit:
    """A lesson as one learner goes through it."""

    slug: str
    light: tuple[Hand, ...]
    heavy: Hand | None = None  # first thing done there, and once more half way
    query: str = ""

    @property
    def name(self) -> str:
        """For the table."""
        return f"{self.slug}?{self.query}" if self.query else self.slug


LIGHT = (
    Visit("normal", (slide("normal.mu", -5, 5, 0.1), slide("normal.sigma", 0.2, 3, 0.1))),
    Visit("likelihood", (slide("likelihood.mu", 140, 200, 1), slide("likelihood.sigma", 3, 20, 1))),
    Visit("multivariate", (slide("multivariate.rho", -0.9, 0.9, 0.1),)),
    Visit("mixture", (slide("mixture.x1", 1.5, 5, 0.1), slide("mixture.y1", 45, 95, 1))),
    Visit("em", (slide("em.k", 1, 6, 1), scrub("em.stage", 5))),
    Visit("divergence", (slide("divergence.mu", -3, 3, 0.1), slide("divergence.sigma", 1, 3, 0.1))),
    Visit("descent", (slide("descent.x", -2, 2, 0.1), slide("descent.y", -2, 2, 0.1))),
    Visit("convolution", (slide("convolution.row", 1, 20, 1), slide("convolution.k22", -4, 4, 1))),
)  # fmt: skip

ALL = (
    *LIGHT,
    Visit("likelihood", (slide("likelihood.mu", 0, 6, 0.1),), paste),
    Visit("network", (slide("network.width", 2, 32, 1),), press("network.train")),
    Visit("autoencoder", (drag("autoencoder.plane.mnist", "settled", -8, 8),)),
    Visit(
        "vae",
        (drag("vae.mnist.plane", "settled", -2, 2), slide("vae.zx", -3, 3, 0.1)),
        query="show=plane",
    ),
    Visit("vae", (slide("vae.seed", 0, 99, 1),), press("vae.train"), "show=train"),
    Visit("beta", (slide("beta.seed", 0, 99, 1),), query="show=new"),
    Visit("hierarchy", (slide("hierarchy.seed1", 0, 9, 1), slide("hierarchy.seed2", 0, 9, 1))),
    Visit("noising", (slide("noising.t", 0, 1000, 20),)),
    Visit("score", (slide("score.t", 1, 999, 1),), query="view=field"),
    Visit("score", (scrub("score.stage", 9),), press("score.train"), "view=train"),
    Visit("denoise", (slide("denoise.large", 1, 8, 1),), slide("denoise.seed", 0, 999, 1)),
    Visit("guidance", (slide("guidance.gamma", 0, 8, 0.25),), slide("guidance.seed", 0, 999, 1)),
)


@dataclass
class Notes:
    """What was seen: seconds by lesson, and what went wrong."""

    start: float = field(default_factory=time.monotonic)
    opened: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    light: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    heavy: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    missing: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    errors: list[str] = field(default_factory=list)
    ahead: int = 0  # pictures that came before their page
    memory: list[tuple[float, float]] = field(default_factory=list)  # seconds, MiB
    minutes: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))  # light
    slow: list[tuple[float, float, str]] = field(default_factory=list)  # took, at, what

    def add(self, seconds: float, what: str) -> None:
        """Keep the ten slowest."""
        self.slow = sorted([*self.slow, (seconds, time.monotonic() - self.start, what)])[-10:]


async def attend(
    address: str, number: int, visits: tuple[Visit, ...], pause: float, end: float, notes: Notes
) -> None:
    """One learner, from coming in to the end of the lesson."""
    rng = random.Random(number)
    await asyncio.sleep(rng.uniform(0, pause) + number * 0.1)
    async with Learner(address) as learner:
        visit = None
        while time.monotonic() < end:
            # Another lesson: a page that is open already keeps its settings, whatever a link says.
            visit = rng.choice([other for other in visits if not visit or other.slug != visit.slug])
            answer = await learner.open(visit.slug, visit.query)
            notes.opened[visit.name].append(answer.seconds)
            notes.add(answer.seconds, f"{visit.name} opened by {number}")
            for move in range(MOVES):
                await asyncio.sleep(pause * rng.uniform(0.5, 1.5))
                if time.monotonic() > end:
                    break
                await act(learner, rng, visit, move, notes, number)
        notes.errors += learner.errors
        notes.ahead += learner.pictures


async def act(
    learner: Learner, rng: random.Random, visit: Visit, move: int, notes: Notes, number: int
) -> None:
    """One move of a hand."""
    heavy = visit.heavy is not None and move in (0, MOVES // 2)
    hand = visit.heavy if heavy and visit.heavy else rng.choice(visit.light)
    try:
        answer = await hand(learner, rng)
    except KeyError as missing:  # the button is another one while a run is under way
        notes.missing[f"{visit.name}: {missing}"] += 1
        return
    (notes.heavy if heavy else notes.light)[visit.name].append(answer.seconds)
    notes.add(answer.seconds, f"{visit.name} {'heavy' if heavy else 'light'} move of {number}")
    if not heavy:
        notes.minutes[int((time.monotonic() - notes.start) // 60)].append(answer.seconds)


def server(address: str) -> int:
    """The process behind an address: the one that was told this port."""
    port = address.rsplit(":", 1)[1]
    for folder in Path("/proc").glob("[0-9]*"):
        words = (folder / "cmdline").read_bytes().split(b"\0") if folder.exists() else []
        if b"--server.port" in words and port.encode() in words:
            return int(folder.name)
    raise RuntimeError(f"no server at {address}")


def resident(pid: int) -> float:
    """Memory of the server in MiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


async def watch(pids: list[int], start: float, end: float, notes: Notes) -> None:
    """Memory every five seconds."""
    while time.monotonic() < end:
        notes.memory.append((time.monotonic() - start, sum(map(resident, pids))))
        await asyncio.sleep(5)


async def hold(address: str, pids: list[int], options: argparse.Namespace) -> Notes:
    """The whole lesson."""
    notes = Notes()
    start, end = notes.start, notes.start + 60 * options.minutes
    visits = LIGHT if options.light else ALL
    class_ = (
        attend(address, number, visits, options.pause, end, notes)
        for number in range(options.learners)
    )
    await asyncio.gather(watch(pids, start, end, notes), *class_)
    return notes


def quantile(values: list[float], share: float) -> float:
    """In milliseconds."""
    ordered = sorted(values)
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def row(name: str, values: list[float]) -> str:
    """One line of the table."""
    return (
        f"{name:28s}{len(values):6d}{quantile(values, 0.5):8.0f}{quantile(values, 0.95):8.0f}"
        f"{1000 * max(values, default=0):8.0f}"
    )


def _each_minute(memory: list[tuple[float, float]]) -> list[float]:
    """The mean of each."""
    minutes = defaultdict(list)
    for at, size in memory:
        minutes[int(at // 60)].append(size)
    return [statistics.mean(minutes[minute]) for minute in sorted(minutes)]


def report(notes: Notes, options: argparse.Namespace) -> dict:
    """Print the tables; returns the headline numbers."""
    for title, table in (
        ("light moves, ms", notes.light), ("heavy moves, first sight, ms", notes.heavy),
        ("pages opened, ms", notes.opened),
    ):  # fmt: skip
        print(f"\n{title:28s}{'count':>6s}{'p50':>8s}{'p95':>8s}{'max':>8s}")
        for name in sorted(table):
            print(row(name, table[name]))
        print(row("all", [value for values in table.values() for value in values]))
    print("\nlight moves by minute, p50 and p95 in ms:", end=" ")
    each = (notes.minutes[minute] for minute in sorted(notes.minutes))
    print(*(f"{quantile(v, 0.5):.0f}/{quantile(v, 0.95):.0f}" for v in each))
    print("\nmemory by minute in MiB:", *(f"{m:.0f}" for m in _each_minute(notes.memory)))
    print("\nthe slowest, ms, and at which second:")
    for took, at, what in reversed(notes.slow):
        print(f"{1000 * took:8.0f}{at:8.0f}  {what}")
    warm = [m for t, m in notes.memory if 55 < t < 90] or [notes.memory[0][1]]
    late = [m for _, m in notes.memory[-3:]]
    light = [value for values in notes.light.values() for value in values]
    heavy = [value for values in notes.heavy.values() for value in values]
    found = {
        "learners": options.learners,
        "minutes": options.minutes,
        "moves": len(light) + len(heavy),
        "pictures ahead of their page": notes.ahead,
        "light p50 (ms)": round(quantile(light, 0.5)),
        "light p95 (ms)": round(quantile(light, 0.95)),
        "heavy first sight p95 (ms)": round(quantile(heavy, 0.95)),
        "heavy first sight max (ms)": round(1000 * max(heavy, default=0)),
        "memory before (MiB)": round(notes.memory[0][1]),
        "memory after a minute (MiB)": round(statistics.mean(warm)),
        "memory at the end (MiB)": round(statistics.mean(late)),
        "memory at most (MiB)": round(max(m for _, m in notes.memory)),
        "errors": len(notes.errors),
        "not there when reached for": sum(notes.missing.values()),
    }
    print(f"\n{json.dumps(found, indent=1)}")
    for error, count in sorted({e: notes.errors.count(e) for e in notes.errors}.items()):
        print(f"error, {count} times: {error}")
    for what, count in notes.missing.items():
        print(f"not there, {count} times: {what}")
    return found


def main() -> None:
    """See the module's text."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--learners", type=int, default=30)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--pause", type=float, default=3, help="seconds between two moves")
    parser.add_argument("--light", action="store_true", help="lessons without heavy work only")
    parser.add_argument("--json", type=Path, help="also write the headline numbers there")
    parser.add_argument("--replicas", type=int, choices=(1, 2), default=1, help="2: behind nginx")
    options = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if options.replicas > 1:
            site = stack.enter_context(running(folder))
            address, pids = site.home, [server.pid for server in site.servers.values()]
        else:
            log = folder / "1.log"
            address = stack.enter_context(serving(catalog.ROOT / "streamlit_app.py", log))
            pids = [server(address)]
        found = report(asyncio.run(hold(address, pids, options)), options)
        # A page that fails shows a calm sentence; what happened stands in the log alone.
        said = "".join(log.read_text() for log in folder.glob("*[0-9].log"))
        found["failures in the server's log"] = said.count("Traceback")
        print("failures in the server's log:", said.count("Traceback"))
        if "Traceback" in said:
            print(said[-4000:])
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
