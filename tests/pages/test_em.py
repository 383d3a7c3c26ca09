"""The `em` lesson: the numbers a learner reads, at the defaults and after moving things."""

import re

import numpy as np
import pytest
from sklearn.mixture import GaussianMixture

from explorer.data import registry
from explorer.models.em import em_steps
from explorer.models.mixture import Mixture
from tests.pages.helpers import (
    address,
    answer,
    columns,
    drag,
    equations,
    figure,
    healthy,
    knobs,
    open_lesson,
    own_data,
    press,
    reading,
    run_script,
    same_figure,
    script,
    scrub,
    speaks,
    stage_data,
    turn,
    unfold,
    words,
)

GEYSER = registry.available("old_faithful")
needs_geyser = pytest.mark.skipif(not GEYSER, reason="Old Faithful is not on this computer")


def value(at, name: str) -> float:
    """A number that a summary gives after its name."""
    found = re.search(rf"{name}:? (-?[\d.]+\d)", words(at))
    assert found, words(at)
    return float(found[1])


def wide(**query: str):
    """The lesson with "More" open."""
    return unfold(open_lesson("em", **query), "more")


def tasks_done(at) -> int:
    found = re.search(r"\((\d) of 3 done\)", reading(at))
    assert found
    return int(found[1])


def to_frame(at, name: str):
    """Let the film rest on the frame of this name."""
    names = [frame["name"] for frame in stage_data(at)["frames"]]
    return scrub(at, names.index(name))


# ---- one run


@needs_geyser
def test_the_published_log_likelihoods_of_old_faithful():
    """From means (0, 50), (0, 100), unit covariances: nats per point after each iteration."""
    at = open_lesson("em")
    at = to_frame(at, "0")
    assert value(at, "Log-likelihood") == pytest.approx(-137.49, abs=0.005)
    told = [
        float(re.search(r"Log-likelihood (-[\d.]+\d)", text)[1])
        for text in stage_data(at)["summaries"][2::2]
    ]
    expected = [-4.415, -4.357, -4.302, -4.245, -4.200, -4.164, -4.156, -4.155]
    assert told[:8] == pytest.approx(expected, abs=6e-4)
    assert "**Settled** after 10 iterations" in reading(at)
    assert "-4.1554 nats per point, -1130.26 in total" in reading(at)


@needs_geyser
def test_the_end_of_old_faithful():
    at = to_frame(open_lesson("em"), "10 M")
    assert "1 (circle) 36 % at (2.036, 54.48); 2 (diamond) 64 % at (4.29, 79.97)" in words(at)
    assert "{0.3559}" in equations(at)[1]


def test_the_bound_touches_at_e_and_leaves_a_gap_at_m():
    at = to_frame(open_lesson("em"), "3 E")
    assert "touches" in words(at)
    at = to_frame(at, "3 M")
    gap = value(at, "Log-likelihood") - value(at, "lower bound")
    assert gap == pytest.approx(value(at, "gap"), abs=2e-4)
    assert gap > 0


def test_equations_follow_the_film_the_point_and_the_component():
    at = to_frame(open_lesson("em"), "2 E")
    x = registry.default("geyser").values if not GEYSER else registry.load("old_faithful").values
    step = _steps(at, x)[2]
    assert f"{{{step.responsibilities[2, 0]:.4f}}}" in equations(at)[0]
    at = turn(unfold(at, "more"), part="2 diamond", point=100)
    assert r"\gamma_{100,2}" in equations(at)[0]
    assert f"{{{step.responsibilities[99, 1]:.4f}}}" in equations(at)[0]
    mean = step.responsibilities[:, 1] @ x / step.responsibilities[:, 1].sum()
    assert rf"\binom{{{mean[0]:.5g}}}{{{mean[1]:.5g}}}" in equations(at)[1]


def _steps(at, x):
    handles = [h for h in stage_data(at)["handles"] if h["id"] != "point"]
    means = np.array([[h["x"], h["y"]] for h in handles])
    k = len(means)
    width = np.eye(2) if at.session_state["kept:em"]["values"]["width"] == "one" else np.cov(
        x.T, bias=True
    )  # fmt: skip
    return list(em_steps(x, Mixture(np.full(k, 1 / k), means, [width] * k), "full", 1e-6, 1e-4))


