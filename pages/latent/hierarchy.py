"""`hierarchy`: a latent that draws a latent, what each of the two decides, and many layers."""

import numpy as np
import streamlit as st

from explorer.components.digitpad import digitpad, encoded
from explorer.components.filmstrip import strip
from explorer.components.stage import Handle, stage
from explorer.data import pen
from explorer.data.drawing import centred
from explorer.figures import hierarchy as figures
from explorer.figures import sprite, theme
from explorer.i18n import _
from explorer.inference import Network
from explorer.metrics import noising
from explorer.ui.frame import Check, Lesson
from explorer.ui.networks import network
from explorer.ui.state import integer, number, one_of

lesson = Lesson("hierarchy")
lesson.opening()
controls, state = lesson.controls, lesson.state

NAME = "hvae-mnist"
DRAWN = "hierarchy.drawn"  # the learner's drawing, kept while other pages are open
MAGENTA = theme.ROLES["condition"][0]
SEEDS = 1000  # seeds run from 0 to one less
FILM = 41  # pictures of the noising film at most
IMPORTS = (
    "from explorer import inference\nfrom explorer.data import pen\n"
    "from explorer.figures import hierarchy\n\n"
    f'net = inference.load("{NAME}")\n'
)


def stamp(net: Network) -> str:
    """The same for the same weights: the key of caches."""
    return net.card["weights"]["sha256"]


def without() -> None:
    """What is said where the network is missing; the way on needs none."""
    st.info(_("This view needs that network. “More layers” works without it."))
    lesson.tasks({})


# ---- resample one, keep the other --------------------------------------------------------------


def show_draws(picture, panel) -> None:  # noqa: ANN001
    with panel:
        wide_low = controls.slider("low", _("Width of z₁'s noise"), 0, 2, 1, 0.1)
        wide_top = controls.slider("top", _("Width of z₂'s noise"), 0, 2, 1, 0.1)
        buttons = st.container(horizontal=True)
        with lesson.more():
            seed1 = controls.whole("seed1", _("Seed of z₁'s noise"), 0, SEEDS - 1, 0)
            seed2 = controls.whole("seed2", _("Seed of z₂"), 0, SEEDS - 1, 0)
    with buttons:
        anew = {"seed1": (seed1 + 1) % SEEDS}
        st.button(
            _("Keep z₂, draw z₁ anew"), key="hierarchy.anew1", icon=":material/lock:",
            on_click=state.put, kwargs=anew,
        )  # fmt: skip
        anew = {"seed2": (seed2 + 1) % SEEDS}
        st.button(
            _("Keep z₁'s noise, draw z₂ anew"), key="hierarchy.anew2", icon=":material/lock:",
            on_click=state.put, kwargs=anew,
        )  # fmt: skip
    net = network(NAME)
    if net is None:
        without()
        return
    draws = drawn(stamp(net), seed2, seed1, wide_top, wide_low, net)
    grid = sprite.film(draws.pictures[None])
    told = _(
        "Rows: {rows} draws of z₂. Columns: {columns} draws of z₁'s noise. With z₂ kept, the "
        "pictures of a row vary by {across:.3f} of full ink per pixel on average; with z₁'s noise "
        "kept, those of a column vary by {down:.3f}."
    ).format(rows=figures.ROWS, columns=figures.COLUMNS, across=draws.across, down=draws.down)
    with picture:
        strip(
            grid, key="hierarchy.grid", names=[""], film=_("Pictures"), invert=True, size=504,
            summaries=[_("One row per z₂, numbered as below; along a row only z₁ changes.")],
        )  # fmt: skip
        stage(figures.layers(draws), key="hierarchy.stage", summary=told)
    words = _("kept"), _("-noise kept")
    lesson.equation(
        r"p(\data{x}, \model{z_1}, \latent{z_2}) = p(\data{x}\mid \model{z_1})\,"
        r"p(\model{z_1}\mid \latent{z_2})\,p(\latent{z_2})",
        rf"\model{{\sigma(\data{{x}}\mid \latent{{z_2}}\ \text{{{words[0]}}}) = "
        rf"{draws.across:.3f}}}",
        rf"\latent{{\sigma(\data{{x}}\mid \model{{z_1}}\text{{{words[1]}}}) = {draws.down:.3f}}}",
    )
    lesson.tasks({"twins": draws.across < 1e-4 and draws.down > 0.05})
    lesson.checked(lambda: compare_draws(draws, net))
    lesson.offer(
        lambda: {
            "row": np.repeat(np.arange(1, figures.ROWS + 1), figures.COLUMNS),
            "column": np.tile(np.arange(1, figures.COLUMNS + 1), figures.ROWS),
            **{f"z1_{k + 1}": draws.z1[:, :, k].ravel() for k in range(draws.z1.shape[2])},
        },
        lambda: (
            IMPORTS + f"draws = hierarchy.draw(net, {seed2}, {seed1}, {wide_top!r}, {wide_low!r})\n"
            "figure = hierarchy.layers(draws)"
        ),
    )


