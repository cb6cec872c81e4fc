"""What is known of calls between webhooks, where they may go, and how that is written in TwiML."""

import xml.etree.ElementTree as ET
from urllib.parse import parse_qs, urlsplit

import pytest

from voicebot.telephony.streams.calls import MOST, TOKEN_S, ProviderCalls
from voicebot.telephony.streams.destination import Destination, DestinationKind
from voicebot.telephony.streams.twiml import TWILIO, DialOptions, Urls, connect, dial

PUBLIC = "https://voice.example.gov.uk"


def test_a_token_serves_its_call_once_and_not_for_ever() -> None:
    calls = ProviderCalls()
    call = calls.open("twilio", "CA1", "", "", {}, 0.0)
    token = calls.token(call, 0.0)
    assert calls.redeem("twilio", "CA1", token, 1.0) is call
    assert calls.redeem("twilio", "CA1", token, 1.0) is None
    for provider, call_id, now in (("telnyx", "CA1", 1.0), ("twilio", "CA2", 1.0), ("twilio", "CA1", TOKEN_S + 1)):
        assert calls.redeem(provider, call_id, calls.token(call, 0.0), now) is None


def test_what_is_known_of_calls_is_bounded_and_forgotten() -> None:
    calls = ProviderCalls()
    for number in range(MOST + 100):
        calls.token(calls.open("twilio", f"CA{number}", "", "", {}, 0.0), 0.0)
    assert len(calls) == MOST
    assert calls.find("twilio", "CA5", 0.0) is None
    calls.open("twilio", "new", "", "", {}, 1e6)
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("+441632960123", DestinationKind.NUMBER),
        ("sip:team@pbx.example;transport=tls", DestinationKind.SIP),
        ("client:anna_b", DestinationKind.CLIENT),
        ("queue:support", DestinationKind.QUEUE),
        ("workflow:WW0123456789abcdef0123456789abcdef", DestinationKind.WORKFLOW),
    ],
)
def test_destinations(text: str, kind: DestinationKind) -> None:
    assert Destination.parse(text).kind is kind


def test_what_came_from_a_call_cannot_become_markup_or_a_header_of_another() -> None:
    urls = Urls(PUBLIC + "/", "twilio")
    document = ET.fromstring(connect(TWILIO, urls, '"/><Dial>+15550100</Dial>'))
    assert [element.tag for element in document.iter()] == ["Response", "Connect", "Stream", "Parameter", "Redirect"]
    target = Destination.parse("sip:team@pbx.example")
    text = dial(
        urls, "CA1&x=<y>", target, {"X-Card": "a&X-Evil=1\r\n", "Route": "x"}, DialOptions(20.0, "+441632960000")
    )
    verb = ET.fromstring(text)[0]
    assert verb.get("callerId") == "+441632960000"
    query = parse_qs(urlsplit((verb[0].text or "").replace("sip:", "sip://")).query)
    assert query == {"X-Card": ["a&X-Evil=1\r\n"]}
    assert parse_qs(urlsplit(verb[0].get("statusCallback", "")).query) == {"call": ["CA1&x=<y>"]}
    long = ET.fromstring(dial(urls, "CA1", target, {"X-Card": "x" * 2000}, DialOptions(20.0)))[0][0]
    assert long.text == "sip:team@pbx.example", "too long to send: the call matters more"
