"""Tables: names, units, languages, and numbers that survive a round trip."""

import numpy as np
import pytest

from explorer import i18n
from explorer.data import own, registry
from explorer.data.message import Message, excerpt, listed, say
from explorer.data.table import Table
from explorer.i18n import n_


@pytest.fixture
def table() -> Table:
    values = np.array([[1, 10, 5], [2, 20, 4], [3, 35, 3], [4, 41, 2]])
    return Table(
        "t",
        ("height", "weight", "age"),
        values,
        units=("cm", "", "s"),
        groups=np.array([0, 1, 0, 1]),
        left_out=(3,),
    )


def test_columns_are_picked_in_the_order_asked_for(table):
    picked = table.pick(["age", "height"])
    assert picked.columns == ("age", "height") and picked.units == ("s", "cm")
    np.testing.assert_array_equal(picked.values, [[5, 1], [4, 2], [3, 3], [2, 4]])
    assert picked.labels == ("age (s)", "height (cm)") and picked.left_out == (3,)
    np.testing.assert_array_equal(table.column("weight"), [10, 20, 35, 41])
    assert table.first(2).columns == ("height", "weight")
    assert table.first(table.dims) is table  # nothing left out, nothing copied
    with pytest.raises(ValueError):
        table.pick(["shoe size"])


def test_rows_are_taken_with_their_groups(table):
    taken = table.take(np.array([2, 0]))
    np.testing.assert_array_equal(taken.values, [[3, 35, 3], [1, 10, 5]])
    np.testing.assert_array_equal(taken.groups, [0, 0])
    assert len(taken) == 2 and taken.dims == 3


def test_numbers_belong_to_the_table_and_cannot_be_changed():
    source = np.zeros((2, 1))
    table = Table("t", ("x",), source)
    source[0, 0] = 7
    assert table.values[0, 0] == 0
    with pytest.raises(ValueError):
        table.values[0, 0] = 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"values": np.zeros(3)},
        {"values": np.zeros((3, 2))},
        {"units": ("cm", "kg")},
        {"captions": ("a", "b")},
        {"groups": np.zeros(2, dtype=int)},
    ],
)
def test_a_table_that_does_not_fit_together_is_a_mistake_of_ours(wrong):
    arguments = {"name": "t", "columns": ("x",), "values": np.zeros((3, 1))} | wrong
    with pytest.raises(ValueError):
        Table(**arguments)


def test_csv_is_exact_where_rounding_would_show():
    values = np.array([[0.1 + 0.2, -1e-300], [5e-324, 1e12], [-0.0, 1 / 3]])
    table = Table("t", ("a", "b"), values)
    assert table.to_csv().splitlines()[:2] == ["a,b", "0.30000000000000004,-1e-300"]
    assert own.parse(table.to_csv()).values.tobytes() == values.tobytes()


@pytest.mark.parametrize(
    "names",
    [
        ("2019", "2020"),
        ("NA", "inf"),
        ("#1", "-"),
        ("a,b", 'say "x"'),
        ("키 (cm)", "x;y"),
        ("", "x") and ("column 1", "x"),
        ("1e5",),
        ("true", "2024-01-05"),
    ],
)
def test_any_name_survives_the_csv(names):
    values = np.arange(3.0 * len(names)).reshape(3, -1) + 0.5
    again = own.parse(Table("t", names, values).to_csv())
    assert again.columns == names
    np.testing.assert_array_equal(again.values, values)


def test_every_bundled_set_survives_the_csv():
    for id in ("iris", "wine", "tips", "gapminder", "moons", "simulated_heights"):
        table = registry.load(id, n=100)
        again = own.parse(table.to_csv())
        assert again.columns == table.columns
        assert again.values.tobytes() == table.values.tobytes()


def test_a_message_is_rendered_in_the_language_of_the_moment():
    message = say(n_("column %(number)d"), number=3)
    assert str(message) == "column 3"
    i18n.use("ko")
    korean = str(message)
    i18n.use("en")
    assert korean == "3열"
    assert hash(message) == hash(Message("column %(number)d", {"number": 4}))
    assert message != Message("column %(number)d", {"number": 4})


def test_messages_within_messages_and_markdown():
    inner = say("what is *%(x)s*", x="$5")
    outer = say("“%(inner)s” and %(n)d", inner=inner, n=2)
    assert str(outer) == "“what is *$5*” and 2"
    assert outer.markdown() == r"“what is *\$5*” and 2"
    table = Table("t", ("x",), np.zeros((1, 1)), remarks=(outer, "plain"))
    assert table.notes == (str(outer), "plain")
    assert table.notes_markdown == (outer.markdown(), "plain")


def test_excerpts_are_short_printable_and_on_one_line():
    assert excerpt("a\n\tb\x00c\u2028d\ud800e") == "a b c d e"
    assert excerpt("x" * 100) == "x" * 23 + "…"
    assert excerpt("  ") == ""
    assert listed(["a", "b"]) == "“a”, “b”"
    assert listed([str(i) for i in range(9)]) == "“0”, “1”, “2”, “3”, “4”, “5”, … (9)"
