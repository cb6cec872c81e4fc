"""Counting tries: pure rules first, then on the database."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.accounts_helpers import Clock
from voicebot.accounts.throttle import (
    Rule,
    Tries,
    account_key,
    address_key,
    admit,
    clear,
    count_try,
    forget_old,
    forgive,
    locked_until,
)
from voicebot.records.database import Database

NOW = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
RULE = Rule(limit=3, window=15 * MINUTE, lock=15 * MINUTE)


def test_the_limit_is_let_through_and_the_next_one_locks() -> None:
    tries = None
    for count in (1, 2, 3):
        tries, admission = count_try(tries, RULE, NOW)
        assert admission.admitted and tries.count == count
    tries, admission = count_try(tries, RULE, NOW)
    assert not admission.admitted and admission.locked and admission.until == NOW + RULE.lock
    later, again = count_try(tries, RULE, NOW + 10 * MINUTE)
    assert later == tries, "tries while locked do not prolong the lock"
    assert not again.admitted and not again.locked and again.until == NOW + RULE.lock
    assert count_try(tries, RULE, NOW + RULE.lock)[1].admitted


def test_tries_are_forgotten_after_the_window() -> None:
    assert count_try(Tries(3, NOW), RULE, NOW + RULE.window)[0] == Tries(1, NOW + RULE.window)
    assert not count_try(Tries(3, NOW), RULE, NOW + RULE.window - MINUTE)[1].admitted


@given(st.lists(st.floats(0, 3600), max_size=60))
def test_never_more_than_twice_the_limit_in_any_window(gaps: list[float]) -> None:
    tries, now, admitted = None, NOW, list[datetime]()
    for gap in gaps:
        now += timedelta(seconds=gap)
        tries, admission = count_try(tries, RULE, now)
        if admission.admitted:
            admitted.append(now)
    for moment in admitted:
        assert sum(moment <= other < moment + RULE.window for other in admitted) <= 2 * RULE.limit


def test_keys() -> None:
    assert account_key("Jane.Burns ") == account_key("jane.burns") != account_key("ada")
    assert account_key("192.0.2.1") != address_key("192.0.2.1") != address_key("192.0.2.2")
    assert address_key("2001:db8::1") == address_key("2001:db8::ffff:1") != address_key("2001:db8:0:1::1")
    assert address_key("::ffff:192.0.2.1") == address_key("192.0.2.1")
    assert address_key("") == address_key("") != address_key("unix")
    assert "jane" not in account_key("jane.burns")


async def test_on_the_database(database: Database, clock: Clock) -> None:
    key = account_key("jane")
    for expected in (True, True, True, False, False):
        async with database.session(alone=True) as session:
            assert (await admit(session, key, RULE, clock())).admitted is expected
    async with database.session() as session:
        assert list(await locked_until(session, ["jane", "ada"], clock())) == ["jane"]
        await forgive(session, key)
        await forget_old(session, clock() + MINUTE)
    clock.advance(minutes=14)
    async with database.session(alone=True) as session:
        assert not (await admit(session, key, RULE, clock())).admitted
    clock.advance(minutes=1)
    async with database.session() as session:
        assert await locked_until(session, ["jane"], clock()) == {}
        await forget_old(session, clock() + MINUTE)
        assert await clear(session, key) == 0, "what is over is forgotten"


async def test_a_right_try_is_taken_back(database: Database, clock: Clock) -> None:
    for _ in range(20):
        async with database.session(alone=True) as session:
            assert (await admit(session, "key", RULE, clock())).admitted
            await forgive(session, "key")


@pytest.mark.parametrize("tries", [12])
async def test_tries_at_once_all_count(database: Database, clock: Clock, tries: int) -> None:
    async def one() -> bool:
        async with database.session(alone=True) as session:
            return (await admit(session, "key", RULE, clock())).admitted

    assert sum(await asyncio.gather(*(one() for _ in range(tries)))) == RULE.limit
