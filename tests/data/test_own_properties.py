"""Properties of the reader: what is written comes back; nothing but DataError ever escapes."""

import csv
import io
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from explorer import i18n
from explorer.data import columns, decode, own
from explorer.data.message import DataError
from explorer.data.table import Table

QUIET = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
NUMBERS = st.one_of(
    st.floats(-own.MAX_ABS, own.MAX_ABS, allow_nan=False),
    st.integers(-1000, 1000).map(float),
    st.integers(-99_999, 99_999).map(lambda i: i / 100),
)
LATIN = st.text("abcdefghijklmnopqrstuvwxyzäöüß", min_size=1, max_size=8)
HANGUL = st.text("가나다라마바사키몸무게", min_size=1, max_size=8)
# Names that would themselves mean a number, a truth value or nothing at all.
MEANINGFUL = {"na", "nan", "nil", "null", "none", "inf", "infinity", "missing", "nat"}


@st.composite
def tables(draw, names=LATIN, least=1):
    dims = draw(st.integers(least, 5))
    count = draw(st.integers(2, 12))
    cells = draw(st.lists(NUMBERS, min_size=dims * count, max_size=dims * count))
    heads = st.lists(names, min_size=dims, max_size=dims, unique=True)
    return draw(heads), np.array(cells).reshape(count, dims)


def text_of(names, values, separator, comma, quoted, line_end, trailing):
    """A table as some program writes it."""
    out = io.StringIO()
    style = csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    writer = csv.writer(out, delimiter=separator, quoting=style, lineterminator=line_end)
    end = [""] if trailing else []
    if names:
        writer.writerow([*names, *end])
    for row in values.tolist():
        writer.writerow([repr(x).replace(".", ",") if comma else repr(x) for x in row] + end)
    return out.getvalue()


@settings(QUIET, max_examples=400)
@given(
    data=st.one_of(
        st.tuples(st.just("latin-1"), tables(LATIN)),
        st.tuples(st.just("cp949"), tables(HANGUL)),
        st.tuples(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]), tables(LATIN | HANGUL)),
    ),
    separator=st.sampled_from([",", ";", "\t", "|", " "]),
    comma=st.booleans(),
    head=st.booleans(),
    quoted=st.booleans(),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    trailing=st.booleans(),
)
def test_what_is_written_comes_back(data, separator, comma, head, quoted, line_end, trailing):
    encoding, (names, values) = data
    assume(not MEANINGFUL & set(names))
    dims = values.shape[1]
    if comma:
        # “1,234” alone could be either; one cell that cannot be settles it.
        values[0, 0] = 0.5
        # A column of decimal commas without a head is read as two columns, and a note says so.
        assume(dims > 1 or head)
    trailing = trailing and separator != " "
    text = text_of(names if head else None, values, separator, comma, quoted, line_end, trailing)
    table = own.parse(text.encode(encoding))
    np.testing.assert_array_equal(table.values, values)
    if head:
        assert table.columns == tuple(names)
    assert table.left_out == ()


@settings(QUIET, max_examples=100)
@given(tables(st.text(min_size=1, max_size=20)))
def test_own_csv_comes_back_to_the_last_bit(data):
    names, values = data
    shown = [" ".join(name.translate(decode._LOOKALIKES).split()) for name in names]
    assume(all(name and name.isprintable() for name in shown) and len(set(shown)) == len(shown))
    assume(not any(own.excerpt(name, 60) != name for name in shown))
    once = Table("t", tuple(shown), values)
    again = own.parse(once.to_csv())
    assert again.values.tobytes() == once.values.tobytes()
    assert again.columns == once.columns


