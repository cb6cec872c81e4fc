"""``voicebot init``: from the example council to one's own, asked for a thing at a time or told by options."""

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from voicebot.accounts.audit import Actor
from voicebot.accounts.keys import utc_now
from voicebot.errors import ConfigurationError
from voicebot.facts.hours import read_week
from voicebot.facts.model import Kind, Timetable, load_defaults
from voicebot.facts.store import FactsStore
from voicebot.first_run.council_data import bring_in, empty
from voicebot.first_run.left_over import left_of_example
from voicebot.first_run.own_council import example_words, rename
from voicebot.first_run.traces import EXAMPLE
from voicebot.flows.project import Project
from voicebot.records.database import Database
from voicebot.settings import Settings, load

OFFICE = "office"
"""The timetable that queues follow unless they are given another."""
_SHOWN = 20


def init_command(
    council: Annotated[str, typer.Option(help="the council's name, as it is spoken")] = "",
    greeting: Annotated[str, typer.Option(help="what callers hear first")] = "",
    trunk: Annotated[str, typer.Option(help="the SIP provider's domain; empty for none yet")] = "",
    trunk_user: Annotated[str, typer.Option(help="the user name at the provider")] = "",
    queue: Annotated[
        list[str] | None, typer.Option(help="who answers: QUEUE=ADDRESS, such as default=sip:desk@pbx; may be repeated")
    ] = None,
    hours: Annotated[str, typer.Option(help='the office hours, such as "mon-fri 09:00-17:00; sat 10:00-12:00"')] = "",
    say: Annotated[
        list[str] | None,
        typer.Option(help="what to say for a word of the example's: OLD=NEW, such as “Market Selby=Polmouth”"),
    ] = None,
    data: Annotated[
        list[Path] | None, typer.Option(help="CSV file of addresses or of collection rounds; may be repeated")
    ] = None,
    file: Annotated[Path, typer.Option(help="the settings file to write")] = Path("voicebot.toml"),
    force: Annotated[bool, typer.Option("--force", help="write over a settings file that is there")] = False,
) -> None:
    """Make the example council your own: name, greeting, phone line, queues, hours, addresses."""
    if file.exists() and not force:
        raise ConfigurationError(f"{file} is there already; --force writes over it, or edit it by hand")
    if not council and sys.stdin.isatty():
        council = typer.prompt("The council's name, as it is spoken")
        greeting = greeting or typer.prompt("What callers hear first", default=greeting_of(council))
        trunk = trunk or typer.prompt("The SIP provider's domain (empty for none yet)", default="", show_default=False)
        hours = hours or typer.prompt("Office hours", default="mon-fri 09:00-17:00")
    if not council.strip() or council.strip() == EXAMPLE:
        raise ConfigurationError("Say what the council is called: voicebot init --council NAME")
    week = hours_of(hours) if hours else None
    instead = instead_of(say or [])
    people = queues_of(queue or [])
    written = settings_text(council.strip(), trunk.strip(), trunk_user.strip(), people, keep_hours=week is not None)
    file.write_text(written, encoding="utf-8")
    settings = load(file)
    console = Console()
    console.print(f"{file} is written. `voicebot doctor` tells what else this machine needs.", highlight=False)
    if sys.stdin.isatty():
        instead |= ask_for(example_words(Project.read(settings.dialogue.project)), instead)
    said = greeting.strip() or greeting_of(council.strip())
    renamed = rename(settings.dialogue.project, council.strip(), said, instead)
    console.print(f"The name is changed in {len(renamed.files)} files of {settings.dialogue.project}.", highlight=False)
    if week is not None:
        asyncio.run(set_hours(settings, week))
        console.print("The office hours are set.")
    for path in data or []:
        console.print(bring_in(settings.council_database, path.read_bytes()), highlight=False)
    if empty(settings.council_database):
        gone = "The example's homes and people are gone: bring in your own with --data, or at /admin/set-up."
        console.print(gone, soft_wrap=True)
    tell_what_is_left(console, asyncio.run(left_of_example(settings)))
    console.print("\nNext: make run, and ring it: voicebot chat, or /phone/ in a browser.", highlight=False)


