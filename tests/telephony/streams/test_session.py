"""A stream's media put together: messages in, frames out, and back."""

import json

import numpy as np
import pytest

from voicebot.audio.g711 import PCMU
from voicebot.errors import ProtocolError
from voicebot.telephony.streams.audiosocket import AudioSocketDialect, message
from voicebot.telephony.streams.dialect import Key, Started, Stopped
from voicebot.telephony.streams.session import MESSAGES_AT_ONCE, StreamSession
from voicebot.telephony.streams.twilio import TwilioDialect, TwilioProvider

LOUD = PCMU.decode(PCMU.encode(np.full(160, 5000, np.int16)))


def started() -> tuple[StreamSession, TwilioProvider]:
    provider = TwilioProvider("MZ1", "CA1", {})
    session = StreamSession(TwilioDialect(), 0.0)
    for said in provider.start():
        session.receive(said, 0.0)
    return session, provider


def test_audio_goes_both_ways_and_the_rest_is_told() -> None:
    session, provider = started()
    assert session.started == Started("MZ1", "CA1")
    for n in range(3):
        assert session.receive(provider.audio(LOUD), n * 0.02) == ()
    assert session.heard_at == 0.04
    frame = session.pull()
    assert ((frame.samples == LOUD).all(), frame.concealed, frame.position) == (True, False, 0)
    assert session.pull().position == 160
    sent = [json.loads(one) for one in session.push(LOUD, 0.04)]
    assert [one["event"] for one in sent] == ["media", "media"], "the cushion and the frame"
    assert session.receive(provider.key("7"), 0.05) == (Key("7"),)
    assert session.receive(provider.stop(), 0.06) == (Stopped(),)


def test_a_barge_in_clears_once_and_only_if_something_is_left() -> None:
    session, provider = started()
    assert session.clear(0.0) == []
    for n in range(6):
        sent = session.push(LOUD, n * 0.02)
    marks = [json.loads(one)["mark"]["name"] for one in sent if '"mark"' in str(one)]
    assert session.unheard(0.1) > 0
    assert [json.loads(one)["event"] for one in session.clear(0.1)] == ["clear"]
    assert session.clear(0.1) == []
    assert session.unheard(0.1) == 0
    for name in marks:
        session.receive(provider.played(name), 0.2)
    assert session.played_out(0.2)


def test_a_dialect_without_a_buffer_is_told_silence_too() -> None:
    session = StreamSession(AudioSocketDialect(), 0.0)
    session.receive(message(1, bytes(16)) + message(0x12, bytes(640)), 0.0)
    assert session.push(None, 0.0) == [message(0x12, bytes(640))]
    assert session.clear(0.0) == []
    assert (session.unheard(0.0), session.played_out(0.0)) == (0, True)
    assert len(session.pull().samples) == 320, "the rate is the stream's from its start on"


def test_keys_are_pressed_as_tones() -> None:
    session = StreamSession(AudioSocketDialect(), 0.0)
    session.receive(message(1, bytes(16)) + message(0x10, bytes(320)), 0.0)
    session.press("1")
    heard = []
    while session.keys_pending:
        (sent,) = session.push(None, 0.0)
        assert isinstance(sent, bytes)
        heard.append(np.frombuffer(sent[3:], "<i2"))
    assert len(heard) == 8
    spectrum = np.abs(np.fft.rfft(np.concatenate(heard[:5]).astype(float), 8000))
    loudest = sorted(np.argsort(spectrum)[-2:])
    assert abs(loudest[0] - 697) <= 8
    assert abs(loudest[1] - 1209) <= 8
    with pytest.raises(ValueError, match="key"):
        session.press("x")


def test_a_peer_who_talks_without_end_is_refused() -> None:
    session, provider = started()
    with pytest.raises(ProtocolError, match="more messages"):
        for _ in range(int(MESSAGES_AT_ONCE) + 10):
            session.receive(provider.key("1"), 0.1)


def test_a_burst_after_a_stall_is_not_too_much() -> None:
    session, provider = started()
    for n in range(500):
        session.receive(provider.audio(LOUD), n * 0.02)
    for _ in range(250):  # five seconds at once
        session.receive(provider.audio(LOUD), 15.0)
    for n in range(500):
        session.receive(provider.audio(LOUD), 15.0 + n * 0.02)
    assert session.inbound.stats.received == 1250


def test_how_well_it_carried_the_call() -> None:
    session, provider = started()
    assert session.quality() is None
    for n in range(100):
        session.receive(provider.audio(LOUD), n * 0.02 + (n % 2) * 0.01)
        session.pull()
        for sent in session.push(LOUD, n * 0.02):
            if (mark := json.loads(sent).get("mark")) is not None:
                session.receive(provider.played(mark["name"]), n * 0.02 + 0.14)
    quality = session.quality()
    assert quality is not None
    assert (quality.encoding, quality.sent, quality.received, quality.lost) == ("PCMU", 100, 100, 0)
    assert quality.concealed_ms == 0
    assert 9 <= quality.jitter_ms <= 11
    assert quality.round_trip_ms is not None
    assert 60 <= quality.round_trip_ms <= 140
    assert quality.mos > 4
