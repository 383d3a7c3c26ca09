"""Two real processes, started by torchrun, do what one does."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from safetensors.torch import load_file
from torch import nn

from explorer import checkpoints
from explorer.catalog import ROOT
from explorer.training.many import Group, _Rows
from tests.training import several

TORCHRUN = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]


def start(*arguments: object, processes: bool = True) -> subprocess.Popen:
    """`several` in processes of its own; gloo finds its neighbours on this computer."""
    command = [sys.executable, *(TORCHRUN if processes else ()), "-m", "tests.training.several"]
    return subprocess.Popen(
        [*command, *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | {"GLOO_SOCKET_IFNAME": "lo", "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ended(process: subprocess.Popen) -> tuple[int, str]:
    """Its status and what it said."""
    try:
        said, _ = process.communicate(timeout=120)
    finally:
        process.kill()
    return process.returncode, said


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which two processes have followed every recipe. One of the runs was begun by
    one process, and only the first of the two finds what that kept."""
    folder = tmp_path_factory.mktemp("several")
    assert len(several.losses(several.BEGUN, folder / "0", stop=3)) == 3
    status, said = ended(start("compare", folder))
    assert status == 0, said
    return folder


@pytest.fixture(scope="module", autouse=True)
def bars() -> Iterator[None]:
    """The stand-ins for the data, and one thread, as torchrun gives each process."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(several.images, "load", several.bars)
        yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize("name", [*several.NAMES, several.BEGUN])
def test_two_processes_have_the_losses_of_one(together, tmp_path, name):
    alone = several.losses(name, tmp_path)
    first, second = (json.loads((together / f"{rank}.json").read_text())[name] for rank in (0, 1))
    assert len(set(alone)) == 6
    assert first == second == pytest.approx(alone[-len(first) :], rel=1e-5)
    assert len(first) == (3 if name == several.BEGUN else 6)
    if name == "classifier-fashion":  # what batch normalisation has kept is nobody's loss
        ours, theirs = (load_file(f / f"{name}.safetensors") for f in (tmp_path, together / "0"))
        kept = [key for key in ours if "running" in key]
        assert len(kept) == 6
        for key in kept:
            torch.testing.assert_close(theirs[key], ours[key], rtol=2e-3, atol=2e-3)


def test_a_group_that_is_left_leaves_no_thread_behind(together):
    """One that lives until Python ends may end with SIGABRT."""
    for rank in (0, 1):
        left = json.loads((together / f"{rank}.json").read_text())["threads"]
        assert not [name for name in left if "gloo" in name], left


def test_only_the_first_process_writes(together):
    assert set(checkpoints.names(together / "0")) == {
        *several.NAMES,
        several.BEGUN,
        "diffusion-mnist-last",
    }
    assert not list((together / "1").rglob("*"))
    card = checkpoints.read_card("vae2-mnist", together / "0")
    assert card["training"]["machine"].startswith("2 x ")


def test_ctrl_c_keeps_the_state_and_one_process_ends_what_two_began(tmp_path):
    process = start("follow", tmp_path)
    end = time.monotonic() + 60
    while not (tmp_path / "at work").exists() and time.monotonic() < end:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)  # torchrun passes it on
    status, said = ended(process)
    assert status != 0 and "go on with --resume" in said, said
    kept = tmp_path / f"{several.SLOW}.safetensors"
    done = int(load_file(kept)["step"])
    assert 0 < done < 60
    status, said = ended(start("follow", tmp_path, "--resume", processes=False))
    assert status == 0, said
    printed = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    assert printed == [{"name": name, "measured": 1} for name in (several.SLOW, "pca2-mnist")]
    assert not kept.exists()
    training = checkpoints.read_card(several.SLOW, tmp_path)["training"]
    assert training["steps"] == 60 and training["loss"][-1][0] == 60


def rows_of(rank: int, draw) -> torch.Tensor:
    with _Rows(*((0, 3), (3, 7))[rank], 7):
        return draw(torch.Generator().manual_seed(1), (3, 4)[rank])


@pytest.mark.parametrize(
    ("draw", "side"),
    [
        (lambda g, n: torch.randn((n, 5), generator=g), 0),
        (lambda g, n: torch.randn(n, 5, generator=g), 0),
        (lambda g, n: torch.rand(n, generator=g), 0),
        (lambda g, n: torch.randint(1, 90, (2, n), generator=g), 1),
    ],
)
def test_everybody_draws_its_rows_of_the_same_noise(draw, side):
    whole = draw(torch.Generator().manual_seed(1), 7)
    parts = torch.cat([rows_of(0, draw), rows_of(1, draw)], dim=side)
    assert torch.equal(parts, whole) and whole.unique().numel() > 6


def test_batch_normalisation_is_torchs_own():
    """Of a group of one; few rows, so that n and n - 1 differ."""
    generator = torch.Generator().manual_seed(2)
    x = torch.randn(3, 4, 2, 1, generator=generator) * 5 + 2
    ours, theirs = (torch.nn.BatchNorm2d(4, eps=0.1, momentum=0.3) for _ in range(2))
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    try:
        with _Rows(0, 3, 3):
            found = ours(a := x.clone().requires_grad_())
        found.pow(3).sum().backward()
    finally:
        dist.destroy_process_group()
    expected = theirs(b := x.clone().requires_grad_())
    expected.pow(3).sum().backward()
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(a.grad, b.grad)
    torch.testing.assert_close(dict(ours.named_buffers()), dict(theirs.named_buffers()))


def test_what_cannot_be_shared_is_refused():
    with pytest.raises(TypeError, match="normal_"):
        rows_of(0, lambda g, n: torch.empty(n).normal_(generator=g))
    with pytest.raises(TypeError, match="no side counts 3 rows"):
        rows_of(0, lambda g, n: torch.randn(5, generator=g))
    part = Group(0, 4, "cpu").part(lambda *_: torch.zeros(()))
    with pytest.raises(ValueError, match="8 rows is too small for 4 processes"):
        part(nn.Identity(), (torch.zeros(8, 2),), torch.Generator())
