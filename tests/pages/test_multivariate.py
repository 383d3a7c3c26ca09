"""The `multivariate` lesson: the numbers a learner reads, moves and takes home."""

import re

import numpy as np
import pytest
import scipy.stats

from explorer.data.registry import available
from explorer.models.gaussian import Gaussian
from tests.pages.helpers import (
    address as whole_address,
)
from tests.pages.helpers import (
    answer,
    columns,
    drag,
    equations,
    figure,
    offered,
    open_lesson,
    own_data,
    paste,
    press,
    reading,
    run_script,
    same_figure,
    script,
    stage_data,
    stages,
    unfold,
    words,
)
from tests.pages.helpers import (
    turn as turn_at_once,
)

CLOUD = scipy.stats.multivariate_normal([170, 60], [[25, 12], [12, 30]]).rvs(60, random_state=8)
HEIGHTS = pytest.mark.skipif(not available("height_weight"), reason="the real set is not here")


def opened(values=CLOUD, lang="en", **query: str):
    """The lesson, working on the learner's own numbers."""
    return own_data(open_lesson("multivariate", lang, **query), values)


def address(at) -> dict[str, str]:
    """The lesson's own settings in the address."""
    return {k: v for k, v in whole_address(at).items() if k not in ("lang", "data")}


def turn(at, **positions):
    """One control after the other: some appear only once another one was moved."""
    for name, position in positions.items():
        turn_at_once(at, **{name: position})
    return at


def handle(at, name: str) -> dict:
    return next(h for h in stage_data(at)["handles"] if h["id"] == name)


def said(at, pattern: str) -> tuple[float, ...]:
    """The numbers that stand in the summary where the pattern has groups."""
    found = re.search(pattern, words(at))
    assert found, words(at)
    return tuple(float(group.replace(",", "").replace("−", "-")) for group in found.groups())


def done(at) -> int:
    """How many tasks the page has ticked."""
    found = re.search(r"\((\d) of 3 done\)", reading(at))
    assert found
    return int(found[1])


# -------------------------------------------------------------------------------------- shape


@pytest.mark.parametrize("alone", [False, True])
def test_the_first_picture_and_its_formulas(alone):
    at = open_lesson("multivariate", alone=alone)
    covariance = np.array([[4.0, 1.68], [1.68, 1.44]])
    values = np.linalg.eigvalsh(covariance)
    lengths = said(at, r"axes are ([\d.]+) and ([\d.]+) long")
    assert lengths == pytest.approx(np.sqrt(values[::-1]), rel=1e-3)
    assert said(at, r"area ([\d.]+)\.") == pytest.approx([np.pi * np.sqrt(values.prod())], rel=1e-3)
    first, second = equations(at)
    assert "4 & 1.68" in first and r"\mathbf{2.938}" in first
    assert r"\mathbf{0.09286}" in second
    assert not address(at)


def test_the_density_of_the_book():
    """N((0, 0) | (1, 2), I) = 0.013064."""
    at = open_lesson("multivariate")
    turn(at, s1=1.0, s2=1.0, rho=0.0, m1=1.0, m2=2.0, probe=True)
    assert r"\mathbf{0.01306}" in equations(at)[1]
    at = unfold(at, "checked")
    assert "0.01306423" in reading(at)
    turn(at, q1=1.0, q2=2.0)
    assert rf"\mathbf{{{1 / (2 * np.pi):.4g}}}" in equations(at)[1]


def test_four_handles_and_where_they_stand():
    at = open_lesson("multivariate", s1="2.5", s2="0.8", rho="-0.4", m1="1", m2="-0.5")
    places = {h["id"]: (h["x"], h["y"]) for h in stage_data(at)["handles"]}
    assert places.pop("mean") == (1.0, -0.5)
    assert places.pop("s1") == pytest.approx((3.5, -0.5))  # the right side of the box
    assert places.pop("s2") == pytest.approx((1.0, -1.3))  # its lower side
    assert places.pop("rho") == pytest.approx((0.0, 0.3))  # the ring touches the upper side here
    assert not places
    bell = Gaussian.from_correlation([1.0, -0.5], 2.5, 0.8, -0.4)
    assert bell.mahalanobis([[0.0, 0.3]])[0] == pytest.approx(1)


