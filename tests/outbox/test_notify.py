"""Texts and emails by GOV.UK Notify, to those who agreed, once."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from tests.outbox.conftest import Peers
from tests.outbox.peers import NOTIFY_KEY, SERVICE_ID, TEMPLATE
from voicebot.outbox.destination import NotNow, Refused, Told
from voicebot.outbox.notify import EMAIL, SMS, Notify
from voicebot.settings import NotifySettings


def told(kind: str = SMS, attempt: int = 1, **payload: Any) -> Told:
    content = {
        "to": "07700900123",
        "template": "report_made",
        "values": {"reference": "NVC 482 913"},
        "consent": True,
        **payload,
    }
    return Told("u1", kind, content, "c1", datetime(2026, 11, 25, tzinfo=UTC), attempt)


@pytest.fixture
def notify(peers: Peers) -> Notify:
    return Notify(
        NotifySettings(
            api_key=SecretStr(NOTIFY_KEY),
            url=peers.url,
            templates={"report_made": TEMPLATE, "gone": "00000000-0000-0000-0000-000000000000"},
            timeout_s=20,
        )
    )


async def test_a_text_and_an_email_are_sent(notify: Notify, peers: Peers) -> None:
    answer = await notify.deliver(told())
    await notify.deliver(told(EMAIL, to="jo@example.com"))
    text, email = peers.seen("notify")
    assert answer["id"] == peers.sent()[0]["id"]
    assert (text["channel"], text["phone_number"], text["reference"]) == ("sms", "07700900123", "u1")
    assert text["personalisation"] == {"reference": "NVC 482 913"}
    assert (email["channel"], email["email_address"]) == ("email", "jo@example.com")


@pytest.mark.parametrize("consent", [False, None, "yes", 1])
async def test_nothing_is_sent_without_consent(notify: Notify, peers: Peers, consent: Any) -> None:
    with pytest.raises(Refused, match="did not agree"):
        await notify.deliver(told(consent=consent))
    assert peers.seen("notify") == []


@pytest.mark.parametrize(("status", "raised"), [(500, NotNow), (503, NotNow), (429, NotNow), (400, Refused)])
async def test_what_notify_answers_decides_whether_it_is_tried_again(
    notify: Notify, peers: Peers, status: int, raised: type[Exception]
) -> None:
    peers.play(status={"notify": [status]})
    with pytest.raises(raised, match=f"Notify answered {status}"):
        await notify.deliver(told())


async def test_templates_that_are_not_there_are_named(notify: Notify) -> None:
    with pytest.raises(Refused, match="no template thanks"):
        await notify.deliver(told(template="thanks"))
    with pytest.raises(Refused, match="400"):
        await notify.deliver(told(template="gone"))


async def test_a_wrong_key_can_be_put_right(peers: Peers) -> None:
    key = f"tests-{SERVICE_ID}-00000000-0000-0000-0000-000000000000"
    wrong = Notify(NotifySettings(api_key=SecretStr(key), url=peers.url, templates={"report_made": TEMPLATE}))
    with pytest.raises(NotNow, match="403"):
        await wrong.deliver(told())


async def test_what_was_taken_although_the_answer_was_lost_is_not_sent_twice(notify: Notify, peers: Peers) -> None:
    peers.play(lose_answer=True)
    with pytest.raises(NotNow):
        await notify.deliver(told())
    assert (await notify.deliver(told(attempt=2)))["sent_before"] is True
    assert len(peers.sent()) == 1


async def test_nobody_there_is_tried_again() -> None:
    nowhere = Notify(
        NotifySettings(api_key=SecretStr(NOTIFY_KEY), url="http://127.0.0.1:9", templates={"report_made": TEMPLATE})
    )
    with pytest.raises(NotNow, match="503"):
        await nowhere.deliver(told())
