"""Digits drawn by a pen: in MNIST's shape, and read as what they are."""

import numpy as np
import pytest

from explorer.data import pen


@pytest.mark.parametrize("which", range(10))
def test_a_digit_has_the_shape_of_mnists(which):
    picture = pen.digit(which)
    assert picture.shape == (28, 28) and picture.min() == 0 and 0.9 < picture.max() <= 1
    rows, columns = np.flatnonzero(picture.any(1)), np.flatnonzero(picture.any(0))
    assert max(np.ptp(rows), np.ptp(columns)) + 1 in (19, 20)
    middle = (np.indices((28, 28)) * picture).sum((1, 2)) / picture.sum()
    np.testing.assert_allclose(middle, 13.5, atol=1.1)
    with pytest.raises(ValueError):
        picture[0, 0] = 1


def test_a_smooth_curve_passes_its_points():
    points = np.array([[0, 0], [3, 1], [4, 5], [9, 6.0]])
    curve = pen.smooth(points, pieces=8)
    np.testing.assert_allclose(curve[::8], points)
    assert np.hypot(*np.diff(curve, axis=0).T).max() < 1.2


def test_the_digits_are_read_as_what_they_are():
    """By a classifier that learned real handwriting."""
    pytest.importorskip("torch")
    from explorer import checkpoints, inference

    if "classifier-mnist" not in checkpoints.names():
        pytest.skip("needs the checkpoint classifier-mnist")
    digits = np.stack([pen.digit(k) for k in range(10)]).reshape(10, 784)
    chances = inference.load("classifier-mnist").probabilities(digits)
    assert chances.argmax(axis=1).tolist() == list(range(10))
