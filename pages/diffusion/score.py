"""`score`: arrows towards the data at every level of noise, exact and learned, and who follows."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
import streamlit as st

from explorer import i18n
from explorer.components.stage import Handle, Live, stage
from explorer.data import registry
from explorer.figures import score as figures
from explorer.figures import score_words as words
from explorer.figures import theme
from explorer.figures.score_world import (
    COUNTS,
    LAST,
    SCHEDULE,
    SETS,
    SWARM,
    Noise,
    Walk,
    World,
    checkpoint,
    errors_along,
    missed,
    relative_error,
    return_errors,
    starts,
    there_and_back,
    times_of,
    walk,
    world,
)
from explorer.i18n import _
from explorer.metrics.two_samples import mmd
from explorer.models.diffusion.ddim import ddim
from explorer.models.diffusion.ddpm import ddpm
from explorer.models.diffusion.exact import ExactMixture, ExactSet
from explorer.models.diffusion.heun import heun
from explorer.models.diffusion.langevin import langevin
from explorer.models.diffusion.views import from_noise
from explorer.training import small_points
from explorer.ui.frame import Check, Lesson
from explorer.ui.live_training import live_training, rest
from explorer.ui.networks import network
from explorer.ui.state import integer, number, one_of

lesson = Lesson("score")
lesson.opening()
chosen = lesson.data(dims=2, default="eight_gaussians")
controls, state = lesson.controls, lesson.state

TIMES = (1, 2, 4, 7, 11, 16, 22, 30, 40, 50, 60, 75, 90, 105, 120, 140, 160, 180, 200, 225, 250,
         280, 310, 350, 400, 450, 500, 560, 630, 700, 800, 900, 1000)  # fmt: skip
FIRST_T = 120
PLACE = (1.1, 0.2)  # of the learner's particle at first
EDGE = 3.5  # how far it may be taken
STEPS = [3, 5, 10, 20, 50, 100]
UPDATES = [500, 1000, 2000, 4000]
WIDTHS = [16, 32, 64, 128]
END = 999  # the frame that means "the last"
MAGENTA = theme.ROLES["condition"][0]
SAMPLERS = {"ddim": "DDIM", "heun": "Heun", "ddpm": "DDPM", "langevin": _("Langevin")}
TRAINED = "score.trained"  # what was trained on this page, by data set


@dataclass(frozen=True, eq=False)
class Answer:
    """Whoever predicts noise. `stamp` stands for it in caches; `code` is Python for `noise`."""

    noise: Noise
    stamp: Hashable
    code: str
    card: dict[str, float] = field(default_factory=dict)  # relative error at t
    learned: bool = True


@st.cache_resource(max_entries=16, show_spinner=False)
def make_world(key: Hashable, _x: np.ndarray, _labels: tuple[str, ...]) -> World:
    """One for everybody with the same data and language: it remembers what it has computed."""
    return world(key[1], _x, _labels)


genuine = chosen.id in SETS and chosen.table.columns == registry.entry(chosen.id).columns
name = chosen.id if genuine else "own"
KEY = (chosen.identity, name)
here = make_world((*KEY, i18n.current(), chosen.labels), chosen.x, chosen.labels)


def script(*lines: str) -> str:
    head = (
        "import numpy as np",
        "",
        "from explorer import i18n, inference",
        "from explorer.figures import score as figures",
        "from explorer.figures import score_world as worlds",
        "from explorer.training import small_points",
        chosen.code,
        "",
        f"i18n.use({i18n.current()!r})",
        f"here = worlds.world({name!r}, x, {chosen.labels!r})",
    )
    return "\n".join((*head, *lines))


# ---- whose answer ------------------------------------------------------------------------------

EXACT = Answer(here.noise, ("exact", *KEY), "noise = here.noise", learned=False)


def source() -> str:
    """Where a learned answer comes from, as chosen; own data have no ready-made network."""
    if name not in SETS:
        return "here"
    ways = {"ready": _("Ready-made network"), "here": _("Trained on this page")}
    return controls.choice("net", _("Network"), ways, "ready")


def learned(which: str) -> Answer | None:
    """The network, or None after a sentence that says what to do."""
    if which == "ready":
        found = network(checkpoint(name))
        if found is None:
            return None
        code = f"noise = inference.load({checkpoint(name)!r}).noise"
        card = found.card.get("metrics", {}).get("relative error of the score at t", {})
        return Answer(found.noise, found.card["weights"]["sha256"], code, card)
    trained = st.session_state.get(TRAINED, {}).get(KEY)
    if trained is None:
        st.info(_("No network has learned these data yet: open “Train”, press the button, and "
                  "come back. Until then the exact answer is shown."))  # fmt: skip
    return trained


@st.cache_data(max_entries=64, show_spinner=False)
def along(stamp: Hashable, _noise: Noise, _here: World) -> np.ndarray:
    """Relative errors at every level of the card."""
    return errors_along(_here, _noise)


@st.cache_data(max_entries=256, show_spinner=False)
def off(stamp: Hashable, t: int, _noise: Noise, _here: World) -> float:
    """The relative error at t."""
    return relative_error(_here, _noise, t)


# ---- the field ---------------------------------------------------------------------------------


def place_sliders() -> None:
    controls.slider("px", _("Your particle, across"), -EDGE, EDGE, PLACE[0], 0.05)
    controls.slider("py", _("Your particle, along"), -EDGE, EDGE, PLACE[1], 0.05)


def place() -> np.ndarray:
    return np.array([state.values["px"], state.values["py"]])


def grip(p: np.ndarray) -> list[Handle]:
    """The learner's particle."""
    bounds = (-EDGE, EDGE, -EDGE, EDGE)
    return [
        Handle("p", float(p[0]), float(p[1]), _("Your particle"), MAGENTA, "xy", "diamond", bounds,
               (0.05, 0.05))
    ]  # fmt: skip


