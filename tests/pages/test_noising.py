"""The `noising` lesson: the numbers a learner reads, and what each control does to them."""

import json
import re

import numpy as np
import pytest

from explorer.components.digitpad import encoded
from explorer.data import drawing, pen, pictures
from explorer.figures import noising
from explorer.figures.noising import Plan, stops
from explorer.models.diffusion.schedule import cosine, linear
from tests.pages.helpers import (
    _protos,
    address,
    answer,
    columns,
    drag,
    equations,
    figure,
    open_lesson,
    own_data,
    press,
    reading,
    run_script,
    same_figure,
    script,
    scrub,
    send,
    stage_data,
    stages,
    turn,
    unfold,
    words,
)

VIEWS = ("picture", "two", "cloud", "number")


def strip(at) -> dict:
    """What the filmstrip was given."""
    (proto,) = _protos(at, "explorer_filmstrip")
    return json.loads(proto.json)


def formulas(at) -> str:
    """The equations without their colours."""
    return re.sub(r"\\textcolor\{#\w+\}", "", "\n".join(equations(at)))


# ---- a picture ---------------------------------------------------------------------------------


@pytest.mark.parametrize("alone", [False, True])
def test_first_picture(alone):
    at = open_lesson("noising", alone=alone)
    abar = linear().abar
    assert f"{abar[200]:.3f} of the variance is signal" in words(at)
    assert "Half of the variance is gone at t = 260." in words(at)
    assert "4.04e-5 is left" in words(at)
    assert strip(at)["start"] == 10 and strip(at)["names"][13] == "= 260"
    assert len(strip(at)["summaries"]) == strip(at)["count"] == 51
    assert "0.812 times the picture, plus 0.584 times noise" in strip(at)["summaries"][10]


@pytest.mark.parametrize("t", [20, 100, 260, 500, 1000])
def test_the_formula_holds_the_coefficients(t):
    at = turn(open_lesson("noising"), t=t)
    abar, beta = linear().abar[t], linear().betas[t - 1]
    text = formulas(at)
    short = "4.04\\cdot 10^{-5}" if t == 1000 else f"{abar:.4g}"
    assert f"(1-\\beta_s) = {{{short}}}" in text
    assert f"= {{{np.sqrt(1 - abar):.4g}}}" in text or f"{{{np.sqrt(1 - abar):.4g}}}" in text
    assert f"{np.sqrt(1 - beta):.4g}\\,x_{{{t - 1}}} + {np.sqrt(beta):.4g}" in text
    assert strip(at)["start"] == t // 20


def test_at_the_start_there_is_only_the_picture():
    at = open_lesson("noising", t="0")
    assert "without any noise" in words(at)
    assert r"\infty" in formulas(at)
    np.testing.assert_array_equal(columns(at)["x_0"], 2 * example(3) - 1)


def example(which: int) -> np.ndarray:
    return drawing.centred(pictures.digit(which)).ravel()


@pytest.mark.parametrize("how", noising.HOWS)
def test_the_noised_picture_is_the_one_of_the_formula_or_of_the_walk(how):
    at = open_lesson("noising", digit="7", t="400", how=how, seed="5", schedule="cosine")
    found, x0 = columns(at)["x_400"], 2 * example(7) - 1
    generator = np.random.default_rng(5)
    if how == "steps":
        *_rest, expected = (x for _k, x in zip(range(400), cosine().walk(x0, generator),
                                               strict=False))  # fmt: skip
    else:
        draws = [generator.standard_normal(784) for _ in range(21)]
        eps = draws[0] if how == "same" else draws[20]
        expected = cosine().signal(400) * x0 + cosine().noise(400) * eps
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_the_handle_the_slider_and_the_film_are_one():
    at = open_lesson("noising")
    drag(at, "t", 517.3, 0.0)
    assert at.slider(key="noising.t").value == 520 and strip(at)["start"] == 26
    assert stage_data(at)["handles"][0]["x"] == 520
    assert stage_data(at)["handles"][0]["y"] == pytest.approx(linear().abar[520])
    turn(at, t=60)
    assert stage_data(at)["handles"][0]["x"] == 60 and strip(at)["start"] == 3
    drag(at, "t", -50.0, 0.0)
    assert address(at)["t"] == "0"


def test_a_time_between_two_stops_goes_to_the_nearer_one():
    at = open_lesson("noising", t="333")
    assert address(at)["t"] == "340" and "t = 340 of 1,000" in words(at)


def test_another_number_of_steps_keeps_the_share_of_the_way():
    at = turn(open_lesson("noising", t="500"), steps="100")
    assert at.slider(key="noising.t").value == 50 and at.slider(key="noising.t").max == 100
    assert "t = 50 of 100" in words(at)
    turn(at, steps="10")
    assert "t = 5 of 10" in words(at)
    turn(at, steps="1000")
    assert "t = 500 of 1,000" in words(at)


def test_too_few_steps_leave_the_picture_standing():
    at = open_lesson("noising", steps="100", t="100")
    assert f"keeps {linear(100).abar[-1]:.4g} of it" in words(at)
    assert "could not begin with noise alone" in words(at)


