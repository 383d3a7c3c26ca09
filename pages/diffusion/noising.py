"""`noising`: a picture dissolves in noise, in one shot or step by step, as fast as we decide."""

import numpy as np
import streamlit as st

from explorer import i18n
from explorer.components.filmstrip import strip
from explorer.components.stage import Handle, encode, stage
from explorer.figures import noising as figures
from explorer.figures import noising_paths as paths
from explorer.figures import noising_words as words
from explorer.figures import sprite, theme
from explorer.figures.noising import Plan, stops
from explorer.i18n import _
from explorer.metrics.distance import ks_noise
from explorer.models.diffusion.schedule import Schedule, cosine, linear
from explorer.ui import picture as pictures
from explorer.ui.frame import Check, Lesson
from explorer.ui.state import integer, number, one_of

STEPS = [10, 20, 50, 100, 250, 500, 1000]
FIRSTS = [1e-5, 1e-4, 1e-3, 0.01, 0.1]
LASTS = [0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5]
REACH = 2.5  # how far out a start may be placed
MAGENTA = theme.ROLES["condition"][0]
DATA = "moons"

lesson = Lesson("noising")
lesson.opening()
chosen = lesson.data(dims=2, default=DATA)
controls, state = lesson.controls, lesson.state
z = paths.standard(chosen.x)


# ---- what the views share ----------------------------------------------------------------------


def kinds() -> dict[str, str]:
    return {kind: Plan(kind).title for kind in figures.KINDS}


def rescaled() -> None:
    """Another number of steps: the same share of the way."""
    before, after = state.values["steps"], st.session_state[state.key("steps")]
    state.put(t=round(state.values["t"] * after / before))


def first_settings() -> tuple[Plan, int]:
    """Schedule and time; returns the plan and the stop of the film nearest to t."""
    kind = controls.choice("schedule", _("Schedule"), kinds(), "linear")
    first, last = state.values["first"], state.values["last"]
    if kind == "own":
        first = controls.steps("first", _("First β₁"), FIRSTS, 1e-4)
        last = controls.steps("last", _("Last β_T"), LASTS, 0.02)
    total = state.values["steps"]
    times = np.array(stops(total))
    index = int(np.abs(times - state.values["t"]).argmin())
    state.put(t=int(times[index]))
    t = controls.whole("t", _("Time t"), 0, total, 200, step=int(times[1]))
    plan = Plan(kind, total, first, last) if kind == "own" else Plan(kind, total)
    return plan, int(np.abs(times - t).argmin())


def total_steps() -> None:
    controls.steps("steps", _("Number of steps T"), STEPS, 1000, on_change=rescaled)


def how_noised() -> str:
    ways = {
        "same": _("one shot, one noise"), "fresh": _("one shot, new noise"),
        "steps": _("step by step"),
    }  # fmt: skip
    return controls.choice("how", _("Noise for the film"), ways, "same")


def scrubbed(plan: Plan) -> dict:
    """What every film of the page tells: the time on which it rests."""
    times = stops(plan.steps)

    def rest(index: int) -> None:
        state.put(t=times[index])

    return {"rest": rest, "names": [f"= {t:,}" for t in times]}


@st.cache_data(max_entries=64, show_spinner=False)
def walked(plan: Plan, x0: np.ndarray, how: str, seed: int) -> np.ndarray:
    """x_t of one picture at every stop."""
    return figures.way(plan, x0, how, seed)


@st.cache_data(max_entries=32, show_spinner=False)
def equation_film(plan: Plan, x0: np.ndarray, how: str, seed: int) -> sprite.Sprite:
    return figures.equation_film(plan, x0, walked(plan, x0, how, seed))


@st.cache_data(max_entries=32, show_spinner=False)
def pair_film(plans: tuple[Plan, ...], x0: np.ndarray, how: str, seed: int) -> sprite.Sprite:
    return figures.pair_film(*(walked(plan, x0, how, seed) for plan in plans))


def script(*lines: str) -> str:
    head = (
        "import numpy as np", "", "from explorer import i18n",
        "from explorer.figures import noising, noising_paths", "", f"i18n.use({i18n.current()!r})",
    )  # fmt: skip
    return "\n".join((*head, *lines))


