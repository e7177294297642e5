"""What measures waits in line: one measurement in a process at a time, and one of each chat and person.

Two at once would take twice the memory and halve each other's speed.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from scene.errors import ModelError

Result = TypeVar("Result")

_MOST = 20  # measurements in line: hours of work


@dataclass(frozen=True, slots=True)
class News:
    """How far a measurement is.

    Attributes:
        what: What is being done, as who does it says.
        done: So much of it.
        total: Of so much; 0 where nobody knows.
    """

    what: str = ""
    done: int = 0
    total: int = 0


@dataclass(eq=False, slots=True)
class Run:
    """A measurement that waits or runs; who does it calls ``progress`` and asks ``cancelled``.

    Attributes:
        owner: Whose it is.
        person: Who asked for it.
        token: What its cancel button knows it by.
        news: How far it is.
    """

    owner: int
    person: int
    token: str = field(default_factory=lambda: secrets.token_hex(6))
    news: News = News()
    _stop: threading.Event = field(default_factory=threading.Event)

    def progress(self, done: int, total: int, what: str) -> None:
        """Tell how far it is."""
        self.news = News(what, done, total)

    def cancelled(self) -> bool:
        """Whether it should stop."""
        return self._stop.is_set()

    def stop(self) -> None:
        """Ask it to stop."""
        self._stop.set()


class Measuring:
    """The line of those who want to measure."""

    def __init__(self) -> None:
        self._line: list[Run] = []
        self._moved = asyncio.Condition()

    @contextlib.asynccontextmanager
    async def joined(self, owner: int, person: int) -> AsyncIterator[Run]:
        """Stand in line.

        Args:
            owner: Whose measurement it will be.
            person: Who asks for it.

        Raises:
            ModelError: ``measuring-already``: a measurement of this owner's waits or runs;
                ``measuring-elsewhere``: one that this person asked for does, of another owner;
                ``measuring-full``: as many wait as may.
        """
        if any(run.owner == owner for run in self._line):
            raise ModelError("measuring-already")
        if any(run.person == person for run in self._line):
            raise ModelError("measuring-elsewhere")
        if len(self._line) >= _MOST:
            raise ModelError("measuring-full", count=len(self._line))
        run = Run(owner, person)
        self._line.append(run)
        try:
            yield run
        finally:
            self._line.remove(run)
            async with self._moved:
                self._moved.notify_all()

    def before(self, run: Run) -> int:
        """How many others a run waits for."""
        return self._line.index(run)

    async def turn(self, run: Run) -> None:
        """Wait until a run is the first in line.

        Args:
            run: What :meth:`joined` gave, still in line.

        Raises:
            ModelError: ``measuring-cancelled``.
        """
        async with self._moved:
            await self._moved.wait_for(lambda: run.cancelled() or self._line[0] is run)
        if run.cancelled():
            raise ModelError("measuring-cancelled")

    async def do(self, run: Run, work: Callable[[], Result]) -> Result:
        """Wait for a run's turn and do its work.

        Args:
            run: What :meth:`joined` gave, still in line.
            work: What blocks; it runs beside the event loop, calls ``run.progress`` and asks
                ``run.cancelled``.

        Raises:
            ModelError: ``measuring-cancelled``, and the work's own.
        """
        await self.turn(run)
        working = asyncio.ensure_future(asyncio.to_thread(work))
        try:
            return await asyncio.shield(working)
        except asyncio.CancelledError:
            run.stop()
            # The next in line must not begin beside it; that it was stopped is no news.
            await asyncio.gather(working, return_exceptions=True)
            raise

    async def cancel(self, owner: int, token: str) -> bool:
        """Stop a run.

        Args:
            owner: Whose it should be.
            token: The run's.

        Returns:
            Whether there was such a run of this owner's.
        """
        for run in self._line:
            if run.owner == owner and secrets.compare_digest(run.token.encode(), token.encode()):
                run.stop()
                async with self._moved:
                    self._moved.notify_all()
                return True
        return False

    async def stop(self, owner: int, person: int | None) -> int:
        """Stop an owner's measurement.

        Args:
            owner: Whose.
            person: Only if they asked for it; None stops it whoever did.

        Returns:
            How many were stopped: one or none.
        """
        found = [run for run in self._line if run.owner == owner and person in (None, run.person)]
        stopped = [run for run in found if not run.cancelled()]
        for run in stopped:
            run.stop()
        async with self._moved:
            self._moved.notify_all()
        return len(stopped)

    async def close(self) -> None:
        """Stop all runs and wait until they have."""
        async with self._moved:
            for run in self._line:
                run.stop()
            self._moved.notify_all()
            await self._moved.wait_for(lambda: not self._line)
