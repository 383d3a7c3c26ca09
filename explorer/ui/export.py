"""Take the current state home: the data behind the picture as CSV, and a script that redraws it."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import streamlit as st

from explorer import i18n
from explorer.i18n import _

TAIL = """
if __name__ == "__main__":
    import sys

    figure.write_html(sys.argv[1] if len(sys.argv) > 1 else "figure.html")
"""


def csv(columns: Mapping[str, np.ndarray]) -> str:
    """Columns of equal or unequal length as CSV; numbers exactly as they are (repr)."""
    arrays = {name: np.asarray(values).ravel() for name, values in columns.items()}
    rows = max((len(values) for values in arrays.values()), default=0)
    lines = [",".join(_quoted(name) for name in arrays)]
    for row in range(rows):
        lines.append(",".join(_cell(v[row]) if row < len(v) else "" for v in arrays.values()))
    return "\n".join(lines) + "\n"


def _cell(value: np.generic) -> str:
    return _quoted(str(value)) if value.dtype.kind in "US" else repr(value.item())


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"' if any(c in name for c in ',"\n') else name


def script(title: str, body: str, language: str = "en") -> str:
    """A stand-alone script: `body` must define `figure` from the project's own package."""
    speak = "" if language == "en" else f"from explorer import i18n\n\ni18n.use({language!r})\n\n"
    return (
        f'"""{title}\n\nRun in a checkout of the explorer: python figure.py [figure.html]\n"""\n\n'
        f"{speak}{body.strip()}\n{TAIL}"
    )


def buttons(slug: str, offer: Mapping[str, Callable], title: str) -> None:
    """The export menu. Both files are made when asked for, from what `offer` then holds:
    "columns", a function returning the data, and "body", one returning the script's middle.
    A download has a thread of its own, in which the learner's language is not settled yet."""
    language = i18n.current()

    def made(name: str) -> Any:
        i18n.use(language)
        return offer[name]()

    with st.popover(_("Export"), icon=":material/download:"):
        st.caption(_("The picture itself: PNG and SVG, right below it."))
        st.download_button(
            _("Data behind the picture (CSV)"),
            lambda: csv(made("columns")),
            file_name=f"{slug}.csv",
            mime="text/csv",
            key=f"{slug}.csv",
            on_click="ignore",
        )
        st.download_button(
            _("Python script that redraws it"),
            lambda: script(title, made("body"), language),
            file_name=f"{slug}_figure.py",
            mime="text/x-python",
            key=f"{slug}.script",
            on_click="ignore",
        )
