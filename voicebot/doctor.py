"""``voicebot doctor``: what this machine has and lacks for the service, and how to get what it lacks.

Every check looks at one thing, changes nothing, and gives a :class:`Check`. What the first start makes by itself is
only a warning; what has to be got by a person, and stops the service, is missing.
"""

import asyncio
import errno
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import make_url, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine

from voicebot.dialogue.environment import PYTHON, environment_python, find_python, find_uv, is_ready
from voicebot.dialogue.training import model_file
from voicebot.errors import ConfigurationError
from voicebot.models.store import hearing_note, resolve_second, resolve_stt, resolve_voice
from voicebot.settings import Settings, load
from voicebot.web.static_files import FOLDER

Status = Literal["ok", "warning", "missing"]
Transport = Literal["udp", "tcp"]

DISK_LOW = 1 << 30
"""Bytes free under which the data folder is worth a warning."""

DISK_FULL = 64 << 20
"""Bytes free under which records can't be kept."""

PORTS_A_CALL = 4
"""RTP and RTCP towards the caller, and towards the agent who joins."""

_DATABASE_S = 5.0
_EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, how it is, what was found, and what to do about it (empty when there is nothing to do)."""

    name: str
    status: Status
    found: str
    how_to_fix: str = ""


def check_python(version: tuple[int, int, int] | None = None) -> Check:
    """Our own interpreter: 3.11 to 3.13."""
    version = version or sys.version_info[:3]
    found = ".".join(map(str, version))
    if (3, 11) <= version[:2] < (3, 14):
        return Check("Python", "ok", found)
    return Check("Python", "missing", found, "install Python 3.11, 3.12 or 3.13 and run scripts/setup")


def check_uv() -> Check:
    """uv, which makes both environments."""
    try:
        return Check("uv", "ok", " ".join(find_uv()))
    except ConfigurationError:
        return Check("uv", "missing", "not found", "run scripts/setup, or see https://docs.astral.sh/uv/")


def check_dialogue_environment(settings: Settings, python: Callable[[], Path | None] = find_python) -> Check:
    """Rasa's environment: there, or there is a Python to make it with."""
    name = "dialogue environment"
    if is_ready(settings):
        return Check(name, "ok", str(environment_python(settings)))
    interpreter = python()
    if interpreter is not None:
        found = f"not made yet; Python {PYTHON} is {interpreter}"
        return Check(name, "warning", found, "the first start makes it, or: voicebot dialogue env")
    fix = f"pyenv install {PYTHON}, or install python{PYTHON} with venv; then: voicebot dialogue env"
    return Check(name, "missing", f"not made, and no Python {PYTHON} to make it with", fix)


def check_dialogue_model(settings: Settings) -> Check:
    """The trained model of the dialogue as it is now."""
    name = "dialogue model"
    try:
        model = model_file(settings)
    except OSError as error:
        fix = "set dialogue.project to the folder of the dialogue"
        return Check(name, "missing", f"{settings.dialogue.project} is no dialogue project ({error.strerror})", fix)
    if model.is_file():
        return Check(name, "ok", str(model))
    return Check(name, "warning", "not trained yet", "the first start trains it, or: voicebot dialogue train")


def check_recogniser(settings: Settings, root: Path | None = None) -> Check:
    """Which recogniser would hear, and whether it understands people. ``root`` holds the installed models."""
    try:
        chosen = resolve_stt(settings.speech.model, root)
    except ConfigurationError as error:
        return Check("recogniser", "missing", str(error), "voicebot models pull small.en")
    second = resolve_second(settings.speech.second, chosen)
    found = hearing_note(chosen, second) if second else f"{chosen.name}: {chosen.note}"
    if not chosen.people:
        return Check("recogniser", "warning", found, "voicebot models pull small.en")
    return Check("recogniser", "ok", found)


def check_voice(settings: Settings, root: Path | None = None) -> Check:
    """Which voice would speak. ``root`` holds the installed models."""
    try:
        chosen = resolve_voice(settings.speech.voice, root)
    except ConfigurationError as error:
        return Check("voice", "missing", str(error), "voicebot models list, or set speech.voice to espeak")
    return Check("voice", "ok", f"{chosen.name}: {chosen.note}")


