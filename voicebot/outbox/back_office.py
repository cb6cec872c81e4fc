"""Reports on their way into a back office by Open311, and how they stand there.

The caller has had our reference since the call; what the back office calls it is kept beside it. It is sent at least
once: GeoReport has no way to say that a report is the same as one before, so our reference stands in its description.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import httpx
import structlog
from sqlalchemy import or_, select

from voicebot.accounts.keys import utc_now
from voicebot.errors import RecordsUnavailable
from voicebot.open311.client import Open311Client
from voicebot.open311.messages import Attribute, Malformed, Open311Error, Report, Taken
from voicebot.outbox.destination import NotNow, Refused, Told
from voicebot.outbox.tables import BackOfficeRow
from voicebot.records.database import Database
from voicebot.settings import Open311Settings

log = structlog.get_logger(__name__)

REPORT_MADE = "report.made"
"""The kind of the outbox. Its payload has ``reference``, ``kind``, ``service``, ``place``, ``uprn`` and ``details``."""

NAME = "open311"
NOT_GIVEN = "Not given by the caller"

_FOR_GOOD = frozenset({400, 404})
"""Statuses after which the same report would be refused again: what it says is wrong, or there is no such service."""
_PERSONAL = frozenset({"name", "phone", "email"})
_EVERY_S = 30.0
_BATCH = 50


class BackOffice:
    """The destination of reports."""

    name = NAME

    def __init__(self, settings: Open311Settings, database: Database, http: httpx.AsyncClient) -> None:
        self._services = settings.services
        self._database = database
        self._client = Open311Client(settings, http)
        self._definitions: dict[str, Sequence[Attribute]] = {}

    def wants(self, kind: str, payload: Mapping[str, Any]) -> bool:
        """Reports of the kinds that the settings name."""
        return kind == REPORT_MADE and payload.get("kind") in self._services

    async def deliver(self, told: Told) -> dict[str, Any]:
        """Make the report there, and keep what it is called."""
        try:
            report = await self._report(told.payload)
            taken = await self._client.submit(report)
        except Open311Error as error:
            if error.status in _FOR_GOOD:
                raise Refused(f"the back office refused: {error}") from error
            raise NotNow(f"the back office answered {error.status}") from error
        except (httpx.HTTPError, Malformed) as error:
            raise NotNow(type(error).__name__) from error
        await self._keep(str(told.payload["reference"]), taken)
        return {"service_request_id": taken.request_id, "token": taken.token}

    async def _report(self, payload: Mapping[str, Any]) -> Report:
        code = self._services[payload["kind"]]
        details = {str(name): str(value) for name, value in (payload.get("details") or {}).items() if value}
        first, _, last = details.get("name", "").partition(" ")
        return Report(
            service_code=code,
            description=_description(payload, details),
            address=str(payload.get("place") or ""),
            address_id=str(payload.get("uprn") or ""),
            attributes=_attributes(await self._definition(code), details),
            first_name=first,
            last_name=last,
            phone=details.get("phone", ""),
            email=details.get("email", ""),
        )

    async def _definition(self, code: str) -> Sequence[Attribute]:
        if code not in self._definitions:
            services = {service.code: service for service in await self._client.services()}
            if code not in services:
                raise Refused(f"the back office has no service {code}")
            self._definitions[code] = await self._client.definition(code) if services[code].metadata else ()
        return self._definitions[code]

    async def _keep(self, reference: str, taken: Taken) -> None:
        async with self._database.session(alone=True) as session:
            row = await session.get(BackOfficeRow, reference)
            if row is None:
                row = BackOfficeRow(reference=reference, system=NAME, status="open", notes="")
                session.add(row)
            row.token, row.request_id = taken.token, taken.request_id


def _description(payload: Mapping[str, Any], details: Mapping[str, str]) -> str:
    lines = [f"{payload['kind']} ({payload['reference']})".replace("_", " ")]
    lines += [f"{name.replace('_', ' ')}: {value}" for name, value in details.items() if name not in _PERSONAL]
    return "\n".join(lines)


def _attributes(wanted: Sequence[Attribute], details: Mapping[str, str]) -> dict[str, str]:
    """What we know of what the server asks, by its codes. Raises :class:`Refused` when something can't be made up."""
    known = {name.lower(): value for name, value in details.items()}
    found: dict[str, str] = {}
    for attribute in wanted:
        if not attribute.variable:
            continue
        value = known.get(attribute.code.lower())
        if value is not None and attribute.values:
            value = next((key for key, name in attribute.values if value.lower() in (key.lower(), name.lower())), None)
        if value is not None:
            found[attribute.code] = value
        elif attribute.required and attribute.datatype in ("string", "text"):
            found[attribute.code] = NOT_GIVEN
        elif attribute.required:
            raise Refused(f"the back office needs {attribute.code}, which is not known")
    return found


class Watch:
    """Asks the back office how open reports stand, each every ``ask_minutes``."""

    def __init__(
        self,
        settings: Open311Settings,
        database: Database,
        http: httpx.AsyncClient,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._every = timedelta(minutes=settings.ask_minutes)
        self._database = database
        self._client = Open311Client(settings, http)
        self._now = now

    async def run(self, every_s: float = _EVERY_S) -> None:
        """Ask until cancelled."""
        while True:
            try:
                await self.round()
            except RecordsUnavailable as error:
                log.debug("open311.database_away", error=type(error).__name__)
            await asyncio.sleep(every_s)

    async def round(self) -> int:
        """Ask about the reports whose turn it is; about how many something was told."""
        now = self._now()
        async with self._database.session() as session:
            due = or_(BackOfficeRow.asked_at.is_(None), BackOfficeRow.asked_at <= now - self._every)
            query = select(BackOfficeRow).where(BackOfficeRow.status != "closed", due).limit(_BATCH)
            rows = list((await session.execute(query)).scalars())
        told = 0
        for row in rows:
            try:
                await self._ask(row)
                told += 1
            except (httpx.HTTPError, Malformed, Open311Error) as error:
                log.info("open311.not_told", error=type(error).__name__)
            row.asked_at = now
            async with self._database.session() as session:
                await session.merge(row)
        return told

    async def _ask(self, row: BackOfficeRow) -> None:
        if not row.request_id:
            row.request_id = (await self._client.by_token(row.token)).request_id
        if not row.request_id:
            return
        status = await self._client.status(row.request_id)
        row.status, row.notes = status.status[:16], status.notes
        row.updated_on, row.expected_on = status.updated_on, status.expected_on
