"""What the routes work on, put on the application once."""

from dataclasses import dataclass

from starlette.requests import HTTPConnection

from voicebot.accounts.service import Accounts
from voicebot.records.store import RecordStore
from voicebot.settings import Settings
from voicebot.web.media_status import MediaStatusSource


@dataclass(frozen=True, slots=True)
class Services:
    """Settings, records, media's status and accounts; ``token`` is the API's token that may do everything."""

    settings: Settings
    store: RecordStore
    media: MediaStatusSource
    accounts: Accounts
    token: str


def services(connection: HTTPConnection) -> Services:
    """Those of the application that answers."""
    found = connection.app.state.services
    assert isinstance(found, Services)
    return found
