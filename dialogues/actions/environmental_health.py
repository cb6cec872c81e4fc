"""Environmental health: noise, smoke, pests, food, stray dogs, and homes rented from private landlords."""

import re

from . import council, parsing
from .answers import SLOTS, Answer, Parser, SlotKind, Values, free_text, one_of, whole_if
from .appointments import offer_days
from .forms import ServiceForm, Work, service_form
from .shared_slots import yes_no_slot

_PESTS = {
    "rats": r"rats?|vermin",
    "mice": r"mice|mouse",
    "wasps": r"wasps?|hornets?|wasp nest",
    "bed bugs": r"bed ?bugs?",
    "fleas": r"fleas?",
    "cockroaches": r"cockroach(es)?|roaches",
}
_NOISE = {
    "a barking dog": r"dogs?|barking|howling",
    "an alarm": r"alarms?",
    "loud music": r"music|bass|stereo|drums?|radio|singing|band|karaoke|speakers?",
    "parties": r"part(y|ies)",
    "building work": r"build\w*|drill\w*|diy|d i y|hammer\w*|construction|roofers?|saw",
    "a cockerel": r"cockerels?|cock|rooster|chickens?|hens?",
    "fireworks": r"fireworks?",
    "a television": r"tv|telly|television",
    "shouting": r"shout\w*|scream\w*|stamp\w*|bang\w*|row(s|ing)|footsteps",
    "machinery": r"fans?|extractor|machines?|humming|hums|pump|lorr(y|ies)|factory|turbine|air conditioning",
}
_FROM = re.compile(
    r"\b((?:from |at )?(?:next door(?! but one)|the (?:flat|house|people) (?:above|below|upstairs|downstairs|opposite)|"
    r"upstairs|downstairs|over the road|across the road|the (?:pub|club|factory|takeaway|building site|garage|farm|yard|"
    r"allotments)(?: (?:on|in|at|over|next) [a-z' ]+)?))(?=$|\b)"
)
_TIMES = re.compile(
    r"\b((?:(?:nearly|almost|mostly|just) )?(?:every|all|most|at|each|from|after|until|till|in|on) (?:the )?(?:single )?"
    r"(?:night|nights|day|days|evening|evenings|morning|mornings|weekend|weekends|hours|week|midnight|early hours|"
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?(?: night| morning)?)"
    r"(?: (?:till|until|from|after|between|at|and|to|long|about|past|in|the|one|two|three|four|five|six|seven|eight|nine|"
    r"ten|eleven|twelve|half|midnight|morning|night|o'clock|a m|p m|am|pm|every|weekends?|day|\d+))*)"
)
_RENT = re.compile(
    r"\b((?:(?:black|green|bad|terrible|really|dangerous|dodgy|leaking|leaky|broken) )*(?:damp(?: and mould)?|"
    r"mould(?: and damp)?|mold|no heating|no hot water|leaks?|leaking roof|electrics|boiler|roof|ceiling|windows|rats|mice))"
    r"(?= |$)"
)
_PRICES = "SELECT price FROM pest_prices WHERE pest = ?"


def _described(slot: str, pattern: re.Pattern[str] | None, change: str) -> SlotKind:
    """Something told in the caller's own words; ``pattern`` finds it in a sentence about something else."""

    def spot(answer: Answer) -> Values | None:
        found = pattern.search(parsing.clean(answer.text)) if pattern else None
        return {slot: found.group(1).strip()} if found else None

    return SlotKind(free_text(slot, 3), spot if pattern else None, change=change, clears=(slot,), free=True)


def _spot_from(answer: Answer) -> Values | None:
    """Where it comes from, told in passing: an address, or words such as "next door"."""
    told = SLOTS["postcode"].spot
    found = told(answer) if told else None
    if found:
        return {"nuisance_from": found.get("address") or found["street"]}
    words = _FROM.search(parsing.clean(answer.text))
    return {"nuisance_from": words.group(1).removeprefix("from ").removeprefix("at ")} if words else None