def moved(_name: str, x: float, y: float) -> None:
    state.put(px=round(x, 2), py=round(y, 2))


def show_field(picture, panel) -> None:  # noqa: ANN001
    with panel:
        beside = controls.toggle("beside", _("Lay the learned field beside it"))
        with lesson.more():
            t = controls.whole("t", _("Time t"), 1, LAST, FIRST_T)
            place_sliders()
            which = source() if beside else "ready"
        answer = learned(which) if beside else None
    p = place()
    if answer is None:
        figure, said = figures.field(here, t, p), words.field(here, t, p)
        formulas = words.score_formulas(here, t, p)
        call = f"figure = figures.field(here, {t}, p)"
    else:
        errors, error = (
            along(answer.stamp, answer.noise, here),
            off(answer.stamp, t, answer.noise, here),
        )
        figure = figures.compare(here, answer.noise, t, p, errors, error, answer.card)
        said = words.compare(here, t, error, answer.card.get(str(t)), worst(answer, t))
        formulas = (words.score_formulas(here, t, p)[0], words.error_formula(t, error))
        call = (
            f"{answer.code}\n"
            f"errors, error = worlds.errors_along(here, noise), worlds.relative_error(here, noise, "
            f"{t})\n"
            f"figure = figures.compare(here, noise, {t}, p, errors, error, {answer.card!r})"
        )
    values = tuple(sorted({*TIMES, t}))
    with picture:
        stage(
            figure, key="score.stage", summary=said, handles=grip(p), on_move=moved,
            live=Live("t", tuple(float(v) for v in values), values.index(t)), interval=250,
            on_scrub=lambda index: state.put(t=values[index]), filename="score_field",
        )  # fmt: skip
    lesson.equation(*formulas)
    lesson.tasks(tasks())
    lesson.checked(lambda: compare_field(t, p, answer))
    x = figures.grid(here.reach)
    exact, found = here.score(x, t), None if answer is None else -answer.noise(x, t)
    lesson.offer(
        lambda: {"x": x[:, 0], "y": x[:, 1], "score x": exact[:, 0], "score y": exact[:, 1]}
        | ({} if found is None else {
            "learned score x": found[:, 0] / float(SCHEDULE.noise(t)),
            "learned score y": found[:, 1] / float(SCHEDULE.noise(t)),
        }),
        lambda: script(f"p = np.array({p.tolist()!r})", call),
    )  # fmt: skip


