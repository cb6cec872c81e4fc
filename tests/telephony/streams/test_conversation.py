"""The real session on real streams, with real speech in this process and a dialogue that is dead: the way of a caller
from a broken part of ours to a person, and to a message when nobody is there.

Real time is set by the streams.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.telephony.streams.stream_harness import SECRET
from voicebot.audio.wav import read_wav
from voicebot.caller.citizen import Citizen, Press, Say, take_seat
from voicebot.caller.stream_phone import DialHandler, Dialled, StreamCall, StreamPhone, handed_on
from voicebot.caller.voices import render
from voicebot.dialogue.client import DialogueClient
from voicebot.handoff.transfer import Transfer
from voicebot.safety.detector import SafetyNet
from voicebot.session.call import Call
from voicebot.session.ledger import CallSummary
from voicebot.session.nothing_kept import NothingKept
from voicebot.session.phrases import Phrase
from voicebot.session.prompts import Prompts
from voicebot.session.services import CallServices
from voicebot.settings import HandoffSettings, Settings, StreamSettings
from voicebot.speech.local import LocalSpeech
from voicebot.telephony.leg import CallLeg
from voicebot.telephony.rtp.clock import MediaClock
from voicebot.telephony.sip.line import SipLine
from voicebot.telephony.streams.line import StreamLine

ROOT = Path(__file__).parents[3]

pytestmark = pytest.mark.slow


@dataclass
class Office:
    """The bot on a stream line, and what came of its calls."""

    address: str
    phone: StreamPhone
    settings: Settings
    calls: list[Call] = field(default_factory=list)
    ends: list[CallSummary] = field(default_factory=list)


@asynccontextmanager
async def office(data: Path, on_dial: DialHandler, **streams: Any) -> AsyncIterator[Office]:
    settings = Settings(
        data=data,
        streams=StreamSettings(port=0, twilio_auth_token=SECRET, dial={"default": "+441632960123"}, **streams),
        handoff=HandoffSettings(join_on="answer", voicemail_max_s=20.0),
    )
    speech = await asyncio.to_thread(LocalSpeech.open, settings)
    mind = DialogueClient("http://127.0.0.1:9", "nobody is there", timeout_s=1.0)
    prompts = await Prompts.load(speech, 16000, None)
    sip = SipLine(settings.sip, 0)
    people = Transfer(sip, speech, settings.handoff, prompts.samples(Phrase.AGENT_WHISPER, 16000), rate=16000)
    safety = SafetyNet.load(ROOT / "dialogues")
    services = CallServices(settings, speech, speech, mind, safety, prompts, people, NothingKept())
    clock = MediaClock()
    line = StreamLine(settings.streams, settings.handoff, clock)

    async def take(leg: CallLeg) -> None:
        call = Call(leg, services)
        place.calls.append(call)
        place.ends.append(await call.run())

    await line.start(take)
    phone = StreamPhone(secret=SECRET, on_dial=on_dial)
    place = Office(f"ws://127.0.0.1:{line.port}/twilio/stream", phone, settings)
    try:
        yield place
    finally:
        await phone.stop()
        await line.stop()
        clock.stop()
        await speech.close()
        await mind.close()


async def nobody(phone: StreamPhone, call: StreamCall, dialled: Dialled) -> Mapping[str, str]:
    return {"DialCallStatus": "no-answer"}


async def test_nobody_takes_the_call_and_the_message_is_kept_with_its_card(tmp_path: Path) -> None:
    async with office(tmp_path, nobody) as place:
        leg = await place.phone.dial(place.address, caller="+441632960111")
        words = render("please ring me back about my bin", 8000, "en+f2")
        citizen = Citizen([Say(samples=words, text=""), Press(keys="#")], patience_ms=1200, linger_ms=2000)
        take_seat(citizen, leg)
        async with asyncio.timeout(60):
            await leg.wait_ended()
        (call,), (end,) = place.calls, place.ends
        assert end.outcome == "message"
        said = [turn.text for turn in call.ledger.turns if turn.who == "bot"]
        assert said == [str(Phrase.BROKEN), str(Phrase.MESSAGE_KEPT)]
        assert call.ledger.attempts == [("+441632960123", "no_answer")]
        assert place.phone.calls[0].verbs == ["Redirect", "Dial", "Connect", "Redirect", "Hangup"]
        assert "please ring" not in str(end.card)
        (file,) = (tmp_path / "messages").glob("*.wav")
        samples, rate = read_wav(file)
        assert rate == 8000
        voiced = int(np.count_nonzero(np.abs(samples.astype(np.int32)) > 600))
        assert voiced > 0.2 * len(words), "the caller's words are in it"
        assert call.ledger.turns[-1].heard == str(Phrase.MESSAGE_KEPT)


async def test_somebody_takes_the_call_and_it_is_on_record_as_transferred(tmp_path: Path) -> None:
    seen: list[Dialled] = []
    whispers: list[str] = []

    async def answers(phone: StreamPhone, call: StreamCall, dialled: Dialled) -> Mapping[str, str]:
        seen.append(dialled)
        whispers.append(await phone.post(dialled.attributes["url"], {"CallSid": "CA2"}))
        return await handed_on(phone, call, dialled)

    async with office(tmp_path, answers) as place:
        leg = await place.phone.dial(place.address, caller="+441632960111")
        citizen = Citizen([], linger_ms=None)
        take_seat(citizen, leg)
        async with asyncio.timeout(60):
            await leg.wait_ended()
            while not place.ends:
                await asyncio.sleep(0.01)
        (call,), (end,) = place.calls, place.ends
        assert end.outcome == "transferred"
        assert call.ledger.attempts == [("+441632960123", "accepted")]
        assert seen[0].value == "+441632960123"
        assert "<Say" in whispers[0]
        heard = citizen.heard()
        voiced = int(np.count_nonzero(np.abs(heard.astype(np.int32)) > 600)) / len(heard)
        assert voiced > 0.2, "the caller heard why before being dialled on"
