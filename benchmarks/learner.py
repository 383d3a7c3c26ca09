"""A learner without a browser: one websocket that speaks Streamlit's own protocol.

    async with Learner(address) as learner:
        await learner.open("normal")
        answer = await learner.move("normal.mu", 1.5)     # a slider, by its key
        answer.seconds, answer.progress, answer.errors

It does what a tab does and nothing else: sends a widget's value with the fragment it belongs to,
obeys "ask me again every 0.3 s", keeps what it was shown, listens to the line that brings pictures
ahead of the page. Nothing is drawn, so the times are those of the server: from the message that
leaves here to the end of the run that answers it.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
import urllib.request
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import DoubleArray, StringArray
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

PATIENCE = 60.0  # seconds after which an answer counts as lost
LINE = re.compile(rb'"line": ?"([\w-]{32})"')  # what a stage is told, see explorer.components.ahead
ENDED = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)


@dataclass(frozen=True)
class Answer:
    """What came back: after how long, how much, whether a progress bar is shown, what was wrong."""

    seconds: float
    size: int  # bytes
    progress: bool
    errors: tuple[str, ...]


@dataclass
class Widget:
    """Where a value goes: the widget's id, its fragment, and the kind of its element."""

    id: str
    fragment: str
    kind: str


class Learner:
    """One session. Use as an async context; `address` is http://host:port, without a path."""

    def __init__(self, address: str, language: str = "en-US") -> None:
        self._address, self._language = address.rstrip("/"), language
        self.widgets: dict[str, Widget] = {}
        self.errors: list[str] = []
        self.asked_again: dict[str, float] = {}  # fragment -> seconds, as the server wants it
        self._values: dict[str, WidgetState] = {}
        self._page, self._query, self._name = "", "", ""
        self._shown: dict[tuple[int, ...], str] = {}  # place -> kind of element
        self._here: dict[str, str] = {}  # ids of the page's widgets -> their fragments
        self._ended: asyncio.Queue[float] = asyncio.Queue()
        self._size, self._begun, self._sent = 0, 0.0, 0.0
        self._tasks: list[asyncio.Task] = []
        self._line = ""
        self._headers: dict[str, str] = {}
        self.pictures = 0  # that came ahead

    async def __aenter__(self) -> Learner:
        self._headers = await asyncio.to_thread(_seat, self._address)
        address = self._address.replace("http", "ws", 1) + "/_stcore/stream"
        self._socket = await websockets.connect(
            address, subprotocols=["streamlit"], max_size=None, open_timeout=PATIENCE,
            ping_interval=None, additional_headers=self._headers,
        )  # fmt: skip
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._again())]
        return self

    async def __aexit__(
        self, kind: type | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await self._socket.close()

    # ------------------------------------------------------------------------- what a hand does

    async def open(self, slug: str, query: str = "") -> Answer:
        """Load a page anew in this session, as a click on a link to it does."""
        self._name, self._query, self._page = slug, query, ""
        self.asked_again.clear()
        self._shown.clear()
        return await self._ask(BackMsg(), "")

    async def move(self, key: str, value: float | str | bool) -> Answer:
        """Give the widget with this key a value: a number, an option as it is shown, on or off."""
        widget = self.widgets[key]
        self._values[widget.id] = _state(widget, value)
        return await self._ask(BackMsg(), widget.fragment)

    async def press(self, key: str) -> Answer:
        """A button."""
        widget = self.widgets[key]
        return await self._ask(
            BackMsg(), widget.fragment, WidgetState(id=widget.id, trigger_value=True)
        )

    async def report(self, key: str, event: str, value: Any) -> Answer:
        """What a component says once: a dragged handle, a rested film."""
        widget = self.widgets[key]
        told = json.dumps([{"event": event, "value": value}])
        name = f"$$STREAMLIT_INTERNAL_KEY_{widget.id}__events"
        return await self._ask(
            BackMsg(), widget.fragment, WidgetState(id=name, json_trigger_value=told)
        )

    async def draw(self, key: str, name: str, value: Any) -> Answer:
        """What a component keeps: points, a drawing."""
        widget = self.widgets[key]
        self._values[widget.id] = WidgetState(id=widget.id, json_value=json.dumps({name: value}))
        return await self._ask(BackMsg(), widget.fragment)

    @property
    def progress(self) -> bool:
        """Whether a progress bar is on the page."""
        return "progress" in self._shown.values()

    # ------------------------------------------------------------------------- the wire

    async def _ask(self, message: BackMsg, fragment: str, *once: WidgetState) -> Answer:
        while not self._ended.empty():  # ends of runs that nobody here waits for
            self._ended.get_nowait()
        before, self._sent = len(self.errors), time.perf_counter()
        await self._send(message, fragment, *once)
        try:
            async with asyncio.timeout(PATIENCE):
                end = await self._ended.get()
        except TimeoutError:
            self.errors.append("no answer")
            end = time.perf_counter()
        seconds, size = end - self._sent, self._size
        return Answer(seconds, size, self.progress, tuple(self.errors[before:]))

    async def _send(self, message: BackMsg, fragment: str, *once: WidgetState) -> None:
        state = message.rerun_script
        state.query_string = self._query
        state.page_name, state.page_script_hash = (
            ("", self._page) if self._page else (self._name, "")
        )
        state.fragment_id = fragment
        state.widget_states.widgets.extend([*self._values.values(), *once])
        state.context_info.locale = self._language
        state.context_info.url = f"{self._address}/{self._name}"
        state.context_info.color_scheme = "light"
        await self._socket.send(message.SerializeToString())

    async def _listen(self) -> None:
        try:
            async for data in self._socket:
                message = ForwardMsg.FromString(data)  # type: ignore[arg-type]
                self._size += len(data)
                if not self._line and (found := LINE.search(data)):  # type: ignore[arg-type]
                    self._line = found[1].decode()
                    self._tasks.append(asyncio.create_task(self._look()))
                self._take(message)
            self.errors.append("connection closed")
        except websockets.ConnectionClosed as closed:
            self.errors.append(f"connection lost: {closed}")
        self._ended.put_nowait(time.perf_counter())

    async def _look(self) -> None:
        """See each picture as it comes and say so."""
        address = self._address.replace("http", "ws", 1) + f"/ahead/{self._line}"
        async with websockets.connect(
            address, max_size=None, ping_interval=None, additional_headers=self._headers
        ) as socket:
            async for text in socket:
                rest = str(text).split("\n", 1)[0]
                self.pictures += 1
                await socket.send(str(json.loads(rest)["number"]))

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._begun, self._size = time.perf_counter(), 0
            again = message.metadata.run.fragment_ids
            if not again:
                self._shown.clear()
            self._here = {w: f for w, f in self._here.items() if again and f not in again}
        elif kind == "delta":
            place = tuple(message.metadata.delta_path)
            if message.delta.WhichOneof("type") == "new_element":
                self._see(place, message.delta.new_element, message.delta.fragment_id)
            else:
                self._shown.pop(place, None)
                self._know(message.delta.add_block.id, "expander", message.delta.fragment_id)
        elif kind == "navigation":
            self._page = message.navigation.page_script_hash
        elif kind == "auto_rerun":
            self.asked_again[message.auto_rerun.fragment_id] = message.auto_rerun.interval
        elif kind == "stop_auto_rerun":
            for fragment in message.stop_auto_rerun.fragment_ids:
                self.asked_again.pop(fragment, None)
        elif kind == "page_not_found":
            self.errors.append("page not found")
        elif kind == "script_finished" and message.script_finished in ENDED:
            self._forget()
            if self._begun >= self._sent:  # not the end of a run that began before we asked
                self._ended.put_nowait(time.perf_counter())

    def _see(self, place: tuple[int, ...], element: Element, fragment: str) -> None:
        kind = element.WhichOneof("type")
        self._shown[place] = kind
        if kind == "exception":
            self.errors.append(f"exception: {element.exception.type} {element.exception.message}")
        inside = getattr(element, kind, None) if kind else None
        name = getattr(inside, "id", "")
        self._know(name, kind or "", fragment)
        if getattr(inside, "set_value", False):  # the server has given it another value
            self._values.pop(name, None)

    def _know(self, name: object, kind: str, fragment: str) -> None:
        """Remember a widget by the key that is a part of its id."""
        if isinstance(name, str) and name.startswith("$$ID-"):
            self.widgets[name.split("-", 2)[2]] = Widget(name, fragment, kind)
            self._here[name] = fragment

    def _forget(self) -> None:
        """What is no more on the page, as a browser does when a run is over."""
        self._values = {name: value for name, value in self._values.items() if name in self._here}
        self.widgets = {key: one for key, one in self.widgets.items() if one.id in self._here}

    async def _again(self) -> None:
        """Ask again at the pace the server asked for, as a browser does."""
        due: dict[str, float] = {}
        while True:
            await asyncio.sleep(0.05)
            now = time.perf_counter()
            for fragment, pause in list(self.asked_again.items()):
                if now >= due.setdefault(fragment, now + pause):
                    due[fragment] = now + pause
                    message = BackMsg()
                    message.rerun_script.is_auto_rerun = True
                    await self._send(message, fragment)
            due = {fragment: at for fragment, at in due.items() if fragment in self.asked_again}


def _seat(address: str) -> dict[str, str]:
    """The page itself, as a browser fetches it first; where several replicas answer, it comes with
    a cookie that says which one."""
    request = urllib.request.Request(address, headers={"Accept": "text/html"})
    with urllib.request.urlopen(request, timeout=PATIENCE) as page:
        page.read()
        cookies = page.headers.get_all("Set-Cookie") or []
    given = "; ".join(cookie.split(";", 1)[0] for cookie in cookies)
    return {"Cookie": given} if given else {}


def _state(widget: Widget, value: float | str | bool) -> WidgetState:
    """The value in the form that this kind of widget sends."""
    if widget.kind in ("checkbox", "expander"):
        return WidgetState(id=widget.id, bool_value=bool(value))
    if widget.kind == "number_input":
        return WidgetState(id=widget.id, double_value=float(value))
    if widget.kind in ("selectbox", "radio", "text_area", "text_input"):
        return WidgetState(id=widget.id, string_value=str(value))
    if isinstance(value, str):  # buttons side by side, sliders over options
        return WidgetState(id=widget.id, string_array_value=StringArray(data=[value]))
    return WidgetState(id=widget.id, double_array_value=DoubleArray(data=[float(value)]))
