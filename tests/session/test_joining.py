"""How a caller is joined with a person, on real SIP lines: bridged, put through, or given back."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.session.ports import bare_port
from tests.telephony.sip.sip_harness import TonePort
from voicebot.dialogue.acts import Transfer
from voicebot.dialogue.client import DialogueClient
from voicebot.handoff.transfer import Transfer as PersonFinder
from voicebot.safety.detector import SafetyNet
from voicebot.session.handing_over import HandingOver
from voicebot.session.ledger import Ledger
from voicebot.session.nothing_kept import NothingKept
from voicebot.session.prompts import Prompts
from voicebot.session.services import CallServices
from voicebot.settings import HandoffSettings, Joining, Settings, SipSettings
from voicebot.speech.client import SpeechClient
from voicebot.telephony.leg import CallLeg, EndReason
from voicebot.telephony.sip.leg import SipLeg
from voicebot.telephony.sip.line import SipLine
from voicebot.tts.fixed import FixedPrompts

HERE = "sip:*@127.0.0.1"


@dataclass
class Steps(NothingKept):
    """A record of which the steps are looked at."""

    kinds: list[str] = field(default_factory=list)

    def step(self, call_id: str, kind: str, at_ms: float, data: dict[str, Any]) -> None:
        """Note it."""
        self.kinds.append(kind)


class Council:
    """A bot that hands every caller over at once, an agent who takes them, and a caller's line."""

    def __init__(self, folder: Path, safety: SafetyNet, joining: Joining, *, transferable: bool) -> None:
        self.caller = SipLine(
            SipSettings(rtp_low=47000, rtp_high=47100, transfer_targets=(HERE,) if transferable else ()), 0
        )
        self.bot = SipLine(SipSettings(rtp_low=47100, rtp_high=47200), 0)
        self.agent = SipLine(SipSettings(rtp_low=47200, rtp_high=47300), 0)
        self.at_agent: asyncio.Queue[SipLeg] = asyncio.Queue()
        self.outcomes: asyncio.Queue[str] = asyncio.Queue()
        self.steps = Steps()
        self._folder = folder
        self._safety = safety
        self._joining = joining

    async def start(self) -> None:
        """Open the lines."""
        await self.caller.start(self._nobody)
        await self.agent.start(self._take)
        await self.bot.start(self._hand_over)
        handoff = HandoffSettings(
            queues={"default": (f"sip:agent@127.0.0.1:{self.agent.port}",)},
            joining={"default": self._joining},
            join_on="answer",
        )
        settings = Settings(handoff=handoff, data=self._folder)
        # There is no speech process: what is said then is silence, and handing over goes on all the same.
        speech = SpeechClient(self._folder / "none.sock", timeout_s=0.1)
        dialogue = DialogueClient("http://127.0.0.1:9", "x", timeout_s=0.1)
        prompts = Prompts(FixedPrompts({}))
        people = PersonFinder(self.bot, speech, handoff, np.zeros(800, np.int16))
        self._services = CallServices(settings, speech, speech, dialogue, self._safety, prompts, people, self.steps)

    async def stop(self) -> None:
        """Close them; nothing of any call is left."""
        for line in (self.caller, self.bot, self.agent):
            await line.stop()
            assert line.media.streams == 0
            assert not line.ua.calls

    async def _nobody(self, leg: CallLeg) -> None:
        await leg.reject(404)

    async def _take(self, leg: CallLeg) -> None:
        assert isinstance(leg, SipLeg)
        leg.attach(TonePort())
        await leg.answer()
        await self.at_agent.put(leg)
        await leg.wait_ended()

    async def _hand_over(self, leg: CallLeg) -> None:
        await leg.answer()
        port = bare_port(leg.rate, self._services.settings)
        leg.attach(port)
        ledger = Ledger(leg.facts, "NV-1", self.steps)
        handing_over = HandingOver(leg, port, ledger, self._services, lambda: leg.position * 1000 / leg.rate)
        await self.outcomes.put(await handing_over.run(Transfer(queue="waste")))

    async def ring(self) -> SipLeg:
        """A caller who is up."""
        leg = await self.caller.dial(f"sip:council@127.0.0.1:{self.bot.port}", caller="0161")
        assert isinstance(leg, SipLeg)
        leg.attach(TonePort())
        return leg

    async def agent_leg(self) -> SipLeg:
        """The agent's next leg."""
        async with asyncio.timeout(10):
            return await self.at_agent.get()

    async def outcome(self) -> str:
        """What the next caller came to."""
        async with asyncio.timeout(10):
            return await self.outcomes.get()


@pytest.fixture
async def council(tmp_path: Path, safety_net: SafetyNet, request: pytest.FixtureRequest) -> AsyncIterator[Council]:
    """The lines, started, as the test's parameter wants them."""
    joining, transferable = request.param
    made = Council(tmp_path, safety_net, joining, transferable=transferable)
    await made.start()
    yield made
    await made.stop()


async def _hears(leg: SipLeg) -> None:
    port = TonePort()
    leg.attach(port)
    async with asyncio.timeout(10):
        while port.loudest < 4000:
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("council", [(Joining.REFER, True)], indirect=True)
async def test_put_through_we_are_no_longer_in_between(council: Council) -> None:
    caller = await council.ring()
    agent = await council.agent_leg()
    assert await council.outcome() == "transferred"
    assert council.steps.kinds[-2:] == ["joined", "put_through"]
    assert not council.bot.legs
    await asyncio.gather(_hears(caller), _hears(agent))
    await agent.hangup()
    assert (await caller.wait_ended()).reason is EndReason.REMOTE_HANGUP


@pytest.mark.parametrize("council", [(Joining.REFER, False), (Joining.BRIDGE, True)], indirect=True)
async def test_bridged_where_that_is_set_or_nothing_else_is_taken(council: Council) -> None:
    caller = await council.ring()
    agent = await council.agent_leg()
    await asyncio.gather(_hears(caller), _hears(agent))
    assert len(council.bot.legs) == 2
    refers = council.steps.kinds[-1] == "stays_bridged"
    assert refers is (council._joining is Joining.REFER)
    await caller.hangup()
    assert await council.outcome() == "transferred"
    assert (await agent.wait_ended()).reason is EndReason.REMOTE_HANGUP


@pytest.mark.parametrize("council", [(Joining.RETURN, True)], indirect=True)
async def test_given_back_with_a_reference(council: Council) -> None:
    """The BYE carries the card's reference: the contact centre goes on from there."""
    caller = await council.ring()
    end = await caller.wait_ended()
    assert end.reason is EndReason.REMOTE_HANGUP
    assert await council.outcome() == "transferred"
    assert council.steps.kinds[-1] == "given_back"
    assert council.at_agent.empty(), "we ring nobody"


def test_each_queue_has_its_own() -> None:
    settings = HandoffSettings(joining={"default": Joining.REFER, "waste": Joining.BRIDGE})
    assert settings.joins("waste") is Joining.BRIDGE
    assert settings.joins("parking") is Joining.REFER
    assert HandoffSettings(joining={}).joins("parking") is Joining.BRIDGE
