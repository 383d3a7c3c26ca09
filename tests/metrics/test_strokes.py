"""Measures of drawn signs against bars whose slant, thickness and width are known."""

import numpy as np
import pytest

from explorer.data import pen
from explorer.metrics import strokes


def bar(height: int, width: int, side: int = 40) -> np.ndarray:
    picture = np.zeros((1, side, side))
    top, left = (side - height) // 2, (side - width) // 2
    picture[0, top : top + height, left : left + width] = 1
    return picture


def sheared(picture: np.ndarray, degrees: float) -> np.ndarray:
    """Rows moved sideways in proportion to their height, ink shared between two pixels."""
    out = np.zeros_like(picture)
    rows, columns = picture.shape[1:]
    places = np.arange(columns)
    for row in range(rows):
        move = np.tan(np.radians(degrees)) * ((rows - 1) / 2 - row)  # the top goes right
        out[0, row] = np.interp(places - move, places, picture[0, row])
    return out


def turned(length: float, thick: float, degrees: float, side: int = 48) -> np.ndarray:
    """A straight bar at an angle to the upright, its edges soft over one pixel."""
    rows, columns = np.indices((side, side)) - (side - 1) / 2
    angle = np.radians(degrees)
    across = columns * np.cos(angle) + rows * np.sin(angle)
    along = -columns * np.sin(angle) + rows * np.cos(angle)
    inside = np.minimum(thick / 2 - abs(across), length / 2 - abs(along))
    return np.clip(inside + 0.5, 0, 1)[None]


@pytest.mark.parametrize("degrees", [-40, -17.5, -3, 0, 12, 30, 44])
def test_the_slant_of_a_sheared_bar_is_the_angle_it_was_sheared_by(degrees):
    leaning = sheared(bar(21, 4), degrees)
    assert strokes.slant(leaning)[0] == pytest.approx(degrees, abs=0.05)


@pytest.mark.parametrize("width", [1, 3, 8, 15])
@pytest.mark.parametrize("degrees", [-25, 0, 35])
def test_the_width_of_a_box_is_its_width_however_it_leans(width, degrees):
    found = strokes.width(sheared(bar(20, width), degrees))[0]
    spread = 12 / 4  # sharing ink between two pixels adds at most 1/4 to the variance
    assert width - 1e-6 <= found <= np.sqrt(width**2 + (spread if degrees else 0)) + 1e-6


@pytest.mark.parametrize(("height", "width"), [(20, 1), (20, 2), (22, 5), (3, 18), (9, 9)])
def test_the_thickness_of_an_upright_bar_is_exact(height, width):
    smaller = min(height, width)
    assert strokes.thickness(bar(height, width))[0] == pytest.approx(smaller, rel=0.08)
    # the one corner where both differences meet shortens the perimeter by 2 - sqrt(2) pixels


@pytest.mark.parametrize("degrees", [0, 20, 45, 70])
@pytest.mark.parametrize("thick", [2, 3, 5])
def test_the_thickness_of_a_turned_bar_hardly_depends_on_its_angle(thick, degrees):
    assert strokes.thickness(turned(26, thick, degrees))[0] == pytest.approx(thick, rel=0.13)


def test_a_mirror_turns_the_slant_and_leaves_the_rest():
    digits = np.stack([pen.digit(k) for k in range(10)])
    plain, mirrored = strokes.measure(digits), strokes.measure(digits[:, :, ::-1])
    np.testing.assert_allclose(mirrored[:, 0], -plain[:, 0], atol=1e-9)
    np.testing.assert_allclose(mirrored[:, 2], plain[:, 2], rtol=1e-9)
    np.testing.assert_allclose(mirrored[:, 1], plain[:, 1], rtol=1e-9)


def test_place_and_brightness_change_nothing():
    seven = pen.digit(7)[None]
    moved = np.pad(seven, ((0, 0), (9, 1), (2, 5)))
    np.testing.assert_allclose(strokes.measure(moved), strokes.measure(seven), atol=1e-9)
    np.testing.assert_allclose(strokes.measure(0.6 * seven), strokes.measure(seven), atol=1e-9)


def test_blank_paper_measures_nothing_and_disturbs_nobody():
    both = np.stack([np.zeros((28, 28)), pen.digit(3)])
    found = strokes.measure(both)
    assert np.isnan(found[0]).all() and np.isfinite(found[1]).all()
    np.testing.assert_allclose(found[1], strokes.measure(both[1:])[0])
