"""Where levels lie: each file beside a stamp that says what it is, all of them within one budget."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO

from filelock import FileLock, Timeout

from models.fetch import SPARE_BYTES, disk_full
from models.ladder.build import LOOK_SECONDS
from models.partial import Progress, hash_file
from scene.errors import ModelError

if sys.platform != "win32":
    import fcntl


@dataclass(frozen=True, slots=True)
class Stamp:
    """What is known of a file, true for as long as nobody touches it.

    Attributes:
        sha256: Hash of the file in hex.
        bytes: Its size.
        mtime_ns: When it was written.
        bits_per_weight: Bits of its tensors by number of weights.
        seconds: Its building took.
    """

    sha256: str
    bytes: int
    mtime_ns: int
    bits_per_weight: float
    seconds: float


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
    def alone(self, progress: Progress, cancelled: Callable[[], bool]) -> Iterator[None]:
        """Hold off other builds, of this process and others, and clear away what a killed one left.

        Args:
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
                raise ModelError("ladder-cancelled", level="-")
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
        stamp = _read_stamp(path) if path.exists() else None
        if stamp is not None and not _fits(stamp, path):
            stamp = _stamp_again(path, stamp, progress)
        if stamp is None:
            held.close()
            return None
        with suppress(OSError):  # a read-only cache works, only without order of use
            os.utime(_stamp_path(path))
        return stamp, held

    def put(self, part: Path, path: Path, sha256: str, bits_per_weight: float, seconds: float) -> None:
        """Give a finished file its name."""
        status = part.stat()
        # The stamp first: it counts for nothing until its file is there.
        _write_stamp(path, Stamp(sha256, status.st_size, status.st_mtime_ns, bits_per_weight, seconds))
        os.replace(part, path)

    def known(self, folder: Path) -> Iterator[tuple[Path, Stamp]]:
        """The files of one model that nobody touched since they were built."""
        for path in sorted(folder.glob("*.gguf")):
            stamp = _read_stamp(path)
            if stamp is not None and _fits(stamp, path):
                yield path, stamp

    def make_room(self, needed: int) -> None:
        """Delete what wasn't used for longest until a new file fits; call it in ``alone``.

        Args:
            needed: Bytes of the new file.

        Raises:
            ModelError: ``ladder-over-budget`` or ``model-disk-full``, and then nothing was deleted.
        """
        sizes = {path: path.stat().st_size for path in self.folder.glob("*/*.gguf")}
        excess = sum(sizes.values()) + needed - self.budget
        free = shutil.disk_usage(self.folder).free
        missing = needed + SPARE_BYTES - free
        idle = sorted(filter(_is_idle, sizes), key=_last_use)
        spare = sum(sizes[path] for path in idle)
        if spare < excess:
            raise ModelError(
                "ladder-over-budget",
                needed=round(needed / 1e9, 2),
                free=round((self.budget - sum(sizes.values()) + spare) / 1e9, 2),
                budget=round(self.budget / 1e9, 2),
            )
        if spare < missing:
            raise disk_full(self.folder, needed + SPARE_BYTES, free)
        for path in idle:
            if max(excess, missing) <= 0:
                return
            path.unlink()
            _stamp_path(path).unlink(missing_ok=True)
            excess -= sizes[path]
            missing -= sizes[path]


def _stamp_path(path: Path) -> Path:
    return path.with_suffix(".json")


def _read_stamp(path: Path) -> Stamp | None:
    try:
        return Stamp(**json.loads(_stamp_path(path).read_text(encoding="ascii")))
    except (OSError, ValueError, TypeError):
        return None


def _write_stamp(path: Path, stamp: Stamp) -> None:
    _stamp_path(path).write_text(json.dumps(asdict(stamp)), encoding="ascii")


def _fits(stamp: Stamp, path: Path) -> bool:
    status = path.stat()
    return (stamp.bytes, stamp.mtime_ns) == (status.st_size, status.st_mtime_ns)


def _stamp_again(path: Path, stamp: Stamp, progress: Progress) -> Stamp | None:
    """The stamp of a file that was touched; None where other bytes are in it."""
    if hash_file(path, progress) != stamp.sha256:
        return None
    stamp = replace(stamp, mtime_ns=path.stat().st_mtime_ns)
    with suppress(OSError):
        _write_stamp(path, stamp)
    return stamp


def _last_use(path: Path) -> int:
    """When a file was last used; one without a stamp goes first."""
    stamp = _stamp_path(path)
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
