"""What a hand feels: from a key press to the painted picture, and how smoothly things move.

    python -m benchmarks.interaction            # all lessons, 30 rounds
    python -m benchmarks.interaction --rounds 60 --lessons normal em

Headless chromium, software rendering, this computer only. Every subject is measured in turn, round
after round, beside a floor in the same run: an empty Streamlit page with a slider and one small
`st.plotly_chart`, with the collection after each run off, as it is here. Time runs from the
keydown event to the second animation frame after the picture changed. Run it on a quiet machine.
"""

import argparse
import os
import platform
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from explorer import catalog
from explorer.components.stage import publish
from tests.browser.conftest import ARGUMENTS, CHROMIUM, PAINTED, serving

HOST = catalog.ROOT / "tests" / "browser" / "apps" / "stage_app.py"
SLIDER = "[data-testid=stSlider]:visible input[type=range]"  # one folded away paints nothing here
GRIP, DRAWING, STAGE = ".gx-handle", ".gx-plot", ".gx-stage"
WARM_UP = 3  # presses before counting

FLOOR = """
import numpy as np
import plotly.graph_objects as go
import streamlit as st

mu = st.slider("mu", -5.0, 5.0, 0.0, 0.1)
x = np.linspace(-6, 6, 200)
st.plotly_chart(go.Figure(go.Scatter(x=x, y=np.exp(-((x - mu) ** 2) / 2))))
"""

#: Press -> painted. `changed` says whether the picture under `root` is another one than before.
WATCH = """(root) => {
  window.times = []; let pressed = 0;
  const chart = () => document.querySelector('[data-testid=stPlotlyChart] .js-line');
  let before = chart()?.getAttribute('d');
  document.addEventListener('keydown', () => { pressed = performance.now(); }, true);
  new MutationObserver((changes) => {
    if (!pressed) return;
    if (root !== 'floor') {
      if (!changes.some((c) => (c.target.closest ?? (() => null)).call(c.target, root) ||
        c.target.parentElement?.closest(root))) return;
    } else {
      const now = chart()?.getAttribute('d');
      if (!now || now === before) return;
      before = now;
    }
    const start = pressed; pressed = 0;
    requestAnimationFrame(() => requestAnimationFrame(() =>
      window.times.push(performance.now() - start)));
  }).observe(document.body,
    { subtree: true, childList: true, attributes: true, characterData: true });
}"""

#: Frame times of those frames in which the film stood elsewhere than in the frame before.
FRAMES = """() => {
  const slider = document.querySelector('.gx-range');
  window.frames_ = []; window.watching = true;
  let last = performance.now(), value = slider.value;
  const tick = (now) => {
    if (slider.value !== value) { window.frames_.push(now - last); value = slider.value; }
    last = now;
    if (window.watching) requestAnimationFrame(tick);
  };
  requestAnimationFrame((now) => { last = now; requestAnimationFrame(tick); });
}"""

#: Frames in which the drawing itself changed, while a handle is dragged.
STATES = """() => {
  window.states = 0; let dirty = false;
  new MutationObserver(() => { dirty = true; }).observe(
    document.querySelector('.gx-plot'), { subtree: true, childList: true, attributes: true });
  const tick = () => {
    if (dirty) { window.states += 1; dirty = false; }
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
}"""


@dataclass
class Subject:
    """A page whose first slider, or handle, is moved by the arrow keys; `times` in milliseconds.

    root: what must change to count. A handle itself moves at once: there only the drawing counts.
    """

    name: str
    page: Any
    root: str
    target: float | None = None  # times the floor, or milliseconds if above 10
    times: list[float] = field(default_factory=list)
    key: str = "ArrowRight"

    def prepare(self) -> None:
        self.page.evaluate(WATCH, self.root)
        for _ in range(WARM_UP):
            self.press()
        self.times.clear()

    def press(self) -> None:
        """One key press; waits for the picture and then for the page to fall quiet."""
        self.page.bring_to_front()  # a page in the background is painted once a second
        if self.root == DRAWING:
            self.page.locator(GRIP).first.focus()
            self.key = {"ArrowRight": "ArrowLeft"}.get(self.key, "ArrowRight")
            self._timed()
            return
        slider = self.page.locator(SLIDER).first
        value, low, high = (float(slider.get_attribute(a) or 0) for a in ("value", "min", "max"))
        self.key = {low: "ArrowRight", high: "ArrowLeft"}.get(value, self.key)
        slider.focus()
        self._timed()

    def _timed(self) -> None:
        counted = self.page.evaluate("window.times.length")
        self.page.keyboard.press(self.key)
        try:
            self.page.wait_for_function(f"window.times.length > {counted}", timeout=20_000)
        except Exception as error:
            error.add_note(f"{self.name}: {self.key} painted nothing")
            raise
        self.times.append(self.page.evaluate("window.times.at(-1)"))
        self.page.wait_for_timeout(120)


