"""`multivariate`: the normal distribution in the plane; its shape, a cut through it, a fit."""

from math import floor, log10, sqrt

import numpy as np
import streamlit as st

from explorer.components.stage import Handle, stage
from explorer.figures import multivariate as figures
from explorer.figures import theme
from explorer.figures.multivariate import Hand, roads, scripts, words
from explorer.i18n import _
from explorer.models.checks import NotPositiveDefinite
from explorer.models.gaussian import Gaussian
from explorer.models.robust import fit_student, weighted_fit
from explorer.ui.frame import Check, Lesson
from explorer.ui.state import integer, number, one_of

BLUE, MAGENTA = (theme.ROLES[role][0] for role in ("model", "condition"))
CLOUD = 150  # points of the film
#: name: (lowest, highest, default, step) of what shapes the ellipse; read in every view
SHAPE = {
    "s1": (0.3, 3.0, 2.0, 0.05),
    "s2": (0.3, 3.0, 1.2, 0.05),
    "rho": (-1.0, 1.0, 0.7, 0.01),
    "m1": (-3.0, 3.0, 0.0, 0.1),
    "m2": (-3.0, 3.0, 0.0, 0.1),
    "extra": (0.0, 0.5, 0.0, 0.01),
}

lesson = Lesson("multivariate")
lesson.opening()
chosen = lesson.data(dims=2, default="height_weight", min_rows=3)
controls, state = lesson.controls, lesson.state


def step_of(limits: tuple[float, float]) -> float:
    """The power of ten just below one fiftieth of an axis: 0.1 cm for heights."""
    return 10.0 ** floor(log10((limits[1] - limits[0]) / 50))


def snapped(value: float, limits: tuple[float, float], steps: int = 1) -> float:
    """A number in (so many) such steps: 179.948 cm -> 179.9 cm, or 180.0 cm in steps of five."""
    step = steps * step_of(limits)
    return float(f"{round(value / step) * step:.12g}")


people = figures.axes_for(chosen.x, (f"x₁: {chosen.labels[0]}", f"x₂: {chosen.labels[1]}"))
XS, YS = people.x_range, people.y_range
middle, width = chosen.x.mean(axis=0), chosen.x.std(axis=0)
KNOWN = snapped(middle[0] + 1.5 * width[0], XS, 5)
ENDS = (snapped(XS[0], XS), snapped(XS[1], XS))
FAR = (KNOWN, snapped(middle[1] - 1.5 * width[1], YS, 5))  # tall and light
TOTAL = len(chosen.x)
SIZES = [*(n for n in (3, 5, 10, 20, 30, 50, 100, 200, 500, 1000, 5000) if n < TOTAL), TOTAL]
FEW = 30 if TOTAL > 30 else TOTAL
#: name: (default, parser) of all that only some views have a widget for: read in every view, so
#: that a link restores those that are out of sight, too
OUT_OF_SIGHT = {
    "picture": ("above", one_of(["above", "hill", "through"])),
    "probe": (False, one_of([True, False])),
    "q1": (0.0, number(-6, 6)),
    "q2": (0.0, number(-5, 5)),
    "of": ("hand", one_of(["hand", "data"])),
    "cut": ("above", one_of(["above", "hill"])),
    "axis": (False, one_of([True, False])),
    "a": (2.0, number(-6, 6)),
    "known": (KNOWN, number(*ENDS)),
    "n": (FEW, one_of(SIZES)),
    "mode": ("measure", one_of(["measure", "count", "robust"])),
    "p1": (FAR[0], number(*XS)),
    "p2": (FAR[1], number(*YS)),
    "seed": (0, integer(0, 999_999)),
}
if st.session_state.setdefault("data_of:multivariate", chosen.identity) != chosen.identity:
    st.session_state["data_of:multivariate"] = chosen.identity
    state.put(known=KNOWN, p1=FAR[0], p2=FAR[1])  # places on the axes of another data set


def show(figure, summary: str, handles: list[Handle] | None = None) -> None:  # noqa: ANN001
    stage(figure, key="multivariate.stage", summary=summary, handles=handles or [], on_move=move)


