"""The caller in the box against a scripted service, in memory and over SIP."""

import asyncio
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.telephony.sip.certificates import Authority
from voicebot.audio import tones
from voicebot.audio.frames import AudioFrame
from voicebot.audio.levels import ActivityChange, ActivityMeter
from voicebot.audio.wav import read_wav
from voicebot.caller.agent_phone import AgentPhone
from voicebot.caller.call import citizens_phone, ring
from voicebot.caller.citizen import Citizen, EventName, HangUp, Press, Say, Silent, Step
from voicebot.caller.report import record
from voicebot.settings import Codec, SipSettings
from voicebot.telephony.leg import CallLeg, KeyPress, LegEnded
from voicebot.telephony.memory import MemoryExchange, MemoryLine
from voicebot.telephony.rated import at_rate
from voicebot.telephony.sip.line import SipLine

THINKING_MS = 600


def speech(ms: int) -> NDArray[np.int16]:
    return tones.sine(300, ms, 8000, -15)


class Service:
    """Greets, then answers each thing said or keyed after a fixed time with a second of tone; stops for a barge-in."""

    def __init__(self, *, greeting_ms: int = 1000, interruptible: bool = True) -> None:
        self.keys: list[str] = []
        self.end: LegEnded | None = None
        self.utterances = 0
        self._ear = ActivityMeter(8000, release_ms=400)
        self._plan: list[tuple[int, NDArray[np.int16]]] = [(1600, speech(greeting_ms))]
        self._interruptible = interruptible

    def exchange(self, heard: AudioFrame) -> NDArray[np.int16] | None:
        change = self._ear.feed(heard.samples, heard.position)
        if change is not None and change.change is ActivityChange.STARTED and self._interruptible:
            self._plan.clear()
        if change is not None and change.change is ActivityChange.ENDED:
            self.utterances += 1
            self._plan = [(change.position + THINKING_MS * 8, speech(1000))]
        for start, sound in self._plan:
            at = heard.position - start
            if -160 < at < len(sound):
                frame = np.zeros(160, dtype=np.int16)
                part = sound[max(0, at) : at + 160]
                frame[max(0, -at) : max(0, -at) + len(part)] = part
                return frame
        return None

    def key(self, press: KeyPress) -> None:
        self.keys.append(press.key)
        self._plan = [(press.position + 4000, speech(500))]

    def ended(self, end: LegEnded) -> None:
        self.end = end


async def rehearse(steps: list[Step], service: Service, **options: Any) -> tuple[Citizen, list[dict[str, Any]]]:
    exchange = MemoryExchange()
    line = MemoryLine(exchange, "sip:service")

    async def take(leg: CallLeg) -> None:
        leg.attach(service)
        await leg.ringing()
        await leg.answer()
        await leg.wait_ended()

    await line.start(take)
    citizen = Citizen(steps, **options)
    told: list[dict[str, Any]] = []
    calling = asyncio.create_task(ring(MemoryLine(exchange, "sip:citizen"), "sip:service", citizen, tell=told.append))
    await exchange.run(calling.done, limit_s=120)
    await calling
    await exchange.close()
    assert service.end is not None
    return citizen, told


def names(told: list[dict[str, Any]]) -> list[str]:
    return [str(entry["event"]) for entry in told]


async def test_a_conversation_in_memory_is_measured_to_the_sample() -> None:
    service = Service()
    citizen, told = await rehearse(
        [Say(samples=speech(700), text="one"), Say(samples=speech(500), text="two")], service
    )
    assert service.utterances == 2
    # A frame each way is added by the line.
    assert citizen.latencies_ms() == pytest.approx([THINKING_MS + 40] * 2, abs=10)
    first = citizen.turns[0]
    assert citizen.ms(first.said_from) == pytest.approx(200 + 20 + 1000 + 900, abs=30)
    assert citizen.ms(first.said_to - first.said_from) == pytest.approx(700, abs=10)
    assert names(told) == [
        "ringing",
        "answered",
        *["bot_speech_start", "bot_speech_end", "caller_speech_start", "caller_speech_end"] * 2,
        "bot_speech_start",
        "bot_speech_end",
        "ended",
        "summary",
    ]
    assert len({entry["call_id"] for entry in told}) == 1
    assert all("at_ms" in entry for entry in told[:-1])
    summary = json.loads(json.dumps(told[-1]))
    assert summary["turns"] == 2
    assert summary["latency_ms"]["p50"] == pytest.approx(THINKING_MS + 40, abs=10)
    assert [entry["who"] for entry in summary["transcript"]] == ["bot", "caller", "bot", "caller", "bot"]
    assert [entry["text"] for entry in summary["transcript"] if entry["who"] == "caller"] == ["one", "two"]


