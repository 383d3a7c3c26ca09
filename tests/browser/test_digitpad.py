"""The digit pad under a real hand: mouse, finger, pen's eraser, keyboard, phone, both themes."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("playwright.sync_api")
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import IDLE, PHONE, Watch, serving

pytestmark = pytest.mark.browser

APP = Path(__file__).parent / "apps" / "digitpad_app.py"
SMALL = (900, 760)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    log = tmp_path_factory.mktemp("server") / "digitpad.log"
    with serving(APP, log) as url:
        yield url
    assert "Traceback" not in log.read_text(), log.read_text()


class Hand:
    """What a learner does with the pad; places are (column, row) in pixels of the drawing."""

    def __init__(self, page: Any, watch: Watch) -> None:
        self.page, self.watch = page, watch
        self.pane = page.locator(".pane")

    def at(self, column: float, row: float) -> tuple[float, float]:
        box = self.page.locator(".pane canvas").bounding_box()
        return box["x"] + box["width"] * column / 28, box["y"] + box["height"] * row / 28

    def stroke(self, *path: tuple[float, float], steps: int = 6) -> None:
        self.page.mouse.move(*self.at(*path[0]))
        self.page.mouse.down()
        for stop in path[1:]:
            self.page.mouse.move(*self.at(*stop), steps=steps)
        self.page.mouse.up()

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def keys(self, *names: str) -> None:
        for name in names:
            self.page.keyboard.press(name)

    def settle(self) -> None:
        self.page.wait_for_timeout(250)  # a report that waits is on its way after 120 ms
        self.page.wait_for_function(IDLE, timeout=30_000)

    def received(self) -> dict:
        return json.loads(self.page.locator("#received").text_content())

    def drawing(self) -> np.ndarray | None:
        self.settle()
        pixels = self.received()["pixels"]
        return None if pixels is None else np.array(pixels)

    def status(self) -> str:
        return self.page.locator(".status").inner_text()


@pytest.fixture
def open_pad(windows: Callable[..., Any], host: str) -> Iterator[Callable[..., Hand]]:
    pages = []

    def make(
        path: str = "", dark: bool = False, language: str = "en", size: tuple[int, int] = SMALL
    ) -> Hand:
        page, watch = windows(dark, language, size).new_page(), Watch(host)
        pages.append(page)
        watch.follow(page)
        page.goto(f"{host}/{path}")
        page.locator(".pane").wait_for()
        hand = Hand(page, watch)
        hand.settle()
        return hand

    yield make
    for page in pages:
        page.close()


def test_a_stroke_arrives_where_it_was_drawn(open_pad):
    pad = open_pad()
    assert pad.drawing() is None
    pad.stroke((6, 14), (22, 14))
    drawing = pad.drawing()
    assert drawing.shape == (28, 28) and drawing.max() == 255
    rows, columns = np.flatnonzero(drawing.any(1)), np.flatnonzero(drawing.any(0))
    assert abs(rows.mean() + 0.5 - 14) <= 0.5 and 2 <= len(rows) <= 4
    assert abs(columns.mean() + 0.5 - 14) <= 0.5 and 16 <= len(columns) <= 20
    across = drawing[:, 14].sum() / 255
    assert 2.2 < across < 2.8, "the pen is 2.5 pixels wide"
    edge = drawing[rows[0], 10:18]
    assert ((edge > 0) & (edge < 255)).all(), "the brush has a smooth edge"
    assert pad.status() == f"Ink on {(drawing > 63).sum()} of 784 pixels"
    assert pad.watch.errors == [] and pad.watch.foreign == []


def test_a_finished_stroke_is_one_report_and_a_long_one_answers_on_the_way(open_pad):
    pad = open_pad()
    before = pad.received()["calls"]
    pad.page.mouse.click(*pad.at(10, 10))
    pad.settle()
    # A tap may report when it starts and when it ends, but the same picture only once.
    assert pad.received()["calls"] == before + 1
    pad.page.mouse.move(*pad.at(4, 20))
    pad.page.mouse.down()
    began = time.monotonic()
    for step in range(72):
        pad.page.mouse.move(*pad.at(5 + step / 4, 20))
        pad.page.wait_for_timeout(10)
    pad.page.wait_for_function(IDLE)
    partial = np.array(pad.received()["pixels"])
    assert partial[20, 5:10].min() > 200, "the answer follows the hand while it draws"
    pad.page.mouse.up()
    done = pad.drawing()
    assert done[20, 22] == 255
    took = time.monotonic() - began
    assert pad.received()["calls"] - before <= 3 + took / 0.12 < 72, "reports are throttled"


def test_eraser_undo_and_clear(open_pad):
    pad = open_pad()
    pad.stroke((6, 8), (22, 8))
    line = pad.drawing()
    pad.press("Eraser")
    pad.stroke((14, 3), (14, 14))
    cut = pad.drawing()
    assert cut[8, 14] == 0 and cut[8, 8] == line[8, 8] and cut[8, 20] == line[8, 20]
    pad.press("Undo")
    np.testing.assert_array_equal(pad.drawing(), line)
    pad.press("Clear all")
    assert pad.drawing() is None and pad.status() == "The pad is empty"
    pad.page.locator(".pane").focus()
    pad.keys("Control+z")
    np.testing.assert_array_equal(pad.drawing(), line)
    pad.press("Undo")
    assert pad.drawing() is None
    expect(pad.page.get_by_role("button", name="Undo")).to_have_attribute("aria-disabled", "true")


def test_thickness(open_pad):
    pad = open_pad()
    slider = pad.page.get_by_role("slider", name="Thickness")
    slider.fill("5")
    expect(slider).to_have_attribute("aria-valuetext", "5 pixels")
    pad.stroke((6, 14), (22, 14))
    assert pad.drawing()[:, 14].sum() / 255 == pytest.approx(5, abs=0.3)


def test_keyboard_is_an_equal_way_in(open_pad):
    pad = open_pad()
    pad.page.get_by_role("button", name="Pen", exact=True).focus()
    pad.keys("Shift+Tab")  # from the buttons back to the paper
    assert pad.page.evaluate("() => document.activeElement.shadowRoot?.activeElement?.className"
                             " ?? document.activeElement.className").startswith("pane")  # fmt: skip
    pad.keys("ArrowLeft", "ArrowUp")
    assert pad.status() == "Row 14, column 14: blank"
    pad.keys("Enter")
    assert pad.status() == "Row 14, column 14: ink"
    drawing = pad.drawing()
    assert drawing[13, 13] == 255 and np.unravel_index(drawing.argmax(), (28, 28)) == (13, 13)
    pad.keys("Space")
    assert pad.status() == "Row 14, column 14: blank" and pad.drawing() is None
    pad.keys("p")
    assert pad.status().startswith("Pen down")
    pad.keys("Shift+ArrowDown", "Shift+ArrowDown", "ArrowRight")
    pad.keys("p", "ArrowUp")
    drawing = pad.drawing()
    assert (drawing[13:22, 13] == 255).all() and drawing[21, 14] == 255
    assert drawing[:11].max() == 0 and drawing[24:].max() == 0
    pad.keys(*["Shift+ArrowLeft"] * 9)
    assert pad.status() == "Row 21, column 1: blank", "the cursor stops at the edge"


def test_a_finger_draws_and_the_page_does_not_scroll(chromium, host):
    context = chromium.new_context(
        viewport={"width": PHONE[0], "height": PHONE[1]}, has_touch=True, is_mobile=True
    )
    page, watch = context.new_page(), Watch(host)
    watch.follow(page)
    page.goto(host)
    page.locator(".pane").wait_for()
    pad = Hand(page, watch)
    pad.settle()
    box = page.locator(".pane").bounding_box()
    assert 250 <= box["width"] <= 281 and abs(box["width"] - box["height"]) < 1
    assert box["x"] >= 0 and box["x"] + box["width"] <= PHONE[0]
    touch = context.new_cdp_session(page)
    path = [(14.0, row) for row in range(5, 24)]
    for index, place in enumerate(path):
        x, y = pad.at(*place)
        kind = "touchMove" if index else "touchStart"
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    drawing = pad.drawing()
    assert (drawing[5:23, 13:15] == 255).all()
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    context.close()


def test_a_pens_other_end_erases(open_pad):
    pad = open_pad()
    pad.stroke((6, 14), (22, 14))
    assert pad.drawing()[14, 14] == 255
    x, y = pad.at(14, 14)
    pad.pane.evaluate(
        """(pane, [x, y]) => {
            pane.setPointerCapture = () => {};
            const tip = { pointerType: "pen", pointerId: 7, isPrimary: true, clientX: x, clientY: y,
                          button: 5, buttons: 32 };
            pane.dispatchEvent(new PointerEvent("pointerdown", tip));
            pane.dispatchEvent(new PointerEvent("pointerup", { ...tip, buttons: 0 }));
        }""",
        [x, y],
    )
    drawing = pad.drawing()
    assert drawing[14, 14] == 0 and drawing[14, 8] == 255


def test_a_loaded_drawing_replaces_and_undo_brings_back(open_pad):
    pad = open_pad()
    pad.stroke((6, 14), (22, 14))
    line = pad.drawing()
    pad.page.get_by_role("button", name="Load a bar").click()
    bar = pad.drawing()
    assert (bar[4:24, 13:15] == 255).all() and bar.sum() == 40 * 255
    assert pad.status() == "Another drawing was loaded"
    pad.press("Undo")
    np.testing.assert_array_equal(pad.drawing(), line)


def test_the_drawing_is_there_after_another_page(open_pad):
    pad = open_pad()
    pad.stroke((6, 14), (22, 14))
    line = pad.drawing()
    pad.page.get_by_role("button", name="Go on").click()
    pad.page.get_by_role("button", name="Back").click()
    pad.pane.wait_for()
    np.testing.assert_array_equal(pad.drawing(), line)
    pad.stroke((14, 6), (14, 22))
    assert pad.drawing()[20, 14] == 255


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_ink_has_the_colour_of_text_and_axe_finds_nothing(open_pad, dark):
    pad = open_pad(dark=dark)
    pad.stroke((6, 14), (22, 14))
    pad.settle()
    seen = pad.page.evaluate(
        """() => {
            const canvas = document.querySelector(".pane canvas") ??
                [...document.querySelectorAll("*")].map((node) => node.shadowRoot)
                .find((shadow) => shadow?.querySelector(".pane"))
                .querySelector("canvas");
            const middle = Math.round(canvas.width / 2);
            const ink = canvas.getContext("2d").getImageData(middle, middle, 1, 1).data;
            return [[...ink], getComputedStyle(canvas.closest(".digitpad")).color];
        }"""
    )
    ink, text = seen
    wanted = [float(v) for v in text[text.index("(") + 1 : -1].split(",")][:3]
    assert np.abs(np.array(ink[:3]) - wanted).max() <= 2 and ink[3] == 255
    assert bool(np.mean(wanted) > 128) is dark
    pad.pane.focus()
    pad.keys("ArrowUp")
    found = Axe().run(pad.page, context=".stBidiComponent")
    serious = [v["id"] for v in found.response["violations"]]
    assert serious == [], found.generate_report()


def test_korean(open_pad):
    pad = open_pad("?lang=ko", language="ko")
    assert pad.status() == "그림판이 비어 있습니다"
    pad.press("지우개")
    assert "화살표 키" in pad.pane.get_attribute("aria-label")
