"""A sheet of pictures: another reader (Pillow) finds each picture where it should be."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from hypothesis.extra.numpy import arrays
from PIL import Image

from explorer.figures import sprite

RNG = np.random.default_rng(7)


def read(png: bytes) -> np.ndarray:
    image = Image.open(io.BytesIO(png))
    image.verify()  # checksums
    return np.asarray(Image.open(io.BytesIO(png)))


def tile(sheet: sprite.Sprite, index: int) -> np.ndarray:
    row, col = divmod(index, sheet.tiles[1])
    height, width = sheet.size
    return read(sheet.png)[row * height : (row + 1) * height, col * width : (col + 1) * width]


@settings(max_examples=40, deadline=None)
@given(
    arrays(
        np.uint8,
        some.one_of(
            some.tuples(some.integers(1, 9), some.integers(1, 9)),
            some.tuples(some.integers(1, 9), some.integers(1, 9), some.just(3)),
        ),
    )
)
def test_another_reader_finds_the_same_bytes(picture):
    np.testing.assert_array_equal(read(sprite.png(picture)), picture)


@pytest.mark.parametrize("channels", [(), (3,)])
def test_a_mosaic_keeps_rows_and_columns(channels):
    pictures = RNG.integers(0, 256, (3, 5, 4, 7, *channels), dtype=np.uint8)
    sheet = sprite.mosaic(pictures)
    assert (sheet.tiles, sheet.size, sheet.count, sheet.grid) == ((3, 5), (4, 7), 15, (1, 1))
    assert read(sheet.png).shape == (12, 35, *channels)
    for row in range(3):
        for col in range(5):
            np.testing.assert_array_equal(tile(sheet, 5 * row + col), pictures[row, col])


@pytest.mark.parametrize("count", [1, 2, 7, 12, 50])
@pytest.mark.parametrize("channels", [(), (3,)])
def test_a_film_keeps_its_order(count, channels):
    frames = RNG.integers(0, 256, (count, 6, 4, *channels), dtype=np.uint8)
    sheet = sprite.film(frames)
    assert sheet.count == count and sheet.tiles[0] * sheet.tiles[1] >= count
    for k in range(count):
        np.testing.assert_array_equal(tile(sheet, k), frames[k])


def test_a_film_of_grids_puts_each_picture_into_its_place():
    frames = RNG.integers(0, 256, (7, 2, 3, 5, 4), dtype=np.uint8)
    sheet = sprite.film(frames)
    assert (sheet.grid, sheet.size, sheet.count) == ((2, 3), (10, 12), 7)
    for k in range(7):
        whole = tile(sheet, k)
        for row in range(2):
            for col in range(3):
                part = whole[row * 5 : row * 5 + 5, col * 4 : col * 4 + 4]
                np.testing.assert_array_equal(part, frames[k, row, col])
    colours = np.repeat(frames[..., None], 3, axis=-1)
    np.testing.assert_array_equal(tile(sprite.film(colours), 6)[..., 1], tile(sheet, 6))


def test_a_long_film_of_wide_pictures_stays_within_a_browsers_sides():
    sheet = sprite.film(np.zeros((1000, 2, 8, 28, 28), np.uint8))
    height, width = (n * side for n, side in zip(sheet.tiles, sheet.size, strict=True))
    assert max(height, width) < 8192
    assert 0.5 < height / width < 2


def test_numbers_are_read_as_shares_of_white():
    grey = np.array([[0.0, 0.5, 1.0, -3.0, 7.0, np.nan, np.inf, -np.inf, 1 / 255]])
    np.testing.assert_array_equal(sprite.to_bytes(grey), [[0, 128, 255, 0, 255, 0, 255, 0, 1]])
    np.testing.assert_array_equal(sprite.to_bytes(np.array([[True, False]])), [[255, 0]])
    kept = np.array([[3, 200]], np.uint8)
    assert sprite.to_bytes(kept) is kept


@pytest.mark.parametrize(
    "shape", [(2, 2), (2, 3, 4), (2, 3, 4, 4, 2), (2, 3, 4, 4, 4), (0, 3, 4, 4), (2, 3, 4, 0)]
)
def test_what_is_no_mosaic_is_refused(shape):
    with pytest.raises(ValueError):
        sprite.mosaic(np.zeros(shape))


@pytest.mark.parametrize("shape", [(3,), (2, 2), (2, 4, 4, 4), (0, 4, 4), (2, 2, 2, 4, 4, 4)])
def test_what_is_no_film_is_refused(shape):
    with pytest.raises(ValueError):
        sprite.film(np.zeros(shape))


def test_cells_are_the_middles_from_the_top_left():
    places = sprite.cells((-2, 4), (-1, 3), (2, 3))
    np.testing.assert_allclose(places, [[-1, 2], [1, 2], [3, 2], [-1, 0], [1, 0], [3, 0]])


def test_a_digest_tells_sheets_apart_and_is_the_same_for_the_same():
    one, other = np.zeros((2, 3, 4, 4)), np.zeros((2, 3, 4, 4))
    assert sprite.mosaic(one).digest == sprite.mosaic(other).digest
    other[1, 2, 3, 3] = 1 / 255
    assert sprite.mosaic(one).digest != sprite.mosaic(other).digest
