"""One measurement while it goes on: a level's weights after another's, and how far it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from models.engine.context import Hardware, KVType
from models.ladder import Ladder, Rung, level
from models.llama import Llama, Vocabulary
from models.noise.alone import Cancelled
from models.partial import Progress

DEFAULT_LEVELS = ("BF16", "Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "Q3_K_M", "Q2_K")
"""Levels that are measured when none are named."""

KV_LEVELS: dict[str, KVType] = {"KV_F16": "f16", "KV_Q8_0": "q8_0", "KV_Q4_0": "q4_0"}
"""The reference's weights with another cache, by name."""


def known(ladder: Ladder, names: Sequence[str]) -> list[str]:
    """Each of these levels once; blocks.

    Raises:
        ModelError: ``level-unknown``.
    """
    for name in names:
        if name not in KV_LEVELS and name != ladder.source:
            level(name)
    return list(dict.fromkeys(names))


@dataclass(slots=True)
class Run:
    """What goes on.

    Attributes:
        ladder: The model's levels.
        hardware: What the model runs on.
        progress: Told how far it is.
        cancelled: Asked whether to go on.
        vocabulary: The model's, which all levels share.
        total: Steps that there are.
        done: Steps that are done.
    """

    ladder: Ladder
    hardware: Hardware
    progress: Progress
    cancelled: Cancelled
    vocabulary: Vocabulary
    total: int = 0
    done: int = 0

    @classmethod
    @contextmanager
    def begun(
        cls, ladder: Ladder, hardware: Hardware, progress: Progress, cancelled: Cancelled
    ) -> Iterator[Run]:
        """A measurement, for as long as it goes on; its reference is built if it isn't there."""
        path = ladder.rung(ladder.reference, progress, cancelled).path
        with closing(Vocabulary(path)) as vocabulary:
            yield cls(ladder, hardware, progress, cancelled, vocabulary)

    @contextmanager
    def loaded(self, name: str) -> Iterator[tuple[Rung, Llama]]:
        """The weights of a level, for as long as they are used; for a cache's level, the reference's."""
        weights = self.ladder.reference if name in KV_LEVELS else name
        rung = self.ladder.rung(weights, self.progress, self.cancelled)
        try:
            with self.opened(rung.path) as llama:
                yield rung, llama
        finally:
            self.ladder.release(weights)

    def opened(self, path: Path) -> AbstractContextManager[Llama]:
        """The weights of any file of the model, for as long as they are used."""
        return closing(Llama(path, self.hardware.gpu_layers, self.vocabulary))

    def tell(self, what: str) -> Callable[[float], None]:
        """Something that tells how much of a step is done, 0 to 1, as so much of all steps."""

        def told(share: float) -> None:
            self.progress(round(100 * (self.done + share)), 100 * self.total, what)

        return told
