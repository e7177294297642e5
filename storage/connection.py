"""A connection of its own to the archive's file, for what is kept beside scenes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock

from sqlite_utils import Database

from storage.database import faults, open_database, transaction


class Connection:
    """One connection. Safe to use from several threads.

    Args:
        path: The archive's file.

    Raises:
        ArchiveError: The file can't be opened. Any use may raise it for a fault of the file or the disk.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._db = open_database(path)
        self._lock = RLock()

    def close(self) -> None:
        """Close the file; every call has already reached the disk."""
        with self._lock:
            self._db.close()

    @contextmanager
    def _writing(self) -> Iterator[Database]:
        with self._lock, faults(self._path), transaction(self._db):
            yield self._db

    @contextmanager
    def _reading(self) -> Iterator[Database]:
        with self._lock, faults(self._path):
            yield self._db