def worst(answer: Answer, t: int) -> float:
    """The largest error of the predicted noise on the picture."""
    x = figures.grid(here.reach)
    return float(np.linalg.norm(answer.noise(x, t) - here.noise(x, t), axis=1).max())


def slope(t: int, p: np.ndarray) -> np.ndarray:
    """The score by central differences of log p_t."""
    h = 1e-3 * float(SCHEDULE.noise(t))
    around = p + h * np.array([[1.0, 0], [-1, 0], [0, 1], [0, -1]])
    a, b, c, d = here.log_prob(around, t)
    return np.array([a - b, c - d]) / (2 * h)


def compare_field(t: int, p: np.ndarray, answer: Answer | None) -> list[Check]:
    """The score by differences of the log density; the guess by Tweedie's formula from these."""
    score, guess, found = here.score(p[None], t)[0], here.clean(p[None], t)[0], slope(t, p)
    tweedie = (p + (1 - float(SCHEDULE.abar[t])) * found) / float(SCHEDULE.signal(t))
    how = _("central difference of log p")
    lines = [
        Check(_("Score, across"), float(score[0]), how, float(found[0])),
        Check(_("Score, along"), float(score[1]), how, float(found[1])),
        Check(_("Best guess, across"), float(guess[0]), _("Tweedie's formula"), float(tweedie[0])),
        Check(_("Best guess, along"), float(guess[1]), _("Tweedie's formula"), float(tweedie[1])),
    ]
    if answer is not None and str(t) in answer.card:
        ours = off(answer.stamp, t, answer.noise, here)
        lines.append(Check(_("Relative error at this t"), ours, _("on the card"),
                           answer.card[str(t)]))  # fmt: skip
    return lines


# ---- one particle ------------------------------------------------------------------------------


@st.cache_data(max_entries=48, show_spinner=_("The particles are on their way…"))
def flock(
    stamp: Hashable, sampler: str, steps: int, levels: str, seed: int, start: tuple, _noise: Noise
) -> Walk:
    """The swarm at the film's frames; it sets out from one place, or from noise."""
    x = np.tile(start, (SWARM, 1)) if start else starts(seed)
    return walk(_noise, sampler, x, times_of(sampler, steps, levels), seed + 1).thinned()


@st.cache_data(max_entries=16, show_spinner=_("The particles are on their way…"))
def returning(stamp: Hashable, sampler: str, steps: int, _noise: Noise, _here: World) -> Walk:
    """Real points into noise and back."""
    return there_and_back(_noise, sampler, _here.pair[0], steps).thinned()


@st.cache_data(max_entries=16, show_spinner=_("The particles are on their way…"))
def misses(stamp: Hashable, _noise: Noise, _here: World) -> dict[str, np.ndarray]:
    """How far points miss their start, along the number of steps."""
    return return_errors(_here, _noise)


