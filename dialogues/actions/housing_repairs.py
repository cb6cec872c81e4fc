"""Repairs in council homes."""

import re
from datetime import timedelta

from . import council, parsing
from .answers import SLOTS, Answer, SlotKind, Values, free_text, one_of
from .appointments import offer_days
from .forms import ServiceForm, Work, service_form
from .shared_slots import yes_no_slot

ROOMS = {
    "kitchen": r"kitchen|cooker",
    "bathroom": r"bath ?room|bath|shower|wet room",
    "toilet": r"toilet|loo|lav\w*|wc",
    "bedroom": r"bed ?room\w*|box room|nursery",
    "living room": r"living room|front room|lounge|sitting room|dining room|back room|parlour",
    "hall": r"hall\w*|landing|stairs|staircase|porch|passage",
    "loft": r"loft|attic|roof space",
    "outside": r"outside|garden|roof|gutter\w*|fence|gate|chimney|outhouse|front door|back door|drive",
    "utility room": r"utility|pantry|larder",
    "cellar": r"cellar|basement",
    "whole home": r"whole (house|flat|home|place)|every ?where|all (the )?rooms|every room|all over|boiler|heating|throughout",
}
_ROOMS_ASKED = {
    "upstairs": r"upstairs",
    "downstairs": r"downstairs",
    "outside": r"out (?:the |at the )?(?:back|front)|the (?:front|back)",
    "spare room": r"(?:spare|guest) room",
    "bedroom": r"(?:kids?|child(?:ren)?|boys?|girls?|lads?|daughters?|sons?)'?s? room",
    "whole home": r"all of (?:them|it)",
}
"""What only answers the question: elsewhere a nearer word goes first."""
FAULTS = re.compile(
    r"\b(boiler|heating|hot water|radiators?|leak\w*|drip\w*|tap|burst|pipe|toilet|loo|sink|bath|shower|drain|overflow\w*|"
    r"block\w*|door|window|lock|hinge|handle|socket|lights?|switch|electric\w*|fan|roof|tiles?|gutter\w*|fence|gate|wall|"
    r"ceiling|floor|floorboards?|plaster|cracks?|broken|damp|mould|cooker|stairs|banister|smoke alarm|worktop|cupboard)\b"
)
TRADES = (
    ("damp", r"damp|mould|condensation"),
    (
        "plumbing",
        r"boiler|heating|hot water|radiator\w*|leak\w*|drip\w*|tap|pipe|toilet|loo|sink|bath|shower|drain|overflow",
    ),
    ("electrical", r"socket\w*|light\w*|switch|electric\w*|fan|fuse|smoke alarm|power|sparks?"),
    ("joinery", r"door|window|lock|hinge|handle|floor\w*|stairs|banister|cupboard|worktop|kitchen unit"),
)
URGENT = re.compile(
    r"\b(no (heating|hot water|water|lights?)|heating|boiler|hot water|leak\w*|burst|toilet|won't (lock|shut|close|flush)|"
    r"overflow\w*|blocked|insecure|sockets?|electric\w*)\b"
)
EMERGENCY = re.compile(
    r"\b(pouring|gushing|flood\w*|can't (stop|turn it off)|won't turn off|sewage|sparks?|sparking|smoke(?! (alarm|detector))|burning|"
    r"no (power|electric\w*) (at all|anywhere)|can't (lock|secure)|kicked in|broken into|(coming|came) down|bulging)\b"
)
HEATING = re.compile(r"\b(no heating|heating|boiler)\b")


def trade(fault: str) -> str:
    """Who mends it."""
    return next((name for name, words in TRADES if re.search(rf"\b({words})\b", fault)), "general")


def _fault(answer: Answer) -> Values | None:
    said = parsing.clean(answer.text)
    found = FAULTS.search(said)
    if not found:
        return None
    return {"repair_fault": answer.text.strip(" .,"), **_sort(said)}


def _sort(said: str) -> Values:
    return {"repair_priority": "urgent" if URGENT.search(said) else "routine", "repair_trade": trade(said)}


def _fault_asked(answer: Answer) -> Values | None:
    text = answer.text.strip(" .,")
    return {"repair_fault": text, **_sort(parsing.clean(text))} if len(text) >= 3 else None


def _room(answer: Answer) -> Values | None:
    return one_of("repair_room", ROOMS)(answer)


def _room_asked(answer: Answer) -> Values | None:
    found = _room(answer) or one_of("repair_room", _ROOMS_ASKED)(answer)
    if found is None and int(answer.slots.get("misses") or 0) >= 1 and len(answer.text.split()) <= 6:
        return {"repair_room": parsing.clean(answer.text)}
    return found


VULNERABLE = re.compile(
    r"\b(baby|babies|new ?born|toddler|kids?|child(ren)?|elderly|old(er)? (person|lady|man)|disab\w+|wheelchair|asthma\w*|"
    r"copd|oxygen|pregnant|ill|sick|poorly|cancer|heart|chest|lungs?|breathing|dementia|pension\w*|immune|diabet\w+|carer|"
    r"(?:two |three )?little ones?|expecting|vulnerable|unwell|frail|arthrit\w+|stroke|blind|deaf|parkinson'?s|can't walk|"
    r"(not|isn't|aren't|doesn't) (\w+ )?(well|good on|mobile|steady|walk\w*)|"
    r"(i'm|he's|she's|they're|we're|aged) (over |nearly |about )?([6-9]\d|sixty|seventy|eighty|ninety)\b)"
)
_AGES = re.compile(
    r"\b([6-9]\d|sixty|seventy|eighty|ninety|(he's|she's|who's|only) (just )?(one|two|three|four|[1-4]))\b|\b\w+ months? old\b"
)
"""Ages that answer the question; in another sentence they may be a house's number, or a boiler's years."""

