"""Publications in the database: what is on its way into use, and how far it is."""

import secrets
from datetime import datetime

from voicebot.flows.drafts import PublicationView, Stage, TestReport
from voicebot.flows.people import Person
from voicebot.flows.tables import PublicationRow


def publication_of(
    kind: str, version: str, draft_id: str, who: Person, now: datetime, reason: str = ""
) -> PublicationRow:
    """A new one, waiting for the publisher."""
    return PublicationRow(
        id=secrets.token_hex(8),
        kind=kind,
        version=version,
        draft_id=draft_id,
        by_id=who.id,
        by_name=who.name,
        at=now,
        stage=Stage.WAITING,
        progress=0.0,
        message="",
        reason=reason,
        seconds=0.0,
        report=None,
    )


def view_of(row: PublicationRow) -> PublicationView:
    """As pages show it."""
    return PublicationView(
        id=row.id,
        kind=row.kind,
        version=row.version,
        by=row.by_name,
        at=row.at,
        stage=Stage(row.stage),
        progress=row.progress,
        message=row.message,
        seconds=row.seconds,
        report=TestReport.model_validate(row.report) if row.report else None,
    )
