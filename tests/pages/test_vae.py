"""`vae` as a learner uses it: the numbers read, after moving what can be moved."""

import json
import re
import time

import numpy as np
import pytest

from explorer import inference
from explorer.components.digitpad import encoded
from explorer.data import drawing, pictures
from explorer.models.geometry import way
from explorer.training import small_vae
from explorer.ui import picture
from tests.pages.helpers import (
    address,
    columns,
    equations,
    figure,
    healthy,
    let_go,
    open_lesson,
    reading,
    run_script,
    same_figure,
    script,
    stage_data,
    turn,
    words,
)

SHOWS = ("plane", "between", "draw", "train")


def strip_data(at, name: str = "explorer_filmstrip") -> dict:
    """What the filmstrip was given."""
    protos = [e.proto for e in at.get("bidi_component")]
    return json.loads(next(p for p in protos if p.component_name.split(".")[-1] == name).json)


def numbers(text: str) -> list[float]:
    return [float(found) for found in re.findall(r"-?\d+\.\d+", text)]


def terms_of(name: str, x: np.ndarray) -> tuple[float, float, float]:
    """Reconstruction, KL and log p(x), by other roads than the page's: many more draws."""
    network = inference.load(name)
    mean, std = (value[0] for value in network.encode(x[None]))
    z = mean + std * np.random.default_rng(99).standard_normal((4000, 2))
    p = network.decode(z).astype(float).clip(1e-7, 1 - 1e-7)
    reconstruction = float((np.log(p) @ x + np.log1p(-p) @ (1 - x)).mean())
    kl = float(0.5 * (std**2 + mean**2 - 1 - 2 * np.log(std)).sum())
    return reconstruction, kl, network.posterior(x).log_evidence


@pytest.mark.parametrize("digit", ["3", "0", "7"])
def test_the_bound_read_is_the_bound_of_the_picture(digit):
    at = open_lesson("vae", digit=digit)
    x = drawing.centred(pictures.digit(int(digit))).ravel()
    reconstruction, kl, evidence = terms_of("vae2-mnist", x)
    shown = numbers(equations(at)[0])
    assert shown[0] == pytest.approx(reconstruction, abs=0.3)  # theirs has 4,000 draws
    assert shown[1] == pytest.approx(kl, abs=0.006)
    assert shown[2] == pytest.approx(shown[0] - shown[1], abs=0.11)
    assert f"log p(x) = {evidence:.1f}" in words(at)
    gap = float(re.search(r"misses (-?\d+\.\d+)", words(at))[1])
    assert gap == pytest.approx(evidence - shown[2], abs=0.11) and gap > 0


def test_moving_the_cross_tells_who_lives_there():
    at = open_lesson("vae", zx="3.2", zy="-3.0")
    assert strip_data(at)["at"] == [3.2, -3.0]
    assert "(3.20, -3.00), 4.39 from the middle" in strip_data(at)["summary"]
    turn(at, zx=-1.5)
    assert strip_data(at)["at"] == [-1.5, -3.0] and address(at)["zx"] == "-1.5"


def test_letting_go_of_the_cross_moves_the_sliders():
    at = let_go(open_lesson("vae"), 1.25, -2.5)
    assert strip_data(at)["at"] == [1.25, -2.5]
    assert address(at)["zx"] == "1.25" and address(at)["zy"] == "-2.5"


def test_the_task_is_done_where_the_bound_misses_by_five_nats():
    for digit in "42":
        at = open_lesson("vae", digit=digit)
        gap = float(re.search(r"misses (-?\d+\.\d+)", words(at))[1])
        assert (gap > 5) == (digit == "2")
        assert f"Try this ({int(gap > 5)} of 3 done)" in reading(at)


def test_the_sheet_holds_what_the_network_paints():
    at = open_lesson("vae", zx="1.2", zy="0.4")
    data = strip_data(at)
    assert data["kind"] == "plane" and data["tiles"] == [24, 24]
    assert len(data["samples"]) == 20


def test_clothes_have_their_own_network_and_names():
    at = open_lesson("vae", set="fashion", zx="0", zy="0")
    assert "Fashion-MNIST" in strip_data(at)["summary"]
    assert re.search(r"belong to class (?!\d)\w+", strip_data(at)["summary"])
    assert "For a picture of class 7" in words(at)
    x = picture.painted(inference.load("vae2-fashion"), "vae2-fashion", 7).x
    _reconstruction, kl, evidence = terms_of("vae2-fashion", x)
    assert numbers(equations(at)[0])[1] == pytest.approx(kl, abs=0.006)
    assert f"log p(x) = {evidence:.1f}" in words(at)


