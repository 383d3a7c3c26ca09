"""A disk that is full or read-only: one clear sentence, nothing half-written, nothing lost."""

import errno
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import save as to_bytes

from explorer import __main__ as command
from explorer import checkpoints
from explorer.catalog import ROOT
from explorer.checkpoints import NotWritten, blank, load, save
from explorer.components import stage
from explorer.data import images, registry
from explorer.data.registry import DataMissing
from explorer.models.vae import VAE, VAEConfig
from explorer.training import run
from explorer.training.loop import Plan, initialise, seeded
from explorer.training.recipes import RECIPES

RECIPE = RECIPES["points-moons"]
PLAN = Plan(epochs=3, batch=32, rate=2e-3, average=0.999, bfloat=False, seed=7)
ROOM = 12_000_000  # bytes of the small disk


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def fill(folder: Path, left: int) -> None:
    """Leave about so many bytes."""
    free = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
    (folder / "ballast").write_bytes(bytes(max(0, free - left)))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system with little room."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(place)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("no mount here")
    if done.returncode:
        pytest.skip(f"a small disk needs the right to mount: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.fixture
def breaks(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], list[int]]:
    """From write number `which` on, half of the bytes arrive and then the disk is full."""

    def arm(which: int) -> list[int]:
        written: list[int] = []
        sync = os.fsync

        def fsync(number: int) -> None:
            written.append(number)
            if len(written) >= which:
                os.ftruncate(number, os.fstat(number).st_size // 2)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            sync(number)

        monkeypatch.setattr(checkpoints.os, "fsync", fsync)
        return written

    return arm


def network(seed: int) -> VAE:
    return initialise(blank(VAE, VAEConfig(latents=3, width=8)), seeded(seed))


@pytest.mark.parametrize("harm", [
    lambda raw: raw[:-7], lambda raw: b"", lambda raw: b"spam", lambda raw: OTHER_STATE,
])  # fmt: skip
def test_a_kept_state_that_is_damaged_is_one_sentence_too(tmp_path, monkeypatch, capsys, harm):
    file = tmp_path / "points-moons.safetensors"
    full = RECIPE.start(64, PLAN)
    run.keep(full, file, 3.0)
    file.write_bytes(harm(file.read_bytes()))
    before = file.read_bytes()
    whole = run.train
    monkeypatch.setattr(run, "train", lambda recipe, **more: whole(
        RECIPE, rows=64, plan=PLAN, folder=tmp_path, runs=tmp_path, measure=False, resume=True
    ))  # fmt: skip
    if not before:  # nothing in it: nothing was kept
        assert command.main(["train", "points-moons", "--resume"]) == 0
        return
    assert command.main(["train", "points-moons", "--resume"]) == 1
    said = capsys.readouterr().err
    assert "Traceback" not in said and "without --resume" in said
    assert file.read_bytes() == before


OTHER_STATE = to_bytes({"step": torch.tensor(3), "model.weight": torch.zeros(2)})


def images_fetch() -> object:
    return images.fetch("mnist")


CARD = {"recipe": {}, "data": {}, "training": {}, "metrics": {}, "codes": []}


@pytest.mark.parametrize("which", [1, 2], ids=["weights", "card"])
def test_a_full_disk_leaves_the_earlier_checkpoint_whole(tmp_path, breaks, which):
    save("one", network(1), CARD, tmp_path)
    before = content(tmp_path)
    written = breaks(which)
    with pytest.raises(NotWritten, match="No space left on device") as caught:
        save("one", network(2), CARD, tmp_path)
    assert len(written) == which
    assert content(tmp_path) == before  # not a byte more, no draft either
    load("one", tmp_path)
    file = "one.json" if which == 2 else "one.safetensors"
    assert str(caught.value).startswith(f"{file} could not be written")


def test_on_a_really_full_disk_too(disk):
    save("one", network(1), CARD, disk)
    fill(disk, 8_000)
    before = content(disk)
    with pytest.raises(NotWritten, match="No space left on device"):
        save("one", network(2), CARD, disk)
    assert content(disk) == before
    load("one", disk)
    (disk / "ballast").unlink()
    save("one", network(2), CARD, disk)
    assert content(disk)["one.safetensors"] != before["one.safetensors"]


def test_a_folder_that_cannot_be_made_is_the_same_sentence(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(NotWritten, match=r"Not a directory|File exists"):
        checkpoints.write(tmp_path / "file" / "one", b"1")


def train(folder: Path, runs: Path, **more) -> dict:
    return run.train(RECIPE, rows=256, plan=PLAN, folder=folder, runs=runs, measure=False, **more)


def test_a_training_that_ends_on_a_full_disk_is_not_lost(tmp_path, disk):
    whole = train(tmp_path / "whole", tmp_path / "runs")
    fill(disk, 8_000)
    with pytest.raises(NotWritten):
        train(disk / "pretrained", tmp_path / "runs")
    assert not any((disk / "pretrained").iterdir())
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["points-moons.safetensors"]
    (disk / "ballast").unlink()
    steps: list = []
    card = train(disk / "pretrained", tmp_path / "runs", resume=True, on_step=steps.append)
    assert not steps  # it had been finished and kept
    assert card["weights"]["sha256"] == whole["weights"]["sha256"]
    assert not list((tmp_path / "runs").iterdir())


def test_a_state_that_cannot_be_kept_leaves_the_one_before(tmp_path, disk, monkeypatch):
    """The disk fills up in the middle of a run: the state kept last is still there to go on."""
    monkeypatch.setattr(run, "KEEP_EVERY", 0.0)
    states: list[bytes] = []

    def follow(step: run.TrainStep) -> None:
        if step.step == 6:
            states.append((disk / "points-moons.safetensors").read_bytes())
            fill(disk, 8_000)

    with pytest.raises(NotWritten, match=r"points-moons\.safetensors"):
        train(tmp_path / "out", disk, on_step=follow)
    assert content(disk)["points-moons.safetensors"] == states[0]
    assert sorted(content(disk)) == ["ballast", "points-moons.safetensors"]
    (disk / "ballast").unlink()
    monkeypatch.setattr(run, "KEEP_EVERY", 60.0)
    steps: list = []
    card = train(tmp_path / "out", disk, resume=True, on_step=steps.append)
    assert steps[0].step == 6
    whole = train(tmp_path / "whole", tmp_path / "runs")
    assert card["weights"]["sha256"] == whole["weights"]["sha256"]


def test_the_command_ends_in_one_sentence(monkeypatch, capsys, tmp_path, breaks):
    train_whole = run.train
    monkeypatch.setattr(run, "train", lambda recipe, **_more: train_whole(
        RECIPE, rows=64, plan=PLAN, folder=tmp_path, runs=tmp_path, measure=False
    ))  # fmt: skip
    breaks(1)
    assert command.main(["train", "points-moons"]) == 1
    said = capsys.readouterr().err
    assert "Traceback" not in said
    [sentence] = [line for line in said.splitlines() if "could not be written" in line]
    assert "No space left on device" in sentence and "make room" in sentence


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS])
@pytest.mark.parametrize("fetch", [lambda: registry.fetch("old_faithful"), images_fetch])
def test_a_download_without_room_is_one_sentence(monkeypatch, tmp_path, code, fetch):
    import pooch

    def full(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(registry, "places", lambda file: [tmp_path / file.name])
    monkeypatch.setattr(registry, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(pooch, "retrieve", full)
    with pytest.raises(DataMissing, match="could not be written") as caught:
        fetch()
    assert caught.value.code == "not_written" and os.strerror(code) in str(caught.value)


START = """
import errno, os, sys
from explorer.components import stage
from explorer.data import images, registry
from explorer.data.registry import DataMissing

def publish(folder=None):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

stage.publish = publish
sys.argv = ["streamlit", "run", "streamlit_app.py", "--server.port", "0", "--server.headless",
            "true", "--browser.serverAddress", "localhost"]
from streamlit.web.cli import main
main()
"""


def test_the_browser_s_files_on_a_full_disk(disk):
    """plotly does not fit: nothing half-written stays."""
    fill(disk, 100_000)
    with pytest.raises(OSError, match="No space left on device"):
        stage.publish(disk)
    assert sorted(content(disk)) == ["ballast"]
    (disk / "ballast").unlink()
    assert sorted(stage.publish(disk).values()) == sorted(content(disk))


def test_a_server_that_cannot_write_them_ends_in_plain_words():
    command = [sys.executable, "-c", START]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=100
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    assert "(No space left on device)" in done.stderr and "start again" in done.stderr
