"""Where levels lie: each file beside a stamp that says what it is, all of them within one budget."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from filelock import FileLock, Timeout

from models.fetch import SPARE_BYTES, disk_full
from models.ladder.build import LOOK_SECONDS
from models.ladder.stamp import Stamp, fits, read_json, read_stamp, stamp_again, stamp_path, write_stamp
from models.partial import Progress, hash_file, silent
from scene.errors import ModelError

if sys.platform != "win32":
    import fcntl


class Shelf:
    """The files of all models' levels.

    A file counts once it lies there under its name with a stamp; what a build was killed over is called
    otherwise and goes at the next build. A stamp's own date tells when its file was last used.

    Args:
        folder: Made at the first build.
        budget: Bytes that all files together may take.
    """

    def __init__(self, folder: Path, budget: int) -> None:
        self.folder = folder
        self.budget = budget

    @contextmanager
    def alone(self, level: str, progress: Progress, cancelled: Callable[[], bool]) -> Iterator[None]:
        """Hold off other builds, of this process and others, and clear away what a killed one left.

        Args:
            level: What is to be built meanwhile.
            progress: Told ``lock`` while another one builds.
            cancelled: Asked several times a second while another one builds.

        Raises:
            ModelError: ``ladder-cancelled``.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.folder / ".lock")
        while True:
            try:
                lock.acquire(timeout=LOOK_SECONDS)
                break
            except Timeout:
                progress(0, 0, "lock")
            if cancelled():
                raise ModelError("ladder-cancelled", level=level)
        try:
            for left in self.folder.glob("*/*.part"):
                left.unlink()
            yield
        finally:
            lock.release()

    def take(self, path: Path, progress: Progress) -> tuple[Stamp, IO[bytes]] | None:
        """Find a file and keep it from being deleted.

        Args:
            path: The file.
            progress: Told how much is hashed, where somebody touched the file.

        Returns:
            What is known of the file, and the file held: it isn't deleted before that is closed. None where
            there is none, or another's bytes are in it.
        """
        try:
            held = path.open("rb")
        except FileNotFoundError:
            return None
        _lock(held, wait=True)
        # It may have been deleted, or built again, while its lock was waited for.
        same = path.exists() and os.path.samestat(os.fstat(held.fileno()), path.stat())
        stamp = read_stamp(path) if same else None
        if stamp is not None and not fits(stamp, path):
            stamp = stamp_again(path, stamp, progress)
        if stamp is None:
            held.close()
            return None
        with suppress(OSError):  # a read-only cache works, only without order of use
            os.utime(stamp_path(path))
        return stamp, held

    def begin(self, path: Path) -> Path:
        """Return where to write a file that isn't there, or holds the wrong bytes; call it in ``alone``."""
        path.parent.mkdir(exist_ok=True)
        if path.exists():
            _delete(path)
        return path.with_suffix(".part")

    def put(self, part: Path, path: Path, sha256: str, bits_per_weight: float, seconds: float) -> None:
        """Give a finished file its name."""
        status = part.stat()
        # The stamp first: it counts for nothing until its file is there.
        write_stamp(path, Stamp(sha256, status.st_size, status.st_mtime_ns, bits_per_weight, seconds))
        os.replace(part, path)

    def known(self, folder: Path) -> Iterator[tuple[Path, Stamp]]:
        """The files of one model that nobody touched since they were built."""
        for path in sorted(folder.glob("*.gguf")):
            stamp = read_stamp(path)
            if stamp is not None and fits(stamp, path):
                yield path, stamp

    def used(self) -> int:
        """Bytes that all files together take."""
        return sum(path.stat().st_size for path in self.folder.glob("*/*.gguf"))

    def clear(self, folder: Path) -> int:
        """Delete the files of one model that are not in use; call it in ``alone``.

        Returns:
            Bytes freed.
        """
        freed = sum(_delete(path) for path in folder.glob("*.gguf"))
        for path in folder.glob("*.imatrix"):
            path.unlink()
        return freed

    def hash_of(self, path: Path) -> str:
        """Hash a file that isn't the ladder's, once for as long as nobody touches it.

        Returns:
            The sha256 in hex.
        """
        status, notes = path.stat(), self.folder / "hashes.json"
        key = f"{path.resolve()} {status.st_size} {status.st_mtime_ns}"
        known = read_json(notes)
        if key not in known:
            known[key] = hash_file(path, silent)
            with suppress(OSError):
                self.folder.mkdir(parents=True, exist_ok=True)
                notes.write_text(json.dumps(known), encoding="utf-8")
        return str(known[key])

    def make_room(self, needed: int) -> None:
        """Delete what wasn't used for longest until a new file fits; call it in ``alone``.

        Args:
            needed: Bytes of the new file.

        Raises:
            ModelError: ``ladder-over-budget`` or ``model-disk-full``, and then nothing was deleted.
        """
        sizes = {path: path.stat().st_size for path in self.folder.glob("*/*.gguf")}
        idle = sorted(filter(_is_idle, sizes), key=_last_use)
        can_free = sum(sizes[path] for path in idle)
        excess = sum(sizes.values()) + needed - self.budget
        if can_free < excess:
            raise ModelError(
                "ladder-over-budget",
                needed=round(needed / 1e9, 2),
                free=round((needed + can_free - excess) / 1e9, 2),
                budget=round(self.budget / 1e9, 2),
            )
        missing = self.check_disk(needed, can_free)
        for path in idle:
            if max(excess, missing) <= 0:
                return
            freed = _delete(path)
            excess, missing = excess - freed, missing - freed

    def check_disk(self, needed: int, can_free: int = 0) -> int:
        """Return how many bytes too few are free; more than can be freed are an error.

        Raises:
            ModelError: ``model-disk-full``.
        """
        free = shutil.disk_usage(self.folder).free
        if free + can_free < needed + SPARE_BYTES:
            raise disk_full(self.folder, needed + SPARE_BYTES, free)
        return needed + SPARE_BYTES - free


def _delete(path: Path) -> int:
    """Delete a file that nobody uses; gives the bytes freed."""
    with path.open("rb") as file:
        if not _lock(file, wait=False):
            return 0
        freed = path.stat().st_size
        path.unlink()
        stamp_path(path).unlink(missing_ok=True)
    return freed


def _last_use(path: Path) -> int:
    """When a file was last used; one without a stamp goes first."""
    stamp = stamp_path(path)
    return stamp.stat().st_mtime_ns if stamp.exists() else 0


def _lock(file: IO[bytes], *, wait: bool) -> bool:
    """Share a file with all who read it (wait), or have it for oneself if nobody does."""
    # Windows deletes no open file anyhow.
    if sys.platform != "win32":
        try:
            fcntl.flock(file, fcntl.LOCK_SH if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def _is_idle(path: Path) -> bool:
    with path.open("rb") as file:
        return _lock(file, wait=False)
