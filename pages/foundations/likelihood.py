"""`likelihood`: find the bell that made the data, let it make more, and see how sure it is."""

import numpy as np
import streamlit as st

from explorer.components.stage import Handle, stage
from explorer.figures import likelihood as figures
from explorer.figures import theme
from explorer.figures.likelihood import describe, formulas
from explorer.i18n import _
from explorer.models.gaussian import Gaussian
from explorer.models.likelihood import (
    Moments,
    expected_variance,
    repeat_study,
    standard_errors,
)
from explorer.ui import state as parsers
from explorer.ui.frame import Check, Lesson

lesson = Lesson("likelihood")
lesson.opening()
chosen = lesson.data(dims=1, default="heights")
controls, state = lesson.controls, lesson.state


@st.cache_resource(max_entries=32, show_spinner=False)
def known(identity: object, label: str, unit: str, _x: np.ndarray) -> figures.Facts:
    """What follows from the data, once for everybody; `identity` stands for the numbers."""
    return figures.Facts.of(_x, label, unit)


facts = known(chosen.identity, chosen.labels[0], str(chosen.table.units[0]), chosen.x)
moments, best = facts.moments, facts.moments.maximum()
scale = figures.scale(facts)  # ranges, steps and first positions of the controls, in data units
written = f"%.{facts.digits}f"
sizes = figures.sizes(moments.n)  # of a study
M, N = 1000, 10  # how many to draw, and how many in a study, at first

# mu, sigma and t are in the unit of the data; with other data they start anew.
before = st.session_state.get("likelihood:identity")
st.session_state["likelihood:identity"] = chosen.identity
if before not in (None, chosen.identity):
    state.put(mu=scale.mu, sigma=scale.sigma, t=scale.t)


def yours() -> tuple[float, float]:
    """The learner's curve, in every view."""
    mu = controls.hidden("mu", scale.mu, parsers.number(*scale.mu_range))
    sigma = controls.hidden("sigma", scale.sigma, parsers.number(*scale.sigma_range))
    return mu, sigma


def remember() -> None:
    """Read every setting in every view, so that an address keeps those whose control is away."""
    yours()
    controls.hidden("t", scale.t, parsers.number(*scale.t_range))
    controls.hidden("who", "best", parsers.one_of(["best", "mine"]))
    controls.hidden("m", M, parsers.one_of(figures.counts(figures.MOST)))
    controls.hidden("n", N, parsers.one_of(sizes))
    controls.hidden("seed", 0, parsers.integer(0, 999_999))
    for name in ("log", "unbiased", "zoom"):
        controls.hidden(name, False, parsers.one_of([True, False]))


def grouped(count: int | str) -> str:
    """10000 as 10,000; a text is one already."""
    return count if isinstance(count, str) else f"{count:,}"


def jump() -> None:
    st.session_state["likelihood:jumped"] = best
    state.put(mu=best[0], sigma=best[1])


# ---- fit ---------------------------------------------------------------------------------------


def show_fit(picture, panel) -> None:  # noqa: ANN001
    with panel:
        mu = controls.slider(
            "mu", _("Mean μ"), *scale.mu_range, scale.mu, facts.step, format=written
        )
        sigma = controls.slider(
            "sigma", _("Standard deviation σ"), *scale.sigma_range, scale.sigma, facts.step,
            format=written,
        )  # fmt: skip
        st.button(
            _("Jump to the maximum"),
            key="likelihood.jump",
            icon=":material/landscape:",
            on_click=jump,
        )
    with picture:
        stage(
            figures.fit(facts, mu, sigma),
            key="likelihood.stage",
            summary=describe.fit(facts, mu, sigma),
            handles=grips(mu, sigma),
            on_move=moved,
            filename="likelihood_fit",
        )
    lesson.equation(*formulas.fit(facts, mu, sigma))
    x = facts.grid
    bell = Gaussian.from_std(mu, sigma)
    lesson.offer(
        lambda: {"x": facts.x, "grid": x, "density": bell.prob(x), "log density": bell.log_prob(x)},
        lambda: body(f"figures.fit(facts, {mu!r}, {sigma!r})"),
    )


