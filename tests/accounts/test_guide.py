"""docs/accounts.md says what the code does."""

from pathlib import Path

from voicebot.accounts.cli import app as user_app
from voicebot.accounts.passwords import SHORTEST
from voicebot.accounts.roles import Role, Scope
from voicebot.accounts.tokens import LONGEST_DAYS
from voicebot.settings import AccountSettings

GUIDE = (Path(__file__).parents[2] / "docs" / "accounts.md").read_text(encoding="utf-8")


def rows(first: str) -> list[list[str]]:
    """The cells of the table whose head begins with ``first``."""
    lines = GUIDE[GUIDE.index(f"| {first} |") :].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_role_and_scope() -> None:
    assert [row[0] for row in rows("role")] == [role.value for role in Role]
    given = {row[0].strip("`"): {Role(name) for name in row[2].split(", ")} for row in rows("scope")}
    assert given == {scope.value: set(scope.roles) for scope in Scope}


def test_every_command() -> None:
    for command in user_app.registered_commands:
        assert command.callback is not None
        name = command.name or command.callback.__name__
        assert f"voicebot user {name}" in GUIDE or f"`{name} NAME`" in GUIDE, name


def test_the_numbers_are_the_defaults() -> None:
    limits = AccountSettings()
    for said in (
        f"{SHORTEST} characters or more",
        f"After {limits.account_tries} wrong passwords in {limits.lock_minutes} minutes",
        f"for {limits.lock_minutes} minutes; after {limits.address_tries} from one network address",
        f"after {limits.idle_minutes} minutes without a request, and after {limits.session_hours} hours",
        f"valid for {limits.one_time_hours} hours",
        f"at most {LONGEST_DAYS} days",
    ):
        assert said in " ".join(GUIDE.split()), said
