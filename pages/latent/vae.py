"""`vae`: a plane of latents with a prior; the encoder's guess beside the exact posterior."""

import base64

import numpy as np
import streamlit as st

from explorer import i18n
from explorer.components.filmstrip import plane, strip
from explorer.components.stage import stage
from explorer.figures import sprite
from explorer.figures import vae as figures
from explorer.figures import vae_words as words
from explorer.i18n import _
from explorer.inference import Network, quadrature
from explorer.models.geometry import way
from explorer.training import small_vae
from explorer.ui import picture as pictures
from explorer.ui.frame import Check, Lesson
from explorer.ui.live_training import live_training, rest
from explorer.ui.networks import network
from explorer.ui.state import integer, number, one_of

lesson = Lesson("vae")
lesson.opening()
controls, state = lesson.controls, lesson.state

REACH = 3.4  # the plane shown: 99.9 % of the prior along each axis
TILES = (24, 24)
STEPS = 17  # pictures on the way between two
END = 999  # the frame that means "the newest"
DRAWS = 100  # of z, the most that are shown
NAMES = {"mnist": _("Digits (MNIST)"), "fashion": _("Clothes (Fashion-MNIST)")}


@st.cache_data(max_entries=8, show_spinner=_("The plane is being painted…"))
def sheet(name: str, stamp: str) -> sprite.Sprite:
    """The decoder over the whole plane, as one sheet."""
    coder = network(name)
    assert coder is not None
    places = sprite.cells((-REACH, REACH), (-REACH, REACH), TILES)
    return sprite.mosaic(coder.decode(places).reshape(*TILES, 28, 28))


@st.cache_data(max_entries=64, show_spinner=False)
def seen(name: str, stamp: str, x: np.ndarray, seed: int) -> dict:
    """Everything the page says of one picture: guess, draws from it, terms, exact posterior."""
    coder = network(name)
    assert coder is not None
    mean, std = (value[0] for value in coder.encode(x[None]))
    noise = np.random.default_rng(seed).standard_normal((DRAWS, len(mean)))
    z = mean + std * noise  # (DRAWS, d)
    exact = coder.posterior(x)
    terms = figures.Terms(*coder.bound(x), exact.log_evidence)
    return {"mean": mean, "std": std, "z": z, "exact": exact, "terms": terms}


def thumbnails(shown: list[np.ndarray], names: list[str]) -> None:
    """Small pictures side by side, each with its name below and for screen readers."""
    parts = []
    for picture, name in zip(shown, names, strict=True):
        png = base64.b64encode(sprite.film(picture[None]).png).decode()
        look = "width:112px;max-width:100%;image-rendering:pixelated;display:block"
        image = f'<img alt="{name}" src="data:image/png;base64,{png}" style="{look}">'
        parts.append(f"<div>{image}<span>{name}</span></div>")
    st.html(f'<div style="display:flex;gap:1rem;font-size:0.9rem">{"".join(parts)}</div>')


def chosen_set() -> str:
    return controls.choice("set", _("Pictures of"), NAMES, "mnist")


def sitter(coder: Network, name: str, data: str) -> pictures.Picture:
    if data == "mnist":
        return pictures.choose(controls, "vae")
    which = controls.pick("cloth", _("Picture"), words.clothes(), "7")
    return pictures.painted(coder, name, int(which))


def script(*lines: str) -> str:
    head = ("import numpy as np", "", "from explorer import i18n, inference")
    tail = (
        "from explorer.figures import vae as figures",
        "from explorer.models.geometry import way",
        f"i18n.use({i18n.current()!r})",
        *lines,
    )
    return "\n".join((*head, *tail))


# ---- the plane ---------------------------------------------------------------------------------


