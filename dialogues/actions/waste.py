"""Bins and waste."""

import re
from dataclasses import replace
from datetime import timedelta

from . import council, dates, parsing
from .answers import SLOTS, Answer, SlotKind, Values, free_text, one_of, whole_if
from .appointments import offer_days
from .forms import ServiceForm, Work, service_form
from .shared_slots import NOT_KNOWN, yes_no_slot

BINS = {
    "recycling": r"recycl\w*|blue|(?:glass|paper|plastics?|bottles?|cardboard|card|tins?) bin",
    "garden": r"garden( waste)?|brown|grass|green waste|green bin|green wheelie( bin)?|hedge",
    "food": r"food( waste)?|caddy|kitchen waste|slop",
    "rubbish": r"rubbish|black|gr[ea]y|general( waste)?|household|landfill|normal|ordinary|refuse|trash|dustbin",
}
BIN_NAMES = {"recycling": "recycling", "garden": "garden waste", "food": "food waste", "rubbish": "rubbish"}
BULKY_PRICE_WORDS = "30 pounds for up to three things"
MANY_MISSES = 2
_LARGE = (
    r"(?:sofas?|settees?|mattress(?:es)?|fridge freezers?|fridges?|freezers?|washing machines?|washers?|wardrobes?|bed frames?|beds?|"
    r"cookers?|ovens?|tables?|carpets?|arm ?chairs?|chairs?|televisions?|tvs?|tellys?|desks?|cupboards?|suites?|tumble dryers?|"
    r"dishwashers?|book ?cases?|drawers|headboards?|sideboards?|cabinets?|lawn ?mowers?|pianos?)"
)
_THING = rf"(?:(?:an?|the|my|our|his|her|some|old|two|three|four|\d) (?:(?!and\b|plus\b)\w+ ){{0,3}}?)?{_LARGE}"
BULKY = re.compile(rf"\b({_THING}(?:(?: and| plus| as well as)? {_THING})*)\b")


_FRAIL = (
    r"hips?|knees?|(?:bad|my|me|her|his) back|wheelchair|stroke|arthriti\w+|disab\w+|frail|operation|heart|cancer|blind|dementia|"
    r"pregnant|parkinson'?s|walking (?:frame|stick)|zimmer|can't (?:walk|lift)|"
    r"(?:i'm|she's|he's|aged) (?:over |nearly )?(?:seventy|eighty|ninety|[7-9]\d)(?: \w+)?"
)
"""Words of somebody who says why they can't move the bins before they are asked."""


def bin_kind(answer: Answer) -> Values | None:
    """The container that is meant, by name or colour."""
    found = one_of("bin", BINS)(answer)
    if found and found["bin"] == "garden" and "caddy" in answer.text.lower():
        found["bin"] = "food"
    return {**found, "bin_name": BIN_NAMES[found["bin"]]} if found else None


def _bin_asked(answer: Answer) -> Values | None:
    """The same where it was asked: nobody's "green" is a street then."""
    return bin_kind(answer) or bin_kind(replace(answer, text=f"{answer.text} bin"))


_ALSO_CALLED = {
    "television": r"tell(?:y|ies|ys)|tvs?|t v|tele",
    "sofa": r"settees?|couch(?:es)?|three piece",
    "fridge": r"freezers?|fridge freezers?",
    "clothes": r"old clothes|clothing|jumpers?|coats?",
    "needles": r"sharps|syringes?",
}
"""What things are called besides."""


def waste_item(answer: Answer) -> Values | None:
    """A thing that the council has advice about."""
    known = council.waste_items()
    item = parsing.closest(answer.text, known, floor=0.86)
    if item is None:
        found = one_of("waste_item", _ALSO_CALLED)(answer)
        item = found["waste_item"] if found and found["waste_item"] in known else None
    return {"waste_item": item} if item else None


