"""Prices of a number of components against scikit-learn."""

import numpy as np
import pytest
from sklearn.mixture import GaussianMixture

from explorer.models.covariance import COVARIANCE_TYPES
from explorer.models.criteria import aic, bic, n_parameters


@pytest.mark.parametrize("kind", COVARIANCE_TYPES)
def test_bic_and_aic_equal_scikit_learn(kind):
    x = np.random.default_rng(2).standard_normal((83, 3)) * [1, 5, 0.2]
    theirs = GaussianMixture(4, covariance_type=kind, random_state=0, max_iter=300).fit(x)
    total = theirs.score(x) * len(x)
    free = n_parameters(4, 3, kind)
    assert bic(total, free, len(x)) == pytest.approx(theirs.bic(x), rel=1e-12)
    assert aic(total, free) == pytest.approx(theirs.aic(x), rel=1e-12)
