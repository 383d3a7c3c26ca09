"""The `denoise` lesson: films that arrive by themselves, the same by hand, and what a card says.

Whatever weights lie in `pretrained`, these hold: the oracles ask the same network.
"""

import json
import re
import shutil
import time

import numpy as np
import pytest

from explorer import checkpoints, inference, sampling
from explorer.figures import denoise as figures
from explorer.models.diffusion.schedule import linear
from explorer.models.geometry import way
from explorer.sampling import LIBRARY, Wish, kept, seeds, start_noise, walk
from explorer.training import worker
from explorer.ui import networks
from tests.pages.helpers import (
    _protos,
    address,
    answer,
    columns,
    equations,
    figure,
    healthy,
    open_lesson,
    press,
    reading,
    run_script,
    same_figure,
    script,
    stage_data,
    stages,
    turn,
    unfold,
)

LONG = 120.0  # seconds, far more than any film here needs
ABAR = linear().abar


def job(at) -> worker.Job | None:
    """The sampling under way for the page."""
    run = at.session_state["denoise.sampling"] if "denoise.sampling" in at.session_state else None
    return run.job if run is not None else None


def finished(at):
    """The page when its films have come to their end."""
    end = time.monotonic() + LONG
    while (work := job(at)) is not None and not work.over:
        assert time.monotonic() < end
        work.poll()
        time.sleep(0.01)
    assert work is None or work.state == "done", work.error
    return healthy(at.run())


def opened(lang: str = "en", **query: str):
    return finished(open_lesson("denoise", lang, **query))


def strip(at) -> dict:
    """What the film was given."""
    (proto,) = _protos(at, "explorer_filmstrip")
    return json.loads(proto.json)


def net(name: str = "diffusion-mnist") -> inference.Network:
    return inference.load(name)


def film(wish: Wish, name: str = "diffusion-mnist") -> list:
    return list(walk(net(name).model, wish))


SIX = Wish((-1,) * 6, seeds(0, 6))


# ---- the film -----------------------------------------------------------------------------------


def test_the_start_noise_is_there_before_the_network_has_answered(monkeypatch):
    """The page never waits: with the service held up, the film shows x_T and says so."""
    submitted, painted, paint = [], [], figures.film
    monkeypatch.setattr(sampling, "submit", lambda make: submitted.append(make) or Held())
    monkeypatch.setattr(figures, "film", lambda *given: painted.append(given) or paint(*given))
    at = open_lesson("denoise", seed="77001", steps="10")
    shown = strip(at)
    assert len(submitted) == 1 and shown["count"] == 11 and shown["grows"]
    assert set(shown["names"]) == {"= 1000"}
    assert "the network has not answered here yet" in shown["summaries"][0]
    assert at.get("progress") and at.button(key="denoise.halt")
    assert at.session_state["denoise.every"] == 0.3
    noise = np.stack([start_noise((77001 + n,) * 2 + (0.0,), 784) for n in range(6)])
    (frames, large) = painted[0]
    assert len(frames) == 11 and large == 0
    np.testing.assert_array_equal(frames[0].x, noise)


class Held(worker.Job):
    """A job that never gets its turn."""

    def __init__(self) -> None:
        super().__init__(lambda: iter(()), time.monotonic)


@pytest.mark.parametrize("sampler", figures.SAMPLERS)
def test_the_film_is_the_sampler_s_own(sampler):
    at = opened(sampler=sampler, steps="10", seed="3", label="4")
    wish = Wish((4,) * 6, seeds(3, 6), sampler, 10)
    looks = film(wish)
    shown = strip(at)
    assert shown["names"] == [f"= {look.t}" for look in looks] + ["= 0"]
    mine = LIBRARY.get((net().card["weights"]["sha256"], wish, 25))
    np.testing.assert_allclose(mine[-1].after, looks[-1].after, atol=1e-3)
    np.testing.assert_allclose(mine[4].noise, looks[4].noise, atol=1e-3)
    assert np.abs(looks[-1].after).max() <= 1.01  # the last step ends at the clipped guess


def test_another_film_for_another_seed_and_the_same_for_the_same():
    one, other, again = (strip(opened(seed=seed))["sheet"] for seed in ("5", "6", "5"))
    assert one == again != other


