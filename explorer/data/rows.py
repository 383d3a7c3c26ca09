"""From text to rows of cells: which lines count, which sign separates, which row has the names."""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from explorer.data.cells import classify, is_missing, is_number
from explorer.data.limits import MAX_COLUMNS, MAX_LINE, MAX_ROWS
from explorer.data.message import DataError, excerpt
from explorer.i18n import n_

SAMPLE = 100  # rows that decide about the separator
SEPARATORS = "\t;|,"  # in order of preference; then runs of blanks, then one column

Line = tuple[int, str]  # line number in the file, from 1, and the line

_SPREADSHEET_ERROR = ("#n/a", "#na", "#div/0!", "#value!", "#ref!", "#name?", "#num!", "#null!")
_NOTHING = SEPARATORS + ' "'  # a line of these alone holds no value
_RULE = re.compile(r"[|:+\-= \t]+")  # the line under the head of a Markdown table
_AFTER_QUOTE = re.compile(r'" +(?=[,;|\t])')


@dataclass
class Grid:
    """Rows of equal width with their line numbers, and the names above them if there are any."""

    names: list[str] | None
    header: int | None  # line number of the names
    numbers: list[int]
    rows: list[list[str]]
    separator: str  # one of SEPARATORS, " ", or "" for a single column
    quoted: bool = False  # some cells stand in quotation marks
    blanks: bool = False  # there is a blank after some separator
    title: str = ""  # a lone cell above the names
    comment: str = ""  # the comment that holds the names
    turned: bool = False  # the numbers stood in one row and are one column now

    def position(self, row: int, column: int) -> tuple[int, int]:
        """Where a cell stands in the file, both counted from 1."""
        return self.numbers[row], (row if self.turned else column) + 1

    def cell(self, row: int, column: int) -> str:
        """What a cell holds, fit to be quoted."""
        return excerpt(self.rows[row][column])


def read_rows(text: str) -> Grid:
    """Find the table in the text."""
    lines, comment, separator = _lines(text)
    if not any(line.strip(_NOTHING) for _, line in lines):
        _complain_empty(text, comment)
    if separator is None:
        separator = choose_separator([line for _, line in islice(lines, SAMPLE)])
    numbers, rows = _split_all(lines, separator)
    keep = [i for i, cells in enumerate(rows) if any(cell.strip() for cell in cells)]
    if not keep:
        _complain_empty(text, comment)
    numbers, rows = [numbers[i] for i in keep], [rows[i] for i in keep]
    title = ""
    if _has_title(rows):
        title, numbers, rows = "".join(rows[0]).strip(), numbers[1:], rows[1:]
    only_first_quoted = '"' not in text.replace(lines[0][1], "", 1)
    quoted = only_first_quoted and _is_quoted_header(lines[0][1], rows)
    grid = _with_header(numbers, rows, separator, quoted)
    if grid.names is None and comment:
        grid.names = _names_in_comment(comment, separator, len(grid.rows[0]))
        grid.comment = comment if grid.names else ""
    grid.title = title
    grid.quoted = '"' in text
    grid.blanks = f"{separator} " in text
    return _turned(grid)


def choose_separator(sample: list[str]) -> str:
    """The separator under which the sample is most like a table of numbers; "" for one column."""
    sample = [line for line in sample if line.strip()]
    best, best_score = "", _score(sample, "")
    for separator in [*SEPARATORS, " "][::-1]:  # the preferred one last: it wins ties
        score = _score(sample, separator)
        if score > 0 and score >= best_score:
            best, best_score = separator, score
    return best if best_score > 0 else _separator_of_text(sample)


def _separator_of_text(sample: list[str]) -> str:
    """The separator of a table without numbers, so that the complaint can name the right cell."""
    for separator in SEPARATORS:
        widths = {len(cells) for cells in _sample_rows(sample, separator)}
        if len(widths) == 1 and max(widths) > 1:
            return separator
    return ""


def split(lines: list[str], separator: str) -> list[list[str]]:
    """Lines without quotation marks into cells."""
    if separator == "":
        return [[line.strip()] for line in lines]
    if separator == " ":
        blanks = (line.replace("\t", " ").split(" ") for line in lines)
        return [[cell for cell in cells if cell] for cells in blanks]
    return [line.split(separator) for line in lines]


