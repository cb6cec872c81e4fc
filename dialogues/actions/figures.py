"""Words for figures and letters, as callers say and spell them: what all other reading of answers begins with."""

import re

DIGIT_WORDS = {
    "oh": "0", "zero": "0", "nought": "0", "nil": "0", "one": "1", "two": "2", "to": "2", "too": "2", "three": "3",
    "four": "4", "for": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "ate": "8", "nine": "9",
}  # fmt: skip
NUMBER_WORDS = {
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50,
    "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
LETTER_NAMES = {
    "ay": "a", "bee": "b", "be": "b", "see": "c", "sea": "c", "cee": "c", "dee": "d", "ee": "e", "eff": "f",
    "gee": "g", "aitch": "h", "haitch": "h", "eye": "i", "jay": "j", "kay": "k", "ell": "l", "el": "l", "em": "m",
    "en": "n", "pea": "p", "pee": "p", "cue": "q", "queue": "q", "are": "r", "ar": "r", "ess": "s", "es": "s",
    "tea": "t", "tee": "t", "you": "u", "vee": "v", "double you": "w", "ex": "x", "why": "y", "wye": "y",
    "zed": "z", "zee": "z", "said": "z", "alpha": "a", "bravo": "b", "charlie": "c", "delta": "d", "echo": "e",
    "foxtrot": "f", "golf": "g", "hotel": "h", "india": "i", "juliet": "j", "kilo": "k", "lima": "l", "mike": "m",
    "november": "n", "oscar": "o", "papa": "p", "quebec": "q", "romeo": "r", "sierra": "s", "tango": "t",
    "uniform": "u", "victor": "v", "whiskey": "w", "yankee": "y", "zulu": "z",
    "bertie": "b", "freddie": "f", "queenie": "q", "sugar": "s", "zebra": "z", "enn": "n", "emm": "m", "arr": "r",
}  # fmt: skip


def clean(text: str) -> str:
    """Lower case, no punctuation but apostrophes, single spaces."""
    return " ".join(re.sub(r"[^\w' ]+", " ", text.lower().replace("’", "'")).split())


def tokens(text: str) -> list[str]:
    """Words with figures, letters and "double" undone: "zed b double oh" becomes ["z", "b", "0", "0"]."""
    out: list[str] = []
    repeat = 1
    for word in clean(text).replace("double you", "w").replace("double u", "w").split():
        if word in ("double", "treble", "triple"):
            repeat = 2 if word == "double" else 3
            continue
        out.extend([DIGIT_WORDS.get(word) or LETTER_NAMES.get(word) or word] * repeat)
        repeat = 1
    return out


def digits(text: str) -> str:
    """All digits of the text in order, words for them included; tens are added up ("twenty one" is 21)."""
    out = ""
    tens = 0
    for word in tokens(text):
        value = NUMBER_WORDS.get(word)
        if word == "hundred" and out:
            out += "00"
            continue
        if tens and len(word) == 1 and word.isdigit():
            out += str(tens + int(word))
            tens = 0
            continue
        if tens:
            out += str(tens)
            tens = 0
        if value is None:
            out += "".join(c for c in word if c.isdigit())
        elif value >= 20:
            tens = value
        else:
            out += str(value)
    return out + (str(tens) if tens else "")


_LOOSE = frozenset(("to", "too", "for", "ate"))
"""Words that are figures only among figures."""


def runs(text: str) -> list[str]:
    """The numbers of a sentence as digits, each with what is read out together: "12 mill lane oh seven seven" is two."""
    parts: list[list[str]] = [[]]
    for word in clean(text).split():
        if (
            word.isdigit()
            or word in DIGIT_WORDS
            or word in NUMBER_WORDS
            or word in ("double", "treble", "triple", "hundred")
        ):
            parts[-1].append(word)
        elif parts[-1]:
            parts.append([])
    found = []
    for part in parts:
        while part and part[-1] in _LOOSE:
            part.pop()
        while part and part[0] in _LOOSE:
            part.pop(0)
        if number := digits(" ".join(part)):
            found.append(number)
    return found


def number(text: str, *lengths: int) -> str | None:
    """The number of so many figures: the last one that is read out together, or else all figures of the text."""
    for found in reversed(runs(text)):
        if len(found) in lengths:
            return found
    every = digits(text)
    return every if len(every) in lengths else None


def with_figures(text: str) -> str:
    """Text with number words as figures, for finding house numbers, ages and counts."""
    words = clean(text).split()
    out: list[str] = []
    index = 0
    while index < len(words):
        word = words[index]
        following = words[index + 1] if index + 1 < len(words) else ""
        if word in NUMBER_WORDS and NUMBER_WORDS[word] >= 20 and following in DIGIT_WORDS and following != "to":
            out.append(str(NUMBER_WORDS[word] + int(DIGIT_WORDS[following])))
            index += 1
        elif word in NUMBER_WORDS:
            out.append(str(NUMBER_WORDS[word]))
        elif following == "hundred" and (word == "a" or word in DIGIT_WORDS):
            rest = words[index + 2 :]
            rest = rest[1:] if rest[:1] == ["and"] else rest
            tail = with_figures(" ".join(rest)).split()
            small = int(tail[0]) if tail and tail[0].isdigit() and int(tail[0]) < 100 else None
            hundreds = 100 * int(DIGIT_WORDS.get(word, "1")) + (small or 0)
            return " ".join([*out, str(hundreds), *(tail[1:] if small is not None else tail)])
        elif word in DIGIT_WORDS and (word not in ("to", "too", "for", "oh", "ate") or len(words) == 1):
            out.append(DIGIT_WORDS[word])
        elif word in ("ay", "bee", "be", "see", "dee") and out and out[-1].isdigit():
            out.append(LETTER_NAMES[word])
        else:
            out.append(word)
        index += 1
    return " ".join(out)


def count(text: str) -> int | None:
    """The first whole number in the text."""
    found = re.search(r"\b(\d{1,4})\b", with_figures(text))
    return int(found.group(1)) if found else None


def characters(text: str) -> str:
    """Everything spelled in the text, in capitals and without gaps: "alpha b one two" is "AB12"."""
    return "".join(token for token in tokens(text) if len(token) == 1 or any(c.isdigit() for c in token)).upper()
