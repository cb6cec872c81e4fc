"""A running service that people use with browsers: pages that sign in, what they show, and what they hear."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from playwright.async_api import Browser, Page, expect

from tests.service.running import VOICE, Service
from tests.telephony.sip.singing import Singer
from voicebot.audio.wav import write_wav
from voicebot.caller.voices import render
from voicebot.telephony.leg import CallLeg
from voicebot.telephony.sip.line import SipLine
from voicebot.web.tokens import api_token

PASSWORD = "violet anchor teaspoon"
SAID = "my recycling bin has not been emptied"
RATE = 16000
SLOW_MS = 40_000


@dataclass
class World:
    """A running service, and a browser whose microphone hears somebody speak."""

    service: Service
    browser: Browser
    base: str

    @asynccontextmanager
    async def page(self, name: str = "", *, width: int = 1000, browser: Browser | None = None) -> AsyncIterator[Page]:
        """A page of its own, at the phone if ``name`` signs in."""
        context = await (browser or self.browser).new_context(viewport={"width": width, "height": 800})
        page = await context.new_page()
        broken: list[str] = []
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.on("console", lambda message: broken.append(message.text) if "Content Security" in message.text else None)
        if name:
            await page.goto(f"{self.base}/phone/")
            await page.fill("#name", name)
            await page.fill("#password", PASSWORD)
            await page.click("main button[type=submit]")
            await page.wait_for_selector("[data-screen=start]")
        yield page
        await context.close()
        assert not broken

    async def last_call(self) -> dict[str, Any]:
        """The record of the latest call, once it is whole: it is written while the page is told already."""
        headers = {"Authorization": f"Bearer {api_token(self.service.settings)}"}
        async with httpx.AsyncClient(base_url=self.base, headers=headers) as client:
            async with asyncio.timeout(SLOW_MS / 1000):
                while True:
                    listed = (await client.get("/api/v1/calls?limit=1")).json()
                    record: dict[str, Any] = (await client.get(f"/api/v1/calls/{listed[0]['id']}")).json()
                    if record["outcome"]:
                        return record
                    await asyncio.sleep(0.1)


def button(page: Page, name: str) -> Any:
    return page.get_by_role("button", name=name, exact=True)


async def captions(page: Page, who: str) -> list[str]:
    return [text.strip() for text in await page.locator(f"[data-who={who}]").all_inner_texts()]


async def heard_whole(page: Page, text: str) -> None:
    """Wait until the caller's first words are shown whole: while they speak, what was heard so far is."""
    await expect(page.locator("[data-who=caller]").first).to_have_text(f"You: {text}", timeout=SLOW_MS)
    assert await captions(page, "caller") == [f"You: {text}"]


KEEP_PEER = """() => {
    const Original = RTCPeerConnection;
    window.RTCPeerConnection = class extends Original {
        constructor(...given) { super(...given); window.peer = this; }
    };
}"""
_HEARD = """async () => {
    const energy = async () => [...(await peer.getStats()).values()]
        .filter(one => one.type === "inbound-rtp").reduce((sum, one) => sum + one.totalAudioEnergy, 0);
    const before = await energy();
    await new Promise(done => setTimeout(done, 2000));
    return (await energy()) - before;
}"""
"""How much sound came to a page in two seconds."""
ANSWERED = "[data-state]:not([data-state=connecting])"
_SILENCE = 1e-6


async def hears(page: Page, *, something: bool) -> None:
    """Wait until the page hears the other side, or until it is silent."""
    async with asyncio.timeout(SLOW_MS / 1000):
        while (await page.evaluate(_HEARD) > _SILENCE) is not something:
            pass


def talks_all_the_time(folder: Path) -> Path:
    """A microphone for more than two minutes: one sentence, again and again."""
    sentence = np.concatenate((render(SAID, RATE, VOICE), np.zeros(RATE // 4, dtype=np.int16)))
    write_wav(folder / "talks.wav", np.tile(sentence, 1 + 150 * RATE // len(sentence)), RATE)
    return folder / "talks.wav"


async def asks_for_a_person(phones: SipLine, address: str) -> tuple[CallLeg, Singer]:
    """Somebody rings over SIP and presses 0; from then on they sing."""
    singer = Singer(440.0)
    leg = await phones.dial(address)
    leg.attach(singer)
    await leg.send_keys("0")
    return leg, singer


async def kill_web(world: World, page: Page) -> None:
    """Kill the web process, and see that the page notices."""
    pid = world.service.supervisor.pid("web")
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    await page.wait_for_selector("[data-link=reconnecting]", timeout=SLOW_MS)
