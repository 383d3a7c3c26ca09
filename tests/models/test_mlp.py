"""The small network: gradients, the law of its updates, its start, its end, and its bridge."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from explorer.data import registry
from explorer.models import mlp
from explorer.training import small, worker

SINE = registry.load("noisy_sine").values


def problem(classes: bool) -> tuple[torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(40, 2))
    y = rng.integers(0, 3, 40) if classes else x[:, :1] * x[:, 1:] + 0.1 * rng.normal(size=(40, 1))
    return torch.from_numpy(x), torch.from_numpy(y)


def config(classes: bool, activation: str, depth: int, **more: object) -> mlp.MLPConfig:
    return mlp.MLPConfig(
        2, 3 if classes else 1, width=5, depth=depth, activation=activation, classes=classes, **more
    )


@pytest.mark.parametrize("depth", [1, 2])
@pytest.mark.parametrize("activation", sorted(mlp.ACTIVATIONS))
@pytest.mark.parametrize("classes", [False, True], ids=["numbers", "classes"])
def test_an_update_is_a_step_along_the_finite_difference_of_the_loss(classes, activation, depth):
    x, y = problem(classes)
    rate = 0.05
    run = list(mlp.train(x, y, config(classes, activation, depth, rate=rate, steps=1)))
    before, after = run[0].weights, run[1].weights
    h = 1e-6
    for place, weight in enumerate(before):
        for index in np.ndindex(*weight.shape):
            ends = []
            for sign in (1, -1):
                moved = [w.clone() for w in before]
                moved[place][index] += sign * h
                out = mlp.forward(moved, x, activation)
                ends.append(float(mlp.loss(out, y, classes)))
            slope = (ends[0] - ends[1]) / (2 * h)
            assert float(after[place][index]) == pytest.approx(
                float(weight[index]) - rate * slope, abs=1e-8
            )


def test_the_losses_are_those_of_an_optimiser_of_torch():
    """Twenty updates of torch.optim.SGD on torch's own layers, from the same start."""
    x, y = problem(False)
    plan = config(False, "tanh", 2, rate=0.1, steps=20)
    layers = [torch.nn.Linear(a, b).double() for a, b in ((2, 5), (5, 5), (5, 1))]
    twin = torch.nn.Sequential(layers[0], torch.nn.Tanh(), layers[1], torch.nn.Tanh(), layers[2])
    with torch.no_grad():
        for theirs, ours in zip(twin.parameters(), mlp.start(plan), strict=True):
            theirs.copy_(ours)
    optimiser = torch.optim.SGD(twin.parameters(), lr=0.1)
    for update in mlp.train(x, y, plan):
        loss = ((twin(x) - y) ** 2).mean()
        assert update.loss == pytest.approx(float(loss.detach()), rel=1e-12)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()


def test_cross_entropy_is_in_nats():
    logits, y = torch.tensor([[2.0, 0.0, -1.0]]), torch.tensor([1])
    expected = -math.log(1 / (math.exp(2) + 1 + math.exp(-1)))
    assert float(mlp.loss(logits, y, True)) == pytest.approx(expected, rel=1e-6)
    assert float(mlp.loss(logits[:, :1], torch.ones(1, 1), False)) == pytest.approx(1.0)
    assert float(F.softmax(logits, 1)[0, 1]) == pytest.approx(math.exp(-expected), rel=1e-6)


def test_the_start_depends_on_the_seed_alone_and_keeps_its_bounds():
    plan = mlp.MLPConfig(4, 2, width=300, depth=2, seed=7)
    before = torch.get_rng_state()
    one, two = mlp.start(plan), mlp.start(plan)
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(a, b) for a, b in zip(one, two, strict=True))
    other = mlp.start(mlp.MLPConfig(4, 2, width=300, depth=2, seed=8))
    assert not torch.equal(one[0], other[0])
    for weight, fan_in in zip(one, (4, 4, 300, 300, 300, 300), strict=True):
        bound = 1 / math.sqrt(fan_in)
        assert float(weight.abs().max()) <= bound
        if weight.numel() > 200:  # the standard deviation of a uniform distribution
            assert float(weight.std()) == pytest.approx(bound / math.sqrt(3), rel=0.1)


