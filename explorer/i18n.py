"""Languages: which one a learner reads, and the gettext catalogues behind the labels.

English text is the message id. Translations live in `explorer/locale/<language>/*.po`, one small
file per lesson or module, all merged at first use. Nothing is compiled beforehand, so there is no
binary catalogue to forget.
"""

from contextvars import ContextVar
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

LANGUAGES = {"en": "English", "ko": "한국어"}
LOCALE = Path(__file__).parent / "locale"

# A context variable, not a global: every learner's script runs in a thread of its own.
_language: ContextVar[str] = ContextVar("language", default="en")


def use(language: str) -> None:
    """Set the language of the current thread; unknown ones fall back to English."""
    _language.set(language if language in LANGUAGES else "en")


def current() -> str:
    """The language code of the current thread: "en" or "ko"."""
    return _language.get()


def _(message: str) -> str:
    """`message` in the current language (the message itself where no translation exists)."""
    return catalogue(current()).gettext(message)


def n_(message: str) -> str:
    """Mark a constant for translation where it is written; translate it with `_` where shown."""
    return message


@lru_cache
def catalogue(language: str) -> NullTranslations:
    """All .po files of one language merged into one gettext object."""
    merged = NullTranslations()
    files = sorted((LOCALE / language).glob("*.po"))
    if not files:
        return merged
    from babel.messages.catalog import Catalog
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    everything = Catalog(locale=language)
    for file in files:
        with file.open("rb") as handle:
            for message in read_po(handle, locale=language):
                if message.id and message.string:
                    everything.add(message.id, message.string)
    compiled = BytesIO()
    write_mo(compiled, everything)
    compiled.seek(0)
    return GNUTranslations(compiled)
