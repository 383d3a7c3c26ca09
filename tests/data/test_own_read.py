"""What the reader of the learner's own data accepts, what it makes of it, and what it says."""

import numpy as np
import pytest

from explorer import i18n
from explorer.data import own
from explorer.data.message import DataError

XY = ("x", "y")
C1 = ("column 1",)
C12 = ("column 1", "column 2")
AB = [[1.5, 2.0], [3.0, 4.5]]  # what most inputs below mean

# (name, data, column names, values, a piece of each note in English)
READ = [
    # separators, head or none
    ("comma, head", "x,y\n1.5,2\n3,4.5\n", XY, AB, []),
    ("comma, no head", "1.5,2\n3,4.5", C12, AB, []),
    ("comma and blank", "x, y\n1.5, 2\n3, 4.5", XY, AB, []),
    ("blanks everywhere", " x , y \n 1.5 ,2\n  3, 4.5  \n", XY, AB, []),
    ("semicolon", "x;y\n1.5;2\n3;4.5\n", XY, AB, []),
    ("tab", "x\ty\n1.5\t2\n3\t4.5\n", XY, AB, []),
    ("pipe", "x|y\n1.5|2\n3|4.5\n", XY, AB, []),
    ("one blank", "x y\n1.5 2\n3 4.5", XY, AB, []),
    ("aligned by blanks", "   x    y\n 1.5    2\n   3  4.5\n", XY, AB, []),
    ("blanks and tabs mixed", "x  y\n1.5 \t2\n3 \t 4.5", XY, AB, []),
    ("one column", "x\n1.5\n3", ("x",), [[1.5], [3.0]], []),
    ("one column, no head", "172\n168\n175", C1, [[172], [168], [175]], []),
    ("values in a row", "172, 168, 181", C1, [[172], [168], [181]], ["3 numbers of the only row"]),
    ("values in a row, blanks", "172 168 181", C1, [[172], [168], [181]], ["3 numbers of the"]),
    ("Excel names its separator", "sep=;\nx;y\n1,5;2\n3;4,5", XY, AB, ["decimal sign (row 3"]),
    # decimal signs and thousands
    (
        "decimal comma, semicolon",
        "x;y\n1,5;2\n3;4,5",
        XY,
        AB,
        ["decimal sign (row 2: “1,5” is 1.5)"],
    ),
    ("decimal comma, tab", "x\ty\n1,5\t2,0\n3,0\t4,5", XY, AB, ["decimal sign"]),
    ("decimal comma, blank", "1,5 2\n3 4,5", C12, AB, ["decimal sign"]),
    ("decimal comma, one column", "x\n1,5\n3", ("x",), [[1.5], [3]], ["decimal sign"]),
    ("decimal comma, quoted", '"x","y"\n"1,5","2"\n"3","4,5"', XY, AB, ["decimal sign"]),
    ("whole numbers by comma", "1,2\n3,4", C12, [[1, 2], [3, 4]], ["separating two columns"]),
    (
        "three decimals, semicolon",
        "1,234;5\n2;3,456",
        C12,
        [[1.234, 5], [2, 3.456]],
        ["decimal sign"],
    ),
    ("leading zero settles it", "x\ty\n0,123\t1,234", XY, [[0.123, 1.234]], ["decimal sign"]),
    (
        "thousands, quoted",
        '"1,234","5"\n"2","3,456"',
        C12,
        [[1234, 5], [2, 3456]],
        ["“1,234” is 1234"],
    ),
    ("thousands, tab", "1,234.5\t2\n3\t4,500", C12, [[1234.5, 2], [3, 4500]], ["thousands"]),
    ("millions, tab", "1,234,567\t2\n3\t4", C12, [[1234567, 2], [3, 4]], ["thousands"]),
    (
        "points group thousands",
        "1.234,5;2\n3;4.500",
        C12,
        [[1234.5, 2], [3, 4500]],
        ["decimal", "“1.234,5”"],
    ),
    ("Swiss thousands", "1'234.5;2\n3;4", C12, [[1234.5, 2], [3, 4]], ["thousands"]),
    (
        "French thousands",
        "1\u202f234,5;2\n3;4",
        C12,
        [[1234.5, 2], [3, 4]],
        ["decimal", "thousands"],
    ),
    ("hard blank, one column", "1\u00a0234\n2\u00a0500", C1, [[1234], [2500]], ["thousands"]),
    ("exponents", "1.5e0 2E+0\n.3e1 45e-1", C12, AB, []),
    ("signs", "+1.5,-2\n-3,+4.5", C12, [[1.5, -2], [-3, 4.5]], []),
    ("fullwidth signs", "１．５，２\n３，４．５", C12, AB, []),
    ("typeset minus", "−1.5,2\n3,4.5", C12, [[-1.5, 2], [3, 4.5]], []),
    # signs beside numbers
    ("percent", "p\n45%\n50 %", ("p",), [[45], [50]], ["“%” was taken off the column “p”"]),
    ("dollars", 'c\n"$1,200"\n$300', ("c",), [[1200], [300]], ["currency “$”", "thousands"]),
    (
        "won",
        'c;d\n"5,000원";1\n"12,500원";2',
        ("c", "d"),
        [[5000, 1], [12500, 2]],
        ["원", "thousands"],
    ),
    ("euros", "c;d\n3,50 €;1\n4,25 €;2", ("c", "d"), [[3.5, 1], [4.25, 2]], ["€", "decimal"]),
    ("centimetres", "h\n172 cm\n168cm", ("h",), [[172], [168]], ["unit “cm”"]),
    (
        "two units, two columns",
        "172 cm, 65 kg\n168 cm, 60 kg",
        C12,
        [[172, 65], [168, 60]],
        ["cm", "kg"],
    ),
    # columns that are no numbers
    (
        "text column",
        "name,h\nAnna,172\nBo,168",
        ("h",),
        [[172], [168]],
        ["hold text were left aside: “name”"],
    ),
    (
        "text with blanks",
        "New York;1.5\nLos Angeles;3",
        ("column 2",),
        [[1.5], [3]],
        ["text", "row 1 counts as data"],
    ),
    (
        "dates beside numbers",
        "d,v\n2024-01-05,3\n2024-02-05,4",
        ("v",),
        [[3], [4]],
        ["dates or times"],
    ),
    ("yes and no", "a,v\nyes,3\nno,4", ("v",), [[3], [4]], ["yes/no"]),
    ("numbered names", "id,v\nA1,3\nB2,4\n7,5", ("v",), [[3], [4], [5]], ["text"]),
    (
        "an empty column",
        "a,b\n1,\n2,",
        ("a",),
        [[1], [2]],
        ["no value at all were left aside: “b”"],
    ),
    ("pandas index", ",x,y\n0,1.5,2\n1,3,4.5", XY, AB, ["first column only numbers the rows"]),
    (
        "R row names",
        '"x" "y"\n"1" 1.5 2\n"2" 3 4.5',
        XY,
        AB,
        ["first column only numbers the rows"],
    ),
    ("R row names, text", "x y\nMazda 1.5 2\nFiat 3 4.5", XY, AB, ["text"]),
    ("years as names", "land,2019,2020\nKorea,1.5,2\nJapan,3,4.5", ("2019", "2020"), AB, ["text"]),
    # names
    (
        "names twice",
        "a,a,a\n1,2,3\n4,5,7",
        ("a", "a (2)", "a (3)"),
        [[1, 2, 3], [4, 5, 7]],
        ["occur twice"],
    ),
    ("a name missing", "a,,c\n1,2,3\n4,5,7", ("a", "column 2", "c"), [[1, 2, 3], [4, 5, 7]], []),
    ("quoted numbers as names", '"2019","2020"\n1.5,2\n3,4.5', ("2019", "2020"), AB, []),
    ("names like missing values", "Na,K\n1.5,2\n3,4.5", ("Na", "K"), AB, []),
    ("name over two lines", '"x\n(cm)",y\n1.5,2\n3,4.5', ("x (cm)", "y"), AB, []),
    ("separator in a name", '"x, y",z\n1.5,2\n3,4.5', ("x, y", "z"), AB, []),
    ("names in a comment", "# x y\n1.5 2\n3 4.5", XY, AB, ["from the comment “x y”"]),
    ("one name in a comment", "# x\n1.5\n3", ("x",), [[1.5], [3]], ["from the comment “x”"]),
    ("a remark is no name", "# made by hand\n1.5\n3", C1, [[1.5], [3]], []),
    ("many comments", "# x,y\n" + "#\n" * 120_000 + "1.5,2\n3,4.5", XY, AB, ["“x,y”"]),
    ("a word that only looks like Excel's", "sep=x\n1.5\n3", ("sep=x",), [[1.5], [3]], []),
    ("Korean names", "키,몸무게\n1.5,2\n3,4.5", ("키", "몸무게"), AB, []),
    ("a title above", "My data\nx,y\n1.5,2\n3,4.5", XY, AB, ["“My data” above the table"]),
    ("a padded title above", "My data,\nx,y\n1.5,2\n3,4.5", XY, AB, ["“My data”"]),
    # lines
    ("CRLF", "x,y\r\n1.5,2\r\n3,4.5\r\n", XY, AB, []),
    ("CR", "x,y\r1.5,2\r3,4.5\r", XY, AB, []),
    ("blank lines", "\n\nx,y\n\n1.5,2\n\n\n3,4.5\n\n", XY, AB, []),
    ("comments", "# made by hand\nx,y\n1.5,2\n# half-time\n3,4.5", XY, AB, []),
    ("trailing separators", "x,y,\n1.5,2,\n3,4.5,\n", XY, AB, []),
    ("trailing separators, not in the head", "x,y\n1.5,2,\n3,4.5,\n", XY, AB, []),
    ("trailing separators, one row", "x,y\n1.5,2,,\n3,4.5\n", XY, AB, []),
    ("rows of separators", "x,y\n1.5,2\n,\n3,4.5\n,\n", XY, AB, []),
    ("all quoted", '"x","y"\n"1.5","2"\n"3","4.5"', XY, AB, []),
    ("blank after a quote", '"x" , "y"\n"1.5" , "2"\n"3" , "4.5"', XY, AB, []),
    ("single quotes", "x,y\n'1.5','2'\n'3','4.5'", XY, AB, []),
    ("Markdown table", "| x | y |\n|---|:-:|\n| 1.5 | 2 |\n| 3 | 4.5 |", XY, AB, []),
    ("end-of-file mark of DOS", "x,y\n1.5,2\n3,4.5\n\x1a", XY, AB, []),
    # points
    ("points with semicolons", "1.5, 2; 3, 4.5", C12, AB, []),
    ("MATLAB matrix", "1.5 2; 3 4.5", C12, AB, []),
    ("points in brackets", "(1.5, 2), (3, 4.5)", C12, AB, []),
    ("points in brackets, lines", "(1.5, 2)\n(3, 4.5)", C12, AB, []),
    ("list of lists", "[[1.5, 2], [3, 4.5]]", C12, AB, []),
    ("list of numbers", "[1.5, 2, 3]", C1, [[1.5], [2], [3]], ["3 numbers"]),
    # encodings
    ("UTF-8 with mark", "x,y\n1.5,2\n3,4.5".encode("utf-8-sig"), XY, AB, []),
    ("UTF-16", "x,y\n1.5,2\n3,4.5".encode("utf-16"), XY, AB, []),
    ("UTF-16 without mark", "x,y\n1.5,2\n3,4.5".encode("utf-16-le"), XY, AB, []),
    ("UTF-16, big end first", "x,y\n1.5,2\n3,4.5".encode("utf-16-be"), XY, AB, []),
    ("UTF-32", "x,y\n1.5,2\n3,4.5".encode("utf-32"), XY, AB, []),
    ("CP949", "키,나이\n1.5,2\n3,4.5".encode("cp949"), ("키", "나이"), AB, ["Korean (CP949)"]),
    ("CP949 that is UTF-8 too", "키\n1.5\n3".encode("cp949"), ("키",), [[1.5], [3]], ["Korean"]),
    ("UTF-8 that is CP949 too", "Kő,σ\n1.5,2\n3,4.5".encode(), ("Kő", "σ"), AB, []),
    ("Latin-1", "Größe,y\n1.5,2\n3,4.5".encode("latin-1"), ("Größe", "y"), AB, ["Western"]),
    # harmless oddities
    ("a name like a file's magic", b"ID3,RDX\n1.5,2\n3,4.5", ("ID3", "RDX"), AB, []),
    ("largest number allowed", "1e12,2\n-1e12,3", C12, [[1e12, 2], [-1e12, 3]], []),
    ("smallest numbers", "5e-324 1\n1e-300 2", C12, [[5e-324, 1], [1e-300, 2]], []),
    ("one point", "1.5, 2", C12, [[1.5, 2]], []),
    (
        "constant column",
        "x,y\n1,5\n2,5",
        XY,
        [[1, 5], [2, 5]],
        ["“y” has the same value in every row (5)"],
    ),
]


