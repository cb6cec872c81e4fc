"""The bot's ear and mouth on a leg, with nobody behind them to guess or to count what was said."""

import numpy as np

from voicebot.session.port import CallerPort
from voicebot.settings import Settings
from voicebot.spoken.finished import SentenceEnds


def bare_port(rate: int, settings: Settings) -> CallerPort:
    """For handing a caller over: it speaks and hears, and guesses nothing ahead."""
    return CallerPort(
        rate,
        settings.turns,
        settings.calls,
        speculate=lambda *_: None,
        piece_started=lambda *_: None,
        piece_over=lambda *_: None,
        holding=np.zeros(0, np.int16),
        ends=SentenceEnds(),
    )