def _lines(text: str) -> tuple[list[Line], str | None, str | None]:
    """Lines that hold data, the last comment before them, and the separator an Excel file names."""
    lines: list[Line] = []
    comment = separator = None
    every = text.split("\n")
    if len(every) > 2 * MAX_ROWS:  # refuse at once what the limit will refuse later
        _check_limits(sum(line.lstrip()[:1] not in ("", "#") for line in every) - 1, 0)
    for number, line in enumerate(every, start=1):
        start = line.lstrip()
        if not start:
            continue
        if len(line) > MAX_LINE:
            _complain_long(number, len(line))
        if start[0] == "#" and not start.lower().startswith(_SPREADSHEET_ERROR):
            comment = comment if lines else start.lstrip("#").strip() or comment or ""
        elif not lines and re.fullmatch(r"(?i:sep=)[\t;|, ]", start):
            separator = start[4]
        else:
            lines.append((number, line))
    return _without_frame(lines), comment, separator


def _without_frame(lines: list[Line]) -> list[Line]:
    """Take off the outer bars and the rule of a Markdown table."""
    if not lines or not all(line.lstrip()[0] in "|+" for _, line in lines):
        return lines
    inner = [(n, line) for n, line in lines if not _RULE.fullmatch(line)]
    return [(n, line.strip().removeprefix("|").removesuffix("|")) for n, line in inner]


def _split_all(lines: list[Line], separator: str) -> tuple[list[int], list[list[str]]]:
    if any('"' in line for _, line in lines):
        pairs = list(_split_quoted(lines, separator))
        return [number for number, _ in pairs], [cells for _, cells in pairs]
    if separator.strip(" ") and len(lines) > 1:
        widest = 1 + max(line.count(separator) for _, line in lines)
        _check_limits(0, widest if widest > 20 * MAX_COLUMNS else 0)  # the rest is seen later
    return [number for number, _ in lines], split([line for _, line in lines], separator)


def _split_quoted(lines: list[Line], separator: str) -> Iterator[tuple[int, list[str]]]:
    """Rows with quoted cells; a quoted cell may hold separators and even line ends."""
    tidy = (_tidy(line, separator) for _, line in lines)
    reader = csv.reader(tidy, delimiter=separator or "\x1f", skipinitialspace=True, strict=True)
    start = 0  # index of the line a record begins at
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            text = n_("A quotation mark opens in row %(row)d and is not closed; correct that row.")
            raise DataError("quote", text, row=lines[start][0]) from None
        yield lines[start][0], cells
        start = reader.line_num


def _tidy(line: str, separator: str) -> str:
    """A line as the csv module wants it: nothing between a closing quote and the separator."""
    if separator == " ":
        return line.replace("\t", " ").strip() + "\n"
    return _AFTER_QUOTE.sub('"', line.strip(" ")) + "\n"


def _sample_rows(sample: list[str], separator: str) -> list[list[str]]:
    if not any('"' in line for line in sample):
        return split(sample, separator)
    tidy = (_tidy(line, separator) for line in sample)
    try:
        return list(csv.reader(tidy, delimiter=separator or "\x1f", skipinitialspace=True))
    except csv.Error:
        return []


def _score(sample: list[str], separator: str) -> float:
    """How well a separator explains the sample: share of numbers x share of rows of one width."""
    if separator.strip(" ") and not any(separator in line for line in sample):
        return 0.0
    rows = [cells for cells in _sample_rows(sample, separator) if _trimmed(cells)]
    if not rows:
        return 0.0
    if _has_title(rows):
        rows = rows[1:]
    named = not any(is_number(cell) for cell in rows[0])
    body = rows[1:] if named and len(rows) > 1 else rows
    width = _usual_width(body)
    if width == 1 and separator and max(map(len, body)) == 1:
        return 0.0
    agree = sum(len(_trimmed(cells)) <= width <= len(cells) for cells in body) / len(body)
    return _share_of_numbers(body) * agree * _prior(rows, body, width, separator)


