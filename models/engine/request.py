"""What the worker works on: requests, and the sequences of tokens that they consist of."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from models.backend import Candidate, Candidates, Prompt, Sampling, seed_of
from models.engine.context import Logits
from models.engine.drafts import Drafts
from models.engine.sampler import Desk, Sampler
from models.llama import Llama
from models.spelling import Spelling


@dataclass(slots=True, eq=False)
class Sequence:
    """One sequence in the KV cache.

    Attributes:
        slot: Its number there.
        position: Of the next token to decode.
        feed: Tokens to decode next.
        guesses: Tokens that may follow the feed.
        done: Nothing more is wanted of it.
    """

    slot: int
    position: int
    feed: list[int]
    guesses: list[int] = field(default_factory=list)
    done: bool = False


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


@dataclass(slots=True, eq=False)
class _Writing(Sequence):
    """A candidate being written."""

    sampler: Sampler | None = None
    spelling: Spelling = field(default_factory=lambda: Spelling(()))
    logprobs: list[float] = field(default_factory=list)
    complete: bool = False
    last: list[int] = field(default_factory=list)


class Writing(Request):
    """Several candidates for one prompt.

    The tail is read once, by the first candidate; the others fork from it.
    """

    def __init__(
        self,
        prompt: Prompt,
        sampling: Sampling,
        *,
        count: int,
        seed: int,
        enough: int | None,
        owner: int,
        due: float | None,
        watch: Callable[[str], None] | None,
    ) -> None:
        super().__init__(prompt, owner, due)
        self._sampling = sampling
        self._count = count
        self._seed = seed
        self._enough = count if enough is None else min(enough, count)
        self._watch = watch
        self._first_token = 0.0
        self._candidates: list[_Writing] = []
        self._drafts = Drafts([])

    @property
    def slots(self) -> int:
        return self._count

    @property
    def cells(self) -> int:
        return len(self._tail) + self._count * self._sampling.max_tokens

    @property
    def longest(self) -> int:
        return len(self.head) + len(self._tail) + self._sampling.max_tokens

    def begin(self, slots: list[int], llama: Llama, desk: Desk) -> None:
        self._llama = llama
        self._drafts = Drafts([*self.head, *self._tail])
        for number, slot in enumerate(slots):
            candidate = _Writing(slot, len(self.head), self._tail if number == 0 else [])
            self.sequences.append(candidate)
            self._candidates.append(candidate)
            candidate.last = [*self.head, *self._tail][-3:]
            candidate.spelling = Spelling(self._sampling.stop)
            candidate.sampler = Sampler(llama, desk, self._sampling, seed_of(self._seed, number))

    @property
    def hope(self) -> float:
        return self._drafts.hope

    def wants(self, sequence: Sequence, index: int) -> bool:
        return index >= len(sequence.feed) - 1

    def read(self, sequence: Sequence, logits: Logits, fork: Callable[[int, int], None]) -> None:
        if self._first_token:
            assert isinstance(sequence, _Writing)
            self._write(sequence, logits)
        else:
            for candidate in self._candidates[1:]:
                fork(sequence.slot, candidate.slot)
                candidate.position = sequence.position
            for candidate in self._candidates:
                self._write(candidate, logits)
            self._first_token = time.monotonic()
        if sum(candidate.complete for candidate in self._candidates) >= self._enough:
            for candidate in self._candidates:
                candidate.done = True

    def _write(self, candidate: _Writing, logits: Logits) -> None:
        assert candidate.sampler is not None
        token, logprob = candidate.sampler.choose(logits)
        if self._llama.ends(token):
            candidate.done = candidate.complete = True
            return
        if candidate.guesses:
            self._drafts.tried += 1
            self._drafts.right += candidate.guesses[0] == token
        self._drafts.learn(candidate.last, token)
        candidate.last = [*candidate.last[-2:], token]
        candidate.feed = [token]
        left = self._sampling.max_tokens - len(candidate.logprobs) - 1
        candidate.guesses = self._drafts.guess(candidate.last)[: max(0, left - 1)]
        candidate.logprobs.append(logprob)
        piece = candidate.spelling.add(self._llama.piece(token))
        candidate.complete = candidate.spelling.stopped
        candidate.done = candidate.complete or len(candidate.logprobs) == self._sampling.max_tokens
        if piece and self._watch is not None and candidate is self._candidates[0]:
            self._call(self._watch, piece)

    def result(self) -> Candidates | None:
        if not any(candidate.logprobs or candidate.complete for candidate in self._candidates):
            return None
        for number, candidate in enumerate(self._candidates):
            rest = candidate.spelling.end()
            if rest and number == 0 and self._watch is not None:
                self._call(self._watch, rest)
        return Candidates(
            items=[
                Candidate(candidate.spelling.text, candidate.logprobs, candidate.complete)
                for candidate in self._candidates
            ],
            waiting_seconds=self.admitted - self.arrived,
            first_token_seconds=self._first_token - self.arrived,
            seconds=time.monotonic() - self.arrived,
            tokens=sum(len(candidate.logprobs) for candidate in self._candidates),
        )

    def end(self) -> None:
        for candidate in self._candidates:
            if candidate.sampler is not None:
                candidate.sampler.close()


class Scoring(Request):
    """How likely texts are after a head."""

    def __init__(self, prompt: Prompt, texts: list[str], owner: int) -> None:
        super().__init__(prompt, owner, None)
        self._texts = texts
        self._tokens: list[list[int]] = []
        self._logprobs: list[list[float]] = []

    def tokenize(self, llama: Llama) -> None:
        super().tokenize(llama)
        self._tokens = [llama.tokenize(text) for text in self._texts]

    @property
    def slots(self) -> int:
        return len(self._tokens)

    @property
    def cells(self) -> int:
        return sum(len(self._tail) + len(tokens) for tokens in self._tokens)

    @property
    def longest(self) -> int:
        return len(self.head) + len(self._tail) + max(map(len, self._tokens))

    def begin(self, slots: list[int], llama: Llama, desk: Desk) -> None:
        self._desk = desk
        for slot, tokens in zip(slots, self._tokens, strict=True):
            # The last token predicts nothing that is asked for.
            feed = [*self._tail, *tokens[:-1]]
            self.sequences.append(Sequence(slot, len(self.head), feed, done=not tokens))
            self._logprobs.append([])

    def wants(self, sequence: Sequence, index: int) -> bool:
        number = self.sequences.index(sequence)
        return len(sequence.feed) - index <= len(self._tokens[number])

    def read(self, sequence: Sequence, logits: Logits, fork: Callable[[int, int], None]) -> None:
        number = self.sequences.index(sequence)
        found = self._logprobs[number]
        token = self._tokens[number][len(found)]
        found.append(float(logits[token]) - self._desk.log_total(logits, float(logits.max())))
        sequence.done = len(found) == len(self._tokens[number])

    def result(self) -> list[list[float]] | None:
        return self._logprobs if self.done or not self.sequences else None

    def end(self) -> None:
        pass
