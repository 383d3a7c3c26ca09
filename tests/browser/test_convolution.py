"""The `convolution` lesson under a real hand: window, film, numbers, drawing."""

import re

import pytest

pytest.importorskip("playwright.sync_api")
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

GRIP = ".gx-handle"
WHOLE = re.compile(r": \d+, \d+(?![\d.])")


def said(page) -> str:
    return page.locator(".gx-summary").inner_text()


def place(page) -> tuple[int, int]:
    row, column = re.search(r"row (\d+), column (\d+)", said(page)).groups()
    return int(row), int(column)


def seat(page) -> tuple[float, float]:
    """Where the handle says it is, in pixels of the input."""
    text = page.locator(GRIP).get_attribute("aria-label")
    x, y = re.search(r": (-?[\d.]+), (-?[\d.]+)", text.replace("−", "-")).groups()
    return float(x), float(y)


def test_the_window_follows_hand_keys_and_film(visit):
    open_ = visit().open("convolution")
    page = open_.page
    assert place(page) == (3, 4) and seat(page) == (4, 3)
    page.locator(GRIP).focus()
    page.keyboard.press("ArrowUp")
    open_.settled()
    assert place(page) == (2, 4), "up is towards the first row"
    page.keyboard.press("ArrowLeft")
    open_.settled()
    assert place(page) == (2, 3) and seat(page) == (3, 2)
    box = page.locator(GRIP).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 90, y + 60, steps=8)
    page.mouse.up()
    expect(page.locator(GRIP)).to_have_attribute("aria-label", WHOLE)  # the server has snapped it
    row, column = place(page)
    assert row > 2 and column > 3 and seat(page) == (column, row)
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
    assert said(page) != before
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
