"""What a run says leaves together, in order, and nothing is lost on the way."""

import asyncio
import inspect
import threading
from collections import deque
from types import SimpleNamespace

import pytest
from streamlit import runtime
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner import ScriptRunnerEvent
from streamlit.runtime.session_manager import SessionClientDisconnectedError

from explorer.ui import parcel

START, SAY = ScriptRunnerEvent.SCRIPT_STARTED, ScriptRunnerEvent.ENQUEUE_FORWARD_MSG
END, LAST = ScriptRunnerEvent.FRAGMENT_STOPPED_WITH_SUCCESS, ScriptRunnerEvent.SHUTDOWN


class Session:
    """Of a session only what a parcel asks of it."""

    id = "one"

    def __init__(self) -> None:
        self.handled: list = []
        self.queue: list = []
        self.soon: list = []  # what the server's thread was called for
        self.settled = 0

    def _call_soon_on_event_loop(self, callback) -> None:
        self.soon.append(callback)

    def _handle_scriptrunner_event_on_event_loop(self, sender, event, forward_msg=None) -> None:
        self.handled.append(event)
        self.queue.append(forward_msg if event is SAY else event)

    def flush_browser_queue(self) -> list:
        flushed, self.queue = self.queue, []
        return flushed

    def on_flushed_messages_sent(self) -> None:
        self.settled += 1

    def says(self, *events) -> None:
        """As Streamlit's thread of a run does; a text is a message."""
        for event in events:
            told = {"forward_msg": event} if isinstance(event, str) else {}
            kind = SAY if isinstance(event, str) else event
            AppSession._on_scriptrunner_event(self, "runner", kind, **told)


@pytest.fixture
def server(monkeypatch):
    """Streamlit's runtime: who is there, and what was sent."""
    parcel.collect()
    there, sent, gone = {"one": SimpleNamespace(client="tab")}, [], []
    found = SimpleNamespace(
        there=there,
        sent=sent,
        gone=gone,
        _session_mgr=SimpleNamespace(get_active_session_info=there.get),
        _send_message=lambda _known, message: sent.append(message),
        disconnect_session=lambda name, client: gone.append((name, client)),
    )
    monkeypatch.setattr(runtime, "get_instance", lambda: found)
    yield found
    parcel._saying.clear()


def test_a_run_calls_the_servers_thread_once(server):
    session = Session()
    said = [f"element {number}" for number in range(25)]
    session.says(START, *said)
    assert not session.soon and not server.sent
    session.says(END)
    (call,) = session.soon
    call()
    assert server.sent == [START, *said, END] and session.settled == 1
    assert session not in parcel._saying


def test_what_a_long_run_has_said_does_not_wait_for_its_end(server):
    session = Session()
    session.says(START, "it will take a while")

    async def while_it_goes_on() -> None:
        task = asyncio.create_task(parcel.deliver())
        await asyncio.sleep(4 * parcel.HELD)
        assert server.sent == [START, "it will take a while"]
        session.says("half")
        await asyncio.sleep(4 * parcel.HELD)
        task.cancel()

    asyncio.run(while_it_goes_on())
    assert server.sent[2:] == ["half"] and not session.soon


def test_a_parcel_that_fails_keeps_back_no_other(server, caplog):
    broken, sound = Session(), Session()
    broken.flush_browser_queue = lambda: 1 / 0

    async def a_while() -> None:
        task = asyncio.create_task(parcel.deliver())
        for turn in range(3):
            broken.says(f"broken {turn}")
            sound.says(f"sound {turn}")
            await asyncio.sleep(3 * parcel.HELD)
        task.cancel()

    asyncio.run(a_while())
    assert server.sent == [f"sound {turn}" for turn in range(3)]
    assert "ZeroDivisionError" in caplog.text


def test_what_is_said_just_when_a_parcel_was_found_empty_is_not_lost(server):
    session = Session()

    class Sly(deque):
        def __bool__(self) -> bool:
            if len(self) == 0 and not server.sent and session.handled[-1] is END:
                session.says("late")
                return False
            return len(self) > 0

    session.parcel = Sly()
    session.says("early", END)
    session.soon[0]()
    assert server.sent == ["early", END]
    for waiting in list(parcel._saying):
        parcel._send(waiting)
    assert server.sent == ["early", END, "late"]


def test_threads_that_speak_at_once_are_all_heard(server):
    session = Session()
    stop = threading.Event()

    def send() -> None:
        while not stop.is_set():
            for waiting in list(parcel._saying):
                parcel._send(waiting)

    def speak(name: str) -> None:
        session.says(*(f"{name}{number}" for number in range(2000)))

    sender = threading.Thread(target=send)
    speakers = [threading.Thread(target=speak, args=(name,)) for name in "ab"]
    for thread in (sender, *speakers):
        thread.start()
    for thread in speakers:
        thread.join()
    stop.set()
    sender.join()
    for waiting in list(parcel._saying):
        parcel._send(waiting)
    for name in "ab":  # each in its own order
        mine = [message for message in server.sent if message[0] == name]
        assert mine == [f"{name}{number}" for number in range(2000)]


def test_a_tab_that_is_asleep_finds_everything_later(server):
    session = Session()
    del server.there["one"]
    session.says(START, "element", END)
    session.soon[0]()
    assert not server.sent and session.queue == [START, "element", END]


def test_a_browser_that_went_meanwhile_ends_its_connection_only(server):
    session = Session()

    def broken(_known, _message) -> None:
        raise SessionClientDisconnectedError

    server._send_message = broken
    session.says("element", LAST)
    session.soon[0]()
    assert server.gone == [("one", "tab")] and session.handled == [SAY, LAST]


def test_streamlits_session_still_has_what_this_stands_on():
    """Private parts of a pinned version: whoever moves the pin learns it here."""
    handle = inspect.signature(AppSession._handle_scriptrunner_event_on_event_loop)
    assert [*handle.parameters][:4] == ["self", "sender", "event", "forward_msg"]
    for name in ("_call_soon_on_event_loop", "flush_browser_queue", "on_flushed_messages_sent"):
        assert callable(getattr(AppSession, name))
    manager = runtime.Runtime._send_message, runtime.Runtime.disconnect_session
    assert all(map(callable, manager))