def test_a_dragged_start_is_the_learners_own_and_goes_into_the_address():
    at = drag(open_lesson("em"), "s1", 4.2, 81.0)
    assert address(at)["start"] == "hand"
    means = [float(v) for v in address(at)["means"].split(",")]
    assert means[2:] == pytest.approx([4.2, 81.0])
    again = open_lesson("em", **{k: v for k, v in address(at).items() if k != "lang"})
    same_figure(figure(again), figure(at), 1e-6, 1e-6)  # places travel with nine digits
    assert words(again) == words(at)


def test_a_start_can_be_typed():
    at = turn(wide(), part="2 diamond")
    at.number_input(key="em.mean1").set_value(70.0)
    at = healthy(at.run())
    assert stage_data(at)["handles"][1]["y"] == pytest.approx(70.0)
    assert address(at)["start"] == "hand"


def test_the_point_handle_snaps_to_the_nearest_point():
    at = open_lesson("em")
    frames = figure(at)["data"][0]
    at = drag(at, "point", frames["x"][40] + 1e-3, frames["y"][40] + 1e-3)
    point = int(address(at)["point"])
    assert frames["x"][point - 1] == pytest.approx(frames["x"][40])
    assert frames["y"][point - 1] == pytest.approx(frames["y"][40])
    assert rf"\gamma_{{{point},1}}" in equations(at)[0]


def test_the_place_on_the_film_survives_a_change_of_the_start():
    at = to_frame(open_lesson("em"), "3 M")
    at = turn(at, start="Spread out (k-means++)")
    assert stage_data(at)["frames"][stage_data(at)["start"]]["name"] == "3 M"


def test_where_the_film_rests_is_in_the_address():
    at = scrub(open_lesson("em"), 9)
    assert address(at)["frame"] == "9"
    assert stage_data(open_lesson("em", frame="9"))["start"] == 9


def test_hand_set_means_follow_a_change_of_k():
    at = drag(open_lesson("em"), "s0", 2.0, 55.0)
    for k in (5, 1, 6, 3):
        at = turn(at, k=k)
        handles = stage_data(at)["handles"]
        assert len(handles) == k + 1
        assert (handles[0]["x"], handles[0]["y"]) == (2.0, 55.0)


@pytest.mark.parametrize("kind", ["full", "tied", "diagonal", "round"])
def test_checked_agrees_with_scikit_learn(kind):
    at = unfold(turn(wide(), type=kind, k=3, start="Spread out (k-means++)"), "checked")
    lines = [m.value for m in at.markdown if m.value.startswith("- ") and "ifference" in m.value]
    assert len(lines) == 5
    for line in lines:
        assert float(line.rsplit(" ", 1)[1]) < 1e-6, line


@needs_geyser
def test_the_same_end_as_scikit_learn_computed_here():
    at = to_frame(open_lesson("em"), "10 M")
    x = registry.load("old_faithful").values
    theirs = GaussianMixture(
        2, tol=1e-4, reg_covar=1e-6, weights_init=[0.5, 0.5], random_state=0,
        means_init=[[0, 50], [0, 100]], precisions_init=[np.eye(2)] * 2,
    ).fit(x)  # fmt: skip
    assert value(at, "Log-likelihood") == pytest.approx(theirs.score(x), abs=5e-5)
    assert theirs.n_iter_ == 10


def test_columns_hold_the_points_with_the_responsibilities_of_the_frame():
    at = to_frame(open_lesson("em"), "2 E")
    held = columns(at)
    total = held["responsibility 1"] + held["responsibility 2"]
    np.testing.assert_allclose(total, 1)
    assert list(held["half-step"][:3]) == ["0", "1 E", "1 M"]
    assert (np.diff(held["log-likelihood per point"]) > -1e-6).all()


# ---- the failures and their mends


@needs_geyser
def test_collapse_one_click_away_and_two_mends():
    at = press(open_lesson("em"), "fail.lonely")
    assert any("Component 1 has collapsed" in box.value for box in at.warning)
    assert "without limit" in words(at)
    assert tasks_done(at) == 0
    at = press(at, "mend.floor")
    assert not at.warning
    assert "-4.1579 nats per point" in reading(at)  # the floor costs a little
    assert tasks_done(at) == 1
    at = press(open_lesson("em"), "fail.lonely")
    at = press(at, "mend.fewer")
    assert not at.warning
    assert "-4.7419 nats per point" in reading(at)
    at = press(press(open_lesson("em"), "fail.lonely"), "mend.start")
    assert "-4.1554 nats per point" in reading(at)


