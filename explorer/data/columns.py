"""From rows of cells to columns of numbers: what is set aside, what is refused, what it means."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.data.cells import KINDS, Cell, affix_kind, classify, groups_thousands, value
from explorer.data.limits import MAX_NAME
from explorer.data.message import DataError, Message, excerpt, listed, say
from explorer.data.rows import Grid
from explorer.i18n import n_

_ROW_NUMBERS = ("", "unnamed: 0", "rownames", "row.names")


@dataclass
class Column:
    """One column of the file that holds numbers; NaN where one is missing."""

    index: int  # from 0, in the file
    name: str
    caption: Message | str
    numbers: NDArray[np.float64] | None = None  # (N,)
    cells: list[Cell] = field(default_factory=list)
    affix: str = ""


def read_columns(grid: Grid, notes: list[Message]) -> list[Column]:
    """The columns of numbers; what was done on the way is added to `notes`."""
    by_column = list(zip(*grid.rows, strict=True))
    columns = _named(grid, notes)
    for column in columns:
        column.numbers = _floats(by_column[column.index])
    plain = all(column.numbers is not None for column in columns)
    columns = _without_row_numbers(grid, columns, notes)
    if plain:
        _note_commas(grid, columns, notes)
        return columns
    memo: dict[str, Cell] = {}
    for column in columns:
        column.cells = _classified(by_column[column.index], memo)
    columns = _set_aside(grid, columns, notes)
    for column in columns:
        _check_cells(grid, column)
        _note_affix(column, notes)
    _convert(grid, columns, notes)
    return columns


# --- names -------------------------------------------------------------------------------------


def _named(grid: Grid, notes: list[Message]) -> list[Column]:
    """Columns with names as they can be shown: short, printable, all different."""
    given = [excerpt(name, MAX_NAME) for name in grid.names or [""] * len(grid.rows[0])]
    columns: list[Column] = []
    taken: set[str] = set()
    renamed = []
    for index, name in enumerate(given):
        new = _unused(name or f"column {index + 1}", taken)
        taken.add(new)
        if name and new != name:
            renamed.append(new)
        caption = new if name else say(n_("column %(number)d"), number=index + 1)
        columns.append(Column(index, new, caption))
    if renamed:
        note = n_("Column names that occur twice were given a number: %(names)s.")
        notes.append(say(note, names=listed(renamed)))
    return columns


def _unused(name: str, taken: set[str]) -> str:
    new, copy = name, 1
    while new in taken:
        copy += 1
        new = f"{name} ({copy})"
    return new


def _without_row_numbers(grid: Grid, columns: list[Column], notes: list[Message]) -> list[Column]:
    """Leave aside a first column that only numbers the rows, as pandas and R write it."""
    if grid.names is None or len(columns) < 2 or grid.names[0].lower() not in _ROW_NUMBERS:
        return columns
    cells = [cells[0].strip().strip("'") for cells in grid.rows]
    if not any(cells == [str(i + start) for i in range(len(cells))] for start in (0, 1)):
        return columns
    notes.append(say(n_("The first column only numbers the rows and was left aside.")))
    return columns[1:]


# --- the plain case: every cell is a number as Python writes it ---------------------------------


def _floats(cells: tuple[str, ...]) -> NDArray[np.float64] | None:
    """The whole column at once, if Python itself reads every cell as a finite number."""
    try:
        numbers = np.array(list(map(float, cells)))
    except ValueError:
        return None
    # float() also reads "1_000", which is no number in a data file.
    return numbers if np.isfinite(numbers).all() and "_" not in "".join(cells) else None


def _note_commas(grid: Grid, columns: list[Column], notes: list[Message]) -> None:
    """“172,5” without a head is two whole numbers here, but may be meant as one."""
    if grid.separator != "," or grid.names is not None or len(columns) != 2 or grid.blanks:
        return
    if all(cell.isdigit() for cells in grid.rows for cell in cells):
        note = n_(
            "The comma was read as separating two columns; if it is your decimal sign, write a"
            " point instead."
        )
        notes.append(say(note))


# --- every other case: cell by cell -------------------------------------------------------------


def _classified(cells: tuple[str, ...], memo: dict[str, Cell]) -> list[Cell]:
    for cell in set(cells) - memo.keys():
        memo[cell] = classify(cell)
    return [memo[cell] for cell in cells]


def _set_aside(grid: Grid, columns: list[Column], notes: list[Message]) -> list[Column]:
    """Keep the columns of numbers and name the others by what they hold."""
    numeric: list[Column] = []
    others: dict[str, list[Column]] = {}
    for column in columns:
        kind = _kind(column)
        if kind == "number":
            numeric.append(column)
        elif kind != "missing" or (grid.names and grid.names[column.index]):
            others.setdefault(kind, []).append(column)
    if not numeric:
        _complain_no_numbers(grid, others)
    for kind, found in others.items():
        note = n_("Columns that hold %(kind)s were left aside: %(names)s.")
        names = listed([column.name for column in found])
        notes.append(say(note, kind=say(KINDS[kind]), names=names))
    return numeric


def _kind(column: Column) -> str:
    """What a column holds: numbers if at least half of its cells are numbers written alike.

    “12a”, “13b” are names, not numbers with units.
    """
    kinds = Counter(cell.kind for cell in column.cells)
    present = len(column.cells) - kinds.pop("missing", 0)
    if not present:
        return "missing"
    affixes = Counter(cell.affix for cell in column.cells if cell.kind == "number")
    column.affix, alike = affixes.most_common(1)[0] if affixes else ("", 0)
    if 2 * (alike + kinds["infinite"]) >= present:
        return "number"
    del kinds["number"], kinds["infinite"]
    return kinds.most_common(1)[0][0] if kinds else "text"


def _check_cells(grid: Grid, column: Column) -> None:
    """Refuse the first cell that is neither missing nor a number in the column's unit."""
    for index, cell in enumerate(column.cells):
        if cell.kind == "missing" or (cell.kind == "number" and cell.affix == column.affix):
            continue
        if cell.kind == "number":
            text = n_(
                "Row %(row)d, column %(column)d (“%(name)s”) holds “%(cell)s” where the other rows"
                " have the unit “%(unit)s”; write the whole column in one unit."
            )
            if not column.affix:
                text = n_(
                    "Row %(row)d, column %(column)d (“%(name)s”) holds “%(cell)s” where the other"
                    " rows have no unit; write the whole column in one unit."
                )
            raise _error("mixed_units", text, grid, column, index, unit=column.affix)
        if cell.kind == "infinite":
            raise _infinite(grid, column, index)
        text = n_(
            "Row %(row)d, column %(column)d (“%(name)s”) holds “%(cell)s”, which is not a decimal"
            " number; correct it or take that row out."
        )
        code = "not_a_number" if cell.kind == "text" else cell.kind
        raise _error(code, text, grid, column, index)


