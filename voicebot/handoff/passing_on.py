"""What the bot tells a caller that it will pass on, in one sentence and from the card alone."""

from voicebot.handoff.card import Card

_UNKNOWN = ("asked for a person", "not yet known")
ASK_TO_CORRECT = "If something is wrong with that, just tell me."


def passing_on(card: Card) -> str:
    """The sentence; empty in an emergency, where nothing may take time, and where nothing is known yet."""
    if card.priority == "urgent" or card.flags:
        return ""
    known = []
    if card.need and not card.need.endswith(_UNKNOWN):
        known.append(card.need.replace(": ", ", ").rstrip("."))
    if card.who.address:
        known.append(card.who.address)
    if card.who.name:
        known.append(f"your name, {card.who.name}")
    if not known:
        return ""
    return f"I'll pass on: {'; '.join(known)}. {ASK_TO_CORRECT}"
