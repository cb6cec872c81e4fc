"""What an intent or form is about: service, need and queue, read from the ``service.yml`` beside its words.

Names carry the meaning: an intent is ``<service>_<topic>``, its form ``<intent>_form``, its plain answer
``utter_<intent>`` and what is done at the end of the form ``action_<intent>``.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).resolve().parent.parent
NO_QUEUE = "none"
DEFAULT_QUEUE = "customer_services"
SURE = 0.25
"""An intent below this confidence says nothing about the service: the fallback's threshold, or what is acted on would be
about no service at all."""

ABOUT = "about"
"""In a message's metadata: ``service`` and ``title`` of what the call is about, where the words name nothing."""

TAKEN_FOR = "taken_for"
"""The slot that holds what a call was taken for by a "yes" to "is it about …?"."""
WORTH_ASKING = 0.13
"""From this confidence on, "is it about …?" is a better question than "please say it again"."""


@dataclass(frozen=True)
class Topic:
    """What a call is about while an intent or its form is the latest."""

    service: str = "none"
    need: str = "none"
    queue: str = NO_QUEUE
    title: str = ""
    priority: str = "normal"
    """How soon a person must take it: "normal", "high" or "urgent"."""


@dataclass(frozen=True)
class Topics:
    """All topics by intent, labels of facts by slot, titles and queues by service."""

    by_intent: dict[str, Topic]
    labels: dict[str, str]
    titles: dict[str, str] = field(default_factory=dict)
    queues: dict[str, str] = field(default_factory=dict)

    def of(self, name: str | None) -> Topic:
        """The topic of an intent, form or action name."""
        if not name:
            return Topic()
        bare = name.removeprefix("action_").removeprefix("validate_").removesuffix("_form")
        return self.by_intent.get(bare, Topic())


@lru_cache(maxsize=1)
def topics() -> Topics:
    """Read every ``service.yml`` of the project."""
    by_intent: dict[str, Topic] = {}
    labels: dict[str, str] = {}
    titles: dict[str, str] = {}
    queues: dict[str, str] = {}
    for path in sorted(PROJECT.glob("**/service.yml")):
        content: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
        service, queue = content["service"], content["queue"]
        titles[service] = content.get("title", service)
        queues[service] = queue
        labels.update(content.get("facts", {}))
        for intent, about in content["needs"].items():
            by_intent[intent] = Topic(
                about.get("service", service),
                about["need"],
                about.get("queue", queue),
                about.get("title", titles[service]),
                about.get("priority", "normal"),
            )
    return Topics(by_intent, labels, titles, queues)


def current(events: Iterable[dict[str, Any]]) -> Topic:
    """What the call is about, from the tracker's events: an active form decides, else the last clear intent or guess."""
    topic = Topic()
    loop: str | None = None
    for event in events:
        kind = event.get("event")
        if kind == "active_loop":
            loop = event.get("name")
            if loop:
                topic = topics().of(loop)
        elif kind == "slot" and event.get("name") == TAKEN_FOR and event.get("value"):
            topic = topics().of(event["value"])
        elif kind == "user" and not loop:
            intent = (event.get("parse_data") or {}).get("intent") or {}
            found = topics().of(intent.get("name"))
            # Smalltalk, yes and no, and what was not understood leave the call where it was.
            if found.service != "none" and float(intent.get("confidence") or 0.0) >= SURE:
                topic = found
    return topic


def likely_needs(events: Iterable[dict[str, Any]], but: str) -> list[str]:
    """What else than the intent ``but`` the words may have meant that were last taken for it, the likeliest first."""
    ranking: list[dict[str, Any]] = []
    for event in events:
        parsed = event.get("parse_data") or {} if event.get("event") == "user" else {}
        if (parsed.get("intent") or {}).get("name") == but:
            ranking = parsed.get("intent_ranking") or []
    likely = (str(each["name"]) for each in ranking if float(each["confidence"]) >= WORTH_ASKING)
    return [name for name in likely if name != but and topics().of(name).service != "none"]


def person_queue(topic: Topic) -> str:
    """Who takes the call if a person does."""
    return topic.queue if topic.queue != NO_QUEUE else DEFAULT_QUEUE
