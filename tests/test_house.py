"""The parts of the house that every lesson stands on: catalogue, prose, settings, export, stage."""

import csv
import io
import json
import math
import os
import re
import socket
import subprocess
import sys
import threading

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as some
from streamlit.testing.v1 import AppTest

from explorer import catalog, checkpoints, i18n, lessons
from explorer.components import stage as stage_module
from explorer.components.stage import Handle, clean_index, clean_move, publish
from explorer.figures import theme
from explorer.ui import app, export, frame
from explorer.ui.state import integer, number, numbers, one_of, to_text
from tests.pages.helpers import plain, run_script, same_figure

# ------------------------------------------------------------------------- catalogue


def test_a_lesson_is_found_by_its_slug():
    for entry in catalog.LESSONS:
        assert catalog.lesson(entry.slug) is entry
        assert entry.path == f"pages/{entry.part}/{entry.slug}.py"
        assert re.fullmatch(r":material/\w+:", entry.icon)
    with pytest.raises(KeyError):
        catalog.lesson("no such lesson")


def test_where_a_lesson_leads_is_read_backwards_from_what_others_need():
    for entry in catalog.LESSONS:
        for following in catalog.leads_to(entry.slug):
            assert entry.slug in following.needs
    pairs = {(needed, entry.slug) for entry in catalog.LESSONS for needed in entry.needs}
    drawn = {(e.slug, to.slug) for e in catalog.LESSONS for to in catalog.leads_to(e.slug)}
    assert pairs == drawn


# ------------------------------------------------------------------------- prose

PROSE = """# A title
> One line.
## story
First paragraph.

Second, with $x$.
## goals
- one
- two
## predict
### first
What?
- [ ] this
- [x] that
- [ ] neither
Because.

And so on.
### second
Sure?
- [x] yes
- [ ] no
Indeed.
## try
### easy
Do it.
### hard
Do it well.
## recap
Done.
"""


def test_prose_is_taken_apart():
    prose = lessons.parse(PROSE)
    assert (prose.title, prose.summary) == ("A title", "One line.")
    assert prose.story == "First paragraph.\n\nSecond, with $x$."
    assert prose.goals == "- one\n- two"
    first, second = prose.questions
    assert (first.id, first.text, first.options) == ("first", "What?", ("this", "that", "neither"))
    assert (first.answer, first.reveal) == (1, "Because.\n\nAnd so on.")
    assert (second.answer, second.reveal) == (0, "Indeed.")
    assert prose.tasks == {"easy": "Do it.", "hard": "Do it well."}
    assert prose.recap == "Done."


@pytest.mark.parametrize("section", lessons.SECTIONS)
def test_a_missing_section_is_named_with_its_file(section):
    with pytest.raises(ValueError, match=rf"en/x\.md: missing {section}"):
        lessons.parse(PROSE.replace(f"## {section}\n", "## other\n"), "en/x.md")


@pytest.mark.parametrize(
    ("old", "new"),
    [("- [x] that", "- [ ] that"), ("- [ ] this", "- [x] this"), ("- [ ] no\n", "")],
    ids=["no right answer", "two right answers", "one option"],
)
def test_a_question_without_one_right_answer_is_refused(old, new):
    with pytest.raises(ValueError, match="needs two options or more, one marked"):
        lessons.parse(PROSE.replace(old, new))


@pytest.mark.parametrize("line", ["# A title\n", "> One line.\n"])
def test_title_and_summary_are_required(line):
    with pytest.raises(ValueError, match="missing title or summary"):
        lessons.parse(PROSE.replace(line, ""))


def test_colour_macros_become_the_role_of_the_theme():
    assert frame.tex(r"$\model{\mu} = \frac{\data{x}}{2}$") == (
        rf"$\textcolor{{{theme.ROLES['model'][0]}}}{{\mu}}"
        rf" = \frac{{\textcolor{{{theme.ROLES['data'][0]}}}{{x}}}}{{2}}$"
    )
    assert frame.tex(r"\models{x} \mathrm{model}") == r"\models{x} \mathrm{model}"


# ------------------------------------------------------------------------- languages


