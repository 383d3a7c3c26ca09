"""The filmstrip under a real hand: every picture is known, so each pixel can be asked about."""

import json
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import numpy as np
import pytest

from explorer.components.filmstrip import publish
from explorer.figures import sprite, theme
from tests.browser.conftest import PHONE, photograph, serving

pytestmark = pytest.mark.browser

APP = Path(__file__).parent / "apps" / "filmstrip_app.py"
X, Y, ROWS, COLS = (-3.0, 3.0), (-2.0, 2.0), 8, 12
FRAME = 50  # ms, p95 of a frame while dragging: loose, because machines that run tests are shared

#: The grey of the picture's two halves, which speak of x and of y (see the host).
GREY = """() => {
  const canvas = document.querySelector('.fs-picture'), pen = canvas.getContext('2d');
  const at = (share) => pen.getImageData(share * canvas.width, canvas.height / 2, 1, 1).data[0];
  return [at(0.25), at(0.75)];
}"""
EXACT = "() => document.querySelector('.fs-state')?.dataset.exact === 'yes'"
QUIET = """() => document.querySelector('[data-testid=stApp]').dataset.testScriptState ===
  'notRunning'"""
TWO_FRAMES = "() => new Promise((f) => requestAnimationFrame(() => requestAnimationFrame(f)))"


def decode(x: float, y: float) -> np.ndarray:
    """The host's model: the two greys at a place."""
    share = np.array([(x + 3) / 6, (y + 2) / 4])
    return 255 * (share + 0.08 * np.sin(2 * np.pi * 6 * share)).clip(0, 1)


GRID = np.array([decode(*place) for place in sprite.cells(X, Y, (ROWS, COLS))])
GRID = np.rint(GRID).reshape(ROWS, COLS, 2)


def blend(x: float, y: float) -> np.ndarray:
    """Bilinear, from the four nearest middles of cells; beyond the outermost, the nearest."""
    u = np.clip((x - X[0]) / 6 * COLS - 0.5, 0, COLS - 1)
    v = np.clip((Y[1] - y) / 4 * ROWS - 0.5, 0, ROWS - 1)
    col, row = min(int(u), COLS - 2), min(int(v), ROWS - 2)
    fx, fy = u - col, v - row
    top = (1 - fx) * GRID[row, col] + fx * GRID[row, col + 1]
    low = (1 - fx) * GRID[row + 1, col] + fx * GRID[row + 1, col + 1]
    return (1 - fy) * top + fy * low


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("filmstrip")  # Streamlit serves files from beside the script
    publish(folder / "static")
    script, log = Path(shutil.copy(APP, folder)), folder / "host.log"
    with serving(script, log) as url:
        yield url
    assert "Traceback" not in log.read_text(), log.read_text()


class Hand:
    """One page of the host, what passes between it and the server, and a hand on the plane."""

    def __init__(self, seen, path: str):
        self.page, self.calm, self.sent, self.got, self.media = seen.page, seen.calm, [], [], []
        self.page.on("websocket", self._listen)
        self.page.on("request", self._request)
        self.page.goto(f"{seen.watch.home}/{path}")
        self.page.wait_for_selector(".fs-picture", timeout=60_000)
        self.page.wait_for_function("() => document.querySelector('.fs-picture').width !== 300")
        self.quiet()

    def _request(self, request) -> None:
        if "/media/" in request.url and "/static/" not in request.url:  # Streamlit's own fonts
            self.media.append(request.url)

    def _listen(self, socket) -> None:
        socket.on("framesent", lambda message: self.sent.append(message))
        socket.on("framereceived", lambda message: self.got.append(message))

    def quiet(self, wait: int = 250) -> "Hand":
        self.page.wait_for_timeout(wait)
        self.page.wait_for_function(QUIET)
        self.page.evaluate(TWO_FRAMES)
        return self

    @property
    def state(self) -> dict:
        return json.loads(self.page.locator("#state").inner_text())

    @property
    def pane(self):
        return self.page.locator(".fs-pane")

    @property
    def grey(self) -> np.ndarray:
        return np.array(self.page.evaluate(GREY), dtype=float)

    @property
    def is_exact(self) -> bool:
        return self.page.evaluate(EXACT)

    @property
    def place(self) -> list[float]:
        words = self.page.locator(".fs-place").inner_text().replace("−", "-")
        assert self.pane.get_attribute("aria-valuetext").replace("−", "-") == words
        return [float(text) for text in re.findall(r"= (-?[\d.]+)", words)]

    def screen(self, x: float, y: float) -> tuple[float, float]:
        """Where a place lies on the screen; margins as in the script."""
        box = self.pane.bounding_box()
        wide, high = box["width"] - 46 - 12, box["height"] - 10 - 42
        return (
            box["x"] + 46 + wide * (x - X[0]) / 6,
            box["y"] + 10 + high * (Y[1] - y) / 4,
        )

    def take(self, x: float, y: float) -> None:
        self.page.mouse.move(*self.screen(x, y))
        self.page.mouse.down()
        self.page.evaluate(TWO_FRAMES)

    def go(self, x: float, y: float) -> None:
        self.page.mouse.move(*self.screen(x, y))
        self.page.evaluate(TWO_FRAMES)

    def lands(self) -> None:
        """The exact picture of the place has come."""
        self.page.wait_for_function(EXACT, timeout=15_000)
        self.quiet()
        x, y = self.state["at"]
        assert self.place == pytest.approx([x, y], abs=0.03)
        assert np.abs(self.grey - decode(x, y)).max() <= 1, "not the picture of this place"

    def rerun(self, name: str = "Run again") -> None:
        """A rerun that leaves the focus alone."""
        self.page.evaluate(
            "(name) => [...document.querySelectorAll('button')].find((b) =>"
            " b.innerText.includes(name)).dispatchEvent(new MouseEvent('click', {bubbles: true}))",
            name,
        )
        self.quiet()

    def send(self, event: str, value: str) -> None:
        """A report as a tampered browser could make it; `value` is JavaScript."""
        self.page.evaluate(
            f"document.querySelector('.fs-root').latest.setTriggerValue('{event}', {value})"
        )
        self.quiet()


