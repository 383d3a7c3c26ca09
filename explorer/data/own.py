"""The learner's own data: a CSV file, pasted text or typed points, however they are written.

Nothing is dropped or guessed in silence. What can be read in one way only is read, and a note says
what was done; everything else is refused with one sentence that says what was found, where, and
what to do. Rows count as in the file, from 1, names and blank lines included.
"""

import numpy as np
from numpy.typing import NDArray

from explorer.data.cells import is_number
from explorer.data.columns import Column, read_columns
from explorer.data.decode import check_size, is_bracketed, read_text
from explorer.data.limits import (
    MAX_ABS,
    MAX_BYTES,
    MAX_COLUMNS,
    MAX_LINE,
    MAX_NAME,
    MAX_ROWS,
    MIN_RELATIVE_SPREAD,
    MIN_SPREAD,
)
from explorer.data.message import DataError, Message, excerpt, say
from explorer.data.rows import Grid, read_rows
from explorer.data.table import Table
from explorer.i18n import n_

__all__ = [
    "MAX_ABS",
    "MAX_BYTES",
    "MAX_COLUMNS",
    "MAX_LINE",
    "MAX_ROWS",
    "MIN_RELATIVE_SPREAD",
    "MIN_SPREAD",
    "DataError",
    "check_size",
    "parse",
    "parse_points",
    "require",
]

_OPENING, _CLOSING = "([{", ")]}"


def parse(raw: bytes | str, name: str = "data", drop_incomplete: bool = False) -> Table:
    """The table in an uploaded file or a pasted text.

    Raises DataError. With `drop_incomplete`, rows in which a number is missing are left out, and a
    note says how many and which.
    """
    text, notes = read_text(raw)
    grid = read_rows(_one_point_per_line(text, 2) if _is_typed_points(text) else text)
    if grid.title:
        note = n_("The line “%(title)s” above the table was taken as a title.")
        notes.append(say(note, title=excerpt(grid.title)))
    if grid.comment:
        note = n_("The names of the columns were taken from the comment “%(comment)s”.")
        notes.append(say(note, comment=excerpt(grid.comment)))
    if grid.turned:
        note = n_("The %(count)d numbers of the only row were read as one column.")
        notes.append(say(note, count=len(grid.rows)))
    columns = read_columns(grid, notes)
    table = _table(grid, columns, notes, excerpt(name, MAX_NAME) or "data", drop_incomplete)
    if table.values.size == 1:
        text = n_("There is only one number (%(found)s); give several rows of numbers.")
        raise DataError("one_value", text, found=f"{table.values[0, 0]:.6g}")
    return table


def parse_points(raw: str, dims: int = 2, name: str = "points") -> Table:
    """Typed points: “1.2, 3.4; 5, 6” or one point per line, brackets allowed.

    Raises DataError like `parse`; a row is a line, or a point where semicolons separate them.
    """
    check_size(len(raw))
    text, notes = read_text(_one_point_per_line(raw, dims))
    grid = read_rows(text)
    found = len(grid.rows) if grid.turned else len(grid.rows[0])
    if found != dims and not (grid.turned and dims == 1):
        text = n_(
            "Row %(row)d has another number of values (%(found)d) than a point here"
            " (%(expected)d); write points as “%(example)s”."
        )
        example = "1.2, 3.4; 5, 6" if dims == 2 else "1.2; 3.4; 5"
        row = grid.numbers[0]
        raise DataError("wrong_dims", text, row=row, found=found, expected=dims, example=example)
    # A comma between coordinates is what was asked for, and no reason for a note.
    grid.blanks = grid.blanks or ";" not in raw
    columns = read_columns(grid, notes)
    return _table(grid, columns, notes, name, drop_incomplete=False)


