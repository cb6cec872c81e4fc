"""What a conversation asks its questions of."""

from typing import Protocol

from voicebot.dialogue.acts import Turn, TurnReply
from voicebot.dialogue.client import Parsed


class Mind(Protocol):
    """What answers a turn: Rasa, through :class:`~voicebot.dialogue.client.DialogueClient`."""

    async def turn(self, turn: Turn) -> TurnReply:
        """Answer a turn. Raises :class:`~voicebot.errors.DialogueUnavailable`."""
        ...

    async def parse(self, text: str) -> Parsed:
        """What a text alone would be taken for. Raises :class:`~voicebot.errors.DialogueUnavailable`."""
        ...


class Ahead(Protocol):
    """What may have worked out the answer to a turn before it came."""

    async def settled(self, turn: Turn) -> Turn:
        """The turn, marked if its answer is there already."""
        ...
