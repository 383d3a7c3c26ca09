"""Recipes run for two steps without their data; cards agree with what is recomputed."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from explorer import __main__ as command
from explorer import checkpoints
from explorer.data import images
from explorer.data.images import Images
from explorer.training import evaluate, evaluate_diffusion, run
from explorer.training.loop import Plan
from explorer.training.recipes import BETAS, RECIPES, Recipe, ladder, twin_of

NAMES = list(RECIPES)
CLOSED = [name for name in NAMES if RECIPES[name].closed]  # fitted, not trained


@pytest.fixture
def strokes(monkeypatch: pytest.MonkeyPatch) -> None:
    """In place of the real sets: bright bars of ten widths, a class each."""

    def load(name: str, split: str) -> Images:
        generator = np.random.default_rng(["train", "valid", "test"].index(split))
        y = np.arange(120) % 10
        x = np.zeros((120, 28, 28), np.float32)
        for row, label in zip(x, y, strict=True):
            row[4:24, 8 : 9 + label] = generator.uniform(0.5, 1, (20, label + 1))
        return Images(np.round(x) if name == "binarized_mnist" else x, y, "0" * 64)

    monkeypatch.setattr(images, "load", load)


def quick(recipe: Recipe) -> Recipe:
    """The same with fewer samples where the card's figures take minutes."""
    small = {
        evaluate.binarized: {"samples": 20, "pictures": 5},
        evaluate_diffusion.pictures: {
            **{"gammas": (1.0, 2.0), "steps": {"ddim": (2,), "heun": (2,)}},
            **{"whole": 20, "some": 20, "few": 10, "usual": 2},
        },
        evaluate_diffusion.last: {"few": 10, "usual": 2},
        evaluate_diffusion.points: {"count": 50, "steps": 4},
    }
    return replace(recipe, measure=partial(recipe.measure, **small.get(recipe.measure, {})))


@pytest.mark.parametrize("name", [name for name in NAMES if name not in CLOSED])
def test_every_recipe_runs_and_its_card_can_be_recomputed(strokes, monkeypatch, tmp_path, name):
    recipe = quick(RECIPES[name])
    monkeypatch.setattr(run, "twin_of", lambda recipe: quick(twin_of(recipe)))
    seen: list = []
    card = run.train(
        recipe,
        rows=40,
        plan=replace(recipe.plan, epochs=2, batch=20),
        folder=tmp_path,
        runs=tmp_path / "runs",
        on_step=seen.append,
    )
    assert [step.step for step in seen] == [1, 2, 3, 4] and seen[0].steps == 4
    model, read = checkpoints.load(name, tmp_path)
    assert read == json.loads(json.dumps(card))
    assert recipe.measure(model, recipe) == read["metrics"]
    assert bool(read["codes"]) == recipe.planar
    assert not (tmp_path / "runs" / f"{name}.safetensors").exists()
    assert read["training"]["loss"][0][0] == 1 and read["training"]["steps"] == 4
    assert set(checkpoints.names(tmp_path)) == {name, recipe.twin or name}


def test_the_twin_holds_the_last_weights_and_the_recipe_of_the_twin_gives_the_same(
    strokes, tmp_path
):
    settings = {"rows": 60, "measure": False}
    first, twin = RECIPES["diffusion-mnist"], RECIPES["diffusion-mnist-last"]
    plan = replace(first.plan, epochs=4, batch=20)
    for recipe, folder in ((first, tmp_path / "a"), (twin, tmp_path / "b")):
        run.train(recipe, plan=plan, folder=folder, runs=tmp_path, **settings)
    assert checkpoints.names(tmp_path / "b") == [twin.name]
    weights = {
        (side, name): (tmp_path / side / f"{name}.safetensors").read_bytes()
        for side, name in (("a", first.name), ("a", twin.name), ("b", twin.name))
    }
    assert weights["a", twin.name] == weights["b", twin.name] != weights["a", first.name]


