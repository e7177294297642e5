"""Words that people taught: the functions here are steps of transactions."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlite_utils import Database

from scene.errors import ArchiveError
from scene.own import folded
from storage.connection import Connection

MOST = 500
"""Words an owner may teach."""


def every(db: Database, owner: int) -> dict[str, str]:
    """An owner's words with the times at which they were taught (ISO 8601), in the order of the alphabet."""
    rows = db.execute("SELECT word, created_at FROM own_words WHERE owner = ? ORDER BY word", [owner])
    return dict(rows.fetchall())


def teach(db: Database, owner: int, word: str, created_at: datetime | None = None) -> bool:
    """Add a word; whether it is new.

    Raises:
        ArchiveError: ``archive-words-full``.
    """
    known = every(db, owner)
    if any(folded(other) == folded(word) for other in known):
        return False
    if len(known) >= MOST:
        raise ArchiveError("archive-words-full", word=word, limit=MOST)
    taught_at = (created_at or datetime.now(UTC)).isoformat()
    db.execute("INSERT INTO own_words VALUES (?, ?, ?)", [owner, word, taught_at])
    return True


class OwnWords:
    """The own words of every owner.

    Args:
        connection: To the archive's file.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, owner: int) -> frozenset[str]:
        """The owner's own words, for ``scene.parse``."""
        with self._connection.reading() as db:
            return frozenset(every(db, owner))

    def teach(self, owner: int, word: str, created_at: datetime | None = None) -> bool:
        """Add a word to the owner's own.

        Args:
            owner: Whose word.
            word: As ``scene.own.word`` gives it.
            created_at: When it was first taught, if not now.

        Returns:
            Whether it is new; a word that differs only in ``ё`` is not.

        Raises:
            ArchiveError: ``archive-words-full``, or a fault of the file.
        """
        with self._connection.writing() as db:
            return teach(db, owner, word, created_at)

    def unteach(self, owner: int, word: str) -> bool:
        """Remove a word from the owner's own.

        Args:
            owner: Whose word.
            word: As ``scene.own.word`` gives it.

        Returns:
            Whether there was such a word.
        """
        with self._connection.writing() as db:
            spelled = [other for other in every(db, owner) if folded(other) == folded(word)]
            for other in spelled:
                db.execute("DELETE FROM own_words WHERE owner = ? AND word = ?", [owner, other])
        return bool(spelled)