def test_bold_ends_waste_the_steps():
    at = open_lesson("noising", schedule="own", first="0.1", last="0.5")
    late = int((linear(1000, 0.1, 0.5).abar[:-1] < 1e-3).sum())
    assert f"{late} of the 1,000 steps show nothing but noise" in words(at)
    assert late > 900


def test_own_ends_are_the_schedule():
    at = turn(open_lesson("noising", schedule="own"), first="0.001", last="0.05")
    assert address(at)["first"] == "0.001" and address(at)["last"] == "0.05"
    np.testing.assert_allclose(columns(at)["abar"], linear(1000, 0.001, 0.05).abar)
    same_figure(run_script(script(at))["figure"], figure(at))


def test_own_drawing_is_noised_and_exported():
    at = open_lesson("noising", digit="mine")
    assert "example 3" in words(at)
    at.session_state["noising.pad"] = {"drawing": encoded(pen.digit(5))}
    turn(at, t=240)
    assert "your drawing" in words(at)
    mine = drawing.centred(np.rint(255 * pen.digit(5)) / 255)
    np.testing.assert_allclose(columns(at)["x_0"], 2 * mine.ravel() - 1, atol=0.01)
    same_figure(run_script(script(at))["figure"], figure(at))


def test_own_points_are_announced_where_they_play_no_part():
    at = open_lesson("noising")
    assert "under “Cloud”" not in reading(at)
    own_data(at, [[0.0, 1.0], [1.0, 3.0], [2.0, -1.0]])
    assert "Your points are noised under “Cloud”." in reading(at)


# ---- two schedules -----------------------------------------------------------------------------


def test_two_schedules_at_the_same_time():
    at = open_lesson("noising", view="two", t="400")
    assert f"linear: {linear().abar[400]:.4g} of" in words(at)
    assert f"cosine: {cosine().abar[400]:.4g} of" in words(at)
    assert "half is gone at t = 497" in words(at)
    between = int(((cosine().abar > 0.01) & (cosine().abar < 0.99)).sum())
    assert f"in {between} of 1,000 steps" in words(at)
    assert strip(at)["start"] == 20 and strip(at)["count"] == 51
    np.testing.assert_allclose(columns(at)["abar_2"], cosine().abar)


@pytest.mark.parametrize("pair", [("own", "own"), ("linear", "own"), ("own", "linear")])
def test_own_ends_can_be_on_either_side(pair):
    at = open_lesson("noising", view="two", schedule=pair[0], against=pair[1], steps="50")
    turn(at, first="0.01", last="0.2")
    own = linear(50, 0.01, 0.2).abar
    for name, column in zip(pair, ("abar_1", "abar_2"), strict=True):
        np.testing.assert_allclose(columns(at)[column], own if name == "own" else linear(50).abar)
    same_figure(run_script(script(at))["figure"], figure(at))


# ---- a cloud -----------------------------------------------------------------------------------


def test_the_cloud_keeps_its_variance_and_the_start_gets_its_bell():
    at = open_lesson("noising", view="cloud", t="260", sx="2", sy="-1")
    abar = linear().abar[260]
    centre = f"({2 * np.sqrt(abar):.2f}, {-np.sqrt(abar):.2f})"
    assert f"around {centre} with standard deviation {np.sqrt(1 - abar):.2f}" in words(at)
    found = re.findall(r"variances (\d\.\d+) and (\d\.\d+)", words(at))[0]
    assert [float(v) for v in found] == pytest.approx([1, 1], abs=0.12)


def test_the_bell_of_the_start_is_filled_in():
    text = formulas(open_lesson("noising", view="cloud", t="260", sx="2", sy="-1"))
    a, abar = linear().signal(260), linear().abar[260]
    assert f"({2 * a:.2f},\\ {-a:.2f}),\\; {1 - abar:.4g}\\, I" in text


def test_the_start_is_dragged():
    at = open_lesson("noising", view="cloud")
    drag(at, "x0", 0.63, -1.21)
    assert at.slider(key="noising.sx").value == 0.65 and at.slider(key="noising.sy").value == -1.2
    drag(at, "x0", 99, -99)
    assert (address(at)["sx"], address(at)["sy"]) == ("2.5", "-2.5")


def test_the_films_tell_the_page_where_they_rest():
    for view in ("cloud", "number"):
        at = scrub(open_lesson("noising", view=view), 37)
        assert address(at)["t"] == "740" and "t = 740" in words(at)
        assert "x_{740}" in formulas(at)
        send(at, "scrubbed", 51)
        assert address(at)["t"] == "740"


def test_own_points_go_the_same_way():
    values = np.random.default_rng(0).normal((170, 60), (9, 6), size=(80, 2))
    at = own_data(open_lesson("noising", view="cloud", t="0"), values)
    z = (values - values.mean(axis=0)) / values.std(axis=0)
    found = np.stack([columns(at)["x_0 horizontal"], columns(at)["x_0 vertical"]], axis=1)
    np.testing.assert_allclose(np.sort(found, axis=0), np.sort(z, axis=0), atol=1e-9)
    same_figure(run_script(script(at))["figure"], figure(at))


