"""What the account commands share: the database, who types, and passwords that never stand on a command line."""

import asyncio
import getpass
import json
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from voicebot.accounts.audit import Actor
from voicebot.accounts.service import Accounts, open_accounts
from voicebot.errors import AccountError
from voicebot.records.database import Database
from voicebot.settings import load

Config = Annotated[Path | None, typer.Option("--config", help="settings file (default: voicebot.toml)")]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]
PasswordStdin = Annotated[bool, typer.Option("--password-stdin", help="read the password from standard input")]
AskPassword = Annotated[bool, typer.Option("--ask-password", help="ask for the password here")]
EvenTheLast = Annotated[bool, typer.Option("--force", help="even if nobody can manage accounts any more")]

T = TypeVar("T")


def run(config: Path | None, work: Callable[[Accounts, Actor], Awaitable[T]]) -> T:
    """Do ``work`` on the accounts of the settings' database, brought to its newest state first."""
    settings = load(config)

    async def whole() -> T:
        database = Database(settings.database)
        try:
            await database.upgrade()
            return await work(open_accounts(settings, database), Actor("command", name=_who_types()))
        finally:
            await database.close()

    return asyncio.run(whole())


def read_password(*, from_stdin: bool, ask: bool) -> str:
    """The password as it was asked to be read; empty when it wasn't. Raises :class:`AccountError` for an empty one."""
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif ask:
        password = getpass.getpass("Password: ")
        if getpass.getpass("The same again: ") != password:
            raise AccountError("The two passwords are not the same")
    else:
        return ""
    if not password:
        raise AccountError("There was no password")
    return password


def show(value: Any) -> None:
    """One JSON object on a line."""
    typer.echo(json.dumps(value, ensure_ascii=False))


def _who_types() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
