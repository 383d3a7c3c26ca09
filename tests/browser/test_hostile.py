"""A real server and visitors who send what no browser would, by hand, over its own protocol.

No browser is needed; the tests are here so that one server after another is started.
"""

import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
import requests
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileUploaderState, UploadedFileInfo
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.exceptions import ConnectionClosed, InvalidMessage, InvalidStatus
from websockets.sync.client import connect

from explorer.catalog import ROOT
from explorer.ui import guard
from tests.browser.conftest import serving
from tests.hostile.tables import FRAMES, PATHS, QUERIES, SOURCES, STATES
from tests.hostile.wire import Visitor

pytestmark = pytest.mark.browser
HERE = Path(__file__).parent
LIMIT = 5 * 1024 * 1024  # bytes of a file, by .streamlit/config.toml
SOON = 2.0  # seconds in which too much is refused; ten times that on a machine at its limit
GROWTH = 300e6  # bytes that the server may have grown by after everything here
#: Anything that tells where the program lies or how it is made.
HOME = re.escape(str(ROOT)).encode()
INSIDE = re.compile(rb"Traceback|site-packages|File \"|" + HOME + rb"[/\"]")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The explorer; whatever was sent to it, no traceback in its log and little more memory."""
    log = tmp_path_factory.mktemp("hostile") / "server.log"
    with serving(ROOT / "streamlit_app.py", log) as url:
        with Visitor(url) as visitor:
            visitor.open("normal")
        before = memory(url)
        yield url
        assert memory(url) - before < GROWTH
        assert requests.get(f"{url}/_stcore/health", timeout=20).text == "ok"
    assert "Traceback" not in log.read_text(errors="replace"), log.read_text(errors="replace")


def memory(url: str) -> float:
    """Bytes in use by the server that listens there (Linux); 0 where that cannot be seen."""
    port = str(urlsplit(url).port).encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            if b"--server.port" in words and port in words:
                pages = int((folder / "statm").read_text().split()[1])
                return float(pages * os.sysconf("SC_PAGE_SIZE"))
        except OSError:
            continue
    return 0.0


@pytest.fixture
def visitor(server: str) -> Iterator[Visitor]:
    with Visitor(server) as one:
        yield one.open("normal")


def calm(visitor: Visitor) -> None:
    """No exception and no apology was sent; nor where the program lies."""
    assert not visitor.exceptions
    assert not [text for text in visitor.written if "Something went wrong" in text]
    for message in visitor.received:
        assert not INSIDE.search(message), message[:2000]


def move(visitor: Visitor, report: dict) -> None:
    """What the stage of `normal` says when a handle is dragged."""
    events = f"$$STREAMLIT_INTERNAL_KEY_{visitor.widgets['normal.stage'][0]}__events"
    told = json.dumps([{"event": "moved", "value": report}])
    visitor.run(WidgetState(id=events, json_trigger_value=told))


def works(server: str) -> None:
    """Another learner opens a lesson as ever."""
    with Visitor(server) as other:
        other.open("normal")
        assert "normal.stage" in other.sent_data
        calm(other)


# ------------------------------------------------------------------------- addresses


@pytest.mark.parametrize("case", QUERIES)
def test_a_query_string_of_any_kind_opens_the_lesson(server, case):
    with Visitor(server) as one:
        one.open("normal", QUERIES[case])
        calm(one)
        stage = one.sent_data["normal.stage"]
        assert len(stage["summary"]) > 20 and "nan" not in stage["summary"]


def test_a_page_that_is_not_there_and_a_session_that_is_not_ours(server):
    for name in ("nobody", "../../etc/passwd", "normal/../em", "\x00", "x" * 100_000):
        with Visitor(server) as one:
            one.open(name)
            calm(one)


# ------------------------------------------------------------------------- the wire


@pytest.mark.parametrize("case", FRAMES)
def test_a_frame_that_is_no_message_ends_its_own_line_only(server, visitor, case):
    frame, code = FRAMES[case]
    begun = time.monotonic()
    visitor.raw(frame)
    assert visitor.closed() in (code, 1006)  # a line may be cut before the code is read
    assert time.monotonic() - begun < 10 * SOON
    calm(visitor)


@pytest.mark.parametrize("case", FRAMES)
def test_a_frame_on_the_line_of_pictures_ends_that_line_only(server, visitor, case):
    address = server.replace("http", "ws", 1) + "/ahead/"
    token = visitor.sent_data["normal.stage"]["line"]
    with connect(address + token, max_size=None) as line:
        with suppress(ConnectionClosed):
            line.send(FRAMES[case][0])
        with pytest.raises(ConnectionClosed):
            line.recv(10 * SOON)
    move(visitor, {"id": "mu", "x": 1.5, "y": 0.2, "number": 7})
    assert "mean 1.50" in visitor.sent_data["normal.stage"]["summary"]
    calm(visitor)


@pytest.mark.parametrize("token", ["x" * 32, "x", "", "..%2f_stcore%2fstream", "%00" * 32])
def test_a_line_of_nobody_is_refused(server, token):
    with pytest.raises((InvalidStatus, InvalidMessage)) as refused:
        connect(server.replace("http", "ws", 1) + f"/ahead/{token}").close()
    if isinstance(refused.value, InvalidStatus):
        assert refused.value.response.status_code in (403, 404)
    works(server)


def test_states_of_components_that_are_none_change_nothing(visitor):
    for text in STATES.values():
        name = visitor.widgets["normal.stage"][0]
        visitor.run(
            WidgetState(id=name, json_value=text),
            WidgetState(id=f"$$STREAMLIT_INTERNAL_KEY_{name}__events", json_trigger_value=text),
        )
    calm(visitor)


def test_a_flood_of_widgets_or_of_names_of_files_is_not_heard(visitor):
    flood = BackMsg()
    flood.rerun_script.widget_states.widgets.extend(
        WidgetState(id=f"w{n}", string_value="x") for n in range(100_000)
    )
    visitor.say(flood, wait=False)
    names = BackMsg()
    names.file_urls_request.request_id = "r"
    names.file_urls_request.file_names.extend(["a"] * 100_000)
    visitor.say(names, wait=False)
    visitor.run()
    calm(visitor)
    assert max(map(len, visitor.received)) < 1_000_000


def test_a_paste_of_twelve_megabytes_is_refused_soon(server, visitor):
    message = BackMsg()
    state = message.rerun_script.widget_states.widgets.add(id="text")
    state.string_value = "1,2\n" * 3_100_000
    begun = time.monotonic()
    visitor.say(message, wait=False)
    assert visitor.closed() in (1009, 1006)
    assert time.monotonic() - begun < 10 * SOON
    works(server)


def test_one_learner_cannot_empty_the_caches_of_all(server, visitor):
    """Streamlit's “Clear cache” does so for everybody, and with it everything of the session."""
    count = hits(server)
    for kind in ("clear_cache", "set_run_on_save", "load_git_info", "debug_shutdown_runtime"):
        message = BackMsg()
        setattr(message, kind, True)
        visitor.say(message, wait=False)
    visitor.run()
    calm(visitor)
    assert hits(server) >= count
    works(server)


