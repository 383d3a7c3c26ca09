"""What holds for every lesson of the catalogue, whatever it teaches.

A new lesson is tested here as soon as it has its line in the catalogue.
"""

import csv
import io
import os
import random
import re
import subprocess
import sys
from functools import lru_cache

import numpy as np
import pytest
from plotly.graph_objects import Figure
from streamlit.testing.v1 import AppTest

from explorer import catalog, i18n, lessons
from explorer.ui import export
from explorer.ui.frame import tex
from tests.pages import helpers
from tests.pages.helpers import (
    address,
    answer,
    columns,
    drawn,
    equations,
    figure,
    healthy,
    knobs,
    offered,
    open_lesson,
    own_data,
    paste,
    press,
    reading,
    run_script,
    same_figure,
    script,
    shake,
    shown,
    speaks,
    stage_data,
    stages,
    texts,
    turn,
    unfold,
    upload,
    words,
)

SLUGS = [entry.slug for entry in catalog.LESSONS]
WITH_DATA = [entry.slug for entry in catalog.LESSONS if entry.data]
EVERY = [(slug, language) for slug in SLUGS for language in i18n.LANGUAGES]


def state(at: AppTest) -> dict:
    """{"values", "defaults"} of the lesson on the page."""
    return at.session_state[f"kept:{at.session_state['page']}"]


# ------------------------------------------------------------------------- at its defaults


@pytest.mark.parametrize("alone", [False, True], ids=["entry", "alone"])
@pytest.mark.parametrize(("slug", "language"), EVERY)
def test_all_seven_parts_are_there(slug, language, alone):
    at = open_lesson(slug, language, alone)
    prose, page = lessons.read(slug, language), reading(at)
    assert at.title[0].value == prose.title
    for part in (prose.story, prose.goals, prose.recap, *prose.tasks.values()):
        assert tex(part) in page
    drawn(at)
    assert equations(at) and re.search(r"\d", " ".join(equations(at))), "no numbers filled in"
    questions = {radio.key: radio for radio in at.radio if ".predict." in (radio.key or "")}
    assert set(questions) == {f"{slug}.predict.{question.id}" for question in prose.questions}
    assert all(radio.value is None for radio in questions.values())
    assert "(0 " in page or " 0" in page  # no task is done before anything was touched
    assert at.code, "no source is shown"
    assert not at.warning and not at.error
    assert at.session_state["page"] == slug


@pytest.mark.parametrize("slug", SLUGS)
def test_at_most_three_controls_in_first_view(slug):
    """The rest are under "More"; buttons and the data fold do not count."""
    at = open_lesson(slug)
    hidden = {
        widget.key for fold in at.expander for kind in helpers.KINDS for widget in fold.get(kind)
    }
    first = [knob.key for knob in knobs(at) if knob.key not in hidden]
    assert len(first) <= 3, first


@pytest.mark.parametrize("slug", SLUGS)
def test_entry_and_alone_show_the_same(slug):
    entered, alone = open_lesson(slug), open_lesson(slug, alone=True)
    same_figure(figure(entered), figure(alone))
    assert words(entered) == words(alone)
    assert equations(entered) == equations(alone)


@pytest.mark.parametrize("slug", SLUGS)
def test_the_address_is_clean_until_something_is_changed(slug):
    assert set(address(open_lesson(slug))) <= {"lang"}


@pytest.mark.parametrize("slug", SLUGS)
def test_the_language_changes_words_and_not_numbers(slug):
    def traces(language: str) -> list:
        picture = figure(open_lesson(slug, language))
        return [{key: trace.get(key) for key in ("x", "y", "z")} for trace in picture["data"]]

    assert traces("en") == traces("ko")
    english, korean = (words(open_lesson(slug, language)) for language in ("en", "ko"))
    assert english != korean
    assert numbers(english) == numbers(korean)


def numbers(text: str) -> list[str]:
    """The numbers in a text, sorted; word order differs between languages."""
    return sorted(re.findall(r"(?<![\w.])[-−]?\d+(?:[.,]\d+)*", text))