@pytest.fixture
def hand(visit, host) -> Hand:
    return Hand(visit(url=host), "")


# ------------------------------------------------------------------------------- the picture


def test_the_plane_opens_with_the_exact_picture(hand):
    hand.lands()
    assert hand.place == [0.4, -0.3]
    assert np.abs(decode(0.4, -0.3) - blend(0.4, -0.3)).max() > 5  # the two can be told apart
    words = hand.page.locator(".fs-summary").inner_text()
    assert words == "The picture at 0.40, -0.30."
    assert hand.page.locator(".fs-picture").get_attribute("aria-label") == words
    hand.calm()


def test_dragging_paints_the_blend_of_the_four_nearest_without_the_server(hand):
    hand.take(-2.9, -1.9)
    hand.sent.clear()
    seen = set()
    rng = np.random.default_rng(5)
    for x, y in [(-2.9, 1.9), (2.95, 1.95), *rng.uniform((-2.9, -1.9), (2.9, 1.9), (14, 2))]:
        hand.go(x, y)
        there = hand.place
        assert there == pytest.approx([x, y], abs=0.03)
        # the place is written with two digits, so a grey may differ by what half a digit does
        slack = 2 + np.abs(blend(*np.add(there, 0.005)) - blend(*np.subtract(there, 0.005))).max()
        assert np.abs(hand.grey - blend(*there)).max() <= slack
        assert not hand.is_exact
        seen.add(tuple(hand.grey))
    assert len(seen) >= 15
    assert hand.sent == [], "dragging spoke to the server"
    hand.page.mouse.up()
    hand.quiet()
    assert len(hand.sent) == 1
    hand.calm()


def test_the_exact_picture_replaces_the_blend_after_release(hand):
    hand.take(-1.0, 0.5)
    hand.go(1.37, 0.62)
    assert np.abs(hand.grey - blend(1.37, 0.62)).max() <= 4
    assert np.abs(decode(1.37, 0.62) - blend(1.37, 0.62)).max() > 8
    hand.page.mouse.up()
    hand.lands()
    assert hand.state["settled"] == [pytest.approx([1.37, 0.62], abs=0.02)]
    assert hand.state["moved"] == []
    assert hand.page.locator(".fs-state").inner_text() == "= decoded exactly here"
    hand.rerun()
    hand.lands()
    assert len(hand.state["settled"]) == 1


def test_a_late_exact_picture_does_not_overwrite_a_newer_place(visit, host):
    """Let go at one place, take hold of another before the answer comes, and wait there."""
    hand = Hand(visit(url=host), "slow")
    hand.take(-2.0, 1.0)
    hand.go(-1.6, 1.1)
    hand.page.mouse.up()
    hand.take(1.0, -1.0)
    hand.go(1.62, -1.13)
    hand.page.evaluate("""() => { window.exact = 0; const watch = () => {
      window.exact += document.querySelector('.fs-state').dataset.exact === 'yes';
      requestAnimationFrame(watch); }; watch(); }""")
    hand.page.wait_for_function(
        "() => JSON.parse(document.querySelector('#state').innerText).settled.length === 1",
        timeout=15_000,
    )
    hand.quiet()
    assert hand.state["at"] == pytest.approx([-1.6, 1.1], abs=0.03)  # the answer has come
    assert hand.place == pytest.approx([1.62, -1.13], abs=0.03)
    assert np.abs(hand.grey - blend(1.62, -1.13)).max() <= 4
    assert hand.page.evaluate("window.exact") == 0
    hand.page.mouse.up()
    hand.lands()
    assert hand.place == pytest.approx([1.62, -1.13], abs=0.03)


