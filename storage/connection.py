"""A connection to the archive's file, which several threads may share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
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
        self.path = path
        self._db = open_database(path)
        self._writers = RLock()  # taken before the other, so that readers pass by a writer who waits
        self._lock = RLock()

    def close(self) -> None:
        """Close the file. Nothing waits to be written: every call has already reached the disk."""
        with self._lock:
            self._db.close()

    @contextmanager
    def reading(self) -> Iterator[Database]:
        """Hold the connection for queries.

        Returns:
            The database. Fetch all rows inside the block; filter by owner; call nothing there that writes.

        Raises:
            ArchiveError: A fault of the file or the disk.
        """
        with self._lock, faults(self.path):
            yield self._db

    @contextmanager
    def writing(self) -> Iterator[Database]:
        """Do all of the block in one transaction, or none of it.

        Returns:
            The database, in which nobody else writes meanwhile.

        Raises:
            ArchiveError: A fault of the file or the disk; the archive is as it was.
        """
        with self._writers, self._lock, faults(self.path), transaction(self._db):
            yield self._db

    @contextmanager
    def beside_readers(self) -> Iterator[Database]:
        """Keep out this process's writers, and let its readers go on.

        Returns:
            The database by another connection, outside of transactions.

        Raises:
            ArchiveError: A fault of the file or the disk.
        """
        with self._writers, closing(open_database(self.path)) as db, faults(self.path):
            yield db
