"""Real data where it is at hand, and a mixture without any convenient symmetry."""

import os
from pathlib import Path

import numpy as np
import pytest

from explorer.models.mixture import Mixture


def _load(relative: str) -> np.ndarray:
    folder = os.environ.get("EXPLORER_DATA_DIR")
    if not folder:
        pytest.skip("EXPLORER_DATA_DIR is not set: the real data sets are not at hand")
    path = Path(folder) / relative
    if not path.exists():
        pytest.skip(f"{path} is missing")
    return np.loadtxt(path)


@pytest.fixture(scope="session")
def old_faithful() -> np.ndarray:
    """(272, 2): eruption and waiting time in minutes."""
    return _load("old_faithful/old_faithful.txt")


@pytest.fixture(scope="session")
def heights() -> np.ndarray:
    """(25000,): simulated heights in cm."""
    return _load("heights/height.txt")


@pytest.fixture(scope="session")
def height_weight() -> np.ndarray:
    """(25000, 2): simulated heights in cm and weights in kg."""
    return _load("heights/height_weight.txt")


@pytest.fixture(scope="session")
def truth() -> Mixture:
    """K = 2 in D = 3: unequal weights, scales between 0.3 and 3, correlated."""
    a = np.array([[3.0, 0.0, 0.0], [1.0, 0.5, 0.0], [-0.4, 0.2, 0.3]])
    b = np.array([[0.6, 0.0, 0.0], [-0.3, 2.0, 0.0], [0.5, 0.1, 1.1]])
    return Mixture(
        np.array([0.3, 0.7]), np.array([[4.0, -2.0, 0.5], [-1.0, 3.0, 2.0]]), [a @ a.T, b @ b.T]
    )


@pytest.fixture(scope="session")
def points(truth: Mixture) -> np.ndarray:
    """(107, 3) draws from truth."""
    return truth.sample(107, 5)[0]
