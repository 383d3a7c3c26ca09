"""The figures of `guidance` against the numbers they show."""

from itertools import combinations

import numpy as np
import pytest

from explorer import i18n
from explorer.figures import guidance as figures
from explorer.figures import guidance_words as words
from explorer.figures import theme
from explorer.metrics import tilted
from tests.pages.helpers import plain

GENERATOR = np.random.default_rng(0)
NOISE = GENERATOR.standard_normal((16, 784))
FOUND = {g: GENERATOR.uniform(-1.2, 1.2, (16, 784)) for g in (0.0, 0.5, 2.0, 3.0)}
METRICS = {
    "along gamma": {
        "0": {"accuracy (%)": 11.0, "Fréchet distance": 40.0, "precision": 0.7, "recall": 0.8},
        "10": {"accuracy (%)": 99.9, "Fréchet distance": 90.0, "precision": 0.95, "recall": 0.2},
        "2": {"accuracy (%)": 99.0, "Fréchet distance": 20.0, "precision": 0.9, "recall": 0.7},
    },
    "samples": {"along gamma": 2000},
    "real pictures": {
        "2000": {"Fréchet distance": 3.0, "precision": 0.91, "recall": 0.9},
        "10000": {"Fréchet distance": 1.0, "precision": 0.99, "recall": 0.99},
    },
}


@pytest.fixture(autouse=True)
def english():
    i18n.use("en")


def role(trace, name: str) -> bool:
    """Whether a trace is drawn in a role's colour."""
    part = trace.get("line", {}).get("color") or trace.get("marker", {}).get("color")
    return part == theme.color(name)


# ------------------------------------------------------------------------- the film


def test_frames_are_samples_blends_and_what_is_still_missing():
    frames, how = figures.film(FOUND, NOISE)
    assert frames.shape == (41, 4, 4, 28, 28)
    assert frames.min() >= 0 and frames.max() <= 1
    index = figures.FINE.index
    for gamma, x in FOUND.items():
        assert how[index(gamma)] == figures.EXACTLY
        shown = frames[index(gamma)].reshape(16, 784)
        np.testing.assert_allclose(shown, np.clip((x + 1) / 2, 0, 1))
    blend = np.clip((0.75 * FOUND[2.0] + 0.25 * FOUND[3.0] + 1) / 2, 0, 1)
    assert how[index(2.25)] == figures.BLEND
    np.testing.assert_allclose(frames[index(2.25)].reshape(16, 784), blend)
    assert how[index(1.0)] == how[index(0.75)] == how[index(10.0)] == figures.WAITING
    dimmed = 0.4 * figures.to_unit(FOUND[3.0])
    np.testing.assert_allclose(frames[index(10.0)].reshape(16, 784), dimmed)


def test_before_the_first_pictures_there_is_their_noise():
    frames, how = figures.film({}, NOISE)
    assert set(how) == {figures.WAITING}
    row = frames[0].reshape(16, 784)
    assert np.corrcoef(row.ravel(), NOISE.ravel())[0, 1] > 0.95
    np.testing.assert_allclose(frames, np.broadcast_to(frames[0], frames.shape))


def test_every_place_of_the_slider_has_neighbours():
    for gamma in figures.FINE:
        low, high = figures.neighbours(gamma)
        assert low <= gamma <= high and {low, high} <= set(figures.GAMMAS)
        assert low < gamma or gamma == 0
    assert set(figures.GAMMAS) <= set(figures.FINE) and figures.FINE[-1] == figures.MOST


def test_likeness_is_the_mean_correlation_of_all_pairs():
    x = np.random.default_rng(3).random((6, 50))
    x[1:3] += 2 * x[0]  # some of them alike
    pairs = [np.corrcoef(a, b)[0, 1] for a, b in combinations(x, 2)]
    assert figures.likeness(x) == pytest.approx(np.mean(pairs)) and np.mean(pairs) > 0.1
    assert figures.likeness(np.repeat(x[:1], 4, axis=0)) == pytest.approx(1)
    assert figures.likeness(np.ones((3, 50))) == 0  # blank paper


def test_the_two_conventions_name_the_same_place():
    assert [figures.value(g, "gamma") for g in (0, 1, 2.25)] == ["0", "1", "2.25"]
    assert [figures.value(g, "w") for g in (0, 1, 2.25)] == ["−1", "0", "1.25"]
    assert words.said(2, "gamma") == "γ = 2" and words.said(2, "w") == "w = 1"


