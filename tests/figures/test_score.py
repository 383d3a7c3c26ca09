"""The world behind `score`: exact answers against differences, walks against known solutions."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics.pairwise import rbf_kernel

from explorer.data import registry, toys
from explorer.figures import score as figures
from explorer.figures import score_words as words
from explorer.figures import score_world as worlds
from explorer.figures.score_world import SCHEDULE, SETS, World, world
from explorer.models.diffusion.schedule import linear
from explorer.models.gaussian import Gaussian
from explorer.models.mixture import Mixture


def load(name: str) -> World:
    table = registry.load(name)
    return world(name, table.values, table.labels)


@pytest.fixture(scope="module")
def here() -> World:
    return load("blobs")


OWN = np.random.default_rng(3).normal((150, 60), (9, 30), size=(70, 2))


def slope(at: World, p: np.ndarray, t: int) -> np.ndarray:
    h = 1e-4 * float(SCHEDULE.noise(t))
    moves = h * np.array([[1.0, 0], [0, 1]])
    return np.array(
        [(at.log_prob(p[None] + d, t) - at.log_prob(p[None] - d, t))[0] / (2 * h) for d in moves]
    )


@pytest.mark.parametrize("t", [1, 30, 120, 500, 1000])
@pytest.mark.parametrize("name", ["eight_gaussians", "blobs", "moons", "own"])
def test_the_exact_score_is_the_slope_of_the_exact_log_density(name, t):
    at = world("own", OWN, ("a", "b")) if name == "own" else load(name)
    rng = np.random.default_rng(t)
    for p in SCHEDULE.diffuse(at.x[:5], t, rng.standard_normal((5, 2))):
        score, found = at.score(p[None], t)[0], slope(at, p, t)
        np.testing.assert_allclose(score, found, rtol=1e-4, atol=1e-4)
        a2 = float(SCHEDULE.abar[t])
        tweedie = (p + (1 - a2) * found) / np.sqrt(a2)
        np.testing.assert_allclose(at.clean(p[None], t)[0], tweedie, rtol=1e-3, atol=1e-3)


def test_far_away_at_much_noise_the_score_is_minus_x():
    at = load("eight_gaussians")
    x = figures.grid(3.6)
    np.testing.assert_allclose(at.score(x, 1000), -x, atol=0.03)
    assert np.abs(at.score(x, 120) + x).max() > 1


def test_known_sets_keep_their_units_and_others_are_standardised():
    for name in SETS:
        at, table = load(name), registry.load(name)
        assert at.name == name and at.labels == table.labels
        assert {tuple(row) for row in at.x} <= {tuple(row) for row in table.values}
    own = world("own", OWN, ("height (cm)", "weight"))
    assert [len(load(name).x) for name in SETS] == [1000, 1000, *3 * [worlds.MOST]]
    np.testing.assert_allclose(own.x.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(own.x.std(axis=0), 1)
    assert own.labels == ("height (cm), standardised", "weight, standardised")
    assert world("rings", OWN, ("a", "b")).name == "own"
    many = world("own", np.random.default_rng(0).normal(size=(4000, 2)), ("a", "b"))
    assert len(many.x) == worlds.MOST


def test_known_means_that_the_mixture_is_the_one_the_points_come_from():
    for name in ("eight_gaussians", "blobs"):
        at = load(name)
        assert at.known and at.log_prob(at.x, 1).mean() > at.log_prob(at.x[:, ::-1] + 0.5, 1).mean()
        assert at.parts == tuple(str(k + 1) for k in range(len(at.weights)))
    assert not load("moons").known and not world("own", OWN, ("a", "b")).known


def test_shares_count_the_parts(here):
    centres = toys.BLOBS.means
    flock = np.repeat(centres, [5, 3, 2], axis=0)
    np.testing.assert_allclose(here.shares(flock), [0.5, 0.3, 0.2])
    own = world("own", OWN, ("a", "b"))
    around = own.middle + np.array([[-1.0, -1], [1, -1], [1, -1], [-1, 1], [1, 1]])
    np.testing.assert_allclose(own.shares(around), [0.2, 0.4, 0.2, 0.2])
    np.testing.assert_allclose(own.weights.sum(), 1)


def test_distance_is_the_kernels_and_its_floor_is_of_equal_sizes(here):
    a, b = here.pair
    assert len(a) == len(b) == worlds.SWARM and not np.isin(a, b).any()

    def kernel(x, y):
        return np.mean([rbf_kernel(x, y, 1 / (2 * w * w)).mean() for w in (0.1, 0.3, 1.0)])

    expected = np.sqrt(kernel(a, a) + kernel(b, b) - 2 * kernel(a, b))
    assert here.floor == pytest.approx(expected)
    own = world("own", OWN, ("a", "b"))
    halves = np.vstack(own.pair)
    assert len(halves) == 70 and len(np.unique(halves, axis=0)) == 70


# ---- walks -------------------------------------------------------------------------------------


def one_bell(x: np.ndarray, t: int) -> np.ndarray:
    """eps of N(m, v): solved by hand."""
    a2 = float(SCHEDULE.abar[t])
    mean, variance = np.sqrt(a2) * np.array([1.0, -0.5]), a2 * 0.09 + 1 - a2
    return np.sqrt(1 - a2) * (x - mean) / variance


def test_the_ode_carries_one_bell_onto_the_other():
    """For a normal distribution the flow is known: it keeps the standardised place."""
    x = np.array([[1.3, -0.2], [-2.0, 0.4]])
    a2 = float(SCHEDULE.abar[-1])
    z = (x - np.sqrt(a2) * np.array([1.0, -0.5])) / np.sqrt(a2 * 0.09 + 1 - a2)
    expected = np.array([1.0, -0.5]) + 0.3 * z
    gaps = []
    for count in (25, 50, 100):
        end = worlds.walk(one_bell, "heun", x, SCHEDULE.times(count)).x[-1]
        gaps.append(np.abs(end - expected).max())
    assert gaps[-1] < 6e-3 and gaps[0] > 2.5 * gaps[1] > 6 * gaps[2]


def test_there_and_back_returns_with_the_order_of_the_rule(here):
    errors = worlds.return_errors(here, here.noise)
    euler, heun = errors["ddim"], errors["heun"]
    assert (np.diff(euler) < 0).all() and (heun < euler).all()
    order = [np.log(e[-2] / e[-1]) / np.log(50 / 20) for e in (euler, heun)]
    assert 0.8 < order[0] < 1.3 and 1.6 < order[1]
    found = worlds.there_and_back(here.noise, "heun", here.pair[0][:20], 50)
    assert found.times[0] == found.times[-1] == 1 and max(found.times) == 1000
    assert len(found.times) == 101
    assert worlds.missed(found) < 0.01
    top = found.x[50]
    assert np.abs(top.mean(axis=0)).max() < 0.9 and np.abs(top - found.x[0]).max() > 0.5


def test_each_sampler_arrives_and_one_small_level_gets_stuck(here):
    start = np.tile([1.1, 0.2], (worlds.SWARM, 1))
    for sampler in ("ddim", "heun", "ddpm"):
        found = worlds.walk(here.noise, sampler, worlds.starts(0), SCHEDULE.times(50), 1)
        assert here.mmd(found.x[-1]) < 1.3 * here.floor
        assert words.astray(here, found) < 0.1
    one = worlds.walk(here.noise, "langevin", start, worlds.times_of("langevin", 50, "one"), 1)
    every = worlds.walk(here.noise, "langevin", start, worlds.times_of("langevin", 50), 1)
    assert set(one.times) == {worlds.TINY, 0}
    assert words.astray(here, one) > 0.4 and words.astray(here, every) < 0.1


def test_few_ancestral_steps_are_too_few():
    at = load("eight_gaussians")
    far = [
        at.mmd(worlds.walk(at.noise, "ddpm", worlds.starts(0), SCHEDULE.times(n), 1).x[-1])
        for n in (3, 50)
    ]
    assert far[0] > 2 * at.floor and far[1] < 1.25 * at.floor


def test_a_finite_set_is_only_repeated():
    at = world("own", OWN, ("a", "b"))
    found = worlds.walk(at.noise, "ddim", worlds.starts(0)[:50], SCHEDULE.times(100))
    gaps = np.linalg.norm(found.x[-1][:, None] - at.x, axis=2).min(axis=1)
    assert np.median(gaps) < 1e-3


def test_a_walk_is_thinned_with_its_ends(here):
    whole = worlds.walk(here.noise, "ddim", np.zeros((1, 2)), SCHEDULE.times(100))
    thin = whole.thinned()
    assert len(thin.times) == worlds.FRAMES + 1
    assert (thin.times[0], thin.times[-1]) == (1000, 0)
    np.testing.assert_array_equal(thin.x[-1], whole.x[-1])
    assert len(worlds.walk(here.noise, "ddim", np.zeros((1, 2)), [1000, 0]).thinned().times) == 2


def test_the_same_seed_is_the_same_walk(here):
    def end(seed: int) -> np.ndarray:
        return worlds.walk(here.noise, "ddpm", np.zeros((3, 2)), SCHEDULE.times(10), seed).x[-1]

    np.testing.assert_array_equal(end(4), end(4))
    assert np.abs(end(4) - end(5)).max() > 1e-3


# ---- judging an answer -------------------------------------------------------------------------


def test_relative_error_of_answers_with_known_errors(here):
    assert worlds.relative_error(here, here.noise, 100) == 0
    assert worlds.relative_error(here, lambda x, t: 1.1 * here.noise(x, t), 100) == pytest.approx(
        0.1
    )
    assert worlds.relative_error(here, lambda x, t: 0 * here.noise(x, t), 100) == pytest.approx(1)
    np.testing.assert_allclose(
        worlds.errors_along(here, lambda x, t: (1 - t / 2000) * here.noise(x, t)),
        np.array(worlds.LEVELS) / 2000,
    )


# ---- pictures ----------------------------------------------------------------------------------


def test_arrows_point_along_the_vectors_and_are_limited():
    x = np.array([[0.0, 0.0], [1.0, 2.0]])
    v = np.array([[0.3, 0.4], [-300.0, 0.0]])
    path = figures.arrows(x, v, 0.5)
    shape = np.column_stack([path["x"], path["y"]]).reshape(2, 6, 2)
    np.testing.assert_allclose(shape[:, 0], x, atol=1e-6)
    along = shape[:, 1] - shape[:, 0]
    length = np.linalg.norm(along, axis=1)
    np.testing.assert_allclose(along / length[:, None], [[0.6, 0.8], [-1, 0]], atol=1e-6)
    assert length[1] == pytest.approx(0.5) and length[0] == pytest.approx(
        0.5 * np.tanh(0.5 / figures.HALF)
    )
    assert np.isnan(shape[:, 5]).all()
    sides = np.linalg.norm(shape[:, [2, 4]] - shape[:, [1]], axis=2)
    np.testing.assert_allclose(sides[:, 0], sides[:, 1], rtol=1e-5)  # the head is symmetric
    np.testing.assert_array_equal(figures.arrows(x, 0 * v, 0.5)["x"][:2], [0, 0])


def test_the_field_s_arrows_are_the_score(here):
    p, t = np.array([0.5, -0.4]), 200
    figure = figures.field(here, t, p)
    green = next(d for d in figure.data if d.mode == "lines" and d.xaxis is None)
    shape = np.column_stack([green.x, green.y]).reshape(-1, 6, 2)
    assert len(shape) == figures.SIDE**2
    along = shape[:, 1] - shape[:, 0]
    score = here.score(shape[:, 0].astype(float), t)
    cosine = (along * score).sum(1) / np.linalg.norm(along, axis=1) / np.linalg.norm(score, axis=1)
    assert cosine.min() > 0.999
    star = next(d for d in figure.data if d.marker.symbol == "star")
    np.testing.assert_allclose([star.x[0], star.y[0]], here.clean(p[None], t)[0])


def test_the_error_map_is_the_difference_and_the_strip_holds_the_card(here):
    def answer(x, t):
        return here.noise(x, t) + np.array([0.3, 0.4])

    card = {"5": 0.2, "100": 0.1}
    errors = worlds.errors_along(here, answer)
    figure = figures.compare(here, answer, 100, np.zeros(2), errors, 0.123, card)
    heat = next(d for d in figure.data if d.type == "heatmap")
    np.testing.assert_allclose(heat.z, 0.5, atol=1e-6)
    dots = [d for d in figure.data if d.type == "scatter"]
    ring = next(d for d in dots if d.marker.symbol == "circle-open")
    assert list(ring.x) == [5, 100] and np.allclose(ring.y, [20, 10])
    said = words.compare(here, 100, 0.123, 0.1, 0.5)
    assert "12.3 %" in said and "10 %" in said and "0.50" in said


def test_a_film_shows_the_walk_and_ends_with_its_last_place(here):
    own = worlds.walk(here.noise, "ddim", np.array([[1.0, 1.0]]), SCHEDULE.times(5))
    swarm = worlds.walk(here.noise, "ddim", worlds.starts(0), SCHEDULE.times(5))
    figure = figures.follow(here, own, swarm, range(6))
    assert [frame.name for frame in figure.frames][::5] == ["0 · t = 1000", "5 · t = 0"]
    flock = figure.frames[2].data[0]
    np.testing.assert_allclose(flock["x"], swarm.x[2, :, 0], rtol=1e-6)
    path = figure.frames[2].data[1]
    np.testing.assert_allclose(path["y"], own.x[:3, 0, 1], rtol=1e-6)
    traces = figure.frames[2].traces
    np.testing.assert_allclose(figure.data[traces[0]].x, swarm.x[-1, :, 0], rtol=1e-6)
    bars = next(d for d in figure.data if d.fill == "toself")
    tops = np.reshape(np.append(bars.y, np.nan), (-1, 6))[:, 2]
    np.testing.assert_allclose(tops, here.shares(swarm.x[-1]))
    told = words.follow(here, own, swarm, here.mmd(swarm.x[-1]))
    assert len(told) == 6 and f"{here.floor:.3f}" in told[-1]
    assert words.vec(own.x[2, 0]) in told[2] and words.vec(own.clean[2, 0]) in told[2]


def test_four_names_turn_into_one_another(here):
    x = figures.grid(here.reach, figures.FOUR)
    for t in (1, 50, 900):
        views = figures.views_at(here.noise, x, t)
        a, s = float(SCHEDULE.signal(t)), float(SCHEDULE.noise(t))
        np.testing.assert_allclose(a * views.clean + s * views.noise, x, atol=1e-12)
        np.testing.assert_allclose(views.velocity, a * views.noise - s * views.clean)
        np.testing.assert_allclose(views.score, here.score(x, t))
        assert figures.conversion_gap(x, views, t) < 1e-9


@pytest.mark.parametrize(
    ("name", "t", "growth"),
    [
        ("clean", 50, lambda a, s: a / s**2),  # in the score
        ("velocity", 50, lambda a, s: a / s),  # in the score
        ("score", 900, lambda a, s: s / a),  # in the velocity
    ],
)
def test_a_wrong_name_shows_in_the_others(here, name, t, growth):
    """An error of 0.01 in one form, carried into all others by hand."""
    x = figures.grid(here.reach, figures.FOUR)
    views = figures.views_at(here.noise, x, t)
    spoiled = replace(views, **{name: getattr(views, name) + 0.01})
    a, s = float(SCHEDULE.signal(t)), float(SCHEDULE.noise(t))
    assert figures.conversion_gap(x, spoiled, t) == pytest.approx(0.01 * growth(a, s), rel=1e-6)


def test_numbers_as_they_are_written():
    assert words.vec(np.array([-0.001, 1.236])) == "(0.00, 1.24)"
    assert words.small(0.0123) == "0.0123" and words.small(3.21e-5) == "3.2e-05"
    assert words.scientific(1.234e-5) == r"1.23\cdot 10^{-5}" and words.scientific(0.5) == "0.5"


def test_the_schedule_is_the_one_the_networks_know():
    np.testing.assert_array_equal(SCHEDULE.abar, linear().abar)
    assert worlds.checkpoint("eight_gaussians") == "points-eight-gaussians"
    for name, toy in (("blobs", toys.BLOBS), ("eight_gaussians", toys.EIGHT)):
        mixture = worlds.MIXTURES[name]
        assert isinstance(mixture, Mixture) and isinstance(mixture.components[0], Gaussian)
        np.testing.assert_array_equal(mixture.means, toy.means)
