"""The gate of the server: what a browser may send is looked at here once, before anything reads it.

Three places, because there are three ways past the widgets. `Gate` stands before the server and
sees every request and message. `read_forgivingly` lets a widget value that its widget cannot have
sent count as none, so that a page goes on with what it had. `sorry` is what a learner reads when a
page fails all the same: one sentence, and never where in the program it was.
"""

import json
import math
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

import streamlit as st
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from streamlit import runtime
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.runtime.state.session_state import Serialized, WStates

from explorer.catalog import ROOT
from explorer.components import ahead
from explorer.components.ahead import Message, Receive, Send
from explorer.i18n import _
from explorer.training.worker import HANDS
from explorer.ui import language

#: What the app's pages ask for; the rest (clearing the cache of all learners) is for developers.
ASKED = {
    "rerun_script", "stop_script", "app_heartbeat", "file_urls_request",
    "backend_operation_request",
}  # fmt: skip
WIDGETS = 1000  # values in one message; a page has less than a hundred
LETTER = 2**14  # bytes of a message that may be the beginning or the end of a run
LOOK = 2.0  # seconds: so often a page may look at its work under way, however many others move
FILES = 4  # uploads that the server keeps for a session
EVENTS = 100  # reports of a component in one message
STATIC = re.compile(r"[\w-]+-[\w.]+\.js")  # scripts with a version or a hash in their name
UPLOAD = re.compile(r"/_stcore/upload_file/([^/]+)/([^/]+)$")
HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}
NOT_DATA, GARBLED = 1003, 1002  # why a connection is closed (RFC 6455, section 7.4.1)


class Gate:
    """Goes before the server's own middleware: `st.App(…, middleware=[Middleware(Gate)])`."""

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self.app = app
        ahead.LINES.served, ahead.LINES.calm = True, lambda: HANDS.crowd < 2

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            if await ahead.LINES.serve(scope, receive, send):
                return None
            line = _Line(receive, send)
            try:
                return await self.app(scope, line.receive, line.send)
            finally:
                line.behind.close()
        if scope["type"] != "http":
            return await self.app(scope, receive, send)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, text in HEADERS.items():
                    headers.setdefault(name, text)
            await send(message)

        refused = _refused(scope["method"], scope["path"])
        await (refused or self.app)(scope, receive, with_headers)


def _refused(method: str, path: str) -> PlainTextResponse | None:
    """The answer to a request that goes no further."""
    _folder, found, name = path.partition("/app/static/")
    if found and not STATIC.fullmatch(name):
        return PlainTextResponse("File not found", 404)
    upload = UPLOAD.search(path)
    if upload and method == "PUT" and runtime.exists():
        manager: Any = runtime.get_instance().uploaded_file_mgr
        kept = manager.file_storage.get(upload[1], {})
        if len(kept) >= FILES and upload[2] not in kept:
            return PlainTextResponse(f"At most {FILES} files are kept; take one away first.", 413)
    return None


class _Line:
    """One websocket, heard and answered for the server."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send, self._closed = receive, send, False
        self._looked = 0.0  # when the page last looked by itself at its work under way
        self.behind = ahead.Behind(send)

    async def receive(self) -> Message:
        """The next message that the server need not fear."""
        while True:
            message = await self._receive()
            if message["type"] != "websocket.receive":
                return message
            if not message.get("bytes"):
                return await self._hang_up(NOT_DATA)
            try:
                asked = BackMsg.FromString(message["bytes"])
            except DecodeError:
                return await self._hang_up(GARBLED)
            if _is_reasonable(asked) and not self._can_wait(asked):
                return message

    def _can_wait(self, asked: BackMsg) -> bool:
        """A page that looks by itself, now and again, at its work under way leaves the server to
        those who move something. The browser asks again soon; such a message says nothing else."""
        if not asked.rerun_script.is_auto_rerun:
            return False
        now = time.monotonic()
        if HANDS.crowd and now - self._looked < LOOK:
            return True
        self._looked = now
        return False

    async def send(self, message: Message) -> None:
        """Pass a message on; where the program lies on this computer is nobody's business."""
        if self._closed:
            return
        told, data = None, message.get("bytes") or b""
        if len(data) <= LETTER or _HERE in data:
            told = ForwardMsg.FromString(data)
            if told.WhichOneof("type") == "new_session" and _HERE in data:
                told.new_session.main_script_path = "streamlit_app.py"
                message = {**message, "bytes": told.SerializeToString()}
        await self.behind.send(message, told)

    async def _hang_up(self, code: int) -> Message:
        await self._send({"type": "websocket.close", "code": code})
        self._closed = True
        return {"type": "websocket.disconnect", "code": code}


_HERE = str(ROOT).encode()


def _is_reasonable(asked: BackMsg) -> bool:
    return (
        asked.WhichOneof("type") in ASKED
        and len(asked.rerun_script.widget_states.widgets) <= WIDGETS
        and len(asked.file_urls_request.file_names) <= FILES
    )


# ------------------------------------------------------------------------- widget values


_getitem = WStates.__getitem__


def read_forgivingly() -> None:
    """From now on, a value that its widget cannot have sent is as good as none.

    Streamlit trusts the kind of a widget's value and raises in the middle of a run where it is
    another one; a KeyError means to it that the browser has sent nothing.
    """

    def read(states: WStates, name: str) -> Any:
        kept, known = states.states.get(name), states.widget_metadata.get(name)
        try:
            if isinstance(kept, Serialized) and known is not None:
                check(kept.value, known.value_type)
            return _getitem(states, name)
        except Exception:
            raise KeyError(name) from None

    WStates.__getitem__ = read  # type: ignore[method-assign]


def check(state: WidgetState, kind: str) -> None:
    """ValueError unless this is a value of a widget that sends values of this kind."""
    sent = state.WhichOneof("value")
    if sent is None:  # an emptied widget
        return
    if _family(sent) != _family(kind):
        raise ValueError(f"{sent} for {kind}")
    value = getattr(state, sent)
    if sent in ("double_value", "double_array_value"):
        numbers = [value] if sent == "double_value" else value.data
        if not all(map(math.isfinite, numbers)):
            raise ValueError("not finite")
    elif sent == "json_value" and not isinstance(json.loads(value), dict):
        raise ValueError("no object")
    elif sent == "json_trigger_value":
        told = json.loads(value)
        if isinstance(told, list) and len(told) > EVENTS:
            raise ValueError("too many reports")


def _family(kind: str) -> str:
    """A number may come as a whole one."""
    return kind.replace("int_", "double_")


# ------------------------------------------------------------------------- when a page fails


def sorry(_error: Exception) -> bool:
    """What a learner reads in place of a page that failed; the log has the rest."""
    language.resume()
    st.error(
        _(
            "Something went wrong on this page, and it was noted on the server. Please press "
            "“Start over” or reload the page; what you set is in its address."
        ),
        icon=":material/sentiment_dissatisfied:",
    )
    return True