def test_long_walks_show_few_of_their_steps():
    at = open_lesson("denoise", steps="250")
    times = linear().times(250)
    stops = [times[n - 1] for n in kept(250, 25)] + [0]
    assert len(stops) == 26 and stops[0] == 1000
    assert strip(at)["count"] == 26
    assert strip(finished(at))["names"] == [f"= {t}" for t in stops]


def test_stopping_leaves_what_there_is_and_offers_to_begin_again():
    at = open_lesson("denoise", steps="1000", seed="501")
    end = time.monotonic() + LONG
    while len(job(at).poll()) < 60:
        assert time.monotonic() < end
        time.sleep(0.01)
    press(at, "halt")
    assert job(at).state == "stopped" and at.session_state["denoise.every"] is None
    names = strip(at)["names"]
    assert names[0] == "= 1000" and names[1] != "= 1000" and len(set(names)) < 26
    assert "Sample again" in [button.label for button in at.button]
    healthy(at.run())
    assert job(at).state == "stopped", "a stopped run stays stopped"
    turn(at, steps=10)
    assert strip(finished(at))["count"] == 11


def test_scrubbing_shows_the_numbers_of_that_step():
    for frame, (t, s) in ((0, (1000, 960)), (20, (200, 160)), (25, (40, 0))):
        at = open_lesson("denoise", at=str(frame))
        assert strip(at)["start"] == frame
        text = " ".join(equations(at))
        assert f"x_{{{t}}}" in text and f"x_{{{s}}} =" in text
        assert f"{np.sqrt(1 - ABAR[t]):.4g}" in text
        place = [tr for tr in figure(at)["data"] if tr.get("xaxis") == "x2"][2]
        assert place["x"] == [t if frame < 25 else 0]


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_the_curve_of_recognition_is_the_classifier_s(lang):
    at = opened(lang, seed="11", large="3")
    assert stages(at) == 2
    looks = film(Wish((-1,) * 6, seeds(11, 6)))
    judge = inference.load("classifier-mnist")

    def seen(x: np.ndarray) -> np.ndarray:
        return judge.probabilities((np.clip(x, -1, 1) + 1) / 2)

    final = seen(looks[-1].after)
    target = final[2].argmax()
    curve = next(t for t in figure(at, 1)["data"] if t.get("line", {}).get("width") == 3)
    expected = [seen(look.clean)[2, target] for look in looks] + [final[2, target]]
    np.testing.assert_allclose(curve["y"], expected, atol=0.01)
    moment = figures.settled(np.array(curve["y"]))
    told = stage_data(at, 1)["summary"]
    assert moment is None or f"t = {curve['x'][moment]:g}" in told.split("x_t")[0]
    assert str(target) in told


def test_a_label_is_what_the_curve_asks_for():
    at = opened(label="7", steps="10")
    assert "shows 7" in stage_data(at, 1)["summary"]
    at = opened(label="7", steps="10", set="fashion")
    assert "sneaker" in stage_data(at, 1)["summary"]


def test_the_weights_without_average_are_another_checkpoint():
    one, other = opened(seed="21", steps="10"), opened(seed="21", steps="10", ema="0")
    assert strip(one)["sheet"] != strip(other)["sheet"]
    assert "diffusion-mnist-last" in script(other) and "mnist-last" not in script(one)


# ---- what it costs ------------------------------------------------------------------------------


def test_the_curve_is_that_of_the_card():
    at = open_lesson("denoise", sampler="ddpm", steps="10")
    found = figures.quality(net().card["metrics"])
    told = stage_data(at)["summary"]
    assert "asks the network 10 times" in told
    lines = [t for t in figure(at)["data"] if t.get("mode") == "lines+markers"]
    assert len(lines) == len(found.curves)
    if not found.curves:
        assert "holds no measurements" in told
        return
    assert f"{found.at('ddpm', 10):.2f}" in told and f"{found.floor:.2f}" in told
    np.testing.assert_allclose(
        columns(at)["ddpm: Frechet distance"],
        [found.curves["ddpm"][n] for n in sorted(found.curves["ddpm"])],
    )


