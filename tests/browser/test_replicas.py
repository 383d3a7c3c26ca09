"""Several replicas behind nginx, with the very configuration of deploy/nginx.

Replaced in it are only the addresses and ports of the replicas and nginx's own; log, pid and
temporary files lie in the test's folder. Without nginx these tests are skipped on a desk and fail
where CI is set.
"""

import contextlib
import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from explorer import catalog, lessons
from explorer.catalog import ROOT
from tests.browser.conftest import Visit, Watch

pytestmark = pytest.mark.browser

DEPLOY = ROOT / "deploy"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")

#: Around the deployed files: what belongs to the machine.
MAIN = """
{user}
daemon off;
worker_processes 2;
pid nginx.pid;
error_log error.log warn;
events {{ worker_connections 2048; }}  # a learner takes four: two websockets, twice
http {{
    log_format seats '$http_user_agent|$request_method|$uri|$status|$upstream_addr|'
                     '$sent_http_content_encoding|$sent_http_cache_control|$bytes_sent';
    access_log access.log seats;
    client_body_temp_path temp; proxy_temp_path temp; fastcgi_temp_path temp;
    uwsgi_temp_path temp; scgi_temp_path temp;
    include explorer/server.conf;
}}
"""


@pytest.fixture(scope="module", autouse=True)
def nginx_is_here() -> None:
    """Skip on a desk, fail in CI: there a missing nginx must not look like success."""
    if NGINX is None and os.environ.get("CI"):
        pytest.fail("nginx is not installed")
    if NGINX is None:
        pytest.skip("nginx is not installed")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(holds: Callable[[], Any], seconds: float = 60) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := holds():
            return found
        time.sleep(0.1)
    raise TimeoutError(holds)


def fetch(url: str, agent: str = "probe", accept: str = "*/*") -> tuple[int, str]:
    """Status and text, as a browser without cookies would get them."""
    request = urllib.request.Request(url, headers={"User-Agent": agent, "Accept": accept})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")
    except OSError as error:
        return 0, str(error)


def seat_given(port: int, seat: str) -> str:
    """The cookie that comes with the opening of a websocket by somebody who has this seat."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    opening = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    opening |= {"Sec-WebSocket-Key": "MDEyMzQ1Njc4OWFiY2RlZg==", "Cookie": f"explorer_seat={seat}"}
    try:
        line.request("GET", "/_stcore/stream", headers=opening)
        answer = line.getresponse()
        assert answer.status == 101
        return answer.getheader("Set-Cookie", "")
    finally:
        line.close()


@dataclass
class Request:
    """One line of nginx's log."""

    agent: str
    method: str
    path: str
    status: int
    replica: int  # the port of the one that answered
    encoding: str
    keep: str
    size: int


