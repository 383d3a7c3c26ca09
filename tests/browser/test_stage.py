"""The stage under a real hand: film, handles, live slider, theme, saving, and what goes wrong."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from explorer.components.stage import publish
from explorer.figures import theme
from tests.browser.conftest import PHONE, serving

pytestmark = pytest.mark.browser

APP = Path(__file__).parent / "apps" / "stage_app.py"
COUNT = 6

AHEAD = re.compile("/ahead/")

#: What the picture shows: the height of the line, from the svg itself, in data units.
LINE = """() => {
  const plot = document.querySelector('.gx-plot'), axis = plot._fullLayout.yaxis;
  const path = plot.querySelectorAll('.scatterlayer .trace')[1].querySelector('.js-line');
  const start = path.getAttribute('d').match(/^M[^,]+,([^L]+)L/);
  return Math.round(10 * axis.p2l(Number(start[1]))) / 10;
}"""
DRAWN = """() => document.querySelectorAll('.gx-plot .scatterlayer .trace .js-line').length > 0"""


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("stage")  # Streamlit serves files from beside the script
    publish(folder / "static")
    script, log = Path(shutil.copy(APP, folder)), folder / "host.log"
    with serving(script, log) as url:
        yield url
    assert "Traceback" not in log.read_text(), log.read_text()


class Stage:
    """One page of the host, and what passes between it and the server."""

    def __init__(self, seen, path: str):
        self.page, self.calm, self.sent = seen.page, seen.calm, []
        self.ahead: list[str] = []  # what came ahead of its page
        self.page.on("websocket", self._follow)
        self.page.goto(f"{seen.watch.home}/{path}")
        self.page.wait_for_function(DRAWN, timeout=60_000)
        self.quiet()

    def _follow(self, socket) -> None:
        if "/ahead/" in socket.url:
            socket.on("framereceived", lambda text: self.ahead.append(text))
        else:
            socket.on("framesent", lambda message: self.sent.append(message))

    def quiet(self, wait: int = 250) -> "Stage":
        """Let the server finish and the browser paint."""
        self.page.wait_for_timeout(wait)
        self.page.wait_for_function(
            "() => document.querySelector('[data-testid=stApp]').dataset.testScriptState"
            " === 'notRunning'"
        )
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() =>"
                           " requestAnimationFrame(done)))")  # fmt: skip
        return self

    @property
    def state(self) -> dict:
        return json.loads(self.page.locator("#state").inner_text())

    @property
    def line(self) -> float:
        return self.page.evaluate(LINE)

    @property
    def words(self) -> str:
        return self.page.locator(".gx-summary").inner_text()

    @property
    def spoken(self) -> str:
        return self.page.locator(".gx-plot").get_attribute("aria-label")

    def button(self, name: str):
        return self.page.get_by_role("button", name=name, exact=True)

    @property
    def slider(self):
        return self.page.locator(".gx-range")

    def handle(self, name: str):
        return self.page.locator(f".gx-handle[data-id={name}]")

    def send(self, event: str, value: str) -> None:
        """A report as a tampered browser could make it; `value` is JavaScript."""
        self.page.evaluate(
            f"document.querySelector('.gx-root').latest.setTriggerValue('{event}', {value})"
        )
        self.quiet()

    def hears(self, check: str) -> dict:
        """Wait until Python's state makes this JavaScript true of `s`; the state."""
        self.page.wait_for_function(
            "() => { const s = JSON.parse(document.querySelector('#state').innerText);"
            f" return {check}; }}",
            timeout=15_000,
        )
        return self.state

    def shows(self, height: float) -> None:
        """Picture, words and screen reader agree."""
        self.page.wait_for_function(f"() => ({LINE})() === {height}", timeout=10_000)
        assert self.line == height
        assert str(round(height)) in self.words
        assert self.spoken == self.words


@pytest.fixture
def film(visit, host) -> Stage:
    return Stage(visit(url=host), "")


