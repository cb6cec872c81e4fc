"""What the tests of accounts and of their pages share."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from argon2 import PasswordHasher

from voicebot.accounts.audit import Actor
from voicebot.accounts.passwords import Passwords

PASSWORD = "violet anchor teaspoon"
ROOT = Actor("command", name="root")


@dataclass
class Clock:
    """The moment, as the test wants it."""

    moment: datetime = field(default_factory=lambda: datetime(2026, 11, 3, 9, 30, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, **time: float) -> None:
        self.moment += timedelta(**time)


def cheap_passwords() -> Passwords:
    """Hashing as weak as it goes, so that tests are quick; what is kept says so itself."""
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
