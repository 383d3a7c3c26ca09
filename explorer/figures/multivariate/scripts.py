"""Python that draws a picture of the `multivariate` lesson again, for learners to take home."""

from explorer import i18n
from explorer.figures.multivariate.cut import Strip
from explorer.figures.multivariate.parts import Hand, Plane
from explorer.models.gaussian import Gaussian

Point = tuple[float, float]


def of_shape(kind: str, hand: Hand, point: Point | None, cloud: tuple[int, int]) -> str:
    """kind: "above", "hill" or "through"; cloud: seed and number of points of the film."""
    made = f"hand = figures.{hand!r}\nplane = figures.{Plane()!r}"
    if kind == "through":
        seed, n = cloud
        draw = (
            f"z = np.random.default_rng({seed}).standard_normal(({n}, 2))\n"
            "figure = figures.through(hand, z, plane)"
        )
    elif hand.bell is None:
        draw = "figure = figures.flat(hand, plane)"
    elif kind == "hill":
        draw = "figure = figures.hill(hand.bell, plane)"
    else:
        draw = f"figure = figures.shape(hand.bell, plane, {point!r})"
    return _script(made, draw)


def of_exact(hand: Hand, plane: Plane, a: float) -> str:
    """The cut through a line."""
    made = f"hand = figures.{hand!r}\nplane = figures.{plane!r}"
    return _script(made, f"figure = figures.flat(hand, plane, {a!r})")


def of_slice(
    bell: Gaussian,
    a: float,
    plane: Plane,
    kind: str,
    long_axis: bool,
    strip: Strip | None = None,
    data: str = "",
) -> str:
    """data: source that defines x, the points behind the strip."""
    mean, covariance = bell.mean.tolist(), bell.covariance.tolist()
    made = f"bell = Gaussian(np.array({mean}), np.array({covariance}))\nplane = figures.{plane!r}"
    if kind == "hill":
        return _script(made, f"figure = figures.hill(bell, plane, {a!r})")
    if strip is None:
        return _script(made, f"figure = figures.slice_(bell, {a!r}, plane, long_axis={long_axis})")
    return _script(
        data,
        made,
        f"strip = figures.Strip.around(x, {a!r}, {strip.half_width!r})",
        f"figure = figures.slice_(bell, {a!r}, plane, x, strip, {long_axis})",
    )


def of_fit(
    data: str, n: int, seed: int, mode: str, point: Point, plane: Plane, reference: str | None
) -> str:
    """mode: "measure", "count" or "robust"; reference: the name of the fit to all the data."""
    everyone = "points" if mode == "measure" else f"np.vstack([points, [{point!r}]])"
    robust = "fit_student(everyone).gaussian(everyone)"
    other = "None" if reference is None else f"(Gaussian.fit(x), {reference!r})"
    return _script(
        data,
        "from explorer.models.robust import fit_student\n",
        f"points = x[np.random.default_rng({seed}).permutation(len(x))[:{n}]]",
        f"everyone = {everyone}",
        f"fitted = {robust if mode == 'robust' else 'Gaussian.fit(everyone)'}",
        f"plane = figures.{plane!r}",
        f"figure = figures.fit(fitted, points, {point!r}, plane, {mode != 'measure'}, {other})",
    )


def _script(*parts: str) -> str:
    head = (
        "import numpy as np\n\nfrom explorer import i18n\n"
        "from explorer.figures import multivariate as figures\n"
        "from explorer.models.gaussian import Gaussian\n\n"
        f"i18n.use({i18n.current()!r})  # the language of the words in the picture"
    )
    return "\n".join((head, *parts))
