"""The example project as drafts see it, a studio on a database of its own, and the people who work in it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from voicebot.accounts.audit import Audit
from voicebot.accounts.roles import Role
from voicebot.flows.people import Person
from voicebot.flows.project import Project
from voicebot.flows.studio import Studio
from voicebot.records.database import Database
from voicebot.settings import DialogueSettings, Settings

DIALOGUES = Path(__file__).parents[2] / "dialogues"
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)

AUTHOR = Person("a1", "amir", frozenset({Role.AUTHOR}))
OTHER_AUTHOR = Person("a2", "beth", frozenset({Role.AUTHOR, Role.REVIEWER}))
REVIEWER = Person("r1", "rosa", frozenset({Role.REVIEWER}))
PUBLISHER = Person("p1", "pete", frozenset({Role.PUBLISHER}))
VIEWER = Person("v1", "vera", frozenset({Role.VIEWER}))


@pytest.fixture(scope="session")
def project() -> Project:
    """The example project, unmodified."""
    return Project.read(DIALOGUES)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """With a data folder of the test's own."""
    return Settings(data=tmp_path, dialogue=DialogueSettings(project=DIALOGUES))


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    """Empty, in its newest state."""
    opened = Database(settings.database)
    await opened.upgrade()
    yield opened
    await opened.close()


@pytest.fixture
def audit(database: Database) -> Audit:
    return Audit(database, lambda: NOW)


@pytest.fixture
def studio(settings: Settings, database: Database, audit: Audit) -> Studio:
    return Studio(settings, database, audit, now=lambda: NOW)
