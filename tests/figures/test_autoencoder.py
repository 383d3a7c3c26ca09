"""What the figures of `autoencoder` show, against numbers found by other roads."""

import numpy as np
import pytest

from explorer import checkpoints, i18n, inference
from explorer.figures import autoencoder as figures
from explorer.figures import autoencoder_words as words
from explorer.metrics import holes
from tests.pages.helpers import plain

CARD = checkpoints.read_card("ae2-mnist")
TABLE = np.array(CARD["codes"])
PLANE = figures.plane_of(CARD["codes"])


@pytest.fixture(scope="module")
def coder():
    return inference.load("ae2-mnist")


def test_the_plane_holds_98_of_100_codes_and_knows_its_holes():
    assert len(PLANE.codes) == 1000 and 960 <= PLANE.shown.sum() < 1000
    for (low, high), values in zip(PLANE.box, TABLE[:, :2].T, strict=True):
        assert low <= np.quantile(values, 0.01) and np.quantile(values, 0.99) <= high
    np.testing.assert_allclose(PLANE.middles[3], np.median(TABLE[TABLE[:, 2] == 3, :2], axis=0))
    for hole in PLANE.holes:
        distance = np.linalg.norm(TABLE[:, :2] - hole.centre, axis=1)
        assert distance.min() == pytest.approx(hole.radius)  # also of the codes beyond the edge
        assert len(figures.around(PLANE, hole)) > 1
        chosen = TABLE[list(hole.touching)]
        np.testing.assert_allclose(np.linalg.norm(chosen[:, :2] - hole.centre, axis=1), hole.radius)
        assert figures.around(PLANE, hole) == sorted(set(chosen[:, 2].astype(int)))


def middles_of(axis_range: tuple[float, float], count: int) -> np.ndarray:
    edges = np.linspace(*axis_range, count + 1)
    return (edges[1:] + edges[:-1]) / 2


def test_the_map_of_distance_is_right_way_up(coder):
    values = figures.shades(PLANE, "distance", coder.decode)
    x, y = (middles_of(ends, count) for ends, count in zip(PLANE.box, (32, 32), strict=True))
    for row, col in ((0, 0), (0, 31), (31, 5), (17, 9)):
        place = np.array([x[col], y[row]])
        wanted = np.linalg.norm(TABLE[:, :2] - place, axis=1).min()
        assert values[row, col] == pytest.approx(wanted, abs=6e-4)
    shown = figures.codes(PLANE, values, "distance", (1.0, 2.0)).data[0]
    assert shown["x0"] == pytest.approx(x[0]) and shown["y0"] == pytest.approx(y[0])
    assert shown["dy"] == pytest.approx(y[1] - y[0])


def test_the_map_of_change_is_the_norm_of_the_jacobian(coder):
    import torch

    values = figures.shades(PLANE, "change", coder.decode)
    x, y = (middles_of(ends, count) for ends, count in zip(PLANE.box, (32, 32), strict=True))
    model, _card = checkpoints.load("ae2-mnist")
    for row, col in ((3, 4), (20, 25), (16, 30)):
        z = torch.tensor([[x[col], y[row]]], dtype=torch.float32)
        jacobian = torch.autograd.functional.jacobian(model.decode, z)  # (1, 784, 1, 2)
        assert values[row, col] == pytest.approx(float(jacobian.norm()), rel=0.02)


def test_the_map_of_doubt_asks_the_classifier(coder):
    def judge(x: np.ndarray) -> np.ndarray:
        """Two classes: bright pictures and dark ones."""
        bright = np.asarray(x, dtype=float).mean(1)
        return np.stack([bright, 1 - bright], axis=1)

    values = figures.shades(PLANE, "doubt", coder.decode, judge)
    x, y = (middles_of(ends, count) for ends, count in zip(PLANE.box, (32, 32), strict=True))
    bright = coder.decode(np.array([[x[7], y[29]]]))[0].astype(float).mean()
    assert values[29, 7] == pytest.approx(min(bright, 1 - bright), abs=1e-3)
    with pytest.raises(ValueError, match="classifier"):
        figures.shades(PLANE, "doubt", coder.decode)


