"""Pictures of the `score` lesson: fields of arrows, walks as films, training, four names.

Arrows show s times the score (the noise pointed back), whose length stays readable at every t;
their drawn length is limited, so that neighbours do not cross.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from explorer.figures import theme
from explorer.figures import traces as t_
from explorer.figures.score_world import (
    COUNTS,
    LEVELS,
    SCHEDULE,
    Noise,
    Walk,
    World,
)
from explorer.i18n import _
from explorer.models.checks import Array
from explorer.models.diffusion.views import (
    Views,
    from_clean,
    from_noise,
    from_score,
    from_velocity,
)

SIDE = 15  # arrows along one side
GUESSES = 90  # noised points whose guess is drawn
HALF = 1.8  # the length of a vector whose arrow has three quarters of the greatest length
Figure = Any  # plotly's own, built in traces.Canvas


def grid(reach: float, side: int = SIDE) -> Array:
    """Places (side², 2) of the arrows, row by row from below."""
    axis = np.linspace(-reach, reach, 2 * side + 1)[1::2]  # the middles of the cells
    return np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)


def arrows(x: Array, v: Array, longest: float) -> dict[str, Array]:
    """One path through all arrows from x along v: a stroke and a head each, then a gap."""
    size = np.linalg.norm(v, axis=1, keepdims=True)
    ahead = v / np.maximum(size, 1e-12)
    length = longest * np.tanh(size / HALF)
    tip, side = x + length * ahead, ahead[:, ::-1] * [-1, 1]
    left, right = (tip - 0.38 * length * (ahead + turn * 0.6 * side) for turn in (1, -1))
    gap = np.full_like(x, np.nan)
    path = t_.small(np.stack([x, tip, left, tip, right, gap], axis=1).reshape(-1, 2))
    return {"x": path[:, 0], "y": path[:, 1]}


def segments(start: Array, end: Array) -> dict[str, Array]:
    """One path through all lines from start to end (N, 2)."""
    gap = np.full_like(start, np.nan)
    path = t_.small(np.stack([start, end, gap], axis=1).reshape(-1, 2))
    return {"x": path[:, 0], "y": path[:, 1]}


def _quiver(x: Array, v: Array, reach: float, color: str, side: int = SIDE, **axes: Any) -> dict:
    style = {"color": theme.color(color), "width": 1.8}
    path = arrows(x, v, 1.75 * reach / side)
    return t_.line(path["x"], path["y"], color, line=style, **axes)


def _panel(number: int) -> dict[str, Any]:
    return {"xaxis": f"x{number}", "yaxis": f"y{number}"} if number > 1 else {}


def _canvas(
    here: World, domains: Sequence[Sequence[float]], titles: Sequence[str], height: int
) -> t_.Canvas:
    """Square windows on the plane, side by side, each with its title above it."""
    window = (-here.reach, here.reach)
    made = t_.Canvas.empty(here.labels, window, window, height)
    made.layout["margin"] = {"l": 54, "r": 14, "t": 34, "b": 52}
    for k, (domain, title) in enumerate(zip(domains, titles, strict=True), 1):
        end = "" if k == 1 else str(k)
        made.layout[f"xaxis{end}"] = theme.axis(
            here.labels[0], window, domain=list(domain), anchor=f"y{end}"
        )
        made.layout[f"yaxis{end}"] = theme.axis(
            here.labels[1] if k == 1 else "", window, anchor=f"x{end}"
        )
        made.add(t_.text(0, here.reach, f"<b>{title}</b>", "ink", 15, **_panel(k)))
    return made


def _stack(made: t_.Canvas, panels: int, height: int, gap: float = 0.1) -> None:
    """On a phone: one panel below the other."""
    each = (1 - gap * (panels - 1)) / panels
    for k in range(panels):
        end = "" if k == 0 else str(k + 1)
        low = 1 - (k + 1) * each - k * gap
        made.narrow[f"xaxis{end}.domain"] = [0, 1]
        made.narrow[f"yaxis{end}.domain"] = [max(0.0, low), low + each]
    made.narrow_height = height


def _data(x: Array, opacity: float = 0.35, **axes: Any) -> dict:
    x = t_.small(x)
    return t_.dots(x[:, 0], x[:, 1], "data", 4, marker={"opacity": opacity}, **axes)


def _noised(x: Array, **axes: Any) -> dict:
    x = t_.small(x)
    marker = {"symbol": "x-thin", "line": {"color": theme.color("latent", 0.75), "width": 1.2}}
    return t_.dots(x[:, 0], x[:, 1], "latent", 5, marker=marker, **axes)


def _arrow_at(p: Array, v: Array, reach: float, **axes: Any) -> dict:
    """The arrow at the learner's point, twice as bold."""
    path = arrows(p[None], v[None], 3.6 * reach / SIDE)
    return t_.line(path["x"], path["y"], "condition", 4, **axes)