def show_follow(picture, panel) -> None:  # noqa: ANN001
    with panel:
        sampler = controls.choice("sampler", _("Led by"), SAMPLERS, "ddim")
        steps = controls.steps("steps", _("Steps"), STEPS, 50)
        home, levels = False, "all"
        if sampler in ("ddim", "heun"):
            home = controls.toggle("home", _("Into noise and back again"))
        elif sampler == "langevin":
            noises = {"all": _("Falling noise"), "one": _("One small level")}
            levels = controls.choice("levels", _("Noise"), noises, "all")
        with lesson.more():
            place_sliders()
            led = controls.toggle("led", _("Led by the learned score"))
            which = source() if led else "ready"
            seed = 0 if home else controls.seed()  # there and back nothing is drawn
        answer = (learned(which) if led else None) or EXACT
    if home:
        show_return(picture, sampler, steps, answer)
    else:
        show_walk(picture, sampler, steps, levels, seed, answer)


def film(picture, figure, told: list[str], own: Walk) -> None:  # noqa: ANN001
    last = len(told) - 1
    at = min(state.values["frame"], last)
    with picture:
        stage(
            figure, key="score.stage", summary=told[at], frame_summaries=told, film=_("Step"),
            start=at, interval=120, handles=grip(own.x[0, 0]), on_move=moved,
            on_scrub=lambda index: state.put(frame=END if index == last else index),
            filename="score_walk",
        )  # fmt: skip


def shown_steps(total: int, found: Walk) -> list[int]:
    """The number of the step that each of a film's frames shows."""
    return np.linspace(0, total, len(found.times)).round().astype(int).tolist()


def show_walk(picture, sampler, steps, levels, seed, answer) -> None:  # noqa: ANN001
    p = place()
    times = times_of(sampler, steps, levels)
    start = tuple(p.tolist()) if sampler == "langevin" else ()
    swarm = flock(answer.stamp, sampler, steps, levels, seed, start, answer.noise)
    whole = walk(answer.noise, sampler, p[None], times, seed)
    own, numbers = whole.thinned(), shown_steps(len(times) - 1, swarm)
    distance = here.mmd(swarm.x[-1])
    film(picture, figures.follow(here, own, swarm, numbers),
         words.follow(here, own, swarm, distance), own)  # fmt: skip
    at = numbers[min(state.values["frame"], len(numbers) - 1)]
    lesson.equation(*words.step_formulas(sampler, whole, at))
    poor = lesson.seen("few", sampler == "ddpm" and distance > 2 * here.floor)
    astray = words.astray(here, swarm)
    stuck = lesson.seen("stuck", levels == "one" and astray > 0.3)
    lesson.tasks(
        tasks(
            few=poor and distance < 1.25 * here.floor,
            stuck=stuck and sampler == "langevin" and levels == "all" and astray < 0.1,
        )
    )
    lesson.checked(lambda: compare_walk(answer, swarm, distance, p))
    ends = swarm.x[-1]
    lesson.offer(
        lambda: {"x": ends[:, 0], "y": ends[:, 1], "t": np.array(whole.times),
                 "path x": whole.x[:, 0, 0], "path y": whole.x[:, 0, 1]},
        lambda: script(
            answer.code,
            f"p = np.array({p.tolist()!r})",
            f"times = worlds.times_of({sampler!r}, {steps}, {levels!r})",
            "start = np.tile(p, (worlds.SWARM, 1))" if start else f"start = worlds.starts({seed})",
            f"swarm = worlds.walk(noise, {sampler!r}, start, times, {seed + 1}).thinned()",
            f"own = worlds.walk(noise, {sampler!r}, p[None], times, {seed}).thinned()",
            f"figure = figures.follow(here, own, swarm, {numbers!r})",
        ),
    )  # fmt: skip


