"""Tells other systems of calls that people are offered, take and end, with their cards, through the outbox.

It follows the desk's rows instead of standing in the way of a call: whatever dies, what was missed is told by the next
web process. Each event has an id made of the offer's, so that nothing is told twice however many follow.
"""

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import structlog
from sqlalchemy import select

from voicebot.accounts.keys import utc_now
from voicebot.errors import RecordsUnavailable
from voicebot.handoff.desk_views import plain
from voicebot.handoff.models import OfferRow, TicketRow, VersionRow, WrapUpRow
from voicebot.handoff.overview import wrap_up_view
from voicebot.outbox.outbox import outbox_row
from voicebot.outbox.tables import OutboxRow
from voicebot.records.database import Database, RecordRejected

log = structlog.get_logger(__name__)

OFFERED, ACCEPTED, ENDED = "call.offered", "call.accepted", "call.ended"
KINDS = (OFFERED, ACCEPTED, ENDED)
_BACK = timedelta(days=1)
"""How long ago a call may have been offered and still be told of: longer than any call, or outage of ours."""
_LOOK_S = 0.5


class DeskEvents:
    """Follows the offers of one database."""

    def __init__(self, database: Database, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now
        self._version = -1

    async def run(self) -> None:
        """Tell until cancelled. A database that is away is looked at again."""
        while True:
            try:
                await self.round()
            except (RecordsUnavailable, RecordRejected) as error:
                # rejected: another web process told the same thing at this moment
                log.debug("desk_events.later", error=type(error).__name__)
                self._version = -1
            await asyncio.sleep(_LOOK_S)

    async def round(self) -> int:
        """Tell what has happened since; how many events that were."""
        async with self._database.session() as session:
            version = (await session.execute(select(VersionRow.version))).scalar_one()
        if version == self._version:
            return 0
        count = 0
        async with self._database.session(alone=True) as session:
            query = (
                select(OfferRow, TicketRow, WrapUpRow)
                .join(TicketRow, TicketRow.id == OfferRow.ticket_id)
                .outerjoin(WrapUpRow, WrapUpRow.offer_id == OfferRow.id)
                .where(OfferRow.made_at > self._now() - _BACK)
                .order_by(OfferRow.made_at)
            )
            rows = (await session.execute(query)).all()
            due = [
                (event_id(offer.id, kind), kind, at, offer, ticket, written)
                for offer, ticket, written in rows
                for kind, at in _happened(offer)
            ]
            ids = [uid for uid, *_ in due]
            told = set((await session.execute(select(OutboxRow.uid).where(OutboxRow.uid.in_(ids)))).scalars())
            for uid, kind, at, offer, ticket, written in due:
                if uid not in told:
                    payload = _payload(kind, offer, ticket, written)
                    session.add(outbox_row(kind, payload, call_id=offer.call_id, uid=uid, at=at))
                    count += 1
        self._version = version
        return count


def event_id(offer_id: str, kind: str) -> str:
    """The id of an event: the same whoever tells it."""
    return sha256(f"{offer_id} {kind}".encode()).hexdigest()[:32]


def _happened(offer: OfferRow) -> Iterator[tuple[str, datetime]]:
    yield OFFERED, offer.made_at
    if offer.accepted_at is not None:
        yield ACCEPTED, offer.accepted_at
        if offer.ended_at is not None:
            yield ENDED, offer.ended_at


def _payload(kind: str, offer: OfferRow, ticket: TicketRow, written: WrapUpRow | None) -> dict[str, Any]:
    """What a council's own system needs to open its page for a call."""
    told = {
        "call": {"id": offer.call_id, "reference": ticket.reference, "queue": offer.queue, "caller": offer.caller},
        "offer": offer.id,
        "agent": offer.agent,
        "waited_s": round(offer.waited_s, 1),
        "card": ticket.card,
    }
    if kind == ENDED:
        told |= {"state": offer.state, "joined_at": plain(offer.joined_at), "wrap_up": plain(wrap_up_view(written))}
    return told
