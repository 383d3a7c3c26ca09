"""Divergences against torch.distributions, scipy, quadrature and finite differences."""

import numpy as np
import pytest
import scipy.integrate
import scipy.optimize
import scipy.spatial.distance
import scipy.stats
import torch
from hypothesis import given
from hypothesis import strategies as st

from explorer.models import divergence
from explorer.models.divergence import (
    elbo,
    forward_fit,
    js_discrete,
    js_grid,
    kl_discrete,
    kl_gaussian,
    kl_grid,
    kl_terms,
    reverse_fit,
    reverse_fits,
    reverse_kl,
)
from explorer.models.gaussian import Gaussian
from explorer.models.mixture import Mixture

TWO_HILLS = Mixture.from_std([0.35, 0.65], [-3.0, 2.0], [0.5, 1.2])
GRID = np.linspace(-25, 25, 20_001)
DX = float(GRID[1] - GRID[0])

probabilities = st.lists(st.floats(0, 1), min_size=5, max_size=5).filter(lambda p: sum(p) > 0.1)


def normalise(p):
    return np.array(p) / np.sum(p)


@pytest.mark.parametrize(
    ("q", "expected"), [([0.6, 0.4], 0.0216), ([0.2, 0.8], 0.5827), ([0.7, 0.3], 0.0)]
)
def test_the_published_numbers(q, expected):
    assert kl_discrete([0.7, 0.3], q) == pytest.approx(expected, abs=5e-5)


def test_kl_equals_scipy_and_is_not_symmetric():
    p, q = [0.1, 0.2, 0.0, 0.7], [0.3, 0.3, 0.3, 0.1]
    assert kl_discrete(p, q) == pytest.approx(scipy.stats.entropy(p, q), rel=1e-12)
    assert kl_discrete(p, q) != pytest.approx(kl_discrete(p[::-1], q[::-1][::-1]), abs=1e-3)
    assert kl_terms(p, q).sum() == pytest.approx(kl_discrete(p, q))
    assert kl_terms(p, q)[0] < 0  # a summand may be negative, the sum never


def test_mass_where_q_has_none_is_infinitely_surprising():
    assert kl_discrete([0.5, 0.5], [1.0, 0.0]) == np.inf
    assert kl_discrete([1.0, 0.0], [0.5, 0.5]) == pytest.approx(np.log(2))


def test_js_equals_scipy_and_is_log_2_for_strangers():
    p, q = [0.1, 0.2, 0.0, 0.7], [0.3, 0.3, 0.3, 0.1]
    expected = scipy.spatial.distance.jensenshannon(p, q) ** 2
    assert js_discrete(p, q) == pytest.approx(expected, rel=1e-10)
    with np.errstate(all="raise"):
        assert js_discrete([1, 0], [0, 1]) == pytest.approx(np.log(2))


@given(p=probabilities, q=probabilities)
def test_divergences_are_never_negative_and_zero_for_equals(p, q):
    p, q = normalise(p), normalise(q)
    assert kl_discrete(p, q) >= -1e-12
    assert kl_discrete(p, p) == 0
    assert -1e-12 <= js_discrete(p, q) <= np.log(2) + 1e-12
    assert js_discrete(p, q) == pytest.approx(js_discrete(q, p), abs=1e-12)


@pytest.mark.parametrize(
    ("p", "q", "message"),
    [
        ([0.5, 0.6], [0.5, 0.5], "p must"),
        ([0.5, 0.5], [1.5, -0.5], "q must"),
        ([0.5, 0.5], [0.2, 0.3, 0.5], "q must"),
    ],
)
def test_tables_that_are_not_probabilities_are_refused(p, q, message):
    with pytest.raises(ValueError, match=message):
        kl_discrete(p, q)


def gaussians(d: int) -> tuple[Gaussian, Gaussian]:
    generator = np.random.default_rng(d)
    a, b = generator.normal(size=(2, d, d)) * [[[3.0]], [[0.5]]]
    ridge = 0.2 * np.eye(d)
    return (
        Gaussian(generator.normal(size=d), a @ a.T + ridge),
        Gaussian(generator.normal(size=d) * 2, b @ b.T + ridge),
    )