@pytest.fixture(params=["ahead", "alone"])
def handles(visit, host, request) -> Stage:
    """With the line that brings pictures ahead of the page, and with something that refuses it."""
    seen = visit(url=host)
    if request.param == "alone":
        seen.page.route_web_socket(AHEAD, lambda socket: socket.close())
    return Stage(seen, "handles")


# ------------------------------------------------------------------------------- the film


def test_the_film_opens_where_it_is_told(film):
    film.shows(1)
    assert film.slider.get_attribute("aria-valuetext") == "Step 1 of 5"
    assert film.page.locator(".gx-output").inner_text() == "Step 1 of 5"
    assert film.slider.get_attribute("aria-label") == "Step"


def test_the_keyboard_scrubs_in_the_browser_alone(film):
    film.slider.focus()
    film.sent.clear()
    for height in (2, 3, 4):
        film.page.keyboard.press("ArrowRight")
        film.shows(height)
        assert film.slider.get_attribute("aria-valuetext") == f"Step {height} of 5"
    film.page.keyboard.press("ArrowLeft")
    film.shows(3)
    film.page.keyboard.press("Home")
    film.shows(0)
    film.page.keyboard.press("End")
    film.shows(5)
    film.page.keyboard.press("ArrowRight")  # there is nothing beyond the end
    film.shows(5)


def test_dragging_the_slider_shows_frames_on_the_way_and_reports_once_at_rest(film):
    box = film.slider.bounding_box()
    y = box["y"] + box["height"] / 2
    film.page.mouse.move(box["x"] + 0.2 * box["width"], y)
    film.page.mouse.down()
    film.quiet(100)
    film.sent.clear()
    seen = []
    for step in range(21):
        film.page.mouse.move(box["x"] + box["width"] * (0.2 + 0.035 * step), y)
        seen.append(film.line)
    assert sorted(set(seen)) == seen[:1] + sorted(set(seen))[1:]  # never backwards
    assert {2, 3, 4} <= set(seen)
    assert film.sent == [], "scrubbing spoke to the server"
    film.page.mouse.up()
    film.quiet()
    assert film.state["heard"] == [film.line]
    assert len(film.sent) == 1


def test_step_buttons_go_forward_back_and_to_the_start(film):
    film.button("One step forward").click()
    film.shows(2)
    film.button("One step back").click()
    film.button("One step back").click()
    film.shows(0)
    film.button("One step back").click()
    film.shows(0)
    film.button("One step forward").click()
    film.button("First frame").click()
    film.shows(0)
    assert film.quiet().state["heard"] == [2, 1, 0, 0, 1, 0]


def test_play_runs_to_the_end_and_says_so_and_starts_again(film):
    film.sent.clear()
    film.button("Play").click()
    assert film.button("Pause").is_visible()
    film.shows(5)
    film.button("Play").wait_for()
    film.quiet()
    assert film.state["heard"] == [5]
    film.button("Play").click()  # from the start again
    film.page.wait_for_function(f"() => ({LINE})() < 5")
    film.shows(5)


def test_pause_stops_and_reports_where(film):
    film.button("First frame").click()
    film.button("Play").click()
    film.page.wait_for_function(f"() => ({LINE})() >= 2")
    film.button("Pause").click()
    film.quiet()
    stopped = film.line
    film.page.wait_for_timeout(300)
    assert film.line == stopped
    assert film.state["heard"][-1] == stopped


def test_the_arrow_keys_on_any_button_of_the_film_move_it(film):
    film.button("Play").focus()
    film.page.keyboard.press("ArrowRight")
    film.shows(2)
    film.page.keyboard.press("End")
    film.shows(5)
    film.page.keyboard.press("Home")
    film.shows(0)
    film.page.keyboard.press("Tab")
    film.page.keyboard.press("Tab")
    assert film.page.evaluate("document.activeElement.className") == "gx-range"


def test_what_a_frame_changes_beyond_the_traces_goes_back_too(film):
    """A frame may rename an axis; the next one must not keep the name."""
    title = film.page.locator(".gx-plot .ytitle")
    film.slider.focus()
    for key, height in (("End", 5), ("Home", 0), ("ArrowRight", 1)):
        film.page.keyboard.press(key)
        film.shows(height)
        assert title.text_content() == f"width at {height}"