@pytest.mark.parametrize("name", CLOSED)
def test_a_closed_form_is_fitted_without_steps(strokes, tmp_path, name):
    recipe, seen = RECIPES[name], []
    card = run.train(recipe, rows=110, folder=tmp_path, runs=tmp_path / "runs", on_step=seen.append)
    model, read = checkpoints.load(name, tmp_path)
    assert read == json.loads(json.dumps(card)) and seen == []
    assert recipe.measure(model, recipe) == read["metrics"]
    assert (read["training"]["steps"], read["recipe"]["rows"]) == (0, 110)
    train, test = recipe.tensors("train", 110)[0], recipe.tensors("test")[0]
    best = evaluate.pca_error(train, test, 2)
    found = read["metrics"]["test squared error (sum over pixels)"]
    assert found == pytest.approx(best, rel=2e-3)  # weights are kept in half precision
    codes = np.array(read["codes"])
    assert codes.shape == (120, 3) and np.ptp(codes[:, 0]) > 5


def test_an_interrupted_run_goes_on_as_if_nothing_had_happened(strokes, tmp_path):
    recipe = RECIPES["vae2-mnist"]
    settings = {"rows": 60, "plan": Plan(epochs=4, batch=20, seed=3), "measure": False}

    def follow(folder: Path, stop: int | None = None, resume: bool = False) -> list[float]:
        losses: list[float] = []

        def on_step(step: object) -> None:
            losses.append(step.loss)
            if len(losses) == stop:
                raise KeyboardInterrupt

        places = {"folder": folder, "runs": folder / "runs"}
        try:
            run.train(recipe, on_step=on_step, resume=resume, **places, **settings)
        except KeyboardInterrupt:
            assert (folder / "runs" / "vae2-mnist.safetensors").is_file()
        return losses

    whole = follow(tmp_path / "whole")
    parts = follow(tmp_path / "parts", stop=5) + follow(tmp_path / "parts", resume=True)
    assert parts == whole and len(whole) == 12
    one, other = (
        (tmp_path / side / "vae2-mnist.safetensors").read_bytes() for side in ("whole", "parts")
    )
    assert one == other


def test_thinned_keeps_the_mean_of_the_losses():
    history = [(step, float(step % 7)) for step in range(1, 1001)]
    rows = run.thinned(history)
    assert rows[0][0] == 1 and rows[-1][0] == 1000 and 20 < len(rows) <= 40
    lengths = np.diff([0] + [row[0] for row in rows])
    total = float(lengths @ np.array([row[1] for row in rows]))
    assert total == pytest.approx(sum(loss for _, loss in history), abs=0.1)
    assert run.thinned([]) == []


def test_pca_error_equals_scikit_learn():
    from sklearn.decomposition import PCA

    generator = torch.Generator().manual_seed(0)
    mix = torch.randn(6, 30, generator=generator)
    train, test = (torch.randn(n, 6, generator=generator) @ mix + 3 for n in (200, 50))
    pca = PCA(2).fit(train.numpy())
    back = pca.inverse_transform(pca.transform(test.numpy()))
    expected = ((back - test.numpy()) ** 2).sum(1).mean()
    assert evaluate.pca_error(train, test, 2) == pytest.approx(expected, rel=1e-5)


# --------------------------------------------------------------------------- what is in git


@pytest.mark.parametrize("name", NAMES)
def test_the_checkpoint_of_each_recipe_is_here_and_sound(name):
    model, card = checkpoints.load(name)
    recipe = RECIPES[name]
    assert model.config == recipe.config
    assert card["recipe"]["data"] == recipe.data and card["recipe"]["seed"] == recipe.plan.seed
    plan = {key: value for key, value in card["recipe"].items() if key not in ("data", "rows")}
    assert plan == vars(recipe.plan), "the card's recipe is not the one in the code"
    assert card["training"]["seconds"] < 3600


def test_all_checkpoints_together_are_small_and_each_belongs_to_a_recipe():
    assert set(checkpoints.names()) == set(RECIPES)
    total = sum(file.stat().st_size for file in checkpoints.FOLDER.iterdir())
    assert total < 45e6


def test_kl_falls_and_reconstruction_suffers_along_the_ladder():
    metrics = [checkpoints.read_card(ladder(beta))["metrics"] for beta in BETAS]
    kl = [found["test KL (nats)"] for found in metrics]
    reconstruction = [found["test reconstruction (nats)"] for found in metrics]
    assert kl == sorted(kl, reverse=True) and reconstruction == sorted(reconstruction, reverse=True)
    bounds = [found["test ELBO (nats)"] for found in metrics]
    assert bounds[BETAS.index(1)] > max(bounds) - 0.5  # what beta = 1 was trained for
    assert metrics[-1]["active latents"] == 0 < metrics[-2]["active latents"] < 8


