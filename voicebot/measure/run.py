"""Runs the held-out set through the dialogue, several lines or calls at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from pathlib import Path
from typing import Any, TypeVar

from voicebot.cli.understand import understand
from voicebot.dialogue.acts import Turn, TurnReply
from voicebot.dialogue.client import DialogueClient, Parsed
from voicebot.errors import DialogueUnavailable
from voicebot.measure.calls import hold
from voicebot.measure.held_out import Utterance
from voicebot.measure.noise import Noise, word_error_rate
from voicebot.measure.score import Judged
from voicebot.rehearsal.script import CallScript
from voicebot.rehearsal.verdict import Verdict, judge
from voicebot.safety.detector import SafetyNet
from voicebot.settings import Settings

HELD_OUT = Path("tests/dialogue/held_out")
AT_ONCE = 6
_TRIES = 4

_Item = TypeVar("_Item")
_Made = TypeVar("_Made")


async def utterances(
    client: DialogueClient,
    net: SafetyNet,
    spoken: Sequence[Utterance],
    noise: float = 0.0,
    known: Collection[str] = (),
) -> tuple[list[Judged], float]:
    """Understand each one, with ``noise`` word errors for each word; gives what came of it and the real error rate."""
    clean = [one.text for one in spoken]
    texts = Noise().make(clean, noise) if noise else clean

    async def one(pair: tuple[Utterance, str]) -> Judged:
        utterance, text = pair
        return Judged(utterance, await _patiently(lambda: understand(client, net, text, utterance.asked, known)))

    judged = await _several(list(zip(spoken, texts, strict=True)), one)
    return judged, word_error_rate(clean, texts)


async def calls(
    client: DialogueClient, net: SafetyNet, scripts: Sequence[CallScript], settings: Settings
) -> list[Verdict]:
    """Hold each call in text."""
    mind = _PatientMind(client)

    async def one(script: CallScript) -> Verdict:
        return judge(script, "text", await hold(script, mind, net, settings))

    return await _several(scripts, one)


class _PatientMind:
    """Asks again when a machine full of work was too slow: what is judged here is understanding, not speed."""

    def __init__(self, client: DialogueClient) -> None:
        self._client = client

    async def turn(self, turn: Turn) -> TurnReply:
        """Answer a turn."""
        return await _patiently(lambda: self._client.turn(turn))

    async def parse(self, text: str) -> Parsed:
        """What a text alone would be taken for."""
        return await _patiently(lambda: self._client.parse(text))


async def _patiently(ask: Callable[[], Awaitable[_Made]]) -> _Made:
    for left in range(_TRIES - 1, -1, -1):
        try:
            return await ask()
        except DialogueUnavailable:
            if not left:
                raise
    raise AssertionError("unreachable")


async def _several(items: Sequence[_Item], work: Callable[[_Item], Awaitable[_Made]]) -> list[_Made]:
    """Work on a few at a time; results in the order of the items."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(item: _Item) -> _Made:
        async with turns:
            return await work(item)

    return list(await asyncio.gather(*(one(item) for item in items)))


def verdict_line(verdict: Verdict) -> dict[str, Any]:
    """One call for ``--json``: where it ended and what was not as it must be."""
    end = verdict.end
    return {
        "call": verdict.script.name,
        "passed": verdict.passed,
        "problems": list(verdict.problems),
        "outcome": end.outcome,
        "service": end.service,
        "queue": end.queue,
        "emergency": end.emergency,
    }
