"""The pictures of `likelihood`, and their words, hold the numbers that they claim to hold."""

import itertools
import re

import numpy as np
import plotly.graph_objects as go
import pytest
from scipy.stats import norm

from explorer import i18n
from explorer.figures import likelihood as figures
from explorer.figures import theme
from explorer.figures.likelihood import describe, formulas
from explorer.figures.likelihood.facts import nice
from explorer.figures.likelihood.fit import log_range, thinned
from explorer.figures.likelihood.parts import outline
from explorer.figures.likelihood.spread import CURVES, DOTS, INSIDE_95, STUDIES

X = 12 + 0.7 * np.random.default_rng(8).gamma(3.0, size=400)  # lopsided, spread 1.2
MU, SIGMA = 14.6, 0.9


@pytest.fixture(scope="module")
def facts() -> figures.Facts:
    return figures.Facts.of(X[:, None], "length (m)", "m")


@pytest.fixture(scope="module")
def found(facts):
    return figures.studies(facts, 5)


def trace(figure: go.Figure | go.Frame, name: str) -> go.Scatter:
    (one,) = (t for t in figure.data if t.meta == name)
    return one


def words(figure: go.Figure) -> str:
    return "\n".join(str(text) for t in figure.data if t.mode == "text" for text in t.text)


def areas(bars: go.Scatter) -> np.ndarray:
    """Signed areas of the rectangles of which a histogram is made."""
    x, y = np.reshape(bars.x, (-1, 5)), np.reshape(bars.y, (-1, 5))
    assert np.isnan(x[:, 4]).all() and np.isnan(y[:, 4]).all()
    assert (y[:, [0, 3]] == 0).all() and (y[:, 1] == y[:, 2]).all()
    return (x[:, 2] - x[:, 1]) * y[:, 1]


# ------------------------------------------------------------------------------------ the data


def test_facts_are_the_datas(facts):
    assert facts.moments.n == 400
    assert facts.moments.maximum() == pytest.approx((X.mean(), X.std()))
    assert (facts.ends == [X.min(), X.max()]).all()
    assert (facts.x == X).all()  # in the order of the file, for the running product
    assert facts.digits == 2 and facts.step == 0.05
    assert facts.text(-1234.5678) == "−1,234.57 m"


def test_bins_are_round_and_hold_everything(facts):
    width = np.diff(facts.edges)
    assert width == pytest.approx(np.full(len(width), width[0]))
    assert f"{width[0]:.0e}"[0] in "125"
    assert facts.edges[0] < X.min() and facts.edges[-1] > X.max()
    assert (facts.heights * width).sum() == pytest.approx(1)
    counts = np.histogram(X, facts.edges)[0]
    assert facts.heights * 400 * width[0] == pytest.approx(counts)
    assert width[0] == pytest.approx(0.2)


def test_bins_follow_freedman_and_diaconis():
    even = figures.Facts.of(np.linspace(0, 1, 1000))  # 2 IQR n^(-1/3) = 2 * 0.5 / 10
    assert np.diff(even.edges) == pytest.approx(0.1 * np.ones(len(even.edges) - 1))


@pytest.mark.parametrize(
    ("value", "up"),
    [(0.0966, 0.1), (2.4, 5), (10.0, 10), (0.00011, 0.0002), (7e6, 1e7), (1.0004e-9, 1e-9)],
)
def test_nice_numbers(value, up):
    assert nice(value) == pytest.approx(up)
    down = {0.1: 0.05, 5: 2, 10: 10, 0.0002: 0.0001, 1e7: 5e6, 1e-9: 1e-9}[up]
    assert nice(value, down=True) == pytest.approx(down)


def test_counts():
    assert figures.counts(7) == [1, 2, 5, 7]
    assert figures.counts(25_000, 5)[:3] == [5, 10, 20]
    assert figures.counts(25_000)[-2:] == [20_000, 25_000]
    assert figures.sizes(3) == [5, 10, 20, 50, 100]
    assert figures.sizes(272)[-2:] == [200, 272]
    assert figures.sizes(50_000)[-1] == figures.MOST


