"""Elections: registering, the register, the polling station, and forms for postal and proxy votes."""

import re
from dataclasses import replace
from datetime import date

from . import council, parsing
from .answers import SLOTS, Answer, SlotKind, Values, free_text, one_of
from .forms import ServiceForm, Work, service_form

YOUNGEST = 16
"""From this age on one may be on the register; one votes from 18."""

_NATIONS = {
    "British": r"british|britain|english|england|scottish|scots|welsh|uk|u k|united kingdom|from here",
    "Irish": r"irish|ireland",
    "Polish": r"polish|poland",
    "Romanian": r"romanian?",
    "Indian": r"indian?",
    "Pakistani": r"pakistani?",
    "Bangladeshi": r"bangladeshi?",
    "Nigerian": r"nigerian?",
}
_REASONS = {
    "ill or in hospital": r"ill|poorly|sick|hospital|operation|badly|unwell",
    "disabled": r"disabled|disability|wheelchair|can't walk|housebound|blind|mobility",
    "at work": r"work|working|job|shift|offshore|army|navy|forces",
    "away": r"away|holiday|abroad|travel\w*|university|college|studying|out of the country",
}


def _nationality(answer: Answer) -> Values | None:
    found = one_of("electoral_nationality", _NATIONS)(answer)
    if found:
        return found
    words = re.sub(r"^(i'm|i am|it's|my nationality is) ", "", parsing.clean(answer.text)).split()
    if len(words) > 3 or parsing.refusal(answer.text):
        return None
    return {"electoral_nationality": " ".join(words).capitalize()} if words else None


_FROM = re.compile(
    rf"\b(?:i'm|i am|we're|we are|as) (?:an? )?(?:{'|'.join(_NATIONS.values())})(?: citizen| national| passport)?\b"
)


def _spot_nationality(answer: Answer) -> Values | None:
    """A nationality told unasked: "I'm Polish and want to vote"."""
    found = _FROM.search(parsing.clean(answer.text))
    return one_of("electoral_nationality", _NATIONS)(replace(answer, text=found[0])) if found else None


def _proxy(answer: Answer) -> Values | None:
    name = parsing.person_name(answer.text)
    return {"electoral_proxy": name} if name else None


def _reason(answer: Answer) -> Values | None:
    return one_of("electoral_reason", _REASONS)(answer) or free_text("electoral_reason", 4)(answer)


SLOTS.update(
    {
        "electoral_nationality": SlotKind(
            _nationality, _spot_nationality, change="nationality|citizen|country", clears=("electoral_nationality",)
        ),
        "electoral_proxy": SlotKind(_proxy, change="proxy|person who votes|other person", clears=("electoral_proxy",)),
        "electoral_reason": SlotKind(
            _reason,
            one_of(
                "electoral_reason",
                {
                    key: rf"(?:i'm|i am|i'll be|i will be|he's|she's|he'll be|she'll be) (?:\\w+ )?(?:{words})"
                    for key, words in _REASONS.items()
                },
            ),
            change="reason|why",
            clears=("electoral_reason",),
            free=True,
        ),
    }
)


def too_young(values: Values) -> bool:
    """Whether who is to be registered is not 16 yet."""
    if not values.get("date_of_birth_at"):
        return False
    born, today = date.fromisoformat(values["date_of_birth_at"]), council.today()
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day)) < YOUNGEST


@service_form
class Register(ServiceForm):
    """A registration to vote; who has no National Insurance number at hand is written to for proof."""

    intent = "electoral_register"

    def needed(self, slot: str, values: Values) -> bool:
        after_birth = ("electoral_nationality", "ni_number", "phone", "confirm")
        return super().needed(slot, values) and not (slot in after_birth and too_young(values))

    def finish(self, work: Work) -> None:
        values = work.values
        if too_young(values):
            work.say("utter_electoral_too_young")
            return
        slots = ("name", "date_of_birth_at", "electoral_nationality", "ni_number", "phone")
        reference = work.report("register_to_vote", **{slot: values.get(slot) for slot in slots})
        work.say("utter_electoral_register_done", reference=reference, spoken=council.spoken_reference(reference))


@service_form
class Check(ServiceForm):
    """Whether a name is on the register at an address: yes or no, and nothing else of what the register says."""

    intent = "electoral_check"

    def finish(self, work: Work) -> None:
        values = work.values
        with council.connection() as opened:
            rows = opened.execute("SELECT name FROM electors WHERE uprn = ?", (values["uprn"],)).fetchall()
        said = set(parsing.clean(values["name"]).split())
        registered = any(set(parsing.clean(name).split()) <= said for (name,) in rows)
        answer = "utter_electoral_registered" if registered else "utter_electoral_not_registered"
        work.say(answer, name=values["name"], address=values["address"])


@service_form
class PollingStation(ServiceForm):
    """Where an address votes."""

    intent = "electoral_polling_station"

    def finish(self, work: Work) -> None:
        values = work.values
        with council.connection() as opened:
            row = opened.execute(
                "SELECT station FROM polling_stations WHERE street = ?", (values["street"],)
            ).fetchone()
        if row is None:
            work.to_person("The street has no polling station on record.")
            return
        work.say("utter_electoral_station", address=values["address"], station=row[0])


@service_form
class PostalVote(ServiceForm):
    """A form for a postal vote, which has to be signed."""

    intent = "electoral_postal_vote"

    def finish(self, work: Work) -> None:
        details = {slot: work.values.get(slot) for slot in ("name", "date_of_birth_at", "phone")}
        reference = work.report("postal_vote_form", **details)
        work.say("utter_electoral_postal_done", reference=reference, spoken=council.spoken_reference(reference))


@service_form
class ProxyVote(ServiceForm):
    """A form for a vote by somebody else, which has to be signed."""

    intent = "electoral_proxy_vote"

    def finish(self, work: Work) -> None:
        slots = ("name", "date_of_birth_at", "electoral_proxy", "electoral_reason", "phone")
        reference = work.report("proxy_vote_form", **{slot: work.values.get(slot) for slot in slots})
        work.say("utter_electoral_proxy_done", reference=reference, spoken=council.spoken_reference(reference))