def written(plan: Plan) -> str:
    return f"noising.Plan({plan.kind!r}, {plan.steps}, {plan.first!r}, {plan.last!r})"


def grip(plan: Plan, t: int) -> Handle:
    """The point on the curve that is dragged through time."""
    last = plan.steps
    height = float(plan.make().abar[t])
    step = (float(stops(last)[1]), 0.1)
    bounds = (0, last, -1, 2)
    return Handle("t", t, height, _("Time t"), MAGENTA, "x", "circle", bounds, step)


def finished(plan: Plan, t: int, **more: bool) -> dict[str, bool]:
    """The tasks that any view can finish: half of both schedules; too few steps, and mended."""
    schedule = plan.make()
    found = figures.half(schedule)
    near = found is not None and abs(t - found) <= stops(plan.steps)[1] / 2
    both = [
        lesson.seen(kind, near and plan.kind == kind and plan.steps == 1000)
        for kind in ("linear", "cosine")
    ]
    few, end = plan.steps <= 100, float(schedule.abar[-1])
    failed = lesson.seen("too few", few and end > 0.1 and t == plan.steps)
    mended = few and end < 1e-3 and (found or 0) >= plan.steps / 10
    return {"half": all(both), "few": failed and mended, **more}


# ---- a picture ---------------------------------------------------------------------------------


def show_picture(place, panel) -> None:  # noqa: ANN001
    with panel:
        plan, index = first_settings()
        with lesson.more():
            total_steps()
            shown = pictures.choose(controls, "noising")
            how = how_noised()
            seed = controls.seed()
        if chosen.id != DATA:
            st.caption(_("Your points are noised under “{view}”.").format(view=VIEWS["cloud"]))
    x0, t = 2 * shown.x - 1, stops(plan.steps)[index]
    found = walked(plan, x0, how, seed)
    film = scrubbed(plan)
    with place:
        stage(
            figures.journey([plan], found[None, figures.shown(plan.steps)], t),
            key="noising.stage",
            summary=words.journey(plan, t, shown.title),
            handles=[grip(plan, t)],
            on_move=lambda _id, x, _y: state.put(t=round(x)),
            filename="noising",
        )
        strip(
            equation_film(plan, x0, how, seed), key="noising.film", names=film["names"], film="t",
            summaries=words.parts(plan), start=index, on_settle=film["rest"], interval=100,
            invert=True, size=550, filename="noising_film",
        )  # fmt: skip
    lesson.equation(*words.formulas(plan, t))
    lesson.tasks(finished(plan, t))
    lesson.checked(lambda: compare_picture(plan, x0, t))
    lesson.offer(
        lambda: levels(plan) | {"x_0": x0, f"x_{t}": found[index]},
        lambda: script(
            shown.code,
            f"plan = {written(plan)}",
            f"ways = noising.way(plan, 2 * x - 1, {how!r}, {seed})",
            f"rows = ways[None, noising.shown({plan.steps})]",
            f"figure = noising.journey([plan], rows, {t})",
        ),
    )


def levels(plan: Plan) -> dict[str, np.ndarray]:
    schedule = plan.make()
    return {
        "t": np.arange(plan.steps + 1), "abar": schedule.abar,
        "SNR": np.append(np.nan, schedule.snr), "beta": np.append(np.nan, schedule.betas),
    }  # fmt: skip


def compare_picture(plan: Plan, x0: np.ndarray, t: int) -> list[Check]:
    """abar as a product, the coefficient by least squares, where half is gone by an integral."""
    schedule = plan.make()
    left = 1.0
    for beta in schedule.betas[:t]:
        left *= 1 - float(beta)
    generator = np.random.default_rng(0)
    draws = [schedule.diffuse(x0, t, generator.standard_normal(x0.shape)) for _i in range(300)]
    slope = float(np.mean([x0 @ x / (x0 @ x0) for x in draws]))
    rest = float(np.var(np.array(draws) - schedule.signal(t) * x0))
    lines = [
        Check("ᾱ", float(schedule.abar[t]), _("product of 1 − β, one after another"), left),
        Check("√ᾱ", float(schedule.signal(t)),
              _("slope of x_t over x_0, in 300 noised pictures"), slope),
        Check("1 − ᾱ", float(1 - schedule.abar[t]), _("variance of what is not x_0 in them"), rest),
    ]  # fmt: skip
    found = figures.half(schedule)
    if plan.kind != "cosine" and found is not None:
        lines.append(Check(_("Time at which half is gone"), float(found),
                           _("from the integral of log(1 − β)"), integrated(schedule)))  # fmt: skip
    return lines


