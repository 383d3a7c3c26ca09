"""The filmstrip's server side: what it sends, how little, and what it accepts from a browser."""

import base64
import json
import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from streamlit import runtime
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1 import AppTest

from explorer.components import filmstrip as module
from explorer.components.filmstrip import clean_place, plane, publish, strip
from explorer.figures import sprite, theme

X, Y = (-3.0, 3.0), (-2.0, 2.0)
JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=5),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(max_size=6), inner),
    max_leaves=20,
)
REPORT = JSON | some.fixed_dictionaries({"x": JSON, "y": JSON, "number": JSON})
INSIDE = some.tuples(some.floats(*X), some.floats(*Y))


# ------------------------------------------------------------------ what the browser sends


@given(report=REPORT)
def test_any_report_becomes_a_place_in_the_plane_or_nothing(report):
    place = clean_place(report, X, Y)
    if place is not None:
        assert all(type(value) is float for value in place)
        assert X[0] <= place[0] <= X[1] and Y[0] <= place[1] <= Y[1]  # also false for NaN
    assert 0 <= module._number(report) < 2**53


@given(place=INSIDE)
def test_a_place_in_the_plane_comes_back_unchanged(place):
    report = json.loads(json.dumps({"x": place[0], "y": place[1], "number": 7}))
    assert clean_place(report, X, Y) == place
    assert module._number(report) == 7


def test_numbers_of_any_size_are_clipped():
    assert clean_place({"x": 10**400, "y": -1e300}, X, Y) == (3.0, -2.0)
    assert clean_place({"x": 1, "y": -(10**400)}, X, Y) == (1.0, -2.0)


@pytest.mark.parametrize("bad", [True, None, "1", [1], {}, math.nan, math.inf])
def test_what_is_no_number_is_no_place(bad):
    assert clean_place({"x": bad, "y": 0}, X, Y) is None
    assert clean_place({"x": 0, "y": bad}, X, Y) is None


# ------------------------------------------------------------------ what the browser is sent


def host(which: str = "plane") -> None:
    """A page with a plane of 3 × 4 pictures, or a strip of seven; it keeps what it is told."""
    import numpy as np
    import streamlit as st

    from explorer.components.filmstrip import plane, strip
    from explorer.figures import sprite

    state = st.session_state
    state["calls"] = state.get("calls", 0) + 1
    rng = np.random.default_rng(state.get("seed", 1))
    if which == "plane":
        state.setdefault("at", (0.5, 1.0))
        more = dict(state["more"]) if "more" in state else {}
        plane(
            sprite.mosaic(rng.random((3, 4, 28, 28))),
            key="k",
            x_range=(-3, 3),
            y_range=(-2, 2),
            at=state["at"],
            summary="Words.",
            on_settle=lambda x, y: state.update(at=(x, y), settled=(x, y)),
            on_move=lambda x, y: state.update(moved=(x, y)),
            **more,
        )
    else:
        strip(
            sprite.film(rng.random((7, 2, 3, 8, 8))),
            key="k",
            names=[str(k) for k in range(7)],
            film="step",
            summaries=[f"At {k}." for k in range(7)],
            start=state.get("start", 2),
            on_settle=lambda index: state.update(rested=index),
        )


def page(which: str = "plane", **seeds: object) -> AppTest:
    at = AppTest.from_function(host, kwargs={"which": which}, default_timeout=20)
    for name, value in seeds.items():
        at.session_state[name] = value
    return run(at)


def run(at: AppTest) -> AppTest:
    at.run()
    assert not at.exception, at.exception
    return at


def proto(at: AppTest) -> object:
    return at.get("bidi_component")[0].proto


def sent(at: AppTest) -> dict:
    return json.loads(proto(at).json)


def report(at: AppTest, event: str, value: object) -> AppTest:
    """What the browser's side says, through the component's own callback."""
    states = at._tree.get_widget_states()
    text = json.dumps([{"event": event, "value": value}])
    name = f"$$STREAMLIT_INTERNAL_KEY_{proto(at).id}__events"
    states.widgets.append(WidgetState(id=name, json_trigger_value=text))
    at._run(states)
    assert not at.exception, at.exception
    return at