def test_a_rerun_keeps_film_focus_and_picture(film):
    """The same element stays in the page: nothing is built anew, nothing jumps back."""
    film.page.evaluate("document.querySelector('.gx-plot').mark = 'same'")
    film.slider.focus()
    film.page.keyboard.press("End")
    film.quiet()
    runs = film.state["runs"]
    film.page.evaluate("""() => [...document.querySelectorAll('button')].find((b) =>
      b.innerText.includes('Run again')).dispatchEvent(new MouseEvent('click', {bubbles: true}))""")
    film.quiet()
    assert film.state["runs"] > runs
    film.shows(5)
    assert film.page.evaluate("document.querySelector('.gx-plot').mark") == "same"
    assert film.page.evaluate("document.activeElement.className") == "gx-range"


# ------------------------------------------------------------------------------- handles


def centre(stage: Stage, name: str) -> tuple[float, float]:
    box = stage.handle(name).locator(".gx-hit").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


SCALE = """() => { const full = document.querySelector('.gx-plot')._fullLayout;
  return [full.xaxis.l2p(1) - full.xaxis.l2p(0), full.yaxis.l2p(1) - full.yaxis.l2p(0)]; }"""


def test_a_dragged_handle_is_followed_by_the_server_while_it_moves(handles):
    """Distinct pictures between down and up, each computed from a new position."""
    handles.page.evaluate(f"""() => {{ window.heights = []; const watch = () => {{
      const now = ({LINE})(); if (window.heights.at(-1) !== now) window.heights.push(now);
      requestAnimationFrame(watch); }}; watch(); }}""")
    per_x, per_y = handles.page.evaluate(SCALE)
    x, y = centre(handles, "free")
    handles.page.mouse.move(x, y)
    handles.page.mouse.down()
    for step in range(1, 31):
        handles.page.mouse.move(x + per_x * 2 * step / 30, y + per_y * 3 * step / 30)
        handles.page.wait_for_timeout(40)
    on_the_way = handles.page.evaluate("window.heights.length")
    handles.page.mouse.up()
    handles.quiet(500)
    assert on_the_way >= 6, on_the_way
    there = handles.state["where"]["free"]
    assert there == pytest.approx([3, 4], abs=0.05)
    assert handles.state["path"] == sorted(handles.state["path"])
    handles.shows(round(there[1], 1))
    assert centre(handles, "free") == pytest.approx((x + 2 * per_x, y + 3 * per_y), abs=3)
    handles.calm()


def test_a_handle_stays_in_its_bounds_and_on_its_axis(handles):
    per_x, per_y = handles.page.evaluate(SCALE)
    for name, end in (("free", [5, -5]), ("side", [5, -3])):
        x, y = centre(handles, name)
        handles.page.mouse.move(x, y)
        handles.page.mouse.down()
        handles.page.mouse.move(x + 9 * per_x, y - 30 * per_y, steps=5)
        handles.page.mouse.up()
        handles.quiet(400)
        assert handles.state["where"][name] == end


def test_the_arrow_keys_move_a_handle_by_its_step(handles):
    handles.handle("free").focus()
    handles.page.keyboard.press("ArrowRight")
    handles.page.keyboard.press("ArrowUp")
    handles.quiet()
    assert handles.state["where"]["free"] == pytest.approx([1.1, 1.2])
    handles.page.keyboard.press("Shift+ArrowLeft")
    handles.quiet()
    assert handles.state["where"]["free"] == pytest.approx([0.1, 1.2])
    handles.page.keyboard.press("Shift+ArrowLeft")  # past the bound
    handles.quiet()
    assert handles.state["where"]["free"] == pytest.approx([0.0, 1.2])
    assert handles.page.evaluate("document.activeElement.dataset.id") == "free"
    handles.page.keyboard.press("Tab")
    assert handles.page.evaluate("document.activeElement.dataset.id") == "side"
    handles.page.keyboard.press("ArrowUp")  # not its direction
    handles.page.keyboard.press("ArrowRight")
    handles.quiet()
    assert handles.state["where"]["side"] == pytest.approx([3.5, -3])