def test_controls_begin_beside_the_data_and_reach_the_maximum(facts):
    scale = figures.scale(facts)
    m, s = facts.moments.maximum()
    assert scale.mu_range[0] < scale.mu < m < scale.mu_range[1]
    assert scale.sigma_range[0] < s < scale.sigma < scale.sigma_range[1]
    assert 0.1 < float(facts.moments.drop(scale.mu, scale.sigma)) < 1
    assert scale.rounded(99.0, *scale.mu_range) == scale.mu_range[1]
    assert scale.rounded(14.33333, *scale.mu_range) == 14.33


# ----------------------------------------------------------------------------------------- fit


def test_curve_and_its_logarithm(facts):
    figure = figures.fit(facts, MU, SIGMA)
    curve, log = trace(figure, "curve"), trace(figure, "log density")
    assert curve.y == pytest.approx(norm(MU, SIGMA).pdf(curve.x))
    assert log.y == pytest.approx(norm(MU, SIGMA).logpdf(log.x))
    assert areas(trace(figure, "data")).sum() == pytest.approx(0.92)  # bars with gaps between


def test_the_mean_of_the_log_densities_is_a_level(facts):
    figure = figures.fit(facts, MU, SIGMA)
    logs = norm(MU, SIGMA).logpdf(X)
    assert list(trace(figure, "your mean").y) == pytest.approx([logs.mean()] * 2)
    best = norm(X.mean(), X.std()).logpdf(X).mean()
    assert list(trace(figure, "highest mean").y) == pytest.approx([best] * 2)
    assert f"your mean −{-logs.mean():.3f}" in words(figure)
    assert f"highest mean −{-best:.3f}" in words(figure)


def test_points_ride_on_the_logarithm():
    facts = figures.Facts.of(X)
    points = trace(figures.fit(facts, MU, SIGMA), "points")
    assert points.y == pytest.approx(norm(MU, SIGMA).logpdf(points.x))
    assert set(points.x) <= set(X)


@pytest.mark.parametrize("sigma", [3.0, 0.3])
def test_the_outermost_points_show_what_they_cost(facts, sigma):
    figure = figures.fit(facts, MU, sigma)
    floor, ceiling = log_range(facts)
    outer = trace(figure, "outermost")
    assert list(outer.x) == [X.min(), X.max()]
    for x, y in zip(outer.x, outer.y, strict=True):
        exact = norm(MU, sigma).logpdf(x)
        deep = exact < floor
        assert deep == (sigma < 1)
        assert floor < y < ceiling and (deep or y == pytest.approx(exact))
        assert f"−{-exact:,.1f}" + (" ↓" if deep else "") in words(figure)


def test_thinned_points_are_even_in_rank():
    x = np.arange(1000.0)
    few = thinned(x)
    assert len(few) == 21
    assert np.diff(few) == pytest.approx(np.full(20, 1000 / 21), abs=1)
    assert few.mean() == pytest.approx(x.mean(), abs=1)
    assert (thinned(x[:20]) == x[:20]).all()


def test_landscape_lines_are_where_they_say(facts):
    figure = figures.fit(facts, MU, SIGMA)
    for drop in (0.03, 0.1, 0.3, 1.0, 3.0):
        line = trace(figure, f"{drop:g}")
        assert facts.moments.drop(line.x, line.y) == pytest.approx(
            np.full(len(line.x), drop), rel=1e-6
        )
    star = trace(figure, "maximum")
    assert (star.x[0], star.y[0]) == pytest.approx((X.mean(), X.std()))
    way = trace(figure, "way")
    assert (way.x[0], way.y[0]) == (MU, SIGMA) and way.x[1] == star.x[0]


def test_a_plunging_mean_waits_at_the_edge_with_its_number(facts):
    figure = figures.fit(facts, MU, 0.12)
    exact = norm(MU, 0.12).logpdf(X).mean()
    floor = log_range(facts)[0]
    assert exact < floor
    assert floor < trace(figure, "your mean").y[0] < floor + 1
    assert f"your mean −{-exact:.3f} ↓" in words(figure)


@pytest.mark.parametrize("sigma", [0.12, 0.9, 3.6])
def test_handles_stay_in_the_picture(facts, sigma):
    at = figures.grips(facts, MU, sigma)
    assert at["mu"][0] == MU and at["sigma"][0] == pytest.approx(MU + sigma)
    assert at["here"] == (MU, sigma)
    assert 0 < at["sigma"][1] < at["mu"][1] < facts.top
    if sigma > 0.8:  # on the curve itself
        assert at["mu"][1] == pytest.approx(norm(MU, sigma).pdf(MU))
        assert at["sigma"][1] == pytest.approx(norm(MU, sigma).pdf(MU + sigma))


