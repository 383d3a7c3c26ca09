"""`normal`: areas under the bell curve, and why sums end up as one."""

from math import sqrt

import numpy as np
import streamlit as st

from explorer.components.stage import Handle, encode, stage
from explorer.figures import normal as figures
from explorer.figures import theme
from explorer.i18n import _
from explorer.metrics.distance import ks_noise, ks_statistic
from explorer.models import limit
from explorer.models.gaussian import Gaussian
from explorer.ui.frame import Check, Lesson
from explorer.ui.state import integer

lesson = Lesson("normal")
lesson.opening()
chosen = lesson.data(dims=1, default="heights")
controls, state = lesson.controls, lesson.state
data = chosen.x[:, 0]


def show_area(picture, panel) -> None:  # noqa: ANN001
    low, high = figures.RANGE
    with panel:
        mu = controls.slider("mu", _("Mean μ"), -5, 5, 0, 0.1)
        sigma = controls.slider("sigma", _("Standard deviation σ"), 0.2, 5, 1, 0.05)
        with lesson.more():
            a = controls.slider("a", _("Left end a"), low, high, -1, 0.05)
            b = controls.slider("b", _("Right end b"), low, high, 1, 0.05)
            compare = controls.toggle("compare", _("Lay your data under the curve"))
        st.caption(_("Ends at a whole number of σ from the mean:"))
        with st.container(horizontal=True):
            for k in (1, 2, 3):
                ends = {"a": mu - k * sigma, "b": mu + k * sigma}
                st.button(f"±{k}σ", key=f"normal.k{k}", on_click=state.put, kwargs=ends)
    bell = Gaussian.from_std(mu, sigma)
    left, right = min(a, b), max(a, b)
    inside = float(bell.interval(left, right))
    z = (data - data.mean()) / data.std()  # the data in units of its own spread
    shown = mu + sigma * z if compare else None
    figure = figures.area(bell, a, b, shown)
    summary = _(
        "A bell with mean {mu:.2f} and standard deviation {sigma:.2f}. "
        "Between {a:.2f} and {b:.2f} lies {share:.2f} % of its area."
    ).format(mu=mu, sigma=sigma, a=left, b=right, share=100 * inside)
    if shown is not None:
        found = 100 * float(((shown > left) & (shown <= right)).mean())
        summary += " " + _(
            "Of your data ({title}), moved and scaled to the same mean and width, {found:.2f} % "
            "lies there."
        ).format(title=chosen.title, found=found)
    with picture:
        stage(figure, key="normal.stage", summary=summary, handles=grips(bell, a, b), on_move=move)
    lesson.equation(
        r"\model{p(x)} = \frac{1}{\sqrt{2\pi}\,\model{\sigma}}\; "
        r"e^{-\frac{(x-\model{\mu})^2}{2\model{\sigma}^2}}"
        rf"\qquad \model{{\mu = {mu:.2f}}},\quad \model{{\sigma = {sigma:.2f}}}",
        rf"P(\condition{{{left:.2f}}} < x \le \condition{{{right:.2f}}})"
        rf" = \Phi\!\left(\condition{{{(right - mu) / sigma:.2f}}}\right)"
        rf" - \Phi\!\left(\condition{{{(left - mu) / sigma:.2f}}}\right) = \mathbf{{{inside:.4f}}}",
    )
    lesson.tasks({"two-sigma": abs(inside - 0.9545) < 6e-4 and sigma != 1})

    def compare_numbers() -> list[Check]:
        x = np.linspace(left, right, 20_001)
        integral = float(np.trapezoid(bell.prob(x), x))
        draws = bell.sample(200_000, 0)[:, 0]
        share = float(((draws > left) & (draws <= right)).mean())
        what = _("Area between the ends")
        return [
            Check(what, inside, _("Trapezoid rule on 20,001 points"), integral),
            Check(what, inside, _("Share of 200,000 random draws"), share),
        ]

    lesson.checked(compare_numbers)
    x = np.linspace(low, high, 401)
    body = (
        (f"{chosen.code}\n" if compare else "")
        + "from explorer.figures import normal\nfrom explorer.models.gaussian import Gaussian\n\n"
        + f"mu, sigma = {mu!r}, {sigma!r}\n"
        + ("z = (x[:, 0] - x[:, 0].mean()) / x[:, 0].std()\n" if compare else "")
        + f"figure = normal.area(Gaussian.from_std(mu, sigma), {a!r}, {b!r}"
        + (", mu + sigma * z)" if compare else ")")
    )
    lesson.offer(lambda: {"x": x, "density": bell.prob(x)}, lambda: body)


