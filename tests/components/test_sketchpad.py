"""The sketchpad's server side: what it accepts from a browser, and which points it returns when."""

import json
import math
import re
import string

import numpy as np
import pytest
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as some
from hypothesis.extra.numpy import arrays
from streamlit.testing.v1 import AppTest

from explorer.components import sketchpad as module
from explorer.components.sketchpad import LARGEST, clean_payload, sketchpad
from explorer.i18n import LOCALE

JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=5),
    lambda inner: some.lists(inner, max_size=6) | some.dictionaries(some.text(max_size=6), inner),
    max_leaves=40,
)
ANYTHING = JSON | some.fixed_dictionaries({"points": some.lists(JSON, max_size=20)})
COORDINATE = some.floats(-LARGEST, LARGEST)


@given(value=ANYTHING, dims=some.sampled_from([1, 2]), limit=some.integers(1, 8))
def test_any_payload_becomes_a_finite_bounded_array(value, dims, limit):
    points = clean_payload(value, dims, limit)
    assert points.shape[1:] == (dims,) and len(points) <= limit
    assert points.dtype == float
    assert np.all(np.abs(points) <= LARGEST)  # also false for NaN


@given(points=arrays(float, some.tuples(some.integers(0, 30), some.just(2)), elements=COORDINATE))
def test_good_points_come_back_unchanged(points):
    sent = json.loads(json.dumps({"points": points.tolist(), "epoch": "a"}))
    np.testing.assert_array_equal(clean_payload(sent, 2, 30), points)


@given(rows=some.lists(some.tuples(COORDINATE, COORDINATE), max_size=12), data=some.data())
def test_bad_rows_are_left_out_and_the_rest_stay_in_order(rows, data):
    rows = [list(row) for row in rows]
    mixed = list(rows)
    bad = [[1.0], [1, 2, 3], ["1", 2], [True, 1], [math.nan, 0], [0, math.inf], None, {}, [[1, 2]]]
    for _ in range(data.draw(some.integers(0, 5))):
        mixed.insert(data.draw(some.integers(0, len(mixed))), data.draw(some.sampled_from(bad)))
    np.testing.assert_array_equal(clean_payload(mixed, 2, 50), np.array(rows).reshape(-1, 2))


def test_numbers_of_any_size_are_clipped():
    huge = [[10**400, -(10**400)], [1e300, -3.5]]
    expected = [[LARGEST, -LARGEST], [LARGEST, -3.5]]
    np.testing.assert_array_equal(clean_payload(huge, 2), expected)


def test_the_first_points_up_to_the_limit_are_kept():
    rows = [[float(i)] for i in range(100_000)]
    np.testing.assert_array_equal(clean_payload(rows, 1, 3), [[0.0], [1.0], [2.0]])


def test_on_a_line_bare_numbers_are_points_too():
    np.testing.assert_array_equal(clean_payload([1.5, [2], "x"], 1), [[1.5], [2.0]])


def test_deep_nesting_is_no_point():
    deep = [1.0, 2.0]
    for _ in range(5_000):
        deep = [deep]
    assert clean_payload([deep, [1, 2]], 2).tolist() == [[1, 2]]
    assert clean_payload({"points": {"points": [[1, 2]]}}, 2).shape == (0, 2)


# ------------------------------------------------------------------------- inside a script


def page() -> None:
    import numpy as np
    import streamlit as st

    from explorer.components.sketchpad import sketchpad

    points = np.array(st.session_state.get("start", [[1.0, 2.0], [3.0, 5.0]]))
    revision = st.session_state.get("revision", 0)
    st.button("rerun")
    got = sketchpad(
        points, key="pad", dims=2, x_range=(0, 10), y_range=(0, 8), limit=4, revision=revision
    )
    st.session_state["got"] = got.tolist()


def mounted(at: AppTest) -> dict:
    (element,) = at.get("bidi_component")
    assert element.proto.component_name == "explorer_sketchpad"
    return json.loads(element.proto.json)


