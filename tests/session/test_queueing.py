"""A whole handover through the agents' queue: calls in memory, a desk on a real database, nothing else alive."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import numpy as np
import pytest

from tests.handoff.hall import WHISPER, Hall, open_hall
from voicebot.audio.frames import LEG_RATES, AudioFrame
from voicebot.dialogue.acts import Transfer
from voicebot.dialogue.client import DialogueClient
from voicebot.handoff.desk_views import OfferView, WrapUp
from voicebot.handoff.models import AgentState, OfferState
from voicebot.handoff.transfer import Transfer as People
from voicebot.safety.detector import SafetyNet
from voicebot.session.handing_over import HandingOver
from voicebot.session.ledger import Ledger
from voicebot.session.nothing_kept import NothingKept
from voicebot.session.port import CallerPort
from voicebot.session.prompts import Prompts
from voicebot.session.ringing_back import RingsBack
from voicebot.session.services import CallServices
from voicebot.settings import HandoffSettings, Settings
from voicebot.speech.client import SpeechClient
from voicebot.spoken.finished import SentenceEnds
from voicebot.telephony.leg import CallLeg, KeyPress, LegEnded
from voicebot.telephony.memory import MemoryLine
from voicebot.tts.engine import open_voice

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


class Council:
    """A bot that hands everybody over at once, and agents."""

    def __init__(self, hall: Hall, folder: Path, safety: SafetyNet, prompts: Prompts) -> None:
        self.hall = hall
        self.agents: dict[str, Tone] = {}
        self.outcomes: asyncio.Queue[str] = asyncio.Queue()
        settings = Settings(handoff=hall.settings, data=folder)
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
            NothingKept(),
            room=hall.room,
        )
        self.rings_back = RingsBack(self.services)
        hall.room.on_callback = self.rings_back

    async def hand_over(self, leg: CallLeg) -> None:
        """The bot's whole part."""
        await leg.answer()
        port = CallerPort(
            leg.rate,
            self.services.settings.turns,
            self.services.settings.calls,
            speculate=lambda *_: None,
            piece_started=lambda *_: None,
            piece_over=lambda *_: None,
            holding=np.zeros(0, np.int16),
            ends=SentenceEnds(),
        )
        leg.attach(port)
        ledger = Ledger(leg.facts, "NV-1", NothingKept())
        handing_over = HandingOver(leg, port, ledger, self.services, lambda: leg.position * 1000 / leg.rate)
        outcome = await handing_over.run(Transfer(queue="waste"))
        if leg.end is None:
            await leg.hangup()
        await self.outcomes.put(outcome)

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


@pytest.fixture(scope="module")
def net() -> SafetyNet:
    return SafetyNet.load(Settings().dialogue.project)


@pytest.fixture(scope="module")
def prompts(tmp_path_factory: pytest.TempPathFactory) -> Prompts:
    speech = SpeechClient(tmp_path_factory.mktemp("speech") / "none.sock", timeout_s=0.1)
    return asyncio.run(Prompts.load(speech, max(LEG_RATES), None, last_resort=open_voice("espeak")))


@pytest.fixture
async def council(tmp_path: Path, net: SafetyNet, prompts: Prompts) -> AsyncIterator[Council]:
    settings = HandoffSettings(queues={}, ring_s=2.0, accept_s=3.0, announce_s=5.0)
    async with open_hall(tmp_path, settings) as hall:
        made = Council(hall, tmp_path, net, prompts)
        await hall.line.start(made.hand_over)
        yield made
        await made.rings_back.stop()
        await made.speech.close()
        await made.dialogue.close()


