"""Agents who take calls from the queue on real SIP phones: ours, and baresip; joined by us, or without us."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.session.ports import bare_port
from tests.telephony.sip.baresip_harness import BARESIP, baresip, tell
from tests.telephony.sip.ports import free_port
from tests.telephony.sip.singing import Singer, share
from voicebot.accounts.audit import Actor
from voicebot.audio.frames import LEG_RATES
from voicebot.audio.levels import voiced_slices
from voicebot.dialogue.acts import Fact, FactSource, Transfer
from voicebot.dialogue.client import DialogueClient
from voicebot.handoff.desk import Desk
from voicebot.handoff.desk_views import OfferView
from voicebot.handoff.models import AgentState, OfferState
from voicebot.handoff.titles import Titles
from voicebot.handoff.transfer import Transfer as People
from voicebot.handoff.waiting_room import WaitingRoom
from voicebot.models.store import ESPEAK, SHIPPED_STT, shipped_stt
from voicebot.records.store import RecordStore
from voicebot.safety.detector import SafetyNet
from voicebot.session.call import Call
from voicebot.session.handing_over import HandingOver
from voicebot.session.ledger import Ledger, TurnEntry
from voicebot.session.nothing_kept import NothingKept
from voicebot.session.phrases import Phrase
from voicebot.session.prompts import Prompts
from voicebot.session.services import CallServices
from voicebot.settings import HandoffSettings, Joining, Settings, SipSettings, SpeechSettings
from voicebot.speech.client import SpeechClient
from voicebot.speech.local import LocalSpeech
from voicebot.telephony.leg import CallLeg, EndReason
from voicebot.telephony.sip.line import SipLine
from voicebot.tts.engine import open_voice

pytestmark = [pytest.mark.real_time]

CALLERS_HZ, AGENTS_HZ, BARESIPS_HZ = 440.0, 1000.0, 600.0
SUPERVISOR = Actor("account", "1", "sam", "127.0.0.1")
TITLES = Titles({"waste": "bins and waste"}, {"waste_missed_bin": "the missed bin"})
FACTS = (
    Fact(name="name", value="Margaret Taylor", source=FactSource.SAID, confirmed=True),
    Fact(name="address", value="9 Quarry Close, Little Harrow", source=FactSource.LOOKED_UP, confirmed=True),
)


@dataclass
class Kept(NothingKept):
    """A record of which steps and words are looked at."""

    steps: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def step(self, call_id: str, kind: str, at_ms: float, data: dict[str, Any]) -> None:
        """Note it."""
        self.steps.append(kind)

    def turn(self, call_id: str, turn: TurnEntry) -> None:
        """Note it."""
        self.said.append(turn.text)


class Office:
    """A bot on a SIP line, whose callers wait for agents; a desk; a caller's line. Dialogue and speech are dead unless
    ``speech`` is given. Whoever rings is handed over at once, or, with :attr:`whole`, by a whole call."""

    def __init__(
        self,
        store: RecordStore,
        safety: SafetyNet,
        prompts: Prompts,
        folder: Path,
        *,
        joining: Joining = Joining.BRIDGE,
        speech: LocalSpeech | None = None,
    ) -> None:
        settings = Settings(
            data=folder, handoff=HandoffSettings(queues={}, joining={"default": joining}, transcribe=False)
        )
        self.bot = SipLine(SipSettings(rtp_low=48000, rtp_high=48100), 0)
        near = ("sip:*@127.0.0.1",)
        self.caller = SipLine(SipSettings(rtp_low=48100, rtp_high=48200, transfer_targets=near), 0)
        self.phone = SipLine(SipSettings(rtp_low=48200, rtp_high=48300), 0)
        self.desk = Desk(store.database, settings.handoff)
        self.room = WaitingRoom(store.database, settings.handoff)
        self.kept = Kept()
        self.whole = False
        self.outcomes: asyncio.Queue[str] = asyncio.Queue()
        self.at_agent: asyncio.Queue[tuple[CallLeg, Singer]] = asyncio.Queue()
        self._dead = SpeechClient(folder / "none.sock", timeout_s=0.1)
        self._dialogue = DialogueClient("http://127.0.0.1:9", "x", timeout_s=0.1)
        spoken = speech or self._dead
        whisper = prompts.samples(Phrase.AGENT_WHISPER, 8000)
        people = People(self.bot, spoken, settings.handoff, whisper)
        self._services = CallServices(
            settings,
            spoken,
            spoken,
            self._dialogue,
            safety,
            prompts,
            people,
            self.kept,
            titles=TITLES,
            room=self.room,
        )

    async def start(self) -> None:
        """Open everything."""
        await self.bot.start(self._take)
        await self.caller.start(_refuse)
        await self.phone.start(self._answer)
        self.room.start()

    async def stop(self) -> None:
        """Close everything; nothing of any call is left."""
        for line in (self.caller, self.phone, self.bot):
            await line.stop()
        async with asyncio.timeout(10):
            while self.bot.legs:
                await asyncio.sleep(0.05)
        await self.room.stop()
        await self._dead.close()
        await self._dialogue.close()

    async def _take(self, leg: CallLeg) -> None:
        if self.whole:
            summary = await Call(leg, self._services).run()
            await self.outcomes.put(summary.outcome)
            return
        await leg.answer()
        port = bare_port(leg.rate, self._services.settings)
        leg.attach(port)
        ledger = Ledger(leg.facts, "NV-1", self.kept, TITLES)
        ledger.service, ledger.topic, ledger.facts = "waste", "missed_bin", FACTS
        handing_over = HandingOver(leg, port, ledger, self._services, lambda: leg.position * 1000 / leg.rate)
        outcome = await handing_over.run(Transfer(queue="waste"))
        if leg.end is None:
            await leg.hangup()
        await self.outcomes.put(outcome)

    async def _answer(self, leg: CallLeg) -> None:
        singer = Singer(AGENTS_HZ)
        leg.attach(singer)
        await leg.ringing()
        await leg.answer()
        await self.at_agent.put((leg, singer))
        await leg.wait_ended()

    async def agent(self, port: int = 0) -> None:
        """Ann is available, with a phone at a port of this machine (by default the one that a test answers)."""
        await self.desk.sign_in("ann", "Ann")
        await self.desk.ring_at("ann", f"sip:ann@127.0.0.1:{port or self.phone.port}")
        await self.desk.become_available("ann")

    async def ring(self) -> tuple[CallLeg, Singer]:
        """A caller who is up."""
        singer = Singer(CALLERS_HZ)
        leg = await self.caller.dial(f"sip:council@127.0.0.1:{self.bot.port}", caller="01632960123")
        leg.attach(singer)
        return leg, singer

    async def in_state(self, state: OfferState) -> OfferView:
        """Ann's call once it is in a state."""
        async with asyncio.timeout(30):
            while (view := await self.desk.in_hand("ann")) is None or view.state is not state:
                await asyncio.sleep(0.05)
        return view

    async def outcome(self) -> str:
        """What the next call came to."""
        async with asyncio.timeout(20):
            return await self.outcomes.get()


