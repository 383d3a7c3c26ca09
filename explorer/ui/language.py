"""Which language the reader gets: the address, then what was chosen before, then the browser."""

import streamlit as st

from explorer import i18n
from explorer.i18n import _


def settle() -> str:
    """Decide once per run, set it for this thread and return the code."""
    asked = st.query_params.get("lang")
    if asked in i18n.LANGUAGES and st.session_state.get("lang_from") != asked:
        st.session_state["lang_from"] = st.session_state["lang"] = asked
    if "lang" not in st.session_state:
        browser = (st.context.locale or "en").split("-")[0].lower()
        st.session_state["lang"] = browser if browser in i18n.LANGUAGES else "en"
    i18n.use(st.session_state["lang"])
    return i18n.current()


def resume() -> None:
    """In a fragment's rerun, which starts a thread of its own: the language settled before."""
    i18n.use(st.session_state.get("lang", "en"))


def switch() -> None:
    """The control that changes it; stays the same on every page."""

    def chosen() -> None:
        st.session_state["lang"] = st.session_state["lang_from"] = st.session_state["lang_choice"]

    st.session_state["lang_choice"] = i18n.current()
    st.segmented_control(
        _("Language"),
        list(i18n.LANGUAGES),
        format_func=i18n.LANGUAGES.__getitem__,
        key="lang_choice",
        on_change=chosen,
        required=True,
        label_visibility="collapsed",
    )
