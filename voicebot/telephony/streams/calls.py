"""What is known of a provider's call between its webhooks and its streams: who rings, the leg, and where it goes next.

The provider asks us what to do by webhooks and connects streams in between. A stream proves with a one-time token which
call it belongs to. A call whose stream ends is asked about once more; the answer is what the leg has decided by then.
Kept in memory and bounded; forgotten some time after the last word.
"""

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from voicebot.telephony.streams.destination import Destination

if TYPE_CHECKING:
    from voicebot.telephony.streams.leg import StreamLeg

TOKEN_S = 60.0
"""How long a stream may take from our answer to its start message."""
FORGET_S = 3600.0
"""How long after the last word a call is known: who was forgotten meanwhile is answered as one whose stream broke."""
MOST = 2000


@dataclass(slots=True)
class HandOn:
    """A caller to be dialled on by the provider. ``result`` becomes 0 when somebody took the call, else a SIP status.

    ``asked`` is set once the provider came to ask what to do.
    """

    destination: Destination
    headers: Mapping[str, str]
    whisper: str
    result: "asyncio.Future[int]"
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    def settle(self, status: int) -> None:
        """It is decided; the first word counts."""
        if not self.result.done():
            self.result.set_result(status)


@dataclass(slots=True)
class ProviderCall:
    """One call at a provider.

    ``leg`` is there while it lives, ``hand_on`` while somebody is dialled; ``over`` says that we are done with it.

    ``resumed`` says that a stream which broke was followed by another. ``rescued`` tells how far help went beyond that:
    1, the default queue's people were dialled; 2, it was streamed to us once more.
    """

    provider: str
    call_id: str
    caller: str
    called: str
    headers: Mapping[str, str]
    seen_at: float
    leg: "StreamLeg | None" = None
    hand_on: HandOn | None = None
    over: bool = False
    resumed: bool = False
    rescued: int = 0


class ProviderCalls:
    """The calls of all providers. Times are in seconds of any steady clock."""

    def __init__(self) -> None:
        self._calls: OrderedDict[tuple[str, str], ProviderCall] = OrderedDict()
        self._tokens: OrderedDict[str, tuple[ProviderCall, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._calls)

    def open(
        self, provider: str, call_id: str, caller: str, called: str, headers: Mapping[str, str], now: float
    ) -> ProviderCall:
        """A call that a webhook spoke of, known before or not."""
        call = self._calls.get((provider, call_id))
        if call is None:
            call = ProviderCall(provider, call_id, caller, called, headers, now)
            self._calls[provider, call_id] = call
        self._touch(call, now)
        return call

    def find(self, provider: str, call_id: str, now: float) -> ProviderCall | None:
        """A call that is known."""
        call = self._calls.get((provider, call_id))
        if call is not None:
            self._touch(call, now)
        return call

    def _touch(self, call: ProviderCall, now: float) -> None:
        call.seen_at = now
        self._calls.move_to_end((call.provider, call.call_id))
        while len(self._calls) > MOST or next(iter(self._calls.values())).seen_at < now - FORGET_S:
            self._calls.popitem(last=False)

    def token(self, call: ProviderCall, now: float) -> str:
        """A token that lets one stream be this call's."""
        token = secrets.token_urlsafe(24)
        self._tokens[token] = (call, now + TOKEN_S)
        while len(self._tokens) > MOST or next(iter(self._tokens.values()))[1] < now:
            self._tokens.popitem(last=False)
        return token

    def redeem(self, provider: str, call_id: str, token: str, now: float) -> ProviderCall | None:
        """The call of a token, once. None when it is unknown, used, too old, or another call's."""
        found = self._tokens.pop(token, None)
        if found is None:
            return None
        call, until = found
        if now > until or (call.provider, call.call_id) != (provider, call_id):
            return None
        return call
