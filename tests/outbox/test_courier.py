"""The outbox: nothing is lost, nothing goes out that was not meant to, and receivers can tell a repetition."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from tests.outbox.conftest import Clock, Peers
from voicebot.outbox.courier import GIVEN_UP, SENT, WAITING, Courier, wait_after
from voicebot.outbox.outbox import Outbox, outbox_row
from voicebot.outbox.signing import ID_HEADER, SIGNATURE_HEADER, TIME_HEADER, is_signed
from voicebot.outbox.tables import DeliveryRow
from voicebot.outbox.webhook import Webhook
from voicebot.records.database import Database
from voicebot.records.entries import CallStart, OutboxEntry
from voicebot.records.store import RecordStore
from voicebot.settings import WebhookSettings

SECRET = "a secret of the council's"


class World:
    def __init__(self, peers: Peers, database: Database, http: httpx.AsyncClient, clock: Clock, *kinds: str) -> None:
        settings = WebhookSettings(
            name="crm", url=f"{peers.url}/hook", secret_env="UNUSED", kinds=kinds or ("call.*",), timeout_s=20
        )
        self.peers, self.database, self.clock = peers, database, clock
        self.webhook = Webhook(settings, SECRET, http, clock)
        self.courier = Courier(database, [self.webhook], now=clock)

    async def put(self, kind: str = "call.ended", **payload: Any) -> str:
        row = outbox_row(kind, payload, call_id="c1", at=self.clock.now)
        uid = row.uid
        async with self.database.session() as session:
            session.add(row)
        return uid

    async def deliveries(self) -> list[tuple[str, int, str]]:
        async with self.database.session() as session:
            rows = (await session.execute(select(DeliveryRow).order_by(DeliveryRow.id))).scalars()
            return [(row.state, row.attempts, row.problem) for row in rows]


@pytest.fixture
def world(peers: Peers, database: Database, http: httpx.AsyncClient, clock: Clock) -> World:
    return World(peers, database, http, clock)


async def test_what_is_put_arrives_signed_and_once(world: World) -> None:
    uid = await world.put(outcome="answered")
    assert await world.courier.round() == 1
    assert await world.courier.round() == 0

    (got,) = world.peers.seen("hook")
    headers, body = got["headers"], got["body"].encode()
    content = json.loads(body)
    assert (content["id"], content["kind"], content["call_id"]) == (uid, "call.ended", "c1")
    assert content["data"] == {"outcome": "answered"}
    assert headers[ID_HEADER.lower()] == uid
    signed, at = headers[SIGNATURE_HEADER.lower()], headers[TIME_HEADER.lower()]
    now = int(world.clock.now.timestamp())
    assert is_signed(SECRET.encode(), signed, at, body, now=now)
    assert not is_signed(b"another secret", signed, at, body, now=now)
    assert not is_signed(SECRET.encode(), signed, at, body + b" ", now=now)
    assert not is_signed(SECRET.encode(), signed, str(int(at) + 1), body, now=now)
    assert not is_signed(SECRET.encode(), signed, at, body, now=now + 301), "an old one may be played back"
    assert await world.deliveries() == [(SENT, 1, "")]


async def test_a_receiver_that_fails_gets_it_later_with_the_same_id(world: World) -> None:
    world.peers.play(status={"hook": [503, 404]})
    uid = await world.put()
    assert await world.courier.round() == 1
    assert await world.courier.round() == 0, "not at once"
    world.clock.on(seconds=7)
    assert await world.courier.round() == 1
    world.clock.on(seconds=7)
    assert await world.courier.round() == 0, "each time later"
    world.clock.on(seconds=7)
    assert await world.courier.round() == 1
    assert [got["headers"][ID_HEADER.lower()] for got in world.peers.seen("hook")] == [uid] * 3
    assert await world.deliveries() == [(SENT, 3, "")]


async def test_a_receiver_says_how_long_to_wait(world: World) -> None:
    world.peers.play(status={"hook": [429]})
    await world.put()
    await world.courier.round()
    world.clock.on(seconds=80)
    assert await world.courier.round() == 0
    world.clock.on(seconds=11)
    assert await world.courier.round() == 1


async def test_a_receiver_that_is_gone_for_good_is_not_tried_again(world: World) -> None:
    world.peers.play(status={"hook": [410]})
    await world.put()
    await world.courier.round()
    assert await world.deliveries() == [(GIVEN_UP, 1, "the receiver answered 410 Gone")]


async def test_nobody_there_is_tried_for_days_and_then_given_up(world: World, http: httpx.AsyncClient) -> None:
    settings = WebhookSettings(name="crm", url="http://127.0.0.1:9/hook", secret_env="UNUSED")
    courier = Courier(
        world.database, [Webhook(settings, SECRET, http, world.clock)], give_up=timedelta(days=2), now=world.clock
    )
    await world.put()
    for _ in range(60):
        await courier.round()
        world.clock.on(hours=1.5)
        if (await world.deliveries())[0][0] == GIVEN_UP:
            break
    state, attempts, problem = (await world.deliveries())[0]
    assert state == GIVEN_UP
    assert attempts > 20
    assert problem == "ConnectError"


async def test_only_what_is_wanted_goes_out(world: World) -> None:
    await world.put("report.made")
    await world.put("call.offered")
    await world.courier.round()
    assert [json.loads(got["body"])["kind"] for got in world.peers.seen("hook")] == ["call.offered"]


async def test_a_dead_receiver_keeps_nothing_from_the_others(
    world: World, http: httpx.AsyncClient, peers: Peers
) -> None:
    dead = Webhook(WebhookSettings(name="dead", url="http://127.0.0.1:9/", secret_env="U"), SECRET, http, world.clock)
    courier = Courier(world.database, [dead, world.webhook], now=world.clock)
    for _ in range(5):
        await world.put()
    await courier.round()
    assert len(peers.seen("hook")) == 5
    states = [state for state, _, _ in await world.deliveries()]
    assert (states.count(SENT), states.count(WAITING)) == (5, 5)


async def test_a_courier_that_died_is_stood_in_for(world: World, http: httpx.AsyncClient) -> None:
    """It had claimed it and was killed before it told anybody: another sends it once the claim has run out."""
    await world.put()
    first = Courier(world.database, [world.webhook], now=world.clock)
    await first._spread()
    assert len(await first._claim(world.webhook.name)) == 1

    assert await world.courier.round() == 0, "it is the first one's"
    world.clock.on(minutes=3)
    assert await world.courier.round() == 1
    assert len(world.peers.seen("hook")) == 1


async def test_two_couriers_send_everything_once(world: World) -> None:
    for _ in range(30):
        await world.put()
    other = Courier(world.database, [world.webhook], now=world.clock)
    for _ in range(4):
        await asyncio.gather(world.courier.round(), other.round())
    ids = [got["headers"][ID_HEADER.lower()] for got in world.peers.seen("hook")]
    assert (len(ids), len(set(ids))) == (30, 30)


async def test_it_is_kept_with_what_it_tells_or_not_at_all(database: Database, world: World) -> None:
    outbox = Outbox(database, world.clock)

    class Undone(Exception):
        pass

    with pytest.raises(Undone):
        async with database.session() as session:
            await outbox.put("call.accepted", {}, session=session)
            raise Undone
    await outbox.put("call.accepted", {"agent": "a1"}, call_id="c2")
    await world.courier.round()
    assert [json.loads(got["body"])["call_id"] for got in world.peers.seen("hook")] == ["c2"]


async def test_a_calls_own_events_come_through_its_records(
    tmp_path: Path, peers: Peers, http: httpx.AsyncClient
) -> None:
    store = RecordStore(f"sqlite+aiosqlite:///{tmp_path / 'records.sqlite'}")
    await store.upgrade()
    told = OutboxEntry(call_id="c1", kind="call.ended", payload={"said": "my card is 4111 1111 1111 1111"})
    await store.apply([CallStart(call_id="c1"), told])
    await store.apply([told])  # a journal that is replayed
    clock = Clock()
    clock.now = told.at
    world = World(peers, store.database, http, clock)
    await world.courier.round()
    (got,) = peers.seen("hook")
    assert "4111" not in got["body"]
    await store.close()


def test_the_waits_grow_to_an_hour() -> None:
    assert [wait_after(attempts, 0.0) for attempts in (1, 2, 3, 20)] == [5.0, 10.0, 20.0, 3600.0]
    assert wait_after(1, 1.0) == 6.0
