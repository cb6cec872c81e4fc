"""The browser line with aiortc as the browser: real ICE, DTLS-SRTP and RTP over loopback, in real time."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import aioice.ice
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.telephony.webrtc.browser import Browser, loudest_hertz
from voicebot.audio.frames import AudioFrame, frame_samples
from voicebot.errors import ConfigurationError, DialFailed, TelephonyError, TransferRefused
from voicebot.settings import BrowserSettings
from voicebot.telephony.leg import CallLeg, EndReason, IncomingHandler, KeyPress, LegEnded
from voicebot.telephony.rtp.clock import MediaClock
from voicebot.telephony.webrtc import messages
from voicebot.telephony.webrtc.leg import BrowserLeg
from voicebot.telephony.webrtc.line import BrowserLine, Page
from voicebot.telephony.webrtc.messages import Accept, Answer, Decline, HangUp, Press, Quality, Register, Ring

Browsers = Callable[..., Browser]
SETTINGS = BrowserSettings(udp_low=42000, udp_high=42099, connect_s=5.0, grace_s=1.0)


class Tape:
    """A media port that says a tone and keeps what it hears."""

    def __init__(self, rate: int, hertz: float = 700.0) -> None:
        self.heard: list[AudioFrame] = []
        self.keys: list[KeyPress] = []
        self.end: LegEnded | None = None
        self.loud = asyncio.Event()
        self._rate, self._hertz = rate, hertz

    def exchange(self, heard: AudioFrame) -> NDArray[np.int16] | None:
        self.heard.append(heard)
        if np.abs(heard.samples.astype(np.int32)).max() > 1000:
            self.loud.set()
        time = (heard.position + np.arange(frame_samples(self._rate))) / self._rate
        return (9000 * np.sin(2 * np.pi * self._hertz * time)).astype(np.int16)

    def key(self, press: KeyPress) -> None:
        self.keys.append(press)

    def ended(self, end: LegEnded) -> None:
        self.end = end

    def sound(self, seconds: float) -> NDArray[np.int16]:
        return np.concatenate([frame.samples for frame in self.heard])[-int(seconds * self._rate) :]


class Desk:
    """A page without a page: what it was sent, and the browser that it steers."""

    def __init__(self, line: BrowserLine, name: str = "", *, agent: bool = False) -> None:
        self.line = line
        self.sent: asyncio.Queue[messages.ToPage] = asyncio.Queue()
        self.page: Page = line.connected(name, may_take_calls=agent, send=self.sent.put_nowait)

    async def next(self, kind: type[messages.ToPage]) -> messages.ToPage:
        async with asyncio.timeout(5):
            while True:
                message = await self.sent.get()
                if isinstance(message, kind):
                    return message

    async def ring(self, browser: Browser, quality: Quality | None = None) -> Answer:
        ring = Ring(type="ring", sdp=await browser.offer(), quality=quality or Quality())
        await self.line.receive(self.page, ring)
        answer = await self.next(Answer)
        assert isinstance(answer, Answer)
        await browser.answered(answer.sdp)
        return answer


@pytest.fixture(autouse=True)
def loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """The peer stays on loopback, whatever networks the machine has."""
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda use_ipv4, use_ipv6: ["127.0.0.1"])


@pytest.fixture
async def browsers() -> AsyncIterator[Callable[..., Browser]]:
    """Makes browsers, and closes them when the test is over."""
    made: list[Browser] = []

    def make(**how: Any) -> Browser:
        made.append(Browser(**how))
        return made[-1]

    yield make
    for browser in made:
        await browser.close()


@pytest.fixture
async def line() -> AsyncIterator[BrowserLine]:
    clock = MediaClock()
    made = BrowserLine(SETTINGS, clock)
    yield made
    await made.stop()
    clock.stop()


def taking(calls: "asyncio.Queue[tuple[CallLeg, Tape]]") -> IncomingHandler:
    async def take(leg: CallLeg) -> None:
        await leg.answer()
        tape = Tape(leg.rate)
        leg.attach(tape)
        calls.put_nowait((leg, tape))
        await leg.wait_ended()

    return take


@pytest.mark.parametrize(("codec", "rate"), [("audio/opus", 16000), ("audio/pcma", 8000)])
async def test_a_call_is_heard_both_ways_and_keyed(
    line: BrowserLine, codec: str, rate: int, browsers: Browsers
) -> None:
    calls: asyncio.Queue[tuple[CallLeg, Tape]] = asyncio.Queue()
    await line.start(taking(calls))
    browser, desk = browsers(codec=codec), Desk(line)
    await desk.ring(browser)
    leg, tape = await asyncio.wait_for(calls.get(), 5)
    await asyncio.wait_for(tape.loud.wait(), 5)
    await asyncio.wait_for(browser.hearing.wait(), 5)
    start = len(tape.heard)
    while len(tape.heard) < start + 40:
        await asyncio.sleep(0.02)
    assert leg.rate == rate
    assert leg.facts.line == "browser"
    assert loudest_hertz(tape.sound(0.5), rate) == pytest.approx(440, abs=6)
    assert loudest_hertz(np.concatenate(browser.heard[-25:]), len(browser.heard[-1]) * 50) == pytest.approx(700, abs=10)
    assert sum(frame.concealed for frame in tape.heard[start:]) <= 20, (
        "most of it arrived in time, even on a busy machine"
    )
    assert [frame.position for frame in tape.heard[:3]] == [0, rate // 50, 2 * rate // 50]
    await line.receive(desk.page, Press(type="press", key="5"))
    assert [press.key for press in tape.keys] == ["5"]
    await line.receive(desk.page, HangUp(type="hangup"))
    assert tape.end is not None
    assert tape.end.reason is EndReason.REMOTE_HANGUP
    assert line.legs == ()


async def test_both_sides_report_how_they_hear_the_other(line: BrowserLine, browsers: Browsers) -> None:
    browser = browsers()
    leg, _ = await started(line, Desk(line), browser)
    assert isinstance(leg, BrowserLeg)
    async with asyncio.timeout(20):
        while (quality := leg.quality()) is None or quality.round_trip_ms is None:
            await asyncio.sleep(0.05)
    assert 0 <= quality.round_trip_ms < 2000, "both are on this machine, however busy it is"
    assert quality.peer_lost_percent is not None
    assert quality.peer_lost_percent < 50
    kinds = {each.type for each in (await browser.pc.getStats()).values()}
    assert "remote-outbound-rtp" in kinds, "the browser has our sender's report"


async def started(
    line: BrowserLine, desk: Desk, browser: Browser, quality: Quality | None = None
) -> tuple[CallLeg, Tape]:
    calls: asyncio.Queue[tuple[CallLeg, Tape]] = asyncio.Queue()
    await line.start(taking(calls))
    await desk.ring(browser, quality)
    leg, tape = await asyncio.wait_for(calls.get(), 5)
    await asyncio.wait_for(tape.loud.wait(), 5)
    return leg, tape


async def frames(tape: Tape, count: int) -> list[AudioFrame]:
    start = len(tape.heard)
    async with asyncio.timeout(10):
        while len(tape.heard) < start + count:
            await asyncio.sleep(0.02)
    return tape.heard[start:]


async def test_a_key_pressed_before_anybody_listens_is_not_lost(line: BrowserLine, browsers: Browsers) -> None:
    calls: asyncio.Queue[tuple[CallLeg, Tape]] = asyncio.Queue()
    await line.start(taking(calls))
    browser, desk = browsers(), Desk(line)
    ring = Ring(type="ring", sdp=await browser.offer(), quality=Quality())
    await line.receive(desk.page, ring)
    answer = await desk.next(Answer)
    assert isinstance(answer, Answer)
    await line.receive(desk.page, Press(type="press", key="0"))
    assert calls.empty(), "the browser is not connected yet"
    await browser.answered(answer.sdp)
    _, tape = await asyncio.wait_for(calls.get(), 5)
    assert [press.key for press in tape.keys] == ["0"]


async def test_a_browser_that_closes_its_connection_has_hung_up(line: BrowserLine, browsers: Browsers) -> None:
    browser, desk = browsers(), Desk(line)
    _, tape = await started(line, desk, browser)
    await browser.close()
    async with asyncio.timeout(5):
        while tape.end is None:
            await asyncio.sleep(0.02)
    assert tape.end.reason is EndReason.REMOTE_HANGUP


async def test_a_lost_connection_of_the_page_is_resumed_in_the_same_call(line: BrowserLine, browsers: Browsers) -> None:
    browser, desk = browsers(), Desk(line)
    calls: asyncio.Queue[tuple[CallLeg, Tape]] = asyncio.Queue()
    await line.start(taking(calls))
    answer = await desk.ring(browser)
    leg, tape = await asyncio.wait_for(calls.get(), 5)
    line.disconnected(desk.page, cleanly=False)
    await frames(tape, 10)
    again = Desk(line)
    await line.receive(again.page, messages.Resume(type="resume", token="wrong"))
    assert await again.next(messages.Problem) == messages.Problem(code="no_call")
    await line.receive(again.page, messages.Resume(type="resume", token=answer.token))
    await again.next(messages.Resumed)
    await frames(tape, 60)  # longer than the grace
    assert leg.end is None
    await line.receive(again.page, Press(type="press", key="1"))
    assert [press.key for press in tape.keys] == ["1"]


async def test_a_page_that_does_not_come_back_ends_its_call(line: BrowserLine, browsers: Browsers) -> None:
    browser, desk = browsers(), Desk(line)
    leg, _ = await started(line, desk, browser)
    line.disconnected(desk.page, cleanly=False)
    end = await asyncio.wait_for(leg.wait_ended(), 5)
    assert end.reason is EndReason.REMOTE_HANGUP


async def test_a_page_that_is_left_ends_its_call_at_once(line: BrowserLine, browsers: Browsers) -> None:
    browser, desk = browsers(), Desk(line)
    leg, _ = await started(line, desk, browser)
    line.disconnected(desk.page, cleanly=True)
    assert leg.end is not None


async def test_a_browser_that_falls_silent_is_given_up_after_the_grace(
    line: BrowserLine, monkeypatch: pytest.MonkeyPatch, browsers: Browsers
) -> None:
    browser, desk = browsers(), Desk(line)
    leg, tape = await started(line, desk, browser)
    # the network is gone: nothing of what the peer sends leaves it any more
    monkeypatch.setattr(aioice.ice.StunProtocol, "send_stun", lambda self, message, addr: None)
    monkeypatch.setattr(aioice.ice.Connection, "sendto", _nowhere)
    end = await asyncio.wait_for(leg.wait_ended(), 5)
    assert end.reason is EndReason.MEDIA_TIMEOUT
    assert tape.heard[-1].concealed
    monkeypatch.undo()


async def _nowhere(self: object, data: bytes, component: int) -> None:
    """No network."""


async def test_another_browser_cannot_take_over_a_call(line: BrowserLine, browsers: Browsers) -> None:
    browser, thief, desk = browsers(), browsers(), Desk(line)
    leg, _ = await started(line, desk, browser)
    await line.receive(desk.page, messages.Reoffer(type="reoffer", sdp=await thief.offer()))
    assert await desk.next(messages.Problem) == messages.Problem(code="failed")
    assert leg.end is None
    await leg.hangup()


async def test_calls_are_capped(line: BrowserLine, browsers: Browsers) -> None:
    small = BrowserLine(SETTINGS.model_copy(update={"max_calls": 1}), MediaClock())
    first, second = Desk(small), Desk(small)
    browser, other = browsers(), browsers()
    await started(small, first, browser)
    await small.receive(second.page, Ring(type="ring", sdp=await other.offer()))
    assert await second.next(messages.Problem) == messages.Problem(code="busy")
    await small.stop()


async def test_a_line_that_lets_its_calls_end_takes_no_more(line: BrowserLine, browsers: Browsers) -> None:
    first, second = Desk(line), Desk(line)
    _, tape = await started(line, first, browsers())
    line.stop_accepting()
    await line.receive(second.page, Ring(type="ring", sdp=await browsers().offer()))
    assert await second.next(messages.Problem) == messages.Problem(code="busy")
    assert not line.may_begin(), "nor a conversation in text"
    await frames(tape, 5)
    assert tape.end is None


async def test_calls_are_paced() -> None:
    slow = BrowserLine(SETTINGS.model_copy(update={"calls_per_second": 0.1}), MediaClock())
    await slow.start(taking(asyncio.Queue()))
    desk = Desk(slow)
    for code in ("not_understood", "busy"):
        await slow.receive(desk.page, Ring(type="ring", sdp="no offer, but counted"))
        problem = await desk.next(messages.Problem)
        assert isinstance(problem, messages.Problem)
        assert problem.code == code
    await slow.stop()


async def test_a_browser_that_never_connects_is_no_call(line: BrowserLine, browsers: Browsers) -> None:
    impatient = BrowserLine(SETTINGS.model_copy(update={"connect_s": 0.2}), MediaClock())
    failures: asyncio.Queue[TelephonyError] = asyncio.Queue()

    async def take(leg: CallLeg) -> None:
        try:
            await leg.answer()
        except TelephonyError as error:
            failures.put_nowait(error)

    await impatient.start(take)
    browser, desk = browsers(), Desk(impatient)
    await impatient.receive(desk.page, Ring(type="ring", sdp=await browser.offer()))
    assert "could not be connected" in str(await asyncio.wait_for(failures.get(), 5))
    assert impatient.legs == ()
    await impatient.stop()


@pytest.mark.parametrize("sdp", ["", "v=0", "v=0\r\nm=audio 9 RTP/AVP 8\r\n", "v=0\nm=video 9 UDP/TLS/RTP/SAVPF 96\n"])
async def test_an_offer_that_is_none_is_a_problem_of_the_page_alone(line: BrowserLine, sdp: str) -> None:
    await line.start(taking(asyncio.Queue()))
    desk = Desk(line)
    await line.receive(desk.page, Ring(type="ring", sdp=sdp))
    assert await desk.next(messages.Problem) == messages.Problem(code="not_understood")
    assert line.legs == ()


async def test_a_simulated_line_is_as_bad_as_asked(line: BrowserLine, browsers: Browsers) -> None:
    browser, desk = browsers(hertz=5000), Desk(line)
    bad = Quality(narrow=True, loss=0.3, noise_db=-30.0, jitter_ms=60)
    calls: asyncio.Queue[tuple[CallLeg, Tape]] = asyncio.Queue()
    await line.start(taking(calls))
    await desk.ring(browser, bad)
    _, tape = await asyncio.wait_for(calls.get(), 5)
    heard = (await frames(tape, 100))[20:]
    media = line.legs[0].media
    assert 0.15 < media.stats.dropped / media.stats.received < 0.45
    assert media.jitter.stats.concealed_ms > 100
    level = np.sqrt(np.mean(np.concatenate([frame.samples for frame in heard]).astype(np.float64) ** 2))
    assert level < 2500, "5 kHz does not pass a phone line; the hiss does"
    assert level > 300
    clean = Quality()
    await line.receive(desk.page, messages.SetQuality(type="quality", quality=clean))
    assert loudest_hertz(np.concatenate([frame.samples for frame in await frames(tape, 50)])[-8000:], 16000) == (
        pytest.approx(5000, abs=10)
    )


@pytest.mark.parametrize(
    ("wrong", "hint"), [({"bind": "0.0.0.0"}, "advertise"), ({"udp_low": 42100, "udp_high": 42099}, "udp_low")]
)
async def test_settings_that_no_browser_could_follow_are_refused(wrong: dict[str, Any], hint: str) -> None:
    with pytest.raises(ConfigurationError, match=hint):
        await BrowserLine(SETTINGS.model_copy(update=wrong), MediaClock()).start(taking(asyncio.Queue()))


async def test_an_agent_is_rung_at_their_name_and_picks_up(line: BrowserLine, browsers: Browsers) -> None:
    browser, desk = browsers(), Desk(line, "jane", agent=True)
    with pytest.raises(DialFailed, match="480"):
        await line.dial("browser:jane")
    await line.receive(desk.page, Register(type="register"))
    assert await desk.next(messages.Registered) == messages.Registered(address="browser:jane")
    progress: list[int] = []
    dialling = asyncio.create_task(
        line.dial("browser:jane", caller_name="Mo", headers={"User-to-User": "6869"}, on_progress=progress.append)
    )
    ringing = await desk.next(messages.Ringing)
    assert isinstance(ringing, messages.Ringing)
    assert (ringing.caller, ringing.headers, progress) == ("Mo", {"user-to-user": "6869"}, [180])
    await line.receive(desk.page, Accept(type="accept", ring=ringing.ring, sdp=await browser.offer()))
    answer = await desk.next(Answer)
    assert isinstance(answer, Answer)
    await browser.answered(answer.sdp)
    leg = await asyncio.wait_for(dialling, 5)
    tape = Tape(leg.rate)
    leg.attach(tape)
    await asyncio.wait_for(tape.loud.wait(), 5)
    await line.receive(desk.page, Press(type="press", key="1"))
    assert [press.key for press in tape.keys] == ["1"]
    with pytest.raises(DialFailed, match="486"):
        await line.dial("browser:jane")
    with pytest.raises(TransferRefused):
        await leg.transfer("sip:a@example.org")
    await leg.hangup()


async def test_who_declines_or_does_not_pick_up_has_no_call(line: BrowserLine) -> None:
    desk = Desk(line, "jane", agent=True)
    await line.receive(desk.page, Register(type="register"))
    dialling = asyncio.create_task(line.dial("browser:jane"))
    ringing = await desk.next(messages.Ringing)
    assert isinstance(ringing, messages.Ringing)
    await line.receive(desk.page, Decline(type="decline", ring=ringing.ring))
    with pytest.raises(DialFailed, match="603"):
        await dialling
    with pytest.raises(DialFailed, match="408"):
        await line.dial("browser:jane", timeout_s=0.05)
    await desk.next(messages.RingOver)
    dialling = asyncio.create_task(line.dial("browser:jane"))
    await desk.next(messages.Ringing)
    line.disconnected(desk.page, cleanly=True)
    with pytest.raises(DialFailed, match="480"):
        await dialling


async def test_the_caller_hangs_up_while_it_rings(line: BrowserLine) -> None:
    desk = Desk(line, "jane", agent=True)
    await line.receive(desk.page, Register(type="register"))
    dialling = asyncio.create_task(line.dial("browser:jane"))
    ringing = await desk.next(messages.Ringing)
    dialling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await dialling
    over = await desk.next(messages.RingOver)
    assert isinstance(ringing, messages.Ringing)
    assert over == messages.RingOver(ring=ringing.ring)


async def test_only_a_person_with_the_right_is_rung(line: BrowserLine) -> None:
    viewer = Desk(line, "tom")
    await line.receive(viewer.page, Register(type="register"))
    assert await viewer.next(messages.Problem) == messages.Problem(code="not_allowed")
    with pytest.raises(DialFailed, match="480"):
        await line.dial("browser:tom")


async def test_without_a_call_there_is_nothing_to_steer(line: BrowserLine) -> None:
    desk = Desk(line)
    for message in (Press(type="press", key="1"), HangUp(type="hangup"), messages.Reoffer(type="reoffer", sdp="v=0")):
        await line.receive(desk.page, message)
        assert await desk.next(messages.Problem) == messages.Problem(code="no_call")
    assert desk.sent.empty()