@pytest.mark.parametrize("d", [1, 2, 3, 7])
def test_kl_gaussian_equals_torch(d):
    p, q = gaussians(d)
    in_torch = [
        torch.distributions.MultivariateNormal(
            torch.tensor(g.mean), covariance_matrix=torch.tensor(g.covariance)
        )
        for g in (p, q)
    ]
    expected = torch.distributions.kl_divergence(*in_torch)
    assert kl_gaussian(p, q) == pytest.approx(float(expected), rel=1e-9)
    assert kl_gaussian(p, p) == pytest.approx(0, abs=1e-12)


def test_kl_gaussian_refuses_different_dimensions():
    with pytest.raises(ValueError, match="dimensions"):
        kl_gaussian(gaussians(2)[0], gaussians(3)[0])


def test_kl_grid_equals_the_closed_form_and_quadrature():
    p, q = Gaussian.from_std(1.0, 3.0), Gaussian.from_std(-0.5, 2.0)
    grid = np.linspace(-40, 40, 4001)
    on_grid = kl_grid(p.log_prob(grid), q.log_prob(grid), 0.02)
    assert on_grid == pytest.approx(kl_gaussian(p, q), rel=1e-9)
    log_ratio = lambda x: float(  # noqa: E731
        TWO_HILLS.prob([x])[0] * (TWO_HILLS.log_prob([x])[0] - q.log_prob([x])[0])
    )
    expected, _ = scipy.integrate.quad(log_ratio, -12, 14, points=[-3, 2], epsabs=1e-11)
    on_grid = kl_grid(TWO_HILLS.log_prob(GRID), q.log_prob(GRID), DX)
    assert on_grid == pytest.approx(expected, rel=1e-7)


def test_kl_grid_on_a_plane_and_with_empty_cells():
    p = Gaussian.from_correlation([0.0, 1.0], 1.0, 0.5, 0.6)
    q = Gaussian.from_std([0.5, 0.5], [1.5, 1.0])
    a, b = np.meshgrid(np.arange(-9, 9, 0.05), np.arange(-4, 6, 0.025))
    cells = np.column_stack([a.ravel(), b.ravel()])
    log_p, log_q = p.log_prob(cells).reshape(a.shape), q.log_prob(cells).reshape(a.shape)
    assert kl_grid(log_p, log_q, 0.05 * 0.025) == pytest.approx(kl_gaussian(p, q), rel=1e-9)
    log_p[p.mahalanobis(cells).reshape(a.shape) > 8] = -np.inf
    assert kl_grid(log_p, log_q, 0.05 * 0.025) == pytest.approx(kl_gaussian(p, q), rel=1e-9)


def test_js_grid_is_between_nothing_and_log_2():
    p, q = TWO_HILLS.log_prob(GRID), Gaussian.from_std(18.0, 0.4).log_prob(GRID)
    assert js_grid(p, p, DX) == pytest.approx(0, abs=1e-12)
    assert js_grid(p, q, DX) == pytest.approx(np.log(2), abs=1e-9)
    near = Gaussian.from_std(1.0, 2.0).log_prob(GRID)
    middle = (np.exp(p) + np.exp(near)) / 2
    expected = -(middle * np.log(middle)).sum() * DX  # H(m) - (H(p) + H(q)) / 2
    expected += ((np.exp(p) * p).sum() + (np.exp(near) * near).sum()) * DX / 2
    assert js_grid(p, near, DX) == pytest.approx(expected, rel=1e-9)


@given(q=st.floats(0, 1), x=st.floats(-30, 30))
def test_elbo_and_gap_are_exactly_the_evidence(q, x):
    split = elbo([q, 1 - q], [x], TWO_HILLS)
    assert split.elbo + split.gap == pytest.approx(split.log_evidence, rel=1e-9, abs=1e-9)
    assert split.log_evidence == pytest.approx(TWO_HILLS.log_prob([x])[0])
    assert split.gap >= -1e-9


def test_the_posterior_closes_the_gap_and_the_parts_are_what_they_say(truth):
    x = [1.0, 1.0, 1.0]
    split = elbo([0.4, 0.6], x, truth)
    np.testing.assert_allclose(split.posterior, truth.responsibilities([x])[0])
    assert split.gap == pytest.approx(kl_discrete([0.4, 0.6], split.posterior))
    joint = truth.weights * [c.prob([x])[0] for c in truth.components]
    expected = 0.4 * np.log(joint[0] / 0.4) + 0.6 * np.log(joint[1] / 0.6)
    assert split.elbo == pytest.approx(expected)
    closed = elbo(split.posterior / split.posterior.sum(), x, truth)
    assert closed.gap == pytest.approx(0, abs=1e-12)
    assert closed.elbo == pytest.approx(split.log_evidence)


