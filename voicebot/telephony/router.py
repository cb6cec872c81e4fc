"""Several lines as one: calls come in on all of them, and go out on the one that the address's scheme names."""

import asyncio
from collections.abc import Callable, Mapping

from voicebot.errors import DialFailed
from voicebot.telephony.leg import CallLeg, IncomingHandler, Line


class LineRouter:
    """A :class:`~voicebot.telephony.leg.Line` over others. ``lines`` maps schemes (``sip``, ``browser``) to lines."""

    def __init__(self, lines: Mapping[str, Line]) -> None:
        self._lines = dict(lines)

    @property
    def schemes(self) -> frozenset[str]:
        """What can be rung."""
        return frozenset(self._lines)

    async def start(self, incoming: IncomingHandler) -> None:
        """Listen on every line. Raises ConfigurationError when one can't be opened; those before it are stopped."""
        started: list[Line] = []
        try:
            for line in dict.fromkeys(self._lines.values()):
                await line.start(incoming)
                started.append(line)
        except BaseException:
            for line in started:
                await line.stop()
            raise

    async def dial(
        self,
        address: str,
        *,
        caller: str = "",
        caller_name: str = "",
        headers: Mapping[str, str] | None = None,
        timeout_s: float = 30.0,
        on_progress: Callable[[int], None] | None = None,
        call_id: str = "",
    ) -> CallLeg:
        """Ring ``address`` on its line. Raises :class:`DialFailed`, 416 when no line has its scheme."""
        line = self._lines.get(address.partition(":")[0].lower())
        if line is None:
            raise DialFailed(416, "Unsupported URI Scheme")
        return await line.dial(
            address,
            caller=caller,
            caller_name=caller_name,
            headers=headers,
            timeout_s=timeout_s,
            on_progress=on_progress,
            call_id=call_id,
        )

    async def stop(self) -> None:
        """Stop every line."""
        await asyncio.gather(*(line.stop() for line in dict.fromkeys(self._lines.values())))
