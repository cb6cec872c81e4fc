"""How long the caller waited for each answer, and for what."""

from dataclasses import dataclass, field

from voicebot.audio.frames import frame_samples
from voicebot.session.ledger import Latency
from voicebot.turns.last_sound import LastSound


@dataclass(slots=True)
class AnswerTimer:
    """Follows one answer from when the caller's last sound came off the line to when the bot's first goes out.

    Positions are samples of the leg's clock at ``rate`` Hz; stages are the wall time that each lay on the
    critical path, in ms. What they don't explain of the total is ``transport``.
    """

    rate: int
    last_sound: LastSound
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

    def first_sound(self, position: int, sounds_at: int | None = None, *, origin: int = 0) -> Latency | None:
        """The bot's answer begins at ``position``, and is heard from ``sounds_at`` on. Gives the latency once.

        ``origin`` is where the call's audio begins.
        """
        if self._done:
            return None
        self._done = True
        sounds_at = position if sounds_at is None else sounds_at
        goes_out = self._leaves(sounds_at)
        buffered = self._ms(self.last_sound.heard - self.last_sound.came)
        end_of_turn = self._ms(self.turn_ended - self.last_sound.heard)
        tts = self.tts + self._ms(goes_out - self._leaves(position))
        total = self._ms(goes_out - self.last_sound.came)
        known = buffered + end_of_turn + self.stt + self.dialogue + tts
        return Latency(
            end_of_turn=round(end_of_turn, 1),
            stt=round(self.stt, 1),
            dialogue=round(self.dialogue, 1),
            tts=round(tts, 1),
            transport=round(total - known, 1),
            total=round(total, 1),
            jitter_buffer=round(buffered, 1),
            at_ms=round(self._ms(sounds_at - origin), 1),
        )

    def _leaves(self, position: int) -> int:
        """The tick at which what is said at ``position`` is sent: a frame goes out as the one heard meanwhile ends."""
        frame = frame_samples(self.rate)
        return (position // frame + 1) * frame

    def _ms(self, samples: float) -> float:
        return samples * 1000 / self.rate
