"""Home: what this is, the map of the journey, and the way into each lesson."""

from itertools import groupby

import streamlit as st

from explorer import catalog, i18n
from explorer.components.stage import stage
from explorer.figures import journey
from explorer.i18n import _
from explorer.ui import home
from explorer.ui.frame import prose


@st.cache_data(show_spinner=False)
def chart(part: str, language: str):  # noqa: ANN201
    """One part of the map; it changes only with the language of the titles."""
    entries = [entry for entry in catalog.LESSONS if entry.part == part]
    return journey.chart([journey.Node(e.slug, prose(e).title, e.needs) for e in entries])


home.opening()
for part, group in groupby(catalog.LESSONS, key=lambda entry: entry.part):
    lessons = list(group)
    st.header(_(catalog.PARTS[part]), anchor=False)
    picture = chart(part, i18n.current())
    stage(picture, key=f"home.{part}", summary=home.in_words(lessons), bare=True)
    home.cards(lessons)