async def _refuse(leg: CallLeg) -> None:
    await leg.reject(404)


Opens = Callable[..., Any]


@pytest.fixture(scope="module")
def prompts(tmp_path_factory: pytest.TempPathFactory) -> Prompts:
    speech = SpeechClient(tmp_path_factory.mktemp("speech") / "none.sock", timeout_s=0.1)
    return asyncio.run(Prompts.load(speech, max(LEG_RATES), None, last_resort=open_voice(ESPEAK)))


@pytest.fixture
async def opens(tmp_path: Path, safety_net: SafetyNet, prompts: Prompts) -> AsyncIterator[Opens]:
    store = RecordStore(f"sqlite+aiosqlite:///{tmp_path / 'desk.sqlite'}")
    await store.upgrade()

    @asynccontextmanager
    async def office(**how: Any) -> AsyncIterator[Office]:
        made = Office(store, safety_net, prompts, tmp_path, **how)
        await made.start()
        try:
            yield made
        finally:
            await made.stop()

    yield office
    await store.close()


async def test_the_bypass_reaches_people_when_nothing_else_is_alive(opens: Opens) -> None:
    """Neither the dialogue nor the speech process is there, and a supervisor has sent every call to people."""
    async with opens() as office:
        office.whole = True
        await office.desk.bypass.switch_on(SUPERVISOR, "Sam", "It tells people the wrong day")
        await office.agent()
        async with asyncio.timeout(10):
            while not office.room.bypassed:
                await asyncio.sleep(0.05)
        caller, hears = await office.ring()
        agent, rung = await asyncio.wait_for(office.at_agent.get(), 20)
        assert office.kept.said[0] == str(Phrase.BYPASSED)
        await agent.send_keys("1")
        view = await office.in_state(OfferState.JOINED)
        await asyncio.gather(hears.hears(AGENTS_HZ), rung.hears(CALLERS_HZ))
        assert view.accepted_by == "key"
        await caller.hangup()
        assert await office.outcome() == "transferred"
    assert "bypassed" in office.kept.steps


