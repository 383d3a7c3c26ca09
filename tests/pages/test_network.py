"""`network`: trained in the page, scrubbed back, in three views."""

import re

import numpy as np
import pytest

from explorer.components.digitpad import encoded
from explorer.data import drawing, registry
from explorer.training import small, worker
from explorer.ui import networks
from tests.pages.helpers import (
    address,
    columns,
    equations,
    figure,
    healthy,
    open_lesson,
    own_data,
    press,
    reading,
    run_script,
    same_figure,
    script,
    scrub,
    stage_data,
    turn,
    unfold,
    words,
)

SINE = registry.load("noisy_sine").values
LONG = 120.0  # seconds, far more than a run needs


def train(at):
    """Press the button, wait for the run's end, look again."""
    press(at, "train")
    job = list(at.session_state["runs:network"].values())[-1]
    end = worker.time.monotonic() + LONG
    while not job.over:
        assert worker.time.monotonic() < end
        job.poll()
        worker.time.sleep(0.01)
    assert job.state == "done", job.error
    return healthy(at.run())


def loss(at) -> float:
    """As it stands in the formula."""
    [value] = re.findall(r"= ([\d.]+(?:\\cdot 10\^\{-?\d+\})?), \\quad N", equations(at)[1])
    digits, _, power = value.partition(r"\cdot 10^{")
    return float(digits) * 10.0 ** int(power.rstrip("}") or 0)


def last_loss(**settings) -> float:
    return list(small.Run(small.regression(*SINE.T), **settings).train())[-1].loss


def done(at) -> set:
    return at.session_state["tasks:network"]


def test_the_first_picture_is_a_trained_network():
    at = open_lesson("network")
    assert loss(at) == pytest.approx(last_loss(), rel=1e-3)
    assert r"\text{weights}: 31" in equations(at)[0]
    data = stage_data(at)
    assert data["film"] == "Update" and data["start"] == len(data["frames"]) - 1
    assert "After 1,000 of 1,000 updates" in words(at)
    assert "1.08 times the variance of the noise" in words(at)
    assert "runs:network" not in at.session_state or not at.session_state["runs:network"]


def test_every_update_can_be_looked_at_again():
    at = open_lesson("network")
    scrub(at, 0)
    start = next(small.Run(small.regression(*SINE.T)).train())
    assert loss(at) == pytest.approx(start.loss, rel=1e-3)
    assert "After 0 of 1,000 updates" in words(at)
    assert address(at) == {"lang": "en", "at": "0"}
    last = len(stage_data(at)["frames"]) - 1
    scrub(at, last)
    assert address(at) == {"lang": "en"}
    again = open_lesson("network", at="3")
    assert stage_data(again)["start"] == 3


def test_other_settings_show_the_untrained_network_until_asked():
    at = turn(open_lesson("network"), width=4)
    assert not stage_data(at)["frames"] and "After 0 of 1,000" in words(at)
    assert r"\text{weights}: 13" in equations(at)[0]
    train(at)
    assert loss(at) == pytest.approx(last_loss(width=4), rel=1e-3)
    assert "After 1,000 of 1,000" in words(at)
    same_figure(run_script(script(at))["figure"], figure(at))
    turn(at, width=5)
    turn(at, width=4)  # still known
    assert "After 1,000 of 1,000" in words(at)
    at.switch_page("pages/learning/descent.py")
    healthy(at.run())
    at.switch_page("pages/learning/network.py")
    healthy(at.run())
    assert "After 1,000 of 1,000" in words(at)


def test_a_network_with_two_hidden_layers_and_another_bend():
    at = turn(
        open_lesson("network"), depth="2", activation="ReLU: a kink", width=8, seed=3, steps="300"
    )
    train(at)
    settings = {"depth": 2, "activation": "relu", "width": 8, "seed": 3, "steps": 300}
    assert loss(at) == pytest.approx(last_loss(**settings), rel=1e-3)
    assert r"\operatorname{ReLU}\Big(" in equations(at)[0]
    assert r"\text{weights}: 97" in equations(at)[0]


def test_a_loss_below_the_noise_is_a_task_and_is_named():
    at = turn(open_lesson("network"), activation="sin: a wave")
    assert "floor" not in done(at)
    train(at)
    assert loss(at) < 1 / 12
    assert "begun to follow the noise" in words(at)
    assert done(at) == {"floor"}


def test_an_explosion_is_explained_and_mended():
    at = turn(open_lesson("network"), rate="3.0")
    train(at)
    assert "The loss exploded after" in words(at) and "learning rate 3" in words(at)
    assert r"\cdot 10^" in equations(at)[1]
    assert "explode" not in done(at)
    same_figure(run_script(script(at))["figure"], figure(at))
    at = turn(at, rate="0.1")  # the first picture again
    assert "explode" in done(at)


def test_an_explosion_alone_and_a_good_fit_alone_are_not_the_task():
    at = open_lesson("network")
    assert "explode" not in done(at)
    at = turn(open_lesson("network"), rate="0.3")
    assert "explode" not in done(at)


def test_the_question_about_one_unit_shows_its_best_step():
    at = open_lesson("network")
    healthy(at.radio(key="network.predict.one-unit").set_value(1).run())
    assert "The curve turns 0 times" in words(at) and "After 1,000" in words(at)
    assert loss(at) == pytest.approx(last_loss(width=1), rel=1e-3)