def _with_more(slot: str, parse: Parser, more: str) -> Parser:
    """``parse``, and in the same breath the value of ``more`` if it is not known yet."""

    def both(answer: Answer) -> Values | None:
        values = parse(answer)
        spot = SLOTS[more].spot
        if values is None or spot is None or answer.slots.get(more) is not None:
            return values
        return {**(spot(answer) or {}), **values}

    return both


def _noise(answer: Answer) -> Values | None:
    return one_of("noise_kind", _NOISE)(answer) or free_text("noise_kind", 4)(answer)


def _pest(answer: Answer) -> Values | None:
    found = one_of("pest", _PESTS)(answer)
    if found is None:
        return None
    with council.connection() as opened:
        row = opened.execute(_PRICES, (found["pest"],)).fetchone()
    return {**found, "pest_price": row[0]} if row else None


def _held(answer: Answer) -> Values | None:
    """Whether the dog is safe somewhere, said before it is asked ("I've got a dog here")."""
    said = parsing.clean(answer.text)
    held = re.search(
        r"\b(i've got (a|the|this) \w* ?dog|got (him|her|it) (here|in)|tied up|caught|in my (house|garden|yard|garage|"
        r"kitchen|shed)|picked up a|shut in)\b",
        said,
    )
    if held:
        return {"dog_held": True}
    if re.search(r"\bfound\b", said):
        # "I've found a dog wandering about" may well be in the finder's kitchen by now.
        return None
    return {"dog_held": False} if re.search(r"\b(loose|running|wandering|roaming|straying)\b", said) else None


_DOG = re.compile(
    r"\b((?:(?:an?|the|big|little|small|large|black|brown|white|tan|grey|golden|old|young|scruffy|skinny) )+"
    r"(?:\w+ )?(?:dog|terrier|labrador|alsatian|greyhound|spaniel|staffie|collie|whippet|lurcher|poodle|puppy))\b"
)

SLOTS.update(
    {
        "noise_kind": SlotKind(_noise, one_of("noise_kind", _NOISE), change="noise|kind|sort", clears=("noise_kind",)),
        "nuisance_from": SlotKind(
            _with_more("nuisance_from", free_text("nuisance_from", 3), "nuisance_times"),
            _spot_from,
            change="from|where|place|who",
            clears=("nuisance_from",),
            free=True,
        ),
        "nuisance_times": _described("nuisance_times", _TIMES, "times?|when|days?|hours?"),
        "pest": SlotKind(_pest, _pest, change="pests?|animal", clears=("pest", "pest_price")),
        "pest_day": offer_days("pests", "pest_day", notice=2),
        "food_place": _described("food_place", None, "place|business|shop|restaurant|name of the"),
        "food_problem": SlotKind(
            free_text("food_problem", 3),
            whole_if(
                "food_problem",
                r"poorly|ill|sick|vomit\w*|food poisoning|raw|undercooked|hairs?|mouldy?|out of date|dirty|filthy|cockroach\w*|mouse|"
                r"mice|rats?|maggots?|pink in the middle",
            ),
            change="problem|complaint|wrong",
            clears=("food_problem",),
            free=True,
            story=True,
        ),
        "dog_looks": SlotKind(
            _with_more("dog_looks", free_text("dog_looks", 3), "road"),
            _described("dog_looks", _DOG, "").spot,
            change="dog|looks?|colour",
            clears=("dog_looks",),
            free=True,
        ),
        "dog_held": SlotKind(
            yes_no_slot(
                "dog_held",
                yes=r"with me|(?:in|into|inside|round) (?:my|our|the|me) (?:\w+ )?(?:house|kitchen|garden|yard|garage|shed|porch|hall|car|van|home)|"
                r"tied up|tied to|shut in|on a lead|here now|safe|got (?:him|her|it)",
                no=r"(?:ran|run|gone|went|made) off|gone(?: now)?|loose|wander\w*|roam\w*|running|can't catch|won't come|disappeared",
            ).parse,
            _held,
            clears=("dog_held",),
            otherwise={"dog_held": False},
        ),
        "landlord_told": yes_no_slot(
            "landlord_told",
            yes=r"(?:(i've|we've|i have|we have|i) )?(\w+ )?(told|rung|rang|phoned|emailed|messaged|texted|written to|wrote to|complained to|asked|been on to) "
            r"(\w+ ){0,2}(him|her|them|landlord|landlady|agents?|agency)|(landlord|landlady|he|she|they)(?:'s)? (knows?|won't|refuses?|ignor\w+|not interested|"
            r"keeps? (saying|promising|fobbing))",
            answers_yes=r"(?:texted|emailed|messaged|rung|rang|told|phoned)(?: (?:him|her|them|twice|already|again))*",
            no=r"(haven't|not|never) (\w+ )?(told|rung|asked|spoken|mentioned)|(he|she|they) (doesn't|don't) know",
        ),
        "rent_problem": _described("rent_problem", _RENT, "problem|wrong|what"),
    }
)


