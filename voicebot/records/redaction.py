"""Words of a caller without what tells who they are, for people who improve the dialogue and need not know.

What the call itself learned (name, address, numbers) is taken out wherever it stands; so is whatever looks like a
number, postcode, street, name or address of anybody else. Too much rather than too little: the sense is in the rest.
"""

import re
from collections.abc import Iterable

_NUMBER_WORD = (
    "zero|oh|nought|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|"
    "seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|double|treble|triple"
)
_STREET = "street|road|lane|avenue|close|drive|place|court|crescent|terrace|grove|gardens|square|hill|mews|walk|parade"
_PATTERNS = (
    (re.compile(r"\S+@\S+|\b\w+ at \w+ dot \w+(?: dot \w+)?\b", re.I), "[email]"),
    (re.compile(r"\b[a-z]{1,2}\d[a-z\d]?\s*\d[a-z]{2}\b", re.I), "[postcode]"),
    (re.compile(r"\b(?:mr|mrs|miss|ms|mx|dr)\.? \w+\b", re.I), "[name]"),
    (re.compile(r"(?<=\bmy name is )\w+(?: \w+)?|(?<=\bname's )\w+(?: \w+)?", re.I), "[name]"),
    (re.compile(rf"\b(?!the\b|a\b|my\b|our\b|this\b|that\b|on\b|in\b)\w+(?:'s)? (?:{_STREET})\b", re.I), "[street]"),
    (re.compile(rf"\b(?:(?:{_NUMBER_WORD})\b[ -]?){{3,}}", re.I), "[number] "),
    (re.compile(r"\d[\d ,./-]*\d|\d"), "[number]"),
)
_SHORTEST = 3
"""Letters of a word of a fact that is taken out; shorter ones are everybody's."""
_COMMON = frozenset(["the", "and", "for", "yes", "not", "road", "street", "lane", "bin", "blue", "green", "black"])


def redacted(text: str, values: Iterable[str] = ()) -> str:
    """``text`` without ``values`` (what the call knows of its caller) and without what looks personal."""
    words = {
        word.lower()
        for value in values
        for word in re.findall(r"[^\W\d_]+", value)
        if len(word) >= _SHORTEST and word.lower() not in _COMMON
    }
    if words:
        pattern = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
        text = re.sub(rf"\b(?:{pattern})\b(?: (?:{pattern})\b)*", "[personal]", text, flags=re.I)
    for looks, instead in _PATTERNS:
        text = looks.sub(instead, text)
    return " ".join(text.split())
