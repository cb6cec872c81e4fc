"""What happens within calls, with SIPp at the other end: each scenario says what it expects of us."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from tests.telephony.sip.sip_harness import TonePort
from tests.telephony.sip.sipp_runner import SIPP, Sipp
from voicebot.errors import DialFailed, TransferRefused
from voicebot.settings import SipSettings
from voicebot.telephony.leg import CallLeg, EndReason
from voicebot.telephony.sip.leg import SipLeg
from voicebot.telephony.sip.line import SipLine

pytestmark = [
    pytest.mark.sip_clients,
    pytest.mark.skipif(SIPP is None, reason="there is no sipp: install Debian's sip-tester"),
]


class Bot:
    """A line that rings, answers with a tone and remembers its legs. Peers may send it to 127.0.0.1."""

    def __init__(self) -> None:
        settings = SipSettings(rtp_low=46000, rtp_high=46400, transfer_targets=("sip:*@127.0.0.1",))
        # Times that no real peer would be allowed, so that the test need not wait for minutes.
        self.line = SipLine(settings.model_copy(update={"min_session_expires_s": 2, "session_expires_s": 90}), 0)
        self.legs: asyncio.Queue[SipLeg] = asyncio.Queue()
        self.ring_s = 0.0

    async def serve(self, leg: CallLeg) -> None:
        """Take a call."""
        assert isinstance(leg, SipLeg)
        leg.attach(TonePort())
        await leg.ringing()
        await asyncio.sleep(self.ring_s)  # SIPp's messages set the pace.
        await leg.answer()
        await self.legs.put(leg)
        await leg.wait_ended()

    async def leg(self) -> SipLeg:
        """The next leg that is up."""
        async with asyncio.timeout(10):
            return await self.legs.get()

    async def dial(self, other: Sipp, **options: object) -> SipLeg:
        """Ring SIPp."""
        leg = await self.line.dial(other.address, **options)  # type: ignore[arg-type]
        assert isinstance(leg, SipLeg)
        leg.attach(TonePort())
        return leg


@pytest.fixture
async def bot() -> AsyncIterator[Bot]:
    """The line, started; afterwards nothing of any call is left."""
    made = Bot()
    await made.line.start(made.serve)
    yield made
    await made.line.stop()
    assert made.line.media.streams == 0
    assert not made.line.ua.calls


@pytest.mark.parametrize("transport", ["u1", "t1"])
@pytest.mark.parametrize(
    "scenario",
    [
        "hold.xml",
        "update.xml",
        "offerless.xml",
        "prack.xml",
        "timer_refresh.xml",
        "refer_refused.xml",
        "replaces_nobody.xml",
    ],
)
async def test_what_a_caller_may_do(bot: Bot, tmp_path: Path, scenario: str, transport: str) -> None:
    bot.ring_s = 0.4 if scenario == "prack.xml" else 0.0
    sipp = Sipp(tmp_path, scenario, bot.line.port, transport=transport)
    await sipp.start()
    await sipp.finish()
    if scenario != "replaces_nobody.xml":
        assert (await (await bot.leg()).wait_ended()).reason is EndReason.REMOTE_HANGUP


async def test_a_caller_that_does_not_refresh_is_hung_up(bot: Bot, tmp_path: Path) -> None:
    sipp = Sipp(tmp_path, "timer_422.xml", bot.line.port)
    await sipp.start()
    end = await (await bot.leg()).wait_ended()
    assert (end.reason, end.detail) == (EndReason.ERROR, "408 the session was not refreshed")
    await sipp.finish()


async def test_both_change_the_session_at_once(bot: Bot, tmp_path: Path) -> None:
    sipp = Sipp(tmp_path, "glare.xml", bot.line.port)
    await sipp.start()
    leg = await bot.leg()
    await leg.hold()
    await sipp.finish()


async def test_we_are_sent_on(bot: Bot, tmp_path: Path) -> None:
    """The leg goes on with the one whom we are sent to; the one who sent us is hung up."""
    bob = Bot()
    await bob.line.start(bob.serve)
    try:
        sipp = Sipp(tmp_path, "refer.xml", bot.line.port, other_port=str(bob.line.port))
        await sipp.start()
        ours, theirs = await bot.leg(), await bob.leg()
        await sipp.finish()
        heard = TonePort()
        ours.attach(heard)
        async with asyncio.timeout(10):
            while heard.loudest < 4000:
                await asyncio.sleep(0.02)
        assert ours.end is None
        assert "referred-by" in theirs.call.invite.headers
        await ours.hangup()
    finally:
        await bob.line.stop()


async def test_a_caller_is_sent_on(bot: Bot, tmp_path: Path) -> None:
    sipp = Sipp(tmp_path, "referred.xml", bot.line.port)
    await sipp.start()
    leg = await bot.leg()
    await leg.transfer("sip:agent@127.0.0.1:5999", headers={"User-to-User": "cafe;encoding=hex"})
    assert leg.end is not None
    assert leg.end.reason is EndReason.LOCAL_HANGUP
    await sipp.finish()


async def test_a_caller_that_does_not_get_there_comes_back(bot: Bot, tmp_path: Path) -> None:
    sipp = Sipp(tmp_path, "referred_back.xml", bot.line.port)
    await sipp.start()
    leg = await bot.leg()
    with pytest.raises(TransferRefused) as refusal:
        await leg.transfer("sip:agent@127.0.0.1:5999")
    assert refusal.value.status == 486
    assert leg.end is None
    await sipp.finish()


async def test_a_caller_is_put_through_to_an_agent_that_we_have(bot: Bot, tmp_path: Path) -> None:
    """Attended transfer: REFER with Replaces to the one, and BYE to both once it is done."""
    caller, agent = Sipp(tmp_path, "attended.xml", bot.line.port), Sipp(tmp_path, "agent.xml")
    await agent.start()
    await caller.start()
    leg = await bot.leg()
    second = await bot.dial(agent)
    await leg.transfer("", replaces=second)
    assert leg.end is not None
    assert second.end is not None
    await caller.finish()
    await agent.finish()


async def test_a_third_party_takes_a_callers_place(bot: Bot, tmp_path: Path) -> None:
    """INVITE with Replaces: the leg goes on with the new party, and the old one is hung up."""
    old = Sipp(tmp_path, "replaced.xml", bot.line.port)
    await old.start()
    leg = await bot.leg()
    dialog = leg.call.dialog
    assert dialog is not None
    _, ours, theirs = dialog.key
    keys = {"replaced_call": dialog.call_id, "replaced_to": ours, "replaced_from": theirs}
    new = Sipp(tmp_path, "replaces.xml", bot.line.port, **keys)
    await new.start()
    await old.finish()
    assert leg.end is None
    await new.finish()
    assert (await leg.wait_ended()).reason is EndReason.REMOTE_HANGUP


async def test_a_call_is_given_back(bot: Bot, tmp_path: Path) -> None:
    sipp = Sipp(tmp_path, "given_back.xml", bot.line.port)
    await sipp.start()
    leg = await bot.leg()
    await leg.transfer("", headers={"User-to-User": "cafe;encoding=hex"})
    await sipp.finish()


async def test_a_call_that_we_make_is_picked_up_by_another_phone(bot: Bot, tmp_path: Path) -> None:
    """INVITE with Replaces while it rings: the ringing phone is cancelled, the dialled leg goes on with the other."""
    ringing = Sipp(tmp_path, "picked_up.xml")
    await ringing.start()
    rings = asyncio.Event()
    dialling = asyncio.create_task(bot.dial(ringing, on_progress=lambda _: rings.set()))
    async with asyncio.timeout(10):
        await rings.wait()
    (call,) = bot.line.ua.calls
    (early,) = call.early.values()
    _, ours, theirs = early.dialog.key
    keys = {"replaced_call": early.dialog.call_id, "replaced_to": ours, "replaced_from": theirs}
    other = Sipp(tmp_path, "replaces.xml", bot.line.port, **keys)
    await other.start()
    leg = await dialling
    assert leg.end is None
    await ringing.finish()
    await other.finish()
    assert (await leg.wait_ended()).reason is EndReason.REMOTE_HANGUP


async def test_early_media_is_acknowledged_and_heard(bot: Bot, tmp_path: Path) -> None:
    sipp = Sipp(tmp_path, "early_media.xml")
    wave = np.where(np.arange(16000) // 10 % 2, 0x2A, 0xAA).astype(np.uint8)
    (sipp.folder / "tone.al").write_bytes(wave.tobytes())
    await sipp.start()
    heard = TonePort()
    progress: list[int] = []

    def listen(leg: SipLeg) -> None:
        leg.attach(heard)

    leg = await bot.dial(sipp, on_progress=progress.append, on_early_media=listen)
    assert progress == [183]
    assert heard.loudest > 4000, "heard before the answer"
    await leg.hangup()
    await sipp.finish()


async def test_two_phones_answer(bot: Bot, tmp_path: Path) -> None:
    sipp = Sipp(tmp_path, "fork.xml")
    await sipp.start()
    leg = await bot.dial(sipp)
    await asyncio.sleep(0.5)  # SIPp's second answer comes after the first.
    assert leg.end is None
    await leg.hangup()
    await sipp.finish()


async def test_a_redirect_is_followed_only_where_we_may_be_sent(bot: Bot, tmp_path: Path) -> None:
    agent = Sipp(tmp_path, "agent.xml")
    sipp = Sipp(tmp_path, "redirect.xml", other_port=str(agent.port))
    await agent.start()
    await sipp.start()
    leg = await bot.dial(sipp)
    assert leg.facts.called == "bob"
    await leg.hangup()
    await sipp.finish()
    await agent.finish()


async def test_a_redirect_to_elsewhere_is_a_failure(tmp_path: Path) -> None:
    line = SipLine(SipSettings(rtp_low=46500, rtp_high=46600), 0)

    async def nobody(leg: CallLeg) -> None:
        await leg.reject(404)

    await line.start(nobody)
    try:
        sipp = Sipp(tmp_path, "redirect.xml", other_port="5999")
        await sipp.start()
        with pytest.raises(DialFailed) as failure:
            await line.dial(sipp.address)
        assert failure.value.status == 302
        await sipp.finish()
    finally:
        await line.stop()
