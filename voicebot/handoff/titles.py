"""What services, needs and safety rules are called by people: read from the dialogue project, never made up here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

log = structlog.get_logger(__name__)

_FILES = "**/service.yml"
_TO_THE_CALLER = {"you": "they", "your": "their", "you're": "they're", "yours": "theirs", "yourself": "themselves"}


@dataclass(frozen=True, slots=True)
class Titles:
    """Titles by name. ``needs`` are keyed by intent (``waste_missed_bin``); what has no title is called by its name.
    ``pages`` are the addresses of the council's own pages about its services."""

    services: Mapping[str, str] = field(default_factory=dict)
    needs: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[str, str] = field(default_factory=dict)
    pages: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, project: Path, rules: Mapping[str, str] | None = None) -> "Titles":
        """Those of every ``service.yml`` in ``project``. A file that can't be read costs its titles, never a call."""
        services: dict[str, str] = {}
        needs: dict[str, str] = {}
        pages: dict[str, str] = {}
        yaml = YAML(typ="safe")
        for path in sorted(project.glob(_FILES)):
            try:
                content: Any = yaml.load(path)
                service, of_needs = str(content["service"]), dict(content["needs"])
                services[service] = str(content.get("title", service))
                if str(page := content.get("source", "")).startswith("https://"):
                    pages[service] = str(page)
                needs |= {str(intent): str(about["title"]) for intent, about in of_needs.items() if "title" in about}
            except (OSError, YAMLError, KeyError, TypeError, ValueError) as error:
                log.warning("titles.unreadable", service=path.parent.name, error=type(error).__name__)
        return cls(services, needs, dict(rules or {}), pages)

    def service(self, name: str) -> str:
        """``waste`` → "Bins and waste"."""
        if name in ("", "none"):
            return "General enquiries"
        return sentence(self.services.get(name, plain(name)))

    def need(self, service: str, topic: str) -> str:
        """``waste``, ``missed_bin`` → "the missed bin", said of the caller and not to them.

        A title that only repeats the service's says nothing: then the topic's own name is used.
        """
        title = self.needs.get(f"{service}_{topic}", "")
        if not title or title.casefold() == self.services.get(service, "").casefold():
            return plain(topic)
        return " ".join(_TO_THE_CALLER.get(word, word) for word in title.split())

    def page(self, service: str) -> str:
        """Where the council writes about a service; empty where it is not known."""
        return self.pages.get(service, "")

    def rule(self, name: str) -> str:
        """``gas_or_co`` → "Gas or carbon monoxide"."""
        return sentence(self.rules.get(name, plain(name)))


def plain(name: str) -> str:
    """A name that a program uses, as words."""
    return name.replace("_", " ").strip()


def sentence(words: str) -> str:
    """With a capital at the beginning."""
    return words[:1].upper() + words[1:]
