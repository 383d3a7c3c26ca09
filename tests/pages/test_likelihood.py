"""The `likelihood` lesson: the numbers a learner reads, at the defaults and after moving things."""

import re

import numpy as np
import pytest
from scipy.stats import norm

from explorer.data import registry
from explorer.figures import likelihood as figures
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

OWN = [[4.1], [5.0], [5.2], [6.3], [9.9], [4.4]]
VIEWS = ["fit", "sample", "tails", "spread"]
real = pytest.mark.skipif(
    not registry.available("heights"), reason="the 25,000 heights are not on this computer"
)


@pytest.fixture(scope="module")
def heights() -> np.ndarray:
    """What the page shows by default: the published set, or its stand-in."""
    return registry.default("heights").values[:, 0]


def summary(at) -> str:
    data = stage_data(at)
    return data["summaries"][data["start"]] if data["summaries"] else data["summary"]


def value(at, name: str) -> float:
    return at.slider(key=f"likelihood.{name}").value


# ----------------------------------------------------------------------------------------- fit


@pytest.mark.parametrize("alone", [False, True])
def test_first_picture(heights, alone):
    at = open_lesson("likelihood", alone=alone)
    mu, sigma = value(at, "mu"), value(at, "sigma")
    logs = norm(mu, sigma).logpdf(heights)
    assert f"mean log density of the 25,000 points −{-logs.mean():.3f} nats" in summary(at)
    assert 0.2 < norm.logpdf(heights, heights.mean(), heights.std()).mean() - logs.mean() < 0.5
    assert f"{logs.sum():,.0f}".replace(",", "{,}") in equations(at)[0]
    assert (
        f"{heights.mean():.4f}" in equations(at)[2] and f"{heights.std():.4f}" in equations(at)[2]
    )


@real
def test_published_maximum():
    at = press(open_lesson("likelihood"), "jump")
    assert "172.7025" in equations(at)[2] and "4.8302" in equations(at)[2]
    assert "μ = 172.70 cm, σ = 4.83 cm" in summary(at)
    assert "no other has a higher likelihood" in summary(at)
    assert r"= -74{,}845 \text{ nats}" in equations(at)[0]  # 25,000 * (-2.9938)


def test_sliders_move_curve_and_numbers(heights):
    at = turn(open_lesson("likelihood"), mu=171.5, sigma=5.5)
    logs = norm(171.5, 5.5).logpdf(heights)
    assert f"−{-logs.mean():.3f} nats" in summary(at)
    assert f"has −{-logs.min():.1f} nats" in summary(at)
    curve = next(t for t in figure(at)["data"] if t.get("meta") == "curve")
    np.testing.assert_allclose(curve["y"], norm(171.5, 5.5).pdf(curve["x"]), rtol=1e-9)
    assert address(at).items() >= {"mu": "171.5", "sigma": "5.5"}.items()


def test_handles_on_the_curve_and_in_the_landscape():
    at = open_lesson("likelihood")
    drag(at, "mu", 170.004, 99.0)
    assert value(at, "mu") == 170.0
    drag(at, "sigma", 175.0, 0.0)  # the flank stands at mu + sigma
    assert (value(at, "mu"), value(at, "sigma")) == (170.0, 5.0)
    drag(at, "here", 174.25, 3.5)
    assert (value(at, "mu"), value(at, "sigma")) == (174.25, 3.5)
    drag(at, "here", -1e9, 1e9)  # held inside the landscape
    assert value(at, "mu") == at.slider(key="likelihood.mu").min
    assert value(at, "sigma") == at.slider(key="likelihood.sigma").max


def test_product_is_lost_where_numpy_loses_it(heights):
    at = turn(open_lesson("likelihood"), mu=172.0, sigma=3.0)
    running = np.cumprod(norm(172.0, 3.0).pdf(heights))
    first = int(np.argmax(running == 0)) + 1
    assert 50 < first < 500
    assert rf"\prod_{{i=1}}^{{{first}}}" in equations(at)[1] and "= 0" in equations(at)[1]


# -------------------------------------------------------------------------------------- sample


def test_draws_come_from_the_best_curve_or_from_mine(heights):
    at = open_lesson("likelihood", view="sample", mu="168", sigma="3", m="20000")
    drawn = columns(at)["drawn"]
    assert len(drawn) == 20_000
    assert drawn.mean() == pytest.approx(heights.mean(), abs=0.15)
    assert drawn.std() == pytest.approx(heights.std(), rel=0.02)
    turn(at, who="My curve")
    mine = columns(at)["drawn"]
    assert mine.mean() == pytest.approx(168, abs=0.1) and mine.std() == pytest.approx(3, rel=0.02)
    z = (drawn - heights.mean()) / heights.std()  # the same chances, another curve
    np.testing.assert_allclose(mine, 168 + 3 * z, rtol=1e-9)


