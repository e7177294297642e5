"""Waiting for something to happen in a sandbox."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Changes:
    """Counts what happens and wakes those who wait for it.

    Attributes:
        version: Grows by one with each change.
        closed: The sandbox's server is stopping; long polls should end.
    """

    def __init__(self) -> None:
        self.version = 0
        self.closed = False
        self._next = asyncio.Event()

    def note(self) -> None:
        """Count one change and wake everyone who waits."""
        self.version += 1
        happened, self._next = self._next, asyncio.Event()
        happened.set()

    def close(self) -> None:
        """Tell everyone who waits that the server is stopping."""
        self.closed = True
        self.note()

    async def wait_for(self, predicate: Callable[[], T], within: float) -> T:
        """Wait until something holds.

        Args:
            predicate: Asked now and after every change; the wait ends when it gives something true.
            within: Seconds to wait.

        Returns:
            What `predicate` gave.

        Raises:
            TimeoutError: It never held.
        """
        async with asyncio.timeout(within):
            while not (found := predicate()):
                await self._next.wait()
            return found
