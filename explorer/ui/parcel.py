"""What a page says leaves in one parcel: Streamlit's messages of a run go out together at its end.

Streamlit tells the server's thread of each element by itself, which then goes through all sessions
and sends it off alone: for a page of 25 elements some 70 times that thread asks for Python's one
lock, and where others lay out their pages it waits half a millisecond each time. Here the thread is
called once when a run is over, and HELD seconds after something was said in any case.
"""

import asyncio
from collections import deque
from typing import Any

from streamlit import runtime
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner import ScriptRunnerEvent
from streamlit.runtime.session_manager import SessionClientDisconnectedError

HELD = 0.02  # seconds that a page which is still being laid out keeps back what it has said so far
CAN_WAIT = (ScriptRunnerEvent.SCRIPT_STARTED, ScriptRunnerEvent.ENQUEUE_FORWARD_MSG)

_saying: set[AppSession] = set()  # those with something kept back


def collect() -> None:
    """From now on. What is kept back while a run goes on leaves by `deliver`."""

    def heard(session: AppSession, sender: Any, event: ScriptRunnerEvent, **told: Any) -> None:
        session.__dict__.setdefault("parcel", deque()).append((sender, event, told))
        _saying.add(session)  # after the parcel has grown: see `_send`
        if event not in CAN_WAIT:
            session._call_soon_on_event_loop(lambda: _send(session))

    AppSession._on_scriptrunner_event = heard  # type: ignore[method-assign, assignment]


async def deliver() -> None:
    """What long runs have said so far, again and again; a task of the server's thread. Each parcel
    by a call of its own: one that fails is in the log, and keeps back no other."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(HELD)
        for session in list(_saying):
            loop.call_soon(_send, session)


def _send(session: AppSession) -> None:
    _saying.discard(session)  # before the parcel is emptied: what is said meanwhile adds it again
    parcel = session.__dict__["parcel"]
    while parcel:
        sender, event, told = parcel.popleft()
        session._handle_scriptrunner_event_on_event_loop(sender, event, **told)
    server: Any = runtime.get_instance()
    known = server._session_mgr.get_active_session_info(session.id)
    if known is None:  # its tab is closed, or asleep: the messages wait for it
        return
    try:
        for message in session.flush_browser_queue():
            server._send_message(known, message)
    except SessionClientDisconnectedError:
        server.disconnect_session(session.id, client=known.client)
    else:
        session.on_flushed_messages_sent()
