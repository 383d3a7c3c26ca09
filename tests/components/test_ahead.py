"""The line that brings pictures ahead of the page, and what is kept back until they are painted."""

import asyncio
import gc
import time
from collections.abc import Callable

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from explorer.components import ahead
from explorer.components.ahead import Behind, Line, Lines

SOON = 5.0  # seconds that a step may take on a busy machine


class Browser:
    """One websocket by the rules of ASGI, without a network."""

    def __init__(self, path: str = "/ahead/" + "x" * 32) -> None:
        self.scope = {"type": "websocket", "path": path, "headers": [], "subprotocols": []}
        self.said: asyncio.Queue = asyncio.Queue()
        self.said.put_nowait({"type": "websocket.connect"})
        self.events: list[dict] = []

    async def send(self, message: dict) -> None:
        self.events.append(message)

    def say(self, text: str) -> None:
        self.said.put_nowait({"type": "websocket.receive", "text": text})

    def go(self) -> None:
        self.said.put_nowait({"type": "websocket.disconnect", "code": 1001})

    @property
    def texts(self) -> list[str]:
        return [m["text"] for m in self.events if m["type"] == "websocket.send"]

    @property
    def kinds(self) -> list[str]:
        return [m["type"].removeprefix("websocket.") for m in self.events]

    def listen(self, lines: Lines) -> asyncio.Task:
        return asyncio.ensure_future(lines.serve(self.scope, self.said.get, self.send))


async def until(what: Callable[[], object]) -> None:
    async with asyncio.timeout(SOON):
        while not what():
            await asyncio.sleep(0.002)


def visit(lines: Lines, session: str = "ann") -> tuple[Line, Browser]:
    line = lines.add(session)
    return line, Browser(f"/class/ahead/{line.token}")  # behind a path prefix


def picture(line: Line, key: str, text: str) -> None:
    line.count += 1
    line.send(key, text)


def test_a_picture_reaches_the_browser_that_listens_and_no_other():
    async def play() -> None:
        lines = Lines()
        (ann, hers), (bob, his) = visit(lines, "ann"), visit(lines, "bob")
        tasks = hers.listen(lines), his.listen(lines)
        await until(lambda: ann.open and bob.open)
        await asyncio.to_thread(picture, ann, "stage", "one")  # from a page's own thread
        await until(lambda: hers.texts)
        assert hers.texts == ["one"]
        assert his.texts == []
        assert ann.behind and not bob.behind
        hers.say("1")
        await until(lambda: not ann.behind)
        hers.go(), his.go()
        assert await asyncio.gather(*tasks) == [True, True]
        assert not ann.open

    asyncio.run(play())


def test_what_waits_for_a_slow_browser_is_the_newest_of_each_stage():
    async def play() -> None:
        lines = Lines()
        line, browser = visit(lines)
        task = browser.listen(lines)
        await until(lambda: line.open)
        for key, text in [("a", "a1"), ("b", "b1"), ("a", "a2"), ("a", "a3")]:
            picture(line, key, text)  # nothing is sent before we wait
        await until(lambda: len(browser.texts) == 2)
        assert browser.texts == ["a3", "b1"]
        browser.say("3")
        await asyncio.sleep(0.02)
        assert line.behind  # the fourth is not painted yet
        browser.say("4")
        await until(lambda: not line.behind)
        browser.go()
        await task

    asyncio.run(play())


def test_without_a_browser_nothing_is_kept_and_nothing_is_awaited():
    line = Line()
    picture(line, "stage", "x")
    assert not line.open and not line.behind
    assert line._waiting == {}


def test_a_picture_that_is_too_long_goes_with_its_element_alone():
    async def play() -> None:
        lines = Lines()
        line, browser = visit(lines)
        task = browser.listen(lines)
        await until(lambda: line.open)
        picture(line, "stage", "x" * (ahead.LARGEST + 1))
        assert not line.behind
        picture(line, "stage", "x" * ahead.LARGEST)
        assert line.behind
        browser.go()
        await task
        assert not line.behind  # nobody will answer

    asyncio.run(play())