def test_a_second_release_before_the_first_answer_wins(visit, host):
    hand = Hand(visit(url=host), "slow")
    for x, y in ((-2.0, 1.0), (0.8, 0.9), (2.1, -0.7)):
        hand.take(x, y)
        hand.page.mouse.up()
    hand.page.evaluate("""() => { window.places = new Set(); const watch = () => {
      window.places.add(document.querySelector('.fs-place').innerText);
      requestAnimationFrame(watch); }; watch(); }""")
    hand.lands()
    assert hand.place == pytest.approx([2.1, -0.7], abs=0.03)
    assert hand.page.evaluate("window.places.size") == 1, "the hand was pulled back"


def test_the_server_is_told_on_the_way_one_report_at_a_time(visit, host):
    hand = Hand(visit(url=host), "moving")
    hand.take(-2.5, 0.0)
    started = time.monotonic()
    for step in range(60):
        hand.page.mouse.move(*hand.screen(-2.5 + 5 * step / 60, 0.01 * step))
        hand.page.wait_for_timeout(25)
    reports, taken = len(hand.sent), time.monotonic() - started
    hand.go(2.5, 0.6)
    hand.page.mouse.up()
    hand.lands()
    moved = hand.state["moved"]
    assert hand.is_exact
    assert 3 <= len(moved) and [x for x, _y in moved] == sorted(x for x, _y in moved)
    assert reports <= taken / 0.3 + 2, "a server that takes 0.3 s was not waited for"
    assert hand.state["settled"] == [pytest.approx([2.5, 0.6], abs=0.03)]


def test_a_hand_that_waited_before_it_let_go_gets_its_exact_picture(visit, host):
    """The place has been answered already, so the answer to the release says nothing new."""
    hand = Hand(visit(url=host), "moving")
    hand.take(-1.0, 0.5)
    hand.go(1.37, 0.62)
    hand.quiet(1500)
    assert hand.state["at"] == pytest.approx([1.37, 0.62], abs=0.03)
    hand.page.mouse.up()
    hand.lands()


def test_the_nearest_picture_is_an_option_and_needs_no_server(visit, host):
    hand = Hand(visit(url=host), "free")
    hand.take(0.0, 0.0)
    hand.sent.clear()
    for x, y in ((0.71, 0.71), (0.55, 0.95), (-1.9, -1.3)):
        hand.go(x, y)
        nearest = GRID[int((Y[1] - y) / 4 * ROWS), int((x - X[0]) / 6 * COLS)]
        np.testing.assert_array_equal(hand.grey, nearest)
    hand.page.mouse.up()
    hand.quiet()
    assert hand.sent == []
    hand.rerun()  # Python still says (0, 0), but it never said anything else
    assert hand.state["runs"] == 2
    assert hand.place == pytest.approx([-1.9, -1.3], abs=0.03)
    assert hand.page.locator(".fs-views").is_hidden()


def test_the_page_may_move_the_hand_itself(hand):
    hand.take(-1.0, 1.0)
    hand.page.mouse.up()
    hand.lands()
    hand.rerun("Go to the corner")
    assert hand.place == [3, 2]
    hand.lands()


def test_a_place_beyond_the_edge_is_the_edge(hand):
    hand.take(0.0, 0.0)
    box = hand.pane.bounding_box()
    hand.page.mouse.move(box["x"] + box["width"] + 300, box["y"] - 40)
    hand.page.mouse.up()
    hand.lands()
    assert hand.state["settled"] == [[3, 2]]


def test_inverted_pictures_have_black_ink_on_white(visit, host):
    hand = Hand(visit(url=host), "full")
    x, y = hand.state["at"]
    assert np.abs(hand.grey - (255 - decode(x, y))).max() <= 1
    hand.take(1.2, -0.6)
    assert np.abs(hand.grey - (255 - blend(*hand.place))).max() <= 4
    hand.page.mouse.up()


COLOUR = """() => { const c = document.querySelector('.fs-picture');
  return [...c.getContext('2d').getImageData(c.width / 2, c.height / 2, 1, 1).data]; }"""


