"""Show the very functions that drew the picture."""

import inspect
import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from textwrap import dedent

import streamlit as st

from explorer.catalog import ROOT
from explorer.i18n import _


@lru_cache
def excerpt(thing: Callable | str) -> tuple[str, str, int]:
    """(file relative to the project, source text, first line) of a function or class.

    "explorer.models.vae:VAE" names one without importing its module, and torch with it.
    """
    if isinstance(thing, str):
        return _named(*thing.split(":"))
    lines, first = inspect.getsourcelines(inspect.unwrap(thing))
    path = Path(inspect.getsourcefile(inspect.unwrap(thing)) or "").resolve()
    return str(path.relative_to(ROOT)), dedent("".join(lines)).rstrip(), first


def _named(module: str, name: str) -> tuple[str, str, int]:
    path = ROOT.joinpath(*module.split(".")).with_suffix(".py")
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    # Not by `ast`: in Python 3.11 two threads that parse at once can raise SystemError.
    begin = re.compile(rf"(?:class|(?:async )?def) {name}\b")
    first = next(number for number, line in enumerate(lines) if begin.match(line))
    while lines[first - 1].startswith("@"):
        first -= 1
    block = inspect.getblock(lines[first:])
    return str(path.relative_to(ROOT)), "".join(block).rstrip(), first + 1


def show(*things: Callable | str) -> None:
    """One expander with the source of each function or class, named by file and line."""
    with st.expander(_("Code: the functions that drew this picture"), icon=":material/code:"):
        for thing in things:
            file, text, line = excerpt(thing)
            st.caption(f"{file} · {_('line')} {line}")  # inline code is too faint in a caption
            st.code(text, language="python", wrap_lines=True)  # a phone is narrow