# -------------------------------------------------------------------------------------- sample


def test_film_of_draws(facts):
    figure = figures.sample(facts, MU, SIGMA, 3)
    drawn = figures.draws(MU, SIGMA, 3)
    assert [frame.name for frame in figure.frames][:4] == ["1", "2", "5", "10"]
    for frame in figure.frames:
        n = int(frame.name.replace(",", ""))
        bars, diamonds = frame.data
        assert (diamonds.x == drawn[: min(n, 100)]).all()
        edges = facts.edges
        shares = np.histogram(drawn[:n], edges)[0] / n if n >= 20 else np.zeros(len(edges) - 1)
        heights = np.reshape(bars.y, (-1, 5))[:, 1]
        assert -heights * np.diff(edges) == pytest.approx(shares)
    assert -heights == pytest.approx(np.diff(norm(MU, SIGMA).cdf(edges)) / np.diff(edges), abs=0.02)
    base = figure.data[frame.traces[0]]
    assert base.meta == "drawn" and len(base.x) == len(bars.y)


def test_draws_of_a_seed_belong_together():
    assert (figures.draws(5.0, 2.0, 1, 10) == figures.draws(5.0, 2.0, 1)[:10]).all()
    z = figures.draws(0.0, 1.0, 1, 10)
    assert figures.draws(5.0, 2.0, 1, 10) == pytest.approx(5 + 2 * z)
    assert (figures.draws(0.0, 1.0, 2, 10) != z).all()


def test_mirror_counts_both_ways_from_zero(facts):
    axis = figures.sample(facts, MU, SIGMA, 3).layout.yaxis
    marks = np.asarray(axis.tickvals)
    assert marks == pytest.approx(-marks[::-1], abs=1e-15)
    assert [float(text) for text in axis.ticktext] == pytest.approx(np.abs(marks))


def test_outline():
    assert outline(np.array([2.0, -3.0]))[:4].tolist() == [0, 2, 2, 0]
    assert outline(np.array([2.0, -3.0]))[5:9].tolist() == [0, -3, -3, 0]


# --------------------------------------------------------------------------------------- tails


def test_areas_and_readings_on_both_sides(facts):
    t = 15.3
    figure = figures.tails(facts, MU, SIGMA, t)
    below, above = norm(MU, SIGMA).cdf(t), norm(MU, SIGMA).sf(t)
    for name, exact in (("up to t", below), ("beyond t", above)):
        area = trace(figure, name)
        assert np.trapezoid(area.y, area.x) == pytest.approx(exact, abs=2e-3)
    assert f"P(x ≤ t) = {100 * below:.2f} %" in words(figure)
    assert f"P(x > t) = {100 * above:.2f} %" in words(figure)
    assert f"counted {100 * (X > t).mean():.2f} %" in words(figure)
    mark = trace(figure, "t")
    assert (mark.x[0], mark.y[0]) == (t, pytest.approx(below))


def test_threshold_belongs_to_the_left():
    facts = figures.Facts.of(np.array([1.0, 2.0, 2.0, 3.0]))
    assert figures.counted(facts, 2.0) == (3, 1)
    assert figures.counted(facts, 1.99) == (1, 3)
    assert figures.counted(facts, 99.0) == (4, 0)


def test_staircase_is_the_datas_share(facts):
    stairs = trace(figures.tails(facts, MU, SIGMA, 15.0), "counted")
    assert stairs.line.shape == "hv"
    assert [(X <= value).mean() for value in stairs.x] == pytest.approx(list(stairs.y))
    assert {X.min(), X.max()} <= set(stairs.x)


def test_folded_share_on_the_logarithmic_axis(facts):
    figure = figures.tails(facts, MU, SIGMA, 17.0, log=True)
    tent = trace(figure, "share")
    exact = np.minimum(norm(MU, SIGMA).cdf(tent.x), norm(MU, SIGMA).sf(tent.x))
    assert tent.y == pytest.approx(np.maximum(exact, 1e-300), rel=1e-9)
    stairs = trace(figure, "counted")
    assert [min((X <= v).mean(), (X > v).mean()) for v in stairs.x] == pytest.approx(list(stairs.y))
    assert trace(figure, "t").y[0] == pytest.approx(norm(MU, SIGMA).sf(17.0))
    assert dict(zip(figure.layout.yaxis2.ticktext, figure.layout.yaxis2.tickvals, strict=True))[
        "0.1 %"
    ] == pytest.approx(0.001)


