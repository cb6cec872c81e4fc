"""Responses in the caller's language, where they are written in it: ``metadata.languages`` of a response.

Rasa fills in what a response says, but not what stands in its metadata: so the words of the language take the place of
the English ones before it is filled.
"""

import copy
from typing import Any

from rasa.core.nlg import TemplatedNaturalLanguageGenerator
from rasa.shared.core.trackers import DialogueStateTracker

Response = dict[str, Any]


def in_language(response: Response, language: str) -> Response:
    """The response in a language; the same where it is not there in it.

    What is said in English beside the text is left out then. All of it is kept under ``english``, for
    :class:`actions.shared_actions.Repeat` and callers who go back to English.
    """
    custom = response.get("custom") or {}
    words = ((response.get("metadata") or {}).get("languages") or {}).get(language) or {}
    if not words.get("text") or "act" in custom:
        return response
    kind, own = ("ask", ("spoken", "retries")) if "ask" in custom else ("say", ("spoken",))
    said = {key: value for key, value in (custom.get(kind) or {}).items() if key not in own}
    said.update({key: words[key] for key in own if words.get(key)}, language=language)
    english = {"text": response.get("text") or "", "custom": custom}
    return {**response, "text": words["text"], "custom": {**custom, kind: said, "english": english}}


class InTheirLanguage(TemplatedNaturalLanguageGenerator):
    """Rasa's own way of making words of a response, in the language of the turn that is answered."""

    def __init__(self, endpoint_config: Any = None, domain: Any = None) -> None:
        super().__init__(domain.responses if domain is not None else {})

    async def generate(
        self, utter_action: str, tracker: DialogueStateTracker, output_channel: str, **kwargs: Any
    ) -> "Response | None":
        """What a response says to this caller."""
        slots = tracker.current_slot_values()
        chosen = self._random_response_for(utter_action, output_channel, slots)
        if chosen is None:
            return None
        language = str(((tracker.latest_message and tracker.latest_message.metadata) or {}).get("language") or "")
        return self._fill_response(in_language(copy.deepcopy(chosen), language), slots, **kwargs)
