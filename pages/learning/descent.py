"""`descent`: a gradient found by going backwards through a computation, and followed downhill."""

import math

import numpy as np
import streamlit as st

from explorer.components.stage import Handle, stage
from explorer.figures import autograd as graph
from explorer.figures import descent as figures
from explorer.figures import theme
from explorer.i18n import _
from explorer.models import descent
from explorer.models.autograd import Value
from explorer.models.expressions import EXPRESSIONS, central_differences
from explorer.models.surfaces import Bowl, Rosenbrock, curvature
from explorer.ui.frame import Check, Lesson
from explorer.ui.state import integer, number, one_of

lesson = Lesson("descent")
lesson.opening()
controls, state = lesson.controls, lesson.state

FINAL = 99  # stands for the last frame of a film, however long it is
RATES = [float(f"{m}e{k}") for k in (-4, -3, -2, -1) for m in (1, 1.5, 2, 3, 5, 7)] + [1.0]
COUNTS = [10, 30, 100, 300, 1000, 3000, 10_000]
#: Lowest and highest value and default of every number that a learner can set.
RANGES = {
    **{"x": (-3.0, 3.0, 2.0), "y": (-3.0, 3.0, -1.0)},
    **{"sx": (-2.5, 2.5, 0.0), "sy": (-1.0, 3.0, 2.0), "bx": (-2.5, 2.5, -2.0)},
    **{"by": (-2.0, 2.0, 1.2), "beta": (0.0, 0.99, 0.9)},
    **{"steep": (1.0, 100.0, 20.0), "turn": (0.0, 90.0, 30.0)},
}
#: The settings of each landscape: start, rate, number of steps, moment of the film; and the
#: defaults of rate and number.
SETTINGS = {
    "valley": ("sx", "sy", "rate", "steps", "scene", 0.001, 10_000),
    "bowl": ("bx", "by", "brate", "bsteps", "bscene", 0.05, 100),
}


# ---- by hand -----------------------------------------------------------------------------------


def show_hand(picture, panel) -> None:  # noqa: ANN001
    shown = {
        "product": "x·y + sin x",
        "rosenbrock": "100 (y − x²)² + (x − 1)²",
        "neuron": _("A neuron and its error"),
    }
    name = state.read("sum", "product", one_of(list(shown)))
    one, two = EXPRESSIONS[name].inputs
    with panel:
        x = controls.slider("x", one, *RANGES["x"], 0.1)
        y = controls.slider("y", two, *RANGES["y"], 0.1)
        with st.container(horizontal=True):
            presets = (("product", 2.0, -1.0), ("rosenbrock", 0.0, 2.0), ("neuron", 0.5, -0.3))
            labels = ("x·y + sin x", _("Rosenbrock at (0, 2)"), _("Neuron"))
            for label, (key, at_x, at_y) in zip(labels, presets, strict=True):
                values = {"sum": key, "x": at_x, "y": at_y, "frame": FINAL}
                st.button(label, key=f"descent.{key}", on_click=state.put, kwargs=values)
        with lesson.more():
            name = controls.choice("sum", _("Compute"), shown, "product")
    film = graph.compute(name, x, y)
    last = len(film.sentences) - 1
    frame = min(state.values["frame"], last)
    with picture:
        stage(
            film.figure, key="descent.graph", film=_("Moment"), summary=film.sentences[frame],
            frame_summaries=film.sentences, start=frame, interval=1100,
            on_scrub=lambda i: state.put(frame=FINAL if i == last else i),
        )  # fmt: skip
    lesson.equation(*(chain_rule(film, letter) for letter in EXPRESSIONS[name].inputs))
    gx, gy = (film.nodes[letter].grad for letter in EXPRESSIONS[name].inputs)
    tick(level=abs(gx) < 0.05 and abs(gy) > 1)

    def compare() -> list[Check]:
        slopes = central_differences(EXPRESSIONS[name].plain, x, y)
        how = _("Central difference of the plain formula")
        return [
            Check(f"∂{film.result}/∂{letter}", mine, how, other)
            for letter, mine, other in zip((one, two), (gx, gy), slopes, strict=True)
        ]

    lesson.checked(compare)
    nodes = film.nodes
    lesson.offer(
        lambda: {
            "node": np.array(list(nodes)),
            "value": np.array([node.data for node in nodes.values()]),
            "gradient": np.array([node.grad for node in nodes.values()]),
        },
        lambda: (
            "from explorer.figures import autograd\n\n"
            f"figure = autograd.compute({name!r}, {x!r}, {y!r}).figure"
        ),
    )