def grips(mu: float, sigma: float) -> list[Handle]:
    """The peak and the flank of the curve, and the point in the landscape."""
    at, step = figures.grips(facts, mu, sigma), (facts.step, facts.step)
    low, high = scale.sigma_range
    mean, deviation, here = _("Mean μ"), _("Standard deviation σ"), _("Your curve")
    flank, plane = (mu + low, mu + high, 0.0, facts.top), (*scale.mu_range, low, high)
    right = {"xaxis": "x2", "yaxis": "y2"}
    return [
        Handle(
            "mu", *at["mu"], mean, axes="x", bounds=(*scale.mu_range, 0.0, facts.top), step=step
        ),
        Handle(
            "sigma", *at["sigma"], deviation, axes="x", shape="diamond", bounds=flank, step=step
        ),
        Handle("here", *at["here"], here, bounds=plane, step=step, **right),
    ]


def moved(name: str, x: float, y: float) -> None:
    """A handle was dragged; rounded to what the sliders show."""
    mu = state.values["mu"]
    new = {"mu": {"mu": x}, "sigma": {"sigma": x - mu}, "here": {"mu": x, "sigma": y}}[name]
    ranges = {"mu": scale.mu_range, "sigma": scale.sigma_range}
    state.put(**{key: scale.rounded(value, *ranges[key]) for key, value in new.items()})


# ---- draw --------------------------------------------------------------------------------------


def model() -> tuple[float, float]:
    """The curve that this view works with: the best one, or the learner's own."""
    who = controls.choice("who", _("Model"), {"best": _("Best fit"), "mine": _("My curve")}, "best")
    return best if who == "best" else yours()


def show_sample(picture, panel) -> None:  # noqa: ANN001
    amounts = figures.counts(figures.MOST)
    with panel:
        mu, sigma = model()
        m = controls.steps("m", _("How many to draw"), amounts, M, format_func=grouped)
        seed = controls.seed()
    with picture:
        stage(
            figures.sample(facts, mu, sigma, seed),
            key="likelihood.stage",
            summary="",
            frame_summaries=describe.sample(facts, mu, sigma, seed),
            film=_("drawn:"),
            start=amounts.index(m),
            on_scrub=lambda index: state.put(m=amounts[index]),
            filename="likelihood_sample",
        )
    lesson.equation(*formulas.sample(facts, mu, sigma, seed))
    lesson.offer(
        lambda: {"data": facts.x, "drawn": figures.draws(mu, sigma, seed, m)},
        lambda: body(f"figures.sample(facts, {mu!r}, {sigma!r}, {seed})"),
    )


# ---- tails -------------------------------------------------------------------------------------


def show_tails(picture, panel) -> None:  # noqa: ANN001
    with panel:
        mu, sigma = model()
        t = controls.slider(
            "t", _("Threshold t"), *scale.t_range, scale.t, facts.step, format=written
        )
        log = controls.toggle("log", _("Logarithmic scale, for the far tails"))
    grip = Handle(
        "t",
        t,
        figures.grip_height(facts, sigma),
        _("Threshold t"),
        theme.ROLES["condition"][0],
        axes="x",
        shape="line",
        bounds=(*scale.t_range, 0.0, 2 * facts.top),
        step=(facts.step, 0.0),
    )
    with picture:
        stage(
            figures.tails(facts, mu, sigma, t, log),
            key="likelihood.stage",
            summary=describe.tails(facts, mu, sigma, t),
            handles=[grip],
            on_move=lambda _name, x, _y: state.put(t=scale.rounded(x, *scale.t_range)),
            filename="likelihood_tails",
        )
    lesson.equation(*formulas.tails(facts, mu, sigma, t))
    lesson.offer(
        lambda: {"x": facts.x, "P(X <= x) by the model": Gaussian.from_std(mu, sigma).cdf(facts.x)},
        lambda: body(f"figures.tails(facts, {mu!r}, {sigma!r}, {t!r}, log={log})"),
    )


# ---- spread ------------------------------------------------------------------------------------


@st.cache_data(max_entries=16, show_spinner=False)
def studies(identity: object, seed: int, _facts: figures.Facts) -> list:
    return figures.studies(_facts, seed)