def test_handles_move_what_they_say():
    at = open_lesson("multivariate")
    drag(at, "mean", 1.0, -0.5)
    drag(at, "s1", 2.5, 0.0)
    drag(at, "s2", 1.0, -2.4)
    drag(at, "rho", 0.25, 1.4)
    assert address(at) == {
        "m1": "1",
        "m2": "-0.5",
        "s1": "1.5",
        "s2": "1.9",
        "rho": "-0.5",
    }
    assert at.slider(key="multivariate.rho").value == -0.5
    assert handle(at, "rho")["x"] == pytest.approx(0.25)
    drag(at, "s1", 99.0, 0.0)
    drag(at, "s2", 0.0, 99.0)
    drag(at, "rho", 99.0, 0.0)
    assert address(at) | {"s1": "3", "s2": "0.3", "rho": "1"} == address(at)


def test_handles_stay_on_the_ring_when_variance_was_added():
    at = open_lesson("multivariate", extra="0.5", rho="0.9", s2="0.5", s1="1")
    bell = Gaussian([0, 0], [[1.5, 0.45], [0.45, 0.75]])
    rho = handle(at, "rho")
    assert bell.mahalanobis([[rho["x"], rho["y"]]])[0] == pytest.approx(1)
    drag(at, "rho", rho["x"] / 3, 0.0)
    assert address(at)["rho"] == "0.3"
    s1 = handle(at, "s1")
    assert s1["x"] == pytest.approx(np.sqrt(1.5))
    drag(at, "s1", np.sqrt(4.5), 0.0)
    assert "s1" not in address(at)  # 2, the default


@pytest.mark.parametrize("rho", [-1.0, 1.0])
@pytest.mark.parametrize("picture", ["above", "hill", "through"])
def test_collapse_is_explained_and_mended(rho, picture):
    at = turn(open_lesson("multivariate"), picture=picture, rho=rho)
    assert "determinant |Σ| is 0" in at.info[0].value
    assert r"\mathbf{0}" in equations(at)[0]
    assert done(at) == 0
    same_figure(run_script(script(at))["figure"], figure(at))
    turn(at, extra=0.05)
    assert not at.info
    assert done(at) == 1
    assert r"\varepsilon I" in equations(at)[0]
    turn(at, rho=0.5)
    assert done(at) == 1  # ticked for good


def test_the_film_has_a_sentence_for_every_frame():
    at = turn(open_lesson("multivariate"), picture="through", seed=4)
    data = stage_data(at)
    assert len(data["summaries"]) == len(data["frames"]) == 11 and data["start"] == 10
    z = np.random.default_rng(4).standard_normal((150, 2))
    np.testing.assert_allclose(np.column_stack([columns(at)["z1"], columns(at)["z2"]]), z)
    x = np.column_stack([columns(at)["x1"], columns(at)["x2"]])
    bell = Gaussian.from_correlation([0, 0], 2.0, 1.2, 0.7)
    np.testing.assert_allclose(bell.mahalanobis(x), np.linalg.norm(z, axis=1))
    assert "(2, 0.84)" in words(at) and "(0, 0.857)" in words(at)


# -------------------------------------------------------------------------------------- slice


def test_the_conditional_of_the_ellipse_that_was_shaped():
    at = open_lesson(
        "multivariate", view="slice", s1="2.5", s2="0.8", rho="-0.6", m1="1", m2="-2", a="3"
    )
    mu, sigma = -2 - 0.6 * 0.8 / 2.5 * 2, 0.8 * 0.8
    found = said(at, r"x₁ = 3: x₂ is (-?[\d.]+) ± ([\d.]+), which is (\d+) %")
    assert found == pytest.approx((mu, sigma, 80), abs=1e-3)
    assert rf"\mathbf{{{mu:.4g}}}" in equations(at)[0]
    assert rf"\mathbf{{{sigma:.4g}}}" in equations(at)[1]
    drag(at, "a", -1.5, 0.0)
    assert said(at, r"x₁ = -1.5: x₂ is (-?[\d.]+)") == pytest.approx((-2 + 0.192 * 2.5,), abs=1e-3)


def test_half_is_reached_near_0_87_and_not_at_one_half():
    at = open_lesson("multivariate", view="slice")
    turn(at, rho=0.5)
    assert done(at) == 0
    turn(at, rho=-0.87)
    assert done(at) == 1


def test_a_cut_through_a_line_leaves_one_value():
    at = turn(open_lesson("multivariate"), view="slice", rho=1.0, a=1.0)
    assert said(at, r"exactly ([\d.]+)") == pytest.approx((0.6,))
    assert r"\mathbf{0}" in equations(at)[1]
    same_figure(run_script(script(at))["figure"], figure(at))
    drag(at, "rho", 0.0, 0.0)  # the way back is under the hand
    assert address(at)["rho"] == "0" and not at.info


