"""Starts: where they stand, what is random about them, and what units may not change."""

import numpy as np
import pytest

from explorer.models import em_start


@pytest.fixture(scope="module")
def x():
    generator = np.random.default_rng(3)
    return generator.standard_normal((57, 2)) * [3, 0.5] + [10, -2]


@pytest.mark.parametrize("kind", ["spread", "random"])
def test_random_starts_are_points_repeatable_and_different(x, kind):
    one = em_start.means(kind, x, 5, np.random.default_rng(4))
    assert one.shape == (5, 2)
    assert all((x == mean).all(axis=1).any() for mean in one)
    assert len(np.unique(one, axis=0)) == 5
    np.testing.assert_array_equal(one, em_start.means(kind, x, 5, np.random.default_rng(4)))
    assert not np.array_equal(one, em_start.means(kind, x, 5, np.random.default_rng(5)))


def test_spread_out_does_not_depend_on_units(x):
    scale = np.array([1000, 0.01])
    one = em_start.spread_out(x, 4, np.random.default_rng(0))
    other = em_start.spread_out(x * scale, 4, np.random.default_rng(0))
    np.testing.assert_allclose(other, one * scale)


def test_spread_out_draws_in_proportion_to_the_squared_distance():
    """Points at 0, 1 and 3: from 0 the second is 3 with probability 9/10, and so on."""
    x = np.array([[0.0], [1.0], [3.0]])
    pairs = [em_start.spread_out(x, 2, np.random.default_rng(s))[:, 0] for s in range(4000)]
    from_zero = [b for a, b in pairs if a == 0]
    assert np.mean(np.array(from_zero) == 3) == pytest.approx(0.9, abs=0.03)
    from_one = [b for a, b in pairs if a == 1]
    assert np.mean(np.array(from_one) == 3) == pytest.approx(0.8, abs=0.03)


def test_more_means_than_distinct_points():
    x = np.array([[0.0, 1.0], [0.0, 1.0], [2.0, 5.0]])
    for kind in ("spread", "random"):
        assert em_start.means(kind, x, 6, np.random.default_rng(0)).shape == (6, 2)


def test_the_loneliest_point_in_blocks_as_by_hand(x):
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    distance = np.hypot(*(z[:, None] - z).T)
    np.fill_diagonal(distance, np.inf)
    expected = int(distance.min(axis=1).argmax())
    assert em_start.loneliest(x, block=10) == expected == em_start.loneliest(x)
    assert em_start.loneliest(x * [1000, 0.01]) == expected  # whatever the units
    twice = np.vstack([x, x[expected]])
    assert em_start.loneliest(twice) != expected  # a twin is company


def test_other_starts(x):
    same = em_start.means("same", x, 3, np.random.default_rng(0))
    np.testing.assert_allclose(same, np.repeat(x.mean(axis=0)[None], 3, axis=0))
    outside = em_start.means("outside", x, 3, np.random.default_rng(0))
    assert (outside[:, 0] < x[:, 0].min()).all()
    assert (np.diff(outside[:, 1]) > 0).all()
    lonely = em_start.means("lonely", x, 3, np.random.default_rng(0))
    np.testing.assert_array_equal(lonely[0], x[em_start.loneliest(x)])
    np.testing.assert_allclose(lonely[1:], same[1:])


def test_widths(x):
    s = np.cov(x.T, ddof=0)
    np.testing.assert_array_equal(em_start.covariances("one", x, 2), [np.eye(2)] * 2)
    np.testing.assert_allclose(em_start.covariances("data", x, 3), [s] * 3)
    np.testing.assert_allclose(em_start.covariances("trap", x, 3, 16), [s / 16, s, 1.5 * s])
    np.testing.assert_allclose(em_start.covariances("trap", x, 1, 16), [s / 16])


def test_the_start_has_equal_weights_and_the_type_asked_for(x):
    means = em_start.means("outside", x, 3, np.random.default_rng(0))
    covariances = em_start.covariances("trap", x, 3)
    mixture = em_start.start(means, covariances, "tied")
    np.testing.assert_allclose(mixture.weights, 1 / 3)
    np.testing.assert_allclose(mixture.covariances, [covariances.mean(axis=0)] * 3)


def test_few_draws_without_repeating_and_keeps_the_order():
    x = np.arange(40.0).reshape(20, 2)
    kept = em_start.few(x, 7)
    assert len(kept) == 7 and (np.diff(kept[:, 0]) > 0).all()
    assert all((x == row).all(axis=1).any() for row in kept)
    assert em_start.few(x, 20) is x
