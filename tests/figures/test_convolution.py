"""The pictures of the `convolution` lesson: numbers, places, one scale for all pixels."""

import numpy as np
import pytest
from scipy.signal import correlate2d

from explorer import i18n
from explorer.data import pictures
from explorer.figures import convolution as figures
from explorer.figures import convolution_words as words
from explorer.models.convolution import KERNELS, correlate, max_pool, relu
from tests.pages.helpers import plain

DIGIT = pictures.digit(3)
SOBEL = np.array(KERNELS["sobel"], float)
SETTINGS = [(1, 0), (1, 2), (2, 1), (3, 0), (3, 2)]


@pytest.fixture(autouse=True)
def english():
    i18n.use("en")


def heat(figure, axis="x"):
    """The heatmaps on one pair of axes."""
    return [t for t in figure["data"] if t["type"] == "heatmap" and t.get("xaxis", "x") == axis]


def films(figure):
    """[(trace index -> changed trace)] of each frame."""
    return [dict(zip(f["traces"], f["data"], strict=True)) for f in figure["frames"]]


def oracle(image, kernel, stride, padding):
    return correlate2d(np.pad(image, padding), kernel, "valid")[::stride, ::stride]


@pytest.mark.parametrize(("stride", "padding"), SETTINGS)
def test_input_and_output_are_shown_as_they_are(stride, padding):
    shown = plain(figures.window(DIGIT, SOBEL, stride, padding, 2, 1))
    np.testing.assert_allclose(heat(shown)[0]["z"], DIGIT, atol=1e-6)
    expected = oracle(DIGIT, SOBEL, stride, padding)
    np.testing.assert_allclose(heat(shown, "x5")[0]["z"], expected, atol=1e-5)


@pytest.mark.parametrize(("stride", "padding"), SETTINGS)
def test_each_frame_shows_window_products_and_sum_of_its_place(stride, padding):
    shown = plain(figures.window(DIGIT, SOBEL, stride, padding, 2, 2))
    expected = oracle(DIGIT, SOBEL, stride, padding)
    padded = np.pad(DIGIT, padding)
    places = figures.route(expected.shape, 2)
    assert len(places) == expected.size == len(shown["frames"])
    for (row, column), frame in zip(places, shown["frames"], strict=True):
        assert frame["name"] == f"{row}, {column}"
        patch, _text, products, _numbers, total, box, _veil, mark = frame["data"]
        top, left = (row - 1) * stride, (column - 1) * stride
        assert (min(box["x"]), min(box["y"])) == (left - padding - 0.5, top - padding - 0.5)
        assert max(box["x"]) - min(box["x"]) == 3 == max(box["y"]) - min(box["y"])
        under = padded[top : top + 3, left : left + 3]
        np.testing.assert_allclose(patch["z"], under)
        np.testing.assert_allclose(products["z"], under * SOBEL, atol=1e-12)
        assert np.sum(products["z"]) == pytest.approx(expected[row - 1, column - 1], abs=1e-9)
        assert total["text"] == [f"<b>Σ = {figures.short(expected[row - 1, column - 1])}</b>"]
        middle = (
            np.mean([min(mark["x"]), max(mark["x"])]),
            np.mean([min(mark["y"]), max(mark["y"])]),
        )
        assert middle == (column - 1, row - 1)


def test_the_veil_hides_what_is_not_computed_yet():
    shown = plain(figures.window(DIGIT, SOBEL, 1, 0, 1, 1))
    for index, frame in enumerate(shown["frames"]):
        veil = frame["data"][6]
        x, y = np.array(veil["x"]), np.array(veil["y"])
        area = 0.5 * abs(np.dot(x[:-1], y[1:]) - np.dot(x[1:], y[:-1]))
        assert area == pytest.approx(36 - index - 1)


def test_the_first_picture_is_the_frame_it_opens_at():
    shown = plain(figures.window(DIGIT, SOBEL, 1, 1, 3, 5))
    frame = films(shown)[figures.route((8, 8), 3).index((3, 5))]
    for index, change in frame.items():
        for name, value in change.items():
            if name != "textfont":
                assert shown["data"][index][name] == value


def test_a_large_picture_is_filmed_along_the_windows_row():
    assert figures.route((62, 62), 7) == [(7, c) for c in range(1, 63)]
    assert figures.route((10, 10), 7) == [(r, c) for r in range(1, 11) for c in range(1, 11)]
    shown = plain(figures.window(pictures.scene(), SOBEL, 1, 2, 66, 66))
    assert len(shown["frames"]) == 66


