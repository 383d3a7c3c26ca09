"""`mixture`: several bells make one density; choose k, then draw x; whose point is this?"""

from contextlib import suppress

import numpy as np
import streamlit as st

from explorer import i18n
from explorer.components.stage import Handle, stage
from explorer.data import registry
from explorer.figures import mixture as figures
from explorer.figures import mixture_film as film
from explorer.figures import mixture_words as words
from explorer.figures import theme
from explorer.i18n import _
from explorer.models import by_hand
from explorer.models.em_best import best_found
from explorer.models.gaussian import Gaussian
from explorer.models.mixture import Mixture
from explorer.ui.frame import Check, Lesson
from explorer.ui.mixture_hand import MOST, MixtureHand
from explorer.ui.state import integer, number, one_of

lesson = Lesson("mixture")
lesson.opening()
chosen = lesson.data(dims=2, default="old_faithful", min_rows=3, full_rank=True)
controls, state = lesson.controls, lesson.state
geyser = chosen.id in registry.STAND_INS["geyser"]
start = (
    by_hand.BOOK if geyser and chosen.table.columns == registry.entry(chosen.id).columns else None
)


SEED = 2  # starts lopsided and settles: the law of large numbers at work
FIRST_STEP = 2  # the film opens with its first point drawn


@st.cache_data(max_entries=64, show_spinner=_("EM is searching from several starts…"))
def target(_x: np.ndarray, identity: object, dims: int, k: int) -> tuple[float, float | None]:
    """Nats per point of one normal, and of the best mixture that EM finds."""
    x = _x[:, :dims]
    return float(Gaussian.fit(x).log_prob(x).mean()), best_found(x, k)


def presets(hand: MixtureHand, k: int) -> None:
    """Three starting places: where the page began, a bad one, and a failure."""

    def rough() -> None:
        hand.put_means(by_hand.crossed(chosen.x, k), 0.6 * hand.sizes)
        lesson.seen("rough", True)

    with st.container(horizontal=True):
        st.button(_("First picture"), key="mixture.first", on_click=hand.restore)
        st.button(_("Rough start"), key="mixture.rough", on_click=rough)
        st.button(_("Twins"), key="mixture.twins", on_click=lambda: hand.copy(1, 2), disabled=k < 2)


def show_density(picture, more, hand, mixture, score):  # noqa: ANN001, ANN201
    parts = {str(i): str(i) for i in range(1, len(mixture.weights) + 1)}
    with more:
        part = int(controls.choice("part", _("Component"), parts, "1")) if len(parts) > 1 else 1
        hand.sliders(part, mixture.weights, chosen.labels[: mixture.means.shape[1]])
    x = chosen.x[:, : mixture.means.shape[1]]
    with picture:
        stage(
            figures.density(mixture, x, chosen.labels, score),
            key="mixture.stage",
            summary=words.density(mixture, len(x), chosen.title, score),
            handles=hand.handles(mixture, part),
            on_move=lambda grip, px, py: hand.moved(grip, px, py, mixture, part),
            filename="mixture",
        )
    lesson.equation(*words.density_formulas(mixture, score))
    numbers = f"figures.Score({score.yours!r}, {score.single!r}, {score.best!r})"
    return f"figures.density(mixture, x, labels, {numbers})", False


