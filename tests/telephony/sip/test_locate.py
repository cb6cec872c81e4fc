"""RFC 3263: which servers a domain has and in which order they are tried; by records written down, and by real DNS."""

from collections import Counter
from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.telephony.sip.dns_server import dns_server
from voicebot.errors import ConfigurationError
from voicebot.telephony.sip.events import Peer
from voicebot.telephony.sip.health import MAX_BAD_S, Health
from voicebot.telephony.sip.locate import MAX_TARGETS, Naptr, Srv, in_order, locate
from voicebot.telephony.sip.resolver import DnsRecords


class Written:
    """Records written down."""

    def __init__(
        self,
        naptr: Sequence[Naptr] = (),
        srv: dict[str, list[Srv]] | None = None,
        hosts: dict[str, list[str]] | None = None,
    ) -> None:
        self._naptr, self._srv, self._hosts = naptr, srv or {}, hosts or {}
        self.asked: list[str] = []

    async def naptr(self, domain: str) -> Sequence[Naptr]:
        """Noted."""
        self.asked.append(f"NAPTR {domain}")
        return self._naptr

    async def srv(self, name: str) -> Sequence[Srv]:
        """Noted."""
        self.asked.append(f"SRV {name}")
        return self._srv.get(name, [])

    async def addresses(self, host: str) -> Sequence[str]:
        """Noted."""
        self.asked.append(f"A {host}")
        return self._hosts.get(host, [])


@pytest.mark.parametrize(
    ("domain", "port", "transport", "expected"),
    [
        ("192.0.2.1", None, "", Peer("UDP", "192.0.2.1", 5060)),
        ("192.0.2.1", 5080, "TCP", Peer("TCP", "192.0.2.1", 5080)),
        ("2001:DB8::1", None, "TLS", Peer("TLS", "2001:db8::1", 5061)),
    ],
)
async def test_an_address_is_its_own_server(domain: str, port: int | None, transport: str, expected: Peer) -> None:
    written = Written()
    assert await locate(domain, written, Random(1), port=port, transport=transport) == [expected]
    assert not written.asked


async def test_a_port_forbids_srv() -> None:
    written = Written(hosts={"sip.test": ["192.0.2.1", "192.0.2.2"]})
    found = await locate("sip.test", written, Random(1), port=5070)
    assert [(p.transport, p.host, p.port, p.name) for p in found] == [
        ("UDP", "192.0.2.1", 5070, "sip.test"),
        ("UDP", "192.0.2.2", 5070, "sip.test"),
    ]
    assert written.asked == ["A sip.test"]


async def test_naptr_chooses_the_transport_and_srv_the_servers() -> None:
    """RFC 3263 4.1's own example, in the order of its preferences; services that we do not speak are passed over."""
    written = Written(
        naptr=[
            Naptr(100, 50, "SIP+D2U", "_sip._udp.example.test"),
            Naptr(50, 60, "SIP+D2T", "_sip._tcp.example.test"),
            Naptr(50, 50, "sips+d2t", "_sips._tcp.example.test"),
            Naptr(10, 10, "SIP+D2S", "_sip._sctp.example.test"),
        ],
        srv={"_sips._tcp.example.test": [Srv(1, 0, 5061, "a.test"), Srv(2, 0, 5071, "b.test")]},
        hosts={"a.test": ["192.0.2.1"], "b.test": ["192.0.2.2", "192.0.2.3"]},
    )
    assert await locate("example.test", written, Random(1)) == [
        Peer("TLS", "192.0.2.1", 5061, name="example.test"),
        Peer("TLS", "192.0.2.2", 5071, name="example.test"),
        Peer("TLS", "192.0.2.3", 5071, name="example.test"),
    ]
    found = await locate("example.test", written, Random(1), transport="UDP")
    assert found == [], "what is asked for is what is looked for"
    assert "SRV _sip._udp.example.test" in written.asked


async def test_without_naptr_each_transport_is_asked_for_and_at_last_the_host() -> None:
    written = Written(hosts={"example.test": ["192.0.2.9"]})
    assert await locate("example.test", written, Random(1)) == [Peer("UDP", "192.0.2.9", 5060, name="example.test")]
    assert written.asked == [
        "NAPTR example.test",
        "SRV _sip._udp.example.test",
        "SRV _sips._tcp.example.test",
        "SRV _sip._tcp.example.test",
        "A example.test",
    ]


async def test_a_service_that_is_decidedly_not_there() -> None:
    written = Written(
        srv={"_sip._udp.example.test": [Srv(0, 0, 0, "")], "_sip._tcp.example.test": [Srv(0, 0, 5060, "a.test")]},
        hosts={"a.test": ["192.0.2.1"]},
    )
    assert await locate("example.test", written, Random(1)) == [Peer("TCP", "192.0.2.1", 5060, name="example.test")]


