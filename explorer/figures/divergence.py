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
from explorer.figures.traces import QUIET, Canvas, dots, line, text, vertical
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
RIGHT: dict = {"xaxis": "x2", "yaxis": "y2"}


def _signed(values: np.ndarray) -> list[str]:
    return [theme.color("positive" if value >= 0 else "negative", 0.75) for value in values]


def _side_by_side(
    made: Canvas, x: dict, y: dict, height: int, gap: tuple[float, float] = (0.46, 0.6)
) -> None:
    """A second panel with the axes x and y, below the first one on a phone."""
    made.layout["xaxis"]["domain"] = [0, gap[0]]
    made.layout["xaxis2"] = {**x, "domain": [gap[1], 1], "anchor": "y2"}
    made.layout["yaxis2"] = {**y, "anchor": "x2"}
    made.narrow = {"xaxis.domain": [0, 1], "xaxis2.domain": [0, 1]}
    made.narrow |= {"yaxis.domain": [0.58, 1], "yaxis2.domain": [0, 0.36]}
    made.narrow_height = height


# ---- two tables of probabilities ---------------------------------------------------------------


def bars(p: Sequence[float], q: Sequence[float], way: str) -> go.Figure:
    """p and q (K,) as bars; beside them what each outcome adds to the divergence, with its sign."""
    first, second = (p, q) if way == "pq" else (q, p)
    terms = kl_terms(first, second)
    names = list(NAMES[: len(p)])
    height = np.where(np.isinf(terms), INFINITE, terms)
    total = INFINITE if np.isinf(terms).any() else float(height.sum())
    low, high = min(0.0, float(height.min())), max(0.05, float(max(*height, total)))
    margin = 0.18 * (high - low)
    made = Canvas.empty(("", _("probability")), None, (0, 1.22))
    made.layout |= {"barmode": "group", "bargap": 0.3}
    made.layout["xaxis"]["type"] = "category"
    title = _("share of {way} (nats)").format(way=WAYS[way])
    shares = theme.axis(title, (low - margin, high + margin), zeroline=True)
    _side_by_side(made, theme.axis("", type="category"), shares, 620)
    bar = {"type": "bar", "textposition": "outside", "cliponaxis": False, **QUIET}
    for values, role, name, pattern in ((p, "truth", "p", "/"), (q, "model", "q", "")):
        style = {"color": theme.color(role, 0.8), "pattern": {"shape": pattern}}
        # room under the words for the grip that sits on the bar's top
        words = [f"{name} {value:.2f}<br>&nbsp;" for value in values]
        made.add(
            {**bar, "x": names, "y": list(values), "name": name, "marker": style, "text": words}
        )
    style = {
        "color": [*_signed(height), theme.color("ink", 0.75)],
        "pattern": {"shape": ["" if t >= 0 else "\\" for t in height] + ["x"]},
    }
    words = ["∞" if np.isinf(t) else f"{t:+.4f}" for t in [*terms, terms.sum()]]
    sums = {"x": [*names, _("sum")], "y": [*height, total]}
    made.add({**bar, **sums, "marker": style, "text": words, **RIGHT})
    return made.figure()


# ---- two bells ---------------------------------------------------------------------------------


def bells(p: Gaussian, q: Gaussian, way: str) -> go.Figure:
    """Two 1-D densities; below them the integrand whose area is the divergence."""
    x = np.linspace(*BELLS, 281)
    first, second = (p, q) if way == "pq" else (q, p)
    integrand = first.prob(x) * (first.log_prob(x) - second.log_prob(x))
    top = 1.15 * max(p.prob(p.mean).max(), q.prob(q.mean).max())
    made = Canvas.empty(("x", _("density")), BELLS, (0, top), 470)
    reach = 1.15 * max(float(abs(integrand).max()), 0.05)
    title = "p log(p/q)" if way == "pq" else "q log(q/p)"
    made.layout["xaxis"]["anchor"] = "y2"
    made.layout["yaxis"]["domain"] = [0.52, 1]
    made.layout["yaxis2"] = theme.axis(title, (-reach, reach), domain=[0, 0.4], zeroline=True)
    area = {"type": "scatter", "x": x, "mode": "none", "fill": "tozeroy", "yaxis": "y2", **QUIET}
    made.add(
        {**area, "y": np.maximum(integrand, 0), "fillcolor": theme.color("positive", 0.45)},
        {**area, "y": np.minimum(integrand, 0), "fillcolor": theme.color("negative", 0.45)},
        line(x, integrand, "muted", 2, yaxis="y2"),
        line(x, p.prob(x), "truth"),
        line(x, q.prob(x), "model"),
    )
    for bell, role, name, side in ((p, "truth", "p", "left"), (q, "model", "q", "right")):
        mu, sigma = bell.mu_sigma()
        at = mu + (-1.6 if side == "left" else 1.6) * sigma
        height = float(bell.prob(np.array([at]))[0])
        made.add(text(at, height, f"<b>{name}</b>", role, 18, at=f"top {side}"))
    signs = ((integrand.argmax(), "+", "positive"), (integrand.argmin(), "−", "negative"))
    for index, sign, role in signs:
        if abs(integrand[index]) > 0.12 * reach:
            middle: dict = {"at": "middle center", "yaxis": "y2"}
            made.add(text(x[index], integrand[index] / 2, sign, role, 22, **middle))
    return made.figure()


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
    floor = split.log_evidence - 2.6
    made = Canvas.empty(("x", _("density")), (-6, 6), (0, 0.32), 450)
    made.layout["barmode"] = "overlay"
    guess = theme.axis(_("guess q(z = 1)"), (-0.04, 1.04))
    _side_by_side(made, guess, theme.axis(_("nats"), (floor, split.log_evidence + 0.45)), 640)
    joint = np.exp(mixture.log_joint(axis))  # (241, 2)
    for k in range(2):
        mean = float(mixture.means[k, 0])
        height = float(np.exp(mixture.log_joint(np.array([mean]))[0, k]))
        words = f"π<sub>{k + 1}</sub>N<sub>{k + 1}</sub>"
        made.add(
            line(axis, joint[:, k], line={"color": theme.component(k), "width": 2}),
            text(mean, height, words, theme.component(k), 14),
        )
    density = float(np.exp(split.log_evidence))
    level = np.full(2, split.log_evidence)
    words = f"log p(x) = {split.log_evidence:.3f}"
    star = {"marker": {"symbol": "star"}, **RIGHT}
    made.add(
        line(axis, joint.sum(axis=1), "model"),
        vertical(x, 0, density, "data"),
        dots([x], [density], "data", 12),
        line(np.array([-0.04, 1.04]), level, "truth", **RIGHT),
        text(0.5, split.log_evidence, words, "truth", **RIGHT),
        line(grid, curve, "model", 2, **RIGHT),
        *_split_bar(q, floor, split.elbo, split.log_evidence),
        dots([split.posterior[0]], [split.log_evidence], "truth", 13, **star),
    )
    return made.figure()


