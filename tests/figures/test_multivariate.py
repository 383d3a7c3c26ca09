"""Pictures, sentences and formulas of the multivariate lesson against scipy and plain geometry."""

import re

import numpy as np
import pytest
import scipy.stats

from explorer import i18n
from explorer.figures import multivariate as figures
from explorer.figures.multivariate import Hand, Plane, Strip, roads, words
from explorer.figures.multivariate.parts import rounded, share_inside
from explorer.models.gaussian import Gaussian
from tests.pages.helpers import plain

HAND = Hand(m1=0.5, m2=-0.8, s1=2.5, s2=0.7, rho=-0.6)
BELL = Gaussian([0.5, -0.8], [[6.25, -1.05], [-1.05, 0.49]])
SCIPY = scipy.stats.multivariate_normal(BELL.mean, BELL.covariance)
POINTS = SCIPY.rvs(500, random_state=3)  # (500, 2)
PLANE = Plane()


def traces(figure) -> list[dict]:
    return plain(figure)["data"]


def along(trace) -> np.ndarray:
    """The points of a trace (N, 2), without the gaps."""
    columns = (np.array(trace[name], dtype=float) for name in "xy")
    points = np.column_stack(list(columns))
    return points[np.isfinite(points).all(axis=1)]


def rings_of(figure) -> list[np.ndarray]:
    """What is drawn as a closed, filled blue line in the plane."""
    lines = [t for t in traces(figure) if t.get("fill") == "toself" and t["mode"] == "lines"]
    return [along(line) for line in lines]


def distance(points) -> np.ndarray:
    off = np.atleast_2d(points) - BELL.mean
    return np.sqrt(np.einsum("ni,ij,nj->n", off, np.linalg.inv(BELL.covariance), off))


def by_text(figure, words_) -> dict:
    """The trace of written words that holds these."""
    return next(t for t in traces(figure) if words_ in (t.get("text") or []))


# ------------------------------------------------------------------------------------ by hand


def test_a_hand_is_the_covariance_it_says():
    np.testing.assert_allclose(HAND.covariance, BELL.covariance)
    np.testing.assert_allclose(HAND.factor @ HAND.factor.T, BELL.covariance)
    np.testing.assert_allclose(HAND.factor, np.linalg.cholesky(BELL.covariance))
    jittered = Hand(0, 0, 2.5, 0.7, -0.6, extra=0.3)
    np.testing.assert_allclose(jittered.covariance, BELL.covariance + 0.3 * np.eye(2))
    np.testing.assert_allclose(jittered.bell.covariance, jittered.covariance)


@pytest.mark.parametrize("rho", [-1.0, 1.0])
def test_at_correlation_one_the_factor_survives_and_the_density_does_not(rho):
    hand = Hand(0.5, -0.8, 2.5, 0.7, rho)
    assert hand.bell is None
    np.testing.assert_allclose(hand.factor @ hand.factor.T, hand.covariance, atol=1e-12)
    assert np.linalg.matrix_rank(hand.factor) == 1
    mended = Hand(0.5, -0.8, 2.5, 0.7, rho, extra=0.01)
    assert mended.bell is not None and mended.bell.principal_axes()[0].min() > 0


# -------------------------------------------------------------------------------------- shape


def test_rings_lie_at_one_two_three_sigma_and_touch_the_box():
    rings = rings_of(figures.shape(BELL, PLANE))
    for radius, ring in zip(figures.RADII, rings, strict=True):
        np.testing.assert_allclose(distance(ring), radius, rtol=1e-9)
    spread = np.array([2.5, 0.7])
    np.testing.assert_allclose(rings[0].max(axis=0), BELL.mean + spread, atol=3e-3)
    np.testing.assert_allclose(rings[0].min(axis=0), BELL.mean - spread, atol=3e-3)
    box = next(
        along(t)
        for t in traces(figures.shape(BELL, PLANE))
        if t.get("line", {}).get("dash") == "dot"
    )
    np.testing.assert_allclose(box.min(axis=0), BELL.mean - spread)
    np.testing.assert_allclose(box.max(axis=0), BELL.mean + spread)


