"""The convolution against scipy and torch, and what must hold for any picture."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from scipy.signal import convolve2d, correlate2d

from explorer.models.convolution import (
    EDGES,
    KERNELS,
    border,
    correlate,
    max_pool,
    output_size,
    pad,
    patch,
    relu,
)

RNG = np.random.default_rng(0)
IMAGE = RNG.uniform(size=(11, 14))  # neither square nor a multiple of the stride
KERNEL = RNG.normal(size=(3, 3))  # no symmetry that could hide a flip


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", [0, 1, 2])
@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_equals_scipys_correlation(stride, padding, size):
    kernel = RNG.normal(size=(size, size))
    expected = correlate2d(np.pad(IMAGE, padding), kernel, "valid")[::stride, ::stride]
    np.testing.assert_allclose(correlate(IMAGE, kernel, stride, padding), expected, atol=1e-12)


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", [0, 1, 2])
def test_equals_torchs_conv2d_and_pooling(stride, padding):
    torch = pytest.importorskip("torch")
    image, kernel = (torch.tensor(a)[None, None] for a in (IMAGE, KERNEL))
    expected = torch.nn.functional.conv2d(image, kernel, stride=stride, padding=padding)
    answer = correlate(IMAGE, KERNEL, stride, padding)
    np.testing.assert_allclose(answer, expected[0, 0].numpy(), atol=1e-12)
    pooled = torch.nn.functional.max_pool2d(torch.relu(expected), 2)
    np.testing.assert_allclose(max_pool(relu(answer)), pooled[0, 0].numpy(), atol=1e-12)


def test_same_and_valid_are_scipys():
    for mode in ("same", "valid"):
        np.testing.assert_allclose(
            correlate(IMAGE, KERNEL, padding=mode), correlate2d(IMAGE, KERNEL, mode), atol=1e-12
        )
    assert (border(3, "same"), border(5, "same"), border(3, "valid"), border(3, 2)) == (1, 2, 0, 2)


def test_the_kernel_is_not_flipped():
    flipped = convolve2d(IMAGE, KERNEL, "valid")
    assert np.abs(correlate(IMAGE, KERNEL) - flipped).max() > 0.1
    np.testing.assert_allclose(correlate(IMAGE, KERNEL[::-1, ::-1]), flipped, atol=1e-12)


@settings(max_examples=80, deadline=None)
@given(
    length=some.integers(1, 40),
    kernel=some.integers(1, 5),
    stride=some.integers(1, 5),
    padding=some.integers(0, 3),
)
def test_the_formula_counts_the_places(length, kernel, stride, padding):
    starts = range(0, length + 2 * padding - kernel + 1, stride)
    assert output_size(length, kernel, stride, padding) == len(starts)
    image = np.ones((length, length))
    rows = correlate(image, np.ones((kernel, kernel)), stride, padding).shape
    assert rows == (len(starts), len(starts))


def test_known_sizes():
    assert output_size(64, 3) == 62
    assert output_size(64, 3, 1, "same") == 64
    assert output_size(64, 3, 2, 1) == 32
    assert output_size(28, 5, 1, 0) == 24  # the first layer of LeNet on MNIST
    assert output_size(224, 7, 2, 3) == 112  # the first layer of ResNet


@pytest.mark.parametrize("name", EDGES)
@pytest.mark.parametrize("brightness", [0.0, 0.37, 1.0, -5.0])
def test_edge_kernels_add_up_to_zero_and_keep_silent_on_a_flat_wall(name, brightness):
    assert np.sum(KERNELS[name]) == 0
    flat = np.full((9, 7), brightness)
    np.testing.assert_allclose(correlate(flat, KERNELS[name]), 0, atol=1e-12)
    step = flat + (np.arange(7) >= 3) + (np.arange(9) >= 5)[:, None]
    assert np.abs(correlate(step, KERNELS[name])).max() >= 1


@pytest.mark.parametrize("name", ["identity", "blur", "sharpen", "emboss"])
def test_the_others_keep_the_brightness(name):
    assert np.sum(KERNELS[name]) == pytest.approx(1)
    np.testing.assert_allclose(correlate(np.full((6, 6), 0.4), KERNELS[name]), 0.4)


def test_each_kernel_does_what_it_is_called():
    down = np.repeat(np.arange(8.0)[:, None] >= 4, 8, axis=1) * 1.0  # dark above, light below
    assert correlate(down, KERNELS["horizontal"]).max() == 3
    assert np.abs(correlate(down, KERNELS["vertical"])).max() == 0
    assert correlate(down.T, KERNELS["vertical"]).max() == 3
    np.testing.assert_allclose(correlate(IMAGE, KERNELS["identity"]), IMAGE[1:-1, 1:-1])
    assert correlate(IMAGE, KERNELS["blur"]).std() < 0.6 * IMAGE.std()
    assert correlate(IMAGE, KERNELS["sharpen"]).std() > 1.5 * IMAGE.std()
    bowl = np.add.outer(np.arange(7.0) ** 2, np.arange(7.0) ** 2)
    np.testing.assert_allclose(correlate(bowl, KERNELS["laplacian"]), 4)  # x² + y² curves by 4


def test_a_shifted_picture_gives_a_shifted_answer():
    shifted = np.roll(IMAGE, (2, 3), (0, 1))
    np.testing.assert_allclose(
        correlate(shifted, KERNEL)[2:, 3:], correlate(IMAGE, KERNEL)[:-2, :-3], atol=1e-12
    )


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 1), (3, 2)])
def test_every_pixel_is_the_sum_over_its_window(stride, padding):
    answer = correlate(IMAGE, KERNEL, stride, padding)
    for row, column in np.ndindex(answer.shape):
        x = patch(IMAGE, 3, row, column, stride, padding)
        assert x.shape == (3, 3)
        assert answer[row, column] == pytest.approx((x * KERNEL).sum(), abs=1e-12)


def test_zeros_lie_around_and_the_picture_is_left_alone():
    before = IMAGE.copy()
    padded = pad(IMAGE, 2)
    assert padded.shape == (15, 18) and padded[:2].max() == padded[:, -2:].max() == 0
    np.testing.assert_array_equal(padded[2:-2, 2:-2], IMAGE)
    correlate(IMAGE, KERNEL, 2, 1)
    np.testing.assert_array_equal(IMAGE, before)


def test_a_window_larger_than_the_picture_has_no_place():
    assert output_size(2, 3) == 0 and correlate(np.ones((2, 2)), KERNEL).shape == (0, 0)


def test_pooling_takes_the_largest_and_leaves_what_is_incomplete():
    image = np.array([[1.0, 2, 0, 9], [3, -4, 0, 9], [-1, -2, 7, 9]])
    np.testing.assert_array_equal(max_pool(image), [[3, 9]])
    np.testing.assert_array_equal(relu(image)[1], [3, 0, 0, 9])
    assert max_pool(image, 3)[0, 0] == 7
