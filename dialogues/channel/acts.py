"""From what Rasa utters to Bot Acts (see docs/dialogue-contract.md), as plain JSON objects."""

from typing import Any

Act = dict[str, Any]


def act_of(message: dict[str, Any]) -> Act | None:
    """The act that one uttered message stands for; ``None`` for an empty one.

    A message with ``custom.ask`` is an ``ask``, with ``custom.act`` the act that it names, else its text is a ``say``.
    """
    custom = message.get("custom") or {}
    text = message.get("text")
    if "act" in custom:
        return dict(custom)
    if "ask" in custom:
        ask = dict(custom["ask"])
        keypad = {str(key): value for key, value in (ask.pop("keypad", None) or {}).items()}
        return {"act": "ask", "text": text or "", "keypad": keypad, **ask}
    if text:
        return {"act": "say", "text": text, **(custom.get("say") or {})}
    return None


def reworded(act: Act, misses: int) -> Act:
    """A question asked again after ``misses`` useless answers, in the words written for that."""
    retries = act.get("retries") or []
    if act["act"] != "ask" or not misses or not retries:
        return act
    again = {**act, "text": retries[min(misses, len(retries)) - 1]}
    again.pop("spoken", None)
    return again


def paced(act: Act, rate: float) -> Act:
    """An act spoken slower, if the caller asked for it."""
    return {**act, "rate": min(rate, act.get("rate", 1.0))} if act["act"] in ("say", "ask") else act


def acts_of(messages: list[dict[str, Any]], slots: dict[str, Any]) -> list[Act]:
    """The acts of a turn, in order. Of several questions only the last is asked; the others are said."""
    acts = [act for message in messages if (act := act_of(message)) is not None]
    asks = [index for index, act in enumerate(acts) if act["act"] == "ask"]
    for index in asks[:-1]:
        acts[index] = {"act": "say", **{key: acts[index][key] for key in ("text", "language") if key in acts[index]}}
    misses = int(slots.get("misses") or 0)
    rate = float(slots.get("rate") or 1.0)
    in_form = slots.get("requested_slot")
    return [paced(reworded(act, misses) if act.get("slot") == in_form and in_form else act, rate) for act in acts]
