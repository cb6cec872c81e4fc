"""Which dialogue a call talks to: the one that is live when it begins, to its end."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from voicebot.dialogue.client import DialogueClient
from voicebot.flows.running import Dialogue, told
from voicebot.settings import Settings


class Minds:
    """Clients of the running dialogues. ``url`` is where the dialogue is when nobody has told of any."""

    def __init__(self, settings: Settings, url: str, token: str) -> None:
        self._settings = settings
        self._url = url
        self._token = token
        self._clients: dict[str, DialogueClient] = {}
        self.calls: Counter[str] = Counter()
        """Calls in progress by the address of their dialogue."""

    def now(self, version: str = "") -> DialogueClient:
        """The dialogue of a call that begins now; of a ``version`` that runs beside it, if it is named."""
        return self._client(self._address(version))

    @contextmanager
    def pinned(self, version: str = "") -> Iterator[DialogueClient]:
        """The same for as long as a call lasts; it counts among :attr:`calls`."""
        address = self._address(version)
        self.calls[address] += 1
        try:
            yield self._client(address)
        finally:
            self.calls[address] -= 1
            if not self.calls[address]:
                del self.calls[address]

    def _address(self, version: str) -> str:
        running = told(self._settings)
        if running is None:
            return self._url
        chosen: Dialogue | None = running.of(version) if version else None
        return (chosen or running.live).url

    def _client(self, address: str) -> DialogueClient:
        if address not in self._clients:
            timeout = self._settings.dialogue.timeout_s
            self._clients[address] = DialogueClient(address, self._token, timeout_s=timeout)
        return self._clients[address]

    async def close(self) -> None:
        """Close all connections."""
        for client in self._clients.values():
            await client.close()
