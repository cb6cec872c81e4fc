"""What the routes work on, put on the application once."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import HTTPConnection

from voicebot.accounts.service import Accounts
from voicebot.facts.store import FactsStore
from voicebot.flows.studio import Studio
from voicebot.handoff.desk import Desk
from voicebot.handoff.titles import Titles
from voicebot.records.store import RecordStore
from voicebot.settings import Settings
from voicebot.web.media_status import MediaStatusSource


@dataclass(frozen=True, slots=True)
class Services:
    """Settings, records, media's status, accounts, flows, facts and the desk; ``token`` may do all by the API.

    ``titles`` are what services and needs are called, ``queues`` the queues and what their teams are called.
    """

    settings: Settings
    store: RecordStore
    media: MediaStatusSource
    accounts: Accounts
    studio: Studio
    facts: FactsStore
    token: str
    desk: Desk
    titles: Titles
    queues: Mapping[str, str]


def services(connection: HTTPConnection) -> Services:
    """Those of the application that answers."""
    found = connection.app.state.services
    assert isinstance(found, Services)
    return found


def studio(connection: HTTPConnection) -> Studio:
    """The flows of the application that answers."""
    return services(connection).studio


def facts_store(connection: HTTPConnection) -> FactsStore:
    """The council's facts."""
    return services(connection).facts
