"""A table of numbers in memory: what every lesson receives, whoever made it."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from io import StringIO

import numpy as np
from numpy.typing import NDArray

from explorer.data.message import Message, say

_SAFE_NAME = re.compile(r"[^\W\d][\w ()/%-]*")
_NOT_A_NAME = {"na", "nan", "null", "none", "nil", "missing", "inf", "infinity"}


@dataclass(frozen=True, eq=False)
class Table:
    """N rows of D numbers with names, and everything the learner should know about them.

    `remarks` say what was done to the data on the way in; `notes` renders them in the current
    language. `captions` are the translatable names of the columns where there are any, `groups`
    an optional class index of each row (into `group_names`), never an input of a model by itself.
    `left_out` lists the rows of the file (counted from 1) that are not here.
    """

    name: str
    columns: tuple[str, ...]
    values: NDArray[np.float64]  # (N, D)
    remarks: tuple[Message | str, ...] = ()
    source: str = ""
    simulated: bool = False
    units: tuple[Message | str, ...] = ()
    heading: Message | str = ""
    captions: tuple[Message | str, ...] = ()
    groups: NDArray[np.int64] | None = field(default=None, repr=False)  # (N,)
    group_names: tuple[Message | str, ...] = ()
    left_out: tuple[int, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        values = np.array(self.values, dtype=np.float64, order="C")  # our own copy, (N, D)
        if values.ndim != 2 or values.shape[1] != len(self.columns):
            raise ValueError(f"values {values.shape} do not fit {len(self.columns)} columns")
        values.flags.writeable = False  # tables are shared between learners
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "units", self.units or ("",) * len(self.columns))
        object.__setattr__(self, "captions", self.captions or self.columns)
        if len(self.units) != len(self.columns) or len(self.captions) != len(self.columns):
            raise ValueError("one unit and one caption for each column")
        if self.groups is not None and len(self.groups) != len(values):
            raise ValueError("one group for each row")

    @property
    def dims(self) -> int:
        """D, the number of columns."""
        return len(self.columns)

    def __len__(self) -> int:
        return len(self.values)

    @property
    def title(self) -> str:
        """The name to show, in the current language."""
        return str(self.heading) or self.name

    @property
    def notes(self) -> tuple[str, ...]:
        """The remarks, in the current language."""
        return tuple(str(remark) for remark in self.remarks)

    @property
    def notes_markdown(self) -> tuple[str, ...]:
        """The remarks for a Markdown renderer: a “$” in them must not begin a formula."""
        marks = (remark if isinstance(remark, Message) else say(remark) for remark in self.remarks)
        return tuple(mark.markdown() for mark in marks)

    @property
    def labels(self) -> tuple[str, ...]:
        """Column names for the axes, in the current language, with units in parentheses."""
        pairs = zip(self.captions, self.units, strict=True)
        return tuple(f"{caption} ({unit})" if unit else str(caption) for caption, unit in pairs)

    def column(self, name: str) -> NDArray[np.float64]:
        """One column, (N,)."""
        return self.values[:, self.columns.index(name)]

    def pick(self, names: Sequence[str]) -> "Table":
        """The table with only these columns, in this order; itself if these are all."""
        if tuple(names) == self.columns:
            return self  # tables do not change, and a class of learners shares it
        where = [self.columns.index(name) for name in names]
        return replace(
            self,
            columns=tuple(names),
            values=self.values[:, where],
            units=tuple(self.units[i] for i in where),
            captions=tuple(self.captions[i] for i in where),
        )

    def first(self, dims: int) -> "Table":
        """The table with only its first columns."""
        return self.pick(self.columns[:dims])

    def take(self, rows: NDArray[np.int64] | slice) -> "Table":
        """The table with only these rows, in this order."""
        groups = None if self.groups is None else self.groups[rows]
        return replace(self, values=self.values[rows], groups=groups)

    def to_csv(self) -> str:
        """The table as CSV text. `repr` gives the shortest digits that read back exactly."""
        out = StringIO()
        plain = all(_is_plain(name) for name in self.columns)
        dialect = csv.unix_dialect if not plain else csv.excel  # the former quotes everything
        csv.writer(out, dialect, lineterminator="\n").writerow(self.columns)
        for row in self.values.tolist():
            out.write(",".join(map(repr, row)) + "\n")
        return out.getvalue()


def _is_plain(name: str) -> bool:
    """Whether a reader can tell this column name from a number, a comment or a missing value."""
    return bool(_SAFE_NAME.fullmatch(name)) and name.strip().lower() not in _NOT_A_NAME
