"""What other systems are told of a call at the desk: once each, whoever tells it; and the receiver of docs/desk.md."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from starlette.applications import Starlette

from tests.web.desk_world import ended, joined, offered
from voicebot.handoff.desk import Desk
from voicebot.handoff.desk_events import KINDS, DeskEvents
from voicebot.handoff.desk_views import WrapUp
from voicebot.outbox.destination import NotNow, Told
from voicebot.outbox.tables import OutboxRow
from voicebot.outbox.webhook import Webhook
from voicebot.records.store import RecordStore
from voicebot.settings import HandoffSettings, WebhookSettings

SECRET = "a long secret of the receiver"


async def rows(store: RecordStore) -> list[OutboxRow]:
    async with store.database.session() as session:
        return list((await session.execute(select(OutboxRow).order_by(OutboxRow.id))).scalars())


async def taken_call(store: RecordStore, *, over: bool = True) -> str:
    desk = Desk(store.database, HandoffSettings())
    await desk.sign_in("jane", "Jane")
    await desk.become_available("jane")
    offer = await offered(store, "jane", "call", "NV-4F7K2")
    await desk.accept("jane", offer)
    await joined(store, offer)
    await desk.note("jane", offer, "Twice missed")
    if over:
        await ended(store, offer)
    return offer


async def test_each_event_is_told_once_with_the_card(store: RecordStore) -> None:
    first, second = DeskEvents(store.database), DeskEvents(store.database)
    assert await first.round() == 0
    offer = await taken_call(store, over=False)
    assert (await first.round(), await second.round(), await first.round()) == (2, 0, 0)
    await ended(store, offer)
    assert (await second.round(), await first.round()) == (1, 0), "another process goes on where the first one died"
    told = await rows(store)
    assert [row.kind for row in told] == list(KINDS)
    for row in told:
        assert row.call_id == "call"
        assert row.payload["call"]["reference"] == "NV-4F7K2"
        assert row.payload["agent"] == "jane"
        assert row.payload["card"]["need"] == "Bins and waste: the missed bin"
    assert told[-1].payload["wrap_up"]["notes"] == "Twice missed"
    assert "wrap_up" not in told[0].payload


async def test_a_declined_offer_is_told_as_offered_alone(store: RecordStore) -> None:
    desk = Desk(store.database, HandoffSettings())
    await desk.sign_in("jane", "Jane")
    await desk.become_available("jane")
    await desk.decline("jane", await offered(store, "jane", "call", "NV-4F7K2"))
    await DeskEvents(store.database).round()
    assert [row.kind for row in await rows(store)] == ["call.offered"]


async def test_the_form_is_told_when_it_was_saved_before_the_event(store: RecordStore) -> None:
    offer = await taken_call(store)
    await Desk(store.database, HandoffSettings()).wrap_up("jane", offer, WrapUp(outcome="resolved", repeated=True))
    await DeskEvents(store.database).round()
    written = (await rows(store))[-1].payload["wrap_up"]
    assert (written["outcome"], written["repeated"]) == ("resolved", True)


async def test_the_receiver_of_the_page_knows_whose_screen_shows_what(
    store: RecordStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOICEBOT_WEBHOOK_CTI", SECRET)
    page = (Path(__file__).parents[2] / "docs" / "desk.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(code, "docs/desk.md", "exec"), names)
    app = names["app"]
    assert isinstance(app, Starlette)
    await taken_call(store)
    await DeskEvents(store.database).round()
    settings = WebhookSettings(name="cti", url="http://cti/cti", secret_env="VOICEBOT_WEBHOOK_CTI", kinds=("call.*",))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as http:
        webhook = Webhook(settings, SECRET, http)
        screens = []
        for row in await rows(store):
            told = Told(row.uid, row.kind, row.payload, row.call_id, datetime.now(UTC))
            assert webhook.wants(row.kind, row.payload)
            for _ in range(2):
                await webhook.deliver(told)
            screens.append(dict(names["screens"]))
        assert screens == [{}, {"jane": "NV-4F7K2"}, {}]
        with pytest.raises(NotNow):
            await Webhook(settings, "the wrong secret", http).deliver(told)
