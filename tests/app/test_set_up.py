"""A council with a name of its own takes no call from outside while it would still be heard as the example."""

import asyncio
from pathlib import Path

import pytest

from voicebot.app.media import MediaProcess
from voicebot.app.prepare import DIALOGUE_TOKEN
from voicebot.app.set_up import SetUp
from voicebot.council.words import TOWNS
from voicebot.errors import DialFailed
from voicebot.first_run.council_data import empty
from voicebot.first_run.own_council import example_words, rename
from voicebot.flows.project import Project
from voicebot.settings import DialogueSettings, Settings
from voicebot.telephony.memory import MemoryExchange, MemoryLine

DIALOGUES = Path(__file__).parents[2] / "dialogues"
NAME = "Polmouth City Council"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    project = Project.read(DIALOGUES)
    project.write(tmp_path / "dialogues")
    dialogue = DialogueSettings(project=tmp_path / "dialogues")
    return Settings(data=tmp_path / "var", council=NAME, dialogue=dialogue)


async def test_it_waits_until_nothing_of_the_example_is_left(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up = SetUp(settings)
    await set_up.look()
    assert any("registrars" in place for place in set_up.left)
    monkeypatch.setattr("voicebot.app.set_up._LOOK_EVERY_S", 0.0)
    following = asyncio.create_task(set_up.follow())
    words = example_words(Project.read(settings.dialogue.project))
    instead = {word: word.replace("01632 960", "01234 567") for word in words} | dict.fromkeys(TOWNS, "Polmouth")
    await asyncio.to_thread(rename, settings.dialogue.project, NAME, "", instead)
    await asyncio.to_thread(empty, settings.council_database)
    async with asyncio.timeout(60):
        await following
    assert set_up.left == []


async def test_nobody_gets_through_meanwhile(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DIALOGUE_TOKEN, "secret")
    media = MediaProcess(settings)
    media._set_up.left = ["services/registrars/domain.yml, line 111: Market Selby"]
    exchange = MemoryExchange()
    line, caller = MemoryLine(exchange, "sip:council@here"), MemoryLine(exchange, "sip:caller@here")
    await line.start(media._take)
    with pytest.raises(DialFailed) as refused:
        await caller.dial("sip:council@here")
    assert refused.value.status == 503
    await exchange.close()