def test_each_thread_has_its_own_language():
    """Learners share a process: one reader's Korean must not become another's."""
    i18n.use("en")
    heard = []

    def korean() -> None:
        heard.append(i18n.current())
        i18n.use("ko")
        heard.append(i18n._("Export"))

    thread = threading.Thread(target=korean)
    thread.start()
    thread.join()
    assert heard[0] == "en" and heard[1] != "Export"
    assert i18n._("Export") == "Export"


def test_unknown_languages_and_messages_stay_english():
    i18n.use("tlh")
    assert i18n.current() == "en"
    assert i18n._("no such message") == "no such message"


# ------------------------------------------------------------------------- settings

FINITE = some.floats(-1e6, 1e6)


@given(value=FINITE)
def test_numbers_survive_the_address_to_six_figures(value):
    assert number(-1e6, 1e6)(to_text(value)) == pytest.approx(value, rel=1e-5, abs=1e-300)


@given(values=some.lists(FINITE, min_size=1, max_size=8))
def test_lists_of_numbers_survive_the_address(values):
    back = numbers(-1e6, 1e6, 8)(to_text(values))
    np.testing.assert_allclose(back, values, rtol=1e-5)


@given(value=some.integers(-1000, 1000))
def test_whole_numbers_survive_the_address(value):
    assert integer(-1000, 1000)(to_text(value)) == value


@pytest.mark.parametrize("options", [[True, False], [1, 2, 5], ["full", "tied"], [0.1, 1e-7, 3e8]])
def test_options_survive_the_address(options):
    for option in options:
        back = one_of(options)(to_text(option))
        assert back == option and type(back) is type(option)


@given(text=some.text(max_size=12))
@pytest.mark.parametrize(
    ("parse", "inside"),
    [
        (number(-2, 3), lambda v: math.isfinite(v) and -2 <= v <= 3),
        (integer(0, 9), lambda v: isinstance(v, int) and 0 <= v <= 9),
        (one_of(["a", "b"]), lambda v: v in ("a", "b")),
        (numbers(0, 1, 3), lambda v: len(v) <= 3 and all(0 <= x <= 1 for x in v)),
    ],
    ids=["number", "integer", "one_of", "numbers"],
)
def test_any_text_is_a_good_value_or_a_value_error(parse, inside, text):
    try:
        value = parse(text)
    except ValueError:
        return
    assert inside(value)


@pytest.mark.parametrize(
    "text", ["nan", "inf", "-inf", "1e999", "", "abc", "3.01", "-2.01", "9" * 5000]
)
def test_numbers_outside_are_refused(text):
    with pytest.raises(ValueError):
        number(-2, 3)(text)
    with pytest.raises(ValueError):
        integer(-2, 3)(text)
    with pytest.raises(ValueError):
        numbers(-2, 3, 2)(f"1,{text}")


def controls_page() -> None:
    import streamlit as st

    from explorer.ui.controls import Controls

    controls = Controls("page")
    controls.state.enter()
    values = {
        "x": controls.slider("x", "x", -1, 1, 0.5, 0.25),
        "n": controls.whole("n", "n", 1, 9, 3),
        "size": controls.steps("size", "size", [1, 10, 100], 10),
        "p": controls.number("p", "p", 0, 1, 0.25, 0.05),
        "few": controls.choice("few", "few", {"a": "A", "b": "B"}, "a"),
        "many": controls.choice("many", "many", {c: c.upper() for c in "abcdefg"}, "c"),
        "on": controls.toggle("on", "on"),
        "seed": controls.seed(7),
    }
    st.button("put", on_click=lambda: controls.state.put(x=-0.75, on=True, few="b", size=100))
    st.button("reset", on_click=controls.state.reset)
    st.session_state["seen"] = values
    st.session_state["address"] = controls.state.query()


DEFAULTS = {
    "x": 0.5, "n": 3, "size": 10, "p": 0.25, "few": "a", "many": "c", "on": False, "seed": 7,
}  # fmt: skip
SET = {
    "x": "-0.5", "n": "9", "size": "100", "p": "0.3", "few": "b", "many": "g", "on": "1",
    "seed": "12",
}  # fmt: skip


def open_controls(**query: str) -> AppTest:
    at = AppTest.from_function(controls_page, default_timeout=30)
    for name, text in query.items():
        at.query_params[name] = text
    at.run()
    assert not at.exception
    return at


