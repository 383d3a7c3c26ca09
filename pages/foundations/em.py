"""`em`: the film of EM half-steps, how many components, many starts, hard against soft."""

import warnings
from collections.abc import Callable

import numpy as np
import streamlit as st

from explorer import i18n
from explorer.components.stage import encode, stage
from explorer.figures import em as figures
from explorer.figures import em_views as views
from explorer.figures import em_words as words
from explorer.i18n import _
from explorer.models import em, em_many, em_run, em_start, kmeans
from explorer.models.covariance import compact
from explorer.models.criteria import bic, n_parameters
from explorer.ui import em_hand
from explorer.ui.em_hand import LAST, MOST, Hand, Rules
from explorer.ui.frame import Check, Lesson
from explorer.ui.state import integer

lesson = Lesson("em")
lesson.opening()
chosen = lesson.data(dims=2, default="old_faithful", min_rows=3, full_rank=True)
controls, state = lesson.controls, lesson.state
x, labels, identity = em_start.few(chosen.x), chosen.labels, chosen.identity
hand = Hand(lesson, x, labels, chosen.id)
hand.settle_data(identity)
notes = [
    _(
        "Nothing is standardised: EM takes the numbers as they are, and every ellipse brings its "
        "own scale. Only k-means++ and the search for the loneliest point measure in standard "
        "deviations."
    )
]
if len(x) < len(chosen.x):
    note = _("EM works on {few:,} of your {all:,} points, drawn at random (seed 0).")
    notes.insert(0, note.format(few=len(x), all=len(chosen.x)))
if len(x) > figures.DRAWN:
    note = _("Every point counts; {shown} of them are drawn.")
    notes.insert(-1, note.format(shown=figures.DRAWN))
st.caption(" ".join(notes))


def header() -> str:
    """The first lines of every exported script."""
    return (
        f"{chosen.code}\n\nimport numpy as np\n\n"
        "from explorer.figures import em as figures\n"
        "from explorer.figures import em_views as views\n"
        "from explorer.models import em_many, em_run, em_start, kmeans\n\n"
        "x = em_start.few(x)\n"
        f"titles = {labels!r}\n"
    )


def run_code(means: np.ndarray, width: str, rules: Rules) -> str:
    """The lines that repeat one run."""
    return (
        f"means = np.array({means.tolist()!r})\n"
        f"covariances = em_start.covariances({width!r}, x, len(means))\n"
        f"start = em_start.start(means, covariances, {rules.shape!r})\n"
        f"run = em_run.run(x, start, {rules.code})\n"
    )


# ---- one run -----------------------------------------------------------------------------------