@pytest.mark.parametrize(
    ("data", "columns", "values", "notes"), [c[1:] for c in READ], ids=[c[0] for c in READ]
)
def test_read(data, columns, values, notes):
    table = own.parse(data)
    assert table.columns == columns
    np.testing.assert_array_equal(table.values, np.array(values, dtype=float))
    assert len(table.notes) == len(notes), table.notes
    for note, piece in zip(table.notes, notes, strict=True):
        assert piece in note


def test_notes_follow_the_language_of_the_moment():
    table = own.parse("p;d\n45%;2024-01-05\n50%;2024-01-06\n\n")
    english, labels = table.notes, own.parse("1.5 2\n3 4").labels
    i18n.use("ko")
    korean, etiketten = table.notes, own.parse("1.5 2\n3 4").labels
    i18n.use("en")
    assert len(english) == len(korean) == 2
    assert not set(english) & set(korean) and "날짜나 시각" in "".join(korean)
    assert labels == ("column 1", "column 2") and etiketten == ("1열", "2열")


def test_incomplete_rows_are_left_out_only_on_request_and_by_name():
    data = "# made by hand\nx,y\n1,2\nNA,3\n\n5,\n,\n7,8\n9,?\n"
    with pytest.raises(DataError) as caught:
        own.parse(data)
    assert caught.value.can_drop_rows and (caught.value.row, caught.value.column) == (4, 1)
    assert "incomplete rows in all: 3" in str(caught.value)
    table = own.parse(data, drop_incomplete=True)
    np.testing.assert_array_equal(table.values, [[1, 2], [7, 8]])
    assert table.left_out == (4, 6, 9)
    (note,) = table.notes
    assert "3 of 5" in note and "4, 6, 9" in note


