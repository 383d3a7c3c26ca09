"""The `convolution` lesson: the numbers a learner reads, and what each control does to them."""

import re

import numpy as np
import pytest
from scipy.signal import correlate2d

from explorer.components.digitpad import encoded
from explorer.data import pictures
from explorer.models.convolution import KERNELS
from tests.pages.helpers import (
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
    scrub,
    stage_data,
    turn,
    unfold,
    words,
)

SEVEN = pictures.digit(7)


def kernel_of(at):
    return np.array([at.number_input(key=f"convolution.k{i}{j}").value
                     for i in (1, 2, 3) for j in (1, 2, 3)]).reshape(3, 3)  # fmt: skip


def choose(at, name):
    """A kernel from the list, by its key."""
    titles = at.selectbox(key="convolution.preset").options
    order = [*KERNELS, "own"]
    return healthy(
        at.selectbox(key="convolution.preset").set_value(titles[order.index(name)]).run()
    )


def output(at):
    return columns(at)["output"]


@pytest.mark.parametrize("alone", [False, True])
def test_first_picture(alone):
    at = open_lesson("convolution", alone=alone)
    expected = correlate2d(SEVEN, KERNELS["vertical"], "valid")
    np.testing.assert_allclose(output(at), expected, atol=1e-12)
    assert "row 3, column 4 of the output (6 × 6)" in words(at)
    assert words(at).endswith("add up to 0.56.") and expected[2, 3] == 0.5625
    assert r"\mathbf{0.56}" in equations(at)[0]
    assert r"\frac{8 + 2\cdot 0 - 3}{1}" in equations(at)[1]


@pytest.mark.parametrize("name", KERNELS)
def test_each_kernel_of_the_list(name):
    at = choose(open_lesson("convolution"), name)
    np.testing.assert_allclose(kernel_of(at), KERNELS[name])
    np.testing.assert_allclose(output(at), correlate2d(SEVEN, KERNELS[name], "valid"), atol=1e-12)
    same_figure(run_script(script(at))["figure"], figure(at))


def test_the_list_names_the_numbers():
    at = open_lesson("convolution")
    assert at.selectbox(key="convolution.preset").value == "vertical"
    turn(at, k21=-2.0)
    assert at.selectbox(key="convolution.preset").value == "own"
    turn(at, k23=2.0)
    assert at.selectbox(key="convolution.preset").value == "sobel"
    choose(at, "own")
    assert at.selectbox(key="convolution.preset").value == "sobel", "nothing to set"


def test_stride_padding_and_digit():
    at = turn(open_lesson("convolution"), stride=2, padding=1)
    expected = correlate2d(np.pad(SEVEN, 1), KERNELS["vertical"], "valid")[::2, ::2]
    np.testing.assert_allclose(output(at), expected, atol=1e-12)
    assert r"\mathbf{4}" in equations(at)[1]
    assert address(at) == {"stride": "2", "padding": "1", "lang": "en"}
    turn(at, digit=4)
    expected = correlate2d(np.pad(pictures.digit(4), 1), KERNELS["vertical"], "valid")[::2, ::2]
    np.testing.assert_allclose(output(at), expected, atol=1e-12)


def test_a_smaller_output_pulls_the_window_in():
    at = turn(open_lesson("convolution"), row=6, column=6)
    turn(at, stride=3)
    assert "row 2, column 2 of the output (2 × 2)" in words(at)


def test_handle_and_film_move_the_window():
    at = drag(open_lesson("convolution", padding="1", stride="2"), "window", 4.3, 2.2)
    assert (at.slider(key="convolution.row").value, at.slider(key="convolution.column").value) == (
        2,
        3,
    )
    handle = stage_data(at)["handles"][0]
    assert (handle["x"], handle["y"]) == (4, 2)
    drag(at, "window", 1e9, -1e9)
    assert "row 1, column 4" in words(at)
    scrub(at, 0)
    assert "row 1, column 1" in words(at)
    np.testing.assert_allclose(figure(at)["frames"][0]["data"][0]["z"], np.pad(SEVEN, 1)[:3, :3])


def test_arrow_up_moves_the_window_up():
    handle = stage_data(open_lesson("convolution", stride="2"))["handles"][0]
    assert tuple(handle["step"]) == (2, -2)  # row 0 is on top


def test_whole_picture_says_how_many_weights_are_saved():
    at = open_lesson("convolution", view="whole")
    assert r"15\,745\,024" in equations(at)[1]  # 64 · 64 · 62 · 62
    expected = correlate2d(pictures.scene(), KERNELS["vertical"], "valid")
    low, high = (float(v.replace("−", "-")) for v in re.search(
        r"from (−?[\d.]+) to ([\d.]+\d)", words(at)).groups())  # fmt: skip
    assert (low, high) == (round(expected.min(), 2), round(expected.max(), 2))
    assert len(stage_data(at)["frames"]) == 0


def test_a_screen_cuts_and_says_so_in_its_colours():
    at = open_lesson("convolution", view="whole")
    before = figure(at)["data"]
    turn(at, cut=True)
    shades = [(t["zmin"], t["zmax"]) for t in figure(at)["data"] if t["type"] == "heatmap"]
    assert shades[-1] == (0, 1)
    assert [t["zmin"] for t in before if t["type"] == "heatmap"][-1] < -2


