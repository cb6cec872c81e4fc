"""How the service did over some days: calls by what became of them, waits, what was repeated, what they were about."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from voicebot.handoff.models import OfferRow, WrapUpRow
from voicebot.records.database import Database
from voicebot.records.models import CallRow

BY_THE_BOT = ("answered", "reported")
TO_PEOPLE = ("transferred", "callback", "message")
MAX_DAYS = 92
_MOST_NEEDS = 20


@dataclass(frozen=True, slots=True)
class Day:
    """The calls of one day. ``bot`` were dealt with by the assistant alone, ``people`` went to a person or a message,
    ``abandoned`` hung up. Hanging up never counts as dealt with."""

    day: date
    calls: int
    bot: int
    people: int
    abandoned: int
    emergency: int
    failed: int


@dataclass(frozen=True, slots=True)
class QueueWaits:
    """How long callers of a queue waited for the person who took the call, in seconds, and how many were taken."""

    queue: str
    taken: int
    median_s: float
    p90_s: float
    longest_s: float


@dataclass(frozen=True, slots=True)
class Need:
    """What people rang about, and what became of it."""

    service: str
    need: str
    calls: int
    people: int


@dataclass(frozen=True, slots=True)
class Report:
    """Some days. ``repeated`` and ``wrapped_up`` count the calls that agents wrote about: in the first the caller had
    to repeat themselves."""

    first: date
    last: date
    days: tuple[Day, ...]
    waits: tuple[QueueWaits, ...]
    needs: tuple[Need, ...]
    wrapped_up: int
    repeated: int

    @property
    def calls(self) -> int:
        """All of them."""
        return sum(day.calls for day in self.days)

    def share(self, kind: str) -> float | None:
        """The share of all calls that are over and were counted as ``kind`` (a field of :class:`Day`)."""
        return sum(getattr(day, kind) for day in self.days) / self.calls if self.calls else None

    @property
    def repeated_share(self) -> float | None:
        """How often callers had to repeat themselves, of the calls that agents wrote about."""
        return self.repeated / self.wrapped_up if self.wrapped_up else None


async def report(database: Database, first: date, last: date, zone: ZoneInfo) -> Report:
    """Days ``first`` to ``last`` in the council's time, at most :data:`MAX_DAYS` of them."""
    last = min(last, first + timedelta(days=MAX_DAYS - 1))
    begin = datetime.combine(first, time.min, zone)
    end = datetime.combine(last + timedelta(days=1), time.min, zone)
    async with database.session() as session:
        calls = await session.execute(
            select(CallRow.started_at, CallRow.outcome, CallRow.service, CallRow.card["need"].as_string()).where(
                CallRow.started_at >= begin, CallRow.started_at < end, CallRow.ended_at.is_not(None)
            )
        )
        rows = calls.all()
        taken = await session.execute(
            select(OfferRow.queue, OfferRow.waited_s).where(
                OfferRow.made_at >= begin, OfferRow.made_at < end, OfferRow.joined_at.is_not(None)
            )
        )
        waited = taken.all()
        written = await session.execute(
            select(WrapUpRow.repeated).where(WrapUpRow.saved_at >= begin, WrapUpRow.saved_at < end)
        )
        repeated = written.scalars().all()
    by_day = Counter[tuple[date, str]]()
    by_need = Counter[tuple[str, str]]()
    need_to_people = Counter[tuple[str, str]]()
    for started_at, outcome, service, need in rows:
        by_day[started_at.astimezone(zone).date(), outcome] += 1
        by_need[service, need or ""] += 1
        need_to_people[service, need or ""] += outcome in TO_PEOPLE
    return Report(
        first=first,
        last=last,
        days=tuple(_day(first + timedelta(days=number), by_day) for number in range((last - first).days + 1)),
        waits=_waits([(queue, waited_s) for queue, waited_s in waited]),
        needs=tuple(
            Need(service, need, count, need_to_people[service, need])
            for (service, need), count in sorted(by_need.items(), key=lambda item: (-item[1], item[0]))[:_MOST_NEEDS]
        ),
        wrapped_up=len(repeated),
        repeated=sum(repeated),
    )


def _day(day: date, counts: Counter[tuple[date, str]]) -> Day:
    def of(*outcomes: str) -> int:
        return sum(counts[day, outcome] for outcome in outcomes)

    total = sum(count for (when, _), count in counts.items() if when == day)
    return Day(day, total, of(*BY_THE_BOT), of(*TO_PEOPLE), of("abandoned"), of("emergency"), of("failed"))


def _waits(taken: Sequence[tuple[str, float]]) -> tuple[QueueWaits, ...]:
    queues: dict[str, list[float]] = {}
    for queue, waited_s in taken:
        queues.setdefault(queue, []).append(waited_s)
    return tuple(
        QueueWaits(queue, len(waits), _percentile(waits, 50), _percentile(waits, 90), max(waits))
        for queue, waits in sorted(queues.items())
    )


def _percentile(values: Sequence[float], percent: int) -> float:
    """The smallest value that so many percent of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]
