"""Where a provider may dial a caller on to: what an admin configured, and nothing else."""

import re
from dataclasses import dataclass
from enum import StrEnum

from voicebot.errors import ConfigurationError


class DestinationKind(StrEnum):
    """What a destination is to the provider."""

    NUMBER = "number"
    SIP = "sip"
    CLIENT = "client"
    QUEUE = "queue"
    WORKFLOW = "workflow"


_FORMS = (
    (DestinationKind.NUMBER, re.compile(r"(\+[1-9]\d{6,14})")),
    (DestinationKind.SIP, re.compile(r"(sips?:[^\s?<>\"]{1,200})")),
    (DestinationKind.CLIENT, re.compile(r"client:([A-Za-z0-9_.@+-]{1,200})")),
    (DestinationKind.QUEUE, re.compile(r"queue:([A-Za-z0-9_ .-]{1,64})")),
    (DestinationKind.WORKFLOW, re.compile(r"workflow:(WW[0-9a-fA-F]{32})")),
)


@dataclass(frozen=True, slots=True)
class Destination:
    """One destination; ``value`` is without its prefix, but for ``sip:``."""

    kind: DestinationKind
    value: str

    @classmethod
    def parse(cls, text: str) -> "Destination":
        """``+441632960123``, ``sip:…``, ``client:name``, ``queue:name`` or ``workflow:WW…``.

        Raises :class:`ConfigurationError` for anything else.
        """
        for kind, form in _FORMS:
            if (match := form.fullmatch(text)) is not None:
                return cls(kind, match[1])
        raise ConfigurationError(
            "streams.dial takes a number such as +441632960123, sip:…, client:name, queue:name or workflow:WW…"
        )
