"""One model's weights at several levels."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO

from models.catalog import Model, cache_dir
from models.fetch import explained, locate
from models.ladder.build import build
from models.ladder.job import Job
from models.ladder.levels import EXACT, LEVELS, Level, level, name_of
from models.ladder.shelf import Shelf
from models.ladder.stamp import Stamp
from models.llama import Header, read_header
from models.partial import Progress, silent
from scene.errors import ModelError

GB = 10**9
DEFAULT_BUDGET = 20 * GB
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
        self.shelf = Shelf(folder or cache_dir() / "ladder", DEFAULT_BUDGET if budget is None else budget)
        self._held: dict[str, IO[bytes]] = {}
        weakref.finalize(self, _let_go, self._held)

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

    @cached_property
    def folder(self) -> Path:
        """Where this model's levels lie, called after the packaged file's hash; blocks."""
        return self.shelf.folder / self._sha256[:16]

    def rung(
        self, name: str, progress: Progress = silent, cancelled: Callable[[], bool] = lambda: False
    ) -> Rung:
        """Return a level's file, built if there is none; blocks.

        The file isn't deleted for others' sake before it is let go of: by ``release``, or with the ladder.

        Args:
            name: Of the level.
            progress: Told of tensors done under the level's name, of bytes hashed as ``sha256``, of tokens
                read for the importance matrix as ``importance``, and ``lock`` while another process builds.
            cancelled: Asked several times a second; ends a build at once, and nothing of it stays.

        Raises:
            ModelError: ``level-unknown``, ``model-missing``, ``ladder-cancelled``, ``ladder-over-budget``,
                ``model-disk-full``, ``model-cache-unwritable`` or ``ladder-build-failed``.
        """
        if name == self.source:
            return self._packaged()
        wanted = level(name)
        path = self.folder / f"{name}.gguf"
        with explained(self.shelf.folder):
            if found := self._take(path, progress):
                return found
            with self.shelf.alone(name, progress, cancelled):
                # Another process may have built it meanwhile.
                if not (found := self._take(path, progress)):
                    self._build(wanted, path, progress, cancelled)
                    found = self._take(path, progress)
        if found is None:
            raise ModelError("ladder-build-failed", level=name, path=str(self._path), reason="sha256")
        return found

    def release(self, name: str) -> None:
        """Say that a level's file isn't used any more, so that it may make room for others."""
        if held := self._held.pop(name, None):
            held.close()

    def built(self) -> list[Rung]:
        """The levels that are there as they were built, from the most bits to the fewest; blocks."""
        known = {path.stem: _rung(path, stamp) for path, stamp in self.shelf.known(self.folder)}
        return [known[name] for name in LEVELS if name in known]

    def clear(self) -> int:
        """Delete this model's levels, but for those in use; blocks, also while another process builds.

        Returns:
            Bytes freed.

        Raises:
            ModelError: ``model-cache-unwritable``.
        """
        with explained(self.shelf.folder), self.shelf.alone("-", silent, lambda: False):
            return self.shelf.clear(self.folder)

    def _packaged(self) -> Rung:
        size, bits = self._path.stat().st_size, self._header.bits_per_weight
        return Rung(self.source, self._path, size, bits, self._sha256, 0.0)

    def _take(self, path: Path, progress: Progress) -> Rung | None:
        found = self.shelf.take(path, progress)
        if found is None:
            return None
        stamp, held = found
        self.release(path.stem)
        self._held[path.stem] = held
        return _rung(path, stamp)

    def _build(self, wanted: Level, path: Path, progress: Progress, cancelled: Callable[[], bool]) -> None:
        part = self.shelf.begin(path)
        begin = time.monotonic()
        try:
            importance = str(self.folder / "importance.imatrix") if wanted.needs_importance else ""
            job = Job(str(self._path), str(part), wanted.name, wanted.ftype, importance)
            built = build(job, self.shelf.make_room, progress, cancelled)
            seconds = round(time.monotonic() - begin, 2)
            self.shelf.put(part, path, built.sha256, built.bits_per_weight, seconds)
        except ModelError as error:
            if error.key == "ladder-build-failed":
                # llama.cpp doesn't say that a disk filled up while it wrote.
                self.shelf.check_disk(0)
            raise
        finally:
            part.unlink(missing_ok=True)

    @cached_property
    def _path(self) -> Path:
        path = locate(self.model)
        if path is None:
            raise ModelError("model-missing", name=self.model.id, path=str(self.model.location))
        return path

    @cached_property
    def _sha256(self) -> str:
        path = self._path
        # A file of a person's own may bear a catalog entry's name and size, and other bytes.
        return self.model.sha256 if self.model.path is None else self.shelf.hash_of(path)

    @cached_property
    def _header(self) -> Header:
        return read_header(self._path)


def _let_go(held: dict[str, IO[bytes]]) -> None:
    for file in held.values():
        file.close()


def _rung(path: Path, stamp: Stamp) -> Rung:
    return Rung(path.stem, path, stamp.bytes, stamp.bits_per_weight, stamp.sha256, stamp.seconds)