def chain_rule(film: graph.Computation, letter: str) -> str:
    """The gradient of one input as the sum of the shares that its uses hand back."""
    me, out, symbols, numbers = film.nodes[letter], film.result, [], []
    for name, node in film.nodes.items():
        for parent, slope in zip(node.parents, node.slopes, strict=True):
            if parent is me:
                above = rf"\frac{{\partial {out}}}{{\partial {name}}}\,"
                symbols.append(rf"{above}\frac{{\partial {name}}}{{\partial {letter}}}")
                numbers.append(rf"\condition{{{tex(node.grad)}}}\cdot{bracket(slope)}")
    return (
        rf"\frac{{\partial {out}}}{{\partial {letter}}} = {' + '.join(symbols)} = "
        rf"{' + '.join(numbers)} = \condition{{\mathbf{{{tex(me.grad)}}}}}"
    )


def tex(value: float) -> str:
    """Four figures, as TeX writes powers of ten; a value that rounds to nothing says so."""
    text = f"{0.0 if abs(value) < 1e-12 else value:.4g}"
    if "e" in text:
        digits, power = text.split("e")
        return rf"{digits}\cdot 10^{{{int(power)}}}"
    return text


def bracket(value: float) -> str:
    """A factor; a negative one in brackets."""
    return f"({tex(value)})" if value < 0 else tex(value)


# ---- walks -------------------------------------------------------------------------------------


@st.cache_data(max_entries=128, show_spinner=False)
def found(place, steep, turn, name, start, rate, beta, at_most):  # noqa: ANN001, ANN201
    """A walk, thinned out for the picture; the numbers only, so that no language is kept."""
    surface = figures.surface_of(place, steep, turn)
    return figures.track(surface, name, start, rate, beta, at_most)


def show_walk(place: str, picture, panel) -> None:  # noqa: ANN001
    sx, sy, rate_name, count_name, scene, usual_rate, usual_count = SETTINGS[place]
    with panel:
        names = {key: _(shown) for key, shown in figures.NAMES.items()}
        name = controls.choice("how", _("Optimiser"), names, "sgd", help=about_rules())
        rate = controls.steps(rate_name, _("Learning rate η"), RATES, usual_rate)
        presets(place)
        with lesson.more():
            rivals = controls.toggle("rivals", _("Show the other two optimisers"))
            x = controls.slider(sx, _("Start x"), *RANGES[sx], 0.05)
            y = controls.slider(sy, _("Start y"), *RANGES[sy], 0.05)
            at_most = controls.steps(count_name, _("Steps"), COUNTS, usual_count)
            beta = state.values["beta"]
            if rivals or name != "sgd":  # plain descent keeps nothing
                label = _("Kept of the old direction β")
                beta = controls.slider("beta", label, *RANGES["beta"], 0.01)
            steep, turn = RANGES["steep"][2], RANGES["turn"][2]
            if place == "bowl":
                steep = controls.slider("steep", _("Largest curvature"), *RANGES["steep"], 1.0)
                turn = controls.slider("turn", _("Turned by (degrees)"), *RANGES["turn"], 5.0)
    surface = figures.surface_of(place, steep, turn)
    tracks = {
        key: found(place, steep, turn, key, (x, y), rate, beta, at_most)
        for key in (figures.NAMES if rivals else [name])
    }
    main = tracks.pop(name)
    last = len(main.frames) - 1
    frame = min(state.values[scene], last)
    now = main.points[main.frames[frame]]
    summaries = [tell(main, main.points[i], surface) for i in main.frames]
    bounds = (RANGES[sx][0], RANGES[sx][1], RANGES[sy][0], RANGES[sy][1])
    grip = Handle(
        "start", x, y, _("Start of the walk"), theme.ROLES["model"][0], "xy", "circle", bounds,
        (0.05, 0.05),
    )  # fmt: skip
    with picture:
        stage(
            figures.walking(place, surface, main, tracks), key="descent.walk", film=_("Steps"),
            summary=summaries[frame], frame_summaries=summaries, start=frame, interval=90,
            handles=[grip], on_move=lambda _id, x, y: state.put(**{sx: snap(x), sy: snap(y)}),
            on_scrub=lambda i: state.put(**{scene: FINAL if i == last else i}),
        )  # fmt: skip
    lesson.equation(update(name, now, rate, beta), *limit(name, now, rate, main.beta, surface))
    if main.lost:
        st.info(why_lost(name, main, surface), icon=":material/trending_up:")
    end, away = main.end, math.dist((x, y), surface.minimum)
    tick(
        lost=place == "bowl" and name == "sgd" and main.lost,
        mended=place == "bowl" and name == "sgd" and steep >= 10 and away > 1
        and not main.lost and end.value < 1e-3,
        quick=place == "valley" and at_most <= 1000 and away >= 1 and end.value < 1e-6,
    )  # fmt: skip
    lesson.checked(lambda: compare_walk(place, name, main, (x, y), rate, beta, surface))
    arguments = f"{name!r}, ({x!r}, {y!r}), {rate!r}, {beta!r}, {at_most!r}"

    def columns() -> dict:
        every = figures.steps(surface, name, (x, y), rate, beta, at_most)
        return {
            field: np.array([getattr(step, field) for step in every])
            for field in ("step", "x", "y", "value", "gx", "gy")
        }

    lesson.offer(columns, lambda: script(place, steep, turn, arguments, name, tuple(tracks)))


