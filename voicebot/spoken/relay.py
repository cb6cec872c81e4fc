"""A relay assistant who speaks for somebody that types: what they say of themselves is no part of the message."""

import re

_RELAY = re.compile(
    r"(?is)^.{0,80}?\b(?:relay(?: uk)?|text ?relay|type ?talk|next generation text)\b.{0,120}?"
    r"\b(?:says?|saying|said|types?|typing|typed|asks?|asking|writes|written|reads|wants to say|message is|is that)\b"
    r"[\s,.:]*(?:that\b[\s,:]*)?(?P<message>\S.*)$"
)
_FEWEST_WORDS = 2


def relayed(text: str) -> str | None:
    """The caller's own words in what a relay assistant says at first; None where nobody is announced.

    >>> relayed("hello this is relay uk, the caller says my bin was missed")
    'my bin was missed'
    """
    found = _RELAY.match(text)
    if found is None or len(found["message"].split()) < _FEWEST_WORDS:
        return None
    return found["message"]
