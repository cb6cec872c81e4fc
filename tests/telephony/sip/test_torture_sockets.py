"""Every message of RFC 4475 at a line on real sockets: UDP, TCP and TLS. It answers, closes or drops, and goes on."""

import asyncio
import re
import socket
import ssl
from collections.abc import AsyncIterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from tests.telephony.sip.certificates import Authority
from tests.telephony.sip.sip_harness import request
from tests.telephony.sip.torture_messages import CALL, DROPPED, TORTURES, Torture, torture_message
from voicebot.settings import SipSettings
from voicebot.telephony.leg import CallLeg
from voicebot.telephony.sip.line import SipLine

REFUSED = 486
MARKER = request(
    "OPTIONS", Via="SIP/2.0/TCP 127.0.0.1;rport;branch=z9hG4bKmarker", Call_ID="marker", uri="sip:bot@127.0.0.1"
)


async def _refuse(leg: CallLeg) -> None:
    await leg.reject(REFUSED)


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[SipLine]:
    """A line that refuses every call; nothing may be raised in its event loop."""
    raised: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: raised.append(context))
    files = Authority(tmp_path).issue("bot.pem", "127.0.0.1")
    settings = SipSettings(
        media_networks=[ip_network("192.0.2.0/24")],
        rtp_low=47200,
        rtp_high=47300,
        tls_certificate=str(files),
        tls_port=0,
        calls_per_second=1000.0,
    )
    made = SipLine(settings, 0)
    await made.start(_refuse)
    yield made
    assert made.legs == ()
    assert made.media.streams == 0
    await made.stop()
    assert raised == []


def _final(said: bytes) -> list[int]:
    """The final statuses among what was said, those of the marker left out."""
    answers = re.split(rb"(?=SIP/2\.0 )", said)
    found = [(int(answer[8:11]), b"marker" in answer) for answer in answers if answer]
    return [status for status, marks in found if status >= 200 and not marks]


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, torture: Torture) -> list[int]:
    """Send a message and give the answers, after which the connection is as the RFC says."""
    writer.write(torture_message(torture.name))
    if not (torture.closed or torture.waits):
        writer.write(MARKER)
    said = b""
    async with asyncio.timeout(10):
        while torture.closed or b"marker" not in said:
            if torture.waits and len(_final(said)) == len(torture.answers):
                break
            part = await reader.read(65536)
            said += part
            if not part:
                assert torture.closed
                break
    writer.close()
    await asyncio.gather(writer.wait_closed(), return_exceptions=True)
    return _final(said)


@pytest.mark.parametrize("secured", [False, True], ids=["TCP", "TLS"])
async def test_in_streams(line: SipLine, secured: bool) -> None:
    context = ssl.create_default_context() if secured else None
    if context is not None:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    port = line.sockets.tls_port if secured else line.port
    for torture in TORTURES:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
        expected = [REFUSED if status == CALL else status for status in torture.answers if status != DROPPED]
        assert await _ask(reader, writer, torture) == expected, torture.name
    async with asyncio.timeout(5):
        while line.sockets.connections:
            await asyncio.sleep(0)


async def test_in_datagrams(line: SipLine) -> None:
    """Answers go where Via says, which is elsewhere; that the line goes on is seen by the answer to the marker."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.setblocking(False)
        loop = asyncio.get_running_loop()
        for torture in TORTURES:
            await loop.sock_sendto(peer, torture_message(torture.name), ("127.0.0.1", line.port))
        await loop.sock_sendto(peer, MARKER, ("127.0.0.1", line.port))
        async with asyncio.timeout(10):
            while True:
                answer = await loop.sock_recv(peer, 65536)
                if b"marker" in answer:
                    break
    assert answer.startswith(b"SIP/2.0 200 ")
    assert line.ua.dropped == sum(torture.status == DROPPED for torture in TORTURES)
