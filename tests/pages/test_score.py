"""`score`: the exact field, one particle and a swarm, training in the page, four names."""

import re

import numpy as np
import pytest

from explorer.checkpoints import FOLDER
from explorer.data import registry
from explorer.figures import score_world as worlds
from explorer.figures.score_world import SCHEDULE, world
from explorer.training import small_points, worker
from explorer.ui import networks
from tests.pages.helpers import (
    address,
    columns,
    drag,
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

LONG = 120.0  # seconds, far more than a run needs
READY = pytest.mark.skipif(
    not (FOLDER / "points-eight-gaussians.json").is_file(), reason="its recipe has not been run"
)


def load(name: str) -> worlds.World:
    table = registry.load(name)
    return world(name, table.values, table.labels)


def done(at) -> set:
    return at.session_state["tasks:score"]


def train(at):
    press(at, "train")
    job = list(at.session_state["runs:score"].values())[-1]
    end = worker.time.monotonic() + LONG
    while not job.over:
        assert worker.time.monotonic() < end
        job.poll()
        worker.time.sleep(0.01)
    assert job.state == "done", job.error
    return healthy(at.run())


def numbers(text: str) -> list[float]:
    return [float(v) for v in re.findall(r"-?\d+\.\d+", text)]


# ---- the field ---------------------------------------------------------------------------------


def test_the_first_view_is_exact():
    at = open_lesson("score")
    here, p = load("eight_gaussians"), np.array([[1.1, 0.2]])
    score, guess = here.score(p, 120)[0], here.clean(p, 120)[0]
    said = words(at)
    assert "t = 120 of 1000" in said and f"{100 * SCHEDULE.abar[120]:.1f} %" in said
    for v in (score, guess):
        assert f"({v[0]:.2f}, {v[1]:.2f})" in said
        assert rf"({v[0]:.2f},\,{v[1]:.2f})" in equations(at)[0]
    found = columns(at)
    x = np.column_stack([found["x"], found["y"]])
    np.testing.assert_allclose(found["score x"], here.score(x, 120)[:, 0])
    assert "repeat the data" not in said


@pytest.mark.parametrize("t", [1, 1000])
def test_any_time_by_slider_or_by_address(t):
    at = turn(open_lesson("score"), t=t)
    assert f"t = {t} of 1000" in words(at)
    again = open_lesson("score", t=str(t))
    same_figure(figure(again), figure(at))
    assert address(at)["t"] == str(t)


def test_the_live_slider_sets_the_time():
    at = open_lesson("score")
    live = stage_data(at)["live"]
    assert live["values"][live["index"]] == 120
    scrub(at, 0)
    assert "t = 1 of 1000" in words(at)
    scrub(at, 20)
    assert f"t = {live['values'][20]:.0f} of 1000" in words(at)
    turn(at, t=123)
    live = stage_data(at)["live"]
    assert live["values"][live["index"]] == 123


def test_the_particle_is_dragged_and_read():
    at = drag(open_lesson("score"), "p", -2.0, 9.0)
    assert address(at) == {"lang": "en", "px": "-2", "py": "3.5"}
    score = load("eight_gaussians").score(np.array([[-2.0, 3.5]]), 120)[0]
    assert f"({score[0]:.2f}, {score[1]:.2f})" in words(at)
    same_figure(run_script(script(at))["figure"], figure(at))


def test_other_sets_are_answered_as_finite_sets():
    at = open_lesson("score", data="moons")
    assert "only repeat the data" in words(at) and "300 of 1,000 points" in reading(at)
    same_figure(run_script(script(at))["figure"], figure(at))
    own = own_data(open_lesson("score"), [[1.0, 2.0], [3.0, 5.0], [2.0, 0.0]])
    assert "of these 3 points themselves" in words(own)
    assert "standardised" in figure(own)["layout"]["xaxis"]["title"]["text"]


@READY
def test_the_learned_field_is_judged_by_the_exact_one():
    at = turn(open_lesson("score", t="100"), beside=True)
    net = networks.inference.load("points-eight-gaussians")
    here = load("eight_gaussians")
    error = worlds.relative_error(here, net.noise, 100)
    assert f"off by {100 * error:.3g} %" in words(at)
    assert rf"\mathbf{{{100 * error:.3g}\,\%}}" in equations(at)[1]
    heat = next(trace for trace in figure(at)["data"] if trace["type"] == "heatmap")
    assert np.shape(heat["z"]) == (15, 15)
    found = columns(at)
    x = np.column_stack([found["x"], found["y"]])
    s = float(SCHEDULE.noise(100))
    np.testing.assert_allclose(found["learned score x"], -net.noise(x, 100)[:, 0] / s)
    same_figure(run_script(script(at))["figure"], figure(at))
    card = net.card["metrics"].get("relative error of the score at t")
    if card:
        assert f"stands {100 * card['100']:.3g} %" in words(at)
        assert error == pytest.approx(card["100"], rel=0.2)


@READY
def test_a_card_without_numbers_is_no_trouble(monkeypatch):
    load_ = networks.inference.load

    def bare(name):
        net = load_(name)
        return type(net)(net.model, net.card | {"metrics": {}})

    networks._load.clear()
    monkeypatch.setattr(networks.inference, "load", bare)
    at = turn(open_lesson("score", t="100"), beside=True)
    assert "off by" in words(at) and "card" not in words(at)
    networks._load.clear()


def test_a_damaged_checkpoint_is_one_notice_and_the_exact_field_stays(monkeypatch, tmp_path):
    from explorer.checkpoints import CheckpointError

    def broken(name: str, stamp: tuple) -> None:
        raise CheckpointError("no_weights", name, tmp_path / f"{name}.safetensors")

    monkeypatch.setattr(networks, "_load", broken)
    at = open_lesson("score", beside="1")
    assert len(at.warning) == 1 and "python -m explorer train" in at.warning[0].value
    assert "At (1.10, 0.20) the score is" in words(at)
    for view in ("follow", "names"):
        at = open_lesson("score", view=view, led="1")
        assert len(at.warning) == 1
        same_figure(run_script(script(at))["figure"], figure(at))


# ---- one particle ------------------------------------------------------------------------------


def test_a_film_leads_the_particle_and_the_swarm():
    at = turn(open_lesson("score"), view="Follow one")
    here = load("eight_gaussians")
    own = worlds.walk(here.noise, "ddim", np.array([[1.1, 0.2]]), SCHEDULE.times(50))
    data = stage_data(at)
    assert len(data["frames"]) == 41 and data["start"] == 40
    end = own.x[-1, 0]
    assert f"ended at ({end[0]:.2f}, {end[1]:.2f})" in words(at)
    swarm = worlds.walk(here.noise, "ddim", worlds.starts(0), SCHEDULE.times(50))
    assert f"real data is {here.mmd(swarm.x[-1]):.3f}" in words(at)
    scrub(at, 20)
    k = round(20 * 50 / 40)
    assert f"t = {own.times[k]}: your particle is at" in words(at)
    assert f"({own.x[k, 0, 0]:.2f}, {own.x[k, 0, 1]:.2f})" in words(at)
    assert rf"t = {own.times[k]} \to s = {own.times[k + 1]}" in equations(at)[1]
    assert address(at)["frame"] == "20"
    drag(at, "p", -1.0, 1.0)
    assert "(-1.00, 1.00)" in stage_data(at)["summaries"][0]
    same_figure(run_script(script(at))["figure"], figure(at))


@pytest.mark.parametrize("sampler", ["Heun", "DDPM", "Langevin"])
def test_every_sampler_is_exported(sampler):
    at = turn(open_lesson("score", view="follow", steps="10"), sampler=sampler)
    same_figure(run_script(script(at))["figure"], figure(at))
    assert len(stage_data(at)["frames"]) == 11


def test_one_small_level_gets_stuck_and_falling_noise_mends_it():
    at = turn(open_lesson("score", view="follow"), sampler="Langevin")
    assert "stuck" not in done(at)
    turn(at, levels="One small level")
    assert "Part 1 holds 9" in words(at) and "stuck" not in done(at)
    same_figure(run_script(script(at))["figure"], figure(at))
    turn(at, levels="Falling noise")
    assert "stuck" in done(at)


def test_a_swarm_in_all_clusters_is_not_stuck():
    at = turn(open_lesson("score", view="follow"), sampler="Langevin")
    turn(at, sampler="DDIM")
    turn(at, sampler="Langevin")
    assert "stuck" not in done(at)


def test_few_ancestral_steps_fail_and_more_mend_it():
    at = turn(open_lesson("score", view="follow"), sampler="DDPM")
    assert "few" not in done(at)
    turn(at, steps="3")
    assert "few" not in done(at)
    turn(at, steps="50")
    assert "few" in done(at)


def test_there_and_back_again():
    at = turn(open_lesson("score", view="follow"), home=True)
    here, p = load("eight_gaussians"), np.array([[1.1, 0.2]])
    miss = {}
    for sampler in ("DDIM", "Heun"):
        turn(at, sampler=sampler)
        own = worlds.there_and_back(here.noise, sampler.lower(), p, 50)
        miss[sampler] = worlds.missed(own)
        assert f"(1.10, 0.20) by {miss[sampler]:.4f}" in words(at)
        same_figure(run_script(script(at))["figure"], figure(at))
    assert miss["Heun"] < 0.2 * miss["DDIM"]
    curves = columns(at)
    assert (np.diff(curves["Heun"]) < 0).all() and len(curves["Heun"]) == len(worlds.COUNTS)


@pytest.mark.parametrize("view", ["field", "follow", "names"])
def test_what_was_compared_agrees(view):
    at = unfold(open_lesson("score", view=view, t="300"), "checked")
    lines = [m.value for m in at.markdown if m.value.startswith("- ")]
    assert len(lines) >= 2
    for line in lines:
        ours, theirs = (float(v) for v in re.findall(r": (-?[\d.]+(?:e[-+]\d+)?)\. ", line))
        assert ours == pytest.approx(theirs, rel=1e-2, abs=1e-2), line


# ---- training ----------------------------------------------------------------------------------


def test_a_network_is_trained_scrubbed_and_used_elsewhere():
    at = turn(open_lesson("score", width="32", updates="500"), view="Train")
    assert "Before the first update" in words(at) and not stage_data(at)["frames"]
    assert "learn" not in done(at)
    train(at)
    assert "After 500 updates" in words(at)
    here = load("eight_gaussians")
    last = list(small_points.train(here.x, here.pair[0], 500, 32, 0))[-1]
    assert f"real points is {last.moment.distance:.3f}" in words(at)
    assert f"{last.loss:.3f}" in equations(at)[0]
    assert last.moment.distance < 2 * here.floor and "learn" in done(at)
    scrub(at, 3)
    assert re.search(r"After \d updates", words(at))
    same_figure(run_script(script(at))["figure"], figure(at))
    unfold(at, "checked")
    assert "run again from the seed" in reading(at)

    turn(turn(at, view="Field"), beside=True)
    turn(at, net="Trained on this page")
    error = worlds.relative_error(here, last.moment.answer.noise, 120)
    assert f"off by {100 * error:.3g} %" in words(at) and "card" not in words(at)
    same_figure(run_script(script(at))["figure"], figure(at))
    turn(at, view="Names")
    eps = last.moment.answer.noise(np.array([[1.1, 0.2]]), 120)[0]
    assert f"({eps[0]:.2f}, {eps[1]:.2f})" in words(at)


def test_own_points_are_learned_on_the_page():
    angle = np.linspace(0, 6.2, 60)
    at = own_data(
        open_lesson("score", view="train", updates="500", width="16"),
        np.column_stack([170 + 9 * np.cos(angle), 0.01 * np.sin(angle)]),
    )
    turn(turn(at, view="Field"), beside=True)
    assert "No network has learned these data yet" in at.info[0].value
    turn(at, view="Train")
    train(at)
    assert "After 500 updates" in words(at)
    assert np.abs(columns(at)["sample x"]).max() < 6
    turn(at, view="Field")
    assert not at.info and "off by" in words(at)


# ---- four names --------------------------------------------------------------------------------


@READY
def test_four_names_of_one_answer():
    at = turn(open_lesson("score", t="250"), view="Names")
    net = networks.inference.load("points-eight-gaussians")
    eps = net.noise(np.array([[1.1, 0.2]]), 250)[0]
    a, s = float(SCHEDULE.signal(250)), float(SCHEDULE.noise(250))
    clean = (np.array([1.1, 0.2]) - s * eps) / a
    for v in (eps, clean, a * eps - s * clean, -eps / s):
        text = "(" + ", ".join(f"{round(x, 2) + 0.0:.2f}" for x in v) + ")"
        assert text in words(at)
    [gap] = re.findall(r"differ by (\S+) at most", words(at))
    assert 0 < float(gap) < 1e-12
    assert rf"\delta(\nabla\log p_t) = {0.1 / s:.3g}" in equations(at)[1]
    same_figure(run_script(script(at))["figure"], figure(at))


# ---- questions ---------------------------------------------------------------------------------


def test_questions_set_the_stage():
    at = open_lesson("score")
    healthy(at.radio(key="score.predict.far").set_value(1).run())
    assert "t = 900 of 1000" in words(at)
    healthy(at.radio(key="score.predict.stuck").set_value(1).run())
    assert "Part 1 holds 9" in words(at)
    [share] = re.findall(r"holds (\d+) %", words(at))
    assert int(share) > 90
