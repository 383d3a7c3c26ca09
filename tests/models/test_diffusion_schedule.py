"""The schedule against published values and moments, the four views against each other."""

import itertools

import numpy as np
import pytest

from explorer.models.diffusion import views
from explorer.models.diffusion.schedule import Schedule, cosine, linear

BOOK = linear()  # 1,000 steps, beta from 1e-4 to 0.02


# ---- levels ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("t", "abar"), [(100, 0.897), (250, 0.524), (500, 0.0786), (1000, 4.04e-5)]
)
def test_the_books_schedule_leaves_what_the_book_says(t, abar):
    assert BOOK.abar[t] == pytest.approx(abar, rel=2e-3)


def test_half_is_gone_at_260():
    assert BOOK.half() == 260
    assert BOOK.abar[259] > 0.5 >= BOOK.abar[260]


@pytest.mark.parametrize("make", [linear, cosine, lambda: linear(37, 0.3, 0.01)])
def test_levels_are_products_and_betas_what_each_step_adds(make):
    schedule = make()
    left = 1.0
    assert schedule.abar[0] == 1 and len(schedule.betas) == schedule.steps
    for t, beta in enumerate(schedule.betas, start=1):
        left *= 1 - beta
        assert schedule.abar[t] == pytest.approx(left, rel=1e-9)
        assert schedule.snr[t - 1] == pytest.approx(left / (1 - left), rel=1e-9)


def test_linear_betas_are_a_straight_line_with_these_ends():
    betas = linear(200, 0.003, 0.04).betas
    assert betas[0] == pytest.approx(0.003) and betas[-1] == pytest.approx(0.04)
    np.testing.assert_allclose(np.diff(betas), (0.04 - 0.003) / 199, rtol=1e-9)


@pytest.mark.parametrize("steps", [10, 100, 1000, 4000])
def test_the_cosine_is_the_papers(steps):
    """Nichol & Dhariwal, eq. 17: f(t) / f(0), but for the last steps, where beta is cut."""
    f = np.cos((np.arange(steps + 1) / steps + 0.008) / 1.008 * np.pi / 2) ** 2
    schedule = cosine(steps)
    whole = np.append(True, 1 - f[1:] / f[:-1] < 0.999)
    assert whole[:-1].all()
    np.testing.assert_allclose(schedule.abar[whole], (f / f[0])[whole], rtol=1e-9)
    assert schedule.betas.max() == pytest.approx(0.999)
    assert schedule.abar[-1] == pytest.approx(schedule.abar[-2] * 0.001)
    start = 0.008 / 1.008 * np.pi / 2
    share = 1.008 * np.arccos(np.sqrt(0.5) * np.cos(start)) / (np.pi / 2) - 0.008
    assert schedule.half() == int(np.ceil(share * steps))


def test_signal_and_noise_are_the_coefficients_for_one_time_and_for_many():
    times = np.array([0, 1, 260, 1000])
    for schedule in (BOOK, cosine()):
        np.testing.assert_allclose(schedule.signal(times) ** 2, schedule.abar[times])
        np.testing.assert_allclose(schedule.signal(times) ** 2 + schedule.noise(times) ** 2, 1)
        assert schedule.signal(260) == schedule.signal(times)[2]
        assert schedule.noise(0) == 0


def test_a_timid_schedule_never_loses_half():
    timid = linear(50, 1e-4, 1e-3)
    assert timid.abar[-1] > 0.5 and timid.half() == 50


def test_half_may_be_reached_exactly_and_in_the_first_step():
    assert Schedule(np.array([1.0, 0.75, 0.5, 0.25])).half() == 2
    assert Schedule(np.array([1.0, 0.1])).half() == 1


def test_levels_cannot_be_changed_afterwards():
    given = np.array([1.0, 0.6, 0.2])
    schedule = Schedule(given)
    given[1] = 0.9
    assert schedule.abar[1] == 0.6
    with pytest.raises(ValueError):
        schedule.abar[1] = 0.5


# ---- the same law, step by step and in one shot ------------------------------------------------

MEAN = np.array([1.5, -0.7])
ROOT = np.array([[0.9, 0.0], [0.6, 0.3]])  # data of a covariance that is not round
COUNT = 60_000


def moments(x):
    return x.mean(axis=0), np.cov(x.T)


