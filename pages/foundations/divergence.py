"""`divergence`: how far two distributions are apart, and the bound that touches the likelihood."""

from math import exp, isinf, log

import numpy as np
import streamlit as st

from explorer import i18n
from explorer.components.stage import Handle, encode, stage
from explorer.figures import divergence as figures
from explorer.figures import theme
from explorer.i18n import _
from explorer.models.divergence import (
    elbo,
    forward_fit,
    js_discrete,
    js_grid,
    kl_discrete,
    kl_gaussian,
    kl_grid,
    reverse_fit,
    reverse_kl,
)
from explorer.models.em import em_steps
from explorer.models.forward_kl import forward_kl
from explorer.models.gaussian import Gaussian
from explorer.models.mixture import Mixture
from explorer.ui.frame import Check, Lesson
from explorer.ui.state import integer, number, one_of

lesson = Lesson("divergence")
lesson.opening()
chosen = lesson.data(dims=1, default="old_faithful", min_rows=4)
controls, state = lesson.controls, lesson.state

GREEN, BLUE, GREY = (theme.ROLES[role][0] for role in ("truth", "model", "data"))
FINAL = 99  # stands for the last frame of the film, however long it is
#: Lowest and highest value and default of every number that a learner can set.
RANGES = {
    **{"p1": (0.0, 1.0, 0.7), "p2": (0.0, 1.0, 0.15), "p3": (0.0, 1.0, 0.1)},
    **{"q1": (0.0, 1.0, 0.6), "q2": (0.0, 1.0, 0.2), "q3": (0.0, 1.0, 0.1)},
    **{"mu": (-4.0, 4.0, 1.5), "sigma": (0.3, 3.0, 1.5)},
    **{"pmu": (-4.0, 4.0, -0.5), "psigma": (0.3, 3.0, 0.8)},
    **{"guess": (0.0, 1.0, 0.9), "x": (-5.0, 5.0, 0.5)},
    **{"m1": (-5.0, 5.0, -2.0), "m2": (-5.0, 5.0, 2.0), "weight": (0.05, 0.95, 0.4)},
    **{"apart": (0.0, 8.0, 5.0), "z": (-2.5, 2.5, 0.5), "w": (0.1, 2.0, 0.6)},
}
IMPORTS = (
    "from explorer.figures import divergence\n"
    "from explorer.models.gaussian import Gaussian\n"
    "from explorer.models.mixture import Mixture\n\n"
)


def direction() -> str:
    return controls.choice("way", _("Direction"), figures.WAYS, "pq")


def nats(value: float) -> str:
    """A divergence as it stands in a formula; values that round to nothing say so."""
    return r"\infty" if isinf(value) else f"{abs(value) if abs(value) < 5e-5 else value:.4f}"


def spoken(value: float) -> str:
    """A divergence as it is read out, with its unit."""
    return _("infinite") if isinf(value) else _("{value:.4f} nats").format(value=max(value, 0))


# ---- two tables --------------------------------------------------------------------------------


def table(letter: str, count: int, first: float) -> list[float]:
    """Probabilities: the first, then a slider for each but the last, which takes what is left."""
    values, left = [first], round(1 - first, 10)
    for i in range(1, count - 1):
        label = _("{letter} of {outcome}").format(letter=letter, outcome=figures.NAMES[i])
        name = f"{letter}{i + 1}"
        value = min(controls.slider(name, label, *RANGES[name], 0.01), left)
        values.append(value)
        left = round(left - value, 10)
    return [*values, left]


