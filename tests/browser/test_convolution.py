"""The `convolution` lesson under a real hand: window, film, numbers, drawing."""

import re

import pytest

pytest.importorskip("playwright.sync_api")
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

GRIP = ".gx-handle"
WHOLE = re.compile(r": \d+, \d+(?![\d.])")
SECONDS = 30_000  # of patience: the first answers of a server that has just started take longer


def said(page) -> str:
    return page.locator(".gx-summary").inner_text()


def place(page) -> tuple[int, int]:
    row, column = re.search(r"row (\d+), column (\d+)", said(page)).groups()
    return int(row), int(column)


def stands(page, row: int, column: int) -> None:
    """Words and handle agree on the place, once the server has answered."""
    expect(page.locator(".gx-summary")).to_contain_text(
        f"row {row}, column {column}", timeout=SECONDS
    )
    at = re.compile(rf": {column}, {row}(?![\d.])")
    expect(page.locator(GRIP)).to_have_attribute("aria-label", at, timeout=SECONDS)


def seat(page) -> tuple[float, float]:
    """Where the handle says it is, in pixels of the input."""
    text = page.locator(GRIP).get_attribute("aria-label")
    x, y = re.search(r": (-?[\d.]+), (-?[\d.]+)", text.replace("−", "-")).groups()
    return float(x), float(y)


def test_the_window_follows_hand_keys_and_film(visit):
    open_ = visit().open("convolution")
    page = open_.page
    stands(page, 3, 4)
    page.locator(GRIP).focus()
    page.keyboard.press("ArrowUp")  # towards the first row
    stands(page, 2, 4)
    page.keyboard.press("ArrowLeft")
    stands(page, 2, 3)
    box = page.locator(GRIP).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 90, y + 60, steps=8)
    page.mouse.up()
    expect(page.locator(GRIP)).not_to_have_attribute("aria-label", re.compile(r": 3, 2(?![\d.])"))
    expect(page.locator(GRIP)).to_have_attribute("aria-label", WHOLE, timeout=SECONDS)  # snapped
    column, row = map(int, seat(page))
    assert row > 2 and column > 3
    stands(page, row, column)
    slider = page.locator(".gx-range")
    slider.focus()
    page.keyboard.press("Home")
    assert place(page) == (1, 1), "the film answers in the browser"
    assert seat(page) == (1, 1), "and its handle rides along"
    open_.settled()
    expect(page.locator(".katex").first).to_be_visible()
    assert place(page) == (1, 1)
    open_.calm()


def test_a_number_changes_the_answer_and_the_list_names_it(visit):
    open_ = visit().open("convolution")
    page = open_.page
    before = said(page)
    field = page.get_by_label("Kernel row 2, column 1")
    field.fill("-2")
    field.press("Enter")
    open_.settled()
    expect(page.locator(".gx-summary")).not_to_have_text(before)
    expect(page.get_by_role("combobox", name="Kernel")).to_have_value("Your own numbers")
    other = page.get_by_label("Kernel row 2, column 3")
    other.fill("2")
    other.press("Enter")
    open_.settled()
    expect(page.get_by_role("combobox", name="Kernel")).to_have_value(re.compile("Sobel"))
    page.wait_for_timeout(700)  # the address is written when the hand rests
    assert "k21=-2" in page.url and "k23=2" in page.url
    open_.calm()


def test_a_drawing_is_answered_while_it_is_drawn(visit):
    open_ = visit().open("convolution?view=whole&picture=yours")
    page = open_.page
    assert "from 0 to 0" in said(page)
    box = page.locator(".pane").bounding_box()
    page.mouse.move(box["x"] + 140, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 140, box["y"] + 220, steps=12)
    page.wait_for_function(
        "() => !document.querySelector('.gx-summary').textContent.includes('from 0 to 0')"
    )  # the pointer is still down
    page.mouse.up()
    open_.settled()
    low, high = re.search(r"from −([\d.]+) to ([\d.]+)\.", said(page)).groups()
    assert float(low) > 2 and float(high) > 2, "a stroke has a left and a right edge"
    open_.calm()
