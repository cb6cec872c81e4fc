"""The admin pages in a real browser: a service added from nothing, heard, reviewed and published, without a file.

Every page and state is looked at by axe. With ``VOICEBOT_SCREENS`` naming a folder, it is photographed too.
"""

import os
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page
from starlette.applications import Starlette

from tests.accounts_helpers import PASSWORD, Clock
from tests.chromium import chromium, needs_chromium
from tests.web.admin_site import add_people, speaking
from tests.web.conftest import Line
from tests.web.test_pages_in_chromium import Visitor
from voicebot.accounts.service import Accounts
from voicebot.records.store import RecordStore
from voicebot.settings import DialogueSettings, Settings
from voicebot.web.app import create_app

pytestmark = needs_chromium

DIALOGUES = Path(__file__).parents[2] / "dialogues"
SCREENS = os.environ.get("VOICEBOT_SCREENS", "")
_SLOW_MS = 30_000
"""A busy machine takes its time to read all flows for the first time."""

EXAMPLES = """i'd like an allotment
how do i get on the waiting list for an allotment
can i rent a plot to grow vegetables
is there an allotment free near me
put me down for an allotment please
i want a plot on the allotments
me and my dad would like an allotment
how long is the wait for an allotment
are there any growing plots going
i'm after a half plot to grow some veg
could i take over an allotment
my neighbour's giving up his allotment can i have one
do you do allotments for beginners
where do i sign up for an allotment plot
i fancy growing my own have you a plot
we'd love an allotment for the kids
is the allotment list open
er it's about getting an allotment
who do i ask for an allotment
an allotment application please
i'd like to apply for a council allotment"""


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


class Admin(Visitor):
    """Somebody at the admin pages."""

    async def sign_in(self, name: str) -> None:
        await self.page.goto(f"{self.address}/sign-in?next=/admin/")
        await self.page.get_by_label("User name").fill(name)
        await self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        await self.page.get_by_role("button", name="Sign in", exact=True).click()
        await self.page.get_by_role("link", name="Adult social care").wait_for(timeout=_SLOW_MS)

    async def section(self, name: str) -> None:
        """Open a section of the application."""
        await self.page.get_by_role("navigation", name="Sections").get_by_role("link", name=name).click()

    async def said(self, text: str) -> None:
        """Wait until the page says it."""
        await self.page.get_by_text(text).first.wait_for(timeout=_SLOW_MS)

    async def look(self, name: str = "", *, whole: bool = False, quickly: bool = False) -> None:
        """axe (unless ``quickly``), no scrolling sideways, and a photograph if they are wanted."""
        if not quickly:
            await self.check()
        wide = await self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{self.page.url} scrolls sideways"
        if name and SCREENS:
            await self.page.screenshot(path=f"{SCREENS}/admin-{name}.png", full_page=whole)


async def admin(browser: Browser, address: str, name: str, *, width: int = 1100, height: int = 850) -> Admin:
    """In a browser of their own."""
    context = await browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
    page = await context.new_page()
    page.set_default_timeout(_SLOW_MS)
    visitor = Admin(page, address)
    await visitor.sign_in(name)
    return visitor


async def fill_question(page: Page, number: int, label: str, text: str, again: str) -> None:
    part = page.get_by_role("group", name=f"Question {number}")
    await part.get_by_label("What the answer is").fill(label)
    await part.get_by_label("The question").fill(text)
    await part.get_by_label("Asked a second time").fill(again)
    await part.get_by_label("Asked a third time").fill("Say it in a few words, or press 0 for a person.")


async def test_allotments_from_nothing(address: str, settings: Settings) -> None:
    before = {path: path.read_bytes() for path in DIALOGUES.rglob("*.yml")}
    async with chromium() as browser:
        ann = await admin(browser, address, "ann")
        page = ann.page
        await ann.look("flows")
        await page.get_by_text("Change something").click()
        await page.get_by_label("Begin a new draft").fill("Allotments")
        await page.get_by_role("button", name="Begin a draft").click()
        await ann.said("Draft: Allotments")

        await page.get_by_role("link", name="Add a service").click()
        await page.get_by_role("button", name="Add the service").click()
        await ann.said("Enter what the service is called")
        await ann.look()
        await page.get_by_label("What the service is called").fill("allotments")
        await page.get_by_label("Who answers").fill("Parks manager")
        await page.get_by_label("Where it is published").fill("https://www.norburyvale.example/allotments")
        await page.get_by_role("button", name="Add the service").click()

        await page.get_by_label("What callers ring about").fill("the allotment waiting list")
        await page.get_by_label("What the phone does").select_option(label="Ask questions, then do something")
        await page.get_by_label("What it says first").fill("I can put you on the waiting list for an allotment.")
        await page.get_by_label("How callers say it").fill(EXAMPLES)
        await fill_question(page, 1, "Size of plot", "Would you like a full plot or a half?", "A full plot, or a half?")
        first = page.get_by_role("group", name="Question 1")
        await first.get_by_label("What counts as an answer").select_option(label="One of several choices")
        await first.get_by_label("Choices").fill("full plot: full, whole, a big one\nhalf plot: half, a small one")
        await page.get_by_role("button", name="Add another question").click()
        await page.get_by_role("group", name="Question 2").get_by_label("What to ask for").select_option("name")
        await page.get_by_label("What is read back").fill(
            "I'll put {name} down for a {allotments_size_of_plot}. Is that right?"
        )
        await page.get_by_label("What it says then").fill("That's done. Your reference is {reference}.")
        await ann.look("new-flow", whole=True)
        await page.get_by_role("button", name="Add it to the draft").click()
        await page.get_by_role("heading", name="The allotment waiting list").wait_for()
        await ann.said("Asks: Size of plot")
        await ann.look("outline", whole=True)

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
        draft = page.url.rpartition("=")[2]
        await page.get_by_role("button", name="Ask for a review").click()
        await ann.said("It waits for a reviewer")
        rob = await admin(browser, address, "rob")
        await rob.page.goto(f"{address}/admin/drafts/{draft}?draft={draft}")
        await rob.page.get_by_label("Comment").fill("Reads well.")
        await rob.page.get_by_role("button", name="Approve").click()
        await rob.said("The draft is approved.")
        await rob.look()
        pat = await admin(browser, address, "pat")
        await pat.page.goto(f"{address}/admin/drafts/{draft}?draft={draft}")
        await pat.page.get_by_role("button", name="Publish").click()
        await pat.said("Waiting its turn")
        await pat.look("publishing")
        await everything_else(pat)
    assert before == {path: path.read_bytes() for path in DIALOGUES.rglob("*.yml")}, "a draft touches no file"


async def hear(ann: Admin) -> None:
    """The question is heard in the bot's voice, and a word is pronounced otherwise."""
    page = ann.page
    await page.get_by_role("button", name="Change the words of: Says first").click()
    async with page.expect_response("**/admin/api/hear") as answered:
        await page.get_by_role("button", name="Hear it Says first, in English").click()
    response = await answered.value
    assert response.status == 200 and len(await response.body()) > 20_000
    await page.get_by_text("How to pronounce it").first.click()
    await page.get_by_label("Word", exact=True).fill("allotment")
    await page.get_by_label("Said as").fill("a lot mint")
    await page.get_by_role("button", name="Mark the word").click()
    assert "for an a lot mint" in await page.get_by_label("As it is spoken").input_value()
    await ann.look("pronounce")
    await page.get_by_role("button", name="Save Says first, in English").click()
    await ann.said("Done:")


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
