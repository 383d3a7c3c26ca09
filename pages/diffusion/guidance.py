"""`guidance`: the scale gamma under the hand, three arrows, and where guided sampling goes."""

import numpy as np
import streamlit as st

from explorer import i18n
from explorer.components.filmstrip import strip
from explorer.components.stage import Handle, Live, stage
from explorer.figures import guidance as figures
from explorer.figures import guidance_words as words
from explorer.figures import sprite, theme
from explorer.figures.vae_words import clothes
from explorer.i18n import _
from explorer.inference import Network
from explorer.metrics import tilted
from explorer.models.diffusion.ddim import ddim
from explorer.models.diffusion.guidance import Window, combine, guided
from explorer.sampling import Look, Wish, seeds, start_noise, walk
from explorer.ui.frame import Check, Lesson
from explorer.ui.live_sampling import live_sampling
from explorer.ui.live_training import rest
from explorer.ui.networks import network
from explorer.ui.state import integer, number, one_of

lesson = Lesson("guidance")
lesson.opening()
controls, state = lesson.controls, lesson.state

STEPS = 25
T = figures.EXACT.schedule.steps  # of all networks here
MIXED, NOTHING = "all", "none"
SHOWS = {"pictures": _("Pictures"), "arrows": _("Three arrows"), "plane": _("Where it goes")}
DIALS = {"gamma": "γ", "w": "w = γ − 1"}
NAMES = {"mnist": _("Digits (MNIST)"), "fashion": _("Clothes (Fashion-MNIST)")}
W = "guidance-w"  # the same setting as gamma, shown as w


def to_quarter(gamma: float) -> float:
    """The slider rests on quarters."""
    return round(4 * gamma) / 4


def scale(dial: str) -> float:
    """gamma, set in the chosen convention."""
    if dial == "gamma":
        label = _("Guidance scale γ")
        return to_quarter(controls.slider("gamma", label, 0, figures.MOST, 2, 0.25))
    gamma = to_quarter(controls.hidden("gamma", 2.0, number(0, figures.MOST)))
    if st.session_state.get(W) != gamma - 1:
        st.session_state[W] = gamma - 1
    st.slider(
        _("Guidance strength w"), -1.0, figures.MOST - 1, step=0.25, key=W,
        on_change=lambda: state.put(gamma=st.session_state[W] + 1),
    )  # fmt: skip
    return gamma


def convention() -> str:
    return controls.choice("dial", _("Convention"), DIALS, "gamma")


def window() -> tuple[int, int]:
    """Guidance acts at last <= t <= first."""
    first = controls.whole("first", _("Guidance begins at t"), 0, T, T, 20)
    last = controls.whole("last", _("and ends at t"), 0, T, 0, 20)
    if first < last:
        st.caption(_("It ends before it begins: it never acts, as if γ were 1."))
    return first, last


def script(*lines: str) -> str:
    head = (
        "import numpy as np",
        "",
        "from explorer import i18n, inference",
        "from explorer.checkpoints import read_card",
        "from explorer.figures import guidance as figures",
        "from explorer.metrics import tilted",
        "from explorer.models.diffusion.guidance import Window",
        "from explorer.sampling import Wish, walk",
        "",
        f"i18n.use({i18n.current()!r})",
    )
    return "\n".join((*head, *lines))


# ---- pictures ----------------------------------------------------------------------------------


def classes(data: str) -> dict[str, str]:
    return clothes() if data == "fashion" else {str(k): str(k) for k in range(10)}


def grid(label: str, seed: int, gamma: float, negative: str, span: tuple[int, int]) -> Wish:
    """Sixteen pictures of one label, or of all labels in turn."""
    count = figures.COUNT
    labels = [n % 10 if label == MIXED else int(label) for n in range(count)]
    less = -1 if negative == NOTHING else int(negative)
    first, last = span
    return Wish(
        tuple(labels), seeds(seed, count), steps=STEPS, gamma=gamma, negative=less,
        window=(last, first),
    )  # fmt: skip


def order(gamma: float) -> list[float]:
    """What to sample: the chosen gamma first, then outwards."""
    return sorted({*figures.GAMMAS, gamma}, key=lambda other: (abs(other - gamma), other))


@st.cache_data(max_entries=512, show_spinner=False)
def judged(
    stamps: tuple, wish: str, _wish: Wish, _pictures: np.ndarray, _judge: Network | None
) -> words.Verdict:
    """What the classifier says of finished pictures; `wish` stands for `_wish`, and `stamps` for
    both networks, so that a classifier that was missing is asked once it is there."""
    p = None if _judge is None else _judge.probabilities(figures.to_unit(_pictures))
    return words.verdict(_pictures, _wish.labels, p)


