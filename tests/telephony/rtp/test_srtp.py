"""SRTP both ways between two of us, and what may not pass."""

import secrets

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voicebot.telephony.rtp.packet import RtpPacket
from voicebot.telephony.rtp.srtp import CryptoSuite, MasterKey, SrtpContext, SrtpKeys


def key(suite: CryptoSuite = CryptoSuite.AES_CM_128_HMAC_SHA1_80) -> MasterKey:
    return MasterKey(suite, secrets.token_bytes(suite.key_length))


def pair(suite: CryptoSuite = CryptoSuite.AES_CM_128_HMAC_SHA1_80) -> tuple[SrtpContext, SrtpContext]:
    one, two = key(suite), key(suite)
    return SrtpContext(SrtpKeys(one, two)), SrtpContext(SrtpKeys(two, one))


def packet(sequence: int, payload: bytes = b"\xd5" * 160, ssrc: int = 7) -> bytes:
    return RtpPacket(8, sequence & 0xFFFF, 160 * sequence & 0xFFFFFFFF, ssrc, payload).build()


REPORT = bytes.fromhex("80c9000100000007")


@pytest.mark.parametrize("suite", CryptoSuite)
@given(payloads=st.lists(st.binary(max_size=480), min_size=1, max_size=20), first=st.integers(0, 0xFFFF))
@settings(max_examples=30, deadline=None)
def test_what_goes_in_comes_out_both_ways(suite: CryptoSuite, payloads: list[bytes], first: int) -> None:
    one, two = pair(suite)
    for n, payload in enumerate(payloads):
        for here, there in ((one, two), (two, one)):
            clear = packet(first + n, payload)
            sealed = here.protect(clear)
            assert sealed[:12] == clear[:12]
            assert len(payload) < 8 or payload not in sealed
            assert there.unprotect(sealed) == clear
    assert two.unprotect_rtcp(one.protect_rtcp(REPORT)) == REPORT


@pytest.mark.parametrize("suite", CryptoSuite)
def test_repeated_and_altered_packets_do_not_pass(suite: CryptoSuite) -> None:
    one, two = pair(suite)
    sealed = one.protect(packet(1))
    for at in (1, 3, 14, len(sealed) - 1):
        altered = bytearray(sealed)
        altered[at] ^= 1
        assert two.unprotect(bytes(altered)) is None
    assert two.unprotect(sealed) is not None
    assert two.unprotect(sealed) is None, "a replay"
    assert two.unprotect(packet(2)) is None, "in clear"
    report = one.protect_rtcp(REPORT)
    assert two.unprotect_rtcp(report) == REPORT
    assert two.unprotect_rtcp(report) is None
    assert two.unprotect_rtcp(REPORT) is None


@given(st.binary(max_size=2000))
@settings(max_examples=100, deadline=None)
def test_noise_does_not_pass(noise: bytes) -> None:
    _, two = pair()
    assert two.unprotect(noise) is None
    assert two.unprotect_rtcp(noise) is None


def test_order_and_the_wrap_of_the_sequence_do_not_matter() -> None:
    one, two = pair()
    sealed = [one.protect(packet(0xFFF0 + n)) for n in range(40)]
    order = [*range(0, 40, 2), *range(1, 40, 2)]
    assert all(two.unprotect(sealed[n]) == packet(0xFFF0 + n) for n in order)


def test_a_new_key_takes_over_and_what_was_on_its_way_is_still_heard() -> None:
    one, two = pair()
    late = [one.protect(packet(n)) for n in range(1, 4)]
    assert two.unprotect(late[0]) is not None
    ours, theirs = key(), key()
    one.rekey(SrtpKeys(ours, theirs))
    two.rekey(SrtpKeys(theirs, ours))
    assert two.unprotect(late[1]) == packet(2), "sent before the change"
    assert two.unprotect(one.protect(packet(4))) == packet(4)
    assert two.unprotect(late[2]) is None, "the old key is over"
    assert one.unprotect(two.protect(packet(1))) == packet(1)


def test_the_key_of_one_direction_stays_with_its_counters() -> None:
    one, two = pair()
    seen = one.protect(packet(9))
    assert two.unprotect(seen) is not None
    fresh = key()
    one.rekey(SrtpKeys(one.keys.ours, fresh))
    two.rekey(SrtpKeys(fresh, two.keys.theirs))
    assert two.unprotect(seen) is None, "still a replay"
    assert one.unprotect(two.protect(packet(1))) is not None


def test_keys_have_the_length_of_their_suite() -> None:
    with pytest.raises(ValueError, match="takes 28 octets"):
        MasterKey(CryptoSuite.AEAD_AES_128_GCM, bytes(30))
