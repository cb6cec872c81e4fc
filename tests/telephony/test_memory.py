"""Calls in memory."""

import asyncio

import numpy as np
import pytest
from numpy.typing import NDArray

from voicebot.audio.frames import AudioFrame
from voicebot.errors import ConfigurationError, DialFailed, TelephonyError, TransferRefused
from voicebot.telephony.leg import CallFacts, CallLeg, Direction, EndReason, KeyPress, LegEnded
from voicebot.telephony.memory import MemoryExchange, MemoryLeg, MemoryLine, connect


class Counter:
    """Says 1, 2, 3 …, one number a frame, and remembers what it hears."""

    def __init__(self) -> None:
        self.heard: list[int] = []
        self.keys: list[KeyPress] = []
        self.end: LegEnded | None = None
        self._said = 0

    def exchange(self, heard: AudioFrame) -> NDArray[np.int16] | None:
        self.heard.append(-1 if heard.concealed else int(heard.samples[0]))
        self._said += 1
        return np.full(len(heard.samples), self._said, dtype=np.int16)

    def key(self, press: KeyPress) -> None:
        self.keys.append(press)

    def ended(self, end: LegEnded) -> None:
        self.end = end


def leg(direction: Direction = Direction.INBOUND, rate: int = 8000) -> MemoryLeg:
    return MemoryLeg(CallFacts("1", "memory", direction), rate)


async def test_a_lone_leg_is_driven_by_hand() -> None:
    one, port = leg(), Counter()
    with pytest.raises(TelephonyError, match="not up"):
        one.tick()
    one.attach(port)
    await one.answer()
    assert one.tick(np.full(160, 7, np.int16))[0] == 1
    assert one.tick()[0] == 2
    assert port.heard == [7, -1]
    assert one.position == 320
    with pytest.raises(TelephonyError, match="frame of 80"):
        one.tick(np.zeros(80, np.int16))
    one.attach(None)
    assert not one.tick().any()


async def test_crossed_legs_hear_each_other_a_frame_later_and_end_together() -> None:
    one, two = leg(), leg(Direction.OUTBOUND)
    call = connect(one, two)
    first, second = Counter(), Counter()
    one.attach(first)
    two.attach(second)
    for _ in range(3):
        call.tick()
    assert first.heard == second.heard == [-1, 1, 2]
    await one.send_keys("5#")
    assert [(key.key, key.position) for key in second.keys] == [("5", 480), ("#", 480)]
    await two.hangup()
    await two.hangup()
    assert first.end == LegEnded(EndReason.REMOTE_HANGUP)
    assert second.end == await two.wait_ended() == LegEnded(EndReason.LOCAL_HANGUP)
    assert call.over
    late = Counter()
    one.attach(late)
    assert late.end == first.end


def test_legs_of_different_rates_cannot_be_crossed() -> None:
    with pytest.raises(ConfigurationError, match="8000 and 16000"):
        connect(leg(), leg(rate=16000))


async def test_a_line_rings_another_and_tells_who_calls() -> None:
    exchange = MemoryExchange()
    there, here = MemoryLine(exchange, "sip:there"), MemoryLine(exchange, "sip:here")
    arrived: list[CallLeg] = []
    port = Counter()

    async def take(inbound: CallLeg) -> None:
        arrived.append(inbound)
        await inbound.ringing()
        inbound.attach(port)
        await inbound.answer()
        await inbound.wait_ended()

    await there.start(take)
    progress: list[int] = []
    ours = await here.dial("sip:there", caller="07700900123", headers={"X-One": "1"}, on_progress=progress.append)
    facts = arrived[0].facts
    assert (facts.caller, facts.called, facts.headers) == ("07700900123", "sip:there", {"x-one": "1"})
    assert progress == [180]
    await exchange.run(lambda: ours.position >= 1600)
    assert len(port.heard) == 10
    await here.stop()
    assert port.end == LegEnded(EndReason.REMOTE_HANGUP)
    await exchange.close()


async def test_what_a_dialler_is_told_when_nobody_answers() -> None:
    exchange = MemoryExchange()
    line, other = MemoryLine(exchange, "a"), MemoryLine(exchange, "b")

    async def refuse(inbound: CallLeg) -> None:
        await inbound.reject(486)

    async def ring_for_ever(inbound: CallLeg) -> None:
        await inbound.wait_ended()

    with pytest.raises(DialFailed, match="404"):
        await line.dial("b")
    await other.start(refuse)
    with pytest.raises(ConfigurationError, match="taken"):
        await MemoryLine(exchange, "b").start(refuse)
    with pytest.raises(DialFailed, match="486"):
        await line.dial("b")
    await other.stop()
    await other.start(ring_for_ever)
    with pytest.raises(DialFailed, match="408"):
        await line.dial("b", timeout_s=0.01)
    dialling = asyncio.create_task(line.dial("b"))
    await asyncio.sleep(0)
    dialling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await dialling
    await exchange.close()


async def test_a_defect_of_a_handler_ends_the_call_and_is_not_hidden() -> None:
    exchange = MemoryExchange()
    line = MemoryLine(exchange, "b")

    async def broken(inbound: CallLeg) -> None:
        raise RuntimeError("defect")

    await line.start(broken)
    with pytest.raises(DialFailed, match="500"):
        await MemoryLine(exchange, "a").dial("b")
    with pytest.raises(RuntimeError, match="defect"):
        await exchange.close()


async def test_nobody_is_handed_on_and_the_leg_stays() -> None:
    one, two = leg(), leg(Direction.OUTBOUND)
    connect(one, two)
    with pytest.raises(TransferRefused):
        await one.transfer("sip:agent@127.0.0.1")
    assert one.end is None
    assert one.up