# ------------------------------------------------------------------------- the curve


def test_a_card_becomes_a_curve_in_order():
    found = figures.curve(METRICS, {"test accuracy (%)": 99.5})
    assert found.gammas.tolist() == [0, 2, 10] and found.recall.tolist() == [0.8, 0.7, 0.2]
    assert found.samples == 2000 and found.real["recall"] == 0.9
    assert found.real["accuracy (%)"] == 99.5
    at = found.at(6)
    assert at == pytest.approx({"accuracy": 99.45, "precision": 0.925, "recall": 0.45,
                                "frechet": 55.0})  # fmt: skip


@pytest.mark.parametrize("missing", ["along gamma", "samples", "real pictures"])
def test_an_unmeasured_network_has_no_curve_and_says_so(missing):
    assert figures.curve({}) is None
    assert figures.curve({name: part for name, part in METRICS.items() if name != missing}) is None
    drawn = plain(figures.tradeoff(None, 3.0, "w", "precision"))
    assert any("not measured yet" in trace.get("text", []) for trace in drawn["data"])
    assert "not been measured yet" in words.tradeoff(None, 3.0, "w")


@pytest.mark.parametrize("fidelity", ["precision", "accuracy"])
@pytest.mark.parametrize("dial", ["gamma", "w"])
def test_the_diamond_lies_on_both_curves(fidelity, dial):
    found = figures.curve(METRICS, {"test accuracy (%)": 99.5})
    drawn = plain(figures.tradeoff(found, 6.0, dial, fidelity))
    left, right = (t for t in drawn["data"] if t.get("marker", {}).get("symbol") == "diamond")
    assert (left["x"], left["y"]) == ([pytest.approx(0.45)], [found.at(6)[fidelity]])
    assert right["x"] == [6.0 if dial == "gamma" else 5.0] and right["y"] == [55.0]
    real = next(t for t in drawn["data"] if t.get("marker", {}).get("symbol") == "square-open")
    assert real["x"] == [0.9] and real["y"] == [0.91 if fidelity == "precision" else 99.5]
    assert drawn["layout"]["xaxis2"]["title"]["text"] == ("γ" if dial == "gamma" else "w")
    labels = next(t["text"] for t in drawn["data"] if len(t.get("text", [])) == 3)
    assert labels == (["γ = 0", "2", "10"] if dial == "gamma" else ["w = −1", "1", "9"])


def test_the_curve_in_words():
    found = figures.curve(METRICS)
    told = words.tradeoff(found, 2.0, "w")
    assert told.startswith("w = 1: of 2,000 samples 99.0 %")
    assert "recall 0.700" in told and "Fréchet distance 3.0" in told
    short = {**METRICS, "along gamma": {"0": METRICS["along gamma"]["0"]}}
    assert "Nothing was measured beyond γ = 0" in words.tradeoff(figures.curve(short), 5, "gamma")


# ------------------------------------------------------------------------- arrows


