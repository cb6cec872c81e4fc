"""How long the caller waited for each answer, and for what."""

from dataclasses import dataclass, field

from voicebot.session.ledger import Latency


@dataclass(slots=True)
class AnswerTimer:
    """Follows one answer from the caller's last voiced sample to the bot's first.

    Positions are samples of the leg's clock at ``rate`` Hz; stages are the wall time that each lay on the
    critical path, in ms. What they don't explain of the total is ``transport``.
    """

    rate: int
    last_voiced: int
    turn_ended: int
    stt: float = 0.0
    dialogue: float = 0.0
    tts: float = 0.0
    _done: bool = field(default=False, init=False)
    _rendered: bool = field(default=False, init=False)

    def rendered(self, ms: float) -> None:
        """A sentence was rendered in ``ms``: only the first one is waited for."""
        if not self._rendered:
            self._rendered = True
            self.tts = ms

    def first_sound(self, position: int) -> Latency | None:
        """The bot's answer begins at ``position``. Gives the latency once."""
        if self._done:
            return None
        self._done = True
        total = (position - self.last_voiced) * 1000 / self.rate
        end_of_turn = (self.turn_ended - self.last_voiced) * 1000 / self.rate
        known = end_of_turn + self.stt + self.dialogue + self.tts
        return Latency(
            round(end_of_turn, 1),
            round(self.stt, 1),
            round(self.dialogue, 1),
            round(self.tts, 1),
            round(total - known, 1),
            round(total, 1),
        )