def _guess(p: Array, guess: Array, reach: float, **axes: Any) -> list[dict]:
    """The learner's point, and where it probably came from."""
    style = {"color": theme.color("condition"), "width": 3}
    white = {"color": theme.color("paper"), "width": 1}
    at = "bottom center" if guess[1] > 0.8 * reach else "top center"
    return [
        t_.line([p[0], guess[0]], [p[1], guess[1]], "condition", line=style, **axes),
        t_.dots([p[0]], [p[1]], "condition", 10, marker={"symbol": "diamond-open"}, **axes),
        t_.dots([guess[0]], [guess[1]], "condition", 17, mode="markers+text",
                marker={"symbol": "star", "line": white}, text=["<b>x̂₀</b>"], textposition=at,
                textfont={"color": theme.color("condition"), "size": 18}, cliponaxis=False, **axes),
    ]  # fmt: skip


# ---- the field ---------------------------------------------------------------------------------


def field(here: World, t: int, p: Array) -> Figure:
    """Left: the exact score at time t among data and noised data, with the learner's point p.
    Right: the exact guess at x_0 for noised points, and for p."""
    titles = (_("score: the way to more data"), _("best guess x̂₀: how far to go"))
    made = _canvas(here, ((0, 0.485), (0.515, 1)), titles, 460)
    made.layout["yaxis2"]["showticklabels"] = False
    _stack(made, 2, 780)
    places, right = grid(here.reach), _panel(2)
    x0, x = here.cloud(t)
    few = x[:GUESSES]
    guesses = here.clean(few, t)
    way = segments(few, guesses)
    made.add(
        _data(x0),
        _noised(x),
        _quiver(places, -here.noise(places, t), here.reach, "truth"),
        _arrow_at(p, -here.noise(p[None], t)[0], here.reach),
        _data(x0, **right),
        t_.line(way["x"], way["y"], "muted", line={"color": theme.color("muted", 0.55), "width": 1},
                **right),
        _noised(few, **right),
        t_.dots(guesses[:, 0], guesses[:, 1], "truth", 6, **right),
        *_guess(p, here.clean(p[None], t)[0], here.reach, **right),
        _key(here, 0.95, "●", _("data"), "data"),
        _key(here, 0.89, "×", _("data with noise"), "latent"),
        _key(here, 0.83, "●", _("best guess x̂₀"), "truth"),
    )  # fmt: skip
    return made.figure()


def _key(here: World, height: float, sign: str, words: str, role: str) -> dict:
    place = -0.97 * here.reach, (2 * height - 1) * here.reach
    return t_.text(*place, f"<b>{sign} {words}</b>", role, 14, at="middle right", **_panel(2))


def compare(
    here: World, noise: Noise, t: int, p: Array, errors: Array, relative: float,
    card: Mapping[str, float],
) -> Figure:  # fmt: skip
    """Exact, learned and their difference side by side; below, the relative error along t.

    `errors` at each of LEVELS, `relative` at t; `card` holds what the network's card says.
    """
    titles = (_("exact field"), _("learned field"), _("error of the noise"))
    made = _canvas(here, ((0, 0.31), (0.345, 0.655), (0.69, 1)), titles, 590)
    made.layout["margin"]["r"] = 62
    places = grid(here.reach)
    truth, learned = here.noise(places, t), noise(places, t)
    x0, x = here.cloud(t)
    for k, (answer, role) in enumerate(((truth, "truth"), (learned, "model")), 1):
        made.add(_data(x0, 0.25, **_panel(k)), _quiver(places, -answer, here.reach, role,
                                                       **_panel(k)))  # fmt: skip
    made.add(
        _arrow_at(p, -here.noise(p[None], t)[0], here.reach),
        _arrow_at(p, -noise(p[None], t)[0], here.reach, **_panel(2)),
        _heat(here, np.linalg.norm(learned - truth, axis=1)),
        _noised(x, **_panel(3)),
    )
    _strip(made, errors, t, relative, card)
    for k in (1, 2, 3):
        end = "" if k == 1 else str(k)
        made.layout[f"yaxis{end}"] |= {"domain": [0.42, 1], "showticklabels": k == 1}
    _stack(made, 4, 1350, 0.06)
    _scale_of_errors(made)
    return made.figure()