async def test_barging_in_starts_when_asked_and_times_the_stop() -> None:
    service = Service(greeting_ms=5000)
    citizen, told = await rehearse([Say(barge_in_ms=800, samples=speech(600))], service)
    turn = citizen.turns[0]
    assert citizen.ms(turn.said_from) == pytest.approx(200 + 20 + 800, abs=30)
    assert turn.bot_stopped_at is not None
    assert 0 < citizen.ms(turn.bot_stopped_at - turn.said_from) < 100
    assert told[-1]["barge_in_stop_ms"]["p50"] < 100
    assert citizen.latencies_ms() == pytest.approx([THINKING_MS + 40], abs=10)
    assert not turn.cut_off


async def test_being_cut_off_is_noticed() -> None:
    pause = np.zeros(8 * 1500, dtype=np.int16)
    service = Service(interruptible=False)
    citizen, told = await rehearse([Say(samples=np.concatenate([speech(500), pause, speech(500)]))], service)
    assert citizen.turns[0].cut_off
    assert told[-1]["cut_off"] == 1


async def test_keys_silence_and_hanging_up() -> None:
    service = Service()
    citizen, _ = await rehearse(
        [Press(keys="12"), Silent(), Say(samples=speech(300)), HangUp(after_ms=100)], service, give_up_ms=3000
    )
    assert service.keys == ["1", "2"]
    assert [type(turn.step) for turn in citizen.turns] == [Press, Silent, Say]
    key, silent, said = citizen.turns
    assert silent.said_from > key.said_to
    assert citizen.ms(said.said_from - silent.said_to) == pytest.approx(3000, abs=50)
    assert [event.detail for event in citizen.events if event.name is EventName.KEY] == ["1", "2"]
    assert service.end is not None
    assert service.end.reason.value == "remote_hangup"


async def test_a_service_that_never_speaks_does_not_hold_the_caller_for_ever() -> None:
    service = Service(greeting_ms=0)
    citizen, told = await rehearse([], service, give_up_ms=2000, linger_ms=1000)
    assert citizen.ms(citizen.position) == pytest.approx(3000, abs=60)
    assert told[-1]["latency_ms"] == {"p50": None, "p95": None, "all": []}
    assert told[-1]["transcript"] == []


async def test_a_refused_call_is_reported() -> None:
    exchange = MemoryExchange()
    phone = AgentPhone(decline=486)
    await MemoryLine(exchange, "sip:busy").start(phone.handle)
    report = await ring(MemoryLine(exchange, "x"), "sip:busy", Citizen([]))
    assert (report.answered, report.status) == (False, 486)
    await exchange.close()


async def test_an_agent_hears_the_whisper_takes_the_call_and_talks() -> None:
    exchange = MemoryExchange()
    told: list[dict[str, Any]] = []
    phone = AgentPhone([Say(samples=speech(800), text="Hello, housing.")], tell=told.append)
    await MemoryLine(exchange, "sip:agent").start(phone.handle)
    leg = await MemoryLine(exchange, "sip:bot").dial("sip:agent")
    service = Service(greeting_ms=3000)
    leg.attach(service)
    await exchange.run(lambda: leg.end is not None, limit_s=60)
    await exchange.close()
    assert service.keys == ["1"]
    assert service.utterances == 1
    pressed = next(entry for entry in told if entry["event"] == "key")
    assert pressed["at_ms"] == pytest.approx(200 + 3000 + 700, abs=60)
    assert phone.calls[0].reason == "local_hangup"
    assert names(told)[:2] == ["ringing", "answered"]
    assert names(told)[-1] == "summary"