@st.cache_data(max_entries=64, show_spinner=False)
def drawn(
    identity: str, top: int, low: int, wide_top: float, wide_low: float, _net: Network
) -> figures.Draws:
    return figures.draw(_net, top, low, wide_top, wide_low)


def compare_draws(draws: figures.Draws, net: Network) -> list[Check]:
    """The variation of a row by hand, and p(z1|z2) from many draws."""
    flat = draws.pictures.reshape(figures.ROWS, figures.COLUMNS, -1).astype(float)
    squares = (flat**2).mean(axis=1) - flat.mean(axis=1) ** 2
    noise = np.random.default_rng(0).normal(size=(100_000, 1))
    many = draws.means[0, :1] + draws.stds[0, :1] * noise
    return [
        Check(_("Variation within a row"), draws.across, _("From mean and mean square"),
              float(np.sqrt(squares.clip(0)).mean())),
        Check(_("Standard deviation of the first z₁, row 1"), float(draws.stds[0, 0]),
              _("Of 100,000 draws"), float(many.std())),
    ]  # fmt: skip


# ---- one drawing, up and down ------------------------------------------------------------------


def show_journey(picture, panel) -> None:  # noqa: ANN001
    with panel:
        begins = {"digit": _("A digit"), "yours": _("Your drawing")}
        kind = controls.choice("start", _("Start from"), begins, "digit")
        sketch = None
        if kind == "yours":
            sketch = digitpad(
                st.session_state.get(DRAWN), key="hierarchy.pad", label=_("Draw a digit")
            )
            st.session_state[DRAWN] = sketch
            if centred(sketch) is None:
                sketch = None
                st.info(_("The paper is still blank; until you draw, this is a seven."))
        else:
            which = controls.whole("digit", _("Which digit"), 0, 9, 3)
        with lesson.more():
            seed = controls.seed()
    net = network(NAME)
    if net is None:
        without()
        return
    which = 7 if kind == "yours" else which
    x = pen.digit(which) if sketch is None else centred(sketch)
    way = travelled(stamp(net), np.asarray(x, dtype=float).tobytes(), seed, net)
    told = _(
        "Rebuilding costs {reconstruction:.2f} nats. What the picture says of z₁ beyond what z₂ "
        "expects costs {lower:.2f} nats, what z₁ says of z₂ {upper:.2f}. The bound is {bound:.2f} "
        "nats."
    ).format(
        reconstruction=-way.reconstruction, lower=way.kl_lower, upper=way.kl_upper,
        bound=way.bound,
    )  # fmt: skip
    with picture:
        strip(
            sprite.film(way.pictures[None, None]), key="hierarchy.chain", names=[""],
            film=_("Pictures"), invert=True, size=504,
            summaries=[_("From left to right: the digit x; rebuilt from z₁; from the z₁ that z₂ "
                         "expects; and from three draws of z₁ that z₂ allows.")],
        )  # fmt: skip
        stage(figures.terms(way), key="hierarchy.terms", summary=told)
    lesson.equation(
        r"\log p(\data{x}) \ge \underbrace{\log p(\data{x}\mid \model{z_1})}_{"
        rf"{way.reconstruction:.2f}}} - \underbrace{{\mathrm{{KL}}\big(q(\model{{z_1}}\mid "
        r"\data{x})\,\|\,p(\model{z_1}\mid \latent{z_2})\big)}_{"
        rf"{way.kl_lower:.2f}}} - \underbrace{{\mathrm{{KL}}\big(q(\latent{{z_2}}\mid "
        rf"\model{{z_1}})\,\|\,p(\latent{{z_2}})\big)}}_{{{way.kl_upper:.2f}}} "
        rf"= \mathbf{{{way.bound:.2f}}}"
    )
    lesson.tasks({})
    lesson.checked(lambda: compare_journey(way))
    lesson.offer(
        lambda: {
            "q_z1_mean": way.q[0], "q_z1_std": way.q[1], "p_z1_mean": way.p[0],
            "p_z1_std": way.p[1], "q_z2_mean": way.upper[0], "q_z2_std": way.upper[1],
        },
        lambda: IMPORTS + journey_script(sketch, which, seed),
    )  # fmt: skip


@st.cache_data(max_entries=64, show_spinner=False)
def travelled(identity: str, pixels: bytes, seed: int, _net: Network) -> figures.Journey:
    return figures.travel(_net, np.frombuffer(pixels).reshape(28, 28), seed)


