"""The handover card: what an agent must know so that the caller never repeats themselves.

It is built only from what was recorded in the call; the same facts give the same card. One structure has four
renderings: screen and webhook (:meth:`Card.as_json`), the spoken whisper (:meth:`Card.whisper`) and the
``User-to-User`` header (:meth:`Card.user_to_user`).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from voicebot.dialogue.acts import Fact
from voicebot.handoff.titles import Titles, plain

_NEED_WORDS = {
    "answer": "a question",
    "report": "reporting a problem",
    "transact": "a request",
    "human": "asked for a person",
    "emergency": "an emergency",
}
_NAME_FACTS = ("name", "full_name", "caller_name")
_PHONE_FACTS = ("phone", "phone_number", "contact_number")
_NOT_GIVEN = "not given"
"""The value of a fact that the caller would rather not tell: it is kept, but nobody can be rung by it."""
_COMMUNICATION_FACTS = ("communication", "communication_needs", "language")
_SAFEGUARDING = {"safeguarding_adults": "Safeguarding: an adult", "safeguarding_children": "Safeguarding: a child"}
_WHISPER_WORDS = 17
"""About six seconds of speech at an ordinary rate (170–180 words a minute)."""
_STEPS = {
    "no_match": ("Could not understand the caller once", "Could not understand the caller {} times"),
    "no_input": ("Heard nothing from the caller once", "Heard nothing from the caller {} times"),
    "link_sent": ("Sent a text with a link to our page", "Sent {} texts with a link to our page"),
    "card_number_refused": ("Refused to take a card number", "Refused to take a card number {} times"),
}
"""Steps of a call that an agent should know of, once and more than once."""
_MOST_TO_CONFIRM = 4


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the transcript. ``at_ms`` counts from the answer; ``asked`` is the question that it answers."""

    who: str
    text: str
    at_ms: float
    asked: str = ""


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
    """Everything that goes with a caller to a person.

    ``need`` is one line in plain words, ``words`` what the caller said when first asked how to help. ``flags`` are
    names that programs know, ``alerts`` the same for people.
    """

    call_id: str
    reference: str
    queue: str
    priority: str
    service: str
    topic: str
    need: str
    words: str
    who: Who
    urgency: str
    flags: tuple[str, ...]
    alerts: tuple[str, ...]
    communication: tuple[str, ...]
    facts: tuple[Fact, ...]
    done: tuple[str, ...]
    why: str
    next_step: str
    transcript: tuple[Line, ...]
    corrections: tuple[str, ...] = ()
    """What the caller said when told what would be passed on, in their own words."""

    def as_json(self) -> dict[str, Any]:
        """For the screen, the API and webhooks."""
        data = asdict(self)
        data["facts"] = [fact.model_dump(mode="json") for fact in self.facts]
        data["whisper"] = self.whisper()
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Card":
        """The card that :meth:`as_json` was made of; what is missing is empty."""
        texts = ("call_id", "reference", "queue", "priority", "service", "topic", "need", "words", "urgency", "why")
        lists = ("flags", "alerts", "communication", "done", "corrections")
        plain_ones: dict[str, Any] = {name: str(data.get(name, "")) for name in texts}
        plain_ones |= {name: tuple(data.get(name, ())) for name in lists}
        return cls(
            **plain_ones,
            who=Who(**data.get("who", {})),
            facts=tuple(Fact.model_validate(fact) for fact in data.get("facts", ())),
            next_step=str(data.get("next_step", "")),
            transcript=tuple(Line(**line) for line in data.get("transcript", ())),
        )

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
    titles: Titles | None = None,
    wishes: Sequence[str] = (),
    steps: Mapping[str, int] | None = None,
    corrections: Sequence[str] = (),
) -> Card:
    """Make the card from what was recorded.

    ``topic`` is what the call is about, if known; ``answered`` are the topics of answers given; ``wishes`` are how the
    caller asked to be spoken to; ``steps`` is how often each kind of step was recorded; ``corrections`` are what the
    caller put right when told what would be passed on.
    """
    titles = titles or Titles()
    known = {fact.name: fact for fact in facts}
    lines = tuple(transcript)

    def first(names: Sequence[str]) -> str:
        given = (known[name].value for name in names if name in known)
        return next((value for value in given if value and value != _NOT_GIVEN), "")

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
    safeguarding = _SAFEGUARDING.get(queue, "")
    return Card(
        call_id=call_id,
        reference=reference,
        queue=queue,
        priority=priority,
        service=service,
        topic=topic,
        need=_need_line(service, need, topic, emergency, titles),
        words=_own_words(lines),
        who=who,
        urgency="urgent" if emergency or priority == "urgent" else priority,
        flags=tuple(flag for flag in (emergency, "safeguarding" if safeguarding else "") if flag),
        alerts=tuple(
            alert for alert in (f"Safety: {titles.rule(emergency)}" if emergency else "", safeguarding) if alert
        ),
        communication=(*(known[name].value for name in _COMMUNICATION_FACTS if name in known), *wishes),
        facts=tuple(fact if fact.label else fact.model_copy(update={"label": _label(fact)}) for fact in facts),
        done=_done(references, [titles.need(service, topic) for topic in answered], failures, steps or {}),
        why=reason,
        next_step=_next_step(emergency, topic, failures, references, facts, corrections),
        transcript=lines,
        corrections=tuple(corrections),
    )


def _label(fact: Fact) -> str:
    words = plain(fact.name)
    return fact.label or words[:1].upper() + words[1:]


def _need_line(service: str, need: str, topic: str, emergency: str | None, titles: Titles) -> str:
    name = titles.service(service)
    if emergency:
        return f"Safety alert: {titles.rule(emergency)}"
    if topic:
        return f"{name}: {titles.need(service, topic)}"
    return f"{name}: {_NEED_WORDS.get(need, 'not yet known')}"


def _own_words(lines: Sequence[Line]) -> str:
    """What the caller answered to the open question, first of all; a key is no words."""
    return next(
        (line.text for line in lines if line.who == "caller" and line.asked in ("", "need") and line.text[:1] != "["),
        "",
    )


def _done(
    references: Sequence[str], answered: Sequence[str], failures: Sequence[str], steps: Mapping[str, int]
) -> tuple[str, ...]:
    done = [f"Gave reference {item}" for item in references]
    done += [f"Answered: {item}" for item in answered]
    done += [f"Did not manage: {item}" for item in failures]
    for kind, (once, often) in _STEPS.items():
        if count := steps.get(kind, 0):
            done.append(once if count == 1 else often.format(count))
    return tuple(done)


def _next_step(
    emergency: str | None,
    topic: str,
    failures: Sequence[str],
    references: Sequence[str],
    facts: Sequence[Fact],
    corrections: Sequence[str],
) -> str:
    if emergency:
        return "Check that the caller is safe and that 999 has been rung if life is at risk."
    if corrections:
        return f"Begin with what the caller put right: {corrections[-1]}"
    if failures:
        return f"Take over where the assistant stopped: {failures[-1]}."
    if not topic and not facts:
        return "Ask what the call is about: the assistant did not find out."
    unconfirmed = [_label(fact) for fact in facts if not fact.confirmed]
    if unconfirmed:
        return f"Confirm with the caller: {', '.join(unconfirmed[:_MOST_TO_CONFIRM])}."
    if not facts:
        return "Carry on from here; the assistant took no details."
    if references:
        return f"Carry on from reference {references[-1]}; the caller has confirmed what is above."
    return "Carry on from here; the caller has confirmed what is above."
