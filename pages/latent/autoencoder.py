"""`autoencoder`: a picture squeezed into two numbers, and the holes between the places it uses."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from explorer import checkpoints
from explorer.checkpoints import CheckpointError
from explorer.components.digitpad import digitpad, encoded
from explorer.components.filmstrip import plane as filmstrip
from explorer.components.stage import Handle, stage
from explorer.data import images, pictures
from explorer.data.drawing import centred
from explorer.figures import autoencoder as figures
from explorer.figures import autoencoder_words as words
from explorer.figures import sprite, theme
from explorer.i18n import _
from explorer.inference import Network
from explorer.metrics import holes
from explorer.ui.frame import Check, Lesson
from explorer.ui.networks import network
from explorer.ui.state import integer, number, one_of

lesson = Lesson("autoencoder")
lesson.opening()
controls, state = lesson.controls, lesson.state

DATA = {"mnist": "mnist", "fashion": "fashion_mnist"}
PLACES = {"mnist": ("z1", "z2"), "fashion": ("f1", "f2")}  # settings of the cross-hair
SOURCES = {"mnist": "source", "fashion": "clothes"}  # settings of what is squeezed
DRAWN_FROM = ("box", "standard", "normal", "near")
TILES = (28, 28)  # of the map of pictures
DRAWS = 1000
ERROR = "test squared error (sum over pixels)"
DRAWN = "drawing"  # the learner's own, which follows from page to page
LOAD = "from explorer import inference\nfrom explorer.figures import autoencoder as figures\n\n"


@dataclass(frozen=True, eq=False)
class World:
    """A set of pictures, the autoencoder of it, its plane, and a classifier if there is one."""

    name: str
    coder: Network
    plane: figures.Plane
    scorer: Network | None

    @property
    def identity(self) -> tuple:
        """Changes when the weights do."""
        found = [self.coder, self.scorer] if self.scorer else [self.coder]
        return tuple(each.card["weights"]["sha256"] for each in found)

    def decode(self, *place: float) -> np.ndarray:
        """(784,) at one place."""
        return self.coder.decode(np.array([place]))[0]


def open_world(name: str) -> World | None:
    """None after a notice, where the autoencoder is missing."""
    coder = network(f"ae2-{name}")
    if coder is None:
        return None
    judge = f"classifier-{name}"
    scorer = network(judge) if judge in checkpoints.names() else None
    plane = known_planes().get(name) or figures.plane_of(coder.card["codes"])  # a card may go
    return World(name, coder, plane, scorer)


def known_planes() -> dict[str, figures.Plane]:
    """The plane of each autoencoder that is here; read anew when a card changes."""
    files = {name: checkpoints.FOLDER / f"ae2-{name}.json" for name in PLACES}
    return planes(tuple((n, f, f.stat().st_mtime_ns) for n, f in files.items() if f.is_file()))


@st.cache_resource(max_entries=8, show_spinner=False)
def planes(cards: tuple) -> dict[str, figures.Plane]:
    found = {}
    for name, file, _changed in cards:
        try:
            card = checkpoints.read_card(file.stem, file.parent)
            found[name] = figures.plane_of(card["codes"])
        except (CheckpointError, KeyError, ValueError):
            continue  # the notice comes when this set is chosen
    return found


@st.cache_resource(max_entries=8, show_spinner=False)
def sheet_of(identity: tuple, _world: World) -> sprite.Sprite:
    """Decoded pictures all over the plane, once for all learners."""
    found = _world.coder.decode(sprite.cells(*_world.plane.box, TILES))
    return sprite.mosaic(found.reshape(*TILES, 28, 28))


@st.cache_resource(max_entries=24, show_spinner=False)
def map_of(identity: tuple, kind: str, _world: World) -> np.ndarray:
    judge = _world.scorer.probabilities if _world.scorer else None
    return figures.shades(_world.plane, kind, _world.coder.decode, judge)


# ---- the plane ---------------------------------------------------------------------------------


def show_plane(picture, panel, world: World) -> dict[str, bool]:  # noqa: ANN001
    plane = world.plane
    with panel:
        kind = choose_map(world)
        with lesson.more():
            at = choose_place(world)
        st.caption(words.spread_of(plane))
    (distance,), (index,) = holes.nearest(np.array([at]), plane.codes)
    exact = world.decode(*at)
    seen = None if world.scorer is None else world.scorer.probabilities(exact[None])[0]
    change = float(holes.stretch(world.coder.decode, np.array([at]))[0])

    def move(x: float, y: float) -> None:
        state.put(**dict(zip(PLACES[world.name], (round(x, 2), round(y, 2)), strict=True)))

    grip = Handle(
        "z", *at, _("The code to paint from"), theme.ROLES["condition"][0],
        bounds=(*plane.x_range, *plane.y_range), step=(0.1, 0.1),
    )  # fmt: skip
    with picture:
        filmstrip(
            sheet_of(world.identity, world), key=f"autoencoder.plane.{world.name}",
            x_range=plane.x_range, y_range=plane.y_range, at=at, exact=exact.reshape(28, 28),
            summary=words.decoded(world.name, at, seen), points=plane.codes,
            classes=plane.classes, on_settle=move,
        )  # fmt: skip
        stage(
            figures.codes(plane, map_of(world.identity, kind, world), kind, at),
            key="autoencoder.stage", handles=[grip], on_move=lambda _id, x, y: move(x, y),
            summary=words.whereabouts(world.name, plane, at, distance, index),
        )  # fmt: skip
    lesson.equation(*words.place_formulas(plane, at, distance, change))
    lesson.checked(lambda: compare_plane(world, at, distance, change))
    judge = f', inference.load("classifier-{world.name}").probabilities' if kind == "doubt" else ""
    lesson.offer(
        lambda: {"z1": plane.codes[:, 0], "z2": plane.codes[:, 1], "class": plane.classes},
        lambda: (
            f'{LOAD}coder = inference.load("ae2-{world.name}")\n'
            'plane = figures.plane_of(coder.card["codes"])\n'
            f"values = figures.shades(plane, {kind!r}, coder.decode{judge})\n"
            f"figure = figures.codes(plane, values, {kind!r}, {at!r})"
        ),
    )
    return {"nothing": seen is not None and seen.max() < 0.6}


def choose_map(world: World) -> str:
    options = {"distance": _("Distance"), "change": _("Change"), "doubt": _("Doubt")}
    if world.scorer is None:
        del options["doubt"]
    about = _(
        "Distance: to the nearest code of a test picture. Change: how strongly the picture changes "
        "with the code. Doubt: how unsure a classifier is about the picture."
    )
    return controls.choice("map", _("The map shows"), options, "distance", help=about)


def first_place(plane: figures.Plane) -> tuple[float, float]:
    """Where the cross-hair begins: in the middle of the largest hole."""
    x, y = plane.holes[0].centre if plane.holes else plane.codes.mean(axis=0)
    return round(float(x), 2), round(float(y), 2)


def choose_place(world: World) -> tuple[float, float]:
    """By two numbers: the equal way in beside cross-hair and handle."""
    plane, names = world.plane, PLACES[world.name]
    x, y = (
        controls.number(name, label, *ends, first, 0.1, format="%.2f")
        for name, label, ends, first in zip(
            names, ("z₁", "z₂"), plane.box, first_place(plane), strict=True
        )
    )
    return x, y


def compare_plane(
    world: World, at: tuple[float, float], distance: float, change: float
) -> list[Check]:
    """By brute force, by scikit-learn, and by another rule for slopes."""
    from scipy.optimize import approx_fprime
    from sklearn.neighbors import NearestNeighbors

    codes = world.plane.codes
    slopes = approx_fprime(np.array(at), lambda z: world.decode(*z).astype(float), 1e-3)
    near = NearestNeighbors(n_neighbors=2).fit(codes).kneighbors(codes)[0][:, 1]
    return [
        Check(_("Distance to the nearest code"), distance, _("All distances, by NumPy"),
              float(np.linalg.norm(codes - np.array(at), axis=1).min())),
        Check(_("The limit r: 95% of the codes have a neighbour within it"), world.plane.reach,
              "sklearn.neighbors.NearestNeighbors", float(np.quantile(near, 0.95))),
        Check(_("Change of the picture per unit of code"), change,
              "scipy.optimize.approx_fprime", float(np.sqrt((slopes**2).sum()))),
    ]  # fmt: skip


# ---- squeeze -----------------------------------------------------------------------------------


def show_squeeze(picture, panel, world: World) -> dict[str, bool]:  # noqa: ANN001
    linear = network(f"pca2-{world.name}")
    if linear is None:
        return {}
    with panel:
        x, source = choose_picture(world)
    flat = x.reshape(1, -1)
    z, z_linear = (each.encode(flat)[0] for each in (world.coder, linear))
    ours, theirs = world.coder.decode(z)[0], linear.decode(z_linear)[0]
    found = float(((ours - flat) ** 2).sum()), float(((theirs - flat) ** 2).sum())
    means = world.coder.card["metrics"][ERROR], linear.card["metrics"][ERROR]
    with picture:
        stage(
            figures.squeezed(x, ours.reshape(28, 28), theirs.reshape(28, 28), means),
            key="autoencoder.squeeze", summary=words.errors(found, means),
        )  # fmt: skip
    with panel:
        low, high = np.array(world.plane.box).T
        place = np.clip(z[0], low, high).round(2).tolist()
        go = {"view": "plane", **dict(zip(PLACES[world.name], place, strict=True))}
        st.button(
            _("Show its code on the plane"), key="autoencoder.go", on_click=state.put, kwargs=go,
            icon=":material/my_location:",
        )  # fmt: skip
    lesson.equation(*words.error_formulas((z[0], z_linear[0]), found))
    lesson.checked(lambda: compare_squeeze(linear, flat[0], z_linear[0], found))
    lesson.offer(
        lambda: {"picture": flat[0], "autoencoder": ours, "PCA": theirs},
        lambda: (
            f'import numpy as np\n\n{LOAD}{source}\ncoder = inference.load("ae2-{world.name}")\n'
            f'linear = inference.load("pca2-{world.name}")\n\n\n'
            "def through(network):\n"
            "    code = network.encode(picture.reshape(1, -1))[0]\n"
            "    return network.decode(code).reshape(28, 28)\n\n\n"
            f"means = {means!r}  # over the test set, from the cards\n"
            "figure = figures.squeezed(picture, through(coder), through(linear), means)"
        ),
    )
    return {"straight": bool(x.max() > 0.1) and found[0] > found[1]}


def choose_picture(world: World) -> tuple[np.ndarray, str]:
    """(28, 28) and the Python source that makes it."""
    first = first_source(world.name)
    options = {"example": _("An example"), "yours": _("Your drawing")}
    if first == "yours":
        del options["example"]
        command = f"python -m explorer data {DATA[world.name]}"
        st.caption(_("Real pictures of clothes come with `{command}`.").format(command=command))
    if controls.choice(SOURCES[world.name], _("Picture"), options, first) == "yours":
        return drawn()
    k = controls.whole("which", _("Example of class"), 0, 9, 3)
    if world.name == "mnist":
        source = "from explorer.data import drawing, pictures\n\n"
        return centred(pictures.digit(k)), f"{source}picture = drawing.centred(pictures.digit({k}))"
    st.caption(words.called(world.name, k))
    return from_bytes(example(DATA[world.name], k))


def first_source(name: str) -> str:
    """Examples of digits come with the explorer, those of clothes with the data set."""
    return "example" if name == "mnist" or images.available(DATA[name]) else "yours"


@st.cache_data(max_entries=20, show_spinner=False)
def example(name: str, k: int) -> np.ndarray:
    """The first test picture of a class, as bytes."""
    found = images.load(name, "test")
    return sprite.to_bytes(found.x[np.flatnonzero(found.y == k)[0]])


def from_bytes(pixels: np.ndarray) -> tuple[np.ndarray, str]:
    """A picture of bytes, and its source with the bytes written out."""
    source = (
        f'import base64\n\npixels = base64.b64decode("{encoded(pixels / 255)}")\n'
        "picture = np.frombuffer(pixels, dtype=np.uint8).reshape(28, 28) / 255\n"
    )
    return pixels / 255, source


def drawn() -> tuple[np.ndarray, str]:
    """The learner's drawing, centred as MNIST's digits are; blank paper is a picture too."""
    drawing = digitpad(
        st.session_state.get(DRAWN), key="autoencoder.pad", label=_("Draw a digit, or anything")
    )
    st.session_state[DRAWN] = drawing
    middle = centred(drawing)
    if middle is None:
        st.info(_("The paper is still blank. Draw on it, and both coders answer at once."))
        return np.zeros((28, 28)), "picture = np.zeros((28, 28))"
    _picture, source = from_bytes(sprite.to_bytes(drawing))
    return middle, f"from explorer.data import drawing\n{source}picture = drawing.centred(picture)"


def compare_squeeze(
    linear: Network, x: np.ndarray, code: np.ndarray, found: tuple[float, float]
) -> list[Check]:
    """PCA anew by scikit-learn, from a thousand pictures that ours painted."""
    from sklearn.decomposition import PCA

    painted = linear.decode(np.array(linear.card["codes"])[:, :2]).astype(float)
    theirs = PCA(2, svd_solver="full").fit(painted)
    back = theirs.inverse_transform(theirs.transform(x[None]))[0]
    mean = linear.decode(np.zeros((1, 2)))[0].astype(float)
    return [
        Check(_("Squared error of PCA"), found[1],
              _("sklearn.decomposition.PCA, fitted to 1,000 pictures that ours painted"),
              float(((back - x) ** 2).sum())),
        Check(_("Squared error of PCA"), found[1], _("By Pythagoras: |x − m|² − |z|²"),
              float(((x - mean) ** 2).sum() - (code**2).sum())),
    ]  # fmt: skip


# ---- try to generate ---------------------------------------------------------------------------


def show_drawn(picture, panel, world: World) -> dict[str, bool]:  # noqa: ANN001
    plane = world.plane
    with panel:
        options = {
            "box": _("Box"), "standard": "N(0, I)", "normal": _("Fitted"), "near": _("Near"),
        }  # fmt: skip
        how = controls.choice("how", _("Draw codes from"), options, "box", help=about_draws())
        seed = controls.seed()
        spread = 0.2
        with lesson.more():
            if how == "near":
                label = _("Standard deviation around a code")
                spread = controls.slider("spread", label, 0.0, 4.0, spread, 0.05)
            st.caption(words.spread_of(plane))
    samples = holes.draw(how, DRAWS, plane.codes, plane.box, spread, np.random.default_rng(seed))
    shown = world.coder.decode(samples[: figures.SHOWN[0] * figures.SHOWN[1]])
    distance, index = holes.nearest(samples, plane.codes)
    empty, shares = int((distance > plane.reach).sum()), figures.share_of(plane.classes[index])
    kinds = holes.effective(shares)
    with picture:
        stage(
            figures.drawn(plane, samples, shown, how == "normal"), key="autoencoder.drawn",
            summary=words.harvest(world.name, plane, samples, empty, shares, kinds),
        )  # fmt: skip
    lesson.equation(*words.draw_formulas(plane, how, spread, empty, DRAWS, kinds))
    lesson.checked(lambda: compare_drawn(plane, samples, empty, kinds, shares))
    lesson.offer(
        lambda: {"z1": samples[:, 0], "z2": samples[:, 1], "distance": distance,
                 "class": plane.classes[index]},
        lambda: (
            f'import numpy as np\n\n{LOAD}from explorer.metrics import holes\n\n'
            f'coder = inference.load("ae2-{world.name}")\n'
            'plane = figures.plane_of(coder.card["codes"])\n'
            f"rng = np.random.default_rng({seed})\n"
            f"samples = holes.draw({how!r}, {DRAWS}, plane.codes, plane.box, {spread!r}, rng)\n"
            f"pictures = coder.decode(samples[:{len(shown)}])\n"
            f"figure = figures.drawn(plane, samples, pictures, {how == 'normal'})"
        ),
    )  # fmt: skip
    failed = lesson.seen("empty", empty > 0.25 * DRAWS)
    return {"fill": failed and empty < 0.05 * DRAWS and kinds >= 9}


def about_draws() -> str:
    """What the four ways are, behind the question mark."""
    return _(
        "Box: evenly from the part of the plane that is shown. N(0, I): the standard normal. "
        "Fitted: the normal with the mean and the covariance of the codes. Near: a code of a test "
        "picture, moved a little."
    )


def compare_drawn(
    plane: figures.Plane, samples: np.ndarray, empty: int, kinds: float, shares: np.ndarray
) -> list[Check]:
    """The share by scikit-learn, the variety by scipy."""
    from scipy.stats import entropy
    from sklearn.neighbors import NearestNeighbors

    near = NearestNeighbors(n_neighbors=1).fit(plane.codes).kneighbors(samples)[0][:, 0]
    return [
        Check(_("Share of samples in empty places"), empty / len(samples),
              "sklearn.neighbors.NearestNeighbors", float((near > plane.reach).mean())),
        Check(_("Equally frequent classes"), kinds, "scipy.stats.entropy",
              float(np.exp(entropy(shares)))),
    ]  # fmt: skip


VIEWS = {"plane": show_plane, "squeeze": show_squeeze, "generate": show_drawn}


def remember() -> None:
    """Settings of every view stay in the address, whichever view is open."""
    for each, plane in known_planes().items():
        for setting, ends, first in zip(PLACES[each], plane.box, first_place(plane), strict=True):
            state.read(setting, first, number(*ends))
    state.read("map", "distance", one_of(figures.KINDS))
    for each, setting in SOURCES.items():
        state.read(setting, first_source(each), one_of(("example", "yours")))
    state.read("which", 3, integer(0, 9))
    state.read("how", "box", one_of(DRAWN_FROM))
    state.read("seed", 0, integer(0, 999_999))
    state.read("spread", 0.2, number(0, 4))


@lesson.live
def act() -> None:
    picture, panel = lesson.columns()
    titles = {"plane": _("Plane"), "squeeze": _("Squeeze"), "generate": _("Generate")}
    with panel:
        view = controls.choice("view", _("Look at"), titles, "plane")
        sets = {"mnist": _("Digits (MNIST)"), "fashion": _("Clothes (Fashion-MNIST)")}
        name = controls.choice("set", _("Pictures of"), sets, "mnist")
        if name == "fashion":
            st.caption(words.legend())
    remember()
    with picture:
        world = open_world(name)
    done = {} if world is None else VIEWS[view](picture, panel, world)
    lesson.tasks(done)


lesson.predict(
    {
        "straight": lambda: state.put(view="squeeze", set="mnist", source="example", which=3),
        "standard": lambda: state.put(view="generate", set="mnist", how="standard"),
    }
)


lesson.closing(
    "explorer.models.autoencoder:Autoencoder",
    "explorer.models.pca:PCA",
    holes.nearest,
    holes.reach,
    holes.largest,
    holes.stretch,
)
