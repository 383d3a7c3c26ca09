"""`beta`: what happens when the code has a price, and directions in it that mean something."""

from itertools import pairwise

import numpy as np
import streamlit as st

from explorer.components.digitpad import digitpad, encoded
from explorer.components.filmstrip import strip
from explorer.components.stage import Handle, stage
from explorer.data import pen
from explorer.data.drawing import centred
from explorer.figures import beta as figures
from explorer.figures import sprite, theme
from explorer.i18n import _
from explorer.inference import Network
from explorer.metrics import strokes
from explorer.metrics.directions import STEPS, Directions, Walk, regress, walk
from explorer.ui.frame import Check, Lesson
from explorer.ui.networks import network
from explorer.ui.state import integer, number, one_of

lesson = Lesson("beta")
lesson.opening()
controls, state = lesson.controls, lesson.state

DRAWN = "beta.drawn"  # the learner's drawing, kept while other pages are open
MAGENTA = theme.ROLES["condition"][0]
SAMPLES = 1000  # pictures from the prior on which directions are measured


def drawing() -> np.ndarray | None:
    """The learner's digit in the shape of MNIST's, or None while the paper is blank."""
    found = digitpad(st.session_state.get(DRAWN), key="beta.pad", label=_("Draw a digit"))
    st.session_state[DRAWN] = found
    return centred(found)


def blank_paper() -> np.ndarray:
    """What stands in while nothing has been drawn."""
    st.info(_("The paper is still blank; until you draw, this is a seven."))
    return pen.digit(7)


def noise(seed: int, count: int, latents: int) -> np.ndarray:
    """Draws from the prior N(0, I), (count, latents)."""
    return np.random.default_rng(seed).normal(size=(count, latents))


def stamp(net: Network) -> str:
    """The same for the same weights: the key of caches."""
    return net.card["weights"]["sha256"]


# ---- the ladder --------------------------------------------------------------------------------


def show_ladder(picture, panel) -> None:  # noqa: ANN001
    found = {beta: network(figures.checkpoint(beta)) for beta in figures.BETAS}
    nets = {beta: net for beta, net in found.items() if net is not None}
    if not nets:
        st.info(_("Without a trained network there is no ladder to show."))
        lesson.tasks({})
        return
    betas = list(nets)
    shown = {
        "digits": _("Ten digits"), "yours": _("Your drawing"),
        "new": _("New digits"),
    }  # fmt: skip
    with panel:
        price = controls.steps("rung", _("Price β of the code"), betas, first_rung(betas))
        kind = controls.choice("show", _("Pictures"), shown, "digits")
        digit = drawing() if kind == "yours" else None
        if kind == "yours" and digit is None:
            digit = blank_paper()
        seed = 0
        if kind != "digits":  # they come back from the mean of their codes: nothing is drawn
            with lesson.more():
                seed = controls.seed()
    rungs = [figures.rung(beta, net.card["metrics"]) for beta, net in nets.items()]
    chosen = betas.index(price)
    here = rungs[chosen]
    stamps = tuple(stamp(net) for net in nets.values())
    film = ladder_film(kind, b"" if digit is None else digit.tobytes(), seed, stamps, nets)
    with picture:
        stage(figures.ladder(rungs, chosen), key="beta.stage", summary=tell(here))
        strip(
            film, key="beta.film", names=[f"= {beta:g}" for beta in betas], film="β",
            summaries=[tell_film(kind, each) for each in rungs], start=chosen, invert=True,
            on_settle=lambda index: state.put(rung=betas[index]), interval=900,
        )  # fmt: skip
    lesson.equation(
        r"\underbrace{\data{-\log p(x\mid z)}}_{D} + \condition{\beta}\,"
        r"\underbrace{\latent{\mathrm{KL}\big(q(z\mid x)\,\|\,p(z)\big)}}_{R}"
        rf" = \data{{{here.distortion:.2f}}} + \condition{{{here.beta:g}}}\cdot"
        rf"\latent{{{here.rate:.2f}}} = {here.cost(here.beta):.2f}",
        rf"\model{{\mathrm{{ELBO}}}} = -D - R = \model{{{here.bound:.2f}}}\ \text{{nats}}"
        rf",\qquad \text{{{_('active')}}}\ {here.active}\,/\,{len(here.latents)}",
    )
    best = max(each.bound for each in rungs)
    dead = lesson.seen("collapsed", here.active <= 1)
    lesson.tasks({"collapse": dead and here.bound > best - 1})
    lesson.checked(lambda: compare_ladder(rungs, chosen, nets[price]))
    lesson.offer(
        lambda: {
            "beta": np.array(betas, dtype=float),
            "reconstruction_nats": np.array([-each.distortion for each in rungs]),
            "KL_nats": np.array([each.rate for each in rungs]),
            "ELBO_nats": np.array([each.bound for each in rungs]),
            "active_latents": np.array([each.active for each in rungs]),
            f"KL_per_latent_at_beta_{price:g}": np.array(here.latents),
        },
        lambda: (
            "from explorer.checkpoints import read_card\nfrom explorer.figures import beta\n\n"
            f"betas = {betas!r}\n"
            'cards = [read_card(beta.checkpoint(price))["metrics"] for price in betas]\n'
            "rungs = [beta.rung(price, card) for price, card in zip(betas, cards, strict=True)]\n"
            f"figure = beta.ladder(rungs, {chosen})"
        ),
    )


