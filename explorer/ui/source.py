"""Show the very functions that drew the picture."""

import inspect
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from textwrap import dedent

import streamlit as st

from explorer.catalog import ROOT
from explorer.i18n import _


@lru_cache
def excerpt(thing: Callable) -> tuple[str, str, int]:
    """(file relative to the project, source text, first line) of a function or class."""
    lines, first = inspect.getsourcelines(inspect.unwrap(thing))
    path = Path(inspect.getsourcefile(inspect.unwrap(thing)) or "").resolve()
    return str(path.relative_to(ROOT)), dedent("".join(lines)).rstrip(), first


def show(*things: Callable) -> None:
    """One expander with the source of each function or class, named by file and line."""
    with st.expander(_("Code: the functions that drew this picture"), icon=":material/code:"):
        for thing in things:
            file, text, line = excerpt(thing)
            st.caption(f"{file} · {_('line')} {line}")  # inline code is too faint in a caption
            st.code(text, language="python")
