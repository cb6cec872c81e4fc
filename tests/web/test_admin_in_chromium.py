"""The admin pages in a real browser: a service added from nothing, heard, reviewed and published, without a file.

Every page and state is looked at by axe. With ``VOICEBOT_SCREENS`` naming a folder, it is photographed too.
"""

import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.applications import Starlette

from tests.accounts_helpers import Clock
from tests.chromium import chromium, needs_chromium
from tests.web.admin_pages import Admin, add_allotments, admin, hear
from tests.web.admin_site import add_people, speaking
from tests.web.conftest import Line
from voicebot.accounts.service import Accounts
from voicebot.records.store import RecordStore
from voicebot.settings import DialogueSettings, Settings
from voicebot.web.app import create_app

pytestmark = needs_chromium

DIALOGUES = Path(__file__).parents[2] / "dialogues"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "var", dialogue=DialogueSettings(project=DIALOGUES))


@pytest.fixture
def clock() -> Clock:
    """The browser has its own idea of what day it is."""
    return Clock(datetime.now(UTC))


@pytest.fixture
async def store(settings: Settings, empty_database: Path) -> AsyncIterator[RecordStore]:
    """As patient with the database as the service's own: a page asks several things at once."""
    settings.data.mkdir(parents=True)
    shutil.copy(empty_database, settings.data / "voicebot.sqlite")
    store = RecordStore(settings.database)
    yield store
    await store.close()


@pytest.fixture
async def site(settings: Settings, store: RecordStore, accounts: Accounts) -> AsyncIterator[Starlette]:
    await add_people(accounts)
    async with speaking(settings):
        yield create_app(settings, store, Line(), accounts)


async def test_allotments_from_nothing(address: str, settings: Settings) -> None:
    before = {path: path.read_bytes() for path in DIALOGUES.rglob("*.yml")}
    async with chromium() as browser:
        ann = await admin(browser, address, "ann")
        page = ann.page
        await ann.look("flows")
        draft = await ann.begin_draft("Allotments")
        await add_allotments(ann)
        await hear(ann)
        await keyboard(ann)
        await page.get_by_role("link", name="Graph").click()
        await page.get_by_role("group", name="Asks: Would you like").click()
        await page.get_by_role("region", name="The chosen step").get_by_label("Asked a third time").wait_for()
        await ann.look("graph", whole=True)
        await page.get_by_role("link", name="How callers say it").click()
        await page.get_by_text("an allotment application please", exact=True).wait_for()
        await ann.look()

        await overtaken(ann, await admin(browser, address, "bea"))
        await page.get_by_role("link", name="Check and publish").click()
        await page.locator("[data-changes] li").first.wait_for()
        await ann.look("check", whole=True)
        await ann.hand_in(draft)
        rob = await admin(browser, address, "rob")
        await rob.approve(draft)
        await rob.look()
        pat = await admin(browser, address, "pat")
        await pat.at_draft(draft)
        await pat.page.get_by_role("button", name="Publish", exact=True).click()
        await pat.said("Enter why, or run the full test first")
        await pat.look()
        await pat.publish(draft, "there is no line yet")
        await pat.look("publishing")
        await everything_else(pat)
    assert before == {path: path.read_bytes() for path in DIALOGUES.rglob("*.yml")}, "a draft touches no file"


async def keyboard(ann: Admin) -> None:
    """A question is moved, and moved back by undo, without a mouse."""
    page = ann.page

    async def order() -> list[str]:
        return [text for text in await page.locator(".admin-step h2").all_inner_texts() if text.startswith("Asks")]

    was = await order()
    down = page.get_by_role("button", name="Move down the question: Size of plot")
    await page.get_by_role("heading", level=1).focus()
    for _ in range(60):
        await page.keyboard.press("Tab")
        if await down.evaluate("button => button === document.activeElement"):
            break
    await page.keyboard.press("Enter")
    await (
        page.get_by_role("button", name="Move up the question: Size of plot").and_(page.locator(":enabled")).wait_for()
    )
    assert await order() == was[::-1]
    await page.get_by_role("button", name="Undo").press("Enter")
    await down.and_(page.locator(":enabled")).wait_for()
    assert await order() == was


async def overtaken(ann: Admin, bea: Admin) -> None:
    """Two browsers on one draft: the slower one is told what the quicker one did, and loses nothing that was typed."""
    await bea.page.goto(ann.page.url)
    await bea.page.get_by_label("Add examples").fill("is there a list for plots")
    await ann.page.get_by_label("Add examples").fill("have you got an allotment going spare")
    await ann.page.get_by_role("button", name="Add", exact=True).click()
    await ann.said("Done:")
    await bea.page.get_by_role("button", name="Add", exact=True).click()
    await bea.said("Somebody else changed this draft first")
    await bea.page.get_by_text("ann:").wait_for()
    assert await bea.page.get_by_label("Add examples").input_value() == "is there a list for plots"
    await bea.page.get_by_text("have you got an allotment going spare", exact=True).wait_for()
    await bea.look("overtaken")


async def everything_else(pat: Admin) -> None:
    """Every other page, as a publisher sees it, at twice the size and on a narrow screen."""
    page = pat.page
    await pat.section("Hours and notices")
    await page.get_by_label("What callers are told").fill("Bins are a day late this week.")
    await page.get_by_label("To, that day included").fill("2036-12-31")
    await page.get_by_label("Why it is changed").last.wait_for()
    await page.get_by_role("region", name="Notices").get_by_label("Why it is changed").fill("snow")
    await page.get_by_role("button", name="Tell callers").click()
    await pat.said("Changed. Calls go by it")
    await pat.look("facts")
    for width in (550, 320):
        await page.set_viewport_size({"width": width, "height": 700})
        for name, says in (
            ("Flows", "What callers can ring about"),
            ("Phrases", "What was not understood"),
            ("Hours and notices", "Holidays"),
            ("Try it", "Try it"),
            ("Drafts", "A copy of everything"),
            ("History", "Callers hear this"),
            ("Safety", "They are said before anything else"),
            ("Set up", "What is left of the example"),
        ):
            await pat.section(name)
            await pat.said(says)
            await pat.look(quickly=width > 320)
    await page.set_viewport_size({"width": 1100, "height": 850})
    await page.goto(f"{pat.address}/admin/flow/waste_missed_bin")
    await pat.said("Asks: Bin")
    await pat.look()
    await page.get_by_role("link", name="Flows", exact=True).click()
    await page.get_by_label("Search everything").fill("30 pounds")
    await page.get_by_role("button", name="Search").click()
    await pat.said("found for “30 pounds”")
    await pat.look()
    await page.goto(f"{pat.address}/admin/service/waste/words")
    await pat.said("Everything it says")
    await pat.look()