@pytest.mark.parametrize("schedule", [linear(40, 1e-3, 0.15), cosine(40)], ids=["linear", "cosine"])
def test_the_walk_and_the_shot_have_the_moments_of_the_formula(schedule):
    generator = np.random.default_rng(0)
    x0 = MEAN + generator.standard_normal((COUNT, 2)) @ ROOT.T
    for t, walked in enumerate(schedule.walk(x0, generator), start=1):
        if t not in (1, 7, 20, 40):
            continue
        shot = schedule.diffuse(x0, t, generator.standard_normal(x0.shape))
        abar = schedule.abar[t]
        for x in (walked, shot):
            mean, covariance = moments(x)
            np.testing.assert_allclose(mean, np.sqrt(abar) * MEAN, atol=0.02)
            exact = abar * ROOT @ ROOT.T + (1 - abar) * np.eye(2)
            np.testing.assert_allclose(covariance, exact, atol=0.025)
    assert t == schedule.steps == 40


@pytest.mark.parametrize("schedule", [linear(40, 1e-3, 0.15), cosine(40)], ids=["linear", "cosine"])
def test_from_one_start_both_have_the_bell_of_the_formula(schedule):
    """Given x_0 itself: the noise alone, independent along each axis."""
    generator = np.random.default_rng(1)
    x0 = np.tile([2.0, -1.0], (COUNT, 1))
    walk = list(schedule.walk(x0, generator))
    for t in (3, 15, 40):
        shot = schedule.diffuse(x0, t, generator.standard_normal(x0.shape))
        for x in (walk[t - 1], shot):
            mean, covariance = moments(x)
            np.testing.assert_allclose(mean, schedule.signal(t) * x0[0], atol=0.02)
            np.testing.assert_allclose(covariance, schedule.noise(t) ** 2 * np.eye(2), atol=0.02)


def test_a_walk_remembers_and_two_shots_do_not():
    """Cov(x_s, x_t | x_0) = sqrt(abar_t / abar_s) (1 - abar_s) along a walk."""
    schedule, generator = linear(40, 1e-3, 0.15), np.random.default_rng(2)
    walk = list(schedule.walk(np.zeros(COUNT), generator))
    s, t = 20, 25
    exact = np.sqrt(schedule.abar[t] / schedule.abar[s]) * (1 - schedule.abar[s])
    assert np.mean(walk[s - 1] * walk[t - 1]) == pytest.approx(exact, abs=0.02)
    assert exact > 0.2
    shots = [schedule.diffuse(np.zeros(COUNT), u, generator.standard_normal(COUNT)) for u in (s, t)]
    assert np.mean(shots[0] * shots[1]) == pytest.approx(0, abs=0.02)


def test_one_shot_is_the_formula_for_numbers_and_pictures():
    generator = np.random.default_rng(3)
    x0, eps = generator.uniform(-1, 1, (2, 3, 4)), generator.standard_normal((2, 3, 4))
    expected = np.sqrt(0.5239) * x0 + np.sqrt(1 - 0.5239) * eps
    np.testing.assert_allclose(BOOK.diffuse(x0, 250, eps), expected, atol=1e-3)
    np.testing.assert_array_equal(BOOK.diffuse(x0, 0, eps), x0)


def test_a_walk_is_the_same_for_the_same_generator_and_leaves_its_start_alone():
    x0 = np.arange(6.0).reshape(2, 3)
    one, again = (list(linear(9).walk(x0, np.random.default_rng(5))) for _ in range(2))
    np.testing.assert_array_equal(one, again)
    np.testing.assert_array_equal(x0, np.arange(6.0).reshape(2, 3))
    assert len(one) == 9 and not np.allclose(one[0], one[1])


def test_one_shot_works_on_torch_arrays_too():
    torch = pytest.importorskip("torch")
    x0, eps = torch.tensor([0.5, -1.0]), torch.tensor([1.0, 2.0])
    found = BOOK.diffuse(x0, 260, eps)
    assert found.dtype == torch.float32
    np.testing.assert_allclose(found.numpy(), BOOK.diffuse(x0.numpy(), 260, eps.numpy()), rtol=1e-6)


# ---- times -------------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [*range(1, 41), 250, 999, 1000])
def test_times_fall_from_the_end_to_zero_and_never_repeat(steps):
    schedule = linear(steps)
    counts = range(1, steps + 1) if steps <= 40 else (1, 2, 3, 7, 13, 30, 49, 50, 98, 166, 249)
    for count in counts:
        times = schedule.times(count)
        assert len(times) == count + 1
        assert (times[0], times[-1]) == (steps, 0)
        gaps = [a - b for a, b in itertools.pairwise(times)]
        assert min(gaps) >= 1 and max(gaps) - min(gaps) <= 2  # as even as whole numbers can be
        assert all(isinstance(t, int) for t in times)
        exact = steps * np.arange(count, -1, -1) / count
        assert np.abs(np.array(times) - exact).max() <= 0.5 + 1e-9


def test_all_times_and_a_divisor():
    assert linear(5).times(5) == [5, 4, 3, 2, 1, 0]
    assert linear(1000).times(4) == [1000, 750, 500, 250, 0]
    assert linear(10).times(3) == [10, 7, 3, 0]


