"""Trained networks on a page: loaded once for all learners; a notice where one is spoiled."""

import logging
from contextlib import suppress
from pathlib import Path

import streamlit as st

from explorer import inference
from explorer.checkpoints import FOLDER, CheckpointError
from explorer.i18n import _

LOG = logging.getLogger(__name__)
_SOUND: dict[tuple[Path, str], inference.Network] = {}  # the last good one of each name


def network(name: str) -> inference.Network | None:
    """The checkpoint's network, or None after a notice that says what is wrong and how to mend it.

    Loaded anew when its files change, so that a repaired one needs no restart. If they are spoiled
    or removed while the server runs, the network that is in memory goes on.
    """
    try:
        return _load(name, _stamp(name))
    except CheckpointError as error:
        st.warning(error.say(_), icon=":material/build:")
        return None


def preload() -> None:
    """All of them, before a class comes; what is wrong with one is said where it is needed."""
    for card in sorted(FOLDER.glob("*.json")):
        with suppress(CheckpointError):
            _load(card.stem, _stamp(card.stem))


def _stamp(name: str) -> tuple:
    """Changes when the files do. The inode tells files apart that a wrong clock dates alike."""
    return tuple(_look(FOLDER / f"{name}.{end}") for end in ("json", "safetensors"))


def _look(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


@st.cache_resource(max_entries=32, show_spinner=False)
def _load(name: str, stamp: tuple) -> inference.Network:
    """Only what could be loaded is remembered; a failure is looked into each time."""
    place = (FOLDER, name)
    try:
        _SOUND[place] = inference.load(name)
    except CheckpointError as error:
        if place not in _SOUND:
            raise
        LOG.warning("%s Until then the network in memory goes on.", error)
    return _SOUND[place]
