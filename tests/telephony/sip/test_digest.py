"""Digest authentication: the RFCs' own examples, another implementation, and two cores that challenge each other."""

from ipaddress import ip_network

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.telephony.sip.sip_harness import (
    OFFER,
    PEER,
    Network,
    Node,
    core,
    messages,
    methods,
    request,
    statuses,
    to_tag,
)
from voicebot.errors import ProtocolError
from voicebot.telephony.leg import EndReason
from voicebot.telephony.sip.call import Call
from voicebot.telephony.sip.challenger import LOCKED_S, MAX_FAILURES, MAX_NONCES, NONCE_S, Account, Challenger, Verdict
from voicebot.telephony.sip.digest import Algorithm, Answer, Challenge, Credentials, answer, strongest
from voicebot.telephony.sip.events import CallEnded, IncomingCall, Output
from voicebot.telephony.sip.layer import make_response
from voicebot.telephony.sip.message import Message, Request, Response, parse
from voicebot.telephony.sip.uac import Outgoing
from voicebot.telephony.sip.uri import Uri

MUFASA = Credentials("Mufasa", "Circle of Life")
RFC_7616 = (
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={}, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_example_of_rfc_7616(algorithm: str, response: str) -> None:
    challenge = Challenge.parse(RFC_7616.format(algorithm))
    cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    value = answer(challenge, MUFASA, "GET", "/dir/index.html", b"", nc=1, cnonce=cnonce)
    assert f'response="{response}"' in value
    assert f"algorithm={algorithm}" in value
    assert "qop=auth, nc=00000001" in value
    assert 'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"' in value


def test_the_example_of_rfc_2617_without_an_algorithm() -> None:
    challenge = Challenge.parse(
        'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", '
        'opaque="5ccc069c403ebaf9f0171e9517f40e41"'
    )
    credentials = Credentials("Mufasa", "Circle Of Life")
    value = answer(challenge, credentials, "GET", "/dir/index.html", b"", nc=1, cnonce="0a4f113b")
    assert 'response="6629fae49393a05397450978507c4ef1"' in value
    assert "algorithm" not in value


@pytest.mark.parametrize(
    ("algorithm", "qop"),
    [
        *(
            (a, q)
            for a in ("MD5", "MD5-sess", "SHA-256", "SHA-256-sess")
            for q in (', qop="auth"', ', qop="auth-int,auth"')
        ),
        ("MD5", ""),
        ("SHA-256", ""),
    ],
)
def test_answers_of_another_implementation_are_understood(algorithm: str, qop: str) -> None:
    """What httpx makes of a challenge proves the password, and no other password."""
    flow = httpx.DigestAuth("ann", "s:e cret").auth_flow(httpx.Request("GET", "http://council.test/x"))
    asked = next(flow)
    challenge = f'Digest realm="council", nonce="abc", algorithm={algorithm}{qop}'
    with_answer = flow.send(httpx.Response(401, headers={"www-authenticate": challenge}, request=asked))
    given_answer = Answer.parse(with_answer.headers["authorization"])
    assert given_answer.proves("s:e cret", "GET", b"")
    assert not given_answer.proves("secret", "GET", b"")
    assert not given_answer.proves("s:e cret", "POST", b"")


@given(
    algorithm=st.sampled_from(list(Algorithm)),
    session=st.booleans(),
    qop=st.sampled_from([(), ("auth",), ("auth-int",), ("auth", "auth-int")]),
    words=st.lists(
        st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_characters="\x7f")), min_size=4
    ),
    body=st.binary(max_size=50),
)
def test_what_we_answer_we_accept(
    algorithm: Algorithm, session: bool, qop: tuple[str, ...], words: list[str], body: bytes
) -> None:
    user, password, realm, opaque = words[:4]
    offered = Challenge(realm, "n0nce", algorithm, session, qop=qop, opaque=opaque)
    challenge = Challenge.parse(str(offered))
    assert (challenge.realm, challenge.opaque, challenge.qop) == (realm, opaque, qop)
    value = answer(challenge, Credentials(user, password), "INVITE", "sip:x@y", body, nc=7, cnonce="c")
    parsed = Answer.parse(value)
    assert (parsed.user, parsed.algorithm, parsed.session, parsed.qop) == (
        user,
        algorithm,
        session,
        challenge.chosen_qop,
    )
    assert parsed.proves(password, "INVITE", body)
    assert not parsed.proves(password + "x", "INVITE", body)
    if parsed.qop == "auth-int":
        assert not parsed.proves(password, "INVITE", body + b"x")