async def test_from_the_queue_to_an_agents_own_phone_without_us_in_between(opens: Opens) -> None:
    """Accepted by key, joined, and put through by REFER with Replaces: caller and agent go on, we are out of it."""
    async with opens(joining=Joining.REFER) as office:
        await office.agent()
        caller, hears = await office.ring()
        agent, rung = await asyncio.wait_for(office.at_agent.get(), 20)
        assert agent.facts.headers["user-to-user"].endswith(";encoding=hex")
        await agent.send_keys("1")
        assert await office.outcome() == "transferred"
        assert office.kept.steps[-1] == "put_through"
        assert not office.bot.legs
        await asyncio.gather(hears.hears(AGENTS_HZ), rung.hears(CALLERS_HZ))
        view = await office.in_state(OfferState.ENDED)
        assert view.joined_at is not None
        presence = await office.desk.presence("ann")
        assert presence is not None
        assert presence.state is AgentState.WRAPPING_UP, "when they hang up is theirs to know: no call comes meanwhile"
        await agent.hangup()
        assert (await caller.wait_ended()).reason is EndReason.REMOTE_HANGUP


@pytest.mark.sip_clients
@pytest.mark.skipif(BARESIP is None, reason="there is no baresip: install Debian's baresip")
@pytest.mark.skipif(shipped_stt() is None, reason="the small recogniser is not in this copy")
async def test_a_desk_phone_hears_what_it_is_about_takes_the_call_and_is_joined(opens: Opens, tmp_path: Path) -> None:
    """baresip is the agent's phone. What it played to the agent is put into words again."""
    speech = LocalSpeech.open(Settings(data=tmp_path, speech=SpeechSettings(model=SHIPPED_STT, voice=ESPEAK)))
    folder, port, control = tmp_path / "baresip", free_port(), free_port()
    folder.mkdir()
    settings = f"ctrl_tcp_listen 127.0.0.1:{control}\nmodule_app ctrl_tcp.so\n"
    async with opens(speech=speech) as office, baresip(folder, port, settings=settings, voice_s=25.0):
        await office.agent(port)
        caller, hears = await office.ring()
        offered = await office.in_state(OfferState.OFFERED)
        assert offered.card["who"]["name"] == "Margaret Taylor"
        heard = await _whisper_heard(folder)
        assert (await office.in_state(OfferState.OFFERED)).rang_at is not None
        await tell(control, "sndcode", "1")
        joined = await office.in_state(OfferState.JOINED)
        await hears.hears(BARESIPS_HZ)
        before = len(_played(folder))
        async with asyncio.timeout(20):
            while share(_played(folder)[before:], CALLERS_HZ) < 0.8:
                await asyncio.sleep(0.1)
        assert joined.accepted_by == "key"
        assert joined.joined_at is not None and joined.accepted_at is not None
        assert (joined.joined_at - joined.accepted_at).total_seconds() < 1
        await caller.hangup()
        assert await office.outcome() == "transferred"
    words = " | ".join([(await speech.transcribe(part, 8000)).text.lower() for part in _sentences(heard)])
    await speech.close()
    print(f"\nthe agent heard {len(heard) / 8000:.1f} s: {words}")
    assert "missed bin" in words
    assert "taylor" in words
    assert "quarry close" in words
    assert len(heard) <= 6.2 * 8000


def _sentences(heard: NDArray[np.int16]) -> list[NDArray[np.int16]]:
    """What was said between pauses of a fifth of a second: the small recogniser was taught with single sentences."""
    voiced = np.flatnonzero(voiced_slices(heard, 8000))
    cuts = [0, *(np.flatnonzero(np.diff(voiced) > 40) + 1), len(voiced)]
    return [heard[max(0, voiced[a] * 40 - 800) : voiced[b - 1] * 40 + 840] for a, b in pairwise(cuts)]


def _played(folder: Path) -> NDArray[np.int16]:
    """What baresip has played so far: the header of the file, 44 bytes, is completed only when baresip leaves."""
    for path in folder.glob("dump-*-dec.wav"):
        data = path.read_bytes()
        return np.frombuffer(data[44 : len(data) - len(data) % 2], dtype="<i2").astype(np.int16)
    return np.zeros(0, np.int16)


async def _whisper_heard(folder: Path) -> NDArray[np.int16]:
    """The first time that the agent heard it, up to the pause before it comes again."""
    async with asyncio.timeout(30):
        while True:
            played = _played(folder)
            voiced = np.flatnonzero(voiced_slices(played, 8000)) if len(played) > 8000 else np.zeros(0, int)
            gaps = np.flatnonzero(np.diff(voiced) > 200)  # a second, in slices of 5 ms
            end = voiced[gaps[0]] if len(gaps) else (voiced[-1] if len(voiced) else 0)
            if len(voiced) and len(played) / 40 - end > 200:
                return played[voiced[0] * 40 : (end + 1) * 40]
            await asyncio.sleep(0.1)
