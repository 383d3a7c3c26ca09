"""A whole run: where it ended, whether it settled, and the limit behind a collapse."""

import numpy as np
import pytest

from explorer.models import em_start
from explorer.models.em_run import DECADES, run


@pytest.fixture(scope="module")
def x():
    generator = np.random.default_rng(8)
    x = generator.standard_normal((90, 2)) * [1.3, 14] + [3, 70]
    x[:40] += [4, -30]
    x[11] = [25, 250]  # alone
    return x


def start_of(x, width, k=2):
    means = em_start.means("lonely", x, k, np.random.default_rng(0))
    return em_start.start(means, em_start.covariances(width, x, k))


def test_a_run_that_settles(x):
    means = em_start.means("spread", x, 2, np.random.default_rng(1))
    start = em_start.start(means, em_start.covariances("data", x, 2))
    found = run(x, start, "full", 1e-6, tol=1e-5, max_iter=200)
    assert found.settled and found.collapsed is None and not found.squeezed
    assert len(found.steps) == 2 * found.iterations
    assert found.end is found.steps[-1].mixture
    assert found.log_likelihood == pytest.approx(float(start.log_prob(x).sum()))
    assert found.steps[0].log_likelihood == pytest.approx(found.log_likelihood)
    short = run(x, start, "full", 1e-6, tol=1e-5, max_iter=found.iterations - 1)
    assert not short.settled


def test_behind_a_collapse_the_likelihood_has_no_limit(x):
    found = run(x, start_of(x, "trap"), "full", 0.0)
    assert found.collapsed is not None and found.collapsed.component == 0
    assert not found.settled
    assert found.steps[-1].half == "E"  # the M step after it had no best width
    floors = np.array([floor for floor, _step in found.squeezed])
    totals = np.array([step.log_likelihood for _floor, step in found.squeezed])
    assert 6 <= len(floors) <= DECADES
    assert (totals > found.steps[-1].log_likelihood).all()
    np.testing.assert_allclose(floors[:-1] / floors[1:], 10)
    assert (np.diff(totals) > 0).all()
    # On one point both widths shrink: each power of ten of the variance brings ln 10 nats.
    held = found.steps[-1].responsibilities[:, 0]
    assert held.sum() == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(np.diff(totals)[-4:], np.log(10), rtol=1e-3)
    for _floor, step in found.squeezed:  # what is told is what the mixture says
        assert step.log_likelihood == pytest.approx(float(step.mixture.log_prob(x).sum()))


def test_a_floor_prevents_the_wall(x):
    found = run(x, start_of(x, "trap"), "full", 1.0, max_iter=300)
    assert found.collapsed is None and found.settled


def test_only_a_floor_lets_the_likelihood_fall(x):
    means = em_start.means("spread", x, 2, np.random.default_rng(1))
    free = run(x, em_start.start(means, em_start.covariances("data", x, 2)), "full", 0.0, 1e-8)
    assert free.largest_fall < 1e-9
    found = run(x, free.end, "full", 3.0)  # from the top without a floor it can only go down
    totals = np.array([found.log_likelihood, *(step.log_likelihood for step in found.steps)])
    assert found.largest_fall == pytest.approx((totals[:-1] - totals[1:]).max())
    assert found.largest_fall > 0.1