def _prior(rows: list[list[str]], body: list[list[str]], width: int, separator: str) -> float:
    """What speaks against a separator besides its cells."""
    if separator == " ":
        # Column names may contain blanks, so a head of another width says nothing here.
        return 0.9
    named = len(rows) > len(body)
    if separator:
        names = len(_trimmed(rows[0]))
        fits = not named or names == width or names == width - 1 > 1
        return 1.0 if fits else 0.5
    if any(" " in classify(cells[0]).core for cells in body):
        return 0.4  # "172 168" is two numbers rather than one
    if named:
        return 0.5 if any(sign in rows[0][0] for sign in SEPARATORS) else 0.95
    # One column with decimal commas needs a head to tell it from two columns of whole numbers.
    return 0.5 if any("," in cells[0] for cells in body) else 0.95


def _share_of_numbers(body: list[list[str]]) -> float:
    weights = [_weight(cell) for cells in body for cell in cells if not is_missing(cell)]
    return sum(weights) / len(weights) if weights else 0.0


def _weight(cell: str) -> float:
    found = classify(cell)
    if found.kind not in ("number", "infinite"):
        return 0.0
    # A blank that groups thousands may as well separate two numbers.
    return 0.6 if " " in found.core else 0.9 if found.affix else 1.0


def _usual_width(rows: list[list[str]]) -> int:
    """The usual number of cells, not counting a last one that is always empty."""
    width = Counter(map(len, rows)).most_common(1)[0][0]
    alike = [cells for cells in rows if len(cells) == width]
    return max(1, max(len(_trimmed(cells)) for cells in alike))


def numbers_rows(cells: list[str]) -> bool:
    """Whether a column only counts the rows, from 0 or 1."""
    cells = [cell.strip().strip("'") for cell in cells]
    return any(cells == [str(i + start) for i in range(len(cells))] for start in (0, 1))


def _trimmed(cells: list[str]) -> list[str]:
    """Cells without the empty ones that trailing separators leave behind."""
    end = len(cells)
    while end and not cells[end - 1].strip():
        end -= 1
    return cells[:end]


def _has_title(rows: list[list[str]]) -> bool:
    """A lone cell of text above a row of several names is a title."""
    if len(rows) < 3 or len(_trimmed(rows[0])) != 1 or is_number(rows[0][0]):
        return False
    return len(_trimmed(rows[1])) > 1 and _is_header(rows[1:])


def _with_header(numbers: list[int], rows: list[list[str]], separator: str, quoted: bool) -> Grid:
    """Split names from numbers and give every row the same width."""
    names = header = None
    if quoted or _is_header(rows):
        names, header, numbers, rows = rows[0], numbers[0], numbers[1:], rows[1:]
        names = [name.strip() for name in _trimmed(names)]
    if not rows:
        text = n_("There is only a row of names (row %(row)d) and no numbers; add rows of numbers.")
        raise DataError("header_only", text, row=header)
    width = _width(names, rows, header)
    rows = [_fitted(cells, width) for cells in rows]
    _check_widths(numbers, rows, width, separator)
    if names is not None and len(names) == width - 1:
        names = ["", *names]  # R leaves the column of row names without a name
    return Grid(names, header, numbers, rows, separator)


def _turned(grid: Grid) -> Grid:
    """One row of several numbers is one column: values typed one after another."""
    cells = grid.rows[0]
    if grid.names is None and len(grid.rows) == 1 and len(cells) > 2:
        grid.turned, grid.rows = True, [[cell] for cell in cells]
        grid.numbers = grid.numbers * len(cells)
    _check_limits(len(grid.rows), len(grid.rows[0]))
    return grid


def _is_header(rows: list[list[str]]) -> bool:
    """Names stand over numbers, are no numbers themselves and do not mean “missing”."""
    first, body = rows[0], rows[1 : 1 + 10 * SAMPLE]
    if any(is_number(cell) for cell in first):
        return bool(body) and _is_row_of_years(first)
    if not body:
        return any(not is_missing(cell) for cell in first) and len(first) > 1
    over = [
        cell
        for i, cell in enumerate(first)
        if any(i < len(cells) and is_number(cells[i]) for cells in body)
    ]
    return any(not is_missing(cell) for cell in over)


def _is_row_of_years(cells: list[str]) -> bool:
    """“country, 2019, 2020”: a text, then years in order, are names."""
    years = [cell.strip() for cell in _trimmed(cells)[1:]]
    if len(years) < 2 or is_number(cells[0]) or not all(re.fullmatch(r"\d{4}", y) for y in years):
        return False
    return years == sorted(set(years)) and "1500" <= years[0] and years[-1] <= "2200"


