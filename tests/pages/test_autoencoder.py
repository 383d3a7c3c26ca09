"""`autoencoder` as a learner uses it: numbers read, tasks done, each way of going astray."""

import json
import re

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from explorer import checkpoints, inference
from explorer.components.digitpad import encoded
from explorer.data import pictures
from explorer.data.drawing import centred
from explorer.figures import autoencoder as figures
from explorer.metrics import holes
from tests.pages.helpers import (
    _protos,
    address,
    columns,
    drag,
    equations,
    figure,
    let_go,
    open_lesson,
    press,
    reading,
    run_script,
    same_figure,
    script,
    stages,
    turn,
    unfold,
    words,
)

PLANE = figures.plane_of(checkpoints.read_card("ae2-mnist")["codes"])


def strip(at: AppTest) -> dict:
    """What the filmstrip was given."""
    [proto] = _protos(at, "explorer_filmstrip")
    return json.loads(proto.json)


def with_drawing(drawing: np.ndarray) -> AppTest:
    at = open_lesson("autoencoder", view="squeeze", alone=True)
    at.session_state["autoencoder.pad"] = {"drawing": encoded(drawing)}
    return turn(at, source="Your drawing")


def done(at: AppTest, words_of_task: str) -> bool:
    [line] = [part for part in reading(at).split("\n") if words_of_task in part]
    return "check_circle" in line


# ------------------------------------------------------------------------- the plane


@pytest.mark.parametrize("place", [(-4.25, 1.5), (2.0, -20.0)])
def test_the_distance_read_is_the_distance_to_the_nearest_code(place):
    at = open_lesson("autoencoder", z1=str(place[0]), z2=str(place[1]))
    wanted = np.linalg.norm(PLANE.codes - place, axis=1)
    label = PLANE.classes[wanted.argmin()]
    assert f"codes is {wanted.min():.2f} away and belongs to “{label}”" in words(at)
    assert rf"\mathbf{{{wanted.min():.2f}}}" in equations(at)[0]
    assert ("an empty place" in words(at)) == (wanted.min() > PLANE.reach)


def test_the_exact_picture_and_what_the_classifier_says_of_it():
    at = open_lesson("autoencoder", z1="-4.25", z2="1.5")
    given = strip(at)
    coder, judge = inference.load("ae2-mnist"), inference.load("classifier-mnist")
    picture = coder.decode(np.array([[-4.25, 1.5]]))
    import base64

    shown = np.frombuffer(base64.b64decode(given["exact"]["pixels"]), np.uint8)
    np.testing.assert_array_equal(shown, np.rint(255 * picture[0].astype(float)))
    p = judge.probabilities(picture)[0]
    assert f"for “{p.argmax()}” with probability {100 * p.max():.1f}%" in given["summary"]
    assert given["at"] == [-4.25, 1.5] and given["points"]["count"] == 1000


def test_cross_hair_handle_and_numbers_are_one_place():
    at = let_go(open_lesson("autoencoder"), -3.217, 4.081)
    assert at.number_input(key="autoencoder.z1").value == -3.22
    assert address(at)["z2"] == "4.08" and strip(at)["at"] == [-3.22, 4.08]
    drag(at, "z", 1.5, -2.25)
    assert strip(at)["at"] == [1.5, -2.25] and "(1.50, -2.25)" in words(at)
    turn(at, z1=-20.0)
    assert strip(at)["at"] == [-20.0, -2.25]
    let_go(at, 1e9, -1e9)  # beyond the plane
    assert strip(at)["at"] == [PLANE.x_range[1], PLANE.y_range[0]]


@pytest.mark.parametrize("shown", ["Distance", "Change", "Doubt"])
def test_each_map_is_drawn_and_taken_home(shown):
    at = turn(open_lesson("autoencoder", alone=True), map=shown)
    values = np.array(figure(at)["data"][0]["z"])
    assert values.shape == figures.GRID and np.ptp(values) > 0.3
    same_figure(run_script(script(at))["figure"], figure(at))
    np.testing.assert_array_equal(columns(at)["class"], PLANE.classes)


def test_a_place_that_is_no_digit_ticks_the_task():
    coder, judge = inference.load("ae2-mnist"), inference.load("classifier-mnist")
    places = holes.draw("box", 400, PLANE.codes, PLANE.box, 0, np.random.default_rng(0))
    places = np.round(places, 2)
    sure = judge.probabilities(coder.decode(places)).max(axis=1)
    x, y = places[sure.argmin()]
    assert sure.min() < 0.58, "no such place: the task could not be done"
    at = open_lesson("autoencoder", alone=True)
    assert not done(at, "(Plane)")
    turn(at, z1=float(x), z2=float(y))
    assert done(at, "(Plane)")


def test_codes_are_said_to_be_far_from_a_standard_normal():
    page = reading(open_lesson("autoencoder"))
    mean, deviation = PLANE.codes.mean(0), PLANE.codes.std(0, ddof=1)
    assert f"({mean[0]:.1f}, {mean[1]:.1f})" in page
    assert f"{deviation[0]:.1f} and {deviation[1]:.1f}" in page


# ------------------------------------------------------------------------- squeeze


