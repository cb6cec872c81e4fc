"""``voicebot models``: what there is, what is installed, get one, check one."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from voicebot.errors import VoicebotError
from voicebot.models import store
from voicebot.models.catalogue import catalogue
from voicebot.models.pull import pull as pull_model

app = typer.Typer(no_args_is_help=True, help="Recognisers and voices: list, install, verify, check.")

_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def _fail(error: Exception) -> typer.Exit:
    typer.echo(str(error), err=True)
    return typer.Exit(1)


def _chosen() -> dict[str, str]:
    chosen = {}
    resolvers: dict[str, Callable[[], store.Resolved]] = {"stt": store.resolve_stt, "voice": store.resolve_voice}
    for kind, resolve in resolvers.items():
        try:
            resolved = resolve()
        except VoicebotError as error:
            chosen[kind] = f"none: {error}"
            continue
        chosen[kind] = f"{resolved.name} ({resolved.note})"
        if kind == "stt" and (second := store.resolve_second("auto", resolved)) is not None:
            chosen["stt where that is unsure"] = f"{second.name} ({second.note})"
    return chosen


@app.command("list")
def list_models(as_json: _Json = False) -> None:
    """Show the catalogue, what is installed, and what 'auto' would choose."""
    have = store.installed()
    rows: list[dict[str, Any]] = [
        {
            "name": entry.name,
            "kind": entry.kind.value,
            "installed": entry.name in have,
            "size_mb": entry.size_mb,
            "memory_mb": entry.memory_mb,
            "languages": list(entry.languages),
            "expected_ms": entry.expected_ms,
            "needs": entry.needs,
            "note": entry.note,
        }
        for entry in catalogue()
    ]
    known = {row["name"] for row in rows}
    for name, folder in have.items():
        if name not in known:
            kind = store.kind_of(folder)
            note = "not in the catalogue"
            rows.append({"name": name, "kind": kind.value if kind else "", "installed": True, "note": note})
    if store.shipped_stt() is not None:
        note = "comes with voicebot; synthetic voices only, does not understand people"
        rows.append({"name": store.SHIPPED_STT, "kind": "stt", "installed": True, "size_mb": 5, "memory_mb": 60})
        rows[-1] |= {"languages": ["en"], "expected_ms": 10, "needs": "cpu", "note": note}
    note = "comes with voicebot; people who say what the dialogue expects, American speech, no public service"
    rows.append({"name": store.SPHINX, "kind": "stt", "installed": True, "size_mb": 38, "memory_mb": 130})
    rows[-1] |= {"languages": ["en"], "expected_ms": 150, "needs": "cpu", "note": note}
    chosen = _chosen()
    if as_json:
        typer.echo(json.dumps({"folder": str(store.models_folder()), "models": rows, "auto": chosen}))
        return
    table = Table("name", "kind", "installed", "MB", "memory MB", "ms", "languages", "needs", "what it is good for")
    for row in rows:
        mark = "yes" if row["installed"] else ""
        table.add_row(
            str(row["name"]),
            str(row["kind"]),
            mark,
            str(row.get("size_mb", "")),
            str(row.get("memory_mb", "")),
            str(row.get("expected_ms") or ""),
            ", ".join(row.get("languages", [])),
            str(row.get("needs", "")),
            str(row["note"]),
        )
    console = Console()
    console.print(table)
    console.print("ms: what a short utterance takes on one core, where it was measured", highlight=False)
    for what, text in chosen.items():
        console.print(f"auto {what}: {text}", highlight=False)


@app.command()
def pull(
    name: str,
    source: Annotated[
        str, typer.Option("--from", help="A folder with the files, or the URL of a mirror; the hub otherwise.")
    ] = "",
    as_json: _Json = False,
) -> None:
    """Install a model, checking its files."""
    seen: set[str] = set()

    def progress(file: str, done: int, size: int) -> None:
        if done >= size and file not in seen and not as_json:
            seen.add(file)
            typer.echo(f"  {file}  {size / 1e6:.1f} MB")

    try:
        folder = pull_model(name, source=source, progress=progress)
    except VoicebotError as error:
        raise _fail(error) from error
    typer.echo(json.dumps({"name": name, "folder": str(folder)}) if as_json else f"{name} is installed in {folder}")


@app.command()
def verify(
    names: Annotated[list[str] | None, typer.Argument(help="Models; all installed ones without.")] = None,
    as_json: _Json = False,
) -> None:
    """Hash installed files again and compare; exit status 1 when any differs."""
    whole = True
    report = []
    for name in names or list(store.installed()):
        try:
            verdict = store.verify(name)
        except VoicebotError as error:
            raise _fail(error) from error
        whole = whole and verdict.whole
        report.append(
            {"name": name, "whole": verdict.whole, "changed": list(verdict.changed), "missing": list(verdict.missing)}
        )
        if not as_json:
            wrong = ", ".join((*verdict.changed, *verdict.missing))
            typer.echo(f"{name}: whole" if verdict.whole else f"{name}: changed or missing: {wrong}")
    if as_json:
        typer.echo(json.dumps(report))
    elif not report:
        typer.echo("nothing is installed")
    if not whole:
        raise typer.Exit(1)


@app.command()
def path(name: str) -> None:
    """Print the folder of an installed model."""
    try:
        typer.echo(str(store.path_of(name)))
    except VoicebotError as error:
        raise _fail(error) from error


@app.command()
def remove(name: str) -> None:
    """Delete an installed model."""
    try:
        store.remove(name)
    except VoicebotError as error:
        raise _fail(error) from error
    typer.echo(f"{name} is removed")


@app.command()
def check(
    name: Annotated[str, typer.Argument(help="A recogniser; auto is the one in use.")] = "auto",
    audio: Annotated[
        Path | None, typer.Option(help="Folder of NAME.wav with NAME.txt (what is said); synthetic speech without.")
    ] = None,
    floors: Annotated[str, typer.Option(help="Shortest windows to try, in seconds.")] = "1,2,3,5,10,30",
    as_json: _Json = False,
) -> None:
    """Measure word error rate and time of a recogniser at several shortest windows.

    Use your own recordings of people to decide 'floor_s' in the settings.
    """
    from voicebot.models.check import check_model

    try:
        results = check_model(name, audio, tuple(float(part) for part in floors.split(",")))
    except (VoicebotError, ValueError) as error:
        raise _fail(error) from error
    if as_json:
        typer.echo(json.dumps(results))
        return
    for row in results:
        typer.echo(
            f"floor {row['floor_s']:>4} s: word error rate {row['wer']:.1%}, "
            f"median {row['median_ms']:.0f} ms, slowest {row['slowest_ms']:.0f} ms over {row['utterances']:.0f}"
        )
