"""What the pictures of the `mixture` lesson say, in words and in formulas with the numbers in."""

import numpy as np

from explorer.figures import mixture_film as film
from explorer.figures.mixture import Score
from explorer.i18n import _
from explorer.models.mixture import Mixture

SAME = 0.05  # standard deviations; nearer than that, nobody can tell two components apart


def number(value: float) -> str:
    """Three digits as a learner writes them: 0.00123, 54.5, 1.2e-8, and a real minus sign."""
    return f"{value:.3g}".replace("-", "−")


def tex_number(value: float) -> str:
    """Three digits, powers of ten as such."""
    digits, _e, power = f"{value:.3g}".partition("e")
    return rf"{digits}\!\times\!10^{{{int(power)}}}" if power else digits


def vector(values: np.ndarray) -> str:
    """One number, or several in parentheses."""
    texts = [number(value) for value in np.atleast_1d(values)]
    return texts[0] if len(texts) == 1 else f"({', '.join(texts)})"


# ------------------------------------------------------------------------------ summaries


def components(mixture: Mixture) -> str:
    """Weight, mean and widths of every component."""
    return " ".join(_component(mixture, k) for k in range(len(mixture.weights)))


def _component(mixture: Mixture, k: int) -> str:
    weight, mean = number(mixture.weights[k]), vector(mixture.means[k])
    stds = np.sqrt(mixture.covariances[k].diagonal())
    if len(stds) == 1:
        text = _("Component {k}: weight {weight}, mean {mean}, standard deviation {std}.")
        return text.format(k=k + 1, weight=weight, mean=mean, std=number(stds[0]))
    text = _(
        "Component {k}: weight {weight}, mean {mean}, standard deviations {std1} and {std2}, "
        "correlation {rho}."
    )
    rho = f"{mixture.covariances[k][0, 1] / stds.prod():.2f}".replace("-", "−")
    widths = {"std1": number(stds[0]), "std2": number(stds[1])}
    return text.format(k=k + 1, weight=weight, mean=mean, rho=rho, **widths)


def identical(mixture: Mixture) -> tuple[int, int] | None:
    """The first two components, neither silent, that lie on top of each other."""
    heard = np.flatnonzero(mixture.weights > 0.01)
    for place, k in enumerate(heard):
        width = np.sqrt(mixture.covariances[k].diagonal())
        for j in heard[place + 1 :]:
            apart = abs(mixture.means[j] - mixture.means[k]) / width
            other = abs(mixture.covariances[j] - mixture.covariances[k]) / np.outer(width, width)
            if max(apart.max(), other.max()) < SAME:
                return int(k), int(j)
    return None


def silent(mixture: Mixture) -> list[int]:
    """Components that never make a point."""
    return [int(k) for k in np.flatnonzero(mixture.weights < 1e-9)]


def trouble(mixture: Mixture) -> str:
    """One sentence about what is wrong with this mixture, or nothing."""
    for k in silent(mixture):
        return _(
            "Component {k} has weight 0: it is silent. No point comes from it, and no point is "
            "its own, wherever it stands."
        ).format(k=k + 1)
    pair = identical(mixture)
    if pair is None:
        return ""
    return _(
        "Components {a} and {b} lie on top of each other: together they are one component with "
        "the sum of their weights, and no point can tell them apart."
    ).format(a=pair[0] + 1, b=pair[1] + 1)


def density(mixture: Mixture, count: int, title: str, score: Score) -> str:
    """The summary of the view `density`."""
    head = _("{title}: {count} points under a mixture of {k} normal distributions.").format(
        title=title, count=f"{count:,}", k=len(mixture.weights)
    )
    if mixture.means.shape[1] == 2:
        bands = _("Each shaded band holds one fifth of the probability.")
        head = f"{head} {bands}"
    values = {"yours": _signed(score.yours), "single": _signed(score.single)}
    if score.best is None:
        marks = _("Log-likelihood per point: {yours} nats; one normal distribution has {single}.")
    else:
        marks = _(
            "Log-likelihood per point: {yours} nats; one normal distribution has {single}, the "
            "best that EM found {best}."
        )
        values["best"] = _signed(score.best)
    parts = (head, components(mixture), marks.format(**values), trouble(mixture))
    return " ".join(part for part in parts if part)


def _signed(value: float) -> str:
    return f"{value:.3f}".replace("-", "−")


def ask(mixture: Mixture, place: np.ndarray) -> str:
    """The summary of the view `ask`."""
    posterior, evidence = mixture.infer(place[None])
    claims = ", ".join(
        _("component {k}: {share} %").format(k=k + 1, share=f"{100 * share:.1f}")
        for k, share in enumerate(posterior[0])
    )
    text = _(
        "The point is x = {x}, where the density is {density}. Whose is it? By responsibility, "
        "{claims}."
    ).format(x=vector(place), density=number(float(np.exp(evidence[0]))), claims=claims)
    return f"{text} {trouble(mixture)}".strip()


