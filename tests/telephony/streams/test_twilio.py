"""Twilio's dialect from message sequences, as its documentation shows them."""

import base64
import json
from typing import Any

import numpy as np
import pytest

from voicebot.audio.g711 import PCMU
from voicebot.errors import ProtocolError
from voicebot.telephony.streams.dialect import Audio, Cleared, Key, MarkAsked, Marked, Started, Stopped
from voicebot.telephony.streams.twilio import TwilioDialect, TwilioProvider

STREAM, CALL = "MZ18ad3ab5a668481ce02b83e7395059f0", "CA0123456789abcdef0123456789abcdef"
SILENCE = base64.b64encode(b"\xff" * 160).decode()


def message(event: str, number: int | None = None, **more: Any) -> str:
    said: dict[str, Any] = {"event": event, **more}
    if number is not None:
        said["sequenceNumber"] = str(number)
    if event not in ("connected",):
        said.setdefault("streamSid", STREAM)
    return json.dumps(said)


CONNECTED = message("connected", protocol="Call", version="1.0.0")


def start(**changes: Any) -> str:
    said = {
        "streamSid": STREAM,
        "accountSid": "AC0123456789abcdef0123456789abcdef",
        "callSid": CALL,
        "tracks": ["inbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        "customParameters": {"token": "abc"},
    }
    return message("start", 1, start=said | changes)


def media(number: int, payload: str = SILENCE, **changes: Any) -> str:
    return message(
        "media", number, media={"track": "inbound", "chunk": "1", "timestamp": "5", "payload": payload} | changes
    )


def started() -> TwilioDialect:
    dialect = TwilioDialect()
    dialect.receive(CONNECTED)
    dialect.receive(start())
    return dialect


def test_a_call_from_its_start_to_its_end() -> None:
    dialect = TwilioDialect()
    assert dialect.receive(CONNECTED) == ()
    assert dialect.receive(start()) == (Started(STREAM, CALL, parameters={"token": "abc"}),)
    (audio,) = dialect.receive(media(2, chunk="7"))
    assert isinstance(audio, Audio)
    assert (len(audio.samples), audio.number, int(audio.samples.max())) == (160, 7, 0)
    assert dialect.receive(message("dtmf", 3, dtmf={"track": "inbound_track", "digit": "5"})) == (Key("5"),)
    assert dialect.receive(message("mark", 4, mark={"name": "0-160"})) == (Marked("0-160"),)
    assert dialect.receive(message("stop", 5, stop={"accountSid": "AC0", "callSid": CALL})) == (Stopped(),)
    assert dialect.receive(message("mark", 6, mark={"name": "0-320"})) == (), "marks of what was thrown away"
    assert dialect.out_of_order == 0


def test_what_we_say() -> None:
    dialect = started()
    tone = (8000 * np.sin(np.arange(160))).astype(np.int16)
    said = json.loads(dialect.audio(tone))
    assert said == {"event": "media", "streamSid": STREAM, "media": {"payload": said["media"]["payload"]}}
    assert base64.b64decode(said["media"]["payload"]) == PCMU.encode(tone)
    assert json.loads(dialect.mark("m")) == {"event": "mark", "streamSid": STREAM, "mark": {"name": "m"}}
    assert json.loads(dialect.clear()) == {"event": "clear", "streamSid": STREAM}


def test_the_other_track_and_unknown_events_are_passed_over() -> None:
    dialect = started()
    assert dialect.receive(media(2, track="outbound")) == ()
    assert dialect.receive(message("something-new", 3)) == ()


def test_a_sequence_that_jumps_is_noted_and_costs_nobody_a_call() -> None:
    dialect = started()
    assert len(dialect.receive(media(9))) == 1
    assert len(dialect.receive(media(2))) == 1
    assert dialect.out_of_order == 2


LONG = base64.b64encode(b"\xff" * 8001).decode()


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "no JSON",
        "[]",
        "{}",
        '{"event": 3}',
        "[" * 20000,
        b"\x00",
        " " * 70000,
        media(2, payload="####"),
        media(2, payload="é" * 4),
        media(2, payload="/w"),
        media(2, payload=""),
        media(2, payload=LONG),
        media(2, chunk="minus one"),
        media(2, chunk=-1),
        media(2, chunk=True),
        media(2, track=["inbound"]),
        message("media", 2),
        message("media", 2, media="audio"),
        message("media", 2, media={"track": "inbound"}),
        message("media", 2, media={"payload": SILENCE}, streamSid="MZ-of-somebody-else"),
        message("dtmf", 2, dtmf={"digit": "12"}),
        message("dtmf", 2, dtmf={"digit": "x"}),
        message("mark", 2, mark={"name": "n" * 600}),
        '{"event": "media", "sequenceNumber": "1e9"}',
        '{"event": "media", "sequenceNumber": -1}',
        CONNECTED,
        start(),
    ],
)
def test_what_is_not_of_the_dialect_is_refused(wrong: str | bytes) -> None:
    with pytest.raises(ProtocolError):
        started().receive(wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        start(mediaFormat={"encoding": "audio/x-l16", "sampleRate": 8000, "channels": 1}),
        start(mediaFormat={"encoding": "audio/x-mulaw", "sampleRate": 16000, "channels": 1}),
        start(mediaFormat={"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 2}),
        start(mediaFormat=None),
        start(streamSid=""),
        start(callSid=7),
        start(customParameters={"token": 5}),
        start(customParameters={str(n): "" for n in range(40)}),
        start(customParameters={"n" * 600: ""}),
        message("start", 1),
        media(1),
        message("stop", 1),
        message("mark", 1, mark={"name": "m"}),
    ],
)
def test_a_call_that_does_not_begin_as_it_must_is_refused(wrong: str) -> None:
    dialect = TwilioDialect()
    dialect.receive(CONNECTED)
    with pytest.raises(ProtocolError):
        dialect.receive(wrong)


def test_nothing_follows_a_stop() -> None:
    dialect = started()
    dialect.receive(message("stop", 2))
    for late in (media(3), message("dtmf", 3, dtmf={"digit": "1"}), start(), message("stop", 3)):
        with pytest.raises(ProtocolError):
            dialect.receive(late)


def test_both_sides_understand_each_other() -> None:
    provider, ours = TwilioProvider(STREAM, CALL, {"token": "t"}), TwilioDialect()
    events = [event for said in provider.start() for event in ours.receive(said)]
    assert events == [Started(STREAM, CALL, parameters={"token": "t"})]
    tone = PCMU.decode(PCMU.encode((5000 * np.sin(np.arange(160) / 3)).astype(np.int16)))
    (heard,) = ours.receive(provider.audio(tone))
    assert isinstance(heard, Audio)
    assert (heard.samples == tone).all()
    assert heard.number == 1
    assert ours.receive(provider.key("#")) == (Key("#"),)
    assert ours.receive(provider.played("m")) == (Marked("m"),)
    (said,) = provider.receive(ours.audio(tone))
    assert isinstance(said, Audio)
    assert (said.samples == tone).all()
    assert provider.receive(ours.mark("m")) == (MarkAsked("m"),)
    assert provider.receive(ours.clear()) == (Cleared(),)
    assert ours.receive(provider.stop()) == (Stopped(),)
    assert ours.out_of_order == 0
    for wrong in ('{"event": "media"}', json.dumps({"event": "stop", "streamSid": STREAM})):
        with pytest.raises(ProtocolError):
            provider.receive(wrong)
