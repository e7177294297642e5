"""Signatures as they lie in the archive: each function here is one step of a transaction or a query of
``storage.archive`` and ``storage.index``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlite_utils import Database

Vectors = NDArray[np.float32]

_DTYPE = "float32"
_AT_ONCE = 500  # values bound to one query
# A vector of another length than its row says is passed over: a block that the disk lost reads as zeroes.
_OF = "owner = ? AND embedder = ? AND dimension = ?"
_WHOLE = f"dtype = '{_DTYPE}' AND length(vector) = 4 * dimension"


@dataclass(frozen=True, slots=True)
class Space:
    """Signatures that can be compared with one another.

    Attributes:
        owner: Whose scenes.
        embedder: Name of the embedder that made them.
        dimension: Their length.
    """

    owner: int
    embedder: str
    dimension: int


@dataclass(frozen=True, slots=True, eq=False)
class Signatures:
    """Vectors with the scenes they belong to.

    Attributes:
        scene_ids: ``StoredScene.id`` of each row, shape (n,).
        vectors: L2-normalised rows, shape (n, dimension).
        ids: Number of each row in the archive, shape (n,).
        stamps: Random stamp of each row, shape (n,).
    """

    scene_ids: NDArray[np.int64]
    vectors: Vectors
    ids: NDArray[np.int64]
    stamps: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ids)

    def rows(self, which: slice) -> Signatures:
        """Some of the rows."""
        return Signatures(self.scene_ids[which], self.vectors[which], self.ids[which], self.stamps[which])

    @property
    def sum(self) -> Sum:
        """What tells these rows from others."""
        return Sum(len(self), int(self.stamps.sum()))

    def joined(self, more: Signatures) -> Signatures:
        """These rows and then those."""
        return Signatures(
            np.concatenate([self.scene_ids, more.scene_ids]),
            np.concatenate([self.vectors, more.vectors]),
            np.concatenate([self.ids, more.ids]),
            np.concatenate([self.stamps, more.stamps]),
        )


@dataclass(frozen=True, slots=True)
class Sum:
    """What tells one set of rows from another, without reading the rows.

    Attributes:
        count: Number of rows.
        stamps: Sum of their stamps.
    """

    count: int
    stamps: int


def keep(db: Database, owner: int, scene_id: int, embedder: str, signature: Vectors) -> bool:
    """Keep a scene's signature in place of an earlier one by the same embedder.

    Args:
        db: The database, in a writing transaction.
        owner: Whose scene it is.
        scene_id: The scene's row.
        embedder: Name of the embedder that made the signature.
        signature: L2-normalised vector, shape (dimension,).

    Returns:
        Whether the row is new: the very same vector stays as it lies.
    """
    if signature.ndim != 1 or not np.isfinite(signature).all():
        raise ValueError(f"a signature is one finite vector, not an array of shape {signature.shape}")
    vector = np.ascontiguousarray(signature, dtype="<f4").tobytes()
    db.execute(
        "DELETE FROM signatures WHERE scene_id = ? AND embedder = ? AND vector <> ?",
        [scene_id, embedder, vector],
    )
    return bool(
        db.execute(
            """
            INSERT INTO signatures (owner, scene_id, embedder, dimension, dtype, vector)
            VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (scene_id, embedder) DO NOTHING
            """,
            [owner, scene_id, embedder, signature.size, _DTYPE, vector],
        ).rowcount
    )


def after(db: Database, space: Space, last: int, limit: int = -1) -> Signatures:
    """Rows of a space with a number above ``last``, by number; ``limit`` of them at most."""
    rows = db.execute(
        f"SELECT scene_id, id, stamp, vector FROM signatures WHERE {_OF} AND id > ? AND {_WHOLE} "
        "ORDER BY id LIMIT ?",
        [space.owner, space.embedder, space.dimension, last, limit],
    ).fetchall()
    return _rows(rows, space.dimension)


def by_ids(db: Database, space: Space, ids: Sequence[int]) -> Signatures:
    """Those of these rows that a space still has, in any order."""
    rows: list[tuple[int, int, int, bytes]] = []
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        rows += db.execute(
            # The plus keeps SQLite from walking through all of the owner's rows.
            f"SELECT scene_id, id, stamp, vector FROM signatures WHERE id IN ({', '.join('?' * len(some))}) "
            f"AND +owner = ? AND +embedder = ? AND +dimension = ? AND {_WHOLE}",
            [*some, space.owner, space.embedder, space.dimension],
        ).fetchall()
    return _rows(rows, space.dimension)


def alive(db: Database, ids: Sequence[int]) -> NDArray[np.int64]:
    """Those of these rows that there still are."""
    rows: list[tuple[int]] = []
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        marks = ", ".join("?" * len(some))
        rows += db.execute(f"SELECT id FROM signatures WHERE id IN ({marks})", some).fetchall()
    return np.array(rows, dtype=np.int64).reshape(-1)


def _rows(rows: list[tuple[int, int, int, bytes]], dimension: int) -> Signatures:
    numbers = np.array([row[:3] for row in rows], dtype=np.int64).reshape(-1, 3)
    vectors = np.frombuffer(b"".join(row[3] for row in rows), dtype="<f4").reshape(-1, dimension)
    return Signatures(numbers[:, 0], vectors, numbers[:, 1], numbers[:, 2])


def total(db: Database, space: Space, last: int) -> Sum:
    """Count and stamps of a space's rows up to number ``last``, read from an index alone."""
    count, stamps = db.execute(
        f"SELECT count(*), coalesce(sum(stamp), 0) FROM signatures WHERE {_OF} AND id <= ?",
        [space.owner, space.embedder, space.dimension, last],
    ).fetchall()[0]
    return Sum(count, stamps)


