"""Session timers (RFC 4028): a call whose peer has vanished ends, though neither BYE nor media says so."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from voicebot.errors import ProtocolError
from voicebot.telephony.leg import EndReason
from voicebot.telephony.sip.call import Call, Expiry
from voicebot.telephony.sip.endpoint import Endpoint
from voicebot.telephony.sip.message import Headers, Request, Response, extensions
from voicebot.telephony.sip.uri import param, parse_params

_LONGEST = 86_400
"""Seconds; longer intervals of a peer are taken for that."""


@dataclass(frozen=True, slots=True)
class SessionExpires:
    """A Session-Expires value. ``interval`` is in seconds; ``refresher`` is "uac", "uas" or ""."""

    interval: int
    refresher: str = ""

    @classmethod
    def of(cls, headers: Headers) -> "SessionExpires | None":
        """The one that a message carries, or None. Raises :class:`ProtocolError` when it is wrong."""
        if "session-expires" not in headers:
            return None
        delta, _, rest = headers.get("session-expires").partition(";")
        refresher = (param(parse_params(rest), "refresher") or "").lower()
        return cls(_seconds(delta), refresher if refresher in ("uac", "uas") else "")

    def __str__(self) -> str:
        return f"{self.interval};refresher={self.refresher}" if self.refresher else str(self.interval)


def _seconds(text: str) -> int:
    digits = text.partition(";")[0].strip()
    if not re.fullmatch(r"\d{1,10}", digits, re.ASCII):
        raise ProtocolError("wrong seconds")
    return min(int(digits), _LONGEST)


class SessionTimers:
    """Agrees on the interval of each session, has it refreshed in time and ends it when nobody did."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self.refresh: Callable[[Call], None] = lambda _: None
        """Asks the peer for a sign of life; set by what can."""

    # --- as client --------------------------------------------------------------------------------

    def ask(self, call: Call, headers: Headers) -> None:
        """Write what we wish into an INVITE or UPDATE of ours (7.1, 7.4)."""
        config = self._endpoint.config
        interval = call.expiry.interval if call.expiry is not None else max(config.session_expires, call.min_se)
        if not config.session_expires and call.expiry is None:
            return
        refresher = "" if call.expiry is None else "uac" if call.expiry.ours else "uas"
        headers.set("Session-Expires", str(SessionExpires(interval, refresher)))
        headers.set("Min-SE", str(max(config.min_se, call.min_se)))

    def too_small(self, call: Call, response: Response) -> bool:
        """Take the minimum that a 422 names (7.3); whether asking again makes sense."""
        try:
            least = _seconds(response.headers.get("min-se"))
        except ProtocolError:
            return False
        asked = (
            call.expiry.interval if call.expiry is not None else max(self._endpoint.config.session_expires, call.min_se)
        )
        if least <= asked:
            return False
        call.min_se = least
        if call.expiry is not None:
            call.expiry = Expiry(least, call.expiry.ours)
        return True

    def granted(self, call: Call, response: Response) -> None:
        """Take what the peer's 2xx says (7.2): without Session-Expires the session has no end."""
        try:
            granted = SessionExpires.of(response.headers)
        except ProtocolError:
            granted = None
        if granted is None:
            self.stop(call)
        else:
            self._start(call, granted.interval, ours=granted.refresher != "uas")

    # --- as server --------------------------------------------------------------------------------

    def refusal(self, request: Request) -> dict[str, str]:
        """The headers of a 422 (as :meth:`Endpoint.respond` takes them) when the peer wishes to be asked too often (9),
        else nothing. Raises :class:`ProtocolError`.
        """
        wish, least = SessionExpires.of(request.headers), self._endpoint.config.min_se
        _seconds(request.headers.get("min-se", "0"))
        if wish is not None and wish.interval < least and "timer" in extensions(request.headers):
            return {"Min_SE": str(least)}
        return {}

    def grant(self, call: Call, request: Request, response: Response) -> None:
        """Write what we agree to into a 2xx of ours and let the time run (9)."""
        config = self._endpoint.config
        wish, takes = SessionExpires.of(request.headers), "timer" in extensions(request.headers)
        if wish is None and not (takes and config.session_expires):
            self.stop(call)
            return
        interval = config.session_expires
        if wish is not None:
            least = _seconds(request.headers.get("min-se", "0"))
            interval = max(min(wish.interval, interval or wish.interval), least, min(config.min_se, wish.interval))
        refresher = (wish.refresher if wish is not None and takes else "") or "uas"
        response.headers.add("Session-Expires", str(SessionExpires(interval, refresher)))
        if refresher == "uac":
            response.headers.add("Require", "timer")
        self._start(call, interval, ours=refresher == "uas")

    # --- time -------------------------------------------------------------------------------------

    def _start(self, call: Call, interval: int, *, ours: bool) -> None:
        interval = max(interval, 1)
        call.expiry = Expiry(interval, ours)
        timers, now = self._endpoint.timers, self._endpoint.layer.now
        if ours:
            timers.start(call, "session refresh", now + interval / 2)
        else:
            timers.stop(call, "session refresh")
        # A BYE a little before the end, so that both sides agree that it was in time (10).
        timers.start(call, "session expires", now + interval - min(32.0, interval / 3))

    def stop(self, call: Call) -> None:
        """The session has no end, or has ended."""
        call.expiry = None
        self._endpoint.timers.stop(call, "session refresh")
        self._endpoint.timers.stop(call, "session expires")

    def fire(self, call: Call, name: str) -> None:
        """It is time to refresh, or too late."""
        if not call.answered:
            return
        if name == "session refresh":
            self.refresh(call)
            return
        if call.dialog is not None:
            self._endpoint.bye(call, call.dialog)
        self._endpoint.end(call, EndReason.ERROR, 408, "the session was not refreshed")
