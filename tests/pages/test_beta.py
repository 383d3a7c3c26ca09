"""The `beta` lesson: the ladder as the cards tell it, collapse named, directions measured."""

import json
import re
import shutil

import numpy as np
import pytest

from explorer import checkpoints, inference
from explorer.components.digitpad import encoded
from explorer.data import pen
from explorer.data.drawing import centred
from explorer.figures import beta as figures
from explorer.metrics.directions import STEPS, regress, walk
from explorer.metrics.strokes import measure
from explorer.ui import networks
from tests.pages.helpers import (
    _protos,
    address,
    answer,
    columns,
    drag,
    equations,
    figure,
    healthy,
    open_lesson,
    reading,
    run_script,
    same_figure,
    script,
    stage_data,
    turn,
    unfold,
    words,
)


def card(beta: float) -> dict:
    return checkpoints.read_card(figures.checkpoint(beta))["metrics"]


def film(at) -> dict:
    """What the strip of pictures was given."""
    (proto,) = _protos(at, "explorer_filmstrip")
    return json.loads(proto.json)


@pytest.mark.parametrize("beta", figures.BETAS)
def test_a_rung_is_told_as_on_its_card(beta):
    at = open_lesson("beta", rung=f"{beta:g}")
    told = words(at)
    assert f"costs {-card(beta)['test reconstruction (nats)']:.2f} nats" in told
    assert f"its code {card(beta)['test KL (nats)']:.2f} nats" in told
    assert f"{card(beta)['active latents']} of 16 latents are active" in told
    assert ("posterior collapse" in told) == (card(beta)["active latents"] <= 1)
    cost = -card(beta)["test reconstruction (nats)"] + beta * card(beta)["test KL (nats)"]
    assert f"= {cost:.2f}$" in equations(at)[0] + "$"
    shown = film(at)
    assert shown["start"] == figures.BETAS.index(beta) and shown["count"] == 6
    np.testing.assert_allclose(
        columns(at)["KL_nats"], [card(b)["test KL (nats)"] for b in figures.BETAS]
    )


def test_the_number_of_bars_follows_the_price():
    at = open_lesson("beta")
    for beta in (0.1, 30):
        turn(at, rung=beta)
        (bars,) = (t for t in figure(at)["data"] if t["type"] == "bar")
        assert len(bars["x"]) == card(beta)["active latents"]
    assert address(at)["rung"] == "30"


def test_collapse_is_caused_and_mended():
    at = turn(open_lesson("beta"), rung=30)
    assert "(0 of 3" in reading(at)
    assert "(0 of 3" in reading(turn(at, rung=4))
    assert "(1 of 3" in reading(turn(at, rung=1))


@pytest.mark.parametrize("kind", ["digits", "yours", "new"])
def test_each_kind_of_pictures_has_a_film_in_both_languages(kind):
    english, korean = (film(open_lesson("beta", lang, show=kind)) for lang in ("en", "ko"))
    assert english["sheet"] == korean["sheet"]
    assert english["grid"] == ([1, 5] if kind == "yours" else [4, 5])
    assert len(english["summaries"]) == 6 and english["summaries"] != korean["summaries"]


def test_the_seed_draws_other_digits():
    one, two = (film(open_lesson("beta", show="new", seed=seed)) for seed in ("0", "1"))
    assert one["sheet"] != two["sheet"]


def test_a_drawing_is_rebuilt():
    at = open_lesson("beta", show="yours")
    assert "still blank" in reading(at)
    blank = film(at)["sheet"]
    at.session_state["beta.pad"] = {"drawing": encoded(pen.digit(3))}
    healthy(at.run())
    assert "still blank" not in reading(at)
    assert film(at)["sheet"] != blank


def expected(digit: np.ndarray, which: int, alone: bool):
    net = inference.load("vae16-mnist")
    z = np.random.default_rng(0).normal(size=(1000, 16))
    found = regress(z, measure(net.decode(z).reshape(-1, 28, 28)))
    return walk(net.decode, net.encode(digit.reshape(1, 784))[0][0], found, which, alone)


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize(("name", "which"), [("slant", 0), ("thickness", 1), ("width", 2)])
def test_a_direction_is_measured_on_its_pictures(name, which, alone):
    at = open_lesson(
        "beta", view="directions", attribute=name, digit="4", amount="1.5", hold=str(int(alone))
    )
    way = expected(pen.digit(4), which, alone)
    index = list(STEPS).index(1.5)
    np.testing.assert_allclose(columns(at)[name], way.values[:, which], rtol=1e-6)
    assert f"the {name} by {way.slopes[which]:+.2f}" in words(at)
    assert f"slant {way.values[index, 0]:.1f}°" in words(at)
    assert way.slopes[which] / way.spread[which] > 0.4 and way.share > 0.85  # it does what it says
    assert film(at)["start"] == index


