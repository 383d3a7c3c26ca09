"""The page that shows the whole journey: what the place is, and the ways in."""

from collections.abc import Sequence

import streamlit as st

from explorer import catalog, i18n
from explorer.components.address import address
from explorer.i18n import _
from explorer.ui import language
from explorer.ui.frame import link, prose, style


def opening() -> None:
    """Language, title, what the place is, and how to use it."""
    language.settle()
    st.session_state["page"] = "home"
    style()
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        st.title(_("Generative models, under your hand"), anchor=False)
        language.switch()
    st.markdown(
        _(
            "A generative model learns what data looks like and makes more of it. Here you "
            "move one thing at a time and watch the mathematics answer: every number is "
            "computed while you look, and every page shows the code that drew its picture."
        )
    )
    st.markdown(
        "- "
        + "\n- ".join(
            (
                _("**Move something**: drag the handles, or use the arrow keys."),
                _("**Guess first**: each page asks a question before it shows the answer."),
                _("**Bring your own data**: it follows you from page to page."),
                _("**Share**: the address of a page holds everything you set."),
            )
        )
    )
    query = {"lang": i18n.current()} if st.session_state.get("lang_from") else {}
    address(query, i18n.current(), key="home.address")


def in_words(entries: Sequence[catalog.Lesson]) -> str:
    """The map for those who do not see it."""
    titles = {entry.slug: prose(entry).title for entry in catalog.LESSONS}
    steps = []
    for number, entry in enumerate(entries, 1):
        needs = ", ".join(titles[need] for need in entry.needs if need in titles)
        after = " " + _("(after {needs})").format(needs=needs) if needs else ""
        steps.append(f"{number}. {titles[entry.slug]}{after}")
    return _("The way through this part: {steps}.").format(steps="; ".join(steps))


def cards(entries: Sequence[catalog.Lesson], columns: int = 3) -> None:
    """A link, one line and the tasks done so far for each lesson."""
    for start in range(0, len(entries), columns):
        for number, (entry, place) in enumerate(
            zip(entries[start : start + columns], st.columns(columns), strict=False), start + 1
        ):
            with place, st.container(border=True, height="stretch"):
                text = prose(entry)
                link(entry, f"**{number}. {text.title}**")
                st.markdown(text.summary)
                done = len(st.session_state.get(f"tasks:{entry.slug}", ()))
                if done:
                    line = _("{done} of {all} tasks done").format(done=done, all=len(text.tasks))
                    st.caption(line)