def show_run(picture, panel) -> None:  # noqa: ANN001
    with panel:
        k, kind = hand.count(), hand.start()
        hand.failures()
        end = st.container()
        with hand.more():
            rules, width, seed = hand.rules(), hand.width(), hand.controls.seed()
            means = hand.means(k, kind, seed)
            part, point = hand.typed(means)
    key = (identity, means.tobytes(), width, rules)
    run = em_hand.run_of(*key, x)
    film, kept, told = film_of(*key, point, i18n.current(), run, x)
    index = min(controls.hidden("frame", 4, integer(0, LAST)), len(kept) - 1)
    state.values["frame"] = index
    with picture:
        stage(
            film,
            key="em.stage",
            summary="",
            film=_("Iteration"),
            start=index,
            interval=600,
            frame_summaries=told,
            handles=hand.grips(means, point),
            on_move=lambda name, at_x, at_y: hand.move(means, name, at_x, at_y),
            on_scrub=lambda i: state.put(frame=i),
        )
    with end:
        hand.verdict(run, rules)
    at = kept[index].at
    if run.steps:
        e_step = run.steps[min(max(at - 1, 0) // 2 * 2, len(run.steps) - 1)]
        lesson.equation(
            words.e_formula(x, e_step.mixture, point, part),
            words.m_formula(x, e_step.responsibilities, part),
        )
    collapsed = lesson.seen("collapse", run.collapsed is not None)
    alive = run.settled and em_hand.islands(run, len(x)) is None and not em_hand.twins(run)
    lesson.tasks(
        {
            "quick": kind == "hand"
            and k > 1
            and alive
            and run.iterations <= 6
            and rules.tol <= 1e-4,
            "mend": collapsed and alive,
        }
    )
    lesson.checked(lambda: run_checks(run, rules))
    lesson.offer(
        lambda: run_columns(run, kept[index]),
        lambda: header() + run_code(means, width, rules)
        + f"figure = figures.film(x, run, titles, {point!r})",
    )  # fmt: skip


@st.cache_resource(max_entries=16, show_spinner=False)
def film_of(identity, means, width, rules, point, language, _run, _x):  # noqa: ANN001, ANN201
    """The film of a run, the rows behind its frames, and each frame in words."""
    every = figures.rows(_run, len(_x))
    kept = [every[i] for i in figures.shown(len(every))]
    told = [words.tell(row, len(_x)) for row in kept]
    return encode(figures.film(_x, _run, labels, point)), kept, told


def run_columns(run: em_run.Run, row: figures.Row) -> dict[str, np.ndarray]:
    """Points with the responsibilities on the stage; then the curves."""
    columns = {labels[0]: x[:, 0], labels[1]: x[:, 1]}
    if row.gamma is not None:
        columns |= {f"responsibility {k + 1}": g for k, g in enumerate(row.gamma.T)}
    every = figures.rows(run, len(x))
    bounds = [np.nan if r.lower_bound is None else r.lower_bound for r in every]
    return columns | {
        "half-step": np.array([r.name for r in every]),
        "log-likelihood per point": np.array([r.log_likelihood for r in every]),
        "lower bound per point": np.array(bounds),
    }


def theirs(start, rules: Rules, iterations: int):  # noqa: ANN001, ANN201
    """scikit-learn's fit from the same start."""
    from sklearn.mixture import GaussianMixture

    precisions = compact(np.linalg.inv(start.covariances), rules.shape)
    model = GaussianMixture(
        len(start.means), covariance_type=rules.shape, tol=rules.tol, reg_covar=rules.reg,
        max_iter=iterations, weights_init=start.weights, means_init=start.means,
        precisions_init=precisions,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "did not converge" is what the learner asked for
        return model.fit(x)


def run_checks(run: em_run.Run, rules: Rules) -> list[Check]:
    """The same run by scikit-learn, up to the wall if there is one."""
    oracle = "scikit-learn, GaussianMixture.fit"
    if not run.iterations:
        return []
    model = theirs(run.start, rules, run.iterations)
    last = max(i for i, step in enumerate(run.steps) if step.half == "M")
    ours = run.steps[last]
    away = abs(ours.mixture.means - model.means_)
    return [
        Check(_("Log-likelihood, nats per point"), ours.log_likelihood_per_point, oracle,
              model.score(x)),
        Check(_("Largest weight"), ours.mixture.weights.max(), oracle, model.weights_.max()),
        Check(_("Sum of all means"), ours.mixture.means.sum(), oracle, model.means_.sum()),
        Check(_("Largest distance between their means and ours"), away.max(), _("should be"), 0.0),
        Check(_("Iterations"), run.iterations, oracle, model.n_iter_),
    ]  # fmt: skip


# ---- how many components -----------------------------------------------------------------------


def show_choice(picture, panel) -> None:  # noqa: ANN001
    with panel:
        k = hand.count()
        shape = hand.shape()
        with hand.more():
            reg, seed = hand.floor(), hand.controls.seed()
        count = em_hand.starts_at_once(len(x))
        st.caption(
            _(
                "Each K is the best of {count} random starts (seed {seed}): short runs, then the "
                "five best to the end (tol 1e-6)."
            ).format(count=count, seed=seed)
        )
        st.button(_("Show the film for this K"), key="em.watch_k", on_click=watch_k, args=(k,))
    with picture:
        table = em_hand.table_of(identity, x, reg, seed)
        if all(end.collapsed for end in table[shape]):
            st.info(_("Every start collapsed. Raise the floor or choose simpler shapes."))
            return
        stage(
            views.choice(x, table, shape, labels),
            key="em.choice",
            summary="",
            film="K =",
            start=k - 1,
            interval=1200,
            frame_summaries=words.tell_choice(table, shape, len(x)),
            on_scrub=lambda i: state.put(k=i + 1),
        )
    price = views.prices(table, len(x))
    total, free = price["total"][shape][k - 1], n_parameters(k, 2, shape)
    lesson.equation(
        rf"\textsf{{BIC}} = -2\,\model{{\ell}} + p \ln N = -2 \cdot (\model{{{total:.2f}}})"
        rf" + {free} \cdot \ln \data{{{len(x)}}} = \mathbf{{{price['bic'][shape][k - 1]:.2f}}}"
        rf"\qquad \textsf{{AIC}} = -2\,\model{{\ell}} + 2p = {price['aic'][shape][k - 1]:.2f}"
    )
    cheapest = min(
        ((value, kind, i + 1) for kind, line in price["bic"].items()
         for i, value in enumerate(line) if np.isfinite(value)),
    )  # fmt: skip
    lesson.tasks({"cheapest": (shape, k) == cheapest[1:]})

    def compare() -> list[Check]:
        end = table[shape][k - 1]
        model = theirs(end.mixture, Rules(shape, reg, 1e-6, 1), 1)
        ours = bic(end.log_likelihood, free, len(x))
        what = _("BIC; theirs one more iteration from our end")
        return [Check(what, ours, "scikit-learn, GaussianMixture.bic", model.bic(x))]

    lesson.checked(compare)
    lesson.offer(
        lambda: {"K": np.arange(1, MOST + 1)}
        | {f"BIC {kind}": np.array(line) for kind, line in price["bic"].items()}
        | {f"AIC {kind}": np.array(line) for kind, line in price["aic"].items()}
        | {f"log-likelihood {kind}": np.array(line) for kind, line in price["total"].items()},
        lambda: header() + "table = {\n    kind: [\n        em_many.best_of(\n"
        f"            x, em_start.many('random', x, k, kind, {count}, {seed}), kind, {reg!r}\n"
        f"        )\n        for k in range(1, {MOST + 1})\n    ]\n"
        "    for kind in ('full', 'tied', 'diag', 'spherical')\n}\n"
        f"figure = views.choice(x, table, {shape!r}, titles)",
    )  # fmt: skip


def watch_k(k: int) -> None:
    """From the curve over K to the film with that K."""
    state.put(view="run", k=k, start="spread", width="data", frame=0)


# ---- many starts -------------------------------------------------------------------------------


def show_restarts(picture, panel) -> None:  # noqa: ANN001
    kinds = {"random": _("Random points"), "spread": _("Spread out (k-means++)")}
    with panel:
        k = hand.count()
        count = controls.steps("starts", _("How many starts"), [10, 20, 50, 100], 50)
        with hand.more():
            kind = hand.controls.choice("kind", _("Drawn how"), kinds, "random")
            rules = Rules(hand.shape(), hand.floor(), 1e-6, 500)
            seed = hand.controls.seed()
        st.caption(_("Each start runs until an iteration changes less than 1e-6 nats per point."))
    count = min(count, max(10, 100_000 // len(x) // 10 * 10))
    with picture:
        ends = em_hand.ends_of(identity, x, k, kind, count, seed, rules)
        index = min(controls.hidden("rank", 0, integer(0, 99)), len(ends) - 1)
        stage(
            views.restarts(x, ends, labels),
            key="em.restarts",
            summary="",
            film=_("Start"),
            start=index,
            interval=500,
            frame_summaries=words.tell_ends(ends, len(x)),
            on_scrub=lambda i: state.put(rank=i),
        )
        st.markdown(words.told_plateaus(ends, len(x)))
    with panel:
        st.button(
            _("Show the film from this start"), key="em.watch", on_click=watch, args=(ends[index],)
        )
    lesson.tasks({})

    def compare() -> list[Check]:
        end = ends[index]
        if end.collapsed:
            return []
        model = theirs(end.start, rules, end.iterations)
        return [
            Check(_("Log-likelihood, nats per point"), end.log_likelihood / len(x),
                  "scikit-learn, GaussianMixture.fit", model.score(x)),
        ]  # fmt: skip

    lesson.checked(compare)
    lesson.offer(
        lambda: {
            "start": np.arange(1, len(ends) + 1),
            "log-likelihood per point": np.array([e.log_likelihood / len(x) for e in ends]),
            "iterations": np.array([e.iterations for e in ends]),
            "collapsed": np.array([e.collapsed for e in ends]),
        },
        lambda: header()
        + f"starts = em_start.many({kind!r}, x, {k}, {rules.shape!r}, {count}, {seed})\n"
        + f"ends = em_many.em_many(x, starts, {rules.code.replace('reg_covar=', '')})\n"
        + "ends.sort(key=em_many.rank)\nfigure = views.restarts(x, ends, titles)",
    )  # fmt: skip


def watch(end: em_many.End) -> None:
    """From the strip of ends to the film of one of them."""
    means = tuple(float(value) for value in end.start.means.ravel())
    state.put(view="run", start="hand", means=means, width="data", frame=0, tol=1e-6, limit=500)


# ---- hard against soft -------------------------------------------------------------------------


def show_hard(picture, panel) -> None:  # noqa: ANN001
    with panel:
        k = hand.count()
        scaled = controls.toggle("scaled", _("k-means: measure in standard deviations"))
        with hand.more():
            kind = hand.start()
            rules, width, seed = hand.rules(), hand.width(), hand.controls.seed()
            means = hand.means(k, kind, seed)
    key = (identity, means.tobytes(), width, rules)
    run = em_hand.run_of(*key, x)
    scale_by = x.std(axis=0) if scaled else np.ones(2)
    steps = [
        kmeans.KMeansStep(s.iteration, s.half, s.means * scale_by, s.labels, s.distortion)
        for s in kmeans.kmeans_steps(x / scale_by, means / scale_by)
    ]
    soft = run.end.responsibilities(x)
    order = kmeans.agreement(soft.argmax(axis=1), steps[-1].labels, k)
    differ = soft.argmax(axis=1) != np.argsort(order)[steps[-1].labels]
    doubtful = int((soft.max(axis=1) < figures.SURE).sum())
    figure = views.hard(x, run, steps, means, labels, scale_by)
    index = min(controls.hidden("frame", 4, integer(0, LAST)), len(figure.plain["frames"]) - 1)
    with picture:
        stage(
            figure,
            key="em.hard",
            summary=words.tell_hard(
                run, steps, int(differ.sum()), doubtful, scaled, labels, x.std(axis=0)
            ),
            film=_("Iteration"),
            start=index,
            interval=600,
            handles=hand.grips(means, 0)[:-1],
            on_move=lambda name, at_x, at_y: hand.move(means, name, at_x, at_y),
            on_scrub=lambda i: state.put(frame=i),
        )
    lesson.equation(
        r"\textsf{soft}\quad \latent{\gamma_{nk}} = p(z = k \mid \data{x_n}) \in [0, 1]"
        r"\qquad \textsf{hard}\quad \latent{\gamma_{nk}} = 1 \text{ if } k ="
        r" \arg\min_j |\data{x_n} - \model{\mu_j}|^2 \text{, else } 0",
        r"\textsf{hard}\quad J = \sum_n |\data{x_n} - \model{\mu_{k(n)}}|^2"
        rf" = {steps[-1].distortion:.5g}",
    )
    lesson.tasks({})

    def compare() -> list[Check]:
        from sklearn.cluster import KMeans

        model = KMeans(k, init=means / scale_by, n_init=1, tol=0, algorithm="lloyd")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # fewer distinct points than clusters
            model.fit(x / scale_by)
        ours = steps[-1].distortion
        return [Check(_("Distortion J"), ours, "scikit-learn, KMeans", float(model.inertia_))]

    lesson.checked(compare)
    lesson.offer(
        lambda: {labels[0]: x[:, 0], labels[1]: x[:, 1], "k-means": steps[-1].labels + 1}
        | {f"responsibility {i + 1}": g for i, g in enumerate(soft.T)},
        lambda: header() + run_code(means, width, rules)
        + f"scale_by = {'x.std(axis=0)' if scaled else 'np.ones(2)'}\n"
        + "steps = [\n    kmeans.KMeansStep(s.iteration, s.half, s.means * scale_by, s.labels, "
        "s.distortion)\n"
        + "    for s in kmeans.kmeans_steps(x / scale_by, means / scale_by)\n]\n"
        + "figure = views.hard(x, run, steps, means, titles, scale_by)",
    )  # fmt: skip


# ---- the page ----------------------------------------------------------------------------------

VIEWS: dict[str, Callable] = {
    "run": show_run,
    "choose": show_choice,
    "restarts": show_restarts,
    "hard": show_hard,
}


@lesson.live
def act() -> None:
    names = {
        "run": _("One run"),
        "choose": _("How many components"),
        "restarts": _("Many starts"),
        "hard": _("Hard or soft"),
    }
    view = controls.choice("view", _("Look at"), names, "run", label_visibility="collapsed")
    picture, panel = lesson.columns()
    VIEWS[view](picture, panel)


lesson.predict(
    {
        "touch": lambda: state.put(view="run", **hand.beginning, frame=4),
        "twins": lambda: hand.fail("same"),
    }
)
lesson.closing(em.e_step, em.m_step, em.em_steps, em.lower_bound, em_run.squeeze)
