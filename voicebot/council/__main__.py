"""``python -m voicebot.council``: build the synthetic council's database, or build it again."""

from pathlib import Path
from typing import Annotated

import typer

from voicebot.council.seed import build
from voicebot.settings import load


def main(
    path: Annotated[Path | None, typer.Argument(help="SQLite file; the settings' own by default")] = None,
    force: Annotated[bool, typer.Option(help="Build even if it is up to date")] = False,
) -> None:
    """Build the council that the example dialogues look things up in."""
    target = path or load().council_database
    done = build(target, force=force)
    typer.echo(f"{target}: {'built' if done else 'up to date'}")


if __name__ == "__main__":
    typer.run(main)
