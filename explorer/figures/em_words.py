"""The pictures of the `em` lesson in words: what stands below them and is read aloud."""

from collections.abc import Mapping, Sequence

import numpy as np

from explorer.figures import em_views
from explorer.figures.em import Row
from explorer.i18n import _, n_
from explorer.models.criteria import n_parameters
from explorer.models.em_many import End
from explorer.models.em_run import Run
from explorer.models.kmeans import KMeansStep
from explorer.models.mixture import Mixture

SHAPES = (
    n_("circle"), n_("diamond"), n_("square"), n_("triangle"), n_("star"), n_("hexagon"),
)  # fmt: skip


def shape(k: int) -> str:
    """The name of component k's symbol."""
    return _(SHAPES[k % len(SHAPES)])


def parts(mixture: Mixture) -> str:
    """Every component with its share and mean."""
    one = _("{k} ({shape}) {share:.0f} % at ({x:.4g}, {y:.4g})")
    return "; ".join(
        one.format(k=k + 1, shape=shape(k), share=100 * weight, x=mean[0], y=mean[1])
        for k, (weight, mean) in enumerate(zip(mixture.weights, mixture.means, strict=True))
    )


def tell(row: Row, count: int) -> str:
    """One frame of the film."""
    facts = {
        "parts": parts(row.mixture),
        "total": row.log_likelihood,
        "bound": row.lower_bound,
        "gap": 0.0 if row.lower_bound is None else row.log_likelihood - row.lower_bound,
        "floor": row.floor,
        "sum": row.log_likelihood * count,
        "iteration": (row.at + 1) // 2,
    }
    if row.gamma is None:
        return _(
            "The start: no point belongs to anyone yet. Components: {parts}. "
            "Log-likelihood {total:.4f} nats per point."
        ).format(**facts)
    if row.floor is not None:
        return _(
            "The collapse: this M step has no best width. With every variance kept at "
            "{floor:.0e} or more the log-likelihood is {sum:.2f} nats in total, and each "
            "narrower width gives more, without limit."
        ).format(**facts)
    if row.at % 2:
        return _(
            "Iteration {iteration}, E step: each point is shared out among the components. "
            "The lower bound touches the log-likelihood: {total:.4f} nats per point. "
            "Components: {parts}."
        ).format(**facts)
    return _(
        "Iteration {iteration}, M step: each component moves to the points it was given. "
        "Log-likelihood {total:.4f}, lower bound {bound:.4f}, gap {gap:.5f} nats per point. "
        "Components: {parts}."
    ).format(**facts)


def scientific(log_value: float) -> str:
    r"""exp(log_value) for a formula, however small: "0.0312" or "3.1 \cdot 10^{-183}"."""
    if not np.isfinite(log_value):
        return "0"
    if log_value >= np.log(1e-3):
        return f"{np.exp(log_value):.4g}"
    exponent = int(np.floor(log_value / np.log(10)))
    digits = np.exp(log_value - exponent * np.log(10))
    return rf"{digits:.1f} \cdot 10^{{{exponent}}}"


def e_formula(x: np.ndarray, mixture: Mixture, n: int, k: int) -> str:
    """Responsibility of component k (from 0) for point n (from 0), with its numbers."""
    at = x[n : n + 1]
    log_pi = np.log(mixture.weights)
    log_density = mixture.component_log_prob(at)[0]
    gamma = float(mixture.responsibilities(at)[0, k])
    terms = [
        rf"\model{{{weight:.3f}}} \cdot {scientific(density)}"
        for weight, density in zip(mixture.weights, log_density, strict=True)
    ]
    below = " + ".join(terms)
    if len(terms) > 3:
        total = float(np.logaddexp.reduce(log_pi + log_density))
        below = scientific(total)
    return (
        rf"\textsf{{E}}\quad \latent{{\gamma_{{{n + 1},{k + 1}}}}} = "
        rf"\frac{{\model{{\pi_{k + 1}}}\,\mathcal N(\data{{x_{{{n + 1}}}}} \mid"
        rf" \model{{\mu_{k + 1}, \Sigma_{k + 1}}})}}"
        rf"{{\sum_j \model{{\pi_j}}\,\mathcal N(\data{{x_{{{n + 1}}}}} \mid"
        rf" \model{{\mu_j, \Sigma_j}})}}"
        rf" = \frac{{{terms[k]}}}{{{below}}} = \latent{{{gamma:.4f}}}"
    )


