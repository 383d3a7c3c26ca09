"""The pictures of `divergence` hold the divergences they claim to hold."""

import numpy as np
import pytest

from explorer.figures import divergence as figures
from explorer.models.divergence import elbo, kl_discrete, kl_gaussian, reverse_kl
from explorer.models.forward_kl import forward_kl
from explorer.models.gaussian import Gaussian
from explorer.models.mixture import Mixture

P, Q = Gaussian.from_std(-0.5, 0.8), Gaussian.from_std(1.5, 1.5)
MIXTURE = Mixture.from_std([0.3, 0.7], [-2, 1.5], [0.6, 1.3])


@pytest.mark.parametrize("way", ["pq", "qp"])
def test_signed_areas_make_the_divergence(way):
    plus, minus, curve = figures.bells(P, Q, way).data[:3]
    x = np.asarray(plus.x)
    expected = kl_gaussian(P, Q) if way == "pq" else kl_gaussian(Q, P)
    assert np.trapezoid(curve.y, x) == pytest.approx(expected, rel=2e-3)
    np.testing.assert_allclose(np.add(plus.y, minus.y), curve.y)
    assert min(plus.y) == 0 and max(minus.y) == 0


@pytest.mark.parametrize("way", ["pq", "qp"])
def test_bars_add_up(way):
    p, q = [0.5, 0.3, 0.2], [0.1, 0.3, 0.6]
    parts = figures.bars(p, q, way).data[2]
    total = kl_discrete(p, q) if way == "pq" else kl_discrete(q, p)
    assert sum(parts.y[:-1]) == pytest.approx(total) == pytest.approx(parts.y[-1])
    assert parts.text[-1] == f"{total:+.4f}" and parts.text[1] == "+0.0000"


def test_an_infinite_bar_says_so():
    parts = figures.bars([0.7, 0.3], [1.0, 0.0], "pq").data[2]
    assert list(parts.text[1:]) == ["∞", "∞"] and np.isfinite(parts.y).all()
    assert "∞" not in figures.bars([0.7, 0.3], [1.0, 0.0], "qp").data[2].text


@pytest.mark.parametrize(("x", "q"), [(-0.9, 0.5), (-0.9, 0.95), (-2.2, 0.05), (4.0, 1.0)])
def test_elbo_bar_and_gap_reach_the_evidence(x, q):
    figure = figures.bound(MIXTURE, x, q)
    solid, hatched = (t for t in figure.data if t.type == "bar")
    split = elbo([q, 1 - q], [x], MIXTURE)
    floor = figure.layout.yaxis2.range[0]
    assert solid.base[0] + solid.y[0] == pytest.approx(max(split.elbo, floor))
    assert hatched.base[0] == pytest.approx(max(split.elbo, floor))
    assert hatched.base[0] + hatched.y[0] == pytest.approx(split.log_evidence)
    curve = next(t for t in figure.data if t.xaxis == "x2" and t.type == "scatter" and len(t.x) > 9)
    exact = [elbo([g, 1 - g], [x], MIXTURE).elbo for g in curve.x]
    np.testing.assert_allclose(curve.y, exact, rtol=1e-10)
    assert max(curve.y) <= split.log_evidence + 1e-12


def test_film_of_descent_is_the_density_of_each_step():
    fit = figures.fitting(MIXTURE, Gaussian.from_std(0.0, 2.5))
    x = fit.figure.data[0].x
    np.testing.assert_allclose(fit.figure.data[0].y, MIXTURE.prob(x))
    np.testing.assert_allclose(fit.figure.data[1].y, MIXTURE.moments().prob(x))
    for step, frame in zip(fit.steps, fit.figure.frames, strict=True):
        np.testing.assert_allclose(frame.data[0].y, step.q.prob(x))
        assert frame.data[2].y[0] == pytest.approx(reverse_kl(step.q, MIXTURE)[0])
        backward, forward = step.kl, forward_kl(MIXTURE, step.q)
        text = f"KL(q‖p) = {backward:.3f}<br>KL(p‖q) = {forward:.3f}"
        assert frame.data[3].text == text or list(frame.data[3].text) == [text]
    assert len(fit.steps) > 12 and fit.steps[-1].iteration < 150  # worth watching, and it ends
    assert abs(fit.steps[-1].gradient).max() < 1e-3
    assert fit.steps[0].iteration == 0 and fit.steps[-1].kl == min(s.kl for s in fit.steps)
