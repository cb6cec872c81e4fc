"""``voicebot records``: a person's calls, for whoever answers their data protection request."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from voicebot.accounts.audit import Actor
from voicebot.accounts.command import AsJson, Config, run, show
from voicebot.accounts.service import Accounts
from voicebot.errors import RecordsError
from voicebot.records import subject
from voicebot.records.store import RecordStore
from voicebot.settings import load

app = typer.Typer(no_args_is_help=True, help="A person's calls: find, export, forget (data protection requests).")

Number = Annotated[str, typer.Option("--number", help="the person's telephone number, however it is written")]
Reference = Annotated[list[str] | None, typer.Option("--reference", help="a call's reference; may be repeated")]

T = TypeVar("T")


@app.command()
def find(number: Number = "", reference: Reference = None, as_json: AsJson = False, config: Config = None) -> None:
    """List the calls that are kept of a person."""

    async def work(store: RecordStore, call_ids: list[str]) -> list[dict[str, object]]:
        views = [await store.call(call_id) for call_id in call_ids]
        shown = ("reference", "started_at", "service", "need", "outcome")
        return [{name: view[name] for name in shown} for view in views if view is not None]

    found = _on_calls(config, "records.find", number, reference, work)
    for call in found:
        if as_json:
            show(call)
        else:
            typer.echo("  ".join(str(value) for value in call.values()))
    if not as_json:
        typer.echo(_count(len(found)))


@app.command()
def export(
    to: Annotated[Path, typer.Argument(help="ZIP file to write; it must not exist")],
    number: Number = "",
    reference: Reference = None,
    config: Config = None,
) -> None:
    """Write everything that is kept of a person's calls, with the audio, to a ZIP file."""

    async def work(store: RecordStore, call_ids: list[str]) -> tuple[int, int]:
        if not call_ids:
            raise RecordsError("no calls are kept of this person")
        return len(call_ids), await subject.export(store, call_ids, to)

    calls, sounds = _on_calls(config, "records.export", number, reference, work)
    typer.echo(f"{to}: {_count(calls)}, {sounds} audio file{'' if sounds == 1 else 's'}")


@app.command()
def forget(
    number: Number = "",
    reference: Reference = None,
    yes: Annotated[bool, typer.Option("--yes", help="don't ask")] = False,
    config: Config = None,
) -> None:
    """Delete a person's calls and all that is kept of them. What was reported to other systems is theirs to delete."""

    async def count(store: RecordStore, call_ids: list[str]) -> int:
        return len(call_ids)

    async def work(store: RecordStore, call_ids: list[str]) -> int:
        await subject.forget(store, call_ids)
        return len(call_ids)

    if not yes:
        calls = _on_calls(config, "records.find", number, reference, count)
        typer.confirm(f"Delete {_count(calls)} and everything kept of them for good?", abort=True)
    typer.echo(f"Deleted {_count(_on_calls(config, 'records.forget', number, reference, work))}.")


def _count(calls: int) -> str:
    return f"{calls} call{'' if calls == 1 else 's'}"


def _on_calls(
    config: Path | None,
    action: str,
    number: str,
    references: list[str] | None,
    work: Callable[[RecordStore, list[str]], Awaitable[T]],
) -> T:
    """Do ``work`` on the calls that are meant, which the audit then says."""
    if not number and not references:
        raise RecordsError("say whose calls: --number or --reference")

    async def whole(accounts: Accounts, actor: Actor) -> T:
        store = RecordStore(load(config).database)
        try:
            call_ids = await subject.calls_of(store, number) if number else []
            for reference in references or ():
                view = await store.call(reference)
                if view is None:
                    raise RecordsError(f"there is no call with the reference {reference}")
                call_ids.append(view["id"])
            call_ids = list(dict.fromkeys(call_ids))
            done = await work(store, call_ids)
            await accounts.audit.add(actor, action, detail={"calls": call_ids})
            return done
        finally:
            await store.close()

    return run(config, whole)
