"""Clean streets: what lies, stands or is painted where it should not be."""

import re
from dataclasses import replace

from . import council, parsing
from .answers import SLOTS, Answer, SlotKind, Values, free_text, one_of
from .forms import ServiceForm, Work, service_form
from .shared_slots import NOT_KNOWN, yes_no_slot

_THINGS = (
    r"(?:black |bin |rubbish |rubble )?bags?(?: of (?:rubbish|rubble|waste))?|sofas?|settees?|mattress(?:es)?|fridges?|"
    r"freezers?|washing machines?|cookers?|beds?|wardrobes?|carpets?|furniture|tyres?|rubble|builder'?s'? (?:waste|rubble)|"
    r"asbestos(?: sheets?)?|tins? of paint|paint tins?|(?:shopping )?trolleys?|white goods|garden (?:waste|rubbish)|"
    r"televisions?|tvs?|doors?|toilets?|bricks|soil|bathtub|chairs?|tables?|armchairs?|household (?:waste|rubbish)"
)
_DUMPED = re.compile(
    rf"\b((?:(?:an? |the |some |old |big |few |load of |pile of |burnt out |two |three )*(?:{_THINGS})(?: and |, )?)+)(?!\w)"
)
_VEHICLE = re.compile(
    r"\b((?:(?:an?|the|old|big|little|small|red|blue|white|black|silver|grey|gr[ea]y|green|yellow|dark|light|burnt out|"
    r"ford|vauxhall|fiat|renault|peugeot|nissan|volkswagen|toyota|bmw|audi|citroen|corsa|astra|fiesta|focus|transit) )*"
    r"(?:car|van|lorry|truck|caravan|motor ?bike|motor ?cycle|trailer|moped|scooter|horse box|camper ?van|corsa|astra|"
    r"fiesta|focus|transit))\b"
)
_SINCE = re.compile(
    r"\b((?:for |over |about |nearly |at least |since |last )*(?:(?:an?|one|two|three|four|five|six|seven|eight|nine|ten|"
    r"twelve|\d+|few|several|couple of|the) )*(?:days?|weeks?|months?|years?|ages|summer|winter|spring|autumn|christmas|"
    r"easter|yesterday|january|february|march|april|may|june|july|august|september|october|november|december))\b"
)
_ANIMALS = {
    "cat": r"cats?|kitten",
    "dog": r"dogs?|puppy|dug",
    "fox": r"fox|foxes",
    "badger": r"badgers?",
    "deer": r"deers?",
    "hedgehog": r"hedgehogs?",
    "bird": r"birds?|pigeons?|swans?|seagulls?|gulls?|ducks?|goose|geese|crows?|owl",
    "rabbit": r"rabbits?|hares?",
    "squirrel": r"squirrels?",
    "rat": r"rats?",
    "sheep": r"sheep|lambs?",
}
_LAND = {
    "public": (
        r"public|council(?:'s)?|park|pavement|road|street|verge|footpath|alley\w*|highway|lay ?by|bridge|underpass|"
        r"subway|bus (?:stop|shelter)|playground|green|common|canal|(?:back )?lane|ginnel|snicket|cut|path\w*|kerb|gutter|car park|both|1"
    ),
    "private": (
        r"private\w*|garden|drive(?:way)?|my (?:own )?(?:land|wall|fence|house|garage|property)|field|farm\w*|"
        r"shop|somebody's|someone's|owned|house|landlord|2"
    ),
    "not known": r"3|(?:waste|wasteland|spare|derelict) ?(?:ground|land)?|nobody's|no ?one's",
}
_LITTER = {
    "an overflowing litter bin": r"(?:bins?|it)(?:'s| is| are| was)? (?:\w+ )?(?:overflowing|full|spilling|not been emptied)"
    r"|overflow\w*|full bins?|full (?:litter |public )?bin|bin",
    "broken glass": r"glass|smashed bottles?",
    "leaves and dirt": r"leaves|dirt\w*|mud|muck|weeds|sweep\w*|swept|sweeper|filthy|moss",
    "litter": r"litter\w*|rubbish|everywhere|all sorts|allsorts|wrappers?|bags?|takeaways?|food|plastic|cans|bottles|packets|papers?|boxes|cigarette\w*|fag ends|sick|mess",
}


def _land(answer: Answer) -> Values | None:
    """Public or private; who doesn't know is believed to be on public land, which our own records can tell."""
    said = parsing.clean(answer.text)
    if re.search(r"\b(not|isn't) (on )?(private|anyone's)\b", said):
        return {"street_land": "public"}
    if re.search(r"\b(not|isn't) (on )?(public|council)\b", said):
        return {"street_land": "private"}
    return one_of("street_land", _LAND)(answer) or (
        {"street_land": "not known"} if parsing.refusal(answer.text) else None
    )


def _spot_land(answer: Answer) -> Values | None:
    found = one_of("street_land", {"private": r"private (?:land|property|car park|drive)", "public": r"public land"})
    return found(answer)


def _with_place(answer: Answer, values: Values) -> Values:
    """The values together with the road, if it was said in the same breath."""
    spot = SLOTS["road"].spot
    missing = answer.slots.get("road") is None
    return {**((spot(answer) if spot and missing else None) or {}), **values}


def _described(slot: str, pattern: re.Pattern[str], change: str) -> SlotKind:
    """Something that is described: what the pattern finds, or else, when it was asked for, all that was said."""

    def spot(answer: Answer) -> Values | None:
        found = pattern.search(parsing.clean(answer.text))
        return {slot: found.group(1).strip()} if found else None

    def parse(answer: Answer) -> Values | None:
        values = spot(answer) if len(answer.text.split()) > 6 else None
        values = values or free_text(slot, 3)(answer)
        return _with_place(answer, values) if values else None

    return SlotKind(parse, spot, clears=(slot,), free=True, change=change)


