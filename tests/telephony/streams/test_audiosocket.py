"""AudioSocket from byte sequences."""

import uuid

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicebot.errors import ProtocolError
from voicebot.telephony.streams.audiosocket import (
    RATES,
    AudioSocketDialect,
    AudioSocketProvider,
    message,
)
from voicebot.telephony.streams.dialect import Audio, Failed, Key, Started, Stopped, StreamEvent

CALL = uuid.UUID("40325ec2-5efd-4bd3-805f-53576e581d13")
HELLO = bytes.fromhex("01 0010") + CALL.bytes
FRAME = bytes.fromhex("10 0140") + bytes(320)
KEY, HANGUP = b"\x03\x00\x015", b"\x00\x00\x00"


def shape(events: tuple[StreamEvent, ...]) -> list[object]:
    """Events that can be compared: audio by its length."""
    return [len(event.samples) if isinstance(event, Audio) else event for event in events]


def test_a_call_from_its_start_to_its_end() -> None:
    dialect = AudioSocketDialect()
    assert dialect.receive(HELLO) == ()
    assert shape(dialect.receive(FRAME)) == [Started(str(CALL), str(CALL)), 160]
    assert dialect.receive(KEY) == (Key("5"),)
    assert dialect.receive(b"\xff\x00\x01\x04") == (Failed("memory"),)
    assert dialect.receive(b"\xff\x00\x00") == (Failed("unnamed"),)
    assert dialect.receive(b"\x7e\x00\x02ab") == (), "a kind that does not exist yet"
    assert dialect.receive(HANGUP) == (Stopped(),)
    with pytest.raises(ProtocolError):
        dialect.receive(FRAME)


@given(st.lists(st.integers(1, 900), max_size=12))
def test_it_does_not_matter_how_the_bytes_are_cut(cuts: list[int]) -> None:
    data = HELLO + FRAME + KEY + FRAME + HANGUP
    dialect, events, at = AudioSocketDialect(), [], 0
    for cut in [*cuts, len(data)]:
        events += shape(dialect.receive(data[at : at + cut]))
        at += cut
    assert events == [Started(str(CALL), str(CALL)), 160, Key("5"), 160, Stopped()]


def test_the_first_audio_tells_the_rate() -> None:
    dialect = AudioSocketDialect()
    dialect.receive(HELLO)
    assert shape(dialect.receive(message(0x12, bytes(640)))) == [Started(str(CALL), str(CALL)), 320]
    assert dialect.rate == 16000
    assert dialect.audio(np.arange(320, dtype=np.int16))[:5] == b"\x12\x02\x80\x00\x00"
    with pytest.raises(ProtocolError):
        dialect.receive(FRAME)


def test_samples_are_little_endian_both_ways() -> None:
    dialect = AudioSocketDialect()
    dialect.receive(HELLO)
    _, audio = dialect.receive(message(0x10, b"\x01\x02\xff\xff"))
    assert isinstance(audio, Audio)
    assert audio.samples.tolist() == [0x0201, -1]
    assert dialect.audio(np.array([0x0201, -1], np.int16)) == message(0x10, b"\x01\x02\xff\xff")
    assert dialect.goodbye() == HANGUP


@pytest.mark.parametrize(
    "wrong",
    [
        FRAME,
        KEY,
        HELLO + HELLO,
        message(0x01, bytes(15)),
        HELLO + message(0x03, b"55"),
        HELLO + message(0x03, b"x"),
        HELLO + message(0x10, b""),
        HELLO + message(0x10, bytes(321)),
        HELLO + message(0x10, bytes(16002)),
        HELLO + message(0x15, bytes(882)),
        HELLO + HANGUP + KEY,
        "text",
    ],
)
def test_what_is_not_of_the_dialect_is_refused(wrong: bytes | str) -> None:
    with pytest.raises(ProtocolError):
        AudioSocketDialect().receive(wrong)


def test_there_are_no_marks_and_no_clear() -> None:
    dialect = AudioSocketDialect()
    with pytest.raises(ProtocolError):
        dialect.mark("m")
    with pytest.raises(ProtocolError):
        dialect.clear()
    with pytest.raises(ProtocolError):
        AudioSocketProvider(CALL).played("m")


@pytest.mark.parametrize("rate", RATES.values())
def test_both_sides_understand_each_other(rate: int) -> None:
    provider, ours = AudioSocketProvider(CALL, rate), AudioSocketDialect()
    assert [event for said in provider.start() for event in ours.receive(said)] == []
    tone = (9000 * np.sin(np.arange(rate // 50) / 7)).astype(np.int16)
    begun, heard = ours.receive(provider.audio(tone))
    assert isinstance(heard, Audio)
    assert (begun, (heard.samples == tone).all()) == (Started(str(CALL), str(CALL)), True)
    assert ours.receive(provider.key("#")) == (Key("#"),)
    (said,) = provider.receive(ours.audio(tone))
    assert isinstance(said, Audio)
    assert (said.samples == tone).all()
    assert provider.receive(ours.goodbye()) == (Stopped(),)
    assert ours.receive(provider.stop()) == (Stopped(),)
    with pytest.raises(ProtocolError):
        provider.receive(KEY)
