"""A recipe followed to its end: progress, kept state, and the finished checkpoint."""

from __future__ import annotations

import platform
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from explorer import checkpoints
from explorer.catalog import ROOT
from explorer.training import evaluate
from explorer.training.loop import Plan, Training, TrainStep
from explorer.training.recipes import Recipe, twin_of

if TYPE_CHECKING:  # only a run on several processes needs it
    from explorer.training.many import Group

RUNS = ROOT / "runs"  # states of unfinished runs; not in git
KEEP_EVERY = 60.0  # seconds between two kept states


def train(
    recipe: Recipe,
    *,
    resume: bool = False,
    device: str = "cpu",
    rows: int | None = None,
    plan: Plan | None = None,
    folder: Path = checkpoints.FOLDER,
    runs: Path = RUNS,
    on_step: Callable[[TrainStep], None] | None = None,
    measure: bool = True,
    group: Group | None = None,
) -> dict[str, Any]:
    """Train, measure, save; returns the card. KeyboardInterrupt keeps the state and is passed on.

    `rows` and `plan` are for dry runs. `resume` takes up the kept state, if there is one. In a
    group, the first process keeps, measures and saves; for the others the card is empty.
    """
    first = group is None or group.rank == 0
    if recipe.closed:
        return _fit(recipe, rows, folder, measure) if first else {}
    run = recipe.start(rows, plan)
    _move(run, device if group is None else group.device)
    if group is not None:
        group.join(run)
    kept = runs / f"{recipe.name}.safetensors"
    before = _resume(run, kept, group) if resume else 0.0
    start = time.perf_counter()
    history: list[tuple[int, float]] = []
    try:
        for step in _steps(run, kept if first else None, before, group):
            history.append((step.step, step.loss))
            if on_step is not None:
                on_step(step)
    except KeyboardInterrupt:
        if first:
            keep(run, kept, before + time.perf_counter() - start)
        raise
    if not first:
        return {}
    seconds = before + time.perf_counter() - start
    keep(run, kept, seconds)  # measuring takes minutes, and may be interrupted too
    average, raw = (checkpoints.rounded(m.cpu().eval()) for m in (run.average, run.model))
    training = {
        "steps": run.steps,
        "seconds": round(seconds),
        "machine": machine(device, 1 if group is None else group.size),
        "loss": thinned(history),
    }
    rows_seen = len(run.tensors[0])
    model = raw if recipe.raw else average
    card = _save(recipe, model, rows_seen, run.plan, training, folder, measure)
    if recipe.twin:
        _save(twin_of(recipe), raw, rows_seen, run.plan, training, folder, measure)
    kept.unlink(missing_ok=True)
    return card


def _steps(
    run: Training, kept: Path | None, before: float, group: Group | None
) -> Iterator[TrainStep]:
    """The run's steps; now and then its state is kept. KeyboardInterrupt comes between two steps,
    in a group after the same one everywhere."""
    start = last = time.perf_counter()
    with asked_to_stop() as asked:
        for step in run.run():
            yield step
            if asked() if group is None else group.anyone(asked()):
                raise KeyboardInterrupt
            if kept is not None and time.perf_counter() - last > KEEP_EVERY:
                last = time.perf_counter()
                keep(run, kept, before + last - start)


@contextmanager
def asked_to_stop() -> Iterator[Callable[[], bool]]:
    """Ctrl-C waits for the end of the step, so that what is kept is whole; a second does not."""
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    asked: list[int] = []

    def note(number: int, _frame: object) -> None:
        if asked:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        asked.append(number)

    usual = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)


def _fit(recipe: Recipe, rows: int | None, folder: Path, measure: bool) -> dict[str, Any]:
    """A closed form: no steps, no losses."""
    x, _ = recipe.tensors("train", rows)
    start = time.perf_counter()
    model = checkpoints.blank(checkpoints.kinds()[recipe.model][0], recipe.config)
    model.fit(x)  # type: ignore[operator]
    seconds = round(time.perf_counter() - start)
    training = {"steps": 0, "seconds": seconds, "machine": machine("cpu"), "loss": []}
    ready = checkpoints.rounded(model.eval())
    return _save(recipe, ready, len(x), recipe.plan, training, folder, measure)


def _save(
    recipe: Recipe, model: Any, rows: int, plan: Plan, training: dict, folder: Path, measure: bool
) -> dict[str, Any]:
    """Measure, and write weights and card."""
    card = {
        "recipe": {"data": recipe.data, "rows": rows, **vars(plan)},
        "data": recipe.source(),
        "training": training,
        "metrics": recipe.measure(model, recipe) if measure else {},
        "baselines": recipe.baselines,
        "codes": evaluate.codes(model, recipe) if measure and recipe.planar else [],
    }
    return checkpoints.save(recipe.name, model, card, folder)


def keep(run: Training, path: Path, seconds: float) -> None:
    """The state of an unfinished run, moved into place whole."""
    from safetensors.torch import save as to_bytes

    state = {name: value.detach().cpu().contiguous() for name, value in run.state().items()}
    state["seconds"] = torch.tensor(seconds)
    checkpoints.write(path, to_bytes(state))


def _resume(run: Training, path: Path, group: Group | None) -> float:
    """Seconds already spent; 0 where nothing was kept."""
    from safetensors import SafetensorError
    from safetensors.torch import load as from_bytes

    content = path.read_bytes() if path.is_file() else b""
    if group is not None:
        content = group.from_first(content)
    if not content:
        return 0.0
    try:
        state = from_bytes(content)
        run.resume(state)
        return float(state["seconds"])
    except (SafetensorError, KeyError, RuntimeError, ValueError) as error:
        raise checkpoints.NotResumed(path) from error


def _move(run: Training, device: str) -> None:
    if device != "cpu":
        run.model.to(device)
        run.average.to(device)
        run.tensors = tuple(tensor.to(device) for tensor in run.tensors)


def machine(device: str, processes: int = 1) -> str:
    """What trained it, for the card."""
    many = f"{processes} x " if processes > 1 else ""
    if device.startswith("cuda"):
        return f"{many}{torch.cuda.get_device_name()}, torch {torch.__version__}"
    threads = torch.get_num_threads()
    return f"{many}{platform.machine()}, {threads} thread(s), torch {torch.__version__}"


def thinned(history: list[tuple[int, float]], count: int = 40) -> list[list[float]]:
    """[step, mean loss since the one before] at about `count` log-spaced steps."""
    if not history:
        return []
    marks = torch.logspace(0, torch.log10(torch.tensor(float(len(history)))), count).round().int()
    ends = sorted(set(marks.tolist()))
    result, low = [], 0
    for high in ends:
        part = [loss for _, loss in history[low:high]]
        result.append([history[high - 1][0], round(sum(part) / len(part), 4)])
        low = high
    return result
