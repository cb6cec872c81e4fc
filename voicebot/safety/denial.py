"""What is denied, and what is denied only for now: "he isn't hitting me today but he does" takes its denial back."""

import re
from collections.abc import Sequence

from voicebot.safety.words import LIGHT, Words, split

_words = str.split

_NEGATORS = frozenset({"not", "never", "no", "without", "nobody", "none", "nothing", "neither", "nor"})
_FAR_NEGATORS = frozenset({"not", "never", "without"})
_BARRIERS = frozenset(
    _words(
        "stop stops stopping only sure know if whether because but and then i he she it they there we think believe "
        "certain help leave long until when my wait longer more another idea matter wonder joking kidding lie doubt "
        "yes now you what who ignore deny realise listen sort sorted fix fixed mend repair deal clear come came turn "
        "answer remove treat"
    )
)
_SUBJECTS = frozenset({"i", "he", "she", "they", "we", "there"})

_CONTRAST = r"(?:but|though|although|except|only)"
_IT = (
    r"(?:he|she|they|it|there|husband|wife|partner|boyfriend|girlfriend|ex|fella|bloke|son|daughter|dad|mum|brother|"
    r"smell|smoke|fumes|water|pain|noise)"
)
_ELLIPSIS = (
    rf"{_IT} (?:usually |normally |sometimes |often |always |mostly |still |only |just )?"
    r"(?:does|do|did|has|had|was|were|will|would|might|could|may|is)(?: do| be)?"
    r"(?:$| (?=when|if|at|most|every|last|yesterday|sometimes|again|before|usually|earlier|this|later|tonight|tomorrow|"
    r"other|the|all|often|and|after|once|since|until|in|on|as))"
)
"""The verb alone, in place of what was denied: "but he does", "but there was this morning"."""
_RETURN = (
    rf"{_IT} (?:\w+ ){{0,2}}?(?:be back|is back|comes? back|coming back|came back|come home|comes home|coming home|"
    r"gets? in|gets? back|gets? home|get out|gets out|wakes?(?: up)?|sobers? up|starts? (?:up )?again|"
    r"happens? again|do it again|does it again|did it again|kicks? off|be round|comes? round|come round)"
)
_FOR_NOW = r"(?:now|today|yet|tonight|currently|at moment|at the moment|right now|this minute|this time|this morning)"
_BACK = re.compile(
    rf"\b{_CONTRAST} (?:\w+ ){{0,3}}?(?:{_ELLIPSIS}|{_RETURN})|"
    rf"\b{_FOR_NOW}\b(?: \w+){{0,8}}? {_RETURN}"
)

_YES = frozenset(_words("yes yeah yep yea yup aye ye ya yah correct right definitely course absolutely true"))
_NO = frozenset(_words("no nope nah naw nay negative never not nobody none"))
_UNSETTLED = (
    "not sure",
    "not know",
    "not safe",
    "not ok",
    "not okay",
    "not alright",
    "not good",
    "not fine",
    "maybe",
    "might",
    "possibly",
    "probably",
    "think so",
    "help",
    "worse",
    "hurry",
    "no idea",
    "sort of",
    "kind of",
    "suppose so",
    "could be",
    "no one is coming",
    "nowhere",
    "no where",
)
_ALL_WELL = (
    "all fine",
    "i am fine",
    "am fine",
    "everyone is fine",
    "is fine",
    "is ok",
    "is okay",
    "are fine",
    "all right",
    "i am ok",
    "i am okay",
    "am safe",
    "we are safe",
    "is safe",
    "not really",
    "of course not",
    "course not",
    "definitely not",
    "absolutely not",
    "do not worry",
    "nothing like that",
    "false alarm",
    "just asking",
    "only asking",
)


def negated(words: Words, spans: Sequence[tuple[int, int]]) -> bool:
    """Whether what stands at ``spans`` is denied: "there is no smell of gas", "he did not hit me"."""
    inside = {i for start, end in spans for i in range(start, end)}
    for start, _ in spans:
        if words.tokens[start] in _SUBJECTS:
            continue
        counted = 0
        for at in range(start - 1, -1, -1):
            token = words.tokens[at]
            if at in inside:
                break
            if token in _NEGATORS:
                if counted <= (3 if token in _FAR_NEGATORS else 2):
                    return True
                break
            if token in _BARRIERS or counted >= 3:
                break
            counted += token not in LIGHT
    return False


def taken_back(words: Words, after: int = 0) -> bool:
    """Whether the words from position ``after`` on say that what was denied is so at other times, or will be again."""
    return _BACK.search(" ".join(words.tokens[after:])) is not None


def is_denial(text: str) -> bool:
    """Whether an answer to a safety question clearly says no. "No… yes", doubt and anything else is not a no."""
    words = split(text)
    tokens = words.tokens
    said = " ".join(tokens)
    if any(phrase in said for phrase in _UNSETTLED) or taken_back(words):
        return False
    if any(phrase in said for phrase in _ALL_WELL):
        return not _YES.intersection(tokens[:2]) or "not" in tokens[:4]
    if _YES.intersection(tokens) or said.startswith(("no i am", "no he is", "no she is", "no they are")):
        return False
    return bool(_NO.intersection(tokens[:4]))
