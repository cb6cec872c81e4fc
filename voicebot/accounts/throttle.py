"""How often somebody may try: counted per account and per address, whether or not the account exists."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from voicebot.accounts.account import sign_in_name
from voicebot.accounts.keys import digest
from voicebot.accounts.models import ThrottleRow

_V6_HOUSEHOLD = 64
"""Prefix that one subscriber has to itself: whoever has one address of it has them all."""


@dataclass(frozen=True, slots=True)
class Rule:
    """``limit`` tries within ``window``; the next one is refused, and all others for ``lock``."""

    limit: int
    window: timedelta
    lock: timedelta


@dataclass(frozen=True, slots=True)
class Tries:
    """What was counted: ``count`` tries ``since`` the first one; locked ``until``."""

    count: int
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether a try is let through; if not, until when none is, and whether this very try ``locked`` it."""

    admitted: bool
    until: datetime | None = None
    locked: bool = False


def count_try(tries: Tries | None, rule: Rule, now: datetime) -> tuple[Tries, Admission]:
    """One more try. Those made while locked don't prolong it: else anybody could keep a person out for ever."""
    if tries is not None and tries.until is not None:
        if now < tries.until:
            return tries, Admission(admitted=False, until=tries.until)
        tries = None
    if tries is None or now >= tries.since + rule.window:
        return Tries(1, now), Admission(admitted=True)
    if tries.count < rule.limit:
        return Tries(tries.count + 1, tries.since), Admission(admitted=True)
    until = now + rule.lock
    return Tries(tries.count + 1, tries.since, until), Admission(admitted=False, until=until, locked=True)


def account_key(name: str) -> str:
    """The key of an account's tries, by the name that was typed."""
    return digest(f"account:{sign_in_name(name)}")


def address_key(address: str) -> str:
    """The key of an address's tries; an IPv6 subscriber has one for all addresses."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return digest(f"address:{address}")
    mapped = getattr(parsed, "ipv4_mapped", None) or parsed
    packed = mapped.packed[: _V6_HOUSEHOLD // 8] if mapped.version == 6 else mapped.packed
    return digest(f"address:{packed.hex()}")


async def admit(session: AsyncSession, key: str, rule: Rule, now: datetime) -> Admission:
    """Count a try in this transaction, which must be ``alone``. It counts before the password is compared, so that many
    tries at once are as many tries.
    """
    row = await _locked_row(session, key, now)
    tries, admission = count_try(Tries(row.tries, row.since, row.until) if row.tries else None, rule, now)
    row.tries, row.since, row.until = tries.count, tries.since, tries.until
    return admission


async def forgive(session: AsyncSession, key: str) -> None:
    """Take one try back: it was a right one."""
    row = await session.get(ThrottleRow, key, with_for_update=True)
    if row is not None and row.tries and row.until is None:
        row.tries -= 1


async def clear(session: AsyncSession, *keys: str) -> int:
    """Forget all tries of ``keys``; how many of them had any."""
    deleted = await session.execute(delete(ThrottleRow).where(ThrottleRow.key.in_(keys)).returning(ThrottleRow.key))
    return len(deleted.all())


async def forget_old(session: AsyncSession, before: datetime) -> None:
    """Delete what was counted before ``before`` and locks nobody."""
    over = (ThrottleRow.until.is_(None)) | (ThrottleRow.until < before)
    await session.execute(delete(ThrottleRow).where(ThrottleRow.since < before, over))


async def locked_until(session: AsyncSession, names: list[str], now: datetime) -> dict[str, datetime]:
    """Those of the accounts ``names`` that are locked now, and until when."""
    keys = {account_key(name): name for name in names}
    rows = await session.execute(select(ThrottleRow).where(ThrottleRow.key.in_(keys), ThrottleRow.until > now))
    return {keys[row.key]: row.until for row in rows.scalars() if row.until is not None}


async def _locked_row(session: AsyncSession, key: str, now: datetime) -> ThrottleRow:
    """The row of ``key``, made when it is not there, and kept from others until the end of the transaction."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    fresh = insert(ThrottleRow).values(key=key, tries=0, since=now, until=None)
    await session.execute(fresh.on_conflict_do_nothing(index_elements=[ThrottleRow.key]))
    query = select(ThrottleRow).where(ThrottleRow.key == key).with_for_update()
    return (await session.execute(query)).scalar_one()
