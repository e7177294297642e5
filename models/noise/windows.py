"""A long text cut into windows, and the reference's logits over it kept on the disk.

What is scored is what ``llama-perplexity --kl-divergence`` scores (llama.cpp, tools/perplexity), so that
figures can be laid beside its own.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

import llama_cpp
import numpy as np

from models.engine.context import Logits
from models.llama import Llama
from scene.errors import ModelError

_ROOM = 1 << 28  # bytes that are left free on the disk


@dataclass(frozen=True, slots=True)
class Window:
    """A piece of the text, read from an empty cache.

    Attributes:
        tokens: The first is the model's start token, if its texts have one.
        seen: How many are read before any logits are looked at: half of them.
    """

    tokens: tuple[int, ...]
    seen: int

    @property
    def scored(self) -> tuple[int, ...]:
        """The tokens that those logits predict, one after another."""
        return self.tokens[self.seen + 1 :]


def cut(llama: Llama, text: str, context: int) -> list[Window]:
    """Cut a text into windows; what is left over at its end is not read.

    Args:
        llama: Tells the tokens.
        text: A line break at its very end does not count.
        context: Tokens of a window, at least 4.

    Raises:
        ModelError: ``noise-corpus-short`` where it doesn't fill one window.
    """
    tokens = llama.tokenize(text.removesuffix("\n"), start=True)
    if len(tokens) < context:
        raise ModelError("noise-corpus-short", tokens=len(tokens), needed=context)
    marked = llama_cpp.llama_vocab_get_add_bos(llama.vocab)
    windows = []
    for at in range(0, len(tokens) - context + 1, context):
        piece = tokens[at : at + context]
        if marked:
            piece[0] = llama.start
        windows.append(Window(tuple(piece), context // 2))
    return windows


class Spool:
    """Rows of logits in a file that has no name, so that nothing is left of it whatever happens.

    Args:
        folder: On whose disk.
        rows: How many there will be.
        vocab_size: Numbers of a row.

    Raises:
        ModelError: ``model-disk-full``.
    """

    def __init__(self, folder: Path, rows: int, vocab_size: int) -> None:
        self._row_bytes = vocab_size * np.dtype(np.float32).itemsize
        self._folder, self._needed = folder, rows * self._row_bytes
        folder.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(folder).free < self._needed + _ROOM:
            raise self._full()
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115
        self._turn = threading.Lock()

    def close(self) -> None:
        """Give the room back."""
        self._file.close()

    def write(self, first: int, rows: Logits) -> None:
        """Keep rows from a number on, shape (rows, vocabulary)."""
        data = rows.data.cast("B")
        try:
            self._file.seek(first * self._row_bytes)
            while data:
                data = data[self._file.write(data) :]
        except OSError as error:
            raise self._full() from error

    def read(self, first: int, into: Logits) -> None:
        """Get rows back from a number on, shape (rows, vocabulary), or one. Several threads may."""
        data = into.data.cast("B")
        with self._turn:
            self._file.seek(first * self._row_bytes)
            while data:
                data = data[self._file.readinto(data) :]

    def _full(self) -> ModelError:
        needed, free = self._needed + _ROOM, shutil.disk_usage(self._folder).free
        sizes = {"needed": round(needed / 1e9, 2), "free": round(free / 1e9, 2)}
        return ModelError("model-disk-full", path=str(self._folder), **sizes)
