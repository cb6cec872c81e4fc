"""Debian's Chromium for tests: its microphone hears a WAV file, and axe looks at the pages that it shows."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

from tests.service.running import ROOT

CHROMIUM = Path("/usr/bin/chromium")
AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_WCAG_22_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@asynccontextmanager
async def chromium(microphone: Path | None) -> AsyncIterator[Browser]:
    """A browser. Without a ``microphone`` the machine has none, and nobody is asked."""
    flags = list(_FLAGS)
    if microphone is not None:
        flags += [
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-audio-capture={microphone}%noloop",
        ]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        try:
            yield browser
        finally:
            await browser.close()


async def violations(page: Page) -> list[str]:
    """What axe finds on the page as it is now, against WCAG 2.2 AA."""
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    options = {"runOnly": {"type": "tag", "values": _WCAG_22_AA}}
    result: dict[str, Any] = await page.evaluate("options => axe.run(document, options)", options)
    assert result["passes"], "axe looked at something"
    return [
        f"{each['id']}: {node['html'][:200]} – {node['failureSummary'][:200]}"
        for each in result["violations"]
        for node in each["nodes"]
    ]


async def overflows(page: Page) -> bool:
    """Whether the page must be scrolled sideways."""
    return bool(await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))
