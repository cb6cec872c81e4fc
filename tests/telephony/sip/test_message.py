"""Messages, URIs, addresses, Via and stream framing: what is taken, what is refused, and that nothing crashes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.telephony.sip.sip_harness import OFFER, PEER, core, request
from voicebot.errors import ProtocolError
from voicebot.telephony.sip.address import Address
from voicebot.telephony.sip.fields import CSeq, Via, mark_received
from voicebot.telephony.sip.framing import StreamFramer
from voicebot.telephony.sip.message import MAX_MESSAGE, Headers, Request, Response, parse, split_list
from voicebot.telephony.sip.uri import Uri, escape_user, format_params, parse_params

TORTURE = (
    "INVITE sip:Town.Hall@council.test;odd SIP/2.0\r\n"
    "t  :\r\n\tsip:Town.Hall@council.test  ;  tag   =  to-1\r\n"
    'FROM: "A \\"quoted\\" name, with ; and <"   <sip:ann@home.test>\r\n  ;\r\n tag=from-1\r\n'
    "i: odd(call)%1@home.test\r\nCSeq:   0042\r\n   INVITE\r\nmax-FORWARDS:007\r\n"
    "V: SIP / 2.0/UDP   home.test : 5070 ; branch = plain\r\nSubject:\r\n"
    "X-Folded: one\r\n\t two\r\n three\r\n"
    'm: "x,y" <sip:ann@home.test> ; a =\r\n  b ; c\r\n'
    "L: 5\r\n\r\nhello and more"
)


def test_a_torturous_message() -> None:
    """Folding, compact forms, strange spaces and case, and bytes after the body."""
    message = parse(TORTURE.encode())
    assert isinstance(message, Request)
    assert message.body == b"hello"
    headers = message.headers
    assert Address.parse(headers.get("To")).tag == "to-1"
    assert Address.parse(headers.get("From")).display == 'A "quoted" name, with ; and <'
    assert Address.parse(headers.get("From")).tag == "from-1"
    assert CSeq.parse(headers.get("cseq")) == CSeq(42, "INVITE")
    via = Via.parse(headers.get("Via"))
    assert (via.branch, via.host, via.port) == ("plain", "home.test", 5070)
    assert headers.get("x-folded") == "one two three"
    assert headers.get("s", "absent") == ""
    assert Address.parse(headers.values("contact")[0]).params == (("a", "b"), ("c", None))


@pytest.mark.parametrize(
    "data",
    [
        b"INVITE sip:a@b SIP/2.0\r\nTo: x\r\n",
        b"INVITE sip:a@b\r\n\r\n",
        b"INVITE  \r\n\r\n",
        b"    \r\n\r\n",
        b"INVITE  sip:a@b SIP/2.0\r\n\r\n",
        b"INVITE sip:a@b SIP/2.0\r\n folded: x\r\n\r\n",
        b"INVITE sip:a@b SIP/2.0\r\nno colon\r\n\r\n",
        b"INVITE sip:a@b SIP/2.0\r\n: no name\r\n\r\n",
        b"INVITE sip:a@b SIP/2.0\r\nX: a\nVia: b\r\n\r\n",
        b"INVITE sip:a@b SIP/2.0\r\nX: a\x00b\r\n\r\n",
        b"INVITE sip:a@b SIP/2.0\r\nContent-Length: 9\r\n\r\nshort",
        b"INVITE sip:a@b SIP/2.0\r\nContent-Length: -1\r\n\r\n",
        b"INVITE sip:a@b SIP/2.0\r\nContent-Length: 1\r\nl: 2\r\n\r\nab",
        b"SIP/2.0 99 Low\r\n\r\n",
        b"SIP/2.0 700 High\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"INVITE sip:a@b SIP/2.0\r\n" + b"X: y\r\n" * 129 + b"\r\n",
        b"INVITE sip:a@b SIP/2.0\r\nX: " + b"y" * 9000 + b"\r\n\r\n",
        b"x" * 70000,
    ],
)
def test_what_is_no_message_is_refused(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        parse(data)


_value = st.text(st.characters(min_codepoint=33, exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp")), max_size=40)
_name = st.from_regex(r"X-[A-Za-z0-9]{1,12}", fullmatch=True)


@given(st.lists(st.tuples(_name, _value), max_size=20), st.binary(max_size=200), st.integers(100, 699))
def test_what_is_written_is_read_again(fields: list[tuple[str, str]], body: bytes, status: int) -> None:
    for message in (
        Request("INVITE", "sip:a@b", Headers(fields), body),
        Response(status, "Some Reason", Headers(fields), body),
    ):
        again = parse(message.to_bytes())
        again.headers.remove("content-length")
        assert again == message


def test_bytes_that_are_no_utf8_survive() -> None:
    data = b"OPTIONS sip:a@b SIP/2.0\r\nFrom: \xff\xfe <sip:a@b>\r\nContent-Length: 0\r\n\r\n"
    assert parse(data).to_bytes() == data


@given(st.binary(max_size=400))
def test_noise_never_breaks_the_core(data: bytes) -> None:
    ua = core()
    ua.receive(data, PEER, 0.0)
    assert not ua.calls


@given(st.data())
def test_broken_messages_never_break_the_core(data: st.DataObject) -> None:
    """Good messages with some bytes changed, cut or doubled."""
    ua = core()
    for method in ("INVITE", "ACK", "BYE", "CANCEL", "OPTIONS"):
        message = bytearray(request(method, body=OFFER if method == "INVITE" else ""))
        for _ in range(data.draw(st.integers(0, 6))):
            at = data.draw(st.integers(0, len(message) - 1))
            length = data.draw(st.integers(0, 8))
            message[at : at + length] = data.draw(st.binary(max_size=8))
            if not message:
                break
        ua.receive(bytes(message), PEER, 0.0)
    while (at_time := ua.next_timer()) is not None:
        ua.tick(at_time)
    assert ua.idle


@given(st.lists(st.integers(1, 60), max_size=40))
def test_a_stream_cut_anywhere_gives_the_same_messages(cuts: list[int]) -> None:
    stream = b"\r\n" + request("OPTIONS") + b"\r\n\r\n" + request("INVITE", body=OFFER) + b"\r\n\r\n" + request("BYE")
    framer = StreamFramer()
    got = []
    rest = stream
    for cut in cuts:
        got += framer.feed(rest[:cut])
        rest = rest[cut:]
    got += framer.feed(rest)
    assert got == [request("OPTIONS"), request("INVITE", body=OFFER), request("BYE")]
    assert not framer.waiting
    assert not framer.broken
    assert framer.take_pongs() == b"\r\n\r\n"
    assert framer.take_pongs() == b""


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"OPTIONS sip:a@b SIP/2.0\r\nX: y\r\n\r\n", True),
        (b"OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 99999\r\n\r\n", True),
        (b"OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 1\r\nl: 2\r\n\r\nab", True),
        (b"GET / HTTP/1.1\r\n\r\n", True),
        (b"\r\n\rx", False),
        (b"x" * 70000, False),
    ],
)
def test_a_stream_that_cannot_be_trusted(data: bytes, told: bool) -> None:
    """What came before is given, then the head after which nothing can be known; what follows is not looked at."""
    framer = StreamFramer()
    before = request("OPTIONS")
    head = [data[: data.index(b"\r\n\r\n") + 4]] if told else []
    assert framer.feed(before + data) == [before, *head]
    assert framer.broken
    assert framer.feed(before) == []
    assert not framer.waiting


def test_a_stream_that_comes_byte_by_byte_is_searched_once() -> None:
    """60 KiB of header in single bytes: quick, and refused in the end."""
    framer = StreamFramer()
    for _ in range(MAX_MESSAGE):
        assert framer.feed(b"x") == []
    assert framer.waiting
    assert framer.feed(b"x") == []
    assert framer.broken


@pytest.mark.parametrize(
    ("text", "number", "host", "port", "transport"),
    [
        ("sip:alice@example.com", "alice", "example.com", None, "UDP"),
        ("SIP:+441612345678@[2001:db8::1]:5070;transport=tcp", "+441612345678", "2001:db8::1", 5070, "TCP"),
        ("sips:a%20b:secret@example.com?subject=x", "a b", "example.com", None, "TLS"),
        ("tel:+44-161-234;phone-context=x", "+44-161-234", "", None, "UDP"),
        ("sip:192.0.2.1", "", "192.0.2.1", None, "UDP"),
        ("sip:0161;ext=5@pbx", "0161", "pbx", None, "UDP"),
    ],
)
def test_uris(text: str, number: str, host: str, port: int | None, transport: str) -> None:
    uri = Uri.parse(text)
    assert (uri.number, uri.host, uri.port, uri.transport) == (number, host, port, transport)
    assert Uri.parse(str(uri)) == uri


@pytest.mark.parametrize(
    "text", ["", "sip:", "http://x", "sip:@x", "sip:a@x:0", "sip:a@x:70000", "sip:a@[::1", "sip:a b@x"]
)
def test_what_is_no_uri(text: str) -> None:
    with pytest.raises(ProtocolError):
        Uri.parse(text)


@given(st.text(max_size=20))
def test_any_text_can_be_a_user(text: str) -> None:
    escaped = escape_user(text)
    uri = Uri("sip", escaped, "h") if escaped else Uri("sip", "", "h")
    assert Uri.parse(str(uri)) == uri


@given(st.lists(st.tuples(_name, st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12)), max_size=6))
def test_params_round_trip(params: list[tuple[str, str]]) -> None:
    assert parse_params(format_params(tuple(params))) == tuple(params)


@given(st.text(st.characters(min_codepoint=32, exclude_categories=("Cs", "Cc")), max_size=20))
def test_display_names_round_trip(name: str) -> None:
    assert Address.parse(str(Address(Uri.parse("sip:a@b"), name))).display == name


def test_commas_in_quotes_and_brackets_do_not_split() -> None:
    assert split_list('"a, b" <sip:x,y@z>, <sip:c@d>;q="1,2"') == ['"a, b" <sip:x,y@z>', '<sip:c@d>;q="1,2"']


@pytest.mark.parametrize(
    ("via", "marked"),
    [
        ("SIP/2.0/UDP h:5060;branch=z9hG4bK1", "SIP/2.0/UDP h:5060;branch=z9hG4bK1;received=10.0.0.9"),
        ("SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK1", "SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK1"),
        (
            "SIP/2.0/UDP 10.0.0.9;rport;branch=z9hG4bK1, SIP/2.0/TCP up",
            "SIP/2.0/UDP 10.0.0.9;rport=77;branch=z9hG4bK1;received=10.0.0.9, SIP/2.0/TCP up",
        ),
        ("SIP/2.0/UDP a;received=6.6.6.6;branch=z9", "SIP/2.0/UDP a;branch=z9;received=10.0.0.9"),
    ],
)
def test_where_a_request_came_from_is_noted(via: str, marked: str) -> None:
    headers = Headers([("v", via), ("Via", "SIP/2.0/UDP further")])
    mark_received(headers, "10.0.0.9", 77)
    assert headers.lines("via") == [marked, "SIP/2.0/UDP further"]


COMPACT_FORMS = {
    **{"a": "Accept-Contact", "b": "Referred-By", "c": "Content-Type", "d": "Request-Disposition"},
    **{"e": "Content-Encoding", "f": "From", "i": "Call-ID", "j": "Reject-Contact", "k": "Supported"},
    **{"m": "Contact", "n": "Identity-Info", "o": "Event", "r": "Refer-To", "s": "Subject", "t": "To"},
    **{"u": "Allow-Events", "v": "Via", "x": "Session-Expires", "y": "Identity"},
}
"""Those that IANA lists, but for Content-Length, which is written anew."""


@pytest.mark.parametrize(("short", "long"), COMPACT_FORMS.items())
def test_every_compact_form_is_the_long_one(short: str, long: str) -> None:
    """In either case, beside the long one, and whatever is done with it (RFC 3261 7.3.3)."""
    data = f"OPTIONS sip:a@b SIP/2.0\r\n{short}: one\r\n{long}: two\r\n{short.upper()} :three\r\n\r\n"
    headers = parse(data.encode()).headers
    assert headers.lines(long) == headers.lines(short) == ["one", "two", "three"]
    headers.set(long, "four")
    assert list(headers) == [(long, "four")]
    headers.remove(short)
    assert long not in headers


def test_a_list_may_stand_on_one_line_or_on_several_and_be_folded() -> None:
    """RFC 3261 7.3.1: the same values in the same order, however they are written."""
    one = "Route: <sip:a;lr>, <sip:b,c;lr>,<sip:d>"
    several = "Route: <sip:a;lr>\r\nX: y\r\nroute:<sip:b,c;lr>\r\nROUTE:  <sip:d>"
    folded = "Route: <sip:a;lr>,\r\n <sip:b,c;lr>\r\n\t , \r\n \r\n <sip:d>"
    for text in (one, several, folded):
        headers = parse(f"OPTIONS sip:a@b SIP/2.0\r\n{text}\r\n\r\n".encode()).headers
        assert headers.values("route") == ["<sip:a;lr>", "<sip:b,c;lr>", "<sip:d>"], text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Date", "Sat, 13 Nov 2010 23:29:00 GMT"),
        ("WWW-Authenticate", 'Digest realm="a, b", nonce="c", qop="auth,auth-int"'),
        ("Proxy-Authorization", 'Digest username="a", realm="b"'),
    ],
)
def test_a_comma_does_not_split_what_is_no_list(name: str, value: str) -> None:
    headers = Headers([(name, value), (name.upper(), value)])
    assert headers.values(name) == [value, value]
