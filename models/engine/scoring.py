"""A request for log-probabilities: how likely texts are after a prompt."""

from __future__ import annotations

from collections.abc import Callable

from models.backend import Prompt
from models.engine.context import Logits
from models.engine.request import Request, Sequence
from models.engine.sampler import Desk
from models.llama import Llama


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
