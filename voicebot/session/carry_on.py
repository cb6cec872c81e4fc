"""A caller who was cut off and rings again is asked whether to go on where the call was."""

from typing import Protocol

from voicebot.dialogue.acts import Ask, BotAct, Profile
from voicebot.session.question import apart

CARRY_ON_SLOT = "carry_on"
"""The slot of the question whether to go on with the call before."""

_SHORT = 3
"""An answer of so many words is no more than yes or no."""

_QUESTION = Ask(
    slot=CARRY_ON_SLOT,
    text="I think we were cut off before. Shall we carry on where we were?",
    profile=Profile.YES_NO,
    keypad={"1": "yes", "2": "no"},
    retries=(
        "Shall we carry on with what we were doing? Say yes or no, or press 0 for a person.",
        "Press 1 to carry on, 2 to start something new, or 0 for a person.",
    ),
)


class Earlier(Protocol):
    """Where earlier calls are looked for."""

    async def dropped(self, caller: str) -> str | None:
        """The conversation that this caller was cut off from, if any."""
        ...


class CarryOn:
    """One call's offer to go on with the one before."""

    def __init__(self, earlier: Earlier | None) -> None:
        self._earlier = earlier
        self._conversation = ""
        self._instead: Ask | None = None

    async def offered(self, acts: tuple[BotAct, ...], caller: str) -> tuple[BotAct, ...]:
        """The greeting, with the offer in the place of its question if there is something to go on with."""
        last = acts[-1] if acts else None
        if self._earlier is None or not isinstance(last, Ask):
            return acts
        conversation = await self._earlier.dropped(caller)
        if conversation is None:
            return acts
        greeting, question = apart(last)
        self._conversation, self._instead = conversation, question
        return (*acts[:-1], *greeting, _QUESTION)

    @property
    def conversation(self) -> str:
        """What to go on with."""
        return self._conversation

    @property
    def instead(self) -> Ask | None:
        """The greeting's own question, for those who want something else."""
        return self._instead

    @staticmethod
    def only_declined(text: str, wanted: bool | None) -> bool:
        """Whether the caller said no and nothing else yet."""
        return wanted is False and len(text.split()) <= _SHORT