@pytest.mark.parametrize("said", ["", "-1", "1.5", "nan", "1" * 16, "[1]", "x" * 100_000])
def test_whoever_talks_nonsense_is_closed_and_a_new_line_works(said):
    async def play() -> None:
        lines = Lines()
        line, browser = visit(lines)
        task = browser.listen(lines)
        await until(lambda: line.open)
        browser.say(said)
        await asyncio.wait_for(task, SOON)
        assert browser.kinds == ["accept", "close"]
        again = Browser(browser.scope["path"])
        task = again.listen(lines)
        await until(lambda: line.open)
        picture(line, "stage", "one")
        await until(lambda: again.texts)
        again.go()
        await task

    asyncio.run(play())


def test_the_second_browser_at_one_address_takes_the_line_over():
    async def play() -> None:
        lines = Lines()
        line, first = visit(lines)
        one = first.listen(lines)
        await until(lambda: line.open)
        second = Browser(first.scope["path"])
        two = second.listen(lines)
        await until(lambda: second.events)
        picture(line, "stage", "one")
        await until(lambda: second.texts)
        await asyncio.wait_for(one, SOON)
        assert first.texts == []
        assert first.kinds == ["accept", "close"]
        assert line.open
        second.go()
        await two

    asyncio.run(play())


def test_an_unknown_address_is_refused_and_other_websockets_are_not_ours():
    async def play() -> None:
        lines = Lines()
        stranger = Browser()
        assert await stranger.listen(lines) is True
        assert stranger.kinds == ["close"]  # before it was accepted: answered with 403
        for path in ("/_stcore/stream", "/ahead/short", "/ahead/" + "x" * 33, "/ahead"):
            other = Browser(path)
            assert await other.listen(lines) is False, path
            assert other.events == []

    asyncio.run(play())


def test_a_line_ends_with_the_session_that_held_it():
    lines = Lines()
    line, browser = visit(lines)
    assert lines.of("ann") is line
    del line
    gc.collect()
    assert lines.of("ann") is None
    asyncio.run(lines.serve(browser.scope, browser.said.get, browser.send))
    assert browser.kinds == ["close"]


def test_where_no_server_runs_there_is_no_line():
    assert ahead.line() is None


# --------------------------------------------------------------------------- what follows a picture


class Wire:
    """Streamlit's websocket behind a `Behind`, for a session whose tab listens."""

    def __init__(self) -> None:
        self.left: list[str] = []
        self.behind = Behind(self._send)

    async def _send(self, message: dict) -> None:
        await asyncio.sleep(0.002)  # a network takes its time
        self.left.append(message["name"])

    async def tell(self, name: str, told: ForwardMsg | None = None) -> None:
        await self.behind.send({"type": "websocket.send", "name": name}, told)

    async def begin(self, session: str, *fragments: str) -> None:
        told = ForwardMsg()
        told.new_session.initialize.session_id = session
        told.metadata.run.fragment_ids.extend(fragments)
        await self.tell("begin", told)

    async def end(self) -> None:
        told = ForwardMsg(script_finished=ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)
        await self.tell("end", told)


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Lines:
    """Lines of our own, and time enough for a busy machine."""
    monkeypatch.setattr(ahead, "LONGEST", SOON)
    fresh = Lines()
    monkeypatch.setattr(ahead, "LINES", fresh)
    return fresh


def run(play: Callable[[Line, Browser, Wire], object], lines: Lines) -> None:
    async def all_of_it() -> None:
        line, browser = visit(lines)
        task = browser.listen(lines)
        await until(lambda: line.open)
        await play(line, browser, Wire())  # type: ignore[misc]
        browser.go()
        await task

    asyncio.run(all_of_it())


def test_a_run_follows_its_picture_in_order(lines):
    async def play(line: Line, browser: Browser, wire: Wire) -> None:
        await wire.begin("ann", "fragment")
        await wire.tell("slider")
        picture(line, "stage", "one")
        await wire.tell("stage")
        await wire.end()
        await until(lambda: browser.texts)
        await asyncio.sleep(0.05)
        assert wire.left == []  # the picture has gone, and is not painted
        browser.say("1")
        await wire_empties(wire)
        assert wire.left == ["begin", "slider", "stage", "end"]
        await wire.tell("status")
        assert wire.left[-1] == "status"  # between runs nothing waits

    run(play, lines)