def test_quick_key_presses_all_count(handles):
    handles.handle("free").focus()
    for _ in range(20):
        handles.page.keyboard.press("ArrowRight")
    handles.hears("Math.abs(s.where.free[0] - 3) < 1e-9")
    assert handles.handle("free").get_attribute("aria-label").startswith("Mean: 3, 1 (")


class Dam:
    """Keeps back what the server says on the lines that are `closed`, until it is let go."""

    def __init__(self, page):
        self.closed: set[str] = set()
        self.held: dict[str, list] = {"ahead": [], "stream": []}
        self._sockets = {}
        # One route for both: of two the browser would obey the last alone.
        page.route_web_socket(re.compile("/ahead/|/_stcore/stream"), self._pass_on)

    def _pass_on(self, socket) -> None:
        name = "ahead" if "/ahead/" in socket.url else "stream"
        self._sockets[name], server = socket, socket.connect_to_server()

        def pass_on(text) -> None:
            if name in self.closed:
                self.held[name].append(text)
            else:
                socket.send(text)

        server.on_message(pass_on)

    def let_go(self, name: str) -> None:
        """What was held so far on this line; what comes goes on waiting while it is closed."""
        assert self.held[name]
        while self.held[name]:
            self._sockets[name].send(self.held[name].pop(0))


def test_the_rest_of_a_film_does_not_pull_a_handle_back(visit, host):
    """It comes with the page, after the picture, when the hand may be further already."""
    seen = visit(url=host)
    dam = Dam(seen.page)
    ride = Stage(seen, "ride")
    ride.handle("height").focus()
    dam.closed = {"stream"}
    ride.page.keyboard.press("ArrowUp")
    ride.page.wait_for_function(f"() => ({LINE})() === 0.5", timeout=10_000)
    ride.page.wait_for_timeout(300)
    dam.closed = {"ahead", "stream"}
    ride.page.keyboard.press("ArrowUp")
    dam.let_go("stream")  # the answer to the first key; that to the second is still on its way
    ride.page.wait_for_timeout(300)
    ride.page.keyboard.press("ArrowUp")
    ride.page.wait_for_timeout(300)
    dam.closed = set()
    dam.let_go("ahead")
    dam.let_go("stream")
    ride.hears("s.height === 1.5")
    ride.quiet()
    assert ride.handle("height").get_attribute("aria-label").startswith("Height: 1.5 (")
    ride.calm()


def test_two_answers_at_once_leave_the_stage_where_it_is(visit, host):
    """Streamlit calls the cleanup of a component also where newer data overtook it."""
    seen = visit(url=host)
    dam = Dam(seen.page)
    stage = Stage(seen, "handles")
    stage.page.evaluate("document.querySelector('.gx-plot').mark = 'same'")
    stage.handle("free").focus()
    for turn in range(1, 11):
        dam.closed = {"ahead", "stream"}
        for _ in range(2):
            stage.page.keyboard.press("ArrowRight")
            stage.page.wait_for_timeout(150)
        dam.closed = set()
        dam.let_go("stream")
        dam.let_go("ahead")  # too late: the page has them
        stage.hears(f"Math.abs(s.where.free[0] - {1 + turn / 5}) < 1e-9")
        stage.quiet()
        assert stage.page.evaluate("document.querySelector('.gx-plot').mark") == "same"
        assert stage.page.evaluate("document.activeElement.dataset.id") == "free"
    stage.calm()


def test_a_handle_says_what_it_is_and_where(handles):
    label = handles.handle("free").get_attribute("aria-label")
    assert label.startswith("Mean: 1, 1 (") and "arrow keys" in label
    assert handles.handle("side").get_attribute("aria-label").startswith("Edge: 3 (")
    assert handles.handle("free").get_attribute("role") == "button"
    handles.handle("free").focus()
    handles.page.keyboard.press("ArrowUp")
    handles.quiet()
    assert handles.handle("free").get_attribute("aria-label").startswith("Mean: 1, 1.2 (")