@pytest.mark.parametrize("k", [0, 3, 4])
def test_errors_are_recomputed_by_numpy(k):
    at = open_lesson("autoencoder", view="squeeze", which=str(k))
    x = centred(pictures.digit(k)).ravel()
    found = []
    for name in ("ae2-mnist", "pca2-mnist"):
        coder = inference.load(name)
        found.append(float(((coder.decode(coder.encode(x[None])[0])[0] - x) ** 2).sum()))
    assert f"autoencoder {found[0]:.1f}, PCA {found[1]:.1f}." in words(at)
    for formula, value in zip(equations(at), found, strict=True):
        assert rf"\mathbf{{{value:.2f}}}" in formula
    names = ("ae2-mnist", "pca2-mnist")
    means = [checkpoints.read_card(n)["metrics"] for n in names]
    ours, linear = (m["test squared error (sum over pixels)"] for m in means)
    assert f"test pictures: autoencoder {ours:.1f}, PCA {linear:.1f}" in words(at)
    assert done(at, "(Squeeze)") == (found[0] > found[1])


def test_a_drawing_is_squeezed_and_taken_home():
    drawing = np.zeros((28, 28))
    drawing[3:25, 2:6] = 1.0
    drawing[3:7, 2:20] = 0.8
    at = with_drawing(drawing)
    maps = [t for t in figure(at)["data"] if t["type"] == "heatmap"]
    wanted = centred(np.rint(255 * drawing) / 255)
    np.testing.assert_allclose(maps[0]["z"], wanted, atol=1e-4)
    same_figure(run_script(script(at))["figure"], figure(at))


def test_blank_paper_is_said_and_ticks_nothing():
    at = with_drawing(np.zeros((28, 28)))
    assert "still blank" in at.info[0].value
    assert stages(at) == 1 and not done(at, "(Squeeze)")


def test_the_code_of_an_example_is_shown_on_the_plane():
    at = press(open_lesson("autoencoder", view="squeeze", which="6", alone=True), "go")
    coder = inference.load("ae2-mnist")
    z = coder.encode(centred(pictures.digit(6)).reshape(1, -1))[0][0]
    assert strip(at)["at"] == pytest.approx(z.round(2).tolist())


# ------------------------------------------------------------------------- generate


def share(at: AppTest) -> float:
    return float(re.search(r"drawn codes ([\d.]+)%", words(at))[1])


def test_where_codes_are_drawn_decides_what_becomes_of_them():
    at = open_lesson("autoencoder", view="generate", alone=True)
    found = {}
    for how in ("Box", "N(0, I)", "Fitted", "Near"):
        found[how] = (
            share(turn(at, how=how)),
            float(re.search(r"As varied as ([\d.]+)", words(at))[1]),
        )
    assert found["Box"][0] > 40 > found["Fitted"][0] > 10 > 3 > found["N(0, I)"][0]
    assert found["N(0, I)"][1] < 5 < 8 < found["Fitted"][1] < found["Near"][1]
    assert found["Near"][0] == 0


def test_shares_are_recounted_from_the_table_taken_home():
    at = open_lesson("autoencoder", view="generate", how="normal", seed="11")
    table = columns(at)
    samples = np.stack([table["z1"], table["z2"]], axis=1)
    distance = np.linalg.norm(samples[:, None] - PLANE.codes[None], axis=2)
    np.testing.assert_allclose(table["distance"], distance.min(1))
    np.testing.assert_array_equal(table["class"], PLANE.classes[distance.argmin(1)])
    assert share(at) == pytest.approx(100 * (distance.min(1) > PLANE.reach).mean(), abs=0.051)
    same_figure(run_script(script(at))["figure"], figure(at))


def test_the_seed_decides_the_draw():
    one, other = (open_lesson("autoencoder", view="generate", seed=s) for s in ("4", "5"))
    assert columns(one)["z1"].tolist() != columns(other)["z1"].tolist()
    again = open_lesson("autoencoder", view="generate", seed="4")
    same_figure(figure(one), figure(again))


def test_the_failure_must_be_seen_before_it_counts_as_mended():
    at = open_lesson("autoencoder", view="generate", how="near", alone=True)
    assert not done(at, "(Generate)")
    turn(at, how="Box")
    assert not done(at, "(Generate)")
    turn(at, how="N(0, I)")  # hardly an empty place, but too few classes
    assert not done(at, "(Generate)")
    turn(at, how="Near")
    assert done(at, "(Generate)")


# ------------------------------------------------------------------------- what may be missing


@pytest.mark.parametrize("view", ["plane", "squeeze", "generate"])
def test_a_missing_network_is_said_calmly(view, monkeypatch, tmp_path):
    (tmp_path / "nothing.txt").write_text("")
    monkeypatch.setattr(checkpoints, "FOLDER", tmp_path)
    monkeypatch.setattr("explorer.ui.networks.FOLDER", tmp_path)
    monkeypatch.setattr(inference.load, "__defaults__", (tmp_path,))
    at = open_lesson("autoencoder", view=view, set="fashion", alone=True)
    assert "python -m explorer train ae2-fashion" in at.warning[0].value
    assert not at.exception and not stages(at)


def test_without_a_classifier_there_is_no_doubt(monkeypatch):
    before = checkpoints.names()
    monkeypatch.setattr(checkpoints, "names", lambda: [n for n in before if "classifier" not in n])
    at = open_lesson("autoencoder", map="doubt", alone=True)
    assert "Doubt" not in at.get("button_group")[-1].options
    assert "classifier" not in strip(at)["summary"] and stages(at) == 1


@pytest.mark.parametrize("name", ["plane", "squeeze", "generate"])
def test_every_view_is_checked_by_other_roads(name):
    at = unfold(open_lesson("autoencoder", view=name), "checked")
    lines = [m.value for m in at.markdown if m.value.startswith("- ") and "ifference" in m.value]
    assert len(lines) >= 2
    for line in lines:
        ours, theirs = (float(v) for v in re.findall(r": (-?[\d.]+(?:e[-+]\d+)?)\. ", line))
        assert ours == pytest.approx(theirs, rel=5e-3, abs=1e-6), line