def test_recordings_are_as_long_as_the_call(tmp_path: Path) -> None:
    citizen = Citizen([], linger_ms=None)
    for n in range(50):
        citizen.exchange(AudioFrame(np.full(160, n, np.int16), 8000, n * 160))
    paths = record(citizen, tmp_path / "calls", "one")
    assert [path.name for path in paths] == ["one-heard.wav", "one-said.wav", "one.wav"]
    heard, rate = read_wav(paths[0])
    assert (len(heard), rate) == (8000, 8000)
    assert int(heard[-1]) == 49


async def test_over_sip_the_same_call_is_measured_on_the_wire_too() -> None:
    settings = SipSettings(rtp_low=24000, rtp_high=24100)
    service_line, own_line = SipLine(settings, 0), SipLine(settings, 0)
    service = Service(greeting_ms=300)

    names: list[str] = []

    async def take(leg: CallLeg) -> None:
        names.append(leg.facts.headers["call-id"])
        leg.attach(service)
        await leg.answer()
        await leg.wait_ended()

    async def nobody(leg: CallLeg) -> None:
        await leg.reject(486)

    await service_line.start(take)
    await own_line.start(nobody)
    citizen = Citizen([Say(samples=speech(300), text="hello")], patience_ms=300, linger_ms=200)
    report = await ring(own_line, f"sip:service@127.0.0.1:{service_line.port}", citizen, timeout_s=20)
    await own_line.stop()
    await service_line.stop()
    assert report.answered
    assert service.utterances == 1
    assert len(report.wire_ms) == 1
    # The ends of the line are loaded machines: only the lower bounds are certain.
    assert THINKING_MS - 10 <= report.wire_ms[0] <= citizen.latencies_ms()[0] + 60
    assert names == [report.call_id]


@pytest.mark.parametrize("codecs", [("G722",), ("PCMU", "G722"), ("PCMA",)])
@pytest.mark.parametrize("encrypted", [False, True])
async def test_a_citizen_rings_wide_band_and_encrypted(codecs: tuple[Codec, ...], encrypted: bool) -> None:
    """The service speaks at the leg's rate, the citizen at 8 kHz whatever that is."""
    settings = SipSettings(rtp_low=24200, rtp_high=24300, codecs=("G722", "PCMA", "PCMU"), srtp_without_tls=True)
    line = SipLine(settings, 0)
    rates: list[int] = []

    async def take(leg: CallLeg) -> None:
        rates.append(leg.rate)
        leg.attach(at_rate(Service(greeting_ms=300), 8000, leg.rate))
        await leg.answer()
        await leg.wait_ended()

    await line.start(take)
    address = f"sip:service@127.0.0.1:{line.port}"
    citizen = Citizen([Say(samples=speech(300), text="hello")], patience_ms=300, linger_ms=200)
    async with citizens_phone(address, codecs, encrypted=encrypted) as phone:
        report = await ring(phone, address, citizen, timeout_s=20)
    await line.stop()
    wide = "G722" in codecs
    assert rates == [16000 if wide else 8000]
    assert len(citizen.latencies_ms()) == 1
    media = report.summary()["media"]
    assert media["encoding"] == ("G722" if wide else codecs[0])
    assert bool(media["encrypted"]) is encrypted
    assert media["received"] > 10


@pytest.mark.parametrize("host", ["[::1]", "127.0.0.1"])
async def test_a_citizen_rings_over_tls_and_ipv6(host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whom to trust is said to OpenSSL in its own way, as by any other program."""
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.ca))
    certificate = authority.issue("service.pem", "::1", "127.0.0.1")
    given = {"bind": "::", "tls_port": 0, "tls_certificate": str(certificate), "rtp_low": 24300, "rtp_high": 24400}
    line = SipLine(SipSettings.model_validate(given), 0)

    async def take(leg: CallLeg) -> None:
        await leg.answer()
        await leg.wait_ended()

    await line.start(take)
    address = f"sip:service@{host}:{line.sockets.tls_port};transport=tls"
    async with citizens_phone(address, encrypted=True) as phone:
        leg = await phone.dial(address)
        await leg.hangup()
    assert line.sockets.handshakes_failed == 0
    await line.stop()
