"""What is lost when a session ends: the tab remembers it, and the next session says so, once.

Settings are in the address and come back. A reload, a server that died or a tab that slept for long
take what only the session held: `holding` names it, the `address` component keeps these names in
the tab, and `notice` shows what came back as lost until the learner closes it.
"""

import secrets

import numpy as np
import streamlit as st

from explorer.components.address import Held, wake
from explorer.i18n import _, n_
from explorer.ui.state import State, own_names

LOST = "lost"  # names of what an earlier session of this tab held
NAMES = {
    "data": n_("your own data"),
    "drawing": n_("your drawing"),
    "training": n_("the training under way"),
    "trained": n_("what was trained on these pages"),
    "answers": n_("your answers and the ticks of the tasks"),
    "pages": n_("the settings of the other pages"),
}


def held(page: str) -> Held:
    """For the tab to remember: what this session holds, and what it has not yet read as lost."""
    name = st.session_state.setdefault("session", secrets.token_hex(8))
    lost = st.session_state.get(LOST)
    return Held(name, [*{*holding(page), *(lost or ())}], lost is not None)


def holding(page: str) -> list[str]:
    """Names of what only this session knows; `page` is the slug of the page that is open."""
    session, names = st.session_state, own_names()

    def kept(*marks: str) -> list:
        mine = [name for name in names if name.startswith(marks) or name.endswith(marks)]
        return [session.get(name) for name in mine if session.get(name) is not None]

    jobs = [job for runs in kept("runs:") for job in runs.values()]
    others = (name.removeprefix("kept:") for name in names if name.startswith("kept:"))
    found = {
        "data": session.get("data_id") == "own" and "data_own" in session,
        "drawing": any(_inked(value) for value in kept("drawing", ".drawn")),
        "training": any(not job.over for job in jobs),
        "trained": any(job.over and job.results for job in jobs),
        "answers": any(kept("answers:", "tasks:")),
        "pages": any(State(slug).query() for slug in others if slug != page),
    }
    return [name for name, here in found.items() if here]


def heard(report: object) -> None:
    """The browser says what an earlier session of its tab held; then the page is drawn anew."""
    if st.session_state.get(LOST) is None:
        told = report if isinstance(report, list) else []
        st.session_state[LOST] = [name for name in NAMES if name in told]
        st.rerun()


def notice() -> None:
    """One calm sentence, until it is closed."""
    wake("wake")
    place = st.empty()  # always here, so that nothing below moves when the notice comes or goes
    if not st.session_state.get(LOST):
        return
    things = ", ".join(_(NAMES[name]) for name in st.session_state[LOST])
    text = _(
        "This page has started anew. Not kept from before: {things}. What the address holds is as "
        "it was; please bring in or begin the rest once more."
    )
    with place.container():
        words, button = st.columns([8, 1], vertical_alignment="center")
        words.info(text.format(things=things), icon=":material/history:")
        button.button(_("Close"), key="lost.close", on_click=_closed, width="stretch")


def _closed() -> None:
    st.session_state[LOST] = []


def _inked(drawing: object) -> bool:
    """A drawing, or several, with something on it."""
    parts = drawing if isinstance(drawing, list) else [drawing]
    return any(isinstance(part, np.ndarray) and bool(part.any()) for part in parts)
