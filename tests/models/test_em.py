"""EM against the published run, scikit-learn, brute force over formulas, and its own theorem."""

import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
import scipy.stats
import sklearn.mixture
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.models.covariance import COVARIANCE_TYPES, compact, constrain, expand
from explorer.models.em import (
    CollapsedComponent,
    EMStep,
    Mixture,
    e_step,
    em_steps,
    lower_bound,
    m_step,
)

BOOK_START = Mixture(
    np.array([0.5, 0.5]), np.array([[0.0, 50.0], [0.0, 100.0]]), np.array([np.eye(2)] * 2)
)
# nats per point, after 0, 1, ... 8 iterations from BOOK_START
BOOK_RUN = [-137.488, -4.415, -4.357, -4.302, -4.245, -4.200, -4.164, -4.156, -4.155]


def last(steps) -> EMStep:
    *_, step = steps
    return step


def random_start(x: np.ndarray, k: int, seed: int) -> Mixture:
    generator = np.random.default_rng(seed)
    means = x[generator.choice(len(x), k, replace=False)]
    return Mixture(np.full(k, 1 / k), means, np.array([np.cov(x.T)] * k))


def test_the_published_run_on_old_faithful(old_faithful):
    steps = list(em_steps(old_faithful, BOOK_START, tol=0.0, max_iter=40))
    curve = [steps[0].log_likelihood_per_point]
    curve += [step.log_likelihood_per_point for step in steps if step.half == "M"]
    np.testing.assert_allclose(curve[:9], BOOK_RUN, atol=6e-4)
    end = steps[-1]
    assert end.log_likelihood_per_point == pytest.approx(-4.1554, abs=5e-5)
    assert end.log_likelihood == pytest.approx(-1130.264, abs=5e-4)
    np.testing.assert_allclose(end.mixture.weights, [0.3559, 0.6441], atol=5e-5)
    np.testing.assert_allclose(end.mixture.means, [[2.0364, 54.4785], [4.2897, 79.9681]], atol=5e-5)


def test_old_faithful_best_of_many_starts(old_faithful):
    ends = [
        last(em_steps(old_faithful, random_start(old_faithful, 2, seed), tol=1e-9, max_iter=500))
        for seed in range(8)
    ]
    assert max(end.log_likelihood for end in ends) == pytest.approx(-1130.264, abs=5e-4)


def test_old_faithful_three_tied_components_and_their_bic(old_faithful):
    ends = [
        last(em_steps(old_faithful, random_start(old_faithful, 3, seed), "tied", 0.0, 1e-9, 1000))
        for seed in range(12)
    ]
    best = max(end.log_likelihood for end in ends)
    assert best == pytest.approx(-1126.316, abs=5e-3)
    free = 3 + 3 * 2 + 2  # one covariance, three means, two free weights
    assert -2 * best + free * np.log(272) == pytest.approx(2314.30, abs=0.02)


def test_one_component_is_the_maximum_likelihood_normal(points):
    start = Mixture([1.0], [[9.0, 9.0, 9.0]], [np.eye(3)])
    end = last(em_steps(points, start, tol=0.0, max_iter=2))
    reference = scipy.stats.multivariate_normal(points.mean(axis=0), np.cov(points.T, ddof=0))
    assert end.log_likelihood == pytest.approx(reference.logpdf(points).sum(), rel=1e-12)


def test_identical_starts_stay_identical_for_ever(old_faithful):
    centre = old_faithful.mean(axis=0)
    start = Mixture(np.full(3, 1 / 3), [centre + 1] * 3, [np.diag([1.0, 90.0])] * 3)
    end = last(em_steps(old_faithful, start, tol=0.0, max_iter=200))
    assert (end.mixture.means == end.mixture.means[0]).all()
    assert (end.mixture.covariances == end.mixture.covariances[0]).all()
    assert end.log_likelihood_per_point == pytest.approx(-4.7419, abs=5e-5)


def test_half_steps_alternate_and_the_bound_touches_after_e(points):
    steps = list(em_steps(points, random_start(points, 3, 1), tol=0.0, max_iter=5))
    assert [(s.iteration, s.half) for s in steps[:4]] == [(1, "E"), (1, "M"), (2, "E"), (2, "M")]
    assert len(steps) == 10
    for before, step in pairwise(steps):
        if step.half == "E":
            assert step.lower_bound == pytest.approx(step.log_likelihood, abs=1e-9)
            assert step.mixture is before.mixture
        else:
            assert step.lower_bound < step.log_likelihood
            assert step.responsibilities is before.responsibilities
        assert step.log_likelihood_per_point == pytest.approx(step.log_likelihood / 107)
        assert step.lower_bound_per_point == pytest.approx(step.lower_bound / 107)


