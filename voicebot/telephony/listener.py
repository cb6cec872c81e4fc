"""Who listens and speaks on a leg, such that a defect of theirs stays theirs."""

import numpy as np
import structlog
from numpy.typing import NDArray

from voicebot.audio.frames import AudioFrame
from voicebot.telephony.leg import KeyPress, LegEnded, MediaPort

_log = structlog.get_logger(__name__)


class Listener:
    """A place for one :class:`~voicebot.telephony.leg.MediaPort`, or none.

    All calls share a media clock. What a port raises is logged, the first time and then ever more seldom, and its
    peer hears silence.
    """

    def __init__(self) -> None:
        self.port: MediaPort | None = None
        self._defects = 0

    def attach(self, port: MediaPort | None, end: LegEnded | None = None) -> MediaPort | None:
        """Put ``port`` here; gives the one before. With ``end`` the leg is over: the port is told and not kept."""
        before, self.port = self.port, port if end is None else None
        if port is not None and end is not None:
            port.ended(end)
        return before

    def exchange(self, heard: AudioFrame) -> NDArray[np.int16] | None:
        """Let it hear a frame; gives as much that it says, or None for silence."""
        port = self.port
        if port is None:
            return None
        try:
            said = port.exchange(heard)
            if said is not None and len(said) != len(heard.samples):
                raise ValueError(f"a frame of {len(said)} samples")  # noqa: TRY301
        except Exception:  # noqa: BLE001 - one call's defect must not stop the others' media
            self._defect("exchange")
            return None
        return said

    def key(self, press: KeyPress) -> None:
        """A key was pressed."""
        if self.port is None:
            return
        try:
            self.port.key(press)
        except Exception:  # noqa: BLE001 - likewise
            self._defect("key")

    def _defect(self, what: str) -> None:
        self._defects += 1
        if self._defects in (1, 100, 10000):
            _log.exception("media port failed", method=what, failures=self._defects)
