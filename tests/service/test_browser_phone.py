"""The browser phone as people use it: Chromium, the whole service, real WebRTC; its microphone hears a synthetic voice.

Real time is set by the calls, which are real ones over loopback.
"""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.service.chromium import AXE, CHROMIUM, chromium, overflows, violations
from tests.service.running import VOICE, environment, running
from tests.service.world import (
    ANSWERED,
    KEEP_PEER,
    PASSWORD,
    RATE,
    SAID,
    SLOW_MS,
    World,
    asks_for_a_person,
    button,
    heard_whole,
    hears,
    kill_web,
    talks_all_the_time,
)
from tests.web.admin_pages import admin
from voicebot.accounts.audit import Actor
from voicebot.accounts.roles import Role
from voicebot.accounts.service import open_accounts
from voicebot.audio.wav import write_wav
from voicebot.caller.agent_phone import AgentPhone, at_desk
from voicebot.caller.call import citizens_phone
from voicebot.caller.voices import render
from voicebot.flows.project import Project
from voicebot.handoff.desk import Desk
from voicebot.handoff.desk_views import WrapUp
from voicebot.handoff.models import AgentState
from voicebot.records.store import RecordStore
from voicebot.web.static_files import FOLDER

SAID_AFTER_S = 14
PEOPLE = {
    "tom": Role.VIEWER,
    "jane": Role.AGENT,
    "ada": Role.ADMIN,
    "ann": Role.AUTHOR,
    "rob": Role.REVIEWER,
    "pat": Role.PUBLISHER,
}