def hits(server: str) -> float:
    """How many things are kept in caches."""
    text = requests.get(f"{server}/_stcore/metrics", timeout=20).text
    return sum(float(v) for v in re.findall(r"^cache_memory_bytes\{.*?\} (\S+)$", text, re.M))


def test_a_forged_fragment_page_or_session_is_not_followed(visitor):
    stranger = BackMsg()
    stranger.rerun_script.fragment_id = "no such fragment"
    visitor.say(stranger, wait=False)
    stranger = BackMsg()
    stranger.rerun_script.page_script_hash = "../../../etc/passwd"
    visitor.say(stranger)
    calm(visitor)
    visitor.open("normal")
    calm(visitor)


def test_a_page_of_another_origin_gets_no_line(server):
    for origin in ("https://evil.example", "http://127.0.0.1.evil.example", "null"):
        with pytest.raises(InvalidStatus) as refused:
            Visitor(server, Origin=origin)
        assert refused.value.response.status_code == 403
    with Visitor(server, Origin=server) as ours:
        ours.open("normal")


# ------------------------------------------------------------------------- files and downloads


class Sender:
    """Sends files to a session as a page does, or nearly so."""

    def __init__(self, server: str, session: str) -> None:
        self.url, self.http = f"{server}/_stcore/upload_file/{session}", requests.Session()
        self.http.get(f"{server}/_stcore/health", timeout=20)
        self.token = self.http.cookies["_streamlit_xsrf"]

    def put(self, content: bytes, name: str = "f1", token: str | None = "", **more) -> int:
        headers = {} if token is None else {"X-Xsrftoken": token or self.token}
        files = {"file": ("mine.csv", content)}
        url = f"{self.url}/{name}"
        return self.http.put(url, files=files, headers=headers, timeout=60, **more).status_code


