"""Components that a learner moves: settings in the address, sliders, handles on the picture.

A setting is called by one letter and the component's number: w weight, x and y mean, s and t the
two standard deviations, r correlation. They are in the data's own units, so another data set
starts afresh.
"""

import math
from collections.abc import Hashable, Mapping
from dataclasses import replace

import numpy as np
import streamlit as st

from explorer.components.stage import Handle
from explorer.figures import mixture_canvas, theme
from explorer.i18n import _
from explorer.models import by_hand
from explorer.models.by_hand import Hand
from explorer.models.mixture import Mixture
from explorer.ui import state as parsers
from explorer.ui.frame import Lesson

LETTERS = "wxystr"
MOST = 5  # components
STEEPEST = 0.95  # correlation
HEAVIEST = 1000.0  # times as heavy as all components shown


class MixtureHand:
    """Up to five components over the points x (N, 2). Make it anew in every run."""

    def __init__(
        self, lesson: Lesson, x: np.ndarray, begin: Mixture | None, identity: Hashable
    ) -> None:
        self.lesson, self.state = lesson, lesson.state
        self.windows = [mixture_canvas.window(column) for column in x.T]
        self.sizes = x.std(axis=0)
        self.steps = [nice_step(high - low) for low, high in self.windows]
        if st.session_state.setdefault("mixture_data", identity) != identity:
            st.session_state["mixture_data"] = identity
            self._forget()
        self.first = first = by_hand.first_hand(x, begin)
        self.values = {name: self._read(name, value) for name, value in as_settings(first).items()}

    def _read(self, name: str, default: float) -> float:
        low, high = self.bounds(name)
        default = min(max(default, low), high)
        if name[0] == "w":  # a component that is not shown may outweigh those that are
            high = HEAVIEST
        return self.lesson.controls.hidden(name, default, parsers.number(low, high))

    def bounds(self, name: str) -> tuple[float, float]:
        """Lowest and highest value of a setting, on its slider's steps."""
        letter = name[0]
        if name in ("qx", "qy"):
            return self.bounds(f"{name[1]}1")
        if letter in "wr":
            return (0.0, 1.0) if letter == "w" else (-STEEPEST, STEEPEST)
        axis = 0 if letter in "xs" else 1
        step = self.steps[axis]
        low, high = self.windows[axis]
        if letter in "st":
            low, high = max(step, 0.02 * self.sizes[axis]), 1.6 * self.sizes[axis]
        return math.floor(low / step) * step or step, math.ceil(high / step) * step

    def mixture(self, k: int) -> Mixture:
        """The first k components in the plane. Their weights are brought back to a sum of 1.

        The hidden components' weights keep their proportion to them, for when they come back.
        """
        raw = np.array([self.values[f"w{i}"] for i in range(1, MOST + 1)])
        shown = by_hand.normalise(raw[:k])
        hidden = raw[k:] / raw[:k].sum() if raw[:k].sum() > 0 else raw[k:]
        self.put_weights(np.concatenate([shown, np.minimum(hidden, HEAVIEST)]))
        return self._hand().mixture(k)

    def put(self, **values: float) -> None:
        """Set some of the settings, to as many digits as the address keeps."""
        rounded = {name: float(f"{value:.6g}") for name, value in values.items()}
        self.values.update(rounded)
        self.state.put(**rounded)

    def put_weights(self, weights: np.ndarray) -> None:
        """Set the weights of the first components."""
        self.put(**{f"w{i}": float(w) for i, w in enumerate(weights, start=1)})

    def put_means(self, means: np.ndarray, stds: np.ndarray) -> None:
        """Round, equally heavy components in these places."""
        for i, (x, y) in enumerate(means, start=1):
            self.put(
                **{f"x{i}": float(x), f"y{i}": float(y), f"r{i}": 0.0, f"w{i}": 1 / len(means)},
                **{f"s{i}": float(stds[0]), f"t{i}": float(stds[1])},
            )

    def restore(self) -> None:
        """Everything as in the first picture."""
        self.state.put(**{name: self.state.defaults[name] for name in self.values})

    def copy(self, source: int, target: int) -> None:
        """Component `target` becomes a twin of `source`, with its own weight."""
        self.put(**{f"{a}{target}": self.values[f"{a}{source}"] for a in LETTERS if a != "w"})

    def _hand(self) -> Hand:
        letters = {a: [self.values[f"{a}{i}"] for i in range(1, MOST + 1)] for a in LETTERS}
        means, stds = (np.column_stack([letters[a], letters[b]]) for a, b in ("xy", "st"))
        return Hand(np.array(letters["w"]), means, stds, np.array(letters["r"]))

    def _forget(self) -> None:
        for name in [f"{a}{i}" for a in LETTERS for i in range(1, MOST + 1)] + ["qx", "qy"]:
            self.state.values.pop(name, None)
            st.session_state.pop(self.state.key(name), None)

    # ------------------------------------------------------------------------ widgets

    def sliders(self, i: int, weights: np.ndarray, labels: tuple[str, ...]) -> None:
        """Everything about component i; labels name the axes shown, one or two."""

        def share_out() -> None:
            share = st.session_state[self.state.key(f"w{i}")]
            self.put_weights(by_hand.set_share(weights, i - 1, share))

        note = _("The other components share the rest in the proportions they have.")
        if len(weights) > 1:
            self._slider(f"w{i}", _("Weight π"), 0.01, help=note, on_change=share_out)
        for axis, label in enumerate(labels):
            self._slider(f"{'xy'[axis]}{i}", _("Mean: {axis}").format(axis=label), self.steps[axis])
        for axis, label in enumerate(labels):
            title = _("Standard deviation: {axis}").format(axis=label)
            self._slider(f"{'st'[axis]}{i}", title, self.steps[axis])
        if len(labels) == 2:
            self._slider(f"r{i}", _("Correlation ρ"), 0.01)

    def place_slider(self, axis: int, label: str) -> None:
        """One coordinate of the point that is asked about."""
        title = _("The point x: {axis}").format(axis=label)
        self._slider("q" + "xy"[axis], title, self.steps[axis])

    def _slider(self, name: str, label: str, step: float, **more: object) -> None:
        low, high = self.bounds(name)
        decimals = max(0, -math.floor(math.log10(step) + 1e-9))
        self.lesson.controls.slider(
            name, label, low, high, self.state.defaults[name], step, format=f"%.{decimals}f", **more
        )

    # ------------------------------------------------------------------------ handles

    def handles(self, mixture: Mixture, chosen: int | None) -> list[Handle]:
        """A grip on every mean, on every border between weights, on the widths of `chosen`."""
        tops = mixture_canvas.tops(mixture)
        grips = [self._mean(i, tops[i - 1], mixture) for i in range(1, len(tops) + 1)]
        borders = np.cumsum(mixture.weights)[:-1]
        for i, place in enumerate(borders, start=1):
            label = _("Border between the weights of components {a} and {b}").format(a=i, b=i + 1)
            limits = (0.0, 1.0, 0.0, 0.0)
            grip = Handle(f"w{i}", place, 0, label, theme.color("ink"), "x", "line", limits)
            grips.append(replace(grip, step=(0.01, 0.0), xaxis="x2", yaxis="y2"))
        return grips + (self._widths(chosen, mixture) if chosen else [])

    def _mean(self, i: int, top: np.ndarray, mixture: Mixture) -> Handle:
        plane = mixture.means.shape[1] == 2
        return Handle(
            f"m{i}",
            float(top[0]),
            float(top[1]),
            _("Mean of component {k}").format(k=i),
            theme.component(i - 1),
            "xy" if plane else "x",
            "circle",
            (*self.bounds("x1"), *(self.bounds("y1") if plane else (0.0, math.inf))),
            (self.steps[0], self.steps[1] if plane else 0.0),
        )

    def _widths(self, i: int, mixture: Mixture) -> list[Handle]:
        """Where the 1-sigma ellipse reaches farthest right, and highest; on a line, mu + sigma."""
        x, y, s, t, r = (self.values[f"{a}{i}"] for a in "xystr")
        color, steps = theme.component(i - 1), (self.steps[0], self.steps[1])
        (s_low, s_high), (t_low, t_high) = self.bounds("s1"), self.bounds("t1")
        wide = _("Width of component {k}").format(k=i)
        if mixture.means.shape[1] == 1:
            bell = mixture.components[i - 1]
            height = float(mixture.weights[i - 1] * bell.prob([x + s])[0])
            limits = (x + s_low, x + s_high, 0.0, math.inf)
            return [Handle("e", x + s, height, wide, color, "x", "diamond", limits, steps)]
        tilt_t, tilt_s = STEEPEST * t, STEEPEST * s
        east = (x + s_low, x + s_high, y - tilt_t, y + tilt_t)
        north = (x - tilt_s, x + tilt_s, y + t_low, y + t_high)
        high = _("Height of component {k}").format(k=i)
        return [
            Handle("e", x + s, y + r * t, wide, color, "xy", "diamond", east, steps),
            Handle("n", x + r * s, y + t, high, color, "xy", "diamond", north, steps),
        ]

    def moved(self, grip: str, x: float, y: float, mixture: Mixture, chosen: int) -> None:
        """What a dragged grip sets."""
        if grip[0] == "m":
            i = int(grip[1:])
            plane = mixture.means.shape[1] == 2
            self.put(**({f"x{i}": x, f"y{i}": y} if plane else {f"x{i}": x}))
            self.state.put(part=str(i))
        elif grip[0] == "w":
            self.put_weights(by_hand.move_border(mixture.weights, int(grip[1:]) - 1, x))
        elif grip in "en":
            self.put(**self._width_moved(grip, x, y, mixture.means.shape[1] == 2, chosen))

    def _width_moved(self, grip: str, x: float, y: float, plane: bool, i: int) -> Mapping:
        own = {a: self.values[f"{a}{i}"] for a in "xyst"}
        size, other = ("s", "t") if grip == "e" else ("t", "s")
        out, aside = (x - own["x"], y - own["y"]) if grip == "e" else (y - own["y"], x - own["x"])
        low, high = self.bounds(f"{size}{i}")
        result = {f"{size}{i}": float(np.clip(out, low, high))}
        if plane:
            result[f"r{i}"] = float(np.clip(aside / own[other], -STEEPEST, STEEPEST))
        return result


def as_settings(hand: Hand) -> dict[str, float]:
    """{"w1": …, "x1": …, …}."""
    columns = (hand.weights, *hand.means.T, *hand.stds.T, hand.rhos)
    return {
        f"{letter}{i}": float(value)
        for letter, column in zip(LETTERS, columns, strict=True)
        for i, value in enumerate(column, start=1)
    }


def nice_step(span: float) -> float:
    """About a two-hundredth of the span: 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(span / 200))
    return power * next(m for m in (1, 2, 5, 10) if power * m >= span / 250)