def show_bars(picture, panel) -> None:  # noqa: ANN001
    with panel:
        of_a = {name: _("{letter} of {outcome}").format(letter=name, outcome="A") for name in "pq"}
        first = [
            controls.slider(f"{name}1", of_a[name], *RANGES[f"{name}1"], 0.01) for name in "pq"
        ]
        with st.container(horizontal=True):
            for name, preset in (("0.6", 0.6), ("0.2", 0.2), ("0.7", 0.7)):
                st.button(
                    f"q(A) = {name}", key=f"divergence.q{name}", on_click=state.put,
                    kwargs={"k": "2", "p1": 0.7, "q1": preset},
                )  # fmt: skip
        with lesson.more():
            way = direction()
            count = int(controls.choice("k", _("Outcomes"), {"2": "2", "3": "3", "4": "4"}, "2"))
            p, q = table("p", count, first[0]), table("q", count, first[1])
    forward, backward, js = kl_discrete(p, q), kl_discrete(q, p), js_discrete(p, q)
    summary = _(
        "p = ({p}), q = ({q}). KL(p‖q) is {forward}, KL(q‖p) is {backward}, their symmetric "
        "cousin Jensen–Shannon is {js}."
    ).format(
        p=", ".join(f"{v:.2f}" for v in p), q=", ".join(f"{v:.2f}" for v in q),
        forward=spoken(forward), backward=spoken(backward), js=spoken(js),
    )  # fmt: skip
    if isinf(forward) or isinf(backward):
        summary += " " + why_infinite(p, q)
    with picture:
        figure = figures.bars(p, q, way)
        stage(figure, key="divergence.stage", summary=summary, handles=tops(p, q), on_move=drag_bar)
    terms = " + ".join(
        rf"\truth{{{a:.2f}}}\log\tfrac{{\truth{{{a:.2f}}}}}{{\model{{{b:.2f}}}}}"
        for a, b in zip(p, q, strict=True)
        if a > 0
    )
    lesson.equation(
        rf"\mathrm{{KL}}(\truth{{p}} \,\|\, \model{{q}}) = {terms} = \mathbf{{{nats(forward)}}}",
        rf"\mathrm{{KL}}(\model{{q}} \,\|\, \truth{{p}}) = \mathbf{{{nats(backward)}}}",
        rf"\mathrm{{JS}}(p, q) = {nats(js)} \le \log 2 = {log(2):.4f}",
    )
    tick(infinite=isinf(forward) or isinf(backward), small=max(forward, backward) < 0.1)

    def compare() -> list[Check]:
        from scipy.special import rel_entr

        return [
            Check("KL(p‖q)", forward, "scipy.special.rel_entr", float(rel_entr(p, q).sum())),
            Check("KL(q‖p)", backward, "scipy.special.rel_entr", float(rel_entr(q, p).sum())),
        ]

    lesson.checked(compare)
    names = np.array(figures.NAMES[:count])
    lesson.offer(
        lambda: {"outcome": names, "p": np.array(p), "q": np.array(q)},
        lambda: f"{IMPORTS}figure = divergence.bars({p!r}, {q!r}, {way!r})",
    )


def why_infinite(p: list[float], q: list[float]) -> str:
    """Which outcome one of the two rules out although the other says that it happens."""
    who, other = (q, p) if isinf(kl_discrete(p, q)) else (p, q)
    outcome = next(i for i, (a, b) in enumerate(zip(who, other, strict=True)) if a == 0 < b)
    names = ("q", "p") if who is q else ("p", "q")
    return _(
        "Infinite: {one} rules {outcome} out, but {two} says it happens with probability "
        "{share:.2f}. A little probability there makes the divergence finite again."
    ).format(one=names[0], two=names[1], outcome=figures.NAMES[outcome], share=other[outcome])


def tops(p: list[float], q: list[float]) -> list[Handle]:
    """A grip on every bar but the last pair, which follows."""
    return [
        Handle(
            f"{letter}{i + 1}", i + shift, values[i],
            _("{letter} of {outcome}").format(letter=letter, outcome=figures.NAMES[i]),
            colour, "y", "line", (-1, 9, 0.0, 1.0), (0.01, 0.01),
        )
        for letter, values, colour, shift in (("p", p, GREEN, -0.175), ("q", q, BLUE, 0.175))
        for i in range(len(p) - 1)
    ]  # fmt: skip


def drag_bar(name: str, _x: float, y: float) -> None:
    state.put(**{name: round(y, 2)})


# ---- two bells ---------------------------------------------------------------------------------


