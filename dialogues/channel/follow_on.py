"""Questions that name nothing: "how do I pay?" is about council tax only where the call is about that.

Alone, the classifier takes such words for whatever its examples say oftenest. With the title of what the call is about
after them ("how do I pay, penalty charge notices") it knows what is meant, or at least what it is about.
"""

from typing import Any

from actions.ellipsis import names_nothing
from actions.topics import current


def known_about(tracker: Any, text: str) -> dict[str, str] | None:
    """What the call is about, for words that name nothing; None where they do, or nobody knows yet."""
    if tracker is None or not names_nothing(text):
        return None
    topic = current(event.as_dict() for event in tracker.events)
    return {"service": topic.service, "title": topic.title} if topic.service != "none" else None