def compare_walk(answer: Answer, swarm: Walk, distance: float, p: np.ndarray) -> list[Check]:
    """MMD by scikit-learn's kernel; the equation's solution by two rules and many steps."""
    from sklearn.metrics.pairwise import rbf_kernel

    real = here.pair[0]
    made = swarm.x[-1][: len(real)]

    def kernel(a: np.ndarray, b: np.ndarray) -> float:
        gammas = (1 / (2 * w * w) for w in (0.1, 0.3, 1.0))
        return float(np.mean([rbf_kernel(a, b, gamma).mean() for gamma in gammas]))

    squared = kernel(made, made) + kernel(real, real) - 2 * kernel(made, real)
    ends = [walk(answer.noise, rule, p[None], SCHEDULE.times(n)).x[-1, 0]
            for rule, n in (("heun", 200), ("ddim", 1000))]  # fmt: skip
    how = _("Euler's rule with 1,000 steps")
    return [
        Check(_("Distance (MMD) to real data"), distance, "scikit-learn, rbf_kernel",
              float(np.sqrt(max(squared, 0.0)))),
        Check(_("End of your particle by Heun's rule with 200 steps, across"), float(ends[0][0]),
              how, float(ends[1][0])),
        Check(_("the same, along"), float(ends[0][1]), how, float(ends[1][1])),
    ]  # fmt: skip


def show_return(picture, sampler, steps, answer) -> None:  # noqa: ANN001
    p = place()
    swarm = returning(answer.stamp, sampler, steps, answer.noise, here)
    whole = there_and_back(answer.noise, sampler, p[None], steps)
    own, numbers = whole.thinned(), shown_steps(2 * steps, swarm)
    errors = misses(answer.stamp, answer.noise, here)
    film(picture, figures.back(here, own, swarm, errors, sampler, steps, numbers),
         words.back(own, swarm, steps), own)  # fmt: skip
    lesson.equation(words.RULES[sampler], words.return_formula(missed(whole), missed(swarm), steps))
    lesson.tasks(tasks())
    lesson.checked(lambda: compare_return(answer, sampler, swarm))
    lesson.offer(
        lambda: {"steps": np.array(COUNTS), "Euler (DDIM)": errors["ddim"],
                 "Heun": errors["heun"], "t": np.array(whole.times),
                 "path x": whole.x[:, 0, 0], "path y": whole.x[:, 0, 1]},
        lambda: script(
            answer.code,
            f"p = np.array({p.tolist()!r})",
            f"go = lambda x: worlds.there_and_back(noise, {sampler!r}, x, {steps}).thinned()",
            "errors = worlds.return_errors(here, noise)",
            "own, swarm = go(p[None]), go(here.pair[0])",
            f"figure = figures.back(here, own, swarm, errors, {sampler!r}, {steps}, {numbers!r})",
        ),
    )  # fmt: skip