def test_arrows_are_eigenvectors_as_long_as_the_root_of_their_eigenvalue():
    arrows = next(t for t in traces(figures.shape(BELL, PLANE)) if t["mode"] == "lines+markers")
    start, tip1, again, tip2 = along(arrows)
    np.testing.assert_allclose(start, BELL.mean)
    np.testing.assert_allclose(again, BELL.mean)
    for tip, largest in ((tip1, True), (tip2, False)):
        arm = tip - start
        value = arm @ arm  # lambda = length^2
        np.testing.assert_allclose(BELL.covariance @ arm, value * arm, atol=1e-9)
        assert (value > 1) == largest
    assert abs((tip1 - start) @ (tip2 - start)) < 1e-9
    length = f"√λ₁ = {np.linalg.norm(tip1 - start):.3g}"
    assert by_text(figures.shape(BELL, PLANE), length)


def test_the_strips_hold_the_bells_of_each_coordinate_whatever_the_correlation():
    for rho in (-0.9, 0.0, 0.6):
        bell = Gaussian.from_correlation([0.5, -0.8], 2.5, 0.7, rho)
        drawn = traces(figures.shape(bell, PLANE))
        above = along(next(t for t in drawn if t.get("yaxis") == "y2"))
        beside = along(next(t for t in drawn if t.get("xaxis") == "x2"))
        np.testing.assert_allclose(above[:, 1], scipy.stats.norm(0.5, 2.5).pdf(above[:, 0]))
        np.testing.assert_allclose(beside[:, 0], scipy.stats.norm(-0.8, 0.7).pdf(beside[:, 1]))


def test_names_of_rings_are_the_chi_square_shares():
    figure = figures.shape(BELL, PLANE)
    shares = 100 * scipy.stats.chi2(2).cdf(np.square(figures.RADII))
    names = [f"{r:g}σ · {share:.1f} %" for r, share in zip(figures.RADII, shares, strict=True)]
    assert (
        by_text(figure, names[0])["text"] == names == ["1σ · 39.3 %", "2σ · 86.5 %", "3σ · 98.9 %"]
    )


def test_share_inside_is_the_chi_square_of_two_dimensions():
    r = np.array([0.0, 1e-9, 0.3, 1.0, 2.5, 9.0])
    np.testing.assert_allclose(share_inside(r), scipy.stats.chi2(2).cdf(r**2), rtol=1e-12)


@pytest.mark.parametrize("rho", [-1.0, 1.0])
def test_the_flat_picture_is_a_line_and_a_cut_leaves_one_value(rho):
    hand = Hand(0.5, -0.8, 2.5, 0.7, rho)
    figure = figures.flat(hand, PLANE, a=1.7)
    beads = next(along(t) for t in traces(figure) if t.get("mode") == "markers")
    z = (beads - hand.mean) / [2.5, 0.7]
    np.testing.assert_allclose(z[:, 1], rho * z[:, 0], atol=1e-12)
    expected = -0.8 + rho * 0.7 / 2.5 * (1.7 - 0.5)
    needle = [along(t) for t in traces(figure) if t.get("xaxis") == "x2"][-1]
    np.testing.assert_allclose(needle[:, 1], expected)
    assert rounded(expected) in words.of_exact(hand, 1.7)


# --------------------------------------------------------------------------------------- hill


def test_the_hill_is_the_density_and_its_volume_is_one():
    surface = traces(figures.hill(BELL, PLANE))[0]
    x, y, z = (np.array(surface[name]) for name in "xyz")  # (R, C)
    np.testing.assert_allclose(z, SCIPY.pdf(np.dstack([x, y])), rtol=2e-5)
    assert z.max() == pytest.approx(1 / (2 * np.pi * np.sqrt(np.linalg.det(BELL.covariance))))
    # quadrilaterals of the mesh: area by the cross product of the diagonals, height in the middle
    corners = np.dstack([x, y])
    d1, d2 = corners[1:, 1:] - corners[:-1, :-1], corners[1:, :-1] - corners[:-1, 1:]
    area = np.abs(d1[..., 0] * d2[..., 1] - d1[..., 1] * d2[..., 0]) / 2
    middle = (z[1:, 1:] + z[:-1, :-1] + z[1:, :-1] + z[:-1, 1:]) / 4
    assert (area * middle).sum() == pytest.approx(1, abs=0.01)


