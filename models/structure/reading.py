"""A text read by one file's weights: the logits of every token, teacher-forced."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import numpy as np

from models.engine.context import BATCH, Context, Hardware, Logits, Row
from models.llama import Llama
from models.structure.passages import Passage

_CELLS = 3072  # room for a prompt and a text
_ROWS = 64  # tokens of a text that are read, and outputs kept, at a time
_HEAD, _TEXT, _WORD = range(3)  # sequences


class Listener:
    """One file's weights, for reading texts. Use it as a context manager; not safe for several threads.

    The cache is F32, so that only the weights differ between files; each passage is read in the same steps.

    Args:
        path: A GGUF file.
        threads: CPU threads.

    Raises:
        ModelError: The file can't be loaded, or memory does not suffice.
    """

    def __init__(self, path: Path, threads: int) -> None:
        self.llama = Llama(path, gpu_layers=0)
        self._context = Context(self.llama, _CELLS, _ROWS, threads, Hardware(kv_type="f32"))
        self._head: tuple[int, ...] = ()

    def __enter__(self) -> Listener:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._context.close()
        self.llama.close()

    def read(self, passage: Passage) -> Logits:
        """Read a text after its prompt.

        Returns:
            The logits that predict each token of the text, shape (tokens, vocabulary).
        """
        context = self._context
        context.remove(_TEXT)
        if passage.head != self._head or not self.llama.forgets:
            context.clear()
            self._decode(passage.head, 0, _HEAD)
            self._head = passage.head
        context.copy(_HEAD, _TEXT)
        at = len(passage.head)
        self._decode(passage.tail[:-1], at, _TEXT)
        at += len(passage.tail) - 1
        tokens = (passage.tail[-1], *passage.text[:-1])
        found = np.empty((len(tokens), self.llama.vocab_size), dtype=np.float32)
        for start in range(0, len(tokens), _ROWS):
            some = tokens[start : start + _ROWS]
            context.decode([Row(token, at + start + i, _TEXT, True) for i, token in enumerate(some)])
            for i in range(len(some)):
                found[start + i] = context.logits(i)
        return found

    def read_on(self, passage: Passage, position: int, token: int, most: int) -> list[int]:
        """Go on from a place of the passage read last with another token, always choosing the likeliest next.

        Args:
            passage: The same as was read.
            position: The text's token that is replaced, from 0.
            token: What stands there instead.
            most: Tokens to choose.

        Returns:
            The tokens chosen; none for a model that can't go back.
        """
        if not self.llama.forgets:
            return []
        context, at = self._context, len(passage.head) + len(passage.tail) + position
        context.copy(_TEXT, _WORD)
        context.remove(_WORD, at)
        found: list[int] = []
        for step in range(most):
            context.decode([Row(token, at + step, _WORD, True)])
            token = int(context.logits(0).argmax())
            if self.llama.ends(token):
                break
            found.append(token)
        context.remove(_WORD)
        return found

    def _decode(self, tokens: tuple[int, ...], at: int, slot: int) -> None:
        for start in range(0, len(tokens), BATCH):
            some = tokens[start : start + BATCH]
            self._context.decode([Row(token, at + start + i, slot, False) for i, token in enumerate(some)])
