"""Host for the browser tests of the filmstrip: planes and strips, and what Python hears.

The "model" is a formula, so that every picture is known: grey = a smooth function of the place,
bent between the tiles so that a blend differs from the exact picture. Each page writes what it
knows into an element with the id "state", as JSON.
"""

import json
import time

import numpy as np
import streamlit as st

from explorer import i18n
from explorer.components.filmstrip import plane, strip
from explorer.figures import sprite

X, Y = (-3.0, 3.0), (-2.0, 2.0)
ROWS, COLS = 8, 12


def decode(places: np.ndarray) -> np.ndarray:
    """(N, 2) -> (N, 28, 28): left half speaks of x, right half of y."""
    places = np.asarray(places, float).reshape(-1, 2)
    x, y = (places[:, 0] + 3) / 6, (places[:, 1] + 2) / 4
    x, y = (v + 0.08 * np.sin(2 * np.pi * 6 * v) for v in (x, y))
    pictures = np.empty((len(places), 28, 28))
    pictures[:, :, :14] = x[:, None, None]
    pictures[:, :, 14:] = y[:, None, None]
    return pictures.clip(0, 1)


@st.cache_resource
def sheet() -> sprite.Sprite:
    return sprite.mosaic(decode(sprite.cells(X, Y, (ROWS, COLS))).reshape(ROWS, COLS, 28, 28))


def show(**state: object) -> None:
    st.html(f"<p id='state'>{json.dumps(state)}</p>")


def count(name: str) -> int:
    st.session_state[name] = st.session_state.get(name, 0) + 1
    return st.session_state[name]


def codes() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    classes = rng.integers(0, 10, 400)
    angle = classes / 10 * 2 * np.pi
    centre = np.stack([1.9 * np.cos(angle), 1.3 * np.sin(angle)], axis=1)
    return centre + rng.normal(scale=0.2, size=(400, 2)), classes


def lesson(moving: bool = False, wait: float = 0.0, **more: object) -> None:
    """A page as the lessons are: it keeps the place, and decodes there."""
    state = st.session_state
    state.setdefault("at", (0.4, -0.3))
    state.setdefault("settled", [])
    state.setdefault("moved", [])

    def settle(x: float, y: float) -> None:
        state["at"] = (x, y)
        state["settled"].append([x, y])

    def move(x: float, y: float) -> None:
        state["at"] = (x, y)
        state["moved"].append([x, y])

    @st.fragment
    def act() -> None:
        st.button("Run again")
        if st.button("Go to the corner"):
            state["at"] = (3.0, 2.0)
        place = state["at"]
        exact = decode(np.array(place))[0]
        time.sleep(wait)
        plane(
            sheet(),
            key="plane",
            x_range=X,
            y_range=Y,
            at=place,
            exact=exact,
            summary=f"The picture at {place[0]:.2f}, {place[1]:.2f}.",
            on_settle=settle,
            on_move=move if moving else None,
            **more,
        )
        show(at=place, settled=state["settled"], moved=state["moved"], runs=count("runs"))

    act()


def latent() -> None:
    lesson()


def slow() -> None:
    """The exact picture is late, as with a large model."""
    lesson(wait=0.7)


def moving() -> None:
    """The server takes longer than the hand: it must not be asked again before it has answered."""
    lesson(moving=True, wait=0.3)


def full() -> None:
    """Everything a plane can show."""
    points, classes = codes()
    lesson(
        points=points,
        classes=classes,
        show="points",
        ellipse=[((1.0, 0.5), ((0.3, 0.1), (0.1, 0.08))), ((-1.0, -1.0), ((0.1, 0), (0, 0.1)))],
        path=np.array([[-2.0, -1.0], [0.0, 1.0], [1.0, 1.0]]),
        samples=np.array([[1.2, 0.6], [0.6, 0.2], [1.4, 0.5]]),
        invert=True,
    )


def free() -> None:
    """Nothing is told to Python; the place is the browser's own."""
    st.button("Run again")
    plane(sheet(), key="free", x_range=X, y_range=Y, at=(0.0, 0.0), summary="Free.", nearest=True)
    show(runs=count("runs"))


def other() -> None:
    """Another sheet in the same place: colours, fewer and larger tiles."""
    if st.toggle("Other"):
        shades = np.array([[[row, col, 3] for col in range(4)] for row in range(2)]) * 40
        pictures = np.broadcast_to(shades[:, :, None, None], (2, 4, 50, 40, 3)).astype(np.uint8)
        chosen = sprite.mosaic(pictures)
    else:
        chosen = sheet()
    plane(chosen, key="other", x_range=X, y_range=Y, at=(-2.9, -1.9), summary="Other.")
    show()


def bare() -> None:
    """No sheet at all: each picture is decoded by the server, in colour, while the hand moves."""
    state = st.session_state
    state.setdefault("at", (0.0, 0.0))

    @st.fragment
    def act() -> None:
        exact = np.full((6, 8, 3), [20, 90, 200], np.uint8)
        exact[..., 0] = round(255 * (state["at"][0] + 3) / 6)
        plane(
            None,
            key="bare",
            x_range=X,
            y_range=Y,
            at=state["at"],
            exact=exact,
            summary="Bare.",
            on_move=lambda x, y: state.update(at=(x, y)),
        )
        show(at=state["at"])

    act()


STEPS = 40


@st.cache_resource
def steps() -> sprite.Sprite:
    """Forty frames of 4 × 4 pictures of 28 × 28: frame k has the grey 6k, its first picture 255."""
    frames = np.zeros((STEPS, 4, 4, 28, 28), np.uint8)
    frames += (6 * np.arange(STEPS, dtype=np.uint8))[:, None, None, None, None]
    frames[:, 0, 0] = 255
    return sprite.film(frames)


def film() -> None:
    state = st.session_state
    heard = state.setdefault("heard", [])

    @st.fragment
    def act() -> None:
        st.button("Run again")
        strip(
            steps(),
            key="film",
            names=[f"{k} of {STEPS - 1}" for k in range(STEPS)],
            film="Step",
            summaries=[f"Grey {6 * k}." for k in range(STEPS)],
            start=state.get("start", 5),
            on_settle=heard.append,
            interval=100,
        )
        show(heard=heard, runs=count("runs"))

    act()


def echo() -> None:
    """A slow page that answers each rest with the place it was told of."""
    state = st.session_state
    state.setdefault("start", 3)

    @st.fragment
    def act() -> None:
        time.sleep(0.4)
        names = [str(k) for k in range(STEPS)]
        strip(
            steps(),
            key="echo",
            names=names,
            film="Step",
            summaries=names,
            start=state["start"],
            on_settle=lambda index: state.update(start=index),
        )
        if st.button("Go to 30"):
            state["start"] = 30
            st.rerun(scope="fragment")
        show(start=state["start"])

    act()


st.set_page_config(page_title="Filmstrip", layout="wide")
i18n.use(st.query_params.get("lang", "en"))
pages = [latent, slow, moving, full, free, other, bare, film, echo]
st.navigation(
    [st.Page(page, url_path=page.__name__, default=page is latent) for page in pages]
).run()