def show_bells(picture, panel) -> None:  # noqa: ANN001
    low, high = figures.BELLS
    with panel:
        mu = controls.slider("mu", _("Mean of q"), *RANGES["mu"], 0.05)
        sigma = controls.slider("sigma", _("Width of q (σ)"), *RANGES["sigma"], 0.05)
        with lesson.more():
            way = direction()
            mean = controls.slider("pmu", _("Mean of p"), *RANGES["pmu"], 0.05)
            width = controls.slider("psigma", _("Width of p (σ)"), *RANGES["psigma"], 0.05)
    p, q = Gaussian.from_std(mean, width), Gaussian.from_std(mu, sigma)
    forward, backward = kl_gaussian(p, q), kl_gaussian(q, p)
    summary = _(
        "p has mean {pm:.2f} and width {ps:.2f}, q has mean {qm:.2f} and width {qs:.2f}. "
        "KL(p‖q) is {forward}, KL(q‖p) is {backward}."
    ).format(pm=mean, ps=width, qm=mu, qs=sigma, forward=spoken(forward), backward=spoken(backward))
    with picture:
        stage(
            figures.bells(p, q, way), key="divergence.stage", summary=summary,
            handles=peaks(p, q), on_move=drag_bell,
        )  # fmt: skip
    lesson.equation(
        r"\mathrm{KL}(\truth{p} \,\|\, \model{q}) = \int \truth{p(x)} "
        r"\log\frac{\truth{p(x)}}{\model{q(x)}}\,dx"
        rf" = \log\tfrac{{\model{{{sigma:.2f}}}}}{{\truth{{{width:.2f}}}}}"
        rf" + \tfrac{{\truth{{{width:.2f}}}^2 + (\truth{{{mean:.2f}}} - \model{{{mu:.2f}}})^2}}"
        rf"{{2\cdot\model{{{sigma:.2f}}}^2}} - \tfrac12 = \mathbf{{{nats(forward)}}}",
        rf"\mathrm{{KL}}(\model{{q}} \,\|\, \truth{{p}}) = \mathbf{{{nats(backward)}}}",
    )
    tick()

    def compare() -> list[Check]:
        x = np.linspace(-40, 40, 80_001)
        numbers = [kl_grid(a.log_prob(x), b.log_prob(x), 1e-3) for a, b in ((p, q), (q, p))]
        grid = _("Sum over 80,001 points")
        js = js_grid(p.log_prob(x), q.log_prob(x), 1e-3)
        both = Mixture.from_std([0.5, 0.5], [mean, mu], [width, sigma]).log_prob(x)
        to_middle = sum(kl_grid(a.log_prob(x), both, 1e-3) for a in (p, q)) / 2
        return [
            Check("KL(p‖q)", forward, grid, numbers[0]),
            Check("KL(q‖p)", backward, grid, numbers[1]),
            Check(_("Jensen–Shannon"), js, _("Two KLs to the mixture of both"), to_middle),
        ]

    lesson.checked(compare)
    x = np.linspace(low, high, 281)
    lesson.offer(
        lambda: {"x": x, "p": p.prob(x), "q": q.prob(x)},
        lambda: (
            f"{IMPORTS}p, q = Gaussian.from_std({mean!r}, {width!r}), "
            f"Gaussian.from_std({mu!r}, {sigma!r})\nfigure = divergence.bells(p, q, {way!r})"
        ),
    )


def peaks(p: Gaussian, q: Gaussian) -> list[Handle]:
    """Peak and shoulder of each bell."""
    made = []
    for name, bell, colour in (("p", p, GREEN), ("", q, BLUE)):
        mu, sigma = bell.mu_sigma()
        top, flank = (float(d) for d in bell.prob(np.array([mu, mu + sigma])))
        letter = name or "q"
        mean, width = _("Mean of {letter}"), _("Width of {letter} (σ)")
        made.append(
            Handle(f"{name}mu", mu, top, mean.format(letter=letter), colour, "x", "circle",
                   (-4, 4, 0, 9), (0.05, 0.05))
        )  # fmt: skip
        made.append(
            Handle(f"{name}sigma", mu + sigma, flank, width.format(letter=letter), colour, "x",
                   "diamond", (mu + 0.3, mu + 3, 0, 9), (0.05, 0.05))
        )  # fmt: skip
    return made


def drag_bell(name: str, x: float, _y: float) -> None:
    centre = {"sigma": "mu", "psigma": "pmu"}.get(name)
    state.put(**{name: round(x - (state.values[centre] if centre else 0), 2)})


# ---- the bound ---------------------------------------------------------------------------------

STEP = 0.3  # how far a small M step goes towards its goal