def test_the_equation_has_eta_s_noise():
    at = open_lesson("denoise", eta="0.5", at="10")
    t, s = linear().times(25)[10:12]
    sigma = 0.5 * np.sqrt((1 - ABAR[s]) / (1 - ABAR[t]) * (1 - ABAR[t] / ABAR[s]))
    assert f"= {sigma:.4g}" in equations(at)[2]


@pytest.mark.parametrize("kind", ["samplers", "weights"])
def test_walks_side_by_side(kind):
    at = opened(view="compare", compare=kind, steps="5", seed="31")
    shown = strip(at)
    assert shown["grid"] == [3 if kind == "samplers" else 2, 6] and shown["count"] == 6
    same_figure(run_script(script(at))["figure"], figure(at))
    names = run_script(script(at))
    ends = [names[f"film{n + 1}"]()[-1].after for n in range(shown["grid"][0])]
    starts = [names[f"film{n + 1}"]()[0].x for n in range(shown["grid"][0])]
    np.testing.assert_array_equal(starts[0], starts[1])
    assert np.abs(ends[0] - ends[1]).max() > 0.01


def test_ancestral_sampling_is_ddim_with_eta_one():
    at = unfold(opened(view="compare", steps="5"), "checked")
    (line,) = [m.value for m in at.markdown if "ifference" in m.value]
    ours, theirs = (float(v) for v in re.findall(r": (-?[\d.]+(?:e[-+]\d+)?)\. ", line))
    assert ours == pytest.approx(theirs, rel=1e-4)


# ---- between two seeds --------------------------------------------------------------------------


def test_the_ends_of_the_way_are_the_seeds_own_pictures():
    at = opened(view="between", seed="3", other="8", steps="10")
    films = run_script(script(at))["films"]()
    for end, seed in ((0, 3), (10, 8)):
        own = film(Wish((-1,), ((seed, seed, 0.0),), steps=10))
        for looks in films:  # along the sphere and straight
            np.testing.assert_array_equal(looks[0].x[end], own[0].x[0])
            np.testing.assert_allclose(looks[-1].after[end], own[-1].after[0], atol=1e-3)
    middles = [np.linalg.norm(looks[0].x[5]) for looks in films]
    assert middles[1] < 22 < 26 < middles[0]


def test_straight_noise_is_too_short():
    at = open_lesson("denoise", view="between", seed="3", other="8", share="0.5")
    a, b = (start_noise((s, s, 0.0), 784) for s in (3, 8))
    told = stage_data(at)["summary"]
    assert f"{np.linalg.norm((a + b) / 2):.2f} on the straight way" in told
    assert np.linalg.norm((a + b) / 2) < 22 < 26 < np.linalg.norm(way(a, b, 3, True)[1])
    np.testing.assert_allclose(
        columns(at)["length on the straight way"], np.linalg.norm(way(a, b, 11, False), axis=1)
    )
    assert f"{np.linalg.norm((a + b) / 2):.2f}" in equations(at)[1]
    assert address(turn(at, share=0.2))["share"] == "0.2" and strip(at)["start"] == 2


def test_the_same_seed_twice_is_no_way():
    at = opened(view="between", seed="4", other="4", steps="5")
    assert "by 0.00 at most" in reading(at)


# ---- tasks and questions ------------------------------------------------------------------------


def test_five_ancestral_steps_are_caused_and_mended():
    at = opened(sampler="ddpm", steps="5")
    assert "(0 of 3" in reading(at)
    assert "(0 of 3" in reading(finished(turn(at, steps=10)))
    turn(at, sampler="DDIM")
    assert "(1 of 3" in reading(finished(at))


def test_fresh_noise_tears_the_way_and_its_absence_mends_it():
    at = opened(view="between", eta="0.7", steps="5")
    assert "(0 of 3" in reading(at)
    torn = jump(at)
    assert "(1 of 3" in reading(finished(turn(at, eta=0.0)))
    assert torn > 1.5 * jump(at)


def jump(at) -> float:
    """How far neighbours lie apart, as the page says."""
    return float(re.search(r"differ by ([\d.]+) per pixel", reading(at))[1])


