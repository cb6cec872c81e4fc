"""Acts of the dialogue that are done rather than spoken: emergencies, reports, texts, callbacks, council facts."""

from collections.abc import Callable, Sequence

from voicebot.dialogue.acts import (
    Ask,
    BotAct,
    Callback,
    Emergency,
    Hangup,
    Message,
    Reported,
    Say,
    Send,
    Tell,
    Transfer,
    Wait,
)
from voicebot.outbox.state import BackOffices
from voicebot.safety.services import SERVICE_OF_RULE
from voicebot.session.bulletin import Bulletin
from voicebot.session.duty import in_order
from voicebot.session.ledger import Ledger
from voicebot.session.phrases import Phrase
from voicebot.session.text_offer import TextOffer


class Deeds:
    """Carries them out for one call. ``script`` gives the locked words of an emergency in the caller's language;
    ``sends`` says whether texts and emails can be sent at all."""

    def __init__(
        self,
        ledger: Ledger,
        bulletin: Bulletin,
        texts: TextOffer,
        offices: BackOffices,
        script: Callable[[Emergency], Say],
        *,
        sends: bool,
    ) -> None:
        self._ledger = ledger
        self._bulletin = bulletin
        self._texts = texts
        self._offices = offices
        self._script = script
        self._sends = sends

    async def told_by_offices(self, acts: Sequence[BotAct]) -> Sequence[BotAct]:
        """What the teams' own systems know of reports, in the place of what we would say of them."""
        told: list[BotAct] = []
        for act in acts:
            if isinstance(act, Say) and act.report:
                standing = await self._offices.standing(act.report)
                sentence = standing.sentence() if standing is not None else ""
                told.append(act.model_copy(update={"text": sentence, "spoken": None}) if sentence else act)
            else:
                told.append(act)
        return told

    def done(self, acts: Sequence[BotAct]) -> tuple[BotAct, ...]:
        """Do what can be done here; gives what is left for the call, up to the first act that ends the talk."""
        left: list[BotAct] = []
        late = False
        for act in acts:
            match act:
                case Emergency():
                    return (*left, *self._emergency(act))
                case Transfer() | Message() | Hangup():
                    return (*left, in_order(act))
                case Say() | Ask() | Wait():
                    left.append(act)
                case Tell():
                    left.extend(self._bulletin.told(act))
                case Reported():
                    self._ledger.reported(act)
                    self._texts.reported(act)
                    late = late or self._offices.is_late(act.kind)
                case Send():
                    self._send(act)
                case Callback():
                    self._ledger.outcome = "callback"
                    self._ledger.callback(act.queue, act.when, act.reason)
            if late and isinstance(act, Say):
                left.append(Say(text=str(Phrase.OFFICE_LATE)))
                late = False
        return tuple(left)

    def _emergency(self, act: Emergency) -> tuple[BotAct, ...]:
        self._ledger.emergency = act.rule
        if self._ledger.service == "none":
            self._ledger.service = SERVICE_OF_RULE.get(act.rule, "none")
        reason = f"Safety rule: {act.rule.replace('_', ' ')}"
        return self._script(act), Transfer(queue=act.queue, priority="urgent", reason=reason)

    def _send(self, act: Send) -> None:
        if not act.consent:
            self._ledger.failures.append("a text or email was asked for without the caller's consent")
        elif not self._sends:
            self._ledger.failures.append("a text or email was asked for, and no sender is set up")
        else:
            self._ledger.to_send(act)