def move(name: str, x: float, y: float) -> None:
    """A handle was dragged; round to what the widgets show."""
    hand = Hand(**{key: state.values[key] for key in SHAPE})
    if name == "mean":
        state.put(m1=round(x, 2), m2=round(y, 2))
    elif name == "s1":
        state.put(s1=pulled(x - hand.m1, hand.extra))
    elif name == "s2":
        state.put(s2=pulled(hand.m2 - y, hand.extra))
    elif name == "rho":
        state.put(rho=round(float(np.clip((x - hand.m1) / reach(hand), -1, 1)), 2))
    elif name == "point":
        state.put(q1=round(x, 2), q2=round(y, 2))
    elif name == "a":
        state.put(a=round(x, 2))
    elif name == "known":
        state.put(known=snapped(x, XS))
    elif name == "held":
        state.put(p1=snapped(x, XS), p2=snapped(y, YS))


def pulled(half_width: float, extra: float) -> float:
    """The standard deviation behind a side of the box, which holds the added variance too."""
    return round(float(np.clip(sqrt(max(half_width**2 - extra, 0.0)), 0.3, 3.0)), 2)


def reach(hand: Hand) -> float:
    """How far right of the mean the ring would touch its upper side if rho were 1."""
    return hand.s1 * hand.s2 / sqrt(hand.s2**2 + hand.extra)


# ------------------------------------------------------------------------------------- shape


def show_shape(picture, panel, kept: dict[str, float]) -> None:  # noqa: ANN001
    kinds = {"above": _("From above"), "hill": _("Hill"), "through": _("Stretched circle")}
    with panel:
        kind = controls.choice("picture", _("Picture"), kinds, "above")
        kept["rho"] = controls.slider("rho", _("Correlation ρ"), *SHAPE["rho"])
        if kind == "above":
            st.caption(
                _("On the picture: ○ moves the middle, ▭ set σ₁ and σ₂, ◇ sets ρ. Or under “More”:")
            )
        with lesson.more():
            kept["s1"] = controls.slider("s1", _("Standard deviation σ₁"), *SHAPE["s1"])
            kept["s2"] = controls.slider("s2", _("Standard deviation σ₂"), *SHAPE["s2"])
            kept["m1"] = controls.number("m1", _("Mean μ₁"), *SHAPE["m1"])
            kept["m2"] = controls.number("m2", _("Mean μ₂"), *SHAPE["m2"])
            label = _("Variance ε added to both")
            kept["extra"] = controls.slider("extra", label, *SHAPE["extra"])
            point = measured() if kind == "above" else None
            seed = controls.seed() if kind == "through" else 0
    hand = Hand(**kept)
    with picture:
        if kind == "through":
            draw_film(hand, seed)
        elif hand.bell is None:
            flat = figures.flat(hand, figures.Plane())
            show(flat, words.of_flat(hand.rho), grips(hand, point))
        elif kind == "hill":
            show(figures.hill(hand.bell, figures.Plane()), words.of_hill(hand.bell))
        else:
            figure = figures.shape(hand.bell, figures.Plane(), point)
            show(figure, words.of_shape(hand.bell), grips(hand, point))
        if hand.bell is None:
            st.info(words.no_density())
    formulas = [words.covariance_formula(hand)]
    if kind == "through":
        formulas.append(words.factor_formula(hand))
    elif hand.bell is not None:
        formulas.append(words.density_formula(hand.bell, point))
    lesson.equation(*formulas)
    lesson.tasks({"collapse": abs(hand.rho) == 1 and hand.extra > 0})
    at = point or (1.0, -0.5)
    lesson.checked(lambda: [Check(*line) for line in roads.lines_of_shape(hand.bell, at)])
    lesson.offer(
        lambda: columns_of_shape(kind, hand, seed),
        lambda: scripts.of_shape(kind, hand, point, (seed, CLOUD)),
    )


def measured() -> tuple[float, float] | None:
    """A point to read the density at, if wanted."""
    if not controls.toggle("probe", _("Measure the density at a point")):
        return None
    return (
        controls.number("q1", _("Point x₁"), -6, 6, 0, 0.1),
        controls.number("q2", _("Point x₂"), -5, 5, 0, 0.1),
    )


def cloud(seed: int) -> np.ndarray:
    """Standard normal draws (CLOUD, 2)."""
    return np.random.default_rng(seed).standard_normal((CLOUD, 2))