def test_percent():
    assert figures.percent(0.065418) == "6.54 %"
    assert figures.percent(0) == "0.00 %"
    assert figures.percent(2.3e-7) == "2.3e-05 %"


# -------------------------------------------------------------------------------------- spread


def test_each_study_is_a_point_and_the_first_ones_a_curve(facts, found):
    figure = figures.spread(facts, found)
    for frame, one in zip(figure.frames, found, strict=True):
        assert frame.name == f"{one.n:,}"
        curves, dots, _contour, _ellipse, together = frame.data
        assert len(one.mean) == STUDIES
        assert dots.x == pytest.approx(one.mean[:DOTS])
        assert dots.y == pytest.approx(one.std[:DOTS])
        assert together.x[0] == pytest.approx(one.mean.mean())
        assert together.y[0] ** 2 == pytest.approx((one.std**2).mean())
        x = np.reshape(figure.data[0].x, (CURVES, -1))[:, :-1]
        y = np.reshape(curves.y, (CURVES, -1))
        assert np.isnan(y[:, -1]).all()
        exact = norm(one.mean[3], one.std[3]).pdf(x[3])
        assert y[3, :-1] == pytest.approx(exact, rel=1e-4, abs=1e-9)


def test_theory_is_an_ellipse_that_holds_95_percent(facts, found):
    m, s = facts.moments.maximum()
    frame = figures.spread(facts, found).frames[4]
    ellipse, n = frame.data[3], found[4].n
    errors = np.array([s / np.sqrt(n), s / np.sqrt(2 * n)])
    distance = np.hypot((ellipse.x - m) / errors[0], (ellipse.y - s) / errors[1])
    assert distance == pytest.approx(np.full(len(distance), INSIDE_95))
    assert 1 - np.exp(-(INSIDE_95**2) / 2) == pytest.approx(0.95)
    assert np.ptp(ellipse.x) == pytest.approx(2 * INSIDE_95 * errors[0], rel=0.01)


def test_contour_of_three_nats_meets_the_ellipse_for_many_points(facts, found):
    frames = figures.spread(facts, found).frames
    lost = INSIDE_95**2 / 2
    assert lost == pytest.approx(3, abs=0.005)
    for frame, one in zip(frames, found, strict=True):
        contour = frame.data[2]
        drop = one.n * facts.moments.drop(contour.x, contour.y)
        assert drop == pytest.approx(np.full(len(drop), lost), rel=1e-5)
    gaps = [abs(f.data[2].y.max() / f.data[3].y.max() - 1) for f in frames]
    assert gaps[-1] < 0.03 < 0.5 < gaps[0]


def test_n_minus_one_raises_the_estimates(facts, found):
    plain, mended = (figures.spread(facts, found, ddof).frames[0].data for ddof in (0, 1))
    assert found[0].n == 5
    assert mended[1].y == pytest.approx(plain[1].y * np.sqrt(5 / 4))
    star = facts.moments.std
    assert plain[4].y[0] < 0.93 * star
    assert mended[4].y[0] == pytest.approx(star, rel=0.03)


def test_zoom_follows_the_cloud(facts, found):
    def ranges(zoom: bool, axis: str) -> list:
        frames = figures.spread(facts, found, zoom=zoom).to_dict()["frames"]
        return [frame.get("layout", {}).get(axis, {}).get("range") for frame in frames]

    widths = np.ptp(ranges(True, "xaxis2"), axis=1)
    assert widths[0] / widths[2] == pytest.approx(np.sqrt(found[2].n / found[0].n))
    assert np.min(ranges(True, "yaxis2")) >= 0
    assert set(ranges(False, "xaxis2")) == {None}