@st.cache_data(max_entries=24, show_spinner=False)
def sheet(
    stamp: str, wishes: str, _found: dict[float, np.ndarray], _noise: np.ndarray
) -> tuple[sprite.Sprite, list[str]]:
    """The film as far as it is known; `wishes` tell what is shown, and which of them are done."""
    frames, how = figures.film(_found, _noise)
    return sprite.film(frames), how


@st.cache_data(max_entries=64, show_spinner=False)
def half_way(name: str, stamp: str, wish: Wish) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x_t of the first seed after one long step to t = T/2, and both answers there: (784,) each."""
    net = network(name)
    assert net is not None
    x, t = start_noise(wish.starts[0], wish.pixels)[None], T // 2
    (step,) = ddim(net.model.schedule, lambda x, t: net.noise(x, t), x, [T, t], reach=1.0)
    label, base = np.array(wish.labels[:1]), np.array([wish.negative])
    u = net.noise(step.after, t, None if wish.negative < 0 else base)
    return step.after[0], u[0], net.noise(step.after, t, label)[0]


def finished_pictures(films: list[list[Look]], gammas: list[float]) -> dict[float, np.ndarray]:
    return {g: film[-1].after for g, film in zip(gammas, films, strict=True) if film}


def curve_of(data: str, net: Network) -> figures.Curve | None:
    judge = network(f"classifier-{data}")
    return figures.curve(net.card["metrics"], judge.card["metrics"] if judge else None)


def show_pictures(picture, panel, dial: str) -> None:  # noqa: ANN001
    with panel:
        data = state.values["set"]
        every = {MIXED: _("all ten in turn"), **classes(data)}
        label = controls.pick("label", _("The label y"), every, "7")
        progress = st.container()
        more = lesson.more()
    with more:
        data = controls.choice("set", _("Pictures of"), NAMES, "mnist")
        gamma = scale(dial)
        less = {NOTHING: _("nothing: no label"), **classes(data)}
        negative = controls.pick("negative", _("Steer away from"), less, NOTHING)
        span = window()
        measure = {"precision": _("precision"), "accuracy": _("accuracy")}
        fidelity = controls.choice("fidelity", _("Fidelity as"), measure, "precision")
        seed = controls.seed(0)
    net = network(f"diffusion-{data}")
    if net is None:
        rest("guidance")
        st.info(_("Without this network there are no pictures; the other two views need none."))
        lesson.tasks(finished())
        return
    stamp = net.card["weights"]["sha256"]
    gammas = order(gamma)
    wishes = [grid(label, seed, g, negative, span) for g in gammas]
    with progress:
        films = live_sampling("guidance", net, wishes, looks=1)
    found = finished_pictures(films, gammas)
    known = curve_of(data, net)
    with picture:
        show_strip(data, stamp, dict(zip(gammas, wishes, strict=True)), found, gamma, dial)
        stage(
            figures.tradeoff(known, gamma, dial, fidelity),
            key="guidance.stage",
            summary=words.tradeoff(known, gamma, dial),
            filename="guidance_tradeoff",
        )
    wish = wishes[0]
    x, u, c = half_way(f"diffusion-{data}", stamp, wish)
    acts = T // 2 in Window(*span)
    mixed = combine(u, c, gamma if acts else 1.0)
    norms = tuple(float(np.linalg.norm(v)) for v in (u, c - u, mixed))
    name = "" if negative == NOTHING else classes(data)[negative]
    lesson.equation(*words.lengths(gamma, dial, norms, T // 2, name, acts))  # type: ignore[arg-type]
    whole = span == (T, 0)
    failed = lesson.seen("too much", gamma >= 8 and whole and gamma in found)
    mended = gamma in found and (gamma <= 3 or 0 <= span[0] - span[1] <= T // 2)
    lesson.tasks(finished(toomuch=failed and mended))
    lesson.checked(lambda: compare_pictures(net, wish, (x, u, c)))
    lesson.offer(
        lambda: table(known, found),
        lambda: script(
            f"metrics, judge = (read_card(name)['metrics'] for name in {names(data)!r})",
            "curve = figures.curve(metrics, judge)",
            f"figure = figures.tradeoff(curve, {gamma!r}, {dial!r}, {fidelity!r})",
            "",
            "",
            "def pictures():",
            f'    """The sixteen pictures, (16, 784) in [-1, 1], after {STEPS} steps of DDIM."""',
            f"    network = inference.load('diffusion-{data}')",
            f"    *_, look = walk(network.model, {wish!r})",
            "    return look.after",
        ),
    )


def names(data: str) -> tuple[str, str]:
    return f"diffusion-{data}", f"classifier-{data}"


def table(known: figures.Curve | None, found: dict[float, np.ndarray]) -> dict[str, np.ndarray]:
    """The curve from the card; the pixels of the sixteen pictures that are there."""
    columns = {"gamma": np.array(figures.GAMMAS)}
    if known is not None:
        fields = ("gammas", "accuracy", "precision", "recall", "frechet")
        columns = {name: np.asarray(getattr(known, name)) for name in fields}
    return columns | {f"pixels at gamma {g:g}": np.round(found[g], 4) for g in sorted(found)}


def show_strip(
    data: str, stamp: str, wishes: dict[float, Wish], found: dict[float, np.ndarray],
    gamma: float, dial: str,
) -> None:  # fmt: skip
    """The pictures under the hand."""
    wish = wishes[gamma]
    noise = np.stack([start_noise(start, wish.pixels) for start in wish.starts])
    film, how = sheet(stamp, repr((wish, sorted(found))), found, noise)
    judge = network(f"classifier-{data}")
    stamps = (stamp, judge and judge.card["weights"]["sha256"])
    verdicts = {g: judged(stamps, repr(wishes[g]), wishes[g], found[g], judge) for g in found}
    asked = set(wish.labels)
    wanted = _("its own class") if len(asked) > 1 else f"“{classes(data)[str(wish.labels[0])]}”"
    strip(
        film,
        key="guidance.strip",
        names=[f"= {words.value(g, dial)}" for g in figures.FINE],
        film=figures.symbol(dial),
        summaries=words.frames(how, verdicts, wanted, dial, gamma),
        start=figures.FINE.index(gamma),
        on_settle=lambda index: state.put(gamma=figures.FINE[index]),
        interval=120,
        filename="guidance_pictures",
        grows=True,
    )


def compare_pictures(net: Network, wish: Wish, known: tuple[np.ndarray, ...]) -> list[Check]:
    """The first step of the first picture by hand; gamma = 0 and 1 as the bare network."""
    from dataclasses import replace

    one = replace(wish, labels=wish.labels[:1], starts=wish.starts[:1])
    start = start_noise(one.starts[0], one.pixels)[None]
    t, s = net.model.schedule.times(STEPS)[:2]
    base = None if one.negative < 0 else np.array([one.negative])
    u, c = net.noise(start, t, base), net.noise(start, t, np.array(one.labels))
    acts = one.window[0] <= t <= one.window[1]

    def by_hand(eps: np.ndarray) -> float:
        a, b = (float(net.model.schedule.abar[n]) for n in (t, s))
        clean = np.clip((start - np.sqrt(1 - a) * eps) / np.sqrt(a), -1, 1)
        eps = (start - np.sqrt(a) * clean) / np.sqrt(1 - a)
        return float(np.linalg.norm(np.sqrt(b) * clean + np.sqrt(1 - b) * eps))

    def ours(gamma: float) -> float:
        look = next(walk(net.model, replace(one, gamma=gamma, window=(0, T) if acts else (T, 0))))
        return float(np.linalg.norm(look.after))

    gamma = one.gamma if acts else 1.0
    _x, u_half, c_half = known
    mixed = combine(u_half, c_half, one.gamma)
    w = one.gamma - 1
    return [
        Check(_("‖x‖ after the first guided step"), ours(one.gamma),
              _("by hand, from the network's two answers"), by_hand(u + gamma * (c - u))),
        Check(_("the same with γ = 1"), ours(1.0), _("the network with the label"), by_hand(c)),
        Check(_("the same with γ = 0"), ours(0.0), _("the network without it, where γ acts"),
              by_hand(u if acts else c)),
        Check(_("‖guided noise‖ half way, in γ"), float(np.linalg.norm(mixed)), _("in w"),
              float(np.linalg.norm((1 + w) * c_half - w * u_half))),
    ]  # fmt: skip


# ---- three arrows ------------------------------------------------------------------------------


def blob() -> int:
    """Number of the class, from 0."""
    options = {str(k): _("class {number}").format(number=k) for k in (1, 2, 3)}
    return int(controls.choice("of", _("The label y"), options, "1")) - 1


@st.cache_data(max_entries=256, show_spinner=False)
def asked(stamp: str, k: int, x: float, y: float, t: int) -> np.ndarray:
    """eps of the network without and with the label, (2, 2)."""
    net = network("points-blobs")
    assert net is not None
    place = np.array([[x, y]])
    return np.concatenate([net.noise(place, t), net.noise(place, t, np.array([k]))])


def show_arrows(picture, panel, dial: str) -> None:  # noqa: ANN001
    with panel:
        t = controls.whole("t", _("Time t: how much noise"), 10, T, 250, 10)
        more = lesson.more()
    with more:
        gamma = scale(dial)
        k = blob()
        x = controls.number("px", "x₁", -4.5, 4.5, 0, 0.1)
        y = controls.number("py", "x₂", -4.5, 4.5, 1.5, 0.1)
        beside = controls.toggle("net", _("The trained network beside it"), True)
    net = network("points-blobs") if beside else None
    answers = None if net is None else asked(net.card["weights"]["sha256"], k, x, y, t)
    point = figures.Point(k, x, y, t, gamma, answers)
    bounds = (-4.5, 4.5, -4.5, 4.5)
    with picture:
        stage(
            figures.arrows(point),
            key="guidance.stage",
            summary=words.arrows(point, dial),
            handles=[Handle("x", x, y, _("the point x"), theme.ROLES["ink"][0], bounds=bounds)],
            on_move=lambda _name, a, b: state.put(px=round(a, 2), py=round(b, 2)),
            live=Live(
                figures.symbol(dial),
                tuple(figures.shown(g, dial) for g in figures.FINE),
                figures.FINE.index(gamma),
            ),
            on_scrub=lambda index: state.put(gamma=figures.FINE[index]),
            filename="guidance_arrows",
        )
    lesson.equation(*words.arrow_formulas(point, dial))
    _u, c = point.exact()
    moved = (gamma - 1) * point.noise * float(np.linalg.norm(c))
    lesson.tasks(finished(silent=gamma >= 5 and moved < 0.1))
    lesson.checked(lambda: compare_arrows(point))
    lesson.offer(
        lambda: arrow_table(point),
        lambda: script(
            *([] if answers is None else [f"answers = np.array({answers.tolist()!r})"]),
            f"point = figures.Point({k}, {x!r}, {y!r}, {t}, {gamma!r}"
            + (")" if answers is None else ", answers)"),
            "figure = figures.arrows(point)",
        ),
    )


def arrow_table(point: figures.Point) -> dict[str, np.ndarray]:
    u, c = point.exact()
    return {
        "coordinate": np.array([1, 2]),
        "point": np.array([point.x, point.y]),
        "grad log p(x)": u,
        "grad log p(y|x)": c,
        "grad log p(x|y)": u + c,
        "guided": u + point.gamma * c,
    }


def compare_arrows(point: figures.Point) -> list[Check]:
    """Slopes of the log densities by finite differences; the guided noise by the models' code."""
    noised, place, h = figures.EXACT.at(point.t), np.array([[point.x, point.y]]), 1e-5
    around = place + np.array([[h, 0.0], [-h, 0.0]])
    log_p = noised.log_prob(around)
    log_r = np.log(noised.responsibilities(around)[:, point.k])
    u, c = point.exact()
    one = tilted.only(figures.EXACT, point.k)
    both = guided(one.noise, figures.EXACT.noise, point.gamma)(place, point.t)[0]
    guess = -point.noise * (u + point.gamma * c)
    return [
        Check(_("∂ log p(x) / ∂x₁"), u[0], _("finite difference"),
              float(log_p[0] - log_p[1]) / (2 * h)),
        Check(_("∂ log p(y|x) / ∂x₁"), c[0], _("finite difference"),
              float(log_r[0] - log_r[1]) / (2 * h)),
        Check(_("‖guided noise‖ from the arrows"), float(np.linalg.norm(guess)),
              _("from the sampler's own rule"), float(np.linalg.norm(both))),
    ]  # fmt: skip


