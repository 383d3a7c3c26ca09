"""Figures of the `network` lesson: what is drawn is what was computed."""

import numpy as np
import pytest

from explorer import i18n
from explorer.data import registry
from explorer.figures import network as figures
from explorer.figures import network_words as words
from explorer.training import small

X, Y = registry.load("noisy_sine").values.T


def curve_film(**settings):
    run = small.Run(small.regression(X, Y), **settings)
    records = list(run.train())
    parts = run.history(records, figures.line_grid(X[:, None]))
    return run, records, parts


def test_every_frame_holds_the_curve_of_its_step():
    run, records, (losses, steps, values) = curve_film(steps=100)
    figure = figures.curve(X, Y, ("x", "y"), losses, steps, values, True)
    assert [frame.name for frame in figure.frames] == [str(step) for step in steps]
    grid = figures.line_grid(X[:, None])
    for frame, step in zip(figure.frames, steps, strict=True):
        line, mark = frame.data
        expected = run.predict(records[step].weights, grid)
        np.testing.assert_allclose(line["y"], expected, rtol=1e-5, atol=1e-5)
        assert mark["x"][0] == max(step, 0.5) and mark["y"][0] == losses[step]
        assert figure.data[frame.traces[0]]["line"]["width"] == 4
    np.testing.assert_array_equal(figure.data[-2]["y"], figure.frames[-1].data[0]["y"])


def test_the_truth_and_the_floor_are_drawn_for_the_noisy_sine_alone():
    _run, _records, (losses, steps, values) = curve_film(steps=10)
    dashed = {}
    for noisy in (True, False):
        figure = figures.curve(X, Y, ("x", "y"), losses, steps, values, noisy)
        dashed[noisy] = [
            t for t in figure.data if t["mode"] == "lines" and t["line"]["dash"] == "dash"
        ]
    floor, truth = dashed[True]
    assert dashed[False] == []
    np.testing.assert_allclose(truth["y"], np.sin(2 * np.pi * np.asarray(truth["x"])) + 0.5)
    assert set(floor["y"]) == {1 / 12}


def test_an_explosion_stays_on_the_picture():
    _run, _records, (losses, steps, values) = curve_film(rate=3.0)
    losses[-1] = np.inf
    figure = figures.curve(X, Y, ("x", "y"), losses, steps, values, True)
    for frame in figure.frames:
        assert np.isfinite(frame.data[0]["y"]).all() and np.isfinite(frame.data[1]["y"]).all()
    low, high = figure.layout["yaxis2"]["range"]
    assert np.isfinite([low, high]).all() and high - low > 5
    told = words.curve(losses, steps, values, 1000, 3.0, True)
    assert "exploded" in told[-1] and "exploded" not in told[0]
    assert "inf" not in told[-1]


def test_regions_show_the_winner_and_how_sure_it_is():
    table = registry.load("rings")
    run = small.Run(small.classification(table.values, table.groups), steps=300, rate=1.0)
    records = list(run.train())
    grid = figures.plane_grid(run.task.x)
    losses, steps, values = run.history(records, grid)
    names = ("a", "b", "c")
    figure = figures.regions(run.task.x, run.task.y, ("x", "y"), names, losses, steps, values)
    heat = next(trace for trace in figure.data if trace["type"] == "heatmap")
    across, along = np.meshgrid(heat["x"], heat["y"])
    np.testing.assert_allclose(grid, np.column_stack([across.ravel(), along.ravel()]))
    for frame, record in zip(
        figure.frames, (r for r in records if r.weights is not None), strict=True
    ):
        p = run.predict(record.weights, grid)
        z = np.asarray(frame.data[0]["z"]).ravel()
        np.testing.assert_array_equal(z // figures.BANDS, p.argmax(axis=1))
        sure = (p.max(axis=1) - 1 / 3) / (2 / 3)
        np.testing.assert_allclose(z % figures.BANDS / (figures.BANDS - 1), sure, atol=0.017)
    dots = [trace for trace in figure.data if trace["name"] in names]
    assert [len(dot["x"]) for dot in dots] == np.bincount(run.task.y).tolist()
    assert len({dot["marker"]["symbol"] for dot in dots}) == 3


def test_a_sheet_of_maps_keeps_every_map_in_its_place():
    maps = np.random.default_rng(0).random((10, 3, 4))
    sheet = figures._sheet(maps, 4)
    assert sheet.shape == (3 * 4 - 1, 4 * 5 - 1)
    for index, one in enumerate(maps):
        row, column = divmod(index, 4)
        part = sheet[row * 4 : row * 4 + 3, column * 5 : column * 5 + 4]
        np.testing.assert_allclose(part, one / one.max())
    assert np.isnan(sheet[3]).all() and np.isnan(sheet[:, 4]).all()


def test_a_digit_is_drawn_upright_beside_its_probabilities():
    x = np.zeros((28, 28))
    x[2, 5] = 1.0  # near the top
    p = np.full(10, 0.02)
    p[7] = 0.82
    maps = [np.ones((32, 14, 14)), np.ones((64, 14, 14))]
    figure = figures.digit(x.ravel(), p, maps)
    bars = next(trace for trace in figure.data if trace["type"] == "bar")
    np.testing.assert_array_equal(bars["y"], p)
    z = np.asarray(next(trace for trace in figure.data if trace["type"] == "heatmap")["z"])
    assert z[27 - 2, 5] == 250 and z.sum() == 250  # row 0 of z is drawn at the bottom


def test_the_confusion_table_shows_every_count_and_parts_right_from_wrong():
    counts = np.diag(np.arange(10) * 100 + 900)
    counts[4, 9], counts[9, 4] = 7, 12
    figure = figures.confusion(counts)
    written = {}
    for trace in figure.data:
        if trace["type"] == "scatter":
            written |= {
                (row, column): text
                for row, column, text in zip(trace["y"], trace["x"], trace["text"], strict=True)
            }
    assert written == {
        (row, column): f"{counts[row, column]:,}"
        for row, column in zip(*counts.nonzero(), strict=True)
    }
    right, wrong = (np.asarray(t["z"]) for t in figure.data if t["type"] == "heatmap")
    assert np.isfinite(right).sum() == 10 and np.isfinite(wrong).sum() == 2
    assert figure.layout["yaxis"]["range"][0] > figure.layout["yaxis"]["range"][1]  # 0 on top
    assert "12 times a 9 was taken for a 4" in words.confusion(counts)


def test_turns_of_a_curve():
    x = np.linspace(0, 1, 201)
    assert words.turns(np.sin(2 * np.pi * x)) == 2
    assert words.turns(np.sin(6 * np.pi * x)) == 6
    assert words.turns(np.tanh(8 * (x - 0.5))) == 0
    assert words.turns(np.full(201, 3.0)) == 0


@pytest.mark.parametrize(
    ("loss", "said"),
    [(0.2, "2.40 times"), (1.02 / 12, "within 5 %"), (0.9 / 12, "0.900 times")],
)
def test_the_loss_is_compared_with_the_noise(loss, said):
    i18n.use("en")
    assert said in words.against_noise(loss)