@dataclass
class Site:
    """Replicas, each a real server, and the nginx before them."""

    folder: Path
    prefix: str = ""
    port: int = field(default_factory=free_port)
    ports: list[int] = field(default_factory=lambda: [free_port(), free_port()])
    servers: dict[int, subprocess.Popen] = field(default_factory=dict)
    nginx: subprocess.Popen | None = None

    @property
    def home(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.prefix}"

    def start(self, port: int) -> None:
        """A replica with the settings that the container file and compose give it."""
        settings = {
            "STREAMLIT_SERVER_PORT": str(port),
            "STREAMLIT_SERVER_HEADLESS": "true",
            "STREAMLIT_BROWSER_SERVER_ADDRESS": "localhost",
            "STREAMLIT_SERVER_BASE_URL_PATH": self.prefix.strip("/"),
        }
        with (self.folder / f"{port}.log").open("a") as log:
            self.servers[port] = subprocess.Popen(
                [sys.executable, "-m", "streamlit", "run"],
                cwd=ROOT,
                env=os.environ | settings,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def ready(self, port: int) -> None:
        health = f"http://127.0.0.1:{port}{self.prefix}/_stcore/health"
        until(lambda: self.servers[port].poll() is not None or fetch(health)[0] == 200)
        assert self.servers[port].poll() is None, (self.folder / f"{port}.log").read_text()

    def kill(self, port: int) -> None:
        os.killpg(self.servers[port].pid, signal.SIGKILL)
        self.servers.pop(port).wait()

    def configure(self) -> None:
        """The deployed files, for these ports."""
        (self.folder / "temp").mkdir()
        shutil.copytree(DEPLOY / "nginx", self.folder / "explorer")
        replaced = {
            "listen 8080;": f"listen 127.0.0.1:{self.port};",
            **{f"172.31.85.1{n}:": "127.0.0.1:" for n in (1, 2)},
            **{f"850{n}": str(port) for n, port in enumerate(self.ports, 1)},
        }
        if self.prefix:
            replaced["location / {"] = f"location {self.prefix}/ {{"
        for file in (self.folder / "explorer").iterdir():
            text = file.read_text()
            for old, new in replaced.items():
                text = text.replace(old, new)
            file.write_text(text)
        user = "user root;" if os.geteuid() == 0 else ""
        (self.folder / "nginx.conf").write_text(MAIN.format(user=user))

    def open(self) -> None:
        self.configure()
        place = ["-p", str(self.folder), "-c", str(self.folder / "nginx.conf"), "-e", "error.log"]
        subprocess.run([str(NGINX), "-t", *place], check=True, capture_output=True)
        self.nginx = subprocess.Popen([str(NGINX), *place], start_new_session=True)

    def cut(self) -> None:
        """Every connection breaks: nginx's workers are killed, and it starts new ones."""
        assert self.nginx is not None
        for line in (
            Path(f"/proc/{self.nginx.pid}/task/{self.nginx.pid}/children").read_text().split()
        ):
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(line), signal.SIGKILL)

    def close(self) -> None:
        for server in [*self.servers.values(), *([self.nginx] if self.nginx else [])]:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGKILL)
            server.wait()

    def log(self, agent: str = "") -> list[Request]:
        """What nginx has passed on so far, of one learner or of all."""
        found = []
        for line in (self.folder / "access.log").read_text().splitlines():
            name, method, path, status, upstream, *rest = line.split("|")
            replica = re.search(r":(\d+)$", upstream)
            if agent in ("", name):
                port = int(replica[1]) if replica else 0
                found.append(
                    Request(name, method, path, int(status), port, *rest[:2], int(rest[2]))
                )
        return found

    def seats(self, agent: str, since: int = 0) -> set[int]:
        """The replicas that one learner has met, after the first so many requests."""
        return {line.replica for line in self.log(agent)[since:]}


@contextmanager
def running(folder: Path, prefix: str = "", count: int = 2) -> Iterator[Site]:
    site = Site(folder, prefix)
    try:
        for port in site.ports[:count]:
            site.start(port)
        site.open()
        for port in site.ports[:count]:
            site.ready(port)
        yield site
    finally:
        site.close()
    for port in site.ports[:count]:
        text = (folder / f"{port}.log").read_text()
        assert "Traceback" not in text, text


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running(tmp_path_factory.mktemp("replicas")) as site:
        yield site


@pytest.fixture
def learner(chromium: Any) -> Iterator[Callable[..., Visit]]:
    """A browser with cookies of its own: learner(name, home) -> Visit; nginx's log has the name."""
    windows = []

    def make(name: str, home: str) -> Visit:
        window = chromium.new_context(user_agent=name, locale="en-US", reduced_motion="reduce")
        windows.append(window)
        page, watch = window.new_page(), Watch(home)
        watch.follow(page)
        return Visit(page, watch)

    yield make
    for window in windows:
        window.close()


def move(seen: Visit, times: int) -> None:
    """Some presses of the arrow key on the slider of the mean, 0.1 each."""
    seen.page.get_by_role("slider", name="Mean μ").first.focus()
    for _press in range(times):
        seen.page.keyboard.press("ArrowRight")
        seen.settled()


def answers(seen: Visit, mean: float) -> None:
    """The server has drawn the bell with this mean, and the slider says so too."""
    seen.page.get_by_text(f"A bell with mean {mean:.2f}").first.wait_for(timeout=30_000)
    slider = seen.page.get_by_role("slider", name="Mean μ").first
    assert float(slider.get_attribute("aria-valuetext")) == mean


