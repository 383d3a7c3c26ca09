"""What a learner sees when the server dies and comes back, when a page sleeps, in two tabs."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from explorer.catalog import ROOT
from tests.browser.conftest import Visit, Watch, _wait_for, photograph

pytestmark = pytest.mark.browser

#: A server whose worker does as a file says: "slow", it rests before each turn, so a run can be
#: met under way on any machine; "impatient", it drops a run after a second without a poll.
START = """
import sys
import time
from pathlib import Path
from explorer.training import worker
from streamlit.web.cli import main

mood = Path(sys.argv.pop(1))

def turn(self, seconds, whole=worker.Job.turn):
    time.sleep(0.2 * ("slow" in mood.read_text()))
    whole(self, seconds)
    worker.PATIENCE = 1.0 if "impatient" in mood.read_text() else 30.0

worker.Job.turn = turn
sys.argv = ["streamlit", "run", "streamlit_app.py", *sys.argv[1:]]
main()
"""
LONG = 60_000  # ms, far more than anything here needs
SLOW = "width=50&depth=2&steps=10000"  # settings with which a run takes seconds
TOLD = "[data-testid=stAlert]"


class Server:
    """The explorer on a port of its own, where it can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.log, self.mood = folder / "server.log", folder / "mood"
        self.mood.write_text("slow")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [sys.executable, "-c", START, str(self.mood), "--server.port", str(self.port)]
        command += ["--server.headless", "true", "--browser.serverAddress", "localhost"]
        with self.log.open("a") as output:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=os.environ | {"PYTHONPATH": str(ROOT)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        _wait_for(f"{self.url}/_stcore/health", self.process, self.log)

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """At the end its log must hold no traceback."""
    found = Server(tmp_path_factory.mktemp("faults"))
    found.start()
    yield found
    found.kill()
    assert "Traceback" not in found.log.read_text(), found.log.read_text()


@dataclass
class Line:
    """Between a tab and the server. Asleep, the tab reaches nobody, as under a closed lid."""

    asleep: bool = False
    ends: list[Any] = field(default_factory=list)

    def lead(self, socket: Any) -> None:
        if self.asleep:
            socket.close()
        else:
            self.ends.append((socket, socket.connect_to_server()))

    def sleep(self) -> None:
        self.asleep = True
        for pair in self.ends:
            for end in pair:
                end.close()


@pytest.fixture
def opened(windows: Callable[..., Any], server: Server) -> Iterator[Callable[..., Visit]]:
    """A tab on this server: opened(path, line) -> Visit."""
    pages = []

    def make(path: str, line: Line | None = None) -> Visit:
        page, watch = windows(False, "en", (1280, 900)).new_page(), Watch(server.url)
        pages.append(page)
        if line is not None:
            page.route_web_socket("**/_stcore/stream", line.lead)
        watch.follow(page)
        return Visit(page, watch).open(path)

    yield make
    for page in pages:
        page.close()


def holds(visit: Visit, *things: str) -> None:
    """Wait until the tab remembers that its session holds these."""
    visit.page.wait_for_function(
        "things => { const held = JSON.parse(sessionStorage.getItem('explorer.held') ?? '{}');"
        " return things.every((thing) => held.things?.includes(thing)); }",
        arg=list(things),
        timeout=LONG,
    )


def paste(visit: Visit, text: str) -> None:
    """The learner's own numbers, through the data fold."""
    visit.page.get_by_text("Data: choose a set").click()
    visit.page.get_by_text("Type or paste").click()
    visit.page.get_by_label("Numbers, one row per line").fill(text)
    visit.page.get_by_role("button", name="Use these numbers").click()
    visit.page.get_by_text("pasted numbers").first.wait_for()
    visit.settled()


def train(visit: Visit, name: str, stop: str) -> None:
    visit.page.get_by_role("button", name=name, exact=True).click()
    visit.page.get_by_role("button", name=stop, exact=True).wait_for()


def no_trace(visit: Visit) -> None:
    """Nothing of the machine shows on the page."""
    shown = visit.page.locator("body").inner_text()
    assert not re.search(r"Traceback|Exception|Error:|\.py\b.*line \d|/site-packages/", shown)


BROKEN = re.compile(r"ERR_CONNECTION|_stcore|server is not responding|disconnected from server")


def calm(visit: Visit) -> None:
    """Nothing but the broken connection itself was complained about."""
    others = [error for error in visit.watch.errors if not BROKEN.search(error)]
    assert others == [] and visit.watch.foreign == []


NUMBERS = "\n".join(f"{k / 10:.1f}, {(k % 7) / 3:.3f}" for k in range(30))


def test_a_server_that_is_killed_while_learners_train(server, opened):
    """Killed under two runs, own data and a page at rest, in two languages; then started again."""
    idle = opened("normal?mu=1.5")
    curve = opened(f"network?{SLOW}&activation=sine&seed=4")
    paste(curve, NUMBERS)
    small = opened("vae?show=train&beta=3&seed=5&lang=ko")
    train(small, "학습", "멈춤")
    train(curve, "Train", "Stop")
    holds(small, "training")
    holds(curve, "training", "data")
    server.kill()
    curve.page.get_by_text("Connection error").wait_for(timeout=LONG)
    photograph(curve.page, "fault_server_gone")
    no_trace(curve)
    server.start()

    # By itself, without a reload: the page is there again and says what is not.
    note = curve.page.locator(TOLD, has_text="Not kept from before")
    note.wait_for(timeout=LONG)
    curve.settled()
    photograph(curve.page, "fault_server_back")
    assert "your own data, the training under way" in note.inner_text()
    assert curve.page.get_by_text("Connection error").count() == 0
    assert "seed=4" in curve.page.url and "activation=sine" in curve.page.url
    assert curve.page.get_by_role("slider", name="Hidden units").input_value() == "50"
    assert curve.page.get_by_text("Noisy sine wave").first.is_visible()
    korean = small.page.locator(TOLD, has_text="남아 있지 않은 것: 진행 중이던 학습.")
    korean.wait_for(timeout=LONG)
    assert "seed=5" in small.page.url and "beta=3" in small.page.url

    # A page at rest lost nothing: no notice, and its controls answer at once.
    idle.page.bring_to_front()
    idle.settled()
    idle.page.get_by_role("slider").first.focus()
    idle.page.keyboard.press("ArrowRight")
    idle.page.wait_for_url(re.compile(r"mu=1\.6"), timeout=LONG)
    assert idle.page.locator(TOLD, has_text="Not kept").count() == 0

    # Unread, the notice outlives a reload; closed, it does not.
    curve.page.bring_to_front()
    curve.page.reload()
    note.wait_for(timeout=LONG)
    curve.settled()
    assert "seed=4" in curve.page.url
    curve.page.get_by_role("button", name="Close").click()
    note.wait_for(state="detached", timeout=LONG)
    curve.settled()
    train(curve, "Train", "Stop")  # and the work goes on
    holds(curve, "training")
    curve.page.reload()  # a plain reload loses what it loses, and says so too
    note.wait_for(timeout=LONG)
    assert "Not kept from before: the training under way." in note.inner_text()
    for visit in (idle, curve, small):
        no_trace(visit)
        calm(visit)


def test_two_tabs_of_one_learner_leave_each_other_alone(opened):
    one, two = opened("normal?lang=en"), opened("normal?lang=ko&mu=1.5")
    one.page.bring_to_front()
    paste(one, "10\n20\n40\n80\n")
    holds(one, "data")
    two.page.reload()  # a tab anew, beside one that has own data
    two.settled()
    assert two.page.get_by_text("pasted numbers").count() == 0
    assert two.page.locator("html").get_attribute("lang") == "ko" and "mu=1.5" in two.page.url
    assert two.page.locator(TOLD).count() == 0
    one.page.bring_to_front()
    assert one.page.get_by_text("pasted numbers").first.is_visible()
    assert one.page.locator("html").get_attribute("lang") == "en" and "mu=" not in one.page.url
    for visit in (one, two):
        visit.calm()


def test_a_browser_that_falls_asleep(server, opened):
    """Away for longer than the server has patience: the run waits where it stood."""
    line = Line()
    film, visit = opened("beta", line), opened(f"network?{SLOW}&seed=11", line)
    train(visit, "Train", "Stop")
    holds(visit, "training")
    line.sleep()
    visit.page.wait_for_function(f"() => !({CONNECTED})()", timeout=LONG)
    server.mood.write_text("slow impatient")
    visit.page.wait_for_timeout(2_500)
    server.mood.write_text("")
    line.asleep = False
    note = visit.page.locator(TOLD, has_text="paused while this page was away or asleep")
    note.wait_for(timeout=LONG)
    visit.settled()
    photograph(visit.page, "fault_asleep")
    visit.page.get_by_role("button", name="Go on", exact=True).click()
    visit.page.get_by_text("Done in").wait_for(timeout=LONG)
    visit.settled()
    assert visit.page.locator(TOLD).count() == 0  # nothing is lost: the session had stayed

    film.page.bring_to_front()
    film.page.wait_for_function(CONNECTED, timeout=LONG)
    film.settled()
    film.page.get_by_text("New digits").click()  # a sheet it has not got yet
    film.settled()
    film.page.wait_for_function(SHEETS, timeout=LONG)
    for tab in (visit, film):
        no_trace(tab)
        calm(tab)


CONNECTED = """() => document.querySelector('[data-testid=stApp]')
  ?.dataset.testConnectionState === 'CONNECTED'"""
SHEETS = "() => document.querySelector('.fs-picture')?.height > 0"
