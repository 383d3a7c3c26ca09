"""What the pictures of `autoencoder` say, in words and in formulas."""

import numpy as np

from explorer.figures import autoencoder as figures
from explorer.figures.autoencoder import Place, Plane
from explorer.i18n import _, n_

CLOTHES = (
    n_("T-shirt"), n_("trousers"), n_("pullover"), n_("dress"), n_("coat"),
    n_("sandal"), n_("shirt"), n_("sneaker"), n_("bag"), n_("ankle boot"),
)  # fmt: skip


def called(name: str, k: int) -> str:
    """A class as a learner reads it: a digit in quotes, or a piece of clothing."""
    return f"“{k}”" if name == "mnist" else _(CLOTHES[k])


def legend() -> str:
    """Which number stands for which piece of clothing."""
    return " · ".join(f"{k} {_(word)}" for k, word in enumerate(CLOTHES))


def decoded(name: str, at: Place, probabilities: np.ndarray | None) -> str:
    """The picture under the cross-hair, as the classifier sees it."""
    place = _("The picture painted from ({x:.2f}, {y:.2f}).").format(x=at[0], y=at[1])
    if probabilities is None:
        return place
    first, second = np.argsort(-probabilities)[:2]
    return place + " " + _(
        "The classifier takes it for {first} with probability {p:.1f}%, for {second} with {q:.1f}%."
    ).format(
        first=called(name, first), p=100 * probabilities[first],
        second=called(name, second), q=100 * probabilities[second],
    )  # fmt: skip


def whereabouts(name: str, plane: Plane, at: Place, distance: float, index: int) -> str:
    """How far the place is from the codes, and where the largest holes are."""
    where = (
        _("an empty place: the limit is {reach:.2f}")
        if distance > plane.reach
        else _("not empty: the limit is {reach:.2f}")
    ).format(reach=plane.reach)
    said = _(
        "At ({x:.2f}, {y:.2f}) the nearest of {n:,} codes is {distance:.2f} away and belongs to "
        "{label}; {where}."
    ).format(
        x=at[0], y=at[1], n=len(plane.codes), distance=distance,
        label=called(name, int(plane.classes[index])), where=where,
    )  # fmt: skip
    holes = ", ".join(
        _("between {labels} (radius {radius:.1f})").format(
            labels="–".join(called(name, k) for k in figures.around(plane, hole)),
            radius=hole.radius,
        )
        for hole in plane.holes
    )
    outside = int((~plane.shown).sum())
    return f"{said} " + _(
        "Largest holes between classes: {holes}. {outside} codes lie beyond the edge."
    ).format(holes=holes, outside=outside)


def spread_of(plane: Plane) -> str:
    """How far the codes are from a standard normal, in one sentence."""
    mean, deviation = plane.codes.mean(axis=0), plane.codes.std(axis=0, ddof=1)
    return _(
        "Mean of the codes ({m1:.1f}, {m2:.1f}), standard deviations {s1:.1f} and {s2:.1f}: far "
        "from a standard normal (mean 0, standard deviation 1). Nobody asked for one."
    ).format(m1=mean[0], m2=mean[1], s1=deviation[0], s2=deviation[1])


def place_formulas(plane: Plane, at: Place, distance: float, change: float) -> tuple[str, str]:
    """The distance to the nearest code, and how strongly the picture changes here."""
    sign = ">" if distance > plane.reach else r"\le"
    return (
        rf"\latent{{z}} = \condition{{({at[0]:.2f},\ {at[1]:.2f})}},\qquad "
        rf"d(\latent{{z}}) = \min_n \lVert \latent{{z}} - \data{{z_n}} \rVert "
        rf"= \mathbf{{{distance:.2f}}} {sign} r = {plane.reach:.2f}",
        r"\lVert \partial \model{\hat{x}} / \partial \latent{z} \rVert "
        rf"= \sqrt{{\textstyle\sum_i (\partial \model{{\hat{{x}}_i}}/\partial \latent{{z_1}})^2 + "
        rf"(\partial \model{{\hat{{x}}_i}}/\partial \latent{{z_2}})^2}} = \mathbf{{{change:.2f}}}",
    )