def test_a_long_list_of_left_out_rows_is_shortened_in_the_note_only():
    data = "x,y\n" + "\n".join("1,NA" if i % 2 or i < 20 else f"{i},2" for i in range(100))
    table = own.parse(data, drop_incomplete=True)
    assert len(table.left_out) == 60 and len(table) == 40
    assert "60 of 100" in table.notes[0] and "2–21, 23, 25" in table.notes[0]
    assert table.notes[0].count(",") < 16 and "…" in table.notes[0]


def test_leaving_out_every_row_is_refused():
    with pytest.raises(DataError) as caught:
        own.parse("x,y\nNA,1\n2,NA", drop_incomplete=True)
    assert caught.value.code == "all_incomplete" and not caught.value.can_drop_rows


def test_missing_values_in_columns_set_aside_do_not_matter():
    table = own.parse("name,x\nAnna,1\nNA,2\n,3")
    np.testing.assert_array_equal(table.values, [[1], [2], [3]])


def test_dropping_rows_does_not_hide_a_wrong_cell():
    with pytest.raises(DataError) as caught:
        own.parse("x,y\n1,NA\n2,oops\n3,4\n5,6", drop_incomplete=True)
    assert (caught.value.code, caught.value.row, caught.value.column) == ("not_a_number", 3, 2)


