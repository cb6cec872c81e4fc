"""The admin pages as people go through them in Chromium: the steps that several tests take.

With ``VOICEBOT_SCREENS`` naming a folder, what is looked at is photographed too.
"""

import os

from playwright.async_api import Browser, Page

from tests.accounts_helpers import PASSWORD
from tests.web.test_pages_in_chromium import Visitor

SCREENS = os.environ.get("VOICEBOT_SCREENS", "")
SLOW_MS = 30_000
"""A busy machine takes its time to read all flows for the first time."""
PUBLISHED_MS = 300_000
"""For a training and the start of a candidate beside everything else."""

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


class Admin(Visitor):
    """Somebody at the admin pages."""

    async def sign_in(self, name: str) -> None:
        await self.page.goto(f"{self.address}/sign-in?next=/admin/")
        await self.page.get_by_label("User name").fill(name)
        await self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        await self.page.get_by_role("button", name="Sign in", exact=True).click()
        await self.page.get_by_role("link", name="Adult social care").wait_for(timeout=SLOW_MS)

    async def section(self, name: str) -> None:
        """Open a section of the application."""
        await self.page.get_by_role("navigation", name="Sections").get_by_role("link", name=name).click()

    async def said(self, text: str) -> None:
        """Wait until the page says it."""
        await self.page.get_by_text(text).first.wait_for(timeout=SLOW_MS)

    async def look(self, name: str = "", *, whole: bool = False, quickly: bool = False) -> None:
        """axe (unless ``quickly``), no scrolling sideways, and a photograph if they are wanted."""
        if not quickly:
            await self.check()
        wide = await self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{self.page.url} scrolls sideways"
        if name and SCREENS:
            await self.page.screenshot(path=f"{SCREENS}/admin-{name}.png", full_page=whole)

    async def begin_draft(self, title: str) -> str:
        """Begin a draft and look at it; gives its id."""
        page = self.page
        await page.get_by_text("Change something").click()
        await page.get_by_label("Begin a new draft").fill(title)
        await page.get_by_role("button", name="Begin a draft").click()
        await self.said(f"Draft: {title}")
        return page.url.rpartition("=")[2]

    async def at_draft(self, draft: str) -> None:
        """Open the page of its way into use."""
        await self.page.goto(f"{self.address}/admin/drafts/{draft}?draft={draft}")
        await self.page.get_by_role("heading", name="4. Publish").wait_for()

    async def hand_in(self, draft: str) -> None:
        """Ask for a second person's review."""
        await self.at_draft(draft)
        await self.page.get_by_role("button", name="Ask for a review").click()
        await self.said("It waits for a reviewer")

    async def approve(self, draft: str) -> None:
        """Review it, as somebody else."""
        await self.at_draft(draft)
        await self.page.get_by_label("Comment").fill("Reads well.")
        await self.page.get_by_role("button", name="Approve").click()
        await self.said("The draft is approved.")

    async def publish(self, draft: str, why: str) -> None:
        """Put it into use; ``why`` although the full test was not held."""
        await self.at_draft(draft)
        await self.page.get_by_label("Why it goes into use all the same").fill(why)
        await self.page.get_by_role("button", name="Publish", exact=True).click()
        await self.page.locator("[data-stage]").wait_for()

    async def in_use(self) -> str:
        """Wait until what was begun is done, and give what the page says of it."""
        over = self.page.locator("[data-stage=done], [data-stage=failed]")
        await over.wait_for(timeout=PUBLISHED_MS)
        said = await over.inner_text()
        assert await over.get_attribute("data-stage") == "done", said
        return said

    async def try_draft(self, draft: str) -> str:
        """Start the draft beside what callers hear, and give the address at which it is rung."""
        await self.page.goto(f"{self.address}/admin/try?draft={draft}")
        await self.page.get_by_role("button", name="Start the draft").click()
        await self.page.get_by_role("button", name="Begin a conversation").wait_for(timeout=PUBLISHED_MS)
        address = await self.page.get_by_role("link", name="Ring it from this browser").get_attribute("href")
        assert address is not None
        return address

    async def roll_back(self, why: str) -> str:
        """Go back to the version before."""
        await self.page.goto(f"{self.address}/admin/history")
        await self.page.get_by_role("button", name="Go back to this").first.click()
        await self.page.get_by_label("Why?").fill(why)
        await self.page.get_by_role("button", name="Go back now").click()
        return await self.in_use()


async def admin(browser: Browser, address: str, name: str, *, width: int = 1100, height: int = 850) -> Admin:
    """In a browser of their own."""
    context = await browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
    page = await context.new_page()
    page.set_default_timeout(SLOW_MS)
    visitor = Admin(page, address)
    await visitor.sign_in(name)
    return visitor


async def fill_question(page: Page, number: int, label: str, text: str, again: str) -> None:
    part = page.get_by_role("group", name=f"Question {number}")
    await part.get_by_label("What the answer is").fill(label)
    await part.get_by_label("The question").fill(text)
    await part.get_by_label("Asked a second time").fill(again)
    await part.get_by_label("Asked a third time").fill("Say it in a few words, or press 0 for a person.")


async def add_allotments(ann: Admin, *, quickly: bool = False) -> None:
    """In a draft: a service with two questions, read back, and a reference at the end."""
    page = ann.page
    await page.get_by_role("link", name="Add a service").click()
    await page.get_by_role("button", name="Add the service").click()
    await ann.said("Enter what the service is called")
    await ann.look(quickly=quickly)
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
    await ann.look("new-flow", whole=True, quickly=quickly)
    await page.get_by_role("button", name="Add it to the draft").click()
    await page.get_by_role("heading", name="The allotment waiting list").wait_for()
    await ann.said("Asks: Size of plot")
    await ann.look("outline", whole=True, quickly=quickly)


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
