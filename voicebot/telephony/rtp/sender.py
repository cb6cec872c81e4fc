"""The outgoing half of one call's RTP: frames of 20 ms in, packets of the length asked for out. Pure."""

import secrets

import numpy as np
from numpy.typing import NDArray

from voicebot.audio import tones
from voicebot.audio.encodings import RTP_CLOCK, Encode, Encoding
from voicebot.audio.frames import FRAME_MS, silence
from voicebot.audio.resample import FrameResampler
from voicebot.telephony.rtp import packet as rtp
from voicebot.telephony.rtp.events import EventSender

_INBAND_FRAMES = (6, 4)  # a keypad tone of 120 ms, then 80 ms of quiet
_FRAME_TICKS = RTP_CLOCK * FRAME_MS // 1000
SHORTEST_MS, LONGEST_MS = 10, 60
"""Packet lengths that are sent."""


class RtpSender:
    """Packets of one SSRC. ``rate`` is that of the frames given to :meth:`push`, whatever the encoding's."""

    def __init__(self) -> None:
        self.ssrc = secrets.randbits(32)
        self.sending = False
        self.packets = 0
        self.octets = 0
        self._encoding: Encoding | None = None
        self._encode: Encode | None = None
        self._rate = 0
        self._resampler: FrameResampler | None = None
        self._payload_type = 0
        self._event_type: int | None = None
        self._ptime = _FRAME_TICKS
        self._event_sender = EventSender()
        self._tones: list[NDArray[np.int16]] = []
        # The first numbers are random, but leave room: a sequence that wraps early confuses SRTP peers.
        self._sequence = self.first_sequence = secrets.randbits(15)
        self._timestamp = secrets.randbits(31)
        self._pending = bytearray()
        self._pending_from = 0
        self._marker = True

    @property
    def timestamp(self) -> int:
        """RTP timestamp of the next frame."""
        return self._timestamp

    @property
    def ptime_ms(self) -> int:
        """Length of the packets."""
        return self._ptime * 1000 // RTP_CLOCK

    def configure(
        self,
        *,
        encoding: Encoding,
        rate: int,
        payload_type: int,
        ptime_ms: int,
        event_payload_type: int | None,
        send: bool,
    ) -> None:
        """What signalling agreed on; may change during the call."""
        if encoding is not self._encoding or rate != self._rate:
            self._pending.clear()
            self._encoding, self._rate, self._encode = encoding, rate, encoding.encoder()
            self._resampler = None if encoding.rate == rate else FrameResampler(rate, encoding.rate)
        self._payload_type, self._event_type = payload_type, event_payload_type
        self._ptime = RTP_CLOCK * min(LONGEST_MS, max(SHORTEST_MS, ptime_ms)) // 1000
        self.sending = send

    @property
    def keys_pending(self) -> bool:
        """Whether keys pressed by :meth:`press` are still being sent."""
        return self._event_sender.busy or bool(self._tones)

    def press(self, keys: str) -> None:
        """Send keys: as events when the peer takes them, else as tones in the audio. ValueError for a wrong one."""
        if self._event_type is not None:
            self._event_sender.press(keys)
            return
        rate = self._rate or RTP_CLOCK
        sounds = [tones.keypad(key, _INBAND_FRAMES[0] * FRAME_MS, rate) for key in keys]
        for sound in sounds:
            self._tones += np.split(sound, _INBAND_FRAMES[0])
            self._tones += [silence(rate)] * _INBAND_FRAMES[1]

    def push(self, samples: NDArray[np.int16] | None) -> list[bytes]:
        """Say one frame (None is silence); gives the packets to be sent now: none, one or two."""
        timestamp = self._timestamp
        self._timestamp = (timestamp + _FRAME_TICKS) & 0xFFFFFFFF
        if self._encoding is None:
            return []
        if self._event_sender.busy:
            sounding = self._event_sender.sounding
            event = self._event_sender.frame(timestamp)
            if sounding:
                self._pending.clear()
                self._marker = True
                if event is None or not self.sending or self._event_type is None:
                    return []
                return [self._packet(self._event_type, event.timestamp, event.payload, event.marker)]
        if self._tones:
            samples = self._tones.pop(0)
        if not self.sending:
            self._pending.clear()
            return []
        payload = self._payload(samples)
        if not self._pending:
            if self._ptime == _FRAME_TICKS:
                return [self._audio(timestamp, payload)]
            self._pending_from = timestamp
        self._pending += payload
        packets = []
        while len(self._pending) >= self._ptime:
            packets.append(self._audio(self._pending_from, bytes(self._pending[: self._ptime])))
            del self._pending[: self._ptime]
            self._pending_from = (self._pending_from + self._ptime) & 0xFFFFFFFF
        return packets

    def _payload(self, samples: NDArray[np.int16] | None) -> bytes:
        encoding, encode = self._encoding, self._encode
        assert encoding is not None
        assert encode is not None
        if samples is None:
            if encoding.octet is not None:
                return bytes((encoding.octet,)) * _FRAME_TICKS
            samples = silence(self._rate)
        if self._resampler is not None:
            samples = self._resampler.process(samples)
        return encode(samples)

    def _audio(self, timestamp: int, payload: bytes) -> bytes:
        marker, self._marker = self._marker, False
        return self._packet(self._payload_type, timestamp, payload, marker)

    def _packet(self, payload_type: int, timestamp: int, payload: bytes, marker: bool) -> bytes:
        sequence = self._sequence
        self._sequence = (sequence + 1) & 0xFFFF
        self.packets += 1
        self.octets += len(payload)
        head = ((0x8000 | (marker << 7) | payload_type) << 80) | (sequence << 64) | (timestamp << 32) | self.ssrc
        return head.to_bytes(rtp.HEADER, "big") + payload
