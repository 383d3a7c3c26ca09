"""The page's address and language, kept in step with what the learner set.

`st.query_params` would push one history entry per control; here the entry is replaced, so Back
leaves the page as people expect. What Streamlit's list of pages gets wrong for a screen reader on a
phone is mended in the same place, since it runs on every page.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import streamlit as st

HERE = Path(__file__).parent


def address(query: dict[str, str], language: str, key: str) -> None:
    """Make the address bar show `query` (other parameters go) and set <html lang>."""
    _component()(key=key, data={"query": query, "lang": language})


@cache
def _component() -> Callable:
    return st.components.v2.component(
        "explorer_address",
        html="<span></span>\n",
        js=(HERE / "address.js").read_text(),
        isolate_styles=False,
    )
