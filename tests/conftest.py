"""Rules for every test: no network, and nobody else's randomness is touched."""

import hashlib
import os
import random
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sklearn.datasets  # noqa: F401 - here, since it draws from `random` when it is imported
from hypothesis import settings

# Searches are repeatable in CI; on a desk they look somewhere new each time.
settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("desk", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "desk")

HERE = Path(__file__).parent
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class NetworkUsed(RuntimeError):
    """A test, or the code under test, asked for another computer."""


def _guarded(connect: Any) -> Any:
    def guard(self: socket.socket, address: Any, *rest: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in LOOPBACK:
            raise NetworkUsed(f"connection to {address[0]!r}")
        return connect(self, address, *rest)

    return guard


def _asked(host: Any, *rest: Any, **more: Any) -> Any:
    name = host.decode() if isinstance(host, bytes) else host
    if name not in (None, "", *LOOPBACK):
        raise NetworkUsed(f"address of {name!r}")
    return _getaddrinfo(host, *rest, **more)


_getaddrinfo = socket.getaddrinfo


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """Only this computer answers. Lessons must open, and tests pass, on a train."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
        patch.setattr(socket, "getaddrinfo", _asked)
        yield


def _global_random() -> dict[str, str]:
    """A fingerprint of every generator that all learners of one process would share."""
    states: dict[str, Any] = {"random": random.getstate(), "numpy": np.random.get_state(False)}
    states["numpy"]["state"]["key"] = states["numpy"]["state"]["key"].tobytes()
    if torch := sys.modules.get("torch"):
        states["torch"] = torch.get_rng_state().tolist()
    return {name: hashlib.sha1(repr(state).encode()).hexdigest() for name, state in states.items()}


@pytest.fixture(autouse=True)
def no_global_random(request: pytest.FixtureRequest) -> Iterator[None]:
    """Randomness is an argument: neither drawn from, nor sown into, the global generators.

    Two exceptions. Hypothesis sows and restores them itself; and an estimator without a
    `random_state` draws from NumPy's by scikit-learn's convention, which tests/models checks.
    """
    before = _global_random()
    yield
    after = _global_random()
    hypothesis = getattr(request.function, "is_hypothesis_test", False)
    if hypothesis or request.node.path.is_relative_to(HERE / "models"):
        return
    # torch may have been imported meanwhile; only what was there before can have changed
    used = [name for name, state in before.items() if after[name] != state]
    assert not used, f"the global random state was used: {used}"
