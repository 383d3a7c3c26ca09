"""Many runs of EM at once against em_steps one by one, and against scikit-learn."""

import warnings

import numpy as np
import pytest
from sklearn.mixture import GaussianMixture

from explorer.models import em_start
from explorer.models.covariance import COVARIANCE_TYPES, CollapsedComponent
from explorer.models.em import em_steps
from explorer.models.em_many import best_of, em_many, rank


@pytest.fixture(scope="module")
def x():
    """Three groups in D = 3 with very different units."""
    generator = np.random.default_rng(5)
    sizes, middles = (40, 55, 26), ([0, 5, -300], [4, 2, 100], [2, -6, 250])
    widths = ([1, 0.5, 90], [0.3, 2, 60], [1.5, 1, 40])
    groups = [
        middle + generator.standard_normal((n, 3)) * width
        for n, middle, width in zip(sizes, middles, widths, strict=True)
    ]
    return np.concatenate(groups)


def starts_for(x, k, kind, count, seed=0):
    generator = np.random.default_rng(seed)
    covariances = em_start.covariances("data", x, k)
    return [
        em_start.start(em_start.at_random(x, k, generator), covariances, kind) for _ in range(count)
    ]


@pytest.mark.parametrize("kind", COVARIANCE_TYPES)
def test_every_run_ends_where_em_steps_ends(x, kind):
    starts = starts_for(x, 4, kind, 7)
    ends = em_many(x, starts, kind, 1e-4, tol=1e-5, max_iter=60)
    assert len({end.iterations for end in ends}) > 2  # they stop at different times
    for start, end in zip(starts, ends, strict=True):
        *_rest, alone = em_steps(x, start, kind, 1e-4, tol=1e-5, max_iter=60)
        assert end.start is start
        assert end.iterations == alone.iteration
        assert end.log_likelihood == pytest.approx(alone.log_likelihood, rel=1e-10)
        np.testing.assert_allclose(end.mixture.weights, alone.mixture.weights, rtol=1e-7)
        np.testing.assert_allclose(end.mixture.means, alone.mixture.means, rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(
            end.mixture.covariances, alone.mixture.covariances, rtol=1e-5, atol=1e-6
        )


def test_it_ends_where_scikit_learn_ends(x):
    starts = starts_for(x, 3, "full", 4, seed=2)
    for start, end in zip(starts, em_many(x, starts, "full", 1e-3, 1e-4, 80), strict=True):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = GaussianMixture(
                3, tol=1e-4, reg_covar=1e-3, max_iter=80, weights_init=start.weights,
                means_init=start.means, precisions_init=np.linalg.inv(start.covariances),
            ).fit(x)  # fmt: skip
        assert end.iterations == theirs.n_iter_
        assert end.log_likelihood == pytest.approx(theirs.score(x) * len(x), rel=1e-10)


def test_a_run_that_collapses_says_so_and_disturbs_nobody(x):
    means = x[[7, 50, 100]]
    covariances = em_start.covariances("data", x, 3).copy()
    covariances[0] /= 1e6  # so narrow that it sees one point only
    bad = em_start.start(means, covariances)
    good = starts_for(x, 3, "full", 1)[0]
    with pytest.raises(CollapsedComponent):
        list(em_steps(x, bad))
    alone = em_many(x, [good], max_iter=30)[0]
    first, second = em_many(x, [bad, good], max_iter=30)
    assert first.collapsed and not second.collapsed
    assert second.log_likelihood == pytest.approx(alone.log_likelihood, rel=1e-12)
    last_good = list(_until_wall(x, bad))[-1]
    assert first.log_likelihood == pytest.approx(last_good.log_likelihood, rel=1e-10)
    assert sorted([first, second], key=rank)[0] is second


def _until_wall(x, start):
    try:
        yield from em_steps(x, start)
    except CollapsedComponent:
        return


def test_the_limit_of_iterations_holds(x):
    ends = em_many(x, starts_for(x, 4, "full", 3), "full", 1e-4, tol=0.0, max_iter=9)
    assert [end.iterations for end in ends] == [9, 9, 9]


def test_the_best_of_many_is_at_least_as_good_as_each(x):
    starts = starts_for(x, 4, "full", 12)
    best = best_of(x, starts, "full", 1e-4)
    each = em_many(x, starts, "full", 1e-4, tol=1e-6, max_iter=400)
    assert best.log_likelihood >= max(end.log_likelihood for end in each) - 1e-3
    assert best.log_likelihood == pytest.approx(float(best.mixture.log_prob(x).sum()), rel=1e-12)