@pytest.mark.parametrize("slug", SLUGS)
def test_checked_compares_with_another_road_and_agrees(slug):
    at = unfold(open_lesson(slug), "checked")
    lines = [m.value for m in at.markdown if m.value.startswith("- ") and "ifference" in m.value]
    assert lines, "nothing was compared"
    for line in lines:
        ours, theirs = (float(v) for v in re.findall(r": (-?[\d.]+(?:e[-+]\d+)?)\. ", line))
        assert np.isclose(ours, theirs, rtol=0.05, atol=0.02), line


@pytest.mark.parametrize("slug", SLUGS)
def test_each_question_answers_and_may_set_the_stage(slug):
    for question in lessons.read(slug, "en").questions:
        for option in range(len(question.options)):
            at = answer(open_lesson(slug, alone=True), question.id, option)
            verdict = "Yes." if option == question.answer else "Not quite."
            assert verdict in reading(at)
            assert tex(question.reveal) in reading(at)
            speaks(at)


# ------------------------------------------------------------------------- every control


CHOICES = ("button_group", "selectbox", "toggle")


def views(at: AppTest) -> list[dict[str, str]]:
    """One position for each option of each choice (the others at their defaults)."""
    chosen: list[dict[str, str]] = [{}]
    for knob in knobs(at):
        if knob.kind in CHOICES:
            chosen += [{knob.name: option} for option in knob.ends]
    return chosen


@lru_cache
def nested_views(slug: str) -> list[list[dict[str, str]]]:
    """Ways to every choice, also to those that only appear after another one was made."""
    at = open_lesson(slug)
    first = views(at)
    known = {name for view in first for name in view}
    ways = [[view] for view in first]
    for view in first:
        if not view:
            continue
        inside = views(turn(open_lesson(slug, alone=True), **view))
        ways += [[view, more] for more in inside if more and not set(more) <= known]
        known |= {name for more in inside for name in more}
    return ways


@pytest.mark.parametrize("slug", SLUGS)
def test_every_control_at_its_extremes(slug):
    """Each choice made; each other control at both ends, in the first view that has it.

    And a control that changes nothing there is none."""
    tried: set[str] = set()
    for way in nested_views(slug):
        at = open_lesson(slug, alone=True)
        for view in way:
            speaks(turn(at, **view))
        for index in range(stages(at)):  # ValueError for a setting that plotly does not have
            told = stage_data(at, index)
            Figure({**told["figure"], "frames": told["frames"][:2]})
        tried |= {name for view in way for name in view}
        back: dict[str, object] = {}
        for knob in knobs(at):
            if knob.name in tried or knob.kind in CHOICES:
                continue
            tried.add(knob.name)
            before, pictures = state(at)["values"][knob.name], set()
            for end in knob.ends:
                speaks(turn(at, **{knob.name: end, **back}))
                pictures.add(shown(at))
                back = {}
            still_coming = at.get("progress")  # the pictures that it changes are being computed
            assert len(pictures) > 1 or still_coming, f"{knob.key} changes nothing in {way}"
            back = {knob.name: before if knob.kind != "select_slider" else str(before)}


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("end", [0, -1], ids=["low", "high"])
def test_all_controls_at_one_end_together(slug, end):
    for way in nested_views(slug):
        at = open_lesson(slug, alone=True)
        for view in way:
            turn(at, **view)
        turned = {key for view in way for key in view}
        while rest := {
            knob.name: knob.ends[end]
            for knob in knobs(at)
            if knob.kind not in CHOICES and knob.name not in turned
        }:  # turning them may bring up others
            speaks(turn(at, **rest))
            turned |= set(rest)


@pytest.mark.parametrize("slug", SLUGS)
def test_start_over_brings_the_first_picture_back(slug):
    at = open_lesson(slug)
    first, said = figure(at), words(at)
    shake(at, random.Random(5))
    press(at, "reset")
    same_figure(figure(at), first)
    assert words(at) == said
    assert set(address(at)) <= {"lang"}


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("slug", SLUGS)
def test_a_link_restores_the_page(slug, seed):
    at = shake(open_lesson(slug), random.Random(seed))
    again = open_lesson(slug, **address(at))
    assert address(again) == address(at)
    same_figure(figure(again), figure(at), rtol=1e-4)
    assert words(again) == words(at)