def about_rules() -> str:
    """What the three rules are, behind the question mark."""
    return _(
        "SGD takes a step straight downhill. Momentum keeps part of its last step. Adam divides "
        "each coordinate by the size of its recent slopes. (Here every slope is exact; in training "
        "it is measured on a few examples at a time, which is the S, stochastic, in SGD.)"
    )


def snap(value: float) -> float:
    """A handle's place as the sliders can show it."""
    return round(round(value / 0.05) * 0.05, 2)


def presets(place: str) -> None:
    """Buttons that set up a walk worth seeing."""
    offers = {
        "valley": {
            "classic": (_("The classic walk"), {"how": "sgd", "rate": 0.001, "steps": 10_000}),
            "fast": (_("Too fast"), {"how": "sgd", "rate": 0.01, "steps": 10_000}),
        },
        "bowl": {
            "calm": (_("Calm"), {"how": "sgd", "brate": 0.05, "bsteps": 100}),
            "fast": (_("Too fast"), {"how": "sgd", "brate": 0.15, "bsteps": 100}),
        },
    }
    usual = {name: RANGES[name][2] for name in ("sx", "sy", "bx", "by", "steep", "turn", "beta")}
    with st.container(horizontal=True):
        for key, (label, values) in offers[place].items():
            settings = {**usual, **values, SETTINGS[place][4]: FINAL}
            st.button(label, key=f"descent.{key}", on_click=state.put, kwargs=settings)


def tell(main: figures.Track, now: descent.Step, surface: Rosenbrock | Bowl) -> str:
    """One frame in words, the last one with what came of the walk."""
    show = figures.figures
    said = _(
        "Step {step:,}: at ({x}, {y}) the height is {value} and the gradient ({gx}, {gy})."
    ).format(
        step=now.step, x=show(now.x), y=show(now.y), value=show(now.value), gx=show(now.gx),
        gy=show(now.gy),
    )  # fmt: skip
    if now is not main.end:
        return said
    ends = {
        "steps": _("All steps are taken; the bottom is {gap} away."),
        "flat": _("The ground is flat here: the walk has arrived."),
        "diverged": _("The walk has run away and was stopped."),
        "overflow": _("The walk has run away and was stopped."),
    }
    gap = math.dist((now.x, now.y), surface.minimum)
    return said + " " + ends[now.stop].format(gap=show(gap))


def update(name: str, now: descent.Step, rate: float, beta: float) -> str:
    """The rule with the numbers of the step that is shown."""
    if name == "momentum":
        return (
            rf"v \leftarrow {beta:g}\,v + \condition{{\nabla f}},\qquad "
            rf"\model{{p}} \leftarrow \model{{p}} - {rate:g}\,v,\qquad "
            rf"\condition{{\nabla f}} = {pair(now.gx, now.gy)}"
        )
    if name == "adam":
        return (
            r"\model{p} \leftarrow \model{p} - "
            rf"{rate:g}\,\frac{{\hat m}}{{\sqrt{{\hat s}} + 10^{{-8}}}},\qquad "
            rf"m \leftarrow {beta:g}\,m + {1 - beta:.3g}\,\condition{{\nabla f}},\quad "
            r"s \leftarrow 0.999\,s + 0.001\,\condition{\nabla f}^2,\qquad "
            rf"\condition{{\nabla f}} = {pair(now.gx, now.gy)}"
        )
    after = (now.x - rate * now.gx, now.y - rate * now.gy)
    return (
        r"\model{p} \leftarrow \model{p} - \eta\,\condition{\nabla f}:\quad "
        rf"\model{{{pair(now.x, now.y)}}} - {rate:g}\cdot\condition{{{pair(now.gx, now.gy)}}}"
        rf" = \model{{{pair(*after)}}}"
    )


