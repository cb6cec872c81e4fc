"""A line that answers every call with a tone, in a process of its own, so that load on it can be measured from outside.

``python -m tests.prove.answering``: says its port on the first line; to each line that it reads it answers with what it
holds, as a JSON object; at the end of its input it stops.
"""

import asyncio
import gc
import json
import os
import sys
from pathlib import Path

import structlog
import uvloop

from tests.telephony.sip.sip_harness import TonePort
from voicebot.settings import SipSettings
from voicebot.telephony.leg import CallLeg
from voicebot.telephony.sip.line import SipLine

_PAGE = os.sysconf("SC_PAGE_SIZE")


class Answering:
    """The line and what it counts."""

    def __init__(self, low: int, high: int) -> None:
        self.line = SipLine(
            SipSettings(rtp_low=low, rtp_high=high, max_calls=2000, calls_per_second=500.0, media_timeout_s=20.0), 0
        )
        self.calls = 0

    async def serve(self, leg: CallLeg) -> None:
        """Take a call."""
        self.calls += 1
        leg.attach(TonePort())
        await leg.answer()
        await leg.wait_ended()

    def holdings(self) -> dict[str, int | bool]:
        """What the process holds: memory in KiB, open files, tasks, and what the line remembers."""
        gc.collect()
        resident = int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE // 1024
        return {
            "calls": self.calls,
            "memory_kib": resident,
            "files": sum(1 for _ in Path("/proc/self/fd").iterdir()),
            "objects": len(gc.get_objects()),
            "tasks": len(asyncio.all_tasks()),
            "legs": len(self.line.legs),
            "media": self.line.media.streams,
            "idle": self.line.ua.idle,
        }


async def main() -> None:
    """Answer until the input ends."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    low, high = (int(text) for text in sys.argv[1:3])
    answering = Answering(low, high)
    await answering.line.start(answering.serve)
    print(answering.line.port, flush=True)
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.readline():
        print(json.dumps(answering.holdings()), flush=True)
    await answering.line.stop()


if __name__ == "__main__":
    uvloop.run(main())
