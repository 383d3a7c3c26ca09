"""`denoise`: walk from noise to picture, see what it costs, and go between two noises."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import streamlit as st

from explorer import sampling
from explorer.components.filmstrip import strip
from explorer.components.stage import stage
from explorer.figures import denoise as figures
from explorer.figures import denoise_words as words
from explorer.figures import sprite
from explorer.i18n import _
from explorer.inference import Network
from explorer.models.diffusion.schedule import Schedule, linear
from explorer.models.geometry import way
from explorer.sampling import Look, Wish, kept, seeds, start_noise
from explorer.ui.frame import Check, Lesson
from explorer.ui.live_sampling import live_sampling, whole
from explorer.ui.live_training import polling, rest
from explorer.ui.networks import network
from explorer.ui.state import integer, number, one_of

lesson = Lesson("denoise")
lesson.opening()
controls, state = lesson.controls, lesson.state

LOOKS = 25  # steps that a film shows
END = 99  # the frame that means "the last"
MIDWAY = 15  # the frame at first: x_t still noise, the guess nearly a digit
MOST = 999_990  # of a seed: the other pictures of a film have the next ones
LABELS = list(range(-1, 10))  # -1: none
PACE = 0.6  # seconds between two sheets of a film that is still coming: a browser must fetch each
SHORT = 100  # steps that "Checked" walks again


@dataclass(frozen=True)
class Setting:
    """What the learner chose for one walk."""

    data: str
    sampler: str
    steps: int
    given_eta: float
    label: int
    seed: int
    averaged: bool = True

    @property
    def checkpoint(self) -> str:
        return f"diffusion-{self.data}" + ("" if self.averaged else "-last")

    @property
    def eta(self) -> float:
        """Used by DDIM alone."""
        return self.given_eta if self.sampler == "ddim" else 0.0

    @property
    def wish(self) -> Wish:
        """The pictures of a film."""
        labels = (self.label,) * figures.PICTURES
        starts = seeds(self.seed, figures.PICTURES)
        return Wish(labels, starts, self.sampler, self.steps, self.eta)


@dataclass(frozen=True, eq=False)
class Road:
    """The times of a walk, and those that a film shows: `stops`, down to 0."""

    schedule: Schedule
    steps: int
    frame: str  # the setting that holds the frame of the film

    @cached_property
    def times(self) -> list[int]:
        return self.schedule.times(self.steps)

    @cached_property
    def numbers(self) -> list[int]:
        """The steps that are looked at."""
        return kept(self.steps, LOOKS)

    @cached_property
    def stops(self) -> list[int]:
        return [*(self.times[n - 1] for n in self.numbers), 0]

    def at(self) -> int:
        """The frame that the learner left the film at."""
        return min(state.values[self.frame], len(self.numbers))

    def step(self) -> tuple[int, int, int]:
        """(number, t, s) of the step that leaves this frame; at the end, of the last."""
        n = self.numbers[min(self.at(), len(self.numbers) - 1)]
        return n, self.times[n - 1], self.times[n]

    def rested(self, index: int) -> None:
        state.put(**{self.frame: END if index >= len(self.numbers) else index})


def road(net: Network, steps: int, frame: str) -> Road:
    config = net.card["config"]
    return Road(linear(config["steps"], config["first"], config["last"]), steps, frame)


def stamp(net: Network) -> str:
    """The same for the same weights: the key of caches."""
    return net.card["weights"]["sha256"]


def nothing() -> None:
    """Without a network there is nothing to walk with; the notice has said so."""
    rest("denoise")
    lesson.tasks({})


def paced(films: list[list[Look]], *asked: Network | Wish) -> list[list[Look]]:
    """The looks so far, but while more are coming not another picture every time we look."""
    if polling("denoise") is None:  # done, or stopped: nothing would draw the last ones later
        return films
    key = tuple(stamp(each) if isinstance(each, Network) else each for each in asked)
    shown = st.session_state.get("denoise.shown")
    if shown is None or shown[0] != key or time.monotonic() - shown[1] >= PACE:
        shown = (key, time.monotonic(), tuple(map(len, films)))
        st.session_state["denoise.shown"] = shown
    return [looks[:count] for looks, count in zip(films, shown[2], strict=True)]


# ---- controls ---------------------------------------


def set_names() -> dict[str, str]:
    return {"mnist": _("Digits (MNIST)"), "fashion": _("Clothes (Fashion-MNIST)")}


def steps_slider() -> int:
    return controls.steps("steps", _("Steps"), list(figures.STEPS), 25)


def sampler_choice() -> str:
    return controls.choice("sampler", _("Sampler"), figures.names(), "ddim")


def eta_slider() -> float:
    return controls.slider("eta", _("Fresh noise η of DDIM"), 0, 1, 0, 0.1)


def set_choice() -> str:
    return controls.choice("set", _("Pictures of"), set_names(), "mnist")


def label_slider(data: str) -> int:
    def shown(label: object) -> str:
        if not isinstance(label, int):
            return str(label)
        return _("none") if label < 0 else words.called(data, label)

    return controls.steps("label", _("Label told to the network"), LABELS, -1, format_func=shown)


def averaged_toggle() -> bool:
    return controls.toggle("ema", _("Averaged weights (EMA)"), True)


def seed_number() -> int:
    return min(controls.seed(), MOST)


# ---- the walk ---------------------------------------


def show_walk(picture, panel) -> None:  # noqa: ANN001
    with panel:
        sampler, steps = sampler_choice(), steps_slider()
        with lesson.more():
            data = set_choice()
            label = label_slider(data)
            large = controls.whole("large", _("Large picture"), 1, figures.PICTURES, 1) - 1
            eta = eta_slider() if sampler == "ddim" else 0.0
            averaged = averaged_toggle()
            seed = seed_number()
    chosen = Setting(data, sampler, steps, eta, label, seed, averaged)
    net = network(chosen.checkpoint)
    if net is None:
        nothing()
        return
    with panel:
        (looks,) = paced(live_sampling("denoise", net, [chosen.wish], LOOKS), net, chosen.wish)
    way_down = road(net, steps, "at")
    guesses = recognise(chosen, net, looks, large) if whole(looks) else None
    with picture:
        headings()
        show_film(chosen, net, way_down, looks, large, guesses)
        show_cost(chosen, net, way_down, (sampler,))
        if guesses is not None:
            show_guesses(guesses, way_down, large)
    number_, t, s = way_down.step()
    lesson.equation(*words.step_formulas(sampler, eta, way_down.schedule.abar, t, s))
    do_tasks(chosen, way_down, guesses, large)
    lesson.checked(lambda: compare_walk(chosen, net, looks, number_, large))
    place = way_down.stops[way_down.at()]
    lesson.offer(
        lambda: cost_columns(net, way_down),
        lambda: cost_script(chosen, (sampler,), place) + film_script({"film": chosen}),
    )


def headings() -> None:
    """Above the three panels of the large picture; side by side on a phone too."""
    with st.container(horizontal=True, horizontal_alignment="distribute", key="denoise.headings"):
        for text in (
            _("$x_t$: the state"), _("$\\hat\\epsilon$: its noise"),
            _("$\\hat x_0$: the guess"),
        ):  # fmt: skip
            st.markdown(text, text_alignment="center")


def show_film(
    chosen: Setting, net: Network, way_down: Road, looks: list[Look], large: int,
    guesses: Guesses | None,
) -> None:  # fmt: skip
    """The start noise at once, the rest as it comes."""
    frames = frames_of(chosen, looks, way_down)
    told = [
        words.frame(frame.t, way_down.schedule.abar, frame.clean is not None,
                    None if guesses is None else guesses.said(n))
        for n, frame in enumerate(frames)
    ]  # fmt: skip
    strip(
        film_sheet(stamp(net), chosen.wish, len(looks), large, frames), key="denoise.film",
        names=[f"= {frame.t}" for frame in frames], film="t", summaries=told, invert=True,
        start=way_down.at(), size=712, interval=160, on_settle=way_down.rested, grows=True,
        filename="denoise",
    )  # fmt: skip


def frames_of(chosen: Setting, looks: Sequence[Look], way_down: Road) -> list[figures.Frame]:
    """The looks so far, and where the last of them led; what is still to come looks like that."""
    if looks:
        end, over = looks[-1].after, looks[-1].s == 0
        newest = figures.Frame(looks[-1].s, end, None, end if over else None)
    else:
        noise = np.stack([start_noise(start, 784) for start in chosen.wish.starts])
        newest = figures.Frame(way_down.times[0], noise, None, None)
    frames = [figures.Frame(look.t, look.x, look.noise, look.clean) for look in looks]
    return [*frames, *[newest] * (len(way_down.stops) - len(frames))]


@st.cache_data(max_entries=48, show_spinner=False)
def film_sheet(
    identity: str, wish: Wish, count: int, large: int, _frames: list[figures.Frame]
) -> sprite.Sprite:
    """The sheet of the frames, when `count` looks of the wish are there."""
    return figures.film(_frames, large)


def show_cost(chosen: Setting, net: Network, way_down: Road, samplers: Sequence[str]) -> None:
    """Steps against quality, from the card."""
    found, abar = figures.quality(net.card["metrics"]), way_down.schedule.abar
    t = way_down.stops[way_down.at()]
    stage(
        figures.overview(
            found, samplers, chosen.steps, chosen.given_eta, abar, way_down.times, t
        ),
        key="denoise.stage", filename="denoise_steps",
        summary=words.overview(found, samplers, chosen.steps, chosen.given_eta, abar, t),
    )  # fmt: skip
    if found.curves:
        st.caption(
            _(
                "Measured on samples of the averaged weights, each told its label: {count} for "
                "each point. The Fréchet distance compares mean and covariance of 128 features of "
                "our classifier with those of the test pictures."
            ).format(count=f"{found.samples:,}")
        )


def show_guesses(guesses: Guesses, way_down: Road, large: int) -> None:
    """When the guess becomes recognisable."""
    t = way_down.stops[way_down.at()]
    stage(
        figures.recognised(
            way_down.stops, guesses.clean, guesses.noisy, large, t, guesses.name
        ),
        key="denoise.seen", filename="denoise_recognised",
        summary=words.recognised(
            way_down.stops, guesses.clean[:, large], guesses.noisy, guesses.name
        ),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Guesses:
    """The classifier's probabilities of the class that each picture was told or ends as: clean
    (T, N) and, of the large picture's x_t, noisy (T,); top (T, 10) of its guess."""

    clean: np.ndarray
    noisy: np.ndarray
    top: np.ndarray
    data: str
    target: int

    @property
    def name(self) -> str:
        return words.called(self.data, self.target)

    def said(self, frame: int) -> tuple[str, float]:
        """The likeliest class of the large guess."""
        best = int(self.top[frame].argmax())
        return words.called(self.data, best), float(self.top[frame, best])


