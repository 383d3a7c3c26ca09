"""The pictures of `descent` show the computation and the walk they claim to show."""

import math

import numpy as np
import pytest

from explorer.figures import autograd as graph
from explorer.figures import descent as figures
from explorer.models.expressions import EXPRESSIONS, central_differences
from explorer.models.surfaces import Bowl, Rosenbrock, curvature


def texts(frame: int, trace: int, film: graph.Computation) -> list[str]:
    change = film.figure.frames[frame]
    return list(change.data[list(change.traces).index(trace)].text)


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_the_film_fills_values_forwards_and_gradients_backwards(name):
    film = graph.compute(name, 1.3, -0.7)
    inputs, steps = 2, len(EXPRESSIONS[name].texts)
    assert len(film.figure.frames) == len(film.sentences) == 2 * steps + 2
    filled = [sum(map(bool, texts(i, 5, film))) for i in range(2 * steps + 2)]
    assert filled == [*range(inputs, inputs + steps + 1), *[inputs + steps] * (steps + 1)]
    back = [sum(map(bool, texts(i, 6, film))) for i in range(2 * steps + 2)]
    assert back[: steps + 1] == [0] * (steps + 1) and back[-1] == inputs + steps
    assert back == sorted(back)


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_the_last_frame_reads_the_true_gradient(name):
    film = graph.compute(name, 1.3, -0.7)
    exact = central_differences(EXPRESSIONS[name].plain, 1.3, -0.7)
    shown = [float(t.removeprefix("∇ ").replace("−", "-")) for t in texts(-1, 6, film)[:2]]
    assert shown == pytest.approx(exact, rel=5e-3)
    value = float(texts(-1, 5, film)[-1].replace("−", "-"))
    assert value == pytest.approx(EXPRESSIONS[name].plain(1.3, -0.7), rel=5e-3)


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_no_box_lies_on_another_and_arrows_point_forwards(name):
    places = graph.PLACES[name]
    nodes = EXPRESSIONS[name].build(1.0, 1.0)
    assert list(places) and set(places) == set(nodes)
    keys = list(places)
    for i, one in enumerate(keys):
        for other in keys[:i]:
            across = abs(places[one][0] - places[other][0])
            down = abs(places[one][1] - places[other][1])
            assert across >= 2 * graph.HALF_WIDTH or down >= 2 * graph.HALF_HEIGHT + 0.35
    for parent, child, _slope in graph._edges(nodes):
        assert places[child][0] - places[parent][0] > 2 * graph.HALF_WIDTH - 0.25


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (-1e-17, "0"), (-400.0, "−400"), (14400.0, "14400"), (1.58319, "1.583"),
     (-0.00012, "−1.2e−04")],
)  # fmt: skip
def test_numbers_in_boxes(value, text):
    assert graph.short(value) == text


# ---- walks -------------------------------------------------------------------------------------

VALLEY, BOWL = Rosenbrock(), Bowl(15.0, 35.0)


def classic(at_most: int = 10_000) -> figures.Track:
    return figures.track(VALLEY, "sgd", (0.0, 2.0), 0.001, 0.9, at_most)


def test_ten_thousand_steps_become_about_sixty_frames():
    track = classic()
    film = figures.walking("valley", VALLEY, track)
    assert 40 <= len(film.frames) <= 62 and len(track.points) <= 220
    shown = [track.points[i].step for i in track.frames]
    assert shown[0] == 0 and shown[-1] == 10_000 and shown[:4] == [0, 1, 2, 3]
    ratios = np.diff(np.log(np.array(shown[20:]) + 1.0))
    assert ratios.max() < 3 * ratios.min()  # even steps in the logarithm
    assert [frame.name for frame in film.frames] == [f"{step:,}" for step in shown]


