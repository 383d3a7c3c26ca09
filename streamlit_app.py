"""Entry of `streamlit run`: page settings, language, navigation; nothing else."""

import streamlit as st

from explorer.ui import app as explorer

app = st.App(__file__, **explorer.SERVER)  # the server

if __name__ == "__main__":  # one rerun of one learner's page
    explorer.run()
