"""A text read by one file's weights: the logits of every token, teacher-forced."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import TracebackType

import numpy as np

from models.engine.context import Hardware, Logits
from models.llama import Llama
from models.noise.reader import Reader
from models.structure.passages import Passage

_CELLS = 3072  # room for a prompt and a text


class Listener:
    """One file's weights, for reading many texts. Use it as a context manager, in one thread.

    The cache is F32, so that only the weights differ between files, and each passage is read in equal steps.

    Args:
        path: A GGUF file.
        threads: CPU threads.
        cancelled: Asked before each step.

    Raises:
        ModelError: The file can't be loaded, or memory does not suffice; methods raise ``noise-cancelled``.
    """

    def __init__(self, path: Path, threads: int, cancelled: Callable[[], bool] = lambda: False) -> None:
        self.llama = Llama(path, gpu_layers=0)
        # Flash attention would round the cache to F16 as it reads it.
        hardware = Hardware(threads=threads, gpu_layers=0, flash_attention=False, kv_type="f32")
        self._reader = Reader(self.llama, hardware, _CELLS, cancelled)
        self._head: tuple[int, ...] = ()

    def __enter__(self) -> Listener:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with closing(self.llama):
            self._reader.close()

    def read(self, passage: Passage) -> Logits:
        """Read a text after its prompt. The prompt's head is read once for texts that share it in a row.

        Returns:
            The logits that predict each token of the text, shape (tokens, vocabulary).
        """
        if passage.head == self._head:
            self._reader.back(len(passage.head))
        else:
            self._reader.begin(passage.head)
            self._head = passage.head
        tokens = (*passage.tail, *passage.text[:-1])
        found = np.empty((len(tokens), self.llama.vocab_size), dtype=np.float32)
        at = 0
        for block in self._reader.follow(tokens):
            found[at : at + len(block)] = block
            at += len(block)
        return found[len(passage.tail) - 1 :]

    def read_on(self, passage: Passage, position: int, token: int, most: int) -> list[int]:
        """Go on from a place of the passage read last with another token, always choosing the likeliest next.

        Args:
            passage: The one read last.
            position: The text's token that is replaced, from 0; not after that of an earlier call.
            token: What stands there instead.
            most: Tokens to choose.

        Returns:
            The tokens chosen.
        """
        self._reader.back(len(passage.head) + len(passage.tail) + position)
        found: list[int] = []
        while len(found) < most:
            token = int(self._reader.next(token).argmax())
            if self.llama.ends(token):
                break
            found.append(token)
        return found