async def test_there_is_an_end_to_servers() -> None:
    written = Written(hosts={"x.test": [f"192.0.2.{n}" for n in range(200)]})
    assert len(await locate("x.test", written, Random(1), port=5060)) == MAX_TARGETS


@given(
    st.lists(st.builds(Srv, st.integers(0, 3), st.integers(0, 100), st.just(5060), st.text(max_size=3))), st.integers()
)
def test_the_order_keeps_every_server_and_the_priorities(servers: list[Srv], seed: int) -> None:
    ordered = in_order(servers, Random(seed))
    assert Counter(ordered) == Counter(servers)
    assert [server.priority for server in ordered] == sorted(server.priority for server in servers)


def test_weights_share_the_load() -> None:
    random = Random(7)
    servers = [Srv(1, 60, 1, "a"), Srv(1, 30, 1, "b"), Srv(1, 10, 1, "c"), Srv(1, 0, 1, "d")]
    first = Counter(in_order(servers, random)[0].host for _ in range(10_000))
    assert 5500 < first["a"] < 6500
    assert 2500 < first["b"] < 3500
    assert 600 < first["c"] < 1400
    assert first["d"] < 300


def test_servers_that_failed_come_last_for_a_while() -> None:
    health = Health()
    a, b, c = (Peer("UDP", f"192.0.2.{n}", 5060) for n in (1, 2, 3))
    health.failed(a, 0.0)
    assert health.order([a, b, c], 59.0) == [b, c, a]
    assert health.order([a, b, c], 61.0) == [a, b, c]
    health.failed(b, 100.0, 86_400.0)
    assert health.bad(b, 100.0 + MAX_BAD_S - 1)
    assert not health.bad(b, 101.0 + MAX_BAD_S), "nobody is banished for a day"
    health.failed(c, 100.0)
    health.worked(c)
    assert not health.bad(c, 100.0)


ZONE = {
    ("example.test", "NAPTR"): [
        '10 10 "s" "SIP+D2T" "" _sip._tcp.example.test.',
        '20 10 "s" "SIP+D2U" "" _sip._udp.example.test.',
        '5 10 "u" "E2U+sip" "!^.*$!sip:x@y!" .',
    ],
    ("_sip._tcp.example.test", "SRV"): ["10 0 5062 a.example.test.", "20 0 5063 b.example.test."],
    ("a.example.test", "A"): ["127.0.0.2"],
    ("a.example.test", "AAAA"): ["::1"],
    ("b.example.test", "A"): ["127.0.0.3"],
}


async def test_real_dns() -> None:
    async with dns_server(ZONE) as server:
        records = DnsRecords([server.address])
        found = await locate("example.test", records, Random(1))
        assert [(p.transport, p.host, p.port) for p in found] == [
            ("TCP", "127.0.0.2", 5062),
            ("TCP", "::1", 5062),
            ("TCP", "127.0.0.3", 5063),
        ]
        only_four = DnsRecords([server.address], ipv6=False)
        assert [p.host for p in await locate("example.test", only_four, Random(1))] == ["127.0.0.2", "127.0.0.3"]
        assert await locate("nowhere.invalid", records, Random(1)) == []


async def test_names_of_the_system_are_known_too() -> None:
    async with dns_server({}) as server:
        found = await locate("localhost", DnsRecords([server.address], ipv6=False), Random(1), port=5070)
        assert found == [Peer("UDP", "127.0.0.1", 5070, name="localhost")]


async def test_what_was_known_outlives_dns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voicebot.telephony.sip.resolver.LIFETIME_S", 0.2)
    async with dns_server({key: records for key, records in ZONE.items() if key[1] != "NAPTR"}) as server:
        records = DnsRecords([server.address], ipv6=False)
        before = await locate("example.test", records, Random(1), transport="TCP")
        assert len(before) == 2
        server.mute = True
        assert records._resolver is not None
        records._resolver.cache = None  # What it holds has expired.
        assert await locate("example.test", records, Random(1), transport="TCP") == before


@pytest.mark.parametrize("server", ["dns.example.test", "127.0.0.1:", "127.0.0.1:x", "[::1", ""])
def test_a_dns_server_that_is_none(server: str) -> None:
    with pytest.raises(ConfigurationError, match="dns_servers"):
        DnsRecords([server])


def test_dns_servers_with_and_without_a_port() -> None:
    records = DnsRecords(["127.0.0.1", "127.0.0.2:5353", "::1", "[::2]:5353"])
    assert records._servers == [("127.0.0.1", 53), ("127.0.0.2", 5353), ("::1", 53), ("::2", 5353)]
