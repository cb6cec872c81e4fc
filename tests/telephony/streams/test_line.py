"""The stream line on real sockets, rung by callers at a provider, in good order and in bad."""

import asyncio
import gc
from pathlib import Path

import httpx
import numpy as np
import pytest
import websockets
from numpy.typing import NDArray
from websockets.asyncio.client import connect

from tests.telephony.streams.stream_harness import Bot, Echo, Place, place, until
from tests.turns.espeak_voice import speech
from voicebot.audio.frames import AudioFrame
from voicebot.errors import ConfigurationError, DialFailed, TelephonyError, TransferRefused
from voicebot.settings import HandoffSettings, StreamSettings
from voicebot.telephony.leg import EndReason
from voicebot.telephony.rtp.clock import MediaClock
from voicebot.telephony.streams.ahead import CUSHION_MS
from voicebot.telephony.streams.arrival import Arrival
from voicebot.telephony.streams.leg import StreamLeg
from voicebot.telephony.streams.line import StreamLine
from voicebot.telephony.streams.provider_leg import ProviderLeg
from voicebot.turns.floor import BargedIn, Floor
from voicebot.turns.mouth import Downstream, SpokenPiece

WAYS = ["twilio", "telnyx", "asterisk"]


def quiet(line: StreamLine) -> bool:
    """Whether nothing is left of any call."""
    return not line.legs and not line.connections


async def ring(at: Place, way: str) -> ProviderLeg:
    leg = await at.phone.dial(getattr(at, way), caller="+441632960111")
    assert isinstance(leg, ProviderLeg)
    return leg


@pytest.mark.parametrize("way", WAYS)
async def test_a_call_is_heard_on_both_sides_and_hung_up_by_the_bot(way: str) -> None:
    async with place(Bot(port=Echo(40))) as at:
        caller = Echo(25)
        leg = await ring(at, way)
        leg.attach(caller)
        await until(lambda: caller.loud >= 40 and at.bot.port.loud >= 25)
        (ours,) = at.bot.legs
        await leg.send_keys("5#")
        await until(lambda: len(at.bot.port.keys) == 2)
        assert [press.key for press in at.bot.port.keys] == ["5", "#"]
        assert at.bot.port.concealed <= 10
        assert (ours.facts.caller, ours.facts.called) == (
            ("", "") if way == "asterisk" else ("+441632960111", "+441632960000")
        )
        await ours.hangup()
        await ours.hangup()
        end = await leg.wait_ended()
        assert (ours.end and ours.end.reason, end.reason) == (EndReason.LOCAL_HANGUP, EndReason.REMOTE_HANGUP)
        assert at.phone.calls[0].verbs == ["Redirect", "Hangup"] if way != "asterisk" else not at.phone.calls
        with pytest.raises(TelephonyError):
            await ours.send_keys("1")
        await until(lambda: quiet(at.line))


@pytest.mark.parametrize("way", WAYS)
async def test_a_caller_who_hangs_up_is_gone(way: str) -> None:
    async with place() as at:
        leg = await ring(at, way)
        await until(lambda: bool(at.bot.port.heard))
        await leg.hangup()
        await until(lambda: at.bot.port.end is not None)
        assert at.bot.port.end is not None
        assert at.bot.port.end.reason is EndReason.REMOTE_HANGUP
        late = Echo()
        at.bot.legs[0].attach(late)
        assert late.end == at.bot.port.end
        with pytest.raises(TelephonyError):
            await at.bot.legs[0].answer()
        await until(lambda: quiet(at.line))


async def test_wide_band_audiosocket() -> None:
    async with place(Bot(port=Echo(20)), rate=16000) as at:
        caller = Echo(20)
        leg = await ring(at, "asterisk")
        leg.attach(caller)
        await until(lambda: caller.loud >= 20 and at.bot.port.loud >= 20)
        assert (at.bot.legs[0].rate, len(at.bot.port.heard[-1].samples)) == (16000, 320)


async def test_a_clear_silences_the_provider_and_the_last_words_before_a_hang_up_are_heard() -> None:
    async with place(Bot(port=Echo(1000))) as at:
        caller = Echo()
        leg = await ring(at, "twilio")
        leg.attach(caller)
        await until(lambda: caller.loud >= 20)
        (ours,) = at.bot.legs
        assert 0 < ours.unheard < 8 * 400
        ours.attach(None)
        ours.clear()
        await until(lambda: leg.playout.waiting == 0)
        assert ours.unheard == 0
        words = Echo(10)
        ours.attach(words)
        before = caller.loud
        await until(lambda: len(words.heard) >= 10)
        await ours.hangup()
        assert caller.loud - before >= 10, "nothing of the goodbye was cut off"


PROMPT = speech(
    "You have come through to the council. I can help with bins, council tax, housing repairs and much more. "
    "Please tell me in a few words what you are calling about today, and I will do my best to help you with it.",
    voice="en+f2",
)


class Bothered(Echo):
    """Says the prompt, and falls silent when the caller speaks."""

    def __init__(self) -> None:
        super().__init__()
        self.floor: Floor | None = None
        self.stopped: list[BargedIn] = []

    def exchange(self, heard: AudioFrame) -> NDArray[np.int16] | None:
        if self.floor is None:
            return None
        events, said = self.floor.step(heard)
        self.stopped += [event for event in events if isinstance(event, BargedIn)]
        return said


