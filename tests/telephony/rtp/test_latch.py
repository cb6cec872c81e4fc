"""Whose media a call listens to, and where it sends."""

from ipaddress import ip_network

import pytest

from voicebot.telephony.rtp.latch import PROBATION, SymmetricLatch, permitted

ALLOWED = (ip_network("127.0.0.0/8"), ip_network("10.1.0.0/16"))
PEER = ("10.1.0.5", 4000)
NAT = ("10.1.0.5", 62001)
OTHER = ("10.1.9.9", 4000)
OUTSIDE = ("192.0.2.1", 4000)


def latch() -> SymmetricLatch:
    made = SymmetricLatch(ALLOWED)
    made.signal(PEER)
    return made


def test_signalling_is_believed_until_media_comes() -> None:
    assert latch().target == PEER


def test_another_port_of_the_same_host_is_latched_at_once() -> None:
    made = latch()
    assert made.accept(NAT, 1, 0)
    assert made.target == NAT


def test_outside_the_allowed_networks_nothing_is_ever_taken() -> None:
    made = latch()
    assert not any(made.accept(OUTSIDE, 1, n * 160) for n in range(100))
    assert made.target == PEER


def test_another_host_must_insist() -> None:
    made = latch()
    answers = [made.accept(OTHER, 1, n * 160) for n in range(PROBATION)]
    assert answers == [False] * (PROBATION - 1) + [True]
    assert made.target == OTHER


def test_a_live_call_cannot_be_stolen() -> None:
    made = latch()
    assert made.accept(PEER, 1, 0)
    for n in range(200):
        assert made.accept(PEER, 1, n * 160)
        assert not made.accept(OTHER, 2, n * 160)
        assert not made.accept(NAT, 2, n * 160)
    assert made.target == PEER


def test_a_source_that_moved_is_followed_after_silence() -> None:
    made = latch()
    assert made.accept(PEER, 1, 0)
    answers = [made.accept(NAT, 2, 160 * n) for n in range(1, 40)]
    assert answers.index(True) == 24  # 500 ms of silence of the first
    assert made.target == NAT


def test_a_candidate_that_changes_its_ssrc_starts_again() -> None:
    made = latch()
    assert made.accept(PEER, 1, 0)
    assert not any(made.accept(OTHER, n, 8000 + n * 160) for n in range(50))


def test_a_reinvite_to_another_address_undoes_the_latch() -> None:
    made = latch()
    made.accept(NAT, 1, 0)
    made.signal(PEER)
    assert made.target == NAT, "the same address again changes nothing"
    made.signal(OTHER)
    assert made.target == OTHER
    assert made.accept(OTHER, 3, 160)


@pytest.mark.parametrize(
    ("host", "answer"),
    [("127.0.0.9", True), ("::ffff:10.1.2.3", True), ("10.2.0.1", False), ("example.org", False), ("::1", False)],
)
def test_permitted(host: str, answer: bool) -> None:
    assert permitted(host, ALLOWED) is answer


def test_the_last_words_of_a_party_that_was_replaced_do_not_latch() -> None:
    """The new party is on the same host: without this each side would send to where nobody listens any more."""
    made = latch()
    new = ("10.1.0.5", 5000)
    assert made.accept(PEER, 1, 0)
    made.signal(new)
    answers = [made.accept(PEER, 1, 160 * n) for n in range(1, 30)]
    assert made.target == PEER
    assert answers.index(True) == 25, "half a second later it may be the source of the new party, behind a translator"
    made = latch()
    assert made.accept(PEER, 1, 0)
    made.signal(new)
    assert not made.accept(PEER, 1, 160)
    assert made.target == new
    assert made.accept(new, 2, 320)
    assert not made.accept(PEER, 1, 480)
    assert made.target == new


def test_an_address_that_is_named_again_is_right_at_once() -> None:
    made = latch()
    assert made.accept(PEER, 1, 0)
    made.signal(("10.1.0.5", 5000))
    made.signal(PEER)
    assert made.accept(PEER, 1, 160)