def test_each_frame_stands_where_the_walk_stood():
    track = classic(300)
    film = figures.walking("valley", VALLEY, track)
    every = figures.steps(VALLEY, "sgd", (0.0, 2.0), 0.001, 0.9, 300)
    for frame, index in zip(film.frames, track.frames, strict=True):
        step = every[track.points[index].step]
        path, arrow, dot, height, readout = frame.data
        assert (dot.x[0], dot.y[0]) == (step.x, step.y)
        assert height.y[0] == step.value and height.x[0] == max(step.step, 0.5)
        assert path.x[-1] == pytest.approx(step.x, rel=1e-6) and len(path.x) == index + 1
        assert f"{step.step:,}" in readout.text[0]
        downhill = np.array([arrow.x[1] - arrow.x[0], arrow.y[1] - arrow.y[0]])
        cosine = downhill @ [step.gx, step.gy] / math.hypot(step.gx, step.gy) / 0.45
        assert cosine == pytest.approx(-1)


@pytest.mark.parametrize(("place", "surface"), [("valley", VALLEY), ("bowl", BOWL)])
def test_contours_are_the_levels_that_were_asked_for(place, surface):
    film = figures.walking(place, surface, classic(10))
    x0, x1 = figures.WINDOWS[place][:2]
    for trace, level in zip(film.data, reversed(figures.LEVELS[place]), strict=False):
        x, y = np.float64(trace.x), np.float64(trace.y)
        inside = (x > x0) & (x < x1)
        assert inside.sum() > 15
        heights = surface.value(x[inside], y[inside])
        np.testing.assert_allclose(heights, level, rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("rate", [0.01, 0.05, 1.0])
@pytest.mark.parametrize("name", ["sgd", "momentum"])
def test_a_walk_that_runs_away_is_drawn_and_explained(name, rate):
    track = figures.track(VALLEY, name, (0.0, 2.0), rate, 0.9, 1000)
    assert track.lost and track.end.step < 20
    film = figures.walking("valley", VALLEY, track)
    for frame in film.frames:
        for part in frame.data[:4]:
            assert np.isfinite(np.float64(part.x)).all() and np.isfinite(np.float64(part.y)).all()
            assert max(abs(np.float64(part.x))) <= 1001
    culprit = track.too_steep(VALLEY)
    assert curvature(VALLEY, culprit.x, culprit.y) * rate > 2 * (1 + track.beta)


def test_numbers_that_are_none_have_words():
    track = figures.track(BOWL, "sgd", (1.0, 1.0), math.inf, 0.9, 10)
    film = figures.walking("bowl", BOWL, track)
    assert track.end.stop == "overflow" and "nan" not in film.frames[-1].data[4].text[0]
    assert figures.figures(math.nan) == figures.figures(math.inf) == "beyond all numbers"


def test_rivals_are_drawn_with_their_names():
    others = {
        name: figures.track(VALLEY, name, (0.0, 2.0), 0.002, 0.9, 500)
        for name in ("momentum", "adam")
    }
    film = figures.walking("valley", VALLEY, classic(500), others)
    said = [t.text[0] for t in film.data if t.mode == "text"]
    assert {"Momentum", "Adam"} <= set(said)
    dotted = [t for t in film.data if t.line.dash == "dot" and t.xaxis == "x2"]
    for trace, track in zip(dotted, others.values(), strict=True):
        assert trace.y[-1] == pytest.approx(track.end.value, rel=1e-6)


def test_rivals_that_run_away_are_named_inside_the_picture_one_under_the_other():
    others = {
        name: figures.track(VALLEY, name, (0.0, 2.0), 0.02, 0.9, 500)
        for name in ("sgd", "momentum")
    }
    assert all(track.lost for track in others.values())
    film = figures.walking("valley", VALLEY, classic(500), others)
    names = [t for t in film.data if t.mode == "text" and t.xaxis == "x2"]
    levels = [math.log10(t.y[0]) for t in names]
    low, high = film.layout.yaxis2.range
    assert [t.text[0] for t in names] == ["SGD", "Momentum"]
    assert all(low < level <= high for level in levels) and levels[0] - levels[1] > 1
