"""What is being written, and for which chat, so that a person can stop it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Running:
    """Work that belongs to chats. One event loop uses it."""

    def __init__(self) -> None:
        self._tasks: dict[int, dict[asyncio.Task[Any], tuple[int | None, int | None]]] = {}

    async def run(
        self, chat: int, work: Coroutine[Any, Any, T], person: int | None = None, about: int | None = None
    ) -> T | None:
        """Do some work that may be stopped.

        Args:
            chat: Whose it is.
            work: What to do.
            person: Who asked for it.
            about: The message that it is about, so that it can be stopped apart from the chat's other work.

        Returns:
            What the work gives, or None when it was stopped: whoever stopped it has told the person.
        """
        task = asyncio.ensure_future(work)
        self._tasks.setdefault(chat, {})[task] = person, about
        try:
            return await task
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if current is not None and current.cancelling():
                raise  # not the work alone was stopped, but who waits for it: the bot is going down
            return None
        finally:
            tasks = self._tasks[chat]
            del tasks[task]
            if not tasks:
                del self._tasks[chat]

    def stop(self, chat: int, person: int | None = None, about: int | None = None) -> int:
        """Stop a chat's work.

        Args:
            chat: Whose work.
            person: Only what this person asked for; None stops what anybody did.
            about: Only what is about this message; None stops everything.

        Returns:
            How many pieces of work were going on.
        """
        found = [
            task
            for task, (asker, told) in self._tasks.get(chat, {}).items()
            if person in (None, asker) and about in (None, told)
        ]
        return sum(task.cancel() for task in found)