def draw_film(hand: Hand, seed: int) -> None:
    figure = figures.through(hand, cloud(seed), figures.Plane())
    told = [words.of_through(hand, t) for t in np.linspace(0, 1, len(figure.plain["frames"]))]
    stage(
        figure,
        key="multivariate.stage",
        summary=told[-1],
        frame_summaries=told,
        film=_("From z to x:"),
        start=len(told) - 1,
        interval=150,
    )


def grips(hand: Hand, point: tuple[float, float] | None) -> list[Handle]:
    """Mean, right side and lower side of the box, and where the ring touches its upper side."""
    m1, m2, far = hand.m1, hand.m2, reach(hand)
    w1, w2 = sqrt(hand.s1**2 + hand.extra), sqrt(hand.s2**2 + hand.extra)
    least, most = sqrt(0.09 + hand.extra), sqrt(9 + hand.extra)
    handles = [
        Handle("mean", m1, m2, _("Mean μ"), BLUE, bounds=(-3, 3, -3, 3)),
        Handle(
            "s1", m1 + w1, m2, _("Standard deviation σ₁"), BLUE, "x", "line",
            (m1 + least, m1 + most, m2, m2), (0.05, 0.05),
        ),
        Handle(
            "s2", m1, m2 - w2, _("Standard deviation σ₂"), BLUE, "y", "line",
            (m1, m1, m2 - most, m2 - least), (0.05, 0.05),
        ),
        Handle(
            "rho", m1 + hand.rho * far, m2 + w2, _("Correlation ρ"), BLUE, "x", "diamond",
            (m1 - far, m1 + far, m2 + w2, m2 + w2), (0.02 * far, 0.02),
        ),
    ]  # fmt: skip
    if point is not None:
        label = _("Point to measure")
        handles.append(Handle("point", *point, label, MAGENTA, "xy", "diamond", (-6, 6, -5, 5)))
    return handles


def columns_of_shape(kind: str, hand: Hand, seed: int) -> dict[str, np.ndarray]:
    """The data behind the picture."""
    if kind == "through":
        z = cloud(seed)
        x = hand.mean + z @ hand.factor.T
        return dict(zip(("z1", "z2", "x1", "x2"), (*z.T, *x.T), strict=True))
    if hand.bell is None:
        line = hand.mean + np.outer(np.arange(-3, 4), [hand.s1, hand.rho * hand.s2])
        return {"x1": line[:, 0], "x2": line[:, 1]}
    rings = {f"{r:g} sigma": hand.bell.ellipse(r, 73) for r in figures.RADII}
    return {f"{name} x{d + 1}": ring[:, d] for name, ring in rings.items() for d in (0, 1)}


# ------------------------------------------------------------------------------------- slice


def show_slice(picture, panel, kept: dict[str, float]) -> None:  # noqa: ANN001
    sources = {"hand": _("The ellipse you shaped"), "data": _("The data")}
    kinds = {"above": _("From above"), "hill": _("Hill")}
    with panel:
        source = controls.choice("of", _("Cut through"), sources, "hand")
        label = _("Known: x₁ = a")
        if source == "hand":
            a = controls.slider("a", label, -6, 6, 2, 0.1)
        else:
            a = controls.slider("known", label, *ENDS, KNOWN, step_of(XS), format="%g")
        with lesson.more():
            kind = controls.choice("cut", _("Picture"), kinds, "above")
            long_axis = False
            if kind == "above":
                long_axis = controls.toggle("axis", _("Show the long axis too"))
            if source == "hand":
                kept["rho"] = controls.slider("rho", _("Correlation ρ"), *SHAPE["rho"])
                kept["s1"] = controls.slider("s1", _("Standard deviation σ₁"), *SHAPE["s1"])
                kept["s2"] = controls.slider("s2", _("Standard deviation σ₂"), *SHAPE["s2"])
    hand = Hand(**kept)
    bell, plane, points, strip = hand.bell, figures.Plane(), None, None
    if source == "data":
        bell, plane, points = plain_fit(chosen.x), people, chosen.x
        near = (0.1 if len(points) >= 2000 else 0.25) * float(width[0])
        strip = figures.Strip.around(points, a, near)
    if bell is None and source == "hand":
        return show_exact(picture, hand, a)
    if bell is None:
        return refuse(picture, words.on_a_line())
    with picture:
        if kind == "hill":
            show(figures.hill(bell, plane, a), words.of_hill(bell, a))
        else:
            figure = figures.slice_(bell, a, plane, points, strip, long_axis)
            handles = [knife(a, plane, source), *(grips(hand, None)[-1:] if strip is None else [])]
            show(figure, words.of_slice(bell, a, strip), handles)
    formulas = words.mean_formula(bell.mean, bell.covariance, a)
    lesson.equation(formulas, words.spread_formula(bell.covariance))
    ratio = sqrt(max(1 - words.correlation(bell) ** 2, 0.0))
    lesson.tasks({"half": source == "hand" and abs(ratio - 0.5) < 0.011})
    lesson.checked(lambda: [Check(*line) for line in roads.lines_of_slice(bell, a)])
    x2 = np.linspace(*plane.y_range, 201)
    before, after = bell.marginal([1]), bell.condition({0: a})
    lesson.offer(
        lambda: {"x2": x2, "p(x2)": before.prob(x2), "p(x2 | x1 = a)": after.prob(x2)},
        lambda: scripts.of_slice(bell, a, plane, kind, long_axis, strip, chosen.code),
    )