def integrated(schedule: Schedule) -> float:
    """When -log(1 - beta), summed as if time were continuous, reaches log 2."""
    lost = -np.log1p(-schedule.betas)
    middle = np.arange(len(lost)) + 1.0
    return float(np.interp(np.log(2), np.cumsum(lost), middle))


# ---- two schedules -----------------------------------------------------------------------------


def show_two(place, panel) -> None:  # noqa: ANN001
    with panel:
        plan, index = first_settings()
        against = controls.choice("against", _("Compare with"), kinds(), "cosine")
        with lesson.more():
            if against == "own" and plan.kind != "own":
                first = controls.steps("first", _("First β₁"), FIRSTS, 1e-4)
                last = controls.steps("last", _("Last β_T"), LASTS, 0.02)
            else:
                first, last = state.values["first"], state.values["last"]
            total_steps()
            shown = pictures.choose(controls, "noising")
            how = how_noised()
            seed = controls.seed()
    own = against == "own"
    other = Plan("own", plan.steps, first, last) if own else Plan(against, plan.steps)
    plans, t = [plan, other], stops(plan.steps)[index]
    x0 = 2 * shown.x - 1
    ways = [walked(each, x0, how, seed) for each in plans]
    film = scrubbed(plan)
    with place:
        stage(
            figures.journey(plans, np.stack(ways)[:, figures.shown(plan.steps)], t),
            key="noising.stage",
            summary=words.versus(plans, t),
            handles=[grip(plan, t)],
            on_move=lambda _id, x, _y: state.put(t=round(x)),
            filename="noising_two",
        )
        strip(
            pair_film((plan, other), x0, how, seed), key="noising.pair", names=film["names"],
            film="t", summaries=words.pair(plans), start=index, on_settle=film["rest"],
            interval=100, invert=True, size=384, filename="noising_two_film",
        )  # fmt: skip
    lesson.equation(*words.versus_formulas(plans, t))
    ahead = {plan.kind: plan.make().abar[t], other.kind: other.make().abar[t]}
    gap = ahead.get("cosine", 0) - ahead.get("linear", 1)
    lesson.tasks(finished(plan, t, gap=bool(gap >= 0.45)))
    lesson.checked(lambda: compare_two(plans, t))
    lesson.offer(
        lambda: {
            "t": np.arange(plan.steps + 1),
            **{f"abar_{k + 1}": each.make().abar for k, each in enumerate(plans)},
        },
        lambda: script(
            shown.code,
            f"plans = [{written(plan)}, {written(other)}]",
            f"ways = [noising.way(plan, 2 * x - 1, {how!r}, {seed}) for plan in plans]",
            f"rows = np.stack(ways)[:, noising.shown({plan.steps})]",
            f"figure = noising.journey(plans, rows, {t})",
        ),
    )


def compare_two(plans: list[Plan], t: int) -> list[Check]:
    """Each level once more from where it comes from."""
    lines = []
    for plan in plans:
        ours, share = float(plan.make().abar[t]), t / plan.steps
        if plan.kind == "cosine":
            start, now = (np.cos((u + 0.008) / 1.008 * np.pi / 2) ** 2 for u in (0, share))
            if share < 1:  # the very last step is cut: beta may not be 1
                lines.append(Check(f"ᾱ, {plan.title}", ours, _("the cosine itself"),
                                   float(now / start)))  # fmt: skip
        else:
            lost = np.log1p(-plan.make().betas[:t]).sum()
            lines.append(Check(f"ᾱ, {plan.title}", ours, _("exp of the sum of log(1 − β)"),
                               float(np.exp(lost))))  # fmt: skip
    return lines


# ---- a cloud -----------------------------------------------------------------------------------