def grips(bell: Gaussian, a: float, b: float) -> list[Handle]:
    """The ends of the interval, the peak (moves the mean), and a shoulder (sets the width)."""
    mu, sigma = bell.mu_sigma()
    peak, shoulder = (float(p) for p in bell.prob(np.array([mu, mu + sigma])))
    low, high = figures.RANGE
    blue, magenta = theme.ROLES["model"][0], theme.ROLES["condition"][0]
    ends = (low, high, 0.0, peak)
    step = (0.05, 0.05)
    return [
        Handle("a", a, 0.05 * peak, _("Left end a"), magenta, "x", "line", ends, step),
        Handle("b", b, 0.05 * peak, _("Right end b"), magenta, "x", "line", ends, step),
        Handle("mu", mu, peak, _("Mean μ"), blue, "x", "circle", (-5, 5, 0, peak), (0.1, 0.1)),
        Handle(
            "sigma", mu + sigma, shoulder, _("Standard deviation σ"), blue, "x", "diamond",
            (mu + 0.2, mu + 5, 0, peak), step,
        ),
    ]  # fmt: skip


def move(name: str, x: float, _y: float) -> None:
    """A handle was dragged; round to what the sliders can show."""
    if name == "sigma":
        x -= state.values["mu"]
    state.put(**{name: round(x, 2)})


