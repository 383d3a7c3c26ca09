"""The pictures that need no file."""

import numpy as np
import pytest

from explorer.data.pictures import DIGITS, SIDE, digit, scene


@pytest.mark.parametrize("which", range(10))
def test_digits_are_those_of_scikit_learn(which):
    datasets = pytest.importorskip("sklearn.datasets")
    everything = datasets.load_digits()
    first = int(np.argmax(everything.target == which))
    np.testing.assert_array_equal(digit(which), everything.images[first] / 16)


def test_the_scene_has_flat_walls_edges_everywhere_and_rough_grass():
    picture = scene()
    assert picture.shape == (SIDE, SIDE) and len(DIGITS) == 10
    assert 0 <= picture.min() < 0.15 and picture.max() == 1
    assert np.ptp(picture[34:42, 8:18]) == 0, "the wall is flat"
    assert picture[58:].std() > 0.05, "the grass is rough"
    down, across = np.gradient(picture)
    slanted = (np.abs(down) > 0.1) & (np.abs(across) > 0.1)
    assert min((np.abs(down) > 0.1).sum(), (np.abs(across) > 0.1).sum(), slanted.sum()) > 60


def test_the_scene_is_the_same_every_time_and_cannot_be_spoilt():
    first = scene().copy()
    with pytest.raises(ValueError, match="read-only"):
        scene()[0, 0] = 5
    scene.cache_clear()
    np.testing.assert_array_equal(scene(), first)