def show_draw(picture, more, hand, mixture, score):  # noqa: ANN001, ANN201
    with more:
        seed = controls.seed(SEED)
        forget = controls.toggle("forget", _("Forget k: show only the points"))
        original = controls.toggle("original", _("Lay the data underneath"))
    step = state.values["step"]
    told, x = words.draw(mixture, seed), chosen.x[:, : mixture.means.shape[1]]
    with picture:
        stage(
            film.draw(mixture, x, chosen.labels, seed, forget, original),
            key="mixture.stage",
            summary=told[step],
            frame_summaries=told,
            film=_("Sampling"),
            start=step,
            interval=900,
            handles=hand.handles(mixture, None),
            on_move=lambda grip, px, py: hand.moved(grip, px, py, mixture, 1),
            on_scrub=lambda index: state.put(step=index),
            filename="mixture_draw",
        )
    lesson.equation(*words.draw_formulas(mixture))
    count = film.counts_shown()[step]
    shares = np.bincount(mixture.sample(count, seed)[1], minlength=len(mixture.weights))
    settled = count >= 500 and abs(shares / count - mixture.weights).max() < 0.05
    return f"film.draw(mixture, x, labels, {seed!r}, {forget!r}, {original!r})", settled


def show_ask(picture, more, hand, mixture, score):  # noqa: ANN001, ANN201
    plane = mixture.means.shape[1] == 2
    with more:
        for axis in range(1 + plane):
            hand.place_slider(axis, chosen.labels[axis])
    place = np.array([state.values["q" + a] for a in "xy"[: 1 + plane]])
    grip = Handle(
        "q",
        float(place[0]),
        float(place[1]) if plane else 0.0,
        _("The point x"),
        theme.color("condition"),
        "xy" if plane else "x",
        "diamond" if plane else "line",
        (*hand.windows[0], *(hand.windows[1] if plane else (0.0, 0.0))),
        (hand.steps[0], hand.steps[1] if plane else 0.0),
    )

    def moved(name: str, px: float, py: float) -> None:
        if name == "q":
            state.put(**({"qx": px, "qy": py} if plane else {"qx": px}))
        else:
            hand.moved(name, px, py, mixture, 1)

    with picture:
        stage(
            figures.ask(mixture, chosen.x[:, : 1 + plane], chosen.labels, place),
            key="mixture.stage",
            summary=words.ask(mixture, place),
            handles=[*hand.handles(mixture, None), grip],
            on_move=moved,
            filename="mixture_responsibility",
        )
    lesson.equation(*words.ask_formulas(mixture, place))
    return f"figures.ask(mixture, x, labels, np.array({place.tolist()!r}))", False


def compare(plane: Mixture, mixture: Mixture, x: np.ndarray, score: figures.Score) -> list[Check]:
    from sklearn.mixture import GaussianMixture

    dims, k = x.shape[1], len(mixture.weights)
    theirs = GaussianMixture(k)
    theirs.weights_, theirs.means_ = mixture.weights, mixture.means
    theirs.covariances_ = mixture.covariances
    precisions = np.linalg.inv(mixture.covariances)
    theirs.precisions_cholesky_ = np.linalg.cholesky(precisions)
    spread = np.linalg.slogdet(2 * np.pi * np.cov(x.T, bias=True).reshape(dims, dims))[1]
    nats = _("Log-likelihood per point (nats)")
    lines = [
        Check(_("Sum of the weights"), float(mixture.weights.sum()), _("must be"), 1.0),
        Check(_("Integral of the density"), by_hand.integral(mixture), _("must be"), 1.0),
        Check(nats, score.yours, "scikit-learn", float(theirs.score(x))),
        Check(_("One normal"), score.single, "−½ (log |2πS| + D)", -0.5 * (spread + dims)),
    ]
    if score.best is not None:
        best = GaussianMixture(k, n_init=10, tol=1e-7, reg_covar=0, max_iter=500, random_state=0)
        with suppress(ValueError):  # one of its starts fell onto a point: nothing to compare with
            theirs_best = float(best.fit(x).lower_bound_)
            lines.append(Check(_("Best by EM"), score.best, "scikit-learn", theirs_best))
    return lines


