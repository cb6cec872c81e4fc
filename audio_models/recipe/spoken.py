"""How numbers, letters, dates and references are said over the phone.

Convention of every text that the recogniser learns: lower case, no punctuation
but the apostrophe, numbers as words (``forty two``), and letters that are
spelled out as single characters (``z b three eight l p``).  While a text is
made, a spelled letter is written ``~z``: the transcript drops the tilde, the
synthesiser replaces the letter by its name (``zed``), so that the article "a"
and the letter "a" stay apart.
"""

from __future__ import annotations

import random

LETTER_NAMES: dict[str, str] = {
    "a": "ay",
    "b": "bee",
    "c": "see",
    "d": "dee",
    "e": "ee",
    "f": "eff",
    "g": "gee",
    "h": "aitch",
    "i": "eye",
    "j": "jay",
    "k": "kay",
    "l": "ell",
    "m": "em",
    "n": "en",
    "o": "oh",
    "p": "pee",
    "q": "cue",
    "r": "are",
    "s": "ess",
    "t": "tee",
    "u": "you",
    "v": "vee",
    "w": "double you",
    "x": "ex",
    "y": "why",
    "z": "zed",
}
"""Spoken name of each letter, spelled so that a synthesiser says it right."""


def _list(words: str) -> tuple[str, ...]:
    return tuple(words.split())


_ONES = _list(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
)
_TENS = _list("zero ten twenty thirty forty fifty sixty seventy eighty ninety")
_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
_MONTHS = _list("january february march april may june july august september october november december")
_PHONETIC = _list(
    "alpha bravo charlie delta echo foxtrot golf hotel india juliet kilo lima mike november "
    "oscar papa quebec romeo sierra tango uniform victor whiskey x-ray yankee zulu"
)


def cardinal(number: int) -> str:
    """Say a number from 0 to 9999, British style: ``one hundred and twelve``."""
    if number < 20:
        return _ONES[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return _TENS[tens] + (f" {_ONES[ones]}" if ones else "")
    if number < 1000:
        hundreds, rest = divmod(number, 100)
        return f"{_ONES[hundreds]} hundred" + (f" and {cardinal(rest)}" if rest else "")
    thousands, rest = divmod(number, 1000)
    joint = " and " if 0 < rest < 100 else " "
    return f"{_ONES[thousands]} thousand" + (f"{joint}{cardinal(rest)}" if rest else "")


def ordinal(number: int) -> str:
    """Say the place in an order, 1 to 99: ``twenty first``."""
    head, _, last = cardinal(number).rpartition(" ")
    if last in _ORDINALS:
        last = _ORDINALS[last]
    elif last.endswith("y"):
        last = last[:-1] + "ieth"
    else:
        last += "th"
    return f"{head} {last}".strip()


def digit(value: int, rng: random.Random) -> str:
    """Say one digit; nought mostly as ``oh``."""
    if value == 0:
        return rng.choice(("oh", "oh", "oh", "zero", "zero", "nought"))
    return _ONES[value]


def digits(values: str, rng: random.Random) -> str:
    """Say digits one by one, now and then ``double`` or ``triple``."""
    nought = rng.choice(("oh", "oh", "oh", "zero"))
    doubled = rng.random() < 0.6
    said: list[str] = []
    at = 0
    while at < len(values):
        word = nought if values[at] == "0" else _ONES[int(values[at])]
        run = 1
        while at + run < len(values) and values[at + run] == values[at] and run < 3:
            run += 1
        if doubled and run > 1:
            said.append(("double " if run == 2 else "triple ") + word)
            at += run
        else:
            said.append(word)
            at += 1
    return " ".join(said)


def random_digits(count: int, rng: random.Random) -> str:
    """Return ``count`` random decimal digits."""
    return "".join(rng.choice("0123456789") for _ in range(count))


def spelled(letters: str) -> str:
    """Spell a word letter by letter: ``~k ~h ~a ~n``; other characters are left out."""
    return " ".join(f"~{letter}" for letter in letters.lower() if letter in LETTER_NAMES)


def postcode(code: str, rng: random.Random) -> str:
    """Say a postcode such as ``ZB3 8LP`` as ``~z ~b three eight ~l ~p``."""
    said = [f"~{c}" if c.isalpha() else digit(int(c), rng) for c in code.lower() if c != " "]
    if rng.random() < 0.05:
        for number, word in enumerate(said):
            if word.startswith("~"):
                said[number] = _PHONETIC[ord(word[1]) - ord("a")].replace("-", " ")
    return " ".join(said)


def house(rng: random.Random) -> str:
    """Say a house number, at times with a letter or a flat."""
    kind = rng.random()
    number = rng.randint(1, 99) if kind < 0.8 else rng.randint(100, 399)
    said = cardinal(number)
    if number > 100 and rng.random() < 0.4:
        said = f"{_ONES[number // 100]} " + (
            f"oh {_ONES[number % 10]}" if number % 100 < 10 else cardinal(number % 100)
        )
    if rng.random() < 0.12:
        said += f" ~{rng.choice('aaabbcd')}"
    if rng.random() < 0.06:
        said = f"flat {cardinal(rng.randint(1, 40))} {said}"
    return said


def date(rng: random.Random) -> str:
    """Say a day of the year, with or without the year."""
    day, month = rng.randint(1, 31), rng.choice(_MONTHS)
    text = rng.choice((f"the {ordinal(day)} of {month}", f"{ordinal(day)} {month}", f"{month} the {ordinal(day)}"))
    if rng.random() < 0.4:
        year = rng.randint(1930, 2027)
        if year < 2000:
            said = f"nineteen {cardinal(year % 100)}"
        elif year < 2010:
            said = "two thousand" + (f" and {_ONES[year % 100]}" if year > 2000 else "")
        else:
            said = rng.choice(("twenty ", "two thousand and ")) + cardinal(year % 100)
        text += f" {said}"
    return text


def phone(rng: random.Random) -> str:
    """Say a phone number of the ranges that are kept for drama."""
    number = rng.choice(("01632960", "07700900")) + random_digits(3, rng)
    if rng.random() < 0.3:
        number = "07" + random_digits(9, rng)
    return digits(number, rng)


def penalty_charge(rng: random.Random) -> str:
    """Say a penalty charge number: two letters and eight digits."""
    return f"{spelled(rng.choice(('NV', 'ZB', 'NB')))} {digits(random_digits(8, rng), rng)}"


def registration(rng: random.Random) -> str:
    """Say a car's registration mark: two letters, two digits, three letters."""
    letters = "".join(rng.choice("abcdefghjklmnoprstuvwxy") for _ in range(5))
    two = random_digits(2, rng)
    middle = digits(two, rng) if rng.random() < 0.6 or two[0] in "01" else cardinal(int(two))
    return f"{spelled(letters[:2])} {middle} {spelled(letters[2:])}"


def national_insurance(rng: random.Random) -> str:
    """Say a National Insurance number with the unused prefix ``QQ``."""
    return f"{spelled('QQ')} {digits(random_digits(6, rng), rng)} {spelled(rng.choice('ABCD'))}"
