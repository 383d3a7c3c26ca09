"""Files, pasted and typed text: every malformed one is answered with one sentence, and quickly."""

import re
import time
import tracemalloc

import numpy as np
import pytest

from explorer import i18n
from explorer.data import own
from explorer.data.message import DataError
from explorer.data.table import Table
from explorer.ui import export
from tests.data.test_own_refused import assert_clear
from tests.hostile.tables import COLUMNS, FILES, MARKUP, NAMES, TYPED
from tests.pages.helpers import (
    figure,
    open_lesson,
    paste,
    reading,
    run_script,
    same_figure,
    script,
    unfold,
    upload,
)

PATIENCE = 2.0  # seconds of a processor; measured far below, but the machine may be slow
ROOM = 120e6  # bytes that the reading of 5 MB may take at once
#: The limit that each of these refusals has to name, as it is written.
LIMITS = {
    "too_large": "5 MB",
    "too_many_rows": "50,000",
    "too_many_columns": "50",
    "long_line": "100,000",
    "too_big": "1e+12",
}


@pytest.mark.parametrize("case", FILES)
def test_a_file_that_is_no_table_is_refused_in_one_sentence(case):
    content, code = FILES[case]
    begun = time.process_time()
    with pytest.raises(DataError) as refused:
        own.parse(content, "mine.csv")
    assert time.process_time() - begun < PATIENCE
    assert refused.value.code == code, str(refused.value)
    assert_clear(refused.value)
    assert LIMITS.get(code, "") in str(refused.value)


@pytest.mark.parametrize("case", ["a zip bomb", "5 MB in one line", "5 MB of quotes"])
def test_refusing_takes_little_memory(case):
    content, _code = FILES[case]
    tracemalloc.start()
    try:
        with pytest.raises(DataError):
            own.parse(content)
        assert tracemalloc.get_traced_memory()[1] < ROOM
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("case", TYPED)
def test_typed_text_that_is_no_points_is_refused_in_one_sentence(case):
    text, code = TYPED[case]
    begun = time.process_time()
    with pytest.raises(DataError) as refused:
        own.parse_points(text)
    assert time.process_time() - begun < PATIENCE
    assert refused.value.code == code, str(refused.value)
    assert_clear(refused.value)
    assert LIMITS.get(code, "") in str(refused.value)


def test_signs_that_turn_the_writing_around_are_taken_away():
    """They would show “1,2” as “2,1”, and a column's name as another."""
    table = own.parse("\u202ea\u202c,b\u2066\n\u202e1,2\u202c\n\u20693,4\n5,\u202d6")
    assert table.columns == ("a", "b")
    np.testing.assert_array_equal(table.values, [[1, 2], [3, 4], [5, 6]])


# ------------------------------------------------------------------------- through the page

GOOD = b"a,b\n1,2\n3,5\n4,4\n"


@pytest.fixture(scope="module")
def lesson():
    return open_lesson("normal", alone=True)


@pytest.mark.parametrize(
    "case",
    ["a zip bomb", "a PNG of a megabyte", "one byte above 5 MB", "a pickle", "5 MB of quotes"],
)
def test_the_page_says_why_and_keeps_its_picture(lesson, case):
    before = figure(lesson)
    upload(lesson, FILES[case][0], "mine.csv")
    assert len(lesson.error) == 1 and "Traceback" not in lesson.error[0].value
    same_figure(figure(lesson), before)


@pytest.mark.parametrize("case", NAMES)
def test_a_strange_name_of_a_file_is_shown_as_text_and_goes_no_further(lesson, case):
    upload(lesson, GOOD, NAMES[case])
    table = lesson.session_state["data_own"]
    assert len(table.name) <= 60 and table.name.isprintable() and table.name
    np.testing.assert_array_equal(table.values, [[1, 2], [3, 5], [4, 4]])
    shown = [line.value for line in lesson.caption if "3 rows" in line.value]
    assert len(shown) == 1
    assert not re.search(r"(?<!\\)[<$`*\[{]", shown[0].replace("**", "")), shown
    assert not lesson.error and not lesson.warning


@pytest.mark.parametrize("case", COLUMNS)
def test_a_strange_name_of_a_column_does_not_leave_its_quotes(lesson, case):
    name = COLUMNS[case].replace('"', '""')
    upload(lesson, f'"{name}",b\n1,2\n3,5\n4,4\n'.encode(), "mine.csv")
    assert lesson.session_state["data_id"] == "own"
    same_figure(run_script(script(lesson))["figure"], figure(lesson))


def test_exported_names_and_cells_are_data():
    """A quote, a comma or a line end in a name opens neither a cell nor a row."""
    text = export.csv({'a",b\n=1': np.array([1.5, 2.5]), "plain": np.array([2, 3])})
    assert text == '"a"",b\n=1",plain\n1.5,2\n2.5,3\n'
    np.testing.assert_array_equal(own.parse(text).values, [[1.5, 2], [2.5, 3]])


def test_a_table_with_any_names_comes_back_from_its_own_csv():
    names = [re.sub(r"\s", " ", name) for name in COLUMNS.values()]
    names = [name for name in names if "\u202e" not in name]  # these are taken away
    table = Table("t", tuple(names), np.arange(3.0 * len(names)).reshape(3, -1) ** 2)
    again = own.parse(table.to_csv())
    assert again.columns == tuple(name[:59] + "…" if len(name) > 60 else name for name in names)
    np.testing.assert_array_equal(again.values, table.values)


def test_pasted_text_beyond_the_limit_is_answered_with_the_limit(lesson):
    before = figure(lesson)
    paste(lesson, "1,2\n" * (own.MAX_BYTES // 4 + 1))
    assert len(lesson.error) == 1 and "5 MB" in lesson.error[0].value
    same_figure(figure(lesson), before)
    paste(lesson, MARKUP)
    assert len(lesson.error) == 1 and "<" not in lesson.error[0].value.replace("\\<", "")


def test_the_limits_are_written_where_data_is_brought(lesson):
    for language, words in (("en", "Up to 5 MB, 50,000 rows, 50 columns"), ("ko", "5 MB")):
        at = open_lesson("normal", language, alone=True)
        at.session_state["data_way"] = "upload"
        assert words in reading(unfold(at, "data_fold"))
    i18n.use("en")