_reason = one_of(
    "container_reason",
    {
        "broken": r"broken?|broke|crack\w*|split|snapped|came off|come off|ate it|wrecked|damaged|lid|wheels?|hole|smashed|burnt|melted|crushed|knackered|fire",
        "missing": r"stolen|missing|gone|nicked|pinched|lost|disappeared|vanished|taken|took|blew|blown|never came back|"
        r"not (?:there|here|come back)",
        "new home": r"moved|new (house|home|build|flat)|never (had|got)|no bins?|haven't got|don't have|just built",
        "too small": r"bigger|larger|another|extra|second|small|too full|more|not enough|"
        r"(?:\w+ )?of us(?: now)?|big family",
    },
)


def _bulky(answer: Answer) -> Values | None:
    found = BULKY.search(parsing.clean(answer.text))
    return {"bulky_items": found.group(1)} if found else None


_GOES = re.compile(
    r"\b(?:can|do|does|should|could|would|will|where) (?:(?:i|you|we|do i|do we|does|can i|should i) )?(?:(?:put|get rid of|throw|chuck|bin|recycle) )?"
    r"((?:an?|my|me|our|the|some|this|these|old) (?:\w+ ){1,4}?)(?:go|be put|in|into|away|out)\b"
)
"""Who asks "can a broken telly go in the black bin" has said what it is."""


def _spot_item(answer: Answer) -> Values | None:
    """A thing with advice, or whatever the question names."""
    asked = _GOES.search(parsing.clean(answer.text))
    return waste_item(answer) or ({"waste_item": asked[1].strip()} if asked and "bin" not in asked[1] else None)


def _other_item(answer: Answer) -> Values | None:
    if parsing.yes_no(answer.text) is not None:
        return None
    return _spot_item(answer) or {"waste_item": parsing.clean(answer.text)}


SLOTS.update(
    {
        "bin": SlotKind(_bin_asked, bin_kind, change="bin|colour|container", clears=("bin", "bin_name")),
        "put_out": yes_no_slot(
            "put_out",
            yes=r"(it|they|mine|bin|i) (was|were|'d been|had been|'s been|has been|always is|always put) (\w+ )?(put )?out|"
            r"(put|left|had|took) (it|them|mine|the bins?|me bins?) (\w+ )?out|out (by|before|at|since|from|all|the night)( \w+)?|"
            r"(left|put) (it|them) (on|at|by) the (kerb|pavement|roadside|edge)|the night before",
            answers_yes=r"still (out|there)|as (usual|always)|(about |around |before |by |at )?(half past )?(five|six|seven|[567])"
            r"( (thirty|fifteen|o'clock|in the morning|am|a m))*|before (i|we) (went|left|go|set off)|first thing|"
            r"(\w+day|last) (night|evening)|crack of dawn|bright and early|on time",
            no=r"(wasn't|weren't|not|didn't|hadn't|never) (\w+ ){0,3}out|forgot( \w+){0,3}|"
            r"out (late|after|too late)|(put|took) (it|them) out (\w+ )?(late|after)",
            unsure=True,
        ),
        "waste_item": SlotKind(_other_item, _spot_item),
        "container_reason": SlotKind(
            _reason, _reason, change="reason", in_words=True, otherwise={"container_reason": NOT_KNOWN}
        ),
        "bulky_items": SlotKind(free_text("bulky_items", 3), _bulky, change="item|items|thing|things", free=True),
        "bulky_day": offer_days("bulky", "bulky_day", notice=3),
        "assisted_reason": SlotKind(
            free_text("assisted_reason", 3),
            whole_if("assisted_reason", _FRAIL),
            change="reason|why",
            free=True,
            story=True,
        ),
    }
)


def _listed(words: list[str]) -> str:
    """ "recycling, food waste and garden waste"."""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