def _is_quoted_header(first: str, rows: list[list[str]]) -> bool:
    """Names such as "2019" are told from numbers by quotation marks that only they have."""
    if len(rows) < 2 or '"' not in first:
        return False
    return first.count('"') >= 2 * len(_trimmed(rows[0])) and first.strip().endswith('"')


def _width(names: list[str] | None, rows: list[list[str]], header: int | None) -> int:
    """How many cells each row should have: as many as there are names, else the usual number."""
    common = _usual_width(rows)
    if names is None:
        return common
    full, trimmed = set(map(len, rows)), {len(_trimmed(cells)) for cells in rows}
    if len(names) in full - {common - 1} or len(trimmed) > 1:
        return max(len(names), 1)
    if len(names) != common and _share_of_numbers(rows[:SAMPLE]) < 0.5:
        _complain_prose([names, *rows])
    first = [cells[0] for cells in rows]
    unnamed = numbers_rows(first) or not any(map(is_number, first[:SAMPLE]))
    if len(names) == common or (len(names) == common - 1 and unnamed):
        return common  # R writes no name over its column of row names
    text = n_(
        "The number of names in row %(row)d (%(found)d) differs from the number of values below"
        " (%(expected)d); separate names as the values are, or put them in quotation marks."
    )
    raise DataError("header_width", text, row=header, found=len(names), expected=common)


def _fitted(cells: list[str], width: int) -> list[str]:
    """The row without what trailing separators added to it."""
    while len(cells) > width and not cells[-1].strip():
        cells = cells[:-1]
    return cells


def _check_widths(numbers: list[int], rows: list[list[str]], width: int, separator: str) -> None:
    for number, cells in zip(numbers, rows, strict=True):
        if len(cells) == width:
            continue
        if _share_of_numbers(rows[:SAMPLE]) < 0.5:
            _complain_prose(rows)
        text = n_(
            "Row %(row)d has another number of values (%(found)d) than expected (%(expected)d);"
            " correct that row."
        )
        if separator == ",":
            text = n_(
                "Row %(row)d has another number of values (%(found)d) than expected (%(expected)d);"
                " correct that row, and if the comma is your decimal sign, write a point instead."
            )
        raise DataError("ragged", text, row=number, found=len(cells), expected=width)


def _names_in_comment(comment: str, separator: str, width: int) -> list[str] | None:
    """Names in a comment above the numbers, as numpy.savetxt writes them."""
    cells = [cell.strip() for cell in split([comment], separator)[0]]
    if separator == "" and " " in comment:
        return None  # a remark about the numbers rather than the name of their column
    named = len(cells) == width and not any(is_number(cell) or not cell for cell in cells)
    return cells if named else None


def _check_limits(rows: int, width: int) -> None:
    if rows > MAX_ROWS:
        text = n_("The table has %(found)s rows, more than the %(limit)s allowed; keep a part.")
        raise DataError("too_many_rows", text, found=f"{rows:,}", limit=f"{MAX_ROWS:,}")
    if width > MAX_COLUMNS:
        text = n_(
            "The table has %(found)s columns, more than the %(limit)s allowed; keep those you need."
        )
        raise DataError("too_many_columns", text, found=f"{width:,}", limit=f"{MAX_COLUMNS:,}")


def _complain_prose(rows: list[list[str]]) -> None:
    text = n_("This reads like text (“%(start)s”), not a table; give only rows of numbers.")
    raise DataError("prose", text, start=excerpt(" ".join(rows[0])))


def _complain_long(number: int, length: int) -> None:
    text = n_(
        "Row %(row)d has %(found)s characters, more than the %(limit)s allowed in one line;"
        " put each row of numbers on its own line."
    )
    raise DataError("long_line", text, row=number, found=f"{length:,}", limit=f"{MAX_LINE:,}")


def _complain_empty(text: str, comment: str | None) -> None:
    if not text:
        raise DataError("empty", n_("The data is empty; choose a file or type some numbers."))
    if comment is not None:
        what = n_("There are only comment lines (“%(start)s”) and no numbers; add rows of numbers.")
        raise DataError("only_comments", what, start=excerpt(comment))
    what = n_("There are only blanks or separators and no numbers; add rows of numbers.")
    raise DataError("blank", what)
