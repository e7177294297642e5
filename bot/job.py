"""The job that is being done just now, for those who must know it: who sends, who writes, who logs."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import count

from storage.jobs import Job

MOST_TRIES = 3

_current: ContextVar[Running | None] = ContextVar("job", default=None)


@dataclass(slots=True, eq=False)
class Running:
    """A job at work.

    What it sends and writes is counted: a job that is run again does the same in the same order, and so
    finds by these numbers what it has sent and written already.

    Attributes:
        job: The job.
        attempt: Which try this is, from 1.
        again: It failed in a way that may be over by the next try.
        overtaken: Whether another message of its chat has come after its own.
    """

    job: Job
    attempt: int
    again: bool = False
    overtaken: Callable[[], bool] = lambda: False
    _sends: count[int] = field(default_factory=count)
    _texts: count[int] = field(default_factory=count)

    def next_send(self) -> int:
        """The place of what is sent next."""
        return next(self._sends)

    def next_text(self) -> int:
        """The place of the text that is written next."""
        return next(self._texts)

    def begin(self) -> None:
        """Be the current job of this task and of those that it starts."""
        _current.set(self)


def current() -> Running | None:
    """The job that this task is done for, if it is for one."""
    return _current.get()


def try_again() -> bool:
    """Have the current job run again later, because it failed unexpectedly; whether it will be."""
    running = _current.get()
    if running is None or running.attempt >= MOST_TRIES:
        return False
    running.again = True
    return True
