"""k-means against scikit-learn from the same start, and against EM with vanishing width."""

import numpy as np
import pytest
from sklearn.cluster import KMeans

from explorer.models.kmeans import agreement, kmeans_steps
from explorer.models.mixture import Mixture


@pytest.fixture(scope="module")
def x():
    generator = np.random.default_rng(6)
    groups = [(30, [0, 0, 1]), (44, [5, 1, 0]), (19, [1, 7, -3])]
    return np.concatenate([generator.standard_normal((n, 3)) * [1, 2, 0.4] + m for n, m in groups])


def test_it_ends_where_scikit_learn_ends(x):
    start = x[[3, 40, 41, 80]]
    *_rest, end = kmeans_steps(x, start)
    theirs = KMeans(4, init=start, n_init=1, algorithm="lloyd", tol=0).fit(x)
    np.testing.assert_array_equal(end.labels, theirs.labels_)
    np.testing.assert_allclose(end.means, theirs.cluster_centers_)
    assert end.distortion == pytest.approx(theirs.inertia_)


def test_the_distortion_falls_in_every_half_step(x):
    steps = list(kmeans_steps(x, x[[0, 1, 2]]))
    assert [step.half for step in steps[:4]] == ["E", "M", "E", "M"]
    assert (np.diff([step.distortion for step in steps]) <= 1e-9).all()
    assert steps[-1].distortion < 0.8 * steps[0].distortion


def test_its_labels_are_em_responsibilities_without_width(x):
    means = x[[3, 40, 80]]
    first = next(kmeans_steps(x, means))
    narrow = Mixture(np.full(3, 1 / 3), means, np.array([1e-4 * np.eye(3)] * 3))
    gamma = narrow.responsibilities(x)
    np.testing.assert_array_equal(gamma.argmax(axis=1), first.labels)
    assert gamma.max(axis=1).min() > 0.999


def test_a_mean_without_points_stays(x):
    far = np.array([[0.0, 0, 0], [900.0, 900, 900]])
    *_rest, end = kmeans_steps(x, far)
    np.testing.assert_array_equal(end.means[1], far[1])
    np.testing.assert_allclose(end.means[0], x.mean(axis=0))


def test_agreement_finds_the_names_back():
    generator = np.random.default_rng(0)
    labels = generator.integers(4, size=60)
    order = np.array([2, 0, 3, 1])
    others = order[labels]
    others[:5] = (others[:5] + 1) % 4
    assert agreement(labels, others, 4) == tuple(order)
