"""``voicebot demo``: the whole service, one call through it, and what came of that."""

import asyncio
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from voicebot.app.prepare import prepare
from voicebot.app.service import build_parts, print_how_to_ring, reporter
from voicebot.app.stop_signals import until_stopped
from voicebot.app.supervisor import Supervisor
from voicebot.caller import voices
from voicebot.caller.agent_phone import AgentPhone, at_desk
from voicebot.caller.breakdown import PARTS, shares, take_apart
from voicebot.caller.call import citizens_phone
from voicebot.caller.citizen import Say as AgentSays
from voicebot.cli.rehearse import call_record, renderer
from voicebot.errors import VoicebotError
from voicebot.records.logs import configure
from voicebot.rehearsal.script import load_script
from voicebot.rehearsal.wire import WireCitizen, WireResult
from voicebot.settings import Settings, load

SCRIPT = Path("shared/calls/demo.yml")
_VOICE = "en+f2"
_AGENT_VOICE = "en+m7"
_AGENT_SAYS = "Hello, it's the waste team. I can see what you told the assistant, so you needn't say it again."
_WHO = {"caller": "cyan", "bot": "green", "agent": "magenta"}


async def _follow(settings: Settings, citizen: WireCitizen, console: Console) -> None:
    """Print both sides of the call as the record grows."""
    shown = 0
    while True:
        await asyncio.sleep(0.3)
        if not citizen.call_id:
            continue
        with suppress(VoicebotError):
            record = await call_record(settings, citizen.call_id, finished=False)
            shown = _print_turns(record, shown, console)


def _print_turns(record: dict[str, Any], shown: int, console: Console) -> int:
    for turn in record["transcript"][shown:]:
        seconds = turn["at_ms"] / 1000
        console.print(
            f"  {seconds:6.1f} s  [{_WHO.get(turn['who'], 'white')}]{turn['who']:>6}[/]  {turn['text']}",
            highlight=False,
        )
    return max(shown, len(record["transcript"]))


def _print_latency(record: dict[str, Any], result: WireResult, console: Console) -> None:
    """Each answer that the caller timed, and what the service says that it was spent on."""
    found = take_apart(result.answers, record["latency_ms"], result.began_s)
    names = (*PARTS, "on the wire")
    table = Table("answer", *(name.replace("_", " ") for name in names), title="How long the caller waited, in ms")
    for number, one in enumerate(found, 1):
        table.add_row(str(number), *(f"{one.parts[name]:.0f}" for name in PARTS), f"{one.wire_ms:.0f}")
    if found:
        table.add_section()
        *parts, _ = shares(found)
        table.add_row("share", *(f"{share:.0%}" for *_, share in parts), "")
    console.print(table)


def _print_card(record: dict[str, Any], console: Console) -> None:
    card = record.get("card") or {}
    who = card.get("who", {})
    known = (who.get("name") or "no name", who.get("number") or "number withheld", who.get("address") or "no address")
    lines = [
        f"[bold]{card.get('need', '')}[/bold]",
        f"Caller: {', '.join(known)}",
        f"Queue: {card.get('queue', '')}   Priority: {card.get('priority', '')}   Why: {card.get('why', '')}",
    ]
    for fact in card.get("facts", []):
        sure = "confirmed" if fact["confirmed"] else f"{fact['confidence']:.0%} sure"
        source = fact["source"].replace("_", " ")
        lines.append(f"  {fact['label'] or fact['name']}: {fact['value']}  [dim]({source}, {sure})[/dim]")
    lines += [f"  {item}" for item in card.get("done", [])]
    lines += [f"Next: {card.get('next_step', '')}", f"Whispered to the agent: “{card.get('whisper', '')}”"]
    console.print(Panel("\n".join(lines), title=f"Handover card {record['reference']}"))


async def _call(settings: Settings, console: Console) -> bool:
    """Ring the service, with an agent's phone standing by; True when the call was understood and transferred."""
    script = load_script(settings.dialogue.project / SCRIPT)
    address = f"sip:council@{settings.sip.bind}:{settings.sip_port}"
    hello = voices.render(_AGENT_SAYS, voice=_AGENT_VOICE)
    phone = AgentPhone([AgentSays(samples=hello, text=_AGENT_SAYS)])
    console.print(f"\nRinging {address}: {script.name}\n")
    async with at_desk(phone, settings.sip), citizens_phone(address) as line:
        citizen = WireCitizen(script, line, address, renderer(_VOICE), settings.media_socket)
        following = asyncio.create_task(_follow(settings, citizen, console))
        try:
            result = await citizen.run()
        finally:
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following
    record = await call_record(settings, result.call_id)
    _print_latency(record, result, console)
    _print_card(record, console)
    expected = script.expect
    understood = all(
        accepted is not None and record[name] in accepted
        for name, accepted in (
            ("outcome", expected.outcome),
            ("service", expected.service),
            ("queue", expected.queue),
        )
    )
    console.print(f"Outcome: {record['outcome']}, service {record['service']}, queue {record['queue']}")
    return bool(understood)


async def _demo(settings: Settings, model: Path, console: Console) -> bool:
    supervisor = Supervisor(settings, build_parts(settings, model), on_state=reporter(console))
    stopping = asyncio.ensure_future(until_stopped())
    work = asyncio.ensure_future(_show(supervisor, settings, console))
    try:
        await asyncio.wait((work, stopping), return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            return False
        passed = work.result()
        if passed and sys.stdout.isatty() and os.environ.get("DEMO_STAY", "1") != "0":
            await print_how_to_ring(settings, console)
            await stopping
        return passed
    finally:
        work.cancel()
        stopping.cancel()
        await asyncio.gather(work, stopping, return_exceptions=True)
        console.print("Stopping.")
        await supervisor.stop()


async def _show(supervisor: Supervisor, settings: Settings, console: Console) -> bool:
    console.print("Starting the service:")
    await supervisor.start()
    return await _call(settings, console)


def demo_command(config: Path | None) -> None:
    """Exit status 0 only if the call was understood and transferred."""
    settings = load(config)
    console = Console()
    model = prepare(settings, console)
    configure(settings, "demo")
    if not asyncio.run(_demo(settings, model, console)):
        console.print("[red]The call did not end as it should.[/red]")
        raise typer.Exit(1)
