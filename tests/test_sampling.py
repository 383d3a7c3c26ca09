"""The shared sampling service: the same pictures alone and in a crowd, fair, and it lets go."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from explorer import sampling
from explorer.checkpoints import blank
from explorer.inference import Network
from explorer.models.diffusion.unet import UNet, UNetConfig
from explorer.sampling import Library, Look, Service, Wish, films, kept, seeds, walk
from explorer.training import worker
from explorer.training.loop import initialise, seeded


@pytest.fixture(scope="module")
def network() -> Network:
    """An untrained network does: what it says depends on everything it is told."""
    model = initialise(blank(UNet, UNetConfig(channels=8, width=16)), seeded(1)).eval()
    return Network(model.requires_grad_(False), {})


WISH = Wish(labels=(3, -1, 7), starts=seeds(5, 3), steps=6, gamma=2.5)


def wait(job: worker.Job, seconds: float = 60) -> list:
    end = time.monotonic() + seconds
    while not job.over and time.monotonic() < end:
        job.poll()
        time.sleep(0.005)
    assert job.over
    return job.poll()


def until(holds: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_a_picture_depends_on_its_own_seed_alone(network):
    """Not on its neighbours in the grid, nor on its place there; noise of each step included."""
    for wish in (WISH, replace(WISH, sampler="ddpm"), replace(WISH, eta=0.7)):
        whole = list(walk(network.model, wish))[-1].after
        for n in range(3):
            alone = replace(wish, labels=wish.labels[n : n + 1], starts=wish.starts[n : n + 1])
            np.testing.assert_allclose(
                list(walk(network.model, alone))[-1].after[0], whole[n], atol=2e-4
            )
    other = replace(WISH, starts=seeds(6, 3))
    np.testing.assert_allclose(
        next(iter(walk(network.model, other))).x[:2], next(iter(walk(network.model, WISH))).x[1:]
    )


def test_labels_gamma_window_and_negative_label_all_matter(network):
    base = list(walk(network.model, WISH))[-1].after
    changes = [
        {"labels": (3, -1, 8)},
        {"gamma": 0.0},
        {"negative": 3},
        {"window": (300, 600)},
        {"sampler": "heun"},
        {"steps": 7},
    ]
    for change in changes:
        made = list(walk(network.model, replace(WISH, **change)))[-1].after
        moved = abs(made - base).max(axis=1) > 1e-4
        expected = {
            "labels": [0, 0, 1],
            "gamma": [1, 0, 1],  # where no label is given, both branches say the same
            "window": [1, 0, 1],
        }.get(next(iter(change)), [1, 1, 1])
        np.testing.assert_array_equal(moved, np.array(expected, bool), err_msg=str(change))
    nowhere = list(walk(network.model, replace(WISH, window=(1001, 1001))))[-1].after
    conditional = list(walk(network.model, replace(WISH, gamma=1.0)))[-1].after
    np.testing.assert_allclose(nowhere, conditional, atol=1e-5)


def test_starts_between_two_seeds_lie_on_a_great_circle(network):
    ends = [sampling.start_noise((s, s, 0.0), 784) for s in (4, 9)]
    for share in (0.0, 0.25, 0.5, 1.0):
        found = sampling.start_noise((4, 9, share), 784)
        length = (1 - share) * np.linalg.norm(ends[0]) + share * np.linalg.norm(ends[1])
        assert np.linalg.norm(found) == pytest.approx(length, rel=1e-3)
    for end, share in zip(ends, (0.0, 1.0), strict=True):
        np.testing.assert_allclose(sampling.start_noise((4, 9, share), 784), end, atol=1e-9)


def test_films_keep_some_steps_and_always_the_last(network):
    parts = list(films(network.model, [WISH, replace(WISH, steps=2)], looks=4))
    assert [(p.index, p.step, p.steps) for p in parts] == [
        *((0, n, 6) for n in range(1, 7)),
        *((1, n, 2) for n in (1, 2)),
    ]
    kept = [(p.index, p.step) for p in parts if p.look is not None]
    assert kept == [(0, 1), (0, 3), (0, 4), (0, 6), (1, 1), (1, 2)]
    assert [p.step for p in films(network.model, [WISH], looks=1) if p.look] == [6]


def test_askers_share_calls_and_get_what_they_would_get_alone(network):
    """While the first call is held up, the questions of the others gather; they go together."""
    service, gate = Service(), threading.Event()
    slow = Slow(network.model, gate)
    wishes = [replace(WISH, starts=seeds(10 * n, 3)) for n in range(5)]
    jobs = [service.submit(lambda share, w=w: walk(share(Network(slow, {})), w)) for w in wishes]
    time.sleep(0.2)
    gate.set()
    for job, wish in zip(jobs, wishes, strict=True):
        looks = wait(job)
        assert job.state == "done" and [look.step for look in looks] == [1, 2, 3, 4, 5, 6]
        alone = list(walk(network.model, wish))
        for ours, theirs in zip(looks, alone, strict=True):
            np.testing.assert_allclose(ours.after, theirs.after, atol=2e-4)
    assert max(service.calls) >= 3 and sum(service.calls) == 5 * 6
    assert len(service.calls) < 30, "nobody shared a call"


class Slow:
    """A network whose first call waits for the gate."""

    def __init__(self, model: UNet, gate: threading.Event) -> None:
        self.model, self.gate = model, gate
        self.config, self.schedule = model.config, model.schedule

    def __call__(self, x: torch.Tensor, t: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        self.gate.wait()
        return self.model(x, t, y)


def test_no_call_is_larger_than_it_may_be(network):
    sizes: list[int] = []
    gate = threading.Event()

    class Counting(Slow):
        def __call__(self, x, t, y):
            sizes.append(len(x))
            return super().__call__(x, t, y)

    service, counting = Service(), Counting(network.model, gate)
    many = Wish(labels=(1,) * 50, starts=seeds(0, 50), steps=2)
    jobs = [service.submit(lambda share: walk(share(Network(counting, {})), many))]
    until(lambda: service.calls)  # it is being answered; the others gather meanwhile
    jobs += [
        service.submit(lambda share: walk(share(Network(counting, {})), many)) for _ in range(5)
    ]
    until(lambda: len(service._questions) == 5)
    gate.set()
    for job in jobs:
        wait(job)
    assert max(sizes) == 100 and sum(sizes) == 6 * 2 * 50


def test_askers_of_two_networks_do_not_meet(network):
    """Digits and clothes at once: each question goes to its own network."""
    model = initialise(blank(UNet, UNetConfig(channels=8, width=16)), seeded(2)).eval()
    other = Network(model.requires_grad_(False), {})
    service, gate = Service(), threading.Event()
    slow = Network(Slow(network.model, gate), {})
    first = service.submit(lambda share: walk(share(slow), WISH))
    until(lambda: service.calls)
    asked = [network, other, network, other]
    jobs = [service.submit(lambda share, n=n: walk(share(n), WISH)) for n in asked]
    until(lambda: len(service._questions) == 4)
    gate.set()
    wait(first)
    ends = [wait(job)[-1].after for job in jobs]
    alone = {id(n): list(walk(n.model, WISH))[-1].after for n in (network, other)}
    assert abs(alone[id(network)] - alone[id(other)]).max() > 0.1
    for net, end in zip(asked, ends, strict=True):
        np.testing.assert_allclose(end, alone[id(net)], atol=2e-4)


def test_more_jobs_than_places_wait_in_line(network):
    service, gate = Service(most=2), threading.Event()
    slow = Network(Slow(network.model, gate), {})
    jobs = [service.submit(lambda share: walk(share(slow), WISH)) for _ in range(5)]
    time.sleep(0.1)
    assert [service.place(job) for job in jobs] == [0, 0, 1, 2, 3]
    assert service.others(jobs[0]) == 4
    jobs[2].stop()
    gate.set()
    for job in jobs:
        wait(job)
    assert [job.state for job in jobs] == ["done", "done", "stopped", "done", "done"]
    assert jobs[2].results == []


def test_a_job_that_nobody_polls_is_dropped(network):
    now = [0.0]
    service = Service(clock=lambda: now[0])
    gate = threading.Event()
    slow = Network(Slow(network.model, gate), {})
    job = service.submit(lambda share: walk(share(slow), replace(WISH, steps=500)))
    time.sleep(0.1)
    now[0] = worker.PATIENCE + 1  # its tab was closed long ago
    gate.set()
    end = time.monotonic() + 20
    while not job.over and time.monotonic() < end:
        time.sleep(0.01)
    assert job.state == "stopped" and len(job.results) < 500


def test_a_failure_reaches_its_own_asker_and_the_service_goes_on(network):
    class Broken(Slow):
        def __call__(self, x, t, y):
            raise RuntimeError("no memory")

    service = Service()
    gate = threading.Event()
    bad = service.submit(lambda share: walk(share(Network(Broken(network.model, gate), {})), WISH))
    good = service.submit(lambda share: walk(share(network), WISH))
    wait(bad), wait(good)
    assert bad.state == "failed" and isinstance(bad.error, RuntimeError)
    assert good.state == "done" and len(good.results) == 6


def test_a_film_is_what_the_walk_shows_in_one_block(network):
    walked = [look for look in walk(network.model, WISH) if look.step in kept(WISH.steps, 4)]
    film = [part.look for part in films(network.model, [WISH], 4) if part.look is not None]
    assert [look.step for look in film] == [look.step for look in walked] == kept(WISH.steps, 4)
    assert [(look.t, look.s) for look in film] == [(look.t, look.s) for look in walked]
    for name in ("x", "noise", "clean", "after"):
        ours, theirs = ([getattr(look, name) for look in looks] for looks in (film, walked))
        assert np.array_equal(ours, theirs) and ours[0].dtype == np.float32
    assert len({id(look.noise.base) for look in film}) == 1


def test_the_library_forgets_what_was_unused_for_longest():
    def film(size: int) -> tuple[Look, ...]:
        array = np.zeros((1, size), np.float32)
        return (Look(1, 1, 2, 0, array, array, array, array),)

    library = Library(most=3 * 4 * 4 * 100)  # three films of 100 numbers, four arrays each
    for name in "abc":
        library.put(name, film(100))
    assert library.get("a") is not None
    library.put("d", film(100))
    assert [library.get(name) is not None for name in "abcd"] == [True, False, True, True]
    library.put("large", film(1000))
    assert library.get("large") is not None and library.get("a") is None
