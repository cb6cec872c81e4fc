"""Yes and no to what was read back or offered."""

import re

from .figures import clean
from .parsing import yes_no

_LEAD = (
    r"(?:(?:ok|okay|right|well|great|lovely|just|so|then|please|i'd|you can|would you|could you|can you|if you would|let's|we can|i'd say|"
    r"oh|er|um|yes|yeah|aye|no|nope|nah) )*"
)
_TAIL = r"(?: (?:please|then|thanks|thank you|love|mate|duck|pet|for me|off|in|now|on|through|ta|cheers|that))*"
_GO_AHEAD = re.compile(
    _LEAD
    + r"(?:please|go for it|crack on|carry on|(?:send|book|log|report|do|order|put|submit|save|pass|file|get) (?:it|that|them|him|her|one)|"
    r"by all means|(?:that )?suits(?: me)?|grand|champion|smashing|brilliant|great|super|marvellous|wonderful|magic|(?:that's |it's |that is )?"
    r"all (?:good|fine|right|correct|ok|okay)|alright|(?:i'm )?happy with (?:that|it|this)|(?:that's|that is) what i (?:want|said|need)(?:ed)?|"
    r"if you (?:would|could|like|don't mind|wouldn't mind)|you can|you may|(?:that'd|that would|it'd|it would) be (?:\w+ )?"
    r"(?:great|good|lovely|fine|grand|brilliant|perfect|helpful)|do|(?:i think )?that's everything|no (?:changes?|alterations)|"
    r"nothing (?:to change|wrong|wants changing|needs changing)|(?:no|nope|nah) (?:that's|that is|it's|it is|you're|you've got it) "
    r"(?:all )?(?:right|correct|fine|good|great|perfect|lovely|spot on))" + _TAIL
)
"""The whole of what says "go on with it", a "no" that denies only that anything is wrong included."""


def agrees(text: str) -> bool | None:
    """Yes or no to what was read back or offered, where "send it", "all good" and "no, that's right" say yes; to a
    question of fact they would not."""
    said = clean(text)
    refused = re.match(r"(?:no|nope|nah) please\b", said)
    return True if _GO_AHEAD.fullmatch(said) and not refused else yes_no(text)
