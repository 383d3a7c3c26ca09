"""The pictures of `em`: what a frame says is what the algorithm computed."""

import json
import re

import numpy as np
import pytest

from explorer.figures import em, em_views, em_words, theme
from explorer.models import em_many, em_run, em_start
from explorer.models.covariance import COVARIANCE_TYPES
from explorer.models.em import em_steps
from explorer.models.kmeans import kmeans_steps
from explorer.models.mixture import Mixture
from tests.pages.helpers import plain

TITLES = ("length (min)", "waiting (min)")


@pytest.fixture(scope="module")
def x():
    generator = np.random.default_rng(4)
    groups = [(60, [2, 54], [0.3, 6]), (90, [4.3, 80], [0.4, 5])]
    return np.concatenate([generator.standard_normal((n, 2)) * s + m for n, m, s in groups])


@pytest.fixture(scope="module")
def run(x):
    start = em_start.start([[0, 50], [0, 100]], np.array([np.eye(2)] * 2))
    return em_run.run(x, start, "full", 1e-6, 1e-5, 100)


@pytest.fixture(scope="module")
def film(x, run):
    return plain(em.film(x, run, TITLES, 7))


def frame(film, index):
    """{trace number: what the frame says of it}."""
    found = film["frames"][index]
    return dict(zip(found["traces"], found["data"], strict=True))


def line(part):
    return np.array([part["x"], part["y"]], dtype=float).T


# ---- colours and shapes


def test_colours_are_the_blend_of_responsibilities(run):
    gammas = [None, run.steps[2].responsibilities, run.steps[-1].responsibilities]
    scale, painted = em.paint(gammas, len(gammas[1]))
    assert [index.dtype for index in painted] == [np.uint8] * 3
    assert (painted[0] == 0).all() and scale[0][1] == theme.color("data")
    assert [place for place, _color in scale] == pytest.approx(np.linspace(0, 1, len(scale)))
    for gamma, index in zip(gammas[1:], painted[1:], strict=True):
        ours = np.array([rgb(scale[i][1]) for i in index])
        exact = np.array([rgb(color) for color in theme.blend(gamma)])
        assert abs(ours - exact).max() <= 0.5 / 16 * 255 + 2


def rgb(color):
    return [int(color[i : i + 2], 16) for i in (1, 3, 5)]


def test_six_components_still_fit_in_a_byte(x):
    generator = np.random.default_rng(0)
    gammas = [generator.dirichlet(np.full(6, 0.5), size=400) for _ in range(30)]
    scale, painted = em.paint(gammas, 400)
    assert len(scale) <= 251
    ours = np.array([rgb(scale[i][1]) for i in painted[5]])
    exact = np.array([rgb(color) for color in theme.blend(gammas[5])])
    assert np.median(abs(ours - exact)) < 25  # coarser, but the same hue
    even = np.full((4, 6), 1 / 6)
    scale, painted = em.paint([np.vstack([even, g]) for g in gammas], 404)
    assert abs(np.array(rgb(scale[painted[0][0]][1])) - rgb(theme.blend(even)[0])).max() <= 1


def test_symbols_name_the_most_responsible_and_are_hollow_in_doubt():
    gamma = np.array([[0.95, 0.05, 0], [0.2, 0.3, 0.5], [0.05, 0.9, 0.05], [0.1, 0.89, 0.01]])
    assert em.symbols(gamma, 4).tolist() == [0, 101, 2, 102]
    assert em.symbols(None, 3).tolist() == [0, 0, 0]
    # plotly's own names for these numbers
    from plotly.validator_cache import ValidatorCache

    names = ValidatorCache.get_validator("scatter.marker", "symbol").values
    for k, number in enumerate(em.NUMBERS):
        assert theme.SYMBOLS[k] in names[names.index(int(number)) :][:3]


# ---- the film