def test_a_cut_through_the_data_is_compared_with_counting():
    at = turn(opened(), view="slice", of="data", known=172.0)
    x, y = CLOUD.T
    fitted = scipy.stats.linregress(x, y)
    mu = fitted.intercept + fitted.slope * 172
    sigma = y.std() * np.sqrt(1 - fitted.rvalue**2)
    assert said(at, r"x₂ is ([\d.]+) ± ([\d.]+), which") == pytest.approx((mu, sigma), rel=1e-3)
    near = y[abs(x - 172) <= 0.25 * x.std()]
    n, mean, std = said(at, r"data, (\d+) points .*: ([\d.]+) ± ([\d.]+)\.$")
    assert (n, mean, std) == pytest.approx((len(near), near.mean(), near.std()), rel=1e-3)
    drag(at, "known", 165.04, 0.0)
    assert address(at)["known"] == "165"
    turn(at, cut="hill")
    assert "165" in words(at)
    same_figure(run_script(script(at))["figure"], figure(at))


# ---------------------------------------------------------------------------------------- fit


@HEIGHTS
def test_the_moments_of_the_heights_and_weights():
    at = open_lesson("multivariate", view="fit", n="25000")
    assert said(at, r"mean \(([\d.]+), ([\d.]+)\)") == (172.7, 57.64)
    assert "0.5029" in equations(at)[1]
    at = unfold(at, "checked")
    assert "172.7025085" in reading(at)
    assert "12.84685087" in reading(at)  # over N
    assert "27.97658708" in reading(at)  # over N - 1
    shares = said(at, r"lie ([\d.]+) %, ([\d.]+) %, ([\d.]+) %")
    assert shares == pytest.approx((39.3, 86.5, 98.9), abs=0.6)


def test_shares_and_distance_of_a_point():
    at = turn(opened(), view="fit", n=60, p1=176.0, p2=52.0)
    inverse = np.linalg.inv(np.cov(CLOUD.T, bias=True))
    off = np.vstack([CLOUD, [[176.0, 52.0]]]) - CLOUD.mean(axis=0)
    d = np.sqrt(np.einsum("ni,ij,nj->n", off, inverse, off))
    assert said(at, r"lies ([\d.]+) standard") == pytest.approx((d[-1],), abs=0.006)
    counted = [100 * (d[:-1] <= r).mean() for r in (1, 2, 3)]
    assert said(at, r"lie ([\d.]+) %, ([\d.]+) %, ([\d.]+) %") == pytest.approx(counted, abs=0.06)
    assert f"{np.corrcoef(CLOUD.T)[0, 1]:.4f}" in equations(at)[1]
    assert rf"\mathbf{{{d[-1]:.3f}}}" in equations(at)[1]
    np.testing.assert_allclose(np.sort(columns(at)["d"]), np.sort(d[:-1]))
    drag(at, "held", 160.0, 71.0)
    assert address(at)["p1"] == "160" and address(at)["p2"] == "71"


def test_one_point_flips_the_correlation_and_the_robust_fit_mends_it():
    at = turn(opened(), view="fit", n=20, mode="count")
    points = CLOUD[np.random.default_rng(0).permutation(60)[:20]]
    before = np.corrcoef(points.T)[0, 1]
    far = (CLOUD[:, 0].max() + 15, CLOUD[:, 1].min() - 15)
    drag(at, "held", *far)
    held = handle(at, "held")
    after = np.corrcoef(np.vstack([points, [[held["x"], held["y"]]]]).T)[0, 1]
    assert before > 0.2 and after < 0
    assert said(at, r"from (-?[\d.]+) to (-?[\d.]+)\.") == pytest.approx((before, after), abs=0.006)
    assert "√20 = 4.5σ" in words(at)
    assert said(at, r"lies ([\d.]+) standard")[0] < np.sqrt(20)
    assert done(at) == 0
    turn(at, mode="robust")
    weight, mended = said(at, r"count as ([\d.]+) of .* Correlation: (-?[\d.]+);")
    assert weight < 0.2 and mended > 0.1
    assert said(at, r"lies ([\d.]+) standard")[0] > np.sqrt(20)  # nothing hides it any more
    assert done(at) == 1
    same_figure(run_script(script(at))["figure"], figure(at))


@pytest.mark.parametrize("mode", ["measure", "count", "robust"])
@pytest.mark.parametrize("lang", ["en", "ko"])
def test_script_and_columns_follow_the_fit(mode, lang):
    at = turn(opened(lang=lang), view="fit", n=20, mode=mode, seed=3)
    same_figure(run_script(script(at))["figure"], figure(at))
    assert len(columns(at)["x1"]) == (20 if mode == "measure" else 21)
    assert offered(at)


