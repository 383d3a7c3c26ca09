"""English and Korean say the same: every label translated, every lesson's prose in step."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

from explorer import catalog, i18n, lessons
from tests.pages.helpers import _protos, figure, open_lesson, stage_data, texts
from tests.test_layers import SOURCES, tree

SLUGS = [entry.slug for entry in catalog.LESSONS]
OTHERS = [language for language in i18n.LANGUAGES if language != "en"]
FILES = sorted(path for language in OTHERS for path in (i18n.LOCALE / language).glob("*.po"))
PROSE = [(slug, language) for slug in SLUGS for language in OTHERS]

HANGUL = re.compile(r"[\uac00-\ud7a3\u3131-\u318e]")
FORMULA = re.compile(r"\$\$.+?\$\$|\$[^$\n]+?\$", re.S)
NUMBER = re.compile(r"(?<![\w.])\d+(?:[.,]\d+)*")
WORD = re.compile(r"[A-Za-z]{4,}")
#: Names and abbreviations that a Korean text writes in Latin letters too.
LATIN = re.compile(
    r"Old Faithful|scikit-learn|scipy|numpy|NumPy|Kolmogorov|Smirnov|Gauss\w*|ELBO|Bayes|Student"
    r"|k-means(\+\+)?|Python|HTML|UTF-8|Enter|Shift|Delete|Backspace|Ctrl|Tab|Escape|Streamlit"
    r"|[A-Z]{2,}s?|https?://\S+|\S+\.(?:py|csv|md|html)\b",
)


# ------------------------------------------------------------------------------- labels


@lru_cache
def messages() -> dict[str, set[str]]:
    """Every message id in the code -> the files it stands in.

    From the syntax tree: Babel's own extraction does not look inside f-strings before Python 3.12.
    """
    found: dict[str, set[str]] = {}
    for path in SOURCES:
        for call in marked(path):
            if isinstance(call.args[0], ast.Constant):
                found.setdefault(call.args[0].value, set()).add(path.name)
    return found


def marked(path: Path) -> Iterator[ast.Call]:
    """Every _(…) and n_(…) in a file."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in ("_", "n_"):
                yield node


def test_babel_finds_no_message_that_we_miss():
    for path in SOURCES:
        extracted = extract_from_file("python", str(path), keywords={"_": None, "n_": None})
        assert {str(message) for _line, message, *_rest in extracted} <= set(messages())


@lru_cache
def read(path: Path) -> Catalog:
    with path.open("rb") as handle:
        return read_po(handle, locale=path.parent.name)


def entries(path: Path) -> Iterator[Message]:
    return (message for message in read(path) if message.id)


def test_messages_are_found_at_all():
    assert {"Export", "Random seed", "Play", "Foundations", "Where it leads"} <= set(messages())


@pytest.mark.parametrize("language", OTHERS)
def test_every_label_is_translated(language):
    files = [path for path in FILES if path.parent.name == language]
    translated = {str(message.id) for path in files for message in entries(path) if message.string}
    missing = {text: where for text, where in messages().items() if text not in translated}
    assert not missing


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_translation_is_doubtful_or_left_over(path):
    assert not [message.id for message in entries(path) if message.fuzzy]
    assert not read(path).obsolete
    assert not {str(message.id) for message in entries(path)} - set(messages())


def test_one_label_has_one_translation():
    """The files are merged at run time: a second, different entry would win by its file's name."""
    for language in OTHERS:
        seen: dict[str, tuple[str, str]] = {}
        for path in (path for path in FILES if path.parent.name == language):
            for message in entries(path):
                before = seen.setdefault(str(message.id), (str(message.string), path.name))
                assert before[0] == message.string, f"{message.id!r}: {before[1]} and {path.name}"


def placeholders(text: str) -> Counter:
    return Counter(re.findall(r"\{\w*(?:![rs])?(?::[^{}]*)?\}|%\(\w+\)[^a-z]*[a-z]|%%", text))


def formulas(text: str) -> list[str]:
    """The formulas in a text, in order of the alphabet, without spaces and without \\text{..}."""
    found = (re.sub(r"\\text\w*\{[^{}]*\}", r"\\text{}", part) for part in FORMULA.findall(text))
    return sorted(re.sub(r"\s+", "", part).strip("$") for part in found)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_translations_keep_placeholders_and_formulas(path):
    for message in entries(path):
        english, other = str(message.id), str(message.string)
        assert placeholders(english) == placeholders(other), english
        assert formulas(english) == formulas(other), english
        assert english.count(":material/") == other.count(":material/"), english


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_translations_are_in_their_language(path):
    for message in entries(path):
        assert not HANGUL.search(str(message.id)), message.id
        assert is_korean(str(message.string)), message.string


def is_korean(text: str) -> bool:
    """False for words of a language in Latin letters, with no Hangul beside them."""
    words = FORMULA.sub(" ", text)
    words = re.sub(r"`[^`]*`|\{[^{}]*\}|<[^<>]*>|:[\w/]+:|:\w+\[|%\{[^{}]*\}|\\\w+", " ", words)
    return bool(HANGUL.search(words)) or not WORD.search(LATIN.sub(" ", words))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_labels_are_written_out_where_they_are_marked(path):
    """_(f"…") and _("…" + x) are never found by the extraction, and so never translated."""
    for call in marked(path):
        assert len(call.args) == 1 and not call.keywords
        assert not isinstance(call.args[0], ast.JoinedStr | ast.BinOp)
        assert call.func.id == "_" or isinstance(call.args[0], ast.Constant)


