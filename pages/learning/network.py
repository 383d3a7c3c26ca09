"""`network`: sums and bends learn a curve, regions, and the digits that people write."""

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import streamlit as st

from explorer import i18n
from explorer.components.sketchpad import sketchpad
from explorer.components.stage import stage
from explorer.data import registry
from explorer.figures import network as figures
from explorer.figures import network_words as words
from explorer.i18n import _
from explorer.training import small
from explorer.ui import picture as pictures
from explorer.ui.frame import Check, Lesson
from explorer.ui.live_training import live_training, rest
from explorer.ui.networks import network
from explorer.ui.state import integer, one_of

NAME = "classifier-mnist"
RATES = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0]
STEPS = [100, 300, 1000, 3000, 10_000]
BENDS = {
    "tanh": _("tanh: a smooth step"),
    "relu": _("ReLU: a kink"),
    "sine": _("sin: a wave"),
}
SETS = ("moons", "rings", "spirals", "own", "paint")
END = 999  # the frame that means "the newest"
PAINTED = "network.drawn"  # the learner's points of each class, kept while other pages are open
FIRST = {"width": 10, "depth": 1, "activation": "tanh", "steps": 1000, "seed": 0}
#: Trained without being asked: the first pictures, and the one that answers a question.
PREPARED = (FIRST, FIRST | {"width": 1})
BLOBS = (np.array([[-1.0, 0.5], [-0.6, 1.0], [-1.2, -0.2], [-0.4, 0.2]]),
         np.array([[0.6, -0.4], [1.1, 0.3], [0.8, -1.0], [0.2, -0.8]]))  # fmt: skip

lesson = Lesson("network")
lesson.opening()
chosen = lesson.data(dims=2, default="noisy_sine", min_rows=3)
controls, state = lesson.controls, lesson.state


@dataclass(frozen=True, eq=False)
class Problem:
    """What is to be learned. `code` is Python that makes `task`; `key` stands for its numbers."""

    task: small.Task
    labels: tuple[str, ...]
    code: str
    key: Hashable
    names: tuple[str, ...] = ()
    noisy: bool = False


@st.cache_resource(max_entries=32, show_spinner=_("A first network is learning…"))
def whole(_run: small.Run, key: Hashable) -> list[small.Record]:
    """A prepared run, made once for everybody."""
    return list(_run.train())


@st.cache_resource(max_entries=32, show_spinner=False)
def history(_run: small.Run, _records: list, _grid: np.ndarray, key: Hashable, count: int):  # noqa: ANN201
    """Losses, kept steps and predictions of so many records."""
    return _run.history(_records, _grid)


def curve_problem() -> Problem:
    x, y = chosen.x.T
    code = f"{chosen.code}\n\ntask = small.regression(x[:, 0], x[:, 1])"
    noisy = chosen.id == "noisy_sine" and chosen.table.columns == ("x", "y")
    return Problem(small.regression(x, y), chosen.labels, code, chosen.identity, noisy=noisy)


def toy_problem(name: str) -> Problem:
    table = registry.load(name)
    assert table.groups is not None
    code = (
        "from explorer.data import registry\n\n"
        f"table = registry.load({name!r})\n"
        "task = small.classification(table.values, table.groups)"
    )
    task = small.classification(table.values, table.groups)
    return Problem(task, table.labels, code, name, numbered(task.classes))


def numbered(count: int) -> tuple[str, ...]:
    return tuple(_("class {number}").format(number=k + 1) for k in range(count))


def own_problem() -> Problem | None:
    """The chosen set with its classes, or with those in a third column; None without any."""
    labels, names = chosen.table.groups, tuple(str(name) for name in chosen.table.group_names)
    full = st.session_state.get("data_own")
    if labels is None and chosen.id == "own" and full is not None and full.dims > 2:
        rest_of = [name for name in full.columns if name not in chosen.table.columns]
        labels, names = full.column(rest_of[0]), ()
    if labels is None:
        return None
    found, labels = np.unique(labels, return_inverse=True)
    if not 2 <= len(found) <= 8:
        return None
    names = names if len(names) == len(found) else tuple(f"{value:g}" for value in found)
    code = f"{chosen.code}\n\nlabels = np.array({labels.tolist()!r})\n"
    code += "task = small.classification(x, labels)"
    key = (chosen.identity, tuple(labels.tolist()))
    return Problem(small.classification(chosen.x, labels), chosen.labels, code, key, names)


