"""Servers of a trunk that are not there: real sockets on loopback, found by a real DNS server."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import cast

import pytest

from tests.telephony.sip.certificates import Authority
from tests.telephony.sip.dns_server import dns_server
from voicebot.errors import ConfigurationError, DialFailed
from voicebot.settings import SipSettings
from voicebot.telephony.leg import CallLeg, EndReason
from voicebot.telephony.sip.framing import StreamFramer
from voicebot.telephony.sip.layer import make_response
from voicebot.telephony.sip.line import SipLine
from voicebot.telephony.sip.message import Request, parse


class Server:
    """A server of the provider: one of our lines, which answers, only rings, or refuses."""

    def __init__(self, *, does: str = "answer", **settings: object) -> None:
        given = {"rtp_low": 46200, "rtp_high": 46300, **settings}
        self.line = SipLine(SipSettings.model_validate(given), 0)
        self.legs: list[CallLeg] = []
        self._does = does

    async def serve(self, leg: CallLeg) -> None:
        """Take a call."""
        self.legs.append(leg)
        if self._does == "busy":
            await leg.reject(486)
            return
        await leg.ringing()
        if self._does == "answer":
            await leg.answer()
        await leg.wait_ended()


async def _nobody(leg: CallLeg) -> None:
    await leg.reject(404)


@contextmanager
def _mute() -> Iterator[socket.socket]:
    """A UDP port at which nobody answers."""
    with socket.socket(type=socket.SOCK_DGRAM) as made:
        made.bind(("127.0.0.1", 0))
        made.setblocking(False)
        yield made


def _port(server: socket.socket) -> int:
    return int(server.getsockname()[1])


@asynccontextmanager
async def _running(*servers: Server) -> AsyncIterator[None]:
    for server in servers:
        await server.line.start(server.serve)
    try:
        yield
    finally:
        for server in servers:
            await server.line.stop()


@asynccontextmanager
async def _calling(ports: list[int], *, transport: str = "udp", **settings: object) -> AsyncIterator[SipLine]:
    """A line with a trunk whose SRV records name these ports, one after another."""
    label = {"udp": "_sip._udp", "tcp": "_sip._tcp", "tls": "_sips._tcp"}[transport]
    zone = {
        (f"{label}.provider.test", "SRV"): [f"{n} 0 {port} a.provider.test." for n, port in enumerate(ports)],
        ("a.provider.test", "A"): ["127.0.0.1"],
    }
    async with dns_server(zone) as dns:
        trunk = {"name": "provider", "domain": "provider.test", "transport": transport, "options_s": 0}
        given = {
            "rtp_low": 46300,
            "rtp_high": 46400,
            "dns_servers": [dns.address],
            "failover_s": 0.3,
            "trunks": [trunk | settings.pop("trunk", {})],  # type: ignore[operator]
            **settings,
        }
        line = SipLine(SipSettings.model_validate(given), 0)
        await line.start(_nobody)
        try:
            yield line
        finally:
            await line.stop()


async def test_a_silent_server_is_passed_over_and_remembered() -> None:
    alive = Server()
    with _mute() as mute:
        async with _running(alive), _calling([_port(mute), alive.line.port]) as line:
            leg = await line.dial("sip:0161@provider.test", timeout_s=5.0)
            await leg.hangup()
            assert mute.recv(65535).startswith(b"INVITE sip:0161@provider.test SIP/2.0")
            while True:
                try:
                    mute.recv(65535)
                except BlockingIOError:
                    break
            again = await line.dial("sip:0161@provider.test", timeout_s=5.0)
            await again.hangup()
            with pytest.raises(BlockingIOError):
                mute.recv(65535)
            assert len(alive.legs) == 2


async def test_a_server_that_refuses_connections_is_passed_over() -> None:
    alive = Server()
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        async with _running(alive), _calling([_port(nobody), alive.line.port], transport="tcp") as line:
            leg = await line.dial("tel:0161", timeout_s=5.0)
            assert (leg.facts.trunk, alive.legs[0].facts.called) == ("provider", "0161")
            await leg.hangup()


async def test_a_server_that_is_overloaded_is_passed_over() -> None:
    full, alive = Server(), Server()
    async with _running(full, alive), _calling([full.line.port, alive.line.port]) as line:
        full.line.ua.stop_accepting()
        leg = await line.dial("sip:0161@provider.test")
        await leg.hangup()
        assert (len(full.legs), len(alive.legs)) == (0, 1)


async def test_busy_is_an_answer() -> None:
    busy, alive = Server(does="busy"), Server()
    async with _running(busy, alive), _calling([busy.line.port, alive.line.port]) as line:
        with pytest.raises(DialFailed) as failure:
            await line.dial("sip:0161@provider.test")
        assert failure.value.status == 486
        assert not alive.legs


async def test_ringing_is_a_sign_of_life() -> None:
    """Longer than the patience with a silent server, and shorter than that of the caller."""
    ringing, alive = Server(does="ring"), Server()
    async with _running(ringing, alive), _calling([ringing.line.port, alive.line.port]) as line:
        with pytest.raises(DialFailed) as failure:
            await line.dial("sip:0161@provider.test", timeout_s=0.8)
        assert failure.value.status == 408
        assert not alive.legs
        assert (await ringing.legs[0].wait_ended()).reason is EndReason.CANCELLED


async def test_with_no_server_there_the_call_fails_in_time() -> None:
    with _mute() as one, _mute() as two:
        async with _calling([_port(one), _port(two)]) as line:
            started = line.now()
            with pytest.raises(DialFailed) as failure:
                await line.dial("sip:0161@provider.test", timeout_s=0.8)
            assert failure.value.status == 408
            assert line.now() - started < 2.0
            assert line.media.streams == 0


async def test_a_tls_server_that_proves_another_name_is_passed_over(tmp_path: Path) -> None:
    """It is the domain that is proved, whatever host DNS named."""
    authority = Authority(tmp_path)
    wrong = Server(tls_port=0, tls_certificate=str(authority.issue("wrong.pem", "a.provider.test", "127.0.0.1")))
    right = Server(tls_port=0, tls_certificate=str(authority.issue("right.pem", "provider.test")))
    async with _running(wrong, right):
        ports = [server.line.sockets.tls_port for server in (wrong, right)]
        async with _calling(ports, transport="tls", tls_ca=str(authority.ca)) as line:
            leg = await line.dial("sip:0161@provider.test")
            await leg.hangup()
            assert (len(wrong.legs), len(right.legs)) == (0, 1)
            assert line.sockets.handshakes_failed == 1


async def test_a_dead_server_is_known_before_anybody_rings() -> None:
    alive = Server()
    with _mute() as mute:
        async with (
            _running(alive),
            _calling([_port(mute), alive.line.port], trunk={"options_s": 30.0}) as line,
        ):
            (trunk,) = line.router.trunks
            async with asyncio.timeout(5):
                while trunk.reachable is None:
                    await asyncio.sleep(0.02)
            assert trunk.reachable, "one of two answers"
            assert [peer.port for peer in await trunk.targets()] == [alive.line.port, _port(mute)]


async def test_calls_out_are_bounded() -> None:
    alive = Server()
    async with _running(alive), _calling([alive.line.port], trunk={"max_calls": 1}, max_calls_out=2) as line:
        first, refused = await asyncio.gather(line.dial("tel:1"), line.dial("tel:2"), return_exceptions=True)
        if isinstance(first, DialFailed):
            first, refused = refused, first
        assert isinstance(refused, DialFailed)
        assert refused.status == 503
        assert not isinstance(first, BaseException)
        second = await line.dial(f"sip:x@127.0.0.1:{alive.line.port}")
        with pytest.raises(DialFailed):
            await line.dial(f"sip:y@127.0.0.1:{alive.line.port}")
        for leg in (first, second):
            await leg.hangup()
        assert len(alive.legs) == 2


async def test_a_caller_id_of_the_trunk_is_shown_to_whom_we_ring() -> None:
    alive = Server()
    settings = {"caller_id": "+441610000000", "user": "u-77"}
    async with _running(alive), _calling([alive.line.port], trunk=settings) as line:
        leg = await line.dial("tel:1", caller="+447700900123", caller_name="Ann")
        facts = alive.legs[0].facts
        assert (facts.caller, facts.caller_name) == ("+441610000000", "Ann")
        await leg.hangup()


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("tel:0161;trunk=nobody", 404),
        ("sip:x@provider.test;trunk=provider;transport=sctp", 503),
        ("sip:x@192.0.2.7", 403),
        ("sip:x@nowhere.invalid", 404),
    ],
)
async def test_ways_that_there_are_not(address: str, status: int) -> None:
    async with _calling([]) as line:
        with pytest.raises(DialFailed) as failure:
            await line.dial(address)
        assert failure.value.status == status


class Registrar:
    """A registrar over TCP that takes everybody, and can hang up."""

    def __init__(self) -> None:
        self.port = 0
        self.seen: asyncio.Queue[Request] = asyncio.Queue()
        self.writers: list[asyncio.StreamWriter] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.writers.append(writer)
        framer = StreamFramer()
        while data := await reader.read(65536):
            for raw in framer.feed(data):
                message = parse(raw, stream=True)
                if isinstance(message, Request):
                    self.seen.put_nowait(message)
                    response = make_response(message, 200, tag="here")
                    for contact in message.headers.lines("contact"):
                        response.headers.add("Contact", contact)
                    writer.write(response.to_bytes())
            if pongs := framer.take_pongs():
                writer.write(pongs)
        writer.close()


async def test_a_lost_connection_is_registered_anew() -> None:
    registrar = Registrar()
    server = await asyncio.start_server(registrar.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    trunk = {
        "name": "pbx",
        "domain": f"127.0.0.1:{port}",
        "transport": "tcp",
        "user": "bot",
        "registers": True,
        "options_s": 0,
    }
    line = SipLine(SipSettings.model_validate({"trunks": [trunk], "rtp_low": 46300, "rtp_high": 46400}), 0)
    await line.start(_nobody)
    (known,) = line.router.trunks
    async with asyncio.timeout(10):
        first = await registrar.seen.get()
        while known.status().registration != "registered":
            await asyncio.sleep(0.01)
        registrar.writers[0].close()
        second = await registrar.seen.get()
        while known.status().registration != "registered":
            await asyncio.sleep(0.01)
    assert second.headers.get("call-id") == first.headers.get("call-id")
    contact = first.headers.get("contact")
    assert contact.startswith(f"<sip:{known.contact_user}@127.0.0.1:{line.port};transport=tcp>")
    await line.stop()
    assert registrar.seen.get_nowait().headers.get("expires") == "0", "it leaves when it stops"
    server.close()


class UdpRegistrar(asyncio.DatagramProtocol):
    """A registrar over UDP that takes everybody, or has something else to say."""

    def __init__(self, status: int = 200, **headers: str) -> None:
        self.port = 0
        self.seen: list[Request] = []
        self.pinged = asyncio.Event()
        self._status = status
        self._headers = headers
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open."""
        self._transport = cast(asyncio.DatagramTransport, transport)
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer."""
        if data == b"\r\n\r\n":
            self.pinged.set()
            return
        message = parse(data)
        assert isinstance(message, Request)
        self.seen.append(message)
        response = make_response(message, self._status, tag="here")
        for name, value in self._headers.items():
            response.headers.add(name.replace("_", "-"), value)
        assert self._transport is not None
        self._transport.sendto(response.to_bytes(), addr)

    async def open(self) -> "UdpRegistrar":
        """Listen on a free port."""
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        return self

    def close(self) -> None:
        """Be gone."""
        assert self._transport is not None
        self._transport.close()


REGISTERS = {"user": "bot", "registers": True}


async def test_the_way_to_a_registrar_is_kept_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """A CRLF by UDP, which nobody answers (RFC 5626 3.5.1 and 4.4)."""
    monkeypatch.setattr("voicebot.telephony.sip.trunk.UDP_KEEP_ALIVE_S", 0.05)
    registrar = await UdpRegistrar().open()
    async with _calling([registrar.port], trunk=REGISTERS), asyncio.timeout(10):
        await registrar.pinged.wait()
    registrar.close()


async def test_another_registrar_is_found_and_kept_to() -> None:
    """The first says nothing, the second that it can't; calls go by the one that took us, and by its Service-Route."""
    full = await UdpRegistrar(503, Retry_After="120").open()
    good = await UdpRegistrar(200, Service_Route="<sip:edge.provider.test;lr>").open()
    with _mute() as mute:
        async with _calling([_port(mute), full.port, good.port], trunk=REGISTERS) as line:
            (trunk,) = line.router.trunks
            async with asyncio.timeout(10):
                while trunk.status().registration != "registered":
                    await asyncio.sleep(0.01)
            assert [request.method for request in full.seen] == ["REGISTER"]
            route = await line.router.route("tel:1")
            assert route.peers[0].port == good.port
            with pytest.raises(DialFailed):
                await line.dial("tel:1", timeout_s=0.5)
            assert good.seen[-1].headers.values("route") == ["<sip:edge.provider.test;lr>"]
    assert good.seen[-1].headers.get("expires") == "0"
    full.close()
    good.close()


