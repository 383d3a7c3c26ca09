"""Landscapes against finite differences, walks against linear algebra and the papers' formulas."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy.optimize import rosen, rosen_der, rosen_hess

from explorer.models.descent import (
    FAR,
    OPTIMISERS,
    Step,
    adam,
    gradient_descent,
    longest_rate,
    momentum,
    walk,
)
from explorer.models.surfaces import Bowl, Rosenbrock, curvature

BOWL = Bowl(steep=13.0, turn=25.0)
START = (-1.3, 2.1)
PLACES = some.tuples(some.floats(-3, 3), some.floats(-3, 3))


def matrix(surface, x=0.0, y=0.0) -> np.ndarray:
    xx, xy, yy = surface.hessian(x, y)
    return np.array([[xx, xy], [xy, yy]])


def ends(rule, surface, start, rate, at_most, *more) -> Step:
    return list(walk(rule(surface, start, rate, *more), at_most))[-1]


# ---- landscapes --------------------------------------------------------------------------------


@given(place=PLACES)
def test_rosenbrock_is_scipys(place):
    surface = Rosenbrock()
    assert surface.value(*place) == pytest.approx(rosen(place), rel=1e-12)
    np.testing.assert_allclose(surface.gradient(*place), rosen_der(np.array(place)), atol=1e-9)
    np.testing.assert_allclose(matrix(surface, *place), rosen_hess(np.array(place)), atol=1e-9)


@given(place=PLACES, steep=some.floats(1, 100), turn=some.floats(0, 90))
def test_the_bowl_is_its_own_quadratic(place, steep, turn):
    bowl, p = Bowl(steep, turn), np.array(place)
    hessian = matrix(bowl)
    np.testing.assert_allclose(np.linalg.eigvalsh(hessian), [1, steep], rtol=1e-9)
    assert bowl.value(*place) == pytest.approx(p @ hessian @ p / 2, rel=1e-9, abs=1e-9)
    np.testing.assert_allclose(bowl.gradient(*place), hessian @ p, rtol=1e-9, atol=1e-9)
    flat = np.array([np.cos(np.radians(turn)), np.sin(np.radians(turn))])
    assert bowl.value(*flat) == pytest.approx(0.5)  # curvature 1 in the direction it is turned to


@given(place=PLACES)
def test_curvature_is_the_larger_eigenvalue(place):
    for surface in (Rosenbrock(), BOWL):
        largest = np.linalg.eigvalsh(matrix(surface, *place))[-1]
        assert curvature(surface, *place) == pytest.approx(largest, rel=1e-9, abs=1e-6)


@pytest.mark.parametrize("level", [0.07, 1.0, 40.0, 900.0])
@pytest.mark.parametrize("surface", [Rosenbrock(), BOWL], ids=["valley", "bowl"])
def test_contours_lie_on_their_level_and_close(surface, level):
    curve = surface.contour(level, -2.7, 2.7)
    inner = curve[abs(curve[:, 0]) < 2.69] if isinstance(surface, Rosenbrock) else curve
    heights = [surface.value(*p) for p in inner.tolist()]
    assert len(heights) > 60
    np.testing.assert_allclose(heights, level, rtol=1e-9)
    if isinstance(surface, Rosenbrock) and level < 1:
        np.testing.assert_allclose(curve[0], curve[-1], atol=1e-9)
        assert np.ptp(curve[:, 0]) == pytest.approx(2 * math.sqrt(level))


# ---- walks -------------------------------------------------------------------------------------


def test_the_classic_walk_down_rosenbrocks_valley():
    steps = list(walk(gradient_descent(Rosenbrock(), (0.0, 2.0), 0.001), 10_000))
    assert (steps[0].gx, steps[0].gy, steps[0].value) == (-2.0, 400.0, 401.0)
    assert (steps[1].x, steps[1].y) == (0.002, 1.6)
    end = steps[-1]
    assert (len(steps), end.step, end.stop) == (10_001, 10_000, "steps")
    assert (end.x, end.y) == pytest.approx((0.99448, 0.98896), abs=5e-5)  # printed in float32


@pytest.mark.parametrize("count", [0, 1, 7, 60])
def test_gradient_descent_on_a_bowl_is_a_power_of_a_matrix(count):
    end = ends(gradient_descent, BOWL, START, 0.11, count)
    exact = np.linalg.matrix_power(np.eye(2) - 0.11 * matrix(BOWL), count) @ START
    np.testing.assert_allclose([end.x, end.y], exact, rtol=1e-9, atol=1e-12)
    assert end.step == count


@pytest.mark.parametrize("beta", [0.0, 0.6, 0.93])
def test_momentum_on_a_bowl_is_a_power_of_a_larger_matrix(beta):
    hessian, one, rate = matrix(BOWL), np.eye(2), 0.04
    step = np.block([[one - rate * hessian, -rate * beta * one], [hessian, beta * one]])
    end = ends(momentum, BOWL, START, rate, 30, beta)
    exact = np.linalg.matrix_power(step, 30) @ [*START, 0, 0]
    np.testing.assert_allclose([end.x, end.y], exact[:2], rtol=1e-9)


def test_adam_is_algorithm_1_of_its_paper():
    p, m, v = np.array(START), np.zeros(2), np.zeros(2)
    for t in range(1, 41):
        g = rosen_der(p)
        m, v = 0.8 * m + 0.2 * g, 0.999 * v + 0.001 * g**2
        p = p - 0.05 * (m / (1 - 0.8**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    end = ends(adam, Rosenbrock(), START, 0.05, 40, 0.8)
    np.testing.assert_allclose([end.x, end.y], p, rtol=1e-9)


def test_adams_first_step_has_the_same_length_steep_or_flat():
    for surface in (Bowl(1.0, 0.0), Bowl(90.0, 10.0), Rosenbrock()):
        first = ends(adam, surface, START, 0.1, 1)
        assert abs(first.x - START[0]) == pytest.approx(0.1, rel=1e-6)
        assert abs(first.y - START[1]) == pytest.approx(0.1, rel=1e-6)


@pytest.mark.parametrize("steep", [1.0, 7.0, 60.0])
@pytest.mark.parametrize(("rule", "beta"), [("sgd", 0.0), ("momentum", 0.5), ("momentum", 0.9)])
def test_the_longest_rate_is_exactly_where_walks_begin_to_run_away(rule, beta, steep):
    bowl = Bowl(steep, 40.0)
    edge = longest_rate(curvature(bowl, *START), beta)
    assert edge == pytest.approx(2 * (1 + beta) / steep)
    under = ends(OPTIMISERS[rule], bowl, START, 0.98 * edge, 20_000, beta)
    over = ends(OPTIMISERS[rule], bowl, START, 1.02 * edge, 20_000, beta)
    assert under.stop == "flat" and math.hypot(under.x, under.y) < 1e-10
    assert over.stop == "diverged" and max(abs(over.x), abs(over.y)) >= FAR


def test_ground_that_curves_downwards_sets_no_limit():
    assert curvature(Bowl(), 0, 0) > 0 and longest_rate(-3.0) == longest_rate(0.0) == math.inf


# ---- the end of a walk -------------------------------------------------------------------------


@pytest.mark.parametrize("rule", OPTIMISERS.values(), ids=OPTIMISERS)
@pytest.mark.parametrize("rate", [0.5, 1e3, 1e150, 1e300, math.inf])
@pytest.mark.parametrize("surface", [Rosenbrock(), Bowl(100.0, 0.0)], ids=["valley", "bowl"])
def test_no_rate_is_answered_with_an_exception_or_a_warning(rule, rate, surface):
    with warnings.catch_warnings(), np.errstate(all="raise"):
        warnings.simplefilter("error")
        steps = list(walk(rule(surface, START, rate, 0.9), 50))
    assert steps[-1].stop in ("steps", "diverged", "overflow")
    assert not any(step.stop for step in steps[:-1])
    if rate >= 1e150 or (rate == 1e3 and rule is not adam):
        assert steps[-1].stop != "steps" and len(steps) <= 3
    if rate == math.inf:
        assert steps[-1].stop == "overflow"


def test_every_end_has_its_name():
    bowl = Bowl()
    assert ends(gradient_descent, bowl, (0.0, 0.0), 0.1, 50) == Step(0, 0, 0, 0, 0, 0, "flat")
    assert ends(gradient_descent, bowl, START, 0.05, 3).stop == "steps"
    assert ends(gradient_descent, bowl, START, 0.2, 100).stop == "diverged"
    assert ends(gradient_descent, bowl, (math.nan, 1.0), 0.1, 100).stop == "overflow"


def test_records_cannot_be_changed():
    step = next(gradient_descent(BOWL, START, 0.1))
    with pytest.raises(AttributeError):
        step.x = 3.0