def require(
    table: Table,
    dims: int,
    min_rows: int = 2,
    *,
    min_distinct: int = 2,
    spread: bool = True,
    full_rank: bool = False,
) -> Table:
    """The first `dims` columns of a table, if a lesson can work with them; else DataError.

    `spread`: no column may be constant. `full_rank`: no column may follow linearly from the others
    (a covariance has to be inverted). `min_distinct`: so many different points.
    """
    if table.dims < dims:
        text = n_(
            "This lesson needs more columns of numbers (%(needed)d) than the data has (%(found)d);"
            " add a column."
        )
        raise DataError("too_few_columns", text, needed=dims, found=table.dims)
    table = table.first(dims)
    if len(table) < min_rows:
        text = n_(
            "This lesson needs more rows (at least %(needed)d) than the data has (%(found)d); add"
            " some."
        )
        raise DataError("too_few_rows", text, needed=min_rows, found=len(table))
    _require_distinct(table, min_distinct)
    if spread:
        for index in range(dims):
            _require_spread(table, index)
    if full_rank and dims > 1:
        _require_full_rank(table)
    return table


# --- from columns to a table --------------------------------------------------------------------


def _table(
    grid: Grid, columns: list[Column], notes: list[Message], name: str, drop_incomplete: bool
) -> Table:
    """Put the columns side by side, having dealt with missing numbers and unusable sizes."""
    values = np.stack([c.numbers for c in columns if c.numbers is not None], axis=1)  # (N, D)
    incomplete = np.isnan(values).any(axis=1)  # (N,)
    left_out: tuple[int, ...] = ()
    if incomplete.any():
        if not drop_incomplete:
            raise _missing(grid, columns, values)
        left_out = tuple(grid.numbers[i] for i in np.flatnonzero(incomplete))
        notes.append(_note_left_out(left_out, len(values)))
    _check_size_of_numbers(grid, columns, values)
    values = values[~incomplete]
    if not len(values):
        text = n_("A number is missing in every row (%(count)d in all); fill some rows in.")
        raise DataError("all_incomplete", text, count=len(left_out))
    for column, numbers in zip(columns, values.T, strict=True):
        if len(numbers) > 1 and np.ptp(numbers) == 0:
            note = n_("The column “%(name)s” has the same value in every row (%(value)s).")
            notes.append(say(note, name=column.name, value=f"{numbers[0]:.6g}"))
    return Table(
        name=name,
        columns=tuple(column.name for column in columns),
        values=values,
        remarks=tuple(notes),
        source=name,
        captions=tuple(column.caption for column in columns),
        left_out=left_out,
    )


def _missing(grid: Grid, columns: list[Column], values: NDArray[np.float64]) -> DataError:
    index, which = (int(i) for i in np.argwhere(np.isnan(values))[0])  # first in reading order
    row, place = grid.position(index, columns[which].index)
    text = n_(
        "Row %(row)d, column %(column)d (“%(name)s”) has no number (incomplete rows in all:"
        " %(count)d); fill it in, or choose to leave incomplete rows out."
    )
    count = int(np.isnan(values).any(axis=1).sum())
    name = columns[which].name
    return DataError(
        "missing", text, can_drop_rows=True, row=row, column=place, name=name, count=count
    )


def _note_left_out(rows: tuple[int, ...], total: int) -> Message:
    note = n_(
        "Rows left out because a number is missing: %(count)d of %(total)d (rows of the file:"
        " %(rows)s)."
    )
    return say(note, count=len(rows), total=total, rows=_ranges(rows))


def _ranges(rows: tuple[int, ...], limit: int = 12) -> str:
    """“4, 7–9, 12”, the tail of a long list cut off."""
    spans: list[list[int]] = []
    for row in rows:
        if spans and row == spans[-1][1] + 1:
            spans[-1][1] = row
        else:
            spans.append([row, row])
    shown = [str(a) if a == b else f"{a}–{b}" for a, b in spans[:limit]]
    return ", ".join(shown) + (", …" if len(spans) > limit else "")


def _check_size_of_numbers(grid: Grid, columns: list[Column], values: NDArray[np.float64]) -> None:
    large = np.argwhere(np.abs(values) > MAX_ABS)  # NaN compares as False
    if not len(large):
        return
    index, which = (int(i) for i in large[0])
    row, place = grid.position(index, columns[which].index)
    text = n_(
        "Row %(row)d, column %(column)d (“%(name)s”) holds %(found)s, beyond the largest size"
        " allowed (%(limit)s); divide the column by a power of ten."
    )
    raise DataError(
        "too_big",
        text,
        row=row,
        column=place,
        name=columns[which].name,
        found=f"{values[index, which]:.6g}",
        limit=f"{MAX_ABS:.0e}",
    )


