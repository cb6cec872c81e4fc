"""A trunk with a real provider: Kamailio as a registrar and proxy that both ask for a password, found by real DNS."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.telephony.sip.certificates import Authority
from tests.telephony.sip.dns_server import dns_server
from tests.telephony.sip.sip_harness import TonePort
from voicebot.errors import DialFailed
from voicebot.settings import SipSettings
from voicebot.telephony.leg import CallLeg, EndReason
from voicebot.telephony.sip.line import SipLine

KAMAILIO = shutil.which("kamailio")
TLS_MODULE = Path("/usr/lib/x86_64-linux-gnu/kamailio/modules/tls.so")

pytestmark = [
    pytest.mark.sip_clients,
    pytest.mark.skipif(
        KAMAILIO is None or not TLS_MODULE.exists(),
        reason="there is no kamailio with TLS: install Debian's kamailio and kamailio-tls-modules",
    ),
]


def _free_port() -> int:
    """A port that is free for UDP and TCP alike."""
    with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        tcp.bind(("127.0.0.1", 0))
        port = int(tcp.getsockname()[1])
        udp.bind(("127.0.0.1", port))
        return port


class Rung:
    """A line that answers everybody."""

    def __init__(self, settings: SipSettings) -> None:
        self.line = SipLine(settings, 0)
        self.legs: list[CallLeg] = []

    async def serve(self, leg: CallLeg) -> None:
        """Take a call."""
        self.legs.append(leg)
        await leg.ringing()
        await leg.answer()
        await leg.wait_ended()


@asynccontextmanager
async def _provider(folder: Path, certificate: Path, desk: int, algorithm: str) -> AsyncIterator[tuple[int, int]]:
    """Kamailio on free ports: gives those of UDP and TCP, and of TLS."""
    udp, tls = _free_port(), _free_port()
    template = (Path(__file__).parent / "provider.cfg").read_text()
    filled = template.format(udp=udp, tls=tls, certificate=certificate, desk=desk, algorithm=algorithm)
    (folder / "kamailio.cfg").write_text(filled)
    assert KAMAILIO is not None
    with (folder / "kamailio.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(KAMAILIO, "-DD", "-E", "-f", str(folder / "kamailio.cfg"), "-Y", str(folder), "-m", "32", "-M", "4"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            async with asyncio.timeout(20):
                while process.returncode is None:
                    try:
                        _, writer = await asyncio.open_connection("127.0.0.1", tls)
                    except ConnectionRefusedError:
                        await asyncio.sleep(0.05)
                        continue
                    writer.close()
                    await writer.wait_closed()
                    break
            assert process.returncode is None, (folder / "kamailio.log").read_text()[-3000:]
            yield udp, tls
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


@pytest.mark.parametrize(
    ("transport", "algorithm"), [("udp", "MD5"), ("tcp", "SHA-256"), ("tls", "SHA-256"), ("", "MD5")]
)
async def test_calls_in_and_out_by_a_trunk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, transport: str, algorithm: str
) -> None:
    """Registered, rung by the registration, ringing out with a password, and gone after the line has stopped."""
    monkeypatch.setenv("PROVIDER_PASSWORD", "hush")
    authority = Authority(tmp_path)
    desk = Rung(SipSettings(rtp_low=46000, rtp_high=46100))
    await desk.line.start(desk.serve)
    certificate = authority.issue("provider.pem", "provider.test")
    zone: dict[tuple[str, str], list[str]] = {("sip.provider.test", "A"): ["127.0.0.1"]}
    async with _provider(tmp_path, certificate, desk.line.port, algorithm) as (udp, tls), dns_server(zone) as dns:
        zone |= {
            ("provider.test", "NAPTR"): ['10 10 "s" "SIPS+D2T" "" _sips._tcp.provider.test.'],
            ("_sip._udp.provider.test", "SRV"): [f"0 0 {udp} sip.provider.test."],
            ("_sip._tcp.provider.test", "SRV"): [f"0 0 {udp} sip.provider.test."],
            ("_sips._tcp.provider.test", "SRV"): [f"0 0 {tls} sip.provider.test."],
        }
        trunk = {
            "name": "provider",
            "domain": "provider.test",
            "transport": transport,
            "user": "0161",
            "password_env": "PROVIDER_PASSWORD",
            "registers": True,
            "expires_s": 30,
        }
        ours = authority.issue("ours.pem", "127.0.0.1")
        bot = Rung(
            SipSettings.model_validate(
                {
                    "rtp_low": 46100,
                    "rtp_high": 46200,
                    "dns_servers": [dns.address],
                    "trunks": [trunk],
                    "tls_port": 0,
                    "tls_ca": str(authority.ca),
                    "tls_certificate": str(ours),
                }
            )
        )
        await bot.line.start(bot.serve)
        (known,) = bot.line.router.trunks
        async with asyncio.timeout(10):
            while known.status().registration != "registered" or not known.reachable:
                await asyncio.sleep(0.02)
        assert known.status().granted_s == 60, "asked for 30 s at first, which the registrar calls too brief"

        leg = await desk.line.dial(f"sip:0161@127.0.0.1:{udp}", caller="0123")
        facts = bot.legs[0].facts
        assert (facts.trunk, facts.called, facts.caller) == ("provider", "0800", "0123")
        heard = TonePort()
        bot.legs[0].attach(heard)
        await leg.send_keys("42")
        await bot.legs[0].hangup()
        assert (await leg.wait_ended()).reason is EndReason.REMOTE_HANGUP
        assert heard.keys == ["4", "2"]

        out = await bot.line.dial("tel:+44-(0)161-999", caller="0777", headers={"User-to-User": "cafe"})
        rung = desk.legs[0]
        assert (rung.facts.called, rung.facts.caller) == ("+440161999", "0777")
        assert (out.facts.trunk, rung.facts.headers["user-to-user"]) == ("provider", "cafe")
        await rung.hangup()
        assert (await out.wait_ended()).reason is EndReason.REMOTE_HANGUP
        again = await bot.line.dial("sip:0162@provider.test")
        await again.hangup()
        assert (await desk.legs[1].wait_ended()).reason is EndReason.REMOTE_HANGUP

        await bot.line.stop()
        with pytest.raises(DialFailed) as failure:
            await desk.line.dial(f"sip:0161@127.0.0.1:{udp}")
        assert failure.value.status == 404
        await desk.line.stop()


async def test_a_wrong_password_is_seen_and_not_tried_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVIDER_PASSWORD", "wrong")
    certificate = Authority(tmp_path).issue("provider.pem", "provider.test")
    async with _provider(tmp_path, certificate, 9, "MD5") as (udp, _):
        trunk = {
            "name": "provider",
            "domain": f"127.0.0.1:{udp}",
            "user": "0161",
            "password_env": "PROVIDER_PASSWORD",
            "registers": True,
        }
        bot = Rung(SipSettings.model_validate({"trunks": [trunk], "rtp_low": 46100, "rtp_high": 46200}))
        await bot.line.start(bot.serve)
        (known,) = bot.line.router.trunks
        async with asyncio.timeout(10):
            while known.status().registration != "refused":
                await asyncio.sleep(0.02)
        assert known.registration is not None
        assert known.registration.failures == 1
        with pytest.raises(DialFailed) as failure:
            await bot.line.dial("tel:0199")
        assert failure.value.status == 407
        await bot.line.stop()