@st.cache_data(max_entries=64, show_spinner=False)
def judged(key: tuple, _pictures: np.ndarray, _judge: Network) -> np.ndarray:
    """What the classifier says of pictures (..., 784) in [-1, 1]: probabilities (..., 10)."""
    flat = (np.clip(_pictures, -1, 1).reshape(-1, _pictures.shape[-1]) + 1) / 2
    return _judge.probabilities(flat).reshape(*_pictures.shape[:-1], 10)


def recognise(chosen: Setting, net: Network, looks: Sequence[Look], large: int) -> Guesses | None:
    """The classifier along a whole film."""
    judge = network(f"classifier-{chosen.data}")
    if judge is None:
        return None
    clean = np.stack([*(look.clean for look in looks), looks[-1].after])  # (T, N, 784)
    noisy = np.stack([*(look.x[large] for look in looks), looks[-1].after[large]])
    key = (stamp(net), stamp(judge), chosen.wish)
    guess, raw = judged(key, clean, judge), judged((*key, large), noisy, judge)
    told = guess[-1].argmax(axis=1) if chosen.label < 0 else np.full(len(guess[0]), chosen.label)
    mine = guess[:, np.arange(len(told)), told]
    target = int(told[large])
    return Guesses(mine, raw[:, target], guess[:, large], chosen.data, target)