@pytest.mark.parametrize(
    "text",
    [
        "",
        'Basic realm="x"',
        'Digest realm="x"',
        'Digest nonce="x"',
        'Digest realm="x", nonce=""',
        'Digest realm="x", nonce="y", algorithm=AKAv1-MD5',
        'Digest realm="x", nonce="y", qop="auth-conf"',
        'Digest realm="x", nonce="y", nonce="z"',
        'Digest realm="x, nonce="y"',
        "Digest " + ",".join(f"a{n}=1" for n in range(40)),
    ],
)
def test_challenges_that_cannot_be_answered(text: str) -> None:
    with pytest.raises(ProtocolError):
        Challenge.parse(text)


@pytest.mark.parametrize(
    "change", [("nc=00000001", "nc=1"), ('cnonce="c", ', ""), ("qop=auth,", "qop=x,"), ("uri=", "u=")]
)
def test_answers_that_are_wrong(change: tuple[str, str]) -> None:
    good = answer(Challenge("r", "n", qop=("auth",)), MUFASA, "INVITE", "sip:x", b"", nc=1, cnonce="c")
    Answer.parse(good)
    with pytest.raises(ProtocolError):
        Answer.parse(good.replace(*change))


@given(st.text(max_size=80))
def test_noise_is_refused_and_nothing_else(text: str) -> None:
    for parser in (Challenge.parse, Answer.parse):
        with pytest.raises(ProtocolError):
            parser("Digest " + text)


def test_the_strongest_challenge_is_chosen_and_the_first_of_equals() -> None:
    offers = [
        Challenge("r", str(n), algorithm)
        for n, algorithm in enumerate((Algorithm.MD5, *Algorithm, Algorithm.SHA512_256))
    ]
    assert strongest(offers).nonce == "3"
    assert strongest(offers[:2]).nonce == "0"


def test_a_password_is_in_no_repr() -> None:
    assert "Circle" not in repr(MUFASA)
    assert "hush" not in repr(Account("ann", "hush"))


# --- as client --------------------------------------------------------------------------------------

TRUNK = Credentials("council", "hush")
CHALLENGE = 'Digest realm="provider", nonce="one", algorithm=SHA-256, qop="auth"'
WEAK = 'Digest realm="provider", nonce="weak", algorithm=MD5, qop="auth"'


def _calling(**wish: str) -> tuple[Node, Request]:
    """A call to :data:`PEER` of which the INVITE has just gone out."""
    node = Network().node("bot", credentials={"trunk": TRUNK}.get)
    outgoing = Outgoing(Uri.parse("sip:0161@provider.test"), "<sip:me@here.test>", account=wish.get("account", "trunk"))
    _, outputs = node.ua.invite(outgoing, PEER, node.ua.negotiation(PEER, 5000), 0.0)
    (invite,) = messages(outputs)
    assert isinstance(invite, Request)
    return node, invite


def _refused(sent: Request, status: int, *challenges: str, tag: str = "t") -> bytes:
    response = make_response(sent, status, tag=tag)
    for challenge in challenges:
        response.headers.add("WWW-Authenticate" if status == 401 else "Proxy-Authenticate", challenge)
    return response.to_bytes()


def _answered(sent: Request, tag: str = "t") -> bytes:
    response = make_response(sent, 200, tag=tag)
    response.headers.add("Contact", "<sip:x@10.0.0.9>")
    response.headers.add("Content-Type", "application/sdp")
    response.body = OFFER.encode()
    return response.to_bytes()


def _sent(outputs: list[Output], method: str) -> Request:
    (found,) = [m for m in messages(outputs) if isinstance(m, Request) and m.method == method]
    return found


def _proof(message: Message, header: str = "authorization") -> Answer:
    (line,) = message.headers.lines(header)
    return Answer.parse(line)


