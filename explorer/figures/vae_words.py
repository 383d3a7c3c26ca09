"""What the pictures of `vae` say in words and formulas; numbers follow the state."""

import numpy as np

from explorer.figures.vae import Terms, chi_band
from explorer.i18n import _


def clothes() -> dict[str, str]:
    """The ten classes of Fashion-MNIST."""
    names = (
        _("T-shirt"), _("trousers"), _("pullover"), _("dress"), _("coat"),
        _("sandal"), _("shirt"), _("sneaker"), _("bag"), _("ankle boot"),
    )  # fmt: skip
    return {str(number): name for number, name in enumerate(names)}


def plane(at: np.ndarray, codes: np.ndarray, data: str) -> str:
    """The cross-hair's place: how far out, and whose codes lie nearest."""
    nearest = codes[np.argsort(((codes[:, :2] - at) ** 2).sum(1))[:15], 2].astype(int)
    label = int(np.bincount(nearest, minlength=10).argmax())
    share = int((nearest == label).sum())
    name = clothes()[str(label)] if "Fashion" in data else str(label)
    return _(
        "The plane of {data}: at z = ({x:.2f}, {y:.2f}), {radius:.2f} from the middle. Of the 15 "
        "nearest codes of test pictures, {share} belong to class {name}. The small ellipses are "
        "the encoder's guess for the chosen picture, the diamonds draws from it."
    ).format(
        data=data, x=at[0], y=at[1], radius=float(np.hypot(*at)), share=share, name=name
    )  # fmt: skip


def guess(title: str, found: dict) -> str:
    """The magnified posterior and the bar."""
    terms: Terms = found["terms"]
    mean, std = found["mean"], found["std"]
    text = _(
        "For {title} the encoder guesses z = ({m1:.2f} ± {s1:.3f}, {m2:.2f} ± {s2:.3f}). "
        "Reconstruction {reconstruction:.1f} nats less KL {kl:.2f} gives the ELBO {elbo:.1f}; "
        "exactly, log p(x) = {evidence:.1f} nats, so the guess misses {gap:.2f}."
    ).format(
        title=title, m1=mean[0], s1=std[0], m2=mean[1], s2=std[1], elbo=terms.elbo, kl=terms.kl,
        reconstruction=terms.reconstruction, evidence=terms.log_evidence, gap=terms.gap,
    )  # fmt: skip
    exact = found["exact"]
    cell = (exact.z1[1] - exact.z1[0]) * (exact.z2[1] - exact.z2[0])
    mass = float(exact.density.sum() * cell)
    if mass < 0.9:
        text += " " + _(
            "Only {share:.0f} % of the true posterior lie in this window: the rest is somewhere "
            "else on the plane, where one bell cannot reach."
        ).format(share=100 * mass)
    return text


def bound_formulas(terms: Terms, mean: np.ndarray, std: np.ndarray) -> list[str]:
    """The bound with its numbers; the closed form of the KL."""
    parts = " + ".join(
        rf"({s:.3f}^2 + ({m:.2f})^2 - 1 - \log {s:.3f}^2)" for m, s in zip(mean, std, strict=True)
    )
    return [
        rf"\truth{{\log p(x)}} \ge \model{{\mathbb{{E}}_q[\log p(x|z)]}} - "
        rf"\latent{{\mathrm{{KL}}(q \,\|\, p)}} = {terms.reconstruction:.1f} - {terms.kl:.2f} = "
        rf"\mathbf{{{terms.elbo:.1f}}}\ \text{{{_('nats')}}}",
        rf"\latent{{\mathrm{{KL}}}} = \tfrac12\,[{parts}] = {terms.kl:.2f}",
        rf"\truth{{{terms.log_evidence:.1f}}} - ({terms.elbo:.1f}) = "
        rf"\mathrm{{KL}}(q \,\|\, p(z|x)) = {terms.gap:.2f}",
    ]


def triangle(start: np.ndarray, end: np.ndarray) -> tuple[float, float, float]:
    """Both lengths and the angle between them, in radians."""
    a, b = float(np.linalg.norm(start)), float(np.linalg.norm(end))
    cosine = float(start @ end) / (a * b) if a * b > 1e-12 else 1.0
    return a, b, float(np.arccos(np.clip(cosine, -1, 1)))