def test_the_grip_and_the_slider_are_one():
    at = open_lesson("beta", view="directions")
    drag(at, "amount", -2.6, 0.0)
    assert address(at)["amount"] == "-2.5" and at.slider(key="beta.amount").value == -2.5
    assert film(at)["start"] == list(STEPS).index(-2.5)
    turn(at, amount=4.0)
    assert stage_data(at)["handles"][0]["x"] == 4.0


def test_leaning_a_digit_is_recognised():
    at = turn(open_lesson("beta", view="directions"), amount=1.0)
    assert "(0 of 3" in reading(at)
    assert "(1 of 3" in reading(turn(at, amount=3.5))


def test_thicker_strokes_stray_until_the_others_are_held():
    at = open_lesson("beta", view="directions", attribute="thickness")
    turn(at, amount=3.0)
    assert "(0 of 3" in reading(at)
    assert "(1 of 3" in reading(turn(at, hold=True))


def test_a_seven_that_narrows_becomes_a_one():
    at = answer(open_lesson("beta"), "narrow", 2)
    assert address(at)["attribute"] == "width" and film(at)["start"] == 0
    picture = expected(pen.digit(7), 2, False).pictures[0]
    reader = inference.load("classifier-mnist").probabilities(picture.reshape(1, 784))
    assert reader.argmax() == 1


def test_own_drawings_walk_and_are_exported():
    at = open_lesson("beta", view="directions", start="yours")
    same_figure(run_script(script(at))["figure"], figure(at))
    at.session_state["beta.pad"] = {"drawing": encoded(pen.digit(3))}
    turn(at, amount=2.0)
    drawn = centred(np.rint(255 * pen.digit(3)) / 255)
    np.testing.assert_allclose(columns(at)["slant"], expected(drawn, 0, False).values[:, 0])
    same_figure(run_script(script(at))["figure"], figure(at))


@pytest.mark.parametrize("start", ["digit", "new"])
def test_the_script_walks_the_same_way(start):
    at = open_lesson("beta", view="directions", start=start, attribute="width", amount="-1.25",
                     hold="1", seed="5")  # fmt: skip
    same_figure(run_script(script(at))["figure"], figure(at))


@pytest.mark.parametrize("view", ["ladder", "directions"])
def test_checked_agrees(view):
    at = unfold(open_lesson("beta", view=view), "checked")
    lines = [m.value for m in at.markdown if m.value.startswith("- ") and "ifference" in m.value]
    assert len(lines) == (3 if view == "ladder" else 2)
    for line in lines:
        ours, theirs = (float(v) for v in re.findall(r": (-?[\d.]+(?:e[-+]\d+)?)\. ", line))
        assert ours == pytest.approx(theirs, rel=0.02, abs=0.01)


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A copy of the checkpoints that a test may spoil."""
    for name in [figures.checkpoint(beta) for beta in figures.BETAS]:
        for end in ("json", "safetensors"):
            shutil.copy(checkpoints.FOLDER / f"{name}.{end}", tmp_path)
    load = inference.load
    monkeypatch.setattr(networks, "FOLDER", tmp_path)
    monkeypatch.setattr(inference, "load", lambda name: load(name, tmp_path))
    networks._load.clear()
    yield tmp_path
    networks._load.clear()


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_a_missing_rung_leaves_the_others(elsewhere, lang):
    (elsewhere / "beta10-mnist.safetensors").unlink()
    at = open_lesson("beta", lang, rung="10")
    assert len(at.warning) == 1 and "beta10-mnist" in at.warning[0].value
    assert film(at)["count"] == 5
    assert "β = 1:" in words(at)
    same_figure(run_script(script(at))["figure"], figure(at))


def test_a_damaged_plain_vae_leaves_the_ladder_and_says_so_under_directions(elsewhere):
    path = elsewhere / "vae16-mnist.safetensors"
    path.write_bytes(path.read_bytes()[:-4] + b"spam")
    at = open_lesson("beta")
    assert len(at.warning) == 1 and film(at)["count"] == 5
    turn(at, view="Directions")
    assert len(at.warning) == 1 and "The ladder shows the others" in at.info[0].value
    assert film(turn(at, view="Ladder"))["count"] == 5


def test_without_any_network_the_page_stays_calm(elsewhere):
    for file in elsewhere.iterdir():
        file.unlink()
    at = open_lesson("beta")
    assert len(at.warning) == 6 and "no ladder" in at.info[0].value
    assert len(open_lesson("beta", view="directions").warning) == 1
