"""The lessons on diffusion under a real hand: pictures that come by themselves, and scrubbing."""

import re
from statistics import median

import numpy as np
import pytest

pytest.importorskip("playwright.sync_api")
from playwright.sync_api import expect

from tests.browser.test_filmstrip import FRAME

pytestmark = pytest.mark.browser

#: Times between frames, and which pictures are painted meanwhile.
WATCH = """() => { window.gaps = []; window.frames = new Set(); let last;
  const watch = (now) => { if (last) window.gaps.push(now - last); last = now;
    window.frames.add(document.querySelector('.fs-picture').dataset.frame);
    window.watching = requestAnimationFrame(watch); };
  window.watching = requestAnimationFrame(watch); }"""


def pictures_are_there(page) -> None:
    """The sampling has begun by itself and come to its end."""
    page.wait_for_selector(".fs-picture[data-frame]", timeout=60_000)
    expect(page.get_by_role("button", name="Stop")).to_have_count(0, timeout=180_000)


def scrub(page) -> tuple[float, int]:
    """Drag the film's slider from one end to the other: (p95 of a frame in ms, pictures seen)."""
    slider = page.locator(".fs-range").first
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 4, y)
    page.mouse.down()
    page.evaluate(WATCH)
    for share in np.linspace(0.02, 0.98, 60):
        page.mouse.move(box["x"] + share * box["width"], y)
    page.evaluate("cancelAnimationFrame(window.watching)")
    gaps, seen = page.evaluate("[window.gaps, window.frames.size]")
    page.mouse.up()
    return float(np.percentile(gaps, 95)), seen


def test_a_link_opens_every_slider_where_it_says(visit):
    """The page samples at once, and its runs cut each other short; what they set must arrive."""
    open_ = visit().open("denoise?steps=10&sampler=ddpm&seed=4")
    page = open_.page
    pictures_are_there(page)
    open_.settled()
    assert page.get_by_role("slider", name="Steps").get_attribute("aria-valuetext") == "10"
    assert "steps=10" in page.url and "sampler=ddpm" in page.url
    open_.calm()


@pytest.mark.parametrize("slug", ["guidance", "denoise"])
def test_scrubbing_is_smooth_once_the_pictures_are_there(visit, slug):
    open_ = visit().open(slug)
    page = open_.page
    pictures_are_there(page)
    open_.settled()
    found = [scrub(page) for _ in range(3)]
    open_.settled()
    print(f"{slug}: frame p95 {[round(p95) for p95, _ in found]} ms, pictures {found[-1][1]}")
    assert median(p95 for p95, _ in found) <= FRAME
    assert min(seen for _, seen in found) >= 12
    open_.calm()


def test_the_words_of_guidance_follow_the_slider(visit):
    open_ = visit().open("guidance")
    page = open_.page
    pictures_are_there(page)
    slider = page.locator(".fs-range").first

    def likeness() -> float:
        return float(re.search(r"correlate at (-?[\d.]+)", said().replace("−", "-"))[1])

    def said() -> str:
        return page.locator(".fs-summary").first.inner_text()

    slider.focus()
    page.keyboard.press("Home")
    expect(page.locator(".fs-output").first).to_have_text("γ = 0")
    least = likeness()
    page.keyboard.press("End")
    expect(page.locator(".fs-output").first).to_have_text("γ = 10")
    assert likeness() > least + 0.1, "more guidance, more alike"
    page.wait_for_url("**gamma=10*", timeout=10_000)
    page.reload()
    open_.settled()
    pictures_are_there(page)
    expect(page.locator(".fs-output").first).to_have_text("γ = 10")
    open_.calm()


def test_stop_stops_and_the_rest_can_be_had_again(visit):
    open_ = visit().open("denoise?steps=1000&sampler=ddpm&seed=77")
    page = open_.page
    page.get_by_role("button", name="Stop").click(timeout=60_000)
    again = page.get_by_role("button", name="Sample again")
    again.wait_for(timeout=30_000)
    open_.settled()
    again.click()
    page.get_by_role("button", name="Stop").wait_for(timeout=30_000)
    page.get_by_role("button", name="Stop").click()
    open_.settled()
    open_.calm()