async def wire_empties(wire: Wire) -> None:
    await until(lambda: wire.behind._timer is None)
    async with wire.behind._lock:  # and what had been kept is on its way
        assert wire.behind._held == []


def test_a_picture_painted_before_the_run_ends_lets_it_go_at_its_end(lines):
    async def play(line: Line, browser: Browser, wire: Wire) -> None:
        await wire.begin("ann", "fragment")
        picture(line, "stage", "one")
        browser.say("1")
        await until(lambda: not line.behind)
        await wire.tell("stage")
        assert wire.left == []
        await wire.end()
        assert wire.left == ["begin", "stage", "end"]

    run(play, lines)


def test_a_run_without_a_picture_leaves_in_one_piece_at_its_end(lines):
    async def play(line: Line, _browser: Browser, wire: Wire) -> None:
        await wire.begin("ann", "fragment")
        await wire.tell("text")
        assert wire.left == []
        await wire.end()
        assert wire.left == ["begin", "text", "end"]
        assert not line.behind

    run(play, lines)


def test_whole_pages_and_those_who_do_not_listen_wait_for_nothing(lines):
    async def play(_line: Line, browser: Browser, wire: Wire) -> None:
        await wire.begin("ann")
        assert wire.left == ["begin"]
        deaf = lines.add("bob")
        await wire.begin("bob", "fragment")
        await wire.begin("nobody", "fragment")
        assert wire.left == ["begin"] * 3
        assert not deaf.open

    run(play, lines)


def test_in_a_crowd_nothing_goes_ahead_and_nothing_is_kept_back(lines):
    async def play(line: Line, browser: Browser, wire: Wire) -> None:
        lines.calm = lambda: False
        await wire.begin("ann", "fragment")
        assert wire.left == ["begin"]
        picture(line, "stage", "one")
        assert not line.behind
        lines.calm = lambda: True  # what has begun goes on as it began
        await wire.tell("stage")
        await wire.end()
        assert wire.left == ["begin", "stage", "end"]
        picture(line, "stage", "two")
        await until(lambda: browser.texts)
        assert browser.texts == ["two"]

    run(play, lines)


def test_after_a_while_it_leaves_painted_or_not(lines, monkeypatch):
    monkeypatch.setattr(ahead, "LONGEST", 0.1)

    async def play(line: Line, _browser: Browser, wire: Wire) -> None:
        start = time.monotonic()
        await wire.begin("ann", "fragment")
        picture(line, "stage", "one")
        await wire.tell("stage")
        await wire_empties(wire)
        assert time.monotonic() - start >= 0.1
        assert wire.left == ["begin", "stage"]
        await wire.tell("more")  # a long run: from now on as it comes
        await wire.end()
        assert wire.left == ["begin", "stage", "more", "end"]

    run(play, lines)


def test_the_next_run_and_a_line_that_breaks_let_the_last_one_go(lines):
    async def play(line: Line, browser: Browser, wire: Wire) -> None:
        await wire.begin("ann", "fragment")
        picture(line, "stage", "one")
        await wire.end()
        assert wire.left == []
        await wire.begin("ann", "fragment")
        assert wire.left == ["begin", "end"]
        await wire.end()
        assert wire.left == ["begin", "end"]  # the first picture is still not painted
        browser.go()
        await wire_empties(wire)
        assert wire.left == ["begin", "end"] * 2

    run(play, lines)


def test_messages_that_come_while_others_leave_stay_behind_them(lines):
    async def play(line: Line, browser: Browser, wire: Wire) -> None:
        await wire.begin("ann", "fragment")
        picture(line, "stage", "one")
        for number in range(50):
            await wire.tell(str(number))
        await wire.end()
        browser.say("1")
        await until(lambda: wire.left)
        assert len(wire.left) < 52
        await wire.tell("late")
        assert wire.left == ["begin", *map(str, range(50)), "end", "late"]

    run(play, lines)


def test_a_socket_that_closes_leaves_no_clock_behind(lines, monkeypatch):
    monkeypatch.setattr(ahead, "LONGEST", 0.05)

    async def play(_line: Line, _browser: Browser, wire: Wire) -> None:
        await wire.begin("ann", "fragment")
        wire.behind.close()
        await asyncio.sleep(0.15)
        assert wire.left == []

    run(play, lines)