def show_plane(picture, panel) -> None:  # noqa: ANN001
    with panel:
        data = chosen_set()
        name = f"vae2-{data}"
        coder = network(name)
        if coder is None:
            return
        guest = sitter(coder, name, data)
        both = st.container()
        more = lesson.more()
    with more:
        seed = controls.seed(0)
        shown = controls.steps("draws", _("Draws from q(z|x)"), [1, 5, 20, 100], 20)
        zx = controls.slider("zx", "z₁", -REACH, REACH, 0.9, 0.05)
        zy = controls.slider("zy", "z₂", -REACH, REACH, -0.6, 0.05)
    stamp = coder.card["weights"]["sha256"]
    found = seen(name, stamp, guest.x, seed)
    at = np.array([zx, zy])
    painted = coder.decode(at[None])[0].reshape(28, 28)
    codes = np.array(coder.card["codes"])
    back = coder.decode(found["mean"][None])[0]
    with both:
        pair = [guest.x.reshape(28, 28), back.reshape(28, 28)]
        thumbnails(pair, [_("picture"), _("decoded from μ")])
    with picture:
        plane(
            sheet(name, stamp),
            key=f"vae.{data}.plane",
            x_range=(-REACH, REACH),
            y_range=(-REACH, REACH),
            at=at,
            exact=painted,
            points=codes[:, :2],
            classes=codes[:, 2].astype(int),
            ellipse=(found["mean"], np.diag(found["std"] ** 2)),
            samples=found["z"][:shown],
            summary=words.plane(at, codes, NAMES[data]),
            on_settle=lambda x, y: state.put(zx=round(x, 3), zy=round(y, 3)),
            filename="vae_plane",
        )
        exact = found["exact"]
        stage(
            figures.guess(
                found["mean"], found["std"], exact.z1, exact.z2, exact.density,
                found["z"][:shown], found["terms"],
            ),
            key="vae.stage",
            summary=words.guess(guest.title, found),
            filename="vae_guess",
        )  # fmt: skip
    lesson.equation(*words.bound_formulas(found["terms"], found["mean"], found["std"]))
    lesson.tasks(finished(gap=data == "mnist" and found["terms"].gap > 5))
    lesson.checked(lambda: compare(coder, guest.x, found))
    lesson.offer(
        lambda: {"x": guest.x, "reconstruction at the mean of q": back},
        lambda: script(
            guest.code,
            f"network = inference.load({name!r})",
            "mean, std = (value[0] for value in network.encode(x[None]))",
            f"z = mean + std * np.random.default_rng({seed}).standard_normal(({DRAWS}, 2))",
            "exact = network.posterior(x)",
            "terms = figures.Terms(*network.bound(x), exact.log_evidence)",
            "area = exact.z1, exact.z2, exact.density",
            f"figure = figures.guess(mean, std, *area, z[:{shown}], terms)",
        ),
    )


def compare(coder: Network, x: np.ndarray, found: dict) -> list[Check]:
    """The KL by counting, the gap as a KL of its own, the posterior's mass."""
    mean, std, exact = (found[key] for key in ("mean", "std", "exact"))
    noise, weights = quadrature()
    z = mean + std * noise
    log_q = (-0.5 * noise**2 - np.log(std)).sum(1)  # less the 2 pi, which cancels
    many = float(weights @ (log_q + 0.5 * (z**2).sum(1)))
    cell = (exact.z1[1] - exact.z1[0]) * (exact.z2[1] - exact.z2[0])
    grid = np.stack(np.meshgrid(exact.z1, exact.z2), axis=-1)  # (n, n, 2)
    q = np.exp(-0.5 * (((grid - mean) / std) ** 2).sum(-1)) / (2 * np.pi * std.prod())
    safe = np.maximum(exact.density, 1e-300)
    gap = float((q * (np.log(np.maximum(q, 1e-300)) - np.log(safe))).sum() * cell)
    return [
        Check(_("KL(q ‖ prior) in nats"), found["terms"].kl, _("mean of log q − log p"), many),
        Check(_("log p(x) − ELBO in nats"), found["terms"].gap, "KL(q ‖ p(z|x))", gap),
        Check(_("Mass of q on the grid"), float(q.sum() * cell), _("must be"), 1.0),
    ]


# ---- between two pictures ----------------------------------------------------------------------


def show_between(picture, panel) -> None:  # noqa: ANN001
    with panel:
        ends = {str(k): str(k) for k in range(10)}
        ends |= {pictures.MINE: _("my drawing"), "draw": _("a draw from the prior")}
        first = controls.pick("from", _("From"), ends, "3")
        last = controls.pick("to", _("To"), ends, "8")
        ways = {"straight": _("straight"), "sphere": _("along the sphere")}
        manner = controls.choice("way", _("Way"), ways, "straight")
        more = lesson.more()
    with more:
        sizes = {"2": "2", "16": "16"}
        latents = int(controls.choice("latents", _("Latents"), sizes, "16"))
        seed = controls.seed(0) if "draw" in (first, last) else 0
    name = f"vae{latents}-mnist"
    coder = network(name)
    if coder is None:
        return
    z = [
        endpoint(coder, which, latents, seed + number) for number, which in enumerate((first, last))
    ]
    path = way(z[0], z[1], STEPS, manner == "sphere")
    frames = coder.decode(path).reshape(-1, 28, 28)
    with picture:
        strip(
            sprite.film(frames),
            key="vae.strip",
            names=[f"{100 * k // (STEPS - 1)} %" for k in range(STEPS)],
            film=_("share of the way"),
            summaries=words.way(path),
            start=state.values["share"],
            on_settle=lambda index: state.put(share=index),
            size=280,
            filename="vae_between",
        )
        stage(
            figures.between(path, latents),
            key="vae.stage",
            summary=words.between(path, latents),
            filename="vae_lengths",
        )
    lesson.equation(*words.way_formulas(z[0], z[1], manner == "sphere"))
    lesson.tasks(finished(sphere=manner == "sphere" and latents == 16))
    shortest = float(np.linalg.norm(path, axis=1).min())
    a, b, angle = (float(v) for v in words.triangle(z[0], z[1]))
    middle = np.sqrt(a * a + b * b + 2 * a * b * np.cos(angle)) / 2
    lesson.checked(
        lambda: [
            Check(_("‖z‖ half way, straight"), float(np.linalg.norm(z[0] + z[1]) / 2),
                  _("law of cosines"), float(middle)),
            Check(_("Shortest ‖z‖ on this way"), shortest, _("again from the list"),
                  min(float(np.sqrt((row**2).sum())) for row in path)),
        ]
    )  # fmt: skip
    lesson.offer(
        lambda: {f"z{i + 1}": path[:, i] for i in range(latents)},
        lambda: script(
            f"start, end = np.array({z[0].tolist()!r}), np.array({z[1].tolist()!r})",
            f"path = way(start, end, {STEPS}, {manner == 'sphere'})",
            f"pictures = inference.load({name!r}).decode(path).reshape(-1, 28, 28)",
            f"figure = figures.between(path, {latents})",
        ),
    )


