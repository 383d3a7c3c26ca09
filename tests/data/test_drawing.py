"""A drawing in the shape of MNIST: size, place, amount of ink, and what must not change it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from explorer.data.drawing import BOX, FAINT, SIDE, centred, overlaps
from explorer.data.images import load
from explorer.data.registry import DataMissing

MIDDLE = 14.0  # where the centre of mass of MNIST's images lies, counted from 0


def mass(image: np.ndarray) -> np.ndarray:
    """Centre of mass (row, column), counted from 0."""
    at = np.arange(len(image))
    return np.array([image.sum(1) @ at, image.sum(0) @ at]) / image.sum()


def extent(image: np.ndarray) -> tuple[int, int]:
    return tuple(int(np.ptp(np.flatnonzero(image.any(axis)))) + 1 for axis in (1, 0))


def seven(size: int = 60, top: int = 5, left: int = 9) -> np.ndarray:
    """A seven of 40 by 24 with a stroke of 4."""
    drawing = np.zeros((size, size))
    drawing[top : top + 4, left : left + 24] = 1
    for row in range(40):
        column = left + 20 - row // 2
        drawing[top + row, column : column + 4] = 1
    return drawing


@pytest.mark.parametrize("empty", [None, np.zeros((28, 28)), np.full((28, 28), FAINT / 2)])
def test_empty_stays_none(empty):
    assert centred(empty) is None


def test_the_longer_side_is_twenty_and_the_aspect_is_kept():
    image = centred(seven())
    assert image.shape == (SIDE, SIDE)
    assert extent(image) == (BOX, 12)  # 40 by 24, halved
    wide = centred(seven().T)
    assert extent(wide) == (12, BOX)
    np.testing.assert_allclose(wide, image.T)


def test_halving_is_the_mean_of_four_pixels():
    drawing = np.zeros((50, 50))
    drawing[3:43, 4:44] = np.random.default_rng(0).uniform(0.2, 1, (40, 40))
    image = centred(drawing)
    means = drawing[3:43, 4:44].reshape(20, 2, 20, 2).mean((1, 3))
    rows, columns = (np.flatnonzero(image.any(axis))[[0, -1]] for axis in (1, 0))
    found = image[rows[0] : rows[1] + 1, columns[0] : columns[1] + 1]
    np.testing.assert_allclose(found, means, atol=1e-12)


def test_enlarging_keeps_flat_ink_flat():
    drawing = np.zeros((28, 28))
    drawing[10:17, 20:23] = 0.6  # 7 by 3 becomes 20 by 9
    image = centred(drawing)
    assert extent(image) == (20, 9)
    np.testing.assert_allclose(image[image > 0], 0.6)


def test_the_centre_of_mass_comes_to_the_middle():
    """Not the middle of the box: a seven carries more weight above."""
    image = centred(seven())
    assert np.abs(mass(image) - MIDDLE).max() <= 0.5 + 1e-9
    rows = np.flatnonzero(image.any(1))
    assert abs(rows.mean() - MIDDLE) > 1


def test_where_it_was_drawn_makes_no_difference():
    np.testing.assert_array_equal(centred(seven(top=0, left=0)), centred(seven(top=19, left=31)))


def test_no_ink_falls_over_the_edge():
    heavy = np.zeros((28, 28))
    heavy[2:25, 13] = 0.05
    heavy[22:25, 8:19] = 1  # all the weight at the foot
    image = centred(heavy)
    assert extent(image)[0] == BOX
    assert image[0].any() and mass(image)[0] - MIDDLE > 0.5  # it would have to go further up
    assert image.sum() == pytest.approx(heavy.sum() * (20 / 23) * (10 / 11), rel=1e-9)


def test_what_mnist_would_hold_is_left_as_it_is():
    once = centred(seven())
    np.testing.assert_allclose(centred(once), once, atol=1e-12)


@pytest.mark.parametrize(("old", "new"), [(7, 20), (40, 20), (28, 9), (20, 20), (1, 20), (33, 1)])
def test_weights_average_over_area(old, new):
    weights = overlaps(old, new)
    assert weights.shape == (new, old)
    np.testing.assert_allclose(weights.sum(1), 1)
    np.testing.assert_allclose(weights.sum(0), new / old)  # every old pixel counts alike
    ramp = weights @ (np.arange(old) + 0.5)
    assert ramp.mean() == pytest.approx(old / 2)


@settings(max_examples=60, deadline=None)
@given(
    height=some.integers(1, 40),
    width=some.integers(1, 40),
    seed=some.integers(0, 999),
    share=some.floats(0, 1),
)
def test_any_drawing_gives_a_good_image_or_none(height, width, seed, share):
    rng = np.random.default_rng(seed)
    drawing = rng.uniform(0, 1, (height, width)) * (rng.uniform(size=(height, width)) < share)
    image = centred(drawing)
    assert (image is None) == (drawing.max() <= FAINT)
    if image is not None:
        assert image.shape == (SIDE, SIDE) and np.isfinite(image).all()
        assert image.min() >= 0 and image.max() <= 1 + 1e-12


def test_rubbish_in_an_array_is_no_ink():
    drawing = seven()
    drawing[0, 0], drawing[50, 50], drawing[20, 3] = np.nan, -4, -np.inf
    np.testing.assert_allclose(centred(drawing), centred(seven()))


def test_mnists_own_images_are_left_as_they_are():
    """The oracle, where the set is at hand: what was made that way stays as it was made."""
    try:
        images = load("mnist", "test").x[:500]
    except DataMissing:
        pytest.skip("MNIST is not here")
    for image in images:
        np.testing.assert_allclose(centred(image), image, atol=1e-7)
