"""A page that fails on purpose, in the server that the explorer runs in."""

import streamlit as st

from explorer.ui import app as explorer

app = st.App(__file__, **explorer.SERVER)

SECRET = "a detail that belongs in the log"


def fail() -> None:
    """Deep enough for a stack with names and paths."""
    raise RuntimeError(f"{SECRET} ({__file__})")


if __name__ == "__main__":
    st.session_state.setdefault("lang", "en")
    st.write("Before it.")
    if st.query_params.get("how") == "shown":
        st.button("Fail", key="fail", on_click=fail)
    else:
        fail()
