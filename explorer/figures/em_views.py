"""The other views of the `em` lesson: how many components, many starts, hard against soft."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from explorer.figures import em, theme
from explorer.figures.em import SECOND, THIRD, stroke
from explorer.figures.picture import Picture
from explorer.figures.traces import Canvas, dots, line, text
from explorer.i18n import _, n_
from explorer.models.criteria import aic, bic, n_parameters
from explorer.models.em_many import End
from explorer.models.em_run import Run
from explorer.models.kmeans import KMeansStep, squared_distances
from explorer.models.mixture import Mixture

NOTHING: dict[str, Any] = {"type": "scatter", "x": [None], "y": [None]}
TYPES = {"full": n_("full"), "tied": n_("tied"), "diag": n_("diagonal"), "spherical": n_("round")}
MARKS = {"full": "circle", "tied": "square", "diag": "diamond", "spherical": "triangle-up"}


def painted_by(x: np.ndarray, mixtures: Sequence[Mixture]) -> tuple[list, list, list]:
    """Colour scale, colours and symbols of the drawn points under each of some mixtures."""
    seen = em.drawn(len(x))
    gammas = [mixture.responsibilities(x[seen]) for mixture in mixtures]
    widest = max((gamma.shape[1] for gamma in gammas), default=1)
    even = [np.pad(gamma, ((0, 0), (0, widest - gamma.shape[1]))) for gamma in gammas]
    scale, colors = em.paint(even, len(seen))
    return scale, colors, [em.symbols(gamma, len(seen)) for gamma in gammas]


def drawing(mixture: Mixture, widest: int) -> list[dict]:
    """Ellipses and means of a mixture, with empty lines up to the `widest` of the film."""
    rings = [em.rings(bell) for bell in mixture.components]
    return [*rings, *[NOTHING] * (widest - len(rings)), em.moved(mixture.means)]


def base(x: np.ndarray, titles: Sequence[str], scale: list, widest: int) -> Canvas:
    """The plane with points, `widest` empty ellipses and means: traces 0 … widest + 1."""
    made = em.plane(x, titles)
    seen = em.drawn(len(x))
    none = np.zeros(len(seen), np.uint8)
    made.add(
        em.cloud(x[seen], scale, none, em.symbols(None, len(seen))),
        *(em.ellipse(k, NOTHING) for k in range(widest)),
        em.centres(np.full((widest, 2), np.nan)),
    )
    return made


# ---- how many components ----------------------------------------------------------------------


def prices(table: Mapping[str, Sequence[End]], n: int, d: int = 2) -> dict[str, dict[str, list]]:
    """{"bic", "aic", "total"}: {type: one number for each K = 1, 2, …}; nan where all collapsed."""
    found: dict[str, dict[str, list]] = {"bic": {}, "aic": {}, "total": {}}
    for kind, ends in table.items():
        totals = [np.nan if end.collapsed else end.log_likelihood for end in ends]
        free = [n_parameters(k, d, kind) for k in range(1, len(ends) + 1)]
        pairs = list(zip(totals, free, strict=True))
        found["total"][kind] = totals
        found["bic"][kind] = [bic(total, p, n) for total, p in pairs]
        found["aic"][kind] = [aic(total, p) for total, p in pairs]
    return found


def choice(
    x: np.ndarray, table: Mapping[str, Sequence[End]], kind: str, titles: Sequence[str]
) -> Picture:
    """The best mixture for each K of one type as a film over K, and what each K costs."""
    ends = table[kind]
    count = len(ends)
    scale, colors, symbols = painted_by(x, [end.mixture for end in ends])
    made = base(x, titles, scale, count)
    price = prices(table, len(x))
    _price_axes(made, price, kind, count)
    _price_lines(made, price, kind, np.arange(1, count + 1))
    moving = [*range(count + 2), len(made.traces), len(made.traces) + 1]
    made.add(ring([1, 1], [None, None], **SECOND), ring([1], [None], **THIRD))
    frames = []
    for i, end in enumerate(ends):
        data = [
            em.repainted(colors[i], symbols[i]),
            *drawing(end.mixture, count),
            {"type": "scatter", "x": [i + 1] * 2, "y": [price[c][kind][i] for c in ("bic", "aic")]},
            {"type": "scatter", "x": [i + 1], "y": [price["total"][kind][i]]},
        ]
        frames.append({"name": str(i + 1), "data": data, "traces": moving})
    return made.figure(frames)


def _price_axes(made: Canvas, price: Mapping, kind: str, count: int) -> None:
    """The price axis shows what decides: the best by all types, and K >= 2 of the chosen one."""
    bics = np.array(price["bic"][kind], dtype=float)
    lowest = [*price["aic"][kind], *(v for costs in price["bic"].values() for v in costs)]
    low = float(np.nanmin(np.where(np.isfinite(lowest), lowest, np.nan)))
    low = max(low, float(np.nanmin(price["aic"][kind])) - (np.nanmax(bics) - np.nanmin(bics)))
    high = float(np.nanmax(bics[1:])) if np.isfinite(bics[1:]).any() else float(np.nanmax(bics))
    span = max(high - low, 1.0)
    totals = np.array(price["total"][kind], dtype=float)
    least, most = float(np.nanmin(totals)), float(np.nanmax(totals))
    room = max(most - least, 1.0)
    across: dict = {
        "range": [0.6, count + 1.9], "tickvals": list(range(1, count + 1)), "domain": [0.735, 1],
    }  # fmt: skip
    made.layout |= {
        "xaxis2": theme.axis(anchor="y2", showticklabels=False, **across),
        "yaxis2": theme.axis(_("lower is better"), (low - 0.08 * span, high + 0.25 * span),
                             domain=[0.4, 1], anchor="x2"),
        "xaxis3": theme.axis(_("components K"), anchor="y3", **across),
        "yaxis3": theme.axis(_("log-likelihood"), (least - 0.2 * room, most + 0.3 * room),
                             domain=[0, 0.3], anchor="x3", nticks=4),
    }  # fmt: skip
    made.narrow, made.narrow_height = {
        "xaxis.domain": [0, 1], "yaxis.domain": [0.54, 1],
        "xaxis2.domain": [0.1, 1], "yaxis2.domain": [0.19, 0.44],
        "xaxis3.domain": [0.1, 1], "yaxis3.domain": [0, 0.13],
    }, 840  # fmt: skip


def _price_lines(made: Canvas, price: Mapping, kind: str, at: np.ndarray) -> None:
    grey = theme.color("muted", 0.8)
    for other, costs in price["bic"].items():
        if other != kind:
            marker = {"color": grey, "size": 7, "symbol": f"{MARKS[other]}-open"}
            made.add(line(at, costs, grey, 1.5, mode="lines+markers", marker=marker, **SECOND))
    shown: dict = {"mode": "lines+markers", "hoverinfo": "y"}
    latent, model = theme.color("latent"), theme.color("model")
    cross = {"size": 7, "symbol": "x-thin-open", "color": latent}
    chosen = {"size": 9, "symbol": MARKS[kind], "color": model}
    bead = {"size": 7, "color": model}
    dotted = stroke("latent", 2, "dot")
    made.add(
        line(at, price["aic"][kind], line=dotted, marker=cross, **shown, **SECOND),
        line(at, price["bic"][kind], "model", 3, marker=chosen, **shown, **SECOND),
        line(at, price["total"][kind], "model", 2, marker=bead, **shown, **THIRD),
        _price_words(price, kind, at, made.layout["yaxis2"]["range"][1]),
    )


def _price_words(price: Mapping, kind: str, at: np.ndarray, top: float) -> dict:
    """Names on the lines, and the lowest BIC of this shape in figures."""
    end = float(at[-1]) + 0.15
    bics, aics = price["bic"][kind], price["aic"][kind]
    words = [
        (end, bics[-1], "<b>BIC</b>", "model", "middle right"),
        (end, aics[-1], "AIC", "latent", "middle right"),
    ]
    if np.isfinite(bics).any():
        best = int(np.nanargmin(bics)) + 1
        lowest = _("lowest: {value:.1f}, K = {k}").format(value=bics[best - 1], k=best)
        words.append((float(at[-1]) + 1.9, top, lowest, "model", "bottom left"))
    for other, costs in price["bic"].items():
        if other != kind and np.isfinite(costs[-1]) and costs[-1] < top:
            words.append((end, costs[-1], _(TYPES[other]), "muted", "middle right"))
    return em.writing(words, 13, **SECOND)


def ring(x: list, y: list, **more: Any) -> dict:
    """A mark around the values of the frame on the stage."""
    marker = {"symbol": "circle-open", "line": {"width": 3}}
    return dots(x, y, "condition", 17, marker=marker, cliponaxis=False, **more)


# ---- many starts ------------------------------------------------------------------------------


def plateaus(ends: Sequence[End], n: int, tolerance: float = 1e-3) -> list[tuple[int, int, float]]:
    """Runs (best first) that ended equally high: (first, count, log-likelihood per point)."""
    groups: list[tuple[int, int, float]] = []
    for i, end in enumerate(ends):
        value = end.log_likelihood / n
        if end.collapsed:
            break
        if groups and groups[-1][2] - value <= tolerance:
            first, count, top = groups[-1]
            groups[-1] = (first, count + 1, top)
        else:
            groups.append((i, 1, value))
    return groups


def restarts(x: np.ndarray, ends: Sequence[End], titles: Sequence[str]) -> Picture:
    """Every end as a film, best first, and how high each one came."""
    k, n = len(ends[0].mixture.means), len(x)
    scale, colors, symbols = painted_by(x, [end.mixture for end in ends])
    made = base(x, titles, scale, k)
    hollow = {"symbol": em.NUMBERS[:k] + 100, "line": {"width": 2.5}}
    shades = [theme.component(i) for i in range(k)]
    made.add(
        line(**NOTHING, line=stroke("ink", 2, "dot")),
        dots(**NOTHING, color=shades, size=13, marker=hollow),
    )
    heights = _strip(made, ends, n)
    moving = [*range(k + 4), len(made.traces)]
    made.add(ring([1], [None], **SECOND))
    frames = []
    for i, end in enumerate(ends):
        data = [
            em.repainted(colors[i], symbols[i]),
            *drawing(end.mixture, k),
            em.ways(np.array([end.start.means, end.mixture.means])),
            em.moved(end.start.means),
            {"type": "scatter", "x": [i + 1], "y": [heights[i]]},
        ]
        frames.append({"name": f"{i + 1} / {len(ends)}", "data": data, "traces": moving})
    return made.figure(frames)


def _strip(made: Canvas, ends: Sequence[End], n: int) -> np.ndarray:
    """Final log-likelihoods, best first, with the size of each plateau written on it."""
    values = np.array([end.log_likelihood / n for end in ends])
    fine = np.array([not end.collapsed for end in ends])
    known = values[fine] if fine.any() else values
    low, high = float(known.min()), float(known.max())
    span = max(high - low, 0.01)
    floor = low - 0.12 * span
    heights = np.where(fine, values, floor)
    at = np.arange(1, len(ends) + 1)
    made.layout |= {
        "xaxis2": theme.axis(_("start, best first"), (0, len(ends) + 1), domain=[0.735, 1],
                             anchor="y2"),
        "yaxis2": theme.axis(_("log-likelihood, nats per point"),
                             (floor - 0.06 * span, high + 0.16 * span), domain=[0, 1], anchor="x2"),
    }  # fmt: skip
    made.narrow, made.narrow_height = {
        "xaxis.domain": [0, 1], "yaxis.domain": [0.45, 1],
        "xaxis2.domain": [0.1, 1], "yaxis2.domain": [0, 0.3],
    }, 760  # fmt: skip
    for symbol, role, which in (("circle", "model", fine), ("x", "negative", ~fine)):
        more = {"marker": {"symbol": symbol}, "hoverinfo": "y", **SECOND}
        made.add(dots(at[which], heights[which], role, 9, **more))
    words = [
        (first + (count + 1) / 2, value, f"<b>×{count}</b>", "model", "top center")
        for first, count, value in plateaus(ends, n)
        if count > 2
    ]
    if not fine.all():
        words.append((float(at[~fine].mean()), floor, _("collapsed"), "negative", "top center"))
    if words:
        made.add(em.writing(words, 14, **SECOND))
    return heights


# ---- hard against soft -------------------------------------------------------------------------


def hard(
    x: np.ndarray,
    run: Run,
    steps: Sequence[KMeansStep],
    means: np.ndarray,
    titles: Sequence[str],
    scale_by: np.ndarray,
) -> Picture:
    """EM on the left, k-means on the right, from the same start, half-step by half-step.

    The shorter of the two waits at its end. scale_by (D,): what k-means' distances are divided by.
    """
    soft = em.rows(run, len(x))
    length = max(len(soft), len(steps) + 1)
    kept = em.shown(length)
    k, seen = len(means), em.drawn(len(x))
    lefts = [soft[min(i, len(soft) - 1)] for i in kept]
    rights = [None if i == 0 else steps[min(i, len(steps)) - 1] for i in kept]
    left_gammas = [None if row.gamma is None else row.gamma[seen] for row in lefts]
    right_gammas = [None if step is None else np.eye(k)[step.labels[seen]] for step in rights]
    scale, colors = em.paint([*left_gammas, *right_gammas], len(seen))
    made = _two_planes(x, titles)
    bells, dashed = [em.rings(bell) for bell in run.start.components], stroke("ink", 2, "dash")
    for axes, style in (({}, {}), (SECOND, {"line": dashed})):
        made.add(
            em.cloud(x[seen], scale, colors[0], em.symbols(None, len(seen)), **axes),
            *(em.ellipse(i, place, **style, **axes) for i, place in enumerate(bells)),
            em.centres(means, **axes),
        )
    corner = made.layout["xaxis"]["range"][0], made.layout["yaxis"]["range"][1]
    for name, axes in ((_("soft: EM"), {}), (_("hard: k-means"), SECOND)):
        made.add(text(*corner, f"<b>{name}</b>", size=16, at="top right", **axes))
    frames = []
    for j, (row, step) in enumerate(zip(lefts, rights, strict=True)):
        at = means if step is None else step.means
        data = [
            em.repainted(colors[j], em.symbols(left_gammas[j], len(seen))),
            *(em.rings(bell) for bell in row.mixture.components),
            em.moved(row.mixture.means),
            em.repainted(colors[len(kept) + j], em.symbols(right_gammas[j], len(seen))),
            *(border(x, at, i, scale_by) for i in range(k)),
            em.moved(at),
        ]
        half = {1: "E", 0: "M"}[kept[j] % 2] if kept[j] else ""
        name = f"{(kept[j] + 1) // 2} {half}".strip()
        frames.append({"name": name, "data": data, "traces": list(range(2 * k + 4))})
    return made.figure(frames)


def _two_planes(x: np.ndarray, titles: Sequence[str]) -> Canvas:
    x_range, y_range = em.window(x)
    made = Canvas.empty(titles, x_range, y_range, 520)
    made.layout["xaxis"]["domain"] = [0.0, 0.475]
    made.layout |= {
        "xaxis2": theme.axis(titles[0], x_range, domain=[0.525, 1], anchor="y2"),
        "yaxis2": theme.axis("", y_range, domain=[0, 1], anchor="x2", showticklabels=False),
        "margin": {"t": 34},
    }
    made.narrow, made.narrow_height = {
        "xaxis.domain": [0, 1], "yaxis.domain": [0.56, 1],
        "xaxis2.domain": [0, 1], "yaxis2.domain": [0, 0.43], "yaxis2.showticklabels": True,
    }, 860  # fmt: skip
    return made


def border(x: np.ndarray, means: np.ndarray, i: int, scale_by: np.ndarray) -> dict:
    """Where the territory of mean i meets that of the means after it, inside the window."""
    (x0, x1), (y0, y1) = em.window(x)
    z = means / scale_by
    low, high = np.array([x0, y0]) / scale_by, np.array([x1, y1]) / scale_by
    reach = float(np.hypot(*(high - low)))
    gap = np.full((1, 2), np.nan)
    parts = [gap]
    for j in range(i + 1, len(z)):
        across = z[j] - z[i]
        if not across.any():
            continue
        along = np.array([-across[1], across[0]]) / np.hypot(*across)
        edge = (z[i] + z[j]) / 2 + np.linspace(-reach, reach, 241)[:, None] * along
        nearest = squared_distances(edge, z).min(axis=1)
        mine = ((edge - z[i]) ** 2).sum(axis=1)
        inside = ((edge >= low) & (edge <= high)).all(axis=1) & (mine <= nearest * (1 + 1e-9))
        parts += [np.where(inside[:, None], edge * scale_by, np.nan), gap]
    return em.moved(np.concatenate(parts))