def tips(drawn: dict) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Start and end of each thick arrow, by role."""
    found = {}
    for trace in drawn["data"]:
        if trace.get("marker", {}).get("angleref") and trace["line"]["width"] > 2:
            (name,) = [n for n in theme.ROLES if role(trace, n)]
            ends = np.array([trace["x"], trace["y"]]).T
            found[name] = (ends[0], ends[1])
    return found


@pytest.mark.parametrize("gamma", [0.0, 1.0, 2.5])
@pytest.mark.parametrize("k", range(3))
def test_the_arrows_add_up(k, gamma):
    point = figures.Point(k, 0.3, 0.9, 300, gamma)
    found = tips(plain(figures.arrows(point)))
    exact = tilted.arrows(figures.EXACT, k, np.array([[0.3, 0.9]]), 300)
    s = np.sqrt(1 - figures.EXACT.schedule.abar[300]) * point.size()
    start = np.array([0.3, 0.9])
    u, c = s * exact.unconditional[0], s * exact.classifier[0]
    np.testing.assert_allclose(found["data"][1], start + u, atol=2e-4)
    np.testing.assert_allclose(found["condition"], [start + u, start + u + gamma * c], atol=2e-4)
    np.testing.assert_allclose(found["truth"][1], start + u + c, atol=2e-4)
    np.testing.assert_allclose(found["sample"], [start, start + u + gamma * c], atol=2e-4)


def test_long_arrows_are_drawn_smaller_and_it_is_said():
    point = figures.Point(2, -4.0, 4.0, 300, 8.0)
    assert point.size() < 0.5
    found = tips(plain(figures.arrows(point)))
    longest = max(np.linalg.norm(b - a) for name, (a, b) in found.items() if name != "condition")
    assert longest == pytest.approx(5, abs=1e-3)
    assert f"drawn at {100 * point.size():.0f} %" in words.arrows(point, "gamma")


def test_short_arrows_are_drawn_larger_and_it_is_said():
    point = figures.Point(0, -1.9, -0.8, 20, 1.0)
    assert point.size() == pytest.approx(10)  # no more, or noise would look like a wind
    assert "drawn at 1000 %" in words.arrows(point, "gamma")
    start, end = tips(plain(figures.arrows(point)))["sample"]
    u, c = point.exact()
    np.testing.assert_allclose(end - start, 10 * point.noise * (u + c), atol=2e-4)


def test_a_perfect_network_draws_the_same_arrows():
    u, c = figures.Point(1, 0.5, -0.5, 200, 3.0).exact()
    s = figures.Point(1, 0, 0, 200, 1).noise
    point = figures.Point(1, 0.5, -0.5, 200, 3.0, np.array([-s * u, -s * (u + c)]))
    assert "ends 0.00 from the exact one" in words.arrows(point, "gamma")
    thin = [t for t in plain(figures.arrows(point))["data"] if role(t, "model")]
    assert len(thin) == 3
    guided = tips(plain(figures.arrows(point)))["sample"][1]
    np.testing.assert_allclose([thin[2]["x"][1], thin[2]["y"][1]], guided, atol=2e-4)


def test_both_conventions_compute_the_same_guided_noise():
    point = figures.Point(0, 0.0, 1.5, 250, 3.5)
    by_gamma, by_w = (words.arrow_formulas(point, dial)[1] for dial in ("gamma", "w"))
    assert by_gamma.rsplit("=", 1)[1] == by_w.rsplit("=", 1)[1]
    assert r"1 + \condition{2.5}" in by_w and r"\condition{3.5}" in by_gamma


# ------------------------------------------------------------------------- the plane


def test_the_film_of_the_plane_shows_the_clouds():
    found = tilted.film(figures.EXACT, 0, (0.0, 1.0, 6.0), 0)
    learned = np.random.default_rng(0).random((3, 5, 2))
    drawn = plain(figures.plane(found, 1, "w", learned))
    assert [frame["name"] for frame in drawn["frames"]] == ["−1", "0", "5"]
    last = drawn["frames"][2]
    traces = [drawn["data"][n] for n in last["traces"]]
    assert [t["type"] for t in traces] == ["contour", *["scatter"] * 4]
    assert role(traces[1], "model") and role(traces[2], "sample")
    np.testing.assert_allclose(last["data"][1]["x"], learned[2, :, 0], rtol=1e-6)
    np.testing.assert_allclose(last["data"][2]["y"], found.clouds[2, :, 1], rtol=1e-6)
    np.testing.assert_allclose(np.array(last["data"][0]["z"]) / 255, found.outside[2], atol=0.004)
    assert last["data"][3]["x"] == [5, 5] and traces[3]["x"] == [0, 0]
    told = words.plane(found, "w")[2]
    assert told.startswith("w = 5.") and f"(MMD) is {found.mmd[2, 0]:.3f}" in told


def test_the_verdict_counts():
    x = np.random.default_rng(1).uniform(-1, 1, (16, 784))
    p = np.full((16, 10), 0.05)
    p[:, 3] = 0.55
    p[:4, 3], p[:4, 5] = 0.05, 0.55
    found = words.verdict(x, [3] * 16, p)
    assert found.right == 12 and found.sure == pytest.approx((12 * 0.55 + 4 * 0.05) / 16)
    assert found.ink == pytest.approx(((x + 1) / 2).mean())
    verdicts = dict.fromkeys(figures.FINE, found)
    how = [figures.EXACTLY] * 9 + [figures.BLEND] * 2 + [figures.WAITING] * 30
    told = words.frames(how, verdicts, "“3”", "w", 2.25)
    assert told[8].startswith("w = 1: Asked for “3”") and "in 12 of 16 pictures" in told[8]
    assert "w = 1.25: blended from w = 1 and w = 2 until the exact" in told[9]
    assert "Let go here" in told[10] and "the nearest that is there" in told[11]
    assert (
        "the noise they start from" in words.frames([figures.WAITING] * 41, {}, "", "gamma", 2)[0]
    )
