"""The Kolmogorov-Smirnov distance against scipy, by hand, and its noise floor by simulation."""

import numpy as np
import pytest
import scipy.stats

from explorer.metrics.distance import ks_noise, ks_normal, ks_statistic
from explorer.models.gaussian import Gaussian


@pytest.mark.parametrize("n", [1, 7, 1000])
def test_equals_scipy(n):
    sample = np.random.default_rng(n).normal(3.2, 0.5, n)
    normal = Gaussian.from_std(3.0, 0.5)
    expected = scipy.stats.kstest(sample, "norm", args=(3.0, 0.5)).statistic
    assert ks_normal(sample, normal) == pytest.approx(expected, rel=1e-12)


def test_the_standard_normal_is_the_default():
    sample = np.random.default_rng(0).normal(size=50) * 2
    expected = scipy.stats.kstest(sample, "norm").statistic
    assert ks_normal(sample.reshape(5, 10)) == pytest.approx(expected)


def test_by_hand_with_ties():
    # uniform cdf; the sample's steps stand at .2 (twice) and .9: the widest gap is 2/3 - .2
    assert ks_statistic([0.2, 0.9, 0.2], lambda x: x) == pytest.approx(2 / 3 - 0.2)


def test_a_sample_elsewhere_is_at_distance_one():
    assert ks_normal([50.0, 60.0]) == pytest.approx(1)
    assert ks_normal([-50.0, -60.0]) == pytest.approx(1)


def test_noise_covers_what_it_promises():
    samples = np.random.default_rng(0).normal(size=(3000, 200))
    below = np.mean([ks_normal(sample) < ks_noise(200, 0.9) for sample in samples])
    assert 0.89 < below < 0.95  # the bound is a little generous for finite n


@pytest.mark.parametrize("sample", [[], [1.0, np.nan], [np.inf]])
def test_an_unusable_sample_is_refused(sample):
    with pytest.raises(ValueError, match="sample"):
        ks_normal(sample)


@pytest.mark.parametrize(("n", "confidence"), [(0, 0.9), (5, 1.0), (5, 0.0)])
def test_an_impossible_confidence_is_refused(n, confidence):
    with pytest.raises(ValueError, match="confidence"):
        ks_noise(n, confidence)