def _elbo_along(q: np.ndarray, log_joint: np.ndarray) -> np.ndarray:
    """E_q[log p(x, z)] + entropy of q, for q(z = 1) on a grid; 0 log 0 = 0."""
    entropy = -xlogy(q, q) - xlogy(1 - q, 1 - q)
    return q * log_joint[0] + (1 - q) * log_joint[1] + entropy


def _split_bar(q: float, floor: float, lower: float, upper: float) -> list[dict]:
    """The bar at q: up to the ELBO solid, from there to log p(x) hatched, each with its name."""
    lower = max(lower, floor)
    side, shift = ("middle left", -0.06) if q > 0.4 else ("middle right", 0.06)
    bar, made = {"type": "bar", "x": [q], "width": [0.09], **QUIET, **RIGHT}, []
    parts = ((floor, lower, "model", "", "<b>ELBO</b>"), (lower, upper, "latent", "/", "<b>KL</b>"))
    for low, high, role, shape, name in parts:
        style = {"color": theme.color(role, 0.7), "pattern": {"shape": shape}}
        made.append({**bar, "y": [high - low], "base": [low], "marker": style})
        if high - low > 0.15:
            made.append(text(q + shift, (low + high) / 2, name, role, 14, at=side, **RIGHT))
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
    kl = np.array([step.kl for step in steps])
    made = Canvas.empty((x_title, _("density")), (x[0], x[-1]), (0, top), 450)
    high = 1.1 * max(float(kl.max()), 0.05)
    right = theme.axis(_("step"), nticks=4), theme.axis(_("KL(q‖p) (nats)"), (0, high))
    _side_by_side(made, *right, 620, gap=(0.6, 0.74))
    at = middle + 1.7 * spread
    height = float(forward.prob(np.array([at]))[0])
    peak = x[int(p.prob(x).argmax())]
    covering = tuple(forward_kl(p, step.q) for step in steps)
    numbers = np.array([step.iteration for step in steps])
    diamond = {"marker": {"symbol": "diamond"}, **RIGHT}
    made.add(
        line(x, p.prob(x), "truth"),
        line(x, forward.prob(x), "sample", 2),
        line(x, steps[0].q.prob(x), "model"),
        {**text(0, 0, "<b>q</b>", "model", 18), **_place(steps[0].q)},
        text(at, height, _("forward fit"), "sample", 14, at="top right"),
        text(peak, float(p.prob(x).max()), "<b>p</b>", "truth", 18),
        line(numbers, kl, "muted", 2, **RIGHT),
        dots([0], [kl[0]], "condition", 13, **diamond),
        text(x[0], top, _both(steps[0].kl, covering[0]), at="bottom right"),
    )
    frames = [
        {
            "name": str(step.iteration),
            "traces": [2, 3, 7, 8],
            "data": [
                {"type": "scatter", "y": step.q.prob(x)},
                {"type": "scatter", **_place(step.q)},
                {"type": "scatter", "x": [step.iteration], "y": [step.kl]},
                {"type": "scatter", "text": [_both(step.kl, forwards)]},
            ],
        }
        for step, forwards in zip(steps, covering, strict=True)
    ]
    return Fitting(made.figure(frames), steps, forward, covering)


def _both(backward: float, forward: float) -> str:
    """Both divergences of one q, as they stand in the picture."""
    return f"KL(q‖p) = {backward:.3f}<br>KL(p‖q) = {forward:.3f}"


def _place(q: Gaussian) -> dict:
    mu, _sigma = q.mu_sigma()
    return {"x": [mu], "y": [float(q.prob(q.mean)[0])]}