def compare_journey(way: figures.Journey) -> list[Check]:
    """Both KLs as means of log ratios over draws."""
    from scipy.stats import norm

    noise = np.random.default_rng(0).normal(size=(100_000, len(way.q[0])))
    z1 = way.q[0] + way.q[1] * noise
    lower = (norm.logpdf(z1, *way.q) - norm.logpdf(z1, *way.p)).sum(axis=1).mean()
    z2 = way.upper[0] + way.upper[1] * noise[:, : len(way.upper[0])]
    upper = (norm.logpdf(z2, *way.upper) - norm.logpdf(z2)).sum(axis=1).mean()
    oracle = _("Mean over 100,000 draws, scipy.stats.norm")
    return [
        Check(_("KL of z₁ (nats)"), way.kl_lower, oracle, float(lower)),
        Check(_("KL of z₂ (nats)"), way.kl_upper, oracle, float(upper)),
    ]


def journey_script(sketch: np.ndarray | None, which: int, seed: int) -> str:
    if sketch is None:
        lines = [f"x = pen.digit({which})"]
    else:
        lines = [
            "import base64\n\nimport numpy as np\n",
            "from explorer.data.drawing import centred\n",
            f'pixels = base64.b64decode("{encoded(sketch)}")',
            "x = centred(np.frombuffer(pixels, dtype=np.uint8).reshape(28, 28) / 255)",
        ]
    lines.append(f"figure = hierarchy.terms(hierarchy.travel(net, x, {seed}))")
    return "\n".join(lines)


# ---- many layers -------------------------------------------------------------------------------


def show_chain(picture, panel) -> None:  # noqa: ANN001
    with panel:
        layers = controls.steps("layers", _("Layers T"), list(noising.LAYERS), 10)
        share = controls.slider("done", _("Way gone t/T"), 0.0, 1.0, 0.1, 0.01)
        with lesson.more():
            z = controls.slider("z", _("Value of the pixel after layer t"), -3, 3, 0.1, 0.05)
            seed = controls.seed()
            which = controls.whole("digit", _("Which digit"), 0, 9, 3)
    t = min(max(round(share * layers), 1), layers)
    totals = all_totals()
    here = shortfall(layers)
    stops = np.unique(np.linspace(0, layers, min(layers + 1, FILM)).round().astype(int))
    now = int(np.abs(stops - t).argmin())
    told = _(
        "After {t} of {layers} layers {kept:.3f} of the signal's variance is left. From zₜ = "
        "{z:.2f} the best single bell misses the way back by {miss:.3f} nats. Over the whole chain "
        "bells miss {total:.3f} nats per pixel."
    ).format(
        t=t, layers=layers, kept=noising.kept(layers, t), z=z, total=here.total,
        miss=noising.miss(noising.way_back(layers, t, z)),
    )  # fmt: skip
    grip = Handle("z", z, 0.0, _("Value of the pixel after layer t"), MAGENTA, "x", "diamond",
                  (-3, 3, 0, 9), (0.05, 0.05))  # fmt: skip
    with picture:
        strip(
            noising_film(layers, which, seed), key="hierarchy.film", film="t", start=now,
            names=[_("= {t} of {layers}").format(t=s, layers=layers) for s in stops], invert=True,
            size=168, summaries=[tell_noise(layers, int(s)) for s in stops],
            on_settle=lambda i: state.put(done=round(int(stops[i]) / layers, 2)),
        )  # fmt: skip
        stage(
            figures.chain(layers, t, z, totals), key="hierarchy.steps", summary=told,
            handles=[grip], on_move=lambda _name, x, _y: state.put(z=round(20 * x) / 20),
        )  # fmt: skip
    a, left = noising.kept(layers, 1), noising.kept(layers, t)
    lesson.equation(
        rf"q(\latent{{z_t}}\mid \data{{x}}) = \mathcal N\big(\sqrt{{\bar\alpha_t}}\,\data{{x}},\ "
        rf"1-\bar\alpha_t\big) = \mathcal N\big({np.sqrt(left):.3f}\,\data{{x}},\ "
        rf"{1 - left:.3f}\big),\qquad \bar\alpha_t = {a:.4f}^{{{t}}}",
        rf"\sum_{{t=1}}^{{{layers}}} \mathrm{{KL}}\big(\truth{{p(z_{{t-1}}\mid z_t)}}\,\|\,"
        rf"\model{{\text{{{_('bell')}}}}}\big) = \mathbf{{{here.total:.4f}}}\ \text{{nats}}",
    )
    leap = lesson.seen("leap", here.total > 1)
    lesson.tasks(
        {"half": layers >= 10 and abs(left - 0.5) < 0.08, "leap": leap and here.total < 0.05}
    )
    lesson.checked(lambda: compare_chain(layers, t, z))
    lesson.offer(
        lambda: {
            "t": np.arange(1, layers + 1),
            "signal_left": np.array([noising.kept(layers, s) for s in range(1, layers + 1)]),
            "missed_nats": np.array(here.steps), "T": np.array(noising.LAYERS),
            "missed_in_all_nats": np.array(totals),
        },
        lambda: (
            "from explorer.figures import hierarchy\nfrom explorer.metrics import noising\n\n"
            "totals = [noising.shortfall(layers).total for layers in noising.LAYERS]\n"
            f"figure = hierarchy.chain({layers}, {t}, {z!r}, totals)"
        ),
    )  # fmt: skip


