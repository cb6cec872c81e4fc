"""What connections may cost us, keep-alives, and both families of addresses, on real sockets."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.telephony.sip.certificates import Authority
from tests.telephony.sip.sip_harness import TonePort, request
from voicebot.settings import SipSettings
from voicebot.telephony.leg import CallLeg, EndReason
from voicebot.telephony.sip.connection import StreamLimits
from voicebot.telephony.sip.events import Peer
from voicebot.telephony.sip.line import SipLine
from voicebot.telephony.sip.tls import Tls, TlsFiles
from voicebot.telephony.sip.transport import SipSockets

LIMITS = StreamLimits(connections=4, per_host=3, handshake_s=0.2, silent_s=0.2, partial_s=0.2, idle_s=0.4, pong_s=0.2)
OPTIONS = request("OPTIONS")


class Sockets:
    """Sockets under test, and what they told."""

    def __init__(self, **settings: object) -> None:
        self.messages: asyncio.Queue[tuple[bytes, Peer]] = asyncio.Queue()
        self.lost: asyncio.Queue[Peer] = asyncio.Queue()
        self.failed: asyncio.Queue[Peer] = asyncio.Queue()
        self.used: set[int] = set()
        given: dict[str, object] = {
            "bind": "127.0.0.1",
            "allowed": lambda host: True,
            "tls": Tls(TlsFiles()),
            "tls_port": 0,
            "limits": LIMITS,
            **settings,
        }
        self.sockets = SipSockets(
            port=0,
            on_message=lambda data, peer: self.messages.put_nowait((data, peer)),
            on_failed=self.failed.put_nowait,
            on_lost=self.lost.put_nowait,
            in_use=self.used.__contains__,
            **given,  # type: ignore[arg-type]
        )

    async def message(self) -> tuple[bytes, Peer]:
        """The next message."""
        async with asyncio.timeout(5):
            return await self.messages.get()


@asynccontextmanager
async def _open(**settings: object) -> AsyncIterator[Sockets]:
    made = Sockets(**settings)
    await made.sockets.start()
    try:
        yield made
    finally:
        await made.sockets.stop()


async def _connect(port: int, host: str = "127.0.0.1") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection(host, port)


async def _closed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Wait until the other side closes."""
    async with asyncio.timeout(5):
        try:
            while await reader.read(1000):
                pass
        except ConnectionError:
            pass
    writer.close()
    await asyncio.gather(writer.wait_closed(), return_exceptions=True)


@pytest.mark.parametrize("sent", [b"", b"\r\n\r\n", OPTIONS[:40], OPTIONS + OPTIONS[:40]])
async def test_a_connection_that_brings_nothing_whole_is_closed(sent: bytes) -> None:
    async with _open() as bot:
        reader, writer = await _connect(bot.sockets.port)
        writer.write(sent)
        await _closed(reader, writer)
        assert bot.messages.qsize() == (1 if len(sent) > len(OPTIONS) else 0)
    assert bot.sockets.connections == 0


async def test_a_handshake_that_never_comes_is_given_up(tmp_path: Path) -> None:
    tls = Tls(TlsFiles(Authority(tmp_path).issue("bot.pem", "127.0.0.1")))
    async with _open(tls=tls) as bot:
        await _closed(*await _connect(bot.sockets.tls_port))
        reader, writer = await _connect(bot.sockets.tls_port)
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        await _closed(reader, writer)
        assert bot.sockets.handshakes_failed == 2
    assert bot.sockets.connections == 0


async def test_a_stranger_gets_no_handshake(tmp_path: Path) -> None:
    tls = Tls(TlsFiles(Authority(tmp_path).issue("bot.pem", "127.0.0.1")))
    async with _open(tls=tls, allowed=lambda host: False) as bot:
        await _closed(*await _connect(bot.sockets.tls_port))
        await _closed(*await _connect(bot.sockets.port))
        assert (bot.sockets.refused, bot.sockets.handshakes_failed) == (2, 0)


async def test_an_idle_connection_is_closed_unless_a_call_needs_it() -> None:
    async with _open() as bot:
        kept, idle = await _connect(bot.sockets.port), await _connect(bot.sockets.port)
        kept[1].write(OPTIONS)
        _, peer = await bot.message()
        bot.used.add(peer.flow)
        idle[1].write(OPTIONS)
        await bot.message()
        await _closed(*idle)
        assert bot.sockets.connections == 1
        kept[1].write(OPTIONS)
        assert (await bot.message())[1] == peer
        bot.used.clear()
        await _closed(*kept)


async def test_one_host_cannot_take_all_connections() -> None:
    async with _open() as bot:
        open_ones = [await _connect(bot.sockets.port) for _ in range(LIMITS.per_host)]
        for _, writer in open_ones:
            writer.write(OPTIONS)
            await bot.message()
        await _closed(*await _connect(bot.sockets.port))
        assert bot.sockets.refused == 1
        _, writer = open_ones.pop()
        writer.close()
        await writer.wait_closed()
        async with asyncio.timeout(5):
            while bot.sockets.connections == LIMITS.per_host:
                await asyncio.sleep(0.01)
        reader, writer = await _connect(bot.sockets.port)
        writer.write(OPTIONS)
        await bot.message()
        for pair in ((reader, writer), *open_ones):
            await _closed(*pair)