def _note_affix(column: Column, notes: list[Message]) -> None:
    if not column.affix:
        return
    texts = {
        "percent": n_(
            "The sign “%(unit)s” was taken off the column “%(name)s”, so 45 stands for 45 %(unit)s."
        ),
        "currency": n_("The currency “%(unit)s” was taken off the column “%(name)s”."),
        "unit": n_("The unit “%(unit)s” was taken off the column “%(name)s”."),
    }
    notes.append(say(texts[affix_kind(column.affix)], unit=column.affix, name=column.name))


# --- which decimal sign -------------------------------------------------------------------------


def _convert(grid: Grid, columns: list[Column], notes: list[Message]) -> None:
    """Decide on the decimal sign from the whole table, then turn cores into numbers."""
    comma = _decimal_comma(grid, columns)
    memo: dict[str, float] = {}
    grouped: tuple[Column, int] | None = None
    for column in columns:
        numbers = []
        for index, cell in enumerate(column.cells):
            if cell.kind == "missing":
                numbers.append(np.nan)
                continue
            if cell.core not in memo:
                memo[cell.core] = value(cell.core, comma)
                if grouped is None and groups_thousands(cell.core, comma):
                    grouped = column, index
            if np.isinf(memo[cell.core]):
                raise _infinite(grid, column, index)
            numbers.append(memo[cell.core])
        column.numbers = np.array(numbers)
    _note_style(grid, columns, comma, grouped, notes)