def test_the_gap_is_the_kl_divergence_of_the_responsibilities(points):
    """log-likelihood - bound = sum_n KL(gamma_n || p(z | x_n)) (PRML 9.70), after an M step."""
    steps = list(em_steps(points, random_start(points, 3, 2), tol=0.0, max_iter=3))
    step = steps[3]
    new = step.mixture.responsibilities(points)
    gap = scipy.stats.entropy(step.responsibilities, new, axis=1).sum()
    assert step.log_likelihood - step.lower_bound == pytest.approx(gap, rel=1e-6)


def test_lower_bound_takes_zero_log_zero_as_zero(points):
    gamma = np.zeros((107, 2))
    gamma[:50, 0] = gamma[50:, 1] = 1
    mixture = m_step(points, gamma)
    joint = mixture.log_joint(points)
    expected = joint[:50, 0].sum() + joint[50:, 1].sum()
    assert lower_bound(points, gamma, mixture) == pytest.approx(expected)


def test_the_m_step_is_the_maximum_of_the_bound(points):
    gamma, _ = e_step(points, random_start(points, 2, 3))
    best = m_step(points, gamma)
    top = lower_bound(points, gamma, best)
    generator = np.random.default_rng(0)
    for _ in range(30):
        turn = np.eye(3) + generator.normal(size=(2, 3, 3)) * 0.05
        weights = best.weights + np.array([1, -1]) * generator.normal() * 0.05
        moved = Mixture(
            weights,
            best.means + generator.normal(size=(2, 3)) * 0.05,
            turn @ best.covariances @ turn.transpose(0, 2, 1),
        )
        assert lower_bound(points, gamma, moved) < top


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_the_m_step_is_weighted_averages(points, covariance_type):
    """Against loops written straight from PRML 9.24-9.27 and numpy's weighted covariance."""
    gamma = np.random.default_rng(4).dirichlet([0.5, 1.0, 3.0], 107)
    mixture = m_step(points, gamma, covariance_type, reg_covar=0.25)
    np.testing.assert_allclose(mixture.weights, gamma.mean(axis=0), rtol=1e-12)
    full = [np.cov(points.T, ddof=0, aweights=gamma[:, k]) for k in range(3)]
    expected = {
        "full": full,
        "tied": [sum(w * c for w, c in zip(gamma.mean(axis=0), full, strict=True))] * 3,
        "diag": [np.diag(np.diag(c)) for c in full],
        "spherical": [np.eye(3) * np.diag(c).mean() for c in full],
    }[covariance_type]
    for k in range(3):
        mean = np.average(points, axis=0, weights=gamma[:, k])
        np.testing.assert_allclose(mixture.means[k], mean, rtol=1e-12)
        np.testing.assert_allclose(
            mixture.covariances[k], expected[k] + 0.25 * np.eye(3), rtol=1e-10, atol=1e-12
        )


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_the_run_equals_scikit_learn(points, covariance_type):
    start = random_start(points, 3, 6)
    start = Mixture(
        start.weights, start.means, constrain(np.ones(3), start.covariances, covariance_type)
    )
    precisions = compact(np.linalg.inv(start.covariances), covariance_type)
    reference = sklearn.mixture.GaussianMixture(
        3, covariance_type=covariance_type, reg_covar=0.0, weights_init=start.weights,
        means_init=start.means, precisions_init=precisions, tol=1e-4, max_iter=300,
    ).fit(points)  # fmt: skip
    steps = list(em_steps(points, start, covariance_type, 0.0, 1e-4, 300))
    bounds = [step.lower_bound_per_point for step in steps if step.half == "E"]
    np.testing.assert_allclose(bounds, reference.lower_bounds_, atol=1e-9)
    end = steps[-1].mixture
    np.testing.assert_allclose(end.means, reference.means_, atol=1e-6)
    np.testing.assert_allclose(
        compact(end.covariances, covariance_type), reference.covariances_, atol=1e-6
    )


def test_shapes_of_covariances_round_trip():
    factor = np.random.default_rng(1).normal(size=(4, 3, 3))
    full = factor @ factor.transpose(0, 2, 1)
    shapes = {"full": (4, 3, 3), "tied": (3, 3), "diag": (4, 3), "spherical": (4,)}
    for name, shape in shapes.items():
        held = constrain(np.arange(1.0, 5.0), full, name)
        stored = compact(held, name)
        assert stored.shape == shape
        np.testing.assert_allclose(expand(stored, name, (4, 3)), held)
    with pytest.raises(ValueError, match="diag"):
        expand(np.ones((4, 2)), "diag", (4, 3))
    with pytest.raises(ValueError, match="one of"):
        constrain(np.ones(4), full, "round")


