"""The wire: partial feeds, garbage, bounds."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicebot.errors import ConfigurationError
from voicebot.speech.address import TcpAddress, parse_address
from voicebot.speech.protocol import MAX_HEADER, MAX_PAYLOAD, Decoder, Message, WireError, encode

HEADERS = st.dictionaries(
    st.text(max_size=8).filter(lambda key: key != "payload"),
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20) | st.lists(st.text(max_size=5)),
    max_size=5,
)
SAMPLES = st.lists(st.integers(-32768, 32767), max_size=50)


@given(st.lists(st.tuples(HEADERS, SAMPLES), max_size=5), st.data())
def test_messages_survive_any_cutting(sent: list[tuple[dict[str, Any], list[int]]], data: st.DataObject) -> None:
    wire = b"".join(encode(header, np.array(samples, np.int16)) for header, samples in sent)
    decoder = Decoder()
    got: list[Message] = []
    at = 0
    while at < len(wire):
        step = data.draw(st.integers(1, len(wire) - at))
        got += decoder.feed(wire[at : at + step])
        at += step
    assert decoder.buffered == 0
    assert [message.samples().tolist() for message in got] == [samples for _, samples in sent]
    for message, (header, _) in zip(got, sent, strict=True):
        assert {key: value for key, value in message.header.items() if key != "payload"} == header


@given(st.binary(max_size=200), st.integers(1, 7))
def test_garbage_is_refused_or_waited_for(garbage: bytes, step: int) -> None:
    decoder = Decoder()
    try:
        for at in range(0, len(garbage), step):
            for message in decoder.feed(garbage[at : at + step]):
                assert isinstance(message.header, dict)
    except WireError:
        return
    assert decoder.buffered <= len(garbage)


def frame(text: bytes) -> bytes:
    return len(text).to_bytes(4, "big") + text


@pytest.mark.parametrize(
    "wire",
    [
        b"\0\0\0\0",
        b"\0\0\0\1{",
        (MAX_HEADER + 1).to_bytes(4, "big"),
        b"GET / HTTP/1.1\r\n\r\n",
        frame(b"[]"),
        frame(b"nonsense"),
        frame(b"\xff\xfe\xff"),
        frame(b"[" * 100_000),
        frame(json.dumps({"payload": -1}).encode()),
        frame(json.dumps({"payload": MAX_PAYLOAD + 1}).encode()),
        frame(json.dumps({"payload": "8"}).encode()),
        frame(json.dumps({"payload": True}).encode()),
        frame(json.dumps({"payload": 1.5}).encode()),
    ],
)
def test_what_breaks_the_protocol_is_refused(wire: bytes) -> None:
    with pytest.raises(WireError):
        Decoder().feed(wire)


def test_half_a_sample_and_too_much_are_refused() -> None:
    with pytest.raises(WireError):
        Message({}, b"abc").samples()
    with pytest.raises(ValueError, match="too large"):
        encode({}, np.zeros(MAX_PAYLOAD // 2 + 1, np.int16))
    with pytest.raises(ValueError, match="too large"):
        encode({"text": "x" * MAX_HEADER})
    with pytest.raises(ValueError, match="JSON"):
        encode({"number": float("nan")})


def test_addresses() -> None:
    assert parse_address("tcp://10.0.0.7:7000") == TcpAddress("10.0.0.7", 7000)
    assert parse_address("tcp://[::1]:7000") == TcpAddress("::1", 7000)
    assert str(parse_address("/run/speech.sock")) == "/run/speech.sock"
    for wrong in ("tcp://host", "tcp://:7", "tcp://host:seven", "tcp://host:70000"):
        with pytest.raises(ConfigurationError):
            parse_address(wrong)