def test_renders_and_returns_the_start():
    at = AppTest.from_function(page).run()
    assert not at.exception
    data = mounted(at)
    assert data["points"] == [[1, 2], [3, 5]] == at.session_state["got"]
    assert (data["dims"], data["x_range"], data["y_range"]) == (2, [0, 10], [0, 8])


def test_seeded_state_is_what_the_learner_drew():
    at = AppTest.from_function(page)
    at.session_state["pad"] = {"points": [[7, 7], [8, "eight"], [9, 1.5]]}
    at.run()
    assert at.session_state["got"] == [[7, 7], [9, 1.5]]
    at.button[0].click().run()
    assert at.session_state["got"] == [[7, 7], [9, 1.5]]


def test_an_emptied_pad_stays_empty():
    at = AppTest.from_function(page).run()
    at.session_state["pad"] = {"points": {"epoch": mounted(at)["epoch"], "points": []}}
    assert at.run().session_state["got"] == []


@pytest.mark.parametrize("rubbish", [None, 3, "text", {"points": 5}, {"epoch": "stale"}])
def test_rubbish_from_the_browser_leaves_the_points_alone(rubbish):
    at = AppTest.from_function(page)
    at.session_state["pad"] = {"points": rubbish}
    at.run()
    assert not at.exception and at.session_state["got"] == [[1, 2], [3, 5]]


def test_new_points_are_ignored_until_the_revision_changes():
    at = AppTest.from_function(page).run()
    first = mounted(at)
    at.session_state["start"] = [[4.0, 4.0]]
    at.run()
    assert mounted(at) == first  # the very same message: nothing is sent again
    assert at.session_state["got"] == [[1, 2], [3, 5]]
    at.session_state["revision"] = "moons"
    at.run()
    assert mounted(at)["points"] == [[4, 4]] == at.session_state["got"]
    assert mounted(at)["epoch"] != first["epoch"]


def test_an_edit_of_older_points_does_not_touch_newer_ones():
    at = AppTest.from_function(page).run()
    old = mounted(at)["epoch"]
    at.session_state["start"], at.session_state["revision"] = [[4.0, 4.0]], 1
    at.session_state["pad"] = {"points": {"epoch": old, "points": [[0, 0]]}}
    at.run()
    assert at.session_state["got"] == [[4, 4]]


def test_points_beyond_the_limit_are_counted_not_dropped_in_silence():
    at = AppTest.from_function(page)
    at.session_state["start"] = [[float(i), 1.0] for i in range(9)]
    at.run()
    assert len(at.session_state["got"]) == 4 == len(mounted(at)["points"])
    assert mounted(at)["left_out"] == 5


@pytest.mark.parametrize(
    "wrong",
    [
        {"dims": 3},
        {"y_range": None},
        {"x_range": (1, 1)},
        {"x_range": (0, math.inf)},
        {"limit": 0},
    ],
)
def test_mistakes_of_a_page_are_errors(wrong):
    right = {"key": "k", "dims": 2, "x_range": (0, 1), "y_range": (0, 1)}
    with pytest.raises(ValueError):
        sketchpad(np.zeros((0, 2)), **(right | wrong))


# --------------------------------------------------------------------------------- texts


def test_every_label_is_translated_and_keeps_its_placeholders():
    with (LOCALE / "ko" / "sketchpad.po").open("rb") as file:
        korean = {message.id: message.string for message in read_po(file) if message.id}
    english = {text for text in module._LABELS.values() if text}
    assert set(korean) == english

    def fields(text):
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    for text in english:
        assert korean[text] and fields(korean[text]) == fields(text), text


def test_every_label_the_browser_uses_exists():
    script = (module._HERE / "sketchpad.js").read_text(encoding="utf-8")
    used = set(re.findall(r"\bsay\.(\w+)|data-text=\"(\w+)\"", script))
    names = {name for pair in used for name in pair if name}
    assert len(names) > 20 and names <= set(module._LABELS)