async def test_joined_held_resumed_and_wrapped_up(council: Council) -> None:
    await council.agent("ann", 3000)
    caller = Tone(1000)
    leg = await council.ring(caller)
    call = await council.in_state("ann", OfferState.JOINED)
    await until(lambda: 3000 in caller.heard and 1000 in council.agents["ann"].heard)
    desk = council.hall.desk
    assert await council.done(await desk.hold("ann", call.id)) == "done"
    held = await desk.in_hand("ann")
    assert held is not None
    assert held.held
    caller.heard.clear()
    await until(lambda: len(caller.heard) > 10)
    assert 3000 not in caller.heard, "the caller hears the hold sound, not the agent"
    await council.done(await desk.resume("ann", call.id))
    await until(lambda: 3000 in caller.heard)
    assert "not recorded" in await council.done(await desk.pause_recording("ann", call.id))
    await leg.hangup()
    assert await asyncio.wait_for(council.outcomes.get(), 10) == "transferred"
    presence = await desk.presence("ann")
    assert presence is not None
    assert presence.state is AgentState.WRAPPING_UP


async def test_consulted_joined_by_all_and_left_to_the_other(council: Council) -> None:
    await council.agent("ann", 3000)
    caller = Tone(1000)
    leg = await council.ring(caller)
    call = await council.in_state("ann", OfferState.JOINED)
    await council.agent("bob", 500)
    desk = council.hall.desk
    command = await desk.consult("ann", call.id, "agent:bob", "Knows the street")
    assert await council.done(command) == "done"
    other = await council.in_state("bob", OfferState.JOINED)
    assert other.card["notes"][0]["text"] == "Knows the street"
    await until(lambda: 3000 in council.agents["bob"].heard and 500 in council.agents["ann"].heard)
    await council.done(await desk.join_all("ann", call.id))
    await until(lambda: 3500 in caller.heard, 15)
    await until(lambda: 1500 in council.agents["ann"].heard)
    assert await council.done(await desk.leave("ann", call.id)) == "done"
    caller.heard.clear()
    await until(lambda: 500 in caller.heard)
    presence = await desk.presence("ann")
    assert presence is not None
    assert presence.state is AgentState.WRAPPING_UP
    await leg.hangup()
    assert await asyncio.wait_for(council.outcomes.get(), 10) == "transferred"


async def test_handed_on_to_another_agent_with_the_card_grown(council: Council) -> None:
    await council.agent("ann", 3000)
    caller = Tone(1000)
    leg = await council.ring(caller)
    call = await council.in_state("ann", OfferState.JOINED)
    await council.agent("bob", 500)
    await council.hall.desk.transfer("ann", call.id, "agent:bob", "Wants to complain")
    other = await council.in_state("bob", OfferState.JOINED)
    assert other.card["passed_on_by"] == "ann"
    assert other.priority == "high"
    await until(lambda: 500 in caller.heard)
    await leg.hangup()
    assert await asyncio.wait_for(council.outcomes.get(), 10) == "transferred"


async def test_a_callback_keeps_the_place_and_asks_who_answers(council: Council) -> None:
    await council.agent("ann", 3000)
    first = await council.ring(Tone(900))
    call = await council.in_state("ann", OfferState.JOINED)
    leg = await council.ring(Tone(1000))
    await until(lambda: len(council.hall.room._waiters) == 2)
    await asyncio.sleep(0.3)
    await leg.send_keys("1")
    await asyncio.sleep(0.3)
    await leg.send_keys("07700900123#")
    await asyncio.sleep(0.3)
    await leg.send_keys("1")
    assert await asyncio.wait_for(council.outcomes.get(), 20) == "callback"
    (waiting,) = await council.hall.desk.waiting()
    assert waiting.kind == "callback"
    answered = Tone(700)

    async def at_home(leg: CallLeg) -> None:
        leg.attach(answered)
        await leg.answer()
        for _ in range(30):
            await asyncio.sleep(0.1)
            await leg.send_keys("1")
        await leg.wait_ended()

    await council.hall.phone("tel:07700900123", at_home)
    await first.hangup()
    await council.in_state("ann", OfferState.ENDED)
    await council.hall.desk.wrap_up("ann", call.id, WrapUp("resolved"))
    await council.in_state("ann", OfferState.JOINED)
    await until(lambda: 3000 in answered.heard and 700 in council.agents["ann"].heard)
    assert await council.hall.desk.waiting() == []
