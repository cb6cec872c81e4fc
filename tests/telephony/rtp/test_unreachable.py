"""Peers that want audio where no socket of ours can send it: it costs their call, and nobody else's."""

import asyncio
import socket
from collections.abc import Callable, Coroutine
from typing import Any

import numpy as np
import pytest
import uvloop
from numpy.typing import NDArray

from voicebot.audio.frames import AudioFrame
from voicebot.settings import LOOPBACK
from voicebot.telephony.leg import KeyPress, LegEnded
from voicebot.telephony.rtp.clock import SLOTS
from voicebot.telephony.rtp.stream import MediaEngine, RtpStream

Run = Callable[[Coroutine[Any, Any, None]], None]
loops = pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])


class Counter:
    """Says silence, counts frames, and tells when there were enough."""

    def __init__(self, enough: int) -> None:
        self.frames = 0
        self.voiced = 0
        self.done = asyncio.Event()
        self._enough = enough

    def exchange(self, heard: AudioFrame) -> NDArray[np.int16] | None:
        self.frames += 1
        self.voiced += not heard.concealed
        if self.frames >= self._enough:
            self.done.set()
        return np.full(160, 1000, np.int16)

    def key(self, press: KeyPress) -> None:
        raise AssertionError(press)

    def ended(self, end: LegEnded) -> None:
        raise AssertionError(end)


def configure(stream: RtpStream, remote: tuple[str, int]) -> None:
    """A-law both ways."""
    stream.configure(remote=remote, payload_type=8, encoding="PCMA", ptime_ms=20, event_payload_type=None)


async def turns() -> None:
    """Let the event loop close its sockets."""
    for _ in range(5):
        await asyncio.sleep(0)


@loops
@pytest.mark.parametrize("remote", [("::1", 4000), ("127.0.0.1", 65535)])
def test_who_cannot_be_reached_takes_nobody_along(run: Run, remote: tuple[str, int]) -> None:
    """As many such calls as there are slots of the clock, and one that is in order."""

    async def calls() -> None:
        engine = MediaEngine(bind="127.0.0.1", low=23200, high=23300, allowed=LOOPBACK, media_timeout_s=30.0)
        await engine.start()
        good, back = await engine.open(), await engine.open()
        configure(good, ("127.0.0.1", back.local_port))
        configure(back, ("127.0.0.1", good.local_port))
        ports = Counter(75), Counter(75)
        for stream, port in zip((good, back), ports, strict=True):
            stream.attach(port)
        bad = [await engine.open() for _ in range(SLOTS)]
        for stream in bad:
            configure(stream, remote)
            stream.start()
        good.start()
        back.start()
        async with asyncio.timeout(10):
            await ports[0].done.wait()
            await ports[1].done.wait()
        assert min(port.voiced for port in ports) > 60
        for stream in (good, back, *bad):
            stream.close()
        assert all(stream.unsendable for stream in bad)
        assert engine.streams == 0
        await engine.stop()

    run(calls())


@loops
def test_an_ipv6_socket_serves_ipv4(run: Run) -> None:
    """Bound to ``::``, audio goes to and comes from an IPv4 host, which is known as such."""

    async def call() -> None:
        engine = MediaEngine(bind="::", low=23300, high=23350, allowed=LOOPBACK, media_timeout_s=30.0)
        await engine.start()
        one, two = await engine.open(), await engine.open()
        port = Counter(25)
        one.attach(port)
        two.attach(Counter(25))
        configure(one, ("127.0.0.1", two.local_port))
        configure(two, ("127.0.0.1", one.local_port))
        one.start()
        two.start()
        async with asyncio.timeout(10):
            await port.done.wait()
        assert port.voiced > 15
        assert one.session.latch.latched == ("127.0.0.1", two.local_port)
        await engine.stop()

    run(call())


@loops
def test_who_gives_up_waiting_for_a_port_leaves_none_taken(run: Run) -> None:
    async def give_up() -> None:
        engine = MediaEngine(bind="127.0.0.1", low=23350, high=23351, allowed=LOOPBACK, media_timeout_s=30.0)
        await engine.start()
        for steps in range(6):
            task = asyncio.create_task(engine.open())
            for _ in range(steps):
                await asyncio.sleep(0)
            if task.cancel():
                with pytest.raises(asyncio.CancelledError):
                    await task
            else:
                task.result().close()
            assert engine.streams == 0
            await turns()
        stream = await engine.open()
        stream.close()
        await turns()
        for port in (23350, 23351):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
                free.bind(("127.0.0.1", port))
        await engine.stop()

    run(give_up())
