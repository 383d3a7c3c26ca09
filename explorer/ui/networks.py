"""Trained networks on a page: loaded once for all learners; a notice where one is spoiled."""

import streamlit as st

from explorer import inference
from explorer.checkpoints import FOLDER, CheckpointError
from explorer.i18n import _


def network(name: str) -> inference.Network | None:
    """The checkpoint's network, or None after a notice that says what is wrong and how to mend it.

    Loaded anew when its files change, so that a repaired one needs no restart.
    """
    try:
        return _load(name, _stamp(name))
    except CheckpointError as error:
        st.warning(error.say(_), icon=":material/build:")
        return None


def _stamp(name: str) -> tuple:
    """Changes when the files do."""
    files = (FOLDER / f"{name}.json", FOLDER / f"{name}.safetensors")
    return tuple((f.stat().st_mtime_ns, f.stat().st_size) if f.is_file() else None for f in files)


@st.cache_resource(max_entries=32, show_spinner=False)
def _load(name: str, stamp: tuple) -> inference.Network:
    return inference.load(name)
