"""Whoever tells of a death hears first that we are sorry, whatever they are answered: once in a call."""

from typing import Any

from rasa.shared.core.events import UserUttered

from actions.bereavement import SORRY, first_told


async def with_condolence(agent: Any, tracker: Any, messages: list[dict[str, Any]]) -> None:
    """Put it before ``messages``, which answer the latest turn, unless one of them is sorry already."""
    said = [event.text for event in tracker.events if isinstance(event, UserUttered) and event.text]
    if not messages or not said or not first_told(said):
        return
    if any("sorry" in str(message.get("text") or "").lower() for message in messages):
        return
    sorry = await agent.processor.nlg.generate(SORRY, tracker, "voicebot")
    if sorry:
        messages.insert(0, sorry)
