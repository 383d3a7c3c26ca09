"""`guidance` as a learner uses it: pictures that arrive, arrows that add up, clouds that stray."""

import json
import re
import time
from functools import lru_cache
from itertools import pairwise

import numpy as np
import pytest

from explorer import checkpoints, inference
from explorer.figures import guidance as figures
from explorer.metrics import tilted
from explorer.models.diffusion.guidance import Window
from explorer.sampling import seeds, start_noise
from explorer.ui import networks
from tests.pages.helpers import (
    _protos,
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

SHOWS = ("pictures", "arrows", "plane")
PATIENCE = 240  # seconds for sampling on a busy machine


def strip(at) -> dict:
    """What the film of pictures was given."""
    (proto,) = _protos(at, "explorer_filmstrip")
    return json.loads(proto.json)


def told(at, gamma: float) -> str:
    """What is said of the pictures at one gamma."""
    return strip(at)["summaries"][figures.FINE.index(gamma)]


def sampled(at, *gammas: float):
    """Wait until these are there (all that were asked for, if none is named); then let go."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        healthy(at.run())
        run = at.session_state["guidance.sampling"]
        names = [told(at, gamma) for gamma in gammas]
        if (
            run is None
            or run.job.over
            or (gammas and all("correlate at" in name for name in names))
        ):
            assert run is None or run.job.error is None
            return at
        time.sleep(0.2)
    raise AssertionError("the pictures never came")


def let_go(at) -> None:
    """Stop what is under way, so that other tests have the processor."""
    run = at.session_state["guidance.sampling"]
    if run is not None:
        run.job.stop()


def settle(at, gamma: float):
    """Let the film rest at gamma, as the browser reports it."""
    from streamlit.proto.WidgetStates_pb2 import WidgetState

    (proto,) = _protos(at, "explorer_filmstrip")
    report = json.dumps([{"event": "scrubbed", "value": figures.FINE.index(gamma)}])
    states = at._tree.get_widget_states()
    name = f"$$STREAMLIT_INTERNAL_KEY_{proto.id}__events"
    states.widgets.append(WidgetState(id=name, json_trigger_value=report))
    return healthy(at._run(states))


@lru_cache
def by_hand(gamma: float, label: int = 7, first: int = 1000) -> np.ndarray:
    """The sixteen pictures of the default seed with DDIM written out: (16, 784) in [-1, 1]."""
    net = inference.load("diffusion-mnist")
    x = np.stack([start_noise(start, 784) for start in seeds(0, 16)])
    times, labels = net.model.schedule.times(25), np.full(16, label)
    for t, s in pairwise(times):
        a, b = net.model.schedule.abar[[t, s]]
        c, now = net.noise(x, t, labels), gamma if t <= first else 1.0
        u = net.noise(x, t)
        eps = (1 - now) * u + now * c
        clean = np.clip((x - np.sqrt(1 - a) * eps) / np.sqrt(a), -1, 1)
        x = np.sqrt(b) * clean + np.sqrt(1 - b) * (x - np.sqrt(a) * clean) / np.sqrt(1 - a)
    return x


# ------------------------------------------------------------------------- pictures


def test_the_first_view_is_never_empty_and_the_default_comes_first():
    at = open_lesson("guidance", seed="4711")
    data = strip(at)
    assert data["kind"] == "strip" and data["count"] == 41 and data["grows"]
    assert data["sheet"] and data["grid"] == [4, 4] and data["start"] == 8
    assert "not sampled yet" in told(at, 2.0)
    sampled(at, 2.0)
    assert "not sampled yet" in told(at, 10.0), "the chosen one should be there before the others"
    assert strip(at)["sheet"] != data["sheet"]
    assert strip(at)["start"] == 8
    let_go(at)


@pytest.mark.parametrize(("gamma", "first"), [(2.0, 1000), (0.0, 1000), (4.0, 400)])
def test_the_pictures_are_those_of_the_sampler_by_hand(gamma, first):
    at = sampled(open_lesson("guidance", gamma=f"{gamma:g}", first=str(first)), gamma)
    let_go(at)
    x = np.clip((by_hand(gamma, first=first) + 1) / 2, 0, 1)
    p = inference.load("classifier-mnist").probabilities(x)
    found = told(at, gamma)
    right, sure, alike, ink = re.search(
        r"sees it in (\d+) of 16 .* gives it (\S+) %.* correlate at (\S+) .* and (\S+) % of",
        found,
    ).groups()
    assert abs(int(right) - int((p.argmax(1) == 7).sum())) <= 1
    assert float(sure) == pytest.approx(100 * p[:, 7].mean(), abs=2)
    pairs = np.corrcoef(x)[np.tril_indices(16, -1)]
    assert float(alike) == pytest.approx(pairs.mean(), abs=0.02)
    assert float(ink) == pytest.approx(100 * x.mean(), abs=0.4)
    offered = columns(at)[f"pixels at gamma {gamma:g}"].reshape(16, 784)
    assert np.abs(np.clip((offered + 1) / 2, 0, 1) - x).mean() < 0.01


def test_between_two_gammas_there_is_a_blend_until_it_is_asked_for():
    at = sampled(open_lesson("guidance"), 2.0, 3.0)
    assert "blended from γ = 2 and γ = 3" in told(at, 2.5)
    settle(at, 2.5)
    assert address(at)["gamma"] == "2.5" and strip(at)["start"] == 10
    assert "γ = 2.5" in words(at)
    sampled(at, 2.5)
    assert "correlate at" in told(at, 2.5)
    let_go(at)


def test_the_other_convention_renames_and_changes_no_picture():
    at = sampled(open_lesson("guidance"), 2.0)
    let_go(at)
    healthy(at.run())
    before, line = strip(at), equations(at)
    turn(at, dial="w = γ − 1")
    after = strip(at)
    assert before["sheet"] == after["sheet"] and before["start"] == after["start"]
    assert (before["film"], after["film"]) == ("γ", "w")
    assert before["names"][:3] == ["= 0", "= 0.25", "= 0.5"]
    assert after["names"][:3] == ["= −1", "= −0.75", "= −0.5"]
    assert words(at).startswith("w = 1:") and "w = 1" in told(at, 2.0)
    assert "(1 +" in equations(at)[0] and equations(at)[1].split("=")[-1] == line[1].split("=")[-1]
    slider = next(s for s in at.slider if s.key == "guidance-w")
    healthy(slider.set_value(4.0).run())
    assert address(at)["gamma"] == "5" and words(at).startswith("w = 4:")
    turn(at, dial="γ")
    assert at.slider(key="guidance.gamma").value == 5
    let_go(at)


def test_the_norms_in_the_formula_are_those_of_the_two_answers():
    at = open_lesson("guidance", gamma="3")
    let_go(at)
    net, x = inference.load("diffusion-mnist"), start_noise((0, 0, 0.0), 784)[None]
    a, b = net.model.schedule.abar[[1000, 500]]
    clean = np.clip((x - np.sqrt(1 - a) * net.noise(x, 1000)) / np.sqrt(a), -1, 1)
    x = np.sqrt(b) * clean + np.sqrt(1 - b) * (x - np.sqrt(a) * clean) / np.sqrt(1 - a)
    u, c = net.noise(x, 500), net.noise(x, 500, np.array([7]))
    shown = [float(v) for v in re.findall(r"\d+\.\d\d", equations(at)[1])]
    change = np.linalg.norm(c - u)
    expected = [np.linalg.norm(u), change, 3 * change, np.linalg.norm(u + 3 * (c - u))]
    np.testing.assert_allclose(shown, expected, rtol=1e-3, atol=0.006)


def test_a_window_and_a_negative_label_are_told():
    at = open_lesson("guidance", first="400", last="200", negative="1")
    assert "outside of the window" in equations(at)[1] and r"\text{1}" in equations(at)[0]
    turn(at, first=100)
    assert "It ends before it begins" in reading(at)
    let_go(at)


def test_clothes_and_all_classes_in_turn():
    at = open_lesson("guidance", set="fashion", label="all")
    box = at.selectbox(key="guidance.label")
    assert "ankle boot" in box.options and box.value == "all"
    sampled(at, 2.0)
    assert "Asked for its own class" in told(at, 2.0)
    let_go(at)


def test_too_much_is_caused_and_mended():
    at = sampled(open_lesson("guidance", gamma="8"), 8.0)
    assert "(0 of 3" in reading(at)
    sampled(turn(at, gamma=2.0), 2.0)
    assert "(1 of 3" in reading(at)
    let_go(at)


def test_the_curve_is_that_of_the_card():
    at = open_lesson("guidance", gamma="3")
    let_go(at)
    metrics = checkpoints.read_card("diffusion-mnist")["metrics"]
    if "along gamma" not in metrics:
        assert "have not been measured yet" in words(at)
        return
    here = metrics["along gamma"]["3"]
    assert f"{here['accuracy (%)']:.1f} % are of the class" in words(at)
    assert f"recall {here['recall']:.3f}" in words(at)
    np.testing.assert_allclose(
        columns(at)["frechet"],
        [metrics["along gamma"][g]["Fréchet distance"] for g in metrics["along gamma"]],
    )


def test_a_measured_card_draws_its_curve(monkeypatch):
    """Whether or not the weights that lie there have been measured."""
    along = {
        f"{g:g}": {"accuracy (%)": 90.0 + g, "Fréchet distance": 5 + g, "precision": 0.8 + g / 100,
                   "recall": 0.9 - g / 20} for g in (0, 1, 3, 8)
    }  # fmt: skip
    real = {"2000": {"Fréchet distance": 2.0, "precision": 0.9, "recall": 0.9}}
    card = {"along gamma": along, "samples": {"along gamma": 2000}, "real pictures": real}
    load = networks.network

    def measured(name: str):
        net = load(name)
        if not name.startswith("diffusion"):
            return net
        return inference.Network(
            net.model, {**net.card, "metrics": {**net.card["metrics"], **card}}
        )

    monkeypatch.setattr(networks, "network", measured)
    at = open_lesson("guidance", gamma="2", fidelity="accuracy")
    let_go(at)
    assert "92.0 % are of the class" in words(at) and "recall 0.800" in words(at)
    diamond = next(t for t in figure(at)["data"] if t.get("marker", {}).get("symbol") == "diamond")
    assert diamond["x"] == [pytest.approx(0.8)] and diamond["y"] == [pytest.approx(92)]


# ------------------------------------------------------------------------- three arrows


def pairs(text: str) -> np.ndarray:
    """Every (a, b) in a text."""
    found = re.findall(r"\((-?\d+\.\d+), (-?\d+\.\d+)\)", text)
    return np.array(found, dtype=float)


def test_dragging_the_point_moves_the_arrows():
    at = drag(open_lesson("guidance", show="arrows"), "x", -1.3, 2.1)
    assert address(at)["px"] == "-1.3" and address(at)["py"] == "2.1"
    found = tilted.arrows(figures.EXACT, 0, np.array([[-1.3, 2.1]]), 250)
    place, u, c, both = pairs(words(at))
    np.testing.assert_allclose(place, [-1.3, 2.1])
    np.testing.assert_allclose(u, found.unconditional[0], atol=0.006)
    np.testing.assert_allclose(c, found.classifier[0], atol=0.006)
    np.testing.assert_allclose(both, found.conditional[0], atol=0.006)
    s = figures.EXACT.schedule.noise(250)
    eps_u, eps_c, again, guided = pairs(equations(at)[1])
    np.testing.assert_allclose(eps_u, -s * found.unconditional[0], atol=0.006)
    np.testing.assert_allclose(guided, -s * found.guided(2)[0], atol=0.006)
    np.testing.assert_allclose(eps_u, again)
    np.testing.assert_allclose(eps_c, -s * found.conditional[0], atol=0.006)
    assert at.number_input(key="guidance.px").value == -1.3


def test_the_slider_under_the_arrows_is_gamma_or_w():
    at = scrub(open_lesson("guidance", show="arrows"), 20)
    assert address(at)["gamma"] == "5" and words(at).startswith("γ = 5")
    live = stage_data(at)["live"]
    assert live["name"] == "γ" and live["values"][live["index"]] == 5
    turn(at, dial="w = γ − 1")
    live = stage_data(at)["live"]
    assert live["name"] == "w" and live["values"][live["index"]] == 4 and live["values"][0] == -1


def test_the_network_is_beside_the_exact_arrows():
    at = open_lesson("guidance", show="arrows", px="1.2", py="-0.4", of="2", gamma="3")
    place, net = np.array([[1.2, -0.4]]), inference.load("points-blobs")
    u, c = net.noise(place, 250)[0], net.noise(place, 250, np.array([1]))[0]
    exact = figures.EXACT.schedule.noise(250) * tilted.arrows(figures.EXACT, 1, place, 250).guided(
        3
    )
    miss = float(np.linalg.norm(u + 3 * (c - u) + exact[0]))
    assert f"ends {miss:.2f} from the exact one" in words(at)
    turn(at, net=False)
    assert "from the exact one" not in words(at)


def test_a_silent_place_is_found():
    at = open_lesson("guidance", show="arrows", gamma="6")
    assert "(0 of 3" in reading(at)
    assert "(1 of 3" in reading(drag(at, "x", -4.0, -3.0))


def test_the_reveal_of_off_shows_gamma_1():
    at = answer(open_lesson("guidance"), "off", 1)
    assert address(at)["show"] == "arrows" and words(at).startswith("γ = 1.")
    length, plain = re.search(
        r"arrow is (\S+) long, the conditional one (\S+) ", words(at)
    ).groups()
    assert length == plain
    let_go(at)


# ------------------------------------------------------------------------- where it goes


def test_the_cloud_and_its_numbers():
    at = open_lesson("guidance", show="plane", gamma="4", of="3", seed="5", first="600")
    found = tilted.film(figures.EXACT, 2, (4.0,), 5, Window(600, 0))
    assert f"(MMD) is {found.mmd[0, 0]:.3f}; two exact draws of this size differ by " in words(at)
    assert f"spread of {found.spreads[0, 0]:.2f};" in words(at)
    data = stage_data(at)
    assert data["frames"][data["start"]]["name"] == "4"
    cloud = next(
        t for t in figure(at)["data"] if t.get("marker", {}).get("symbol") == "diamond-open"
    )
    np.testing.assert_allclose(cloud["x"], found.clouds[0, :, 0], rtol=1e-5)
    assert f"{found.z[0]:.3f}" in equations(at)[0]


def test_scrubbing_the_plane_keeps_gamma():
    at = scrub(open_lesson("guidance", show="plane"), 12)
    assert address(at)["gamma"] == "6" and words(at).startswith("γ = 6.")
    turn(at, gamma=2.25)
    data = stage_data(at)
    assert data["frames"][data["start"]]["name"] == "2.25" and len(data["frames"]) == 22


def test_samples_of_the_network_are_drawn():
    at = open_lesson("guidance", show="plane", cloud="1", gamma="3", seed="2")
    net = inference.load("points-blobs")
    expected = tilted.learned_clouds(net.noise, net.model.schedule, 0, (3.0,), 2)[0]
    blue = figure(at)["data"][2]
    assert len(blue["x"]) == 150
    np.testing.assert_allclose(blue["x"], expected[:, 0], atol=1e-3)


def test_the_honest_setting_is_found_in_w():
    at = turn(open_lesson("guidance", show="plane"), gamma=1.0)
    assert "(0 of 3" in reading(at)
    assert "(1 of 3" in reading(turn(at, dial="w = γ − 1"))


# ------------------------------------------------------------------------- all views


@pytest.mark.parametrize("show", SHOWS)
@pytest.mark.parametrize("dial", ["gamma", "w"])
def test_a_script_draws_the_same_picture(show, dial):
    at = open_lesson("guidance", "ko", show=show, dial=dial, gamma="3.25", cloud="1")
    same_figure(run_script(script(at))["figure"], figure(at), rtol=1e-6)
    if show == "pictures":
        let_go(at)


def test_the_script_samples_the_same_pictures():
    at = sampled(open_lesson("guidance", negative="1"), 2.0)
    let_go(at)
    made = run_script(script(at))["pictures"]()
    shown = columns(at)["pixels at gamma 2"]
    assert np.abs(np.round(made, 4).ravel() - shown.ravel()).mean() < 0.01


@pytest.mark.parametrize("show", SHOWS)
@pytest.mark.parametrize("gamma", ["0", "2", "10"])
def test_the_numbers_agree_with_what_they_are_checked_against(show, gamma):
    at = unfold(open_lesson("guidance", show=show, gamma=gamma), "checked")
    lines = [m.value for m in at.markdown if "Difference" in m.value]
    assert len(lines) >= 2
    for line in lines:
        ours, theirs = (float(v) for v in re.findall(r": (-?[\d.]+(?:e[-+]\d+)?)\. ", line))
        assert ours == pytest.approx(theirs, rel=0.02, abs=2e-3), line
    if show == "pictures":
        let_go(at)


def test_without_the_networks_the_page_stays_calm(monkeypatch, tmp_path):
    load = networks.network

    def gone(name: str):
        if name.startswith(("diffusion", "points")):
            checkpoints_missing(name)
            return None
        return load(name)

    def checkpoints_missing(name: str) -> None:
        import streamlit as st

        st.warning(name)

    monkeypatch.setattr(networks, "network", gone)
    at = open_lesson("guidance")
    assert any("the other two views need none" in box.value for box in at.info)
    for view in ("Three arrows", "Where it goes"):
        turn(at, show=view)
        assert figure(at)["data"]


def test_start_over_and_back_to_the_pictures():
    at = open_lesson("guidance", gamma="6", show="plane")
    turn(at, show="Pictures")
    assert strip(at)["start"] == 24
    press(at, "reset")
    assert strip(at)["start"] == 8 and set(address(at)) <= {"lang"}
    let_go(at)