pytestmark = [
    pytest.mark.rasa,
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed"),
    pytest.mark.skipif(not AXE.exists() or not (FOLDER / "phone.js").exists(), reason="run scripts/frontend first"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    folder = tmp_path_factory.mktemp("browser-phone")
    quiet = np.zeros(RATE * SAID_AFTER_S, dtype=np.int16)
    microphone = folder / "microphone.wav"
    write_wav(microphone, np.concatenate((quiet, render(SAID, RATE, VOICE), quiet, quiet, quiet)), RATE)
    async with running(folder / "var", people=("browser:jane",), publishes=True) as service:
        store = RecordStore(service.settings.database)
        accounts = open_accounts(service.settings, store.database)
        for name, role in PEOPLE.items():
            await accounts.people.add(Actor("command", name="root"), name, [role], password=PASSWORD)
        async with chromium(microphone) as browser:
            yield World(service, browser, f"http://127.0.0.1:{service.settings.http_port}")
        await store.close()


async def test_a_caller_and_a_person_with_nothing_but_browsers(world: World) -> None:
    async with world.page("tom") as tom, world.page("jane") as jane:
        assert await violations(tom) == []
        await button(jane, "Start taking calls").click()
        await expect(jane.get_by_text("Your address is browser:jane.")).to_be_visible()
        assert await violations(jane) == []

        await button(tom, "Ring the assistant").click()
        await tom.wait_for_selector("[data-state=speaking]", timeout=SLOW_MS)
        await expect(tom.get_by_role("status")).to_have_text("The assistant is speaking")
        await tom.wait_for_selector("[data-who=caller]", timeout=SLOW_MS)
        await heard_whole(tom, SAID)
        await expect(tom.locator("[data-who=bot]").last).to_have_text(
            "Assistant: What's the postcode?", timeout=SLOW_MS
        )
        await expect(tom.get_by_text("It hears you.")).to_be_visible()
        assert await violations(tom) == []

        await button(tom, "0").click()
        await jane.wait_for_selector("[role=alertdialog]", timeout=SLOW_MS)
        await expect(button(jane, "Answer")).to_be_focused()
        assert await violations(jane) == []
        # they are told how things stand while it rings
        assert await tom.get_attribute("[data-state]", "data-state") in ("transferring", "speaking")
        await button(jane, "Answer").click()
        await expect(jane.get_by_text("Listen to what the call is about, then take it or not")).to_be_visible()
        assert await violations(jane) == []
        await button(jane, "Take the call").click()
        await tom.wait_for_selector("[data-state=person]", timeout=SLOW_MS)
        assert await violations(tom) == []
        reference = await jane.get_by_text("The call’s reference is").inner_text()

        await button(jane, "Hang up").click()
        await tom.wait_for_selector("[data-screen=ended]", timeout=SLOW_MS)
        await expect(tom.get_by_text("You were put through to a person.")).to_be_visible()
        assert await violations(tom) == []
        record = await world.last_call()
    assert (record["line"], record["outcome"], record["service"]) == ("browser", "transferred", "waste")
    assert record["reference"] in reference
    assert record["from"] == "browser:tom"
    assert [turn["text"] for turn in record["transcript"] if turn["who"] == "caller"] == [SAID, "[0]"]


async def test_a_conversation_in_text(world: World) -> None:
    async with world.page("tom", width=320) as tom:
        assert not await overflows(tom)
        await button(tom, "Type instead").click()
        await tom.wait_for_selector("[data-state=listening]", timeout=SLOW_MS)
        await tom.fill("#say", SAID)
        await tom.keyboard.press("Enter")
        await expect(tom.locator("[data-who=bot]").last).to_have_text(
            "Assistant: What's the postcode?", timeout=SLOW_MS
        )
        assert await violations(tom) == []
        assert not await overflows(tom)
        await tom.fill("#say", "I want to speak to a person")
        await button(tom, "Send").click()
        await expect(tom.locator("[data-who=bot]").last).to_contain_text("can't take over in text yet", timeout=SLOW_MS)
        await tom.fill("#say", "Please email tom@example.org, not by phone: I am deaf")
        await button(tom, "Send").click()
        await tom.wait_for_selector("[data-screen=ended]", timeout=SLOW_MS)
        await expect(tom.get_by_text("Your message has been kept.")).to_be_visible()
        assert await violations(tom) == []
        record = await world.last_call()
    assert (record["line"], record["outcome"], record["service"]) == ("text", "message", "waste")
    assert record["card"]["service"] == "waste"
    kept = (world.service.settings.data / "messages" / f"{record['id']}.txt").read_text()
    assert kept == "Please email tom@example.org, not by phone: I am deaf"


OTHER_WORDS = {
    "Postcode": "Which postcode is the bin at?",
    "House number": "Which house number on {street}?",
}


async def typed(page: Page, words: str, answer: str) -> None:
    """Say it in a conversation in text, and wait for the answer."""
    await page.fill("#say", words)
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-who=bot]").last).to_have_text(f"Assistant: {answer}", timeout=SLOW_MS)


async def test_a_draft_is_rung_published_and_taken_back_by_pages_alone(world: World) -> None:
    """The draft is heard by who tries it, then by new calls; those that go on keep their words; then all is as it was.

    The long whole, with a service made from nothing, is measured by `make prove`.
    """
    folder = world.service.settings.dialogue.project
    before = Project.read(folder).files
    ann = await admin(world.browser, world.base, "ann")
    draft = await ann.begin_draft("Ask for the postcode in other words")
    await ann.page.goto(f"{world.base}/admin/flow/waste_missed_bin?draft={draft}")
    for label, words in OTHER_WORDS.items():
        await button(ann.page, f"Change the question {label}").click()
        await ann.page.get_by_label(f"English: {label}, in English").fill(words)
        await button(ann.page, f"Save {label}, in English").click()
        await ann.page.get_by_text(f"“{words}”").first.wait_for(timeout=SLOW_MS)
    rung = await ann.try_draft(draft)
    async with world.page("tom", width=320) as early, world.page("tom") as late, world.page("ann") as trying:
        await button(early, "Type instead").click()
        await early.wait_for_selector("[data-state=listening]", timeout=SLOW_MS)
        await typed(early, SAID, "What's the postcode?")
        await trying.goto(world.base + rung)
        await expect(trying.get_by_text("You are ringing a version that is being tried")).to_be_visible()
        await button(trying, "Ring the assistant").click()

        await ann.hand_in(draft)
        await (await admin(world.browser, world.base, "rob")).approve(draft)
        pat = await admin(world.browser, world.base, "pat")
        await pat.publish(draft, "one question, rung and heard")
        await trying.wait_for_selector("[data-who=caller]", timeout=SLOW_MS)
        await heard_whole(trying, SAID)
        await expect(trying.locator("[data-who=bot]").last).to_have_text(
            f"Assistant: {OTHER_WORDS['Postcode']}", timeout=SLOW_MS
        )
        await button(trying, "Hang up").click()
        await pat.in_use()

        await button(late, "Type instead").click()
        await late.wait_for_selector("[data-state=listening]", timeout=SLOW_MS)
        await typed(late, SAID, OTHER_WORDS["Postcode"])
        after = Project.read(folder).files
        assert [path for path in after if after[path] != before[path]] == ["shared/domain.yml"]
        lines = zip(before["shared/domain.yml"].splitlines(), after["shared/domain.yml"].splitlines(), strict=True)
        changed = [new.strip() for old, new in lines if old != new]
        assert changed == [f'- text: "{words}"' for words in OTHER_WORDS.values()]

        assert "New calls hear it now" in await pat.roll_back("the old words were shorter")
        assert Project.read(folder).files == before, "to the byte"
        # Both go on with the words that they began with.
        for page, words in ((early, "What's the house or flat number on"), (late, "Which house number on")):
            await page.fill("#say", "zb3 8lp")
            await page.keyboard.press("Enter")
            await expect(page.locator("[data-who=bot]").last).to_contain_text(words, timeout=SLOW_MS)
            await button(page, "End the conversation").click()
            await page.wait_for_selector("[data-screen=ended]", timeout=SLOW_MS)


async def test_a_call_by_keyboard_alone(world: World) -> None:
    async def tab_to(page: Page, name: str) -> None:
        for _ in range(40):
            await page.keyboard.press("Tab")
            focused = page.locator(":focus")
            label = await focused.get_attribute("aria-label") or await focused.inner_text()
            if label.strip() == name:
                return
        raise AssertionError(f"Tab does not lead to {name}")

    async with world.page("tom") as tom:
        await tab_to(tom, "Ring the assistant")
        await tom.keyboard.press("Enter")
        await expect(tom.get_by_role("heading", name="You are in a call")).to_be_focused()
        await tom.wait_for_selector("[data-who=bot]", timeout=SLOW_MS)
        await tab_to(tom, "1")
        await tom.keyboard.press("*")
        await expect(tom.locator("[data-who=caller]").last).to_have_text("You: [*]", timeout=SLOW_MS)
        await tab_to(tom, "Mute my microphone")
        await tom.keyboard.press("Space")
        await expect(button(tom, "Mute my microphone")).to_have_attribute("aria-pressed", "true")
        await tom.keyboard.press("Shift+Tab")
        for _ in range(14):
            await tom.keyboard.press("Shift+Tab")
            if await tom.locator(":focus").inner_text() == "Hang up":
                break
        await tom.keyboard.press("Enter")
        await expect(tom.get_by_role("heading", name="The call has ended")).to_be_focused(timeout=SLOW_MS)


async def test_a_call_outlives_the_web_process(world: World) -> None:
    async with world.page("tom", width=320) as tom:
        await button(tom, "Ring the assistant").click()
        await tom.wait_for_selector("[data-who=bot]", timeout=SLOW_MS)
        assert not await overflows(tom)
        pid = world.service.supervisor.pid("web")
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await expect(tom.get_by_text("The connection was lost. Trying again…")).to_be_visible(timeout=SLOW_MS)
        assert await violations(tom) == []
        await expect(tom.get_by_text("The connection was lost. Trying again…")).to_be_hidden(timeout=SLOW_MS)
        await button(tom, "star").click()
        await expect(tom.locator("[data-who=caller]").last).to_have_text("You: [*]", timeout=SLOW_MS)
        await button(tom, "Hang up").click()
        await tom.wait_for_selector("[data-screen=ended]", timeout=SLOW_MS)


async def test_a_call_moves_to_another_network(world: World) -> None:
    """The browser says that its connection failed, as it does when its network has changed."""
    async with world.page("tom") as tom:
        await tom.evaluate(
            """() => {
                const Original = RTCPeerConnection;
                window.RTCPeerConnection = class extends Original {
                    constructor(...given) { super(...given); window.peer = this; }
                };
            }"""
        )
        await button(tom, "Ring the assistant").click()
        await tom.wait_for_selector("[data-state=speaking]", timeout=SLOW_MS)
        before = await tom.evaluate("peer.currentRemoteDescription.sdp.match(/ice-ufrag:(.*)/)[1]")
        await tom.evaluate(
            """() => {
                Object.defineProperty(peer, "connectionState", { value: "failed", configurable: true });
                peer.dispatchEvent(new Event("connectionstatechange"));
                delete peer.connectionState;
            }"""
        )
        changed = "ufrag => peer.currentRemoteDescription.sdp.match(/ice-ufrag:(.*)/)[1] !== ufrag"
        await tom.wait_for_function(changed, arg=before)
        await tom.wait_for_function("peer.iceConnectionState === 'connected' && peer.connectionState === 'connected'")
        heard = "peer.getStats().then(all => [...all.values()].find(one => one.type === 'inbound-rtp').packetsReceived)"
        count = await tom.evaluate(heard)
        await tom.wait_for_selector("[data-who=caller]", timeout=SLOW_MS)
        await heard_whole(tom, SAID)  # over the new way
        assert await tom.evaluate(heard) > count + 50
        await button(tom, "Hang up").click()
        await tom.wait_for_selector("[data-screen=ended]", timeout=SLOW_MS)


async def test_who_has_no_microphone_is_told_what_to_do(world: World) -> None:
    async with chromium(None) as bare, world.page("tom", browser=bare) as tom:
        await button(tom, "Ring the assistant").click()
        await tom.wait_for_selector("[data-problem]")
        assert await tom.get_attribute("[data-problem]", "data-problem") in ("no_microphone", "refused")
        assert await violations(tom) == []
        await button(tom, "Type instead").click()
        await tom.wait_for_selector("[data-state=listening]", timeout=SLOW_MS)
        await button(tom, "End the conversation").click()
        await tom.wait_for_selector("[data-screen=ended]")


async def test_a_link_is_enough(world: World) -> None:
    environment_of_service = {**os.environ, **environment(world.service.settings)}
    environment_of_service["VOICEBOT_DATA"] = str(world.service.settings.data)
    command = [sys.executable, "-m", "voicebot", "phone-link", "--hours", "1"]
    made = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, check=True, env=environment_of_service
    )
    async with world.page() as guest:
        await guest.goto(made.stdout.strip())
        await guest.wait_for_selector("[data-screen=start]")
        assert "link=" not in guest.url
        await expect(button(guest, "Start taking calls")).to_have_count(0)
        await button(guest, "Type instead").click()
        await guest.wait_for_selector("[data-state=listening]", timeout=SLOW_MS)