@st.cache_resource(max_entries=16, show_spinner=False)
def cloud_film(plan: Plan, _z: np.ndarray, labels: tuple, key: tuple, start: tuple):  # noqa: ANN201
    """The cloud, its film, and the words of each frame; `key` stands for the rest."""
    _identity, how, seed, _language = key
    found = paths.cloud(plan, _z, start, how, seed)
    return found, encode(paths.plane(plan, found, labels)), words.plane(plan, found)


def show_cloud(place, panel) -> None:  # noqa: ANN001
    with panel:
        plan, index = first_settings()
        with lesson.more():
            total_steps()
            how = how_noised()
            x = controls.slider("sx", _("Start x₀, horizontally"), -REACH, REACH, -1.3, 0.05)
            y = controls.slider("sy", _("Start x₀, vertically"), -REACH, REACH, 1.0, 0.05)
            seed = controls.seed()
    t, start = stops(plan.steps)[index], (x, y)
    key = (chosen.identity, how, seed, i18n.current())
    found, film, told = cloud_film(plan, z, chosen.labels, key, start)
    box = (-REACH, REACH, -REACH, REACH)
    with place:
        stage(
            film,
            key="noising.cloud",
            summary=told[index],
            frame_summaries=told,
            film="t",
            start=index,
            interval=80,
            handles=[Handle("x0", x, y, _("Start x₀"), MAGENTA, "xy", "circle", box, (0.1, 0.1))],
            on_move=lambda _id, x, y: state.put(sx=round(20 * x) / 20, sy=round(20 * y) / 20),
            on_scrub=scrubbed(plan)["rest"],
            filename="noising_cloud",
        )
    lesson.equation(*words.plane_formulas(plan, start, t))
    lesson.tasks(finished(plan, t))
    lesson.checked(lambda: compare_cloud(plan, start, t))
    lesson.offer(
        lambda: {
            "x_0 horizontal": found.points[0][:, 0], "x_0 vertical": found.points[0][:, 1],
            f"x_{t} horizontal": found.points[index][:, 0],
            f"x_{t} vertical": found.points[index][:, 1],
        },
        lambda: script(
            chosen.code,
            f"plan = {written(plan)}",
            "z = noising_paths.standard(x)",
            f"found = noising_paths.cloud(plan, z, {start!r}, {how!r}, {seed})",
            f"figure = noising_paths.plane(plan, found, {tuple(chosen.labels)!r})",
        ),
    )  # fmt: skip


def compare_cloud(plan: Plan, start: tuple[float, float], t: int) -> list[Check]:
    """Many draws from the one start; the variance of the whole cloud before it is drawn."""
    schedule, data = plan.make(), z[:1000]
    draws = paths.way(plan, np.tile(start, (4000, 1)), "fresh", 1)[stops(plan.steps).index(t)]
    mixed = paths.way(plan, data, "steps", 2)[stops(plan.steps).index(t)]
    kept = schedule.abar[t] * data.var(axis=0) + 1 - schedule.abar[t]
    return [
        Check(_("Centre of the bell, horizontally"), float(schedule.signal(t) * start[0]),
              _("mean of 4,000 draws"), float(draws[:, 0].mean())),
        Check(_("Width of the bell"), float(schedule.noise(t)),
              _("standard deviation of 4,000 draws"), float(draws.std(axis=0).mean())),
        Check(_("Mean variance of the cloud, ᾱ Var x₀ + 1 − ᾱ"), float(kept.mean()),
              _("walked step by step"), float(mixed.var(axis=0).mean())),
    ]  # fmt: skip


# ---- one number --------------------------------------------------------------------------------


@st.cache_resource(max_entries=16, show_spinner=False)
def crowd_film(plan: Plan, x0: float, seed: int, language: str):  # noqa: ANN201
    """Both crowds, their film, and the words of each frame."""
    found = paths.crowd(plan, x0, seed)
    return found, encode(paths.number(plan, found)), words.crowd(plan, found)


