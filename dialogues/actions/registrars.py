"""Registrars: appointments for births, deaths and notices of marriage, and copies of certificates."""

import json
import re
from datetime import date, timedelta

from rasa_sdk.events import SlotSet

from . import council, dates, figures, parsing
from .answers import SLOTS, Answer, SlotKind, Values, free_text, one_of
from .appointments import offer_days
from .forms import ServiceForm, Work, service_form
from .shared_slots import NOT_KNOWN, yes_no_slot

NOTICE = timedelta(days=29)
"""28 clear days lie between notice and wedding."""

SOON = timedelta(days=31)
"""A named day so near is meant as it was said, even where nothing can have happened yet."""

COPIES = 9
_SOME = {"a couple|a pair": 2, "a few": 3, "half a dozen": 6}
NOT_FIXED = "a day not fixed yet"
CANCELLED = "cancelled"


def _event_day(answer: Answer) -> date | None:
    """When someone was born or died: "tuesday" and "five weeks old" look back. A day to come if that was said."""
    near = dates.day(answer.text, answer.today)
    if near and answer.today < near <= answer.today + SOON and dates.names_a_month(answer.text):
        return near
    return dates.birthday(answer.text, answer.today) or dates.day(answer.text, answer.today, "past")


def _spot_date(answer: Answer) -> Values | None:
    day = _event_day(answer)
    return {"registrar_date": dates.spoken_day(day)} if day and day <= answer.today else None


def _date(answer: Answer) -> Values | None:
    values = _spot_date(answer)
    if values is None and _event_day(answer):
        answer.say("utter_registrar_not_yet")
    return values


def _wedding(answer: Answer) -> Values | None:
    said = parsing.clean(answer.text)
    if parsing.refusal(said) or re.search(r"\bnot (\w+ )?(fixed|set|booked|decided|yet)\b", said):
        return {"registrar_wedding_date": NOT_FIXED, "registrar_wedding_date_at": None}
    return _spot_wedding(answer)


def _spot_wedding(answer: Answer) -> Values | None:
    day = dates.day(answer.text, answer.today, "future")
    if day is None:
        return None
    return {"registrar_wedding_date": dates.spoken_date(day), "registrar_wedding_date_at": day.isoformat()}


def _booking(text: str) -> str | None:
    number = parsing.digits(text)
    return f"NVC {number[:3]} {number[3:]}" if len(number) == 6 else None


def _spot_booking(answer: Answer) -> Values | None:
    found = _booking(answer.text)
    return {"registrar_booking": found} if found else None


def _parse_booking(answer: Answer) -> Values | None:
    return _spot_booking(answer) or ({"registrar_booking": NOT_KNOWN} if parsing.refusal(answer.text) else None)


def _new_day(answer: Answer) -> Values | None:
    said = parsing.clean(answer.text)
    wanted = parsing.yes_no(said)
    if wanted is None:
        return _spot_new_day(answer)
    return _another(answer) if wanted else _none()


def _another(answer: Answer) -> Values:
    """Another day, which is asked for even if there was to be none."""
    none_yet = answer.slots.get("registrar_appointment") == CANCELLED
    return {"registrar_new_day": True, **({"registrar_appointment": None} if none_yet else {})}


def _none() -> Values:
    return {"registrar_new_day": False, "registrar_appointment": CANCELLED}


def _spot_new_day(answer: Answer) -> Values | None:
    """What was asked for at the start: "cancel my appointment" needs no question about another day."""
    said = parsing.clean(answer.text)
    if re.search(r"\b(change|move|another|different|rearrange|reschedule|later|earlier|postpone|swap)\b", said):
        return _another(answer)
    if re.search(r"\b(cancel|call it off|take it out)\b", said):
        return _none()
    return None


_CERTIFICATES = {
    "birth": r"births?|born",
    "death": r"deaths?|died|dead",
    "marriage": r"marriages?|married|wedding|marriage lines|civil partnerships?",
}


def _whose(answer: Answer) -> Values | None:
    name = parsing.person_name(answer.text)
    return {"registrar_whose": name} if name else None


def _year(answer: Answer) -> Values | None:
    born = dates.birthday(answer.text, answer.today)
    if born:
        return {"registrar_year": dates.spoken_date(born)}
    if year := dates.year_from(answer.text, answer.today):
        return {"registrar_year": str(year)}
    return {"registrar_year": NOT_KNOWN} if parsing.refusal(answer.text) else None


def _copies(answer: Answer) -> Values | None:
    said = parsing.clean(answer.text)
    number = 1 if re.search(r"\b(just the one|only one|a single|a copy|one)\b", said) else figures.count(said)
    if number is None:
        number = next((many for words, many in _SOME.items() if re.search(rf"\b(?:{words})\b", said)), None)
    if number is None or not 1 <= number <= COPIES:
        return None
    return {"registrar_copies": "1 copy" if number == 1 else f"{number} copies"}


def _spot_copies(answer: Answer) -> Values | None:
    return _copies(answer) if re.search(r"\bcopies\b", parsing.clean(answer.text)) else None