@pytest.mark.parametrize("width", [1000, 320])
async def test_the_other_pages_have_no_barriers(world: World, width: int) -> None:
    async with world.page(width=width) as page:
        await page.goto(f"{world.base}/sign-in")
        assert await violations(page) == []
        await page.fill("#name", "ada")
        await page.fill("#password", "wrong")
        async with page.expect_navigation():  # to the end: without its styles, a page is another
            await page.click("main button[type=submit]")
        assert await violations(page) == []
    async with world.page("ada", width=width) as page:
        for path in (
            "/",
            "/account",
            "/account/password",
            "/account/tokens/new",
            "/accounts/",
            "/accounts/new",
            "/audit",
        ):
            answer = await page.goto(f"{world.base}{path}")
            assert answer is not None
            assert answer.status == 200, path
            assert await violations(page) == [], path


async def test_a_caller_is_taken_at_the_desk(world: World, tmp_path: Path) -> None:
    """The card first, then the ring; both hear each other; the form is kept. Either speaks all the time."""
    microphone = talks_all_the_time(tmp_path)
    store = RecordStore(world.service.settings.database)
    desk = Desk(store.database, world.service.settings.handoff)
    async with (
        chromium(microphone) as phones,
        chromium(microphone) as desks,
        world.page("tom", browser=phones) as tom,
        world.page("jane", browser=desks, width=1300) as jane,
    ):
        await jane.goto(f"{world.base}/agent/")
        await button(jane, "Be available").click(timeout=SLOW_MS)
        await expect(jane.locator("[data-presence=available]")).to_be_visible(timeout=SLOW_MS)
        await expect(jane.get_by_text("Calls ring in this page.")).to_be_visible(timeout=SLOW_MS)
        await tom.evaluate(KEEP_PEER)
        await jane.evaluate(KEEP_PEER)
        await button(tom, "Ring the assistant").click()
        await tom.wait_for_selector(ANSWERED, timeout=SLOW_MS)  # who talks all the time hears no greeting
        await button(tom, "0").click()

        await expect(jane.get_by_role("heading", name="A call for you")).to_be_visible(timeout=SLOW_MS)
        await expect(jane.get_by_text("The caller pressed 0 for a person.")).to_be_visible()
        await expect(jane.get_by_text("browser:tom")).to_be_visible()
        async with asyncio.timeout(SLOW_MS / 1000):
            while (offer := await desk.in_hand("jane")) is None or offer.rang_at is None:
                await asyncio.sleep(0.1)
        assert offer.seen_at is not None and offer.seen_at <= offer.rang_at, "the card was there before the ring"
        await button(jane, "Accept").click()
        await jane.wait_for_selector("[data-offer-state=joined]", timeout=SLOW_MS)
        await tom.wait_for_selector("[data-state=person]", timeout=SLOW_MS)
        await hears(tom, something=True)
        await hears(jane, something=True)
        await button(jane, "Mute my microphone").click()
        await hears(tom, something=False)
        await button(jane, "Mute my microphone").click()
        await button(tom, "Mute my microphone").click()
        await hears(jane, something=False)
        await hears(tom, something=True)
        await expect(jane.locator("[data-who=agent]").first).to_be_visible(timeout=SLOW_MS)  # her words, put down
        await jane.get_by_label("Notes").fill("Nothing was wrong")
        assert await violations(jane) == []

        await button(jane, "Hang up").click()
        await tom.wait_for_selector("[data-screen=ended]", timeout=SLOW_MS)
        await expect(jane.get_by_role("heading", name="Wrap up")).to_be_visible(timeout=SLOW_MS)
        await jane.get_by_label("Solved in this call").check()
        await button(jane, "Save").click()
        await expect(jane.get_by_text("The call is wrapped up.")).to_be_visible(timeout=SLOW_MS)
        await button(jane, "Be away").click()
        record = await world.last_call()
        ((agent, written),) = await desk.wrap_ups(record["id"])
    await store.close()
    assert (record["line"], record["outcome"]) == ("browser", "transferred")
    assert (agent, written.outcome, written.notes) == ("jane", "resolved", "Nothing was wrong")


