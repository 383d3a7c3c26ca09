"""The code that a page shows is the code that stands in the file."""

import ast
import re

import pytest

from explorer.catalog import LESSONS, ROOT
from explorer.ui.source import excerpt

#: What lessons name as text, so that torch need not come with it.
NAMED = sorted(
    {
        name
        for entry in LESSONS
        for name in re.findall(r'"(explorer\.[\w.]+:\w+)"', (ROOT / entry.path).read_text())
    }
)


def test_there_are_names():
    assert len(NAMED) > 10


@pytest.mark.parametrize("name", NAMED)
def test_an_excerpt_is_what_python_reads_there(name):
    file, text, first = excerpt(name)
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    [node] = [
        node
        for node in ast.parse("\n".join(lines)).body
        if getattr(node, "name", "") == name.split(":")[1]
    ]
    assert first == min([node.lineno, *(other.lineno for other in node.decorator_list)])
    assert text == "\n".join(lines[first - 1 : node.end_lineno])