def test_controls_start_at_their_defaults_with_a_clean_address():
    at = open_controls()
    assert at.session_state["seen"] == DEFAULTS
    assert at.session_state["address"] == {}


def test_controls_start_where_the_address_says():
    at = open_controls(**SET)
    assert at.session_state["seen"] == {
        "x": -0.5, "n": 9, "size": 100, "p": 0.3, "few": "b", "many": "g", "on": True, "seed": 12,
    }  # fmt: skip
    assert at.session_state["address"] == SET


@pytest.mark.parametrize("text", ["x", "nan", "1e999", "-1e999", "", "2", "y" * 3000, "1,2"])
def test_controls_ignore_what_makes_no_sense(text):
    at = open_controls(**{name: text for name in DEFAULTS if (name, text) != ("n", "2")})
    seen = at.session_state["seen"]
    allowed = {**DEFAULTS, "seed": 2 if text == "2" else 7}
    assert seen == allowed


def test_a_moved_control_is_in_the_address_and_goes_back():
    at = open_controls()
    at.slider(key="page.x").set_value(0.75).run()
    assert at.session_state["seen"]["x"] == 0.75
    assert at.session_state["address"] == {"x": "0.75"}
    at.slider(key="page.x").set_value(0.5).run()
    assert at.session_state["address"] == {}


def test_the_address_is_read_once_and_then_only_follows():
    """An old address, still under way, must not undo a newer control."""
    at = open_controls(x="-0.5")
    at.slider(key="page.x").set_value(1.0).run()
    at.query_params["x"] = "-0.5"
    at.run()
    assert at.session_state["seen"]["x"] == 1.0


def test_callbacks_set_controls_and_reset_brings_the_defaults_back():
    at = open_controls(n="5")
    [put] = [button for button in at.button if button.label == "put"]
    put.click().run()
    seen = at.session_state["seen"]
    assert (seen["x"], seen["on"], seen["few"], seen["size"], seen["n"]) == (
        -0.75,
        True,
        "b",
        100,
        5,
    )
    assert at.slider(key="page.x").value == -0.75 and at.toggle(key="page.on").value is True
    [reset] = [button for button in at.button if button.label == "reset"]
    reset.click().run()
    assert at.session_state["seen"] == DEFAULTS


def test_the_die_takes_the_next_seed():
    at = open_controls()
    at.button(key="page.die").click().run()
    assert at.session_state["seen"]["seed"] == 8
    assert at.number_input(key="page.seed").value == 8


def test_settings_of_two_learners_are_apart():
    one, two = open_controls(), open_controls()
    one.slider(key="page.x").set_value(1.0).run()
    two.run()
    assert two.session_state["seen"]["x"] == 0.5


# ------------------------------------------------------------------------- export

CELL = some.floats(allow_nan=True) | some.integers(-(10**12), 10**12) | some.text(max_size=8)


@given(
    data=some.dictionaries(
        some.text(min_size=1, max_size=6).filter(
            lambda name: "\r" not in name and "\0" not in name
        ),
        some.lists(some.floats(allow_nan=False), max_size=5),
        min_size=1,
        max_size=4,
    )
)
def test_csv_can_be_read_back_exactly(data):
    text = export.csv({name: np.array(values, dtype=float) for name, values in data.items()})
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    assert header == list(data)
    assert all(len(row) == len(header) for row in rows)
    for index, values in enumerate(data.values()):
        column = [float(row[index]) for row in rows if row[index] != ""]
        np.testing.assert_array_equal(column, values)


def test_csv_quotes_names_and_keeps_whole_numbers_whole():
    text = export.csv(
        {'a "b", c': np.array([1, 2]), "word": np.array(["x,y", 'z"']), "f": np.eye(2)}
    )
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ['a "b", c', "word", "f"]
    assert rows[1] == ["1", "x,y", "1.0"]
    assert rows[2] == ["2", 'z"', "0.0"]
    assert rows[4] == ["", "", "1.0"]  # columns of unequal length


