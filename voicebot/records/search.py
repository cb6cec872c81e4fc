"""Finding calls: by what people look for, by who rang, and what was said in one of them so far."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, or_, select

from voicebot.records.database import Database
from voicebot.records.models import CallRow, RecordingRow, TurnRow
from voicebot.records.view import moment

LOCAL = ZoneInfo("Europe/London")
"""Days are those of the council, not of UTC."""
NOW = "now"
"""The outcome to look for to find calls that go on."""
MAX_FOUND = 1000


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for; empty fields leave all open. ``words`` stand in a reference, a number or what was said."""

    words: str = ""
    outcome: str = ""
    service: str = ""
    queue: str = ""
    first: date | None = None
    last: date | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """As SQL."""
        found: list[ColumnElement[bool]] = []
        words = self.words.strip()
        if words:
            said = select(TurnRow.call_id).where(TurnRow.text.icontains(words, autoescape=True))
            found.append(
                or_(
                    CallRow.reference == words.upper(),
                    CallRow.id == words,
                    CallRow.caller.icontains(words.replace(" ", ""), autoescape=True),
                    CallRow.id.in_(said),
                )
            )
        if self.outcome == NOW:
            found.append(CallRow.ended_at.is_(None))
        elif self.outcome:
            found.append(CallRow.outcome == self.outcome)
        if self.service:
            found.append(CallRow.service == self.service)
        if self.queue:
            found.append(CallRow.queue == self.queue)
        if self.first is not None:
            found.append(CallRow.started_at >= _midnight(self.first))
        if self.last is not None:
            found.append(CallRow.started_at < _midnight(self.last + timedelta(days=1)))
        return found


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, LOCAL)


def _line(call: CallRow) -> dict[str, Any]:
    """A call in a list: without what was said."""
    card = call.card or {}
    length = (call.ended_at - call.started_at).total_seconds() if call.ended_at is not None else None
    return {
        "id": call.id,
        "reference": call.reference,
        "line": call.line,
        "from": call.caller,
        "started_at": moment(call.started_at),
        "ended_at": moment(call.ended_at),
        "length_s": length,
        "service": call.service or "none",
        "need": str(card.get("need", "")),
        "outcome": call.outcome,
        "queue": call.queue or "none",
        "emergency": call.emergency,
    }


async def find_calls(
    database: Database, sought: Sought, limit: int = 50, *, before: datetime | None = None
) -> list[dict[str, Any]]:
    """The newest first; ``before`` pages back by their start."""
    query = _newest(limit).where(*sought.conditions())
    if before is not None:
        query = query.where(CallRow.started_at < before)
    async with database.session() as session:
        return [_line(call) for call in (await session.execute(query)).scalars()]


def _newest(limit: int) -> Select[CallRow]:
    return select(CallRow).order_by(CallRow.started_at.desc(), CallRow.id).limit(max(1, min(limit, MAX_FOUND)))


async def earlier_calls(database: Database, call_id: str, limit: int = 10) -> list[dict[str, Any]]:
    """What the same number rang about before that call, the newest first; nothing of callers who hide their number."""
    async with database.session() as session:
        call = await session.get(CallRow, call_id)
        if call is None or not call.caller:
            return []
        same = (CallRow.caller == call.caller) & (CallRow.started_at < call.started_at)
        return [_line(each) for each in (await session.execute(_newest(limit).where(same))).scalars()]


async def same_caller(database: Database, one: str, other: str) -> bool:
    """Whether two calls came from the same number, which is known."""
    query = select(CallRow.caller).where(CallRow.id.in_((one, other)))
    async with database.session() as session:
        callers = (await session.execute(query)).scalars().all()
    return len(callers) == 2 and callers[0] == callers[1] != ""


async def transcript(database: Database, call_id: str) -> list[dict[str, Any]]:
    """What was said in a call so far, in order."""
    query = select(TurnRow).where(TurnRow.call_id == call_id).order_by(TurnRow.at_ms, TurnRow.id)
    async with database.session() as session:
        turns = (await session.execute(query)).scalars()
        return [{"key": turn.uid, "who": turn.who, "text": turn.text, "at_ms": turn.at_ms} for turn in turns]


async def recording_of(database: Database, call_id: str) -> tuple[str, float] | None:
    """Where a call's recording lies and the call's time at its beginning in ms; None when there is none."""
    query = select(RecordingRow).where(RecordingRow.call_id == call_id).order_by(RecordingRow.id.desc()).limit(1)
    async with database.session() as session:
        row = (await session.execute(query)).scalar_one_or_none()
        return (row.path, row.at_ms) if row is not None else None


async def known_values(database: Database) -> dict[str, Sequence[str]]:
    """The services and queues that calls were about, for whoever chooses among them."""
    async with database.session() as session:
        services = (await session.execute(select(CallRow.service).distinct().order_by(CallRow.service))).scalars().all()
        queues = (await session.execute(select(CallRow.queue).distinct().order_by(CallRow.queue))).scalars().all()
    return {
        "services": [name for name in services if name not in ("", "none")],
        "queues": [name for name in queues if name not in ("", "none")],
    }


async def goes_on(database: Database, call_id: str) -> bool:
    """Whether there is such a call, and it is not over."""
    async with database.session() as session:
        call = await session.get(CallRow, call_id)
        return call is not None and call.ended_at is None