def first_rung(betas: list[float]) -> float:
    """The plain VAE, or what is left in the middle of the ladder."""
    return 1 if 1 in betas else betas[len(betas) // 2]


@st.cache_data(max_entries=32, show_spinner=False)
def ladder_film(kind: str, digit: bytes, seed: int, stamps: tuple, _nets: dict) -> sprite.Sprite:
    """One frame per rung. `digit` holds the drawing's pixels; `stamps` stand for the networks."""
    nets = list(_nets.values())
    if kind == "new":
        z = noise(seed, 20, nets[0].card["config"]["latents"])
        grids = [net.decode(z).reshape(4, figures.COLUMNS, 28, 28) for net in nets]
        return sprite.film(np.stack(grids))
    if kind == "yours":
        return drawn_film(np.frombuffer(digit).reshape(1, 784), seed, nets)
    digits = np.stack([pen.digit(k) for k in range(10)]).reshape(10, 784)
    return figures.rebuilt(digits, [net.decode(net.encode(digits)[0]) for net in nets])


def drawn_film(x: np.ndarray, seed: int, nets: list) -> sprite.Sprite:
    """The drawing, and beside it what comes back from four draws of z from q(z|x)."""
    rows = []
    for net in nets:
        mean, std = net.encode(x)
        z = mean + std * noise(seed, figures.COLUMNS - 1, mean.shape[1])
        rows.append(np.concatenate([x, net.decode(z)]).reshape(1, figures.COLUMNS, 28, 28))
    return sprite.film(np.stack(rows))


def tell(here: figures.Rung) -> str:
    """A rung in words."""
    text = _(
        "β = {beta:g}: rebuilding a digit costs {distortion:.2f} nats and its code {rate:.2f} "
        "nats, so the bound is {bound:.2f} nats. {active} of {all} latents are active, {dead} have "
        "collapsed."
    ).format(
        beta=here.beta, distortion=here.distortion, rate=here.rate, bound=here.bound,
        active=here.active, all=len(here.latents), dead=len(here.latents) - here.active,
    )  # fmt: skip
    if here.active <= 1:
        text += " " + _(
            "This is posterior collapse: the code says next to nothing about the picture, and the "
            "decoder paints the average of all digits."
        )
    return text


def tell_film(kind: str, here: figures.Rung) -> str:
    """One frame of the film in words."""
    text = {
        "digits": _("β = {beta:g}: below each row of digits, what comes back through {active} "
                    "active latents."),
        "yours": _("β = {beta:g}: your drawing, then four pictures from four draws of its code, "
                   "{active} latents active."),
        "new": _("β = {beta:g}: the same twenty draws of z at every rung, {active} latents "
                 "active."),
    }[kind]  # fmt: skip
    return text.format(beta=here.beta, active=here.active)


def compare_ladder(rungs: list[figures.Rung], chosen: int, net: Network) -> list[Check]:
    """The card against itself, the order of the rungs, and one KL by another road."""
    here = rungs[chosen]
    falls = sum(a.rate > b.rate for a, b in pairwise(rungs))
    x = pen.digit(7).reshape(1, 784)
    mean, std = net.encode(x)
    closed = float(0.5 * (mean**2 + std**2 - 1 - 2 * np.log(std)).sum())
    e = noise(0, 100_000, mean.shape[1])
    z = mean + std * e  # log q(z|x) - log p(z), averaged over draws from q
    drawn = float((0.5 * (z**2 - e**2) - np.log(std)).sum(axis=1).mean())
    return [
        Check(_("Steps up the ladder at which the KL falls"), float(falls),
              _("All steps there are"), float(len(rungs) - 1)),
        Check(_("KL of this rung (nats)"), here.rate, _("Sum over its latents"),
              sum(here.latents)),
        Check(_("KL of the seven, in closed form (nats)"), closed,
              _("Mean over 100,000 draws of z"), drawn),
    ]  # fmt: skip


# ---- directions --------------------------------------------------------------------------------


def show_directions(picture, panel) -> None:  # noqa: ANN001
    with panel:
        name = controls.choice("attribute", _("Change the"), figures.names(), "slant")
        begins = {"digit": _("A digit"), "yours": _("Your drawing"), "new": _("A new digit")}
        kind = controls.choice("start", _("Start from"), begins, "digit")
        digit = drawing() if kind == "yours" else None
        if kind == "yours" and digit is None:
            digit = blank_paper()
        with lesson.more():
            amount = controls.slider("amount", _("Step along the direction t"), -4, 4, 0, 0.25)
            alone = controls.toggle("hold", _("Hold the other two still"))
            which = controls.whole("digit", _("Which digit"), 0, 9, 7) if kind == "digit" else 7
            seed = controls.seed()
    net = network(figures.checkpoint(1))
    if net is None:
        st.info(_("Directions need this one network. The ladder shows the others."))
        lesson.tasks({})
        return
    digit = pen.digit(which) if kind == "digit" else digit
    order = list(strokes.MEASURES).index(name)
    found = directions(stamp(net), seed, net)
    pixels = b"" if kind == "new" else np.asarray(digit, dtype=float).tobytes()
    way, film = walked(stamp(net), seed, pixels, order, alone, net)
    index = int(np.abs(STEPS - amount).argmin())
    with picture:
        strip(
            film, key="beta.walk", names=[f"= {t:+.2f}" for t in STEPS], film="t", start=index,
            summaries=[tell_step(way, i) for i in range(len(STEPS))], invert=True, size=196,
            on_settle=lambda i: state.put(amount=float(STEPS[i])),
        )  # fmt: skip
        values = np.nan_to_num(way.values[:, order])
        grip = Handle("amount", STEPS[index], values[index], _("Step along the direction t"),
                      MAGENTA, "x", "diamond", (-4, 4, -999, 999), (0.25, 0.25))  # fmt: skip
        stage(
            figures.effect(way, float(STEPS[index])), key="beta.effect", handles=[grip],
            summary=tell_walk(way, found, index),
            on_move=lambda _name, x, _y: state.put(amount=round(4 * x) / 4),
        )  # fmt: skip
    lesson.equation(*walk_formulas(way, found, index))
    stray = float(np.delete(np.abs(way.slopes / way.spread), order).sum())
    leaned = abs(float(np.nan_to_num(np.diff(way.values[[16, index], 0])[0])))
    thicker = order == 1 and amount >= 2
    strayed = lesson.seen("strayed", thicker and not alone and stray > 0.1)
    lesson.tasks(
        {"lean": order == 0 and leaned >= 20, "still": strayed and thicker and stray < 0.1}
    )
    lesson.checked(lambda: compare_directions(way, found, seed, net))
    sketch = st.session_state.get(DRAWN) if kind == "yours" else None  # not there at export time
    sketch = None if centred(sketch) is None else sketch
    lesson.offer(
        lambda: {"t": STEPS, **dict(zip(strokes.MEASURES, way.values.T, strict=True)),
                 "promised": way.promised},
        lambda: walk_script(kind, sketch, which, seed, order, alone, index),
    )  # fmt: skip


@st.cache_data(max_entries=16, show_spinner=False)
def directions(identity: str, seed: int, _net: Network) -> Directions:
    """Measured on pictures drawn from the prior."""
    z = noise(seed, SAMPLES, _net.card["config"]["latents"])
    return regress(z, strokes.measure(_net.decode(z).reshape(-1, 28, 28)))


@st.cache_data(max_entries=64, show_spinner=False)
def walked(
    identity: str, seed: int, pixels: bytes, which: int, alone: bool, _net: Network
) -> tuple[Walk, sprite.Sprite]:
    """The walk from a picture, or from a draw of the prior if there are no pixels."""
    if pixels:
        begin = _net.encode(np.frombuffer(pixels).reshape(1, 784))[0][0]
    else:
        begin = noise(seed, 1, _net.card["config"]["latents"])[0]
    way = walk(_net.decode, begin, directions(identity, seed, _net), which, alone)
    return way, sprite.film(way.pictures)


def tell_step(way: Walk, index: int) -> str:
    """One picture of the walk, measured."""
    if not np.isfinite(way.values[index]).all():
        return _("t = {t:+.2f}: no ink is left to measure.").format(t=STEPS[index])
    slant, thick, wide = way.values[index]
    return _(
        "t = {t:+.2f}: slant {slant:.1f}°, thickness {thick:.2f} px, width {wide:.1f} px."
    ).format(t=STEPS[index], slant=slant, thick=thick, wide=wide)


def tell_walk(way: Walk, found: Directions, index: int) -> str:
    """The measured effect of the direction, and what else moved."""
    name, unit = list(figures.names().values())[way.which], units()[way.which]
    others = [
        _("{name} by {slope:+.2f} {unit}").format(
            name=list(figures.names().values())[i],
            slope=round(way.slopes[i], 2) + 0.0,
            unit=units()[i],
        )
        for i in range(3)
        if i != way.which
    ]
    effect = _(
        "Each step along the direction changes the {name} by {slope:+.2f} {unit} (R² = {share:.2f} "
        "for a straight line), and along with it {first} and {second}."
    ).format(
        name=name, slope=way.slopes[way.which], unit=unit, share=way.share, first=others[0],
        second=others[1],
    )  # fmt: skip
    return f"{tell_step(way, index)} {effect}"


def units() -> list[str]:
    return [unit for _measure, unit in strokes.MEASURES.values()]


def walk_formulas(way: Walk, found: Directions, index: int) -> tuple[str, str]:
    """The promise of the regression and what was measured, at the current step."""
    name = rf"\text{{{list(figures.names().values())[way.which]}}}"
    unit = {"°": r"^\circ", "px": r"\,\text{px}"}[units()[way.which]]
    read = rf"\text{{{_('measured')}}}\ "
    promise = (way.promised[-1] - way.promised[0]) / 8
    start, now = np.nan_to_num(way.values[[16, index], way.which])
    return (
        rf"{name}\big(\latent{{z}} + \condition{{t}}\,\latent{{u}}\big) \approx "
        rf"{start:.1f}{unit} + \condition{{{STEPS[index]:.2f}}}\cdot {promise:.2f}{unit} = "
        rf"{way.promised[index]:.1f}{unit},\qquad \model{{{read}{now:.1f}{unit}}}",
        rf"R^2_{{\text{{regression}}}} = {found.share[way.which]:.2f},\qquad "
        rf"\model{{{read}{way.slopes[way.which]:+.2f}{unit}}}\,/\,\condition{{t}}",
    )


def compare_directions(way: Walk, found: Directions, seed: int, net: Network) -> list[Check]:
    """The regression by numpy's least squares, and the slope by its polynomial fit."""
    z = noise(seed, SAMPLES, net.card["config"]["latents"])
    a = strokes.measure(net.decode(z).reshape(-1, 28, 28))
    kept = np.isfinite(a).all(axis=1)
    theirs = np.linalg.lstsq(np.column_stack([z, np.ones(SAMPLES)])[kept], a[kept], rcond=None)[0]
    good = np.isfinite(way.values[:, way.which])
    fit = np.polyfit(STEPS[good], way.values[good, way.which], 1)[0] if good.sum() > 1 else 0.0
    length = float(np.linalg.norm(found.weights[:, way.which]))
    oracle = float(np.linalg.norm(theirs[:-1, way.which]))
    return [
        Check(_("Change per unit of latent space, by regression"), length, "numpy.linalg.lstsq",
              oracle),
        Check(_("Slope of the measured curve"), float(way.slopes[way.which]), "numpy.polyfit",
              float(fit)),
    ]  # fmt: skip


def walk_script(
    kind: str, sketch: np.ndarray | None, which: int, seed: int, order: int, alone: bool, index: int
) -> str:
    """The same walk, from the weights on."""
    lines = ["import base64\n" if kind == "yours" else "", "import numpy as np\n"]
    lines.append("from explorer import inference\nfrom explorer.data import pen")
    lines.append("from explorer.data.drawing import centred")
    lines.append("from explorer.figures import beta")
    lines.append("from explorer.metrics.directions import STEPS, regress, walk")
    lines.append("from explorer.metrics.strokes import measure\n")
    lines.append('net = inference.load("vae16-mnist")')
    lines.append(f"z = np.random.default_rng({seed}).normal(size=({SAMPLES}, 16))")
    lines.append("found = regress(z, measure(net.decode(z).reshape(-1, 28, 28)))")
    if kind == "new":
        lines.append(f"start = np.random.default_rng({seed}).normal(size=(1, 16))[0]")
    elif sketch is not None:
        lines.append(f'pixels = base64.b64decode("{encoded(sketch)}")')
        lines.append("drawing = np.frombuffer(pixels, dtype=np.uint8).reshape(28, 28) / 255")
        lines.append("start = net.encode(centred(drawing).reshape(1, 784))[0][0]")
    else:
        lines.append(f"start = net.encode(pen.digit({which}).reshape(1, 784))[0][0]")
    lines.append(f"way = walk(net.decode, start, found, {order}, {alone})")
    lines.append(f"figure = beta.effect(way, float(STEPS[{index}]))")
    return "\n".join(lines)


def keep() -> None:
    """The settings of every view stay in the address, whichever is open."""
    choices = {
        "rung": (1, figures.BETAS), "show": ("digits", ("digits", "yours", "new")),
        "attribute": ("slant", tuple(strokes.MEASURES)),
        "start": ("digit", ("digit", "yours", "new")),
        "hold": (False, (True, False)),
    }  # fmt: skip
    for name, (default, options) in choices.items():
        controls.hidden(name, default, one_of(options))
    controls.hidden("amount", 0.0, number(-4, 4))
    controls.hidden("digit", 7, integer(0, 9))
    controls.hidden("seed", 0, integer(0, 999_999))


@lesson.live
def act() -> None:
    picture, panel = lesson.columns()
    keep()
    with panel:
        views = {"ladder": _("Ladder"), "directions": _("Directions")}
        view = controls.choice("view", _("Look at"), views, "ladder")
    {"ladder": show_ladder, "directions": show_directions}[view](picture, panel)


lesson.predict(
    {
        "price": lambda: state.put(view="ladder", rung=30, show="digits"),
        "narrow": lambda: state.put(
            view="directions", attribute="width", start="digit", digit=7, amount=-4.0, hold=False
        ),
    }
)
lesson.closing(strokes.moments, strokes.slant, strokes.thickness, strokes.width, regress, walk)