class _Report(ServiceForm):
    """What the reports have in common: a kind, what was told, and how it is answered."""

    kind = ""
    done = ""
    told: tuple[str, ...] = ()

    def outcome(self, values: Values) -> str:
        """What the caller is told at the end."""
        return self.done

    def place(self, values: Values) -> str | None:
        """Where it is, when that is not the caller's own address."""
        return None

    def finish(self, work: Work) -> None:
        values = work.values
        details = {slot: values.get(slot) for slot in self.told}
        reference = work.report(self.kind, place=self.place(values), **details)
        work.say(self.outcome(values), reference=reference, spoken=council.spoken_reference(reference))


@service_form
class Noise(_Report):
    """Noise, with its times; a diary of two weeks is what an officer works with."""

    intent = "environmental_health_noise"
    place_is_another = True
    kind = "noise"
    done = "utter_noise_done"
    told = ("noise_kind", "nuisance_from", "nuisance_times", "name", "phone")


@service_form
class Smoke(_Report):
    """Smoke, bonfires, smells and dust."""

    intent = "environmental_health_smoke"
    place_is_another = True
    kind = "smoke"
    done = "utter_smoke_done"
    told = ("nuisance_from", "nuisance_times", "name", "phone")


@service_form
class PestTreatment(ServiceForm):
    """A visit by pest control, at its price."""

    intent = "environmental_health_pest_treatment"
    price = "utter_environmental_health_pest_prices"

    def finish(self, work: Work) -> None:
        values = work.values
        day, part = values["pest_day_at"]
        details = {slot: values[slot] for slot in ("pest", "pest_price", "phone")}
        reference = work.report("pest_treatment", day=day, **details)
        council.book(reference, "pests", day, part)
        work.say("utter_pest_done", reference=reference, spoken=council.spoken_reference(reference))


@service_form
class Food(_Report):
    """Bad food, a dirty kitchen, or an illness after a meal."""

    intent = "environmental_health_food"
    kind = "food_complaint"
    done = "utter_food_done"
    told = ("food_problem", "name", "phone")

    def place(self, values: Values) -> str | None:
        return str(values["food_place"])


@service_form
class StrayDog(_Report):
    """A dog without its owner, for the dog warden."""

    intent = "environmental_health_stray_dog"
    kind = "stray_dog"
    done = "utter_stray_dog_done"
    told = ("dog_looks", "dog_held", "phone")

    def place(self, values: Values) -> str | None:
        return f"{values['road']}, {values['road_spot']}"


@service_form
class PrivateRent(_Report):
    """Damp, mould and other dangers in a home that is rented from a private landlord."""

    intent = "environmental_health_private_rent"
    covers = ("housing_repairs_damp", "housing_repairs_log", "housing_repairs_repeat", "housing_repairs_disrepair")
    kind = "private_rented_home"
    told = ("landlord_told", "rent_problem", "vulnerable_who", "name", "phone")

    def outcome(self, values: Values) -> str:
        return "utter_private_rent_done" if values["landlord_told"] else "utter_private_rent_untold_done"
