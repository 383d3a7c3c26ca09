"""The `divergence` lesson: the book's numbers, the bound that adds up, the fits that choose."""

import re

import numpy as np
import pytest
from scipy.special import rel_entr
from scipy.stats import norm

from explorer.catalog import ROOT
from tests.pages.helpers import (
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
    stage_data,
    turn,
    unfold,
)


def numbers(at) -> list[float]:
    return [float(n) for n in re.findall(r"-?\d+\.\d+", stage_data(at)["summary"])]


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize(
    ("q", "expected"), [("0.6", "0.0216"), ("0.2", "0.5827"), ("0.7", "0.0000")]
)
def test_the_books_three_numbers(q, expected, alone):
    at = press(open_lesson("divergence", alone=alone, view="bars"), f"q{q}")
    assert f"KL(p‖q) is {expected} nats" in stage_data(at)["summary"]
    assert rf"\mathbf{{{expected}}}" in equations(at)[0]


def test_four_outcomes_are_summed_and_normalised():
    at = open_lesson(
        "divergence", view="bars", k="4", p1="0.5", p2="0.2", p3="0.2", q1="0.1", q2="0.6", q3="0.1"
    )
    p, q = columns(at)["p"], columns(at)["q"]
    assert p.sum() == pytest.approx(1) and q.sum() == pytest.approx(1)
    expected = rel_entr(p, q).sum()
    assert f"KL(p‖q) is {expected:.4f}" in stage_data(at)["summary"]
    parts = figure(at)["data"][2]["y"]
    assert parts[:-1] == pytest.approx(rel_entr(p, q).tolist())
    assert parts[-1] == pytest.approx(expected)


def test_infinity_is_explained_and_the_task_sees_the_mend():
    at = turn(open_lesson("divergence", view="bars"), q1=1.0)
    assert "KL(p‖q) is infinite, KL(q‖p) is 0.3567 nats" in stage_data(at)["summary"]
    assert r"\infty" in equations(at)[0] and "Infinite:" in stage_data(at)["summary"]
    assert "0 of 3" in reading(at)
    assert "1 of 3" in reading(turn(at, q1=0.65))


def test_infinity_names_the_outcome_that_was_ruled_out():
    at = open_lesson("divergence", view="bars", p1="0.7", q1="1")
    assert "q rules B out, but p says it happens with probability 0.30" in stage_data(at)["summary"]
    turn(at, p1=0.0, q1=0.4)
    assert "p rules A out, but q says it happens with probability 0.40" in stage_data(at)["summary"]


def test_bars_are_dragged():
    at = drag(open_lesson("divergence", view="bars"), "q1", 0.1, 0.2)
    assert "KL(p‖q) is 0.5827" in stage_data(at)["summary"]
    assert address(at)["q1"] == "0.2"


def test_two_bells_match_numerical_integration():
    at = turn(open_lesson("divergence"), mu=-1.0, sigma=2.0, pmu=1.0, psigma=0.5)
    x = np.linspace(-30, 30, 600_001)
    p, q = norm(1, 0.5), norm(-1, 2)
    forward = np.trapezoid(p.pdf(x) * (p.logpdf(x) - q.logpdf(x)), x)
    backward = np.trapezoid(q.pdf(x) * (q.logpdf(x) - p.logpdf(x)), x)
    assert numbers(at)[-2:] == pytest.approx([forward, backward], abs=6e-5)
    drag(at, "sigma", 0.5, 0.0)  # the shoulder of q stands at mu + sigma
    assert at.slider(key="divergence.sigma").value == 1.5


def test_elbo_and_gap_always_add_up_to_the_evidence():
    at = open_lesson("divergence", view="bound")
    for guess, x in ((0.0, -3.0), (0.37, 0.5), (1.0, 4.0)):
        turn(at, guess=guess, x=x)
        _x, evidence, _q, lower, gap, posterior = numbers(at)
        joint = np.array([0.4 * norm(-2, 1).pdf(x), 0.6 * norm(2, 1.2).pdf(x)])
        assert evidence == pytest.approx(np.log(joint.sum()), abs=6e-5)
        assert posterior == pytest.approx(joint[0] / joint.sum(), abs=6e-5)
        assert lower + gap == pytest.approx(evidence, abs=1.1e-4) and gap >= 0


def test_e_step_closes_the_gap_and_m_step_lifts_until_the_task_is_done():
    at = open_lesson("divergence", view="bound")
    before = numbers(at)
    press(at, "e")
    after_e = numbers(at)
    assert after_e[1] == before[1] and after_e[4] < 1e-3 < before[4]
    press(at, "m")
    assert numbers(at)[1] > after_e[1]
    for _ in range(12):
        press(press(at, "m"), "e")
    assert numbers(at)[1] > before[1] + 0.5
    assert "1 of 3" in reading(at)