def do_tasks(chosen: Setting, way_down: Road, guesses: Guesses | None, large: int) -> None:
    """Only what has been walked to its end counts."""
    done = guesses is not None
    broken = lesson.seen("broken", done and chosen.sampler == "ddpm" and chosen.steps == 5)
    good = done and chosen.sampler == "ddim" and chosen.eta == 0 and chosen.steps <= 25
    moment = figures.settled(guesses.clean[:, large]) if guesses is not None else None
    inside = moment is not None and 0 < moment < len(way_down.numbers)
    lesson.tasks({"few": broken and good, "when": inside and moment == way_down.at()})


def compare_walk(
    chosen: Setting, net: Network, looks: Sequence[Look], number: int, large: int
) -> list[Check]:
    """The shown step by hand, and the film walked again by the large picture alone."""
    here = next((look for look in looks if look.step == number), None)
    if here is None:  # not there yet: the first step will do
        here = next(iter(sampling.walk(net.model, chosen.wish)))
    seed = chosen.wish.starts[large][0]
    fresh = np.random.default_rng([seed, seed, 0, 1]).standard_normal((here.step, 784))[-1]
    by_hand = step_by_hand(chosen, net, here, large, fresh)
    lines = [
        Check(
            _("Length ‖x‖ after the step from t = {t} to {s}").format(t=here.t, s=here.s),
            float(np.linalg.norm(here.after[large])), _("the formula in NumPy"),
            float(np.linalg.norm(by_hand)),
        ),
        Check(_("Largest difference of a pixel there"),
              float(np.abs(here.after[large] - by_hand).max()), _("should be"), 0.0),
    ]  # fmt: skip
    if chosen.steps <= SHORT and whole(looks):
        mine = slice(large, large + 1)
        alone = replace(chosen.wish, labels=(chosen.label,), starts=chosen.wish.starts[mine])
        *_before, last = sampling.walk(net.model, alone)
        lines.append(
            Check(_("Mean of the large picture at the end"), float(looks[-1].after[large].mean()),
                  _("walked again, alone"), float(last.after.mean()))
        )  # fmt: skip
    return lines


