"""The handover card: what an agent must know so that the caller never repeats themselves.

It is built only from what was recorded in the call; the same facts give the same card. One structure has four
renderings: screen and webhook (:meth:`Card.as_json`), the spoken whisper (:meth:`Card.whisper`) and the
``User-to-User`` header (:meth:`Card.user_to_user`).
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from voicebot.dialogue.acts import Fact

SERVICE_NAMES = {
    "waste": "Bins and recycling",
    "council_tax": "Council tax",
    "benefits": "Benefits",
    "housing_repairs": "Housing repairs",
    "council_housing": "Council housing",
    "homelessness": "Homelessness",
    "adult_social_care": "Adult social care",
    "childrens_services": "Children's services",
    "parking": "Parking",
    "blue_badge": "Blue badges and bus passes",
    "highways": "Roads and street lights",
    "street_scene": "Street cleaning",
    "registrars": "Births, deaths and marriages",
    "electoral": "Voting and elections",
    "planning": "Planning and building control",
    "school_admissions": "Schools",
    "environmental_health": "Environmental health",
    "corporate": "General enquiries",
    "none": "General enquiries",
}
"""What each service is called on a screen and in a whisper."""

_NEED_WORDS = {
    "answer": "a question",
    "report": "reporting a problem",
    "transact": "a request",
    "human": "asked for a person",
    "emergency": "an emergency",
}
_NAME_FACTS = ("name", "full_name", "caller_name")
_PHONE_FACTS = ("phone", "phone_number", "contact_number")
_COMMUNICATION_FACTS = ("communication", "communication_needs", "language")
_WHISPER_WORDS = 17
"""About six seconds of speech at an ordinary rate (170–180 words a minute)."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the transcript. ``at_ms`` counts from the answer."""

    who: str
    text: str
    at_ms: float


@dataclass(frozen=True, slots=True)
class Who:
    """The caller, as far as known. ``verified`` says how, or is empty."""

    name: str = ""
    number: str = ""
    address: str = ""
    uprn: str = ""
    verified: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """Everything that goes with a caller to a person."""

    call_id: str
    reference: str
    queue: str
    priority: str
    service: str
    topic: str
    need: str
    who: Who
    urgency: str
    flags: tuple[str, ...]
    communication: tuple[str, ...]
    facts: tuple[Fact, ...]
    done: tuple[str, ...]
    why: str
    next_step: str
    transcript: tuple[Line, ...]

    def as_json(self) -> dict[str, Any]:
        """For the screen, the API and webhooks."""
        data = asdict(self)
        data["facts"] = [fact.model_dump(mode="json") for fact in self.facts]
        data["whisper"] = self.whisper()
        return data

    def whisper(self) -> str:
        """What the agent hears before the caller is joined: at most about six seconds."""
        parts = []
        if self.priority == "urgent":
            parts.append("Urgent.")
        parts.append(f"{self.need}.")
        if self.who.name:
            parts.append(f"Caller {self.who.name}.")
        if self.who.address:
            parts.append(f"{self.who.address.split(',')[0]}.")
        words = " ".join(parts).split()
        if len(words) > _WHISPER_WORDS:
            words = words[:_WHISPER_WORDS]
        text = " ".join(words)
        return text if text.endswith(".") else text + "."

    def user_to_user(self) -> str:
        """``User-to-User`` value (RFC 7433), hex-encoded JSON of at most 128 octets before encoding.

        It holds keys, not people: whoever may open the card finds it by the reference.
        """
        data = {"ref": self.reference, "svc": self.service, "q": self.queue, "pri": self.priority}
        raw = json.dumps(data, separators=(",", ":")).encode()[:128]
        return f"{raw.hex()};encoding=hex"


def build_card(
    *,
    call_id: str,
    reference: str,
    queue: str,
    priority: str,
    reason: str,
    service: str,
    need: str,
    topic: str,
    facts: Sequence[Fact],
    caller: str,
    emergency: str | None,
    references: Sequence[str],
    answered: Sequence[str],
    failures: Sequence[str],
    transcript: Iterable[Line],
) -> Card:
    """Make the card from what was recorded. ``topic`` is the intent that the call is about, if known."""
    known = {fact.name: fact for fact in facts}

    def first(names: Sequence[str]) -> str:
        return next((known[name].value for name in names if name in known and known[name].value), "")

    address = first(("address",))
    if not address:
        pieces = (first(("house_number",)), first(("street",)), first(("postcode",)))
        address = " ".join(piece for piece in pieces if piece)
    who = Who(
        name=first(_NAME_FACTS),
        number=first(_PHONE_FACTS) or caller,
        address=address,
        uprn=first(("uprn",)),
        verified=first(("verified",)),
    )
    done = [f"Gave reference {item}" for item in references]
    done += [f"Answered: {item}" for item in answered]
    done += [f"Did not manage: {item}" for item in failures]
    flags = (emergency,) if emergency else ()
    return Card(
        call_id=call_id,
        reference=reference,
        queue=queue,
        priority=priority,
        service=service,
        topic=topic,
        need=_need_line(service, need, topic, emergency),
        who=who,
        urgency="urgent" if emergency or priority == "urgent" else priority,
        flags=flags,
        communication=tuple(known[name].value for name in _COMMUNICATION_FACTS if name in known),
        facts=tuple(facts),
        done=tuple(done),
        why=reason,
        next_step=_next_step(emergency, failures, facts),
        transcript=tuple(transcript),
    )


def _need_line(service: str, need: str, topic: str, emergency: str | None) -> str:
    name = SERVICE_NAMES.get(service, service.replace("_", " ").capitalize())
    if emergency:
        return f"Safety alert: {emergency.replace('_', ' ')}"
    if topic:
        return f"{name}: {topic.replace('_', ' ')}"
    return f"{name}: {_NEED_WORDS.get(need, 'not yet known')}"


def _next_step(emergency: str | None, failures: Sequence[str], facts: Sequence[Fact]) -> str:
    if emergency:
        return "Check that the caller is safe and that 999 has been rung if life is at risk."
    unconfirmed = [fact.label or fact.name.replace("_", " ") for fact in facts if not fact.confirmed]
    if failures:
        return f"Take over where the assistant stopped: {failures[-1]}."
    if unconfirmed:
        return f"Confirm with the caller: {', '.join(unconfirmed[:4])}."
    return "Carry on from here; the caller has confirmed what is above."
