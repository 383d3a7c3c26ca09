"""A restless hand on every lesson: random knobs, handles, films, buttons, answers, data.

In CI the same states are visited every time, at least 200 of them over all lessons. By hand, many
more: `EXPLORER_STATES=5000 python -m pytest -s tests/properties` (that many on each lesson); the
seed is printed, and EXPLORER_SEED=<seed> walks the same way again.
"""

import os
import random

import numpy as np
import pytest
from hypothesis import Phase, given, note, seed, settings
from hypothesis import strategies as some
from streamlit.testing.v1 import AppTest

from explorer import catalog, i18n
from explorer.data import registry
from tests.pages.helpers import (
    answer,
    drag,
    healthy,
    knobs,
    open_lesson,
    own_data,
    scrub,
    send,
    speaks,
    stage_data,
    stages,
    turn,
)

SLUGS = [entry.slug for entry in catalog.LESSONS]
STEPS = 10  # turns of a knob in one walk
AT_LEAST = 240  # states in CI, over all lessons
STATES = int(os.environ.get("EXPLORER_STATES", -(-AT_LEAST // len(SLUGS))))
WALKS = -(-STATES // STEPS)
BY_HAND = "EXPLORER_STATES" in os.environ
SEED = int(os.environ.get("EXPLORER_SEED", random.SystemRandom().randrange(2**32)))
ODD = [0.0, 1e9, -1e9, 1e-9, 1e300]
NONSENSE = [None, "x", [], {}, 1e400, {"id": "mu"}, {"id": 3, "x": 1, "y": 2}, -1]


def number(rng: random.Random) -> float:
    """Where no handle should be, as often as where it may."""
    return rng.choice(ODD) if rng.random() < 0.3 else rng.uniform(-30, 300)


def turn_a_knob(at: AppTest, rng: random.Random) -> str:
    knob = rng.choice(knobs(at))
    position = knob.anywhere(rng)
    turn(at, **{knob.name: position})
    return f"{knob.key} = {position}"


def drag_a_handle(at: AppTest, rng: random.Random) -> str:
    handles = [(i, h["id"]) for i in range(stages(at)) for h in stage_data(at, i)["handles"]]
    if not handles:
        return "no handle"
    index, name = rng.choice(handles)
    x, y = number(rng), number(rng)
    drag(at, name, x, y, index)
    return f"handle {name} to ({x}, {y})"


def move_the_film(at: AppTest, rng: random.Random) -> str:
    films = {}
    for index in range(stages(at)):
        data = stage_data(at, index)
        films[index] = len(data["live"]["values"]) if data["live"] else len(data["frames"])
    films = {index: count for index, count in films.items() if count > 1}
    if not films:
        return "no film"
    index = rng.choice(sorted(films))
    position = rng.randint(0, films[index] - 1)
    scrub(at, position, index)
    return f"film {index} at {position}"


def press_a_button(at: AppTest, rng: random.Random) -> str:
    own = f"{at.session_state['page']}."
    buttons = [b for b in at.button if (b.key or "").startswith(own) and not b.disabled]
    if not buttons:
        return "no button"
    button = rng.choice(buttons)
    healthy(button.click().run())
    return f"button {button.key}"


def answer_a_question(at: AppTest, rng: random.Random) -> str:
    radio = rng.choice([r for r in at.radio if ".predict." in (r.key or "")])
    option = rng.randint(0, len(radio.options) - 1)
    question = radio.key.split(".predict.")[1]
    answer(at, question, option)
    return f"answer {question}: {option}"


def choose_a_set(at: AppTest, rng: random.Random) -> str:
    name = rng.choice(sorted(registry.REGISTRY))
    at.session_state["data_id"] = name
    healthy(at.run())
    return f"data {name}"


def bring_data(at: AppTest, rng: random.Random) -> str:
    rows, scale = rng.choice([2, 3, 7, 60, 900]), rng.choice([1e-3, 1, 1e4])
    spread = np.random.default_rng(rng.randint(0, 10**6)).normal((3, -1), (1, 0.2), (rows, 2))
    own_data(at, np.round(scale * spread, 6))
    return f"own data: {rows} rows, scale {scale}"


def change_the_language(at: AppTest, rng: random.Random) -> str:
    language = rng.choice(sorted(i18n.LANGUAGES))
    healthy(at.button_group(key="lang_choice").set_value(language).run())
    return f"language {language}"


def send_nonsense(at: AppTest, rng: random.Random) -> str:
    event, value = rng.choice(["moved", "scrubbed", "other"]), rng.choice(NONSENSE)
    if stages(at):
        healthy(send(at, event, value))
    return f"nonsense: {event} {value}"


ACTIONS = [
    *4 * [turn_a_knob], *2 * [drag_a_handle], *2 * [move_the_film], *2 * [press_a_button],
    answer_a_question, choose_a_set, bring_data, change_the_language, send_nonsense,
]  # fmt: skip


def walk(at: AppTest, rng: random.Random) -> None:
    """STEPS states; after each, the page stands, draws and says what it draws."""
    for _ in range(STEPS):
        note(rng.choice(ACTIONS)(at, rng))
        speaks(at)


@pytest.mark.parametrize("slug", SLUGS)
def test_no_hand_breaks_a_lesson(slug):
    if BY_HAND:
        print(f"\nEXPLORER_SEED={SEED}: {WALKS * STEPS} states of {slug}")

    # A number names a walk. Drawn one by one, the turns would not be hypothesis's own: what can be
    # touched depends on how far work in the background has come.
    @settings(max_examples=WALKS, deadline=None, phases=[Phase.generate], database=None)
    @given(start=some.integers(0, 2**64))
    def search(start):
        walk(open_lesson(slug, alone=True), random.Random(start))

    (seed(SEED)(search) if BY_HAND else search)()


def test_ci_visits_enough_states():
    assert BY_HAND or WALKS * STEPS * len(SLUGS) >= 200
