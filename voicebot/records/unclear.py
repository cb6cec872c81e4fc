"""What callers said that was not understood, or not for sure, without who they are: to teach the dialogue with."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select

from voicebot.records.database import Database
from voicebot.records.dismissed import digest_of, dismissed_among, plain
from voicebot.records.entries import turn_uid
from voicebot.records.models import FactRow, StepRow, TurnRow
from voicebot.records.redaction import redacted

UNDERSTOOD = "understood"
"""The step that says for what a caller's turn was taken: ``turn`` (its index), ``intent`` and ``confidence``."""
NOTHING = "nlu_fallback"
"""The intent of what was taken for nothing."""
_SURE = 0.45
"""Confidence from which a guess is left alone. The call itself acts from 0.25 and asks back below."""
_LOOK_AT = 2000
_MOST_DISMISSED = 500
"""How many more are looked at, since some may have been dismissed; digests are asked for in one statement."""
_OPEN = (None, "need", "anything_else")
"""What was asked where any need may be told; an answer to another question teaches nothing about needs."""
_FEWEST_WORDS = 2
_PERSONAL = frozenset(
    {"name", "phone", "postcode", "house_number", "street", "address", "email", "date_of_birth", "ni_number"}
)


@dataclass(frozen=True, slots=True)
class UnclearPhrase:
    """Words that came up ``times`` in calls. ``intent`` is what they were taken for at last, empty for nothing."""

    text: str
    intent: str
    confidence: float
    times: int
    last_at_ms: float


async def unclear_phrases(database: Database, *, known: Collection[str] = (), limit: int = 100) -> list[UnclearPhrase]:
    """The most frequent first, among the latest calls.

    Those that are examples already (``known``) and those that somebody dismissed are left out.
    """
    taken = {plain(text) for text in known}
    found: dict[str, UnclearPhrase] = {}
    async with database.session() as session:
        steps = select(StepRow).where(StepRow.kind == UNDERSTOOD).order_by(StepRow.id.desc()).limit(_LOOK_AT)
        unsure = [
            step
            for step in (await session.execute(steps)).scalars()
            if step.data.get("intent") == NOTHING or float(step.data.get("confidence", 1.0)) < _SURE
        ]
        uids = [turn_uid(step.call_id, int(step.data["turn"])) for step in unsure]
        calls = {step.call_id for step in unsure}
        turns = {
            turn.uid: turn for turn in (await session.execute(select(TurnRow).where(TurnRow.uid.in_(uids)))).scalars()
        }
        facts: dict[str, list[str]] = {}
        personal = select(FactRow).where(FactRow.call_id.in_(calls), FactRow.name.in_(_PERSONAL))
        for fact in (await session.execute(personal)).scalars():
            facts.setdefault(fact.call_id, []).append(fact.value)
    for step, uid in zip(unsure, uids, strict=True):
        turn = turns.get(uid)
        if turn is None or turn.asked not in _OPEN:
            continue
        text = redacted(turn.text, facts.get(step.call_id, ()))
        words = plain(text)
        if words in taken or len(words.split()) < _FEWEST_WORDS:
            continue
        intent = str(step.data.get("intent", ""))
        confidence = float(step.data.get("confidence", 0.0))
        before_it = found.get(words)
        found[words] = (
            UnclearPhrase(text, "" if intent == NOTHING else intent, confidence, 1, step.at_ms)
            if before_it is None
            else UnclearPhrase(
                before_it.text, before_it.intent, before_it.confidence, before_it.times + 1, before_it.last_at_ms
            )
        )
    ordered = sorted(found.values(), key=lambda phrase: (-phrase.times, phrase.confidence))[: limit + _MOST_DISMISSED]
    async with database.session() as session:
        dismissed = await dismissed_among(session, (phrase.text for phrase in ordered))
    return [phrase for phrase in ordered if digest_of(phrase.text) not in dismissed][:limit]