@pytest.mark.parametrize("values", [[[1.0, 2.0], [3.0, 5.0]], [[1.0, 2.0]] * 9 + [[2.0, 1.0]]])
def test_few_and_repeated_points(values):
    at = own_data(open_lesson("noising", view="cloud", how="steps"), values)
    assert "variances" in words(at)
    same_figure(run_script(script(at))["figure"], figure(at))


# ---- one number --------------------------------------------------------------------------------


def test_walked_and_drawn_agree_with_the_formula():
    at = open_lesson("noising", view="number", t="400", value="-2")
    mean, spread = -2 * linear().signal(400), linear().noise(400)
    assert f"the formula says {mean:.2f} and {spread:.2f}" in words(at)
    walked, drawn = columns(at)["x_400 walked"], columns(at)["x_400 in one shot"]
    for x in (walked, drawn):
        assert x.mean() == pytest.approx(mean, abs=0.07) and x.std() == pytest.approx(
            spread, abs=0.06
        )
    text = formulas(at)
    assert "\\text{old noise}" in text and f"= {spread**2:.4g} = 1-" in text


def test_the_only_step_of_the_first_picture():
    at = open_lesson("noising", view="number", t="0")
    assert "all 1,500 copies still are x_0 = 1.50" in words(at)


# ---- all views ---------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize("view", VIEWS)
def test_export_redraws_every_view(view, lang):
    at = open_lesson("noising", lang, view=view, t="300", how="steps", schedule="cosine", seed="3")
    same_figure(run_script(script(at))["figure"], figure(at))
    assert stages(at) == 1


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("t", ["0", "1000"])
def test_checked_agrees(view, t):
    at = unfold(open_lesson("noising", view=view, t=t), "checked")
    lines = [m.value for m in at.markdown if m.value.startswith("- ") and "ifference" in m.value]
    assert len(lines) >= (1 if view == "two" else 2)
    for line in lines:
        if "KS distance" in line:
            continue
        ours, theirs = (float(v) for v in re.findall(r": (-?[\d.]+(?:e[-+]\d+)?)\. ", line))
        assert ours == pytest.approx(theirs, rel=0.03, abs=0.06), line


def test_settings_of_other_views_stay_in_the_address():
    at = open_lesson("noising", view="cloud", sx="0.5", how="fresh", against="own", value="-1")
    turn(at, view="Paths")
    assert {"sx": "0.5", "how": "fresh", "against": "own", "value": "-1"}.items() <= (
        address(at).items()
    )


# ---- questions and tasks -----------------------------------------------------------------------


def test_the_answers_set_the_stage():
    at = answer(open_lesson("noising", steps="10", t="3"), "cosine", 1)
    assert address(at) == {"view": "two", "t": "500", "lang": "en"}
    at = answer(open_lesson("noising", schedule="cosine"), "law", 1)
    assert address(at) == {"view": "number", "t": "500", "lang": "en"}


def test_half_on_both_schedules_is_recognised():
    at = turn(open_lesson("noising"), t=260)
    assert "(0 of 3" in reading(at)
    turn(at, schedule="cosine")
    assert "(0 of 3" in reading(at)
    turn(at, t=500)
    assert "(1 of 3" in reading(at)


def test_where_cosine_is_far_ahead_is_recognised():
    at = turn(open_lesson("noising", view="two"), t=300)
    assert "(0 of 3" in reading(at)
    gap = cosine().abar - linear().abar
    assert gap[300] < 0.45 < gap[400]
    assert "(1 of 3" in reading(turn(at, t=400))


def test_too_few_steps_are_caused_and_mended():
    at = turn(open_lesson("noising"), steps="100")
    turn(at, t=100)
    assert "(0 of 3" in reading(at)
    turn(at, schedule="own ends")
    turn(at, last="0.5", first="0.1")
    assert "(0 of 3" in reading(at)  # gone at the end, but also at once
    assert linear(100, 0.1, 0.5).half() < 10
    turn(at, last="0.2", first="0.0001")
    assert linear(100, 1e-4, 0.2).half() >= 10 and linear(100, 1e-4, 0.2).abar[-1] < 1e-3
    assert "(1 of 3" in reading(at)


def test_the_mend_without_the_failure_is_no_task():
    at = open_lesson("noising", steps="100", schedule="cosine", t="100")
    assert "(0 of 3" in reading(at)


def test_start_over():
    at = turn(open_lesson("noising", view="number"), t=900, steps="50")
    press(at, "reset")
    assert address(at) == {"lang": "en"} and "t = 200 of 1,000" in words(at)


def test_the_film_holds_what_the_plan_says():
    """The sheet's frames are the stops of the schedule, whatever their number."""
    for steps in (10, 20, 50, 100, 1000):
        at = open_lesson("noising", steps=str(steps))
        assert strip(at)["count"] == len(stops(Plan("linear", steps).steps))
