"""Toys against what they are defined to be: moments, supports and densities in closed form."""

import numpy as np
import pytest

from explorer.data import toys

PLANE = [
    toys.moons,
    toys.rings,
    toys.spirals,
    toys.eight_gaussians,
    toys.checkerboard,
    toys.blobs,
    toys.heights_weights,
    toys.geyser,
]
N = 40_000


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("toy", [*PLANE, toys.heights], ids=lambda toy: toy.__name__)
def test_shape_and_seed(toy):
    dims = 1 if toy is toys.heights else 2
    for n in (0, 1, 7, 500):
        points = toy(n, generator())
        assert points.shape == (n, dims) and points.dtype == np.float64
        assert np.isfinite(points).all()
    np.testing.assert_array_equal(toy(50, generator(3)), toy(50, generator(3)))
    assert not np.array_equal(toy(50, generator(3)), toy(50, generator(4)))


@pytest.mark.parametrize("toy", PLANE, ids=lambda toy: toy.__name__)
def test_draws_are_independent_and_in_no_order(toy):
    """The first half is no different from the second, nor is one draw from the next."""
    points = toy(N, generator(1))
    half = N // 2
    gap = points[:half].mean(axis=0) - points[half:].mean(axis=0)
    error = points.std(axis=0) * np.sqrt(4 / N)
    assert (np.abs(gap) < 5 * error).all()
    centred = (points - points.mean(axis=0)) / points.std(axis=0)
    lagged = (centred[1:] * centred[:-1]).mean(axis=0)
    assert (np.abs(lagged) < 5 / np.sqrt(N)).all()


MIXTURES = [toys.GEYSER, toys.HEIGHT_WEIGHT, toys.BLOBS, toys.EIGHT]


@pytest.mark.parametrize("mixture", MIXTURES, ids=["geyser", "height_weight", "blobs", "eight"])
def test_mixtures_have_the_moments_of_their_parameters(mixture):
    assert mixture.weights.sum() == pytest.approx(1, abs=1e-12)
    points, part = toys.draw(mixture, N, generator(2))
    mean = mixture.weights @ mixture.means
    between = mixture.means - mean
    covariance = np.einsum("k,kij->ij", mixture.weights, mixture.covariances)
    covariance = covariance + np.einsum("k,ki,kj->ij", mixture.weights, between, between)
    error = np.sqrt(np.diag(covariance) / N)
    assert (np.abs(points.mean(axis=0) - mean) < 5 * error).all()
    scale = np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    assert (np.abs(np.cov(points.T) - covariance) / scale < 0.04).all()
    for k, weight in enumerate(mixture.weights):
        mine = points[part == k]
        assert abs(len(mine) / N - weight) < 5 * np.sqrt(weight * (1 - weight) / N) + 1e-12
        whitened = np.linalg.solve(
            np.linalg.cholesky(mixture.covariances[k]), (mine - mixture.means[k]).T
        )
        np.testing.assert_allclose(np.cov(whitened), np.eye(2), atol=0.12)
        np.testing.assert_allclose(whitened.mean(axis=1), 0, atol=0.08)


def test_published_parameters():
    """Geyser and heights: the numbers that lessons quote."""
    mean = toys.GEYSER.weights @ toys.GEYSER.means
    np.testing.assert_allclose(mean, [3.4877, 70.8969], atol=2e-3)  # of the 272 real rows
    heights = toys.heights(N, generator(3))
    assert abs(heights.mean() - 172.7025) < 5 * 4.8302 / np.sqrt(N)
    assert abs(heights.std() - 4.8302) < 0.1
    covariance = toys.HEIGHT_WEIGHT.covariances[0]
    assert covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1]) == pytest.approx(
        0.5029, abs=1e-4
    )
    assert covariance[0, 0] == pytest.approx(toys.HEIGHT_STD**2, rel=1e-3)


def test_moons_lie_on_two_half_circles():
    points, part = toys.sample("moons", N, generator(4))
    centre = np.where(part[:, None] == 0, [0.0, 0.0], [1.0, 0.5])
    away = np.linalg.norm(points - centre, axis=1) - 1
    assert abs(away.mean()) < 0.005 and abs(away.std() - toys.MOONS_NOISE) < 0.002
    above = points[:, 1] - centre[:, 1]
    assert (above[part == 0] > -5 * toys.MOONS_NOISE).all()
    assert (above[part == 1] < 5 * toys.MOONS_NOISE).all()


def test_moons_are_those_of_scikit_learn():
    from sklearn.datasets import make_moons

    theirs, part = make_moons(N, noise=toys.MOONS_NOISE, random_state=0)
    ours, label = toys.sample("moons", N, generator(5))
    for k in (0, 1):
        np.testing.assert_allclose(
            ours[label == k].mean(axis=0), theirs[part == k].mean(axis=0), atol=0.03
        )
        np.testing.assert_allclose(
            np.cov(ours[label == k].T), np.cov(theirs[part == k].T), atol=0.03
        )


def test_rings_are_equally_dense_along_their_outlines():
    points, part = toys.sample("rings", N, generator(6))
    radius = np.linalg.norm(points, axis=1)
    for k, wanted in enumerate(toys.RING_RADII):
        assert abs(np.median(radius[part == k]) - wanted) < 0.01
        assert abs((part == k).mean() - wanted / toys.RING_RADII.sum()) < 0.015


def test_spirals_turn_as_they_grow_and_are_each_other_turned_by_half():
    points, part = toys.sample("spirals", N, generator(7))
    radius = np.linalg.norm(points, axis=1)
    turned = np.where(part[:, None] == 0, points, -points)
    expected = radius / 2 * toys.SPIRAL_TURNS * 2 * np.pi
    gap = np.angle(np.exp(1j * (np.arctan2(turned[:, 1], turned[:, 0]) - expected)))
    assert np.median(np.abs(gap)) < 0.25
    assert radius.max() < 2 + 6 * toys.SPIRALS_NOISE
    # Even along the arm: half of the points lie on the inner half of its length.
    angle = np.linspace(0, toys.SPIRAL_TURNS * 2 * np.pi, 2001)
    length = np.cumsum(np.hypot(1, angle))
    middle = np.interp(length[-1] / 2, length, angle) / angle[-1] * 2
    assert abs((radius < middle).mean() - 0.5) < 0.03


def test_checkerboard_has_density_one_eighth_on_its_squares():
    points, part = toys.sample("checkerboard", N, generator(8))
    assert points.min() >= -2 and points.max() <= 2
    square = np.floor(points + 2).astype(int)
    assert ((square.sum(axis=1) % 2) == 0).all()
    counts = np.unique(square[:, 0] * 4 + square[:, 1], return_counts=True)[1]
    assert len(counts) == 8 and (np.abs(counts - N / 8) < 5 * np.sqrt(N / 8)).all()
    assert len(np.unique(part)) == 8
    within = points + 2 - square
    assert np.abs(within.mean(axis=0) - 0.5).max() < 0.01
    assert np.abs(within.var(axis=0) - 1 / 12).max() < 0.002


def test_every_toy_says_which_part_a_point_belongs_to():
    for name in toys.TOYS:
        points, part = toys.sample(name, 2000, generator(9))
        assert part.shape == (2000,) and part.dtype.kind == "i"
        assert len(np.unique(part)) > 1
        np.testing.assert_array_equal(getattr(toys, name)(2000, generator(9)), points)
