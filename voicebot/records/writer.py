"""The writing side of the records for the media process: never waits, never raises, loses nothing it can keep."""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog

from voicebot.dialogue.acts import Fact
from voicebot.errors import RecordsUnavailable
from voicebot.records.database import RecordRejected
from voicebot.records.entries import (
    CallEnd,
    CallStart,
    CallState,
    Entry,
    FactsEntry,
    HandoffEntry,
    MessageEntry,
    StepEntry,
    TurnEntry,
)
from voicebot.records.journal import Journal
from voicebot.records.store import RecordStore

log = structlog.get_logger(__name__)

_LOOKED_AT = 256
"""How far a full queue is searched for something to lose: handing over an entry must stay quick."""


@dataclass(slots=True)
class WriterCounts:
    """What became of the entries: ``journaled`` ones wait on disk, ``lost`` ones are gone, ``rejected`` don't fit."""

    written: int = 0
    journaled: int = 0
    replayed: int = 0
    rejected: int = 0
    lost: int = 0


class RecordWriter:
    """A queue in front of a :class:`RecordStore`, emptied by one task in the order of arrival.

    While the database is away, entries go to a journal in ``journal_dir`` and are replayed, oldest first, as soon as
    it is back (tried every ``retry_s``), also after a restart. When the disk is full as well they wait in memory, at
    most ``max_waiting`` of them; what is beyond that is counted as lost and logged. The call goes on in any case.
    What is put within ``flush_s`` of the last writing is written together.
    """

    def __init__(
        self,
        store: RecordStore,
        journal_dir: Path,
        *,
        name: str = "media",
        retry_s: float = 2.0,
        timeout_s: float = 10.0,
        flush_s: float = 0.1,
        batch: int = 64,
        max_waiting: int = 20_000,
    ) -> None:
        self._store = store
        self._journal_dir = journal_dir
        self._name = name
        self._journal = Journal(journal_dir / f"{name}.jsonl")
        self._flush_s = flush_s
        self._flushed_at = -flush_s
        self._hurry = asyncio.Event()
        self._retry_s = retry_s
        self._timeout_s = timeout_s
        self._batch = batch
        self._max_waiting = max_waiting
        self._waiting: deque[Entry] = deque()
        self._in_flight: list[Entry] = []
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._drained = asyncio.Event()
        self._closing = False
        self._disk_full = False
        self._task: asyncio.Task[None] | None = None
        self.database_up = True
        self.counts = WriterCounts()

    async def start(self) -> None:
        """Begin to write; entries put before are kept."""
        if self._task is None:
            self._journal = await asyncio.to_thread(Journal.claim, self._journal_dir, self._name)
            self._task = asyncio.create_task(self._run_on(), name="record-writer")

    async def close(self, wait_s: float = 5.0) -> None:
        """Write what waits, to the database or the journal, and stop."""
        if self._task is None:
            return
        self._closing = True
        self._hurry.set()
        self._wake.set()
        try:
            await asyncio.wait_for(self._task, wait_s)
        except TimeoutError:
            await self._to_journal([*self._in_flight, *self._take(len(self._waiting))])
            self._in_flight = []
        self._task = None
        self._journal.release()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def settle(self) -> None:
        """Wait until everything put so far is in the database or the journal."""
        await self._idle.wait()

    async def drained(self) -> None:
        """Wait until nothing waits anywhere: everything put so far, and the journal, is in the database."""
        await self._drained.wait()

    def put(self, entry: Entry) -> None:
        """Hand over one entry. Never blocks, never raises."""
        if len(self._waiting) >= self._max_waiting:
            self._drop_one()
        self._waiting.append(entry)
        self._idle.clear()
        self._drained.clear()
        self._wake.set()

    def begin_call(self, start: CallStart) -> None:
        """A call began."""
        self.put(start)

    def add_turn(self, turn: TurnEntry) -> None:
        """Somebody spoke."""
        self.put(turn)

    def set_facts(self, call_id: str, facts: Sequence[Fact]) -> None:
        """Everything known so far."""
        self.put(FactsEntry(call_id=call_id, facts=tuple(facts)))

    def add_handoff(self, handoff: HandoffEntry) -> None:
        """A handover began."""
        self.put(handoff)

    def update_handoff(self, handoff: HandoffEntry) -> None:
        """A handover went on: replaces the one with the same ``uid``."""
        self.put(handoff)

    def add_step(self, step: StepEntry) -> None:
        """The session did something."""
        self.put(step)

    def add_message(self, message: MessageEntry) -> None:
        """The caller left a message."""
        self.put(message)

    def set_state(self, state: CallState) -> None:
        """What the call is about now."""
        self.put(state)

    def finish_call(self, end: CallEnd) -> None:
        """The call ended."""
        self.put(end)

    def _drop_one(self) -> None:
        """Lose the oldest entry that others don't depend upon: without its beginning a call has no record at all."""
        ends = (CallStart, CallEnd)
        oldest = islice(self._waiting, _LOOKED_AT)
        del self._waiting[next((at for at, entry in enumerate(oldest) if not isinstance(entry, ends)), 0)]
        self._lose(1)

    async def _run_on(self) -> None:
        """Whatever an entry does to the writer, the next ones are written."""
        while True:
            try:
                await self._run()
                return
            except Exception:
                log.exception("records.defect", entries=len(self._in_flight))
                self.counts.rejected += len(self._in_flight)
                self._in_flight = []

    async def _gather(self) -> None:
        """Let entries come together, unless somebody waits for the end."""
        left = self._flushed_at + self._flush_s - asyncio.get_running_loop().time()
        if left > 0 and not self._hurry.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._hurry.wait(), left)

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            if not self._waiting and self._journal_empty():
                self._idle.set()
                self._drained.set()
                if self._closing:
                    return
                await self._wake.wait()
                continue
            if self._journal_empty():
                await self._write_waiting()
            elif not await self._replay():
                # The journal goes first, so that a call's beginning is there before its turns.
                await self._to_journal(self._take(len(self._waiting)))
            if self.database_up and not self._disk_full:
                continue
            if self._closing:
                await self._to_journal(self._take(len(self._waiting)))
                self._lose(len(self._take(len(self._waiting))))
                self._idle.set()
                return
            self._idle.set()
            await self._pause()

    async def _pause(self) -> None:
        """Until the next attempt; new entries meanwhile go to the journal at once."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._retry_s
        while not self._closing and (left := deadline - loop.time()) > 0:
            try:
                await asyncio.wait_for(self._wake.wait(), left)
            except TimeoutError:
                return
            self._wake.clear()
            if not self._disk_full:
                await self._to_journal(self._take(len(self._waiting)))
                self._idle.set()

    async def _write_waiting(self) -> None:
        await self._gather()
        entries = self._in_flight = self._take(self._batch)
        if await self._write(entries):
            self.counts.written += len(entries)
        else:
            await self._to_journal(entries)
        self._in_flight = []
        if len(self._waiting) < self._batch:
            self._flushed_at = asyncio.get_running_loop().time()

    async def _replay(self) -> bool:
        """Write the journal's entries. True when it is empty now."""
        batch: list[Entry] = []
        done = 0
        try:
            for entry in self._journal.entries():
                batch.append(entry)
                if len(batch) >= self._batch:
                    if not await self._write(batch):
                        return False
                    done += len(batch)
                    batch = []
            if batch and not await self._write(batch):
                return False
            done += len(batch)
            self._journal.clear()
        except OSError as error:
            log.error("records.journal_unreadable", error=type(error).__name__)
            self.database_up = False
            return False
        self._lose(self._journal.skipped)
        self._journal.skipped = 0
        self.counts.replayed += done
        log.info("records.replayed", entries=done)
        return True

    async def _write(self, entries: Sequence[Entry]) -> bool:
        """True when they are dealt with (written or rejected for good), False when the database is away."""
        try:
            async with asyncio.timeout(self._timeout_s):
                try:
                    await self._store.apply(entries)
                except RecordRejected:
                    for entry in entries:
                        await self._write_one(entry)
        except (RecordsUnavailable, TimeoutError) as error:
            if self.database_up:
                log.error("records.database_down", error=type(error).__name__)
            self.database_up = False
            return False
        if not self.database_up:
            log.info("records.database_up")
        self.database_up = True
        return True

    async def _write_one(self, entry: Entry) -> None:
        try:
            await self._store.apply([entry])
        except RecordRejected as error:
            self.counts.rejected += 1
            log.error("records.rejected", entry=entry.entry, error=str(error))

    def _take(self, count: int) -> list[Entry]:
        return [self._waiting.popleft() for _ in range(min(count, len(self._waiting)))]

    async def _to_journal(self, entries: Sequence[Entry]) -> None:
        if not entries:
            return
        try:
            # On another thread: the disk may be slow, and calls must not notice.
            await asyncio.to_thread(self._journal.append, entries)
        except OSError as error:
            if not self._disk_full:
                log.error("records.journal_full", error=type(error).__name__, waiting=len(entries))
            self._disk_full = True
            self._waiting.extendleft(reversed(entries))
            while len(self._waiting) > self._max_waiting:
                self._drop_one()
            return
        self._disk_full = False
        self.counts.journaled += len(entries)

    def _journal_empty(self) -> bool:
        try:
            return self._journal.empty()
        except OSError:
            return True

    def _lose(self, count: int) -> None:
        if count:
            self.counts.lost += count
            log.error("records.lost", entries=count, total=self.counts.lost)
