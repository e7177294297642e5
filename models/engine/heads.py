"""Heads in the KV cache: each is there once while somebody uses it, and on the shelf afterwards.

An idle head would only be in the way: attention looks at every cell that is taken, and reading a head back
from the shelf takes milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass

from models.engine.context import CHUNK, Context, Row
from models.engine.request import Request
from models.engine.scheduler import Room
from models.engine.shelf import Shelf

_SHORT = 16  # tokens that are read sooner than a file

Key = tuple[str, tuple[int, ...]]


@dataclass(slots=True, eq=False)
class Head:
    """A head in the KV cache.

    Attributes:
        first: The request that it was made for; others share it.
        slot: Its sequence.
        filled: How many of its tokens are there.
        users: How many requests need it.
    """

    first: Request
    slot: int
    filled: int = 0
    users: int = 0

    @property
    def ready(self) -> bool:
        """Whether all of it is there."""
        return self.filled == len(self.first.head)


class Heads:
    """The heads of running requests.

    Args:
        context: The KV cache.
        room: What is left of it.
        shelf: Where heads are kept.
    """

    def __init__(self, context: Context, room: Room, shelf: Shelf) -> None:
        self._context = context
        self._room = room
        self._shelf = shelf
        self._heads: dict[Key, Head] = {}

    def need(self, request: Request) -> tuple[int, int]:
        """Cells and slots that a request's head would take now."""
        if not request.head or _key(request) in self._heads:
            return 0, 0
        return len(request.head), 1

    def take(self, request: Request) -> None:
        """Count a request among the users of its head, which comes from the shelf if it is there."""
        if not request.head:
            return
        head = self._heads.get(_key(request))
        if head is None:
            [slot] = self._room.take(*self.need(request))
            head = self._heads[_key(request)] = Head(request, slot)
            if len(request.head) > _SHORT and self._shelf.load(
                self._context, slot, request.head, request.adapters_name
            ):
                head.filled = len(request.head)
        head.users += 1

    def give(self, request: Request) -> None:
        """Count a request out; a head without users leaves the cache."""
        head = self._heads.get(_key(request))
        if head is None:
            return
        head.users -= 1
        if not head.users:
            self._context.remove(head.slot)
            self._room.give(len(request.head), [head.slot])
            del self._heads[_key(request)]

    def slot(self, request: Request) -> int | None:
        """The sequence that a request goes on from; None while it is not ready."""
        head = self._heads[_key(request)]
        return head.slot if head.ready else None

    def unfilled(self) -> Head | None:
        """The head that is to be read next."""
        return next((head for head in self._heads.values() if not head.ready), None)

    def fill(self, head: Head) -> int:
        """Read a chunk of a head.

        Chunks are the same whoever else is served, and a batch of their own: what is kept of a head must
        not depend on who happened to be there when it was read.

        Returns:
            How many tokens were read.

        Raises:
            ModelError: ``model-decode-failed``.
        """
        tokens = head.first.head
        end = min(head.filled + CHUNK, len(tokens))
        self._context.decode(
            [Row(tokens[at], at, head.slot, at == len(tokens) - 1) for at in range(head.filled, end)]
        )
        read = end - head.filled
        head.filled = end
        if head.ready and len(tokens) > _SHORT:
            self._shelf.save(self._context, head.slot, tokens, head.first.adapters_name)
        return read

    def users(self, head: Head, running: list[Request]) -> list[Request]:
        """The running requests that need a head."""
        return [request for request in running if self._heads.get(_key(request)) is head]


def _key(request: Request) -> Key:
    return request.adapters_name, request.head