def _heat(here: World, error: Array) -> dict:
    axis = grid(here.reach)[:SIDE, 0]
    return {
        "type": "heatmap", "x": axis, "y": axis, "z": t_.small(error.reshape(SIDE, SIDE)),
        "coloraxis": "coloraxis", "hovertemplate": "%{z:.3f}<extra></extra>", **_panel(3),
    }  # fmt: skip


def _scale_of_errors(made: t_.Canvas) -> None:
    """Beside the map of errors, wherever it stands."""
    bar = {"title": {"text": "σ"}, "thickness": 10, "len": 0.5, "y": 0.71, "tickvals": [0, 0.5, 1],
           "ticktext": ["0", "0.5", "≥ 1"], "x": 1.01, "xpad": 2}  # fmt: skip
    colours = theme.scale("negative", 0.0, 0.85)
    made.layout["coloraxis"] = {"cmin": 0, "cmax": 1, "colorscale": colours, "colorbar": bar}
    low, high = made.narrow["yaxis3.domain"]
    made.narrow |= {"coloraxis.colorbar.len": high - low, "coloraxis.colorbar.y": (low + high) / 2}


def _strip(
    made: t_.Canvas, errors: Array, t: int, relative: float, card: Mapping[str, float]
) -> None:
    """Relative error along t, both axes logarithmic: measured here, and as on the card."""
    values = np.concatenate([errors, [relative], list(card.values())])
    low, high = np.log10(values.min() * 70), np.log10(values.max() * 150)
    right = _panel(4)
    ticks = [v for v in (0.01, 0.1, 1, 10, 100, 1000) if low <= np.log10(v) <= high]
    made.layout["xaxis4"] = theme.axis(
        _("time t"), (0, 3.05), type="log", domain=[0, 1], anchor="y4",
        tickvals=[1, 5, 10, 25, 50, 100, 250, 500, 1000],
    )  # fmt: skip
    made.layout["yaxis4"] = theme.axis(
        _("relative error (%)"), (low, high), type="log", domain=[0, 0.25], anchor="x4",
        tickvals=ticks, ticktext=[f"{v:g}" for v in ticks],
    )  # fmt: skip
    made.add(t_.line(LEVELS, 100 * errors, "model", 2, **right))
    if card:
        ring = {"symbol": "circle-open", "line": {"width": 2}}
        made.add(t_.dots([int(k) for k in card], [100 * v for v in card.values()], "model", 10,
                         marker=ring, **right))  # fmt: skip
    made.add(
        t_.dots([t], [100 * relative], "condition", 13, marker={"symbol": "diamond"}, **right),
        t_.text(t, 100 * relative, f"<b>{100 * relative:.3g} %</b>", "condition", 15,
                at="bottom right" if t < 10 else "bottom left", **right),
    )  # fmt: skip


# ---- one particle, and many --------------------------------------------------------------------


def follow(here: World, own: Walk, swarm: Walk, steps: Sequence[int]) -> Figure:
    """A film: the learner's particle with its path and guess, among the swarm; at the right, which
    share of the swarm ends in which part, beside what is right."""
    made = _stage(here, _("from noise to data"))
    _bars(made, here.shares(swarm.x[-1]), here)
    return made.figure(_film(made, here, own, swarm, steps))


def back(
    here: World, own: Walk, swarm: Walk, errors: Mapping[str, Array], sampler: str, steps: int,
    names: Sequence[int],
) -> Figure:  # fmt: skip
    """The same into noise and back; at the right, by how much the start is missed."""
    made = _stage(here, _("into noise and back"))
    _misses(made, errors, sampler, steps, swarm)
    return made.figure(_film(made, here, own, swarm, names))


