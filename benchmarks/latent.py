"""The latent plane under the hand, and what the networks cost: time and memory.

    python -m benchmarks.latent

Headless chromium against a running server, this computer only. From release to the exact picture:
from pointerup until the words beside it say that it is exact. From a drawing to its encoding: from
the end of a stroke to the change of the stage's summary. Run it on a quiet machine.
"""

import os
import statistics
import subprocess
import sys
from typing import Any

from benchmarks.interaction import chromium, facts, opened, percentile, servers
from explorer import catalog

LOAD = """
import time
import torch
from explorer import checkpoints
start = time.perf_counter()
found = checkpoints.verify()
print(f"{len(found)} checkpoints loaded and checked in {time.perf_counter() - start:.2f} s,",
      "all sound" if not any(found.values()) else found)
"""

#: Milliseconds from pointerup on `hand` until the words of `answer` change.
ANSWERED = """([hand, answer]) => {
  window.times = [];
  let let_go = 0, before = '';
  const words = () =>
    [...document.querySelectorAll(answer)].map((node) => node.textContent).join('|');
  const released = () => { let_go = performance.now(); before = words(); };
  document.addEventListener('pointerup', released, true);
  new MutationObserver(() => {
    if (let_go && words() !== before) {
      const start = let_go; let_go = 0;
      requestAnimationFrame(() => window.times.push(performance.now() - start));
    }
  }).observe(document.body,
    { subtree: true, childList: true, characterData: true, attributes: true });
}"""


def main() -> None:
    """Measure and print."""
    print("\n".join(facts()))
    print(subprocess.run([sys.executable, "-c", LOAD], capture_output=True, text=True).stdout)
    with servers() as (explorer, _host, _floor), chromium() as browser:
        settle(browser, explorer)
        draw(browser, explorer)
        for entry in catalog.LESSONS:
            opened(browser, explorer, entry.slug).close()
        print(f"memory of the server with every lesson opened once: {memory(explorer):.0f} MiB")
    print(f"load at the end {os.getloadavg()[0]:.2f}")


def settle(browser: Any, server: str, rounds: int = 20) -> None:
    """Drag the cross-hair of `vae`, let go, wait for the sentence about the new place."""
    page = opened(browser, server, "vae")
    plane = page.locator(".fs-pane").first
    plane.scroll_into_view_if_needed()
    box = plane.bounding_box() or {}
    page.evaluate(ANSWERED, [".fs-pane", ".fs-state"])
    for number in range(rounds):
        x = box["x"] + box["width"] * (0.2 + 0.6 * (number % 7) / 6)
        y = box["y"] + box["height"] * (0.2 + 0.6 * (number % 5) / 4)
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.down()
        page.mouse.move(x, y, steps=6)
        page.mouse.up()
        page.wait_for_timeout(900)
    told(page, "vae: release to the exact picture's words", 250)
    page.close()


def draw(browser: Any, server: str, rounds: int = 12) -> None:
    """A stroke on the pad of `vae`, and the encoder's answer in words."""
    page = opened(browser, server, "vae?digit=mine")
    pad = page.locator(".digitpad canvas").first
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box() or {}
    page.evaluate(ANSWERED, [".digitpad", ".gx-summary"])
    for number in range(rounds):
        x = box["x"] + box["width"] * (0.3 + 0.4 * (number % 5) / 4)
        page.mouse.move(x, box["y"] + box["height"] * 0.25)
        page.mouse.down()
        page.mouse.move(x + 12, box["y"] + box["height"] * 0.75, steps=8)
        page.mouse.up()
        page.wait_for_timeout(1200)
    told(page, "vae: end of a stroke to its encoding", 300)
    page.close()


def told(page: Any, what: str, most: float) -> None:
    """Median and p95 of the page's times."""
    times = page.evaluate("window.times")
    if not times:
        print(f"{what}: nothing was seen")
        return
    median, p95 = statistics.median(times), percentile(times, 0.95)
    verdict = f"<= {most:g}: {'yes' if median <= most else 'NO'}"
    print(f"{what}: median {median:.0f} ms, p95 {p95:.0f} ms, {len(times)} times   {verdict}")


def memory(server: str) -> float:
    """Resident memory of the process that listens on the server's port, in MiB."""
    port = server.rsplit(":", 1)[1]
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                line = open(f"/proc/{name}/cmdline").read()
                if f"\0{port}\0" in line and "streamlit_app" in line:
                    status = open(f"/proc/{name}/status").read()
                    return int(status.split("VmRSS:")[1].split()[0]) / 1024
            except OSError:
                continue
    return float("nan")


if __name__ == "__main__":
    main()
