"""Whatever a peer sends, a dialect raises ProtocolError or nothing, and its session goes on counting frames."""

import asyncio
import contextlib
import json
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import httpx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from tests.telephony.streams.stream_harness import SECRET
from voicebot.errors import ProtocolError
from voicebot.settings import HandoffSettings, StreamSettings
from voicebot.telephony.rtp.clock import MediaClock
from voicebot.telephony.streams.audiosocket import AudioSocketDialect, AudioSocketProvider, message
from voicebot.telephony.streams.dialect import Dialect, ProviderDialect, Wire
from voicebot.telephony.streams.line import StreamLine
from voicebot.telephony.streams.session import StreamSession
from voicebot.telephony.streams.signature import TwilioSignature
from voicebot.telephony.streams.telnyx import TelnyxDialect, TelnyxProvider
from voicebot.telephony.streams.twilio import TwilioDialect, TwilioProvider
from voicebot.telephony.streams.webhook import application

CALL = uuid.UUID("40325ec2-5efd-4bd3-805f-53576e581d13")

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just("AAAA"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
NAMES = """
    event start media dtmf mark stop payload chunk track digit name streamSid sequenceNumber callSid stream_id
    sequence_number call_control_id media_format mediaFormat custom_parameters customParameters encoding sampleRate
    sample_rate channels from to
"""
names = st.sampled_from(NAMES.split())
events = st.sampled_from(["connected", "start", "media", "dtmf", "mark", "stop", "error", "clear", "other"])


@st.composite
def changed(draw: st.DrawFn, said: str) -> str:
    """A valid message with some of its parts replaced, dropped or added."""
    value = json.loads(said)
    for _ in range(draw(st.integers(0, 3))):
        where: Any = value
        while isinstance(where, dict):
            inner = [key for key, found in where.items() if isinstance(found, dict)]
            if not inner or draw(st.booleans()):
                break
            where = where[draw(st.sampled_from(sorted(inner)))]
        key = draw(st.sampled_from(sorted(where)) if where and draw(st.booleans()) else names)
        match draw(st.integers(0, 2)):
            case 0:
                where.pop(key, None)
            case 1:
                where[key] = draw(anything)
            case _:
                where[key] = draw(events)
    return json.dumps(value)


def conversation(provider: ProviderDialect) -> list[Wire]:
    """What a peer in good order says."""
    return [
        *provider.start(),
        provider.audio(np.zeros(160, np.int16)),
        provider.key("5"),
        *([] if isinstance(provider, AudioSocketProvider) else [provider.played("0-480")]),
        provider.stop() or "",
    ]


@st.composite
def texts(draw: st.DrawFn, valid: list[Wire]) -> list[Wire]:
    """Messages of a JSON dialect: valid, changed, out of order, or nothing of the kind."""
    said = st.one_of(
        st.sampled_from(valid),
        st.sampled_from(valid).flatmap(lambda one: changed(str(one))),
        st.dictionaries(names, anything, max_size=5).map(json.dumps),
        anything.map(json.dumps),
        st.text(max_size=60),
        st.binary(max_size=20),
    )
    return draw(st.permutations(valid) if draw(st.booleans()) else st.lists(said, max_size=12))


@st.composite
def pieces(draw: st.DrawFn, valid: list[Wire]) -> list[Wire]:
    """A byte stream: valid messages, wrong ones and noise, cut anywhere."""
    one = st.one_of(
        st.sampled_from([part for part in valid if isinstance(part, bytes)]),
        st.binary(max_size=40),
        st.builds(message, st.integers(0, 255), st.binary(max_size=40)),
        st.builds(message, st.sampled_from([0x10, 0x12]), st.binary(max_size=400)),
    )
    stream = b"".join(draw(st.lists(one, max_size=12)))
    cuts = sorted(draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    return [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]


OURS: dict[str, tuple[Callable[[], Dialect], list[Wire]]] = {
    "twilio": (TwilioDialect, conversation(TwilioProvider("MZ1", "CA1", {"token": "t"}))),
    "telnyx": (TelnyxDialect, conversation(TelnyxProvider("s", "c", {"token": "t"}))),
    "audiosocket": (AudioSocketDialect, conversation(AudioSocketProvider(CALL))),
}


@pytest.mark.parametrize("name", OURS)
@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_our_side_takes_anything(name: str, data: st.DataObject) -> None:
    make, valid = OURS[name]
    said = data.draw(pieces(valid) if name == "audiosocket" else texts(valid))
    session, now = StreamSession(make(), 0.0), 0.0
    for one in said:
        now += 0.01
        with contextlib.suppress(ProtocolError):
            session.receive(one, now)
        if session.started is not None:
            frame = session.pull()
            assert len(frame.samples) == session.dialect.rate // 50
            assert session.push(frame.samples, now)
            session.clear(now)
            assert session.unheard(now) >= 0


@pytest.mark.parametrize("name", ["twilio", "telnyx", "audiosocket"])
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_the_providers_side_takes_anything(name: str, data: st.DataObject) -> None:
    providers: dict[str, ProviderDialect] = {
        "twilio": TwilioProvider("MZ1", "CA1", {}),
        "telnyx": TelnyxProvider("s", "c", {}),
        "audiosocket": AudioSocketProvider(CALL),
    }
    valid: list[Wire] = [
        '{"event": "media", "streamSid": "MZ1", "media": {"payload": "//8="}}',
        '{"event": "mark", "streamSid": "MZ1", "mark": {"name": "m"}}',
        '{"event": "clear", "streamSid": "MZ1"}',
    ]
    bytes_valid: list[Wire] = [message(0x10, bytes(320)), message(0x00)]
    for one in data.draw(pieces(bytes_valid) if name == "audiosocket" else texts(valid)):
        with contextlib.suppress(ProtocolError):
            providers[name].receive(one)


# the webhooks

PUBLIC = "https://voice.example.gov.uk"
said_words = st.text(max_size=20) | st.sampled_from(
    ["completed", "in-progress", "busy", "answered", "true", "false", "1", "CA1"]
)
field_names = st.sampled_from(
    ["CallSid", "From", "To", "CallStatus", "DialCallStatus", "DialBridged", "QueueResult", "Digits", "ForwardedFrom"]
)
requests = st.tuples(
    st.sampled_from(["voice", "after", "dialled", "whisper", "accept", "status"]),
    st.sampled_from(["", "?call=CA1", "?call=", "?x=%00%ff", "?call=CA1&call=CA2"]),
    st.dictionaries(field_names | st.text(max_size=10), said_words, max_size=8),
    st.booleans(),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(requests, max_size=8))
def test_whatever_a_provider_asks_it_gets_an_answer(
    asked: list[tuple[str, str, dict[str, str], bool]],
) -> None:
    async def ask() -> None:
        line = StreamLine(StreamSettings(dial={"default": "+441632960123"}), HandoffSettings(), MediaClock())
        line.public_url, line.twilio = PUBLIC, TwilioSignature(SECRET, PUBLIC)
        transport = httpx.ASGITransport(application(line))
        async with httpx.AsyncClient(transport=transport, base_url=PUBLIC) as client:
            for what, query, fields, named in asked:
                fields = fields | ({"CallSid": "CA1"} if named else {})
                url = f"{PUBLIC}/twilio/{what}{query}"
                signature = RequestValidator(SECRET).compute_signature(url, fields)
                headers = {
                    "X-Twilio-Signature": signature,
                    "Content-Type": "application/x-www-form-urlencoded",
                }
                response = await client.post(url, content=urlencode(fields).encode(), headers=headers)
                assert response.status_code in (200, 400)
                if response.status_code == 200:
                    ET.fromstring(response.text)

    asyncio.run(ask())
