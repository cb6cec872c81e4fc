"""The pages of agents and supervisors in a real browser: every state of the desk, by keyboard alone, axe at every step.

What the media process would write is written into the database; everything else is as it is run. With
``VOICEBOT_SCREENS`` naming a folder, a picture of each state is left there.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from starlette.applications import Starlette

from tests.accounts_helpers import PASSWORD, ROOT, cheap_passwords
from tests.chromium import BUILT, chromium, needs_chromium, violations
from tests.web.desk_world import a_call, a_message, ended, joined, offer_row, offered
from tests.web.test_phone import serving
from voicebot.accounts.roles import Role
from voicebot.accounts.service import Accounts, open_accounts
from voicebot.handoff.desk import Desk
from voicebot.records.entries import TurnEntry
from voicebot.records.store import RecordStore
from voicebot.settings import HandoffSettings, Settings
from voicebot.web.app import create_app
from voicebot.web.media_status import MediaStatus

pytestmark = [
    needs_chromium,
    pytest.mark.slow,
    pytest.mark.skipif(not BUILT.with_name("agent.js").exists(), reason="run scripts/frontend first"),
]
SCREENS = os.environ.get("VOICEBOT_SCREENS", "")
SLOW_MS = 20_000
CRM = "http://crm.example/calls"


class Line:
    """Media that is well."""

    async def status(self) -> MediaStatus | None:
        return MediaStatus(ready=True, calls=1, speech=True, dialogue=True)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    handoff = HandoffSettings(queues={"waste_street": (), "revenues": ()}, screen_pop=CRM + "?ref={call.reference}")
    return Settings(data=tmp_path / "var", handoff=handoff)


@pytest.fixture
def accounts(settings: Settings, store: RecordStore) -> Accounts:
    return open_accounts(settings, store.database, passwords=cheap_passwords())


@pytest.fixture
async def address(settings: Settings, store: RecordStore, accounts: Accounts) -> AsyncIterator[str]:
    site: Starlette = create_app(settings, store, Line(), accounts)
    async with serving(site, host="127.0.0.1", port=0) as web:
        yield f"http://127.0.0.1:{web.servers[0].sockets[0].getsockname()[1]}"


_WIDER = """() => {
    const room = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= room) return [];
    const all = [...document.querySelectorAll("main *")];
    const scrolls = element => element.closest(".app-scroll, [role=log]") && !element.matches(".app-scroll");
    const wide = all.filter(element => element.getBoundingClientRect().right > room + 1 && !scrolls(element));
    return wide.map(element => element.outerHTML.slice(0, 120)).concat("page");
}"""
"""What makes a page wider than its window; empty when nothing does."""


async def picture(page: Page, name: str) -> None:
    if SCREENS:
        await page.screenshot(path=Path(SCREENS) / f"{name}.png", full_page=True)


async def looked_at(page: Page, name: str) -> None:
    """No barrier, nothing wider than the page; a picture of it."""
    assert await violations(page) == [], name
    assert await page.evaluate(_WIDER) == [], name
    await picture(page, name)


async def enter(page: Page, address: str, name: str, path: str) -> None:
    await page.goto(f"{address}{path}")
    await page.get_by_label("User name").fill(name)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_label("Password", exact=True).press("Enter")
    await page.wait_for_url(f"**{path}")


async def tab_to(page: Page, name: str) -> None:
    """To a button, link or field by the keyboard alone."""
    for _ in range(80):
        await page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if not await focused.count():
            continue
        label = await focused.evaluate(
            "e => (e.labels?.[0]?.innerText ?? e.getAttribute('aria-label') ?? e.innerText).trim()"
        )
        if label == name:
            return
    raise AssertionError(f"Tab does not lead to {name}")


async def test_a_call_at_the_desk_by_keyboard_alone(address: str, accounts: Accounts, store: RecordStore) -> None:
    await accounts.people.add(ROOT, "jane", [Role.AGENT], display_name="Jane Burns", password=PASSWORD)
    await a_call(store, "earlier", "NV-22222", outcome="reported", ago=timedelta(days=3))
    await a_call(store, "call", "NV-4F7K2", over=False, ago=timedelta(minutes=1))
    broken: list[str] = []
    async with chromium() as browser:
        page = await browser.new_page(viewport={"width": 1366, "height": 768})
        await page.context.route(f"{CRM}**", lambda route: route.fulfill(body="The council's own system"))
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.on("console", lambda said: broken.append(said.text) if "Content Security" in said.text else None)
        await enter(page, address, "jane", "/agent/")
        await expect(page.locator("[data-presence=away]")).to_be_visible(timeout=SLOW_MS)
        await tab_to(page, "Be available")
        await page.keyboard.press("Enter")
        await expect(page.locator("[data-presence=available]")).to_be_visible(timeout=SLOW_MS)
        await looked_at(page, "desk-waiting")

        offer = await offered(store, "jane", "call", "NV-4F7K2", priority="urgent")
        await expect(page.get_by_role("heading", name="A call for you: Bins and waste: the missed bin")).to_be_focused(
            timeout=SLOW_MS
        )
        async with asyncio.timeout(20):
            while (
                await offer_row(store, offer)
            ).seen_at is None:  # the card is told to be on the screen, then it rings
                await asyncio.sleep(0.05)
        assert (await page.title()).startswith(("●", "Desk"))
        await looked_at(page, "desk-offer")
        await page.keyboard.press("Tab")
        await expect(page.locator(":focus")).to_have_text("Accept")
        async with page.context.expect_page() as popped:
            await page.keyboard.press("Enter")
        assert (await popped.value).url == f"{CRM}?ref=NV-4F7K2"
        await (await popped.value).close()
        await expect(page.locator("[data-offer-state=accepted]")).to_be_visible(timeout=SLOW_MS)
        assert (await offer_row(store, offer)).accepted_by == "screen"

        await joined(store, offer)
        await expect(page.get_by_text("You are joined with the caller.")).to_be_visible(timeout=SLOW_MS)
        turn = TurnEntry(call_id="call", who="agent", text="Hello Anna, Jane here, about the recycling", at_ms=40000)
        await store.add_turn(turn)
        await expect(page.get_by_text("Hello Anna, Jane here")).to_be_visible(timeout=SLOW_MS)
        await page.keyboard.press("n")
        await page.keyboard.type("Crew missed it twice. Promised Friday.")
        await tab_to(page, "Earlier calls from this number")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("(NV-22222)")).to_be_visible(timeout=SLOW_MS)
        await looked_at(page, "desk-call")

        for width, name in ((683, "desk-call-zoomed"), (320, "desk-call-phone")):  # a laptop at 200 %, and a phone
            await page.set_viewport_size({"width": width, "height": 640})
            await looked_at(page, name)
        await page.set_viewport_size({"width": 1366, "height": 768})

        await ended(store, offer)
        await expect(page.get_by_role("heading", name="Wrap up: Bins and waste: the missed bin")).to_be_focused(
            timeout=SLOW_MS
        )
        await expect(page.get_by_label("Notes")).to_have_value("Crew missed it twice. Promised Friday.")
        await tab_to(page, "Solved in this call")
        await page.keyboard.press("Space")
        await tab_to(page, "The caller had to repeat themselves")
        await page.keyboard.press("Space")
        await tab_to(page, "Ring back (optional)")
        await page.keyboard.type("Friday afternoon")
        await looked_at(page, "desk-wrap-up")
        await tab_to(page, "Save")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("The call is wrapped up.")).to_be_visible(timeout=SLOW_MS)
        await expect(page.locator("[data-presence=available]")).to_be_visible(timeout=SLOW_MS)
        await looked_at(page, "desk-saved")

        await page.goto(f"{address}/work/")
        await page.get_by_role("link", name="NV-4F7K2").click()
        await looked_at(page, "work-item")
    assert broken == []
    ((agent, written),) = await create_desk(store).wrap_ups("call")
    assert (agent, written.outcome, written.repeated) == ("jane", "resolved", True)
    assert written.notes == "Crew missed it twice. Promised Friday."


def create_desk(store: RecordStore) -> Desk:
    return Desk(store.database, HandoffSettings())


async def test_the_supervisors_pages(address: str, accounts: Accounts, store: RecordStore, tmp_path: Path) -> None:
    await accounts.people.add(ROOT, "sam", [Role.SUPERVISOR], display_name="Sam Okafor", password=PASSWORD)
    await a_call(store, "past", "NV-22222", outcome="transferred", recording=tmp_path / "past.wav")
    await a_call(store, "other", "NV-33333", caller="07700900456", outcome="reported", ago=timedelta(hours=5))
    await a_call(store, "now", "NV-4F7K2", over=False, ago=timedelta(minutes=1))
    await a_message(store, "other", "message1", tmp_path / "message.wav")
    desk = create_desk(store)
    await desk.sign_in("jane", "Jane Burns")
    await desk.become_available("jane")
    await offered(store, "jane", "now", "NV-4F7K2", priority="urgent")
    async with chromium() as browser:
        page = await browser.new_page(viewport={"width": 1100, "height": 800})
        await enter(page, address, "sam", "/supervisor/")
        await looked_at(page, "supervisor-now")
        await tab_to(page, "Why")
        await page.keyboard.type("It tells wrong bin days")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("Every call now goes straight to people.")).to_be_visible()
        await looked_at(page, "supervisor-bypass")
        for path, name in (
            ("/", "home"),
            ("/supervisor/calls", "supervisor-calls"),
            ("/supervisor/calls/past", "supervisor-call"),
            ("/supervisor/calls?first=yesterday", "supervisor-calls-wrong"),
            ("/supervisor/reports", "supervisor-reports"),
            ("/work/", "work"),
            ("/work/message1", "work-message"),
        ):
            await page.goto(f"{address}{path}")
            await expect(page.get_by_text("It tells wrong bin days").first).to_be_visible()
            await looked_at(page, name)
            await page.set_viewport_size({"width": 320, "height": 640})
            await looked_at(page, f"{name}-phone")
            await page.set_viewport_size({"width": 1100, "height": 800})