def columns(show: str, mixture: Mixture, x: np.ndarray) -> dict[str, np.ndarray]:
    """The data behind the picture: the draws, or the points with their log density and shares."""
    names = chosen.table.columns[: x.shape[1]]
    if show == "draw":
        seed = state.values["seed"]
        points, k = mixture.sample(film.JUMPS[-1], seed)
        return {
            "u": film.needles(len(k), seed),
            "k": k + 1,
            **dict(zip(names, points.T, strict=True)),
        }
    shares, log_prob = mixture.infer(x)
    claims = {f"responsibility {k}": column for k, column in enumerate(shares.T, start=1)}
    return {**dict(zip(names, x.T, strict=True)), "log density (nats)": log_prob, **claims}


def script(mixture: Mixture, call: str) -> str:
    dims = mixture.means.shape[1]
    language = i18n.current()
    return "\n".join(
        [
            chosen.code,
            "",
            "import numpy as np",
            "",
            "from explorer import i18n",
            "from explorer.figures import mixture as figures",
            "from explorer.figures import mixture_film as film",
            "from explorer.models.mixture import Mixture",
            "",
            f"i18n.use({language!r})",
            f"x = x[:, :{dims}]",
            f"labels = {list(chosen.labels)!r}",
            "mixture = Mixture(",
            f"    {mixture.weights.tolist()!r},",
            f"    {mixture.means.tolist()!r},",
            f"    {mixture.covariances.tolist()!r},",
            ")",
            f"figure = {call}",
        ]
    )


SHOWS = {"density": _("Density"), "draw": _("Sampling"), "ask": _("Whose point?")}


def keep(hand: MixtureHand) -> None:
    """The settings of the views that are not on the stage stay in the address too."""
    for axis, default in zip("xy", by_hand.disputed(hand.first.mixture(2)), strict=True):
        low, high = hand.bounds(f"q{axis}")
        controls.hidden(f"q{axis}", float(np.clip(default, low, high)), number(low, high))
    controls.hidden("part", "1", one_of("12345"))
    controls.hidden("step", FIRST_STEP, integer(0, film.LENGTH - 1))
    controls.hidden("seed", SEED, integer(0, 999_999))
    for name in ("forget", "original"):
        controls.hidden(name, False, one_of([True, False]))


@lesson.live
def act() -> None:
    picture, panel = lesson.columns()
    hand = MixtureHand(lesson, chosen.x, start, chosen.identity)
    with panel:
        show = controls.choice("show", _("Show"), SHOWS, "density")
        views = {"2": _("both, as a map"), "1": _("the first, as a curve")}
        dims = int(controls.choice("dims", _("Columns"), views, "2"))
        k = controls.whole("k", _("Number of components K"), 1, MOST, 2)
        presets(hand, k)
        more = lesson.more()
    keep(hand)
    plane = hand.mixture(k)
    mixture = plane if dims == 2 else by_hand.marginal(plane)
    x = chosen.x[:, :dims]
    single, best = target(chosen.x, chosen.identity, dims, k)
    score = figures.Score(float(mixture.log_prob(x).mean()), single, best)
    scene = {"density": show_density, "draw": show_draw, "ask": show_ask}[show]
    call, settled = scene(picture, more, hand, mixture, score)
    twins = lesson.seen("twins", words.identical(plane) is not None)
    rough = lesson.seen("rough", False)
    lesson.tasks(
        {
            "converge": settled,
            "by-hand": rough and k > 1 and score.within_reach(),
            "twins": twins and words.identical(plane) is None and score.halfway(),
        }
    )
    lesson.checked(lambda: compare(plane, mixture, x, score))
    lesson.offer(lambda: columns(show, mixture, x), lambda: script(mixture, call))


def halfway() -> None:
    """The stage of the question: the first picture on the line, x in the middle of the means."""
    first = {name: value for name, value in state.defaults.items() if name[1:].isdigit()}
    state.put(**first, show="ask", dims="1", k=2, qx=(first["x1"] + first["x2"]) / 2)


lesson.predict({"sum": lambda: state.put(show="density", dims="1", k=2), "halfway": halfway})
lesson.closing(Mixture.sample, Mixture.infer, by_hand.set_share, figures.density)