def test_the_cut_through_the_hill_is_the_joint_density():
    edge = traces(figures.hill(BELL, PLANE, a=2.0))[-1]
    x, y, z = (np.array(edge[name]) for name in "xyz")
    assert (x == 2.0).all()
    np.testing.assert_allclose(z, SCIPY.pdf(np.column_stack([x, y])), rtol=1e-4)
    assert np.trapezoid(z, y) == pytest.approx(scipy.stats.norm(0.5, 2.5).pdf(2.0), rel=1e-3)


# -------------------------------------------------------------------------------------- slice


def test_the_conditional_is_joint_over_marginal_and_its_mean_lies_on_the_line():
    a = 2.4
    drawn = traces(figures.slice_(BELL, a, PLANE))
    curve = [along(t) for t in drawn if t.get("xaxis") == "x2" and t["mode"] == "lines"][-1]
    joint = SCIPY.pdf(np.column_stack([np.full(len(curve), a), curve[:, 1]]))
    np.testing.assert_allclose(curve[:, 0], joint / scipy.stats.norm(0.5, 2.5).pdf(a), atol=1e-12)
    mean = np.trapezoid(curve[:, 0] * curve[:, 1], curve[:, 1])
    line = along(next(t for t in drawn if t.get("line", {}).get("dash") == "dashdot"))
    (x0, y0), (x1, y1) = line
    assert y0 + (y1 - y0) * (a - x0) / (x1 - x0) == pytest.approx(mean, abs=1e-3)
    held = next(along(t) for t in drawn if t.get("marker", {}).get("symbol") == "diamond")
    np.testing.assert_allclose(held, [[a, mean]], atol=1e-3)


def test_the_line_of_means_is_least_squares_and_not_the_long_axis():
    drawn = traces(figures.slice_(BELL, 1.0, PLANE, long_axis=True))
    line = along(next(t for t in drawn if t.get("line", {}).get("dash") == "dashdot"))
    slope = np.diff(line[:, 1])[0] / np.diff(line[:, 0])[0]
    fitted = scipy.stats.linregress(*SCIPY.rvs(200_000, random_state=0).T)
    assert slope == pytest.approx(fitted.slope, abs=0.003)
    name = by_text(figures.slice_(BELL, 1.0, PLANE, long_axis=True), "long axis")
    tip = along(name)[0] - BELL.mean
    assert tip[1] / tip[0] < slope < 0  # the long axis is steeper


def test_a_strip_keeps_what_is_near_and_its_histogram_has_area_one():
    strip = Strip.around(POINTS, 0.5, 0.6)
    assert len(strip.points) == (abs(POINTS[:, 0] - 0.5) <= 0.6).sum() > 20
    drawn = traces(figures.slice_(BELL, 0.5, PLANE, POINTS, strip))
    bars = next(t for t in drawn if t["type"] == "bar")
    assert np.dot(bars["x"], bars["width"]) == pytest.approx(1)
    few = Strip.around(POINTS, 9.0, 0.1)
    assert not [
        t for t in traces(figures.slice_(BELL, 9.0, PLANE, POINTS, few)) if t["type"] == "bar"
    ]


# ------------------------------------------------------------------------------------ through