def test_a_component_that_shrinks_onto_a_point_is_named():
    x = np.random.default_rng(0).normal(size=(40, 2)) * [3.0, 0.5]
    x[17] = [30.0, 4.0]
    start = Mixture([0.5, 0.5], [[0.0, 0.0], [29.0, 4.0]], [np.cov(x.T), np.eye(2)])
    steps = []
    with pytest.raises(CollapsedComponent, match="component 1 has collapsed") as caught:
        steps.extend(em_steps(x, start, tol=0.0))
    assert caught.value.component == 1
    kept = list(em_steps(x, start, reg_covar=1e-3, tol=0.0, max_iter=20))
    assert np.isfinite(kept[-1].log_likelihood)


def test_a_component_that_takes_two_points_lies_on_a_line():
    x = np.random.default_rng(0).normal(size=(40, 2))
    x[:2] = [[40.0, 10.0], [41.0, 12.3]]
    start = Mixture([0.5, 0.5], [[0.0, 0.0], [40.5, 11.0]], [np.eye(2)] * 2)
    with pytest.raises(CollapsedComponent, match="line") as caught:
        list(em_steps(x, start, tol=0.0))
    assert caught.value.component == 1
    assert last(em_steps(x, start, "spherical", tol=1e-6)).mixture.weights[1] > 0.04


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_a_component_out_of_reach_of_every_point_is_named(points, covariance_type):
    start = Mixture([0.5, 0.5], [[0.0, 0.0, 0.0], [1e4, 0.0, 0.0]], [np.eye(3)] * 2)
    with pytest.raises(CollapsedComponent, match="no point") as caught:
        list(em_steps(points, start, covariance_type))
    assert caught.value.component == 1


def test_no_step_of_a_collapse_shows_nan():
    x = np.concatenate([np.random.default_rng(1).normal(size=30), [500.0]])
    start = Mixture.from_std([0.5, 0.5], [0.0, 480.0], [3.0, 30.0])
    seen = []
    with pytest.raises(CollapsedComponent):
        for step in em_steps(x, start, tol=0.0):
            seen.append(step.log_likelihood)
    assert seen
    assert np.isfinite(seen).all()


def test_numbers_on_a_line_may_come_as_they_are(points):
    start = Mixture.from_std([0.5, 0.5], [-1.0, 4.0], [1.0, 2.0])
    flat, column = (list(em_steps(x, start)) for x in (points[:, 0], points[:, :1]))
    assert flat[-1].log_likelihood == column[-1].log_likelihood


def test_points_that_are_not_numbers_are_refused(points):
    bad = points.copy()
    bad[3, 1] = np.nan
    with pytest.raises(ValueError, match="finite"):
        next(em_steps(bad, random_start(points, 2, 0)))
    with pytest.raises(ValueError, match=r"\(N, 3\)"):
        next(em_steps(points[:, :2], random_start(points, 2, 0)))


def test_stops_by_tolerance_or_by_count(points):
    start = random_start(points, 2, 0)
    by_count = list(em_steps(points, start, tol=0.0, max_iter=3))
    assert by_count[-1].iteration == 3
    steps = list(em_steps(points, start, tol=1e-2, max_iter=500))
    e = [step.log_likelihood_per_point for step in steps if step.half == "E"]
    assert e[-1] - e[-2] < 1e-2 <= np.diff(e[:-1]).min()
    assert list(em_steps(points, start, max_iter=0)) == []


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    k=st.integers(1, 4),
    d=st.integers(1, 3),
    covariance_type=st.sampled_from(COVARIANCE_TYPES),
)
def test_no_half_step_ever_lowers_the_likelihood(seed, k, d, covariance_type):
    """Dempster, Laird & Rubin (1977), Theorem 1, on arbitrary data and starts."""
    generator = np.random.default_rng(seed)
    scales = 10.0 ** generator.uniform(-2, 3, d)
    x = generator.normal(size=(60, d)) * scales + generator.integers(0, 3, (60, 1)) * 2 * scales
    spread = np.array([np.diag(scales**2 * generator.uniform(0.2, 2, d)) for _ in range(k)])
    start = Mixture(
        generator.dirichlet(np.ones(k)),
        x[generator.choice(60, k, replace=False)],
        constrain(np.ones(k), spread, covariance_type),
    )
    before = -np.inf
    try:
        for step in em_steps(x, start, covariance_type, tol=0.0, max_iter=15):
            slack = 1e-9 * (1 + abs(step.log_likelihood))
            assert step.log_likelihood >= before - slack
            assert step.lower_bound <= step.log_likelihood + slack
            np.testing.assert_allclose(step.responsibilities.sum(axis=1), 1, atol=1e-12)
            assert step.mixture.weights.sum() == pytest.approx(1, abs=1e-12)
            before = step.log_likelihood
    except CollapsedComponent as collapse:
        assert 0 <= collapse.component < k


def test_the_displayed_code_does_not_load_scikit_learn_or_torch():
    modules = "gaussian, mixture, covariance, em, divergence, limit"
    code = (
        f"import sys; from explorer.models import {modules}; from explorer.metrics import distance;"
        "print([m for m in ('sklearn', 'torch', 'streamlit', 'plotly') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