@settings(QUIET, max_examples=150)
@given(tables(least=2), st.data())
def test_incomplete_rows_are_counted_exactly(data, more):
    names, values = data
    assume(not MEANINGFUL & set(names))
    holes = more.draw(st.sets(st.integers(0, values.size - 1), min_size=1, max_size=6))
    rows = sorted({hole // len(names) for hole in holes})
    assume(len(rows) < len(values))
    token = more.draw(st.sampled_from(["", "NA", "NaN", "null", "-", "?", "#N/A"]))
    cells = [[repr(x) for x in row] for row in values.tolist()]
    for hole in holes:
        cells[hole // len(names)][hole % len(names)] = token
    kept = np.delete(np.arange(len(cells)), rows)
    # Each column keeps a number, or it is an empty column and no gap at all.
    assume(all(any(cells[i][j] != token for i in range(len(cells))) for j in range(len(names))))
    assume(not all(all(c == "" for c in cells[i]) for i in rows))
    blank = {i for i in rows if all(c == "" for c in cells[i])}  # an empty line is no row
    text = "\n".join([",".join(names), *(",".join(row) for row in cells)])
    with pytest.raises(DataError) as caught:
        own.parse(text)
    first = min(set(rows) - blank)
    assert caught.value.code == "missing" and caught.value.row == first + 2
    assert cells[first][caught.value.column - 1] == token
    table = own.parse(text, drop_incomplete=True)
    np.testing.assert_array_equal(table.values, values[kept])
    assert table.left_out == tuple(i + 2 for i in rows if i not in blank)


@settings(QUIET, max_examples=150)
@given(tables(), st.sampled_from([";", "\t", "|", " "]), st.booleans())
def test_the_short_cut_for_decimal_commas_changes_nothing(data, separator, head):
    names, values = data
    text = text_of(names if head else None, values, separator, True, False, "\n", False)

    def outcome() -> tuple:
        try:
            table = own.parse(text)
        except DataError as error:
            return error.code, error.row, error.column
        return table.columns, table.values.tolist(), table.notes

    short = outcome()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "read_commas", lambda *_: False)
        assert outcome() == short


CSV_LIKE = st.text("0123456789.,;|\t -+eE\"'#\n\r\nNAxyz%$()[]{}<:/_\u00a0원\x00", max_size=300)
PLAIN = st.text("0123456789.,- eNAxy#\n", max_size=200)


def check_nothing_escapes(parse, data) -> Table | None:
    """Parse; a DataError must be renderable, a table finite and its notes renderable."""
    start = time.process_time()
    try:
        table = parse(data)
    except DataError as refusal:
        table = None
        texts = [refusal.message.__str__, refusal.markdown]
    else:
        assert np.isfinite(table.values).all() and table.values.size
        assert np.abs(table.values).max() <= own.MAX_ABS
        texts = [lambda: "\n".join((*table.notes, *table.labels))]
    assert time.process_time() - start < 5
    for language in ("ko", "en"):
        i18n.use(language)
        for text in texts:
            assert "%(" not in text() or b"%(" in bytes(str(data), "utf-8", "replace")
            text().encode()
    return table


@settings(QUIET, max_examples=500)
@given(st.binary(max_size=400) | CSV_LIKE | st.text(max_size=200), st.booleans())
@example("\ud800,1\n2,3", False)
@example(b"\xff\xfe", False)
@example('"', False)
@example('","', True)
@example("#", False)
@example('sep="\n"1"2"', False)
@example("|\n|", False)
def test_nothing_but_data_errors_escapes(data, drop):
    check_nothing_escapes(lambda raw: own.parse(raw, drop_incomplete=drop), data)
    if isinstance(data, str):
        check_nothing_escapes(own.parse_points, data)
        check_nothing_escapes(lambda raw: own.parse_points(raw, dims=1), data)


@settings(QUIET, max_examples=200)
@given(tables(), st.data())
def test_a_spoiled_file_never_escapes(data, more):
    raw = bytearray(text_of(*data, ",", False, False, "\n", False).encode("utf-8"))
    for _ in range(more.draw(st.integers(1, 4))):
        raw[more.draw(st.integers(0, len(raw) - 1))] = more.draw(st.integers(0, 255))
    check_nothing_escapes(own.parse, bytes(raw))


@settings(QUIET, max_examples=300)
@given(PLAIN, st.booleans())
def test_no_row_is_ever_lost(text, drop):
    """Lines that hold data are rows of the table, named as left out, or one head."""
    try:
        table = own.parse(text, drop_incomplete=drop)
    except DataError:
        return
    lines = [line.strip() for line in text.split("\n")]
    lines = [line for line in lines if line.strip(" ,") and (line[0] != "#" or line[:4] == "#N/A")]
    if len(lines) == 1 and len(table) + len(table.left_out) > 1:  # values in a row
        return
    rows = len(table) + len(table.left_out)
    titles = sum("title" in note for note in table.notes)
    assert len(lines) - rows - titles in (0, 1)


WORST = {
    "quotes": '"' * 90_000,
    "quote pairs": '"",' * 30_000,
    "quotes and blanks": '" ' * 45_000,
    "brackets": "[" * 4_000_000,
    "open brackets by line": "([{\n" * 20_000,
    "commas": ",\n" * 40_000,
    "commas in few lines": (("," * 90_000) + "\n") * 50,
    "short lines": "1\n" * 2_400_000,
    "blank lines": "\n" * 4_900_000,
    "digits and commas": ("1," * 40_000 + "\n") * 2,
    "long cells": (("1" * 5_000 + ",") * 10 + "\n") * 90,
    "nearly numbers": ("1" * 60 + "x\n") * 40_000,
    "nearly dates": ("1-1-1" * 12 + "\n") * 40_000,
    "signs": ("+-" * 30 + "\n") * 40_000,
    "grouped digits": ("1,111" * 10 + ";1\n") * 40_000,
    "points": ("." * 60 + "\n") * 40_000,
    "exponents": ("1e" * 30 + "\n") * 40_000,
    "different words": "\n".join(f"{i:x}g,{i}h,k{i}" for i in range(45_000)),
    "different units": "\n".join(f"{i} u{i % 7}x,{i},{i}" for i in range(45_000)),
    "many text cells": "\n".join(
        ",".join(f"{i * j % 997:x}z" for j in range(20)) for i in range(45_000)
    )[: own.MAX_BYTES - 9],
    "semicolons": "1;" * 49_000,
    "markup": "<" * 4_000_000,
    "comments": "#\n" * 2_400_000,
    "zero bytes": "\0" * 4_000_000,
    "Korean": "가,나\n" * 45_000,
    "one long name": "a" * 99_000 + "\n1\n2",
    "blank separated": ("1 " * 40 + "\n") * 45_000,
}


@pytest.mark.parametrize("kind", WORST)
def test_hostile_data_takes_bounded_time(kind):
    start = time.process_time()
    check_nothing_escapes(own.parse, WORST[kind])
    assert time.process_time() - start < 8, kind
    if len(WORST[kind]) < 200_000:
        check_nothing_escapes(own.parse_points, WORST[kind])
