"""Names of letters and numbers as callers say them and as recognisers write them down."""

from typing import Final


def listed(words: str) -> tuple[str, ...]:
    """The words of a line."""
    return tuple(words.split())


CLEAR_LETTERS: Final[dict[str, str]] = {
    **{letter: letter for letter in "bcdefghjklmnpqrstuvwxyz"},
    **dict.fromkeys(("bee", "bea"), "b"),
    **dict.fromkeys(("cee", "ce"), "c"),
    "dee": "d",
    "ee": "e",
    "eff": "f",
    "gee": "g",
    **dict.fromkeys(("aitch", "haitch", "aich"), "h"),
    "jay": "j",
    "kay": "k",
    **dict.fromkeys(("ell", "el"), "l"),
    **dict.fromkeys(("em", "emm"), "m"),
    **dict.fromkeys(("en", "enn"), "n"),
    **dict.fromkeys(("pee", "pea"), "p"),
    "cue": "q",
    **dict.fromkeys(("ar", "arr"), "r"),
    **dict.fromkeys(("ess", "es"), "s"),
    **dict.fromkeys(("tee", "te"), "t"),
    "vee": "v",
    **dict.fromkeys(("double-you", "double-u", "doubleyou", "dubya"), "w"),
    **dict.fromkeys(("ex", "eks"), "x"),
    "wye": "y",
    **dict.fromkeys(("zed", "zee", "zet"), "z"),
}
"""Words that are hardly anything but the name of a letter."""

NATO: Final[dict[str, str]] = {
    word: word[0]
    for word in (
        *("alpha", "alfa", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliet"),
        *("juliett", "kilo", "lima", "mike", "november", "oscar", "papa", "quebec", "romeo", "sierra", "tango"),
        *("uniform", "victor", "whiskey", "whisky", "x-ray", "xray", "yankee", "zulu"),
        *("bertie", "freddie", "queenie", "sugar", "zebra"),
    )
}
"""The radio alphabet, and what is left of older ones. Some are everyday words or names (Mike, November, hotel)."""

DOUBTFUL_LETTERS: Final[dict[str, str]] = {
    "a": "a",
    "ay": "a",
    "eh": "a",
    "be": "b",
    "see": "c",
    "sea": "c",
    "he": "e",
    "i": "i",
    "eye": "i",
    "aye": "i",
    "hell": "l",
    "an": "n",
    "and": "n",
    "o": "o",
    "oh": "o",
    "owe": "o",
    "queue": "q",
    "are": "r",
    "our": "r",
    "tea": "t",
    "you": "u",
    "ewe": "u",
    "why": "y",
    "said": "z",
}
"""Everyday words that sound like the name of a letter: letters only among other letters and figures."""

UNITS: Final[dict[str, int]] = {
    **{word: n for n, word in enumerate(listed("one two three four five six seven eight nine"), start=1)},
    **dict.fromkeys(("zero", "nought", "naught", "nil"), 0),
}
DOUBTFUL_UNITS: Final[dict[str, int]] = {
    **dict.fromkeys(("oh", "o", "owe"), 0),
    **dict.fromkeys(("won",), 1),
    **dict.fromkeys(("to", "too"), 2),
    **dict.fromkeys(("for", "fore"), 4),
    **dict.fromkeys(("ate",), 8),
}
TEENS: Final[dict[str, int]] = {
    word: n
    for n, word in enumerate(
        listed("ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"), start=10
    )
}
TENS: Final[dict[str, int]] = {
    **{word: 10 * n for n, word in enumerate(listed("twenty thirty forty fifty sixty seventy eighty ninety"), start=2)},
    "fourty": 40,
}
REPEATS: Final[dict[str, int]] = {"double": 2, "triple": 3, "treble": 3}

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS: Final = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_ORDINAL_UNITS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
ORDINALS: Final[dict[str, int]] = {
    **{word: n for n, word in enumerate(_ORDINAL_UNITS, start=1)},
    **{
        word: n
        for n, word in enumerate(
            (
                *("tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth"),
                *("sixteenth", "seventeenth", "eighteenth", "nineteenth", "twentieth"),
            ),
            start=10,
        )
    },
    **{f"twenty {word}": 20 + n for n, word in enumerate(_ORDINAL_UNITS, start=1)},
    "thirtieth": 30,
    "thirty first": 31,
}

TWO_LETTER_WORDS: Final = frozenset(
    listed("am an as at be by do go he hi if in is it me mm my no of oh ok on or so to up us we ah er um uh")
)

SPELLED_SLOTS: Final = frozenset(
    (
        *("postcode", "phone", "reference", "account", "account_ref", "account_reference", "registration"),
        *("pcn", "ni_number", "number", "column_number", "uprn", "reference_number"),
    )
)
"""Answers that are spelled or read out figure by figure."""

HOUSE_SLOTS: Final = frozenset(("house_number", "address", "house"))
"""Answers that hold a house number."""


def is_spelled_slot(slot: str) -> bool:
    """Whether the answer to ``slot`` is read out letter by letter or figure by figure (``new_postcode`` too)."""
    return slot in SPELLED_SLOTS or any(slot.endswith(f"_{name}") for name in SPELLED_SLOTS)
