"""``voicebot dialogue``: the dialogue's environment, training and checks."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from voicebot.dialogue.check import check_project
from voicebot.dialogue.environment import ensure, is_ready
from voicebot.dialogue.trained import ensure_all_trained
from voicebot.dialogue.training import ensure_trained
from voicebot.settings import load

app = typer.Typer(name="dialogue", help="Train and check the dialogue.", no_args_is_help=True)

_Config = Annotated[Path | None, typer.Option("--config", help="settings file (default: voicebot.toml)")]
_AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]


@app.command()
def train(
    only_dialogue: Annotated[bool, typer.Option(help="leave the safety net as it is")] = False,
    config: _Config = None,
    as_json: _AsJson = False,
) -> None:
    """Train the dialogue and the safety net, if what is there does not match their content."""
    settings = load(config)
    console = Console(stderr=True)
    model = ensure_trained(settings, console) if only_dialogue else ensure_all_trained(settings, console)
    typer.echo(json.dumps({"model": str(model)}) if as_json else str(model))


@app.command()
def check(config: _Config = None, as_json: _AsJson = False) -> None:
    """Look for what is missing, unused or wrong; exit 1 if there is an error."""
    settings = load(config)
    problems = check_project(settings.dialogue.project)
    for problem in problems:
        typer.echo(json.dumps(problem.as_dict()) if as_json else str(problem))
    if not problems and not as_json:
        typer.echo("no problems found")
    if any(problem.severity == "error" for problem in problems):
        raise typer.Exit(1)


@app.command()
def roundtrip(
    files: Annotated[bool, typer.Option("--files", help="also list the files that came back unharmed")] = False,
    config: _Config = None,
    as_json: _AsJson = False,
) -> None:
    """Open and save every file through the editor's model; exit 1 if a byte would change. Nothing is written."""
    from voicebot.flows.roundtrip import round_trip

    trips = round_trip(load(config).dialogue.project)
    for trip in trips:
        if as_json:
            typer.echo(json.dumps(asdict(trip)))
        elif files or not trip.same:
            typer.echo(f"{'same' if trip.same else 'CHANGED'}  {trip.path}  {trip.problem}".rstrip())
    changed = sum(not trip.same for trip in trips)
    if not as_json:
        entries = sum(trip.entries for trip in trips)
        typer.echo(f"{len(trips)} files, {entries} entries read and written: {changed} changed")
    if changed:
        raise typer.Exit(1)


@app.command()
def env(config: _Config = None, as_json: _AsJson = False) -> None:
    """Make the environment that Rasa runs in."""
    settings = load(config)
    before = is_ready(settings)
    python = ensure(settings, Console(stderr=True))
    typer.echo(json.dumps({"python": str(python), "made": not before}) if as_json else str(python))


@app.command()
def measure(
    folder: Annotated[Path, typer.Argument(help="where utterances.yml and calls/ are")] = Path(
        "tests/dialogue/held_out"
    ),
    noise: Annotated[float, typer.Option(min=0.0, max=0.5, help="word errors for each word, as we mishear them")] = 0.0,
    slices: Annotated[bool, typer.Option("--slices", help="also by service and by way of speaking")] = False,
    calls: Annotated[bool, typer.Option("--calls", help="hold the calls in text instead")] = False,
    only: Annotated[str, typer.Option(help="with --calls: only those whose name holds this")] = "",
    show_wrong: Annotated[bool, typer.Option("--show-wrong", help="also print what went wrong, word for word")] = False,
    floor: Annotated[
        list[str] | None, typer.Option(help="exit 1 under this figure: service=93; may be repeated")
    ] = None,
    config: _Config = None,
    as_json: _AsJson = False,
) -> None:
    """Say how much of what was kept apart from the examples is understood."""
    from voicebot.cli.measure import measure_command

    measure_command(folder, noise, slices, calls, only, show_wrong, tuple(floor or ()), as_json, config)
