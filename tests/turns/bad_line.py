"""A line that loses packets and delays them unevenly, through the real receiver, jitter buffer and concealment."""

import random

from tests.turns.espeak_voice import Samples
from voicebot.audio.encodings import PCMA
from voicebot.audio.frames import AudioFrame
from voicebot.telephony.rtp.packet import RtpPacket
from voicebot.telephony.rtp.receiver import RtpReceiver

RATE, FRAME = 8000, 160
LATEST_MS = 400
"""How far behind what was sent the heard may lie."""


def carried(samples: Samples, loss: float, jitter_ms: float, seed: int) -> list[AudioFrame]:
    """``samples`` as the frames that come out at the other end, one for each 20 ms that pass.

    ``loss`` is the share of packets that never come, ``jitter_ms`` the most that one is later than another.
    """
    chance = random.Random(seed)
    receiver, encode = RtpReceiver(RATE), PCMA.encoder()
    coming: list[tuple[float, RtpPacket]] = []
    for number in range(len(samples) // FRAME):
        payload = encode(samples[number * FRAME : (number + 1) * FRAME])
        packet = RtpPacket(PCMA.payload_type, number, number * FRAME, 1, payload)
        late = chance.uniform(0, jitter_ms) * RATE / 1000
        if chance.random() >= loss:
            coming.append(((number + 1) * FRAME + late, packet))
    coming.sort(key=lambda one: one[0])
    frames: list[AudioFrame] = []
    at = 0
    for tick in range(1, len(samples) // FRAME + 1):
        while at < len(coming) and coming[at][0] <= tick * FRAME:
            arrival, packet = coming[at]
            if receiver.belongs(packet.ssrc, int(arrival), moved=False):
                receiver.receive(packet, int(arrival))
            at += 1
        frame, _ = receiver.pull(tick * FRAME)
        frames.append(frame)
    return frames
