"""Figures of `noising`: what they draw against the formula and against counting."""

import numpy as np
import pytest
from scipy.stats import kstest, norm

from explorer import i18n
from explorer.figures import noising, noising_paths, noising_words
from explorer.figures.noising import Plan, shown, stops
from explorer.models.diffusion.schedule import Schedule, cosine, linear
from tests.pages.helpers import plain

PICTURE = np.random.default_rng(0).uniform(-1, 1, 784)
HALF_LEFT = Plan("own", 10, 0.001, 0.01)  # its last picture is nearly whole
BOLD = Plan("own", 1000, 0.1, 0.5)  # everything is gone after a few steps
PLANS = [Plan(), Plan("cosine"), Plan("linear", 10), Plan("cosine", 10), HALF_LEFT, BOLD]


@pytest.fixture(autouse=True)
def english():
    i18n.use("en")


# ---- times and ways ----------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [10, 20, 50, 100, 250, 500, 1000])
def test_stops_are_even_and_end_at_both_ends(steps):
    times = stops(steps)
    assert times[0] == 0 and times[-1] == steps and len(times) == min(steps, 50) + 1
    assert len(set(np.diff(times))) == 1
    row = [times[k] for k in shown(steps)]
    assert len(row) == 11 and row == [round(steps * k / 10) for k in range(11)]


def test_plans_are_the_schedules_of_the_model():
    np.testing.assert_array_equal(Plan("linear", 200).make().abar, linear(200).abar)
    np.testing.assert_array_equal(Plan("cosine", 200).make().abar, cosine(200).abar)
    own = Plan("own", 200, 1e-3, 0.1).make()
    np.testing.assert_array_equal(own.abar, linear(200, 1e-3, 0.1).abar)


@pytest.mark.parametrize("how", noising.HOWS)
def test_every_way_has_the_law_of_the_formula(how):
    plan = Plan("own", 100, 1e-3, 0.08)
    x0 = np.full(40_000, 1.5)
    for t, x in zip(stops(100), noising.way(plan, x0, how, 3), strict=True):
        abar = plan.make().abar[t]
        assert x.mean() == pytest.approx(1.5 * np.sqrt(abar), abs=0.02)
        assert x.var() == pytest.approx(1 - abar, abs=0.025)


def test_one_noise_fades_in_new_noise_jumps_and_steps_wander():
    """The correlation of the noise at two neighbouring stops tells the three apart."""
    plan = Plan()
    k = stops(1000).index(500)
    found = {}
    for how in noising.HOWS:
        x = noising.way(plan, np.zeros(20_000), how, 1)
        found[how] = np.corrcoef(x[k], x[k + 1])[0, 1]
    abar = plan.make().abar[[500, 520]]
    walk = np.sqrt(abar[1] / abar[0] * (1 - abar[0]) / (1 - abar[1]))
    assert found["same"] == pytest.approx(1)
    assert found["fresh"] == pytest.approx(0, abs=0.03)
    assert found["steps"] == pytest.approx(walk, abs=0.02) and 0.85 < walk < 0.95


@pytest.mark.parametrize("how", noising.HOWS)
def test_a_way_begins_at_the_picture_and_repeats_for_its_seed(how):
    ways = [noising.way(Plan(), PICTURE, how, seed) for seed in (4, 4, 5)]
    np.testing.assert_array_equal(ways[0][0], PICTURE)
    np.testing.assert_array_equal(ways[0], ways[1])
    assert not np.allclose(ways[0][-1], ways[2][-1])


def test_half_and_waste():
    assert noising.half(Plan().make()) == 260
    assert noising.half(HALF_LEFT.make()) is None
    abar = Plan().make().abar
    late = noising.wasted(Plan().make())
    assert abar[1000 - late] < 1e-3 <= abar[1000 - late - 1] and 160 < late < 180
    assert noising.wasted(BOLD.make()) > 900
    exact = Schedule(np.array([1.0, 0.75, 0.5]))
    assert noising.half(exact) == 2


# ---- films of pictures -------------------------------------------------------------------------


