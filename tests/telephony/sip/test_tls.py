"""SIP over TLS on real sockets: two of our lines, and clients that are not to be trusted."""

import asyncio
import os
import socket
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvloop

from tests.telephony.sip.certificates import Authority
from tests.telephony.sip.sip_harness import TonePort
from voicebot.errors import ConfigurationError, DialFailed
from voicebot.settings import SipSettings
from voicebot.telephony.leg import CallLeg, EndReason
from voicebot.telephony.sip.line import SipLine
from voicebot.telephony.sip.tls import Tls, TlsFiles


def _settings(ports: int, **settings: object) -> SipSettings:
    given = {"rtp_low": ports, "rtp_high": ports + 200, "tls_port": 0, **settings}
    return SipSettings.model_validate({name: str(v) if isinstance(v, Path) else v for name, v in given.items()})


class Answering:
    """A line that answers everybody by TLS."""

    def __init__(self, **settings: object) -> None:
        self.line = SipLine(_settings(45000, **settings), 0)
        self.legs: list[CallLeg] = []

    async def serve(self, leg: CallLeg) -> None:
        """Take a call."""
        self.legs.append(leg)
        await leg.answer()
        await leg.wait_ended()

    @property
    def address(self) -> str:
        """What to ring."""
        return f"sip:bot@127.0.0.1:{self.line.sockets.tls_port};transport=tls"


async def _nobody(leg: CallLeg) -> None:
    await leg.reject(404)


@asynccontextmanager
async def _lines(caller: SipLine, called: Answering) -> AsyncIterator[None]:
    await caller.start(_nobody)
    await called.line.start(called.serve)
    try:
        yield
    finally:
        await caller.stop()
        await called.line.stop()


@pytest.mark.parametrize("scheme", ["sip", "sips"])
async def test_a_call_over_tls(tmp_path: Path, scheme: str) -> None:
    """Answered, acknowledged (the Contact leads to the TLS port), with keys, hung up from the called side."""
    authority = Authority(tmp_path)
    called = Answering(tls_certificate=authority.issue("bot.pem", "127.0.0.1"))
    caller = SipLine(_settings(45200, tls_ca=authority.ca, tls_certificate=authority.issue("ann.pem", "127.0.0.1")), 0)
    async with _lines(caller, called):
        address = called.address.replace("sip:", f"{scheme}:")
        leg = await caller.dial(address, caller="0161")
        heard = TonePort()
        called.legs[0].attach(heard)
        contact = next(iter(called.line.ua.calls)).invite.headers.get("contact")
        assert contact.startswith(f"<{scheme}:voicebot@127.0.0.1:{caller.sockets.tls_port};transport=tls")
        await leg.send_keys("7")
        await called.legs[0].hangup()
        assert (await leg.wait_ended()).reason is EndReason.REMOTE_HANGUP
        assert heard.keys == ["7"]
    assert called.line.sockets.connections == 0


async def test_a_call_back_over_the_same_connection(tmp_path: Path) -> None:
    """Only the called side has a certificate: its BYE comes by the connection that the caller opened."""
    authority = Authority(tmp_path)
    called = Answering(tls_certificate=authority.issue("bot.pem", "127.0.0.1"))
    caller = SipLine(_settings(45200, tls_ca=authority.ca), 0)
    async with _lines(caller, called):
        leg = await caller.dial(called.address)
        await called.legs[0].hangup()
        assert (await leg.wait_ended()).reason is EndReason.REMOTE_HANGUP
        assert called.line.sockets.connections == 1


async def test_whom_we_do_not_trust_is_not_rung(tmp_path: Path) -> None:
    """Another authority, and a certificate for another name."""
    ours, theirs = Authority(tmp_path), Authority(tmp_path, "Another Authority")
    called = Answering(tls_certificate=theirs.issue("bot.pem", "127.0.0.1"))
    caller = SipLine(_settings(45200, tls_ca=ours.ca), 0)
    async with _lines(caller, called):
        with pytest.raises(DialFailed) as failure:
            await caller.dial(called.address)
        assert failure.value.status == 503
    called = Answering(tls_certificate=ours.issue("bot.pem", "192.0.2.1", "other.test"))
    caller = SipLine(_settings(45200, tls_ca=ours.ca), 0)
    async with _lines(caller, called):
        with pytest.raises(DialFailed):
            await caller.dial(called.address)
        assert caller.sockets.handshakes_failed == 1
        assert not called.legs