def _holders(port: int, transport: Transport, proc: Path = Path("/proc")) -> Iterator[tuple[int, list[str]]]:
    """Process ids and command lines that hold a port, as far as we may see them (Linux)."""
    inodes = set()
    for table in (proc / "net" / transport, proc / "net" / f"{transport}6"):
        try:
            lines = table.read_text("ascii").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            listens = transport == "udp" or fields[3] == "0A"
            if listens and int(fields[1].rpartition(":")[2], 16) == port:
                inodes.add(f"socket:[{fields[9]}]")
    for process in proc.iterdir() if inodes else ():
        if not process.name.isdecimal():
            continue
        try:
            if any(str(link.readlink()) in inodes for link in (process / "fd").iterdir()):
                yield int(process.name), (process / "cmdline").read_text("utf-8", "replace").split("\0")[:-1]
        except OSError:
            continue  # Ended meanwhile, or another user's.


def _is_ours(argv: list[str], settings: Settings) -> bool:
    rasa = bool(argv) and argv[0] == str(environment_python(settings))
    return rasa or ("serve" in argv and any(Path(word).name == "voicebot" for word in argv))


def check_port(name: str, host: str, port: int, transport: Transport, settings: Settings) -> Check:
    """Whether a port can be bound, or our own service already has it."""
    where = f"{host}:{port}/{transport}"
    kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
    with closing(socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, kind)) as probe:
        if transport == "tcp":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return _taken(name, where, port, transport, settings)
            fix = f"set an address and a port of this machine, over 1023, for {name}"
            return Check(name, "missing", f"{where} can't be bound: {error.strerror}", fix)
    return Check(name, "ok", f"{where} is free")


def _taken(name: str, where: str, port: int, transport: Transport, settings: Settings) -> Check:
    holders = list(_holders(port, transport))
    if any(_is_ours(argv, settings) for _, argv in holders):
        return Check(name, "ok", f"{where} is in use by this service")
    # The program's name alone: arguments may hold what is nobody's business.
    who = ", ".join(f"{Path(argv[0]).name if argv else '?'} (process {pid})" for pid, argv in holders)
    return Check(name, "missing", f"{where} is taken by {who or 'another program'}", "stop it, or set another port")


def check_ports(settings: Settings) -> list[Check]:
    """All ports with a fixed number."""
    sip, dialogue = settings.sip.bind, settings.dialogue
    streams = settings.streams
    return [
        check_port("SIP over UDP", sip, settings.sip_port, "udp", settings),
        check_port("SIP over TCP", sip, settings.sip_port, "tcp", settings),
        check_port("HTTP", settings.http_bind, settings.http_port, "tcp", settings),
        check_port("dialogue port", "127.0.0.1", dialogue.port, "tcp", settings),
        check_port("actions port", "127.0.0.1", dialogue.action_port, "tcp", settings),
        *([check_port("streams", streams.bind, streams.port, "tcp", settings)] if streams.enabled else ()),
    ]


def check_streams(settings: Settings) -> list[Check]:
    """Whether somebody can ring by an audio stream, where that is switched on."""
    streams = settings.streams
    if not streams.enabled:
        return []
    providers = [
        name
        for name, there in (
            ("Twilio", streams.twilio_auth_token.get_secret_value()),
            ("Telnyx", streams.telnyx_public_key),
            ("AudioSocket", streams.audiosocket),
        )
        if there
    ]
    if not providers:
        fix = "set VOICEBOT_STREAMS__TWILIO_AUTH_TOKEN, streams.telnyx_public_key or streams.audiosocket"
        return [Check("stream providers", "warning", "streams are on, but no provider is set up", fix)]
    found = ", ".join(providers)
    if providers != ["AudioSocket"] and not streams.public_url.startswith("https://"):
        fix = "set streams.public_url to the https address at which the provider reaches this machine"
        return [Check("stream providers", "warning", f"{found}, but no public address", fix)]
    return [Check("stream providers", "ok", found)]


