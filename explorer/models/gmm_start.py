"""Where GaussianMixture's EM starts: what the user gave, or a guess as scikit-learn makes it."""

from __future__ import annotations

from numbers import Integral, Real
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from explorer.models.checks import Array
from explorer.models.covariance import COVARIANCE_TYPES, expand
from explorer.models.em import maximise, weighted_moments
from explorer.models.mixture import Mixture

if TYPE_CHECKING:
    from explorer.models.gmm import GaussianMixture

INIT_PARAMS = ("kmeans", "k-means++", "random_from_data", "random")


def start(model: GaussianMixture, x: Array, random_state: np.random.RandomState) -> Mixture:
    """The mixture EM starts from: what the user gave, and for the rest one M step from a guess."""
    shape = (model.n_components, x.shape[1])
    weights, means = as_given(model.weights_init), as_given(model.means_init)
    covariances = None
    if model.precisions_init is not None:
        covariances = invert(expand(model.precisions_init, model.covariance_type, shape))
    if weights is None or means is None or covariances is None:
        gamma = initial_responsibilities(model, x, random_state)
        moments = weighted_moments(np.asarray(x, dtype=float), gamma)
        guess = maximise(moments, model.covariance_type, model.reg_covar)
        weights = guess.weights if weights is None else weights
        means = guess.means if means is None else means
        covariances = guess.covariances if covariances is None else covariances
    if means.shape != shape:
        raise ValueError(f"means_init needs shape {shape}, got {means.shape}")
    return Mixture(weights, means, covariances)


def as_given(parameter: ArrayLike | None) -> Array | None:
    """None stays None; anything else becomes an array of floats."""
    return None if parameter is None else np.asarray(parameter, dtype=float)


def invert(precisions: Array) -> Array:
    """(K, D, D) -> their inverses. ValueError unless symmetric and positive-definite."""
    if not np.allclose(precisions, precisions.transpose(0, 2, 1)):
        raise ValueError("precisions_init must be symmetric")
    if not (np.linalg.eigvalsh(precisions) > 0).all():
        raise ValueError("precisions_init must be positive-definite")
    covariances = np.linalg.inv(precisions)
    return (covariances + covariances.transpose(0, 2, 1)) / 2


def initial_responsibilities(
    model: GaussianMixture, x: Array, random_state: np.random.RandomState
) -> Array:
    """A first guess (N, K); draws the same random numbers as scikit-learn does."""
    n, k = len(x), model.n_components
    if model.init_params == "random":
        gamma = random_state.uniform(size=(n, k))
        return gamma / gamma.sum(axis=1, keepdims=True)
    gamma = np.zeros((n, k))
    if model.init_params == "kmeans":
        from sklearn.cluster import KMeans

        labels = KMeans(n_clusters=k, n_init=1, random_state=random_state).fit(x).labels_
        gamma[np.arange(n), labels] = 1
    elif model.init_params == "random_from_data":
        gamma[random_state.choice(n, size=k, replace=False), np.arange(k)] = 1
    else:
        from sklearn.cluster import kmeans_plusplus

        gamma[kmeans_plusplus(x, k, random_state=random_state)[1], np.arange(k)] = 1
    return gamma


def check_parameters(model: GaussianMixture) -> None:
    """ValueError for the first constructor argument that cannot be."""
    for name, least in (("n_components", 1), ("max_iter", 0), ("n_init", 1)):
        value = getattr(model, name)
        if not isinstance(value, Integral) or value < least:
            raise ValueError(f"{name} must be a whole number >= {least}, got {value!r}")
    for name in ("tol", "reg_covar"):
        value = getattr(model, name)
        if not isinstance(value, Real) or not float(value) >= 0:
            raise ValueError(f"{name} must be a number >= 0, got {value!r}")
    for name, allowed in (("covariance_type", COVARIANCE_TYPES), ("init_params", INIT_PARAMS)):
        if getattr(model, name) not in allowed:
            raise ValueError(f"{name} must be one of {list(allowed)}, got {getattr(model, name)!r}")
