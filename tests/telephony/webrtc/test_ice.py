"""ICE, lite: which checks are answered, and where media goes."""

from aioice import stun
from hypothesis import given
from hypothesis import strategies as st

from voicebot.telephony.webrtc.ice import IceLite, candidate, is_stun

HOME, CAFE = ("192.0.2.1", 5000), ("198.51.100.7", 6000)


def check(ice: IceLite, *, use: bool = False, peer: str = "peer", **wrong: str) -> stun.Message:
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    request.attributes["USERNAME"] = wrong.get("username", f"{ice.ours.ufrag}:{peer}")
    request.attributes["PRIORITY"] = 1
    if use:
        request.attributes["USE-CANDIDATE"] = None
    if "controlled" in wrong:
        request.attributes["ICE-CONTROLLED"] = 1
    request.add_message_integrity(wrong.get("password", ice.ours.password).encode())
    return request


def test_a_rightful_check_is_answered_and_nominates() -> None:
    ice = IceLite()
    ice.begin("peer")
    request = check(ice)
    reply = stun.parse_message(ice.receive(bytes(request), HOME) or b"")
    assert reply.message_class is stun.Class.RESPONSE
    assert reply.transaction_id == request.transaction_id
    assert reply.attributes["XOR-MAPPED-ADDRESS"] == HOME
    assert reply.check_message_integrity(ice.ours.password.encode())
    assert ice.belongs(HOME) and ice.remote is None
    assert ice.receive(bytes(check(ice, use=True)), HOME)
    assert ice.remote == HOME


def test_others_are_not_answered_and_change_nothing() -> None:
    ice = IceLite()
    ice.begin("peer")
    wrong = (
        check(ice, use=True, password="x" * 22),
        check(ice, use=True, username=f"{ice.ours.ufrag}:other"),
        check(ice, use=True, username="nobody:peer"),
        check(ice, use=True, username=""),
        stun.Message(stun.Method.BINDING, stun.Class.REQUEST, attributes={"USERNAME": f"{ice.ours.ufrag}:peer"}),
        stun.Message(stun.Method.BINDING, stun.Class.RESPONSE),
        stun.Message(stun.Method.ALLOCATE, stun.Class.REQUEST),
    )
    for message in wrong:
        assert ice.receive(bytes(message), CAFE) is None
    assert ice.remote is None and not ice.belongs(CAFE)


def test_a_browser_that_thinks_that_it_is_controlled_is_corrected() -> None:
    ice = IceLite()
    ice.begin("peer")
    reply = stun.parse_message(ice.receive(bytes(check(ice, use=True, controlled="yes")), HOME) or b"")
    assert reply.error_code == 487
    assert ice.remote is None


def test_a_restart_finds_another_way_while_the_old_one_goes_on() -> None:
    ice = IceLite()
    assert not ice.begin("peer")
    old = ice.ours
    ice.receive(bytes(check(ice, use=True)), HOME)
    assert not ice.begin("peer"), "the same offer again restarts nothing"
    assert ice.begin("anew") and ice.ours != old
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    request.attributes.update({"USERNAME": f"{old.ufrag}:peer", "USE-CANDIDATE": None})
    request.add_message_integrity(old.password.encode())
    assert ice.receive(bytes(request), HOME), "consent on the old way"
    ice.receive(bytes(check(ice, use=True, peer="anew")), CAFE)
    assert ice.remote == CAFE
    ice.receive(bytes(request), HOME)
    assert ice.remote == CAFE, "the old way is not gone back to"
    assert ice.belongs(HOME)


def test_addresses_of_one_call_are_bounded() -> None:
    ice = IceLite()
    ice.begin("peer")
    for port in range(1, 50):
        ice.receive(bytes(check(ice)), ("192.0.2.1", port))
    assert ice.belongs(("192.0.2.1", 49)) and not ice.belongs(("192.0.2.1", 1))


def test_candidates_are_told_by_number() -> None:
    assert candidate("192.0.2.1", 40000) == "1 1 udp 2130706431 192.0.2.1 40000 typ host"
    assert candidate("2001:db8::1", 40000, 2) == "2 1 udp 2130706175 2001:db8::1 40000 typ host"


@given(st.binary(max_size=200), st.binary(max_size=60))
def test_no_datagram_escapes(noise: bytes, tail: bytes) -> None:
    ice = IceLite()
    ice.begin("peer")
    real = bytes(check(ice, use=True))
    for data in (noise, real[:20] + noise, real[: len(real) // 2] + tail, b"\x00\x01" + real[2:8] + noise):
        is_stun(data)
        ice.receive(data, HOME)
    assert ice.remote in (None, HOME)
