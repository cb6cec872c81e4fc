"""Telnyx's dialect from message sequences, as its documentation shows them."""

import base64
import json
from typing import Any

import numpy as np
import pytest

from voicebot.audio.g711 import PCMA, PCMU, Codec
from voicebot.errors import ProtocolError
from voicebot.telephony.streams.dialect import Audio, Cleared, Failed, Key, MarkAsked, Marked, Started, Stopped
from voicebot.telephony.streams.telnyx import TelnyxDialect, TelnyxProvider

STREAM, CALL = "32DE0DEA-53CB-4B21-89A4-9E1819C043BC", "v2:T02llQxIyaRkhfRKxgAP8nY511EhFLizdvdUKJiSw8d6A9BborherQ"
SILENCE = base64.b64encode(b"\xd5" * 160).decode()


def message(event: str, number: int, **more: Any) -> str:
    return json.dumps({"event": event, "sequence_number": str(number), "stream_id": STREAM, **more})


def start(encoding: str = "PCMA", rate: Any = 8000, channels: Any = 1, **changes: Any) -> str:
    said = {
        "user_id": "3E6F995F-85F7-4705-9741-53B116D28237",
        "call_control_id": CALL,
        "from": "+441632960111",
        "to": "+441632960000",
        "custom_parameters": {"token": "abc"},
        "media_format": {"encoding": encoding, "sample_rate": rate, "channels": channels},
    }
    return message("start", 1, start=said | changes)


def media(number: int, payload: str = SILENCE, **changes: Any) -> str:
    said = {"track": "inbound", "chunk": str(number), "timestamp": "20", "payload": payload}
    return message("media", number, media=said | changes)


def started(encoding: str = "PCMA") -> TelnyxDialect:
    dialect = TelnyxDialect()
    dialect.receive('{"event": "connected", "version": "1.0.0"}')
    dialect.receive(start(encoding))
    return dialect


def test_a_call_from_its_start_to_its_end() -> None:
    dialect = TelnyxDialect()
    assert dialect.receive('{"event": "connected", "version": "1.0.0"}') == ()
    assert dialect.receive(start()) == (Started(STREAM, CALL, "+441632960111", "+441632960000", {"token": "abc"}),)
    (audio,) = dialect.receive(media(4))
    assert isinstance(audio, Audio)
    assert (len(audio.samples), audio.number, int(np.abs(audio.samples).max())) == (160, 4, 8)
    assert dialect.receive(message("dtmf", 5, dtmf={"digit": "*"}, occurred_at="2026-11-25T12:00:00Z")) == (Key("*"),)
    assert dialect.receive(message("mark", 6, mark={"name": "m"})) == (Marked("m"),)
    error = message("error", 7, payload={"code": 100004, "title": "wrong", "detail": "what somebody said"})
    assert dialect.receive(error) == (Failed("error 100004"),), "its words are not repeated"
    assert dialect.receive(message("error", 8)) == (Failed("error without a code"),)
    assert dialect.receive(message("stop", 9, stop={"call_control_id": CALL})) == (Stopped(),)
    assert dialect.receive(message("mark", 10, mark={"name": "m"})) == ()


@pytest.mark.parametrize("codec", [PCMA, PCMU])
def test_it_speaks_the_codec_in_which_it_is_spoken_to(codec: Codec) -> None:
    dialect = started(codec.name)
    tone = (8000 * np.sin(np.arange(160))).astype(np.int16)
    said = json.loads(dialect.audio(tone))
    assert said["event"] == "media"
    assert base64.b64decode(said["media"]["payload"]) == codec.encode(tone)
    assert json.loads(dialect.mark("m")) == {"event": "mark", "mark": {"name": "m"}}
    assert json.loads(dialect.clear()) == {"event": "clear"}


def test_what_we_say_ourselves_is_not_heard() -> None:
    assert started().receive(media(2, track="outbound")) == ()


@pytest.mark.parametrize(
    "wrong",
    [
        start("OPUS"),
        start("L16", 16000),
        start(rate=16000),
        start(rate="8000"),
        start(channels=2),
        start(call_control_id=""),
        start(media_format=[]),
        message("media", 1, media={"payload": SILENCE}),
        message("stop", 1),
        '{"event": "start"}',
    ],
)
def test_a_call_that_does_not_begin_as_it_must_is_refused(wrong: str) -> None:
    dialect = TelnyxDialect()
    with pytest.raises(ProtocolError):
        dialect.receive(wrong)
    assert dialect.receive(start())[0] == Started(STREAM, CALL, "+441632960111", "+441632960000", {"token": "abc"})


@pytest.mark.parametrize(
    "wrong",
    [
        start(),
        media(2, payload="?"),
        media(2, payload=base64.b64encode(bytes(9000)).decode()),
        media(2, chunk="x"),
        message("media", 2),
        '{"event": "media", "sequence_number": "two"}',
        json.dumps({"event": "media", "stream_id": "another", "media": {"payload": SILENCE}}),
        message("dtmf", 2, dtmf={"digit": ""}),
        b"binary",
    ],
)
def test_what_is_not_of_the_dialect_is_refused(wrong: str | bytes) -> None:
    with pytest.raises(ProtocolError):
        started().receive(wrong)


def test_nothing_follows_a_stop() -> None:
    dialect = started()
    dialect.receive(message("stop", 2))
    with pytest.raises(ProtocolError):
        dialect.receive(media(3))


def test_nothing_is_said_before_the_start() -> None:
    with pytest.raises(ProtocolError):
        TelnyxDialect().audio(np.zeros(160, np.int16))


@pytest.mark.parametrize("codec", [PCMA, PCMU])
def test_both_sides_understand_each_other(codec: Codec) -> None:
    provider, ours = TelnyxProvider(STREAM, CALL, {"token": "t"}, caller="+44163", codec=codec), TelnyxDialect()
    events = [event for said in provider.start() for event in ours.receive(said)]
    assert events == [Started(STREAM, CALL, "+44163", "", {"token": "t"})]
    tone = codec.decode(codec.encode((5000 * np.sin(np.arange(160) / 3)).astype(np.int16)))
    (heard,) = ours.receive(provider.audio(tone))
    assert isinstance(heard, Audio)
    assert (heard.samples == tone).all()
    assert ours.receive(provider.key("0")) == (Key("0"),)
    assert ours.receive(provider.played("m")) == (Marked("m"),)
    (said,) = provider.receive(ours.audio(tone))
    assert isinstance(said, Audio)
    assert (said.samples == tone).all()
    assert provider.receive(ours.mark("m")) == (MarkAsked("m"),)
    assert provider.receive(ours.clear()) == (Cleared(),)
    assert ours.receive(provider.stop()) == (Stopped(),)
    with pytest.raises(ProtocolError):
        provider.receive('{"event": "hello"}')
