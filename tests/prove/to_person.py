"""The part of ``make prove`` about the way to a person: from asking for one to the first ring, from yes to hearing."""

import asyncio
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.service.running import VOICE, Service, running
from tests.telephony.sip.ports import free_port
from voicebot.audio.frames import AudioFrame, frame_samples
from voicebot.audio.levels import ActivityMeter, voiced_slices
from voicebot.caller.report import percentile
from voicebot.caller.voices import render
from voicebot.handoff.desk import Desk
from voicebot.handoff.desk_views import OfferView, WrapUp
from voicebot.handoff.models import AgentState, OfferState
from voicebot.records.database import Database
from voicebot.settings import SipSettings
from voicebot.telephony.leg import CallLeg, KeyPress, LegEnded
from voicebot.telephony.sip.line import SipLine

CALLS = 22
"""Of each way of asking."""
PARTS_S = 500.0
"""No call is begun later."""
ASKS = "Can I talk to a person, please?"
_AGENT = "ann"
_HZ = 440.0
_LISTENS_S = 1.0
"""The agent hears so much of the whisper before they press the key."""
_CALL_S = 40.0
_PAUSE_S = 0.7
_PAGE_S = 0.1


class Asking:
    """A caller who asks by key or aloud once the bot has paused, and then sings. ``asked_at`` is monotonic."""

    def __init__(self, words: NDArray[np.int16], rate: int) -> None:
        self.asked_at = 0.0
        self._words = words
        self._meter = ActivityMeter(rate, release_ms=300)
        self._spoken = False
        self._sings_from = 0

    def exchange(self, heard: AudioFrame) -> NDArray[np.int16] | None:
        """20 ms each way."""
        self._meter.feed(heard.samples, heard.position)
        size = frame_samples(heard.rate)
        if self._sings_from:
            times = (heard.position + np.arange(size)) / heard.rate
            return (8000 * np.sin(2 * np.pi * _HZ * times)).astype(np.int16)
        if not self._spoken:
            last = self._meter.last_voiced
            self._spoken = last >= 0 and heard.position - last > _PAUSE_S * heard.rate
            return None
        part, self._words = self._words[:size], self._words[size:]
        if len(part) and voiced_slices(part, heard.rate).any():
            self.asked_at = time.monotonic() + size / heard.rate
        return np.pad(part, (0, size - len(part))) if len(part) else None

    def sing(self) -> None:
        """From now on."""
        self._sings_from = 1

    def key(self, press: KeyPress) -> None:
        """Of no interest."""

    def ended(self, end: LegEnded) -> None:
        """Of no interest."""


class Listening:
    """An agent who notes when the caller's tone is first heard."""

    def __init__(self) -> None:
        self.heard_at: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._before = False

    def exchange(self, heard: AudioFrame) -> NDArray[np.int16] | None:
        """20 ms of it; two in a row are no chance."""
        sings = _share(heard.samples, heard.rate) > 0.7
        if sings and self._before and not self.heard_at.done():
            self.heard_at.set_result(time.monotonic())
        self._before = sings
        return None

    def key(self, press: KeyPress) -> None:
        """Of no interest."""

    def ended(self, end: LegEnded) -> None:
        """The caller is gone."""
        if not self.heard_at.done():
            self.heard_at.cancel()


def _share(samples: NDArray[np.int16], rate: int) -> float:
    """How much of the energy is the tone."""
    sound = samples.astype(np.float64)
    energy = float(np.sum(sound**2))
    tone = np.abs(np.dot(sound, np.exp(-2j * np.pi * _HZ * np.arange(len(sound)) / rate)))
    return float(2 * tone**2 / len(sound) / energy) if energy > len(sound) * 100.0**2 else 0.0


@dataclass
class Times:
    """Seconds, one for each call."""

    by_key: list[float] = field(default_factory=list)
    aloud: list[float] = field(default_factory=list)
    to_heard: list[float] = field(default_factory=list)
    to_joined: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