def show_limit(picture, panel) -> None:  # noqa: ANN001
    names = {
        "uniform": _("Any number from 0 to 1, all alike"),
        "exponential": _("Waiting times (lopsided)"),
        "bernoulli": _("A coin: 1 with probability 0.3"),
        "bimodal": _("Two separate bumps"),
        "triangular": _("A ramp"),
        "u_shaped": _("Both ends, no middle"),
        "cauchy": _("Cauchy: enormous outliers"),
        "yours": _("Your data"),
    }
    scales = {"z": _("Standardised"), "mean": _("Means"), "sum": _("Sums")}
    with panel:
        kind = controls.choice("base", _("Draw from"), names, "uniform")
        scale = controls.choice("scale", _("Show"), scales, "z")
        with lesson.more():
            n_draws = controls.steps("draws", _("How many means"), [1000, 10_000, 50_000], 10_000)
            seed = controls.seed()
    base = limit.empirical(data) if kind == "yours" else limit.BASES[kind]()
    identity = chosen.identity if kind == "yours" else None
    film, shown = bell_film(kind, identity, scale, n_draws, seed, base)
    last = len(film.terms) - 1
    index = controls.hidden("frame", 0, integer(0, last))
    index = min(index, last)
    n, distance = film.terms[index], float(film.distance[index])
    with picture:
        stage(
            shown,
            key="normal.film",
            film="N",
            start=index,
            interval=700,
            summary="",
            frame_summaries=[tell(base, film, i, n_draws, scale) for i in range(last + 1)],
            on_scrub=lambda i: state.put(frame=i),
        )
    if base.has_limit:
        spread = sqrt(base.variance)
        lesson.equation(
            r"\sample{\bar x_N} = \tfrac1N \sum_{i=1}^{N} x_i \;\to\; "
            r"\truth{\mathcal N\!\left(\mu,\ \sigma^2/N\right)}, \qquad "
            rf"\mu = {base.mean:.4g},\quad \frac{{\sigma}}{{\sqrt N}} ="
            rf" \frac{{{spread:.4g}}}{{\sqrt{{{n}}}}} = \truth{{{spread / sqrt(n):.4g}}}"
        )
    else:
        lesson.equation(
            r"\text{Cauchy: } \mathbb E|x| = \infty,\ \sigma^2 = \infty"
            r"\quad\Rightarrow\quad \sample{\bar x_N} \sim \truth{\text{Cauchy}}"
        )
    first = int(np.argmax(film.distance < 0.04))  # the first frame this close to the limit
    failed = lesson.seen("no-bell", kind == "cauchy" and n == 50)
    lesson.tasks(
        {
            "first-bell": kind == "exponential" and index == first > 0,
            "no-bell": failed and base.has_limit and n >= 10,
        }
    )

    def compare_numbers() -> list[Check]:
        values = limit.draws(base, n, n_draws, seed)
        if not base.has_limit:
            from scipy.stats import cauchy

            gap = ks_statistic(values, cauchy.cdf)
            return [Check(_("KS distance of the means to a Cauchy"), gap, _("Chance level"),
                          ks_noise(n_draws))]  # fmt: skip
        from scipy.stats import kstest, norm

        bell = norm(base.mean, sqrt(base.variance / n))
        oracle = float(kstest(values, bell.cdf).statistic)
        return [
            Check(_("KS distance to the limit"), distance, "scipy.stats.kstest", oracle),
            Check(_("Standard deviation of the means"), float(values.std()), "σ/√N",
                  sqrt(base.variance / n)),
        ]  # fmt: skip

    lesson.checked(compare_numbers)
    make = "limit.empirical(x)" if kind == "yours" else f"limit.BASES[{kind!r}]()"
    body = (
        (f"{chosen.code}\n" if kind == "yours" else "")
        + "from explorer.figures import normal\nfrom explorer.models import limit\n\n"
        + f"figure = normal.forming({make}, {scale!r}, {n_draws}, {seed}).figure"
    )
    lesson.offer(
        lambda: {"N": np.array(film.terms), "ks_distance": film.distance, "mean": film.mean,
                 "standard_deviation": film.spread},
        lambda: body,
    )  # fmt: skip


@st.cache_resource(max_entries=16, show_spinner=False)
def bell_film(kind, identity, scale, n_draws, seed, _base):  # noqa: ANN001, ANN201
    """One film per setting; `identity` stands for the learner's own numbers."""
    film = figures.forming(_base, scale, n_draws, seed)
    return film, encode(film.figure)


def tell(base: limit.Base, film: figures.Forming, index: int, n_draws: int, scale: str) -> str:
    """One frame in words."""
    facts = {
        "n": film.terms[index], "count": n_draws, "ks": film.distance[index],
        "mean": film.mean[index], "sd": film.spread[index], "chance": ks_noise(n_draws),
    }  # fmt: skip
    if not base.has_limit:
        return _(
            "N = {n}: {count:,} means of Cauchy draws are as wild as single draws. Distance to the "
            "normal with the same quartiles: {ks:.3f}, at every N."
        ).format(**facts)
    return _(
        "N = {n}: {count:,} draws with mean {mean:.3g} and standard deviation {sd:.3g}. "
        "KS distance to the bell: {ks:.4f}; chance alone stays below {chance:.4f}."
    ).format(**facts)


@lesson.live
def act() -> None:
    picture, panel = lesson.columns()
    with panel:
        views = {"area": _("Area under it"), "limit": _("A bell forms")}
        view = controls.choice("view", _("Look at"), views, "area")
    {"area": show_area, "limit": show_limit}[view](picture, panel)


lesson.predict(
    {
        "one-sigma": lambda: state.put(view="area", mu=0.0, sigma=1.0, a=-1.0, b=1.0),
        "root-n": lambda: state.put(view="limit", scale="mean", frame=7),
    }
)
lesson.closing(Gaussian.log_prob, Gaussian.interval, limit.draws, limit.limit, ks_statistic)
