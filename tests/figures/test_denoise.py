"""The figures of `denoise` against the numbers they show, and its formulas against the samplers."""

import re

import numpy as np
import pytest

from explorer.figures import denoise as figures
from explorer.figures import denoise_words as words
from explorer.models.diffusion.ddim import ddim
from explorer.models.diffusion.schedule import linear

ABAR = linear().abar


def entry(distance: float) -> dict:
    return {"accuracy (%)": 97.5, "Fréchet distance": distance, "precision": 0.9, "recall": 0.8}


CARD = {
    "test loss (mean squared error)": 0.0251,
    "along gamma": {"0": entry(20.0), "1": entry(5.5)},
    "along steps": {
        "ddim": {"5": entry(31.0), "10": entry(12.5), "50": entry(7.5)},
        "ddpm": {"5": entry(92.0), "10": entry(40.0), "1000": entry(6.25)},
        "heun": {"5": entry(14.0), "10": entry(8.75)},
    },
    "real pictures": {"2000": entry(2.2), "1000": entry(4.25)},
    "samples": {"along gamma": 2000, "along steps": 1000},
}
LAST = {
    "test loss (mean squared error)": 0.0262,
    "at gamma = 1": entry(11.0),
    "real pictures": {"1000": entry(4.25)},
    "samples": {"gamma = 1": 1000},
}
FOUND = figures.quality(CARD)


def overview(chosen=("ddim",), steps=10, eta=0.0, t=400, found=FOUND):
    return figures.overview(found, chosen, steps, eta, ABAR, linear().times(steps), t)


def diamonds(figure) -> list[tuple[float, float]]:
    """Where the learner's choice is marked on the left."""
    found = [
        t for t in figure.data
        if t.xaxis is None and t.mode == "markers" and t.marker.symbol == "diamond"
    ]  # fmt: skip
    return [(t.x[0], t.y[0]) for t in found]


def verticals(figure) -> list[float]:
    return [t.x[0] for t in figure.data if t.xaxis is None and len(t.x) == 2 and t.x[0] == t.x[1]]


def test_heun_pays_twice():
    assert [figures.calls(name, 10) for name in figures.SAMPLERS] == [10, 10, 19]
    curves = [t for t in overview().data if t.mode == "lines+markers"]
    assert [list(t.x) for t in curves] == [[5, 10, 50], [5, 10, 1000], [9, 19]]
    assert [list(t.y) for t in curves] == [[31.0, 12.5, 7.5], [92.0, 40.0, 6.25], [14.0, 8.75]]


def test_the_floor_is_that_of_as_many_real_pictures():
    assert FOUND.floor == 4.25 and FOUND.samples == 1000
    (floor,) = (t for t in overview().data if t.xaxis is None and t.line.dash == "dash")
    assert set(floor.y) == {4.25}


def test_a_choice_is_marked_only_where_it_was_measured():
    assert diamonds(overview()) == [(10, 12.5)]
    assert diamonds(overview(steps=25)) == [] and verticals(overview(steps=25)) == [25]
    assert diamonds(overview(("heun",))) == [(19, 8.75)] and verticals(overview(("heun",))) == [19]
    assert diamonds(overview(figures.SAMPLERS)) == [(10, 12.5), (10, 40.0), (19, 8.75)]


def test_ddim_with_eta_one_is_judged_as_ancestral_and_in_between_not_at_all():
    assert diamonds(overview(eta=1.0)) == [(10, 40.0)]
    assert diamonds(overview(eta=0.5)) == []
    assert diamonds(overview(("ddpm",), eta=0.5)) == [(10, 40.0)]  # eta is DDIM's alone
    assert "η = 0 and η = 1" in words.overview(FOUND, ("ddim",), 10, 0.5, ABAR, 0)


@pytest.mark.parametrize("t", [1000, 800, 500, 100, 0])
def test_the_marker_on_the_right_sits_on_the_share_of_signal(t):
    right = [t_ for t_ in overview(t=t).data if t_.xaxis == "x2"]
    curve, visits, here = right[:3]
    np.testing.assert_allclose(curve.y, np.sqrt(np.cumprod(np.r_[1, 1 - linear().betas]))[curve.x])
    assert list(visits.x) == linear().times(10)
    assert (here.x[0], here.y[0]) == (t, pytest.approx(np.sqrt(ABAR[t])))


