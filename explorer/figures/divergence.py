"""Pictures of the `divergence` lesson: two bars, two bells, the bound, and one bell for two bumps.

p is what is true (green, dashed), q is the model (blue). What adds to a divergence is blue, what
takes away is red, and each carries its sign. All divergences in nats.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from scipy.special import xlogy

from explorer.figures import theme
from explorer.i18n import _
from explorer.models.divergence import ReverseStep, elbo, kl_terms, reverse_fit
from explorer.models.forward_kl import forward_kl
from explorer.models.gaussian import Gaussian
from explorer.models.mixture import Mixture

WAYS = {"pq": "KL(p‖q)", "qp": "KL(q‖p)"}
NAMES = ("A", "B", "C", "D")
BELLS = (-7.0, 7.0)  # x axis of the two bells
INFINITE = 3.0  # nats; a bar that has no top is drawn this high and says so
FRAMES = 40
RATE = 0.3  # of a step downhill; smaller than it need be, so that there is something to watch


def _signed(values: np.ndarray) -> list[str]:
    return [theme.color("positive" if value >= 0 else "negative", 0.75) for value in values]


def _side_by_side(figure: go.Figure, x_title: str, y_title: str, height: int) -> go.Figure:
    figure.layout.update(
        xaxis={"domain": [0, 0.46]},
        xaxis2={**theme.axis(x_title), "domain": [0.6, 1], "anchor": "y2"},
        yaxis2={**theme.axis(y_title), "anchor": "x2"},
    )
    stacked: dict = {"xaxis.domain": [0, 1], "xaxis2.domain": [0, 1]}
    stacked |= {"yaxis.domain": [0.58, 1], "yaxis2.domain": [0, 0.36]}
    return theme.narrow(figure, stacked, height)


# ---- two tables of probabilities ---------------------------------------------------------------


def bars(p: Sequence[float], q: Sequence[float], way: str) -> go.Figure:
    """p and q (K,) as bars; beside them what each outcome adds to the divergence, with its sign."""
    first, second = (p, q) if way == "pq" else (q, p)
    terms = kl_terms(first, second)
    names = list(NAMES[: len(p)])
    figure = theme.figure("", _("probability"), None, (0, 1.22))
    figure.layout.update(barmode="group", bargap=0.3, xaxis={"type": "category"})
    _side_by_side(figure, "", _("share of {way} (nats)").format(way=WAYS[way]), 620)
    for values, role, name, pattern in ((p, "truth", "p", "/"), (q, "model", "q", "")):
        figure.add_trace(
            go.Bar(
                x=names,
                y=list(values),
                name=name,
                marker={"color": theme.color(role, 0.8), "pattern": {"shape": pattern}},
                # room under the words for the grip that sits on the bar's top
                text=[f"{name} {value:.2f}<br>&nbsp;" for value in values],
                textposition="outside",
                cliponaxis=False,
                hoverinfo="skip",
            )
        )
    height = np.where(np.isinf(terms), INFINITE, terms)
    total = INFINITE if np.isinf(terms).any() else float(height.sum())
    labels = ["∞" if np.isinf(t) else f"{t:+.4f}" for t in [*terms, terms.sum()]]
    figure.add_trace(
        go.Bar(
            x=[*names, _("sum")],
            y=[*height, total],
            marker={
                "color": [*_signed(height), theme.color("ink", 0.75)],
                "pattern": {"shape": ["" if t >= 0 else "\\" for t in height] + ["x"]},
            },
            text=labels,
            textposition="outside",
            cliponaxis=False,
            hoverinfo="skip",
            xaxis="x2",
            yaxis="y2",
        )
    )
    low, high = min(0.0, float(height.min())), max(0.05, float(max(*height, total)))
    margin = 0.18 * (high - low)
    figure.layout.yaxis2.update(range=[low - margin, high + margin], zeroline=True)
    figure.layout.xaxis2.update(type="category")
    return figure


# ---- two bells ---------------------------------------------------------------------------------


def bells(p: Gaussian, q: Gaussian, way: str) -> go.Figure:
    """Two 1-D densities; below them the integrand whose area is the divergence."""
    x = np.linspace(*BELLS, 281)
    first, second = (p, q) if way == "pq" else (q, p)
    integrand = first.prob(x) * (first.log_prob(x) - second.log_prob(x))
    top = 1.15 * max(p.prob(p.mean).max(), q.prob(q.mean).max())
    figure = theme.figure("x", _("density"), BELLS, (0, top), height=470)
    reach = 1.15 * max(float(abs(integrand).max()), 0.05)
    title = "p log(p/q)" if way == "pq" else "q log(q/p)"
    figure.layout.update(
        yaxis={"domain": [0.52, 1]},
        yaxis2={**theme.axis(title, (-reach, reach)), "domain": [0, 0.4], "zeroline": True},
        xaxis={"anchor": "y2"},
    )
    for values, role in (
        (np.maximum(integrand, 0), "positive"),
        (np.minimum(integrand, 0), "negative"),
    ):
        figure.add_trace(
            go.Scatter(
                x=x, y=values, mode="none", fill="tozeroy", yaxis="y2", hoverinfo="skip",
                fillcolor=theme.color(role, 0.45),
            )
        )  # fmt: skip
    figure.add_trace(theme.line(x, integrand, "muted", 2, yaxis="y2", hoverinfo="skip"))
    figure.add_trace(theme.line(x, p.prob(x), "truth", hoverinfo="skip"))
    figure.add_trace(theme.line(x, q.prob(x), "model", hoverinfo="skip"))
    for bell, role, name, side in ((p, "truth", "p", "left"), (q, "model", "q", "right")):
        mu, sigma = bell.mu_sigma()
        at = mu + (-1.6 if side == "left" else 1.6) * sigma
        height = float(bell.prob(np.array([at]))[0])
        figure.add_trace(theme.label(at, height, f"<b>{name}</b>", role, 18, f"top {side}"))
    signs = ((integrand.argmax(), "+", "positive"), (integrand.argmin(), "−", "negative"))
    for index, sign, role in signs:
        if abs(integrand[index]) > 0.12 * reach:
            words = theme.label(x[index], integrand[index] / 2, sign, role, 22, "middle center")
            figure.add_trace(words.update(yaxis="y2"))
    return figure


# ---- the bound ---------------------------------------------------------------------------------


def bound(mixture: Mixture, x: float, q: float) -> go.Figure:
    """Left: the mixture (K = 2) and one point x. Right: ELBO along q(z = 1), and its gap at q.

    log p(x) is a level that q cannot move; the solid bar under it is the ELBO, the hatched one the
    divergence of q from the posterior. They always add up.
    """
    split = elbo([q, 1 - q], [x], mixture)
    grid = np.linspace(0, 1, 101)
    curve = _elbo_along(grid, mixture.log_joint(np.array([x]))[0])
    axis = np.linspace(-6, 6, 241)
    figure = theme.figure("x", _("density"), (-6, 6), (0, 0.32), height=450)
    _side_by_side(figure, _("guess q(z = 1)"), _("nats"), 640)
    figure.layout.barmode = "overlay"
    floor = split.log_evidence - 2.6
    figure.layout.yaxis2.update(range=[floor, split.log_evidence + 0.45])
    figure.layout.xaxis2.update(range=[-0.04, 1.04])
    joint = np.exp(mixture.log_joint(axis))  # (241, 2)
    for k in range(2):
        style = {"color": theme.component(k), "width": 2}
        figure.add_trace(
            go.Scatter(x=axis, y=joint[:, k], mode="lines", line=style, hoverinfo="skip")
        )
        mean = float(mixture.means[k, 0])
        height = float(np.exp(mixture.log_joint(np.array([mean]))[0, k]))
        words = f"π<sub>{k + 1}</sub>N<sub>{k + 1}</sub>"
        figure.add_trace(theme.label(mean, height, words, theme.component(k), 14))
    figure.add_trace(theme.line(axis, joint.sum(axis=1), "model", hoverinfo="skip"))
    density = float(np.exp(split.log_evidence))
    dot = {"color": theme.color("data"), "size": 12}
    figure.add_trace(theme.vertical(x, 0, density, "data"))
    figure.add_trace(go.Scatter(x=[x], y=[density], mode="markers", marker=dot, hoverinfo="skip"))
    right: dict = {"xaxis": "x2", "yaxis": "y2"}
    level = np.full(2, split.log_evidence)
    figure.add_trace(theme.line(np.array([-0.04, 1.04]), level, "truth", hoverinfo="skip", **right))
    words = f"log p(x) = {split.log_evidence:.3f}"
    figure.add_trace(theme.label(0.5, split.log_evidence, words, "truth", 15).update(**right))
    figure.add_trace(theme.line(grid, curve, "model", 2, hoverinfo="skip", **right))
    figure.add_traces(_split_bar(q, floor, split.elbo, split.log_evidence))
    best = go.Scatter(
        x=[split.posterior[0]], y=[split.log_evidence], mode="markers", hoverinfo="skip",
        marker={"symbol": "star", "size": 13, "color": theme.color("truth")}, **right,
    )  # fmt: skip
    figure.add_trace(best)
    return figure


def _elbo_along(q: np.ndarray, log_joint: np.ndarray) -> np.ndarray:
    """E_q[log p(x, z)] + entropy of q, for q(z = 1) on a grid; 0 log 0 = 0."""
    entropy = -xlogy(q, q) - xlogy(1 - q, 1 - q)
    return q * log_joint[0] + (1 - q) * log_joint[1] + entropy


def _split_bar(q: float, floor: float, lower: float, upper: float) -> list[go.Bar | go.Scatter]:
    """The bar at q: up to the ELBO solid, from there to log p(x) hatched, each with its name."""
    lower = max(lower, floor)
    side, shift = ("middle left", -0.06) if q > 0.4 else ("middle right", 0.06)
    right, made = {"xaxis": "x2", "yaxis": "y2"}, []
    parts = ((floor, lower, "model", "", "<b>ELBO</b>"), (lower, upper, "latent", "/", "<b>KL</b>"))
    for low, high, role, shape, name in parts:
        marker = {"color": theme.color(role, 0.7), "pattern": {"shape": shape}}
        made.append(
            go.Bar(
                x=[q], y=[high - low], base=[low], width=[0.09], marker=marker,
                hoverinfo="skip", **right,
            )
        )  # fmt: skip
        if high - low > 0.15:
            words = theme.label(q + shift, (low + high) / 2, name, role, 14, side)
            made.append(words.update(**right))
    return made


# ---- one bell for two bumps --------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Fitting:
    """The film of reverse-KL descent, the steps shown in it, and the forward fit beside it."""

    figure: go.Figure
    steps: tuple[ReverseStep, ...]
    forward: Gaussian
    covering: tuple[float, ...]  # KL(p‖q) of each step, nats


def fitting(p: Mixture, start: Gaussian, x_title: str = "x") -> Fitting:
    """Frames of q descending KL(q‖p) from `start`; beside it the Gaussian of least KL(p‖q)."""
    every = list(reverse_fit(p, start, rate=RATE, tol=1e-4, max_iter=200))
    keep = np.unique(np.geomspace(1, len(every), min(FRAMES, len(every))).round().astype(int)) - 1
    steps = tuple(every[i] for i in keep)
    forward = p.moments()
    middle, spread = forward.mu_sigma()
    x = np.linspace(middle - 4 * spread, middle + 4 * spread, 241)
    top = 1.35 * max(float(p.prob(x).max()), float(every[-1].q.prob(every[-1].q.mean)[0]))
    figure = theme.figure(x_title, _("density"), (x[0], x[-1]), (0, top), height=450)
    kl = np.array([step.kl for step in steps])
    _side_by_side(figure, _("step"), _("KL(q‖p) (nats)"), 620)
    figure.layout.update(xaxis={"domain": [0, 0.6]}, xaxis2={"domain": [0.74, 1], "nticks": 4})
    figure.layout.yaxis2.update(range=[0, 1.1 * max(float(kl.max()), 0.05)])
    figure.add_trace(theme.line(x, p.prob(x), "truth", hoverinfo="skip"))
    figure.add_trace(theme.line(x, forward.prob(x), "sample", 2, hoverinfo="skip"))
    figure.add_trace(theme.line(x, steps[0].q.prob(x), "model", hoverinfo="skip"))
    figure.add_trace(_name(steps[0].q, "q", "model"))
    at = middle + 1.7 * spread
    height = float(forward.prob(np.array([at]))[0])
    figure.add_trace(theme.label(at, height, _("forward fit"), "sample", 14, "top right"))
    peak = x[int(p.prob(x).argmax())]
    figure.add_trace(theme.label(peak, float(p.prob(x).max()), "<b>p</b>", "truth", 18))
    covering = tuple(forward_kl(p, step.q) for step in steps)
    read = theme.label(x[0], top, _both(steps[0].kl, covering[0]), "ink", 15, "bottom right")
    numbers = np.array([step.iteration for step in steps])
    right = {"xaxis": "x2", "yaxis": "y2", "hoverinfo": "skip"}
    figure.add_trace(theme.line(numbers, kl, "muted", 2, **right))
    marker = {"color": theme.color("condition"), "size": 13, "symbol": "diamond"}
    figure.add_trace(go.Scatter(x=[0], y=[kl[0]], mode="markers", marker=marker, **right))
    figure.add_trace(read)
    figure.frames = [
        go.Frame(
            name=str(step.iteration),
            traces=[2, 3, 7, 8],
            data=[
                {"type": "scatter", "y": step.q.prob(x)},
                {"type": "scatter", **_place(step.q)},
                {"type": "scatter", "x": [step.iteration], "y": [step.kl]},
                {"type": "scatter", "text": [_both(step.kl, forwards)]},
            ],
        )
        for step, forwards in zip(steps, covering, strict=True)
    ]
    return Fitting(figure, steps, forward, covering)


def _both(backward: float, forward: float) -> str:
    """Both divergences of one q, as they stand in the picture."""
    return f"KL(q‖p) = {backward:.3f}<br>KL(p‖q) = {forward:.3f}"


def _place(q: Gaussian) -> dict:
    mu, _sigma = q.mu_sigma()
    return {"x": [mu], "y": [float(q.prob(q.mean)[0])]}


def _name(q: Gaussian, name: str, role: str) -> go.Scatter:
    place = _place(q)
    return theme.label(place["x"][0], place["y"][0], f"<b>{name}</b>", role, 18)
