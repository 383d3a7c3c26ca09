"""A plotly figure that stays plain data until somebody looks inside.

    picture = Picture(traces, layout, frames)   # dictionaries, their arrays as they are
    written(picture.plain)                      # JSON for the browser
    picture.data[0].x, picture.write_html(…)    # plotly's own objects, made now

plotly makes an object of every trace and copies and checks all its settings: 2 ms for a picture
with seven traces, 150 ms for a film of sixty places, and nobody who only moves a slider needs them.
"""

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import plotly
import plotly.graph_objects as go

#: Kinds of numbers that plotly.js reads as they lie in memory, by NumPy's name.
TYPED = {
    "int8": "i1", "uint8": "u1", "int16": "i2", "uint16": "u2", "int32": "i4", "uint32": "u4",
    "float32": "f4", "float64": "f8",
}  # fmt: skip


class Picture(go.Figure):
    """`data` and `frames` are sequences of dictionaries, `layout` is one; nothing is checked."""

    def __init__(
        self,
        data: Iterable[dict] | Mapping[str, Any] = (),
        layout: Mapping[str, Any] | None = None,
        frames: Iterable[dict] = (),
    ) -> None:
        plain: dict[str, Any] = {"data": list(data), "layout": dict(layout or {})}
        if film := list(frames):
            plain["frames"] = film
        self._plain: dict[str, Any] | None = plain

    @property
    def plain(self) -> dict[str, Any]:
        """{"data", "layout"} and, if there is a film, "frames"; not to be changed."""
        return self.to_dict() if self._plain is None else self._plain

    def __getattr__(self, name: str) -> Any:
        """Called for what is not there: plotly's own parts, until somebody asks for one of them."""
        plain = self.__dict__.get("_plain")
        if plain is None:
            raise AttributeError(name)
        self._plain = None
        super().__init__(**plain, _validate=False)
        return getattr(self, name)

    def __reduce__(self) -> tuple:
        """Copied and stored as what it is made of."""
        plain = self.plain
        return Picture, (plain["data"], plain["layout"], plain.get("frames", ()))


def written(content: Any) -> str:
    """JSON as plotly.js reads it: an array of numbers travels as its bytes, in base64; what is not
    finite beside the arrays becomes null."""
    return json.dumps(content, cls=_Encoder, separators=(",", ":"))


class _Encoder(plotly.utils.PlotlyJSONEncoder):
    def default(self, value: Any) -> Any:
        """What Python's own encoder does not know."""
        if not isinstance(value, np.ndarray):
            return super().default(value)
        if value.dtype.kind in "iu" and value.itemsize == 8:  # JavaScript has no such numbers
            value = value.astype(np.int32 if abs(value).max(initial=0) < 2**31 else float)
        if not value.size or value.dtype.name not in TYPED:
            return value.tolist()
        data = base64.b64encode(value.tobytes()).decode("ascii")
        shape = {"shape": ", ".join(map(str, value.shape))} if value.ndim > 1 else {}
        return {"dtype": TYPED[value.dtype.name], "bdata": data, **shape}