def pair(x: float, y: float) -> str:
    """A point or a gradient as TeX."""
    return f"({', '.join(tex(v) if math.isfinite(v) else '?' for v in (x, y))})"


def limit(
    name: str, now: descent.Step, rate: float, beta: float, surface: Rosenbrock | Bowl
) -> list[str]:
    """The longest rate that the ground at this step allows; Adam's steps are bounded instead."""
    away = isinstance(surface, Rosenbrock) and not max(abs(now.x), abs(now.y)) < 1e3
    if name == "adam":
        bound = rf"|\Delta x|,\ |\Delta y|\ \lesssim\ \eta = {rate:g}"
        return [r"|\hat m|\,/\,\sqrt{\hat s}\ \lesssim\ 1 \quad\Rightarrow\quad " + bound]
    if away:
        return []
    sharp = curvature(surface, now.x, now.y)
    if sharp <= 0:
        return []
    most = descent.longest_rate(sharp, beta)
    above = f"2\\,(1 + {beta:g})" if beta else "2"
    sign = "<" if rate < most else (">" if rate > most else "=")
    lines = [
        rf"\lambda_{{\max}}(\nabla^2 f) = {tex(sharp)},\qquad "
        rf"\eta = {rate:g} {sign} \frac{{{above}}}{{\lambda_{{\max}}}} = \mathbf{{{tex(most)}}}"
    ]
    if name == "sgd" and isinstance(surface, Bowl):
        steep, flat = (tex(1 - rate * c) for c in (sharp, 1.0))
        across, along = _("each step, across"), _("along")
        lines.append(
            rf"1 - \eta\,\lambda_{{\max}} = \mathbf{{{steep}}}\ \text{{({across})}},\qquad "
            rf"1 - \eta\,\lambda_{{\min}} = \mathbf{{{flat}}}\ \text{{({along})}}"
        )
    return lines


def why_lost(name: str, main: figures.Track, surface: Rosenbrock | Bowl) -> str:
    """Divergence in one sentence, with the curvature that the rate was too long for."""
    where = main.too_steep(surface)
    sharp = curvature(surface, where.x, where.y)
    return _(
        "Too fast: the walk left the picture and was stopped after {count:,} steps. At step "
        "{step:,} the ground has curvature {sharp}, and with a rate above {top} / {sharp} = {most} "
        "every step lands farther up on the other side than it began; yours is {rate:g}. Make the "
        "learning rate smaller."
    ).format(
        count=main.end.step, step=where.step, sharp=figures.figures(sharp),
        top=f"{2 * (1 + main.beta):.4g}", rate=main.rate,
        most=figures.figures(descent.longest_rate(sharp, main.beta)),
    )  # fmt: skip


def compare_walk(
    place: str, name: str, main: figures.Track, start: tuple, rate: float, beta: float,
    surface: Rosenbrock | Bowl,
) -> list[Check]:  # fmt: skip
    """The slope by finite differences, and the walk by other arithmetic."""
    from scipy.optimize import approx_fprime

    slope = approx_fprime(np.array(start), lambda p: surface.value(*p), 1e-7)
    first = main.points[0]
    steady = not main.lost and all(
        descent.longest_rate(curvature(surface, p.x, p.y), main.beta) > rate for p in main.points
    )  # small differences of rounding do not grow
    few = 100 if name == "adam" else 5
    at = main.end if steady else [p for p in main.points if p.step <= few][-1]
    if place == "bowl" and name != "adam":
        how, there = _("Power of a matrix"), by_matrix(surface, start, rate, main.beta, at.step)
    else:
        how, there = (
            _("NumPy, vector by vector"),
            by_vector(name, surface, start, rate, beta, at.step),
        )
    what = _("{axis} after {count:,} steps")
    return [
        Check(_("Slope along x at the start"), first.gx, "scipy.optimize.approx_fprime", slope[0]),
        Check(_("Slope along y at the start"), first.gy, "scipy.optimize.approx_fprime", slope[1]),
        Check(what.format(axis="x", count=at.step), at.x, how, there[0]),
        Check(what.format(axis="y", count=at.step), at.y, how, there[1]),
    ]


