"""One cell of a table: is it a number, and in which way of writing?

A comma or a point can be the decimal sign or can group the thousands, and one cell alone does not
always tell: “1,5” is one and a half, “1,234,567” is more than a million, but “1,234” is either.
So a cell gives *evidence*, and the table decides (see `own.py`).
"""

import re
from typing import NamedTuple

from explorer.i18n import n_

MAX_CELL = 400  # longer cells are text; this also bounds the work of every pattern below

# Patterns are anchored (fullmatch) and have no nested repetition, so hostile cells cost no more.
_SPACE = "[ \u00a0\u2009\u202f]"
_NUMBER = (
    r"(?=[+-]?[.,]?\d)[+-]?"
    r"(?:[1-9]\d{{0,2}}(?:(?:{group}\d{{3}})+|(?:{space}\d{{3}})+|(?:['’]\d{{3}})+)|\d*)"
    r"(?:{decimal})?(?:[eE][+-]?\d+)?"
)
_POINT = re.compile(_NUMBER.format(group=",", space=_SPACE, decimal=r"\.\d*"))
_COMMA = re.compile(_NUMBER.format(group=r"\.", space=_SPACE, decimal=r",\d+"))
_GROUPING = re.compile("[ \u00a0\u2009\u202f'’]")
_AFFIXED = re.compile(
    r"(?P<sign>[+-]?)(?P<front>[$€£¥₩￦]|USD|EUR|GBP|JPY|KRW)?\s?"
    rf"(?P<core>[+-]?[.,]?\d[\d.,'’{_SPACE[1:-1]}]*(?:[eE][+-]?\d+)?)\s?"
    r"(?P<back>[^\d\s.,;:'’\"+\-_()/=<>][^\d\s]{0,11})?"
)
_HEX = re.compile(r"[+-]?0[xXbBoO][0-9a-fA-F]+")
_COMPLEX = re.compile(r"\(?[\d.eE+-]*[\d.] ?[ij]\)?")
_DATE = re.compile(
    r"\d{1,4}([-/.])\s?\d{1,2}\1\s?\d{1,4}\.?(?:[T ].{0,30})?"
    r"|\d{4}-\d{2}|\d{1,3}:\d{2}(?::\d{2})?.{0,16}"
)
_CURRENCY = frozenset("$€£¥₩￦원") | {"USD", "EUR", "GBP", "JPY", "KRW"}
_POINT_LANDS = _CURRENCY - {"€", "EUR"}
_HANGUL = re.compile(r"[\uac00-\ud7a3]")
_INFINITE = frozenset("inf infinity ∞".split())
_BOOLEAN = frozenset("true false yes no t f y n 예 아니오 아니요 참 거짓".split())
_MISSING = frozenset(
    "na n/a nan -nan null none nil nat <na> missing - -- --- – — ? . .. … \\n 없음 결측"
    " #n/a #na #div/0! #value! #ref! #name? #num! #null!".split()
) | {""}

KINDS = {  # what a column that is set aside holds
    "missing": n_("no value at all"),
    "text": n_("text"),
    "date": n_("dates or times"),
    "boolean": n_("yes/no values"),
    "hex": n_("hexadecimal numbers"),
    "complex": n_("complex numbers"),
}


class Cell(NamedTuple):
    """A classified cell. `core` is the number as written, `affix` the currency or unit beside it.

    `evidence` is "" (no sign to judge by), "point" or "comma" (that one is the decimal sign), or
    "point?" or "comma?" (it is there, and may be either the decimal sign or group thousands).
    """

    kind: str  # number, infinite, missing, or one of KINDS
    core: str = ""
    affix: str = ""
    evidence: str = ""


def classify(cell: str) -> Cell:
    """What one cell holds."""
    cell = cell.strip()
    if len(cell) > 1 and cell[0] == cell[-1] == "'":
        cell = cell[1:-1].strip()
    lower = cell[: MAX_CELL + 1].lower()
    if lower in _MISSING:
        return Cell("missing")
    if len(cell) > MAX_CELL:
        return Cell("text")
    if lower.lstrip("+-") in _INFINITE:
        return Cell("infinite")
    evidence = _evidence(cell)
    return _with_affix(cell) if evidence is None else Cell("number", cell, "", evidence)


def value(core: str, decimal_comma: bool) -> float:
    """The number a core stands for under one of the two ways of writing (which it must fit)."""
    decimal, group = (",", ".") if decimal_comma else (".", ",")
    digits = _GROUPING.sub("", core.replace(group, "")).replace(decimal, ".")
    return float(digits)


def groups_thousands(core: str, decimal_comma: bool) -> bool:
    """Whether reading this core removed a sign that groups the thousands."""
    return ("." if decimal_comma else ",") in core or bool(_GROUPING.search(core))


def is_number(cell: str) -> bool:
    """Whether a cell is a number in some way of writing, with or without a unit."""
    return classify(cell).kind in ("number", "infinite")


def is_missing(cell: str) -> bool:
    """Whether a cell stands for a number that is not there."""
    return classify(cell).kind == "missing"


def affix_kind(affix: str) -> str:
    """What stands beside the numbers of a column: "percent", "currency" or "unit"."""
    if affix in ("%", "‰"):
        return "percent"
    return "currency" if affix in _CURRENCY else "unit"


def _evidence(core: str) -> str | None:
    """Which decimal sign a core tells of; None if it is no number in either way of writing."""
    point, comma = _POINT.fullmatch(core), _COMMA.fullmatch(core)
    if point and comma:
        if "." in core:
            return "point?"
        return "comma?" if "," in core else ""
    if point:
        return "point" if "." in core or "," in core else ""
    return "comma" if comma else None


def _with_affix(cell: str) -> Cell:
    """A number with a currency or unit beside it, or one of the kinds of non-numbers."""
    if _HEX.fullmatch(cell):
        return Cell("hex")
    if _COMPLEX.fullmatch(cell):
        return Cell("complex")
    if cell.lower() in _BOOLEAN:
        return Cell("boolean")
    if _DATE.fullmatch(cell):
        return Cell("date")
    found = _AFFIXED.fullmatch(cell)
    if not found or (found["front"] and found["back"]):
        return Cell("text")
    core = found["sign"] + found["core"].strip()
    evidence = _evidence(core)
    if evidence is None:
        return Cell("text")
    affix = found["front"] or found["back"] or ""
    if evidence == "comma?" and (affix in _POINT_LANDS or _HANGUL.search(affix)):
        evidence = "point"  # “12,500원” is twelve thousand: where it is written so, commas group
    return Cell("number", core, affix, evidence)
