"""aiortc as the browser: a peer that nobody here wrote, in the same process, on loopback."""

import asyncio
from fractions import Fraction

import numpy as np
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame
from numpy.typing import NDArray

RATE = 48000
FRAME = RATE // 50


class Tone(MediaStreamTrack):
    """A microphone that hears a tone."""

    kind = "audio"

    def __init__(self, hertz: float) -> None:
        super().__init__()
        self._hertz = hertz
        self._at = 0
        self._began = 0.0

    async def recv(self) -> AudioFrame:
        loop = asyncio.get_running_loop()
        self._began = self._began or loop.time()
        await asyncio.sleep(max(0.0, self._began + self._at / RATE - loop.time()))
        time = (self._at + np.arange(FRAME)) / RATE
        samples = (8000 * np.sin(2 * np.pi * self._hertz * time)).astype(np.int16)
        frame = AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, self._at, Fraction(1, RATE)
        self._at += FRAME
        return frame


class Browser:
    """A page's peer connection."""

    def __init__(self, *, codec: str = "audio/opus", hertz: float = 440.0) -> None:
        self.pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.heard: list[NDArray[np.int16]] = []
        self.hearing = asyncio.Event()
        self._listening: asyncio.Task[None] | None = None
        self.pc.addTrack(Tone(hertz))
        wanted = [each for each in RTCRtpSender.getCapabilities("audio").codecs if each.mimeType.lower() == codec]
        self.pc.getTransceivers()[0].setCodecPreferences(wanted)
        self.pc.on("track", self._track)

    def _track(self, track: MediaStreamTrack) -> None:
        self._listening = asyncio.create_task(self._listen(track))

    async def _listen(self, track: MediaStreamTrack) -> None:
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            assert isinstance(frame, AudioFrame)
            samples = frame.to_ndarray().reshape(-1)
            mono = samples[:: len(frame.layout.channels)].astype(np.int16)
            self.heard.append(mono)
            if np.abs(mono.astype(np.int32)).max() > 1000:
                self.hearing.set()

    async def offer(self) -> str:
        await self.pc.setLocalDescription(await self.pc.createOffer())
        return self.pc.localDescription.sdp

    async def answered(self, sdp: str) -> None:
        await self.pc.setRemoteDescription(RTCSessionDescription(sdp, "answer"))

    async def close(self) -> None:
        await self.pc.close()
        if self._listening is not None:
            await self._listening


def loudest_hertz(samples: NDArray[np.int16], rate: int) -> float:
    """The frequency that a sound has most of."""
    spectrum = np.abs(np.fft.rfft(samples.astype(np.float64) * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * rate / len(samples))