def test_another_sheet_takes_the_place_of_the_first(visit, host):
    hand = Hand(visit(url=host), "other")
    np.testing.assert_array_equal(hand.grey, GRID[-1, 0])
    hand.page.get_by_text("Other", exact=True).click()
    hand.page.wait_for_function("() => document.querySelector('.fs-picture').height > 300")
    assert hand.page.evaluate(COLOUR) == [40, 0, 120, 255]  # bottom left, in colour
    size = hand.page.evaluate("""() => { const c = document.querySelector('.fs-picture');
      return [c.width, c.height]; }""")
    assert size == [280, 350]  # seven times 40 × 50
    hand.take(2.9, 1.9)
    assert hand.page.evaluate(COLOUR) == [0, 120, 120, 255]
    hand.go(0.0, 0.0)  # between all four in the middle
    assert hand.page.evaluate(COLOUR) == pytest.approx([20, 60, 120, 255], abs=2)
    hand.page.mouse.up()
    assert len(hand.media) == 2
    hand.page.get_by_text("Other", exact=True).click()
    hand.page.wait_for_function("() => document.querySelector('.fs-picture').height < 300")
    hand.quiet()
    assert np.abs(hand.grey - blend(*hand.place)).max() <= 2
    assert len(hand.media) == 2  # the first was kept
    hand.calm()


def test_without_a_sheet_the_server_paints_while_the_hand_moves(visit, host):
    hand = Hand(visit(url=host), "bare")
    assert hand.page.evaluate(COLOUR) == [128, 90, 200, 255]
    hand.take(-2.5, 0.0)
    reds = set()
    for step in range(30):
        hand.go(-2.5 + 5 * step / 29, 0.0)
        hand.page.wait_for_timeout(20)
        reds.add(hand.page.evaluate(COLOUR)[0])
    hand.page.mouse.up()
    hand.page.wait_for_function(EXACT, timeout=15_000)
    assert len(reds) >= 6, "the picture stood still while the hand moved"
    assert hand.page.evaluate(COLOUR)[0] == pytest.approx(255 * 5.5 / 6, abs=2)
    assert hand.place == pytest.approx([2.5, 0], abs=0.03)


# ------------------------------------------------------------------------------- speed and weight

FRAMES = """() => { window.gaps = []; window.seen = new Set(); let last;
  const pen = document.querySelector('.fs-picture').getContext('2d');
  const watch = (now) => { if (last) window.gaps.push(now - last); last = now;
    window.seen.add(document.querySelector('.fs-place').textContent);
    window.watching = requestAnimationFrame(watch); };
  window.watching = requestAnimationFrame(watch); }"""


def test_frames_follow_each_other_quickly_while_the_hand_moves(hand):
    turns = np.arange(90) / 12
    spots = [hand.screen(2.4 * np.cos(turn), 1.5 * np.sin(turn)) for turn in turns]
    p95, painted = [], []
    for _ in range(3):
        hand.take(-2.5, -1.5)
        hand.page.evaluate(FRAMES)
        for x, y in spots:
            hand.page.mouse.move(x, y)
        hand.page.evaluate("cancelAnimationFrame(window.watching)")
        gaps, seen = hand.page.evaluate("[window.gaps, window.seen.size]")
        p95.append(float(np.percentile(gaps, 95)))
        painted.append(seen)
        hand.page.mouse.up()
        hand.quiet()
    print(f"frame p95 {p95} ms, places painted {painted}")
    assert median(p95) <= FRAME, p95
    assert min(painted) > 20, painted


def test_the_sheet_travels_once(hand):
    assert len(hand.media) == 1
    hand.got.clear()
    hand.take(1.0, 1.0)
    hand.go(-1.0, 0.5)
    hand.page.mouse.up()
    hand.lands()
    weight = sum(len(message) for message in hand.got)
    print(f"bytes received for one settled place: {weight}")
    assert weight < 25_000
    hand.rerun()
    hand.rerun("Go to the corner")
    hand.lands()
    assert len(hand.media) == 1
    hand.page.reload()  # a new session: the server has forgotten, the browser has too
    hand.page.wait_for_selector(".fs-picture", timeout=60_000)
    hand.quiet(600)
    hand.lands()
    hand.take(0.3, 0.3)
    assert np.abs(hand.grey - blend(*hand.place)).max() <= 4
    hand.page.mouse.up()
    hand.calm()


def test_a_page_that_comes_back_needs_no_second_fetch(hand):
    hand.page.get_by_role("link", name="slow").click()
    hand.page.wait_for_function("() => location.pathname === '/slow'")
    hand.quiet(1500)
    hand.lands()
    assert len(hand.media) == 1
    hand.take(0.3, 0.3)
    assert np.abs(hand.grey - blend(*hand.place)).max() <= 4
    hand.page.mouse.up()
    hand.lands()
    hand.calm()


# ------------------------------------------------------------------------------- keyboard


def test_the_arrow_keys_move_by_a_hundredth_and_shift_by_a_tenth(hand):
    hand.pane.focus()
    for key, place in [
        ("ArrowRight", [0.46, -0.3]),
        ("ArrowUp", [0.46, -0.26]),
        ("Shift+ArrowLeft", [-0.14, -0.26]),
        ("Shift+ArrowDown", [-0.14, -0.66]),
        ("PageUp", [-0.14, -0.26]),
        ("Home", [-3, -0.26]),
        ("ArrowLeft", [-3, -0.26]),
        ("End", [3, -0.26]),
    ]:
        hand.page.keyboard.press(key)
        hand.page.evaluate(TWO_FRAMES)
        assert hand.place == pytest.approx(place, abs=0.006), key
    hand.lands()
    assert hand.state["at"] == pytest.approx([3, -0.26])
    assert float(hand.pane.get_attribute("aria-valuenow")) == pytest.approx(3)
    assert hand.page.evaluate("document.activeElement.className") == "fs-pane"


