"""The line of what takes long: whose turn it is, and who leaves it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Collection
from dataclasses import dataclass

from bot import metrics
from bot.arrivals import Arrival
from bot.job import MOST_TRIES
from storage.jobs import Job, Jobs


@dataclass(slots=True, eq=False)
class Entry:
    """A job that is to be done, and its update."""

    job: Job
    arrival: Arrival

    @property
    def is_suspect(self) -> bool:
        """Whether it was at work each time that the process died, or failed as often."""
        return self.job.tries >= MOST_TRIES - 1


class Line:
    """Scenes and measurements that wait: each person's in their order, people in turns.

    Args:
        jobs: Where jobs are kept.
    """

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._waiting: OrderedDict[int, deque[Entry]] = OrderedDict()  # by person
        self._suspects: deque[Entry] = deque()
        self._resting: set[Entry] = set()

    def join(self, entry: Entry) -> None:
        """Stand in line."""
        self._resting.discard(entry)
        if entry.is_suspect:
            self._suspects.append(entry)
        else:
            self._waiting.setdefault(entry.arrival.person, deque()).append(entry)

    def rest(self, entry: Entry) -> None:
        """Stay for a while beside the line, which is joined again later."""
        self._resting.add(entry)

    def count(self, person: int) -> int:
        """How much of a person's waits."""
        return len(self._waiting.get(person, ()))

    def next(self, busy: Collection[int], *, room: bool, idle: bool) -> Entry | None:
        """Take what is to be done next: of whoever was served the longest ago.

        Args:
            busy: People of whom a scene is at work.
            room: Whether there is room for another scene; measurements take none.
            idle: Whether nothing at all is at work.
        """
        # A job that was at work both times that the process died is done alone, so that a third death sets
        # aside the one that is to blame and none of those that were at work beside it.
        if self._suspects:
            return self._suspects.popleft() if idle else None
        for person, entries in self._waiting.items():
            if person not in busy and (room or entries[0].arrival.measures):
                entry = entries.popleft()
                if entries:
                    self._waiting.move_to_end(person)
                else:
                    del self._waiting[person]
                return entry
        return None

    async def leave(self, person: int, chat: int, before: int | None) -> list[Arrival]:
        """Take a person's scenes and measurements of one chat out of the line: no restart brings them back.

        Args:
            person: Whose.
            chat: In which chat.
            before: The job until which they were sent; None takes all.

        Returns:
            What was waiting.

        Raises:
            ArchiveError: They could not be taken from the disk; the next start does them.
        """

        def leaves(entry: Entry) -> bool:
            found = entry.arrival
            earlier = before is None or entry.job.id < before
            return (
                earlier and (found.person, found.chat) == (person, chat) and (found.voices or found.measures)
            )

        mine = self._waiting.pop(person, deque())
        left = [entry for entry in (*mine, *self._suspects) if leaves(entry)]
        if stay := deque(entry for entry in mine if not leaves(entry)):
            self._waiting[person] = stay
        self._suspects = deque(entry for entry in self._suspects if not leaves(entry))
        metrics.QUEUE.dec(len(left))
        # What rests finds its job gone when it comes back.
        left += [entry for entry in self._resting if leaves(entry)]
        self._resting -= set(left)
        metrics.JOBS.labels("cancelled").inc(len(left))
        if left:
            await asyncio.to_thread(self._jobs.end, *(entry.job for entry in left))
        return [entry.arrival for entry in left]