def way(path: np.ndarray) -> list[str]:
    """One sentence per picture on the way."""
    last = len(path) - 1
    return [
        _("{share} % of the way: ‖z‖ = {length:.2f}.").format(
            share=100 * k // last, length=float(np.linalg.norm(z))
        )
        for k, z in enumerate(path)
    ]


def between(path: np.ndarray, latents: int) -> str:
    """How the length dips on the way, against the prior's own lengths."""
    lengths = np.linalg.norm(path, axis=1)
    low, _middle, high = chi_band(latents)
    return _(
        "The length of z goes from {start:.2f} over at least {least:.2f} to {end:.2f}. Of draws "
        "from the prior with {latents} latents, 95 % have a length from {low:.2f} to {high:.2f}."
    ).format(
        start=lengths[0], least=lengths.min(), end=lengths[-1], latents=latents, low=low, high=high
    )  # fmt: skip


def way_formulas(start: np.ndarray, end: np.ndarray, spherical: bool) -> list[str]:
    """Either way with its numbers."""
    a, b, angle = triangle(start, end)
    if spherical:
        first = (
            r"\sample{z_t} = \frac{\sin((1-t)\,\omega)}{\sin\omega}\,\hat z_a\,\ell_t + "
            r"\frac{\sin(t\,\omega)}{\sin\omega}\,\hat z_b\,\ell_t"
        )
        second = (
            rf"\omega = {np.degrees(angle):.1f}^\circ,\quad \ell_t = (1-t)\,{a:.2f} + t\,{b:.2f}"
        )
        return [first, second]
    half = float(np.linalg.norm(start + end)) / 2
    return [
        r"\sample{z_t} = (1-t)\,z_a + t\,z_b",
        rf"\|z_a\| = {a:.2f},\quad \|z_b\| = {b:.2f},\quad \|\sample{{z_{{1/2}}}}\| = {half:.2f}",
    ]


def draw(mean: float, std: float, noise: np.ndarray) -> list[str]:
    """The three steps of a draw."""
    e = float(noise[0])
    return [
        _("Step 1: noise from N(0, 1), the same whatever μ and σ are. The first is ε = {e:.2f}.")
        .format(e=e),
        _("Step 2: stretched by σ = {std:.2f}. The first becomes {value:.2f}.").format(
            std=std, value=std * e
        ),
        _("Step 3: shifted by μ = {mean:.2f}. The first becomes z = {value:.2f}.").format(
            mean=mean, value=mean + std * e
        ),
    ]  # fmt: skip


def draw_formulas(mean: float, std: float, e: float) -> list[str]:
    """One draw filled in, and how it answers to mu and sigma."""
    return [
        rf"\sample{{z}} = \model{{\mu}} + \model{{\sigma}}\,\latent{{\varepsilon}} = "
        rf"{mean:.2f} + {std:.2f} \cdot ({e:.2f}) = \mathbf{{{mean + std * e:.2f}}}",
        rf"\frac{{\partial \sample{{z}}}}{{\partial \model{{\mu}}}} = 1,\qquad "
        rf"\frac{{\partial \sample{{z}}}}{{\partial \model{{\sigma}}}} = \latent{{\varepsilon}} = "
        rf"{e:.2f}",
    ]


def training(curve: np.ndarray, steps: np.ndarray) -> list[str]:
    """One sentence for each kept step; curve (T, 3): step, reconstruction, KL."""
    told = []
    for step in steps:
        _step, reconstruction, kl = curve[int(np.searchsorted(curve[:, 0], step))]
        told.append(
            _(
                "Step {step}: on digits that it never saw, reconstruction {reconstruction:.2f} "
                "nats, KL {kl:.2f}, ELBO {elbo:.2f}. Numerals stand where the encoder puts its "
                "means; the circles are one and two standard deviations of the prior."
            ).format(
                step=f"{int(step):,}",
                reconstruction=reconstruction,
                kl=kl,
                elbo=reconstruction - kl,
            )
        )
    return told


def training_formulas(reconstruction: float, kl: float, beta: float) -> list[str]:
    """What is minimised, with the last step's numbers."""
    return [
        rf"-\model{{\mathbb{{E}}_q[\log p(x|z)]}} + \beta\,\latent{{\mathrm{{KL}}}} = "
        rf"{-reconstruction:.2f} + {beta:g} \cdot {kl:.2f} = "
        rf"\mathbf{{{beta * kl - reconstruction:.2f}}}\ \text{{{_('nats')}}}"
    ]
