"""Two streams over real loopback sockets; the peer sets the pace."""

import asyncio
import socket

import numpy as np
import pytest
from numpy.typing import NDArray

from voicebot.audio import tones
from voicebot.audio.frames import AudioFrame
from voicebot.audio.levels import dbfs
from voicebot.errors import TelephonyError
from voicebot.settings import LOOPBACK
from voicebot.telephony.leg import KeyPress, LegEnded
from voicebot.telephony.rtp.reports import RtcpReporter
from voicebot.telephony.rtp.srtp import CryptoSuite, MasterKey, SrtpKeys
from voicebot.telephony.rtp.stream import MediaEngine, RtpStream
from voicebot.telephony.rtp.wire import WireWatch

TONE = tones.sine(440, 400, 8000, -10)


class Speaker:
    """Says a sound once, and sets ``done`` when it has heard enough."""

    def __init__(self, enough: int) -> None:
        self.frames: list[AudioFrame] = []
        self.keys: list[KeyPress] = []
        self.done = asyncio.Event()
        self._enough = enough

    def exchange(self, heard: AudioFrame) -> NDArray[np.int16] | None:
        self.frames.append(heard)
        if len(self.frames) >= self._enough:
            self.done.set()
        said = TONE[heard.position : heard.position + 160]
        return said if len(said) == 160 else None

    def key(self, press: KeyPress) -> None:
        self.keys.append(press)

    def ended(self, end: LegEnded) -> None:
        raise AssertionError(end)


def engine(*, low: int = 23000, high: int = 23100, timeout: float = 30.0) -> MediaEngine:
    return MediaEngine(bind="127.0.0.1", low=low, high=high, allowed=LOOPBACK, media_timeout_s=timeout)


def join(one: RtpStream, two: RtpStream, *, encoding: str = "PCMA", ptime_ms: int = 20) -> None:
    for here, there in ((one, two), (two, one)):
        here.configure(
            remote=("127.0.0.1", there.local_port),
            payload_type=8 if encoding == "PCMA" else 0,
            encoding=encoding,
            ptime_ms=ptime_ms,
            event_payload_type=101,
        )


@pytest.mark.parametrize(("encoding", "ptime"), [("PCMA", 20), ("PCMU", 30)])
async def test_a_tone_and_keys_cross_the_loopback(encoding: str, ptime: int) -> None:
    media = engine()
    await media.start()
    one, two = await media.open(), await media.open()
    assert one.local_port % 2 == two.local_port % 2 == 0
    first, second = Speaker(30), Speaker(30)
    assert one.attach(first) is None
    two.attach(second)
    one.wire, two.wire = WireWatch(), WireWatch()
    join(one, two, encoding=encoding, ptime_ms=ptime)
    one.start()
    two.start()
    async with asyncio.timeout(5):
        await asyncio.gather(first.done.wait(), second.done.wait())
        await one.send_keys("8")
    for speaker in (first, second):
        heard = np.concatenate([frame.samples for frame in speaker.frames])
        assert [frame.position for frame in speaker.frames] == list(range(0, 160 * len(speaker.frames), 160))
        assert max(dbfs(heard[at : at + 800]) for at in range(0, 4000, 160)) == pytest.approx(-13, abs=0.5)
    assert [key.key for key in second.keys] == ["8"]
    sent, received = one.wire.sent, two.wire.received
    assert len(sent) == len(received) > 5
    assert 0 <= received[0].at - sent[0].at < 1
    assert one.position >= 4800
    await media.stop()
    assert media.streams == 0


async def test_silence_of_the_peer_is_reported_once() -> None:
    media = engine(timeout=0.1)
    stream = await media.open()
    timeouts: list[int] = []
    speaker = Speaker(15)
    stream.attach(speaker)
    stream.on_timeout = lambda: timeouts.append(stream.position)
    stream.configure(remote=("127.0.0.1", 9), payload_type=8, encoding="PCMA", ptime_ms=20, event_payload_type=None)
    stream.start()
    async with asyncio.timeout(5):
        await speaker.done.wait()
    assert timeouts == [800]
    assert all(frame.concealed for frame in speaker.frames)
    await media.stop()