async def test_an_outbound_proxy_is_sent_everything() -> None:
    proxy = await UdpRegistrar(404).open()
    settings = {"proxy": f"127.0.0.1:{proxy.port}"}
    async with _calling([], trunk=settings) as line:
        with pytest.raises(DialFailed) as failure:
            await line.dial("sip:0161@provider.test")
        assert failure.value.status == 404
    (invite, ack) = proxy.seen
    assert (invite.method, invite.uri, ack.method) == ("INVITE", "sip:0161@provider.test", "ACK")
    assert invite.headers.values("route") == [f"<sip:127.0.0.1:{proxy.port};transport=udp;lr>"]
    proxy.close()


async def test_a_trunk_lives_on_without_a_way_to_its_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine whose network is not up yet."""
    trunk = {"name": "pbx", "domain": "192.0.2.1", "user": "bot", "registers": True, "options_s": 1.0}

    def nowhere(host: str) -> str:
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr("voicebot.telephony.sip.hosts.host_towards", nowhere)
    given = {"bind": "0.0.0.0", "trunks": [trunk], "rtp_low": 46300, "rtp_high": 46400}
    line = SipLine(SipSettings.model_validate(given), 0)
    await line.start(_nobody)
    (known,) = line.router.trunks
    async with asyncio.timeout(10):
        while known.status().registration != "unreachable" or known.reachable is None:
            await asyncio.sleep(0.01)
    assert known.reachable is False
    with pytest.raises(DialFailed) as failure:
        await line.dial("tel:1")
    assert failure.value.status == 503
    await line.stop()


def test_what_is_wrong_with_trunks_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def line(**trunk: object) -> SipLine:
        given = {"name": "provider", "domain": "provider.test", **trunk}
        return SipLine(SipSettings.model_validate({"trunks": [given], "callers": callers}), 0)

    callers: list[dict[str, object]] = []
    with pytest.raises(ConfigurationError, match="NOT_SET"):
        line(password_env="NOT_SET")
    with pytest.raises(ConfigurationError, match="provider: wrong domain"):
        line(domain="a b")
    two = [{"name": "a", "domain": "a.test"}, {"name": "a", "domain": "b.test"}]
    with pytest.raises(ConfigurationError, match="same name"):
        SipLine(SipSettings.model_validate({"trunks": two}), 0)
    callers = [{"user": "ann", "password_env": "NOT_SET"}]
    with pytest.raises(ConfigurationError, match=r"ann.*NOT_SET"):
        line()
