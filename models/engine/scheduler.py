"""Who is served next: a bounded queue, fair between owners, and the room in the KV cache."""

from __future__ import annotations

import threading
from collections import Counter, deque

from models.backend import Place
from models.engine.request import Request
from scene.errors import ModelError

_WAITING = 64  # requests of all owners together
_WAITING_EACH = 16  # of one owner, so that nobody fills the queue alone
_NEWEST = 0.2  # weight of the newest request in the running mean of how long they take


class Room:
    """Cells and slots of the KV cache that nobody has taken.

    Attributes:
        size: How many cells there are when nobody has taken any.

    Args:
        cells: How many tokens it holds.
        slots: How many sequences.
    """

    def __init__(self, cells: int, slots: int) -> None:
        self.size = cells
        self._cells = cells
        self._slots = list(range(slots))

    def fits(self, cells: int, slots: int) -> bool:
        """Whether there is so much left."""
        return cells <= self._cells and slots <= len(self._slots)

    def take(self, cells: int, slots: int) -> list[int]:
        """Take some; the lowest slots go first, so that a lone request always gets the same ones."""
        self._cells -= cells
        taken, self._slots = self._slots[:slots], self._slots[slots:]
        return taken

    def give(self, cells: int, slots: list[int]) -> None:
        """Give back what was taken."""
        self._cells += cells
        self._slots = sorted([*self._slots, *slots])


class Scheduler:
    """Keeps account of waiting and running requests. ``place`` may be called from any thread."""

    def __init__(self) -> None:
        self.running: list[Request] = []
        self._waiting: dict[int, deque[Request]] = {}
        self._served: dict[int, int] = {}  # owner -> when they were last let in, as a running number
        self._admissions = 0
        self._seconds: float | None = None
        self._lock = threading.Lock()

    @property
    def waiting(self) -> list[Request]:
        """All requests that wait, in no order that means anything."""
        return [request for queue in self._waiting.values() for request in queue]

    def add(self, request: Request) -> None:
        """Let a request wait.

        Raises:
            ModelError: ``engine-busy`` when too many wait already.
        """
        with self._lock:
            waiting = len(self.waiting)
            if waiting >= _WAITING or len(self._waiting.get(request.owner, ())) >= _WAITING_EACH:
                raise ModelError("engine-busy", waiting=waiting)
            self._waiting.setdefault(request.owner, deque()).append(request)

    def next(self) -> Request | None:
        """The request whose turn it is: of the owner who has least running, then waited longest."""
        with self._lock:
            turns = self._turns(limit=1)
            return turns[0] if turns else None

    def admit(self, request: Request) -> None:
        """Let a waiting request run."""
        with self._lock:
            self._forget(request)
            self._admissions += 1
            self._served[request.owner] = self._admissions
            self.running.append(request)

    def give_up(self, request: Request) -> None:
        """Take a request out of the queue."""
        with self._lock:
            self._forget(request)

    def leave(self, request: Request, seconds: float) -> None:
        """Take a request that ran for so long out."""
        with self._lock:
            self.running.remove(request)
            before = seconds if self._seconds is None else self._seconds
            self._seconds = before + _NEWEST * (seconds - before)
            if not any(request.owner == other.owner for other in (*self.running, *self.waiting)):
                self._served.pop(request.owner, None)

    def place(self, owner: int) -> Place | None:
        """Where the owner's first waiting request stands, or None."""
        with self._lock:
            mine = self._waiting.get(owner)
            if not mine:
                return None
            position = self._turns(limit=_WAITING).index(mine[0])
            at_once = max(1, len(self.running))
            seconds = None if self._seconds is None else self._seconds * (1 + position // at_once)
            return Place(position, seconds)

    def _turns(self, limit: int) -> list[Request]:
        """The next requests in the order of their turns, as if nothing running ended meanwhile."""
        running = Counter(request.owner for request in self.running)
        served = dict(self._served)
        queues = {owner: deque(queue) for owner, queue in self._waiting.items()}
        turns: list[Request] = []
        while queues and len(turns) < limit:
            owner = min(
                queues, key=lambda each: (running[each], served.get(each, 0), queues[each][0].arrived)
            )
            turns.append(queues[owner].popleft())
            running[owner] += 1
            served[owner] = self._admissions + len(turns)
            if not queues[owner]:
                del queues[owner]
        return turns

    def _forget(self, request: Request) -> None:
        queue = self._waiting[request.owner]
        queue.remove(request)
        if not queue:
            del self._waiting[request.owner]
