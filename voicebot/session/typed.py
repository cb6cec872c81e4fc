"""A conversation of which every word is typed and read: what is shown counts as heard, and keys are whole at once."""

from voicebot.dialogue.acts import Ask, BotAct, Callback, Hangup, Message, Say, Transfer, Wait
from voicebot.session.keys import KeyCollector, KeyEntry
from voicebot.session.talk import Talk
from voicebot.stt.transcript import Transcript

_RATE = 8000
_LONG_AFTER = 10 * _RATE


async def said(talk: Talk, text: str) -> tuple[BotAct, ...]:
    """The caller typed something."""
    return await talk.said(Transcript(text, 1.0, engine="typed"), 0.0)


async def keyed(talk: Talk, keys: str) -> tuple[BotAct, ...]:
    """The caller pressed keys, and no more follow."""
    collector = KeyCollector(_RATE)
    collector.expect(talk.asked)
    entry: KeyEntry | None = None
    for key in keys:
        entry = collector.press(key, 0) or entry
    entry = entry or collector.tick(_LONG_AFTER)
    return await talk.keyed(entry, 0.0) if entry is not None else ()


def shown(talk: Talk, act: BotAct) -> str:
    """Record what an act says as said and read; gives its text, empty for one that says nothing."""
    if not isinstance(act, Say | Ask | Wait) or not act.text:
        return ""
    entry = talk.ledger.said_by_bot(act.text, 0.0)
    talk.ledger.heard(entry, act.text)
    return act.text


def carried_out(talk: Talk, act: BotAct) -> bool:
    """Record what an act does to a typed call; True when the call is over by it."""
    ledger = talk.ledger
    match act:
        case Say() | Ask() | Wait():
            shown(talk, act)
        case Transfer():
            ledger.handing_over(ledger.card(queue=act.queue, priority=act.priority, reason=act.reason))
            ledger.outcome = "transferred"
            return True
        case Message() | Callback():
            ledger.outcome = "message" if isinstance(act, Message) else "callback"
        case Hangup():
            ledger.outcome = act.outcome
            return True
    return False