_NOBODY = re.compile(r"(no|nope|nah|nobody|no one|none|not really|just me|only me)\b")


def _vulnerable(answer: Answer) -> Values | None:
    said = parsing.clean(answer.text)
    reply = parsing.yes_no(said)
    if reply is None and re.search(r"\b(nobody|no one|just me|only me|on my own)\b", said):
        reply = False
    # "She's not well" and "just me, but I'm 80" are no "no".
    denied = reply is False and _NOBODY.match(said) and " but " not in said
    if not denied and (VULNERABLE.search(said) or _AGES.search(said)):
        return {"vulnerable": True, "vulnerable_who": answer.text.strip(" .,")}
    return None if reply is None else {"vulnerable": reply, "vulnerable_who": "yes" if reply else "nobody"}


def _spot_vulnerable(answer: Answer) -> Values | None:
    said = parsing.clean(answer.text)
    if VULNERABLE.search(said) and not parsing.NO.search(said):
        return {"vulnerable": True, "vulnerable_who": answer.text.strip(" .,")}
    return None


def _appointment() -> SlotKind:
    kinds = {
        name: offer_days(name, "appointment", notice=1)
        for name in ("plumbing", "electrical", "joinery", "general", "damp")
    }
    routine = {name: offer_days(name, "appointment", notice=5) for name in kinds}

    def prepare(answer: Answer) -> Values | None:
        if answer.form == "housing_repairs_rearrange_form":
            booked = council.booking(str(answer.slots.get("report_ref")))
            moved = kinds.get(booked[0] if booked else "general", kinds["general"]).prepare
            return moved(answer) if moved else None
        urgent = answer.slots.get("repair_priority") == "urgent" or answer.slots.get("vulnerable")
        name = "damp" if answer.form == "housing_repairs_damp_form" else answer.slots.get("repair_trade") or "general"
        made = (kinds if urgent else routine)[name].prepare
        return made(answer) if made else None

    return SlotKind(
        kinds["general"].parse,
        prepare=prepare,
        change="day|date|time|appointment",
        clears=("appointment",),
        offers_days=True,
    )


SLOTS.update(
    {
        "repair_fault": SlotKind(_fault_asked, _fault, change="fault|problem|repair|wrong", free=True),
        "repair_room": SlotKind(_room_asked, _room, change="room|where"),
        "vulnerable": SlotKind(_vulnerable, _spot_vulnerable, clears=("vulnerable", "vulnerable_who")),
        "damp_since": SlotKind(free_text("damp_since"), change="since|when|long", free=True),
        "damp_health": yes_no_slot(
            "damp_health",
            yes=r"wheez\w*|cough\w*|(short of|out of|catch (her|his|my|their)) breath|can't breathe|inhaler|"
            r"trouble breathing|struggl\w+ (to breathe|with (his|her|their|my) (breathing|chest))|gasping|asthma attacks?|"
            r"(making|made|makes) (it|him|her|them|me|us) (\w+ )?(worse|ill|poorly|bad)|on (his|her|my|their) chest",
        ),
        "appointment": _appointment(),
    }
)


@service_form
class LogRepair(ServiceForm):
    """Triage of a repair, its priority, and an appointment."""

    intent = "housing_repairs_log"

    def check(self, values: Values) -> tuple[str, str] | None:
        fault = parsing.clean(str(values.get("repair_fault") or ""))
        if EMERGENCY.search(fault):
            return "repairs_emergency", "The repair sounds like an emergency."
        if HEATING.search(fault) and values.get("vulnerable") and council.today().month in (10, 11, 12, 1, 2, 3, 4):
            return "repairs_emergency", "No heating, and somebody in the home is vulnerable."
        return None

    def finish(self, work: Work) -> None:
        values = work.values
        day, part = values["appointment_at"]
        priority = "urgent" if values["vulnerable"] else values["repair_priority"]
        details = {slot: values[slot] for slot in ("repair_room", "repair_fault", "vulnerable_who", "phone")}
        reference = work.report("repair", priority=priority, day=day, part=part, **details)
        council.book(reference, values.get("repair_trade") or "general", day, part)
        work.say("utter_repair_done", reference=reference, spoken=council.spoken_reference(reference))


@service_form
class DampAndMould(ServiceForm):
    """Damp and mould in a council home: the time of the report and who is at risk are kept (Awaab's Law)."""

    intent = "housing_repairs_damp"

    def check(self, values: Values) -> tuple[str, str] | None:
        if values.get("damp_health") and values.get("vulnerable") and values.get("address_ok"):
            return "repairs_emergency", "Damp and mould: somebody vulnerable has trouble breathing; 24 hour hazard."
        return None

    def finish(self, work: Work) -> None:
        values = work.values
        day, part = values["appointment_at"]
        slots = ("repair_room", "damp_since", "vulnerable_who", "damp_health", "phone")
        due = (council.today() + timedelta(days=14)).isoformat()
        reference = work.report(
            "damp_and_mould", day=day, part=part, investigate_by=due, **{slot: values[slot] for slot in slots}
        )
        council.book(reference, "damp", day, part)
        work.say("utter_damp_done", reference=reference, spoken=council.spoken_reference(reference))