def test_a_key_held_down_reports_when_it_is_let_go(hand):
    hand.pane.focus()
    hand.sent.clear()
    for _ in range(25):
        hand.page.keyboard.down("ArrowLeft")
    hand.page.evaluate(TWO_FRAMES)
    assert not hand.is_exact
    assert hand.sent == []
    hand.page.keyboard.up("ArrowLeft")
    hand.lands()
    assert len(hand.sent) == 1
    assert hand.state["at"] == pytest.approx([0.4 - 25 * 0.06, -0.3])


def test_other_keys_are_left_alone(hand):
    hand.pane.focus()
    hand.page.keyboard.press("Tab")
    assert hand.page.evaluate("document.activeElement.className") != "fs-pane"
    hand.page.keyboard.press("Shift+Tab")
    assert hand.page.evaluate("document.activeElement.className") == "fs-pane"
    hand.page.keyboard.press("Control+ArrowLeft")
    hand.page.keyboard.press("a")
    assert hand.place == [0.4, -0.3]


# ------------------------------------------------------------------------------- points and marks

#: How many pixels of the map or of the marks are close to a colour.
COUNT = """([which, colors]) => {
  const layer = document.querySelectorAll('.fs-layer')[which];
  const { data } = layer.getContext('2d').getImageData(0, 0, layer.width, layer.height);
  return colors.map((color) => {
    const rgb = [1, 3, 5].map((i) => parseInt(color.slice(i, i + 2), 16));
    let count = 0;
    for (let i = 0; i < data.length; i += 4)
      count += data[i + 3] > 200 && rgb.every((c, k) => Math.abs(c - data[i + k]) < 12);
    return count;
  });
}"""


def inks(hand: Hand, layer: int, *colors: str) -> list[int]:
    return hand.page.evaluate(COUNT, [layer, list(colors)])


def test_points_and_pictures_take_turns_and_the_choice_stays(visit, host):
    hand = Hand(visit(url=host), "full")
    colours = theme.COMPONENTS[:8]
    as_points = inks(hand, 0, *colours)
    assert min(as_points) > 30
    buttons = {name: hand.page.get_by_role("button", name=name) for name in ("Points", "Pictures")}
    assert buttons["Points"].get_attribute("aria-pressed") == "true"
    buttons["Pictures"].click()
    assert inks(hand, 0, *colours) == [0] * 8
    assert buttons["Points"].get_attribute("aria-pressed") == "false"
    assert buttons["Pictures"].get_attribute("aria-pressed") == "true"
    hand.take(1.0, 1.0)
    hand.page.mouse.up()
    hand.quiet()
    assert inks(hand, 0, *colours) == [0] * 8
    buttons["Points"].click()
    assert inks(hand, 0, *colours) == as_points
    hand.calm()


def test_the_map_shows_each_picture_where_it_was_decoded(hand):
    """The grey of the left half of the cell under a place, read from the map itself."""
    for x, y in ((-2.875, 1.75), (1.125, -0.25), (2.625, -1.75)):
        (sx, sy), box = hand.screen(x, y), hand.pane.bounding_box()
        shown = hand.page.evaluate(
            "([x, y]) => document.querySelector('.fs-layer').getContext('2d')"
            ".getImageData(x, y, 1, 1).data[0]",
            [sx - box["x"], sy - box["y"]],
        )
        expected = GRID[int((Y[1] - y) / 4 * ROWS), int((x - X[0]) / 6 * COLS), 0]
        assert abs(shown - expected) <= 3


def test_ellipses_path_and_samples_are_drawn_in_the_colours_of_their_roles(visit, host):
    roles = ("latent", "condition", "sample")
    for dark in (False, True):
        hand = Hand(visit(url=host, dark=dark), "full")
        assert min(inks(hand, 1, *(theme.ROLES[role][dark] for role in roles))) > 60
        assert max(inks(hand, 1, *(theme.ROLES[role][not dark] for role in roles))) < 20


# ------------------------------------------------------------------------------- screens


@pytest.mark.parametrize("path", ["full", "film"])
@pytest.mark.parametrize("window", ["desk", "dark", "phone"])
def test_axe_finds_nothing(visit, host, path, window):
    from axe_playwright_python.sync_playwright import Axe

    size = {"size": PHONE} if window == "phone" else {}
    hand = Hand(visit(url=host, dark=window == "dark", **size), path)
    found = Axe().run(hand.page, context=".stBidiComponent").response["violations"]
    assert not [(rule["id"], rule["nodes"][0]["html"]) for rule in found]
    photograph(hand.page, f"filmstrip-{path}-{window}")
    hand.calm()