def test_own_points_are_fitted_at_once_in_their_own_units():
    x = np.linspace(-300, 500, 40)
    values = np.column_stack([x, 1e4 * np.exp(-(((x - 50) / 150) ** 2))])
    at = own_data(open_lesson("network"), values)
    assert loss(at) == pytest.approx(
        list(small.Run(small.regression(*values.T)).train())[-1].loss, rel=1e-3
    )
    assert "noise" not in words(at)
    assert len(columns(at)["x"]) == 40


def test_many_rows_are_sampled_and_it_is_said():
    rng = np.random.default_rng(0)
    at = own_data(open_lesson("network"), rng.normal(size=(5000, 2)))
    assert "300 of 5,000 rows" in reading(at)
    assert len(columns(at)["x"]) == 300


# --- classes ------------------------------------------------------------------------------------


def test_moons_are_told_apart():
    at = turn(open_lesson("network"), view="Classes")
    assert "100.0 % of the points lie in a region of their own class" in words(at)
    assert "Of 700 points it never learned from" in reading(at)
    same_figure(run_script(script(at))["figure"], figure(at))
    unfold(at, "checked")
    assert "scikit-learn: 1." in reading(at)


def test_three_units_part_the_rings():
    at = turn(open_lesson("network"), view="Classes")
    turn(at, set="Rings", width=3)
    assert "rings" not in done(at)
    train(at)
    assert done(at) == {"rings"}
    at = turn(open_lesson("network", view="classes", set="rings"), width=2)
    train(at)
    assert "rings" not in done(at)


def test_own_points_bring_their_classes_in_a_third_column():
    rng = np.random.default_rng(1)
    centre = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0]])
    label = rng.integers(3, size=60)
    values = np.column_stack([centre[label] + rng.normal(size=(60, 2)), 10.0 + label])
    at = own_data(open_lesson("network"), values)
    turn(at, view="Classes")
    turn(at, set="The set above")
    names = {trace.get("name") for trace in figure(at)["data"]}
    assert {"10", "11", "12"} <= names
    assert "K = 3" in equations(at)[0]
    same_figure(run_script(script(at))["figure"], figure(at))
    np.testing.assert_array_equal(columns(at)["class"], label)


def test_a_set_without_classes_is_explained():
    at = turn(open_lesson("network"), view="Classes")
    turn(at, set="The set above")
    assert "has no classes to tell apart" in at.info[0].value
    turn(at, set="Painted")
    assert "K = 2" in equations(at)[0] and not at.info
    same_figure(run_script(script(at))["figure"], figure(at))


# --- digits -------------------------------------------------------------------------------------


def test_an_example_is_classified_as_the_network_says():
    at = turn(open_lesson("network"), view="Digit")
    data = columns(at)
    assert data["probability"].sum() == pytest.approx(1)
    best = int(data["probability"].argmax())
    assert f"for a {best} with probability {100 * data['probability'][best]:.1f} %" in words(at)
    bars = next(trace for trace in figure(at)["data"] if trace["type"] == "bar")
    np.testing.assert_allclose(bars["y"], data["probability"])
    heat = [trace for trace in figure(at)["data"] if trace["type"] == "heatmap"]
    assert np.shape(heat[1]["z"]) == (4 * 15 - 1, 8 * 15 - 1)
    assert np.shape(heat[2]["z"]) == (8 * 15 - 1, 8 * 15 - 1)


def test_a_drawing_is_centred_and_classified():
    at = open_lesson("network", view="digit", digit="mine")
    ink = np.zeros((28, 28))
    ink[1:12, 3:5] = 1.0  # a stroke in a corner: a one
    at.session_state["network.pad"] = {"drawing": encoded(ink)}
    healthy(at.run())
    classifier = networks.inference.load("classifier-mnist")
    centred = np.round(255 * drawing.centred(ink)) / 255
    expected = classifier.probabilities(centred.reshape(1, 784))[0]
    np.testing.assert_allclose(columns(at)["probability"], expected, atol=1e-6)
    assert expected.argmax() == 1
    same_figure(run_script(script(at))["figure"], figure(at))


def test_the_table_of_mistakes_is_the_card_s():
    at = turn(open_lesson("network"), view="Digit")
    turn(at, look="Its mistakes")
    counts = columns(at)["count"].reshape(10, 10)
    assert counts.sum() == 10_000
    accuracy = np.trace(counts) / 10_000
    assert f"{100 * accuracy:.2f} %" in words(at) and f"{accuracy:.4f}" in equations(at)[0]
    assert accuracy > 0.99
    same_figure(run_script(script(at))["figure"], figure(at))


def test_a_damaged_checkpoint_is_one_notice(monkeypatch, tmp_path):
    from explorer.checkpoints import CheckpointError

    def broken(name: str, stamp: tuple) -> None:
        raise CheckpointError("no_weights", name, tmp_path / f"{name}.safetensors")

    monkeypatch.setattr(networks, "_load", broken)
    at = open_lesson("network", view="digit")
    assert len(at.warning) == 1 and "python -m explorer train" in at.warning[0].value