# ------------------------------------------------------------------------------- prose


def markdown(slug: str, language: str) -> str:
    return (lessons.HERE / language / f"{slug}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("slug", "language"), PROSE)
def test_headings_questions_and_tasks_agree(slug, language):
    heading = re.compile(r"^#{2,6} .+$", re.M)
    assert heading.findall(markdown(slug, "en")) == heading.findall(markdown(slug, language))
    english, other = lessons.read(slug, "en"), lessons.read(slug, language)
    for mine, theirs in zip(english.questions, other.questions, strict=True):
        assert (mine.id, mine.answer) == (theirs.id, theirs.answer)
        assert len(mine.options) == len(theirs.options)
        assert mine.reveal and theirs.reveal, f"{mine.id}: no explanation"
    assert list(english.tasks) == list(other.tasks)
    bullets = re.compile(r"^- ", re.M)
    assert len(bullets.findall(english.goals)) == len(bullets.findall(other.goals)) >= 2


def parts(prose: lessons.Prose) -> Iterator[tuple[str, str]]:
    """(name, text) of every piece of a lesson."""
    yield from (
        (name, getattr(prose, name)) for name in ("title", "summary", "story", "goals", "recap")
    )
    yield from prose.tasks.items()
    for question in prose.questions:
        yield question.id, question.text
        yield f"{question.id} reveal", question.reveal
        yield from ((f"{question.id} {i}", option) for i, option in enumerate(question.options))


@pytest.mark.parametrize(("slug", "language"), PROSE)
def test_formulas_and_numbers_agree(slug, language):
    pairs = zip(parts(lessons.read(slug, "en")), parts(lessons.read(slug, language)), strict=True)
    for (name, english), (_name, other) in pairs:
        assert set(formulas(english)) == set(formulas(other)), name
        assert numbers(english) == numbers(other), name


def numbers(text: str) -> set[str]:
    """Numbers outside of formulas. Small whole ones may be words in one of the languages."""
    found = re.findall(NUMBER.pattern + r"(?:\s*%)?", FORMULA.sub(" ", text))
    return {re.sub(r"[,\s]", "", number) for number in found if len(number) > 2}


@pytest.mark.parametrize("slug", SLUGS)
def test_prose_is_in_its_language(slug):
    for name, text in parts(lessons.read(slug, "en")):
        assert not HANGUL.search(text), name
    for name, text in parts(lessons.read(slug, "ko")):
        assert is_korean(text), name
        for paragraph in text.split("\n\n"):
            assert is_korean(paragraph), f"{name}: {paragraph}"


@pytest.mark.parametrize(("slug", "language"), [(s, la) for s in SLUGS for la in i18n.LANGUAGES])
def test_prose_has_the_shape_of_a_lesson(slug, language):
    """A short story, two goals or more, one or two questions, exactly three tasks, a recap."""
    prose = lessons.read(slug, language)
    assert 1 <= len(prose.questions) <= 2
    assert len(prose.tasks) == 3
    sentences = re.compile(r"[.!?。](?:\s|$|\*|\")")
    assert 2 <= len(sentences.findall(prose.story)) <= 10
    assert 2 <= len(sentences.findall(prose.recap)) <= 10


# ------------------------------------------------------------------------------- on the page


def shown(slug: str, language: str) -> Iterator[tuple[str, str]]:
    """(where, text) of everything a learner reads or hears on a lesson's page at its defaults."""
    at = open_lesson(slug, language)
    yield from (("text", text) for text in texts(at))
    for widget in (*at.slider, *at.select_slider, *at.number_input, *at.toggle, *at.button):
        yield "label", widget.label
    for widget in (*at.radio, *at.selectbox, *at.get("button_group"), *at.select_slider):
        yield "label", widget.label
        if widget.key != "lang_choice":
            yield from (("option", str(option)) for option in widget.options)
    for index in range(len(_protos(at, "explorer_stage"))):
        data = stage_data(at, index)
        yield from (("word", word) for word in data["words"].values())
        yield from (("handle", handle["label"]) for handle in data["handles"])
        yield from (("summary", text) for text in data["summaries"])
        yield "film", data["film"]
        yield from (("figure", text) for text in written(figure(at, index)))


WRITTEN = {"text", "hovertemplate", "hovertext", "name", "ticktext"}


def written(part: Any, key: str = "") -> Iterator[str]:
    """Every piece of text that a figure shows: titles, labels on curves, hovers."""
    if isinstance(part, dict):
        for name, value in part.items():
            yield from written(value, name)
    elif isinstance(part, list):
        for value in part:
            yield from written(value, key)
    elif isinstance(part, str) and key in WRITTEN:
        yield part


@pytest.mark.parametrize("slug", SLUGS)
def test_a_page_speaks_one_language(slug):
    for where, text in shown(slug, "en"):
        assert not HANGUL.search(text), (where, text)
    for where, text in shown(slug, "ko"):
        assert is_korean(text), (where, text)
