"""Reports in a back office that follows GeoReport v2: made, numbered, and asked about until they are closed."""

from datetime import date
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from tests.outbox.conftest import Clock, Peers
from tests.outbox.peers import OPEN311_KEY
from voicebot.open311.client import Open311Client
from voicebot.open311.messages import (
    Malformed,
    Open311Error,
    Report,
    read_definition,
    read_errors,
    read_services,
    read_status,
    read_taken,
)
from voicebot.outbox.back_office import NOT_GIVEN, REPORT_MADE, BackOffice, Watch
from voicebot.outbox.courier import GIVEN_UP, SENT, Courier
from voicebot.outbox.outbox import outbox_row
from voicebot.outbox.tables import BackOfficeRow, DeliveryRow
from voicebot.records.database import Database
from voicebot.settings import Open311Settings

REFERENCE = "NVC 482 913"


def settings(peers: Peers, **more: Any) -> Open311Settings:
    services = {"pothole": "POT", "street_light": "SLT", "tree": "TRE", "drain": "NONE"}
    values = {"endpoint": f"{peers.url}/open311/v2", "jurisdiction": "norburyvale.example", "services": services}
    return Open311Settings(**{**values, "api_key": SecretStr(OPEN311_KEY), "timeout_s": 20, **more})


class World:
    def __init__(self, peers: Peers, database: Database, http: httpx.AsyncClient, clock: Clock) -> None:
        self.peers, self.database, self.clock = peers, database, clock
        self.office = BackOffice(settings(peers), database, http)
        self.courier = Courier(database, [self.office], now=clock)
        self.watch = Watch(settings(peers), database, http, clock)

    async def report(self, kind: str, **details: str) -> None:
        payload = {
            "reference": REFERENCE,
            "kind": kind,
            "service": "highways",
            "place": "Mill Lane, outside 12",
            "uprn": "",
            "details": details,
        }
        async with self.database.session() as session:
            session.add(outbox_row(REPORT_MADE, payload, call_id="c1", at=self.clock.now))
        await self.courier.round()

    async def delivery(self) -> tuple[str, str]:
        async with self.database.session() as session:
            row = await session.get_one(DeliveryRow, 1)
            return row.state, row.problem

    async def row(self) -> BackOfficeRow | None:
        async with self.database.session() as session:
            return await session.get(BackOfficeRow, REFERENCE)


@pytest.fixture
def world(peers: Peers, database: Database, http: httpx.AsyncClient, clock: Clock) -> World:
    return World(peers, database, http, clock)


async def test_a_report_is_made_with_its_attributes_and_our_reference(world: World) -> None:
    await world.report("pothole", size="large", name="Jo Anne Marsh", phone="07700900123")
    (got,) = world.peers.seen("open311")
    assert got["jurisdiction_id"] == "norburyvale.example"
    assert (got["service_code"], got["address_string"]) == ("POT", "Mill Lane, outside 12")
    assert (got["first_name"], got["last_name"], got["phone"]) == ("Jo", "Anne Marsh", "07700900123")
    assert (got["attribute[size]"], got["attribute[where_on_road]"]) == ("L", NOT_GIVEN)
    assert "attribute[help]" not in got, "a text that is only shown"
    assert REFERENCE in got["description"]
    assert "Marsh" not in got["description"]
    assert await world.delivery() == (SENT, "")
    row = await world.row()
    assert row is not None
    assert (row.request_id, row.status) == ("1000", "open")


async def test_a_back_office_that_is_down_gets_it_later(world: World) -> None:
    world.peers.play(status={"open311": [503]})
    await world.report("pothole")
    assert await world.row() is None
    assert (await world.delivery())[1] == "the back office answered 503"
    world.clock.on(minutes=1)
    await world.courier.round()
    assert (await world.delivery())[0] == SENT
    assert len(world.peers.seen("open311")) == 2


async def test_a_token_becomes_a_number_and_the_number_a_state(world: World) -> None:
    await world.report("street_light")
    row = await world.row()
    assert row is not None
    assert (row.request_id, row.token) == ("", "T1000")
    assert await world.watch.round() == 1
    assert (row := await world.row()) is not None
    assert row.request_id == "", "it has none yet"
    world.peers.play(
        requests={
            "1000": {"hidden": False, "status_notes": "Lamp ordered", "expected_datetime": "2026-12-04T17:00:00Z"}
        }
    )
    assert await world.watch.round() == 0, "not every second"
    world.clock.on(minutes=16)
    assert await world.watch.round() == 1
    assert (row := await world.row()) is not None
    assert (row.request_id, row.status, row.notes) == ("1000", "open", "Lamp ordered")
    assert row.expected_on == date(2026, 12, 4)


async def test_what_is_closed_is_not_asked_about_again(world: World) -> None:
    await world.report("pothole")
    world.peers.play(requests={"1000": {"status": "closed", "updated_datetime": "2026-11-25T09:00:00+00:00"}})
    assert await world.watch.round() == 1
    assert (row := await world.row()) is not None
    assert (row.status, row.updated_on) == ("closed", date(2026, 11, 25))
    world.clock.on(days=1)
    assert await world.watch.round() == 0


async def test_what_the_back_office_will_never_take_is_given_up_with_its_words(world: World) -> None:
    await world.report("tree")
    assert await world.delivery() == (GIVEN_UP, "the back office needs height, which is not known")


async def test_a_service_that_is_not_there_is_named(world: World) -> None:
    await world.report("drain")
    assert await world.delivery() == (GIVEN_UP, "the back office has no service NONE")


async def test_other_reports_stay_here(world: World) -> None:
    await world.report("missed_bin")
    assert world.peers.seen("open311") == []


async def test_the_error_array_is_told(peers: Peers, http: httpx.AsyncClient) -> None:
    client = Open311Client(settings(peers), http)
    with pytest.raises(Open311Error) as refused:
        await client.submit(Report("POT", "a hole", address="Mill Lane"))
    assert (refused.value.status, refused.value.errors) == (400, (("400", "attribute[where_on_road] is required"),))
    with pytest.raises(Open311Error, match="404: service_request_id was not found"):
        await client.status("7")
    wrong = Open311Client(settings(peers, api_key=SecretStr("no")), http)
    with pytest.raises(Open311Error, match="403: api_key is missing or not known"):
        await wrong.submit(Report("SLT", "dark", address="Mill Lane"))


@pytest.mark.parametrize(
    ("read", "content"),
    [
        (read_services, {"service_code": "1"}),
        (read_services, [{"service_name": "x"}]),
        (read_definition, "x"),
        (read_definition, {"attributes": [{"required": True}]}),
        (read_taken, []),
        (read_taken, [{"service_notice": "thanks"}]),
        (read_status, [{"service_request_id": "1"}]),
        (read_status, None),
    ],
)
def test_nonsense_is_told_as_such(read: Any, content: Any) -> None:
    with pytest.raises(Malformed):
        read(content)


def test_values_are_read_as_servers_write_them() -> None:
    services = read_services([{"service_code": 7, "service_name": "A", "metadata": "true"}])
    assert (services[0].code, services[0].metadata) == ("7", True)
    assert read_status([{"service_request_id": 1, "status": "Open", "expected_datetime": "soon"}]).expected_on is None
    assert read_errors({"error": "x"}) == ()
    assert Report("POT", "x" * 5000).fields()["description"] == "x" * 4000
