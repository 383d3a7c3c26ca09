"""Ways of writing numbers: is the comma the decimal sign, and which signs group thousands?

One cell often cannot tell (“1,234”), so the whole table is asked: a single “1,5” or “1,234.5”
settles it. A table that contradicts itself, or that could mean two things, is refused.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from explorer.data.cells import classify, groups_thousands, value
from explorer.data.column import Column, cell_error, infinite
from explorer.data.message import DataError, Message, say
from explorer.data.rows import Grid
from explorer.i18n import n_

Place = tuple[Column, int]  # a cell: its column and the index of its row


def floats(cells: Sequence[str]) -> NDArray[np.float64] | None:
    """A whole column at once, if Python itself reads every cell as a finite number."""
    try:
        numbers = np.array(list(map(float, cells)))
    except ValueError:
        return None
    # float() also reads "1_000", which is no number in a data file.
    return numbers if np.isfinite(numbers).all() and "_" not in "".join(cells) else None


def read_commas(
    grid: Grid, by_column: list[tuple[str, ...]], columns: list[Column], notes: list[Message]
) -> bool:
    """Read a table at once whose only decimal sign is plainly the comma; False if it is not so.

    This changes nothing but the time taken: what is read here, `convert` reads alike.
    """
    if grid.separator == "," or any("." in "".join(cells) for cells in by_column):
        return False
    read = [floats([cell.replace(",", ".") for cell in by_column[c.index]]) for c in columns]
    if any(numbers is None for numbers in read):
        return False
    example = _first_comma(by_column, columns)
    if example is None:
        return False
    for column, numbers in zip(columns, read, strict=True):
        column.numbers = numbers
    notes.append(_note_comma(grid, example))
    return True


def convert(grid: Grid, columns: list[Column], notes: list[Message]) -> None:
    """Decide on the decimal sign from the whole table, then turn cells into numbers."""
    seen = _evidence(columns)
    comma = _decimal_comma(grid, seen)
    memo: dict[str, float] = {}
    grouped: Place | None = None
    for column in columns:
        numbers = []
        for index, cell in enumerate(column.cells):
            if cell.kind == "missing":
                numbers.append(np.nan)
                continue
            if cell.core not in memo:
                memo[cell.core] = value(cell.core, comma)
                if abs(memo[cell.core]) == np.inf:
                    raise infinite(grid, column, index)
                if grouped is None and groups_thousands(cell.core, comma):
                    grouped = column, index
            numbers.append(memo[cell.core])
        column.numbers = np.array(numbers)
    if comma:
        notes.append(_note_comma(grid, seen.get("comma") or seen["comma?"]))
    if grouped:
        text = n_("Signs grouping thousands were taken out (row %(row)d: “%(cell)s” is %(value)s).")
        notes.append(_example(text, grid, grouped))


def _evidence(columns: list[Column]) -> dict[str, Place]:
    """Each kind of evidence about the decimal sign, with the first cell that gives it."""
    seen: dict[str, Place] = {}
    for column in columns:
        for index, cell in enumerate(column.cells):
            if cell.evidence and cell.evidence not in seen:
                seen[cell.evidence] = column, index
    return seen


def _decimal_comma(grid: Grid, seen: dict[str, Place]) -> bool:
    """Whether the comma is the decimal sign; refuse a table that leaves it unclear."""
    if "point" in seen and "comma" in seen:
        raise _mixed(grid, seen["comma"], seen["point"])
    if "comma" in seen or "point" in seen or "comma?" not in seen:
        return "comma" in seen
    quoted = grid.separator == "" and grid.quoted
    if "point?" in seen or (grid.separator not in (";", ",") and not quoted):
        text = n_(
            "Row %(row)d, column %(column)d (“%(name)s”) holds “%(cell)s”, which may be read with"
            " decimals or without; write a decimal point and do not group thousands."
        )
        raise cell_error("ambiguous_comma", text, grid, *seen["comma?"])
    # Semicolons separate columns where the comma is the decimal sign; commas, which make quotation
    # marks necessary, where it is not.
    return grid.separator == ";"


def _mixed(grid: Grid, comma: Place, point: Place) -> DataError:
    text = n_(
        "Both the point and the comma are used as decimal signs (as in row %(row)d, column"
        " %(column)d: “%(cell)s”, and row %(other)d: “%(beside)s”); use one of them throughout."
    )
    column, index = point
    other, _ = grid.position(index, column.index)
    beside = grid.cell(index, column.index)
    return cell_error("mixed_decimals", text, grid, *comma, other=other, beside=beside)


def _first_comma(by_column: list[tuple[str, ...]], columns: list[Column]) -> Place | None:
    """The first cell in which the comma can only be the decimal sign."""
    for column in columns:
        for index, cell in enumerate(by_column[column.index]):
            if "," in cell and classify(cell).evidence == "comma":
                return column, index
    return None


def _note_comma(grid: Grid, place: Place) -> Message:
    text = n_("The comma was read as the decimal sign (row %(row)d: “%(cell)s” is %(value)s).")
    return _example(text, grid, place)


def _example(text: str, grid: Grid, place: Place) -> Message:
    column, index = place
    row, _ = grid.position(index, column.index)
    cell = grid.cell(index, column.index)
    assert column.numbers is not None
    return say(text, row=row, cell=cell, value=f"{column.numbers[index]:.12g}")
