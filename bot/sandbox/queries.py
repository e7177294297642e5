"""Questions that people's clients put to the bot and wait on: pressed buttons and inline queries."""

import asyncio
import time
from itertools import count
from typing import Generic, TypeVar

from bot.sandbox.errors import BadRequest

T = TypeVar("T")

QUERY_SECONDS = 15.0
"""How long a query may be answered. The documentation doesn't say; be quick, as with Telegram."""


class Queries(Generic[T]):
    """Queries that wait for the bot's answer, which is of type `T`."""

    def __init__(self) -> None:
        self._waiting: dict[str, tuple[float, asyncio.Future[T]]] = {}
        self._ids = count(4_000_000_000_000_000_001)

    def ask(self) -> tuple[str, asyncio.Future[T]]:
        """Begin a query.

        Returns:
            Its id, and the answer to come.
        """
        query_id = str(next(self._ids))
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting[query_id] = (time.monotonic(), answer)
        return query_id, answer

    def answer(self, query_id: str, answer: T) -> None:
        """Take the bot's answer; a query takes one.

        Raises:
            BadRequest: No query of that id is waiting, or it has waited too long.
        """
        asked_at, waiting = self._waiting.pop(query_id, (float("-inf"), None))
        if waiting is None or time.monotonic() > asked_at + QUERY_SECONDS:
            raise BadRequest("query is too old and response timeout expired or query ID is invalid")
        if not waiting.done():  # the person may have stopped waiting
            waiting.set_result(answer)
