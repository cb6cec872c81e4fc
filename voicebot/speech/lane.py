"""A queue with threads behind it: native code works in them while the event loop goes on."""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from voicebot.errors import Overloaded, SpeechUnavailable
from voicebot.speech.queue import FairQueue, QueueFull

Work = TypeVar("Work")
Result = TypeVar("Result")
ResultOut = TypeVar("ResultOut", covariant=True)

_SMOOTH = 0.2


class Superseded(SpeechUnavailable):
    """A speculative request was dropped for a newer one of its call, or to make room."""


@dataclass(frozen=True, slots=True)
class Done(Generic[ResultOut]):
    """A result and how long it waited for a thread, in ms."""

    result: ResultOut
    queue_ms: float


@dataclass(eq=False, slots=True)
class _Job:
    work: Any
    future: "asyncio.Future[Done[Any]]"
    queued_at: float = field(default_factory=time.monotonic)


class Lane(Generic[Work, Result]):
    """``workers`` threads that serve a :class:`~voicebot.speech.queue.FairQueue` of at most ``limit``.

    ``run`` does the work of up to ``batch`` requests in a thread, and gives their results in order. When it fails for
    several, each is tried alone, so that one bad request spoils no other. Belongs to the event loop that first uses it;
    not for several loops.
    """

    def __init__(
        self,
        name: str,
        run: Callable[[Sequence[Work]], Sequence[Result]],
        *,
        workers: int,
        limit: int,
        per_call: int = 4,
        batch: int = 1,
    ) -> None:
        self._run = run
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix=f"speech-{name}")
        self._workers = workers
        self._batch = batch
        self._queue: FairQueue[_Job] = FairQueue(limit=limit, per_call=per_call)
        self._running = 0
        self._each_ms = 0.0
        self._closed = False

    @property
    def queued(self) -> int:
        """Requests that wait for a thread."""
        return len(self._queue)

    @property
    def running(self) -> int:
        """Threads at work."""
        return self._running

    @property
    def expected_wait_ms(self) -> float:
        """How long a request that comes now would wait, by what the last ones took."""
        if self._running < self._workers:
            return 0.0
        return (len(self._queue) + 1) * self._each_ms / self._workers

    async def submit(self, call: str, work: Work, *, speculative: bool = False) -> Done[Result]:
        """Run ``work`` in a thread when its turn comes.

        Raises what ``run`` raises, :class:`~voicebot.errors.Overloaded` at once when there is no room, and
        :class:`Superseded`. Cancelling takes it out of the queue; work that has begun goes on to its end unheard.
        """
        if self._closed:
            raise SpeechUnavailable("speech is shutting down")
        job = _Job(work, asyncio.get_running_loop().create_future())
        try:
            dropped = self._queue.put(call, job, speculative=speculative)
        except QueueFull:
            raise Overloaded(f"{len(self._queue)} requests wait already") from None
        for old in dropped:
            if not old.future.done():
                old.future.set_exception(Superseded("a newer request took its place"))
        self._pump()
        try:
            return await job.future
        finally:
            self._queue.remove(call, job)

    def _next(self) -> list[_Job]:
        """The requests of the next batch, of one call after another."""
        jobs: list[_Job] = []
        # With a thread to spare two short batches end sooner than one long one.
        share = -(-len(self._queue) // (self._workers - self._running))
        while len(jobs) < min(self._batch, share) and (job := self._queue.pop()) is not None:
            if not job.future.done():
                jobs.append(job)
        return jobs

    def _pump(self) -> None:
        while self._running < self._workers and not self._closed and len(self._queue):
            jobs = self._next()
            if not jobs:
                continue
            self._running += 1
            began = time.monotonic()
            handle = asyncio.get_running_loop().run_in_executor(self._executor, self._work, [job.work for job in jobs])
            handle.add_done_callback(lambda done, jobs=jobs, began=began: self._finish(jobs, done, began))  # type: ignore[misc]

    def _work(self, works: Sequence[Work]) -> list[Result | BaseException]:
        """In a thread: every request's result, or what it raised."""
        if len(works) > 1:
            try:
                return list(self._run(works))
            except Exception:  # noqa: BLE001, S110
                # Whose fault it was is found out below, where each fails for itself.
                pass
        results: list[Result | BaseException] = []
        for work in works:
            try:
                results += self._run([work])
            except Exception as error:  # noqa: BLE001
                results.append(error)
        return results

    def _finish(self, jobs: Sequence[_Job], handle: "asyncio.Future[list[Any]]", began: float) -> None:
        self._running -= 1
        if handle.cancelled():
            results: list[Any] = [SpeechUnavailable("speech is shutting down")] * len(jobs)
        else:
            results = handle.result()
            each_ms = (time.monotonic() - began) * 1000 / len(jobs)
            self._each_ms = each_ms if not self._each_ms else self._each_ms + _SMOOTH * (each_ms - self._each_ms)
        for job, result in zip(jobs, results, strict=True):
            if job.future.done():
                continue
            if isinstance(result, BaseException):
                job.future.set_exception(result)
            else:
                job.future.set_result(Done(result, (began - job.queued_at) * 1000))
        self._pump()

    async def close(self) -> None:
        """Refuse what is queued, wait for what runs."""
        self._closed = True
        for job in self._queue.drain():
            if not job.future.done():
                job.future.set_exception(SpeechUnavailable("speech is shutting down"))
        await asyncio.to_thread(self._executor.shutdown, wait=True)