def test_the_moment_of_certainty_is_recognised():
    """Some picture becomes sure inside of the film; there and nowhere else the task is done."""
    at = opened(seed="11", steps="50")
    for large in range(1, 7):
        turn(at, large=large)
        curve = next(t for t in figure(at, 1)["data"] if t.get("line", {}).get("width") == 3)
        moment = figures.settled(np.array(curve["y"]))
        if moment is not None and 0 < moment < 25:
            break
    else:
        pytest.skip("no picture of this seed becomes sure inside of the film")
    aside = moment - 1 if moment > 1 else moment + 1
    settings = {"seed": "11", "steps": "50", "large": str(large)}
    assert "(0 of 3" in reading(opened(at=str(aside), **settings))
    assert "(1 of 3" in reading(opened(at=str(moment), **settings))


def test_questions_set_the_stage():
    at = answer(open_lesson("denoise", sampler="ddpm"), "calls", 1)
    assert address(at)["steps"] == "50" and "sampler" not in address(at)
    at = answer(open_lesson("denoise", view="between"), "first", 2)
    assert "view" not in address(at) and strip(at)["start"] == 0


# ---- checked, taken home, calm ------------------------------------------------------------------


@pytest.mark.parametrize("sampler", figures.SAMPLERS)
@pytest.mark.parametrize("frame", ["0", "4", "9"])
def test_checked_walks_the_step_by_hand(sampler, frame):
    at = unfold(opened(sampler=sampler, steps="10", eta="0.6", at=frame, large="2"), "checked")
    lines = [m.value for m in at.markdown if m.value.startswith("- ") and "ifference" in m.value]
    assert len(lines) == 3
    for line in lines:
        ours, theirs = (float(v) for v in re.findall(r": (-?[\d.]+(?:e[-+]\d+)?)\. ", line))
        assert ours == pytest.approx(theirs, rel=1e-3, abs=2e-3), line


@pytest.mark.parametrize("view", ["walk", "compare", "between"])
def test_the_script_gives_figure_and_films(view):
    at = opened("ko", view=view, steps="5", seed="41", label="2")
    names = run_script(script(at))
    same_figure(names["figure"], figure(at))
    if view == "walk":
        looks = names["film"]()
        wish = Wish((2,) * 6, seeds(41, 6), steps=5)
        mine = LIBRARY.get((net().card["weights"]["sha256"], wish, 25))
        np.testing.assert_allclose(looks[-1].after, mine[-1].after, atol=1e-3)


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A copy of the checkpoints that a test may spoil."""
    for name in ("diffusion-mnist", "diffusion-mnist-last", "classifier-mnist"):
        for end in ("json", "safetensors"):
            shutil.copy(checkpoints.FOLDER / f"{name}.{end}", tmp_path)
    load = inference.load
    monkeypatch.setattr(networks, "FOLDER", tmp_path)
    monkeypatch.setattr(inference, "load", lambda name: load(name, tmp_path))
    networks._load.clear()
    yield tmp_path
    networks._load.clear()


@pytest.mark.parametrize("view", ["walk", "compare", "between"])
def test_without_the_network_the_page_stays_calm(elsewhere, view):
    (elsewhere / "diffusion-mnist.safetensors").unlink()
    at = open_lesson("denoise", view=view)
    assert "diffusion-mnist" in at.warning[0].value and not stages(at)
    assert "(0 of 3" in reading(at)


def test_without_a_classifier_the_film_still_runs(elsewhere):
    (elsewhere / "classifier-mnist.json").unlink()
    at = opened(steps="5", seed="51")
    assert len(at.warning) == 1 and strip(at)["count"] == 6 and stages(at) == 1
    assert stages(opened(view="between", steps="5", seed="51")) == 1


@pytest.mark.parametrize("metrics", ["none", "all"])
def test_cards_with_and_without_measurements(elsewhere, metrics):
    from tests.figures.test_denoise import CARD, LAST

    for name, found in (("diffusion-mnist", CARD), ("diffusion-mnist-last", LAST)):
        path = elsewhere / f"{name}.json"
        card = json.loads(path.read_text())
        path.write_text(json.dumps(card | {"metrics": found if metrics == "all" else {}}))
    told = {
        kind: stage_data(open_lesson("denoise", view="compare", compare=kind, steps="5"))["summary"]
        for kind in ("samplers", "weights")
    }
    if metrics == "none":
        assert all("measurements" in text for text in told.values())
    else:
        assert "92.00" in told["samplers"] and "11.00" in told["weights"]