def test_film_of_draws_and_its_control_agree():
    at = open_lesson("likelihood", view="sample")
    data = stage_data(at)
    assert data["frames"][data["start"]]["name"] == "1,000"
    scrub(at, 5)
    assert at.select_slider(key="likelihood.m").value == 50
    assert summary(at).startswith("50 numbers drawn from the model")
    turn(at, m=10_000)
    data = stage_data(at)
    assert data["frames"][data["start"]]["name"] == "10,000"


def test_seed_draws_anew_and_returns():
    at = open_lesson("likelihood", view="sample")
    first = columns(at)["drawn"]
    press(at, "die")
    assert address(at)["seed"] == "1"
    assert (columns(at)["drawn"] != first).all()
    turn(at, seed=0)
    assert (columns(at)["drawn"] == first).all()


# --------------------------------------------------------------------------------------- tails


@real
def test_published_tails():
    at = open_lesson("likelihood", view="tails", t="160")
    assert "0.004271" in equations(at)[0] and "0.004160" in equations(at)[0]
    drag(at, "t", 180.0, 0.0)
    assert value(at, "t") == 180.0
    assert "0.065418" in equations(at)[1] and "0.065840" in equations(at)[1]
    assert "1,646 of 25,000 = 6.58 %" in summary(at)


def test_first_threshold_is_round(heights):
    at = open_lesson("likelihood", view="tails")
    t = value(at, "t")
    assert t == 180.0
    model = norm(heights.mean(), heights.std()).sf(t)
    assert f"{model:.6f}" in equations(at)[1]
    assert f"{(heights > t).mean():.6f}" in equations(at)[1]


def test_tails_of_my_curve_on_a_logarithmic_axis():
    at = open_lesson("likelihood", view="tails", who="mine", mu="170", sigma="4", t="185", log="1")
    assert f"{norm(170, 4).sf(185):.6f}" in equations(at)[1]
    assert figure(at)["layout"]["yaxis2"]["type"] == "log"
    mark = next(t for t in figure(at)["data"] if t.get("meta") == "t")
    assert mark["y"][0] == pytest.approx(norm(170, 4).sf(185))


# -------------------------------------------------------------------------------------- spread


def test_studies_scatter_as_theory_says(heights):
    at = open_lesson("likelihood", view="spread", n="100")
    found = columns(at)
    assert found["mu"].std() == pytest.approx(heights.std() / 10, rel=0.1)
    assert found["sigma"].std() == pytest.approx(heights.std() / np.sqrt(200), rel=0.1)
    assert f"theory σ/√n: {heights.std() / 10:.2f} cm" in summary(at)
    assert f"{heights.std() / 10:.3f}" in equations(at)[0]


def test_five_points_and_the_mend(heights):
    at = open_lesson("likelihood", view="spread", n="5")
    biased = (columns(at)["sigma"] ** 2).mean()
    assert biased == pytest.approx(0.8 * heights.var(), rel=0.06)
    assert f"exactly expected: {0.8 * heights.var():#.4g}" in summary(at)
    turn(at, unbiased=True)
    assert (columns(at)["sigma"] ** 2).mean() == pytest.approx(biased * 5 / 4)
    assert f"exactly expected: {heights.var():#.4g}" in summary(at)


def test_film_of_sizes_and_its_control_agree():
    at = open_lesson("likelihood", view="spread")
    data = stage_data(at)
    assert data["frames"][data["start"]]["name"] == "10"
    assert data["frames"][-1]["name"] == "25,000"
    scrub(at, 6)
    assert at.select_slider(key="likelihood.n").value == 500
    assert "of 500 points each" in summary(at)
    assert address(at)["n"] == "500"


# ------------------------------------------------------------------------------- learning by it


def test_the_narrow_curve_is_shown_and_costs_what_the_answer_says():
    at = answer(open_lesson("likelihood", view="tails"), "wrong-width", 1)
    assert "Yes." in reading(at)
    lost = re.search(r"That is ([\d.]+) below", summary(at))
    assert lost and float(lost[1]) == pytest.approx(1.5 - np.log(2), abs=6e-4)
    assert "0.81" in reading(at)


def test_five_people_are_shown():
    at = answer(open_lesson("likelihood", unbiased="1"), "five", 0)
    assert "Not quite." in reading(at)
    assert "of 5 points each" in summary(at)
    assert at.toggle(key="likelihood.unbiased").value is False


def test_summit_is_to_be_climbed_by_hand(heights):
    at = press(open_lesson("likelihood"), "jump")
    assert "0 of 3" in reading(at)
    drag(at, "here", round(heights.mean(), 1), round(heights.std(), 1))
    assert "1 of 3" in reading(at)


