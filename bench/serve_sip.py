"""The measured server for SIP and RTP: our own line, with nothing behind it but a talker."""

import argparse
import logging
from pathlib import Path
from typing import Any

import structlog
import uvloop

from bench import control, sound
from bench.talker import ListeningTalker, Talker
from voicebot.settings import SipSettings
from voicebot.telephony.leg import CallLeg
from voicebot.telephony.rtp.session import RtpSession
from voicebot.telephony.sip.leg import SipLeg
from voicebot.telephony.sip.line import SipLine
from voicebot.turns.vad import warm_up


async def run(speech: Path, *, vad: bool) -> None:
    """Take calls until the input ends."""
    said = sound.load(speech, "bot")
    settings = SipSettings(max_calls=2000, calls_per_second=500.0, rtp_low=20000, rtp_high=29998)
    line = SipLine(settings, 0)
    talkers: list[Talker] = []
    sessions: list[RtpSession] = []
    if vad:
        warm_up()

    async def take(leg: CallLeg) -> None:
        talker = (ListeningTalker if vad else Talker)(said, len(talkers))
        talkers.append(talker)
        leg.attach(talker)
        await leg.answer()
        if isinstance(leg, SipLeg) and leg.stream is not None:
            sessions.append(leg.stream.session)
        await leg.wait_ended()

    def counts() -> dict[str, Any]:
        return {
            "calls": len(sessions),
            "received": sum(session.stats.received for session in sessions),
            "concealed": sum(talker.concealed for talker in talkers),
            "frames": sum(talker.frames for talker in talkers),
        }

    await line.start(take)
    await control.serve({"port": line.port}, counts)
    await line.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("speech", type=Path)
    parser.add_argument("--vad", action="store_true")
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    uvloop.run(run(options.speech, vad=options.vad))
