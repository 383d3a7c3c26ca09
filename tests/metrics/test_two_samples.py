"""Fréchet, MMD, precision and recall against closed forms and plain loops."""

import numpy as np
import pytest
from scipy.linalg import sqrtm

from explorer.metrics.two_samples import frechet, mmd, precision_recall


@pytest.fixture
def two() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    mix = generator.standard_normal((4, 4))
    return (
        generator.normal(0, (3, 0.5, 1, 2), (300, 4)),
        generator.standard_normal((250, 4)) @ mix + 1,
    )


def test_frechet_equals_the_formula_with_a_matrix_root(two):
    a, b = two
    shift = a.mean(0) - b.mean(0)
    root = sqrtm(np.cov(a.T) @ np.cov(b.T)).real
    expected = shift @ shift + np.trace(np.cov(a.T) + np.cov(b.T) - 2 * root)
    assert frechet(a, b) == pytest.approx(expected, rel=1e-8)
    assert frechet(a, b) == pytest.approx(frechet(b, a), rel=1e-9)


def test_frechet_of_one_dimension_and_of_equals(two):
    a, b = two[0][:, :1], two[1][:, :1]
    expected = (a.mean() - b.mean()) ** 2 + (a.std(ddof=1) - b.std(ddof=1)) ** 2
    assert frechet(a, b) == pytest.approx(expected, rel=1e-9)
    assert frechet(two[0], two[0]) == pytest.approx(0, abs=1e-9)
    flat = np.column_stack([two[0], np.zeros(300)])  # a feature that never fires
    assert frechet(flat, flat) == pytest.approx(0, abs=1e-6)
    with pytest.raises(ValueError, match="two points"):
        frechet(a[:1], b)


def test_mmd_equals_plain_loops_and_sees_a_difference(two):
    a, b = two[0][:12, :2], two[1][:9, :2]

    def mean_kernel(x: np.ndarray, y: np.ndarray) -> float:
        values = [
            np.exp(-((u - v) ** 2).sum() / (2 * w**2)) for w in (0.4, 2.0) for u in x for v in y
        ]
        return float(np.mean(values))

    squared = mean_kernel(a, a) + mean_kernel(b, b) - 2 * mean_kernel(a, b)
    assert mmd(a, b, (0.4, 2.0)) == pytest.approx(np.sqrt(squared), rel=1e-9)
    assert mmd(a, a) == pytest.approx(0, abs=1e-7)
    generator = np.random.default_rng(1)
    same, other, moved = (generator.normal(m, 1, (800, 2)) for m in (0, 0, 0.5))
    assert mmd(same, moved) > 2 * mmd(same, other) > 0


def test_precision_and_recall_by_hand():
    """Real points at 0, 1, 2, 3; made ones at 0.4, 0.6 and far away; one neighbour counts."""
    real = np.array([[0.0], [1.0], [2.0], [3.0]])
    made = np.array([[0.4], [0.6], [10.0]])
    # real points reach 1 far; made ones 0.2, 0.2 and 9.4
    # so the far one is no good, but by its reach it covers 1, 2 and 3; nothing covers 0
    assert precision_recall(real, made, 1) == (pytest.approx(2 / 3), 3 / 4)


def test_a_collapsed_sampler_has_precision_but_no_recall():
    generator = np.random.default_rng(2)
    real = generator.standard_normal((400, 3))
    tight = 0.05 * generator.standard_normal((400, 3))
    precision, recall = precision_recall(real, tight)
    assert precision > 0.95 and recall < 0.1
    scattered = precision_recall(real, 4 * generator.standard_normal((400, 3)))
    assert scattered[0] < 0.5 < scattered[1]
    both = precision_recall(real, generator.standard_normal((400, 3)))
    assert min(both) > 0.75