def endpoint(coder: Network, which: str, latents: int, seed: int) -> np.ndarray:
    """The latent at one end: the mean of q for a picture, or a draw from the prior."""
    if which == "draw":
        return np.random.default_rng(seed).standard_normal(latents)
    x = mine() if which == pictures.MINE else pictures.example(int(which)).x
    return coder.encode(x[None])[0][0]


def mine() -> np.ndarray:
    from explorer.data import drawing

    found = drawing.centred(st.session_state.get(pictures.DRAWING))
    if found is None:
        st.info(_("You have not drawn yet: choose “my drawing” under “Plane” and draw."))
        return pictures.example(3).x
    return found.ravel()


# ---- one draw in steps -------------------------------------------------------------------------


def show_draw(picture, panel) -> None:  # noqa: ANN001
    with panel:
        mean = controls.slider("mu", "μ", -3.0, 3.0, 1.5, 0.1)
        std = controls.slider("sigma", "σ", 0.1, 2.0, 0.5, 0.05)
        more = lesson.more()
    with more:
        count = controls.steps("count", _("Draws"), [1, 3, 8, 20], 8)
        seed = controls.seed(0)
    noise = np.random.default_rng(seed).standard_normal(count)
    told = words.draw(mean, std, noise)
    with picture:
        stage(
            figures.draw(mean, std, noise),
            key="vae.stage",
            summary=told[state.values["frame"]],
            frame_summaries=told,
            film=_("step"),
            start=state.values["frame"],
            interval=1200,
            on_scrub=lambda index: state.put(frame=index),
            filename="vae_draw",
        )
    lesson.equation(*words.draw_formulas(mean, std, float(noise[0])))
    lesson.tasks(finished())
    nudge = 1e-6
    before, after = mean + std * noise[0], mean + (std + nudge) * noise[0]
    lesson.checked(
        lambda: [
            Check("∂z/∂σ", float(noise[0]), _("finite difference"), float(after - before) / nudge)
        ]
    )
    lesson.offer(
        lambda: {"noise": noise, "z": mean + std * noise},
        lambda: script(
            f"noise = np.random.default_rng({seed}).standard_normal({count})",
            f"figure = figures.draw({mean!r}, {std!r}, noise)",
        ),
    )


# ---- trained here ------------------------------------------------------------------------------


@st.cache_resource(max_entries=2, show_spinner=_("A first small VAE is being trained…"))
def first_run() -> list[small_vae.Record]:
    """The run with the default settings, so that there is something to see at once."""
    return list(small_vae.train())