def test_on_a_phone_the_picture_lies_above_the_plane_and_nothing_overflows(visit, host):
    hand = Hand(visit(url=host, size=PHONE), "full")
    picture = hand.page.locator(".fs-picture").bounding_box()
    pane = hand.pane.bounding_box()
    assert picture["y"] + picture["height"] <= pane["y"]
    assert pane["y"] + pane["height"] - picture["y"] < PHONE[1]  # both at once
    assert pane["width"] > 300 and pane["x"] + pane["width"] <= PHONE[0]
    assert hand.page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    hand.page.set_viewport_size({"width": 1280, "height": 900})
    hand.quiet()
    picture, pane = hand.page.locator(".fs-picture").bounding_box(), hand.pane.bounding_box()
    assert picture["x"] >= pane["x"] + pane["width"]


def test_at_every_width_picture_and_plane_fit_into_their_place(visit, host):
    hand = Hand(visit(url=host), "full")
    hand.page.evaluate("""() => { const style = document.createElement('style');
      style.textContent = '.fs-root { width: var(--try); }'; document.head.append(style);
      document.querySelector('.fs-summary').textContent = 'Many words. '.repeat(60); }""")
    for width in (300, 390, 559, 560, 561, 645, 700, 777, 900):
        hand.page.evaluate(f"document.body.style.setProperty('--try', '{width}px')")
        hand.page.evaluate(TWO_FRAMES)
        hand.page.evaluate(TWO_FRAMES)
        root = hand.page.locator(".fs-root").bounding_box()
        picture, pane = hand.page.locator(".fs-picture").bounding_box(), hand.pane.bounding_box()
        assert root["width"] == width
        words = hand.page.locator(".fs-summary").bounding_box()
        assert words["width"] == pytest.approx(width, abs=1)
        for part in (picture, pane):
            assert part["x"] >= root["x"] and part["x"] + part["width"] <= root["x"] + width + 0.5
        beside = picture["x"] >= pane["x"] + pane["width"]
        assert beside == (width >= 560), width
        assert beside or picture["y"] + picture["height"] <= pane["y"], width
        if beside:  # the picture begins where the plane does
            assert picture["y"] == pytest.approx(pane["y"] + 10, abs=8), width