def painted_problem() -> Problem | None:
    """Two pads, one for each class."""
    st.caption(_("Paint the points of each class on its own pad."))
    pads = [
        sketchpad(
            start, key=f"network.pad{k}", dims=2, x_range=(-2, 2), y_range=(-2, 2), height=230,
            x_title=numbered(2)[k],
        )
        for k, start in enumerate(st.session_state.get(PAINTED, BLOBS))
    ]  # fmt: skip
    if not all(map(np.array_equal, pads, BLOBS)):
        st.session_state[PAINTED] = pads
    if min(len(pad) for pad in pads) == 0:
        return None
    points, labels = np.vstack(pads), np.repeat([0, 1], [len(pad) for pad in pads])
    code = f"points = np.array({points.tolist()!r})\nlabels = np.array({labels.tolist()!r})\n"
    code += "task = small.classification(points, labels)"
    key = (points.tobytes(), labels.tobytes())
    return Problem(small.classification(points, labels), ("x", "y"), code, key, numbered(2))


def settings(rate_name: str, rate: float) -> dict:
    """The controls that both views of training share."""
    found: dict = {"width": controls.whole("width", _("Hidden units"), 1, 50, FIRST["width"])}
    found["rate"] = controls.steps(rate_name, _("Learning rate η"), RATES, rate)
    with lesson.more():
        found["activation"] = controls.pick("activation", _("Activation"), BENDS, "tanh")
        layers = {"1": "1", "2": "2"}
        found["depth"] = int(controls.choice("depth", _("Hidden layers"), layers, "1"))
        found["steps"] = controls.steps("steps", _("Updates"), STEPS, FIRST["steps"])
        found["seed"] = controls.seed()
    return found


def trained(problem: Problem, given: dict, rate: float) -> tuple[small.Run, list[small.Record]]:
    """The run with these settings and what there is of it so far."""
    run = small.Run(problem.task, **given)
    identity = (problem.key, *given.items())
    fixed = {name: given[name] for name in FIRST}
    prepared = fixed in PREPARED and given["rate"] == rate

    def ready() -> list[small.Record]:
        return whole(run, identity) if prepared else [next(run.train())]

    records = live_training(
        "network",
        run.train,
        identity,
        lambda record: _("Update {step} of {steps}, loss {loss}").format(
            step=f"{record.step:,}", steps=f"{record.steps:,}", loss=words.number(record.loss)
        ),
        ready,
        on_start=lambda: state.put(at=END),
    )
    return run, records


def script(problem: Problem, given: dict, count: int, call: str) -> str:
    said = ", ".join(f"{name}={value!r}" for name, value in given.items())
    return "\n".join(
        [
            "from itertools import islice",
            "",
            "import numpy as np",
            "",
            "from explorer import i18n",
            "from explorer.figures import network as figures",
            "from explorer.training import small",
            "",
            f"i18n.use({i18n.current()!r})",
            problem.code,
            f"run = small.Run(task, {said})",
            f"records = list(islice(run.train(), {count}))",
            call,
        ]
    )


def compare(run: small.Run, record: small.Record) -> list[Check]:
    """The shown network by another road: no torch, finite differences, scikit-learn."""
    weights = record.weights or ()
    if not np.isfinite(record.loss):
        return []
    h, around = 1e-6, []
    for sign in (1, -1):
        moved = [weight.copy() for weight in weights]
        moved[0][0, 0] += sign * h
        around.append(run.measure(moved))
    lines = [
        Check(_("Loss"), record.loss, _("the same by NumPy alone"), run.measure(weights)),
        Check(
            _("Slope of the loss along the first weight, by back-propagation"),
            run.slope(weights),
            _("finite difference"),
            (around[0] - around[1]) / (2 * h),
        ),
    ]
    if run.activation != "sine":
        ours, theirs = sklearn_says(run, weights)
        what = _("Accuracy") if run.task.classes else _("Loss")
        lines.append(Check(what, ours, "scikit-learn", theirs))
    return lines


def sklearn_says(run: small.Run, weights: tuple) -> tuple[float, float]:
    """Our weights in scikit-learn's network."""
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    task = run.task
    kind = MLPClassifier if task.classes else MLPRegressor
    twin = kind(
        hidden_layer_sizes=(run.width,) * run.depth, activation=run.activation, random_state=0
    )
    x = task.inputs(task.x)
    mean, spread = task.unit
    y = np.arange(len(x)) % max(task.classes, 1) if task.classes else (task.y - mean) / spread
    twin.partial_fit(x, y, **({"classes": np.arange(task.classes)} if task.classes else {}))
    twin.coefs_, twin.intercepts_ = [w.T for w in weights[::2]], list(weights[1::2])
    if not task.classes:
        return run.measure(weights), float(np.mean((mean + spread * twin.predict(x) - task.y) ** 2))
    if task.classes == 2:  # scikit-learn has one output for two classes: the difference
        twin.coefs_[-1] = twin.coefs_[-1][:, 1:] - twin.coefs_[-1][:, :1]
        twin.intercepts_[-1] = twin.intercepts_[-1][1:] - twin.intercepts_[-1][:1]
    return run.accuracy(weights), float(twin.score(x, task.y))


