"""Slots that every service asks for: the address, yes and no, name, phone number."""

import re
from collections.abc import Callable
from datetime import date

from . import council, dates, parsing
from .agreement import agrees
from .answers import SLOTS, Answer, SlotKind, Values, free_text
from .figures import characters, with_figures

ADDRESS_SLOTS = ("postcode", "street", "house_number", "uprn", "address", "address_ok")

PERSON_SLOTS = (
    *("name", "phone", "email", "date_of_birth", "date_of_birth_at", "ni_number", "account_ref", "registration"),
    *("benefit_claim", "housing_ref", "tenancy_ref", "electoral_nationality"),
    *("verified", "proven", "proof_failures"),
)
"""What is known of the caller, for the whole call."""

RESERVED = re.compile(r"\b(but|except|apart from|only (it's|that|the)|actually|instead|not the|not a)\b")
"""What makes a yes to what was read back less than one."""

NOT_KNOWN = "not known"
"""What stands for a number that the caller does not have at hand."""


HEARD_SO_FAR = "heard_so_far"
"""The slot that holds a part of an answer until the rest of it is told."""
WHOLE_POSTCODE = "whole_postcode"
"""The question for a home of which a part was told."""

_BARE_NUMBER = re.compile(r"(?:number )?(?!0)\d{1,3}[a-d]?")
_BEGUN = re.compile(r"[A-Z]{1,2}\d[A-Z\d]?\d?[A-Z]?")
"""A postcode that lacks its end."""
_TO_NUMBER = re.compile(r"^(?:(?:it's|it is|that's|we're at|i'm at|er+m*|um+|yeah|yes|the) )+", re.IGNORECASE)


def _home(street: str, number: str, answer: Answer) -> Values | None:
    found = council.address(street, number)
    if found is None:
        answer.say("utter_no_such_address", number=number, street=street)
        return None
    return {
        "postcode": found.postcode,
        "street": found.street,
        "house_number": found.number,
        "uprn": found.uprn,
        "address": found.spoken(),
    }


def _spot_address(answer: Answer) -> Values | None:
    """A postcode, or a number before a street that exists."""
    code = parsing.postcode(answer.text)
    street = parsing.closest(answer.text, council.streets(), floor=0.9)
    if code and (at := council.street_at(code)):
        values: Values = {"postcode": at[0], "street": at[1]}
        before = re.split(r"\b(?:postcode|zb|z b|zed)\b", answer.text.lower())[0]
        if street == at[1] and (number := _number_before(before, street)):
            values.update(_home(at[1], number, answer) or {})
        return values
    if street is None:
        return None
    number = _number_before(answer.text, street)
    return (_home(street, number, answer) if number else None) or {"street": street, "postcode": None}


_NO_RATHER = re.compile(r"\b(?:no|sorry|actually|i mean|make that) (?:it's |it is |sorry |number )*((?:\w+ ?){1,2})")


def _number_before(text: str, street: str) -> str | None:
    first = parsing.clean(street).split()[0][:4]
    lead, *rest = re.split(rf"\b{re.escape(first)}", parsing.clean(text), maxsplit=1)
    words = lead.split()[-4:]
    if rest and (rather := _NO_RATHER.search(rest[0])) and (number := parsing.house_number(rather[1])):
        # "Nine Belvoir Close, no, nine A"
        return number
    # "since two weeks ago in station road" has a number that is not a house's: it must stand right before.
    return parsing.house_number(" ".join(words)) if words and parsing.house_number(" ".join(words[-2:])) else None


def _postcode(answer: Answer) -> Values | None:
    spotted = _spot_address(answer)
    so_far = str(answer.slots.get(HEARD_SO_FAR) or "")
    if spotted:
        if spotted.get("street") and not spotted.get("uprn") and _BARE_NUMBER.fullmatch(so_far):
            spotted.update(_home(spotted["street"], so_far.removeprefix("number ").upper(), answer) or {})
        return spotted
    if (code := parsing.postcode(answer.text)) is not None:
        answer.say("utter_unknown_postcode", heard=code)
        return None
    return None if answer.keyed else _part_of_address(answer, so_far)