def _stage(here: World, title: str) -> t_.Canvas:
    made = _canvas(here, ((0, 0.56),), (title,), 470)
    made.layout["yaxis"]["anchor"] = "x"
    made.narrow = {
        "xaxis.domain": [0, 1], "yaxis.domain": [0.4, 1], "xaxis2.domain": [0, 1],
        "yaxis2.domain": [0, 0.26],
    }  # fmt: skip
    made.narrow_height = 680
    made.add(_data(here.cloud(1)[0], 0.3))
    return made


def _film(made: t_.Canvas, here: World, own: Walk, swarm: Walk, steps: Sequence[int]) -> list[dict]:
    """The four traces that move, and their frames; the figure itself shows the last."""
    first = len(made.traces)
    frames: list[dict[str, Any]] = []
    for k, (t, step) in enumerate(zip(own.times, steps, strict=True)):
        flock, path = t_.small(swarm.x[k]), t_.small(own.x[: k + 1, 0])
        at, guess = own.x[k, 0], own.clean[k, 0]
        frames.append(
            {
                "name": f"{step} · t = {t}",
                "data": [
                    {"type": "scatter", "x": x, "y": y}
                    for x, y in (
                        (flock[:, 0], flock[:, 1]),
                        (path[:, 0], path[:, 1]),
                        ([at[0], guess[0]], [at[1], guess[1]]),
                        ([guess[0]], [guess[1]]),
                        ([at[0]], [at[1]]),
                    )
                ],
                "traces": list(range(first, first + 5)),
            }
        )
    xy = [(part["x"], part["y"]) for part in frames[-1]["data"]]
    dotted = {"color": theme.color("truth"), "width": 1.5, "dash": "dot"}
    white = {"color": theme.color("paper"), "width": 1}
    open_ = {"symbol": "diamond-open", "opacity": 0.75}
    made.add(
        t_.dots(*xy[0], "sample", 5, marker=open_),
        t_.line(*xy[1], "condition", 3),
        t_.line(*xy[2], "truth", line=dotted),
        t_.dots(*xy[3], "truth", 14, marker={"symbol": "star", "line": white}),
        t_.dots(*xy[4], "condition", 11, marker={"line": white}),
    )
    return frames


def _right(made: t_.Canvas, x_axis: dict, y_axis: dict) -> dict[str, Any]:
    made.layout["xaxis2"] = {**x_axis, "domain": [0.68, 1], "anchor": "y2"}
    made.layout["yaxis2"] = {**y_axis, "anchor": "x2"}
    return _panel(2)


def _bars(made: t_.Canvas, found: Array, here: World) -> None:
    """Shares of the swarm as bars, the right ones as dashed lines."""
    count = len(found)
    top = 1.35 * max(float(found.max()), float(here.weights.max()))
    ticks = np.arange(0, 1.01, 0.25 if top > 0.7 else 0.1 if top > 0.3 else 0.05)
    right = _right(
        made,
        theme.axis(_("component") if here.known else _("quarter of the plane"),
                   (-0.6, count - 0.4), tickvals=list(range(count)), ticktext=list(here.parts)),
        theme.axis(_("share of the particles"), (0, top), tickformat=".0%", tickvals=ticks),
    )  # fmt: skip
    place = np.arange(count)
    bars = t_.boxes(place - 0.35, place + 0.35, np.zeros(count), found)
    made.add(t_.filled(bars, theme.color("sample", 0.45), **right))
    gap = np.full(count, np.nan)
    x = np.column_stack([place - 0.45, place + 0.45, gap]).ravel()
    y = np.column_stack([here.weights, here.weights, gap]).ravel()
    dashed = {"color": theme.color("truth"), "width": 3, "dash": "dash"}
    lines = (("sample", "▮", _("at the end")), ("truth", "╌", _("in the data")))
    key = "<br>".join(
        f'<span style="color:{theme.color(role)}"><b>{sign} {words}</b></span>'
        for role, sign, words in lines
    )
    made.add(
        t_.line(x, y, "truth", line=dashed, **right),
        t_.text(-0.6, top, key, "ink", 14, at="bottom right", **right),
    )


