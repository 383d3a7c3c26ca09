"""What the pictures of the `mixture` lesson show, against numbers obtained another way."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from explorer.figures import mixture as figures
from explorer.figures import mixture_canvas as base
from explorer.figures import mixture_film as film
from explorer.figures import mixture_words as words
from explorer.figures import theme
from explorer.models.by_hand import BOOK, marginal
from explorer.models.mixture import Mixture
from tests.pages.helpers import plain

LABELS = ("length (minutes)", "waiting (minutes)")
TRUTH = Mixture(
    np.array([0.2, 0.5, 0.3]),
    np.array([[2.0, 50.0], [4.0, 80.0], [3.0, 60.0]]),
    np.array([[[0.1, 0.5], [0.5, 30.0]], [[0.2, 1.0], [1.0, 40.0]], [[0.4, -2.0], [-2.0, 20.0]]]),
)
SCORE = figures.Score(-4.4, -4.7, -4.1)


@pytest.fixture(scope="module")
def x() -> np.ndarray:
    return TRUTH.sample(400, 5)[0]


def drawn(figure) -> list[dict]:
    return plain(figure)["data"]


def density_of(mixture: Mixture, points: np.ndarray) -> np.ndarray:
    parts = zip(mixture.weights, mixture.means, mixture.covariances, strict=True)
    return sum(w * multivariate_normal(m, s).pdf(points) for w, m, s in parts)


def test_the_stretch_is_filled_from_0_to_1(x):
    *parts, names = drawn(figures.density(TRUTH, x, LABELS, SCORE))[:4]
    ends = [(min(part["x"]), max(part["x"])) for part in parts]
    assert np.array(ends) == pytest.approx(np.array([[0, 0.2], [0.2, 0.7], [0.7, 1]]))
    assert [text[3] for text in names["text"]] == ["1", "2", "3"]
    assert names["x"] == pytest.approx([0.1, 0.45, 0.85])


def test_bands_hold_the_share_they_name(x):
    """Of draws from the mixture, 90, 70, 50, 30 and 10 % lie inside the rings."""
    sides = [np.linspace(*base.window(column), 161) for column in x.T]
    outside = base.outside(TRUTH, sides)
    draws = TRUTH.sample(20_000, 8)[0]
    cells = [np.searchsorted(side, column) - 1 for side, column in zip(sides, draws.T, strict=True)]
    inside = [(0 <= c) & (c < 160) for c in cells]
    at = outside[np.clip(cells[1], 0, 160), np.clip(cells[0], 0, 160)]
    for level in (0.1, 0.3, 0.5, 0.7, 0.9):
        share = ((at > level) & inside[0] & inside[1]).mean()
        assert share == pytest.approx(1 - level, abs=0.02)


@pytest.mark.parametrize("share", [1.0, 0.5], ids=["all in sight", "cut by the edges"])
def test_every_band_ends_at_one_density_and_is_a_fifth_stronger(x, share):
    """A ring is closed and runs at one height; what lies on top of each other adds up."""
    low, high = np.quantile(x, [0.5 - share / 2, 0.5 + share / 2], axis=0)
    x = x[((low <= x) & (x <= high)).all(axis=1)]
    heights, through = [], 1.0
    for j, disc in enumerate(base.bands(TRUTH, x, strength=0.5), start=1):
        path = np.column_stack([disc["x"], disc["y"]]).astype(float)
        for ring in np.split(path, np.flatnonzero(np.isnan(path[:, 0]))):
            ring = ring[~np.isnan(ring[:, 0])]
            assert (ring[0] == ring[-1]).all()
        inside = [(path[:, d] > x[:, d].min()) & (path[:, d] < x[:, d].max()) for d in range(2)]
        log_density = np.log(density_of(TRUTH, path[inside[0] & inside[1]]))
        if len(log_density) > 20:  # the rest runs along the edges
            assert log_density.std() < 0.1
            heights.append(log_density.mean())
        through *= 1 - float(disc["fillcolor"].rstrip(")").split(",")[-1])
        assert 1 - through == pytest.approx(0.1 * j, abs=1e-4)
    assert len(heights) >= 3 and (np.diff(heights) > 0.2).all()


def test_bands_follow_the_density(x):
    sides = [np.linspace(*base.window(column), 31) for column in x.T]
    grid = np.stack(np.meshgrid(*sides), axis=-1)
    exact, shown = density_of(TRUTH, grid).ravel(), base.outside(TRUTH, sides).ravel()
    order = np.argsort(exact)
    assert (np.diff(shown[order]) >= -1e-12).all()


def test_ellipses_are_at_one_and_two_sigma(x):
    for k in range(3):
        path = np.column_stack(base.outline(TRUTH, k, x))
        away = path[~np.isnan(path).any(axis=1)] - TRUTH.means[k]
        squared = np.einsum("nd,de,ne->n", away, np.linalg.inv(TRUTH.covariances[k]), away)
        assert np.sqrt(squared).round(9).tolist() == [1.0] * 61 + [2.0] * 61


def test_the_number_stands_on_top_of_the_ellipse(x):
    names = base._names(TRUTH, x)
    for k in range(3):
        path = TRUTH.components[k].ellipse(2, 20_001)
        assert names[k] == pytest.approx(path[path[:, 1].argmax()], rel=1e-3)


def test_on_the_line_the_parts_add_up_to_the_sum(x):
    line, column = marginal(TRUTH), x[:, :1]
    traces = base.components(line, column)
    parts, total = traces[:3], traces[3]
    at = np.asarray(total["x"])
    for k in range(3):
        exact = norm(TRUTH.means[k, 0], np.sqrt(TRUTH.covariances[k, 0, 0])).pdf(at)
        assert parts[k]["y"] == pytest.approx(TRUTH.weights[k] * exact)
    assert total["y"] == pytest.approx(sum(np.asarray(part["y"]) for part in parts))
    histogram = base.data(line, column)[0]
    assert np.trapezoid(histogram["y"], histogram["x"]) == pytest.approx(1)
    assert max(total["y"]) < base.peak(line, column)


def test_the_scale_puts_the_hand_between_one_normal_and_em(x):
    figure = figures.density(TRUTH, x, LABELS, SCORE)
    marks = {
        t["text"][0]: t["x"][0] for t in drawn(figure) if t.get("xaxis") == "x4" and "text" in t
    }
    assert marks == {"one normal −4.700": -4.7, "best by EM −4.100": -4.1, "yours −4.400": -4.4}
    low, high = figure.layout.xaxis4.range
    assert low < -4.7 and high > -4.1


def test_a_hopeless_score_waits_at_the_edge(x):
    figure = figures.density(TRUTH, x, LABELS, figures.Score(-93.2, -4.7, -4.1))
    yours = [t for t in drawn(figure) if t.get("text", [""])[0].startswith("◀ yours −93.200")]
    assert yours[0]["x"] == [figure.layout.xaxis4.range[0]]


def test_goals_of_the_hand():
    assert figures.Score(-4.19, -4.7, -4.1).within_reach()
    assert not figures.Score(-4.21, -4.7, -4.1).within_reach()
    assert figures.Score(-4.39, -4.7, -4.1).halfway()
    assert not figures.Score(-4.41, -4.7, -4.1).halfway()
    assert not figures.Score(0.0, -4.7, None).within_reach()


def test_responsibilities_are_bayes_rule_in_bars_and_colours(x):
    place = np.array([3.1, 62.0])
    joint = np.array(
        [
            w * multivariate_normal(m, s).pdf(place)
            for w, m, s in zip(TRUTH.weights, TRUTH.means, TRUTH.covariances, strict=True)
        ]
    )
    figure = figures.ask(TRUTH, x, LABELS, place)
    *_rest, names = drawn(figure)
    tops = [max(trace["y"]) for trace in drawn(figure)[-7:-1]]
    assert tops == pytest.approx([*TRUTH.weights, *joint / joint.sum()])
    assert names["y"] == pytest.approx(joint / joint.sum())
    assert names["text"] == [f"{100 * share:.1f} %" for share in joint / joint.sum()]
    dots = next(t for t in drawn(figure) if t.get("mode") == "markers" and len(t["x"]) == 400)
    assert dots["marker"]["color"] == theme.blend(TRUTH.responsibilities(x))
    said = words.ask(TRUTH, place)
    assert f"component 3: {100 * joint[2] / joint.sum():.1f} %" in said
    assert f"{joint.sum():.3g}" in said
    formula = words.ask_formulas(TRUTH, place)[0]
    assert f"{(joint / joint.sum()).max():.4f}" in formula


def test_on_the_line_the_rungs_stand_on_the_curves(x):
    line = marginal(TRUTH)
    rungs = drawn(figures.ask(line, x[:, :1], LABELS, np.array([3.3])))[-8]
    exact = [
        w * norm(m, np.sqrt(s)).pdf(3.3)
        for w, m, s in zip(
            TRUTH.weights, TRUTH.means[:, 0], TRUTH.covariances[:, 0, 0], strict=True
        )
    ]
    assert rungs["x"] == [3.3] * 3
    assert rungs["y"] == pytest.approx(exact)


# ------------------------------------------------------------------------------ the film


NAMES = ("veil", "dots", "lit", "newest", "needle", "bars", "counts", "histogram")


def after(figure, index: int) -> dict[str, dict]:
    """What frame number `index` says of each moving trace."""
    frame = plain(figure.frames[index].to_plotly_json())
    moving = len(frame["traces"])
    assert frame["traces"] == list(range(len(figure.data) - moving, len(figure.data)))
    return dict(zip(NAMES, frame["data"], strict=False))


def test_a_film_of_scatters_alone_flips_fastest(x):
    """The stage flips such films without drawing anew what stands still."""
    for dims in (1, 2):
        mixture = TRUTH if dims == 2 else marginal(TRUTH)
        figure = film.draw(mixture, x[:, :dims], LABELS, seed=9, original=True)
        assert {trace.type for trace in figure.data} == {"scatter"}
        keys = {
            str([(name, sorted(says)) for name, says in after(figure, i).items()])
            for i in range(film.LENGTH)
        }
        assert len(keys) == 1  # what one frame says, every other says too


def test_the_needle_chooses_the_component_it_points_at():
    borders = np.cumsum(TRUTH.weights)
    chosen = TRUTH.sample(1000, 42)[1]
    assert np.searchsorted(borders, film.needles(1000, 42)).tolist() == chosen.tolist()


@pytest.mark.parametrize("dims", [1, 2])
def test_the_film_draws_what_sampling_draws(x, dims):
    mixture = TRUTH if dims == 2 else marginal(TRUTH)
    figure = film.draw(mixture, x[:, :dims], LABELS, seed=9)
    points, chosen = mixture.sample(1000, 9)
    assert len(figure.frames) == film.LENGTH == len(film.counts_shown())
    names = [frame.name for frame in figure.frames]
    assert names[:3] == ["0", "1 · choose k", "1 · draw x"] and names[-1] == "1,000 points"
    dots = next(t for t in drawn(figure) if np.size(t.get("marker", {}).get("color")) == 1000)
    assert dots["marker"]["color"] == [theme.component(k) for k in chosen]
    for index, count in enumerate(film.counts_shown()):
        frame = after(figure, index)
        assert frame["dots"]["x"] == pytest.approx(points[:count, 0], rel=1e-6)
        counts = np.bincount(chosen[:count], minlength=3)
        assert frame["counts"]["text"] == [str(n) for n in counts]
        tops = [max(v for v in frame["bars"]["y"][6 * k : 6 * k + 5]) for k in range(3)]
        assert tops == pytest.approx(counts / max(count, 1))


def test_half_steps_light_the_stretch_then_place_the_point(x):
    figure = film.draw(TRUTH, x, LABELS, seed=9)
    points, chosen = TRUTH.sample(1000, 9)
    for n in range(film.SLOW):
        choose, place = after(figure, 2 * n + 1), after(figure, 2 * n + 2)
        k = chosen[n]
        path = np.column_stack(base.outline(TRUTH, k, x))
        for frame in (choose, place):
            hidden = [v for v in frame["veil"]["x"] if v is not None]
            ends = np.cumsum(TRUTH.weights)
            assert set(np.round(hidden, 9)) == {0, round(ends[k] - TRUTH.weights[k], 9)} | {
                round(ends[k], 9),
                1,
            }
            assert frame["lit"]["x"][:61] == pytest.approx(path[:61, 0], rel=1e-6)
            assert frame["lit"]["line"]["color"] == theme.component(k)
            assert frame["needle"]["x"] == pytest.approx([film.needles(1000, 9)[n]])
        assert choose["newest"]["x"] == []
        ends = np.column_stack([place["newest"]["x"], place["newest"]["y"]])
        assert ends == pytest.approx(np.array([TRUTH.means[k], points[n]]), rel=1e-6)
    last = after(figure, film.LENGTH - 1)
    assert last["veil"]["x"] == last["lit"]["x"] == last["needle"]["x"] == []


def test_forgetting_k_leaves_bare_samples(x):
    figure = film.draw(TRUTH, x, LABELS, seed=9, forget=True)
    styles = [t.get("marker", {}) for t in drawn(figure)]
    assert not [style for style in styles if np.size(style.get("color")) == 1000]
    assert "diamond-open" in [style.get("symbol") for style in styles]
    assert len(film.draw(TRUTH, x, LABELS, 9, original=True).data) == len(figure.data) + 1
    assert film.needles(5, 9).tolist() == np.random.default_rng(9).random(5).tolist()


def test_on_the_line_the_histogram_becomes_the_density():
    line = marginal(BOOK)
    column = BOOK.sample(300, 2)[0][:, :1]
    figure = film.draw(line, column, LABELS, seed=3)
    last = after(figure, film.LENGTH - 1)["histogram"]["y"][1:-1:2]
    edges = np.linspace(*base.window(column[:, 0]), 31)
    exact = np.diff(line.weights @ np.array([c.cdf(edges) for c in line.components]))
    share = np.array(last) * (edges[1] - edges[0])
    assert abs(share - exact).max() < 0.02


def test_every_frame_has_its_words():
    told = words.draw(TRUTH, 9)
    assert len(told) == film.LENGTH
    counts = np.bincount(TRUTH.sample(1000, 9)[1], minlength=3)
    assert f"component 2: {counts[1]} ({counts[1] / 10:.1f} %, weight 50.0 %)" in told[-1]
    assert f"u = {film.needles(1, 9)[0]:.2f}" in told[1]


# ------------------------------------------------------------------------------ what goes wrong


def test_twins_and_silence_are_named():
    assert words.identical(TRUTH) is None and not words.trouble(TRUTH)
    twins = Mixture(TRUTH.weights, TRUTH.means[[0, 1, 1]], TRUTH.covariances[[0, 1, 1]])
    assert words.identical(twins) == (1, 2)
    assert "2 and 3 lie on top" in words.trouble(twins)
    wider = TRUTH.covariances[[0, 1, 1]] * np.array([1, 1, 1.5])[:, None, None]
    assert words.identical(Mixture(TRUTH.weights, TRUTH.means[[0, 1, 1]], wider)) is None
    quiet = Mixture(np.array([0.4, 0.0, 0.6]), TRUTH.means, TRUTH.covariances)
    assert words.silent(quiet) == [1]
    assert "Component 2 has weight 0" in words.trouble(quiet)
    both = Mixture(np.array([0.4, 0.0, 0.6]), TRUTH.means[[0, 2, 2]], TRUTH.covariances[[0, 2, 2]])
    assert words.identical(both) is None  # a silent one is nobody's twin


def test_numbers_are_written_as_people_write_them():
    assert words.number(-0.00012345) == "−0.000123"
    assert words.tex_number(1.5e-7) == r"1.5\!\times\!10^{-7}"
    assert words.vector(np.array([2.0, 54.5])) == "(2, 54.5)"
