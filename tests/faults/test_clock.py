"""Clocks that jump: nothing here asks for the time of day, so nothing can be misled by it."""

import ast
import re
import time
from pathlib import Path

import pytest

from tests.pages.helpers import open_lesson, press, reading, turn
from tests.test_layers import ROOT, SOURCES, dotted_name, tree

#: The time of day, which a person, daylight saving or a time server can change at any moment.
WALL = re.compile(r"(^|\.)(time\.time(_ns)?|time\.(localtime|gmtime|ctime)|datetime\.(now|utcnow"
                  r"|today)|date\.today)$")  # fmt: skip
SCRIPTS = sorted((ROOT / "explorer" / "components").rglob("*.js"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_durations_are_measured_by_clocks_that_only_go_forward(path: Path):
    calls = [dotted_name(node) for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute)]
    assert not [name for name in calls if WALL.search(name)]
    lifetimes = [
        keyword.arg
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "ttl"
    ]
    assert not lifetimes  # what is kept goes by number, not by age


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_the_browser_s_side_too(path: Path):
    """Date.now() only numbers reports, where a wrong one is harmless."""
    text = path.read_text()
    dated = [line for line in text.splitlines() if "Date" in line]
    assert all(re.search(r'asked = Date\.now\(\)|"back", Date\.now\(\)', line) for line in dated)


@pytest.mark.parametrize("hours", [-7, 7])
def test_a_run_under_way_does_not_mind(monkeypatch, hours):
    at = turn(open_lesson("network"), width=3)
    press(at, "train")
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 3600 * hours)
    end = time.monotonic() + 60
    while "Done in" not in reading(at):
        assert time.monotonic() < end and "paused" not in reading(at)
        time.sleep(0.05)
        at.run()
    assert re.search(r"Done in \d+\.\d s", reading(at))