@pytest.mark.parametrize(("status", "header"), [(401, "authorization"), (407, "proxy-authorization")])
def test_a_challenged_invite_goes_out_again_with_credentials(status: int, header: str) -> None:
    node, invite = _calling()
    outputs = node.ua.receive(_refused(invite, status, WEAK, CHALLENGE), PEER, 0.1)
    assert methods(outputs) == ["ACK", "INVITE"]
    assert _sent(outputs, "ACK").headers.get("cseq") == "1 ACK"
    again = _sent(outputs, "INVITE")
    proof = _proof(again, header)
    assert (proof.realm, proof.algorithm, proof.nc, proof.uri) == ("provider", Algorithm.SHA256, 1, invite.uri)
    assert proof.proves("hush", "INVITE", again.body)
    assert again.headers.get("cseq") == "2 INVITE"
    assert again.headers.get("via") != invite.headers.get("via")
    for same in ("call-id", "from", "to", "contact"):
        assert again.headers.get(same) == invite.headers.get(same)
    assert methods(node.ua.receive(_refused(invite, status, CHALLENGE), PEER, 0.2)) == ["ACK"], "a repeated refusal"
    ack = _sent(node.ua.receive(_answered(again), PEER, 0.3), "ACK")
    assert ack.headers.get("cseq") == "2 ACK"
    assert _proof(ack, header) == proof, "the ACK can't be challenged, so it carries the same"


def test_a_challenged_bye_goes_out_again_in_order() -> None:
    node, invite = _calling()
    node.ua.receive(_answered(invite), PEER, 0.1)
    (call,) = node.ua.calls
    bye = _sent(node.ua.hangup(call, 1.0), "BYE")
    assert "authorization" not in bye.headers
    outputs = node.ua.receive(_refused(bye, 401, CHALLENGE), PEER, 1.1)
    again = _sent(outputs, "BYE")
    assert (bye.headers.get("cseq"), again.headers.get("cseq")) == ("2 BYE", "3 BYE")
    assert _proof(again).proves("hush", "BYE", b"")
    node.ua.receive(make_response(again, 200).to_bytes(), PEER, 1.2)
    assert not node.ua.calls


def test_proxies_and_the_far_end_are_answered_one_after_another() -> None:
    node, invite = _calling()
    proxy = CHALLENGE.replace("provider", "proxy")
    first = _sent(node.ua.receive(_refused(invite, 407, proxy), PEER, 0.1), "INVITE")
    second = _sent(node.ua.receive(_refused(first, 401, CHALLENGE), PEER, 0.2), "INVITE")
    assert _proof(second, "proxy-authorization").nc == 2, "a nonce is counted up each time it is used"
    assert _proof(second, "authorization").nc == 1
    assert second.headers.get("cseq") == "3 INVITE"


def test_wrong_credentials_are_not_tried_twice() -> None:
    node, invite = _calling()
    again = _sent(node.ua.receive(_refused(invite, 401, CHALLENGE), PEER, 0.1), "INVITE")
    outputs = node.ua.receive(_refused(again, 401, CHALLENGE.replace("one", "two")), PEER, 0.2)
    assert methods(outputs) == ["ACK"]
    assert [(e.reason, e.status) for e in outputs if isinstance(e, CallEnded)] == [(EndReason.REJECTED, 401)]


def test_a_stale_nonce_is_replaced_but_not_for_ever() -> None:
    node, sent = _calling()
    challenge = CHALLENGE
    for number in range(1, 6):
        outputs = node.ua.receive(_refused(sent, 401, challenge), PEER, number * 0.1)
        sent = _sent(outputs, "INVITE")
        challenge = CHALLENGE.replace("one", f"n{number}") + ", stale=TRUE"
    outputs = node.ua.receive(_refused(sent, 401, challenge), PEER, 0.9)
    assert methods(outputs) == ["ACK"], "a server that calls every nonce stale is given up"


@pytest.mark.parametrize("account", ["", "another"])
def test_no_account_no_answer(account: str) -> None:
    node, invite = _calling(account=account)
    outputs = node.ua.receive(_refused(invite, 401, CHALLENGE), PEER, 0.1)
    assert methods(outputs) == ["ACK"]
    assert any(isinstance(output, CallEnded) for output in outputs)


