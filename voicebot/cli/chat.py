"""``voicebot chat``: the conversation of a call, typed."""

import asyncio
import json
import sys
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from voicebot.app.dialogue_session import dialogue_client
from voicebot.app.records_sink import open_sink
from voicebot.dialogue.acts import Ask, BotAct, Callback, Hangup, Message, Say, Transfer, Wait
from voicebot.dialogue.welsh import load_welsh
from voicebot.facts.defaults import council_defaults
from voicebot.facts.reader import FactsReader, open_facts
from voicebot.handoff.titles import Titles
from voicebot.records.entries import new_reference
from voicebot.safety.guard import SafetyGuard
from voicebot.safety.training import safety_net
from voicebot.session import typed
from voicebot.session.identity import new_call_id
from voicebot.session.ledger import Ledger
from voicebot.session.talk import Talk
from voicebot.settings import Settings, load
from voicebot.telephony.leg import CallFacts, Direction


class Terminal:
    """Shows a conversation, for people or as JSON lines."""

    def __init__(self, *, as_json: bool) -> None:
        self._json = as_json
        self._console = Console()

    def emit(self, kind: str, text: str, **more: Any) -> None:
        """Show one thing."""
        if self._json:
            print(json.dumps({"event": kind, "text": text, **more}, ensure_ascii=False), flush=True)
        else:
            self._console.print(f"[bold]{kind}[/bold]: {text}", highlight=False)

    async def read(self) -> str | None:
        """The next line typed, without its end; None when there is no more."""
        if not self._json and sys.stdin.isatty():
            self._console.print("[bold]you[/bold]: ", end="")
        line: str = await asyncio.to_thread(sys.stdin.readline)
        if not line:
            return None
        line = line.strip()
        if not self._json or not line.startswith("{"):
            return line
        message: dict[str, Any] = json.loads(line)
        return f"/key {message['key']}" if "key" in message else str(message.get("text", ""))


async def _chat(settings: Settings, terminal: Terminal, at: datetime | None) -> None:
    async with (
        dialogue_client(settings) as client,
        open_sink(settings, "chat") as sink,
        _facts(settings, at) as holding,
    ):
        net = safety_net(settings)
        facts = CallFacts(new_call_id(), "text", Direction.INBOUND)
        titles = Titles.load(settings.dialogue.project, {rule.id: rule.title for rule in net.rules.rules})
        ledger = Ledger(facts, new_reference(), sink, titles)
        talk = Talk(
            ledger,
            client,
            SafetyGuard(net),
            settings.calls,
            channel="text",
            holding=holding,
            welsh=load_welsh(settings.dialogue.project),
            sends=settings.notify.on,
            texts=settings.notify.texts_references,
        )
        try:
            acts = await talk.start()
            while not _show(terminal, talk, acts):
                line = await terminal.read()
                if line is None or line == "/quit":
                    break
                acts = await _answer(talk, line)
        finally:
            summary = ledger.finish("answered" if ledger.answered else "abandoned")
            terminal.emit("ended", summary.outcome, call_id=facts.call_id, reference=ledger.reference)


async def _answer(talk: Talk, line: str) -> tuple[BotAct, ...]:
    if line.startswith("/key "):
        return await typed.keyed(talk, line.removeprefix("/key ").strip())
    if line in ("/silence", ""):
        return talk.silence(0.0)
    return await typed.said(talk, line)


def _show(terminal: Terminal, talk: Talk, acts: tuple[BotAct, ...]) -> bool:
    """Show what the bot does; True when the conversation is over."""
    for act in acts:
        match act:
            case Say() | Ask() | Wait():
                terminal.emit("bot", act.text, asked=act.slot if isinstance(act, Ask) else None)
            case Transfer():
                card = talk.ledger.card(queue=act.queue, priority=act.priority, reason=act.reason)
                terminal.emit("transfer", act.queue, card=card.as_json())
            case Message() | Callback():
                terminal.emit(act.act, act.queue)
            case Hangup():
                pass  # told at the end, with the outcome
            case _:
                terminal.emit(act.act, "")
        if typed.carried_out(talk, act):
            return True
    return False


def _facts(settings: Settings, at: datetime | None) -> AbstractAsyncContextManager[FactsReader]:
    """What holds now, or at another moment of the council's clock."""
    if at is None:
        return open_facts(settings)
    hours_kept = settings.model_copy(update={"handoff": settings.handoff.model_copy(update={"keep_hours": True})})
    moment = at.replace(tzinfo=council_defaults(hours_kept).zone)
    return open_facts(hours_kept, lambda: moment)


def chat_command(as_json: bool, at: datetime | None, config: Path | None) -> None:
    """Talk until either side ends it."""
    asyncio.run(_chat(load(config), Terminal(as_json=as_json), at))
