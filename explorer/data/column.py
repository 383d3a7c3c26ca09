"""A column on its way from cells to numbers, and how to complain about one of its cells."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.data.cells import Cell
from explorer.data.message import DataError, Message
from explorer.data.rows import Grid
from explorer.i18n import n_


@dataclass
class Column:
    """One column of the file that holds numbers; NaN where one is missing."""

    index: int  # from 0, in the file
    name: str
    caption: Message | str
    numbers: NDArray[np.float64] | None = None  # (N,)
    cells: list[Cell] = field(default_factory=list)
    affix: str = ""


def cell_error(
    code: str, text: str, grid: Grid, column: Column, index: int, **values: Any
) -> DataError:
    """An error about the cell of `column` in the row with this index."""
    row, place = grid.position(index, column.index)
    cell = grid.cell(index, column.index)
    return DataError(code, text, row=row, column=place, name=column.name, cell=cell, **values)


def infinite(grid: Grid, column: Column, index: int) -> DataError:
    """An error about a cell that no finite number stands for."""
    text = n_(
        "Row %(row)d, column %(column)d (“%(name)s”) holds “%(cell)s”, which is infinite or too"
        " large for a computer's numbers; correct it or take that row out."
    )
    return cell_error("infinite", text, grid, column, index)
