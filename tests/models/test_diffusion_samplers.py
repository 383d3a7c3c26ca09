"""Samplers against diffusers' own schedulers, step by step, and against what must hold exactly."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from explorer.models.diffusion.ddim import ddim
from explorer.models.diffusion.ddpm import ddpm
from explorer.models.diffusion.exact import ExactMixture
from explorer.models.diffusion.heun import heun
from explorer.models.diffusion.langevin import langevin
from explorer.models.diffusion.schedule import linear
from explorer.models.diffusion.step import numpy_draw
from explorer.models.mixture import Mixture

BOOK = linear()
MIXTURE = Mixture(
    np.array([0.2, 0.5, 0.3]),
    np.array([[-2.0, -1.0], [1.5, 1.5], [2.0, -2.0]]),
    np.array([[[0.3, 0.1], [0.1, 0.2]], [[0.1, 0.0], [0.0, 0.4]], [[0.2, -0.1], [-0.1, 0.3]]]),
)


def wavy(x, t):
    """Stands for a network: depends on everything, of the size of noise."""
    return np.sin(3 * x + t / 100) + 0.3 * np.roll(x, 1, axis=1)


def leading(count: int) -> list[int]:
    """The times that diffusers' schedulers step through, in our count (theirs begin at 0)."""
    ratio = 1000 // count
    return [*[k * ratio + 1 for k in range(count)][::-1], 0]


def theirs(scheduler: object, x: np.ndarray, noises: list[np.ndarray], **options: object) -> list:
    """x after each of their steps; their noise is drawn by `randn_tensor`, which we replace.

    Their table of abar has 24 bits; a thousand steps would make that difference visible.
    """
    np.testing.assert_allclose(scheduler.alphas_cumprod.numpy(), BOOK.abar[1:], rtol=2e-5)
    scheduler.alphas_cumprod = torch.tensor(BOOK.abar[1:])
    after, draws = torch.from_numpy(x), iter(noises)
    found = []
    for t in scheduler.timesteps:
        eps = torch.from_numpy(wavy(after.numpy(), int(t) + 1))
        with pytest.MonkeyPatch.context() as patch:
            module = type(scheduler).__module__
            patch.setattr(f"{module}.randn_tensor", lambda *a, **k: torch.from_numpy(next(draws)))
            after = scheduler.step(eps, int(t), after, **options).prev_sample
        found.append(after.numpy())
    return found


@pytest.fixture
def start() -> tuple[np.ndarray, list[np.ndarray]]:
    generator = np.random.default_rng(5)
    noises = [generator.standard_normal((5, 7)) for _ in range(1001)]
    return 1.5 * generator.standard_normal((5, 7)), noises


@pytest.mark.parametrize("count", [10, 30, 50, 1000])
@pytest.mark.parametrize("reach", [None, 1.0])
def test_ddpm_equals_diffusers(start, count, reach):
    from diffusers import DDPMScheduler

    x, noises = start
    scheduler = DDPMScheduler(
        beta_end=0.02, beta_start=1e-4, clip_sample=reach is not None, timestep_spacing="leading"
    )
    scheduler.set_timesteps(count)
    expected = theirs(scheduler, x, noises)
    assert len(expected) == count
    draws = iter(noises)
    steps = list(ddpm(BOOK, wavy, x, leading(count), lambda x: next(draws), reach))
    for number, (step, other) in enumerate(zip(steps, expected, strict=True)):
        np.testing.assert_allclose(step.after, other, atol=1e-5, err_msg=str(number))
    assert next(draws) is noises[count - 1], "the last step must not draw"


@pytest.mark.parametrize("count", [10, 30, 50, 1000])
@pytest.mark.parametrize(("eta", "reach"), [(0.0, None), (0.0, 1.0), (0.6, None), (1.0, 1.0)])
def test_ddim_equals_diffusers(start, count, eta, reach):
    from diffusers import DDIMScheduler

    x, noises = start
    scheduler = DDIMScheduler(
        beta_end=0.02,
        beta_start=1e-4,
        clip_sample=reach is not None,
        timestep_spacing="leading",
        set_alpha_to_one=True,
    )
    scheduler.set_timesteps(count)
    options = {"eta": eta, "use_clipped_model_output": reach is not None}
    expected = theirs(scheduler, x, noises, **options)
    draws = iter(noises)
    steps = list(ddim(BOOK, wavy, x, leading(count), lambda x: next(draws), reach, eta))
    for number, (step, other) in enumerate(zip(steps, expected, strict=True)):
        np.testing.assert_allclose(step.after, other, atol=1e-5, err_msg=str(number))


def test_ddpm_is_ddim_with_eta_one(start):
    x, noises = start
    times = BOOK.times(30)
    sides = []
    for sampler, options in ((ddpm, {}), (ddim, {"eta": 1.0})):
        draws = iter(noises)
        sides.append(list(sampler(BOOK, wavy, x, times, lambda x, d=draws: next(d), **options)))
    for ours, other in zip(*sides, strict=True):
        np.testing.assert_allclose(ours.after, other.after, atol=1e-9)