def test_the_equation_in_pictures_adds_up(monkeypatch):
    """Signal part, plus sign, noise part, equals sign, sum."""
    seen = []
    monkeypatch.setattr(noising.sprite, "film", lambda frames: seen.append(frames))
    plan = Plan("linear", 100)
    walked = noising.way(plan, PICTURE, "same", 0)
    noising.equation_film(plan, PICTURE, walked)
    (frames,) = seen
    assert frames.shape == (51, 28, 3 * 28 + 2 * 13)
    middle = stops(100).index(60)
    a = float(plan.make().signal(60))
    parts = [frames[middle][:, left : left + 28].ravel() for left in (0, 41, 82)]
    np.testing.assert_allclose(parts[0], (a * PICTURE + 1) / 2)
    np.testing.assert_allclose(parts[2], np.clip((walked[middle] + 1) / 2, 0, 1))
    inside = np.abs(walked[middle] - a * PICTURE) < 1
    noise = 2 * parts[1] - 1
    np.testing.assert_allclose((a * PICTURE + noise)[inside], walked[middle][inside], atol=1e-9)
    assert 0.2 < inside.mean() < 1
    assert np.all(frames[0][:, 41:69] == 0.5)  # no noise at t = 0: grey


def test_two_ways_lie_side_by_side():
    one, other = (noising.way(Plan(kind, 20), PICTURE, "same", 0) for kind in ("linear", "cosine"))
    film = noising.pair_film(one, other)
    assert film.count == 21 and film.size == (28, 64)


# ---- the stage ---------------------------------------------------------------------------------


def journey(plans, t):
    ways = np.stack([noising.way(plan, PICTURE, "same", 0) for plan in plans])
    return plain(noising.journey(plans, ways[:, shown(plans[0].steps)], t)), ways


@pytest.mark.parametrize("t", [0, 1, 200, 1000])
@pytest.mark.parametrize("plan", PLANS, ids=str)
def test_curves_are_the_schedule(plan, t):
    t = min(t, plan.steps)
    figure, _ways = journey([plan], t)
    schedule = plan.make()
    lines = [trace for trace in figure["data"] if trace.get("mode") == "lines"]
    curve = next(c for c in lines if c["line"]["color"] == "#1f5fbf" and "yaxis" not in c)
    x = np.array(curve["x"]).astype(int)
    assert x[0] == 0 and x[-1] == plan.steps
    np.testing.assert_allclose(curve["y"], schedule.abar[x], rtol=1e-5, atol=1e-9)
    for axis, values in (("y3", schedule.snr), ("y4", schedule.betas)):
        small = next(c for c in lines if c.get("yaxis") == axis and len(c["x"]) > 2)
        place = np.array(small["x"]).astype(int) - 1
        seen = values[place] > 1e-6
        np.testing.assert_allclose(np.array(small["y"])[seen], values[place][seen], rtol=1e-5)
    [mark] = [c for c in lines if c["line"]["dash"] == "dot"]
    assert mark["x"] == [t, t]
    for trace in figure["data"]:
        values = np.array([v for v in trace["y"] if v is not None], dtype=float)
        assert np.isfinite(values).all()


def test_each_picture_stands_over_its_time():
    figure, ways = journey([Plan()], 260)
    sheet = figure["data"][0]
    x, z = np.array(sheet["x"]), np.array(sheet["z"])
    for k, stop in enumerate(shown(1000)):
        t = stops(1000)[stop]
        columns = np.flatnonzero(np.abs(x - t) < 14 * (x[1] - x[0]))
        assert len(columns) == 28 and columns[0] == 32 * k + 2
        expected = np.round(245 * np.clip((ways[0][stop].reshape(28, 28) + 1) / 2, 0, 1))
        np.testing.assert_array_equal(z[:, columns], expected)
    assert (z == 255).mean() == pytest.approx(1 - 28 / 32, abs=1e-9)


