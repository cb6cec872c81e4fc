"""A whole handover through the agents' queue: calls in memory, a desk on a real database, nothing else alive."""

import asyncio
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from tests.handoff.hall import open_hall
from tests.session.queue_council import PAGE, Council, Tone, until
from voicebot.audio.frames import LEG_RATES
from voicebot.handoff.desk_views import OfferView, WrapUp
from voicebot.handoff.models import AgentState, OfferState
from voicebot.recording.recorder import Recorder
from voicebot.safety.detector import SafetyNet
from voicebot.session.phrases import Phrase
from voicebot.session.prompts import Prompts
from voicebot.settings import HandoffSettings
from voicebot.speech.client import SpeechClient
from voicebot.telephony.leg import CallLeg
from voicebot.tts.engine import open_voice


@pytest.fixture(scope="module")
def prompts(tmp_path_factory: pytest.TempPathFactory) -> Prompts:
    speech = SpeechClient(tmp_path_factory.mktemp("speech") / "none.sock", timeout_s=0.1)
    return asyncio.run(Prompts.load(speech, max(LEG_RATES), None, last_resort=open_voice("espeak")))


@pytest.fixture
async def council(tmp_path: Path, safety_net: SafetyNet, prompts: Prompts) -> AsyncIterator[Council]:
    settings = HandoffSettings(queues={}, ring_s=2.0, accept_s=3.0, announce_s=5.0)
    async with open_hall(tmp_path, settings) as hall:
        made = Council(hall, tmp_path, safety_net, prompts)
        await hall.line.start(made.hand_over)
        yield made
        await made.rings_back.stop()
        await hall.exchange.close()
        await until(lambda: made.going == 0)  # what is written at the end of a call needs the database
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
    leg = await council.waits_behind(Tone(1000), "")
    await leg.send_keys("1")
    await asyncio.sleep(0.3)
    await leg.send_keys("07700900123#")
    await asyncio.sleep(0.3)
    await leg.send_keys("1")
    assert await asyncio.wait_for(council.outcomes.get(), 20) == "callback"
    (waiting,) = await council.hall.desk.waiting()
    assert waiting.kind == "callback"
    await _rung_back(council, first, call, "07700900123")


async def _rung_back(council: Council, first: CallLeg, call: OfferView, number: str) -> None:
    """The agent ends their call; the caller who has hung up is rung, asked who they are, and joined."""
    answered = Tone(700)

    async def at_home(leg: CallLeg) -> None:
        leg.attach(answered)
        await leg.answer()
        for _ in range(30):
            await asyncio.sleep(0.1)
            await leg.send_keys("1")
        await leg.wait_ended()

    await council.hall.phone(f"tel:{number}", at_home)
    await first.hangup()
    await council.in_state("ann", OfferState.ENDED)
    await council.hall.desk.wrap_up("ann", call.id, WrapUp("resolved"))
    await council.in_state("ann", OfferState.JOINED)
    await until(lambda: 3000 in answered.heard and 700 in council.agents["ann"].heard)
    assert await council.hall.desk.waiting() == []


async def test_who_is_cut_off_while_they_wait_is_rung_back_if_they_agreed(council: Council) -> None:
    await council.agent("ann", 3000)
    first = await council.ring(Tone(900))
    call = await council.in_state("ann", OfferState.JOINED)
    leg = await council.waits_behind(Tone(1000), "01632960123")
    await until(lambda: str(Phrase.IF_CUT_OFF) in council.kept.said)
    await asyncio.sleep(0.2)
    await leg.send_keys("1")
    await until(lambda: str(Phrase.WILL_RING_IF_CUT) in council.kept.said)
    await leg.hangup()  # as a line that drops looks to us
    assert await asyncio.wait_for(council.outcomes.get(), 20) == "callback"
    (waiting,) = await council.hall.desk.waiting()
    assert (waiting.kind, waiting.place) == ("callback", 1)
    await _rung_back(council, first, call, "01632960123")


async def test_the_link_is_texted_to_who_wants_it_and_keeps_waiting(council: Council) -> None:
    council.service = "waste"
    await council.agent("ann", 3000)
    await council.ring(Tone(900))
    await council.in_state("ann", OfferState.JOINED)
    leg = await council.waits_behind(Tone(1000), "07700900123")
    await leg.send_keys("4")
    await until(lambda: any("text a link" in said for said in council.kept.said))
    assert council.kept.told == [], "nothing without a yes"
    await asyncio.sleep(0.3)
    await leg.send_keys("1")
    await until(lambda: council.kept.told)
    ((kind, payload),) = council.kept.told
    assert kind == "send.sms"
    assert payload == {
        "to": "+447700900123",
        "template": "while_waiting",
        "values": {"service": "Bins and waste", "link": PAGE, "reference": "NV-1"},
        "consent": True,
    }
    (waiting,) = [each for each in await council.hall.desk.waiting() if each.why != "offered"]
    assert waiting.kind == "call", "they keep their place"
    waiter = council.hall.room._waiters[waiting.ticket]
    await until(lambda: "Sent a text with a link to our page" in waiter.card["done"])
    await leg.hangup()


async def test_nothing_is_recorded_while_the_agent_has_it_paused(council: Council, tmp_path: Path) -> None:
    council.recorder = Recorder(tmp_path / "recordings")
    await council.agent("ann", 3000)
    caller = Tone(1000)
    leg = await council.ring(caller)
    call = await council.in_state("ann", OfferState.JOINED)
    await until(lambda: 3000 in caller.heard)
    (recording,) = council.recordings
    desk = council.hall.desk
    await _passes(leg, 25)
    assert await council.done(await desk.pause_recording("ann", call.id)) == "done"
    shown = await desk.in_hand("ann")
    assert shown is not None and shown.recording == "paused"
    await _passes(leg, 50)
    assert await council.done(await desk.resume_recording("ann", call.id)) == "done"
    shown = await desk.in_hand("ann")
    assert shown is not None and shown.recording == "on"
    await _passes(leg, 25)
    await leg.hangup()
    assert await asyncio.wait_for(council.outcomes.get(), 10) == "transferred"
    council.recorder.close()
    with wave.open(str(recording.track.path)) as file:
        both = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    said, heard = both[:, 0], both[:, 1]
    talk = np.flatnonzero(heard == 3000)
    between = slice(talk[0], talk[-1])
    silent = (said[between] == 0) & (heard[between] == 0)
    assert silent.sum() >= 50 * leg.rate // 50, "a second of nothing in the middle"
    assert (said[between][~silent] == 1000).all(), "and else all of it"
    assert len(both) >= leg.position - leg.rate, "times in the recording are those of the call"


async def _passes(leg: CallLeg, frames: int) -> None:
    """Let so many frames go by on a leg."""
    until_then = leg.position + frames * leg.rate // 50
    await until(lambda: leg.position >= until_then)