# --- typed points -------------------------------------------------------------------------------


def _one_point_per_line(raw: str, dims: int) -> str:
    """Put each point on a line of its own: after a semicolon and after a closing bracket."""
    lines = raw.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if all(_is_semicolon_row(line, dims) for line in lines if line.strip()):
        return raw  # “1;2” on each line: the semicolon separates the coordinates
    table = str.maketrans(dict.fromkeys(_OPENING, " ") | dict.fromkeys(_CLOSING, ";"))
    points: list[str] = []
    for line in lines:
        pieces = [piece.strip().removeprefix(",") for piece in line.translate(table).split(";")]
        points += [piece for piece in pieces if piece.strip()] or [""]
    return "\n".join(points)


def _is_typed_points(text: str) -> bool:
    """“(1, 2), (3, 4)”, or “1.2, 3.4; 5, 6” on one line with semicolons between the points."""
    if is_bracketed(text):
        return True
    line = text.strip("; \t\n")
    pieces = [piece.strip() for piece in line.split(";")]
    if "\n" in line or len(pieces) < 2 or not ("." in line or any(" " in p for p in pieces)):
        return False
    points = [piece.replace(",", " ").split() for piece in pieces]
    return all(len(point) > 1 and all(map(is_number, point)) for point in points)


def _is_semicolon_row(line: str, dims: int) -> bool:
    cells = line.split(";")
    return dims > 1 and len(cells) == dims and all("," not in c and is_number(c) for c in cells)


# --- what lessons ask for -----------------------------------------------------------------------


def _require_distinct(table: Table, min_distinct: int) -> None:
    for rows in (table.values[: 100 * min_distinct], table.values):  # the first mostly suffice
        distinct = len(np.unique(rows, axis=0))
        if distinct >= min_distinct:
            return
    if distinct == 1 and len(table) > 1:
        text = n_("All %(count)d rows are the same point; give data that varies.")
        raise DataError("identical", text, count=len(table))
    text = n_(
        "This lesson needs more different points (at least %(needed)d) than the data has"
        " (%(found)d); add some."
    )
    raise DataError("too_few_distinct", text, needed=min_distinct, found=distinct)


def _require_spread(table: Table, index: int) -> None:
    numbers = table.values[:, index]
    low, high = float(numbers.min()), float(numbers.max())
    name = str(table.captions[index])
    if low == high:
        text = n_(
            "The column “%(name)s” has the same value in every row (%(value)s); choose a column"
            " that varies."
        )
        raise DataError("constant", text, name=name, value=f"{low:.6g}")
    size = max(abs(low), abs(high))
    if high - low < MIN_SPREAD or high - low < MIN_RELATIVE_SPREAD * size:
        text = n_(
            "The column “%(name)s” varies by only %(spread)s around %(value)s, too little to"
            " compute with; subtract its mean or change its unit."
        )
        raise DataError(
            "tiny_spread", text, name=name, spread=f"{high - low:.2g}", value=f"{low:.6g}"
        )


def _require_full_rank(table: Table) -> None:
    centred = table.values - table.values.mean(axis=0)  # (N, D)
    scaled = centred / centred.std(axis=0)
    singular = np.linalg.svd(scaled, compute_uv=False)  # (min(N, D),)
    if singular[-1] > 1e-6 * singular[0]:  # never so for N <= D rows, once they are centred
        return
    if table.dims == 2:
        text = n_(
            "All points lie on one straight line, so two columns say no more than one; choose"
            " columns that do not determine each other."
        )
        raise DataError("collinear", text)
    text = n_(
        "The %(count)d columns determine one another (their covariance has no inverse); take one of"
        " them away or add rows."
    )
    raise DataError("collinear", text, count=table.dims)