# ------------------------------------------------------------------------- strange addresses

NONSENSE = {
    "text": "abc",
    "empty": "",
    "nan": "nan",
    "infinite": "-inf",
    "too large": "1e999",
    "huge": "9" * 400,
    "long": "x" * 100_000,
    "list": "1,,2;3",
    "many": ",".join(["1"] * 5000),
    "negative": "-123456789",
    "code": "__import__('os')",
    "zero byte": "0\x00",
    "Korean": "가나다",
    "digits": "١٢٣",
}


@pytest.mark.parametrize("text", NONSENSE.values(), ids=NONSENSE)
@pytest.mark.parametrize("slug", SLUGS)
def test_nonsense_in_the_address_leaves_the_defaults(slug, text):
    at = open_lesson(slug, **dict.fromkeys(settings(slug), text))
    first, said = first_picture(slug)
    same_figure(figure(at), first)
    assert words(at) == said
    assert set(address(at)) <= {"lang"}


@lru_cache
def first_picture(slug: str) -> tuple[dict, str]:
    at = open_lesson(slug)
    return figure(at), words(at)


@lru_cache
def settings(slug: str) -> set[str]:
    """Every name that the lesson reads from the address, in any of its views."""
    names = set()
    for way in nested_views(slug):
        at = open_lesson(slug, alone=True)
        for view in way:
            turn(at, **view)
        names |= set(state(at)["defaults"])
    return names - {"lang"}


@pytest.mark.parametrize("slug", SLUGS)
def test_an_unknown_language_is_english(slug):
    assert lessons.read(slug, "en").title == open_lesson(slug, "tlh").title[0].value


# ------------------------------------------------------------------------- taken home


@pytest.mark.parametrize(("slug", "language"), EVERY)
def test_export_gives_the_picture_again(slug, language):
    at = open_lesson(slug, language)
    same_figure(run_script(script(at))["figure"], figure(at))
    table = list(csv.reader(io.StringIO(export.csv(offered(at)["columns"]()))))
    assert len(table) > 2 and all(len(row) == len(table[0]) for row in table)
    assert all(np.size(values) for values in columns(at).values())


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("slug", SLUGS)
def test_export_follows_the_controls(slug, seed):
    at = shake(open_lesson(slug), random.Random(100 + seed))
    same_figure(run_script(script(at))["figure"], figure(at))
    assert columns(at)


