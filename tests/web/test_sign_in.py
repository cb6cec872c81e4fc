"""Signing in and out, as a browser does it and as somebody who means harm does."""

from tests.web.conftest import Browser
from voicebot.accounts.account import Account


async def test_in_and_out(browser: Browser, jane: Account) -> None:
    refused = await browser.get("/account")
    assert refused.status_code == 303 and refused.headers["location"] == "/sign-in?next=%2Faccount"
    entered = await browser.sign_in("Jane.Burns", next="/account")
    assert entered.status_code == 303 and entered.headers["location"] == "/account"
    assert "jane.burns" in (await browser.get("/account")).text
    left = await browser.submit("/sign-out", at="/account")
    assert left.status_code == 303 and not browser.cookies
    assert (await browser.get("/account")).status_code == 303
