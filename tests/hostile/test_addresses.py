"""Addresses of all lessons: what makes no sense there leaves everything as it was."""

import time

import pytest
from streamlit.testing.v1 import AppTest

from explorer import catalog, lessons
from explorer.ui import state as parsers
from tests.hostile.tables import TEXTS
from tests.hostile.test_components import DEFAULTS, host
from tests.pages.helpers import address, drawn, healthy, open_lesson, same_figure, words

SLUGS = [entry.slug for entry in catalog.LESSONS]
PARSERS = {
    "number": parsers.number(-5, 5),
    "integer": parsers.integer(0, 999_999),
    "one of texts": parsers.one_of(["a", "b", "straight"]),
    "one of numbers": parsers.one_of([1, 2.5, 10]),
    "on or off": parsers.one_of([True, False]),
    "numbers": parsers.numbers(-5, 5, at_most=20),
}


@pytest.mark.parametrize("parse", PARSERS.values(), ids=PARSERS)
@pytest.mark.parametrize("case", TEXTS)
def test_no_parser_takes_it(case, parse):
    """ValueError and nothing else, at once."""
    begun = time.process_time()
    with pytest.raises(ValueError):
        parse(TEXTS[case])
    assert time.process_time() - begun < 0.2


@pytest.fixture(scope="module")
def controls() -> AppTest:
    """One page with every kind of control (its components cost time and are not asked here)."""
    return healthy(AppTest.from_function(host, default_timeout=60).run())


@pytest.mark.parametrize("case", TEXTS)
def test_every_kind_of_control_keeps_its_default(controls, case):
    controls.session_state["settings"] = {}
    controls.session_state["kept:host"]["entered"].update(dict.fromkeys(DEFAULTS, TEXTS[case]))
    assert healthy(controls.run()).session_state["settings"] == DEFAULTS
    assert not controls.session_state["kept:host"]["entered"]


@pytest.mark.parametrize("slug", SLUGS)
def test_a_lesson_opens_as_ever(slug):
    """Each setting with another nonsense; then keys of others, thousands of them, and no language.

    (tests/pages/test_every_lesson.py gives every setting of every view the same nonsense.)
    """
    at = open_lesson(slug, alone=True)
    first, said = drawn(at), words(at)
    own = sorted(at.session_state[f"kept:{slug}"]["defaults"])
    texts = list(TEXTS.values())
    others = {
        "kept:" + slug: "1", "__class__": "1", "\u202e": "\u202e", "\x00": "\x00", "": "",
        "lang": "xx", "k" * 5000: "v" * 5000, slug: "<script>", "data_own": "1", "data": "own",
    }  # fmt: skip
    strangers = {name: "7.5" for name in ("mu", "sigma", "K", "gamma", "zx", "lr", "frame")}
    queries = (
        {name: texts[5 * n % len(texts)] for n, name in enumerate(own)},
        {name: texts[(7 * n + 3) % len(texts)] for n, name in enumerate(own)},
        {**others, **{n: v for n, v in strangers.items() if n not in own}}
        | {f"unknown{n}": str(n) for n in range(3000)},
    )
    for query in queries:
        at.session_state["page"] = ""  # entered anew
        at.query_params.clear()
        at.query_params.update(query)
        healthy(at.run())
        same_figure(drawn(at), first)
        assert words(at) == said
        assert set(address(at)) <= {"lang"}
        assert at.title[0].value == lessons.read(slug, "en").title
