"""How the bot speaks to one caller, who may ask for it slower, louder or once more."""

from dataclasses import dataclass

from voicebot.spoken.control import is_louder, is_repeat, is_slower

_SLOWEST, _SLOWER_BY = 0.7, 0.15
_LOUDEST, _LOUDER_BY = 2.0, 0.4


def is_about_manner(text: str) -> bool:
    """Whether these words ask for what was said to be said again, as it was or in another manner."""
    return is_slower(text) or is_louder(text) or is_repeat(text)


@dataclass(slots=True)
class Manner:
    """``rate`` and ``volume`` are factors of the voice's own."""

    rate: float = 1.0
    volume: float = 1.0

    def obey(self, text: str) -> str:
        """Speak as these words ask from now on; gives what an agent should know of it, or nothing."""
        if is_slower(text):
            self.rate = max(_SLOWEST, self.rate - _SLOWER_BY)
            return "Asked to be spoken to slowly"
        if is_louder(text):
            self.volume = min(_LOUDEST, self.volume + _LOUDER_BY)
            return "Asked to be spoken to louder"
        return ""