def test_forward_fit_is_the_minimum_of_forward_kl():
    def forward_kl(parameters: np.ndarray) -> float:
        q = Gaussian.from_std(parameters[0], np.exp(parameters[1]))
        return kl_grid(TWO_HILLS.log_prob(GRID), q.log_prob(GRID), DX)

    found = scipy.optimize.minimize(forward_kl, [0.0, 0.0], tol=1e-10)
    mu, sigma = forward_fit(TWO_HILLS).mu_sigma()
    np.testing.assert_allclose([mu, np.log(sigma)], found.x, atol=1e-5)


@pytest.mark.parametrize("q", [Gaussian.from_std(0.5, 2.5), Gaussian.from_std(-3.2, 0.4)])
def test_reverse_kl_equals_the_grid_and_its_gradient_finite_differences(q):
    kl, gradient = reverse_kl(q, TWO_HILLS)
    on_grid = kl_grid(q.log_prob(GRID), TWO_HILLS.log_prob(GRID), DX)
    assert kl == pytest.approx(on_grid, rel=1e-9)
    mu, sigma = q.mu_sigma()
    for i, h in enumerate(np.eye(2) * 1e-5):
        up = reverse_kl(Gaussian.from_std(mu + h[0], sigma * np.exp(h[1])), TWO_HILLS)[0]
        down = reverse_kl(Gaussian.from_std(mu - h[0], sigma * np.exp(-h[1])), TWO_HILLS)[0]
        assert gradient[i] == pytest.approx((up - down) / 2e-5, rel=1e-6, abs=1e-7)


@pytest.mark.parametrize(
    "start",
    [(0.5, 2.5), (-20.0, 4.0), (5.0, 0.01), (0.0, 20.0), (-3.0, 0.5), (1e3, 1e-3), (-7.0, 1e4)],
)
def test_reverse_fit_descends_to_a_stationary_point(start):
    steps = list(reverse_fit(TWO_HILLS, Gaussian.from_std(*start)))
    assert steps[0].q.mu_sigma() == pytest.approx(start)
    assert [step.iteration for step in steps] == list(range(len(steps)))
    assert (np.diff([step.kl for step in steps]) <= 1e-12).all()
    assert np.linalg.norm(steps[-1].gradient) < 1e-6
    assert steps[-1].kl == pytest.approx(reverse_kl(steps[-1].q, TWO_HILLS)[0])


def test_reverse_fits_seek_modes_and_the_forward_fit_covers_them():
    starts = [Gaussian.from_std(-4.0, 1.0), Gaussian.from_std(4.0, 1.0)]
    right, left = reverse_fits(TWO_HILLS, starts)
    assert right.kl < left.kl
    # alone on a hill, q pays the log of the hill's weight and copies its shape
    assert right.kl == pytest.approx(-np.log(0.65), abs=0.1)
    assert left.kl == pytest.approx(-np.log(0.35), abs=0.2)
    assert right.q.mu_sigma() == pytest.approx((2.0, 1.2), abs=0.06)
    assert left.q.mu_sigma() == pytest.approx((-3.0, 0.5), abs=0.06)
    wide = forward_fit(TWO_HILLS)
    assert wide.mu_sigma()[1] > 2.4
    assert reverse_kl(wide, TWO_HILLS)[0] > right.kl


def test_reverse_fit_of_a_single_gaussian_finds_it():
    hill = Mixture.from_std([1.0], [7.0], [0.3])
    end = list(reverse_fit(hill, Gaussian.from_std(-5.0, 2.0)))[-1]
    assert end.q.mu_sigma() == pytest.approx((7.0, 0.3), abs=1e-6)
    assert end.kl == pytest.approx(0, abs=1e-9)


def test_the_quadrature_weights_are_a_standard_normal():
    assert divergence.PHI.sum() == pytest.approx(1, abs=1e-13)
    assert divergence.PHI @ divergence.Z**2 == pytest.approx(1, abs=1e-12)