def test_a_file_needs_the_token_of_the_page(server, visitor):
    sender = Sender(server, visitor.session)
    kind, mask, secret, when = sender.token.split("|")
    turned = "|".join((kind, mask, secret[::-1], when))
    forged = "2|00000000|00000000000000000000000000000000|1700000000"
    for token in (None, "x", forged, turned, "2|" + "é".encode().hex()):
        assert sender.put(b"1,2", token=token) == 403
    alone = requests.put(f"{sender.url}/f1", files={"file": b"1"}, timeout=20)
    assert alone.status_code == 403
    assert requests.delete(f"{sender.url}/f1", timeout=20).status_code == 403
    assert sender.put(b"1,2") == 204


def test_a_file_for_nobody_too_large_or_one_too_many_is_refused(server, visitor):
    sender = Sender(server, visitor.session)
    for stranger in ("nobody", "..%2f..%2fetc", "%00"):
        assert Sender(server, stranger).put(b"1") in (400, 404)
    begun = time.monotonic()
    assert sender.put(b"1" * (LIMIT + 1)) == 413
    assert time.monotonic() - begun < 10 * SOON
    pair = [("a", ("a.csv", b"1")), ("b", ("b.csv", b"2"))]
    headers = {"X-Xsrftoken": sender.token}
    many = sender.http.put(f"{sender.url}/f1", files=pair, headers=headers, timeout=20)
    assert many.status_code == 400
    bare = sender.http.put(f"{sender.url}/f1", data=b"1,2", headers=headers, timeout=20)
    assert bare.status_code == 400
    assert [sender.put(b"1", f"f{n}") for n in range(guard.FILES + 2)] == (
        [204] * guard.FILES + [413] * 2
    )
    assert sender.put(b"2", "f0") == 204  # in the place of another


def test_a_body_that_hides_its_length_is_cut_off(server, visitor):
    sender = Sender(server, visitor.session)
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'

    def endless() -> Iterator[bytes]:
        yield head
        for _ in range(40):
            yield b"1" * 1_000_000

    kind = {"Content-Type": "multipart/form-data; boundary=x", "X-Xsrftoken": sender.token}
    try:
        answer = sender.http.put(f"{sender.url}/f1", data=endless(), headers=kind, timeout=60)
        assert answer.status_code == 413
    except requests.ConnectionError:
        pass  # hung up while we were still sending
    works(server)


def test_a_forged_file_is_no_file_and_a_sent_one_is_read(server, visitor):
    """The uploader's value names files; one that was never sent is not there."""
    for _ in range(3):  # each opens what the next one needs
        visitor.run(*fold(visitor))
    uploader = visitor.widgets["data_upload"][0]
    forged = FileUploaderState(uploaded_file_info=[UploadedFileInfo(file_id="x", name="../a")])
    state = WidgetState(id=uploader, file_uploader_state_value=forged)
    visitor.run(*fold(visitor), state)
    calm(visitor)
    sent = Sender(server, visitor.session)
    assert sent.put(b"\x89PNG\r\n\x1a\n\0\0", "f1") == 204
    forged.uploaded_file_info[0].file_id = "f1"
    state.file_uploader_state_value.CopyFrom(forged)
    visitor.run(*fold(visitor), state)
    calm(visitor)
    assert [text for text in visitor.written if "PNG picture" in text]