def check_pages(folder: Path = FOLDER) -> Check:
    """Whether the pages' scripts and styles were built."""
    if (folder / "pages.css").exists() and (folder / "phone.js").exists():
        return Check("pages", "ok", "built")
    return Check("pages", "warning", "not built: they have no styles, and no browser can ring", "run make setup")


def check_browsers(settings: Settings) -> list[Check]:
    """Whether browsers can be told where to send their audio, where they may ring at all."""
    browser = settings.browser
    if not browser.enabled:
        return []
    found = f"{browser.advertise or browser.bind}, UDP {browser.udp_low} to {browser.udp_high}"
    if browser.bind in ("0.0.0.0", "::") and not browser.advertise:  # noqa: S104 - looked at, not bound
        fix = "set browser.advertise to the address at which browsers reach this machine"
        return [Check("browser phone", "missing", found, fix)]
    return [Check("browser phone", "ok", found)]


def check_rtp(settings: Settings, ephemeral: tuple[int, int] | None = None) -> Check:
    """Whether the audio ports make sense. ``ephemeral`` is the range the system hands out to programs."""
    low, high, calls = settings.sip.rtp_low, settings.sip.rtp_high, settings.sip.max_calls
    found = f"{low} to {high}"
    fix = "set sip.rtp_low and sip.rtp_high, such as 16384 and 32767"
    if not 1024 <= low < high <= 65535:
        return Check("RTP ports", "missing", f"{found}: no range within 1024 to 65535", fix)
    fixed = {settings.sip_port, settings.http_port, settings.dialogue.port, settings.dialogue.action_port}
    if inside := sorted(port for port in fixed if low <= port <= high):
        return Check("RTP ports", "missing", f"{found} hold the port {inside[0]}, which something else uses", fix)
    if high - low + 1 < calls * PORTS_A_CALL:
        few = f"{found}: too few for {calls} calls with an agent each, which need {calls * PORTS_A_CALL}"
        return Check("RTP ports", "warning", few, "widen the range or lower sip.max_calls")
    if ephemeral is None and _EPHEMERAL.is_file():
        first, last = _EPHEMERAL.read_text("ascii").split()
        ephemeral = int(first), int(last)
    if ephemeral is not None and low <= ephemeral[1] and ephemeral[0] <= high:
        clash = f"{found} overlap {ephemeral[0]} to {ephemeral[1]}, which this system gives to any program"
        return Check("RTP ports", "warning", clash, fix)
    return Check("RTP ports", "ok", found)


def check_data(settings: Settings, free: int | None = None) -> Check:
    """Whether the data folder, or what it will be made in, can be written and has room. ``free`` is in bytes."""
    name, folder = "data folder", settings.data.absolute()
    place = next(path for path in (folder, *folder.parents) if path.exists())
    if not place.is_dir():
        return Check(name, "missing", f"{place} is a file", "set VOICEBOT_DATA to a folder")
    try:
        # Really written, since permissions say little to root or on a read-only file system; gone when closed.
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        fix = "give this user the right to write it, or set VOICEBOT_DATA to another folder"
        return Check(name, "missing", f"{place} can't be written: {error.strerror}", fix)
    free = shutil.disk_usage(place).free if free is None else free
    found = f"{folder}, {free / (1 << 30):.1f} GiB free"
    if free < DISK_LOW:
        return Check(name, "missing" if free < DISK_FULL else "warning", found, "make room on this disk")
    return Check(name, "ok", found)


async def _ask_database(url: str) -> None:
    engine = create_async_engine(url)
    try:
        async with asyncio.timeout(_DATABASE_S), engine.connect() as connection:
            # A file that is no database is noticed only when something is read from it.
            statement = "SELECT count(*) FROM sqlite_master" if engine.dialect.name == "sqlite" else "SELECT 1"
            await connection.execute(text(statement))
    finally:
        await engine.dispose()