@st.cache_data(max_entries=16, show_spinner=False)
def shortfall(layers: int) -> noising.Shortfall:
    return noising.shortfall(layers)


@st.cache_data(max_entries=1, show_spinner=False)
def all_totals() -> tuple[float, ...]:
    return tuple(shortfall(layers).total for layers in noising.LAYERS)


@st.cache_data(max_entries=64, show_spinner=False)
def noising_film(layers: int, which: int, seed: int) -> sprite.Sprite:
    """The digit after each of at most FILM layers, always with the same noise; grey is zero."""
    x = 2 * pen.digit(which) - 1
    noise = np.random.default_rng(seed).normal(size=x.shape)
    stops = np.unique(np.linspace(0, layers, min(layers + 1, FILM)).round().astype(int))
    frames = [noising.noised(x, layers, int(s), noise) for s in stops]
    return sprite.film((np.stack(frames) + 2) / 4)


def tell_noise(layers: int, t: int) -> str:
    """One picture of the noising film in words."""
    return _("After {t} of {layers} layers: {kept:.3f} of the signal's variance is left.").format(
        t=t, layers=layers, kept=noising.kept(layers, t)
    )


def compare_chain(layers: int, t: int, z: float) -> list[Check]:
    """One step at a time against the closed form, and the miss by adaptive quadrature."""
    from scipy.integrate import quad

    a, rng = noising.kept(layers, 1), np.random.default_rng(0)
    x = np.ones(200_000)
    for _step in range(t):
        x = np.sqrt(a) * x + np.sqrt(1 - a) * rng.normal(size=x.shape)
    exact = noising.way_back(layers, t, z)
    bell = exact.moments()

    def integrand(value: float) -> float:
        log_p = exact.log_prob(np.array([value]))[0]
        return float(np.exp(log_p) * (log_p - bell.log_prob(np.array([value]))[0]))

    middles = [float(m) for m in exact.means[:, 0]]
    oracle = quad(integrand, -6, 6, points=middles, limit=300)[0]
    return [
        Check(_("Standard deviation of zₜ for ink"), float(np.sqrt(1 - noising.kept(layers, t))),
              _("200,000 pixels noised layer by layer"), float(x.std())),
        Check(_("Miss of the best bell (nats)"), noising.miss(exact), "scipy.integrate.quad",
              float(oracle)),
    ]  # fmt: skip


VIEWS = {"draws": show_draws, "journey": show_journey, "chain": show_chain}


def keep() -> None:
    """The settings of every view stay in the address, whichever is open."""
    for name, default, low, high in (
        ("low", 1.0, 0, 2), ("top", 1.0, 0, 2), ("done", 0.1, 0, 1), ("z", 0.1, -3, 3),
    ):  # fmt: skip
        controls.hidden(name, default, number(low, high))
    for name, default, high in (
        ("seed1", 0, SEEDS - 1), ("seed2", 0, SEEDS - 1), ("digit", 3, 9), ("seed", 0, 999_999),
    ):  # fmt: skip
        controls.hidden(name, default, integer(0, high))
    controls.hidden("layers", 10, one_of(noising.LAYERS))
    controls.hidden("start", "digit", one_of(("digit", "yours")))


@lesson.live
def act() -> None:
    picture, panel = lesson.columns()
    keep()
    with panel:
        titles = {"draws": _("Two layers"), "journey": _("One digit"), "chain": _("More layers")}
        view = controls.choice("view", _("Look at"), titles, "draws")
    VIEWS[view](picture, panel)


lesson.predict(
    {
        "keep": lambda: state.put(view="draws", low=1.0, top=1.0, seed1=1, seed2=0),
        "small-steps": lambda: state.put(view="chain", layers=100, done=0.1, z=0.1),
    }
)
lesson.closing(figures.draw, figures.kl, noising.noised, noising.way_back, noising.expected_miss)