def still_has(seen: Visit, rows: int) -> None:
    """Asked for once more, the whole page comes from a session that holds the learner's file."""
    fold = seen.page.get_by_text("Data: choose a set, upload")
    for _twice in range(2):
        fold.click()
        seen.settled()
    assert seen.page.get_by_text(f"{rows} rows").first.is_visible()


def bring(seen: Visit, name: str, rows: int) -> None:
    """Upload a file of so many numbers."""
    page = seen.page
    page.get_by_text("Data: choose a set, upload").click()
    page.get_by_role("radio", name="Upload a file").click()
    content = "\n".join(f"{n * 0.37 % 5:.3f}" for n in range(rows)).encode()
    page.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": content}
    )
    page.get_by_text(f"{rows} rows").first.wait_for(timeout=30_000)
    seen.settled()


CONNECTED = """() => document.querySelector('[data-testid=stApp]')
  .dataset.testConnectionState === 'CONNECTED'"""


def test_learners_spread_and_each_stays_on_one_replica(site, learner):
    """Pages, scripts, uploads, the websocket and the filmstrip's pictures all reach one replica,
    over reloads and when the connection breaks."""
    ann, ben = (learner(name, site.home) for name in ("ann", "ben"))
    ann.open("normal")
    ben.open("normal")
    where = {name: site.seats(name) for name in ("ann", "ben")}
    assert sorted(map(list, where.values())) == [[port] for port in sorted(site.ports)], where
    bring(ann, "ann.csv", 37)
    move(ann, 2)
    move(ben, 2)
    with ann.page.expect_websocket(timeout=60_000), ben.page.expect_websocket(timeout=60_000):
        site.cut()
    for seen in (ann, ben):
        seen.page.wait_for_function(CONNECTED)
        move(seen.settled(), 1)
        answers(seen, 0.3)
    still_has(ann, 37)
    ann.watch.errors.clear()  # the browser says that its connection was cut
    ben.watch.errors.clear()
    ann.open("autoencoder")
    ann.page.wait_for_selector(".fs-picture", timeout=60_000)
    ann.page.wait_for_function("() => document.querySelector('.fs-picture').width !== 300")
    ann.settled().page.reload()
    ann.settled()
    assert {name: site.seats(name) for name in where} == where
    paths = [line for line in site.log("ann") if line.status < 400]
    for part in ("/_stcore/stream", "/_stcore/upload_file/", "/media/", "/app/static/plotly"):
        assert any(line.path.startswith(part) for line in paths), part
    for line in paths:
        if line.path.endswith(".js") and line.status == 200 and line.size > 2000:
            assert line.encoding == "gzip", line
        if line.path.startswith("/app/static/"):
            assert "immutable" in line.keep, line
    ann.calm()
    ben.calm()


def test_who_keeps_no_cookies_still_stays_on_one_replica(site):
    for name in ("no-cookies-1", "no-cookies-2", "no-cookies-3"):
        for _time in range(6):
            assert fetch(f"{site.home}/_stcore/health", name)[0] == 200
        assert len(site.seats(name)) == 1
    assert fetch(f"{site.home}/_stcore/metrics")[0] == 404


