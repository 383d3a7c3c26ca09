"""Streamlit helpers: the lesson's frame, its controls, the learner's data, code viewer, export."""
