"""Gradients by walking backwards, against slopes that know nothing of graphs."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as some

from explorer.models.autograd import Value
from explorer.models.expressions import EXPRESSIONS, central_differences

NUMBERS = some.floats(-2.5, 2.5)


def run(out: Value) -> list[Value]:
    return list(out.backward())


def everything(x: Value, y: Value) -> Value:
    """Every operation, every order of number and node, and nodes used more than once."""
    a = 3 * x - y * 0.5 + 1.5
    b = (2 - x) * (x + y) - (-y) ** 3
    c = (a * b).sin() + (a / (b**2 + 4)).tanh()
    return 7 + c * a - b / 3 + x**0


def plainly(x: float, y: float) -> float:
    a = 3 * x - y * 0.5 + 1.5
    b = (2 - x) * (x + y) + y**3
    c = math.sin(a * b) + math.tanh(a / (b * b + 4))
    return 7 + c * a - b / 3 + 1


@given(x=NUMBERS, y=NUMBERS)
def test_value_and_gradient_of_everything_at_once(x, y):
    one, two = Value(x), Value(y)
    out = everything(one, two)
    run(out)
    assert out.data == pytest.approx(plainly(x, y), rel=1e-9, abs=1e-9)
    slopes = central_differences(plainly, x, y, 1e-6)
    assert [one.grad, two.grad] == pytest.approx(slopes, rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("name", EXPRESSIONS)
@given(x=NUMBERS, y=NUMBERS)
def test_each_expression_is_its_plain_formula(name, x, y):
    expression = EXPRESSIONS[name]
    nodes = expression.build(x, y)
    out = nodes[next(reversed(nodes))]
    run(out)
    assert out.data == pytest.approx(expression.plain(x, y), rel=1e-12, abs=1e-12)
    slopes = central_differences(expression.plain, x, y)
    found = [nodes[letter].grad for letter in expression.inputs]
    assert found == pytest.approx(slopes, rel=1e-6, abs=1e-5)
    assert set(expression.texts) | set(expression.inputs) == set(nodes)
    assert {id(node) for node in out.history()} == {id(node) for node in nodes.values()}


def test_rosenbrock_at_the_classic_start():
    nodes = EXPRESSIONS["rosenbrock"].build(0.0, 2.0)
    run(nodes["z"])
    assert (nodes["z"].data, nodes["x"].grad, nodes["y"].grad) == (401.0, -2.0, 400.0)


def test_a_number_used_three_times_gets_three_shares():
    x = Value(3.0)
    out = x * x * x + x
    run(out)
    assert (out.data, x.grad) == (30.0, 28.0)  # 3 x^2 + 1


def test_nothing_is_passed_on_before_all_of_it_has_arrived():
    """a is used at once and again two steps later; handed on early, x would get too little."""
    x = Value(2.0)
    a = x * 5
    out = a + (a * 3).sin() * a
    complete = []
    for node in out.backward():
        complete.append((node, node.grad))
    assert all(node.grad == then for node, then in complete)
    u = 10.0
    assert x.grad == pytest.approx(5 * (1 + math.sin(3 * u) + 3 * u * math.cos(3 * u)))


def test_history_has_each_node_once_and_after_its_parents():
    x, y = Value(0.7), Value(-1.2)
    order = everything(x, y).history()
    place = {id(node): index for index, node in enumerate(order)}
    assert len(place) == len(order)
    for node in order:
        assert all(place[id(parent)] < place[id(node)] for parent in node.parents)


def test_a_second_walk_back_starts_afresh_and_leaves_the_values():
    x = Value(1.5)
    out = x.sin() * x
    run(out)
    first = x.grad
    run(out)
    assert x.grad == first == pytest.approx(math.sin(1.5) + 1.5 * math.cos(1.5))


def test_inputs_get_their_gradient_only_at_the_end():
    x, y = Value(2.0), Value(-1.0)
    out = x * y + x.sin()
    walk = out.backward()
    assert next(walk) is out and (out.grad, x.grad, y.grad) == (1.0, 0.0, 0.0)
    list(walk)
    assert (x.grad, y.grad) == (pytest.approx(-1 + math.cos(2)), 2.0)


def test_constants_are_no_nodes():
    x = Value(4.0)
    assert [node.operation for node in (2 * x + 1).history()] == ["", "× 2", "+ 1"]


def test_a_very_long_computation_is_walked_without_recursion():
    x = Value(1.0)
    out = x
    for _ in range(20_000):
        out = out + x * 0.5
    run(out)
    assert (out.data, x.grad) == (10_001.0, 10_001.0)
