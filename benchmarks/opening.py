"""How soon a picture stands: on a server that has just been started, and on one that is at work.

    python -m benchmarks.opening
    python -m benchmarks.opening --lessons normal vae --starts 5 --rounds 5

Headless chromium, software rendering, this computer only. Cold: from starting the server's process
to the first lesson's painted picture in a browser with an empty cache. Warm: from the call of a
lesson's address to its painted picture, after every lesson was open once. Run it on a quiet
machine.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from explorer import catalog
from tests.browser.conftest import ARGUMENTS, CHROMIUM, PAINTED, serving

#: Milliseconds from the start of the navigation until the picture stands.
FIRST = """() => new Promise((answer) => {
  const painted = PAINTED;
  const look = () => painted() ? answer(performance.now()) : requestAnimationFrame(look);
  look();
})""".replace("PAINTED", PAINTED)


def cold(browser: Any, slug: str, log: Path) -> float:
    """Seconds from starting the server to the painted picture."""
    begun = time.perf_counter()
    with serving(catalog.ROOT / "streamlit_app.py", log) as url:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        page = context.new_page()
        page.goto(f"{url}/{slug}")
        page.wait_for_function(PAINTED, timeout=60_000)
        spent = time.perf_counter() - begun
        context.close()
    return spent


def warm(browser: Any, slugs: Sequence[str], rounds: int, log: Path) -> dict[str, list[float]]:
    """Milliseconds from the address to the painted picture, per lesson; round 0 only warms up."""
    times: dict[str, list[float]] = {slug: [] for slug in slugs}
    with serving(catalog.ROOT / "streamlit_app.py", log) as url:
        page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        for round_ in range(rounds + 1):
            for slug in slugs:
                page.goto(f"{url}/{slug}")
                spent = page.evaluate(FIRST)
                page.wait_for_timeout(1500)  # a human looks at it; work under way ends
                if round_:
                    times[slug].append(spent)
    return times


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--lessons", nargs="+", default=[entry.slug for entry in catalog.LESSONS])
    parser.add_argument("--starts", type=int, default=3, help="cold starts")
    parser.add_argument("--rounds", type=int, default=3, help="through the lessons")
    chosen = parser.parse_args(arguments)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playing, tempfile.TemporaryDirectory() as folder:
        browser = playing.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        log = Path(folder) / "server.log"
        starts = [cold(browser, chosen.lessons[0], log) for _ in range(chosen.starts)]
        print(f"cold, {chosen.lessons[0]}: median {statistics.median(starts):.2f} s, "
              f"most {max(starts):.2f} s (at most 5)")  # fmt: skip
        print(f"{'warm':>14} {'median':>8} {'most':>8}   ms (at most 2000)")
        for slug, times in warm(browser, chosen.lessons, chosen.rounds, log).items():
            print(f"{slug:>14} {statistics.median(times):8.0f} {max(times):8.0f}")
        browser.close()


if __name__ == "__main__":
    main()
