"""From rows of cells to columns of numbers: names, what is set aside, what is refused."""

from collections import Counter

from explorer.data.cells import KINDS, Cell, affix_kind, classify
from explorer.data.column import Column, cell_error, infinite
from explorer.data.limits import MAX_NAME
from explorer.data.message import Message, excerpt, listed, say
from explorer.data.rows import Grid, numbers_rows
from explorer.data.styles import convert, floats, read_commas
from explorer.i18n import n_

_ROW_NUMBERS = ("", "unnamed: 0", "rownames", "row.names")


def read_columns(grid: Grid, notes: list[Message]) -> list[Column]:
    """The columns of numbers; what was done on the way is added to `notes`."""
    by_column = list(zip(*grid.rows, strict=True))
    columns = _named(grid, notes)
    for column in columns:
        column.numbers = floats(by_column[column.index])
    plain = all(column.numbers is not None for column in columns)
    columns = _without_row_numbers(grid, columns, notes)
    if plain:
        _note_commas(grid, columns, notes)
        return columns
    if read_commas(grid, by_column, columns, notes):
        return columns
    memo: dict[str, Cell] = {}
    for column in columns:
        column.cells = _classified(by_column[column.index], memo)
    columns = _set_aside(grid, columns, notes)
    for column in columns:
        _check_cells(grid, column)
        _note_affix(column, notes)
    convert(grid, columns, notes)
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
    if not numbers_rows([cells[0] for cells in grid.rows]):
        return columns
    notes.append(say(n_("The first column only numbers the rows and was left aside.")))
    return columns[1:]


# --- the plain case: every cell is a number as Python writes it ---------------------------------


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
    if others and not grid.names:
        note = n_("No row of names was found, so row %(row)d counts as data.")
        notes.append(say(note, row=grid.numbers[0]))
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
            raise cell_error("mixed_units", text, grid, column, index, unit=column.affix)
        if cell.kind == "infinite":
            raise infinite(grid, column, index)
        text = n_(
            "Row %(row)d, column %(column)d (“%(name)s”) holds “%(cell)s”, which is not a decimal"
            " number; correct it or take that row out."
        )
        code = "not_a_number" if cell.kind == "text" else cell.kind
        raise cell_error(code, text, grid, column, index)


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


# --- complaints ---------------------------------------------------------------------------------


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
    raise cell_error(code, texts[kind], grid, column, index)
