"""The answer to "is it about A, or B?" goes on as the need that it names, as if it had been said clearly at first."""

from typing import Any

from rasa.shared.core.events import BotUttered

from actions.either import named


def as_named(tracker: Any, text: str) -> str:
    """What Rasa is given for ``text``: ``/<intent>`` where the caller chose between two needs, else the text itself."""
    slots = tracker.slots if tracker is not None else {}
    one, other = (slots[name].value if name in slots else None for name in ("guess", "other_guess"))
    if not one or not other:
        return text
    said = next((event for event in reversed(tracker.events) if isinstance(event, BotUttered)), None)
    asked = ((((said.data if said else None) or {}).get("custom") or {}).get("ask") or {}).get("slot")
    chosen = named(text, str(one), str(other)) if asked == "guess" else None
    return f"/{chosen}" if chosen else text
