"""A level that has read a prompt: it reads on in a given text, and it writes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from models.backend import Adapter, Sampling, seed_of
from models.engine.adapters import Adapters
from models.engine.context import BATCH, Context, Hardware, Layout, Logits, Row
from models.engine.machine import cores
from models.engine.sampler import Desk, Sampler
from models.llama import Llama
from models.spelling import Spelling
from scene.errors import ModelError

_OUTPUTS = 64  # tokens that are read at once: 64 MiB of logits for 262,144 tokens


class Reader:
    """One model with a KV cache for one sequence.

    Args:
        llama: The weights.
        hardware: What it runs on, and how the cache keeps its numbers.
        cells: Tokens that the sequence may come to have.
        cancelled: Asked before each step of a batch, and before each token.
        adapters: Those to read and write with.
        outputs: Tokens of a given text that are read at once.

    Attributes:
        seconds: In which it has read.

    Raises:
        ModelError: ``model-context-failed``; ``adapter-missing`` or ``adapter-refused``. Whatever reads may
            raise ``noise-cancelled`` and ``model-decode-failed``.
    """

    def __init__(
        self,
        llama: Llama,
        hardware: Hardware,
        cells: int,
        cancelled: Callable[[], bool],
        adapters: Sequence[Adapter] = (),
        outputs: int = _OUTPUTS,
    ) -> None:
        self.llama = llama
        self._outputs = outputs
        self.seconds = 0.0
        self._cancelled = cancelled
        self._tokens: list[int] = []
        threads = hardware.threads or cores()
        self._context = Context(llama, cells, 1, threads, hardware, Layout(outputs=outputs))
        self._adapters = Adapters(llama)
        try:
            self._context.adapt([(self._adapters.load(each), each.scale) for each in adapters])
        except ModelError:
            self.close()
            raise

    def close(self) -> None:
        """Free the cache; the weights stay."""
        self._context.close()
        self._adapters.close()

    def begin(self, prompt: Sequence[int]) -> Logits:
        """Forget everything, and read a prompt of at least one token.

        Returns:
            The logits after it, a copy, shape (vocabulary,).
        """
        self._begin(prompt, outputs=1)
        return self._after().copy()

    def window(self, tokens: Sequence[int], seen: int) -> Iterator[Logits]:
        """Forget everything, and read a window; yields from its token number ``seen`` on as ``follow`` does.

        Its last token is read as well, though it predicts nothing: llama.cpp computes the rows of a batch by
        fours, and those left over in another way. To have ``llama-perplexity``'s bits takes its batches, or
        some that are cut by fours as well.
        """
        self._begin(tokens[:seen], outputs=0)
        return self.follow(tokens[seen:])

    def follow(self, text: Sequence[int]) -> Iterator[Logits]:
        """Read a given text on, teacher-forced.

        Yields:
            The logits after its tokens, some tokens at a time, shape (tokens, vocabulary), each block only
            until the next is asked for.
        """
        for at in range(0, len(text), self._outputs):
            piece = text[at : at + self._outputs]
            self._decode(piece, outputs=len(piece))
            yield self._context.outputs(len(piece))

    def next(self, token: int) -> Logits:
        """Read one token; the logits after it are the cache's own."""
        self._decode([token], outputs=1)
        return self._after()

    def back(self, count: int) -> None:
        """Be where it was after so many tokens, the prompt's included."""
        if count == len(self._tokens):
            return
        kept = self._tokens[:count]
        if self.llama.forgets:
            self._context.remove(0, count)
            self._tokens = kept
        else:
            self.begin(kept)

    def _begin(self, tokens: Sequence[int], outputs: int) -> None:
        self._context.clear()
        self._tokens.clear()
        for at in range(0, len(tokens), BATCH):
            self._decode(tokens[at : at + BATCH], outputs if at + BATCH >= len(tokens) else 0)

    def _after(self) -> Logits:
        """The logits after the last token."""
        row: Logits = self._context.outputs(1)[0]
        return row

    def _decode(self, tokens: Sequence[int], outputs: int) -> None:
        """Read tokens, keeping the logits after the last ones."""
        if self._cancelled():
            raise ModelError("noise-cancelled")
        position, silent = len(self._tokens), len(tokens) - outputs
        rows = [Row(token, position + i, 0, i >= silent) for i, token in enumerate(tokens)]
        # Asking takes longer than a step where there is but one token.
        self._context.heed(self._cancelled if len(tokens) > 1 else None)
        started = time.perf_counter()
        try:
            self._context.decode(rows)
            self._context.finish()
        except ModelError:
            if self._cancelled():
                raise ModelError("noise-cancelled") from None
            raise
        self.seconds += time.perf_counter() - started
        self._tokens += tokens


class Hand:
    """Writes one text token by token, as the writer's first candidate is written.

    Args:
        llama: The model.
        sampling: How tokens are chosen.
        seed: The writer's.

    Attributes:
        tokens: What is written; the token that ends a text is not part of it.
        most: The most that it writes.
        done: The text has ended.
    """

    def __init__(self, llama: Llama, sampling: Sampling, seed: int) -> None:
        self.tokens: list[int] = []
        self.done = False
        self._llama = llama
        self.most = sampling.max_tokens
        self._spelling = Spelling(sampling.stop)
        self._sampler = Sampler(llama, Desk(llama.vocab_size), sampling, seed_of(seed, 0))

    def close(self) -> None:
        """Free the sampler."""
        self._sampler.close()

    @property
    def text(self) -> str:
        """What is written, without the stop string and without space around it."""
        return self._spelling.text

    def choose(self, logits: Logits) -> None:
        """Write the next token, or end the text.

        Args:
            logits: After the last token, shape (vocabulary,).
        """
        token, _ = self._sampler.choose(logits)
        if self._llama.ends(token):
            self.done = True
            return
        self.tokens.append(token)
        self._spelling.add(self._llama.piece(token))
        self.done = self._spelling.stopped or len(self.tokens) == self.most