def compare_return(answer: Answer, sampler: str, swarm: Walk) -> list[Check]:
    """The noise reached by one point, by the other rule."""
    x = here.pair[0][:1]
    found = [there_and_back(answer.noise, rule, x, n) for rule, n in (("heun", 100), ("ddim", 500))]
    tops = [walk_.x[len(walk_.times) // 2, 0] for walk_ in found]
    how = _("Euler's rule with 500 steps")
    return [
        Check(_("Noise that a data point becomes, across"), float(tops[0][0]), how,
              float(tops[1][0])),
        Check(_("the same, along"), float(tops[0][1]), how, float(tops[1][1])),
    ]  # fmt: skip


# ---- training ----------------------------------------------------------------------------------


def show_train(picture, panel) -> None:  # noqa: ANN001
    with panel:
        updates = controls.steps("updates", _("Updates"), UPDATES, 2000)
        with lesson.more():
            width = controls.steps("width", _("Units in each layer"), WIDTHS, 64)
            seed = controls.seed()

        def run():  # noqa: ANN202
            return small_points.train(here.x, here.pair[0], updates, width, seed)

        records = live_training(
            "score", run, (KEY, updates, width, seed), describe,
            lambda: untrained(run, width, seed), on_start=lambda: state.put(at=END),
        )  # fmt: skip
    kept = [record for record in records if record.moment is not None]
    count, last = len(records), len(kept) - 1
    code = (
        f"run = small_points.train(here.x, here.pair[0], {updates}, {width}, {seed})\n"
        f"records = list(islice(run, {count}))\n"
        "kept = [record for record in records if record.moment is not None]"
    )
    if kept[-1].step > 0:
        remember(kept[-1], code)
    losses = np.array([record.loss for record in records])
    steps = [record.step for record in kept]
    distances = np.array([record.moment.distance for record in kept])
    samples = np.stack([record.moment.samples for record in kept])
    told = words.training(steps, losses[steps], distances, here.floor)
    at = min(state.values["at"], last)
    with picture:
        stage(
            figures.training(here, steps, samples, distances, losses, updates), key="score.stage",
            summary=told[at], frame_summaries=told if last else (),
            film=_("Update") if last else "", start=at if last else 0, interval=350,
            on_scrub=lambda index: state.put(at=END if index == last else index),
            filename="score_training",
        )  # fmt: skip
    shown = kept[at]
    lesson.equation(*words.training_formulas(shown.step, shown.loss, distances[at], here.floor))
    lesson.tasks(tasks(learn=kept[-1].step > 0 and bool(distances[-1] <= 2 * here.floor)))
    lesson.checked(lambda: compare_training(run, records, shown))
    lesson.offer(
        lambda: {"update": np.array(steps), "MMD": distances, "loss": losses,
                 "sample x": samples[at][:, 0], "sample y": samples[at][:, 1]},
        lambda: script(
            "from itertools import islice",
            code,
            "losses = np.array([record.loss for record in records])",
            "distances = np.array([record.moment.distance for record in kept])",
            "samples = np.stack([record.moment.samples for record in kept])",
            "steps = [record.step for record in kept]",
            f"figure = figures.training(here, steps, samples, distances, losses, {updates})",
        ),
    )  # fmt: skip


def describe(record: small_points.Record) -> str:
    return _("Update {step} of {steps}").format(step=f"{record.step:,}", steps=f"{record.steps:,}")


@st.cache_resource(max_entries=16, show_spinner=False)
def _untrained(key: Hashable, _run: Callable) -> list[small_points.Record]:
    return [next(_run())]


def untrained(run: Callable, width: int, seed: int) -> list[small_points.Record]:
    """The network before its first update."""
    return _untrained((KEY, width, seed), run)


def remember(record: small_points.Record, code: str) -> None:
    """For the other views: the newest network of these data."""
    answer = record.moment.answer
    stamp = (KEY, answer.width, record.step, hash(answer.weights.tobytes()))
    lines = f"from itertools import islice\n{code}\nnoise = kept[-1].moment.answer.noise"
    st.session_state.setdefault(TRAINED, {})[KEY] = Answer(answer.noise, stamp, lines)


def compare_training(run: Callable, records: list, shown: small_points.Record) -> list[Check]:
    """The first updates once more, and the distance again from the samples."""
    count = min(10, len(records))
    again = list(islice(run(), count))
    lines = [
        Check(_("Distance (MMD) of the samples"), shown.moment.distance,
              _("again from the samples"),
              mmd(here.pair[0], shown.moment.samples[: len(here.pair[0])])),
    ]  # fmt: skip
    if count > 1:
        lines.append(
            Check(_("Loss after update {step}").format(step=count - 1), records[count - 1].loss,
                  _("run again from the seed"), again[-1].loss)
        )  # fmt: skip
    return lines


# ---- four names --------------------------------------------------------------------------------


def show_names(picture, panel) -> None:  # noqa: ANN001
    with panel:
        t = controls.whole("t", _("Time t"), 1, LAST, FIRST_T)
        with lesson.more():
            place_sliders()
            which = source()
        answer = learned(which) or EXACT
    p = place()
    x = figures.grid(here.reach, figures.FOUR)
    made = figures.views_at(answer.noise, x, t)
    gap = figures.conversion_gap(x, made, t)
    a, s = float(SCHEDULE.signal(t)), float(SCHEDULE.noise(t))
    own = from_noise(p, answer.noise(p[None], t)[0], a, s)
    with picture:
        stage(
            figures.names(here, answer.noise, t, p, answer.learned), key="score.stage",
            summary=words.names(t, p, own, gap), handles=grip(p), on_move=moved,
            filename="score_names",
        )  # fmt: skip
    lesson.equation(*words.name_formulas(t, p, own))
    lesson.tasks(tasks())
    lesson.checked(lambda: [
        Check(_("Clean point, across"), float(own.clean[0]), "√ᾱ x − √(1−ᾱ) v",
              float(a * p[0] - s * own.velocity[0])),
        Check(_("Noise, along"), float(own.noise[1]), "√(1−ᾱ) x + √ᾱ v",
              float(s * p[1] + a * own.velocity[1])),
    ])  # fmt: skip
    parts = {"noise": made.noise, "clean": made.clean, "v": made.velocity, "score": made.score}
    lesson.offer(
        lambda: (
            {"x": x[:, 0], "y": x[:, 1]}
            | {f"{key} {axis}": v[:, k] for key, v in parts.items() for k, axis in enumerate("xy")}
        ),
        lambda: script(
            answer.code,
            f"p = np.array({p.tolist()!r})",
            f"figure = figures.names(here, noise, {t}, p, {answer.learned})",
        ),
    )


# ---- the page ----------------------------------------------------------------------------------


def tasks(**done: bool) -> dict[str, bool]:
    """The tasks, of which each view can see its own."""
    return {"stuck": False, "few": False, "learn": False} | done


VIEWS = {"field": _("Field"), "follow": _("Follow one"), "train": _("Train"),
         "names": _("Names")}  # fmt: skip


def keep() -> None:
    """The settings of the views that are not open stay in the address too."""
    controls.hidden("t", FIRST_T, integer(1, LAST))
    controls.hidden("px", PLACE[0], number(-EDGE, EDGE))
    controls.hidden("py", PLACE[1], number(-EDGE, EDGE))
    controls.hidden("sampler", "ddim", one_of(list(SAMPLERS)))
    controls.hidden("steps", 50, one_of(STEPS))
    controls.hidden("levels", "all", one_of(["all", "one"]))
    controls.hidden("updates", 2000, one_of(UPDATES))
    controls.hidden("width", 64, one_of(WIDTHS))
    controls.hidden("net", "ready", one_of(["ready", "here"]))
    controls.hidden("frame", END, integer(0, END))
    controls.hidden("at", END, integer(0, END))
    controls.hidden("seed", 0, integer(0, 999_999))
    for switch in ("beside", "home", "led"):
        controls.hidden(switch, False, one_of([True, False]))


SHOWS = {"field": show_field, "follow": show_follow, "train": show_train, "names": show_names}


@lesson.live
def act() -> None:
    picture, panel = lesson.columns()
    keep()
    with panel:
        view = controls.choice("view", _("Look at"), VIEWS, "field")
        if len(chosen.x) > len(here.x):
            st.caption(_("{shown} of {all} points are used, drawn at random.").format(
                shown=len(here.x), all=f"{len(chosen.x):,}"))  # fmt: skip
    if view != "train":
        rest("score")
    SHOWS[view](picture, panel)


def at_once(**settings: object) -> Callable[[], None]:
    """A callback that sets the stage, from the first settings on."""
    first = {"px": PLACE[0], "py": PLACE[1], "frame": END, "led": False, "home": False}
    return lambda: state.put(**(first | settings))


lesson.predict(
    {
        "far": at_once(view="field", t=900, beside=False),
        "stuck": at_once(view="follow", sampler="langevin", levels="one", steps=50),
    }
)
lesson.closing(
    ExactMixture, ExactSet, from_noise, ddim, heun, ddpm, langevin,
    "explorer.models.diffusion.points:PointsNet",
    "explorer.models.diffusion.objective:denoising_loss",
)  # fmt: skip
