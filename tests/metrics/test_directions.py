"""Directions in latent space: the regression, and walks through a decoder that is known."""

import numpy as np
import pytest

from explorer.metrics.directions import STEPS, regress, walk
from explorer.metrics.strokes import measure

RNG = np.random.default_rng(3)
Z = RNG.normal(size=(400, 6))
WEIGHTS = RNG.normal(size=(6, 3)) * [9.0, 0.5, 3.0]
A = Z @ WEIGHTS + [4.0, 2.5, 11.0] + RNG.normal(size=(400, 3)) * [3.0, 0.4, 1.0]


def test_the_regression_is_least_squares():
    found = regress(Z, A)
    oracle, *_rest = np.linalg.lstsq(np.column_stack([Z, np.ones(400)]), A, rcond=None)
    np.testing.assert_allclose(found.weights, oracle[:-1], rtol=1e-8)
    np.testing.assert_allclose(found.offsets, oracle[-1], rtol=1e-8)
    guess = Z @ oracle[:-1] + oracle[-1]
    for k in range(3):
        assert found.share[k] == pytest.approx(np.corrcoef(guess[:, k], A[:, k])[0, 1] ** 2)
    np.testing.assert_allclose(found.spread, A.std(axis=0))


def test_pictures_that_could_not_be_measured_are_left_out():
    holes = A.copy()
    holes[::7] = np.nan
    kept = np.arange(400) % 7 != 0
    np.testing.assert_allclose(regress(Z, holes).weights, regress(Z[kept], A[kept]).weights)


@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_direction_is_of_unit_length_and_may_leave_the_others_alone(which):
    found = regress(Z, A)
    free, alone = found.along(which), found.along(which, alone=True)
    assert np.linalg.norm(free) == pytest.approx(1) == np.linalg.norm(alone)
    others = np.delete(found.weights, which, axis=1)
    assert abs(free @ others).max() > 0.05
    assert abs(alone @ others).max() < 1e-9
    assert 0 < alone @ found.weights[:, which] < free @ found.weights[:, which]
    np.testing.assert_allclose(
        free, found.weights[:, which] / np.linalg.norm(found.weights[:, which])
    )


def bars(z: np.ndarray) -> np.ndarray:
    """A decoder that is known: an upright bar whose thickness follows the first latent."""
    columns = np.arange(28) - 13.5
    soft = np.clip((6 + z[:, :1]) / 2 - abs(columns) + 0.5, 0, 1)  # (N, 28)
    rows = (abs(np.arange(28) - 13.5) < 11).astype(float)
    return (soft[:, None, :] * rows[:, None]).reshape(len(z), -1)


def test_a_walk_measures_what_a_known_decoder_does():
    z = RNG.normal(size=(300, 4))
    found = regress(z, measure(bars(z).reshape(-1, 28, 28)) + 1e-3 * RNG.normal(size=(300, 3)))
    way = walk(bars, np.zeros(4), found, 2, alone=False)
    assert abs(found.along(2)[0]) == pytest.approx(1, abs=1e-3)
    assert way.slopes[2] == pytest.approx(1, abs=0.05)  # one pixel wider per unit of z
    assert way.share > 0.99
    oracle = np.polyfit(STEPS, way.values[:, 2], 1)[0]
    assert way.slopes[2] == pytest.approx(oracle)
    np.testing.assert_allclose(way.promised, way.values[:, 2], atol=0.5)
    assert abs(way.slopes[0]) < 1e-6  # it never leans


def test_a_walk_over_blank_pictures_says_nothing_and_does_not_fail():
    found = regress(Z, A)
    way = walk(lambda z: np.zeros((len(z), 784)), np.zeros(6), found, 0, alone=False)
    assert np.isnan(way.values).all()
    assert (way.slopes == 0).all() and way.share == 0
