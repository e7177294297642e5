"""Heads on disk: what a model has read once, it need not read again after the next start.

One file a head, in llama.cpp's own format for sequences. Its name holds a hash of everything that the
numbers depend on (model, build, hardware, adapters, tokens) and one of its content. The operating system's
page cache is what makes the second loading quick.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from models.engine.context import Context

_BUDGET = 1 << 30  # bytes of all models' heads together
_SPARE = 64 << 20  # bytes of the disk that are left to others
_STALE_SECONDS = 3600.0  # a half-written file this old has lost its writer


class Shelf:
    """Keeps heads in a folder that several processes may share.

    Args:
        folder: Where; None, or a folder that can't be written, takes a temporary one.
        made_by: Everything but the tokens that the numbers depend on.
        budget: Bytes that the folder may hold; the longest unused files go first.
    """

    def __init__(self, folder: Path | None, made_by: str, budget: int = _BUDGET) -> None:
        self._made_by = made_by
        self._budget = budget
        self._checked: set[Path] = set()
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        if folder is None or not _writable(folder):
            self._temporary = tempfile.TemporaryDirectory(prefix="hyperbridge-heads-")
            folder = Path(self._temporary.name)
        self._folder = folder

    def close(self) -> None:
        """Remove the folder if it was a temporary one."""
        if self._temporary is not None:
            self._temporary.cleanup()

    def load(self, context: Context, slot: int, tokens: Sequence[int], adapters: str) -> bool:
        """Make a sequence of a kept head.

        Args:
            context: Where to.
            slot: The sequence, empty.
            tokens: The head.
            adapters: Which adapters read it, and how strongly.

        Returns:
            Whether there was a sound file; a broken one is removed.
        """
        for path in self._folder.glob(f"{self._key(tokens, adapters)}-*.head"):
            if self._is_sound(path) and context.load(slot, tokens, str(path)):
                with suppress(OSError):
                    os.utime(path)
                return True
            with suppress(OSError):
                path.unlink()
        return False

    def save(self, context: Context, slot: int, tokens: Sequence[int], adapters: str) -> None:
        """Keep a head that a sequence holds; without room on the disk it is not kept."""
        with suppress(OSError):
            if shutil.disk_usage(self._folder).free < _SPARE:
                return
            key = self._key(tokens, adapters)
            partial = self._folder / f"{key}-{os.getpid()}.part"
            try:
                if context.save(slot, tokens, str(partial)):
                    path = self._folder / f"{key}-{_digest(partial)}.head"
                    partial.replace(path)
                    self._checked.add(path)
            finally:
                partial.unlink(missing_ok=True)
            self._make_room()

    def _key(self, tokens: Sequence[int], adapters: str) -> str:
        known = f"{self._made_by}\n{adapters}\n{','.join(map(str, tokens))}"
        return hashlib.sha256(known.encode()).hexdigest()[:32]

    def _is_sound(self, path: Path) -> bool:
        """Whether the content is what was written; looked at once a file."""
        if path not in self._checked:
            with suppress(OSError):
                if path.stem.rpartition("-")[2] == _digest(path):
                    self._checked.add(path)
        return path in self._checked

    def _make_room(self) -> None:
        found = []
        for path in self._folder.iterdir():
            with suppress(OSError):  # another process may be tidying up as well
                state = path.stat()
                if path.suffix == ".part" and time.time() - state.st_mtime > _STALE_SECONDS:
                    path.unlink()
                elif path.suffix == ".head":
                    found.append((state.st_mtime, state.st_size, path))
        total = sum(size for _, size, _ in found)
        for _, size, path in sorted(found):
            if total <= self._budget:
                return
            with suppress(OSError):
                path.unlink()
            total -= size


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "blake2b").hexdigest()[:32]


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