def test_the_stack():
    at = open_lesson("convolution", view="stack", stride="2", padding="1")
    assert "64 × 64 pixels go in" in words(at) and "pooling leaves 16 × 16" in words(at)
    assert "seen 5 × 5 pixels" in words(at)
    drag(at, "pooled", 3.2, 7.7)
    assert (at.slider(key="convolution.down").value, at.slider(key="convolution.across").value) == (
        9,
        4,
    )
    assert "z_{9,4}" in equations(at)[0]
    same_figure(run_script(script(at))["figure"], figure(at))


def test_the_smallest_stack_has_one_pixel():
    at = open_lesson("convolution", view="stack", picture="digit", stride="3")
    assert "pooling leaves 1 × 1" in words(at)
    assert not [s for s in at.slider if s.key in ("convolution.down", "convolution.across")]


# ------------------------------------------------------------------------- own drawing

DRAWING = np.round(np.random.default_rng(2).uniform(size=(28, 28)) * 255) / 255


@pytest.mark.parametrize("view", ["window", "whole", "stack"])
@pytest.mark.parametrize("language", ["en", "ko"])
def test_blank_paper_is_a_picture_with_a_hint(view, language):
    name = "image" if view == "window" else "picture"
    at = open_lesson("convolution", language, **{"view": view, name: "yours"})
    assert len(at.info) == 1
    assert output(at).shape == (26, 26) and not output(at).any()
    same_figure(run_script(script(at))["figure"], figure(at))


def test_a_drawing_is_answered_kept_and_exported():
    at = open_lesson("convolution", view="whole", picture="yours")
    at.session_state["convolution.pad"] = {"drawing": encoded(DRAWING)}
    healthy(at.run())
    assert not at.info
    expected = correlate2d(DRAWING, KERNELS["vertical"], "valid")
    np.testing.assert_allclose(output(at), expected, atol=1e-12)
    same_figure(run_script(script(at))["figure"], figure(at))
    turn(at, view="One window")
    turn(at, image="Your drawing")
    np.testing.assert_allclose(output(at), expected, atol=1e-12)


@pytest.mark.parametrize("rubbish", [5, "xx", {"pixels": [1]}, []])
def test_rubbish_from_the_pad_is_blank_paper(rubbish):
    at = open_lesson("convolution", image="yours")
    at.session_state["convolution.pad"] = {"drawing": rubbish}
    healthy(at.run())
    assert not output(at).any()


# ------------------------------------------------------------------------- tasks and questions


def test_own_edge_kernel():
    at = open_lesson("convolution")
    turn(at, k11=0.0, k31=0.0, k13=0.0, k33=0.0)
    assert "1 of 3" in reading(at)
    at = turn(open_lesson("convolution"), k11=0.0)  # adds up to 1
    assert "0 of 3" in reading(at)
    at = turn(open_lesson("convolution"), **{f"k{i}{j}": 0.0 for i in (1, 2, 3) for j in (1, 3)})
    assert "0 of 3" in reading(at), "nine zeros find nothing"


def test_half_as_wide():
    at = turn(open_lesson("convolution"), stride=2)
    assert "0 of 3" in reading(at)  # 3, not 4
    turn(at, padding=1)
    assert "1 of 3" in reading(at)


def test_overexposed_and_mended():
    at = choose(open_lesson("convolution"), "blur")
    assert "0 of 3" in reading(at), "nothing was burnt yet"
    turn(at, **{f"k{i}{j}": 1.0 for i in (1, 2, 3) for j in (1, 2, 3)})
    assert float((output(at) > 1).mean()) > 0.5 and "0 of 3" in reading(at)
    choose(at, "identity")
    assert "0 of 3" in reading(at)
    turn(at, **{f"k{i}{j}": 0.111 for i in (1, 2, 3) for j in (1, 2, 3)})
    assert "1 of 3" in reading(at)


def test_answers_set_the_stage():
    at = choose(open_lesson("convolution"), "blur")
    answer(at, "flat", 1)
    assert "Yes." in reading(at) and "64 × 64" in words(at)
    np.testing.assert_allclose(kernel_of(at), KERNELS["vertical"])
    wall = output(at)[34:40, 8:16]
    np.testing.assert_allclose(wall, 0, atol=1e-12)  # as the explanation says
    at = turn(open_lesson("convolution"), padding=2)
    answer(at, "shrink", 0)
    assert "Not quite." in reading(at) and output(at).shape == (62, 62)


def test_checked_agrees_to_the_last_figure():
    at = unfold(turn(open_lesson("convolution"), padding=2, k12=3.5, k33=-0.25), "checked")
    found = re.findall(r"Difference ([\d.e+-]+)", reading(at))
    assert len(found) == 4 and all(float(gap) < 1e-12 for gap in found)


def test_address_restores_kernel_and_place():
    at = open_lesson("convolution", k22="4", k31="-0.5", row="2", column="6", image="scene")
    assert kernel_of(at)[1, 1] == 4 and kernel_of(at)[2, 0] == -0.5
    assert "row 2, column 6 of the output (62 × 62)" in words(at)


def test_start_over_after_a_preset():
    at = choose(open_lesson("convolution"), "emboss")
    press(at, "reset")
    np.testing.assert_allclose(kernel_of(at), KERNELS["vertical"])


def test_korean():
    at = open_lesson("convolution", "ko")
    assert "3행 4열" in words(at) and "0.56" in words(at)
    assert at.selectbox(key="convolution.preset").value == "vertical"
    assert "세로 윤곽" in at.selectbox(key="convolution.preset").options