def show_bound(picture, panel) -> None:  # noqa: ANN001
    with panel:
        q = controls.slider("guess", _("Guess q(z = 1)"), *RANGES["guess"], 0.01)
        x = controls.slider("x", _("Data point x"), *RANGES["x"], 0.05)
        buttons = st.container(horizontal=True)
        with lesson.more():
            first = controls.slider("m1", _("Mean of component 1"), *RANGES["m1"], 0.05)
            second = controls.slider("m2", _("Mean of component 2"), *RANGES["m2"], 0.05)
            weight = controls.slider("weight", _("Weight of component 1"), *RANGES["weight"], 0.05)
    mixture = Mixture.from_std([weight, 1 - weight], [first, second], [1.0, 1.2])
    split = elbo([q, 1 - q], [x], mixture)
    posterior = float(split.posterior[0])
    with buttons:
        e_step = {"guess": round(posterior, 2)}
        st.button(_("E step"), key="divergence.e", on_click=state.put, kwargs=e_step)
        m_step = {
            name: round(mean + STEP * share * (x - mean), 2)
            for name, mean, share in (("m1", first, q), ("m2", second, 1 - q))
        }
        st.button(_("Small M step"), key="divergence.m", on_click=state.put, kwargs=m_step)
    summary = _(
        "The point x = {x:.2f} has log p(x) = {evidence:.4f} nats. With the guess q(z = 1) = "
        "{q:.2f} the bound is {elbo:.4f} and the gap {gap:.4f} nats; the posterior is "
        "{posterior:.4f}."
    ).format(
        x=x, evidence=split.log_evidence, q=q, elbo=split.elbo, gap=abs(split.gap),
        posterior=posterior,
    )  # fmt: skip
    grips = [
        Handle("guess", q, split.elbo, _("Guess q(z = 1)"), BLUE, "x", "circle",
               (0, 1, -99, 99), (0.01, 0.01), "x2", "y2"),
        Handle("x", x, exp(split.log_evidence), _("Data point x"), GREY, "x", "diamond",
               (-5, 5, 0, 9), (0.05, 0.05)),
    ]  # fmt: skip
    with picture:
        stage(
            figures.bound(mixture, x, q), key="divergence.stage", summary=summary, handles=grips,
            on_move=lambda name, value, _y: state.put(**{name: round(value, 2)}),
        )  # fmt: skip
    lesson.equation(
        r"\truth{\log p(x)} = \underbrace{\mathbb E_q\!\left[\log\tfrac{p(x,z)}{q(z)}\right]}"
        r"_{\model{\mathrm{ELBO}}} + \underbrace{\mathrm{KL}\big(q(z)\,\|\,p(z\mid x)\big)}"
        r"_{\latent{\mathrm{gap}\ \ge\ 0}}",
        rf"\truth{{{split.log_evidence:.4f}}} = \model{{{split.elbo:.4f}}}"
        rf" + \latent{{{abs(split.gap):.4f}}}",
    )
    start = elbo([0.9, 0.1], [0.5], Mixture.from_std([0.4, 0.6], [-2, 2], [1.0, 1.2]))
    tick(lifted=split.log_evidence > start.log_evidence + 0.5 and split.gap < 1e-3)

    def compare() -> list[Check]:
        total = split.elbo + split.gap
        numbers = np.log((mixture.weights * [c.prob([x])[0] for c in mixture.components]).sum())
        return [
            Check("ELBO + KL", total, _("log of the summed densities"), float(numbers)),
            Check(_("Posterior p(z = 1 | x)"), posterior, _("Bayes' rule by hand"),
                  float(mixture.weights[0] * mixture.components[0].prob([x])[0]
                        / exp(split.log_evidence))),
        ]  # fmt: skip

    lesson.checked(compare)
    grid = np.linspace(0, 1, 101)
    lesson.offer(
        lambda: {"q": grid, "elbo": np.array([elbo([g, 1 - g], [x], mixture).elbo for g in grid])},
        lambda: (
            f"{IMPORTS}mixture = Mixture.from_std([{weight!r}, {1 - weight!r}], "
            f"[{first!r}, {second!r}], [1.0, 1.2])\n"
            f"figure = divergence.bound(mixture, {x!r}, {q!r})"
        ),
    )


# ---- one bell for two bumps --------------------------------------------------------------------


@st.cache_data(max_entries=64, show_spinner=False)
def two_bumps(identity, _x: np.ndarray) -> Mixture:  # noqa: ANN001
    """A mixture of two fitted by EM to the learner's column; the floor keeps it from collapsing."""
    low, high = np.quantile(_x, (0.2, 0.8))
    spread = float(_x.std())
    start = Mixture.from_std([0.5, 0.5], [low, high + 1e-6 * spread], [spread / 2, spread / 2])
    return list(em_steps(_x, start, reg_covar=1e-3 * spread**2, tol=1e-6, max_iter=200))[-1].mixture


