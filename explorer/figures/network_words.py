"""What the pictures of the `network` lesson say in words, and its formulas with current numbers."""

from collections.abc import Sequence

import numpy as np

from explorer.figures.network import NOISE
from explorer.i18n import _

FORMULA = {"tanh": r"\tanh", "relu": r"\operatorname{ReLU}", "sine": r"\sin"}


def curve(
    losses: np.ndarray, steps: np.ndarray, values: np.ndarray, total: int, rate: float, noisy: bool
) -> list[str]:
    """One sentence or two for each frame."""
    told = []
    for step, line in zip(steps, values, strict=True):
        text = _("After {step} of {steps} updates the loss is {loss}.").format(
            step=f"{step:,}", steps=f"{total:,}", loss=number(losses[step])
        )
        if blown(losses, step):
            told.append(f"{text} {explosion(losses, step, rate)}")
            continue
        text += " " + _("The curve turns {count} times.").format(count=turns(line))
        if noisy:
            text += " " + against_noise(losses[step])
        told.append(text)
    return told


def regions(
    losses: np.ndarray, steps: np.ndarray, shares: Sequence[float], total: int, rate: float
) -> list[str]:
    """One sentence or two for each frame; `shares` are those of correctly classified points."""
    told = []
    for step, share in zip(steps, shares, strict=True):
        text = _(
            "After {step} of {steps} updates the loss is {loss} nats and {share:.1f} % of the "
            "points lie in a region of their own class."
        ).format(step=f"{step:,}", steps=f"{total:,}", loss=number(losses[step]), share=100 * share)
        if blown(losses, step):
            text += " " + explosion(losses, step, rate)
        told.append(text)
    return told


def against_noise(loss: float) -> str:
    """How the loss stands to the variance of the noise."""
    facts = {"ratio": loss / NOISE}
    if loss > 1.05 * NOISE:
        return _("That is {ratio:.2f} times the variance of the noise, 1/12.").format(**facts)
    if loss >= NOISE:
        return _("That is the variance of the noise, 1/12, within 5 %.")
    return _(
        "That is {ratio:.3f} times the variance of the noise, 1/12: the curve has begun to follow "
        "the noise of these very points."
    ).format(**facts)


def explosion(losses: np.ndarray, step: int, rate: float) -> str:
    """Why it exploded, and the way back."""
    return _(
        "The loss exploded after {step} updates: with learning rate {rate:g} every step overshot "
        "the valley and landed higher on the other side. Choose a smaller learning rate and train "
        "again."
    ).format(step=f"{step:,}", rate=rate)


def blown(losses: np.ndarray, step: int) -> bool:
    """Whether the loss at this step is far above its start."""
    return bool(not losses[step] <= 1e3 * losses[0])


def number(loss: float) -> str:
    """A loss as it is read aloud."""
    return f"{loss:.4g}" if np.isfinite(loss) else _("beyond all numbers")


def turns(line: np.ndarray) -> int:
    """How often a curve changes between rising and falling."""
    slopes = np.diff(line)
    slopes = slopes[np.abs(slopes) > 1e-9 * (np.ptp(line) or 1.0)]
    return int(np.sum(slopes[1:] * slopes[:-1] < 0))


def curve_formulas(
    width: int, depth: int, activation: str, parameters: int, rows: int, loss: float, rate: float
) -> tuple[str, str]:
    """The network with its size, and the loss with its step."""
    bend = FORMULA[activation]
    if depth == 1:
        inside = rf"\model{{b}} + \sum_{{j=1}}^{{{width}}} \model{{v_j}}\,{bend}"
        inside += r"(\model{w_j}\,z + \model{c_j})"
    else:
        inside = rf"\model{{b}} + \sum_{{j=1}}^{{{width}}} \model{{v_j}}\,{bend}\Big("
        inside += rf"\model{{d_j}} + \sum_{{i=1}}^{{{width}}} \model{{u_{{ji}}}}\,{bend}"
        inside += r"(\model{w_i}\,z + \model{c_i})\Big)"
    network = rf"\model{{\hat y}} = {inside}, \qquad \text{{{_('weights')}}}: {parameters}"
    square = r"\frac1N \sum_{n=1}^{N} (\model{\hat y_n} - \data{y_n})^2"
    return network, rf"L = {square} = {tex_number(loss)}, \quad N = {rows}, \qquad {step(rate)}"


