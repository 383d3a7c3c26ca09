"""`python -m explorer`: the checkpoints and data sets behind the lessons.

list [--json]                 every recipe, and whether its checkpoint is here
train NAME [--resume]         follow a recipe; Ctrl-C keeps the state for --resume
                              on several GPUs: torchrun --nproc-per-node 2 -m explorer train NAME
evaluate NAME [--json]        recompute the card's metrics from held-out data
verify                        load every checkpoint as strictly as a lesson does
data [NAME]                   where each set is, or fetch one
"""

import argparse
import json
import sys
from collections.abc import Callable
from typing import Any

from explorer import checkpoints
from explorer.checkpoints import CheckpointError, NotResumed, NotWritten
from explorer.data.message import DataError


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit status."""
    options = _parser().parse_args(arguments)
    commands: dict[str, Callable[[argparse.Namespace], int]] = {
        "list": _list,
        "train": _train,
        "evaluate": _evaluate,
        "verify": _verify,
        "data": _data,
    }
    try:
        return commands[options.command](options)
    except (CheckpointError, NotResumed, NotWritten) as error:
        print(error, file=sys.stderr)
    except DataError as error:
        print(error, file=sys.stderr)
    except KeyboardInterrupt:
        print("\nstopped; go on with --resume", file=sys.stderr)
        return 130
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m explorer",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list").add_argument("--json", action="store_true")
    train = commands.add_parser("train")
    train.add_argument("names", nargs="+", metavar="NAME")
    train.add_argument("--resume", action="store_true")
    train.add_argument("--device", default="", help="cpu or cuda; by itself it takes what is there")
    train.add_argument("--threads", type=int, default=0, help="processor threads")
    evaluate = commands.add_parser("evaluate")
    evaluate.add_argument("names", nargs="+", metavar="NAME")
    evaluate.add_argument("--json", action="store_true")
    evaluate.add_argument("--samples", type=int, help="fewer: of the importance bound, or made")
    evaluate.add_argument("--pictures", type=int, help="of the importance bound")
    evaluate.add_argument("--write", action="store_true", help="put them onto the card")
    commands.add_parser("verify")
    commands.add_parser("data").add_argument("names", nargs="*", metavar="NAME")
    return parser


def _recipe(name: str) -> Any:
    from explorer.training.recipes import RECIPES

    if name not in RECIPES:
        raise CheckpointError("no_name", name)
    return RECIPES[name]


def _list(options: argparse.Namespace) -> int:
    from explorer.training.recipes import RECIPES

    rows: list[dict[str, Any]] = []
    for name, recipe in RECIPES.items():
        try:
            card = checkpoints.read_card(name)
            state = "here"
        except CheckpointError as error:
            card, state = {}, error.code
        rows.append({"name": name, "model": recipe.model, "data": recipe.data, "state": state})
        rows[-1] |= {"metrics": card.get("metrics", {}), "weights": card.get("weights", {})}
    if options.json:
        print(json.dumps(rows, indent=2))
        return 0
    for row in rows:
        first = next(iter(row["metrics"].items()), ("", ""))
        size = row["weights"].get("bytes", 0) / 1e6
        metric = f"{first[0]} {first[1]}".strip()
        print(f"{row['name']:20} {row['model']:12} {row['state']:8} {size:5.1f} MB  {metric}")
    return 0


def _train(options: argparse.Namespace) -> int:
    import torch
    from tqdm import tqdm

    from explorer.training.many import Group, group
    from explorer.training.run import train

    def follow(name: str, among: Group | None) -> None:
        recipe, first = _recipe(name), among is None or among.rank == 0
        with tqdm(desc=name, unit="step", mininterval=2, disable=not first) as bar:

            def show(step: Any) -> None:
                bar.total = step.steps
                bar.update(step.step - bar.n)
                if step.step % 50 == 0:
                    bar.set_postfix_str(f"loss {step.loss:.2f}", refresh=False)

            card = train(recipe, resume=options.resume, device=device, on_step=show, group=among)
        if first:
            print(json.dumps({"name": name, **card["metrics"]}))

    if options.threads:
        torch.set_num_threads(options.threads)
    device = options.device or ("cuda" if torch.cuda.is_available() else "cpu")
    with group(device) as among:
        for name in options.names:
            follow(name, among)
    return 0


def _evaluate(options: argparse.Namespace) -> int:
    from tqdm import tqdm

    from explorer.training.evaluate import codes

    status = 0
    for name in options.names:
        recipe = _recipe(name)
        model, card = checkpoints.load(name)
        chosen = {k: getattr(options, k) for k in ("samples", "pictures") if getattr(options, k)}
        with tqdm(desc=name, leave=False) as bar:

            def show(done: int, of: int, bar: Any = bar) -> None:
                bar.total = of
                bar.update(done - bar.n)

            found = recipe.measure(model, recipe, progress=show, **chosen)
        same = {key: found[key] == card["metrics"].get(key) for key in found}
        if options.write:
            points = codes(model, recipe) if recipe.planar else []
            checkpoints.save(name, model, card | {"codes": points, "metrics": found})
            continue
        status |= not chosen and not all(same.values())
        if options.json:
            print(
                json.dumps({"name": name, "metrics": found, "as on the card": all(same.values())})
            )
            continue
        for key, value in found.items():
            mark = "" if same[key] else f"   (card: {card['metrics'].get(key)})"
            print(f"{name}: {key}: {value}{mark}")
    return int(status)


def _verify(_options: argparse.Namespace) -> int:
    from explorer.training.recipes import RECIPES

    found = checkpoints.verify()
    found |= {name: CheckpointError("no_name", name) for name in RECIPES if name not in found}
    for name, error in sorted(found.items()):
        print(f"{name}: {error or 'sound'}")
    return int(any(found.values()))


def _data(options: argparse.Namespace) -> int:
    from explorer.data import images, registry
    from explorer.data.__main__ import main as tables

    for name in options.names:
        if name in images.SETS:
            for path in images.fetch(name):
                print(path)
        elif tables(["fetch", name]):
            return 1
    if not options.names:
        tables(["list"])
        for name in images.SETS:
            where = "here" if images.available(name) else f"python -m explorer data {name}"
            print(f"{name:24} 28 x 28 pictures  {where}")
    return 0 if options.names or registry.REGISTRY else 1


if __name__ == "__main__":
    sys.exit(main())
