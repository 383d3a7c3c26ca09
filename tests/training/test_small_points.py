"""The diffusion network that is trained in a page: repeatable, learns, also from few points."""

import numpy as np
import pytest

from explorer.data import toys
from explorer.metrics.two_samples import mmd
from explorer.models.diffusion.ddim import ddim
from explorer.models.diffusion.exact import ExactMixture
from explorer.models.diffusion.schedule import linear
from explorer.models.mixture import Mixture
from explorer.training import small_points

SCHEDULE = linear()
X = toys.blobs(600, np.random.default_rng(5))
REAL = toys.blobs(400, np.random.default_rng(6))


@pytest.fixture(scope="module")
def records() -> list[small_points.Record]:
    return list(small_points.train(X, REAL, steps=400, width=48, seed=0))


def test_every_step_is_told_and_some_are_kept_whole(records):
    assert [record.step for record in records] == list(range(401))
    assert {record.steps for record in records} == {400}
    kept = [record for record in records if record.moment is not None]
    assert kept[0].step == 0 and kept[-1].step == 400 and 12 <= len(kept) <= 17
    assert np.isnan(records[0].loss) and np.isfinite([r.loss for r in records[1:]]).all()
    for record in kept:
        assert record.moment.samples.shape == (small_points.SAMPLES, 2)
        assert record.moment.distance == mmd(record.moment.samples, REAL)


def test_it_learns_the_score_and_the_data(records):
    """Against the exact answer of the mixture that the points come from."""
    exact = ExactMixture(Mixture(*toys.BLOBS), SCHEDULE)
    rng = np.random.default_rng(0)
    first, last = records[0].moment, records[-1].moment
    for t, most in ((60, 0.5), (250, 0.2), (700, 0.03)):
        x = SCHEDULE.diffuse(REAL, t, rng.standard_normal(REAL.shape))
        truth = exact.noise(x, t)

        def error(moment, x=x, t=t, truth=truth):
            return np.sqrt(((moment.answer.noise(x, t) - truth) ** 2).sum() / (truth**2).sum())

        assert error(last) < most
        assert error(last) < 0.4 * error(first)
    floor = mmd(toys.blobs(400, np.random.default_rng(7)), REAL)
    assert last.distance < 2 * floor < first.distance
    assert records[-1].loss < 0.5


def test_the_kept_weights_are_the_network_that_drew_the_samples(records):
    """Led by the answer, the same starts arrive at the same samples."""
    moment = records[-1].moment
    x = np.random.default_rng(0).standard_normal((small_points.SAMPLES, 2))
    for step in ddim(SCHEDULE, moment.answer.noise, x, SCHEDULE.times(small_points.WALK)):
        x = step.after
    np.testing.assert_allclose(x, moment.samples, atol=1e-4)
    assert moment.answer.weights.dtype == np.float16


def test_the_seed_is_all_there_is(records):
    def losses(seed: int) -> list[float]:
        run = small_points.train(X, REAL, 400, 48, seed)
        return [record.loss for _, record in zip(range(6), run, strict=False)][1:]

    assert losses(0) == [record.loss for record in records[1:6]]
    assert not set(losses(0)) & set(losses(1))


def test_the_loss_is_a_running_mean(records):
    """Smoothed, so it moves little from one update to the next."""
    losses = np.array([record.loss for record in records[1:]])
    jumps = np.abs(np.diff(losses))
    assert jumps[small_points.SMOOTH :].max() < 0.03


def test_the_average_of_the_weights_is_shown(records):
    """Adam's first step is as long as the rate, and the average goes 9/11 of that way."""
    before, after = (record.moment.answer.weights.astype(float) for record in records[:2])
    moved = (after - before)[np.abs(before) < 1e-3]  # where half precision is fine enough
    rate = small_points.PLAN["rate"] / small_points.PLAN["warm_up"]
    assert np.abs(moved).max() == pytest.approx(9 / 11 * rate, rel=0.02)


def test_few_and_many_points_fill_one_pass():
    few = np.arange(6.0).reshape(3, 2)
    rows = small_points.repeated(few, 0)
    assert rows.shape == (small_points.ROWS, 2)
    counts = np.unique(rows, axis=0, return_counts=True)[1]
    assert len(counts) == 3 and counts.max() - counts.min() <= 1
    many = np.random.default_rng(0).normal(size=(9000, 2))
    rows = small_points.repeated(many, 0)
    assert len(np.unique(rows, axis=0)) == small_points.ROWS


def test_two_points_are_learned_without_a_fuss():
    x = np.array([[-1.0, -1.0], [1.0, 1.0]])
    *_, last = small_points.train(x, x[:1], steps=30, width=16)
    assert np.isfinite(last.moment.samples).all() and np.isfinite(last.moment.distance)
