"""One process's part of `test_distributed.py`: python -m tests.training.several COMMAND FOLDER.

Through torchrun it is one of several; by itself it is the run to compare with.
"""

import json
import sys
import time
from contextlib import suppress
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import torch

from explorer import __main__ as command
from explorer import checkpoints
from explorer.data import images
from explorer.data.images import Images
from explorer.training import many, run
from explorer.training.loop import Plan, TrainStep
from explorer.training.recipes import RECIPES, Recipe

#: One recipe for each network and objective; rows that two processes cannot halve.
PLAN = Plan(epochs=2, batch=21, rate=2e-3, warm_up=3, clip=0.5, bfloat=False, seed=7)
ROWS = 63
NAMES = (
    *("vae2-mnist", "vae-binarized", "hvae-mnist", "ae2-mnist"),
    *("classifier-fashion", "points-moons", "diffusion-mnist"),
)
BEGUN = "points-blobs"  # begun by one process, which kept its state; ended by several
SLOW = "points-spirals"  # interrupted on several processes, ended by one


def bars(name: str, split: str) -> Images:
    """In place of the real sets: bright bars of ten widths, a class each, like no other."""
    generator = np.random.default_rng(["train", "valid", "test"].index(split))
    y = np.arange(120) % 10
    x = np.zeros((120, 28, 28), np.float32)
    for row, label in zip(x, y, strict=True):
        row[4:24, 8 : 9 + label] = generator.uniform(0.5, 1, (20, label + 1))
    return Images(np.round(x) if name == "binarized_mnist" else x, y, "0" * 64)


def recipe(name: str) -> Recipe:
    """The recipe, cut down to a few steps; measured by nothing."""
    return replace(RECIPES[name], plan=PLAN, measure=lambda model, recipe: {"measured": 1})


def losses(
    name: str, folder: Path, group: many.Group | None = None, resume: bool = False, stop: int = 0
) -> list[float]:
    """Of each step; after step `stop` the run is interrupted."""
    found: list[float] = []

    def on_step(step: TrainStep) -> None:
        found.append(step.loss)
        if step.step == stop:
            raise KeyboardInterrupt

    places = {"folder": folder, "runs": folder / "runs"}
    settings = {"rows": ROWS, "plan": PLAN, "measure": False, "group": group, "resume": resume}
    with suppress(KeyboardInterrupt):
        run.train(recipe(name), on_step=on_step, **places, **settings)
    return found


def compare(folder: Path) -> None:
    """Losses of each recipe, in a file of this process's own."""
    with many.group("cpu") as group:
        rank = "alone" if group is None else str(group.rank)
        found = {name: losses(name, folder / rank, group) for name in NAMES}
        found[BEGUN] = losses(BEGUN, folder / rank, group, resume=True)
    (folder / f"{rank}.json").write_text(json.dumps(found | {"threads": threads()}))


def threads() -> list[str]:
    """What this process's threads are called, where the system tells."""
    return [place.read_text().strip() for place in Path("/proc/self/task").glob("*/comm")]


def follow(folder: Path) -> int:
    """The command line itself, as torchrun calls it; slow enough to be interrupted."""
    plan = replace(PLAN, epochs=20)
    slow = replace(recipe(SLOW), plan=plan, objective=patient(RECIPES[SLOW].objective, folder))
    RECIPES.update({SLOW: slow, "pca2-mnist": recipe("pca2-mnist")})
    checkpoints.FOLDER = run.RUNS = folder
    run.train.__kwdefaults__.update(folder=folder, runs=folder, rows=ROWS)
    return command.main(["train", SLOW, "pca2-mnist", "--device", "cpu", *sys.argv[3:]])


def patient(objective: Any, folder: Path) -> Any:
    """Says that it is at work, and takes its time, so that a signal finds it there.

    In its fourth step: a run that is stopped then has some to keep, however slow the computer.
    """
    begun = count(1)

    def wait(*arguments: Any) -> Any:
        if next(begun) == 4:
            (folder / "at work").touch()
        time.sleep(0.03)
        return objective(*arguments)

    return wait


if __name__ == "__main__":
    images.load = bars
    torch.set_num_threads(1)
    place = Path(sys.argv[2])
    sys.exit({"compare": compare, "follow": follow}[sys.argv[1]](place))