def test_a_finger_drags_a_handle(chromium, host):
    context = chromium.new_context(
        viewport={"width": PHONE[0], "height": PHONE[1]}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.goto(f"{host}/handles")
    page.wait_for_function(DRAWN, timeout=60_000)
    per_x, per_y = page.evaluate(SCALE)
    box = page.locator(".gx-handle[data-id=free] .gx-hit").bounding_box()
    assert min(box["width"], box["height"]) >= 40  # large enough for a finger
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touch = context.new_cdp_session(page)
    point = {"x": x, "y": y}
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    for step in range(1, 6):
        point = {"x": x + per_x * step / 5, "y": y + per_y * step / 5}
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_function(
        "() => JSON.parse(document.querySelector('#state').innerText).where.free.every("
        "(value) => Math.abs(value - 2) < 0.1)",
        timeout=15_000,
    )
    context.close()


# ------------------------------------------------------------------------------- the live slider


def test_the_live_slider_is_recomputed_while_it_moves(visit, host):
    live = Stage(visit(url=host), "live")
    assert live.slider.get_attribute("aria-valuetext") == "t = 1 s"
    runs = live.state["runs"]
    box = live.slider.bounding_box()
    y = box["y"] + box["height"] / 2
    live.page.mouse.move(box["x"] + 0.2 * box["width"], y)
    live.page.mouse.down()
    seen = set()
    for step in range(25):
        live.page.mouse.move(box["x"] + box["width"] * (0.2 + 0.03 * step), y)
        live.page.wait_for_timeout(40)
        seen.add(live.line)
    assert len(seen) >= 5
    live.page.mouse.up()
    live.quiet(500)
    assert live.state["runs"] > runs + 5
    index = live.state["index"]
    assert int(live.slider.input_value()) == index
    assert live.line == pytest.approx(index / 10)
    live.slider.focus()
    live.page.keyboard.press("ArrowLeft")
    live.quiet()
    assert live.state["index"] == index - 1


# ------------------------------------------------------------------------------- ahead of the page

#: What changed first after each key press, the picture or the rest of the page.
FIRST = """() => {
  window.first = []; let open = false;
  document.addEventListener('keydown', () => { open = true; }, true);
  const watch = (node, name) => new MutationObserver(() => {
    if (open) window.first.push(name);
    open = false;
  }).observe(node, { subtree: true, childList: true, attributes: true, characterData: true });
  watch(document.querySelector('.gx-plot'), 'picture');
  watch(document.querySelector('#state').parentElement, 'page');
}"""


def test_the_picture_is_there_before_the_page_is_laid_out_anew(visit, host):
    films = Stage(visit(url=host), "films")
    films.page.evaluate(FIRST)
    films.page.get_by_role("slider", name="Rise").focus()
    for rise in (2, 3, 4, 5, 4, 3, 2):
        films.page.keyboard.press("ArrowRight" if rise > films.state["rise"] else "ArrowLeft")
        films.hears(f"s.rise === {rise}")
        assert films.line == rise
        assert films.words == f"The line is at {float(rise)}."
        films.quiet()
    first = films.page.evaluate("window.first")
    assert len(first) == 7
    assert first.count("picture") >= 4, first  # a busy machine may need longer than a page waits
    assert len(films.ahead) == 7
    told = [json.loads(text.split("\n")[0]) for text in films.ahead]
    assert [one["number"] for one in told] == list(range(2, 9))
    films.calm()


def test_of_a_film_one_frame_comes_ahead_and_the_rest_with_the_page(visit, host):
    films = Stage(visit(url=host), "films")
    films.page.get_by_role("slider", name="Rise").focus()
    films.page.keyboard.press("ArrowRight")
    films.hears("s.rise === 2")
    assert films.line == 2
    _rest, _figure, seen = films.ahead[0].split("\n")
    assert json.loads(seen)["name"] == "5"
    films.quiet()
    films.slider.focus()
    for key, height, step in [("Home", 0, 0), ("ArrowRight", 0.4, 1), ("ArrowRight", 0.8, 2)]:
        films.page.keyboard.press(key)
        films.page.wait_for_function(f"() => ({LINE})() === {height}", timeout=10_000)
        assert films.slider.get_attribute("aria-valuetext") == f"Step {step}"


def test_a_line_that_breaks_changes_nothing_and_is_opened_again(visit, host):
    seen, opened = visit(url=host), []

    def pass_on(socket) -> None:
        opened.append(socket)
        socket.connect_to_server()

    seen.page.route_web_socket(AHEAD, pass_on)
    films = Stage(seen, "films")
    slider = films.page.get_by_role("slider", name="Rise")
    for number, rise in enumerate((2, 3)):
        slider.focus()
        films.page.keyboard.press("ArrowRight")
        films.hears(f"s.rise === {rise}")
        assert films.line == rise
        assert len(opened) == 1
        if number == 0:
            opened[0].close()
    films.page.wait_for_timeout(5_000)  # the page's pause between two tries
    slider.focus()
    films.page.keyboard.press("ArrowRight")
    films.hears("s.rise === 4")
    films.quiet()
    assert films.line == 4
    assert len(opened) == 2
    films.calm()


# ------------------------------------------------------------------------------- appearance


def test_what_the_film_has_changed_since_is_drawn_again(visit, host):
    """Only traces that say something else are drawn; the film changes them behind its back."""
    stage = Stage(visit(url=host), "films")
    stage.slider.focus()
    for _ in range(3):
        stage.page.keyboard.press("ArrowLeft")
    stage.page.wait_for_function(f"() => ({LINE})() === 0.4")
    stage.page.set_viewport_size({"width": 1100, "height": 800})  # all is drawn, at the third frame
    stage.quiet()
    stage.page.keyboard.press("ArrowRight")
    stage.page.keyboard.press("ArrowRight")
    stage.page.wait_for_function(f"() => ({LINE})() === 0.8")
    start = stage.page.get_by_label("Start")
    start.fill("2")
    start.press("Enter")
    stage.page.wait_for_function(f"() => ({LINE})() === 0.4", timeout=10_000)
    stage.calm()


def test_only_what_has_changed_is_drawn(handles):
    """The line is drawn; the points stay what they are (plotly sets their place again, no more)."""
    handles.page.evaluate(
        """() => {
          window.touched = new Set();
          new MutationObserver((list) => { for (const { target } of list) touched.add(target); })
            .observe(document.querySelector('.gx-plot .scatterlayer .trace'),
              { subtree: true, childList: true, attributeFilter: ['d', 'style'] });
        }"""
    )
    handles.handle("free").focus()
    handles.page.keyboard.press("ArrowUp")
    handles.page.wait_for_function(f"() => ({LINE})() === 1.2", timeout=10_000)
    handles.quiet()
    assert handles.page.evaluate("touched.size") == 0


#: Pictures within one frame of the screen: (height of the line, place of the edge or null).
AT_ONCE = """(pictures) => {
  const root = document.querySelector('.gx-root');
  const [rest, picture, film] = new TextDecoder().decode(root.latest.data).split('\\n');
  for (const [height, edge] of pictures) {
    const figure = JSON.parse(picture);
    figure.data[1].y = Array(6).fill(height);
    if (edge !== null) figure.data[2].x = [edge, edge];
    if (edge > 4) figure.layout.height = 300; // another layout: all is drawn anew
    const told = JSON.stringify({ ...JSON.parse(rest), line: '' });
    const next = [told, JSON.stringify(figure), film].join('\\n');
    root.stage.update({ ...root.latest, data: new TextEncoder().encode(next) });
  }
}"""
EDGE = """() => { const [, trace] = [...document.querySelectorAll('.scatterlayer .js-line')];
  const axis = document.querySelector('.gx-plot')._fullLayout.xaxis;
  const at = Number(trace.getAttribute('d').match(/^M([^,]+),/)[1]);
  return Math.round(10 * axis.p2l(at)) / 10; }"""


@pytest.mark.parametrize(
    ("pictures", "line", "edge"),
    [([(2, 3), (4, 3), (4, 1)], 4, 1), ([(2, 3), (3, 3), (5, 4.5)], 5, 4.5)],
    ids=["traces", "layout"],
)
def test_pictures_within_one_frame_of_the_screen_end_with_the_last(
    visit, host, pictures, line, edge
):
    """Plotly drops what it has not drawn yet; the next one must make up for it."""
    stage = Stage(visit(url=host), "handles")
    stage.page.evaluate(AT_ONCE, pictures)
    stage.quiet()
    assert (stage.line, stage.page.evaluate(EDGE)) == (line, edge)
    stage.calm()


def test_a_panel_in_which_nothing_changes_keeps_its_picture(visit, host):
    stage = Stage(visit(url=host), "panels")
    other = "document.querySelectorAll('.subplot.x2y2 .js-line').length"
    assert stage.page.evaluate(other) == 1
    for height in (2, 3):
        stage.page.evaluate(AT_ONCE, [(height, None)])
        stage.quiet()
        assert stage.line == height
        assert stage.page.evaluate(other) == 1


#: What plotly says of the lists in traces, and what the quick way says that stands in its place.
LISTS = """(traces) => { const quick = Plotly.PlotSchema.findArrayAttributes;
  return traces.map((trace) => [quick(trace), quick.slow(trace)]); }"""


def test_the_lists_in_a_trace_are_those_that_plotly_finds(film):
    """Of every kind of trace that the explorer draws, with lists at odd places."""
    found = film.page.evaluate(
        """async (lists) => {
          const place = document.createElement('div'), x = [1, 2, 3];
          const marker = { size: [4, 5, 6], color: [1, 2, 3], line: { width: [1, 2, 3] },
            colorbar: { tickvals: [1, 2], ticktext: ['a', 'b'] } };
          await Plotly.newPlot(place, [
            { x, y: x, text: ['a', 'b', 'c'], marker, mode: 'markers+text', ids: ['p', 'q', 'r'],
              textposition: ['top left', 'top left', 'top left'], error_y: { array: [1, 1, 1] } },
            { x: Float32Array.from(x), y: x, line: { color: '#123456' } },
            { type: 'bar', x, y: x, marker: { color: ['red', 'blue', 'red'] } },
            { type: 'heatmap', z: [x, x], customdata: [x, x] },
            { type: 'contour', z: [x, x, x], colorscale: [[0, 'red'], [1, 'blue']] },
          ]);
          return (0, eval)(lists)(place._fullData);
        }""",
        LISTS,
    )
    assert [quick for quick, _slow in found] == [slow for _quick, slow in found]
    assert {"marker.line.width", "textposition", "error_y.array", "ids"} <= set(found[0][0])
    assert found[1][0] == ["x", "y"] and "customdata" in found[3][0]


def test_another_theme_recolours_without_a_reload(film):
    light, dark = theme.ROLES["model"]

    def colour() -> str:
        return film.page.evaluate(
            "getComputedStyle(document.querySelectorAll('.gx-plot .js-line')[0]).stroke"
        )

    film.page.evaluate("window.here = true")
    film.slider.focus()
    film.page.keyboard.press("End")
    assert colour() == rgb(light)
    film.page.emulate_media(color_scheme="dark")
    film.page.wait_for_function(
        f"() => getComputedStyle(document.querySelector('.gx-plot .js-line')).stroke"
        f" === '{rgb(dark)}'",
        timeout=10_000,
    )
    assert film.page.evaluate("window.here") is True
    film.shows(5)
    film.page.emulate_media(color_scheme="light")
    film.page.wait_for_function(
        f"() => getComputedStyle(document.querySelector('.gx-plot .js-line')).stroke"
        f" === '{rgb(light)}'",
        timeout=10_000,
    )


def rgb(color: str) -> str:
    return "rgb({}, {}, {})".format(*(int(color[i : i + 2], 16) for i in (1, 3, 5)))


def test_words_follow_the_language(visit, host):
    korean = Stage(visit(url=host), "?lang=ko")
    names = [node.get_attribute("aria-label") for node in korean.page.locator(".gx-button").all()]
    names += [node.get_attribute("aria-label") for node in korean.page.locator(".gx-save").all()]
    assert len(names) == 6
    assert all(re.search(r"[가-힣]", name) for name in names), names


DOMAINS = """() => { const full = document.querySelector('.gx-plot')._fullLayout;
  return [full.xaxis2.domain[0], full.yaxis.domain[0], full.height]; }"""


def test_panels_stack_on_a_phone_and_stand_side_by_side_on_a_desk(visit, host):
    seen = visit(url=host)
    panels = Stage(seen, "panels")
    assert panels.page.evaluate(DOMAINS) == [0.55, 0, 320]
    panels.page.set_viewport_size({"width": 390, "height": 844})
    panels.page.wait_for_function(f"() => ({DOMAINS})()[2] === 640", timeout=10_000)
    assert panels.page.evaluate(DOMAINS) == [0, 0.6, 640]
    width = panels.page.evaluate("document.querySelector('.gx-plot').scrollWidth")
    assert width <= 390
    panels.page.set_viewport_size({"width": 1280, "height": 900})
    panels.page.wait_for_function(f"() => ({DOMAINS})()[2] === 320", timeout=10_000)


# ------------------------------------------------------------------------------- taken home


@pytest.mark.parametrize("kind", ["PNG", "SVG"])
def test_the_picture_can_be_saved_as_it_stands(film, kind, tmp_path):
    film.slider.focus()
    film.page.keyboard.press("End")
    film.shows(5)
    with film.page.expect_download() as waiting:
        film.button(f"Save picture ({kind})").click()
    file = tmp_path / "picture"
    waiting.value.save_as(file)
    assert waiting.value.suggested_filename == f"figure.{kind.lower()}"
    content = file.read_bytes()
    if kind == "PNG":
        assert content[:8] == b"\x89PNG\r\n\x1a\n"
        width, height = (int.from_bytes(content[i : i + 4], "big") for i in (16, 20))
        assert width == 2400 and height >= 1200
    else:
        text = content.decode()
        assert text.startswith("<svg") and "width at 5" in text
    film.shows(5)


# ------------------------------------------------------------------------------- what goes wrong

WRONG = [
    "null", "'x'", "[]", "{}", "true", "-1", "1e9", "1.5", "NaN",
    "{id: 'free', x: 'a', y: 0}", "{id: 'free', x: null, y: 0}", "{id: 'free', x: 1}",
    "{id: 'nobody', x: 1, y: 1}", "{id: ['free'], x: 1, y: 1}", "{id: 'free', x: [1], y: {}}",
]  # fmt: skip


def test_reports_that_make_no_sense_change_nothing(handles):
    before = handles.state["where"]
    for value in WRONG:
        handles.send("moved", value)
        assert handles.state["where"] == before, value
    assert handles.page.get_by_test_id("stException").count() == 0
    handles.send("moved", "{id: 'free', x: 2, y: 99}")  # a sensible one still counts, in bounds
    assert handles.state["where"]["free"] == [2, 5]


def test_frames_that_do_not_exist_change_nothing(film):
    for value in [*WRONG, "99", f"{COUNT}"]:
        film.send("scrubbed", value)
    assert film.state["heard"] == []
    assert film.page.get_by_test_id("stException").count() == 0
    film.send("scrubbed", "3")
    assert film.state["heard"] == [3]


@pytest.mark.parametrize("file", ["**/plotly-*.min.js", "**/stage-*.js"])
def test_a_library_that_does_not_load_is_said_calmly(chromium, host, file):
    context = chromium.new_context(locale="en-US")
    page = context.new_page()
    broken = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.route(file, lambda route: route.abort())
    page.goto(host)
    page.get_by_text("The picture library did not load. Reload the page, please.").wait_for()
    assert broken == []
    page.unroute(file)
    page.reload()
    page.wait_for_function(DRAWN, timeout=60_000)
    context.close()


def test_nothing_goes_wrong_in_an_ordinary_visit(film):
    film.slider.focus()
    film.page.keyboard.press("End")
    film.button("Run again").click()
    film.quiet()
    film.calm()