def step_by_hand(
    chosen: Setting, net: Network, look: Look, large: int, z: np.ndarray
) -> np.ndarray:
    """The step of a look for one picture (784,), from abar_t = prod (1 - beta) on."""
    config, x = net.card["config"], look.x[large].astype(float)
    betas = np.linspace(config["first"], config["last"], config["steps"])
    a, b = (float(np.prod(1 - betas[:time])) for time in (look.t, look.s))
    labels = None if chosen.label < 0 else np.array([chosen.label])
    eps = net.noise(x[None], look.t, labels)[0]
    clean = np.clip((x - np.sqrt(1 - a) * eps) / np.sqrt(a), -1, 1)
    if chosen.sampler == "ddpm":  # mean and variance of q(x_s | x_t, x_0)
        mean = np.sqrt(b) * (1 - a / b) * clean + np.sqrt(a / b) * (1 - b) * x
        return mean / (1 - a) + np.sqrt((1 - a / b) * (1 - b) / (1 - a)) * z
    eps = (x - np.sqrt(a) * clean) / np.sqrt(1 - a)
    sigma = chosen.eta * np.sqrt((1 - b) / (1 - a) * (1 - a / b))
    after = np.sqrt(b) * clean + np.sqrt(1 - b - sigma**2) * eps + sigma * z
    if chosen.sampler == "heun" and look.s > 0:
        slope = (eps + net.noise(after[None], look.s, labels)[0]) / 2
        change = np.sqrt((1 - b) / b) - np.sqrt((1 - a) / a)
        after = np.sqrt(b) * (x / np.sqrt(a) + change * slope)
    return after


def cost_columns(net: Network, way_down: Road) -> dict[str, np.ndarray]:
    """The measured curves, and the visited times."""
    columns: dict[str, np.ndarray] = {}
    for name, curve in figures.quality(net.card["metrics"]).curves.items():
        columns[f"{name}: steps"] = np.array(sorted(curve))
        columns[f"{name}: Frechet distance"] = np.array([curve[n] for n in sorted(curve)])
    columns["t"] = np.array(way_down.times)
    return columns | {"abar": way_down.schedule.abar[way_down.times]}


def cost_script(chosen: Setting, samplers: tuple[str, ...], t: int) -> str:
    return (
        "from explorer.checkpoints import read_card\n"
        "from explorer.figures import denoise\n"
        "from explorer.models.diffusion.schedule import linear\n\n"
        f"card = read_card({chosen.checkpoint!r})\n"
        'schedule = linear(*(card["config"][name] for name in ("steps", "first", "last")))\n'
        "figure = denoise.overview(\n"
        f'    denoise.quality(card["metrics"]), {samplers!r}, {chosen.steps},\n'
        f"    {chosen.given_eta!r}, schedule.abar, schedule.times({chosen.steps}), {t},\n)\n"
    )


def film_script(walks: dict[str, Setting]) -> str:
    """Functions that walk as the page did; they wait until somebody wants the pictures."""
    lines = []
    for name, chosen in walks.items():
        lines += [
            f"\n\ndef {name}():",
            '    """Every step of the pictures on the page; the last one\'s `after` is the end."""',
            "    from explorer.inference import load",
            "    from explorer.sampling import Wish, walk\n",
            f"    wish = {chosen.wish!r}",
            f"    return list(walk(load({chosen.checkpoint!r}).model, wish))",
        ]
    return "\n".join(lines)


