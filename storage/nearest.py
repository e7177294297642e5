"""What is near to a signature: exactly in a small space, by an index in a large one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import RLock

import numpy as np
from sqlite_utils import Database

from scene.errors import ArchiveError
from storage import index as indexing
from storage import signatures
from storage.coder import LEAST_DIMENSION, available
from storage.connection import Connection
from storage.index import Index
from storage.index_file import IndexFile
from storage.signatures import Signatures, Space, Vectors

EXACT_UP_TO = 10_000
"""Signatures in a space that is searched exactly."""
_CACHED_BYTES = 256 << 20  # of exact signatures kept in memory, of all owners
_INDEXES = 8  # indexes kept in memory
_NEWEST = 2**62


class Nearest:
    """Searches the signatures of an archive. Safe to call from several threads.

    Args:
        connection: To the archive's file.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._file = IndexFile(connection.path)
        self._lock = RLock()
        self._exact: dict[Space, Signatures] = {}
        self._fresh: set[Space] = set()
        self._data_version = -1
        self._indexes: dict[Space, Index] = {}
        self._pending: dict[Space, int] = {}

    def find(self, owner: int, embedder: str, signature: Vectors, k: int) -> list[tuple[int, float]]:
        """An owner's scenes that resonate most with a signature: exact in a small archive, and in a large
        one found by an index of which the cosines are exact all the same.

        Args:
            owner: Whose scenes.
            embedder: Name of the embedder that made the signature.
            signature: L2-normalised vector, shape (dimension,).
            k: Most scenes to give.

        Returns:
            ``StoredScene.id`` and exact cosine of each, the nearest first.

        Raises:
            ArchiveError: The archive can't be read.
        """
        space = Space(owner, embedder, signature.size)
        index = self._index(space)
        known = index.nearest(signature, k) if index else self.all(space)
        cosines = known.vectors @ signature
        nearest = np.argpartition(-cosines, k - 1)[:k] if k < len(cosines) else np.arange(len(cosines))
        nearest = nearest[np.argsort(-cosines[nearest], kind="stable")]
        return [(int(known.scene_ids[row]), min(float(cosines[row]), 1.0)) for row in nearest]

    def all(self, space: Space) -> Signatures:
        """Every signature of a space, kept in memory until someone writes, where there is room for it.

        Args:
            space: Which; vectors of another length are passed over.

        Returns:
            The vectors, in no order that means anything.
        """
        with self._connection.reading() as db, self._lock:
            # Changes when another connection has written, be it in another process; the version is read
            # first, so that a write in between costs a second look and is never missed.
            [(version,)] = db.execute("PRAGMA data_version").fetchall()
            if version != self._data_version:
                self._fresh.clear()
                self._data_version = version
            known = self._exact.pop(space, None)
            if known is None or space not in self._fresh:
                last = int(known.ids[-1]) if known is not None and len(known) else 0
                if known is None or signatures.total(db, space, last) != known.sum:
                    known = signatures.after(db, space, 0)
                elif len(more := signatures.after(db, space, last)):
                    known = known.joined(more)
            self._exact[space] = known
            self._fresh.add(space)
            while sum(each.vectors.nbytes for each in self._exact.values()) > _CACHED_BYTES:
                del self._exact[next(iter(self._exact))]
            return known

    @contextmanager
    def writing(self, *owners: int) -> Iterator[Database]:
        """Write, in one transaction, what may change these owners' signatures.

        Returns:
            The database, as by ``Connection.writing``.
        """
        with self._connection.writing() as db:
            # Nobody reads before all is written: the connection is held until then.
            with self._lock:
                self._fresh -= {space for space in self._fresh if space.owner in owners}
            yield db

    def signed(self, space: Space, count: int) -> None:
        """Some signatures have been added: take them into the index before they are too many to wait for."""
        with self._lock:
            self._pending[space] = self._pending.get(space, 0) + count
            if self._pending[space] < indexing.BLOCK:
                return
            self._pending[space] = 0
        # They are safe in the archive: what goes wrong here is for the next search to tell.
        with suppress(ArchiveError):
            if index := self._index(space):
                index.catch_up()

    def renew(self, space: Space) -> None:
        """Bring a space's index, if it needs one, wholly up to date.

        Raises:
            ArchiveError: The archive can't be read.
        """
        if index := self._index(space):
            index.renew()

    def forget(self, owner: int, ids: list[int]) -> None:
        """Remove rows from the file beside the archive: for the transaction in which the archive loses them.

        Raises:
            ArchiveError: ``archive-index-stuck``.
        """
        self._file.remove(owner, ids)

    def _index(self, space: Space) -> Index | None:
        if space.dimension < LEAST_DIMENSION:
            return None
        with self._connection.reading() as db, self._lock:
            index = self._indexes.pop(space, None)
            if index is None and (not signatures.more_than(db, space, EXACT_UP_TO) or not available()):
                return None
            self._exact.pop(space, None)
            self._indexes[space] = index or Index(space, self._file, self._connection.reading)
            if len(self._indexes) > _INDEXES:
                del self._indexes[next(iter(self._indexes))]
            return self._indexes[space]
