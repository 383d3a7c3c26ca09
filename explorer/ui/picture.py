"""The picture a learner brings to a network: an example, or a drawing of their own."""

import base64
from dataclasses import dataclass

import numpy as np
import streamlit as st

from explorer.components.digitpad import digitpad
from explorer.data import drawing, pictures
from explorer.i18n import _
from explorer.inference import Network
from explorer.ui.controls import Controls

MINE = "mine"
DRAWING = "drawing"  # where the session keeps it: it follows the learner from page to page


@dataclass(frozen=True)
class Picture:
    """x (784,) in [0, 1], ink = 1; `code` is Python that makes the same `x`."""

    x: np.ndarray
    title: str
    code: str


def choose(controls: Controls, key: str, default: str = "3", name: str = "digit") -> Picture:
    """Examples 0 to 9, or the digit pad. An empty pad shows the default example meanwhile."""
    options = {str(k): str(k) for k in range(10)} | {MINE: _("my drawing")}
    chosen = controls.pick(name, _("Picture"), options, default)
    if chosen != MINE:
        return example(int(chosen))
    st.session_state[DRAWING] = digitpad(
        st.session_state.get(DRAWING), key=f"{key}.pad", label=_("Draw a digit")
    )
    mine = drawing.centred(st.session_state[DRAWING])
    if mine is None:
        st.caption(_("Draw a digit above; until then the example {digit} stands in.").format(
            digit=default
        ))  # fmt: skip
        return example(int(default))
    pixels = np.round(255 * mine).astype(np.uint8)
    text = base64.b64encode(pixels.tobytes()).decode()
    code = (
        f'import base64\nraw = base64.b64decode("{text}")\nx = np.frombuffer(raw, np.uint8) / 255'
    )
    return Picture(pixels.ravel() / 255, _("your drawing"), code)


def example(which: int) -> Picture:
    """A handwritten digit of scikit-learn's set in the shape of MNIST."""
    code = (
        "from explorer.data import drawing, pictures\n"
        f"x = drawing.centred(pictures.digit({which})).ravel()"
    )
    x = drawing.centred(pictures.digit(which))
    assert x is not None
    return Picture(x.ravel(), _("the example {digit}").format(digit=which), code)


def painted(network: Network, name: str, which: int) -> Picture:
    """Where no real picture is at hand: what the network paints at the code of a test picture."""
    code = next(row for row in network.card["codes"] if int(row[2]) == which)
    x = network.decode(np.array([code[:2]]))[0].astype(float)
    script = (
        "from explorer import inference\n"
        f"x = inference.load({name!r}).decode(np.array([{code[:2]!r}]))[0].astype(float)"
    )
    return Picture(x, _("a picture of class {label}").format(label=which), script)
