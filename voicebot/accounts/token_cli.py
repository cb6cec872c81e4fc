"""``voicebot token``: what programs use the API with."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from voicebot.accounts.audit import Actor
from voicebot.accounts.command import AsJson, Config, run, show
from voicebot.accounts.roles import Scope
from voicebot.accounts.service import Accounts
from voicebot.accounts.tokens import Token

app = typer.Typer(no_args_is_help=True, help="Tokens for the API: add, list, revoke.")


@app.command()
def add(
    label: Annotated[str, typer.Argument(help="what it is for")],
    scope: Annotated[list[Scope], typer.Option("--scope", help="what it may do; may be repeated")],
    owner: Annotated[str, typer.Option(help="user name of the person it belongs to; otherwise the service's")] = "",
    days: Annotated[int, typer.Option(help="how long it is valid")] = 90,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Make a token and show it, once."""

    async def work(accounts: Accounts, actor: Actor) -> tuple[Token, str]:
        person = await accounts.people.by_name(owner) if owner else None
        return await accounts.tokens.add(actor, label, scope, days=days, owner=person)

    token, key = run(config, work)
    if as_json:
        show({**_view(token), "token": key})
    else:
        typer.echo(f"Token {token.id}, valid until {_day(token.expires_at)}; shown only now:\n{key}")


@app.command("list")
def list_tokens(as_json: AsJson = False, config: Config = None) -> None:
    """Show every token but its secret."""

    async def work(accounts: Accounts, _: Actor) -> list[Token]:
        return await accounts.tokens.all()

    tokens = run(config, work)
    if as_json:
        for token in tokens:
            show(_view(token))
        return
    table = Table("id", "for", "owner", "may", "valid until", "last used", "state")
    for token in tokens:
        state = "revoked" if token.revoked_at else "valid" if token.usable(datetime.now(UTC)) else "expired"
        table.add_row(
            token.id,
            escape(token.label),
            token.owner or "the service",
            ", ".join(sorted(token.scopes)),
            _day(token.expires_at),
            _day(token.used_at) if token.used_at else "never",
            state,
        )
    Console().print(table)


@app.command()
def revoke(
    token_id: Annotated[str, typer.Argument(help="its id, as listed")], as_json: AsJson = False, config: Config = None
) -> None:
    """End a token at once."""

    async def work(accounts: Accounts, actor: Actor) -> None:
        await accounts.tokens.revoke(actor, token_id)

    run(config, work)
    if as_json:
        show({"id": token_id, "revoked": True})
    else:
        typer.echo(f"Token {token_id} is revoked.")


def _view(token: Token) -> dict[str, Any]:
    return {
        "id": token.id,
        "label": token.label,
        "owner": token.owner or None,
        "scopes": sorted(token.scopes),
        "created_at": token.created_at.isoformat(),
        "expires_at": token.expires_at.isoformat(),
        "used_at": token.used_at.isoformat() if token.used_at else None,
        "revoked_at": token.revoked_at.isoformat() if token.revoked_at else None,
    }


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
