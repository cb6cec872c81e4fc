"""A stream line on real sockets and a caller to ring it, for tests."""

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from numpy.typing import NDArray
from pydantic import SecretStr

from voicebot.audio.frames import AudioFrame
from voicebot.caller.stream_phone import DialHandler, StreamPhone, handed_on
from voicebot.settings import HandoffSettings, StreamSettings
from voicebot.telephony.leg import CallLeg, KeyPress, LegEnded
from voicebot.telephony.rtp.clock import MediaClock
from voicebot.telephony.streams.leg import StreamLeg
from voicebot.telephony.streams.line import StreamLine

SECRET = "0123456789abcdef0123456789abcdef"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


class Echo:
    """Says a tone for so many frames, then nothing; keeps what it hears."""

    def __init__(self, frames: int = 0, level: int = 8000) -> None:
        self.heard: list[AudioFrame] = []
        self.keys: list[KeyPress] = []
        self.end: LegEnded | None = None
        self._left = frames
        self._level = level

    def exchange(self, heard: AudioFrame) -> NDArray[np.int16] | None:
        self.heard.append(heard)
        if self._left <= 0:
            return None
        self._left -= 1
        return np.full(len(heard.samples), self._level, np.int16)

    def key(self, press: KeyPress) -> None:
        self.keys.append(press)

    def ended(self, end: LegEnded) -> None:
        self.end = end

    @property
    def loud(self) -> int:
        """Frames heard that were not silent."""
        return sum(bool(np.abs(frame.samples.astype(np.int32)).max() > 1000) for frame in self.heard)

    @property
    def concealed(self) -> int:
        """Frames heard that had not come."""
        return sum(frame.concealed for frame in self.heard)


@dataclass
class Bot:
    """Our side of every call: answers it and lets ``talk`` do the rest."""

    legs: list[StreamLeg] = field(default_factory=list)
    port: Echo = field(default_factory=Echo)
    talk: Callable[[StreamLeg], Awaitable[None]] | None = None

    async def take(self, leg: CallLeg) -> None:
        assert isinstance(leg, StreamLeg)
        self.legs.append(leg)
        leg.attach(self.port)
        await leg.answer()
        if self.talk is not None:
            await self.talk(leg)
        await leg.wait_ended()


@dataclass
class Place:
    """A line, its bot, and a phone that rings it."""

    line: StreamLine
    bot: Bot
    phone: StreamPhone

    @property
    def twilio(self) -> str:
        return f"ws://127.0.0.1:{self.line.port}/twilio/stream"

    @property
    def telnyx(self) -> str:
        return f"ws://127.0.0.1:{self.line.port}/telnyx/stream"

    @property
    def asterisk(self) -> str:
        return f"audiosocket://127.0.0.1:{self.line.audiosocket_port}"


def telnyx_public_key() -> str:
    return base64.b64encode(KEY.public_key().public_bytes_raw()).decode()


@asynccontextmanager
async def place(
    bot: Bot | None = None,
    *,
    on_dial: DialHandler = handed_on,
    rate: int = 8000,
    handoff: HandoffSettings | None = None,
    **settings: Any,
) -> AsyncIterator[Place]:
    """Everything on free ports of loopback, with every provider set up."""
    chosen: dict[str, Any] = {
        "port": 0,
        "audiosocket": True,
        "audiosocket_port": 0,
        "twilio_auth_token": SecretStr(SECRET),
        "telnyx_public_key": telnyx_public_key(),
        **settings,
    }
    clock = MediaClock()
    line = StreamLine(StreamSettings(**chosen), handoff or HandoffSettings(), clock)
    bot = bot or Bot()
    await line.start(bot.take)
    phone = StreamPhone(secret=SECRET, key=KEY, public_url=line.public_url, rate=rate, on_dial=on_dial)
    try:
        yield Place(line, bot, phone)
    finally:
        await phone.stop()
        await line.stop()
        clock.stop()


async def until(condition: Callable[[], bool], limit_s: float = 15.0) -> None:
    """Wait for something that a real peer sets the pace of."""
    async with asyncio.timeout(limit_s):
        while not condition():
            await asyncio.sleep(0.005)