def test_a_drawing_goes_through_the_network():
    at = open_lesson("vae", digit="mine")
    assert "until then the example 3 stands in" in reading(at)
    ink = np.zeros((28, 28))
    ink[6:22, 13:15] = 1
    at.session_state["vae.pad"] = {"drawing": encoded(ink)}
    healthy(at.run())
    assert "For your drawing" in words(at) and "until then" not in reading(at)
    x = np.round(255 * drawing.centred(ink)).ravel() / 255
    np.testing.assert_allclose(at.session_state["drawing"], ink)
    mean, _std = inference.load("vae2-mnist").encode(x[None])
    assert f"z = ({mean[0, 0]:.2f} ±" in words(at)
    same_figure(run_script(script(at))["figure"], figure(at))


def test_the_posterior_outside_of_the_window_is_admitted():
    assert "Only 9 % of the true posterior" in words(open_lesson("vae", digit="4"))
    assert "of the true posterior" not in words(open_lesson("vae", digit="3"))


def test_ways_between_two_pictures():
    at = open_lesson("vae", show="between", **{"from": "3", "to": "8"})
    network = inference.load("vae16-mnist")
    ends = [network.encode(drawing.centred(pictures.digit(k)).ravel()[None])[0][0] for k in (3, 8)]
    for manner, spherical in (("straight", False), ("along the sphere", True)):
        turn(at, way=manner)
        lengths = np.linalg.norm(way(*ends, 17, spherical), axis=1)
        drawn = next(t for t in figure(at)["data"] if t.get("mode") == "markers")
        np.testing.assert_allclose(drawn["y"], lengths, rtol=1e-5)
        assert f"over at least {lengths.min():.2f}" in words(at)
        assert f"‖z‖ = {lengths[8]:.2f}" in strip_data(at)["summaries"][8]
    assert len(columns(at)) == 16


def test_a_draw_in_three_steps():
    at = open_lesson("vae", show="draw", mu="-2", sigma="0.3", count="1", seed="4")
    e = np.random.default_rng(4).standard_normal(1)[0]
    assert f"z = {-2 + 0.3 * e:.2f}" in words(at)
    assert f"{e:.2f}" in equations(at)[1]
    assert [frame["name"] for frame in stage_data(at)["frames"]] == ["ε", "σ ε", "μ + σ ε"]


@pytest.mark.parametrize("show", SHOWS)
def test_the_numbers_agree_with_what_they_are_checked_against(show):
    at = open_lesson("vae", show=show)
    at.session_state["vae.checked"] = True
    lines = [m.value for m in healthy(at.run()).markdown if "Difference" in m.value]
    assert len(lines) >= 1
    for line in lines:
        assert float(line.split("Difference ")[1]) < 0.02, line  # a grid of 45 x 45 cells


@pytest.mark.parametrize("show", SHOWS)
def test_a_script_draws_the_same_picture(show):
    at = open_lesson("vae", "ko", show=show)
    same_figure(run_script(script(at))["figure"], figure(at))


def test_a_damaged_checkpoint_leaves_a_calm_page(monkeypatch, tmp_path):
    from explorer import checkpoints
    from explorer.ui import networks

    monkeypatch.setattr(networks, "FOLDER", tmp_path)

    def refuse(name: str, stamp: tuple) -> None:
        raise checkpoints.CheckpointError("hash", name, tmp_path / f"{name}.safetensors")

    monkeypatch.setattr(networks, "_load", refuse)
    for language, sentence in (("en", "are damaged"), ("ko", "손상되었습니다")):
        at = open_lesson("vae", language)
        notes = [warning.value for warning in at.warning]
        assert len(notes) == 1 and sentence in notes[0]
        assert "python -m explorer train vae2-mnist" in notes[0] and str(tmp_path) not in notes[0]
    at = open_lesson("vae", show="draw")
    assert not at.warning and "Step 3" in words(at)


def until_done(at) -> None:
    """Look again and again, as the page does by itself, until the run has ended."""
    for _ in range(600):
        healthy(at.run())
        if "Done in" in reading(at) or "Stopped." in reading(at):
            return
        time.sleep(0.05)
    raise AssertionError(reading(at))


def test_training_in_the_page_collapses_and_mends():
    at = open_lesson("vae", show="train")
    final = list(small_vae.train(0, 1.0))[-1]
    assert f"reconstruction {final.reconstruction:.2f} nats, KL {final.kl:.2f}" in words(at)
    assert len(stage_data(at)["frames"]) == 18
    turn(at, beta=30.0)
    assert words(at).startswith("Step 0:")
    at.button(key="vae.train").click()
    until_done(at)
    assert words(at).startswith("Step 600:") and "KL 0.00" in words(at)
    same_figure(run_script(script(at))["figure"], figure(at))
    turn(at, beta=1.0)
    assert "Try this (1 of 3 done)" in reading(at)


def test_a_run_survives_a_click_elsewhere_and_can_be_stopped():
    at = open_lesson("vae", show="train", seed="5")
    at.button(key="vae.train").click()
    healthy(at.run())
    turn(at, show="Between")
    turn(at, show="Training")
    if any(button.key == "vae.stop" for button in at.button):
        at.button(key="vae.stop").click()
    until_done(at)
    turn(at, show="Plane")
    assert "Of the 15 nearest codes" in strip_data(at)["summary"]
