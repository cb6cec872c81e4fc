"""What an answer holds: postcodes, house numbers, phone numbers, references; and whether it is already whole."""

import re
from collections.abc import Collection

import phonenumbers

from voicebot.spoken.normalise import normalise, spelled_characters

_POSTCODE = re.compile(r"(?<![A-Z\d])([A-Z]{1,2}\d[A-Z\d]?) ?(\d[A-Z]{2})(?![A-Z\d])")
_REFERENCE = re.compile(r"\bNVC[ -]?(\d{3})[ -]?(\d{3})\b")
_PENALTY = re.compile(r"\b([A-Z]{2}) ?(\d{8})\b")
_PLATE = re.compile(r"\b([A-Z]{2}\d{2}) ?([A-Z]{3})\b")
_INSURANCE = re.compile(r"\b([A-Z]{2}) ?(\d{2}) ?(\d{2}) ?(\d{2}) ?([A-D])\b")
_ACCOUNT = re.compile(r"(?<!\d)\d{8}(?!\d)")
_HOUSE = re.compile(r"(?<![\w+])(\d{1,3}) ?([A-Za-z])?(?![\w])")
_ARTICLE = re.compile(r"(\d) a (?=[a-z])")

_CLASSES = (
    ("BPDTEGVC3", 0.35),
    ("MN", 0.25),
    ("FSX", 0.3),
    ("AHJK8", 0.4),
    ("IY5", 0.4),
    ("59", 0.4),
    ("OL0", 0.5),
    ("O0", 0.05),
    ("I1", 0.15),
    ("L1", 0.3),
    ("QU2W", 0.45),
    ("ZSC", 0.4),
    ("S5", 0.3),
    ("17", 0.7),
    ("67", 0.7),
    ("R4", 0.7),
)
_OTHER, _GAP = 1.0, 0.85


def _costs() -> dict[tuple[str, str], float]:
    costs: dict[tuple[str, str], float] = {}
    for members, cost in _CLASSES:
        for one in members:
            for other in members:
                costs[one, other] = min(cost, costs.get((one, other), _OTHER))
    return costs


_COSTS = _costs()


def find_postcodes(text: str) -> list[str]:
    """Every full postcode in ``text``, spelled or written, in order, as "ZB3 8LP"."""
    written = normalise(text, slot="postcode").upper()
    return list(dict.fromkeys(f"{match[1]} {match[2]}" for match in _POSTCODE.finditer(written)))


def repair_postcode(
    text: str, valid: Collection[str], *, limit: int = 5, least: float = 0.7
) -> list[tuple[str, float]]:
    """The ``valid`` postcodes nearest to what was spelled, best first, each with a score up to 1.0 (the same).

    Letters and figures that sound alike (B, P and 3; M and N; 5 and 9) cost less than others. Ties are the
    caller's to settle: ask. Codes under ``least`` are left out; so is everything when nothing was spelled.
    """
    full = find_postcodes(text)
    heard = full[-1].replace(" ", "") if full else spelled_characters(text)
    if len(heard) < 3:
        return []
    scored = [(code, 1.0 - _distance(heard, code.replace(" ", "")) / max(len(code) - 1, 1)) for code in valid]
    best = sorted((pair for pair in scored if pair[1] >= least), key=lambda pair: (-pair[1], pair[0]))
    return [(code, round(score, 3)) for code, score in best[:limit]]


def _distance(heard: str, code: str) -> float:
    """Edit distance with the costs of sounding alike. What was heard around a code costs a little as well."""
    row = [_GAP * index for index in range(len(code) + 1)]
    for one in heard:
        above, row = row, [row[0] + _GAP]
        for index, other in enumerate(code):
            same = 0.0 if one == other else _COSTS.get((one, other), _OTHER)
            row.append(min(above[index] + same, above[index + 1] + _GAP, row[index] + _GAP))
    return row[-1]


def find_house_number(text: str) -> str | None:
    """The house number in an answer ("nine a" is ``9A``).

    The last one wins: corrections come last, and a building's number after its flat's.
    """
    written = normalise(text, slot="house_number")
    written = _POSTCODE.sub(" ", written.upper()) if _POSTCODE.search(written.upper()) else written
    written = _ARTICLE.sub(r"\1 ", written)
    found = [f"{int(match[1])}{(match[2] or '').upper()}" for match in _HOUSE.finditer(written)]
    return found[-1] if found else None


def find_phone(text: str) -> str | None:
    """The phone number in ``text``: national figures for a UK number ("07700900123"), else E.164. The last one wins."""
    written = normalise(text, slot="phone")
    leniency = phonenumbers.Leniency.POSSIBLE
    found = [match.number for match in phonenumbers.PhoneNumberMatcher(written, "GB", leniency=leniency)]
    for number in reversed(found):
        national = str(number.national_number)
        if number.country_code != 44:
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        if len(national) in (9, 10) and national[0] in "12378":
            return f"0{national}"
    return None


def find_reference(text: str) -> str | None:
    """One of our own references, as "NVC 482 913"."""
    match = _REFERENCE.search(normalise(text, slot="reference").upper())
    return f"NVC {match[1]} {match[2]}" if match else None


def find_account(text: str) -> str | None:
    """A council tax account reference: eight figures."""
    figures = re.sub(r"(?<=\d)[ -](?=\d)", "", normalise(text, slot="account"))
    match = _ACCOUNT.search(figures)
    return match[0] if match else None


def find_penalty_charge(text: str) -> str | None:
    """A penalty charge notice number: two letters and eight figures."""
    match = _PENALTY.search(normalise(text, slot="pcn").upper())
    return match[1] + match[2] if match else None


def find_registration(text: str) -> str | None:
    """A vehicle's registration mark of the current form, as "AB12 CDE"."""
    match = _PLATE.search(normalise(text, slot="registration").upper())
    return f"{match[1]} {match[2]}" if match else None


def find_insurance_number(text: str) -> str | None:
    """A National Insurance number, as "QQ123456C"."""
    match = _INSURANCE.search(normalise(text, slot="ni_number").upper())
    return "".join(match.groups()) if match else None


def complete(text: str, slot: str) -> bool:
    """Whether ``text`` already holds a whole answer to ``slot``, so that no more needs to be waited for."""
    name = slot.lower()
    if "postcode" in name:
        return bool(find_postcodes(text))
    if "phone" in name or "mobile" in name:
        number = find_phone(text)
        return number is not None and len(number) >= 11
    if "account" in name:
        return find_account(text) is not None
    if "pcn" in name or "penalty" in name:
        return find_penalty_charge(text) is not None
    if "registration" in name or name == "vrm":
        return find_registration(text) is not None
    if name in ("ni_number", "national_insurance") or "claim" in name:
        return find_insurance_number(text) is not None
    if "reference" in name:
        return find_reference(text) is not None or find_account(text) is not None
    return False