def _misses(
    made: t_.Canvas, errors: Mapping[str, Array], sampler: str, steps: int, swarm: Walk
) -> None:
    """Distance between start and end against the number of steps, both axes logarithmic."""
    now = max(float(np.sqrt(((swarm.x[-1] - swarm.x[0]) ** 2).sum(1).mean())), 1e-9)
    every = np.log10(np.concatenate([*errors.values(), [now]]).clip(1e-9))
    low, high = float(every.min()) - 0.4, float(every.max()) + 0.5
    powers = range(int(np.floor(low)), int(np.ceil(high)) + 1)
    right = _right(
        made,
        theme.axis(_("steps each way"), (np.log10(2.4), np.log10(260)), type="log",
                   tickvals=[3, 5, 10, 20, 50, 100]),
        theme.axis(_("distance from the start"), (low, high), type="log",
                   tickvals=[10.0**k for k in powers], ticktext=[f"{10.0**k:g}" for k in powers]),
    )  # fmt: skip
    named = (("ddim", "Euler (DDIM)", "dot", "top right"), ("heun", "Heun", "solid", "bottom left"))
    for kind, name, dash, at in named:
        role = "model" if kind == sampler else "muted"
        style = {"color": theme.color(role), "width": 3, "dash": dash}
        made.add(
            t_.line(COUNTS, errors[kind].clip(1e-9), role, line=style, **right),
            t_.text(COUNTS[2], float(errors[kind][2].clip(1e-9)), name, role, 14, at=at, **right),
        )  # fmt: skip
    made.add(t_.dots([steps], [now], "condition", 13, marker={"symbol": "diamond"}, **right))


# ---- training ----------------------------------------------------------------------------------


def training(
    here: World,
    steps: Sequence[int],
    samples: Array,
    distances: Array,
    losses: Array,
    total: int,
) -> Figure:
    """A film of kept moments: samples (F, N, 2) among the data; at the right the loss after every
    update (the first is nan) and the distance of samples from real points, above its floor, along
    all the `total` updates to come."""
    made = _canvas(here, ((0, 0.56),), (_("samples of the network"),), 480)
    made.layout["yaxis"]["anchor"] = "x"
    _curves(made, here, steps, distances, losses, total)
    made.add(_data(here.cloud(1)[0], 0.45))
    first = len(made.traces)
    frames: list[dict[str, Any]] = [
        {
            "name": f"{step:,}",
            "data": [
                {"type": "scatter", "x": flock[:, 0], "y": flock[:, 1]},
                {"type": "scatter", "x": [max(step, 0.5)], "y": [distance]},
            ],
            "traces": [first, first + 1],
        }
        for step, flock, distance in zip(steps, t_.small(samples), distances, strict=True)
    ]
    last = [(part["x"], part["y"]) for part in frames[-1]["data"]]
    made.add(
        t_.dots(*last[0], "sample", 6, marker={"symbol": "diamond-open", "opacity": 0.85}),
        t_.dots(*last[1], "condition", 13, marker={"symbol": "diamond"}, **_panel(3)),
    )
    return made.figure(frames if len(frames) > 1 else ())