def test_half_is_marked_and_written():
    figure, _ways = journey([Plan()], 100)
    words = [text for trace in figure["data"] for text in trace.get("text") or []]
    assert "half is gone: t = 260" in words
    assert "ᾱ<sub>T</sub> = 4.04e-5" in words
    diamond = next(
        trace for trace in figure["data"]
        if trace.get("mode") == "markers" and trace["marker"].get("symbol") == "diamond-open"
    )  # fmt: skip
    assert (diamond["x"], diamond["y"]) == ([260], [0.5])
    words = [text for trace in journey([HALF_LEFT], 5)[0]["data"] for text in trace.get("text", [])]
    assert not any("half is gone" in word for word in words)


def test_two_schedules_share_one_picture():
    figure, _ways = journey([Plan(), Plan("cosine")], 500)
    assert "linear" in str(figure["layout"]["yaxis2"]["ticktext"])
    assert len(figure["data"][0]["z"]) == 2 * 32 - 4
    dots = [t for t in figure["data"] if t.get("mode") == "markers" and t["x"] == [500]]
    found = sorted(t["y"][0] for t in dots if "yaxis" not in t)
    np.testing.assert_allclose(found, [0.0786, 0.4938], rtol=2e-3)


# ---- a cloud -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cloud():
    data = np.random.default_rng(1).normal((3, -200), (0.1, 40), (700, 2))
    return noising_paths.cloud(
        Plan(), noising_paths.standard(data), (2.0, -1.0), "same", 0
    )  # fmt: skip


def test_standardised_data_keep_their_variance(cloud):
    data = np.random.default_rng(1).normal((3, -200), (0.1, 40), (700, 2))
    z = noising_paths.standard(data)
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(z.std(axis=0), 1)
    np.testing.assert_allclose(cloud.variances[0], 1)
    np.testing.assert_allclose(cloud.variances, 1, atol=0.15)


def test_frames_hold_the_bell_of_the_start_and_the_walk(cloud):
    film = plain(noising_paths.plane(Plan(), cloud, ("a", "b")))
    frame = film["frames"][stops(1000).index(300)]
    points, rings, jumps, walker, mark, _bars = frame["data"]
    a, s = Plan().make().signal(300), Plan().make().noise(300)
    inner = np.array([rings["x"][:37], rings["y"][:37]]).T.astype(float)
    np.testing.assert_allclose(inner.mean(axis=0), a * np.array([2.0, -1.0]), atol=0.05)
    radius = np.linalg.norm(inner - a * np.array([2.0, -1.0]), axis=1)
    np.testing.assert_allclose(radius, s, rtol=1e-5)
    assert len(points["x"]) == 200 and len(jumps["x"]) == 30
    assert mark == {"type": "scatter", "x": [300], "y": [pytest.approx(a**2)]}
    np.testing.assert_allclose([walker["x"][0], walker["y"][0]], cloud.walk[15], rtol=1e-6)
    index = noising_paths.moments(1000).index(300)
    np.testing.assert_array_equal(cloud.path[index], cloud.walk[15])


def test_what_moves_is_what_the_first_picture_shows(cloud):
    """Each change of frame 0 is the trace as it stands in the figure."""
    crowd = noising_paths.crowd(Plan(), 1.5, 0)
    for made in (
        noising_paths.plane(Plan(), cloud, ("a", "b")), noising_paths.number(Plan(), crowd),
    ):  # fmt: skip
        figure = plain(made)
        first = figure["frames"][0]
        assert len(first["traces"]) == len(first["data"])
        for place, change in zip(first["traces"], first["data"], strict=True):
            for name in set(change) - {"type"}:
                old, new = (
                    np.array(v, dtype=float) for v in (figure["data"][place][name], change[name])
                )
                np.testing.assert_allclose(old, new, atol=1e-6)


@pytest.mark.parametrize("plan", PLANS, ids=str)
def test_far_points_stay_on_the_picture(plan):
    data = np.vstack([np.random.default_rng(2).normal(size=(30, 2)), [[1e6, -1e6]]])
    found = noising_paths.cloud(plan, noising_paths.standard(data), (0, 0), "steps", 0)
    figure = plain(noising_paths.plane(plan, found, ("a", "b")))
    reach = figure["layout"]["xaxis"]["range"][1]
    assert np.abs(found.points).max() < reach
    assert len(figure["frames"]) == len(stops(plan.steps)) == len(noising_words.plane(plan, found))


