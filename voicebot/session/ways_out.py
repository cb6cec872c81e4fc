"""Ways to a person for callers to whom nothing else can be said: in fixed words, with nothing asked of the dialogue."""

from voicebot.dialogue.acts import BotAct, Say, Transfer
from voicebot.session.phrases import Phrase

GENERAL_QUEUE = "customer_services"
"""Those who take anything."""


def asked_for(queue: str, reason: str = "The caller asked for a person.") -> tuple[BotAct, ...]:
    """The caller wants a person."""
    return Say(text=str(Phrase.TRANSFERRING), interruptible=False), Transfer(queue=queue, reason=reason)


def bypassed(queue: str) -> tuple[BotAct, ...]:
    """A supervisor sends every call straight to people."""
    say = Say(text=str(Phrase.BYPASSED), interruptible=False)
    return say, Transfer(queue=queue, reason="The assistant is bypassed.")


def broken(queue: str) -> tuple[BotAct, ...]:
    """A part of ours failed."""
    say = Say(text=str(Phrase.BROKEN), interruptible=False)
    return say, Transfer(queue=queue, priority="high", reason="A part of the assistant failed.")


def too_long(queue: str) -> tuple[BotAct, ...]:
    """The call has reached its limit."""
    return Say(text=str(Phrase.CALL_LIMIT)), Transfer(queue=queue, reason="The call took too long.")


def led_to(act: BotAct, queue: str) -> BotAct:
    """A transfer to those who take anything goes to ``queue``; other acts stay as they are."""
    if isinstance(act, Transfer) and act.queue == GENERAL_QUEUE:
        return act.model_copy(update={"queue": queue})
    return act
