"""A typed conversation with a version that runs, and how each of its answers came about."""

import os

from voicebot.accounts.roles import Role
from voicebot.dialogue.acts import ENGLISH, Turn, TurnEvent
from voicebot.dialogue.client import DialogueClient
from voicebot.errors import DialogueUnavailable
from voicebot.flows.drafts import Heard, Step
from voicebot.flows.errors import NotReady
from voicebot.flows.people import Person
from voicebot.flows.running import told
from voicebot.settings import Settings

_TALK_S = 10.0


async def talk(
    settings: Settings,
    who: Person,
    version: str,
    conversation: str,
    *,
    text: str = "",
    keys: str = "",
    start: bool = False,
    language: str = "",
) -> Heard:
    """One turn of a typed conversation with a version that is on trial or live, and how its answer came about.

    ``start`` opens the conversation; ``language`` is that of its answers where it is not English. Raises
    :class:`NotReady` when the version does not run.
    """
    who.must_be({Role.AUTHOR, Role.REVIEWER, Role.PUBLISHER}, "try a draft out")
    running = told(settings)
    dialogue = running.of(version) if running else None
    if dialogue is None:
        raise NotReady("This version does not run: start it for a trial first.")
    event = TurnEvent.START if start else TurnEvent.KEYED if keys else TurnEvent.SAID
    turn = Turn(
        sender=f"trial-{who.id}-{conversation}"[:120],
        event=event,
        text=text,
        keys=keys,
        channel="text",
        language=language or ENGLISH,
    )
    token = os.environ.get("VOICEBOT_DIALOGUE_TOKEN", "")
    async with DialogueClient(dialogue.url, token, timeout_s=_TALK_S) as client:
        try:
            reply = await client.turn(turn)
            steps = await client.trace(turn.sender)
        except DialogueUnavailable as error:
            raise NotReady(f"The version on trial does not answer: {error}.") from error
    return Heard(
        acts=reply.acts,
        steps=tuple(Step.model_validate(step) for step in steps),
        intent=reply.intent,
        confidence=reply.confidence,
        facts=reply.facts,
        service=reply.service,
        need=reply.need,
        queue=reply.queue,
    )
