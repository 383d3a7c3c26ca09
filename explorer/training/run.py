"""A recipe followed to its end: progress, kept state, and the finished checkpoint."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from explorer import checkpoints
from explorer.catalog import ROOT
from explorer.training import evaluate
from explorer.training.loop import Plan, Training, TrainStep
from explorer.training.recipes import Recipe, twin_of

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
) -> dict[str, Any]:
    """Train, measure, save; returns the card. KeyboardInterrupt keeps the state and is passed on.

    `rows` and `plan` are for dry runs. `resume` takes up the kept state, if there is one.
    """
    if recipe.closed:
        return _fit(recipe, rows, folder, measure)
    run = recipe.start(rows, plan)
    _move(run, device)
    kept = runs / f"{recipe.name}.safetensors"
    before = _resume(run, kept) if resume else 0.0
    start = last = time.perf_counter()
    history: list[tuple[int, float]] = []
    try:
        for step in run.run():
            history.append((step.step, step.loss))
            if on_step is not None:
                on_step(step)
            if time.perf_counter() - last > KEEP_EVERY:
                last = time.perf_counter()
                keep(run, kept, before + last - start)
    except KeyboardInterrupt:
        keep(run, kept, before + time.perf_counter() - start)
        raise
    seconds = before + time.perf_counter() - start
    average, raw = (checkpoints.rounded(m.cpu().eval()) for m in (run.average, run.model))
    training = {
        "steps": run.steps,
        "seconds": round(seconds),
        "machine": machine(device),
        "loss": thinned(history),
    }
    rows_seen = len(run.tensors[0])
    model = raw if recipe.raw else average
    card = _save(recipe, model, rows_seen, run.plan, training, folder, measure)
    if recipe.twin:
        _save(twin_of(recipe), raw, rows_seen, run.plan, training, folder, measure)
    kept.unlink(missing_ok=True)
    return card


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

    path.parent.mkdir(parents=True, exist_ok=True)
    state = {name: value.detach().cpu().contiguous() for name, value in run.state().items()}
    state["seconds"] = torch.tensor(seconds)
    checkpoints.write(path, to_bytes(state))


def _resume(run: Training, path: Path) -> float:
    """Seconds already spent; 0 where nothing was kept."""
    from safetensors.torch import load as from_bytes

    if not path.is_file():
        return 0.0
    state = from_bytes(path.read_bytes())
    run.resume(state)
    return float(state["seconds"])


def _move(run: Training, device: str) -> None:
    if device != "cpu":
        run.model.to(device)
        run.average.to(device)
        run.tensors = tuple(tensor.to(device) for tensor in run.tensors)


def machine(device: str) -> str:
    """What trained it, for the card."""
    if device.startswith("cuda"):
        return f"{torch.cuda.get_device_name()}, torch {torch.__version__}"
    threads = torch.get_num_threads()
    return f"{platform.machine()}, {threads} thread(s), torch {torch.__version__}"


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