def _part_of_address(answer: Answer, so_far: str) -> Values | None:
    """The house number, or the beginning of a postcode, told where the whole was asked: it is kept for the rest."""
    said = with_figures(_TO_NUMBER.sub("", parsing.clean(answer.text)))
    if _BARE_NUMBER.fullmatch(said) and said != so_far:
        number = said.removeprefix("number ").upper()
        answer.say("utter_number_so_far", number=number)
        return {HEARD_SO_FAR: said}
    begun = _BEGUN.fullmatch(characters(_TO_NUMBER.sub("", answer.text)))
    if begun and begun[0] != so_far:
        answer.say("utter_postcode_so_far", heard=", ".join(begun[0]))
        return {HEARD_SO_FAR: begun[0]}
    return None


def _house_number(answer: Answer) -> Values | None:
    spotted = _spot_address(answer)
    if spotted:
        # Another street was named: its number is asked for next, if it was not said.
        return spotted
    if (code := parsing.postcode(answer.text)) is not None:
        answer.say("utter_unknown_postcode", heard=code)
        return None
    number = parsing.house_number(answer.text)
    if number is None or not answer.slots.get("street"):
        return None
    return _home(answer.slots["street"], number, answer)


def _correct_address(answer: Answer) -> Values | None:
    """A correction: a full address, a postcode, or only the number ("no, nine A")."""
    spotted = _spot_address(answer)
    if spotted:
        if not spotted.get("house_number"):
            spotted.update({"house_number": None, "uprn": None, "address": None, "address_ok": None})
        else:
            spotted["address_ok"] = True
        return spotted
    number = parsing.house_number(parsing.affirmed(answer.text))
    if number and answer.slots.get("street") and number != answer.slots.get("house_number"):
        found = _home(answer.slots["street"], number, answer)
        return {**found, "address_ok": True} if found else None
    return None


def _address_ok(answer: Answer) -> Values | None:
    said = agrees(answer.text)
    if said is not True or RESERVED.search(parsing.clean(answer.text)):
        corrected = _correct_address(answer)
        if corrected:
            # The corrected address is read back too.
            return {**corrected, "address_ok": None}
    if said is True:
        return {"address_ok": True}
    if said is False:
        answer.say("utter_address_again", street=answer.slots.get("street"))
        return dict.fromkeys(("house_number", "uprn", "address", "address_ok"))
    return None


def yes_no_slot(
    slot: str,
    *,
    yes: str = "",
    no: str = "",
    answers_yes: str = "",
    answers_no: str = "",
    unsure: bool | None = None,
) -> SlotKind:
    """A question whose answer is yes or no.

    ``yes`` and ``no`` are expressions that say it without the word, in the answer or before it was asked; they go first,
    for "she's not well" is no "no". ``answers_yes`` and ``answers_no`` say it only to somebody who has just asked.
    ``unsure`` is what counts for those who don't know.
    """

    def found(answer: Answer, no: str, yes: str) -> Values | None:
        said = parsing.clean(answer.text)
        for value, told in ((False, no), (True, yes)):
            if told and re.search(rf"\b({told})(?!\w)", said):
                return {slot: value}
        return None

    def spot(answer: Answer) -> Values | None:
        return found(answer, no, yes)

    def parse(answer: Answer) -> Values | None:
        if values := spot(answer):
            return values
        if unsure is not None and parsing.refusal(answer.text) and len(answer.text.split()) > 1:
            return {slot: unsure}
        said = parsing.yes_no(answer.text)
        return found(answer, answers_no, answers_yes) if said is None else {slot: said}

    return SlotKind(parse, spot if yes or no else None)


def _phone(answer: Answer) -> Values | None:
    number = parsing.phone(answer.text)
    if number:
        return {"phone": number}
    said = parsing.clean(answer.text)
    own = re.search(
        r"\b(this (one|1|number|phone)|the (one|1|number) (i'm|i am|you've got|you have)|same (one|1|number)|"
        r"(calling|ringing|phoning|speaking)( you)?( to you)? (from|on))\b",
        said,
    )
    if answer.caller and (own or parsing.yes_no(said) is True):
        return {"phone": answer.caller}
    if parsing.refusal(said) or parsing.yes_no(said) is False:
        return {"phone": "not given"}
    return None


