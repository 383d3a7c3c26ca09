"""One visual language for every family of models: colour and shape by role.

Figures are built in the light palette. The stage swaps light for dark in the browser, value by
value, so a figure function never needs to know the reader's theme. Component colours are mid-tones
that hold 3:1 against both backgrounds, because responsibilities blend them.
"""

from collections.abc import Sequence

import numpy as np

#: role: (light, dark). Contrast to the page >= 4.5:1, because equations use them as text too.
ROLES = {
    "data": ("#4a4f57", "#c3c8d1"),
    "model": ("#1f5fbf", "#7db4ff"),
    "sample": ("#b34a00", "#ffa45c"),
    "truth": ("#17734a", "#57d695"),
    "latent": ("#7a3db8", "#cda5ff"),
    "condition": ("#b8186f", "#ff86c8"),
    "negative": ("#b2182b", "#ff9a8d"),
    "positive": ("#2166ac", "#8cc0f0"),
    "ink": ("#1c2129", "#e9ebf0"),
    "muted": ("#5d6470", "#aab1bd"),
    "grid": ("#e1e4ea", "#363c48"),
    "paper": ("#ffffff", "#0e1117"),
}

#: Mixture components, in order, the same in both themes; shapes so that colour is never alone.
COMPONENTS = (
    "#3a7fd5",
    "#d0690f",
    "#1b9463",
    "#a763c9",
    "#d14d8f",
    "#8a7f16",
    "#0f93a8",
    "#c95248",
)
SYMBOLS = ("circle", "diamond", "square", "triangle-up", "star", "hexagon", "cross", "x")

FONT_SIZE = 15  # px; readable from the back row

#: Behind words on a picture: curves and points do not run into the letters (CSS text-shadow).
HALO = ", ".join([f"0 0 3px {ROLES['paper'][0]}"] * 4)


def color(role: str, alpha: float = 1.0) -> str:
    """The light colour of a role (see ROLES), or a component colour's own hex, with opacity."""
    value = ROLES[role][0] if role in ROLES else role
    if alpha >= 1:
        return value
    red, green, blue = (int(value[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha:g})"


def component(k: int) -> str:
    """Hex colour of mixture component k; repeats after eight."""
    return COMPONENTS[k % len(COMPONENTS)]


def blend(responsibilities: np.ndarray) -> list[str]:
    """Responsibilities (N, K) -> N hex colours, mixing the component colours by weight."""
    columns = responsibilities.shape[1]
    palette = np.array(
        [[int(component(k)[i : i + 2], 16) for i in (1, 3, 5)] for k in range(columns)]
    )
    mixed = np.clip(responsibilities @ palette, 0, 255).round().astype(int)  # (N, K) @ (K, 3)
    return [f"#{r:02x}{g:02x}{b:02x}" for r, g, b in mixed]


def scale(role: str, low: float = 0.0, high: float = 0.9) -> list[list]:
    """A colour scale from see-through to the role's colour; it sits on either background."""
    return [[0.0, color(role, min(low, 0.999))], [1.0, color(role, min(high, 0.999))]]


def diverging() -> list[list]:
    """Errors: red below zero, see-through at zero, blue above. Use a symmetric range."""
    return [
        [0.0, color("negative", 0.95)],
        [0.5, color("muted", 0.05)],
        [1.0, color("positive", 0.95)],
    ]


def dark_of() -> dict[str, str]:
    """Light text -> dark text for every way a role's colour is written into a figure."""
    pairs: dict[str, str] = {}
    for light, dark in ROLES.values():
        pairs[light] = dark
        pairs[color(light, 0.5)[:-3]] = color(dark, 0.5)[:-3]  # "rgba(r,g,b," without the opacity
    return pairs


def axis(title: str = "", range_: Sequence[float] | None = None, **more: object) -> dict:
    """Settings of one axis; pass the result as `xaxis`, `yaxis2`, …"""
    settings: dict = {"title": {"text": title}, **more}
    if range_ is not None:
        settings["range"] = [float(range_[0]), float(range_[1])]
    return settings


AXIS_STYLE = {
    "title": {"standoff": 8},
    "gridcolor": color("grid"),
    "zeroline": False,
    "linecolor": color("muted"),
    "tickcolor": color("muted"),
    "ticks": "outside",
    "automargin": True,
    "ticklabeloverflow": "allow",
    "fixedrange": True,
    "nticks": 7,
}
SCENE_AXIS = {
    "gridcolor": color("grid"),
    "linecolor": color("muted"),
    "backgroundcolor": "rgba(0,0,0,0)",
    "zeroline": False,
    "nticks": 6,
}
STYLE = {
    "layout": {
        "autosize": True,
        "margin": {"l": 62, "r": 16, "t": 16, "b": 54},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"size": FONT_SIZE, "color": color("ink")},
        "hoverlabel": {"font": {"size": FONT_SIZE - 1}},
        "showlegend": False,
        "dragmode": False,
        "xaxis": AXIS_STYLE,
        "yaxis": AXIS_STYLE,
        "scene": {
            "xaxis": SCENE_AXIS,
            "yaxis": SCENE_AXIS,
            "zaxis": SCENE_AXIS,
            "dragmode": "orbit",
        },
        "legend": {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom"},
    }
}