# ---- one number --------------------------------------------------------------------------------


@pytest.mark.parametrize("plan", PLANS, ids=str)
def test_both_crowds_follow_the_bell(plan):
    found = noising_paths.crowd(plan, -2.0, 1)
    for k, t in enumerate(stops(plan.steps)):
        if t == 0:
            assert noising_paths.gaps(plan, found, 0) == (0.0, 0.0)
            assert (found.walked[0] == -2).all() and (found.drawn[0] == -2).all()
            continue
        exact = norm(plan.make().signal(t) * -2.0, plan.make().noise(t))
        ours = noising_paths.gaps(plan, found, k)
        theirs = [kstest(x[k], exact.cdf).statistic for x in (found.walked, found.drawn)]
        np.testing.assert_allclose(ours, theirs, atol=1e-9)
        assert max(ours) < 0.06


def test_histograms_hold_every_one_that_is_on_the_picture():
    found = noising_paths.crowd(Plan(), 1.5, 0)
    frames = plain(noising_paths.number(Plan(), found))["frames"]
    for k in (5, 20, 50):
        _mark, walked, drawn, curve = frames[k]["data"]
        for bars, crowd in ((walked, found.walked), (drawn, found.drawn)):
            share = (np.abs(crowd[k]) <= 4).mean()
            assert sum(bars["x"][::2]) * 0.125 == pytest.approx(share, abs=1e-6)
        assert sum(curve["x"]) * 0.05 == pytest.approx(1, abs=0.01)


def test_a_walk_is_continuous_and_the_draws_are_not():
    found = noising_paths.crowd(Plan(), 0.0, 0)
    steps = np.abs(np.diff(found.paths[200:, 0])).mean()
    jumps = np.abs(np.diff(found.drawn[25:, 0])).mean()
    assert steps < 0.3 < 0.7 < jumps


# ---- words -------------------------------------------------------------------------------------


def test_the_end_is_judged():
    assert "could not begin with noise alone" in noising_words.course(HALF_LEFT.make())
    assert "At no time" in noising_words.course(HALF_LEFT.make())
    assert "wasted" in noising_words.course(BOLD.make())
    for last, enough in ((0.06, False), (0.1, True)):
        schedule = Plan("own", 100, 1e-4, last).make()
        assert bool(schedule.abar[-1] < 0.01) is enough and 0.002 < schedule.abar[-1] < 0.1
        assert ("alone" in noising_words.course(schedule)) is not enough
    calm = noising_words.course(Plan().make())
    assert "t = 260" in calm and "wasted" not in calm and "alone" not in calm


def test_the_distance_from_pure_noise_is_the_kl_of_two_bells():
    """KL(N(m, v) || N(0, 1)) = (m² + v - 1 - log v) / 2 with m² = abar for a pixel of ±1."""
    for plan in PLANS:
        abar = plan.make().abar[-1]
        exact = (abar + (1 - abar) - 1 - np.log(1 - abar)) / 2
        assert noising_words.apart(plan.make()) == pytest.approx(exact, abs=1e-12)


@pytest.mark.parametrize(
    ("value", "short", "tex"),
    [(0.5, "0.5", "0.5"), (4.0358e-5, "4.04e-5", r"4.04\cdot 10^{-5}"), (0, "0", "0"),
     (9999, "9999", "9999"), (123456.0, "1.23e5", r"1.23\cdot 10^{5}")],
)  # fmt: skip
def test_numbers_are_short(value, short, tex):
    assert noising.figured(value) == short
    assert noising_words.tex_number(value) == tex


@pytest.mark.parametrize("plan", PLANS, ids=str)
def test_formulas_are_filled_at_both_ends(plan):
    for t in (0, 1, plan.steps):
        for text in (
            *noising_words.formulas(plan, t), *noising_words.number_formulas(plan, 1.5, t),
            *noising_words.versus_formulas([plan, plan], t),
            *noising_words.plane_formulas(plan, (-1.3, 1.0), t),
        ):  # fmt: skip
            assert "nan" not in text and "inf " not in text
            assert text.count("{") == text.count("}")