@st.cache_resource(max_entries=16, show_spinner=False)
def film(weights, means, stds, mu: float, sigma: float, title: str, language: str):  # noqa: ANN001, ANN201
    """The film of both fits; its labels are in `language`, the current one."""
    p = Mixture.from_std(weights, means, stds)
    fit = figures.fitting(p, Gaussian.from_std(mu, sigma), title)
    return fit, encode(fit.figure)


def target(source: str) -> tuple[tuple, tuple, tuple, str]:
    """Weights, means and widths of p, and the title of its axis."""
    if source == "data":
        p = two_bumps(chosen.identity, chosen.x)
        stds = np.sqrt(p.covariances[:, 0, 0])
        numbers = (p.weights / p.weights.sum(), p.means[:, 0], stds)
        return *(tuple(map(float, part)) for part in numbers), chosen.labels[0]
    apart = controls.slider("apart", _("Distance between the bumps"), *RANGES["apart"], 0.25)
    return (0.4, 0.6), (-apart / 2, apart / 2), (1.0, 1.0), "x"


def show_fit(picture, panel) -> None:  # noqa: ANN001
    with panel:
        sources = {"data": _("Your data"), "bumps": _("Two bumps")}
        source = controls.choice("source", _("p is made from"), sources, "data")
        weights, means, stds, title = target(source)
        p = Mixture.from_std(weights, means, stds)
        middle, spread = forward_fit(p).mu_sigma()
        z = controls.slider("z", _("Start of q, in σ of p from its mean"), *RANGES["z"], 0.05)
        with lesson.more():
            label = _("Width of q at the start, in σ of p")
            width = controls.slider("w", label, *RANGES["w"], 0.05)
    start = Gaussian.from_std(middle + z * spread, width * spread)
    fit, shown = film(weights, means, stds, *start.mu_sigma(), title, i18n.current())
    forward, end = fit.forward, fit.steps[-1]
    covering, least = reverse_kl(forward, p)[0], forward_kl(p, forward)
    last = len(fit.steps) - 1
    frame = min(state.values["frame"], last)
    mean, sigma = end.q.mu_sigma()
    said = _(
        "Step {step}: q has mean {mu:.3g} and width {sigma:.3g}, KL(q‖p) = {kl:.4f} and "
        "KL(p‖q) = {back:.4f} nats. The forward fit has mean {fmu:.3g} and width {fsigma:.3g}, "
        "KL(q‖p) = {fkl:.4f} and KL(p‖q) = {fback:.4f} nats."
    )
    summaries = [
        said.format(
            step=step.iteration, mu=step.q.mu_sigma()[0], sigma=step.q.mu_sigma()[1], kl=step.kl,
            back=back, fmu=middle, fsigma=spread, fkl=covering, fback=least,
        )
        for step, back in zip(fit.steps, fit.covering, strict=True)
    ]  # fmt: skip
    limits = (middle - 2.5 * spread, middle + 2.5 * spread)
    step_x = (0.05 * spread, 0.05 * spread)
    grips = [
        Handle("z", start.mean[0], float(start.prob(start.mean)[0]), _("Start of q"), BLUE, "x",
               "circle", (*limits, 0, 1e9), step_x),
        Handle("w", start.mean[0] + width * spread,
               float(start.prob(start.mean + width * spread)[0]), _("Width of q (σ)"), BLUE,
               "x", "diamond", (start.mean[0] + 0.1 * spread, start.mean[0] + 2 * spread, 0, 1e9),
               step_x),
    ]  # fmt: skip

    def by_hand(name: str, x: float, _y: float) -> None:
        """The film goes back to its first frame, which is the q in the hand."""
        away = (x - middle) / spread - (z if name == "w" else 0.0)
        state.put(**{name: round(away, 2), "frame": 0})

    with picture:
        stage(
            shown, key="divergence.film", film=_("Step"), summary=summaries[frame],
            interval=120, frame_summaries=summaries, start=frame, handles=grips, on_move=by_hand,
            on_scrub=lambda index: state.put(frame=FINAL if index == last else index),
        )  # fmt: skip
    lesson.equation(
        rf"\sample{{\text{{{_('forward fit')}}}}}:\ \min_q "
        r"\mathrm{KL}(\truth{p}\,\|\,q)\ \Rightarrow\ "
        rf"\sample{{\mu = {middle:.4g},\ \sigma = {spread:.4g}}},\quad "
        rf"\mathrm{{KL}} = \mathbf{{{nats(least)}}}",
        rf"\model{{\text{{{_('reverse fit')}}}}}:\ \min_q "
        r"\mathrm{KL}(q\,\|\,\truth{p})\ \Rightarrow\ "
        rf"\model{{\mu = {mean:.4g},\ \sigma = {sigma:.4g}}},\quad "
        rf"\mathrm{{KL}} = \mathbf{{{nats(end.kl)}}}",
    )
    side = int(np.argmin([abs(mean - m) / s for m, s in zip(means, stds, strict=True)]))
    alone = sigma < 0.75 * spread
    tick(mode=side if alone else None)

    def compare() -> list[Check]:
        x = np.linspace(middle - 12 * spread, middle + 12 * spread, 200_001)
        grid = kl_grid(end.q.log_prob(x), p.log_prob(x), float(x[1] - x[0]))
        across = kl_grid(p.log_prob(x), forward.log_prob(x), float(x[1] - x[0]))
        moment = float((x * p.prob(x)).sum() * (x[1] - x[0]))
        points = _("Sum over 200,001 points")
        return [
            Check(_("KL(q‖p) at the end"), end.kl, points, grid),
            Check(_("KL(p‖q) of the forward fit"), least, points, across),
            Check(_("Mean of the forward fit"), middle, points, moment),
        ]

    lesson.checked(compare)
    steps = fit.steps
    lesson.offer(
        lambda: {
            "step": np.array([s.iteration for s in steps]), "kl": np.array([s.kl for s in steps]),
            "forward kl": np.array(fit.covering),
            "mu": np.array([s.q.mu_sigma()[0] for s in steps]),
            "sigma": np.array([s.q.mu_sigma()[1] for s in steps]),
        },
        lambda: (
            f"{IMPORTS}p = Mixture.from_std({weights!r}, {means!r}, {stds!r})\n"
            f"start = Gaussian.from_std({start.mu_sigma()[0]!r}, {start.mu_sigma()[1]!r})\n"
            f"figure = divergence.fitting(p, start, {title!r}).figure"
        ),
    )  # fmt: skip