# ---- side by side ---------------------------------------


def show_compare(picture, panel) -> None:  # noqa: ANN001
    with panel:
        kinds = {"samplers": _("Samplers"), "weights": _("Weights")}
        kind = controls.choice("compare", _("Compare"), kinds, "samplers")
        steps = steps_slider()
        with lesson.more():
            data = set_choice()
            label = label_slider(data)
            sampler = sampler_choice() if kind == "weights" else "ddim"
            eta = eta_slider() if sampler == "ddim" else 0.0
            seed = seed_number()
    first = Setting(data, sampler, steps, eta, label, seed)
    if kind == "samplers":
        rows = {words.titled(s, eta): replace(first, sampler=s) for s in figures.SAMPLERS}
    else:
        rows = {_("averaged (EMA)"): first, _("last weights"): replace(first, averaged=False)}
    nets = {each.checkpoint: network(each.checkpoint) for each in rows.values()}
    asked = [net for each in rows.values() if (net := nets[each.checkpoint]) is not None]
    if len(asked) < len(rows):
        nothing()
        return
    with panel:
        wishes = [each.wish for each in rows.values()]
        films = paced(live_sampling("denoise", asked, wishes, LOOKS), *asked, *wishes)
    way_down = road(asked[0], steps, "end")
    with picture:
        show_rows(rows, asked, films, way_down)
        if kind == "samplers":
            show_cost(first, asked[0], way_down, figures.SAMPLERS)
        else:
            show_averaging(asked)
    _number, t, s = way_down.step()
    lesson.equation(*words.step_formulas(sampler, eta, way_down.schedule.abar, t, s))
    lesson.tasks({})
    lesson.checked(lambda: compare_ancestral(first, asked[0]))
    walks = film_script({f"film{n + 1}": each for n, each in enumerate(rows.values())})
    place = way_down.stops[way_down.at()]
    lesson.offer(
        lambda: cost_columns(asked[0], way_down),
        lambda: (
            (
                cost_script(first, figures.SAMPLERS, place)
                if kind == "samplers"
                else averaging_script(rows.values())
            )
            + walks
        ),
    )


def show_rows(
    rows: dict[str, Setting], asked: list[Network], films: list[list[Look]], way_down: Road
) -> None:
    """The same noises by several ways, under each other."""
    st.caption(_("Rows from the top: {rows}.").format(rows=", ".join(rows)))
    paths = [
        frames_of(each, looks, way_down) for each, looks in zip(rows.values(), films, strict=True)
    ]
    wishes, count = tuple(each.wish for each in rows.values()), tuple(map(len, films))
    strip(
        rows_sheet(tuple(map(stamp, asked)), wishes, count, paths), key="denoise.rows", film="t",
        names=[f"= {t}" for t in way_down.stops], invert=True, size=712, interval=160,
        summaries=[words.row(t, list(rows)) for t in way_down.stops], start=way_down.at(),
        on_settle=way_down.rested, grows=True, filename="denoise_rows",
    )  # fmt: skip


@st.cache_data(max_entries=24, show_spinner=False)
def rows_sheet(
    identities: tuple, wishes: tuple, count: tuple, _paths: list[list[figures.Frame]]
) -> sprite.Sprite:
    """x_t of every walk, when so many looks of each are there."""
    return figures.rows([[frame.x for frame in path] for path in _paths])


def show_averaging(asked: list[Network]) -> None:
    averaged, last = (figures.weights(net.card["metrics"]) for net in asked)
    stage(
        figures.averaging(averaged, last), key="denoise.stage", filename="denoise_weights",
        summary=words.averaging(averaged, last),
    )  # fmt: skip


def averaging_script(rows: Sequence[Setting]) -> str:
    names = [each.checkpoint for each in rows]
    return (
        "from explorer.checkpoints import read_card\nfrom explorer.figures import denoise\n\n"
        f"cards = [read_card(name)['metrics'] for name in {names!r}]\n"
        "figure = denoise.averaging(*map(denoise.weights, cards))\n"
    )