def test_the_line_leads_to_the_nearest_code(coder):
    values = figures.shades(PLANE, "distance", coder.decode)
    at = (-9.3, 4.4)
    drawn = plain(figures.codes(PLANE, values, "distance", at))["data"]
    ends = next(tr for tr in drawn if tr["type"] == "scatter" and len(tr["x"]) == 2)
    best = np.linalg.norm(TABLE[:, :2] - np.array(at), axis=1).argmin()
    assert (ends["x"][1], ends["y"][1]) == pytest.approx(tuple(TABLE[best, :2]))
    i18n.use("en")
    said = words.whereabouts("mnist", PLANE, at, 0.5, int(best))
    assert f"“{int(TABLE[best, 2])}”" in said and "not empty" in said


def test_class_numbers_stay_apart_and_near_their_middles():
    at = figures._apart(PLANE)
    size = np.ptp(np.array(PLANE.box), axis=1)
    gaps = np.linalg.norm((at[:, None] - at[None]) / size, axis=2) + np.eye(10)
    assert gaps.min() > 0.045
    assert np.abs((at - PLANE.middles) / size).max() < 0.06


def test_errors_are_the_sums_of_the_squares_that_are_shown():
    rng = np.random.default_rng(0)
    x, ours, pca = rng.uniform(size=(3, 28, 28))
    drawn = plain(figures.squeezed(x, ours, pca, (28.0, 43.5)))["data"]
    maps = [tr for tr in drawn if tr["type"] == "heatmap"]
    np.testing.assert_allclose(maps[3]["z"], ours - x, atol=1e-4)
    np.testing.assert_allclose(maps[4]["z"], pca - x, atol=1e-4)
    bold = [tr["text"][0] for tr in drawn if tr.get("mode") == "text"]
    for values in (ours, pca):
        assert f"<b>{((values - x) ** 2).sum():.1f}</b>" in bold
    dashed = [tr for tr in drawn if (tr.get("line") or {}).get("dash") == "dash"]
    assert [tr["y"][0] for tr in dashed] == [28.0, 43.5]


def test_frames_mark_the_pictures_from_empty_places(coder):
    samples = holes.draw("box", 500, PLANE.codes, PLANE.box, 0.1, np.random.default_rng(1))
    count = figures.SHOWN[0] * figures.SHOWN[1]
    pictures = coder.decode(samples[:count])
    drawn = plain(figures.drawn(PLANE, samples, pictures))["data"]
    sheet = np.asarray(drawn[0]["z"])
    row, col = divmod(8, figures.SHOWN[1])
    tile = sheet[28 * row : 28 * row + 28, 28 * col : 28 * col + 28]
    np.testing.assert_array_equal(tile, np.rint(255 * pictures[8]).reshape(28, 28))
    far = np.linalg.norm(samples[:count, None] - PLANE.codes[None], axis=2).min(1) > PLANE.reach
    frames = next(tr for tr in drawn if (tr.get("line") or {}).get("dash") == "dot")
    left = np.array(frames["x"], dtype=float)[::6] - 0.5
    assert len(left) == far.sum() > 3
    np.testing.assert_array_equal(left / 28, np.flatnonzero(far) % figures.SHOWN[1])


def test_bars_are_the_shares_of_the_nearest_classes():
    samples = holes.draw("standard", 700, PLANE.codes, PLANE.box, 0.1, np.random.default_rng(3))
    drawn = plain(figures.drawn(PLANE, samples, np.zeros((36, 784)), normal=True))["data"]
    near = np.linalg.norm(samples[:, None] - TABLE[None, :, :2], axis=2).argmin(1)
    wanted = [100 * np.mean(TABLE[near, 2] == k) for k in range(10)]
    bars = next(tr for tr in drawn if tr.get("fill") == "toself")
    np.testing.assert_allclose(np.array(bars["y"], dtype=float)[2::6], wanted)
    ring = next(tr for tr in drawn if tr["type"] == "scatter" and len(tr["x"]) == 97)
    apart = np.stack([ring["x"], ring["y"]], 1) - TABLE[:, :2].mean(0)
    inverse = np.linalg.inv(np.cov(TABLE[:, :2].T))
    np.testing.assert_allclose(np.einsum("ni,ij,nj->n", apart, inverse, apart), 4, rtol=2e-3)