def test_plunge_must_be_mended():
    at = press(turn(open_lesson("likelihood"), sigma=0.9), "jump")
    assert "1 of 3" in reading(at)
    at = press(turn(open_lesson("likelihood"), sigma=2.9), "jump")  # not deep enough
    assert "0 of 3" in reading(at)


def test_bias_is_mended_with_the_smallest_studies_only():
    at = open_lesson("likelihood", view="spread", unbiased="1")
    assert "0 of 3" in reading(at)
    turn(at, n=5)
    assert "1 of 3" in reading(at)


def test_checks_agree():
    at = unfold(open_lesson("likelihood"), "checked")
    differences = [float(d) for d in re.findall(r"Difference ([\d.e+-]+)", reading(at))]
    assert len(differences) == 5
    assert max(differences) < 1e-5


# --------------------------------------------------------------------- address, language, export


def test_address_keeps_what_other_views_set():
    query = {"mu": "171", "sigma": "4", "t": "165", "who": "mine", "m": "50", "n": "200"}
    query |= {"seed": "7", "log": "1", "unbiased": "1", "zoom": "1"}
    for view in VIEWS:
        at = open_lesson("likelihood", view=view, **query)
        shown = {"view": view} if view != "fit" else {}
        kept = {name: text for name, text in address(at).items() if name not in ("lang", "data")}
        assert kept == query | shown


def test_address_keeps_the_maximum_to_the_last_digit_shown():
    at = press(open_lesson("likelihood"), "jump")
    again = open_lesson("likelihood", mu=address(at)["mu"], sigma=address(at)["sigma"])
    assert summary(again) == summary(at)


def test_start_over():
    at = turn(open_lesson("likelihood"), mu=171.0)
    first = summary(open_lesson("likelihood"))
    assert summary(at) != first
    press(at, "reset")
    assert summary(at) == first


@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize("view", VIEWS)
def test_exported_script_draws_the_picture_shown(view, lang):
    at = open_lesson(
        "likelihood", lang, view=view, mu="171", seed="3", who="mine", log="1", zoom="1"
    )
    namespace = run_script(script(at))
    if lang == "en":
        same_figure(namespace["figure"], figure(at))
    else:
        assert "키" in namespace["facts"].label
    assert all(len(column) for column in columns(at).values())


@pytest.mark.parametrize("view", VIEWS)
def test_korean(view):
    at = open_lesson("likelihood", "ko", view=view)
    assert at.title[0].value == "가능도"
    assert "입니다" in summary(at) or "습니다" in summary(at)
    assert re.search(r"[가-힣]", "".join(equations(at)[1:2])) or view in ("sample",)


# ------------------------------------------------------------------------------------- own data


@pytest.mark.parametrize("view", VIEWS)
def test_own_data_in_every_view(view):
    at = own_data(open_lesson("likelihood", view=view), OWN)
    x = np.ravel(OWN)
    if view == "fit":
        press(at, "jump")
        assert f"μ = {x.mean():.2f}, σ = {x.std():.2f}" in summary(at)
        assert rf"{norm(x.mean(), x.std()).pdf(x).prod():.3e}"[:5] in equations(at)[1]
    if view == "tails":
        drag(at, "t", 6.3, 0.0)
        assert "of the data 5 of 6 = 83.33 %" in summary(at)
    if view == "spread":
        assert stage_data(at)["frames"][-1]["name"] == "100"
    same_figure(run_script(script(at))["figure"], figure(at))


def test_other_data_begin_anew_but_the_same_data_stay():
    at = turn(open_lesson("likelihood"), mu=171.0, sigma=4.0)
    own_data(at, OWN)
    scale = figures.scale(figures.Facts.of(np.array(OWN)))
    assert (value(at, "mu"), value(at, "sigma")) == (scale.mu, scale.sigma)
    turn(at, mu=5.0)
    at.run()
    assert value(at, "mu") == 5.0


@pytest.mark.parametrize(
    "rows",
    [[[1.0], [2.0]], [[-3.0], [-3.0], [-3.0], [2.0]], [[1e9], [1e9 + 500], [1e9 + 900]],
     [[1e-7], [3e-7], [2e-7]], [[0.0], [1e12], [1.0]]],
    ids=["two", "nearly constant", "far away", "tiny", "outlier"],
)  # fmt: skip
def test_unusual_data_never_break_the_page(rows):
    at = own_data(open_lesson("likelihood"), rows)
    for view in ("Fit", "Draw", "Tails", "Spread"):
        turn(at, view=view)
        assert "nan" not in reading(at).lower().replace("nand", "")
        same_figure(run_script(script(at))["figure"], figure(at))
    turn(at, view="Fit")
    press(at, "jump")
    assert "no other has a higher likelihood" in summary(at)