async def test_nobody_is_lost_when_the_web_process_is_killed(world: World, tmp_path: Path) -> None:
    """It dies while one caller talks to an agent and another waits, and again before the second is taken."""
    microphone = talks_all_the_time(tmp_path)
    address = f"sip:council@127.0.0.1:{world.service.settings.sip_port}"
    store = RecordStore(world.service.settings.database)
    desk = Desk(store.database, world.service.settings.handoff)
    async with (
        chromium(microphone) as desks,
        world.page("jane", browser=desks, width=1300) as jane,
        citizens_phone(address) as phones,
    ):
        await jane.goto(f"{world.base}/agent/")
        await button(jane, "Be available").click(timeout=SLOW_MS)
        await expect(jane.get_by_text("Calls ring in this page.")).to_be_visible(timeout=SLOW_MS)
        await jane.evaluate(KEEP_PEER)
        talking, hears_jane = await asks_for_a_person(phones, address)
        await button(jane, "Accept").click(timeout=SLOW_MS)
        await jane.wait_for_selector("[data-offer-state=joined]", timeout=SLOW_MS)
        waiting, hears_too = await asks_for_a_person(phones, address)
        async with asyncio.timeout(SLOW_MS / 1000):
            while len(await desk.waiting()) != 1:
                await asyncio.sleep(0.1)

        await kill_web(world, jane)
        await jane.get_by_label("Notes").fill("Wrote this without a connection")
        await hears(jane, something=True)
        assert hears_jane.level(50) > 100, "they talk on meanwhile"
        await jane.wait_for_selector("[data-link=open][data-screen=call]", timeout=SLOW_MS)
        async with asyncio.timeout(SLOW_MS / 1000):
            while (offer := await desk.in_hand("jane")) is None or not offer.wrap_up.notes:
                await asyncio.sleep(0.1)
        assert offer.wrap_up.notes == "Wrote this without a connection"
        await button(jane, "Hold").click()
        await expect(jane.get_by_text("The caller is held")).to_be_visible(timeout=SLOW_MS)

        await talking.hangup()
        await expect(jane.get_by_role("heading", name="Wrap up")).to_be_visible(timeout=SLOW_MS)
        await kill_web(world, jane)
        await jane.wait_for_selector("[data-link=open][data-screen=wrap_up]", timeout=SLOW_MS)
        assert waiting.end is None
        await jane.get_by_label("Solved in this call").check()
        await button(jane, "Save").click()
        await expect(jane.get_by_role("heading", name="A call for you")).to_be_visible(timeout=SLOW_MS)
        await button(jane, "Accept").click()
        await jane.wait_for_selector("[data-offer-state=joined]", timeout=SLOW_MS)
        await hears(jane, something=True)
        await hears_too.passes(75)
        assert hears_too.level(50) > 100
        await waiting.hangup()
        await jane.get_by_label("Solved in this call").check(timeout=SLOW_MS)
        await button(jane, "Save").click()
        await expect(jane.get_by_text("The call is wrapped up.")).to_be_visible(timeout=SLOW_MS)
        await button(jane, "Be away").click()
        record = await world.last_call()
    await store.close()
    assert (record["line"], record["outcome"]) == ("sip", "transferred")