# ---- where it goes -----------------------------------------------------------------------------


@st.cache_data(max_entries=24, show_spinner=False)
def filmed(k: int, gammas: tuple[float, ...], seed: int, span: tuple[int, int]) -> tilted.Film:
    return tilted.film(figures.EXACT, k, gammas, seed, Window(*span))


@st.cache_data(max_entries=12, show_spinner=False)
def learned(
    stamp: str, k: int, gammas: tuple[float, ...], seed: int, span: tuple[int, int]
) -> np.ndarray:
    net = network("points-blobs")
    assert net is not None
    return tilted.learned_clouds(net.noise, net.model.schedule, k, gammas, seed, Window(*span))


def show_plane(picture, panel, dial: str) -> None:  # noqa: ANN001
    with panel:
        k = blob()
        more = lesson.more()
    with more:
        gamma = scale(dial)
        span = window()
        beside = controls.toggle("cloud", _("Samples of the trained network"))
        seed = controls.seed(0)
    gammas = tuple(sorted({*figures.HALVES, gamma}))
    film, index = filmed(k, gammas, seed, span), gammas.index(gamma)
    net = network("points-blobs") if beside else None
    clouds = learned(net.card["weights"]["sha256"], k, gammas, seed, span) if net else None
    told = words.plane(film, dial)
    with picture:
        stage(
            figures.plane(film, index, dial, clouds),
            key="guidance.stage",
            summary=told[index],
            frame_summaries=told,
            film=f"{figures.symbol(dial)} =",
            start=index,
            interval=250,
            on_scrub=lambda i: state.put(gamma=gammas[i]),
            filename="guidance_plane",
        )
    lesson.equation(*words.plane_formulas(film, index, dial))
    lesson.tasks(finished(honest=dial == "w" and gamma == 1))
    lesson.checked(lambda: compare_plane(film, index, k))
    where = f"({k}, {gammas!r}, {seed}, Window{span!r})"
    lesson.offer(
        lambda: {
            "gamma": film.gammas,
            "MMD": film.mmd[:, 0],
            "MMD by chance": film.mmd[:, 1],
            "spread": film.spreads[:, 0],
            "spread of the tilted distribution": film.spreads[:, 1],
            "x1": film.clouds[index, :, 0],
            "x2": film.clouds[index, :, 1],
        },
        lambda: script(
            f"film = tilted.film(figures.EXACT, *{where})",
            *(
                ["learned = None"]
                if clouds is None
                else [
                    "network = inference.load('points-blobs')",
                    "net = network.noise, network.model.schedule",
                    f"learned = tilted.learned_clouds(*net, *{where})",
                ]
            ),
            f"figure = figures.plane(film, {index}, {dial!r}, learned)",
        ),
    )