@pytest.mark.parametrize("count", [0, -1, 11, 1000])
def test_too_few_or_too_many_times_are_refused(count):
    with pytest.raises(ValueError, match="1 to 10"):
        linear(10).times(count)


# ---- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "abar",
    [
        [0.9, 0.5], [1.0], [], [1.0, 0.5, 0.5], [1.0, 0.4, 0.6], [1.0, 0.5, 0.0],
        [1.0, 0.5, -0.1], [[1.0, 0.5], [1.0, 0.5]], [1.0, np.nan], [1.0, 0.5, np.nan],
    ],
)  # fmt: skip
def test_levels_that_do_not_begin_at_one_and_fall_are_refused(abar):
    with pytest.raises(ValueError, match="begin at 1 and fall"):
        Schedule(np.array(abar))


@pytest.mark.parametrize("betas", [[0.1, 0.0], [0.1, 1.0], [-0.1], [1.5], [np.nan, 0.1]])
def test_betas_outside_are_refused(betas):
    with pytest.raises(ValueError, match="between 0 and 1"):
        Schedule.from_betas(np.array(betas))


@pytest.mark.parametrize("ends", [(0.0, 0.02), (1e-4, 1.0), (-0.01, 0.02)])
def test_linear_ends_outside_are_refused(ends):
    with pytest.raises(ValueError):
        linear(100, *ends)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # 0 / 0 on the way to the refusal
@pytest.mark.parametrize("make", [linear, cosine])
def test_no_steps_are_refused(make):
    with pytest.raises(ValueError):
        make(0)


def test_levels_that_underflow_are_refused():
    with pytest.raises(ValueError, match="staying above 0"):
        linear(5000, 0.5, 0.9)


# ---- four views of one prediction --------------------------------------------------------------

LEVELS = [0.999, 0.5, 0.0786, 4.04e-5]
NAMES = ("noise", "clean", "velocity", "score")
FROM = {
    "noise": views.from_noise, "clean": views.from_clean, "velocity": views.from_velocity,
    "score": views.from_score,
}  # fmt: skip


def truth(abar):
    """x_t with everything that was put into it."""
    generator = np.random.default_rng(7)
    x0, eps = generator.normal(2, 3, (5, 4)), generator.standard_normal((5, 4))
    a, s = np.sqrt(abar), np.sqrt(1 - abar)
    known = {"noise": eps, "clean": x0, "velocity": a * eps - s * x0, "score": -eps / s}
    return a * x0 + s * eps, known, a, s


@pytest.mark.parametrize("abar", LEVELS)
@pytest.mark.parametrize("given", NAMES)
def test_each_view_gives_the_other_three(given, abar):
    x, known, a, s = truth(abar)
    found = FROM[given](x, known[given], a, s)
    for name in NAMES:
        np.testing.assert_allclose(getattr(found, name), known[name], rtol=1e-7, atol=1e-7 / a)


@pytest.mark.parametrize("abar", LEVELS)
@pytest.mark.parametrize(("first", "second"), list(itertools.permutations(NAMES, 2)))
def test_there_and_back_again(first, second, abar):
    """Also for a wrong prediction: the views are one and the same."""
    x, known, a, s = truth(abar)
    guess = known[first] + np.random.default_rng(8).normal(size=x.shape)
    there = FROM[first](x, guess, a, s)
    back = FROM[second](x, getattr(there, second), a, s)
    np.testing.assert_allclose(getattr(back, first), guess, rtol=1e-6, atol=1e-6 / a)


def test_the_score_view_is_the_gradient_of_the_bell():
    """For one start, log q(x_t | x_0) falls along -(x_t - a x_0) / s^2."""
    x, known, a, s = truth(0.3)
    found = views.from_noise(x, known["noise"], a, s).score
    h = 1e-5

    def log_q(y):
        return -((y - a * known["clean"]) ** 2) / (2 * s**2)

    np.testing.assert_allclose(found, (log_q(x + h) - log_q(x - h)) / (2 * h), rtol=1e-5, atol=1e-6)


def test_the_velocity_is_what_the_angle_changes():
    """With a = cos(angle), s = sin(angle), v = dx_t / dangle (Salimans & Ho, section 4)."""
    x, known, a, s = truth(0.4)
    angle, h = np.arccos(a), 1e-6

    def at(phi):
        return np.cos(phi) * known["clean"] + np.sin(phi) * known["noise"]

    slope = (at(angle + h) - at(angle - h)) / (2 * h)
    np.testing.assert_allclose(views.from_clean(x, known["clean"], a, s).velocity, slope, atol=1e-6)