def draw(mixture: Mixture, seed: int) -> list[str]:
    """One summary for each frame of the film."""
    points, chosen = mixture.sample(film.JUMPS[-1], seed)
    needles = film.needles(film.JUMPS[-1], seed)
    texts = []
    for index, count in enumerate(film.counts_shown()):
        if index == 0:
            texts.append(_("No point yet. The needle will fall anywhere between 0 and 1."))
        elif index > 2 * film.SLOW:
            texts.append(_tally(mixture, chosen[:count]))
        elif index % 2:
            texts.append(
                _("Point {n}, first k: the needle u = {u} lies on the stretch of component {k}.")
            )
            k = chosen[count] + 1
            texts[-1] = texts[-1].format(n=count + 1, u=f"{needles[count]:.2f}", k=k)
        else:
            text = _("Point {n}, then x: component {k} gives x = {x}.")
            now = {"k": chosen[count - 1] + 1, "x": vector(points[count - 1])}
            texts.append(f"{text.format(n=count, **now)} {_tally(mixture, chosen[:count])}")
    wrong = trouble(mixture)
    return [f"{text} {wrong}".strip() for text in texts]


def _tally(mixture: Mixture, chosen: np.ndarray) -> str:
    counts = np.bincount(chosen, minlength=len(mixture.weights))
    shares = ", ".join(
        _("component {k}: {count} ({share} %, weight {weight} %)").format(
            k=k + 1,
            count=counts[k],
            share=f"{100 * counts[k] / len(chosen):.1f}",
            weight=f"{100 * mixture.weights[k]:.1f}",
        )
        for k in range(len(counts))
    )
    return _("Points so far: {n}; {shares}.").format(n=f"{len(chosen):,}", shares=shares)


# ------------------------------------------------------------------------------ formulas


def density_formulas(mixture: Mixture, score: Score) -> list[str]:
    """The sum, and the log-likelihood it gives."""
    numbers = range(1, len(mixture.weights) + 1)
    terms = " + ".join(
        rf"\model{{{w:.2f}}}\,\mathcal N(\data{{x}}\mid\model{{\mu_{k}, {_spread(mixture)}_{k}}})"
        for k, w in zip(numbers, mixture.weights, strict=True)
    )
    value = f"{score.yours:.4f}"
    nats = r"\ \text{" + _("nats per point") + "}"
    total = " + ".join(f"{w:.2f}" for w in mixture.weights)
    return [
        rf"\begin{{aligned}}p(\data{{x}}) &= \sum_{{k=1}}^{{{len(mixture.weights)}}}"
        rf"\model{{\pi_k}}\,\mathcal N(\data{{x}}\mid\model{{\mu_k, {_spread(mixture)}_k}})"
        rf"\\ &= {terms}\end{{aligned}}",
        rf"\sum_k \model{{\pi_k}} = {total} = 1,\qquad "
        rf"\frac1N\sum_n \log p(\data{{x_n}}) = {value}{nats}",
    ]


def _spread(mixture: Mixture) -> str:
    return r"\Sigma" if mixture.means.shape[1] == 2 else r"\sigma^2"


def draw_formulas(mixture: Mixture) -> list[str]:
    """Ancestral sampling."""
    weights = ", ".join(f"{w:.2f}" for w in mixture.weights)
    first, then = _("first"), _("then")
    return [
        rf"\text{{{first}}}\quad \latent{{k}} \sim \text{{Cat}}(\model{{{weights}}}),\qquad "
        rf"\text{{{then}}}\quad \sample{{x}} \sim "
        rf"\mathcal N(\model{{\mu}}_{{\latent{{k}}}},\, "
        rf"\model{{{_spread(mixture)}}}_{{\latent{{k}}}})",
    ]


def ask_formulas(mixture: Mixture, place: np.ndarray) -> list[str]:
    """Bayes' rule for the component that claims the point most."""
    joint = np.exp(mixture.log_joint(place[None])[0])
    heights = np.exp(mixture.component_log_prob(place[None])[0])
    gamma = mixture.responsibilities(place[None])[0]
    k = int(gamma.argmax())
    x = rf"\condition{{{vector(place).replace('−', '-')}}}"
    below = " + ".join(tex_number(value) for value in joint)
    return [
        rf"p(\latent{{k}}={k + 1} \mid \condition{{x}} = {x}) = "
        rf"\frac{{\model{{\pi_{k + 1}}}\,\mathcal N(\condition{{x}}\mid\model{{\mu_{k + 1}, "
        rf"{_spread(mixture)}_{k + 1}}})}}{{\sum_j \model{{\pi_j}}\,"
        rf"\mathcal N(\condition{{x}}\mid\model{{\mu_j, {_spread(mixture)}_j}})}} = "
        rf"\frac{{\model{{{mixture.weights[k]:.2f}}}\cdot {tex_number(heights[k])}}}"
        rf"{{{below}}} = {gamma[k]:.4f}",
    ]
