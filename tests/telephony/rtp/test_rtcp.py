"""RTCP: packets there and back, statistics of RFC 3550, and two reporters on a line with delay and loss."""

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicebot.errors import ProtocolError
from voicebot.telephony.rtp.reception import Reception
from voicebot.telephony.rtp.reports import INTERVAL_S, RtcpReporter, Sent
from voicebot.telephony.rtp.rtcp import (
    CNAME,
    Goodbye,
    OtherPacket,
    ReceiverReport,
    ReportBlock,
    RtcpPacket,
    SenderReport,
    SourceDescription,
    build,
    parse,
)

word = st.integers(0, 0xFFFFFFFF)
blocks = st.lists(
    st.builds(ReportBlock, word, st.integers(0, 255), st.integers(-0x800000, 0x7FFFFF), word, word, word, word),
    max_size=31,
).map(tuple)
items = st.lists(st.tuples(st.integers(1, 255), st.binary(max_size=255)), max_size=4).map(tuple)
packets: st.SearchStrategy[RtcpPacket] = st.one_of(
    st.builds(SenderReport, word, st.integers(0, 2**64 - 1), word, word, word, blocks),
    st.builds(ReceiverReport, word, blocks),
    st.builds(SourceDescription, st.lists(st.tuples(word, items), max_size=5).map(tuple)),
    st.builds(Goodbye, st.lists(word, max_size=31).map(tuple), st.binary(max_size=255)),
    st.builds(
        OtherPacket,
        st.integers(204, 223),
        st.integers(0, 31),
        st.binary(max_size=40).map(lambda b: b[: len(b) // 4 * 4]),
    ),
)


@given(st.lists(packets, min_size=1, max_size=6))
def test_what_is_built_is_read(compound: list[RtcpPacket]) -> None:
    data = build(compound)
    assert len(data) % 4 == 0
    assert parse(data) == compound


@given(st.binary(max_size=120))
def test_noise_is_refused_or_read(noise: bytes) -> None:
    for data in (noise, b"\x80\xc9" + noise, b"\x82\xca\x00\x08" + noise):
        try:
            found = parse(data)
        except ProtocolError:
            continue
        assert found


def test_padding_is_taken_off_the_last_packet_only() -> None:
    padded = bytes.fromhex("a0c90002 00000007 00000004")
    assert parse(padded) == [ReceiverReport(7)]
    with pytest.raises(ProtocolError, match="padding"):
        parse(padded + padded)


@given(st.integers(0, 10_000), st.floats(0, 0.5), st.floats(0, 0.1), st.integers(0, 0xFFFF))
def test_losses_are_counted_whatever_the_order(seed: int, loss: float, double: float, first: int) -> None:
    random = Random(seed)
    kept = [0] + [n for n in range(1, 300) if random.random() >= loss]
    arrivals = [n for n in kept for _ in range(2 if random.random() < double else 1)]
    shuffled = [arrivals[0], *sorted(arrivals[1:], key=lambda n: n + random.uniform(0, 3))]
    reception = Reception(first)
    for n in shuffled:
        reception.packet((first + n) & 0xFFFF, 160 * n, 160 * n)
    assert reception.expected == kept[-1] + 1
    assert reception.lost == kept[-1] + 1 - len(arrivals)
    assert reception.highest == first + kept[-1]
    assert reception.fraction_lost() == max(0, reception.lost * 256 // reception.expected)
    assert reception.fraction_lost() == 0, "nothing since"


def test_jitter_is_that_of_the_transit_times() -> None:
    steady, uneven = Reception(0), Reception(0)
    for n in range(2000):
        steady.packet(n & 0xFFFF, 160 * n & 0xFFFFFFFF, 160 * n + 5_000_000)
        uneven.packet(n & 0xFFFF, 160 * n & 0xFFFFFFFF, 160 * n + (n % 2) * 80)
    assert steady.jitter == 0
    assert uneven.jitter == pytest.approx(80, abs=1)


def test_a_source_that_starts_anew_is_followed_from_the_second_packet() -> None:
    reception = Reception(10)
    reception.packet(10, 0, 0)
    reception.packet(40_000, 0, 0)
    assert reception.highest == 10
    reception.packet(40_001, 160, 160)
    assert reception.highest == 40_001
    assert reception.lost == 0


def test_the_round_trip_is_measured_and_each_learns_what_the_other_heard() -> None:
    one, two = RtcpReporter(1, lambda: 0.5), RtcpReporter(2, lambda: 0.5)
    heard = Reception(0)
    for n in range(100):
        if n % 10 != 5:
            heard.packet(n, 160 * n, 160 * n)
    sent = Sent(16000, 100, 16000, True)
    two.receive(one.report(1000.0, sent, None, None), 1000.03)
    one.receive(two.report(1002.5, sent, 1, heard), 1002.55)
    assert one.round_trip_s == pytest.approx(0.08, abs=0.001)
    assert one.peer_fraction_lost == pytest.approx(0.1, abs=0.005)
    assert one.peer_lost == 10
    two.receive(one.report(1003.0, Sent(0, 100, 16000, False), None, None), 1003.03)
    assert two.round_trip_s is None, "a receiver report without blocks says nothing"


def test_reports_come_when_they_should_and_say_who_without_saying_it() -> None:
    reporter = RtcpReporter(1)
    assert not reporter.due(0.0), "not started"
    reporter.start(0.0)
    times = [tick / 50 for tick in range(50 * 600) if reporter.due(tick / 50)]
    gaps = [b - a for a, b in pairwise(times)]
    assert INTERVAL_S * 0.25 / 1.22 <= times[0] <= INTERVAL_S * 0.75 / 1.21
    assert min(gaps) >= INTERVAL_S * 0.5 / 1.22 - 0.02
    assert max(gaps) <= INTERVAL_S * 1.5 / 1.21 + 0.02
    assert sum(gaps) / len(gaps) == pytest.approx(INTERVAL_S / 1.21828, rel=0.15)
    first, description = parse(reporter.report(0.0, Sent(0, 0, 0, False), None, None))
    assert first == ReceiverReport(1)
    assert isinstance(description, SourceDescription)
    ((ssrc, ((kind, name),)),) = description.chunks
    assert (ssrc, kind, len(name)) == (1, CNAME, 16)
    assert name not in RtcpReporter(1).report(0.0, Sent(0, 0, 0, False), None, None)
    assert isinstance(parse(reporter.goodbye())[-1], Goodbye)
