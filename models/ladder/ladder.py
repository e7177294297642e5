"""One model's weights at several levels."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO

from models.catalog import Model, cache_dir
from models.fetch import locate, silent
from models.ladder.build import build
from models.ladder.levels import EXACT, LEVELS, level, name_of
from models.ladder.shelf import Shelf, Stamp
from models.ladder.worker import Job
from models.llama import Header, read_header
from models.partial import Progress, hash_file
from scene.errors import ModelError

DEFAULT_BUDGET = 20 * 10**9
"""Bytes; enough for the default model at all levels that are measured when none are named."""


@dataclass(frozen=True, slots=True)
class Rung:
    """A level's file.

    Attributes:
        level: llama.cpp's name.
        path: The file.
        bytes: Its size.
        bits_per_weight: Bits of its tensors by number of weights.
        sha256: Its hash in hex.
        seconds: Its building took; 0 for the packaged file.
    """

    level: str
    path: Path
    bytes: int
    bits_per_weight: float
    sha256: str
    seconds: float


class Ladder:
    """A model's levels, each built from the packaged file when it is first asked for.

    The level of the packaged file is that file itself. Every other is made from its weights, dequantized, and
    so carries the rounding of the packaged file as well.

    Args:
        model: One that has a file on this machine.
        folder: Where files are kept; the cache's own folder when left out.
        budget: Bytes that the levels of all models together may take there; packaged files don't count.

    Raises:
        ModelError: ``server-has-no-file`` for a model behind an address.
    """

    def __init__(self, model: Model, *, folder: Path | None = None, budget: int | None = None) -> None:
        if model.server is not None:
            raise ModelError("server-has-no-file", url=model.server.url)
        self.model = model
        self._shelf = Shelf(folder or cache_dir() / "ladder", DEFAULT_BUDGET if budget is None else budget)
        self._held: dict[str, IO[bytes]] = {}

    @property
    def source(self) -> str:
        """Level of the packaged file, as its header says; blocks.

        Raises:
            ModelError: ``model-missing``, or the file is broken.
        """
        return name_of(self._header.ftype)

    @property
    def reference(self) -> str:
        """Level that the others are measured against: the packaged file's own where that isn't quantized, or
        else ``F32``, its weights dequantized; blocks.

        Raises:
            ModelError: As for ``source``.
        """
        return self.source if self.source in EXACT else "F32"

    def rung(
        self, name: str, progress: Progress = silent, cancelled: Callable[[], bool] = lambda: False
    ) -> Rung:
        """Return a level's file, built if there is none; blocks.

        The file isn't deleted for others' sake before this is let go of: by ``release``, or with the ladder.

        Args:
            name: Of the level.
            progress: Told of tensors done under the level's name, of bytes hashed as ``sha256``, and ``lock``
                while another process builds.
            cancelled: Asked several times a second; ends a build at once, and nothing of it stays.

        Raises:
            ModelError: ``level-unknown``, ``model-missing``, ``ladder-cancelled``, ``ladder-over-budget``,
                ``model-disk-full``, or ``ladder-build-failed``.
        """
        if name == self.source:
            stamp = Stamp(self._sha256, self._path.stat().st_size, 0, self._header.bits_per_weight, 0.0)
            return _rung(name, self._path, stamp)
        wanted = level(name)
        path = self._folder / f"{name}.gguf"
        if found := self._take(name, path, progress):
            return found
        with self._shelf.alone(progress, cancelled):
            # Another process may have built it meanwhile.
            if found := self._take(name, path, progress):
                return found
            path.parent.mkdir(exist_ok=True)
            part = path.with_suffix(".part")
            begin = time.monotonic()
            try:
                job = Job(str(self._path), str(part), name, wanted.ftype)
                built = build(job, self._shelf.make_room, progress, cancelled)
                seconds = round(time.monotonic() - begin, 2)
                self._shelf.put(part, path, built.sha256, built.bits_per_weight, seconds)
            finally:
                part.unlink(missing_ok=True)
            found = self._take(name, path, progress)
        assert found is not None
        return found

    def release(self, name: str) -> None:
        """Say that a level's file isn't used any more, so that it may make room for others."""
        if held := self._held.pop(name, None):
            held.close()

    def built(self) -> list[Rung]:
        """The levels that are there, from the most bits to the fewest; blocks."""
        rungs = {path.stem: _rung(path.stem, path, stamp) for path, stamp in self._shelf.known(self._folder)}
        return [rungs[name] for name in LEVELS if name in rungs]

    def _take(self, name: str, path: Path, progress: Progress) -> Rung | None:
        found = self._shelf.take(path, progress)
        if found is None:
            return None
        stamp, held = found
        self.release(name)
        self._held[name] = held
        return _rung(name, path, stamp)

    @cached_property
    def _path(self) -> Path:
        path = locate(self.model)
        if path is None:
            raise ModelError("model-missing", name=self.model.id, path=str(self.model.location))
        return path

    @cached_property
    def _header(self) -> Header:
        return read_header(self._path)

    @cached_property
    def _sha256(self) -> str:
        return self.model.sha256 or hash_file(self._path, silent)

    @property
    def _folder(self) -> Path:
        return self._shelf.folder / self._sha256[:16]


def _rung(name: str, path: Path, stamp: Stamp) -> Rung:
    return Rung(name, path, stamp.bytes, stamp.bits_per_weight, stamp.sha256, stamp.seconds)
