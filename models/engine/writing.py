"""A request for texts: several candidates for one prompt, written together."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from models.backend import Candidate, Candidates, Prompt, Sampling, Sieve, seed_of
from models.engine.context import Logits
from models.engine.drafts import LONGEST, Drafts
from models.engine.request import Request, Sequence
from models.engine.sampler import Desk, Sampler
from models.llama import Llama
from models.spelling import Spelling


@dataclass(slots=True, eq=False)
class _Writing(Sequence):
    """A candidate being written."""

    sampler: Sampler | None = None
    spelling: Spelling = field(default_factory=lambda: Spelling(()))
    logprobs: list[float] = field(default_factory=list)
    complete: bool = False
    said: list[int] = field(default_factory=list)
    kept: int = 0  # tokens said up to the end of the last line that passed the sieve
    tries: int = 0  # lines that may still be written again


class Writing(Request):
    """Several candidates for one prompt.

    The tail is read once, by the first candidate; the others fork from it. With a sieve, a candidate whose
    line doesn't pass goes back to the line's beginning and draws anew: rejection sampling, a line at a time.
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
        sieve: Sieve | None,
    ) -> None:
        super().__init__(prompt, owner, due)
        self._sieve = sieve
        self._written = 0
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
        prompt = [*self.head, *self._tail]
        self._begins, self._before = len(prompt), prompt[-LONGEST:]
        self._drafts = Drafts(prompt)
        for number, slot in enumerate(slots):
            candidate = _Writing(slot, len(self.head), list(self._tail) if number == 0 else [])
            self.sequences.append(candidate)
            self._candidates.append(candidate)
            if self._sieve is not None and number and llama.forgets:
                candidate.tries = self._sieve.tries
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
            self._check(candidate)
            return
        if candidate.guesses:
            self._drafts.tried += 1
            self._drafts.right += candidate.guesses[0] == token
        self._written += 1
        self._drafts.learn(self._last(candidate), token)
        candidate.said.append(token)
        candidate.feed = [token]
        left = self._sampling.max_tokens - len(candidate.logprobs) - 1
        candidate.guesses = self._drafts.guess(self._last(candidate))[: max(0, left - 1)]
        candidate.logprobs.append(logprob)
        data = self._llama.piece(token)
        piece = candidate.spelling.add(data)
        candidate.complete = candidate.spelling.stopped
        candidate.done = candidate.complete or len(candidate.logprobs) == self._sampling.max_tokens
        if candidate.complete or b"\n" in data:
            self._check(candidate)
        if piece and self._watch is not None and candidate is self._candidates[0]:
            self._call(self._watch, piece)

    def _last(self, candidate: _Writing) -> list[int]:
        """The tokens that a candidate stands after, as many as a guess is looked up by."""
        return [*self._before, *candidate.said[-LONGEST:]][-LONGEST:]

    def _check(self, candidate: _Writing) -> None:
        """At the end of a line: keep it, or go back to its beginning."""
        # Before its second token a candidate has nothing decoded that it could go back over.
        if self._sieve is None or not candidate.tries or len(candidate.said) < 2:
            return
        if self._sieve.keeps(candidate.spelling.text, candidate.complete):
            candidate.kept = len(candidate.said)
        else:
            candidate.tries -= 1
            self._go_back(candidate)

    def _go_back(self, candidate: _Writing) -> None:
        assert candidate.sampler is not None
        del candidate.said[candidate.kept :], candidate.logprobs[candidate.kept :]
        # The last token that is kept is read again, for the logits after it.
        candidate.position = self._begins + candidate.kept - 1
        candidate.feed, candidate.guesses = self._last(candidate)[-1:], []
        candidate.back, candidate.done, candidate.complete = True, False, False
        candidate.sampler.back(candidate.said)
        candidate.spelling = Spelling(self._sampling.stop)
        for token in candidate.said:
            candidate.spelling.add(self._llama.piece(token))

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
            tokens=self._written,
        )

    def end(self) -> None:
        for candidate in self._candidates:
            if candidate.sampler is not None:
                candidate.sampler.close()
