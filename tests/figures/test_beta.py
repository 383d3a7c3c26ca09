"""The ladder on the real cards, and the figures of `beta` against the numbers they show."""

import numpy as np
import pytest

from explorer import checkpoints
from explorer.data import pen
from explorer.figures import beta as figures
from explorer.metrics.directions import STEPS, Walk

HERE = [b for b in figures.BETAS if figures.checkpoint(b) in checkpoints.names()]
RUNGS = [figures.rung(b, checkpoints.read_card(figures.checkpoint(b))["metrics"]) for b in HERE]


def test_the_ladder_is_that_of_the_recipes():
    pytest.importorskip("torch")
    from explorer.training import recipes

    assert figures.BETAS == recipes.BETAS
    for price in figures.BETAS:
        name = figures.checkpoint(price)
        assert name == recipes.ladder(price)
        assert recipes.RECIPES[name].config.beta == price


def test_every_rung_is_here():
    assert list(figures.BETAS) == HERE


def test_along_the_ladder_the_code_shrinks_and_the_copies_fade():
    assert all(np.diff([r.rate for r in RUNGS]) < 0)
    assert all(np.diff([r.distortion for r in RUNGS]) > 0)
    assert RUNGS[-1].active <= 1 and RUNGS[-1].rate < 0.5
    bounds = {r.beta: r.bound for r in RUNGS}
    assert bounds[1] > max(bounds.values()) - 0.5  # the price of the bound itself
    assert all(bounds[b] < bounds[1] - 10 for b in (0.1, 4, 10, 30))
    for each in RUNGS:
        assert sum(each.latents) == pytest.approx(each.rate, abs=0.06)


def test_a_card_becomes_a_rung():
    card = {
        "test reconstruction (nats)": -82.85, "test KL (nats)": 18.28, "active latents": 2,
        "KL per latent (nats)": [0.1, 9.0, 9.18],
    }  # fmt: skip
    made = figures.rung(4, card)
    assert made.latents == (9.18, 9.0, 0.1)
    assert made.bound == pytest.approx(-101.13)
    assert made.cost(4) == pytest.approx(82.85 + 4 * 18.28)


LADDER = [
    figures.Rung(0.1, 65.0, 50.0, (20.0, 18.0, 12.0), 3),
    figures.Rung(1, 83.0, 18.0, (17.9, 0.095, 0.005), 2),
    figures.Rung(30, 206.0, 0.02, (0.01, 0.005, 0.005), 0),
]


@pytest.mark.parametrize("chosen", range(3))
def test_the_line_through_a_rung_has_its_price_as_slope(chosen):
    figure = figures.ladder(LADDER, chosen)
    here = LADDER[chosen]
    _curve, line, dots = figure.data[:3]
    np.testing.assert_allclose(np.diff(line.y) / np.diff(line.x), -here.beta)
    np.testing.assert_allclose(line.y[0] + here.beta * (line.x[0] - here.rate), here.distortion)
    low, high = figure.layout.yaxis.range
    assert all(low - 1e-9 <= y <= high + 1e-9 for y in line.y)
    assert list(dots.x) == [50.0, 18.0, 0.02] and list(dots.y) == [65.0, 83.0, 206.0]
    words = [t.text[0] for t in figure.data if t.text]
    assert sum("<b>β" in w for w in words) == 1


@pytest.mark.parametrize(("chosen", "active"), [(0, 3), (1, 2), (2, 0)])
def test_active_latents_are_bars_and_collapsed_ones_crosses(chosen, active):
    figure = figures.ladder(LADDER, chosen)
    (bars,) = (t for t in figure.data if t.type == "bar")
    (crosses,) = (t for t in figure.data if t.type == "scatter" and t.marker.symbol == "x")
    assert len(bars.x) == active and len(crosses.x) == 3 - active
    assert sorted([*bars.y, *crosses.customdata], reverse=True) == list(LADDER[chosen].latents)
    assert figure.layout.yaxis2.range == figures.ladder(LADDER, 0).layout.yaxis2.range


def test_the_film_lays_each_row_above_its_copy():
    digits = np.stack([pen.digit(k) for k in range(10)])
    sheet = figures.rebuilt(digits, [0 * digits, digits, 0.5 * digits])
    assert sheet.count == 3 and sheet.grid == (4, 5) and sheet.size == (112, 140)
    pairs = figures._pairs(digits, 0.5 * digits)
    np.testing.assert_array_equal(pairs[0, 3], digits[3])
    np.testing.assert_array_equal(pairs[3, 4], 0.5 * digits[9])


def way(which: int = 0) -> Walk:
    values = np.column_stack([8 + 9 * STEPS, 3 + 0.1 * STEPS, 12 - 0.5 * STEPS**2])
    return Walk(
        np.zeros((33, 28, 28)), values, which, values[16, which] + STEPS, np.array([9, 0.1, 0.0]),
        1.0, np.array([13.0, 0.8, 4.0]),
    )  # fmt: skip


@pytest.mark.parametrize("which", [0, 1, 2])
@pytest.mark.parametrize("amount", [-4.0, 0.0, 1.25, 4.0])
def test_the_marker_sits_on_the_measured_curve(which, amount):
    figure = figures.effect(way(which), amount)
    promised, measured, marker = figure.data[:3]
    np.testing.assert_allclose(measured.y, way(which).values[:, which])
    np.testing.assert_allclose(promised.y, way(which).promised)
    index = list(STEPS).index(amount)
    assert (marker.x[0], marker.y[0]) == (amount, measured.y[index])
    assert f"{marker.y[0]:.1f}" in figure.data[3].text[0]


def test_changes_are_in_standard_deviations_and_start_at_nothing():
    moved = figures.changes(way())
    np.testing.assert_allclose(moved[16], 0)
    np.testing.assert_allclose(moved[-1], [36 / 13, 0.4 / 0.8, -8 / 4])


def test_blank_pictures_make_a_figure_too():
    empty = way()
    blank = np.full(33, np.nan)
    nothing = Walk(empty.pictures, np.full((33, 3), np.nan), 0, blank, 0 * empty.slopes,
                   0.0, empty.spread)  # fmt: skip
    figure = figures.effect(nothing, 2.0)
    assert np.isfinite(figure.layout.yaxis.range).all()
    assert np.isfinite(figure.layout.yaxis2.range).all()


def test_labels_keep_their_distance_and_their_order():
    placed = figures._apart(np.array([0.0, 0.05, -0.02]), 0.3)
    assert (np.diff(np.sort(placed)) >= 0.3 - 1e-12).all()
    assert np.argsort(placed).tolist() == [2, 0, 1]
