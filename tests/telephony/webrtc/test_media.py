"""A browser's RTP without a network: two ends of ours, packets handed over by the test."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.telephony.webrtc.browser import loudest_hertz
from voicebot.audio.line_quality import LineQuality
from voicebot.errors import ProtocolError
from voicebot.telephony.rtp import packet as rtp
from voicebot.telephony.webrtc.media import BrowserMedia
from voicebot.telephony.webrtc.opus import OpusDecoder, OpusEncoder
from voicebot.telephony.webrtc.sdp import BrowserCodec

TYPE = {BrowserCodec.OPUS: 111, BrowserCodec.PCMA: 8}


def tone(hertz: float, rate: int, frames: int) -> list[NDArray[np.int16]]:
    time = np.arange(rate // 50 * frames) / rate
    return np.split((9000 * np.sin(2 * np.pi * hertz * time)).astype(np.int16), frames)


def carried(
    codec: BrowserCodec, hertz: float, frames: int = 60, quality: LineQuality | None = None
) -> tuple[BrowserMedia, NDArray[np.int16]]:
    """What the far end hears of a tone."""
    near, far = BrowserMedia(codec, TYPE[codec]), BrowserMedia(codec, TYPE[codec], quality)
    heard = []
    for n, frame in enumerate(tone(hertz, near.rate, frames)):
        now = n * near.rate // 50
        data = near.push(frame)
        assert data is not None
        far.receive(data, now)
        heard.append(far.pull(now).samples)
    return far, np.concatenate(heard[10:])


@pytest.mark.parametrize(("codec", "rate"), [(BrowserCodec.OPUS, 16000), (BrowserCodec.PCMA, 8000)])
def test_a_tone_is_carried(codec: BrowserCodec, rate: int) -> None:
    far, heard = carried(codec, 1000)
    assert far.rate == rate
    assert loudest_hertz(heard, rate) == pytest.approx(1000, abs=3)
    assert np.abs(heard).max() == pytest.approx(9000, rel=0.15)
    assert far.stats.malformed == far.stats.dropped == 0


def test_opus_timestamps_run_on_its_own_clock_over_the_wrap() -> None:
    near, far = BrowserMedia(BrowserCodec.OPUS, 111), BrowserMedia(BrowserCodec.OPUS, 111)
    near._timestamp = 0xFFFFFFFF - 10 * 960
    stamps = []
    concealed = 0
    for n, frame in enumerate(tone(500, 16000, 60)):
        data = near.push(frame)
        assert data is not None
        stamps.append(rtp.parse(data).timestamp)
        far.receive(data, n * 320)
        concealed += far.pull(n * 320).concealed
    assert {(b - a) & 0xFFFFFFFF for a, b in itertools.pairwise(stamps)} == {960}
    assert concealed <= 3


def test_another_microphone_is_followed() -> None:
    far = BrowserMedia(BrowserCodec.PCMA, 8)
    for source in range(2):
        near = BrowserMedia(BrowserCodec.PCMA, 8)
        for n, frame in enumerate(tone(400, 8000, 30)):
            now = (30 * source + n) * 160
            far.receive(near.push(frame) or b"", now)
            heard = far.pull(now)
        assert not heard.concealed
    assert far.jitter.stats.resets == 1


def test_what_a_poor_line_does_is_measured() -> None:
    lossy, _ = carried(BrowserCodec.PCMA, 1000, 400, LineQuality(loss=0.2, jitter_ms=80))
    assert 0.1 < lossy.stats.dropped / 400 < 0.3
    measured = lossy.quality_so_far()
    assert measured is not None
    assert measured.lost_percent == pytest.approx(100 * lossy.stats.dropped / 400, abs=2)
    assert measured.concealed_ms > 600
    assert measured.jitter_ms > 10
    assert measured.mos < 3.5 < 4.2 < (carried(BrowserCodec.PCMA, 1000)[0].quality_so_far() or measured).mos
    _, narrow = carried(BrowserCodec.OPUS, 5000, 60, LineQuality(narrow=True))
    assert np.abs(narrow[3200:]).max() < 900, "5 kHz does not pass"
    _, noisy = carried(BrowserCodec.OPUS, 100, 60, LineQuality(noise_db=-30))
    floor = noisy - np.convolve(noisy, np.ones(16) / 16, "same")
    assert 20 * np.log10(np.std(floor) / 32768) == pytest.approx(-30, abs=2)


def test_both_ends_tell_each_other_how_they_are_heard() -> None:
    near, far = BrowserMedia(BrowserCodec.PCMA, 8), BrowserMedia(BrowserCodec.PCMA, 8)
    near.reporter.start(0.0)
    far.reporter.start(0.0)
    for n, frame in enumerate(tone(440, 8000, 1000)):
        at = n * 0.02
        for one, other in ((near, far), (far, near)):
            data = one.push(frame)
            assert data is not None
            if one is far or n % 10:
                other.receive(data, n * 160)
            one.pull(n * 160)
            report = one.report(at)
            if report is not None:
                other.receive_report(report, at + 0.03)
    measured = near.quality_so_far()
    assert measured is not None
    assert measured.peer_lost_percent == pytest.approx(10, abs=1)
    assert measured.lost_percent == 0
    assert measured.round_trip_ms == pytest.approx(60, abs=1)
    assert measured.peer_jitter_ms is not None
    assert near.stats.reports >= 2
    near.receive_report(b"\x80\xc8\x00\x06", 20.0)
    assert near.stats.malformed == 1


@pytest.mark.parametrize(
    "wrong", [{"loss": 0.6}, {"loss": -0.1}, {"noise_db": 0}, {"noise_db": -95}, {"jitter_ms": 500}]
)
def test_a_line_that_is_none_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="is"):
        LineQuality(**wrong)  # type: ignore[arg-type]


def test_opus_is_coded_both_ways() -> None:
    encoder, decoder = OpusEncoder(8000), OpusDecoder(8000)
    packets = [encoder.encode(frame) for frame in tone(440, 8000, 40)]
    assert max(map(len, packets)) < 200
    heard = np.concatenate([decoder.decode(packet) for packet in packets])
    assert len(heard) == 40 * 160
    assert loudest_hertz(heard[1600:], 8000) == pytest.approx(440, abs=3)
    with pytest.raises(ProtocolError):
        decoder.decode(b"\xff\xff\xff")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=80), max_size=20), st.sampled_from(list(BrowserCodec)))
def test_no_packet_escapes(payloads: list[bytes], codec: BrowserCodec) -> None:
    media = BrowserMedia(codec, TYPE[codec])
    for n, payload in enumerate(payloads):
        media.receive(payload, n)
        media.receive(rtp.RtpPacket(TYPE[codec], n, n * 960, 1, payload).build(), n * 320)
        frame = media.pull(n * 320)
        assert len(frame.samples) == media.rate // 50
