"""``voicebot audit``: who did what, newest first."""

from typing import Annotated, Any

import typer

from voicebot.accounts.audit import MAX_LIMIT, Actor
from voicebot.accounts.command import AsJson, Config, run, show
from voicebot.accounts.service import Accounts


def audit_command(
    limit: Annotated[int, typer.Option(min=1, max=MAX_LIMIT, help="how many")] = 50,
    before: Annotated[int | None, typer.Option(help="only those older than the entry with this id")] = None,
    actor: Annotated[str, typer.Option(help="only what this user name (or token) did")] = "",
    action: Annotated[str, typer.Option(help="only this action, such as sign_in")] = "",
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Show what people and tokens did or were refused, the newest first."""

    async def work(accounts: Accounts, _: Actor) -> list[dict[str, Any]]:
        return await accounts.audit.entries(limit, before=before, actor=actor, action=action)

    entries = run(config, work)
    if as_json:
        for entry in entries:
            show(entry)
        return
    for entry in entries:
        typer.echo(_line(entry))


def _line(entry: dict[str, Any]) -> str:
    who = entry["actor"]
    by = " ".join(word for word in (who["kind"], who["name"], who["address"]) if word)
    detail = "".join(f"; {name}: {_plain(value)}" for name, value in entry["detail"].items())
    done = "" if entry["outcome"] == "done" else f" ({entry['outcome']})"
    return f"{entry['id']}  {entry['at']}  {by}: {entry['action']} {entry['target']}{done}{detail}"


def _plain(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