@pytest.mark.parametrize("steps", [1, 2, 10, 100, 1000, 10_000])
def test_kept_steps_hold_both_ends_and_are_few(steps):
    kept = sorted(mlp.kept(steps))
    assert kept[:2] == [0, 1] and kept[-1] == steps
    assert len(kept) <= 41
    gaps = np.diff(kept)
    assert (gaps[1:] >= gaps[:-1] - 1 - 0.1 * gaps[:-1]).all()  # ever wider, up to rounding


def test_weights_are_copies_and_only_at_kept_steps():
    x, y = problem(False)
    plan = config(False, "tanh", 1, steps=200)
    run = list(mlp.train(x, y, plan))
    assert [update.step for update in run] == list(range(201))
    assert {update.step for update in run if update.weights} == mlp.kept(200)
    for update in run:
        if update.weights:
            again = float(mlp.loss(mlp.forward(update.weights, x, "tanh"), y, False))
            assert update.loss == pytest.approx(again, rel=1e-12)


def test_a_rate_that_is_too_large_explodes_and_ends():
    run = small.Run(small.regression(*SINE.T), rate=3.0)
    records = list(run.train())
    assert records[-1].exploded and len(records) < 12
    assert records[-1].loss > mlp.EXPLODED * records[0].loss
    assert not any(record.exploded for record in records[:-1])
    assert records[-1].weights is not None


# --- the bridge ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["moons", "rings"])
def test_numpy_and_torch_agree_on_losses_of_classes(name):
    table = registry.load(name)
    run = small.Run(small.classification(table.values, table.groups), steps=300, rate=1.0)
    for record in run.train():
        if record.weights is not None:
            assert record.loss == pytest.approx(run.measure(record.weights), rel=1e-9)
    assert len(run.task.x) == small.MOST
    assert len(run.task.unseen_x) == len(table.values) - small.MOST
    assert not set(map(tuple, run.task.x)) & set(map(tuple, run.task.unseen_x))
    probabilities = run.predict(record.weights, run.task.unseen_x)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-12)
    guess = probabilities.argmax(axis=1)
    assert run.accuracy(record.weights, True) == np.mean(guess == run.task.unseen_y)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e9])
def test_losses_are_in_the_units_of_the_data(scale):
    """Whatever the units, the network sees the same standardised numbers."""
    x, y = SINE.T
    plain = list(small.Run(small.regression(x, y), steps=50).train())
    other = list(small.Run(small.regression(5 + scale * x, scale * y - 3), steps=50).train())
    for a, b in zip(plain, other, strict=True):
        assert b.loss == pytest.approx(scale**2 * a.loss, rel=1e-4)


def test_the_slope_is_the_finite_difference():
    run = small.Run(small.regression(*SINE.T), steps=20)
    weights = list(run.train())[-1].weights
    ends = []
    for sign in (1, -1):
        moved = [weight.copy() for weight in weights]
        moved[0][0, 0] += sign * 1e-6
        ends.append(run.measure(moved))
    assert run.slope(weights) == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-5)


def test_the_count_of_weights():
    task = small.regression(*SINE.T)
    assert small.Run(task).parameters == 31
    for width, depth in ((1, 1), (7, 2), (50, 2)):
        run = small.Run(task, width=width, depth=depth)
        assert run.parameters == sum(w.size for w in next(run.train()).weights)


def test_a_network_reaches_the_noise_and_one_unit_cannot():
    """Noise that is uniform on [0, 1) has variance 1/12; the best step of one unit leaves more."""
    task = small.regression(*SINE.T)
    enough = list(small.Run(task, steps=3000).train())[-1].loss
    one = list(small.Run(task, width=1, steps=3000).train())[-1].loss
    assert 0.9 / 12 < enough < 1.05 / 12
    assert one > 2 / 12


def test_two_learners_with_the_same_seed_get_the_same_losses():
    """In turns on one thread, among others, and alone."""
    task = small.regression(*SINE.T)
    run, other = small.Run(task, steps=400), small.Run(task, steps=400, seed=1, activation="relu")
    jobs = [worker.submit(r.train) for r in (run, other, run)]
    alone = [record.loss for record in run.train()]
    deadline = worker.time.monotonic() + 120
    while not all(job.over for job in jobs):
        assert worker.time.monotonic() < deadline
        for job in jobs:
            job.poll()
        worker.time.sleep(0.01)
    first, different, second = ([record.loss for record in job.results] for job in jobs)
    assert first == second == alone
    assert different != first
