"""The `hierarchy` lesson: what each layer decides, the bound's three terms, many layers."""

import json
import re
import shutil

import numpy as np
import pytest

from explorer import checkpoints, inference
from explorer.components.digitpad import encoded
from explorer.data import pen
from explorer.data.drawing import centred
from explorer.figures import hierarchy as figures
from explorer.metrics import noising
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
    press,
    reading,
    run_script,
    same_figure,
    script,
    stage_data,
    turn,
    unfold,
    words,
)


def film(at) -> dict:
    (proto,) = _protos(at, "explorer_filmstrip")
    return json.loads(proto.json)


def variations(at) -> list[float]:
    return [float(n) for n in re.findall(r"0\.\d{3}", words(at))]


def test_the_variation_is_measured_on_the_pictures():
    at = open_lesson("hierarchy", seed1="2", seed2="5", low="0.7")
    draws = figures.draw(inference.load("hvae-mnist"), 5, 2, 1.0, 0.7)
    assert variations(at) == [round(draws.across, 3), round(draws.down, 3)]
    assert f"{draws.across:.3f}" in equations(at)[1] and f"{draws.down:.3f}" in equations(at)[2]
    np.testing.assert_allclose(columns(at)["z1_4"].reshape(5, 6), draws.z1[:, :, 3])


def test_the_lock_buttons_keep_one_and_draw_the_other():
    at = open_lesson("hierarchy")
    before = columns(at)
    after = columns(press(at, "anew1"))
    assert address(at)["seed1"] == "1" and "seed2" not in address(at)
    np.testing.assert_array_equal(after["row"], before["row"])
    assert abs(after["z1_1"] - before["z1_1"]).max() > 0.1
    sheet = film(at)["sheet"]
    press(at, "anew2")
    assert address(at)["seed2"] == "1" and address(at)["seed1"] == "1"
    assert film(at)["sheet"] != sheet


def test_twins_are_recognised():
    at = turn(open_lesson("hierarchy"), top=0.0)
    assert "(0 of 3" in reading(at)
    turn(at, top=1.0, low=0.0)
    assert "(1 of 3" in reading(at) and variations(at)[0] == 0.0


@pytest.mark.parametrize("digit", [0, 3, 9])
def test_the_bound_is_filled_with_its_three_terms(digit):
    at = open_lesson("hierarchy", view="journey", digit=str(digit), seed="4")
    way = figures.travel(inference.load("hvae-mnist"), pen.digit(digit), 4)
    for value in (way.reconstruction, way.kl_lower, way.kl_upper, way.bound):
        assert f"{value:.2f}" in equations(at)[0]
    assert f"The bound is {way.bound:.2f} nats" in words(at)
    assert film(at)["grid"] == [1, 6]
    np.testing.assert_allclose(columns(at)["p_z1_mean"][:16], way.p[0])


def test_a_drawing_goes_up_and_down_and_is_exported():
    at = open_lesson("hierarchy", view="journey", start="yours")
    assert "still blank" in reading(at)
    same_figure(run_script(script(at))["figure"], figure(at))
    at.session_state["hierarchy.pad"] = {"drawing": encoded(pen.digit(4))}
    healthy(at.run())
    assert "still blank" not in reading(at)
    drawn = centred(np.rint(255 * pen.digit(4)) / 255)
    way = figures.travel(inference.load("hvae-mnist"), drawn, 0)
    assert f"The bound is {way.bound:.2f} nats" in words(at)
    same_figure(run_script(script(at))["figure"], figure(at))


@pytest.mark.parametrize(("layers", "done", "t"), [(1, 0.0, 1), (10, 0.3, 3), (100, 1.0, 100)])
def test_the_chain_tells_exact_numbers(layers, done, t):
    at = open_lesson("hierarchy", view="chain", layers=str(layers), done=str(done), z="0.3")
    assert f"After {t} of {layers} layers {noising.kept(layers, t):.3f}" in words(at)
    missed = noising.miss(noising.way_back(layers, t, 0.3))
    assert f"misses the way back by {missed:.3f} nats" in words(at)
    assert rf"\mathbf{{{noising.shortfall(layers).total:.4f}}}" in equations(at)[1]
    assert film(at)["names"][film(at)["start"]].startswith(f"= {t} ")
    same_figure(run_script(script(at))["figure"], figure(at))


def test_the_grip_moves_the_pixel():
    at = drag(open_lesson("hierarchy", view="chain"), "z", -1.234, 0.0)
    assert address(at)["z"] == "-1.25" and at.slider(key="hierarchy.z").value == -1.25
    assert stage_data(at)["handles"][0]["x"] == -1.25


def test_a_leap_is_caused_and_mended_with_small_steps():
    at = open_lesson("hierarchy", view="chain", done="0.9")
    assert "(0 of 3" in reading(turn(at, layers=50))
    turn(at, layers=1)
    assert "(0 of 3" in reading(turn(at, layers=20))
    assert "(1 of 3" in reading(turn(at, layers=50))


def test_half_of_the_signal_is_found():
    at = open_lesson("hierarchy", view="chain", layers="20")
    assert "(0 of 3" in reading(turn(at, done=0.3))
    assert noising.kept(20, 3) == pytest.approx(0.501, abs=1e-3)
    assert "(1 of 3" in reading(turn(at, done=0.15))


def test_questions_set_the_stage():
    assert address(answer(open_lesson("hierarchy"), "keep", 2))["seed1"] == "1"
    at = answer(open_lesson("hierarchy"), "small-steps", 0)
    assert address(at)["layers"] == "100" and "of 100 layers" in words(at)


@pytest.mark.parametrize("view", ["draws", "journey", "chain"])
def test_checked_agrees(view):
    at = unfold(open_lesson("hierarchy", view=view), "checked")
    lines = [m.value for m in at.markdown if m.value.startswith("- ") and "ifference" in m.value]
    assert len(lines) == 2
    for line in lines:
        ours, theirs = (float(v) for v in re.findall(r": (-?[\d.]+(?:e[-+]\d+)?)\. ", line))
        assert ours == pytest.approx(theirs, rel=0.02, abs=0.005), line


@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize("spoiled", [False, True])
def test_without_its_network_the_lesson_still_has_a_chain(tmp_path, monkeypatch, lang, spoiled):
    if spoiled:
        for end in ("json", "safetensors"):
            shutil.copy(checkpoints.FOLDER / f"hvae-mnist.{end}", tmp_path)
        (tmp_path / "hvae-mnist.safetensors").write_bytes(b"spam")
    load = inference.load
    monkeypatch.setattr(networks, "FOLDER", tmp_path)
    monkeypatch.setattr(inference, "load", lambda name: load(name, tmp_path))
    networks._load.clear()
    for view in ("draws", "journey"):
        at = open_lesson("hierarchy", lang, view=view)
        assert len(at.warning) == 1 and len(at.info) == 1
    at = open_lesson("hierarchy", lang, view="chain")
    assert not at.warning and len(words(at)) > 50
    networks._load.clear()
