"""A restless hand on every lesson: random knobs, handles, films, buttons, answers, data.

In CI the same states are visited every time, at least 200 of them over all lessons. By hand, many
more: `EXPLORER_STATES=5000 python -m pytest -s tests/properties` (that many on each lesson); the
seed is printed, and EXPLORER_SEED=<seed> walks the same way again.
"""

import os
import random
from collections.abc import Callable

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
NUMBERS = some.floats(-30, 300) | some.sampled_from([0.0, 1e9, -1e9, 1e-9, 1e300])
NONSENSE = some.sampled_from(
    [None, "x", [], {}, 1e400, {"id": "mu"}, {"id": 3, "x": 1, "y": 2}, -1]
)

Draw = Callable[[some.SearchStrategy], object]


def turn_a_knob(at: AppTest, draw: Draw) -> str:
    knob = draw(some.sampled_from(knobs(at)))
    position = knob.anywhere(random.Random(draw(some.integers(0, 10**6))))
    turn(at, **{knob.name: position})
    return f"{knob.key} = {position}"


def drag_a_handle(at: AppTest, draw: Draw) -> str:
    handles = [(i, h["id"]) for i in range(stages(at)) for h in stage_data(at, i)["handles"]]
    if not handles:
        return "no handle"
    index, name = draw(some.sampled_from(handles))
    x, y = draw(NUMBERS), draw(NUMBERS)
    drag(at, name, x, y, index)
    return f"handle {name} to ({x}, {y})"


def move_the_film(at: AppTest, draw: Draw) -> str:
    films = {}
    for index in range(stages(at)):
        data = stage_data(at, index)
        films[index] = len(data["live"]["values"]) if data["live"] else len(data["frames"])
    films = {index: count for index, count in films.items() if count > 1}
    if not films:
        return "no film"
    index = draw(some.sampled_from(sorted(films)))
    position = draw(some.integers(0, films[index] - 1))
    scrub(at, position, index)
    return f"film {index} at {position}"


def press_a_button(at: AppTest, draw: Draw) -> str:
    own = f"{at.session_state['page']}."
    buttons = [b for b in at.button if (b.key or "").startswith(own) and not b.disabled]
    if not buttons:
        return "no button"
    button = draw(some.sampled_from(buttons))
    healthy(button.click().run())
    return f"button {button.key}"


def answer_a_question(at: AppTest, draw: Draw) -> str:
    radio = draw(some.sampled_from([r for r in at.radio if ".predict." in (r.key or "")]))
    option = draw(some.integers(0, len(radio.options) - 1))
    question = radio.key.split(".predict.")[1]
    answer(at, question, option)
    return f"answer {question}: {option}"


def choose_a_set(at: AppTest, draw: Draw) -> str:
    name = draw(some.sampled_from(sorted(registry.REGISTRY)))
    at.session_state["data_id"] = name
    healthy(at.run())
    return f"data {name}"


def bring_data(at: AppTest, draw: Draw) -> str:
    rng = np.random.default_rng(draw(some.integers(0, 10**6)))
    rows, scale = (
        draw(some.sampled_from([2, 3, 7, 60, 900])),
        draw(some.sampled_from([1e-3, 1, 1e4])),
    )
    own_data(at, np.round(scale * rng.normal((3, -1), (1, 0.2), size=(rows, 2)), 6))
    return f"own data: {rows} rows, scale {scale}"


def change_the_language(at: AppTest, draw: Draw) -> str:
    language = draw(some.sampled_from(sorted(i18n.LANGUAGES)))
    healthy(at.button_group(key="lang_choice").set_value(language).run())
    return f"language {language}"


def send_nonsense(at: AppTest, draw: Draw) -> str:
    event, value = draw(some.sampled_from(["moved", "scrubbed", "other"])), draw(NONSENSE)
    if stages(at):
        healthy(send(at, event, value))
    return f"nonsense: {event} {value}"


ACTIONS = [
    *4 * [turn_a_knob], *2 * [drag_a_handle], *2 * [move_the_film], *2 * [press_a_button],
    answer_a_question, choose_a_set, bring_data, change_the_language, send_nonsense,
]  # fmt: skip


def walk(at: AppTest, draw: Draw) -> None:
    """STEPS states; after each, the page stands, draws and says what it draws."""
    for _ in range(STEPS):
        note(draw(some.sampled_from(ACTIONS))(at, draw))
        speaks(at)


@pytest.mark.parametrize("slug", SLUGS)
def test_no_hand_breaks_a_lesson(slug):
    if BY_HAND:
        print(f"\nEXPLORER_SEED={SEED}: {WALKS * STEPS} states of {slug}")

    # Without shrinking: the way is short, and every attempt to shorten it costs a second.
    @settings(max_examples=WALKS, deadline=None, phases=[Phase.generate], database=None)
    @given(data=some.data())
    def search(data):
        walk(open_lesson(slug, alone=True), data.draw)

    (seed(SEED)(search) if BY_HAND else search)()


def test_ci_visits_enough_states():
    assert BY_HAND or WALKS * STEPS * len(SLUGS) >= 200
