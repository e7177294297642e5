"""Forgetting for good: rows first, then every trace of them in the files.

``secure_delete`` alone is not enough. When SQLite moves rows from one page to another, it leaves copies in
the first page's unused middle, and a full-text index gives a deleted word a tombstone and keeps it. So the
indexes are merged into one piece, which drops the word, and ``VACUUM`` writes every page anew. Both take
time in proportion to the archive.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlite_utils import Database

from scene.errors import ArchiveError
from storage.database import transaction


def forget(db: Database, owner: int, numbers: Sequence[int]) -> list[int]:
    """Delete scenes with all that belongs to them; one step of a transaction.

    Returns:
        The numbers of those that were there.
    """
    gone = [
        number
        for number in dict.fromkeys(numbers)
        if db.execute("DELETE FROM scenes WHERE owner = ? AND number = ?", [owner, number]).rowcount
    ]
    if gone:
        db.execute("INSERT INTO unwiped DEFAULT VALUES")
    return gone


def forget_everything(db: Database, owner: int) -> int:
    """Delete all that an owner has but the last number, which is not given again; one step of a transaction.

    Returns:
        How many scenes there were.
    """
    gone: int = db.execute("DELETE FROM scenes WHERE owner = ?", [owner]).rowcount
    owned = db.execute(
        """
        SELECT m.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c
        WHERE m.type = 'table' AND c.name = 'owner' AND m.name <> 'owners'
        """
    )
    for (table,) in owned.fetchall():
        db.execute(f'DELETE FROM "{table}" WHERE owner = ?', [owner])
    db.execute("INSERT INTO unwiped DEFAULT VALUES")
    return gone


def is_wiped(db: Database) -> bool:
    """Whether nothing forgotten waits to be wiped, as it does after a process was killed in between."""
    return not db.execute("SELECT 1 FROM unwiped LIMIT 1").fetchall()


def wipe(db: Database) -> None:
    """Wipe what was forgotten from the database file and from its write-ahead log.

    Args:
        db: A connection that nothing else uses meanwhile, outside of transactions.

    Raises:
        ArchiveError: ``forget-unwiped``: somebody has been reading the older pages all the time.
    """
    (last,) = db.execute("SELECT max(id) FROM unwiped").fetchone()
    with transaction(db):
        indexes = (
            "SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE %' AND sql LIKE '%fts5 (%'"
        )
        for (index,) in db.execute(indexes).fetchall():
            db.execute(f'INSERT INTO "{index}" ("{index}") VALUES (\'optimize\')')
    db.execute("VACUUM")
    (busy, *_) = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise ArchiveError("forget-unwiped", reason="database is in use")
    with transaction(db):
        db.execute("DELETE FROM unwiped WHERE id <= ?", [last])
