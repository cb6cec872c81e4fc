"""One person's calls: found by their number, given to them, forgotten (UK GDPR articles 15 and 17)."""

import json
import zipfile
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import select

from voicebot.errors import RecordsError
from voicebot.phone_numbers import e164
from voicebot.records.forgetting import Kept
from voicebot.records.models import CallRow, FactRow
from voicebot.records.store import RecordStore

_NUMBER_FACTS = ("phone", "phone_number", "contact_number")


def same_number(number: str) -> str:
    """``number`` in the one form in which two writings of it are equal (E.164 where it can be a telephone number).

    >>> same_number("01632 960123") == same_number("+44 1632 960123") == same_number("sip:01632960123@trunk.example")
    True
    """
    bare = number.removeprefix("sip:").removeprefix("sips:").removeprefix("tel:").partition("@")[0]
    return e164(bare) or bare.strip().lower()


async def calls_of(store: RecordStore, number: str) -> list[str]:
    """Ids of the calls from ``number``, and of those in which it was given as the number to ring, oldest first."""
    wanted = same_number(number)
    async with store.database.session() as session:
        rung = await session.execute(select(CallRow.id, CallRow.caller).where(CallRow.caller != ""))
        told = await session.execute(select(FactRow.call_id, FactRow.value).where(FactRow.name.in_(_NUMBER_FACTS)))
        found = {row[0] for row in (*rung, *told) if same_number(row[1]) == wanted}
        order = await session.execute(select(CallRow.id).order_by(CallRow.started_at, CallRow.id))
        return [call_id for call_id in order.scalars() if call_id in found]


async def export(store: RecordStore, call_ids: Sequence[str], to: Path) -> int:
    """Write a ZIP with a folder a call: as the API shows it, every row that is kept, and the audio.

    Gives the number of audio files. Raises :class:`~voicebot.errors.RecordsError` when it can't be written; an
    existing file is not replaced, and a new one can be read by its owner alone.
    """
    sounds = 0
    try:
        # Made before the archive writes to it, so that nobody else can open it meanwhile.
        to.touch(mode=0o600, exist_ok=False)
        with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
            for call_id in call_ids:
                sounds += await _export_one(store, call_id, archive)
    except FileExistsError as error:
        raise RecordsError(f"{to} is there already: name another file") from error
    except OSError as error:
        to.unlink(missing_ok=True)
        raise RecordsError(f"{to} can't be written: {error.strerror or error}") from error
    return sounds


async def _export_one(store: RecordStore, call_id: str, archive: zipfile.ZipFile) -> int:
    view = await store.call(call_id)
    if view is None:
        return 0
    async with store.database.session() as session:
        kept = await Kept.of(session)
        rows = await kept.rows(session, call_id)
        audio = [Path(path) for path in await kept.audio(session, [call_id])]
    folder = f"{view['started_at'][:10]} {view['reference']}"
    archive.writestr(f"{folder}/call.json", json.dumps(view, ensure_ascii=False, indent=2))
    archive.writestr(f"{folder}/everything.json", json.dumps(rows, ensure_ascii=False, indent=2, default=str))
    there = [path for path in audio if path.is_file()]
    for path in there:
        archive.write(path, f"{folder}/{path.name}")
    return len(there)


async def forget(store: RecordStore, call_ids: Sequence[str]) -> int:
    """Delete the calls and everything kept of them, audio too; gives the number of audio files.

    The audio goes last: what can't be deleted then is named in no record, and
    :class:`~voicebot.errors.RecordsError` says where it is.
    """
    async with store.database.session() as session:
        paths = await (await Kept.of(session)).forget(session, call_ids)
    left = []
    for path in map(Path, paths):
        try:
            path.unlink(missing_ok=True)
        except OSError:
            left.append(str(path))
    if left:
        raise RecordsError(f"the records are gone, but these files could not be deleted: {', '.join(left)}")
    return len(paths)
