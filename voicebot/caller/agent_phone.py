"""An agent in the box: answers its phone, hears the whisper, takes the call with a key, and talks."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from voicebot.caller.call import Print
from voicebot.caller.citizen import CallerEvent, Citizen, HangUp, Press, Say, Step, take_seat
from voicebot.caller.report import CallReport, record
from voicebot.settings import SipSettings
from voicebot.telephony.leg import CallLeg
from voicebot.telephony.sip.line import SipLine

_AFTER_LINES_MS = 4000
_RTP_RANGE = (49000, 49998)  # away from the service's own ports, so that both fit on one machine


class AgentPhone:
    """Takes every call that rings. :attr:`handle` is an incoming handler for any line.

    ``accept_key`` is pressed once the whisper has been heard (empty: never); then ``lines`` are said, each when the
    caller has stopped. With lines it hangs up when all are said and answered, without it stays until the others go.
    ``decline`` refuses with that status, ``no_answer`` lets it ring, ``answer_after_s`` lets it ring first.
    ``calls`` holds what became of each answered call; ``tell`` gets their events and summaries.
    """

    def __init__(
        self,
        lines: Sequence[Say] = (),
        *,
        rate: int = 8000,
        accept_key: str = "1",
        answer_after_s: float = 0.0,
        decline: int = 0,
        no_answer: bool = False,
        patience_ms: int = 700,
        give_up_ms: int = 6000,
        record_to: Path | None = None,
        tell: Print | None = None,
        on_call: Callable[[CallReport], None] | None = None,
    ) -> None:
        self.calls: list[CallReport] = []
        self.rung = 0
        self._lines = tuple(lines)
        self._rate = rate
        self._accept_key = accept_key
        self._answer_after_s = answer_after_s
        self._decline = decline
        self._no_answer = no_answer
        self._patience_ms = patience_ms
        self._give_up_ms = give_up_ms
        self._record_to = record_to
        self._tell = tell or (lambda shaped: None)
        self._on_call = on_call

    async def handle(self, leg: CallLeg) -> None:
        """One call, from the first ring to its end."""
        self.rung += 1
        call_id = leg.facts.call_id
        self._tell({"event": "ringing", "at_ms": 0, "call_id": call_id})
        if self._decline:
            await leg.reject(self._decline)
            self._tell({"event": "ended", "at_ms": 0, "call_id": call_id, "reason": f"declined {self._decline}"})
            return
        await leg.ringing()
        if self._no_answer or not await self._still_there(leg):
            end = await leg.wait_ended()
            self._tell({"event": "ended", "at_ms": 0, "call_id": call_id, "reason": end.reason.value})
            return
        report = CallReport(call_id, leg.facts.called, self._citizen(), answered=True)
        report.citizen.on_event = self._teller(report)
        self.calls.append(report)
        take_seat(report.citizen, leg)
        await leg.answer()
        self._tell({"event": "answered", "at_ms": 0, "call_id": call_id})
        report.reason = (await leg.wait_ended()).reason.value
        self._tell(report.summary())
        if self._record_to is not None:
            record(report.citizen, self._record_to, f"agent-{call_id}")
        if self._on_call is not None:
            self._on_call(report)

    async def _still_there(self, leg: CallLeg) -> bool:
        """Let it ring for the time set; whether the caller is still waiting then."""
        if self._answer_after_s > 0:
            try:
                async with asyncio.timeout(self._answer_after_s):
                    await leg.wait_ended()
            except TimeoutError:
                return True
        return leg.end is None

    def _citizen(self) -> Citizen:
        steps: list[Step] = [Press(keys=self._accept_key)] if self._accept_key else []
        steps += self._lines
        if self._lines:
            steps.append(HangUp(after_ms=_AFTER_LINES_MS))
        return Citizen(
            steps, rate=self._rate, patience_ms=self._patience_ms, give_up_ms=self._give_up_ms, linger_ms=None
        )

    def _teller(self, report: CallReport) -> Callable[[CallerEvent], None]:
        return lambda event: self._tell(report.line(event))


def desk_line(sip: SipSettings, host: str, port: int) -> SipLine:
    """A SIP line for a phone at ``host:port``, which takes calls from where the service takes them."""
    low, high = _RTP_RANGE
    near = {"peers": sip.peers, "media_networks": sip.media_networks}
    return SipLine(SipSettings(bind=host, rtp_low=low, rtp_high=high, **near), port)


@asynccontextmanager
async def at_desk(
    phone: AgentPhone, sip: SipSettings, *, host: str = "127.0.0.1", port: int = 5070
) -> AsyncIterator[int]:
    """``phone`` waits at ``host:port`` for as long as the block lasts; gives the port (0 takes a free one).

    Raises :class:`~voicebot.errors.ConfigurationError` when the port is taken.
    """
    line = desk_line(sip, host, port)
    await line.start(phone.handle)
    try:
        yield line.port
    finally:
        await line.stop()