@service_form
class CollectionDay(ServiceForm):
    """When the bins are collected."""

    intent = "waste_collection_day"
    in_passing = ("bin",)

    def finish(self, work: Work) -> None:
        street, uprn = work.values["street"], work.values["uprn"]
        wanted = work.values.get("bin")
        has = council.containers(uprn)
        if wanted and wanted not in has:
            work.say("utter_no_such_bin", bin=BIN_NAMES[wanted])
            wanted = None
        by_day: dict[str, list[str]] = {}
        for kind in [wanted] if wanted else has:
            day = council.next_collection(street, kind, council.today())
            if day:
                by_day.setdefault(day.isoformat(), []).append(BIN_NAMES[kind])
        parts = [
            f"{_listed(kinds)} on {dates.spoken_day(council.date.fromisoformat(day))}"
            for day, kinds in sorted(by_day.items())
        ]
        for index in range(0, len(parts), 2):
            response = "utter_collection_day" if index == 0 else "utter_collection_day_more"
            work.say(response, collections=", and ".join(parts[index : index + 2]))


@service_form
class MissedBin(ServiceForm):
    """A bin that was not emptied."""

    intent = "waste_missed_bin"
    price = "utter_report_is_free"

    def needed(self, slot: str, values: Values) -> bool:
        # Nothing is reported for a bin that was out too late.
        return super().needed(slot, values) and not (slot == "confirm" and values.get("put_out") is False)

    def finish(self, work: Work) -> None:
        values = work.values
        if values["put_out"] is False:
            day = council.next_collection(values["street"], values["bin"], council.today() + timedelta(days=1))
            work.say("utter_missed_bin_late", day=dates.spoken_day(day) if day else "the usual day")
            return
        since = council.today() - timedelta(days=60)
        earlier = council.earlier_reports(values["uprn"], "missed_bin", since)
        reference = work.report("missed_bin", bin=values["bin"])
        work.say("utter_missed_bin_done", reference=reference, spoken=council.spoken_reference(reference))
        if earlier >= MANY_MISSES:
            work.say("utter_waste_repeated_misses")
            work.to_person(f"Bin missed {earlier + 1} times in 60 days; reported as {reference}.")


@service_form
class NewContainer(ServiceForm):
    """A new, bigger or replacement bin."""

    intent = "waste_new_container"

    def finish(self, work: Work) -> None:
        values = work.values
        reference = work.report("new_container", bin=values["bin"], reason=values["container_reason"])
        work.say("utter_new_container_done", reference=reference, spoken=council.spoken_reference(reference))


@service_form
class BulkyCollection(ServiceForm):
    """Furniture and the like, taken away on a day that is booked."""

    intent = "waste_bulky"
    price = "utter_bulky_price"

    def finish(self, work: Work) -> None:
        values = work.values
        day, part = values["bulky_day_at"]
        reference = work.report("bulky", items=values["bulky_items"], day=day, phone=values["phone"])
        council.book(reference, "bulky", day, part)
        work.say("utter_bulky_done", reference=reference, spoken=council.spoken_reference(reference))


@service_form
class GardenWaste(ServiceForm):
    """Signing up for garden waste."""

    intent = "waste_garden"
    price = "utter_garden_price"

    def finish(self, work: Work) -> None:
        reference = work.report("garden_waste")
        work.say("utter_garden_done", reference=reference, spoken=council.spoken_reference(reference))


@service_form
class AssistedCollection(ServiceForm):
    """Help for people who can't put their bins out."""

    intent = "waste_assisted"
    price = "utter_it_is_free"

    def finish(self, work: Work) -> None:
        values = work.values
        details = {slot: values[slot] for slot in ("name", "phone", "assisted_reason")}
        reference = work.report("assisted_collection", **details)
        work.say("utter_assisted_done", reference=reference, spoken=council.spoken_reference(reference))


@service_form
class WhatGoesWhere(ServiceForm):
    """In which bin something goes."""

    intent = "waste_what_goes_where"

    def finish(self, work: Work) -> None:
        item = work.values["waste_item"]
        advice = council.waste_items().get(item)
        if advice:
            work.say("utter_waste_item", item=item.capitalize(), advice=advice)
        else:
            work.say("utter_waste_item_unknown", item=item)
