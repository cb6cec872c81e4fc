"""``voicebot understand``: what each line would be taken for, by the code that a call uses."""

import asyncio
import json
import sys
import uuid
from collections.abc import Collection
from datetime import date
from pathlib import Path
from typing import Any

from voicebot.app.dialogue_session import dialogue_client
from voicebot.council.postcodes import postcodes
from voicebot.dialogue.acts import Fact, Guess, Turn, TurnReply
from voicebot.dialogue.client import DialogueClient
from voicebot.errors import ConfigurationError
from voicebot.safety.detector import SafetyNet
from voicebot.safety.guard import Alarm, AskFirst, SafetyGuard
from voicebot.safety.services import SERVICE_OF_RULE
from voicebot.safety.training import safety_net
from voicebot.session.ledger import SAYS_SOMETHING
from voicebot.settings import Settings, load
from voicebot.spoken.answer import answered
from voicebot.spoken.control import besides_person, wants_person
from voicebot.spoken.normalise import normalise
from voicebot.spoken.pause import asks_to_wait
from voicebot.spoken.wish import ANSWER, wish


def judge(net: SafetyNet, reply: TurnReply, text: str) -> dict[str, Any]:
    """One line of the answer: safety first, then what the dialogue made of it."""
    found = SafetyGuard(net).hear(text)
    alarm = found if isinstance(found, Alarm) else None
    # What the caller would be asked about is what it is taken for, with that confidence.
    about = reply.guess or reply
    need, queue = wish(text, about.need), about.queue
    if alarm is None and asks_to_wait(text):
        # As in a call, which gives them the moment whatever the dialogue would make of it.
        about, need, queue = Guess(service="none", need="control", queue="none"), "control", "none"
    if alarm is not None:
        queue = alarm.queue
    elif (about.need in ("answer", "smalltalk", "control") or need == ANSWER) and not wants_person(text):
        queue = "none"
    return {
        "service": SERVICE_OF_RULE.get(alarm.rule, "none") if alarm else about.service,
        "need": "emergency" if alarm else need,
        "queue": queue,
        "emergency": alarm.rule if alarm else None,
        "emergency_ask": found.rule if isinstance(found, AskFirst) else None,
        "facts": {fact.name: fact.value for fact in reply.facts if isinstance(fact, Fact)},
        "confidence": round(reply.confidence, 3),
    }


async def _understand(settings: Settings) -> None:
    async with dialogue_client(settings) as client:
        net = safety_net(settings)
        known = postcodes(settings.council_database)
        for line in sys.stdin:
            if line.strip():
                print(json.dumps(await _one(client, net, line, known), ensure_ascii=False), flush=True)


async def _one(client: DialogueClient, net: SafetyNet, line: str, known: Collection[str]) -> dict[str, Any]:
    try:
        request = json.loads(line)
        raw, asked = str(request["text"]), request.get("asked")
    except (json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise ConfigurationError(f'each line is a JSON object such as {{"text": "…"}}: {error}') from error
    return await understand(client, net, raw, asked, known)


async def understand(
    client: DialogueClient, net: SafetyNet, raw: str, asked: str | None = None, known: Collection[str] = ()
) -> dict[str, Any]:
    """What ``raw`` would be taken for as the first words of a call, or as the answer to what was ``asked``.

    ``known`` are the postcodes that exist, for those that were misheard.
    """
    text = normalise(raw, slot=asked or "")
    sender = f"understand-{uuid.uuid4().hex}"
    reply = await client.turn(Turn(sender=sender, text=text, raw=raw, asked=asked, channel="text"))
    judged = judge(net, reply, raw)
    about = besides_person(text)
    if about and judged["service"] == "none" and not judged["emergency"]:
        # As in a call: whose person is wanted is told by the rest of the words.
        parsed = await client.parse(about)
        if parsed.service != "none" and parsed.confidence >= SAYS_SOMETHING:
            judged |= {"service": parsed.service, "need": "human", "queue": parsed.queue}
    if asked:
        # The dialogue has no form open for it: what was asked is known here only.
        judged["facts"] |= answered(raw, asked, date.today(), known)
    return judged


def understand_command(config: Path | None) -> None:
    """Read standard input to its end."""
    asyncio.run(_understand(load(config)))