async def test_who_does_not_show_a_certificate_does_not_ring_us(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    called = Answering(
        tls_certificate=authority.issue("bot.pem", "127.0.0.1"), tls_ca=authority.ca, tls_verify_clients=True
    )
    stranger = SipLine(_settings(45200, tls_ca=authority.ca), 0)
    known = SipLine(_settings(45200, tls_ca=authority.ca, tls_certificate=authority.issue("ann.pem", "127.0.0.1")), 0)
    async with _lines(known, called):
        leg = await known.dial(called.address)
        await leg.hangup()
        await stranger.start(_nobody)
        with pytest.raises(DialFailed):
            await stranger.dial(called.address, timeout_s=2.0)
        await stranger.stop()
        assert len(called.legs) == 1


async def test_a_replaced_certificate_is_taken_without_a_restart(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    file = authority.issue("bot.pem", "127.0.0.1")
    tls = Tls(TlsFiles(file, ca=authority.ca))
    called = Answering(tls_certificate=file)

    async def serial() -> str:
        context = ssl.create_default_context(cafile=authority.ca)
        reader, writer = await asyncio.open_connection("127.0.0.1", called.line.sockets.tls_port, ssl=context)
        shown = writer.get_extra_info("peercert")["serialNumber"]
        writer.close()
        await writer.wait_closed()
        del reader
        return str(shown)

    called.line.sockets._tls = tls  # The line's own looks once a minute only.
    await called.line.start(called.serve)
    first = await serial()
    assert not tls.refresh(), "nothing has changed"
    assert tls.expires is not None
    assert 86_000 < tls.expires - time.time() < 87_000, "made for a day"
    good = authority.issue("new.pem", "127.0.0.1").read_bytes()
    file.write_bytes(good[:300])
    os.utime(file, (1, 1))
    assert not tls.refresh(), "half a file is left alone"
    assert await serial() == first
    file.write_bytes(good)
    os.utime(file, (2, 2))
    assert tls.refresh()
    assert await serial() != first
    await called.line.stop()


async def test_a_key_with_a_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = Authority(tmp_path)
    file = authority.issue("bot.pem", "127.0.0.1", password="hush")
    with pytest.raises(ConfigurationError, match="TLS files"):
        Answering(tls_certificate=file)
    monkeypatch.setenv("KEY_PASSWORD", "hush")
    called = Answering(tls_certificate=file, tls_key_password_env="KEY_PASSWORD")
    caller = SipLine(_settings(45200, tls_ca=authority.ca), 0)
    async with _lines(caller, called):
        await (await caller.dial(called.address)).hangup()
    with pytest.raises(ConfigurationError, match=r"nowhere\.pem"):
        Answering(tls_certificate=tmp_path / "nowhere.pem")


async def test_a_tls_port_that_is_taken_is_named(tmp_path: Path) -> None:
    certificate = Authority(tmp_path).issue("bot.pem", "127.0.0.1")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        line = SipLine(_settings(45200, tls_certificate=certificate, tls_port=taken.getsockname()[1]), 0)
        with pytest.raises(ConfigurationError, match="VOICEBOT_SIP__TLS_PORT"):
            await line.start(_nobody)


def test_the_same_on_uvloop(tmp_path: Path) -> None:
    """The service runs on uvloop, whose TLS is its own."""
    for number, test in enumerate(
        (
            lambda folder: test_a_call_over_tls(folder, "sip"),
            test_a_call_back_over_the_same_connection,
            test_whom_we_do_not_trust_is_not_rung,
            test_who_does_not_show_a_certificate_does_not_ring_us,
            test_a_replaced_certificate_is_taken_without_a_restart,
        )
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        uvloop.run(test(folder))
