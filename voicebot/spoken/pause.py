"""A caller who asks for a moment, to find a letter or to see who is at the door: no answer, and no misunderstanding."""

import re

_MOMENT = r"(?:moment|second|sec|minute|minutes|min|mo|tick|ticks|jiffy|bit|seconds)"
_SEARCH = r"(?:find|get|look|fetch|grab|check|see|have a look|go and get|go and find|go and look)"
_LEAD = r"(?:(?:oh|er|um|ah|right|ok|okay|yes|yeah|well|sorry|can you|could you|please|just|now|no|if you) )*"
_WAIT = (
    rf"(?:(?:hang|hold) on|wait|bear with|hold the line|(?:a|one|two|half a|1|2) {_MOMENT}|"
    rf"give (?:me|us) (?:just )?(?:a|one|two|half a|1|2) {_MOMENT}|let me (?:just )?(?:think|{_SEARCH})|"
    rf"i'?(?:ll|ve got to|m going to) (?:just )?(?:have to )?{_SEARCH}|"
    r"i'm (?:just |still )?(?:looking|finding|getting|fetching|trying to find))"
)
_PAUSE = re.compile(rf"{_LEAD}{_WAIT}\b(?P<more>.*)")
_MOST_MORE = 12
_SAYS_MORE = re.compile(
    r"\b(?:want|wanted|change|wrong|actually|not|was|is|are|isn't|didn't|haven't|don't|can't|speak|talk|person|agent|it's|"
    r"that's|zero|three|four|five|six|seven|eight|nine|ten|bins?|tax|fire|gas|smoke|smell|help|said|told|how|what|why|when)\b"
    r"|\d"
)
"""Words of somebody who says more than that they need a moment."""


def asks_to_wait(text: str) -> bool:
    """Whether these words ask for a moment and say nothing else: "hang on, I'll just get my glasses"."""
    said = " ".join(re.sub(r"[^a-z0-9' ]+", " ", text.lower().replace("’", "'")).split())
    found = _PAUSE.fullmatch(said)
    return found is not None and len(found["more"].split()) <= _MOST_MORE and not _SAYS_MORE.search(found["more"])