def show_exact(picture, hand: Hand, a: float) -> None:  # noqa: ANN001
    """At rho = +-1 the cut leaves one value."""
    plane = figures.Plane()
    handles = [knife(a, plane, "hand"), grips(hand, None)[-1]]
    with picture:
        show(figures.flat(hand, plane, a), words.of_exact(hand, a), handles)
        st.info(words.no_density())
    formulas = words.mean_formula(hand.mean, hand.covariance, a)
    lesson.equation(formulas, words.spread_formula(hand.covariance))
    lesson.tasks({})
    lesson.checked(lambda: [Check(*line) for line in roads.lines_of_shape(None, (0.0, 0.0))])
    x2 = hand.m2 + hand.rho * hand.s2 / hand.s1 * (a - hand.m1)
    lesson.offer(lambda: {"x1": [a], "x2": [x2]}, lambda: scripts.of_exact(hand, plane, a))


def refuse(picture, why: str) -> None:  # noqa: ANN001
    """One calm sentence where nothing can be drawn."""
    picture.info(why)
    lesson.tasks({})


def knife(a: float, plane: figures.Plane, source: str) -> Handle:
    """The grip on the cut."""
    (left, right), (bottom, top) = plane.x_range, plane.y_range
    height, step = bottom + 0.06 * (top - bottom), step_of(plane.x_range)
    name, bounds = "a" if source == "hand" else "known", (left, right, height, height)
    label = _("Known: x₁ = a")
    return Handle(name, a, height, label, MAGENTA, "x", "line", bounds, (step, step))


# --------------------------------------------------------------------------------------- fit


def plain_fit(points: np.ndarray) -> Gaussian | None:
    """Maximum likelihood; None where the points have no width in some direction."""
    try:
        return Gaussian.fit(points)
    except NotPositiveDefinite:
        return None


def robust_fit(points: np.ndarray) -> tuple[Gaussian | None, float]:
    """The normal of a Student fit, and the weight of the last point."""
    try:
        found = fit_student(points)
        return found.gaussian(points), float(found.weights[-1])
    except NotPositiveDefinite:
        return None, 0.0