def test_a_realm_that_is_not_the_accounts_is_not_answered() -> None:
    node = Network().node("bot", credentials=lambda _: Credentials("council", "hush", "provider"))
    outgoing = Outgoing(Uri.parse("sip:0161@provider.test"), "<sip:me@here.test>", account="trunk")
    _, outputs = node.ua.invite(outgoing, PEER, node.ua.negotiation(PEER, 5000), 0.0)
    invite = _sent(outputs, "INVITE")
    assert methods(node.ua.receive(_refused(invite, 401, CHALLENGE.replace("provider", "evil")), PEER, 0.1)) == ["ACK"]


def test_a_call_given_up_is_not_made_again_with_credentials() -> None:
    node, invite = _calling()
    (call,) = node.ua.calls
    node.ua.receive(make_response(invite, 100).to_bytes(), PEER, 0.1)
    cancel = _sent(node.ua.hangup(call, 0.2), "CANCEL")
    node.ua.receive(make_response(cancel, 200).to_bytes(), PEER, 0.3)
    assert methods(node.ua.receive(_refused(invite, 401, CHALLENGE), PEER, 0.3)) == ["ACK"]
    assert not node.ua.calls


def test_the_next_call_need_not_be_challenged() -> None:
    node, invite = _calling()
    node.ua.receive(_refused(invite, 401, CHALLENGE), PEER, 0.1)
    outgoing = Outgoing(Uri.parse("sip:0162@provider.test"), "<sip:me@here.test>", account="trunk")
    _, outputs = node.ua.invite(outgoing, PEER, node.ua.negotiation(PEER, 5000), 1.0)
    second = _sent(outputs, "INVITE")
    assert _proof(second).nc == 2
    assert _proof(second).proves("hush", "INVITE", second.body)
    fresh = _sent(node.ua.receive(_refused(second, 401, CHALLENGE.replace("one", "two")), PEER, 1.1), "INVITE")
    assert _proof(fresh).nonce == "two", "a server that forgot the nonce without calling it stale gets a fresh answer"


# --- as server --------------------------------------------------------------------------------------


def _guarded() -> tuple[Network, Node, Node]:
    network = Network(3)
    ann = network.node("ann", credentials=lambda _: Credentials("ann", "hush"))
    bot = network.node("bot", challenger=Challenger("council", [Account("ann", "hush")]))
    bot.on_event = lambda node, event: node.answer(event.call) if isinstance(event, IncomingCall) else None
    return network, ann, bot


def _ring(ann: Node, bot: Node, account: str) -> None:
    wish = Outgoing(Uri("sip", "bot", bot.peer.host, bot.peer.port), "<sip:ann@a.test>", account=account)
    _, outputs = ann.ua.invite(wish, bot.peer, ann.ua.negotiation(bot.peer, 4000), ann.network.now)
    ann.do(outputs)


def test_two_of_ours_challenge_and_answer_each_other() -> None:
    network, ann, bot = _guarded()
    _ring(ann, bot, "any")
    network.run(until=1.0)
    assert len(bot.incoming) == 1
    (refusal,) = network.sent("bot", 401)
    assert ["SHA-256" in c for c in refusal.headers.lines("www-authenticate")] == [True, False], (
        "the stronger one first"
    )
    _ring(ann, bot, "any")
    network.run(until=2.0)
    assert len(network.sent("bot", 401)) == 1, "the second call uses the same nonce, counted up"
    for call in (*ann.ua.calls,):
        ann.hangup(call)
    network.run()
    assert ann.ua.idle
    assert bot.ua.idle


def test_a_caller_without_a_password_gets_nowhere() -> None:
    network, ann, bot = _guarded()
    _ring(ann, bot, "")
    network.run()
    assert not bot.incoming
    assert bot.ua.idle


def test_options_are_answered_without_a_password() -> None:
    ua = core(challenger=Challenger("council", [Account("ann", "hush")]))
    assert statuses(ua.receive(request("OPTIONS"), PEER, 0.0)) == [200]
    assert statuses(ua.receive(request("INVITE", body=OFFER, branch="z9hG4bKtwo"), PEER, 0.0)) == [401]