def test_a_study_of_equal_points_draws_no_curve():
    facts = figures.Facts.of(np.array([1.0, 4.0]))
    found = figures.studies(facts, 0)
    flat = np.flatnonzero(found[0].std[:CURVES] == 0)
    assert len(flat)
    y = np.reshape(figures.spread(facts, found).frames[0].data[0].y, (CURVES, -1))
    assert np.isnan(y[flat]).all()
    assert np.isfinite(np.delete(y, flat, axis=0)[:, :-1]).all()


# --------------------------------------------------------------------------- words and formulas


def test_description_of_the_fit(facts):
    logs, best = norm(MU, SIGMA).logpdf(X), norm(X.mean(), X.std()).logpdf(X)
    text = describe.fit(facts, MU, SIGMA)
    assert (
        f"μ = 14.60 m, σ = 0.90 m; mean log density of the 400 points −{-logs.mean():.3f}" in text
    )
    assert f"That is {best.mean() - logs.mean():.3f} below" in text
    worst = X[np.argmin(logs)]
    assert f"costs most, {worst:.2f} m, has −{-logs.min():.1f} nats" in text
    assert "no other has a higher" in describe.fit(facts, *facts.moments.maximum())


def test_description_of_the_draws(facts):
    texts = describe.sample(facts, MU, SIGMA, 3)
    drawn = figures.draws(MU, SIGMA, 3)
    assert texts[0] == f"The first number drawn from the model: {drawn[0]:.2f} m."
    assert f"Mean {drawn[:50].mean():.2f} m (data {X.mean():.2f} m)" in texts[5]
    assert f"standard deviation {drawn[:50].std():.2f} m" in texts[5]
    wide = describe.sample(facts, MU, 3.6, 3)[-1]
    low, high = facts.span
    outside = ((figures.draws(MU, 3.6, 3) < low) | (figures.draws(MU, 3.6, 3) > high)).sum()
    assert f"{outside:,} of them lie outside" in wide


def test_description_of_the_tails(facts):
    text = describe.tails(facts, MU, SIGMA, 15.3)
    assert f"the model says {100 * norm(MU, SIGMA).sf(15.3):.2f} %" in text
    beyond = int((X > 15.3).sum())
    assert f"of the data {beyond} of 400 = {100 * beyond / 400:.2f} %" in text


def test_description_of_the_spread(facts, found):
    text = describe.spread(facts, found, 0)[0]
    assert f"scatter by {found[0].mean.std():.2f} m (theory σ/√n: {X.std() / 5**0.5:.2f} m)" in text
    assert f"{(found[0].std ** 2).mean():#.4g} (exactly expected: {0.8 * X.var():#.4g}" in text
    inside = describe.inside(facts, found[-1], 0)
    assert 0.85 < inside <= 1
    z = (found[-1].mean - X.mean()) / (X.std() / np.sqrt(400))
    w = (found[-1].std - X.std()) / (X.std() / np.sqrt(800))
    assert inside == pytest.approx((np.hypot(z, w) <= INSIDE_95).mean())


def test_formula_of_the_fit(facts):
    total = norm(MU, SIGMA).logpdf(X).sum()
    log, _product, best = formulas.fit(facts, MU, SIGMA)
    assert f"{total:,.0f} ".replace(",", "{,}") in log
    assert f"({total / 400:.4f})" in log
    assert f"{X.mean():.4f}" in best and f"{X.std():.4f}" in best


def test_where_the_product_is_lost(facts):
    few = figures.Facts.of(X[:100])
    exact = norm(MU, SIGMA).pdf(few.x).prod()
    mantissa, exponent = f"{exact:.3e}".split("e")
    assert rf"{mantissa}\cdot 10^{{{int(exponent)}}}" in formulas.fit(few, MU, SIGMA)[1]
    running = np.cumprod(norm(MU, SIGMA).pdf(X))
    first = int(np.argmax(running == 0)) + 1
    assert 200 < first < 400
    product = formulas.fit(facts, MU, SIGMA)[1]
    assert rf"\prod_{{i=1}}^{{{first}}} p(\data{{x_i}}) = 0" in product
    power = norm(MU, SIGMA).logpdf(X).sum() / np.log(10)
    assert f"10^{{{power:.0f}}}" in product


def test_dense_data_overflow_instead(facts):
    tiny = figures.Facts.of(1e-6 * np.tile(X, 10))
    product = formulas.fit(tiny, 1e-6 * MU, 1e-6 * SIGMA)[1]
    assert r"\infty" in product


