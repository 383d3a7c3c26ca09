"""A figure whose film stays plain.

plotly makes an object of every trace of every frame and checks its numbers, 0.3 ms each: a film of
sixty places with eight changing traces takes 150 ms that way, and less than one this way.
"""

from collections.abc import Sequence

import plotly.graph_objects as go

from explorer.figures.traces import Canvas


class Film(go.Figure):
    """A figure with frames given as dictionaries; they are handed on as they are."""

    def __init__(self, made: Canvas, frames: Sequence[dict]) -> None:
        if made.narrow:
            made.layout["meta"] = {"narrow": made.narrow, "narrowHeight": made.narrow_height}
        super().__init__(data=made.traces, layout=made.layout, _validate=False)
        self._film = list(frames)

    def to_dict(self) -> dict:
        """As plotly's own, with the frames."""
        return {**super().to_dict(), "frames": self._film}