def _spot_phone(answer: Answer) -> Values | None:
    number = parsing.phone(answer.text)
    return {"phone": number} if number else None


def _name(answer: Answer) -> Values | None:
    name = parsing.person_name(answer.text)
    return {"name": name} if name else None


def _spot_name(answer: Answer) -> Values | None:
    name = parsing.named(answer.text)
    return {"name": name} if name else None


_MINE = r"\b(my (date of birth|birthday|birth date|d ?o ?b)|i was born|i'm born|(?<!was )(?<!were )born (?:on|the)|(?<!his )(?<!her )date of birth|d o b)\b"
"""Words for one's own date of birth."""


def date_of_birth(slot: str, whose: str = _MINE) -> SlotKind:
    """A date of birth, kept as it is said back, and in ``<slot>_at`` as an ISO date. ``whose`` announces it in passing."""

    def parse(answer: Answer) -> Values | None:
        born = dates.birthday(answer.text, answer.today)
        if born is None:
            return None
        return {slot: dates.spoken_date(born), f"{slot}_at": born.isoformat()}

    def spot(answer: Answer) -> Values | None:
        return parse(answer) if re.search(whose, parsing.clean(answer.text)) else None

    return SlotKind(parse, spot, change="birth|birthday|born|date of birth", clears=(slot, f"{slot}_at"))


def day_slot(slot: str) -> SlotKind:
    """A day, kept as it is said back. Where it was asked for, one that is told loosely ("since march") will do."""

    def kept(found: date | None) -> Values | None:
        return {slot: dates.spoken_day(found), f"{slot}_at": found.isoformat()} if found else None

    def spot(answer: Answer) -> Values | None:
        return kept(dates.day(answer.text, answer.today))

    def parse(answer: Answer) -> Values | None:
        return spot(answer) or kept(dates.about(answer.text, answer.today))

    return SlotKind(parse, spot, change="date|day|when", clears=(slot, f"{slot}_at"))


def code(slot: str, read: Callable[[str], str | None], change: str, *, otherwise: Values | None = None) -> SlotKind:
    """Something spelled, such as a registration mark: ``read`` finds it in the text. A caller may not have it."""

    def parse(answer: Answer) -> Values | None:
        found = read(answer.text)
        if found:
            return {slot: found}
        return {slot: NOT_KNOWN} if parsing.refusal(answer.text) else None

    def spot(answer: Answer) -> Values | None:
        found = read(answer.text)
        return {slot: found} if found else None

    return SlotKind(parse, spot, change=change, clears=(slot,), otherwise=otherwise)


def _email(answer: Answer) -> Values | None:
    found = parsing.email(answer.text)
    if found:
        return {"email": found}
    refused = parsing.refusal(answer.text) or re.search(r"\bno e ?mail\b", parsing.clean(answer.text))
    return {"email": "not given"} if refused or parsing.yes_no(answer.text) is False else None


def _confirm(answer: Answer) -> Values | None:
    said = agrees(answer.text)
    return None if said is None else {"confirm": said}


SLOTS.update(
    {
        "postcode": SlotKind(
            _postcode,
            _spot_address,
            change="post ?code|street|road|whole address",
            clears=ADDRESS_SLOTS,
        ),
        "house_number": SlotKind(
            _house_number,
            change="address|house|number|flat|door",
            clears=("house_number", "uprn", "address", "address_ok"),
        ),
        "address_ok": SlotKind(_address_ok, _correct_address),
        "phone": SlotKind(_phone, _spot_phone, change="phone|mobile|telephone|contact", clears=("phone",)),
        "name": SlotKind(_name, _spot_name, change="name", clears=("name",)),
        "date_of_birth": date_of_birth("date_of_birth"),
        "ni_number": code(
            "ni_number",
            parsing.ni_number,
            "national insurance|insurance number|ni number",
            otherwise={"ni_number": NOT_KNOWN},
        ),
        "email": SlotKind(_email, change="e ?mail", clears=("email",)),
        WHOLE_POSTCODE: SlotKind(_postcode),
        "confirm": SlotKind(_confirm),
        "what_to_change": SlotKind(free_text("what_to_change"), free=True),
    }
)
