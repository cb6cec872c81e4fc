"""Calls that change hands, on real sockets: three lines of ours over loopback."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.telephony.sip.sip_harness import TonePort
from tests.telephony.sip.stations import Three, directions, hears
from voicebot.errors import DialFailed, TelephonyError, TransferRefused
from voicebot.settings import HandoffSettings, Settings
from voicebot.telephony.leg import CallLeg, EndReason
from voicebot.telephony.sip.leg import SipLeg
from voicebot.telephony.sip.line import SipLine
from voicebot.telephony.sip.uri import Uri


@pytest.fixture
async def three(request: pytest.FixtureRequest) -> AsyncIterator[Three]:
    """Three lines, started, with the settings that the test's parameter gives."""
    made = Three(**getattr(request, "param", {}))
    stations = (made.bot, made.ann, made.bob)
    for station in stations:
        await station.line.start(station.serve)
    yield made
    for station in stations:
        await station.line.stop()
        assert station.line.media.streams == 0
    assert all(station.line.ua.calls == frozenset() for station in stations)


EVERY_KIND = pytest.mark.parametrize(
    "three",
    [
        {},
        {"transport": ";transport=tcp"},
        {"srtp": "required", "srtp_without_tls": True},
        {"codecs": ("G722",)},
        {"codecs": ("G722", "PCMA"), "bob": {"codecs": ("PCMA",)}},
        {"codecs": ("PCMA",), "bob": {"codecs": ("PCMA", "G722"), "srtp": "optional"}},
    ],
    ids=["udp", "tcp", "encrypted", "wide", "wide to narrow", "mixed"],
    indirect=True,
)


@EVERY_KIND
async def test_a_party_is_handed_on(three: Three) -> None:
    """The bot sends ann to bob: ann's leg goes on with bob, the bot is out of it."""
    at_ann, at_bot = await three.call(three.ann, three.bot)
    await at_bot.transfer(three.bob.address, headers={"User-to-User": "cafe;encoding=hex"})
    assert at_bot.end is not None
    at_bob = await three.bob.rung()
    assert at_bob.facts.headers["user-to-user"] == "cafe;encoding=hex"
    assert "referred-by" in at_bob.call.invite.headers
    await asyncio.gather(hears(at_ann), hears(at_bob))
    assert at_ann.end is None
    await at_ann.hangup()
    assert (await at_bob.wait_ended()).reason is EndReason.REMOTE_HANGUP


@EVERY_KIND
async def test_an_attended_transfer_leaves_the_two_others_with_each_other(three: Three) -> None:
    """The bot talks to ann and to bob, and puts them together: ann takes the bot's place with bob."""
    at_ann, to_ann = await three.call(three.ann, three.bot)
    to_bob, at_bob = await three.call(three.bot, three.bob)
    before = at_bob.position
    await to_ann.transfer("", replaces=to_bob)
    assert to_ann.end is not None
    assert to_bob.end is not None
    await asyncio.gather(hears(at_ann), hears(at_bob))
    assert at_ann.end is None
    assert at_bob.end is None
    assert at_bob.position > before, "the leg's time goes on"
    await at_bob.hangup()
    assert (await at_ann.wait_ended()).reason is EndReason.REMOTE_HANGUP


async def test_a_party_that_nobody_takes_comes_back(three: Three) -> None:
    three.bob.refuse = 486
    at_ann, at_bot = await three.call(three.ann, three.bot)
    with pytest.raises(TransferRefused) as refusal:
        await at_bot.transfer(three.bob.address)
    assert refusal.value.status == 486
    assert at_bot.end is None
    await asyncio.gather(hears(at_ann), hears(at_bot))
    await at_ann.hangup()


@pytest.mark.parametrize("target", ["sip:x@192.0.2.1", "sip:*bob@127.0.0.2", "tel:+44900"])
async def test_nobody_is_sent_where_it_was_not_allowed(three: Three, target: str) -> None:
    at_ann, at_bot = await three.call(three.ann, three.bot)
    with pytest.raises(TransferRefused) as refusal:
        await at_bot.transfer(target)
    assert refusal.value.status == 403
    assert at_bot.end is None
    assert at_ann.end is None
    await at_bot.hangup()


