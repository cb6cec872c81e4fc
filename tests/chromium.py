"""Debian's Chromium without a screen, and axe on what it shows."""

import importlib.util
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright

ROOT = Path(__file__).parents[1]
PROGRAM = Path("/usr/bin/chromium")
AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
BUILT = ROOT / "voicebot" / "web" / "static" / "pages.css"
_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

needs_chromium = pytest.mark.skipif(
    not (PROGRAM.exists() and AXE.exists() and BUILT.exists() and importlib.util.find_spec("playwright")),
    reason="needs Debian's chromium and the built pages (scripts/frontend)",
)


@asynccontextmanager
async def chromium(*arguments: str) -> AsyncIterator[Browser]:
    """A browser with a profile of its own."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(PROGRAM), args=[*_QUIET, *arguments])
        try:
            yield browser
        finally:
            await browser.close()


async def violations(page: Page) -> list[tuple[str, list[str]]]:
    """What axe finds against WCAG 2.2, levels A and AA: the rule, and the elements that break it."""
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    result: dict[str, Any] = await page.evaluate("tags => axe.run({runOnly: {type: 'tag', values: tags}})", _WCAG)
    return [(found["id"], [node["html"][:200] for node in found["nodes"]]) for found in result["violations"]]
