"""A bot that hands callers over through the agents' queue, in memory, for tests of waiting and of talking to agents."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tests.handoff.hall import WHISPER, Hall
from tests.session.ports import bare_port
from voicebot.audio.frames import AudioFrame
from voicebot.dialogue.acts import Transfer
from voicebot.dialogue.client import DialogueClient
from voicebot.handoff.desk_views import OfferView
from voicebot.handoff.models import OfferState
from voicebot.handoff.titles import Titles
from voicebot.handoff.transfer import Transfer as People
from voicebot.recording.recorder import Recorder
from voicebot.recording.tap import CallRecording, no_tap
from voicebot.safety.detector import SafetyNet
from voicebot.session.handing_over import HandingOver
from voicebot.session.ledger import Ledger, TurnEntry
from voicebot.session.nothing_kept import NothingKept
from voicebot.session.prompts import Prompts
from voicebot.session.ringing_back import RingsBack
from voicebot.session.services import CallServices
from voicebot.settings import NotifySettings, Settings
from voicebot.speech.client import SpeechClient
from voicebot.telephony.leg import CallLeg, KeyPress, LegEnded
from voicebot.telephony.memory import MemoryLine

PAGE = "https://www.norburyvale.example/bins"
BOT = "sip:bot@memory"
CALLER = "sip:caller@memory"


class Tone:
    """Says a steady level and keeps the loudest that is heard."""

    def __init__(self, level: int) -> None:
        self.level = level
        self.heard: set[int] = set()

    def exchange(self, heard: AudioFrame) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
        self.heard.add(int(heard.samples[-1]))
        return np.full(len(heard.samples), self.level, dtype=np.int16)

    def key(self, press: KeyPress) -> None:
        """Of no interest."""

    def ended(self, end: LegEnded) -> None:
        """Of no interest."""


@dataclass
class Kept(NothingKept):
    """A record of which is looked at what was said and what is to be sent."""

    said: list[str] = field(default_factory=list)
    told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def turn(self, call_id: str, turn: TurnEntry) -> None:
        """Note it."""
        self.said.append(turn.text)

    def tell(self, call_id: str, kind: str, payload: dict[str, Any]) -> None:
        """Note it."""
        self.told.append((kind, payload))


class Council:
    """A bot that hands everybody over at once, and agents. ``service`` is what callers ring about; ``recorder`` keeps
    their calls, if it is set."""

    def __init__(self, hall: Hall, folder: Path, safety: SafetyNet, prompts: Prompts) -> None:
        self.hall = hall
        self.agents: dict[str, Tone] = {}
        self.outcomes: asyncio.Queue[str] = asyncio.Queue()
        self.kept = Kept()
        self.service = "none"
        self.going = 0
        """Calls that the bot has."""
        self.recorder: Recorder | None = None
        self.recordings: list[CallRecording] = []
        notify = NotifySettings.model_validate({"api_key": "key", "templates": {"while_waiting": "a-template"}})
        settings = Settings(handoff=hall.settings, data=folder, notify=notify)
        self.speech = SpeechClient(folder / "none.sock", timeout_s=0.1)
        self.dialogue = DialogueClient("http://127.0.0.1:9", "x", timeout_s=0.1)
        people = People(hall.line, self.speech, hall.settings, WHISPER)
        self.services = CallServices(
            settings,
            self.speech,
            self.speech,
            self.dialogue,
            safety,
            prompts,
            people,
            self.kept,
            titles=Titles({"waste": "bins and waste"}, pages={"waste": PAGE}),
            room=hall.room,
        )
        self.rings_back = RingsBack(self.services)
        hall.room.on_callback = self.rings_back

    async def hand_over(self, leg: CallLeg) -> None:
        """The bot's whole part."""
        self.going += 1
        try:
            await self._hand_over(leg)
        finally:
            self.going -= 1

    async def _hand_over(self, leg: CallLeg) -> None:
        await leg.answer()
        port = bare_port(leg.rate, self.services.settings)
        recording = self._recording(leg)
        tap = no_tap if recording is None else recording.over
        leg.attach(tap(port))
        ledger = Ledger(leg.facts, "NV-1", self.kept)
        ledger.service = self.service
        handing_over = HandingOver(
            leg, port, ledger, self.services, lambda: leg.position * 1000 / leg.rate, tap, recording=recording
        )
        outcome = await handing_over.run(Transfer(queue="waste"))
        if recording is not None:
            await recording.finish()
        if leg.end is None:
            await leg.hangup()
        await self.outcomes.put(outcome)

    def _recording(self, leg: CallLeg) -> CallRecording | None:
        if self.recorder is None:
            return None
        self.recordings.append(CallRecording(self.recorder, leg.facts.call_id, leg.rate))
        return self.recordings[-1]

    async def agent(self, name: str, level: int) -> None:
        """An agent who takes every call and says a steady level."""
        tone = self.agents[name] = Tone(level)

        async def take(leg: CallLeg) -> None:
            leg.attach(tone)
            await leg.answer()
            for _ in range(10):
                await asyncio.sleep(0.05)
                await leg.send_keys("1")
            await leg.wait_ended()

        await self.hall.phone(f"sip:{name}@memory", take)
        await self.hall.agent(name)

    async def ring(self, tone: Tone, number: str = "") -> CallLeg:
        """A caller."""
        leg = await MemoryLine(self.hall.exchange, CALLER).dial(BOT, caller=number)
        leg.attach(tone)
        return leg

    async def waits_behind(self, tone: Tone, number: str) -> CallLeg:
        """A caller who waits while the only agent is busy, and has been told what is passed on."""
        leg = await self.ring(tone, number)
        await until(lambda: len(self.hall.room._waiters) == 2)
        await asyncio.sleep(0.3)
        return leg

    async def in_state(self, agent: str, state: OfferState) -> OfferView:
        """The agent's call once it is in a state."""
        found: list[OfferView] = []

        async def there() -> bool:
            view = await self.hall.desk.in_hand(agent)
            if view is not None and view.state is state:
                found.append(view)
            return bool(found)

        await until(there)
        return found[0]

    async def done(self, command: int) -> str:
        """What became of a command."""
        results: list[str] = []

        async def there() -> bool:
            state = await self.hall.desk.command(command)
            assert state is not None
            results.append(state.result)
            return bool(state.result)

        await until(there)
        return results[-1]


async def until(there: Callable[[], object], limit_s: float = 15) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(limit_s):
        while not await _truth(there()):
            await asyncio.sleep(0.02)


async def _truth(value: object) -> bool:
    return bool(await value) if asyncio.iscoroutine(value) else bool(value)
