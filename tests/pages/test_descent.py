"""The `descent` lesson: the gradient by hand, the classic walk, the walk that runs away."""

import math
import re

import numpy as np
import pytest
from scipy.optimize import rosen, rosen_der

from explorer.models.expressions import EXPRESSIONS, central_differences
from tests.pages.helpers import (
    address,
    answer,
    columns,
    drag,
    equations,
    figure,
    open_lesson,
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


def numbers(text: str) -> list[float]:
    plain = text.replace("−", "-").replace(",", " ")
    return [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?(?:e[-+]\d+)?", plain)]


# ---- by hand -----------------------------------------------------------------------------------


@pytest.mark.parametrize("alone", [False, True])
def test_a_number_used_twice_adds_what_comes_back(alone):
    at = open_lesson("descent", alone=alone)
    exact = -1 + math.cos(2.0)
    assert rf"\mathbf{{{exact:.4g}}}" in equations(at)[0]
    assert r"\cdot(-0.4161)" in equations(at)[0] and r"\cdot(-1)" in equations(at)[0]
    assert words(at).endswith("∂z/∂x = −1.416, ∂z/∂y = 2.")


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_gradients_follow_the_inputs(name):
    at = turn(open_lesson("descent", sum=name), x=-1.2, y=0.7)
    exact = central_differences(EXPRESSIONS[name].plain, -1.2, 0.7)
    assert numbers(words(at))[-2:] == pytest.approx(exact, rel=1e-3)
    table = columns(at)
    assert table["gradient"][:2] == pytest.approx(exact, rel=1e-6)
    assert table["value"][-1] == pytest.approx(EXPRESSIONS[name].plain(-1.2, 0.7))


def test_rosenbrock_at_the_classic_start_is_minus_2_and_400():
    at = press(open_lesson("descent"), "rosenbrock")
    assert words(at).endswith("z = 401 and its gradient ∂z/∂x = −2, ∂z/∂y = 400.")
    assert address(at) == {"lang": "en", "sum": "rosenbrock", "x": "0", "y": "2"}


def test_the_film_goes_forwards_and_then_backwards():
    at = press(open_lesson("descent"), "neuron")
    said = stage_data(at)["summaries"]
    assert [text.split(":")[0] for text in said] == [*6 * ["Forward"], *5 * ["Backward"], "Done"]
    scrub(at, 6)
    assert address(at)["frame"] == "6" and words(at).startswith("Backward: L has gradient 1")
    scrub(at, 11)
    assert "frame" not in address(at)


def test_a_level_point_is_recognised():
    at = open_lesson("descent")
    assert "0 of 3" in reading(at)
    turn(at, y=0.4)  # y + cos 2 = -0.016
    assert "1 of 3" in reading(at)
    at = turn(open_lesson("descent"), y=0.4, x=0.4)
    assert "0 of 3" in reading(at)


# ---- walks -------------------------------------------------------------------------------------


def test_the_classic_walk():
    at = open_lesson("descent", view="valley")
    table = columns(at)
    assert len(table["x"]) == 10_001 and (table["gx"][0], table["gy"][0]) == (-2.0, 400.0)
    assert (table["x"][-1], table["y"][-1]) == pytest.approx((0.99448, 0.98896), abs=5e-5)
    assert words(at).startswith("Step 10,000: at (0.9945, 0.98901)")
    np.testing.assert_allclose(table["value"], rosen([table["x"], table["y"]]), rtol=1e-9)


def test_the_equation_is_the_step_that_is_shown():
    at = open_lesson("descent", view="valley")
    scrub(at, 0)
    assert r"(0, 2)} - 0.001\cdot" in equations(at)[0] and "(-2, 400)" in equations(at)[0]
    assert "(0.002, 1.6)" in equations(at)[0]
    assert r"\lambda_{\max}(\nabla^2 f) = 200" in equations(at)[1]
    assert r"\mathbf{0.01}" in equations(at)[1]
    scrub(at, 3)
    table = columns(at)
    assert f"({table['x'][3]:.4g}, {table['y'][3]:.4g})" in equations(at)[0]


def test_a_bowl_too_fast_runs_away_and_the_sentence_has_the_limit():
    at = press(open_lesson("descent", view="bowl"), "fast")
    [said] = [box.value for box in at.info]
    assert "after 20 steps" in said and "curvature 20" in said
    assert "2 / 20 = 0.1" in said and "yours is 0.15" in said
    assert words(at).endswith("The walk has run away and was stopped.")
    assert r"\mathbf{-2}\ \text{(each step, across)}" in equations(at)[2]
    assert r"\mathbf{0.85}" in equations(at)[2]
    table = columns(at)
    distance = np.hypot(table["x"], table["y"])
    assert (distance[-2] < 1e6 * math.sqrt(2)) and (distance[-1] > 1e6)
    assert distance[-1] / distance[-2] == pytest.approx(abs(1 - 0.15 * 20), rel=1e-6)


@pytest.mark.parametrize(("steep", "limit"), [(50.0, "2 / 50 = 0.04"), (8.0, "2 / 8 = 0.25")])
def test_the_limit_follows_the_curvature(steep, limit):
    at = turn(open_lesson("descent", view="bowl", brate="0.3"), steep=steep, turn=65.0)
    assert limit in at.info[0].value
    at = turn(at, brate="0.02")
    assert not at.info


def test_momentum_may_go_faster_by_its_own_factor():
    at = open_lesson("descent", view="bowl", how="momentum", brate="0.15")
    assert not at.info and r"\mathbf{0.19}" in equations(at)[1]
    at = turn(at, brate="0.2")
    assert "3.8 / 20 = 0.19" in at.info[0].value


def test_a_walk_that_arrives_says_so_and_adams_steps_are_bounded():
    at = open_lesson("descent", view="valley", how="adam", rate="0.02")
    assert words(at).endswith("The ground is flat here: the walk has arrived.")
    assert r"\lesssim\ \eta = 0.02" in equations(at)[1]
    table = columns(at)
    moves = np.abs([np.diff(table["x"]), np.diff(table["y"])])
    assert moves.max() < 0.03 and len(table["x"]) < 10_001


def test_running_away_and_mending_is_a_task():
    at = open_lesson("descent", view="bowl")
    assert "0 of 3" in reading(at)
    press(at, "fast")
    assert "0 of 3" in reading(at)
    turn(at, brate="0.1")  # neither: it swings from side to side for ever
    assert "0 of 3" in reading(at) and not at.info
    turn(at, brate="0.07")
    assert "1 of 3" in reading(at)


def test_a_bowl_without_a_steep_side_is_no_mend():
    at = press(open_lesson("descent", view="bowl"), "fast")
    turn(at, steep=3.0)
    assert "0 of 3" in reading(at)


@pytest.mark.parametrize(
    "elsewhere",
    [{"view": "valley", "rate": "0.1"}, {"view": "bowl", "how": "momentum", "brate": "0.3"}],
)
def test_running_away_elsewhere_is_another_failure(elsewhere):
    at = open_lesson("descent", **elsewhere)
    assert at.info
    turn(at, view="Bowl")
    turn(at, brate="0.05")
    turn(at, how="SGD")
    assert not at.info and "0 of 3" in reading(at)


def test_quick_needs_more_than_plain_descent():
    at = open_lesson("descent", view="valley", steps="1000")
    for rate in ("0.0005", "0.001", "0.0015", "0.002", "0.003"):
        turn(at, rate=rate)
        assert "0 of 3" in reading(at)
    turn(at, rate="0.002", how="Momentum")
    assert "1 of 3" in reading(at)


def test_a_start_beside_the_bottom_is_not_quick():
    at = open_lesson("descent", view="valley", steps="1000", sx="1", sy="1.05", how="momentum")
    assert columns(at)["value"][-1] < 1e-6 and "0 of 3" in reading(at)


def test_the_start_is_dragged_and_set():
    at = drag(open_lesson("descent", view="valley"), "start", -1.234, 9.0)
    assert (address(at)["sx"], address(at)["sy"]) == ("-1.25", "3")
    assert (columns(at)["x"][0], columns(at)["y"][0]) == (-1.25, 3.0)
    slope = rosen_der(np.array([-1.25, 3.0]))
    scrub(at, 0)
    assert numbers(stage_data(at)["summaries"][0])[-2:] == pytest.approx(slope, rel=1e-4)
    turn(at, sx=0.5)
    assert columns(at)["x"][0] == 0.5


def test_each_landscape_keeps_its_own_settings():
    at = turn(open_lesson("descent", view="valley"), rate="0.0005")
    scrub(at, 7)
    turn(at, view="Bowl")
    assert words(at).startswith("Step 100:")
    assert r"\eta = 0.05" in equations(at)[1]
    turn(at, view="Valley")
    assert words(at).startswith("Step 8:")
    assert r"\eta = 0.0005" in equations(at)[1] and address(at)["rate"] == "0.0005"


@pytest.mark.parametrize(
    "query",
    [
        {"sum": "neuron", "x": "-0.4"},
        {"view": "valley", "how": "adam", "rate": "0.5", "steps": "300"},
        {"view": "valley", "rivals": "1", "rate": "0.002"},
        {"view": "bowl", "how": "momentum", "beta": "0.5", "steep": "40", "turn": "60"},
        {"view": "bowl", "brate": "1", "rivals": "1"},
    ],
)
def test_script_redraws_the_picture(query):
    at = open_lesson("descent", **query)
    same_figure(run_script(script(at))["figure"], figure(at))


@pytest.mark.parametrize("how", ["sgd", "momentum", "adam"])
@pytest.mark.parametrize("query", [{"view": "valley"}, {"view": "bowl"}, {"brate": "0.7"}])
def test_checked_numbers_agree(query, how):
    query = {"view": "bowl", "how": how, **query}
    text = reading(unfold(open_lesson("descent", **query), "checked"))
    pairs = re.findall(r": (-?[\d.e+-]+)\. [^:\n]+: (-?[\d.e+-]+)\. Difference", text)
    assert len(pairs) == 4
    for ours, theirs in pairs:
        assert float(ours) == pytest.approx(float(theirs), rel=1e-5, abs=1e-4)


def test_answers_set_the_stage():
    at = turn(open_lesson("descent"), x=0.5)
    answer(at, "twice", 1)
    assert "Yes." in reading(at) and at.slider(key="descent.x").value == 2.0
    answer(at, "where", 0)
    assert "Not quite." in reading(at) and words(at).startswith("Step 10,000: at (0.9945")


def test_what_the_reveal_says_of_the_first_twenty_steps():
    value = columns(open_lesson("descent", view="valley"))["value"]
    assert value[0] == 401 and f"{value[20]:.2f}" == "0.82"


def test_korean_page_has_the_numbers():
    at = open_lesson("descent", "ko", view="valley")
    assert words(at).startswith("10,000걸음: (0.9945, 0.98901)에서 높이는")
    at = press(open_lesson("descent", "ko", view="bowl"), "fast")
    assert "2 / 20 = 0.1" in at.info[0].value and "달아나" in at.info[0].value