def m_formula(x: np.ndarray, gamma: np.ndarray, k: int) -> str:
    """The new mean and weight of component k (from 0), with their numbers."""
    count = float(gamma[:, k].sum())
    sums = gamma[:, k] @ x
    mean = sums / max(count, np.finfo(float).tiny)
    return (
        rf"\textsf{{M}}\quad \model{{\mu_{k + 1}}} = \frac{{1}}{{N_{k + 1}}} \sum_n "
        rf"\latent{{\gamma_{{n,{k + 1}}}}}\,\data{{x_n}}"
        rf" = \frac{{1}}{{\latent{{{count:.2f}}}}} {column(sums)} = \model{{{column(mean)}}},"
        rf"\qquad \model{{\pi_{k + 1}}} = \frac{{N_{k + 1}}}{{N}}"
        rf" = \frac{{\latent{{{count:.2f}}}}}{{\data{{{len(x)}}}}} = \model{{{count / len(x):.4f}}}"
    )


def column(values: Sequence[float] | np.ndarray) -> str:
    r"""A column vector for a formula."""
    return r"\binom{" + "}{".join(f"{value:.5g}" for value in values) + "}"


# ---- the other views --------------------------------------------------------------------------


def tell_choice(table: Mapping[str, Sequence[End]], kind: str, n: int) -> list[str]:
    """Each K in words."""
    price = em_views.prices(table, n)
    cheapest = {
        other: int(np.nanargmin(line)) + 1
        for other, line in price["bic"].items()
        if np.isfinite(line).any()
    }
    best = min(cheapest, key=lambda other: price["bic"][other][cheapest[other] - 1])
    told = []
    for i, end in enumerate(table[kind]):
        if end.collapsed:
            told.append(_("K = {k}: every start collapsed.").format(k=i + 1))
            continue
        text = _(
            "K = {k}, {kind}: log-likelihood {total:.2f} nats, {p} parameters, BIC {bic:.1f}, "
            "AIC {aic:.1f}. With this shape BIC is lowest at K = {own}; of all shapes it is "
            "lowest for {best} with K = {best_k}: {least:.1f}."
        )
        told.append(
            text.format(
                k=i + 1,
                kind=_(em_views.TYPES[kind]),
                total=price["total"][kind][i],
                p=n_parameters(i + 1, 2, kind),
                bic=price["bic"][kind][i],
                aic=price["aic"][kind][i],
                own=cheapest[kind],
                best=_(em_views.TYPES[best]),
                best_k=cheapest[best],
                least=price["bic"][best][cheapest[best] - 1],
            )
        )
    return told


def tell_ends(ends: Sequence[End], n: int) -> list[str]:
    """Each restart in words."""
    fine = _(
        "Place {rank} of {all}: log-likelihood {value:.4f} nats per point after {count} "
        "iterations. Hollow symbols: where the means began. Components: {parts}."
    )
    wall = _("Place {rank} of {all}: a component collapsed in iteration {count}.")
    return [
        (wall if end.collapsed else fine).format(
            rank=i + 1,
            all=len(ends),
            value=end.log_likelihood / n,
            count=end.iterations + end.collapsed,
            parts=parts(end.mixture),
        )
        for i, end in enumerate(ends)
    ]


def told_plateaus(ends: Sequence[End], n: int) -> str:
    """How many starts ended how high."""
    groups = em_views.plateaus(ends, n)
    if not groups:
        return _("Every start collapsed. Raise the floor or choose simpler shapes.")
    _first, count, value = groups[0]
    text = _(
        "**{count} of {all} starts** reach the best end found, {value:.4f} nats per point; "
        "{others} other heights are ends too: each is a top, but not the highest."
    )
    return text.format(count=count, all=len(ends), value=value, others=len(groups) - 1)


def tell_hard(
    run: Run,
    steps: Sequence[KMeansStep],
    differ: int,
    doubtful: int,
    scaled: bool,
    labels: Sequence[str],
    spread: np.ndarray,
) -> str:
    """EM and k-means side by side, at their ends."""
    text = _(
        "Both from the same start. Left, EM: it ends after {soft} iterations; points that no "
        "component holds by 90 % or more (hollow): {doubtful}. Right, k-means: it ends after "
        "{hard} iterations; every point belongs wholly to the nearest mean, and dashed lines run "
        "halfway between means. Points that the two group differently: {differ}."
    ).format(soft=run.iterations, hard=steps[-1].iteration, doubtful=doubtful, differ=differ)
    if scaled:
        how = _("k-means measures each axis in its own standard deviation.")
        return f"{text} {how}"
    wide, slim = (0, 1) if spread[0] > spread[1] else (1, 0)
    how = _(
        "k-means measures in raw units: {wide} varies {times:.1f} times as much as {slim}, so it "
        "decides more."
    )
    times = spread[wide] / spread[slim]
    return f"{text} " + how.format(wide=labels[wide], slim=labels[slim], times=times)