def show_fit(picture, panel, _kept: dict[str, float]) -> None:  # noqa: ANN001
    modes = {"measure": _("Measure it"), "count": _("Count it in"), "robust": _("Robust fit")}
    with panel:
        n = controls.steps("n", _("Points used"), SIZES, FEW)
        mode = controls.choice("mode", _("The point in your hand"), modes, "measure")
        with lesson.more():
            point = (
                controls.number("p1", _("Its x₁"), *XS, FAR[0], step_of(XS)),
                controls.number("p2", _("Its x₂"), *YS, FAR[1], step_of(YS)),
            )
            seed = controls.seed()
    points = chosen.x[np.random.default_rng(seed).permutation(TOTAL)[:n]]
    both = np.vstack([points, [point]])
    clean, naive, weight = plain_fit(points), plain_fit(both), 1.0
    everyone, fitted = (points, clean) if mode == "measure" else (both, naive)
    if mode == "robust":
        fitted, weight = robust_fit(both)
    if fitted is None or clean is None or naive is None:
        refuse(picture, words.on_a_line())
        return
    whole = plain_fit(chosen.x) if n < TOTAL else clean
    name = _("all {n}, 2σ").format(n=f"{TOTAL:,}")
    alone = whole is None or (n == TOTAL and mode == "measure")
    reference = None if alone else (whole, name)
    summary = words.of_fit(fitted, everyone, point, TOTAL)
    if mode == "count":
        summary += " " + words.of_counted(fitted, clean, len(both))
    if mode == "robust":
        summary += " " + words.of_robust(fitted, clean, weight)
    figure = figures.fit(fitted, points, point, people, mode != "measure", reference)
    with picture:
        show(figure, summary, [hold(point)])
    lesson.equation(
        words.fit_formula(fitted, mode == "robust"), words.distance_formula(fitted, point)
    )
    rho, counted, mended = (words.correlation(bell) for bell in (clean, naive, fitted))
    lesson.tasks({"flip": mode == "robust" and rho * counted < 0 < rho * mended})
    lesson.checked(lambda: check_fit(everyone, mode == "robust"))
    columns = {"x1": everyone[:, 0], "x2": everyone[:, 1], "d": fitted.mahalanobis(everyone)}
    shown = name if reference else None
    lesson.offer(
        lambda: columns,
        lambda: scripts.of_fit(chosen.code, n, seed, mode, point, people, shown),
    )


def hold(point: tuple[float, float]) -> Handle:
    """The point that is measured, or counted in."""
    bounds, step = (*XS, *YS), (5 * step_of(XS), 5 * step_of(YS))
    label = _("The point in your hand")
    return Handle("held", *point, label, MAGENTA, "xy", "diamond", bounds, step)


def check_fit(points: np.ndarray, robust: bool) -> list[Check]:
    if robust:
        average = float(fit_student(points).weights.mean())
        return [Check(_("Average weight"), average, "Kent, Tyler & Vardi (1994)", 1.0)]
    from sklearn.covariance import EmpiricalCovariance

    ours, theirs = Gaussian.fit(points), EmpiricalCovariance().fit(points)
    n, sklearn = len(points), "sklearn.covariance.EmpiricalCovariance"
    covariance, rho = np.cov(points.T), float(np.corrcoef(points.T)[0, 1])
    divided, d = _("numpy.cov, which divides by N − 1"), float(ours.mahalanobis(points[:1])[0])
    return [
        Check("μ₁", float(ours.mean[0]), sklearn, float(theirs.location_[0])),
        Check("Σ₁₂", float(ours.covariance[0, 1]), sklearn, float(theirs.covariance_[0, 1])),
        Check(
            "Σ₂₂ · N / (N − 1)", float(ours.covariance[1, 1]) * n / (n - 1),
            divided, float(covariance[1, 1]),
        ),
        Check("ρ", words.correlation(ours), "numpy.corrcoef", rho),
        Check(_("d of the first point"), d, sklearn, sqrt(theirs.mahalanobis(points[:1])[0])),
    ]  # fmt: skip


# ----------------------------------------------------------------------------------- the page


@lesson.live
def act() -> None:
    views = {"shape": _("Shape"), "slice": _("Slice"), "fit": _("Fit")}
    picture, panel = lesson.columns()
    with panel:
        view = controls.choice("view", _("What to look at"), views, "shape")
    for name, (default, parse) in OUT_OF_SIGHT.items():
        controls.hidden(name, default, parse)
    kept = {
        name: controls.hidden(name, default, number(low, high))
        for name, (low, high, default, _step) in SHAPE.items()
    }
    {"shape": show_shape, "slice": show_slice, "fit": show_fit}[view](picture, panel, kept)


def show_alone() -> None:
    state.put(view="shape", picture="above", rho=0.9)


def show_strange() -> None:
    state.put(view="fit", n=TOTAL, mode="measure", p1=FAR[0], p2=FAR[1])


lesson.predict({"alone": show_alone, "strange": show_strange})
lesson.closing(
    Gaussian.ellipse, Gaussian.condition, Gaussian.fit, Gaussian.mahalanobis, fit_student,
    weighted_fit,
)  # fmt: skip
