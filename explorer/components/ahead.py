"""Pictures go ahead: a shorter way to the browser than Streamlit's elements.

    line = ahead.line()              # this session's; None where no server runs
    line.send(key, text)             # to the tab that listens, if it does

Streamlit lays its page out anew when a run begins, when elements come and when it ends: 20 to 60 ms
in which a picture that is there already waits. So the stage sends what it shows twice: here, at
once, and with its element, which counts wherever this way is closed (a proxy that lets no second
websocket through, a line that broke). And what Streamlit sends in a run that a control asked for
is kept back until the browser says that the picture is painted (`Behind`).

The browser asks for nothing here. It opens a websocket at an address that only its own page was
told, and answers each picture with its number.
"""

import asyncio
import contextlib
import re
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from weakref import WeakValueDictionary

import streamlit as st
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner import get_script_run_ctx

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

PATH = re.compile(r"/ahead/([\w-]{32})$")  # also behind a path prefix
LARGEST = 2**18  # characters; what is longer is not sent twice
LONGEST = 0.08  # seconds that messages are kept back at most, from the beginning of their run
DIGITS = 15  # of a number, JavaScript's largest safe integer has 16


class Line:
    """The way to one tab, for as long as its session holds it. `send` is for any thread, the rest
    for the server's."""

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe(24)
        self.count = 0  # pictures of this session; a browser tells newer from older by it
        self.on_painted: Callable[[], None] = lambda: None
        self._sent = self._painted = 0
        self._waiting: dict[str, str] = {}  # key -> text
        self._wake: Callable[[], None] | None = None  # while a browser listens

    @property
    def open(self) -> bool:
        """Whether a browser listens."""
        return self._wake is not None

    @property
    def behind(self) -> bool:
        """Whether a picture is on its way, or not painted yet."""
        return self.open and self._sent > self._painted

    def send(self, key: str, text: str) -> None:
        """Picture `count` of the stage with this key; an older one that still waits is dropped."""
        if (wake := self._wake) and len(text) <= LARGEST and LINES.calm():
            self._sent = self.count
            self._waiting[key] = text
            wake()

    async def serve(self, socket: WebSocket) -> None:
        """Pass on what comes, until the browser goes, talks nonsense, or listens elsewhere."""
        loop, ready = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            with contextlib.suppress(RuntimeError):  # the server has been shut down
                loop.call_soon_threadsafe(ready.set)

        async def hear() -> None:
            while len(said := await socket.receive_text()) <= DIGITS and said.isdecimal():
                self._painted = max(self._painted, int(said))
                self.on_painted()

        await socket.accept()
        before, self._wake, mine = self._wake, wake, wake
        if before:
            before()  # whoever listened until now learns that it is over
        self._waiting.clear()
        self._sent = 0
        hearing = asyncio.create_task(hear())
        hearing.add_done_callback(lambda _task: ready.set())
        try:
            while not hearing.done() and self._wake is mine:
                await ready.wait()
                ready.clear()
                while self._waiting and not hearing.done():
                    await socket.send_text(self._waiting.pop(next(iter(self._waiting))))
        finally:
            if self._wake is mine:
                self._wake = None
                self.on_painted()
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)
            if socket.client_state is WebSocketState.CONNECTED:
                await socket.close()


class Lines:
    """All that sessions hold, found by the address and by the session's own name."""

    def __init__(self) -> None:
        self.served = False  # whether somebody answers at `PATH`
        #: False in a crowd: each picture that goes ahead makes the server's thread ask twice for
        #: Python's lock, and a browser that waits for others lays its page out meanwhile.
        self.calm: Callable[[], bool] = lambda: True
        self._by_token: WeakValueDictionary[str, Line] = WeakValueDictionary()
        self._by_session: WeakValueDictionary[str, Line] = WeakValueDictionary()

    def of(self, session: str) -> Line | None:
        """The line of a session, if one of its pages has asked for it."""
        return self._by_session.get(session)

    def add(self, session: str) -> Line:
        """A new line; whoever gets it must hold it."""
        new = Line()
        self._by_token[new.token] = self._by_session[session] = new
        return new

    async def serve(self, scope: Message, receive: Receive, send: Send) -> bool:
        """Answer a websocket at `PATH`; False if it is at another one."""
        if (found := PATH.search(scope["path"])) is None:
            return False
        socket = WebSocket(scope, receive, send)
        if (known := self._by_token.get(found[1])) is None:
            await socket.close()  # before it is accepted: refused
        else:
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):  # gone meanwhile
                await known.serve(socket)
        return True


LINES = Lines()


def line() -> Line | None:
    """This session's line; None in a test of a page, and where a page runs without the app."""
    context = get_script_run_ctx()
    if context is None or not LINES.served:
        return None
    held = st.session_state.get("ahead")
    if not isinstance(held, Line):
        held = st.session_state["ahead"] = LINES.add(context.session_id)
    return held


class Behind:
    """What Streamlit sends to one browser: the messages of a run follow its picture.

    They keep their order. They leave together when the run is over and its picture is painted, and
    `LONGEST` after it began in any case. Runs of a whole page pass, and so does everything for a
    browser that does not listen, and what begins in a crowd.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._held: list[Message] = []
        self._over = False  # whether the end of the run is among them
        self._line: Line | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._leaving: asyncio.Task | None = None
        self._lock = asyncio.Lock()

    async def send(self, message: Message, told: ForwardMsg | None) -> None:
        """Pass a message on, now or later; `told` is what it says, if that may matter."""
        kind = told.WhichOneof("type") if told else None
        async with self._lock:
            if told and kind == "new_session":
                await self._leave()
                self._line = LINES.of(told.new_session.initialize.session_id)
                asked = bool(told.metadata.run.fragment_ids)  # by a control
                if self._line and self._line.open and asked and LINES.calm():
                    self._line.on_painted = self._look
                    self._timer = asyncio.get_running_loop().call_later(LONGEST, self._go)
            if self._timer is None:
                return await self._send(message)
            self._held.append(message)
            self._over = self._over or kind == "script_finished"
            if message["type"] != "websocket.send" or self._ready():
                await self._leave()

    def close(self) -> None:
        """The browser has gone."""
        if self._timer:
            self._timer.cancel()
        if self._leaving:
            self._leaving.cancel()

    def _ready(self) -> bool:
        return self._over and not (self._line and self._line.behind)

    def _look(self) -> None:
        if self._timer and self._ready():
            self._go()

    def _go(self) -> None:
        async def leave() -> None:
            async with self._lock:
                await self._leave()

        self._leaving = asyncio.ensure_future(leave())

    async def _leave(self) -> None:
        if self._timer:
            self._timer.cancel()
        held, self._held, self._timer, self._over = self._held, [], None, False
        for message in held:
            await self._send(message)