@pytest.mark.parametrize("metrics", [{}, {"along steps": {}}, {"samples": {"along steps": 1000}}])
def test_a_card_without_measurements_is_said_to_be_one(metrics):
    found = figures.quality(metrics)
    assert not found.curves and found.floor is None
    figure = overview(found=found)
    assert "not measured yet" in [t.text[0] for t in figure.data if t.text]
    assert np.isfinite(figure.layout.yaxis.range).all()
    assert "no measurements" in words.overview(found, ("ddim",), 10, 0.0, ABAR, 0)
    assert figures.weights(metrics) is None


def test_words_name_the_neighbours_of_what_was_not_measured():
    told = words.overview(FOUND, ("ddim",), 25, 0.0, ABAR, 400)
    assert "12.50 with 10 steps, 7.50 with 50 steps" in told and "(1,000) lie at 4.25" in told
    told = words.overview(FOUND, ("heun",), 5, 0.0, ABAR, 400)
    assert "asks the network 9 times" in told and "1,000 such samples" in told and "14.00" in told


def test_both_weights_are_shown_beside_as_many_real_pictures():
    averaged, last = figures.weights(CARD), figures.weights(LAST)
    assert (averaged.distance, averaged.floor, averaged.samples) == (5.5, 2.2, 2000)
    assert (last.distance, last.floor, last.samples) == (11.0, 4.25, 1000)
    figure = figures.averaging(averaged, last)
    assert [t.y[0] for t in figure.data if t.type == "bar"] == [5.5, 11.0]
    lines = [t for t in figure.data if t.type == "scatter" and t.mode == "lines"]
    assert [line.y[0] for line in lines] == [2.2, 4.25]
    told = words.averaging(averaged, last)
    assert "2,000 samples" in told and "0.02620" in told
    assert len(figures.averaging(None, last).data) == 5  # words, and the other's four
    assert "no measurements" in words.averaging(None, last)


@pytest.mark.parametrize(
    ("probability", "frame"),
    [([0.1, 0.95, 0.5, 0.9, 1.0], 3), ([0.9, 1.0], 0), ([0.1, 0.2], None), ([1.0, 0.0, 0.9], 2)],
)
def test_sure_means_sure_to_the_end(probability, frame):
    assert figures.settled(np.array(probability)) == frame


def test_the_curves_of_recognition():
    guess = np.array([[0.1, 0.3], [0.95, 0.2], [0.99, 0.4]])
    noisy = np.array([0.2, 0.1, 0.99])
    figure = figures.recognised([1000, 500, 0], guess, noisy, 0, 500, "7")
    other, raw, mine, here = figure.data[:4]
    assert list(other.y) == [0.3, 0.2, 0.4] and list(raw.y) == list(noisy)
    assert list(mine.y) == [0.1, 0.95, 0.99] and (here.x[0], here.y[0]) == (500, 0.95)
    told = words.recognised([1000, 500, 0], guess[:, 0], noisy, "7")
    assert "From t = 500" in told and "from t = 0 on" in told and "never learned" not in told
    assert "never becomes" in words.recognised([1000, 500, 0], noisy * 0.5, noisy, "7")
    assert "never learned from blots" in words.recognised([9, 0], noisy[[2, 2]], noisy[[2, 2]], "8")


def test_lengths_are_those_of_both_ways():
    rng = np.random.default_rng(2)
    a, b = rng.standard_normal((2, 784))
    figure = figures.lengths(a, b, 3)
    low, high, _words, round_, flat = figure.data[:5]
    assert (low.y[0], high.y[0]) == (pytest.approx(26.6, abs=0.05), pytest.approx(29.4, abs=0.05))
    drawn = np.linalg.norm(rng.standard_normal((4000, 784)), axis=1)
    assert np.mean((drawn > low.y[0]) & (drawn < high.y[0])) == pytest.approx(0.95, abs=0.015)
    u = np.linspace(0, 1, 101)
    la, lb = np.linalg.norm(a), np.linalg.norm(b)
    np.testing.assert_allclose(round_.y, (1 - u) * la + u * lb)
    np.testing.assert_allclose(flat.y, np.linalg.norm(np.outer(1 - u, a) + np.outer(u, b), axis=1))
    assert flat.y[50] == pytest.approx(la / np.sqrt(2), rel=0.1)  # noise has no direction
    assert list(figure.data[7].y) == [round_.y[30], flat.y[30]]
    assert f"{flat.y[30]:.2f}" in words.between_formulas(a, b, 0.3)[1]