def test_the_film_goes_from_the_round_cloud_to_the_ellipse_and_keeps_every_ring():
    z = np.random.default_rng(5).normal(size=(40, 2))
    figure = figures.through(HAND, z, PLANE, frames=5)
    frames = plain(figure)["frames"]
    clouds = [along(frame["data"][3]) for frame in frames]
    np.testing.assert_allclose(clouds[0], z, rtol=1e-5)
    np.testing.assert_allclose(clouds[2], (clouds[0] + clouds[4]) / 2, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(distance(clouds[4]), np.linalg.norm(z, axis=1), rtol=1e-4)
    assert [frame["name"] for frame in frames[::2]] == ["t = 0.0", "t = 0.5", "t = 1.0"]
    np.testing.assert_allclose(along(traces(figure)[3]), clouds[4], rtol=1e-5)
    colours = {frame["data"][3]["marker"]["symbol"] for frame in frames}
    assert colours == {"x-thin-open", "diamond-open"}


def test_unit_steps_become_the_columns_of_the_factor():
    figure = figures.through(HAND, np.zeros((2, 2)), PLANE, frames=3)
    start, one, again, two = along(traces(figure)[2])
    np.testing.assert_allclose(one - start, np.linalg.cholesky(BELL.covariance)[:, 0])
    np.testing.assert_allclose(two - again, np.linalg.cholesky(BELL.covariance)[:, 1])


def test_a_factor_of_rank_one_sends_the_cloud_onto_a_line():
    hand = Hand(0.5, -0.8, 2.5, 0.7, 1.0)
    z = np.random.default_rng(6).normal(size=(30, 2))
    cloud = along(traces(figures.through(hand, z, PLANE))[3])
    assert np.linalg.svd(cloud - cloud.mean(axis=0), compute_uv=False)[1] < 1e-9


# ---------------------------------------------------------------------------------------- fit


def test_shares_are_counted_and_compared_with_chi_square():
    fitted, point = Gaussian.fit(POINTS), (3.0, 1.0)
    drawn = [t for t in traces(figures.fit(fitted, POINTS, point, PLANE)) if t.get("xaxis") == "x2"]
    exact, steps, dots, here = (along(t) for t in drawn[:4])
    np.testing.assert_allclose(exact[:, 1], 100 * scipy.stats.chi2(2).cdf(exact[:, 0] ** 2))
    inverse = np.linalg.inv(np.cov(POINTS.T, bias=True))
    off = POINTS - POINTS.mean(axis=0)
    d = np.sqrt(np.einsum("ni,ij,nj->n", off, inverse, off))
    np.testing.assert_allclose(steps[:, 1], [100 * (d <= r).mean() for r in steps[:, 0]])
    np.testing.assert_allclose(dots[:, 1], [100 * (d <= r).mean() for r in (1, 2, 3)])
    off = np.array(point) - POINTS.mean(axis=0)
    np.testing.assert_allclose(here[:, 0], np.sqrt(off @ inverse @ off))


def test_a_counted_point_is_counted_and_a_measured_one_is_not():
    def last_step(counted: bool) -> list[float]:
        figure = figures.fit(BELL, POINTS[:20], (40.0, 40.0), PLANE, counted)
        steps = [t for t in traces(figure) if t.get("xaxis") == "x2"][1]
        return steps["y"][-1]

    assert last_step(False) == pytest.approx(100)
    assert last_step(True) == pytest.approx(100 * 20 / 21)


def test_many_points_are_thinned_in_the_picture_only():
    many = SCIPY.rvs(5000, random_state=1)
    figure = figures.fit(Gaussian.fit(many), many, (0.0, 0.0), PLANE)
    assert len(traces(figure)[0]["x"]) == 300
    dots = [t for t in traces(figure) if t.get("xaxis") == "x2"][2]
    assert dots["y"] == pytest.approx([39.35, 86.47, 98.89], abs=2)


def test_axes_hold_every_point_and_some_room_to_drag():
    plane = figures.axes_for(np.vstack([POINTS, [[90.0, -0.8]]]), ("x₁: a", "x₂: b"))
    assert plane.x_range[1] > 90 and plane.x_title == "x₁: a"
    usual = figures.axes_for(POINTS, ("a", "b"))
    assert np.ptp(usual.y_range) == pytest.approx(9 * POINTS[:, 1].std(), rel=0.01)
    assert repr(usual) == repr(eval(repr(usual), {"Plane": Plane}))


# ------------------------------------------------------------------------------ other numbers


def test_another_road_leads_to_the_same_numbers():
    assert roads.book_value() == pytest.approx(0.013064, abs=5e-7)
    assert roads.density(BELL, (1.0, -0.5)) == pytest.approx(SCIPY.pdf([1.0, -0.5]), rel=1e-12)
    assert roads.largest_variance(BELL) == pytest.approx(np.linalg.eigvalsh(BELL.covariance)[1])
    assert roads.ring_area(BELL) == pytest.approx(words.ring_area(BELL), rel=1e-6)
    assert words.ring_area(BELL) == pytest.approx(np.pi * np.sqrt(np.linalg.det(BELL.covariance)))
    area, mean, spread = roads.cut(BELL, 2.4)
    mu, sigma = BELL.condition({0: 2.4}).mu_sigma()
    assert (area, mean, spread) == pytest.approx((scipy.stats.norm(0.5, 2.5).pdf(2.4), mu, sigma))
    assert roads.least_squares(BELL, 2.4) == pytest.approx(mu, abs=0.01)


def test_a_cut_far_out_does_not_underflow():
    bell = Gaussian.from_correlation([0.0, 0.0], 0.3, 3.0, 0.99)
    mu, sigma = bell.condition({0: 6.0}).mu_sigma()
    _area, mean, spread = roads.cut(bell, 6.0)
    assert (mean, spread) == pytest.approx((mu, sigma), rel=1e-6)


def floats(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", text)]


def test_sentences_hold_the_right_numbers():
    values, vectors = np.linalg.eigh(BELL.covariance)
    angle = np.degrees(np.arctan(vectors[1, 1] / vectors[0, 1]))
    area = np.pi * np.sqrt(values.prod())
    lengths = np.sqrt(values[::-1])
    expected = [0.5, -0.8, 2.5, 0.7, -0.6, *lengths, round(angle), 1, area]
    assert floats(words.of_shape(BELL)) == pytest.approx(expected, rel=1e-3)
    mu, sigma = -0.8 - 0.6 * 0.7 / 2.5 * 1.9, 0.7 * 0.8
    assert floats(words.of_slice(BELL, 2.4))[-4:] == pytest.approx([2.4, mu, sigma, 80], rel=1e-3)


def test_the_sentence_of_a_fit_counts_shares_and_names_the_tail():
    fitted = Gaussian.fit(POINTS)
    inverse = np.linalg.inv(np.cov(POINTS.T, bias=True))
    off = np.array([3.0, 1.0]) - POINTS.mean(axis=0)
    d = np.sqrt(off @ inverse @ off)
    said = words.of_fit(fitted, POINTS, (3.0, 1.0), 9876)
    assert "500 of 9,876" in said and "39.3 %, 86.5 %, 98.9 %" in said
    assert f"{np.corrcoef(POINTS.T)[0, 1]:.2f}" in said
    assert f"{d:.2f} standard deviations" in said
    assert words.percent(np.exp(-(d**2) / 2)) in said


def test_no_point_of_a_fit_is_farther_than_the_root_of_n_minus_one():
    """What the page says about an outlier that stretches its own ruler."""
    for far in (1e2, 1e5):
        with_it = np.vstack([POINTS[:30], [[far, -far]]])
        d = Gaussian.fit(with_it).mahalanobis(with_it)[-1]
        assert d < np.sqrt(30)
    assert d == pytest.approx(np.sqrt(30), rel=1e-3)
    clean, dirty = Gaussian.fit(POINTS[:30]), Gaussian.fit(with_it)
    said = words.of_counted(dirty, clean, 31)
    assert "√30 = 5.5σ" in said
    assert f"from {words.correlation(clean):.2f} to {words.correlation(dirty):.2f}" in said


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.22, "22.0 %"),
        (0.0111, "1.1 %"),
        (0.00012, "0.012 %"),
        (3e-9, "< 0.0001 %"),
        (0, "< 0.0001 %"),
    ],
)
def test_rare_shares_stay_readable(share, text):
    assert words.percent(share) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.84, "0.84"), (12345.6, "12{,}346"), (1.2e-7, r"1.2\times 10^{-7}"), (-3.0, "-3"), (0, "0")],
)
def test_numbers_in_formulas(value, text):
    assert words.number(value) == text


