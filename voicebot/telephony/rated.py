"""A listener of one rate on a leg of another."""

import numpy as np
from numpy.typing import NDArray

from voicebot.audio.frames import AudioFrame
from voicebot.audio.resample import FrameResampler
from voicebot.telephony.leg import KeyPress, LegEnded, MediaPort


def at_rate(port: MediaPort, port_rate: int, leg_rate: int) -> MediaPort:
    """``port``, which hears and speaks at ``port_rate``, as a port for a leg of ``leg_rate``."""
    return port if port_rate == leg_rate else _AtRate(port, port_rate, leg_rate)


class _AtRate:
    """Converts both ways. Costs about 1.5 ms of delay each."""

    def __init__(self, port: MediaPort, port_rate: int, leg_rate: int) -> None:
        self._port = port
        self._port_rate, self._leg_rate = port_rate, leg_rate
        self._in = FrameResampler(leg_rate, port_rate)
        self._out = FrameResampler(port_rate, leg_rate)

    def exchange(self, heard: AudioFrame) -> NDArray[np.int16] | None:
        """20 ms each way."""
        samples, position = self._in.process(heard.samples), self._to_port(heard.position)
        frame = AudioFrame(
            samples, self._port_rate, position, heard.concealed, heard.comfort_noise, transit=heard.transit
        )
        said = self._port.exchange(frame)
        return self._out.process(said) if said is not None else None

    def key(self, press: KeyPress) -> None:
        """A key, placed in the port's time."""
        self._port.key(KeyPress(press.key, self._to_port(press.position), press.duration_ms))

    def ended(self, end: LegEnded) -> None:
        """The leg is over."""
        self._port.ended(end)

    def _to_port(self, position: int) -> int:
        return position * self._port_rate // self._leg_rate
