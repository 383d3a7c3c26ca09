"""What a learner sets on the `em` lesson: the start by hand, the rules of the run, the failures.

A setting that was chosen together with a start (its width, the floor) follows when the start
changes, so that one click is one experiment.
"""

from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from explorer.components.stage import Handle
from explorer.figures import em as figures
from explorer.figures import em_words as words
from explorer.figures import theme
from explorer.figures.em_views import TYPES
from explorer.i18n import _
from explorer.models import em_many, em_run, em_start
from explorer.models.covariance import COVARIANCE_TYPES
from explorer.ui import state as parsers
from explorer.ui.controls import Controls
from explorer.ui.frame import Lesson

MOST = 6  # components
BOOK = ((0.0, 50.0), (0.0, 100.0))  # Old Faithful: both far to the left of every eruption
LAST = 9_999  # "the last frame", however many there are
WIDTH_OF = {"outside": "one", "spread": "data", "random": "data", "same": "one", "lonely": "trap"}
LIVES_ON = 4.5  # points; a component with fewer is an island, not a group


def placed(text: str) -> tuple[float, ...]:
    """Means in an address: pairs of numbers, or ValueError."""
    values = parsers.numbers(-1e150, 1e150, 2 * MOST)(text)
    if len(values) % 2:
        raise ValueError(text)
    return values


@dataclass(frozen=True)
class Rules:
    """What EM is told besides the start."""

    shape: str
    reg: float
    tol: float
    limit: int

    @property
    def code(self) -> str:
        """As arguments of em_run.run."""
        return f"{self.shape!r}, reg_covar={self.reg!r}, tol={self.tol!r}, max_iter={self.limit!r}"


class Asleep:
    """The controls of a closed fold: their values without their widgets, which cost time."""

    def __init__(self, state: parsers.State) -> None:
        self.state = state

    def choice(
        self, name: str, label: str, options: Mapping[str, str], default: str, **more: Any
    ) -> str:
        """One of a few."""
        value = self.state.read(name, default, parsers.one_of(options))
        return value if value in options else default

    def pick(self, name: str, label: str, options: Mapping[str, str], default: str) -> str:
        """One of many or of varying options."""
        return self.choice(name, label, options, default)

    def steps(self, name: str, label: str, options: list, default: Any, **more: Any) -> Any:
        """One of a list of values."""
        value = self.state.read(name, default, parsers.one_of(options))
        return value if value in options else default

    def whole(self, name: str, label: str, low: int, high: int, default: int, **more: Any) -> int:
        """A whole number in [low, high]."""
        value = self.state.read(name, default, parsers.integer(low, high))
        return int(np.clip(value, low, high))

    def seed(self) -> int:
        """The random seed."""
        return self.whole("seed", "", 0, 999_999, 0)