def check_database(settings: Settings) -> Check:
    """Whether the database of calls answers. A password in its URL is not shown."""
    name, fix = "database", "set VOICEBOT_DATABASE_URL, such as postgresql+asyncpg://user:password@host/voicebot"
    try:
        url = make_url(settings.database)
    except SQLAlchemyError:
        return Check(name, "missing", "database_url is no SQLAlchemy URL", fix)
    shown = url.render_as_string(hide_password=True)
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).exists():
        return Check(name, "ok", f"{shown} (the first start makes it)")
    try:
        asyncio.run(_ask_database(settings.database))
    except ModuleNotFoundError as error:
        return Check(name, "missing", f"{shown} needs the package {error.name}", "uv sync --extra postgres")
    except TimeoutError:
        return Check(name, "missing", f"{shown} does not answer", "start it, or correct VOICEBOT_DATABASE_URL")
    except (SQLAlchemyError, OSError) as error:
        found = f"{shown} can't be used: {type(error).__name__}"
        return Check(name, "missing", found, "start it, or correct VOICEBOT_DATABASE_URL")
    return Check(name, "ok", shown)


def check_node() -> Check:
    """Node, for a front end that has to be built one day."""
    return Check("Node", "ok", f"{shutil.which('node') or 'not found'} (not needed yet)")


def read_packages(listing: Path) -> list[str]:
    """Names in ``system-packages.txt``: the first word of each line that is no comment."""
    lines = (line.strip() for line in listing.read_text("utf-8").splitlines())
    return [line.split()[0] for line in lines if line and not line.startswith("#")]


def _installed(packages: Iterable[str]) -> set[str]:
    """Those of ``packages`` that Debian's package manager says are installed."""
    argv = ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *packages]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=20)  # noqa: S603 - fixed words
    return {line.split()[0] for line in done.stdout.splitlines() if line.endswith(" installed")}


def check_debian_packages(
    listing: Path = Path("system-packages.txt"), installed: Callable[[Iterable[str]], set[str]] = _installed
) -> Check:
    """Packages that only tests use."""
    name = "Debian packages"
    if not listing.is_file():
        return Check(name, "ok", f"no {listing.name} here (only for tests)")
    if installed is _installed and shutil.which("dpkg-query") is None:
        return Check(name, "ok", "not a Debian system (only for tests)")
    wanted = read_packages(listing)
    if lacking := sorted(set(wanted) - installed(wanted)):
        fix = f"only for tests: apt-get install {' '.join(lacking)}"
        return Check(name, "warning", f"not installed: {', '.join(lacking)}", fix)
    return Check(name, "ok", ", ".join(wanted))


def examine(settings: Settings) -> list[Check]:
    """All checks, in the order in which to mend what they find."""
    return [
        check_python(),
        check_uv(),
        check_dialogue_environment(settings),
        check_dialogue_model(settings),
        check_recogniser(settings),
        check_voice(settings),
        *check_ports(settings),
        *check_streams(settings),
        check_pages(),
        *check_browsers(settings),
        check_rtp(settings),
        check_data(settings),
        check_database(settings),
        check_node(),
        check_debian_packages(),
    ]


_STYLE: Mapping[Status, str] = {"ok": "green", "warning": "yellow", "missing": "bold red"}


def _print(checks: list[Check], console: Console) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("", "what", "found", "what to do"):
        table.add_column(heading, overflow="fold")
    for check in checks:
        style = _STYLE[check.status]
        table.add_row(f"[{style}]{check.status}[/]", check.name, escape(check.found), escape(check.how_to_fix))
    console.print(table)


def doctor_command(
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object a check")] = False,
    config: Annotated[Path | None, typer.Option("--config", help="settings file (default: voicebot.toml)")] = None,
) -> None:
    """Say what is missing on this machine, and how to get it; exit 1 if the service could not run."""
    try:
        settings = load(config)
        file = Path(os.environ.get("VOICEBOT_CONFIG", "voicebot.toml"))
        checks = [Check("settings", "ok", str(file) if file.is_file() else "defaults"), *examine(settings)]
    except ConfigurationError as error:
        checks = [Check("settings", "missing", str(error), "voicebot.example.toml documents every setting")]
    if as_json:
        for check in checks:
            typer.echo(json.dumps(asdict(check), ensure_ascii=False))
    else:
        _print(checks, Console())
    if any(check.status == "missing" for check in checks):
        raise typer.Exit(1)