def test_losing_a_replica_loses_only_its_own_sessions(site, learner):
    ann, ben = (learner(name, site.home) for name in ("anna", "benno"))
    for seen, name, rows in ((ann, "anna", 31), (ben, "benno", 47)):
        seen.open("normal")
        bring(seen, f"{name}.csv", rows)
        move(seen, 3)
        seen.page.wait_for_url("**mu=0.3*")
    [lost], [left] = site.seats("anna"), site.seats("benno")
    assert lost != left
    before = len(site.log("benno"))
    site.kill(lost)
    move(ben, 2)
    answers(ben, 0.5)
    still_has(ben, 47)
    assert not [r for r in site.log("benno")[before:] if r.path == "/_stcore/stream"]
    ben.calm()

    # Who opens the websocket again without a new page has moved as well; who need not, stays.
    assert seat_given(site.port, f"{lost}-1").startswith(f"explorer_seat={left}-")
    assert seat_given(site.port, f"{left}-1") == ""

    met = len(site.log("anna"))
    ann.page.reload()
    ann.settled()
    ann.watch.errors.clear()  # the browser says that its connection was lost
    answers(ann, 0.3)  # the address holds it
    assert ann.page.get_by_text("31 rows").count() == 0, "only the dead replica had it"
    bring(ann, "again.csv", 29)
    move(ann, 1)
    assert site.seats("anna", met) - {lost} == {left}

    site.start(lost)
    site.ready(lost)
    met = len(site.log("anna"))
    move(ann, 1)
    still_has(ann, 29)
    ann.page.wait_for_url("**mu=0.5*")
    ann.page.reload()
    ann.settled()
    answers(ann, 0.5)
    assert site.seats("anna", met) == {left}, "the one that came back takes nobody away"

    def newcomers_meet(port: int) -> bool:  # nginx asks a replica that failed again after 10 s
        fetch(f"{site.home}/", "newcomer", "text/html")
        return site.log("newcomer")[-1].replica == port

    until(lambda: newcomers_meet(lost))
    ann.calm()
    ben.calm()


def test_while_all_are_down_a_calm_page_waits(site):
    for port in list(site.servers):
        site.kill(port)
    status, text = fetch(f"{site.home}/normal", accept="text/html")
    assert status == 503 and "being started" in text and "시작하고 있습니다" in text
    assert 'http-equiv="refresh"' in text and "nginx" not in text


def test_under_a_prefix(tmp_path, learner):
    """A lesson, a filmstrip, the map and its links, where a server has other things beside it."""
    with running(tmp_path, "/explorer", count=1) as site:
        seen = learner("eve", site.home)
        page = seen.open("normal").page
        assert page.locator("h1").first.is_visible()
        page.goto(f"{site.home}/")
        links = page.get_by_test_id("stPageLink-NavLink")
        links.first.wait_for(timeout=30_000)
        seen.page.wait_for_timeout(300)
        slugs = {entry.slug for entry in catalog.LESSONS}
        paths = set(page.locator("a[href]").evaluate_all("all => all.map((a) => a.pathname)"))
        inside = {f"/explorer/{slug}" for slug in slugs}
        assert inside <= paths, inside - paths
        assert all(path.startswith("/explorer/") for path in paths if path != "/explorer"), paths
        links.filter(has_text=lessons.read("autoencoder", "en").title).first.click()
        page.wait_for_url("**/explorer/autoencoder*")
        seen.settled()
        page.wait_for_function("() => document.querySelector('.fs-picture')?.width !== 300")
        asked = {line.path for line in site.log("eve")}
        assert any(path.startswith("/explorer/media/") for path in asked)
        assert any(path.startswith("/explorer/app/static/stage-") for path in asked)
        assert {line.path for line in site.log() if not line.path.startswith("/explorer/")} == set()
        seen.calm()


def test_the_container_files_agree_with_nginx():
    compose = (DEPLOY / "compose.yaml").read_text()
    replicas = (DEPLOY / "nginx" / "replicas.conf").read_text()
    found = re.findall(
        r"STREAMLIT_SERVER_PORT: (\d+)\}\s+networks: .*ipv4_address: ([\d.]+)", compose
    )
    assert len(found) == 2
    for port, address in found:
        assert replicas.count(f"server {address}:{port};") == 3
        assert f"    ~^{port}- explorer_{port};" in replicas
    copied = re.findall(r"^COPY (\S+) \S+$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
    assert len(copied) == 6 and all((ROOT / path).exists() for path in copied)
    sent = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    assert {line[1:] for line in sent if line.startswith("!")} == set(copied)
    limit = re.search(
        r"^maxUploadSize = (\d+)", (ROOT / ".streamlit/config.toml").read_text(), re.M
    )
    body = re.search(r"client_max_body_size (\d+)m", (DEPLOY / "nginx/proxy.conf").read_text())
    assert int(body[1]) > int(limit[1])