def numbers(formula: str) -> list[float]:
    text = re.sub(r"\\cdot 10\^\{(-?\d+)\}", r"e\1", formula)
    return [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?(?:e-?\d+)?", text)]


@pytest.mark.parametrize("eta", [0.0, 0.4, 1.0])
@pytest.mark.parametrize(("t", "s"), [(1000, 960), (440, 400), (200, 0)])
def test_the_formula_is_the_step_that_ddim_takes(eta, t, s):
    """x_s from the numbers that stand in the formula, against the sampler."""
    x, eps, z = np.random.default_rng(1).standard_normal((3, 6))
    (step,) = ddim(linear(), lambda *_: eps, x, [t, s], lambda _x: z, eta=eta)
    guess, update, _sigma = words.step_formulas("ddim", eta, ABAR, t, s)
    noise, signal = numbers(guess.split("x_{" + str(t) + "}")[1])
    clean = (x - noise * eps) / signal
    np.testing.assert_allclose(clean, step.clean, rtol=2e-3)
    by_x0, by_eps, by_z = (
        numbers(part + " ")[0] for part in re.findall(r"(?:= |\+ )([\d.\\cdot ^{}-]+)\\,",
        update.split("x_{" + str(s) + "} ")[1])
    )  # fmt: skip
    np.testing.assert_allclose(by_x0 * clean + by_eps * eps + by_z * z, step.after, atol=2e-3)


def test_ancestral_and_heun_have_formulas_of_their_own():
    assert words.step_formulas("ddpm", 0.0, ABAR, 400, 360) == words.step_formulas(
        "ddim", 1.0, ABAR, 400, 360
    )
    heun = words.step_formulas("heun", 0.7, ABAR, 400, 360)
    sigma = np.sqrt((1 - ABAR) / ABAR)
    assert f"= {sigma[360] - sigma[400]:.4g}" in heun[2]
    assert words.step_formulas("heun", 0.7, ABAR, 40, 0) == words.step_formulas(
        "ddim", 0.0, ABAR, 40, 0
    )


def test_a_frame_holds_all_panels():
    rng = np.random.default_rng(3)
    x, noise, clean = rng.uniform(-1, 1, (3, 6, 784))
    page = figures._panels(figures.Frame(500, x, noise, clean), 2)
    shown = page[:112:4, [k for left in (0, 117, 234) for k in range(left, left + 112, 4)]]
    for k, (values, reach) in enumerate(((x[2], 1), (noise[2], 3), (clean[2], 1))):
        expected = 255 * (values.reshape(28, 28) / reach + 1) / 2
        np.testing.assert_allclose(shown[:, 28 * k : 28 * k + 28], expected, atol=0.51)
    small = page[117:173:2, 58 * 5 : 58 * 5 + 56 : 2]
    np.testing.assert_allclose(small, 255 * (clean[5].reshape(28, 28) + 1) / 2, atol=0.51)
    assert (page[175] == 255).nonzero()[0].tolist() == list(range(116, 172))  # the bar
    waiting = figures._panels(figures.Frame(1000, x, None, None), 0)
    assert np.ptp(waiting[:112, 117:229].astype(int)) == 0  # no answer yet
    np.testing.assert_array_equal(waiting[117:173:2, :56:2], waiting[:112:4, :112:4])
    sheet = figures.film([figures.Frame(1000, x, None, None)] * 3, 0)
    assert sheet.count == 3 and sheet.size == (178, 346)


def test_places_lie_in_two_rows():
    rng = np.random.default_rng(4)
    starts, pictures = rng.uniform(-1, 1, (2, 2, 11, 784))
    page = figures._places(starts, pictures, 7)
    for row in range(2):
        tile = page[90 + 32 * row : 118 + 32 * row, 96:124]
        np.testing.assert_allclose(
            tile, 255 * (pictures[row, 3].reshape(28, 28) + 1) / 2, atol=0.51
        )
        large = page[:84:3, 176 * row + 88 : 176 * row + 172 : 3]
        np.testing.assert_allclose(
            large, 255 * (pictures[row, 7].reshape(28, 28) + 1) / 2, atol=0.51
        )
    assert figures.between(starts, [None, pictures[1]]).count == 11
    assert figures.rows([[pictures[0, :6]] * 4, [pictures[1, :6]] * 4]).grid == (2, 6)
