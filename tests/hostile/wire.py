"""A visitor who speaks Streamlit's own protocol by hand, and need not keep to it.

with Visitor(url) as visitor:
    visitor.open("normal", "mu=1.5")
    visitor.send(visitor.widget("normal.stage"), [{"event": "moved", "value": …}])
    visitor.raw(b"…"), visitor.exceptions, visitor.received
"""

import json
import time
from contextlib import suppress
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

PATIENCE = 60.0  # seconds for an answer on a busy machine


class Visitor:
    """One session over one websocket; keeps every message it was sent."""

    def __init__(self, url: str, **headers: str) -> None:
        self.url = url
        self._socket = connect(
            url.replace("http", "ws", 1) + "/_stcore/stream",
            subprotocols=["streamlit"],  # type: ignore[list-item]
            additional_headers=headers,
            max_size=None,
            open_timeout=PATIENCE,
        )
        self.received: list[bytes] = []
        self.exceptions: list[Any] = []
        self.widgets: dict[str, tuple[str, str]] = {}  # key -> id, fragment
        self.sent_data: dict[str, dict] = {}  # key -> what a component was given
        self.written: list[str] = []  # text of the last run
        self.session = ""
        self._page = self._name = self._query = ""

    def __enter__(self) -> "Visitor":
        return self

    def __exit__(self, *_error: object) -> None:
        self._socket.close()

    def open(self, slug: str, query: str = "") -> "Visitor":
        """Enter a page as a link does."""
        self._name, self._query, self._page = slug, query, ""
        return self.run()

    def run(self, *states: WidgetState, fragment: str = "") -> "Visitor":
        """One rerun with these widget states; returns when it has ended."""
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.fragment_id = self._query, fragment
        state.page_name, state.page_script_hash = (
            ("", self._page) if self._page else (self._name, "")
        )
        state.widget_states.widgets.extend(states)
        state.context_info.locale = "en-US"
        return self.say(message)

    def say(self, message: BackMsg, wait: bool = True) -> "Visitor":
        """Send a message and, unless told otherwise, hear the run that answers it to its end."""
        self._socket.send(message.SerializeToString())
        if wait:
            self.hear()
        return self

    def raw(self, data: bytes | str) -> None:
        """Anything at all on the wire; it may be cut while we speak."""
        with suppress(ConnectionClosed):
            self._socket.send(data)

    def hear(self) -> None:
        """Listen until a run has ended; TimeoutError if none does, ConnectionClosed if cut off."""
        end, begun = time.monotonic() + PATIENCE, False
        while True:
            data = self._socket.recv(timeout=end - time.monotonic())
            assert isinstance(data, bytes)
            self.received.append(data)
            message = ForwardMsg.FromString(data)
            kind = message.WhichOneof("type")
            if kind == "new_session":
                begun, self.written = True, []
                self._page = message.new_session.page_script_hash
                self.session = message.new_session.initialize.session_id
            elif kind == "navigation":  # only here the page is known for sure
                self._page = message.navigation.page_script_hash or self._page
            elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
                self._see(message.delta.new_element, message.delta.fragment_id)
            elif kind == "delta" and message.delta.WhichOneof("type") == "add_block":
                self._know(message.delta.add_block, message.delta.fragment_id)
            elif kind == "script_finished" and begun:
                if message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    return

    def messages(self, kind: str) -> list[ForwardMsg]:
        """Everything of this kind that was sent here."""
        told = map(ForwardMsg.FromString, self.received)
        return [message for message in told if message.WhichOneof("type") == kind]

    def closed(self, within: float = PATIENCE) -> int:
        """Wait for the server to hang up; the code it gave."""
        end = time.monotonic() + within
        try:
            while True:
                self.received.append(self._socket.recv(timeout=end - time.monotonic()))  # type: ignore[arg-type]
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006

    def _see(self, element: Any, fragment: str) -> None:
        kind = element.WhichOneof("type")
        inside = getattr(element, kind, None) if kind else None
        if kind == "exception":
            self.exceptions.append(inside)
        if kind in ("markdown", "alert"):
            self.written.append(inside.body)  # type: ignore[union-attr]
        key = self._know(inside, fragment)
        if key and kind == "bidi_component":
            told = inside.json or inside.bytes.decode().split("\n", 1)[0]  # type: ignore[union-attr]
            self.sent_data[key] = json.loads(told or "{}")

    def _know(self, inside: Any, fragment: str) -> str:
        """Remember a widget, or a block that can be opened, under its key."""
        name = getattr(inside, "id", "")
        if not (isinstance(name, str) and name.startswith("$$ID-")):
            return ""
        key = name.split("-", 2)[2]
        self.widgets[key] = (name, fragment)
        return key
