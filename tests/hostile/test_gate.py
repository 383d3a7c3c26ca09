"""Who goes first at the gate: a hand before a page that only looks at its work under way."""

import asyncio

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg

from explorer.training.worker import HANDS
from explorer.ui import guard


def asked(by_itself: bool, fragment: str = "one") -> dict:
    message = BackMsg()
    message.rerun_script.fragment_id = fragment
    message.rerun_script.is_auto_rerun = by_itself
    return {"type": "websocket.receive", "bytes": message.SerializeToString()}


LOOK, HAND, END = asked(True), asked(False), {"type": "websocket.disconnect"}


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(guard.time, "monotonic", lambda: now[0])
    return now


def line(*messages: dict) -> guard._Line:
    """The browser says these, one after the other, and goes."""
    coming = iter([*messages, END])

    async def receive() -> dict:
        return next(coming)

    async def send(message: dict) -> None:
        raise AssertionError(message)

    return guard._Line(receive, send)


def heard(gate: guard._Line) -> list[dict]:
    """All that the server hears."""

    async def hear() -> list[dict]:
        found = []
        while (message := await gate.receive()) is not END:
            found.append(message)
        return found

    return asyncio.run(hear())


def test_where_nobody_moves_every_look_is_answered(clock):
    assert heard(line(LOOK, LOOK, HAND, LOOK)) == [LOOK, LOOK, HAND, LOOK]


def test_while_somebody_moves_a_look_waits_and_a_hand_does_not(clock):
    gate = line(LOOK, LOOK, HAND, LOOK)
    with HANDS.moving():
        assert heard(gate) == [LOOK, HAND]  # the first has not been answered for long


def test_however_many_move_a_look_is_answered_now_and_again(clock):
    gate, answered = line(), []
    with HANDS.moving():
        for second in range(10):
            clock[0] = 1000.0 + second
            gate._receive = line(LOOK)._receive
            answered += [second for _message in heard(gate)]
    assert answered == [0, 2, 4, 6, 8] and guard.LOOK == 2
