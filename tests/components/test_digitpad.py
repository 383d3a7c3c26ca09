"""The digit pad's server side: what it accepts from a browser, which drawing it returns when."""

import base64
import json
import re
import string

import numpy as np
import pytest
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as some
from hypothesis.extra.numpy import arrays
from streamlit.testing.v1 import AppTest

from explorer.components import digitpad as module
from explorer.components.digitpad import clean_drawing, digitpad, encoded
from explorer.i18n import LOCALE

JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=5),
    lambda inner: some.lists(inner, max_size=6) | some.dictionaries(some.text(max_size=6), inner),
    max_leaves=30,
)
TEXT = some.text(alphabet=string.ascii_letters + "+/=é\x00", min_size=84, max_size=84)
ANYTHING = JSON | TEXT | some.fixed_dictionaries({"pixels": JSON | TEXT})
BYTES = arrays(np.uint8, (8, 8))


@given(value=ANYTHING)
def test_any_payload_is_a_bounded_drawing_or_an_empty_pad(value):
    drawing = clean_drawing(value, 8)
    if drawing is not None:
        assert drawing.shape == (8, 8)
        assert drawing.min() >= 0 and 0 < drawing.max() <= 1


@given(pixels=BYTES)
def test_good_drawings_come_back_unchanged(pixels):
    sent = json.loads(json.dumps({"epoch": "a", "pixels": encoded(pixels / 255)}))
    back = clean_drawing(sent, 8)
    if not pixels.any():
        assert back is None
    else:
        np.testing.assert_array_equal(back, pixels / 255)


def test_rows_run_from_the_top_and_columns_from_the_left():
    raw = base64.b64encode(bytes([0, 51, 102, 0, 0, 255, 0, 0, 0])).decode()
    np.testing.assert_allclose(
        clean_drawing(raw, 3), [[0, 0.2, 0.4], [0, 0, 1], [0, 0, 0]], atol=1e-15
    )


def test_what_is_sent_is_clipped_and_finite():
    odd = np.array([[np.nan, np.inf], [-3.0, 0.5]])
    np.testing.assert_allclose(clean_drawing(encoded(odd), 2), [[0, 1], [0, 128 / 255]])


@pytest.mark.parametrize("shift", [-4, 4, 4000])
def test_a_drawing_of_another_size_is_an_empty_pad(shift):
    right = encoded(np.full((8, 8), 0.5))
    wrong = right[:shift] if shift < 0 else right + "A" * shift
    assert clean_drawing(right, 8) is not None
    assert clean_drawing(wrong, 8) is None
    assert clean_drawing(encoded(np.full((9, 9), 0.5)), 8) is None


# ------------------------------------------------------------------------- inside a script


def page() -> None:
    import numpy as np
    import streamlit as st

    from explorer.components.digitpad import digitpad

    start = st.session_state.get("start")
    st.button("rerun")
    got = digitpad(
        None if start is None else np.array(start),
        key="pad",
        size=4,
        label="Draw a digit",
        revision=st.session_state.get("revision", 0),
    )
    st.session_state["got"] = None if got is None else got.tolist()


HOOK = np.array([[0, 1, 0, 0], [0, 1, 0, 0], [0, 1, 0.2, 0], [0, 0.4, 1, 0]])


def mounted(at: AppTest) -> dict:
    (element,) = at.get("bidi_component")
    assert element.proto.component_name == "explorer_digitpad"
    return json.loads(element.proto.json)


def test_an_empty_pad_is_none():
    at = AppTest.from_function(page).run()
    assert not at.exception and at.session_state["got"] is None
    data = mounted(at)
    assert (data["size"], data["pixels"], data["label"]) == (4, "", "Draw a digit")


def test_a_start_is_shown_and_returned():
    at = AppTest.from_function(page)
    at.session_state["start"] = HOOK.tolist()
    at.run()
    np.testing.assert_allclose(at.session_state["got"], HOOK, atol=1e-12)
    np.testing.assert_allclose(clean_drawing(mounted(at)["pixels"], 4), HOOK, atol=1e-12)


def test_seeded_state_is_what_the_learner_drew():
    at = AppTest.from_function(page)
    at.session_state["pad"] = {"drawing": encoded(HOOK)}
    at.run()
    np.testing.assert_allclose(at.session_state["got"], HOOK, atol=1e-12)
    at.button[0].click().run()
    np.testing.assert_allclose(at.session_state["got"], HOOK, atol=1e-12)


def test_a_cleared_pad_stays_empty():
    at = AppTest.from_function(page)
    at.session_state["start"] = HOOK.tolist()
    at.run()
    blank = {"epoch": mounted(at)["epoch"], "pixels": encoded(np.zeros((4, 4)))}
    at.session_state["pad"] = {"drawing": blank}
    assert at.run().session_state["got"] is None


@pytest.mark.parametrize(
    "rubbish", [3, "text", "é" * 24, [], ["a"], {"pixels": 5}, {"pixels": None}, True, {}]
)
def test_rubbish_from_the_browser_is_an_empty_pad(rubbish):
    at = AppTest.from_function(page)
    at.session_state["pad"] = {"drawing": rubbish}
    at.session_state["start"] = HOOK.tolist()
    at.run()
    assert not at.exception and at.session_state["got"] is None


def test_a_new_start_is_ignored_until_the_revision_changes():
    at = AppTest.from_function(page).run()
    first = mounted(at)
    at.session_state["start"] = HOOK.tolist()
    at.run()
    assert mounted(at) == first  # the very same message: nothing is sent again
    assert at.session_state["got"] is None
    at.session_state["revision"] = "hook"
    at.run()
    np.testing.assert_allclose(at.session_state["got"], HOOK, atol=1e-12)
    assert mounted(at)["epoch"] != first["epoch"]


def test_a_stroke_on_an_older_drawing_does_not_touch_the_newer_one():
    at = AppTest.from_function(page).run()
    old = mounted(at)["epoch"]
    at.session_state["start"], at.session_state["revision"] = HOOK.tolist(), 1
    at.session_state["pad"] = {"drawing": {"epoch": old, "pixels": encoded(np.ones((4, 4)))}}
    at.run()
    np.testing.assert_allclose(at.session_state["got"], HOOK, atol=1e-12)


@pytest.mark.parametrize(
    "wrong", [{"size": 0}, {"size": 10_000}, {"start": np.zeros((28, 27))}, {"start": np.ones(3)}]
)
def test_mistakes_of_a_page_are_errors(wrong):
    right = {"start": None, "key": "k", "label": "x"}
    with pytest.raises(ValueError):
        digitpad(**(right | wrong))


# --------------------------------------------------------------------------------- texts


def korean() -> dict[str, str]:
    found: dict[str, str] = {}
    for path in (LOCALE / "ko").glob("*.po"):
        with path.open("rb") as file:
            found.update({m.id: m.string for m in read_po(file) if isinstance(m.id, str) and m.id})
    return found


def test_every_label_is_translated_and_keeps_its_placeholders():
    def fields(text):
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    translated = korean()
    for text in module._LABELS.values():
        assert translated[text] and fields(translated[text]) == fields(text), text


def test_every_label_the_browser_uses_exists():
    script = (module._HERE / "digitpad.js").read_text(encoding="utf-8")
    used = set(re.findall(r"\bsay\.(\w+)", script))
    buttons = {"draw", "erase", "undo", "clear"}
    assert len(used) > 10 and used | buttons == set(module._LABELS)
