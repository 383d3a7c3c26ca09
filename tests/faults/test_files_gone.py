"""Checkpoints and data that are spoiled, replaced or removed while the server runs."""

import ast
import gzip
import os
import shutil
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from explorer import checkpoints, inference
from explorer.data import images, registry
from explorer.data.registry import DataMissing
from explorer.ui import data as ui_data
from explorer.ui import networks
from tests.pages.helpers import healthy, open_lesson, reading, turn, words
from tests.test_layers import PAGES, tree

NAME = "classifier-mnist"
ENDS = ("json", "safetensors")
WHOLE = checkpoints.FOLDER


@pytest.fixture
def pretrained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the checkpoints that a test may spoil; nothing of it is in memory."""
    for name in (NAME, "ae2-mnist"):
        for end in ENDS:
            shutil.copy(checkpoints.FOLDER / f"{name}.{end}", tmp_path)
    load = inference.load
    monkeypatch.setattr(networks, "FOLDER", tmp_path)
    monkeypatch.setattr(checkpoints, "FOLDER", tmp_path)
    monkeypatch.setattr(inference, "load", lambda name: load(name, tmp_path))
    networks._load.clear()
    yield tmp_path
    networks._load.clear()


def spoil(folder: Path, name: str) -> None:
    file = folder / f"{name}.safetensors"
    file.write_bytes(file.read_bytes()[:-100])


def remove(folder: Path, name: str) -> None:
    for end in ENDS:
        (folder / f"{name}.{end}").unlink()


def repair(folder: Path, source: Path, name: str) -> None:
    for end in ENDS:
        checkpoints.write(folder / f"{name}.{end}", (source / f"{name}.{end}").read_bytes())


@pytest.mark.parametrize("harm", [spoil, remove])
@pytest.mark.parametrize(("slug", "name", "view"), [
    ("network", NAME, {"view": "digit"}), ("autoencoder", "ae2-mnist", {}),
])  # fmt: skip
def test_a_network_in_memory_goes_on(pretrained, harm, slug, name, view, caplog):
    at = open_lesson(slug, **view)
    assert not at.warning
    before = words(at)
    harm(pretrained, name)
    healthy(at.run())
    assert not at.warning and words(at) == before
    assert "Until then the network in memory goes on" in caplog.text  # whoever runs the server
    other = open_lesson(slug, **view)  # another learner's new session
    assert not other.warning and words(other) == before


@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize("harm", [spoil, remove])
def test_one_that_was_never_loaded_is_a_notice_until_it_is_repaired(pretrained, harm, lang):
    harm(pretrained, NAME)
    at = open_lesson("network", lang, view="digit")
    [note] = at.warning
    assert f"python -m explorer train {NAME}" in note.value and str(pretrained) not in note.value
    assert (" wrong size" in note.value or "no checkpoint" in note.value) == (lang == "en")
    repair(pretrained, WHOLE, NAME)
    healthy(at.run())  # the same session, the same server
    assert not at.warning and len(words(at)) > 50


def test_a_replaced_one_is_taken_up(pretrained):
    """Even if a wrong clock dates it like the one before, and it is as long."""
    at = open_lesson("network", view="digit")
    first = networks._load(NAME, networks._stamp(NAME))
    assert networks._load(NAME, networks._stamp(NAME)) is first
    dates = {end: (pretrained / f"{NAME}.{end}").stat() for end in ENDS}
    repair(pretrained, WHOLE, NAME)
    for end, before in dates.items():
        os.utime(pretrained / f"{NAME}.{end}", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert networks._load(NAME, networks._stamp(NAME)) is not first
    assert not healthy(at.run()).warning


def test_a_notice_is_never_cached():
    """A page's cached function must not open a network itself: what it says, or that it could not,
    would be kept after the files are whole again. Where it does, it asserts that it is there."""
    for path in PAGES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef) and "st.cache" in str(
                list(map(ast.unparse, node.decorator_list))
            ):
                source = ast.unparse(node)
                assert "network(" not in source or "is not None" in source, (path, node.name)


# ---- data --------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data folder with the geyser in it, and nothing in any cache."""
    found = registry.places(registry.entry("old_faithful").file)
    source = next((path for path in found if path.is_file()), None)
    if source is None:
        pytest.skip("needs the set of the geyser")
    here = tmp_path / "data"
    (here / "old_faithful").mkdir(parents=True)
    shutil.copy(source, here / "old_faithful" / "old_faithful.txt")
    monkeypatch.setenv(registry.VARIABLE, str(here))
    monkeypatch.setattr(registry, "cache_folder", lambda: tmp_path / "cache")
    for cached in (ui_data._load, ui_data._default):
        cached.clear()
    yield here
    for cached in (ui_data._load, ui_data._default):
        cached.clear()


def geyser(at: AppTest) -> bool:
    return "272 rows" in reading(at) and "Old Faithful geyser" in reading(at)


def test_a_data_folder_that_goes_and_comes_back(folder):
    at = open_lesson("em")
    assert geyser(at)
    folder.rename(folder.with_name("away"))
    assert geyser(healthy(at.run()))  # in memory
    ui_data._load.clear()  # a server that had not read it yet
    healthy(at.run())
    text = reading(at)
    assert "could not be used" in text and "does not exist" in text and "simulated" in text
    folder.with_name("away").rename(folder)
    assert geyser(healthy(at.run()))  # and no restart is needed
    turn(at, k=3)


def test_a_damaged_archive_of_pictures_is_one_sentence(tmp_path, monkeypatch):
    """Every way in which an archive breaks: cut short, overwritten inside, no archive, a folder."""
    monkeypatch.setenv(registry.VARIABLE, str(tmp_path))
    monkeypatch.setattr(registry, "cache_folder", lambda: tmp_path / "cache")
    file = images.SETS["mnist"].files["test-images"]
    place = tmp_path / file.folder / file.name
    place.parent.mkdir(parents=True)
    whole = gzip.compress(bytes(range(256)) * 400)
    middle = whole[:20] + b"\xff" * 40 + whole[60:]
    with pytest.raises(zlib.error):
        gzip.decompress(middle)
    for broken in (whole, whole[:-9], middle, b"not an archive", b""):
        place.write_bytes(broken)
        with pytest.raises(DataMissing) as caught:
            images.load("mnist", "test")
        assert "is damaged" in str(caught.value) and "python -m explorer data mnist" in str(
            caught.value
        )
    place.unlink()
    place.mkdir()
    with pytest.raises(DataMissing, match="is damaged"):
        images.load("mnist", "test")
    place.rmdir()
    with pytest.raises(DataMissing, match="is not on this computer"):
        images.load("mnist", "test")
