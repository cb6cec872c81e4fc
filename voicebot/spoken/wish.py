"""Whether a caller asks to know something or wants it done, told by the wording.

What a call is about tells as much as a rule: missed bins are reported, dates are asked for. But many a matter is both.
"How much is the garden bin?" is a question though the bot can order one, and "I want to book the ceremony" is a wish,
though it can only say how that is done. What callers wished, and not what could be done for them, is what is kept.
"""

import re

ANSWER, TRANSACT = "answer", "transact"

_DOING = (
    r"(?:pay|book|apply|bid|renew|challenge|appeal|contest|dispute|register|claim|cancel|order|report|request|object|"
    r"comment|complain|swap|exchange|change|update|sign up|hire|reserve|arrange|end|put in|put (?:\w+ ){1,2}in|"
    r"give (?:\w+ ){0,2}notice|make an? (?:\w+ ){0,3}(?:request|application|appeal|claim|complaint|booking|payment|"
    r"appointment))\b"
)
_WANTS = re.compile(
    r"\b(?:i|we) (?:just |really |only )?(?:want|wanna|would like|need|was wanting|were wanting)(?: to)? "
    rf"(?:\w+ ){{0,2}}?{_DOING}"
    r"|\b(?:i'd|we'd|i'm|we're|am|wanting|want|need) (?:just )?"
    rf"(?:(?:like|wanting|trying|looking|ringing|phoning|calling|here|hoping) )?(?:to )?{_DOING}"
    rf"|\b(?:can|could) i (?:just )?{_DOING}"
    rf"|^(?:please )?{_DOING}"
)
_ASKS = re.compile(
    r"\b(?:how much (?:is|are|for|does|do|would)|how long (?:do|does|is|are|will|have)|how many"
    r"|(?:what's|what is|what are) (?:the )?(?:rules?|notice|cost|price|charge|fee|difference|hours|times|opening)"
    r"|what (?:do|does|will|would) (?:it|that|they|you)|what (?:time|day)s?|opening (?:times|hours)"
    r"|do (?:i|we|you) (?:need|have to)|is (?:it|there)|are there|am i (?:allowed|entitled|eligible)"
    r"|can (?:somebody|someone|anyone|builders|people|visitors|my|the))\b"
)
_OF_THEIR_OWN = re.compile(
    r"\b(?:where's (?:it|my)|i applied|i put|i've (?:applied|sent|paid)|have i|on mine"
    r"|my (?:account|claim|application|balance)|fetch|come|send)\b"
)
"""What is about something of the caller's own, or asks for somebody to do it: no question of the general kind."""


def wish(text: str, need: str) -> str:
    """``answer`` or ``transact``, where ``need``, which the matter has by rule, is one of them; else the same need.

    >>> wish("how much is a garden bin", "transact")
    'answer'
    >>> wish("i'd like to book a citizenship ceremony", "answer")
    'transact'
    >>> wish("where's my new bin, how long does it take", "transact")
    'transact'
    """
    words = text.lower()
    wants, asks = _WANTS.search(words), _ASKS.search(words)
    if need == ANSWER and wants and not asks:
        return TRANSACT
    if need == TRANSACT and asks and not wants and not _OF_THEIR_OWN.search(words):
        return ANSWER
    return need