def test_a_settled_place_reaches_the_page_and_is_answered():
    at = report(page(), "settled", {"x": 1.25, "y": -0.5, "number": 41})
    assert at.session_state["settled"] == (1.25, -0.5)
    assert sent(at)["at"] == [1.25, -0.5]
    assert sent(at)["answered"] == 41
    assert "moved" not in at.session_state


def test_a_place_on_the_way_reaches_the_page_and_is_answered():
    at = report(page(), "moved", {"x": 9, "y": -9, "number": 5})
    assert at.session_state["moved"] == (3.0, -2.0)
    assert "settled" not in at.session_state
    assert sent(at)["answered"] == 5


def test_an_older_report_does_not_take_the_number_back():
    at = report(page(), "settled", {"x": 1, "y": 1, "number": 41})
    assert sent(report(at, "moved", {"x": 0, "y": 0, "number": 40}))["answered"] == 41


@pytest.mark.parametrize(
    "nonsense",
    [None, "x", 3, [], {}, {"x": 1}, {"x": "1", "y": 2, "number": 9}, {"number": -1},
     {"x": 1, "y": None, "number": "7"}, {"x": [1], "y": {}, "number": 1e99}],
)  # fmt: skip
@pytest.mark.parametrize("event", ["moved", "settled"])
def test_nonsense_moves_nothing(event, nonsense):
    at = report(page(), event, nonsense)
    assert sent(at)["at"] == [0.5, 1.0]
    assert "settled" not in at.session_state and "moved" not in at.session_state


@pytest.mark.parametrize("nonsense", [None, "2", -1, 7, 2.0, True, [2], {"index": 2}, 10**30])
def test_a_film_hears_only_frames_it_has(nonsense):
    at = page("strip")
    assert "rested" not in report(at, "scrubbed", nonsense).session_state
    assert report(at, "scrubbed", 6).session_state["rested"] == 6


def test_the_sheet_is_sent_as_an_address_that_holds_the_png():
    at = page()
    data = sent(at)
    assert data["sheet"].endswith(".png") and "media" in data["sheet"]
    assert (data["tiles"], data["tile"]) == ([3, 4], [28, 28])
    expected = sprite.mosaic(np.random.default_rng(1).random((3, 4, 28, 28))).png
    assert len(expected) > 5_000  # it would weigh, were it in the message
    assert len(proto(at).json) < 2_500


def test_the_same_sheet_keeps_its_address_and_another_gets_its_own():
    at = page()
    first = sent(at)["sheet"]
    assert sent(run(at))["sheet"] == first
    at.session_state["seed"] = 2
    assert sent(run(at))["sheet"] != first


def test_a_message_grows_neither_with_the_sheet_nor_with_the_points():
    points = np.random.default_rng(0).normal(size=(3000, 2))
    more = {"points": points, "classes": np.arange(3000) % 10, "exact": np.zeros((28, 28))}
    at = page(more=more)
    assert sent(at)["points"]["count"] == 3000
    assert len(proto(at).json) < 4_000  # 1 kB of it is the exact picture, 1 kB the words
    assert len(proto(at).json) > 1_000


def test_points_are_floats_and_one_byte_of_class():
    points, classes = np.array([[1.5, -2.0], [0.25, 7.0], [math.nan, 1.0]]), [3, 9, 0]
    address = module._points(points, np.array(classes))["address"]
    content = base64.b64decode(address.split(",")[1])  # without a server: in the address itself
    np.testing.assert_array_equal(
        np.frombuffer(content, "<f4", 6).reshape(-1, 2), points.astype("<f4")
    )
    assert list(content[24:]) == classes
    plain = module._points(points, None)["address"]
    assert list(base64.b64decode(plain.split(",")[1])[24:]) == [255] * 3
    assert not runtime.exists()


def test_the_exact_picture_travels_as_its_bytes():
    grey = np.random.default_rng(0).random((5, 7))
    sent_grey = module._pixels(grey)
    assert sent_grey["size"] == [5, 7]
    assert base64.b64decode(sent_grey["pixels"]) == sprite.to_bytes(grey).tobytes()
    colour = np.random.default_rng(0).integers(0, 256, (1, 5, 7, 3), dtype=np.uint8)
    assert base64.b64decode(module._pixels(colour)["pixels"]) == colour.tobytes()
    assert module._pixels(grey[None])["size"] == [5, 7]  # a batch of one
    with pytest.raises(ValueError):
        module._pixels(np.zeros((5, 7, 4)))


