"""What the reader of the learner's own data refuses: which code, where, and in what words."""

import gzip
import io
import re
import zipfile

import numpy as np
import pytest

from explorer import i18n
from explorer.data import own
from explorer.data.message import DataError
from explorer.data.table import Table


def zipped(name: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, "x")
    return out.getvalue()


def rows(count: int, line: str = "1,2") -> str:
    return "\n".join([line] * count)


# (name, data, code, row, column)
REFUSED = [
    # nothing there
    ("empty bytes", b"", "empty", None, None),
    ("empty text", "", "empty", None, None),
    ("byte order mark only", b"\xef\xbb\xbf", "empty", None, None),
    ("white space", "  \n\t\r\n ", "blank", None, None),
    ("separators only", ",,,\n,,,\n", "blank", None, None),
    ("empty quotes only", '"",""\n', "blank", None, None),
    ("comments only", "# one\n# two\n", "only_comments", None, None),
    ("head only", "x,y\n", "header_only", 1, None),
    ("head only, after blank lines", "\n\nx;y\n\n", "header_only", 3, None),
    ("one number", "5", "one_value", None, None),
    ("one number under a name", "height\n172\n", "one_value", None, None),
    # wrong shape
    ("short row", "a,b\n1,2\n3\n4,5", "ragged", 3, None),
    ("long row", "a,b\n1,2\n3,4,5\n", "ragged", 3, None),
    ("short row, no head", "1,2\n3,4\n5\n6,7", "ragged", 3, None),
    ("long row between blanks", "1 2\n\n# c\n3 4 5\n6 7", "ragged", 4, None),
    ("short row, tabs", "a\tb\tc\n1\t2\t3\n4\t5\n7\t8\t9", "ragged", 3, None),
    ("two numbers, then one", "172 168\n175\n", "ragged", 2, None),
    ("head with blanks", "eruption length wait\n3.6 79\n1.8 54", "header_width", 1, None),
    ("short head", "a;b\n1;2;3;4\n5;6;7;8", "header_width", 1, None),
    ("too many columns", rows(3, ",".join(["1"] * 51)), "too_many_columns", None, None),
    ("very many columns", rows(3, ",".join(["1"] * 9000)), "too_many_columns", None, None),
    ("too many rows", rows(own.MAX_ROWS + 1), "too_many_rows", None, None),
    ("far too many rows", rows(1_200_000), "too_many_rows", None, None),
    ("too large", b"1,2\n" * (own.MAX_BYTES // 4 + 1), "too_large", None, None),
    ("too large text of wide signs", "가" * (own.MAX_BYTES // 3 + 1), "too_large", None, None),
    ("very long line", "1,2\n" + "9" * 200_000, "long_line", 2, None),
    # wrong cells
    ("a word among numbers", "x,y\n1,2\n3,abc\n4,5", "not_a_number", 3, 2),
    ("a word after blank lines", "x,y\n1,2\n\n# c\n3,oops\n5,6", "not_a_number", 5, 2),
    ("a word after CRLF lines", "x,y\r\n1,2\r\n\r\n3,oops\r\n5,6", "not_a_number", 4, 2),
    ("a word after CR lines", "x,y\r1,2\r3,oops\r5,6", "not_a_number", 3, 2),
    ("a word after a quoted line end", 'x,"y\n(cm)"\n1,2\n3,oops\n5,6', "not_a_number", 4, 2),
    ("a word in one row of values", "1, 2, x, 4", "not_a_number", 1, 3),
    ("a word in the first row", "x,1\n2,3\n4,5", "not_a_number", 1, 1),
    ("the head again", "x,y\n1,2\n3,4\nx,y\n5,6", "not_a_number", 4, 1),
    ("a spreadsheet formula", "=1+2,3\n4,5\n6,7", "not_a_number", 1, 1),
    ("below the limit of detection", "<5,2\n3,4\n5,6", "not_a_number", 1, 1),
    ("a fraction", "1/2,3\n4,5\n6,7", "not_a_number", 1, 1),
    ("digits with underscores", "1_000,2\n3,4\n5,6", "not_a_number", 1, 1),
    ("two signs", "x,y\n1,2\n--3,4\n5,6", "not_a_number", 3, 1),
    ("hexadecimal among decimals", "x,y\n1,0x1F\n2,3\n", "hex", 2, 2),
    ("hexadecimal only", "x\n0x1F\n0x2A", "hex", 2, 1),
    ("complex among reals", "x,y\n1,2\n3,4j\n5,6\n", "complex", 3, 2),
    ("complex only", "x\n1+2j\n3-1j", "complex", 2, 1),
    ("dates only", "d\n2024-01-05\n2024-01-06", "date", 2, 1),
    ("times only", "12:30\n13:40\n", "date", 1, 1),
    ("a date among numbers", "x\n1\n2\n2024-01-05", "date", 4, 1),
    ("yes and no only", "x\nTrue\nFalse", "boolean", 2, 1),
    ("words only", "red,green\nblue,pink", "no_numbers", 1, 1),
    ("one word", "hello", "no_numbers", 1, 1),
    ("all missing", "NA,NA\nNA,NA", "all_missing", 1, 1),
    # missing numbers
    ("missing: NA", "x,y\n1,NA\n2,3", "missing", 2, 2),
    ("missing: nothing", "x,y\n1,\n2,3", "missing", 2, 2),
    ("missing: nothing, first column", "x,y\n,1\n2,3", "missing", 2, 1),
    ("missing: NaN", "x,y\n1,2\nNaN,3", "missing", 3, 1),
    ("missing: null", "1;2\n3;null\n5;6", "missing", 2, 2),
    ("missing: dash", "x\ty\n1\t-\n2\t3", "missing", 2, 2),
    ("missing: question mark", "x,y\n1,2\n2,?", "missing", 3, 2),
    ("missing: #N/A at a line's start", "x,y\n#N/A,1\n2,3", "missing", 2, 1),
    ("missing: division by zero", "x,y\n1,#DIV/0!\n2,3", "missing", 2, 2),
    ("missing: Korean", "x,y\n1,결측\n2,3", "missing", 2, 2),
    ("missing in the first row, no head", "NA,2\n3,4\n5,6", "missing", 1, 1),
    ("missing in every row", "x,y\nNA,1\n2,NA", "missing", 2, 1),
    # sizes
    ("infinity", "x,y\n1,inf\n2,3", "infinite", 2, 2),
    ("minus infinity", "x,y\n1,2\n-Infinity,3", "infinite", 3, 1),
    ("overflow", "x,y\n1,1e400\n2,3", "infinite", 2, 2),
    ("overflow with decimal comma", "x;y\n1,5;-1,5e400\n2;3", "infinite", 2, 2),
    ("squares overflow in float32", "x,y\n1,2\n-1e13,3", "too_big", 3, 1),
    ("long run of digits", "x\n1\n" + "9" * 40, "too_big", 3, 1),
    # ways of writing
    ("point and comma as decimal sign", "x;y\n1,5;2.5\n3,5;4.5", "mixed_decimals", 2, 1),
    ("both in one column", "x\n1,25\n1.25\n", "mixed_decimals", 2, 1),
    ("comma may be either, tabs", "x\ty\n1,234\t5,678\n2\t3", "ambiguous_comma", 2, 1),
    ("comma and point may be either", "x;y\n1;1.234\n1,234;2\n", "ambiguous_comma", 3, 1),
    ("two units", "h\n172 cm\n1.68 m\n171 cm", "mixed_units", 3, 1),
    ("a unit missing", "h\n172 cm\n168\n171 cm", "mixed_units", 3, 1),
    ("one unit too many", "h\n172\n168 cm\n171", "mixed_units", 3, 1),
    ("two currencies", "p\n$5\n€6\n$7", "mixed_units", 3, 1),
    ("quote never closed", 'x,y\n1,"2\n3,4\n', "quote", 2, None),
    ("quote closed in the middle", 'x,y\n1,"2"3\n4,5\n', "quote", 2, None),
    # not a table
    ("JSON object", '{"x": [1, 2]}', "json", None, None),
    ("JSON list of objects", '[{"x": 1}, {"x": 2}]', "json", None, None),
    ("JSON lines", '\n{"x": 1}\n{"x": 2}', "json", None, None),
    ("HTML page", "<!DOCTYPE html>\n<html><body>1</body></html>", "html", None, None),
    ("HTML table", "<table><tr><td>1</td></tr></table>", "html", None, None),
    ("XML", "<?xml version='1.0'?><a>1</a>", "xml", None, None),
    (
        "numbers inside prose",
        "The mean was 172.3 cm and the\nstandard deviation 4.8 in our class of 30,\nso we said.",
        "prose",
        None,
        None,
    ),
    # not text
    ("zero bytes", b"1,2\n3,\x004", "nul", 2, None),
    ("zero byte in pasted text", "1,2\n3,\x004", "nul", 2, None),
    ("control characters", "1,2\n3,4\n5,\x076", "control", 3, None),
    ("Excel workbook", zipped("xl/workbook.xml"), "spreadsheet", None, None),
    ("old Excel", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(9), "spreadsheet", None, None),
    ("OpenDocument", zipped("mimetype-opendocument.spreadsheet"), "spreadsheet", None, None),
    ("Word", zipped("word/document.xml"), "document", None, None),
    ("zip", zipped("a.csv"), "compressed", None, None),
    ("gzip", gzip.compress(b"1,2\n3,4"), "compressed", None, None),
    ("PDF", b"%PDF-1.7\n%\xe2\xe3", "document", None, None),
    ("rich text", b"{\\rtf1\\ansi 1,2}", "document", None, None),
    ("PNG", b"\x89PNG\r\n\x1a\n\0\0", "media", None, None),
    ("JPEG", b"\xff\xd8\xff\xe0\0\x10JFIF", "media", None, None),
    ("GIF", b"GIF89a\x01\0", "media", None, None),
    ("Parquet", b"PAR1\x15\x04", "binary_table", None, None),
    ("SQLite", b"SQLite format 3\0", "binary_table", None, None),
    ("NumPy", b"\x93NUMPY\x01\0v\0", "binary_table", None, None),
    ("HDF5", b"\x89HDF\r\n\x1a\n", "binary_table", None, None),
    ("half a UTF-16 character", "1,2\n".encode("utf-16") + b"\0", "encoding", None, None),
    ("bytes of no encoding", b"1,2\n\x81\x8d\x8f\x90\xff,4", "encoding", None, None),
]


def sentences(error: DataError) -> tuple[str, str]:
    """The error in English and in Korean."""
    found = []
    for language in ("en", "ko"):
        i18n.use(language)
        found.append(str(error))
    i18n.use("en")
    return found[0], found[1]


def assert_one_sentence(text: str) -> None:
    bare = re.sub(r"“[^”]*”", "“”", text)  # what is quoted is the learner's, not ours
    assert "\n" not in text and "%(" not in text
    assert bare.endswith(".") and len(re.findall(r"[.!?](?=\s|$)", bare)) == 1, text


def assert_clear(error: DataError) -> None:
    """One sentence in each language, not the same one, and both say where."""
    english, korean = sentences(error)
    assert_one_sentence(english)
    assert_one_sentence(korean)
    assert english != korean
    assert re.search("[가-힣]", korean) and not re.search("[가-힣]", re.sub("“[^”]*”", "", english))
    assert len(english) < 400 and len(korean) < 400
    for position in (error.row, error.column):
        if position is not None:
            assert re.search(rf"\b{position}\b", english) and re.search(
                rf"\b{position}(?!\d)", korean
            )


@pytest.mark.parametrize(
    ("data", "code", "row", "column"), [c[1:] for c in REFUSED], ids=[c[0] for c in REFUSED]
)
def test_refused(data, code, row, column):
    with pytest.raises(DataError) as caught:
        own.parse(data)
    error = caught.value
    assert (error.code, error.row, error.column) == (code, row, column), str(error)
    assert error.can_drop_rows == (code == "missing")
    assert_clear(error)


def test_there_are_many_kinds():
    assert len(REFUSED) >= 60
    assert len({case[0] for case in REFUSED}) == len(REFUSED)


REFUSED_POINTS = [
    ("nothing", "", "empty", None, None),
    ("a third coordinate", "1, 2; 3, 4, 5; 6, 7", "ragged", 2, None),
    ("three coordinates", "1, 2, 3", "wrong_dims", 1, None),
    ("all on one line without semicolons", "1 2 3 4", "wrong_dims", 1, None),
    ("one coordinate", "1\n2\n3", "wrong_dims", 1, None),
    ("a word", "1, 2; 3, x; 5, 6", "not_a_number", 2, 2),
    ("a word on the third line", "1, 2\n\n3, x\n5, 6", "not_a_number", 3, 2),
    ("half a point", "1, 2; 3,", "missing", 2, 2),
    ("infinite", "(1, 2), (inf, 3)", "infinite", 2, 1),
    ("too big", "1, 2; 3, 1e99", "too_big", 2, 2),
    ("prose", "put one at the left, please,\nand another at 3.5 to the right", "prose", None, None),
    ("too large", "1" * (own.MAX_BYTES + 1), "too_large", None, None),
]


@pytest.mark.parametrize(
    ("data", "code", "row", "column"),
    [c[1:] for c in REFUSED_POINTS],
    ids=[c[0] for c in REFUSED_POINTS],
)
def test_refused_points(data, code, row, column):
    with pytest.raises(DataError) as caught:
        own.parse_points(data)
    error = caught.value
    assert (error.code, error.row, error.column) == (code, row, column), str(error)
    assert_clear(error)


def table(*columns: list[float]) -> Table:
    names = tuple(f"c{i}" for i in range(len(columns)))
    return Table("t", names, np.array(columns, dtype=float).T)


LINE = np.linspace(-3, 5, 40)
REQUIRED = [
    ("too few columns", table([1, 2, 3]), {"dims": 2}, "too_few_columns"),
    ("too few rows", table([1, 2, 3]), {"dims": 1, "min_rows": 4}, "too_few_rows"),
    ("all rows alike", table([2, 2, 2], [3, 3, 3]), {"dims": 2}, "identical"),
    ("constant column", table([1, 2, 3], [5, 5, 5]), {"dims": 2}, "constant"),
    ("two places only", table([1, 2, 1, 2]), {"dims": 1, "min_distinct": 3}, "too_few_distinct"),
    ("tiny beside its size", table([1e9, 1e9 + 1, 1e9 + 2]), {"dims": 1}, "tiny_spread"),
    ("tiny altogether", table([1e-12, 2e-12, 4e-12]), {"dims": 1}, "tiny_spread"),
    ("a straight line", table(LINE, 3 - 2 * LINE), {"dims": 2, "full_rank": True}, "collinear"),
    (
        "a plane in space",
        table(LINE, np.sin(LINE), 2 * LINE - np.sin(LINE)),
        {"dims": 3, "full_rank": True},
        "collinear",
    ),
    (
        "fewer rows than columns",
        table([1, 2], [3, 7], [4, 1]),
        {"dims": 3, "full_rank": True},
        "collinear",
    ),
    ("as many rows as columns", table([1, 2], [3, 7]), {"dims": 2, "full_rank": True}, "collinear"),
]


@pytest.mark.parametrize(
    ("data", "needs", "code"), [c[1:] for c in REQUIRED], ids=[c[0] for c in REQUIRED]
)
def test_require_refuses(data, needs, code):
    with pytest.raises(DataError) as caught:
        own.require(data, **needs)
    assert caught.value.code == code
    assert_clear(caught.value)


def test_require_keeps_the_first_columns_and_refuses_nothing_else():
    data = table(LINE, np.sin(LINE), np.full_like(LINE, 7.0))
    kept = own.require(data, dims=2, min_rows=40, min_distinct=40, full_rank=True)
    assert kept.columns == ("c0", "c1")
    np.testing.assert_array_equal(kept.values, data.values[:, :2])
    constant = own.require(data, dims=3, spread=False)
    assert constant.dims == 3
    # Nearly collinear is a lesson, not a fault.
    noisy = table(LINE, LINE + 1e-3 * np.cos(40 * LINE))
    assert own.require(noisy, dims=2, full_rank=True).dims == 2


def test_markdown_escapes_what_the_learner_wrote():
    with pytest.raises(DataError) as caught:
        own.parse("x\n1\n2\n$a_b$ [x](y)")
    assert "“$a_b$ [x](y)”" in str(caught.value)
    assert r"“\$a\_b\$ \[x\](y)”" in caught.value.markdown()