@pytest.mark.parametrize("data", ["mnist", "fashion"])
def test_the_autoencoder_beats_two_principal_components(data):
    metrics = checkpoints.read_card(f"ae2-{data}")["metrics"]
    ours, pca = metrics.values()
    assert ours < pca


@pytest.mark.parametrize(("data", "least"), [("mnist", 99.3), ("fashion", 92.0)])
def test_the_classifiers_are_good_enough_to_score_with(data, least):
    metrics = checkpoints.read_card(f"classifier-{data}")["metrics"]
    table = np.array(metrics["confusion (rows: true class)"])
    assert table.sum() == 10_000
    assert metrics["test accuracy (%)"] == pytest.approx(100 * np.trace(table) / 10_000)
    assert metrics["test accuracy (%)"] >= least


@pytest.mark.parametrize("data", ["mnist", "fashion"])
def test_guided_samples_are_what_was_asked_for_and_pay_with_variety(data):
    metrics = checkpoints.read_card(f"diffusion-{data}")["metrics"]
    along = metrics["along gamma"]
    if data == "mnist":  # the classifier of clothes errs too often itself for such bars
        assert metrics["at gamma = 1"]["accuracy (%)"] >= 97.0
        assert metrics["at the best gamma"]["accuracy (%)"] >= 99.9
    assert along["0"]["accuracy (%)"] < 20 < 80 < along["1"]["accuracy (%)"]
    assert along["8"]["recall"] < 0.7 * along["1"]["recall"]
    assert metrics["real pictures"]["10000"]["Fréchet distance"] < 3


@pytest.mark.parametrize("data", ["mnist", "fashion"])
def test_five_steps_are_too_few_for_dice(data):
    """What the lesson says of its curve: DDIM is the better one with 5 steps, not with 50."""
    along = checkpoints.read_card(f"diffusion-{data}")["metrics"]["along steps"]
    distance = {s: {n: v["Fréchet distance"] for n, v in along[s].items()} for s in along}
    assert distance["ddim"]["5"] < 0.9 * distance["ddpm"]["5"]
    assert distance["ddpm"]["50"] < distance["ddim"]["50"] < 0.9 * distance["ddim"]["5"]


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("points-")])
def test_points_are_sampled_almost_as_well_as_real_ones(name):
    metrics = checkpoints.read_card(name)["metrics"]
    assert metrics["MMD of samples"] < 2 * metrics["MMD of real points"]
    errors = metrics.get("relative error of the score at t", {"100": 0.0})
    assert errors["100"] < 0.25


@pytest.mark.skipif(not images.available("mnist"), reason="MNIST is not here")
@pytest.mark.parametrize("name", ["vae2-mnist", "ae2-mnist", "hvae-mnist"])
def test_cards_are_recomputed_from_the_real_test_set(name):
    model, card = checkpoints.load(name)
    found = RECIPES[name].measure(model, RECIPES[name])
    for key, value in found.items():
        assert value == pytest.approx(card["metrics"][key], abs=0.011), key


# --------------------------------------------------------------------------- the command line


def test_the_command_line_speaks_plainly(capsys, monkeypatch, tmp_path):
    assert command.main(["train", "nonsense"]) == 1
    assert "no checkpoint called “nonsense”" in capsys.readouterr().err
    assert command.main(["list", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in rows] == NAMES
    assert command.main(["verify"]) == 0
    assert capsys.readouterr().out.count("sound") == len(NAMES)
    monkeypatch.setattr(checkpoints, "FOLDER", tmp_path)
    assert command.main(["data"]) == 0
    assert "binarized_mnist" in capsys.readouterr().out


def test_evaluate_says_where_it_differs_from_the_card(strokes, capsys):
    """With bars in place of digits every figure differs, and the status says so."""
    assert command.main(["evaluate", "vae2-mnist", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["as on the card"] is False and found["metrics"]["test ELBO (nats)"] < -141
