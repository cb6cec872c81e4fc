"""Answers of which there are too many to list: numbers, codes, dates, places, names. Each kind as sentences by chance.

A language model needs only how such answers are built, so that some hundred of them, made from a seed, are enough.
"""

import random
import string
from collections.abc import Callable, Sequence
from enum import StrEnum

from voicebot.spoken.lexicon import MONTHS, NATO, ORDINALS, WEEKDAYS, is_spelled_slot, listed
from voicebot.stt.sphinx.sayings import number_in_words

_SEED = 41
_COUNT = 400


class Kind(StrEnum):
    """How an answer is built."""

    POSTCODE = "postcode"
    PHONE = "phone"
    FIGURES = "figures"
    CODE = "code"
    DATE = "date"
    PLACE = "place"
    NAME = "name"
    NUMBER = "number"


STRICT = frozenset((Kind.POSTCODE, Kind.PHONE, Kind.FIGURES, Kind.CODE, Kind.DATE))
"""Kinds whose answers hold few words besides: figures that are read out, and dates."""

_CODES = ("registration", "ni_number", "reference", "ref", "pcn", "booking")
_DATES = ("date", "birth", "day", "since", "when", "time", "times", "appointment", "from")
_PLACES = ("road", "street", "address", "place", "house_number", "house", "spot", "office", "school", "town")
_NAMES = ("name", "who", "child")
_NUMBERS = ("age", "year", "copies", "children", "books", "length", "number")


def kinds_of(slot: str, profile: str = "normal") -> frozenset[Kind]:
    """The kinds that an answer to ``slot`` may be of, by the words of its name; none for words of one's own."""
    parts = set(slot.lower().split("_"))
    if "postcode" in parts:
        return frozenset((Kind.POSTCODE, Kind.PLACE))
    if "phone" in parts:
        return frozenset((Kind.PHONE,))
    if "account" in parts:
        return frozenset((Kind.FIGURES,))
    if slot == "house_number":
        return frozenset((Kind.PLACE, Kind.NUMBER, Kind.POSTCODE))
    found = {
        kind
        for kind, words in ((Kind.DATE, _DATES), (Kind.PLACE, _PLACES), (Kind.NAME, _NAMES), (Kind.NUMBER, _NUMBERS))
        if parts & set(words)
    }
    if profile == "spelling" or is_spelled_slot(slot) or parts & set(_CODES):
        found |= {Kind.CODE, Kind.FIGURES}
    return frozenset(found)


def sentences(
    kind: Kind, places: Sequence[str] = (), names: Sequence[str] = (), areas: Sequence[str] = ()
) -> list[str]:
    """Answers of ``kind`` as they sound. ``places`` are streets, towns and schools, ``names`` people's names, ``areas``
    the letters that local postcodes begin with.
    """
    rng = random.Random(f"{_SEED}/{kind}")
    make = _MAKERS[kind]
    return [make(rng, _Lists(places, names, areas)) for _ in range(_COUNT)]


class _Lists:
    def __init__(self, places: Sequence[str], names: Sequence[str], areas: Sequence[str]) -> None:
        self.places, self.names, self.areas = places, names, areas


def _lead(rng: random.Random, *leads: str) -> str:
    return rng.choice(("", "", "", "", "it's ", "yes it's ", *leads))


_FIGURES = listed("oh one two three four five six seven eight nine")


def _read_out(rng: random.Random, count: int) -> str:
    """``count`` figures as people read them out: one by one, with "double" and "triple", zero as "oh" or "zero"."""
    words: list[str] = []
    while count > 0:
        figure = rng.choice(_FIGURES)
        if figure == "oh" and rng.random() < 0.4:
            figure = rng.choice(("zero", "nought"))
        run = rng.choices((1, 2, 3), (16, 3, 1))[0]
        if 1 < run <= count:
            words += [("double", rng.choice(("triple", "treble")))[run - 2], figure]
            count -= run
        else:
            words.append(figure)
            count -= 1
    return " ".join(words)


def _letter(rng: random.Random) -> str:
    return rng.choice(string.ascii_lowercase)


def _postcode(rng: random.Random, lists: _Lists) -> str:
    area = rng.choice(lists.areas) if lists.areas and rng.random() < 0.6 else _letter(rng) + _letter(rng)
    district = _read_out(rng, rng.choice((1, 1, 1, 2)))
    inward = f"{_read_out(rng, 1)} {_letter(rng)} {_letter(rng)}"
    written = f"{' '.join(area.lower())} {district} {inward}"
    return _lead(rng, "my postcode is ", "the postcode is ", "postcode ") + written


