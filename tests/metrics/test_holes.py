"""Holes against brute force, a layout with a known hole, and functions with known slopes."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from explorer.metrics import holes

RNG = np.random.default_rng(5)
CODES = np.concatenate([RNG.normal((-3, 0), 0.7, (80, 2)), RNG.normal((3, 1), (0.5, 1.1), (60, 2))])
CLASSES = np.repeat([4, 7], (80, 60))
BOX = ((-5.0, 5.0), (-2.5, 4.0))


def test_nearest_and_reach_by_brute_force():
    places = RNG.uniform(-6, 6, (50, 2))
    table = cdist(places, CODES)
    distance, index = holes.nearest(places, CODES)
    np.testing.assert_allclose(distance, table.min(1))
    np.testing.assert_array_equal(index, table.argmin(1))
    among = cdist(CODES, CODES)
    np.fill_diagonal(among, np.inf)
    assert holes.reach(CODES) == pytest.approx(np.quantile(among.min(1), 0.95))
    assert holes.reach(CODES, 0.5) < holes.reach(CODES)


def test_the_hole_of_a_ring_is_found():
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    ring = np.array([1.0, -2.0]) + 3 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    ring += np.random.default_rng(0).normal(scale=1e-4, size=ring.shape)
    classes = (np.arange(40) // 14).astype(int)
    [found] = holes.largest(ring, classes, count=1)
    assert found.centre == pytest.approx((1.0, -2.0), abs=0.01)
    assert found.radius == pytest.approx(3.0, abs=0.01)


def test_holes_are_empty_cannot_grow_and_lie_between_classes():
    found = holes.largest(CODES, CLASSES, count=3)
    assert len(found) == 2  # no third one lies between the two classes
    for hole in found:
        distance = np.sort(np.linalg.norm(CODES - hole.centre, axis=1))
        np.testing.assert_allclose(distance[:3], hole.radius, rtol=1e-8)  # touches three
        assert set(CLASSES[list(hole.touching)]) == {4, 7}
    assert [h.radius for h in found] == sorted((h.radius for h in found), reverse=True)
    # No place within the hull is farther from the codes, by a fine grid over the gap.
    grid = np.stack(np.meshgrid(np.linspace(-1, 1, 81), np.linspace(-0.5, 1.5, 81)), -1)
    assert holes.nearest(grid.reshape(-1, 2), CODES)[0].max() <= found[0].radius + 1e-9
    for k, hole in enumerate(found):
        for other in found[:k]:
            assert np.hypot(*np.subtract(hole.centre, other.centre)) > other.radius


def test_stretch_is_the_norm_of_the_jacobian():
    matrix = np.random.default_rng(1).normal(size=(2, 30))
    places = RNG.normal(size=(6, 2))
    straight = holes.stretch(lambda z: z @ matrix, places)
    np.testing.assert_allclose(straight, np.linalg.norm(matrix))
    bent = holes.stretch(lambda z: np.stack([z[:, 0] ** 2, np.sin(z[:, 1])], 1), places, 1e-4)
    wanted = np.hypot(2 * places[:, 0], np.cos(places[:, 1]))
    np.testing.assert_allclose(bent, wanted, rtol=1e-6)


def test_draws_follow_their_rule():
    def many(how: str, spread: float = 0.3) -> np.ndarray:
        return holes.draw(how, 40_000, CODES, BOX, spread, np.random.default_rng(2))

    box = many("box")
    np.testing.assert_allclose(box.min(0), [-5, -2.5], atol=0.01)
    np.testing.assert_allclose(box.mean(0), [0, 0.75], atol=0.05)
    np.testing.assert_allclose(np.cov(many("standard").T), np.eye(2), atol=0.03)
    normal = many("normal")
    np.testing.assert_allclose(normal.mean(0), CODES.mean(0), atol=0.05)
    np.testing.assert_allclose(np.cov(normal.T), np.cov(CODES.T), rtol=0.05, atol=0.03)
    near = many("near")
    wanted = np.cov(CODES.T, ddof=0) + 0.09 * np.eye(2)  # a mixture's variance: within + between
    np.testing.assert_allclose(np.cov(near.T), wanted, rtol=0.05, atol=0.03)
    assert holes.nearest(many("near", 0.0), CODES)[0].max() == 0
    with pytest.raises(ValueError, match="elsewhere"):
        many("elsewhere")


def test_equal_shares_count_fully_and_one_counts_once():
    assert holes.effective(np.full(7, 3.0)) == pytest.approx(7)
    assert holes.effective(np.array([0, 1.0, 0])) == pytest.approx(1)
    assert holes.effective(np.array([0.5, 0.25, 0.25])) == pytest.approx(2**1.5)
