"""Home: what this is, the map of the journey, and the way into each lesson."""

from itertools import groupby

import streamlit as st

from explorer import catalog
from explorer.components.stage import stage
from explorer.figures import journey
from explorer.i18n import _
from explorer.ui import frame

home = frame.Home()
home.opening()

for part, group in groupby(catalog.LESSONS, key=lambda entry: entry.part):
    lessons = list(group)
    st.header(_(catalog.PARTS[part]), anchor=False)
    nodes = [journey.Node(e.slug, frame.prose(e).title, e.needs) for e in lessons]
    stage(journey.chart(nodes), key=f"home.{part}", summary=frame.in_words(lessons), tools=False)
    frame.cards(lessons)
