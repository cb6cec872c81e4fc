"""Scripted calls held in text: the session, the dialogue and the records of a real call, without audio."""

from datetime import datetime

from voicebot.dialogue.acts import Ask, BotAct, Say, Wait
from voicebot.facts.defaults import council_defaults
from voicebot.facts.model import load_defaults
from voicebot.facts.reader import FactsReader
from voicebot.handoff.titles import Titles
from voicebot.records.entries import new_reference
from voicebot.rehearsal.asked_twice import Remembering
from voicebot.rehearsal.script import CallScript, Line, ScriptedCaller
from voicebot.rehearsal.verdict import CallEnd
from voicebot.safety.detector import SafetyNet
from voicebot.safety.guard import SafetyGuard
from voicebot.session import typed
from voicebot.session.identity import new_call_id
from voicebot.session.ledger import Ledger, RecordSink
from voicebot.session.mind import Mind
from voicebot.session.nothing_kept import NothingKept
from voicebot.session.talk import Talk
from voicebot.settings import Settings
from voicebot.telephony.leg import CallFacts, Direction


async def hold(script: CallScript, mind: Mind, net: SafetyNet, settings: Settings) -> CallEnd:
    """Hold one call to its end, or until the caller has said all that the script allows, and tell what came of it."""
    sink = Remembering(NothingKept(), settings.dialogue.project)
    ledger = await held(script, mind, net, settings, sink=sink)
    summary = ledger.finish("reported" if ledger.references else "answered" if ledger.answered else "abandoned")
    return CallEnd(
        outcome=summary.outcome,
        service=summary.service,
        need=summary.need,
        queue=summary.queue,
        emergency=summary.emergency,
        facts=ledger.facts,
        said=" ".join(turn.text for turn in ledger.turns if turn.who == "bot"),
        transcript=tuple((turn.who, turn.text) for turn in ledger.turns),
        asked_twice=sink.asked_twice(ledger.call.call_id),
    )


async def held(
    script: CallScript,
    mind: Mind,
    net: SafetyNet,
    settings: Settings,
    titles: Titles | None = None,
    at: datetime | None = None,
    sink: RecordSink | None = None,
) -> Ledger:
    """Hold one call as :func:`hold` does, and give its history, not yet closed.

    ``at`` is the moment of the call: the queues keep their hours then, whatever the settings say.
    """
    facts = CallFacts(new_call_id(), "text", Direction.INBOUND, caller=script.caller)
    ledger = Ledger(facts, new_reference(), sink or NothingKept(), titles)
    holding = _holding(settings, at)
    talk = Talk(ledger, mind, SafetyGuard(net), settings.calls, channel="text", holding=holding)
    citizen = ScriptedCaller(script)
    acts = await talk.start()
    over = _over(talk, acts)
    for _ in range(script.max_turns):
        if over:
            break
        heard = " ".join(act.text for act in acts if isinstance(act, Say | Ask | Wait))
        line = citizen.next_line(talk.asked.slot if talk.asked else None, heard)
        if line.hangup:
            break
        acts = await _do(talk, line)
        over = _over(talk, acts)
    return ledger


def _holding(settings: Settings, at: datetime | None) -> FactsReader:
    if at is None:
        return FactsReader(council_defaults(settings))
    return FactsReader(load_defaults(settings.dialogue.project), lambda: at)


async def _do(talk: Talk, line: Line) -> tuple[BotAct, ...]:
    if line.keys:
        return await typed.keyed(talk, line.keys)
    if line.silence or not line.say:
        return talk.silence(0.0)
    return await typed.said(talk, line.say)


def _over(talk: Talk, acts: tuple[BotAct, ...]) -> bool:
    """Carry out what the bot does; True when the call is over by it."""
    return any(typed.carried_out(talk, act) for act in acts)
