"""An offer carried out: the card on the agent's screen, the ring, the whisper, and the yes by key or on screen."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress

import numpy as np
import structlog
from numpy.typing import NDArray

from voicebot.audio.resample import resample
from voicebot.errors import DialFailed, TelephonyError
from voicebot.handoff.desk_offer import DeskOffer
from voicebot.handoff.desk_state import DID_NOT_ANSWER, NOT_REACHED
from voicebot.handoff.models import OfferState
from voicebot.handoff.offer import OfferAnswer, WhisperPort
from voicebot.handoff.transfer import Attempt, AttemptHandler, attempt_result
from voicebot.settings import HandoffSettings
from voicebot.telephony.leg import CallLeg, Line

log = structlog.get_logger(__name__)

SCREEN_S = 0.8
"""How long the ring waits for the card to be on the agent's screen. A desk phone rings without one, too."""
_BROWSER = "browser:"


class AgentCall:
    """Rings one agent for one offer. ``whisper`` is at ``rate``; ``headers`` go with the ring."""

    def __init__(
        self,
        offer: DeskOffer,
        line: Line,
        settings: HandoffSettings,
        whisper: Awaitable[NDArray[np.int16]],
        rate: int,
        on_attempt: AttemptHandler,
    ) -> None:
        self._offer = offer
        self._line = line
        self._settings = settings
        self._whisper = whisper
        self._rate = rate
        self._on_attempt = on_attempt
        self._came_to_nothing = False

    async def run(self, *, caller: str, caller_name: str, headers: dict[str, str]) -> CallLeg | None:
        """Give the leg of the agent once they have taken the call, or None when the offer came to nothing.

        Cancelling it (the caller hung up) stops the ring; whoever cancels ends the caller's wait, which closes the
        offer.
        """
        over = asyncio.ensure_future(self._offer.over.wait())
        work = asyncio.ensure_future(self._ring_and_ask(caller, caller_name, headers))
        try:
            await asyncio.wait((work, over), return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            await _undone(work)
            raise
        finally:
            over.cancel()
        if work.done() or self._came_to_nothing:  # what is being written about it is not torn off in the middle
            return await work
        # declined on screen, or withdrawn: the phone falls silent
        await _undone(work)
        self._attempted(OfferAnswer.DECLINED.value)
        return None

    async def _ring_and_ask(self, caller: str, caller_name: str, headers: dict[str, str]) -> CallLeg | None:
        await self._on_screen()
        ringing: set[asyncio.Task[None]] = set()

        def progress(status: int) -> None:
            if status >= 180:
                task = asyncio.ensure_future(self._offer.rang())
                ringing.add(task)
                task.add_done_callback(ringing.discard)

        try:
            leg = await self._line.dial(
                self._offer.address,
                caller=caller,
                caller_name=caller_name,
                headers=headers,
                timeout_s=self._settings.ring_s,
                on_progress=progress,
            )
        except DialFailed as failure:
            await self._not_answered(attempt_result(failure.status), failure.status)
            return None
        except TelephonyError as failure:
            log.warning("handoff.dial_failed", error=type(failure).__name__)
            await self._not_answered("failed", 0)
            return None
        try:
            return await self._ask(leg)
        except asyncio.CancelledError:
            await leg.hangup()
            raise

    async def _on_screen(self) -> None:
        """The card comes first, then the ring."""
        with suppress(TimeoutError):
            async with asyncio.timeout(SCREEN_S):
                await self._offer.seen.wait()

    async def _not_answered(self, result: str, status: int) -> None:
        self._came_to_nothing = True
        self._attempted(result, status)
        browser = self._offer.address.startswith(_BROWSER)
        if result == "declined":
            await self._offer.failed(OfferState.DECLINED)
        elif result == "no_answer" and not (browser and status == 480):
            await self._offer.failed(OfferState.TIMED_OUT, away=DID_NOT_ANSWER)
        else:
            # a page that is not connected may be back in a moment; how long it was silent decides there
            await self._offer.failed(OfferState.UNREACHABLE, away="" if browser else NOT_REACHED)

    async def _ask(self, leg: CallLeg) -> CallLeg | None:
        sound = resample(await self._whisper, self._rate, leg.rate)
        on_answer = self._settings.join_on == "answer"
        port = WhisperPort(sound, leg.rate, accept_s=self._settings.accept_s, on_answer=on_answer)
        leg.attach(port)
        screen = asyncio.ensure_future(self._taken_on_screen(port))
        try:
            answer = await port.wait(len(sound) / leg.rate + self._settings.accept_s + 5.0)
        finally:
            screen.cancel()
        by = "answer" if on_answer else "key"
        if answer is OfferAnswer.ACCEPTED and await self._offer.accept(by):
            self._attempted(OfferAnswer.ACCEPTED.value)
            return leg
        self._came_to_nothing = True
        self._attempted(answer.value)
        await leg.hangup()
        if answer is OfferAnswer.TIMED_OUT:
            await self._offer.failed(OfferState.TIMED_OUT, away=DID_NOT_ANSWER)
        else:
            await self._offer.failed(OfferState.DECLINED)
        return None

    async def _taken_on_screen(self, port: WhisperPort) -> None:
        await self._offer.accepted.wait()
        port.taken_on_screen()

    def _attempted(self, result: str, status: int = 0) -> None:
        self._on_attempt(Attempt(self._offer.address, result, status))


async def _undone(work: "asyncio.Future[CallLeg | None]") -> None:
    """Stop the ring; an agent who has just taken the call is hung up on."""
    work.cancel()
    with suppress(asyncio.CancelledError):
        leg = await work
        if leg is not None:
            await leg.hangup()
