"""The page's address and language, kept in step with what the learner set.

`st.query_params` would push one history entry per control; here the entry is replaced, so Back
leaves the page as people expect. What Streamlit's list of pages gets wrong for a screen reader on a
phone is mended in the same place, since it runs on every page.

It also remembers, in the tab's own storage, what only the server's session holds. When the tab
meets another session (it was loaded anew, or the server died), what is gone is reported.

After a broken connection Streamlit's browser side waits for the next control, and a control in a
fragment would then ask a new server for a fragment it has never met: nothing would happen, ever.
`wake` asks for the whole page as soon as the connection is back.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import streamlit as st

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Held:
    """What a session holds that the address does not; `things` are short names."""

    session: str  # which one; another session meets another name
    things: Sequence[str]
    heard: bool  # whether the browser's report has come, so that it need not be sent again


def address(
    query: dict[str, str],
    language: str,
    key: str,
    held: Held | None = None,
    on_lost: Callable[[object], None] = lambda things: None,
) -> None:
    """Make the address bar show `query` (other parameters go) and set <html lang>.

    `on_lost` gets what an earlier session of this tab held, as the browser says it: check it.
    """
    data: dict[str, object] = {"query": query, "lang": language}
    if held is not None:
        things = sorted(held.things)
        data["held"] = {"session": held.session, "things": things, "heard": held.heard}

    def lost() -> None:
        state = st.session_state.get(key)
        on_lost(state.get("lost") if isinstance(state, Mapping) else None)

    _component()(key=key, data=data, on_lost_change=lost)


def wake(key: str) -> None:
    """Outside of any fragment: run the page again when the connection is back."""
    _watch()(key=key, on_back_change=lambda: None)


@cache
def _watch() -> Callable:
    return st.components.v2.component(
        "explorer_wake",
        html="<span></span>\n",
        js=(HERE / "wake.js").read_text(),
        isolate_styles=False,
    )


@cache
def _component() -> Callable:
    return st.components.v2.component(
        "explorer_address",
        html="<span></span>\n",
        js=(HERE / "address.js").read_text(),
        isolate_styles=False,
    )