def test_a_finger_drags_the_place_and_the_page_stays(chromium, host):
    context = chromium.new_context(
        viewport={"width": 390, "height": 500}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.goto(host)
    page.wait_for_selector(".fs-pane", timeout=60_000)
    page.wait_for_timeout(500)
    page.locator(".fs-pane").scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    before = page.locator(".fs-pane").bounding_box()
    x, y = before["x"] + 100, before["y"] + 60
    touch = context.new_cdp_session(page)

    def finger(kind: str, *points: dict) -> None:
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": list(points)})

    finger("touchStart", {"x": x, "y": y})
    greys = set()
    for step in range(1, 9):
        finger("touchMove", {"x": x + 12 * step, "y": y + 12 * step})
        page.evaluate(TWO_FRAMES)
        greys.add(tuple(page.evaluate(GREY)))
    finger("touchEnd")
    assert len(greys) >= 7
    page.wait_for_function(EXACT, timeout=15_000)
    assert page.locator(".fs-pane").bounding_box() == before
    state = json.loads(page.locator("#state").inner_text())
    assert len(state["settled"]) == 1
    context.close()


def test_a_fine_screen_gets_sharp_pictures(chromium, host):
    """Two device pixels per CSS pixel: twice the pixels, in whole multiples of the picture's."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, device_scale_factor=2)
    page = context.new_page()
    page.goto(host)
    page.wait_for_selector(".fs-picture", timeout=60_000)
    page.wait_for_function(EXACT, timeout=15_000)
    width, css = page.evaluate("""() => { const c = document.querySelector('.fs-picture');
      return [c.width, c.getBoundingClientRect().width - 2]; }""")
    assert width == pytest.approx(2 * css, abs=0.1) and width % 28 == 0
    edge = page.evaluate("""() => { const c = document.querySelector('.fs-picture');
      const row = c.getContext('2d').getImageData(0, 9, c.width, 1).data;
      return new Set([...Array(c.width).keys()].map((i) => row[4 * i])).size; }""")
    assert edge == 2, "the two halves run into each other"
    context.close()


def test_another_theme_leaves_the_picture_and_recolours_the_map(visit, host):
    hand = Hand(visit(url=host), "full")
    before = hand.page.evaluate("document.querySelector('.fs-picture').toDataURL()")
    light, dark = theme.ROLES["latent"]
    hand.page.emulate_media(color_scheme="dark")
    hand.page.wait_for_timeout(600)
    counts = inks(hand, 1, light, dark)
    assert counts[0] < 20 < counts[1]
    assert hand.page.evaluate("document.querySelector('.fs-picture').toDataURL()") == before
    hand.page.emulate_media(color_scheme="light")


def test_words_follow_the_language(visit, host):
    hand = Hand(visit(url=host), "full?lang=ko")
    spoken = [hand.pane.get_attribute(name) for name in ("aria-label", "aria-roledescription")]
    spoken += [hand.page.locator(".fs-state").inner_text()]
    spoken += [node.inner_text() for node in hand.page.locator(".fs-view").all()]
    spoken += [hand.page.locator(".fs-save").get_attribute("aria-label")]
    assert len(spoken) == 6
    assert all(re.search(r"[가-힣]", words) for words in spoken), spoken


def test_the_picture_can_be_saved_as_it_stands(hand, tmp_path):
    from PIL import Image

    hand.lands()
    with hand.page.expect_download() as waiting:
        hand.page.get_by_role("button", name="Save picture (PNG)").click()
    waiting.value.save_as(tmp_path / "picture.png")
    assert waiting.value.suggested_filename == "picture.png"
    saved = np.asarray(Image.open(tmp_path / "picture.png").convert("L"))
    assert saved.shape == (280, 280)
    expected = decode(0.4, -0.3)
    assert np.abs(saved[:, :140] - expected[0]).max() <= 1
    assert np.abs(saved[:, 140:] - expected[1]).max() <= 1


# ------------------------------------------------------------------------------- what goes wrong

WRONG = ["null", "'x'", "[]", "{}", "true", "1e9", "NaN", "{x: 'a', y: 0, number: 1}",
         "{x: null, y: 1}", "{x: 1}", "{x: [1], y: {}, number: 'n'}", "{number: 1e30}"]  # fmt: skip


def test_nonsense_from_a_tampered_browser_changes_nothing(hand):
    for event in ("moved", "settled"):
        for value in WRONG:
            hand.send(event, value)
    assert hand.state["at"] == [0.4, -0.3]
    hand.lands()
    hand.take(1.0, 1.0)
    hand.page.mouse.up()
    hand.lands()
    hand.calm()


def test_pictures_that_do_not_come_are_named(visit, host):
    seen = visit(url=host)
    seen.page.route("**/media/**", lambda route: route.fulfill(status=503))
    seen.page.goto(f"{host}/free")
    seen.page.wait_for_function(
        "() => document.querySelector('.fs-state')?.textContent.startsWith('The pictures did not')",
        timeout=20_000,
    )


def test_a_sheet_that_is_missing_for_a_moment_is_asked_for_again(visit, host):
    seen, calls = visit(url=host), []

    def once(route) -> None:
        calls.append(route.request.url)
        if len(calls) == 1:
            route.fulfill(status=404)
        else:
            route.continue_()

    seen.page.route(re.compile(r"\d+/media/"), once)
    seen.page.goto(f"{host}/free")
    seen.page.wait_for_selector(".fs-picture", timeout=60_000)
    seen.page.wait_for_function("() => document.querySelector('.fs-picture').width !== 300")
    grey = np.array(seen.page.evaluate(GREY))
    assert np.abs(grey - GRID[4, 6]).max() <= 1
    assert len(calls) == 2


# ------------------------------------------------------------------------------- the film


class Film(Hand):
    @property
    def slider(self):
        return self.page.locator(".fs-range")

    def button(self, name: str):
        return self.page.get_by_role("button", name=name, exact=True)

    def shows(self, frame: int) -> None:
        """Picture, slider, words and screen reader agree on the frame."""
        self.page.wait_for_function(
            f"() => document.querySelector('.fs-picture').dataset.frame === '{frame}'",
            timeout=10_000,
        )
        assert self.grids == [255, 6 * frame, 6 * frame]
        assert self.slider.input_value() == str(frame)
        assert self.slider.get_attribute("aria-valuetext") == f"Step {frame} of 39"
        assert self.page.locator(".fs-output").inner_text() == f"Step {frame} of 39"
        assert self.page.locator(".fs-summary").inner_text() == f"Grey {6 * frame}."
        label = self.page.locator(".fs-picture").get_attribute("aria-label")
        assert label == f"Grey {6 * frame}."

    @property
    def grids(self) -> list[int]:
        """Greys in the middles of the first, the second and the last of the 4 × 4 pictures."""
        return self.page.evaluate("""() => { const c = document.querySelector('.fs-picture');
          const pen = c.getContext('2d'), at = (x, y) =>
            pen.getImageData(c.width * (x + 0.5) / 4, c.height * (y + 0.5) / 4, 1, 1).data[0];
          return [at(0, 0), at(1, 0), at(3, 3)]; }""")


@pytest.fixture
def film(visit, host) -> Film:
    film = Film(visit(url=host), "film")
    film.page.wait_for_selector(".fs-picture[data-frame]")
    return film


def test_the_film_opens_where_it_is_told_and_stays_there(film):
    film.quiet(500)
    film.shows(5)
    gap = film.page.evaluate("""() => { const c = document.querySelector('.fs-picture');
      const scale = Math.floor(448 / 115);
      return [c.width, c.getContext('2d').getImageData(28 * scale + 1, 9, 1, 1).data[3]]; }""")
    assert gap == [115 * 3, 0], "pictures are kept apart by a gap, at a whole multiple"
    film.calm()


def test_scrubbing_paints_on_the_way_and_reports_once_at_rest(film):
    box = film.slider.bounding_box()
    y = box["y"] + box["height"] / 2
    film.page.mouse.move(box["x"] + 0.1 * box["width"], y)
    film.page.mouse.down()
    film.page.wait_for_timeout(100)
    film.sent.clear()
    seen = []
    for step in range(30):
        film.page.mouse.move(box["x"] + box["width"] * (0.1 + 0.028 * step), y)
        film.page.evaluate(TWO_FRAMES)
        seen.append(film.grids[1] // 6)
    assert seen == sorted(seen) and len(set(seen)) >= 20
    assert film.sent == [], "scrubbing spoke to the server"
    film.page.mouse.up()
    film.quiet()
    assert film.state["heard"] == [seen[-1]]
    assert len(film.sent) == 1
    film.shows(seen[-1])
    assert len(film.media) == 1


def test_keys_and_buttons_step_through_the_film(film):
    film.slider.focus()
    for key, frame in (("ArrowRight", 6), ("ArrowLeft", 5), ("End", 39), ("ArrowRight", 39)):
        film.page.keyboard.press(key)
        film.shows(frame)
    film.page.keyboard.press("Home")
    film.shows(0)
    film.button("One step forward").click()
    film.button("One step forward").click()
    film.shows(2)
    film.button("One step back").click()
    film.shows(1)
    film.page.keyboard.press("ArrowRight")  # on a button of the film
    film.shows(2)
    film.page.keyboard.press("End")
    film.shows(39)
    film.button("First frame").click()
    film.shows(0)
    film.quiet()
    assert film.state["heard"][-3:] == [2, 39, 0]


def test_play_runs_when_asked_only_and_stops_at_the_end(film):
    film.quiet(500)
    film.shows(5)  # nothing plays by itself
    film.slider.focus()
    film.page.keyboard.press("End")
    for _ in range(5):
        film.page.keyboard.press("ArrowLeft")
    film.shows(34)
    film.button("Play").click()
    assert film.button("Pause").is_visible()
    film.shows(39)
    film.button("Play").wait_for()
    film.quiet()
    assert film.state["heard"][-1] == 39
    film.button("Play").click()  # from the start again
    film.page.wait_for_function("() => document.querySelector('.fs-range').value > 1")
    film.button("Pause").click()
    film.quiet()
    stopped = int(film.slider.input_value())
    film.quiet(400)
    film.shows(stopped)
    assert film.state["heard"][-1] == stopped < 39


def test_a_rerun_leaves_the_film_where_it_is(film):
    film.slider.focus()
    film.page.keyboard.press("End")
    film.quiet()
    film.rerun()
    film.shows(39)
    assert film.page.evaluate("document.activeElement.className") == "fs-range"
    film.calm()


def test_a_slow_answer_does_not_pull_the_film_back(visit, host):
    film = Film(visit(url=host), "echo")
    film.slider.focus()
    film.page.evaluate("""() => { window.frames_seen = []; const watch = () => {
      const now = Number(document.querySelector('.fs-picture').dataset.frame);
      if (window.frames_seen.at(-1) !== now) window.frames_seen.push(now);
      requestAnimationFrame(watch); }; watch(); }""")
    for _ in range(8):
        film.page.keyboard.press("ArrowRight")
        film.page.wait_for_timeout(120)
    film.page.wait_for_function(
        "() => JSON.parse(document.querySelector('#state').innerText).start === 11", timeout=15_000
    )
    film.quiet(600)
    assert film.page.evaluate("window.frames_seen") == list(range(3, 12))
    film.page.get_by_role("button", name="Go to 30").click()  # the page itself may move it
    film.page.wait_for_function("() => document.querySelector('.fs-range').value === '30'")
    assert film.grids[1] == 180


def test_nonsense_about_the_film_changes_nothing(film):
    for value in ["null", "'2'", "-1", "40", "1.5", "[3]", "{index: 3}", "true", "1e30"]:
        film.send("scrubbed", value)
    assert film.state["heard"] == []
    film.shows(5)
    film.calm()
