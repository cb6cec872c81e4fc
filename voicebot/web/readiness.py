"""Whether a call can be taken, part by part."""

import asyncio
from dataclasses import dataclass

from voicebot.errors import RecordsUnavailable
from voicebot.records.store import RecordStore
from voicebot.telephony.sip.trunk import TrunkStatus
from voicebot.web.media_status import MediaStatusSource

_TIMEOUT_S = 3.0


@dataclass(frozen=True, slots=True)
class Readiness:
    """Which parts are up. ``calls`` is how many are in progress, ``trunks`` how the ways to the phone network are,
    ``certificate_ends`` when the SIP line's certificate does (Unix time), ``recogniser`` what hears the callers and
    ``recogniser_note`` what that is good for; ``example_left`` in how many places the example is still to be heard, for
    which no call is taken.
    """

    media: bool
    speech: bool
    dialogue: bool
    database: bool
    calls: int
    trunks: tuple[TrunkStatus, ...] = ()
    certificate_ends: float | None = None
    recogniser: str = ""
    understands_people: bool = True
    example_left: int = 0
    recogniser_note: str = ""

    @property
    def ready(self) -> bool:
        """A call can be taken."""
        return self.media and self.speech and self.dialogue and self.database

    @property
    def parts(self) -> dict[str, bool]:
        """Each part by name."""
        return {"media": self.media, "speech": self.speech, "dialogue": self.dialogue, "database": self.database}


async def readiness(store: RecordStore, media: MediaStatusSource) -> Readiness:
    """Ask the media process and the database, at most three seconds."""
    state, database = await asyncio.gather(media.status(), _database(store))
    if state is None:
        return Readiness(media=False, speech=False, dialogue=False, database=database, calls=0)
    # Media is not ready while speech or dialogue is missing: name the one that is to blame, not media.
    listening = state.ready or not (state.speech and state.dialogue)
    return Readiness(
        listening,
        state.speech,
        state.dialogue,
        database,
        state.calls,
        state.trunks,
        state.certificate_ends,
        state.recogniser,
        state.understands_people,
        state.example_left,
        state.recogniser_note,
    )


async def _database(store: RecordStore) -> bool:
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            await store.ping()
    except (RecordsUnavailable, TimeoutError):
        return False
    return True
