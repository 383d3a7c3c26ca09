"""A picture stays plain until somebody looks inside, and says the same either way."""

import copy
import json
import pickle

import numpy as np
import plotly.graph_objects as go
import pytest

from explorer.figures.picture import Picture, written
from explorer.figures.traces import Canvas, line, points, text
from tests.pages.helpers import plain

RNG = np.random.default_rng(3)
ARRAYS = {
    "numbers": RNG.normal(size=40),
    "small numbers": RNG.normal(size=7).astype(np.float32),
    "counts": RNG.integers(0, 9, 12),
    "large counts": np.array([-(2**31), 5, 2**31 - 1]),
    "counts beyond 32 bits": np.array([2**31, -(2**40)]),
    "bytes": RNG.integers(0, 255, 30).astype(np.uint8),
    "unsigned": np.array([3, 2**32 - 1], dtype=np.uint64),
    "a plane": RNG.normal(size=(3, 4)),
    "a plane, the other way round": RNG.normal(size=(4, 3)).T,
    "every second": RNG.normal(size=20)[::2],
    "gaps": np.array([1.0, np.nan, np.inf]),
    "nothing": np.zeros(0),
    "words": np.array(["a", "ß", "\n"]),
    "truths": np.array([True, False]),
    "anything": np.array([None, 1, "x"], dtype=object),
}


def made() -> Picture:
    canvas = Canvas.empty(("x", "y"), (0, 1), (-2, 2))
    x = np.linspace(0, 1, 5)
    canvas.add(line(x, x**2), points(x, -x), text(0.5, 1, "<b>p</b>"))
    canvas.narrow, canvas.narrow_height = {"xaxis.domain": [0, 1]}, 500

    def change(y: np.ndarray) -> dict:
        return {"type": "scatter", "y": y}

    return canvas.figure({"name": str(k), "data": [change(k * x)], "traces": [0]} for k in range(3))


def whole(figure: go.Figure) -> dict:
    """As plotly itself writes it."""
    return plain(json.loads(figure.to_json()))


@pytest.mark.parametrize("values", ARRAYS.values(), ids=ARRAYS)
def test_arrays_are_written_as_plotly_writes_them(values):
    theirs = json.loads(go.Figure([{"type": "heatmap", "z": values}], _validate=False).to_json())
    ours = json.loads(written({"data": [{"type": "heatmap", "z": values}]}))
    (ours,), (theirs,) = plain(ours["data"]), plain(theirs["data"])
    np.testing.assert_array_equal(np.array(ours["z"]), np.array(theirs["z"]))
    assert ours.keys() == theirs.keys()


def test_what_is_not_finite_beside_the_arrays_is_null():
    content = {"x": [1.0, float("nan"), None], "range": (np.float64(2), float("inf"))}
    content |= {"count": np.int64(3), "share": np.float32(0.5)}
    found = json.loads(written(content), parse_constant=pytest.fail)
    assert found == {"x": [1, None, None], "range": [2, None], "count": 3, "share": 0.5}


def test_a_picture_says_the_same_before_and_after_plotly_looked_at_it():
    fresh, seen = made(), made()
    assert seen.data[1].mode == "markers" and len(seen.frames) == 3  # plotly's objects, now made
    told = plain(json.loads(written(fresh.plain)))
    assert told == plain(json.loads(written(seen.plain))) == whole(made())
    assert go.Figure(made()) == seen  # every setting is one that plotly knows
    assert isinstance(fresh.plain["data"][0]["x"], np.ndarray)  # and the fresh one is still plain


def test_changes_made_by_plotlys_means_are_told():
    figure = made()
    figure.data[0].line.color = "#123456"
    figure.update_layout(height=99)
    told = figure.plain
    assert told["data"][0]["line"]["color"] == "#123456" and told["layout"]["height"] == 99


@pytest.mark.parametrize("look", [False, True], ids=["plain", "looked at"])
@pytest.mark.parametrize("again", [copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))])
def test_copies_are_equal_and_independent(look, again):
    figure = made()
    if look:
        assert figure.data
    twin = again(figure)
    assert isinstance(twin, Picture) and whole(twin) == whole(made())
    twin.layout.height = 1
    assert figure.layout.height == 430


def test_what_plotly_does_not_have_is_missing_here_too():
    for figure in (made(), made()):
        with pytest.raises(AttributeError, match="nonsense"):
            figure.nonsense  # noqa: B018
        assert not hasattr(figure, "nonsense")
