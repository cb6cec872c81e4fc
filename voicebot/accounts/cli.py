"""``voicebot user``: the people who may sign in to the pages."""

from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from voicebot.accounts.account import Account
from voicebot.accounts.audit import Actor
from voicebot.accounts.command import (
    AsJson,
    AskPassword,
    Config,
    EvenTheLast,
    PasswordStdin,
    read_password,
    run,
    show,
)
from voicebot.accounts.roles import Role
from voicebot.accounts.service import Accounts
from voicebot.errors import AccountError

app = typer.Typer(no_args_is_help=True, help="People who may sign in: add, list, change, remove.")

_Name = Annotated[str, typer.Argument(help="user name")]
_Roles = Annotated[list[Role] | None, typer.Option("--role", help="what the person may do; may be repeated")]


@app.command()
def add(
    name: _Name,
    role: _Roles = None,
    display_name: Annotated[str, typer.Option(help="the person's name, as others see it")] = "",
    password_stdin: PasswordStdin = False,
    ask_password: AskPassword = False,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Add a person. Without a password of your choice, a one-time password is made and shown."""
    password = read_password(from_stdin=password_stdin, ask=ask_password)

    async def work(accounts: Accounts, actor: Actor) -> tuple[Account, str]:
        return await accounts.people.add(actor, name, role or [], display_name=display_name, password=password)

    account, one_time = run(config, work)
    if as_json:
        show({**_view(account, None), **({"one_time_password": one_time} if one_time else {})})
        return
    typer.echo(f"{account.name} is added, with {_words(account)}.")
    _say_one_time(one_time)


@app.command("list")
def list_users(as_json: AsJson = False, config: Config = None) -> None:
    """Show everybody: roles, whether they may sign in, and when they last did."""

    async def work(accounts: Accounts, _: Actor) -> tuple[list[Account], dict[str, datetime]]:
        everybody = await accounts.people.all()
        return everybody, await accounts.people.locked(everybody)

    everybody, locked = run(config, work)
    if as_json:
        for account in everybody:
            show(_view(account, locked.get(account.name)))
        return
    if not everybody:
        typer.echo("There are no accounts yet. Make the first one: voicebot user add NAME --role admin")
        return
    table = Table("user name", "name", "roles", "state", "last sign-in")
    for account in everybody:
        state = "disabled" if not account.enabled else "locked" if account.name in locked else "active"
        last = account.last_sign_in_at
        table.add_row(
            account.name,
            escape(account.display_name),
            ", ".join(sorted(account.roles)),
            state,
            f"{last:%Y-%m-%d %H:%M} UTC" if last else "never",
        )
    Console().print(table)


@app.command()
def passwd(
    name: _Name,
    password_stdin: PasswordStdin = False,
    ask_password: AskPassword = False,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Set a new password: yours, or a one-time one that is made and shown. Signs the person out everywhere."""
    password = read_password(from_stdin=password_stdin, ask=ask_password)

    async def work(accounts: Accounts, actor: Actor) -> tuple[Account, str]:
        account = await accounts.people.by_name(name)
        return account, await accounts.people.reset_password(actor, account.id, password)

    account, one_time = run(config, work)
    if as_json:
        show({"name": account.name, **({"one_time_password": one_time} if one_time else {})})
        return
    typer.echo(f"{account.name} has a new password.")
    _say_one_time(one_time)


@app.command()
def roles(
    name: _Name,
    role: Annotated[list[Role] | None, typer.Argument(help="exactly these, instead of what there was")] = None,
    none: Annotated[bool, typer.Option("--none", help="take all roles away")] = False,
    force: EvenTheLast = False,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Give exactly these roles; without any, show those there are."""
    if role and none:
        raise AccountError("Name roles, or say --none")

    async def work(accounts: Accounts, actor: Actor) -> Account:
        account = await accounts.people.by_name(name)
        if not role and not none:
            return account
        return await accounts.people.set_roles(actor, account.id, role or [], even_the_last=force)

    account = run(config, work)
    if as_json:
        show(_view(account, None))
    else:
        typer.echo(f"{account.name} has {_words(account)}.")


@app.command()
def disable(name: _Name, force: EvenTheLast = False, as_json: AsJson = False, config: Config = None) -> None:
    """Let a person sign in no more, and sign them out everywhere. Their tokens stop working too."""
    _switch(name, False, force=force, as_json=as_json, config=config)


@app.command()
def enable(name: _Name, as_json: AsJson = False, config: Config = None) -> None:
    """Let a person sign in again."""
    _switch(name, True, force=False, as_json=as_json, config=config)


def _switch(name: str, enabled: bool, *, force: bool, as_json: bool, config: Config) -> None:
    async def work(accounts: Accounts, actor: Actor) -> Account:
        account = await accounts.people.by_name(name)
        return await accounts.people.set_enabled(actor, account.id, enabled, even_the_last=force)

    account = run(config, work)
    if as_json:
        show(_view(account, None))
    else:
        typer.echo(f"{account.name} is {'enabled' if enabled else 'disabled'}.")


@app.command("end-codes")
def end_codes(name: _Name, as_json: AsJson = False, config: Config = None) -> None:
    """Ask a person for no code of an authenticator app any more, because phone and recovery codes are lost."""

    async def work(accounts: Accounts, actor: Actor) -> tuple[Account, bool]:
        account = await accounts.people.by_name(name)
        return account, await accounts.second_factor.remove(actor, account)

    account, had = run(config, work)
    if as_json:
        show({"name": account.name, "ended": had})
    else:
        typer.echo(f"{account.name} {'is no longer' if had else 'was not'} asked for a code.")


@app.command()
def unlock(
    name: _Name,
    address: Annotated[str, typer.Option(help="forget the wrong tries from this network address too")] = "",
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Forget a person's wrong passwords, so that they can try again at once."""

    async def work(accounts: Accounts, actor: Actor) -> bool:
        account = await accounts.people.by_name(name)
        return await accounts.people.unlock(actor, account.id, address)

    found = run(config, work)
    if as_json:
        show({"name": name, "had_tries": found})
    else:
        typer.echo(f"{name} can try again." if found else f"{name} had no wrong tries.")


@app.command()
def remove(
    name: _Name,
    yes: Annotated[bool, typer.Option("--yes", help="don't ask")] = False,
    force: EvenTheLast = False,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Delete a person's account and their tokens. What they did stays in the audit."""
    if not yes:
        typer.confirm(f"Remove {name}?", abort=True)

    async def work(accounts: Accounts, actor: Actor) -> Account:
        account = await accounts.people.by_name(name)
        return await accounts.people.remove(actor, account.id, even_the_last=force)

    account = run(config, work)
    if as_json:
        show({"name": account.name, "removed": True})
    else:
        typer.echo(f"{account.name} is removed.")


def _view(account: Account, locked_until: datetime | None) -> dict[str, Any]:
    last = account.last_sign_in_at
    return {
        "name": account.name,
        "display_name": account.display_name,
        "roles": sorted(account.roles),
        "enabled": account.enabled,
        "locked_until": locked_until.isoformat() if locked_until else None,
        "created_at": account.created_at.isoformat(),
        "last_sign_in_at": last.isoformat() if last else None,
    }


def _words(account: Account) -> str:
    names = ", ".join(sorted(account.roles))
    return f"the role{'s' if len(account.roles) > 1 else ''} {names}" if names else "no roles"


def _say_one_time(password: str) -> None:
    if password:
        typer.echo(f"One-time password, shown only now: {password}\nIt must be changed at the first sign-in.")
