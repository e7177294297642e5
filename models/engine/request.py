"""What the worker works on: a request, and the sequences of tokens that it consists of."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from models.backend import Prompt
from models.engine.context import Logits
from models.engine.sampler import Desk
from models.llama import Llama


@dataclass(slots=True, eq=False)
class Sequence:
    """One sequence in the KV cache.

    Attributes:
        slot: Its number there.
        position: Of the next token to decode.
        feed: Tokens to decode next.
        guesses: Tokens that may follow the feed.
        done: Nothing more is wanted of it.
        back: It went back to an earlier position: what follows that is to be forgotten.
    """

    slot: int
    position: int
    feed: list[int]
    guesses: list[int] = field(default_factory=list)
    done: bool = False
    back: bool = False


class Request(ABC):
    """Something a caller waits for. Made on the caller's event loop; all else happens on the worker.

    Attributes:
        head: Tokens that other requests may share; never all that there is to read.
        adapters: The adapters to read with.
        adapters_name: What tells them from others.
        handles: The adapters loaded, each with its scale.
        owner: Whose request it is.
        due: When it should be given up, in ``time.monotonic`` seconds, or None.
        cancelled: The caller does not want it any more.
        sequences: What it has in the KV cache, once it was admitted.
    """

    def __init__(self, prompt: Prompt, owner: int, due: float | None) -> None:
        self.head: tuple[int, ...] = ()
        self.adapters = prompt.adapters
        self.adapters_name = ""
        self.handles: list[tuple[Any, float]] = []
        self.owner = owner
        self.due = due
        self.cancelled = False
        self.sequences: list[Sequence] = []
        self.arrived = time.monotonic()
        self.admitted = 0.0
        self.loop = asyncio.get_running_loop()
        self.outcome: asyncio.Future[Any] = self.loop.create_future()
        self._prompt = prompt
        self._tail: list[int] = []

    def tokenize(self, llama: Llama) -> None:
        """Turn the texts into tokens."""
        special = self._prompt.special
        head = llama.tokenize(self._prompt.head, start=True, special=special)
        tail = llama.tokenize(self._prompt.tail, special=special)
        if not tail:  # what a kept head ends with left no logits, so its last token is read again
            head, tail = head[:-1], head[-1:] or [llama.start]
        self.head, self._tail = tuple(head), tail

    @property
    @abstractmethod
    def slots(self) -> int:
        """Sequences it will have, its head aside."""

    @property
    @abstractmethod
    def cells(self) -> int:
        """Cells of the KV cache that it may come to need, its head aside."""

    @property
    @abstractmethod
    def longest(self) -> int:
        """Tokens of its longest sequence, the head included."""

    @abstractmethod
    def begin(self, slots: list[int], llama: Llama, desk: Desk) -> None:
        """Make its sequences, which stand at the end of the head."""

    @property
    def hope(self) -> float:
        """How likely a guess is right."""
        return 0.0

    @abstractmethod
    def wants(self, sequence: Sequence, index: int) -> bool:
        """Whether the logits after a token of a sequence's feed are wanted."""

    @abstractmethod
    def read(self, sequence: Sequence, logits: Logits, fork: Callable[[int, int], None]) -> None:
        """Take logits that were wanted, in the order of the tokens; a sequence that writes then has the token
        that was drawn in its feed.

        Args:
            sequence: The sequence; its decoded tokens are no longer in its feed.
            logits: Shape (vocabulary,); overwritten after this call.
            fork: Lets another slot (second) begin as one (first) is now.
        """

    @abstractmethod
    def result(self) -> Any:
        """What the caller gets, finished or not; None where there is nothing to give yet."""

    @abstractmethod
    def end(self) -> None:
        """Free what it holds outside of the KV cache."""

    @property
    def done(self) -> bool:
        """Whether all was read that is wanted."""
        return bool(self.sequences) and all(sequence.done for sequence in self.sequences)

    def answer(self, outcome: object) -> None:
        """Give the caller the result, or raise the error there."""

        def settle() -> None:
            if self.outcome.done():
                return
            if isinstance(outcome, BaseException):
                self.outcome.set_exception(outcome)
            else:
                self.outcome.set_result(outcome)

        self._call(settle)

    def _call(self, callback: Callable[..., None], *arguments: object) -> None:
        try:
            self.loop.call_soon_threadsafe(callback, *arguments)
        except RuntimeError:  # the caller's loop is closed, so nobody waits
            self.cancelled = True