def show_train(picture, panel) -> None:  # noqa: ANN001
    with panel:
        beta = controls.steps("beta", "β", [0.0, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0], 1.0)
        seed = controls.seed(0)
        records = live_training(
            "vae",
            lambda: small_vae.train(seed, beta),
            (seed, beta),
            lambda record: _("Update {step} of {steps}, ELBO {elbo:.2f} nats").format(
                step=record.step, steps=record.steps, elbo=record.reconstruction - record.kl
            ),
            lambda: (
                first_run() if (seed, beta) == (0, 1.0) else [next(small_vae.train(seed, beta))]
            ),
            on_start=lambda: state.put(at=END),
        )
    kept = [record for record in records if record.moment is not None]
    curve = np.array([(r.step, r.reconstruction, r.kl) for r in records])
    shown = figures.Lesson(
        np.array([record.step for record in kept]),
        np.stack([record.moment.codes for record in kept]),
        np.stack([record.moment.plane for record in kept]),
        small_vae.digits()[1][: small_vae.SHOWN],
        curve[:: max(1, len(curve) // 150)],
        small_vae.REACH,
    )
    told = words.training(curve, shown.steps)
    start = min(state.values["at"], len(kept) - 1)
    with picture:
        stage(
            figures.training(shown),
            key="vae.stage",
            summary=told[start],
            frame_summaries=told,
            film=_("step"),
            start=start,
            interval=350,
            on_scrub=lambda index: state.put(at=END if index == len(kept) - 1 else index),
            filename="vae_training",
        )
    reconstruction, kl = (float(v) for v in curve[-1, 1:])
    lesson.equation(*words.training_formulas(reconstruction, kl, beta))
    over = records[-1].step == records[-1].steps
    collapsed = lesson.seen("collapse", over and beta >= 10 and kl < 0.1)
    lesson.tasks(finished(collapse=collapsed and over and kl > 1))
    lesson.checked(lambda: [same_losses(seed, beta, records)])
    lesson.offer(
        lambda: {"step": curve[:, 0], "reconstruction": curve[:, 1], "KL": curve[:, 2]},
        lambda: script(
            "from itertools import islice",
            "from explorer.training import small_vae",
            f"records = list(islice(small_vae.train({seed}, {beta!r}), {len(records)}))",
            "kept = [record for record in records if record.moment is not None]",
            "curve = np.array([(r.step, r.reconstruction, r.kl) for r in records])",
            "shown = figures.Lesson(",
            "    np.array([record.step for record in kept]),",
            "    np.stack([record.moment.codes for record in kept]),",
            "    np.stack([record.moment.plane for record in kept]),",
            "    small_vae.digits()[1][: small_vae.SHOWN],",
            "    curve[:: max(1, len(curve) // 150)],",
            "    small_vae.REACH,",
            ")",
            "figure = figures.training(shown)",
        ),
    )


def same_losses(seed: int, beta: float, records: list[small_vae.Record]) -> Check:
    """The first ten updates once more, from the seed."""
    from itertools import islice

    again = list(islice(small_vae.train(seed, beta), min(10, len(records))))
    label = _("Loss of update {step}, in nats").format(step=again[-1].step)
    return Check(label, records[len(again) - 1].loss, _("run again from the seed"), again[-1].loss)


def finished(**done: bool) -> dict[str, bool]:
    """The tasks, of which each view can see its own."""
    return {"gap": False, "sphere": False, "collapse": False} | done


SHOWS = {
    "plane": _("Plane"),
    "between": _("Between"),
    "draw": _("One draw"),
    "train": _("Training"),
}


def keep() -> None:
    """The settings of the views that are not open stay in the address too."""
    shares = integer(0, STEPS - 1)
    controls.hidden("share", STEPS // 2, shares)
    controls.hidden("frame", 2, integer(0, 2))
    controls.hidden("set", "mnist", one_of(list(NAMES)))
    controls.hidden("digit", "3", one_of([*"0123456789", pictures.MINE]))
    controls.hidden("cloth", "7", one_of("0123456789"))
    controls.hidden("draws", 20, one_of([1, 5, 20, 100]))
    controls.hidden("zx", 0.9, number(-REACH, REACH))
    controls.hidden("zy", -0.6, number(-REACH, REACH))
    ends = [*"0123456789", pictures.MINE, "draw"]
    controls.hidden("from", "3", one_of(ends))
    controls.hidden("to", "8", one_of(ends))
    controls.hidden("way", "straight", one_of(["straight", "sphere"]))
    controls.hidden("latents", "16", one_of(["2", "16"]))
    controls.hidden("mu", 1.5, number(-3, 3))
    controls.hidden("sigma", 0.5, number(0.1, 2))
    controls.hidden("count", 8, one_of([1, 3, 8, 20]))
    controls.hidden("beta", 1.0, one_of([0.0, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0]))
    controls.hidden("at", END, integer(0, END))
    controls.hidden("seed", 0, integer(0, 999_999))


@lesson.live
def act() -> None:
    keep()
    show = controls.choice("show", _("Look at"), SHOWS, "plane", label_visibility="collapsed")
    picture, panel = lesson.columns()
    views = {"plane": show_plane, "between": show_between, "draw": show_draw, "train": show_train}
    if show != "train":
        rest("vae")
    views[show](picture, panel)


lesson.predict({"gap": lambda: state.put(show="plane", set="mnist", digit="4")})
lesson.closing(
    "explorer.models.vae:VAE",
    "explorer.models.vae:reparameterise",
    "explorer.models.vae:kl_to_prior",
    "explorer.models.posterior:posterior",
    way,
)