def _curves(
    made: t_.Canvas,
    here: World,
    steps: Sequence[int],
    distances: Array,
    losses: Array,
    last: int,
) -> None:
    """Loss above, distance below, along one logarithmic axis of updates."""
    window = np.log10(0.4), np.log10(1.4 * last)
    decades = [10**k for k in range(5) if 10**k <= last]
    along = {"type": "log", "domain": [0.69, 1], "tickvals": [0.5, *decades],
             "ticktext": ["0", *(f"{step:,}" for step in decades)]}  # fmt: skip
    made.layout["xaxis2"] = theme.axis("", window, anchor="y2", **along)
    made.layout["yaxis2"] = theme.axis(
        _("loss"), (0, 1.15), domain=[0.6, 1], anchor="x2", tickvals=[0, 0.5, 1]
    )
    made.layout["xaxis3"] = theme.axis(_("Update"), window, anchor="y3", **along)
    top = 1.15 * max(float(distances.max()), here.floor)
    made.layout["yaxis3"] = theme.axis(_("distance (MMD)"), (0, top), domain=[0, 0.44], anchor="x3")
    if len(losses) > 1:
        shown = np.unique(np.geomspace(1, len(losses) - 1, 150).round().astype(int))
        made.add(t_.line(shown, t_.small(losses[shown]), "model", 2, **_panel(2)))
    ends = [0.4, 1.4 * last]
    dotted = {"color": theme.color("muted"), "width": 1.5, "dash": "dot"}
    made.add(
        t_.line(ends, [1, 1], "muted", line=dotted, **_panel(2)),
        t_.text(0.5, 1, _("always saying 0"), "muted", 13, at="bottom right", **_panel(2)),
        t_.line(np.maximum(steps, 0.5), distances, "sample", 2, **_panel(3)),
        t_.line(ends, [here.floor] * 2, "truth", 2, **_panel(3)),
        t_.text(0.5, here.floor, _("real against real"), "truth", 13, at="bottom right",
                **_panel(3)),
    )  # fmt: skip
    made.narrow = {
        "xaxis.domain": [0, 1], "yaxis.domain": [0.5, 1], "xaxis2.domain": [0, 1],
        "yaxis2.domain": [0.27, 0.4], "xaxis3.domain": [0, 1], "yaxis3.domain": [0, 0.18],
    }  # fmt: skip
    made.narrow_height = 760


# ---- four names --------------------------------------------------------------------------------

FOUR = 13  # arrows along one side of each of the four


def views_at(noise: Noise, x: Array, t: int) -> Views:
    """The four forms of an answer at x (N, 2)."""
    return from_noise(x, noise(x, t), float(SCHEDULE.signal(t)), float(SCHEDULE.noise(t)))


def names(here: World, noise: Noise, t: int, p: Array, learned: bool) -> Figure:
    """The same answer four times: noise, clean point, velocity, score."""
    titles = (_("noise ε"), _("clean point x₀"), _("velocity v"), _("score"))
    domains = ((0, 0.485), (0.515, 1)) * 2
    made = _canvas(here, domains, titles, 760)
    role = "model" if learned else "truth"
    places = grid(here.reach, FOUR)
    grids, own = views_at(noise, places, t), views_at(noise, p[None], t)
    s = float(SCHEDULE.noise(t))
    fields = (grids.noise, None, grids.velocity, s * grids.score)
    mine = (own.noise[0], None, own.velocity[0], s * own.score[0])
    for k, (vectors, vector) in enumerate(zip(fields, mine, strict=True), 1):
        axes = _panel(k)
        made.add(_data(here.cloud(1)[0], 0.25, **axes))
        if vectors is None:
            path = segments(places, grids.clean)
            thin = {"color": theme.color(role, 0.5), "width": 1}
            ends = grids.clean
            made.add(t_.line(path["x"], path["y"], role, line=thin, **axes),
                     t_.dots(ends[:, 0], ends[:, 1], role, 5, **axes),
                     *_guess(p, own.clean[0], here.reach, **axes))  # fmt: skip
        else:
            made.add(_quiver(places, vectors, here.reach, role, FOUR, **axes),
                     _arrow_at(p, vector, here.reach, **axes))  # fmt: skip
        end = "" if k == 1 else str(k)
        made.layout[f"yaxis{end}"] |= {"domain": [0.54, 1] if k < 3 else [0, 0.46],
                                       "showticklabels": k in (1, 3)}  # fmt: skip
        made.layout[f"xaxis{end}"] |= {"showticklabels": k > 2}
        made.layout[f"xaxis{end}"]["title"] = {"text": here.labels[0] if k > 2 else ""}
        made.layout[f"yaxis{end}"]["title"] = {"text": here.labels[1] if k in (1, 3) else ""}
    _stack(made, 4, 1400, 0.06)
    return made.figure()


def conversion_gap(x: Array, views: Views, t: int) -> float:
    """The largest difference after turning each form into all the others, over places x (N, 2)."""
    a, s = float(SCHEDULE.signal(t)), float(SCHEDULE.noise(t))
    again = (
        from_clean(x, views.clean, a, s),
        from_velocity(x, views.velocity, a, s),
        from_score(x, views.score, a, s),
    )
    pairs = (
        (getattr(other, name), getattr(views, name))
        for other in again
        for name in ("noise", "clean", "velocity", "score")
    )
    return max(float(np.abs(one - two).max()) for one, two in pairs)