def errors(found: tuple[float, float], means: tuple[float, float]) -> str:
    """The squared errors of both coders, of this picture and of the test set."""
    said = _(
        "Squared error of this picture: autoencoder {ours:.1f}, PCA {pca:.1f}. Mean over 10,000 "
        "test pictures: autoencoder {mean:.1f}, PCA {linear:.1f}."
    ).format(ours=found[0], pca=found[1], mean=means[0], linear=means[1])
    if found[0] <= found[1]:
        return said + " " + _("The curved road through two numbers loses less.")
    return said + " " + _("Here the straight road wins: such pictures were rare in training.")


def error_formulas(
    codes: tuple[np.ndarray, np.ndarray], found: tuple[float, float]
) -> tuple[str, str]:
    """What each coder computes, with its code and its error filled in."""
    (a, b), (c, d) = codes
    return (
        rf"\model{{\hat{{x}}}} = \model{{g}}(\model{{f}}(\data{{x}})) = "
        rf"\model{{g}}({a:.2f},\ {b:.2f}),\qquad \textstyle\sum_i "
        rf"(\model{{\hat{{x}}_i}} - \data{{x_i}})^2 = \mathbf{{{found[0]:.2f}}}",
        rf"\hat{{x}} = m + W^{{\top}} W\,(\data{{x}} - m) = m + W^{{\top}}({c:.2f},\ {d:.2f}),"
        rf"\qquad \textstyle\sum_i (\hat{{x}}_i - \data{{x_i}})^2 = \mathbf{{{found[1]:.2f}}}",
    )


def harvest(
    name: str, plane: Plane, samples: np.ndarray, empty: int, shares: np.ndarray, kinds: float
) -> str:
    """What came of the samples: how many fell into empty places, which classes are missing."""
    most = int(shares.argmax())
    rare = [called(name, k) for k in range(10) if shares[k] < 0.02]
    said = _(
        "Of {n:,} drawn codes {part:.1f}% fall into empty places. Most are nearest to a code of "
        "{label}: {share:.1f}%, while it has {real:.1f}% of the codes. As varied as {kinds:.1f} "
        "equally frequent classes."
    ).format(
        n=len(samples), part=100 * empty / len(samples), label=called(name, most),
        share=100 * shares[most], real=100 * figures.share_of(plane.classes)[most], kinds=kinds,
    )  # fmt: skip
    if rare:
        said += " " + _("Under 2%: {labels}.").format(labels=", ".join(rare))
    return said


def draw_formulas(
    plane: Plane, how: str, spread: float, empty: int, count: int, kinds: float
) -> tuple[str, str]:
    """Where the codes were drawn from, and what came of it."""
    (a, b), (c, d) = plane.box
    mean, covariance = plane.codes.mean(axis=0), np.cov(plane.codes.T)
    rules = {
        "box": rf"\mathcal{{U}}\big([{a:g},\ {b:g}] \times [{c:g},\ {d:g}]\big)",
        "standard": r"\mathcal{N}(0,\ I)",
        "normal": rf"\mathcal{{N}}\left(\begin{{pmatrix}}{mean[0]:.1f}\\{mean[1]:.1f}"
        rf"\end{{pmatrix}},\ \begin{{pmatrix}}{covariance[0, 0]:.1f}&{covariance[0, 1]:.1f}\\"
        rf"{covariance[1, 0]:.1f}&{covariance[1, 1]:.1f}\end{{pmatrix}}\right)",
        "near": rf"\tfrac{{1}}{{{len(plane.codes)}}} \textstyle\sum_n "
        rf"\mathcal{{N}}(\data{{z_n}},\ {spread:g}^2 I)",
    }
    return (
        rf"\sample{{z}} \sim {rules[how]}",
        rf"\Pr\big(d(\sample{{z}}) > {plane.reach:.2f}\big) \approx \frac{{{empty}}}{{{count}}} = "
        rf"\mathbf{{{empty / count:.3f}}},\qquad e^{{H}} = \mathbf{{{kinds:.1f}}}\ /\ 10",
    )