def show_film(place, figure, told: list[str], name: str) -> int:  # noqa: ANN001
    """The stage; returns the frame that is shown."""
    last = len(told) - 1
    at = min(state.values["at"], last)
    with place:
        stage(
            figure,
            key="network.stage",
            summary=told[at],
            frame_summaries=told if last else (),
            film=_("Update") if last else "",
            start=at if last else 0,
            interval=250,
            on_scrub=lambda index: state.put(at=END if index == last else index),
            filename=f"network_{name}",
        )
    return at


def show_curve(place, panel) -> None:  # noqa: ANN001
    problem = curve_problem()
    with panel:
        given = settings("rate", 0.1)
        run, records = trained(problem, given, 0.1)
    task = problem.task
    if len(task.x) < len(chosen.x):
        panel.caption(limited(task, len(chosen.x)))
    grid = figures.line_grid(task.x)
    key = ("curve", problem.key, *given.items())
    losses, steps, values = history(run, records, grid, key, len(records))
    figure = figures.curve(task.x[:, 0], task.y, problem.labels, losses, steps, values,
                           problem.noisy)  # fmt: skip
    told = words.curve(losses, steps, values, given["steps"], given["rate"], problem.noisy)
    at = show_film(place, figure, told, "curve")
    shown = next(r for r in records if r.step == steps[at])
    lesson.equation(
        *words.curve_formulas(
            given["width"], given["depth"], given["activation"], run.parameters, len(task.x),
            shown.loss, given["rate"],
        )
    )  # fmt: skip
    blown = lesson.seen("exploded", words.blown(losses, len(losses) - 1))
    mended = losses[-1] < 0.5 * losses[0] and losses[-1] < 0.7 * task.y.var()
    floor = problem.noisy and given["width"] <= 10 and losses[-1] < figures.NOISE
    lesson.tasks({"floor": floor, "explode": blown and mended})
    lesson.checked(lambda: compare(run, shown))
    call = (
        "losses, steps, values = run.history(records, figures.line_grid(task.x))\n"
        f"figure = figures.curve(task.x[:, 0], task.y, {problem.labels!r}, losses, steps, values, "
        f"{problem.noisy!r})"
    )
    count = len(records)
    lesson.offer(
        lambda: {"x": task.x[:, 0], "y": task.y, "curve x": grid[:, 0], "curve y": values[at],
                 "step": np.arange(count), "loss": losses},
        lambda: script(problem, given, count, call),
    )  # fmt: skip


def limited(task: small.Task, count: int) -> str:
    return _("{seen} of {all} rows are learned from, drawn at random; that keeps it quick.").format(
        seen=len(task.x), all=f"{count:,}"
    )


def show_classes(place, panel) -> None:  # noqa: ANN001
    with panel:
        sets = {"moons": _("Moons"), "rings": _("Rings"), "spirals": _("Spirals"),
                "own": _("The set above"), "paint": _("Painted")}  # fmt: skip
        which = controls.pick("set", _("Points to tell apart"), sets, "moons")
        if which == "paint":
            problem = painted_problem()
        else:
            problem = own_problem() if which == "own" else toy_problem(which)
        given = settings("pace", 1.0)
        missing, problem = problem is None, problem or toy_problem("moons")
        run, records = trained(problem, given, 1.0)
    if missing:
        place.info(
            _("Each class needs a point: paint on both pads. Until then these are the moons.")
            if which == "paint"
            else _(
                "The set above has no classes to tell apart. Choose one that has (iris, moons), "
                "give your own a third column with 2 to 8 different numbers, or paint points. "
                "Until then these are the moons."
            )
        )
    task = problem.task
    key = ("classes", problem.key, *given.items())
    losses, steps, values = history(run, records, figures.plane_grid(task.x), key, len(records))
    figure = figures.regions(task.x, task.y, problem.labels, problem.names, losses, steps, values)
    kept = [record for record in records if record.weights is not None]
    shares = [run.accuracy(record.weights) for record in kept]
    told = words.regions(losses, steps, shares, given["steps"], given["rate"])
    at = show_film(place, figure, told, "classes")
    if len(task.unseen_x):
        panel.caption(
            _("Of {count} points it never learned from, {share:.1f} % are right.").format(
                count=f"{len(task.unseen_x):,}", share=100 * run.accuracy(kept[at].weights, True)
            )
        )
    lesson.equation(
        *words.class_formulas(
            given["width"], task.classes, run.parameters, len(task.x), kept[at].loss, given["rate"]
        )
    )
    few = which == "rings" and given["width"] <= 3 and given["depth"] == 1
    lesson.tasks({"rings": few and shares[-1] >= 0.97})
    lesson.checked(lambda: compare(run, kept[at]))
    call = (
        "losses, steps, values = run.history(records, figures.plane_grid(task.x))\n"
        f"figure = figures.regions(task.x, task.y, {problem.labels!r}, {problem.names!r}, losses, "
        "steps, values)"
    )
    count = len(records)
    lesson.offer(
        lambda: {"x": task.x[:, 0], "y": task.x[:, 1], "class": task.y, "step": np.arange(count),
                 "loss": losses},
        lambda: script(problem, given, count, call),
    )  # fmt: skip


