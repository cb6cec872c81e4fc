"""The measured server for Twilio Media Streams: our own line, with nothing behind it but a talker."""

import argparse
import logging
from pathlib import Path
from typing import Any

import structlog
import uvloop
from pydantic import SecretStr

from bench import control, sound
from bench.load_twilio import SECRET
from bench.talker import ListeningTalker, Talker
from voicebot.settings import HandoffSettings, StreamSettings
from voicebot.telephony.leg import CallLeg
from voicebot.telephony.rtp.clock import MediaClock
from voicebot.telephony.streams.leg import StreamLeg
from voicebot.telephony.streams.line import StreamLine
from voicebot.turns.vad import warm_up


async def run(speech: Path, *, vad: bool) -> None:
    """Take calls until the input ends."""
    said = sound.load(speech, "bot")
    settings = StreamSettings(
        enabled=True, port=0, twilio_auth_token=SecretStr(SECRET), max_calls=2000, calls_per_second=500.0
    )
    clock = MediaClock()
    line = StreamLine(settings, HandoffSettings(), clock)
    talkers: list[Talker] = []
    legs: list[StreamLeg] = []
    if vad:
        warm_up()

    async def take(leg: CallLeg) -> None:
        talker = (ListeningTalker if vad else Talker)(said, len(talkers))
        talkers.append(talker)
        leg.attach(talker)
        await leg.answer()
        if isinstance(leg, StreamLeg):
            legs.append(leg)
        await leg.wait_ended()

    def counts() -> dict[str, Any]:
        return {
            "calls": len(legs),
            "received": sum(leg.session.inbound.stats.received for leg in legs),
            "concealed": sum(talker.concealed for talker in talkers),
            "frames": sum(talker.frames for talker in talkers),
        }

    await line.start(take)
    await control.serve({"port": line.port}, counts)
    await line.stop()
    clock.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("speech", type=Path)
    parser.add_argument("--vad", action="store_true")
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    uvloop.run(run(options.speech, vad=options.vad))