def test_reverse_fit_chooses_a_bump_and_forward_covers():
    at = open_lesson("divergence", view="fit", source="bumps", apart="6", z="-1", w="0.4")
    assert columns(at)["mu"][-1] == pytest.approx(-3, abs=0.05)
    assert columns(at)["sigma"][-1] == pytest.approx(1, abs=0.05)
    assert np.all(np.diff(columns(at)["kl"]) <= 1e-12)
    assert r"\mu = 0.6,\ \sigma = 3.105" in equations(at)[0]  # 0.6 * 3 - 0.4 * 3; sqrt(1 + 9 - .36)
    assert "0 of 3" in reading(at)
    turn(at, z=1.0)
    assert columns(at)["mu"][-1] == pytest.approx(3, abs=0.05)
    assert "1 of 3" in reading(at)


def test_by_hand_both_divergences_of_q_are_read():
    at = open_lesson("divergence", view="fit", source="bumps", apart="4")
    drag(at, "z", 1.0, 0.0)
    data = stage_data(at)
    assert data["start"] == 0 and address(at)["frame"] == "0"  # the q in the hand, not its fit
    middle, spread = 0.4, np.sqrt(1 + 4 - 0.4**2)  # 0.4 N(-2, 1) + 0.6 N(2, 1)
    drag(at, "w", 1.0 + 0.8 * spread, 0.0)
    assert at.slider(key="divergence.w").value == pytest.approx(0.8)
    x = np.linspace(-40, 40, 400_001)
    mean = middle + round((1.0 - middle) / spread, 2) * spread
    p = 0.4 * norm(-2, 1).pdf(x) + 0.6 * norm(2, 1).pdf(x)
    q = norm(mean, 0.8 * spread)
    log_p = np.log(np.maximum(p, 1e-320))
    backward = np.trapezoid(q.pdf(x) * (q.logpdf(x) - log_p), x)
    forward = np.trapezoid(p * (log_p - q.logpdf(x)), x)
    assert numbers(at)[2:4] == pytest.approx([backward, forward], abs=6e-5)
    assert data["figure"]["data"][8]["text"] != stage_data(at)["figure"]["data"][8]["text"]
    scrub(at, len(stage_data(at)["frames"]) - 1)
    assert "frame" not in address(at)  # the last frame is where the page begins


def test_fit_uses_the_learners_column():
    rng = np.random.default_rng(3)
    mine = np.concatenate([rng.normal(100, 2, 300), rng.normal(130, 5, 200)])
    at = own_data(open_lesson("divergence", view="fit"), mine[:, None])
    ends = []
    for z in (-1.5, 1.5):
        turn(at, z=z)
        ends.append(columns(at)["mu"][-1])
    assert ends == pytest.approx([100, 130], abs=1)
    same_figure(run_script(script(at))["figure"], figure(at))


@pytest.mark.parametrize(
    "query",
    [
        {"view": "bars", "k": "3", "q1": "1", "way": "qp"},
        {"view": "bells", "way": "qp", "mu": "-3"},
        {"view": "bound", "guess": "0.31", "x": "-2.2", "m1": "1"},
        {"view": "fit", "source": "bumps", "apart": "0"},
        {"view": "fit", "z": "-2.5", "w": "0.1"},
    ],
)
def test_script_redraws_the_picture(query):
    at = open_lesson("divergence", **query)
    same_figure(run_script(script(at))["figure"], figure(at))


def test_answers_set_the_stage():
    at = answer(open_lesson("divergence", view="bound"), "symmetric", 0)
    assert "0.5827" in stage_data(at)["summary"] and "0.5341" in stage_data(at)["summary"]
    answer(at, "one-bell", 1)
    assert at.session_state["divergence.view"] == "fit" and "Yes." in reading(at)


@pytest.mark.parametrize("view", ["bars", "bells", "bound", "fit"])
def test_checked_numbers_agree(view):
    text = reading(unfold(open_lesson("divergence", view=view), "checked"))
    differences = [float(d) for d in re.findall(r"Difference ([\d.e+-]+\d)", text)]
    assert len(differences) >= 2 and max(differences) < 1e-6


def test_korean_page_has_the_numbers():
    at = open_lesson("divergence", "ko", view="bars")
    assert "KL(p‖q)는 0.0216내트" in stage_data(at)["summary"]
    assert (ROOT / "explorer/lessons/ko/divergence.md").exists()