def _animal(answer: Answer) -> Values | None:
    found = one_of("dead_animal", _ANIMALS)(answer)
    if found:
        return found
    if parsing.refusal(answer.text):
        return {"dead_animal": "not known"}
    return free_text("dead_animal", 3)(answer) if len(answer.text.split()) <= 3 else None


SLOTS.update(
    {
        "dumped_items": _described("dumped_items", _DUMPED, "dumped|items?|what|things?"),
        "litter_kind": SlotKind(
            one_of("litter_kind", _LITTER),
            one_of("litter_kind", _LITTER),
            change="litter|kind",
            in_words=True,
            otherwise={"litter_kind": "litter"},
        ),
        "street_land": SlotKind(
            _land,
            _spot_land,
            change="land|public|private",
            clears=("street_land",),
            otherwise={"street_land": NOT_KNOWN},
        ),
        "graffiti_offensive": replace(
            yes_no_slot(
                "graffiti_offensive",
                yes=r"swear\w*|swastikas?|racist|sexist|homophobic|obscene|offensive|nazi|slurs?|rude (?:words?|pictures?|drawings?)|threats?",
                no=r"(?:nothing|not|isn't) (?:\w+ )?(?:nasty|rude|offensive|racist|bad|swear\w*)",
                answers_yes=r"rude|nasty|disgusting|vile|awful|hateful|willy|names? (?:about|calling)|filthy|horrible",
                answers_no=r"tags?|scribble\w*|names?|initials|squiggles?|a drawing|(?:just|only) (?:\w+ )?(?:words|paint)",
            ),
            otherwise={"graffiti_offensive": NOT_KNOWN},
        ),
        "vehicle": _described("vehicle", _VEHICLE, "vehicle|car|van|colour|make|plate"),
        "vehicle_since": _described("vehicle_since", _SINCE, "long|since|weeks|months"),
        "dead_animal": SlotKind(
            _animal,
            one_of("dead_animal", _ANIMALS),
            change="animal",
            clears=("dead_animal",),
            in_words=True,
            otherwise={"dead_animal": NOT_KNOWN},
        ),
    }
)


class _StreetReport(ServiceForm):
    """What the reports have in common: a place, and whose land it is on."""

    kind = ""
    price = "utter_report_is_free"
    done = "utter_street_cleaning_done"
    extra: tuple[str, ...] = ()
    for_owner = ""
    """What is said when the land is private, where the council doesn't clear that."""

    def on_private(self, values: Values) -> bool:
        return bool(self.for_owner) and values.get("street_land") == "private"

    def needed(self, slot: str, values: Values) -> bool:
        # Nothing is sent about land that is for its owner to clear.
        return super().needed(slot, values) and not (
            slot in ("confirm", "graffiti_offensive") and self.on_private(values)
        )

    def outcome(self, values: Values) -> str:
        """What the caller is told at the end."""
        return self.done

    def finish(self, work: Work) -> None:
        values = work.values
        if self.on_private(values):
            work.say(self.for_owner)
            return
        place = f"{values['road']}, {values['road_spot']}"
        reference = work.report(self.kind, place=place, **{slot: values.get(slot) for slot in self.extra})
        work.say(self.outcome(values), reference=reference, spoken=council.spoken_reference(reference))


@service_form
class FlyTipping(_StreetReport):
    """Waste that was dumped."""

    intent = "street_scene_fly_tipping"
    kind = "fly_tipping"
    done = "utter_fly_tipping_done"
    extra = ("dumped_items", "street_land")
    for_owner = "utter_street_land_private"


@service_form
class Litter(_StreetReport):
    """Litter, a full litter bin, broken glass, or a street that wants sweeping."""

    intent = "street_scene_litter"
    kind = "litter"
    extra = ("litter_kind", "street_land")
    for_owner = "utter_street_land_private"


@service_form
class DogFouling(_StreetReport):
    """Dog mess."""

    intent = "street_scene_dog_fouling"
    kind = "dog_fouling"
    extra = ("street_land",)
    for_owner = "utter_street_land_private"


@service_form
class Graffiti(_StreetReport):
    """Graffiti and fly-posters; what is offensive goes first."""

    intent = "street_scene_graffiti"
    kind = "graffiti"
    extra = ("street_land", "graffiti_offensive")
    for_owner = "utter_graffiti_private"

    def outcome(self, values: Values) -> str:
        return "utter_graffiti_offensive_done" if values.get("graffiti_offensive") else "utter_graffiti_done"


@service_form
class AbandonedCar(_StreetReport):
    """A vehicle that was left for good; on private land too the council may take it, after notice."""

    intent = "street_scene_abandoned_car"
    kind = "abandoned_vehicle"
    extra = ("vehicle", "vehicle_since", "street_land")

    def outcome(self, values: Values) -> str:
        private = values.get("street_land") == "private"
        return "utter_abandoned_car_private_done" if private else "utter_abandoned_car_done"


@service_form
class DeadAnimal(_StreetReport):
    """A dead animal; the chip of a cat or dog is read, so that its owner hears of it."""

    intent = "street_scene_dead_animal"
    kind = "dead_animal"
    done = "utter_dead_animal_done"
    extra = ("dead_animal",)


@service_form
class Needles(_StreetReport):
    """Needles and syringes: urgent, and no question too many."""

    intent = "street_scene_needles"
    kind = "needles"
    done = "utter_needles_done"
