"""Being registered: what is asked, and what each answer of a registrar leads to. No clock, no sockets."""

from random import Random

import pytest

from voicebot.telephony.sip.layer import make_response
from voicebot.telephony.sip.message import Request, Response
from voicebot.telephony.sip.registration import (
    BACK_OFF_S,
    MAX_BACK_OFF_S,
    Registration,
    RegistrationState,
    retry_after,
)
from voicebot.telephony.sip.uri import Uri

CONTACT = "<sip:ours@192.0.2.7:5060>"


def _registration(expires: int = 600) -> Registration:
    return Registration(Uri("sip", "0161", "provider.test"), "provider.test", "ours", expires=expires, random=Random(1))


def _answer(request: Request, status: int, *headers: tuple[str, str]) -> Response:
    response = make_response(request, status, tag="theirs")
    for name, value in headers:
        response.headers.add(name, value)
    return response


def test_what_is_asked() -> None:
    registration = _registration()
    first, second = registration.request(CONTACT), registration.request(CONTACT)
    assert (first.method, first.uri) == ("REGISTER", "sip:provider.test")
    assert first.headers.get("to") == "<sip:0161@provider.test>"
    assert first.headers.get("contact") == "<sip:ours@192.0.2.7:5060>;expires=600"
    assert first.headers.get("expires") == "600"
    assert [r.headers.get("cseq") for r in (first, second)] == ["1 REGISTER", "2 REGISTER"]
    for same in ("call-id", "from"):
        assert first.headers.get(same) == second.headers.get(same)


@pytest.mark.parametrize(
    ("headers", "granted"),
    [
        ([("Contact", "<sip:other@192.0.2.8>;expires=50, <sip:ours@192.0.2.7:5060>;expires=90")], 90),
        ([("m", "<sip:ours@203.0.113.5:9>;q=1;expires=120"), ("Expires", "300")], 120),
        ([("Contact", "<sip:ours@192.0.2.7>"), ("Expires", "300")], 300),
        ([("Expires", "77")], 77),
        ([], 600),
        ([("Contact", "<sip:ours@192.0.2.7>;expires=x")], 0),
        ([("Contact", "<sip:other@192.0.2.8>;expires=50")], 0),
        ([("Contact", "nonsense"), ("Expires", "60")], 0),
    ],
)
def test_what_is_granted_is_renewed_in_time(headers: list[tuple[str, str]], granted: int) -> None:
    registration = _registration()
    wait = registration.answered(_answer(registration.request(CONTACT), 200, *headers))
    assert registration.granted == granted
    assert wait is not None
    if granted:
        assert registration.state is RegistrationState.REGISTERED
        assert granted * 0.65 <= wait <= granted * 0.85
    else:
        assert registration.state is RegistrationState.REFUSED, "a registrar that does not list us has not taken us"
        assert wait >= BACK_OFF_S / 2


def test_too_brief_is_asked_again_at_once_for_longer() -> None:
    registration = _registration(60)
    request = registration.request(CONTACT)
    assert registration.answered(_answer(request, 423, ("Min-Expires", "1800"))) == 0.0
    again = registration.request(CONTACT)
    assert again.headers.get("expires") == "1800"
    wait = registration.answered(_answer(again, 423, ("Min-Expires", "1800")))
    assert wait is not None and wait > 0, "a registrar that repeats itself is not asked for ever"


@pytest.mark.parametrize("status", [500, 503, 408])
def test_a_server_that_cannot_is_left_for_another(status: int) -> None:
    registration = _registration()
    assert registration.answered(_answer(registration.request(CONTACT), status)) is None
    assert registration.state is RegistrationState.UNREACHABLE


def test_a_refusal_is_not_taken_elsewhere_and_waits_as_it_is_told() -> None:
    registration = _registration()
    wait = registration.answered(_answer(registration.request(CONTACT), 403, ("Retry-After", "200 (later);duration=9")))
    assert registration.state is RegistrationState.REFUSED
    assert wait == 200.0


def test_failures_wait_longer_and_longer_and_success_forgives() -> None:
    registration = _registration()
    waits = [registration.back_off() for _ in range(10)]
    for number, wait in enumerate(waits):
        bound = min(BACK_OFF_S * 2**number, MAX_BACK_OFF_S)
        assert bound / 2 <= wait <= bound
    registration.answered(_answer(registration.request(CONTACT), 200))
    assert registration.back_off() <= BACK_OFF_S


def test_the_number_goes_on_after_credentials() -> None:
    """The layer below sent the request again with the next CSeq: the answer says so."""
    registration = _registration()
    request = registration.request(CONTACT)
    request.headers.set("CSeq", "2 REGISTER")
    registration.answered(_answer(request, 200))
    assert registration.request(CONTACT).headers.get("cseq") == "3 REGISTER"


def test_the_service_route_is_kept_while_registered() -> None:
    registration = _registration()
    routes = ("Service-Route", "<sip:a.test;lr>, <sip:b.test;lr>")
    registration.answered(_answer(registration.request(CONTACT), 200, routes))
    assert registration.service_route == ("<sip:a.test;lr>", "<sip:b.test;lr>")
    registration.answered(_answer(registration.request(CONTACT), 200))
    assert not registration.service_route


def test_leaving() -> None:
    registration = _registration()
    registration.answered(_answer(registration.request(CONTACT), 200))
    request = registration.request(CONTACT, leave=True)
    assert (request.headers.get("expires"), request.headers.get("contact")) == ("0", f"{CONTACT};expires=0")
    registration.left()
    assert (registration.state, registration.granted) == (RegistrationState.UNREGISTERED, 0)


@pytest.mark.parametrize(("value", "seconds"), [("", 0.0), ("5", 5.0), ("99999999", 3600.0), ("soon", 0.0)])
def test_retry_after(value: str, seconds: float) -> None:
    response = Response(503, "x")
    if value:
        response.headers.add("Retry-After", value)
    assert retry_after(response) == seconds
