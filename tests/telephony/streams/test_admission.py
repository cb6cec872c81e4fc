"""Who is let in on the stream line, how many, and what becomes of those who break the rules. On real sockets."""

import asyncio
import contextlib
import json
import socket
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from twilio.request_validator import RequestValidator
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.telephony.streams.stream_harness import SECRET, Bot, Echo, Place, place, until
from voicebot.errors import DialFailed
from voicebot.settings import HandoffSettings, StreamSettings
from voicebot.telephony.leg import EndReason
from voicebot.telephony.rtp.clock import MediaClock
from voicebot.telephony.streams import leg as leg_module
from voicebot.telephony.streams.line import UNSTARTED, StreamLine
from voicebot.telephony.streams.provider_leg import ProviderLeg
from voicebot.telephony.streams.twilio import TwilioProvider

WAYS = ["twilio", "telnyx", "asterisk"]


def quiet(line: StreamLine) -> bool:
    """Whether nothing is left of any call."""
    return not line.legs and not line.connections


async def ring(at: Place, way: str) -> ProviderLeg:
    leg = await at.phone.dial(getattr(at, way), caller="+441632960111")
    assert isinstance(leg, ProviderLeg)
    return leg


def signature(at: Place, path: str = "/twilio/stream") -> dict[str, str]:
    url = at.line.public_url.replace("http", "ws", 1) + path
    return {"X-Twilio-Signature": RequestValidator(SECRET).compute_signature(url, {})}


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/twilio/stream", {}, 403),
        ("/twilio/stream", {"X-Twilio-Signature": "AAAAAAAAAAAAAAAAAAAAAAAAAAA="}, 403),
        ("/nothing/stream", {}, 404),
        ("/", {}, 404),
    ],
)
async def test_who_does_not_sign_is_refused_before_the_upgrade(path: str, headers: dict[str, str], status: int) -> None:
    async with place() as at:
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"ws://127.0.0.1:{at.line.port}{path}", additional_headers=headers)
        assert refused.value.response.status_code == status
        assert at.line.connections == 0


async def test_a_provider_that_is_not_set_up_is_not_served() -> None:
    async with place(twilio_auth_token="", telnyx_public_key="") as at:
        for path, status in (("/twilio/stream", 403), ("/telnyx/stream", 404)):
            with pytest.raises(InvalidStatus) as refused:
                await connect(f"ws://127.0.0.1:{at.line.port}{path}")
            assert refused.value.response.status_code == status
        with pytest.raises(DialFailed, match="404"):
            await ring(at, "twilio")


async def test_the_signature_holds_for_a_query_and_a_slash_that_the_provider_adds() -> None:
    async with place() as at:
        for path, signed in (("/twilio/stream?x=1", "/twilio/stream"), ("/twilio/stream", "/twilio/stream/")):
            address = f"ws://127.0.0.1:{at.line.port}{path}"
            async with connect(address, additional_headers=signature(at, signed)):
                await until(lambda: at.line.connections == 1)
            await until(lambda: at.line.connections == 0)


@asynccontextmanager
async def stream(at: Place) -> AsyncIterator[tuple[ClientConnection, TwilioProvider]]:
    """A signed WebSocket, and what to say on it: one that bears a true token."""
    call_id = f"CA{uuid.uuid4().hex}"
    call = at.line.calls.open("twilio", call_id, "", "", {}, at.line.now())
    token = at.line.calls.token(call, at.line.now())
    address = f"ws://127.0.0.1:{at.line.port}/twilio/stream"
    async with connect(address, additional_headers=signature(at), ping_interval=None) as peer:
        yield peer, TwilioProvider("MZ1", call_id, {"token": token})


async def closed(peer: ClientConnection) -> None:
    """Wait until the line closes or cuts off the connection."""
    async with asyncio.timeout(15):
        with pytest.raises(ConnectionClosed):
            while True:
                await peer.recv()


@pytest.mark.parametrize("token", ["", "made up"])
async def test_a_stream_without_its_token_is_closed(token: str) -> None:
    async with place() as at, stream(at) as (peer, _):
        wrong = TwilioProvider("MZ1", "CA1", {"token": token} if token else {})
        for said in wrong.start():
            await peer.send(said)
        await closed(peer)
        assert at.bot.legs == []
        assert at.line.refused == 1


async def test_a_token_serves_once_and_its_own_call_only() -> None:
    async with place() as at:
        async with stream(at) as (peer, provider):
            for said in provider.start():
                await peer.send(said)
            await until(lambda: len(at.bot.legs) == 1)
            async with stream(at) as (other, _):
                for said in provider.start():
                    await other.send(said)
                await closed(other)
            async with stream(at) as (other, another):
                for said in another.start():
                    await other.send(said.replace("CA", "CB"))
                await closed(other)
        assert len(at.bot.legs) == 1
        await until(lambda: quiet(at.line))