def compare_ancestral(chosen: Setting, net: Network) -> list[Check]:
    """Two theories, one sampler: DDIM with eta = 1 and the ancestral step, from the same noise."""
    one = replace(chosen, sampler="ddim", given_eta=1.0, steps=5).wish
    ends = [list(sampling.walk(net.model, replace(one, sampler=s)))[-1] for s in ("ddim", "ddpm")]
    ours, theirs = (float(np.linalg.norm(end.after)) for end in ends)
    return [
        Check(_("Length of six pictures, five steps of DDIM with η = 1"), ours,
              _("five ancestral steps"), theirs)
    ]  # fmt: skip


# ---- between two seeds ---------------------------------------


def show_between(picture, panel) -> None:  # noqa: ANN001
    with panel:
        seed = seed_number()
        other = controls.whole("other", _("Second seed"), 0, 99, 1)
        with lesson.more():
            data = set_choice()
            label = label_slider(data)
            steps = steps_slider()
            eta = eta_slider()
            at = round(10 * controls.slider("share", _("Share of the way u"), 0, 1, 0.5, 0.1))
    chosen = Setting(data, "ddim", steps, eta, label, seed)
    net = network(chosen.checkpoint)
    if net is None:
        nothing()
        return
    wishes = [way_wish(chosen, other, straight) for straight in (False, True)]
    with panel:
        films = paced(live_sampling("denoise", net, wishes, LOOKS), net, *wishes)
    a, b = (start_noise((n, n, 0), 784) for n in (seed, other))
    done = all(whole(looks) for looks in films)
    made = [looks[-1].clean if looks else None for looks in films]
    seen = name_places(chosen, net, wishes, films) if done else []
    with picture:
        strip(
            places_sheet(stamp(net), tuple(wishes), tuple(map(len, films)), made),
            key="denoise.places", names=[f"= {share:g}" for share in figures.SHARES], film="u",
            summaries=[words.place(k, seen[k] if seen else ()) for k in range(11)], start=at,
            invert=True, size=712, interval=400, filename="denoise_between", grows=True,
            on_settle=lambda index: state.put(share=figures.SHARES[index]),
        )  # fmt: skip
        if done:
            st.caption(jumps(films))
        curves = both_ways(a, b)
        stage(figures.lengths(a, b, at), key="denoise.stage", filename="denoise_lengths",
              summary=words.lengths(a, b, curves, at))  # fmt: skip
    lesson.equation(*words.between_formulas(a, b, figures.SHARES[at]))
    jumped = lesson.seen("jumped", done and eta >= 0.5 and seed != other)
    lesson.tasks({"jump": jumped and done and eta == 0 and seed != other})
    lesson.checked(lambda: compare_between(a, b, wishes[0], at))
    lesson.offer(
        lambda: {"share": np.array(figures.SHARES), "length on the sphere": curves[0],
                 "length on the straight way": curves[1]},
        lambda: between_script(chosen, other, at, wishes),
    )  # fmt: skip


def way_wish(chosen: Setting, other: int, straight: bool) -> Wish:
    """Eleven pictures on the way from one seed's noise to the other's."""
    starts = tuple((chosen.seed, other, share) for share in figures.SHARES)
    return Wish((chosen.label,) * 11, starts, "ddim", chosen.steps, chosen.eta, straight=straight)


