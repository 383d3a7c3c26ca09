"""The estimator against scikit-learn's: parameters, likelihoods, manners."""

import pickle
import warnings

import numpy as np
import pytest
import sklearn.mixture
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.utils.estimator_checks import parametrize_with_checks

from explorer.models import diagonal, gmm
from explorer.models.covariance import COVARIANCE_TYPES
from explorer.models.em import CollapsedComponent
from explorer.models.gmm import GaussianMixture

INITS = ("kmeans", "k-means++", "random_from_data", "random")
LEARNED = ("weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_")


@parametrize_with_checks(
    [GaussianMixture(covariance_type=name) for name in COVARIANCE_TYPES]
    + [GaussianMixture(2, init_params=name, max_iter=300) for name in INITS[1:]]
)
def test_scikit_learn_conventions(estimator, check):
    check(estimator)


def both(points, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        ours = GaussianMixture(**options).fit(points)
        theirs = sklearn.mixture.GaussianMixture(**options).fit(points)
    return ours, theirs


def assert_same(ours, theirs, points):
    for name in LEARNED:
        a, b = getattr(ours, name), getattr(theirs, name)
        assert a.shape == b.shape, name
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-6, err_msg=name)
    assert ours.n_iter_ == theirs.n_iter_
    assert ours.converged_ == theirs.converged_
    np.testing.assert_allclose(ours.lower_bounds_, theirs.lower_bounds_, atol=1e-6)
    assert ours.lower_bound_ == pytest.approx(theirs.lower_bound_, abs=1e-6)
    np.testing.assert_allclose(
        ours.score_samples(points), theirs.score_samples(points), rtol=1e-6, atol=1e-6
    )
    np.testing.assert_allclose(ours.predict_proba(points), theirs.predict_proba(points), atol=1e-6)
    np.testing.assert_array_equal(ours.predict(points), theirs.predict(points))
    assert ours.score(points) == pytest.approx(theirs.score(points), abs=1e-6)
    assert ours.bic(points) == pytest.approx(theirs.bic(points), abs=1e-4)
    assert ours.aic(points) == pytest.approx(theirs.aic(points), abs=1e-4)


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
@pytest.mark.parametrize("init_params", ["kmeans", "random"])
def test_equals_scikit_learn_from_the_same_seed(points, covariance_type, init_params):
    ours, theirs = both(
        points, n_components=3, covariance_type=covariance_type, init_params=init_params,
        n_init=3, random_state=4, max_iter=200,
    )  # fmt: skip
    assert_same(ours, theirs, points)


def given_start(points, covariance_type, k=3):
    spread = np.var(points, axis=0)
    precisions = {
        "full": [np.diag(1 / (spread * s)) for s in (0.5, 1.0, 2.0)],
        "tied": np.diag(1 / spread),
        "diag": [1 / (spread * s) for s in (0.5, 1.0, 2.0)],
        "spherical": 1 / (spread.mean() * np.array([0.5, 1.0, 2.0])),
    }[covariance_type]
    return {
        "weights_init": [0.2, 0.5, 0.3],
        "means_init": points[:k],
        "precisions_init": precisions,
    }


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
@pytest.mark.parametrize("max_iter", [1, 7, 400])
def test_equals_scikit_learn_from_a_given_start(points, covariance_type, max_iter):
    ours, theirs = both(
        points, n_components=3, covariance_type=covariance_type, tol=1e-6, max_iter=max_iter,
        **given_start(points, covariance_type),
    )  # fmt: skip
    assert_same(ours, theirs, points)


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_equals_scikit_learn_over_many_blocks(truth, covariance_type, monkeypatch):
    """N = 1003 in blocks of 64: pooling, and a last block that is not full."""
    monkeypatch.setattr(gmm, "block_rows", lambda d, k: 64)
    x = truth.sample(1003, 9)[0] + [0.0, 1e4, 0.0]  # far from the origin, as years or metres are
    ours, theirs = both(
        x, n_components=3, covariance_type=covariance_type, tol=0.0, max_iter=30, random_state=0
    )
    for name in ("weights_", "means_", "covariances_"):
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(ours.lower_bounds_, theirs.lower_bounds_, atol=1e-6)