def test_formula_of_a_draw_adds_up(facts):
    (text,) = formulas.sample(facts, MU, SIGMA, 3)
    x, mu, sigma, z = (
        float(re.search(rf"\\{role}{{\(?(-?[\d.]+)\)?}}", part)[1])
        for role, part in zip(
            ("sample", "model", "model", "latent"),
            re.findall(r"\\\w+\{\(?-?[\d.]+\)?\}", text),
            strict=True,
        )
    )
    assert x == pytest.approx(mu + sigma * z, abs=0.011)


def test_formula_of_the_tails(facts):
    below, above = formulas.tails(facts, MU, SIGMA, 15.3)
    assert f"{norm(MU, SIGMA).cdf(15.3):.6f}" in below
    assert f"{norm(MU, SIGMA).sf(15.3):.6f}" in above
    assert f"{(X > 15.3).mean():.6f}" in above
    assert r"\cdot10^{-" in formulas.tails(facts, MU, SIGMA, 19.5)[1]


def test_formula_of_the_spread(facts, found):
    errors, variance = formulas.spread(facts, found[0], 0)
    assert f"{X.std() / np.sqrt(5):.3f}" in errors and f"{X.std() / np.sqrt(10):.3f}" in errors
    assert f"{0.8 * X.var():#.4g}" in variance and r"\tfrac{n-1}{n}" in variance
    mended = formulas.spread(facts, found[0], 1)[1]
    assert mended.count(f"{X.var():#.4g}") == 2 and r"\tfrac{n-1}{n}" not in mended


# ------------------------------------------------------------------------------------ the house


@pytest.mark.parametrize("view", ["fit", "tails", "spread"])
def test_panels_stack_on_a_narrow_screen(facts, found, view):
    figure = {
        "fit": lambda: figures.fit(facts, MU, SIGMA),
        "tails": lambda: figures.tails(facts, MU, SIGMA, 15.0),
        "spread": lambda: figures.spread(facts, found),
    }[view]()
    stacked = figure.layout.meta["narrow"]
    heights = sorted(place for axis, place in stacked.items() if axis.startswith("yaxis"))
    assert all(a[1] < b[0] for a, b in itertools.pairwise(heights))
    assert figure.layout.meta["narrowHeight"] > figure.layout.height


def test_words_follow_the_language(facts):
    i18n.use("ko")
    try:
        assert "최댓값" in words(figures.fit(facts, MU, SIGMA))
        assert "내 곡선은" in describe.fit(facts, MU, SIGMA)
    finally:
        i18n.use("en")


def test_every_colour_has_a_dark_twin(facts, found):
    pairs = theme.dark_of()
    for figure in (figures.fit(facts, MU, SIGMA), figures.spread(facts, found)):
        text = figure.to_json()
        colors = set(re.findall(r"#[0-9a-f]{6}|rgba\(\d+,\d+,\d+,0(?=\.\d)", text))
        assert len(colors) > 5
        assert colors <= set(pairs)


@pytest.mark.parametrize(
    "x",
    [
        [1.0, 2.0],
        [0.0, 0.0, 1e12],
        [5e11, 5e11 + 1e5, 5e11 + 3e5],
        [1e-9, 3e-9, 4e-9],
        [-3, -3, -2],
    ],
    ids=["two", "outlier", "far", "tiny", "negative"],
)
def test_unusual_data_are_drawn_and_described(x):
    facts = figures.Facts.of(np.array(x, float))
    scale = figures.scale(facts)
    low, high = facts.span
    assert low < facts.ends[0] <= facts.ends[1] < high and len(facts.edges) < 80
    for mu in scale.mu_range:
        for sigma in scale.sigma_range:
            for figure in (figures.fit(facts, mu, sigma), figures.tails(facts, mu, sigma, high)):
                assert "NaN" not in words(figure) and "nan" not in words(figure)
            assert "nan" not in describe.fit(facts, mu, sigma)
            assert "nan" not in "".join(formulas.fit(facts, mu, sigma))
    assert scale.mu_range[0] < scale.mu < scale.mu_range[1]
    assert scale.t_range[0] < scale.t < scale.t_range[1]
    found = figures.studies(facts, 0)
    assert len(figures.spread(facts, found).frames) == len(found)
    assert "nan" not in "".join(describe.spread(facts, found, 1))