def class_formulas(
    width: int, classes: int, parameters: int, rows: int, loss: float, rate: float
) -> tuple[str, str]:
    """Probabilities of the classes, and the loss with its step."""
    soft = r"\model{p(k\mid x)} = \frac{e^{\model{a_k(x)}}}{\sum_{l=1}^{K} e^{\model{a_l(x)}}}"
    network = rf"{soft}, \quad K = {classes}, \qquad \text{{{_('weights')}}}: {parameters}"
    entropy = r"-\frac1N \sum_{n=1}^{N} \ln \model{p(\data{k_n}\mid \data{x_n})}"
    return network, rf"L = {entropy} = {tex_number(loss)}, \quad N = {rows}, \qquad {step(rate)}"


def step(rate: float) -> str:
    """One update of every weight."""
    return (
        r"\model{w} \leftarrow \model{w} - \eta\,\frac{\partial L}{\partial \model{w}}, \quad "
        rf"\eta = {rate:g}"
    )


def tex_number(value: float) -> str:
    """A number in a formula; infinity as such."""
    if not np.isfinite(value):
        return r"\infty"
    text = f"{value:.4g}"
    if "e" not in text:
        return text
    digits, power = text.split("e")
    return rf"{digits}\cdot 10^{{{int(power)}}}"


def digit(title: str, probabilities: np.ndarray) -> str:
    """What the classifier said."""
    order = np.argsort(probabilities)[::-1]
    return _(
        "The classifier takes {title} for a {best} with probability {share:.1f} %; next comes "
        "{second} with {other:.1f} %."
    ).format(
        title=title, best=int(order[0]), share=100 * probabilities[order[0]],
        second=int(order[1]), other=100 * probabilities[order[1]],
    )  # fmt: skip


def digit_formulas(probabilities: np.ndarray) -> tuple[str]:
    """The largest probability."""
    best = int(probabilities.argmax())
    return (
        r"\model{p(k\mid \data{x})} = \frac{e^{\model{a_k}}}{\sum_{l=0}^{9} e^{\model{a_l}}}, "
        rf"\qquad \max_k \model{{p(k\mid \data{{x}})}} = \model{{p({best}\mid \data{{x}})}} = "
        rf"{probabilities[best]:.4f}",
    )


def confusion(counts: np.ndarray) -> str:
    """How many were right, and which two digits are mixed up most."""
    wrong = counts * (1 - np.eye(len(counts), dtype=counts.dtype))
    true, said = np.unravel_index(int(wrong.argmax()), wrong.shape)
    return _(
        "Of {all} test digits {right} were recognised, {share:.2f} %. The most frequent mistake: "
        "{count} times a {true} was taken for a {said}."
    ).format(
        all=f"{int(counts.sum()):,}", right=f"{int(np.trace(counts)):,}",
        share=100 * np.trace(counts) / counts.sum(), count=int(wrong.max()), true=int(true),
        said=int(said),
    )  # fmt: skip


def confusion_formulas(counts: np.ndarray) -> tuple[str]:
    """Accuracy as the share of the diagonal."""
    right, total = int(np.trace(counts)), int(counts.sum())
    return (
        r"\text{accuracy} = \frac{\sum_k n_{kk}}{\sum_{k,l} n_{kl}} = "
        rf"\frac{{{right}}}{{{total}}} = {right / total:.4f}".replace("accuracy", _("accuracy")),
    )