@pytest.mark.parametrize("sampler", [ddim, ddpm, heun, langevin])
@pytest.mark.parametrize("reach", [None, 1.0])
def test_steps_follow_each_other_and_keep_their_word(start, sampler, reach):
    """A step begins where the one before ended; what it says of x_t fits together."""
    x, _ = start
    draw = numpy_draw(np.random.default_rng(3))
    steps = list(sampler(BOOK, wavy, x, BOOK.times(7), draw, reach))
    assert [(s.t, s.s) for s in steps] == list(pairwise(BOOK.times(7)))
    np.testing.assert_array_equal(steps[0].x, x)
    for before, after in pairwise(steps):
        np.testing.assert_array_equal(before.after, after.x)
    if sampler is not langevin:  # its prediction is made after its inner moves
        for step in steps:
            clean = (step.x - BOOK.noise(step.t) * step.noise) / BOOK.signal(step.t)
            expected = clean if reach is None or sampler is not ddpm else clean.clip(-1, 1)
            np.testing.assert_allclose(step.clean, expected, atol=1e-9)
    if reach is not None:
        assert all(abs(step.clean).max() <= 1 for step in steps)


def test_nothing_of_torch_is_needed_and_torch_gives_the_same(start):
    x, _ = start
    ours = list(heun(BOOK, wavy, x, BOOK.times(9)))[-1].after

    def predict(x, t):
        return torch.from_numpy(wavy(x.numpy(), t))

    other = list(heun(BOOK, predict, torch.from_numpy(x), BOOK.times(9)))[-1].after
    np.testing.assert_allclose(ours, other.numpy(), atol=1e-12)


# ------------------------------------------------------------------- with the exact answer


def round_trip(sampler: object, count: int) -> float:
    """Root mean square of (x_1 there and back again - x_1)."""
    exact = ExactMixture(MIXTURE, FINE)
    x = exact.at(1).sample(40, np.random.default_rng(2))[0]
    times = [1 + round((FINE.steps - 1) * k / count) for k in range(count + 1)]
    there = list(sampler(FINE, exact.noise, x, times))[-1].after
    back = list(sampler(FINE, exact.noise, there, times[::-1]))[-1].after
    return float(np.sqrt(((back - x) ** 2).mean()))


FINE = linear(20_000, 5e-6, 1e-3)  # the same noise in twenty times as many steps


@pytest.mark.parametrize(("sampler", "order"), [(ddim, 1), (heun, 2)])
def test_the_way_back_ends_where_it_began_and_the_error_falls_with_the_order(sampler, order):
    errors = [round_trip(sampler, count) for count in (250, 500, 1000)]
    slopes = np.log2(np.array(errors[:-1]) / errors[1:])
    assert errors[-1] < 0.02
    assert np.all(slopes > order - 0.35), (errors, slopes)


@pytest.mark.parametrize(
    ("sampler", "options"),
    [
        (ddim, {}),
        (ddim, {"eta": 1.0}),
        (ddpm, {}),
        (heun, {}),
        (langevin, {"pace": 0.05, "inner": 10}),
    ],
)
def test_with_the_exact_answer_samples_have_the_moments_of_the_mixture(sampler, options):
    exact = ExactMixture(MIXTURE, BOOK)
    generator = np.random.default_rng(1)
    x = generator.standard_normal((4000, 2))
    times = BOOK.times(200)
    made = list(sampler(BOOK, exact.noise, x, times, numpy_draw(generator), **options))[-1].after
    moments = MIXTURE.moments()
    np.testing.assert_allclose(made.mean(axis=0), moments.mean, atol=0.13)
    np.testing.assert_allclose(np.cov(made.T), moments.covariance, atol=0.22)
    shares = np.bincount(MIXTURE.responsibilities(made).argmax(axis=1), minlength=3) / len(made)
    np.testing.assert_allclose(shares, MIXTURE.weights, atol=0.05)


def test_langevin_at_one_level_leaves_its_law_as_it_is():
    """Started from p_t it stays there: mean, covariance and shares."""
    exact, t = ExactMixture(MIXTURE, BOOK), 300
    generator = np.random.default_rng(4)
    x = exact.at(t).sample(4000, generator)[0]
    step = next(
        langevin(BOOK, exact.noise, x, [t, t - 1], numpy_draw(generator), pace=0.02, inner=100)
    )
    shrink = BOOK.signal(t - 1) / BOOK.signal(t)
    expected = exact.at(t).moments()
    np.testing.assert_allclose(np.cov(step.after.T / shrink), expected.covariance, atol=0.12)
    np.testing.assert_allclose(step.after.mean(axis=0) / shrink, expected.mean, atol=0.08)
    assert not np.allclose(step.after, x, atol=0.1)