async def test_a_defect_of_one_port_stops_neither_its_call_nor_another() -> None:
    class Broken(Speaker):
        def exchange(self, heard: AudioFrame) -> NDArray[np.int16] | None:
            super().exchange(heard)
            raise RuntimeError("defect")

    media = engine()
    one, two = await media.open(), await media.open()
    broken, whole = Broken(10), Speaker(10)
    one.attach(broken)
    two.attach(whole)
    join(one, two)
    one.start()
    two.start()
    async with asyncio.timeout(5):
        await asyncio.gather(broken.done.wait(), whole.done.wait())
    await media.stop()


async def test_ports_run_out_and_come_back() -> None:
    media = engine(low=23200, high=23203)
    one, _two = await media.open(), await media.open()
    with pytest.raises(TelephonyError, match="no RTP port"):
        await media.open()
    one.close()
    one.close()
    await asyncio.sleep(0)
    three = await media.open()
    assert three.local_port == one.local_port
    await media.stop()
    with pytest.raises(TelephonyError, match="no even port"):
        await engine(low=23205, high=23205).start()


async def test_a_port_taken_by_another_is_passed_over() -> None:
    media, other = engine(low=23300, high=23303), engine(low=23300, high=23301)
    taken = await other.open()
    stream = await media.open()
    assert (taken.local_port, stream.local_port) == (23300, 23302)
    await media.stop()
    await other.stop()


async def test_keys_being_sent_end_with_the_stream() -> None:
    media = engine()
    one, two = await media.open(), await media.open()
    join(one, two)
    one.start()
    pressing = asyncio.create_task(one.send_keys("123"))
    await asyncio.sleep(0)
    one.close()
    async with asyncio.timeout(1):
        await pressing
    await media.stop()


class Listener:
    """Listens and says nothing."""

    def __init__(self) -> None:
        self.frames = 0

    def exchange(self, heard: AudioFrame) -> NDArray[np.int16] | None:
        self.frames += 1
        return None

    def key(self, press: KeyPress) -> None:
        """Not listened to."""

    def ended(self, end: LegEnded) -> None:
        """Nothing to do."""


@pytest.mark.parametrize("mux", [False, True])
@pytest.mark.parametrize("encrypted", [False, True])
async def test_reports_cross_on_their_own_port_or_on_the_audios(mux: bool, encrypted: bool) -> None:
    media = engine()
    one, two = await media.open(), await media.open()
    first, second = (MasterKey(CryptoSuite.AES_CM_128_HMAC_SHA1_80, bytes([n]) * 30) for n in (1, 2))
    keys = (SrtpKeys(first, second), SrtpKeys(second, first))
    for here, there, own in ((one, two, keys[0]), (two, one, keys[1])):
        here.configure(
            remote=("127.0.0.1", there.local_port),
            payload_type=9,
            encoding="G722",
            ptime_ms=20,
            event_payload_type=None,
            keys=own if encrypted else None,
            rtcp_mux=mux,
        )
        here.session.reporter = RtcpReporter(here.session.sender.ssrc, lambda: -0.4)  # ten times as often
        here.attach(Listener())
        here.start()
    async with asyncio.timeout(10):
        while any((end.quality() is None or end.session.reporter.round_trip_s is None) for end in (one, two)):
            await asyncio.sleep(0.05)
    for end in (one, two):
        quality = end.quality()
        assert quality is not None
        assert quality.round_trip_ms is not None and quality.round_trip_ms < 100
        assert (quality.encoding, bool(quality.encrypted), quality.peer_lost_percent) == ("G722", encrypted, 0)
        assert quality.mos > 4
        assert end.session.stats.forged == end.session.stats.malformed == 0
    before = two.session.stats.reports
    one.close()
    async with asyncio.timeout(5):
        while two.session.stats.reports == before:
            await asyncio.sleep(0.02)
    await media.stop()


async def test_a_pair_of_ports_is_taken_whole_or_not_at_all() -> None:
    media = engine(low=23200, high=23205)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 23203))
        opened = [await media.open(), await media.open()]
        assert sorted(stream.local_port for stream in opened) == [23200, 23204]
        with pytest.raises(TelephonyError, match="no RTP port"):
            await media.open()
    await asyncio.sleep(0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as again:
        again.bind(("127.0.0.1", 23202))
    await media.stop()