def main() -> None:
    """Measure and print."""
    arguments = _arguments()
    print("\n".join(facts()))
    with servers() as (explorer, host, floor), chromium() as browser:
        subjects = [Subject("floor: st.plotly_chart", opened(browser, floor, ""), "floor")]
        for slug in arguments.lessons:
            page = opened(browser, explorer, slug)
            if page.locator(SLIDER).count():
                subjects.append(Subject(f"{slug}: first slider", page, STAGE, 1.3))
            if page.locator(GRIP).count():
                page = opened(browser, explorer, slug)
                subjects.append(Subject(f"{slug}: first handle", page, DRAWING, 1.3))
        crowd = opened(browser, host, "crowd")
        subjects.append(Subject("5,000 points from the server", crowd, STAGE, 120))
        for subject in subjects:
            subject.prepare()
        for _ in range(arguments.rounds):
            for subject in subjects:
                subject.press()
        report(subjects)
        for subject in subjects:
            subject.page.close()
        print("\nmoving by hand")
        for slug in arguments.lessons:
            film(browser, explorer, slug)
        for slug in arguments.lessons:
            drag(browser, explorer, slug)
    print(f"\nload at the end {os.getloadavg()[0]:.2f}")


def _arguments() -> argparse.Namespace:
    every = [entry.slug for entry in catalog.LESSONS]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--lessons", nargs="+", default=every, choices=every, metavar="SLUG")
    return parser.parse_args()


def facts() -> Iterator[str]:
    """The machine and the versions, so that figures can be compared."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line for line in cpuinfo.read_text().splitlines() if "model name" in line]
        model = names[0].split(":")[1].strip() if names else model
    yield f"{model}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}, {platform.platform()}"
    packages = " ".join(f"{name} {version(name)}" for name in ("streamlit", "plotly", "playwright"))
    yield f"Python {platform.python_version()}, {packages}"


@contextmanager
def servers() -> Iterator[tuple[str, str, str]]:
    """Addresses of the explorer, of the stage's host app, and of the floor."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        publish(folder / "static")
        (folder / "floor.py").write_text(FLOOR)
        scripts = catalog.ROOT / "streamlit_app.py", shutil.copy(HOST, folder), folder / "floor.py"
        yield tuple(
            stack.enter_context(serving(Path(script), folder / f"{number}.log"))
            for number, script in enumerate(scripts)
        )


@contextmanager
def chromium() -> Iterator[Any]:
    """One window; every page in it has loaded the libraries before it is measured."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playing:
        browser = playing.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        print(f"chromium {browser.version}\n")
        yield browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
        browser.close()


def opened(window: Any, server: str, path: str) -> Any:
    """A page with its picture painted and its server silent."""
    page = window.new_page()
    page.bring_to_front()
    page.goto(f"{server}/{path}")
    page.wait_for_function(f"() => ({PAINTED})() || document.querySelector('.js-line')")
    page.wait_for_timeout(1500)
    return page


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of them lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def report(subjects: Sequence[Subject]) -> None:
    """One line for each subject: milliseconds, and how many times the floor."""
    floor = statistics.median(subjects[0].times)
    print(f"{'key press to painted picture':36}{'median':>8}{'p95':>8}{'x floor':>9}   aim")
    for subject in subjects:
        median = statistics.median(subject.times)
        aim = _verdict(median, median / floor, subject.target)
        print(
            f"{subject.name:36}{median:7.0f} {percentile(subject.times, 0.95):7.0f} "
            f"{median / floor:8.2f}   {aim}"
        )


def _verdict(median: float, ratio: float, target: float | None) -> str:
    if target is None:
        return ""
    value, unit = (median, " ms") if target > 10 else (ratio, " x floor")
    return f"<= {target:g}{unit}: {'yes' if value <= target else 'NO'}"


def film(window: Any, server: str, slug: str, seconds: float = 4.0) -> None:
    """Drag the film's slider to and fro; time of each frame in which the film moved."""
    page = opened(window, server, slug)
    slider = page.locator(".gx-range:visible")
    if slider.count() and int(slider.first.get_attribute("max") or 0) > 1:
        slider.first.scroll_into_view_if_needed()
        box = slider.first.bounding_box()
        y = box["y"] + box["height"] / 2
        page.mouse.move(box["x"] + 8, y)
        page.mouse.down()
        page.evaluate(FRAMES)
        end, step = time.perf_counter() + seconds, 0
        while time.perf_counter() < end:
            step += 1
            share = abs((step / 120) % 2 - 1)  # to and fro
            page.mouse.move(box["x"] + 8 + (box["width"] - 16) * share, y)
        page.mouse.up()
        page.evaluate("window.watching = false")
        times = page.evaluate("window.frames_")
        if times:
            p95 = percentile(times, 0.95)
            print(
                f"{slug}: film, frame time p50 {statistics.median(times):.0f} ms, "
                f"p95 {p95:.0f} ms over {len(times)} frames   <= 33 ms: "
                f"{'yes' if p95 <= 33.5 else 'NO'}"
            )
    page.close()


def drag(window: Any, server: str, slug: str, seconds: float = 3.0) -> None:
    """Drag the first handle; pictures painted in each second, all computed by the server."""
    page = opened(window, server, slug)
    grip = page.locator(".gx-handle .gx-hit")
    if grip.count():
        grip.first.scroll_into_view_if_needed()
        box = grip.first.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        page.evaluate(STATES)
        start, step = time.perf_counter(), 0
        while time.perf_counter() < start + seconds:
            step += 1
            page.mouse.move(x + 60 * abs((step / 150) % 2 - 1), y + 20 * abs((step / 90) % 2 - 1))
            page.wait_for_timeout(8)
        elapsed = time.perf_counter() - start
        count = page.evaluate("window.states")
        page.mouse.up()
        print(f"{slug}: handle, {count / elapsed:.0f} pictures a second   >= 15: "
              f"{'yes' if count / elapsed >= 15 else 'NO'}")  # fmt: skip
    page.close()


if __name__ == "__main__":
    main()
