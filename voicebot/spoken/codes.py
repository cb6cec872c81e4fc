"""Codes that are spelled: what they look like when they are whole, and how they are written."""

import re

_POSTCODE = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)([0-9][A-Z]{2})")
_REFERENCE = re.compile(r"NVC(\d{3})(\d{3})")
_WHOLE = (
    (re.compile("phone|mobile"), re.compile(r"0\d{10}")),
    (re.compile("account|reference"), re.compile(r"\d{8}|NVC\d{6}")),
    (re.compile("pcn|penalty"), re.compile(r"[A-Z]{2}\d{8}")),
    (re.compile("registration|vrm"), re.compile(r"[A-Z]{2}\d{2}[A-Z]{3}")),
    (re.compile("insurance|ni_number"), re.compile(r"[A-Z]{2}\d{6}[A-D]")),
)
"""By the name of the slot, what is whole: doubtful words after it are no part of it."""
_DIGIT_LETTERS = {"O": "0", "I": "1", "L": "1", "S": "5"}


def shape_of(slot: str, *, free: bool) -> re.Pattern[str] | None:
    """What an answer to ``slot`` looks like when it is whole, if that is known."""
    if not free or "postcode" in slot:
        return _POSTCODE
    return next((whole for name, whole in _WHOLE if name.search(slot)), None)


def is_whole(characters: str, code: re.Pattern[str] | None) -> bool:
    """Whether these are a whole ``code``, or else a postcode."""
    return bool(code and code.fullmatch(characters)) or _as_postcode(characters) is not None


def as_written(characters: str) -> str:
    """A spelled run as it is written: postcode and reference with their spaces, all else in one piece."""
    reference = _REFERENCE.fullmatch(characters)
    if reference:
        return f"NVC {reference[1]} {reference[2]}"
    for start in range(len(characters)):
        rest = _as_postcode(characters[start:])
        if rest is not None and (start == 0 or characters[:start].isdecimal()):
            return f"{characters[:start]} {rest}".strip()
    return characters


def _as_postcode(characters: str) -> str | None:
    """A postcode whose inward part may hold a letter for a figure: "ZB3 OLP" is ZB3 0LP."""
    if not 5 <= len(characters) <= 7:
        return None
    figure = _DIGIT_LETTERS.get(characters[-3], characters[-3])
    match = _POSTCODE.fullmatch(characters[:-3] + figure + characters[-2:])
    return f"{match[1]} {match[2]}" if match else None
