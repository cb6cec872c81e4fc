"""Dialogs that go through Kamailio, which stays in every one of them by Record-Route."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.telephony.sip.ports import free_port
from tests.telephony.sip.stations import Three, directions, hears
from voicebot.errors import TransferRefused
from voicebot.telephony.leg import EndReason
from voicebot.telephony.sip.leg import SipLeg

KAMAILIO = shutil.which("kamailio")

pytestmark = [
    pytest.mark.sip_clients,
    pytest.mark.skipif(KAMAILIO is None, reason="there is no kamailio: install Debian's kamailio"),
]


@pytest.fixture(params=["", ";transport=tcp"], ids=["udp", "tcp"])
async def three(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Three]:
    """Three lines that ring each other by way of the proxy."""
    made = Three(transport=request.param)
    stations = (made.bot, made.ann, made.bob)
    for station in stations:
        await station.line.start(station.serve)
    port = free_port()
    ports = {station.name: station.line.port for station in stations}
    template = (Path(__file__).parent / "front.cfg").read_text()
    (tmp_path / "kamailio.cfg").write_text(template.format(port=port, transport=request.param, **ports))
    assert KAMAILIO is not None
    with (tmp_path / "kamailio.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(KAMAILIO, "-DD", "-E", "-f", str(tmp_path / "kamailio.cfg"), "-Y", str(tmp_path), "-m", "32", "-M", "4"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        await _listening(port)
        for station in stations:
            station.proxy = port
        yield made
        for station in stations:
            await station.line.stop()
            assert station.line.media.streams == 0
            assert not station.line.ua.calls
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _listening(port: int) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.05)
                continue
            writer.close()
            return


def _by_the_proxy(leg: SipLeg, three: Three) -> bool:
    dialog = leg.call.dialog
    return dialog is not None and any(f":{three.bot.proxy};" in route for route in dialog.routes)


async def test_a_call_with_holds(three: Three) -> None:
    at_ann, at_bot = await three.call(three.ann, three.bot)
    assert _by_the_proxy(at_ann, three)
    assert _by_the_proxy(at_bot, three)
    await asyncio.gather(hears(at_ann), hears(at_bot))
    for one, other in ((at_bot, at_ann), (at_ann, at_bot)):
        await one.hold()
        assert directions(other) == (False, True)
        await one.resume()
        assert directions(other) == (True, True)
    await at_bot.hangup()
    assert (await at_ann.wait_ended()).reason is EndReason.REMOTE_HANGUP


async def test_a_party_is_handed_on(three: Three) -> None:
    at_ann, at_bot = await three.call(three.ann, three.bot)
    await at_bot.transfer(three.bob.address)
    at_bob = await three.bob.rung()
    assert _by_the_proxy(at_bob, three)
    await asyncio.gather(hears(at_ann), hears(at_bob))
    await at_bob.hangup()
    assert (await at_ann.wait_ended()).reason is EndReason.REMOTE_HANGUP


async def test_an_attended_transfer(three: Three) -> None:
    """The target is named by the address that rings it, so the INVITE with Replaces goes by the proxy, too."""
    at_ann, to_ann = await three.call(three.ann, three.bot)
    to_bob, at_bob = await three.call(three.bot, three.bob)
    await to_ann.transfer(three.bob.address, replaces=to_bob)
    await asyncio.gather(hears(at_ann), hears(at_bob))
    assert _by_the_proxy(at_bob, three)
    assert to_bob.end is not None
    await at_ann.hangup()
    assert (await at_bob.wait_ended()).reason is EndReason.REMOTE_HANGUP


async def test_who_is_handed_on_to_nobody_comes_back(three: Three) -> None:
    three.bob.refuse = 486
    at_ann, at_bot = await three.call(three.ann, three.bot)
    with pytest.raises(TransferRefused, match="486"):
        await at_bot.transfer(three.bob.address)
    await asyncio.gather(hears(at_ann), hears(at_bot))
    await at_ann.hangup()