POINTS = [
    ("one pair per line", "1.5, 2\n3, 4.5", AB),
    ("semicolons", "1.5, 2; 3, 4.5", AB),
    ("semicolon at each end", "1.5, 2;\n3, 4.5;\n", AB),
    ("blanks", "1.5 2\n3 4.5", AB),
    ("brackets", "(1.5, 2), (3, 4.5)", AB),
    ("brackets without commas between", "(1.5, 2) (3, 4.5)", AB),
    ("lists", "[[1.5, 2], [3, 4.5]]", AB),
    ("semicolon between coordinates", "1.5;2\n3;4.5", AB),
    ("decimal commas", "1,5 2\n3 4,5", AB),
    ("tabs", "1.5\t2\n3\t4.5", AB),
    ("one point", "1.5, 2", AB[:1]),
    ("one point, one line end", "1.5 2\n", AB[:1]),
    ("names above", "x, y\n1.5, 2\n3, 4.5", AB),
    ("blank lines", "\n1.5, 2\n\n3, 4.5\n", AB),
    ("typeset minus", "−1.5, 2; 3, −4.5", [[-1.5, 2], [3, -4.5]]),
]


@pytest.mark.parametrize(("data", "values"), [c[1:] for c in POINTS], ids=[c[0] for c in POINTS])
def test_points(data, values):
    np.testing.assert_array_equal(own.parse_points(data).values, values)


@pytest.mark.parametrize("data", ["1.5, 2, 3", "1.5; 2; 3", "1.5\n2\n3", "1.5 2 3", "[1.5, 2, 3]"])
def test_points_on_a_line(data):
    np.testing.assert_array_equal(own.parse_points(data, dims=1).values, [[1.5], [2], [3]])


def test_the_comma_between_coordinates_is_explained_only_where_it_may_be_misread():
    assert own.parse_points("1,2\n3,4").notes == ()
    (note,) = own.parse_points("1,5;2,5\n3,5;4,6").notes
    assert "decimal sign" in note
