"""Arrays in, plotly Figures out: pure functions, no streamlit, no torch."""
