"""``voicebot user``, ``token`` and ``audit`` as they are typed."""

import asyncio
import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from tests.accounts_helpers import PASSWORD
from voicebot.accounts.audit_cli import audit_command
from voicebot.accounts.cli import app as user_app
from voicebot.accounts.token_cli import app as token_app
from voicebot.app.service import nobody_has_an_account
from voicebot.cli.phone_link import phone_link_command
from voicebot.errors import AccountError, NoSuchAccount
from voicebot.settings import Settings


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("VOICEBOT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("VOICEBOT_DATA", str(tmp_path))
    monkeypatch.setenv("VOICEBOT_CONFIG", str(tmp_path / "none.toml"))
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


def user(*words: str, typed: str = "") -> Result:
    return CliRunner().invoke(user_app, words, input=typed)


def told(result: Result) -> list[Any]:
    """The JSON lines of a command that went well."""
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.output.splitlines()]


def failed(result: Result, kind: type[Exception], says: str) -> None:
    assert result.exit_code == 1 and type(result.exception) is kind and says in str(result.exception)


def audit() -> list[dict[str, Any]]:
    app = typer.Typer()
    app.command()(audit_command)
    return told(CliRunner().invoke(app, ["--json", "--limit", "500"]))


def test_a_life() -> None:
    assert "user add NAME --role admin" in user("list").output
    (added,) = told(
        user("add", "Jane", "--role", "agent", "--role", "viewer", "--display-name", "Jane Burns", "--json")
    )
    assert added["name"] == "jane" and added["roles"] == ["agent", "viewer"] and len(added["one_time_password"]) == 24
    (listed,) = told(user("list", "--json"))
    assert "one_time_password" not in listed and {**listed, "one_time_password": added["one_time_password"]} == added
    assert "the role author" in user("roles", "jane", "author").output
    assert told(user("roles", "JANE", "--json"))[0]["roles"] == ["author"]
    assert told(user("roles", "jane", "--none", "--json"))[0]["roles"] == []
    assert told(user("disable", "jane", "--json"))[0]["enabled"] is False
    assert "disabled" in user("list").output
    assert told(user("enable", "jane", "--json"))[0]["enabled"] is True
    assert told(user("unlock", "jane", "--address", "192.0.2.1", "--json")) == [{"name": "jane", "had_tries": False}]
    again = user("passwd", "jane").output
    assert "One-time password" in again and added["one_time_password"] not in again
    refused = user("remove", "jane", typed="n\n")
    assert refused.exit_code == 1 and len(told(user("list", "--json"))) == 1
    assert "removed" in user("remove", "jane", typed="y\n").output
    assert told(user("list", "--json")) == []
    assert [entry["action"] for entry in audit()][::-1] == [
        "account.add",
        "account.roles",
        "account.roles",
        "account.disable",
        "account.enable",
        "account.unlock",
        "password.reset",
        "account.remove",
    ]
    assert {entry["actor"]["kind"] for entry in audit()} == {"command"} and audit()[0]["actor"]["name"]


def test_passwords_come_from_a_prompt_or_standard_input() -> None:
    assert "one_time_password" not in told(user("add", "jane", "--password-stdin", "--json", typed=PASSWORD + "\n"))[0]
    failed(user("passwd", "jane", "--password-stdin", typed="short\n"), AccountError, "12 characters")
    failed(user("passwd", "jane", "--password-stdin", typed=""), AccountError, "no password")
    assert user("passwd", "jane", "--password-stdin", typed="quite another teaspoon").exit_code == 0
    for option in ("--password", "--pass", "-p"):
        assert user("add", "bob", option, PASSWORD).exit_code == 2, "a command line is seen by everybody on the machine"
    assert PASSWORD not in str(audit())