def _decimal_comma(grid: Grid, columns: list[Column]) -> bool:
    """Whether the comma is the decimal sign; refuse a table that is unclear about it."""
    seen: dict[str, tuple[Column, int]] = {}
    for column in columns:
        for index, cell in enumerate(column.cells):
            if cell.evidence and cell.evidence not in seen:
                seen[cell.evidence] = column, index
    if "point" in seen and "comma" in seen:
        text = n_(
            "Both the point and the comma are used as decimal signs (as in row %(row)d, column"
            " %(column)d: “%(cell)s”, and row %(other)d: “%(beside)s”); use one of them throughout."
        )
        other, index = seen["comma"]
        first, start = seen["point"]
        shown = grid.cell(start, first.index)
        raise _error(
            "mixed_decimals",
            text,
            grid,
            other,
            index,
            other=grid.position(start, first.index)[0],
            beside=shown,
        )
    if "comma" in seen or "point" in seen or "comma?" not in seen:
        return "comma" in seen
    if "point?" in seen or grid.separator not in (";", ","):
        text = n_(
            "Row %(row)d, column %(column)d (“%(name)s”) holds “%(cell)s”, which may be read with"
            " decimals or without; write a decimal point and do not group thousands."
        )
        raise _error("ambiguous_comma", text, grid, *seen["comma?"])
    # Semicolons separate columns where the comma is the decimal sign; commas where it is not.
    return grid.separator == ";"


def _note_style(
    grid: Grid,
    columns: list[Column],
    comma: bool,
    grouped: tuple[Column, int] | None,
    notes: list[Message],
) -> None:
    decimal = next(
        (
            (column, index)
            for column in columns
            for index, cell in enumerate(column.cells)
            if cell.evidence in ("comma", "comma?") and "," in cell.core
        ),
        None,
    )
    if comma and decimal:
        text = n_("The comma was read as the decimal sign (row %(row)d: “%(cell)s” is %(value)s).")
        notes.append(_example(text, grid, *decimal))
    if grouped:
        text = n_("Signs grouping thousands were taken out (row %(row)d: “%(cell)s” is %(value)s).")
        notes.append(_example(text, grid, *grouped))


def _example(text: str, grid: Grid, column: Column, index: int) -> Message:
    row, _ = grid.position(index, column.index)
    assert column.numbers is not None
    cell = grid.cell(index, column.index)
    return say(text, row=row, cell=cell, value=f"{column.numbers[index]:.12g}")


# --- complaints ---------------------------------------------------------------------------------


def _error(
    code: str, text: str, grid: Grid, column: Column, index: int, **values: Any
) -> DataError:
    row, place = grid.position(index, column.index)
    cell = grid.cell(index, column.index)
    return DataError(code, text, row=row, column=place, name=column.name, cell=cell, **values)


def _infinite(grid: Grid, column: Column, index: int) -> DataError:
    text = n_(
        "Row %(row)d, column %(column)d (“%(name)s”) holds “%(cell)s”, which is infinite or too"
        " large for a computer's numbers; correct it or take that row out."
    )
    return _error("infinite", text, grid, column, index)


def _complain_no_numbers(grid: Grid, others: dict[str, list[Column]]) -> None:
    texts = {
        "missing": n_(
            "All values are missing (row %(row)d, column %(column)d holds “%(cell)s”); give rows of"
            " numbers."
        ),
        "date": n_(
            "Row %(row)d, column %(column)d holds a date or time (“%(cell)s”) and no column holds"
            " numbers; turn it into a number, such as days since the first one."
        ),
        "hex": n_(
            "Row %(row)d, column %(column)d holds a hexadecimal number (“%(cell)s”) and no column"
            " holds decimal ones; write decimal numbers instead."
        ),
        "complex": n_(
            "Row %(row)d, column %(column)d holds a complex number (“%(cell)s”) and no column holds"
            " real ones; give real and imaginary part in two columns."
        ),
        "boolean": n_(
            "Row %(row)d, column %(column)d holds a yes/no value (“%(cell)s”) and no column holds"
            " numbers; give at least one column of measured numbers."
        ),
        "text": n_(
            "No column holds numbers (row %(row)d, column %(column)d holds “%(cell)s”); give at"
            " least one column of numbers."
        ),
    }
    kind = next(iter(others)) if len(others) == 1 else "text" if others else "missing"
    column = next((group[0] for group in others.values()), Column(0, "", ""))
    index = next((i for i, cell in enumerate(column.cells) if cell.kind == kind), 0)
    code = {"text": "no_numbers", "missing": "all_missing"}.get(kind, kind)
    raise _error(code, texts[kind], grid, column, index)
