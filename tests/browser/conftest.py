"""One server and one browser for the tests that need a real page.

Without chromium these tests are skipped on a desk and fail where CI is set. CHROMIUM names another
browser of the family. Screenshots are kept in screenshots/, which git ignores.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from explorer.catalog import ROOT

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SCREENSHOTS = ROOT / "screenshots"
PHONE, DESK = (390, 844), (1280, 900)


@pytest.fixture(scope="session", autouse=True)
def chromium_is_here() -> None:
    """Skip on a desk, fail in CI: there a missing browser must not look like success."""
    try:
        import playwright  # noqa: F401

        missing = "" if Path(CHROMIUM).exists() else f"no chromium at {CHROMIUM}"
    except ImportError:
        missing = "playwright is not installed"
    if missing and os.environ.get("CI"):
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)


# ------------------------------------------------------------------------------- servers


@contextmanager
def serving(script: Path, log: Path) -> Iterator[str]:
    """Address of a Streamlit server that runs `script` from the project's folder."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
    command += ["--server.headless", "true", "--browser.serverAddress", "localhost"]
    with log.open("w") as output:
        server = subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(f"{url}/_stcore/health", server, log)
            yield url
        finally:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def _wait_for(url: str, server: subprocess.Popen, log: Path) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"no answer from {url}\n{log.read_text()}")


@pytest.fixture(scope="session")
def explorer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The explorer itself; at the end, its log must hold no traceback."""
    log = tmp_path_factory.mktemp("server") / "explorer.log"
    with serving(ROOT / "streamlit_app.py", log) as url:
        yield url
    assert "Traceback" not in log.read_text(), log.read_text()


# ------------------------------------------------------------------------------- browser


@pytest.fixture(scope="module")
def playing() -> Iterator[Any]:
    """Playwright, once per file of tests: it allows one of itself at a time."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def chromium(playing: Any) -> Iterator[Any]:
    """One browser per file of tests."""
    browser = playing.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
    yield browser
    browser.close()


#: Streamlit's own probes, which it expects to fail on a page's address.
PROBES = re.compile(r"/[\w-]+/_stcore/(health|host-config)$")


@dataclass
class Watch:
    """What went wrong on a page, and whom it called."""

    home: str
    errors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def follow(self, page: Any) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.errors.append(f"page: {error}"))
        page.on("requestfailed", self._failed)
        page.on("request", self._request)
        page.on("response", self._response)

    def _console(self, message: Any) -> None:
        where = message.location.get("url", "")
        if message.type == "error" and not PROBES.search(where):
            self.errors.append(f"console: {message.text} ({where})")

    def _failed(self, request: Any) -> None:
        # A page that is left drops what is still on its way; that is no failure.
        if "ERR_ABORTED" not in (request.failure or ""):
            self.errors.append(f"failed: {request.url} {request.failure}")

    def _request(self, request: Any) -> None:
        if urlsplit(request.url).netloc not in ("", urlsplit(self.home).netloc):
            self.foreign.append(request.url)

    def _response(self, response: Any) -> None:
        if response.status >= 400 and not PROBES.search(urlsplit(response.url).path):
            self.errors.append(f"{response.status}: {response.url}")


@dataclass
class Visit:
    """A page in a window of its own, with a watch on it."""

    page: Any
    watch: Watch

    def open(self, path: str) -> "Visit":
        """Load an address of the server and wait for what is on it."""
        self.page.goto(f"{self.watch.home}/{path}")
        return self.settled()

    def settled(self) -> "Visit":
        """Wait until the stage is painted and the server has nothing more to say."""
        self.page.wait_for_function(PAINTED, timeout=60_000)
        self.page.wait_for_timeout(60)  # what was just touched is on its way to the server
        self.page.wait_for_function(IDLE, timeout=60_000)
        return self

    def calm(self) -> None:
        """No error, no word to another computer."""
        assert self.watch.errors == []
        assert self.watch.foreign == []


#: Every stage on the page holds a drawn picture.
PAINTED = """() => {
  const plots = [...document.querySelectorAll('.gx-plot')];
  return plots.length > 0 && plots.every((plot) =>
    plot._fullData?.length > 0 && plot.querySelector('.main-svg'));
}"""
IDLE = """() => !document.querySelector('[data-stale=true]') &&
  document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'"""


@pytest.fixture(scope="module")
def windows(playing: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Any]]:
    """One window for each kind of reader: its pages share what the browser has loaded before.

    Each has a folder of its own on disk. There, as on a learner's computer, the browser keeps the
    scripts that it has compiled before, and a page costs it a third less.
    """
    opened = []

    @cache
    def window(dark: bool, language: str, size: tuple[int, int]) -> Any:
        context = playing.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("browser"),
            executable_path=CHROMIUM,
            args=ARGUMENTS,
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
            locale={"en": "en-US", "ko": "ko-KR"}[language],
            accept_downloads=True,
            reduced_motion="reduce",
        )
        opened.append(context)
        return context

    yield window
    for context in opened:
        context.close()


@pytest.fixture
def visit(windows: Callable[..., Any], explorer: str) -> Iterator[Callable[..., Visit]]:
    """A new page: visit(dark=…, language=…, size=…, url=…) -> Visit."""
    pages = []

    def make(
        dark: bool = False, language: str = "en", size: tuple[int, int] = DESK, url: str = explorer
    ) -> Visit:
        page, watch = windows(dark, language, size).new_page(), Watch(url)
        pages.append(page)
        watch.follow(page)
        return Visit(page, watch)

    yield make
    for page in pages:
        page.close()


def photograph(page: Any, name: str) -> None:
    """Keep the whole page as a picture, for eyes; in CI there are none, and it takes a second."""
    if os.environ.get("CI"):
        return
    SCREENSHOTS.mkdir(exist_ok=True)
    size = page.viewport_size
    height = page.evaluate(
        "() => Math.max(document.body.scrollHeight,"
        " document.querySelector('[data-testid=stMain]')?.scrollHeight ?? 0)"
    )
    page.set_viewport_size({"width": size["width"], "height": min(int(height), 6000)})
    page.wait_for_timeout(150)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")
    page.set_viewport_size(size)