def show_spread(picture, panel) -> None:  # noqa: ANN001
    with panel:
        n = controls.steps("n", _("Points in each study, n"), sizes, N, format_func=grouped)
        unbiased = controls.toggle("unbiased", _("Divide by n − 1 instead of n"))
        seed = controls.seed()
        with lesson.more():
            zoom = controls.toggle("zoom", _("Zoom in as n grows"))
    with st.spinner(_("Drawing studies…")):
        found = studies(chosen.identity, seed, facts)
    index, ddof = sizes.index(n), int(unbiased)
    with picture:
        stage(
            figures.spread(facts, found, ddof, zoom),
            key="likelihood.stage",
            summary="",
            frame_summaries=describe.spread(facts, found, ddof),
            film="n =",
            start=index,
            interval=900,
            on_scrub=lambda at: state.put(n=sizes[at]),
            filename="likelihood_spread",
        )
    lesson.equation(*formulas.spread(facts, found[index], ddof))
    lesson.offer(
        lambda: {"mu": found[index].mean, "sigma": figures.sigmas(found[index], ddof)},
        lambda: body(
            f"figures.spread(facts, figures.studies(facts, {seed}), ddof={ddof}, zoom={zoom})"
        ),
    )


# ---- for every view ----------------------------------------------------------------------------


def body(call: str) -> str:
    """The middle of the exported script."""
    return (
        f"{chosen.code}\n"
        "from explorer.figures import likelihood as figures\n\n"
        f"facts = figures.Facts.of(x, {facts.label!r}, {facts.unit!r})\n"
        f"figure = {call}"
    )


def compare() -> list[Check]:
    """The sum term by term, the maximum by climbing, the tail from another library."""
    from scipy import optimize, stats
    from sklearn.mixture import GaussianMixture

    (mu, sigma), t = yours(), state.values["t"]
    terms = float(stats.norm.logpdf(facts.x, mu, sigma).sum())
    z = (facts.x - best[0]) / best[1]
    unit = Moments.of(z)
    climb = optimize.minimize(
        lambda p: -unit.per_point(p[0], p[1]), ((mu - best[0]) / best[1], sigma / best[1]),
        method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-14},
    )  # fmt: skip
    one = GaussianMixture(1, reg_covar=0, random_state=0).fit(z[:, None])
    tail = float(Gaussian.from_std(*best).interval(t, float("inf")))
    return [
        Check(_("Log-likelihood of your curve"), float(moments.log_likelihood(mu, sigma)),
              _("SciPy, term by term"), terms),
        Check(_("μ at the maximum"), best[0], _("Nelder-Mead, climbing from your curve"),
              best[0] + best[1] * float(climb.x[0])),
        Check(_("σ at the maximum"), best[1], _("Nelder-Mead, climbing from your curve"),
              best[1] * float(climb.x[1])),
        Check(_("Highest mean log density"), float(moments.per_point(*best)),
              _("scikit-learn, GaussianMixture with one component"),
              float(one.score(z[:, None])) - float(np.log(best[1]))),
        Check("P(x > t)", tail, _("SciPy, norm.sf"), float(stats.norm.sf(t, *best))),
    ]  # fmt: skip


def show_narrow() -> None:
    state.put(view="fit", mu=best[0], sigma=best[1] / 2)


def show_five() -> None:
    state.put(view="spread", n=sizes[0], unbiased=False)


@lesson.live
def act() -> None:
    remember()
    picture, panel = lesson.columns()
    views = {"fit": _("Fit"), "sample": _("Draw"), "tails": _("Tails"), "spread": _("Spread")}
    with panel:
        view = controls.choice("view", _("Look at"), views, "fit")
    {"fit": show_fit, "sample": show_sample, "tails": show_tails, "spread": show_spread}[view](
        picture, panel
    )
    mu, sigma = yours()
    drop = float(moments.drop(mu, sigma))
    if drop > 3:
        st.session_state["likelihood:fell"] = True
    close = drop < 0.01
    by_hand = (mu, sigma) != st.session_state.get("likelihood:jumped")
    smallest = state.values["n"] == sizes[0]
    lesson.tasks(
        {
            "summit": close and by_hand,
            "plunge": close and st.session_state.get("likelihood:fell", False),
            "bias": view == "spread" and smallest and state.values["unbiased"],
        }
    )
    lesson.checked(compare)


lesson.predict({"wrong-width": show_narrow, "five": show_five})
lesson.closing(
    Moments, Gaussian.sample, Gaussian.interval, repeat_study, standard_errors, expected_variance
)