def show_number(place, panel) -> None:  # noqa: ANN001
    with panel:
        plan, index = first_settings()
        with lesson.more():
            x0 = controls.slider("value", _("The number x₀"), -2, 2, 1.5, 0.1)
            total_steps()
            seed = controls.seed()
    t = stops(plan.steps)[index]
    found, film, told = crowd_film(plan, x0, seed, i18n.current())
    with place:
        stage(
            film,
            key="noising.number",
            summary=told[index],
            frame_summaries=told,
            film="t",
            start=index,
            interval=80,
            on_scrub=scrubbed(plan)["rest"],
            filename="noising_number",
        )
    lesson.equation(*words.number_formulas(plan, x0, t))
    lesson.tasks(finished(plan, t))
    lesson.checked(lambda: compare_number(plan, found, index))
    lesson.offer(
        lambda: {
            f"x_{t} walked": found.walked[index], f"x_{t} in one shot": found.drawn[index],
            "t": np.array(stops(plan.steps)), "one walk": found.walked[:, 0],
            "one draw for each t": found.drawn[:, 0],
        },
        lambda: script(
            f"plan = {written(plan)}",
            f"found = noising_paths.crowd(plan, {x0!r}, {seed})",
            "figure = noising_paths.number(plan, found)",
        ),
    )  # fmt: skip


def compare_number(plan: Plan, found: paths.Crowd, index: int) -> list[Check]:
    """The variance step by step, without the formula; both crowds against each other."""
    schedule, t = plan.make(), stops(plan.steps)[index]
    variance = 0.0
    for beta in schedule.betas[:t]:
        variance = (1 - float(beta)) * variance + float(beta)
    lines = [
        Check("1 − ᾱ", float(1 - schedule.abar[t]),
              _("old variance × (1 − β) + β, over and over"), variance),
        Check(_("Mean of those that walked"), float(found.walked[index].mean()),
              _("of those drawn in one shot"), float(found.drawn[index].mean())),
    ]  # fmt: skip
    if t == 0:
        return lines
    from scipy.stats import ks_2samp

    gap = float(ks_2samp(found.walked[index], found.drawn[index]).statistic)
    chance = float(np.sqrt(2) * ks_noise(paths.WALKERS))
    what = _("KS distance between the two crowds, by scipy")
    return [*lines, Check(what, gap, _("Chance level"), chance)]


# ---- all together ------------------------------------------------------------------------------

VIEWS = {
    "picture": _("Picture"), "two": _("Compare"), "cloud": _("Cloud"), "number": _("Paths"),
}  # fmt: skip
SHOW = {"picture": show_picture, "two": show_two, "cloud": show_cloud, "number": show_number}


def keep() -> None:
    """The settings of the views that are not on the stage stay in the address too."""
    controls.hidden("schedule", "linear", one_of(figures.KINDS))
    controls.hidden("against", "cosine", one_of(figures.KINDS))
    controls.hidden("first", 1e-4, one_of(FIRSTS))
    controls.hidden("last", 0.02, one_of(LASTS))
    controls.hidden("steps", 1000, one_of(STEPS))
    controls.hidden("t", 200, integer(0, 1000))
    controls.hidden("how", "same", one_of(figures.HOWS))
    controls.hidden("digit", "3", one_of([*"0123456789", pictures.MINE]))
    controls.hidden("sx", -1.3, number(-REACH, REACH))
    controls.hidden("sy", 1.0, number(-REACH, REACH))
    controls.hidden("value", 1.5, number(-2, 2))
    controls.hidden("seed", 0, integer(0, 999_999))
    for name in ("schedule", "first", "last", "steps", "t"):
        state.values[name] = state.read(name, state.defaults[name], str)


@lesson.live
def act() -> None:
    place, panel = lesson.columns()
    with panel:
        view = controls.choice("view", _("Look at"), VIEWS, "picture")
    keep()
    SHOW[view](place, panel)


def set_stage(**more: object) -> None:
    state.put(**{"steps": 1000, "how": "same", **more})


lesson.predict(
    {
        "cosine": lambda: set_stage(view="two", schedule="linear", against="cosine", t=500),
        "law": lambda: set_stage(view="number", schedule="linear", t=500),
    }
)
lesson.closing(linear, cosine, Schedule.diffuse, Schedule.walk, Schedule.half, figures.way)
