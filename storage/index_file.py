"""The file beside the archive in which an index's codes outlive a process: ``archive.db-index``.

It is a small SQLite database of its own, so that what is written comes whole or not at all, whoever is killed
while writing. It holds nothing that can't be made again from the archive: a file that can't be read is thrown
away.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlite_utils import Database
from sqlite_utils.utils import sqlite3  # type: ignore[attr-defined]

from scene.errors import ArchiveError
from storage.database import BUSY_SECONDS, transaction
from storage.signatures import Space

_FORMAT = 1  # of this file and of the codes in it
_PRAGMAS = ("PRAGMA secure_delete = ON", "PRAGMA synchronous = NORMAL", "PRAGMA foreign_keys = ON")
_TABLES = (
    """
    CREATE TABLE spaces (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        owner INTEGER NOT NULL,
        embedder TEXT NOT NULL,
        dimension INTEGER NOT NULL,
        trained_on INTEGER NOT NULL,
        coder BLOB NOT NULL,
        checksum INTEGER NOT NULL,
        UNIQUE (owner, embedder, dimension)
    ) STRICT
    """,
    """
    CREATE TABLE blocks (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        space INTEGER NOT NULL REFERENCES spaces (id) ON DELETE CASCADE,
        first INTEGER NOT NULL,
        last INTEGER NOT NULL,
        numbers BLOB NOT NULL,
        coarse BLOB NOT NULL,
        fine BLOB NOT NULL,
        checksum INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE INDEX blocks_by_numbers ON blocks (space, first, last)",
)


