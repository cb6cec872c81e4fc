"""The pages in a real browser: a person's whole way through them, with and without scripts, axe at every step."""

import pytest
from playwright.async_api import ConsoleMessage, Page, Request

from tests.accounts_helpers import PASSWORD, ROOT
from tests.chromium import chromium, needs_chromium, violations
from voicebot.accounts.roles import Role, Scope
from voicebot.accounts.service import Accounts

pytestmark = needs_chromium


class Visitor:
    """A page, and what went wrong on it. Every step is looked at by axe."""

    def __init__(self, page: Page, address: str, *, scripts: bool = True) -> None:
        self.page = page
        self.address = address
        self._scripts = scripts
        self.complaints: list[str] = []
        page.on("console", self._console)
        page.on("requestfailed", self._failed)

    def _console(self, message: ConsoleMessage) -> None:
        # Answers such as 422 are told on the console too, and are what a step is about.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)

    def _failed(self, request: Request) -> None:
        # Leaving a page ends what it was still loading (its icon comes last): that is the browser's doing, not a fault.
        if request.failure == "net::ERR_ABORTED":
            return
        self.complaints.append(f"{request.url} {request.failure}")

    async def open(self, path: str) -> None:
        await self.page.goto(self.address + path)
        await self.check()

    async def press(self, text: str) -> None:
        """A button or link in the page's main part."""
        async with self.page.expect_navigation():
            await self.page.locator("main").locator("button, a").get_by_text(text, exact=True).first.click()
        await self.check()

    async def key(self, key: str) -> None:
        """A key that leads to another page."""
        async with self.page.expect_navigation():
            await self.page.keyboard.press(key)
        await self.check()

    async def check(self) -> None:
        if self._scripts:
            # axe is a script itself: without them, the same markup is only walked through.
            assert await violations(self.page) == [], self.page.url
        assert self.complaints == []

    async def heading(self) -> str:
        return (await self.page.locator("h1").inner_text()).strip()


@pytest.mark.parametrize("scripts", [True, False])
async def test_the_whole_way(address: str, accounts: Accounts, scripts: bool) -> None:
    _, one_time = await accounts.people.add(ROOT, "ada", [Role.ADMIN, Role.SUPERVISOR], display_name="Ada Byrne")
    await accounts.people.add(ROOT, "jane.burns", [Role.AGENT], display_name="Jane Burns")
    await accounts.tokens.add(ROOT, "monitoring", [Scope.CALLS_READ])
    async with chromium() as browser:
        context = await browser.new_context(java_script_enabled=scripts)
        page = await context.new_page()
        visitor = Visitor(page, address, scripts=scripts)
        await visitor.open("/")
        await visitor.press("Sign in")
        await visitor.press("Sign in")
        assert await page.title() == "Error: Sign in – Phone service – Norbury <Vale> Council"
        await page.get_by_label("User name").fill("ada")
        await page.get_by_label("Password", exact=True).fill(one_time)
        await visitor.press("Sign in")
        assert await visitor.heading() == "Change your password"
        await page.get_by_label("Password you have now").fill(one_time)
        await page.get_by_label("New password").fill(PASSWORD)
        await visitor.press("Change password")
        assert await visitor.heading() == "Phone service"
        await visitor.press("Your account")
        await visitor.press("Make a token")
        await visitor.press("Make the token")
        await page.get_by_label("What it is for").fill("Power BI")
        await page.get_by_label("Read calls and what was said").check()
        await visitor.press("Make the token")
        assert (await page.locator("code").first.inner_text()).startswith("voicebot_")
        await visitor.open("/accounts/")
        await visitor.press("Add an account")
        await page.get_by_label("User name").fill("ada")
        await page.get_by_label("Viewer", exact=True).check()
        await visitor.press("Add the account")
        await page.get_by_label("User name").fill("bob")
        await visitor.press("Add the account")
        assert await visitor.heading() == "One-time password of bob"
        await visitor.open("/accounts/")
        await visitor.press("Jane Burns")
        await visitor.press("Disable the account")
        assert await page.get_by_text("The account is disabled").is_visible()
        await visitor.press("Remove the account")
        await visitor.press("Remove the account")
        await visitor.press("Ada Byrne")
        await visitor.press("Disable the account")
        assert await page.get_by_text("There is a problem").is_visible()
        await visitor.open("/accounts/tokens")
        await visitor.open("/audit")
        assert await page.get_by_role("cell", name="Removed an account").is_visible()
        await visitor.open("/nowhere")
        assert await visitor.heading() == "Page not found"
        async with page.expect_navigation():
            await page.get_by_role("button", name="Sign out").click()
        await visitor.open("/account")
        assert await visitor.heading() == "Sign in"
        await context.close()


async def test_keyboard_and_narrow_screens(address: str, accounts: Accounts) -> None:
    await accounts.people.add(ROOT, "ada", [Role.ADMIN], display_name="Ada Byrne", password=PASSWORD)
    async with chromium() as browser:
        context = await browser.new_context(viewport={"width": 320, "height": 640})
        page = await context.new_page()
        visitor = Visitor(page, address)
        await visitor.open("/sign-in")
        await page.keyboard.press("Tab")
        assert await page.locator(":focus").inner_text() == "Skip to main content"
        await page.keyboard.press("Enter")
        assert await page.evaluate("document.activeElement.id") == "main-content"
        await page.keyboard.press("Tab")
        await page.keyboard.type("ada")
        await page.keyboard.press("Tab")
        await page.keyboard.type("not the right one")
        await visitor.key("Enter")
        assert await page.evaluate("document.activeElement.className") == "govuk-error-summary"
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        assert await page.evaluate("document.activeElement.id") == "name", "the summary leads to the field"
        await page.keyboard.press("Tab")
        await page.keyboard.type(PASSWORD)
        await visitor.key("Enter")
        for path in ("/", "/account", "/accounts/", "/accounts/new", "/audit"):
            await visitor.open(path)
            width = await page.evaluate("document.documentElement.scrollWidth")
            assert width <= 320, f"{path} scrolls sideways"
        await context.close()
