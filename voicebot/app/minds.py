"""Which dialogue a call talks to, and what its safety rules say: those that are live when it begins, to its end."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from voicebot.dialogue.client import DialogueClient
from voicebot.flows.running import Dialogue, told
from voicebot.safety.rules import RuleWords
from voicebot.settings import Settings


@dataclass(frozen=True, slots=True)
class Pinned:
    """What one call keeps to its end. ``safety`` is empty when nobody has told of any version."""

    mind: DialogueClient
    safety: Mapping[str, RuleWords] = field(default_factory=dict)


class Minds:
    """Clients of the running dialogues. ``url`` is where the dialogue is when nobody has told of any."""

    def __init__(self, settings: Settings, url: str, token: str) -> None:
        self._settings = settings
        self._url = url
        self._token = token
        self._clients: dict[str, DialogueClient] = {}
        self.calls: Counter[str] = Counter()
        """Calls in progress by the address of their dialogue."""

    def now(self) -> DialogueClient:
        """The dialogue of a call that would begin now."""
        return self._client(self._chosen("").url)

    @contextmanager
    def pinned(self, version: str = "") -> Iterator[Pinned]:
        """The dialogue of a call that begins now, for as long as it lasts; it counts among :attr:`calls`.

        A ``version`` that runs beside the live one may be named.
        """
        chosen = self._chosen(version)
        self.calls[chosen.url] += 1
        try:
            yield Pinned(self._client(chosen.url), chosen.safety)
        finally:
            self.calls[chosen.url] -= 1
            if not self.calls[chosen.url]:
                del self.calls[chosen.url]

    def _chosen(self, version: str) -> Dialogue:
        running = told(self._settings)
        if running is None:
            return Dialogue(version="", url=self._url, model="")
        return (running.of(version) if version else None) or running.live

    def _client(self, address: str) -> DialogueClient:
        if address not in self._clients:
            timeout = self._settings.dialogue.timeout_s
            self._clients[address] = DialogueClient(address, self._token, timeout_s=timeout)
        return self._clients[address]

    async def close(self) -> None:
        """Close all connections."""
        for client in self._clients.values():
            await client.close()