@needs_geyser
def test_a_floor_that_is_too_small_leaves_an_island():
    at = turn(press(wide(), "fail.lonely"), reg="1e-06")
    assert any("lives on 2.0 points" in box.value for box in at.warning)
    assert tasks_done(at) == 0


def test_identical_starts_never_part_until_nudged():
    at = press(open_lesson("em"), "fail.same")
    assert any("never part" in box.value for box in at.warning)
    one = turn(open_lesson("em"), k=1)
    single = re.search(r"Log-likelihood (-[\d.]+) nats per point, ", reading(one))[1]
    assert f"stays at {single}" in at.warning[0].value
    if GEYSER:
        assert single == "-4.7419"
    at = press(at, "mend.nudge")
    assert not at.warning
    if GEYSER:
        assert "-4.1554 nats per point" in reading(at)


def test_the_limit_of_iterations_is_said():
    at = turn(wide(), limit="10", tol="1e-08", k=4, start="Spread out (k-means++)")
    assert "stopped by the limit of 10 iterations" in reading(at)


def test_what_a_floor_costs_is_said():
    at = wide()
    assert "fell by" not in reading(at)
    if GEYSER:
        assert "fell by up to 0.1805" in reading(turn(at, start="Random points", reg="1"))


def test_questions_set_the_stage():
    at = answer(open_lesson("em"), "twins", 1)
    assert any("never part" in box.value for box in at.warning)
    at = answer(turn(at, k=3), "touch", 1)
    assert stage_data(at)["frames"][stage_data(at)["start"]]["name"] == "2 M"
    assert len(stage_data(at)["handles"]) == 3  # two starts and the point


@needs_geyser
def test_a_good_start_by_hand_ticks_the_first_task():
    at = open_lesson("em")
    at = drag(drag(at, "s0", 2.0, 54.0), "s1", 4.3, 80.0)
    assert tasks_done(at) == 1
    assert re.search(r"Settled\*\* after [1-6] iterations", reading(at))


# ---- the other views


@needs_geyser
def test_how_many_components_for_old_faithful():
    at = turn(open_lesson("em"), view="How many components")
    for k, bic in ((1, 2607.6), (2, 2322.2), (3, 2324.2), (4, 2341.0)):
        at = turn(at, k=k)
        assert value(at, "BIC") == bic
        assert rf"\mathbf{{{bic:.1f}"[:-1] in equations(at)[0]
    assert tasks_done(at) == 0
    at = turn(at, type="tied", k=3)
    assert value(at, "log-likelihood") == pytest.approx(-1126.32, abs=0.011)
    assert r"\mathbf{2314.30}" in equations(at)[0]
    assert tasks_done(at) == 1
    assert "lowest for tied with K = 3: 2314.3" in words(at)


def test_from_the_curve_over_k_to_the_film():
    at = scrub(turn(open_lesson("em"), view="How many components"), 2)
    assert address(at)["k"] == "3"
    at = press(at, "watch_k")
    assert stage_data(at)["film"] == "Iteration"
    assert len(stage_data(at)["handles"]) == 4


def test_many_starts_and_one_of_them_on_the_stage():
    at = turn(turn(open_lesson("em"), view="Many starts"), k=3, starts="20")
    data = stage_data(at)
    assert len(data["frames"]) == 20
    heights = [float(re.search(r"log-likelihood (-[\d.]+)", s)[1]) for s in data["summaries"]]
    assert heights == sorted(heights, reverse=True)
    assert f"{heights[0]:.4f} nats per point" in reading(at)
    at = scrub(at, 11)
    assert address(at)["rank"] == "11"
    at = press(at, "watch")
    assert address(at)["start"] == "hand"
    *_rest, last = stage_data(at)["summaries"]
    end = float(re.search(r"Log-likelihood (-[\d.]+\d)", last)[1])
    assert end == pytest.approx(heights[11], abs=2e-4)


@needs_geyser
def test_hard_and_soft():
    at = turn(open_lesson("em"), view="Hard or soft")
    from sklearn.cluster import KMeans

    x = registry.load("old_faithful").values
    theirs = KMeans(2, init=[[0, 50], [0, 100]], n_init=1, tol=0, algorithm="lloyd").fit(x)
    assert f"{theirs.inertia_:.5g}" in equations(at)[1]
    assert "varies 11.9 times as much as eruption length" in words(at)
    at = turn(at, scaled=True)
    assert "in its own standard deviation" in words(at)
    lines = [m.value for m in unfold(at, "checked").markdown if "KMeans" in m.value]
    assert float(lines[0].rsplit(" ", 1)[1]) < 1e-6