def test_one_frame_for_the_start_and_each_half_step(film, run):
    names = [found["name"] for found in film["frames"]]
    assert len(names) == 1 + len(run.steps)
    assert names[:5] == ["0", "1 E", "1 M", "2 E", "2 M"]


def test_ellipses_lie_at_one_and_two_standard_deviations(film, run):
    for index in (0, 3, len(run.steps)):
        mixture = run.start if index == 0 else run.steps[index - 1].mixture
        for k, bell in enumerate(mixture.components):
            ring = line(frame(film, index)[1 + k])
            gap = np.isnan(ring[:, 0])
            assert gap.sum() == 1
            distance = bell.mahalanobis(ring[~gap])
            np.testing.assert_allclose(distance, np.repeat([1, 2], len(distance) // 2), rtol=2e-4)


def test_means_and_their_ways(film, run):
    said = frame(film, 6)
    np.testing.assert_allclose(line(said[4]), run.steps[5].mixture.means, rtol=1e-6)
    ways = line(said[3])
    starts = ways[[0, 8]]  # seven places and a gap for each component
    np.testing.assert_allclose(starts, run.start.means, atol=1e-5)
    assert np.isnan(ways[7]).all()
    np.testing.assert_allclose(ways[[6, 14]], run.steps[5].mixture.means, rtol=1e-6)


def test_the_curves_show_likelihood_and_bound(film, run, x):
    marks, value = sorted(frame(film, 1))[-2:]
    for index, step in enumerate(run.steps, start=1):
        total, bound = frame(film, index)[marks]["y"]
        assert total == pytest.approx(float(step.mixture.log_prob(x).mean()), rel=1e-12)
        assert bound == pytest.approx(step.lower_bound / len(x), rel=1e-12)
        if step.half == "E":
            assert bound == pytest.approx(total, abs=1e-9)  # it touches
        assert frame(film, index)[value]["y"][0] == pytest.approx(max(total - bound, 0), abs=1e-12)
    gaps = [t - b for t, b in (frame(film, i)[marks]["y"] for i in range(2, 9, 2))]
    assert min(gaps) > 1e-4  # and opens after M
    tops = [v for v in film["data"][marks - 1]["y"] if v]  # the bars
    assert tops[::2][:3] == pytest.approx(gaps[:3])
    for index, gap in zip(range(2, 9, 2), gaps, strict=True):
        said = frame(film, index)[value]
        assert float(said["text"][1]) == pytest.approx(gap, abs=6e-5)
        assert said["y"][1] > 1.1 * max(tops)  # the words are clear of the bars


def test_the_chosen_point_is_told(film, run):
    gamma = run.steps[0].responsibilities[7]
    assert frame(film, 0)[5]["text"] == ["?"]
    text = frame(film, 1)[5]["text"][0]
    told = dict(re.findall(r"(\d+): (\d+) %", text))
    for k, share in enumerate(gamma):
        if share >= 0.005:
            assert float(told[str(k + 1)]) == pytest.approx(100 * share, abs=0.51)


def test_every_frame_says_the_same_kind_of_things(film):
    """What the stage needs to flip frames fast: scatter traces alone, equal lists, no layout."""
    assert {trace["type"] for trace in film["data"]} == {"scatter"}
    first = film["frames"][0]
    for found in film["frames"]:
        assert "layout" not in found and found["traces"] == first["traces"]
        assert [set(p) for p in found["data"]] == [set(p) for p in first["data"]]


def test_frames_are_light(x, run):
    figure = em.film(x, run, TITLES)
    size = len(json.dumps(figure.to_dict()["frames"]))
    assert size / len(run.steps) < 5000  # bytes for 150 points


def test_a_long_run_keeps_its_beginning_and_its_end():
    assert em.shown(7) == list(range(7))
    kept = em.shown(801)
    assert len(kept) <= em.FRAMES + 4
    assert kept[:40] == list(range(40)) and kept[-2:] == [799, 800]
    late = [i for i in kept if i > 60]
    assert all(i + 1 in kept for i in late if i % 2 == 1)  # E is followed by its M
    assert len(em.shown(em.FRAMES + 1)) <= em.FRAMES + 1


def test_collapse_ends_the_film_with_ever_lower_floors(x):
    lone = np.vstack([x, [1.0, 140.0]])
    means = em_start.means("lonely", lone, 2, np.random.default_rng(0))
    start = em_start.start(means, em_start.covariances("trap", lone, 2))
    run = em_run.run(lone, start)
    assert run.collapsed is not None
    picture = plain(em.film(lone, run, TITLES))
    names = [found["name"] for found in picture["frames"]]
    assert len(names) == 1 + len(run.steps) + len(run.squeezed)
    assert re.fullmatch(r"\d+ M · \d+e-\d+", names[-1])
    totals = [frame(picture, i)[max(picture["frames"][i]["traces"]) - 1]["y"][0] for i in (-3, -2)]
    assert totals[1] > totals[0]
    words = em_words.tell(em.rows(run, len(lone))[-1], len(lone))
    assert f"{run.squeezed[-1][1].log_likelihood:.2f}" in words


def test_few_points_and_one_component():
    tiny = np.array([[0.0, 1.0], [1.0, 1.5], [3.0, -1.0]])
    start = em_start.start([[0.0, 0.0]], np.array([np.eye(2)]))
    film = plain(em.film(tiny, em_run.run(tiny, start), TITLES))
    assert len(film["frames"]) == 1 + 2 * em_run.run(tiny, start).iterations


# ---- how many components, many starts, hard against soft


@pytest.fixture(scope="module")
def table(x):
    def best(k, kind):
        return em_many.best_of(x, em_start.many("random", x, k, kind, 6, 0), kind, 1e-6)

    return {kind: [best(k, kind) for k in range(1, 5)] for kind in COVARIANCE_TYPES}


def test_prices_equal_scikit_learn(x, table):
    from sklearn.mixture import GaussianMixture

    price = em_views.prices(table, len(x))
    for kind in COVARIANCE_TYPES:
        theirs = GaussianMixture(1, covariance_type=kind, random_state=0).fit(x)
        assert price["bic"][kind][0] == pytest.approx(theirs.bic(x), rel=1e-6)
        assert price["aic"][kind][0] == pytest.approx(theirs.aic(x), rel=1e-6)


def test_the_film_over_k_shows_each_mixture_and_its_price(x, table):
    picture = plain(em_views.choice(x, table, "tied", TITLES))
    assert [found["name"] for found in picture["frames"]] == ["1", "2", "3", "4"]
    price = em_views.prices(table, len(x))
    for i, end in enumerate(table["tied"]):
        said = frame(picture, i)
        for k in range(4):  # ellipses beyond K are empty
            assert (said[1 + k]["x"] == [None]) == (k > i)
        np.testing.assert_allclose(line(said[5]), end.mixture.means, rtol=1e-6)
        ring = said[max(said) - 1]
        assert ring["x"] == [i + 1, i + 1]
        assert ring["y"] == [price["bic"]["tied"][i], price["aic"]["tied"][i]]


def test_words_name_the_cheapest(x, table):
    told = em_words.tell_choice(table, "full", len(x))
    price = em_views.prices(table, len(x))["bic"]
    kind, k = min(
        ((kind, i) for kind in price for i in range(4)), key=lambda at: price[at[0]][at[1]]
    )
    assert f"with K = {k + 1}: {price[kind][k]:.1f}" in told[2]
    assert f"BIC {price['full'][2]:.1f}" in told[2]


def test_restarts_are_shown_best_first_with_their_plateaus(x):
    starts = em_start.many("random", x, 3, "full", 12, 1)
    ends = sorted(em_many.em_many(x, starts, "full", 1e-6, 1e-6, 300), key=em_many.rank)
    picture = plain(em_views.restarts(x, ends, TITLES))
    heights = [frame(picture, i)[max(picture["frames"][i]["traces"])]["y"][0] for i in range(12)]
    assert heights == sorted(heights, reverse=True)
    assert heights[0] == pytest.approx(float(ends[0].mixture.log_prob(x).mean()))
    groups = em_views.plateaus(ends, len(x))
    assert sum(count for _first, count, _value in groups) == 12
    hollow = frame(picture, 3)[6]
    np.testing.assert_allclose(line(hollow), ends[3].start.means, rtol=1e-6)


def test_collapsed_restarts_lie_below_and_count_in_no_plateau(x):
    mixture = Mixture(np.array([0.5, 0.5]), x[:2], np.array([np.eye(2)] * 2))
    fine = em_many.End(mixture, mixture, -500.0, 7, False)
    wall = em_many.End(mixture, mixture, -100.0, 3, True)
    picture = plain(em_views.restarts(x, [fine, wall], TITLES))
    heights = [frame(picture, i)[max(picture["frames"][i]["traces"])]["y"][0] for i in (0, 1)]
    assert heights[1] < heights[0]
    assert em_views.plateaus([fine, wall], len(x)) == [(0, 1, -500.0 / len(x))]
    assert "collapsed in iteration 4" in em_words.tell_ends([fine, wall], len(x))[1]


def test_the_border_of_k_means_is_halfway_between_the_nearest_means(x):
    means, scale = np.array([[1.5, 50], [3.0, 70.0], [4.5, 90.0]]), np.array([1.0, 12.0])
    for i in range(2):
        ring = line(plain(em_views.border(x, means, i, scale)))
        ring = ring[~np.isnan(ring[:, 0])]
        assert len(ring) > 10
        distance = np.sort(np.hypot(*((ring[:, None] - means) / scale).transpose(2, 0, 1)), axis=1)
        np.testing.assert_allclose(distance[:, 0], distance[:, 1], rtol=1e-4)


def test_hard_and_soft_side_by_side(x, run):
    means = np.array(run.start.means)
    steps = list(kmeans_steps(x, means))
    picture = plain(em_views.hard(x, run, steps, means, TITLES, np.ones(2)))
    last = frame(picture, -1)
    symbols = np.array(last[4]["marker"]["symbol"])  # right: never hollow
    assert set(symbols.tolist()) <= {0, 2}
    np.testing.assert_array_equal(symbols == 2, steps[-1].labels == 1)
    np.testing.assert_allclose(line(last[7]), steps[-1].means, rtol=1e-6)
    np.testing.assert_allclose(line(last[3]), run.end.means, rtol=1e-6)
    assert len(picture["frames"]) == 1 + max(len(run.steps), len(steps))


# ---- words and formulas


@pytest.mark.parametrize(
    ("log_value", "text"),
    [
        (np.log(0.25), "0.25"),
        (np.log(0.00523), "0.00523"),
        (-400.0, r"1.9 \cdot 10^{-174}"),
        (-8000 * np.log(10), r"1.0 \cdot 10^{-8000}"),
        (-np.inf, "0"),
    ],
)
def test_densities_however_small(log_value, text):
    assert em_words.scientific(log_value) == text


def test_formulas_carry_the_numbers(x, run):
    step = run.steps[4]
    formula = em_words.e_formula(x, step.mixture, 7, 1)
    assert rf"\latent{{{step.responsibilities[7, 1]:.4f}}}" in formula
    assert r"\gamma_{8,2}" in formula
    *_rest, m_step = (s for s in em_steps(x, run.start, "full", 1e-6, 1e-5) if s.iteration == 3)
    formula = em_words.m_formula(x, step.responsibilities, 1)
    assert em_words.column(m_step.mixture.means[1]) in formula
    assert f"{m_step.mixture.weights[1]:.4f}" in formula