@pytest.mark.parametrize("block", [1, 7, 64, 5000])
def test_the_block_size_changes_nothing(points, monkeypatch, block):
    whole = GaussianMixture(2, random_state=1).fit(points)
    monkeypatch.setattr(gmm, "block_rows", lambda d, k: block)
    cut = GaussianMixture(2, random_state=1).fit(points)
    np.testing.assert_allclose(cut.covariances_, whole.covariances_, rtol=1e-9)
    np.testing.assert_allclose(cut.lower_bounds_, whole.lower_bounds_, rtol=1e-11)


def test_old_faithful_bic_picks_three_tied_components(old_faithful):
    fits = {
        (k, name): GaussianMixture(k, covariance_type=name, n_init=10, random_state=0, tol=1e-7,
                                   reg_covar=0, max_iter=1000).fit(old_faithful)
        for k, name in [(1, "full"), (2, "full"), (3, "full"), (3, "tied"), (2, "tied")]
    }  # fmt: skip
    bic = {key: fit.bic(old_faithful) for key, fit in fits.items()}
    assert bic[1, "full"] == pytest.approx(2607.6, abs=0.05)
    assert bic[2, "full"] == pytest.approx(2322.2, abs=0.05)
    assert bic[3, "tied"] == pytest.approx(2314.30, abs=0.02)
    assert min(bic, key=bic.get) == (3, "tied")
    assert fits[2, "full"].score(old_faithful) * 272 == pytest.approx(-1130.264, abs=1e-3)
    assert fits[3, "tied"].score(old_faithful) * 272 == pytest.approx(-1126.316, abs=5e-3)


@pytest.mark.parametrize("init_params", ["k-means++", "random_from_data"])
def test_starts_from_single_points_have_weights_that_sum_to_one(points, init_params):
    """scikit-learn divides by N here: its first bound is log(K / N) too low, later ones agree."""
    ours, theirs = both(points, n_components=2, init_params=init_params, random_state=2)
    assert ours.lower_bounds_[0] - theirs.lower_bounds_[0] == pytest.approx(np.log(107 / 2))
    np.testing.assert_allclose(ours.lower_bounds_[1:], theirs.lower_bounds_[1:], atol=1e-9)


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_steps_tell_the_story_of_fit(points, covariance_type):
    model = GaussianMixture(3, covariance_type=covariance_type, random_state=3, max_iter=500)
    fitted = clone(model).fit(points)
    steps = list(model.steps(points))
    bounds = [step.lower_bound_per_point for step in steps if step.half == "E"]
    np.testing.assert_allclose(bounds, fitted.lower_bounds_, atol=1e-9)
    assert steps[-1].half == "M"
    assert steps[-1].iteration == fitted.n_iter_
    np.testing.assert_allclose(steps[-1].mixture.means, fitted.means_, rtol=1e-7)
    with pytest.raises(NotFittedError):
        model.predict(points)


def test_sample_is_in_random_order_and_takes_a_generator(points):
    model = GaussianMixture(3, random_state=0).fit(points)
    x, labels = model.sample(500)
    assert x.shape == (500, 3)
    assert (np.diff(labels) < 0).any()
    np.testing.assert_array_equal(model.sample(500)[0], x)  # an integer seed repeats itself
    a, b = (model.sample(500, np.random.default_rng(seed))[0] for seed in (1, 2))
    assert not np.array_equal(a, b)
    with pytest.raises(ValueError, match="at least 1, got 0"):
        model.sample(0)


def test_warns_when_not_converged_and_not_otherwise(points):
    with pytest.warns(ConvergenceWarning, match="did not converge"):
        GaussianMixture(2, max_iter=1).fit(points)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert GaussianMixture(2, max_iter=500, random_state=0).fit(points).converged_
        start = GaussianMixture(2, max_iter=0, random_state=0).fit(points)
    assert (start.n_iter_, start.lower_bounds_, start.converged_) == (0, [], False)