def numbers(db: Database, space: Space, last: int) -> NDArray[np.int64]:
    """Number and stamp of each of a space's rows up to ``last``, shape (n, 2)."""
    rows = db.execute(
        f"SELECT id, stamp FROM signatures WHERE {_OF} AND id <= ? ORDER BY id",
        [space.owner, space.embedder, space.dimension, last],
    ).fetchall()
    return np.array(rows, dtype=np.int64).reshape(-1, 2)


def more_than(db: Database, space: Space, limit: int) -> bool:
    """Whether a space has more rows than this."""
    rows = db.execute(
        f"SELECT 1 FROM signatures WHERE {_OF} LIMIT 1 OFFSET ?",
        [space.owner, space.embedder, space.dimension, limit],
    ).fetchall()
    return bool(rows)


def of_scene(db: Database, owner: int, number: int) -> list[int]:
    """Numbers of the rows of an owner's scene, by its number."""
    rows = db.execute(
        "SELECT signatures.id FROM signatures JOIN scenes ON scenes.id = scene_id "
        "WHERE scenes.owner = ? AND number = ?",
        [owner, number],
    ).fetchall()
    return [row for (row,) in rows]


def of_owner(db: Database, owner: int) -> list[int]:
    """Numbers of all rows of an owner."""
    rows = db.execute("SELECT id FROM signatures WHERE owner = ?", [owner]).fetchall()
    return [row for (row,) in rows]


def vectors_of(db: Database, scene_id: int) -> list[tuple[str, Vectors]]:
    """A scene's vectors, each with the name of its embedder."""
    rows = db.execute(f"SELECT embedder, vector FROM signatures WHERE scene_id = ? AND {_WHOLE}", [scene_id])
    return [(embedder, np.frombuffer(vector, dtype="<f4")) for embedder, vector in rows.fetchall()]


def spaces(db: Database, embedder: str) -> list[Space]:
    """Every owner's space by one embedder."""
    rows = db.execute(
        "SELECT DISTINCT owner, dimension FROM signatures WHERE embedder = ?", [embedder]
    ).fetchall()
    return [Space(owner, embedder, dimension) for owner, dimension in rows]


def unsigned(db: Database, owner: int | None, embedder: str) -> int:
    """How many scenes have no signature by an embedder: an owner's, or all of them."""
    # A scene has one signature by an embedder at most, so that counts say it, and indexes alone are read.
    if owner is None:
        sql = "SELECT (SELECT count(*) FROM scenes) - (SELECT count(*) FROM signatures WHERE embedder = ?)"
        parameters: list[int | str] = [embedder]
    else:
        sql = (
            "SELECT (SELECT count(*) FROM scenes WHERE owner = ?) - "
            "(SELECT count(*) FROM signatures WHERE owner = ? AND embedder = ?)"
        )
        parameters = [owner, owner, embedder]
    return int(db.execute(sql, parameters).fetchall()[0][0])


def next_unsigned(db: Database, embedder: str, after_id: int, limit: int) -> list[int]:
    """Rows of the next scenes, of whatever owner, that have no signature by an embedder."""
    rows = db.execute(
        """
        SELECT id FROM scenes WHERE id > ? AND NOT EXISTS (
            SELECT 1 FROM signatures WHERE scene_id = scenes.id AND embedder = ?
        ) ORDER BY id LIMIT ?
        """,
        [after_id, embedder, limit],
    ).fetchall()
    return [scene_id for (scene_id,) in rows]
