"""A caller who tells of a death: that we are sorry is said first, and what else there is to do is offered at the end."""

import re
from collections.abc import Iterable
from typing import Any

from .topics import topics

_KIN = (
    r"husband|wife|partner|mum|mam|mom|mother|dad|father|son|daughter|brother|sister|nan|nana|gran|grandma|grandad|aunt\w*|uncle|"
    r"friend|neighbour|lodger"
)
_DIED = r"(?:died|passed (?:away|on)|gone and died|gone and passed away)"
DEATH = re.compile(
    rf"\b(?:my|our|me|his|her) (?:\w+ )?(?:{_KIN})(?:'s| has| had| just| sadly)* {_DIED}\b|"
    rf"\b(?:he|she|they)(?:'s|'d| has| had| just| sadly)* (?:died|passed (?:away|on))\b|"
    r"\b(?:died|passed away) (?:last (?:night|week|month|year|\w+day)|this (?:morning|week|month)|yesterday|on (?:the \w+ of|\w+day))\b|"
    rf"\b(?:lost|buried|burying) (?:my|our|me) (?:\w+ )?(?:{_KIN})\b|"
    r"\b(?:been |was |was just |just )(?:widowed|bereaved)\b|\b(?:a widow|a widower) (?:now|since)\b"
)
_LONG_AGO = re.compile(r"\bsince\b|\byears?\b|\blong (?:time )?(?:ago|dead)\b|\bused to\b")

SORRY = "utter_sorry_for_your_loss"


def tells_of_death(text: str) -> bool:
    """Whether somebody's death is told of."""
    return DEATH.search(text.lower().replace("’", "'")) is not None


def first_told(said: Iterable[str]) -> bool:
    """Whether the last of these sentences is the first that tells of a death: we are sorry once."""
    *before, last = said
    return tells_of_death(last) and not any(map(tells_of_death, before))


def worth_offering(events: Iterable[dict[str, Any]]) -> bool:
    """Whether a death was told of that may be recent, in a call that was not about registering it."""
    told, form = False, None
    for event in events:
        kind = event.get("event")
        if kind == "active_loop":
            form = event.get("name")
            if topics().of(form).service == "registrars":
                return False
        elif kind == "user" and event.get("text"):
            text = str(event["text"])
            told = told or (tells_of_death(text) and _LONG_AGO.search(text.lower()) is None)
            intent = (event.get("parse_data") or {}).get("intent") or {}
            # Inside a form "he died in March" answers its question.
            if not form and topics().of(intent.get("name")).service == "registrars":
                return False
    return told
