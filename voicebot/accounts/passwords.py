"""Passwords: what is asked of them, and how they are kept (Argon2id, RFC 9106)."""

import asyncio
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from voicebot.errors import AccountError, SignInBusy

SHORTEST = 12
LONGEST = 256
_FEWEST_LETTERS = 5
_WORD = re.compile(r"[^\W_]+")
_LEET = str.maketrans("0134578@$!", "oleastbasi")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a password was right, and its hash in today's parameters when the one kept is of older ones."""

    right: bool
    renewed: str | None = None


class Passwords:
    """Hashes and compares, a few at once on other threads: each takes tens of milliseconds and 64 MiB.

    Raises :class:`SignInBusy` when more than ``waiting`` already wait for their turn.
    """

    def __init__(self, hasher: PasswordHasher | None = None, *, at_once: int = 2, waiting: int = 32) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turns = asyncio.Semaphore(at_once)
        self._most = at_once + waiting
        self._present = 0
        self._nobodys = ""

    async def hash(self, password: str) -> str:
        """What is kept of ``password``."""
        return await self._in_turn(password, None)

    async def verify(self, kept: str | None, password: str) -> Verdict:
        """Hold ``password`` against what was kept.

        Where nothing was kept (no such account) it is held against a hash that nobody's password has, so that the
        answer takes as long.
        """
        if not self._nobodys:
            self._nobodys = await self.hash("")
        right = await self._in_turn(password[: LONGEST + 1], kept or self._nobodys) == "right"
        if not right or kept is None:
            return Verdict(right=False)
        return Verdict(True, await self.hash(password) if self._hasher.check_needs_rehash(kept) else None)

    async def _in_turn(self, password: str, kept: str | None) -> str:
        if self._present >= self._most:
            raise SignInBusy("too many people are signing in at this moment")
        self._present += 1
        try:
            async with self._turns:
                return await asyncio.to_thread(self._work, _normal(password), kept)
        finally:
            self._present -= 1

    def _work(self, password: bytes, kept: str | None) -> str:
        if kept is None:
            return self._hasher.hash(password)
        try:
            self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return "wrong"
        return "right"


def check_password(password: str, about: Iterable[str] = ()) -> None:
    """Raise :class:`AccountError`, saying what to do, unless ``password`` is good enough for somebody with the names
    ``about``. It must be long and not among the first that an attacker tries; no kinds of characters are asked for.
    """
    if len(password) < SHORTEST:
        raise AccountError(f"Password must be {SHORTEST} characters or more. Three random words make a good one")
    if len(password) > LONGEST:
        raise AccountError(f"Password must be {LONGEST} characters or fewer")
    plain = unicodedata.normalize("NFKC", password).casefold()
    if len(set(plain)) < _FEWEST_LETTERS or _is_row(plain):
        raise AccountError("Password is too easy to guess. Three random words make a good one")
    words = [word for text in about for word in _WORD.findall(text.casefold()) if len(word) > 2]
    if not _beyond(plain, (*_common(), *words)):
        raise AccountError("Password is one that many people use, or made from a name. Three random words are better")


def _normal(password: str) -> bytes:
    """The same bytes however a keyboard composes the letters."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


def _is_row(plain: str) -> bool:
    """Letters or digits in a row, up or down: 123456789012, abcdefghijkl."""
    steps = {(ord(b) - ord(a)) % 10 if (a + b).isdigit() else ord(b) - ord(a) for a, b in pairwise(plain)}
    return len(steps) == 1


def _beyond(plain: str, known: Iterable[str]) -> bool:
    """Whether anything worth guessing is left without the ``known`` words and the digits and signs around them."""
    for form in (plain, plain.translate(_LEET)):
        left = form
        for word in sorted(known, key=len, reverse=True):
            left = left.replace(word, " ")
        if sum(c.isalpha() for c in left) < _FEWEST_LETTERS and not _many_digits(left):
            return False
    return True


def _many_digits(left: str) -> bool:
    """Random digits are worth guessing too, but a year or a date is not."""
    return sum(not c.isspace() for c in left) >= SHORTEST and len(set(left)) > _FEWEST_LETTERS


@cache
def _common() -> tuple[str, ...]:
    text = files("voicebot.accounts").joinpath("common_passwords.txt").read_text("utf-8")
    return tuple(line for line in text.split() if not line.startswith("#"))
