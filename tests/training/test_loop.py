"""The loop: batches cover the data, a resumed run is the unbroken run, the average follows."""

import math
from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from torch import nn

from explorer.checkpoints import blank
from explorer.models.vae import VAE, VAEConfig
from explorer.training.loop import (
    Plan,
    Training,
    follow,
    initialise,
    learning_rate,
    seeded,
)
from explorer.training.recipes import on_pairs, on_pictures

PLAN = Plan(epochs=3, batch=8, rate=3e-3, warm_up=4, seed=5)


def pictures(rows: int = 37) -> torch.Tensor:
    return torch.rand(rows, 784, generator=seeded(99))


def network(width: int = 16) -> VAE:
    return initialise(blank(VAE, VAEConfig(latents=2, width=width)), seeded(1))


def start(plan: Plan = PLAN) -> Training:
    return Training(network(), (pictures(),), on_pictures, plan)


@pytest.mark.parametrize("stop", [1, 4, 5, 9])
def test_a_resumed_run_has_the_losses_of_an_unbroken_one(stop):
    whole = start()
    expected = [step.loss for step in whole.run()]
    assert len(expected) == 12 and len(set(expected)) == 12
    first = start()
    before = [step.loss for _, step in zip(range(stop), first.run(), strict=False)]
    state = {name: value.clone() for name, value in first.state().items()}
    second = start()
    second.resume(state)
    assert before + [step.loss for step in second.run()] == expected
    for ours, theirs in ((second.model, whole.model), (second.average, whole.average)):
        for name, value in theirs.state_dict().items():
            assert torch.equal(ours.state_dict()[name], value), name


def test_two_runs_side_by_side_do_not_disturb_each_other():
    alone = [step.loss for step in start().run()]
    one, other = start().run(), start(replace(PLAN, seed=6)).run()
    together = [(a.loss, b.loss) for a, b in zip(one, other, strict=True)]
    assert [a for a, _ in together] == alone
    assert all(a != b for a, b in together)


def test_training_leaves_the_global_generator_alone():
    state = torch.random.get_rng_state().clone()
    for _step in start().run():
        pass
    assert torch.equal(state, torch.random.get_rng_state())


def test_each_epoch_sees_each_row_once_and_in_another_order():
    seen = []

    def record(model: nn.Module, batch: tuple, generator: torch.Generator) -> torch.Tensor:
        seen.append(batch[0][:, 0].clone())
        return sum(p.square().sum() for p in model.parameters())

    rows = torch.arange(40.0)[:, None].expand(40, 784)
    run = Training(network(4), (rows,), record, PLAN)
    assert [step.step for step in run.run()] == list(range(1, 16))
    epochs = [torch.cat(seen[i : i + 5]).tolist() for i in (0, 5, 10)]
    assert all(sorted(epoch) == list(range(40)) for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2]


def test_the_rate_rises_and_falls():
    plan = Plan(rate=2e-3, warm_up=10)
    rates = [learning_rate(plan, step, 110) for step in range(110)]
    assert rates[0] == pytest.approx(2e-4) and rates[9] == pytest.approx(2e-3)
    assert rates[10] == pytest.approx(2e-3)
    assert rates[60] == pytest.approx(2e-3 * (0.01 + 0.99 / 2))
    assert rates[-1] == pytest.approx(2e-5, rel=0.1)
    assert all(a > b for a, b in pairwise(rates[10:]))


def test_the_average_is_the_weighted_sum_of_what_it_saw():
    model, average = (blank(lambda _: nn.Linear(2, 1), None) for _ in range(2))
    with torch.no_grad():
        for parameter in (*model.parameters(), *average.parameters()):
            parameter.zero_()
    values = [1.0, 5.0, -2.0]
    for value in values:
        with torch.no_grad():
            model.weight.fill_(value)
        follow(average, model, 0.9)
    expected = 0.1 * (0.81 * 1 + 0.9 * 5 - 2)
    torch.testing.assert_close(average.weight, torch.full((1, 2), expected))
    follow(average, model, 0.0)
    assert torch.equal(average.weight, model.weight)


def layers() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 50, 5), nn.Linear(400, 30), nn.BatchNorm2d(4))


def test_initial_weights_follow_their_generator_and_their_fan_in():
    one, same, other = (
        initialise(blank(lambda _: layers(), None), seeded(n)).requires_grad_(False)
        for n in (1, 1, 2)
    )
    assert torch.equal(one[0].weight, same[0].weight)
    assert not torch.equal(one[0].weight, other[0].weight)
    assert one[0].weight.abs().max().item() == pytest.approx(1 / math.sqrt(75), rel=0.01)
    assert one[1].weight.abs().max().item() == pytest.approx(1 / 20, rel=0.01)
    assert float(one[1].weight.var()) == pytest.approx(1 / 400 / 3, rel=0.05)
    assert one[2].weight.tolist() == [1] * 4 and one[2].running_var.tolist() == [1] * 4
    with pytest.raises(TypeError, match="GRUCell"):
        initialise(blank(lambda _: nn.GRUCell(2, 2), None), seeded(0))


def test_training_lowers_the_loss():
    run = start(replace(PLAN, epochs=60))
    losses = [step.loss for step in run.run()]
    assert sum(losses[-20:]) / 20 < sum(losses[:5]) / 5 - 1


def test_states_of_another_model_are_refused():
    state = start().state()
    wider = Training(network(20), (pictures(),), on_pictures, PLAN)
    with pytest.raises(RuntimeError, match="size mismatch"):
        wider.resume(state)
    with pytest.raises(KeyError):
        start().resume({"step": torch.tensor(3)})


def test_pairs_reach_the_model_together():
    class Probe(nn.Module):
        def loss(self, x: torch.Tensor, y: torch.Tensor, generator: object) -> torch.Tensor:
            assert torch.equal(x[:, 0], y)
            return x.sum()

    y = torch.arange(6.0)
    assert on_pairs(Probe(), (y[:, None], y), None) == 15


def test_the_noise_is_new_at_every_step_and_in_every_run():
    def seeds(seed: int) -> list[int]:
        found: list[int] = []

        def record(model: nn.Module, batch: tuple, generator: torch.Generator) -> torch.Tensor:
            found.append(generator.initial_seed())
            return sum(p.square().sum() for p in model.parameters())

        for _step in Training(network(), (pictures(),), record, replace(PLAN, seed=seed)).run():
            pass
        return found

    assert len({*seeds(5), *seeds(6)}) == 24
    assert seeds(5) == seeds(5)