class Office:
    """One agent with a phone on SIP and a page that shows the card as soon as it may, on a running service."""

    def __init__(self, service: Service, desk: Desk) -> None:
        self.service = service
        self.desk = desk
        self.times = Times()
        self.rang: asyncio.Queue[tuple[float, CallLeg]] = asyncio.Queue()
        self.phone = SipLine(SipSettings(rtp_low=48000, rtp_high=48099), free_port())
        self.callers = SipLine(SipSettings(rtp_low=48100, rtp_high=48199), 0)

    async def measure(self) -> None:
        """Let callers ask, by key and aloud in turn."""
        await self.phone.start(self._ring)
        await self.callers.start(_refuse)
        await self.desk.sign_in(_AGENT, "Ann")
        await self.desk.ring_at(_AGENT, f"sip:{_AGENT}@127.0.0.1:{self.phone.port}")
        await self.desk.become_available(_AGENT)
        page = asyncio.create_task(self._page())
        until = time.monotonic() + PARTS_S
        for number in range(2 * CALLS):
            if time.monotonic() > until:
                break
            await self._one(aloud=bool(number % 2))
        page.cancel()
        await asyncio.gather(page, return_exceptions=True)
        for line in (self.callers, self.phone):
            await line.stop()

    async def _ring(self, leg: CallLeg) -> None:
        self.rang.put_nowait((time.monotonic(), leg))
        await leg.ringing()
        await leg.wait_ended()

    async def _page(self) -> None:
        while True:
            view = await self.desk.in_hand(_AGENT)
            if view is not None and view.state is OfferState.OFFERED and view.seen_at is None:
                await self.desk.shown(_AGENT, view.id)
            elif view is not None and view.state is OfferState.ENDED:
                with suppress(Exception):
                    await self.desk.wrap_up(_AGENT, view.id, WrapUp("resolved"))
            await asyncio.sleep(_PAGE_S)

    async def _one(self, *, aloud: bool) -> None:
        words = render(ASKS, 8000, VOICE) if aloud else np.zeros(0, np.int16)
        caller = await self.callers.dial(f"sip:council@127.0.0.1:{self.service.settings.sip_port}")
        asking = Asking(words, caller.rate)
        caller.attach(asking)
        try:
            async with asyncio.timeout(_CALL_S):
                if not aloud:
                    await asyncio.sleep(2 * _PAUSE_S)
                    asking.asked_at = time.monotonic()
                    await caller.send_keys("0")
                rang_at, agent = await self.rang.get()
                (self.times.aloud if aloud else self.times.by_key).append(rang_at - asking.asked_at)
                await self._join(asking, agent)
        except TimeoutError:
            self.times.failed.append("aloud" if aloud else "by key")
        finally:
            await caller.hangup()
        await self._free()

    async def _join(self, asking: Asking, agent: CallLeg) -> None:
        listening = Listening()
        await agent.answer()
        agent.attach(listening)
        asking.sing()
        await asyncio.sleep(_LISTENS_S)
        pressed_at = time.monotonic()
        await agent.send_keys("1")
        self.times.to_heard.append(await listening.heard_at - pressed_at)
        view = await self._joined()
        assert view.accepted_at is not None
        assert view.joined_at is not None
        self.times.to_joined.append((view.joined_at - view.accepted_at).total_seconds())

    async def _joined(self) -> OfferView:
        while (view := await self.desk.in_hand(_AGENT)) is None or view.state is not OfferState.JOINED:
            await asyncio.sleep(_PAGE_S)
        return view

    async def _free(self) -> None:
        """Wait until the agent can be offered the next call."""
        async with asyncio.timeout(_CALL_S):
            while True:
                presence = await self.desk.presence(_AGENT)
                if presence is not None and presence.state is AgentState.AVAILABLE:
                    return
                if presence is not None and presence.state is AgentState.AWAY:
                    await self.desk.become_available(_AGENT)
                await asyncio.sleep(_PAGE_S)


async def _refuse(leg: CallLeg) -> None:
    await leg.reject(404)


async def to_person() -> dict[str, Any]:
    """Callers of the whole service on SIP who ask for a person, and an agent who is available for them."""
    with tempfile.TemporaryDirectory() as place:
        async with running(Path(place)) as service:
            database = Database(service.settings.database)
            office = Office(service, Desk(database, service.settings.handoff))
            try:
                await office.measure()
            finally:
                await database.close()
    times = office.times
    return {
        "title": "The way to a person",
        "about": "The whole service, SIP and RTP on loopback, one agent who is available: from the caller's key 0, or "
        "the last voiced sample of their words, to the agent's phone being rung; from the agent's key 1 (pressed while "
        "the whisper is spoken) to hearing the caller on that phone, and from the yes to the joined talk, as "
        "the service records it.",
        "columns": ["", "calls", "p50 ms", "p95 ms", "longest ms"],
        "rows": [
            _row("asked by key, to the first ring", times.by_key),
            _row(f"asked aloud (“{ASKS}”), to the first ring", times.aloud),
            _row("agent's key pressed, to hearing the caller", times.to_heard),
            _row("accepted, to joined", times.to_joined),
        ],
        "notes": [f"never rung: a caller who asked {how}" for how in times.failed],
    }


def _row(what: str, seconds: Sequence[float]) -> list[Any]:
    ms = [1000 * value for value in seconds]
    return [what, len(ms), *(round(percentile(ms, share) or 0.0) for share in (0.5, 0.95)), round(max(ms, default=0.0))]
