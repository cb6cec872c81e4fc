"""Roads and pavements: reports of problems at a place."""

import re

from . import council, parsing
from .answers import SLOTS, Answer, SlotKind, Values, one_of
from .forms import ServiceForm, Work, service_form
from .shared_slots import HEARD_SO_FAR, yes_no_slot

_FEW = 2
_LEAD = re.compile(r"^(?:(?:it's|it is|well|er|um|i think it's|that's|on|in|called) )+", re.IGNORECASE)


def _road(answer: Answer) -> Values | None:
    street = parsing.closest(answer.text, council.streets())
    if street is None and (code := parsing.postcode(answer.text)) and (at := council.street_at(code)):
        street = at[1]
    if street:
        values: Values = {"road": street}
        number = _beside(answer.text, street)
        return {**values, "road_spot": number} if number else values
    return None


_ELSE = re.compile(
    r" (?:that|that's|which|because|cos|it's|it is|i|i've|i'm|we|they|there's|since|so|for (?:days|weeks|months|ages)|"
    r"and (?:i|i've|it|it's|we|they|there|there's|now|somebody|someone))\b| (?=\w+ing my )"
)
"""Where a place ends and something else is told."""


def _without_road(said: str, street: str) -> str:
    """A place on a road without the road: that was told already."""
    without = re.sub(rf"\b(?:(?:on|in|of|at) )?{re.escape(parsing.clean(street))}\b", " ", said)
    return " ".join(without.split())


def _beside(text: str, street: str) -> str | None:
    """A place said in the same breath: "outside number nine quarry close", "high street by the church"."""
    said = parsing.clean(text)
    found = re.search(
        r"\b((?:outside|opposite|in front of|near|next to|beside|by|behind|under|across from|round the back of|at the|on the corner|"
        r"junction)\b.*)$",
        said,
    )
    first = parsing.clean(street).split()[0]
    if found:
        spot = _without_road(_ELSE.split(found.group(1))[0], street)
        return spot if len(spot.split()) >= 2 else None
    lead = said.split(first)[0].split()[-2:] if first in said else []
    number = parsing.house_number(" ".join(lead)) if lead else None
    return f"outside number {number}" if number else None


def _road_asked(answer: Answer) -> Values | None:
    found = _road(answer)
    if found:
        before = re.fullmatch(r"(?:number )?(\d{1,3}[a-d]?)", parsing.clean(str(answer.slots.get(HEARD_SO_FAR) or "")))
        if before and "road_spot" not in found:
            # "Number 12" and, asked for the road once more, "Mill Lane".
            found["road_spot"] = f"outside number {before[1].upper()}"
        return found
    if parsing.refusal(answer.text):
        answer.say("utter_road_unknown")
        return None
    if len(answer.text.split()) >= 2 and int(answer.slots.get("misses") or 0) >= 1:
        # A road that is not on our list is taken down as it was said, once the caller has said it twice.
        return {"road": _LEAD.sub("", answer.text.strip(" .,"))}
    return None


def _spot_asked(answer: Answer) -> Values | None:
    """Where on the road it is, as it was said, without the road and what leads to it."""
    text = answer.text.strip(" .,")
    road = str(answer.slots.get("road") or "")
    if road and parsing.clean(road) in parsing.clean(text):
        text = _without_road(parsing.clean(text), road) or text
    text = _LEAD.sub("", text) if len(_LEAD.sub("", text).split()) >= _FEW else text
    return {"road_spot": text} if text else None


def _column(answer: Answer) -> Values | None:
    number = parsing.digits(answer.text)
    if number:
        found = council.street_light(number)
        if found:
            return {"column_number": number, "road": found[0], "road_spot": f"by number {found[1]}"}
        answer.say("utter_unknown_column", heard=", ".join(number))
        return {"column_number": "not known"} if int(answer.slots.get("misses") or 0) >= 1 else None
    if parsing.refusal(answer.text) or parsing.yes_no(answer.text) is False:
        return {"column_number": "not known"}
    return None


def _spot_column(answer: Answer) -> Values | None:
    said = parsing.clean(answer.text)
    found = re.search(r"\b(?:column|lamp ?post|light|number|pole) (?:number )?((?:\w+ ){0,5}\w+)", said)
    number = parsing.digits(found.group(1)) if found else ""
    light = council.street_light(number) if len(number) == 4 else None
    return {"column_number": number, "road": light[0], "road_spot": f"by number {light[1]}"} if light else None