def by_matrix(surface, start, rate, beta, count):  # noqa: ANN001, ANN201
    """On a bowl a step is linear in (place, speed), so n steps are the nth power of one matrix."""
    xx, xy, yy = surface.hessian(0.0, 0.0)
    hessian, one = np.array([[xx, xy], [xy, yy]]), np.eye(2)
    step = np.block([[one - rate * hessian, -rate * beta * one], [hessian, beta * one]])
    return (np.linalg.matrix_power(step, count) @ [*start, 0, 0])[:2]


def by_vector(name, surface, start, rate, beta, count):  # noqa: ANN001, ANN201
    """The same rules on NumPy vectors, the gradient by the Hessian-free formula of the page."""
    place, first, second = np.array(start), np.zeros(2), np.zeros(2)
    for step in range(1, count + 1):
        slope = np.array(surface.gradient(*place.tolist()))
        if name == "adam":
            first = beta * first + (1 - beta) * slope
            second = 0.999 * second + 0.001 * slope**2
            scale = np.sqrt(second / (1 - 0.999**step)) + 1e-8
            place = place - rate * first / (1 - beta**step) / scale
        else:
            first = slope + (beta * first if name == "momentum" else 0)
            place = place - rate * first
    return place


def script(
    place: str, steep: float, turn: float, arguments: str, name: str, rivals: tuple[str, ...]
) -> str:
    """The stand-alone script's middle: the walk, the others if they are shown, the picture."""
    body = (
        "from explorer.figures import descent\n\n"
        f"surface = descent.surface_of({place!r}, {steep!r}, {turn!r})\n"
        f"main = descent.track(surface, {arguments})\n"
    )
    if not rivals:
        return body + f"figure = descent.walking({place!r}, surface, main)"
    rest = arguments.removeprefix(repr(name))
    return body + (
        f"others = {{name: descent.track(surface, name{rest}) for name in {rivals!r}}}\n"
        f"figure = descent.walking({place!r}, surface, main, others)"
    )


# ---- together ----------------------------------------------------------------------------------


def tick(
    level: bool = False, lost: bool = False, mended: bool = False, quick: bool = False
) -> None:
    """The tasks: a level point by hand, a walk that runs away and is mended, a quick arrival."""
    was_lost = lesson.seen("lost", lost)
    lesson.tasks({"level": level, "runaway": was_lost and mended, "quick": quick})


def keep() -> None:
    """The settings of the views that are not on the stage stay in the address too."""
    for name, (low, high, default) in RANGES.items():
        controls.hidden(name, default, number(low, high))
    for _x, _y, rate, count, scene, usual_rate, usual_count in SETTINGS.values():
        controls.hidden(scene, FINAL, integer(0, FINAL))
        controls.hidden(rate, usual_rate, one_of(RATES))
        controls.hidden(count, usual_count, one_of(COUNTS))
    controls.hidden("sum", "product", one_of(list(EXPRESSIONS)))
    controls.hidden("how", "sgd", one_of(list(figures.NAMES)))
    controls.hidden("rivals", False, one_of([True, False]))
    controls.hidden("frame", FINAL, integer(0, FINAL))


@lesson.live
def act() -> None:
    picture, panel = lesson.columns()
    keep()
    views = {"hand": _("By hand"), "valley": _("Valley"), "bowl": _("Bowl")}
    with panel:
        view = controls.choice("view", _("Look at"), views, "hand")
    if view == "hand":
        show_hand(picture, panel)
    else:
        show_walk(view, picture, panel)


lesson.predict(
    {
        "twice": lambda: state.put(view="hand", sum="product", x=2.0, y=-1.0, frame=FINAL),
        "where": lambda: state.put(
            view="valley", how="sgd", rate=0.001, steps=10_000, sx=0.0, sy=2.0, scene=FINAL
        ),
    }
)
lesson.closing(
    Value.backward, Rosenbrock, descent.gradient_descent, descent.momentum, descent.adam,
    descent.walk, descent.longest_rate,
)  # fmt: skip
