"""Home: the map of the journey."""

import streamlit as st

from explorer import catalog
from explorer.ui import frame, language

st.session_state["page"] = "home"
language.settle()
for entry in catalog.LESSONS[:1]:
    frame.link(entry)
