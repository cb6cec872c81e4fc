"""What an answer says of the thing that was asked: the fact by the name of its slot, read as a form would read it."""

import re
from collections.abc import Callable, Collection
from datetime import date

from voicebot.spoken import find, numbers
from voicebot.spoken.amounts import find_money, find_time
from voicebot.spoken.control import yes_no
from voicebot.spoken.dates import find_date
from voicebot.spoken.lexicon import MONTHS, listed
from voicebot.spoken.normalise import normalise, spelled_characters

_LEAD = re.compile(
    r"^(?:(?:er+m*|um+|uh+|yes|yeah|ok|okay|well|so|hello|hi|oh|and|sure|right) )*"
    r"(?:(?:my |the |his |her )?(?:full |first |last |sur)?name(?:'s| is)|it's|its|it is|this is|i'm|i am|that's|"
    r"they call me|call me|you're speaking to)? ?"
)
_TRAIL = re.compile(r" (?:here|speaking|please|thanks|thank you|love|duck|mate|pet|hen)$")
_NO_NAME = frozenset(listed("what why when how where who can do does the a an want is no not your you need don't"))
_OLD_PLATES = re.compile(r"\b(?:[A-Z]\d{1,3} ?[A-Z]{3}|[A-Z]{3} ?\d{1,3}[A-Z]|[A-Z]{1,3} ?\d{2,4})\b")
_SIGNS = (
    (r"\bat\b", "@"),
    (r"\b(?:dot|full stop|point)\b", "."),
    (r"\b(?:dash|hyphen|minus)\b", "-"),
    (r"\bunderscore\b", "_"),
)
_NO_ADDRESS = re.compile(
    r"\b(?:er+m*|um+|uh+|it's|it is|its|(?:my |the )?e ?-?mail(?: address)?(?:'s| is)?|all lower case|that's|that is|"
    r"yes|all one word|so|please|thanks|thank you)\b|[,;?!]"
)
_EMAIL = re.compile(r"[a-z0-9._%+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}")

_FIGURES = re.compile(
    r"\b(\d{1,2})(?:st|nd|rd|th)? ?[-/. ]?(?:of )?(?:the )?(\d{1,2})(?:st|nd|rd|th)? ?[-/. ]?(\d\d)\b"
)

Read = Callable[[str, date, Collection[str]], str | None]


def answered(text: str, slot: str, today: date, postcodes: Collection[str] = ()) -> dict[str, str]:
    """The fact that ``text`` tells when ``slot`` was asked for; nothing when it tells none.

    Dates are given as "3 June 1952". ``postcodes`` are those that exist, for repairing one that was misheard.
    """
    read = _reader(slot.lower())
    value = read(text, today, postcodes) if read is not None else None
    return {} if value is None else {slot: value}


def _reader(slot: str) -> Read | None:
    for part, read in _READERS:
        if re.search(part, slot):
            return read
    return None


def _postcode(text: str, _: date, valid: Collection[str]) -> str | None:
    found = find.find_postcodes(text)
    if found and (not valid or found[-1] in valid):
        return found[-1]
    near = find.repair_postcode(text, valid, limit=2, least=0.75)
    # Two that are equally near are for the caller to settle.
    if near and (len(near) == 1 or near[0][1] > near[1][1]):
        return near[0][0]
    return found[-1] if found else None


def _registration(text: str, *_: object) -> str | None:
    if found := find.find_registration(text):
        return found
    written = normalise(text, slot="registration").upper()
    older = _OLD_PLATES.search(written) or _OLD_PLATES.fullmatch(spelled_characters(text))
    return older[0] if older else None


def find_email(text: str) -> str | None:
    """An email address as it is said ("j dot smith at example dot com") or spelled."""
    said = f" {_NO_ADDRESS.sub(' ', text.lower())} "
    for word, sign in _SIGNS:
        said = re.sub(word, f" {sign} ", said)
    spelled = "".join(_spelled(part) for part in _runs(said.split()))
    found = _EMAIL.fullmatch(spelled.strip(".,")) or _EMAIL.search(re.sub(r"\s+", "", text.lower()))
    return found[0] if found else None


