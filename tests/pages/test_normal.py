"""The `normal` lesson: the numbers a learner reads, at the defaults and after moving things."""

import re

import numpy as np
import pytest
from scipy.stats import kstest, norm

from explorer.models import limit
from tests.pages.helpers import (
    address,
    answer,
    columns,
    drag,
    equations,
    figure,
    open_lesson,
    own_data,
    paste,
    press,
    reading,
    run_script,
    same_figure,
    script,
    scrub,
    stage_data,
    turn,
    unfold,
)


def share(at) -> float:
    """The percentage in the stage's summary."""
    found = re.search(r"([\d.]+) %", stage_data(at)["summary"])
    assert found, stage_data(at)["summary"]
    return float(found[1])


@pytest.mark.parametrize("alone", [False, True])
def test_one_two_three_sigma(alone):
    at = open_lesson("normal", alone=alone)
    assert share(at) == 68.27
    for k, percent in ((2, 95.45), (3, 99.73), (1, 68.27)):
        assert share(press(at, f"k{k}")) == percent
        assert rf"\mathbf{{{percent / 100:.4f}}}" in equations(at)[1]


def test_area_follows_every_control():
    at = turn(open_lesson("normal"), mu=1.5, sigma=2.5, a=-3.0, b=2.0)
    exact = norm(1.5, 2.5).cdf(2.0) - norm(1.5, 2.5).cdf(-3.0)
    assert share(at) == pytest.approx(100 * exact, abs=0.006)
    assert f"{exact:.4f}" in equations(at)[1]
    assert address(at) == {"mu": "1.5", "sigma": "2.5", "a": "-3", "b": "2", "lang": "en"}


def test_ends_may_cross():
    at = turn(open_lesson("normal"), a=2.0, b=-1.0)
    assert share(at) == pytest.approx(100 * (norm.cdf(2) - norm.cdf(-1)), abs=0.006)


def test_handles_move_ends_mean_and_width():
    at = open_lesson("normal")
    drag(at, "b", 2.0, 9.0)
    assert share(at) == pytest.approx(100 * (norm.cdf(2) - norm.cdf(-1)), abs=0.006)
    drag(at, "mu", 1.0, 0.0)
    assert at.slider(key="normal.mu").value == 1.0
    drag(at, "sigma", 3.5, 0.0)  # the shoulder stands at mu + sigma
    assert at.slider(key="normal.sigma").value == 2.5
    drag(at, "a", -500.0, 0.0)
    assert at.slider(key="normal.a").value == -10.0


def test_address_restores_the_page():
    at = open_lesson("normal", mu="2", sigma="0.5", a="1.5", b="2.5")
    assert share(at) == 68.27


def test_own_data_under_the_curve_is_counted():
    at = own_data(open_lesson("normal"), [[-3.0], [0.0], [0.0], [0.0], [3.0]])
    turn(at, compare=True)
    assert "own numbers" in stage_data(at)["summary"]
    assert "60.00 %" in stage_data(at)["summary"]  # three of five within one sigma
    same_figure(run_script(script(at))["figure"], figure(at))


def test_distance_to_the_limit_is_scipys():
    at = open_lesson("normal", view="limit", base="exponential", frame="7", seed="5")
    values = limit.draws(limit.BASES["exponential"](), 12 - 2, 10_000, 5)  # frame 7 is N = 10
    oracle = kstest(values, norm(1, 1 / np.sqrt(10)).cdf).statistic
    assert f"KS distance to the bell: {oracle:.4f}" in stage_data(at)["summaries"][7]
    assert r"\sqrt{10}" in equations(at)[0]


def test_distance_falls_along_the_film():
    at = open_lesson("normal", view="limit", base="exponential")
    distance = columns(at)["ks_distance"]
    assert distance[0] > 0.15 and distance[-1] < 0.03 and distance[0] > 3 * distance[7]


def test_cauchy_never_forms_and_the_task_knows():
    at = open_lesson("normal", view="limit", base="cauchy")
    distance = columns(at)["ks_distance"]
    assert distance.min() > 0.06
    assert np.ptp(distance) < 0.03
    scrub(at, 14)
    assert "0 of 3" in reading(at)
    at.session_state["normal.base"] = "uniform"
    at.run()
    assert "1 of 3" in reading(at)


def test_tasks_are_recognised():
    at = turn(open_lesson("normal"), sigma=2.0)
    assert "0 of 3" in reading(at)
    press(at, "k2")
    assert "1 of 3" in reading(at)
    at = open_lesson("normal", view="limit", base="exponential")
    first = int(np.argmax(columns(at)["ks_distance"] < 0.04))
    scrub(at, first - 1)
    assert "0 of 3" in reading(at)
    scrub(at, first)
    assert "1 of 3" in reading(at)


@pytest.mark.parametrize("base", [*limit.BASES, "yours"])
@pytest.mark.parametrize("scale", ["z", "mean", "sum"])
def test_every_film_is_the_exported_one(base, scale):
    at = open_lesson("normal", view="limit", base=base, scale=scale, draws="1000")
    shown = figure(at)
    same_figure(run_script(script(at))["figure"], shown)
    for frame in shown["frames"]:
        bars = frame["data"][0]
        mass = np.dot(bars["y"], bars["width"])
        assert (0.4 if base == "cauchy" else 0.99) < mass < 1 + 1e-9  # its tails lie outside


def test_histogram_and_limit_agree_at_fifty():
    at = open_lesson("normal", view="limit", base="u_shaped", draws="50000")
    bars, curve = (figure(at)["frames"][-1]["data"][i] for i in (0, 1))
    expected = np.interp(bars["x"], curve["x"], curve["y"])
    assert np.abs(np.array(bars["y"]) - expected).max() < 0.03


def test_answers_set_the_stage():
    at = turn(open_lesson("normal"), mu=2.0, sigma=3.0)
    answer(at, "one-sigma", 0)
    assert share(at) == 68.27 and "Not quite." in reading(at)
    answer(at, "root-n", 1)
    assert at.session_state["normal.view"] == "limit" and "Yes." in reading(at)


def test_checked_numbers_agree():
    at = unfold(open_lesson("normal", a="-2", b="0.5"), "checked")
    assert re.search(r"Trapezoid.*Difference [\d.]+e-(0[89]|1\d)", reading(at), re.S)
    at = unfold(open_lesson("normal", view="limit", frame="4"), "checked")
    assert re.search(r"scipy\.stats\.kstest.*Difference ([\d.]+e-1\d|0\.0e)", reading(at))


def test_korean_reads_the_same_numbers():
    at = open_lesson("normal", "ko", mu="2")
    assert "정규분포" in reading(at) and "평균 2.00" in stage_data(at)["summary"]
    assert "밀도" in figure(at)["layout"]["yaxis"]["title"]["text"]


def test_bad_paste_is_one_sentence_and_the_page_lives():
    at = paste(open_lesson("normal"), "a,b\nc,d")
    assert len(at.error) == 1 and not at.exception
    assert share(at) == 68.27
    at = paste(at, "7\n7\n7")
    assert len(at.warning) == 1, "a constant column cannot be standardised; the page must say so"
    assert share(at) == 68.27
