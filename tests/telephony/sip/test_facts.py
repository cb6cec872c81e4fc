"""What a call says about itself, and what of it is believed."""

from ipaddress import ip_network

import pytest
from pydantic import ValidationError

from tests.telephony.sip.sip_harness import OFFER, request
from voicebot.settings import SipSettings
from voicebot.telephony.leg import CallFacts
from voicebot.telephony.sip.facts import inbound_facts
from voicebot.telephony.sip.hosts import Hosts
from voicebot.telephony.sip.message import Request, parse


def _facts(headers: dict[str, str], *, trusted: bool = True, kept: tuple[str, ...] = ()) -> CallFacts:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    data = request("INVITE", body=OFFER, uri="sip:0800@10.0.0.1")
    message = parse(data.replace(b"CSeq:", lines.encode() + b"CSeq:", 1))
    assert isinstance(message, Request)
    return inbound_facts(message, "id", trusted=trusted, kept=kept)


@pytest.mark.parametrize(
    ("headers", "number"),
    [
        ({}, ""),
        ({"Diversion": "<sip:+441610000001@t.test>;reason=no-answer"}, "+441610000001"),
        ({"Diversion": "<sip:02@t.test>;reason=busy, <sip:01@t.test>;reason=unconditional"}, "01"),
        ({"Diversion": "<sip:01@t.test>;privacy=full"}, ""),
        ({"Diversion": "<sip:01@t.test>;privacy=off"}, "01"),
        ({"History-Info": "<sip:01@t.test>;index=1, <sip:02@t.test?Reason=SIP%3Bcause%3D302>;index=1.1"}, "01"),
        ({"History-Info": "<sip:02@t.test>;index=1.1"}, ""),
        ({"History-Info": "<sip:01@t.test?Privacy=history>;index=1"}, ""),
        ({"History-Info": "<tel:+441610000001>;index=1", "Diversion": "<sip:03@t.test>"}, "+441610000001"),
        ({"Diversion": "nonsense"}, ""),
        ({"History-Info": "<<>>;;index=1"}, ""),
    ],
)
def test_the_number_that_was_dialled_first(headers: dict[str, str], number: str) -> None:
    facts = _facts(headers)
    assert facts.first_called == number
    assert facts.called == "0800"


def test_diversions_on_lines_of_their_own() -> None:
    facts = _facts({"Diversion": "<sip:02@t.test>\r\nDiversion: <sip:01@t.test>"})
    assert facts.first_called == "01"
    assert facts.headers["diversion"] == "<sip:02@t.test>"


def test_only_trusted_peers_are_believed_about_who_calls() -> None:
    """RFC 3325 5: an identity that a stranger asserts is as if it were not there."""
    asserted = '"Town Hall" <sip:+441610000002@t.test>'
    assert _facts({"P-Asserted-Identity": asserted}).caller == "+441610000002"
    facts = _facts({"P-Asserted-Identity": asserted}, trusted=False)
    assert (facts.caller, facts.caller_name) == ("0161", "Ann")
    assert "p-asserted-identity" not in facts.headers


@pytest.mark.parametrize("privacy", ["id", "user;critical", "header", "none;id"])
def test_who_wants_to_stay_unknown_does(privacy: str) -> None:
    facts = _facts({"Privacy": privacy, "P-Asserted-Identity": "<sip:0161@t.test>", "Diversion": "<sip:01@t.test>"})
    assert (facts.caller, facts.caller_name) == ("", "")
    assert "p-asserted-identity" not in facts.headers
    assert facts.first_called == "01", "that is the council's own number"


def test_headers_of_contact_centres_are_kept_where_that_is_set() -> None:
    headers = {"X-Queue": "revenues", "X-Contact-Id": "abc", "User-to-User": "cafe;encoding=hex;purpose=x"}
    assert _facts(headers).headers.keys() & {"x-queue", "x-contact-id"} == set()
    facts = _facts(headers, kept=("X-Queue",))
    assert facts.headers["x-queue"] == "revenues"
    assert "x-contact-id" not in facts.headers
    assert facts.headers["user-to-user"] == "cafe;encoding=hex;purpose=x"


def test_who_is_trusted() -> None:
    hosts = Hosts(SipSettings(trusted_peers=[ip_network("10.0.0.0/24")]))
    assert hosts.trusted("10.0.0.9")
    assert not hosts.trusted("127.0.0.1")
    assert Hosts(SipSettings()).trusted("127.0.0.1")


@pytest.mark.parametrize("name", ["From", "X-", "X-A: b", "P-Asserted-Identity", "X-A\r\nB"])
def test_other_headers_cannot_be_kept(name: str) -> None:
    with pytest.raises(ValidationError):
        SipSettings(kept_headers=(name,))
