"""``voicebot stt-check``: what the recogniser makes of a council's own recordings, and what the short window costs."""

import json
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from voicebot.models.check import ACCEPTABLE_COST, NO_FLOORS, advised_floor, check_model
from voicebot.models.store import resolve_stt
from voicebot.settings import load


def stt_check_command(folder: Path, model: str, floors: str, as_json: bool, config: Path | None) -> None:
    """Measure and print. Raises :class:`~voicebot.errors.ConfigurationError`."""
    settings = load(config)
    chosen = resolve_stt(model or settings.speech.model)
    try:
        tried = tuple(float(part) for part in floors.split(","))
    except ValueError as error:
        raise typer.BadParameter(f"{floors} is no list of seconds") from error
    rows = check_model(chosen.name if chosen.folder is None else str(chosen.folder), folder, tried)
    advised = advised_floor(rows)
    if as_json:
        report = {"recogniser": chosen.name, "people": chosen.people, "note": chosen.note, "advised_floor_s": advised}
        typer.echo(json.dumps({**report, "floors": rows}))
        return
    console = Console()
    console.print(f"recogniser: {chosen.name} ({chosen.note})", highlight=False)
    table = Table("shortest window, s", "word error rate", "cost of the window", "median ms", "p95 ms", "utterances")
    for row in rows:
        table.add_row(
            f"{row['floor_s']:g}",
            f"{row['wer']:.1%}",
            f"{row['cost']:+.1%}",
            f"{row['median_ms']:.0f}",
            f"{row['p95_ms']:.0f}",
            f"{row['utterances']:.0f}",
        )
    console.print(table)
    if tuple(row["floor_s"] for row in rows) == NO_FLOORS:
        return
    console.print(
        f"The shortest window that costs at most {ACCEPTABLE_COST:.1%} is {advised:g} s: set floor_s = {advised:g} "
        "in [speech], if that is longer than it is now.",
        highlight=False,
    )