def test_a_script_is_complete_and_speaks_its_language():
    body = "import plotly.graph_objects as go\nfrom explorer.i18n import _\n\n"
    body += "figure = go.Figure(layout={'title': {'text': _('Export')}})"
    english = run_script(export.script("A title", body))
    korean = run_script(export.script("제목", body, "ko"))
    assert english["__doc__"].startswith("A title")
    assert english["figure"].layout.title.text == "Export"
    assert re.search(r"[가-힣]", korean["figure"].layout.title.text)


# ------------------------------------------------------------------------- what a browser sends

HANDLES = [
    Handle("p", 1.0, 2.0, "point", bounds=(-3.0, 3.0, 0.0, 5.0)),
    Handle("h", 1.0, 2.0, "left and right", axes="x", bounds=(-math.inf, 4.0, 0.0, 1.0)),
    Handle("v", 1.0, 2.0, "up and down", axes="y"),
]
JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=5),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=3), inner),
    max_leaves=8,
)
EVENT = JSON | some.fixed_dictionaries(
    {"id": some.sampled_from("phv") | JSON, "x": JSON, "y": JSON | some.floats()}
)


@given(event=EVENT)
def test_any_report_is_a_good_move_or_none(event):
    move = clean_move(event, HANDLES)
    if move is None:
        return
    name, x, y = move
    handle = next(handle for handle in HANDLES if handle.id == name)
    assert isinstance(x, float) and isinstance(y, float) and math.isfinite(x) and math.isfinite(y)
    low_x, high_x, low_y, high_y = handle.bounds
    assert low_x <= x <= high_x if "x" in handle.axes else x == handle.x
    assert low_y <= y <= high_y if "y" in handle.axes else y == handle.y


@pytest.mark.parametrize(
    ("event", "move"),
    [
        ({"id": "p", "x": 0.5, "y": 1}, ("p", 0.5, 1.0)),
        ({"id": "p", "x": -9, "y": 99}, ("p", -3.0, 5.0)),
        ({"id": "h", "x": -1e200, "y": 7}, ("h", -1e200, 2.0)),
        ({"id": "h", "x": 9, "y": 7}, ("h", 4.0, 2.0)),
        ({"id": "v", "x": 9, "y": 7}, ("v", 1.0, 7.0)),
        ({"id": "q", "x": 0, "y": 0}, None),
        ({"id": "p", "x": "0", "y": 0}, None),
        ({"id": "p", "x": True, "y": 0}, None),
        ({"id": "p", "x": None, "y": 0}, None),
        ({"id": "p", "x": math.nan, "y": 0}, None),
        ({"id": "p", "x": math.inf, "y": 0}, None),
        ({"id": "p", "x": 10**400, "y": 0}, None),
        ({"id": "p", "x": [0], "y": 0}, None),
        ({"id": ["p"], "x": 0, "y": 0}, None),
        ({"id": "p"}, None),
        ([], None),
        ("p", None),
        (None, None),
    ],
)
def test_a_move_is_kept_in_its_bounds_and_nonsense_is_dropped(event, move):
    assert clean_move(event, HANDLES) == move


@pytest.mark.parametrize("value", [-1, 3, True, 1.0, "1", None, [1], {}, 10**30, math.nan])
def test_a_frame_that_does_not_exist_is_dropped(value):
    assert clean_index(value, 3) is None
    assert clean_index(value, 0) is None


def test_a_frame_that_exists_is_taken():
    assert [clean_index(i, 3) for i in range(3)] == [0, 1, 2]


# ------------------------------------------------------------------------- the stage's files


def test_plotly_and_the_stage_are_published_under_names_that_follow_their_content(tmp_path):
    names = publish(tmp_path)
    library, script = (tmp_path / names[part] for part in ("plotly", "stage"))
    assert library.stat().st_size > 1_000_000
    text = script.read_text()
    assert "/*DARK*/{}" not in text
    pairs = json.loads(re.search(r"const DARK = (\{.*?\});", text)[1])
    assert pairs == theme.dark_of()
    written = library.stat().st_mtime_ns
    assert publish(tmp_path) == names
    assert library.stat().st_mtime_ns == written  # not copied again
    assert {path.name for path in tmp_path.iterdir()} == set(names.values())  # no drafts left


