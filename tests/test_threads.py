"""Whoever computes with torch does so on one core, on whichever of Python's threads it runs."""

import ctypes
import sys
import threading
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from explorer.inference import Network
from explorer.sampling import Service
from explorer.training.small import Run, regression
from explorer.training.small_points import predict
from explorer.training.worker import Worker
from tests.test_sampling import wait

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="asks OpenMP's library by name")


def cores() -> int:
    """How many OpenMP, and MKL with it, would use here; torch's own question would change it."""
    return ctypes.CDLL(None).omp_get_max_threads()


class Counting:
    """A network that notes the cores of every call."""

    config = schedule = None

    def __init__(self) -> None:
        self.cores: list[int] = []

    def __call__(self, x, *_more):
        self.cores.append(cores())
        return x

    encode = decode = __call__


def by_network() -> list[int]:
    net = Counting()
    Network(net, {}).encode(np.zeros((2, 3)))
    Network(net, {}).decode(np.zeros((2, 3)))
    return net.cores


def by_small() -> list[int]:
    x = np.linspace(-1, 1, 20)
    run = Run(regression(x, x**2), steps=2)
    run.slope([np.ones(shape) for shape in ((10, 1), 10, (1, 10), 1)])
    return [cores()]


def by_points() -> list[int]:
    net = Counting()
    predict(net, np.zeros((2, 2)), 1)
    return net.cores


def by_service() -> list[int]:
    net, service = Counting(), Service()
    job = service.submit(
        lambda share: iter([share(SimpleNamespace(model=net))(*torch.zeros(3, 2))])
    )
    wait(job)
    return net.cores


def by_worker() -> list[int]:
    """A job that began elsewhere and goes on here."""
    job = Worker().submit(lambda: (cores() for _ in range(1)))
    return wait(job)


@pytest.mark.parametrize("compute", [by_network, by_small, by_points, by_service, by_worker])
def test_a_new_thread_computes_on_one_core(compute):
    default, found = [], []
    for target in (lambda: default.append(cores()), lambda: found.extend(compute())):
        thread = threading.Thread(target=target)
        thread.start()
        thread.join()
    if default == [1]:
        pytest.skip("one core: there is nothing to see")
    assert found and set(found) == {1}