def test_formulas_are_filled_with_the_numbers_of_the_picture():
    assert "6.25 & -1.05" in words.covariance_formula(HAND)
    assert r"\mathbf{1.96}" in words.covariance_formula(HAND)  # 6.25 * 0.49 * (1 - 0.36)
    assert r"\mathbf{0}" in words.covariance_formula(Hand(0, 0, 2.5, 0.7, -1.0))
    book = Gaussian([1.0, 2.0], np.eye(2))
    assert r"\mathbf{0.01306}" in words.density_formula(book, (0.0, 0.0))
    mean = words.mean_formula(BELL.mean, BELL.covariance, 2.4)
    assert rf"\mathbf{{{-0.8 - 0.6 * 0.7 / 2.5 * 1.9:.4g}}}" in mean
    assert r"\mathbf{0.56}" in words.spread_formula(BELL.covariance)
    flat = Hand(0.5, -0.8, 2.5, 0.7, 1.0)
    assert r"\mathbf{0}" in words.spread_formula(flat.covariance)
    assert words.fit_formula(BELL).count("6.25") == 1


def test_korean_says_the_same_numbers():
    english = words.of_shape(BELL)
    try:
        i18n.use("ko")
        korean = words.of_shape(BELL)
    finally:
        i18n.use("en")
    assert korean != english and sorted(floats(korean)) == sorted(floats(english))