# ---- the script taken home, in every view


@pytest.mark.parametrize(
    "moves",
    [
        {"k": 3, "start": "Random points", "type": "tied"},
        {"start": "One narrow, on the loneliest point"},
        {"view": "How many components", "k": 2},
        {"view": "Many starts", "k": 2, "starts": "10"},
        {"view": "Hard or soft", "scaled": True},
    ],
    ids=["run", "collapse", "choose", "restarts", "hard"],
)
def test_the_script_draws_the_very_figure(moves):
    at = wide()
    for name, position in moves.items():
        at = turn(at, **{name: position})
    same_figure(run_script(script(at))["figure"], figure(at))
    assert all(len(v) for v in columns(at).values())


# ---- the learner's own data


def test_three_points():
    at = own_data(open_lesson("em"), [[0, 1], [2, 5], [3, -4]])
    for k in (1, 2, 6):
        at = turn(at, k=k)
        assert stage_data(at)["frames"]


@pytest.mark.parametrize("view", ["One run", "How many components", "Many starts", "Hard or soft"])
@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_other_units(view, scale):
    generator = np.random.default_rng(1)
    x = np.concatenate([generator.normal(m, 1, (40, 2)) for m in (0, 6)]) * [scale, 1 / scale]
    at = turn(own_data(open_lesson("em"), x), view=view)
    assert stage_data(at)["frames"]


def test_other_data_begin_afresh():
    at = drag(open_lesson("em"), "s0", 1.0, 90.0)
    x = np.random.default_rng(2).normal((500, -3), (9, 0.2), (60, 2))
    at = own_data(at, x)
    assert "start" not in address(at) or address(at)["start"] == "spread"
    for handle in stage_data(at)["handles"]:
        assert x[:, 0].min() <= handle["x"] <= x[:, 0].max()


def test_fifty_thousand_points_still_answer():
    generator = np.random.default_rng(3)
    x = np.concatenate([generator.normal(m, (1, 3), (25_000, 2)) for m in ((0, 0), (5, 9))])
    at = own_data(open_lesson("em"), x)
    assert "5,000 of your 50,000 points" in reading(at)
    assert "500 of them are drawn" in reading(at)
    assert len(figure(at)["data"][0]["x"]) == 500
    assert "**Settled**" in reading(at)


def test_korean():
    at = open_lesson("em", "ko")
    assert "자리를 잡았습니다" in reading(at)
    assert "M 단계" in words(at)
    at = press(at, "fail.lonely")
    if GEYSER:
        assert "무너졌습니다" in at.warning[0].value


# ---- the fold "More"


@needs_geyser
def test_a_closed_fold_keeps_what_was_set_in_it():
    at = turn(wide(), type="tied", tol="1e-06", limit="200", seed=5, width="as wide as the data")
    there = words(at)
    at.session_state["em.more"] = False
    at = healthy(at.run())
    assert not [box for box in at.select_slider if box.key == "em.tol"]
    assert words(at) == there
    assert address(at) | {"lang": "en"} == {
        "type": "tied", "tol": "1e-06", "limit": "200", "seed": "5", "width": "data", "lang": "en"
    }  # fmt: skip
    assert words(open_lesson("em", **address(at))) == there
    assert words(turn(unfold(at, "more"), type="round")) != there


@pytest.mark.parametrize("view", ["One run", "How many components", "Many starts"])
def test_every_control_under_more_at_its_extremes(view):
    at = turn(wide(), view=view)
    shown = [knob for knob in knobs(at) if knob.key not in ("em.view", "em.k", "em.start")]
    assert len(shown) >= 3
    for knob in shown:
        name = knob.key.split(".", 1)[1]
        for end in knob.ends:
            if name != "seed" or view == "One run":
                speaks(turn(at, **{name: end}))


def test_an_address_that_makes_no_sense_is_ignored():
    plain_page = open_lesson("em")
    odd = open_lesson(
        "em", k="99", means="1,x", start="nowhere", type="cubic", tol="-1", frame="-3", part="9"
    )
    assert words(odd) == words(plain_page)
    assert stage_data(open_lesson("em", start="hand", means="1,2,3"))["frames"]
