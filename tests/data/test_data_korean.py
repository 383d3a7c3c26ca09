"""Every sentence and label of the data layer exists in Korean, with the same placeholders."""

import ast
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "explorer" / "data").glob("*.py"))
PLACEHOLDER = re.compile(r"%\((\w+)\)([sd])")


def marked() -> dict[str, str]:
    """All strings marked for translation, and the file each is in."""
    found = {}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "n_":
                found[ast.literal_eval(node.args[0])] = path.name
    return found


MARKED = marked()
with (ROOT / "explorer/locale/ko/data.po").open("rb") as handle:
    KOREAN = {m.id: m for m in read_po(handle, locale="ko") if m.id}


def test_nothing_is_missing_and_nothing_is_left_over():
    assert len(MARKED) > 150
    assert set(KOREAN) == set(MARKED)


@pytest.mark.parametrize("english", MARKED)
def test_translation(english):
    message = KOREAN[english]
    assert not message.fuzzy and message.string != english
    assert sorted(PLACEHOLDER.findall(message.string)) == sorted(PLACEHOLDER.findall(english))
    assert "%" not in PLACEHOLDER.sub("", message.string)
    assert re.search("[가-힣]", message.string)
    assert message.string.endswith(".") == english.endswith(".")
    if english.endswith("."):
        assert re.search(r"[다오](\(.*\))?\.$", message.string), "합니다체"