class Unreadable(Exception):
    """The file is none that this module wrote, or no longer what it wrote."""


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Codes of some rows.

    Attributes:
        last: Greatest number that a row of this block had when it was written.
        numbers: Number and stamp of each row, shape (n, 2).
        coarse: Coarse codes, shape (n, bytes).
        fine: Fine codes, shape (n, components).
    """

    last: int
    numbers: NDArray[np.int64]
    coarse: NDArray[np.uint8]
    fine: NDArray[np.int8]

    def without(self, ids: Sequence[int] | NDArray[np.int64]) -> Block:
        """The block less these rows."""
        left = ~np.isin(self.numbers[:, 0], ids)
        return Block(self.last, self.numbers[left], self.coarse[left], self.fine[left])


@dataclass(frozen=True, slots=True)
class Kept:
    """One space in the file.

    Attributes:
        id: Its row; another training is another row.
        trained_on: How many signatures there were when its coder was trained.
        coder: ``Coder.dump``.
        newest: The newest block's row, 0 for none.
    """

    id: int
    trained_on: int
    coder: bytes
    newest: int


class IndexFile:
    """The codes of all large spaces of one archive. Opened anew for each call, so that no process holds on to
    a file that another has thrown away.

    Args:
        archive: The archive's file.
    """

    def __init__(self, archive: Path) -> None:
        self.path = archive.with_name(f"{archive.name}-index")

    def space(self, space: Space) -> Kept | None:
        """What the file has of a space.

        Raises:
            Unreadable: Throw the file away.
        """
        if not self.path.exists():
            return None
        with self._open() as db:
            return _kept(db, space)

    def blocks(self, kept: Kept) -> Iterator[Block]:
        """A space's blocks, oldest first.

        Raises:
            Unreadable: Throw the file away.
        """
        with self._open() as db:
            rows = db.execute(
                "SELECT last, numbers, coarse, fine, checksum FROM blocks "
                "WHERE space = ? AND id <= ? ORDER BY id",
                [kept.id, kept.newest],
            )
            while row := rows.fetchone():
                yield _block(row)

    def begin(self, space: Space, coder: bytes, trained_on: int) -> Kept:
        """Keep a new coder, with no blocks, unless another process was faster: then theirs.

        Raises:
            Unreadable: Throw the file away.
        """
        with self._open() as db, transaction(db):
            return _kept(db, space) or _begin(db, space, coder, trained_on)

    def restart(self, space: Space) -> None:
        """Drop a space with its coder."""
        if self.path.exists():
            with self._open() as db, transaction(db):
                _drop(db, space)

    def append(self, kept: Kept, block: Block) -> Kept | None:
        """Add a block.

        Args:
            kept: The space as the caller knows it.
            block: The rows.

        Returns:
            The space with the new block, or None if another process has added or trained meanwhile.

        Raises:
            Unreadable: Throw the file away.
        """
        with self._open() as db, transaction(db):
            [(newest,)] = db.execute(
                "SELECT (SELECT coalesce(max(blocks.id), 0) FROM blocks WHERE space = spaces.id) "
                "FROM spaces WHERE id = ?",
                [kept.id],
            ).fetchall() or [(None,)]
            if newest != kept.newest:
                return None
            added = db.execute(
                "INSERT INTO blocks (space, first, last, numbers, coarse, fine, checksum) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                [kept.id, int(block.numbers[:, 0].min()), block.last, *_blobs(block)],
            ).lastrowid
            assert added is not None
            return Kept(kept.id, kept.trained_on, kept.coder, added)

    def remove(self, owner: int, ids: Sequence[int]) -> None:
        """Overwrite the codes of an owner's rows.

        Raises:
            ArchiveError: ``archive-index-stuck`` if they can be neither overwritten nor thrown away.
        """
        if not ids or not self.path.exists():
            return
        try:
            with self._open() as db, transaction(db):
                for number in ids:
                    rows = db.execute(
                        "SELECT blocks.id, last, numbers, coarse, fine, blocks.checksum FROM blocks "
                        "JOIN spaces ON spaces.id = space WHERE owner = ? AND first <= ? AND last >= ?",
                        [owner, number, number],
                    ).fetchall()
                    for block_id, *row in rows:
                        block = _block(row).without(ids)
                        db.execute(
                            "UPDATE blocks SET numbers = ?, coarse = ?, fine = ?, checksum = ? WHERE id = ?",
                            [*_blobs(block), block_id],
                        )
        except (Unreadable, sqlite3.DatabaseError):
            self.discard()

    def give(self, old: int, new: int) -> None:
        """Make an owner's codes another's; those that the other has already stay.

        Raises:
            ArchiveError: ``archive-index-stuck``, as for :meth:`remove`.
        """
        if not self.path.exists():
            return
        try:
            with self._open() as db, transaction(db):
                db.execute("UPDATE OR IGNORE spaces SET owner = ? WHERE owner = ?", [new, old])
                db.execute("DELETE FROM spaces WHERE owner = ?", [old])
        except (Unreadable, sqlite3.DatabaseError):
            self.discard()

    def discard(self) -> None:
        """Throw the file away.

        Raises:
            ArchiveError: ``archive-index-stuck``.
        """
        try:
            for end in ("-journal", ""):
                self.path.with_name(f"{self.path.name}{end}").unlink(missing_ok=True)
        except OSError as error:
            raise ArchiveError(
                "archive-index-stuck", path=str(self.path), reason=error.strerror or ""
            ) from error

    @contextmanager
    def _open(self) -> Iterator[Database]:
        if self.path.is_dir():
            raise Unreadable("a folder")
        connection = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            db = Database(connection, execute_plugins=False)
            for pragma in _PRAGMAS:
                db.execute(pragma)
            _bring_up_to_date(db)
            yield db
        except sqlite3.DatabaseError as error:
            code = getattr(error, "sqlite_errorcode", None)
            if code is None or code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                raise Unreadable(str(error)) from error
            raise
        finally:
            connection.close()


def _bring_up_to_date(db: Database) -> None:
    [(found,)] = db.execute("PRAGMA user_version").fetchall()
    if found == _FORMAT:
        return
    with transaction(db):
        [(found,)] = db.execute("PRAGMA user_version").fetchall()
        if found not in (0, _FORMAT) or (found == 0 and db.table_names()):
            raise Unreadable(f"format {found}")
        if found == 0:
            for table in _TABLES:
                db.execute(table)
            db.execute(f"PRAGMA user_version = {_FORMAT}")


def _kept(db: Database, space: Space) -> Kept | None:
    rows = db.execute(
        "SELECT id, trained_on, coder, checksum, (SELECT coalesce(max(blocks.id), 0) FROM blocks "
        "WHERE space = spaces.id) FROM spaces WHERE owner = ? AND embedder = ? AND dimension = ?",
        [space.owner, space.embedder, space.dimension],
    ).fetchall()
    if not rows:
        return None
    space_id, trained_on, coder, checksum, newest = rows[0]
    if zlib.crc32(coder) != checksum:
        raise Unreadable("a coder's checksum")
    return Kept(space_id, trained_on, coder, newest)


def _begin(db: Database, space: Space, coder: bytes, trained_on: int) -> Kept:
    added = db.execute(
        "INSERT INTO spaces (owner, embedder, dimension, trained_on, coder, checksum) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        [space.owner, space.embedder, space.dimension, trained_on, coder, zlib.crc32(coder)],
    ).lastrowid
    assert added is not None
    return Kept(added, trained_on, coder, 0)


def _drop(db: Database, space: Space) -> None:
    db.execute(
        "DELETE FROM spaces WHERE owner = ? AND embedder = ? AND dimension = ?",
        [space.owner, space.embedder, space.dimension],
    )


def _blobs(block: Block) -> tuple[bytes, bytes, bytes, int]:
    numbers, coarse, fine = block.numbers.tobytes(), block.coarse.tobytes(), block.fine.tobytes()
    return numbers, coarse, fine, zlib.crc32(fine, zlib.crc32(coarse, zlib.crc32(numbers)))


def _block(row: Sequence[object]) -> Block:
    last, numbers, coarse, fine, checksum = row
    assert isinstance(last, int)
    assert isinstance(numbers, bytes)
    assert isinstance(coarse, bytes)
    assert isinstance(fine, bytes)
    if zlib.crc32(fine, zlib.crc32(coarse, zlib.crc32(numbers))) != checksum:
        raise Unreadable("a block's checksum")
    count = len(numbers) // 16
    return Block(
        last,
        np.frombuffer(numbers, dtype=np.int64).reshape(count, 2),
        np.frombuffer(coarse, dtype=np.uint8).reshape(count, -1 if count else 0),
        np.frombuffer(fine, dtype=np.int8).reshape(count, -1 if count else 0),
    )