def test_strangers_cost_no_memory() -> None:
    """A challenge leaves nothing behind, and neither does its ACK; a repeated proof does not count twice."""
    ua = core(challenger=Challenger("council", [Account("ann", "hush")]))
    (challenge,) = messages(ua.receive(request("INVITE", body=OFFER), PEER, 0.0))
    ua.receive(request("ACK", totag=to_tag(challenge)), PEER, 0.1)
    assert ua.idle
    asked = Challenge.parse(challenge.headers.get("www-authenticate"))
    proof = answer(asked, Credentials("ann", "hush"), "INVITE", "sip:bot@10.0.0.1", OFFER.encode(), nc=1, cnonce="c")
    invite = request("INVITE", body=OFFER, cseq="2", branch="z9hG4bKtwo", Authorization=proof)
    assert statuses(ua.receive(invite, PEER, 0.2)) == [100]
    assert statuses(ua.receive(invite, PEER, 0.7)) == [100], "the same, sent again since its answer was lost"
    assert len(ua.calls) == 1


def _proving(challenger: Challenger, now: float, *, nc: int = 1, password: str = "hush", nonce: str = "") -> Request:
    challenge = Challenge.parse(challenger.challenges(now)[0])
    if nonce:
        challenge = Challenge(challenge.realm, nonce, challenge.algorithm, algorithm_name="SHA-256", qop=("auth",))
    message = parse(request("INVITE", body=OFFER))
    assert isinstance(message, Request)
    value = answer(challenge, Credentials("ann", password), "INVITE", message.uri, message.body, nc=nc, cnonce="c")
    message.headers.add("Authorization", value)
    return message


def _nonce(message: Request) -> str:
    return Answer.parse(message.headers.get("authorization")).nonce


def test_an_answer_counts_once() -> None:
    challenger = Challenger("council", [Account("ann", "hush")])
    proof = _proving(challenger, 0.0)
    assert challenger.check(proof, "10.0.0.9", 1.0) is Verdict.PROVEN
    assert challenger.check(proof, "10.0.0.9", 1.0) is Verdict.STALE, "a replay"
    counted = _proving(challenger, 0.0, nc=2, nonce=_nonce(proof))
    assert challenger.check(counted, "10.0.0.9", 2.0) is Verdict.PROVEN


def test_nonces_expire_and_cannot_be_made_up() -> None:
    challenger = Challenger("council", [Account("ann", "hush")])
    old = _proving(challenger, 0.0)
    assert challenger.check(old, "10.0.0.9", NONCE_S + 1) is Verdict.STALE
    nonce = _nonce(old)
    for wrong in (nonce[:-4] + "AAAA", nonce[4:], "x", "ü", "A" * len(nonce)):
        assert challenger.check(_proving(challenger, 0.0, nonce=wrong), "10.0.0.9", 1.0) is Verdict.UNPROVEN
    stranger = Challenger("council", [Account("ann", "hush")])
    assert stranger.check(_proving(challenger, 0.0), "10.0.0.9", 1.0) is Verdict.UNPROVEN, "another process's nonce"


def test_guessing_is_stopped() -> None:
    challenger = Challenger("council", [Account("ann", "hush")])
    for number in range(MAX_FAILURES):
        guess = _proving(challenger, float(number), password=str(number))
        assert challenger.check(guess, "10.0.0.9", float(number)) is Verdict.UNPROVEN
    right = _proving(challenger, 10.0)
    assert challenger.check(right, "10.0.0.9", 11.0) is Verdict.LOCKED
    assert challenger.check(right, "10.0.0.8", 11.0) is Verdict.PROVEN, "another host"
    assert challenger.check(_proving(challenger, 99.0), "10.0.0.9", LOCKED_S + 99.0) is Verdict.PROVEN


def test_an_account_is_good_for_its_networks_only() -> None:
    challenger = Challenger("council", [Account("ann", "hush", (ip_network("10.0.0.0/24"),))])
    assert challenger.wants("10.0.0.9")
    assert not challenger.wants("10.0.1.9")
    assert challenger.check(_proving(challenger, 0.0), "10.0.1.9", 0.0) is Verdict.UNPROVEN