def compare_plane(film: tilted.Film, index: int, k: int) -> list[Check]:
    """Z and the tilted spread, counted on draws; the cloud at gamma = 1 against its own normal."""
    mixture, gamma = figures.EXACT.mixture, float(film.gammas[index])
    x, _labels = mixture.sample(200_000, 0)
    counted = float((mixture.responsibilities(x)[:, k] ** gamma).mean())
    drawn = tilted.draw(mixture, k, gamma, 50_000, 0)
    return [
        Check(_("Z on the grid"), float(film.z[index]),
              _("mean of p(y|x)^γ over 200,000 draws"), counted),
        Check(_("spread of the tilted distribution"), float(film.spreads[index, 1]),
              _("of 50,000 exact draws"), tilted.spread(drawn)),
    ]  # fmt: skip


# ---- the page ----------------------------------------------------------------------------------


def finished(**done: bool) -> dict[str, bool]:
    """The tasks, of which each view can see its own."""
    return {"silent": False, "honest": False, "toomuch": False} | done


def keep() -> None:
    """The settings of the views that are not open stay in the address too."""
    digits = [*"0123456789"]
    choices = {
        "dial": ("gamma", list(DIALS)), "set": ("mnist", list(NAMES)),
        "label": ("7", [MIXED, *digits]), "negative": (NOTHING, [NOTHING, *digits]),
        "fidelity": ("precision", ["precision", "accuracy"]), "of": ("1", [*"123"]),
        "net": (True, [True, False]), "cloud": (False, [True, False]),
    }  # fmt: skip
    for name, (default, options) in choices.items():
        controls.hidden(name, default, one_of(options))
    controls.hidden("gamma", 2.0, number(0, figures.MOST))
    controls.hidden("first", T, integer(0, T))
    controls.hidden("last", 0, integer(0, T))
    controls.hidden("t", 250, integer(10, T))
    controls.hidden("px", 0.0, number(-4.5, 4.5))
    controls.hidden("py", 1.5, number(-4.5, 4.5))
    controls.hidden("seed", 0, integer(0, 999_999))


@lesson.live
def act() -> None:
    keep()
    show = controls.choice("show", _("Look at"), SHOWS, "pictures", label_visibility="collapsed")
    picture, panel = lesson.columns()
    with panel:
        dial = convention()
    if show != "pictures":
        rest("guidance")
    views = {"pictures": show_pictures, "arrows": show_arrows, "plane": show_plane}
    views[show](picture, panel, dial)


lesson.predict(
    {
        "diversity": lambda: state.put(show="pictures", gamma=8.0, first=T, last=0),
        "off": lambda: state.put(show="arrows", dial="gamma", gamma=1.0),
    }
)
lesson.closing(
    combine,
    guided,
    "explorer.models.diffusion.conditioned:steered",
    tilted.arrows,
    tilted.cloud,
    tilted.tilted,
)