def fold(visitor: Visitor) -> list[WidgetState]:
    """The data fold opened, its way set to a file."""
    states = []
    for key, value in (("normal.data_fold", True), ("data_way", "Upload a file")):
        if key in visitor.widgets:
            name = visitor.widgets[key][0]
            states.append(WidgetState(id=name))
            if value is True:
                states[-1].bool_value = True
            else:
                states[-1].string_array_value.data.append(value)
    return states


# ------------------------------------------------------------------------- what is served


@pytest.mark.parametrize("case", PATHS)
def test_nothing_is_found_outside_what_is_meant(server, case):
    code, body = raw_get(server, PATHS[case])
    assert code in (400, 404), body[:200]
    assert not INSIDE.search(body) and b"import streamlit" not in body


@pytest.mark.parametrize("case", SOURCES)
def test_files_of_the_project_are_not_served(server, case):
    code, body = raw_get(server, SOURCES[case])
    assert code == 404 or b"<title>Streamlit</title>" in body
    assert body == raw_get(server, "/")[1] or code == 404


def raw_get(server: str, path: str) -> tuple[int, bytes]:
    """A request as it is written, without the client tidying up the path."""
    import http.client

    line = http.client.HTTPConnection(urlsplit(server).netloc, timeout=20)
    line.putrequest("GET", quote(path, safe="/%:?&=.\\"), skip_accept_encoding=True)
    line.endheaders()
    answer = line.getresponse()
    body = answer.read()
    line.close()
    return answer.status, body


def test_the_folder_of_static_files_gives_its_scripts_and_no_other_file(server):
    folder = ROOT / "static"
    strangers = [".hidden-1.js.swp", "tmp-draft", "notes-1.txt", "page-1.html"]
    scripts = sorted(path.name for path in folder.glob("*.js"))
    assert any(name.startswith("plotly-") for name in scripts)
    assert requests.get(f"{server}/app/static/{scripts[0]}", timeout=20).status_code == 200
    made = [folder / name for name in strangers]
    try:
        for path in made:
            path.write_text("not for everybody")
            answer = requests.get(f"{server}/app/static/{path.name}", timeout=20)
            assert answer.status_code == 404 and "everybody" not in answer.text
    finally:
        for path in made:
            path.unlink(missing_ok=True)


def test_every_answer_says_that_its_type_is_meant(server):
    for path in ("/", "/normal", "/_stcore/health", "/app/static/x-1.js", "/media/x"):
        headers = requests.get(f"{server}{path}", timeout=20).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"


def test_no_word_goes_to_anybody_else(server):
    """Usage statistics are off, and the page is told so."""
    with Visitor(server) as one:
        one.open("normal")
        config = one.messages("new_session")[-1].new_session.config
        assert config.gather_usage_stats is False
        assert requests.get(f"{server}/_stcore/host-config", timeout=20).json()["metricsUrl"] == ""


# ------------------------------------------------------------------------- a page that fails


def test_a_page_that_fails_says_so_calmly_and_nothing_of_where(tmp_path):
    log = tmp_path / "raises.log"
    with serving(HERE / "apps" / "raises.py", log) as url:
        with Visitor(url) as one:
            one.open("")
            assert [text for text in one.written if "Something went wrong on this page" in text]
            one.open("", "how=shown")
            button = one.widgets["fail"][0]
            one.run(WidgetState(id=button, trigger_value=True))
            assert [text for text in one.written if "Something went wrong on this page" in text]
            assert not one.exceptions
            for message in one.received:
                assert not INSIDE.search(message), message
                assert b"a detail that" not in message and b"RuntimeError" not in message
    assert "a detail that belongs in the log" in log.read_text()
    assert "Traceback" in log.read_text()


def test_the_protocol_is_spoken_right(visitor):
    """What the others rely on: a drag by hand moves the picture, as from a browser."""
    handle = visitor.sent_data["normal.stage"]["handles"][0]
    before = visitor.sent_data["normal.stage"]["summary"]
    move(visitor, {"id": handle["id"], "x": handle["x"] + 1, "y": handle["y"], "number": 5})
    assert visitor.sent_data["normal.stage"]["summary"] != before
    assert visitor.sent_data["normal.stage"]["answered"] == 5
    calm(visitor)