def test_several_processes_may_publish_at_once(tmp_path):
    threads = [threading.Thread(target=publish, args=(tmp_path,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {path.name for path in tmp_path.iterdir()} == set(publish(tmp_path).values())


def test_the_folder_of_published_files_is_not_in_git():
    ignored = (catalog.ROOT / ".gitignore").read_text().splitlines()
    assert f"/{stage_module.STATIC.name}/" in ignored


# ------------------------------------------------------------------------- colours


def luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme_index", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("role", sorted(set(theme.ROLES) - {"grid", "paper"}))
def test_every_role_can_be_read_on_its_page(role, theme_index):
    """4.5:1, because equations write in these colours too."""
    paper = theme.ROLES["paper"][theme_index]
    assert contrast(theme.ROLES[role][theme_index], paper) >= 4.5


@pytest.mark.parametrize("color", theme.COMPONENTS)
def test_component_colours_hold_on_both_pages(color):
    assert all(contrast(color, paper) >= 3 for paper in theme.ROLES["paper"])


def test_every_way_of_writing_a_role_has_its_dark_twin():
    pairs = theme.dark_of()
    for light, dark in theme.ROLES.values():
        for alpha in (1.0, 0.28, 0.999):
            text = theme.color(light, alpha)
            for old, new in pairs.items():
                text = text.replace(old, new)
            assert text == theme.color(dark, alpha)


def test_responsibilities_blend_between_the_component_colours():
    certain, half = theme.blend(np.array([[0.0, 1.0, 0.0], [0.5, 0.5, 0.0]]))
    assert certain == theme.component(1)
    one, two = ([int(theme.component(k)[i : i + 2], 16) for i in (1, 3, 5)] for k in (0, 1))
    mixed = [int(half[i : i + 2], 16) for i in (1, 3, 5)]
    np.testing.assert_allclose(mixed, (np.array(one) + two) / 2, atol=0.51)


# ------------------------------------------------------------------------- the tests' own tools


def test_figures_are_compared_deeply():
    x = np.linspace(0, 1, 5)
    figure = go.Figure([go.Scatter(x=x, y=x**2)], frames=[go.Frame(name="1", data=[{"y": x}])])
    sent = json.loads(figure.to_json())
    same_figure(figure, sent)  # arrays as base64 against numpy
    assert plain(sent)["data"][0]["x"] == x.tolist()
    for change in (
        lambda f: f["data"][0].update(x=[0, 0.25, 0.5, 0.75, 1.001]),
        lambda f: f["data"][0].update(name="new"),
        lambda f: f["frames"][0].update(name="2"),
        lambda f: f["data"].append({}),
        lambda f: f["layout"].update(height=3),
    ):
        other = json.loads(figure.to_json())
        change(other)
        with pytest.raises(AssertionError):
            same_figure(figure, other)


# ------------------------------------------------------------------------- the server's messages


def test_a_connection_does_not_wait_for_acknowledgements():
    def delayed() -> bool:
        with socket.create_connection(ear.getsockname()), ear.accept()[0] as accepted:
            return not accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

    with socket.socket() as ear:  # as Streamlit makes it: without naming the protocol
        ear.bind(("127.0.0.1", 0))
        ear.listen()
        assert delayed()
        app.answer_at_once()
        assert not delayed()


STARTS = """
import asyncio, sys
from explorer.ui import app, networks

async def start():
    async with app.lifespan(None):
        print("torch" in sys.modules, len(networks._SOUND))

asyncio.run(start())
"""


@pytest.mark.parametrize("asked", [False, True])
def test_a_server_has_torch_and_networks_ready_if_it_was_asked_to(asked):
    place = {name: value for name, value in os.environ.items() if name != "EXPLORER_PRELOAD"}
    place |= {"PYTHONPATH": str(catalog.ROOT)} | ({"EXPLORER_PRELOAD": "1"} if asked else {})
    command = [sys.executable, "-c", STARTS]
    found = subprocess.run(command, env=place, capture_output=True, text=True, timeout=120)
    assert found.returncode == 0, found.stderr
    cards = len(list(checkpoints.FOLDER.glob("*.json")))
    assert found.stdout.split() == [str(asked), str(cards * asked)] and cards > 20
