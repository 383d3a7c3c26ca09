"""Sentences for the learner: written once in English, rendered in the language of the moment.

A table may be parsed while one language is chosen and shown in another, and tables are cached, so
notes and errors keep the sentence and its values apart until somebody reads them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from explorer.i18n import _

_MARKDOWN = re.compile(r"([\\`*_{}\[\]#+!|<>$~:])")
_UNPRINTABLE = re.compile(  # also what turns the direction of writing around
    r"[\x00-\x1f\x7f-\x9f\s\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+"
)


@dataclass(frozen=True)
class Message:
    """One sentence: an English message id with named %-placeholders, and their values."""

    text: str
    values: Mapping[str, object] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        return _(self.text) % dict(self.values)

    def markdown(self) -> str:
        """The sentence with its values escaped: a cell such as “$1” must not become a formula."""
        return _(self.text) % {key: _escaped(value) for key, value in self.values.items()}


def say(text: str, **values: object) -> Message:
    """A message: `say(n_("Row %(row)d is empty."), row=3)`."""
    return Message(text, values)


class DataError(Exception):
    """What is wrong with some data and what to do about it, in one sentence.

    `code` names the kind of trouble for programs, `row` and `column` count from 1 as in the file,
    and `can_drop_rows` says that leaving incomplete rows out would help.
    """

    def __init__(self, code: str, text: str, *, can_drop_rows: bool = False, **values: Any) -> None:
        super().__init__(code)
        self.code = code
        self.message = Message(text, values)
        self.can_drop_rows = can_drop_rows

    def __str__(self) -> str:
        return str(self.message)

    def markdown(self) -> str:
        """The sentence for a Markdown renderer."""
        return self.message.markdown()

    @property
    def row(self) -> int | None:
        """The row the sentence speaks of, if any."""
        return self._position("row")

    @property
    def column(self) -> int | None:
        """The column the sentence speaks of, if any."""
        return self._position("column")

    def _position(self, key: str) -> int | None:
        value = self.message.values.get(key)
        return value if isinstance(value, int) else None


def excerpt(text: str, length: int = 24) -> str:
    """A short, printable, one-line piece of what the learner gave, to quote in a sentence."""
    text = _UNPRINTABLE.sub(" ", text[: 4 * length]).strip()
    return text if len(text) <= length else text[: length - 1] + "…"


def listed(names: list[str], limit: int = 6) -> str:
    """Names in quotation marks with commas between, the tail of a long list cut off."""
    shown = ", ".join(f"“{name}”" for name in names[:limit])
    return shown if len(names) <= limit else f"{shown}, … ({len(names)})"


def plain(text: str) -> str:
    """Text for a Markdown renderer that shows it as it is."""
    return _MARKDOWN.sub(r"\\\1", text)


def _escaped(value: object) -> object:
    if isinstance(value, Message):
        return value.markdown()
    return plain(value) if isinstance(value, str) else value