@pytest.mark.rehearsal
async def test_nobody_is_forgotten_when_the_media_process_is_killed(world: World) -> None:
    """Calls end with it. Its agent wraps up, and who waited is on the worklist with their card."""
    service = world.service
    address = f"sip:council@127.0.0.1:{service.settings.sip_port}"
    store = RecordStore(service.settings.database)
    desk = Desk(store.database, service.settings.handoff)
    async with at_desk(AgentPhone(), service.settings.sip, port=0) as port, citizens_phone(address) as phones:
        await desk.sign_in("ben", "Ben")
        await desk.ring_at("ben", f"sip:ben@127.0.0.1:{port}")
        await desk.become_available("ben")
        await asks_for_a_person(phones, address)
        async with asyncio.timeout(SLOW_MS / 1000):
            while (offer := await desk.in_hand("ben")) is None or offer.joined_at is None:
                await asyncio.sleep(0.1)
            await asks_for_a_person(phones, address)
            while len(await desk.waiting()) != 1:
                await asyncio.sleep(0.1)
        (waiting,) = await desk.waiting()
        pid = service.supervisor.pid("media")
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        async with asyncio.timeout(SLOW_MS / 1000):
            while not (left := [item for item in await desk.work.items() if item.call_id == waiting.call_id]):
                await asyncio.sleep(0.2)
        presence = await desk.presence("ben")
        assert presence is not None
        assert presence.state is AgentState.WRAPPING_UP
        await desk.wrap_up("ben", offer.id, WrapUp("other"))
        await desk.sign_out("ben")
        assert (await desk.waiting(), left[0].kind) == ([], "dropped")
        assert left[0].card["reference"] == waiting.reference
    await store.close()