class Interrupting(Echo):
    """Speaks once it has been spoken to for a second."""

    def __init__(self) -> None:
        super().__init__()
        self.words = np.concatenate([speech("no, that is wrong, I want something else"), np.zeros(160, np.int16)])
        self.began: int | None = None

    def exchange(self, heard: AudioFrame) -> NDArray[np.int16] | None:
        self.heard.append(heard)
        if self.began is None and self.loud >= 30:
            self.began = heard.position
        if self.began is None:
            return None
        part, self.words = self.words[:160], self.words[160:]
        return part if len(part) == 160 else None


async def test_a_barge_in_silences_the_provider_and_only_what_was_played_counts_as_heard() -> None:
    port = Bothered()
    async with place(Bot(port=port)) as at:
        leg = await ring(at, "twilio")
        await until(lambda: bool(at.bot.legs))
        (ours,) = at.bot.legs
        assert isinstance(ours, Downstream)
        caller = Interrupting()
        leg.attach(caller)
        floor = Floor(8000, downstream=ours)
        floor.mouth.say(SpokenPiece("prompt", "words", PROMPT))
        port.floor = floor
        await until(lambda: bool(port.stopped))
        await until(lambda: not caller.words.any())
        assert caller.began is not None
        loud = [frame.position for frame in caller.heard if np.abs(frame.samples.astype(np.int32)).max() > 300]
        silent_after_ms = (loud[-1] + 160 - caller.began) / 8
        played = leg.playout._played - 8 * CUSHION_MS
        heard = port.stopped[0].heard[0].fraction * len(PROMPT)
        print(f"silent after {silent_after_ms:.0f} ms; heard {heard:.0f} of {played} samples played")
        assert silent_after_ms <= 400
        assert played - 8 * 400 <= heard <= played + 160


async def test_keys_are_pressed_towards_the_caller_as_tones() -> None:
    async with place() as at:
        caller = Echo()
        leg = await ring(at, "twilio")
        leg.attach(caller)
        await until(lambda: bool(at.bot.port.heard))
        await at.bot.legs[0].send_keys("12")
        await until(lambda: caller.loud >= 8)
        await at.bot.legs[0].send_keys("")


async def test_a_defect_of_the_bot_does_not_leave_the_caller_hanging() -> None:
    async def defect(leg: StreamLeg) -> None:
        raise RuntimeError("a defect")

    async with place(Bot(talk=defect)) as at:
        leg = await ring(at, "twilio")
        leg.on_stream_end, follow = None, leg.on_stream_end
        leg.on_stream_end = follow
        end = await leg.wait_ended()
        assert end.reason is EndReason.REMOTE_HANGUP
        verbs = at.phone.calls[0].verbs
        assert verbs == ["Redirect", "Connect", "Redirect", "Say", "Hangup"], "rung once more, then told"


async def test_only_configured_destinations_and_only_where_the_dialect_can() -> None:
    async with place(dial={"default": "sip:team@pbx.example"}) as at:
        await ring(at, "twilio")
        await ring(at, "asterisk")
        await until(lambda: len(at.bot.legs) == 2)
        twilio, asterisk = at.bot.legs
        assert twilio.destination("waste") == "sip:team@pbx.example"
        assert asterisk.destination("waste") is None
        for leg, target, why in (
            (twilio, "+15550100", "not a configured"),
            (twilio, "sip:team@pbx.example.evil", "not a configured"),
            (asterisk, "sip:team@pbx.example", "hands nobody on"),
        ):
            with pytest.raises(TransferRefused, match=why):
                await leg.transfer(target)
            assert leg.end is None
        with pytest.raises(TransferRefused, match="replace"):
            await twilio.transfer("sip:team@pbx.example", replaces=asterisk)


async def test_settings_that_are_wrong_are_named() -> None:
    clock = MediaClock()
    with pytest.raises(ConfigurationError, match="dial takes"):
        StreamLine(StreamSettings(dial={"waste": "tel:999"}), HandoffSettings(), clock)
    with pytest.raises(ConfigurationError, match="telnyx_public_key"):
        StreamLine(StreamSettings(telnyx_public_key="AAAA"), HandoffSettings(), clock)
    async with place() as at:
        other = StreamLine(StreamSettings(port=at.line.port), HandoffSettings(), clock)
        with pytest.raises(ConfigurationError, match="to a free port"):
            await other.start(at.bot.take)
        with pytest.raises(DialFailed, match="501"):
            await at.line.dial("+441632960000")


async def test_calls_leave_nothing_behind() -> None:
    def open_files() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    async with place(calls_per_second=1000.0) as at:
        files = 0
        for number in range(45):
            way = WAYS[number % 3]
            leg = await ring(at, way)
            await until(lambda: bool(at.line.legs))
            await (leg if number % 2 else next(iter(at.line.legs))).hangup()
            await leg.wait_ended()
            await until(lambda: quiet(at.line))
            if number == 5:
                await asyncio.sleep(0.1)
                files = open_files()
        await until(lambda: open_files() <= files)
        at.bot.legs.clear()
        at.bot.port = Echo()
        del leg
        at.phone._legs.clear()
        await asyncio.sleep(0)
        gc.collect()
        assert [held for held in gc.get_objects() if isinstance(held, StreamLeg | Arrival)] == []


async def test_when_the_line_stops_everybody_is_hung_up_on() -> None:
    async with place() as at:
        legs = [await ring(at, way) for way in WAYS]
        await until(lambda: len(at.line.legs) == 3)
        await at.line.stop()
        assert at.line.legs == ()
        for leg in legs:
            assert (await leg.wait_ended()).reason in (EndReason.REMOTE_HANGUP, EndReason.ERROR)
        with pytest.raises((httpx.HTTPError, OSError, websockets.WebSocketException)):
            await connect(f"ws://127.0.0.1:{at.line.port}/twilio/stream")