@pytest.mark.parametrize("image", [DIGIT, pictures.scene()], ids=["digit", "scene"])
@pytest.mark.parametrize(("stride", "padding"), SETTINGS)
@pytest.mark.parametrize("make", [figures.window, figures.whole, figures.stack])
def test_a_pixel_of_the_output_is_as_large_as_one_of_the_input(make, stride, padding, image):
    layout = plain(make(image, SOBEL, stride, padding))["layout"]
    pictures_ = {figures.window: ["", "5"], figures.whole: ["", "3"], figures.stack: list(" 234")}
    spans, widths = set(), set()
    for name in pictures_[make]:
        axis = layout[f"xaxis{name.strip()}"]
        spans.add(round(axis["range"][1] - axis["range"][0], 9))
        widths.add(round(axis["domain"][1] - axis["domain"][0], 9))
        up = layout[f"yaxis{name.strip()}"]
        assert up["scaleanchor"] == f"x{name.strip()}" and up["range"][0] > up["range"][1]
    assert len(spans) == len(widths) == 1
    assert spans.pop() >= len(image) + 2 * padding


def test_colours_diverge_around_zero_or_stay_grey():
    negative = figures.shading(np.array([[-2.0, 5.0]]))
    assert (negative["zmin"], negative["zmax"]) == (-5, 5)
    assert negative["colorscale"] != figures.GREY
    for values, cut in ((np.array([[0.0, 5.0]]), False), (np.array([[-2.0, 5.0]]), True)):
        grey = figures.shading(values, cut)
        assert (grey["zmin"], grey["zmax"], grey["colorscale"]) == (0, 1, figures.GREY)
    blank = figures.shading(np.zeros((2, 2)))
    assert blank["zmax"] > blank["zmin"]


def test_the_stack_shows_what_each_layer_leaves():
    scene = pictures.scene()
    shown = plain(figures.stack(scene, SOBEL, 1, 0, 20, 14))
    answer = oracle(scene, SOBEL, 1, 0)
    expected = [scene, answer, relu(answer), max_pool(relu(answer))]
    for axis, values in zip(("x", "x2", "x3", "x4"), expected, strict=True):
        np.testing.assert_allclose(heat(shown, axis)[0]["z"], values, atol=1e-5)


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 1), (3, 2)])
def test_a_pooled_pixel_sees_what_the_outline_says(stride, padding):
    """Changing a pixel inside the outline can change it; one outside never does."""
    image = np.random.default_rng(1).uniform(size=(16, 16))
    kernel = np.abs(SOBEL) + 0.5
    shown = plain(figures.stack(image, kernel, stride, padding, 2, 2))
    outline = next(t for t in shown["data"] if t.get("mode") == "lines" and t["line"]["width"] == 3)
    inside = np.zeros((16, 16), bool)
    spans = [(int(min(outline[n]) + 0.5), int(max(outline[n]) + 0.5)) for n in ("y", "x")]
    inside[tuple(slice(max(0, low), high) for low, high in spans)] = True

    def pooled(picture):
        return max_pool(relu(correlate(picture, kernel, stride, padding)))[1, 1]

    for place in np.ndindex(16, 16):
        louder = image.copy()
        louder[place] += 100
        assert (pooled(louder) != pooled(image)) == inside[place], place


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (-0.001, "0"), (0.5, "0.5"), (-1 / 9, "−0.11"), (12.34, "12.3"), (-250.4, "−250"),
     (9.996, "10"), (99.96, "100"), (1, "1")],
)  # fmt: skip
def test_short_numbers(value, text):
    assert figures.short(value) == text


def test_words_and_formulas_say_the_same_numbers():
    answer = correlate(DIGIT, SOBEL)
    value = figures.short(answer[2, 3])
    assert value != "0"
    assert value in words.at_a_place(answer, 3, 4)
    formula = words.products(DIGIT, SOBEL, 3, 4, 1, 0)
    assert formula.count(r"\cdot") == 9 and rf"\mathbf{{{value.replace('−', '-')}}}" in formula
    assert r"\frac{64 + 2\cdot 1 - 3}{2} \right\rfloor + 1 = \mathbf{32}" in words.size(
        64, 3, 2, 1, 32
    )
    assert r"2\,304" in words.weights(DIGIT, SOBEL, answer)  # 8 · 8 · 6 · 6
    assert words.beyond(np.array([[0.0, 1.0], [1.5, 2.0]])) == 0.5
    pooled = words.pooled(np.array([[0.0, 0, 1, 2], [0, 0, 4, 3]]), 1, 2)
    assert r"\max\{1,\ 2,\ 4,\ 3\}" in pooled and r"\mathbf{4}" in pooled


def test_the_handle_rides_in_the_middle_of_the_window():
    shown = plain(figures.window(DIGIT, SOBEL, 2, 1, 2, 2))
    for (row, column), frame in zip(figures.route((4, 4), 2), shown["frames"], strict=True):
        assert frame["layout"]["meta"]["handles"]["window"] == [2 * (column - 1), 2 * (row - 1)]


def test_a_film_is_what_plotly_would_have_made_of_it():
    """Frames that plotly never saw are frames it accepts, and an exported page holds them."""
    import plotly.graph_objects as go

    figure = figures.window(DIGIT, SOBEL, 1, 0, 2, 2)
    theirs, ours = plain(go.Figure(figure.plain)), plain(figure.plain)
    assert theirs == ours and len(ours["frames"]) == 36
    assert figure.to_html(include_plotlyjs=False).count('"name":"6, 6"') == 1
