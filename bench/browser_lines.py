"""What a browser call costs the media process: CPU and memory a call, with aiortc as the browsers in another process.

    scripts/run python -m bench.browser_lines [CALLS] [SECONDS]

The calls talk both ways all the time (Opus at 16 kHz, DTLS-SRTP); the conversation (VAD, recognition) is not in it.
"""

import asyncio
import json
import resource
import sys
import time

import numpy as np
import uvloop
from numpy.typing import NDArray

from tests.telephony.webrtc.browser import Browser
from voicebot.audio.frames import AudioFrame
from voicebot.settings import BrowserSettings
from voicebot.telephony.leg import CallLeg, KeyPress, LegEnded
from voicebot.telephony.rtp.clock import MediaClock
from voicebot.telephony.webrtc.line import BrowserLine
from voicebot.telephony.webrtc.messages import Answer, Ring, ToPage


class Talker:
    """Says noise, and counts what it hears."""

    def __init__(self, rate: int) -> None:
        self.frames = self.concealed = 0
        self._noise = np.random.default_rng(1).normal(0, 2000, rate // 50).astype(np.int16)

    def exchange(self, heard: AudioFrame) -> NDArray[np.int16] | None:
        """Speak without a pause."""
        self.frames += 1
        self.concealed += heard.concealed
        return self._noise

    def key(self, press: KeyPress) -> None:
        """None is pressed."""

    def ended(self, end: LegEnded) -> None:
        """At the end."""


async def browsers(calls: int) -> None:
    """The other process: offers on its standard output, answers on its standard input."""
    loop = asyncio.get_running_loop()
    made = [Browser() for _ in range(calls)]
    for browser in made:
        print(json.dumps(await browser.offer()), flush=True)
        await browser.answered(json.loads(await loop.run_in_executor(None, sys.stdin.readline)))
    await loop.run_in_executor(None, sys.stdin.readline)


async def measure(calls: int, seconds: float) -> None:
    """Ring, let them talk, and print what it took."""
    clock = MediaClock()
    line = BrowserLine(BrowserSettings(udp_low=43000, udp_high=43999, max_calls=calls), clock)
    talkers: list[Talker] = []

    async def take(leg: CallLeg) -> None:
        await leg.answer()
        talkers.append(Talker(leg.rate))
        leg.attach(talkers[-1])
        await leg.wait_ended()

    await line.start(take)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    command = [sys.executable, "-m", "bench.browser_lines", "browsers", str(calls)]
    peers = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert peers.stdin is not None and peers.stdout is not None
    for _ in range(calls):
        answers: asyncio.Queue[ToPage] = asyncio.Queue()
        offer = json.loads(await peers.stdout.readline())
        page = line.connected("", may_take_calls=False, send=answers.put_nowait)
        await line.receive(page, Ring(type="ring", sdp=offer))
        answer = await answers.get()
        assert isinstance(answer, Answer), answer
        peers.stdin.write(json.dumps(answer.sdp).encode() + b"\n")
    while len(talkers) < calls:
        await asyncio.sleep(0.1)
    await asyncio.sleep(2)
    cpu, wall = time.process_time(), time.perf_counter()
    counts = [(each.frames, each.concealed) for each in talkers]
    await asyncio.sleep(seconds)
    used, passed = time.process_time() - cpu, time.perf_counter() - wall
    frames = sum(each.frames - then[0] for each, then in zip(talkers, counts, strict=True))
    concealed = sum(each.concealed - then[1] for each, then in zip(talkers, counts, strict=True))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(
        f"{calls} calls, {passed:.0f} s: {100 * used / passed:.1f} % of a core, "
        f"{100 * used / passed / calls:.2f} % a call; {grown / 1024 / calls:.1f} MiB a call; "
        f"{frames / passed / calls:.1f} frames a second, {100 * concealed / frames:.1f} % of them concealed"
    )
    await line.stop()
    peers.terminate()
    await peers.wait()
    clock.stop()


if __name__ == "__main__":
    if sys.argv[1:2] == ["browsers"]:
        asyncio.run(browsers(int(sys.argv[2])))
    else:
        uvloop.run(measure(int((sys.argv[1:] or ["5"])[0]), float((sys.argv[2:] or ["20"])[0])))