def show_digit(place, panel) -> None:  # noqa: ANN001
    rest("network")
    with panel:
        looks = {"maps": _("What it sees"), "table": _("Its mistakes")}
        look = controls.choice("look", _("Show"), looks, "maps")
    classifier = network(NAME)
    if classifier is None:
        return
    imports = (
        "import numpy as np\n\nfrom explorer import i18n, inference\n"
        f"from explorer.figures import network as figures\n\ni18n.use({i18n.current()!r})\n"
        f"classifier = inference.load({NAME!r})\n"
    )
    lesson.tasks({})
    if look == "table":
        counts = np.array(classifier.card["metrics"]["confusion (rows: true class)"])
        with place:
            stage(
                figures.confusion(counts), key="network.stage", summary=words.confusion(counts),
                filename="network_confusion",
            )  # fmt: skip
        lesson.equation(*words.confusion_formulas(counts))
        lesson.checked(lambda: [
            Check(_("Accuracy"), np.trace(counts) / counts.sum(), _("on the card"),
                  classifier.card["metrics"]["test accuracy (%)"] / 100),
        ])  # fmt: skip
        lesson.offer(
            lambda: {"true digit": np.repeat(np.arange(10), 10), "said": np.tile(np.arange(10), 10),
                     "count": counts.ravel()},
            lambda: imports + 'counts = np.array(classifier.card["metrics"]'
            '["confusion (rows: true class)"])\nfigure = figures.confusion(counts)',
        )  # fmt: skip
        return
    with panel:
        shown = pictures.choose(controls, "network")
    p, maps = classifier.probabilities(shown.x[None])[0], classifier.maps(shown.x)[:2]
    with place:
        stage(
            figures.digit(shown.x, p, maps),
            key="network.stage",
            summary=words.digit(shown.title, p),
            filename="network_digit",
        )
    lesson.equation(*words.digit_formulas(p))
    lesson.checked(lambda: [
        Check(_("Sum of the probabilities"), float(p.sum()), _("must be"), 1.0)
    ])  # fmt: skip
    lesson.offer(
        lambda: {"digit": np.arange(10), "probability": p},
        lambda: (
            f"{imports}{shown.code}\n"
            "figure = figures.digit(\n"
            "    x, classifier.probabilities(x[None])[0], classifier.maps(x)[:2]\n)"
        ),
    )


def keep() -> None:
    """The settings of the views that are not on the stage stay in the address too."""
    controls.hidden("width", FIRST["width"], integer(1, 50))
    controls.hidden("rate", 0.1, one_of(RATES))
    controls.hidden("pace", 1.0, one_of(RATES))
    controls.hidden("activation", "tanh", one_of(list(BENDS)))
    controls.hidden("depth", "1", one_of("12"))
    controls.hidden("steps", FIRST["steps"], one_of(STEPS))
    controls.hidden("seed", 0, integer(0, 999_999))
    controls.hidden("set", "moons", one_of(SETS))
    controls.hidden("look", "maps", one_of(["maps", "table"]))
    controls.hidden("digit", "3", one_of([*"0123456789", pictures.MINE]))
    controls.hidden("at", END, integer(0, END))


VIEWS = {"curve": _("Curve"), "classes": _("Classes"), "digit": _("Digit")}


@lesson.live
def act() -> None:
    place, panel = lesson.columns()
    with panel:
        view = controls.choice("view", _("Look at"), VIEWS, "curve")
    keep()
    {"curve": show_curve, "classes": show_classes, "digit": show_digit}[view](place, panel)


def stage_for(width: int, steps: int) -> None:
    """The curve's first settings, but for these two."""
    state.put(view="curve", width=width, steps=steps, rate=0.1, depth="1", activation="tanh",
              seed=0, at=END)  # fmt: skip


lesson.predict(
    {"one-unit": lambda: stage_for(1, FIRST["steps"]), "floor": lambda: stage_for(10, 10_000)}
)
lesson.closing(
    "explorer.models.mlp:forward",
    "explorer.models.mlp:train",
    "explorer.models.classifier:Classifier",
    figures.curve,
)