# ---- together ----------------------------------------------------------------------------------


def tick(
    infinite: bool = False, small: bool = False, lifted: bool = False, mode: int | None = None
) -> None:
    """The tasks: cause an infinity and mend it, lift the bound, end in either bump."""
    first = lesson.seen("first bump", mode == 0)
    second = lesson.seen("second bump", mode == 1)
    was_infinite = lesson.seen("infinite", infinite)
    lesson.tasks(
        {"infinite": was_infinite and small, "lift": lifted, "both-bumps": first and second}
    )


def keep() -> None:
    """The settings of the views that are not on the stage stay in the address too."""
    for name, (low, high, default) in RANGES.items():
        controls.hidden(name, default, number(low, high))
    choices = {"way": figures.WAYS, "k": "234", "source": ("data", "bumps")}
    for name, options in choices.items():
        controls.hidden(name, next(iter(options)), one_of(options))
    controls.hidden("frame", FINAL, integer(0, FINAL))


@lesson.live
def act() -> None:
    picture, panel = lesson.columns()
    keep()
    views = {
        "bars": (_("Tables"), show_bars),
        "bells": (_("Bells"), show_bells),
        "bound": (_("Bound"), show_bound),
        "fit": (_("Fit"), show_fit),
    }
    with panel:
        titles = {name: title for name, (title, _show) in views.items()}
        view = controls.choice("view", _("Look at"), titles, "bells")
    views[view][1](picture, panel)


lesson.predict(
    {
        "symmetric": lambda: state.put(view="bars", k="2", p1=0.7, q1=0.2),
        "one-bell": lambda: state.put(view="fit", source="bumps", apart=5.0, z=0.5, w=0.6),
    }
)
lesson.closing(kl_discrete, kl_gaussian, elbo, forward_fit, forward_kl, reverse_kl, reverse_fit)
