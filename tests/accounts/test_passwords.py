"""What is asked of passwords, and how they are compared."""

import asyncio
import time

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError
from hypothesis import given
from hypothesis import strategies as st

from tests.accounts_helpers import PASSWORD, cheap_passwords
from voicebot.accounts.keys import one_time_password
from voicebot.accounts.passwords import LONGEST, SHORTEST, Passwords, check_password
from voicebot.errors import AccountError, SignInBusy

ABOUT = ("jane.burns", "Jane Burns", "Norbury Vale Council")


@pytest.mark.parametrize(
    "password",
    [
        PASSWORD,
        "correct horse battery staple",
        "kxq7 vu2m zzt1 p",
        "482915603718",
        "ツバメ は 春 に 帰って くる の です",
        "pas de mot commun ici",
        "council tax makes me sigh",
        "x" * 3 + "quite varied" + "y" * 200,
    ],
)
def test_good_ones(password: str) -> None:
    check_password(password, ABOUT)


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("", "12 characters or more"),
        ("elevenchars", "12 characters or more"),
        ("x" * (LONGEST + 1), "256 characters or fewer"),
        ("aaaaaaaaaaaaaaaa", "too easy"),
        ("abababababab", "too easy"),
        ("123456789012", "too easy"),
        ("210987654321", "too easy"),
        ("abcdefghijkl", "too easy"),
        ("password1234", "many people use"),
        ("P@ssw0rd2026!", "many people use"),
        ("Welcome2026!!", "many people use"),
        ("qwertyuiop12", "many people use"),
        ("Liverpool1892", "many people use"),
        ("letmein letmein", "many people use"),
        ("november2026!", "many people use"),
        ("jane.burns2026", "made from a name"),
        ("JaneBurns-1234", "made from a name"),
        ("norburyvale01", "made from a name"),
    ],
)
def test_bad_ones(password: str, says: str) -> None:
    with pytest.raises(AccountError, match=says):
        check_password(password, ABOUT)


@given(st.text(max_size=300))
def test_any_text_is_good_or_told_why(password: str) -> None:
    try:
        check_password(password, ABOUT)
    except AccountError as error:
        assert str(error).startswith("Password")
        assert not password or len(password) < 6 or password not in str(error)
    else:
        assert SHORTEST <= len(password) <= LONGEST


def test_one_time_passwords_are_good() -> None:
    made = {one_time_password() for _ in range(500)}
    assert len(made) == 500 and not set("".join(made)) & set("01oil")
    for one_time in made:
        check_password(one_time, ABOUT)


async def test_kept_as_argon2id_with_todays_parameters() -> None:
    kept = await Passwords().hash(PASSWORD)
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert (await Passwords().verify(kept, PASSWORD)).right


async def test_right_wrong_and_nobodys() -> None:
    passwords = cheap_passwords()
    kept = await passwords.hash(PASSWORD)
    assert (await passwords.verify(kept, PASSWORD)).right
    assert not (await passwords.verify(kept, PASSWORD + " ")).right
    assert not (await passwords.verify(None, PASSWORD)).right
    assert not (await passwords.verify(None, "")).right, "nobody's password is not the empty one"
    assert not (await passwords.verify("no hash at all", PASSWORD)).right
    with pytest.raises(InvalidHashError):
        PasswordHasher().verify("no hash at all", PASSWORD)


async def test_the_same_letters_are_the_same_password() -> None:
    passwords = cheap_passwords()
    kept = await passwords.hash("cafe\u0301 in the morning")
    assert (await passwords.verify(kept, "caf\u00e9 in the morning")).right
    odd = await passwords.hash("lone \udce9 surrogate and more")
    assert (await passwords.verify(odd, "lone \udce9 surrogate and more")).right


async def test_a_hash_of_older_parameters_is_renewed() -> None:
    kept = await cheap_passwords().hash(PASSWORD)
    verdict = await Passwords().verify(kept, PASSWORD)
    assert verdict.right and verdict.renewed is not None and "m=65536" in verdict.renewed
    assert (await Passwords().verify(verdict.renewed, PASSWORD)).renewed is None
    assert (await Passwords().verify(kept, "wrong password here")).renewed is None


async def test_comparing_takes_as_long_for_nobody() -> None:
    """Medians with real parameters. They would differ by 50 times or more if nobody's password were not compared."""
    passwords = Passwords()
    kept = await passwords.hash(PASSWORD)
    await passwords.verify(None, PASSWORD)
    took: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(9):
        for known in took:
            began = time.perf_counter()
            await passwords.verify(kept if known else None, "not the right one")
            took[known].append(time.perf_counter() - began)
    medians = [sorted(times)[len(times) // 2] for times in took.values()]
    assert max(medians) < 3 * min(medians)


async def test_too_many_at_once_are_refused() -> None:
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1), at_once=1, waiting=2)
    results = await asyncio.gather(*(passwords.hash(PASSWORD) for _ in range(8)), return_exceptions=True)
    assert sum(isinstance(result, SignInBusy) for result in results) == 5
    assert (await passwords.hash(PASSWORD)).startswith("$argon2id$")