SLOTS.update(
    {
        "registrar_date": SlotKind(_date, _spot_date, change="date|day|when", clears=("registrar_date",)),
        "registrar_place": SlotKind(
            free_text("registrar_place", 3),
            one_of(
                "registrar_place",
                {
                    "hospital": r"(in|at) (the )?hospital",
                    "home": r"at home|in (?:his|her|their) own bed",
                    "care home": r"care home|nursing home",
                    "hospice": r"hospice",
                },
            ),
            change="place|where|hospital",
            clears=("registrar_place",),
            free=True,
        ),
        "registrar_coroner": yes_no_slot(
            "registrar_coroner",
            answers_yes=r"coroner(?:'s)?|post ?mortem|inquest",
            answers_no=r"^(?!.*\b(?:coroner|post ?mortem|inquest)).*(?:medical examiner|doctor(?:'s)?|gp|natural causes|expected|certificate)",
        ),
        "registrar_appointment": offer_days("registrar", "registrar_appointment", 1),
        "registrar_wedding_date": SlotKind(
            _wedding, _spot_wedding, change="wedding|date", clears=("registrar_wedding_date",)
        ),
        "registrar_visa": yes_no_slot("registrar_visa"),
        "registrar_booking": SlotKind(
            _parse_booking, _spot_booking, change="reference|number", clears=("registrar_booking",)
        ),
        "registrar_new_day": SlotKind(_new_day, _spot_new_day),
        "registrar_certificate": SlotKind(
            one_of("registrar_certificate", _CERTIFICATES),
            one_of("registrar_certificate", _CERTIFICATES),
            change="certificate|kind",
            clears=("registrar_certificate",),
        ),
        "registrar_whose": SlotKind(_whose, change="name|spelling", clears=("registrar_whose",)),
        "registrar_year": SlotKind(
            _year, change="year|date|when", clears=("registrar_year",), otherwise={"registrar_year": NOT_KNOWN}
        ),
        "registrar_copies": SlotKind(
            _copies, _spot_copies, change="copies|copy|how many", clears=("registrar_copies",)
        ),
    }
)


class _Appointment(ServiceForm):
    """What the appointments have in common: a day is taken under the reference."""

    kind = ""
    done = ""
    details: tuple[str, ...] = ()

    def finish(self, work: Work) -> None:
        values = work.values
        told = {slot: values.get(slot) for slot in (*self.details, "registrar_appointment_at", "name", "phone")}
        reference = work.report(self.kind, **told)
        council.book(reference, "registrar", *values["registrar_appointment_at"])
        work.say(self.done, reference=reference, spoken=council.spoken_reference(reference))


@service_form
class Birth(_Appointment):
    """Registering a birth."""

    intent = "registrars_birth"
    kind = "register_birth"
    done = "utter_registrar_birth_done"
    details = ("registrar_date", "registrar_place")


@service_form
class Death(_Appointment):
    """Registering a death; one that a coroner looks into can't be registered before the coroner says so."""

    intent = "registrars_death"
    kind = "register_death"
    done = "utter_registrar_death_done"
    details = ("registrar_date", "registrar_place")

    def check(self, values: Values) -> tuple[str, str] | None:
        if values.get("registrar_coroner"):
            return "registrars", "A death is to be registered that a coroner is looking into."
        return None


@service_form
class MarriageNotice(_Appointment):
    """Giving notice of marriage or civil partnership."""

    intent = "registrars_marriage_notice"
    kind = "marriage_notice"
    done = "utter_registrar_notice_done"
    details = ("registrar_wedding_date_at",)

    def check(self, values: Values) -> tuple[str, str] | None:
        if values.get("registrar_visa"):
            return "registrars", "Notice of marriage where one of the two is here on a visa."
        day = values.get("registrar_wedding_date_at")
        if day and date.fromisoformat(day) < council.today() + NOTICE:
            return "registrars", "The wedding is sooner than notice of marriage allows."
        return None


def _holder(reference: str) -> str | None:
    """In whose name an appointment is, if it still stands."""
    with council.connection() as opened:
        changed = opened.execute(
            "SELECT 1 FROM reports WHERE kind = 'registrar_change' AND json_extract(details, '$.booking') = ?",
            (reference,),
        ).fetchone()
        seeded = opened.execute("SELECT name FROM registrar_appointments WHERE reference = ?", (reference,)).fetchone()
        called = opened.execute(
            "SELECT details FROM reports WHERE reference = ? AND service = 'registrars'", (reference,)
        ).fetchone()
    if changed:
        return None
    if seeded:
        return str(seeded[0])
    return json.loads(called[0]).get("name") if called else None


@service_form
class Change(ServiceForm):
    """Another day for an appointment, or none."""

    intent = "registrars_change"
    proof = ("registrar_booking", "name")

    def proven(self, values: Values) -> bool:
        holder = _holder(values["registrar_booking"])
        said = set(re.findall(r"[a-z']+", str(values["name"]).lower()))
        return holder is not None and holder.lower().split()[-1] in said

    def check(self, values: Values) -> tuple[str, str] | None:
        if values.get("registrar_booking") == NOT_KNOWN:
            return "registrars", "An appointment is to be changed; the caller does not have its reference."
        return None

    def finish(self, work: Work) -> None:
        values = work.values
        moved = bool(values.get("registrar_new_day"))
        day = values["registrar_appointment_at"] if moved else None
        booking = values["registrar_booking"]
        reference = work.report("registrar_change", booking=booking, to=day, name=values["name"])
        with council.connection() as opened:
            opened.execute("DELETE FROM bookings WHERE reference = ? AND kind = 'registrar'", (booking,))
        if day:
            council.book(reference, "registrar", *day)
        done = "utter_registrar_moved" if moved else "utter_registrar_called_off"
        work.say(done, reference=reference, spoken=council.spoken_reference(reference))
        # That appointment is no more: what proved whose it was proves nothing now.
        work.events.append(SlotSet("proven", None))


@service_form
class Certificates(ServiceForm):
    """Copies of a certificate, paid for when the registrars ring back."""

    intent = "registrars_certificates"
    price = "utter_registrar_certificate_price"

    def finish(self, work: Work) -> None:
        slots = ("registrar_certificate", "registrar_whose", "registrar_year", "registrar_copies", "phone")
        reference = work.report("copy_certificate", **{slot: work.values[slot] for slot in slots})
        work.say("utter_registrar_certificates_done", reference=reference, spoken=council.spoken_reference(reference))