def instead_of(options: Sequence[str]) -> dict[str, str]:
    """What to say for the example's words. Raises :class:`ConfigurationError` for what is no pair."""
    pairs = {}
    for option in options:
        old, _, new = option.partition("=")
        if not old.strip() or not new.strip():
            raise ConfigurationError(f"“{option}” is no OLD=NEW, such as Market Selby=Polmouth")
        pairs[old.strip()] = new.strip()
    return pairs


def ask_for(words: Mapping[str, int], known: Mapping[str, str]) -> dict[str, str]:
    """Ask for each of the example's places and numbers what to say instead; an empty answer leaves it."""
    answers = {}
    for word, lines in sorted(words.items()):
        if word not in known:
            told = typer.prompt(f"Instead of {word} (said {lines} times)", default="", show_default=False)
            answers.update({word: told.strip()} if told.strip() else {})
    return answers


def tell_what_is_left(console: Console, left: Sequence[str]) -> None:
    """Say plainly that nobody can ring while the example is to be heard, and how that ends."""
    if not left:
        console.print("Nothing of the example council is left to be heard.")
        return
    told = f"{len(left)} places still speak of the example council. Until they don't, no call is taken:"
    console.print(f"\n{told}", soft_wrap=True)
    for place in left[:_SHOWN]:
        console.print(f"  {place}", markup=False, highlight=False, soft_wrap=True)
    if len(left) > _SHOWN:
        console.print(f"  … and {len(left) - _SHOWN} more")
    console.print("Say --say OLD=NEW for each, or change them at /admin/set-up.")


def greeting_of(council: str) -> str:
    """A greeting that says all that one must say."""
    return (
        f"Hello, you're through to {council}'s automated assistant. You can say agent or press 0 at any time to speak "
        "to a person. How can I help?"
    )


def queues_of(options: list[str]) -> dict[str, list[str]]:
    """Addresses by queue. Raises :class:`ConfigurationError` for what is no pair."""
    queues: dict[str, list[str]] = {}
    for option in options:
        name, _, address = option.partition("=")
        if not name.strip() or not address.strip():
            raise ConfigurationError(f"“{option}” is no QUEUE=ADDRESS, such as default=sip:desk@pbx.example")
        queues.setdefault(name.strip(), []).append(address.strip())
    return queues


def hours_of(text: str) -> dict[str, str]:
    """Hours as facts have them, from "mon-fri 09:00-17:00; sat 10:00-12:00". Raises :class:`ConfigurationError`."""
    hours: dict[str, str] = {}
    for part in text.split(";"):
        days, _, times = part.strip().partition(" ")
        hours[days] = times.strip()
    try:
        read_week(hours)
    except ValueError as error:
        raise ConfigurationError(f"The office hours can't be read: {error}") from error
    return hours


def settings_text(
    council: str, trunk: str, user: str, queues: dict[str, list[str]], *, keep_hours: bool = False
) -> str:
    """The settings file: only what differs from the defaults. JSON strings are TOML strings too."""
    lines = [
        "# Written by `voicebot init`. Every setting and its default: voicebot.example.toml.",
        f"council = {json.dumps(council, ensure_ascii=False)}",
    ]
    if keep_hours:
        lines += ["", "# Queues keep the hours of dialogues/facts.yml, and those set on the page for facts."]
        lines += ["[handoff]", "keep_hours = true"]
    if queues:
        lines += ["", "[handoff.queues]", *(f"{json.dumps(name)} = {json.dumps(to)}" for name, to in queues.items())]
    if trunk:
        lines += [
            "",
            "# The password is in the environment: VOICEBOT_TRUNK_PASSWORD.",
            "[[sip.trunks]]",
            'name = "main"',
            f"domain = {json.dumps(trunk)}",
        ]
        if user:
            lines += [f"user = {json.dumps(user)}", 'password_env = "VOICEBOT_TRUNK_PASSWORD"', "registers = true"]
    return "\n".join(lines) + "\n"


async def set_hours(settings: Settings, hours: dict[str, str]) -> None:
    """Let the office be open at ``hours``, in calls within seconds."""
    database = Database(settings.database)
    try:
        await database.upgrade()
        store = FactsStore(database, load_defaults(settings.dialogue.project), utc_now)
        timetable = Timetable(hours=hours)
        await store.put(Kind.TIMETABLE, OFFICE, timetable, who=Actor("command", name="init"), why="set up by init")
    finally:
        await database.close()
