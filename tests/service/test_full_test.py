"""The full test of a draft: trained, every scripted call held in text and some aloud, beside what callers hear now."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.flows.conftest import AUTHOR, PUBLISHER, REVIEWER
from tests.service.running import Service, running
from voicebot.accounts.audit import Audit
from voicebot.flows.commands import SetText
from voicebot.flows.drafts import PublicationView, Stage
from voicebot.flows.errors import NotReady
from voicebot.flows.studio import Studio
from voicebot.records.database import Database

pytestmark = [
    pytest.mark.rasa,
    pytest.mark.slow,
    pytest.mark.rehearsal,
    pytest.mark.asyncio(loop_scope="module"),
]

BROKEN = SetText(response="utter_benefits_council_tax_support", text="Claim council tax support on our website.")
"""A scripted call wants to be told that it is for people with a low income."""
_PATIENCE_S = 900.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    folder: Path = tmp_path_factory.mktemp("full-test")
    async with running(folder / "var", publishes=True) as service:
        yield service


async def ended(studio: Studio, publication: PublicationView) -> PublicationView:
    until = time.monotonic() + _PATIENCE_S
    while publication.stage not in (Stage.DONE, Stage.FAILED):
        assert time.monotonic() < until, publication
        await asyncio.sleep(0.5)
        publication = await studio.releases.publication(publication.id)
    return publication


async def test_a_call_that_passed_and_now_fails_is_told(service: Service) -> None:
    database = Database(service.settings.database)
    studio = Studio(service.settings, database, Audit(database))
    draft = await studio.open_draft(AUTHOR, "Shorter")
    draft = (await studio.edit(AUTHOR, draft.id, draft.revision, BROKEN)).draft
    test = await ended(studio, await studio.releases.test(AUTHOR, draft.id, draft.revision))
    assert test.stage is Stage.DONE and test.report is not None, test.message
    report = test.report
    broken = {(call.name, call.aloud) for call in report.calls if not call.passed and call.passed_live}
    print(f"\n{test.seconds} s: {report.summary}; understood {report.understood} of {report.asked}")
    assert ("council tax support is explained", False) in broken
    aloud = [call for call in report.calls if call.aloud]
    assert len(aloud) >= len(service.settings.flows.rehearse_aloud) and any(call.passed for call in aloud)
    assert sum(call.passed for call in report.calls) >= 0.9 * len(report.calls), report.summary
    draft = await studio.submit(AUTHOR, draft.id, draft.revision)
    draft = await studio.review(REVIEWER, draft.id, draft.revision, approve=True, comment="")
    with pytest.raises(NotReady, match="came out right until now fail"):
        await studio.releases.publish(PUBLISHER, draft.id, draft.revision)
    await database.close()