async def test_nobody_is_waited_for_who_does_not_start() -> None:
    async with place(start_s=0.05) as at:
        async with stream(at) as (peer, provider):
            await peer.send(provider.start()[0])
            await closed(peer)
        _, writer = await asyncio.open_connection("127.0.0.1", at.line.audiosocket_port)
        await until(lambda: at.line.connections == 1)
        await until(lambda: at.line.connections == 0)
        writer.close()


async def test_an_opening_with_more_behind_it_that_is_no_websocket_is_cut_off() -> None:
    """No Sec-WebSocket-Key, and bytes after the request that are no frame: nobody is answered, and nothing raised."""
    raised: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: raised.append(context))
    async with place() as at:
        reader, writer = await asyncio.open_connection("127.0.0.1", at.line.port)
        opening = b"GET /twilio/stream HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        writer.write(opening + b"Sec-WebSocket-Version: 13\r\n\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")
        async with asyncio.timeout(5):
            with contextlib.suppress(ConnectionResetError):
                await reader.read()
        writer.close()
        await until(lambda: at.line.connections == 0)
    assert raised == []


LIES: dict[str, Any] = {
    "binary": b"\x00\x01",
    "not JSON": "hello",
    "huge": '{"event": "media", "x": "' + "x" * 70000 + '"}',
    "bad base64": json.dumps({"event": "media", "streamSid": "MZ1", "media": {"payload": "*"}}),
    "another stream": json.dumps({"event": "media", "streamSid": "MZ2", "media": {"payload": "//8="}}),
    "connected again": '{"event": "connected"}',
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_peer_who_lies_ends_its_call_with_an_error(lie: str) -> None:
    async with place() as at, stream(at) as (peer, provider):
        for said in provider.start():
            await peer.send(said)
        await until(lambda: len(at.bot.legs) == 1)
        await peer.send(LIES[lie])
        await closed(peer)
        await until(lambda: quiet(at.line))
        assert at.bot.port.end is not None
        assert at.bot.port.end.reason is EndReason.ERROR


async def test_a_wrong_format_never_becomes_a_call() -> None:
    async with place() as at, stream(at) as (peer, provider):
        for said in provider.start():
            await peer.send(said.replace("audio/x-mulaw", "audio/x-l16"))
        await closed(peer)
        assert (at.bot.legs, at.line.malformed) == ([], 1)


async def test_a_flood_of_fragments_or_pings_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voicebot.telephony.streams.websocket.CLOSE_S", 0.2)
    async with place() as at:
        async with stream(at) as (peer, _):

            async def fragments() -> AsyncIterator[str]:
                while True:
                    await asyncio.sleep(0)
                    yield ""

            with pytest.raises(ConnectionClosed):
                await peer.send(fragments())
        async with stream(at) as (peer, _):
            with pytest.raises(ConnectionClosed):
                while True:
                    await asyncio.sleep(0)
                    await peer.ping()
        await until(lambda: at.line.connections == 0)


async def test_a_peer_who_does_not_read_loses_the_call_and_nothing_grows() -> None:
    async with place(Bot(port=Echo(100_000))) as at:
        _, writer = await asyncio.open_connection("127.0.0.1", at.line.audiosocket_port, limit=1024)
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        writer.write(b"\x01\x00\x10" + bytes(16) + b"\x10\x01\x40" + bytes(320))
        await until(lambda: bool(at.bot.legs))
        leg = at.bot.legs[0]
        for _ in range(2000):  # forty seconds of talk, faster than life
            if leg.end is not None:
                break
            leg._tick()
            leg.session.heard_at = at.line.now()
            await asyncio.sleep(0)
        assert leg.end is not None
        assert (leg.end.reason, leg.end.detail) == (EndReason.ERROR, "the peer reads too slowly")
        await until(lambda: quiet(at.line))
        writer.close()


async def test_a_websocket_that_does_not_read_loses_the_call_and_nothing_grows() -> None:
    async with place(Bot(port=Echo(100_000)), dial={"default": "+441632960123"}) as at, stream(at) as (peer, provider):
        for said in provider.start():
            await peer.send(said)
        await until(lambda: bool(at.bot.legs))
        peer.transport.pause_reading()
        leg = at.bot.legs[0]
        for _ in range(20_000):
            if leg.end is not None:
                break
            leg._tick()
            leg.session.heard_at = at.line.now()
            leg.session.ahead.left_out = 0
            leg.session.ahead._until = 0.0  # as if the peer had played it all
            await asyncio.sleep(0)
        assert leg.end is not None
        assert (leg.end.reason, leg.end.detail) == (EndReason.ERROR, "the peer reads too slowly")
        await until(lambda: quiet(at.line))


async def test_a_stream_that_says_nothing_is_taken_for_dead() -> None:
    async with place(media_timeout_s=0.2) as at, stream(at) as (peer, provider):
        for said in provider.start():
            await peer.send(said)
        await closed(peer)
        await until(lambda: at.bot.port.end is not None)
        assert at.bot.port.end is not None
        assert at.bot.port.end.reason is EndReason.MEDIA_TIMEOUT


@pytest.mark.parametrize("clean", [True, False])
async def test_a_connection_that_breaks_for_good_is_an_error_and_one_that_is_closed_is_not(
    clean: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leg_module, "ASK_S", 0.1)
    async with place() as at, stream(at) as (peer, provider):
        for said in provider.start():
            await peer.send(said)
        await until(lambda: bool(at.bot.legs))
        if clean:
            await peer.close()
        else:
            peer.transport.abort()
        await until(lambda: at.bot.port.end is not None)
        assert at.bot.port.end is not None
        assert at.bot.port.end.reason is (EndReason.REMOTE_HANGUP if clean else EndReason.ERROR)


@pytest.mark.parametrize("way", ["twilio", "telnyx"])
async def test_after_a_connection_that_broke_the_conversation_goes_on(way: str) -> None:
    async with place() as at:
        caller = Echo(1000)
        leg = await ring(at, way)
        leg.attach(caller)
        await until(lambda: at.bot.port.loud > 5)
        assert leg._connection is not None
        leg._connection.abort()
        await until(lambda: leg.streams == 2)
        before = at.bot.port.loud
        await until(lambda: at.bot.port.loud > before + 10)
        assert len(at.bot.legs) == len(at.line.legs) == 1
        positions = [frame.position for frame in at.bot.port.heard]
        assert positions == list(range(positions[0], positions[0] + 160 * len(positions), 160))
        await leg.hangup()
        await until(lambda: quiet(at.line))
        assert at.bot.port.end is not None
        assert at.bot.port.end.reason is EndReason.REMOTE_HANGUP


async def test_a_new_stream_takes_the_place_of_one_that_hangs() -> None:
    async with place() as at, stream(at) as (hung, provider):
        for said in provider.start():
            await hung.send(said)
        await until(lambda: bool(at.bot.legs))
        (ours,) = at.bot.legs
        call = at.line.calls.find("twilio", ours.facts.headers["call-id"], at.line.now())
        assert call is not None
        again = TwilioProvider("MZ2", call.call_id, {"token": at.line.calls.token(call, at.line.now())})
        async with stream(at) as (peer, _):
            for said in again.start():
                await peer.send(said)
            await closed(hung)
            await peer.send(again.key("7"))
            await until(lambda: bool(at.bot.port.keys))
            assert ours.end is None
            assert len(at.bot.legs) == 1


async def test_connections_and_calls_are_capped() -> None:
    async with place(max_calls=1) as at:
        leg = await ring(at, "twilio")
        await until(lambda: len(at.line.legs) == 1)
        with pytest.raises(DialFailed, match="Reject"):
            await ring(at, "twilio")
        sockets = [await asyncio.open_connection("127.0.0.1", at.line.audiosocket_port) for _ in range(40)]
        await until(lambda: at.line.connections == UNSTARTED + 1)
        address = f"ws://127.0.0.1:{at.line.port}/twilio/stream"
        async with contextlib.AsyncExitStack() as stack:
            for _ in range(UNSTARTED):  # those by AudioSocket keep out nobody else
                await stack.enter_async_context(connect(address, additional_headers=signature(at)))
            with pytest.raises(InvalidStatus) as refused:
                await connect(address, additional_headers=signature(at))
        assert refused.value.response.status_code == 503
        for _, writer in sockets:
            writer.close()
        await leg.hangup()
        await until(lambda: quiet(at.line))
        assert await ring(at, "twilio")


def test_calls_a_second_are_capped() -> None:
    line = StreamLine(StreamSettings(calls_per_second=2.0), HandoffSettings(), MediaClock())
    assert [line.has_room(100.0) for _ in range(3)] == [True, True, False]
    assert [line.has_room(100.4), line.has_room(100.6), line.has_room(100.7)] == [False, True, False]
    assert [line.has_room(200.0) for _ in range(3)] == [True, True, False]
    assert line.refused == 4


async def test_who_may_not_connect_by_audiosocket_is_cut_off() -> None:
    async with place(audiosocket_peers=("192.0.2.0/24",)) as at:
        reader, writer = await asyncio.open_connection("127.0.0.1", at.line.audiosocket_port)
        assert await reader.read() == b""
        writer.close()
        assert at.line.refused == 1


async def test_a_socket_that_says_nothing_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voicebot.telephony.streams.http.REQUEST_S", 0.05)
    async with place() as at:
        reader, writer = await asyncio.open_connection("127.0.0.1", at.line.port)
        writer.write(b"POST /twilio/voice HTTP/1.1\r\n")
        async with asyncio.timeout(2):
            with pytest.raises(ConnectionResetError):
                if await reader.read() == b"":
                    raise ConnectionResetError
        writer.close()
