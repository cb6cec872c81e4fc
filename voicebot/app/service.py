"""The whole service on one machine: all parts, supervised."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import httpx
from rich.console import Console

from voicebot.accounts.service import open_accounts
from voicebot.app.parts import Part, own_part
from voicebot.app.prepare import DIALOGUE_TOKEN, new_secret
from voicebot.app.stop_signals import StopSignals
from voicebot.app.supervisor import Supervisor
from voicebot.dialogue.client import DialogueClient
from voicebot.dialogue.processes import action_server_part, rasa_part
from voicebot.errors import DialogueUnavailable, RecordsUnavailable, SpeechUnavailable
from voicebot.records.database import Database
from voicebot.settings import Settings
from voicebot.speech.client import SpeechClient
from voicebot.web.media_status import MediaStatusClient

_PROBE_S = 1.0


def http_ready(url: str) -> Callable[[], Awaitable[bool]]:
    async def ready() -> bool:
        try:
            async with httpx.AsyncClient(timeout=_PROBE_S) as client:
                return (await client.get(url)).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    return ready


def build_parts(settings: Settings, model: Path, token: str = "") -> list[Part]:
    """Every process of the service, in the order in which they are stopped. ``token`` is what the dialogue wants."""
    token = token or os.environ.get(DIALOGUE_TOKEN) or new_secret()
    env = {DIALOGUE_TOKEN: token, "VOICEBOT_DIALOGUE_MODEL": str(model)}

    async def media_ready() -> bool:
        status = await MediaStatusClient(settings.media_socket).status()
        # Waiting for the council to be set up it does all that it can.
        return status is not None and (status.ready or (status.example_left > 0 and status.speech and status.dialogue))

    async def speech_ready() -> bool:
        client = SpeechClient(settings.speech_socket, timeout_s=_PROBE_S)
        try:
            await client.health()
        except SpeechUnavailable:
            return False
        finally:
            await client.close()
        return True

    return [
        own_part("media", media_ready, env, drains=True),
        own_part("web", http_ready(f"http://{settings.http_bind}:{settings.http_port}/healthz"), env),
        *dialogue_parts(settings, model, token),
        own_part("speech", speech_ready, env),
    ]


def dialogue_parts(settings: Settings, model: Path, token: str) -> list[Part]:
    """Rasa with ``model``, and its actions."""

    async def dialogue_ready() -> bool:
        client = DialogueClient(f"http://127.0.0.1:{settings.dialogue.port}", token, timeout_s=_PROBE_S)
        try:
            health = await client.health()
        except DialogueUnavailable:
            return False
        finally:
            await client.close()
        return Path(health.file).name == model.name

    return [
        rasa_part(settings, model, token, dialogue_ready),
        action_server_part(settings, http_ready(f"http://127.0.0.1:{settings.dialogue.action_port}/health")),
    ]


async def serve(settings: Settings, model: Path, console: Console) -> None:
    """Run the service until SIGINT, or until SIGTERM and the end of the calls in progress."""
    token = os.environ.get(DIALOGUE_TOKEN) or new_secret()

    async def ready() -> None:
        await print_how_to_ring(settings, console)
        if await nobody_has_an_account(settings):
            console.print(
                "Nobody can sign in to the pages yet. Make the first account:\n"
                "  scripts/run voicebot user add NAME --role admin\n"
            )

    await _serve(settings, build_parts(settings, model, token), model, token, console, ready)


async def serve_dialogues(settings: Settings, model: Path, token: str, console: Console) -> None:
    """Run the dialogue's processes and publish new versions of it, until SIGINT or SIGTERM; the rest runs elsewhere."""
    await _serve(settings, dialogue_parts(settings, model, token), model, token, console)


async def _serve(
    settings: Settings,
    parts: Sequence[Part],
    model: Path,
    token: str,
    console: Console,
    ready: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Supervise some parts, and publish new versions of the dialogue, until a signal comes; at SIGTERM, let those that
    drain end what they are at. ``ready`` is called once all are."""
    from voicebot.app.publishing import publishing

    supervisor = Supervisor(settings, parts, on_state=reporter(console))
    signals = StopSignals()
    stopped = asyncio.ensure_future(signals.next())
    started = asyncio.ensure_future(supervisor.start())
    try:
        async with publishing(settings, supervisor, token, model):
            await asyncio.wait((stopped, started), return_when=asyncio.FIRST_COMPLETED)
            if started.done():
                started.result()
                if ready is not None:
                    await ready()
                await stopped
            if stopped.done() and stopped.result() is signal.SIGTERM and any(part.drains for part in parts):
                console.print(f"Letting calls end, for {settings.calls.drain_s:.0f} s at most. Ctrl-C stops at once.")
                await signals.unless(supervisor.drain())
    finally:
        started.cancel()
        stopped.cancel()
        console.print("Stopping.")
        await supervisor.stop()


async def nobody_has_an_account(settings: Settings) -> bool:
    """Whether the first account has yet to be made; not when the database can't say."""
    database = Database(settings.database)
    try:
        return await open_accounts(settings, database).people.count() == 0
    except RecordsUnavailable:
        return False
    finally:
        await database.close()


def reporter(console: Console) -> Callable[[str, str], None]:
    """Say on the terminal what becomes of each part."""

    def report(part: str, state: str) -> None:
        if state in ("ready", "died"):
            console.print(f"  {part}: {state}" + (", starting it again" if state == "died" else ""))

    return report


async def print_how_to_ring(settings: Settings, console: Console) -> None:
    """How a person reaches the running service, or what is to be done before anybody can."""
    status = await MediaStatusClient(settings.media_socket).status()
    if status is not None and status.example_left:
        console.print(
            f"\n[bold]No call is taken yet:[/bold] {status.example_left} places still speak of the example council. "
            f"They are listed at http://{settings.http_bind}:{settings.http_port}/admin/set-up and by `voicebot init`; "
            "once nothing of it is left, calls are taken."
        )
    host = settings.sip.advertise or settings.sip.bind
    console.print(
        f"\nThe phone is up. Ring [bold]sip:council@{host}:{settings.sip_port}[/bold] with any SIP phone, or:\n"
        f'  scripts/run voicebot call sip:council@{host}:{settings.sip_port} --say "my bin was not emptied"\n'
        f"Calls and their cards: http://{settings.http_bind}:{settings.http_port}/ "
        f"(token in {settings.run_dir / 'api-token'})\nCtrl-C stops everything.\n"
    )
