"""A long text as every level reads it, measured as ``llama-perplexity --kl-divergence`` measures.

The reference's logits wait on the disk, so that only one level's weights are in memory at a time.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeVar

import numpy as np

from models.catalog import cache_dir
from models.engine.context import Hardware, Logits
from models.engine.machine import cores
from models.ladder import Ladder, Rung
from models.noise.alone import Cancelled, alone
from models.noise.distance import Distance, Figures, gathered
from models.noise.reader import Reader
from models.noise.results import CorpusLevel, CorpusNoise, Summary
from models.noise.run import DEFAULT_LEVELS, KV_LEVELS, Run, known
from models.noise.windows import Spool, Window, cut
from models.partial import Progress, silent
from scene.errors import ModelError

_LEAST = 4  # tokens of a window
_SPOOL = 1 << 32  # bytes of the reference's logits that are on the disk at a time
_OUTPUTS = 128  # tokens of a window that are read at once: 128 MiB of logits for 262,144 tokens

Result = TypeVar("Result")


def measure_corpus(
    ladder: Ladder,
    text: str,
    context: int = 512,
    levels: Sequence[str] = DEFAULT_LEVELS,
    progress: Progress = silent,
    cancelled: Cancelled = lambda: False,
    *,
    hardware: Hardware = Hardware(),  # noqa: B008 - frozen
) -> CorpusNoise:
    """Let every level read a long text; blocks.

    As in ``llama-perplexity``, windows are read from an empty F16 cache, and what is in their second halves
    counts. Unlike there, the reference's logits are kept as they are, not as 16-bit log-probabilities, and no
    token is left out for being unlikely.

    Args:
        ladder: The model's levels.
        text: At least a window.
        context: Tokens of a window, at least 4.
        levels: Names of levels, those of ``KV_LEVELS`` among them.
        progress: Told of hundredths of windows, as ``read LEVEL``; where a level is to be built, the ladder
            tells of that in its own way.
        cancelled: Asked many times a second.
        hardware: What the model runs on; its type of cache is not heeded.

    Raises:
        ModelError: ``noise-cancelled``; ``level-unknown``; ``noise-corpus-short``; ``noise-context`` for
            windows that the model is not made for; ``model-disk-full``; and the ladder's and the model's own.
    """
    names = known(ladder, levels)

    def work(given_up: Cancelled) -> CorpusNoise:
        with Run.begun(ladder, hardware, progress, given_up) as run:
            return _measure(text, context, names, run)

    return alone(work, cancelled)


@dataclass(slots=True)
class _Scored:
    """A level, as far as it has read.

    Attributes:
        figures: What the tokens gave.
        seconds: In which it read.
        rung: Its file.
    """

    figures: list[Figures] = field(default_factory=list)
    seconds: float = 0.0
    rung: Rung | None = None

    def level(self, name: str, tokens: int) -> CorpusLevel:
        assert self.rung is not None
        per_token, rate = gathered(self.figures), tokens / self.seconds
        size, bits = self.rung.bytes, self.rung.bits_per_weight
        return CorpusLevel(name, size, bits, Summary.of(per_token), per_token, rate)


def _measure(text: str, context: int, names: list[str], run: Run) -> CorpusNoise:
    started = time.perf_counter()
    reference = run.ladder.reference
    with run.loaded(reference) as (_, llama):
        if not _LEAST <= context <= llama.trained_context:
            raise ModelError("noise-context", context=context, least=_LEAST, most=llama.trained_context)
        windows, vocab_size = cut(llama, text, context), llama.vocab_size
    rows = len(windows[0].scored)
    together = min(len(windows), max(1, _SPOOL // (rows * vocab_size * np.dtype(np.float32).itemsize)))
    run.total = len(windows) * (1 + len(names))
    logprobs: list[float] = []
    found = {name: _Scored() for name in names}
    with (
        closing(Spool(cache_dir(), together * rows, vocab_size)) as spool,
        closing(Scorer(spool, run.hardware.threads or cores(), vocab_size)) as scorer,
    ):
        for begin in range(0, len(windows), together):
            some = windows[begin : begin + together]
            with _reading(reference, context, run) as (_, reader):
                for block in _blocks(reader, some, reference, run):
                    logprobs += scorer.keep(block)
                if begin == 0:
                    again = _blocks(reader, some[:1], reference, replace(run))
                    deterministic = all(scorer.same(block) for block in again)
            for name, scored in found.items():
                with _reading(name, context, run) as (scored.rung, reader):
                    for block in _blocks(reader, some, name, run):
                        scored.figures += scorer.compare(block)
                    scored.seconds += reader.seconds
    return CorpusNoise(
        model=run.ladder.model.id,
        source=run.ladder.source,
        reference=reference,
        context=context,
        windows=len(windows),
        tokens=len(logprobs),
        perplexity=math.exp(-float(np.mean(logprobs))),
        levels=tuple(each.level(name, len(windows) * context) for name, each in found.items()),
        deterministic=deterministic,
        seconds=time.perf_counter() - started,
    )


@contextmanager
def _reading(name: str, context: int, run: Run) -> Iterator[tuple[Rung, Reader]]:
    """A level that can read windows."""
    hardware = replace(run.hardware, kv_type=KV_LEVELS.get(name, "f16"))
    with (
        run.loaded(name) as (rung, llama),
        closing(Reader(llama, hardware, context, run.cancelled, outputs=_OUTPUTS)) as reader,
    ):
        yield rung, reader


class Block(NamedTuple):
    """Some rows of logits.

    Attributes:
        first: Number of the first among all rows of the text.
        rows: Shape (rows, vocabulary); overwritten when the next block is read.
        tokens: What stands in the text where they say what may.
    """

    first: int
    rows: Logits
    tokens: Sequence[int]


def _blocks(reader: Reader, windows: Sequence[Window], name: str, run: Run) -> Iterator[Block]:
    """Let a level read windows."""
    number = 0
    for window in windows:
        run.tell(f"read {name}")(0.0)
        place = 0
        for logits in reader.window(window.tokens, window.seen):
            tokens = window.scored[place : place + len(logits)]  # none after the window's last
            if tokens:
                yield Block(number, logits[: len(tokens)], tokens)
            place += len(tokens)
            number += len(tokens)
        run.done += 1


class Scorer:
    """Keeps the reference's rows and compares a level's with them, on threads of its own while nobody reads.

    Args:
        spool: Where rows are kept.
        threads: How many.
        vocab_size: Numbers of a row.
    """

    def __init__(self, spool: Spool, threads: int, vocab_size: int) -> None:
        self._spool = spool
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="rows")
        self._desks = [(Distance(vocab_size), np.empty(vocab_size, dtype=np.float32)) for _ in range(threads)]

    def close(self) -> None:
        """End the threads; the rows stay."""
        self._pool.shutdown()

    def keep(self, block: Block) -> list[float]:
        """Keep the reference's rows, and tell their tokens' log-probabilities."""
        self._spool.write(block.first, block.rows)
        return self._each(block, lambda distance, _, row, token: distance.logprob(row, token))

    def same(self, block: Block) -> bool:
        """Whether rows are, to the bit, those that are kept."""

        def same(_: Distance, kept: Logits, row: Logits, token: int) -> bool:
            return np.array_equal(kept.view(np.uint32), row.view(np.uint32))

        return all(self._each(block, same, kept=True))

    def compare(self, block: Block) -> list[Figures]:
        """Compare a level's rows with those that are kept."""

        def compare(distance: Distance, kept: Logits, row: Logits, token: int) -> Figures:
            return distance.row(kept, row, token)

        return self._each(block, compare, kept=True)

    def _each(
        self, block: Block, work: Callable[[Distance, Logits, Logits, int], Result], kept: bool = False
    ) -> list[Result]:
        """Do something with every row: with someone's buffers, the kept row, the new one and its token."""
        step = len(self._desks)

        def share(begin: int) -> list[Result]:
            distance, buffer = self._desks[begin]
            found = []
            for at in range(begin, len(block.rows), step):
                if kept:
                    self._spool.read(block.first + at, buffer)
                found.append(work(distance, buffer, block.rows[at], block.tokens[at]))
            return found

        shares = list(self._pool.map(share, range(step)))
        return [shares[at % step][at // step] for at in range(len(block.rows))]
