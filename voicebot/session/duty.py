"""How soon a caller is taken, whatever sent them to a person: the order of the queues follows from it."""

from voicebot.dialogue.acts import BotAct, Priority, Transfer
from voicebot.facts.model import NEVER_CLOSE

_ORDER: tuple[Priority, ...] = ("normal", "high", "urgent")


def in_order(act: BotAct, least: Priority = "normal") -> BotAct:
    """The act; a transfer as soon as it must be: at ``least``, and urgent to the queues of the safety rules.

    Those never close. An urgent transfer goes through at any hour, so nothing else may become one here.
    """
    if not isinstance(act, Transfer):
        return act
    soonest: Priority = "urgent" if act.queue in NEVER_CLOSE else "high" if least == "urgent" else least
    if _ORDER.index(soonest) <= _ORDER.index(act.priority):
        return act
    return act.model_copy(update={"priority": soonest})