def test_warm_start_goes_on_where_it_stopped(points):
    options = {"n_components": 3, "max_iter": 2, "tol": 1e-5, "random_state": 1, "warm_start": True}
    ours, theirs = both(points, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for _ in range(3):
            ours.fit(points)
            theirs.fit(points)
    assert_same(ours, theirs, points)


def test_warm_start_of_a_settled_fit_stops_at_once(points):
    model = GaussianMixture(2, random_state=1, warm_start=True, max_iter=300).fit(points)
    assert model.n_iter_ > 1
    assert model.fit(points).n_iter_ == 1


@pytest.mark.parametrize("reg_covar", [0.0, 1e-6])
@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_moving_the_origin_moves_only_the_means(points, covariance_type, reg_covar):
    """An oracle beyond scikit-learn, whose diag and tied variances lose their digits here."""
    options = {"covariance_type": covariance_type, "reg_covar": reg_covar, "tol": 0, "max_iter": 9}
    shift = np.array([1e6, -3e5, 2e6])
    fits = []
    for origin in (0.0, shift):
        start = {"weights_init": [0.4, 0.6], "means_init": points[:2] + origin}
        start["precisions_init"] = given_start(points, covariance_type)["precisions_init"]
        if covariance_type != "tied":
            start["precisions_init"] = start["precisions_init"][:2]
        with pytest.warns(ConvergenceWarning):
            fits.append(GaussianMixture(2, **options, **start).fit(points + origin))
    near, far = fits
    np.testing.assert_allclose(far.means_ - shift, near.means_, atol=1e-7)
    np.testing.assert_allclose(far.covariances_, near.covariances_, rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(far.lower_bounds_, near.lower_bounds_, atol=1e-7)


def test_a_bound_that_falls_is_not_taken_for_convergence(points):
    """A large reg_covar can cost likelihood at first; the run goes on, as scikit-learn's does."""
    settled = GaussianMixture(3, reg_covar=0.0, tol=1e-8, max_iter=900, random_state=0).fit(points)
    ours, theirs = both(
        points, n_components=3, reg_covar=2.0, max_iter=300, weights_init=settled.weights_,
        means_init=settled.means_, precisions_init=settled.precisions_,
    )  # fmt: skip
    assert ours.lower_bounds_[1] < ours.lower_bounds_[0] - 0.1
    assert_same(ours, theirs, points)


@pytest.mark.parametrize("covariance_type", ["full", "diag", "spherical"])
def test_an_outlier_collapses_every_shape_of_covariance(points, covariance_type):
    for outlier in np.random.default_rng(0).uniform(500, 900, size=(5, 3)):
        x = np.vstack([points, outlier])
        model = GaussianMixture(
            2, covariance_type=covariance_type, reg_covar=0.0, weights_init=[0.9, 0.1],
            means_init=[[0, 0, 0], outlier - 1],
            precisions_init=GaussianMixture(2, covariance_type=covariance_type, max_iter=0)
            .fit(points).precisions_,
        )  # fmt: skip
        with pytest.raises(CollapsedComponent) as caught:
            model.fit(x)
        assert caught.value.component == 1


@pytest.mark.parametrize("reg_covar", [0.0, 1e-9])
@pytest.mark.parametrize("covariance_type", ["full", "diag", "spherical"])
def test_a_needle_beside_a_mountain_keeps_its_width(covariance_type, reg_covar):
    """Widths 1e-4 and 1 at a distance of 1e4: E[x^2] - E[x]^2 would return rounding errors."""
    generator = np.random.default_rng(3)
    needle, mountain = generator.normal(0, 1e-4, (60, 1)), generator.normal(1e4, 1.0, (50, 1))
    options = {"covariance_type": covariance_type, "reg_covar": reg_covar, "random_state": 0}
    fitted = GaussianMixture(2, **options).fit(np.vstack([needle, mountain]))
    variances = np.sort(fitted.covariances_.ravel()) - reg_covar
    np.testing.assert_allclose(variances, [needle.var(), mountain.var()], rtol=1e-5)


@pytest.mark.parametrize("covariance_type", ["diag", "spherical"])
def test_the_expanded_squares_give_the_same_run(points, covariance_type, monkeypatch):
    model = GaussianMixture(3, covariance_type=covariance_type, random_state=0, max_iter=400)
    assert diagonal.keeps_digits(points, model.reg_covar)
    quick = clone(model).fit(points)
    monkeypatch.setattr(diagonal, "keeps_digits", lambda x, reg_covar: False)
    monkeypatch.setattr(diagonal, "e_step", None)  # so that it cannot be used
    exact = clone(model).fit(points)
    np.testing.assert_allclose(quick.lower_bounds_, exact.lower_bounds_, rtol=1e-10)
    np.testing.assert_allclose(quick.covariances_, exact.covariances_, rtol=1e-8)


def test_collapse_is_an_error_with_a_name_not_a_nan(points):
    x = np.vstack([points, [[900.0, 900.0, 900.0]]])
    with pytest.raises(CollapsedComponent):
        GaussianMixture(2, reg_covar=0.0, random_state=0).fit(x)
    fitted = GaussianMixture(2, reg_covar=1e-3, random_state=0).fit(x)
    assert np.isfinite(fitted.lower_bound_)


def test_fewer_distinct_points_than_components_fits_as_scikit_learn_does():
    x = np.repeat([[1.0, 5.0], [2.0, -3.0]], 6, axis=0)
    ours, theirs = both(x, n_components=3, random_state=0)
    np.testing.assert_allclose(ours.weights_, theirs.weights_, atol=1e-12)
    np.testing.assert_allclose(ours.means_, theirs.means_, atol=1e-12)


def test_single_precision_input_is_computed_in_double(points):
    fitted = GaussianMixture(2, random_state=0).fit(points.astype(np.float32))
    reference = GaussianMixture(2, random_state=0).fit(points)
    assert fitted.means_.dtype == np.float64
    np.testing.assert_allclose(fitted.means_, reference.means_, rtol=1e-4, atol=1e-5)


def test_verbose_speaks_and_silence_is_silent(points, capsys):
    GaussianMixture(2, random_state=0).fit(points)
    assert capsys.readouterr().out == ""
    GaussianMixture(2, random_state=0, verbose=1, verbose_interval=1).fit(points)
    assert "Iteration 1" in capsys.readouterr().out


def test_survives_pickling_and_cloning(points):
    fitted = GaussianMixture(2, random_state=0).fit(points)
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.score_samples(points), fitted.score_samples(points))
    assert not hasattr(clone(fitted), "means_")


def test_feature_names_are_remembered(points):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(points, columns=["a", "b", "c"])
    fitted = GaussianMixture(2, random_state=0).fit(frame)
    assert list(fitted.feature_names_in_) == ["a", "b", "c"]
    with pytest.raises(ValueError, match="feature names"):
        fitted.predict(frame[["c", "b", "a"]])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_components": 0}, "n_components"),
        ({"n_components": 2.5}, "n_components"),
        ({"n_components": 108}, "n_samples"),
        ({"covariance_type": "round"}, "covariance_type"),
        ({"init_params": "guess"}, "init_params"),
        ({"tol": -1.0}, "tol"),
        ({"reg_covar": -1e-9}, "reg_covar"),
        ({"max_iter": -1}, "max_iter"),
        ({"n_init": 0}, "n_init"),
        ({"n_components": 2, "weights_init": [0.5, 0.6]}, "sum to 1"),
        ({"n_components": 2, "weights_init": [1.0]}, "weights"),
        ({"n_components": 2, "means_init": np.zeros((2, 2))}, "means_init"),
        ({"n_components": 2, "precisions_init": np.zeros((2, 3, 2))}, "precisions"),
        ({"n_components": 2, "precisions_init": [-np.eye(3)] * 2}, "positive-definite"),
        ({"n_components": 2, "precisions_init": [np.triu(np.ones((3, 3)))] * 2}, "symmetric"),
    ],
)
def test_wrong_arguments_are_answered_with_a_sentence(points, options, message):
    with pytest.raises(ValueError, match=message):
        GaussianMixture(**options).fit(points)