def _runs(parts: list[str]) -> list[str]:
    """Words between the signs of an address, each run in one piece."""
    out: list[str] = []
    for part in parts:
        if part in "@.-_" or not out or out[-1] in "@.-_":
            out.append(part)
        else:
            out[-1] += f" {part}"
    return out


def _spelled(part: str) -> str:
    words = part.split()
    if len(words) > 1 or words[0].isdecimal():
        characters = spelled_characters(part)
        left = [word for word in words if len(word) > 3 and word not in normalise(part, slot="reference").lower()]
        if characters and not left and len(characters) >= len(words):
            return characters.lower()
    return "".join(_figure(word) for word in normalise(part).split()).lower()


def _figure(word: str) -> str:
    figure = numbers.unit(word.lower(), loose=False)
    return word if figure is None else str(figure)


def _name(text: str, *_: object) -> str | None:
    said = " ".join(re.sub(r"[^\w'\- ]+", " ", text.lower().replace("\u2019", "'")).split())
    said = _TRAIL.sub("", _LEAD.sub("", said)).strip()
    words = said.split()
    if not 1 <= len(words) <= 9 or any(character.isdigit() for character in said) or _NO_NAME & set(words) - {"a"}:
        return None
    if len(words) > 2 and max(map(len, words)) <= 3 and len(characters := spelled_characters(said)) == len(words):
        return characters.title()
    if len(words) > 5 or "a" in words:
        return None
    return " ".join("-".join(part[:1].upper() + part[1:] for part in word.split("-")) for word in words)


def _day(text: str, today: date, _: Collection[str]) -> str | None:
    found = find_date(text, today)
    return None if found is None else _said(found)


def _birth(text: str, today: date, _: Collection[str]) -> str | None:
    """ "The third of the sixth fifty two": a year in two figures is the last one that has been."""
    found = find_date(text, today, prefer="past")
    written = normalise(text.lower(), slot="number")
    if found is not None and re.search(r"\b(?:19|20)\d\d\b", written):
        return _said(found)
    if two := re.search(
        r"\b(\d{1,2})(?:st|nd|rd|th)? ?[-/. ]?(?:of )?(?:the )?(\d{1,2})(?:st|nd|rd|th)? ?[-/. ]?(\d\d)\b", written
    ):
        year = int(two[3]) + (2000 if 2000 + int(two[3]) <= today.year else 1900)
        try:
            return _said(date(year, int(two[2]), int(two[1])))
        except ValueError:
            return None
    if found is not None and (year_said := re.search(r"\b(\d\d)\s*$", written)):
        year = int(year_said[1]) + (2000 if 2000 + int(year_said[1]) <= today.year else 1900)
        return _said(found.replace(year=year)) if not (found.month == 2 and found.day == 29) else None
    return None if found is None else _said(found)


def _said(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1].capitalize()} {day.year}"


def _agreed(text: str, *_: object) -> str | None:
    said = yes_no(text)
    return None if said is None else "yes" if said else "no"


_READERS: tuple[tuple[str, Read], ...] = (
    (r"postcode", _postcode),
    (r"house_number|^number$", lambda text, *_: find.find_house_number(text)),
    (r"phone|mobile", lambda text, *_: find.find_phone(text)),
    (r"email", lambda text, *_: find_email(text)),
    (r"registration|^vrm$|number_plate", _registration),
    (r"pcn|penalty", lambda text, *_: find.find_penalty_charge(text)),
    (r"ni_number|national_insurance", lambda text, *_: find.find_insurance_number(text)),
    (r"account", lambda text, *_: find.find_account(text)),
    (r"reference|report_ref", lambda text, *_: find.find_reference(text)),
    (r"birth|dob", _birth),
    (r"amount|income|rent$|savings|money|wage|price", lambda text, *_: find_money(text)),
    (r"time$|_at$", lambda text, *_: find_time(text)),
    (r"date|_day$|^day$|put_out|since|when", _day),
    (r"name$", _name),
    (
        r"_ok$|confirm|consent|safe|tonight|danger|pregnant|children|blocking|offensive|held|vulnerable$|verified|told",
        _agreed,
    ),
)
"""Whose name holds what is read how; the first that fits."""