async def test_one_host_may_have_as_many_secured_connections_as_others(tmp_path: Path) -> None:
    """The handshake does not count beside the connection that it makes."""
    authority = Authority(tmp_path)
    tls = Tls(TlsFiles(authority.issue("bot.pem", "127.0.0.1")))
    context = ssl.create_default_context(cafile=authority.ca)
    async with _open(tls=tls) as bot:
        pairs = []
        for _ in range(LIMITS.per_host):
            pairs.append(await asyncio.open_connection("127.0.0.1", bot.sockets.tls_port, ssl=context))
            pairs[-1][1].write(OPTIONS)
            await bot.message()
        with pytest.raises(OSError):
            await asyncio.open_connection("127.0.0.1", bot.sockets.tls_port, ssl=context)
        assert bot.sockets.connections == LIMITS.per_host
        for pair in pairs:
            await _closed(*pair)


async def test_a_message_that_is_too_long_ends_the_connection() -> None:
    async with _open() as bot:
        reader, writer = await _connect(bot.sockets.port)
        writer.write(b"OPTIONS sip:a@b SIP/2.0\r\nX: " + b"y" * 70_000)
        await _closed(reader, writer)
        assert bot.sockets.malformed == 1


async def test_pings_are_answered_and_ours_notice_who_is_gone() -> None:
    """Two of ours: a ping is answered. A peer that answered once and then no more is closed; a mute one is not."""
    patient = StreamLimits(silent_s=30.0, pong_s=0.2)
    async with _open(limits=patient) as bot, _open(limits=patient) as other:
        there = Peer("TCP", "127.0.0.1", other.sockets.port)
        bot.sockets.send(OPTIONS, there)
        await other.message()
        connection = bot.sockets.connection_to(there)
        assert connection is not None
        connection.ping()
        bot.sockets.send(OPTIONS, there)
        data, peer = await other.message()
        assert data == OPTIONS
        other.sockets.send(OPTIONS, peer)
        assert (await bot.message())[0] == OPTIONS, "the pong before it was taken out"
        connection.ping()
        connection.ping()
        now = asyncio.get_running_loop().time()
        assert connection.stale(now + 0.3, patient, lambda flow: True)
    assert (await bot.lost.get()).port == there.port


async def test_a_peer_that_never_answers_pings_is_left_alone() -> None:
    async with _open(limits=StreamLimits(pong_s=0.1)) as bot:
        with socket.socket() as mute:
            mute.bind(("127.0.0.1", 0))
            mute.listen()
            there = Peer("TCP", "127.0.0.1", mute.getsockname()[1])
            bot.sockets.send(OPTIONS, there)
            loop = asyncio.get_running_loop()
            accepted, _ = await loop.run_in_executor(None, mute.accept)
            assert await loop.run_in_executor(None, accepted.recv, 100_000), "it is open for us too"
            connection = bot.sockets.connection_to(there)
            assert connection is not None
            connection.ping()
            now = asyncio.get_running_loop().time()
            assert not connection.stale(now + 60.0, StreamLimits(), lambda flow: False)
            accepted.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("transport", ["UDP", "TCP"])
async def test_one_socket_for_both_families(host: str, transport: str) -> None:
    async with _open(bind="::") as bot, _open(bind="::") as other:
        bot.sockets.send(OPTIONS, Peer(transport, host, other.sockets.port))
        data, peer = await other.message()
        assert (data, peer.host) == (OPTIONS, host), "an IPv4 address is written as one"
        other.sockets.send(OPTIONS, peer)
        assert (await bot.message())[1].host == host


async def test_what_cannot_be_reached_is_told() -> None:
    async with _open() as bot:
        for peer in (Peer("UDP", "::1", 9), Peer("TCP", "127.0.0.1", 9), Peer("TLS", "127.0.0.1", 9)):
            bot.sockets.send(OPTIONS, peer)
            async with asyncio.timeout(5):
                assert await bot.failed.get() == peer


@pytest.mark.parametrize("bind", ["::1", "::"])
async def test_a_call_over_ipv6(bind: str) -> None:
    """Brackets in URIs, IP6 in SDP, keys by RTP; on one socket for both families too."""

    legs: list[CallLeg] = []

    async def serve(leg: CallLeg) -> None:
        legs.append(leg)
        await leg.answer()
        await leg.wait_ended()

    async def nobody(leg: CallLeg) -> None:
        await leg.reject(404)

    called = SipLine(SipSettings(bind=bind, rtp_low=45400, rtp_high=45500), 0)
    caller = SipLine(SipSettings(bind=bind, rtp_low=45500, rtp_high=45600), 0)
    await called.start(serve)
    await caller.start(nobody)
    try:
        hosts = ["[::1]"] if bind == "::1" else ["[::1]", "127.0.0.1"]
        for host in hosts:
            leg = await caller.dial(f"sip:bot@{host}:{called.port}")
            heard = TonePort()
            legs[-1].attach(heard)
            (call,) = called.ua.calls
            family = "IP6" if host == "[::1]" else "IP4"
            assert f"c=IN {family} {host.strip('[]')}".encode() in call.invite.body
            assert f"@{host}:{caller.port}" in call.invite.headers.get("contact")
            await leg.send_keys("5")
            await leg.hangup()
            assert (await legs[-1].wait_ended()).reason is EndReason.REMOTE_HANGUP
            assert heard.keys == ["5"]
    finally:
        await caller.stop()
        await called.stop()