def test_servers_of_trunks_are_asked_only_where_that_was_meant() -> None:
    """They have no password to give."""
    anybody, known = Account("ann", "hush"), Account("ben", "hush", (ip_network("10.0.0.0/24"),))
    challenger = Challenger("council", [anybody], exempt=lambda host: host == "10.0.0.9")
    assert challenger.wants("10.0.0.8")
    assert not challenger.wants("10.0.0.9")
    assert Challenger("council", [anybody, known], exempt=lambda host: True).wants("10.0.0.9")


def test_what_is_remembered_of_nonces_is_bounded() -> None:
    challenger = Challenger("council", [Account("ann", "hush")])
    first = _proving(challenger, 0.0)
    assert challenger.check(first, "10.0.0.9", 0.0) is Verdict.PROVEN
    for number in range(1, MAX_NONCES + 2):
        now = number / 100
        assert challenger.check(_proving(challenger, now), "10.0.0.9", now) is Verdict.PROVEN
    assert challenger.check(first, "10.0.0.9", 50.0) is Verdict.STALE, "forgotten nonces cannot be used again"


def test_a_response_that_is_no_challenge_ends_the_call() -> None:
    node, invite = _calling()
    outputs = node.ua.receive(_refused(invite, 401), PEER, 0.1)
    assert methods(outputs) == ["ACK"]
    assert [m.status for m in messages(outputs) if isinstance(m, Response)] == []


def _up() -> tuple[Node, Call]:
    node, invite = _calling()
    node.ua.receive(_answered(invite), PEER, 0.1)
    (call,) = node.ua.calls
    return node, call


def test_a_challenged_change_of_the_session_goes_out_again_and_is_acknowledged() -> None:
    node, call = _up()
    change = _sent(node.ua.hold(call, True, 1.0), "INVITE")
    again = _sent(node.ua.receive(_refused(change, 401, CHALLENGE), PEER, 1.1), "INVITE")
    assert (change.headers.get("cseq"), again.headers.get("cseq")) == ("2 INVITE", "3 INVITE")
    assert _proof(again).proves("hush", "INVITE", again.body)
    assert again.body == change.body
    ack = _sent(node.ua.receive(_answered(again), PEER, 1.2), "ACK")
    assert ack.headers.get("cseq") == "3 ACK"
    assert _proof(ack).nonce == "one"
    assert _sent(node.ua.hangup(call, 2.0), "BYE").headers.get("cseq") == "4 BYE", "numbers go on from there"


def test_a_challenged_transfer_goes_out_again() -> None:
    node, call = _up()
    refer = _sent(node.ua.refer(call, "<sip:desk@provider.test>", 1.0), "REFER")
    again = _sent(node.ua.receive(_refused(refer, 407, CHALLENGE), PEER, 1.1), "REFER")
    assert again.headers.get("refer-to") == refer.headers.get("refer-to")
    assert _proof(again, "proxy-authorization").proves("hush", "REFER", b"")


def test_a_call_by_an_account_is_answered_for_too() -> None:
    """A peer that rang us may challenge our BYE: the account is that of the trunk by which the call came."""
    node = Network().node("bot", credentials={"trunk": TRUNK}.get, account_of=lambda request, peer: "trunk")
    (call,) = (o.call for o in node.ua.receive(request("INVITE", body=OFFER), PEER, 0.0) if isinstance(o, IncomingCall))
    node.ua.answer(call, node.ua.negotiation(PEER, 5000), 0.1)
    (ok,) = [m for m in messages(node.ua.tick(0.7)) if isinstance(m, Response)]
    node.ua.receive(request("ACK", branch="z9hG4bKack", totag=to_tag(ok)), PEER, 0.8)
    bye = _sent(node.ua.hangup(call, 1.0), "BYE")
    again = _sent(node.ua.receive(_refused(bye, 401, CHALLENGE), PEER, 1.1), "BYE")
    assert _proof(again).proves("hush", "BYE", b"")