async def test_who_is_sent_on_by_a_peer_that_leaves_at_once_still_gets_there(three: Three) -> None:
    """Ann sends the bot to bob and hangs up as soon as that is accepted, as many phones do."""
    at_ann, at_bot = await three.call(three.ann, three.bot)
    ended = asyncio.create_task(at_bot.wait_ended())
    sending = asyncio.create_task(at_ann.transfer(three.bob.address))
    async with asyncio.timeout(10):
        while at_bot.successor is None:
            await asyncio.sleep(0)
    await at_ann.hangup()
    await sending
    at_bob = await three.bob.rung()
    await asyncio.gather(hears(at_bot), hears(at_bob))
    assert not ended.done()
    await at_bob.hangup()
    assert (await ended).reason is EndReason.REMOTE_HANGUP


async def test_a_leg_that_is_hung_up_while_it_is_sent_on(three: Three) -> None:
    at_ann, at_bot = await three.call(three.ann, three.bot)
    sending = asyncio.create_task(at_ann.transfer(three.bob.address))
    async with asyncio.timeout(10):
        while at_bot.successor is None:
            await asyncio.sleep(0)
    await at_bot.hangup()
    with pytest.raises(TransferRefused):
        await sending
    assert (await at_ann.wait_ended()).reason is EndReason.REMOTE_HANGUP
    assert at_bot.end is not None


@EVERY_KIND
async def test_hold_and_resume(three: Three) -> None:
    at_ann, at_bot = await three.call(three.ann, three.bot)
    await at_bot.hold()
    assert directions(at_ann) == (False, True)
    await at_ann.hold()
    await at_bot.resume()
    assert directions(at_bot) == (False, True), "ann still holds"
    await at_ann.resume()
    await asyncio.gather(hears(at_ann), hears(at_bot))
    await at_ann.hangup()
    with pytest.raises(TelephonyError):
        await at_ann.hold()


async def test_both_hold_at_once(three: Three) -> None:
    """Glare: both ask, both are told 491, both wait, both succeed."""
    at_ann, at_bot = await three.call(three.ann, three.bot)
    await asyncio.gather(at_ann.hold(), at_bot.hold())
    assert directions(at_ann) == directions(at_bot) == (False, False)
    await at_ann.hangup()


async def test_early_media_is_heard_before_the_answer(three: Three) -> None:
    heard = TonePort()

    async def announce(leg: CallLeg) -> None:
        assert isinstance(leg, SipLeg)
        leg.attach(TonePort())
        await leg.announce()
        async with asyncio.timeout(10):
            while heard.loudest < 4000:
                await asyncio.sleep(0.02)
        await leg.reject(486)

    three.bob.instead = announce
    progress: list[int] = []

    def early(leg: SipLeg) -> None:
        leg.attach(heard)

    with pytest.raises(DialFailed) as failure:
        await three.bot.line.dial(three.bob.address, on_progress=progress.append, on_early_media=early)
    assert failure.value.status == 486
    assert progress == [183]
    assert heard.loudest > 4000


async def test_a_call_that_begins_with_an_announcement(three: Three) -> None:
    """183, which the caller must acknowledge before the 200 comes; the media simply goes on."""

    async def announce(leg: CallLeg) -> None:
        assert isinstance(leg, SipLeg)
        leg.attach(TonePort())
        await leg.announce()
        await leg.announce()
        await leg.answer()
        await three.bob.legs.put(leg)
        await leg.wait_ended()

    three.bob.instead = announce
    progress: list[int] = []
    leg = await three.bot.line.dial(three.bob.address, on_progress=progress.append)
    assert isinstance(leg, SipLeg)
    theirs = await three.bob.rung()
    leg.attach(TonePort())
    await asyncio.gather(hears(leg), hears(theirs))
    assert progress == [183]
    await leg.hangup()


def test_peers_may_send_us_to_our_own_people() -> None:
    """What is rung for a queue may be rung for an agent who transfers; numbers for trunks are no addresses."""
    handoff = HandoffSettings(queues={"default": ("sip:agent@127.0.0.1:5070", "01614960000")})
    line = SipLine.from_settings(Settings(handoff=handoff))
    may_refer = line.ua._endpoint.config.may_refer
    assert may_refer(Uri.parse("sip:agent@127.0.0.1:5070"))
    assert not may_refer(Uri.parse("sip:other@127.0.0.1:5070"))
