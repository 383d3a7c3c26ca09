"""`normal`: the bell curve, areas under it."""

from explorer.components.stage import Handle, stage
from explorer.figures import normal as figures
from explorer.figures import theme
from explorer.i18n import _
from explorer.models.gaussian import Gaussian
from explorer.ui.frame import Check, Lesson

lesson = Lesson("normal")
lesson.opening()
chosen = lesson.data(dims=1, default="heights")


@lesson.live
def act() -> None:
    picture, panel = lesson.columns()
    controls = lesson.controls
    with panel:
        mu = controls.slider("mu", _("Mean μ"), -5.0, 5.0, 0.0, 0.1)
        sigma = controls.slider("sigma", _("Standard deviation σ"), 0.2, 5.0, 1.0, 0.05)
        a = controls.slider("a", _("From a"), -10.0, 10.0, -1.0, 0.05)
        b = controls.slider("b", _("To b"), -10.0, 10.0, 1.0, 0.05)
    bell = Gaussian.from_std(mu, sigma)
    figure = figures.area(bell, a, b, y_title=_("density"))
    peak = float(bell.prob([mu])[0])
    handles = [
        Handle(
            name,
            value,
            0.06 * peak,
            label,
            theme.ROLES["condition"][0],
            "x",
            "line",
            (-10, 10, 0, 0),
        )
        for name, value, label in (("a", a, _("From a")), ("b", b, _("To b")))
    ]

    def move(name: str, x: float, _y: float) -> None:
        lesson.state.put(**{name: x})

    with picture:
        stage(figure, key="normal.stage", summary="Summary", handles=handles, on_move=move)
    p = float(bell.interval(min(a, b), max(a, b)))
    lesson.equation(
        rf"P({min(a, b):.2f} < x \le {max(a, b):.2f}) = \int \frac{{1}}{{\sqrt{{2\pi}}\,\model{{{sigma:.2f}}}}}"
        rf"\exp\!\Big(-\frac{{(x-\model{{{mu:.1f}}})^2}}{{2\cdot\model{{{sigma:.2f}}}^2}}\Big)dx = {p:.4f}"
    )
    lesson.tasks({"wide": sigma >= 2})
    lesson.checked(lambda: [Check("P", p, "x", p)])
    lesson.offer(lambda: {"x": figure.data[1].x, "p": figure.data[1].y}, lambda: "figure = 1")


lesson.predict()
lesson.closing(Gaussian.log_prob, Gaussian.interval)
