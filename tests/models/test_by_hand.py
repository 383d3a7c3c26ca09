"""Hand-set mixtures against sums done another way, and the best EM against scikit-learn's."""

import numpy as np
import pytest
from sklearn.mixture import GaussianMixture

from explorer.models import by_hand
from explorer.models.em_best import best_end, best_found
from explorer.models.mixture import Mixture

WEIGHTS = np.array([0.1, 0.25, 0.05, 0.6])


@pytest.fixture
def cloud() -> np.ndarray:
    """Two unequal, tilted clumps in units that differ by a factor of thirty; (300, 2)."""
    generator = np.random.default_rng(11)
    shapes = ([[0.3, 0.0], [4.0, 8.0]], [[0.5, 0.0], [-6.0, 5.0]])
    clumps = [
        generator.normal(size=(n, 2)) @ np.array(shape).T + place
        for n, shape, place in zip((200, 100), shapes, ([2.0, 50.0], [5.0, 95.0]), strict=True)
    ]
    return np.concatenate(clumps)


def test_weights_are_brought_to_one():
    assert by_hand.normalise([2, 6, 0]).tolist() == [0.25, 0.75, 0.0]
    assert by_hand.normalise([0, 0]).tolist() == [0.5, 0.5]


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_the_others_keep_their_proportions(share):
    after = by_hand.set_share(WEIGHTS, 1, share)
    assert after[1] == share and after.sum() == pytest.approx(1)
    if share < 1:
        others = np.delete(after, 1) / (1 - share)
        assert others == pytest.approx(np.delete(WEIGHTS, 1) / 0.75)
    assert by_hand.set_share(np.ones(1), 0, 0.2).tolist() == [1.0]


def test_those_that_had_nothing_share_equally():
    assert by_hand.set_share(np.array([0.0, 1.0, 0.0]), 1, 0.4).tolist() == [0.3, 0.4, 0.3]


@pytest.mark.parametrize(("place", "new"), [(0.2, 0.1), (0.38, 0.28), (-1, 0), (0.99, 0.3)])
def test_a_border_moves_weight_between_its_neighbours_only(place, new):
    after = by_hand.move_border(WEIGHTS, 1, place)
    assert after[1] == pytest.approx(new)
    assert after[2] == pytest.approx(0.3 - new)
    assert after[[0, 3]].tolist() == WEIGHTS[[0, 3]].tolist()
    if 0.1 < place < 0.4:
        assert np.cumsum(after)[1] == pytest.approx(place)


def test_the_book_is_kept_to_the_last_digit(cloud):
    hand = by_hand.first_hand(cloud, by_hand.BOOK)
    book = hand.mixture(2)
    assert book.weights == pytest.approx([0.35, 0.65], rel=1e-15)
    assert book.covariances == pytest.approx(by_hand.BOOK.covariances, rel=1e-14)
    assert hand.mixture(3).weights == pytest.approx(np.array([0.35, 0.65, 0.25]) / 1.25)


def test_a_hand_is_sigmas_and_rho():
    hand = by_hand.Hand(
        np.array([1.0, 3, 0, 0, 0]),
        np.arange(10.0).reshape(5, 2),
        np.tile([3.0, 0.5], (5, 1)),
        np.array([0.8, -0.2, 0, 0, 0]),
    )
    mixture = hand.mixture(2)
    assert mixture.weights.tolist() == [0.25, 0.75]
    assert mixture.covariances[0] == pytest.approx(np.array([[9, 1.2], [1.2, 0.25]]))
    assert mixture.covariances[1] == pytest.approx(np.array([[9, -0.3], [-0.3, 0.25]]))


def test_places_follow_the_cloud_whatever_its_units(cloud):
    along = by_hand.places(cloud)
    scaled = by_hand.places(cloud * [1000, 0.1] + [5, -3])
    assert scaled == pytest.approx(along * [1000, 0.1] + [5, -3])
    z = (along - cloud.mean(axis=0)) / cloud.std(axis=0)
    assert z[0] == pytest.approx(-z[1]) and z[2] == pytest.approx(np.zeros(2), abs=1e-12)
    correlation = np.corrcoef(cloud.T)[0, 1]
    assert z[1] @ z[1] == pytest.approx(1 + abs(correlation))  # the first principal variance
    assert z[3] @ z[3] == pytest.approx(2.5**2 * (1 - abs(correlation)))
    crossed = (by_hand.crossed(cloud, 3) - cloud.mean(axis=0)) / cloud.std(axis=0)
    assert crossed @ z[1] == pytest.approx(np.zeros(3), abs=1e-12)


def test_marginal_is_the_integral_over_the_second_coordinate():
    mixture = by_hand.first_hand(np.random.default_rng(0).normal(size=(50, 2)), None).mixture(4)
    y = np.linspace(-12, 12, 4001)
    for x in (-1.0, 0.3, 2.2):
        plane = mixture.prob(np.column_stack([np.full_like(y, x), y]))
        assert by_hand.marginal(mixture).prob([x])[0] == pytest.approx(np.trapezoid(plane, y))


def test_integral_is_one_for_any_weights_and_tilts(cloud):
    assert by_hand.integral(by_hand.BOOK) == pytest.approx(1, abs=2e-3)
    assert by_hand.integral(by_hand.marginal(by_hand.BOOK)) == pytest.approx(1, abs=1e-5)


def test_disputed_place_is_disputed():
    place = by_hand.disputed(by_hand.BOOK)
    assert by_hand.BOOK.responsibilities(place[None])[0, 0] == pytest.approx(0.3, abs=0.05)
    one = Mixture.from_std([1.0], [3.0], [2.0])
    assert by_hand.disputed(one).tolist() == one.means[0].tolist()


@pytest.mark.parametrize("k", [1, 2, 3])
def test_best_found_equals_scikit_learn(cloud, k):
    theirs = GaussianMixture(
        k, n_init=10, tol=1e-9, max_iter=1000, reg_covar=0, random_state=0
    ).fit(cloud)
    assert best_found(cloud, k) >= theirs.lower_bound_ - 1e-5


def test_best_on_old_faithful(old_faithful):
    assert best_found(old_faithful, 2) * 272 == pytest.approx(-1130.264, abs=5e-3)
    assert best_found(old_faithful, 1) == pytest.approx(-4.7419, abs=5e-5)
    book = float(by_hand.BOOK.log_prob(old_faithful).mean())
    assert book == pytest.approx(-4.1594, abs=5e-5)


def test_best_of_many_points_is_tried_on_few_and_finished_on_all():
    truth = Mixture.from_std([0.3, 0.7], [-2.0, 1.0], [0.5, 1.0])
    x = truth.sample(9000, 3)[0]
    end = best_end(x, 2, starts=3)
    assert not end.collapsed
    assert best_found(x, 2) == pytest.approx(end.log_likelihood / 9000, abs=1e-4)


def test_too_few_points_have_no_best():
    assert best_found(np.array([[0.0, 0], [1, 0], [0, 1]]), 2) is None
    twice = np.repeat([[0.0, 0.0], [1.0, 3.0]], 20, axis=0)
    assert best_found(twice, 2) is None
