"""Which telephone rings which address, and what it needs for that."""

import base64
from typing import Any

import pytest

from tests.telephony.streams.stream_harness import KEY, Bot, Echo, place, until
from voicebot.caller.phones import TELNYX_KEY, is_stream, phone_for
from voicebot.caller.stream_phone import StreamPhone
from voicebot.errors import ConfigurationError, DialFailed
from voicebot.settings import StreamSettings
from voicebot.telephony.sip.line import SipLine


@pytest.mark.parametrize(
    ("address", "stream"),
    [
        ("ws://127.0.0.1:8081/twilio/stream", True),
        ("wss://voice.example.gov.uk/telnyx/stream", True),
        ("audiosocket://127.0.0.1:9092", True),
        ("sip:council@127.0.0.1", False),
        ("council@127.0.0.1", False),
    ],
)
def test_streams_are_known_by_their_scheme(address: str, stream: bool) -> None:
    assert is_stream(address) is stream


async def test_a_sip_address_is_rung_by_a_sip_phone() -> None:
    async with phone_for("sip:council@127.0.0.1", StreamSettings()) as phone:
        assert isinstance(phone, SipLine)


@pytest.mark.parametrize(
    ("address", "key", "missing"),
    [
        ("ws://127.0.0.1:1/twilio/stream", "", "VOICEBOT_STREAMS__TWILIO_AUTH_TOKEN"),
        ("ws://127.0.0.1:1/telnyx/stream", "", TELNYX_KEY),
        ("ws://127.0.0.1:1/telnyx/stream", "????", TELNYX_KEY),
        ("ws://127.0.0.1:1/telnyx/stream", "AAAA", TELNYX_KEY),
    ],
)
async def test_what_is_missing_is_named(address: str, key: str, missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TELNYX_KEY, key)
    with pytest.raises(ConfigurationError, match=missing):
        async with phone_for(address, StreamSettings()):
            pass


@pytest.mark.parametrize("way", ["twilio", "telnyx", "asterisk"])
async def test_a_stream_is_rung_by_a_providers_phone(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TELNYX_KEY, base64.b64encode(KEY.private_bytes_raw()).decode())
    async with place(Bot(port=Echo(10))) as at:
        address: str = getattr(at, way)
        streams = at.line._settings.model_copy(update={"public_url": at.line.public_url})
        async with phone_for(address, streams) as phone:
            leg = await phone.dial(address)
            caller = Echo()
            leg.attach(caller)
            await until(lambda: caller.loud >= 10)
            await leg.hangup()


async def test_a_wrong_secret_is_refused_and_a_wrong_address_named() -> None:
    async with place() as at:
        for phone, address, status in (
            (StreamPhone(secret="another"), at.twilio, 403),
            (StreamPhone(), at.telnyx, 403),
            (StreamPhone(), "audiosocket://127.0.0.1:1", 503),
        ):
            with pytest.raises(DialFailed, match=str(status)):
                await phone.dial(address)
            await phone.stop()
        wrong: Any = StreamPhone()
        with pytest.raises(ConfigurationError, match="ring ws"):
            await wrong.dial(f"ws://127.0.0.1:{at.line.port}/somewhere")
        await wrong.stop()