SLOTS.update(
    {
        "road": SlotKind(_road_asked, _road, change="road|street|place|where", clears=("road", "road_spot")),
        "road_spot": SlotKind(_spot_asked, change="spot|place|where|exact\\w*", free=True),
        "column_number": SlotKind(
            _column, _spot_column, change="column|number|lamp|light", clears=("column_number", "road", "road_spot")
        ),
        "light_fault": SlotKind(
            one_of(
                "light_fault",
                {
                    "flickering": r"flicker\w*|flash\w*|on and off|blink\w*",
                    "on all day": r"all day|always on|stays on|stuck on|been on|on all the time|during the day|in the day|won't go off|won't turn off|"
                    r"daytime|daylight",
                    "damaged": r"damage\w*|knocked|leaning|hanging|broken off|down|bent|hit|smashed|wires?",
                    "out": r"out|off|not working|isn't working|doesn't work|dead|gone|broken|dark|black|not on|not lit|never lit|bust|fault\w*|"
                    r"(?:not|n't|won't|hasn't|never|doesn't|isn't) (?:\w+ )?(?:come on|lit|light up|lighting)|no light",
                },
            ),
            one_of(
                "light_fault",
                {
                    "flickering": r"flicker\w*|flashing|blinking",
                    "on all day": r"all day|always on|stays on|won't go off|won't turn off",
                    "damaged": r"damaged|knocked (over|down)|leaning|hanging|bent",
                    "out": r"(is|are|has|gone|been) (out|off|dead)|not working|isn't working|stopped working|not come on|"
                    r"doesn't work|not lit",
                },
            ),
            change="fault|wrong with",
            in_words=True,
            otherwise={"light_fault": "a fault"},
        ),
        "drain_flooding": yes_no_slot(
            "drain_flooding",
            answers_yes=r"(?:all over|across|half of|covering|right over|on|onto|into) the (?:road|street|pavement|path)|"
            r"(?:going|coming|getting|running) (?:in|into|up|through|down)|overflow\w*|floods|gushing|ponding|a (?:big |huge )?(?:puddle|lake|pond)|"
            r"a bit|when it rains|every time it rains|when it's wet",
            answers_no=r"not (?:flood\w*|at (?:the moment|present)|yet)|(?:just|only) (?:smell\w*|standing|blocked|slow|full)|smelly|dry",
        ),
        "tree_blocking": yes_no_slot(
            "tree_blocking",
            yes=r"(can't|cannot|couldn't|nobody can) (\w+ )?(get|drive) (past|through|by|round)|block(ing|ed|s) the (whole )?road|"
            r"right across the road|(?:road|lane|street)(?:'s| is) (?:completely |totally |all )?(?:blocked|shut|closed)",
            no=r"can (just |still |easily )?(\w+ )?(get|drive) (past|through|by|round)|not (block\w*|across|in the road)|"
            r"(just|only) (on|over|across) the (pavement|path|footpath|verge|grass)",
            answers_yes=r"(?:most|all) of (?:it|the road)|completely|totally|can't get (?:past|through|by)",
            answers_no=r"partly|half|one (?:lane|side)|(?:just|only) a (?:branch|bit|few)|hanging|leaning|on the (?:verge|grass|pavement|path)",
        ),
        "flood_danger": yes_no_slot(
            "flood_danger",
            yes=r"(going|coming|running|getting|pouring) (in|into|through) (\w+ ){0,3}(house|home|shop|building|door|garage|property)\w*|"
            r"(can't|cannot|couldn't|nobody can) (\w+ )?(get|drive) (past|through|by)",
            no=r"(can|cars can) (just |still |easily )?(\w+ )?(get|drive) (past|through|by)|not that deep|not going (in|into)",
        ),
    }
)


class _RoadReport(ServiceForm):
    """What the road reports have in common."""

    kind = ""
    price = "utter_report_is_free"
    extra: tuple[str, ...] = ()

    def finish(self, work: Work) -> None:
        values = work.values
        place = f"{values['road']}, {values['road_spot']}"
        reference = work.report(self.kind, place=place, **{slot: values.get(slot) for slot in self.extra})
        work.say("utter_road_done", reference=reference, spoken=council.spoken_reference(reference))


@service_form
class Pothole(_RoadReport):
    """A hole in the road."""

    intent = "highways_pothole"
    kind = "pothole"


@service_form
class StreetLight(_RoadReport):
    """A street light that is out or damaged."""

    intent = "highways_street_light"
    kind = "street_light"
    extra = ("column_number", "light_fault")


@service_form
class Drain(_RoadReport):
    """A blocked drain or gully."""

    intent = "highways_drain"
    kind = "drain"
    extra = ("drain_flooding",)


@service_form
class Tree(_RoadReport):
    """A tree or branch on the road; a blocked road is an emergency."""

    intent = "highways_tree"
    kind = "tree"
    extra = ("tree_blocking",)

    def check(self, values: Values) -> tuple[str, str] | None:
        if values.get("tree_blocking") and values.get("road"):
            return "highways_emergency", f"A tree blocks the road: {values['road']}."
        return None


@service_form
class Pavement(_RoadReport):
    """A broken pavement."""

    intent = "highways_pavement"
    kind = "pavement"


@service_form
class Hedge(_RoadReport):
    """A hedge or bush that grows over the pavement: its owner is asked to cut it."""

    intent = "highways_hedge"
    kind = "overhanging_hedge"


@service_form
class Flooding(_RoadReport):
    """Water on the road without a drain to blame; where nobody gets through it is an emergency."""

    intent = "highways_flooding"
    kind = "road_flooding"
    extra = ("flood_danger",)

    def check(self, values: Values) -> tuple[str, str] | None:
        if values.get("flood_danger") and values.get("road"):
            return "highways_emergency", f"Flooding is blocking the road or going into buildings: {values['road']}."
        return None
