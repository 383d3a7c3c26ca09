"""PCA against scikit-learn and against what makes it the best."""

import numpy as np
import pytest
import torch

from explorer.models.pca import PCA, PCAConfig


@pytest.fixture
def pictures() -> np.ndarray:
    """The digits of 8 by 8 that come with scikit-learn, (1797, 64) in [0, 1]."""
    from sklearn.datasets import load_digits

    return (load_digits().data / 16).astype(np.float32)


def fitted(x: np.ndarray, latents: int = 2) -> PCA:
    model = PCA(PCAConfig(latents, x.shape[1]))
    model.fit(torch.from_numpy(x))
    return model


@pytest.mark.parametrize("latents", [1, 2, 5])
def test_equals_scikit_learn_up_to_sign(pictures, latents):
    from sklearn.decomposition import PCA as Theirs

    train, test = pictures[:1500], pictures[1500:]
    ours, theirs = fitted(train, latents), Theirs(latents, svd_solver="full").fit(train)
    np.testing.assert_allclose(ours.mean, theirs.mean_, atol=1e-6)
    same = np.abs((ours.components.numpy() * theirs.components_).sum(1))
    np.testing.assert_allclose(same, 1, atol=1e-5)
    x = torch.from_numpy(test)
    back = ours.decode(ours.encode(x)).numpy()
    wanted = theirs.inverse_transform(theirs.transform(test))
    np.testing.assert_allclose(back, wanted, atol=1e-4)
    np.testing.assert_allclose(
        np.abs(ours.encode(x).numpy()), np.abs(theirs.transform(test)), atol=1e-4
    )
    np.testing.assert_allclose(ours.error(x), ((wanted - test) ** 2).sum(1), rtol=1e-4)


def test_signs_are_settled_and_rows_orthonormal(pictures):
    rows = fitted(pictures).components.numpy()
    np.testing.assert_allclose(rows @ rows.T, np.eye(2), atol=1e-5)
    assert all(row[np.abs(row).argmax()] > 0 for row in rows)


def test_no_other_plane_does_better(pictures):
    """On the pictures it was fitted to: turned a little, the plane leaves more."""
    model, x = fitted(pictures), torch.from_numpy(pictures)
    best = float(model.error(x).mean())
    rng = np.random.default_rng(0)
    for _ in range(5):
        moved = model.components.numpy() + 0.05 * rng.normal(size=(2, 64))
        other = PCA(PCAConfig(2, 64))
        other.mean.copy_(model.mean)
        other.components.copy_(torch.from_numpy(np.linalg.qr(moved.T)[0].T))
        assert float(other.error(x).mean()) > best