@pytest.mark.parametrize("slug", SLUGS)
def test_exported_script_runs_by_itself(slug, tmp_path):
    """As the learner runs it: another process, from a checkout, with a file to write."""
    source = tmp_path / "figure.py"
    source.write_text(script(open_lesson(slug)), encoding="utf-8")
    result = subprocess.run(
        [sys.executable, str(source), str(tmp_path / "figure.html")],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(catalog.ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "figure.html").stat().st_size > 10_000


# ------------------------------------------------------------------------- the learner's data

OWN = {
    "two": [[1.0, 2.0], [3.0, 5.0]],
    "three": [[0.0, 0.0], [1.0, 0.5], [0.2, 2.0]],
    "tiny": (1e-6 * np.random.default_rng(0).normal(size=(40, 2))).tolist(),
    "large": (1e9 + 1e6 * np.random.default_rng(1).normal(size=(40, 2))).tolist(),
    "outlier": [*np.random.default_rng(2).normal(size=(30, 2)).tolist(), [1e6, -1e6]],
    "repeated": [[1.0, 2.0]] * 20 + [[3.0, 1.0]] * 20,
    "whole": np.random.default_rng(3).integers(0, 4, size=(60, 2)).astype(float).tolist(),
    "many": np.random.default_rng(4).normal((5, -3), (2, 0.5), size=(20_000, 2)).tolist(),
    "correlated": [[i / 7, i / 3.5 + 1e-7 * (i % 3)] for i in range(30)],
    "on a line": [[float(i), 2.0 * i + 1] for i in range(25)],
}


@pytest.mark.parametrize("values", OWN.values(), ids=OWN)
@pytest.mark.parametrize("slug", WITH_DATA)
def test_own_data_of_any_kind(slug, values):
    """Every lesson draws it, or says in a sentence why it cannot and shows its own example."""
    for language in i18n.LANGUAGES:
        at = own_data(open_lesson(slug, language), values)
        speaks(at)
        for way in nested_views(slug)[:6] if language == "en" else ():
            for view in way:
                if set(view) <= {knob.name for knob in knobs(at)}:
                    speaks(turn(at, **view))
        press(at, "reset")
        same_figure(run_script(script(at))["figure"], figure(at))


BAD = {
    "words": "hello world",
    "one": "1",
    "same": "1\n1\n1\n1",
    "one word": "1,2\n3,x\n5,6",
    "missing": "1,2\n3,\n5,6",
    "ragged": "1,2\n3\n5,6,7",
    "infinite": "1,2\ninf,3\n4,5",
    "too large": "1,2\n1e400,3\n4,5",
    "page": "<html><script>alert(1)</script></html>",
    "markdown": "$1$,**2**\n3,4",
    "dates": "2024-01-01\n2024-01-02",
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
@pytest.mark.parametrize("slug", WITH_DATA)
def test_bad_own_data_is_answered_with_one_sentence(slug, text):
    said = {}
    for language in i18n.LANGUAGES:
        at = open_lesson(slug, language)
        before = figure(at)
        paste(at, text)
        boxes = [box.value for box in (*at.error, *at.warning)]
        assert len(boxes) == 1, boxes
        assert "Traceback" not in boxes[0]
        same_figure(figure(at), before)  # the picture stays while the learner mends the text
        said[language] = boxes[0]
    assert said["en"] != said["ko"]


@pytest.mark.parametrize("slug", WITH_DATA)
def test_own_file_is_drawn_and_exported(slug):
    rows = np.random.default_rng(7).normal((170, 60), (9, 6), size=(80, 2)).round(1)
    lines = ["height (cm);weight (kg)", *(f"{a};{b}".replace(".", ",") for a, b in rows)]
    at = upload(open_lesson(slug), "\n".join(lines).encode("utf-8-sig"))
    assert not at.error and not at.warning
    assert "height (cm)" in reading(at)
    speaks(at)
    same_figure(run_script(script(at))["figure"], figure(at))


@pytest.mark.parametrize("slug", WITH_DATA[1:])
def test_own_data_follows_to_the_next_lesson(slug):
    at = own_data(open_lesson(WITH_DATA[0]), OWN["three"] + OWN["two"])
    at.switch_page(catalog.lesson(slug).path)
    healthy(at.run())
    assert "own numbers" in reading(at)


def test_whoever_goes_from_lesson_to_lesson_leaves_no_widgets_behind():
    """What Streamlit knows of a widget holds its callbacks, and all that they hold."""
    at = open_lesson(SLUGS[0])
    assert _lessons_with_widgets(at) == {SLUGS[0]}
    for slug in SLUGS[1:]:
        at.switch_page(catalog.lesson(slug).path)
        assert _lessons_with_widgets(healthy(at.run())) == {slug}


def _lessons_with_widgets(at: AppTest) -> set[str]:
    known = at.session_state._state._state._new_widget_state.widget_metadata
    return {slug for slug in SLUGS if any(f"-{slug}." in name for name in known)}


@pytest.mark.parametrize("slug", sorted(set(SLUGS) - set(WITH_DATA)))
def test_a_lesson_without_data_offers_none_and_is_not_moved_by_it(slug):
    """What the catalogue says is true: nothing to choose, and the learner's numbers change nothing.

    (That the others have a picker is what the tests above ask of them.)
    """
    at = unfold(open_lesson(slug), "data_fold")
    assert not [area for area in at.text_area if area.key == "data_text"]
    first, said = figure(at), words(at)
    own_data(at, OWN["three"])
    same_figure(figure(at), first)
    assert words(at) == said


@pytest.mark.parametrize("slug", SLUGS)
def test_nothing_is_asked_of_the_network(slug, monkeypatch, tmp_path):
    """Without the real data sets, on a train: a simulated stand-in, and said so."""
    monkeypatch.setenv("EXPLORER_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    at = open_lesson(slug)
    drawn(at)
    assert texts(at)