def test_a_prompt_asks_twice_and_shows_nothing(data: Path) -> None:
    """On a terminal of its own, which getpass reads from."""

    def type_in(*answers: str) -> tuple[int, str]:
        main, side = pty.openpty()
        code = "from voicebot.cli import main; import sys; sys.argv=['voicebot', *sys.argv[1:]]; main()"
        argv = [sys.executable, "-c", code, "user", "add", "jane", "--ask-password"]
        with subprocess.Popen(argv, stdin=side, stdout=side, stderr=side, start_new_session=True) as process:
            os.close(side)
            shown = b""
            for answer in answers:
                while not shown.rstrip().endswith((b"Password:", b"again:")):
                    shown += os.read(main, 1024)
                shown += b"|"
                os.write(main, answer.encode() + b"\n")
            try:
                while more := os.read(main, 1024):
                    shown += more
            except OSError:
                pass
            status = process.wait(60)
        os.close(main)
        return status, shown.decode()

    status, shown = type_in(PASSWORD, "something else")
    assert status == 1 and "not the same" in shown and PASSWORD not in shown
    status, shown = type_in(PASSWORD, PASSWORD)
    assert status == 0 and "jane is added" in shown and PASSWORD not in shown


def test_what_can_not_be_done_says_why() -> None:
    failed(user("add", "no spaces"), AccountError, "user name is")
    failed(user("disable", "ghost"), NoSuchAccount, "no such account")
    assert user("add", "ada", "--role", "emperor").exit_code == 2
    failed(user("roles", "ada", "viewer", "--none"), AccountError, "--none")
    told(user("add", "ada", "--role", "admin", "--json"))
    failed(user("add", "ADA"), AccountError, "already")
    assert "last account" in str(user("disable", "ada").exception)
    assert "last account" in str(user("remove", "ada", "--yes").exception)
    assert told(user("remove", "ada", "--yes", "--force", "--json")) == [{"name": "ada", "removed": True}]


def test_tokens() -> None:
    told(user("add", "sue", "--role", "supervisor", "--json"))
    words = ["add", "Power BI", "--scope", "calls:read", "--owner", "sue", "--days", "30", "--json"]
    (made,) = told(CliRunner().invoke(token_app, words))
    assert made["token"].startswith("voicebot_") and made["owner"] == "sue" and made["scopes"] == ["calls:read"]
    (listed,) = told(CliRunner().invoke(token_app, ["list", "--json"]))
    assert "token" not in listed and listed["id"] == made["id"] and listed["used_at"] is None
    beyond = CliRunner().invoke(token_app, ["add", "x", "--scope", "audit:read", "--owner", "sue"])
    failed(beyond, AccountError, "owner")
    service = CliRunner().invoke(token_app, ["add", "x", "--scope", "audit:read"])
    assert service.exit_code == 0 and "shown only now" in service.output
    table = CliRunner().invoke(token_app, ["list"]).output
    assert "the service" in table and "sue" in table
    assert CliRunner().invoke(token_app, ["revoke", made["id"]]).exit_code == 0
    failed(CliRunner().invoke(token_app, ["revoke", made["id"]]), AccountError, "no such token")
    assert [row["revoked_at"] is None for row in told(CliRunner().invoke(token_app, ["list", "--json"]))] == [
        True,
        False,
    ]


def test_a_link_for_strangers_leaves_a_trace(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    phone_link_command(2.5, None)
    link = capsys.readouterr().out.strip()
    (entry,) = audit()
    assert (entry["action"], entry["detail"], entry["actor"]["kind"]) == ("phone.link", {"hours": "2.5"}, "command")
    assert link.startswith("http://127.0.0.1:8080/phone/?link=") and link.partition("=")[2] not in str(entry)


def test_the_service_says_when_nobody_has_an_account(data: Path) -> None:
    settings = Settings(data=data)

    def nobody() -> bool:
        return asyncio.run(nobody_has_an_account(settings))

    assert not nobody(), "there is no database yet that could say so"
    assert "no accounts yet" in user("list").output and nobody()
    told(user("add", "ada", "--json"))
    assert not nobody()


def test_errors_are_one_plain_sentence() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "voicebot", "user", "disable", "ghost"], capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == "voicebot: There is no such account\n"