@pytest.mark.parametrize(
    "query",
    [{"picture": "hill"}, {"picture": "through"}, {"probe": "1"}, {"view": "slice", "axis": "1"}],
)
def test_script_redraws_the_other_pictures(query):
    at = open_lesson("multivariate", **query)
    same_figure(run_script(script(at))["figure"], figure(at))


# ----------------------------------------------------------------------------------- own data


@pytest.mark.parametrize("view", [{"view": "fit"}, {"view": "slice", "of": "data"}])
@pytest.mark.parametrize("lang", ["en", "ko"])
def test_points_on_a_line_are_answered_calmly(view, lang):
    at = turn(opened([[i, 2.0 * i + 1] for i in range(9)], lang), **view)
    assert not stages(at) and len(at.info) == 1
    assert "|Σ|" in at.info[0].value
    turn(at, view="shape")
    assert stages(at) == 1 and not at.info


def test_three_points_are_enough_for_a_fit_and_two_are_refused():
    at = turn(opened([[0, 0], [4, 1], [1, 3]]), view="fit", mode="count")
    assert "4 of 3" in words(at) or "Fit to 4" in words(at)
    at = opened([[0, 0], [4, 1]])
    assert len(at.warning) == 1 and stages(at) == 1


def test_positions_move_to_the_axes_of_new_data():
    at = turn(opened(), view="fit", p1=165.0, p2=49.0)
    paste(at, "\n".join(f"{a / 1000},{b * 50}" for a, b in CLOUD))
    assert not at.exception
    held = handle(at, "held")
    assert 0.15 < held["x"] < 0.19 and 2000 < held["y"] < 4000
    assert "p1" not in address(at)


# ------------------------------------------------------------------------ words, links, answers


def test_answers_set_the_stage():
    at = answer(open_lesson("multivariate", view="fit"), "alone", 2)
    assert "correlation 0.90" in words(at)
    bells = next(t for t in figure(at)["data"] if t.get("yaxis") == "y2")
    first = figure(open_lesson("multivariate"))
    before = next(t for t in first["data"] if t.get("yaxis") == "y2")
    assert bells["y"] == before["y"]  # p(x1) did not notice, as the answer says
    at = answer(opened(), "strange", 0)
    assert "Fit to 60 of 60" in words(at)


def test_numbers_of_the_reveal_are_right():
    """d = 1.73 and 3; 22 % and 1.1 % farther out."""
    bell = Gaussian.from_correlation([0, 0], 1.0, 1.0, 0.5)
    along, across = bell.mahalanobis([[1.5, 1.5], [1.5, -1.5]])
    assert (along, across) == pytest.approx((1.73, 3.0), abs=0.005)
    chi2 = scipy.stats.chi2(2)
    assert (chi2.sf(along**2), chi2.sf(across**2)) == pytest.approx((0.22, 0.011), abs=0.004)


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_a_link_keeps_what_is_out_of_sight(lang):
    query = {
        "view": "fit",
        "s1": "1.5",
        "rho": "-0.3",
        "picture": "hill",
        "a": "-2",
        "mode": "count",
    }
    at = open_lesson("multivariate", lang, **query)
    assert address(at) == query
    turn(at, view="shape")
    assert address(at)["s1"] == "1.5" and stage_data(at)["figure"]["data"][0]["type"] == "surface"


def test_start_over():
    at = turn(open_lesson("multivariate"), view="slice", a=-3.0)
    press(at, "reset")
    assert not address(at)
    assert "correlation 0.70" in words(at)


def test_a_robust_fit_that_fails_is_no_mending():
    """Three points cannot outvote a fourth: the correlation stays flipped, the task open."""
    at = turn(opened([[0, 0], [2, 1], [4, 3]]), view="fit", mode="robust")
    drag(at, "held", 9.0, -4.0)
    mended, clean = said(at, r"Correlation: (-?[\d.]+); .*: (-?[\d.]+)\.$")
    assert clean > 0.9 and mended < 0
    assert done(at) == 0


@pytest.mark.parametrize(
    "query", [{"view": "slice"}, {"view": "fit", "mode": "robust"}, {"rho": "1"}]
)
def test_checked_agrees_in_every_view(query):
    at = unfold(open_lesson("multivariate", **query), "checked")
    lines = re.findall(r": (-?[\d.e-]+)\. [^\n]*?: (-?[\d.e-]+)\. Difference", reading(at))
    assert lines
    for ours, theirs in lines:
        assert float(ours) == pytest.approx(float(theirs), abs=0.01)
