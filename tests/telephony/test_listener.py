"""A port that fails, on a clock that it shares with other calls."""

import numpy as np
from numpy.typing import NDArray
from structlog.testing import capture_logs

from voicebot.audio.frames import AudioFrame
from voicebot.telephony.leg import EndReason, KeyPress, LegEnded
from voicebot.telephony.listener import Listener

FRAME = AudioFrame(np.zeros(160, np.int16), 8000, 0)


class Port:
    """Says ``says``; an exception is raised."""

    def __init__(self, says: NDArray[np.int16] | Exception | None) -> None:
        self.says = says
        self.keys: list[str] = []
        self.end: LegEnded | None = None

    def exchange(self, heard: AudioFrame) -> NDArray[np.int16] | None:
        if isinstance(self.says, Exception):
            raise self.says
        return self.says

    def key(self, press: KeyPress) -> None:
        if isinstance(self.says, Exception):
            raise self.says
        self.keys.append(press.key)

    def ended(self, end: LegEnded) -> None:
        self.end = end


def test_what_a_port_says_is_passed_on() -> None:
    listener = Listener()
    assert listener.exchange(FRAME) is None, "nobody is there"
    said = np.arange(160, dtype=np.int16)
    port = Port(said)
    assert listener.attach(port) is None
    assert listener.exchange(FRAME) is said
    listener.key(KeyPress("5", 0, 100))
    assert port.keys == ["5"]
    assert listener.attach(None) is port
    listener.key(KeyPress("6", 0, 100))
    assert port.keys == ["5"]


def test_a_port_that_fails_is_silent_and_seldom_logged() -> None:
    listener = Listener()
    for broken in (Port(RuntimeError("a defect")), Port(np.zeros(80, np.int16))):
        listener.attach(broken)
        with capture_logs() as logs:
            assert [listener.exchange(FRAME) for _ in range(60)] == [None] * 60
            listener.key(KeyPress("5", 0, 100))
        assert len(logs) == 1, "the first and the hundredth"
    listener.attach(Port(np.ones(160, np.int16)))
    assert listener.exchange(FRAME) is not None, "the next port is not to blame"


def test_who_comes_after_the_end_is_told() -> None:
    listener, late = Listener(), Port(None)
    end = LegEnded(EndReason.REMOTE_HANGUP)
    assert listener.attach(late, end) is None
    assert late.end is end
    assert listener.port is None