def test_an_ellipse_lies_at_one_and_two_standard_deviations():
    mean, covariance = np.array([1.0, -2.0]), np.array([[0.9, 0.35], [0.35, 0.4]])
    rings = module._ellipses((mean, covariance))
    assert len(rings) == 2
    for radius, ring in zip((1, 2), rings, strict=True):
        away = np.array(ring) - mean
        distance = np.sqrt(np.einsum("ni,ij,nj->n", away, np.linalg.inv(covariance), away))
        np.testing.assert_allclose(distance, radius, atol=2e-4)
        assert np.ptp(np.arctan2(away[:, 1], away[:, 0])) > 6  # all the way round
    assert len(module._ellipses([(mean, covariance), (mean, np.eye(2))])) == 4
    assert module._ellipses(([1, -2], [[0.9, 0.35], [0.35, 0.4]])) == rings
    assert module._ellipses(None) == module._ellipses([]) == []
    flat = module._ellipses((mean, np.array([[1.0, 0.0], [0.0, -1e-12]])))  # rounding, not a crash
    assert np.isfinite(np.array(flat)).all()


def test_places_that_are_not_finite_are_not_drawn():
    assert module._places(np.array([[1, 2], [math.nan, 0], [3, math.inf], [4, 5]])) == [
        [1, 2],
        [4, 5],
    ]


@pytest.mark.parametrize("at", [(math.nan, 0.0), (99.0, -99.0), (math.inf, 0.0)])
def test_a_place_outside_is_moved_in_before_it_is_shown(at):
    x, y = sent(page(at=at))["at"]
    assert X[0] <= x <= X[1] and Y[0] <= y <= Y[1]


def test_a_strip_sends_names_words_and_grid():
    data = sent(page("strip"))
    assert data["names"] == [str(k) for k in range(7)]
    assert data["summaries"][6] == "At 6."
    assert (data["grid"], data["tile"], data["count"]) == ([2, 3], [16, 24], 7)
    assert data["start"] == 2
    assert sent(page("strip", start=99))["start"] == 6
    assert sent(page("strip", start=-4))["start"] == 0


# ------------------------------------------------------------------ mistakes of a page


@pytest.mark.parametrize("ends", [(1.0, 1.0), (2.0, 1.0), (math.nan, 1.0), (0.0, math.inf)])
def test_an_axis_must_rise(ends):
    with pytest.raises(ValueError, match="axis"):
        plane(None, key="k", x_range=ends, y_range=Y, at=(0, 0), summary="")
    with pytest.raises(ValueError, match="axis"):
        plane(None, key="k", x_range=X, y_range=ends, at=(0, 0), summary="")


def test_each_frame_needs_a_name_and_a_summary():
    film = sprite.film(np.zeros((3, 4, 4)))
    for names, words in ((["a"] * 2, ["b"] * 3), (["a"] * 3, ["b"] * 4)):
        with pytest.raises(ValueError, match="3 frames"):
            strip(film, key="k", names=names, film="t", summaries=words)


def test_each_point_needs_a_class():
    with pytest.raises(ValueError, match="2 points, 3 classes"):
        module._points(np.zeros((2, 2)), np.zeros(3))


# ------------------------------------------------------------------ the script itself

SCRIPT = (module.HERE / "filmstrip.js").read_text(encoding="utf-8")
LOADER = (module.HERE / "loader.js").read_text(encoding="utf-8")


def test_the_script_is_served_under_a_name_that_follows_its_content(tmp_path, monkeypatch):
    name = publish(tmp_path)
    assert publish(tmp_path) == name
    assert re.fullmatch(r"filmstrip-[0-9a-f]{12}\.js", name)
    text = (tmp_path / name).read_text()
    assert "/*ROLES*/" not in text and "/*COMPONENTS*/" not in text
    assert theme.ROLES["latent"][1] in text and theme.COMPONENTS[7] in text
    monkeypatch.setattr(theme, "COMPONENTS", ("#000000",))
    assert publish(tmp_path) != name


def test_no_text_is_ever_read_as_markup_or_code():
    for text in (SCRIPT, LOADER):
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", text
        )


def test_every_word_the_script_asks_for_is_sent():
    asked = set(re.findall(r"\bwords\.(\w+)", SCRIPT + LOADER)) | {"back", "next", "points"}
    assert asked <= set(module._words())