def both_ways(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Lengths (2, 11): along the sphere and straight."""
    return np.stack([np.linalg.norm(way(a, b, 11, kind), axis=1) for kind in (True, False)])


@st.cache_data(max_entries=48, show_spinner=False)
def places_sheet(identity: str, wishes: tuple, count: tuple, _made: list) -> sprite.Sprite:
    """The sheet of the places, when `count` looks of both wishes are there."""
    starts = [
        np.stack([start_noise(start, 784, wish.straight) for start in wish.starts])
        for wish in wishes
    ]
    return figures.between(starts, _made)


def name_places(
    chosen: Setting, net: Network, wishes: list[Wish], films: list[list[Look]]
) -> list[list[tuple[str, float]]]:
    """What the classifier says of both pictures at each place; nothing without a classifier."""
    judge = network(f"classifier-{chosen.data}")
    if judge is None:
        return []
    pictures = np.stack([looks[-1].after for looks in films], axis=1)  # (11, 2, 784)
    p = judged((stamp(net), stamp(judge), tuple(wishes)), pictures, judge)
    best = p.argmax(axis=2)
    return [
        [(words.called(chosen.data, int(best[k, j])), float(p[k, j].max())) for j in range(2)]
        for k in range(len(p))
    ]


def jumps(films: list[list[Look]]) -> str:
    """How far neighbours lie apart, and how much ink the two ways leave half way."""
    x = films[0][-1].after.astype(float)
    steps = np.sqrt(((x[1:] - x[:-1]) ** 2).mean(axis=1))
    ends = float(np.sqrt(((x[-1] - x[0]) ** 2).mean()))
    ink = [float((looks[-1].after[5].astype(float) + 1).mean() / 2) for looks in films]
    return _(
        "Along the sphere neighbours differ by {mean:.2f} per pixel on average and by {most:.2f} "
        "at most, the two ends by {ends:.2f} (root mean square; black to white is 2). Half way the "
        "stroke covers {round:.1f} % of the paper there, and {flat:.1f} % on the straight way."
    ).format(mean=steps.mean(), most=steps.max(), ends=ends, round=100 * ink[0], flat=100 * ink[1])


def compare_between(a: np.ndarray, b: np.ndarray, wish: Wish, at: int) -> list[Check]:
    """Lengths by other roads than slerp's own."""
    share, half = figures.SHARES[at], (a + b) / 2
    found = start_noise(wish.starts[at], 784)
    la, lb = np.linalg.norm(a), np.linalg.norm(b)
    return [
        Check(_("Length at this place of the sphere"), float(np.linalg.norm(found)),
              _("(1 − u)‖a‖ + u‖b‖"), float((1 - share) * la + share * lb)),
        Check(_("Length half way on the straight way"),
              float(np.linalg.norm(way(a, b, 11, False)[5])), _("half the diagonal of a and b"),
              float(np.sqrt(half @ half))),
        Check(_("First pixel at the end of the way"), float(start_noise(wish.starts[-1], 784)[0]),
              _("of the second seed's own noise"), float(b[0])),
    ]  # fmt: skip


def between_script(chosen: Setting, other: int, at: int, wishes: list[Wish]) -> str:
    return (
        "from explorer.figures import denoise\nfrom explorer.sampling import start_noise\n\n"
        f"a, b = (start_noise((seed, seed, 0), 784) for seed in ({chosen.seed}, {other}))\n"
        f"figure = denoise.lengths(a, b, {at})\n\n\n"
        "def films():\n"
        '    """Both ways, all steps: the last one\'s `after` holds the eleven pictures."""\n'
        "    from explorer.inference import load\n"
        "    from explorer.sampling import Wish, walk\n\n"
        f"    net = load({chosen.checkpoint!r}).model\n"
        f"    return [list(walk(net, wish)) for wish in {wishes!r}]\n"
    )


# ---- the lesson ---------------------------------------


def keep() -> None:
    """The settings of every view stay in the address, whichever is open."""
    controls.hidden("sampler", "ddim", one_of(figures.SAMPLERS))
    controls.hidden("steps", 25, one_of(figures.STEPS))
    controls.hidden("eta", 0.0, number(0, 1))
    controls.hidden("set", "mnist", one_of(("mnist", "fashion")))
    controls.hidden("label", -1, one_of(LABELS))
    controls.hidden("ema", True, one_of([True, False]))
    controls.hidden("large", 1, integer(1, figures.PICTURES))
    controls.hidden("seed", 0, integer(0, 999_999))
    controls.hidden("other", 1, integer(0, 99))
    controls.hidden("share", 0.5, number(0, 1))
    controls.hidden("compare", "samplers", one_of(("samplers", "weights")))
    controls.hidden("at", MIDWAY, integer(0, END))
    controls.hidden("end", END, integer(0, END))


@lesson.live
def act() -> None:
    picture, panel = lesson.columns()
    with panel:
        views = {"walk": _("The walk"), "compare": _("Side by side"), "between": _("In between")}
        view = controls.choice("view", _("Look at"), views, "walk")
    keep()
    {"walk": show_walk, "compare": show_compare, "between": show_between}[view](picture, panel)


lesson.predict(
    {
        "calls": lambda: state.put(view="walk", sampler="ddim", steps=50, eta=0.0, at=END),
        "first": lambda: state.put(view="walk", sampler="ddim", steps=25, eta=0.0, label=-1, at=0),
    }
)
lesson.closing(
    "explorer.models.diffusion.ddim:ddim",
    "explorer.models.diffusion.ddpm:ddpm",
    "explorer.models.diffusion.heun:heun",
    way,
    figures.overview,
)