def _phone(rng: random.Random, _lists: _Lists) -> str:
    start = rng.choice(
        ("oh seven ", "oh seven seven ", "oh one ", "oh two oh ", "zero seven ", "plus four four seven ")
    )
    return _lead(rng, "my number is ", "the number is ", "yes ") + start + _read_out(rng, 9 - rng.choice((0, 0, 1)))


def _figures(rng: random.Random, _lists: _Lists) -> str:
    return _lead(rng, "my number is ", "the number is ", "the account number is ") + _read_out(rng, rng.randint(4, 10))


def _code(rng: random.Random, _lists: _Lists) -> str:
    groups = []
    for _ in range(rng.randint(1, 3)):
        if rng.random() < 0.5:
            groups.append(_read_out(rng, rng.randint(1, 4)))
        else:
            groups.append(" ".join(_spelled(rng) for _ in range(rng.randint(1, 3))))
    return _lead(rng, "the reference is ", "the reference number is ", "the number is ") + " ".join(groups)


def _spelled(rng: random.Random) -> str:
    if rng.random() < 0.15:
        word = rng.choice(tuple(NATO))
        return rng.choice((word, f"{NATO[word]} for {word}"))
    return _letter(rng)


def _year(rng: random.Random) -> str:
    if rng.random() < 0.25:
        return rng.choice(("two thousand", "two thousand and " + number_in_words(str(rng.randint(1, 9)))))
    century, rest = ("nineteen", rng.randint(30, 99)) if rng.random() < 0.7 else ("twenty", rng.randint(10, 30))
    return f"{century} {number_in_words(str(rest))}"


_SOON = (
    *("today", "tomorrow", "yesterday", "this morning", "last night", "next week", "last week", "this week"),
    *("in the morning", "in the afternoon", "in the evening", "any day", "any time", "the first one", "the second one"),
    *("the third one", "the first", "the second", "the third", "as soon as possible", "a week ago", "all night"),
    *("two weeks ago", "three weeks ago", "a month ago", "a few days ago", "a couple of days", "since last week"),
    *("every day", "every night", "at the weekend", "after christmas"),
)


def _date(rng: random.Random, _lists: _Lists) -> str:
    form = rng.randint(0, 5)
    if form == 0:
        said = rng.choice(_SOON)
    elif form == 1:
        said = rng.choice(("", "", "on ", "next ", "last ", "this ")) + rng.choice(WEEKDAYS)
    elif form == 2:
        hour = number_in_words(str(rng.randint(1, 12)))
        said = rng.choice(("half past ", "quarter past ", "quarter to ", "about ", "at ")) + hour
        said += rng.choice(("", "", " o'clock", " in the morning", " at night"))
    else:
        day, month = rng.choice(tuple(ORDINALS)), rng.choice(MONTHS)
        said = rng.choice((f"the {day} of {month}", f"{day} of {month}", f"{month} the {day}", f"{day} {month}"))
        said += rng.choice(("", f" {_year(rng)}"))
    return _lead(rng, "it was ", "i was born on ") + said


def _place(rng: random.Random, lists: _Lists) -> str:
    place = rng.choice(lists.places) if lists.places else "high street"
    number = rng.choice(
        ("", "", f"{_house(rng)} ", f"number {_house(rng)} ", "on ", "outside ", "near ", "in ", "the ")
    )
    return _lead(rng, "it's on ", "i live at ", "the address is ") + number + place


def _house(rng: random.Random) -> str:
    number = number_in_words(str(rng.randint(1, 99)))
    return rng.choice((number, number, number, f"flat {number}", f"{number} {rng.choice('abc')}"))


def _name(rng: random.Random, lists: _Lists) -> str:
    if not lists.names:
        return "my name is"
    said = " ".join(rng.choice(lists.names) for _ in range(rng.choice((1, 2, 2, 2))))
    if rng.random() < 0.15:
        said = " ".join(said.split()[-1])
    return _lead(rng, "my name is ", "my name's ", "i'm ", "mrs ", "mr ", "miss ", "it's mrs ") + said


def _number(rng: random.Random, _lists: _Lists) -> str:
    said = rng.choice((_house(rng), number_in_words(str(rng.randint(1, 20))), f"one hundred and {_house(rng)}"))
    return _lead(rng, "number ", "number ", "about ", "there are ") + rng.choice((said, f"{said} years", _year(rng)))


_MAKERS: dict[Kind, Callable[[random.Random, _Lists], str]] = {
    Kind.POSTCODE: _postcode,
    Kind.PHONE: _phone,
    Kind.FIGURES: _figures,
    Kind.CODE: _code,
    Kind.DATE: _date,
    Kind.PLACE: _place,
    Kind.NAME: _name,
    Kind.NUMBER: _number,
}