class Hand:
    """The controls of the lesson over the points x (N, 2). Make it anew in every run."""

    def __init__(self, lesson: Lesson, x: np.ndarray, labels: tuple[str, ...], name: str) -> None:
        self.state = lesson.state
        self.controls: Controls | Asleep = lesson.controls
        self._awake = lesson.controls
        self.x, self.labels, self.geyser = x, labels, name == "old_faithful"
        self.first = ("outside", "one") if self.geyser else ("spread", "data")
        self.unit = 10.0 ** np.floor(np.log10(x.var(axis=0).min()))
        self.spans = np.ptp(x, axis=0)
        self.digits = [int(np.clip(3 - np.floor(np.log10(span)), 0, 300)) for span in self.spans]

    def settle_data(self, identity: Hashable) -> None:
        """Other points: back to a start that suits them."""
        if st.session_state.setdefault("em_data", identity) == identity:
            return
        st.session_state["em_data"] = identity
        start, width = self.first
        self.state.put(start=start, width=width, means=(), reg=self.floors[1], point=3, frame=4)

    @contextmanager
    def more(self) -> Iterator[None]:
        """The fold "More", whose controls are made only while it is open."""
        box = st.expander(_("More"), icon=":material/tune:", key="em.more", on_change="rerun")
        self.controls = self._awake if box.open else Asleep(self.state)
        with box:
            yield
        self.controls = self._awake

    @property
    def asleep(self) -> bool:
        """Whether "More" is closed."""
        return isinstance(self.controls, Asleep)

    # ---- the start ----------------------------------------------------------------------------

    def count(self) -> int:
        """K, how many components."""
        return self.controls.whole("k", _("Components K"), 1, MOST, 2)

    def start(self) -> str:
        """Where the components begin."""
        starts = {
            "outside": _("Far to the left of the data"),
            "spread": _("Spread out (k-means++)"),
            "random": _("Random points"),
            "hand": _("By hand: drag the circles"),
            "same": _("All at one place"),
            "lonely": _("One narrow, on the loneliest point"),
        }
        return self.controls.choice(
            "start", _("Start"), starts, self.first[0], on_change=self.began
        )

    @property
    def beginning(self) -> dict:
        """The page's first picture."""
        start, width = self.first
        rules = {"type": "full", "reg": self.floors[1], "tol": 1e-4, "limit": 100}
        return {"k": 2, "start": start, "width": width, **rules}

    def failures(self) -> None:
        """The two classic failures, one click away."""
        failures = {"lonely": _("Fail: collapse"), "same": _("Fail: identical starts")}
        with st.container(horizontal=True):
            for kind, label in failures.items():
                st.button(label, key=f"em.fail.{kind}", on_click=self.fail, args=(kind,))

    def began(self) -> None:
        """A start was chosen from the list: its own width, and for the trap no floor."""
        kind = st.session_state["em.start"]
        if kind in WIDTH_OF:
            self.state.put(width=WIDTH_OF[kind])
        if kind == "lonely":
            self.state.put(reg=0.0)

    def fail(self, kind: str) -> None:
        """One of the two classic failures, shown at its end."""
        self.state.put(view="run", start=kind, width=WIDTH_OF[kind], k=2, type="full", frame=LAST)
        self.state.put(reg=0.0 if kind == "lonely" else self.floors[1], tol=1e-4, limit=100)

    def means(self, k: int, kind: str, seed: int) -> np.ndarray:
        """Where the K means begin; hand-set ones come from the address or the handles. (K, 2)"""
        by_hand = self._awake.hidden("means", (), placed)
        if kind == "outside" and self.geyser and k == len(BOOK):
            return np.array(BOOK)
        generator = np.random.default_rng(seed)
        if kind != "hand":
            return em_start.means(kind, self.x, k, generator)
        given = np.reshape(by_hand[: len(by_hand) // 2 * 2], (-1, 2))[:k]
        return np.vstack([given, em_start.spread_out(self.x, k, generator)[len(given) :]])

    def place(self, means: np.ndarray, k: int, at: tuple[float, float]) -> None:
        """Put start k somewhere; from now on the start is the learner's own."""
        moved = np.array(means)
        moved[k] = [round(value, d) for value, d in zip(at, self.digits, strict=True)]
        self.state.put(start="hand", means=tuple(float(v) for v in moved.ravel()))

    def typed(self, means: np.ndarray) -> tuple[int, int]:
        """The start in figures, one component at a time, and the point of the equation."""
        names = {str(i + 1): f"{i + 1} {words.shape(i)}" for i in range(len(means))}
        part = int(self.controls.pick("part", _("Component in the equation"), names, "1")) - 1
        if self.asleep:
            return part, self.point()
        sides = st.columns(2)
        for axis, (side, label) in enumerate(zip(sides, self.labels, strict=True)):
            key = f"em.mean{axis}"
            st.session_state[key] = float(means[part, axis])

            def entered(axis: int = axis, key: str = key) -> None:
                at = np.array(means[part])
                at[axis] = st.session_state[key]
                self.place(means, part, (float(at[0]), float(at[1])))

            side.number_input(
                _("Start: {axis}").format(axis=label),
                key=key,
                on_change=entered,
                step=float(10.0 ** -(self.digits[axis] - 2)),
                format=f"%.{self.digits[axis]}f",
            )
        return part, self.point()

    def point(self) -> int:
        """The row whose responsibilities are told, from 0."""
        number = self.controls.whole("point", _("Point in the equation"), 1, len(self.x), 3)
        return number - 1

    def grips(self, means: np.ndarray, point: int) -> list[Handle]:
        """The starts, and the point the equation is about."""
        (x0, x1), (y0, y1) = figures.window(self.x)
        step = ((x1 - x0) / 200, (y1 - y0) / 200)
        bounds = (x0, x1, y0, y1)
        label = _("Start of component {k}")
        magenta = theme.ROLES["condition"][0]
        found = [
            Handle(f"s{k}", at_x, at_y, label.format(k=k + 1), theme.component(k), "xy", "circle",
                   bounds, step)
            for k, (at_x, at_y) in enumerate(means.tolist())
        ]  # fmt: skip
        at_x, at_y = self.x[point].tolist()
        name = _("Point in the equation")
        return [*found, Handle("point", at_x, at_y, name, magenta, "xy", "diamond", bounds, step)]

    def move(self, means: np.ndarray, name: str, at_x: float, at_y: float) -> None:
        """A handle was dragged; that of the point snaps to the nearest one."""
        if name != "point":
            self.place(means, int(name[1:]), (at_x, at_y))
            return
        away = (self.x - (at_x, at_y)) / self.spans
        away[self.state.values["point"] - 1] += 1e-9  # an arrow key leaves the point it is on
        self.state.put(point=int((away**2).sum(axis=1).argmin()) + 1)

    # ---- the rules ----------------------------------------------------------------------------

    @property
    def floors(self) -> list[float]:
        """Values of reg_covar, in the order of the smaller variance of the data."""
        return [0.0, *(float(f"{share * self.unit:.6g}") for share in (1e-6, 1e-3, 1e-2, 0.1, 1))]

    @property
    def mending(self) -> float:
        """A floor that lets a narrow component go again: a hundredth of the smaller variance."""
        return self.floors[3]

    def shape(self) -> str:
        """The shape of the components' covariances."""
        shapes = {kind: _(name) for kind, name in TYPES.items()}
        shape = self.controls.choice("type", _("Shape of the components"), shapes, "full")
        told = {
            "full": _("full: every component has an ellipse of its own."),
            "tied": _("tied: all components share one ellipse."),
            "diag": _("diagonal: ellipses lie along the axes."),
            "spherical": _("round: circles in the units of the data, stretched by the picture."),
        }
        if not self.asleep:
            st.caption(told[shape])
        return shape

    def floor(self) -> float:
        """reg_covar, the least variance a component may have."""
        return self.controls.steps(
            "reg", _("Floor added to every variance (reg_covar)"), self.floors, self.floors[1],
            format_func=short,
        )  # fmt: skip

    def rules(self) -> Rules:
        """Shape, floor, and when to stop."""
        shape, reg = self.shape(), self.floor()
        tol = self.controls.steps(
            "tol", _("Stop when an iteration changes less (nats per point)"),
            [1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-8], 1e-4, format_func=short,
        )  # fmt: skip
        limit = self.controls.steps("limit", _("At most so many iterations"),
                                    [10, 50, 100, 200, 500], 100)  # fmt: skip
        return Rules(shape, reg, tol, limit)

    def width(self) -> str:
        """How wide the components begin."""
        widths = {
            "one": _("1 in each unit"),
            "data": _("as wide as the data"),
            "trap": _("component 1 narrow"),
        }
        return self.controls.choice("width", _("Width at the start"), widths, self.first[1])

    # ---- how it ended -------------------------------------------------------------------------

    def verdict(self, run: em_run.Run, rules: Rules) -> None:
        """One sentence on the end of the run; after a failure also the ways to mend it."""
        facts = {
            "iterations": run.iterations,
            "tol": f"{rules.tol:g}",
            "limit": rules.limit,
            "value": run.end_log_likelihood / len(self.x),
            "total": run.end_log_likelihood,
        }
        if run.collapsed is not None:
            self._collapsed(run)
        elif twins(run):
            self._twins(facts)
        elif (island := islands(run, len(self.x))) is not None:
            self._island(island, run)
        else:
            st.markdown(" ".join(self._ended(run, facts)))

    def _ended(self, run: em_run.Run, facts: dict) -> list[str]:
        """An end without failure: settled or not, and what a floor cost on the way."""
        if run.settled:
            text = _(
                "**Settled** after {iterations} iterations: the last one changed less than {tol} "
                "nats per point. Log-likelihood {value:.4f} nats per point, {total:.2f} in total."
            )
        else:
            text = _(
                "**Not settled:** stopped by the limit of {limit} iterations. "
                "Log-likelihood so far {value:.4f} nats per point, {total:.2f} in total."
            )
        told = [text.format(**facts)]
        fall = run.largest_fall / len(self.x)
        if fall > 5e-5:
            text = _(
                "On the way it fell by up to {fall:.4f}: the floor is no part of the M step, whose "
                "own result would never be lower."
            )
            told.append(text.format(fall=fall))
        return told

    def _collapsed(self, run: em_run.Run) -> None:
        wall = run.collapsed.component if run.collapsed is not None else 0
        held = run.steps[-1].responsibilities[:, wall].sum() if run.steps else 0.0
        st.warning(
            _(
                "**Component {k} has collapsed.** It holds {held:.2f} points that lie on one spot "
                "or one line, so no width is the best: the narrower it gets, the higher the "
                "likelihood, without limit. The last frames show it. EM has to stop here."
            ).format(k=wall + 1, held=held),
            icon=":material/compress:",
        )
        self._mends(("floor", "fewer", "start"))

    def _twins(self, facts: dict) -> None:
        st.warning(
            _(
                "**The components never part.** They began alike, so every point is shared "
                "equally and every M step moves them alike. The log-likelihood stays at "
                "{value:.4f} nats per point, that of a single bell."
            ).format(**facts),
            icon=":material/content_copy:",
        )
        self._mends(("start", "nudge"))

    def _island(self, island: int, run: em_run.Run) -> None:
        st.warning(
            _(
                "**Component {k} lives on {held:.1f} points.** It found a few points to be narrow "
                "on and describes them, not a group. The log-likelihood counts that as a gain."
            ).format(k=island + 1, held=run.end.weights[island] * len(self.x)),
            icon=":material/beach_access:",
        )
        self._mends(("floor", "fewer", "start"))

    def _mends(self, which: tuple[str, ...]) -> None:
        k, floor = self.state.values["k"], self.mending
        mends = {
            "floor": (_("Mend: floor {floor:g}").format(floor=floor), {"reg": floor}),
            "fewer": (_("Mend: one component fewer"), {"k": max(1, k - 1)}),
            "start": (
                _("Mend: another start"),
                {"start": "spread", "width": "data", "reg": self.floors[1]},
            ),
            "nudge": (_("Mend: nudge one start"), {}),
        }
        with st.container(horizontal=True):
            for name in which:
                if name == "fewer" and k == 1:
                    continue
                label, values = mends[name]
                done = self._nudge if name == "nudge" else self.state.put
                kwargs = {} if name == "nudge" else {**values, "frame": LAST}
                st.button(label, key=f"em.mend.{name}", on_click=done, kwargs=kwargs)

    def _nudge(self) -> None:
        """Move the first mean by a hundredth of the data's width: enough to break the tie."""
        k = self.state.values["k"]
        means = em_start.at_one_place(self.x, k)
        aside = means[0] + self.spans / 100
        self.place(means, 0, (float(aside[0]), float(aside[1])))
        self.state.put(frame=LAST)


def short(value: float | str) -> str:
    """0.0001 -> "0.0001", 1e-06 -> "1e-06", 0.0 -> "0"."""
    return f"{float(value):g}"


def twins(run: em_run.Run) -> bool:
    """Whether all components ended as one."""
    end = run.end
    if len(end.means) < 2:
        return False
    sizes = np.sqrt(np.diagonal(end.covariances[0]))
    return bool((abs(end.means - end.means[0]) < 1e-6 * sizes).all())


def islands(run: em_run.Run, n: int) -> int | None:
    """The smallest component if it lives on hardly any points."""
    smallest = int(run.end.weights.argmin())
    return smallest if run.end.weights[smallest] * n < min(LIVES_ON, n / 3) else None


# ---- computed once for everybody ---------------------------------------------------------------


@st.cache_resource(max_entries=64, show_spinner=False)
def run_of(
    identity: Hashable, means: bytes, width: str, rules: Rules, _x: np.ndarray
) -> em_run.Run:
    """EM from one start."""
    at = np.frombuffer(means).reshape(-1, 2)
    start = em_start.start(at, em_start.covariances(width, _x, len(at)), rules.shape)
    return em_run.run(_x, start, rules.shape, rules.reg, rules.tol, rules.limit)


def starts_at_once(n: int) -> int:
    """Random starts behind each point of the curve over K: 40, fewer where points are many."""
    return int(np.clip(40 * 1500 / n, 6, 40))


@st.cache_resource(max_entries=16, show_spinner=False)
def _table(identity: Hashable, reg: float, seed: int) -> dict[tuple[str, int], em_many.End]:
    """Best ends by type and K; filled one by one, so that a learner who leaves loses nothing."""
    return {}


def table_of(
    identity: Hashable, x: np.ndarray, reg: float, seed: int
) -> dict[str, list[em_many.End]]:
    """The best of many starts for every type and every K up to MOST, with a bar while it works."""
    done = _table(identity, reg, seed)
    cells = [(kind, k) for k in range(1, MOST + 1) for kind in COVARIANCE_TYPES]
    missing = [cell for cell in cells if cell not in done]
    if missing:
        bar = st.progress(0.0, _("Fitting every K and every shape from many starts"))
        for count, (kind, k) in enumerate(missing, start=1):
            starts = em_start.many("random", x, k, kind, starts_at_once(len(x)), seed)
            done[kind, k] = em_many.best_of(x, starts, kind, reg)
            bar.progress(count / len(missing))
        bar.empty()
    return {kind: [done[kind, k] for k in range(1, MOST + 1)] for kind in COVARIANCE_TYPES}


CHUNK = 10  # starts computed at once, between two moves of the progress bar


@st.cache_resource(max_entries=128, show_spinner=False)
def _chunk(
    identity: Hashable, k: int, kind: str, number: int, seed: int, rules: Rules, _x: np.ndarray
) -> list[em_many.End]:
    starts = em_start.many(kind, _x, k, rules.shape, CHUNK * (number + 1), seed)
    return em_many.em_many(
        _x, starts[CHUNK * number :], rules.shape, rules.reg, rules.tol, rules.limit
    )


def ends_of(
    identity: Hashable, x: np.ndarray, k: int, kind: str, count: int, seed: int, rules: Rules
) -> list[em_many.End]:
    """The ends of many starts, best first, with a bar while it works; one start if K = 1."""
    ends: list[em_many.End] = []
    chunks = count // CHUNK if k > 1 else 1
    bar = st.progress(0.0, _("Running EM from every start"))
    for number in range(chunks):
        ends += _chunk(identity, k, kind, number, seed, rules, x)
        bar.progress((number + 1) / chunks)
    bar.empty()
    return sorted(ends, key=em_many.rank)
